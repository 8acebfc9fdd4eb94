#!/bin/sh
# engine.sh - the engine's benchmark. Called by `make bench-engine`. Appends to bench/results/engine-DATE.txt.
# PARTS="peers teams busy start": what is run.
#   peers  beside llama.cpp's npm prebuilt, and beside ik_llama.cpp where IK=DIR names its built source
#   teams  teams of 1, 2, 3 and 8 threads
#   busy   beside a foreign process that spins on one core
#   start  opening a model from its packed file, and `ondol run` from exec to the first token
# MODELS="smollm2-135m smollm2-360m qwen3-0.6b llama-3.2-1b", TYPES="q8_0 q4_0 q4_k_m", ROUNDS=5, THREADS=2: with what.
# ONDOL_KERN=avx2 compares with the package's haswell backend.
set -eu
B=${B:-build}
parts=${PARTS:-peers teams busy start}
models=${MODELS:-smollm2-135m smollm2-360m qwen3-0.6b llama-3.2-1b}
types=${TYPES:-q8_0 q4_0 q4_k_m}
threads=${THREADS:-2}
rounds=${ROUNDS:-5}
x64=$B/peers/x64/bins/linux-x64
backend=$x64
[ "${ONDOL_KERN:-}" = avx2 ] && backend=$x64/libggml-cpu-haswell.so
mkdir -p "$B/bench-models" bench/results
here=$(cd "$B" && pwd)
for p in $parts; do
    case $p in
    peers | teams | busy | start) ;;
    *) echo "engine.sh: there is no part \"$p\"" >&2 && exit 2 ;;
    esac
done
files=
for m in $models; do
    for t in $types; do
        f=$B/bench-models/$m-$t.gguf
        [ -f "$f" ] || "$B/tools/gen" "$m" --type "$t" -o "$f"
        files="$files $f"
    done
done
# Real-time scheduling keeps other processes' time out of the figures, where it is allowed.
rt=
chrt -r 5 true 2> /dev/null && rt="chrt -r 5"

# The files' names have no spaces: they stand unquoted below.
peers() {
    set -- --peer llama.cpp "exec $B/tests/peer/llama_peer $backend \"\$MODEL\" threads=\$THREADS ctx=1024 seqs=4 2> /dev/null"
    if [ -n "${IK:-}" ]; then
        gcc -O2 -I"$IK/include" -I"$IK/ggml/include" bench/ik_peer.c -o "$B/ik_peer" -L"$IK/build/src" -lllama -L"$IK/build/ggml/src" -lggml \
            -Wl,-rpath,"$IK/build/src:$IK/build/ggml/src"
        set -- "$@" --peer ik "exec $B/ik_peer \"\$MODEL\" \$THREADS 2> /dev/null"
    fi
    $rt "$B/bench/bench_engine" --threads "$threads" --rounds "$rounds" "$@" $files
}
teams() { $rt "$B/bench/bench_teams" --rounds "$rounds" teams $files; }
# Two real-time threads on a core take turns of 100 ms, which nobody's desktop does: this part is scheduled normally,
# but in a session that outweighs others (autogroup), where that is allowed.
busy() {
    setsid -w sh -c 'echo -20 2> /dev/null > /proc/self/autogroup || true; exec "$@"' sh \
        "$B/bench/bench_teams" --threads "$threads" --rounds "$rounds" busy $files
}
start() {
    for f in $files; do
        rm -rf "$B/bench-first"
        mkdir -p "$B/bench-first"
        $rt "$B/bench/bench_first" "$here/ondol" "$here/bench-first" "$f"
    done
    rm -rf "$B/bench-first"
}
{
    echo "== $(date +%Y-%m-%d) $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, kernels ${ONDOL_KERN:-best}${rt:+, real time}"
    for p in $parts; do "$p"; done
} | tee -a "bench/results/engine-$(date +%Y-%m-%d).txt"
