/* room.h - private to pick: the candidates of one draw, and what stages share.
 *
 * A draw begins dense: candidate i is token i, and x is the model's own array, which nobody may
 * write. A stage that edits asks for ond__draw_edit, which copies; a stage that cuts leaves a short
 * list (ids in `id`). Greedy and top-k never sort the vocabulary. */
#ifndef OND_PICK_ROOM_H
#define OND_PICK_ROOM_H

#include "pick/pick.h"

enum ond__stage_kind {
#define STAGE(name, on, what) OND__STAGE_##name,
#include "pick/stages.def"
#undef STAGE
    OND__STAGES // at most 32
};

typedef struct ond__draw {
    const float *x;    // [n] logits: the model's, or `own`
    const int32_t *id; // [n]; NULL: dense, candidate i is token i
    int n;             // candidates, at least 1; those at -infinity can never be chosen
    bool sorted;       // likeliest first
    float *own;        // [n_vocab]
    int32_t *list;     // [n_vocab]
    float *p;          // [n_vocab] weights exp(x - max), after ond__draw_weigh
    uint64_t *key;     // [2 n_vocab], and n_vocab floats behind them
} ond__draw;

typedef struct ond__rng {
    uint64_t s[4];
} ond__rng;
void ond__rng_seed(ond__rng *r, uint64_t seed);
double ond__rng_next(ond__rng *r); // [0, 1), 53 bits

/* A breaker that begins at the end of a token: its first `have` bytes are the token's last. */
typedef struct ond__edge {
    int32_t token;
    short breaker, have;
} ond__edge;

struct ond_sampler {
    ond_sampler_opts o; // with defaults; its pointers are ours
    const ond_tok *tok;
    int n_vocab, n_ctx;
    unsigned char stage[OND__STAGES];
    int n_stage;
    bool greedy;
    uint64_t seed;
    ond__rng rng;
    float mu; // mirostat's bound of surprise
    const uint64_t *mask;
    ond__draw d;
    int32_t *count;          // [n_vocab], zero between uses
    int32_t *z;              // [n_ctx]
    const int32_t *timeline; // of the running choice
    size_t n_timeline;
    ond_bias *bias;   // [n_bias]
    ond_buf *breaker; // [n_dry_breaker]
    uint64_t *breaks; // bit set: the token's text holds a breaker
    ond__edge *edge;  // sorted by token
    size_t n_edge;
    ond_buf piece;
    ond_alternative top[100];
};

typedef void ond__stage_fn(ond_sampler *s, ond__draw *d);
#define STAGE(name, on, what) ond__stage_fn ond__stage_##name;
#include "pick/stages.def"
#undef STAGE
OND_CHECKED int ond__dry_open(ond_sampler *s, ond_err *err);
void ond__dry_close(ond_sampler *s);

static inline int32_t ond__draw_id(const ond__draw *d, int i)
{
    return d->id ? d->id[i] : i;
}
/* A cut: those that stay are moved to the front of own and list, in their order, then the others go. */
static inline void ond__draw_move(ond__draw *d, int from, int to)
{
    int32_t id = ond__draw_id(d, from);
    d->own[to] = d->x[from];
    d->list[to] = id;
}
static inline void ond__draw_short(ond__draw *d, int n) // the n in own and list are the candidates
{
    d->x = d->own;
    d->id = d->list;
    d->n = n;
}
float *ond__draw_edit(ond__draw *d);                  // x, to be written
void ond__draw_keep_above(ond__draw *d, float bound); // keeps x >= bound
double ond__draw_weigh(ond__draw *d); // fills p, returns their sum (the greatest p is 1)

/* select.c: keys order floats, greatest first, equal ones by number. */
float ond__max(const float *x, int n, int *at); // first greatest
uint64_t ond__key(float x, uint32_t number);
static inline uint32_t ond__key_number(uint64_t k)
{
    return (uint32_t)k;
}
float ond__key_value(uint64_t k);
/* The k <= n least of key(x[i], i), ascending, come first in out [n]; spare [n] is scratch. */
void ond__select(const float *x, int n, int k, uint64_t *out, uint64_t *spare);
/* Puts the k likeliest first, in order, and drops the others. */
void ond__draw_top(ond__draw *d, int k);

/* exp.c */
float ond__exp(float x); // x <= 0; within 2 units of the last place of expf
double ond__exp_sum(const float *x, int n, float max,
                    float *p); // p[i] = exp(x[i] - max), may be NULL

#endif
