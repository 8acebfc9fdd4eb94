/* again.c - sentences that lean on the one before: "and the kitchen too", "no, the study", "more",
 * "turn it off", and the answer to a question that was asked back.
 *
 * The sentence before is read again, as it was; what is said now goes in for what was said then.
 * Where there is nothing to lean on, or it does not fit, the sentence is not understood: nothing is
 * guessed. */
#include "agent/clauses.h"

#include <stdlib.h>
#include <strings.h>

/* ---- the sentence before ---- */

static int read_before(ond__request *r, size_t back, ond__request *out, bool *found, ond_err *err)
{
    const ond__past *p = ond__past_at(r->a, back);
    *found = false;
    if (!p || back + 1 >= OND__MOST_PAST)
        return 0;
    *out = (ond__request){.a = r->a,
                          .ask = {.text = p->text, .lang = p->lang, .area = p->area},
                          .back = back + 1};
    int rc = ond__request_read(out, err);
    *found = rc == 0 && out->n > 0 && out->part[0].w.code != OND_E_UNKNOWN;
    return rc;
}

/* The wish of the sentence before that may be leaned on: its last one. */
static ond__part *base_of(ond__request *before)
{
    ond__part *p = &before->part[before->n - 1];
    bool fits = p->w.intent && p->w.intent->kind != OND__TALK && p->w.intent->kind != OND__AGAIN;
    return fits ? p : NULL;
}

/* ---- fragments ---- */

/* "서재도 꺼 줘" after something was switched on: the verb that is said goes before the one that was. */
static bool take_act(ond_match *own, const ond__wish *w)
{
    const char *act = ond__slot_str(w, "act", "");
    const char *intent = ond__word_of("on open lock", act)     ? "HassTurnOn"
                         : ond__word_of("off close", act) ? "HassTurnOff"
                                                          : NULL;
    if (!intent)
        return true;
    char *copy = strdup(intent);
    if (copy) {
        free(own->intent);
        own->intent = copy;
    }
    return copy != NULL;
}

static int read_it(ond__part *p, const ond__part *base, ond_err *err);

/* Readings may tie ("make it 20": what "it" is, or a correction). The next one that leans on the
 * sentence before, for where those up to *at do not fit. */
static bool next_reading(ond__part *p, size_t *at)
{
    while (++*at < p->matches.n) {
        const ond__intent *intent = ond__intent_find(p->matches.v[*at].intent);
        if (!intent || intent->kind != OND__AGAIN)
            continue;
        ond_match_free(&p->w.own);
        p->w.own = (ond_match){0};
        p->w.match = &p->matches.v[*at];
        p->w.intent = intent;
        p->w.code = 0;
        ond_buf_clear(&p->w.say);
        return true;
    }
    return false;
}

static int lean_one(ond__part *fragment, const ond__part *base, ond_err *err);

/* The reading of `base` with what the fragment says. */
int ond__lean(ond__part *fragment, const ond__part *base, ond_err *err)
{
    size_t at = 0;
    int rc = lean_one(fragment, base, err);
    while (rc == 0 && fragment->w.code == OND_E_UNKNOWN && next_reading(fragment, &at))
        rc = lean_one(fragment, base, err);
    return rc;
}

static int lean_one(ond__part *fragment, const ond__part *base, ond_err *err)
{
    ond__wish *w = &fragment->w;
    if (strcmp(w->intent->name, "OndolIt") == 0)
        return read_it(fragment, base, err);
    if (strcmp(w->intent->name, "OndolThat") == 0)
        return ond__made(w, base, ond__slot_str(w, "act", ""), err);
    ond_match own = {0};
    if (!ond__reading_fits(base->w.match, w->match)) {
        ond__wish_not_understood(w);
        return 0;
    }
    if (!ond__reading_copy(&own, base->w.match))
        return ond_nomem(err, "reading a sentence");
    bool ok = take_act(&own, w) && ond__reading_take(&own, w->match);
    ond_match_free(&w->own);
    w->own = own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

/* ---- it, more, again ---- */

cJSON *ond__ids_of(const ond__wish *w)
{
    cJSON *ids = cJSON_CreateArray();
    for (size_t i = 0; ids && i < w->n_target; i++)
        cJSON_AddItemToArray(ids,
                             cJSON_CreateString(w->a->registry.device[w->target[i]].id));
    return ids;
}

/* Slots of "it" under the names that the intent has for them. */
static bool it_slots(ond_match *own, const ond_match *said, const ond__turn *t)
{
    const ond_slot *share = ond_match_slot(said, "share");
    const char *name = strcmp(t->domains, "cover") == 0          ? "position"
                       : strcmp(t->domains, "media_player") == 0 ? "volume_level"
                       : strcmp(t->domains, "fan") == 0          ? "percentage"
                                                                 : "brightness";
    if (ond__word_of(t->domains, "climate"))
        name = "temperature";
    else if (strcmp(t->domains, "humidifier") == 0)
        name = "humidity";
    const ond_slot *white = ond_match_slot(said, "white"), *heat = ond_match_slot(said, "heat");
    share = share ? share : heat ? heat : ond_match_slot(said, "number");
    const char *way = strcmp(t->intent, "HassSetVolumeRelative") == 0 ? "volume_step"
                      : strcmp(t->intent, "OndolPreset") == 0         ? "preset"
                                                                      : "direction";
    return (!share || ond__reading_put(own, share, name)) &&
           (!white || ond__reading_put(own, white, "temperature")) &&
           (!t->direction || ond__reading_text(own, way, t->direction, true));
}

/* "pause it", "다시 시작" after a timer was started. */
static int read_timer(ond__wish *w, const char *act, ond_err *err)
{
    ond_match own = {0};
    bool ok = ond__reading_copy(&own, w->match), on = ond__word_of("start resume", act);
    ok = ok && ond__reading_intent(&own, on ? "OndolTimerResume" : "OndolTimerPause");
    w->own = own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

/* "꺼 줘" after a timer was started, or an alarm set. */
static bool ends_it(const ond__part *base, const char *act)
{
    static const char *const set[] = {"OndolTimerStart", "OndolAlarmSet", "OndolReminderSet"};
    for (size_t i = 0; strcmp(act, "off") == 0 && base->w.match && i < sizeof set / sizeof set[0]; i++)
        if (strcmp(base->w.match->intent, set[i]) == 0)
            return true;
    return false;
}

/* The devices of the part before, with what `act` is for their kind. */
static int read_act(ond__part *p, const ond__part *base, const char *act, ond_err *err)
{
    ond__wish *w = &p->w;
    if (base->w.n_target == 0 && ends_it(base, act))
        return ond__made(w, base, "remove", err);
    if (base->w.n_target == 0 && ond__word_of("pause stop start resume", act) && base->w.match &&
        strncmp(base->w.match->intent, "OndolTimer", 10) == 0)
        return read_timer(w, act, err);
    if (base->w.n_target == 0) {
        ond__wish_not_understood(w);
        return 0;
    }
    const ond__turn *t = ond__turn_for(act, base->w.a->registry.device[base->w.target[0]].domain);
    if (!t) {
        ond__wish_not_understood(w);
        return 0;
    }
    const ond_match *said = w->match;
    cJSON *ids = ond__ids_of(&base->w);
    ond_match own = {0};
    bool ok = ids && ond__reading_copy(&own, w->match) && it_slots(&own, w->match, t);
    ok = ok && ond__reading_intent(&own, t->intent);
    w->own = own;
    w->only = ids;
    int rc = ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
    w->only = NULL;
    cJSON_Delete(ids);
    /* What has no wind is stronger where it is warmer. */
    if (rc == 0 && w->code != 0 && strcmp(t->intent, "OndolPreset") == 0) {
        ond_match_free(&w->own);
        w->own = (ond_match){0};
        w->match = said;
        return read_act(p, base, strcmp(act, "stronger") == 0 ? "up" : "down", err);
    }
    return rc;
}

static int read_it(ond__part *p, const ond__part *base, ond_err *err)
{
    return read_act(p, base, ond__slot_str(&p->w, "act", ""), err);
}

/* After something was set to a value, "more" is a step up from there. */
static const char *step_of(const char *intent)
{
    static const char *const rows[][2] = {
        {"HassLightSet", "OndolLightStep"},
        {"HassClimateSetTemperature", "OndolClimateStep"},
        {"HassSetVolume", "HassSetVolumeRelative"},
        {"HassFanSetSpeed", "OndolFanStep"},
        {"HassSetPosition", "OndolCoverStep"},
        {"HassHumidifierSetpoint", "OndolHumidityStep"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i][0], intent) == 0)
            return rows[i][1];
    return NULL;
}

/* "1도만 더", "10퍼센트만 더": how much is said in the unit of what was set. */
static bool unit_fits(const ond__wish *w, const char *intent)
{
    const char *unit = ond__slot_str(w, "unit", "");
    bool heat = strcmp(intent, "OndolClimateStep") == 0;
    return !unit[0] || heat == (strcmp(unit, "degree") == 0);
}

static int read_step(ond__request *r, const ond__part *base, const char *intent, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    ond_match own = {0};
    const ond_slot *amount = ond_match_slot(w->match, "amount"),
                   *step = ond_match_slot(w->match, "step");
    const char *key = strcmp(intent, "HassSetVolumeRelative") == 0 ? "volume_step" : "direction";
    if (!unit_fits(w, intent)) {
        ond__wish_not_understood(w);
        return 0;
    }
    bool less = ond__slot_has(w, "less", "yes"), ok = ond__reading_copy(&own, base->w.match);
    char *copy = ok ? strdup(intent) : NULL;
    if (copy) {
        free(own.intent);
        own.intent = copy;
    }
    ok = copy && (!amount || ond__reading_put(&own, amount, "amount")) &&
         (!step || ond__reading_put(&own, step, "step")) &&
         ond__reading_text(&own, key, less ? "down" : "up", true);
    w->own = own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

/* "one more degree" is said of what warms or cools. */
static bool is_warmth(const ond__part *base)
{
    return ond__word_of("HassClimateSetTemperature OndolClimateStep", base->w.match->intent);
}

/* "더", "a bit less": the last step again, as far as it is said now. */
static int read_more(ond__request *r, const ond__part *base, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    const char *step = step_of(base->w.match->intent);
    if (ond__slot_has(w, "degrees", "yes") && !is_warmth(base)) {
        ond__wish_not_understood(w);
        return 0;
    }
    if (step)
        return read_step(r, base, step, err);
    const char *key = ond_match_slot(base->w.match, "volume_step") ? "volume_step" : "direction";
    const ond_slot *way = ond_match_slot(base->w.match, key), *amount = NULL;
    ond_match own = {0};
    /* "1도 더" after it was switched on */
    if (!way && ond_match_slot(w->match, "unit") && base->w.n_target)
        return read_act(&r->part[0], base, ond__slot_has(w, "less", "yes") ? "down" : "up", err);
    if (!way || !cJSON_IsString(way->value) || base->w.intent->kind != OND__ACT ||
        !unit_fits(w, base->w.match->intent)) {
        ond__wish_not_understood(w);
        return 0;
    }
    bool up = strcmp(way->value->valuestring, "up") == 0;
    bool less = ond__slot_has(w, "less", "yes");
    bool ok = ond__reading_copy(&own, base->w.match);
    ond__reading_drop(&own, "amount");
    ond__reading_drop(&own, "step");
    amount = ond_match_slot(w->match, "amount");
    const ond_slot *by = ond_match_slot(w->match, "step");
    ok = ok && (!amount || ond__reading_put(&own, amount, "amount")) &&
         (!by || ond__reading_put(&own, by, "step")) &&
         (!less || ond__reading_text(&own, key, up ? "down" : "up", true));
    w->own = own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

static int read_same(ond__request *r, const ond__part *base, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    ond_match own = {0};
    bool told = base->w.intent->kind == OND__READ || base->w.intent->kind == OND__ASK;
    if (ond__slot_has(w, "say", "yes") &&
        !told) { /* "say that again": an act is not done again for it */
        ond__wish_not_understood(w);
        return 0;
    }
    if (!ond__reading_copy(&own, base->w.match))
        return ond_nomem(err, "reading a sentence");
    w->own = own;
    return ond__wish_follow_own(w, err);
}

/* "누가 켰어?", "who turned it on?": about the devices of the sentence before. */
static int read_who(ond__request *r, const ond__part *base, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    const ond_slot *state = ond_match_slot(w->match, "state");
    ond_match own = {0};
    if (base->w.n_target == 0) {
        ond__wish_not_understood(w);
        return 0;
    }
    char *intent = ond__reading_copy(&own, base->w.match) ? strdup("OndolHistory") : NULL;
    if (intent) {
        free(own.intent);
        own.intent = intent;
    }
    bool ok = intent && (!state || ond__reading_put(&own, state, "state"));
    w->own = own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

/* ---- corrections ---- */

/* What was done by the sentence before is taken back first, where it did something. */
static void take_back(ond__request *r)
{
    const ond__past *p = ond__past_at(r->a, r->back);
    if (p && !p->asked)
        r->takes_back = p->task;
}

/* "빵도", "and eggs": more words for a list. */
static bool takes_words(const ond__part *base)
{
    return strcmp(base->w.intent->name, "OndolListAdd") == 0;
}

/* "turn the fan off too" after "add milk" is no more to buy. */
static bool is_wish(const ond__wish *w)
{
    static const char *const verbs[] = {"turn ", "switch ", "put ", "open ", "close ", "shut ", "lock ", "unlock ",
                                        "set ", "dim ", "start ", "stop ", "make ", "play ", "pause ", "cancel ",
                                        "remind ", "wake ", "move ", "tell ", "is ", "are ", "what ", "do ", "did "};
    const ond_slot *item = ond_match_slot(w->match, "item");
    for (size_t i = 0; item && item->said && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strncasecmp(item->said, verbs[i], strlen(verbs[i])) == 0)
            return true;
    return false;
}

/* "no, I said dad", "not mum, dad": another word in what was to be written down. Without the word
 * that was wrong it is the last one; a thing for a list is another thing. */
static bool other_text(ond_buf *out, const char *text, const char *was, const char *word,
                       bool whole)
{
    const char *at = was[0] ? strstr(text, was) : strrchr(text, ' ');
    if (whole && !was[0])
        ond_buf_puts(out, word);
    else if (!at)
        return false;
    else {
        at += !was[0];
        ond_buf_put(out, text, (size_t)(at - text));
        size_t said = strcspn(word, " ") + 1; /* "with Anna, not Ana": "with" stands there already */
        bool twice = strlen(word) > said && out->n >= said && memcmp(out->p + out->n - said, word, said) == 0;
        ond_buf_puts(out, word + (twice ? said : 0));
        ond_buf_puts(out, was[0] ? at + strlen(was) : "");
    }
    return ond_buf_ok(out);
}

static const ond_slot *text_of(const ond_match *m)
{
    static const char *const texts[] = {"item", "text", "title"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (ond_match_slot(m, texts[i]) && ond_match_slot(m, texts[i])->wildcard)
            return ond_match_slot(m, texts[i]);
    return NULL;
}

/* "mum dad" of "not mum, dad": as many words as stand in `text` were wrong. */
static size_t wrong_part(const char *both, const char *text)
{
    size_t best = 0;
    for (size_t at = 0; both[at]; at++) {
        if (both[at] != ' ')
            continue;
        char head[64];
        snprintf(head, sizeof head, "%.*s", (int)at, both);
        if (at < sizeof head && strstr(text, head))
            best = at;
    }
    return best;
}

/* "actually no" says no word. */
static bool is_no(const char *word)
{
    static const char *const words[] = {"no", "not", "yes", "stop", "wait", "nothing", "don't", "never", "it", "that", "on", "off", "this"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(word, words[i]) == 0)
            return true;
    return false;
}

static int read_word(ond__request *r, const ond__part *base, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    const ond_slot *text = text_of(base->w.match), *word = ond_match_slot(w->match, "new_word"),
                   *was = ond_match_slot(w->match, "old_word");
    ond_buf all = {0};
    ond_match own = {0};
    bool item = text && strcmp(text->name, "item") == 0;
    bool bare = ond__slot_has(w, "bare", "yes");
    bool fits = text && word->said && strlen(word->said) < 40 && !is_no(word->said) && (item || !bare) &&
                other_text(&all, text->said, was && was->said ? was->said : "", word->said, item);
    if (!fits) {
        ond_buf_free(&all);
        ond__wish_not_understood(w);
        return 0;
    }
    bool ok = ond__reading_copy(&own, base->w.match) &&
              ond__reading_text(&own, text->name, ond_buf_z(&all), false);
    ond_buf_free(&all);
    ond_match_free(&w->own);
    w->own = own;
    int rc = ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
    if (rc == 0 && w->code == 0)
        take_back(r);
    return rc;
}

static int read_both(ond__request *r, const ond__part *base, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    const ond_slot *both = ond_match_slot(w->match, "old_new"), *text = text_of(base->w.match);
    size_t cut = text && both->said ? wrong_part(both->said, text->said) : 0;
    ond_match parted = {0};
    char was[64];
    if (!cut) {
        ond__wish_not_understood(w);
        return 0;
    }
    snprintf(was, sizeof was, "%.*s", (int)cut, both->said);
    if (!ond__reading_copy(&parted, w->match) ||
        !ond__reading_text(&parted, "old_word", was, false) ||
        !ond__reading_text(&parted, "new_word", both->said + cut + 1, false)) {
        ond_match_free(&parted);
        return ond_nomem(err, "reading a sentence");
    }
    const ond_match *said = w->match;
    w->match = &parted;
    int rc = read_word(r, base, err);
    if (w->match == &parted)
        w->match = said;
    ond_match_free(&parted);
    return rc;
}

/* ---- the whole ---- */

/* "24도로" after "에어컨 켜 줘", "50프로" after "불 켜 줘": nothing but degrees, or a part of a hundred. */
static bool is_value(const ond_match *m, const char *slot)
{
    return ond_match_slot(m, slot) && !ond_match_slot(m, "name") && !ond_match_slot(m, "area");
}

/* "make it half an hour later": from where it is, not from now. */
static bool says_later(const ond__part *p)
{
    bool offset = false;
    for (size_t i = 0; i < p->w.match->n_slot; i++)
        offset |= strncmp(p->w.match->slot[i].name, "when_in_", 8) == 0;
    return offset && strcmp(p->w.lang, "en") == 0 && (strstr(p->text, "later") || strstr(p->text, "earlier"));
}

static int lean_as(ond__request *r, const ond__part *base, ond_err *err)
{
    const char *intent = r->part[0].w.intent->name;
    const ond__past *p = ond__past_at(r->a, r->back);
    bool asked = p && p->asked;
    if (strcmp(intent, "OndolIt") == 0)
        return read_it(&r->part[0], base, err);
    if (strcmp(intent, "OndolThat") == 0)
        return ond__made(&r->part[0].w, base, ond__slot_str(&r->part[0].w, "act", ""), err);
    if (says_later(&r->part[0])) { /* it moves what was made (made.c), and corrects nothing */
        ond__wish_not_understood(&r->part[0].w);
        return 0;
    }
    if (strcmp(intent, "OndolMore") == 0)
        return read_more(r, base, err);
    if (strcmp(intent, "OndolWhoDidIt") == 0)
        return read_who(r, base, err);
    if (strcmp(intent, "OndolRepeat") == 0)
        return read_same(r, base, err);
    if (strcmp(intent, "OndolFragment") == 0 && !asked) { /* it answers no question */
        if (is_value(r->part[0].w.match, "heat"))
            return read_act(&r->part[0], base, "heat", err);
        if (is_value(r->part[0].w.match, "share"))
            return read_act(&r->part[0], base, "share", err);
        ond__wish_not_understood(&r->part[0].w);
        return 0;
    }
    if (ond__slot_has(&r->part[0].w, "word", "yes") &&
        (!takes_words(base) || is_wish(&r->part[0].w))) {
        ond__wish_not_understood(&r->part[0].w);
        return 0;
    }
    if (ond_match_slot(r->part[0].w.match, "old_new"))
        return read_both(r, base, err);
    if (ond_match_slot(r->part[0].w.match, "new_word"))
        return read_word(r, base, err);
    int rc = lean_one(&r->part[0], base, err);
    if (rc == 0 && strcmp(intent, "OndolCorrect") == 0 && r->part[0].w.code == 0)
        take_back(r);
    return rc;
}

/* "무드등 말한 거야" after a sentence that was not understood: the words for it are learned. */
static int read_meant(ond__request *r, const char *before, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    const ond_slot *name = ond_match_slot(w->match, "name");
    ond__place p = ond__place_of(w);
    cJSON *ids = cJSON_CreateArray();
    const cJSON *at;
    bool done = false;
    cJSON_ArrayForEach(at, (ond_json_get(name ? name->metadata : NULL, "devices"))) {
        const ond__device *d = &r->a->registry.device[(int)at->valuedouble];
        if (ids && ond__lies_in(d, p))
            cJSON_AddItemToArray(ids, cJSON_CreateString(d->id));
    }
    ond_buf called = {0};
    if (ids && cJSON_GetArraySize(ids) == 1)
        ond__label_put(&called, &r->a->registry,
                       ond__registry_device(&r->a->registry, ids->child->valuestring), w->lang);
    int rc = called.n ? ond__meant(r, before, ond_buf_z(&called), ids, &done, err) : 0;
    if (rc == 0 && !done)
        ond__wish_not_understood(&r->part[0].w);
    ond_buf_free(&called);
    cJSON_Delete(ids);
    return rc;
}

/* The answer to a question tells what the name means here. */
static int learn_choice(ond__request *r, const ond__part *base, ond_err *err)
{
    const ond__wish *w = &r->part[0].w;
    const ond_slot *name = ond_match_slot(base->w.match, "name");
    bool one = name && !name->fixed && name->said && w->code == 0 && w->n_target == 1;
    cJSON *ids = one ? ond__ids_of(w) : NULL;
    if (!one)
        return 0;
    const char *area = w->area >= 0 ? w->a->registry.area[w->area].id : "";
    bool ok = ids && ond__teaching_of(&r->teaching, "preference", name->said, area, ids);
    cJSON_Delete(ids);
    return ok ? 0 : ond_nomem(err, "learning");
}

static int lean(ond__request *r, const ond__part *base, ond_err *err)
{
    size_t at = 0;
    int rc = lean_as(r, base, err);
    while (rc == 0 && r->part[0].w.code == OND_E_UNKNOWN && next_reading(&r->part[0], &at))
        rc = lean_as(r, base, err);
    return rc;
}

int ond__again(ond__request *r, ond_err *err)
{
    ond__request before = {0};
    bool found;
    const ond__past *p = ond__past_at(r->a, r->back);
    r->leans = true;
    if (p && p->unknown && strcmp(r->part[0].w.intent->name, "OndolCorrect") == 0)
        return read_meant(r, p->text, err);
    int rc = read_before(r, r->back, &before, &found, err);
    ond__part *base = found ? base_of(&before) : NULL;
    if (rc == 0 && base)
        rc = lean(r, base, err);
    if (rc == 0 && base && p && p->asked && base->w.choices)
        rc = learn_choice(r, base, err);
    if (rc == 0 && !base)
        ond__wish_not_understood(&r->part[0].w);
    ond__request_free(&before);
    return rc;
}

/* "a bit brighter" after "turn on the desk lamp": where a wish names no device and several fit, those
 * of the sentence before are meant; a step or a value is always about them. */
static bool goes_on(const ond__wish *w)
{
    return w->choices ||
           (w->code == 0 && w->n_target > 1 &&
            ond__word_of("OndolLightStep HassLightSet OndolLightWarmth", w->intent->name));
}

int ond__carry_from_before(ond__request *r, ond_err *err)
{
    static const char *const said[] = {"name", "area", "floor", "device_class", "quantity"};
    ond__wish *w = &r->part[0].w;
    ond__request before = {0};
    bool found = false, fits = goes_on(w) && !w->only && w->intent->kind == OND__ACT &&
                              w->intent->domains[0];
    for (size_t i = 0; fits && i < sizeof said / sizeof said[0]; i++)
        fits = !ond_match_slot(w->match, said[i]);
    int rc = fits ? read_before(r, r->back, &before, &found, err) : 0;
    ond__part *base = rc == 0 && found ? base_of(&before) : NULL;
    if (base && base->w.n_target &&
        ond__word_of(w->intent->domains, r->a->registry.device[base->w.target[0]].domain)) {
        cJSON *ids = ond__ids_of(&base->w);
        w->only = ids;
        rc = ids ? ond__wish_follow(w, w->match, err) : ond_nomem(err, "reading a sentence");
        w->only = NULL;
        r->leans = true;
        cJSON_Delete(ids);
    }
    ond__request_free(&before);
    return rc;
}

/* ---- what a question asked for ---- */

int ond__fill_in(ond__request *r, bool *done, ond_err *err)
{
    const ond__past *p = ond__past_at(r->a, r->back);
    ond__request before = {0};
    ond_match own = {0};
    bool found;
    *done = false;
    if (!p || !p->asked || !p->want[0])
        return 0;
    int rc = read_before(r, r->back, &before, &found, err);
    ond__part *base = rc == 0 && found ? base_of(&before) : NULL;
    if (base && base->w.missing) {
        ond__wish *w = &r->part[0].w;
        ond_buf plain = {0};
        ond__tidy(&plain, r->ask.text);
        bool ok = plain.n && ond__reading_copy(&own, base->w.match) &&
                  ond__reading_text(&own, p->want, ond_buf_z(&plain), false);
        ond_buf_free(&plain);
        ond_match_free(&w->own);
        w->own = own;
        r->leans = true;
        rc = ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
        *done = rc == 0 && w->code != OND_E_UNKNOWN;
    }
    ond__request_free(&before);
    return rc;
}

/* "make it a bit warmer, it's like a hospital in here" after a lamp was switched on: it is the
 * lamp. Part 0 is left as it was where the sentence before has nothing for it. */
int ond__it_from_before(ond__request *r, bool *ok, ond_err *err)
{
    ond__request before = {0};
    bool found = false;
    *ok = false;
    int rc = strcmp(r->ask.lang, "en") == 0 ? read_before(r, r->back, &before, &found, err) : 0;
    ond__part *base = rc == 0 && found ? base_of(&before) : NULL;
    const char *act = ond__slot_str(&r->part[0].w, "act", "");
    bool fits = base && base->w.n_target &&
                ond__turn_for(act, r->a->registry.device[base->w.target[0]].domain);
    if (rc == 0 && fits) {
        rc = ond__lean(&r->part[0], base, err);
        *ok = rc == 0 && r->part[0].w.code != OND_E_UNKNOWN;
        r->leans |= *ok;
    }
    ond__request_free(&before);
    return rc;
}
