/* say_query.c - the answer to a question, from the states that its reads found.
 *
 * Which sentence: a measure ("거실 온도는 21.5도예요."), an attribute, yes or no about one device,
 * yes or no about many, a list, a count, or a description. A device that is not reachable is said
 * to be so, never counted as off. */
#include "agent/words.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_DESCRIBED = 8 };

typedef struct found { int device; const cJSON *state; int so; } found;
typedef struct reading {
    const ond__wish *w;
    const ond__registry *r;
    found *v;
    size_t n;
} reading;

static const ond__device *device(const reading *q, size_t i)
{
    return &q->r->device[q->v[i].device];
}

/* ---- what the reads found ---- */

static int collect(reading *q, const cJSON *report, ond_err *err)
{
    const cJSON *steps = ond_json_get(report, "steps"), *step;
    q->v = calloc((size_t)cJSON_GetArraySize(steps) + 1, sizeof *q->v);
    if (!q->v)
        return ond_nomem(err, "answering");
    cJSON_ArrayForEach(step, steps) {
        const char *id = ond_json_str(ond_json_get(step, "args"), "entity", "");
        const cJSON *after = ond_json_get(step, "after");
        int at = ond__registry_device(q->r, id);
        if (at >= 0)
            q->v[q->n++] =
                (found){.device = at,
                        .state = cJSON_IsObject(after) ? after : ond_json_get(step, "before")};
    }
    return 0;
}

/* A list of those that are (so == 1) or are not. */
static size_t list_so(const reading *q, int so, ond_buf *out)
{
    ond_buf *label = calloc(q->n + 1, sizeof *label);
    const char **v = calloc(q->n + 1, sizeof *v);
    size_t n = 0;
    if (!label || !v)
        out->bad = true;
    for (size_t i = 0; label && v && i < q->n; i++) {
        if (q->v[i].so != so)
            continue;
        ond__speak_put(&label[n], q->r, q->v[i].device, q->w->lang);
        v[n] = ond_buf_z(&label[n]);
        n++;
    }
    if (n)
        ond__list_put(out, v, n, q->w->lang);
    for (size_t i = 0; i < n; i++)
        ond_buf_free(&label[i]);
    free(label);
    free(v);
    return n;
}

/* ---- measures ---- */

static const cJSON *measure_of(const reading *q, size_t i, const char *attribute)
{
    return ond_json_get(q->v[i].state,
                        strcmp(device(q, i)->domain, "sensor") == 0 ? "state" : attribute);
}

static bool measure_put(const reading *q, size_t i, const char *attribute, ond_buf *out)
{
    const char *unit =
        ond_json_str(device(q, i)->row, "unit", strstr(attribute, "humidity") ? "%" : "°C");
    const cJSON *value = measure_of(q, i, attribute);
    double number;
    if (cJSON_IsString(value) && ond_num_parse(ond_str_of(value->valuestring), &number)) {
        cJSON *parsed = cJSON_CreateNumber(number);
        bool ok = ond__value_put(out, attribute, parsed, unit, q->w->lang);
        cJSON_Delete(parsed);
        return ok;
    }
    return cJSON_IsNumber(value) && ond__value_put(out, attribute, value, unit, q->w->lang);
}

/* One place: a sentence; several: "거실 21.5도, 침실 20.5도예요." */
static void measures_put(ond_buf *out, const reading *q, const char *attribute, ond_msg one)
{
    ond_buf all = {0};
    size_t told = 0;
    for (size_t i = 0; i < q->n; i++) {
        ond_buf value = {0}, label = {0};
        const char *place = ond__place_word(q->r, device(q, i)->area, q->w->lang);
        if (q->n == 1)
            ond__where_put(&label, q->r, device(q, i)->area, -1, q->w->lang);
        if (label.n == 0)
            ond__speak_put(&label, q->r, q->v[i].device, q->w->lang);
        if (measure_put(q, i, attribute, &value)) {
            if (q->n == 1)
                OND_MSG(out, place ? one : OND_M_AGENT_MEASURED, q->w->lang, ond_buf_z(&label),
                        ond_buf_z(&value));
            else
                ond_buf_printf(&all, "%s%s %s", told ? ", " : "", place ? place : ond_buf_z(&label),
                               ond_buf_z(&value));
            told++;
        }
        ond_buf_free(&value);
        ond_buf_free(&label);
    }
    if (told == 0)
        OND_MSG(out, OND_M_AGENT_STATE_UNKNOWN, q->w->lang, "");
    else if (q->n > 1)
        OND_MSG(out, OND_M_AGENT_MEASURES, q->w->lang, ond_buf_z(&all));
    ond_buf_free(&all);
}

/* ---- one device ---- */

static void attribute_put(ond_buf *out, const reading *q, size_t i, const char *attribute)
{
    ond_buf label = {0}, value = {0};
    const char *word = ond__attribute_word(attribute, q->w->lang);
    ond__speak_put(&label, q->r, q->v[i].device, q->w->lang);
    if (word &&
        ond__value_put(&value, attribute, ond_json_get(q->v[i].state, attribute), NULL, q->w->lang))
        OND_MSG(out, OND_M_AGENT_VALUE, q->w->lang, ond_buf_z(&label), word, ond_buf_z(&value));
    else
        OND_MSG(out, OND_M_AGENT_NO_VALUE, q->w->lang, ond_buf_z(&label));
    ond_buf_free(&label);
    ond_buf_free(&value);
}

static void describe_put(ond_buf *out, const reading *q, size_t i)
{
    const ond__device *d = device(q, i);
    ond_buf label = {0}, more = {0}, value = {0};
    const char *unit = ond_json_str(d->row, "unit", NULL),
               *word = ond__state_word(d, q->v[i].state, q->w->lang);
    ond__speak_put(&label, q->r, q->v[i].device, q->w->lang);
    ond__details_put(&more, d, q->v[i].state, q->w->lang);
    const cJSON *measured = ond_json_get(q->v[i].state, "state");
    if (cJSON_IsNumber(measured) &&
        ond__value_put(&value, "state", measured, unit ? unit : "", q->w->lang))
        OND_MSG(out, OND_M_AGENT_MEASURED, q->w->lang, ond_buf_z(&label), ond_buf_z(&value));
    else if (more.n)
        OND_MSG(out, OND_M_AGENT_IS_WITH, q->w->lang, ond_buf_z(&label), word, ond_buf_z(&more));
    else
        OND_MSG(out, OND_M_AGENT_IS, q->w->lang, ond_buf_z(&label), word);
    ond_buf_free(&label);
    ond_buf_free(&more);
    ond_buf_free(&value);
}

static void yes_no_put(ond_buf *out, const reading *q, size_t i)
{
    ond_buf label = {0};
    const char *word = ond__state_word(device(q, i), q->v[i].state, q->w->lang);
    int so = q->v[i].so;
    ond__speak_put(&label, q->r, q->v[i].device, q->w->lang);
    OND_MSG(out,
            so < 0 ? OND_M_AGENT_IS
            : so   ? OND_M_AGENT_YES_IS
                   : OND_M_AGENT_NO_IS,
            q->w->lang, ond_buf_z(&label), word);
    ond_buf_free(&label);
}

/* ---- many devices ---- */

static void how_many_put(ond_buf *out, const reading *q, size_t n, const char *list)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", n);
    OND_MSG(out, OND_M_AGENT_HOW_MANY, q->w->lang, number, list);
}

/* Yes or no about a kind: `all` of them, or any. */
static void many_put(ond_buf *out, const reading *q, const char *state, bool all)
{
    const char *lang = q->w->lang, *other = ond__opposite(state);
    const char *word = ond__plain_word(state, lang),
               *not_word = ond__plain_word(other ? other : state, lang);
    const char *response = ond__slot_str(q->w, "response", "any");
    bool any = strcmp(response, "any") == 0;
    ond_buf yes = {0}, no = {0};
    size_t n_yes = list_so(q, 1, &yes), n_no = list_so(q, 0, &no);
    if (n_yes + n_no == 0)
        OND_MSG(out, OND_M_AGENT_STATE_UNKNOWN, lang, "");
    else if (all && n_no == 0)
        OND_MSG(out, OND_M_AGENT_YES_ALL, lang, word);
    else if (all)
        OND_MSG(out, n_no == 1 ? OND_M_AGENT_NO_ONE : OND_M_AGENT_NO_ARE, lang, ond_buf_z(&no),
                not_word);
    else if (n_yes == 0)
        OND_MSG(out, any ? OND_M_AGENT_NO_NONE : OND_M_AGENT_NONE_SO, lang, not_word);
    else if (strcmp(response, "how_many") == 0)
        how_many_put(out, q, n_yes, ond_buf_z(&yes));
    else
        OND_MSG(out,
                any ? (n_yes == 1 ? OND_M_AGENT_YES_ONE : OND_M_AGENT_YES_ARE)
                    : (n_yes == 1 ? OND_M_AGENT_ONE : OND_M_AGENT_ARE),
                lang, ond_buf_z(&yes), word);
    ond_buf_free(&yes);
    ond_buf_free(&no);
}

static void motion_put(ond_buf *out, const reading *q)
{
    ond_buf yes = {0};
    size_t n = list_so(q, 1, &yes);
    OND_MSG(out,
            n == 0   ? OND_M_AGENT_NO_MOTION
            : n == 1 ? OND_M_AGENT_YES_ONE
                     : OND_M_AGENT_YES_ARE,
            q->w->lang, ond_buf_z(&yes), ond_msg_text(OND_M_AGENT_S_MOTION, q->w->lang));
    ond_buf_free(&yes);
}

/* ---- the whole ---- */

static void each_put(ond_buf *out, const reading *q, const char *attribute, const char *state)
{
    for (size_t i = 0; i < q->n && i < MOST_DESCRIBED; i++) {
        if (i)
            ond_buf_putc(out, ' ');
        if (attribute)
            attribute_put(out, q, i, attribute);
        else if (state && i == 0)
            yes_no_put(out, q, i);
        else
            describe_put(out, q, i);
    }
}

static void answer_put(ond_buf *out, reading *q)
{
    const ond__wish *w = q->w;
    const char *state = ond__slot_str(w, "state", NULL),
               *attribute = ond__slot_str(w, "attribute", NULL);
    bool named = ond_match_slot(w->match, "name") && !ond__slot_has(w, "name", "all");
    for (size_t i = 0; i < q->n; i++)
        q->v[i].so = state ? ond__state_is(device(q, i), q->v[i].state, state) : -1;
    if (strcmp(w->match->intent, "HassClimateGetTemperature") == 0)
        measures_put(out, q, "current_temperature", OND_M_AGENT_TEMPERATURE);
    else if (!named && ond__slot_has(w, "device_class", "humidity"))
        measures_put(out, q, "current_humidity", OND_M_AGENT_HUMIDITY);
    else if (ond__slot_has(w, "device_class", "motion"))
        motion_put(out, q);
    else if (state && !named && (q->n > 1 || ond__slot_has(w, "name", "all")))
        many_put(out, q, state, ond__slot_has(w, "name", "all"));
    else
        each_put(out, q, attribute, state);
}

int ond__query_put(ond_buf *out, const ond__wish *w, const cJSON *report, ond_err *err)
{
    reading q = {.w = w, .r = &w->a->registry};
    int rc = collect(&q, report, err);
    if (rc == 0)
        answer_put(out, &q);
    free(q.v);
    return rc;
}
