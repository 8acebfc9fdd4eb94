/* when_clock.c - the time of day: hours with and without a part of the day, parts alone. */
#include "talk/when_in.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* alone: the time that a part stands for, in hours; from, to: its extent (0, 0: it is a point). The
 * hours that may be said with it, 1 to 12, are in hours[]: what each is of 24; -1: it is not said
 * so. After 24 it is the night that begins on that day. */
static const struct part {
    const char *name;
    signed char alone, from, to;
    signed char hours[13]; /* [0] is for 0 */
} parts[] = {
    /* clang-format off */
    {"am", 9, 0, 12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0}},
    {"pm", 14, 12, 24, {-1, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 12}},
    {"dawn", 5, 0, 6, {0, 1, 2, 3, 4, 5, 6, 7, -1, -1, -1, -1, 0}},
    {"achim", 8, 5, 12, {-1, -1, -1, -1, 4, 5, 6, 7, 8, 9, 10, 11, -1}},
    {"morning", 9, 5, 12, {-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1}},
    {"lunch", 12, 11, 14, {-1, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, 11, 12}},
    {"noon", 12, 0, 0, {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 12}},
    {"daytime", 13, 11, 17, {-1, 13, 14, 15, 16, 17, -1, -1, -1, -1, 10, 11, 12}},
    {"afternoon", 14, 12, 18, {-1, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 12}},
    {"evening", 19, 17, 24, {-1, -1, -1, -1, 16, 17, 18, 19, 20, 21, 22, 23, -1}},
    {"night", 21, 18, 24, {24, 25, 26, 27, -1, -1, 18, 19, 20, 21, 22, 23, 24}},
    {"tonight", 20, 17, 24, {24, 25, 26, 27, 16, 17, 18, 19, 20, 21, 22, 23, 24}},
    {"midnight", 24, 0, 0, {24, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 24}},
    /* clang-format on */
};

static const struct part *part_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0) return &parts[i];
    return NULL;
}

/* An hour of 13 to 23 with a part is right where the part can mean it. */
static int hour_in(const struct part *p, int hour)
{
    if (hour <= 12) return p->hours[hour];
    for (int i = 0; i <= 12; i++)
        if (p->hours[i] == hour) return hour;
    return -1;
}

static ond__clock impossible(void)
{
    return (ond__clock){.code = OND_WHEN_IMPOSSIBLE};
}

static ond__clock part_alone(const struct part *p)
{
    return (ond__clock){.code = OND_WHEN_OK,
                        .n = 1,
                        .at = {p->alone * HOUR},
                        .from = p->from * HOUR,
                        .to = p->to * HOUR};
}

static ond__clock once(int at)
{
    return (ond__clock){.code = OND_WHEN_OK, .n = 1, .at = {at}};
}

static int said_or_0(int v)
{
    return v == OND__UNSAID ? 0 : v;
}

static bool sixty(int v)
{
    return v >= 0 && v < 60;
}

ond__clock ond__clock_find(const ond__said *s)
{
    const struct part *p = part_of(s->point ? s->point : s->part); /* "midnight tonight" */
    if (!s->any_clock) return (ond__clock){.code = OND_WHEN_NONE};
    int minute = said_or_0(s->minute), second = said_or_0(s->second), before = said_or_0(s->before),
        hour = s->hour, more = (minute - before) * 60 + second;
    if (!sixty(minute) || !sixty(second) || !sixty(before)) return impossible();
    if (hour == OND__UNSAID) {
        if (!p) return impossible();
        ond__clock c = part_alone(p);
        c.at[0] += more; /* "ten to midnight" */
        if (more) c.from = c.to = 0;
        return c;
    }
    if (hour < 0 || hour > 24) return impossible();
    if (p) {
        int h = hour_in(p, hour);
        return h < 0 ? impossible() : once(h * HOUR + more);
    }
    if (hour == 24 && more > 0) return impossible();
    if (s->exact) return once(hour * HOUR + more);
    if (hour == 12) return once(12 * HOUR + more);
    return (ond__clock){.code = OND_WHEN_OK,
                        .n = 2,
                        .at = {hour * HOUR + more, (hour + 12) * HOUR + more},
                        .hour = hour};
}

int ond__clock_of_day(const ond__clock *c, bool morning)
{
    if (c->n < 2) return c->at[0];
    return c->at[c->hour < (morning ? 4 : 7)];
}

void ond__clock_narrow(ond__clock *c, const ond__clock *end)
{
    if (c->code != OND_WHEN_OK || c->n != 2 || end->code != OND_WHEN_OK) return;
    bool over = end->at[0] <= c->at[0]; /* by the clock's face it goes past twelve */
    if (end->n == 2 && (!over || c->hour < 6)) return;
    int pick = end->n == 1 && (over || c->at[1] < end->at[0]);
    *c = once(c->at[pick]);
}

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* English words stand alone ("night" is not in "knight"); Korean ones may be anywhere. */
static bool has_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        for (const char *at = text; (at = strcasestr(at, *words)) != NULL; at++) {
            bool inside = (at > text && is_letter(at[-1])) || is_letter(at[strlen(*words)]);
            if (!inside) return true;
        }
    return false;
}

void ond__clock_hint(ond__clock *c, const ond_match *m)
{
    static const char *const late[] = {"저녁", "밤", "dinner", "supper", "evening", "night", NULL};
    static const char *const early[] = {"아침", "새벽", "breakfast", "morning", NULL};
    if (c->code != OND_WHEN_OK || c->n != 2) return;
    for (size_t i = 0; i < m->n_slot; i++) {
        const ond_slot *s = &m->slot[i];
        if (!s->wildcard) continue;
        bool pm = c->hour >= 5 && has_word(s->text, late),
             am = c->hour >= 4 && has_word(s->text, early);
        if (pm == am) continue;
        *c = once(c->at[pm]);
        return;
    }
}
