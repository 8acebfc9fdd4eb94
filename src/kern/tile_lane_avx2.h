/* tile_lane_avx2.h - bytes in 256-bit registers, for tile_body.h. */
#include "kern/vec_lane_avx2.h"

typedef __m256i vb;
typedef __m256i vi;

ALWAYS vb b_load(const unsigned char *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
ALWAYS vb b_and(vb a, int m) { return _mm256_and_si256(a, _mm256_set1_epi8((char)m)); }
ALWAYS vb b_or(vb a, vb b) { return _mm256_or_si256(a, b); }
ALWAYS vb b_shr(vb a, int n) { return _mm256_srli_epi16(a, n); }
ALWAYS vb b_flip(vb a) { return _mm256_xor_si256(a, _mm256_set1_epi8(-128)); }
ALWAYS vb b_table(const unsigned char *v)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)v));
}
ALWAYS vb b_look(vb table, vb i) { return _mm256_shuffle_epi8(table, i); }
ALWAYS vi i_spread(const unsigned char *p, int n)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm256_slli_epi32(_mm256_set1_epi32(v), n);
}
ALWAYS vf i_float(vi a) { return _mm256_cvtepi32_ps(a); }
ALWAYS vf v_spread(const unsigned char *p) { return _mm256_broadcast_ss((const float *)(const void *)p); }
ALWAYS __m256i bytes_at(const unsigned char *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
ALWAYS void v_nibbles(const unsigned char *p, vf *low, vf *high)
{
    __m256i v = bytes_at(p);
    *low = i_float(_mm256_and_si256(v, _mm256_set1_epi32(15)));
    *high = i_float(_mm256_srli_epi32(v, 4));
}
ALWAYS vf v_exponents(const unsigned char *p)
{
    __m256i e = bytes_at(p), normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    __m256i small = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(small, normal, _mm256_cmpgt_epi32(e, _mm256_set1_epi32(1))));
}
/* W pairs of bf16: the first or second of each. */
ALWAYS vf v_bf16(const unsigned char *p, int second)
{
    vb v = b_load(p);
    return _mm256_castsi256_ps(second ? _mm256_and_si256(v, _mm256_set1_epi32((int)0xffff0000)) : _mm256_slli_epi32(v, 16));
}
