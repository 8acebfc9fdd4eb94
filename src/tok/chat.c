/* chat.c - messages to a prompt, by the template that the GGUF carries.
 *
 * The template gets what transformers gives it: messages, tools and documents (none where there are
 * none), add_generation_prompt, the texts of the special tokens, and whatever else the caller has.
 * It is rendered as the reference does; where that fails, as Jinja2 itself does, which knows more;
 * and where that fails too, once more with messages made plain: arguments of tool calls as objects,
 * parts of text as one text. The first to succeed is the prompt. Not every template takes messages
 * as every API sends them. */
#include "tok/chat.h"

#include <stdlib.h>

typedef struct pair { ond_jinja *as_reference, *as_python; } pair;   /* either may be NULL */

struct ond_chat {
    pair plain;
    pair with_tools;        /* tokenizer.chat_template.tool_use; empty where there is none */
    char *token[OND_TOK_ROLES];   /* texts of special tokens; NULL where the model has none */
};

static const struct { ond_tok_role role; const char *name; bool always; } tokens[] = {
    {OND_TOK_BOS, "bos_token", true},   {OND_TOK_EOS, "eos_token", true},
    {OND_TOK_UNK, "unk_token", false},  {OND_TOK_SEP, "sep_token", false},
    {OND_TOK_PAD, "pad_token", false},  {OND_TOK_CLS, "cls_token", false},
    {OND_TOK_MASK, "mask_token", false},
};
#define N_TOKENS (sizeof(tokens) / sizeof(*tokens))

/* ---- opening ---- */

static void pair_free(pair *p)
{
    ond_jinja_free(p->as_reference);
    ond_jinja_free(p->as_python);
}

static int pair_make(pair *p, ond_str text, const char *what, ond_err *err)
{
    int rc = ond_jinja_compile_as(text, OND_JINJA_REFERENCE, &p->as_reference, err);
    if (rc == OND_E_NOMEM) return rc;
    rc = ond_jinja_compile_as(text, OND_JINJA_PYTHON, &p->as_python, err);
    if (rc == 0 || (p->as_reference && rc != OND_E_NOMEM)) return OND_OK;
    ond_err_prefix(err, "%s", what);
    return rc;
}

static int copy_tokens(ond_chat *c, const ond_tok *t, ond_err *err)
{
    for (size_t i = 0; i < N_TOKENS; i++) {
        int id = t ? ond_tok_role_id(t, tokens[i].role) : -1;
        if (id < 0 && !tokens[i].always) continue;
        c->token[i] = ond_str_dup(id < 0 ? OND_S("") : ond_tok_text(t, id));
        if (!c->token[i]) return ond_nomem(err, "opening a chat template");
    }
    return OND_OK;
}

int ond_chat_open(const ond_gguf *g, const ond_tok *t, ond_str text, ond_chat **out, ond_err *err)
{
    bool given = text.n > 0;
    ond_str tool_use = {0};
    *out = NULL;
    if (!given && g) {
        text = ond_gguf_str(g, "tokenizer.chat_template", "");
        tool_use = ond_gguf_str(g, "tokenizer.chat_template.tool_use", "");
    }
    if (text.n == 0) text = tool_use;
    if (text.n == 0)
        return ond_fail(
            err, OND_E_NOT_FOUND,
            "this model has no chat template: it is a base model that continues text; use --raw");
    ond_chat *c = calloc(1, sizeof(*c));
    if (!c) return ond_nomem(err, "opening a chat template");
    int rc = pair_make(&c->plain, text,
                       given ? "the chat template given" : "tokenizer.chat_template", err);
    if (rc == 0 && tool_use.n)
        rc = pair_make(&c->with_tools, tool_use, "tokenizer.chat_template.tool_use", err);
    if (rc == 0) rc = copy_tokens(c, t, err);
    if (rc) ond_chat_close(c);
    else *out = c;
    return rc;
}

void ond_chat_close(ond_chat *c)
{
    if (!c) return;
    pair_free(&c->plain);
    pair_free(&c->with_tools);
    for (size_t i = 0; i < N_TOKENS; i++) free(c->token[i]);
    free(c);
}

/* ---- what the template sees ---- */

/* The value stays its owner's. */
static bool refer(cJSON *vars, const char *name, const cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(vars, name);
    return value ? cJSON_AddItemReferenceToObject(vars, name, (cJSON *)value)
                 : cJSON_AddNullToObject(vars, name) != NULL;
}

static cJSON *make_vars(const ond_chat *c, const cJSON *messages, const cJSON *tools,
                        const cJSON *extra, bool prompt)
{
    cJSON *vars = cJSON_CreateObject();
    bool ok = vars && refer(vars, "messages", messages) && refer(vars, "tools", tools) &&
              refer(vars, "documents", NULL) &&
              cJSON_AddBoolToObject(vars, "add_generation_prompt", prompt);
    for (size_t i = 0; ok && i < N_TOKENS; i++)
        if (c->token[i]) ok = cJSON_AddStringToObject(vars, tokens[i].name, c->token[i]) != NULL;
    for (const cJSON *x = cJSON_IsObject(extra) ? extra->child : NULL; ok && x; x = x->next)
        ok = refer(vars, x->string, x);
    if (ok) return vars;
    cJSON_Delete(vars);
    return NULL;
}

/* ---- messages made plain ---- */

static bool join_parts(cJSON *message, const cJSON *content)
{
    ond_buf b = {0};
    for (const cJSON *part = content->child; part; part = part->next) {
        const char *text = ond_json_str(part, "text", NULL);
        if (!text) {                     /* a picture: leave it as it is */
            ond_buf_free(&b);
            return true;
        }
        ond_buf_puts(&b, text);
    }
    bool ok = ond_buf_ok(&b) && ond_json_set_str(message, "content", ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

/* "arguments": "{…}" becomes an object; what is no object stays. */
static bool open_arguments(cJSON *call)
{
    cJSON *f = cJSON_GetObjectItemCaseSensitive(call, "function"),
          *holder = cJSON_IsObject(f) ? f : call, *v = NULL;
    const char *text = ond_json_str(holder, "arguments", NULL);
    if (!text) return true;
    int rc = ond_json_parse(ond_str_of(text), &v, NULL);
    if (rc || !cJSON_IsObject(v)) {
        cJSON_Delete(v);
        return rc != OND_E_NOMEM;
    }
    return ond_json_set(holder, "arguments", v);
}

static cJSON *plain_messages(const cJSON *messages)
{
    cJSON *copy = cJSON_Duplicate(messages, true);
    bool ok = copy != NULL;
    for (cJSON *m = copy ? copy->child : NULL; ok && m; m = m->next) {
        const cJSON *content = ond_json_get(m, "content"), *calls = ond_json_get(m, "tool_calls");
        if (!cJSON_IsObject(m)) continue;
        if (!content || cJSON_IsNull(content)) ok = ond_json_set_str(m, "content", "");
        else if (cJSON_IsArray(content)) ok = join_parts(m, content);
        for (cJSON *call = cJSON_IsArray(calls) ? calls->child : NULL; ok && call;
             call = call->next)
            ok = open_arguments(call);
    }
    if (ok) return copy;
    cJSON_Delete(copy);
    return NULL;
}

/* ---- rendering ---- */

/* The error is that of Jinja2 itself, which is what the template's author would have seen. */
static int render_pair(const pair *p, const cJSON *vars, int64_t now, ond_buf *out, ond_err *err)
{
    int rc = OND_E_INPUT;
    if (p->as_reference) rc = ond_jinja_render(p->as_reference, vars, now, out, err);
    if (rc && rc != OND_E_NOMEM && p->as_python)
        rc = ond_jinja_render(p->as_python, vars, now, out, err);
    return rc;
}

/* The last attempt. Where it fails too, what was wrong with the messages as they came (rc, *err) stays. */
static int render_plain(const pair *p, cJSON *vars, const cJSON *messages, int64_t now,
                        ond_buf *out, int rc, ond_err *err)
{
    cJSON *plain = plain_messages(messages);
    ond_err other = {0};
    int again = plain && refer(vars, "messages", plain)
                    ? render_pair(p, vars, now, out, &other)
                    : ond_nomem(&other, "rendering a chat template");
    cJSON_DeleteItemFromObjectCaseSensitive(vars, "messages");
    cJSON_Delete(plain);
    if (again && again != OND_E_NOMEM) return rc;
    if (err) *err = other;
    return again;
}

int ond_chat_render(const ond_chat *c, const cJSON *messages, const cJSON *tools,
                    const cJSON *extra, bool add_generation_prompt, int64_t now, ond_buf *out,
                    ond_err *err)
{
    if (!cJSON_IsArray(messages))
        return ond_fail(err, OND_E_INPUT, "messages are a list of objects with role and content");
    if (tools && !cJSON_IsArray(tools) && !cJSON_IsNull(tools))
        return ond_fail(err, OND_E_INPUT, "tools are a list of objects");
    bool with_tools = cJSON_IsArray(tools) && tools->child;
    const pair *p = with_tools && (c->with_tools.as_reference || c->with_tools.as_python)
                        ? &c->with_tools
                        : &c->plain;
    cJSON *vars = make_vars(c, messages, with_tools ? tools : NULL, extra, add_generation_prompt);
    if (!vars) return ond_nomem(err, "rendering a chat template");
    int rc = render_pair(p, vars, now, out, err);
    if (rc && rc != OND_E_NOMEM) rc = render_plain(p, vars, messages, now, out, rc, err);
    if (rc) ond_err_prefix(err, "the model's chat template");
    else if (err) *err = (ond_err){0};       /* of an attempt that failed */
    cJSON_Delete(vars);
    return rc;
}
