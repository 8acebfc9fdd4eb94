/* check.c - whether a device takes these attributes, here and in a scene. */
#include "hand/home/internal.h"

static bool can_stop(const ond__view *v)
{
    const char *const movers[] = {"cover", "valve"};
    for (size_t i = 0; i < sizeof movers / sizeof movers[0]; i++)
        if (strcmp(v->domain, movers[i]) == 0) return true;
    return false;
}

static int check_members(ond__home *h, const ond__view *scene, const cJSON *members, ond_err *err)
{
    if (!cJSON_IsObject(members))
        return ond_fail(err, OND_E_INPUT, "members of %s is an object: device id to attributes",
                        scene->id);
    for (const cJSON *m = members->child; m; m = m->next) {
        ond__view v;
        int rc = ond__home_find(h, m->string, &v, err);
        if (rc == 0 && strcmp(v.domain, "scene") == 0)
            rc = ond_fail(err, OND_E_INPUT, "a scene cannot hold the scene %s", v.id);
        if (rc == 0 && !v.available)
            rc = ond_fail(err, OND_E_UNAVAILABLE, "%s is not reachable", v.id);
        if (rc == 0) rc = ond__attributes_check(h, &v, m, err);
        if (rc != 0) return ond_err_prefix(err, "%s", scene->id);
    }
    return OND_OK;
}

static bool opaque_act(const ond__view *v, const cJSON *attributes)
{
    const char *state = ond_json_str(attributes, "state", "");
    return !attributes->child->next &&
           ((strcmp(v->domain, "scene") == 0 && strcmp(state, "activated") == 0) ||
            (strcmp(v->domain, "button") == 0 && strcmp(state, "pressed") == 0));
}

int ond__attributes_check(ond__home *h, const ond__view *v, const cJSON *attributes, ond_err *err)
{
    if (!cJSON_IsObject(attributes) || !attributes->child)
        return ond_fail(err, OND_E_INPUT,
                        "no attributes for %s; they are an object such as {\"state\":\"on\"}",
                        v->id);
    const cJSON *members = ond_json_get(attributes, "members");
    if (strcmp(v->domain, "scene") == 0 && members) return check_members(h, v, members, err);
    if (opaque_act(v, attributes)) return OND_OK;
    return ond_attributes_check(v->id, v->limits, can_stop(v), attributes, err);
}
