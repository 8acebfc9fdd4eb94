/* work.c - what all verbs share: a verb worked out, its undo, what the world shows. */
#include "base/utf8.h"
#include "hand/calendar/internal.h"

#include <stdlib.h>

static const struct {
    const char *name;
    ond__cal_verb *fn;
} table[] = {
#define VERB(name, fn, effect, summary, properties, required) {#name, ond__cal_##fn},
#include "hand/calendar/verbs.def"
#undef VERB
};

void ond__cal_work_free(ond__cal_work *w)
{
    ond_hand_step_free(&w->step);
    for (size_t i = 0; i < w->n_file; i++) {
        free(w->file[i].folder);
        free(w->file[i].name);
        ond_buf_free(&w->file[i].bytes);
    }
    free(w->file);
    free(w->make);
    free(w->label);
    free(w->drop);
    *w = (ond__cal_work){0};
}

bool ond__cal_work_file(ond__cal_work *w, const char *folder, const char *name, ond_str bytes)
{
    ond__cal_file *file = realloc(w->file, (w->n_file + 1) * sizeof *file);
    if (!file) return false;
    w->file = file;
    ond__cal_file *f = &file[w->n_file++];
    *f = (ond__cal_file){.folder = ond_str_dup(ond_str_of(folder)),
                         .name = ond_str_dup(ond_str_of(name)),
                         .removes = bytes.p == NULL};
    if (bytes.p) ond_buf_str(&f->bytes, bytes);
    return f->folder && f->name && ond_buf_ok(&f->bytes);
}

bool ond__cal_work_says(ond__cal_work *w, ond_msg id, const char *const *ko, const char *const *en,
                        int n)
{
    ond_buf a = {0}, b = {0};
    cJSON *says = cJSON_CreateObject();
    ond_msg_put(&a, id, "ko", ko, n);
    ond_msg_put(&b, id, "en", en, n);
    bool ok = says && ond_buf_ok(&a) && ond_buf_ok(&b) &&
              ond_json_set_str(says, "ko", ond_buf_z(&a)) &&
              ond_json_set_str(says, "en", ond_buf_z(&b));
    ond_buf_free(&a);
    ond_buf_free(&b);
    cJSON_Delete(w->step.says);
    w->step.says = says;
    return ok;
}

int ond__cal_undo_bytes(ond__cal *h, ond__cal_work *w, const ond__cal_folder *f,
                        const ond__cal_entry *e, ond_err *err)
{
    ond_buf bytes = {0};
    ond_hand_step *s = &w->step;
    int rc = ond__cal_bytes(h, f->name, e->file, &bytes, err);
    if (rc == 0 && bytes.n > CAL_UNDO_BYTES) s->effect = OND_EFFECT_IRREVERSIBLE;
    if (rc || bytes.n > CAL_UNDO_BYTES) goto out;
    s->undo_verb = ond_str_dup(OND_S("restore"));
    s->undo_args = cJSON_CreateObject();
    const char *occurrence = ond_json_str(s->args, "occurrence", NULL);
    bool ok = s->undo_verb && s->undo_args && ond_json_set_str(s->undo_args, "calendar", f->name) &&
              ond_json_set_str(s->undo_args, "file", e->file) &&
              ond__cal_pack((ond_str){ond_buf_z(&bytes), bytes.n}, s->undo_args) &&
              (!occurrence || ond_json_set_str(s->undo_args, "occurrence", occurrence));
    s->can_undo = ok;
    if (!ok) rc = ond_nomem(err, "planning");
out:
    ond_buf_free(&bytes);
    return rc;
}

int ond__cal_need(ond__cal *h, const cJSON *args, bool todo, ond__cal_folder **f,
                  ond__cal_entry **e, ond_err *err)
{
    const char *uid = ond_json_str(args, "uid", "");
    *e = ond__cal_find_uid(h, uid, f);
    if (*e && (*e)->todo == todo) return OND_OK;
    if (*e)
        return ond_fail(err, OND_E_INPUT,
                        todo ? "%s is an event and no item of a list"
                             : "%s is an item of a list and no event",
                        uid);
    return ond_fail(err, OND_E_NOT_FOUND, "there is no %s with the uid '%.100s'",
                    todo ? "item" : "event", uid);
}

/* ---- names of lists and calendars ---- */

const char *ond__cal_builtin(const char *name)
{
    static const char *const names[][2] = {
        {"shopping", "shopping"},
        {"shopping list", "shopping"},
        {"groceries", "shopping"},
        {"grocery", "shopping"},
        {"grocery list", "shopping"},
        {"장보기", "shopping"},
        {"쇼핑", "shopping"},
        {"장볼것", "shopping"},
        {"살것", "shopping"},
        {"장보기목록", "shopping"},
        {"쇼핑목록", "shopping"},
        {"todo", "todo"},
        {"to-do", "todo"},
        {"to-do list", "todo"},
        {"todo list", "todo"},
        {"tasks", "todo"},
        {"task", "todo"},
        {"할일", "todo"},
        {"할일목록", "todo"},
        {"해야할일", "todo"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ond__cal_match(name, names[i][0]) == 100) return names[i][1];
    return NULL;
}

static int meaning(const ond__cal *h, const ond__cal_folder *f, const char *name)
{
    int best = strcmp(f->name, name) == 0 ? 101 : ond__cal_match(name, f->name);
    const char *labels[] = {f->label, ond__cal_label(h, f, "ko"), ond__cal_label(h, f, "en")};
    for (size_t i = 0; i < 3; i++) {
        int s = labels[i] ? ond__cal_match(name, labels[i]) : 0;
        if (s > best) best = s;
    }
    return best;
}

ond__cal_folder *ond__cal_folder_meant(ond__cal *h, const char *name, bool list)
{
    ond__cal_folder *found = NULL;
    const char *builtin = list ? ond__cal_builtin(name) : NULL;
    int best = 0, ties = 0;
    if (builtin) return ond__cal_folder_named(h, builtin);
    for (size_t i = 0; i < h->n_folder; i++) {
        int s = meaning(h, &h->folder[i], name);
        if (s < 101 && ond__cal_is_list(&h->folder[i]) != list && h->folder[i].n) continue;
        /* A list "house" is not meant by "household": only a typing error is forgiven. */
        if (s == 0 || s < best || (s < 100 && s != 60)) continue;
        ties = s == best ? ties + 1 : 0;
        best = s;
        found = &h->folder[i];
    }
    return ties ? NULL : found;
}

/* ---- observing ---- */

static int count_left(ond__cal *h, const cJSON *uids, cJSON **out, ond_err *err)
{
    int n = 0;
    const cJSON *u;
    cJSON_ArrayForEach(u, uids) n +=
        cJSON_IsString(u) && ond__cal_find_uid(h, u->valuestring, NULL) != NULL;
    *out = cJSON_CreateObject();
    return *out && ond_json_set_num(*out, "entries", n) ? OND_OK
                                                        : ond_nomem(err, "looking at the calendar");
}

/* The uid of a packed entry; *out NULL where it has none. */
static int uid_of(ond__cal *h, const cJSON *packed, char **out, ond_err *err)
{
    ond_buf bytes = {0};
    ond__cal_entry e = {0};
    *out = NULL;
    int rc = ond__cal_unpack(packed, &bytes, err);
    if (rc == 0) rc = ond__cal_entry_read(h, (ond_str){ond_buf_z(&bytes), bytes.n}, &e, err);
    if (rc == 0 && !e.problem && !(*out = ond_str_dup(ond_str_of(e.uid))))
        rc = ond_nomem(err, "reading a calendar");
    ond__cal_entry_free(&e);
    ond_buf_free(&bytes);
    return rc;
}

static int observe_entries(ond__cal *h, const cJSON *entries, cJSON **out, ond_err *err)
{
    int n = 0, rc = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, entries)
    {
        char *uid = NULL;
        if ((rc = uid_of(h, one, &uid, err)) != 0) return rc;
        n += uid && ond__cal_find_uid(h, uid, NULL);
        free(uid);
    }
    *out = cJSON_CreateObject();
    return *out && ond_json_set_num(*out, "entries", n) ? OND_OK
                                                        : ond_nomem(err, "looking at the calendar");
}

static int observe_restore(ond__cal *h, const cJSON *args, cJSON **out, ond_err *err)
{
    char *uid = NULL;
    ond__cal_folder *f = NULL;
    if (ond_json_get(args, "entries"))
        return observe_entries(h, ond_json_get(args, "entries"), out, err);
    int rc = uid_of(h, args, &uid, err);
    if (rc) return rc;
    ond__cal_entry *e = uid ? ond__cal_find_uid(h, uid, &f) : NULL;
    *out = ond__cal_show(h, f, e, ond_json_str(args, "occurrence", NULL));
    free(uid);
    return *out ? OND_OK : ond_nomem(err, "looking at the calendar");
}

int ond__cal_observe(ond__cal *h, const char *verb, const cJSON *args, cJSON **out, ond_err *err)
{
    ond__cal_folder *f = NULL;
    *out = NULL;
    if (strcmp(verb, "restore") == 0) return observe_restore(h, args, out, err);
    if (ond_json_get(args, "uids")) return count_left(h, ond_json_get(args, "uids"), out, err);
    ond__cal_entry *e = ond__cal_find_uid(h, ond_json_str(args, "uid", ""), &f);
    *out = ond__cal_show(h, f, e, ond_json_str(args, "occurrence", NULL));
    return *out ? OND_OK : ond_nomem(err, "looking at the calendar");
}

/* ---- planning ---- */

/* The world shows all of it already, and there is nothing to write. */
static bool is_so(const ond_hand_step *s)
{
    return s->expect && s->expect->child && ond_hand_shows(s->expect, s->before) == OND_SHOWS;
}

int ond__cal_work_out(ond__cal *h, const char *verb, const cJSON *args, ond__cal_work *w,
                      ond_err *err)
{
    int rc = ond__cal_scan(h, err);
    *w = (ond__cal_work){0};
    if (rc) return rc;
    w->step.effect = OND_EFFECT_REVERSIBLE;
    w->step.args = cJSON_Duplicate(args, true);
    if (!w->step.args) return ond_nomem(err, "planning");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, verb) != 0) continue;
        rc = table[i].fn(h, args, w, err);
        if (rc == 0 && !w->judged) w->step.already = is_so(&w->step);
        if (rc == 0 && w->step.already) w->step.effect = OND_EFFECT_REVERSIBLE;
        if (rc) ond__cal_work_free(w);
        return rc;
    }
    ond__cal_work_free(w);
    return ond_fail(err, OND_E_INPUT, "the calendar has no verb '%s'", verb);
}

int ond__cal_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out, ond_err *err)
{
    ond__cal_work w;
    *out = (ond_hand_step){0};
    int rc = ond__cal_work_out(self, verb, args, &w, err);
    if (rc) return rc;
    *out = w.step;
    w.step = (ond_hand_step){0};
    ond__cal_work_free(&w);
    return OND_OK;
}
