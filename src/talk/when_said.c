/* when_said.c - the slots of a time expression, read into numbers. */
#include "talk/when_in.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

const ond_slot *ond__said_slot(const ond_match *m, const char *prefix, const char *name)
{
    size_t n = strlen(prefix);
    for (size_t i = 0; i < m->n_slot; i++)
        if (strncmp(m->slot[i].name, prefix, n) == 0 && strcmp(m->slot[i].name + n, name) == 0)
            return &m->slot[i];
    return NULL;
}

int ond__said_int(const ond_match *m, const char *prefix, const char *name)
{
    const ond_slot *s = ond__said_slot(m, prefix, name);
    if (!s || !cJSON_IsNumber(s->value) || fabs(s->value->valuedouble) > 1e6) return OND__UNSAID;
    return (int)s->value->valuedouble;
}

const char *ond__said_text(const ond_match *m, const char *prefix, const char *name)
{
    const ond_slot *s = ond__said_slot(m, prefix, name);
    return s && cJSON_IsString(s->value) ? s->value->valuestring : NULL;
}

int ond__weekday_of(const char *code)
{
    static const char *const codes[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU", "weekend"};
    for (int i = 0; code && i < 8; i++)
        if (strcmp(codes[i], code) == 0) return i;
    return OND__UNSAID;
}

static double amount(const ond_match *m, const char *prefix, const char *name, bool *any)
{
    const ond_slot *s = ond__said_slot(m, prefix, name);
    if (!s || !cJSON_IsNumber(s->value)) return 0;
    *any = true;
    return fmax(0, fmin(1e6, s->value->valuedouble));
}

void ond__dur_read(const ond_match *m, const char *prefix, ond__dur *out)
{
    bool clock = false, date = false;
    *out = (ond__dur){.second = amount(m, prefix, "dur_second", &clock),
                      .minute = amount(m, prefix, "dur_minute", &clock),
                      .hour = amount(m, prefix, "dur_hour", &clock),
                      .day = (int)amount(m, prefix, "dur_day", &date),
                      .week = (int)amount(m, prefix, "dur_week", &date),
                      .month = (int)amount(m, prefix, "dur_month", &date),
                      .year = (int)amount(m, prefix, "dur_year", &date)};
    out->said = clock || date;
    out->clock = clock && !date;
}

int64_t ond__dur_seconds(const ond__dur *d)
{
    double s = d->second + d->minute * 60 + d->hour * 3600;
    int64_t days = d->day + d->week * (int64_t)7 + d->month * (int64_t)30 + d->year * (int64_t)365;
    return llround(s) + days * 86400;
}

static const struct field {
    const char *name;
    size_t at;
    bool clock; /* of the time of day, else of the day */
} fields[] = {
#define DAY(f)                                                                                     \
    {                                                                                              \
        "when_" #f, offsetof(ond__said, f), false                                                  \
    }
#define CLOCK(f)                                                                                   \
    {                                                                                              \
        "when_" #f, offsetof(ond__said, f), true                                                   \
    }
    DAY(day),    DAY(week),     DAY(month),    DAY(mday),     DAY(year),
    DAY(nmonth), DAY(nyear),    DAY(nth),      DAY(slash1),   DAY(slash2),
    CLOCK(hour), CLOCK(minute), CLOCK(second), CLOCK(before), CLOCK(hhmm),
#undef DAY
#undef CLOCK
};

/* "07:30" and "0시" are times of a clock of 24 hours. */
static bool is_exact(const ond_match *m, const char *prefix, int hour)
{
    const ond_slot *s = ond__said_slot(m, prefix, "when_hour");
    return s && (hour == 0 || hour > 12 || (s->text[0] == '0' && s->text[1]));
}

/* 730 is 7:30; "0730" is so in the morning. */
static void split_hhmm(const ond_match *m, const char *prefix, ond__said *s)
{
    const ond_slot *slot = ond__said_slot(m, prefix, "when_hhmm");
    s->hour = s->hhmm / 100;
    s->minute = s->hhmm % 100;
    s->exact = s->hour == 0 || s->hour > 12 || (slot && slot->text[0] == '0');
}

void ond__said_read(const ond_match *m, const char *prefix, ond__said *out)
{
    *out = (ond__said){0};
    char inner[160];
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int v = ond__said_int(m, prefix, fields[i].name);
        memcpy((char *)out + fields[i].at, &v, sizeof v);
        if (v == OND__UNSAID) continue;
        if (fields[i].clock)
            out->any_clock = true;
        else
            out->any_day = true;
    }
    out->weekday = ond__weekday_of(ond__said_text(m, prefix, "when_weekday"));
    out->coming = ond__said_slot(m, prefix, "when_coming") != NULL;
    out->lunar = ond__said_slot(m, prefix, "when_lunar") != NULL;
    out->ago = ond__said_slot(m, prefix, "when_ago") != NULL;
    out->part = ond__said_text(m, prefix, "when_part");
    out->point = ond__said_text(m, prefix, "when_point");
    out->holiday = ond__said_text(m, prefix, "when_holiday");
    out->stretch = ond__said_text(m, prefix, "when_stretch");
    snprintf(inner, sizeof inner, "%swhen_in_", prefix);
    ond__dur_read(m, inner, &out->in);
    if (out->hhmm != OND__UNSAID)
        split_hhmm(m, prefix, out);
    else
        out->exact = is_exact(m, prefix, out->hour);
    out->any_clock = out->any_clock || out->part || out->point;
    out->any_day = out->any_day || out->weekday != OND__UNSAID || out->holiday || out->stretch ||
                   (out->in.said && !out->in.clock);
    if (out->part && strcmp(out->part, "tonight") == 0 && !out->any_day) {
        out->day = 0;
        out->any_day = true;
    }
}
