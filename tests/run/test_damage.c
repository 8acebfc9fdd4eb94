/* test_damage.c - models that were cut off, and models with a flipped bit: each opens to one that
 * answers, or is an error that names the file, and in it the key, the tensor or the place. The same
 * of adapters and of importance matrices. (Packed files: tests/model/test_load.c; kept prompts:
 * test_prefix.c.)
 *
 * Of each family the smallest model. Of the first, each byte of its head (keys, and descriptions of
 * tensors) loses a bit, of the others each fourth; fewer in the lists of the vocabulary, which are
 * long, and in the weights. ROUNDS above 100 takes every bit of the first, each third of the
 * others.
 */
#include "run/fixture.h"

#include "model/imatrix.h"
#include "model/lora.h"

#include <fcntl.h>
#include <math.h>

enum { CTX = 16, FED = 6 };

static net model;
static ond_buf bytes;    /* of the file as it was */
static size_t head;      /* bytes before the first tensor */
static size_t whole;     /* bytes up to the end of the last one; what follows pads */
static ond_buf places;   /* every name that a message may name, with NUL between */
static char broken[128]; /* the file that is opened … */
static enum { MODEL, ADAPTER, IMATRIX } kind; /* … as this */

/* Parts of a file that have no name, and those that a message counts, since their name is damaged.
 */
static const char *const parts[] = {
    "begin with \"GGUF\"",   "GGUF version",       "its version",      "big-endian GGUF",
    "the number of tensors", "the number of keys", "says that it has", "neither a GGUF"};

static void note_place(ond_str name)
{
    ond_buf_str(&places, name);
    ond_buf_put(&places, "", 1);
}

/* Takes the file at path for the one to damage. */
static void learn(const char *path)
{
    ond_gguf *g;
    snprintf(broken, sizeof broken, "%s/broken.gguf", model.dir);
    OK(ond_file_read(path, 1 << 24, &bytes, err));
    OK(ond_file_write(broken, (ond_str){bytes.p, bytes.n}, 0600, err));
    OK(ond_gguf_open(path, &g, err));
    const ond_gguf_tensor *last = ond_gguf_tensor_at(g, ond_gguf_n_tensors(g) - 1);
    head = ond_gguf_tensor_at(g, 0)->offset;
    whole = last->offset + last->bytes;
    for (size_t i = 0; i < ond_gguf_n_values(g); i++) note_place(ond_gguf_value_at(g, i)->key);
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) note_place(ond_gguf_tensor_at(g, i)->name);
    ond_gguf_close(g);
}

static void begin(const tiny *t, ond_type type)
{
    tiny small = tiny_micro(t, TINY_VOCAB);
    model = model_file_of(&small, type);
    kind = MODEL;
    learn(model.path);
}

static void end(void)
{
    ond_buf_free(&bytes);
    ond_buf_free(&places);
    net_remove(&model);
}

static void put(size_t at, const void *p, size_t n)
{
    int fd = open(broken, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p, n, (off_t)at), n);
    close(fd);
}

/* A name as the damaged file has it: cut or prolonged where its length is damaged, another letter
 * where that is. At most one letter differs as far as both go. */
static bool alike(const char *name, const char *word, size_t n)
{
    size_t i = 0, differ = 0;
    for (; i < n && name[i]; i++) differ += name[i] != word[i];
    return i > 0 && differ <= 1;
}

/* After "tensor " or "the value of ". Of a layer that the metadata promise wrongly, the names are
 * those of another. */
static bool names_damaged(const char *text, const char *after)
{
    const char *word = strstr(text, after);
    if (!word) return false;
    word += strlen(after);
    size_t n = strcspn(word, " ");
    if (strncmp(word + n, " is missing", 11) == 0)
        return true; /* a fused one, as two of its parts */
    const char *rest =
        strncmp(word, "blk.", 4) == 0 ? word + 4 + strspn(word + 4, "0123456789") : "";
    for (const char *p = places.p; p < places.p + places.n; p += strlen(p) + 1) {
        if (alike(p, word, n)) return true;
        if (strncmp(p, "blk.0", 5) == 0 && strncmp(p + 5, rest, strlen(p + 5)) == 0) return true;
    }
    return false;
}

/* "key 3 of 21": which one it is that cannot be read. */
static bool counts(const char *text, const char *what)
{
    const char *p = strstr(text, what);
    unsigned i;
    unsigned long long n;
    return p && sscanf(p + strlen(what), " %u of %llu", &i, &n) == 2 && i >= 1 && i <= n;
}

static bool names_a_place(const char *text)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(text, parts[i])) return true;
    for (const char *p = places.p; p < places.p + places.n; p += strlen(p) + 1)
        if (strstr(text, p)) return true;
    return counts(text, "key") || counts(text, "tensor") || names_damaged(text, "tensor ") ||
           names_damaged(text, "the value of ");
}

static void check_error(const char *what, size_t at, int rc, const ond_err *e)
{
    if (rc != OND_E_INPUT && rc != OND_E_NOMEM)
        fail_msg("%s %zu: %s: %s", what, at, ond_code_name(rc), e->text);
    if (!strstr(e->text, "broken.gguf") || !names_a_place(e->text))
        fail_msg("%s %zu of %s: names no place: %s", what, at, model.path, e->text);
}

static int answer(ond_engine *e, bool *finite, ond_err *err)
{
    int32_t ids[FED];
    ond_about about;
    ond_engine_about(e, &about);
    *finite = true;
    for (int i = 0; i < FED; i++) ids[i] = (i * 37 + 5) % about.n_vocab;
    if (about.embedding) {
        float *v = calloc((size_t)about.n_embd, sizeof *v);
        int rc = ond_embed(e, &(ond_tokens){ids, FED, FED}, 1, v, err);
        free(v);
        *finite = !(rc == OND_E_INPUT && strstr(err->text, "no number"));
        return *finite ? rc : OND_OK;
    }
    ond_session *s = NULL;
    ond_choice c;
    const float *x;
    int rc = ond_session_open(e, &s, err);
    if (rc == 0) rc = ond_session_feed(s, ids, FED, err);
    if (rc == 0) rc = ond_session_logits(s, &x, err);
    for (int i = 0; rc == 0 && i < about.n_vocab; i++) *finite = *finite && isfinite(x[i]);
    if (rc == 0 && *finite) rc = ond_session_sample(s, NULL, &c, err);
    ond_session_close(s);
    return rc;
}

typedef struct count {
    int opened, refused;
} count;

static int open_broken(ond_engine **e, ond_err *err)
{
    const ond_lora l = {broken, 1};
    ond_engine_opts o = {.path = kind == MODEL ? broken : model.path,
                         .ctx = CTX,
                         .batch = CTX,
                         .threads = 1,
                         .pack = "off",
                         .memory = 1 << 28,
                         .lora = &l,
                         .n_lora = kind == ADAPTER};
    ond_imatrix *m;
    *e = NULL;
    if (kind != IMATRIX) return ond_engine_open(&o, e, err);
    int rc = ond_imatrix_open(broken, &m, err);
    if (rc == 0) ond_imatrix_close(m);
    return rc;
}

/* Opens and answers, or is a good error. weights: then numbers may have become infinite. */
static void look(const char *what, size_t at, bool weights, count *c)
{
    ond_engine *e;
    ond_err e1 = {0};
    bool finite = true;
    int rc = open_broken(&e, &e1);
    if (rc != 0) {
        c->refused++;
        check_error(what, at, rc, &e1);
        return;
    }
    c->opened++;
    rc = e ? answer(e, &finite, &e1) : OND_OK;
    if (rc != 0) fail_msg("%s %zu: it opens and does not answer: %s", what, at, e1.text);
    if (!finite && !weights) fail_msg("%s %zu: it opens, and its answers are no numbers", what, at);
    ond_engine_close(e);
}

static size_t step_of(int family, size_t first, size_t others)
{
    const char *rounds = getenv("ROUNDS");
    bool all = rounds && atoi(rounds) > 100;
    return family == 0 ? (all ? 1 : first) : all ? 3 : others;
}

/* ---- cut ---- */

static void cut(size_t step, count *c)
{
    int opened = 0;
    for (size_t n = bytes.n; n-- > 0;) {
        if (n > head ? n % (step * 37) != 0 && n + 64 < bytes.n : n % step != 0) continue;
        assert_int_equal(truncate(broken, (off_t)n), 0);
        look("cut to", n, false, c);
        opened += n >= whole;
        if (c->opened != opened) fail_msg("cut to %zu of %zu, it was opened", n, whole);
    }
    c->opened = 0;
    OK(ond_file_write(broken, (ond_str){bytes.p, bytes.n}, 0600, err));
}

TEST(test_cut)
{
    count all = {0, 0};
    for (int i = 0; i < TINIES; i++) {
        begin(&tinies[i], OND_Q8_0);
        cut(step_of(i, 11, 101), &all);
        end();
    }
    print_message("# %d cut files refused\n", all.refused);
}

/* ---- flipped ---- */

/* The lists of the vocabulary: where their items lie. */
static bool in_vocabulary(const ond_gguf *g, size_t at)
{
    for (size_t i = 0; i < ond_gguf_n_values(g); i++) {
        const ond_gguf_value *v = ond_gguf_value_at(g, i);
        size_t from = (size_t)(v->p - (const unsigned char *)bytes.p);
        if (v->kind == OND_GGUF_ARRAY && v->n > 100 && at >= from && at < from + v->bytes)
            return true;
    }
    return false;
}

/* An adapter that is made a thousand times as strong overflows, as weights would. */
static bool in_alpha(const ond_gguf *g, size_t at)
{
    const ond_gguf_value *v = ond_gguf_find(g, "adapter.lora.alpha");
    size_t from = v ? (size_t)(v->p - (const unsigned char *)bytes.p) : 0;
    return v && at >= from && at < from + v->bytes;
}

static void flip(size_t step, count *c)
{
    ond_gguf *g;
    OK(ond_gguf_open_bytes(bytes.p, bytes.n, "as it was", &g, err));
    for (size_t bit = 0; bit < 8 * bytes.n; bit++) {
        size_t at = bit / 8;
        if (at >= head ? bit % (step * 997) != 0 : bit % step != 0) continue;
        if (at < head && in_vocabulary(g, at) && bit % (step * 61) != 0) continue;
        unsigned char was = (unsigned char)bytes.p[at], is = was ^ (unsigned char)(1u << bit % 8);
        put(at, &is, 1);
        look("bit", bit, at >= head || in_alpha(g, at), c);
        put(at, &was, 1);
    }
    ond_gguf_close(g);
}

TEST(test_flipped)
{
    for (int i = 0; i < TINIES; i++) {
        count c = {0, 0};
        begin(&tinies[i], i % 2 ? OND_F16 : OND_Q8_0);
        flip(step_of(i, 7, 31), &c);
        print_message("# %s: %d flipped files opened, %d refused\n", tinies[i].name, c.opened,
                      c.refused);
        assert_true(c.opened > 50 && c.refused > 100);
        end();
    }
}

/* ---- answers that are no numbers ---- */

/* A NaN within the middle of the file's last layer. */
static void spoil(const char *tensor)
{
    const float nan = NAN;
    ond_gguf *g;
    OK(ond_gguf_open(broken, &g, err));
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, tensor);
    assert_non_null(t);
    put((size_t)t->offset + t->bytes / 2, &nan, sizeof nan);
    ond_gguf_close(g);
}

TEST(test_no_numbers)
{
    ond_engine *e;
    ond_choice c;
    ond_perplexity p;
    int32_t ids[CTX];
    float logprob[CTX];
    begin(&tinies[0], OND_F32);
    spoil("blk.0.ffn_up.weight");
    OK(open_broken(&e, err));
    for (int i = 0; i < CTX; i++) ids[i] = 3 + i;
    ond_session *s = session(e);
    FAILS(OND_E_INPUT, "show MODEL --check", ond_session_score(s, ids, FED, logprob, err));
    assert_int_equal(ond_session_count(s), 0);
    OK(ond_session_feed(s, ids, FED, err));
    FAILS(OND_E_INPUT, "is not a number", ond_session_sample(s, NULL, &c, err));
    FAILS(OND_E_INPUT, "is not a number", ond_session_score(s, ids, FED, logprob, err));
    ond_session_close(s);
    FAILS(OND_E_INPUT, "is not a number",
          ond_engine_perplexity(e, ids, CTX, CTX, NULL, NULL, &p, err));
    ond_engine_close(e);
    end();

    begin(tiny_named("bert"), OND_F32);
    spoil("blk.0.ffn_up.weight");
    OK(open_broken(&e, err));
    ond_about about;
    ond_engine_about(e, &about);
    float *v = calloc((size_t)about.n_embd, sizeof *v);
    FAILS(OND_E_INPUT, "the vector of text 0",
          ond_embed(e, &(ond_tokens){ids, FED, FED}, 1, v, err));
    free(v);
    ond_engine_close(e);
    end();
}

/* ---- files beside a model ---- */

static void damage(const char *what)
{
    count c = {0, 0};
    cut(step_of(0, 7, 0), &c);
    flip(step_of(0, 5, 0), &c);
    print_message("# %s: %d flipped files opened, %d cut or flipped refused\n", what, c.opened,
                  c.refused);
    assert_true(c.opened > 20 && c.refused > 100);
}

TEST(test_adapter)
{
    char path[128];
    begin(&tinies[0], OND_Q8_0);
    ond_buf_free(&bytes);
    ond_buf_free(&places);
    snprintf(path, sizeof path, "%s/lora.gguf", model.dir);
    lora_write(&model, path, &(lora_text){.alpha = 6}, 1);
    kind = ADAPTER;
    learn(path);
    damage("an adapter");
    end();
}

TEST(test_imatrix)
{
    static const char *const names[] = {"blk.0.attn_q.weight", "blk.0.ffn_up.weight"};
    float x[2][32];
    char path[128];
    ond_imatrix *m;
    begin(&tinies[0], OND_Q8_0);
    ond_buf_free(&bytes);
    ond_buf_free(&places);
    for (int i = 0; i < 64; i++) x[i / 32][i % 32] = (float)(i % 7) - 2.5f;
    OK(ond_imatrix_new(&m, err));
    for (int i = 0; i < 2; i++)
        OK(ond_imatrix_add(m, ond_str_of(names[i]), 32, 1, 0, x[0], 32, 2, err));
    snprintf(path, sizeof path, "%s/imatrix.gguf", model.dir);
    OK(ond_imatrix_save(m, path, "text", 3, 512, err));
    ond_imatrix_close(m);
    kind = IMATRIX;
    learn(path);
    damage("an importance matrix");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_no_numbers), cmocka_unit_test(test_adapter),
        cmocka_unit_test(test_imatrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
