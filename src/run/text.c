/* text.c - owned results, and text to tokens and back for an engine. */
#include "run/room.h"

#include "base/json.h"
#include "sys/clock.h"

#include <stdlib.h>

const char *ond_version(void)
{
    return OND_VERSION;
}

void ond_text_free(ond_text *t)
{
    free(t->p);
    *t = (ond_text){0};
}

void ond_tokens_free(ond_tokens *t)
{
    free(t->p);
    *t = (ond_tokens){0};
}

bool ond__text_put(ond_text *t, const void *bytes, size_t n)
{
    if (n >= t->cap - t->n || !t->p) {
        size_t cap = t->cap ? t->cap : 128;
        while (cap - t->n <= n)
            if (__builtin_mul_overflow(cap, (size_t)2, &cap)) return false;
        char *p = realloc(t->p, cap);
        if (!p) return false;
        t->p = p;
        t->cap = cap;
    }
    if (n) memcpy(t->p + t->n, bytes, n);
    t->n += n;
    t->p[t->n] = '\0';
    return true;
}

/* ond_tokens and ond_ids, ond_text and ond_buf own alike: one is lent to the other for a call. */
int ond_encode(const ond_engine *e, const char *text, size_t n, unsigned flags, ond_tokens *out,
               ond_err *err)
{
    ond_tok_opts how = {.add_special = flags & OND_ADD_SPECIAL,
                        .parse_special = flags & OND_PARSE_SPECIAL};
    ond_ids ids = {out->p, out->n, out->cap};
    size_t before = out->n;
    int rc = ond_tok_encode(e->tok, (ond_str){text, n}, how, &ids, err);
    *out = (ond_tokens){ids.p, rc == 0 ? ids.n : before, ids.cap};
    return rc;
}

int ond_decode(const ond_engine *e, const int32_t *token, size_t n, bool special, ond_text *out,
               ond_err *err)
{
    ond_buf b = {0};
    ond_tok_decode(e->tok, token, n, special, &b);
    bool ok = ond_buf_ok(&b) && ond__text_put(out, b.p, b.n);
    ond_buf_free(&b);
    return ok ? OND_OK : ond_nomem(err, "decoding tokens");
}

const char *ond_token_text(const ond_engine *e, int32_t token, size_t *n)
{
    ond_str s = ond_tok_text(e->tok, token);
    if (n) *n = s.n;
    return s.n ? s.p : "";
}

bool ond_token_ends(const ond_engine *e, int32_t token)
{
    return ond_tok_ends(e->tok, token);
}

int32_t ond_token_named(const ond_engine *e, const char *role)
{
    static const struct {
        const char *name;
        ond_tok_role role;
    } named[] = {{"bos", OND_TOK_BOS}, {"eos", OND_TOK_EOS}, {"eot", OND_TOK_EOT},
                 {"eom", OND_TOK_EOM}, {"unk", OND_TOK_UNK}, {"sep", OND_TOK_SEP},
                 {"pad", OND_TOK_PAD}, {"cls", OND_TOK_CLS}, {"mask", OND_TOK_MASK},
                 {"nl", OND_TOK_NL}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(named[i].name, role) == 0) return ond_tok_role_id(e->tok, named[i].role);
    return -1;
}

static int json_of(const char *text, const char *what, cJSON **out, ond_err *err)
{
    int rc = text ? ond_json_parse(ond_str_of(text), out, err) : OND_OK;
    return rc == 0 ? OND_OK : ond_err_prefix(err, "%s", what);
}

int ond_chat_prompt(const ond_engine *e, const char *messages, const char *tools, const char *extra,
                    bool prompt, ond_text *out, ond_err *err)
{
    cJSON *m = NULL, *t = NULL, *x = NULL;
    ond_buf b = {0};
    int rc = OND_OK;
    if (!e->chat) {
        if (err) *err = e->chat_err;
        return e->chat_err.code;
    }
    OND_TRY(json_of(messages, "messages", &m, err));
    OND_TRY(json_of(tools, "tools", &t, err));
    OND_TRY(json_of(extra, "extra", &x, err));
    if (!cJSON_IsArray(m) || (t && !cJSON_IsArray(t)) || (x && !cJSON_IsObject(x))) {
        rc = ond_fail(err, OND_E_INPUT,
                      "messages and tools must be JSON arrays, and extra an object");
        goto out;
    }
    OND_TRY(ond_chat_render(e->chat, m, t, x, prompt, ond_now(), &b, err));
    if (!ond_buf_ok(&b) || !ond__text_put(out, b.p, b.n)) rc = ond_nomem(err, "writing a prompt");
out:
    cJSON_Delete(m);
    cJSON_Delete(t);
    cJSON_Delete(x);
    ond_buf_free(&b);
    return rc;
}
