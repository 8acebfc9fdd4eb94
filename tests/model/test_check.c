/* test_check.c - `show --check`: whatever tensor holds one value that is not finite, in whatever
 * type, is named with its layer; and under every kernel set a pass comes to the same layer. */
#include "model/fixture.h"

#include <fcntl.h>

enum { TOK = 32 };

static int check_weights(const net *n, ond_err *err)
{
    ond_gguf *g = NULL;
    int rc = ond_gguf_open(n->path, &g, err);
    if (rc == 0) rc = ond_weights_finite(g, NULL, err);
    ond_gguf_close(g);
    return rc;
}

static int check_pass(net *n, const ond_kern *k, ond_err *err)
{
    net_open(n, k, 2, TOK, (ond_model_opts){.packing = OND_PACK_MEMORY});
    int rc = ond_model_finite(n->m, n->team, err);
    net_close(n);
    return rc;
}

/* Where the scale of the first block of a row lies, as a half float; -1: there is none such. */
static int scale_at(ond_type t)
{
    switch (t) {
    case OND_Q4_0:
    case OND_Q4_1:
    case OND_Q5_0:
    case OND_Q5_1:
    case OND_Q8_0:
    case OND_IQ4_NL:
    case OND_IQ4_XS:
    case OND_Q4_K:
    case OND_Q5_K:
        return 0;
    case OND_Q2_K:
        return 80;
    case OND_Q3_K:
        return 108;
    case OND_Q6_K:
        return 208;
    case OND_TQ1_0:
        return 52;
    case OND_TQ2_0:
        return 64;
    default:
        return -1;
    }
}

static size_t not_finite(ond_type t, bool nan, unsigned char out[4], size_t *at)
{
    uint32_t f32 = nan ? 0x7fc00000 : 0x7f800000;
    uint16_t f16 = nan ? 0x7e00 : 0x7c00, bf16 = (uint16_t)(f32 >> 16);
    *at = 0;
    if (t == OND_F32) return memcpy(out, &f32, 4), 4;
    if (t == OND_BF16) return memcpy(out, &bf16, 2), 2;
    if (t == OND_F16) return memcpy(out, &f16, 2), 2;
    if (scale_at(t) < 0) return 0;
    *at = (size_t)scale_at(t);
    return memcpy(out, &f16, 2), 2;
}

static void write_at(const char *path, size_t at, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p, n, (off_t)at), n);
    close(fd);
}

typedef struct place {
    char name[160];
    size_t at, n, row;
    unsigned char was[4], is[4];
} place;

/* What one value of the i-th tensor becomes, in a row in the middle. false: it has no place for it.
 */
static bool place_of(const net *n, size_t i, bool nan, place *out)
{
    ond_gguf *g;
    OK(ond_gguf_open(n->path, &g, err));
    const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
    size_t row = ond_type_row_bytes((ond_type)t->type, t->dim[0]), in;
    *out = (place){.row = (size_t)(t->dim[1] * t->dim[2]) / 2};
    snprintf(out->name, sizeof out->name, "%.*s", (int)t->name.n, t->name.p);
    out->n = not_finite((ond_type)t->type, nan, out->is, &in);
    out->at = (size_t)t->offset + out->row * row + in;
    memcpy(out->was, t->p + out->row * row + in, out->n);
    ond_gguf_close(g);
    return out->n > 0;
}

static size_t count(const net *n)
{
    ond_gguf *g;
    OK(ond_gguf_open(n->path, &g, err));
    size_t many = ond_gguf_n_tensors(g);
    ond_gguf_close(g);
    return many;
}

/* The weights are told by tensor, layer and row; a pass meets the value in its layer (an embedding
 * row of a token that it does not take, it may miss). */
static void check_place(net *n, const ond_kern *k, const place *p, const char *what)
{
    ond_err weights = {0}, pass = {0};
    char row[32];
    unsigned il;
    snprintf(row, sizeof row, "in row %zu", p->row);
    bool layer = sscanf(p->name, "blk.%u.", &il) == 1;
    char want[48] = "";
    if (layer) snprintf(want, sizeof want, "layer %u", il);
    int rc = check_weights(n, &weights);
    if (rc != OND_E_INPUT || !strstr(weights.text, p->name) || !strstr(weights.text, want) ||
        !strstr(weights.text, row))
        fail_msg("%s, %s: %s \"%s\"", what, p->name, ond_code_name(rc), weights.text);
    if (!layer) return;
    rc = check_pass(n, k, &pass);
    if (rc != OND_E_INPUT || !strstr(pass.text, want))
        fail_msg("a pass of %s under %s, %s: %s \"%s\"", what, k->name, p->name, ond_code_name(rc),
                 pass.text);
}

/* Every `step`th tensor, from `first` on; NaN and infinity in turns. */
static void walk(const tiny *t, ond_type type, const ond_kern *k, size_t first, size_t step)
{
    net n = net_file(t, type);
    char what[128];
    ond_err e = {0};
    assert_int_equal(check_weights(&n, &e) | check_pass(&n, k, &e), 0);
    for (size_t i = first; i < count(&n); i += step) {
        place p;
        if (!place_of(&n, i, i / step % 2, &p) || strstr(p.name, "rope_f")) continue;
        snprintf(what, sizeof what, "%s of %s", t->name, ond_type_name(type));
        write_at(n.path, p.at, p.is, p.n);
        check_place(&n, k, &p, what);
        write_at(n.path, p.at, p.was, p.n);
    }
    net_drop(&n);
}

static const ond_kern *best(void)
{
    const ond_kern *k;
    OK(ond_kern_pick(&k, err));
    return k;
}

/* Each tensor of each family once, in turns as floats and as blocks. */
static void test_families(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++) {
        walk(&tinies[i], OND_F32, best(), 0, 2);
        walk(&tinies[i], OND_Q8_0, best(), 1, 2);
    }
}

static void test_types(void **state)
{
    (void)state;
    for (int i = 0; i < ond_type_count(); i++)
        walk(tiny_named("llama"), ond_type_at(i), best(), (size_t)i % 3, 3);
}

static void test_kernels(void **state)
{
    (void)state;
    for (int k = 0; k < ond_kern_count(); k++)
        walk(tiny_named("llama"), k % 2 ? OND_Q4_0 : OND_F16, ond_kern_at(k), (size_t)k % 4, 4);
}

/* Weights that are finite, and overflow in the second layer. */
static void test_overflow(void **state)
{
    (void)state;
    const float huge = 3e38f;
    net n = net_file(tiny_named("llama"), OND_F32);
    ond_gguf *g;
    OK(ond_gguf_open(n.path, &g, err));
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, "blk.1.attn_v.weight");
    for (size_t i = 0; i < 64; i++) write_at(n.path, (size_t)t->offset + 4 * i, &huge, 4);
    ond_gguf_close(g);
    OK(check_weights(&n, err));
    FAILS(OND_E_INPUT, "layer 1 gives values that are not finite", check_pass(&n, best(), err));
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
