/* lexicon.c - the house's names as talk wants them: lists {name}, {area} and {floor} of one
 * language.
 *
 * A name that several devices share is one entry per kind of device (domain and class), since rules
 * ask for the kind; its metadata names all devices that are called so: {"devices":[index,…]}. Areas
 * and floors carry {"at":index}. "침실 선풍기" in the bedroom is also known as "선풍기": the area
 * before a name is grammar, not part of it. A sensor called "바깥 온도", "outside temperature" also gives
 * the list {sensed} its place, "바깥", "outside", for questions: "밖은 몇 도야?" */
#include "agent/room.h"
#include "base/hash.h"

#include <stdlib.h>
#include <strings.h>

enum { MOST_NAMES = 32 };

#define BY_PLACE " (over|above|by|beside|next to|near|on) (the|my) "

typedef struct called {               /* one device under one of its names */
    const char *list;                 /* "name" or "sensed" */
    char *said, *key;                 /* key: squeezed, for comparing */
    int device;
} called;
typedef struct calls { called *v; size_t n, cap; bool bad; } calls;

/* Words that rules know as a kind of thing: "거실 불" is every light there, whatever a device is
 * called. They are no names, and a name does not shrink to one of them ("bedroom light"). */
static const struct { const char *domain, *cls, *word;
} plain_words[] = {
    {"light", "", "light"},
    {"light", "", "lights"},
    {"light", "", "불"},
    {"light", "", "등"},
    {"light", "", "조명"},
    {"light", "", "전등"},
    {"sensor", "temperature", "temperature"},
    {"sensor", "temperature", "온도"},
    {"sensor", "humidity", "humidity"},
    {"sensor", "humidity", "습도"},
};

static bool is_plain(const ond__device *d, const char *key)
{
    for (size_t i = 0; i < sizeof plain_words / sizeof plain_words[0]; i++)
        if (strcmp(plain_words[i].word, key) == 0 &&
            strcmp(plain_words[i].domain, d->domain) == 0 &&
            strcmp(plain_words[i].cls, d->cls) == 0)
            return true;
    return false;
}

static void call_add(calls *c, const char *list, const ond__device *d, const char *said, int device)
{
    ond_buf key = {0};
    ond__squeeze(&key, said);
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        called *v = realloc(c->v, cap * sizeof *v);
        if (v) {
            c->v = v;
            c->cap = cap;
        }
    }
    bool room = c->n < c->cap;
    called one = {.list = list, .said = strdup(said), .key = ond_buf_take(&key), .device = device};
    if (!room || !one.said || !one.key) {
        free(one.said);
        free(one.key);
        c->bad = true;
        return;
    }
    if (one.key[0] && !is_plain(d, one.key))
        c->v[c->n++] = one;
    else {
        free(one.said);
        free(one.key);
    }
}

static void calls_free(calls *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].said);
        free(c->v[i].key);
    }
    free(c->v);
}

/* What is left of `name` after one of the area's names, or NULL. Names begin with the area as it is
 * written. */
static const char *without_area(const char *name, const ond__spot *area, const char *lang)
{
    const char *names[MOST_NAMES];
    size_t n = ond__names_of(area->names, lang, names, MOST_NAMES);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(name, names[i], len) != 0)
            continue;
        const char *rest = name + len;
        bool cut = *rest == ' ' || (unsigned char)*rest >= 0x80;
        rest += strspn(rest, " ");
        if (cut && strlen(rest) > 3)     /* more than one letter of Hangul */
            return rest;
    }
    return NULL;
}

/* "바깥 온도" → "바깥": what is left of a sensor's name before what it measures; NULL: nothing. */
static char *without_measure(const ond__device *d, const char *name)
{
    size_t n = strlen(name);
    if (strcmp(d->domain, "sensor") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof plain_words / sizeof plain_words[0]; i++) {
        size_t tail = strlen(plain_words[i].word);
        if (strcmp(plain_words[i].domain, "sensor") != 0 || strcmp(plain_words[i].cls, d->cls) != 0)
            continue;
        if (n > tail + 1 && name[n - tail - 1] == ' ' &&
            strcasecmp(name + n - tail, plain_words[i].word) == 0)
            return ond_str_dup(ond_str_trim((ond_str){name, n - tail - 1}));
    }
    return NULL;
}

/* "table light" is "the light over the table", "bedside lamp" "the lamp by the bed": an English
 * lamp by where it stands. */
static void call_by_place(calls *c, const ond__registry *r, const char *name, int device)
{
    static const char *const nouns[] = {" light", " lamp"};
    const ond__device *d = &r->device[device];
    const char *area = "";
    static const char *const no_place[] = {
        "floor", "main",     "night",
        "mood",  "standing", "big"}; /* and "light on the balcony" is any there */
    size_t n = strlen(name);
    for (size_t i = 0; strcmp(d->domain, "light") == 0 && i < sizeof nouns / sizeof nouns[0]; i++) {
        size_t len = strlen(nouns[i]);
        if (n <= len || strcasecmp(name + n - len, nouns[i]) != 0) continue;
        ond_str place = {name, n - len};
        bool side = place.n > 4 && strncasecmp(place.p + place.n - 4, "side", 4) == 0, none = false;
        place.n -= side ? 4 : 0;
        for (size_t k = 0; k < sizeof no_place / sizeof no_place[0]; k++)
            none |=
                place.n == strlen(no_place[k]) && strncasecmp(place.p, no_place[k], place.n) == 0;
        if (none || memchr(place.p, '(', place.n) || memchr(place.p, '[', place.n)) continue;
        if (d->area >= 0) (void)!ond__names_of(r->area[d->area].names, "en", &area, 1);
        ond_buf said = {0};
        ond_buf_printf(&said, "%s" BY_PLACE "[%s ]%.*s", nouns[i] + 1, area[0] ? area : "house",
                       (int)place.n, place.p);
        call_add(c, "name", d, ond_buf_z(&said), device);
        ond_buf_free(&said);
    }
}

/* "nightlight", "floorlamp": two words written as one. */
static void call_as_one(calls *c, const ond__device *d, const char *name, int device)
{
    const char *gap = strchr(name, ' ');
    ond_buf said = {0};
    if (!gap || strchr(gap + 1, ' ') || strpbrk(name, "([|") || strlen(gap + 1) < 3)
        return;
    ond_buf_printf(&said, "%.*s%s", (int)(gap - name), name, gap + 1);
    call_add(c, "name", d, ond_buf_z(&said), device);
    ond_buf_free(&said);
}

/* "outside": how it is "out there". */
static void call_out(calls *c, const ond__device *d, const char *place, int device)
{
    static const char *const out[] = {"out there", "out", "outdoors", "outside there"};
    for (size_t i = 0; strcasecmp(place, "outside") == 0 && i < sizeof out / sizeof out[0]; i++)
        call_add(c, "sensed", d, out[i], device);
}

static void calls_fill(calls *c, const ond__registry *r, const char *lang)
{
    const char *names[MOST_NAMES];
    for (size_t i = 0; i < r->n_device; i++) {
        const ond__device *d = &r->device[i];
        size_t n = ond__names_of(ond_json_get(d->row, "names"), lang, names, MOST_NAMES);
        for (size_t k = 0; k < n; k++) {
            call_add(c, "name", d, names[k], (int)i);
            const char *rest =
                d->area >= 0 ? without_area(names[k], &r->area[d->area], lang) : NULL;
            if (rest)
                call_add(c, "name", d, rest, (int)i);
            if (strcmp(lang, "en") == 0) call_by_place(c, r, names[k], (int)i);
            if (strcmp(lang, "en") == 0) call_as_one(c, d, rest ? rest : names[k], (int)i);
            char *place = without_measure(d, names[k]);
            if (place)
                call_add(c, "sensed", d, place, (int)i);
            if (place && strcmp(lang, "en") == 0) call_out(c, d, place, (int)i);
            free(place);
        }
    }
}

static int by_key(const void *a, const void *b)
{
    const called *x = a, *y = b;
    int list = strcmp(x->list, y->list), order = strcmp(x->key, y->key);
    return list ? list : order ? order : x->device - y->device;
}

static bool same_kind(const ond__device *a, const ond__device *b)
{
    return strcmp(a->domain, b->domain) == 0 && strcmp(a->cls, b->cls) == 0;
}

/* {"devices":[…]}: all that share the key of v[0..n). */
static cJSON *devices_of(const called *v, size_t n)
{
    cJSON *metadata = cJSON_CreateObject(),
          *list = metadata ? cJSON_AddArrayToObject(metadata, "devices") : NULL;
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++)
        if (i == 0 || v[i].device != v[i - 1].device)
            ok = cJSON_AddItemToArray(list, cJSON_CreateNumber(v[i].device));
    if (ok)
        return metadata;
    cJSON_Delete(metadata);
    return NULL;
}

static int add_kind(ond_lexicon *lex, const ond__device *d, const called *c, const cJSON *metadata,
                    ond_err *err)
{
    cJSON *context = cJSON_CreateObject();
    bool ok = context && ond_json_set_str(context, "domain", d->domain) &&
              (!d->cls[0] || ond_json_set_str(context, "device_class", d->cls));
    bool by_place = strstr(c->said, BY_PLACE) != NULL; /* not the brackets of somebody's name */
    ond_lexicon_entry entry = {.list = c->list,
                               .in = c->said,
                               .is_template = by_place,
                               .context = context,
                               .metadata = metadata};
    int rc = ok ? ond_lexicon_add(lex, &entry, err) : ond_nomem(err, "learning names");
    cJSON_Delete(context);
    return rc;
}

/* One name, in each way it is written, for each kind of device that has it. v[0..n) share a key. */
static int add_name(ond_lexicon *lex, const ond__registry *r, const called *v, size_t n,
                    ond_err *err)
{
    cJSON *metadata = devices_of(v, n);
    int rc = metadata ? 0 : ond_nomem(err, "learning names");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = strcmp(v[k].said, v[i].said) == 0 &&
                    same_kind(&r->device[v[k].device], &r->device[v[i].device]);
        if (!known)
            rc = add_kind(lex, &r->device[v[i].device], &v[i], metadata, err);
    }
    cJSON_Delete(metadata);
    return rc;
}

typedef struct taught {
    calls *c;
    const ond__registry *r;
} taught;

static void call_taught(void *self, const char *said, int device)
{
    taught *t = self;
    call_add(t->c, "name", &t->r->device[device], said, device);
}

static int add_names(ond_lexicon *lex, ond_agent *a, const char *lang, ond_err *err)
{
    const ond__registry *r = &a->registry;
    calls c = {0};
    calls_fill(&c, r, lang);
    ond__aliases(a, lang, call_taught, &(taught){&c, r});
    int rc = c.bad ? ond_nomem(err, "learning names") : 0;
    if (c.n)
        qsort(c.v, c.n, sizeof *c.v, by_key);
    for (size_t i = 0, end; rc == 0 && i < c.n; i = end) {
        for (end = i + 1; end < c.n && strcmp(c.v[end].list, c.v[i].list) == 0 &&
                          strcmp(c.v[end].key, c.v[i].key) == 0;)
            end++;
        rc = add_name(lex, r, &c.v[i], end - i, err);
    }
    calls_free(&c);
    return rc;
}

static int add_spots(ond_lexicon *lex, const char *list, const ond__spot *v, size_t n,
                     const char *lang, ond_err *err)
{
    const char *names[MOST_NAMES];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        size_t count = ond__names_of(v[i].names, lang, names, MOST_NAMES);
        cJSON *metadata = cJSON_CreateObject(), *out = count ? cJSON_CreateString(names[0]) : NULL;
        if (!metadata || (count && !out) || !ond_json_set_num(metadata, "at", (double)i))
            rc = ond_nomem(err, "learning names");
        for (size_t k = 0; rc == 0 && k < count; k++) {
            ond_lexicon_entry entry = {
                .list = list, .in = names[k], .out = out, .metadata = metadata};
            rc = ond_lexicon_add(lex, &entry, err);
        }
        cJSON_Delete(metadata);
        cJSON_Delete(out);
    }
    return rc;
}

int ond__lexicon_make(ond_agent *a, const char *lang, ond_lexicon **out, ond_err *err)
{
    const ond__registry *r = &a->registry;
    ond_lexicon *lex = ond_lexicon_new();
    int rc = lex ? 0 : ond_nomem(err, "learning names");
    if (rc == 0)
        rc = add_names(lex, a, lang, err);
    if (rc == 0)
        rc = add_spots(lex, "area", r->area, r->n_area, lang, err);
    if (rc == 0)
        rc = add_spots(lex, "floor", r->floor, r->n_floor, lang, err);
    if (rc != 0) {
        ond_lexicon_free(lex);
        lex = NULL;
    }
    *out = lex;
    return rc;
}
