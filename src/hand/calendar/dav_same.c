/* dav_same.c - whether two versions of an entry mean the same, and our version as an entry of its
 * own. */
#include "hand/calendar/dav_room.h"
#include "hand/calendar/ical.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

void ond__dav_hash(ond_str bytes, char out[OND_HASH_HEX])
{
    ond_hash h;
    ond_hash_of(bytes.p ? bytes.p : "", bytes.n, &h);
    ond_hash_hex(&h, out);
}

/* ---- one form for what servers write in many ways ---- */

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_one_of(ond_str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name.n == strlen(names[i]) && strncasecmp(name.p, names[i], name.n) == 0) return true;
    return false;
}

/* "NAME;A=1;B=2:value" with the name in capitals, parameters sorted and unquoted. */
static char *line_form(const ond__line *l)
{
    ond_buf out = {0};
    ond_str v = ond__line_value(l);
    char *params[32];
    size_t n = 0, end = v.p > l->text.p ? (size_t)(v.p - l->text.p) - 1 : l->text.n;
    for (size_t i = 0; i < l->name; i++)
        ond_buf_putc(&out, (char)toupper((unsigned char)l->text.p[i]));
    for (size_t at = l->name; at < end && n < 32;) {
        ond_buf p = {0};
        bool quoted = false, value = false;
        for (at++; at < end && (quoted || l->text.p[at] != ';'); at++) {
            char c = l->text.p[at];
            if (c == '"') {
                quoted = !quoted;
                continue;
            }
            if (c == '=') value = true;
            ond_buf_putc(&p, value ? c : (char)toupper((unsigned char)c));
        }
        char *text = ond_buf_take(&p);
        if (text) params[n++] = text;
    }
    if (n > 1) qsort(params, n, sizeof *params, compare_text);
    for (size_t i = 0; i < n; i++) {
        /* the usual type, said or not, is the same */
        if (strcmp(params[i], "VALUE=DATE-TIME") != 0 && strcmp(params[i], "VALUE=TEXT") != 0)
            ond_buf_printf(&out, ";%s", params[i]);
        free(params[i]);
    }
    ond_buf_putc(&out, ':');
    /* RRULE:FREQ=…;BYDAY=… in any order of its parts */
    if (ond__line_is(l, "RRULE")) {
        char *parts[32], *copy = ond_str_dup(v), *save = NULL;
        size_t k = 0;
        for (char *p = copy ? strtok_r(copy, ";", &save) : NULL; p && k < 32;
             p = strtok_r(NULL, ";", &save))
            parts[k++] = p;
        if (k > 1) qsort(parts, k, sizeof *parts, compare_text);
        for (size_t i = 0; i < k; i++) ond_buf_printf(&out, "%s;", parts[i]);
        free(copy);
    } else {
        ond_buf_str(&out, v);
    }
    return ond_buf_take(&out);
}

static char *comp_form(const ond__doc *d, int c)
{
    static const char *const not_props[] = {"BEGIN",    "END",    "PRODID", "VERSION",
                                            "CALSCALE", "METHOD", "DTSTAMP"};
    static const char *const not_comps[] = {"VTIMEZONE"};
    size_t n = 0, most = d->comp[c].end - d->comp[c].begin + 1;
    char **v = calloc(most + 1, sizeof *v);
    ond_buf out = {0};
    for (size_t i = d->comp[c].begin + 1; v && i < d->comp[c].end; i++) {
        const ond__line *l = &d->line[i];
        if (l->comp == c && l->text.n && !is_one_of((ond_str){l->text.p, l->name}, not_props, 7))
            v[n++] = line_form(l);
        if (l->comp != c && ond__line_is(l, "BEGIN") && d->comp[l->comp].parent == c &&
            !is_one_of(d->comp[l->comp].name, not_comps, 1))
            v[n++] = comp_form(d, l->comp);
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (v[i]) v[k++] = v[i];
    if (k > 1) qsort(v, k, sizeof *v, compare_text);
    ond_buf_printf(&out, "{%.*s\n", (int)d->comp[c].name.n, d->comp[c].name.p);
    for (size_t i = 0; i < k; i++) {
        ond_buf_printf(&out, "%s\n", v[i]);
        free(v[i]);
    }
    ond_buf_putc(&out, '}');
    free(v);
    return ond_buf_take(&out);
}

static char *form(ond_str bytes)
{
    ond__doc d = {0};
    char *out = NULL;
    if (ond__doc_open(bytes, &d) && !d.problem && d.n_comp) out = comp_form(&d, 0);
    ond__doc_free(&d);
    return out;
}

bool ond__dav_same(ond_str a, ond_str b)
{
    if (ond_str_eq(a, b)) return true;
    char *x = form(a), *y = form(b);
    bool same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

/* ---- a copy ---- */

static bool is_entry(const ond__doc *d, size_t c)
{
    ond_str n = d->comp[c].name;
    int top = d->comp[c].parent;
    if (top < 0 || d->comp[top].parent >= 0) return false;
    return (n.n == 6 && strncasecmp(n.p, "VEVENT", 6) == 0) ||
           (n.n == 5 && strncasecmp(n.p, "VTODO", 5) == 0);
}

bool ond__dav_copy(ond__cal *h, ond_str bytes, const char *uid, ond_buf *out, ond_buf *new_uid)
{
    char hash[OND_HASH_HEX];
    ond__doc d = {0};
    ond__dav_hash(bytes, hash);
    /* the same for the same content, so that a copy made twice is one */
    const char *former = strstr(uid, "-conflict-"); /* a copy of a copy has no longer name */
    ond_buf_printf(new_uid, "%.*s-conflict-%.12s",
                   (int)(former ? (size_t)(former - uid) : strcspn(uid, "\r\n")), uid, hash);
    bool ok = ond__doc_open(bytes, &d) && !d.problem;
    for (size_t c = 0; ok && c < d.n_comp; c++) {
        if (!is_entry(&d, c)) continue;
        int at = ond__doc_find(&d, (int)c, "SUMMARY", 0);
        char *was = at < 0 ? NULL : ond__cal_text(ond__line_value(&d.line[at]));
        ond_buf title = {0};
        OND_MSG(&title, OND_M_CAL_CONFLICT_TITLE, h->lang, was ? was : "");
        ok = ond__cal_set_text(&d, (int)c, CAL_SUMMARY, ond_buf_z(&title)) &&
             ond__cal_set_text(&d, (int)c, CAL_UID, ond_buf_z(new_uid));
        ond_buf_free(&title);
        free(was);
    }
    if (ok) ond__doc_put_all(&d, out);
    ond__doc_free(&d);
    return ok && ond_buf_ok(out) && ond_buf_ok(new_uid);
}
