/* mix.c - the mixtures of tensor types: tables of exceptions to one type for all.
 *
 * Layers at both ends, and every third between them, matter most ("more bits"); so do the head, attn_v (small, because heads
 * share it) and ffn_down (large values). */
#include "file/mix.h"

#include <stdlib.h>
#include <strings.h>

typedef struct row {
    ond_mix mix;
    const char *name;
    ond_type base;
} row;

static const row rows[] = {
#define MIX(NAME, number, name, type) {OND_MIX_##NAME, name, OND_##type},
#include "file/mix.def"
#undef MIX
};

enum { N_ROWS = (int)(sizeof rows / sizeof *rows) };

static const row *find(uint32_t number)
{
    for (int i = 0; i < N_ROWS; i++)
        if ((uint32_t)rows[i].mix == number) return &rows[i];
    return NULL;
}

bool ond_mix_known(uint32_t number) { return find(number) != NULL; }
int ond_mix_count(void) { return N_ROWS; }
ond_mix ond_mix_at(int i) { return rows[i].mix; }

const char *ond_mix_name(uint32_t number)
{
    const row *r = find(number);
    return r ? r->name : "unknown";
}

ond_type ond_mix_base(ond_mix mix)
{
    const row *r = find((uint32_t)mix);
    return r ? r->base : OND_F32;
}

bool ond_mix_named(const char *name, ond_mix *out)
{
    for (int i = 0; i < N_ROWS; i++)
        if (strcasecmp(rows[i].name, name) == 0) {
            *out = rows[i].mix;
            return true;
        }
    return false;
}

/* ---- which tensors ---- */

static bool has(ond_str s, const char *part) { return memmem(s.p, s.n, part, strlen(part)) != NULL; }

static bool ends(ond_str s, const char *tail)
{
    size_t n = strlen(tail);
    return s.n >= n && memcmp(s.p + s.n - n, tail, n) == 0;
}

bool ond_mix_takes(ond_str name, int n_dim, const uint64_t *dim)
{
    int real = n_dim;
    while (real > 1 && dim[real - 1] == 1) real--;
    if (real < 2 || !ends(name, "weight") || has(name, "_norm.weight")) return false;
    return !has(name, "ffn_gate_inp.weight") && !ond_str_is(name, "position_embd.weight") &&
           !ond_str_is(name, "token_types.weight");
}

ond_type ond_mix_fit(ond_type t, uint64_t n_col)
{
    if (n_col % (uint64_t)ond_type_block(t) == 0) return t;
    switch (t) {
    case OND_IQ4_XS: t = OND_IQ4_NL; break;
    case OND_Q2_K:
    case OND_Q3_K:
    case OND_TQ1_0:
    case OND_TQ2_0: t = OND_Q4_0; break;
    case OND_Q4_K: t = OND_Q5_0; break;
    case OND_Q5_K: t = OND_Q5_1; break;
    case OND_Q6_K: t = OND_Q8_0; break;
    default: break;
    }
    return n_col % (uint64_t)ond_type_block(t) == 0 ? t : OND_F16;
}

/* ---- exceptions ---- */

static bool more_bits(int layer, int n)
{
    return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
}

static ond_type for_head(ond_mix mix, ond_type base, uint64_t n_col)
{
    if (mix == OND_MIX_MXFP4_MOE || n_col % (uint64_t)ond_type_block(base) != 0) return OND_Q8_0;
    return base == OND_Q8_0 ? base : OND_Q6_K;
}

static ond_type for_attn_v(ond_mix mix, const ond_mix_model *m, int layer, ond_type base)
{
    bool shared = m->n_head_kv > 0 && m->n_head / m->n_head_kv >= 4;
    ond_type t = base;
    switch (mix) {
    case OND_MIX_Q2_K: t = shared ? OND_Q4_K : OND_Q3_K; break;
    case OND_MIX_Q2_K_S: t = shared ? OND_Q4_K : base; break;
    case OND_MIX_Q3_K_M: t = layer < 2 ? OND_Q5_K : OND_Q4_K; break;
    case OND_MIX_Q3_K_L: t = OND_Q5_K; break;
    case OND_MIX_IQ4_NL:
    case OND_MIX_IQ4_XS: t = shared ? OND_Q5_K : base; break;
    case OND_MIX_Q4_K_S: t = layer < 4 ? OND_Q5_K : base; break;
    case OND_MIX_Q4_K_M:
    case OND_MIX_Q5_K_M: t = more_bits(layer, m->n_layer) ? OND_Q6_K : base; break;
    default: break;
    }
    return m->n_expert == 8 ? OND_Q8_0 : t;
}

static ond_type for_ffn_down(ond_mix mix, const ond_mix_model *m, int layer, ond_type base)
{
    int n = m->n_layer;
    bool early = layer < n / 8;
    switch (mix) {
    case OND_MIX_Q2_K: return OND_Q3_K;
    case OND_MIX_Q2_K_S: return early ? OND_Q4_K : base;
    case OND_MIX_Q3_K_M: return layer < n / 16 ? OND_Q5_K : OND_Q4_K;
    case OND_MIX_Q3_K_L: return OND_Q5_K;
    case OND_MIX_Q4_K_M:
    case OND_MIX_Q5_K_M: return more_bits(layer, n) ? OND_Q6_K : base;
    case OND_MIX_Q4_K_S: return early ? OND_Q5_K : base;
    case OND_MIX_IQ4_NL:
    case OND_MIX_IQ4_XS: return early && !m->weighted ? OND_Q5_K : base;
    case OND_MIX_Q4_0: return early && m->weighted ? OND_Q4_1 : base;
    case OND_MIX_Q5_0: return early && m->weighted ? OND_Q5_1 : base;
    default: return base;
    }
}

static ond_type for_attn_output(ond_mix mix, const ond_mix_model *m, ond_type base)
{
    bool eight = m->n_expert == 8;
    switch (mix) {
    case OND_MIX_Q2_K: return eight ? OND_Q5_K : OND_Q3_K;
    case OND_MIX_Q3_K_M: return eight ? OND_Q5_K : OND_Q4_K;
    case OND_MIX_Q3_K_L: return eight ? base : OND_Q5_K;
    case OND_MIX_Q3_K_S:
    case OND_MIX_Q4_K_S:
    case OND_MIX_Q4_K_M:
    case OND_MIX_IQ4_NL:
    case OND_MIX_IQ4_XS: return eight ? OND_Q5_K : base;
    default: return base;
    }
}

static ond_type choose(ond_mix mix, const ond_mix_model *m, ond_str name, int n_dim,
                       const uint64_t *dim, ond_type base)
{
    bool embedding = ond_str_is(name, "token_embd.weight");
    if (ond_str_is(name, "output.weight") || (m->tied && embedding))
        return for_head(mix, base, dim[0]);
    if (mix == OND_MIX_MXFP4_MOE) return n_dim > 2 && dim[2] > 1 ? OND_MXFP4 : OND_Q8_0;
    if (embedding) return mix == OND_MIX_TQ1_0 || mix == OND_MIX_TQ2_0 ? OND_Q4_K : base;
    int layer = name.n > 4 && memcmp(name.p, "blk.", 4) == 0 ? atoi(name.p + 4) : 0;
    if (has(name, "attn_qkv.weight") || has(name, "attn_v.weight"))
        return for_attn_v(mix, m, layer, base);
    if (has(name, "attn_k.weight")) return m->n_expert == 8 ? OND_Q8_0 : base;
    if (has(name, "ffn_down")) return for_ffn_down(mix, m, layer, base);
    if (has(name, "attn_output.weight")) return for_attn_output(mix, m, base);
    return base;
}

ond_type ond_mix_type(ond_mix mix, const ond_mix_model *m, ond_str name, int n_dim,
                      const uint64_t *dim, ond_type now)
{
    ond_type base = ond_mix_base(mix);
    if (!ond_mix_takes(name, n_dim, dim)) return now;
    if (ond_type_block(base) == 1) return base;
    return ond_mix_fit(choose(mix, m, name, n_dim, dim, base), dim[0]);
}
