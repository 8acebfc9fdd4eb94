/* wishes.h - random things to ask of the hand `home`, and states without what the world moves by
 * itself. */
#ifndef OND_TESTS_HAND_WISHES_H
#define OND_TESTS_HAND_WISHES_H

#include "home.h"

static uint64_t seed = 88172645463325252u;

static inline unsigned rnd(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % n);
}

static inline cJSON *any_value(const cJSON *limit)
{
    const cJSON *first = limit->child;
    if (cJSON_IsNumber(first)) {
        double low = first->valuedouble, high = first->next->valuedouble;
        return cJSON_CreateNumber(low + rnd((unsigned)(high - low) + 1));
    }
    return cJSON_Duplicate(cJSON_GetArrayItem(limit, (int)rnd((unsigned)cJSON_GetArraySize(limit))),
                           false);
}

static inline cJSON *any_attributes(const cJSON *limits)
{
    cJSON *a = cJSON_CreateObject();
    int n = cJSON_GetArraySize(limits);
    if (n == 0) return a;
    for (unsigned k = 1 + rnd(3); k > 0; k--) {
        const cJSON *l = cJSON_GetArrayItem(limits, (int)rnd((unsigned)n));
        ond_json_set(a, l->string, any_value(l));
    }
    /* a lamp has a colour or a colour temperature */
    if (ond_json_get(a, "color")) cJSON_DeleteItemFromObjectCaseSensitive(a, "color_temp");
    return a;
}

static inline cJSON *any_number(const cJSON *property)
{
    double low = ond_json_num(property, "minimum", 0),
           high = ond_json_num(property, "maximum", 100);
    if (low < -1000 || high > 10000) return cJSON_CreateNumber((double)rnd(2000) - 1000);
    return cJSON_CreateNumber(low + rnd((unsigned)(high - low) + 1));
}

static inline cJSON *any_word(const cJSON *limits, const char *name)
{
    const cJSON *l = ond_json_get(limits, strcmp(name, "hvac_mode") == 0 ? "state" : name);
    if (strcmp(name, "mode") == 0)
        return cJSON_CreateString((const char *[]){"away", "home", "night"}[rnd(3)]);
    return l && cJSON_IsString(l->child) ? any_value(l) : cJSON_CreateString("off");
}

/* A verb with arguments for a device of the world; most fit. Caller frees *args. */
static inline const char *any_wish(const cJSON *entity, cJSON **args)
{
    size_t n = 0;
    while (ond_hand_home.verbs[n].name) n++;
    const ond_verb_def *v = &ond_hand_home.verbs[rnd((unsigned)n)];
    const cJSON *limits = ond_json_get(entity, "limits");
    cJSON *schema = cJSON_Parse(v->schema);
    *args = cJSON_CreateObject();
    ond_json_set_str(*args, "entity", ond_json_str(entity, "id", ""));
    for (const cJSON *p = ond_json_get(schema, "properties")->child; p; p = p->next) {
        const char *type = ond_json_str(p, "type", "");
        if (strcmp(p->string, "entity") == 0 || strcmp(p->string, "to") == 0 ||
            strcmp(p->string, "track") == 0)
            continue;
        if (strcmp(type, "object") == 0)
            ond_json_set(*args, p->string, any_attributes(limits));
        else if (strcmp(type, "number") == 0 && rnd(3) == 0)
            ond_json_set(*args, p->string, any_number(p));
        else if (strcmp(type, "boolean") == 0 && rnd(3) == 0)
            ond_json_set_bool(*args, p->string, rnd(2));
        else if (strcmp(type, "string") == 0 &&
                 (rnd(3) == 0 || strcmp(p->string, "hvac_mode") == 0))
            ond_json_set(*args, p->string, any_word(limits, p->string));
    }
    cJSON_Delete(schema);
    return v->name;
}

/* What only time changes is not compared. */
static inline void drop_measured(cJSON *state)
{
    const char *const measured[] = {"current_temperature", "current_humidity", "battery",
                                    "hvac_action"};
    for (size_t i = 0; i < COUNT(measured); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(state, measured[i]);
}

/* id: state, of all devices that can be set; as text. */
static inline char *states_of(void *h)
{
    cJSON *w = NULL, *all = cJSON_CreateObject();
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    for (cJSON *e = cJSON_GetObjectItem(w, "entities")->child; e; e = e->next) {
        cJSON *state = cJSON_DetachItemFromObjectCaseSensitive(e, "state");
        const char *domain = ond_json_str(e, "domain", "");
        drop_measured(state);
        if (strstr(domain, "sensor"))
            cJSON_Delete(state);
        else
            ond_json_set(all, ond_json_str(e, "id", ""), state);
    }
    char *text = text_of(all);
    cJSON_Delete(w);
    cJSON_Delete(all);
    return text;
}

/* Fails with what differs between two texts of states_of. */
static inline void same_states(const char *before, const char *after, const char *what)
{
    if (strcmp(before, after) == 0) return;
    cJSON *a = cJSON_Parse(before), *b = cJSON_Parse(after);
    for (const cJSON *x = a->child; x; x = x->next)
        if (!ond_json_equal(x, ond_json_get(b, x->string)))
            print_error("%s was %s, is %s\n", x->string, text_of(x),
                        text_of(ond_json_get(b, x->string)));
    fail_msg("%s", what);
}

#endif
