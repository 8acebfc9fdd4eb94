/* history.c - "who turned it on?", "when was the door opened?": from the journal, newest first.
 *
 * Looks for the last act on one of the devices that brought about what is asked, and tells when it
 * was and because of which sentence. What moved by itself or by hand is in no row: then the journal
 * says nothing. */
#include "agent/errand.h"
#include "agent/words.h"

#include <stdlib.h>

enum { MOST_ROWS = 2000 };

/* Verbs that bring a state about. */
static const struct { const char *state, *verbs;
} brings[] = {
    {"on", "turn_on set_light start activate"},
    {"off", "turn_off dock"},
    {"open", "open set_position unlock"},
    {"closed", "close set_position lock"},
    {"locked", "lock"},
    {"unlocked", "unlock"},
};

static bool is_target(const ond__wish *w, const char *id)
{
    for (size_t i = 0; i < w->n_target; i++)
        if (strcmp(w->a->registry.device[w->target[i]].id, id) == 0)
            return true;
    return false;
}

static bool brought(const ond__wish *w, const cJSON *body)
{
    const char *state = ond__slot_str(w, "state", "");
    const cJSON *args = ond_json_get(body, "args");
    const char *verb = ond_json_str(body, "verb", "");
    if (strcmp(ond_json_str(body, "hand", ""), "home") != 0 ||
        strcmp(ond_json_str(body, "effect", ""), "read") == 0 ||
        !is_target(w, ond_json_str(args, "entity", "")))
        return false;
    for (size_t i = 0; i < sizeof brings / sizeof brings[0]; i++)
        if (strcmp(brings[i].state, state) == 0)
            return ond__word_of(brings[i].verbs, verb) ||
                   strcmp(ond_json_str(ond_json_get(args, "attributes"), "state", ""), state) == 0;
    return true;
}

static const cJSON *wish_of(const cJSON *rows, double task)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
        if (ond_json_num(row, "id", -1) == task)
            return ond_json_get(row, "body");
    return NULL;
}

static void row_put(ond_buf *out, const ond__wish *w, const cJSON *rows, const cJSON *row)
{
    const char *at = ond_json_str(row, "at", "");
    const cJSON *says = ond_json_get(ond_json_get(row, "body"), "says");
    const char *what = ond_json_str(says, strcmp(w->lang, "ko") == 0 ? "ko" : "en", "?");
    const char *wish = ond_json_str(wish_of(rows, ond_json_num(row, "task", 0)), "text", "?");
    ond_when_opts opts = ond__when_opts(false, true);
    char local[17];
    ond_buf when = {0};
    snprintf(local, sizeof local, "%.16s", at); /* without seconds and zone */
    ond_when_say(&when, local, &opts, w->lang);
    OND_MSG(out, OND_M_AGENT_HISTORY, w->lang, ond_buf_z(&when), what, wish);
    ond_buf_free(&when);
}

/* "What did you just do?" is about the last act, whatever it was on. */
static bool is_act(const cJSON *body)
{
    return strcmp(ond_json_str(body, "effect", ""), "read") != 0;
}

/* "what have you done in the last hour?": the acts of that time, the last of them. */
static bool acts_put(ond_buf *out, const ond__wish *w, const ond_when *t, const cJSON *rows)
{
    enum { MOST_TOLD = 8 };
    const cJSON *row, *told[MOST_TOLD];
    size_t n = 0;
    ond_buf from = {0}, to = {0};
    ond_when_local_put(&from, &t->start, true);
    ond_when_local_put(&to, &t->end, true);
    cJSON_ArrayForEach(row, rows) {
        const char *at = ond_json_str(row, "at", "");
        if (strcmp(ond_json_str(row, "kind", ""), "intent") != 0 || !is_act(ond_json_get(row, "body")) ||
            strncmp(at, ond_buf_z(&from), 16) < 0 || strncmp(at, ond_buf_z(&to), 16) > 0)
            continue;
        if (n == MOST_TOLD)
            memmove(told, told + 1, --n * sizeof *told);
        told[n++] = row;
    }
    for (size_t i = 0; i < n; i++) {
        ond_buf_puts(out, i ? "\n" : "");
        row_put(out, w, rows, told[i]);
    }
    ond_buf_free(&from);
    ond_buf_free(&to);
    return n > 0;
}

void ond__history_put(ond_buf *out, ond__wish *w)
{
    ond_err err;
    bool any = ond__slot_has(w, "last", "yes");
    ond_log_opts opts = {.limit = MOST_ROWS, .lang = w->lang};
    bool found = any || (ond__query_targets(w, &err) == 0 && w->code == 0);
    cJSON *log = found ? ond_gate_log(w->a->gate, &opts) : NULL;
    const cJSON *rows = ond_json_get(log, "events"), *row, *last = NULL;
    cJSON_ArrayForEach(row, rows) {
        const cJSON *body = ond_json_get(row, "body");
        if (strcmp(ond_json_str(row, "kind", ""), "intent") == 0 &&
            (any ? is_act(body) : brought(w, body)))
            last = row;
    }
    ond_when t = ond__when(w, "", false, true);
    bool within = any && t.code == OND_WHEN_OK;
    if (within && acts_put(out, w, &t, rows))
        last = NULL;
    else if (last && !within)
        row_put(out, w, rows, last);
    else
        OND_MSG(out, OND_M_AGENT_NO_HISTORY, w->lang, "");
    w->code = 0;
    cJSON_Delete(log);
}
