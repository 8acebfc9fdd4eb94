/* verb_show.c - `ondol show`: what a model file says of itself, and whether it is sound. */
#include "cli/engine.h"

#include "base/type.h"
#include "file/gguf.h"
#include "model/model.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct view {
    ond_cli *c;
    ond_gguf *g;
    ond_shape shape;
    uint64_t bytes;
    int count[256];        /* tensors of each type */
} view;

/* ---- values as text ---- */

static void put_item(ond_buf *out, const ond_gguf_value *v, uint64_t i)
{
    if (v->item == OND_GGUF_F32 || v->item == OND_GGUF_F64) ond_num_put(out, ond_gguf_item_num(v, i));
    else if (v->item == OND_GGUF_BOOL) ond_buf_puts(out, ond_gguf_item_int(v, i) ? "true" : "false");
    else ond_buf_printf(out, "%lld", (long long)ond_gguf_item_int(v, i));
}

/* Long texts and lists are cut, and say so. */
static void put_value(ond_buf *out, const ond_gguf_value *v)
{
    enum { ITEMS = 6, LETTERS = 80 };
    if (v->kind != OND_GGUF_ARRAY && v->kind != OND_GGUF_STR) {
        ond_gguf_value one = *v;
        one.item = v->kind;
        put_item(out, &one, 0);
        return;
    }
    if (v->kind == OND_GGUF_ARRAY) ond_buf_printf(out, "[%llu] ", (unsigned long long)v->n);
    size_t at = 0;
    ond_str s;
    uint64_t shown = v->n < ITEMS ? v->n : ITEMS;
    bool text = v->kind == OND_GGUF_STR || v->item == OND_GGUF_STR;
    for (uint64_t i = 0; i < shown; i++) {
        if (i) ond_buf_puts(out, ", ");
        if (!text) put_item(out, v, i);
        else if (ond_gguf_next_str(v, &at, &s)) {
            ond_buf_put(out, s.p, s.n < LETTERS ? s.n : LETTERS);
            if (s.n > LETTERS) ond_buf_puts(out, " …");
        }
    }
    if (shown < v->n) ond_buf_puts(out, ", …");
}

/* ---- printing ---- */

static void put_types(const view *v, ond_buf *out)
{
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        if (v->count[t & 255]) ond_buf_printf(out, "%s%s × %d", out->n ? ", " : "", ond_type_name((uint32_t)t), v->count[t & 255]);
    }
}

static void line(const view *v, ond_msg name, const char *fmt, ...) OND_PRINTF(3, 4);
static void line(const view *v, ond_msg name, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ond__pad(stdout, ond_msg_text(name, v->c->lang), 20);
    ond__print_safe(stdout, text);
    putchar('\n');
}

static void print_summary(const view *v)
{
    const ond_shape *s = &v->shape;
    ond_buf types = {0};
    char size[24], tok[64];
    put_types(v, &types);
    ond_str model = ond_gguf_str(v->g, "tokenizer.ggml.model", "-"), pre = ond_gguf_str(v->g, "tokenizer.ggml.pre", "");
    snprintf(tok, sizeof tok, "%.*s%s%.*s", (int)(model.n < 24 ? model.n : 24), model.p, pre.n ? ", " : "", (int)(pre.n < 24 ? pre.n : 24), pre.p);
    line(v, OND_M_CLI_SHOW_NAME, "%s", s->name[0] ? s->name : "-");
    line(v, OND_M_CLI_SHOW_ARCH, "%s", s->arch);
    line(v, OND_M_CLI_SHOW_PARAMS, "%.1f M", (double)s->n_params / 1e6);
    line(v, OND_M_CLI_SHOW_SIZE, "%s (%s)", ond__bytes(v->bytes, size), ond_buf_z(&types));
    line(v, OND_M_CLI_SHOW_CONTEXT, "%d", s->n_ctx_train);
    line(v, OND_M_CLI_SHOW_LAYERS, "%d × %d, %d/%d heads", s->n_layer, s->n_embd, s->n_head, s->n_head_kv);
    if (s->n_expert) line(v, OND_M_CLI_SHOW_EXPERTS, "%d / %d", s->n_expert_used, s->n_expert);
    line(v, OND_M_CLI_SHOW_TOKENS, "%d (%s)", s->n_vocab, tok);
    line(v, OND_M_CLI_SHOW_CHAT, "%s",
         ond_msg_text(ond_gguf_find(v->g, "tokenizer.chat_template") ? OND_M_CLI_SHOW_HAS : OND_M_CLI_SHOW_HAS_NOT, v->c->lang));
    ond_buf_free(&types);
}

static void print_metadata(const view *v)
{
    ond_buf text = {0};
    for (size_t i = 0; i < ond_gguf_n_values(v->g); i++) {
        const ond_gguf_value *x = ond_gguf_value_at(v->g, i);
        ond_buf_clear(&text);
        ond_buf_str(&text, x->key);
        ond_buf_puts(&text, ": ");
        put_value(&text, x);
        ond__print_safe(stdout, ond_buf_z(&text));
        putchar('\n');
    }
    ond_buf_free(&text);
}

static void print_tensors(const view *v)
{
    char dims[96], size[24];
    for (size_t i = 0; i < ond_gguf_n_tensors(v->g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(v->g, i);
        int n = 0;
        for (int d = 0; d < t->n_dim; d++) n += snprintf(dims + n, sizeof dims - (size_t)n, "%s%llu", d ? " × " : "", (unsigned long long)t->dim[d]);
        ond_buf name = {0};
        ond_buf_str(&name, t->name);
        ond__pad(stdout, ond_buf_z(&name), 36);
        printf("%-8s %10s  %s\n", ond_type_name(t->type), ond__bytes(t->bytes, size), dims);
        ond_buf_free(&name);
    }
}

/* ---- as JSON: what was asked for, or the summary with the metadata ---- */

static bool add_metadata(const view *v, cJSON *to)
{
    cJSON *meta = cJSON_CreateObject();
    ond_buf text = {0}, key = {0};
    bool ok = meta != NULL;
    for (size_t i = 0; i < ond_gguf_n_values(v->g) && ok; i++) {
        const ond_gguf_value *x = ond_gguf_value_at(v->g, i);
        ond_buf_clear(&text);
        ond_buf_clear(&key);
        put_value(&text, x);
        ond_buf_str(&key, x->key);
        ok = ond_json_set_str(meta, ond_buf_z(&key), ond_buf_z(&text));
    }
    ond_buf_free(&text);
    ond_buf_free(&key);
    if (ok) return ond_json_set(to, "metadata", meta);
    cJSON_Delete(meta);
    return false;
}

static bool add_tensors(const view *v, cJSON *to)
{
    cJSON *rows = cJSON_AddArrayToObject(to, "tensors");
    ond_buf name = {0};
    bool ok = rows != NULL;
    for (size_t i = 0; i < ond_gguf_n_tensors(v->g) && ok; i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(v->g, i);
        cJSON *row = cJSON_CreateObject(), *dims = row ? cJSON_AddArrayToObject(row, "shape") : NULL;
        ond_buf_clear(&name);
        ond_buf_str(&name, t->name);
        ok = dims && ond_json_set_str(row, "name", ond_buf_z(&name)) && ond_json_set_str(row, "type", ond_type_name(t->type)) &&
             ond_json_set_num(row, "bytes", (double)t->bytes);
        for (int d = 0; d < t->n_dim && ok; d++) {
            cJSON *n = cJSON_CreateNumber((double)t->dim[d]);
            ok = n && cJSON_AddItemToArray(dims, n);
        }
        ok = ok && cJSON_AddItemToArray(rows, row);
        if (!ok) cJSON_Delete(row);
    }
    ond_buf_free(&name);
    return ok;
}

static bool add_template(const view *v, cJSON *to)
{
    ond_buf text = {0};
    ond_buf_str(&text, ond_gguf_str(v->g, "tokenizer.chat_template", ""));
    bool ok = ond_json_set_str(to, "template", ond_buf_z(&text));
    ond_buf_free(&text);
    return ok;
}

static bool add_summary(const view *v, cJSON *to)
{
    const ond_shape *s = &v->shape;
    cJSON *types = NULL;
    bool ok = ond_json_set_str(to, "name", s->name) && ond_json_set_str(to, "arch", s->arch) &&
              ond_json_set_num(to, "parameters", (double)s->n_params) && ond_json_set_num(to, "bytes", (double)v->bytes) &&
              ond_json_set_num(to, "context", s->n_ctx_train) && ond_json_set_num(to, "layers", s->n_layer) &&
              ond_json_set_num(to, "embedding", s->n_embd) && ond_json_set_num(to, "vocabulary", s->n_vocab) &&
              ond_json_set_bool(to, "chat", ond_gguf_find(v->g, "tokenizer.chat_template") != NULL) &&
              (!ond__option(v->c, "check") || ond_json_set_bool(to, "sound", true)) && (types = cJSON_AddObjectToObject(to, "types"));
    for (int i = 0; i < ond_type_count() && ok; i++) {
        ond_type t = ond_type_at(i);
        if (v->count[t & 255]) ok = ond_json_set_num(types, ond_type_name((uint32_t)t), v->count[t & 255]);
    }
    return ok && add_metadata(v, to);
}

static int print_json(const view *v, ond_err *err)
{
    bool tensors = ond__option(v->c, "tensors"), template = ond__option(v->c, "template"), metadata = ond__option(v->c, "metadata");
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_str(o, "path", ond_gguf_path(v->g));
    if (tensors) ok = ok && add_tensors(v, o);
    if (template) ok = ok && add_template(v, o);
    if (metadata) ok = ok && add_metadata(v, o);
    if (!tensors && !template && !metadata) ok = ok && add_summary(v, o);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the answer");
}

static int print_template(const view *v, ond_err *err)
{
    ond_str t = ond_gguf_str(v->g, "tokenizer.chat_template", "");
    if (t.n == 0) return OND__REFUSE(v->c, err, OND_E_NOT_FOUND, OND_M_CLI_SHOW_NO_TEMPLATE, ond_gguf_path(v->g));
    if (v->c->json) return print_json(v, err);
    ond_buf text = {0};
    ond_buf_str(&text, t);
    if (isatty(STDOUT_FILENO)) ond__print_safe(stdout, ond_buf_z(&text));
    else fwrite(t.p, 1, t.n, stdout);
    ond_buf_free(&text);
    if (t.p[t.n - 1] != '\n') putchar('\n');
    return OND_OK;
}

/* ---- checking ---- */

static int check(const view *v, ond_err *err)
{
    ond_model *m = NULL;
    ond_team *team = NULL;
    const ond_kern *kern = NULL;
    const char *name = ond__option(v->c, "kern");
    int rc;
    if (name && !(kern = ond_kern_named(name))) OND_TRY(ond_fail(err, OND_E_USAGE, "--kern: this machine has no kernel set \"%s\"", name));
    OND_TRY(ond_team_open(0, &team, err));
    OND_TRY(ond_weights_finite(v->g, team, err));
    OND_TRY(ond_model_open(v->g, &(ond_model_opts){.team = team, .kern = kern, .packing = OND_PACK_MEMORY}, &m, err));
    OND_TRY(ond_model_check(m, team, err));
    OND_TRY(ond_model_finite(m, team, err));
    if (!v->c->json) OND__SAY(v->c, stdout, OND_M_CLI_SHOW_SOUND, "");
out:
    ond_model_close(m);
    ond_team_close(team);
    return rc;
}

static int print(view *v, ond_err *err)
{
    const ond_cli *c = v->c;
    if (ond__option(c, "template")) return print_template(v, err);
    if (ond__option(c, "metadata") || ond__option(c, "tensors")) {
        if (c->json) return print_json(v, err);
        if (ond__option(c, "metadata")) print_metadata(v);
        else print_tensors(v);
        return OND_OK;
    }
    int rc = ond_shape_read(v->g, &v->shape, err);
    if (rc == 0 && !c->json) print_summary(v);
    if (rc == 0 && ond__option(c, "check")) rc = check(v, err);
    return rc == 0 && c->json ? print_json(v, err) : rc;   /* last: one document, also where the check fails */
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_buf path = {0};
    view v = {.c = c};
    int rc;
    OND_TRY(ond__needs_words(c, 1, 1, &err));
    OND_TRY(ond__model_path(c, c->arg[0], &path, &err));
    OND_TRY(ond_gguf_open(ond_buf_z(&path), &v.g, &err));
    for (size_t i = 0; i < ond_gguf_n_tensors(v.g); i++) v.count[ond_gguf_tensor_at(v.g, i)->type & 255]++;
    for (int p = 0; p < ond_gguf_parts(v.g); p++) v.bytes += ond_gguf_map(v.g, p)->n;
    rc = print(&v, &err);
out:
    ond_gguf_close(v.g);
    ond_buf_free(&path);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"metadata", 0, NULL, "every key and value of the file", "파일의 모든 키와 값"},
    {"tensors", 0, NULL, "every tensor: type, size, shape", "모든 텐서의 형식, 크기, 모양"},
    {"template", 0, NULL, "the chat template", "대화 틀"},
    {"check", 0, NULL, "load it and look for values that are not finite, layer by layer", "올려 보고 층마다 유한하지 않은 값이 있는지 확인"},
    {"kern", 0, "NAME", "kernel set for --check", "--check에 쓸 커널"},
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_show = {
    .usage = "show MODEL",
    .en = "Prints what a model file says of itself: family, size, types, context, tokens.",
    .ko = "모델 파일이 스스로 말하는 것을 보여요: 계열, 크기, 형식, 컨텍스트, 토큰.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol show model.gguf\nondol show model.gguf --tensors\nondol show model.gguf --check",
    .run = run,
};
