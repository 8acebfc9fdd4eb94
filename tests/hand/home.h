/* home.h - what the tests of the hand `home` share: an open hand, steps, acts, states. */
#ifndef OND_TESTS_HAND_HOME_H
#define OND_TESTS_HAND_HOME_H

#include "../sys/tmp.h"
#include "hand/hand.h"
#include "sys/clock.h"

extern const ond_hand_def ond_hand_home;

static ond_err err;
static char notes[8][300]; /* what the hand told the owner, oldest first */
static int n_notes;

static inline void on_note(void *self, const char *text)
{
    (void)self;
    snprintf(notes[n_notes < 8 ? n_notes : 7], sizeof notes[0], "%s", text);
    n_notes++;
}

static inline void *open_home(const char *config, ond_store *store)
{
    static cJSON *kept[64];
    static int n;
    void *self = NULL;
    cJSON_Delete(kept[n % 64]);
    kept[n % 64] = config ? cJSON_Parse(config) : NULL;
    const ond_hand_env env = {
        .config = kept[n++ % 64], .store = store, .lang = "en", .note = on_note};
    n_notes = 0;
    err = (ond_err){0};
    if (ond_hand_home.open(&env, &self, &err) != 0) fail_msg("cannot open the hand: %s", err.text);
    return self;
}

static inline int try_plan(void *h, const char *verb, const char *args, ond_hand_step *step)
{
    cJSON *a = cJSON_Parse(args);
    assert_non_null(a);
    err = (ond_err){0};
    int rc = ond_hand_home.plan(h, verb, a, step, &err);
    cJSON_Delete(a);
    return rc;
}

static inline ond_hand_step plan(void *h, const char *verb, const char *args)
{
    ond_hand_step step;
    if (try_plan(h, verb, args, &step) != 0) fail_msg("%s %s: %s", verb, args, err.text);
    return step;
}

/* Acts on a step; `after` may be NULL. */
static inline ond_done act_on(void *h, const char *verb, const ond_hand_step *step, cJSON **after)
{
    ond_act a = {.verb = verb, .args = step->args, .expect = step->expect};
    ond_hand_home.act(h, &a, 1, 3000);
    err = a.err;
    if (after)
        *after = a.after;
    else
        cJSON_Delete(a.after);
    return a.done;
}

static inline ond_done act(void *h, const char *verb, const char *args)
{
    ond_hand_step step = plan(h, verb, args);
    ond_done done = act_on(h, verb, &step, NULL);
    ond_hand_step_free(&step);
    return done;
}

static inline cJSON *state_of(void *h, const char *id)
{
    cJSON *args = cJSON_CreateObject(), *out = NULL;
    ond_json_set_str(args, "entity", id);
    err = (ond_err){0};
    if (ond_hand_home.observe(h, "get", args, &out, &err) != 0) out = NULL;
    cJSON_Delete(args);
    return out;
}

static inline char *text_of(const cJSON *v)
{
    ond_buf b = {0};
    if (v) ond_json_canon(&b, v);
    return ond_buf_take(&b);
}

/* All attributes of `json` are shown. */
static inline bool is_shown(const cJSON *state, const char *json)
{
    cJSON *want = cJSON_Parse(json);
    bool ok = want && state;
    for (const cJSON *w = ok ? want->child : NULL; w; w = w->next)
        ok = ok && ond_json_equal(w, ond_json_get(state, w->string));
    cJSON_Delete(want);
    return ok;
}

static inline void shows(void *h, const char *id, const char *json)
{
    cJSON *state = state_of(h, id);
    if (!is_shown(state, json)) {
        char *t = text_of(state);
        fail_msg("%s: wanted %s, shows %s", id, json, t ? t : err.text);
    }
    cJSON_Delete(state);
}

static inline void says(const char *part)
{
    if (!strstr(err.text, part)) fail_msg("'%s' does not say '%s'", err.text, part);
}

#endif
