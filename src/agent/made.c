/* made.c - what the sentence before made or told of, spoken of as "it": "half an hour later", "그 약속 일요일로 옮기자",
 * "장소는 홍대로 해 줘", "cancel the six o'clock one".
 *
 * The sentence before tells of what kind it is, its name and its time; what is to be done with it is said
 * now. The hand is asked for it again, so that what is gone by now is not found; where there are several,
 * that is asked as for any other. */
#include "agent/errand.h"
#include "agent/clauses.h"
#include "sys/clock.h"

#include <stdlib.h>

typedef struct way {
    const char *before, *act, *intent; /* what the intent before begins with */
} way;
static const way ways[] = {
    {"OndolEvent", "move", "OndolEventMove"},
    {"OndolEvent", "change", "OndolEventChange"},
    {"OndolEvent", "remove", "OndolEventRemove"},
    {"OndolEvent", "remind", "OndolReminderSet"},
    {"OndolAlarm", "move", "OndolAlarmMove"},
    {"OndolAlarm", "remove", "OndolAlarmCancel"},
    {"OndolAlarm", "silence", "OndolAlarmCancel"},
    {"OndolReminder", "move", "OndolReminderMove"},
    {"OndolReminder", "remove", "OndolReminderCancel"},
    {"OndolReminder", "silence", "OndolReminderCancel"},
    {"OndolTimer", "shift", "OndolTimerAdd"}, /* a timer is at no time: it only gets more, or less */
    {"OndolTimer", "remove", "OndolTimerCancel"},
    {"OndolTimer", "silence", "OndolTimerCancel"},
    {"OndolListAdd", "check", "OndolListCheck"},
    {"OndolListAdd", "remove", "OndolListRemove"},
};

static bool starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* Words for the thing fit what it is: nobody calls an alarm an appointment. */
static const char *intent_for(const ond_match *base, const ond__wish *w, const char *act)
{
    const char *sort = ond__slot_str(w, "sort", "");
    bool shift = strcmp(act, "shift") == 0; /* of what has a time: to another one */
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (starts(base->intent, ways[i].before) &&
            (strcmp(ways[i].act, act) == 0 || (shift && strcmp(ways[i].act, "move") == 0)) &&
            (!sort[0] || strcmp(sort, ways[i].before) == 0))
            return ways[i].intent;
    return NULL;
}

/* The day and the hour of what was made, as those by which it is looked for. */
static bool put_time(ond_match *own, const cJSON *args)
{
    static const char *const slots[] = {"of_when_year", "of_when_month", "of_when_mday", "of_when_hour",
                                        "of_when_minute"};
    const char *at = ond_json_str(args, "start", ond_json_str(args, "at", ""));
    int v[5];
    int n = sscanf(at, "%4d-%2d-%2dT%2d:%2d", &v[0], &v[1], &v[2], &v[3], &v[4]);
    bool ok = true;
    for (int i = 0; ok && i < n; i++)
        ok = ond__reading_number(own, slots[i], v[i]);
    return ok;
}

/* "30분 전에 알려 줘": so long before it begins. A day without an hour has no such time. */
static bool put_before(const ond__wish *w, ond_match *own, const cJSON *args)
{
    static const char *const slots[] = {"when_year", "when_month", "when_mday", "when_hour", "when_minute"};
    ond_when by = ond__when(w, "by_", false, false);
    ond_civil start;
    bool timed;
    if (!ond_when_local_read(ond_json_str(args, "start", ""), &start, &timed) || !timed || by.seconds <= 0)
        return true; /* when is then asked for */
    ond_civil_of(ond_civil_ms(&start, ond_zone()) - (ond_ms)by.seconds * 1000, ond_zone(), &start);
    int v[] = {start.year, start.month, start.day, start.hour, start.minute};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof v / sizeof v[0]; i++)
        ok = ond__reading_number(own, slots[i], v[i]);
    return ok;
}

/* "make it quarter past" of what is at four: the minutes of its own hour, on its day. */
static bool put_past(ond_match *own, const ond_match *said, const cJSON *args)
{
    static const char *const slots[] = {"to_when_year", "to_when_month", "to_when_mday"};
    const ond_slot *past = ond_match_slot(said, "past");
    ond_civil was;
    bool timed;
    if (!past || !cJSON_IsNumber(past->value)) return true;
    if (!ond_when_local_read(ond_json_str(args, "start", ond_json_str(args, "at", "")), &was,
                             &timed) ||
        !timed)
        return false;
    int day[] = {was.year, was.month, was.day};
    bool ok = ond__reading_number(own, "to_when_hour", was.hour % 12 ? was.hour % 12 : 12) &&
              ond__reading_number(own, "to_when_minute", (int)past->value->valuedouble) &&
              ond__reading_text(own, "to_when_part", was.hour < 12 ? "am" : "pm", true);
    for (size_t i = 0; ok && i < sizeof day / sizeof day[0] && !ond_json_str(args, "rule", "")[0];
         i++)
        ok = ond__reading_number(own, slots[i], day[i]);
    return ok;
}

static const char *name_slot(const char *intent)
{
    return starts(intent, "OndolEvent")   ? "title"
           : starts(intent, "OndolTimer") ? "label"
           : starts(intent, "OndolList")  ? "item"
                                          : "text";
}

/* What it is called: as it was made, or as it was looked for by the sentence before. */
static bool put_name(ond_match *own, const ond__part *base, const cJSON *args)
{
    const char *slot = name_slot(own->intent);
    const char *made = ond_json_str(args, strcmp(slot, "item") == 0 ? "text" : slot, NULL);
    const ond_slot *said = ond_match_slot(base->w.match, slot);
    if (!made && strcmp(own->intent, "OndolReminderSet") == 0) /* of the event */
        made = ond_json_str(args, "title", NULL);
    if (made)
        return ond__reading_text(own, slot, made, false);
    return !said || ond__reading_put(own, said, slot);
}

/* "the six o'clock one", "the rice one": another than what was said last, by its time or its name. */
static bool is_other(const ond_match *said)
{
    bool other = ond_match_slot(said, "which") != NULL;
    for (size_t i = 0; i < said->n_slot; i++)
        other |= starts(said->slot[i].name, "of_");
    return other;
}

static bool put_other(ond_match *own, const ond_match *said)
{
    const ond_slot *which = ond_match_slot(said, "which");
    const char *slot = starts(own->intent, "OndolAlarm") ? "label" : name_slot(own->intent);
    return !which || ond__reading_put(own, which, slot);
}

/* More time on a timer is a length; elsewhere it is how far to move. */
static bool put_how_far(ond_match *own, const ond_match *said)
{
    static const char by[] = "by_";
    bool ok = true;
    for (size_t i = 0; ok && strcmp(own->intent, "OndolTimerAdd") == 0 && i < said->n_slot; i++)
        if (starts(said->slot[i].name, by))
            ok = ond__reading_put(own, &said->slot[i], said->slot[i].name + strlen(by));
    return ok;
}

int ond__made(ond__wish *w, const ond__part *base, const char *act, ond_err *err)
{
    static const char tables[] = "OndolAlarms OndolTimers OndolReminders"; /* all of them were told */
    const char *intent = base->w.match ? intent_for(base->w.match, w, act) : NULL;
    const cJSON *args = base->w.plan.n ? base->w.plan.v[0].args : NULL;
    bool other = intent && is_other(w->match);
    ond_match own = {0};
    if (!intent || !args || (other && starts(intent, "OndolList")) ||
        (!other && ond__word_of(tables, base->w.match->intent))) {
        ond__wish_not_understood(w);
        return 0;
    }
    bool ok = ond__reading_copy(&own, w->match) && ond__reading_intent(&own, intent) &&
              ond__reading_text(&own, "sure", "yes", true) && put_how_far(&own, w->match) &&
              (other ? put_other(&own, w->match) : put_name(&own, base, args));
    if (ok && !other)
        ok = strcmp(act, "remind") == 0 ? put_before(w, &own, args) : put_time(&own, args);
    ok = ok && put_past(&own, w->match, args);
    return ond__part_reread(w, &own, ok, err);
}
