/* expr.c - parses sentence templates into trees.
 *
 * Recursive descent over spans. Each delimiter looks for its own partner first, and what lies
 * between is parsed by itself, as hassil does; so "(a [b) c]" fails at "[b", not at "c]". Depth is
 * bounded. */
#include "talk/expr.h"
#include "talk/chars.h"

enum { MOST_DEPTH = 48, MOST_TEMPLATE = 65536 };

typedef struct parser {
    ond_arena *arena;
    ond_str whole; /* for messages */
    ond_err *err;
} parser;

static int parse_group(parser *p, ond_str body, int depth, ond__expr **out);

static int broken(parser *p, const char *what)
{
    int n = (int)ond_utf8_cut(p->whole, 160);
    return ond_fail(p->err, OND_E_INPUT, "%s in the template \"%.*s%s\"", what, n, p->whole.p,
                    (size_t)n < p->whole.n ? "..." : "");
}

static ond__expr *make(parser *p, ond__expr_kind kind)
{
    ond__expr *e = ond_arena_alloc(p->arena, sizeof *e);
    if (e) e->kind = kind;
    return e;
}

static bool append(parser *p, ond__expr *group, ond__expr *item)
{
    if (!item) return false;
    if (group->n == group->cap) {
        size_t cap = group->cap ? group->cap * 2 : 4;
        ond__expr **v = ond_arena_array(p->arena, cap, sizeof *v);
        if (!v) return false;
        if (group->n) memcpy(v, group->item, group->n * sizeof *v);
        group->item = v;
        group->cap = cap;
    }
    group->item[group->n++] = item;
    return true;
}

static ond__expr *text_of(parser *p, const char *z)
{
    ond__expr *e = make(p, OND__EXPR_TEXT);
    if (e) e->text = ond_str_of(z);
    return e;
}

/* The end (one past the partner) of the group that opens at body.p[at], or 0. */
static size_t partner(ond_str body, size_t at, char open, char close)
{
    int level = 0;
    for (size_t i = at; i < body.n; i++) {
        char c = body.p[i];
        if (c == '\\' && i > at) {
            i++;
            continue;
        }
        if (c == open) level++;
        if (c == close && --level == 0) return i + 1;
    }
    return 0;
}

static bool delimits(char c)
{
    return c && strchr("()[]{}<>|;", c) != NULL;
}

/* The end of the text chunk at body.p[at]: through its trailing spaces, up to a delimiter. */
static size_t word_end(ond_str body, size_t at)
{
    bool gap = false;
    for (size_t i = at; i < body.n; i++) {
        char c = body.p[i];
        if (c == '\\') {
            size_t next = i + 1;
            if (next < body.n) ond_utf8_next(body, &next);
            i = next - 1;
            continue;
        }
        if (i > at && c == ' ') {
            gap = true;
            continue;
        }
        if (gap || delimits(c)) return i;
    }
    return body.n;
}

static int unescape(parser *p, ond_str s, ond_buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] != '\n') i++;
        ond_buf_putc(out, s.p[i]);
    }
    return ond_buf_ok(out) ? 0 : ond_nomem(p->err, "parsing a template");
}

static int parse_text(parser *p, ond_str s, ond__expr **out)
{
    ond_buf plain = {0}, norm = {0};
    int rc;
    OND_TRY(unescape(p, s, &plain));
    OND_TRY(ond__normal_text((ond_str){ond_buf_z(&plain), plain.n}, &norm, p->err));
    rc = OND_E_NOMEM;
    ond__expr *e = make(p, OND__EXPR_TEXT);
    if (!e) goto out;
    e->text = (ond_str){ond_arena_dup(p->arena, (ond_str){ond_buf_z(&norm), norm.n}), norm.n};
    if (!e->text.p) goto out;
    *out = e;
    rc = 0;
out:
    ond_buf_free(&plain);
    ond_buf_free(&norm);
    return rc == OND_E_NOMEM ? ond_nomem(p->err, "parsing a template") : rc;
}

static int parse_name(parser *p, ond_str s, ond__expr_kind kind, ond__expr **out)
{
    if (s.n == 0) return broken(p, kind == OND__EXPR_LIST ? "{} has no name" : "<> has no name");
    ond_buf plain = {0};
    int rc = unescape(p, s, &plain);
    ond__expr *e = rc == 0 ? make(p, kind) : NULL;
    char *name = e ? ond_arena_dup(p->arena, (ond_str){ond_buf_z(&plain), plain.n}) : NULL;
    size_t n = plain.n;
    ond_buf_free(&plain);
    if (!name) return rc ? rc : ond_nomem(p->err, "parsing a template");
    e->text = e->slot = (ond_str){name, n};
    const char *colon = kind == OND__EXPR_LIST ? memchr(name, ':', n) : NULL;
    if (colon) {
        e->text.n = (size_t)(colon - name);
        e->slot = (ond_str){colon + 1, n - e->text.n - 1};
    }
    *out = e;
    return 0;
}

/* [a] is (a|): its alternatives, then nothing. */
static int parse_optional(parser *p, ond_str body, int depth, ond__expr **out)
{
    ond__expr *group;
    int rc = parse_group(p, body, depth, &group);
    if (rc != 0) return rc;
    ond__expr *alt = group;
    if (group->kind != OND__EXPR_ALT) {
        alt = make(p, OND__EXPR_ALT);
        if (!alt || !append(p, alt, group)) return ond_nomem(p->err, "parsing a template");
    }
    if (!append(p, alt, text_of(p, ""))) return ond_nomem(p->err, "parsing a template");
    *out = alt;
    return 0;
}

/* One item at body.p[*at]; advances *at past it. */
static int parse_item(parser *p, ond_str body, size_t *at, int depth, ond__expr **out)
{
    static const char opens[] = "([{<", closes[] = ")]}>";
    static const char *const missing[] = {"no ')' for '('", "no ']' for '['", "no '}' for '{'",
                                          "no '>' for '<'"};
    const char *which = strchr(opens, body.p[*at]);
    if (!which || body.p[*at] == '\0') {
        size_t end = word_end(body, *at);
        if (end == *at) return broken(p, "a closing bracket without its opening one");
        ond_str word = {body.p + *at, end - *at};
        *at = end;
        return parse_text(p, word, out);
    }
    size_t k = (size_t)(which - opens), end = partner(body, *at, opens[k], closes[k]);
    if (end == 0) return broken(p, missing[k]);
    ond_str inner = {body.p + *at + 1, end - *at - 2};
    *at = end;
    if (k == 0) return parse_group(p, inner, depth + 1, out);
    if (k == 1) return parse_optional(p, inner, depth + 1, out);
    int rc = parse_name(p, inner, k == 2 ? OND__EXPR_LIST : OND__EXPR_RULE, out);
    if (rc == 0) (*out)->end_of_word = end < body.n && ond__space_at(body, end);
    return rc;
}

/* A group becomes ALT at its first '|' and PERM at its first ';'; what it held so far is the first
 * item. */
static int begin_branch(parser *p, ond__expr **group, ond__expr_kind kind)
{
    if ((*group)->kind != kind) {
        ond__expr *outer = make(p, kind);
        if (!outer || !append(p, outer, *group)) return ond_nomem(p->err, "parsing a template");
        *group = outer;
    }
    if (!append(p, *group, make(p, OND__EXPR_SEQ))) return ond_nomem(p->err, "parsing a template");
    return 0;
}

/* The items of a permutation stand apart as words. */
static int space_items(parser *p, ond__expr *perm)
{
    for (size_t i = 0; i < perm->n; i++) {
        ond__expr *seq = perm->item[i], *wide = make(p, OND__EXPR_SEQ);
        if (seq->kind != OND__EXPR_SEQ)
            return broken(p, "'|' before ';' without brackets around it");
        bool ok = wide && append(p, wide, text_of(p, " "));
        for (size_t k = 0; ok && k < seq->n; k++) ok = append(p, wide, seq->item[k]);
        if (!ok || !append(p, wide, text_of(p, " ")))
            return ond_nomem(p->err, "parsing a template");
        perm->item[i] = wide;
    }
    return 0;
}

static int parse_group(parser *p, ond_str body, int depth, ond__expr **out)
{
    if (body.n == 0) return broken(p, "empty brackets");
    if (depth > MOST_DEPTH) return broken(p, "brackets nested too deeply");
    ond__expr *group = make(p, OND__EXPR_SEQ);
    if (!group) return ond_nomem(p->err, "parsing a template");
    for (size_t at = 0; at < body.n;) {
        int rc;
        if (body.p[at] == '|' || body.p[at] == ';') {
            rc = begin_branch(p, &group, body.p[at] == '|' ? OND__EXPR_ALT : OND__EXPR_PERM);
            if (rc != 0) return rc;
            at++;
            continue;
        }
        ond__expr *item = NULL, *into = group;
        rc = parse_item(p, body, &at, depth, &item);
        if (rc != 0) return rc;
        if (group->kind != OND__EXPR_SEQ) into = group->item[group->n - 1];
        if (!append(p, into, item)) return ond_nomem(p->err, "parsing a template");
    }
    *out = group;
    return group->kind == OND__EXPR_PERM ? space_items(p, group) : 0;
}

static bool is_group(const ond__expr *e)
{
    return e->kind == OND__EXPR_SEQ || e->kind == OND__EXPR_ALT || e->kind == OND__EXPR_PERM;
}

int ond__expr_parse(ond_arena *a, ond_str template, ond__expr **out, ond_err *err)
{
    ond_str s = ond__trim(template);
    parser p = {.arena = a, .whole = s, .err = err};
    if (s.n == 0) return ond_fail(err, OND_E_INPUT, "an empty template");
    if (s.n > MOST_TEMPLATE) return broken(&p, "more than 65536 bytes");
    if (ond_utf8_valid(s) != s.n)
        return ond_fail(err, OND_E_INPUT, "a template that is not valid UTF-8");
    ond__expr *e;
    int rc = parse_group(&p, s, 0, &e);
    if (rc != 0) return rc;
    *out = e->n == 1 && is_group(e->item[0]) ? e->item[0] : e;
    return 0;
}

bool ond__expr_is_template(ond_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] && strchr("(){}<>[]|", s.p[i])) return true;
    return false;
}

size_t ond__expr_chunks(const ond__expr *e)
{
    size_t n = e->kind == OND__EXPR_TEXT;
    for (size_t i = 0; i < e->n; i++) n += ond__expr_chunks(e->item[i]);
    return n;
}

bool ond__expr_any_list(const ond__expr *e, bool (*is)(void *self, ond_str list), void *self)
{
    if (e->kind == OND__EXPR_LIST) return is(self, e->text);
    for (size_t i = 0; i < e->n; i++)
        if (ond__expr_any_list(e->item[i], is, self)) return true;
    return false;
}
