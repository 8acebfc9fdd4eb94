/* avx512.c - the kernel set of processors with AVX-512 VNNI and BF16 (Zen 4 and later).
 *
 * Tiles are in tile_avx512_*.c, vector operators in vec_avx512.c, attention in attn_avx512.c. Here:
 * the table that finds a tile, and quantising activations. */
#if defined __x86_64__
#include "kern/avx512.h"

static const ond__tile_set *set_of(ond_type t)
{
    switch (t) {
#define TYPE(NAME, number, name, block, bytes)                                                     \
    case OND_##NAME:                                                                               \
        return &ond__tiles_##NAME;
#include "base/types.def"
#undef TYPE
    }
    return NULL;
}

static void tile(const ond__tile *a)
{
    const ond__tile_set *set = set_of(a->type);
    int i = a->width / 2; /* 1, 2, 4, 6, 8 → 0, 1, 2, 3, 4 */
    (a->n_panel == 2 ? set->two[i] : set->one[i])(a);
}

static const ond__tiler tiler = {tile, 1, 2, ond__act_mul_avx512, true};

static ond_acts_kind acts_kind(ond_type t)
{
    return t == OND_BF16 ? OND_ACTS_BF16 : ond__acts_kind_float(t);
}

static void matmul(const ond_weight *w, const ond_acts *a, int begin, int end, float *y,
                   size_t y_stride, bool add)
{
    ond__panel_matmul(&tiler, w, a, begin, end, y, y_stride, add);
}

static void matmul_glu(const ond_weight *gate, const ond_weight *up, const ond_acts *a, ond_act act,
                       int begin, int end, float *y, size_t y_stride)
{
    ond__panel_glu(&tiler, gate, up, a, act, begin, end, y, y_stride);
}

const ond_kern ond__kern_avx512 = {
    .name = "avx512",
    .panels = true,
    .acts_kind = acts_kind,
    .acts_bytes = ond__acts_bytes,
    .acts_put = ond__acts_put_avx512,
    .matmul = matmul,
    .matmul_glu = matmul_glu,
    .rms_norm = ond__rms_norm_avx512,
    .layer_norm = ond__layer_norm_avx512,
    .rope = ond__rope_avx512,
    .act_mul = ond__act_mul_avx512,
    .add = ond__add_avx512,
    .axpy = ond__axpy_avx512,
    .dot = ond__dot_avx512,
    .softmax = ond__softmax_avx512,
    .max = ond__max_avx512,
    .kv_put = ond__kv_put_avx512,
    .attn_scratch = ond__attn_scratch_avx512,
    .attend = ond__attend_avx512,
};
#else
typedef int ond__no_avx512; /* a translation unit must hold something */
#endif
