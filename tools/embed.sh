#!/bin/sh
# embed.sh - prints a C source that holds the given files: tools/embed.sh packs/ko/a.yaml packs/en/b.yaml > packs.c
# The folder a file lies in is its language. The table is declared in src/talk/pack.h.
set -eu

printf '/* Made by tools/embed.sh; do not edit. */\n#include "talk/pack.h"\n\n'
n=0
for file in "$@"; do
    printf 'static const unsigned char pack_%d[] = {\n' "$n"
    od -An -v -tu1 "$file" | sed 's/^ */    /; s/\([0-9]\)  */\1, /g; s/\([0-9]\)$/\1,/'
    printf '    0};\n'
    n=$((n + 1))
done
printf '\nconst ond__pack_file ond__pack_files[] = {\n'
n=0
for file in "$@"; do
    lang=$(basename "$(dirname "$file")")
    printf '    {"%s", "%s/%s", pack_%d, sizeof pack_%d - 1},\n' "$lang" "$lang" "$(basename "$file")" "$n" "$n"
    n=$((n + 1))
done
printf '    {0, 0, 0, 0}};\nconst unsigned ond__pack_file_count = %d;\n' "$n"
