/* room.h - private to tok: what an open tokenizer holds, and the parts that turn text into tokens.
 *
 * Flow of encoding: text → pieces between special tokens (special.c) → words (split.c, by the
 * rows of pre.def) → symbols merged pair by pair (merge.c), or a best path (unigram.c), or
 * longest matches (wordpiece.c) → ids. All strings stay in the file's mapping; a table is one
 * array of slots, filled in one pass at opening. */
#ifndef OND_TOK_ROOM_H
#define OND_TOK_ROOM_H

#include "tok/tok.h"

/* ---- tables of strings ---- */

/* Open addressing with linear probing, at most two thirds full. A slot is what was put, plus one, in its
 * low bits, and the hash's top bits above; 0 is free. */
typedef struct ond__table {
    uint32_t *slot;        /* [mask + 1] */
    uint32_t mask;
    uint32_t refs;         /* the low bits of a slot */
} ond__table;

uint64_t ond__hash_long(const char *p, size_t n, uint64_t a, uint64_t b);

static inline uint64_t ond__mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t ond__load(const char *p, size_t n)   /* n is 4 or 8 */
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

/* Multiply and fold, as wyhash does; tokens are short, so the common lengths need no loop. */
static inline uint64_t ond__hash(const char *p, size_t n)
{
    uint64_t a = 0, b = 0;
    if (n >= 8) {
        a = ond__load(p, 8);
        b = ond__load(p + n - 8, 8);
        if (n > 16) return ond__hash_long(p, n, a, b);
    } else if (n >= 4) {
        a = ond__load(p, 4);
        b = ond__load(p + n - 4, 4);
    } else if (n) {
        a = (uint64_t)(unsigned char)p[0] << 16 | (uint64_t)(unsigned char)p[n / 2] << 8 |
            (unsigned char)p[n - 1];
    }
    return ond__mix(a ^ 0xA0761D6478BD642Full, b ^ 0xE7037ED1A0B428DBull ^ ((uint64_t)n << 32));
}

static inline uint64_t ond__hash_pair(uint64_t left, uint64_t right)
{
    return ond__mix(left ^ 0x8EBC6AF09C88C6E3ull, right ^ 0x589965CC75374CC3ull);
}

static inline uint32_t ond__tag(uint64_t hash) { return (uint32_t)(hash >> 32); }

/* What keeps files that mean harm from costing time: no real vocabulary comes near. */
enum {
    OND__STEPS_MAX = 512,  /* slots that are looked at to put a string */
    OND__SPECIAL_MAX = 512,/* bytes of a special token; longer ones are not looked for */
    OND__PIECE_MAX = 256,  /* bytes of a token of Unigram or WordPiece, likewise */
};
int ond__collide(const ond_gguf *g, const char *key, ond_err *err);

bool ond__table_init(ond__table *t, uint64_t n);   /* room for n; false when out of memory */
/* A slot's top bits for this hash. */
static inline uint32_t ond__mark(const ond__table *t, uint64_t hash)
{
    return (uint32_t)(hash >> 32) & ~t->refs;
}
static inline bool ond__marked(const ond__table *t, uint32_t slot, uint32_t mark)
{
    return (slot & ~t->refs) == mark;
}
void ond__table_free(ond__table *t);

/* ---- an open tokenizer ---- */

typedef enum ond__algo { OND__BPE, OND__SPM, OND__UNIGRAM, OND__WORDPIECE } ond__algo;

/* A token's nature: a set, since the rules that find special tokens by name add to what the file
 * says. */
enum {
    OND__NORMAL = 1,
    OND__UNKNOWN = 2,
    OND__CONTROL = 4,
    OND__USER = 8,
    OND__UNUSED = 16,
    OND__BYTE = 32,
    OND__LSTRIP = 64,      /* takes the white space before it */
    OND__RSTRIP = 128,     /* and after it */
};

typedef struct ond__strings {
    const char *base;      /* an array of strings in the mapping: u64 length, bytes */
    uint32_t *at;          /* [n] where the bytes of each begin; its length stands 8 bytes before */
    uint32_t n;
} ond__strings;

typedef struct ond__pre ond__pre;

/* Sorted strings, to find all that begin at a place of a text by narrowing a range byte by byte. */
typedef struct ond__sorted {
    ond_str *s;            /* [n], by bytes */
    int32_t *id;           /* [n] */
    uint32_t n;
    uint32_t from[257];    /* by first byte */
} ond__sorted;

struct ond_tok {
    ond__algo algo;
    char model[16], pre_name[48];
    ond__strings text;
    char (*empty)[20];     /* [n_empty] how tokens without text are called */
    int32_t *empty_id;     /* [n_empty] */
    uint32_t n_empty;
    uint8_t *nature;       /* [n] */
    const ond_gguf_value *scores;   /* NULL: all 0 */
    ond__table by_text;
    /* bits by hash, 16 a token: most texts that are no token are none here. NULL for BPE */
    uint64_t *filter;
    uint32_t filter_mask;
    /* BPE */
    ond__strings merge;
    ond__table by_pair;
    const ond__pre *pre;
    uint64_t byte_hash[256];        /* of a byte's spelling (spell.h) */
    bool raw_bytes;        /* BPE over plain UTF-8 with <0xNN> tokens, not over spelled bytes */
    bool ignore_merges;    /* a word that is a token is that token */
    bool whole_lines;      /* a run of newlines that is a token is that token */
    /* bytes after which a token has U+2581: elsewhere, words before a space stand alone */
    bool glued[256];
    int32_t byte_id[256];  /* <0xNN> or the byte itself; -1 */
    /* Unigram and WordPiece */
    uint16_t *reach;       /* [65536] longest token that begins with these two bytes */
    const unsigned char *charsmap;  /* Unigram's normaliser: NULL, or the units of a double array */
    uint32_t charsmap_units;
    const char *charsmap_text;      /* replacements, each ends in NUL */
    size_t charsmap_text_n;
    float unk_score;
    ond__sorted user;      /* user-defined tokens, which the normaliser leaves alone */
    bool lowercase, strip_accents;
    /* special tokens */
    ond__sorted special;
    int32_t role[OND_TOK_ROLES];
    int32_t *ends;         /* [n_ends], ascending */
    int n_ends;
    bool add_bos, add_eos, add_space, clean_spaces, extra_spaces_go, escape_spaces;
};

/* vocab.c */
int ond__vocab_open(ond_tok *t, const ond_gguf *g, ond_err *err);
void ond__vocab_close(ond_tok *t);
static inline ond_str ond__string(const ond__strings *s, uint32_t i)
{
    const char *p = s->base + s->at[i];
    return (ond_str){p, (size_t)ond__load(p - 8, 4)};   /* arrays are shorter than 4 GiB */
}
ond_str ond__empty_name(const ond_tok *t, int id);   /* of a token without text */
int32_t ond__find_hashed(const ond_tok *t, uint64_t hash, const char *p, size_t n);
static inline int32_t ond__find(const ond_tok *t, const char *p, size_t n)
{
    return ond__find_hashed(t, ond__hash(p, n), p, n);
}
/* As ond__find, where the answer is mostly no. Not for BPE. */
static inline int32_t ond__find_rare(const ond_tok *t, const char *p, size_t n)
{
    uint64_t hash = ond__hash(p, n), bit = hash >> 32 & t->filter_mask;
    return t->filter[bit / 64] >> (bit % 64) & 1 ? ond__find_hashed(t, hash, p, n) : -1;
}
/* Opens an array of strings: offsets only. */
int ond__strings_open(ond__strings *s, const ond_gguf *g, const char *key, ond_err *err);
bool ond__sorted_init(ond__sorted *s, const ond_tok *t, uint8_t nature);
void ond__sorted_free(ond__sorted *s);
/* Narrows [*lo, *hi) to those whose byte number `depth` is c; false when none is left. */
bool ond__sorted_step(const ond__sorted *s, uint32_t *lo, uint32_t *hi, size_t depth,
                      unsigned char c);

/* merge.c */
int ond__merges_open(ond_tok *t, const ond_gguf *g, bool required, ond_err *err);

/* roles.c */
int ond__roles_open(ond_tok *t, const ond_gguf *g, ond_err *err);

/* special.c */
int ond__special_open(ond_tok *t, const ond_gguf *g, ond_err *err);
void ond__special_close(ond_tok *t);

/* unigram.c */
int ond__unigram_open(ond_tok *t, const ond_gguf *g, ond_err *err);

/* ---- one encoding ---- */

typedef struct ond__cached {
    uint32_t tag;          /* of the word's hash */
    uint32_t word;         /* where it stands, from e->base */
    uint32_t at;           /* its ids stand in out from here */
    uint8_t n, n_ids;      /* bytes of the word, 0: free; ids */
} ond__cached;

typedef struct ond__sym {
    uint64_t hash;         /* of its text */
    uint32_t at, n;        /* its bytes; n 0: merged into another */
    int32_t prev, next;    /* -1: none */
} ond__sym;

typedef struct ond__pair {
    uint64_t key;          /* rank, then place of the left symbol: the least goes first */
    /* right symbol; bytes of both, to see whether the pair is still as it was */
    uint32_t right, n;
} ond__pair;

typedef struct ond__enc {
    const ond_tok *t;
    ond_ids *out;
    ond_err *err;
    ond__cached *cache;    /* NULL: none */
    uint32_t cache_mask;
    const char *base;      /* text that outlives the cache: the caller's, or all of norm */
    bool cacheable;        /* the words at hand lie in it */
    ond_buf clean;         /* a piece of text as valid UTF-8 */
    ond_buf word;          /* a word as its symbols spell it */
    ond_buf norm;          /* text as Unigram reads it, all pieces one after the other */
    ond__sym *sym;
    size_t sym_cap;
    ond__pair *heap;
    size_t heap_n, heap_cap;
    void *path;            /* Unigram's best way to each place */
    size_t path_cap;
    unsigned char *kinds;  /* a class for each character, where a pattern needs it */
    size_t kinds_cap;
    void *match;           /* PCRE2's */
} ond__enc;

int ond__put(ond__enc *e, int32_t id);
/* The entry where a word is or may be put; *hit says which. NULL: not to be cached. */
ond__cached *ond__cache_find(ond__enc *e, ond_str word, bool *hit);
int ond__cache_put_ids(ond__enc *e, const ond__cached *c);
void ond__cache_fill(ond__enc *e, ond__cached *c, ond_str word, size_t first_id);
/* Bytes up to the next space that follows something else and is not glued to it. raw: ' ' is a
 * space too. */
size_t ond__spaced_word(const ond_tok *t, ond_str s, bool raw);
/* Memory for n items of `size` bytes; keeps nothing. */
int ond__grow(ond__enc *e, void *array, size_t *cap, size_t n, size_t size);
/* How far a text is UTF-8. */
typedef enum ond__form {
    OND__FORM_GOOD,
    OND__FORM_LONG,        /* overlong forms, nothing worse */
    OND__FORM_BAD
} ond__form;
ond__form ond__form_of(ond_str text);
/* Text with each invalid byte replaced by U+FFFD and overlong forms made short; the text itself
 * where it is good. */
int ond__clean(ond__enc *e, ond_str text, ond_str *out, bool *same);

/* A piece of text without special tokens; `first`: a space prefix belongs before it. */
int ond__encode_bpe(ond__enc *e, ond_str text);
int ond__encode_spm(ond__enc *e, ond_str text, bool first);
int ond__encode_unigram(ond__enc *e, ond_str text);
int ond__encode_wordpiece(ond__enc *e, ond_str text);

/* A piece of the partition by special tokens. */
typedef struct ond__part {
    uint32_t at, n;
    int32_t id;            /* -1: text */
} ond__part;
/* Pieces in order, malloc'd; *parts NULL with *n_parts 0 where the text has no special token. */
int ond__special_part(const ond_tok *t, ond_str text, bool parse, ond__part **parts,
                      size_t *n_parts, ond_err *err);

#endif
