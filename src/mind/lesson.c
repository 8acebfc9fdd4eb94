/* lesson.c - one lesson: what it may hold, its key, its row. */
#include "mind/room.h"

#include "base/utf8.h"

#include <stdlib.h>

enum { MEANS_BYTES = 4096, SHOWN_BYTES = 600 };

/* ---- checking ---- */

static bool is_clean(ond_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) return false;
    return ond_utf8_valid(s) == s.n;
}

static int check_text(const char *what, const char *text, size_t most, bool needed, ond_err *err)
{
    ond_str s = ond_str_of(text);
    if (s.n > most)
        return ond_fail(err, OND_E_INPUT, "%s has %zu bytes, at most %zu can be kept", what, s.n,
                        most);
    if (!is_clean(s))
        return ond_fail(err, OND_E_INPUT, "%s is no text in UTF-8, or holds control characters",
                        what);
    if (needed && ond_str_trim(s).n == 0) return ond_fail(err, OND_E_INPUT, "%s is empty", what);
    return OND_OK;
}

static bool is_kind(const char *kind)
{
    static const char *const kinds[] = {"alias", "preference", "setting"};
    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], kind) == 0) return true;
    return false;
}

static int check_means(const cJSON *means, ond_err *err)
{
    ond_buf b = {0};
    if (!cJSON_IsObject(means) || !means->child)
        return ond_fail(err, OND_E_INPUT,
                        "a lesson must say what is meant: an object that is not empty");
    ond_json_print(&b, means);
    int rc = !ond_buf_ok(&b) ? ond_nomem(err, "learning") : OND_OK;
    if (rc == 0 && b.n > MEANS_BYTES)
        rc = ond_fail(err, OND_E_INPUT, "what is meant takes %zu bytes, at most %d can be kept",
                      b.n, MEANS_BYTES);
    if (rc == 0 && ond_utf8_valid((ond_str){b.p, b.n}) != b.n)
        rc = ond_fail(err, OND_E_INPUT, "what is meant is not UTF-8");
    ond_buf_free(&b);
    return rc;
}

static int check_shown(const cJSON *shown, ond_err *err)
{
    int rc = OND_OK;
    if (!shown) return OND_OK;
    if (!cJSON_IsObject(shown))
        return ond_fail(err, OND_E_INPUT, "the words of a lesson are an object: language to text");
    for (const cJSON *c = shown->child; rc == 0 && c; c = c->next)
        rc = cJSON_IsString(c) && strlen(c->string) < 8
                 ? check_text("the lesson in words", c->valuestring, SHOWN_BYTES, true, err)
                 : ond_fail(err, OND_E_INPUT,
                            "the words of a lesson are an object: language to text");
    return rc;
}

int ond__lesson_check(const ond_lesson *l, ond_err *err)
{
    ond_buf key = {0};
    int rc = 0;
    if (!is_kind(l->kind))
        return ond_fail(err, OND_E_INPUT,
                        "there is no kind of lesson '%.40s': alias, preference, setting",
                        l->kind ? l->kind : "");
    OND_TRY(check_text("what is taught", l->said, OND_LESSON_BYTES, true, err));
    OND_TRY(check_text("the area", l->area, OND_LESSON_BYTES, false, err));
    OND_TRY(check_text("the language", l->lang, 8, false, err));
    OND_TRY(check_means(l->means, err));
    OND_TRY(check_shown(l->shown, err));
    OND_TRY(ond__lesson_key(l->said, &key, err));
    if (key.n == 0) rc = ond_fail(err, OND_E_INPUT, "what is taught is empty");
out:
    ond_buf_free(&key);
    return rc;
}

/* ---- key ---- */

int ond__lesson_key(const char *said, ond_buf *out, ond_err *err)
{
    ond_buf folded = {0};
    int rc = ond_utf8_fold(ond_str_of(said), &folded, err);
    for (size_t i = 0; rc == 0 && i < folded.n; i++)
        if (folded.p[i] != ' ' && folded.p[i] != '\t') ond_buf_putc(out, folded.p[i]);
    ond_buf_free(&folded);
    return rc == 0 && !ond_buf_ok(out) ? ond_nomem(err, "comparing lessons") : rc;
}

long ond__lesson_number(const char *id)
{
    size_t digits = id[0] == 'm' ? strspn(id + 1, "0123456789") : 0;
    if (digits == 0 || digits > 12 || id[digits + 1] || id[1] == '0') return 0;
    return atol(id + 1);
}

/* ---- rows ---- */

static void show(ond__kept *k)
{
    k->l = (ond_lesson){
        .id = ond_json_str(k->row, "id", ""),
        .kind = ond_json_str(k->row, "kind", ""),
        .said = ond_json_str(k->row, "said", ""),
        .area = ond_json_str(k->row, "area", ""),
        .lang = ond_json_str(k->row, "lang", ""),
        .means = ond_json_get(k->row, "means"),
        .shown = ond_json_get(k->row, "shown"),
        .at = (ond_ms)ond_json_num(k->row, "at", 0),
        .from = (int64_t)ond_json_num(k->row, "from", 0),
        .event = (int64_t)ond_json_num(k->row, "event", 0),
    };
}

static bool fill(cJSON *row, const ond_lesson *l, const char *id)
{
    ond_str said = ond_str_trim(ond_str_of(l->said));
    char *text = ond_str_dup(said);
    bool ok = text && ond_json_set_str(row, "id", id) && ond_json_set_str(row, "kind", l->kind) &&
              ond_json_set_str(row, "said", text) &&
              ond_json_set_str(row, "area", l->area ? l->area : "") &&
              ond_json_set_str(row, "lang", l->lang ? l->lang : "") &&
              ond_json_set(row, "means", cJSON_Duplicate(l->means, true)) &&
              ond_json_set(row, "shown",
                           l->shown ? cJSON_Duplicate(l->shown, true) : cJSON_CreateObject()) &&
              ond_json_set_num(row, "at", (double)l->at) &&
              ond_json_set_num(row, "from", (double)l->from);
    free(text);
    return ok;
}

int ond__kept_make(const ond_lesson *l, const char *id, ond__kept *out, ond_err *err)
{
    *out = (ond__kept){.row = cJSON_CreateObject()};
    int rc = out->row && fill(out->row, l, id) ? ond__lesson_key(l->said, &out->key, err)
                                               : ond_nomem(err, "learning");
    if (rc != 0)
        ond__kept_free(out);
    else
        show(out);
    return rc;
}

int ond__kept_read(cJSON *row, ond__kept *out, ond_err *err)
{
    *out = (ond__kept){.row = row};
    show(out);
    int rc = ond__lesson_number(out->l.id) ? ond__lesson_check(&out->l, err)
                                           : ond_fail(err, OND_E_INPUT, "a lesson without an id");
    if (rc == 0) rc = ond__lesson_key(out->l.said, &out->key, err);
    if (rc != 0) ond__kept_free(out);
    return rc;
}

void ond__kept_free(ond__kept *k)
{
    cJSON_Delete(k->row);
    ond_buf_free(&k->key);
    *k = (ond__kept){0};
}

cJSON *ond_lesson_json(const ond_lesson *l, const char *zone)
{
    cJSON *row = cJSON_CreateObject();
    ond_buf at = {0};
    ond_iso_put(&at, l->at, zone);
    bool ok = row && fill(row, l, l->id) && ond_buf_ok(&at) &&
              ond_json_set_str(row, "at", ond_buf_z(&at)) &&
              ond_json_set_num(row, "event", (double)l->event);
    ond_buf_free(&at);
    if (ok) return row;
    cJSON_Delete(row);
    return NULL;
}
