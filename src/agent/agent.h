/* agent.h - from a wish to a plan: rules now; skills, a model and learned preferences later, by the same door.
 *
 * parse: sentence → intent, slots (talk) → targets in the world → proposals. do: parse → gate → an answer in the
 * person's language. What no rule understands says so; two equally good targets become one question. */
#ifndef OND_AGENT_AGENT_H
#define OND_AGENT_AGENT_H

#include "gate/gate.h"
#include "mind/mind.h"
#include "talk/talk.h"

typedef struct ond_agent ond_agent;

typedef struct ond_agent_opts {
    ond_gate *gate;              /* borrowed */
    const char *lang;            /* the owner's: "ko" or "en" */
    const char *pack_dir;        /* folder of more sentence files (DIR/LANG/<files>.yaml), or NULL */
    ond_mind *mind;              /* what the owner has taught; borrowed; NULL: nothing is known and nothing learned */
} ond_agent_opts;

OND_CHECKED int ond_agent_open(const ond_agent_opts *opts, ond_agent **out, ond_err *err);
void ond_agent_close(ond_agent *a);

/* {"version":1,"text","lang","intent","slots":{},"confidence":0..1,"plan":[…],"us":n} and, where it could not,
 * "error":{"code","text"} with intent null; "question" where two targets are equally good.
 * `area` (may be NULL) is where the speaker is. Does not touch the world beyond reading names and states. */
OND_CHECKED int ond_agent_parse(ond_agent *a, const char *text, const char *lang, const char *area, cJSON **out, ond_err *err);

/* Parses and runs. The answer: {"version":1,"status":…,"say":"거실 천장등을 켰어요.","lang","text","intent","slots",
 * "question":{"id","text","choices"}|absent,"report":{…gate's report…}|absent,"error":{"code","text"}|absent,"us":n}. */
OND_CHECKED int ond_agent_do(ond_agent *a, const char *text, const char *lang, const char *area, const ond_run_opts *run, cJSON **answer, ond_err *err);
/* Answers a pending question, of consent or of choice, by number, word or yes/no. */
OND_CHECKED int ond_agent_answer(ond_agent *a, const char *id, const char *text, const ond_run_opts *run, cJSON **answer, ond_err *err);
/* Undo as a wish would do it: with an answer in words. task 0: the last. */
OND_CHECKED int ond_agent_undo(ond_agent *a, int64_t task, const char *lang, const ond_run_opts *run, cJSON **answer, ond_err *err);
/* The page docs/understood.md (Markdown): what is understood, by topic, in both languages. Appends. */
OND_CHECKED int ond_agent_page(ond_buf *out, ond_err *err);
/* A report of gate in words of `lang` (appends). */
void ond_agent_say(ond_buf *out, const cJSON *report, const char *lang);

#endif
