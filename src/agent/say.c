/* say.c - a report of gate in words: what was done, what was so already, what was not, and why.
 *
 * Steps of the same verb and the same outcome are told together ("3개를 껐어요: …"). Where the
 * devices' names are at hand (the agent's own answers) sentences speak of them; else they use what
 * the hand says of each step. */
#include "agent/errand.h"
#include "agent/words.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_NAMED = 3, MOST_LISTED = 8 };

typedef struct said { const char *verb; ond_msg did, was; const char *value; } said;

/* `value` is the argument that the sentence tells. */
static const said saids[] = {
    {"turn_on", OND_M_AGENT_DID_ON, OND_M_AGENT_WAS_ON, NULL},
    {"turn_off", OND_M_AGENT_DID_OFF, OND_M_AGENT_WAS_OFF, NULL},
    {"open", OND_M_AGENT_DID_OPEN, OND_M_AGENT_WAS_OPEN, NULL},
    {"close", OND_M_AGENT_DID_CLOSE, OND_M_AGENT_WAS_CLOSED, NULL},
    {"lock", OND_M_AGENT_DID_LOCK, OND_M_AGENT_WAS_LOCKED, NULL},
    {"unlock", OND_M_AGENT_DID_UNLOCK, OND_M_AGENT_WAS_UNLOCKED, NULL},
    {"stop", OND_M_AGENT_DID_STOP, OND_M_AGENT_WAS_STOPPED, NULL},
    {"start", OND_M_AGENT_DID_START, OND_M_AGENT_WAS_STARTED, NULL},
    {"dock", OND_M_AGENT_DID_DOCK, OND_M_AGENT_WAS_DOCKED, NULL},
    {"pause", OND_M_AGENT_DID_PAUSE, OND_M_AGENT_WAS_STOPPED, NULL},
    {"media_pause", OND_M_AGENT_DID_PAUSE, OND_M_AGENT_WAS_STOPPED, NULL},
    {"media_play", OND_M_AGENT_DID_PLAY, OND_M_AGENT_WAS_PLAYING, NULL},
    {"media_next", OND_M_AGENT_DID_NEXT, OND_M_AGENT_WAS_OTHER, NULL},
    {"media_previous", OND_M_AGENT_DID_PREVIOUS, OND_M_AGENT_WAS_OTHER, NULL},
    {"arm", OND_M_AGENT_DID_ARM, OND_M_AGENT_WAS_ARMED, NULL},
    {"disarm", OND_M_AGENT_DID_DISARM, OND_M_AGENT_WAS_DISARMED, NULL},
    {"set_light", OND_M_AGENT_DID_BRIGHTNESS, OND_M_AGENT_WAS_SET, "brightness"},
    {"set_light", OND_M_AGENT_DID_SET, OND_M_AGENT_WAS_SET, "color"},
    {"set_light", OND_M_AGENT_DID_SET, OND_M_AGENT_WAS_SET, "color_temp"},
    {"set_position", OND_M_AGENT_DID_POSITION, OND_M_AGENT_WAS_SET, "position"},
    {"set_temperature", OND_M_AGENT_DID_SET, OND_M_AGENT_WAS_SET, "temperature"},
    {"set_hvac_mode", OND_M_AGENT_DID_SET, OND_M_AGENT_WAS_SET, "hvac_mode"},
    {"set_fan", OND_M_AGENT_DID_SET, OND_M_AGENT_WAS_SET, "percentage"},
    {"set_fan", OND_M_AGENT_DID_PRESET, OND_M_AGENT_WAS_SET, "preset_mode"},
    {"set", OND_M_AGENT_DID_SPEED, OND_M_AGENT_WAS_SET, "fan_mode"},
    {"set", OND_M_AGENT_DID_SPEED, OND_M_AGENT_WAS_SET, "fan_speed"},
    {"set", OND_M_AGENT_DID_PRESET, OND_M_AGENT_WAS_SET, "mode"},
    {"set", OND_M_AGENT_DID_CHANNEL, OND_M_AGENT_WAS_SET, "track"},
    {"set", OND_M_AGENT_DID_SOURCE, OND_M_AGENT_WAS_SET, "source"},
    {"set_humidity", OND_M_AGENT_DID_HUMIDITY, OND_M_AGENT_WAS_SET, "humidity"},
    {"set_volume", OND_M_AGENT_DID_VOLUME, OND_M_AGENT_WAS_SET, "volume"},
};

typedef struct teller {               /* one report on its way into words */
    ond_buf *out;
    const ond__registry *r;           /* may be NULL */
    const cJSON *report;
    const char *lang;
} teller;

/* An argument, or the one attribute that `set` sets; NULL: there is none of that name. */
static const cJSON *argument(const cJSON *step, const char *name)
{
    const cJSON *args = ond_json_get(step, "args"), *set = ond_json_get(args, "attributes");
    return cJSON_GetArraySize(set) == 1 ? ond_json_get(set, name) : ond_json_get(args, name);
}

static const said *said_of(const cJSON *step)
{
    static const said mute = {"set_volume", OND_M_AGENT_DID_MUTE, OND_M_AGENT_WAS_MUTED, NULL},
                      unmute = {"set_volume", OND_M_AGENT_DID_UNMUTE, OND_M_AGENT_WAS_UNMUTED,
                                NULL};
    const char *verb = ond_json_str(step, "verb", "");
    const cJSON *args = ond_json_get(step, "args");
    if (strcmp(verb, "set_volume") == 0 && cJSON_IsBool(ond_json_get(args, "muted")))
        return ond_json_bool(args, "muted", false) ? &mute : &unmute;
    for (size_t i = 0; i < sizeof saids / sizeof saids[0]; i++)
        if (strcmp(saids[i].verb, verb) == 0 &&
            (!saids[i].value || argument(step, saids[i].value)))
            return &saids[i];
    return NULL;
}

static int device_of(const teller *t, const cJSON *step)
{
    const char *id = ond_json_str(ond_json_get(step, "args"), "entity", NULL);
    return t->r && id ? ond__registry_device(t->r, id) : -1;
}

static const char *says_of(const cJSON *step, const char *lang)
{
    const char *key = strncmp(lang, "ko", 2) == 0 ? "ko" : "en";
    return ond_json_str(ond_json_get(step, "says"), key, ond_json_str(step, "verb", "?"));
}

/* ---- lists ---- */

void ond__list_put(ond_buf *out, const char *const *v, size_t n, const char *lang)
{
    bool korean = strncmp(lang, "ko", 2) == 0;
    size_t shown = n > MOST_LISTED ? MOST_LISTED : n;
    ond_buf list = {0};
    char count[24];
    for (size_t i = 0; i < shown; i++) {
        bool before_last = i + 2 == n;
        if (!before_last)
            ond_buf_printf(&list, "%s%s", v[i], i + 1 < shown ? ", " : "");
        else if (korean)
            ond_josa(&list, ond_str_of(v[i]), "과/와");
        else
            ond_buf_puts(&list, v[i]);
        if (before_last)
            ond_buf_puts(&list, korean ? " " : " and ");
    }
    snprintf(count, sizeof count, "%zu", n - shown);
    if (n > shown)
        OND_MSG(out, OND_M_AGENT_LIST_MORE, lang, ond_buf_z(&list), count);
    else
        ond_buf_puts(out, ond_buf_z(&list));
    ond_buf_free(&list);
}

/* ---- which steps belong together ---- */

static bool ended(const cJSON *step, const char *done)
{
    return strcmp(ond_json_str(step, "done", ""), done) == 0;
}

static bool is_read(const cJSON *step)
{
    return strcmp(ond_json_str(step, "effect", ""), "read") == 0;
}

/* Same verb, same value. */
static bool alike(const cJSON *a, const cJSON *b)
{
    const said *s = said_of(a);
    if (s != said_of(b) || !s)
        return false;
    return !s->value || ond_json_equal(argument(a, s->value), argument(b, s->value));
}

static void sentence(teller *t, const char *text)
{
    if (t->out->n && t->out->p[t->out->n - 1] != ' ')
        ond_buf_putc(t->out, ' ');
    ond_buf_puts(t->out, text);
}

static void tell(teller *t, ond_msg id, const char *a, const char *b)
{
    ond_buf text = {0};
    OND_MSG(&text, id, t->lang, a, b);
    if (text.bad)
        t->out->bad = true;
    sentence(t, ond_buf_z(&text));
    ond_buf_free(&text);
}

/* The devices of all steps like `first` that ended so, as a list; returns how many. */
static size_t list_alike(const teller *t, const cJSON *first, const char *done, ond_buf *list)
{
    const cJSON *steps = ond_json_get(t->report, "steps"), *step;
    size_t n = 0, most = (size_t)cJSON_GetArraySize(steps) + 1;
    ond_buf *label = calloc(most, sizeof *label);
    const char **v = calloc(most, sizeof *v);
    if (!label || !v)
        list->bad = t->out->bad = true;
    cJSON_ArrayForEach(step, steps) {
        int device = device_of(t, step);
        if (!label || !v || device < 0 || !ended(step, done) || !alike(first, step))
            continue;
        ond__speak_put(&label[n], t->r, device, t->lang);
        v[n] = ond_buf_z(&label[n]);
        n++;
    }
    ond__list_put(list, v, n, t->lang);
    for (size_t i = 0; i < n; i++)
        ond_buf_free(&label[i]);
    free(label);
    free(v);
    return n;
}

static bool told_before(const teller *t, const cJSON *step, const char *done)
{
    const cJSON *other;
    cJSON_ArrayForEach(other, ond_json_get(t->report, "steps")) {
        if (other == step)
            return false;
        if (ended(other, done) && device_of(t, other) >= 0 && alike(other, step))
            return true;
    }
    return false;
}

static size_t count(const teller *t, const char *done)
{
    const cJSON *step;
    size_t n = 0;
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps"))
        n += ended(step, done) && !is_read(step);
    return n;
}

/* ---- by outcome ---- */

/* "A와 B를 껐어요."; many: "5개를 껐어요: A, B, …." */
static void tell_group(teller *t, const cJSON *first, const char *done, bool was)
{
    const said *s = said_of(first);
    ond_buf list = {0}, value = {0}, many = {0};
    size_t n = list_alike(t, first, done, &list);
    char number[24];
    snprintf(number, sizeof number, "%zu", n);
    OND_MSG(&many, OND_M_AGENT_COUNT, t->lang, number);
    if (s->value)
        ond__value_put(&value, s->value, argument(first, s->value), NULL, t->lang);
    tell(t, was ? s->was : s->did, ond_buf_z(n > MOST_NAMED ? &many : &list), ond_buf_z(&value));
    if (n > MOST_NAMED && t->out->n && t->out->p[t->out->n - 1] == '.') {
        t->out->n--;
        ond_buf_printf(t->out, ": %s.", ond_buf_z(&list));
    }
    ond_buf_free(&list);
    ond_buf_free(&value);
    ond_buf_free(&many);
}

static void tell_ended(teller *t, const char *done, bool was)
{
    const cJSON *step;
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps")) {
        if (!ended(step, done) || is_read(step))
            continue;
        ond_buf errand = {0};
        if (ond__errand_put(&errand, step, was, t->lang))
            sentence(t, ond_buf_z(&errand));
        else if (device_of(t, step) < 0 || !said_of(step))
            tell(t, was ? OND_M_AGENT_WAS_OTHER : OND_M_AGENT_DID_OTHER, says_of(step, t->lang),
                 "");
        else if (!told_before(t, step, done))
            tell_group(t, step, done, was);
        ond_buf_free(&errand);
    }
}

/* Every step that ended so, each with what the hand says of it and why it failed. */
static void tell_says(teller *t, const char *done, ond_msg id)
{
    const cJSON *step;
    ond_buf all = {0};
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps")) {
        if (done && !ended(step, done))
            continue;
        const char *error = ond_json_str(step, "error", NULL);
        if (all.n)
            ond_buf_puts(&all, ", ");
        if (error && error[0])
            OND_MSG(&all, OND_M_AGENT_WHY_FAILED, t->lang, says_of(step, t->lang), error);
        else
            ond_buf_puts(&all, says_of(step, t->lang));
    }
    if (all.n)
        tell(t, id, ond_buf_z(&all), "");
    ond_buf_free(&all);
}

/* A timer was made by a process that does not stay. */
static bool needs_up(const teller *t)
{
    const cJSON *step;
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps"))
        if (ended(step, "ok") && ond_json_bool(ond_json_get(step, "after"), "needs_up", false) &&
            !strstr(ond_json_str(step, "verb", ""), "cancel"))
            return true;
    return false;
}

static void tell_done(teller *t)
{
    size_t done = count(t, "ok"), already = count(t, "already");
    char rest[24];
    tell_ended(t, "ok", false);
    snprintf(rest, sizeof rest, "%zu", already);
    if (done && already > 1)
        tell(t, OND_M_AGENT_REST_ALREADY, rest, "");
    else
        tell_ended(t, "already", true);
    tell_says(t, "unverified", OND_M_AGENT_UNVERIFIED);
    tell_says(t, "unknown", OND_M_AGENT_NOT_KNOWN);
    tell_says(t, "failed", OND_M_AGENT_FAILED);
    if (needs_up(t))
        tell(t, OND_M_AGENT_NEEDS_UP, "", "");
}

/* ---- undo ---- */

/* "거실 천장등은 다시 켜져 있어요(밝기 80%)" */
static void again_put(ond_buf *out, const teller *t, int device, const cJSON *after)
{
    const ond__device *d = &t->r->device[device];
    ond_buf label = {0}, more = {0}, state = {0};
    ond__speak_put(&label, t->r, device, t->lang);
    ond__details_put(&more, d, after, t->lang);
    ond_buf_puts(&state, ond__state_word(d, after, t->lang));
    if (more.n)
        ond_buf_printf(&state, strncmp(t->lang, "ko", 2) == 0 ? "(%s)" : " (%s)", ond_buf_z(&more));
    OND_MSG(out, OND_M_AGENT_AGAIN, t->lang, ond_buf_z(&label), ond_buf_z(&state));
    ond_buf_free(&label);
    ond_buf_free(&more);
    ond_buf_free(&state);
}

static bool undone(const cJSON *step) { return ended(step, "ok") || ended(step, "already"); }

static void tell_undone(teller *t)
{
    const cJSON *step;
    ond_buf all = {0};
    size_t n = 0, told = 0;
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps"))
        n += undone(step);
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps")) {
        int device = device_of(t, step);
        const cJSON *after = ond_json_get(step, "after");
        if (!undone(step) || told == MOST_LISTED)
            continue;
        ond_buf_puts(&all, told++ ? ", " : "");
        if (device >= 0 && n > MOST_NAMED)
            ond__speak_put(&all, t->r, device, t->lang);
        else if (device >= 0 && after)
            again_put(&all, t, device, after);
        else
            ond_buf_puts(&all, says_of(step, t->lang));
    }
    char rest[24];
    snprintf(rest, sizeof rest, "%zu", n - told);
    ond_buf list = {0};
    if (n > told)
        OND_MSG(&list, OND_M_AGENT_LIST_MORE, t->lang, ond_buf_z(&all), rest);
    tell(t, OND_M_AGENT_UNDONE, ond_buf_z(n > told ? &list : &all), "");
    ond_buf_free(&list);
    ond_buf_free(&all);
}

/* ---- the whole ---- */

static void tell_stands(teller *t)
{
    const cJSON *one;
    ond_buf all = {0};
    cJSON_ArrayForEach(one, ond_json_get(t->report, "stands"))
        if (cJSON_IsString(one))
            ond_buf_printf(&all, "%s%s", all.n ? ", " : "", one->valuestring);
    if (all.n)
        tell(t, OND_M_AGENT_STANDS, ond_buf_z(&all), "");
    ond_buf_free(&all);
    if (cJSON_IsNumber(ond_json_get(t->report, "undo_offered")))
        tell(t, OND_M_AGENT_CAN_UNDO, "", "");
}

static void tell_denied(teller *t)
{
    const cJSON *step;
    ond_buf what = {0};
    cJSON_ArrayForEach(step, ond_json_get(t->report, "steps"))
        if (what.n == 0 && strcmp(ond_json_str(step, "decision", ""), "deny") == 0)
            OND_MSG(&what, OND_M_AGENT_WHY_FAILED, t->lang, says_of(step, t->lang),
                    ond_json_str(step, "policy", ""));
    tell(t, OND_M_AGENT_DENIED, ond_buf_z(&what), "");
    ond_buf_free(&what);
}

static const char *error_of(const cJSON *report)
{
    return ond_json_str(ond_json_get(report, "error"), "text", "");
}

void ond__report_put(ond_buf *out, const ond__registry *r, const cJSON *report, const char *lang)
{
    teller t = {.out = out, .r = r, .report = report, .lang = lang};
    const char *status = ond_json_str(report, "status", "failed");
    const char *question = ond_json_str(ond_json_get(report, "ask"), "question", "");
    bool undo = ond_json_get(report, "undo_of") != NULL;
    size_t before = out->n;
    if (strcmp(status, "asked") == 0)
        sentence(&t, question);
    else if (strcmp(status, "refused") == 0)
        tell(&t, OND_M_AGENT_REFUSED, question, "");
    else if (strcmp(status, "denied") == 0)
        tell_denied(&t);
    else if (strcmp(status, "planned") == 0)
        tell_says(&t, NULL, OND_M_AGENT_WOULD);
    else if (undo && strcmp(status, "done") == 0)
        tell_undone(&t);
    else
        tell_done(&t);
    if (strcmp(status, "partial") == 0 || strcmp(status, "failed") == 0)
        tell_stands(&t);
    if (!error_of(report)[0])
        return;
    if (out->n == before)
        tell(&t, OND_M_AGENT_FAILED, error_of(report), "");
    else if (strcmp(status, "partial") == 0 && count(&t, "failed") == 0) /* no step's own error */
        tell(&t, OND_M_AGENT_NOTE, error_of(report), "");
}

void ond_agent_say(ond_buf *out, const cJSON *report, const char *lang)
{
    ond__report_put(out, NULL, report, lang ? lang : "en");
}
