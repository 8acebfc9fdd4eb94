/* that.c - what was just made, spoken of as "it": "그 약속 일요일로 옮기자", "장소는 홍대로 해 줘", "30분 늦춰 줘"
 * after an event, an alarm or a reminder.
 *
 * The sentence before tells which of the three it is, its title and its time; what is to be done with
 * it is said now. The hand is asked for it again, so that what is gone by now is not found. */
#include "agent/errand.h"
#include "sys/clock.h"

#include <stdlib.h>

typedef struct thing {
    const char *before, *act, *intent;
} thing;
static const thing things[] = {
    {"OndolEvent", "move", "OndolEventMove"},
    {"OndolEvent", "change", "OndolEventChange"},
    {"OndolEvent", "remove", "OndolEventRemove"},
    {"OndolAlarm", "move", "OndolAlarmMove"},
    {"OndolAlarm", "remove", "OndolAlarmCancel"},
    {"OndolReminder", "move", "OndolReminderMove"},
    {"OndolReminder", "remove", "OndolReminderCancel"},
    {"OndolTimer", "remove", "OndolTimerCancel"},
    {"OndolEvent", "remind", "OndolReminderSet"},
    {"OndolListAdd", "check", "OndolListCheck"},
    {"OndolListAdd", "remove", "OndolListRemove"},
};

/* Words for the thing fit what it is: nobody calls an alarm an appointment. */
static const char *intent_for(const ond_match *base, const ond__wish *w, const char *act)
{
    const char *sort = ond__slot_str(w, "sort", "");
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        size_t n = strlen(things[i].before);
        if (strncmp(base->intent, things[i].before, n) == 0 && strcmp(things[i].act, act) == 0 &&
            (!sort[0] || strcmp(sort, things[i].before) == 0))
            return things[i].intent;
    }
    return NULL;
}

static bool put_number(ond_match *m, const char *name, int n)
{
    ond_slot s = {.value = cJSON_CreateNumber(n), .text = (char *)"", .said = (char *)"", .fixed = true};
    bool ok = s.value && ond__reading_put(m, &s, name);
    cJSON_Delete(s.value);
    return ok;
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
        ok = put_number(own, slots[i], v[i]);
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
        ok = put_number(own, slots[i], v[i]);
    return ok;
}

/* What it is called: as it was made, or as it was looked for by the sentence before. */
static bool put_name(ond_match *own, const ond__part *base, const cJSON *args)
{
    bool event = strncmp(own->intent, "OndolEvent", 10) == 0;
    bool timer = strncmp(own->intent, "OndolTimer", 10) == 0;
    bool item = strncmp(own->intent, "OndolList", 9) == 0;
    const char *slot = event ? "title" : timer ? "label" : item ? "item" : "text";
    const char *made = ond_json_str(args, item ? "text" : slot, NULL);
    const ond_slot *said = ond_match_slot(base->w.match, slot);
    if (!made && strcmp(own->intent, "OndolReminderSet") == 0) /* of the event */
        made = ond_json_str(args, "title", NULL);
    if (made)
        return ond__reading_text(own, slot, made, false);
    return !said || ond__reading_put(own, said, slot);
}

int ond__that(ond__wish *w, const ond__part *base, const char *act, ond_err *err)
{
    const char *intent = base->w.match ? intent_for(base->w.match, w, act) : NULL;
    const cJSON *args = base->w.plan.n ? base->w.plan.v[0].args : NULL;
    ond_match own = {0};
    if (!intent || !args) {
        ond__wish_not_understood(w);
        return 0;
    }
    char *copy = ond__reading_copy(&own, w->match) ? strdup(intent) : NULL;
    if (copy) {
        free(own.intent);
        own.intent = copy;
    }
    bool ok = copy && ond__reading_text(&own, "sure", "yes", true) && put_name(&own, base, args) &&
              (strcmp(act, "remind") == 0 ? put_before(w, &own, args) : put_time(&own, args));
    ond_match_free(&w->own);
    w->own = own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}
