#!/bin/sh
# neon.sh [TEST...] - builds the kernels and their tests for aarch64 and runs them under qemu-user, on any machine. Prints TAP.
# Needs aarch64-linux-gnu-gcc, its libc and qemu-aarch64. `parity` walks fewer shapes there, as ref is slow under an emulator.
set -u
B=${B:-build}
cc=${AARCH64_CC:-aarch64-linux-gnu-gcc}
emulator=${AARCH64_RUN:-qemu-aarch64}
if ! command -v "$cc" > /dev/null || ! command -v "$emulator" > /dev/null; then
    echo "ok 1 - aarch64 # SKIP $cc or $emulator is not here"
    exit 0
fi
out=$B/neon
mkdir -p "$out"
# base/utf8.c names a library that no kernel uses: what is not reached is left out when linking.
flags="-std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
    -ffunction-sections -fdata-sections -DOND_TEST_FEW -Iinclude -iquote src -iquote tests -isystem tests/kern/plain -idirafter /usr/include"
objects=
for c in src/kern/*.c src/base/err.c src/base/str.c src/base/type.c src/base/utf8.c src/sys/cpu.c; do
    o=$out/$(echo "$c" | tr / _).o
    newer=$(find "$c" src/kern/*.h src/kern/*.def src/base/*.h src/base/*.def -newer "$o" 2> /dev/null | head -n 1)
    # shellcheck disable=SC2086
    if [ ! -e "$o" ] || [ -n "$newer" ]; then "$cc" $flags -c "$c" -o "$o" || { echo "not ok 1 - compile $c"; exit 1; }; fi
    objects="$objects $o"
done
rc=0
for t in ${*:-vec attn panel pack dequant ref quant parity}; do
    # shellcheck disable=SC2086
    "$cc" $flags -static -Wl,--gc-sections "tests/kern/test_$t.c" $objects -lm -o "$out/test_$t" || { echo "not ok - build $t"; rc=1; continue; }
    "$emulator" -cpu max "$out/test_$t" || rc=1
done
exit $rc
