/* config_edit.c - changes one key in a YAML file and leaves every other line as its owner wrote it.
 *
 * Works on block style: "key: value" lines, nested by indentation. Whatever else a file may hold,
 * the caller reads the result and compares it with what it wants, so a line that was misread here
 * costs comments at worst, never a setting. */
#include "daemon/internal.h"

#include "base/yaml.h"

#include <stdlib.h>

typedef struct lines {
    ond_str *v; /* without their ends */
    size_t n;
} lines;

static bool split(ond_str text, lines *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    *out = (lines){calloc(n + 1, sizeof(ond_str)), 0};
    if (!out->v) return false;
    for (size_t at = 0; at < text.n;) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        size_t len = end ? (size_t)(end - text.p) - at : text.n - at;
        out->v[out->n++] = (ond_str){text.p + at, len};
        at += len + 1;
    }
    return true;
}

static size_t indent_of(ond_str line)
{
    size_t i = 0;
    while (i < line.n && line.p[i] == ' ') i++;
    return i;
}

/* Blank, a comment, or a document mark. */
static bool is_empty(ond_str line)
{
    size_t i = indent_of(line);
    return i == line.n || line.p[i] == '#' || line.p[i] == '\r' ||
           (line.n >= 3 && memcmp(line.p, "---", 3) == 0);
}

/* Offset after "key:" when the line is that key, else 0. */
static size_t after_key(ond_str line, size_t indent, ond_str key)
{
    size_t i = indent_of(line);
    if (i != indent || line.n < i + key.n + 1 || memcmp(line.p + i, key.p, key.n) != 0 ||
        line.p[i + key.n] != ':')
        return 0;
    i += key.n + 1;
    return i == line.n || line.p[i] == ' ' || line.p[i] == '\r' ? i : 0;
}

/* The first line after `at` that belongs to a block no deeper than `indent`. */
static size_t block_end(const lines *l, size_t at, size_t end, size_t indent)
{
    size_t last = at + 1;
    for (size_t i = at + 1; i < end; i++) {
        if (is_empty(l->v[i])) continue;
        if (indent_of(l->v[i]) <= indent) break;
        last = i + 1;
    }
    return last;
}

typedef struct place {
    size_t line;   /* of the key, or where it is to be put in */
    size_t end;    /* one past its block */
    size_t indent; /* of the line */
    ond_str rest;  /* parts of the key that are not there yet; empty: found */
} place;

static place find(const lines *l, const char *key)
{
    size_t lo = 0, hi = l->n, indent = 0;
    ond_str rest = ond_str_of(key);
    place p = {0};
    for (bool top = true;; top = false) {
        size_t first = lo;
        while (first < hi && is_empty(l->v[first])) first++;
        if (first < hi)
            indent = indent_of(l->v[first]);
        else if (!top)
            indent += 2;
        const char *dot = memchr(rest.p, '.', rest.n);
        ond_str part = {rest.p, dot ? (size_t)(dot - rest.p) : rest.n};
        size_t at = lo;
        while (at < hi && !after_key(l->v[at], indent, part)) at++;
        if (at == hi) {
            size_t end = lo;
            for (size_t i = lo; i < hi; i++)
                if (!is_empty(l->v[i]) || top) end = i + 1;
            return (place){end, end, indent, rest};
        }
        p = (place){at, block_end(l, at, hi, indent), indent, {rest.p + rest.n, 0}};
        if (!dot) return p;
        rest = (ond_str){dot + 1, rest.n - part.n - 1};
        lo = at + 1;
        hi = p.end;
    }
}

int ond__yaml_line(ond_str text, const char *key)
{
    lines l;
    if (!split(text, &l)) return 0;
    place p = find(&l, key);
    free(l.v);
    return p.rest.n == 0 ? (int)p.line + 1 : 0;
}

/* ---- printing ---- */

static void put_spaces(ond_buf *out, size_t n)
{
    while (n-- > 0) ond_buf_putc(out, ' ');
}

/* A plain word where YAML reads it back as the same text, else quoted: JSON strings are YAML
 * strings. */
static void put_scalar(ond_buf *out, const cJSON *value)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : NULL;
    cJSON *back = NULL;
    bool plain =
        text && text[0] && text[0] != '-' && text[0] != '.' && text[0] != ':' && text[0] != '=' &&
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-") ==
            strlen(text) &&
        ond_yaml_parse(ond_str_of(text), "value", NULL, &back, NULL) == 0 && cJSON_IsString(back) &&
        strcmp(back->valuestring, text) == 0;
    cJSON_Delete(back);
    if (plain)
        ond_buf_puts(out, text);
    else
        ond_json_print(out, value);
}

static void print_at(const cJSON *tree, size_t indent, ond_buf *out)
{
    for (const cJSON *m = tree->child; m; m = m->next) {
        put_spaces(out, indent);
        ond_buf_printf(out, "%s:", m->string);
        if (cJSON_IsObject(m)) {
            ond_buf_putc(out, '\n');
            print_at(m, indent + 2, out);
        } else {
            ond_buf_putc(out, ' ');
            put_scalar(out, m);
            ond_buf_putc(out, '\n');
        }
    }
}

void ond__yaml_print(const cJSON *tree, ond_buf *out)
{
    cJSON *clean = ond__tree_prune(tree);
    if (!clean) {
        out->bad = true;
        return;
    }
    print_at(clean, 0, out);
    cJSON_Delete(clean);
}

/* ---- editing ---- */

/* The comment at the end of a value, with the space before it; a '#' inside quotes is none. */
static ond_str comment_of(ond_str value)
{
    char quote = 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (quote && c == '\\' && quote == '"')
            i++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && (i == 0 || value.p[i - 1] == ' '))
            quote = c;
        else if (c == '#' && i > 0 && value.p[i - 1] == ' ') {
            while (i > 0 && value.p[i - 1] == ' ') i--;
            return (ond_str){value.p + i, value.n - i};
        }
    }
    return (ond_str){value.p + value.n, 0};
}

static void put_line(ond_buf *out, ond_str line)
{
    ond_buf_str(out, line);
    ond_buf_putc(out, '\n');
}

static void put_changed(ond_buf *out, ond_str line, const cJSON *value)
{
    size_t colon = indent_of(line);
    while (line.p[colon] != ':') colon++;
    ond_buf_put(out, line.p, colon + 1);
    ond_buf_putc(out, ' ');
    put_scalar(out, value);
    put_line(out, comment_of((ond_str){line.p + colon + 1, line.n - colon - 1}));
}

static void put_new(ond_buf *out, const place *p, const cJSON *value)
{
    size_t indent = p->indent;
    ond_str rest = p->rest;
    const char *dot;
    while ((dot = memchr(rest.p, '.', rest.n)) != NULL) {
        put_spaces(out, indent);
        ond_buf_put(out, rest.p, (size_t)(dot - rest.p));
        ond_buf_puts(out, ":\n");
        rest = (ond_str){dot + 1, rest.n - (size_t)(dot - rest.p) - 1};
        indent += 2;
    }
    put_spaces(out, indent);
    ond_buf_str(out, rest);
    ond_buf_puts(out, ": ");
    put_scalar(out, value);
    ond_buf_putc(out, '\n');
}

bool ond__yaml_edit(ond_str text, const char *key, const cJSON *value, ond_buf *out)
{
    lines l;
    if (!split(text, &l)) return false;
    place p = find(&l, key);
    for (size_t i = 0; i <= l.n; i++) {
        if (i == p.line && p.rest.n > 0 && value) put_new(out, &p, value);
        if (i == l.n) break;
        bool found = p.rest.n == 0;
        if (found && i == p.line && value)
            put_changed(out, l.v[i], value);
        else if (!found || i < p.line || i >= p.end)
            put_line(out, l.v[i]);
    }
    free(l.v);
    return true;
}
