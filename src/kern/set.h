/* set.h - a kernel set that reads panels, put together from its parts by their names.
 *
 * PANEL_SET(vec, tiles, "name", most panels of one token): the vector operators, attention and activations of `vec`
 * (vec.h), the matmul of ond__tile_`tiles`. Defines ond__kern_`tiles`. */
#ifndef OND_KERN_SET_H
#define OND_KERN_SET_H

#include "kern/internal.h"
#include "kern/panel.h"
#include "kern/vec.h"

#define PANEL_SET(vec, tiles, kern_name, most_one)                                                                            \
    static const ond__tiler tiler_##tiles = {ond__tile_##tiles, most_one, 1, ond__act_mul_##vec, false}; \
    static void matmul_##tiles(const ond_weight *w, const ond_acts *a, int begin, int end, float *y, size_t y_stride, bool add) \
    {                                                                                                                         \
        ond__panel_matmul(&tiler_##tiles, w, a, begin, end, y, y_stride, add);                                                \
    }                                                                                                                         \
    static void matmul_glu_##tiles(const ond_weight *gate, const ond_weight *up, const ond_acts *a, ond_act act, int begin,   \
                                   int end, float *y, size_t y_stride)                                                        \
    {                                                                                                                         \
        ond__panel_glu(&tiler_##tiles, gate, up, a, act, begin, end, y, y_stride);                                            \
    }                                                                                                                         \
    const ond_kern ond__kern_##tiles = {                                                                                      \
        .name = kern_name,                                                                                                    \
        .panels = true,                                                                                                       \
        .acts_kind = ond__acts_kind_float,                                                                                    \
        .acts_bytes = ond__acts_bytes,                                                                                        \
        .acts_put = ond__acts_put_##vec,                                                                                      \
        .matmul = matmul_##tiles,                                                                                             \
        .matmul_glu = matmul_glu_##tiles,                                                                                     \
        .rms_norm = ond__rms_norm_##vec,                                                                                      \
        .layer_norm = ond__layer_norm_##vec,                                                                                  \
        .rope = ond__rope_##vec,                                                                                              \
        .act_mul = ond__act_mul_##vec,                                                                                        \
        .add = ond__add_##vec,                                                                                                \
        .axpy = ond__axpy_##vec,                                                                                              \
        .dot = ond__dot_##vec,                                                                                                \
        .softmax = ond__softmax_##vec,                                                                                        \
        .max = ond__max_##vec,                                                                                                \
        .kv_put = ond__kv_put_##vec,                                                                                          \
        .attn_scratch = ond__attn_scratch_##vec,                                                                              \
        .attend = ond__attend_##vec,                                                                                          \
    };

#endif
