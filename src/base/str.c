/* str.c - borrowed views and growing buffers. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool ond_str_eq(ond_str a, ond_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool ond_str_is(ond_str a, const char *z) { return ond_str_eq(a, ond_str_of(z)); }

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

ond_str ond_str_trim(ond_str s)
{
    while (s.n && is_space(s.p[0])) s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1])) s.n--;
    return s;
}

char *ond_str_dup(ond_str s)
{
    char *z = malloc(s.n + 1);
    if (!z) return NULL;
    if (s.n) memcpy(z, s.p, s.n);
    z[s.n] = 0;
    return z;
}

void ond_buf_free(ond_buf *b)
{
    free(b->p);
    *b = (ond_buf){0};
}

void ond_buf_clear(ond_buf *b)
{
    b->n = 0;
    b->bad = false;
    if (b->p) b->p[0] = 0;
}

bool ond_buf_ok(const ond_buf *b) { return !b->bad; }

void ond_buf_reserve(ond_buf *b, size_t more)
{
    if (b->bad) return;
    if (more > SIZE_MAX / 2 - b->n - 1) {
        b->bad = true;
        return;
    }
    size_t need = b->n + more + 1;   /* 1: the NUL */
    if (need <= b->cap) return;
    size_t cap = b->cap < 32 ? 64 : b->cap * 2;
    if (cap < need) cap = need;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->bad = true;
        return;
    }
    b->p = p;
    b->cap = cap;
    b->p[b->n] = 0;
}

void ond_buf_put(ond_buf *b, const void *bytes, size_t n)
{
    ond_buf_reserve(b, n);
    if (b->bad) return;
    if (n) memcpy(b->p + b->n, bytes, n);
    b->n += n;
    b->p[b->n] = 0;
}

void ond_buf_puts(ond_buf *b, const char *z)
{
    if (z) ond_buf_put(b, z, strlen(z));
}

void ond_buf_putc(ond_buf *b, char c) { ond_buf_put(b, &c, 1); }

void ond_buf_str(ond_buf *b, ond_str s) { ond_buf_put(b, s.p, s.n); }

void ond_buf_printf(ond_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) b->bad = true;
    else ond_buf_reserve(b, (size_t)n);
    if (!b->bad) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

const char *ond_buf_z(const ond_buf *b) { return b->p ? b->p : ""; }

char *ond_buf_take(ond_buf *b)
{
    ond_buf_reserve(b, 0);   /* an empty buffer gives "", not NULL */
    char *p = b->bad ? NULL : b->p;
    if (b->bad) free(b->p);
    *b = (ond_buf){0};
    return p;
}
