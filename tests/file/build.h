/* build.h - GGUF bytes put together by hand, right or wrong on purpose; and a walk over all that an open file gives. */
#ifndef OND_TESTS_FILE_BUILD_H
#define OND_TESTS_FILE_BUILD_H

#include "file/gguf.h"

#include "base/type.h"

static inline void put_le(ond_buf *b, uint64_t v, int n)
{
    for (int i = 0; i < n; i++) ond_buf_putc(b, (char)(v >> (8 * i)));
}

static inline void put_text(ond_buf *b, const char *z)
{
    put_le(b, strlen(z), 8);
    ond_buf_puts(b, z);
}

static inline void put_head(ond_buf *b, uint32_t version, uint64_t n_tensor, uint64_t n_value)
{
    ond_buf_puts(b, "GGUF");
    put_le(b, version, 4);
    put_le(b, n_tensor, 8);
    put_le(b, n_value, 8);
}

static inline void put_key(ond_buf *b, const char *key, ond_gguf_kind kind)
{
    put_text(b, key);
    put_le(b, (uint64_t)kind, 4);
}

static inline void put_u32(ond_buf *b, const char *key, uint32_t v)
{
    put_key(b, key, OND_GGUF_U32);
    put_le(b, v, 4);
}

static inline void put_f32(ond_buf *b, const char *key, float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    put_key(b, key, OND_GGUF_F32);
    put_le(b, u, 4);
}

static inline void put_tensor(ond_buf *b, const char *name, uint32_t type, int n_dim, const uint64_t *dim,
                              uint64_t offset)
{
    put_text(b, name);
    put_le(b, (uint64_t)n_dim, 4);
    for (int i = 0; i < n_dim; i++) put_le(b, dim[i], 8);
    put_le(b, type, 4);
    put_le(b, offset, 8);
}

static inline void put_pad(ond_buf *b, size_t align)
{
    while (b->n % align) ond_buf_putc(b, 0);
}

/* A small file with every kind of value and two tensors: x f32 [3, 2] of 0 … 5 and y q4_0 [32]. */
static inline void put_sample(ond_buf *b, uint32_t version)
{
    static const char *const words[] = {"one", "", "three"};
    put_head(b, version, 2, 9);
    put_key(b, "general.architecture", OND_GGUF_STR);
    put_text(b, "llama");
    put_u32(b, "n", 7);
    put_f32(b, "f", 0.5f);
    put_key(b, "minus", OND_GGUF_I8);
    put_le(b, 0xFE, 1);
    put_key(b, "yes", OND_GGUF_BOOL);
    put_le(b, 1, 1);
    put_key(b, "big", OND_GGUF_U64);
    put_le(b, UINT64_MAX, 8);
    put_key(b, "words", OND_GGUF_ARRAY);
    put_le(b, OND_GGUF_STR, 4);
    put_le(b, 3, 8);
    for (int i = 0; i < 3; i++) put_text(b, words[i]);
    put_key(b, "list", OND_GGUF_ARRAY);
    put_le(b, OND_GGUF_I16, 4);
    put_le(b, 3, 8);
    for (int i = 0; i < 3; i++) put_le(b, (uint64_t)(i - 1), 2);
    put_key(b, "none", OND_GGUF_ARRAY);
    put_le(b, OND_GGUF_F64, 4);
    put_le(b, 0, 8);
    put_tensor(b, "x", OND_F32, 2, (uint64_t[]){3, 2}, 0);
    put_tensor(b, "y", OND_Q4_0, 1, (uint64_t[]){32}, 32);
    put_pad(b, 32);
    for (int i = 0; i < 6; i++) {
        float f = (float)i;
        ond_buf_put(b, &f, 4);
    }
    put_pad(b, 32);
    for (int i = 0; i < 18; i++) ond_buf_putc(b, (char)(i + 1));
}

/* Touches every byte that an open file gives out; a sum, so that no read is left out. */
static inline uint64_t walk(const ond_gguf *g)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ond_gguf_n_values(g); i++) {
        const ond_gguf_value *v = ond_gguf_value_at(g, i);
        ond_str s;
        for (size_t k = 0; k < v->key.n; k++) sum += (unsigned char)v->key.p[k];
        for (size_t at = 0; ond_gguf_next_str(v, &at, &s);)
            for (size_t k = 0; k < s.n; k++) sum += (unsigned char)s.p[k];
        if (v->item != OND_GGUF_STR)
            for (uint64_t k = 0; k < v->n; k++) {
                double d = ond_gguf_item_num(v, k);
                sum += (uint64_t)ond_gguf_item_int(v, k) + (d > 0);
            }
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        for (size_t k = 0; k < t->bytes; k++) sum += t->p[k];
        for (size_t k = 0; k < t->name.n; k++) sum += (unsigned char)t->name.p[k];
    }
    return sum;
}

#endif
