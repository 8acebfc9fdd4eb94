/* fuzz_imatrix.c - any bytes as an importance matrix, in either form: a matrix whose every entry can be read, or an error. */
#include "model/imatrix.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    ond_imatrix *m;
    ond_err err = {0};
    if (ond_imatrix_open_bytes(p, n, "x", &m, &err) != 0) {
        if (m || err.text[0] == '\0') abort();
        return 0;
    }
    for (size_t i = 0; i < ond_imatrix_count(m); i++) {
        size_t n_col, n_mat;
        if (!ond_imatrix_find(m, ond_imatrix_name(m, i), &n_col, &n_mat)) abort();
        float *v = malloc(n_col * sizeof *v + 1);
        for (size_t k = 0; v && k < n_mat && k < 8; k++) {
            ond_imatrix_get(m, ond_imatrix_name(m, i), k, v);
            for (size_t c = 0; c < n_col; c++)
                if (!(v[c] >= 0)) abort();
        }
        free(v);
    }
    ond_imatrix_close(m);
    return 0;
}
