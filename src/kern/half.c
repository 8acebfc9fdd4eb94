/* half.c - 16-bit floats: IEEE binary16 and bfloat16, to and from float, by integers alone. */
#include "kern/internal.h"

#include <math.h>

float ond_f16_to_f32(uint16_t h)
{
    uint32_t bits = (uint32_t)(h & 0x7fff) << 13;
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    if ((h & 0x7c00) == 0x7c00) return ond__bits_f32(sign | bits | 0x7f800000);
    /* The exponent is biased by 15 there and by 127 here; the product also gives subnormals their place. */
    return ond__bits_f32(sign | ond__f32_bits(ond__bits_f32(bits) * 0x1p112f));
}

uint16_t ond_f32_to_f16(float f)
{
    uint32_t u = ond__f32_bits(f);
    uint16_t sign = (uint16_t)(u >> 16 & 0x8000);
    u &= 0x7fffffff;
    if (u > 0x7f800000) return sign | 0x7e00;
    if (u >= 0x477ff000) return sign | 0x7c00;   /* 65520 and more */
    if (u < 0x38800000)   /* below 2^-14: one unit in the last place of 0.5 is the smallest f16 */
        return (uint16_t)(sign | (ond__f32_bits(ond__bits_f32(u) + 0.5f) - 0x3f000000));
    return (uint16_t)(sign | (u - (112u << 23) + 0xfff + (u >> 13 & 1)) >> 13);
}

uint16_t ond_f32_to_bf16(float f)
{
    uint32_t u = ond__f32_bits(f);
    if ((u & 0x7fffffff) > 0x7f800000) return (uint16_t)(u >> 16 | 64);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
