/* fixture.h - a tiny made-up model with a vocabulary of bytes and some words, opened as an engine.
 */
#ifndef TESTS_RUN_FIXTURE_H
#define TESTS_RUN_FIXTURE_H

#include "model/fixture.h"

#include "ondol.h"

#define TEST(name) static void name(void **state __attribute__((unused)))

enum { BYTE_0 = 3 }; // the token of byte 0; 0 <unk>, 1 <s>, 2 </s>

/* The vocabulary of a SentencePiece model: 256 bytes and n - 259 words. */
static inline void words_put(ond_gguf_out *o, size_t n)
{
    static const char *const word[] = {"\xe2\x96\x81",
                                       "\xe2\x96\x81the",
                                       "stop",
                                       "st",
                                       "op",
                                       "en",
                                       "e",
                                       "a",
                                       "o",
                                       "\xe2\x96\x81on",
                                       "s",
                                       "t",
                                       "p",
                                       "n"};
    ond_str *text = calloc(n, sizeof *text);
    float *score = calloc(n, sizeof *score);
    int32_t *kind = calloc(n, sizeof *kind);
    char(*own)[24] = calloc(n, sizeof *own);
    assert_true(text && score && kind && own);
    for (size_t i = 0; i < n; i++) {
        size_t w = i - 259;
        kind[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1;
        if (i < 3)
            strcpy(own[i], i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
        else if (i < 259)
            snprintf(own[i], sizeof own[i], "<0x%02X>", (unsigned)(i - 3));
        else if (w < sizeof word / sizeof *word)
            strcpy(own[i], word[w]);
        else
            snprintf(own[i], sizeof own[i], "w%zu", w);
        text[i] = ond_str_of(own[i]);
        score[i] = i < 259 ? 0 : -(float)w;
    }
    ond_gguf_put_str(o, "tokenizer.ggml.model", OND_S("llama"));
    ond_gguf_put_strs(o, "tokenizer.ggml.tokens", text, n);
    ond_gguf_put_f32s(o, "tokenizer.ggml.scores", score, n);
    ond_gguf_put_i32s(o, "tokenizer.ggml.token_type", kind, n);
    ond_gguf_put_u32(o, "tokenizer.ggml.bos_token_id", 1);
    ond_gguf_put_u32(o, "tokenizer.ggml.eos_token_id", 2);
    ond_gguf_put_u32(o, "tokenizer.ggml.unknown_token_id", 0);
    ond_gguf_put_bool(o, "tokenizer.ggml.add_bos_token", true);
    ond_gguf_put_str(o, "tokenizer.chat_template",
                     OND_S("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% "
                           "if add_generation_prompt %}assistant:{% endif %}"));
    free(text);
    free(score);
    free(kind);
    free(own);
}

/* n.path: the tiny model with a vocabulary. */
static inline net model_file_of(const tiny *t, ond_type type)
{
    net n = net_file(t, type);
    char path[96];
    ond_gguf *g;
    ond_gguf_out *o;
    snprintf(path, sizeof path, "%s/words.gguf", n.dir);
    OK(ond_gguf_open(n.path, &g, err));
    OK(ond_gguf_create(path, &o, err));
    for (size_t i = 0; i < ond_gguf_n_values(g); i++)
        ond_gguf_put_value(o, ond_gguf_value_at(g, i));
    words_put(o, (size_t)tiny_vocab(t));
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *x = ond_gguf_tensor_at(g, i);
        ond_gguf_declare(o, x->name, x->type, x->n_dim, x->dim);
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *x = ond_gguf_tensor_at(g, i);
        OK(ond_gguf_write(o, x->p, x->bytes, err));
    }
    OK(ond_gguf_commit(o, err));
    ond_gguf_close(g);
    unlink(n.path);
    memcpy(n.path, path, sizeof path);
    return n;
}

static inline net model_file(const char *name, ond_type type)
{
    return model_file_of(tiny_named(name), type);
}

static inline ond_engine *engine(const net *n, ond_engine_opts o)
{
    ond_engine *e = NULL;
    o.path = n->path;
    if (o.ctx == 0) o.ctx = 256;
    if (o.threads == 0) o.threads = 2;
    if (o.sessions == 0) o.sessions = 4;
    OK(ond_engine_open(&o, &e, err));
    return e;
}

static inline ond_session *session(ond_engine *e)
{
    ond_session *s = NULL;
    OK(ond_session_open(e, &s, err));
    return s;
}

/* n tokens of words that repeat now and then. */
static inline void prompt(int32_t *tok, int n, unsigned seed)
{
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        tok[i] = 3 + (int32_t)(seed >> 16) % 290;
    }
}

/* Chooses and feeds n tokens. */
static inline void go_on(ond_session *s, ond_sampler *p, int n, int32_t *out)
{
    for (int i = 0; i < n; i++) {
        ond_choice c;
        OK(ond_session_sample(s, p, &c, err));
        OK(ond_session_feed(s, &c.token, 1, err));
        out[i] = c.token;
    }
}

static inline void net_remove(net *n)
{
    char cmd[200];
    ond_team_close(n->team);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", n->dir);
    assert_int_equal(system(cmd), 0);
}

#endif
