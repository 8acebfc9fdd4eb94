#!/bin/sh
# fuzz.sh NAME... - runs libFuzzer targets, each until RUNS executions or SECS seconds, with a corpus kept in build/fuzz/corpus.
# Prints what they reached and writes it to tests/fuzz/RESULTS.md: executions, coverage, and for how many executions it was flat.
set -u
B=${B:-build}
SECS=${SECS:-60}
RUNS=${RUNS:-10000000}
rc=0
out=tests/fuzz/RESULTS.md
[ -f "$out" ] || printf '# Fuzzing\n\nWritten by `make fuzz` (RUNS executions or SECS seconds a target, ASan and UBSan on).\n\n%s\n%s\n' \
    '| target | executions | coverage (edges) | flat for the last | corpus | crashes | when |' '|---|---|---|---|---|---|---|' > "$out"
for f in "$@"; do
    corpus=$B/fuzz/corpus/$f
    mkdir -p "$corpus" "$B/fuzz/found"
    seeds=tests/fuzz/seeds/$f
    [ -d "$seeds" ] || seeds=
    dict=tests/fuzz/$f.dict
    [ -f "$dict" ] && dict=-dict=$dict || dict=
    log=$B/fuzz/$f.log
    crashes=0
    if ! "$B/fuzz/tests/fuzz/$f" -max_total_time="$SECS" -runs="$RUNS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$B/fuzz/found/$f-" $dict "$corpus" $seeds > "$log" 2>&1; then
        echo "FAIL $f: see $log and $B/fuzz/found/"
        crashes=1
        rc=1
    fi
    n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    cov=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -c6-)
    last=$(awk '/cov: /{sub("#", "", $1); for (i = 1; i < NF; i++) if ($i == "cov:" && $(i + 1) != c) { c = $(i + 1); at = $1 }} END {print at + 0}' "$log")
    row="| $f | ${n:-0} | ${cov:-0} | $((${n:-0} - last)) | $(ls "$corpus" | wc -l) | $crashes | $(date +%Y-%m-%d) |"
    echo "$row"
    { grep -v "^| $f |" "$out"; echo "$row"; } > "$B/fuzz/results" && cp "$B/fuzz/results" "$out"
done
exit $rc
