/* json_scan.c - decides whether bytes are one strict JSON value, before cJSON sees them.
 *
 * cJSON is lenient (control characters in strings, 01, text after NUL) and recursive; this scanner
 * is strict and keeps its nesting in one array, so hostile depth costs nothing. Source: RFC 8259.
 *
 * 1. at <= text.n at all times; every read is guarded by peek().
 * 2. A text that passes holds no \u0000, since our strings end in NUL. */
#include "base/json_scan.h"

#include "base/utf8.h"

typedef struct scan {
    ond_str text;
    size_t at;
    const char *what;   /* first fault, or NULL */
} scan;

static int peek(const scan *s) { return s->at < s->text.n ? (unsigned char)s->text.p[s->at] : -1; }

static bool fault(scan *s, const char *what)
{
    if (!s->what) s->what = what;
    return false;
}

static void skip_space(scan *s)
{
    for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s)) s->at++;
}

static bool word(scan *s, const char *z)
{
    size_t n = strlen(z);
    if (s->text.n - s->at < n || memcmp(s->text.p + s->at, z, n) != 0)
        return fault(s, "a value is expected");
    s->at += n;
    return true;
}

static bool digits(scan *s)
{
    if (peek(s) < '0' || peek(s) > '9') return fault(s, "a digit is expected");
    while (peek(s) >= '0' && peek(s) <= '9') s->at++;
    return true;
}

static bool number(scan *s)
{
    size_t from = s->at;
    if (peek(s) == '-') s->at++;
    if (peek(s) == '0') {
        s->at++;
        if (peek(s) >= '0' && peek(s) <= '9') return fault(s, "a number does not begin with 0");
    } else if (!digits(s)) {
        return false;
    }
    if (peek(s) == '.') {
        s->at++;
        if (!digits(s)) return false;
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-') s->at++;
        if (!digits(s)) return false;
    }
    return s->at - from <= OND__NUMBER_MOST || fault(s, "the number is too long");
}

static bool hex4(scan *s, unsigned *out)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int c = peek(s);
        int d = c >= '0' && c <= '9'                 ? c - '0'
                : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                     : -1;
        if (d < 0) return fault(s, "four hexadecimal digits are expected after \\u");
        v = v << 4 | (unsigned)d;
    }
    *out = v;
    return true;
}

static bool escape(scan *s)
{
    int c = peek(s);
    if (c < 0 || !strchr("\"\\/bfnrtu", c) || c == 0) return fault(s, "unknown escape in a string");
    s->at++;
    if (c != 'u') return true;
    unsigned high, low;
    if (!hex4(s, &high)) return false;
    if (high == 0) return fault(s, "\\u0000 is not accepted in a string");
    if (high >= 0xDC00 && high <= 0xDFFF) return fault(s, "half a surrogate pair in a string");
    if (high < 0xD800 || high > 0xDBFF) return true;
    if (peek(s) != '\\') return fault(s, "half a surrogate pair in a string");
    s->at++;
    if (peek(s) != 'u') return fault(s, "half a surrogate pair in a string");
    s->at++;
    if (!hex4(s, &low)) return false;
    return (low >= 0xDC00 && low <= 0xDFFF) || fault(s, "half a surrogate pair in a string");
}

static bool string(scan *s)
{
    if (peek(s) != '"') return fault(s, "a string is expected");
    s->at++;
    for (;;) {
        int c = peek(s);
        if (c < 0) return fault(s, "the string does not end");
        if (c < 0x20) return fault(s, "a control character stands in a string");
        s->at++;
        if (c == '"') return true;
        if (c == '\\' && !escape(s)) return false;
    }
}

static bool key(scan *s)
{
    skip_space(s);
    if (!string(s)) return false;
    skip_space(s);
    if (peek(s) != ':') return fault(s, "':' is expected after a key");
    s->at++;
    skip_space(s);
    return true;
}

static bool scalar(scan *s)
{
    int c = peek(s);
    if (c == '"') return string(s);
    if (c == '-' || (c >= '0' && c <= '9')) return number(s);
    if (c < 0) return fault(s, "a value is missing");
    return word(s, c == 't' ? "true" : c == 'f' ? "false" : "null");
}

/* After a value: closes what ends here and steps over a comma. True when another must follow. */
static bool after_value(scan *s, const char *open, int *depth)
{
    while (*depth > 0) {
        char kind = open[*depth - 1];
        skip_space(s);
        int c = peek(s);
        if (c == ',') {
            s->at++;
            if (kind == '{') return key(s);
            skip_space(s);
            return true;
        }
        if (c != (kind == '{' ? '}' : ']'))
            return fault(s, c < 0         ? "the text ends too early"
                            : kind == '{' ? "',' or '}' is expected"
                                          : "',' or ']' is expected");
        s->at++;
        --*depth;
    }
    return false;
}

static bool value(scan *s)
{
    char open[OND__JSON_DEPTH];
    int depth = 0;
    skip_space(s);
    for (;;) {
        int c = peek(s);
        if (c == '{' || c == '[') {
            if (depth == OND__JSON_DEPTH) return fault(s, "nested deeper than 64 levels");
            open[depth++] = (char)c;
            s->at++;
            skip_space(s);
            if (peek(s) == (c == '{' ? '}' : ']')) {
                s->at++;
                depth--;
            } else {
                if (c == '{' && !key(s)) return false;
                continue;
            }
        } else if (!scalar(s)) {
            return false;
        }
        if (!after_value(s, open, &depth)) return !s->what;
    }
}

static int report(const scan *s, ond_err *err)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < s->at && i < s->text.n; i++)
        if (s->text.p[i] == '\n') line++, start = i + 1;
    return ond_fail(err, OND_E_INPUT, "bad JSON at line %zu, column %zu: %s", line,
                    s->at - start + 1, s->what);
}

int ond__json_scan(ond_str text, ond_err *err)
{
    scan s = {.text = text, .at = ond_utf8_valid(text)};
    if (s.at < text.n) {
        s.what = "this is not valid UTF-8";
        return report(&s, err);
    }
    s.at = 0;
    if (value(&s)) {
        skip_space(&s);
        if (s.at < text.n) fault(&s, "something follows the value");
    }
    return s.what ? report(&s, err) : OND_OK;
}
