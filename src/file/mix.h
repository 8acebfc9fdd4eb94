/* mix.h - which tensor of a model gets which type when a file of a given kind ("Q4_K_M") is written.
 *
 * The choices are those that users of llama.cpp's `quantize` get, so that a file of ours is as large and as good as theirs:
 * more bits for the head, for attn_v and for some ffn_down; a type of smaller blocks where rows do not divide. */
#ifndef OND_FILE_MIX_H
#define OND_FILE_MIX_H

#include "base/type.h"

typedef enum ond_mix {
#define MIX(NAME, number, name, type) OND_MIX_##NAME = number,
#include "file/mix.def"
#undef MIX
} ond_mix;   /* the number of general.file_type */

typedef struct ond_mix_model {   /* what the choice looks at, beside the tensor */
    int n_layer, n_head, n_head_kv, n_expert;
    bool tied;       /* no output.weight: token_embd is the head too */
    bool weighted;   /* an importance matrix is used */
} ond_mix_model;

bool ond_mix_named(const char *name, ond_mix *out);   /* "q4_k_m", any case */
bool ond_mix_known(uint32_t number);
const char *ond_mix_name(uint32_t number);            /* "unknown" */
ond_type ond_mix_base(ond_mix mix);
int ond_mix_count(void);
ond_mix ond_mix_at(int i);

/* Whether a tensor is one that is quantised at all: matrices named *.weight, but no norms, routers, positions. */
bool ond_mix_takes(ond_str name, int n_dim, const uint64_t *dim);
/* Its type in this mixture, `now` when it is not quantised. */
ond_type ond_mix_type(ond_mix mix, const ond_mix_model *m, ond_str name, int n_dim, const uint64_t *dim, ond_type now);
/* t, or a type of smaller blocks (at last F16) when rows of n_col do not divide. */
ond_type ond_mix_fit(ond_type t, uint64_t n_col);

#endif
