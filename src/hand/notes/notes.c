/* notes.c - the hand `notes`: a folder of Markdown files that other programs read and write too.
 *
 * Configuration: {"dir": FOLDER}; empty is $XDG_DATA_HOME/ondol/notes. docs/hands/notes.md. The
 * folder is made with the first note, not before. */
#include "hand/notes/internal.h"

#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA(properties, required)                                                               \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required                 \
    "],\"additionalProperties\":false}"

static const ond_verb_def verbs[] = {
#define VERB(name, effect, summary, properties, required)                                          \
    {#name, OND_EFFECT_##effect, summary, SCHEMA(properties, required)},
#include "hand/notes/verbs.def"
#undef VERB
    {0},
};

bool ond__notes_reads(const char *verb)
{
    for (const ond_verb_def *v = verbs; v->name; v++)
        if (strcmp(v->name, verb) == 0) return v->effect == OND_EFFECT_READ;
    return false;
}

static void notes_close(void *self)
{
    ond__notes *h = self;
    if (!h) return;
    ond__notes_forget(h);
    free(h->dir);
    free(h);
}

/* "~/Notes" is what a person writes. */
static int choose_dir(const ond_hand_env *env, ond_buf *dir, ond_err *err)
{
    const char *set = ond_json_str(env->config, "dir", ""), *home = getenv("HOME");
    int rc = OND_OK;
    if (!set[0])
        rc = ond_xdg_path(OND_XDG_DATA, "notes", dir, err);
    else if (strncmp(set, "~/", 2) == 0 && home && home[0] == '/')
        ond_buf_printf(dir, "%s%s", home, set + 1);
    else
        ond_buf_puts(dir, set);
    while (dir->n > 1 && dir->p[dir->n - 1] == '/') dir->p[--dir->n] = '\0';
    if (rc == 0 && !ond_buf_ok(dir)) rc = ond_nomem(err, "opening the hand notes");
    return rc;
}

static int check_dir(const char *dir, ond_err *err)
{
    struct stat st;
    if (stat(dir, &st) != 0 || S_ISDIR(st.st_mode)) return OND_OK;
    return ond_fail(err, OND_E_CONFIG, "hands.notes.dir: %.300s is no folder", dir);
}

static int notes_open(const ond_hand_env *env, void **self, ond_err *err)
{
    ond_buf dir = {0};
    int rc = 0;
    *self = NULL;
    ond__notes *h = calloc(1, sizeof *h);
    if (!h) return ond_nomem(err, "opening the hand notes");
    snprintf(h->lang, sizeof h->lang, "%.7s", env->lang ? env->lang : "en");
    OND_TRY(choose_dir(env, &dir, err));
    OND_TRY(check_dir(ond_buf_z(&dir), err));
    h->dir = ond_buf_take(&dir);
    if (!h->dir) OND_TRY(ond_nomem(err, "opening the hand notes"));
    *self = h;
    return OND_OK;
out:
    ond_buf_free(&dir);
    notes_close(h);
    return rc;
}

static int notes_fd(void *self)
{
    (void)self;
    return -1;
}

static void notes_service(void *self)
{
    (void)self;
}

static uint64_t notes_revision(void *self)
{
    (void)self;
    return 1;
}

static cJSON *notes_health(void *self)
{
    ond__notes *h = self;
    cJSON *health = cJSON_CreateObject();
    ond_buf what = {0};
    ond_err err = {0};
    bool ok = ond__notes_scan(h, &err) == 0;
    if (!ok)
        ond_buf_puts(&what, err.text);
    else
        ond_buf_printf(&what, "%zu notes in %s", h->n, h->dir);
    if (ok && h->odd) ond_buf_printf(&what, "; %zu files have names that are no text", h->odd);
    if (ok && h->more) ond_buf_puts(&what, "; there are more, which are not looked at");
    if (!health || !ond_json_set_bool(health, "ok", ok) ||
        !ond_json_set_str(health, "what", ond_buf_z(&what))) {
        cJSON_Delete(health);
        health = NULL;
    }
    ond_buf_free(&what);
    return health;
}

static int notes_observe(void *self, const char *verb, const cJSON *args, cJSON **out, ond_err *err)
{
    ond__notes *h = self;
    *out = NULL;
    if (ond__notes_reads(verb)) {
        *out = cJSON_CreateObject();
        return *out ? OND_OK : ond_nomem(err, "looking at the notes");
    }
    const char *name = ond_json_str(args, "note", "");
    int rc = ond__note_name_check(name, err);
    return rc ? rc : ond__note_observe(h, name, out, err);
}

const ond_hand_def ond_hand_notes = {
    .name = "notes",
    .summary = "notes in a folder of Markdown files",
    .verbs = verbs,
    .open = notes_open,
    .close = notes_close,
    .fd = notes_fd,
    .service = notes_service,
    .world = NULL,
    .revision = notes_revision,
    .health = notes_health,
    .plan = ond__notes_plan,
    .act = ond__notes_act,
    .observe = notes_observe,
};
