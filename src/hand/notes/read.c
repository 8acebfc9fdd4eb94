/* read.c - the newest notes, and the text of one. */
#include "hand/notes/internal.h"

#include "base/utf8.h"
#include "sys/clock.h"

#include <stdlib.h>

enum { LIST_USUAL = 20 };

int ond__note_when(int64_t ns, ond_buf *out, ond_err *err)
{
    ond_civil c;
    ond_civil_of((ond_ms)(ns / 1000000), ond_zone(), &c);
    ond_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                   c.second);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "reading the notes");
}

static int by_time(const void *a, const void *b)
{
    const ond__note *x = *(ond__note *const *)a, *y = *(ond__note *const *)b;
    if (x->changed != y->changed) return x->changed < y->changed ? 1 : -1;
    return strcmp(x->name, y->name);
}

static int put_row(ond__notes *h, ond__note *n, cJSON *list, ond_err *err)
{
    cJSON *row = cJSON_CreateObject();
    ond_buf when = {0};
    int rc = 0;
    OND_TRY(ond__note_load(h, n, err));
    OND_TRY(ond__note_when(n->changed, &when, err));
    if (row && ond_json_set_str(row, "note", n->name) && ond_json_set_str(row, "title", n->title) &&
        ond_json_set_str(row, "changed", ond_buf_z(&when)) &&
        (n->flaw == OND__NOTE_SOUND ||
         ond_json_set_str(row, "flaw", ond__note_flaw_name(n->flaw))) &&
        cJSON_AddItemToArray(list, row))
        row = NULL;
    else
        rc = ond_nomem(err, "listing the notes");
    ond__note_unload(h, n);
out:
    ond_buf_free(&when);
    cJSON_Delete(row);
    return rc;
}

int ond__notes_list(ond__notes *h, const cJSON *args, cJSON **out, ond_err *err)
{
    size_t limit = (size_t)ond_json_num(args, "limit", LIST_USUAL);
    ond__note **order = NULL;
    cJSON *result = cJSON_CreateObject(), *list = NULL;
    int rc = 0;
    OND_TRY(ond__notes_scan(h, err));
    order = calloc(h->n + 1, sizeof(ond__note *));
    list = result ? cJSON_AddArrayToObject(result, "notes") : NULL;
    if (!order || !list || !ond_json_set_num(result, "total", (double)h->n))
        OND_TRY(ond_nomem(err, "listing the notes"));
    for (size_t i = 0; i < h->n; i++) order[i] = &h->v[i];
    qsort(order, h->n, sizeof(ond__note *), by_time);
    for (size_t i = 0; i < h->n && i < limit; i++) OND_TRY(put_row(h, order[i], list, err));
    *out = result;
    result = NULL;
out:
    free(order);
    cJSON_Delete(result);
    return rc;
}

/* ---- one note ---- */

/* Bytes that are no text become U+FFFD; other programs' control characters become blanks. */
static void put_shown(ond_str s, ond_buf *out)
{
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        char four[4];
        uint32_t c = ond_utf8_next(s, &at);
        if (c == '\r' && at < s.n && s.p[at] == '\n') continue;
        if (c == 0xFFFD)
            ond_buf_put(out, four, ond_utf8_put(c, four));
        else if (c < 0x20 && c != '\n' && c != '\t')
            ond_buf_putc(out, ' ');
        else
            ond_buf_put(out, s.p + from, at - from);
    }
}

static int put_note(const char *name, ond_str bytes, cJSON *result, ond_err *err)
{
    ond_buf title = {0}, text = {0};
    ond_str body = ond__note_body(bytes);
    bool whole = body.n <= OND__NOTE_SHOWN, valid = ond_utf8_valid(bytes) == bytes.n;
    if (!whole) body.n = ond_utf8_cut(body, OND__NOTE_SHOWN);
    if (valid) ond__note_title(bytes, &title);
    put_shown(body, &text);
    bool ok = ond_buf_ok(&title) && ond_buf_ok(&text) && ond_json_set_str(result, "note", name) &&
              ond_json_set_str(result, "title", title.n ? title.p : name) &&
              ond_json_set_str(result, "text", ond_buf_z(&text)) &&
              (whole || ond_json_set_bool(result, "cut", true)) &&
              (valid || ond_json_set_str(result, "flaw", ond__note_flaw_name(OND__NOTE_NOT_UTF8)));
    ond_buf_free(&title);
    ond_buf_free(&text);
    return ok ? OND_OK : ond_nomem(err, "reading a note");
}

int ond__notes_show(ond__notes *h, const cJSON *args, cJSON **out, ond_err *err)
{
    ond_buf name = {0}, bytes = {0};
    cJSON *result = cJSON_CreateObject();
    bool there = false;
    int rc = 0;
    if (!result) OND_TRY(ond_nomem(err, "reading a note"));
    OND_TRY(ond__note_resolve(h, ond_json_str(args, "note", ""), &name, err));
    OND_TRY(ond__note_read(h, ond_buf_z(&name), &there, &bytes, NULL, err));
    if (!there)
        OND_TRY(
            ond_fail(err, OND_E_NOT_FOUND, "there is no note '%.200s' any more", ond_buf_z(&name)));
    OND_TRY(put_note(ond_buf_z(&name), (ond_str){ond_buf_z(&bytes), bytes.n}, result, err));
    *out = result;
    result = NULL;
out:
    ond_buf_free(&name);
    ond_buf_free(&bytes);
    cJSON_Delete(result);
    return rc;
}
