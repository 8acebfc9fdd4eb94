/* rope.c - rotary position embeddings: the angle a position of each pair, with every scaling we
 * know, and its cos and sin.
 *
 * Each scaling is linear in the position, so that it comes down to one angle a pair: base^(-2i/n),
 * divided by a factor of the file (Llama 3, LongRoPE) or by one for all (linear), or by one for the
 * slow pairs only, with a ramp between (YaRN, arXiv 2309.00071). Angles are kept in double: at
 * position 100,000 a float's angle would be off by 0.01. */
#include "model/room.h"

#include <math.h>

/* The pair that turns `turns` times within n_ctx positions. */
static float yarn_pair(int n_rot, int n_ctx, float turns, float base)
{
    return (float)n_rot * logf((float)n_ctx / (turns * 2 * (float)M_PI)) / (2 * logf(base));
}

static double yarn_ramp(const ond__cfg *c, float base, int i)
{
    float low = floorf(yarn_pair(c->n_rot, c->n_ctx_orig, 32, base)),
          high = ceilf(yarn_pair(c->n_rot, c->n_ctx_orig, 1, base));
    if (low < 0) low = 0;
    if (high > (float)(c->n_rot - 1)) high = (float)(c->n_rot - 1);
    double y = ((double)i - (double)low) / fmax(0.001, (double)high - (double)low);
    return 1 - fmin(1, fmax(0, y));
}

/* divisor: [n_rot / 2] or NULL. */
static void build_rope(ond__build *b, ond__rope *rope, double base, double factor,
                       const float *divisor)
{
    const ond__cfg *c = &b->m->cfg;
    int n = c->n_rot / 2;
    rope->mscale = (float)c->attn_factor;
    if (c->scaling == OND__SCALE_YARN && factor > 1) rope->mscale *= 1 + 0.1f * logf((float)factor);
    if (b->dry || n == 0) return;
    rope->angle = ond_arena_array(&b->m->arena, (size_t)n, sizeof *rope->angle);
    if (!rope->angle) {
        b->rc = ond_nomem(b->err, "loading a model");
        return;
    }
    for (int i = 0; i < n; i++) {
        double angle = pow(base, -2.0 * i / c->n_rot) / (divisor ? (double)divisor[i] : 1);
        double slow = angle / factor;
        double keep = c->scaling == OND__SCALE_YARN ? yarn_ramp(c, (float)base, i) : 0;
        rope->angle[i] = slow * (1 - keep) + angle * keep;
    }
}

/* Divisors of 0 would make endless angles. */
static const float *get_divisor(ond__build *b, const char *name)
{
    int n = b->m->cfg.n_rot / 2;
    const float *v = ond__get_vec(b, false, n, "%s", name);
    for (int i = 0; v && !b->dry && i < n; i++)
        if (!(v[i] > 0) || !isfinite(v[i]))
            b->rc = ond_fail(
                b->err, OND_E_INPUT,
                "%s: tensor %s holds %g as its factor %d, which no frequency can be divided by",
                ond_gguf_path(b->g), name, (double)v[i], i);
    return v;
}

void ond__build_rope(ond__build *b)
{
    ond_model *m = b->m;
    const ond__cfg *c = &m->cfg;
    if (b->rc != 0) return;
    m->n_rope = 1;
    const float *freqs = get_divisor(b, "rope_freqs.weight");
    const float *brief = get_divisor(b, "rope_factors_short.weight"),
                *wide = get_divisor(b, "rope_factors_long.weight");
    if (b->rc != 0) return;
    build_rope(b, &m->rope[0], c->rope_base, c->rope_factor, freqs ? freqs : brief);
    if (c->shape.n_swa > 0) {
        build_rope(b, &m->rope[1], c->rope_base_swa, 1, NULL);
        m->n_rope = 2;
    } else if (c->scaling == OND__SCALE_LONG && !freqs) {
        build_rope(b, &m->rope[1], c->rope_base, c->rope_factor, wide);
        m->n_rope = 2;
    }
}

void ond__rope_row(const ond_model *m, const ond__rope *rope, int pos, float mscale, float *cs)
{
    for (int i = 0; i < m->cfg.n_rot / 2; i++) {
        double a = rope->angle[i] * pos;
        cs[2 * i] = (float)cos(a) * mscale;
        cs[2 * i + 1] = (float)sin(a) * mscale;
    }
}
