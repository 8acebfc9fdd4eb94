/* draw.c - the candidates of one draw: written to, cut, ordered, weighed. */
#include "pick/room.h"

float *ond__draw_edit(ond__draw *d)
{
    if (d->x != d->own) {
        memcpy(d->own, d->x, (size_t)d->n * sizeof *d->own);
        d->x = d->own;
    }
    d->sorted = false;
    return d->own;
}

void ond__draw_keep_above(ond__draw *d, float bound)
{
    int n = 0;
    for (int i = 0; i < d->n; i++)
        if (!(d->x[i] < bound)) ond__draw_move(d, i, n++);
    ond__draw_short(d, n);
}

void ond__draw_top(ond__draw *d, int k)
{
    if (k > d->n) k = d->n;
    if (!d->sorted) {
        ond__select(d->x, d->n, k, d->key, d->key + d->n);
        /* The ids are read before they are written over: the list goes to the second half of the
         * keys. */
        int32_t *id = (int32_t *)(d->key + d->n);
        for (int i = 0; i < k; i++) id[i] = ond__draw_id(d, (int)ond__key_number(d->key[i]));
        for (int i = 0; i < k; i++) d->own[i] = ond__key_value(d->key[i]);
        memcpy(d->list, id, (size_t)k * sizeof *id);
        ond__draw_short(d, k);
        d->sorted = true;
    }
    d->n = k;
}

double ond__draw_weigh(ond__draw *d)
{
    int at = 0;
    float max = d->sorted ? d->x[0] : ond__max(d->x, d->n, &at);
    return ond__exp_sum(d->x, d->n, max, d->p);
}
