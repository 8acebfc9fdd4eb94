/* request.c - a whole sentence: one wish, or several in one breath.
 *
 * A sentence that one rule understands in whole is one wish. Else its clauses are read apart
 * (clauses.c); Korean ones may also meet at a space ("불 꺼 줘 티비도 꺼 줘", "춥다 보일러 올려"): tried
 * last. Where one piece is not understood, nothing of the sentence is done. */
#include "agent/clauses.h"

#include <strings.h>

/* "the desk lamp and the study lights": what a clause before does already is not done twice. Only for steps
 * that say no more than a device: louder twice is louder than once. True: nothing of the plan is left. */
static bool drop_steps(ond_plan *p, const ond_plan *before)
{
    bool any = p->n > 0;
    for (size_t i = p->n; i-- > 0;) {
        bool plain = cJSON_GetArraySize(p->v[i].args) == 1 && ond_json_get(p->v[i].args, "entity"), done = false;
        for (size_t k = 0; plain && k < before->n && !done; k++)
            done = strcmp(p->v[i].verb, before->v[k].verb) == 0 &&
                   cJSON_Compare(p->v[i].args, before->v[k].args, true);
        if (done)
            ond_plan_drop(p, i);
    }
    return any && p->n == 0;
}

static bool is_dont(const ond__part *p)
{
    return p->w.code == 0 && p->w.intent && strcmp(p->w.intent->name, "OndolDont") == 0;
}

/* "I've got milk already, take the milk off": what was got is not ticked off first. */
static bool is_checked_first(const ond__request *r, size_t last)
{
    const ond__wish *w = &r->part[last].w, *before = &r->part[last - 1].w;
    bool both = w->code == 0 && before->code == 0 && w->plan.n == 1 && before->plan.n == 1;
    return both && strcmp(w->plan.v[0].verb, "item_remove") == 0 &&
           strcmp(before->plan.v[0].verb, "item_check") == 0 &&
           strcmp(ond_json_str(w->plan.v[0].args, "uid", "-"),
                  ond_json_str(before->plan.v[0].args, "uid", "")) == 0;
}

/* "leave the heating alone, don't turn it off": that nothing is done is said once. */
static void drop_done_before(ond__request *r)
{
    size_t last = r->n - 1;
    if (last > 0 && is_checked_first(r, last)) ond__part_remove(r, --last);
    while (last > 0 && is_dont(&r->part[last]) && is_dont(&r->part[last - 1]))
        ond__parts_cut(r, last--);
    if (last == 0) return;
    if (r->part[last].w.code == 0 && drop_steps(&r->part[last].w.plan, &r->part[last - 1].w.plan))
        ond__parts_cut(r, last);
}

/* ---- the whole ---- */

ond__part *ond__request_trouble(ond__request *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i].w.code != 0)
            return &r->part[i];
    return NULL;
}

/* A wish in what is not to be done: "leave the lamp on and close the curtains" is two wishes; of
 * "don't turn it off and close the curtains" nobody knows; "leave only the lamp on" is another. */
static void more_than_dont(ond__request *r, bool *apart)
{
    static const char *const verbs[] = {"turn ",  "switch ", "put ",   "close ", "open ",  "lock ",
                                        "unlock ", "shut ",  "set ",   "dim ",   "start ", "stop ",
                                        "add ",   "remind ", "make ",  "play ",  "kill ",  "run "};
    ond__wish *w = &r->part[0].w;
    const ond_slot *what = w->code == 0 && w->match && strcmp(w->match->intent, "OndolDont") == 0
                               ? ond_match_slot(w->match, "what") : NULL;
    const char *said = what && what->said ? what->said : "";
    bool just = strstr(r->ask.text, "just ") && !strstr(r->ask.text, "just yet");
    bool more = what && (strstr(r->ask.text, "only") || just);
    *apart = !more;
    for (const char *at = said; !more && (at = strchr(at, ' ')); at++)
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
            more |= strncasecmp(at + 1, verbs[i], strlen(verbs[i])) == 0;
    if (!more)
        return;
    *apart = *apart && (strncasecmp(r->ask.text, "leave", 5) == 0 ||
                        strncasecmp(r->ask.text, "keep", 4) == 0 || !strstr(said, " and "));
    ond__wish_not_understood(w);
}

static bool leans_back(const ond__wish *w)
{
    return w->code == 0 && w->intent && w->intent->kind == OND__AGAIN;
}

/* What leans on nothing may be clauses: "거실 커튼 열지 말고 침실 커튼 열어 줘", "turn off the bedroom light and the fan
 * too". */
static int read_again(ond__request *r, bool *done, ond_err *err)
{
    int rc = ond__again(r, err);
    if (rc == 0 && r->n == 1 && r->part[0].w.code == OND_E_UNKNOWN && !r->put_right) {
        rc = ond__clauses_split(r, false, done, err);
        r->leans &= !*done;
    }
    return rc;
}

static int read_whole(ond__request *r, ond_err *err)
{
    bool done = false, apart = true;
    int rc;
    r->n = 0;
    OND_TRY(ond__part_read(r, ond_str_of(r->ask.text), r->ask.area, err));
    if (r->part[0].w.intent && r->part[0].w.match)
        OND_TRY(ond__carry_from_before(r, err));
    if (ond__part_is_aside(&r->part[0]))
        ond__wish_not_understood(&r->part[0].w);
    more_than_dont(r, &apart);
    if (!apart)
        return 0;
    if (r->part[0].w.code == OND_E_UNKNOWN && !r->put_right)
        OND_TRY(ond__clauses_split(r, false, &done, err));
    else if (ond__clauses_hidden(&r->part[0].w, r->ask.text)) {
        if (r->part[0].w.intent->kind != OND__AGAIN)
            return ond__clauses_inside(r, err);
        /* "우유 장보기에 넣고 계란도 넣어 줘", "빵이랑 버터도": several wishes, or one that leans */
        OND_TRY(ond__clauses_split(r, false, &done, err));
    }
    if (!done && r->part[0].w.code == 0 && strcmp(r->part[0].w.match->intent, "OndolCallIt") == 0)
        return ond__call_it(r, err);
    if (!done && leans_back(&r->part[0].w))
        OND_TRY(read_again(r, &done, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && r->n == 1) {
        OND_TRY(ond__part_read_loosely(r, 0, &done, err));
        r->leans &= !done;
        done = false;
    }
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__reorder(r, &done, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && !r->put_right &&
        ond__cuts_any_space(r->ask.text, r->ask.lang))
        OND_TRY(ond__clauses_split(r, true, &done, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && !r->put_right)
        OND_TRY(ond__without_why(r, &done, err));
    if (r->n > 1)
        ond__drop_complaints(r);
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && !r->put_right)
        OND_TRY(ond__dialect(r, &done, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__put_right(r, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__fill_in(r, &done, err));
out:
    return rc;
}

static void refuse(ond__request *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__intent *intent = r->part[i].w.intent;
        if (intent && (intent->kind == OND__ACT || intent->kind == OND__DO || intent->kind == OND__AGAIN))
            ond__wish_not_understood(&r->part[i].w);
    }
}

int ond__request_read(ond__request *r, ond_err *err)
{
    int rc = read_whole(r, err);
    if (rc == 0 && ond__only_asks(r))
        refuse(r);
    if (rc == 0 && r->n > 1)
        rc = ond__spare(r, err);
    if (r->n > 1)
        drop_done_before(r);
    if (rc == 0)
        ond__spare_lit(r);
    return rc ? rc : ond__slip(r, err);
}
