#!/bin/sh
# engine.sh - the engine beside llama.cpp's npm prebuilt, and beside ik_llama.cpp where IK=DIR names its built source. Called by
# `make bench-engine`. Appends to bench/results/engine-DATE.txt.
# MODELS="smollm2-135m smollm2-360m qwen3-0.6b llama-3.2-1b", TYPES="q8_0 q4_0 q4_k_m", ROUNDS=5, THREADS=2: what is run.
# ONDOL_KERN=avx2 compares with the package's haswell backend.
set -eu
B=${B:-build}
models=${MODELS:-smollm2-135m smollm2-360m qwen3-0.6b llama-3.2-1b}
types=${TYPES:-q8_0 q4_0 q4_k_m}
x64=$B/peers/x64/bins/linux-x64
backend=$x64
[ "${ONDOL_KERN:-}" = avx2 ] && backend=$x64/libggml-cpu-haswell.so
mkdir -p "$B/bench-models" bench/results
set -- --threads "${THREADS:-2}" --rounds "${ROUNDS:-5}" \
    --peer llama.cpp "exec $B/tests/peer/llama_peer $backend \"\$MODEL\" threads=\$THREADS ctx=1024 seqs=4 2> /dev/null"
if [ -n "${IK:-}" ]; then
    gcc -O2 -I"$IK/include" -I"$IK/ggml/include" bench/ik_peer.c -o "$B/ik_peer" -L"$IK/build/src" -lllama -L"$IK/build/ggml/src" -lggml \
        -Wl,-rpath,"$IK/build/src:$IK/build/ggml/src"
    set -- "$@" --peer ik "exec $B/ik_peer \"\$MODEL\" \$THREADS 2> /dev/null"
fi
for m in $models; do
    for t in $types; do
        f=$B/bench-models/$m-$t.gguf
        [ -f "$f" ] || "$B/tools/gen" "$m" --type "$t" -o "$f"
        set -- "$@" "$f"
    done
done
# Real-time scheduling keeps other processes' time out of the figures, where it is allowed.
rt=
chrt -r 5 true 2> /dev/null && rt="chrt -r 5"
{
    echo "== $(date +%Y-%m-%d) $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, kernels ${ONDOL_KERN:-best}${rt:+, real time}"
    $rt "$B/bench/bench_engine" "$@"
} | tee -a "bench/results/engine-$(date +%Y-%m-%d).txt"
