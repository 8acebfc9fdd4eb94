/* step.c - one step of a run: a proposal worked out against the world.
 *
 * The hand turns the proposal into exact arguments; from then on these are what is judged, asked
 * about, written down and acted on. Each exact argument keeps where it came from: a value that the
 * hand worked out has the least trusted source among the arguments it was worked out from. */
#include "gate/room.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { OND__ARGS_BYTES = 64 * 1024 };

static ond__step *new_step(ond__run *r)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 8;
        ond__step *step = realloc(r->step, cap * sizeof *step);
        if (!step) return NULL;
        r->step = step;
        r->cap = cap;
    }
    ond__step *s = &r->step[r->n++];
    *s = (ond__step){0};
    return s;
}

void ond__step_free(ond__step *s)
{
    free(s->name_hand);
    free(s->name_verb);
    free(s->why);
    cJSON_Delete(s->provenance);
    cJSON_Delete(s->conflict);
    cJSON_Delete(s->after);
    cJSON_Delete(s->asked);
    if (s->planned) ond_hand_step_free(&s->world);
}

void ond__step_unreachable(ond__step *s)
{
    ond_hand_step_free(&s->world);
    s->planned = false;
}

/* ---- provenance ---- */

/* A name that says nothing we know counts as the least trusted. */
static ond_source source_of(const cJSON *provenance, const char *arg)
{
    ond_source s = OND_SOURCE_UNTRUSTED;
    return ond_source_parse(ond_json_str(provenance, arg, "untrusted"), &s) ? s
                                                                            : OND_SOURCE_UNTRUSTED;
}

static ond_source worked_out_from(const cJSON *args, const cJSON *exact, const cJSON *provenance)
{
    ond_source worst = OND_SOURCE_HOUSE;
    for (const cJSON *a = args->child; a; a = a->next) {
        const cJSON *kept = ond_json_get(exact, a->string);
        if (kept && ond_json_equal(kept, a)) continue;
        ond_source s = source_of(provenance, a->string);
        if (s > worst) worst = s;
    }
    return worst;
}

static cJSON *exact_provenance(const cJSON *args, const cJSON *exact, const cJSON *provenance)
{
    cJSON *out = cJSON_CreateObject();
    ond_source derived = worked_out_from(args, exact, provenance);
    bool ok = out != NULL;
    for (const cJSON *a = exact->child; ok && a; a = a->next) {
        const cJSON *said = ond_json_get(args, a->string);
        ond_source s = said ? source_of(provenance, a->string) : derived;
        if (said && !ond_json_equal(said, a) && derived > s) s = derived;
        ok = ond_json_set_str(out, a->string, ond_source_name(s));
    }
    if (ok) return out;
    cJSON_Delete(out);
    return NULL;
}

static bool tainted_arg(const ond__step *s, const cJSON *provenance, const char *arg)
{
    return source_of(provenance, arg) >= OND_SOURCE_MODEL &&
           ond__schema_control(s->verb->schema, arg);
}

/* What was said and what it came to are both looked at; a provenance may also say who chose the
 * hand or the verb. */
static bool is_tainted(const ond__step *s, const cJSON *args, const cJSON *provenance)
{
    static const char *const chosen[] = {"hand", "verb"};
    for (int i = 0; i < 2; i++)
        if (ond_json_get(provenance, chosen[i]) &&
            source_of(provenance, chosen[i]) >= OND_SOURCE_MODEL)
            return true;
    for (const cJSON *a = args->child; a; a = a->next)
        if (tainted_arg(s, provenance, a->string)) return true;
    for (const cJSON *a = s->world.args->child; a; a = a->next)
        if (tainted_arg(s, s->provenance, a->string)) return true;
    return false;
}

/* ---- planning ---- */

static int check_size(const cJSON *args, const char *where, ond_err *err)
{
    ond_buf text = {0};
    ond_json_print(&text, args);
    bool ok = ond_buf_ok(&text), small = text.n <= OND__ARGS_BYTES;
    ond_buf_free(&text);
    if (!ok) return ond_nomem(err, "checking the arguments");
    return small ? 0
                 : ond_fail(err, OND_E_INPUT, "%s: the arguments take over %d bytes", where,
                            OND__ARGS_BYTES);
}

static int check_args(const ond__step *s, const cJSON *args, ond_err *err)
{
    char where[96];
    snprintf(where, sizeof where, "%s.%s", s->hand->def->name, s->verb->def->name);
    int rc = ond__schema_check(s->verb->schema, args, where, err);
    return rc ? rc : check_size(args, where, err);
}

static int ask_hand(ond__step *s, const cJSON *args, ond_hand_step *out, ond_err *err)
{
    const ond__hand *h = s->hand;
    if (!h->open)
        return ond_fail(err, OND_E_UNAVAILABLE, "the hand %s is not open: %s", h->def->name,
                        h->err.text);
    ond_err e = {0};
    int rc = h->def->plan(h->self, s->verb->def->name, args, out, &e);
    if (rc == 0 && !out->args) out->args = cJSON_Duplicate(args, true);
    if (rc == 0 && !out->args) rc = ond_nomem(&e, "planning");
    ond__entity_near(h, args, &e);
    if (rc && err) *err = e;
    if (rc) ond_hand_step_free(out);
    return rc;
}

static int plan_step(ond__step *s, const cJSON *args, const cJSON *provenance, ond_err *err)
{
    int rc;
    OND_TRY(check_args(s, args, err));
    OND_TRY(ask_hand(s, args, &s->world, err));
    s->planned = true;
    cJSON *exact = exact_provenance(args, s->world.args, provenance);
    if (!exact) return ond_nomem(err, "planning");
    cJSON_Delete(s->provenance);
    s->provenance = exact;
    s->tainted = is_tainted(s, args, provenance);
    ond__step_digest(s);
out:
    return rc;
}

int ond__step_add(ond__run *r, const char *hand, const char *verb, const cJSON *args,
                  const cJSON *provenance, const char *why, ond_err *err)
{
    ond__step *s = new_step(r);
    ond_err e = {0};
    int rc;
    if (!s) return ond_nomem(err, "planning");
    s->name_hand = ond_str_dup(ond_str_of(hand));
    s->name_verb = ond_str_dup(ond_str_of(verb));
    s->why = ond_str_dup(ond_str_of(why));
    s->provenance = provenance ? cJSON_Duplicate(provenance, true) : cJSON_CreateObject();
    s->asked = args ? cJSON_Duplicate(args, true) : cJSON_CreateObject();
    if (!s->name_hand || !s->name_verb || !s->why || !s->asked || !s->provenance)
        OND_TRY(ond_nomem(&e, "planning"));
    OND_TRY(ond__hand_find(r->g, hand, verb, &s->hand, &s->verb, &e));
    OND_TRY(plan_step(s, s->asked, provenance, &e));
    return 0;
out:
    s->err = e;
    if (err) *err = e;
    return rc;
}

/* The undo that was recorded belongs to the world as it was then, so the whole answer of the hand
 * is taken over. */
int ond__step_again(ond__step *s, ond_err *err)
{
    ond_hand_step now = {0};
    ond_effect was = s->world.effect;
    char digest[OND_HASH_HEX];
    int rc = ask_hand(s, s->world.args, &now, err);
    if (rc) return rc;
    memcpy(digest, s->digest, sizeof digest);
    ond_hand_step_free(&s->world);
    s->world = now;
    ond__step_digest(s);
    if (digest[0] && strcmp(digest, s->digest) == 0 && now.effect <= was) return 0;
    return ond_fail(err, OND_E_STALE,
                    "the house has changed so that %s.%s would now mean something else; ask again",
                    s->hand->def->name, s->verb->def->name);
}

/* ---- what consent is bound to ---- */

/* Where the world has moved on, the states that were shown belong to what was agreed to. */
static void mix_conflict(ond__step *s)
{
    ond_buf b = {0};
    ond_hash h;
    ond_buf_puts(&b, s->digest);
    ond_json_canon(&b, s->conflict);
    s->digest[0] = '\0';
    if (ond_buf_ok(&b)) {
        ond_hash_of(b.p, b.n, &h);
        ond_hash_hex(&h, s->digest);
    }
    ond_buf_free(&b);
}

void ond__step_digest(ond__step *s)
{
    ond_proposal p = {.hand = (char *)s->hand->def->name,
                      .verb = (char *)s->verb->def->name,
                      .args = s->world.args};
    ond_proposal_digest(&p, s->digest);
    if (s->conflict && s->digest[0]) mix_conflict(s);
}

/* The thing itself, or a scene that it is a member of. */
static bool touches(const ond__step *s, const char *id)
{
    return strcmp(ond_json_str(s->world.args, "entity", ""), id) == 0 ||
           ond_json_get(ond_json_get(s->world.before, "members"), id);
}

bool ond__step_same_thing(const ond__step *a, const ond__step *b)
{
    if (a->hand != b->hand || !a->planned || !b->planned) return false;
    const char *x = ond_json_str(a->world.args, "entity", NULL),
               *y = ond_json_str(b->world.args, "entity", NULL);
    const cJSON *members = ond_json_get(a->world.before, "members");
    if (!x || !y || touches(a, y) || touches(b, x)) return true;
    for (const cJSON *m = cJSON_IsObject(members) ? members->child : NULL; m; m = m->next)
        if (touches(b, m->string)) return true;
    return false;
}

const char *ond__step_says(const ond__step *s, const char *lang)
{
    const char *other =
        ond_json_str(s->world.says, "en", s->verb ? s->verb->def->name : s->name_verb);
    return ond_json_str(s->world.says, strncmp(lang, "ko", 2) == 0 ? "ko" : "en", other);
}
