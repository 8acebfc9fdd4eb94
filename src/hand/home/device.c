/* device.c - devices that were announced: made, listed, replaced, shown.
 *
 * 1. A device is known by where it was announced (origin, key); announcing it again replaces it and
 * keeps its state.
 * 2. Its id stays unique over both backends; a name that clashes gets a number, one that the house
 * has, "mqtt." before it.
 * 3. What of an announcement cannot be done (a template, a topic) is left out and listed by name,
 * never guessed. */
#include "hand/home/device.h"
#include "hand/home/template.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "sys/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- the configuration ---- */

const char *ond__cfg(const ond__device *d, const char *key, const char *otherwise)
{
    return ond_json_str(d->config, key, otherwise);
}

double ond__cfg_num(const ond__device *d, const char *key, double otherwise)
{
    const char *text = ond_json_str(d->config, key, NULL);
    double n;
    const ond__said said = {ond_str_of(text), NULL};
    if (text && ond__said_number(&said, &n)) return n;
    return ond_json_num(d->config, key, otherwise);
}

bool ond__cfg_bool(const ond__device *d, const char *key, bool otherwise)
{
    const char *text = ond_json_str(d->config, key, NULL);
    if (text)
        return strcmp(text, "true") == 0 || strcmp(text, "True") == 0 || strcmp(text, "on") == 0;
    return ond_json_bool(d->config, key, otherwise);
}

bool ond__cfg_has(const ond__device *d, const char *key)
{
    return ond__cfg(d, key, "")[0] != '\0';
}

bool ond__cfg_lists(const ond__device *d, const char *key, const char *word)
{
    const cJSON *list = ond_json_get(d->config, key);
    for (const cJSON *w = cJSON_IsArray(list) ? list->child : NULL; w; w = w->next)
        if (cJSON_IsString(w) && strcmp(w->valuestring, word) == 0) return true;
    return false;
}

/* ---- problems ---- */

void ond__broker_problem(ond__broker *b, const char *who, const char *what)
{
    char text[260];
    snprintf(text, sizeof text, "%.100s: %.150s", who, what);
    for (size_t i = 0; i < b->n_problems; i++)
        if (strcmp(b->problem[i], text) == 0) return;
    b->problems_all++;
    char *copy = b->n_problems < PROBLEMS_MAX
                     ? ond_str_dup((ond_str){text, ond_utf8_cut(ond_str_of(text), sizeof text - 4)})
                     : NULL;
    if (copy) b->problem[b->n_problems++] = copy;
}

void ond__broker_problems_drop(ond__broker *b, const char *who)
{
    size_t n = strlen(who), kept = 0;
    for (size_t i = 0; i < b->n_problems; i++) {
        if (strncmp(b->problem[i], who, n) == 0 && b->problem[i][n] == ':') {
            free(b->problem[i]);
            b->problems_all--;
        } else {
            b->problem[kept++] = b->problem[i];
        }
    }
    b->n_problems = kept;
}

/* ---- ids and names ---- */

static void slug(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (const char *p = text; *p && n + 1 < size; p++) {
        char c = (char)tolower((unsigned char)*p);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain || (n > 0 && out[n - 1] != '_')) out[n++] = plain ? c : '_';
    }
    while (n > 0 && out[n - 1] == '_') n--;
    out[n] = '\0';
}

static bool ascii(const char *s)
{
    while (*s && (unsigned char)*s < 0x80) s++;
    return *s == '\0';
}

/* Device name and own name, as Home Assistant puts them together. */
static void full_name(const ond__device *d, char *out, size_t size)
{
    const char *device = ond_json_str(ond_json_get(d->config, "device"), "name", "");
    const char *name = ond_json_str(d->config, "name", "");
    bool both = device[0] && name[0] && strncmp(name, device, strlen(device)) != 0;
    size_t n = (size_t)snprintf(out, size, "%.120s%s%.120s", both || !name[0] ? device : "",
                                both ? " " : "", name);
    out[ond_utf8_cut((ond_str){out, n < size ? n : size - 1}, size - 1)] = '\0';
}

static bool id_taken(const ond__broker *b, const char *id)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->devices[i]->id, id) == 0) return true;
    return false;
}

static char *choose_id(ond__broker *b, const ond__device *d, const char *domain, const char *object)
{
    char name[260], part[100], id[160], base[150];
    const char *own = ond_json_str(ond_json_get(d->config, "ondol"), "id", ""),
               *given = ond__cfg(d, "default_entity_id", "");
    bool exact = strlen(own) < 100 && strncmp(own, domain, strlen(domain)) == 0 &&
                 own[strlen(domain)] == '.';
    const char *dot = strncmp(given, domain, strlen(domain)) == 0 ? strchr(given, '.') : NULL;
    full_name(d, name, sizeof name);
    const char *const from[] = {dot ? dot + 1 : "",
                                ond__cfg(d, "object_id", ""),
                                ascii(name) ? name : "",
                                ond__cfg(d, "unique_id", ""),
                                object,
                                "x"};
    part[0] = '\0';
    if (exact) snprintf(part, sizeof part, "%s", own + strlen(domain) + 1);
    for (size_t i = 0; i < 6 && !part[0]; i++) slug(from[i], part, sizeof part);
    snprintf(base, sizeof base, "%.40s.%s", domain, part);
    if (b->home->house && ond_house_entity(b->home->house, base))
        snprintf(base, sizeof base, "mqtt.%.40s.%s", domain, part);
    snprintf(id, sizeof id, "%s", base);
    for (int i = 2; id_taken(b, id) && i < 10000; i++) snprintf(id, sizeof id, "%s_%d", base, i);
    return ond_str_dup(ond_str_of(id));
}

/* Only lists of texts by language, from our own publisher's part. */
static cJSON *names_of(const ond__device *d)
{
    const cJSON *own = ond_json_get(ond_json_get(d->config, "ondol"), "names");
    char name[260];
    cJSON *names = cJSON_CreateObject();
    for (const cJSON *l = cJSON_IsObject(own) ? own->child : NULL; l && names; l = l->next)
        if (strlen(l->string) <= 8) ond__limit_list(names, l->string, l);
    if (!names || names->child) return names;
    full_name(d, name, sizeof name);
    const char *one = name[0] ? name : d->id;
    (void)ond_json_set(names, "*", cJSON_CreateStringArray(&one, 1));
    return names;
}

/* ---- areas ---- */

static bool is_called(const cJSON *area, const char *name)
{
    for (const cJSON *l = ond_json_get(area, "names") ? ond_json_get(area, "names")->child : NULL;
         l; l = l->next)
        for (const cJSON *n = l->child; n; n = n->next)
            if (cJSON_IsString(n) && strcasecmp(n->valuestring, name) == 0) return true;
    return false;
}

/* The id of the room that a device suggests: one of the house by that name, or a new one. */
static void area_of(const ond__device *d, char *out, size_t size)
{
    const char *own = ond_json_str(ond_json_get(d->config, "ondol"), "area", NULL);
    const char *name = ond_json_str(ond_json_get(d->config, "device"), "suggested_area", "");
    out[0] = '\0';
    if (own || !name[0]) {
        snprintf(out, size, "%.60s", own ? own : "");
        out[ond_utf8_cut(ond_str_of(out), size)] = '\0';
        return;
    }
    const ond_house *house = d->broker->home->house;
    for (size_t i = 0; house && ond_house_area_at(house, i); i++)
        if (is_called(ond_house_area_at(house, i), name)) {
            snprintf(out, size, "%.60s", ond_json_str(ond_house_area_at(house, i), "id", ""));
            return;
        }
    slug(name, out, size);
    if (!out[0]) snprintf(out, size, "area_%08x", (unsigned)ond_fnv(name, strlen(name)));
}

/* ---- limits from our own publisher ---- */

static bool good_limit(const cJSON *l)
{
    int n = cJSON_GetArraySize(l);
    if (!cJSON_IsArray(l) || n < 1 || n > 100) return false;
    if (cJSON_IsNumber(l->child))
        return n == 2 && cJSON_IsNumber(l->child->next) &&
               l->child->valuedouble < l->child->next->valuedouble;
    for (const cJSON *w = l->child; w; w = w->next)
        if (!cJSON_IsString(w) && !cJSON_IsBool(w)) return false;
    return true;
}

static cJSON *limits_of(const ond__device *d)
{
    const cJSON *own = ond_json_get(ond_json_get(d->config, "ondol"), "limits");
    cJSON *limits = cJSON_CreateObject();
    if (!limits) return NULL;
    if (!cJSON_IsObject(own)) {
        d->component->limits(d, limits);
        return limits;
    }
    for (const cJSON *l = own->child; l; l = l->next)
        if (good_limit(l) && strlen(l->string) <= 40)
            (void)ond_json_set(limits, l->string, cJSON_Duplicate(l, true));
    return limits;
}

static cJSON *members_of(const ond__device *d)
{
    const cJSON *own = ond_json_get(ond_json_get(d->config, "ondol"), "members");
    bool ok = strcmp(d->component->name, "scene") == 0 && cJSON_IsObject(own) && own->child;
    for (const cJSON *m = ok ? own->child : NULL; m; m = m->next)
        ok = ok && cJSON_IsObject(m) && !ond_json_get(m, "members");
    return ok ? cJSON_Duplicate(own, true) : NULL;
}

static bool make_row(ond__device *d)
{
    char area[80];
    cJSON *members = members_of(d), *row = d->row = cJSON_CreateObject();
    area_of(d, area, sizeof area);
    const char *category = ond__cfg(d, "entity_category", "");
    const char *cls =
        ond_json_str(ond_json_get(d->config, "ondol"), "class", ond__cfg(d, "device_class", ""));
    bool ok = row && ond_json_set_str(row, "id", d->id) &&
              ond_json_set_str(row, "domain", d->component->name) &&
              ond_json_set_str(row, "class", strlen(cls) < 64 ? cls : "") &&
              ond_json_set_str(row, "area", area) && ond_json_set(row, "names", names_of(d));
    const char *unit = ond_json_str(ond_json_get(d->config, "ondol"), "unit",
                                    ond__cfg(d, "unit_of_measurement", ""));
    if (ok && unit[0] && strlen(unit) < 32) ok = ond_json_set_str(row, "unit", unit);
    if (ok && category[0]) ok = ond_json_set_str(row, "category", category);
    if (ok && members)
        ok = ond_json_set(row, "members", members);
    else
        cJSON_Delete(members);
    d->hidden = strcmp(category, "config") == 0;
    d->domain = ond_json_str(row, "domain", "");
    d->cls = ond_json_str(row, "class", "");
    ok = ok && ond_json_set(row, "limits", limits_of(d));
    d->limits = ond_json_get(row, "limits");
    return ok;
}

/* ---- topics and templates ---- */

void ond__device_bad(const ond__device *d, const char *key, const char *what)
{
    char text[200];
    snprintf(text, sizeof text, "%.60s: %.130s", key, what);
    ond__broker_problem(d->broker, d->id, text);
}

static bool ends(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static const char *const command_names[] = {
    "value", "value_json", "position", "position_open", "position_closed",
    "red",   "green",      "blue",     "hue",           "sat",
    "x",     "y",          "action",   "code",          NULL};
static const char *const value_names[] = {"value", "value_json", NULL};

static bool is_command(const char *key)
{
    return strstr(key, "command") || strncmp(key, "set_position", 12) == 0;
}

/* The topic that a template belongs to: brightness_command_template, brightness_command_topic. */
static void topic_key(const char *template_key, char *out, size_t size)
{
    bool plain =
        strncmp(template_key, "command_o", 9) == 0; /* command_on_template, command_off_template */
    snprintf(out, size, "%.*s_topic", plain ? 7 : (int)(strlen(template_key) - strlen("_template")),
             template_key);
}

/* What cannot be sent is taken out of the configuration, so that it is not offered. */
static void check_commands(ond__device *d)
{
    for (cJSON *c = d->config->child, *next; c; c = next) {
        next = c->next;
        char topic[80];
        ond_err why;
        if (!cJSON_IsString(c) || !is_command(c->string)) continue;
        if (ends(c->string, "_topic") && !ond_mqtt_topic_ok(c->valuestring, false)) {
            ond__device_bad(d, c->string, "no topic that can be published on");
            cJSON_Delete(cJSON_DetachItemViaPointer(d->config, c));
        } else if (ends(c->string, "_template") && strlen(c->string) < 60 &&
                   ond__template_check(c->valuestring, command_names, &why) != 0) {
            ond__device_bad(d, c->string, why.text);
            topic_key(c->string, topic, sizeof topic);
            if (next && strcmp(next->string, topic) == 0) next = next->next;
            cJSON_DeleteItemFromObjectCaseSensitive(d->config, topic);
        }
    }
}

static const char *role_template(const ond__device *d, const ond__role *r, const char **key)
{
    *key = r->tpl && ond__cfg_has(d, r->tpl) ? r->tpl : r->tpl_other;
    return *key ? ond__cfg(d, *key, NULL) : NULL;
}

static void listen_roles(ond__device *d)
{
    for (int i = 0; d->component->roles[i].topic; i++) {
        const ond__role *r = &d->component->roles[i];
        const char *topic = ond__cfg(d, r->topic, NULL), *key, *tpl = role_template(d, r, &key);
        ond_err why;
        if (!topic) continue;
        if (!ond_mqtt_topic_ok(topic, false))
            ond__device_bad(d, r->topic, "no topic without wildcards, which is not supported");
        else if (tpl && ond__template_check(tpl, value_names, &why) != 0)
            ond__device_bad(d, key, why.text);
        else
            (void)ond__topics_add(&d->broker->topics, topic, d, i);
    }
}

/* ---- made, shown, freed ---- */

static bool is_blind(const ond__device *d)
{
    const char *const *need = d->component->needs;
    if (ond__cfg_bool(d, "optimistic", false)) return true;
    for (; *need; need++)
        if (ond__cfg_has(d, *need)) return false;
    return true;
}

static int no_component(const ond__broker *b, const char *component, const char *schema,
                        ond_err *err)
{
    (void)b;
    bool known = ond__component_find(component, NULL) || ond__component_find(component, "ondol");
    if (known)
        return ond_fail(err, OND_E_INPUT, "schema '%.40s' of %.40s is not supported",
                        schema ? schema : "default", component);
    return ond_fail(err, OND_E_INPUT, "component %.40s is not supported", component);
}

static ond__device *announced_before(const ond__broker *b, const char *origin, const char *key)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->devices[i]->origin, origin) == 0 && strcmp(b->devices[i]->key, key) == 0)
            return b->devices[i];
    return NULL;
}

static bool fill(ond__broker *b, ond__device *d, const char *origin, const char *key)
{
    char object[120] = "";
    const char *end = strrchr(origin, '/'), *start = end;
    while (start && start > origin && start[-1] != '/') start--;
    if (end)
        snprintf(object, sizeof object, "%.*s%s%.50s", (int)(end - start > 60 ? 60 : end - start),
                 start, key[0] ? "_" : "", key);
    d->origin = ond_str_dup(ond_str_of(origin));
    d->key = ond_str_dup(ond_str_of(key));
    d->unique = ond_str_dup(ond_str_of(ond__cfg(d, "unique_id", "")));
    const ond__device *old = announced_before(b, origin, key);
    if (old) ond__broker_problems_drop(b, old->id);
    d->id = old && old->component == d->component ? ond_str_dup(ond_str_of(old->id))
                                                  : choose_id(b, d, d->component->name, object);
    d->ondol = cJSON_IsObject(ond_json_get(d->config, "ondol"));
    if (!d->origin || !d->key || !d->unique || !d->id) return false;
    check_commands(d);
    ond__places_read(d);
    d->blind = is_blind(d);
    d->state = cJSON_CreateObject();
    return make_row(d) && d->state &&
           ond_json_set_str(d->state, "state", d->blind ? d->component->first : "unknown");
}

ond__device *ond__device_make(ond__broker *b, const char *component, const char *origin,
                              const char *key, cJSON *config, size_t bytes, ond_err *err)
{
    const char *schema = ond_json_str(config, "schema", NULL);
    /* Our publisher's ovens come as switches, for those who know no ovens. */
    const char *own = ond_json_str(ond_json_get(config, "ondol"), "domain", component);
    const ond__component *c =
        ond__component_find(strcmp(own, "oven") == 0 ? own : component, schema);
    ond__device *d = c ? calloc(1, sizeof *d) : NULL;
    if (!d) {
        if (c)
            ond_nomem(err, "a device");
        else
            no_component(b, component, schema, err);
        cJSON_Delete(config);
        return NULL;
    }
    *d = (ond__device){.broker = b, .component = c, .config = config, .bytes = bytes};
    if (fill(b, d, origin, key)) return d;
    ond_nomem(err, "a device");
    ond__device_free(d);
    return NULL;
}

void ond__device_free(ond__device *d)
{
    if (!d) return;
    ond__places_free(d);
    cJSON_Delete(d->config);
    cJSON_Delete(d->row);
    cJSON_Delete(d->state);
    free(d->id);
    free(d->origin);
    free(d->key);
    free(d->unique);
    free(d);
}

void ond__device_view(ond__device *d, ond__view *out)
{
    if (d->off_at_us && ond_steady_us() >= d->off_at_us) {
        d->off_at_us = 0;
        ond__tell_word(d, "state", "off");
    }
    *out = (ond__view){
        .id = d->id,
        .domain = d->domain,
        .cls = d->cls,
        .row = d->row,
        .limits = d->limits,
        .state = d->state,
        .available = ond__device_available(d),
        .blind = d->blind,
        .keeps_level = d->ondol,
        .device = d,
    };
}

/* ---- the list ---- */

static void gone(void *self, const char *topic)
{
    ond__broker *b = self;
    if (b->mqtt && ond_mqtt_is_up(b->mqtt) && ond_mqtt_unsubscribe(b->mqtt, topic, NULL) != 0)
        return;
}

static void take_out(ond__broker *b, size_t i)
{
    ond__device *d = b->devices[i];
    ond__topics_drop(&b->topics, d, gone, b);
    b->bytes -= d->bytes;
    b->n--;
    memmove(&b->devices[i], &b->devices[i + 1], (b->n - i) * sizeof b->devices[0]);
    ond__device_free(d);
    b->revision++;
}

void ond__broker_remove_at(ond__broker *b, size_t i)
{
    ond__broker_problems_drop(b, b->devices[i]->id);
    take_out(b, i);
}

void ond__broker_remove(ond__broker *b, const char *origin, const char *key)
{
    for (size_t i = b->n; i-- > 0;)
        if (strcmp(b->devices[i]->origin, origin) == 0 &&
            (!key || strcmp(b->devices[i]->key, key) == 0))
            ond__broker_remove_at(b, i);
}

/* The newcomer knows what its predecessor was told: its state stays until it says otherwise. */
static void inherit(ond__device *d, ond__device *from)
{
    if (d->component != from->component) return;
    cJSON *state = d->state;
    d->state = from->state;
    from->state = state;
    d->latest_here = from->latest_here;
    for (size_t i = 0; i < d->n_places && i < from->n_places; i++)
        if (strcmp(d->place[i].topic, from->place[i].topic) == 0)
            d->place[i].said = from->place[i].said;
}

static bool room_for_one(ond__broker *b)
{
    if (b->n < b->cap) return true;
    size_t cap = b->cap ? b->cap * 2 : 32;
    ond__device **v = realloc(b->devices, cap * sizeof *v);
    if (!v) return false;
    b->devices = v;
    b->cap = cap;
    return true;
}

static bool fits(ond__broker *b, const ond__device *d)
{
    if (b->n < DEVICES_MAX && b->bytes + d->bytes <= CONFIG_BYTES_MAX && room_for_one(b))
        return true;
    b->full = true;
    return false;
}

void ond__broker_add(ond__broker *b, ond__device *d)
{
    size_t at = 0;
    while (at < b->n && (strcmp(b->devices[at]->origin, d->origin) != 0 ||
                         strcmp(b->devices[at]->key, d->key) != 0))
        at++;
    for (size_t i = 0; i < b->n; i++)
        if (i != at && d->unique[0] && b->devices[i]->component == d->component &&
            strcmp(b->devices[i]->unique, d->unique) == 0) {
            ond__device_free(d); /* the same device by another announcement: the first one counts */
            return;
        }
    if (at < b->n) {
        inherit(d, b->devices[at]);
        take_out(b, at);
    }
    if (!fits(b, d)) {
        ond__device_free(d);
        return;
    }
    memmove(&b->devices[at + 1], &b->devices[at], (b->n - at) * sizeof b->devices[0]);
    b->devices[at] = d;
    b->n++;
    b->bytes += d->bytes;
    b->revision++;
    listen_roles(d);
    ond__places_listen(d);
}
