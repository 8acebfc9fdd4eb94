/* call_mind.c - calls about what the owner has taught: memory, teach, forget_memory. */
#include "daemon/internal.h"

#include "base/msg.h"
#include "base/utf8.h"
#include "sys/clock.h"

/* ---- memory ---- */

typedef struct lister {
    cJSON *list;
    bool ok;
} lister;

static bool list_lesson(void *self, const ond_lesson *l)
{
    lister *all = self;
    cJSON *row = ond_lesson_json(l, ond_zone());
    all->ok = row && cJSON_AddItemToArray(all->list, row);
    if (!all->ok) cJSON_Delete(row);
    return all->ok;
}

int ond__call_memory(ond__call *c, ond_err *err)
{
    ond_mind *mind = NULL;
    int rc = ond__owner_mind(c->owner, &mind, err);
    if (rc != 0) return rc;
    lister all = {.ok = true};
    c->reply = cJSON_CreateObject();
    all.list = c->reply ? cJSON_AddArrayToObject(c->reply, "lessons") : NULL;
    all.ok = all.list && ond_json_set_num(c->reply, "version", 1);
    if (all.ok) ond_mind_each(mind, list_lesson, &all);
    return all.ok ? OND_OK : ond_nomem(err, "listing what was taught");
}

/* ---- forget_memory ---- */

int ond__call_forget_memory(ond__call *c, ond_err *err)
{
    const char *what = ond_json_str(c->request, "what", "");
    bool all = ond_json_bool(c->request, "all", false);
    ond_mind *mind = NULL;
    size_t n = 0;
    if (all == (what[0] != '\0'))
        return ond_fail(err, OND_E_USAGE,
                        "say what to forget: either \"what\" (an id or words) or \"all\"");
    int rc = ond__owner_mind(c->owner, &mind, err);
    if (rc == 0)
        rc = all ? ond_mind_forget_all(mind, ond_now(), &n, err)
                 : ond_mind_forget(mind, what, ond_now(), &n, err);
    if (rc != 0) return rc;
    c->reply = cJSON_CreateObject();
    if (!c->reply || !ond_json_set_num(c->reply, "version", 1) ||
        !ond_json_set_num(c->reply, "forgotten", (double)n))
        return ond_nomem(err, "forgetting");
    return OND_OK;
}

/* ---- teach ---- */

/* The row of `list` with this id; NULL and the nearest id. */
static const cJSON *find_row(const cJSON *list, const char *id, const char **near)
{
    int least = 6;
    *near = NULL;
    for (const cJSON *e = list ? list->child : NULL; e; e = e->next) {
        const char *one = ond_json_str(e, "id", "");
        if (strcmp(one, id) == 0) return e;
        const char *dot = strchr(one, '.');
        int d = dot && strcmp(dot + 1, id) == 0
                    ? 0
                    : ond_utf8_distance(ond_str_of(id), ond_str_of(one), least);
        if (d >= least) continue;
        least = d;
        *near = one;
    }
    return NULL;
}

static int need_row(const cJSON *world, const char *key, const char *what, const char *id,
                    const cJSON **out, ond_err *err)
{
    const char *near;
    *out = find_row(ond_json_get(world, key), id, &near);
    if (*out) return OND_OK;
    if (near)
        return ond_fail(err, OND_E_NOT_FOUND, "there is no %s '%.100s': did you mean '%s'?", what,
                        id, near);
    return ond_fail(err, OND_E_NOT_FOUND, "there is no %s '%.100s': `ondol home state` lists them",
                    what, id);
}

/* The name that is shown in this language. */
static const char *name_of(const cJSON *row, const char *lang)
{
    const cJSON *names = ond_json_get(row, "names"), *list = ond_json_get(names, lang);
    if (!list || !list->child) list = ond_json_get(names, "*");
    if (!list || !list->child) list = names ? names->child : NULL;
    return list && cJSON_IsString(list->child) ? list->child->valuestring
                                               : ond_json_str(row, "id", "");
}

static bool put_shown(cJSON *shown, const char *lang, const char *said, const cJSON *entity,
                      const cJSON *area)
{
    ond_buf quoted = {0}, text = {0};
    ond_buf_printf(&quoted, "“%s”", said);
    if (area)
        OND_MSG(&text, OND_M_MIND_PREFERENCE, lang, ond_buf_z(&quoted), name_of(entity, lang),
                name_of(area, lang));
    else
        OND_MSG(&text, OND_M_MIND_ALIAS, lang, ond_buf_z(&quoted), name_of(entity, lang));
    bool ok =
        ond_buf_ok(&quoted) && ond_buf_ok(&text) && ond_json_set_str(shown, lang, ond_buf_z(&text));
    ond_buf_free(&quoted);
    ond_buf_free(&text);
    return ok;
}

static cJSON *means_of(const char *entity)
{
    cJSON *means = cJSON_CreateObject(),
          *list = means ? cJSON_AddArrayToObject(means, "entities") : NULL,
          *id = cJSON_CreateString(entity);
    if (list && id && cJSON_AddItemToArray(list, id)) return means;
    cJSON_Delete(id);
    cJSON_Delete(means);
    return NULL;
}

static int learn(ond__call *c, const cJSON *entity, const cJSON *area, ond_err *err)
{
    const char *said = ond_json_str(c->request, "said", "");
    char id[OND_LESSON_ID] = "";
    ond_mind *mind = NULL;
    cJSON *means = means_of(ond_json_str(entity, "id", "")), *shown = cJSON_CreateObject();
    bool ok = means && shown && put_shown(shown, "ko", said, entity, area) &&
              put_shown(shown, "en", said, entity, area);
    int rc = ok ? ond__owner_mind(c->owner, &mind, err) : ond_nomem(err, "learning");
    ond_lesson l = {.kind = area ? "preference" : "alias",
                    .said = said,
                    .area = ond_json_str(area, "id", ""),
                    .lang = ond_json_str(c->request, "lang", ond_utf8_lang(ond_str_of(said))),
                    .means = means,
                    .shown = shown,
                    .at = ond_now()};
    if (rc == 0) rc = ond_mind_learn(mind, &l, id, err);
    if (rc == 0) {
        c->reply = cJSON_CreateObject();
        ok = c->reply && ond_json_set_num(c->reply, "version", 1) &&
             ond_json_set_str(c->reply, "id", id) &&
             ond_json_set_str(c->reply, "say", ond_json_str(shown, c->lang, ""));
        if (!ok) rc = ond_nomem(err, "answering");
    }
    cJSON_Delete(means);
    cJSON_Delete(shown);
    return rc;
}

int ond__call_teach(ond__call *c, ond_err *err)
{
    const char *in = ond_json_str(c->request, "area", ""),
               *lang = ond_json_str(c->request, "lang", "ko");
    const cJSON *entity = NULL, *area = NULL;
    cJSON *world = NULL;
    int rc = 0;
    if (strcmp(lang, "ko") != 0 && strcmp(lang, "en") != 0)
        return ond_fail(err, OND_E_USAGE, "\"lang\" is ko or en");
    OND_TRY(ond_gate_world(c->owner->gate, &world, err));
    OND_TRY(need_row(world, "entities", "device", ond_json_str(c->request, "entity", ""), &entity,
                     err));
    if (in[0]) OND_TRY(need_row(world, "areas", "room", in, &area, err));
    OND_TRY(learn(c, entity, area, err));
out:
    cJSON_Delete(world);
    return rc;
}
