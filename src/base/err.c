/* err.c - fills ond_err, and answers what err.def says about a code. */
#include "base/err.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct err_row {
    const char *name, *text;
    int exit, http;
} err_row;

static const err_row rows[OND_CODE_COUNT] = {
    [OND_OK] = {"OK", "done", 0, 200},
#define ERR(name, exit, http, text) [OND_E_##name] = {#name, text, exit, http},
#include "base/err.def"
#undef ERR
};

static const err_row *row_of(int code)
{
    return &rows[code >= 0 && code < OND_CODE_COUNT ? code : OND_E_FAILED];
}

/* Copies a sentence that may not fit, cut at a character boundary. A byte that is no UTF-8 (a name
 * from outside, a character that %.60s cut in two) becomes '?'. */
static void text_set(ond_err *err, const char *text)
{
    ond_str s = {err->text, ond_utf8_cut(ond_str_of(text), sizeof(err->text) - 1)};
    memcpy(err->text, text, s.n);
    err->text[s.n] = 0;
    for (size_t at = ond_utf8_valid(s); at < s.n;
         at += ond_utf8_valid((ond_str){s.p + at, s.n - at}))
        err->text[at] = '?';
}

int ond_fail(ond_err *err, ond_code code, const char *fmt, ...)
{
    if (!err) return code;
    /* By way of a second buffer, because an argument may be the old err->text. */
    char text[sizeof(err->text) + 4];
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(text, sizeof(text), fmt, ap) < 0) text[0] = 0;
    va_end(ap);
    err->code = code;
    text_set(err, text);
    return code;
}

int ond_nomem(ond_err *err, const char *what)
{
    return ond_fail(err, OND_E_NOMEM, "out of memory while %s", what);
}

int ond_err_prefix(ond_err *err, const char *fmt, ...)
{
    if (!err) return OND_E_FAILED;
    char text[2 * sizeof(err->text) + 4];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(err->text), fmt, ap);
    va_end(ap);
    if (n < 0) n = 0;
    if ((size_t)n > sizeof(err->text) - 1) n = (int)sizeof(err->text) - 1;
    snprintf(text + n, sizeof(text) - (size_t)n, ": %s", err->text);
    text_set(err, text);
    return err->code;
}

const char *ond_code_name(int code) { return row_of(code)->name; }
const char *ond_code_text(int code) { return row_of(code)->text; }
int ond_code_exit(int code) { return row_of(code)->exit; }
int ond_code_http(int code) { return row_of(code)->http; }
