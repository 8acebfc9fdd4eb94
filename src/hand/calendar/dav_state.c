/* dav_state.c - what was the same on both sides: a line for each item, added as it comes about;
 * whole again at a sync's end.
 *
 * {"url":…,"token":…} is the collection, {"f":file,"h":href,"e":etag,"s":hash} an item ("n":1:
 * fresh), {"f":file,"x":1} one that is no more. A last line that was cut off does not count. */
#include "hand/calendar/dav_room.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define STATE ".ondol-sync"
#define STATE_BYTES (64u << 20)

static void item_free(ond__dav_item *i)
{
    free(i->file);
    free(i->href);
    free(i->etag);
    free(i->path);
}

void ond__dav_state_free(ond__dav_state *s)
{
    for (size_t i = 0; i < s->n; i++) item_free(&s->v[i]);
    free(s->v);
    free(s->folder);
    free(s->url);
    free(s->token);
    if (s->fd > 0) close(s->fd);
    *s = (ond__dav_state){0};
}

ond__dav_item *ond__dav_by_file(ond__dav_state *s, const char *file)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->v[i].file, file) == 0) return &s->v[i];
    return NULL;
}

ond__dav_item *ond__dav_by_href(ond__dav_state *s, const char *href)
{
    ond_buf a = {0};
    ond__dav_item *found = NULL;
    ond__dav_path(href, &a);
    for (size_t i = 0; i < s->n && !found && ond_buf_ok(&a); i++)
        if (strcmp(s->v[i].path, ond_buf_z(&a)) == 0) found = &s->v[i];
    ond_buf_free(&a);
    return found;
}

static bool set_item(ond__dav_state *s, const char *file, const char *href, const char *etag,
                     const char *hash, bool fresh)
{
    ond__dav_item *i = ond__dav_by_file(s, file);
    if (!i && s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        ond__dav_item *v = realloc(s->v, cap * sizeof *v);
        if (!v) return false;
        s->v = v;
        s->cap = cap;
    }
    ond_buf path = {0};
    ond__dav_path(href, &path);
    ond__dav_item now = {ond_str_dup(ond_str_of(file)),
                         ond_str_dup(ond_str_of(href)),
                         ond_str_dup(ond_str_of(etag)),
                         ond_str_dup(ond_str_of(ond_buf_z(&path))),
                         "",
                         fresh};
    ond_buf_free(&path);
    strncpy(now.hash, hash, sizeof now.hash - 1);
    if (!now.file || !now.href || !now.etag || !now.path) {
        item_free(&now);
        return false;
    }
    if (i)
        item_free(i);
    else
        i = &s->v[s->n++];
    *i = now;
    return true;
}

static void unset_item(ond__dav_state *s, const char *file)
{
    ond__dav_item *i = ond__dav_by_file(s, file);
    if (!i) return;
    item_free(i);
    *i = s->v[--s->n];
}

/* ---- reading ---- */

static bool take_line(ond__dav_state *s, const cJSON *o)
{
    const char *file = ond_json_str(o, "f", NULL), *url = ond_json_str(o, "url", NULL);
    if (url) {
        free(s->url);
        free(s->token);
        s->url = ond_str_dup(ond_str_of(url));
        s->token = ond_str_dup(ond_str_of(ond_json_str(o, "token", "")));
        s->empty_since = (ond_ms)ond_json_num(o, "empty", 0);
        return s->url && s->token;
    }
    if (!file) return true;
    if (ond_json_get(o, "x"))
        unset_item(s, file);
    else
        return set_item(s, file, ond_json_str(o, "h", ""), ond_json_str(o, "e", ""),
                        ond_json_str(o, "s", ""), ond_json_get(o, "n") != NULL);
    return true;
}

int ond__dav_state_load(ond__cal *h, const char *folder, ond__dav_state *s, ond_err *err)
{
    ond_buf path = {0}, text = {0};
    *s = (ond__dav_state){.fd = -1};
    s->folder = ond_str_dup(ond_str_of(folder));
    ond__cal_path(h, folder, STATE, &path);
    int rc = s->folder && ond_buf_ok(&path)
                 ? ond_file_read(ond_buf_z(&path), STATE_BYTES, &text, err)
                 : ond_nomem(err, "a sync");
    if (rc == OND_E_NOT_FOUND) rc = OND_OK;
    for (size_t at = 0; rc == 0 && at < text.n;) {
        const char *nl = memchr(text.p + at, '\n', text.n - at);
        if (!nl) break;
        cJSON *o = NULL;
        if (ond_json_parse((ond_str){text.p + at, (size_t)(nl - text.p) - at}, &o, NULL) == 0 &&
            !take_line(s, o))
            rc = ond_nomem(err, "a sync");
        cJSON_Delete(o);
        at = (size_t)(nl - text.p) + 1;
    }
    ond_buf_free(&path);
    ond_buf_free(&text);
    if (rc) ond__dav_state_free(s);
    return rc;
}

/* ---- writing ---- */

static void put_item(ond_buf *out, const char *file, const char *href, const char *etag,
                     const char *hash, bool fresh)
{
    cJSON *o = cJSON_CreateObject();
    if (o && ond_json_set_str(o, "f", file) &&
        (!href || (ond_json_set_str(o, "h", href) && ond_json_set_str(o, "e", etag) &&
                   ond_json_set_str(o, "s", hash))) &&
        (href || ond_json_set_num(o, "x", 1)) && (!fresh || ond_json_set_num(o, "n", 1)))
        ond_json_print(out, o);
    else
        out->bad = true;
    cJSON_Delete(o);
    ond_buf_putc(out, '\n');
}

static int append(ond__cal *h, ond__dav_state *s, const ond_buf *line, ond_err *err)
{
    ond_buf path = {0};
    int rc = 0;
    ond__cal_path(h, s->folder, STATE, &path);
    if (!ond_buf_ok(&path) || !ond_buf_ok(line)) OND_TRY(ond_nomem(err, "a sync"));
    if (s->fd < 0) s->fd = open(ond_buf_z(&path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (s->fd < 0 || ond_file_write_fd(s->fd, line->p, line->n) != 0)
        OND_TRY(ond_file_fail(err, errno, "write", ond_buf_z(&path)));
out:
    ond_buf_free(&path);
    return rc;
}

int ond__dav_put(ond__cal *h, ond__dav_state *s, const char *file, const char *href,
                 const char *etag, const char *hash, bool fresh, ond_err *err)
{
    ond_buf line = {0};
    char *own = ond_str_dup(ond_str_of(file)); /* it may be the item's own */
    put_item(&line, file, href, etag, hash, fresh);
    int rc = append(h, s, &line, err);
    if (rc == 0 && (!own || !set_item(s, own, href, etag, hash, fresh)))
        rc = ond_nomem(err, "a sync");
    free(own);
    ond_buf_free(&line);
    return rc;
}

int ond__dav_drop(ond__cal *h, ond__dav_state *s, const char *file, ond_err *err)
{
    ond_buf line = {0};
    put_item(&line, file, NULL, NULL, NULL, false);
    int rc = append(h, s, &line, err);
    if (rc == 0) unset_item(s, file);
    ond_buf_free(&line);
    return rc;
}

int ond__dav_state_save(ond__cal *h, ond__dav_state *s, ond_err *err)
{
    ond_buf path = {0}, text = {0};
    cJSON *head = cJSON_CreateObject();
    bool ok = head && ond_json_set_num(head, "v", 1) &&
              ond_json_set_str(head, "url", s->url ? s->url : "") &&
              ond_json_set_str(head, "token", s->token ? s->token : "") &&
              (!s->empty_since || ond_json_set_num(head, "empty", (double)s->empty_since));
    if (ok) ond_json_print(&text, head);
    ond_buf_putc(&text, '\n');
    for (size_t i = 0; i < s->n; i++)
        put_item(&text, s->v[i].file, s->v[i].href, s->v[i].etag, s->v[i].hash, s->v[i].fresh);
    cJSON_Delete(head);
    ond__cal_path(h, s->folder, STATE, &path);
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
    int rc = ok && ond_buf_ok(&text) && ond_buf_ok(&path)
                 ? ond_file_write(ond_buf_z(&path), (ond_str){text.p, text.n}, 0600, err)
                 : ond_nomem(err, "a sync");
    ond_buf_free(&path);
    ond_buf_free(&text);
    return rc;
}
