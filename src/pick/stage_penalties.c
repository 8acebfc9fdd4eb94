/* stage_penalties.c - tokens of the last penalty_last_n become less likely: repetition (a logit
 * above 0 is divided by it, one below is multiplied), frequency (taken off for each occurrence),
 * presence (taken off once).
 *
 * N. S. Keskar et al., "CTRL" (2019), with the multiplication for negative logits that is in common
 * use; frequency and presence as in OpenAI's API. */
#include "pick/room.h"

static float penalised(const ond_sampler_opts *o, float x, int count)
{
    x = x <= 0 ? x * o->repeat_penalty : x / o->repeat_penalty;
    return x - ((float)count * o->frequency_penalty + o->presence_penalty);
}

void ond__stage_penalties(ond_sampler *s, ond__draw *d)
{
    size_t n =
        s->n_timeline < (size_t)s->o.penalty_last_n ? s->n_timeline : (size_t)s->o.penalty_last_n;
    const int32_t *late = s->timeline + (s->n_timeline - n);
    if (n == 0) return;
    float *x = ond__draw_edit(d);
    for (size_t i = 0; i < n; i++) s->count[late[i]]++;
    if (d->id) {
        for (int i = 0; i < d->n; i++)
            if (s->count[d->id[i]]) x[i] = penalised(&s->o, x[i], s->count[d->id[i]]);
        for (size_t i = 0; i < n; i++) s->count[late[i]] = 0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t t = late[i];
        if (s->count[t]) x[t] = penalised(&s->o, x[t], s->count[t]);
        s->count[t] = 0;
    }
}
