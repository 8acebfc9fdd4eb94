#!/bin/sh
# layers.sh BUILD - proves LAYERS twice: by #include lines, and by the linker's symbols. Prints TAP.
set -u
build=$1
n=0
fail=0
ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); fail=1; echo "not ok $n - $1"; }
rooms=$(sed -n 's/^\([a-z]*\):.*/\1/p' LAYERS)
allowed() { sed -n "s/^$1: *//p" LAYERS; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for d in src/*/; do
    room=$(basename "$d")
    echo "$rooms" | grep -qx "$room" && ok "$room stands in LAYERS" || not_ok "$room does not stand in LAYERS"
    [ -f "$d/README.md" ] && [ "$(wc -l < "$d/README.md")" -le 60 ] && ok "$room has a README of at most 60 lines" ||
        not_ok "$room has no README, or one over 60 lines"
done

for room in $rooms; do
    bad=
    for inc in $(grep -rhoE '^#include "[a-z]+/' "src/$room" | sed 's/.*"//; s,/,,' | sort -u); do
        case " $room $(allowed "$room") " in *" $inc "*) ;; *) bad="$bad $inc" ;; esac
    done
    [ -z "$bad" ] && ok "$room includes only what it may" || not_ok "$room includes$bad"
done

# Which archive defines which symbol; then, for each room, whom its undefined symbols belong to.
for room in $rooms; do
    nm -A --defined-only -g "$build/lib$room.a" 2>/dev/null | awk -v r="$room" '{print $NF, r}' >> "$tmp/defined"
done
[ -s "$tmp/defined" ] || not_ok "no symbols found in $build/lib*.a"
for room in $rooms; do
    nm -u -g "$build/lib$room.a" 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u > "$tmp/undef"
    bad=$(awk -v may=" $room $(allowed "$room") " 'NR == FNR {owner[$1] = $2; next}
        ($1 in owner) && index(may, " " owner[$1] " ") == 0 {print owner[$1] ":" $1}' "$tmp/defined" "$tmp/undef")
    [ -z "$bad" ] && ok "$room links only what it may" || not_ok "$room names" $bad
    # ond__x is private to the room that defines it
    bad=$(awk -v me="$room" 'NR == FNR {owner[$1] = $2; next}
        /^ond__/ && ($1 in owner) && owner[$1] != me {print owner[$1] ":" $1}' "$tmp/defined" "$tmp/undef")
    [ -z "$bad" ] && ok "$room names no private symbol of another room" || not_ok "$room names private" $bad
done
bad=$(sort -u "$tmp/defined" | awk '{print $1}' | uniq -d | head -5)
[ -z "$bad" ] && ok "no symbol stands in two rooms" || not_ok "symbols of two rooms:" $bad
bad=$(awk '{print $1}' "$tmp/defined" | grep -vE '^(ond_|main$|LLVMFuzzer|_edata|_end)' | sort -u | head -5)
[ -z "$bad" ] && ok "every public symbol begins with ond_" || not_ok "public symbols without ond_:" $bad
echo "1..$n"
exit $fail
