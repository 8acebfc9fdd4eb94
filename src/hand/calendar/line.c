/* line.c - splits a file into content lines and components; edits them. */
#include "hand/calendar/line.h"

#include <stdlib.h>
#include <strings.h>

#define LINES_MAX 60000
#define DEPTH_MAX 8

static size_t end_of_line(ond_str s, size_t at)
{
    const char *nl = memchr(s.p + at, '\n', s.n - at);
    return nl ? (size_t)(nl - s.p) + 1 : s.n;
}

/* The text of a line with its folds taken out. */
static bool unfold(ond__doc *d, ond__line *l)
{
    char *out = ond_arena_alloc(&d->mem, l->raw.n + 1);
    size_t n = 0;
    if (!out) return false;
    for (size_t i = 0; i < l->raw.n; i++) {
        char c = l->raw.p[i];
        if (c == '\r' && i + 1 < l->raw.n && l->raw.p[i + 1] == '\n') continue;
        if (c == '\n') {
            i++; /* the blank that a fold begins with, or the end */
            continue;
        }
        out[n++] = c;
    }
    l->text = (ond_str){out, n};
    return true;
}

static bool set_text(ond__doc *d, ond__line *l)
{
    const char *nl = memchr(l->raw.p, '\n', l->raw.n);
    if (nl && nl + 1 < l->raw.p + l->raw.n) {
        if (!unfold(d, l)) return false;
    } else {
        l->text = l->raw;
        while (l->text.n && (l->text.p[l->text.n - 1] == '\n' || l->text.p[l->text.n - 1] == '\r'))
            l->text.n--;
    }
    if (l->text.n >= 3 && memcmp(l->text.p, "\xEF\xBB\xBF", 3) == 0) l->text.p += 3, l->text.n -= 3;
    l->name = 0;
    while (l->name < l->text.n && l->text.p[l->name] != ':' && l->text.p[l->name] != ';') l->name++;
    return true;
}

static ond__line *add_line(ond__doc *d)
{
    if (d->n == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 64;
        ond__line *line = realloc(d->line, cap * sizeof *line);
        if (!line) return NULL;
        d->line = line;
        d->cap = cap;
    }
    return &d->line[d->n++];
}

static bool split(ond__doc *d, ond_str bytes)
{
    for (size_t at = 0; at < bytes.n;) {
        size_t end = end_of_line(bytes, at);
        while (end < bytes.n && (bytes.p[end] == ' ' || bytes.p[end] == '\t'))
            end = end_of_line(bytes, end);
        if (d->n >= LINES_MAX) {
            d->problem = "it has too many lines";
            return true;
        }
        ond__line *l = add_line(d);
        if (!l) return false;
        *l = (ond__line){.raw = {bytes.p + at, end - at}, .comp = -1};
        if (!set_text(d, l)) return false;
        at = end;
    }
    return true;
}

static bool same_word(ond_str a, const char *z)
{
    return a.n == strlen(z) && strncasecmp(a.p, z, a.n) == 0;
}

bool ond__line_is(const ond__line *l, const char *name)
{
    return same_word((ond_str){l->text.p, l->name}, name);
}

static int open_comp(ond__doc *d, size_t at, int parent)
{
    if (d->n_comp == d->cap_comp) {
        size_t cap = d->cap_comp ? d->cap_comp * 2 : 16;
        ond__comp *comp = realloc(d->comp, cap * sizeof *comp);
        if (!comp) return -1;
        d->comp = comp;
        d->cap_comp = cap;
    }
    d->comp[d->n_comp] = (ond__comp){ond_str_trim(ond__line_value(&d->line[at])), at, at, parent};
    return (int)d->n_comp++;
}

/* Which line belongs to which component. */
static bool index_lines(ond__doc *d)
{
    int now = -1, depth = 0;
    d->n_comp = 0;
    for (size_t i = 0; i < d->n; i++) {
        ond__line *l = &d->line[i];
        if (ond__line_is(l, "BEGIN")) {
            if (++depth > DEPTH_MAX)
                return d->problem = "its components are nested too deeply", true;
            if (depth == 1 && !same_word(ond_str_trim(ond__line_value(l)), "VCALENDAR"))
                return d->problem = "it does not begin with BEGIN:VCALENDAR", true;
            if ((now = open_comp(d, i, now)) < 0) return false;
        }
        l->comp = now;
        if (now < 0 && ond_str_trim(l->text).n)
            return d->problem = "it does not begin with BEGIN:VCALENDAR", true;
        if (!ond__line_is(l, "END")) continue;
        ond_str name = ond_str_trim(ond__line_value(l));
        ond__comp *c = &d->comp[now];
        if (name.n != c->name.n || strncasecmp(name.p, c->name.p, name.n) != 0)
            return d->problem = "a component does not end as it begins", true;
        c->end = i;
        now = c->parent;
        depth--;
    }
    if (now >= 0)
        d->problem = "it is cut off: a component does not end";
    else if (d->n_comp == 0)
        d->problem = "it is no iCalendar file";
    return true;
}

bool ond__doc_open(ond_str bytes, ond__doc *out)
{
    *out = (ond__doc){0};
    const char *nl = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
    out->lf = nl && nl > bytes.p && nl[-1] != '\r';
    if (split(out, bytes) && (out->problem || index_lines(out))) return true;
    ond__doc_free(out);
    return false;
}

void ond__doc_free(ond__doc *d)
{
    free(d->line);
    free(d->comp);
    ond_arena_free(&d->mem);
    *d = (ond__doc){0};
}

void ond__doc_put_all(const ond__doc *d, ond_buf *out)
{
    for (size_t i = 0; i < d->n; i++) ond_buf_str(out, d->line[i].raw);
}

/* The colon that ends name and parameters: not one inside quotes. */
static size_t colon(const ond__line *l)
{
    bool quoted = false;
    for (size_t i = l->name; i < l->text.n; i++) {
        if (l->text.p[i] == '"') quoted = !quoted;
        if (l->text.p[i] == ':' && !quoted) return i;
    }
    const char *any =
        l->name < l->text.n ? memchr(l->text.p + l->name, ':', l->text.n - l->name) : NULL;
    return any ? (size_t)(any - l->text.p) : l->text.n;
}

ond_str ond__line_value(const ond__line *l)
{
    size_t at = colon(l);
    return at < l->text.n ? (ond_str){l->text.p + at + 1, l->text.n - at - 1}
                          : (ond_str){l->text.p + l->text.n, 0};
}

ond_str ond__line_param(const ond__line *l, const char *name)
{
    size_t end = colon(l), n = strlen(name);
    for (size_t at = l->name; at < end && l->text.p[at] == ';';) {
        size_t from = ++at;
        bool quoted = false;
        while (at < end && (quoted || l->text.p[at] != ';')) quoted ^= l->text.p[at++] == '"';
        ond_str p = {l->text.p + from, at - from};
        if (p.n <= n || p.p[n] != '=' || strncasecmp(p.p, name, n) != 0) continue;
        p.p += n + 1, p.n -= n + 1;
        if (p.n >= 2 && p.p[0] == '"' && p.p[p.n - 1] == '"') p.p++, p.n -= 2;
        return p;
    }
    return (ond_str){"", 0};
}

int ond__doc_find(const ond__doc *d, int c, const char *name, size_t from)
{
    size_t at = from > d->comp[c].begin ? from : d->comp[c].begin + 1;
    for (; at < d->comp[c].end; at++)
        if (d->line[at].comp == c && ond__line_is(&d->line[at], name)) return (int)at;
    return -1;
}

/* Lines of `text` in the manner of the file. */
static bool make_lines(ond__doc *d, const char *text, ond__line **out, size_t *n)
{
    size_t len = strlen(text), k = 0;
    char *own = ond_arena_alloc(&d->mem, len + 3);
    ond__doc piece = {0};
    if (!own) return false;
    for (size_t i = 0; i < len; i++)
        if (!(d->lf && text[i] == '\r' && text[i + 1] == '\n')) own[k++] = text[i];
    if (k == 0 || own[k - 1] != '\n') {
        if (!d->lf) own[k++] = '\r';
        own[k++] = '\n';
    }
    bool ok = split(&piece, (ond_str){own, k});
    for (size_t i = 0; ok && i < piece.n; i++)
        ok = set_text(d, &piece.line[i]); /* into memory that stays */
    ond_arena_free(&piece.mem);
    *out = piece.line;
    *n = piece.n;
    if (!ok) free(piece.line);
    return ok;
}

bool ond__doc_insert(ond__doc *d, size_t at, const char *text)
{
    ond__line *more = NULL;
    size_t n = 0;
    if (!make_lines(d, text, &more, &n)) return !(d->nomem = true);
    for (size_t i = 0; i < n; i++)
        if (!add_line(d)) {
            free(more);
            return !(d->nomem = true);
        }
    memmove(d->line + at + n, d->line + at, (d->n - n - at) * sizeof *d->line);
    memcpy(d->line + at, more, n * sizeof *more);
    free(more);
    return index_lines(d) || !(d->nomem = true);
}

void ond__doc_remove(ond__doc *d, size_t from, size_t to)
{
    memmove(d->line + from, d->line + to, (d->n - to) * sizeof *d->line);
    d->n -= to - from;
    if (!index_lines(d)) d->nomem = true;
}

bool ond__doc_replace(ond__doc *d, size_t at, const char *text)
{
    if (!ond__doc_insert(d, at + 1, text)) return false;
    memmove(d->line + at, d->line + at + 1, (d->n - at - 1) * sizeof *d->line);
    d->n--;
    return index_lines(d) || !(d->nomem = true);
}

size_t ond__doc_tail(const ond__doc *d, int c)
{
    for (size_t i = d->comp[c].begin + 1; i < d->comp[c].end; i++)
        if (d->line[i].comp != c) return i;
    return d->comp[c].end;
}

bool ond__doc_set(ond__doc *d, int c, const char *name, const char *text)
{
    int at = ond__doc_find(d, c, name, 0);
    if (at < 0) return ond__doc_insert(d, ond__doc_tail(d, c), text);
    for (int more; (more = ond__doc_find(d, c, name, (size_t)at + 1)) >= 0;)
        ond__doc_remove(d, (size_t)more, (size_t)more + 1);
    return ond__doc_replace(d, (size_t)at, text);
}

void ond__doc_drop(ond__doc *d, int c, const char *name)
{
    for (int at; (at = ond__doc_find(d, c, name, 0)) >= 0;)
        ond__doc_remove(d, (size_t)at, (size_t)at + 1);
}
