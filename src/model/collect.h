/* collect.h - an importance matrix from running a model over text. */
#ifndef OND_MODEL_COLLECT_H
#define OND_MODEL_COLLECT_H

#include "model/imatrix.h"
#include "model/model.h"

typedef struct ond_collect_opts {
    const ond_kern *kern;     /* NULL: ond_kern_pick */
    ond_team *team;           /* NULL: one of all cores is made */
    int chunk;                /* tokens of a text, each begun from an empty cache; 0: 512 */
    int max_chunks;           /* 0: all */
    bool begin;               /* the first token of each text is replaced by `bos` */
    int32_t bos;
    bool (*progress)(void *self, int done, int n);   /* false stops: OND_E_INTERRUPTED */
    void *self;
} ond_collect_opts;

/* Runs texts of `chunk` tokens (what is left over at the end is not used) and takes down the inputs of every matrix of every layer.
 * OND_E_INPUT: fewer tokens than one text, an embedding model. OND_E_BUSY: another collection runs in this process.
 * *n_chunk: texts that were run. */
OND_CHECKED int ond_imatrix_collect(const ond_gguf *g, const int32_t *token, size_t n_token, const ond_collect_opts *opts, ond_imatrix **out,
                                    uint32_t *n_chunk, ond_err *err);

#endif
