/* part.c - one clause of a sentence: read, and filled in from the clause before it. */
#include "agent/clauses.h"

#include <stdlib.h>

void ond__part_free(ond__part *p)
{
    ond__wish_free(&p->w, &p->matches);
    free(p->text);
    *p = (ond__part){0};
}

void ond__parts_cut(ond__request *r, size_t n)
{
    while (r->n > n)
        ond__part_free(&r->part[--r->n]);
}

void ond__request_free(ond__request *r)
{
    ond__parts_cut(r, 0);
    ond__teaching_free(&r->teaching);
}

void ond__part_remove(ond__request *r, size_t at)
{
    ond__part_free(&r->part[at]);
    r->n--;
    for (size_t i = at; i < r->n; i++) {
        bool own = r->part[i + 1].w.match == &r->part[i + 1].w.own;
        r->part[i] = r->part[i + 1];
        if (own)
            r->part[i].w.match = &r->part[i].w.own;
    }
    r->part[r->n] = (ond__part){0};
}

/* `match` of a part may point into the part itself, which moves. */
void ond__parts_take(ond__request *r, ond__request *from)
{
    ond__parts_cut(r, 0);
    memcpy(r->part, from->part, sizeof r->part);
    r->n = from->n;
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i].w.match == &from->part[i].w.own)
            r->part[i].w.match = &r->part[i].w.own;
    from->n = 0;
}

void ond__request_move(ond__request *r, ond__request *from)
{
    ond__parts_take(r, from);
    r->takes_back = from->takes_back;
    r->leans = from->leans;
    for (size_t i = 0; i < r->n; i++)
        r->part[i].w.confidence *= 0.8;
}

static const cJSON *chosen_for(const ond__request *r, size_t part)
{
    char key[8];
    snprintf(key, sizeof key, "%zu", part);
    return ond_json_get(r->only, key);
}

/* The wish takes `own` for its reading, and is followed again. */
int ond__part_reread(ond__wish *w, const ond_match *own, bool ok, ond_err *err)
{
    ond_match_free(&w->own);
    w->own = *own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

/* "에어컨 켜고 25도로": a clause that names nothing is about the devices of the one before. */
static int carry_devices(ond__request *r, ond_err *err)
{
    static const char *const said[] = {"name", "area", "floor", "device_class", "quantity"};
    ond__wish *w = &r->part[r->n - 1].w;
    const ond__wish *before = r->n > 1 ? &r->part[r->n - 2].w : NULL;
    bool fits = before && before->n_target && w->match && w->intent &&
                w->intent->kind == OND__ACT && w->intent->domains[0] && !w->only &&
                ond__word_of(w->intent->domains,
                             r->a->registry.device[before->target[0]].domain);
    for (size_t i = 0; fits && i < sizeof said / sizeof said[0]; i++)
        fits = !ond_match_slot(w->match, said[i]);
    cJSON *ids = fits ? ond__ids_of(before) : NULL;
    if (!fits)
        return 0;
    w->only = ids;
    int rc = ids ? ond__wish_follow(w, w->match, err) : ond_nomem(err, "reading a sentence");
    w->only = NULL;
    cJSON_Delete(ids);
    return rc;
}

static bool is_hour(const char *slot)
{
    static const char *const hours[] = {"when_hour", "when_minute", "when_part", "when_half",
                                        "when_point", "when_before"};
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++)
        if (strcmp(slot, hours[i]) == 0)
            return true;
    return strncmp(slot, "when_end", 8) == 0 || strncmp(slot, "when_", 5) != 0;
}

/* "내일 3시 치과 넣고 2시에 알려 줘": what to be reminded of, and on which day, has been said. */
static int carry_event(ond__request *r, ond_err *err)
{
    ond__wish *w = &r->part[r->n - 1].w;
    const ond__wish *before = r->n > 1 ? &r->part[r->n - 2].w : NULL;
    const ond_slot *title = before && before->match ? ond_match_slot(before->match, "title") : NULL;
    ond_match own = {0};
    if (!title || !w->missing || !w->match || strcmp(w->match->intent, "OndolReminderSet") != 0 ||
        strcmp(before->match->intent, "OndolEventCreate") != 0)
        return 0;
    bool ok = ond__reading_copy(&own, w->match) && ond__reading_put(&own, title, "text");
    for (size_t i = 0; ok && i < before->match->n_slot; i++) {
        const ond_slot *s = &before->match->slot[i];
        if (!is_hour(s->name) && !ond_match_slot(&own, s->name))
            ok = ond__reading_put(&own, s, s->name);
    }
    return ond__part_reread(w, &own, ok, err);
}

/* The day of what a part makes: "2026-12-03". */
static bool day_of(const ond__part *p, int ymd[3])
{
    const cJSON *args = p->w.plan.n ? p->w.plan.v[0].args : NULL;
    const char *at = ond_json_str(args, "start", ond_json_str(args, "at", ""));
    return sscanf(at, "%4d-%2d-%2d", &ymd[0], &ymd[1], &ymd[2]) == 3;
}

/* "… on Thursday at 10 and remind me at 9 that day": the day, and what for, of the part before. */
static int carry_day(ond__request *r, ond_err *err)
{
    static const char *const parts[] = {"when_year", "when_month", "when_mday"};
    ond__wish *w = &r->part[r->n - 1].w;
    int ymd[3];
    if (w->code == OND_E_UNKNOWN || !w->match || !ond_match_slot(w->match, "that_day"))
        return 0;
    if (r->n < 2 || !day_of(&r->part[r->n - 2], ymd)) {
        ond__wish_not_understood(w);
        return 0;
    }
    ond_match own = {0};
    const ond_slot *title = ond_match_slot(r->part[r->n - 2].w.match, "title");
    bool ok = ond__reading_copy(&own, w->match);
    for (size_t i = 0; ok && i < 3; i++)
        ok = ond__reading_number(&own, parts[i], ymd[i]);
    if (ok && title && !ond_match_slot(&own, "text"))
        ok = ond__reading_put(&own, title, "text");
    return ond__part_reread(w, &own, ok, err);
}

/* "add the report to my to-do list and read me the list": the one that was just spoken of. */
static int carry_list(ond__request *r, ond_err *err)
{
    ond__wish *w = &r->part[r->n - 1].w;
    const ond_match *before = r->n > 1 ? r->part[r->n - 2].w.match : NULL;
    const ond_slot *was = before ? ond_match_slot(before, "list") : NULL;
    const ond_slot *is = w->match ? ond_match_slot(w->match, "list") : NULL;
    bool told = w->code == 0 && w->match && ond__word_of("OndolListItems OndolListClear", w->match->intent);
    ond_match own = {0};
    if (!was || !told || (is && !is->fixed))
        return 0;
    bool ok = ond__reading_copy(&own, w->match);
    if (ok)
        ond__reading_drop(&own, "list");
    return ond__part_reread(w, &own, ok && ond__reading_put(&own, was, "list"), err);
}

/* "내일 7시에 깨워 주고 8시에 병원 가라고 알려 줘": what rings next rings on the day that was said. */
static int carry_same_day(ond__request *r, ond_err *err)
{
    static const char *const parts[] = {"when_year", "when_month", "when_mday"};
    static const char rings[] = "OndolAlarmSet OndolReminderSet";
    ond__wish *w = &r->part[r->n - 1].w;
    const ond_match *before = r->n > 1 ? r->part[r->n - 2].w.match : NULL;
    int ymd[3];
    bool hour = false, day = false, said = false;
    if (!before || w->code != 0 || !w->match || !ond__word_of(rings, before->intent) ||
        !ond__word_of(rings, w->match->intent) || strcmp(w->lang, "ko") != 0)
        return 0;
    for (size_t i = 0; i < w->match->n_slot; i++) {
        const char *name = w->match->slot[i].name;
        hour |= strcmp(name, "when_hour") == 0;
        day |= strncmp(name, "when_", 5) == 0 && !is_hour(name);
    }
    for (size_t i = 0; i < before->n_slot; i++)
        said |= strncmp(before->slot[i].name, "when_", 5) == 0 && !is_hour(before->slot[i].name);
    bool rule = r->part[r->n - 2].w.plan.n && ond_json_get(r->part[r->n - 2].w.plan.v[0].args, "rule");
    if (!hour || day || !said || rule || !day_of(&r->part[r->n - 2], ymd))
        return 0;
    ond_match own = {0};
    bool ok = ond__reading_copy(&own, w->match);
    for (size_t i = 0; ok && i < 3; i++)
        ok = ond__reading_number(&own, parts[i], ymd[i]);
    return ond__part_reread(w, &own, ok, err);
}

/* "and a ten minute one for the pasta": another timer, where the part before starts one. */
static void refuse_lone_one(ond__request *r)
{
    ond__wish *w = &r->part[r->n - 1].w;
    const ond_match *before = r->n > 1 ? r->part[r->n - 2].w.match : NULL;
    bool one = w->code != OND_E_UNKNOWN && w->match && ond__slot_has(w, "another", "yes");
    if (one && (!before || strcmp(before->intent, "OndolTimerStart") != 0))
        ond__wish_not_understood(w);
}

/* Reads one piece as a new part. */
int ond__part_read(ond__request *r, ond_str text, const char *area, ond_err *err)
{
    ond__part *p = &r->part[r->n];
    *p = (ond__part){.text = ond__goes_on(r, text, area)};
    if (!p->text)
        return ond_nomem(err, "reading a sentence");
    r->n++;
    int rc = ond__wish_read(&p->w, r->a, p->text, r->ask.lang, area, chosen_for(r, r->n - 1),
                            &p->matches, err);
    if (rc == 0)
        rc = carry_devices(r, err);
    if (rc == 0)
        rc = carry_event(r, err);
    if (rc == 0)
        rc = carry_same_day(r, err);
    if (rc == 0)
        rc = carry_list(r, err);
    if (rc == 0)
        rc = carry_day(r, err);
    if (rc == 0)
        refuse_lone_one(r);
    p->why = rc == 0 && p->w.code == OND_E_UNKNOWN && ond__tells_why(r->a, p->text, p->w.lang);
    return rc;
}

bool ond__part_is_fragment(const ond__part *p)
{
    /* "내일 3시 회의 넣고 30분 전에 알려 줘": needs no more than what the part before makes */
    if (p->w.intent && p->w.match && strcmp(p->w.intent->name, "OndolThat") == 0)
        return ond__slot_has(&p->w, "act", "remind");
    return p->w.intent && p->w.intent->kind == OND__AGAIN &&
           ond__word_of("OndolFragment OndolAlso OndolIt", p->w.intent->name);
}

/* "하지 마" says not what: it stands alone. */
static bool is_bare_dont(const ond__wish *w)
{
    return strcmp(w->intent->name, "OndolDont") == 0 && !ond_match_slot(w->match, "what");
}

/* Understood by itself, whether or not it can be done. */
bool ond__part_is_wish(const ond__part *p)
{
    return p->w.code != OND_E_UNKNOWN && p->w.code != OND_E_UNAVAILABLE && p->w.intent &&
           p->w.intent->kind != OND__AGAIN && !is_bare_dont(&p->w) &&
           !ond__word_of("OndolUndo OndolHelp HassNevermind OndolAside", p->w.intent->name);
}

/* "the courier is here", "let grandma in": why a wish is said. Nothing is to be done for it. */
bool ond__part_is_aside(const ond__part *p)
{
    return p->why || (p->w.intent && strcmp(p->w.intent->name, "OndolAside") == 0);
}

/* "make it warmer" leans on what was said; where that is nothing for it, it stands by itself. */
int ond__part_read_loosely(ond__request *r, size_t n, bool *ok, ond_err *err)
{
    ond__part *p = &r->part[n];
    *ok = false;
    if (strcmp(p->w.lang, "en") != 0 || !p->w.intent ||
        !ond__word_of("OndolIt OndolMore OndolFragment", p->w.intent->name))
        return 0;
    ond__wish_free(&p->w, &p->matches);
    int rc = ond__wish_read_loosely(&p->w, r->a, p->text, r->ask.lang, r->ask.area,
                                    chosen_for(r, n), &p->matches, err);
    *ok = rc == 0 && ond__part_is_wish(p);
    return rc;
}
