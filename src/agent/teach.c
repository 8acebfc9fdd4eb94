/* teach.c - what a person teaches by the way: a name for a thing ("call it the moonlight", "그건
 * 무드등을 말한 거야"), and which of several is meant (the answer to a question).
 *
 * It becomes a row in `mind`, is told in the answer, and can be taken back (`ondol memory forget`).
 * Nothing is learned from a plan that was not done, nor from a guess. */
#include "agent/errand.h"
#include "sys/clock.h"

#include <stdlib.h>

enum { MOST_TOKENS = 10 };

/* ---- learning ---- */

static bool shown_put(cJSON *shown, const char *lang, const char *said, const char *label)
{
    ond_buf b = {0};
    OND_MSG(&b, OND_M_MIND_ALIAS, lang, said, label);
    bool ok = ond_buf_ok(&b) && ond_json_set_str(shown, lang, ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

static int learn(ond_agent *a, const ond__teaching *t, const char *label, const char *lang,
                 int64_t task, ond_err *err)
{
    cJSON *means = cJSON_CreateObject(), *shown = cJSON_CreateObject();
    bool ok = means && shown &&
              ond_json_set(means, "entities", cJSON_Duplicate(t->ids, true)) &&
              shown_put(shown, "ko", t->said, label) && shown_put(shown, "en", t->said, label);
    ond_lesson l = {.kind = t->kind,
                    .said = t->said,
                    .area = t->area,
                    .lang = lang,
                    .means = means,
                    .shown = shown,
                    .at = ond_now(),
                    .from = task};
    int rc = ok ? ond_mind_learn(a->mind, &l, NULL, err) : ond_nomem(err, "learning");
    cJSON_Delete(means);
    cJSON_Delete(shown);
    return rc;
}

static void label_put(ond_buf *out, const ond_agent *a, const cJSON *ids, const char *lang)
{
    const cJSON *id;
    cJSON_ArrayForEach(id, ids) {
        int device = cJSON_IsString(id) ? ond__registry_device(&a->registry, id->valuestring) : -1;
        if (out->n)
            ond_buf_puts(out, ", ");
        if (device >= 0)
            ond__label_put(out, &a->registry, device, lang);
    }
}

void ond__teach(ond_agent *a, const ond__teaching *t, const char *lang, int64_t task, ond_buf *say)
{
    ond_buf label = {0};
    ond_err err = {0};
    if (!a->mind || !t->ids || !t->said[0])
        return;
    label_put(&label, a, t->ids, lang);
    if (label.n && learn(a, t, ond_buf_z(&label), lang, task, &err) == 0) {
        if (say->n && say->p[say->n - 1] != ' ')
            ond_buf_putc(say, ' ');
        OND_MSG(say, OND_M_AGENT_LEARNED, lang, t->said, ond_buf_z(&label));
    }
    ond_buf_free(&label);
}

void ond__teaching_free(ond__teaching *t)
{
    cJSON_Delete(t->ids);
    *t = (ond__teaching){0};
}

bool ond__teaching_of(ond__teaching *t, const char *kind, const char *said, const char *area,
                      const cJSON *ids)
{
    ond__teaching_free(t);
    ond_str s = ond_str_trim(ond_str_of(said));
    if (s.n == 0 || s.n >= sizeof t->said)
        return true;
    t->kind = kind;
    memcpy(t->said, s.p, s.n);
    snprintf(t->area, sizeof t->area, "%s", area ? area : "");
    return (t->ids = cJSON_Duplicate(ids, true)) != NULL;
}

/* ---- "call the bedroom lamp moonlight" ---- */

int ond__call_it(ond__request *r, ond_err *err)
{
    ond__wish *w = &r->part[0].w;
    ond_buf alias = {0};
    const ond_slot *name = ond_match_slot(w->match, "name");
    cJSON *ids = cJSON_CreateArray();
    const cJSON *at;
    int n = 0;
    ond__place p = ond__place_of(w);
    cJSON_ArrayForEach(at, (ond_json_get(name ? name->metadata : NULL, "devices"))) {
        const ond__device *d = &r->a->registry.device[(int)at->valuedouble];
        if (ids && ond__lies_in(d, p) && cJSON_AddItemToArray(ids, cJSON_CreateString(d->id)))
            n++;
    }
    bool ok = ids && ond__phrase_of(w, "alias", &alias);
    if (ok && n == 1)
        ok = ond__teaching_of(&r->teaching, "alias", ond_buf_z(&alias), "", ids);
    else if (ok)
        OND__WISH_FAIL(w, n ? OND_E_AMBIGUOUS : OND_E_NOT_FOUND,
                       n ? OND_M_AGENT_WHICH_ONE : OND_M_AGENT_NOT_HERE, "");
    ond_buf_free(&alias);
    cJSON_Delete(ids);
    return ok ? 0 : ond_nomem(err, "learning");
}

/* ---- "I meant the mood light": which words of the sentence before were meant ---- */

typedef struct span {
    size_t from, to;
} span;

static size_t tokens_of(const char *text, span *out)
{
    size_t n = 0;
    for (size_t at = 0; text[at] && n < MOST_TOKENS;) {
        at += strspn(text + at, " ");
        size_t len = strcspn(text + at, " ");
        if (len)
            out[n++] = (span){at, at + len};
        at += len;
    }
    return n;
}

/* Bytes of a particle at the end of a Korean word: "무드조명을". */
static size_t particle(const char *text, span s)
{
    static const char *const particles[] = {"을", "를", "은", "는", "이", "가", "도", "만", "좀"};
    for (size_t i = 0; i < sizeof particles / sizeof particles[0]; i++)
        if (s.to - s.from > 6 && strncmp(text + s.to - 3, particles[i], 3) == 0)
            return 3;
    return 0;
}

static bool reads_so(ond__request *r, const char *text, span s, const char *name,
                     const cJSON *ids, ond__request *out, ond_err *err)
{
    ond_buf b = {0};
    ond_buf_put(&b, text, s.from);
    ond_buf_puts(&b, name);
    ond_buf_puts(&b, text + s.to);
    *out = (ond__request){.a = r->a, .ask = r->ask, .back = r->back + 1, .put_right = true};
    out->ask.text = ond_buf_z(&b);
    bool ok = ond__request_read(out, err) == 0 && out->n == 1 && out->part[0].w.code == 0 &&
              out->part[0].w.n_target == (size_t)cJSON_GetArraySize(ids);
    for (size_t i = 0; ok && i < out->part[0].w.n_target; i++)
        ok = strcmp(r->a->registry.device[out->part[0].w.target[i]].id,
                    cJSON_GetArrayItem(ids, (int)i)->valuestring) == 0;
    out->ask.text = r->ask.text;
    ond_buf_free(&b);
    if (!ok)
        ond__request_free(out);
    return ok;
}

/* The longest run of words in whose place the name makes a sentence about these devices. */
int ond__meant(ond__request *r, const char *before, const char *name, const cJSON *ids, bool *done,
               ond_err *err)
{
    span token[MOST_TOKENS];
    size_t n = tokens_of(before, token);
    ond__request read;
    ond_err own = {0};
    *done = false;
    for (size_t len = n; len-- > 0 && !*done;)
        for (size_t i = 0; i + len < n && !*done; i++) {
            span s = {token[i].from, token[i + len].to};
            s.to -= particle(before, s);
            if (!reads_so(r, before, s, name, ids, &read, &own)) {
                if (own.code == OND_E_NOMEM)
                    return ond_nomem(err, "learning");
                continue;
            }
            char *said = ond_str_dup((ond_str){before + s.from, s.to - s.from});
            *done = said && ond__teaching_of(&r->teaching, "alias", said, "", ids);
            free(said);
            if (!*done) {
                ond__request_free(&read);
                return ond_nomem(err, "learning");
            }
            ond__request_move(r, &read);
        }
    return 0;
}

/* ---- lessons at work ---- */

typedef struct using {
    ond_agent *a;
    const char *lang;
    ond__alias_fn *fn;
    void *self;
    bool ok;
} using;

static bool use_alias(void *self, const ond_lesson *l)
{
    using *u = self;
    const cJSON *id;
    bool fits = strcmp(l->kind, "alias") == 0 &&
                (!l->lang || !l->lang[0] || strcmp(l->lang, u->lang) == 0);
    cJSON_ArrayForEach(id, (fits ? ond_json_get(l->means, "entities") : NULL)) {
        int device = cJSON_IsString(id) ? ond__registry_device(&u->a->registry, id->valuestring) : -1;
        if (device >= 0)
            u->fn(u->self, l->said, device);
    }
    return true;
}

void ond__aliases(ond_agent *a, const char *lang, ond__alias_fn *fn, void *self)
{
    using u = {.a = a, .lang = lang, .fn = fn, .self = self};
    if (a->mind)
        ond_mind_each(a->mind, use_alias, &u);
}

const cJSON *ond__preferred(const ond__wish *w)
{
    const ond_slot *name = ond_match_slot(w->match, "name");
    const ond__registry *r = &w->a->registry;
    if (!w->a->mind || !name || !name->said)
        return NULL;
    const ond_lesson *l = ond_mind_find(w->a->mind, "preference", name->said,
                                        w->area >= 0 ? r->area[w->area].id : "", w->lang);
    return l ? ond_json_get(l->means, "entities") : NULL;
}
