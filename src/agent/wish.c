/* wish.c - one sentence: matched by talk, its reading chosen, its slots, its plan.
 *
 * Invariants.
 * 1. What no rule understands in whole is not understood: no part of a sentence is acted on.
 * 2. Where several readings tie, the first that finds its devices counts; if another would do
 * something else, nothing is done.
 * 3. A wish either has a plan (perhaps empty, where nothing is to be done), or choices, or a code
 * with a sentence that says why.
 *
 * Confidence: 1 a single reading and devices named or counted without doubt; 0.9 the speaker's room
 * decided; 0.8 what is on or playing decided, or a name had to be read otherwise; 1/n where n are
 * equally good (then it asks). */
#include "agent/errand.h"
#include "agent/steps.h"

#include <stdlib.h>

static const ond__intent intents[] = {
#define INTENT(name, kind, step, domains) {#name, OND__##kind, domains, ond__step_##step, NULL},
#define ERRAND(name, kind, fn) {#name, OND__##kind, "", ond__step_none, ond__errand_##fn},
#include "agent/intents.def"
#undef INTENT
#undef ERRAND
};

const ond__intent *ond__intent_find(const char *name)
{
    for (size_t i = 0; i < sizeof intents / sizeof intents[0]; i++)
        if (strcmp(intents[i].name, name) == 0)
            return &intents[i];
    return NULL;
}

bool ond__word_of(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = words; n && (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
            return true;
    return false;
}

/* ---- slots ---- */

const char *ond__slot_str(const ond__wish *w, const char *name, const char *otherwise)
{
    const ond_slot *s = ond_match_slot(w->match, name);
    return s && cJSON_IsString(s->value) ? s->value->valuestring : otherwise;
}

bool ond__slot_num(const ond__wish *w, const char *name, double *out)
{
    const ond_slot *s = ond_match_slot(w->match, name);
    if (!s || !cJSON_IsNumber(s->value))
        return false;
    *out = s->value->valuedouble;
    return true;
}

bool ond__slot_has(const ond__wish *w, const char *name, const char *word)
{
    const ond_slot *s = ond_match_slot(w->match, name);
    const cJSON *one;
    if (!s)
        return false;
    if (cJSON_IsString(s->value))
        return strcmp(s->value->valuestring, word) == 0;
    cJSON_ArrayForEach(one, s->value)
        if (cJSON_IsString(one) && strcmp(one->valuestring, word) == 0)
            return true;
    return false;
}

const char *ond__slot_source(const ond__wish *w, const char *name)
{
    const ond_slot *s = ond_match_slot(w->match, name);
    return ond_source_name(s && !s->fixed ? OND_SOURCE_OWNER : OND_SOURCE_RULE);
}

void ond__said_put(ond_buf *out, const ond_slot *slot)
{
    if (slot && !slot->fixed && slot->text)
        ond_buf_str(out, ond_str_trim(ond_str_of(slot->text)));
}

cJSON *ond__slots_json(const ond_match *m)
{
    cJSON *slots = cJSON_CreateObject();
    bool ok = slots != NULL;
    for (size_t i = 0; ok && i < m->n_slot; i++)
        ok = ond_json_set(slots, m->slot[i].name, cJSON_Duplicate(m->slot[i].value, true));
    if (ok)
        return slots;
    cJSON_Delete(slots);
    return NULL;
}

/* ---- outcome of reading ---- */

void ond__wish_fail(ond__wish *w, int code, ond_msg id, const char *const *args, int n)
{
    w->code = code;
    ond_buf_clear(&w->say);
    ond_msg_put(&w->say, id, w->lang, args, n);
}

void ond__wish_not_understood(ond__wish *w)
{
    ond_plan_free(&w->plan);
    w->plan = (ond_plan){0};
    cJSON_Delete(w->choices);
    w->choices = NULL;
    w->missing = false;
    OND__WISH_FAIL(w, OND_E_UNKNOWN, OND_M_AGENT_UNKNOWN, "");
}

static void drop_reading(ond__wish *w)
{
    free(w->target);
    w->target = NULL;
    w->n_target = w->skipped = 0;
    ond_plan_free(&w->plan);
    w->plan = (ond_plan){0};
    cJSON_Delete(w->choices);
    w->choices = NULL;
    w->code = 0;
    w->missing = false;
    w->want = NULL;
    w->confidence = 1;
    ond_buf_clear(&w->say);
}

static void matches_free(ond__matches *m)
{
    for (size_t i = 0; i < m->n; i++)
        ond_match_free(&m->v[i]);
    free(m->v);
    *m = (ond__matches){0};
}

void ond__wish_free(ond__wish *w, ond__matches *matches)
{
    drop_reading(w);
    ond_buf_free(&w->say);
    ond_match_free(&w->own);
    matches_free(matches);
}

/* "turn the hall light on in the kitchen": which of the two is meant is not guessed. */
static bool two_places(const ond_match *m)
{
    static const char *const places[] = {"area", "floor"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const ond_slot *s = ond_match_slot(m, places[i]);
        if (s && s->twice)
            return true;
    }
    return false;
}

/* "my alarm" wakes somebody; it is no guard of the house. */
static bool wakes(const ond__wish *w, const ond_match *m)
{
    return strcmp(ond_json_str(m->context, "domain", ""), "alarm_control_panel") == 0 && w->text &&
           strstr(w->text, "my alarm");
}

/* Devices, then proposals, for the reading at hand. */
static int follow(ond__wish *w, const ond_match *m, ond_err *err)
{
    int rc = 0;
    drop_reading(w);
    w->match = m;
    w->intent = ond__intent_find(m->intent);
    if (!w->intent) {
        OND__WISH_FAIL(w, OND_E_UNKNOWN, OND_M_AGENT_NO_INTENT, m->intent);
        return 0;
    }
    if (two_places(m)) {
        ond__wish_not_understood(w);
        return 0;
    }
    if (wakes(w, m)) {
        OND__WISH_FAIL(w, OND_E_NOT_FOUND, OND_M_AGENT_NO_ALARM, "");
        return 0;
    }
    if (w->intent->errand)
        return w->intent->errand(w, err);
    if (w->intent->kind == OND__TALK || w->intent->kind == OND__AGAIN)
        return 0;
    rc = w->intent->kind == OND__ACT ? ond__targets(w, err) : ond__query_targets(w, err);
    return rc == 0 && w->code == 0 ? ond__steps(w, err) : rc;
}

int ond__wish_follow(ond__wish *w, const ond_match *m, ond_err *err) { return follow(w, m, err); }

int ond__wish_follow_own(ond__wish *w, ond_err *err)
{
    int rc = follow(w, &w->own, err);
    if (rc == 0 && w->code == OND_E_NOT_FOUND && w->intent && w->intent->kind == OND__ACT &&
        ond__reading_widen(&w->own))
        rc = follow(w, &w->own, err);
    return rc;
}

bool ond__same_plan(const ond_plan *p, const ond_plan *q)
{
    if (p->n != q->n)
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->v[i].hand, q->v[i].hand) != 0 || strcmp(p->v[i].verb, q->v[i].verb) != 0 ||
            !ond_json_equal(p->v[i].args, q->v[i].args))
            return false;
    return true;
}

/* A bare fragment ("침실", "at 8") answers a question that was just asked; else it is the worst of
 * the readings that tie. It goes first or last. */
static void place_fragment(const ond__wish *w, ond__matches *m)
{
    const ond__past *p = ond__past_at(w->a, 0);
    bool asked = p && p->asked;
    for (size_t i = 0; i < m->n; i++) {
        size_t to = asked ? 0 : m->n - 1;
        if (strcmp(m->v[i].intent, "OndolFragment") != 0)
            continue;
        ond_match one = m->v[i];
        m->v[i] = m->v[to];
        m->v[to] = one;
        return;
    }
}

static bool is_fragment(const ond_match *m) { return strcmp(m->intent, "OndolFragment") == 0; }

/* Invariant 2. */
static int choose_reading(ond__wish *w, ond__matches *m, ond_err *err)
{
    size_t best = 0;
    place_fragment(w, m);
    int rc = follow(w, &m->v[0], err);
    while (rc == 0 && w->code != 0 && best + 1 < m->n)
        rc = follow(w, &m->v[++best], err);
    if (rc == 0 && w->code != 0 && best > 0)
        return follow(w, &m->v[0], err);
    for (size_t i = best + 1; rc == 0 && i < m->n; i++) {
        if (is_fragment(&m->v[i]) || is_fragment(&m->v[best]))
            continue;
        ond__wish other = *w;
        other.target = NULL;
        other.plan = (ond_plan){0};
        other.choices = NULL;
        other.say = (ond_buf){0};
        other.own = (ond_match){0};
        rc = follow(&other, &m->v[i], err);
        w->states = other.states;
        bool differs =
            rc == 0 && other.code == 0 && (other.choices || !ond__same_plan(&w->plan, &other.plan));
        drop_reading(&other);
        ond_buf_free(&other.say);
        if (differs) {
            ond_plan_free(&w->plan);
            w->plan = (ond_plan){0};
            w->confidence = 0.5;
            OND__WISH_FAIL(w, OND_E_AMBIGUOUS, OND_M_AGENT_TWO_MEANINGS, "");
            return 0;
        }
    }
    return rc;
}

/* Three ways to look at a sentence, the next where the one before does not understand it: by itself;
 * leaning on the one before; and loosely, by rules that count only where the world has such a thing. */
typedef enum tier { PLAIN, LEANING, LOOSE } tier;

enum { TIERS = 3 };

/* What rules may ask for: where the speaker is, and the tier. */
static cJSON *context_of(const ond__wish *w, tier t)
{
    const char *area = NULL;
    cJSON *context = cJSON_CreateObject();
    bool here = w->area >= 0 &&
                ond__names_of(w->a->registry.area[w->area].names, w->lang, &area, 1) == 1;
    if (context && (!here || ond_json_set_str(context, "area", area)) &&
        (t != LEANING || ond_json_set_str(context, "leans", "yes")) &&
        (t != LOOSE || ond_json_set_str(context, "loose", "yes")))
        return context;
    cJSON_Delete(context);
    return NULL;
}

/* Readings of the first tier, from `from` on, that has any; up to `to`. */
static int match(ond__wish *w, const char *text, const char *best_slot, tier from, tier to,
                 ond__matches *out, ond_err *err)
{
    cJSON *context[TIERS] = {NULL};
    ond_buf plain = {0};
    bool ok = true;
    for (tier t = from; t <= to; t++)
        ok = (context[t] = context_of(w, t)) != NULL && ok;
    ond__tidy(&plain, text);
    ond_talk_opts opts = {.best_slot = best_slot,
                          .context = context[from],
                          .then = (const cJSON *const *)&context[from] + 1,
                          .n_then = (size_t)(to - from)};
    int rc = !ok || plain.bad
                 ? ond_nomem(err, "reading a sentence")
                 : ond_talk_match_all(w->tongue->grammar, w->tongue->lexicon,
                                      (ond_str){ond_buf_z(&plain), plain.n}, &opts, &out->v,
                                      &out->n, err);
    ond_buf_free(&plain);
    for (int t = 0; t < TIERS; t++)
        cJSON_Delete(context[t]);
    return rc;
}

/* A name that is not where it was said to be may have hidden a better reading: "베란다 문" is no
 * lock called 문, but the balcony's door. Matches again without the preference for names; what that
 * gives counts only where its devices are found. */
static int read_otherwise(ond__wish *w, const char *text, ond__matches *m, ond_err *err)
{
    ond__matches others = {0};
    int rc = match(w, text, "-", PLAIN, PLAIN, &others, NULL);
    if (rc != 0)
        return rc == OND_E_NOMEM ? ond_nomem(err, "reading a sentence") : 0;
    rc = choose_reading(w, &others, err);
    if (rc == 0 && (w->code == 0 || w->missing)) {
        matches_free(m);
        *m = others;
        w->confidence *= 0.8;
        return 0;
    }
    if (rc == 0)
        rc = choose_reading(w, m, err);
    matches_free(&others);
    return rc;
}

/* *t is where to begin; then the tier that it was read by. */
static int read_by(ond__wish *w, const char *text, tier *t, ond__matches *matches, ond_err *err)
{
    ond_err why = {0};
    int rc = match(w, text, NULL, *t, LOOSE, matches, &why);
    if (rc == OND_E_UNKNOWN) {
        *t = LOOSE;
        OND__WISH_FAIL(w, OND_E_UNKNOWN, OND_M_AGENT_UNKNOWN, "");
        return 0;
    }
    if (rc != 0) {
        if (err)
            *err = why;
        return rc;
    }
    *t = (tier)(*t + matches->v[0].turn);
    rc = choose_reading(w, matches, err);
    if (rc == 0 && w->code == OND_E_NOT_FOUND && ond_match_slot(w->match, "name"))
        rc = read_otherwise(w, text, matches, err);
    return rc;
}

static int read_from(ond__wish *w, ond_agent *a, const char *text, const char *lang, const char *area,
                     const cJSON *only, tier first, ond__matches *matches, ond_err *err)
{
    *w = (ond__wish){.a = a, .lang = lang, .text = text, .only = only, .area = -1, .confidence = 1};
    *matches = (ond__matches){0};
    int rc;
    OND_TRY(ond__agent_names(a, err));
    OND_TRY(ond__agent_tongue(a, lang, &w->tongue, err));
    w->lang = w->tongue->lang;
    w->area = ond__registry_area(&a->registry, area);
    if (area && area[0] && w->area < 0)
        return ond_fail(err, OND_E_NOT_FOUND, "there is no room called '%.80s'", area);
    for (tier t = first; t <= LOOSE; t++) {
        matches_free(matches);
        w->match = NULL;
        w->intent = NULL;
        OND_TRY(read_by(w, text, &t, matches, err));
        if (w->code != OND_E_UNKNOWN)
            return 0;
    }
    if (a->registry.n_device == 0) /* no name could have been known */
        OND__WISH_FAIL(w, OND_E_UNAVAILABLE, OND_M_AGENT_NO_DEVICES, "");
out:
    return rc;
}

int ond__wish_read(ond__wish *w, ond_agent *a, const char *text, const char *lang, const char *area,
                   const cJSON *only, ond__matches *matches, ond_err *err)
{
    return read_from(w, a, text, lang, area, only, PLAIN, matches, err);
}

int ond__wish_read_loosely(ond__wish *w, ond_agent *a, const char *text, const char *lang,
                           const char *area, const cJSON *only, ond__matches *matches, ond_err *err)
{
    return read_from(w, a, text, lang, area, only, LOOSE, matches, err);
}
