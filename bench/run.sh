#!/bin/sh
# run.sh - every benchmark; prints a table and appends it to bench/results/HOST-KIND.txt. Called by `make bench`.
# INTENTS=DIR: a folder in Home Assistant's intents layout (default ../shared/data/ha-intents).
# HASSIL=DIR: a checkout of hassil (with unicode_rbnf and PyYAML importable): the peer, run beside us.
set -eu
B=${B:-build}
INTENTS=${INTENTS:-../shared/data/ha-intents}
out=bench/results/$(date +%Y-%m-%d).txt
mkdir -p bench/results
{
    echo "== $(date +%Y-%m-%dT%H:%M:%S) $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores"
    if [ -d "$INTENTS/sentences" ]; then
        "$B/bench/bench_talk" "$INTENTS"
        if [ -n "${HASSIL:-}" ]; then
            n=200
            sed -n 's/^ *- "\(turn .*\)"$/\1/p' "$INTENTS"/tests/en/*.yaml | head -n $n > "$B/peer.txt"
            s=$(date +%s%N)
            PYTHONPATH=$HASSIL${PYTHONPATH:+:$PYTHONPATH} python3 -m hassil "$INTENTS"/sentences/en/*.yaml < /dev/null > /dev/null 2>&1 || true
            m=$(date +%s%N)
            PYTHONPATH=$HASSIL${PYTHONPATH:+:$PYTHONPATH} python3 -m hassil "$INTENTS"/sentences/en/*.yaml < "$B/peer.txt" > /dev/null 2>&1 || true
            e=$(date +%s%N)
            echo "peer hassil: $(((e - m - (m - s)) / n / 1000)) us a sentence (without any entity), load $(((m - s) / 1000000)) ms"
        fi
    else
        echo "no sentence files in $INTENTS: bench_talk skipped (INTENTS=DIR names them)"
    fi
    "$B/bench/bench_store" "${TMPDIR:-/tmp}" 2000
    "$B/bench/bench_start" "$PWD/$B/ondol"
} | tee -a "$out"
