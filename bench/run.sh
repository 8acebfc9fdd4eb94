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
            # the English tests' own sentences, without any entity: what both can be asked by a pipe
            sed -n 's/^ *- "\([a-z].*\)"$/\1/p' "$INTENTS"/tests/en/*.yaml > "$B/peer.txt"
            n=$(wc -l < "$B/peer.txt")
            peer() { PYTHONPATH=$HASSIL${PYTHONPATH:+:$PYTHONPATH} python3 -m hassil "$INTENTS"/sentences/en/*.yaml > "$B/peer.out" 2> /dev/null; }
            s=$(date +%s%N)
            echo x | peer
            m=$(date +%s%N)
            peer < "$B/peer.txt"
            e=$(date +%s%N)
            echo "peer hassil: $(((e - m - (m - s)) / n / 1000)) us a sentence ($n sentences, no entities), start and load $(((m - s) / 1000000)) ms"
        fi
    else
        echo "no sentence files in $INTENTS: bench_talk skipped (INTENTS=DIR names them)"
    fi
    "$B/bench/bench_store" "${TMPDIR:-/tmp}" 2000
    "$B/bench/bench_start" "$PWD/$B/ondol"
} | tee -a "$out"
