/* item.c - the verbs of lists. An item is a VTODO; "우유 ×2" in its title is two of it. */
#include "base/utf8.h"
#include "hand/calendar/internal.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

/* ---- which list ---- */

typedef struct target {
    ond__cal_folder *f; /* NULL: it is to be made */
    ond_buf name, label;
} target;

static void target_free(target *t)
{
    ond_buf_free(&t->name);
    ond_buf_free(&t->label);
}

static int list_of(ond__cal *h, const cJSON *args, target *t, ond_err *err)
{
    const char *asked = ond_json_str(args, "list", ""), *builtin = ond__cal_builtin(asked);
    t->f = ond__cal_folder_meant(h, asked, true);
    if (t->f)
        ond_buf_puts(&t->name, t->f->name);
    else if (builtin) {
        ond_buf_puts(&t->name, builtin);
        ond_buf_puts(&t->label, ond_msg_text(strcmp(builtin, "todo") == 0 ? OND_M_CAL_TODO
                                                                          : OND_M_CAL_SHOPPING,
                                             h->lang));
    } else {
        ond__cal_safe_name(asked, &t->name);
        ond_buf_puts(&t->label, ond_json_str(args, "label", asked));
    }
    if (!ond_buf_ok(&t->name) || !ond_buf_ok(&t->label)) return nomem(err);
    return t->name.n ? OND_OK : ond_fail(err, OND_E_INPUT, "the list has no name");
}

/* ---- the text of an item ---- */

static void with_count(const char *text, size_t n, int count, ond_buf *out)
{
    ond_buf_put(out, text, n);
    if (count > 1) ond_buf_printf(out, " ×%d", count);
}

/* An open item that says the same, but for case, spaces and its count. */
static ond__cal_entry *same_item(const ond__cal_folder *f, const char *text)
{
    size_t n, m;
    ond__cal_count_of(text, &n);
    for (size_t i = 0; f && i < f->n; i++) {
        ond__cal_entry *e = f->v[i];
        if (e->problem || !e->todo || e->main.done || !e->main.title) continue;
        ond__cal_count_of(e->main.title, &m);
        char *a = ond_str_dup((ond_str){text, n}), *b = ond_str_dup((ond_str){e->main.title, m});
        ond_buf x = {0}, y = {0};
        bool same = a && b && ond_utf8_fold(ond_str_trim(ond_str_of(a)), &x, NULL) == 0 &&
                    ond_utf8_fold(ond_str_trim(ond_str_of(b)), &y, NULL) == 0 && x.n == y.n &&
                    memcmp(ond_buf_z(&x), ond_buf_z(&y), x.n) == 0;
        ond_buf_free(&x);
        ond_buf_free(&y);
        free(a);
        free(b);
        if (same) return e;
    }
    return NULL;
}

/* A due day, or a time in the owner's zone. "" is none. */
static int due_of(ond__cal *h, const char *text, ond__cal_when *out, ond_err *err)
{
    *out = (ond__cal_when){0};
    if (!text[0]) return OND_OK;
    int rc = ond__cal_when_parse(text, "due", out, err);
    if (rc || out->date) return rc;
    const char *here = ond__cal_zone_here();
    ond_ms t = ond__cal_when_ms(h, out);
    ond__cal_when_of(h, t, here[0] ? ond__cal_zone_of(h, ond_str_of(here), NULL) : CAL_UTC, false,
                     out);
    return OND_OK;
}

static cJSON *show_bytes(ond__cal *h, const char *folder, const ond_buf *bytes)
{
    ond__cal_folder f = {.name = (char *)folder};
    ond__cal_entry e = {0};
    cJSON *o = NULL;
    if (ond__cal_entry_read(h, (ond_str){ond_buf_z(bytes), bytes->n}, &e, NULL) == 0 && !e.problem)
        o = ond__cal_show(h, &f, &e, NULL);
    ond__cal_entry_free(&e);
    return o;
}

/* ---- editing one ---- */

typedef struct edit {
    ond__cal_folder *f;
    ond__cal_entry *e;
    ond__doc d;
    ond_buf bytes;
    int c;
} edit;

static void edit_free(edit *x)
{
    ond__doc_free(&x->d);
    ond_buf_free(&x->bytes);
}

static int edit_open(ond__cal *h, ond__cal_work *w, edit *x, ond_err *err)
{
    int rc;
    OND_TRY(ond__cal_bytes(h, x->f->name, x->e->file, &x->bytes, err));
    if (!ond__doc_open((ond_str){ond_buf_z(&x->bytes), x->bytes.n}, &x->d)) OND_TRY(nomem(err));
    if (x->d.problem)
        OND_TRY(ond_fail(err, OND_E_STALE, "%s changed just now: %s", x->e->file, x->d.problem));
    x->c = ond__cal_comp(h, &x->d, NULL);
    w->step.before = ond__cal_show(h, x->f, x->e, NULL);
    if (!w->step.before || x->c < 0) OND_TRY(nomem(err));
out:
    if (rc) edit_free(x);
    return rc;
}

static int edit_end(ond__cal *h, ond__cal_work *w, edit *x, bool ok, ond_err *err)
{
    ond_buf out = {0};
    int rc = 0;
    ok = ok && ond__cal_touch(&x->d, x->c);
    ond__doc_put_all(&x->d, &out);
    if (!ok || !ond_buf_ok(&out)) OND_TRY(nomem(err));
    w->step.expect = show_bytes(h, x->f->name, &out);
    if (!w->step.expect ||
        !ond__cal_work_file(w, x->f->name, x->e->file, (ond_str){ond_buf_z(&out), out.n}))
        OND_TRY(nomem(err));
    rc = ond__cal_undo_bytes(h, w, x->f, x->e, err);
out:
    ond_buf_free(&out);
    edit_free(x);
    return rc;
}

/* ---- adding ---- */

static int write_item(ond__cal *h, const char *uid, const char *text, const ond__cal_when *due,
                      ond_buf *out, ond_err *err)
{
    ond_buf base = {0};
    ond__doc d = {0};
    int rc = 0, c;
    ond__cal_new_text("VTODO", &base);
    if (!ond_buf_ok(&base) || !ond__doc_open((ond_str){base.p, base.n}, &d)) OND_TRY(nomem(err));
    c = ond__cal_comp(h, &d, NULL);
    bool ok = ond__cal_set_text(&d, c, CAL_UID, uid) &&
              ond__cal_set_text(&d, c, CAL_SUMMARY, text) &&
              ond__cal_set_when(h, &d, &c, "DUE", due) &&
              ond__cal_set_text(&d, c, CAL_STATUS, "NEEDS-ACTION");
    ond__doc_put_all(&d, out);
    if (!ok || !ond_buf_ok(out)) rc = nomem(err);
out:
    ond__doc_free(&d);
    ond_buf_free(&base);
    return rc;
}

/* Two more of what stands there. `total` is exact, so that planning again adds nothing. */
static int add_to(ond__cal *h, const cJSON *args, target *t, ond__cal_entry *e, ond__cal_work *w,
                  ond_err *err)
{
    edit x = {.f = t->f, .e = e};
    ond_buf text = {0};
    size_t n;
    int has = ond__cal_count_of(e->main.title, &n), count = (int)ond_json_num(args, "count", 0);
    int total = (int)ond_json_num(args, "total", (has ? has : 1) + count), rc;
    if (!ond_json_set_str(w->step.args, "uid", e->uid) ||
        !ond_json_set_num(w->step.args, "total", total))
        return nomem(err);
    with_count(e->main.title, n, total, &text);
    OND_TRY(edit_open(h, w, &x, err));
    rc = edit_end(h, w, &x,
                  ond_buf_ok(&text) && ond__cal_set_text(&x.d, x.c, CAL_SUMMARY, ond_buf_z(&text)),
                  err);
out:
    ond_buf_free(&text);
    return rc;
}

static int already_there(ond__cal *h, target *t, ond__cal_entry *e, ond__cal_work *w, ond_err *err)
{
    w->step.before = ond__cal_show(h, t->f, e, NULL);
    w->step.expect = w->step.before ? cJSON_Duplicate(w->step.before, true) : NULL;
    return w->step.expect && ond_json_set_str(w->step.args, "uid", e->uid) ? OND_OK : nomem(err);
}

static void random_uid(char out[40])
{
    unsigned char b[16];
    ond_random(b, sizeof b);
    for (int i = 0; i < 16; i++) snprintf(out + 2 * i, 3, "%02x", b[i]);
}

static int add_new(ond__cal *h, const cJSON *args, target *t, ond__cal_work *w, ond_err *err)
{
    ond_hand_step *s = &w->step;
    const char *asked = ond_json_str(args, "text", "");
    ond_buf text = {0}, bytes = {0}, file = {0};
    ond__cal_when due;
    ond__cal_folder *in = NULL;
    size_t n;
    char uid[40];
    int count = (int)ond_json_num(args, "count", 0), rc;
    random_uid(uid);
    if (!ond_json_get(args, "uid") && !ond_json_set_str(s->args, "uid", uid)) return nomem(err);
    const char *own = ond_json_str(s->args, "uid", "");
    ond__cal_count_of(asked, &n);
    if (count)
        with_count(asked, n, count, &text);
    else
        ond_buf_puts(&text, asked);
    OND_TRY(due_of(h, ond_json_str(args, "due", ""), &due, err));
    OND_TRY(write_item(h, own, ond_buf_z(&text), &due, &bytes, err));
    ond__cal_safe_name(own, &file);
    ond_buf_puts(&file, ".ics");
    OND_TRY(ond__cal_may_write(h, ond_buf_z(&t->name), ond_buf_z(&file), own, err));
    s->before = ond__cal_show(h, in, ond__cal_find_uid(h, own, &in), NULL);
    s->expect = show_bytes(h, ond_buf_z(&t->name), &bytes);
    s->undo_verb = ond_str_dup(OND_S("item_remove"));
    s->undo_args = cJSON_CreateObject();
    bool ok = s->before && s->expect && s->undo_verb && s->undo_args &&
              ond_json_set_str(s->undo_args, "uid", own) &&
              (t->f || ond_json_set_bool(s->undo_args, "drop_empty", true)) &&
              ond__cal_work_file(w, ond_buf_z(&t->name), ond_buf_z(&file),
                                 (ond_str){ond_buf_z(&bytes), bytes.n});
    s->can_undo = ok;
    if (!ok) OND_TRY(nomem(err));
    if (!t->f) {
        w->make = ond_str_dup(ond_str_of(ond_buf_z(&t->name)));
        w->label = ond_str_dup(ond_str_of(ond_buf_z(&t->label)));
        w->make_list = true;
        if (!w->make || !w->label || !ond_json_set_str(s->args, "label", w->label))
            OND_TRY(nomem(err));
    }
out:
    ond_buf_free(&text);
    ond_buf_free(&bytes);
    ond_buf_free(&file);
    return rc;
}

static bool says_add(ond__cal *h, ond__cal_work *w, const target *t, const char *text, int count)
{
    ond_buf what = {0};
    size_t n;
    ond__cal_count_of(text, &n);
    if (count)
        with_count(text, n, count, &what);
    else
        ond_buf_puts(&what, text);
    const char *builtin = ond_buf_z(&t->name), *label = ond_buf_z(&t->label);
    ond__cal_folder made = {.name = (char *)builtin,
                            .label = ond__cal_builtin(builtin) ? NULL : (char *)label};
    const ond__cal_folder *f = t->f ? t->f : &made;
    const char *ko[] = {ond_buf_z(&what), ond__cal_label(h, f, "ko")},
               *en[] = {ond_buf_z(&what), ond__cal_label(h, f, "en")};
    bool ok = ond_buf_ok(&what) && ond__cal_work_says(w, OND_M_CAL_ITEM_ADD, ko, en, 2);
    ond_buf_free(&what);
    return ok;
}

int ond__cal_item_add(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    target t = {0};
    const char *text = ond_json_str(args, "text", ""), *uid = ond_json_str(args, "uid", "");
    int count = (int)ond_json_num(args, "count", 0), rc;
    if (!ond_str_trim(ond_str_of(text)).n)
        return ond_fail(err, OND_E_INPUT, "the item has no text");
    OND_TRY(list_of(h, args, &t, err));
    if (!ond_json_set_str(w->step.args, "list", ond_buf_z(&t.name)) ||
        !says_add(h, w, &t, text, count))
        OND_TRY(nomem(err));
    ond__cal_entry *e = same_item(t.f, text);
    if (e && (count || ond_json_get(args, "total")) &&
        (!uid[0] || (strcmp(uid, e->uid) == 0 && ond_json_get(args, "total"))))
        rc = add_to(h, args, &t, e, w, err);
    else if (e && !count)
        rc = already_there(h, &t, e, w, err);
    else
        rc = add_new(h, args, &t, w, err);
out:
    target_free(&t);
    return rc;
}

/* ---- checking, changing ---- */

int ond__cal_item_check(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    edit x = {0};
    bool done = ond_json_bool(args, "done", true);
    char stamp[20], line[64];
    int rc = ond__cal_need(h, args, true, &x.f, &x.e, err);
    if (rc) return rc;
    const char *title = x.e->main.title ? x.e->main.title : x.e->uid;
    if (!ond__cal_work_says(w, done ? OND_M_CAL_ITEM_DONE : OND_M_CAL_ITEM_OPEN, &title, &title, 1))
        return nomem(err);
    if ((rc = edit_open(h, w, &x, err)) != 0) return rc;
    ond__cal_stamp(ond_now(), stamp);
    snprintf(line, sizeof line, "COMPLETED:%s\r\n", stamp);
    bool ok = ond__cal_set_text(&x.d, x.c, CAL_STATUS, done ? "COMPLETED" : "NEEDS-ACTION");
    if (done)
        ok = ok && ond__doc_set(&x.d, x.c, "COMPLETED", line) &&
             ond__doc_set(&x.d, x.c, "PERCENT-COMPLETE", "PERCENT-COMPLETE:100\r\n");
    else
        ond__doc_drop(&x.d, x.c, "COMPLETED"), ond__doc_drop(&x.d, x.c, "PERCENT-COMPLETE");
    return edit_end(h, w, &x, ok, err);
}

int ond__cal_item_change(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    edit x = {0};
    const char *text = ond_json_str(args, "text", NULL), *due = ond_json_str(args, "due", NULL);
    ond__cal_when when = {0};
    int rc = ond__cal_need(h, args, true, &x.f, &x.e, err);
    if (rc) return rc;
    if (!text && !due) return ond_fail(err, OND_E_INPUT, "say what should change: text or due");
    if (text && !ond_str_trim(ond_str_of(text)).n)
        return ond_fail(err, OND_E_INPUT, "the item has no text");
    if (due && (rc = due_of(h, due, &when, err)) != 0) return rc;
    const char *title = x.e->main.title ? x.e->main.title : x.e->uid;
    const char *a[] = {title, text ? text : due[0] ? due : "–"};
    if (!ond__cal_work_says(w, OND_M_CAL_CHANGE, a, a, 2)) return nomem(err);
    if ((rc = edit_open(h, w, &x, err)) != 0) return rc;
    bool ok = (!text || ond__cal_set_text(&x.d, x.c, CAL_SUMMARY, text)) &&
              (!due || ond__cal_set_when(h, &x.d, &x.c, "DUE", &when));
    return edit_end(h, w, &x, ok, err);
}

/* ---- clearing ---- */

static bool is_chosen(const cJSON *uids, const ond__cal_entry *e, bool all)
{
    const cJSON *u;
    if (e->problem || !e->todo) return false;
    if (!uids) return all || e->main.done;
    cJSON_ArrayForEach(u, uids) if (cJSON_IsString(u) &&
                                    strcmp(u->valuestring, e->uid) == 0) return true;
    return false;
}

/* What would be removed, packed for undo as long as it fits. */
static int choose(ond__cal *h, ond__cal_folder *f, const cJSON *asked, bool all, ond__cal_work *w,
                  cJSON *uids, cJSON *entries, size_t *bytes, ond_err *err)
{
    for (size_t i = 0; i < f->n; i++) {
        const ond__cal_entry *e = f->v[i];
        ond_buf text = {0};
        cJSON *uid, *row;
        if (!is_chosen(asked, e, all)) continue;
        int rc = ond__cal_bytes(h, f->name, e->file, &text, err);
        if (rc) return rc;
        *bytes += text.n + 200;
        bool ok = (uid = cJSON_CreateString(e->uid)) != NULL && cJSON_AddItemToArray(uids, uid);
        if (ok && *bytes <= CAL_UNDO_BYTES)
            ok = (row = cJSON_CreateObject()) != NULL && cJSON_AddItemToArray(entries, row) &&
                 ond_json_set_str(row, "file", e->file) &&
                 ond__cal_pack((ond_str){ond_buf_z(&text), text.n}, row);
        ok = ok && ond__cal_work_file(w, f->name, e->file, (ond_str){0});
        ond_buf_free(&text);
        if (!ok) return nomem(err);
    }
    return OND_OK;
}

int ond__cal_list_clear(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    ond_hand_step *s = &w->step;
    bool all = strcmp(ond_json_str(args, "which", ""), "all") == 0;
    ond__cal_folder *f = ond__cal_folder_meant(h, ond_json_str(args, "list", ""), true);
    cJSON *uids = cJSON_CreateArray(), *entries = cJSON_CreateArray();
    size_t bytes = 0;
    int rc = 0;
    if (!f)
        OND_TRY(ond_fail(err, OND_E_NOT_FOUND, "there is no list '%.100s'",
                         ond_json_str(args, "list", "")));
    if (!uids || !entries) OND_TRY(nomem(err));
    OND_TRY(choose(h, f, ond_json_get(args, "uids"), all, w, uids, entries, &bytes, err));
    if (cJSON_GetArraySize(uids) > 1000)
        OND_TRY(ond_fail(err, OND_E_INPUT, "over 1,000 items at once: remove them in parts"));
    const char *ko[] = {ond__cal_label(h, f, "ko")}, *en[] = {ond__cal_label(h, f, "en")};
    int n = cJSON_GetArraySize(uids);
    s->before = cJSON_CreateObject();
    s->expect = cJSON_CreateObject();
    bool ok = s->before && s->expect && ond_json_set_num(s->before, "entries", n) &&
              ond_json_set_num(s->expect, "entries", 0) &&
              ond__cal_work_says(w, all ? OND_M_CAL_CLEAR_ALL : OND_M_CAL_CLEAR_DONE, ko, en, 1) &&
              ond_json_set_str(s->args, "list", f->name);
    if (ok && !ond_json_get(args, "uids")) {
        ok = ond_json_set(s->args, "uids", uids);
        uids = NULL;
    }
    if (ok && bytes <= CAL_UNDO_BYTES) {
        s->undo_verb = ond_str_dup(OND_S("restore"));
        s->undo_args = cJSON_CreateObject();
        ok = s->undo_verb && s->undo_args && ond_json_set_str(s->undo_args, "calendar", f->name) &&
             ond_json_set(s->undo_args, "entries", entries);
        entries = NULL;
        s->can_undo = ok;
    } else {
        s->effect = OND_EFFECT_IRREVERSIBLE;
    }
    if (!ok) rc = nomem(err);
out:
    cJSON_Delete(uids);
    cJSON_Delete(entries);
    return rc;
}
