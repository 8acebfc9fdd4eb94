/* fuzz_ics.c - any bytes as a file in the folder of calendars: it is read or named, shown, changed and put back, and what was
 * changed can be read again. */
#include "hand/calendar/internal.h"
#include "hand/calendar/dav_room.h"
#include "hand/calendar/ical.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static ond__cal hand = {.lang = "ko"};

static void is_so(bool so, int line)
{
    if (so) return;
    fprintf(stderr, "fuzz_ics.c:%d\n", line);
    abort();
}
#define must(so) is_so((so), __LINE__)

static void count(void *self, const ond__cal_occ *o)
{
    size_t *k = self;
    must(o->end >= o->start && o->entry);
    ++*k;
}

static void use(const ond__cal_folder *f, const ond__cal_entry *e)
{
    ond_err err = {0};
    size_t k = 0;
    const ond_ms now = ond_now(), year = (ond_ms)366 * 86400000;
    must(e->uid && (e->has_main || e->n_over));
    cJSON *shown = ond__cal_show(&hand, f, e, NULL), *one = ond__cal_show(&hand, f, e, "2026-12-07");
    must(shown && one);
    cJSON_Delete(shown);
    cJSON_Delete(one);
    if (!e->todo) must(ond__cal_expand(&hand, f, e, now, now + year, count, &k, &err) == 0);
    if (e->main.title) {
        must(ond__cal_match(e->main.title, e->main.title) >= 0);
        ond__cal_match("치과", e->main.title);
    }
}

/* A new title and place, in the lines: everything else stays, and it is still an entry. */
static void change(ond_str text, const ond__cal_folder *f)
{
    ond_err err = {0};
    ond__doc d = {0};
    ond_buf same = {0}, out = {0};
    ond__cal_entry e = {0};
    must(ond__doc_open(text, &d) && !d.problem);
    ond__doc_put_all(&d, &same);
    must(same.n == text.n && memcmp(ond_buf_z(&same), text.p, text.n) == 0);
    int c = ond__cal_comp(&hand, &d, NULL);
    must(c >= 0 && ond__cal_set_text(&d, c, CAL_SUMMARY, "새 제목; a, b\\c") && ond__cal_set_text(&d, c, CAL_LOCATION, "") && ond__cal_touch(&d, c));
    ond__doc_put_all(&d, &out);
    must(ond__cal_entry_read(&hand, (ond_str){ond_buf_z(&out), out.n}, &e, &err) == 0);
    must(!e.problem);
    const ond__cal_part *p = e.has_main ? &e.main : &e.over[0];
    must(p->title && strcmp(p->title, "새 제목; a, b\\c") == 0 && !p->location);
    use(f, &e);
    must(ond__dav_same(text, text));
    ond__dav_same(text, (ond_str){ond_buf_z(&out), out.n});
    ond__cal_entry_free(&e);
    ond__doc_free(&d);
    ond_buf_free(&same);
    ond_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_err err = {0};
    ond__cal_entry e = {0};
    ond__cal_folder f = {.name = (char *)"fuzz"};
    ond_str text = {(const char *)bytes, n};
    must(ond__cal_ical_load(&err) == 0);
    ond_clock_set(1796086800000);
    ond_zone_set("Asia/Seoul");
    /* packed as an argument and back: the same bytes */
    cJSON *packed = cJSON_CreateObject();
    ond_buf back = {0};
    must(ond__cal_pack(text, packed));
    must(ond__cal_unpack(packed, &back, &err) == 0 && back.n == n && memcmp(ond_buf_z(&back), bytes, n) == 0);
    cJSON_Delete(packed);
    ond_buf_free(&back);
    /* and as a body of a server */
    ond__dav_rows rows = {0};
    if (ond__dav_parse(text, &rows, &err) == 0) ond__dav_rows_free(&rows);
    must(ond__cal_entry_read(&hand, text, &e, &err) == 0);
    if (!e.problem) {
        use(&f, &e);
        change(text, &f);
    }
    ond__cal_entry_free(&e);
    ond__cal_zones_free(&hand);
    return 0;
}
