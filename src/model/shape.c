/* shape.c - what the metadata says of a model: family and sizes, each in range before anything is
 * multiplied by it.
 *
 * Keys are those of the GGUF specification ("Standardized key-value pairs"), read as llama.cpp
 * reads them. */
#include "model/room.h"

#include <math.h>
#include <stdio.h>

enum {
    MOST_WIDE = 1 << 20,
    MOST_HEADS = 4096,
    MOST_HEAD = 512,
    MOST_CTX = 1 << 24,
    MOST_EXPERTS = 1024
};

static const ond__arch *const archs[] = {
#define ARCH(name, models) &ond__arch_##name,
#include "model/archs.def"
#undef ARCH
};

static const char *key_of(const ond__cfg *c, const char *suffix, char out[96])
{
    snprintf(out, 96, "%s.%s", c->shape.arch, suffix);
    return out;
}

/* A list that gives each layer its own value: we have families where all are the same. */
static int int_list(const ond_gguf *g, const ond_gguf_value *v, const char *key, int low, int high,
                    int *out, ond_err *err)
{
    int64_t first = ond_gguf_item_int(v, 0);
    if (v->n == 0 || first < low || first > high)
        return ond_fail(err, OND_E_INPUT, "%s: the list %s begins with %lld, outside %d … %d",
                        ond_gguf_path(g), key, (long long)first, low, high);
    for (uint64_t i = 1; i < v->n; i++)
        if (ond_gguf_item_int(v, i) != first)
            return ond_fail(err, OND_E_INPUT,
                            "%s: %s differs between layers, which is not supported for this family",
                            ond_gguf_path(g), key);
    *out = (int)first;
    return OND_OK;
}

int ond__cfg_int(const ond_gguf *g, const ond__cfg *c, const char *suffix, int low, int high,
                 int otherwise, int *out, ond_err *err)
{
    char key[96];
    const ond_gguf_value *v = ond_gguf_find(g, key_of(c, suffix, key));
    if (!v && otherwise < low)
        return ond_fail(err, OND_E_INPUT, "%s: the metadata lacks %s", ond_gguf_path(g), key);
    if (v && v->kind == OND_GGUF_ARRAY && v->item != OND_GGUF_STR)
        return int_list(g, v, key, low, high, out, err);
    int64_t n;
    int rc = ond_gguf_int(g, key, low, high, otherwise, &n, err);
    if (rc == 0) *out = (int)n;
    return rc;
}

int ond__key_num(const ond_gguf *g, const ond__cfg *c, const char *suffix, double low, double high,
                 double otherwise, double *out, ond_err *err)
{
    char key[96];
    bool there = ond_gguf_find(g, key_of(c, suffix, key)) != NULL;
    if (!there && isnan(otherwise))
        return ond_fail(err, OND_E_INPUT, "%s: the metadata lacks %s", ond_gguf_path(g), key);
    int rc = ond_gguf_num(g, key, otherwise, out, err);
    if (rc == 0 && there && !(*out >= low && *out <= high))
        return ond_fail(err, OND_E_INPUT, "%s: %s is %g, and %g to %g are possible",
                        ond_gguf_path(g), key, *out, low, high);
    return rc;
}

static int find_arch(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    ond_str name = ond_gguf_str(g, "general.architecture", "");
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (ond_str_is(name, archs[i]->name)) {
            c->arch = archs[i];
            c->shape.arch = archs[i]->name;
            return OND_OK;
        }
    if (name.n == 0)
        return ond_fail(err, OND_E_INPUT,
                        "%s: the metadata lacks general.architecture: this is no model",
                        ond_gguf_path(g));
    ond_buf known = {0};
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        ond_buf_printf(&known, "%s%s", i ? ", " : "", archs[i]->name);
    int rc = ond_fail(
        err, OND_E_INPUT, "%s: general.architecture \"%.*s\" is not supported (supported are %s)",
        ond_gguf_path(g), (int)(name.n < 64 ? name.n : 64), name.p, ond_buf_z(&known));
    ond_buf_free(&known);
    return rc;
}

static int read_sizes(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    ond_shape *s = &c->shape;
    int rc = OND_OK, heads_kv = 0;
    OND_TRY(ond__cfg_int(g, c, "block_count", 1, OND__LAYERS, 0, &s->n_layer, err));
    OND_TRY(ond__cfg_int(g, c, "embedding_length", 1, MOST_WIDE, 0, &s->n_embd, err));
    OND_TRY(ond__cfg_int(g, c, "context_length", 1, MOST_CTX, 0, &s->n_ctx_train, err));
    OND_TRY(ond__cfg_int(g, c, "attention.head_count", 1, MOST_HEADS, 0, &s->n_head, err));
    OND_TRY(
        ond__cfg_int(g, c, "attention.head_count_kv", 1, MOST_HEADS, s->n_head, &heads_kv, err));
    s->n_head_kv = heads_kv;
    OND_TRY(ond__cfg_int(g, c, "feed_forward_length", 0, 1 << 22, 0, &s->n_ff, err));
    int d = s->n_embd / s->n_head;
    OND_TRY(ond__cfg_int(g, c, "attention.key_length", 1, MOST_HEAD, d > MOST_HEAD ? 0 : d, &s->d_k,
                         err));
    OND_TRY(ond__cfg_int(g, c, "attention.value_length", 1, MOST_HEAD, d > MOST_HEAD ? 0 : d,
                         &s->d_v, err));
    OND_TRY(ond__cfg_int(g, c, "rope.dimension_count", 0, MOST_HEAD, s->d_k, &c->n_rot, err));
    OND_TRY(ond__cfg_int(g, c, "expert_count", 0, MOST_EXPERTS, 0, &s->n_expert, err));
    OND_TRY(ond__cfg_int(g, c, "expert_used_count", 0, MOST_EXPERTS, 0, &s->n_expert_used, err));
out:
    return rc;
}

static int check_sizes(const ond_gguf *g, const ond__cfg *c, ond_err *err)
{
    const ond_shape *s = &c->shape;
    const char *path = ond_gguf_path(g), *arch = s->arch;
    if (s->n_head % s->n_head_kv != 0)
        return ond_fail(err, OND_E_INPUT,
                        "%s: %d attention heads cannot share %d key heads "
                        "(%s.attention.head_count, head_count_kv)",
                        path, s->n_head, s->n_head_kv, arch);
    if (s->d_k < 2 || s->d_v < 2 || s->d_k % 2 || s->d_v % 2)
        return ond_fail(err, OND_E_INPUT,
                        "%s: heads of %d and %d values are not supported, they must be even "
                        "(%s.attention.key_length, value_length, head_count)",
                        path, s->d_k, s->d_v, arch);
    if (c->n_rot % 2 || c->n_rot > s->d_k)
        return ond_fail(err, OND_E_INPUT,
                        "%s: %s.rope.dimension_count is %d, and a head has %d values", path, arch,
                        c->n_rot, s->d_k);
    if (s->n_expert_used > s->n_expert || (s->n_expert > 0 && s->n_expert_used == 0))
        return ond_fail(err, OND_E_INPUT,
                        "%s: %d experts of %d cannot be used (%s.expert_used_count, expert_count)",
                        path, s->n_expert_used, s->n_expert, arch);
    if ((int64_t)s->n_head * s->d_k > MOST_WIDE * 4 || (int64_t)s->n_head * s->d_v > MOST_WIDE * 4)
        return ond_fail(err, OND_E_INPUT,
                        "%s: %d heads of %d values are too wide (%s.attention.head_count)", path,
                        s->n_head, s->d_k, arch);
    return OND_OK;
}

static int read_rope(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    static const struct {
        const char *name;
        ond__scaling kind;
    } kinds[] = {{"none", OND__SCALE_NONE},
                 {"linear", OND__SCALE_LINEAR},
                 {"yarn", OND__SCALE_YARN},
                 {"longrope", OND__SCALE_LONG}};
    int rc = OND_OK;
    char key[96];
    ond_str name = ond_gguf_str(g, key_of(c, "rope.scaling.type", key), "linear");
    size_t i = 0;
    while (i < 4 && !ond_str_is(name, kinds[i].name)) i++;
    if (i == 4)
        return ond_fail(err, OND_E_INPUT,
                        "%s: RoPE scaling \"%.*s\" of %s is not supported (none, linear, yarn and "
                        "longrope are)",
                        ond_gguf_path(g), (int)(name.n < 64 ? name.n : 64), name.p, key);
    c->scaling = kinds[i].kind;
    OND_TRY(ond__key_num(g, c, "rope.freq_base", 1, 1e15, 10000, &c->rope_base, err));
    OND_TRY(ond__key_num(g, c, "rope.scaling.factor", 0, 1e6, 0, &c->rope_factor, err));
    if (c->rope_factor == 0)
        OND_TRY(ond__key_num(g, c, "rope.scale_linear", 0, 1e6, 0, &c->rope_factor, err));
    if (c->rope_factor == 0 || c->scaling == OND__SCALE_NONE) c->rope_factor = 1;
    OND_TRY(ond__key_num(g, c, "rope.scaling.attn_factor", 1e-3, 1e3, 1, &c->attn_factor, err));
    OND_TRY(ond__cfg_int(g, c, "rope.scaling.original_context_length", 1, MOST_CTX,
                         c->shape.n_ctx_train, &c->n_ctx_orig, err));
out:
    return rc;
}

/* The vocabulary is as large as the embedding; a list of tokens must agree. */
static int read_vocab(const ond_gguf *g, ond_shape *s, ond_err *err)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, "token_embd.weight");
    if (!t)
        return ond_fail(err, OND_E_INPUT, "%s: tensor token_embd.weight is missing",
                        ond_gguf_path(g));
    if (t->n_dim != 2 || t->dim[1] < 1 || t->dim[1] > 1 << 24)
        return ond_fail(err, OND_E_INPUT,
                        "%s: token_embd.weight has %llu rows, which is no vocabulary",
                        ond_gguf_path(g), (unsigned long long)t->dim[1]);
    const ond_gguf_value *tokens = ond_gguf_find(g, "tokenizer.ggml.tokens");
    if (tokens && tokens->kind == OND_GGUF_ARRAY && tokens->n != t->dim[1])
        return ond_fail(err, OND_E_INPUT,
                        "%s: the vocabulary lists %llu tokens, and token_embd.weight has %llu rows",
                        ond_gguf_path(g), (unsigned long long)tokens->n,
                        (unsigned long long)t->dim[1]);
    s->n_vocab = (int)t->dim[1];
    return OND_OK;
}

static void read_names(const ond_gguf *g, ond_shape *s)
{
    ond_str name = ond_gguf_str(g, "general.name", "");
    size_t n = name.n < sizeof s->name - 1 ? name.n : sizeof s->name - 1;
    while (n > 0 && n < name.n && ((unsigned char)name.p[n] & 0xc0) == 0x80) n--;
    memcpy(s->name, name.p, n);
    s->pooling = "";
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        s->n_params += t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3];
    }
}

int ond__cfg_read(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    memset(c, 0, sizeof *c);
    c->embd_scale = 1;
    c->expert_scale = 1;
    c->causal = true;
    int rc = OND_OK;
    OND_TRY(find_arch(g, c, err));
    OND_TRY(read_sizes(g, c, err));
    OND_TRY(check_sizes(g, c, err));
    OND_TRY(read_rope(g, c, err));
    OND_TRY(read_vocab(g, &c->shape, err));
    read_names(g, &c->shape);
    c->attn_scale = 1 / sqrtf((float)c->shape.d_k);
    c->rope_base_swa = c->rope_base;
    OND_TRY(c->arch->config(g, c, err));
out:
    return rc;
}

int ond_shape_read(const ond_gguf *g, ond_shape *out, ond_err *err)
{
    ond__cfg c;
    int rc = ond__cfg_read(g, &c, err);
    if (rc == 0) *out = c.shape;
    return rc;
}
