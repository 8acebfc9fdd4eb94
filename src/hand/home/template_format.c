/* template_format.c - Python's old way to format: '%.1f' | format(value), '%02d:%02d' | format(h, m), '%.1f' % value. */
#include "hand/home/template_value.h"

#include <math.h>
#include <stdio.h>

#define SPEC_MOST 8

/* Whatever the locale's decimal sign is. */
static void put_number(ond_buf *out, const char *text)
{
    bool between = false;
    for (const char *p = text; *p; p++) {
        bool plain = (unsigned char)*p < 0x80 && *p != ',';
        if (plain || !between)
            ond_buf_putc(out, plain ? *p : '.');
        between = !plain;
    }
}

/* One conversion: %d %i %s %x %X %o %f %e %g with flags, width and precision of at most two digits. */
static bool put_one(ond_str spec, const tv *v, ond_buf *out)
{
    char fmt[SPEC_MOST + 4], text[400];
    double n;
    memcpy(fmt, spec.p, spec.n);
    fmt[spec.n] = '\0';
    char kind = fmt[spec.n - 1];
    if (kind == 's' && spec.n == 2) {
        ond__tv_print(v, out);
        return true;
    }
    if (kind == 's' || !ond__tv_is_number(v))
        return false;
    n = v->n;
    if (fabs(n) > 1e15 || (strchr("xXo", kind) && v->type == TV_NUMBER))
        return false;
    if (strchr("dixXo", kind)) {
        snprintf(fmt + spec.n - 1, sizeof fmt - spec.n + 1, "ll%c", kind == 'i' ? 'd' : kind);
        snprintf(text, sizeof text, fmt, (long long)n);
    } else {
        snprintf(text, sizeof text, fmt, n);
    }
    put_number(out, text);
    return true;
}

/* Flags, width, precision, kind: [-+ 0]*d?d?(.d?d?)?[disxXofeg] after the percent sign. */
static size_t spec_length(ond_str f, size_t at)
{
    size_t i = at + 1;
    while (i < f.n && i - at < 4 && memchr("-+ 0", f.p[i], 4))
        i++;
    for (int k = 0; k < 2 && i < f.n && f.p[i] >= '0' && f.p[i] <= '9'; k++)
        i++;
    if (i < f.n && f.p[i] == '.') {
        i++;
        for (int k = 0; k < 2 && i < f.n && f.p[i] >= '0' && f.p[i] <= '9'; k++)
            i++;
    }
    bool ends = i < f.n && f.p[i] && strchr("disxXofeg", f.p[i]);
    return ends && i + 1 - at <= SPEC_MOST ? i + 1 - at : 0;
}

static tv argument(const tv *args, size_t n, size_t i)
{
    if (n == 1 && args[0].type == TV_JSON && cJSON_IsArray(args[0].j))
        return ond__tv_json(cJSON_GetArrayItem(args[0].j, (int)i));
    return i < n ? args[i] : (tv){.type = TV_UNDEFINED};
}

static bool put_all(ond_str f, const tv *args, size_t n, ond_buf *out)
{
    size_t used = 0;
    for (size_t i = 0; i < f.n; i++) {
        size_t length = f.p[i] == '%' ? spec_length(f, i) : 1;
        if (f.p[i] != '%') {
            ond_buf_putc(out, f.p[i]);
            continue;
        }
        if (i + 1 < f.n && f.p[i + 1] == '%') {
            ond_buf_putc(out, '%');
            i++;
            continue;
        }
        tv v = argument(args, n, used++);
        if (length == 0 || v.type == TV_UNDEFINED || !put_one((ond_str){f.p + i, length}, &v, out))
            return false;
        i += length - 1;
    }
    return argument(args, n, used).type == TV_UNDEFINED;
}

tv ond__tpl_format(tpl *t, const tv *format, const tv *args, size_t n)
{
    ond_buf b = {0};
    bool ok = format->type == TV_TEXT && put_all(format->s, args, n, &b);
    tv out = ok ? ond__tv_copy(t, &b) : ond__tv_error("format: it does not fit its values");
    ond_buf_free(&b);
    return out;
}
