/* pack.h - plain rows into panels of 16, the layout that the fast kernels read.
 *
 * A panel holds 16 rows; within it columns go in groups of four: 16 rows x 4 bytes are 64 bytes,
 * one 512-bit register, whose lane r is row r. Weights are unsigned (the nibble itself, q + 128):
 * the offset is taken off through the sums of the activations. Scales lie with their block, 16 to a
 * step. panel.h describes each type's panel byte by byte. Packing loses nothing: ond_unpack_row
 * gives the same floats as ond_dequant. */
#ifndef OND_KERN_PACK_H
#define OND_KERN_PACK_H

#include "kern/kern.h"

bool ond_pack_has(ond_type t); /* whether weights of this type have a panel */
/* A multiple of 64; 0: no panel for the type or this width. */
size_t ond_pack_panel_bytes(ond_type t, int n_col);
/* Packs panels [begin, end) of a plain matrix [n_row, n_col] at src into dst + p * stride; stride
 * 0: one after another. */
void ond_pack_panels(ond_type t, const void *src, int n_row, int n_col, int begin, int end,
                     unsigned char *dst, size_t stride);
/* One row back to floats (embedding lookup in a tied head, tests); w->scale is not applied. */
void ond_unpack_row(const ond_weight *w, int row, float *out);

#endif
