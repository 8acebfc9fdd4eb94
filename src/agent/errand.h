/* errand.h - wishes that other hands than `home` fulfil: time, calendar, lists, notes.
 *
 * An errand is a function that turns one reading into proposals, or into a question, or into a
 * sentence that says why not. What a sentence means ("the dentist") is looked up through gate by a
 * reading verb; several equally good finds become one question, and its answer brings the same
 * sentence here again with the ids that were chosen (w->only). */
#ifndef OND_AGENT_ERRAND_H
#define OND_AGENT_ERRAND_H

#include "agent/room.h"
#include "talk/when.h"

#define INTENT(name, kind, step, domains)
#define ERRAND(name, kind, fn) int ond__errand_##fn(ond__wish *w, ond_err *err);
#include "agent/intents.def"
#undef INTENT
#undef ERRAND

/* ---- what was said ---- */

/* The words of a slot, trimmed, into `out`; false where there are none. */
bool ond__phrase_of(const ond__wish *w, const char *slot, ond_buf *out);
/* Words that end as a statement, a refusal or thanks: "우유 적었어", "두부 넣지 마", "넣어 준 거 고마워": no name of
 * a thing. */
bool ond__is_told_ko(const char *words);
/* Another wish stands in them: "알람 맞춰줘 글피 동창회", "불 켜고 라면". */
bool ond__holds_wish_ko(const char *words);
/* The sentence itself says that it is about this ("the dentist appointment", not "the dentist"). */
bool ond__sure(const ond__wish *w);
/* Times against the clock and the zone of the wish. */
ond_when_opts ond__when_opts(bool morning, bool past_ok);
ond_when ond__when(const ond__wish *w, const char *prefix, bool morning, bool past_ok);
/* A time that cannot be used (none said, impossible, gone by, a day without the hour where one is
 * needed) becomes a question; true then. */
bool ond__when_asked(ond__wish *w, const ond_when *t, bool needs_time);
/* Local text of the start or the end: "2026-12-02T15:00". */
void ond__when_local(const ond_when *t, bool end, ond_buf *out);

/* ---- proposals ---- */

/* Adds the draft; what the hand cannot do becomes the wish's code. Takes what d holds. */
OND_CHECKED int ond__errand_add(ond__wish *w, ond__draft *d, ond_err *err);
/* "half past six" of what was at six in the evening: of the two hours of a clock the one nearer to that. */
int ond__nearer_hour(int hour, int was);

/* A reading verb without arguments. */
OND_CHECKED int ond__errand_read(ond__wish *w, const char *hand, const char *verb, ond_err *err);
/* A question that the next sentence answers, without choices. */
void ond__errand_ask(ond__wish *w, ond_msg id, const char *arg);

/* ---- finding ---- */

/* Looks through gate: the array `key` of what the verb finds, detached; empty where there is none.
 * Takes args. A hand that is not there makes w->code. */
OND_CHECKED int ond__look(ond__wish *w, const char *hand, const char *verb, cJSON *args,
                          const char *key, cJSON **out, ond_err *err);
typedef bool ond__keep_fn(const ond__wish *w, const cJSON *candidate);
/* Keeps those of the array for which keep says so. */
void ond__sift(cJSON *array, ond__keep_fn *keep, const ond__wish *w);
typedef void ond__tell_fn(ond_buf *out, const cJSON *candidate, const char *lang);
/* Of the candidates (each with a text `key` that names it) those that are meant: those chosen by an
 * answer; the one; all, where `all`; else a question. None: the sentence `none` with `said`.
 * `found` is narrowed in place; w->code is set where nothing is to be done. */
OND_CHECKED int ond__which_one(ond__wish *w, cJSON *found, const char *key, bool all,
                          ond__tell_fn *tell, ond_msg none, const char *said, ond_err *err);

/* ---- words ---- */

/* "오후 3시", "3:00 pm"; "2026년 12월 25일 금요일", "Friday, 25 December 2026". */
void ond__clock_put(ond_buf *out, const ond_civil *c, const char *lang);
void ond__date_put(ond_buf *out, const ond_civil *c, const char *lang);
/* What came of a step of another hand, in words of its verb; false where there are none for it. */
bool ond__errand_put(ond_buf *out, const cJSON *step, bool was, const char *lang);
/* The answer to a question, from the report of its read. */
void ond__errand_answer_put(ond_buf *out, const ond__wish *w, const cJSON *report);

#endif
