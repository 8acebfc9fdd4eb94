/* says.c - steps and rings in words, Korean and English. */
#include "hand/time/internal.h"
#include "base/msg.h"

#include <math.h>
#include <stdio.h>

/* ---- spans and times ---- */

static void unit_put(ond_buf *out, long long n, ond_msg one, ond_msg many, const char *lang)
{
    char text[24];
    if (n == 0) return;
    snprintf(text, sizeof text, "%lld", n);
    if (out->n) ond_buf_putc(out, ' ');
    OND_MSG(out, n == 1 ? one : many, lang, text);
}

void ond__time_span_put(ond_buf *out, double seconds, const char *lang)
{
    ond_buf b = {0};
    long long s = (long long)floor(fabs(seconds));
    unit_put(&b, s / 86400, OND_M_TIME_DAY, OND_M_TIME_DAYS, lang);
    unit_put(&b, s / 3600 % 24, OND_M_TIME_HOUR, OND_M_TIME_HOURS, lang);
    unit_put(&b, s / 60 % 60, OND_M_TIME_MINUTE, OND_M_TIME_MINUTES, lang);
    unit_put(&b, s % 60, OND_M_TIME_SECOND, OND_M_TIME_SECONDS, lang);
    if (b.n == 0) OND_MSG(&b, OND_M_TIME_SECONDS, lang, "0");
    ond_buf_puts(out, ond_buf_z(&b));
    ond_buf_free(&b);
}

/* "every Mon, Wed" for the rules that people say; another one as it is written. */
static bool days_put(ond_buf *out, const char *days, const char *lang)
{
    static const char codes[] = "SU,MO,TU,WE,TH,FR,SA";
    static const ond_msg names[] = {OND_M_TIME_SU, OND_M_TIME_MO, OND_M_TIME_TU, OND_M_TIME_WE,
                                    OND_M_TIME_TH, OND_M_TIME_FR, OND_M_TIME_SA};
    for (const char *p = days; *p; p += p[2] ? 3 : 2) {
        size_t i = 0;
        while (i < 7 && strncmp(codes + 3 * i, p, 2) != 0) i++;
        if (i == 7 || !p[1] || (p[2] && (p[2] != ',' || !p[3]))) return false;
        if (out->n) ond_buf_puts(out, ", ");
        ond_buf_puts(out, ond_msg_text(names[i], lang));
    }
    return out->n > 0;
}

static void rule_put(ond_buf *out, const char *rule, const char *lang)
{
    static const struct {
        const char *rule;
        ond_msg msg;
    } usual[] = {{"FREQ=DAILY", OND_M_TIME_DAILY},
                 {"FREQ=WEEKLY", OND_M_TIME_WEEKLY},
                 {"FREQ=MONTHLY", OND_M_TIME_MONTHLY},
                 {"FREQ=YEARLY", OND_M_TIME_YEARLY},
                 {"FREQ=HOURLY", OND_M_TIME_HOURLY}};
    static const char by_day[] = "FREQ=WEEKLY;BYDAY=";
    ond_buf days = {0};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(usual[i].rule, rule) == 0) rule = ond_msg_text(usual[i].msg, lang);
    if (strncmp(rule, by_day, sizeof by_day - 1) == 0 &&
        days_put(&days, rule + sizeof by_day - 1, lang))
        OND_MSG(out, OND_M_TIME_EVERY, lang, ond_buf_z(&days));
    else
        ond_buf_puts(out, rule);
    ond_buf_free(&days);
}

/* "07:00" of today, "2026-08-01 07:00" of another day, "every day 07:00" of a rule. */
static void when_put(ond_buf *out, const cJSON *row, const char *lang)
{
    ond_civil c, today;
    const char *at = ond_json_str(row, "at", ""), *rule = ond_json_str(row, "rule", "");
    if (!ond__time_local_parse(at, &c)) return;
    ond_civil_of(ond_now(), ond_zone(), &today);
    if (rule[0]) rule_put(out, rule, lang);
    if (rule[0]) ond_buf_putc(out, ' ');
    if (!rule[0] && (c.year != today.year || c.month != today.month || c.day != today.day))
        ond_buf_printf(out, "%04d-%02d-%02d ", c.year, c.month, c.day);
    ond_buf_printf(out, "%02d:%02d", c.hour, c.minute);
    if (c.second) ond_buf_printf(out, ":%02d", c.second);
}

/* ---- things ---- */

/* "the timer “pasta”", "10분 타이머" */
static void thing_put(ond_buf *out, const ond__time_change *c, const char *lang)
{
    const cJSON *row = c->was ? c->was : c->is;
    const char *label = ond_json_str(row, "label", "");
    ond_buf b = {0};
    ond__time_kind k = ond__time_kind_of(c->id);
    if (!row)
        ond_buf_puts(out, c->id);
    else if (k == OND__TIME_REMINDER)
        OND_MSG(out, OND_M_TIME_THE_REMINDER, lang, ond_json_str(row, "text", ""));
    else if (label[0])
        OND_MSG(out, k == OND__TIME_TIMER ? OND_M_TIME_THE_TIMER_LABEL : OND_M_TIME_THE_ALARM_LABEL,
                lang, label);
    else if (k == OND__TIME_TIMER)
        ond__time_span_put(&b, ond_json_num(row, "seconds", 0), lang);
    else
        when_put(&b, row, lang);
    if (b.n)
        OND_MSG(out, k == OND__TIME_TIMER ? OND_M_TIME_THE_TIMER : OND_M_TIME_THE_ALARM, lang,
                ond_buf_z(&b));
    ond_buf_free(&b);
}

static void things_put(ond_buf *out, const ond__time_work *w, const char *lang)
{
    char more[24];
    size_t shown = w->n > 4 ? 3 : w->n;
    for (size_t i = 0; i < shown; i++) {
        if (i) ond_buf_puts(out, ", ");
        thing_put(out, &w->change[i], lang);
    }
    if (w->n == 0) ond_buf_puts(out, ond_msg_text(OND_M_TIME_WHAT_RINGS, lang));
    if (shown == w->n) return;
    snprintf(more, sizeof more, "%zu", w->n - shown);
    ond_buf_puts(out, ", ");
    OND_MSG(out, OND_M_GATE_AND_MORE, lang, more);
}

/* ---- steps ---- */

static const struct {
    const char *verb;
    ond_msg msg; /* {0}: the things, {1}: how long, {2}: when */
} words[] = {
    {"timer_start", OND_M_TIME_SAYS_START},
    {"timer_cancel", OND_M_TIME_SAYS_CANCEL},
    {"alarm_cancel", OND_M_TIME_SAYS_CANCEL},
    {"reminder_cancel", OND_M_TIME_SAYS_CANCEL},
    {"timer_pause", OND_M_TIME_SAYS_PAUSE},
    {"timer_resume", OND_M_TIME_SAYS_RESUME},
    {"timer_restore", OND_M_TIME_SAYS_BACK},
    {"alarm_restore", OND_M_TIME_SAYS_BACK},
    {"reminder_restore", OND_M_TIME_SAYS_BACK},
    {"put_back", OND_M_TIME_SAYS_BACK},
    {"alarm_set", OND_M_TIME_SAYS_SET_ALARM},
    {"reminder_set", OND_M_TIME_SAYS_SET},
    {"alarm_move", OND_M_TIME_SAYS_MOVE},
    {"reminder_move", OND_M_TIME_SAYS_MOVE},
    {"stop", OND_M_TIME_SAYS_STOP},
    {"snooze", OND_M_TIME_SAYS_SNOOZE},
    {"timers", OND_M_TIME_SAYS_TIMERS},
    {"alarms", OND_M_TIME_SAYS_ALARMS},
    {"reminders", OND_M_TIME_SAYS_REMINDERS},
};

static ond_msg word_of(const char *verb, const ond__time_work *w)
{
    const char *label = w->n ? ond_json_str(w->change[0].is, "label", "") : "";
    if (strcmp(verb, "timer_start") == 0 && label[0]) return OND_M_TIME_SAYS_START_LABEL;
    if (strcmp(verb, "alarm_set") == 0 && label[0]) return OND_M_TIME_SAYS_SET;
    if (strcmp(verb, "timer_add") == 0)
        return ond_json_num(w->args, "seconds", 0) < 0 ? OND_M_TIME_SAYS_LESS
                                                       : OND_M_TIME_SAYS_MORE;
    if (strcmp(verb, "alarm_enable") == 0)
        return ond_json_bool(w->args, "on", false) ? OND_M_TIME_SAYS_ON : OND_M_TIME_SAYS_OFF;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].verb, verb) == 0) return words[i].msg;
    return OND_M_TIME_SAYS_BACK;
}

int ond__time_says(const ond__time *h, const char *verb, const ond__time_work *w, cJSON **out,
                   ond_err *err)
{
    static const char *const langs[] = {"ko", "en"};
    (void)h;
    bool ok = (*out = cJSON_CreateObject()) != NULL;
    for (size_t i = 0; i < 2 && ok; i++) {
        ond_buf text = {0}, things = {0}, span = {0}, when = {0};
        things_put(&things, w, langs[i]);
        ond__time_span_put(&span, ond_json_num(w->args, "seconds", 0), langs[i]);
        if (w->n) when_put(&when, w->change[0].is, langs[i]);
        OND_MSG(&text, word_of(verb, w), langs[i], ond_buf_z(&things), ond_buf_z(&span),
                ond_buf_z(&when));
        ok = ond_buf_ok(&text) && ond_json_set_str(*out, langs[i], ond_buf_z(&text));
        ond_buf_free(&text);
        ond_buf_free(&things);
        ond_buf_free(&span);
        ond_buf_free(&when);
    }
    if (ok) return OND_OK;
    cJSON_Delete(*out);
    *out = NULL;
    return ond_nomem(err, "planning");
}

/* ---- rings ---- */

static void clock_time(ond_buf *out, const cJSON *ring)
{
    ond_civil c;
    ond_civil_of((ond_ms)ond_json_num(ring, "due", 0), ond_zone(), &c);
    ond_buf_printf(out, "%02d:%02d", c.hour, c.minute);
}

static void what_put(ond_buf *out, const cJSON *row, const cJSON *ring, const char *lang)
{
    const char *label = ond_json_str(row, "label", "");
    ond__time_kind k = ond__time_kind_of(ond_json_str(row, "id", ""));
    ond_buf b = {0};
    if (k == OND__TIME_TIMER)
        ond__time_span_put(&b, ond_json_num(row, "seconds", 0), lang);
    else
        clock_time(&b, ring);
    if (k == OND__TIME_REMINDER)
        OND_MSG(out, OND_M_TIME_RING_REMINDER, lang, ond_json_str(row, "text", ""));
    else if (k == OND__TIME_TIMER)
        OND_MSG(out, label[0] ? OND_M_TIME_RING_TIMER_LABEL : OND_M_TIME_RING_TIMER, lang,
                ond_buf_z(&b), label);
    else
        OND_MSG(out, label[0] ? OND_M_TIME_RING_ALARM_LABEL : OND_M_TIME_RING_ALARM, lang,
                ond_buf_z(&b), label);
    ond_buf_free(&b);
}

static void mark_put(ond_buf *out, ond_msg msg, const char *lang, const char *arg)
{
    ond_buf_puts(out, " (");
    OND_MSG(out, msg, lang, arg);
    ond_buf_putc(out, ')');
}

static void number_mark_put(ond_buf *out, ond_msg msg, const char *lang, double n)
{
    char text[32];
    snprintf(text, sizeof text, "%.0f", n);
    mark_put(out, msg, lang, text);
}

void ond__time_ring_put(ond_buf *out, const cJSON *row, const cJSON *ring, bool repeat,
                        const char *lang)
{
    double late = ond_json_num(ring, "late", 0), told = ond_json_num(ring, "told", 0),
           missed = ond_json_num(ring, "missed", 0);
    bool telling = ond_json_bool(ring, "telling", false); /* told counts those before this one */
    double nth = told + telling;
    what_put(out, row, ring, lang);
    if (late >= OND__TIME_LATE_MS) {
        ond_buf span = {0};
        ond__time_span_put(&span, late / 1000, lang);
        mark_put(out, OND_M_TIME_RING_LATE, lang, ond_buf_z(&span));
        ond_buf_free(&span);
    }
    if (missed > 0) number_mark_put(out, OND_M_TIME_RING_MISSED, lang, missed);
    if (nth > 1) number_mark_put(out, OND_M_TIME_RING_NTH, lang, nth);
    if (repeat) mark_put(out, OND_M_TIME_RING_REPEAT, lang, "");
}
