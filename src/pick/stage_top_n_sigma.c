/* stage_top_n_sigma.c - keeps logits >= max - n * sigma, sigma their standard deviation.
 *
 * C. Tang et al., "Top-nσ: Not All Logits Are You Need" (2024). Logits at -infinity do not count.
 */
#include "pick/room.h"

#include <math.h>

void ond__stage_top_n_sigma(ond_sampler *s, ond__draw *d)
{
    double sum = 0, squares = 0;
    int n = 0, at = 0;
    for (int i = 0; i < d->n; i++)
        if (d->x[i] != -INFINITY) sum += (double)d->x[i], n++;
    if (n <= 1) return;
    double mean = sum / n;
    for (int i = 0; i < d->n; i++)
        if (d->x[i] != -INFINITY) squares += ((double)d->x[i] - mean) * ((double)d->x[i] - mean);
    float max = ond__max(d->x, d->n, &at);
    ond__draw_keep_above(d, (float)((double)max - (double)s->o.top_n_sigma * sqrt(squares / n)));
}
