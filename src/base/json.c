/* json.c - reads, edits, prints and compares cJSON values.
 *
 * What cJSON leaves open is closed here: strictness and depth (json_scan.c), repeated keys
 * (json_keys.c), numbers that read back the same in every locale, and a canonical form. */
#include "base/json_scan.h"

#include "base/utf8.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- reading ---- */

static bool finite_all(const cJSON *v)
{
    if (cJSON_IsNumber(v) && !isfinite(v->valuedouble)) return false;
    for (const cJSON *c = v->child; c; c = c->next)
        if (!finite_all(c)) return false;
    return true;
}

int ond_json_parse(ond_str text, cJSON **out, ond_err *err)
{
    *out = NULL;
    int rc = ond__json_scan(text, err);
    if (rc) return rc;
    const char *end = NULL;
    cJSON *v = cJSON_ParseWithLengthOpts(text.p, text.n, &end, false);
    /* The text is well formed, so the only way left to fail is memory. */
    if (!v) return ond_nomem(err, "reading JSON");
    if (!finite_all(v)) {
        cJSON_Delete(v);
        return ond_fail(err, OND_E_INPUT, "bad JSON: a number is too large for a double");
    }
    rc = ond__json_last_wins(v, err);
    if (rc) {
        cJSON_Delete(v);
        return rc;
    }
    *out = v;
    return OND_OK;
}

const cJSON *ond_json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const char *ond_json_str(const cJSON *object, const char *key, const char *otherwise)
{
    const cJSON *v = ond_json_get(object, key);
    return cJSON_IsString(v) && v->valuestring ? v->valuestring : otherwise;
}

double ond_json_num(const cJSON *object, const char *key, double otherwise)
{
    const cJSON *v = ond_json_get(object, key);
    return cJSON_IsNumber(v) ? v->valuedouble : otherwise;
}

bool ond_json_bool(const cJSON *object, const char *key, bool otherwise)
{
    const cJSON *v = ond_json_get(object, key);
    return cJSON_IsBool(v) ? cJSON_IsTrue(v) : otherwise;
}

/* ---- setting ---- */

bool ond_json_set(cJSON *object, const char *key, cJSON *value)
{
    cJSON *old = cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
    if (!value || !cJSON_IsObject(object)) {
        cJSON_Delete(value);
        return false;
    }
    if (old == value) return true;
    if (!old) {
        if (cJSON_AddItemToObject(object, key, value)) return true;
        cJSON_Delete(value);
        return false;
    }
    /* The key moves over, so that replacing cannot fail for want of memory. */
    if (value->string && !(value->type & cJSON_StringIsConst)) cJSON_free(value->string);
    value->string = old->string;
    value->type = (value->type & ~cJSON_StringIsConst) | (old->type & cJSON_StringIsConst);
    old->string = NULL;
    return cJSON_ReplaceItemViaPointer(object, old, value);
}

bool ond_json_set_str(cJSON *object, const char *key, const char *value)
{
    return ond_json_set(object, key, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

bool ond_json_set_num(cJSON *object, const char *key, double value)
{
    return ond_json_set(object, key, cJSON_CreateNumber(value));
}

bool ond_json_set_bool(cJSON *object, const char *key, bool value)
{
    return ond_json_set(object, key, cJSON_CreateBool(value));
}

/* ---- numbers ---- */

static locale_t c_locale(void)
{
    static locale_t c;
    if (!c) c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c;
}

bool ond_num_parse(ond_str s, double *out)
{
    char z[OND__NUMBER_MOST + 1];
    if (s.n == 0 || s.n > OND__NUMBER_MOST) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("0123456789+-.eE", s.p[i]) || !s.p[i]) return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    char *end;
    double v = c_locale() ? strtod_l(z, &end, c_locale()) : strtod(z, &end);
    if (*end || end == z || !isfinite(v)) return false;
    *out = v;
    return true;
}

void ond_num_put(ond_buf *out, double v)
{
    if (!isfinite(v)) {
        ond_buf_puts(out, "null");   /* as JSON has no other word for it */
        return;
    }
    if (v == floor(v) && fabs(v) < 1e15) {
        ond_buf_printf(out, "%.0f", v == 0 ? 0.0 : v);   /* no -0 */
        return;
    }
    char z[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(z, sizeof(z), "%.*g", digits, v);
        if (strtod(z, NULL) == v) break;   /* same locale as snprintf's */
    }
    for (char *p = z; *p; p++)
        if (!strchr("0123456789+-eE", *p)) *p = '.';   /* whatever the locale's decimal sign is */
    ond_buf_puts(out, z);
}

/* ---- printing ---- */

static void put_string(ond_buf *out, const char *z)
{
    static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    ond_str s = ond_str_of(z);
    ond_buf_putc(out, '"');
    for (size_t at = 0, from = 0; at < s.n;) {
        unsigned char c = (unsigned char)s.p[at];
        size_t next = at;
        bool broken = ond_utf8_next(s, &next) == 0xFFFD && next == at + 1;
        if (c >= 0x20 && c != '"' && c != '\\' && !broken) {
            at = next;
            if (at == s.n) ond_buf_put(out, s.p + from, at - from);
            continue;
        }
        ond_buf_put(out, s.p + from, at - from);
        const char *name = NULL;
        for (const char *p = named; *p; p += 2)
            if (*p == (char)c) name = p + 1;
        if (broken) ond_buf_puts(out, "\xEF\xBF\xBD");
        else if (name) ond_buf_printf(out, "\\%c", *name);
        else ond_buf_printf(out, "\\u%04x", c);
        from = ++at;
    }
    ond_buf_putc(out, '"');
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void put_value(ond_buf *out, const cJSON *v, bool canon);

static void put_member(ond_buf *out, const cJSON *c, bool first, bool canon)
{
    if (!first) ond_buf_putc(out, ',');
    put_string(out, c->string);
    ond_buf_putc(out, ':');
    put_value(out, c, canon);
}

static void put_sorted(ond_buf *out, const cJSON *object)
{
    size_t n = (size_t)cJSON_GetArraySize(object), i = 0;
    if (n == 0) return;
    const cJSON **v = malloc(n * sizeof(*v));
    if (!v) {
        out->bad = true;
        return;
    }
    for (const cJSON *c = object->child; c; c = c->next) v[i++] = c;
    qsort(v, n, sizeof(*v), by_key);
    for (i = 0; i < n; i++) put_member(out, v[i], i == 0, true);
    free(v);
}

static void put_value(ond_buf *out, const cJSON *v, bool canon)
{
    if (cJSON_IsObject(v)) {
        ond_buf_putc(out, '{');
        if (canon) put_sorted(out, v);
        else
            for (const cJSON *c = v->child; c; c = c->next)
                put_member(out, c, c == v->child, false);
        ond_buf_putc(out, '}');
    } else if (cJSON_IsArray(v)) {
        ond_buf_putc(out, '[');
        for (const cJSON *c = v->child; c; c = c->next) {
            if (c != v->child) ond_buf_putc(out, ',');
            put_value(out, c, canon);
        }
        ond_buf_putc(out, ']');
    } else if (cJSON_IsString(v)) {
        put_string(out, v->valuestring);
    } else if (cJSON_IsNumber(v)) {
        ond_num_put(out, v->valuedouble);
    } else {
        ond_buf_puts(out, cJSON_IsTrue(v) ? "true" : cJSON_IsFalse(v) ? "false" : "null");
    }
}

void ond_json_print(ond_buf *out, const cJSON *value) { put_value(out, value, false); }
void ond_json_canon(ond_buf *out, const cJSON *value) { put_value(out, value, true); }

/* ---- comparing ---- */

static bool equal_lists(const cJSON *a, const cJSON *b)
{
    const cJSON *x = a->child, *y = b->child;
    for (; x && y; x = x->next, y = y->next)
        if (!ond_json_equal(x, y)) return false;
    return !x && !y;
}

static bool equal_objects(const cJSON *a, const cJSON *b)
{
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b)) return false;
    const cJSON *y = b->child;   /* mostly the order is the same */
    for (const cJSON *x = a->child; x; x = x->next, y = y ? y->next : NULL) {
        const cJSON *other =
            y && strcmp(x->string, y->string) == 0 ? y : ond_json_get(b, x->string);
        if (!other || !ond_json_equal(x, other)) return false;
    }
    return true;
}

bool ond_json_equal(const cJSON *a, const cJSON *b)
{
    if (!a || !b) return a == b;
    if ((a->type & 0xFF) != (b->type & 0xFF)) return false;
    if (cJSON_IsObject(a)) return equal_objects(a, b);
    if (cJSON_IsArray(a)) return equal_lists(a, b);
    if (cJSON_IsString(a)) return strcmp(a->valuestring, b->valuestring) == 0;
    if (cJSON_IsNumber(a)) return fabs(a->valuedouble - b->valuedouble) <= 1e-9;
    return true;
}
