/* vec.h - the vector operators and attention of each instruction set, for the rows of kerns.def.
 *
 * One source serves all widths: a lane header (vec_lane_NAME.h) says what a register is, vec_math.h, vec_body.h and
 * attn_body.h are written over it, vec_NAME.c and attn_NAME.c put them together. Private to the room. */
#ifndef OND_KERN_VEC_H
#define OND_KERN_VEC_H

#include "kern/kern.h"

#define OND__VEC_SET(s)                                                                                               \
    void ond__rms_norm_##s(const float *x, const float *w, int n, float eps, float *y);                               \
    void ond__layer_norm_##s(const float *x, const float *w, const float *b, int n, float eps, float *y);             \
    void ond__rope_##s(float *x, int n_rot, const float *cs, bool neox);                                              \
    void ond__act_mul_##s(ond_act act, const float *gate, const float *up, int n, float *y);                          \
    void ond__add_##s(float *y, const float *x, int n);                                                               \
    void ond__axpy_##s(float *y, float a, const float *x, int n);                                                     \
    float ond__dot_##s(const float *a, const float *b, int n);                                                        \
    void ond__softmax_##s(float *x, int n);                                                                           \
    float ond__max_##s(const float *x, int n, int *at);                                                               \
    void ond__kv_put_##s(ond_kv_type t, const float *x, int n, unsigned char *row);                                   \
    void ond__acts_put_##s(ond_acts *a, const float *x, size_t x_stride, int begin, int end);                         \
    void ond__math_##s(int which, const float *x, int n, float *y); /* tests: 0 exp, 1 tanh, 2 erf */                 \
    size_t ond__attn_scratch_##s(const ond_attn *a);                                                                  \
    void ond__attend_##s(const ond_attn *a);

OND__VEC_SET(c)
struct ond__tile;    /* panel.h: one tile of the matmul of panels */
#if defined __x86_64__
OND__VEC_SET(avx2)
OND__VEC_SET(avx512)
void ond__tile_avx2(const struct ond__tile *a);
void ond__tile_avxvnni(const struct ond__tile *a);
#endif
#if defined __aarch64__
OND__VEC_SET(neon)
void ond__tile_neon(const struct ond__tile *a);      /* baseline */
void ond__tile_neondot(const struct ond__tile *a);   /* dotprod */
void ond__tile_neonmm(const struct ond__tile *a);    /* i8mm */
#endif

/* A macro layer over the two compilers. OND__TARGET("…") at the head of a file (after its #includes of system headers)
 * lets gcc and clang use instructions beyond the baseline in that file alone; OND__TARGET_END closes it. */
#define OND__PRAGMA(x) _Pragma(#x)
#if defined __clang__
#define OND__TARGET(isa) \
    OND__PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define OND__TARGET_END OND__PRAGMA(clang attribute pop)
#define UNROLL _Pragma("unroll")
#else
#define OND__TARGET(isa) OND__PRAGMA(GCC push_options) OND__PRAGMA(GCC target(isa))
#define OND__TARGET_END OND__PRAGMA(GCC pop_options)
#define UNROLL _Pragma("GCC unroll 32")
#endif
#define ALWAYS static inline __attribute__((always_inline))

#endif
