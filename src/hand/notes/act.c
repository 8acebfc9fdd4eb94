/* act.c - writes what was planned, and only that: where the file has changed so that something else
 * would come of it, nothing is written. */
#include "hand/notes/internal.h"

static ond_str view(const ond_buf *b)
{
    return (ond_str){ond_buf_z(b), b->n};
}

static int check_expected(const ond__note_change *c, const cJSON *expect, ond_err *err)
{
    cJSON *then = ond__note_state(c->stays, view(&c->then));
    if (!then) return ond_nomem(err, "acting");
    bool same = ond_hand_shows(expect, then) == OND_SHOWS;
    cJSON_Delete(then);
    return same ? OND_OK
                : ond_fail(err, OND_E_STALE,
                           "the note '%.200s' has changed meanwhile, so nothing was written; ask "
                           "again",
                           ond_buf_z(&c->name));
}

static int apply(ond__notes *h, ond_act *a, ond__note_change *c, ond_err *err)
{
    const struct stat *was = c->there ? &c->st : NULL;
    const char *name = ond_buf_z(&c->name);
    if (ond__note_same(c)) {
        a->done = OND_DONE_ALREADY;
        return OND_OK;
    }
    int rc = check_expected(c, a->expect, err);
    if (rc != 0) return rc;
    a->done = OND_DONE_OK;
    return c->stays ? ond__note_write(h, name, view(&c->then), was, c->mode, err)
                    : ond__note_unlink(h, name, was, err);
}

/* A failure after the file was replaced (a folder that cannot be synced) has happened all the same.
 */
static void end_failed(ond_act *a)
{
    bool shown = a->after && a->expect && a->expect->child && a->err.code != OND_E_STALE &&
                 ond_hand_shows(a->expect, a->after) == OND_SHOWS;
    a->done = shown ? OND_DONE_UNVERIFIED : OND_DONE_FAILED;
}

static void act_one(ond__notes *h, ond_act *a)
{
    ond__note_change c = {0};
    a->after = NULL;
    a->err = (ond_err){0};
    a->done = OND_DONE_OK;
    if (ond__notes_reads(a->verb)) return;
    int rc = ond__note_work_out(h, a->verb, a->args, &c, &a->err);
    if (rc == 0) rc = apply(h, a, &c, &a->err);
    if (ond__note_observe(h, ond_json_str(a->args, "note", ""), &a->after, NULL) != 0)
        a->after = NULL;
    if (rc != 0) end_failed(a);
    ond__note_change_free(&c);
}

void ond__notes_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms)
{
    (void)limit_ms;
    for (size_t i = 0; i < n; i++) act_one(self, &acts[i]);
}
