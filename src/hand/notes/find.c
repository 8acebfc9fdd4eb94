/* find.c - looks for words in all notes, best first.
 *
 * All words must stand in a note, in its text or its title. Points: in the title, as a phrase, on
 * one line, at the front of a word, how often, how new. The files are read anew where they have
 * changed (folder.c): an index could say what is no longer so. */
#include "hand/notes/internal.h"

#include "base/utf8.h"
#include "sys/clock.h"

#include <math.h>
#include <stdlib.h>

enum { LINE_CHARS = 160, LINE_BEFORE = 40, SKIPPED_NAMED = 10, COUNTED = 5 };

typedef struct hit {
    size_t note;
    double score;
    bool in_text;
    size_t line, column; /* line of the text, bytes into its folded form */
} hit;

typedef struct hits {
    hit v[OND__NOTE_FOUND + 1];
    size_t n, total;
} hits;

static ond_str view(const ond_buf *b)
{
    return (ond_str){ond_buf_z(b), b->n};
}

/* ---- points ---- */

static bool fronts_word(ond_str text, const char *at)
{
    return at == text.p || strchr(" \n\t(\"'-", at[-1]) != NULL;
}

static double points_of_term(const ond__term *t, ond_str head, ond_str text)
{
    const char *in_head = ond__term_at(t, head), *at = ond__term_at(t, text);
    double points = in_head ? 8 : 0;
    if (!in_head && !at) return -1;
    if (in_head && fronts_word(head, in_head)) points += 2;
    if (at && fronts_word(text, at)) points += 1;
    for (int i = 0; at && i < COUNTED; i++) {
        points += 0.5;
        size_t gone = (size_t)(at - text.p) + 1;
        text = (ond_str){text.p + gone, text.n - gone};
        at = ond__term_at(t, text);
    }
    return points;
}

/* A line of `head` is the query as it was said. */
static bool is_title(ond_str head, ond_str phrase)
{
    ond_str line;
    while (ond__note_line(&head, &line))
        if (ond_str_eq(line, phrase)) return true;
    return false;
}

static double points_of_phrase(const ond__query *q, ond_str head, ond_str text)
{
    ond_str phrase = view(&q->phrase);
    double points = is_title(head, phrase) ? 20 : 0;
    if (q->n < 2) return points;
    if (memmem(head.p, head.n, phrase.p, phrase.n)) points += 12;
    if (memmem(text.p, text.n, phrase.p, phrase.n)) points += 6;
    return points;
}

/* The first line that holds most of the words. */
static size_t best_line(const ond__query *q, ond_str text, hit *out)
{
    size_t most = 0, number = 0;
    ond_str rest = text, line;
    for (; most < q->n && ond__note_line(&rest, &line); number++) {
        size_t here = 0, column = line.n;
        for (size_t i = 0; i < q->n; i++) {
            const char *at = ond__term_at(&q->term[i], line);
            if (!at) continue;
            here++;
            if ((size_t)(at - line.p) < column) column = (size_t)(at - line.p);
        }
        if (here <= most) continue;
        most = here;
        out->line = number;
        out->column = column;
        out->in_text = true;
    }
    return most;
}

static bool score_note(const ond__query *q, const ond__note *n, ond_ms now, hit *out)
{
    ond_str head = view(&n->head), text = view(&n->folded);
    double days = (double)(now - n->changed / 1000000) / 86400000.0;
    out->score = 0;
    for (size_t i = 0; i < q->n; i++) {
        double points = points_of_term(&q->term[i], head, text);
        if (points < 0) return false;
        out->score += points;
    }
    out->score += points_of_phrase(q, head, text);
    if (best_line(q, text, out) == q->n && q->n > 1) out->score += 4;
    out->score += 3 / (1 + (days > 0 ? days : 0) / 30);
    return true;
}

static void keep_best(const ond__notes *h, hits *all, hit one)
{
    size_t at = all->n;
    all->total++;
    while (at > 0) {
        const hit *other = &all->v[at - 1];
        bool better =
            one.score > other->score + 1e-9 ||
            (one.score > other->score - 1e-9 && h->v[one.note].changed > h->v[other->note].changed);
        if (!better) break;
        all->v[at] = all->v[at - 1];
        at--;
    }
    if (at == OND__NOTE_FOUND) return;
    all->v[at] = one;
    if (all->n < OND__NOTE_FOUND) all->n++;
}

static int look_through(ond__notes *h, const ond__query *q, hits *all, ond_err *err)
{
    ond_ms now = ond_now();
    *all = (hits){.n = 0};
    for (size_t i = 0; i < h->n; i++) {
        hit one = {.note = i};
        int rc = ond__note_load(h, &h->v[i], err);
        if (rc != 0) return rc;
        if (score_note(q, &h->v[i], now, &one)) keep_best(h, all, one);
        ond__note_unload(h, &h->v[i]);
    }
    return OND_OK;
}

/* ---- the result ---- */

/* The line as it stands in the file, around where the first word is. */
static void put_line(ond_str line, size_t column, ond_buf *out)
{
    ond_str plain = ond__note_plain(line);
    size_t chars = ond_utf8_count(plain), before = column / 2, at = 0;
    if (chars > LINE_CHARS && before > LINE_BEFORE) {
        at = ond_utf8_cut(plain, column > LINE_BEFORE ? column - LINE_BEFORE : 0);
        while (at < plain.n && plain.p[at] != ' ' && at + LINE_BEFORE > column) at++;
        at = ond_utf8_cut(plain, at);
        ond_buf_puts(out, "…");
    }
    ond__note_clip((ond_str){plain.p + at, plain.n - at}, LINE_CHARS, out);
}

static int read_line(const ond__notes *h, const ond__note *n, const hit *one, ond_buf *out,
                     ond_err *err)
{
    ond_buf bytes = {0};
    bool there = false;
    int rc = ond__note_read(h, n->name, &there, &bytes, NULL, err);
    ond_str rest = ond__note_body(view(&bytes)), line = {"", 0};
    bool found = rc == 0;
    for (size_t i = 0; found && i <= one->line; i++) found = ond__note_line(&rest, &line);
    if (found) put_line(line, one->column, out);
    ond_buf_free(&bytes);
    return rc == OND_E_NOMEM ? rc : OND_OK; /* it has gone meanwhile: no line */
}

static int put_hit(ond__notes *h, const hit *one, cJSON *list, ond_err *err)
{
    ond__note *n = &h->v[one->note];
    cJSON *row = cJSON_CreateObject();
    ond_buf line = {0}, when = {0};
    int rc = 0;
    OND_TRY(ond__note_load(h, n, err)); /* where too much was kept, it was let go */
    if (one->in_text) OND_TRY(read_line(h, n, one, &line, err));
    OND_TRY(ond__note_when(n->changed, &when, err));
    if (row && ond_buf_ok(&line) && ond_json_set_str(row, "note", n->name) &&
        ond_json_set_str(row, "title", n->title) &&
        ond_json_set_str(row, "line", ond_buf_z(&line)) &&
        ond_json_set_num(row, "score", floor(one->score * 100) / 100) &&
        ond_json_set_str(row, "changed", ond_buf_z(&when)) && cJSON_AddItemToArray(list, row))
        row = NULL;
    else
        rc = ond_nomem(err, "looking through the notes");
out:
    cJSON_Delete(row);
    ond_buf_free(&line);
    ond_buf_free(&when);
    return rc;
}

/* Files whose text was not looked at. */
static bool put_skipped(const ond__notes *h, cJSON *result)
{
    size_t n = 0;
    cJSON *list = NULL;
    for (size_t i = 0; i < h->n; i++) {
        if (h->v[i].flaw == OND__NOTE_SOUND || !h->v[i].read || n++ >= SKIPPED_NAMED) continue;
        cJSON *row = cJSON_CreateObject();
        if (!list) list = cJSON_AddArrayToObject(result, "skipped");
        if (!list || !row || !ond_json_set_str(row, "note", h->v[i].name) ||
            !ond_json_set_str(row, "why", ond__note_flaw_name(h->v[i].flaw)) ||
            !cJSON_AddItemToArray(list, row)) {
            cJSON_Delete(row);
            return false;
        }
    }
    return n <= SKIPPED_NAMED || ond_json_set_num(result, "skipped_total", (double)n);
}

static int make_result(ond__notes *h, const hits *all, bool near, cJSON **out, ond_err *err)
{
    cJSON *result = cJSON_CreateObject(), *list = NULL;
    int rc = 0;
    list = result ? cJSON_AddArrayToObject(result, "notes") : NULL;
    if (!list || !ond_json_set_num(result, "total", (double)all->total))
        OND_TRY(ond_nomem(err, "looking through the notes"));
    for (size_t i = 0; i < all->n; i++) OND_TRY(put_hit(h, &all->v[i], list, err));
    if ((near && all->n && !ond_json_set_bool(result, "near", true)) || !put_skipped(h, result))
        OND_TRY(ond_nomem(err, "looking through the notes"));
    *out = result;
    return OND_OK;
out:
    cJSON_Delete(result);
    return rc;
}

int ond__notes_find(ond__notes *h, const cJSON *args, cJSON **out, ond_err *err)
{
    ond__query q = {0};
    hits *all = calloc(1, sizeof *all);
    bool near = false;
    int rc = all ? OND_OK : ond_nomem(err, "looking through the notes");
    if (rc != 0) goto out;
    OND_TRY(ond__query_make(ond_json_str(args, "query", ""), &q, err));
    OND_TRY(ond__notes_scan(h, err));
    OND_TRY(look_through(h, &q, all, err));
    if (all->n == 0) OND_TRY(ond__query_widen(&q, h, &near, err));
    if (near) OND_TRY(look_through(h, &q, all, err));
    rc = make_result(h, all, near, out, err);
out:
    ond__query_free(&q);
    free(all);
    return rc;
}
