/* quant.h - plain rows to floats and back, for every type of base/types.def. */
#ifndef OND_KERN_QUANT_H
#define OND_KERN_QUANT_H

#include "base/type.h"

/* Plain row → floats, exactly as the format defines (bit for bit what ggml's dequantize_row gives).
 * n is a multiple of the block. */
void ond_dequant(ond_type t, const void *row, size_t n, float *out);
/* Floats [n_row, n_col] → plain rows. weight: importance of each column [n_col] (an importance matrix), or NULL. Every type
 * in the table can be written. OND_E_INPUT: a value that is not finite (row and column named). No more scratch than one row. */
OND_CHECKED int ond_quant(ond_type t, const float *x, size_t n_row, size_t n_col, const float *weight, void *out, ond_err *err);

float ond_f16_to_f32(uint16_t h);
uint16_t ond_f32_to_f16(float f);      /* round to nearest even */
static inline float ond_bf16_to_f32(uint16_t h)
{
    uint32_t u = (uint32_t)h << 16;
    float f;
    memcpy(&f, &u, 4);
    return f;
}
uint16_t ond_f32_to_bf16(float f);     /* round to nearest even, NaN kept quiet */

#endif
