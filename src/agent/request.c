/* request.c - a whole sentence: one wish, or several in one breath.
 *
 * A sentence that one rule understands in whole is one wish. Else it is cut where clauses meet
 * ("and", "then", a comma; "-고", "그리고", "-지 말고"), and every piece must be understood: a wish
 * by itself, or a fragment ("the kitchen too", "커튼이랑") that takes its verb from its neighbour.
 * Korean clauses may also meet at a space ("불 꺼 줘 티비도 꺼 줘", "춥다 보일러 올려"): tried last.
 * Where one piece is not, nothing of the sentence is done. The first piece is taken as short as may
 * be; pieces are at most OND__MOST_PARTS and cuts at most MOST_CUTS, so the work is bounded. */
#include "agent/room.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <strings.h>

enum { MOST_CUTS = 8, MOST_READS = 64 };

typedef struct joint {
    const char *word;
    bool keep; /* it belongs to the clause before it: "불 끄고" */
} joint;

static const joint joints_en[] = {
    {", and then ", false}, {" and then ", false}, {", then ", false}, {" then ", false},
    {", and also ", false}, {" and also ", false}, {", and ", false},  {" and ", false},
    {"; ", false},          {". ", false},         {", ", false},      {" but ", false},
    {" plus ", false},      {" as well as ", false}, {" please ", false}, {" because ", false},
    {" cos ", false},       {" cause ", false},
};
static const joint joints_ko[] = {
    {"고 나서", true},   {"고서", true},      {"지 말고", true},  {"지말고", true},
    {"고", true},        {" 다음에", true},   {" 다음", true},    {" 뒤에", true},
    {" 후에", true},     {" 그리고 ", false}, {", ", false},      {". ", false},
    {"이랑 ", false},    {"랑 ", false},      {"하고 ", false},   {"과 ", false},
    {"와 ", false},      {" 및 ", false},     {",", false},       {"며 ", true},
};

/* why: only a space is between, and the piece before asks for nothing ("춥다 보일러 올려"): it must
 * say why the other is wished. asks: only a space, after a request ("소리 키워 줘 안 들려"). */
typedef struct cut {
    size_t left, right; /* the piece before ends, the one after begins */
    bool why, asks, reason;
} cut;
typedef struct cuts {
    cut v[MOST_CUTS];
    size_t n;
} cuts;

/* "과" and "이랑" join after a consonant, "와" and "랑" after a vowel: "치과 예약" is no "치 and 예약". */
static bool sounds_joined(const char *text, size_t at, const char *word)
{
    int consonant = strncmp(word, "과", 3) == 0 || strncmp(word, "이랑", 6) == 0 ? 1
                    : strncmp(word, "와", 3) == 0 || strncmp(word, "랑", 3) == 0 ? 0
                                                                                     : -1;
    uint32_t last = 0;
    ond_str s = {text, at};
    for (size_t i = 0; i < s.n;)
        last = ond_utf8_next(s, &i);
    return consonant < 0 || last < 0xac00 || last > 0xd7a3 ||
           ((last - 0xac00) % 28 != 0) == (consonant == 1);
}

static bool word_ends(const char *text, size_t at, const char *const *ends, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(ends[i]);
        if (at > len && memcmp(text + at - len, ends[i], len) == 0)
            return true;
    }
    return false;
}

/* "햇빛 들어오니까 커튼 쳐 줘": whatever the reason is, what is wished is said after it. Not where the
 * words insist ("끄지 말라니까"), forbid, or say a time at which it may be meant. */
static bool is_reason(const char *text, size_t n)
{
    static const char *const never[] = {"라니까", "다니까", "냐니까", "말", "시에", "내일", "분 뒤",
                                        "있다가", "이따", "안 ", "못 ", "누가", "만약"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (memmem(text, n, never[i], strlen(never[i])))
            return false;
    return word_ends(text, n, (const char *const[]){"니까", "려는데", "려고 하는데"}, 3);
}

/* Ends as a wish does. Cheap: most of what is not understood does not, and is then not read again. */
static bool ends_in_wish(const char *text, size_t n)
{
    static const char *const ends[] = {"줘", "요", "라", "다오", "래", "해", "켜", "꺼", "쳐", "려",
                                       "춰", "여", "자", "줄래", "세염", "드려", "잠가", "열어", "닫아",
                                       "틀어", "정지", "추가", "봐", "놔", "둬", "마"};
    return word_ends(text, n, ends, sizeof ends / sizeof *ends);
}

/* Korean sentences end in words that only end sentences; people go on after them without a stop. */
static bool cut_at_space(const char *text, size_t at, cut *out)
{
    static const char *const asking[] = {"줘", "줘요", "주세요", "주라", "다오", "줄래", "줄래요",
                                         "켜라", "꺼라", "해라", "워라", "려라", "여라", "춰라",
                                         "아라", "어라", "가라", "쳐라", "봐라", "때라", "놔라", "둬라", "해", "켜", "꺼"};
    static const char *const telling[] = {"다", "네", "네요", "야", "어", "어요", "워", "워요", "까",
                                          "데", "서", "대", "아", "아요", "래", "셔", "해요"};
    *out = (cut){.left = at, .right = at + 1};
    out->asks = word_ends(text, at, asking, sizeof asking / sizeof *asking);
    out->why = word_ends(text, at, telling, sizeof telling / sizeof *telling) ||
               word_ends(text, at, (const char *const[]){"해"}, 1);
    out->reason = is_reason(text, at);
    out->why |= out->reason;
    return text[at] == ' ' && text[at + 1] && (out->asks || out->why);
}

static void find_cuts(const char *text, const char *lang, cuts *out)
{
    bool korean = strncmp(lang, "ko", 2) == 0;
    const joint *joints = korean ? joints_ko : joints_en;
    size_t n = korean ? sizeof joints_ko / sizeof *joints_ko : sizeof joints_en / sizeof *joints_en;
    for (size_t at = text[0] != 0; text[at]; at++)
        for (size_t i = 0; i < n && out->n < MOST_CUTS; i++) {
            size_t len = strlen(joints[i].word);
            if (strncmp(text + at, joints[i].word, len) != 0 || !text[at + len] ||
                (korean && !sounds_joined(text, at, joints[i].word)))
                continue;
            size_t right = at + len;
            right += strspn(text + right, ", ");
            if (text[right])
                out->v[out->n++] =
                    (cut){.left = joints[i].keep ? at + len : at, .right = right};
        }
}

/* Where only a space parts two clauses; tried after the joints. */
static void find_spaces(const char *text, cuts *out)
{
    bool wish = ends_in_wish(text, strlen(text));
    for (size_t at = 1; text[0] && text[at]; at++)
        if (out->n < MOST_CUTS && cut_at_space(text, at, &out->v[out->n]))
            out->n += out->v[out->n].asks || wish;
}

/* Whether a Korean sentence may be parted where joints are not. */
static bool has_spaces(const char *text, const char *lang)
{
    cuts all = {0};
    if (strcmp(lang, "ko") == 0)
        find_spaces(text, &all);
    return all.n > 0;
}

/* ---- parts ---- */

static void part_free(ond__part *p)
{
    ond__wish_free(&p->w, &p->matches);
    free(p->text);
    *p = (ond__part){0};
}

static void cut_parts(ond__request *r, size_t n)
{
    while (r->n > n)
        part_free(&r->part[--r->n]);
}

void ond__request_free(ond__request *r)
{
    cut_parts(r, 0);
    ond__teaching_free(&r->teaching);
}

/* `match` of a part may point into the part itself, which moves. */
static void take_parts(ond__request *r, ond__request *from)
{
    cut_parts(r, 0);
    memcpy(r->part, from->part, sizeof r->part);
    r->n = from->n;
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i].w.match == &from->part[i].w.own)
            r->part[i].w.match = &r->part[i].w.own;
    from->n = 0;
}

void ond__request_move(ond__request *r, ond__request *from)
{
    take_parts(r, from);
    r->takes_back = from->takes_back;
    r->leans = from->leans;
    for (size_t i = 0; i < r->n; i++)
        r->part[i].w.confidence *= 0.8;
}

static const cJSON *chosen_for(const ond__request *r, size_t part)
{
    char key[8];
    snprintf(key, sizeof key, "%zu", part);
    return ond_json_get(r->only, key);
}

/* The wish takes `own` for its reading, and is followed again. */
static int read_anew(ond__wish *w, const ond_match *own, bool ok, ond_err *err)
{
    ond_match_free(&w->own);
    w->own = *own;
    return ok ? ond__wish_follow_own(w, err) : ond_nomem(err, "reading a sentence");
}

/* "에어컨 켜고 25도로": a clause that names nothing is about the devices of the one before. */
static int carry_devices(ond__request *r, ond_err *err)
{
    static const char *const said[] = {"name", "area", "floor", "device_class", "quantity"};
    ond__wish *w = &r->part[r->n - 1].w;
    const ond__wish *before = r->n > 1 ? &r->part[r->n - 2].w : NULL;
    bool fits = before && before->n_target && w->match && w->intent &&
                w->intent->kind == OND__ACT && w->intent->domains[0] && !w->only &&
                ond__word_of(w->intent->domains,
                             r->a->registry.device[before->target[0]].domain);
    for (size_t i = 0; fits && i < sizeof said / sizeof said[0]; i++)
        fits = !ond_match_slot(w->match, said[i]);
    cJSON *ids = fits ? ond__ids_of(before) : NULL;
    if (!fits)
        return 0;
    w->only = ids;
    int rc = ids ? ond__wish_follow(w, w->match, err) : ond_nomem(err, "reading a sentence");
    w->only = NULL;
    cJSON_Delete(ids);
    return rc;
}

static bool is_hour(const char *slot)
{
    static const char *const hours[] = {"when_hour", "when_minute", "when_part", "when_half",
                                        "when_point", "when_before"};
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++)
        if (strcmp(slot, hours[i]) == 0)
            return true;
    return strncmp(slot, "when_end", 8) == 0 || strncmp(slot, "when_", 5) != 0;
}

/* "내일 3시 치과 넣고 2시에 알려 줘": what to be reminded of, and on which day, has been said. */
static int carry_event(ond__request *r, ond_err *err)
{
    ond__wish *w = &r->part[r->n - 1].w;
    const ond__wish *before = r->n > 1 ? &r->part[r->n - 2].w : NULL;
    const ond_slot *title = before && before->match ? ond_match_slot(before->match, "title") : NULL;
    ond_match own = {0};
    if (!title || !w->missing || !w->match || strcmp(w->match->intent, "OndolReminderSet") != 0 ||
        strcmp(before->match->intent, "OndolEventCreate") != 0)
        return 0;
    bool ok = ond__reading_copy(&own, w->match) && ond__reading_put(&own, title, "text");
    for (size_t i = 0; ok && i < before->match->n_slot; i++) {
        const ond_slot *s = &before->match->slot[i];
        if (!is_hour(s->name) && !ond_match_slot(&own, s->name))
            ok = ond__reading_put(&own, s, s->name);
    }
    return read_anew(w, &own, ok, err);
}

/* The day of what a part makes: "2026-12-03". */
static bool day_of(const ond__part *p, int ymd[3])
{
    const cJSON *args = p->w.plan.n ? p->w.plan.v[0].args : NULL;
    const char *at = ond_json_str(args, "start", ond_json_str(args, "at", ""));
    return sscanf(at, "%4d-%2d-%2d", &ymd[0], &ymd[1], &ymd[2]) == 3;
}

static bool put_number(ond_match *m, const char *name, int n)
{
    ond_slot s = {.value = cJSON_CreateNumber(n), .text = (char *)"", .said = (char *)"", .fixed = true};
    bool ok = s.value && ond__reading_put(m, &s, name);
    cJSON_Delete(s.value);
    return ok;
}

/* "… on Thursday at 10 and remind me at 9 that day": the day, and what for, of the part before. */
static int carry_day(ond__request *r, ond_err *err)
{
    static const char *const parts[] = {"when_year", "when_month", "when_mday"};
    ond__wish *w = &r->part[r->n - 1].w;
    int ymd[3];
    if (w->code == OND_E_UNKNOWN || !w->match || !ond_match_slot(w->match, "that_day"))
        return 0;
    if (r->n < 2 || !day_of(&r->part[r->n - 2], ymd)) {
        ond__wish_not_understood(w);
        return 0;
    }
    ond_match own = {0};
    const ond_slot *title = ond_match_slot(r->part[r->n - 2].w.match, "title");
    bool ok = ond__reading_copy(&own, w->match);
    for (size_t i = 0; ok && i < 3; i++)
        ok = put_number(&own, parts[i], ymd[i]);
    if (ok && title && !ond_match_slot(&own, "text"))
        ok = ond__reading_put(&own, title, "text");
    return read_anew(w, &own, ok, err);
}

/* Reads one piece as a new part. */
static int read_part(ond__request *r, ond_str text, const char *area, ond_err *err)
{
    ond__part *p = &r->part[r->n];
    *p = (ond__part){.text = ond_str_dup(text)};
    if (!p->text)
        return ond_nomem(err, "reading a sentence");
    r->n++;
    int rc = ond__wish_read(&p->w, r->a, p->text, r->ask.lang, area, chosen_for(r, r->n - 1),
                            &p->matches, err);
    if (rc == 0)
        rc = carry_devices(r, err);
    if (rc == 0)
        rc = carry_event(r, err);
    return rc ? rc : carry_day(r, err);
}

static bool is_fragment(const ond__part *p)
{
    return p->w.intent && p->w.intent->kind == OND__AGAIN &&
           ond__word_of("OndolFragment OndolAlso OndolIt", p->w.intent->name);
}

/* "하지 마" says not what: it stands alone. */
static bool is_bare_dont(const ond__wish *w)
{
    return strcmp(w->intent->name, "OndolDont") == 0 && !ond_match_slot(w->match, "what");
}

/* Understood by itself, whether or not it can be done. */
static bool is_wish(const ond__part *p)
{
    return p->w.code != OND_E_UNKNOWN && p->w.code != OND_E_UNAVAILABLE && p->w.intent &&
           p->w.intent->kind != OND__AGAIN && !is_bare_dont(&p->w) &&
           !ond__word_of("OndolUndo OndolHelp HassNevermind OndolAside", p->w.intent->name);
}

/* "the courier is here", "let grandma in": why a wish is said. Nothing is to be done for it. */
static bool is_aside(const ond__part *p)
{
    return p->w.intent && strcmp(p->w.intent->name, "OndolAside") == 0;
}

/* ---- several ---- */

typedef struct splitting {
    ond__request *r;
    const char *area; /* where the clause before was, for those that say no place */
    size_t reads;
    bool spaces; /* clauses may be parted by no more than a space */
    bool whole;  /* the clause that comes next leans on none */
    bool but; /* what is read comes after "but": a piece alone would be what is left out */
    ond_err *err;
} splitting;

/* A room that one clause names holds for the next ones. */
static const char *carried(const splitting *s)
{
    const ond__request *r = s->r;
    for (size_t i = r->n; i-- > 0;) {
        const ond__wish *w = &r->part[i].w;
        const ond_slot *area = w->match ? ond_match_slot(w->match, "area") : NULL;
        if (area && cJSON_IsString(area->value))
            return area->value->valuestring;
    }
    return s->area;
}

static int read_clauses(splitting *s, const char *text, bool *ok);

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
    return read_anew(w, &own, ok, err);
}

/* What comes after an aside that nothing stands before: one wish, or several. */
static int read_rest(splitting *s, const char *text, bool *ok)
{
    size_t n = s->r->n;
    int rc = read_part(s->r, ond_str_of(text), s->area, s->err);
    *ok = rc == 0 && is_wish(&s->r->part[n]);
    if (rc != 0 || *ok)
        return rc;
    cut_parts(s->r, n);
    return read_clauses(s, text, ok);
}

static bool tells_why(const ond__part *p)
{
    return is_aside(p) || (p->w.code != OND_E_UNKNOWN && ond__slot_has(&p->w, "complaint", "yes"));
}

/* "커텐 쳐라 마루 꺼": the one of the living room, or off with the lamps there? Not to be guessed. */
static bool may_be_possessive(const ond__part *p)
{
    size_t n = strlen(p->text), len = strlen("꺼");
    return n > len && strcmp(p->text + n - len, "꺼") == 0 && p->w.match &&
           ond_match_slot(p->w.match, "area") && !ond_match_slot(p->w.match, "name");
}

/* Two clauses with nothing but a space between. */
static bool space_parts(const splitting *s, const cut *c, size_t at)
{
    const ond__request *r = s->r;
    if (!c->why && !c->asks)
        return true;
    if (r->n > at && tells_why(&r->part[at]))
        return true;
    bool aside = r->n == at + 1; /* what came after was one, and is gone */
    return c->asks && (aside || (r->n > at + 1 && !may_be_possessive(&r->part[at + 1])));
}

/* "make it warmer" leans on what was said; where that is nothing for it, it stands by itself. */
static int read_loosely(ond__request *r, size_t n, bool *ok, ond_err *err)
{
    ond__part *p = &r->part[n];
    *ok = false;
    if (strcmp(p->w.lang, "en") != 0 || !p->w.intent ||
        !ond__word_of("OndolIt OndolMore OndolFragment", p->w.intent->name))
        return 0;
    ond__wish_free(&p->w, &p->matches);
    int rc = ond__wish_read_loosely(&p->w, r->a, p->text, r->ask.lang, r->ask.area,
                                    chosen_for(r, n), &p->matches, err);
    *ok = rc == 0 && is_wish(p);
    return rc;
}

static int read_first(splitting *s, ond_str piece, ond_err *err)
{
    ond__request *r = s->r;
    bool ok = false;
    int rc;
    OND_TRY(read_part(r, piece, carried(s), err));
    if (r->n > 1 || !r->part[0].w.intent || strcmp(r->part[0].w.intent->name, "OndolIt") != 0)
        return 0;
    OND_TRY(read_loosely(r, 0, &ok, err));
    if (!ok) {
        cut_parts(r, 0);
        OND_TRY(read_part(r, piece, carried(s), err));
    }
out:
    return rc;
}

/* The piece before a cut, then all that is after it. */
static int try_cut(splitting *s, const char *text, const cut *c, bool *ok)
{
    ond__request *r = s->r;
    size_t n = r->n, rest;
    int rc;
    *ok = false;
    if (n + 2 > OND__MOST_PARTS || s->reads++ > MOST_READS)
        return 0;
    OND_TRY(read_first(s, (ond_str){text, c->left}, s->err));
    bool apart = strcmp(r->ask.lang, "ko") != 0 || strchr(",. ", text[c->left]);
    if (n == 0 && apart && (is_aside(&r->part[n]) || (c->reason && !is_wish(&r->part[n])))) {
        cut_parts(r, n);
        return read_rest(s, text + c->right, ok);
    }
    s->whole = c->asks || c->why;
    bool fragment = is_fragment(&r->part[n]), leans_back = fragment && n > 0;
    if (!fragment && !is_wish(&r->part[n]))
        goto out;
    if ((c->why || c->asks) && (fragment || (!c->asks && !tells_why(&r->part[n]))))
        goto out;
    if (leans_back) {
        OND_TRY(lean_on(r, n, n - 1, ok, s->err));
        if (!*ok)
            OND_TRY(read_loosely(r, n, ok, s->err));
        leans_back = *ok;
        fragment = !*ok;
        *ok = false;
    }
    rest = r->n;
    s->but = c->right >= 4 && strncasecmp(text + c->right - 4, "but ", 4) == 0;
    OND_TRY(read_clauses(s, text + c->right, ok));
    if (*ok && fragment && !leans_back)
        OND_TRY(lean_on(r, n, rest, ok, s->err));
    *ok = *ok && space_parts(s, c, n);
out:
    if (rc != 0 || !*ok)
        cut_parts(r, n);
    return rc;
}

/* All of `text`, as one clause or several; *ok is false, and no part is added, where it is not
 * understood. */
static int read_clauses(splitting *s, const char *text, bool *ok)
{
    ond__request *r = s->r;
    size_t n = r->n;
    cuts all = {0};
    bool whole = s->whole;
    int rc = 0;
    *ok = s->whole = false;
    if (n + 1 > OND__MOST_PARTS || s->reads++ > MOST_READS)
        return 0;
    if (n > 0) { /* the whole sentence has been tried already */
        OND_TRY(read_part(r, ond_str_of(text), carried(s), s->err));
        if (is_aside(&r->part[n])) {
            cut_parts(r, n);
            *ok = true;
            return 0;
        }
        if (is_wish(&r->part[n]))
            *ok = true;
        else if (!whole && is_fragment(&r->part[n]) && !is_fragment(&r->part[n - 1]) && !s->but) {
            OND_TRY(lean_on(r, n, n - 1, ok, s->err));
            if (*ok)
                OND_TRY(place_both(r, n, s->err));
            else
                OND_TRY(read_loosely(r, n, ok, s->err));
        }
        if (*ok)
            return 0;
        cut_parts(r, n);
    }
    find_cuts(text, r->ask.lang, &all);
    if (s->spaces)
        find_spaces(text, &all);
    for (size_t i = 0; rc == 0 && i < all.n && !*ok; i++)
        rc = try_cut(s, text, &all.v[i], ok);
out:
    return rc;
}

/* Replaces part 0, which was not understood, by the clauses of the sentence, where all are. */
static int split(ond__request *r, bool spaces, bool *ok, ond_err *err)
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
        part_free(&whole);
    else {
        cut_parts(r, 0);
        r->part[0] = whole;
        r->n = 1;
    }
    return rc;
}

/* A wildcard for a noun ("라면 타이머") may have swallowed another wish ("거실 불 끄고 10분 타이머"):
 * then the clauses are meant. Free text (what to be reminded of, a note) is left as it is. */
static bool may_hide_wish(const ond__wish *w, const char *text)
{
    static const char *const nouns[] = {"label", "item", "title", "query", "list", "weak"};
    for (size_t i = 0; w->code != OND_E_UNKNOWN && w->match && i < sizeof nouns / sizeof *nouns; i++) {
        const ond_slot *s = ond_match_slot(w->match, nouns[i]);
        cuts all = {0};
        if (s && strcmp(nouns[i], "weak") == 0)
            s = ond_match_slot(w->match, "text");
        if (!s || !s->wildcard)
            continue;
        find_cuts(s->said, w->lang, &all);
        if (all.n || (strcmp(w->lang, "ko") == 0 && strstr(text, ", ")))
            return true;
    }
    return false;
}

static bool all_done(const ond__request *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->part[i].w.code != 0 ||
            (r->part[i].w.own.intent && strcmp(r->part[i].w.own.intent, "OndolReminderSet") != 0))
            return false;
    return true;
}

/* Reads the clauses apart; where all of them are whole wishes they take the place of part 0. */
static int look_inside(ond__request *r, ond_err *err)
{
    ond__request apart = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back};
    splitting s = {.r = &apart, .area = r->ask.area, .err = err};
    ond_buf plain = {0};
    bool ok = false;
    ond__tidy(&plain, r->ask.text);
    int rc = plain.bad ? ond_nomem(err, "reading a sentence")
                       : read_clauses(&s, ond_buf_z(&plain), &ok);
    ond_buf_free(&plain);
    if (rc == 0 && ok && apart.n > 1 && all_done(&apart, apart.n)) {
        take_parts(r, &apart);
        return 0;
    }
    ond__request_free(&apart);
    return rc;
}

/* "불 꺼 줘 잘 거야": what one is about to do has a scene, but beside another wish it only says why. */
static bool says_plans(const ond__part *p)
{
    static const char *const ends[] = {"야", "게", "게요", "래", "래요", "다", "예요"};
    return strcmp(p->w.lang, "ko") == 0 && ond__slot_has(&p->w, "domain", "scene") && p->text &&
           word_ends(p->text, strlen(p->text), ends, sizeof ends / sizeof *ends) &&
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

/* "put the heating on, it's freezing": the complaint says why; what is wished is said. */
static void drop_complaints(ond__request *r)
{
    size_t kept = 0, plain = 0;
    for (size_t i = 0; i < r->n; i++)
        plain += !says_why(r, i);
    for (size_t i = 0; plain && i < r->n; i++) {
        bool drop = says_why(r, i);
        bool own = r->part[i].w.match == &r->part[i].w.own;
        if (drop) {
            part_free(&r->part[i]);
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
        cut_parts(r, last);
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
    bool more = what && (strstr(r->ask.text, "only") || strstr(r->ask.text, "just "));
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

static int read_whole(ond__request *r, ond_err *err)
{
    bool done = false, apart = true;
    int rc;
    r->n = 0;
    OND_TRY(read_part(r, ond_str_of(r->ask.text), r->ask.area, err));
    if (r->part[0].w.intent && r->part[0].w.match)
        OND_TRY(ond__carry_from_before(r, err));
    if (is_aside(&r->part[0]))
        ond__wish_not_understood(&r->part[0].w);
    more_than_dont(r, &apart);
    if (!apart)
        return 0;
    if (r->part[0].w.code == OND_E_UNKNOWN && !r->put_right)
        OND_TRY(split(r, false, &done, err));
    else if (may_hide_wish(&r->part[0].w, r->ask.text))
        return look_inside(r, err);
    if (!done && r->part[0].w.code == 0 && strcmp(r->part[0].w.match->intent, "OndolCallIt") == 0)
        return ond__call_it(r, err);
    if (!done && r->part[0].w.code == 0 && r->part[0].w.intent->kind == OND__AGAIN)
        OND_TRY(ond__again(r, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && r->n == 1) {
        OND_TRY(read_loosely(r, 0, &done, err));
        r->leans &= !done;
        done = false;
    }
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__reorder(r, &done, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN && !r->put_right &&
        has_spaces(r->ask.text, r->ask.lang))
        OND_TRY(split(r, true, &done, err));
    if (r->n > 1)
        drop_complaints(r);
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__put_right(r, err));
    if (!done && r->part[0].w.code == OND_E_UNKNOWN)
        OND_TRY(ond__fill_in(r, &done, err));
out:
    return rc;
}

int ond__request_read(ond__request *r, ond_err *err)
{
    int rc = read_whole(r, err);
    if (r->n > 1)
        drop_done_before(r);
    return rc ? rc : ond__slip(r, err);
}
