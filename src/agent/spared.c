/* spared.c - what a wish must leave alone: "turn off all the lights but leave the kids' room one on".
 *
 * "leave X on", "keep X open", "don't touch X" beside a wish: its devices go out of that wish. Where
 * they cannot be told, or nothing would be left, the sentence is not understood: a wish is never done
 * to what was to be spared. X that the wish would not have touched is left as it was said. */
#include "agent/clauses.h"

#include <strings.h>

/* "the hall light off" of "don't turn the hall light off", "off the hall" of "don't turn off the hall". */
static ond_str bare(const char *said)
{
    static const char *const ways[] = {"on", "off", "up", "down", "in", "out"};
    ond_str s = ond_str_trim(ond_str_of(said));
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t n = strlen(ways[i]);
        if (s.n > n + 1 && strncasecmp(s.p, ways[i], n) == 0 && s.p[n] == ' ')
            s = (ond_str){s.p + n + 1, s.n - n - 1};
        if (s.n > n + 1 && strncasecmp(s.p + s.n - n, ways[i], n) == 0 && s.p[s.n - n - 1] == ' ')
            s.n -= n + 1;
    }
    return s;
}

static bool add_all(cJSON *to, const cJSON *ids)
{
    const cJSON *id;
    cJSON_ArrayForEach(id, ids)
        if (!cJSON_AddItemToArray(to, cJSON_CreateString(id->valuestring)))
            return false;
    return true;
}

/* The devices of a wish, or all that it would ask about. */
static bool add_devices(cJSON *to, const ond__wish *w)
{
    const cJSON *c;
    cJSON *ids = ond__ids_of(w);
    bool ok = ids && add_all(to, ids);
    cJSON_ArrayForEach(c, w->choices)
        ok = ok && add_all(to, ond_json_get(c, "entities"));
    cJSON_Delete(ids);
    return ok;
}

/* "kids' room one" as the wish beside it would have it. */
static int as_fragment(ond__request *r, const ond__part *base, const char *text, cJSON *ids, ond_err *err)
{
    ond__part p = {0};
    int rc = ond__wish_read(&p.w, r->a, text, r->ask.lang, r->ask.area, NULL, &p.matches, err);
    if (rc == 0 && ond__part_is_fragment(&p))
        rc = ond__lean(&p, base, err);
    if (rc == 0 && (p.w.code == 0 || p.w.choices) && !add_devices(ids, &p.w))
        rc = ond_nomem(err, "reading a sentence");
    ond__part_free(&p);
    return rc;
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strcasestr(at, word)); at++)
        if ((at == text || at[-1] == ' ') && (!at[n] || at[n] == ' '))
            return true;
    return false;
}

/* Whether "turn … on" (0), "open …" (1) or "lock …" (2) fits how it is to be left in `said`. */
static bool fits_state(const char *said, size_t wish)
{
    static const char *const states[][2] = {{"on", "off"}, {"open", "closed"}, {"locked", "unlocked"}};
    bool any = false;
    for (size_t i = 0; i < 3; i++)
        any |= has_word(said, states[i][0]) || has_word(said, states[i][1]);
    return !any || has_word(said, states[wish][0]) || has_word(said, states[wish][1]);
}

/* "the curtains", as a wish of their own would have them. */
static int as_wish(ond__request *r, const char *said_how, ond_str text, cJSON *ids, ond_err *err)
{
    static const char *const wishes[][2] = {{"turn ", " on"}, {"open ", ""}, {"lock ", ""}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && !ids->child && i < sizeof wishes / sizeof *wishes; i++) {
        if (!fits_state(said_how, i))
            continue;
        ond_buf said = {0};
        ond__part p = {0};
        ond_buf_puts(&said, wishes[i][0]);
        ond_buf_str(&said, text);
        ond_buf_puts(&said, wishes[i][1]);
        rc = said.bad ? ond_nomem(err, "reading a sentence")
                      : ond__wish_read(&p.w, r->a, ond_buf_z(&said), r->ask.lang, r->ask.area, NULL,
                                       &p.matches, err);
        if (rc == 0 && p.w.intent && p.w.intent->kind == OND__ACT && !add_devices(ids, &p.w))
            rc = ond_nomem(err, "reading a sentence");
        ond__part_free(&p);
        ond_buf_free(&said);
    }
    return rc;
}

/* "the table one" of lamps: "the table light". */
static int as_lamp(ond__request *r, const ond__part *base, ond_str text, cJSON *ids, ond_err *err)
{
    ond_buf said = {0};
    bool lamps = base->w.n_target &&
                 strcmp(base->w.a->registry.device[base->w.target[0]].domain, "light") == 0;
    ond_buf_printf(&said, "%.*s light", (int)text.n, text.p);
    int rc = said.bad ? ond_nomem(err, "reading a sentence") : 0;
    if (rc == 0 && lamps) rc = as_fragment(r, base, ond_buf_z(&said), ids, err);
    ond_buf_free(&said);
    return rc;
}

/* *known: every device that `text` names is in `ids`. `how`: the words that say how it is to be left. */
static int devices_of(ond__request *r, const ond__part *base, const char *how, ond_str text, cJSON *ids,
                      bool *known, ond_err *err)
{
    static const char joint[] = " and ";
    ond_buf copy = {0};
    cJSON *one = cJSON_CreateArray();
    int rc = 0;
    ond_buf_str(&copy, text);
    if (!one || copy.bad)
        rc = ond_nomem(err, "reading a sentence");
    if (rc == 0)
        rc = as_fragment(r, base, ond_buf_z(&copy), one, err);
    if (rc == 0 && !one->child)
        rc = as_wish(r, how, text, one, err);
    if (rc == 0 && !one->child) rc = as_lamp(r, base, text, one, err);
    const char *z = ond_buf_z(&copy), *at = strstr(z, joint);
    *known = rc == 0 && one->child && add_all(ids, one);
    if (rc == 0 && !one->child && at) {
        bool left = false;
        size_t head = (size_t)(at - z), tail = head + sizeof joint - 1;
        rc = devices_of(r, base, how, (ond_str){text.p, head}, ids, &left, err);
        if (rc == 0 && left)
            rc = devices_of(r, base, how, (ond_str){text.p + tail, text.n - tail}, ids, known, err);
    }
    cJSON_Delete(one);
    ond_buf_free(&copy);
    return rc;
}

static bool is_among(const cJSON *ids, const char *id)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, ids)
        if (strcmp(one->valuestring, id) == 0)
            return true;
    return false;
}

/* Steps and devices of the wish that are not among `ids`; returns how many steps went. */
static size_t leave_out(ond__wish *w, const cJSON *ids)
{
    size_t kept = 0, targets = 0, n = w->plan.n;
    for (size_t i = 0; i < n; i++) {
        ond_proposal *p = &w->plan.v[i], gone = *p;
        if (is_among(ids, ond_json_str(p->args, "entity", "")))
            continue;
        *p = w->plan.v[kept];
        w->plan.v[kept++] = gone;
    }
    for (size_t i = 0; i < w->n_target; i++)
        if (!is_among(ids, w->a->registry.device[w->target[i]].id))
            w->target[targets++] = w->target[i];
    w->n_target = targets;
    ond_plan_cut(&w->plan, kept);
    return n - kept;
}

static bool is_spared(const ond__part *p)
{
    return p->w.code == 0 && p->w.intent && strcmp(p->w.intent->name, "OndolDont") == 0 &&
           ond_match_slot(p->w.match, "what") && ond_match_slot(p->w.match, "what")->said;
}

static bool acts(const ond__part *p) { return p->w.code == 0 && p->w.intent && p->w.intent->kind == OND__ACT; }

static int spare(ond__request *r, size_t at, bool *gone, ond_err *err)
{
    ond_str text = bare(ond_match_slot(r->part[at].w.match, "what")->said);
    cJSON *ids = cJSON_CreateArray();
    bool known = true;
    size_t left_out = 0;
    int rc = ids ? 0 : ond_nomem(err, "reading a sentence");
    for (size_t i = 0; rc == 0 && known && i < r->n; i++) {
        if (i == at || !acts(&r->part[i]))
            continue;
        rc = devices_of(r, &r->part[i], r->part[at].text, text, ids, &known, err);
        size_t n = rc == 0 && known ? leave_out(&r->part[i].w, ids) : 0;
        known &= rc != 0 || !n || r->part[i].w.plan.n;
        left_out += n;
    }
    cJSON_Delete(ids);
    if (rc == 0 && !known)
        ond__wish_not_understood(&r->part[at].w);
    *gone = rc == 0 && known && left_out;
    if (*gone)
        ond__part_remove(r, at);
    return rc;
}

/* "everything except the heating and the tv": what goes on from an exception is excepted too. */
static bool goes_on(const ond__part *p)
{
    static const char *const but[] = {"but_name", "but_area", "but_floor"};
    static const char *const words[] = {"except", "but", "apart", "bar", "besides", "other than", "excluding",
                                        "save", "minus", "leave", "leaving", "not", "keep", "only", "just"};
    bool leant = p->w.match == &p->w.own && acts(p), has = false;
    for (size_t i = 0; leant && i < sizeof but / sizeof *but; i++)
        has |= ond_match_slot(p->w.match, but[i]) != NULL;
    for (size_t i = 0; has && i < sizeof words / sizeof *words; i++)
        has = !strcasestr(p->text, words[i]);
    return has;
}

/* Its devices go out of the wishes before it; where they had none of them it is not understood. */
static int except_too(ond__request *r, size_t at, ond_err *err)
{
    cJSON *ids = ond__ids_of(&r->part[at].w);
    size_t n = 0;
    for (size_t i = 0; ids && i < at; i++)
        n += acts(&r->part[i]) ? leave_out(&r->part[i].w, ids) : 0;
    cJSON_Delete(ids);
    if (!ids)
        return ond_nomem(err, "reading a sentence");
    if (n)
        ond__part_remove(r, at);
    else
        ond__wish_not_understood(&r->part[at].w);
    return 0;
}

int ond__spare(ond__request *r, ond_err *err)
{
    int rc = 0;
    for (size_t i = 1; rc == 0 && i < r->n;) {
        size_t n = r->n;
        if (strcmp(r->part[i].w.lang, "en") == 0 && goes_on(&r->part[i]))
            rc = except_too(r, i, err);
        i += r->n == n;
    }
    for (size_t i = 0; rc == 0 && i < r->n;) {
        bool gone = false;
        if (strcmp(r->part[i].w.lang, "en") == 0 && is_spared(&r->part[i]))
            rc = spare(r, i, &gone, err);
        i += !gone;
    }
    return rc;
}
