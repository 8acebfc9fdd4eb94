/* clock.c - what time is left, and when something is due.
 *
 * Within one boot elapsed time is CLOCK_BOOTTIME, which runs through suspend and which nobody can
 * set. Across boots, and while the wall clock is frozen, only the wall clock tells what has passed.
 */
#include "hand/time/internal.h"

#include <stdio.h>

/* ---- local times ---- */

static bool digits(const char **p, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9') return false;
        *out = *out * 10 + (**p - '0');
    }
    return true;
}

static bool mark(const char **p, char c)
{
    if (**p != c) return false;
    (*p)++;
    return true;
}

/* The calendar has that day: it comes back the same from the instant, in a zone without gaps. */
static bool is_day(const ond_civil *c)
{
    ond_civil back;
    ond_civil_of(ond_civil_ms(c, "UTC"), "UTC", &back);
    return back.year == c->year && back.month == c->month && back.day == c->day;
}

bool ond__time_local_parse(const char *text, ond_civil *out)
{
    const char *p = text;
    *out = (ond_civil){0};
    bool ok = digits(&p, 4, &out->year) && mark(&p, '-') && digits(&p, 2, &out->month) &&
              mark(&p, '-') && digits(&p, 2, &out->day) && mark(&p, 'T') &&
              digits(&p, 2, &out->hour) && mark(&p, ':') && digits(&p, 2, &out->minute);
    if (ok && *p) ok = mark(&p, ':') && digits(&p, 2, &out->second) && !*p;
    return ok && out->year >= 1970 && out->year < 2400 && out->month >= 1 && out->month <= 12 &&
           out->day >= 1 && out->hour < 24 && out->minute < 60 && out->second < 60 && is_day(out);
}

void ond__time_local_put(ond_buf *out, const ond_civil *c)
{
    ond_buf_printf(out, "%04d-%02d-%02dT%02d:%02d", c->year, c->month, c->day, c->hour, c->minute);
    if (c->second) ond_buf_printf(out, ":%02d", c->second);
}

bool ond__time_local_ms(const char *text, ond_ms *out)
{
    ond_civil c;
    if (!ond__time_local_parse(text, &c)) return false;
    *out = ond_civil_ms(&c, ond_zone());
    return true;
}

/* ---- elapsed time ---- */

bool ond__time_winds(const cJSON *row)
{
    return ond_json_get(row, "wall") != NULL;
}

bool ond__time_wind(cJSON *row, double left_ms)
{
    ond_boot boot;
    if (!ond_boot_now(&boot)) boot = (ond_boot){{0}, 0};
    return ond_json_set_num(row, "left", left_ms) && ond_json_set_str(row, "boot", boot.id) &&
           ond_json_set_num(row, "up", (double)boot.at) &&
           ond_json_set_num(row, "wall", (double)ond_now());
}

bool ond__time_unwind(cJSON *row, double left_ms)
{
    static const char *const names[] = {"boot", "up", "wall"};
    for (size_t i = 0; i < 3; i++) cJSON_DeleteItemFromObjectCaseSensitive(row, names[i]);
    return ond_json_set_num(row, "left", left_ms);
}

static double elapsed(const cJSON *row)
{
    ond_boot boot;
    double up = ond_json_num(row, "up", 0), wall = ond_json_num(row, "wall", 0), passed;
    const char *id = ond_json_str(row, "boot", "");
    if (id[0] && ond_boot_now(&boot) && strcmp(boot.id, id) == 0)
        passed = (double)boot.at - up;
    else
        passed = (double)ond_now() - wall;
    return passed > 0 ? passed : 0; /* a wall clock that went back does not add time */
}

double ond__time_left(const cJSON *row)
{
    double left = ond_json_num(row, "left", 0);
    return ond__time_winds(row) ? left - elapsed(row) : left;
}

/* ---- due ---- */

/* One that has rung is gone, so one that is there has not, however the clock or the zone were
 * changed. */
static int due_once(const cJSON *row, ond_ms now, ond__time_due *out)
{
    ond_ms at;
    if (!ond__time_local_ms(ond_json_str(row, "at", ""), &at) || ond_json_get(row, "ring"))
        return OND_OK;
    if (at > now)
        out->next = at;
    else
        out->due = at;
    return OND_OK;
}

/* Counting (a timer, a snoozed alarm): what is over was due when it was over. */
static void due_counting(const cJSON *row, ond_ms now, ond__time_due *out)
{
    double left = ond__time_left(row);
    if (left > 0)
        out->next = now + (ond_ms)left;
    else
        out->due = now + (ond_ms)left;
}

int ond__time_due_of(const cJSON *row, ond__time_due *out, ond_err *err)
{
    ond_ms now = ond_now();
    const char *rule = ond_json_str(row, "rule", "");
    ond_civil at;
    *out = (ond__time_due){.next = OND_NEVER};
    if (ond__time_winds(row)) due_counting(row, now, out);
    if (ond__time_kind_of(ond_json_str(row, "id", "")) == OND__TIME_TIMER || ond__time_winds(row))
        return OND_OK;
    if (!ond_json_bool(row, "on", true)) return OND_OK;
    if (!rule[0]) return due_once(row, now, out);
    if (!ond__time_local_parse(ond_json_str(row, "at", ""), &at)) return OND_OK;
    return ond__time_rule_due(rule, &at, (ond_ms)ond_json_num(row, "since", 0), now, out, err);
}

bool ond__time_rings(const cJSON *row)
{
    ond__time_due due;
    if (ond__time_kind_of(ond_json_str(row, "id", "")) == OND__TIME_REMINDER) return false;
    if (ond_json_get(row, "ring")) return true;
    return ond__time_due_of(row, &due, NULL) == 0 && due.due != 0;
}
