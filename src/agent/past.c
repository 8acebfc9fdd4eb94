/* past.c - what was said before: the last few sentences, for those that lean on them.
 *
 * Kept in memory while the owner runs; a process that has just begun reads them from the journal.
 * Sentences grow old: after ten minutes nothing leans on them. */
#include "agent/room.h"
#include "sys/clock.h"

#include <stdlib.h>

enum { OLD_MS = 10 * 60 * 1000 };

static void past_free(ond__past *p)
{
    free(p->text);
    free(p->area);
    *p = (ond__past){0};
}

void ond__past_clear(ond_agent *a)
{
    for (size_t i = 0; i < a->n_past; i++)
        past_free(&a->past[i]);
    a->n_past = 0;
    a->past_known = false;
}

/* The newest stands first. Out of memory: it is as if it had not been said. */
static void push(ond_agent *a, const ond__past *p)
{
    ond__past one = *p;
    one.text = strdup(p->text);
    one.area = p->area ? strdup(p->area) : NULL;
    if (!one.text || (p->area && !one.area)) {
        past_free(&one);
        return;
    }
    if (a->n_past == OND__MOST_PAST)
        past_free(&a->past[--a->n_past]);
    memmove(a->past + 1, a->past, a->n_past * sizeof *a->past);
    a->past[0] = one;
    a->n_past++;
}

static void push_row(ond_agent *a, const cJSON *row)
{
    const cJSON *body = ond_json_get(row, "body");
    const char *text = ond_json_str(body, "text", "");
    ond__past p = {.text = (char *)text,
                   .area = (char *)ond_json_str(body, "area", NULL),
                   .task = (int64_t)ond_json_num(row, "task", 0),
                   .asked = ond_json_bool(body, "asked", false),
                   .unknown = !ond_json_bool(body, "understood", true)};
    if (!text[0] ||
        ond_iso_parse(ond_str_of(ond_json_str(row, "at", "")), ond_zone(), &p.at, NULL) != 0)
        return;
    snprintf(p.lang, sizeof p.lang, "%s", ond_json_str(body, "lang", a->lang));
    snprintf(p.want, sizeof p.want, "%s", ond_json_str(body, "want", ""));
    push(a, &p);
}

static void load(ond_agent *a)
{
    ond_log_opts opts = {.kind = "wish", .limit = OND__MOST_PAST};
    cJSON *log = ond_gate_log(a->gate, &opts);
    const cJSON *row;
    cJSON_ArrayForEach(row, ond_json_get(log, "events"))
        push_row(a, row);
    cJSON_Delete(log);
    a->past_known = true;
}

const ond__past *ond__past_at(ond_agent *a, size_t back)
{
    if (!a->past_known)
        load(a);
    if (back >= a->n_past)
        return NULL;
    ond_ms age = ond_now() - a->past[back].at;
    return age >= -OLD_MS && age <= OLD_MS ? &a->past[back] : NULL;
}

void ond__past_push(ond_agent *a, const ond__past *p)
{
    if (!a->past_known)
        load(a);
    push(a, p);
}
