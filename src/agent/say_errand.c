/* say_errand.c - what came of errands, in words: timers, alarms, reminders, events, lists, notes. */
#include "agent/errand.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_TOLD = 10 };

/* ---- pieces ---- */

static const char *arg(const cJSON *step, const char *key)
{
    return ond_json_str(ond_json_get(step, "args"), key, "");
}

/* A field that the step shows: afterwards, or else as it was before. */
static const char *shown(const cJSON *step, const char *key)
{
    const char *before = ond_json_str(ond_json_get(step, "before"), key, "");
    return ond_json_str(ond_json_get(step, "after"), key, before);
}

/* "내일 오전 7시", "매주 월요일 오전 7시" */
static void when_put(ond_buf *out, const char *local, const char *rule, const char *lang)
{
    ond_when_opts opts = ond__when_opts(false, true);
    if (rule[0]) {
        ond_civil c;
        bool timed;
        ond_when_rule_say(out, rule, lang);
        if (ond_when_local_read(local, &c, &timed) && timed) {
            ond_buf_puts(out, strncmp(lang, "ko", 2) == 0 ? " " : " at ");
            ond__clock_put(out, &c, lang);
        }
    } else
        ond_when_say(out, local, &opts, lang);
}

static void seconds_put(ond_buf *out, double seconds, const char *lang)
{
    ond_when_dur_say(out, (int64_t)(seconds < 0 ? -seconds : seconds), lang);
}

static const char *list_word(const char *list, const char *lang)
{
    if (strcmp(list, "shopping") == 0)
        return ond_msg_text(OND_M_AGENT_LIST_SHOPPING, lang);
    if (strcmp(list, "todo") == 0)
        return ond_msg_text(OND_M_AGENT_LIST_TODO, lang);
    return list;
}

/* ---- what was done ---- */

static void timer_start_put(ond_buf *out, const cJSON *s, const char *lang)
{
    ond_buf time = {0};
    seconds_put(&time, ond_json_num(ond_json_get(s, "args"), "seconds", 0), lang);
    if (arg(s, "label")[0])
        OND_MSG(out, OND_M_AGENT_TIMER_NAMED, lang, arg(s, "label"), ond_buf_z(&time));
    else
        OND_MSG(out, OND_M_AGENT_TIMER_SET, lang, ond_buf_z(&time));
    ond_buf_free(&time);
}

static void timer_add_put(ond_buf *out, const cJSON *s, const char *lang)
{
    ond_buf time = {0};
    double seconds = ond_json_num(ond_json_get(s, "args"), "seconds", 0);
    seconds_put(&time, seconds, lang);
    OND_MSG(out, seconds < 0 ? OND_M_AGENT_TIMER_LESS : OND_M_AGENT_TIMER_MORE, lang,
            ond_buf_z(&time));
    ond_buf_free(&time);
}

static void snooze_put(ond_buf *out, const cJSON *s, const char *lang)
{
    ond_buf time = {0};
    seconds_put(&time, ond_json_num(ond_json_get(s, "args"), "seconds", 0), lang);
    OND_MSG(out, OND_M_AGENT_SNOOZED, lang, ond_buf_z(&time));
    ond_buf_free(&time);
}

static void dated_put(ond_buf *out, const cJSON *s, const char *lang, ond_msg id, const char *what,
                      const char *time)
{
    ond_buf when = {0};
    when_put(&when, arg(s, time), arg(s, "rule"), lang);
    OND_MSG(out, id, lang, ond_buf_z(&when), what);
    ond_buf_free(&when);
}

static void alarm_set_put(ond_buf *out, const cJSON *s, const char *lang)
{
    dated_put(out, s, lang, OND_M_AGENT_ALARM_SET, "", "at");
}
static void alarm_move_put(ond_buf *out, const cJSON *s, const char *lang)
{
    dated_put(out, s, lang, OND_M_AGENT_ALARM_MOVED, "", "at");
}
static void reminder_set_put(ond_buf *out, const cJSON *s, const char *lang)
{
    dated_put(out, s, lang, OND_M_AGENT_REMINDER_SET, arg(s, "text"), "at");
}
static void reminder_move_put(ond_buf *out, const cJSON *s, const char *lang)
{
    dated_put(out, s, lang, OND_M_AGENT_REMINDER_MOVED, shown(s, "text"), "at");
}
static void create_put(ond_buf *out, const cJSON *s, const char *lang)
{
    dated_put(out, s, lang, OND_M_AGENT_EVENT_MADE, arg(s, "title"), "start");
}
static void move_put(ond_buf *out, const cJSON *s, const char *lang)
{
    dated_put(out, s, lang, OND_M_AGENT_EVENT_MOVED, shown(s, "title"), "start");
}

static void list_add_put(ond_buf *out, const cJSON *s, const char *lang)
{
    OND_MSG(out, OND_M_AGENT_ITEM_ADDED, lang, arg(s, "text"), list_word(arg(s, "list"), lang));
}

/* Verbs whose sentence needs one word of the step: `key` of what it shows, or of its arguments. */
static const struct { const char *hand, *verb; ond_msg id; const char *key;
} plain[] = {
    {"time", "timer_cancel", OND_M_AGENT_TIMER_CANCELLED, "label"},
    {"time", "timer_pause", OND_M_AGENT_TIMER_PAUSED, "label"},
    {"time", "timer_resume", OND_M_AGENT_TIMER_RESUMED, "label"},
    {"time", "alarm_cancel", OND_M_AGENT_ALARM_CANCELLED, "label"},
    {"time", "reminder_cancel", OND_M_AGENT_REMINDER_CANCELLED, "text"},
    {"time", "stop", OND_M_AGENT_SILENCED, ""},
    {"calendar", "remove", OND_M_AGENT_EVENT_REMOVED, "title"},
    {"calendar", "change", OND_M_AGENT_EVENT_CHANGED, "title"},
    {"calendar", "item_check", OND_M_AGENT_ITEM_CHECKED, "text"},
    {"calendar", "item_remove", OND_M_AGENT_ITEM_REMOVED, "text"},
    {"calendar", "list_clear", OND_M_AGENT_LIST_CLEARED, ""},
    {"notes", "create", OND_M_AGENT_NOTED, "text"},
    {"notes", "append", OND_M_AGENT_NOTED_MORE, "note"},
    {"notes", "remove", OND_M_AGENT_NOTE_REMOVED, "note"},
};

typedef void put_fn(ond_buf *out, const cJSON *step, const char *lang);
static const struct { const char *hand, *verb; put_fn *put;
} told[] = {
    {"time", "timer_start", timer_start_put},
    {"time", "timer_add", timer_add_put},
    {"time", "snooze", snooze_put},
    {"time", "alarm_set", alarm_set_put},
    {"time", "alarm_move", alarm_move_put},
    {"time", "reminder_set", reminder_set_put},
    {"time", "reminder_move", reminder_move_put},
    {"calendar", "create", create_put},
    {"calendar", "move", move_put},
    {"calendar", "item_add", list_add_put},
};

static bool is(const cJSON *step, const char *hand, const char *verb)
{
    return strcmp(ond_json_str(step, "hand", ""), hand) == 0 &&
           strcmp(ond_json_str(step, "verb", ""), verb) == 0;
}

bool ond__errand_put(ond_buf *out, const cJSON *step, bool was, const char *lang)
{
    for (size_t i = 0; !was && i < sizeof told / sizeof told[0]; i++)
        if (is(step, told[i].hand, told[i].verb)) {
            told[i].put(out, step, lang);
            return true;
        }
    for (size_t i = 0; !was && i < sizeof plain / sizeof plain[0]; i++)
        if (is(step, plain[i].hand, plain[i].verb)) {
            const char *given = arg(step, plain[i].key);
            OND_MSG(out, plain[i].id, lang, given[0] ? given : shown(step, plain[i].key));
            return true;
        }
    return false;
}

/* ---- answers ---- */

typedef void item_fn(ond_buf *out, const cJSON *item, const char *lang);

static void timer_put(ond_buf *out, const cJSON *t, const char *lang)
{
    ond_buf whole = {0}, left = {0};
    const char *label = ond_json_str(t, "label", "");
    if (label[0])
        ond_buf_puts(&whole, label);
    else
        seconds_put(&whole, ond_json_num(t, "seconds", 0), lang);
    seconds_put(&left, ond_json_num(t, "left", 0), lang);
    OND_MSG(out, OND_M_AGENT_TIMER_LEFT, lang, ond_buf_z(&whole), ond_buf_z(&left));
    ond_buf_free(&whole);
    ond_buf_free(&left);
}

static void alarm_put(ond_buf *out, const cJSON *a, const char *lang)
{
    const char *what = ond_json_str(a, "text", ond_json_str(a, "label", ""));
    const char *rule = ond_json_str(a, "rule", "");
    when_put(out, rule[0] ? ond_json_str(a, "at", "") : ond_json_str(a, "next", ond_json_str(a, "at", "")),
             rule, lang);
    if (what[0])
        ond_buf_printf(out, " %s", what);
}

static void event_put(ond_buf *out, const cJSON *e, const char *lang)
{
    when_put(out, ond_json_str(e, "start", ""), "", lang);
    ond_buf_printf(out, " %s", ond_json_str(e, "title", ""));
}

static void item_put(ond_buf *out, const cJSON *i, const char *lang)
{
    (void)lang;
    ond_buf_puts(out, ond_json_str(i, "text", ""));
}

static void list_put(ond_buf *out, const cJSON *l, const char *lang)
{
    ond_buf_printf(out, "%s (%.0f)", list_word(ond_json_str(l, "list", ond_json_str(l, "name", "")), lang),
                   ond_json_num(l, "open", 0));
}

static void note_put(ond_buf *out, const cJSON *n, const char *lang)
{
    const char *line = ond_json_str(n, "line", "");
    (void)lang;
    ond_buf_puts(out, ond_json_str(n, "title", ond_json_str(n, "note", "")));
    if (line[0] && strcmp(line, ond_json_str(n, "title", "")) != 0)
        ond_buf_printf(out, ": %s", line);
}

static const struct { const char *hand, *verb, *key; item_fn *put; ond_msg some, none;
} answers[] = {
    {"time", "timers", "timers", timer_put, OND_M_AGENT_ALL, OND_M_AGENT_NO_TIMERS},
    {"time", "alarms", "alarms", alarm_put, OND_M_AGENT_ALARMS, OND_M_AGENT_NO_ALARMS},
    {"time", "reminders", "reminders", alarm_put, OND_M_AGENT_REMINDERS,
     OND_M_AGENT_NO_REMINDERS},
    {"calendar", "events", "events", event_put, OND_M_AGENT_EVENTS, OND_M_AGENT_NO_EVENTS},
    {"calendar", "find", "events", event_put, OND_M_AGENT_EVENTS, OND_M_AGENT_NO_EVENTS},
    {"calendar", "items", "items", item_put, OND_M_AGENT_ITEMS, OND_M_AGENT_NO_ITEMS},
    {"calendar", "lists", "lists", list_put, OND_M_AGENT_ALL, OND_M_AGENT_NO_LISTS},
    {"notes", "find", "notes", note_put, OND_M_AGENT_ALL, OND_M_AGENT_NO_NOTES},
    {"notes", "list", "notes", note_put, OND_M_AGENT_ALL, OND_M_AGENT_NO_NOTES},
};

static void each_put(ond_buf *out, const cJSON *list, item_fn *put, const char *lang)
{
    const cJSON *one;
    int n = cJSON_GetArraySize(list), at = 0;
    ond_buf all = {0};
    char rest[24];
    cJSON_ArrayForEach(one, list) {
        if (at == MOST_TOLD)
            break;
        ond_buf_puts(&all, at++ ? ", " : "");
        put(&all, one, lang);
    }
    snprintf(rest, sizeof rest, "%d", n - at);
    if (n > at)
        OND_MSG(out, OND_M_AGENT_LIST_MORE, lang, ond_buf_z(&all), rest);
    else
        ond_buf_puts(out, ond_buf_z(&all));
    ond_buf_free(&all);
}

static const cJSON *found_by(const cJSON *step)
{
    const cJSON *after = ond_json_get(step, "after");
    return cJSON_IsObject(after) ? after : ond_json_get(step, "before");
}

static void answer_put(ond_buf *out, const cJSON *step, const char *lang)
{
    const cJSON *found = found_by(step);
    if (is(step, "notes", "show")) {
        ond_buf_puts(out, ond_json_str(found, "text", ""));
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (!is(step, answers[i].hand, answers[i].verb))
            continue;
        const cJSON *list = ond_json_get(found, answers[i].key);
        ond_buf all = {0};
        each_put(&all, list, answers[i].put, lang);
        OND_MSG(out, all.n ? answers[i].some : answers[i].none, lang, ond_buf_z(&all),
                list_word(arg(step, "list"), lang));
        ond_buf_free(&all);
    }
}

void ond__errand_answer_put(ond_buf *out, const ond__wish *w, const cJSON *report)
{
    const cJSON *step;
    cJSON_ArrayForEach(step, ond_json_get(report, "steps")) {
        if (out->n && out->p[out->n - 1] != ' ')
            ond_buf_putc(out, ' ');
        answer_put(out, step, w->lang);
    }
}
