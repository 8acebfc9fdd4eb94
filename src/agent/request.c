/* request.c - a whole sentence: one wish, or several in one breath.
 *
 * A sentence that one rule understands in whole is one wish. Else its clauses are read apart
 * (clauses.c); Korean ones may also meet at a space ("불 꺼 줘 티비도 꺼 줘", "춥다 보일러 올려"): tried
 * last. Where one piece is not understood, nothing of the sentence is done. */
#include "agent/clauses.h"

#include <strings.h>

#include "base/utf8.h"

/* "불 꺼 줘 잘 거야": what one is about to do has a scene, but beside another wish it only says why. */
static bool says_plans(const ond__part *p)
{
    static const char *const ends[] = {"야", "게", "게요", "래", "래요", "다", "예요"};
    return strcmp(p->w.lang, "ko") == 0 && ond__slot_has(&p->w, "domain", "scene") && p->text &&
           ond__text_ends(p->text, strlen(p->text), ends, sizeof ends / sizeof *ends) &&
           !strstr(p->text, "모드");
}

/* "arm the alarm, we're going out": alone it is a scene; after a wish it says why. "we're leaving, set
 * away mode" says it twice. */
static bool is_statement(const ond__request *r, size_t at)
{
    const ond__part *p = &r->part[at];
    static const char *const heads[] = {"i'm ", "we're ", "i am ", "we are ", "im ", "were "};
    bool scene = p->w.match && strcmp(ond_json_str(p->w.match->context, "domain", ""), "scene") == 0;
    for (size_t i = 0; scene && i < sizeof heads / sizeof heads[0]; i++)
        if (strncasecmp(p->text, heads[i], strlen(heads[i])) == 0)
            return at > 0 || ond__same_plan(&p->w.plan, &r->part[at + 1].w.plan);
    return false;
}

static bool says_why(const ond__request *r, size_t at)
{
    return ond__slot_has(&r->part[at].w, "complaint", "yes") ||
           is_statement(r, at) || says_plans(&r->part[at]);
}

/* "거실 불 켜 줘 침실이 어두워": the complaint is about another room than what is wished. */
static bool is_elsewhere(const ond__request *r, size_t at)
{
    const ond_match *m = r->part[at].w.match;
    const ond_slot *area = m ? ond_match_slot(m, "area") : NULL;
    size_t places = 0;
    for (size_t i = 0; area && i < r->n; i++) {
        const ond_slot *other = i != at && r->part[i].w.match ? ond_match_slot(r->part[i].w.match, "area") : NULL;
        if (other && cJSON_Compare(other->value, area->value, true))
            return false;
        places += other != NULL;
    }
    return area && places > 0;
}

/* "put the heating on, it's freezing": the complaint says why; what is wished is said. */
static void drop_complaints(ond__request *r)
{
    size_t kept = 0, plain = 0;
    for (size_t i = 0; i < r->n; i++)
        plain += !says_why(r, i);
    bool drops[OND__MOST_PARTS] = {0};
    for (size_t i = 0; i < r->n; i++)
        drops[i] = says_why(r, i) && !is_elsewhere(r, i);
    for (size_t i = 0; plain && i < r->n; i++) {
        bool drop = drops[i];
        bool own = r->part[i].w.match == &r->part[i].w.own;
        if (drop) {
            ond__part_free(&r->part[i]);
            continue;
        }
        if (kept != i) {
            r->part[kept] = r->part[i];
            r->part[i] = (ond__part){0};
        }
        if (own)
            r->part[kept].w.match = &r->part[kept].w.own;
        kept++;
    }
    if (plain)
        r->n = kept;
}

/* "the kitchen lights and the table lamp": what a clause before does already is not done twice. Only
 * for steps that say no more than a device: louder twice is louder than once. */
static bool is_done_before(const ond_plan *p, const ond_plan *before)
{
    size_t found = 0;
    for (size_t i = 0; i < p->n; i++) {
        bool plain = cJSON_GetArraySize(p->v[i].args) == 1 && ond_json_get(p->v[i].args, "entity");
        for (size_t k = 0; plain && k < before->n; k++)
            if (strcmp(p->v[i].verb, before->v[k].verb) == 0 &&
                cJSON_Compare(p->v[i].args, before->v[k].args, true)) {
                found++;
                break;
            }
    }
    return p->n > 0 && found == p->n;
}

static void drop_done_before(ond__request *r)
{
    size_t last = r->n - 1;
    if (r->part[last].w.code == 0 &&
        is_done_before(&r->part[last].w.plan, &r->part[last - 1].w.plan))
        ond__parts_cut(r, last);
}

static bool is_done_to(const ond_plan *before, const char *id, const char *verbs)
{
    for (size_t i = 0; i < before->n; i++)
        if (ond__word_of(verbs, before->v[i].verb) &&
            strcmp(ond_json_str(before->v[i].args, "entity", ""), id) == 0)
            return true;
    return false;
}

/* The other steps keep their order. */
static void step_drop(ond_plan *p, size_t at)
{
    ond_proposal gone = p->v[at];
    memmove(&p->v[at], &p->v[at + 1], (p->n - at - 1) * sizeof *p->v);
    p->v[p->n - 1] = gone;
    ond_plan_cut(p, p->n - 1);
}

static bool only_lamps(const ond_plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (strncmp(ond_json_str(p->v[i].args, "entity", ""), "light.", strlen("light.")) != 0)
            return false;
    return p->n > 0;
}

/* "취침등만 켜 놓고 다 꺼": what one wish switches on, the next does not switch off with all the others; and where
 * that is a lamp, all others are lamps. */
static size_t spare(ond_plan *p, const ond_plan *before, bool everything)
{
    size_t n = 0;
    bool lamps = everything && only_lamps(before);
    for (size_t i = 0; i < p->n;) {
        const char *id = ond_json_str(p->v[i].args, "entity", "");
        bool on = is_done_to(before, id, "turn_on set_light");
        n += on;
        if (on || (lamps && strncmp(id, "light.", strlen("light.")) != 0))
            step_drop(p, i);
        else
            i++;
    }
    return n;
}

static void spare_what_is_lit(ond__request *r)
{
    for (size_t i = 0; i < r->n; i++) {
        ond__wish *w = &r->part[i].w;
        bool off = w->code == 0 && w->match && strcmp(w->match->intent, "HassTurnOff") == 0 &&
                   ond__slot_has(w, "name", "all") && !ond_match_slot(w->match, "area") &&
                   !ond_match_slot(w->match, "floor");
        bool everything = off && !ond_match_slot(w->match, "domain");
        bool rest = off && ond__slot_has(w, "rest", "yes");
        const ond_plan *before = i ? &r->part[i - 1].w.plan : NULL;
        size_t n = 0;
        for (size_t k = 0; off && before && k < w->plan.n; k++)
            n += is_done_to(before, ond_json_str(w->plan.v[k].args, "entity", ""), "turn_on set_light");
        if (n)
            n = spare(&w->plan, before, everything);
        if (rest && !n)
            ond__wish_not_understood(w);
    }
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
        drop_complaints(r);
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && !r->put_right)
        OND_TRY(ond__dialect(r, &done, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__put_right(r, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__fill_in(r, &done, err));
out:
    return rc;
}

/* "취소됐어?", "샀어?": whether it was done is asked. "있" and "겠" ask for it politely: "켜 줄 수 있어?". */
static bool ends_in_past(ond_str s)
{
    enum { SS = 20, SYLLABLES = 0xac00 };
    static const char *const tails[] = {"요", "어", "지", "니", "나", "냐", "죠", "노", "대", "다"};
    uint32_t last = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++)
            if (s.n > 3 && memcmp(s.p + s.n - 3, tails[i], 3) == 0) {
                s.n -= 3;
                break;
            }
    for (size_t at = 0; at < s.n;)
        last = ond_utf8_next(s, &at);
    bool polite = s.n >= 3 && (memcmp(s.p + s.n - 3, "있", 3) == 0 || memcmp(s.p + s.n - 3, "겠", 3) == 0);
    return last >= SYLLABLES && last <= 0xd7a3 && (last - SYLLABLES) % 28 == SS && !polite;
}

/* "꺼도 돼": one may. With the mark of a question it asks whether one may, which nobody answers here. */
static bool asks_leave(const ond__request *r)
{
    const char *text = r->ask.text, *mark = strchr(text, '?');
    if (!r->ask.lang || strcmp(r->ask.lang, "ko") != 0 || !mark || mark[strspn(mark, " ~!?.")])
        return false;
    if (ends_in_past(ond_str_trim((ond_str){text, (size_t)(mark - text)})))
        return true;
    for (const char *at = text; (at = strstr(at, "도 ")) != NULL; at++) {
        const char *may = at + strlen("도 ");
        if (strncmp(may, "돼", 3) == 0 || strncmp(may, "되", 3) == 0 || strncmp(may, "될", 3) == 0 ||
            strncmp(may, "괜찮", 6) == 0)
            return true;
    }
    return strstr(text, "도돼") || strstr(text, "도되") || strstr(text, "도될");
}

/* "거실 추워?" asks; "춥지 않니?" complains. */
static bool asks_how_it_is(const ond__request *r)
{
    const char *text = r->ask.text, *mark = strchr(text, '?');
    return r->ask.lang && strcmp(r->ask.lang, "ko") == 0 && mark && !mark[strspn(mark, " ~!?.")] &&
           !strstr(text, "지 않") && r->n == 1 && r->part[0].w.match &&
           ond__slot_has(&r->part[0].w, "complaint", "yes") &&
           !ond__slot_has(&r->part[0].w, "domain", "scene");
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
    if (rc == 0 && (asks_leave(r) || asks_how_it_is(r)))
        refuse(r);
    if (rc == 0 && r->n > 1)
        rc = ond__spare(r, err);
    if (r->n > 1)
        drop_done_before(r);
    if (rc == 0)
        spare_what_is_lit(r);
    return rc ? rc : ond__slip(r, err);
}
