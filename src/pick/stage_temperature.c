/* stage_temperature.c - x / t; with a range, t follows the entropy: low where the model is sure.
 *
 * t = lo + (hi - lo) * (H / ln n)^exponent, lo = max(0, temperature - range), hi = temperature +
 * range, H the entropy of the n candidates: "dynamic temperature" (kalomaze, llama.cpp pull request
 * 4972). */
#include "pick/room.h"

#include <math.h>

/* Colder, a logit divided by it may overflow; and no two different ones are so near that the lesser
 * would still have a weight. */
static const float coldest = 1e-30f;

static float by_entropy(const ond_sampler_opts *o, ond__draw *d)
{
    float lo = o->temperature > o->temperature_range ? o->temperature - o->temperature_range : 0;
    float hi = o->temperature + o->temperature_range;
    double total = ond__draw_weigh(d), entropy = 0;
    for (int i = 0; i < d->n; i++)
        if (d->p[i] > 0) entropy -= (double)d->p[i] / total * log((double)d->p[i] / total);
    return lo + (hi - lo) * (float)pow(entropy / log(d->n), (double)o->temperature_exponent);
}

void ond__stage_temperature(ond_sampler *s, ond__draw *d)
{
    if (s->o.temperature_range > 0 && d->n <= 1) return;
    float t = s->o.temperature_range > 0 ? by_entropy(&s->o, d) : s->o.temperature;
    bool sorted = d->sorted;
    if (t < coldest) {
        ond__draw_top(d, 1);
        return;
    }
    float *x = ond__draw_edit(d);
    for (int i = 0; i < d->n; i++) x[i] /= t;
    d->sorted = sorted;
}
