/* number.c - tables of number words, and what belongs to a range.
 *
 * Tables are kept in one list for the process, pushed by compare-and-swap: two threads may build
 * the same table, and one of the two is dropped. Rule sets are those that count things ("cardinal",
 * "numbering"), in every gender and case that a language has; not ordinals, years, or wordy forms.
 */
#include "talk/number.h"
#include "talk/chars.h"

#include "sys/late.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

/* ICU, loaded when a range first wants words. It adds its version to its names: unum_open is
 * unum_open_72. */
#define ICU(X)                                                                                     \
    X(open, unum_open)                                                                             \
    X(close, unum_close)                                                                           \
    X(formatDouble, unum_formatDouble) X(getLocaleByType, unum_getLocaleByType)                    \
        X(getTextAttribute, unum_getTextAttribute) X(setTextAttribute, unum_setTextAttribute)      \
            X(strToUTF8, u_strToUTF8)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define X(name, f) __typeof__(&f) name;
static struct {
    ICU(X)
} icu;
#undef X
#define X(name, f) {TEXT(f), &icu.name},
static const ond_late_fn icu_fns[] = {ICU(X)};
#undef X
static ond_late icu_library = {"libicui18n.so." TEXT(U_ICU_VERSION_MAJOR_NUM), icu_fns,
                               sizeof icu_fns / sizeof *icu_fns, false};

typedef struct table {
    struct table *next;
    char lang[16];
    ond__range range;
    bool squeeze;
    ond__words words;
} table;

enum { MOST_TABLES = 256 }; /* beyond, ranges have no words: no file of others fills the memory */

static _Atomic(table *) tables;

static void free_table(table *t)
{
    ond__trie_free(&t->words.trie);
    free(t->words.value);
    free(t->words.chars);
    free(t);
}

void ond__words_free_all(void)
{
    for (table *t = atomic_exchange(&tables, NULL), *next; t; t = next) {
        next = t->next;
        free_table(t);
    }
}

static bool add_words(table *t, ond_str words, double value)
{
    ond__words *w = &t->words;
    if (w->n == w->cap) {
        uint32_t cap = w->cap ? w->cap * 2 : 256;
        double *v = realloc(w->value, cap * sizeof *v);
        if (v) w->value = v;
        uint16_t *c = v ? realloc(w->chars, cap * sizeof *c) : NULL;
        if (!c) return false;
        w->chars = c;
        w->cap = cap;
    }
    ond_buf folded = {0};
    ond__fold_text(words, t->squeeze, &folded);
    bool ok = ond_buf_ok(&folded) &&
              ond__trie_add(&w->trie, (ond_str){ond_buf_z(&folded), folded.n}, w->n);
    ond_buf_free(&folded);
    if (!ok) return false;
    w->value[w->n] = value;
    w->chars[w->n++] = (uint16_t)ond_utf8_count(ond__trim(words));
    return true;
}

/* What ICU 72 spells as hardly anyone does; both forms are taken. */
static const struct mend {
    const char *lang, *from, *to;
} mends[] = {
    {"sl", "štrinajst", "štirinajst"}, {"sl", "asemnajst", "osemnajst"},
    {"sl", "dvaset", "dvajset"},       {"id", "kosong", "nol"},
    {"id", "titik", "koma"},           {"ro", "una sută", "o sută"},
};

/* Adds text[0..n) as it is, and with hyphens as spaces. */
static bool add_both(table *t, char *text, double value)
{
    if (!add_words(t, ond_str_of(text), value)) return false;
    if (!strchr(text, '-')) return true;
    for (char *p = text; *p; p++)
        if (*p == '-') *p = ' ';
    return add_words(t, ond_str_of(text), value);
}

static bool add_mended(table *t, const char *text, double value)
{
    char now[1024], next[1024];
    bool changed = false;
    snprintf(now, sizeof now, "%s", text);
    for (size_t i = 0; i < sizeof mends / sizeof *mends; i++) {
        const char *at = strcmp(mends[i].lang, t->lang) == 0 ? strstr(now, mends[i].from) : NULL;
        if (!at) continue;
        snprintf(next, sizeof next, "%.*s%s%s", (int)(at - now), now, mends[i].to,
                 at + strlen(mends[i].from));
        memcpy(now, next, sizeof now);
        changed = true;
    }
    return !changed || add_both(t, now, value);
}

/* The words for one number in one rule set. */
static bool add_number(table *t, UNumberFormat *f, double number)
{
    UChar wide[256];
    char text[1024];
    UErrorCode status = U_ZERO_ERROR;
    int32_t n = icu.formatDouble(f, number, wide, 256, NULL, &status), k = 0, bytes = 0;
    if (U_FAILURE(status) || n >= 256) return true;
    for (int32_t i = 0; i < n; i++)
        if (wide[i] != 0x00AD && wide[i] != 0x200B)
            wide[k++] = wide[i]; /* places for a line to break */
    icu.strToUTF8(text, sizeof text, &bytes, wide, k, &status);
    if (U_FAILURE(status) || bytes == 0 || bytes >= (int32_t)sizeof text) return true;
    if (strpbrk(text, "0123456789")) return true; /* no words, after all */
    double value = number * t->range.multiplier;
    return add_mended(t, text, value) && add_both(t, text, value);
}

static bool each_number(table *t, UNumberFormat *f)
{
    const ond__range *r = &t->range;
    for (double whole = r->from; whole <= r->to; whole += r->step) {
        if (!add_number(t, f, whole)) return false;
        for (int i = 1; i < r->fractions; i++)
            if (!add_number(t, f, whole + (r->fractions == 2 ? 0.5 : i / 10.0))) return false;
    }
    return true;
}

static bool counts_things(const char *set)
{
    return strncmp(set, "%spellout", 9) == 0 && !strstr(set, "ordinal") && !strstr(set, "year") &&
           !strstr(set, "verbose") && (strstr(set, "cardinal") || strstr(set, "numbering"));
}

/* ICU has the rules of this language itself, not those of another. */
static bool has_rules(const UNumberFormat *f, const char *lang)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *actual = icu.getLocaleByType(f, ULOC_ACTUAL_LOCALE, &status);
    if (U_FAILURE(status) || !actual) return false;
    size_t n = strcspn(actual, "_");
    return strncmp(actual, lang, n) == 0 ||
           (strncmp(actual, "yue", n) == 0 && strncmp(lang, "zh", 2) == 0);
}

static bool fill(table *t)
{
    UErrorCode status = U_ZERO_ERROR;
    if (ond_late_load(&icu_library, NULL) != 0) return false; /* no words this time */
    UNumberFormat *f = icu.open(UNUM_SPELLOUT, NULL, 0, t->lang, NULL, &status);
    if (U_FAILURE(status)) return true;
    if (!has_rules(f, t->lang)) {
        icu.close(f);
        return true;
    }
    UChar sets[2048];
    int32_t n = icu.getTextAttribute(f, UNUM_PUBLIC_RULESETS, sets, 2048, &status);
    bool ok = true;
    if (U_FAILURE(status) || n >= 2048) n = 0;
    for (int32_t from = 0; ok && from < n;) {
        int32_t to = from;
        while (to < n && sets[to] != ';') to++;
        char name[128];
        int32_t k = 0;
        for (; k < to - from && k < 127; k++) name[k] = (char)sets[from + k];
        name[k] = '\0';
        status = U_ZERO_ERROR;
        if (counts_things(name)) {
            icu.setTextAttribute(f, UNUM_DEFAULT_RULESET, sets + from, to - from, &status);
            if (!U_FAILURE(status)) ok = each_number(t, f);
        }
        from = to + 1;
    }
    icu.close(f);
    return ok;
}

static bool serves(const table *t, const ond__range *r, bool squeeze)
{
    const ond__range *x = &t->range;
    return t->squeeze == squeeze && strcmp(t->lang, r->language) == 0 && x->from == r->from &&
           x->to == r->to && x->step == r->step && x->fractions == r->fractions &&
           x->multiplier == r->multiplier;
}

static const ond__words *find_or_build(const ond__range *r, bool squeeze)
{
    int held = 0;
    for (table *t = atomic_load(&tables); t; t = t->next, held++)
        if (serves(t, r, squeeze)) return &t->words;
    if (held >= MOST_TABLES) return NULL;
    table *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    snprintf(t->lang, sizeof t->lang, "%s", r->language);
    t->range = *r;
    t->squeeze = squeeze;
    double count = ((r->to - r->from) / r->step + 1) * (r->fractions ? r->fractions : 1);
    if (count <= OND__MOST_NUMBERS && !fill(t)) {
        free_table(t);
        return NULL;
    }
    table *head = atomic_load(&tables);
    do {
        t->next = head;
    } while (!atomic_compare_exchange_weak(&tables, &head, t));
    return &t->words;
}

const ond__words *ond__words_of(ond__list *list, bool squeeze)
{
    const ond__words *w = atomic_load(&list->words);
    if (!w) {
        w = find_or_build(&list->range, squeeze);
        if (w) atomic_store(&list->words, w);
    }
    return w && w->n ? w : NULL;
}

/* How the number words of our own two languages begin, and where that is a single character, which
 * may come next; tests/talk/test_number.c holds them against
 * ICU's. */
typedef struct begin {
    const char *lang, *begins, *on;
} begin;
static const begin begins[] = {
    {"ko", "영 공 일 이 삼 사 오 육 칠 팔 구 십 백 천 만 하 한 둘 두 셋 세 넷 네 다 여 열 스 서 마 쉰 "
           "예 아",
     "공일이삼사오육칠팔구십백천만억영나둘셋넷섯여덟곱홉열물른흔쉰순든무하한두세네다아스서마예"},
    {"en", "zer one two twe thr thi fou fort fiv fif six sev eig nin ten ele", ""},
};

/* NULL: not known; from below zero on there are more words than these. */
static const begin *begin_of(const ond__range *r)
{
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strcmp(r->language, begins[i].lang) == 0 && r->from >= 0) return &begins[i];
    return NULL;
}

bool ond__may_begin_words(const ond__range *r, const char *text, size_t n)
{
    const begin *b = begin_of(r);
    if (!b) return true;
    const char *at = b->begins;
    while (*at) {
        size_t len = strcspn(at, " ");
        if (n >= len && memcmp(text, at, len) == 0) return true;
        at += len + (at[len] == ' ');
    }
    return false;
}

void ond__range_opening(const ond__range *r, ond__opening *out)
{
    const begin *b = r->words ? begin_of(r) : NULL;
    *out = (ond__opening){.one = true}; /* a digit */
    if (r->words && !b) {
        ond__opening_fill(out);
        return;
    }
    for (const char *d = "0123456789"; *d; d++) {
        ond__classes_add(&out->first, (uint8_t)*d);
        ond__classes_add(&out->second, (uint8_t)*d);
    }
    ond__opening_add(out, OND_S("-"));
    ond__opening_add(out, OND_S("0.")), ond__opening_add(out, OND_S("0,"));
    for (const char *at = b ? b->begins : ""; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        ond__opening_add(out, (ond_str){at, n});
        at += n;
    }
    for (size_t at = 0; b && b->on[at];) ond__classes_add(&out->second, ond__class_of(ond_utf8_next(ond_str_of(b->on), &at)));
}

bool ond__range_has(const ond__range *r, double value)
{
    if (!(value >= r->from && value <= r->to + 1)) return false;
    if (r->step == 1 && r->fractions == 0) return value <= r->to;
    double whole = r->from + floor((value - r->from) / r->step) * r->step;
    if (whole > r->to) return false;
    if (value == whole) return true;
    for (int i = 1; i < r->fractions; i++)
        if (value == whole + (r->fractions == 2 ? 0.5 : i / 10.0)) return true;
    return false;
}
