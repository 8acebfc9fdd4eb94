#!/bin/sh
# check.sh TEST... - runs every test program and script of the project and counts. Called by `make check`.
# Each prints TAP (cmocka is told to); the last line is "N passed, N failed[, N skipped]".
set -u
B=${B:-build}
logs=$B/check
rm -rf "$logs"
mkdir -p "$logs"
home=$(mktemp -d)           # no test may see the owner's folders
trap 'rm -rf "$home"' EXIT
export B HOME="$home" XDG_CONFIG_HOME= XDG_DATA_HOME= XDG_STATE_HOME= XDG_CACHE_HOME= XDG_RUNTIME_DIR="$home/run"
mkdir -m 700 "$home/run"
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8 ONDOL="$PWD/$B/ondol" ROUNDS="${ROUNDS:-100}"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
ONDOL_SHARED=${ONDOL_SHARED:-$PWD/../shared}
PEERS="$PWD/$B/peers" GEN="$PWD/$B/tools/gen"
export ONDOL_SHARED PEERS GEN
passed=0 failed=0 skipped=0

# run NAME COMMAND...: one program; its TAP lines are counted, a bad exit without a "not ok" counts as one failure
run() {
    name=$1; shift
    log=$logs/$(echo "$name" | tr '/ ' '__').log
    start=$(date +%s)
    timeout 900 "$@" > "$log" 2>&1 < /dev/null
    rc=$?
    s=$(grep -cE '^(not )?ok .*# *SKIP' "$log")
    p=$(grep -E '^ok ' "$log" | grep -cvE '# *SKIP')
    f=$(grep -E '^not ok ' "$log" | grep -cvE '# *SKIP')
    [ $rc -eq 0 ] || [ "$f" -gt 0 ] || f=1
    [ $((p + f + s)) -gt 0 ] || f=1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    end=$(date +%s)
    if [ "$f" -gt 0 ]; then
        printf 'FAIL  %-34s %d failed, exit %d\n' "$name" "$f" $rc
        grep -vE '^ok |^1\.\.' "$log" | tail -n 40 | sed 's/^/      /'
    else
        printf 'ok    %-34s %d%s  %ds\n' "$name" "$p" "$([ "$s" -gt 0 ] && echo ", $s skipped")" $((end - start))
    fi
}

run layers sh tools/layers.sh "$B"
run tables sh tools/tables.sh
for t in "$@"; do run "$t" "$B/tests/$t"; done
for t in "$@"; do run "san $t" "$B/san/tests/$t"; done
for f in "$B"/san/tests/fuzz/*; do
    [ -x "$f" ] && [ ! -d "$f" ] && case $f in *.d) ;; *) run "seeds $(basename "$f")" "$f" "tests/fuzz/seeds/$(basename "$f")" ;; esac
done
for t in tests/cli/*.sh; do [ "$t" != tests/cli/lib.sh ] && run "cli/$(basename "$t" .sh)" sh "$t"; done
for t in "$B"/tests/torture/torture_* "$B"/tests/torture/kill_*; do
    case $t in *.d | *'*') ;; *) run "torture/$(basename "$t")" "$t" ;; esac
done
run "neon" sh tests/neon.sh
for t in tests/peer/*.sh; do [ -f "$t" ] && run "peer/$(basename "$t" .sh)" sh "$t"; done
for t in tests/torture/*.sh; do [ -f "$t" ] && run "torture/$(basename "$t" .sh)" sh "$t"; done

echo
if [ $skipped -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ $failed -eq 0 ]
