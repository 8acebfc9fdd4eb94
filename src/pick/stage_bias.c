/* stage_bias.c - x[token] += add. */
#include "pick/room.h"

#include <math.h>

void ond__stage_bias(ond_sampler *s, ond__draw *d)
{
    float *x = ond__draw_edit(d);
    for (int b = 0; b < s->o.n_bias; b++) {
        const ond_bias *bias = &s->o.bias[b];
        if (!d->id) {
            x[bias->token] += bias->add;
            continue;
        }
        for (int i = 0; i < d->n; i++)
            if (d->id[i] == bias->token) x[i] += bias->add;
    }
}
