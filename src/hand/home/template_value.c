/* template_value.c - values of templates: truth, numbers, text, items, arithmetic; as Python has them. */
#include "hand/home/template_value.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WHOLE_MOST 9007199254740992.0        /* 2^53: whole numbers are exact below */
#define COMPARE_MOST (64u << 10)

tv ond__tv_text(ond_str s)
{
    return (tv){.type = TV_TEXT, .s = s};
}

tv ond__tv_number(double n)
{
    return (tv){.type = n == floor(n) && fabs(n) < WHOLE_MOST ? TV_INT : TV_NUMBER, .n = n};
}

tv ond__tv_bool(bool b)
{
    return (tv){.type = TV_BOOL, .n = b};
}

tv ond__tv_error(const char *what)
{
    return (tv){.type = TV_ERROR, .s = ond_str_of(what)};
}

tv ond__tv_json(const cJSON *j)
{
    if (!j)
        return (tv){.type = TV_UNDEFINED, .s = OND_S("a member")};
    if (cJSON_IsString(j))
        return ond__tv_text(ond_str_of(j->valuestring));
    if (cJSON_IsNumber(j))
        return ond__tv_number(j->valuedouble);
    if (cJSON_IsBool(j))
        return ond__tv_bool(cJSON_IsTrue(j));
    if (cJSON_IsNull(j))
        return (tv){.type = TV_NONE};
    return (tv){.type = TV_JSON, .j = j};
}

tv ond__tv_own(tpl *t, cJSON *j)
{
    if (j && t->n_owned < TPL_OWNED) {
        t->owned[t->n_owned++] = j;
        return (tv){.type = TV_JSON, .j = j};
    }
    cJSON_Delete(j);
    return ond__tv_error("too many lists");
}

/* About the bytes of a copy of j; stops counting beyond `most`. */
static size_t weight(const cJSON *j, size_t most)
{
    size_t sum = 0;
    for (; j && sum <= most; j = j->next) {
        sum += sizeof *j + (j->valuestring ? strlen(j->valuestring) : 0) + (j->string ? strlen(j->string) : 0);
        sum += weight(j->child, most > sum ? most - sum : 0);
    }
    return sum;
}

static size_t weight_of(const tv *v, size_t most)
{
    return sizeof(cJSON) + (v->type == TV_TEXT ? v->s.n : v->type == TV_JSON ? weight(v->j->child, most) : 0);
}

bool ond__tv_spend(tpl *t, const tv *v)
{
    size_t left = TPL_COPIES - t->copied, w = weight_of(v, left);
    t->copied += w < left ? w : left;
    return w < left;
}

tv ond__tv_copy(tpl *t, const ond_buf *b)
{
    char *z = ond_buf_ok(b) ? ond_arena_dup(&t->mem, (ond_str){ond_buf_z(b), b->n}) : NULL;
    return z ? ond__tv_text((ond_str){z, b->n}) : ond__tv_error("the text grows too long");
}

tv ond__tv_missing(tpl *t, const tv *v)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "'%.*s' is not there", (int)(v->s.n > 60 ? 60 : v->s.n), v->s.p ? v->s.p : "");
    tv out = ond__tv_copy(t, &b);
    out.type = TV_ERROR;
    ond_buf_free(&b);
    return out;
}

bool ond__tv_true(const tv *v)
{
    switch (v->type) {
    case TV_BOOL: case TV_INT: case TV_NUMBER: return v->n != 0;
    case TV_TEXT: return v->s.n > 0;
    case TV_JSON: return v->j->child != NULL;
    default: return false;
    }
}

bool ond__tv_is_number(const tv *v)
{
    return v->type == TV_INT || v->type == TV_NUMBER || v->type == TV_BOOL;
}

bool ond__tv_equal(const tv *a, const tv *b)
{
    if (ond__tv_is_number(a) && ond__tv_is_number(b))
        return a->n == b->n;
    if (a->type != b->type)
        return false;
    if (a->type == TV_TEXT)
        return ond_str_eq(a->s, b->s);
    return a->type != TV_JSON || ond_json_equal(a->j, b->j);
}

bool ond__tv_to_number(const tv *v, double *out)
{
    if (ond__tv_is_number(v)) {
        *out = v->n;
        return true;
    }
    return v->type == TV_TEXT && ond_num_parse(ond_str_trim(v->s), out);
}

static void print_number(const tv *v, ond_buf *out)
{
    if (v->type == TV_BOOL) {
        ond_buf_puts(out, v->n != 0 ? "True" : "False");
        return;
    }
    if (!isfinite(v->n)) {
        ond_buf_puts(out, isnan(v->n) ? "nan" : v->n > 0 ? "inf" : "-inf");
        return;
    }
    bool whole = v->n == floor(v->n) && fabs(v->n) < 1e16;
    if (whole)
        ond_buf_printf(out, "%.0f%s", v->n == 0 && v->type == TV_INT ? 0.0 : v->n, v->type == TV_NUMBER ? ".0" : "");
    else
        ond_num_put(out, v->n);
}

void ond__tv_print(const tv *v, ond_buf *out)
{
    if (ond__tv_is_number(v))
        print_number(v, out);
    else if (v->type == TV_TEXT)
        ond_buf_str(out, v->s);
    else if (v->type == TV_NONE)
        ond_buf_puts(out, "None");
    else if (v->type == TV_JSON)
        ond_json_print(out, v->j);
}

cJSON *ond__tv_to_json(const tv *v)
{
    switch (v->type) {
    case TV_BOOL: return cJSON_CreateBool(v->n != 0);
    case TV_INT: case TV_NUMBER: return cJSON_CreateNumber(v->n);
    case TV_JSON: return cJSON_Duplicate(v->j, true);
    case TV_TEXT: {
        char *z = ond_str_dup(v->s);
        cJSON *j = z ? cJSON_CreateString(z) : NULL;
        free(z);
        return j;
    }
    default: return cJSON_CreateNull();
    }
}

/* A character of a text. */
static tv text_item(const tv *v, const tv *key)
{
    tv none = {.type = TV_UNDEFINED, .s = OND_S("a member of a text")};
    if (key->type != TV_INT)
        return none;
    double i = key->n < 0 ? key->n + (double)ond_utf8_count(v->s) : key->n;
    size_t at = 0, from = 0;
    for (double k = 0; k <= i && at < v->s.n; k++) {
        from = at;
        (void)ond_utf8_next(v->s, &at);
        if (k == i)
            return ond__tv_text((ond_str){v->s.p + from, at - from});
    }
    return none;
}

tv ond__tv_item(tpl *t, const tv *v, const tv *key)
{
    if (v->type == TV_ERROR || key->type == TV_ERROR)
        return v->type == TV_ERROR ? *v : *key;
    if (v->type == TV_UNDEFINED || v->type == TV_NONE)
        return ond__tv_error("a member of something that is not there");
    if (v->type == TV_TEXT)
        return text_item(v, key);
    if (v->type != TV_JSON)
        return (tv){.type = TV_UNDEFINED, .s = OND_S("a member of a number")};
    if (cJSON_IsArray(v->j) && key->type == TV_INT) {
        int n = cJSON_GetArraySize(v->j);
        double i = key->n < 0 ? key->n + n : key->n;
        return ond__tv_json(i >= 0 && i < n ? cJSON_GetArrayItem(v->j, (int)i) : NULL);
    }
    ond_buf name = {0};
    ond__tv_print(key, &name);
    tv out = ond__tv_json(cJSON_IsObject(v->j) ? ond_json_get(v->j, ond_buf_z(&name)) : NULL);
    if (out.type == TV_UNDEFINED && key->type == TV_TEXT)
        out.s = key->s;
    ond_buf_free(&name);
    (void)t;
    return out;
}

static tv join(tpl *t, const tv *a, const tv *b)
{
    ond_buf text = {0};
    ond__tv_print(a, &text);
    ond__tv_print(b, &text);
    tv out = ond__tv_copy(t, &text);
    ond_buf_free(&text);
    return out;
}

/* A whole result of whole operands is whole, but for division, as in Python. */
static tv result(double n, const tv *a, const tv *b, char op)
{
    bool whole = a->type != TV_NUMBER && b->type != TV_NUMBER && op != '/';
    return (tv){.type = whole && n == floor(n) ? TV_INT : TV_NUMBER, .n = n};
}

/* Python's // and %: the remainder has the sign of the divisor, and 5 // 0.1 is 49, since 0.1 is a little more than it looks. */
static double divided(double a, double b, bool remainder)
{
    double rest = fmod(a, b), whole = (a - rest) / b;
    if (rest != 0 && (rest < 0) != (b < 0)) {
        rest += b;
        whole -= 1;
    }
    return remainder ? rest : rint(whole);
}

tv ond__tv_math(tpl *t, char op, const tv *a, const tv *b)
{
    if (a->type == TV_ERROR || b->type == TV_ERROR)
        return a->type == TV_ERROR ? *a : *b;
    if (a->type == TV_UNDEFINED || b->type == TV_UNDEFINED)
        return ond__tv_missing(t, a->type == TV_UNDEFINED ? a : b);
    if (op == '~' || (op == '+' && a->type == TV_TEXT && b->type == TV_TEXT))
        return join(t, a, b);
    if (op == '%' && a->type == TV_TEXT)
        return ond__tpl_format(t, a, b, 1);
    if (!ond__tv_is_number(a) || !ond__tv_is_number(b))
        return ond__tv_error("arithmetic with something that is no number");
    if (b->n == 0 && strchr("/%d", op))
        return ond__tv_error("division by zero");
    double n = op == '+'   ? a->n + b->n
               : op == '-' ? a->n - b->n
               : op == '*' ? a->n * b->n
               : op == '/' ? a->n / b->n
               : op == 'd' ? divided(a->n, b->n, false)
               : op == '%' ? divided(a->n, b->n, true)
                           : pow(a->n, b->n);
    return isfinite(n) ? result(n, a, b, op) : ond__tv_error("a number that is too large");
}

static bool contains(const tv *in, const tv *what, bool *fits)
{
    *fits = true;
    if (in->type == TV_TEXT && what->type == TV_TEXT)
        return what->s.n == 0 || (in->s.n >= what->s.n && memmem(in->s.p, in->s.n, what->s.p, what->s.n) != NULL);
    *fits = in->type == TV_JSON || in->type == TV_UNDEFINED;
    for (const cJSON *c = in->type == TV_JSON ? in->j->child : NULL; c; c = c->next) {
        tv item = cJSON_IsObject(in->j) ? ond__tv_text(ond_str_of(c->string)) : ond__tv_json(c);
        if (ond__tv_equal(&item, what))
            return true;
    }
    return false;
}

tv ond__tv_compare(const char *op, const tv *a, const tv *b)
{
    if (a->type == TV_ERROR || b->type == TV_ERROR)
        return a->type == TV_ERROR ? *a : *b;
    bool fits = false;
    if (a->type == TV_JSON && b->type == TV_JSON && weight_of(a, COMPARE_MOST) + weight_of(b, COMPARE_MOST) > COMPARE_MOST)
        return ond__tv_error("a comparison of lists that are too long");
    if (strcmp(op, "==") == 0 || strcmp(op, "!=") == 0)
        return ond__tv_bool(ond__tv_equal(a, b) == (op[0] == '='));
    if (strcmp(op, "in") == 0 || strcmp(op, "not in") == 0) {
        bool in = contains(b, a, &fits);
        return fits ? ond__tv_bool(in == (op[0] == 'i')) : ond__tv_error("'in' needs a text, a list or a map");
    }
    double order;
    if (ond__tv_is_number(a) && ond__tv_is_number(b)) {
        order = a->n - b->n;
    } else if (a->type == TV_TEXT && b->type == TV_TEXT) {
        size_t n = a->s.n < b->s.n ? a->s.n : b->s.n;
        int c = n ? memcmp(a->s.p, b->s.p, n) : 0;
        order = c ? c : (double)a->s.n - (double)b->s.n;
    } else {
        return ond__tv_error("a comparison of things of different kinds");
    }
    bool eq = op[1] == '=' && order == 0;
    return ond__tv_bool(eq || (op[0] == '<' ? order < 0 : order > 0));
}
