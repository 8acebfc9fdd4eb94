/* answer.c - from a sentence to an answer: parse, run through gate, say.
 *
 * Every call that gets as far as the sentence gives an answer object, also where it fails: status,
 * what to say, and the report or the question. Statuses are gate's, and: "unknown" (not
 * understood), "question" (which one?), "done" without a report (help, time). */
#include "agent/errand.h"
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

static bool put_wish(cJSON *out, const ond__wish *w)
{
    bool known = w && w->match && w->code != OND_E_UNKNOWN;
    return ond_json_set_str(out, "intent", known ? w->match->intent : NULL) &&
           ond_json_set(out, "slots", known ? ond__slots_json(w->match) : cJSON_CreateObject());
}

/* Several wishes in one sentence, each with the words that it was said in. */
static bool put_parts(cJSON *out, const ond__request *r)
{
    cJSON *list = cJSON_AddArrayToObject(out, "parts");
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n; i++) {
        cJSON *one = cJSON_CreateObject();
        ok = one && ond_json_set_str(one, "text", r->part[i].text) &&
             put_wish(one, &r->part[i].w) && cJSON_AddItemToArray(list, one);
        if (!ok)
            cJSON_Delete(one);
    }
    return ok;
}

static bool put_reading(cJSON *out, const ond__ask *ask, const ond__request *r)
{
    return ond_json_set_str(out, "lang", ask->lang) && ond_json_set_str(out, "text", ask->text) &&
           put_wish(out, r ? &r->part[0].w : NULL) && (!r || r->n < 2 || put_parts(out, r));
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

static int make(answer *a, const ond__ask *ask, const ond__request *r, cJSON **out, ond_err *err)
{
    cJSON *o = cJSON_CreateObject();
    char *say = with_capitals(a->say);
    bool ok = o && say && ond_json_set_num(o, "version", 1) &&
              ond_json_set_str(o, "status", a->status) && ond_json_set_str(o, "say", say) &&
              put_reading(o, ask, r);
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

static cJSON *wish_json(const ond__request *r)
{
    cJSON *wish = cJSON_CreateObject();
    bool ok = wish && ond_json_set_str(wish, "text", r->ask.text) &&
              ond_json_set_str(wish, "lang", r->ask.lang) &&
              (!r->ask.area || ond_json_set_str(wish, "area", r->ask.area)) &&
              put_wish(wish, &r->part[0].w);
    if (ok)
        return wish;
    cJSON_Delete(wish);
    return NULL;
}

/* What was said, for the sentences that will lean on it. */
static void remember(ond__request *r, int64_t task, const ond__part *asks)
{
    ond__past p = {.text = (char *)r->ask.text,
                   .area = (char *)r->ask.area,
                   .at = ond_now(),
                   .task = task,
                   .asked = asks != NULL && asks->w.code != OND_E_UNKNOWN,
                   .unknown = asks != NULL && asks->w.code == OND_E_UNKNOWN};
    snprintf(p.lang, sizeof p.lang, "%s", r->ask.lang);
    snprintf(p.want, sizeof p.want, "%s", asks && asks->w.want ? asks->w.want : "");
    ond__past_push(r->a, &p);
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

static int put_part(ond_buf *say, const ond__wish *w, const cJSON *report, ond_err *err)
{
    if (w->intent->kind == OND__READ)
        return ond__query_put(say, w, report, err);
    if (w->intent->kind == OND__ASK)
        ond__errand_answer_put(say, w, report);
    else if (scene_of(w) >= 0)
        scene_put(say, w, report);
    else
        ond__report_put(say, &w->a->registry, report, w->lang);
    if (w->skipped) {
        char n[24];
        snprintf(n, sizeof n, "%zu", w->skipped);
        ond_buf_putc(say, ' ');
        OND_MSG(say, OND_M_AGENT_SKIPPED, w->lang, n);
    }
    return 0;
}

/* The report of n steps from `first` on; borrows them. */
static cJSON *slice(const cJSON *report, size_t first, size_t n)
{
    cJSON *out = cJSON_CreateObject(),
          *steps = out ? cJSON_AddArrayToObject(out, "steps") : NULL;
    const cJSON *step;
    size_t at = 0;
    bool ok = steps && ond_json_set_str(out, "status", ond_json_str(report, "status", ""));
    cJSON_ArrayForEach(step, ond_json_get(report, "steps")) {
        if (ok && at >= first && at < first + n)
            ok = cJSON_AddItemReferenceToArray(steps, (cJSON *)step);
        at++;
    }
    if (ok)
        return out;
    cJSON_Delete(out);
    return NULL;
}

/* Acts that follow each other are told together, questions each by themselves. */
static int put_parts_said(ond_buf *say, ond__request *r, const cJSON *report, ond_err *err)
{
    int rc = 0;
    for (size_t i = 0, first = 0, end; rc == 0 && i < r->n; i = end) {
        const ond__wish *w = &r->part[i].w;
        size_t steps = w->plan.n;
        bool acts = w->intent->kind == OND__ACT;
        for (end = i + 1; acts && end < r->n && r->part[end].w.intent->kind == OND__ACT; end++)
            steps += r->part[end].w.plan.n;
        if (say->n && say->p[say->n - 1] != ' ')
            ond_buf_putc(say, ' ');
        if (w->intent->kind == OND__TALK)
            ond__talk_put(say, &r->part[i].w);
        cJSON *part = w->intent->kind == OND__TALK ? NULL : slice(report, first, steps);
        if (part)
            rc = put_part(say, w, part, err);
        cJSON_Delete(part);
        first += steps;
    }
    return rc;
}

static int put_outcome(ond_buf *say, ond__request *r, const cJSON *report, ond_err *err)
{
    const char *status = ond_json_str(report, "status", "");
    bool fine = strcmp(status, "done") == 0 || strcmp(status, "already") == 0;
    if (fine && r->n > 1)
        return put_parts_said(say, r, report, err);
    if (fine)
        return put_part(say, &r->part[0].w, report, err);
    ond__report_put(say, &r->a->registry, report, r->ask.lang);
    return 0;
}

static int whole_plan(const ond__request *r, ond_plan *out, ond_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        const ond_plan *p = &r->part[i].w.plan;
        for (size_t k = 0; rc == 0 && k < p->n; k++)
            rc = ond_plan_add(out, p->v[k].hand, p->v[k].verb,
                              cJSON_Duplicate(p->v[k].args, true),
                              cJSON_Duplicate(p->v[k].provenance, true), p->v[k].effect,
                              p->v[k].why, err);
    }
    return rc;
}

/* What a correction corrects is taken back first; that there is nothing to take back is no fault. */
static int take_back(ond__request *r, const ond_run_opts *opts, ond_buf *say, ond_err *err)
{
    cJSON *report = NULL;
    ond_err why = {0};
    if (!r->takes_back || opts->dry_run)
        return 0;
    int rc = ond_gate_undo(r->a->gate, r->takes_back, opts, &report, &why);
    if (rc == 0)
        ond__report_put(say, &r->a->registry, report, r->ask.lang);
    else if (rc == OND_E_NOT_FOUND)
        rc = 0;
    else if (err)
        *err = why;
    cJSON_Delete(report);
    return rc;
}

/* Undo or plan, through gate. */
static int run_through(ond__request *r, const ond_run_opts *opts, ond_buf *say, cJSON **report,
                       ond_err *err)
{
    ond_plan plan = {0};
    if (strcmp(r->part[0].w.match->intent, "OndolUndo") == 0)
        return ond_gate_undo(r->a->gate, 0, opts, report, err);
    int rc = take_back(r, opts, say, err);
    if (rc == 0)
        rc = whole_plan(r, &plan, err);
    if (rc == 0)
        rc = ond_gate_run(r->a->gate, &plan, opts, report, err);
    ond_plan_free(&plan);
    return rc;
}

static int run_plan(ond__request *r, const ond_run_opts *run, uint64_t began, cJSON **out,
                    ond_err *err)
{
    ond_run_opts opts = run ? *run : (ond_run_opts){0};
    ond_buf say = {0};
    cJSON *report = NULL, *wish = wish_json(r);
    ond_err why = {0}, own = {0};
    bool undo = strcmp(r->part[0].w.match->intent, "OndolUndo") == 0;
    if (!wish)
        return ond_nomem(err, "running a wish");
    if (!opts.wish)
        opts.wish = wish;
    opts.lang = r->part[0].w.lang;
    int rc = run_through(r, &opts, &say, &report, &why);
    if (undo && rc == OND_E_NOT_FOUND)
        OND_MSG(&say, OND_M_AGENT_NOTHING_TO_UNDO, opts.lang, "");
    else if (report && put_outcome(&say, r, report, &own) != 0 && rc == 0)
        rc = own.code, why = own;
    cJSON_Delete(wish);
    if (!opts.dry_run && !undo && rc == 0)
        ond__teach(r->a, &r->teaching, opts.lang, (int64_t)ond_json_num(report, "task", 0), &say);
    if (!opts.dry_run && !undo)
        remember(r, (int64_t)ond_json_num(report, "task", 0), NULL);
    answer a = {.status = ond_json_str(report, "status", "failed"),
                .say = say.n ? ond_buf_z(&say) : why.text,
                .report = report,
                .code = rc,
                .why = why.text[0] ? why.text : NULL,
                .began = began};
    rc = make(&a, &r->ask, r, out, err);
    ond_buf_free(&say);
    return rc;
}

static int say_talk(ond__request *r, const ond_run_opts *run, uint64_t began, cJSON **out,
                    ond_err *err)
{
    ond_buf say = {0};
    if (r->teaching.ids && !(run && run->dry_run))
        ond__teach(r->a, &r->teaching, r->part[0].w.lang, 0, &say);
    for (size_t i = 0; say.n == 0 && i < r->n; i++) {
        if (i)
            ond_buf_putc(&say, ' ');
        ond__talk_put(&say, &r->part[i].w);
    }
    answer a = {.status = "done", .say = ond_buf_z(&say), .began = began};
    int rc = say.bad ? ond_nomem(err, "answering") : make(&a, &r->ask, r, out, err);
    ond_buf_free(&say);
    return rc;
}

/* What was not understood, or was asked back, is kept: the next sentence may lean on it. */
static void keep(ond__request *r, const ond__part *p, const ond_run_opts *run)
{
    bool asks = p->w.choices || p->w.missing, unknown = p->w.code == OND_E_UNKNOWN;
    ond_buf plain = {0};
    ond__tidy(&plain, r->ask.text);
    bool empty = plain.n == 0;
    ond_buf_free(&plain);
    if ((!asks && !unknown) || empty || (run && run->dry_run))
        return;
    cJSON *wish = wish_json(r);
    bool ok = wish && (!asks || ond_json_set_bool(wish, "asked", true)) &&
              (!unknown || ond_json_set_bool(wish, "understood", false)) &&
              (!p->w.want || ond_json_set_str(wish, "want", p->w.want));
    if (ok && ond_gate_keep(r->a->gate, wish, NULL) == 0)
        remember(r, 0, p);
    cJSON_Delete(wish);
}

static int say_trouble(ond__request *r, const ond__part *p, const ond_run_opts *run,
                       uint64_t began, cJSON **out, ond_err *err)
{
    const ond__wish *w = &p->w;
    answer a = {.status = w->code == OND_E_UNKNOWN ? "unknown"
                          : w->missing             ? "question"
                                                   : "failed",
                .say = ond_buf_z(&w->say),
                .code = w->code,
                .began = began};
    if (w->choices || w->missing) {
        int rc = ond__choice_keep(r->a, w, &r->ask, r->only, (size_t)(p - r->part), run,
                                  &a.question, err);
        if (rc != 0)
            return rc;
        a.status = "question";
    }
    keep(r, p, run);
    return make(&a, &r->ask, r, out, err);
}

static bool only_talks(const ond__request *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i].w.intent->kind != OND__TALK ||
            strcmp(r->part[i].w.match->intent, "OndolUndo") == 0)
            return false;
    return true;
}

/* One of several of a name was chosen: from now on it is meant by it, where the speaker is. */
static int learn_chosen(ond__request *r, ond_err *err)
{
    const ond__wish *w = &r->part[0].w;
    const ond_slot *name = r->only && r->n == 1 && w->match ? ond_match_slot(w->match, "name") : NULL;
    if (!name || name->fixed || !name->said || w->code != 0 || w->n_target != 1)
        return 0;
    cJSON *ids = ond__ids_of(w);
    const char *area = w->area >= 0 ? r->a->registry.area[w->area].id : "";
    bool ok = ids && ond__teaching_of(&r->teaching, "preference", name->said, area, ids);
    cJSON_Delete(ids);
    return ok ? 0 : ond_nomem(err, "learning");
}

int ond__do_only(ond_agent *a, const ond__ask *ask, const cJSON *only, const ond_run_opts *run,
                 cJSON **out, ond_err *err)
{
    uint64_t began = ond_steady_us();
    ond__request r = {.a = a, .ask = *ask, .only = only};
    int rc = ond__request_read(&r, err);
    if (rc == 0)
        rc = learn_chosen(&r, err);
    const ond__part *trouble = rc == 0 ? ond__request_trouble(&r) : NULL;
    if (rc != 0)
        rc = rc == OND_E_NOMEM ? rc : make_failed(ask, rc, began, out, err);
    else if (trouble)
        rc = say_trouble(&r, trouble, run, began, out, err);
    else if (only_talks(&r))
        rc = say_talk(&r, run, began, out, err);
    else
        rc = run_plan(&r, run, began, out, err);
    ond__request_free(&r);
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

/* Confidence of the least certain part. */
static double confidence_of(const ond__request *r)
{
    double least = 1;
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i].w.confidence < least)
            least = r->part[i].w.confidence;
    return least;
}

static bool put_question(cJSON *o, const ond__wish *w)
{
    cJSON *question = cJSON_AddObjectToObject(o, "question");
    return question && ond_json_set_str(question, "text", ond_buf_z(&w->say)) &&
           ond_json_set(question, "choices",
                        w->choices ? cJSON_Duplicate(w->choices, true) : cJSON_CreateArray());
}

static int parsed(ond__request *r, uint64_t began, cJSON **out, ond_err *err)
{
    const ond__part *trouble = ond__request_trouble(r);
    const ond__wish *w = trouble ? &trouble->w : &r->part[0].w;
    bool known = w->code != OND_E_UNKNOWN;
    cJSON *o = cJSON_CreateObject();
    ond_plan plan = {0};
    int rc = trouble ? 0 : whole_plan(r, &plan, err);
    bool ok = rc == 0 && o && ond_json_set_num(o, "version", 1) && put_reading(o, &r->ask, r) &&
              ond_json_set_num(o, "confidence", known ? confidence_of(r) : 0) &&
              (!r->takes_back || ond_json_set_num(o, "takes_back", (double)r->takes_back)) &&
              ond_json_set(o, "plan", ond_plan_json(&plan));
    ond_plan_free(&plan);
    if (ok && (w->choices || w->missing))
        ok = put_question(o, w);
    if (ok && w->code != 0)
        ok = put_error(o, w->code, ond_buf_z(&w->say));
    ok = ok && ond_json_set_num(o, "us", (double)(ond_steady_us() - began));
    if (!ok) {
        cJSON_Delete(o);
        return rc ? rc : ond_nomem(err, "telling a plan");
    }
    *out = o;
    return w->code ? ond_fail(err, (ond_code)w->code, "%s", ond_buf_z(&w->say)) : 0;
}

int ond_agent_parse(ond_agent *a, const char *text, const char *lang, const char *area, cJSON **out,
                    ond_err *err)
{
    uint64_t began = ond_steady_us();
    char room[16];
    ond__request r = {.a = a, .ask = {.text = text, .lang = language(lang, text, room), .area = area}};
    *out = NULL;
    int rc = check_text(&r.ask, a->lang, out, err);
    if (rc != 0)
        return rc;
    rc = ond__request_read(&r, err);
    if (rc == 0)
        rc = parsed(&r, began, out, err);
    ond__request_free(&r);
    return rc;
}

/* ---- answers to questions, undo ---- */

/* What was chosen for other parts before, and now for this one. */
static cJSON *with_choice(const cJSON *body, int at)
{
    const cJSON *before = ond_json_get(body, "only"),
                *ids = ond_json_get(
                    cJSON_GetArrayItem(ond_json_get(body, "choices"), at), "entities");
    cJSON *only = before ? cJSON_Duplicate(before, true) : cJSON_CreateObject();
    char key[24];
    snprintf(key, sizeof key, "%.0f", ond_json_num(body, "part", 0));
    if (only && ids && ond_json_set(only, key, cJSON_Duplicate(ids, true)))
        return only;
    cJSON_Delete(only);
    return NULL;
}

/* None of the choices: the same question again. */
static int ask_again(ond_agent *a, const ond__ask *ask, const cJSON *body, const ond_run_opts *run,
                     cJSON **out, ond_err *err)
{
    const cJSON *choices = ond_json_get(body, "choices"), *one;
    ond__request r = {.a = a, .ask = *ask, .only = ond_json_get(body, "only"), .n = 1};
    ond__part *p = &r.part[(size_t)ond_json_num(body, "part", 0) % OND__MOST_PARTS];
    ond_buf list = {0};
    p->w = (ond__wish){.a = a, .lang = ask->lang, .choices = cJSON_Duplicate(choices, true)};
    cJSON_ArrayForEach(one, choices)
        ond_buf_printf(&list, "%s%s", list.n ? ", " : "", ond_json_str(one, "text", ""));
    OND__WISH_FAIL(&p->w, OND_E_AMBIGUOUS, OND_M_AGENT_NOT_A_CHOICE, ond_buf_z(&list));
    ond_run_opts waiting = run ? *run : (ond_run_opts){0};
    waiting.can_wait = true;
    int rc = say_trouble(&r, p, &waiting, ond_steady_us(), out, err);
    ond_buf_free(&list);
    r.n = OND__MOST_PARTS;
    ond__request_free(&r);
    return rc;
}

static int answer_choice(ond_agent *a, const cJSON *body, const char *text, const ond_run_opts *run,
                         cJSON **out, ond_err *err)
{
    const cJSON *wish = ond_json_get(body, "wish"), *choices = ond_json_get(body, "choices");
    ond__ask ask = {.text = ond_json_str(wish, "text", ""),
                    .lang = ond_json_str(wish, "lang", a->lang),
                    .area = ond_json_str(wish, "area", NULL)};
    int at = ond__choice_pick(choices, text, ask.lang);
    if (at >= 0) {
        cJSON *only = with_choice(body, at);
        int rc = only ? ond__do_only(a, &ask, only, run, out, err) : ond_nomem(err, "answering");
        cJSON_Delete(only);
        return rc;
    }
    answer done = {.status = "refused",
                   .say = ond_msg_text(OND_M_AGENT_LEFT, ask.lang),
                   .began = ond_steady_us()};
    if (at == -2)
        return make(&done, &ask, NULL, out, err);
    return ask_again(a, &ask, body, run, out, err);
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
