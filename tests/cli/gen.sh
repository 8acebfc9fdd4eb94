#!/bin/sh
# gen.sh - the generator of made-up models: every family in both small shapes, the same bytes whoever makes them, mistakes said.
set -u
B=${B:-build}
GEN=$B/tools/gen
top=$(mktemp -d "${TMPDIR:-/tmp}/ondol-gen-XXXXXX")
trap 'rm -rf "$top"' EXIT
n=0 failed=0
is() { # is NAME COMMAND...
    name=$1; shift
    n=$((n + 1))
    if "$@" > "$top/out" 2>&1; then echo "ok $n - $name"; else
        failed=1
        sed 's/^/# /' "$top/out"
        echo "not ok $n - $name"
    fi
}
fails() { # fails RC WORD ARG...: the generator ends so, saying so, and writes nothing
    want=$1 word=$2; shift 2
    "$GEN" "$@" -o "$top/none.gguf" > "$top/said" 2>&1
    rc=$?
    cat "$top/said"
    [ $rc -eq "$want" ] && grep -q "$word" "$top/said" && [ ! -e "$top/none.gguf" ]
}
sum() { [ "$(sha256sum < "$1" | cut -c1-16)" = "$2" ] || { sha256sum "$1"; return 1; }; }

"$GEN" list > "$top/list"
for family in $(sed -n '/^families/,/^shapes/s/^  \([a-z0-9-]*\) .*/\1/p' "$top/list"); do
    for shape in tiny odd; do
        is "$family $shape" "$GEN" "$family" --shape "$shape" --type q8_0 -o "$top/$family.gguf"
    done
done
is "fifteen families" [ "$(ls "$top"/*.gguf | wc -l)" -eq 15 ]
for type in $(sed -n '/^types/,$s/^  //p' "$top/list"); do
    is "bitnet of $type" "$GEN" bitnet --type "$type" --pure -o "$top/t.gguf"
done
is "an adapter" "$GEN" llama --lora 4 -o "$top/lora.gguf"

"$GEN" llama-rope3 --threads 1 -o "$top/one.gguf"
"$GEN" llama-rope3 --threads 3 -o "$top/three.gguf"
"$GEN" llama-rope3 --seed 2 -o "$top/other.gguf"
"$GEN" bert-e5 -o "$top/bert.gguf"
is "as many threads as one likes" cmp "$top/one.gguf" "$top/three.gguf"
is "the same bytes on every machine" sum "$top/one.gguf" c336a598aff40fd7
is "also of an embedding model" sum "$top/bert.gguf" 8af33f6c7c4325eb
is "another seed, another model" [ "$(cmp "$top/one.gguf" "$top/other.gguf" > /dev/null; echo $?)" -eq 1 ]

is "no such family" fails 2 "no such family" nix
is "no such type" fails 2 "no such type" llama --type q9
is "a shape of another family" fails 2 "another family" llama --shape qwen3-0.6b
is "no value" fails 2 "not known" llama --what 3
echo "1..$n"
exit $failed
