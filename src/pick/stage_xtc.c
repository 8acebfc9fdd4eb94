/* stage_xtc.c - exclude top choices: with a probability, all tokens at or above the threshold go
 * but the least likely of them.
 *
 * P. E. Weidmann, text-generation-webui pull request 6335 (2024). One number is drawn whenever the
 * stage is on and there are two candidates or more. */
#include "pick/room.h"

void ond__stage_xtc(ond_sampler *s, ond__draw *d)
{
    if (d->n < 2 || ond__rng_next(&s->rng) >= (double)s->o.xtc_probability) return;
    double bound = (double)s->o.xtc_threshold * ond__draw_weigh(d);
    int least = -1, likely = 0;
    for (int i = 0; i < d->n; i++) {
        if ((double)d->p[i] < bound) continue;
        likely++;
        if (least < 0 || d->x[i] <= d->x[least]) least = i;
    }
    if (likely < 2 || d->n - (likely - 1) < s->o.min_keep) return;
    int n = 0;
    for (int i = 0; i < d->n; i++)
        if ((double)d->p[i] < bound || i == least) ond__draw_move(d, i, n++);
    ond__draw_short(d, n);
}
