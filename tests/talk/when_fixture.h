/* when_fixture.h - a grammar of the time rules alone, and what a sentence means as one line of
 * text. */
#ifndef TESTS_TALK_WHEN_FIXTURE_H
#define TESTS_TALK_WHEN_FIXTURE_H

#include "fixture.h"
#include "talk/pack.h"
#include "talk/when.h"

/* Of the embedded files only those that the rules need: skip words, lists and rules. */
static inline ond_grammar *when_grammar(const char *lang, const char *own)
{
    ond_talk_text all[64], use[3];
    size_t n = ond_pack_texts(lang, all, 64), k = 0;
    for (size_t i = 0; i < n; i++)
        if (strstr(all[i].name, "_common.yaml") || strstr(all[i].name, "_when.yaml"))
            use[k++] = all[i];
    assert_int_equal(k, 2);
    use[k++] = (ond_talk_text){.name = "own.yaml", .text = ond_str_of(own)};
    ond_grammar *g = NULL;
    ond_err err;
    if (ond_grammar_of_texts(lang, use, k, &g, &err) != 0) fail_msg("%s", err.text);
    if (ond_grammar_faults(g)) fail_msg("%s", ond_grammar_fault(g, 0));
    return g;
}

/* One intent a rule: "when", "span", "recur", "dur", "from_to" ... */
static inline ond_grammar *when_rules(const char *lang)
{
    static const char *const rules[] = {"when", "day",     "clock",    "span",     "recur",
                                        "dur",  "from_to", "when_for", "recur_for"};
    ond_buf yaml = {0};
    ond_buf_printf(&yaml, "language: %s\nintents:\n", lang);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (strcmp(lang, "en") != 0 && strstr(rules[i], "_for")) continue;
        ond_buf_printf(&yaml, "  %s: {data: [{sentences: [\"%s <%s>\"", rules[i], rules[i],
                       rules[i]);
        /* "3일" is the third or three days: no sentence ends in either */
        if (strcmp(rules[i], "dur") != 0) ond_buf_printf(&yaml, ", \"title {t} <%s>\"", rules[i]);
        ond_buf_puts(&yaml, "]}]}\n");
    }
    ond_buf_puts(&yaml, "lists: {t: {wildcard: true}}\n");
    ond_grammar *g = when_grammar(lang, ond_buf_z(&yaml));
    ond_buf_free(&yaml);
    return g;
}

static inline void put_when(ond_buf *b, const ond_when *w)
{
    static const char *const codes[] = {"none", "ok", "impossible", "past"};
    if (w->code != OND_WHEN_OK) {
        ond_buf_puts(b, codes[w->code]);
        return;
    }
    if (w->has_day || w->has_time || w->rule[0]) ond_when_local_put(b, &w->start, w->has_time);
    if (w->has_end) {
        ond_buf_puts(b, "/");
        ond_when_local_put(b, &w->end, w->has_time);
    }
    if (w->seconds) ond_buf_printf(b, "%s%llds", b->n ? " " : "", (long long)w->seconds);
    if (w->rule[0]) ond_buf_printf(b, " %s", w->rule);
}

/* "2026-12-02T15:00", "2026-12-25/2026-12-27", "... 3600s", "... FREQ=DAILY", "past", or the error.
 * Two readings that tie and mean different times are shown with " or ". */
static inline const char *when_said(const ond_grammar *g, ond_buf *line, const char *sentence,
                                    const ond_when_opts *o)
{
    ond_match *m;
    size_t n;
    ond_err err;
    ond_buf_clear(line);
    int rc = ond_talk_match_all(g, NULL, ond_str_of(sentence), NULL, &m, &n, &err);
    if (rc != 0) {
        ond_buf_puts(line, ond_code_name(rc));
        return ond_buf_z(line);
    }
    ond_buf first = {0}, other = {0};
    for (size_t i = 0; i < n; i++) {
        ond_when w = ond_when_of(&m[i], "", o);
        ond_buf *b = i ? &other : &first;
        ond_buf_clear(b);
        put_when(b, &w);
        if (i == 0) ond_buf_puts(line, ond_buf_z(b));
        if (i && strcmp(ond_buf_z(&first), ond_buf_z(&other)) != 0)
            ond_buf_printf(line, " or %s", ond_buf_z(b));
        ond_match_free(&m[i]);
    }
    free(m);
    ond_buf_free(&first);
    ond_buf_free(&other);
    return ond_buf_z(line);
}

static inline ond_ms ms_of(const char *local, const char *zone)
{
    ond_ms t = 0;
    ond_err err;
    if (ond_iso_parse(ond_str_of(local), zone, &t, &err) != 0) fail_msg("%s", err.text);
    return t;
}

#endif
