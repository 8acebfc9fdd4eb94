/* calls.c - one request: checked against its row of calls.def, done, and answered.
 *
 * Requests come from this process or over the socket, so every member is checked before anything is
 * opened. The clock that a request brings is put back afterwards, whatever happens. */
#include "daemon/internal.h"

#include "base/utf8.h"
#include "sys/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef int call_fn(ond__call *c, ond_err *err);
typedef struct call_row {
    const char *name;
    call_fn *fn;
    ond__need need;
    const char *args;
} call_row;

enum { STORE = OND__STORE, JOURNAL = OND__JOURNAL, HANDS = OND__HANDS, AGENT = OND__AGENT };
#define CALL(name, fn, need, args) {name, ond__call_##fn, (ond__need)need, args},
static const call_row rows[] = {
#include "daemon/calls.def"
};
#undef CALL
#define N_ROWS (sizeof rows / sizeof *rows)

#define COMMON "call:text! now:number tz:text ui:text"
#define NUMBER_MAX 9007199254740991.0 /* 2^53 - 1: beyond it doubles skip integers */

/* ---- checking ---- */

static const call_row *find_row(const char *name, ond_err *err)
{
    const char *best = NULL;
    int least = 4;
    for (size_t i = 0; i < N_ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
        int d = ond_utf8_distance(ond_str_of(name), ond_str_of(rows[i].name), least);
        if (d < least) {
            least = d;
            best = rows[i].name;
        }
    }
    if (best)
        (void)ond_fail(err, OND_E_USAGE, "there is no call '%.40s': did you mean '%s'?", name,
                       best);
    else
        (void)ond_fail(err, OND_E_USAGE, "there is no call '%.40s'", name);
    return NULL;
}

typedef struct arg {
    ond_str name, type;
    bool required;
} arg;

/* Takes the next "name:type!" off a list. */
static bool next_arg(const char **list, arg *out)
{
    const char *p = *list + strspn(*list, " ");
    size_t n = strcspn(p, " ");
    if (n == 0) return false;
    size_t colon = strcspn(p, ":");
    out->required = p[n - 1] == '!';
    out->name = (ond_str){p, colon};
    out->type = (ond_str){p + colon + 1, n - colon - 1 - out->required};
    *list = p + n;
    return true;
}

static bool has_type(const cJSON *value, ond_str type)
{
    if (ond_str_is(type, "text")) return cJSON_IsString(value);
    if (ond_str_is(type, "bool")) return cJSON_IsBool(value);
    if (ond_str_is(type, "object")) return cJSON_IsObject(value);
    return cJSON_IsNumber(value) && fabs(value->valuedouble) <= NUMBER_MAX &&
           floor(value->valuedouble) == value->valuedouble;
}

static const cJSON *member(const cJSON *request, ond_str name)
{
    for (const cJSON *m = request->child; m; m = m->next)
        if (ond_str_is(name, m->string)) return m;
    return NULL;
}

/* Every argument of `list` that is there has its type, and required ones are there. Counts those
 * that are there. */
static int check_list(const cJSON *request, const char *list, int *count, ond_err *err)
{
    arg a;
    while (next_arg(&list, &a)) {
        const cJSON *value = member(request, a.name);
        if (!value && a.required)
            return ond_fail(err, OND_E_USAGE, "the call needs \"%.*s\"", (int)a.name.n, a.name.p);
        if (value && !has_type(value, a.type))
            return ond_fail(err, OND_E_USAGE, "\"%.*s\" must be %s%.*s", (int)a.name.n, a.name.p,
                            ond_str_is(a.type, "number") ? "a whole " : "", (int)a.type.n,
                            a.type.p);
        *count += value != NULL;
    }
    return OND_OK;
}

static bool in_list(const char *list, const char *name)
{
    arg a;
    while (next_arg(&list, &a))
        if (ond_str_is(a.name, name)) return true;
    return false;
}

static int check_request(const cJSON *request, const call_row **row, ond_err *err)
{
    int known = 0, given = 0;
    const char *name = cJSON_IsObject(request) ? ond_json_str(request, "call", NULL) : NULL;
    if (!name) return ond_fail(err, OND_E_USAGE, "a request is a JSON object with \"call\"");
    if (!(*row = find_row(name, err))) return OND_E_USAGE;
    int rc = check_list(request, COMMON, &known, err);
    if (rc == 0) rc = check_list(request, (*row)->args, &known, err);
    for (const cJSON *m = request->child; m && rc == 0; m = m->next, given++)
        if (!in_list(COMMON, m->string) && !in_list((*row)->args, m->string))
            rc = ond_fail(err, OND_E_USAGE, "the call '%s' takes no \"%.40s\"", name, m->string);
    if (rc == 0 && given != known)
        rc = ond_fail(err, OND_E_USAGE, "a member of the request stands twice");
    return rc;
}

/* ---- the clock of a request ---- */

typedef struct clock_was {
    ond_ms at;
    char zone[64];
} clock_was;

static int clock_enter(const cJSON *request, clock_was *was, ond_err *err)
{
    const char *zone = ond_json_str(request, "tz", NULL);
    double now = ond_json_num(request, "now", 0);
    was->at = ond_clock_frozen() ? ond_now() : 0;
    snprintf(was->zone, sizeof was->zone, "%s", ond_zone());
    if (zone && ond_zone_check(zone, err) != 0) return err->code;
    if (zone) ond_zone_set(zone);
    if (now != 0) ond_clock_set((ond_ms)now);
    return OND_OK;
}

static void clock_leave(const clock_was *was)
{
    ond_clock_set(was->at);
    ond_zone_set(was->zone);
}

/* ---- answering ---- */

/* The reply says the failure too, so that one JSON text holds all, and says the same wherever it
 * was made. */
static int finish(int rc, cJSON **reply, ond_err *err)
{
    if (!*reply) *reply = cJSON_CreateObject();
    bool ok = *reply != NULL;
    if (ok && !ond_json_get(*reply, "version")) ok = ond_json_set_num(*reply, "version", 1);
    const char *code = ond_json_str(ond_json_get(*reply, "error"), "code", NULL);
    if (ok && rc != 0 && (!code || strcmp(code, ond_code_name(rc)) != 0)) {
        cJSON *error = cJSON_CreateObject();
        ok = error && ond_json_set_str(error, "code", ond_code_name(rc)) &&
             ond_json_set_str(error, "text", err->text[0] ? err->text : ond_code_text(rc));
        if (!ond_json_set(*reply, "error", error)) ok = false;
    }
    if (ok) return rc;
    cJSON_Delete(*reply);
    *reply = NULL;
    return ond_nomem(err, "answering");
}

static int run_row(ond_owner *o, const call_row *row, const cJSON *request, const ond_asker *asker,
                   cJSON **reply, ond_err *err)
{
    clock_was was;
    const char *ui = ond_json_str(request, "ui", NULL);
    ond__call c = {.owner = o, .request = request, .asker = asker, .lang = o->lang};
    if (ui) c.lang = strncmp(ui, "ko", 2) == 0 ? "ko" : "en";
    int rc = clock_enter(request, &was, err);
    if (rc == 0) rc = ond__owner_need(o, row->need, err);
    if (rc == 0) rc = row->fn(&c, err);
    clock_leave(&was);
    if (strcmp(row->name, "reload") == 0) ond__owner_zone(o);
    *reply = c.reply;
    return rc;
}

int ond_owner_call(ond_owner *o, const cJSON *request, const ond_asker *asker, cJSON **reply,
                   ond_err *err)
{
    const call_row *row = NULL;
    ond_err local = {0};
    if (!err) err = &local;
    *reply = NULL;
    err->text[0] = '\0';
    int rc = check_request(request, &row, err);
    if (rc == 0) rc = run_row(o, row, request, asker, reply, err);
    return finish(rc, reply, err);
}
