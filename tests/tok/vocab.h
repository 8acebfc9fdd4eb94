/* vocab.h - small vocabularies written as GGUF bytes in memory, and texts at random. */
#ifndef OND_TESTS_TOK_VOCAB_H
#define OND_TESTS_TOK_VOCAB_H

#include "base/cm.h"
#include "tok/tok.h"
#include "tok/words.h"

typedef struct vocab {
    ond_buf kv;            /* key-value pairs */
    uint64_t n;
    ond_buf file;
    ond_gguf *g;
    ond_tok *t;
    ond_err err;
} vocab;

static inline void put_u32(ond_buf *b, uint32_t v) { ond_buf_put(b, &v, 4); }
static inline void put_u64(ond_buf *b, uint64_t v) { ond_buf_put(b, &v, 8); }
static inline void put_text(ond_buf *b, ond_str s)
{
    put_u64(b, s.n);
    ond_buf_str(b, s);
}
static inline void put_key(vocab *v, const char *key, uint32_t kind)
{
    put_text(&v->kv, ond_str_of(key));
    put_u32(&v->kv, kind);
    v->n++;
}
static inline void set_str(vocab *v, const char *key, const char *s)
{
    put_key(v, key, OND_GGUF_STR);
    put_text(&v->kv, ond_str_of(s));
}
static inline void set_u32(vocab *v, const char *key, uint32_t x)
{
    put_key(v, key, OND_GGUF_U32);
    put_u32(&v->kv, x);
}
static inline void set_bool(vocab *v, const char *key, bool x)
{
    put_key(v, key, OND_GGUF_BOOL);
    ond_buf_putc(&v->kv, (char)x);
}
static inline void set_array(vocab *v, const char *key, uint32_t item, uint64_t n)
{
    put_key(v, key, OND_GGUF_ARRAY);
    put_u32(&v->kv, item);
    put_u64(&v->kv, n);
}
static inline void set_strs(vocab *v, const char *key, const char *const *s, size_t n)
{
    set_array(v, key, OND_GGUF_STR, n);
    for (size_t i = 0; i < n; i++) put_text(&v->kv, ond_str_of(s[i]));
}
static inline void set_floats(vocab *v, const char *key, const float *f, size_t n)
{
    set_array(v, key, OND_GGUF_F32, n);
    ond_buf_put(&v->kv, f, n * 4);
}
static inline void set_ints(vocab *v, const char *key, const int32_t *x, size_t n)
{
    set_array(v, key, OND_GGUF_I32, n);
    ond_buf_put(&v->kv, x, n * 4);
}

static inline int vocab_open(vocab *v)
{
    ond_buf_clear(&v->file);
    ond_buf_put(&v->file, "GGUF", 4);
    put_u32(&v->file, 3);
    put_u64(&v->file, 0);
    put_u64(&v->file, v->n);
    ond_buf_put(&v->file, v->kv.p, v->kv.n);
    while (v->file.n % 32) ond_buf_putc(&v->file, 0);
    int rc = ond_gguf_open_bytes(v->file.p, v->file.n, "small.gguf", &v->g, &v->err);
    return rc ? rc : ond_tok_open(v->g, &v->t, &v->err);
}

static inline void vocab_close(vocab *v)
{
    ond_tok_close(v->t);
    ond_gguf_close(v->g);
    ond_buf_free(&v->kv);
    ond_buf_free(&v->file);
    *v = (vocab){0};
}

/* The tokens of a text as "1 2 3"; static. */
static inline const char *ids_of(const vocab *v, ond_str text, bool special, bool parse)
{
    static char line[4096];
    ond_ids ids = {0};
    ond_err err;
    assert_int_equal(ond_tok_encode(v->t, text, (ond_tok_opts){special, parse}, &ids, &err), 0);
    size_t n = 0;
    line[0] = 0;
    for (size_t i = 0; i < ids.n && n < sizeof line - 16; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, i ? " %d" : "%d", ids.p[i]);
    ond_ids_free(&ids);
    return line;
}

static inline const char *text_of(const vocab *v, const int32_t *ids, size_t n, bool special)
{
    static char line[4096];
    ond_buf b = {0};
    ond_tok_decode(v->t, ids, n, special, &b);
    snprintf(line, sizeof line, "%s", ond_buf_z(&b));
    ond_buf_free(&b);
    return line;
}

static uint64_t rnd_state = 42;
static inline uint32_t rnd(uint32_t n)
{
    rnd_state = rnd_state * 6364136223846793005ull + 1442695040888963407ull;
    return n ? (uint32_t)((rnd_state >> 33) % n) : 0;
}

/* Text that meets every branch of a pattern: words, marks, digits, blanks of all scripts, at
 * random. */
static inline void random_text(ond_buf *b, uint32_t n)
{
    static const char *const pieces[] = {
        "a", "B", "word", "UPPER", "camelCase", "McDonald", "'s", "'S", "'ll", "'Ve", "'", "don't",
        "_x", "$9", "+", "/", "//",
        "/\n", "...", "?!", "(", "1", "12", "345", "6789012", "½", "²", "٣٤", "Ⅷ", " ", "  ",
        "    ", "\n", "\n\n", "\r\n",
        "\t", " \n ", "\v", "\xC2\xA0", "\xE3\x80\x80", "\xC2\x85", "가", "한국어", "ㅋㅋ", "ㄱ", "中文",
        "漢", "かな", "カナ", "！",
        "，", "…", "“", "é", "É", "ß", "Ж", "ж", "e\xCC\x81", "\xCC\x81", "हिन्दी", "ไทย", "😀",
        "👨‍👩‍👧", "∑", "\x01",
        "\x7F", "\xEF\xBF\xBD", "\xEE\x80\x80", "\xE2\x96\x81", "ǅ", "ʰ", "𝔘", "𠀀",
        "\xF0\xAE\xAF\xB0", "﨎", "\xEF\xAB\xBA",
        "<sentinel:12>", "IMGIMGABZ", "、", "।", "a b", "가 나", "\xE2\x80\x8B",
    };
    ond_buf_clear(b);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t r = rnd(8) ? 1 : 1 + rnd(6), k = rnd(COUNT(pieces)); r; r--) ond_buf_puts(b,
            pieces[k]);
}

#endif
