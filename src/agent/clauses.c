/* clauses.c - a sentence of several clauses: every piece must be understood, as a wish by itself or as a
 * fragment ("the kitchen too", "커튼이랑") that takes its verb from its neighbour. The first piece is
 * taken as short as may be; pieces are at most OND__MOST_PARTS, cuts at most OND__MOST_CUTS and
 * readings at most MOST_READS, so the work is bounded. */
#include "agent/clauses.h"

#include <stdlib.h>

enum { MOST_READS = 64 };

typedef struct splitting {
    ond__request *r;
    const char *area; /* where the clause before was, for those that say no place */
    size_t reads;
    bool spaces; /* clauses may be parted by no more than a space */
    bool whole;  /* the clause that comes next leans on none */
    bool but; /* what is read comes after "but": a piece alone would be what is left out */
    bool comma;  /* nothing but a comma parts it from what is read */
    bool linked; /* the clause before goes on in what is read */
    ond_err *err;
} splitting;

/* "bedroom light off and fan on": the room that is said with a thing, where all its devices are; or NULL. */
static const char *room_of(const ond__part *p)
{
    const ond__registry *g = &p->w.a->registry;
    int area = p->w.n_target ? g->device[p->w.target[0]].area : -1;
    const char *name;
    for (size_t i = 1; i < p->w.n_target; i++)
        area = g->device[p->w.target[i]].area == area ? area : -1;
    bool said = area >= 0 && p->w.intent->kind == OND__ACT && strcmp(p->w.lang, "en") == 0 &&
                ond__names_of(g->area[area].names, "en", &name, 1) == 1 && strcasestr(p->text, name);
    return said ? g->area[area].id : NULL;
}

/* A room that one clause names holds for the next ones. */
static const char *carried(const splitting *s)
{
    const ond__request *r = s->r;
    for (size_t i = r->n; i-- > 0;) {
        const ond__wish *w = &r->part[i].w;
        const ond_slot *area = w->match ? ond_match_slot(w->match, "area") : NULL;
        if (area && cJSON_IsString(area->value))
            return area->value->valuestring;
        if (w->match && w->intent && room_of(&r->part[i]))
            return room_of(&r->part[i]);
    }
    return s->area;
}

static int read_clauses(splitting *s, const char *text, bool *ok);

/* "alarm at ten to six, weekdays": days behind a comma say when the same thing is; they are no
 * second one. */
static bool says_days_of(const ond__part *fragment, const ond__part *base)
{
    static const char set[] = "OndolAlarmSet OndolReminderSet OndolEventCreate";
    const ond_match *m = fragment->w.match;
    bool days = m && base->w.match && ond__word_of(set, base->w.match->intent) &&
                strcmp(fragment->w.lang, "en") == 0;
    for (size_t i = 0; days && i < m->n_slot; i++)
        days = strncmp(m->slot[i].name, "when_", 5) == 0 &&
               strcmp(m->slot[i].name, "when_hour") != 0 &&
               strcmp(m->slot[i].name, "when_point") != 0;
    return days && m->n_slot > 0;
}

/* Fragments before part `at` take their verb from it, those after a part from the one before. */
static int lean_on(ond__request *r, size_t fragment, size_t base, bool *ok, ond_err *err)
{
    int rc = ond__lean(&r->part[fragment], &r->part[base], err);
    *ok = rc == 0 && r->part[fragment].w.code != OND_E_UNKNOWN;
    return rc;
}

/* "turn off the lights and the TV in the living room": the place is said once, for both. */
static int place_both(ond__request *r, size_t n, ond_err *err)
{
    static const char *const said[] = {"area", "floor", "name", "quantity", "device_class"};
    ond__wish *w = &r->part[n - 1].w;
    const ond__wish *last = &r->part[n].w;
    const ond_slot *area = last->match ? ond_match_slot(last->match, "area") : NULL;
    bool fits = area && w->match && w->intent && w->intent->kind == OND__ACT &&
                ond__slot_has(w, "domain", "light");
    for (size_t i = 0; fits && i < sizeof said / sizeof *said; i++)
        fits = !ond_match_slot(w->match, said[i]);
    ond_match own = {0};
    if (!fits)
        return 0;
    bool ok = ond__reading_copy(&own, w->match) && ond__reading_put(&own, area, "area");
    return ond__part_reread(w, &own, ok, err);
}

/* What comes after an aside that nothing stands before: one wish, or several. */
static int read_rest(splitting *s, const char *text, bool *ok)
{
    size_t n = s->r->n;
    int rc = ond__part_read(s->r, ond_str_of(text), s->area, s->err);
    *ok = rc == 0 && ond__part_is_wish(&s->r->part[n]);
    if (rc != 0 || *ok)
        return rc;
    ond__parts_cut(s->r, n);
    return read_clauses(s, text, ok);
}

static bool tells_why(const ond__part *p)
{
    return ond__part_is_aside(p) || (p->w.code != OND_E_UNKNOWN && ond__slot_has(&p->w, "complaint", "yes"));
}

/* "커텐 쳐라 마루 꺼": the one of the living room, or off with the lamps there? Not to be guessed. */
static bool may_be_possessive(const ond__part *p)
{
    size_t n = strlen(p->text), len = strlen("꺼");
    return n > len && strcmp(p->text + n - len, "꺼") == 0 && p->w.match &&
           ond_match_slot(p->w.match, "area") && !ond_match_slot(p->w.match, "name");
}

/* Two clauses with nothing but a space between. */
static bool space_parts(const splitting *s, const ond__cut *c, size_t at)
{
    const ond__request *r = s->r;
    if (!c->why && !c->asks)
        return true;
    if (r->n > at && tells_why(&r->part[at]))
        return true;
    bool aside = r->n == at + 1; /* what came after was one, and is gone */
    return c->asks && (aside || (r->n > at + 1 && !may_be_possessive(&r->part[at + 1])));
}

static int read_first(splitting *s, ond_str piece, ond_err *err)
{
    ond__request *r = s->r;
    bool ok = false;
    int rc;
    OND_TRY(ond__part_read(r, piece, carried(s), err));
    /* "a bit bright, drop it to 30": of what was spoken of before */
    if (r->n == 1 && r->part[0].w.intent && r->part[0].w.match && ond__slot_has(&r->part[0].w, "complaint", "yes"))
        OND_TRY(ond__carry_from_before(r, err));
    if (r->n > 1 || !r->part[0].w.intent || strcmp(r->part[0].w.intent->name, "OndolIt") != 0)
        return 0;
    OND_TRY(ond__it_from_before(r, &ok, err));
    if (ok) return 0;
    OND_TRY(ond__part_read_loosely(r, 0, &ok, err));
    if (!ok) {
        ond__parts_cut(r, 0);
        OND_TRY(ond__part_read(r, piece, carried(s), err));
    }
out:
    return rc;
}

/* "거실 불이랑 티비 꺼 줘" after another wish: what is joined to a noun has that noun's verb. */
static bool joins_nouns(const ond__request *r, const char *text, const ond__cut *c)
{
    static const char *const joints[] = {"이랑 ", "랑 ", "하고 ", "과 ", "와 ", " 및 "};
    for (size_t i = 0; strcmp(r->ask.lang, "ko") == 0 && i < sizeof joints / sizeof *joints; i++)
        if (strncmp(text + c->left, joints[i], strlen(joints[i])) == 0)
            return true;
    return false;
}

/* The piece before a cut, then all that is after it. `forward`: a fragment takes its verb from what follows. */
static int try_cut_so(splitting *s, const char *text, const ond__cut *c, bool forward, bool *ok)
{
    ond__request *r = s->r;
    size_t n = r->n, rest;
    int rc;
    *ok = false;
    if (n + 2 > OND__MOST_PARTS || s->reads++ > MOST_READS)
        return 0;
    OND_TRY(read_first(s, (ond_str){text, c->left}, s->err));
    bool apart = strcmp(r->ask.lang, "ko") != 0 || strchr(",. ", text[c->left]);
    if (n == 0 && apart && (ond__part_is_aside(&r->part[n]) || (c->reason && !ond__part_is_wish(&r->part[n])))) {
        ond__parts_cut(r, n);
        return read_rest(s, text + c->right, ok);
    }
    s->whole = c->asks || c->why;
    bool fragment = ond__part_is_fragment(&r->part[n]), leans_back = fragment && n > 0 && !forward;
    if (!fragment && !ond__part_is_wish(&r->part[n]))
        goto out;
    if ((c->why || c->asks) && (fragment || (!c->asks && !tells_why(&r->part[n]))))
        goto out;
    if (leans_back) {
        OND_TRY(lean_on(r, n, n - 1, ok, s->err));
        if (!*ok)
            OND_TRY(ond__part_read_loosely(r, n, ok, s->err));
        leans_back = *ok;
        fragment = !*ok;
        *ok = false;
    }
    rest = r->n;
    s->linked = c->linked;
    s->comma = strncmp(text + c->left, ", ", 2) == 0 && c->right == c->left + 2;
    s->but = c->right >= 4 && strncasecmp(text + c->right - 4, "but ", 4) == 0;
    OND_TRY(read_clauses(s, text + c->right, ok));
    if (*ok && fragment && !leans_back) {
        /* what came after it was no wish, or only says why: "turn it off, it's too loud" is about what was said before */
        *ok = r->n > rest && !tells_why(&r->part[rest]);
        if (*ok)
            OND_TRY(lean_on(r, n, rest, ok, s->err));
    }
    *ok = *ok && space_parts(s, c, n);
out:
    if (rc != 0 || !*ok)
        ond__parts_cut(r, n);
    return rc;
}

static int try_cut(splitting *s, const char *text, const ond__cut *c, bool *ok)
{
    int rc = 0;
    *ok = false;
    if (s->r->n > 0 && joins_nouns(s->r, text, c))
        rc = try_cut_so(s, text, c, true, ok);
    return rc != 0 || *ok ? rc : try_cut_so(s, text, c, false, ok);
}

/* All of `text`, as one clause or several; *ok is false, and no part is added, where it is not
 * understood. */
static int read_clauses(splitting *s, const char *text, bool *ok)
{
    ond__request *r = s->r;
    size_t n = r->n;
    ond__cuts all = {0};
    bool whole = s->whole, linked = s->linked, comma = s->comma;
    int rc = 0;
    *ok = s->whole = s->linked = s->comma = false;
    if (n + 1 > OND__MOST_PARTS || s->reads++ > MOST_READS)
        return 0;
    if (n > 0) { /* the whole sentence has been tried already */
        OND_TRY(ond__part_read(r, ond_str_of(text), carried(s), s->err));
        if (ond__part_is_aside(&r->part[n]) && !(linked && r->part[n].why)) {
            ond__parts_cut(r, n);
            *ok = true;
            return 0;
        }
        if (ond__part_is_wish(&r->part[n]))
            *ok = true;
        else if (!whole && !(comma && says_days_of(&r->part[n], &r->part[n - 1])) &&
                 ond__part_is_fragment(&r->part[n]) && !ond__part_is_fragment(&r->part[n - 1]) &&
                 !s->but) {
            OND_TRY(lean_on(r, n, n - 1, ok, s->err));
            if (*ok)
                OND_TRY(place_both(r, n, s->err));
            else
                OND_TRY(ond__part_read_loosely(r, n, ok, s->err));
        }
        if (*ok)
            return 0;
        ond__parts_cut(r, n);
    }
    ond__cuts_find(text, r->ask.lang, &all);
    if (s->spaces)
        ond__cuts_spaces(text, r->ask.lang, &all);
    for (size_t i = 0; rc == 0 && i < all.n && !*ok; i++)
        rc = try_cut(s, text, &all.v[i], ok);
out:
    return rc;
}

/* Replaces part 0, which was not understood, by the clauses of the sentence, where all are. */
int ond__clauses_split(ond__request *r, bool spaces, bool *ok, ond_err *err)
{
    splitting s = {.r = r, .area = r->ask.area, .spaces = spaces, .err = err};
    ond__part whole = r->part[0];
    ond_buf plain = {0};
    r->n = 0;
    ond__tidy(&plain, r->ask.text);
    int rc = plain.bad ? ond_nomem(err, "reading a sentence")
                       : read_clauses(&s, ond_buf_z(&plain), ok);
    ond_buf_free(&plain);
    if (rc == 0 && *ok)
        ond__part_free(&whole);
    else {
        ond__parts_cut(r, 0);
        r->part[0] = whole;
        r->n = 1;
    }
    return rc;
}

/* A wildcard for a noun ("라면 타이머") may have swallowed another wish ("거실 불 끄고 10분 타이머"):
 * then the clauses are meant. Free text (what to be reminded of, a note) is left as it is. */
bool ond__clauses_hidden(const ond__wish *w, const char *text)
{
    static const char *const nouns[] = {"label", "item", "title", "location", "query", "list", "weak"};
    for (size_t i = 0; w->code != OND_E_UNKNOWN && w->match && i < sizeof nouns / sizeof *nouns; i++) {
        const ond_slot *s = ond_match_slot(w->match, nouns[i]);
        ond__cuts all = {0};
        if (s && strcmp(nouns[i], "weak") == 0)
            s = ond_match_slot(w->match, "text");
        if (!s || !s->wildcard)
            continue;
        ond__cuts_find(s->said, w->lang, &all);
        if (all.n || (strcmp(w->lang, "ko") == 0 && strstr(text, ", ")))
            return true;
    }
    return false;
}

static bool all_done(const ond__request *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->part[i].w.code != 0 ||
            (r->part[i].w.own.intent && !ond__word_of("OndolReminderSet OndolListItems OndolListClear", r->part[i].w.own.intent)))
            return false;
    return true;
}

/* "살 거에 막걸리하고 두부 적어 놔": what is joined to a noun goes onto the same list; it is no note. */
static bool tears_list(const ond__request *r)
{
    static const char *const joints[] = {"하고 ", "이랑 ", "랑 ", "과 ", "와 "};
    bool list = r->n > 1 && r->part[0].w.match && strcmp(r->part[0].w.match->intent, "OndolListAdd") == 0, joined = false;
    for (size_t i = 0; list && i < sizeof joints / sizeof *joints; i++)
        joined |= strstr(r->ask.text, joints[i]) != NULL;
    for (size_t i = 1; joined && i < r->n; i++)
        if (r->part[i].w.match && strcmp(r->part[i].w.match->intent, "OndolNoteCreate") == 0)
            return true;
    return false;
}

/* Reads the clauses apart; where all of them are whole wishes they take the place of part 0. */
int ond__clauses_inside(ond__request *r, ond_err *err)
{
    ond__request apart = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back};
    splitting s = {.r = &apart, .area = r->ask.area, .err = err};
    ond_buf plain = {0};
    bool ok = false;
    ond__tidy(&plain, r->ask.text);
    int rc = plain.bad ? ond_nomem(err, "reading a sentence")
                       : read_clauses(&s, ond_buf_z(&plain), &ok);
    ond_buf_free(&plain);
    if (rc == 0 && ok && apart.n > 1 && all_done(&apart, apart.n) && !tears_list(&apart)) {
        ond__parts_take(r, &apart);
        return 0;
    }
    ond__request_free(&apart);
    return rc;
}
