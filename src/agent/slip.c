/* slip.c - a slip of the tongue within a sentence: "add milk, no wait, eggs to the list", "porch...
 * no, balcony light on".
 *
 * What stands before the slip is not meant. What comes after it must be a whole wish by itself, or a
 * fragment that goes in for what was said before ("turn on the AC, no wait, the bedroom fan"); else the
 * sentence is not understood: which of the words before were wrong is not guessed. A note keeps its
 * words as they were said. */
#include "agent/clauses.h"

#include <string.h>
#include <strings.h>

static const char *const slips[] = {
    "... no", "... i mean", "... sorry", "... wait", "... actually", "… no", "… i mean", "… sorry",
    "… wait", " no wait", ", no, ", " wait no", " sorry i mean", " sorry i meant", ", i mean ",
    ", i meant ", " or rather ", " no scratch that", ", scratch that", " no make that ",
    " no sorry", " sorry no ", ", sorry, i mean", ", wait, ", " i mean ",
};

/* These part as much only where a fragment comes after them: "add bread, no crusts" is one thing. */
static const char *const soft[] = {", no ", ", sorry, ", ", sorry ", ", actually ", ", actually, ", ", oops "};

static bool ends_word(char c) { return !c || strchr(" ,.;:!", c); }

typedef struct slip {
    size_t at, after; /* where it begins; where goes on what is meant, or 0: there is none */
} slip;

/* The last slip of the table. */
static slip find_slip(const char *text, const char *const *table, size_t n_table)
{
    slip best = {0};
    for (size_t at = 1; text[0] && text[at]; at++)
        for (size_t i = 0; strchr(" ,.\xe2", text[at]) && i < n_table; i++) {
            size_t n = strlen(table[i]);
            if (strncasecmp(text + at, table[i], n) != 0 ||
                (table[i][n - 1] != ' ' && !ends_word(text[at + n])))
                continue;
            n += strspn(text + at + n, " ,.;:!");
            if (text[at + n] && at + n > best.after)
                best = (slip){at, at + n};
        }
    return best;
}

/* "No, the study, I mean": words that lean on what was said before have rules of their own. */
static bool has_own_rule(const ond__part *p)
{
    const char *name = p->w.intent ? p->w.intent->name : "";
    return p->w.code == 0 && p->w.intent &&
           (p->w.intent->kind == OND__AGAIN || strncmp(name, "OndolNote", 9) == 0 ||
            strcmp(name, "OndolCallIt") == 0);
}

static bool takes_free_text(const ond__part *p)
{
    static const char *const texts[] = {"item", "title", "text", "label", "location", "what"};
    for (size_t i = 0; p->w.match && i < sizeof texts / sizeof texts[0]; i++) {
        const ond_slot *s = ond_match_slot(p->w.match, texts[i]);
        if (s && s->wildcard)
            return true;
    }
    return false;
}

/* Whole by itself, whether or not something is still to be asked. */
static bool stands(const ond__request *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__wish *w = &r->part[i].w;
        if (w->code == OND_E_UNKNOWN || w->code == OND_E_UNAVAILABLE || !w->intent ||
            w->intent->kind == OND__AGAIN || w->intent->kind == OND__TALK)
            return false;
    }
    return r->n > 0;
}

/* "saturday", "6": nothing but another time, which is no word of a title. */
static bool is_time(const ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (strncmp(m->slot[i].name, "when_", 5) != 0 && strncmp(m->slot[i].name, "dur_", 4) != 0 &&
            strcmp(m->slot[i].name, "number") != 0 && !m->slot[i].fixed)
            return false;
    return m->n_slot > 0;
}

/* "the bedroom fan", "22": goes in for what the wish before the slip says. *done: it does, and is part 0. */
static int lean_on_head(ond__request *r, slip s, bool *done, ond_err *err)
{
    ond_buf head = {0};
    ond__part p = {0};
    ond_buf_put(&head, r->ask.text, s.at);
    ond__request before = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back, .put_right = true};
    before.ask.text = ond_buf_z(&head);
    *done = false;
    int rc = head.bad ? ond_nomem(err, "reading a sentence") : ond__request_read(&before, err);
    bool one = rc == 0 && before.n == 1 && stands(&before);
    p.text = one ? ond_str_dup(ond_str_of(r->ask.text + s.after)) : NULL;
    if (one && p.text)
        rc = ond__wish_read(&p.w, r->a, p.text, r->ask.lang, r->ask.area, NULL, &p.matches, err);
    bool leans = one && p.text && rc == 0 && p.w.intent && p.w.match &&
                 ond__word_of("OndolFragment OndolIt", p.w.intent->name) &&
                 (!takes_free_text(&before.part[0]) || is_time(p.w.match));
    if (leans) {
        rc = ond__lean(&p, &before.part[0], err);
        *done = rc == 0 && p.w.code != OND_E_UNKNOWN && p.w.code != OND_E_NOT_FOUND;
    }
    if (*done) {
        ond__parts_cut(r, 0);
        r->part[0] = p;
        if (p.w.match == &p.w.own)
            r->part[0].w.match = &r->part[0].w.own;
        r->n = 1;
    } else
        ond__part_free(&p);
    ond__request_free(&before);
    ond_buf_free(&head);
    return rc;
}

int ond__slip(ond__request *r, ond_err *err)
{
    bool korean = strcmp(r->part[0].w.lang, "ko") == 0, done = false, unknown = false;
    bool corrects = r->leans && r->part[0].w.code == 0; /* "no, I mean Friday": again.c has read it */
    if (korean || r->put_right || corrects || has_own_rule(&r->part[0]))
        return 0;
    slip hard = find_slip(r->ask.text, slips, sizeof slips / sizeof slips[0]);
    slip any = hard.after ? hard : find_slip(r->ask.text, soft, sizeof soft / sizeof soft[0]);
    for (size_t i = 0; any.after && i < r->n; i++)
        unknown |= r->part[i].w.code == OND_E_UNKNOWN || takes_free_text(&r->part[i]);
    unknown |= any.after && r->n > 1; /* "turn the AC on, I mean off": not one after the other */
    if (!unknown)
        return 0;
    int rc = lean_on_head(r, any, &done, err);
    if (rc != 0 || done || !hard.after)
        return rc;
    size_t at = hard.after;
    ond__request tail = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back,
                         .put_right = true};
    tail.ask.text = r->ask.text + at;
    rc = ond__request_read(&tail, err);
    if (rc == 0 && stands(&tail))
        ond__request_move(r, &tail);
    else
        for (size_t i = 0; rc == 0 && i < r->n; i++)
            ond__wish_not_understood(&r->part[i].w);
    ond__request_free(&tail);
    return rc;
}
