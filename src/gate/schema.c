/* schema.c - arguments against the JSON Schema of a verb, before a hand sees them.
 *
 * The subset is the one that hand.h names; a schema that uses more is refused when the gate opens,
 * never enforced in part. Beyond the schema, arguments are refused when a name stands twice (two
 * readers could read two different values), when a text is no UTF-8 or holds control characters,
 * and when a number is not finite. */
#include "gate/room.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

enum { OND__ARG_TEXT = 16384, OND__ARG_ITEMS = 1024, OND__DEPTH = 16 };

static const char *const keywords[] = {
    "type",  "properties",           "required",   "enum", "minimum", "maximum", "maxLength",
    "items", "additionalProperties", "description"};
static const char *const types[] = {"object",  "array",   "string", "number",
                                    "integer", "boolean", "null"};

static bool is_one_of(const char *word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0) return true;
    return false;
}

int ond__schema_known(const cJSON *schema, const char *where, ond_err *err)
{
    int rc;
    if (!cJSON_IsObject(schema))
        return ond_fail(err, OND_E_FAILED, "%s: a schema should be an object", where);
    for (const cJSON *c = schema->child; c; c = c->next)
        if (!is_one_of(c->string, keywords, sizeof keywords / sizeof *keywords))
            return ond_fail(err, OND_E_FAILED,
                            "%s: the schema uses '%s', which is not checked here", where,
                            c->string);
    const char *type = ond_json_str(schema, "type", NULL);
    if (ond_json_get(schema, "type") &&
        (!type || !is_one_of(type, types, sizeof types / sizeof *types)))
        return ond_fail(err, OND_E_FAILED, "%s: the schema's type is not known", where);
    const cJSON *properties = ond_json_get(schema, "properties"),
                *items = ond_json_get(schema, "items");
    for (const cJSON *c = properties ? properties->child : NULL; c; c = c->next)
        OND_TRY(ond__schema_known(c, where, err));
    rc = items ? ond__schema_known(items, where, err) : 0;
out:
    return rc;
}

/* ---- checking ---- */

typedef struct checker {
    const char *where; /* "home.turn_on" */
    int depth;
    ond_err *err;
} checker;

static int check(checker *k, const cJSON *schema, const cJSON *v, const char *arg);

static bool type_holds(const char *type, const cJSON *v)
{
    if (!strcmp(type, "object")) return cJSON_IsObject(v);
    if (!strcmp(type, "array")) return cJSON_IsArray(v);
    if (!strcmp(type, "string")) return cJSON_IsString(v);
    if (!strcmp(type, "number")) return cJSON_IsNumber(v);
    if (!strcmp(type, "integer"))
        return cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble);
    if (!strcmp(type, "boolean")) return cJSON_IsBool(v);
    return cJSON_IsNull(v);
}

static size_t keys_of(const cJSON *object, const char **names, size_t max)
{
    size_t n = 0;
    for (const cJSON *c = object ? object->child : NULL; c && n < max; c = c->next)
        names[n++] = c->string;
    return n;
}

static int fail_enum(checker *k, const cJSON *allowed, const cJSON *v, const char *arg)
{
    const char *names[128];
    size_t n = 0;
    ond_buf b = {0}, shown = {0};
    for (const cJSON *c = allowed->child; c; c = c->next) {
        if (b.n < 200) {
            if (b.n) ond_buf_puts(&b, ", ");
            ond_json_print(&b, c);
        }
        if (cJSON_IsString(c) && n < 128) names[n++] = c->valuestring;
    }
    ond_json_print(&shown, v);
    ond_buf near = {0};
    if (cJSON_IsString(v)) ond__near_put(&near, v->valuestring, names, n);
    int rc = ond_fail(k->err, OND_E_INPUT, "%s: %s is %.*s, but may be: %s%s", k->where, arg,
                      (int)ond_utf8_cut(ond_str_of(ond_buf_z(&shown)), 60), ond_buf_z(&shown),
                      ond_buf_z(&b), ond_buf_z(&near));
    ond_buf_free(&b);
    ond_buf_free(&shown);
    ond_buf_free(&near);
    return rc;
}

static int check_enum(checker *k, const cJSON *allowed, const cJSON *v, const char *arg)
{
    for (const cJSON *c = allowed->child; c; c = c->next)
        if (ond_json_equal(c, v)) return 0;
    return fail_enum(k, allowed, v, arg);
}

static int check_number(checker *k, const cJSON *schema, const cJSON *v, const char *arg)
{
    double low = ond_json_num(schema, "minimum", -INFINITY),
           high = ond_json_num(schema, "maximum", INFINITY);
    if (!isfinite(v->valuedouble))
        return ond_fail(k->err, OND_E_INPUT, "%s: %s is no finite number", k->where, arg);
    if (v->valuedouble >= low && v->valuedouble <= high) return 0;
    if (isfinite(low) && isfinite(high))
        return ond_fail(k->err, OND_E_INPUT, "%s: %s is %g, but may be from %g to %g", k->where,
                        arg, v->valuedouble, low, high);
    return ond_fail(k->err, OND_E_INPUT, "%s: %s is %g, but may be at %s %g", k->where, arg,
                    v->valuedouble, isfinite(low) ? "least" : "most", isfinite(low) ? low : high);
}

static int check_text(checker *k, const cJSON *schema, const char *text, const char *arg)
{
    ond_str s = ond_str_of(text);
    double most = ond_json_num(schema, "maxLength", OND__ARG_TEXT);
    if (ond_utf8_valid(s) != s.n)
        return ond_fail(k->err, OND_E_INPUT, "%s: %s is not valid UTF-8", k->where, arg);
    if ((double)ond_utf8_count(s) > most)
        return ond_fail(k->err, OND_E_INPUT, "%s: %s has %zu characters, at most %g are allowed",
                        k->where, arg, ond_utf8_count(s), most);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t'))
            return ond_fail(k->err, OND_E_INPUT, "%s: %s holds a control character", k->where, arg);
    }
    return 0;
}

static int check_items(checker *k, const cJSON *schema, const cJSON *v, const char *arg)
{
    const cJSON *items = ond_json_get(schema, "items");
    int rc = 0, n = 0;
    for (const cJSON *c = v->child; rc == 0 && c; c = c->next) {
        char name[96];
        snprintf(name, sizeof name, "%.80s[%d]", arg, n);
        if (++n > OND__ARG_ITEMS)
            return ond_fail(k->err, OND_E_INPUT, "%s: %s has over %d items", k->where, arg,
                            OND__ARG_ITEMS);
        rc = check(k, items, c, name);
    }
    return rc;
}

static int check_unknown_key(checker *k, const cJSON *schema, const char *key)
{
    const char *names[128];
    size_t n = keys_of(ond_json_get(schema, "properties"), names, 128);
    ond_buf b = {0};
    ond_buf_printf(&b, "%s: '%.60s' is no argument", k->where, key);
    if (n) ond_buf_puts(&b, " (");
    for (size_t i = 0; i < n && b.n < 300; i++) ond_buf_printf(&b, "%s%s", i ? ", " : "", names[i]);
    if (n) ond_buf_puts(&b, ")");
    ond__near_put(&b, key, names, n);
    int rc = ond_fail(k->err, OND_E_INPUT, "%s", ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

static int check_object(checker *k, const cJSON *schema, const cJSON *v)
{
    const cJSON *properties = ond_json_get(schema, "properties"),
                *required = ond_json_get(schema, "required");
    bool more = ond_json_bool(schema, "additionalProperties", true);
    int n = 0;
    for (const cJSON *c = v->child; c; c = c->next) {
        if (!c->string || ond_utf8_valid(ond_str_of(c->string)) != strlen(c->string))
            return ond_fail(k->err, OND_E_INPUT, "%s: an argument's name is not valid UTF-8",
                            k->where);
        if (++n > OND__ARG_ITEMS)
            return ond_fail(k->err, OND_E_INPUT, "%s: too many arguments", k->where);
        if (ond_json_get(v, c->string) != c)
            return ond_fail(k->err, OND_E_INPUT, "%s: '%.60s' stands twice", k->where, c->string);
        const cJSON *property = ond_json_get(properties, c->string);
        if (!property && !more) return check_unknown_key(k, schema, c->string);
        int rc = check(k, property, c, c->string); /* without one: what holds for every value */
        if (rc) return rc;
    }
    for (const cJSON *c = required ? required->child : NULL; c; c = c->next)
        if (cJSON_IsString(c) && !ond_json_get(v, c->valuestring))
            return ond_fail(k->err, OND_E_INPUT, "%s: '%s' is missing", k->where, c->valuestring);
    return 0;
}

static int check(checker *k, const cJSON *schema, const cJSON *v, const char *arg)
{
    const char *type = ond_json_str(schema, "type", NULL);
    const cJSON *allowed = ond_json_get(schema, "enum");
    int rc = 0;
    if (k->depth >= OND__DEPTH)
        return ond_fail(k->err, OND_E_INPUT, "%s: %s is nested too deeply", k->where, arg);
    if (type && !type_holds(type, v)) {
        bool vowel = strchr("aeiou", type[0]) != NULL;
        return ond_fail(k->err, OND_E_INPUT, "%s: %s should be %s %s", k->where, arg,
                        vowel ? "an" : "a", type);
    }
    k->depth++;
    if (cJSON_IsNumber(v))
        rc = check_number(k, schema, v, arg);
    else if (cJSON_IsString(v))
        rc = check_text(k, schema, v->valuestring, arg);
    else if (cJSON_IsArray(v))
        rc = check_items(k, schema, v, arg);
    else if (cJSON_IsObject(v))
        rc = check_object(k, schema, v);
    if (rc == 0 && allowed) rc = check_enum(k, allowed, v, arg);
    k->depth--;
    return rc;
}

int ond__schema_check(const cJSON *schema, const cJSON *args, const char *where, ond_err *err)
{
    checker k = {where, 0, err};
    if (!cJSON_IsObject(args))
        return ond_fail(err, OND_E_INPUT, "%s: the arguments should be an object", where);
    return check(&k, schema, args, "args");
}

/* ---- which arguments choose ---- */

/* Texts that name a thing, a place or someone are choices too, though no schema can list them. */
static const char *const choosing[] = {
    "entity", "entities", "area", "floor",   "target",   "to",     "cc",     "bcc",     "recipient",
    "host",   "url",      "path", "account", "calendar", "folder", "amount", "command", "note",
    "id",     "ids",      "uid"};

bool ond__schema_control(const cJSON *schema, const char *arg)
{
    if (is_one_of(arg, choosing, sizeof choosing / sizeof *choosing)) return true;
    const cJSON *p = ond_json_get(ond_json_get(schema, "properties"), arg);
    if (!p) return true; /* not in the schema: nobody said that it is harmless */
    const cJSON *items = ond_json_get(p, "items");
    const char *type = ond_json_str(items ? items : p, "type", "");
    return ond_json_get(items ? items : p, "enum") || strcmp(type, "string") != 0;
}
