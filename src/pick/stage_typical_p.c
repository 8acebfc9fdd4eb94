/* stage_typical_p.c - locally typical sampling: tokens by how near their surprise is to the
 * entropy, until their probabilities sum to more than p.
 *
 * C. Meister et al., "Locally Typical Sampling" (2022). */
#include "pick/room.h"

#include <math.h>

/* -ln p of candidate i. */
static double surprise(const ond__draw *d, int i, float max, double log_total)
{
    return log_total - ((double)d->x[i] - (double)max);
}

void ond__stage_typical_p(ond_sampler *s, ond__draw *d)
{
    int at = 0;
    float max = ond__max(d->x, d->n, &at);
    double total = ond__exp_sum(d->x, d->n, max, d->p), log_total = log(total), entropy = 0,
           sum = 0;
    for (int i = 0; i < d->n; i++)
        if (d->p[i] > 0) entropy += (double)d->p[i] / total * surprise(d, i, max, log_total);
    float *far = (float *)(d->key + 2 * (size_t)s->n_vocab); /* [n_vocab], behind the keys */
    for (int i = 0; i < d->n; i++) far[i] = -(float)fabs(surprise(d, i, max, log_total) - entropy);
    for (long k = 64;; k *= 16) {
        int most = k < d->n ? (int)k : d->n, n = 0;
        ond__select(far, d->n, most, d->key, d->key + d->n);
        for (sum = 0; n < most && (sum <= (double)s->o.typical_p * total || n < s->o.min_keep); n++)
            sum += (double)d->p[ond__key_number(d->key[n])];
        if (n == most && most < d->n) continue;
        float *x = far; /* read through the keys, so it may be written over */
        int32_t *id = (int32_t *)(d->key + d->n);
        for (int i = 0; i < n; i++) {
            int c = (int)ond__key_number(d->key[i]);
            id[i] = ond__draw_id(d, c);
            x[i] = d->x[c];
        }
        memcpy(d->own, x, (size_t)n * sizeof *x);
        memcpy(d->list, id, (size_t)n * sizeof *id);
        ond__draw_short(d, n);
        d->sorted = false;
        return;
    }
}
