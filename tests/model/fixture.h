/* fixture.h - a tiny model in a folder of its own, opened with one kernel set and a team. */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include "model/model.h"
#include "model/tiny.h"
#include "sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        ond_err err_ = {0};                                                                        \
        ond_err *err = &err_;                                                                      \
        if ((call) != 0) fail_msg("%s: %s", #call, err_.text);                                     \
    } while (0)
/* The call fails with this code, and its sentence holds `words`. */
#define FAILS(code_, words, call)                                                                  \
    do {                                                                                           \
        ond_err err_ = {0};                                                                        \
        ond_err *err = &err_;                                                                      \
        int rc_ = (call);                                                                          \
        if (rc_ != (code_) || !strstr(err_.text, words))                                           \
            fail_msg("%s: %s \"%s\"", #call, ond_code_name(rc_), err_.text);                       \
    } while (0)

typedef struct net {
    char dir[64], path[96];
    ond_gguf *g;
    ond_team *team;
    ond_model *m;
    ond_pass *pass;
} net;

static inline const tiny *tiny_named(const char *name)
{
    for (int i = 0; i < TINIES; i++)
        if (strcmp(tinies[i].name, name) == 0) return &tinies[i];
    fail_msg("there is no tiny \"%s\"", name);
    return NULL;
}

/* Writes a tiny model into a new folder. */
static inline net net_file(const tiny *t, ond_type type)
{
    net n = {0};
    strcpy(n.dir, "/tmp/ondol-test-model-XXXXXX");
    assert_non_null(mkdtemp(n.dir));
    snprintf(n.path, sizeof n.path, "%s/m.gguf", n.dir);
    OK(tiny_write(t, type, 1, n.path, err));
    return n;
}

static inline void net_close(net *n)
{
    ond_pass_close(n->pass);
    ond_model_close(n->m);
    ond_gguf_close(n->g);
    n->pass = NULL;
    n->m = NULL;
    n->g = NULL;
}

static inline void net_open(net *n, const ond_kern *kern, int threads, int max_tok,
                            ond_model_opts o)
{
    if (!n->team || ond_team_size(n->team) != threads) {
        ond_team_close(n->team);
        OK(ond_team_open(threads, &n->team, err));
        ond_team_insist(n->team); /* also with more members than cores */
    }
    o.kern = kern;
    o.team = n->team;
    OK(ond_gguf_open(n->path, &n->g, err));
    OK(ond_model_open(n->g, &o, &n->m, err));
    OK(ond_pass_open(n->m, n->team, max_tok, max_tok, &n->pass, err));
}

static inline void remove_dir(const char *dir)
{
    char cmd[1024];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    assert_int_equal(system(cmd), 0);
}

static inline void net_drop(net *n)
{
    net_close(n);
    ond_team_close(n->team);
    remove_dir(n->dir);
}

static inline int vocab(const net *n)
{
    return ond_model_shape(n->m)->n_vocab;
}
static inline bool embeds(const net *n)
{
    return ond_model_shape(n->m)->embedding;
}

/* Ids that differ, all within a vocabulary of TINY_VOCAB. */
static inline void some_ids(int32_t *ids, int n, int seed)
{
    for (int i = 0; i < n; i++)
        ids[i] = (int32_t)((unsigned)(i * 37 + seed * 101 + i * i) % TINY_VOCAB);
}

static inline void feed(net *n, ond_kv *kv, const int32_t *ids, int many, int pos, int n_out,
                        float *out)
{
    ond_span s = {kv, ids, many, pos, n_out, out};
    OK(ond_model_forward(n->m, n->pass, &s, 1, err));
}

/* Logits of every id (or the embedding), malloc'd. */
static inline float *run_all(net *n, const int32_t *ids, int many, ond_kv_type type)
{
    size_t size =
        embeds(n) ? (size_t)ond_model_shape(n->m)->n_embd : (size_t)many * (size_t)vocab(n);
    float *out = malloc(size * sizeof *out);
    ond_kv *kv = NULL;
    assert_non_null(out);
    if (!embeds(n)) OK(ond_kv_open(n->m, TINY_CTX, type, &kv, err));
    feed(n, kv, ids, many, 0, embeds(n) ? 0 : many, out);
    ond_kv_close(kv);
    return out;
}

static inline double nmse(const float *truth, const float *x, size_t n)
{
    double err = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] - (double)truth[i];
        err += d * d;
        sum += (double)truth[i] * (double)truth[i];
    }
    return sum > 0 ? err / sum : err;
}

#endif
