/* cpu.c - what this processor can do, asked once.
 *
 * x86: cpuid says what the processor has, xgetbv which registers the operating system saves; a set counts only with both
 * (Intel SDM vol. 1, 13.2 and 14.3; AMD APM vol. 3, appendix E). aarch64: the kernel says it in the auxiliary vector. */
#include "sys/cpu.h"

#include <pthread.h>
#include <string.h>

static ond_cpu cpu;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

enum {
    XCR0_YMM = 0x06, /* xmm, ymm */
    XCR0_ZMM = 0xE6, /* and the mask registers, both halves of zmm */
};

static bool bit(unsigned word, int n) { return word >> n & 1; }

static unsigned xcr0(void)
{
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static void read_name(void)
{
    unsigned r[4];
    if (!__get_cpuid(0x80000000u, &r[0], &r[1], &r[2], &r[3]) || r[0] < 0x80000004u) return;
    char text[49] = "";
    for (unsigned i = 0; i < 3; i++) {
        if (!__get_cpuid(0x80000002u + i, &r[0], &r[1], &r[2], &r[3])) return;
        memcpy(text + 16 * i, r, 16);
    }
    const char *begin = text + strspn(text, " ");
    size_t n = strlen(begin);
    while (n > 0 && begin[n - 1] == ' ') n--;
    memcpy(cpu.name, begin, n);
}

static void ask(void)
{
    unsigned a, b, c, d;
    read_name();
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    bool fma = bit(c, 12), osxsave = bit(c, 27), avx = bit(c, 28), f16c = bit(c, 29);
    if (!osxsave || !avx || (xcr0() & XCR0_YMM) != XCR0_YMM) return;
    bool zmm = (xcr0() & XCR0_ZMM) == XCR0_ZMM;
    unsigned a1 = 0, b1, c1, d1;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    if (a >= 1 && !__get_cpuid_count(7, 1, &a1, &b1, &c1, &d1)) a1 = 0;
    cpu.avx2 = bit(b, 5) && fma && f16c;
    cpu.avx_vnni = cpu.avx2 && bit(a1, 4);
    cpu.avx512 = zmm && cpu.avx2 && bit(b, 16) && bit(b, 17) && bit(b, 30) && bit(b, 31);
    cpu.avx512_vnni = cpu.avx512 && bit(c, 11);
    cpu.avx512_bf16 = cpu.avx512 && bit(a1, 5);
    cpu.avx512_vbmi = cpu.avx512 && bit(c, 1);
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

/* Bits of AT_HWCAP and AT_HWCAP2 (linux/arch/arm64/include/uapi/asm/hwcap.h); older headers lack some names. */
enum { ASIMD = 1, ASIMDHP = 10, ASIMDDP = 20 };
enum { I8MM = 13, BF16 = 14 };

static void ask(void)
{
    unsigned long one = getauxval(AT_HWCAP), two = getauxval(AT_HWCAP2);
    cpu.neon = one >> ASIMD & 1;
    cpu.fp16 = one >> ASIMDHP & 1;
    cpu.dotprod = one >> ASIMDDP & 1;
    cpu.i8mm = two >> I8MM & 1;
    cpu.bf16 = two >> BF16 & 1;
}

#else

static void ask(void) {}

#endif

const ond_cpu *ond_cpu_get(void)
{
    pthread_once(&once, ask);
    return &cpu;
}
