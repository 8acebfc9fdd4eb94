/* words.h - private to tok: text cut into words, and words to tokens. */
#ifndef OND_TOK_WORDS_H
#define OND_TOK_WORDS_H

#include "tok/room.h"

/* Appends the tokens of one word, from the cache where it is there. */
int ond__word(ond__enc *e, ond_str word);
/* Without asking the cache (merge.c). */
int ond__merge_word(ond__enc *e, ond_str word);

/* ---- pre-tokenizers ---- */

/* What a pre-tokenizer says beside its patterns. */
enum {
    OND__IGNORE_MERGES = 1,
    OND__ADD_BOS = 2,
    OND__KEEP_SPACES = 4,  /* no clean-up of spaces when decoding */
    OND__NO_BOS = 8,       /* no default for the BOS token */
    OND__RAW = 16,         /* plain UTF-8, not spelled bytes */
    OND__ESCAPE = 32,      /* spaces become U+2581 first */
    OND__LINES = 64,       /* runs of newlines may be tokens */
};

typedef struct ond__rule ond__rule;

#define OND__RULES_MAX 6

struct ond__pre {
    const char *name;      /* tokenizer.ggml.pre */
    uint8_t n_rules;
    uint8_t rule[OND__RULES_MAX];
    unsigned flags;
};

/* NULL: not known. */
const ond__pre *ond__pre_find(ond_str name);
const ond__pre *ond__pre_at(size_t i);    /* NULL beyond the last */
/* Compiles what the rules need, once in a process. OND_E_FAILED names the pre-tokenizer. */
int ond__pre_ready(const ond__pre *pre, ond_err *err);

/* ---- rules ---- */

/* Bytes of the first word of n > 0 bytes of valid text. *until is NULL for a new piece, and the
 * splitter's own while it goes through one piece: where a run of digits ends that is being cut. */
typedef size_t (*ond__next)(const char *p, size_t n, const char **until);

struct ond__rule {
    const char *name;
    const char *pattern;
    bool utf;              /* the pattern reads UTF-8; else one byte a character, see pre.def */
    ond__next next;        /* the same by hand; NULL: the pattern does it */
};

enum {
#define RULE(id, mode, next, pattern) OND__RULE_##id,
#define PRE(name, flags, ...)
#include "tok/pre.def"
#undef RULE
#undef PRE
    OND__RULE_COUNT
};
extern const ond__rule ond__rules[OND__RULE_COUNT];

size_t ond__next_gpt2(const char *p, size_t n, const char **until);
size_t ond__next_llama3(const char *p, size_t n, const char **until);
size_t ond__next_qwen2(const char *p, size_t n, const char **until);
size_t ond__next_qwen35(const char *p, size_t n, const char **until);
size_t ond__next_gpt4o(const char *p, size_t n, const char **until);
size_t ond__next_tekken(const char *p, size_t n, const char **until);
size_t ond__next_deepseek3(const char *p, size_t n, const char **until);
size_t ond__next_digit(const char *p, size_t n, const char **until);
size_t ond__next_digits3(const char *p, size_t n, const char **until);
size_t ond__next_digits(const char *p, size_t n, const char **until);
size_t ond__next_thirds(const char *p, size_t n, const char **until);
size_t ond__next_ascii_thirds(const char *p, size_t n, const char **until);
size_t ond__next_lines(const char *p, size_t n, const char **until);
size_t ond__next_cjk(const char *p, size_t n, const char **until);

/* The first match of a rule's pattern in subject[from, n), which must be ready; [*begin, *end).
 * 1 found, 0 none, or -1 with *err. Uses e->match. */
int ond__pattern(ond__enc *e, int rule, const unsigned char *subject, size_t n, size_t from,
                 size_t *begin, size_t *end);
void ond__pattern_free(ond__enc *e);
/* Compiles a rule's pattern, once in a process. */
int ond__pattern_ready(int rule, ond_err *err);

typedef int (*ond__on_word)(void *self, ond_str word);
/* Calls `on` with each word of valid UTF-8. by_pattern: without the splitters written by hand
 * (tests). */
int ond__split(ond__enc *e, const ond__pre *pre, ond_str text, bool by_pattern, ond__on_word on,
               void *self);

/* Writes a byte a character: itself if ASCII, else the codes of pre.def. Returns the count. */
size_t ond__collapse(ond_str text, unsigned char *out);

#endif
