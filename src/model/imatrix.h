/* imatrix.h - importance matrices: how large the inputs of each weight matrix were, column by column.
 *
 * An entry belongs to a tensor by name and holds, for each of its matrices (one, or one an expert), the sum of squares of each
 * input column and the count of tokens seen. Quantisers weigh the error of a column by their quotient.
 * Files: llama.cpp's GGUF form (NAME.in_sum2 [n_col, n_mat], NAME.counts [1, n_mat]) is read and written, its older .dat form read. */
#ifndef OND_MODEL_IMATRIX_H
#define OND_MODEL_IMATRIX_H

#include "base/str.h"

typedef struct ond_imatrix ond_imatrix;

OND_CHECKED int ond_imatrix_new(ond_imatrix **out, ond_err *err);
/* Either form, told apart by its first bytes. Every size is checked; values are finite and not negative. Errors name the entry. */
OND_CHECKED int ond_imatrix_open(const char *path, ond_imatrix **out, ond_err *err);
OND_CHECKED int ond_imatrix_open_bytes(const void *bytes, size_t n, const char *name, ond_imatrix **out, ond_err *err);
void ond_imatrix_close(ond_imatrix *m);   /* NULL is fine */

size_t ond_imatrix_count(const ond_imatrix *m);
ond_str ond_imatrix_name(const ond_imatrix *m, size_t i);      /* sorted */
const char *ond_imatrix_dataset(const ond_imatrix *m);         /* the first one's name, "" when unknown */
uint32_t ond_imatrix_chunks(const ond_imatrix *m);
/* False when there is no entry of that name. */
bool ond_imatrix_find(const ond_imatrix *m, ond_str name, size_t *n_col, size_t *n_mat);
/* Importance of each column of one matrix: [n_col] as found. All 1 for a matrix (an expert) that saw no token. */
void ond_imatrix_get(const ond_imatrix *m, ond_str name, size_t mat, float *out);

/* Collecting: n_tok inputs of a matrix, row t at x + t * stride. The entry is made at the first. */
OND_CHECKED int ond_imatrix_add(ond_imatrix *m, ond_str name, size_t n_col, size_t n_mat, size_t mat, const float *x, size_t stride,
                                size_t n_tok, ond_err *err);
/* As GGUF, whole or not at all; a value that is no number is refused. dataset: what the tokens came from; n_chunk texts of chunk_size
 * tokens. */
OND_CHECKED int ond_imatrix_save(const ond_imatrix *m, const char *path, const char *dataset, uint32_t n_chunk, uint32_t chunk_size,
                                 ond_err *err);

#endif
