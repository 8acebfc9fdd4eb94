/* log.c - the journal for people: rows as JSON, each with a line of words; and why something
 * happened. */
#include "gate/room.h"

#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

static bool put_iso(cJSON *object, const char *key, ond_ms at)
{
    ond_buf b = {0};
    ond_iso_put(&b, at, ond_zone());
    bool ok = ond_buf_ok(&b) && ond_json_set_str(object, key, ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

static const char *says(const cJSON *body, const char *lang)
{
    const cJSON *both = ond_json_get(body, "says");
    const char *english = ond_json_str(both, "en", ond_json_str(body, "verb", "?"));
    return ond_json_str(both, strncmp(lang, "ko", 2) == 0 ? "ko" : "en", english);
}

/* ---- rows ---- */

static ond_msg done_msg(const char *done)
{
    static const struct {
        const char *name;
        ond_msg msg;
    } words[] = {{"ok", OND_M_GATE_DONE_OK},           {"done", OND_M_GATE_DONE_OK},
                 {"already", OND_M_GATE_DONE_ALREADY}, {"unverified", OND_M_GATE_DONE_UNVERIFIED},
                 {"failed", OND_M_GATE_DONE_FAILED},   {"not_done", OND_M_GATE_DONE_NOT},
                 {"not_run", OND_M_GATE_DONE_NOT}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, done) == 0) return words[i].msg;
    return OND_M_GATE_DONE_UNKNOWN;
}

static const char *answer_word(const char *answer, const char *lang)
{
    static const struct { const char *name; ond_msg msg;
    } words[] = {{"yes", OND_M_GATE_ANSWER_YES},
                 {"no", OND_M_GATE_ANSWER_NO},
                 {"none", OND_M_GATE_ANSWER_NONE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, answer) == 0) return ond_msg_text(words[i].msg, lang);
    return answer;
}

/* What was taught, in words; else the words it was taught for. */
static const char *learned(const cJSON *body, const char *lang)
{
    const char *said = ond_json_str(body, "said", "");
    return ond_json_str(ond_json_get(body, "shown"), strncmp(lang, "ko", 2) == 0 ? "ko" : "en",
                        said);
}

static void put_unlearned(ond_buf *out, const cJSON *body, const char *lang)
{
    ond_buf ids = {0};
    const cJSON *list = ond_json_get(body, "ids");
    for (const cJSON *c = list ? list->child : NULL; c && ids.n < 60; c = c->next)
        ond_buf_printf(&ids, "%s%s", ids.n ? ", " : "", cJSON_IsString(c) ? c->valuestring : "");
    if (ids.n >= 60) ond_buf_puts(&ids, ", …");
    OND_MSG(out, OND_M_GATE_LOG_UNLEARN, lang, ond_buf_z(&ids));
    ond_buf_free(&ids);
}

static void put_line(ond_buf *out, const ond_event *e, const char *lang)
{
    const cJSON *b = e->body;
    char ref[24];
    snprintf(ref, sizeof ref, "%lld", (long long)e->ref);
    if (e->forgotten)
        OND_MSG(out, OND_M_GATE_LOG_FORGOTTEN, lang, "");
    else if (!strcmp(e->kind, "wish"))
        OND_MSG(out,
                !ond_json_bool(b, "understood", true) ? OND_M_GATE_LOG_UNKNOWN
                : ond_json_bool(b, "asked", false)    ? OND_M_GATE_LOG_ASKED
                                                      : OND_M_GATE_LOG_WISH,
                lang, ond_json_str(b, "text", "–"));
    else if (!strcmp(e->kind, "undo"))
        OND_MSG(out, OND_M_GATE_LOG_UNDO, lang, ref);
    else if (!strcmp(e->kind, "ask"))
        OND_MSG(out, OND_M_GATE_LOG_ASK, lang, ond_json_str(b, "question", ""));
    else if (!strcmp(e->kind, "answer"))
        OND_MSG(out, OND_M_GATE_LOG_ANSWER, lang,
                answer_word(ond_json_str(b, "answer", ""), lang));
    else if (!strcmp(e->kind, "intent"))
        OND_MSG(out, OND_M_GATE_LOG_INTENT, lang, says(b, lang));
    else if (!strcmp(e->kind, "outcome"))
        OND_MSG(out, done_msg(ond_json_str(b, "done", "")), lang, ond_json_str(b, "error", ""));
    else if (!strcmp(e->kind, "settled"))
        OND_MSG(out, done_msg(ond_json_str(b, "found", "")), lang, "");
    else if (!strcmp(e->kind, "ring"))
        OND_MSG(out, OND_M_GATE_LOG_RING, lang, says(b, lang));
    else if (!strcmp(e->kind, "learn"))
        OND_MSG(out, OND_M_GATE_LOG_LEARN, lang, learned(b, lang));
    else if (!strcmp(e->kind, "unlearn"))
        put_unlearned(out, b, lang);
    else if (!strcmp(e->kind, "denied"))
        OND_MSG(out, OND_M_GATE_LOG_DENIED, lang,
                ond_json_str(cJSON_GetArrayItem(ond_json_get(b, "steps"), 0), "policy", ""));
}

typedef struct lister {
    cJSON *rows;
    const char *lang;
    bool nomem;
} lister;

static bool put_row(cJSON *row, const ond_event *e, const char *lang)
{
    char hex[OND_HASH_HEX];
    ond_buf line = {0};
    ond_hash_hex(&e->hash, hex);
    put_line(&line, e, lang);
    bool ok =
        ond_json_set_num(row, "id", (double)e->id) &&
        ond_json_set_num(row, "task", (double)e->task) && ond_json_set_str(row, "kind", e->kind) &&
        put_iso(row, "at", e->at) && ond_json_set_num(row, "ref", (double)e->ref) &&
        (e->body ? ond__set_dup(row, "body", e->body) : ond_json_set_str(row, "body", NULL)) &&
        ond_json_set_str(row, "text", ond_buf_z(&line)) && ond_json_set_str(row, "hash", hex);
    ond_buf_free(&line);
    return ok;
}

static bool list_row(void *self, const ond_event *e)
{
    lister *l = self;
    cJSON *row = cJSON_CreateObject();
    if (row && put_row(row, e, l->lang) && cJSON_InsertItemInArray(l->rows, 0, row)) return true;
    cJSON_Delete(row);
    l->nomem = true;
    return false;
}

cJSON *ond_gate_log(ond_gate *g, const ond_log_opts *opts)
{
    static const ond_log_opts all;
    if (!opts) opts = &all;
    lister l = {.rows = cJSON_CreateArray(),
                .lang = opts->lang && opts->lang[0] ? opts->lang : g->lang};
    ond_event_query q = {.kind = opts->kind && opts->kind[0] ? opts->kind : NULL,
                         .task = opts->task,
                         .since = opts->since,
                         .limit = opts->limit,
                         .newest_first = true};
    cJSON *out = cJSON_CreateObject();
    bool ok = out && l.rows && ond_json_set_num(out, "version", 1) &&
              ond_store_each(g->store, &q, list_row, &l, NULL) == 0 && !l.nomem;
    if (ok) {
        ok = ond_json_set(out, "events", l.rows);
        l.rows = NULL;
    }
    if (ok) return out;
    cJSON_Delete(l.rows);
    cJSON_Delete(out);
    return NULL;
}

/* ---- why ---- */

static void put_wish(ond_buf *out, const ond__task *t, const char *lang)
{
    ond_buf at = {0};
    ond_civil c;
    char undone[24];
    const char *text = ond_json_str(t->wish, "text", NULL);
    ond_civil_of(t->at, ond_zone(), &c);
    ond_buf_printf(&at, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    snprintf(undone, sizeof undone, "%lld", (long long)t->undoes);
    if (!t->wish)
        OND_MSG(out, OND_M_GATE_WHY_FORGOTTEN, lang, ond_buf_z(&at));
    else if (text)
        OND_MSG(out, OND_M_GATE_WHY_WISH, lang, text, ond_buf_z(&at));
    else if (!t->undoes)
        OND_MSG(out, OND_M_GATE_WHY_NO_WISH, lang, ond_buf_z(&at));
    if (t->undoes && t->wish) {
        if (out->n) ond_buf_putc(out, ' ');
        OND_MSG(out, OND_M_GATE_WHY_UNDO, lang, undone);
    }
    ond_buf_free(&at);
}

static void put_asks(ond_buf *out, const ond__task *t, const char *lang)
{
    for (const cJSON *c = t->asks ? t->asks->child : NULL; c; c = c->next) {
        const char *answer = ond_json_str(c, "answer", NULL),
                   *question = ond_json_str(c, "question", "");
        ond_buf_putc(out, ' ');
        if (answer && strcmp(answer, "yes") == 0)
            OND_MSG(out, OND_M_GATE_WHY_YES, lang, question);
        else if (answer && strcmp(answer, "no") == 0)
            OND_MSG(out, OND_M_GATE_WHY_NO, lang, question);
        else
            OND_MSG(out, answer ? OND_M_GATE_WHY_NO_ANSWER : OND_M_GATE_WHY_WAITS, lang, question);
    }
}

/* A rule is named as it stands in the file; a default in words. */
static void put_policy(ond_buf *out, const char *policy, const char *lang)
{
    static const struct {
        const char *start;
        ond_msg msg;
    } defaults[] = {{"default for read", OND_M_GATE_DEFAULT_READ},
                    {"default for reversible", OND_M_GATE_DEFAULT_REVERSIBLE},
                    {"default for irreversible", OND_M_GATE_DEFAULT_IRREVERSIBLE},
                    {"default for physical", OND_M_GATE_DEFAULT_PHYSICAL}};
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        size_t n = strlen(defaults[i].start);
        if (strncmp(policy, defaults[i].start, n) != 0) continue;
        ond_buf_puts(out, ond_msg_text(defaults[i].msg, lang));
        policy += n;
        break;
    }
    ond_buf_puts(out, policy);
}

static void put_deed(ond_buf *out, const ond__task *t, const ond__deed *d, const char *lang)
{
    char id[24];
    ond_buf policy = {0};
    put_policy(&policy, ond_json_str(d->intent, "policy", "–"), lang);
    ond_buf_putc(out, ' ');
    OND_MSG(out, OND_M_GATE_WHY_STEP, lang, says(d->intent, lang), ond_buf_z(&policy));
    ond_buf_free(&policy);
    ond_buf_putc(out, ' ');
    OND_MSG(out, d->ended ? done_msg(ond_done_name(d->done)) : OND_M_GATE_DONE_UNKNOWN, lang,
            d->error);
    if (d->undone) {
        snprintf(id, sizeof id, "%lld", (long long)d->undone_by);
        ond_buf_putc(out, ' ');
        OND_MSG(out, OND_M_GATE_WHY_UNDONE, lang, id);
    } else if (ond__deed_undoable(d)) {
        snprintf(id, sizeof id, "%lld", (long long)t->id);
        ond_buf_putc(out, ' ');
        OND_MSG(out, OND_M_GATE_WHY_CAN_UNDO, lang, id);
    }
}

static void put_text(ond_buf *out, const ond__task *t, const char *lang)
{
    put_wish(out, t, lang);
    put_asks(out, t, lang);
    for (const cJSON *c = t->denied ? t->denied->child : NULL; c; c = c->next) {
        ond_buf_putc(out, ' ');
        OND_MSG(out, OND_M_GATE_WHY_DENIED, lang, ond_json_str(c, "verb", ""),
                ond_json_str(c, "policy", ""));
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->deed[i].intent) put_deed(out, t, &t->deed[i], lang);
}

static cJSON *deed_json(const ond__deed *d)
{
    cJSON *row = d->intent ? cJSON_Duplicate(d->intent, true) : cJSON_CreateObject();
    bool ok = row && ond_json_set_num(row, "event", (double)d->event) &&
              ond_json_set_str(row, "done", d->ended ? ond_done_name(d->done) : NULL) &&
              ond__set_dup(row, "after", d->after) &&
              (!d->error[0] || ond_json_set_str(row, "error", d->error)) &&
              (!d->undone || ond_json_set_num(row, "undone_by", (double)d->undone_by));
    if (ok) return row;
    cJSON_Delete(row);
    return NULL;
}

/* One member of each deed, or the whole of it where `key` is NULL. */
static cJSON *deeds_json(const ond__task *t, const char *key)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < t->n; i++) {
        cJSON *row = deed_json(&t->deed[i]), *item = row;
        if (row && key) {
            item = cJSON_DetachItemFromObjectCaseSensitive(row, key);
            if (!item) item = cJSON_CreateNull();
            cJSON_Delete(row);
        }
        if (item && cJSON_AddItemToArray(list, item)) continue;
        cJSON_Delete(item);
        cJSON_Delete(list);
        list = NULL;
    }
    return list;
}

static bool fill_why(cJSON *out, const ond__task *t, const char *lang)
{
    ond_buf text = {0};
    put_text(&text, t, lang);
    bool ok =
        ond_buf_ok(&text) && ond_json_set_num(out, "version", 1) &&
        ond_json_set_num(out, "task", (double)t->id) && put_iso(out, "at", t->at) &&
        ond_json_set(out, "wish", t->wish ? cJSON_Duplicate(t->wish, true) : cJSON_CreateNull()) &&
        ond_json_set(out, "steps", deeds_json(t, NULL)) &&
        ond_json_set(out, "policy", deeds_json(t, "policy")) &&
        ond_json_set(out, "answers",
                     t->asks ? cJSON_Duplicate(t->asks, true) : cJSON_CreateArray()) &&
        ond__set_dup(out, "denied", t->denied) &&
        ond_json_set(out, "outcome", deeds_json(t, "done")) &&
        ond_json_set(out, "undo", deeds_json(t, "undo")) &&
        (!t->undoes || ond_json_set_num(out, "undoes", (double)t->undoes)) &&
        ond_json_set_str(out, "text", ond_buf_z(&text));
    ond_buf_free(&text);
    return ok;
}

int ond_gate_why(ond_gate *g, int64_t event, const char *lang, cJSON **out, ond_err *err)
{
    ond__task t;
    *out = NULL;
    int rc = ond__task_read(g, event, true, &t, err);
    if (rc) return rc;
    cJSON *o = cJSON_CreateObject();
    bool ok = o && fill_why(o, &t, lang && lang[0] ? lang : g->lang);
    ond__task_free(&t);
    if (ok) {
        *out = o;
        return 0;
    }
    cJSON_Delete(o);
    return ond_nomem(err, "reading the journal");
}
