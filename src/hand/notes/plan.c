/* plan.c - a step: what a change means, how to get back, in which words; results of reading. */
#include "hand/notes/internal.h"

#include "base/msg.h"

#include <stdlib.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

static ond_str view(const ond_buf *b)
{
    return (ond_str){ond_buf_z(b), b->n};
}

/* ---- the way back ---- */

static int undo_as(ond_hand_step *s, const char *verb, ond_err *err)
{
    s->undo_verb = ond_str_dup(ond_str_of(verb));
    s->can_undo = s->undo_verb != NULL;
    return s->can_undo ? OND_OK : nomem(err);
}

static int undo_remove(ond_hand_step *s, ond_err *err)
{
    return ond_json_set_bool(s->undo_args, "exact", true) ? undo_as(s, "remove", err) : nomem(err);
}

static int undo_restore(const ond__note_change *c, ond_hand_step *s, ond_err *err)
{
    bool fits = false;
    unsigned mode = c->st.st_mode & 0777u;
    if (mode != OND__NOTE_MODE && !ond_json_set_num(s->undo_args, "mode", mode)) return nomem(err);
    int rc = ond__note_pack(s->undo_args, "content", "encoding", view(&c->now), &fits, err);
    return rc || !fits ? rc : undo_as(s, "restore", err);
}

static int undo_cut(const ond__note_change *c, ond_hand_step *s, ond_err *err)
{
    char mark[OND__NOTE_MARK], added[OND__NOTE_MARK];
    ond_str tail = {ond_buf_z(&c->then) + c->now.n, c->then.n - c->now.n};
    ond__note_mark(view(&c->now), mark);
    ond__note_mark(tail, added);
    if (!ond_json_set_num(s->undo_args, "bytes", (double)c->now.n) ||
        !ond_json_set_str(s->undo_args, "hash", mark) ||
        !ond_json_set_num(s->undo_args, "added", (double)tail.n) ||
        !ond_json_set_str(s->undo_args, "added_hash", added))
        return nomem(err);
    return undo_as(s, "cut", err);
}

/* A cut at the end took the end. */
static bool cuts_end(const ond__note_change *c)
{
    return c->then.n <= c->now.n && memcmp(ond_buf_z(&c->then), ond_buf_z(&c->now), c->then.n) == 0;
}

static int undo_append(const ond__note_change *c, ond_hand_step *s, ond_err *err)
{
    ond_str tail = {ond_buf_z(&c->now) + c->then.n, c->now.n - c->then.n};
    bool fits = false;
    int rc = ond__note_pack(s->undo_args, "text", "raw", tail, &fits, err);
    return rc || !fits ? rc : undo_as(s, "append", err);
}

static int plan_undo(const char *verb, const ond__note_change *c, ond_hand_step *s, ond_err *err)
{
    s->undo_args = cJSON_CreateObject();
    if (!s->undo_args || !ond_json_set_str(s->undo_args, "note", ond_buf_z(&c->name)))
        return nomem(err);
    int rc = !c->there                                 ? undo_remove(s, err)
             : strcmp(verb, "append") == 0             ? undo_cut(c, s, err)
             : strcmp(verb, "cut") == 0 && cuts_end(c) ? undo_append(c, s, err)
                                                       : undo_restore(c, s, err);
    if (rc == 0 && !s->can_undo) {
        cJSON_Delete(s->undo_args);
        s->undo_args = NULL;
    }
    return rc;
}

/* ---- words ---- */

static ond_msg msg_of(const char *verb)
{
    static const struct {
        const char *verb;
        ond_msg msg;
    } all[] = {
        {"create", OND_M_NOTES_CREATE}, {"append", OND_M_NOTES_APPEND},
        {"remove", OND_M_NOTES_REMOVE}, {"restore", OND_M_NOTES_RESTORE},
        {"cut", OND_M_NOTES_CUT},       {"find", OND_M_NOTES_FIND},
        {"list", OND_M_NOTES_LIST},     {"show", OND_M_NOTES_SHOW},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].verb, verb) == 0) return all[i].msg;
    return OND_M_NOTES_SHOW;
}

static int put_says(ond_hand_step *s, const char *verb, const char *a, const char *b, ond_err *err)
{
    static const char *const langs[] = {"ko", "en"};
    s->says = cJSON_CreateObject();
    bool ok = s->says != NULL;
    for (int i = 0; ok && i < 2; i++) {
        ond_buf text = {0};
        OND_MSG(&text, msg_of(verb), langs[i], a, b);
        ok = ond_buf_ok(&text) && ond_json_set_str(s->says, langs[i], ond_buf_z(&text));
        ond_buf_free(&text);
    }
    return ok ? OND_OK : nomem(err);
}

static int say_change(const char *verb, const ond__note_change *c, ond_hand_step *s, ond_err *err)
{
    ond_buf title = {0}, text = {0};
    ond__note_title(view(c->there ? &c->now : &c->then), &title);
    if (title.n == 0) ond_buf_puts(&title, ond_buf_z(&c->name));
    ond__note_clip(ond_str_of(ond_json_str(s->args, "text", "")), 40, &text);
    int rc = ond_buf_ok(&title) && ond_buf_ok(&text)
                 ? put_says(s, verb, ond_buf_z(&title), ond_buf_z(&text), err)
                 : nomem(err);
    ond_buf_free(&title);
    ond_buf_free(&text);
    return rc;
}

/* ---- steps ---- */

static int plan_change(ond__notes *h, const char *verb, const cJSON *args, ond_hand_step *out,
                       ond_err *err)
{
    ond__note_change c;
    int rc = ond__note_work_out(h, verb, args, &c, err);
    if (rc != 0) return rc;
    out->args = c.args;
    c.args = NULL;
    out->before = ond__note_state(c.there, view(&c.now));
    out->expect = ond__note_state(c.stays, view(&c.then));
    if (!out->before || !out->expect) OND_TRY(nomem(err));
    out->already = ond__note_same(&c);
    OND_TRY(plan_undo(verb, &c, out, err));
    out->effect = out->can_undo || out->already ? OND_EFFECT_REVERSIBLE : OND_EFFECT_IRREVERSIBLE;
    OND_TRY(say_change(verb, &c, out, err));
out:
    ond__note_change_free(&c);
    return rc;
}

static int plan_read(ond__notes *h, const char *verb, const cJSON *args, ond_hand_step *out,
                     ond_err *err)
{
    const char *what = "";
    int rc = 0;
    out->effect = OND_EFFECT_READ;
    out->expect = cJSON_CreateObject();
    out->args = cJSON_Duplicate(args, true);
    if (!out->expect || !out->args) OND_TRY(nomem(err));
    if (strcmp(verb, "find") == 0) {
        OND_TRY(ond__notes_find(h, args, &out->before, err));
        what = ond_json_str(args, "query", "");
    } else if (strcmp(verb, "list") == 0) {
        OND_TRY(ond__notes_list(h, args, &out->before, err));
    } else {
        OND_TRY(ond__notes_show(h, args, &out->before, err));
        what = ond_json_str(out->before, "title", "");
        if (!ond_json_set_str(out->args, "note", ond_json_str(out->before, "note", "")))
            OND_TRY(nomem(err));
    }
    OND_TRY(put_says(out, verb, what, "", err));
out:
    return rc;
}

int ond__notes_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                    ond_err *err)
{
    *out = (ond_hand_step){0};
    int rc = ond__notes_reads(verb) ? plan_read(self, verb, args, out, err)
                                    : plan_change(self, verb, args, out, err);
    if (rc != 0) ond_hand_step_free(out);
    return rc;
}
