/* made.c - what the sentence before made or told of, moved or taken away: "half an hour later", "delete
 * it", "cancel the six o'clock one".
 *
 * The wish that made it becomes one that finds it again: its name, and its time as the one that is there
 * ("of_"). What is found decides; where there is none, or several, that is said as for any other. */
#include "agent/clauses.h"

#include <stdlib.h>

typedef struct made {
    const char *by, *move, *drop;         /* intents; NULL: there is none for it */
} made;
static const made kinds[] = {
    {"OndolAlarmSet", "OndolAlarmMove", "OndolAlarmCancel"},
    {"OndolAlarms", NULL, "OndolAlarmCancel"},
    {"OndolReminderSet", "OndolReminderMove", "OndolReminderCancel"},
    {"OndolReminders", NULL, "OndolReminderCancel"},
    {"OndolEventCreate", "OndolEventMove", "OndolEventRemove"},
    {"OndolTimerStart", "OndolTimerAdd", "OndolTimerCancel"},
    {"OndolTimers", NULL, "OndolTimerCancel"},
    {"OndolTimerAdd", NULL, "OndolTimerCancel"},
    {"OndolListAdd", NULL, "OndolListRemove"},
};

static const made *kind_of(const char *intent)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].by, intent) == 0)
            return &kinds[i];
    return NULL;
}

static bool starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static bool says(const ond_match *m, const char *prefix)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (starts(m->slot[i].name, prefix))
            return true;
    return false;
}

/* What it is called, and when it was to be; the time that is said now goes before that one. */
static bool put_which(ond_match *own, const ond_match *said, const ond_match *base, bool timed)
{
    static const char *const names[] = {"title", "text", "label", "item", "list"};
    const ond_slot *which = ond_match_slot(said, "which");
    const char *name = strcmp(own->intent, "OndolReminderCancel") == 0  ? "text"
                       : strcmp(own->intent, "OndolEventRemove") == 0 ? "title"
                                                                        : "label";
    bool other = says(said, "of_"); /* one of another time may be called otherwise */
    bool ok = ond__reading_text(own, "sure", "yes", true);
    if (which) /* "the rice one" is another than what was said last */
        return ok && ond__reading_put(own, which, name);
    for (size_t i = 0; ok && i < base->n_slot; i++) {
        const ond_slot *s = &base->slot[i];
        char of[96];
        snprintf(of, sizeof of, "of_%s", s->name);
        for (size_t k = 0; ok && !other && k < sizeof names / sizeof names[0]; k++)
            if (strcmp(s->name, names[k]) == 0)
                ok = ond__reading_put(own, s, s->name);
        if (ok && timed && (starts(s->name, "when_") || starts(s->name, "dur_")))
            ok = ond__reading_put(own, s, of);
    }
    return ok;
}

/* More time on a timer is a length; elsewhere it is how far to move. */
static bool put_how_far(ond_match *own, const ond_match *said, bool timer)
{
    bool ok = true;
    for (size_t i = 0; ok && i < said->n_slot; i++)
        if (starts(said->slot[i].name, "by_"))
            ok = ond__reading_put(own, &said->slot[i], said->slot[i].name + (timer ? 3 : 0));
    return ok;
}

static bool take_intent(ond_match *own, const char *intent)
{
    char *copy = strdup(intent);
    if (copy) {
        free(own->intent);
        own->intent = copy;
    }
    return copy != NULL;
}

int ond__made(ond__part *p, const ond__part *base, ond_err *err)
{
    ond__wish *w = &p->w;
    const made *m = kind_of(base->w.match->intent);
    bool drop = ond__slot_has(w, "act", "drop"), own_time = says(w->match, "of_") || ond_match_slot(w->match, "which");
    const char *intent = !m ? NULL : drop ? m->drop : m->move;
    bool told = m && !m->move && strcmp(m->by, "OndolListAdd") != 0;
    bool names = intent && (!own_time || strncmp(intent, "OndolList", 9) != 0) && (!told || own_time);
    /* a rule has no day of its own, and a time that is set anew has gone */
    bool timed = !own_time && names && !(says(base->w.match, "when_freq") || says(base->w.match, "when_in_"));
    ond_match own = {0};
    bool rings = names && ond__word_of("OndolAlarmCancel OndolTimerCancel OndolReminderCancel", intent);
    bool to = ond__slot_has(w, "act", "to"), timer = names && strcmp(intent, "OndolTimerAdd") == 0; /* a timer is at no time */
    if (!names || (to && timer) || (ond__slot_has(w, "rings", "yes") && !rings)) { /* nobody turns milk off */
        ond__wish_not_understood(w);
        return 0;
    }
    bool ok = ond__reading_copy(&own, w->match) && take_intent(&own, intent) &&
              put_which(&own, w->match, base->w.match, timed) && put_how_far(&own, w->match, timer);
    return ond__part_reread(w, &own, ok, err);
}
