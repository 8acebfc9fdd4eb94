/* gate.c - opening and closing the gate, its hands, and what there is to see through it. */
#include "gate/room.h"

#include "base/utf8.h"

#include <stdlib.h>

/* ---- hands ---- */

static int open_verbs(ond__hand *h, ond_err *err)
{
    while (h->def->verbs[h->n_verb].name) h->n_verb++;
    h->verb = calloc(h->n_verb + 1, sizeof *h->verb);
    if (!h->verb) return ond_nomem(err, "opening the hands");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < h->n_verb; i++) {
        h->verb[i].def = &h->def->verbs[i];
        rc = ond_json_parse(ond_str_of(h->def->verbs[i].schema), &h->verb[i].schema, err);
        if (rc == 0) rc = ond__schema_known(h->verb[i].schema, h->def->verbs[i].name, err);
        if (rc) ond_err_prefix(err, "hand %s", h->def->name);
    }
    return rc;
}

/* A hand that does not open is kept with its error, so that the others go on working. */
static int open_hand(ond_gate *g, ond__hand *h, const ond_hand_def *def, bool no_hands,
                     bool stays, ond_err *err)
{
    h->def = def;
    int rc = open_verbs(h, err);
    if (rc || no_hands) return rc;
    ond_hand_env env = {.config = ond_json_get(ond_json_get(g->config, "hands"), def->name),
                        .store = g->store,
                        .lang = g->lang,
                        .note = g->note,
                        .self = g->self,
                        .stays = stays};
    rc = def->open(&env, &h->self, &h->err);
    h->open = rc == 0;
    if (rc == OND_E_NOMEM) {
        if (err) *err = h->err;
        return rc;
    }
    if (rc) {
        const char *text[] = {def->name, h->err.text};
        ond_buf b = {0};
        ond_msg_put(&b, OND_M_GATE_HAND_CLOSED, g->lang, text, 2);
        if (g->note) g->note(g->self, ond_buf_z(&b));
        ond_buf_free(&b);
    }
    return 0;
}

static int open_hands(ond_gate *g, bool no_hands, bool stays, ond_err *err)
{
    size_t n = 0;
    while (ond_hands[n]) n++;
    g->hand = calloc(n + 1, sizeof *g->hand);
    if (!g->hand) return ond_nomem(err, "opening the hands");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        g->n_hand = i + 1;
        rc = open_hand(g, &g->hand[i], ond_hands[i], no_hands, stays, err);
    }
    return rc;
}

static void close_hands(ond_gate *g)
{
    for (size_t i = 0; i < g->n_hand; i++) {
        ond__hand *h = &g->hand[i];
        if (h->open) h->def->close(h->self);
        for (size_t k = 0; h->verb && k < h->n_verb; k++) cJSON_Delete(h->verb[k].schema);
        free(h->verb);
    }
    free(g->hand);
}

/* ---- opening and closing ---- */

int ond_gate_open(const ond_gate_opts *opts, ond_gate **out, ond_err *err)
{
    ond_gate *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g) return ond_nomem(err, "opening the gate");
    int rc = 0;
    g->store = opts->store;
    g->config = opts->config;
    g->note = opts->note;
    g->self = opts->self;
    strncpy(g->lang, opts->lang && opts->lang[0] ? opts->lang : "en", sizeof g->lang - 1);
    g->settled = cJSON_CreateArray();
    if (opts->policy_path) g->policy_path = ond_str_dup(ond_str_of(opts->policy_path));
    if (!g->settled || (opts->policy_path && !g->policy_path))
        OND_TRY(ond_nomem(err, "opening the gate"));
    OND_TRY(ond__policy_plain(&g->policy, err));
    ond__policy_refresh(g);
    OND_TRY(open_hands(g, opts->no_hands, opts->stays, err));
    if (!opts->no_settle && !opts->no_hands) OND_TRY(ond__settle(g, err));
    *out = g;
    return 0;
out:
    ond_gate_close(g);
    return rc;
}

void ond_gate_close(ond_gate *g)
{
    if (!g) return;
    close_hands(g);
    ond__policy_free(g->policy);
    ond_buf_free(&g->policy_text);
    free(g->policy_path);
    cJSON_Delete(g->settled);
    free(g);
}

const cJSON *ond_gate_settled(const ond_gate *g)
{
    return g->settled;
}

void ond__note(ond_gate *g, ond_msg id, const char *arg)
{
    ond_buf b = {0};
    if (!g->note) return;
    OND_MSG(&b, id, g->lang, arg ? arg : "");
    if (ond_buf_ok(&b)) g->note(g->self, ond_buf_z(&b));
    ond_buf_free(&b);
}

size_t ond_gate_fds(ond_gate *g, int *fds, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_hand && n < max; i++) {
        int fd = g->hand[i].open ? g->hand[i].def->fd(g->hand[i].self) : -1;
        if (fd >= 0) fds[n++] = fd;
    }
    return n;
}

void ond_gate_service(ond_gate *g)
{
    for (size_t i = 0; i < g->n_hand; i++)
        if (g->hand[i].open) g->hand[i].def->service(g->hand[i].self);
}

/* ---- finding a hand and a verb ---- */

static int no_such(ond_err *err, const char *what, const char *word, const char *const *names,
                   size_t n)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "there is no %s '%.*s'", what, (int)ond_utf8_cut(ond_str_of(word), 80),
                   word);
    ond__near_put(&b, word, names, n);
    int rc = ond_fail(err, OND_E_NOT_FOUND, "%s", ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

enum { OND__LISTED = 512 };

static int find_verb(ond__hand *h, const char *verb, const ond__verb **v, ond_err *err)
{
    const char *names[OND__LISTED];
    size_t n = 0;
    for (size_t i = 0; i < h->n_verb; i++) {
        if (strcmp(h->verb[i].def->name, verb) == 0) {
            *v = &h->verb[i];
            return 0;
        }
        if (n < OND__LISTED) names[n++] = h->verb[i].def->name;
    }
    ond_buf what = {0};
    ond_buf_printf(&what, "verb of hand %s called", h->def->name);
    int rc = no_such(err, ond_buf_z(&what), verb, names, n);
    ond_buf_free(&what);
    return rc;
}

int ond__hand_find(ond_gate *g, const char *hand, const char *verb, ond__hand **h,
                   const ond__verb **v, ond_err *err)
{
    const char *names[OND__LISTED];
    size_t n = 0;
    for (size_t i = 0; i < g->n_hand; i++) {
        if (strcmp(g->hand[i].def->name, hand) == 0) {
            *h = &g->hand[i];
            return find_verb(*h, verb, v, err);
        }
        if (n < OND__LISTED) names[n++] = g->hand[i].def->name;
    }
    return no_such(err, "hand called", hand, names, n);
}

void ond__entity_near(const ond__hand *h, const cJSON *args, ond_err *err)
{
    const char *word = ond_json_str(args, "entity", NULL), *names[OND__LISTED];
    cJSON *world = NULL;
    if (!err || err->code != OND_E_NOT_FOUND || !word || strstr(err->text, "did you mean") ||
        strstr(err->text, "near it"))
        return;
    if (!h->def->world || h->def->world(h->self, &world, NULL)) return;
    size_t n = 0;
    const cJSON *list = ond_json_get(world, "entities");
    for (const cJSON *c = list ? list->child : NULL; c && n < OND__LISTED; c = c->next)
        if (ond_json_str(c, "id", NULL)) names[n++] = ond_json_str(c, "id", "");
    ond_buf near = {0};
    ond__near_put(&near, word, names, n);
    if (near.n) ond_fail(err, OND_E_NOT_FOUND, "%s%s", err->text, ond_buf_z(&near));
    ond_buf_free(&near);
    cJSON_Delete(world);
}

/* ---- what there is ---- */

static bool has_id(const cJSON *list, const char *id)
{
    for (const cJSON *c = list->child; id && c; c = c->next)
        if (strcmp(ond_json_str(c, "id", ""), id) == 0) return true;
    return false;
}

/* Moves rows of `from` that `to` does not know by id. */
static void merge_rows(cJSON *to, cJSON *from)
{
    bool first = to->child == NULL;
    while (from && from->child) {
        cJSON *row = cJSON_DetachItemViaPointer(from, from->child);
        if ((!first && has_id(to, ond_json_str(row, "id", NULL))) || !cJSON_AddItemToArray(to, row))
            cJSON_Delete(row);
    }
}

int ond_gate_world(ond_gate *g, cJSON **out, ond_err *err)
{
    static const char *const lists[] = {"floors", "areas", "entities"};
    cJSON *world = cJSON_CreateObject();
    bool ok = world && ond_json_set_num(world, "version", 1);
    int rc = 0;
    *out = NULL;
    for (size_t k = 0; ok && k < 3; k++) ok = ond_json_set(world, lists[k], cJSON_CreateArray());
    if (!ok) OND_TRY(ond_nomem(err, "looking at the house"));
    for (size_t i = 0; i < g->n_hand; i++) {
        cJSON *part = NULL;
        if (!g->hand[i].open || !g->hand[i].def->world) continue;
        OND_TRY(g->hand[i].def->world(g->hand[i].self, &part, err));
        for (size_t k = 0; part && k < 3; k++)
            merge_rows(cJSON_GetObjectItemCaseSensitive(world, lists[k]),
                       cJSON_GetObjectItemCaseSensitive(part, lists[k]));
        cJSON_Delete(part);
    }
    *out = world;
    return 0;
out:
    cJSON_Delete(world);
    return rc;
}

uint64_t ond_gate_revision(ond_gate *g)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < g->n_hand; i++)
        if (g->hand[i].open) sum += g->hand[i].def->revision(g->hand[i].self);
    return sum;
}

static cJSON *health_of(const ond__hand *h)
{
    cJSON *health = h->open ? h->def->health(h->self) : cJSON_CreateObject();
    if (h->open || !health) return health;
    bool ok = ond_json_set_bool(health, "ok", false) &&
              ond_json_set_str(health, "what", h->err.text[0] ? h->err.text : "not open");
    if (ok) return health;
    cJSON_Delete(health);
    return NULL;
}

static cJSON *verb_row(const ond_gate *g, const ond__hand *h, const ond__verb *v)
{
    cJSON *row = cJSON_CreateObject();
    const char *policy =
        g->policy_err.code && v->def->effect != OND_EFFECT_READ
            ? "deny"
            : ond__policy_usual(g->policy, h->def->name, v->def->name, v->def->effect);
    bool ok = row && ond_json_set_str(row, "name", v->def->name) &&
              ond_json_set_str(row, "effect", ond_effect_name(v->def->effect)) &&
              ond_json_set_str(row, "summary", v->def->summary) &&
              ond__set_dup(row, "schema", v->schema) && ond_json_set_str(row, "policy", policy);
    if (ok) return row;
    cJSON_Delete(row);
    return NULL;
}

static cJSON *hand_row(const ond_gate *g, const ond__hand *h)
{
    cJSON *row = cJSON_CreateObject(), *verbs = cJSON_CreateArray();
    bool ok = row && verbs && ond_json_set_str(row, "name", h->def->name) &&
              ond_json_set_str(row, "summary", h->def->summary) &&
              ond_json_set(row, "health", health_of(h));
    for (size_t i = 0; ok && i < h->n_verb; i++)
        ok = cJSON_AddItemToArray(verbs, verb_row(g, h, &h->verb[i]));
    if (ok) {
        ok = ond_json_set(row, "verbs", verbs);
        verbs = NULL;
    }
    if (ok) return row;
    cJSON_Delete(verbs);
    cJSON_Delete(row);
    return NULL;
}

cJSON *ond_gate_hands(ond_gate *g)
{
    cJSON *all = cJSON_CreateObject(), *list = cJSON_CreateArray();
    bool ok = all && list && ond_json_set_num(all, "version", 1);
    ond__policy_refresh(g);
    for (size_t i = 0; ok && i < g->n_hand; i++)
        ok = cJSON_AddItemToArray(list, hand_row(g, &g->hand[i]));
    if (ok) {
        ok = ond_json_set(all, "hands", list);
        list = NULL;
    }
    if (ok) return all;
    cJSON_Delete(list);
    cJSON_Delete(all);
    return NULL;
}

int ond_gate_effect(ond_gate *g, const char *hand, const char *verb, const cJSON *args,
                    ond_effect *out, ond_err *err)
{
    ond__hand *h = NULL;
    const ond__verb *v = NULL;
    int rc;
    OND_TRY(ond__hand_find(g, hand, verb, &h, &v, err));
    OND_TRY(ond__schema_check(v->schema, args, v->def->name, err));
    *out = v->def->effect;
    if (v->def->effect == OND_EFFECT_READ || !h->open) return 0;
    ond_hand_step step = {0};
    ond_err e = {0};
    rc = h->def->plan(h->self, verb, args, &step, &e);
    if (rc == 0) *out = step.effect;
    ond_hand_step_free(&step);
    if (rc == OND_E_UNAVAILABLE) return 0; /* not to be seen now: the declared one stands */
    ond__entity_near(h, args, &e);
    if (rc && err) *err = e;
out:
    return rc;
}
