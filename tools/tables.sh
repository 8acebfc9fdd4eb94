#!/bin/sh
# tables.sh - every row of a table has its file and its page, and every file and page its row. Prints TAP.
set -u
n=0
fail=0
ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); fail=1; echo "not ok $n - $*"; }
# same WHAT LISTA LISTB: the two lists of words are equal
same() {
    a=$(echo "$2" | tr ' ' '\n' | sed '/^$/d' | sort -u)
    b=$(echo "$3" | tr ' ' '\n' | sed '/^$/d' | sort -u)
    if [ -n "$a" ] && [ "$a" = "$b" ]; then ok "$1"; else
        not_ok "$1: only left:" $(echo "$a" | grep -vxF "$b" | head -5) "only right:" $(echo "$b" | grep -vxF "$a" | head -5)
    fi
}
rows() { sed -n "s/^$2( *\"\{0,1\}\([A-Za-z_0-9.]*\).*/\1/p" "$1"; }
base() { for f in "$@"; do [ -e "$f" ] && basename "${f%.*}"; done; }

errs=$(rows src/base/err.def ERR)
same "err.def and docs/errors.md" "$errs" "$(sed -n 's/^| `\{0,1\}\([A-Z_]*\)`\{0,1\} *|.*/\1/p' docs/errors.md | grep -vx NAME)"

hands=$(rows src/hand/hands.def HAND)
same "hands.def and src/hand/NAME/NAME.c" "$hands" "$(for d in src/hand/*/; do h=$(basename "$d"); [ -f "$d$h.c" ] && echo "$h"; done)"
same "hands.def and docs/hands" "$hands" "$(base docs/hands/*.md)"

verbs=$(rows src/cli/verbs.def VERB)
same "verbs.def and docs/verbs" "$verbs" "$(base docs/verbs/*.md)"
for v in $(base src/cli/verb_*.c | sed 's/^verb_//'); do
    echo "$verbs" | grep -qx "$v" && ok "verb_$v.c has a row" || not_ok "verb_$v.c has no row in verbs.def"
done

archs=$(rows src/model/archs.def ARCH)
same "archs.def and src/model/arch_NAME.c" "$archs" "$(base src/model/arch_*.c | sed 's/^arch_//')"
same "archs.def and docs/archs" "$archs" "$(base docs/archs/*.md)"

unused=
for m in $(rows src/base/msg.def MSG); do
    grep -rqE "OND_M_$m\b" src tests --include=*.c --include=*.h --include=*.def || unused="$unused $m"
done
[ -z "$unused" ] && ok "every message of msg.def is used" || not_ok "messages without use:$unused"

long=$(git ls-files 2>/dev/null | grep -E '\.[ch]$' | xargs wc -l 2>/dev/null | awk '$2 != "total" && $1 > 1000 {print $2}')
[ -z "$long" ] && ok "no source file over 1,000 lines" || not_ok "files over 1,000 lines:" $long
unnamed=$(for f in $(git ls-files 2>/dev/null | grep -E '^(src|tests|bench)/.*\.(c|h|def)$'); do
    head -n 1 "$f" | grep -q "^/\* $(basename "$f") - " || echo "$f"; done)
[ -z "$unnamed" ] && ok "every file says on its first line what it is for" || not_ok "no first line in:" $unnamed
links=
for md in $(git ls-files 2>/dev/null | grep '\.md$'); do
    for l in $(grep -oE '\]\([A-Za-z0-9_./-]+' "$md" | sed 's/^](//'); do
        [ -e "$(dirname "$md")/$l" ] || links="$links $md:$l"
    done
done
[ -z "$links" ] && ok "links between pages lead somewhere" || not_ok "dead links:$links"
echo "1..$n"
exit $fail
