/* template_number.c - filters and functions of templates that are about numbers: int, float, round, bool, min, max. */
#include "hand/home/template_value.h"

#include <math.h>
#include <stdio.h>
#include <strings.h>

tv ond__tpl_given(const tpl_call *c, size_t i, tv otherwise)
{
    return c->a[i].type == TV_ABSENT ? otherwise : c->a[i];
}

/* Python's int(text, base). */
static bool based(ond_str s, int base, double *out)
{
    s = ond_str_trim(s);
    bool minus = s.n > 0 && s.p[0] == '-';
    size_t i = s.n > 0 && (minus || s.p[0] == '+') ? 1 : 0;
    char mark = base == 16 ? 'x' : base == 8 ? 'o' : base == 2 ? 'b' : '\0';
    if (mark && s.n > i + 2 && s.p[i] == '0' && (s.p[i + 1] | 32) == mark)
        i += 2;
    double n = 0;
    bool any = i < s.n && s.n < 64;
    for (; any && i < s.n; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10 : 99;
        if (digit >= base)
            return false;
        n = n * base + digit;
    }
    *out = minus ? -n : n;
    return any;
}

tv ond__tpl_f_int(const tpl_call *c)
{
    double n;
    tv base = ond__tpl_given(c, 1, ond__tv_number(10));
    if (base.type != TV_INT || base.n < 2 || base.n > 36)
        return ond__tv_error("int: the base is a number from 2 to 36");
    if (c->v->type == TV_TEXT && base.n != 10 && based(c->v->s, (int)base.n, &n))
        return (tv){.type = TV_INT, .n = n};
    if (ond__tv_to_number(c->v, &n))
        return (tv){.type = TV_INT, .n = trunc(n)};
    return ond__tpl_given(c, 0, ond__tv_error("int: not a number"));
}

tv ond__tpl_f_float(const tpl_call *c)
{
    double n;
    if (ond__tv_to_number(c->v, &n))
        return (tv){.type = TV_NUMBER, .n = n};
    return ond__tpl_given(c, 0, ond__tv_error("float: not a number"));
}

/* To the nearest decimal, as Python does: 1.115 is a little less than it looks, so it becomes 1.11. */
static double nearest(double n, int digits)
{
    char text[64], plain[64];
    size_t k = 0;
    if (fabs(n) >= 1e16)
        return n;
    snprintf(text, sizeof text, "%.*f", digits, n);
    for (const char *p = text; *p; p++) {
        bool part = (*p >= '0' && *p <= '9') || *p == '-';
        if (part || (k > 0 && !memchr(plain, '.', k)))      /* whatever the locale's decimal sign is */
            plain[k++] = part ? *p : '.';
    }
    return ond_num_parse((ond_str){plain, k}, &n) ? n : 0;
}

tv ond__tpl_f_round(const tpl_call *c)
{
    double n;
    tv first = ond__tpl_given(c, 0, ond__tv_number(0)), how = ond__tpl_given(c, 1, ond__tv_text(OND_S("common")));
    if (!ond__tv_to_number(c->v, &n))
        return ond__tpl_given(c, 2, ond__tv_error("round: not a number"));
    if (first.type != TV_INT || how.type != TV_TEXT || fabs(first.n) > 15)
        return ond__tv_error("round: digits are a number from -15 to 15, and a method is a text");
    double unit = pow(10, first.n);
    if (ond_str_is(how.s, "ceil"))
        n = ceil(n * unit) / unit;
    else if (ond_str_is(how.s, "floor"))
        n = floor(n * unit) / unit;
    else if (ond_str_is(how.s, "half"))
        n = rint(n * 2) / 2;
    else
        n = first.n < 0 ? rint(n * unit) / unit : nearest(n, (int)first.n);
    return first.n == 0 ? (tv){.type = TV_INT, .n = trunc(n)} : (tv){.type = TV_NUMBER, .n = n};
}

tv ond__tpl_f_abs(const tpl_call *c)
{
    if (!ond__tv_is_number(c->v))
        return ond__tv_error("abs: not a number");
    return (tv){.type = c->v->type == TV_NUMBER ? TV_NUMBER : TV_INT, .n = fabs(c->v->n)};
}

static tv scaled(const tpl_call *c, char op)
{
    tv a, k = ond__tpl_given(c, 0, ond__tv_error("multiply and add need an amount"));
    double n;
    if (!ond__tv_to_number(c->v, &n))
        return ond__tpl_given(c, 1, ond__tv_error("not a number"));
    a = (tv){.type = TV_NUMBER, .n = n};
    return ond__tv_math(c->t, op, &a, &k);
}

tv ond__tpl_f_multiply(const tpl_call *c) { return scaled(c, '*'); }
tv ond__tpl_f_add(const tpl_call *c) { return scaled(c, '+'); }

tv ond__tpl_f_bool(const tpl_call *c)
{
    static const char *const yes[] = {"true", "yes", "on", "enable", "1"}, *const no[] = {"false", "no", "off", "disable", "0"};
    ond_str s = c->v->type == TV_TEXT ? ond_str_trim(c->v->s) : OND_S("");
    if (ond__tv_is_number(c->v))
        return ond__tv_bool(c->v->n != 0);
    for (size_t i = 0; i < 5; i++) {
        if (s.n == strlen(yes[i]) && strncasecmp(s.p, yes[i], s.n) == 0)
            return ond__tv_bool(true);
        if (s.n == strlen(no[i]) && strncasecmp(s.p, no[i], s.n) == 0)
            return ond__tv_bool(false);
    }
    return ond__tpl_given(c, 0, ond__tv_error("bool: neither true nor false"));
}

static tv extreme(const tpl_call *c, bool most)
{
    bool list = c->n == 1 && c->a[0].type == TV_JSON && cJSON_IsArray(c->a[0].j);
    const cJSON *next = list ? c->a[0].j->child : NULL;
    tv best = {.type = TV_ABSENT};
    for (size_t i = 0; list ? next != NULL : i < c->n; i++) {
        tv v = list ? ond__tv_json(next) : c->a[i];
        if (!ond__tv_is_number(&v))
            return ond__tv_error("min and max need numbers");
        if (best.type == TV_ABSENT || (most ? v.n > best.n : v.n < best.n))
            best = v;
        next = list ? next->next : NULL;
    }
    return best.type == TV_ABSENT ? ond__tv_error("min and max need numbers") : best;
}

tv ond__tpl_f_max(const tpl_call *c) { return extreme(c, true); }
tv ond__tpl_f_min(const tpl_call *c) { return extreme(c, false); }

tv ond__tpl_f_is_number(const tpl_call *c)
{
    double ignored;
    return ond__tv_bool(ond__tv_to_number(c->v, &ignored));
}
