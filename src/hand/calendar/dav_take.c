/* dav_take.c - what comes from the server goes into the folder. A file of ours is only replaced
 * while it still has the bytes that were in sync; where both sides changed, the server's version
 * has the name and ours becomes an entry of its own. */
#include "hand/calendar/dav_pair.h"

#include "sys/file.h"

#include <stdlib.h>

bool ond__dav_tell(cJSON *list, const char *folder, const char *file, const char *what)
{
    cJSON *row = cJSON_CreateObject();
    if (cJSON_GetArraySize(list) >= 100) {
        cJSON_Delete(row);
        return true;
    }
    if (row && ond_json_set_str(row, "calendar", folder) && ond_json_set_str(row, "file", file) &&
        ond_json_set_str(row, "what", what) && cJSON_AddItemToArray(list, row))
        return true;
    cJSON_Delete(row);
    return false;
}

int ond__dav_ours(const ond__dav_pair *p, const char *file, ond_buf *bytes, char hash[OND_HASH_HEX],
                  ond_err *err)
{
    ond_err e = {0};
    hash[0] = '\0';
    int rc = ond__cal_bytes(p->h, p->folder, file, bytes, &e);
    if (rc == OND_E_NOT_FOUND) return OND_OK;
    if (rc && err) *err = e;
    if (rc == 0) ond__dav_hash((ond_str){ond_buf_z(bytes), bytes->n}, hash);
    return rc;
}

/* XML makes LF of line ends; files have CRLF. */
static void line_ends(ond_str data, ond_buf *out)
{
    for (size_t i = 0; i < data.n; i++) {
        if (data.p[i] == '\r' && i + 1 < data.n && data.p[i + 1] == '\n') continue;
        if (data.p[i] == '\n') ond_buf_putc(out, '\r');
        ond_buf_putc(out, data.p[i]);
    }
    if (out->n && out->p[out->n - 1] != '\n') ond_buf_puts(out, "\r\n");
}

/* A name that is free: the server's, or one from the UID. */
static int free_name(const ond__dav_pair *p, const char *href, const char *uid, ond_buf *out,
                     ond_err *err)
{
    ond_buf last = {0};
    char hash[OND_HASH_HEX];
    ond__dav_last(href, &last);
    ond__dav_hash(ond_str_of(href), hash);
    for (int i = 0; i < 3; i++) {
        ond_buf_clear(out);
        ond__cal_safe_name(i == 0 ? ond_buf_z(&last) : uid, out);
        if (i == 2) ond_buf_printf(out, "-%.8s", hash);
        if (out->n == 0) continue;
        if (out->n < 5 || strcmp(out->p + out->n - 4, ".ics") != 0) ond_buf_puts(out, ".ics");
        ond_buf path = {0};
        ond__cal_path(p->h, p->folder, ond_buf_z(out), &path);
        bool taken = ond_file_exists(ond_buf_z(&path));
        ond_buf_free(&path);
        if (!taken) break;
    }
    ond_buf_free(&last);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "a sync");
}

static int keep(ond__dav_pair *p, const ond__dav_task *t, const char *file, const char *etag,
                const char *hash, ond_err *err)
{
    return ond__dav_put(p->h, &p->state, file, t->href, etag, hash, false, err);
}

static int write_theirs(ond__dav_pair *p, const ond__dav_task *t, const char *file,
                        const char *etag, const ond_buf *data, ond_err *err)
{
    char hash[OND_HASH_HEX];
    int rc = ond__cal_write(p->h, p->folder, file, (ond_str){ond_buf_z(data), data->n}, err);
    ond__dav_hash((ond_str){ond_buf_z(data), data->n}, hash);
    return rc ? rc : keep(p, t, file, etag, hash, err);
}

/* ---- both changed ---- */

static bool tell_conflict(ond__dav_pair *p, const char *title, const char *uid, const char *copy)
{
    ond_buf text = {0};
    cJSON *row = cJSON_CreateObject();
    OND_MSG(&text, OND_M_CAL_CONFLICT, p->h->lang, title);
    ond__cal_note(p->h, ond_buf_z(&text));
    ond_buf_free(&text);
    if (row && ond_json_set_str(row, "calendar", p->folder) && ond_json_set_str(row, "uid", uid) &&
        ond_json_set_str(row, "title", title) && ond_json_set_str(row, "copy", copy) &&
        cJSON_AddItemToArray(p->report->conflicts, row))
        return true;
    cJSON_Delete(row);
    return false;
}

static int conflict(ond__dav_pair *p, const ond__dav_task *t, const char *file, const char *etag,
                    const ond_buf *ours, const ond__cal_entry *mine, const ond_buf *data,
                    ond_err *err)
{
    ond_buf copy = {0}, uid = {0}, name = {0};
    const char *own = mine->uid;
    int rc;
    if (!ond__dav_copy(p->h, (ond_str){ond_buf_z(ours), ours->n}, own, &copy, &uid))
        OND_TRY(ond_nomem(err, "a sync"));
    ond__cal_safe_name(ond_buf_z(&uid), &name);
    ond_buf_puts(&name, ".ics");
    if (!ond_buf_ok(&name)) OND_TRY(ond_nomem(err, "a sync"));
    OND_TRY(ond__cal_write(p->h, p->folder, ond_buf_z(&name), (ond_str){ond_buf_z(&copy), copy.n},
                           err));
    OND_TRY(write_theirs(p, t, file, etag, data, err));
    if (!tell_conflict(p, mine->main.title ? mine->main.title : own, own, ond_buf_z(&uid)))
        OND_TRY(ond_nomem(err, "a sync"));
    p->again = true; /* the copy goes to the server, too */
out:
    ond_buf_free(&copy);
    ond_buf_free(&uid);
    ond_buf_free(&name);
    return rc;
}

static int merge(ond__dav_pair *p, const ond__dav_task *t, const char *file, const char *etag,
                 const ond_buf *data, ond_err *err)
{
    ond_buf ours = {0};
    ond__cal_entry mine = {0};
    const ond__dav_item *known = ond__dav_by_file(&p->state, file);
    char hash[OND_HASH_HEX];
    int rc;
    OND_TRY(ond__dav_ours(p, file, &ours, hash, err));
    if (!hash[0] || (known && strcmp(hash, known->hash) == 0)) {
        OND_TRY(write_theirs(p, t, file, etag, data, err));
        p->report->pulled++;
        if (!hash[0] && t->kept) {
            ond_buf text = {0};
            OND_TRY(ond__cal_entry_read(p->h, (ond_str){ond_buf_z(data), data->n}, &mine, err));
            OND_MSG(&text, OND_M_CAL_KEPT_REMOTE, p->h->lang,
                    mine.main.title ? mine.main.title : file);
            ond__cal_note(p->h, ond_buf_z(&text));
            ond_buf_free(&text);
            if (!ond__dav_tell(p->report->kept, p->folder, file, "removed here, changed there"))
                OND_TRY(ond_nomem(err, "a sync"));
        }
        goto out;
    }
    if (ond__dav_same((ond_str){ond_buf_z(&ours), ours.n}, (ond_str){ond_buf_z(data), data->n})) {
        rc = keep(p, t, file, etag, hash, err);
        goto out;
    }
    OND_TRY(ond__cal_entry_read(p->h, (ond_str){ond_buf_z(&ours), ours.n}, &mine, err));
    if (mine.problem) {
        p->dirty = true;
        rc = ond__dav_tell(p->report->failed, p->folder, file, "it cannot be read here")
                 ? OND_OK
                 : ond_nomem(err, "a sync");
    } else {
        rc = conflict(p, t, file, etag, &ours, &mine, data, err);
    }
out:
    ond__cal_entry_free(&mine);
    ond_buf_free(&ours);
    return rc;
}

/* The file of ours that holds the same entry and is not in sync with another item. */
static const char *file_with(ond__dav_pair *p, const char *uid)
{
    const ond__cal_folder *f = ond__cal_folder_named(p->h, p->folder);
    for (size_t k = 0; f && uid && k < f->n; k++)
        if (!f->v[k]->problem && strcmp(f->v[k]->uid, uid) == 0 &&
            !ond__dav_by_file(&p->state, f->v[k]->file))
            return f->v[k]->file;
    return NULL;
}

int ond__dav_take(ond__dav_pair *p, const ond__dav_task *t, const char *etag, ond_str raw,
                  ond_err *err)
{
    ond_buf data = {0}, name = {0};
    ond__cal_entry theirs = {0};
    ond__doc d = {0};
    int rc;
    line_ends(raw, &data);
    if (!ond_buf_ok(&data) || !ond__doc_open((ond_str){ond_buf_z(&data), data.n}, &d))
        OND_TRY(ond_nomem(err, "a sync"));
    if (d.problem ||
        data.n > CAL_FILE_BYTES) { /* no calendar at all: nothing of ours is given up for it */
        p->dirty = true;
        if (!ond__dav_tell(p->report->failed, p->folder, t->href,
                           d.problem ? d.problem : "it is over 1 MiB"))
            rc = ond_nomem(err, "a sync");
        goto out;
    }
    OND_TRY(ond__cal_entry_read(p->h, (ond_str){ond_buf_z(&data), data.n}, &theirs, err));
    const char *file = t->file ? t->file : file_with(p, theirs.uid);
    if (!file) {
        OND_TRY(free_name(p, t->href, theirs.uid ? theirs.uid : "entry", &name, err));
        file = ond_buf_z(&name);
    } else {
        ond_buf_puts(&name, file);
        file = ond_buf_z(&name);
    }
    rc = ond_buf_ok(&name) ? merge(p, t, file, etag, &data, err) : ond_nomem(err, "a sync");
out:
    ond__cal_entry_free(&theirs);
    ond__doc_free(&d);
    ond_buf_free(&data);
    ond_buf_free(&name);
    return rc;
}

int ond__dav_erase(ond__dav_pair *p, const ond__dav_task *t, ond_err *err)
{
    ond_buf ours = {0};
    char hash[OND_HASH_HEX];
    int rc;
    OND_TRY(ond__dav_ours(p, t->file, &ours, hash, err));
    if (strcmp(hash, t->hash) != 0) { /* changed since: looked at again */
        p->again = p->dirty = true;
        goto out;
    }
    if (hash[0]) {
        OND_TRY(ond__cal_write(p->h, p->folder, t->file, (ond_str){0}, err));
        p->report->removed_here++;
    }
    rc = ond__dav_drop(p->h, &p->state, t->file, err);
out:
    ond_buf_free(&ours);
    return rc;
}
