/* pre.c - the table of pre-tokenizers, and their patterns as PCRE2 compiles them.
 *
 * A compiled pattern belongs to the process: it is published by compare-and-swap and never
 * freed. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "tok/words.h"

#include <pcre2.h>
#include <stdatomic.h>

/* ---- parts of patterns ---- */

#define N "0-9\\x81"
#define L "A-Za-z\\x82\\x86"
#define UPPER "A-Z\\x82\\x86"
#define LOWER "a-z\\x82\\x86"
#define LETTER_NOT_HAN "A-Za-z\\x82"
#define HAN "\\x86\\x87"
#define P "!-#%-*,-/:;?@\\[-\\]_{}\\x83"
#define M "\\x84"
#define S "$+<=>^`|~\\x85"
#define ASIDE "[^\\r\\n" L N "]?"   /* one character before letters: a space, a quote */
#define IS_LL "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])"
#define BLANKS "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define WIDE_SPACE \
    "\\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}"
#define MARK_AND_LATIN "[!-/:-@\\[-`{-~][A-Za-z]+"
#define DEEPSEEK_WORD MARK_AND_LATIN "|[^\\r\\n" L P S "]?[" L M "]+| ?[" P S "]+"

enum { BYTES = 0, UTF8 = 1 };
#define RULE(id, mode, next, pattern) {#id, pattern, (mode) == UTF8, next},
#define PRE(name, flags, ...)
const ond__rule ond__rules[OND__RULE_COUNT] = {
#include "tok/pre.def"
};
#undef RULE
#undef PRE
#undef N
#undef L
#undef P
#undef M
#undef S

enum {
    IGNORE_MERGES = OND__IGNORE_MERGES, ADD_BOS = OND__ADD_BOS, KEEP_SPACES = OND__KEEP_SPACES,
    NO_BOS = OND__NO_BOS, RAW = OND__RAW, ESCAPE = OND__ESCAPE, LINES = OND__LINES,
};
enum {   /* the rules again, as rows of pre.def name them; 0 ends a list */
    r_none,
#define RULE(id, mode, next, pattern) r_##id,
#define PRE(name, flags, ...)
#include "tok/pre.def"
#undef RULE
#undef PRE
};

#define ONE(a) r_##a,
#define R1(a) ONE(a)
#define R2(a, b) ONE(a) ONE(b)
#define R3(a, b, c) ONE(a) R2(b, c)
#define R4(a, b, c, d) ONE(a) R3(b, c, d)
#define R5(a, b, c, d, e) ONE(a) R4(b, c, d, e)
#define R6(a, b, c, d, e, f) ONE(a) R5(b, c, d, e, f)
#define PICK(a, b, c, d, e, f, R, ...) R
#define RULES(...) PICK(__VA_ARGS__, R6, R5, R4, R3, R2, R1, 0)(__VA_ARGS__)
#define COUNT(...) PICK(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define RULE(id, mode, next, pattern)
#define PRE(name, flags, ...) {name, COUNT(__VA_ARGS__), {RULES(__VA_ARGS__)}, flags},
static const ond__pre pres[] = {
#include "tok/pre.def"
};

const ond__pre *ond__pre_at(size_t i)
{
    return i < sizeof pres / sizeof *pres ? &pres[i] : NULL;
}

const ond__pre *ond__pre_find(ond_str name)
{
    for (size_t i = 0; i < sizeof pres / sizeof *pres; i++)
        if (ond_str_is(name, pres[i].name)) return &pres[i];
    return NULL;
}

/* ---- patterns ---- */

static _Atomic(pcre2_code *) compiled[OND__RULE_COUNT];

int ond__pattern_ready(int rule, ond_err *err)
{
    if (atomic_load(&compiled[rule])) return OND_OK;
    int code = 0;
    PCRE2_SIZE at = 0;
    uint32_t options = ond__rules[rule].utf ? PCRE2_UTF | PCRE2_NO_UTF_CHECK : 0;
    pcre2_code *made = pcre2_compile((PCRE2_SPTR)ond__rules[rule].pattern, PCRE2_ZERO_TERMINATED,
                                     options, &code, &at, NULL);
    if (!made) {
        PCRE2_UCHAR why[128];
        pcre2_get_error_message(code, why, sizeof why);
        return ond_fail(err, OND_E_FAILED, "the pattern %s is wrong at %zu: %s",
                        ond__rules[rule].name, (size_t)at, (const char *)why);
    }
    (void)pcre2_jit_compile(made, PCRE2_JIT_COMPLETE);   /* where there is no JIT, it is read */
    pcre2_code *none = NULL;
    if (!atomic_compare_exchange_strong(&compiled[rule], &none, made)) pcre2_code_free(made);
    return OND_OK;
}

int ond__pre_ready(const ond__pre *pre, ond_err *err)
{
    for (int i = 0; i < pre->n_rules; i++) {
        int rule = pre->rule[i] - 1;
        int rc = ond__rules[rule].next ? OND_OK : ond__pattern_ready(rule, err);
        if (rc) return ond_err_prefix(err, "tokenizer.ggml.pre %s", pre->name);
    }
    return OND_OK;
}

int ond__pattern(ond__enc *e, int rule, const unsigned char *subject, size_t n, size_t from,
                 size_t *begin, size_t *end)
{
    const pcre2_code *code = atomic_load(&compiled[rule]);
    if (!e->match) e->match = pcre2_match_data_create(1, NULL);
    if (!e->match) return ond_nomem(e->err, "cutting text into words"), -1;
    int rc = pcre2_match(code, subject, n, from, PCRE2_NO_UTF_CHECK, e->match, NULL);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(code, subject, n, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, e->match, NULL);
    if (rc == PCRE2_ERROR_NOMATCH) return 0;
    if (rc < 0) {
        PCRE2_UCHAR why[128];
        pcre2_get_error_message(rc, why, sizeof why);
        ond_fail(e->err, OND_E_INPUT, "the text cannot be cut into words (%s): %s",
                 ond__rules[rule].name, (const char *)why);
        return -1;
    }
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(e->match);
    *begin = at[0];
    *end = at[1];
    return 1;
}

void ond__pattern_free(ond__enc *e)
{
    pcre2_match_data_free(e->match);
    e->match = NULL;
}
