/* check.c - whether a device takes these attributes; if not, says what it takes.
 *
 * The row's "limits" are the law: [low, high] for numbers, a list of words, [false, true] for
 * flags. */
#include "sim/house.h"

static void put_names(ond_buf *out, const cJSON *limits)
{
    for (const cJSON *l = limits->child; l; l = l->next)
        ond_buf_printf(out, "%s%s", l == limits->child ? "" : ", ", l->string);
    if (!limits->child) ond_buf_puts(out, "nothing");
}

static void put_words(ond_buf *out, const cJSON *list)
{
    for (const cJSON *w = list->child; w; w = w->next)
        ond_buf_printf(out, "%s%s", w == list->child ? "" : ", ",
                       cJSON_IsString(w) ? w->valuestring : "");
}

static int unknown_attr(const char *id, const cJSON *limits, const char *name, ond_err *err)
{
    if (!limits || !limits->child)
        return ond_fail(err, OND_E_INPUT, "%s can only be read, not set", id);
    ond_buf b = {0};
    put_names(&b, limits);
    int rc = ond_fail(err, OND_E_INPUT, "%s has no attribute '%s' that can be set; it takes: %s",
                      id, name, ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

static int check_number(const char *id, const cJSON *limit, const cJSON *v, ond_err *err)
{
    double low = limit->child->valuedouble, high = limit->child->next->valuedouble;
    if (!cJSON_IsNumber(v))
        return ond_fail(err, OND_E_INPUT, "%s of %s is a number from %g to %g", v->string, id, low,
                        high);
    if (v->valuedouble < low || v->valuedouble > high)
        return ond_fail(err, OND_E_INPUT, "%s %g is outside what %s takes, %g to %g", v->string,
                        v->valuedouble, id, low, high);
    return OND_OK;
}

static int check_word(const char *id, const cJSON *limit, const cJSON *v, ond_err *err)
{
    for (const cJSON *w = limit->child; w && cJSON_IsString(v); w = w->next)
        if (cJSON_IsString(w) && strcmp(w->valuestring, v->valuestring) == 0) return OND_OK;
    ond_buf b = {0};
    put_words(&b, limit);
    int rc = ond_fail(err, OND_E_INPUT, "%s of %s cannot be '%.40s'; it is one of: %s", v->string,
                      id, cJSON_IsString(v) ? v->valuestring : "that", ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

static int check_rgb(const char *id, const cJSON *v, ond_err *err)
{
    bool ok = cJSON_IsArray(v) && cJSON_GetArraySize(v) == 3;
    for (const cJSON *c = ok ? v->child : NULL; c; c = c->next)
        ok = ok && cJSON_IsNumber(c) && c->valuedouble >= 0 && c->valuedouble <= 255;
    return ok ? OND_OK : ond_fail(err, OND_E_INPUT, "rgb of %s is three numbers from 0 to 255", id);
}

static int check_one(const char *id, const cJSON *limits, bool moves, const cJSON *v, ond_err *err)
{
    const cJSON *limit = ond_json_get(limits, v->string);
    if (!limit && strcmp(v->string, "hvac_mode") == 0) limit = ond_json_get(limits, "state");
    if (!limit && strcmp(v->string, "rgb") == 0 && ond_json_get(limits, "color"))
        return check_rgb(id, v, err);
    if (!limit || !limit->child) return unknown_attr(id, limits, v->string, err);
    if (cJSON_IsNumber(limit->child) && limit->child->next) return check_number(id, limit, v, err);
    if (cJSON_IsBool(limit->child))
        return cJSON_IsBool(v)
                   ? OND_OK
                   : ond_fail(err, OND_E_INPUT, "%s of %s is true or false", v->string, id);
    if (moves && cJSON_IsString(v) && strcmp(v->string, "state") == 0 &&
        strcmp(v->valuestring, "stopped") == 0)
        return OND_OK;
    return check_word(id, limit, v, err);
}

int ond_attributes_check(const char *id, const cJSON *limits, bool moves, const cJSON *attributes,
                         ond_err *err)
{
    if (!cJSON_IsObject(attributes))
        return ond_fail(err, OND_E_INPUT,
                        "attributes of %s must be an object such as {\"state\":\"on\"}", id);
    for (const cJSON *v = attributes->child; v; v = v->next) {
        int rc = check_one(id, limits, moves, v, err);
        if (rc != 0) return rc;
    }
    return OND_OK;
}

/* What only the world does: it gives a sensor its value. */
static bool is_sensed(const ond__thing *t, const cJSON *v)
{
    if (strcmp(v->string, "state") != 0) return false;
    if (strcmp(t->domain->name, "binary_sensor") == 0)
        return cJSON_IsString(v) && ond__word_in("on off", v->valuestring);
    return strcmp(t->domain->name, "sensor") == 0 && (cJSON_IsNumber(v) || cJSON_IsString(v));
}

static int check_members(const ond_house *h, const ond__thing *t, const cJSON *members,
                         ond_err *err)
{
    if (!cJSON_IsObject(members))
        return ond_fail(err, OND_E_INPUT, "members of %s is an object: device id to attributes",
                        t->id);
    for (const cJSON *m = members->child; m; m = m->next) {
        const ond__thing *other = ond__thing_find(h, m->string);
        if (!other)
            return ond_fail(err, OND_E_INPUT, "%s names %s, which this house does not have", t->id,
                            m->string);
        if (strcmp(other->domain->name, "scene") == 0)
            return ond_fail(err, OND_E_INPUT, "%s names %s: a scene cannot hold a scene", t->id,
                            m->string);
        int rc = ond__check(h, other, m, false, err);
        if (rc != 0) return ond_err_prefix(err, "%s", t->id);
    }
    return OND_OK;
}

int ond__check(const ond_house *h, const ond__thing *t, const cJSON *attributes, bool world,
               ond_err *err)
{
    const cJSON *members = ond_json_get(attributes, "members"),
                *only = attributes ? attributes->child : NULL;
    if (strcmp(t->domain->name, "scene") == 0 && members) return check_members(h, t, members, err);
    if (world && cJSON_IsObject(attributes) && only && !only->next && is_sensed(t, only))
        return OND_OK;
    return ond_attributes_check(t->id, t->limits, t->domain->moving[0] != '\0', attributes, err);
}
