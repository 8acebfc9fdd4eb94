/* change.c - what each verb makes of a file: its name, its bytes now, its bytes then.
 *
 * Exact arguments, worked out again, give the same arguments; where the file has changed meanwhile
 * so that they would mean something else, that is OND_E_STALE. */
#include "hand/notes/internal.h"

#include <stdlib.h>

typedef int work_fn(ond__notes *h, const cJSON *args, ond__note_change *c, ond_err *err);

static ond_str view(const ond_buf *b)
{
    return (ond_str){ond_buf_z(b), b->n};
}

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

static int read_now(ond__notes *h, ond__note_change *c, ond_err *err)
{
    return ond__note_read(h, ond_buf_z(&c->name), &c->there, &c->now, &c->st, err);
}

static int take_name(const cJSON *args, ond__note_change *c, ond_err *err)
{
    const char *name = ond_json_str(args, "note", "");
    int rc = ond__note_name_check(name, err);
    if (rc != 0) return rc;
    ond_buf_puts(&c->name, name);
    return ond_buf_ok(&c->name) ? OND_OK : nomem(err);
}

static int missing(const ond__note_change *c, ond_err *err)
{
    return ond_fail(err, OND_E_NOT_FOUND, "there is no note '%.200s' any more",
                    ond_buf_z(&c->name));
}

/* ---- the verbs ---- */

static int work_create(ond__notes *h, const cJSON *args, ond__note_change *c, ond_err *err)
{
    const char *title = ond_json_str(args, "title", ""), *text = ond_json_str(args, "text", "");
    int rc = 0;
    c->stays = true;
    ond__note_compose(title, text, &c->then);
    if (!ond_buf_ok(&c->then)) return nomem(err);
    if (ond_str_trim(view(&c->then)).n == 0)
        return ond_fail(err, OND_E_INPUT, "a note needs a text or a title");
    if (ond_json_get(args, "note")) {
        OND_TRY(take_name(args, c, err));
        OND_TRY(read_now(h, c, err));
        if (c->there && !ond_str_eq(view(&c->now), view(&c->then)))
            OND_TRY(ond_fail(err, OND_E_STALE, "there is another note '%.200s' by now; ask again",
                             ond_buf_z(&c->name)));
    } else {
        OND_TRY(ond__note_name_new(h, title, text, &c->name, err));
    }
    if (!ond_json_set_str(c->args, "note", ond_buf_z(&c->name))) rc = nomem(err);
out:
    return rc;
}

static int check_fits(const ond__note_change *c, ond_err *err)
{
    if (c->then.n <= OND__NOTE_BYTES) return OND_OK;
    return ond_fail(err, OND_E_INPUT, "the note '%.200s' would have over 1 MiB: begin another one",
                    ond_buf_z(&c->name));
}

static int work_append(ond__notes *h, const cJSON *args, ond__note_change *c, ond_err *err)
{
    const char *text = ond_json_str(args, "text", "");
    int rc = 0;
    c->stays = true;
    if (ond_str_trim(ond_str_of(text)).n == 0 && !ond_json_get(args, "raw"))
        return ond_fail(err, OND_E_INPUT, "there is nothing to add: the text is empty");
    if (ond_json_get(args, "raw"))
        OND_TRY(take_name(args, c, err));
    else
        OND_TRY(ond__note_resolve(h, ond_json_str(args, "note", ""), &c->name, err));
    OND_TRY(read_now(h, c, err));
    if (!c->there) OND_TRY(missing(c, err));
    ond_buf_str(&c->then, view(&c->now));
    if (ond_json_get(args, "raw"))
        OND_TRY(ond__note_unpack(args, "text", "raw", &c->then, err));
    else
        ond__note_tail(view(&c->now), text, &c->then);
    if (!ond_buf_ok(&c->then) || !ond_json_set_str(c->args, "note", ond_buf_z(&c->name)))
        OND_TRY(nomem(err));
    rc = check_fits(c, err);
out:
    return rc;
}

/* By a name that is meant, or by an exact one: then what is gone is as wanted. */
static int work_remove(ond__notes *h, const cJSON *args, ond__note_change *c, ond_err *err)
{
    const char *was = ond_json_str(args, "was", NULL);
    char mark[OND__NOTE_MARK];
    bool exact = was || ond_json_bool(args, "exact", false);
    int rc = 0;
    if (exact)
        OND_TRY(take_name(args, c, err));
    else
        OND_TRY(ond__note_resolve(h, ond_json_str(args, "note", ""), &c->name, err));
    OND_TRY(read_now(h, c, err));
    if (!c->there && !exact) OND_TRY(missing(c, err));
    if (!c->there) goto out;
    ond__note_mark(view(&c->now), mark);
    if (was && strcmp(was, mark) != 0)
        OND_TRY(ond_fail(err, OND_E_STALE, "the note '%.200s' has changed meanwhile; ask again",
                         ond_buf_z(&c->name)));
    cJSON_DeleteItemFromObjectCaseSensitive(c->args, "exact");
    if (!ond_json_set_str(c->args, "note", ond_buf_z(&c->name)) ||
        !ond_json_set_str(c->args, "was", mark))
        rc = nomem(err);
out:
    return rc;
}

static int work_restore(ond__notes *h, const cJSON *args, ond__note_change *c, ond_err *err)
{
    int rc = 0;
    c->stays = true;
    OND_TRY(take_name(args, c, err));
    OND_TRY(ond__note_unpack(args, "content", "encoding", &c->then, err));
    c->mode = (unsigned)ond_json_num(args, "mode", OND__NOTE_MODE) & 0777u;
    OND_TRY(read_now(h, c, err));
out:
    return rc;
}

/* Whether the n bytes from `at` on have this hash. */
static bool is_there(const ond_buf *b, size_t at, double n, const char *hash)
{
    char mark[OND__NOTE_MARK];
    if (n > (double)(b->n - at)) return false;
    ond__note_mark((ond_str){ond_buf_z(b) + at, (size_t)n}, mark);
    return strcmp(mark, hash) == 0;
}

static int cannot_cut(const ond__note_change *c, ond_err *err)
{
    return ond_fail(err, OND_E_STALE,
                    "the note '%.200s' has changed so that what was added to it cannot be told "
                    "apart; it is left as it is",
                    ond_buf_z(&c->name));
}

/* What another program has written after it stays. */
static int work_cut(ond__notes *h, const cJSON *args, ond__note_change *c, ond_err *err)
{
    double bytes = ond_json_num(args, "bytes", 0), added = ond_json_num(args, "added", 0);
    int rc = 0;
    c->stays = true;
    OND_TRY(take_name(args, c, err));
    OND_TRY(read_now(h, c, err));
    if (!c->there) OND_TRY(missing(c, err));
    if (!is_there(&c->now, 0, bytes, ond_json_str(args, "hash", ""))) OND_TRY(cannot_cut(c, err));
    size_t at = (size_t)bytes, end = at + (size_t)added;
    if (c->now.n == at)
        end = at; /* it has gone already */
    else if (!is_there(&c->now, at, added, ond_json_str(args, "added_hash", "")))
        OND_TRY(cannot_cut(c, err));
    ond_buf_put(&c->then, ond_buf_z(&c->now), at);
    ond_buf_put(&c->then, ond_buf_z(&c->now) + end, c->now.n - end);
    if (!ond_buf_ok(&c->then)) rc = nomem(err);
out:
    return rc;
}

/* ---- the door ---- */

static work_fn *work_of(const char *verb)
{
    static const struct {
        const char *verb;
        work_fn *fn;
    } all[] = {{"create", work_create},
               {"append", work_append},
               {"remove", work_remove},
               {"restore", work_restore},
               {"cut", work_cut}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].verb, verb) == 0) return all[i].fn;
    return NULL;
}

int ond__note_work_out(ond__notes *h, const char *verb, const cJSON *args, ond__note_change *out,
                       ond_err *err)
{
    *out = (ond__note_change){.args = cJSON_Duplicate(args, true), .mode = OND__NOTE_MODE};
    work_fn *fn = work_of(verb);
    int rc = !fn         ? ond_fail(err, OND_E_NOT_FOUND, "there is no verb '%.60s'", verb)
             : out->args ? fn(h, args, out, err)
                         : nomem(err);
    if (rc != 0) ond__note_change_free(out);
    return rc;
}

bool ond__note_same(const ond__note_change *c)
{
    if (c->there != c->stays) return false;
    return !c->there || ond_str_eq(view(&c->now), view(&c->then));
}

void ond__note_change_free(ond__note_change *c)
{
    cJSON_Delete(c->args);
    ond_buf_free(&c->name);
    ond_buf_free(&c->now);
    ond_buf_free(&c->then);
    *c = (ond__note_change){0};
}
