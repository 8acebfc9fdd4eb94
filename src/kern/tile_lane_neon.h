/* tile_lane_neon.h - bytes in aarch64's 128-bit registers, for tile_body.h. Wide codes are signed, as sdot and smmla want. */
#include "kern/vec_lane_neon.h"

typedef uint8x16_t vb;
typedef int32x4_t vi;
enum { WIDE_SIGNED = 1 };

ALWAYS vb b_load(const unsigned char *p) { return vld1q_u8(p); }
ALWAYS vb b_and(vb a, int m) { return vandq_u8(a, vdupq_n_u8((uint8_t)m)); }
ALWAYS vb b_or(vb a, vb b) { return vorrq_u8(a, b); }
ALWAYS vb b_shr(vb a, int n) { return vshlq_u8(a, vdupq_n_s8((int8_t)-n)); }
ALWAYS vb b_flip(vb a) { return veorq_u8(a, vdupq_n_u8(128)); }
ALWAYS vb b_table(const unsigned char *v) { return vld1q_u8(v); }
ALWAYS vb b_look(vb table, vb i) { return vqtbl1q_u8(table, i); }

ALWAYS vi i_spread(const unsigned char *p, int n)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return vshlq_s32(vdupq_n_s32(v), vdupq_n_s32(n));
}
ALWAYS vf i_float(vi a) { return vcvtq_f32_s32(a); }
ALWAYS vf v_spread(const unsigned char *p) { return vld1q_dup_f32((const float *)(const void *)p); }
ALWAYS uint32x4_t bytes_at(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return vmovl_u16(vget_low_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(v)))));
}
ALWAYS void v_nibbles(const unsigned char *p, vf *low, vf *high)
{
    uint32x4_t v = bytes_at(p);
    *low = vcvtq_f32_u32(vandq_u32(v, vdupq_n_u32(15)));
    *high = vcvtq_f32_u32(vshrq_n_u32(v, 4));
}
ALWAYS vf v_exponents(const unsigned char *p)
{
    uint32x4_t e = bytes_at(p), normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    uint32x4_t small = vshlq_u32(vdupq_n_u32(0x00200000), vreinterpretq_s32_u32(e));
    return vreinterpretq_f32_u32(vbslq_u32(vcgtq_u32(e, vdupq_n_u32(1)), normal, small));
}
/* W pairs of bf16: the first or second of each. */
ALWAYS vf v_bf16(const unsigned char *p, int second)
{
    uint32x4_t v = vreinterpretq_u32_u8(vld1q_u8(p));
    return vreinterpretq_f32_u32(second ? vandq_u32(v, vdupq_n_u32(0xffff0000)) : vshlq_n_u32(v, 16));
}

ALWAYS int8x16_t signed_bytes(vb a) { return vreinterpretq_s8_u8(a); }
