/* internal.h - what the files of kern share: kernel sets, tables of values, places of scales.
 *
 * Types whose blocks need more than a shift to read have their one description here, so that dequant.c, quant_*.c and
 * pack.c cannot disagree. Layouts are those of ggml (GGUF's tensor types). */
#ifndef OND_KERN_INTERNAL_H
#define OND_KERN_INTERNAL_H

#include "kern/kern.h"
#include "kern/quant.h"

/* Every row of kerns.def names one of these. */
#define KERN(symbol, name, can) extern const ond_kern symbol;
#include "kern/kerns.def"
#undef KERN

/* What stands for each nibble of IQ4_NL and IQ4_XS (values of a Gaussian's quantiles), and of MXFP4 (e2m1, doubled). */
extern const int8_t ond__iq4_values[16];
extern const int8_t ond__fp4_values[16];

static inline uint16_t ond__u16(const unsigned char *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}

static inline float ond__f16_at(const unsigned char *p) { return ond_f16_to_f32(ond__u16(p)); }

static inline float ond__bits_f32(uint32_t u)
{
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static inline uint32_t ond__f32_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

/* Half of the power of two that MXFP4's exponent byte means: its values are doubled. 2^(e - 128), subnormal for e < 2. */
static inline float ond__e8m0_half(unsigned e)
{
    return ond__bits_f32(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

/* Q4_K and Q5_K: 12 bytes hold eight scales and eight mins of 6 bits. The first four lie in the low bits of bytes 0…3 and
 * 4…7; of the last four, low nibbles share bytes 8…11 and the top two bits sit above the first four. */
static inline void ond__k4_scale_min(const unsigned char *p, int i, int *scale, int *min)
{
    if (i < 4) {
        *scale = p[i] & 63;
        *min = p[i + 4] & 63;
    } else {
        *scale = (p[i + 4] & 15) | (p[i - 4] >> 6 << 4);
        *min = p[i + 4] >> 4 | (p[i] >> 6 << 4);
    }
}

/* Q3_K: 12 bytes hold sixteen signed scales of 6 bits (stored + 32): nibbles in bytes 0…7, top two bits in 8…11. */
static inline int ond__q3k_scale(const unsigned char *p, int i)
{
    int low = i < 8 ? p[i] & 15 : p[i - 8] >> 4;
    return (low | ((p[8 + i % 4] >> (i / 4 * 2) & 3) << 4)) - 32;
}

#endif
