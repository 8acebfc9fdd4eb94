/* context.c - conditions of a block, checked as hassil checks them (recognize.py, util.py). */
#include "talk/context.h"

const cJSON *ond__context_value(const cJSON *v)
{
    if (cJSON_IsObject(v)) v = ond_json_get(v, "value");
    return v && !cJSON_IsNull(v) ? v : NULL;
}

static bool number_of(const cJSON *v, double *out)
{
    if (cJSON_IsNumber(v))
        *out = v->valuedouble;
    else if (cJSON_IsBool(v))
        *out = cJSON_IsTrue(v);
    else
        return false;
    return true;
}

bool ond__context_equal(const cJSON *a, const cJSON *b)
{
    double x, y;
    if (!a || !b) return a == b;
    if (cJSON_IsString(a) && cJSON_IsString(b)) return strcmp(a->valuestring, b->valuestring) == 0;
    if (number_of(a, &x) && number_of(b, &y)) return x == y;
    return ond_json_equal(a, b);
}

static bool is_in(const cJSON *list, const cJSON *v)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsNull(item) ? !v : ond__context_equal(item, v)) return true;
    }
    return false;
}

bool ond__context_allows(const cJSON *required, const cJSON *actual, bool present, bool missing_ok)
{
    if (!present) return missing_ok;
    const cJSON *want = ond__context_value(required), *have = ond__context_value(actual);
    if (!want) return true;
    return cJSON_IsArray(want) ? is_in(want, have) : ond__context_equal(want, have);
}

bool ond__context_excludes(const cJSON *excluded, const cJSON *actual, bool present)
{
    if (!present) return false;
    const cJSON *not = ond__context_value(excluded), *have = ond__context_value(actual);
    return cJSON_IsArray(not ) ? is_in(not, have) : ond__context_equal(not, have);
}

bool ond__context_meets(const cJSON *required, const cJSON *actual)
{
    const cJSON *want = ond__context_value(required), *have = ond__context_value(actual);
    if (!want) return have != NULL;
    if (have && ond__context_equal(want, have)) return true;
    return cJSON_IsArray(want) && is_in(want, have);
}

bool ond__context_may(const cJSON *requires, const cJSON *excludes, const cJSON *context)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, requires)
    {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(context, entry->string);
        if (!ond__context_allows(entry, v, v != NULL, true)) return false;
    }
    cJSON_ArrayForEach(entry, excludes)
    {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(context, entry->string);
        if (ond__context_excludes(entry, v, v != NULL)) return false;
    }
    return true;
}
