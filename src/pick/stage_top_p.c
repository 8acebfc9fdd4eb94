/* stage_top_p.c - nucleus sampling: the likeliest tokens, in order, until their probabilities sum
 * to p or more.
 *
 * A. Holtzman et al., "The Curious Case of Neural Text Degeneration" (2019). The nucleus is mostly
 * small: the 64 likeliest are put in order, and sixteen times as many each time that they do not
 * suffice. */
#include "pick/room.h"

static int nucleus(const ond_sampler *s, const ond__draw *d, int k, float max, double total)
{
    double sum = 0;
    for (int i = 0; i < k; i++) {
        sum += (double)ond__exp(ond__key_value(d->key[i]) - max);
        if (sum >= (double)s->o.top_p * total && i + 1 >= s->o.min_keep) return i + 1;
    }
    return k == d->n ? k : 0;
}

void ond__stage_top_p(ond_sampler *s, ond__draw *d)
{
    double total = ond__draw_weigh(d);
    if (d->sorted) {
        double sum = 0;
        int n = 0;
        while (n < d->n && (sum < (double)s->o.top_p * total || n < s->o.min_keep))
            sum += (double)d->p[n++];
        d->n = n ? n : 1;
        return;
    }
    int at = 0;
    float max = ond__max(d->x, d->n, &at);
    for (long k = 64;; k *= 16) {
        int most = k < d->n ? (int)k : d->n;
        ond__select(d->x, d->n, most, d->key, d->key + d->n);
        int n = nucleus(s, d, most, max, total);
        if (n == 0) continue;
        ond__draw_top(d, n);
        return;
    }
}
