/* targets.c - which devices a wish to act is about.
 *
 * A name beats a room: "거실 스탠드" is the lamp of that name in the living room; "거실 불" is all
 * lights there. What is said narrows, nothing widens. Where several things are equally good, in
 * this order: all of them if all were asked for; the one in the room of the speaker; the one that
 * it can only be, given what is on; else one question. */
#include "agent/words.h"

#include <stdlib.h>

/* What "everything" reaches: nothing that locks, moves or guards; what heats food, only to be turned
 * off: who leaves the house means the oven too. */
static const char everything_on[] = "light switch fan media_player climate humidifier";
static const char everything_off[] = "light switch fan media_player climate humidifier oven";
/* Domains that answer to the same verbs; one name in two groups is told apart by the verb. */
static const char *const groups[] = {
    "light switch fan climate humidifier media_player oven siren",
    "cover valve",
    "lock",
    "vacuum",
    "scene",
    "alarm_control_panel",
};

bool ond__target_add(ond__wish *w, int device)
{
    int *v = realloc(w->target, (w->n_target + 1) * sizeof *v);
    if (!v)
        return false;
    w->target = v;
    v[w->n_target++] = device;
    return true;
}

/* ---- what was said ---- */

static bool is_all(const ond__wish *w)
{
    return ond__slot_has(w, "name", "all") || ond__slot_has(w, "quantity", "all");
}

static const char *group_of(const char *domain)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (ond__word_of(groups[i], domain))
            return groups[i];
    return domain;
}

/* Domain and class, as far as the rule or the sentence says them. */
static bool is_kind(const ond__wish *w, const ond__device *d, const char *domains)
{
    if (ond_match_slot(w->match, "domain") ? !ond__slot_has(w, "domain", d->domain)
                                           : !ond__word_of(domains, d->domain))
        return false;
    return !ond_match_slot(w->match, "device_class") || ond__slot_has(w, "device_class", d->cls);
}

/* ---- candidates ---- */

static int no_memory(ond_err *err) { return ond_nomem(err, "looking for devices"); }

static int by_answer(ond__wish *w, ond_err *err)
{
    const cJSON *id;
    cJSON_ArrayForEach(id, w->only) {
        int device =
            cJSON_IsString(id) ? ond__registry_device(&w->a->registry, id->valuestring) : -1;
        if (device < 0)
            OND__WISH_FAIL(w, OND_E_STALE, OND_M_AGENT_GONE,
                           cJSON_IsString(id) ? id->valuestring : "?");
        else if (!ond__target_add(w, device))
            return no_memory(err);
    }
    return 0;
}

/* "all the drapes": a word for a kind of thing that only one of them is called by means all of the
 * kind. */
static const ond__device *kind_named(const ond__wish *w, const ond_slot *name)
{
    const cJSON *devices = ond_json_get(name->metadata, "devices");
    const ond__device *d = NULL;
    if (ond__slot_has(w, "quantity", "all") && name->text && !strchr(name->text, ' ') &&
        devices && devices->child)
        d = &w->a->registry.device[(int)devices->child->valuedouble];
    return d && strcmp(d->domain, "cover") == 0 && d->cls && d->cls[0] ? d : NULL;
}

static int by_class(ond__wish *w, const ond__device *like, ond__place p, ond_err *err)
{
    const ond__registry *r = &w->a->registry;
    for (size_t i = 0; i < r->n_device; i++)
        if (strcmp(r->device[i].domain, like->domain) == 0 && r->device[i].cls &&
            strcmp(r->device[i].cls, like->cls) == 0 && ond__lies_in(&r->device[i], p) &&
            !ond__target_add(w, (int)i))
            return no_memory(err);
    return 0;
}

static int by_name(ond__wish *w, const ond_slot *name, ond__place p, ond_err *err)
{
    const char *domain = ond_json_str(w->match->context, "domain", "");
    const char *group =
        ond__word_of(w->intent->domains, domain) ? w->intent->domains : group_of(domain);
    const ond__device *like = kind_named(w, name);
    const cJSON *at;
    if (like && ond__word_of(group, like->domain))
        return by_class(w, like, p, err);
    cJSON_ArrayForEach(at, ond_json_get(name->metadata, "devices")) {
        int i = (int)at->valuedouble;
        const ond__device *d = &w->a->registry.device[i];
        if (ond__lies_in(d, p) && is_kind(w, d, group) && !ond__target_add(w, i))
            return no_memory(err);
    }
    return 0;
}

/* "everything off but the lamp": what is left on is a lamp, so everything is every lamp. */
static bool leaves_lamps(const ond__wish *w)
{
    const ond_slot *name = ond_match_slot(w->match, "but_name");
    const cJSON *devices = name ? ond_json_get(name->metadata, "devices") : NULL, *at;
    cJSON_ArrayForEach(at, devices)
        if (strcmp(w->a->registry.device[(int)at->valuedouble].domain, "light") != 0)
            return false;
    return cJSON_GetArraySize(devices) > 0;
}

static const char *whole_of(const ond__wish *w)
{
    if (leaves_lamps(w))
        return "light";
    return strcmp(w->intent->name, "HassTurnOff") == 0 ? everything_off : everything_on;
}

static int by_kind(ond__wish *w, ond__place p, ond_err *err)
{
    const char *domains = w->intent->domains[0] ? w->intent->domains : whole_of(w);
    const ond__registry *r = &w->a->registry;
    bool warmth = ond__word_of(w->intent->domains, "climate");
    for (size_t i = 0; i < r->n_device; i++) {
        const ond__device *d = &r->device[i];
        bool whole_house = warmth && d->area < 0 && strcmp(d->domain, "climate") == 0;
        if ((ond__lies_in(d, p) || whole_house) && is_kind(w, d, domains) &&
            !ond__target_add(w, (int)i))
            return no_memory(err);
    }
    return 0;
}

/* ---- fewer ---- */

static const ond__device *target(const ond__wish *w, size_t i)
{
    return &w->a->registry.device[w->target[i]];
}

static void keep(ond__wish *w, const bool *good)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_target; i++)
        if (good[i])
            w->target[n++] = w->target[i];
    w->n_target = n;
}

/* Keeps those in the speaker's room, if there are any. */
static int prefer_here(ond__wish *w, ond_err *err)
{
    bool *here = calloc(w->n_target, sizeof *here), any = false;
    if (!here)
        return no_memory(err);
    for (size_t i = 0; i < w->n_target; i++)
        any |= here[i] = w->area >= 0 && target(w, i)->area == w->area;
    if (any) {
        keep(w, here);
        w->confidence = 0.9;
    }
    free(here);
    return 0;
}

static int read_states(ond__wish *w, ond_err *err)
{
    if (w->states)
        return 0;
    ond_err why;
    uint64_t revision = w->a->registry.revision;
    int rc = ond__agent_states(w->a, &why);
    if (rc == 0 && w->a->registry.revision != revision)
        rc = ond_fail(&why, OND_E_STALE,
                      "the house changed in the middle of a sentence; say it again");
    if (rc != 0 && err)
        *err = why;
    w->states = rc == 0;
    return rc;
}

/* What the wish would change: for "off", "pause", "louder" that is what is on. NULL: states do not
 * matter. */
static const char *matters(const ond__wish *w)
{
    static const struct { const char *intent, *state;
    } rows[] = {
        {"HassTurnOff", "on"},         {"OndolLightStep", "on"},
        {"OndolLightWarmth", "on"},
        {"OndolFanStep", "on"},        {"OndolHumidityStep", "on"},
        {"HassLightSet", "on"},        {"HassClimateSetTemperature", "on"},
        {"OndolClimateStep", "on"},    {"HassMediaPause", "playing"},
        {"HassMediaNext", "on"},       {"HassMediaPrevious", "on"},
        {"HassSetVolume", "on"},       {"HassSetVolumeRelative", "on"},
        {"HassMediaPlayerMute", "on"}, {"HassMediaPlayerUnmute", "on"},
        {"HassFanSetSpeed", "on"},     {"HassHumidifierSetpoint", "on"},
        {"OndolVacuumPause", "on"},    {"OndolMediaChannel", "on"},
        {"OndolMediaSource", "on"},
    };
    if (w->n_target && strcmp(target(w, 0)->domain, "cover") == 0)
        return strcmp(w->intent->name, "HassTurnOff") == 0      ? "open"
               : strcmp(w->intent->name, "HassStopMoving") == 0 ? "moving" : NULL;
    if (w->n_target && ond__word_of("lock vacuum alarm_control_panel", target(w, 0)->domain))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].intent, w->intent->name) == 0)
            return rows[i].state;
    return NULL;
}

/* Marks those of the targets that are so; returns how many. */
static size_t mark_so(const ond__wish *w, const char *state, bool *so)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_target; i++)
        n += so[i] =
            ond__state_is(target(w, i), ond_json_get(target(w, i)->row, "state"), state) == 1;
    return n;
}

static bool one_room(const ond__wish *w, const bool *good)
{
    int area = -2;
    for (size_t i = 0; i < w->n_target; i++) {
        if (!good[i])
            continue;
        if (area != -2 && target(w, i)->area != area)
            return false;
        area = target(w, i)->area;
    }
    return area != -2;
}

/* Keeps what is on where that leaves one thing, or the things of one room. */
static int prefer_running(ond__wish *w, ond_err *err)
{
    const char *state = matters(w);
    if (!state)
        return 0;
    int rc = read_states(w, err);
    bool *so = rc == 0 ? calloc(w->n_target, sizeof *so) : NULL;
    if (rc == 0 && !so)
        rc = no_memory(err);
    if (rc == 0) {
        size_t n = mark_so(w, state, so);
        if (n > 0 && n < w->n_target && (n == 1 || one_room(w, so))) {
            keep(w, so);
            w->confidence = 0.8;
        }
    }
    free(so);
    return rc;
}

/* "거실 조명 더 밝게" means those that are lit. */
static int only_lit(ond__wish *w, ond_err *err)
{
    int rc = read_states(w, err);
    bool *so = rc == 0 ? calloc(w->n_target + 1, sizeof *so) : NULL;
    if (rc == 0 && !so)
        rc = no_memory(err);
    if (rc == 0 && mark_so(w, "on", so) == 0)
        OND__WISH_FAIL(w, OND_E_NOT_FOUND, OND_M_AGENT_NOTHING_LIT, "");
    else if (rc == 0)
        keep(w, so);
    free(so);
    return rc;
}

/* ---- a question ---- */

static bool choice_add(ond__wish *w, const char *text, const bool *good)
{
    cJSON *choice = cJSON_CreateObject(),
          *ids = choice ? cJSON_AddArrayToObject(choice, "entities") : NULL;
    bool ok = ids && ond_json_set_str(choice, "text", text);
    for (size_t i = 0; ok && i < w->n_target; i++)
        if (!good || good[i])
            ok = cJSON_AddItemToArray(ids, cJSON_CreateString(target(w, i)->id));
    if (ok && cJSON_AddItemToArray(w->choices, choice))
        return true;
    cJSON_Delete(choice);
    return false;
}

/* One choice for each device, or for each room. */
static bool choices_fill(ond__wish *w, bool rooms, bool *good)
{
    const ond__registry *r = &w->a->registry;
    ond_buf text = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < w->n_target; i++) {
        int area = target(w, i)->area;
        const char *name;
        bool known = false;
        for (size_t k = 0; k < w->n_target; k++) {
            good[k] = rooms && area >= 0 ? target(w, k)->area == area : k == i;
            known |= good[k] && k < i;
        }
        ond_buf_clear(&text);
        if (rooms && area >= 0 && ond__names_of(r->area[area].names, w->lang, &name, 1) == 1)
            ond_buf_puts(&text, name);
        else
            ond__label_put(&text, r, w->target[i], w->lang);
        ok = known || (ond_buf_ok(&text) && choice_add(w, ond_buf_z(&text), good));
    }
    ond_buf_free(&text);
    return ok && choice_add(w, ond_msg_text(OND_M_AGENT_ALL_OF_THEM, w->lang), NULL);
}

static int ask(ond__wish *w, bool rooms, ond_err *err)
{
    bool *good = calloc(w->n_target, sizeof *good);
    w->choices = cJSON_CreateArray();
    bool ok = good && w->choices && choices_fill(w, rooms, good);
    free(good);
    if (!ok)
        return ond_nomem(err, "asking back");
    w->confidence = 1.0 / (cJSON_GetArraySize(w->choices) - 1);
    w->n_target = 0;
    OND__WISH_FAIL(w, OND_E_AMBIGUOUS, rooms ? OND_M_AGENT_WHICH_ROOM : OND_M_AGENT_WHICH_ONE, "");
    return 0;
}

/* ---- all but ---- */

static bool is_excepted(const ond__wish *w, const ond__device *d, int device)
{
    const ond_slot *name = ond_match_slot(w->match, "but_name");
    ond__place p = ond__place_but(w);
    const cJSON *at;
    if (p.said && !ond__lies_in(d, p))
        return false;
    if (!name)
        return p.said && (p.area >= 0 || p.floor >= 0);
    cJSON_ArrayForEach(at, ond_json_get(name->metadata, "devices"))
        if ((int)at->valuedouble == device)
            return true;
    return false;
}

/* "거실 커튼은 두고 불만 꺼 줘": what is left is none of what is wished, so nothing is excepted and
 * nobody said "all". The room that was said holds for both; without one it is to be asked. */
static bool only_places(const ond__wish *w)
{
    const ond_slot *name = ond_match_slot(w->match, "name");
    bool none = ond_match_slot(w->match, "but_name") && name && name->fixed && w->n_target > 0 &&
                !leaves_lamps(w);
    for (size_t i = 0; none && i < w->n_target; i++)
        none = !is_excepted(w, target(w, i), w->target[i]);
    return none;
}

/* "거실 빼고 다": those that were excepted go out. */
static int leave_out(ond__wish *w, ond_err *err)
{
    bool *good = calloc(w->n_target + 1, sizeof *good);
    if (!good)
        return no_memory(err);
    for (size_t i = 0; i < w->n_target; i++)
        good[i] = !is_excepted(w, target(w, i), w->target[i]);
    keep(w, good);
    free(good);
    return 0;
}

/* ---- the whole ---- */

static const char *kind_word(const ond__wish *w)
{
    static const struct { const char *domain; ond_msg id;
    } rows[] = {
        {"light", OND_M_AGENT_KIND_LIGHT},
        {"switch", OND_M_AGENT_KIND_SWITCH},
        {"fan", OND_M_AGENT_KIND_FAN},
        {"cover", OND_M_AGENT_KIND_COVER},
        {"lock", OND_M_AGENT_KIND_LOCK},
        {"climate", OND_M_AGENT_KIND_CLIMATE},
        {"media_player", OND_M_AGENT_KIND_PLAYER},
        {"vacuum", OND_M_AGENT_KIND_VACUUM},
        {"humidifier", OND_M_AGENT_KIND_HUMIDIFIER},
    };
    const char *domain = ond__slot_str(w, "domain", w->intent->domains);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].domain, domain) == 0)
            return ond_msg_text(rows[i].id, w->lang);
    return ond_msg_text(OND_M_AGENT_KIND_DEVICE, w->lang);
}

static void none(ond__wish *w, const ond_slot *name)
{
    ond__place p = ond__place_of(w);
    ond_buf what = {0};
    ond__said_put(&what, name);
    if (what.n == 0)
        ond__said_put(&what, ond_match_slot(w->match, "device_class"));
    if (what.n == 0)
        ond_buf_puts(&what, kind_word(w));
    ond__fail_there(w, p.area, p.floor, ond_buf_z(&what));
    ond_buf_free(&what);
}

/* Leaves out what cannot do it: a fan without speeds. */
static int prefer_able(ond__wish *w, ond_err *err)
{
    bool *able = calloc(w->n_target, sizeof *able), any = false;
    int rc = able ? 0 : no_memory(err);
    for (size_t i = 0; rc == 0 && i < w->n_target; i++) {
        rc = ond__device_can(w, w->target[i], &able[i], err);
        any |= able[i];
    }
    if (rc == 0 && any)
        keep(w, able);
    free(able);
    return rc;
}

/* Which one the owner meant by this name before. */
static int prefer_taught(ond__wish *w, ond_err *err)
{
    const cJSON *ids = ond__preferred(w), *id;
    bool *good = ids ? calloc(w->n_target, sizeof *good) : NULL, any = false;
    if (!ids)
        return 0;
    if (!good)
        return no_memory(err);
    for (size_t i = 0; i < w->n_target; i++)
        cJSON_ArrayForEach(id, ids)
            any |= good[i] |= cJSON_IsString(id) && strcmp(id->valuestring, target(w, i)->id) == 0;
    if (any)
        keep(w, good);
    free(good);
    return 0;
}

/* Of several that a name or a kind allows: fewer, or a question. `rooms`: a kind was said, so whole
 * rooms are meant. */
static int narrow(ond__wish *w, bool rooms, ond_err *err)
{
    bool *all = calloc(w->n_target + 1, sizeof *all);
    if (!all)
        return no_memory(err);
    int rc = prefer_able(w, err);
    for (size_t i = 0; i < w->n_target; i++)
        all[i] = true;
    if (rc == 0 && w->n_target > 1 && !(rooms && one_room(w, all)))
        rc = prefer_running(w, err);
    if (rc == 0 && w->n_target > 1 && !rooms)
        rc = prefer_taught(w, err);
    bool one = w->n_target == 1 || (rooms && one_room(w, all));
    free(all);
    return rc == 0 && !one ? ask(w, rooms, err) : rc;
}

/* A room's own thermostat, or the one of the whole house, whichever runs; both or none: the room's
 * own. */
static int narrow_climate(ond__wish *w, ond__place p, ond_err *err)
{
    int rc = prefer_running(w, err);
    bool *inside = rc == 0 && w->n_target > 1 ? calloc(w->n_target, sizeof *inside) : NULL;
    bool any = false;
    for (size_t i = 0; inside && i < w->n_target; i++)
        any |= inside[i] = ond__lies_in(target(w, i), p);
    if (any)
        keep(w, inside);
    free(inside);
    return rc;
}

int ond__targets(ond__wish *w, ond_err *err)
{
    const ond_slot *name = ond_match_slot(w->match, "name");
    ond__place p = ond__place_of(w);
    bool named = name && !ond__slot_has(w, "name", "all");
    int rc;
    if (w->only)
        return by_answer(w, err);
    if (p.said && p.area < 0 && p.floor < 0) {
        none(w, NULL);
        return 0;
    }
    rc = named ? by_name(w, name, p, err) : by_kind(w, p, err);
    bool place_only = rc == 0 && only_places(w);
    if (place_only && !p.said && ond__place_but(w).said) {
        p = ond__place_but(w);
        w->n_target = 0;
        rc = by_kind(w, p, err);
    } else if (rc == 0 && (ond_match_slot(w->match, "but_name") || ond__place_but(w).said))
        rc = leave_out(w, err);
    if (rc != 0)
        return rc;
    if (w->n_target == 0) {
        none(w, named ? name : NULL);
        return 0;
    }
    bool step = ond__word_of("OndolLightStep OndolLightWarmth", w->intent->name);
    if (!named && !is_all(w) && p.said && w->n_target > 1 &&
        strcmp(target(w, 0)->domain, "climate") == 0)
        rc = narrow_climate(w, p, err);
    bool open = (!is_all(w) || place_only) && (named || !p.said) && p.other < 0; /* two rooms: what is in both */
    if (rc == 0 && open && w->n_target > 1)
        rc = prefer_here(w, err);
    if (rc == 0 && step && !named)
        rc = only_lit(w, err);
    if (rc == 0 && w->code == 0 && open && w->n_target > 1)
        rc = narrow(w, !named, err);
    return rc;
}
