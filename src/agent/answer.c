/* answer.c - from a sentence to an answer: parse, run through gate, say.
 *
 * Every call that gets as far as the sentence gives an answer object, also where it fails: status,
 * what to say, and the report or the question. Statuses are gate's, and: "unknown" (not
 * understood), "question" (which one?), "done" without a report (help, time). */
#include "agent/room.h"
#include "base/utf8.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_TEXT = 4096 };

/* ---- pieces of an answer ---- */

static bool put_error(cJSON *out, int code, const char *text)
{
    cJSON *error = cJSON_AddObjectToObject(out, "error");
    return error && ond_json_set_str(error, "code", ond_code_name(code)) &&
           ond_json_set_str(error, "text", text);
}

static bool put_reading(cJSON *out, const ond__ask *ask, const ond__wish *w)
{
    bool known = w && w->match && w->code != OND_E_UNKNOWN;
    return ond_json_set_str(out, "lang", ask->lang) && ond_json_set_str(out, "text", ask->text) &&
           ond_json_set_str(out, "intent", known ? w->match->intent : NULL) &&
           ond_json_set(out, "slots", known ? ond__slots_json(w->match) : cJSON_CreateObject());
}

/* `report` and `question` are taken. */
typedef struct answer {
    const char *status, *say;
    cJSON *report, *question;
    int code;
    const char *why;                  /* text of the error; NULL: say */
    uint64_t began;
} answer;

/* English sentences begin with a capital, also where a device's name comes first. */
static char *with_capitals(const char *say)
{
    char *copy = strdup(say);
    for (char *p = copy; p && *p; p++)
        if (*p >= 'a' && *p <= 'z' &&
            (p == copy || (p - copy >= 2 && p[-1] == ' ' && p[-2] == '.')))
            *p = (char)(*p - 'a' + 'A');
    return copy;
}

static int make(answer *a, const ond__ask *ask, const ond__wish *w, cJSON **out, ond_err *err)
{
    cJSON *o = cJSON_CreateObject();
    char *say = with_capitals(a->say);
    bool ok = o && say && ond_json_set_num(o, "version", 1) &&
              ond_json_set_str(o, "status", a->status) && ond_json_set_str(o, "say", say) &&
              put_reading(o, ask, w);
    free(say);
    if (a->question && (!o || !ond_json_set(o, "question", a->question)))
        ok = false;
    if (a->report && (!o || !ond_json_set(o, "report", a->report)))
        ok = false;
    if (!o) {
        cJSON_Delete(a->question);
        cJSON_Delete(a->report);
    }
    if (a->code != 0)
        ok = ok && put_error(o, a->code, a->why ? a->why : a->say);
    ok = ok && ond_json_set_num(o, "us", (double)(ond_steady_us() - a->began));
    if (!ok) {
        cJSON_Delete(o);
        return ond_nomem(err, "answering");
    }
    *out = o;
    if (a->code != 0)
        return ond_fail(err, (ond_code)a->code, "%s", a->why ? a->why : a->say);
    return 0;
}

/* A failure before or beside the sentence: config, memory, the world. */
static int make_failed(const ond__ask *ask, int rc, uint64_t began, cJSON **out, ond_err *err)
{
    ond_err why = err ? *err : (ond_err){.code = (ond_code)rc};
    ond_buf say = {0};
    OND_MSG(&say, OND_M_AGENT_FAILED, ask->lang, why.text[0] ? why.text : ond_code_text(rc));
    answer a = {.status = "failed",
                .say = ond_buf_z(&say),
                .code = rc,
                .why = why.text[0] ? why.text : ond_code_text(rc),
                .began = began};
    rc = make(&a, ask, NULL, out, err);
    ond_buf_free(&say);
    return rc;
}

/* ---- running ---- */

static cJSON *wish_json(const ond__ask *ask, const ond__wish *w)
{
    cJSON *wish = cJSON_CreateObject();
    bool ok = wish && ond_json_set_str(wish, "text", ask->text) &&
              ond_json_set_str(wish, "lang", ask->lang) &&
              (!ask->area || ond_json_set_str(wish, "area", ask->area)) &&
              (!w || (ond_json_set_str(wish, "intent", w->match->intent) &&
                      ond_json_set(wish, "slots", ond__slots_json(w->match))));
    if (ok)
        return wish;
    cJSON_Delete(wish);
    return NULL;
}

static int scene_of(const ond__wish *w)
{
    bool one = w->n_target == 1 && w->intent->kind == OND__ACT;
    return one && strcmp(w->a->registry.device[w->target[0]].domain, "scene") == 0 ? w->target[0]
                                                                                   : -1;
}

static void scene_put(ond_buf *say, const ond__wish *w, const cJSON *report)
{
    ond_buf name = {0}, n = {0};
    const cJSON *step;
    int changed = 0;
    cJSON_ArrayForEach(step, ond_json_get(report, "steps"))
        changed += strcmp(ond_json_str(step, "done", ""), "ok") == 0;
    ond__label_put(&name, &w->a->registry, w->target[0], w->lang);
    ond_buf_printf(&n, "%d", changed);
    OND_MSG(say, changed ? OND_M_AGENT_SCENE : OND_M_AGENT_SCENE_ALREADY, w->lang, ond_buf_z(&name),
            ond_buf_z(&n));
    ond_buf_free(&name);
    ond_buf_free(&n);
}

static int put_outcome(ond_buf *say, const ond__wish *w, const cJSON *report, ond_err *err)
{
    const char *status = ond_json_str(report, "status", "");
    bool fine = strcmp(status, "done") == 0 || strcmp(status, "already") == 0;
    if (w->intent->kind == OND__READ && fine)
        return ond__query_put(say, w, report, err);
    if (fine && scene_of(w) >= 0)
        scene_put(say, w, report);
    else
        ond__report_put(say, &w->a->registry, report, w->lang);
    if (fine && w->skipped) {
        char n[24];
        snprintf(n, sizeof n, "%zu", w->skipped);
        ond_buf_putc(say, ' ');
        OND_MSG(say, OND_M_AGENT_SKIPPED, w->lang, n);
    }
    return 0;
}

static int run_plan(ond__wish *w, const ond__ask *ask, const ond_run_opts *run, uint64_t began,
                    cJSON **out, ond_err *err)
{
    ond_run_opts opts = run ? *run : (ond_run_opts){0};
    ond_buf say = {0};
    cJSON *report = NULL, *wish = wish_json(ask, w);
    ond_err why = {0}, own = {0};
    if (!wish)
        return ond_nomem(err, "running a wish");
    if (!opts.wish)
        opts.wish = wish;
    opts.lang = w->lang;
    bool undo = strcmp(w->match->intent, "OndolUndo") == 0;
    int rc = undo ? ond_gate_undo(w->a->gate, 0, &opts, &report, &why)
                  : ond_gate_run(w->a->gate, &w->plan, &opts, &report, &why);
    if (undo && rc == OND_E_NOT_FOUND)
        OND_MSG(&say, OND_M_AGENT_NOTHING_TO_UNDO, w->lang, "");
    else if (report && put_outcome(&say, w, report, &own) != 0 && rc == 0)
        rc = own.code, why = own;
    cJSON_Delete(wish);
    answer a = {.status = ond_json_str(report, "status", "failed"),
                .say = say.n ? ond_buf_z(&say) : why.text,
                .report = report,
                .code = rc,
                .why = why.text[0] ? why.text : NULL,
                .began = began};
    rc = make(&a, ask, w, out, err);
    ond_buf_free(&say);
    return rc;
}

static int say_talk(ond__wish *w, const ond__ask *ask, uint64_t began, cJSON **out, ond_err *err)
{
    ond_buf say = {0};
    ond__talk_put(&say, w);
    answer a = {.status = "done", .say = ond_buf_z(&say), .began = began};
    int rc = say.bad ? ond_nomem(err, "answering") : make(&a, ask, w, out, err);
    ond_buf_free(&say);
    return rc;
}

static int say_trouble(ond_agent *agent, ond__wish *w, const ond__ask *ask, const ond_run_opts *run,
                       uint64_t began, cJSON **out, ond_err *err)
{
    answer a = {.status = w->code == OND_E_UNKNOWN ? "unknown" : "failed",
                .say = ond_buf_z(&w->say),
                .code = w->code,
                .began = began};
    if (w->choices) {
        int rc = ond__choice_keep(agent, w, ask, run, &a.question, err);
        if (rc != 0)
            return rc;
        a.status = "question";
    }
    return make(&a, ask, w, out, err);
}

int ond__do_only(ond_agent *a, const ond__ask *ask, const cJSON *only, const ond_run_opts *run,
                 cJSON **out, ond_err *err)
{
    uint64_t began = ond_steady_us();
    ond__wish w;
    ond__matches matches;
    int rc = ond__wish_read(&w, a, ask->text, ask->lang, ask->area, only, &matches, err);
    if (rc != 0)
        rc = rc == OND_E_NOMEM ? rc : make_failed(ask, rc, began, out, err);
    else if (w.code != 0)
        rc = say_trouble(a, &w, ask, run, began, out, err);
    else if (w.intent->kind == OND__TALK && strcmp(w.match->intent, "OndolUndo") != 0)
        rc = say_talk(&w, ask, began, out, err);
    else
        rc = run_plan(&w, ask, run, began, out, err);
    ond__wish_free(&w, &matches);
    return rc;
}

/* "ko-KR" is "ko"; without a language, the script tells. `room` is the caller's. */
static const char *language(const char *lang, const char *text, char room[16])
{
    if (!lang || !lang[0])
        return ond_utf8_lang(ond_str_of(text));
    size_t n = strcspn(lang, "-_.");
    if (n >= 16)
        return lang;
    memcpy(room, lang, n);
    room[n] = '\0';
    return room;
}

/* What is no text gets no further, and is not repeated in the answer. */
static int check_text(const ond__ask *ask, const char *lang, cJSON **out, ond_err *err)
{
    ond_str s = ond_str_of(ask->text);
    if (s.n <= MOST_TEXT && ond_utf8_valid(s) == s.n)
        return 0;
    ond__ask none = {.text = "", .lang = lang};
    int rc = s.n > MOST_TEXT
                 ? ond_fail(err, OND_E_INPUT, "the sentence is too long: %zu bytes, at most %d",
                            s.n, MOST_TEXT)
                 : ond_fail(err, OND_E_INPUT, "the sentence is not valid UTF-8 text");
    return make_failed(&none, rc, ond_steady_us(), out, err);
}

int ond_agent_do(ond_agent *a, const char *text, const char *lang, const char *area,
                 const ond_run_opts *run, cJSON **out, ond_err *err)
{
    char room[16];
    ond_err own = {0};
    ond__ask ask = {.text = text, .lang = language(lang, text, room), .area = area};
    *out = NULL;
    int rc = check_text(&ask, a->lang, out, &own);
    if (rc == 0)
        rc = ond__do_only(a, &ask, NULL, run, out, &own);
    if (err)
        *err = own;
    return rc;
}

/* ---- parse ---- */

static int parsed(const ond__ask *ask, const ond__wish *w, uint64_t began, cJSON **out,
                  ond_err *err)
{
    bool known = w->code != OND_E_UNKNOWN;
    cJSON *o = cJSON_CreateObject(), *question = NULL;
    bool ok = o && ond_json_set_num(o, "version", 1) && put_reading(o, ask, w) &&
              ond_json_set_num(o, "confidence", known ? w->confidence : 0) &&
              ond_json_set(o, "plan", ond_plan_json(&w->plan));
    if (ok && w->choices) {
        question = cJSON_AddObjectToObject(o, "question");
        ok = question && ond_json_set_str(question, "text", ond_buf_z(&w->say)) &&
             ond_json_set(question, "choices", cJSON_Duplicate(w->choices, true));
    }
    if (ok && w->code != 0)
        ok = put_error(o, w->code, ond_buf_z(&w->say));
    ok = ok && ond_json_set_num(o, "us", (double)(ond_steady_us() - began));
    if (!ok) {
        cJSON_Delete(o);
        return ond_nomem(err, "telling a plan");
    }
    *out = o;
    return w->code ? ond_fail(err, (ond_code)w->code, "%s", ond_buf_z(&w->say)) : 0;
}

int ond_agent_parse(ond_agent *a, const char *text, const char *lang, const char *area, cJSON **out,
                    ond_err *err)
{
    uint64_t began = ond_steady_us();
    char room[16];
    ond__ask ask = {.text = text, .lang = language(lang, text, room), .area = area};
    ond__wish w;
    ond__matches matches;
    *out = NULL;
    int rc = check_text(&ask, a->lang, out, err);
    if (rc != 0)
        return rc;
    rc = ond__wish_read(&w, a, text, ask.lang, area, NULL, &matches, err);
    if (rc == 0)
        rc = parsed(&ask, &w, began, out, err);
    ond__wish_free(&w, &matches);
    return rc;
}

/* ---- answers to questions, undo ---- */

static int answer_choice(ond_agent *a, const cJSON *body, const char *text, const ond_run_opts *run,
                         cJSON **out, ond_err *err)
{
    const cJSON *wish = ond_json_get(body, "wish"), *choices = ond_json_get(body, "choices");
    ond__ask ask = {.text = ond_json_str(wish, "text", ""),
                    .lang = ond_json_str(wish, "lang", a->lang),
                    .area = ond_json_str(wish, "area", NULL)};
    int at = ond__choice_pick(choices, text, ask.lang);
    if (at >= 0)
        return ond__do_only(a, &ask, ond_json_get(cJSON_GetArrayItem(choices, at), "entities"), run,
                            out, err);
    answer done = {.status = "refused",
                   .say = ond_msg_text(OND_M_AGENT_LEFT, ask.lang),
                   .began = ond_steady_us()};
    if (at == -2)
        return make(&done, &ask, NULL, out, err);
    /* None of the choices: the same question again. */
    ond__wish w = {.a = a, .lang = ask.lang, .choices = (cJSON *)choices};
    ond_buf list = {0};
    const cJSON *one;
    cJSON_ArrayForEach(one, choices)
        ond_buf_printf(&list, "%s%s", list.n ? ", " : "", ond_json_str(one, "text", ""));
    OND__WISH_FAIL(&w, OND_E_AMBIGUOUS, OND_M_AGENT_NOT_A_CHOICE, ond_buf_z(&list));
    ond_run_opts waiting = run ? *run : (ond_run_opts){0};
    waiting.can_wait = true;
    int rc = say_trouble(a, &w, &ask, &waiting, done.began, out, err);
    ond_buf_free(&list);
    ond_buf_free(&w.say);
    return rc;
}

/* A report that was not made from a sentence just now, as an answer. */
static int tell_report(ond_agent *a, const ond__ask *ask, cJSON *report, int rc, const ond_err *why,
                       uint64_t began, cJSON **out, ond_err *err)
{
    ond_buf say = {0};
    if (report && ond__agent_names(a, NULL) == 0)
        ond__report_put(&say, &a->registry, report, ask->lang);
    answer done = {.status = ond_json_str(report, "status", "failed"),
                   .say = say.n ? ond_buf_z(&say) : why->text,
                   .report = report,
                   .code = rc,
                   .why = why->text[0] ? why->text : NULL,
                   .began = began};
    rc = make(&done, ask, NULL, out, err);
    ond_buf_free(&say);
    return rc;
}

static int answer_consent(ond_agent *a, const char *id, const cJSON *body, const char *text,
                          const ond_run_opts *run, cJSON **out, ond_err *err)
{
    uint64_t began = ond_steady_us();
    const cJSON *wish = ond_json_get(body, "wish");
    ond__ask ask = {.text = ond_json_str(wish, "text", ""),
                    .lang = ond_json_str(body, "lang", a->lang)};
    ond_run_opts opts = run ? *run : (ond_run_opts){0};
    int yes = ond__yes_or_no(text);
    ond_err why = {0};
    if (yes < 0) {
        ond_buf say = {0};
        OND_MSG(&say, OND_M_AGENT_YES_OR_NO, ask.lang, ond_json_str(body, "question", ""));
        answer again = {
            .status = "asked", .say = ond_buf_z(&say), .code = OND_E_INPUT, .began = began};
        int rc = make(&again, &ask, NULL, out, err);
        ond_buf_free(&say);
        return rc;
    }
    cJSON *report = NULL;
    opts.lang = ask.lang;
    int rc = ond_gate_answer(a->gate, id, yes ? "yes" : "no", &opts, &report, &why);
    if (!yes && rc == 0) {
        answer left = {.status = ond_json_str(report, "status", "refused"),
                       .say = ond_msg_text(OND_M_AGENT_LEFT, ask.lang),
                       .report = report,
                       .began = began};
        return make(&left, &ask, NULL, out, err);
    }
    return tell_report(a, &ask, report, rc, &why, began, out, err);
}

int ond_agent_answer(ond_agent *a, const char *id, const char *text, const ond_run_opts *run,
                     cJSON **out, ond_err *err)
{
    char kind[16];
    cJSON *body;
    ond_err own = {0};
    *out = NULL;
    int rc = ond_gate_question(a->gate, id, kind, &body, &own);
    if (rc == 0) {
        bool consent = strcmp(kind, "consent") == 0;
        rc = consent ? answer_consent(a, id, body, text, run, out, &own)
                     : answer_choice(a, body, text, run, out, &own);
        cJSON_Delete(body);
    }
    if (err)
        *err = own;
    return rc;
}

int ond_agent_undo(ond_agent *a, int64_t task, const char *lang, const ond_run_opts *run,
                   cJSON **out, ond_err *err)
{
    uint64_t began = ond_steady_us();
    char room[16];
    ond__ask ask = {.text = "", .lang = lang && lang[0] ? language(lang, "", room) : a->lang};
    ond_run_opts opts = run ? *run : (ond_run_opts){0};
    ond_err why = {0}, own = {0};
    cJSON *report = NULL;
    *out = NULL;
    opts.lang = ask.lang;
    int rc = ond_gate_undo(a->gate, task, &opts, &report, &why);
    rc = tell_report(a, &ask, report, rc, &why, began, out, &own);
    if (err)
        *err = own;
    return rc;
}
