#!/bin/sh
# fuzz.sh NAME... - runs libFuzzer targets for SECS each, with a corpus kept in build/fuzz/corpus, and prints what they reached.
# docs/FUZZ.md holds the figures of the last long run.
set -u
B=${B:-build}
SECS=${SECS:-60}
rc=0
printf '%-10s %12s %8s %8s %8s\n' target executions coverage features seeds
for f in "$@"; do
    corpus=$B/fuzz/corpus/$f
    mkdir -p "$corpus" "$B/fuzz/found"
    seeds=tests/fuzz/seeds/$f
    [ -d "$seeds" ] || seeds=
    dict=tests/fuzz/$f.dict
    [ -f "$dict" ] && dict=-dict=$dict || dict=
    log=$B/fuzz/$f.log
    if ! "$B/fuzz/tests/fuzz/$f" -max_total_time="$SECS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -use_value_profile=1 \
        -artifact_prefix="$B/fuzz/found/$f-" $dict "$corpus" $seeds > "$log" 2>&1; then
        echo "FAIL $f: see $log and $B/fuzz/found/"
        rc=1
    fi
    printf '%-10s %12s %8s %8s %8s\n' "$f" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -c6-)" "$(grep -o 'ft: [0-9]*' "$log" | tail -1 | cut -c5-)" \
        "$(ls "$corpus" | wc -l)"
done
exit $rc
