/* vec_lane_neon.h - the lane layer on aarch64's 128-bit registers, baseline ARMv8-A; vec_lane_avx512.h says what each name
 * means. */
#include "kern/vec.h"

#include <arm_neon.h>
#include <math.h>
#include <string.h>

#ifdef LANE_TARGET
OND__TARGET(LANE_TARGET)
#endif

#define FN(name) ond__##name##_neon
enum { W = 4, TILE_ROWS = 6, TILE_VECS = 4, POW2N_LOW = -127 };
typedef float32x4_t vf;
typedef uint32x4_t vm;
typedef uint32x4_t vh;

ALWAYS vf v_set1(float a) { return vdupq_n_f32(a); }
ALWAYS vf v_load(const float *p) { return vld1q_f32(p); }
ALWAYS vf v_load_n(const float *p, int n)
{
    float a[W] = {0};
    memcpy(a, p, (size_t)n * sizeof *p);
    return v_load(a);
}
ALWAYS void v_store(float *p, vf a) { vst1q_f32(p, a); }
ALWAYS void v_store_n(float *p, vf a, int n)
{
    float b[W];
    v_store(b, a);
    memcpy(p, b, (size_t)n * sizeof *p);
}
ALWAYS vf v_add(vf a, vf b) { return vaddq_f32(a, b); }
ALWAYS vf v_sub(vf a, vf b) { return vsubq_f32(a, b); }
ALWAYS vf v_mul(vf a, vf b) { return vmulq_f32(a, b); }
ALWAYS vf v_div(vf a, vf b) { return vdivq_f32(a, b); }
ALWAYS vf v_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
ALWAYS vf v_fnma(vf a, vf b, vf c) { return vfmsq_f32(c, a, b); }
ALWAYS vf v_max(vf a, vf b) { return vmaxq_f32(a, b); }
ALWAYS vf v_min(vf a, vf b) { return vminq_f32(a, b); }
ALWAYS vf v_maxn(vf a, vf b) { return vmaxnmq_f32(a, b); }
ALWAYS vf v_abs(vf a) { return vabsq_f32(a); }
ALWAYS vf v_sign(vf a, vf s) { return vbslq_f32(vdupq_n_u32(0x80000000), s, a); }
ALWAYS vm v_gt(vf a, vf b) { return vcgtq_f32(a, b); }
ALWAYS vf v_sel(vm m, vf a, vf b) { return vbslq_f32(m, a, b); }
ALWAYS vf v_round(vf a) { return vrndnq_f32(a); }
/* 2^n for whole n in [-126, 127], 0 for -127. */
ALWAYS vf two_to(vf n)
{
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23));
}
ALWAYS vf v_pow2(vf a, vf n)
{
    vf half = v_round(v_mul(n, v_set1(0.5f)));
    return v_mul(v_mul(a, two_to(half)), two_to(v_sub(n, half)));
}
ALWAYS vf v_pow2n(vf a, vf n) { return v_mul(a, two_to(n)); }
ALWAYS float v_sum(vf a) { return vaddvq_f32(a); }
ALWAYS float v_top(vf a) { return vmaxvq_f32(a); }
ALWAYS void v_split(const float *p, vf *even, vf *odd)
{
    float32x4x2_t a = vld2q_f32(p);
    *even = a.val[0], *odd = a.val[1];
}
ALWAYS void v_pairs(float *p, vf even, vf odd) { vst2q_f32(p, (float32x4x2_t){{even, odd}}); }
ALWAYS vf v_pair(const float *p)
{
    double d;
    memcpy(&d, p, sizeof d);
    return vreinterpretq_f32_f64(vdupq_n_f64(d));
}
ALWAYS vf v_pairsum(vf a, vf b) { return vpaddq_f32(a, b); }

ALWAYS vf v_f16(const void *p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }
ALWAYS vf v_f16_n(const void *p, int n)
{
    uint16_t h[W] = {0};
    memcpy(h, p, (size_t)n * 2);
    return v_f16(h);
}
ALWAYS void v_f16_put(void *p, vf a, int n)
{
    float16x4_t h = vcvt_f16_f32(a);
    memcpy(p, &h, (size_t)n * 2);
}
ALWAYS vf v_i8(const void *p)
{
    int32_t b;
    memcpy(&b, p, sizeof b);
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(b))))));
}
ALWAYS vf v_i8_n(const void *p, int n)
{
    int8_t b[W] = {0};
    memcpy(b, p, (size_t)n);
    return v_i8(b);
}
ALWAYS void v_i8_put(void *p, vf a, int n)
{
    int16x4_t w = vqmovn_s32(vcvtnq_s32_f32(a));
    int8x8_t b = vqmovn_s16(vcombine_s16(w, w));
    memcpy(p, &b, (size_t)n);
}

ALWAYS vh h_zero(void) { return vdupq_n_u32(0); }
ALWAYS vh h_f16(const void *p) { return vreinterpretq_u32_u8(vld1q_u8(p)); }
ALWAYS vh h_f16_n(const void *p, int n)
{
    uint16_t h[2 * W] = {0};
    memcpy(h, p, (size_t)n * 2);
    return h_f16(h);
}
ALWAYS vh h_i8(const void *p) { return vreinterpretq_u32_s16(vmovl_s8(vld1_s8(p))); }
ALWAYS vh h_i8_n(const void *p, int n)
{
    int8_t b[2 * W] = {0};
    memcpy(b, p, (size_t)n);
    return h_i8(b);
}
ALWAYS void h_transpose(vh r[W])
{
    uint64x2_t a = vreinterpretq_u64_u32(vtrn1q_u32(r[0], r[1])), b = vreinterpretq_u64_u32(vtrn2q_u32(r[0], r[1]));
    uint64x2_t c = vreinterpretq_u64_u32(vtrn1q_u32(r[2], r[3])), d = vreinterpretq_u64_u32(vtrn2q_u32(r[2], r[3]));
    r[0] = vreinterpretq_u32_u64(vtrn1q_u64(a, c));
    r[1] = vreinterpretq_u32_u64(vtrn1q_u64(b, d));
    r[2] = vreinterpretq_u32_u64(vtrn2q_u64(a, c));
    r[3] = vreinterpretq_u32_u64(vtrn2q_u64(b, d));
}
ALWAYS vf h_from_f16(vh u, int j)
{
    uint32x2_t h = j ? vget_high_u32(u) : vget_low_u32(u);
    return vcvt_f32_f16(vreinterpret_f16_u32(h));
}
ALWAYS vf h_from_i16(vh u, int j)
{
    uint32x2_t h = j ? vget_high_u32(u) : vget_low_u32(u);
    return vcvtq_f32_s32(vmovl_s16(vreinterpret_s16_u32(h)));
}
