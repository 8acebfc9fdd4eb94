/* item.c - the rows of things: reading and writing them, giving out ids, and checking a row that
 * comes as an argument. */
#include "hand/time/internal.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SPACE "hand.time"
#define NEXT "next" /* {"t":5,"a":2,"r":1}: the numbers after the last ids */
#define AHEAD 1000  /* how far beyond the last id a given one may be */

static const char letters[] = "tar";

ond__time_kind ond__time_kind_of(const char *id)
{
    const char *p = id[0] ? strchr(letters, id[0]) : NULL;
    size_t digits = strspn(id + (p != NULL), "0123456789");
    if (!p || digits < 1 || digits > 9 || id[1 + digits] || id[1] == '0') return OND__TIME_NONE;
    return (ond__time_kind)(p - letters);
}

const char *ond__time_kind_name(ond__time_kind k)
{
    static const char *const names[] = {"timer", "alarm", "reminder", "thing"};
    return names[k];
}

static long number_of(const char *id)
{
    return strtol(id + 1, NULL, 10);
}

/* ---- rows ---- */

int ond__time_item_get(ond__time *h, const char *id, cJSON **out, ond_err *err)
{
    *out = NULL;
    if (ond__time_kind_of(id) == OND__TIME_NONE) return OND_OK;
    ond_err e = {0};
    int rc = ond_store_get(h->store, SPACE, id, out, &e);
    if (rc == OND_E_NOT_FOUND) return OND_OK;
    if (rc != 0 && err) *err = e;
    return rc;
}

int ond__time_item_put(ond__time *h, const char *id, const cJSON *row, ond_err *err)
{
    return row ? ond_store_put(h->store, SPACE, id, row, err)
               : ond_store_drop(h->store, SPACE, id, err);
}

typedef struct gather {
    ond__time_kind kind;
    cJSON *rows;
    bool nomem;
} gather;

static bool take_row(void *self, const char *key, const cJSON *value)
{
    gather *g = self;
    ond__time_kind k = ond__time_kind_of(key);
    if (k == OND__TIME_NONE || (g->kind != OND__TIME_NONE && k != g->kind)) return true;
    if (strcmp(ond_json_str(value, "id", ""), key) != 0) return true; /* not by us */
    cJSON *copy = cJSON_Duplicate(value, true);
    if (copy && cJSON_AddItemToArray(g->rows, copy)) return true;
    cJSON_Delete(copy);
    g->nomem = true;
    return false;
}

/* Kinds in their order, then numbers. */
static int by_id(const void *a, const void *b)
{
    const char *x = ond_json_str(*(cJSON *const *)a, "id", ""),
               *y = ond_json_str(*(cJSON *const *)b, "id", "");
    int kinds = (int)ond__time_kind_of(x) - (int)ond__time_kind_of(y);
    return kinds ? kinds : (number_of(x) > number_of(y)) - (number_of(x) < number_of(y));
}

static bool sort_rows(cJSON *rows)
{
    size_t n = 0;
    cJSON **row = calloc((size_t)cJSON_GetArraySize(rows) + 1, sizeof *row);
    if (!row) return false;
    while (rows->child) row[n++] = cJSON_DetachItemViaPointer(rows, rows->child);
    qsort(row, n, sizeof *row, by_id);
    for (size_t i = 0; i < n; i++) cJSON_AddItemToArray(rows, row[i]);
    free(row);
    return true;
}

int ond__time_item_all(ond__time *h, ond__time_kind k, cJSON **out, ond_err *err)
{
    gather g = {.kind = k, .rows = cJSON_CreateArray()};
    *out = NULL;
    int rc = g.rows ? ond_store_pairs(h->store, SPACE, take_row, &g, err) : OND_OK;
    if (rc == 0 && (!g.rows || g.nomem || !sort_rows(g.rows)))
        rc = ond_nomem(err, "looking at the timers");
    if (rc != 0) {
        cJSON_Delete(g.rows);
        return rc;
    }
    *out = g.rows;
    return OND_OK;
}

/* ---- ids ---- */

static int next_number(ond__time *h, ond__time_kind k, long *out, ond_err *err)
{
    cJSON *next = NULL;
    ond_err e = {0};
    char key[2] = {letters[k], '\0'};
    int rc = ond_store_get(h->store, SPACE, NEXT, &next, &e);
    if (rc != 0 && rc != OND_E_NOT_FOUND) {
        if (err) *err = e;
        return rc;
    }
    double n = ond_json_num(next, key, 1);
    cJSON_Delete(next);
    *out = n >= 1 && n < 1e9 ? (long)n : 1;
    return OND_OK;
}

int ond__time_id_new(ond__time *h, ond__time_kind k, char id[OND__TIME_ID], ond_err *err)
{
    long next = 0;
    int rc = next_number(h, k, &next, err);
    if (rc != 0) return rc;
    if (h->reserved[k] > next) next = h->reserved[k];
    h->reserved[k] = next + 1;
    snprintf(id, OND__TIME_ID, "%c%ld", letters[k], next);
    return OND_OK;
}

int ond__time_id_check(ond__time *h, ond__time_kind k, const char *id, ond_err *err)
{
    long next = 0;
    if (ond__time_kind_of(id) != k)
        return ond_fail(
            err, OND_E_INPUT, "'%.20s' is no id of a%s %s: it is %c and a number, such as %c1", id,
            k == OND__TIME_ALARM ? "n" : "", ond__time_kind_name(k), letters[k], letters[k]);
    int rc = next_number(h, k, &next, err);
    if (rc != 0) return rc;
    if (number_of(id) > next + AHEAD)
        return ond_fail(err, OND_E_INPUT,
                        "the id %s is far ahead of the last one; leave it out and one is chosen",
                        id);
    return OND_OK;
}

bool ond__time_id_known(ond__time *h, const char *id)
{
    long next = 0;
    ond__time_kind k = ond__time_kind_of(id);
    return k != OND__TIME_NONE && next_number(h, k, &next, NULL) == 0 && number_of(id) < next;
}

int ond__time_id_taken(ond__time *h, const char *id, ond_err *err)
{
    ond__time_kind k = ond__time_kind_of(id);
    char key[2] = {letters[k], '\0'};
    cJSON *next = NULL;
    ond_err e = {0};
    int rc = ond_store_get(h->store, SPACE, NEXT, &next, &e);
    if (rc == OND_E_NOT_FOUND)
        rc = (next = cJSON_CreateObject()) ? OND_OK : ond_nomem(&e, "keeping a timer");
    if (rc == 0 && ond_json_num(next, key, 1) <= (double)number_of(id)) {
        rc = ond_json_set_num(next, key, (double)number_of(id) + 1)
                 ? OND_OK
                 : ond_nomem(&e, "keeping a timer");
        if (rc == 0) rc = ond_store_put(h->store, SPACE, NEXT, next, &e);
    }
    cJSON_Delete(next);
    if (rc != 0 && err) *err = e;
    return rc;
}

/* ---- checking what comes as an argument ---- */

int ond__time_text_check(const char *what, const char *text, ond_err *err)
{
    ond_str s = ond_str_of(text);
    if (s.n > OND__TIME_TEXT)
        return ond_fail(err, OND_E_INPUT, "the %s has %zu bytes; %d are allowed", what, s.n,
                        OND__TIME_TEXT);
    if (ond_utf8_valid(s) != s.n)
        return ond_fail(err, OND_E_INPUT, "the %s is not valid UTF-8", what);
    return OND_OK;
}

typedef struct field {
    const char *kinds; /* letters */
    const char *name;
    char type; /* t text, n number from `low` to `high`, b truth, r ring */
    bool needed;
    double low, high;
} field;

#define MS_MOST 1e14 /* the year 5138 */
static const field fields[] = {
    {"tar", "id", 't', true, 0, 0},
    {"t", "seconds", 'n', true, 1, OND__TIME_SECONDS},
    {"ta", "label", 't', true, 0, 0},
    {"t", "state", 't', true, 0, 0},
    {"ar", "at", 't', true, 0, 0},
    {"ar", "rule", 't', true, 0, 0},
    {"a", "on", 'b', true, 0, 0},
    {"r", "text", 't', true, 0, 0},
    {"ar", "since", 'n', true, 0, MS_MOST},
    {"ta", "left", 'n', false, -MS_MOST, 1000.0 * OND__TIME_SECONDS},
    {"ta", "boot", 't', false, 0, 0},
    {"ta", "up", 'n', false, 0, MS_MOST},
    {"ta", "wall", 'n', false, 0, MS_MOST},
    {"tar", "ring", 'r', false, 0, 0},
};

static const field ring_fields[] = {
    {"", "due", 'n', true, 0, MS_MOST},          {"", "late", 'n', true, 0, MS_MOST},
    {"", "told", 'n', true, 0, OND__TIME_RINGS}, {"", "again", 'n', true, 0, MS_MOST},
    {"", "missed", 'n', true, 0, 1e6},           {"", "telling", 'b', true, 0, 0},
};

static bool field_holds(const field *f, const cJSON *v)
{
    if (f->type == 't') return cJSON_IsString(v);
    if (f->type == 'b') return cJSON_IsBool(v);
    if (f->type == 'r') return cJSON_IsObject(v);
    return cJSON_IsNumber(v) && v->valuedouble >= f->low && v->valuedouble <= f->high;
}

static int check_fields(const cJSON *row, const field *all, size_t n, char kind, ond_err *err)
{
    int known = 0;
    for (size_t i = 0; i < n; i++) {
        const cJSON *v = ond_json_get(row, all[i].name);
        if (kind && !strchr(all[i].kinds, kind)) continue;
        if (!v && !all[i].needed) continue;
        if (!v || !field_holds(&all[i], v))
            return ond_fail(err, OND_E_INPUT,
                            "'%s' is missing or cannot be so in what is to be brought back",
                            all[i].name);
        known++;
    }
    if (known == cJSON_GetArraySize(row)) return OND_OK;
    return ond_fail(err, OND_E_INPUT,
                    "what is to be brought back holds something that is not known");
}

static int check_texts(const cJSON *row, ond_err *err)
{
    const char *at = ond_json_str(row, "at", NULL), *rule = ond_json_str(row, "rule", "");
    ond_civil c;
    int rc = ond__time_text_check("label", ond_json_str(row, "label", ""), err);
    if (rc == 0) rc = ond__time_text_check("text", ond_json_str(row, "text", ""), err);
    if (rc == 0 && at && !ond__time_local_parse(at, &c))
        rc = ond_fail(err, OND_E_INPUT, "'%.30s' is no local time", at);
    if (rc == 0 && rule[0]) rc = ond__time_rule_check(rule, err);
    return rc;
}

/* A running timer counts, a paused one does not but knows what is left. */
static int check_state(const cJSON *row, ond__time_kind k, ond_err *err)
{
    const char *state = ond_json_str(row, "state", "");
    bool counts = ond__time_winds(row), left = ond_json_get(row, "left") != NULL;
    bool odd = strlen(ond_json_str(row, "boot", "")) >= OND_BOOT_ID ||
               counts != (ond_json_get(row, "up") != NULL) ||
               counts != (ond_json_get(row, "boot") != NULL) || (counts && !left);
    if (k == OND__TIME_TIMER)
        odd = odd || !left || (strcmp(state, "running") == 0) != counts ||
              (strcmp(state, "running") != 0 && strcmp(state, "paused") != 0);
    else
        odd = odd || left != counts;
    return odd ? ond_fail(err, OND_E_INPUT,
                          "the clocks of what is to be brought back do not fit together")
               : OND_OK;
}

int ond__time_row_check(ond__time *h, const cJSON *row, ond_err *err)
{
    const char *id = ond_json_str(row, "id", "");
    ond__time_kind k = ond__time_kind_of(id);
    const cJSON *ring = ond_json_get(row, "ring");
    int rc = 0;
    if (!cJSON_IsObject(row) || k == OND__TIME_NONE)
        return ond_fail(err, OND_E_INPUT, "what is to be brought back has no id");
    OND_TRY(ond__time_id_check(h, k, id, err));
    OND_TRY(check_fields(row, fields, sizeof fields / sizeof *fields, letters[k], err));
    if (ring)
        OND_TRY(
            check_fields(ring, ring_fields, sizeof ring_fields / sizeof *ring_fields, '\0', err));
    OND_TRY(check_texts(row, err));
    OND_TRY(check_state(row, k, err));
out:
    return rc;
}
