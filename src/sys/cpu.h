/* cpu.h - what this processor can do, asked once. */
#ifndef OND_SYS_CPU_H
#define OND_SYS_CPU_H

#include <stdbool.h>

typedef struct ond_cpu {
    char name[64];     /* "AMD EPYC", "" when unknown */
    /* x86: each is true only if the operating system saves the registers too */
    bool avx2;         /* with FMA and F16C */
    bool avx_vnni;     /* 256-bit vpdpbusd, VEX encoded */
    bool avx512;       /* F, BW, DQ, VL */
    bool avx512_vnni, avx512_bf16, avx512_vbmi;
    /* aarch64 */
    bool neon, dotprod, i8mm, fp16, bf16;
} ond_cpu;

const ond_cpu *ond_cpu_get(void);

#endif
