/* text.c - a note as text: its title, its end, its folded form, and its bytes as an argument. */
#include "hand/notes/internal.h"

#include "base/utf8.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PACKED_MOST = 48000 }; /* bytes of an argument; gate takes 64 KiB for all of them */

/* ---- folding ---- */

/* Characters that normalising and folding leave as they are: Hangul, CJK, their punctuation. */
static bool stays(uint32_t c)
{
    return (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x4E00 && c <= 0x9FFF) ||
           (c >= 0x3131 && c <= 0x318E) || (c >= 0x3000 && c <= 0x3020) ||
           (c >= 0x2010 && c <= 0x2027);
}

/* Most notes are such; a library that knows all of Unicode is ten times slower. */
static bool fold_plain(ond_str s, ond_buf *out)
{
    size_t start = out->n;
    ond_buf_reserve(out, s.n + 1);
    if (!ond_buf_ok(out)) return false;
    char *to = out->p + start;
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x80) {
            *to++ = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            i++;
            continue;
        }
        size_t at = i;
        if (c < 0xE0 || c > 0xEF || !stays(ond_utf8_next(s, &at))) return false;
        memcpy(to, s.p + i, at - i);
        to += at - i;
        i = at;
    }
    *to = '\0';
    out->n = (size_t)(to - out->p);
    return true;
}

int ond__note_fold(ond_str text, ond_buf *out, ond_err *err)
{
    if (fold_plain(text, out)) return OND_OK;
    return ond_buf_ok(out) ? ond_utf8_fold(text, out, err) : ond_nomem(err, "reading a note");
}

/* ---- lines ---- */

ond_str ond__note_body(ond_str bytes)
{
    bool mark = bytes.n >= 3 && memcmp(bytes.p, "\xEF\xBB\xBF", 3) == 0;
    return mark ? (ond_str){bytes.p + 3, bytes.n - 3} : bytes;
}

bool ond__note_line(ond_str *rest, ond_str *line)
{
    if (rest->n == 0) return false;
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n, took = end ? n + 1 : n;
    *line = (ond_str){rest->p, n};
    if (n && line->p[n - 1] == '\r') line->n--;
    *rest = (ond_str){rest->p + took, rest->n - took};
    return true;
}

typedef struct item {    /* the mark of a list item at the front of a line */
    size_t indent, mark; /* bytes of white space; of "- ", "- [x] ", "12. " after it */
    bool box;
    long number; /* of a numbered one, else -1 */
} item;

static bool read_item(ond_str line, item *out)
{
    size_t i = 0, start;
    *out = (item){.number = -1};
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t')) i++;
    out->indent = start = i;
    if (i < line.n && line.p[i] && strchr("-*+", line.p[i])) {
        i++;
    } else {
        for (out->number = 0; i < line.n && i - start < 6 && line.p[i] >= '0' && line.p[i] <= '9';
             i++)
            out->number = out->number * 10 + (line.p[i] - '0');
        if (i == start || i == line.n || (line.p[i] != '.' && line.p[i] != ')')) return false;
        i++;
    }
    if (i == line.n || line.p[i] != ' ') return false;
    i++;
    if (line.n - i >= 4 && line.p[i] == '[' && strchr(" xX", line.p[i + 1]) && line.p[i + 1] &&
        line.p[i + 2] == ']' && line.p[i + 3] == ' ') {
        out->box = true;
        i += 4;
    }
    out->mark = i - start;
    return true;
}

ond_str ond__note_plain(ond_str line)
{
    item it;
    size_t i = 0;
    line = ond_str_trim(line);
    if (read_item(line, &it)) return ond_str_trim((ond_str){line.p + it.mark, line.n - it.mark});
    while (i < line.n && i < 6 && line.p[i] == '#') i++;
    if (i > 0 && i < line.n && line.p[i] == ' ')
        return ond_str_trim((ond_str){line.p + i, line.n - i});
    return line;
}

/* ---- title ---- */

/* The lines between "---" and "---" at the very top are settings of other programs. */
static ond_str skip_front(ond_str body, ond_str *title)
{
    ond_str rest = body, line;
    *title = (ond_str){"", 0};
    if (!ond__note_line(&rest, &line) || !ond_str_is(line, "---")) return body;
    for (int i = 0; i < 100 && ond__note_line(&rest, &line); i++) {
        if (ond_str_is(line, "---") || ond_str_is(line, "...")) return rest;
        if (line.n > 6 && memcmp(line.p, "title:", 6) == 0)
            *title = ond_str_trim((ond_str){line.p + 6, line.n - 6});
    }
    *title = (ond_str){"", 0};
    return body;
}

void ond__note_title(ond_str bytes, ond_buf *out)
{
    ond_str title, line, rest = skip_front(ond__note_body(bytes), &title);
    while (ond__note_line(&rest, &line)) {
        ond_str plain = ond__note_plain(line);
        if (plain.n == 0) continue;
        if (title.n == 0 || ond_str_trim(line).p[0] == '#') title = plain;
        break;
    }
    ond__note_clip(title, 100, out);
}

void ond__note_clip(ond_str text, size_t most, ond_buf *out)
{
    size_t at = 0, n = 0;
    text = ond_str_trim(text);
    while (at < text.n && n < most) {
        size_t from = at;
        uint32_t c = ond_utf8_next(text, &at);
        char four[4];
        if (c < 0x20 || c == 0x7f)
            ond_buf_putc(out, ' ');
        else if (c == 0xFFFD)
            ond_buf_put(out, four, ond_utf8_put(c, four));
        else
            ond_buf_put(out, text.p + from, at - from);
        n++;
    }
    if (at < text.n) ond_buf_puts(out, "…");
}

/* ---- writing ---- */

static ond_str without_end(ond_str text)
{
    while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' ')) text.n--;
    return text;
}

void ond__note_compose(const char *title, const char *text, ond_buf *out)
{
    ond_str body = without_end(ond_str_of(text));
    if (title[0]) {
        ond_buf_puts(out, "# ");
        ond__note_clip(ond_str_of(title), 400, out);
        ond_buf_puts(out, body.n ? "\n\n" : "\n");
    }
    ond_buf_str(out, body);
    if (body.n) ond_buf_putc(out, '\n');
}

/* How a file ends: its line breaks, and the list item that its last lines are, if so. */
typedef struct ending {
    const char *newline;
    size_t breaks; /* line breaks at the very end */
    bool empty;
    bool list;
    item it;
    ond_str line; /* of the item */
} ending;

/* The lines of an item after the first are indented. */
static bool last_item(ond_str bytes, ending *e)
{
    ond_str rest = bytes, line, item_line = {NULL, 0};
    item it, last = {0};
    while (ond__note_line(&rest, &line)) {
        if (ond_str_trim(line).n == 0) continue;
        bool inner = line.p[0] == ' ' || line.p[0] == '\t';
        if (read_item(line, &it)) {
            item_line = line;
            last = it;
        } else if (!inner) {
            item_line.p = NULL;
        }
    }
    e->it = last;
    e->line = item_line;
    return item_line.p != NULL;
}

static ending look_at_end(ond_str bytes)
{
    ending e = {.newline = "\n", .empty = ond_str_trim(ond__note_body(bytes)).n == 0};
    const char *first = memchr(bytes.p, '\n', bytes.n);
    if (first && first > bytes.p && first[-1] == '\r') e.newline = "\r\n";
    for (size_t i = bytes.n; i > 0 && (bytes.p[i - 1] == '\n' || bytes.p[i - 1] == '\r'); i--)
        e.breaks += bytes.p[i - 1] == '\n';
    e.list = last_item(ond__note_body(bytes), &e);
    return e;
}

static void put_mark(const ending *e, ond_buf *out)
{
    ond_str mark = {e->line.p + e->it.indent, e->it.mark};
    ond_buf_put(out, e->line.p, e->it.indent);
    if (e->it.number >= 0) {
        size_t digits = strspn(mark.p, "0123456789");
        ond_buf_printf(out, "%ld", e->it.number + 1);
        mark = (ond_str){mark.p + digits, mark.n - digits};
    }
    ond_str tail = mark;
    if (e->it.box) tail.n -= 4;
    ond_buf_str(out, tail);
    if (e->it.box) ond_buf_puts(out, "[ ] ");
}

static void put_lines(const ending *e, ond_str text, ond_buf *out)
{
    ond_str line;
    for (bool first = true; ond__note_line(&text, &line); first = false) {
        if (!first) ond_buf_puts(out, e->newline);
        if (!first && e->list && line.n)
            for (size_t i = 0; i < e->it.indent + 2; i++) ond_buf_putc(out, ' ');
        ond_buf_str(out, line);
    }
}

void ond__note_tail(ond_str bytes, const char *text, ond_buf *out)
{
    ending e = look_at_end(bytes);
    size_t wanted = e.empty ? 0 : e.list ? 1 : 2;
    if (e.empty && bytes.n && !e.breaks && ond__note_body(bytes).n) wanted = 1;
    for (size_t i = e.breaks; i < wanted; i++) ond_buf_puts(out, e.newline);
    if (e.list) put_mark(&e, out);
    put_lines(&e, without_end(ond_str_of(text)), out);
    if (e.empty || e.breaks) ond_buf_puts(out, e.newline);
}

/* ---- bytes as an argument ---- */

/* What a schema's text may hold (gate/schema.c). */
static bool is_text(ond_str bytes)
{
    if (ond_utf8_valid(bytes) != bytes.n) return false;
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t')) return false;
    }
    return true;
}

static char *base64(ond_str bytes)
{
    size_t n = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *out = malloc(n);
    if (out)
        sodium_bin2base64(out, n, (const unsigned char *)bytes.p, bytes.n,
                          sodium_base64_VARIANT_ORIGINAL);
    return out;
}

int ond__note_pack(cJSON *args, const char *key, const char *how, ond_str bytes, bool *fits,
                   ond_err *err)
{
    bool text = is_text(bytes), ok;
    ond_buf printed = {0};
    *fits = bytes.n <= PACKED_MOST;
    if (!*fits) return OND_OK;
    char *value = text ? ond_str_dup(bytes) : base64(bytes);
    ok = value && ond_json_set_str(args, key, value) &&
         ond_json_set_str(args, how, text ? "text" : "base64");
    free(value);
    if (ok) ond_json_print(&printed, args);
    ok = ok && ond_buf_ok(&printed);
    *fits = printed.n <= PACKED_MOST + 4000;
    ond_buf_free(&printed);
    return ok ? OND_OK : ond_nomem(err, "planning");
}

int ond__note_unpack(const cJSON *args, const char *key, const char *how, ond_buf *out,
                     ond_err *err)
{
    const char *value = ond_json_str(args, key, ""), *as = ond_json_str(args, how, "text");
    size_t n = strlen(value), got = 0;
    if (strcmp(as, "base64") != 0) {
        ond_buf_put(out, value, n);
        return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "planning");
    }
    ond_buf_reserve(out, n + 1);
    if (!ond_buf_ok(out)) return ond_nomem(err, "planning");
    if (sodium_base642bin((unsigned char *)out->p + out->n, n + 1, value, n, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return ond_fail(err, OND_E_INPUT, "\"%s\" is no base64", key);
    out->n += got;
    out->p[out->n] = '\0';
    return OND_OK;
}
