/* verb_embed.c - `ondol embed`: vectors of texts. */
#include "cli/engine.h"

#include <stdlib.h>

enum { LINE_BYTES = 1 << 20 };

static int print_vector(const ond_cli *c, const char *text, const float *v, int n, ond_err *err)
{
    ond_buf out = {0};
    if (c->json) {
        cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateFloatArray(v, n);
        bool ok = o && list && ond_json_set_num(o, "version", 1) && ond_json_set_str(o, "text", text);
        ok = ok ? ond_json_set(o, "embedding", list) : (cJSON_Delete(list), false);
        if (ok) ond__print_json(o);
        cJSON_Delete(o);
        return ok ? OND_OK : ond_nomem(err, "a vector");
    }
    for (int i = 0; i < n; i++) ond_buf_printf(&out, "%s%.7g", i ? " " : "", (double)v[i]);
    puts(ond_buf_z(&out));
    bool ok = ond_buf_ok(&out);
    ond_buf_free(&out);
    return ok ? OND_OK : ond_nomem(err, "a vector");
}

static int print_likeness(const ond_cli *c, const float *a, const float *b, int n, ond_err *err)
{
    double dot = 0;
    for (int i = 0; i < n; i++) dot += (double)a[i] * (double)b[i];
    if (!c->json) return printf("%.6f\n", dot), OND_OK;
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_num(o, "similarity", dot);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the similarity");
}

static int embed(const ond_cli *c, ond_engine *e, const char *text, float *v, ond_err *err)
{
    int rc = ond__needs_utf8(c, ond_str_of(text), err);
    return rc ? rc : ond_embed_text(e, text, v, err);
}

static int each_text(ond_cli *c, ond_engine *e, float *v, int n, ond_err *err)
{
    int rc = OND_OK;
    for (int i = 1; i < c->n_arg && rc == 0; i++) {
        rc = embed(c, e, c->arg[i], v, err);
        if (rc == 0) rc = print_vector(c, c->arg[i], v, n, err);
    }
    ond_buf line = {0};
    bool cut = false;
    for (int at = 1; c->n_arg == 1 && rc == 0 && (ond_buf_clear(&line), ond__read_line(&line, LINE_BYTES, &cut)); at++) {
        if (cut) rc = ond_fail(err, OND_E_INPUT, "a line is longer than %d bytes", LINE_BYTES);
        if (rc == 0) rc = embed(c, e, ond_buf_z(&line), v, err);
        if (rc) rc = ond_err_prefix(err, "line %d", at);
        if (rc == 0) rc = print_vector(c, ond_buf_z(&line), v, n, err);
    }
    ond_buf_free(&line);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond__engine_args a = {0};
    ond_engine *e = NULL;
    ond_about about;
    float *v = NULL;
    int rc;
    OND_TRY(ond__needs_words(c, 1, -1, &err));
    bool likeness = ond__option(c, "similarity") != NULL;
    if (likeness && c->n_arg != 3) OND_TRY(OND__REFUSE(c, &err, OND_E_USAGE, OND_M_CLI_TWO_TEXTS, ""));
    OND_TRY(ond__engine_open(c, c->arg[0], &a, &e, &err));
    ond_engine_about(e, &about);
    if (!about.embedding) OND_TRY(OND__REFUSE(c, &err, OND_E_INPUT, OND_M_CLI_MAKES_TEXT, about.name, c->arg[0]));
    v = calloc((size_t)about.n_embd * 2, sizeof *v);
    if (!v) OND_TRY(ond_nomem(&err, "a vector"));
    if (!likeness) {
        rc = each_text(c, e, v, about.n_embd, &err);
        goto out;
    }
    OND_TRY(embed(c, e, c->arg[1], v, &err));
    OND_TRY(embed(c, e, c->arg[2], v + about.n_embd, &err));
    rc = print_likeness(c, v, v + about.n_embd, about.n_embd, &err);
out:
    free(v);
    ond_engine_close(e);
    ond__engine_args_free(&a);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"similarity", 0, NULL, "the cosine of two texts' vectors", "두 글의 벡터가 이루는 코사인"},
    OND__ENGINE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_embed = {
    .usage = "embed MODEL [TEXT]...",
    .en = "Prints the vector of each TEXT (or of each line of standard input), normalised to length 1, by an embedding model.",
    .ko = "임베딩 모델로 TEXT마다(없으면 표준 입력의 줄마다) 길이가 1인 벡터를 출력해요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol embed minilm.gguf \"불 꺼\"\nondol embed minilm.gguf --similarity \"turn off the light\" \"lights out\"",
    .run = run,
};
