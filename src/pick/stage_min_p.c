/* stage_min_p.c - keeps tokens at least p times as likely as the likeliest: logits >= max + ln p.
 *
 * M. Nguyen et al., "Turning Up the Heat: Min-p Sampling" (2024). */
#include "pick/room.h"

#include <math.h>

void ond__stage_min_p(ond_sampler *s, ond__draw *d)
{
    int at = 0, n = 0;
    float bound = (d->sorted ? d->x[0] : ond__max(d->x, d->n, &at)) + logf(s->o.min_p);
    if (d->sorted) {
        while (n < d->n && (d->x[n] >= bound || n < s->o.min_keep)) n++;
        d->n = n;
        return;
    }
    for (int i = 0; i < d->n; i++) n += d->x[i] >= bound;
    if (n < s->o.min_keep)
        ond__draw_top(d, s->o.min_keep);
    else
        ond__draw_keep_above(d, bound);
}
