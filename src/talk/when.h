/* when.h - what a sentence says about time, as dates, times, lengths and recurrence rules.
 *
 * The rules of packs/LANG/_when.yaml put the parts of a time expression into slots (when_weekday,
 * when_hour, dur_minute ...); here they become wall-clock times, given what time it is and where.
 * What an expression means where people leave something out is in docs/talk.md, "What times mean".
 * Not thread-safe, as base/time.h is not. */
#ifndef OND_TALK_WHEN_H
#define OND_TALK_WHEN_H

#include "base/time.h"
#include "talk/talk.h"

typedef struct ond_when_opts {
    ond_ms now;
    const char *zone; /* IANA name; "" or NULL is the machine's */
    bool morning;     /* an alarm: an hour without a part of the day, 4 (without a day 5) to 11, is in the morning */
    bool past_ok;     /* a question: may lie in the past; parts of a day are stretches */
    bool day_first;   /* "3/4" is the third of April */
} ond_when_opts;

typedef enum {
    OND_WHEN_NONE,       /* nothing was said about time */
    OND_WHEN_OK,
    OND_WHEN_IMPOSSIBLE, /* there is no such time: 2월 30일, 25시, an end before its start */
    OND_WHEN_PAST        /* said outright, and gone by: to be asked about */
} ond_when_code;

typedef struct ond_when {
    ond_when_code code;
    bool has_day, has_time; /* which of the two was said */
    bool has_end;           /* an end was said, or it is a stretch: a week, a month, an evening */
    bool is_offset;         /* "in 20 minutes": elapsed time from now; has_time, not has_day */
    ond_civil start;        /* in the zone; at 0:00 without has_time */
    ond_civil end;          /* exclusive; of a day, the day after; == start for a time without end */
    int64_t seconds;        /* length said (of a timer, a meeting, an offset); 0: none */
    char rule[200];         /* RRULE value (RFC 5545), whose first occurrence is start; or "". UNTIL is
                               a local time, or a date where there is no time */
} ond_when;

/* Reads the slots PREFIXwhen_* and PREFIXdur_* of a match; prefix "" for <when>, "to_" for <to:when>. */
ond_when ond_when_of(const ond_match *m, const char *prefix, const ond_when_opts *o);

/* ---- as text between rooms ---- */

/* "2026-12-25", "2026-12-25T15:00", with seconds where they are not zero. */
void ond_when_local_put(ond_buf *out, const ond_civil *c, bool has_time);
/* Reads that back; false: it is none. Fills the weekday. */
OND_CHECKED bool ond_when_local_read(const char *s, ond_civil *out, bool *has_time);

/* ---- in words, for answers; lang is "ko" or "en" ---- */

/* "내일 오후 3시", "tomorrow at 3 pm"; farther away "12월 25일 금요일 오후 3시", "Friday, December 25 at
 * 3 pm"; with the year where it is another. A text that is no local time is put as it is. */
void ond_when_say(ond_buf *out, const char *local, const ond_when_opts *o, const char *lang);
/* "매주 월요일", "every other Monday"; a rule beyond those that sentences make is put as it is. */
void ond_when_rule_say(ond_buf *out, const char *rule, const char *lang);
/* "1시간 30분", "1 hour 30 minutes". */
void ond_when_dur_say(ond_buf *out, int64_t seconds, const char *lang);

#endif
