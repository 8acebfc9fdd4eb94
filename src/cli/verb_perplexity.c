/* verb_perplexity.c - `ondol perplexity`: how well a model foresees a text. */
#include "cli/engine.h"

#include "file/gguf.h"
#include "model/collect.h"
#include "sys/file.h"

#include <signal.h>

enum { TEXT_BYTES = 1 << 30 };

static volatile sig_atomic_t stopped;

static void on_interrupt(int signo)
{
    (void)signo;
    stopped = 1;
}

static int each(void *self, const ond_perplexity *p)
{
    const ond_cli *c = self;
    if (ond__may_rewrite(c)) fprintf(stderr, "\r\033[K[%d] %.4f", p->n_chunk, p->value);
    return stopped;
}

static int print_json(const ond_perplexity *p, ond_err *err)
{
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_num(o, "perplexity", p->value) && ond_json_set_num(o, "error", p->error) &&
              ond_json_set_num(o, "tokens", p->n_scored) && ond_json_set_num(o, "chunks", p->n_chunk);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the result");
}

static bool collected(void *self, int done, int n)
{
    ond__bar(self, "imatrix", n ? (double)done / n : 1, "");
    return !stopped;
}

/* Said before the work, which may take hours; what is read is not written over. */
static int check_out(const ond_cli *c, const ond_gguf *g, const char *out, ond_err *err)
{
    if (ond_gguf_is_file(g, out) || ond_file_same(out, c->arg[1]))
        return ond_fail(err, OND_E_INPUT, "%s is read for this; give the matrix another name", out);
    return ond_file_may_write(out, err);
}

/* --imatrix FILE: what reaches each matrix while the model reads the text, for `ondol quantize`. */
static int collect(ond_cli *c, ond_engine *e, const ond_tokens *ids, int chunk, const char *out, ond_err *err)
{
    ond_about about;
    ond_gguf *g = NULL;
    ond_imatrix *m = NULL;
    uint32_t n_chunk = 0;
    int rc;
    ond_engine_about(e, &about);
    ond_collect_opts o = {.chunk = chunk, .progress = collected, .self = c, .bos = ond_token_named(e, "bos")};
    o.begin = ids->n > 0 && o.bos >= 0 && ids->p[0] == o.bos;
    OND_TRY(ond_gguf_open(about.path, &g, err));
    OND_TRY(check_out(c, g, out, err));
    OND_TRY(ond_imatrix_collect(g, ids->p, ids->n, &o, &m, &n_chunk, err));
    OND_TRY(ond_imatrix_save(m, out, c->arg[1], n_chunk, (uint32_t)chunk, err));
    if (c->json) ond__print_member("path", out);
    else printf("%s\n", out);
out:
    ond__bar(c, "", -1, "");
    ond_imatrix_close(m);
    ond_gguf_close(g);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond__engine_args a = {0};
    ond_engine *e = NULL;
    ond_buf text = {0};
    ond_tokens ids = {0};
    ond_perplexity p = {0};
    int rc, chunk;
    OND_TRY(ond__needs_words(c, 2, 2, &err));
    OND_TRY(ond__option_int(c, "ctx", 8, 1 << 20, 512, &chunk, &err));
    OND_TRY(ond_file_read(c->arg[1], TEXT_BYTES, &text, &err));
    OND_TRY(ond__engine_open(c, c->arg[0], &a, &e, &err));
    OND_TRY(ond__needs_text_model(c, e, &err));
    OND_TRY(ond_encode(e, text.p ? text.p : "", text.n, OND_ADD_SPECIAL, &ids, &err));
    struct sigaction act = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &act, NULL);
    if (ond__option(c, "imatrix")) {
        rc = collect(c, e, &ids, chunk, ond__option(c, "imatrix"), &err);
        goto out;
    }
    rc = ond_engine_perplexity(e, ids.p, ids.n, chunk, each, c, &p, &err);
    if (ond__may_rewrite(c)) fputs("\r\033[K", stderr);
    if (rc == 0 && c->json && !stopped) rc = print_json(&p, &err);   /* one document: the value, or that it was stopped */
    else if (rc == 0 && !c->json) printf("%.4f ± %.4f (%d tokens in %d chunks of %d)\n", p.value, p.error, p.n_scored, p.n_chunk, chunk);
    if (rc == 0 && stopped) rc = ond_fail(&err, OND_E_INTERRUPTED, "stopped before the end of the text");
out:
    ond_tokens_free(&ids);
    ond_buf_free(&text);
    ond_engine_close(e);
    ond__engine_args_free(&a);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"imatrix", 0, "OUT", "write an importance matrix for `ondol quantize` instead", "대신 `ondol quantize`에 쓸 중요도 행렬을 만듦"},
    OND__ENGINE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_perplexity = {
    .usage = "perplexity MODEL FILE",
    .en = "Reads a text file in chunks of --ctx tokens (512) and prints the perplexity over their second halves, with its\n"
          "standard error: the measure of llama.cpp's tool of this name. Lower is better.",
    .ko = "글 파일을 --ctx(512) 토큰씩 읽어, 각 조각 뒤쪽 절반의 퍼플렉서티와 표준 오차를 출력해요. llama.cpp의 같은 이름\n"
          "도구와 같은 값이에요. 낮을수록 좋아요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol perplexity model.gguf text.txt\nondol perplexity model.gguf text.txt --kern ref",
    .run = run,
};
