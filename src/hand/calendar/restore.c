/* restore.c - puts entries back, byte for byte; and how bytes travel as arguments. */
#include "base/utf8.h"
#include "hand/calendar/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- packing ---- */

static bool has_controls(ond_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t')) return true;
    }
    return ond_utf8_valid(s) != s.n;
}

static bool drop_cr(ond_str s, ond_buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r')) return false;
        if (s.p[i] != '\r' || i + 1 >= s.n || s.p[i + 1] != '\n') ond_buf_putc(out, s.p[i]);
    }
    return true;
}

static bool pack_base64(ond_str bytes, cJSON *args)
{
    size_t n = sodium_base64_ENCODED_LEN(bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(n);
    bool ok = text &&
              sodium_bin2base64(text, n, (const unsigned char *)bytes.p, bytes.n,
                                sodium_base64_VARIANT_ORIGINAL) &&
              ond_json_set_str(args, "ics", text) && ond_json_set_str(args, "form", "base64");
    free(text);
    return ok;
}

bool ond__cal_pack(ond_str bytes, cJSON *args)
{
    ond_buf text = {0};
    bool ok;
    if (!has_controls(bytes)) {
        ond_buf_str(&text, bytes);
        ok = ond_buf_ok(&text) && ond_json_set_str(args, "ics", ond_buf_z(&text)) &&
             ond_json_set_str(args, "form", "lf");
    } else if (drop_cr(bytes, &text) && ond_buf_ok(&text) &&
               !has_controls((ond_str){ond_buf_z(&text), text.n}))
        ok = ond_json_set_str(args, "ics", ond_buf_z(&text)) &&
             ond_json_set_str(args, "form", "crlf");
    else
        ok = pack_base64(bytes, args);
    ond_buf_free(&text);
    return ok;
}

static int unpack_base64(const char *text, ond_buf *out, ond_err *err)
{
    size_t n = strlen(text), got = 0;
    unsigned char *bin = malloc(n + 1);
    if (!bin) return ond_nomem(err, "reading a calendar");
    int bad =
        sodium_base642bin(bin, n + 1, text, n, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL);
    if (!bad) ond_buf_put(out, bin, got);
    free(bin);
    return bad ? ond_fail(err, OND_E_INPUT, "ics is no base64") : OND_OK;
}

int ond__cal_unpack(const cJSON *args, ond_buf *out, ond_err *err)
{
    const char *text = ond_json_str(args, "ics", NULL), *form = ond_json_str(args, "form", "lf");
    int rc = 0;
    if (!text) return ond_fail(err, OND_E_INPUT, "'ics' is missing");
    if (strcmp(form, "base64") == 0)
        rc = unpack_base64(text, out, err);
    else
        for (const char *p = text; *p; p++) {
            if (*p == '\n' && strcmp(form, "crlf") == 0) ond_buf_putc(out, '\r');
            ond_buf_putc(out, *p);
        }
    return rc ? rc : ond_buf_ok(out) ? OND_OK : ond_nomem(err, "reading a calendar");
}

/* ---- the verb ---- */

static bool is_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) < 250;
}

/* The folder as it would be called; and the file, from the uid where it is not given. */
static int names_of(const cJSON *args, const char *folder, const ond__cal_entry *e, ond_buf *file,
                    ond_err *err)
{
    const char *given = ond_json_str(args, "file", NULL);
    if (given)
        ond_buf_puts(file, given);
    else {
        ond__cal_safe_name(e->uid, file);
        ond_buf_puts(file, ".ics");
    }
    size_t n = file->n;
    if (!ond_buf_ok(file)) return ond_nomem(err, "planning");
    if (!is_name(folder))
        return ond_fail(err, OND_E_INPUT, "calendar is '%.60s', which is no name of a folder",
                        folder);
    if (!is_name(ond_buf_z(file)) || n < 5 || strcmp(file->p + n - 4, ".ics") != 0)
        return ond_fail(err, OND_E_INPUT, "file is '%.60s'; it should be a name that ends in .ics",
                        ond_buf_z(file));
    return OND_OK;
}

typedef struct restored {
    ond_buf bytes, file;
    ond__cal_entry e;
} restored;

static void restored_free(restored *r)
{
    ond_buf_free(&r->bytes);
    ond_buf_free(&r->file);
    ond__cal_entry_free(&r->e);
}

static int read_one(ond__cal *h, const cJSON *packed, const char *folder, ond__cal_work *w,
                    restored *r, ond_err *err)
{
    int rc;
    OND_TRY(ond__cal_unpack(packed, &r->bytes, err));
    OND_TRY(ond__cal_entry_read(h, (ond_str){ond_buf_z(&r->bytes), r->bytes.n}, &r->e, err));
    if (r->e.problem)
        OND_TRY(ond_fail(err, OND_E_INPUT, "ics is no entry of a calendar: %s", r->e.problem));
    OND_TRY(names_of(packed, folder, &r->e, &r->file, err));
    OND_TRY(ond__cal_may_write(h, folder, ond_buf_z(&r->file), r->e.uid, err));
    if (!ond__cal_work_file(w, folder, ond_buf_z(&r->file),
                            (ond_str){ond_buf_z(&r->bytes), r->bytes.n}))
        OND_TRY(ond_nomem(err, "planning"));
out:
    return rc;
}

static bool says(ond__cal_work *w, const char *title)
{
    return ond__cal_work_says(w, OND_M_CAL_RESTORE, &title, &title, 1);
}

static int restore_many(ond__cal *h, const cJSON *args, const char *folder, ond__cal_work *w,
                        ond_err *err)
{
    const cJSON *one, *entries = ond_json_get(args, "entries");
    cJSON *uids = cJSON_CreateArray();
    int rc = uids ? 0 : ond_nomem(err, "planning"), n = 0;
    ond_hand_step *s = &w->step;
    cJSON_ArrayForEach(one, entries)
    {
        restored r = {{0}, {0}, {0}};
        if (rc == 0) rc = read_one(h, one, folder, w, &r, err);
        cJSON *uid = rc == 0 ? cJSON_CreateString(r.e.uid) : NULL;
        if (rc == 0 && (!uid || !cJSON_AddItemToArray(uids, uid))) rc = ond_nomem(err, "planning");
        restored_free(&r);
        n++;
    }
    char count[16];
    snprintf(count, sizeof count, "%d", n);
    if (rc == 0) rc = ond__cal_observe(h, "restore", args, &s->before, err);
    s->expect = cJSON_CreateObject();
    s->undo_args = cJSON_CreateObject();
    s->undo_verb = ond_str_dup(OND_S("list_clear"));
    const char *counts[] = {count};
    s->can_undo = rc == 0 && s->expect && s->undo_args && s->undo_verb &&
                  ond_json_set_num(s->expect, "entries", n) &&
                  ond_json_set_str(s->undo_args, "list", folder) &&
                  ond_json_set_str(s->undo_args, "which", "all") &&
                  ond_json_set(s->undo_args, "uids", uids) &&
                  ond__cal_work_says(w, OND_M_CAL_RESTORE_MANY, counts, counts, 1);
    if (rc == 0 && !s->can_undo) return ond_nomem(err, "planning");
    if (rc) cJSON_Delete(uids);
    return rc;
}

/* What it would show: from the bytes, as if they lay there. */
static cJSON *show_bytes(ond__cal *h, const char *folder, restored *r, const char *occurrence)
{
    ond__cal_folder f = {.name = (char *)folder};
    return ond__cal_show(h, &f, &r->e, occurrence);
}

static int undo_restore(ond__cal *h, ond__cal_work *w, restored *r, ond_err *err)
{
    ond_hand_step *s = &w->step;
    ond__cal_folder *f = NULL;
    ond__cal_entry *was = ond__cal_find_uid(h, r->e.uid, &f);
    if (was) return ond__cal_undo_bytes(h, w, f, was, err);
    s->undo_verb = ond_str_dup(ond_str_of(r->e.todo ? "item_remove" : "remove"));
    s->undo_args = cJSON_CreateObject();
    s->can_undo = s->undo_verb && s->undo_args && ond_json_set_str(s->undo_args, "uid", r->e.uid);
    return s->can_undo ? OND_OK : ond_nomem(err, "planning");
}

static bool bytes_are(ond__cal *h, const char *folder, const restored *r)
{
    ond_buf now = {0};
    bool same = ond__cal_bytes(h, folder, ond_buf_z(&r->file), &now, NULL) == 0 &&
                now.n == r->bytes.n && memcmp(ond_buf_z(&now), ond_buf_z(&r->bytes), now.n) == 0;
    ond_buf_free(&now);
    return same;
}

int ond__cal_restore(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    const char *folder = ond_json_str(args, "calendar", ""),
               *occurrence = ond_json_str(args, "occurrence", NULL);
    ond_hand_step *s = &w->step;
    restored r = {{0}, {0}, {0}};
    ond__cal_folder *in = NULL;
    int rc = 0;
    if (ond_json_get(args, "entries")) return restore_many(h, args, folder, w, err);
    OND_TRY(read_one(h, args, folder, w, &r, err));
    ond__cal_entry *now = ond__cal_find_uid(h, r.e.uid, &in);
    if (now && (strcmp(in->name, folder) != 0 || strcmp(now->file, ond_buf_z(&r.file)) != 0))
        if (!ond__cal_work_file(w, in->name, now->file, (ond_str){0}))
            OND_TRY(ond_nomem(err, "planning"));
    s->before = ond__cal_show(h, in, now, occurrence);
    s->expect = show_bytes(h, folder, &r, occurrence);
    s->already = bytes_are(h, folder, &r);
    w->judged = true;
    OND_TRY(undo_restore(h, w, &r, err));
    if (!s->before || !s->expect || !ond_json_set_str(s->args, "file", ond_buf_z(&r.file)) ||
        !says(w, r.e.main.title ? r.e.main.title : r.e.uid))
        OND_TRY(ond_nomem(err, "planning"));
    if (!ond__cal_folder_named(h, folder)) {
        w->make = ond_str_dup(ond_str_of(folder));
        w->make_list = r.e.todo;
        if (!w->make) OND_TRY(ond_nomem(err, "planning"));
    }
out:
    restored_free(&r);
    return rc;
}
