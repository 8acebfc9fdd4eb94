/* two_sides.h - a person with two calendars, who edits them here and on the server, and what both sides must hold then. */
#ifndef OND_TESTS_HAND_TWO_SIDES_H
#define OND_TESTS_HAND_TWO_SIDES_H

#include "calendar.h"
#include "radicale.h"

static radicale server;
static char place[300];
static unsigned long seed = 88172645463325252ul;

static unsigned rnd(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % n);
}

/* ---- a person with two calendars ---- */

static const char *const colls[] = {"cal", "shopping"};
enum { ENTRIES = 120 };

typedef struct entry {
    char uid[200], file[300];
    int coll;
    bool here, there;          /* exists on that side */
    char ours[160], theirs[160]; /* its title there */
    bool touched_here, touched_there;
} entry;

typedef struct person {
    char dir[600];
    cJSON *config;
    void *hand;
    entry e[ENTRIES];
    int n, serial;
} person;

static void make_collection(const char *name, const char *comp)
{
    char path[200], body[700];
    snprintf(path, sizeof path, "/%s/%s/", server.user, name);
    snprintf(body, sizeof body, "<?xml version=\"1.0\"?><c:mkcalendar xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:set><d:prop>"
                                "<d:displayname>%s</d:displayname><c:supported-calendar-component-set><c:comp name=\"%s\"/>"
                                "</c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>", name, comp);
    long status = radicale_ask(&server, "MKCALENDAR", path, body, NULL, NULL);
    if (status != 201) fail_msg("MKCALENDAR %s: %ld", path, status);
}

static cJSON *person_config(const char *dir)
{
    char url[100];
    cJSON *c = dir_config(dir), *dav = cJSON_AddObjectToObject(c, "caldav");
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    ond_json_set_str(dav, "url", url);
    ond_json_set_str(dav, "user", server.user);
    ond_json_set_str(dav, "password", "secret");
    ond_json_set_bool(dav, "plain", rnd(3) == 0); /* as with a server that has no reports */
    return c;
}

static void person_open(person *p, const char *name)
{
    memset(p, 0, sizeof *p);
    snprintf(server.user, sizeof server.user, "%s", name);
    snprintf(p->dir, sizeof p->dir, "%s/%s", place, name);
    make_collection("cal", "VEVENT");
    make_collection("shopping", "VTODO");
    p->config = person_config(p->dir);
    p->hand = open_calendar(p->config);
}

static void person_close(person *p)
{
    ond_hand_calendar.close(p->hand);
    cJSON_Delete(p->config);
}

static cJSON *sync_now(person *p)
{
    ond_hand_step s = plan(p->hand, "sync", "{}");
    cJSON *after = NULL;
    ond_done d = act_on(p->hand, "sync", &s, &after);
    if (d != OND_DONE_OK) fail_msg("sync: %s %s", ond_done_name(d), err.text);
    ond_hand_step_free(&s);
    return after;
}

/* ---- edits ---- */

static void title(person *p, char out[160], char side)
{
    snprintf(out, 160, "%c%d", side, ++p->serial);
}

static void ics(const entry *e, const char *text, char out[1400])
{
    if (e->coll == 0)
        snprintf(out, 1400, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//other//EN\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20261101T000000Z\r\n"
                           "DTSTART:20261210T1%u0000Z\r\nDTEND:20261211T000000Z\r\nSUMMARY:%s\r\nX-OTHER;X-P=\"a:b\":kept\r\nDESCRIPTION:a long line that "
                           "the server will fold in its own way because it has more than\r\n  seventy-five bytes\\, and an escape\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                 e->uid, rnd(10), text);
    else
        snprintf(out, 1400, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//other//EN\r\nBEGIN:VTODO\r\nUID:%s\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:%s\r\n"
                           "STATUS:NEEDS-ACTION\r\nEND:VTODO\r\nEND:VCALENDAR\r\n", e->uid, text);
}

static void remote_put(entry *e, const char *text)
{
    char body[1400], path[600];
    ics(e, text, body);
    snprintf(path, sizeof path, "/%s/%s/%s", server.user, colls[e->coll], e->file);
    long status = radicale_ask(&server, "PUT", path, body, NULL, NULL);
    if (status != 201 && status != 204) fail_msg("PUT %s: %ld", path, status);
    e->there = e->touched_there = true;
    snprintf(e->theirs, sizeof e->theirs, "%s", text);
}

static void remote_new(person *p)
{
    char t[160];
    if (p->n >= ENTRIES) return;
    entry *e = &p->e[p->n++];
    *e = (entry){.coll = (int)rnd(2)};
    title(p, t, 'r');
    snprintf(e->uid, sizeof e->uid, "remote-%d@example.com", p->serial);
    snprintf(e->file, sizeof e->file, rnd(2) ? "remote-%d.ics" : "remote%%20%d%%40x.ics", p->serial);
    remote_put(e, t);
}

static void local_new(person *p)
{
    char args[600];
    if (p->n >= ENTRIES) return;
    entry *e = &p->e[p->n++];
    *e = (entry){.coll = (int)rnd(2)};
    title(p, e->ours, 'l');
    if (e->coll == 0) snprintf(args, sizeof args, "{\"title\":\"%s\",\"start\":\"2026-12-%02uT10:00\",\"calendar\":\"cal\",\"rule\":\"%s\"}", e->ours, 1 + rnd(28), rnd(3) ? "" : "FREQ=WEEKLY;BYDAY=MO");
    else snprintf(args, sizeof args, "{\"list\":\"shopping\",\"text\":\"%s\"}", e->ours);
    const char *verb = e->coll == 0 ? "create" : "item_add";
    ond_hand_step s = plan(p->hand, verb, args);
    snprintf(e->uid, sizeof e->uid, "%s", ond_json_str(s.args, "uid", ""));
    snprintf(e->file, sizeof e->file, "%s.ics", ond_json_str(s.args, "uid", ""));
    assert_int_equal(act_on(p->hand, verb, &s, NULL), OND_DONE_OK);
    ond_hand_step_free(&s);
    e->here = e->touched_here = true;
}

static void local_change(person *p, entry *e)
{
    char args[600];
    title(p, e->ours, 'l');
    snprintf(args, sizeof args, "{\"uid\":\"%s\",\"%s\":\"%s\"}", e->uid, e->coll == 0 ? "title" : "text", e->ours);
    must(p->hand, e->coll == 0 ? "change" : "item_change", args);
    e->touched_here = true;
}

static void local_remove(person *p, entry *e)
{
    char args[600];
    snprintf(args, sizeof args, "{\"uid\":\"%s\"}", e->uid);
    must(p->hand, e->coll == 0 ? "remove" : "item_remove", args);
    e->here = false;
    e->touched_here = true;
}

static void remote_remove(entry *e)
{
    char path[600];
    snprintf(path, sizeof path, "/%s/%s/%s", server.user, colls[e->coll], e->file);
    long status = radicale_ask(&server, "DELETE", path, NULL, NULL, NULL);
    if (status != 200 && status != 204) fail_msg("DELETE %s: %ld", path, status);
    e->there = false;
    e->touched_there = true;
}

static void edit(person *p)
{
    entry *e = p->n ? &p->e[rnd((unsigned)p->n)] : NULL;
    char t[160];
    switch (rnd(12)) {
    case 8: case 9: case 10: /* both sides at once */
        if (!e || !e->here || !e->there) return;
        rnd(3) ? local_change(p, e) : local_remove(p, e);
        if (rnd(3)) title(p, t, 'r'), remote_put(e, t);
        else remote_remove(e);
        break;
    case 0: case 1: local_new(p); break;
    case 2: case 3: remote_new(p); break;
    case 4: if (e && e->here) local_change(p, e); break;
    case 5: if (e && e->there) title(p, t, 'r'), remote_put(e, t); break;
    case 6: if (e && e->here) local_remove(p, e); break;
    default: if (e && e->there) remote_remove(e);
    }
}

/* ---- what must be then ---- */

/* Titles that both sides must hold, by the rules: what one side changed alone is so on both; both changed: both versions; removed
 * and changed: the change. */
static void expect_all(person *p, cJSON *titles, int *conflicts)
{
    for (int i = 0; i < p->n; i++) {
        entry *e = &p->e[i];
        bool both = e->here && e->there && e->touched_here && e->touched_there && strcmp(e->ours, e->theirs) != 0;
        if (both) {
            ond_buf copy = {0};
            ond_buf_printf(&copy, "%s (conflict copy)", e->ours);
            cJSON_AddItemToArray(titles, cJSON_CreateString(ond_buf_z(&copy)));
            ond_buf_free(&copy);
            ++*conflicts;
        }
        const char *now = !e->here && !e->there                  ? NULL
                          : e->there && e->touched_there          ? e->theirs
                          : e->here && e->touched_here            ? e->ours
                          : e->touched_here || e->touched_there   ? NULL
                                                                  : e->theirs;
        if (now) cJSON_AddItemToArray(titles, cJSON_CreateString(now));
        e->here = e->there = now != NULL;
        if (now == e->theirs) memcpy(e->ours, e->theirs, sizeof e->ours);
        if (now == e->ours) memcpy(e->theirs, e->ours, sizeof e->theirs);
        e->touched_here = e->touched_there = false;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted(const cJSON *titles)
{
    int n = cJSON_GetArraySize(titles), k = 0;
    const char **v = calloc((size_t)n + 1, sizeof *v);
    const cJSON *t;
    ond_buf b = {0};
    cJSON_ArrayForEach(t, titles) v[k++] = t->valuestring;
    qsort(v, (size_t)n, sizeof *v, compare);
    for (int i = 0; i < n; i++) ond_buf_printf(&b, "%s\n", v[i]);
    if (!b.p) ond_buf_puts(&b, "");
    free(v);
    return ond_buf_take(&b);
}

static void titles_in(const char *text, cJSON *out)
{
    for (const char *p = text; (p = strstr(p, "SUMMARY:")) != NULL; p++) {
        char title_text[200];
        snprintf(title_text, sizeof title_text, "%.*s", (int)strcspn(p + 8, "\r\n"), p + 8);
        cJSON_AddItemToArray(out, cJSON_CreateString(title_text));
    }
}

static void titles_there(cJSON *out)
{
    for (int c = 0; c < 2; c++) {
        char path[100];
        ond_buf all = {0};
        snprintf(path, sizeof path, "/%s/%s/", server.user, colls[c]);
        assert_true(radicale_all(&server, path, &all) >= 0);
        titles_in(ond_buf_z(&all), out);
        ond_buf_free(&all);
    }
}

static void titles_here(const person *p, cJSON *out)
{
    for (int c = 0; c < 2; c++) {
        char path[800];
        char **names = NULL;
        size_t n = 0;
        snprintf(path, sizeof path, "%s/%s", p->dir, colls[c]);
        assert_int_equal(ond_dir_list(path, ".ics", &names, &n, &err), 0);
        for (size_t i = 0; i < n; i++) {
            char *text = get_file(p->dir, colls[c], names[i]);
            titles_in(text, out);
            free(text);
        }
        ond_names_free(names, n);
    }
}

/* Copies that a sync made are entries from now on. */
static void adopt_copies(person *p)
{
    for (int c = 0; c < 2; c++) {
        char path[800], **names = NULL;
        size_t n = 0;
        snprintf(path, sizeof path, "%s/%s", p->dir, colls[c]);
        assert_int_equal(ond_dir_list(path, ".ics", &names, &n, &err), 0);
        for (size_t i = 0; i < n; i++) {
            bool known = !strstr(names[i], "-conflict-");
            size_t len = strlen(names[i]) - 4, k = 0;
            for (int j = 0; j < p->n && !known; j++) known = strlen(p->e[j].uid) == len && memcmp(p->e[j].uid, names[i], len) == 0;
            if (known) continue;
            if (p->n >= ENTRIES) fail_msg("too many entries");
            entry *e = &p->e[p->n++];
            *e = (entry){.coll = c, .here = true, .there = true};
            memcpy(e->uid, names[i], len);
            for (const char *q = names[i]; *q && k + 4 < sizeof e->file; q++)
                k += (size_t)snprintf(e->file + k, sizeof e->file - k, *q == '@' ? "%%40" : "%c", *q);
            char *text = get_file(p->dir, colls[c], names[i]), *t = strstr(text, "SUMMARY:") + 8;
            snprintf(e->ours, sizeof e->ours, "%.*s", (int)strcspn(t, "\r\n"), t);
            memcpy(e->theirs, e->ours, sizeof e->theirs);
            free(text);
        }
        ond_names_free(names, n);
    }
}

/* `report`: of the only sync since the last check, or NULL. */
static int check_round(person *p, const cJSON *report)
{
    cJSON *want = cJSON_CreateArray(), *here = cJSON_CreateArray(), *there = cJSON_CreateArray();
    int conflicts = 0, told = cJSON_GetArraySize(ond_json_get(report, "conflicts"));
    expect_all(p, want, &conflicts);
    titles_here(p, here);
    titles_there(there);
    char *a = sorted(want), *b = sorted(here), *c = sorted(there);
    if (strcmp(a, b) != 0 || strcmp(a, c) != 0 || (report && told != conflicts)) {
        char *r = text_of(report);
        fail_msg("wanted\n%s\nhere\n%s\nthere\n%s\n%d conflicts, %d told\n%s", a, b, c, conflicts, told, r);
    }
    free(a);
    free(b);
    free(c);
    cJSON_Delete(want);
    cJSON_Delete(here);
    cJSON_Delete(there);
    adopt_copies(p);
    return conflicts;
}


#endif
