/* type.h - the numbers a tensor can hold: GGUF's types and the size of their blocks.
 *
 * Values of ond_type are ggml's, so that a file's number is the type. A "plain" row lies as in a GGUF: n / block blocks
 * one after another, little-endian. kern/quant.h turns rows to floats and back. */
#ifndef OND_BASE_TYPE_H
#define OND_BASE_TYPE_H

#include "base/str.h"

typedef enum ond_type {
#define TYPE(NAME, number, name, block, bytes) OND_##NAME = number,
#include "base/types.def"
#undef TYPE
} ond_type;

bool ond_type_known(uint32_t number);
const char *ond_type_name(uint32_t number);               /* "q4_0"; "unknown" */
bool ond_type_named(const char *name, ond_type *out);     /* any case: "Q4_K" and "q4_k" */
int ond_type_block(ond_type t);                           /* values in a block: 1, 32 or 256 */
int ond_type_block_bytes(ond_type t);
/* Bytes of a plain row of n values; 0 when n is no multiple of the block or the product overflows. */
size_t ond_type_row_bytes(ond_type t, uint64_t n);
int ond_type_count(void);
ond_type ond_type_at(int i);                              /* walks the table */

#endif
