/* event.c - the verbs create, move, change and remove. */
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

/* The zone that a new time is written in: the owner's by name, where it has one. */
static int own_zone(ond__cal *h, bool recurring)
{
    const char *here = ond__cal_zone_here();
    if (!here[0]) return recurring ? CAL_FLOATING : CAL_UTC;
    return ond__cal_zone_of(h, ond_str_of(here), NULL);
}

static bool set_local(ond__cal *h, cJSON *args, const char *key, ond_ms t, bool date)
{
    ond_buf b = {0};
    ond__cal_local_put(h, &b, t, date);
    bool ok = ond_buf_ok(&b) && ond_json_set_str(args, key, ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

static bool says_when(ond__cal *h, ond__cal_work *w, ond_msg id, const char *title, ond_ms t,
                      bool date)
{
    ond_buf ko = {0}, en = {0};
    ond__cal_say_when(h, &ko, "ko", t, date);
    ond__cal_say_when(h, &en, "en", t, date);
    const char *a[] = {title, ond_buf_z(&ko)}, *b[] = {title, ond_buf_z(&en)};
    bool ok = ond__cal_work_says(w, id, a, b, 2);
    ond_buf_free(&ko);
    ond_buf_free(&en);
    return ok;
}

/* ---- create ---- */

typedef struct times {
    ond__cal_when start, end;
    ond_ms start_ms, end_ms;
} times;

/* start and end of the arguments; without an end an hour, or a day. */
static int read_times(ond__cal *h, const cJSON *args, int64_t usual_ms, int64_t usual_days,
                      times *t, ond_err *err)
{
    const char *end = ond_json_str(args, "end", "");
    int rc = ond__cal_when_parse(ond_json_str(args, "start", ""), "start", &t->start, err);
    if (rc) return rc;
    t->start_ms = ond__cal_when_ms(h, &t->start);
    if (end[0]) {
        if ((rc = ond__cal_when_parse(end, "end", &t->end, err)) != 0) return rc;
        if (t->end.date != t->start.date)
            return ond_fail(err, OND_E_INPUT,
                            "start and end should both be days, or both be times");
    } else if (t->start.date) {
        t->end = t->start;
        ond__cal_add_days(&t->end, usual_days);
    } else {
        ond__cal_when_of(h, t->start_ms + usual_ms, CAL_FLOATING, false, &t->end);
    }
    t->end_ms = end[0] || t->start.date ? ond__cal_when_ms(h, &t->end) : t->start_ms + usual_ms;
    if (t->end_ms < t->start_ms || (t->start.date && t->end_ms == t->start_ms))
        return ond_fail(err, OND_E_INPUT, "end is %s, which is before the start or at it", end);
    return OND_OK;
}

static void new_uid(char out[40])
{
    unsigned char b[16];
    ond_random(b, sizeof b);
    b[6] = (b[6] & 0x0F) | 0x40, b[8] = (b[8] & 0x3F) | 0x80;
    snprintf(out, 40, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}

/* Where a new event goes. *f NULL: the folder `name` is to be made. */
static int choose_calendar(ond__cal *h, const char *asked, ond__cal_folder **f, const char **name,
                           ond_err *err)
{
    *name = asked[0] ? asked : h->normal ? h->normal : "personal";
    *f = ond__cal_folder_meant(h, *name, false);
    if (*f) *name = (*f)->name;
    if (*f || strcmp(*name, "personal") == 0) return OND_OK;
    ond_buf b = {0};
    for (size_t i = 0; i < h->n_folder && b.n < 200; i++)
        if (!ond__cal_is_list(&h->folder[i]))
            ond_buf_printf(&b, "%s%s", b.n ? ", " : "; there is ", h->folder[i].name);
    int rc =
        ond_fail(err, OND_E_NOT_FOUND, "there is no calendar '%.100s'%s", *name, ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

static int write_event(ond__cal *h, const cJSON *args, const times *t, ond_buf *out, ond_err *err)
{
    ond_buf base = {0}, rule = {0};
    ond__doc d = {0};
    ond__cal_when start, end;
    const char *repeat = ond_json_str(args, "rule", "");
    int zone = own_zone(h, repeat[0] != '\0'), c, rc = 0;
    ond__cal_when_of(h, t->start_ms, zone, t->start.date, &start);
    ond__cal_when_of(h, t->end_ms, zone, t->start.date, &end);
    if (repeat[0]) OND_TRY(ond__cal_rule_clean(h, repeat, &start, &rule, err));
    ond__cal_new_text("VEVENT", &base);
    if (!ond_buf_ok(&base) || !ond__doc_open((ond_str){base.p, base.n}, &d)) OND_TRY(nomem(err));
    c = ond__cal_comp(h, &d, NULL);
    bool ok = ond__cal_set_text(&d, c, CAL_UID, ond_json_str(args, "uid", "")) &&
              ond__cal_set_when(h, &d, &c, "DTSTART", &start) &&
              ond__cal_set_when(h, &d, &c, "DTEND", &end) &&
              ond__cal_set_text(&d, c, CAL_RRULE, ond_buf_z(&rule)) &&
              ond__cal_set_text(&d, c, CAL_SUMMARY, ond_json_str(args, "title", "")) &&
              ond__cal_set_text(&d, c, CAL_LOCATION, ond_json_str(args, "location", ""));
    ond__doc_put_all(&d, out);
    if (!ok || !ond_buf_ok(out)) OND_TRY(nomem(err));
    if (rule.n && !ond_json_set_str((cJSON *)(uintptr_t)args, "rule", ond_buf_z(&rule)))
        OND_TRY(nomem(err));
out:
    ond__doc_free(&d);
    ond_buf_free(&base);
    ond_buf_free(&rule);
    return rc;
}

static cJSON *show_new(ond__cal *h, const char *folder, const ond_buf *bytes)
{
    ond__cal_folder f = {.name = (char *)folder};
    ond__cal_entry e = {0};
    cJSON *o = NULL;
    if (ond__cal_entry_read(h, (ond_str){bytes->p, bytes->n}, &e, NULL) == 0 && !e.problem)
        o = ond__cal_show(h, &f, &e, NULL);
    ond__cal_entry_free(&e);
    return o;
}

int ond__cal_create(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    ond_hand_step *s = &w->step;
    ond__cal_folder *f = NULL, *in = NULL;
    const char *name, *title = ond_json_str(args, "title", "");
    char uid[40];
    times t;
    ond_buf bytes = {0}, file = {0};
    int rc;
    if (!ond_str_trim(ond_str_of(title)).n)
        return ond_fail(err, OND_E_INPUT, "the event has no title");
    OND_TRY(read_times(h, args, 3600000, 1, &t, err));
    OND_TRY(choose_calendar(h, ond_json_str(args, "calendar", ""), &f, &name, err));
    new_uid(uid);
    if (!ond_json_get(args, "uid") && !ond_json_set_str(s->args, "uid", uid)) OND_TRY(nomem(err));
    if (!set_local(h, s->args, "start", t.start_ms, t.start.date) ||
        !set_local(h, s->args, "end", t.end_ms, t.start.date) ||
        !ond_json_set_str(s->args, "calendar", name))
        OND_TRY(nomem(err));
    name = ond_json_str(s->args, "calendar", "");
    OND_TRY(write_event(h, s->args, &t, &bytes, err));
    const char *own = ond_json_str(s->args, "uid", "");
    ond__cal_safe_name(own, &file);
    ond_buf_puts(&file, ".ics");
    OND_TRY(ond__cal_may_write(h, name, ond_buf_z(&file), own, err));
    ond__cal_entry *there = ond__cal_find_uid(h, own, &in);
    s->before = ond__cal_show(h, in, there, NULL);
    s->expect = show_new(h, name, &bytes);
    s->undo_verb = ond_str_dup(OND_S("remove"));
    s->undo_args = cJSON_CreateObject();
    if (!s->before || !s->expect || !s->undo_verb || !s->undo_args ||
        !ond_json_set_str(s->undo_args, "uid", own) ||
        (!f && !ond_json_set_bool(s->undo_args, "drop_empty", true)) ||
        !ond__cal_work_file(w, name, ond_buf_z(&file), (ond_str){ond_buf_z(&bytes), bytes.n}) ||
        !says_when(h, w, OND_M_CAL_CREATE, title, t.start_ms, t.start.date))
        OND_TRY(nomem(err));
    s->can_undo = true;
    if (there && ond_hand_shows(s->expect, s->before) != OND_SHOWS)
        OND_TRY(ond_fail(err, OND_E_STALE,
                         "an event with the uid %s is there already, and is another one", own));
    if (!f && !(w->make = ond_str_dup(ond_str_of(name)))) OND_TRY(nomem(err));
out:
    ond_buf_free(&bytes);
    ond_buf_free(&file);
    return rc;
}

/* ---- changing what is there ---- */

typedef struct edit {
    ond__cal *h;
    ond__cal_folder *f;
    ond__cal_entry *e;
    const ond__cal_part *part; /* what is edited */
    ond__cal_occ occ;          /* with an occurrence */
    bool one;                  /* only that one of a recurring event */
    ond_buf bytes;             /* as they are */
    ond__doc d;
    int c; /* component; -1 until an override is made */
} edit;

static void edit_free(edit *x)
{
    ond__doc_free(&x->d);
    ond_buf_free(&x->bytes);
}

static bool is_recurring(const ond__cal_entry *e)
{
    return e->has_main && (e->rule || e->n_rdate);
}

static int find_occurrence(edit *x, const char *arg, cJSON *exact, ond_err *err)
{
    int rc = ond__cal_occurrence(x->h, x->f, x->e, arg, &x->occ, err);
    if (rc) return rc;
    x->one = is_recurring(x->e) || x->e->n_over > 1;
    x->part = x->occ.part;
    if (x->one && x->part->onward &&
        ond__cal_when_ms(x->h, &x->part->id) == ond__cal_when_ms(x->h, &x->occ.id))
        return ond_fail(err, OND_E_INPUT,
                        "what differs on %s counts for all later ones too: change the whole series, or that one in "
                        "the program that made it",
                        arg);
    if (!x->one) {
        cJSON_DeleteItemFromObjectCaseSensitive(exact, "occurrence");
        return OND_OK;
    }
    return set_local(x->h, exact, "occurrence", ond__cal_when_ms(x->h, &x->occ.id), x->occ.id.date)
               ? OND_OK
               : nomem(err);
}

static int edit_open(ond__cal *h, const cJSON *args, ond__cal_work *w, edit *x, ond_err *err)
{
    *x = (edit){.h = h, .c = -1};
    const char *occurrence = ond_json_str(args, "occurrence", "");
    int rc;
    OND_TRY(ond__cal_need(h, args, false, &x->f, &x->e, err));
    x->part = x->e->has_main ? &x->e->main : &x->e->over[0];
    if (occurrence[0]) OND_TRY(find_occurrence(x, occurrence, w->step.args, err));
    OND_TRY(ond__cal_bytes(h, x->f->name, x->e->file, &x->bytes, err));
    if (!ond__doc_open((ond_str){ond_buf_z(&x->bytes), x->bytes.n}, &x->d)) OND_TRY(nomem(err));
    if (x->d.problem)
        OND_TRY(ond_fail(err, OND_E_STALE, "%s changed just now: %s", x->e->file, x->d.problem));
    x->c = ond__cal_comp(h, &x->d, x->one ? &x->occ.id : NULL);
    w->step.before = ond__cal_show(h, x->f, x->e,
                                   x->one ? ond_json_str(w->step.args, "occurrence", NULL) : NULL);
    if (!w->step.before) OND_TRY(nomem(err));
out:
    if (rc) edit_free(x);
    return rc;
}

/* A component of its own for the one occurrence. */
static bool edit_comp(edit *x)
{
    if (x->c >= 0) return true;
    ond__cal_when id = x->occ.id;
    id.zone = x->e->main.start.zone;
    x->c = ond__cal_override(x->h, &x->d, &id, x->part->onward ? &x->part->id : NULL);
    if (x->c < 0) return false;
    return ond__cal_set_when(x->h, &x->d, &x->c, "DTSTART", &x->occ.first);
}

static int edit_end(ond__cal *h, ond__cal_work *w, edit *x, ond_err *err)
{
    ond_buf bytes = {0};
    ond__cal_entry e = {0};
    const char *occurrence = x->one ? ond_json_str(w->step.args, "occurrence", NULL) : NULL;
    int rc;
    ond__doc_put_all(&x->d, &bytes);
    if (x->d.nomem || !ond_buf_ok(&bytes)) OND_TRY(nomem(err));
    OND_TRY(ond__cal_entry_read(h, (ond_str){ond_buf_z(&bytes), bytes.n}, &e, err));
    if (e.problem) OND_TRY(ond_fail(err, OND_E_INPUT, "that would spoil the event: %s", e.problem));
    w->step.expect = ond__cal_show(h, x->f, &e, occurrence);
    if (!w->step.expect ||
        !ond__cal_work_file(w, x->f->name, x->e->file, (ond_str){ond_buf_z(&bytes), bytes.n}))
        OND_TRY(nomem(err));
    rc = ond__cal_undo_bytes(h, w, x->f, x->e, err);
out:
    ond__cal_entry_free(&e);
    ond_buf_free(&bytes);
    return rc;
}

/* ---- move ---- */

static const char *const day_names[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

/* "BYDAY=MO" of a series that began on a Monday and now begins on a Tuesday. */
static void shift_rule(const char *rule, const ond__cal_when *was, const ond__cal_when *is,
                       ond_buf *out)
{
    char old_day[16], new_day[16], old_date[24], new_date[24];
    snprintf(old_day, sizeof old_day, "BYDAY=%s", day_names[ond__cal_weekday(was)]);
    snprintf(new_day, sizeof new_day, "BYDAY=%s", day_names[ond__cal_weekday(is)]);
    snprintf(old_date, sizeof old_date, "BYMONTHDAY=%d", was->day);
    snprintf(new_date, sizeof new_date, "BYMONTHDAY=%d", is->day);
    for (const char *p = rule; *p;) {
        size_t n = strcspn(p, ";");
        bool day = n == strlen(old_day) && strncmp(p, old_day, n) == 0;
        bool date = n == strlen(old_date) && strncmp(p, old_date, n) == 0;
        if (day)
            ond_buf_puts(out, new_day);
        else if (date)
            ond_buf_puts(out, new_date);
        else
            ond_buf_put(out, p, n);
        p += n;
        if (*p) ond_buf_putc(out, *p++);
    }
}

/* Exceptions and differing occurrences go along with the series. */
static bool shift_ids(edit *x, const char *name, int64_t seconds, const ond__cal_when *start)
{
    for (size_t i = 0; i < x->d.n; i++) {
        ond__line *l = &x->d.line[i];
        if (!ond__line_is(l, name)) continue;
        int c = l->comp;
        ond_str v = ond__line_value(l);
        ond_buf text = {0};
        ond__cal_when w;
        bool first = true;
        ond_buf_put(&text, l->text.p, (size_t)(v.p - l->text.p));
        while (v.n) {
            const char *comma = memchr(v.p, ',', v.n);
            size_t n = comma ? (size_t)(comma - v.p) : v.n;
            if (!ond__cal_when_read((ond_str){v.p, n}, &w) || w.date != start->date || c < 0) break;
            ond__cal_add_seconds(&w, seconds);
            ond_buf_printf(&text, w.date ? "%s%04d%02d%02d" : "%s%04d%02d%02dT%02d%02d%02d%s",
                           first ? "" : ",", w.year, w.month, w.day, w.hour, w.minute, w.second,
                           w.zone == CAL_UTC ? "Z" : "");
            first = false;
            v = comma ? (ond_str){comma + 1, v.n - n - 1} : (ond_str){0};
        }
        bool ok = v.n || (ond_buf_ok(&text) && ond__doc_replace(&x->d, i, ond_buf_z(&text)));
        ond_buf_free(&text);
        if (!ok) return false;
    }
    return true;
}

static int move_series(edit *x, const ond__cal_when *was, const ond__cal_when *start, ond_err *err)
{
    ond_buf shifted = {0}, rule = {0};
    int rc = 0;
    if (x->e->rule) {
        shift_rule(x->e->rule, was, start, &shifted);
        OND_TRY(ond__cal_rule_clean(x->h, ond_buf_z(&shifted), start, &rule, err));
        if (strcmp(ond_buf_z(&shifted), x->e->rule) != 0 || was->date != start->date)
            if (!ond__cal_set_text(&x->d, x->c, CAL_RRULE, ond_buf_z(&rule))) OND_TRY(nomem(err));
    }
    if (was->date == start->date && was->zone == start->zone) {
        int64_t seconds = (ond__cal_days(start) - ond__cal_days(was)) * 86400 +
                          (start->hour - was->hour) * 3600 + (start->minute - was->minute) * 60 +
                          start->second - was->second;
        if (!shift_ids(x, "EXDATE", seconds, start) ||
            !shift_ids(x, "RECURRENCE-ID", seconds, start))
            OND_TRY(nomem(err));
    }
out:
    ond_buf_free(&shifted);
    ond_buf_free(&rule);
    return rc;
}

static int put_times(edit *x, const times *t, ond_err *err)
{
    const ond__cal_part *p = x->part;
    ond__cal_when was = x->one ? x->occ.first : p->start, start, end;
    int zone = t->start.date ? CAL_FLOATING
               : was.date    ? own_zone(x->h, is_recurring(x->e))
                             : was.zone;
    ond__cal_when_of(x->h, t->start_ms, zone, t->start.date, &start);
    ond__cal_when_of(x->h, t->end_ms, zone, t->start.date, &end);
    if (!edit_comp(x)) return nomem(err);
    int rc = !x->one && is_recurring(x->e) ? move_series(x, &was, &start, err) : 0;
    if (rc) return rc;
    x->c = ond__cal_comp(x->h, &x->d, x->one ? &x->occ.id : NULL);
    ond__doc_drop(&x->d, x->c, "DURATION");
    bool ok = ond__cal_set_when(x->h, &x->d, &x->c, "DTSTART", &start) &&
              ond__cal_set_when(x->h, &x->d, &x->c, "DTEND", &end) && ond__cal_touch(&x->d, x->c);
    return ok ? OND_OK : nomem(err);
}

int ond__cal_move(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    edit x;
    times t;
    int rc = edit_open(h, args, w, &x, err);
    if (rc) return rc;
    const ond__cal_part *p = x.part;
    ond__cal_when first = x.one ? x.occ.first : p->start;
    ond_ms length = ond__cal_end_ms(h, p, x.e->has_main ? &x.e->main : NULL, &first) -
                    ond__cal_when_ms(h, &first);
    int64_t days = first.date ? (length + 43200000) / 86400000 : 1;
    OND_TRY(read_times(h, args, first.date ? 3600000 : length, days, &t, err));
    if (!set_local(h, w->step.args, "start", t.start_ms, t.start.date) ||
        !set_local(h, w->step.args, "end", t.end_ms, t.start.date))
        OND_TRY(nomem(err));
    const char *title = p->title ? p->title : x.e->main.title ? x.e->main.title : x.e->uid;
    if (!says_when(h, w, OND_M_CAL_MOVE, title, t.start_ms, t.start.date)) OND_TRY(nomem(err));
    OND_TRY(put_times(&x, &t, err));
    rc = edit_end(h, w, &x, err);
out:
    edit_free(&x);
    return rc;
}

/* ---- change ---- */

static int put_rule(edit *x, const char *rule, cJSON *exact, ond_err *err)
{
    ond_buf clean = {0};
    int rc = 0;
    if (x->one)
        return ond_fail(err, OND_E_INPUT,
                        "one occurrence has no rule of its own: leave out occurrence or rule");
    if (!x->e->has_main)
        return ond_fail(err, OND_E_INPUT, "this is one occurrence of an event that is not here");
    if (rule[0]) OND_TRY(ond__cal_rule_clean(x->h, rule, &x->e->main.start, &clean, err));
    if (x->e->rule && strcmp(x->e->rule, ond_buf_z(&clean)) == 0) goto out;
    if (!ond__cal_set_text(&x->d, x->c, CAL_RRULE, ond_buf_z(&clean)) ||
        !ond_json_set_str(exact, "rule", ond_buf_z(&clean)))
        OND_TRY(nomem(err));
out:
    ond_buf_free(&clean);
    return rc;
}

static bool says_change(ond__cal_work *w, const char *title, const cJSON *args)
{
    static const char *const names[] = {"title", "location", "rule"};
    ond_buf what = {0};
    for (size_t i = 0; i < 3; i++) {
        const char *v = ond_json_str(args, names[i], NULL);
        if (v) ond_buf_printf(&what, "%s%s", what.n ? ", " : "", v[0] ? v : "–");
    }
    const char *a[] = {title, ond_buf_z(&what)};
    bool ok = ond__cal_work_says(w, OND_M_CAL_CHANGE, a, a, 2);
    ond_buf_free(&what);
    return ok;
}

int ond__cal_alter(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    edit x;
    int rc = edit_open(h, args, w, &x, err);
    if (rc) return rc;
    const char *title = ond_json_str(args, "title", NULL),
               *location = ond_json_str(args, "location", NULL),
               *rule = ond_json_str(args, "rule", NULL);
    if (!title && !location && !rule)
        OND_TRY(ond_fail(err, OND_E_INPUT, "say what should change: title, location or rule"));
    if (title && !ond_str_trim(ond_str_of(title)).n)
        OND_TRY(ond_fail(err, OND_E_INPUT, "the title is empty"));
    const char *now = x.part->title ? x.part->title : x.e->main.title ? x.e->main.title : x.e->uid;
    if (!says_change(w, now, args)) OND_TRY(nomem(err));
    bool made = x.c < 0;
    if (!edit_comp(&x)) OND_TRY(nomem(err));
    if (made) {
        ond__cal_when end;
        ond__cal_when_of(h, x.occ.end, x.occ.first.zone, x.occ.date, &end);
        if (!ond__cal_set_when(h, &x.d, &x.c, "DTEND", &end)) OND_TRY(nomem(err));
    }
    if (rule) OND_TRY(put_rule(&x, rule, w->step.args, err));
    if ((title && !ond__cal_set_text(&x.d, x.c, CAL_SUMMARY, title)) ||
        (location && !ond__cal_set_text(&x.d, x.c, CAL_LOCATION, location)) ||
        !ond__cal_touch(&x.d, x.c))
        OND_TRY(nomem(err));
    rc = edit_end(h, w, &x, err);
out:
    edit_free(&x);
    return rc;
}

/* ---- remove ---- */

static int remove_one(ond__cal *h, ond__cal_work *w, edit *x, ond_err *err)
{
    if (x->c >= 0) ond__doc_remove(&x->d, x->d.comp[x->c].begin, x->d.comp[x->c].end + 1);
    int c = ond__cal_comp(h, &x->d, NULL);
    ond__cal_when id = x->occ.id;
    if (x->e->has_main) {
        ond_ms t = ond__cal_when_ms(h, &id);
        if (!id.date) ond__cal_when_of(h, t, x->e->main.start.zone, x->e->main.start.date, &id);
        if (c < 0 || !ond__cal_add_when(h, &x->d, &c, "EXDATE", &id) || !ond__cal_touch(&x->d, c))
            return nomem(err);
    }
    int rc = edit_end(h, w, x, err);
    return rc;
}

static int remove_all(ond__cal *h, ond__cal_work *w, ond__cal_folder *f, ond__cal_entry *e,
                      ond_err *err)
{
    w->step.expect = ond__cal_absent();
    if (!w->step.expect || !ond__cal_work_file(w, f->name, e->file, (ond_str){0}))
        return nomem(err);
    return ond__cal_undo_bytes(h, w, f, e, err);
}

static bool says_remove(ond__cal *h, ond__cal_work *w, const ond__cal_entry *e,
                        const ond__cal_part *p, const ond__cal_when *at)
{
    const char *title = p->title ? p->title : e->main.title ? e->main.title : e->uid;
    if (e->todo) return ond__cal_work_says(w, OND_M_CAL_ITEM_REMOVE, &title, &title, 1);
    return says_when(h, w, OND_M_CAL_REMOVE, title, ond__cal_when_ms(h, at), at->date);
}

/* What is gone already: nothing is to be done. */
static int nothing_there(const cJSON *args, ond__cal_work *w, ond_err *err)
{
    ond_hand_step *s = &w->step;
    const char *uid = ond_json_str(args, "uid", "");
    s->before = ond__cal_absent();
    s->expect = ond__cal_absent();
    return s->before && s->expect && ond__cal_work_says(w, OND_M_CAL_ITEM_REMOVE, &uid, &uid, 1)
               ? OND_OK
               : nomem(err);
}

int ond__cal_remove(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    edit x = {.h = h};
    ond_hand_step *s = &w->step;
    const char *occurrence = ond_json_str(args, "occurrence", "");
    int rc = 0;
    ond__cal_entry *e = ond__cal_find_uid(h, ond_json_str(args, "uid", ""), &x.f);
    if (!e) return nothing_there(args, w, err);
    if (occurrence[0] && !e->todo) {
        OND_TRY(edit_open(h, args, w, &x, err));
        if (x.one) {
            if (!says_remove(h, w, e, x.part, &x.occ.first)) rc = nomem(err);
            if (rc == 0) rc = remove_one(h, w, &x, err);
            edit_free(&x);
            return rc;
        }
        edit_free(&x);
        cJSON_Delete(s->before);
    }
    const ond__cal_part *p = e->has_main ? &e->main : &e->over[0];
    s->before = ond__cal_show(h, x.f, e, NULL);
    if (!s->before || !says_remove(h, w, e, p, &p->start)) OND_TRY(nomem(err));
    if (ond_json_bool(args, "drop_empty", false) && x.f->n == 1 &&
        !(w->drop = ond_str_dup(ond_str_of(x.f->name))))
        OND_TRY(nomem(err));
    OND_TRY(remove_all(h, w, x.f, e, err));
out:
    return rc;
}
