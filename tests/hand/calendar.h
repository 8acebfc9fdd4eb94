/* calendar.h - what the tests of the hand `calendar` share: an open hand on a folder, acts, files. */
#ifndef OND_TESTS_HAND_CALENDAR_H
#define OND_TESTS_HAND_CALENDAR_H

#ifndef NO_CMOCKA /* tests/torture brings its own words for what must be */
#include "../sys/tmp.h"
#endif
#include "hand/hand.h"
#include "sys/clock.h"
#include "sys/file.h"

extern const ond_hand_def ond_hand_calendar;

static ond_err err;
static char notes[16][400];
static int n_notes;

static inline void on_note(void *self, const char *text)
{
    (void)self;
    snprintf(notes[n_notes < 16 ? n_notes : 15], sizeof notes[0], "%s", text);
    n_notes++;
}

/* 2026-12-01T10:00 in Seoul, a Tuesday. */
#define NOW 1796086800000

static inline cJSON *parse(const char *json)
{
    cJSON *v = cJSON_Parse(json);
    if (!v) fail_msg("no JSON: %s", json);
    return v;
}

static inline char *text_of(const cJSON *v)
{
    ond_buf b = {0};
    if (v) ond_json_canon(&b, v);
    return ond_buf_take(&b);
}

static inline void *open_calendar(const cJSON *config)
{
    void *self = NULL;
    const ond_hand_env env = {.config = config, .lang = "en", .note = on_note};
    n_notes = 0;
    err = (ond_err){0};
    if (ond_hand_calendar.open(&env, &self, &err) != 0) fail_msg("cannot open the hand: %s", err.text);
    return self;
}

static inline cJSON *dir_config(const char *dir)
{
    cJSON *c = cJSON_CreateObject();
    ond_json_set_str(c, "dir", dir);
    return c;
}

static inline int try_plan(void *h, const char *verb, const char *args, ond_hand_step *s)
{
    cJSON *a = parse(args);
    err = (ond_err){0};
    int rc = ond_hand_calendar.plan(h, verb, a, s, &err);
    cJSON_Delete(a);
    return rc;
}

static inline ond_hand_step plan(void *h, const char *verb, const char *args)
{
    ond_hand_step s;
    if (try_plan(h, verb, args, &s) != 0) fail_msg("%s %s: %s", verb, args, err.text);
    return s;
}

static inline ond_done act_on(void *h, const char *verb, const ond_hand_step *s, cJSON **after)
{
    ond_act a = {.verb = verb, .args = s->args, .expect = s->expect};
    ond_hand_calendar.act(h, &a, 1, 20000);
    err = a.err;
    if (a.done == OND_DONE_OK && s->expect && s->expect->child && ond_hand_shows(s->expect, a.after) != OND_SHOWS)
        fail_msg("%s: expected %s, shows %s", verb, text_of(s->expect), text_of(a.after));
    if (after) *after = a.after;
    else cJSON_Delete(a.after);
    return a.done;
}

static inline void must(void *h, const char *verb, const char *args)
{
    ond_hand_step s = plan(h, verb, args);
    ond_done d = act_on(h, verb, &s, NULL);
    if (d != (s.already ? OND_DONE_ALREADY : OND_DONE_OK)) fail_msg("%s %s: %s %s", verb, args, ond_done_name(d), err.text);
    ond_hand_step_free(&s);
}

/* What a read verb says. */
static inline cJSON *ask(void *h, const char *verb, const char *args)
{
    ond_hand_step s = plan(h, verb, args);
    cJSON *out = s.before;
    s.before = NULL;
    assert_int_equal(s.effect, OND_EFFECT_READ);
    ond_hand_step_free(&s);
    return out;
}

static inline void says(const char *part)
{
    if (!strstr(err.text, part)) fail_msg("'%s' does not say '%s'", err.text, part);
}

static inline void put_file(const char *dir, const char *folder, const char *name, const char *bytes, size_t n)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", dir, folder);
    assert_int_equal(ond_dir_make(path, 0700, &err), 0);
    snprintf(path, sizeof path, "%s/%s/%s", dir, folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static inline char *get_file(const char *dir, const char *folder, const char *name)
{
    char path[1200];
    ond_buf b = {0};
    snprintf(path, sizeof path, "%s/%s/%s", dir, folder, name);
    if (ond_file_read(path, 4 << 20, &b, &err) != 0) {
        ond_buf_free(&b);
        return NULL;
    }
    if (!b.p) ond_buf_puts(&b, "");
    return ond_buf_take(&b);
}

#endif
