/* jinja_lex.c - template text to tokens, with white space control.
 *
 * First three passes over the text, as the reference makes them before it looks at any tag: spaces
 * before a tag that begins a line (lstrip_blocks), the line end after a tag (trim_blocks), and {%
 * generation %} marks. Since they drop line ends, every byte keeps the number of the line it came
 * from. Then tokens, by the reference's rules: names, numbers with their sign, strings with
 * JavaScript's escapes. Python's dialect also knows {%+, +%} and {% raw %}. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <stdlib.h>

typedef struct source { char *p; uint32_t *line; size_t n; } source;

typedef struct lexer {
    source src;
    size_t at;
    int curly;                /* open { of the expression: "}}" is then two ends of dicts */
    bool python;
    ond_arena *mem;
    jtokens *out;
    ond_err *err;
} lexer;

/* ---- white space ---- */

size_t ond__j_space(const char *p, const char *end)
{
    if (p >= end) return 0;
    unsigned char c = (unsigned char)*p;
    if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
    if (c == 0xC2) return end - p >= 2 && (unsigned char)p[1] == 0xA0 ? 2 : 0;
    if (c < 0xE1 || end - p < 3) return 0;
    unsigned b = (unsigned char)p[1], d = (unsigned char)p[2];
    if (c == 0xE1) return b == 0x9A && d == 0x80 ? 3 : 0;                           /* U+1680 */
    if (c == 0xE2 && b == 0x80) /* U+2000-200A, 2028, 2029, 202F */
        return (d >= 0x80 && d <= 0x8A) || d == 0xA8 || d == 0xA9 || d == 0xAF ? 3 : 0;
    if (c == 0xE2) return b == 0x81 && d == 0x9F ? 3 : 0;                           /* U+205F */
    if (c == 0xE3) return b == 0x80 && d == 0x80 ? 3 : 0;                           /* U+3000 */
    return c == 0xEF && b == 0xBB && d == 0xBF ? 3 : 0;                             /* U+FEFF */
}

size_t ond__j_space_back(const char *begin, const char *end)
{
    for (size_t n = 1; n <= 3 && (size_t)(end - begin) >= n; n++)
        if (ond__j_space(end - n, end) == n) return n;
    return 0;
}

/* ---- passes before tokens ---- */

static size_t line_end(const char *p, size_t at)
{
    return at == 0 || p[at - 1] == '\n' || p[at - 1] == '\r' ||
           (at >= 3 && (unsigned char)p[at - 3] == 0xE2 && (unsigned char)p[at - 2] == 0x80 &&
            ((unsigned char)p[at - 1] & 0xFE) == 0xA8);
}

static void keep(source *s, size_t from, size_t n, size_t *to)
{
    if (*to != from) {
        memmove(s->p + *to, s->p + from, n);
        memmove(s->line + *to, s->line + from, n * sizeof(*s->line));
    }
    *to += n;
}

/* Both block options in one walk; what they look at never overlaps. */
static void trim_blocks(source *s, bool python)
{
    size_t to = 0;
    char before = 0, last = 0;                  /* of the text as it was */
    bool begins = true;
    for (size_t i = 0; i < s->n;) {
        if (begins) {
            size_t q = i;
            while (q < s->n && (s->p[q] == ' ' || s->p[q] == '\t')) q++;
            bool tag = q + 1 < s->n && s->p[q] == '{' &&
                       strchr(python ? "#%" : "#%-", s->p[q + 1]) && s->p[q + 1];
            if (tag && !(python && q + 2 < s->n && s->p[q + 2] == '+')) i = q;
        }
        char c = s->p[i];
        bool drop = c == '\n' && last == '}' &&
                    (before == '#' || before == '%' || (before == '-' && !python));
        size_t next = i + 1;
        before = last;
        last = c;
        begins = line_end(s->p, next);          /* before keep() moves bytes over */
        if (!drop) keep(s, i, 1, &to);
        i = next;
    }
    s->n = to;
}

/* Length of {% generation %} or {% endgeneration %} at `at`, or 0. */
static size_t generation_at(const source *s, size_t at, bool *left, bool *right)
{
    const char *p = s->p + at, *end = s->p + s->n;
    if (end - p < 4 || p[0] != '{' || p[1] != '%') return 0;
    p += 2;
    *left = *p == '-';
    p += *left;
    for (size_t n; (n = ond__j_space(p, end));) p += n;
    if (end - p >= 3 && memcmp(p, "end", 3) == 0) p += 3;
    if (end - p < 10 || memcmp(p, "generation", 10) != 0) return 0;
    p += 10;
    for (size_t n; (n = ond__j_space(p, end));) p += n;
    *right = p < end && *p == '-';
    p += *right;
    return end - p >= 2 && p[0] == '%' && p[1] == '}' ? (size_t)(p + 2 - (s->p + at)) : 0;
}

static void drop_generation(source *s)
{
    size_t to = 0, floor = 0; /* white space before `floor` belongs to the mark before */
    for (size_t i = 0; i < s->n;) {
        bool left = false, right = false;
        size_t n = generation_at(s, i, &left, &right);
        if (n == 0) {
            keep(s, i++, 1, &to);
            continue;
        }
        if (left)
            for (size_t w; (w = ond__j_space_back(s->p + floor, s->p + to));) to -= w;
        i += n;
        for (size_t w; (w = ond__j_space(s->p + i, s->p + s->n)); i += w)
            if (!right) keep(s, i, w, &to);
        floor = to;
    }
    s->n = to;
}

static bool source_make(source *s, ond_str text, ond_arena *mem, bool python)
{
    if (text.n && text.p[text.n - 1] == '\n') text.n--;
    s->p = ond_arena_dup(mem, text);
    s->line = malloc((text.n + 1) * sizeof(*s->line));
    s->n = text.n;
    if (!s->p || !s->line) return false;
    uint32_t line = 1;
    for (size_t i = 0; i < text.n; i++) {
        s->line[i] = line;
        if (text.p[i] == '\n') line++;
    }
    trim_blocks(s, python);
    drop_generation(s);
    s->line[s->n] = line;
    return true;
}

/* ---- tokens ---- */

static char at(const lexer *l, size_t ahead)
{
    return l->at + ahead < l->src.n ? l->src.p[l->at + ahead] : 0;
}

static bool here(const lexer *l, const char *z)
{
    size_t n = strlen(z);
    return l->src.n - l->at >= n && memcmp(l->src.p + l->at, z, n) == 0;
}

static int refuse(const lexer *l, const char *what)
{
    return ond_fail(l->err, OND_E_INPUT, "line %u: %s",
                    (unsigned)l->src.line[l->at < l->src.n ? l->at : l->src.n], what);
}

static int push(lexer *l, jt_type type, ond_str s)
{
    jtokens *o = l->out;
    if (o->n == o->cap) {
        size_t cap = o->cap ? o->cap * 2 : 256;
        jtoken *v = realloc(o->v, cap * sizeof(*v));
        if (!v) return ond_nomem(l->err, "reading a template");
        o->v = v;
        o->cap = cap;
    }
    size_t first = s.p >= l->src.p && s.p <= l->src.p + l->src.n ? (size_t)(s.p - l->src.p) : l->at;
    o->v[o->n++] = (jtoken){type, l->src.line[first], s};
    return OND_OK;
}

static int push_here(lexer *l, jt_type type, size_t n)
{
    int rc = push(l, type, (ond_str){l->src.p + l->at, n});
    l->at += n;
    return rc;
}

static jt_type last_type(const lexer *l)
{
    return l->out->n ? l->out->v[l->out->n - 1].type : JT_END;
}

static void strip_before(lexer *l)
{
    if (last_type(l) != JT_TEXT) return;
    ond_str *s = &l->out->v[l->out->n - 1].s;
    for (size_t w; (w = ond__j_space_back(s->p, s->p + s->n));) s->n -= w;
    if (s->n == 0) l->out->n--;
}

static void skip_space(lexer *l)
{
    for (size_t w; (w = ond__j_space(l->src.p + l->at, l->src.p + l->src.n));) l->at += w;
}

static int lex_comment(lexer *l)
{
    l->at += 2;
    if (at(l, 0) == '-') {
        l->at++;
        strip_before(l);
    }
    size_t from = l->at;
    while (!(at(l, 0) == '#' && at(l, 1) == '}')) {
        if (l->at + 2 >= l->src.n) return refuse(l, "a comment {# is not closed by #}");
        l->at++;
    }
    bool after = l->at > from && l->src.p[l->at - 1] == '-';
    int rc = push(l, JT_COMMENT, (ond_str){l->src.p + from, 0});
    l->at += 2;
    if (after) skip_space(l);
    return rc;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The digits after \x or \u. Moves on; false where they are not all hexadecimal. */
static bool hex(lexer *l, int digits, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++) {
        int d = hex_digit(at(l, 0));
        if (d < 0) return false;
        *out = *out * 16 + (uint32_t)d;
        l->at++;
    }
    return true;
}

/* One escape, after its backslash. UTF-16 pairs written as two escapes become one character; half
 * of one becomes U+FFFD. */
static int lex_escape(lexer *l, char *to, size_t *n)
{
    static const char named[] = "n\nt\tr\rb\bf\fv\v''\"\"\\\\";
    char c = at(l, 0);
    l->at++;
    if (c == 'x' || c == 'u') {
        uint32_t u, low;
        if (!hex(l, c == 'x' ? 2 : 4, &u))
            return refuse(l, "\\x and \\u need two and four hexadecimal digits");
        size_t back = l->at;
        if (u >= 0xD800 && u < 0xDC00 && here(l, "\\u") && (l->at += 2, hex(l, 4, &low)) &&
            low >= 0xDC00 && low < 0xE000)
            u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
        else {
            l->at = back;
            if (u >= 0xD800 && u < 0xE000) u = 0xFFFD;
        }
        *n += ond_utf8_put(u, to + *n);
        return OND_OK;
    }
    for (const char *p = named; *p; p += 2)
        if (*p == c && c) {
            to[(*n)++] = p[1];
            return OND_OK;
        }
    if (!l->python) return refuse(l, "unknown escape in a string");
    to[(*n)++] = '\\';
    if (c) to[(*n)++] = c;
    return OND_OK;
}

static int lex_string(lexer *l, char quote)
{
    size_t from = ++l->at, end = from;
    bool plain = true;
    for (; end < l->src.n && l->src.p[end] != quote; end++)
        if (l->src.p[end] == '\\') plain = false, end++;
    if (end >= l->src.n) return refuse(l, "a string is not closed");
    ond_str s = {l->src.p + from, end - from};
    if (plain) {
        l->at = end + 1;
        return push(l, JT_STRING, s);
    }
    char *to = ond_arena_alloc(l->mem,
                               s.n + 4); /* an escape is never shorter than what it stands for */
    size_t n = 0;
    if (!to) return ond_nomem(l->err, "reading a template");
    while (l->at < end) {
        if (at(l, 0) != '\\') {
            to[n++] = l->src.p[l->at++];
            continue;
        }
        l->at++;
        int rc = lex_escape(l, to, &n);
        if (rc) return rc;
    }
    uint32_t line = l->src.line[from];
    l->at = end + 1;
    int rc = push(l, JT_STRING, (ond_str){to, n});
    if (rc == 0) l->out->v[l->out->n - 1].line = line;
    return rc;
}

static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool word(char c)
{
    return digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits, and a fraction where it may be one, `skip` bytes ahead. */
static size_t number_length(const lexer *l, size_t skip, bool fraction)
{
    size_t n = skip;
    while (digit(at(l, n))) n++;
    if (n > skip && fraction && at(l, n) == '.' && digit(at(l, n + 1)))
        for (n++; digit(at(l, n));) n++;
    if (n > skip && fraction && l->python && (at(l, n) == 'e' || at(l, n) == 'E')) {
        size_t e = n + 1 + (at(l, n + 1) == '-' || at(l, n + 1) == '+');
        if (digit(at(l, e)))
            for (n = e; digit(at(l, n));) n++;
    }
    return n;
}

/* + or - : between two values, or a sign with its number. */
static int lex_sign(lexer *l, bool *done)
{
    switch (last_type(l)) {
    case JT_NAME: case JT_NUMBER: case JT_STRING: case JT_RPAREN: case JT_RSQUARE: return OND_OK;
    default: break;
    }
    *done = true;
    size_t n = number_length(l, 1, true);
    return push_here(l, n > 1 ? JT_NUMBER : JT_SIGN, n);
}

static int lex_punct(lexer *l, bool *done)
{
    static const struct { const char *z; jt_type type;
    } table[] = {
        {"{%", JT_OPEN_STMT}, {"%}", JT_CLOSE_STMT}, {"{{", JT_OPEN_EXPR}, {"}}", JT_CLOSE_EXPR},
        {"(", JT_LPAREN},     {")", JT_RPAREN},      {"{", JT_LCURLY},     {"}", JT_RCURLY},
        {"[", JT_LSQUARE},    {"]", JT_RSQUARE},     {",", JT_COMMA},      {".", JT_DOT},
        {":", JT_COLON},      {"|", JT_PIPE},        {"<=", JT_COMPARE},   {">=", JT_COMPARE},
        {"==", JT_COMPARE},   {"!=", JT_COMPARE},    {"<", JT_COMPARE},    {">", JT_COMPARE},
        {"+", JT_ADD},        {"-", JT_ADD},         {"~", JT_ADD},        {"**", JT_POWER},
        {"*", JT_MUL},        {"//", JT_MUL},        {"/", JT_MUL},        {"%", JT_MUL},
        {"=", JT_ASSIGN}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (!here(l, table[i].z) || (table[i].type == JT_CLOSE_EXPR && l->curly > 0)) continue;
        if (table[i].type == JT_OPEN_EXPR) l->curly = 0;
        if (table[i].type == JT_LCURLY) l->curly++;
        if (table[i].type == JT_RCURLY) l->curly--;
        *done = true;
        return push_here(l, table[i].type, strlen(table[i].z));
    }
    return OND_OK;
}

/* {% raw %} … {% endraw %}: false where it does not stand here. */
static bool lex_raw(lexer *l, int *rc)
{
    size_t i = l->at + 2, end;
    const char *p = l->src.p, *stop = p + l->src.n;
    i += i < l->src.n && p[i] == '-';
    for (size_t w; (w = ond__j_space(p + i, stop));) i += w;
    if (l->src.n - i < 3 || memcmp(p + i, "raw", 3) != 0 || (i + 3 < l->src.n && word(p[i + 3])))
        return false;
    if (p[l->at + 2] == '-') strip_before(l);
    for (i += 3; i + 1 < l->src.n && !(p[i] == '%' && p[i + 1] == '}');) i++;
    size_t from = i + 2;
    for (end = from; end < l->src.n; end++) {
        size_t q = end + 2;
        if (p[end] != '{' || q >= l->src.n || p[end + 1] != '%') continue;
        q += p[q] == '-';
        for (size_t w; (w = ond__j_space(p + q, stop));) q += w;
        if (l->src.n - q < 6 || memcmp(p + q, "endraw", 6) != 0) continue;
        for (q += 6; q + 1 < l->src.n && !(p[q] == '%' && p[q + 1] == '}');) q++;
        if (q + 1 >= l->src.n) break;
        *rc = push(l, JT_TEXT, (ond_str){p + from, end - from});
        if (*rc == 0 && p[end + 2] == '-') strip_before(l);
        if (*rc == 0) *rc = push(l, JT_COMMENT, (ond_str){p + end, 0});   /* text may follow text */
        l->at = q + 2;
        if (p[q - 1] == '-') skip_space(l);
        return true;
    }
    *rc = refuse(l, "{% raw %} is not closed");
    return true;
}

static int lex_open(lexer *l, bool *done)
{
    int rc = OND_OK;
    *done = true;
    if (here(l, "{#")) return lex_comment(l);
    if (l->python && here(l, "{%") && lex_raw(l, &rc)) return rc;
    bool statement = here(l, "{%-") || (l->python && here(l, "{%+"));
    if (statement || here(l, "{{-")) {
        if (at(l, 2) == '-') strip_before(l);
        if (!statement) l->curly = 0;
        rc = push(l, statement ? JT_OPEN_STMT : JT_OPEN_EXPR, (ond_str){l->src.p + l->at, 2});
        l->at += 3;
        return rc;
    }
    *done = false;
    return OND_OK;
}

static int lex_close(lexer *l, bool *done)
{
    bool statement = here(l, "-%}");
    if (statement || here(l, "-}}")) {
        int rc = push_here(l, statement ? JT_CLOSE_STMT : JT_CLOSE_EXPR, 3);
        skip_space(l);
        *done = true;
        return rc;
    }
    if (l->python && here(l, "+%}")) {
        *done = true;
        return push_here(l, JT_CLOSE_STMT, 3);
    }
    return OND_OK;
}

static int lex_inside(lexer *l)
{
    bool done = false;
    skip_space(l);
    if (l->at >= l->src.n) return OND_OK;
    int rc = lex_close(l, &done);
    if (rc || done) return rc;
    char c = at(l, 0);
    if (c == '-' || c == '+') rc = lex_sign(l, &done);
    if (rc == 0 && !done) rc = lex_punct(l, &done);
    if (rc || done) return rc;
    if (c == '\'' || c == '"') return lex_string(l, c);
    if (digit(c)) return push_here(l, JT_NUMBER, number_length(l, 0, last_type(l) != JT_DOT));
    size_t n = 0;
    while (word(at(l, n))) n++;
    if (n) return push_here(l, JT_NAME, n);
    return refuse(l, "a character that no expression has");
}

static bool tag_here(const lexer *l)
{
    return at(l, 0) == '{' && (at(l, 1) == '%' || at(l, 1) == '{' || at(l, 1) == '#');
}

static int lex_one(lexer *l)
{
    switch (last_type(l)) {
    case JT_END: case JT_CLOSE_STMT: case JT_CLOSE_EXPR: case JT_COMMENT: {
        size_t from = l->at;
        while (l->at < l->src.n && !tag_here(l)) l->at++;
        if (l->at > from) return push(l, JT_TEXT, (ond_str){l->src.p + from, l->at - from});
        break;
    }
    default: break;
    }
    bool done = false;
    int rc = lex_open(l, &done);
    return rc || done ? rc : lex_inside(l);
}

int ond__j_lex(ond_str text, ond_jinja_dialect dialect, ond_arena *mem, jtokens *out, ond_err *err)
{
    lexer l = {.python = dialect != OND_JINJA_REFERENCE, .mem = mem, .out = out, .err = err};
    int rc = OND_OK;
    if (text.n > J_TEXT_MOST)
        return ond_fail(err, OND_E_INPUT, "the template has %zu bytes; %zu is the most", text.n,
                        (size_t)J_TEXT_MOST);
    if (!source_make(&l.src, text, mem, l.python)) rc = ond_nomem(err, "reading a template");
    while (rc == 0 && l.at < l.src.n) rc = lex_one(&l);
    if (rc == 0) rc = push(&l, JT_END, (ond_str){l.src.p + l.src.n, 0});
    free(l.src.line);
    return rc;
}
