/* chat.c - `ondol run MODEL` on a terminal: turns, and commands that begin with a slash.
 *
 * The messages are the state; each turn renders them anew through the template, and the session keeps what its
 * timeline has in common with that. Ctrl-C ends an answer, which stays as far as it came. */
#include "cli/engine.h"

#include "cli/editor.h"
#include "sys/file.h"

#include <stdlib.h>

enum { CHAT_BYTES = 64 << 20 };

typedef struct chat {
    ond_cli *c;
    ond_engine *e;
    ond_session *s;
    ond_sampler_opts opts;
    ond_sampler *sampler;
    ond__editor *editor;
    cJSON *messages;
    bool stats, think_set, think;
} chat;

static void stop_answer(void *self) { ond_engine_interrupt(self); }

static bool put(chat *t, const char *role, const char *content)
{
    cJSON *row = cJSON_CreateObject();
    if (row && ond_json_set_str(row, "role", role) && ond_json_set_str(row, "content", content) && cJSON_AddItemToArray(t->messages, row))
        return true;
    cJSON_Delete(row);
    return false;
}

static const char *role_at(const chat *t, int i) { return ond_json_str(cJSON_GetArrayItem(t->messages, i), "role", ""); }

/* Messages before the first turn: the system's, where there is one. No command takes it away but /system and /load. */
static int n_fixed(const chat *t) { return strcmp(role_at(t, 0), "system") == 0; }

/* Takes trailing messages away until the last one is of `role`, or no turn is left; false then. */
static bool cut_to(chat *t, const char *role)
{
    int n = cJSON_GetArraySize(t->messages);
    for (; n > n_fixed(t) && strcmp(role_at(t, n - 1), role) != 0; n--) cJSON_DeleteItemFromArray(t->messages, n - 1);
    return n > n_fixed(t);
}

static int tokens_of(chat *t, ond_tokens *out, ond_err *err)
{
    ond_text prompt = {0};
    char *json = cJSON_PrintUnformatted(t->messages);
    const char *extra = !t->think_set ? NULL : t->think ? "{\"enable_thinking\":true}" : "{\"enable_thinking\":false}";
    int rc = json ? ond_chat_prompt(t->e, json, NULL, extra, true, &prompt, err) : ond_nomem(err, "the messages");
    if (rc == 0) rc = ond_encode(t->e, prompt.p, prompt.n, OND_PARSE_SPECIAL, out, err);
    cJSON_free(json);
    ond_text_free(&prompt);
    return rc;
}

static bool is_full(const chat *t, int rc, const ond_tokens *ids, const ond__answer *a)
{
    ond_about about;
    ond_engine_about(t->e, &about);
    return rc ? ids->n >= (size_t)about.ctx : a->how.end == OND_END_CONTEXT;
}

/* Answers what the messages say so far. */
static void answer(chat *t)
{
    ond_err err = {0};
    ond_tokens ids = {0};
    ond__answer a = {0};
    int rc = tokens_of(t, &ids, &err);
    ond_engine_resume(t->e);
    if (rc == 0) {
        ond__editor_on_interrupt(stop_answer, t->e);
        rc = ond__answer_to(t->c, t->e, t->s, t->sampler, &ids, true, &a, &err);
        ond__editor_on_interrupt(NULL, NULL);
    }
    if (a.text.n) putchar('\n');
    bool keeps = rc == 0 || (rc == OND_E_INTERRUPTED && a.text.n > 0);
    if (keeps && !put(t, "assistant", a.text.p ? a.text.p : "")) rc = ond_nomem(&err, "the answer");
    if (!keeps) (void)cut_to(t, "assistant");
    if (rc == OND_E_INTERRUPTED) ond__note_err(t->c, ond_msg_text(OND_M_CLI_CHAT_STOPPED, t->c->lang));
    else if (rc) (void)ond__fail(t->c, rc, &err);
    if (is_full(t, rc, &ids, &a)) ond__note_err(t->c, ond_msg_text(OND_M_CLI_CHAT_FULL, t->c->lang));
    if (rc == 0 && t->stats) ond__print_speed(t->c, &a);
    ond_text_free(&a.text);
    ond_tokens_free(&ids);
}

static void say(chat *t, const char *text)
{
    ond_err err = {0};
    if (put(t, "user", text)) answer(t);
    else (void)ond__fail(t->c, ond_nomem(&err, "the message"), &err);
}

/* ---- commands ---- */

static int reopen_sampler(chat *t, ond_err *err)
{
    ond_sampler *p = NULL;
    int rc = ond_sampler_open(t->e, &t->opts, &p, err);
    if (rc) return rc;
    ond_sampler_close(t->sampler);
    t->sampler = p;
    return OND_OK;
}

/* "temp 0.5": one option of the sampler. */
static int set_option(chat *t, const char *rest, ond_err *err)
{
    char name[32] = "";
    int used = 0;
    ond_sampler_opts former = t->opts;
    sscanf(rest, "%31s %n", name, &used);
    int rc = used && rest[used] ? ond__sampler_set(t->c, &t->opts, "/set ", name, rest + used, err) : OND_E_NOT_FOUND;
    if (rc == OND_E_NOT_FOUND) {
        ond_buf names = {0};
        ond__sampler_names(&names);
        rc = OND__REFUSE(t->c, err, OND_E_USAGE, OND_M_CLI_CHAT_SET, ond_buf_z(&names));
        ond_buf_free(&names);
    }
    if (rc == 0) rc = reopen_sampler(t, err);
    if (rc) t->opts = former;
    return rc;
}

static int set_think(chat *t, const char *text, ond_err *err)
{
    bool on = strcmp(text, "on") == 0;
    if (!on && strcmp(text, "off") != 0) return OND__REFUSE(t->c, err, OND_E_USAGE, OND_M_CLI_ON_OFF, "/think");
    t->think_set = true;
    t->think = on;
    return OND_OK;
}

static int set_system(chat *t, const char *text, ond_err *err)
{
    if (strcmp(role_at(t, 0), "system") == 0) cJSON_DeleteItemFromArray(t->messages, 0);
    if (!*text) return OND_OK;
    cJSON *row = cJSON_CreateObject();
    if (row && ond_json_set_str(row, "role", "system") && ond_json_set_str(row, "content", text) &&
        cJSON_InsertItemInArray(t->messages, 0, row))
        return OND_OK;
    cJSON_Delete(row);
    return ond_nomem(err, "the system message");
}

static int save(chat *t, const char *path, ond_err *err)
{
    ond_buf text = {0};
    if (!*path) return OND__REFUSE(t->c, err, OND_E_USAGE, OND_M_CLI_CHAT_NEEDS_FILE, "/save");
    ond_json_print(&text, t->messages);
    ond_buf_putc(&text, '\n');
    int rc = ond_buf_ok(&text) ? ond_file_write(path, (ond_str){text.p, text.n}, 0600, err) : ond_nomem(err, "the chat");
    ond_buf_free(&text);
    return rc;
}

/* A list of objects with a role, and content (a text, or parts) where it is no call of a tool. */
static bool is_chat(const cJSON *messages)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, messages)
        if (!*ond_json_str(row, "role", "") || (!ond_json_get(row, "content") && !ond_json_get(row, "tool_calls"))) return false;
    return cJSON_IsArray(messages);
}

static int load(chat *t, const char *path, ond_err *err)
{
    ond_buf text = {0};
    cJSON *messages = NULL;
    if (!*path) return OND__REFUSE(t->c, err, OND_E_USAGE, OND_M_CLI_CHAT_NEEDS_FILE, "/load");
    int rc = ond_file_read(path, CHAT_BYTES, &text, err);
    if (rc == 0 && (rc = ond_json_parse((ond_str){text.p, text.n}, &messages, err)) != 0) rc = ond_err_prefix(err, "%s", path);
    if (rc == 0 && !is_chat(messages)) rc = OND__REFUSE(t->c, err, OND_E_INPUT, OND_M_CLI_CHAT_NO_CHAT, path);
    if (rc == 0) {
        cJSON_Delete(t->messages);
        t->messages = messages;
        messages = NULL;
    }
    cJSON_Delete(messages);
    ond_buf_free(&text);
    return rc;
}

static int show_where(chat *t)
{
    ond_about about;
    char ctx[32], size[24], threads[16];
    ond_engine_about(t->e, &about);
    snprintf(ctx, sizeof ctx, "%d/%d", ond_session_count(t->s), about.ctx);
    snprintf(threads, sizeof threads, "%d", about.threads);
    OND__SAY(t->c, stdout, OND_M_CLI_CHAT_SHOW, about.name, about.arch, ond__bytes(about.file_bytes, size), about.kern, threads, ctx);
    return OND_OK;
}

static int help(const chat *t)
{
    ond_buf names = {0};
    ond__sampler_names(&names);
    OND__SAY(t->c, stdout, OND_M_CLI_CHAT_HELP, ond_buf_z(&names));
    ond_buf_free(&names);
    return OND_OK;
}

static int command(chat *t, const char *line, ond_err *err)
{
    static const char words[] = "/help /clear /again /undo /system /set /think /save /load /show /stats /quit";
    char name[16] = "";
    int used = 0;
    sscanf(line, "%15s %n", name, &used);
    const char *rest = used ? line + used : "";
    if (strcmp(name, "/help") == 0 || strcmp(name, "/?") == 0) return help(t);
    if (strcmp(name, "/set") == 0) return set_option(t, rest, err);
    if (strcmp(name, "/system") == 0) return set_system(t, rest, err);
    if (strcmp(name, "/save") == 0) return save(t, rest, err);
    if (strcmp(name, "/load") == 0) return load(t, rest, err);
    if (strcmp(name, "/show") == 0) return show_where(t);
    if (strcmp(name, "/stats") == 0) return t->stats = !t->stats, OND_OK;
    if (strcmp(name, "/think") == 0) return set_think(t, rest, err);
    if (strcmp(name, "/clear") == 0) {
        (void)cut_to(t, "");
        return OND_OK;
    }
    if (strcmp(name, "/undo") == 0) {
        if (!cut_to(t, "user")) return OND__REFUSE(t->c, err, OND_E_NOT_FOUND, OND_M_CLI_CHAT_NO_TURN, name);
        cJSON_DeleteItemFromArray(t->messages, cJSON_GetArraySize(t->messages) - 1);
        return OND_OK;
    }
    if (strcmp(name, "/again") == 0) {
        if (!cut_to(t, "user")) return OND__REFUSE(t->c, err, OND_E_NOT_FOUND, OND_M_CLI_CHAT_NO_TURN, name);
        answer(t);
        return OND_OK;
    }
    ond_buf near = {0};
    ond__near(&near, name, words);
    OND__SAY(t->c, stderr, OND_M_PROMPT_NO_COMMAND, name, near.n > 0 ? near.p : words);
    ond_buf_free(&near);
    return OND_OK;
}

/* ---- lines ---- */

/* Text between """ and """ is one message of many lines. */
static bool read_block(chat *t, ond_buf *text)
{
    ond_str line;
    for (;;) {
        size_t n = text->n;
        if (n >= 3 && memcmp(text->p + n - 3, "\"\"\"", 3) == 0) {
            text->p[text->n -= 3] = 0;
            return true;
        }
        if (ond__editor_line(t->editor, ". ", &line) != OND__LINE) return false;
        if (n) ond_buf_putc(text, '\n');
        ond_buf_str(text, line);
        if (!ond_buf_ok(text)) return false;
    }
}

static bool ends(ond_str s)
{
    return ond_str_is(s, "/quit") || ond_str_is(s, "/bye") || ond_str_is(s, "/exit") || ond_str_is(s, "/q");
}

static void read_lines(chat *t)
{
    ond_str line;
    ond__typed typed;
    while ((typed = ond__editor_line(t->editor, "> ", &line)) != OND__END) {
        ond_err err = {0};
        ond_buf text = {0};
        if (typed == OND__CLEARED || line.n == 0) continue;
        if (ends(line)) return;
        bool block = line.n >= 3 && memcmp(line.p, "\"\"\"", 3) == 0;
        ond_buf_put(&text, line.p + (block ? 3 : 0), line.n - (block ? 3 : 0));
        if (!ond_buf_ok(&text) || (block && !read_block(t, &text))) {
            ond_buf_free(&text);
            continue;
        }
        ond__editor_remember(t->editor, ond_buf_z(&text));
        if (!block && text.p[0] == '/') {
            int rc = command(t, text.p, &err);
            if (rc) (void)ond__fail(t->c, rc, &err);
        } else {
            say(t, ond_buf_z(&text));
        }
        ond_buf_free(&text);
        fflush(stdout);
    }
}

int ond__chat(ond_cli *c, ond_engine *e, ond_session *s, const ond_sampler_opts *opts, ond_err *err)
{
    chat t = {.c = c, .e = e, .s = s, .opts = *opts, .messages = cJSON_CreateArray(), .stats = ond__option(c, "stats") != NULL};
    const char *think = ond__option(c, "think"), *system = ond__option(c, "system");
    ond_about about;
    int rc = t.messages ? OND_OK : ond_nomem(err, "the messages");
    ond_engine_about(e, &about);
    t.think_set = think != NULL;
    t.think = think && strcmp(think, "on") == 0;
    if (rc == 0 && !about.chat)
        rc = OND__REFUSE(c, err, OND_E_NOT_FOUND, OND_M_CLI_CHAT_NO_TEMPLATE, about.name);
    if (rc == 0) rc = ond_sampler_open(e, opts, &t.sampler, err);
    if (rc == 0 && system && !put(&t, "system", system)) rc = ond_nomem(err, "the system message");
    if (rc == 0) rc = ond__editor_open("chat_history", NULL, NULL, c->lang, &t.editor, err);
    if (rc == 0) {
        OND__SAY(c, stdout, OND_M_CLI_CHAT_GREETING, about.name);
        read_lines(&t);
    }
    ond__editor_close(t.editor);
    ond_sampler_close(t.sampler);
    cJSON_Delete(t.messages);
    return rc;
}
