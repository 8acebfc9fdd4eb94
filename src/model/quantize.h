/* quantize.h - a model file into another of fewer bits: tensors chosen by mixture (file/mix.h), rows by the team. */
#ifndef OND_MODEL_QUANTIZE_H
#define OND_MODEL_QUANTIZE_H

#include "file/mix.h"
#include "model/imatrix.h"
#include "sys/team.h"

typedef struct ond_quantize_step {
    size_t at, n;            /* tensor 0 … n-1 of n */
    ond_str name;
    int n_dim;
    const uint64_t *dim;
    ond_type from, to;
    ond_type wanted;         /* not `to` when the rows do not divide into its blocks */
    bool unweighted;         /* a matrix was given and says nothing about this tensor */
    uint64_t bytes_from, bytes_to;   /* of the tensor */
    double share;            /* 0 … 1 of the whole, at its end 1 */
    bool begins;             /* first call for this tensor; others come as its rows are done */
} ond_quantize_step;

typedef struct ond_quantize_opts {
    ond_mix mix;
    bool allow_requantize;        /* else a tensor that is quantised already is refused */
    bool pure;                    /* one type for all */
    bool leave_output;            /* output.weight stays as it is */
    const char *output_type;      /* "q8_0" for output.weight (and a tied token_embd.weight); NULL: as the mixture says */
    const char *embd_type;        /* for token_embd.weight */
    const ond_imatrix *imatrix;   /* or NULL */
    const char *imatrix_path;     /* noted in the file */
    ond_team *team;               /* NULL: one of all cores is made */
    bool (*progress)(void *self, const ond_quantize_step *step);   /* false stops: OND_E_INTERRUPTED */
    void *self;
} ond_quantize_opts;

typedef struct ond_quantize_report {
    uint64_t bytes_from, bytes_to;   /* of all tensors */
    size_t n_tensor, n_changed, n_fallback, n_unweighted;
} ond_quantize_report;

/* Writes `out` anew from the model `in` (all its parts); the name `out` appears only when the file is whole. Errors name the tensor.
 * OND_E_INPUT: same file, unknown type, tensor that is quantised already, matrix of another model, a value that is not finite. */
OND_CHECKED int ond_quantize(const char *in, const char *out, const ond_quantize_opts *opts, ond_quantize_report *report, ond_err *err);

#endif
