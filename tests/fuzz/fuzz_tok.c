/* fuzz_tok.c - any vocabulary, any text: it opens or says why, its tokens are its own.
 *
 * The input is parted by \x1D: four bytes (model, pre-tokenizer, flags, role), tokens (each:
 * type, score, text; parted by \x1E), merges, a normaliser's map, and the text. What begins with
 * GGUF is taken as a file, and its second half as text. */
#include "tok/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

/* ---- a file from the parts ---- */

typedef struct maker { ond_buf kv; uint64_t n; } maker;

static void put_u32(ond_buf *b, uint32_t v) { ond_buf_put(b, &v, 4); }
static void put_u64(ond_buf *b, uint64_t v) { ond_buf_put(b, &v, 8); }

static void put_str(ond_buf *b, ond_str s)
{
    put_u64(b, s.n);
    ond_buf_str(b, s);
}

static void key(maker *m, const char *name, uint32_t kind)
{
    put_str(&m->kv, ond_str_of(name));
    put_u32(&m->kv, kind);
    m->n++;
}

static void array(maker *m, const char *name, uint32_t item, uint64_t n)
{
    key(m, name, OND_GGUF_ARRAY);
    put_u32(&m->kv, item);
    put_u64(&m->kv, n);
}

static ond_str part(ond_str *rest, char at)
{
    const char *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
    ond_str head = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t used = head.n + (end != NULL);
    rest->p += used;
    rest->n -= used;
    return head;
}

static size_t count(ond_str s)
{
    size_t n = s.n > 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] == 0x1E;
    return n;
}

static unsigned char at(ond_str s, size_t i) { return i < s.n ? (unsigned char)s.p[i] : 0; }

static void put_tokens(maker *m, ond_str tokens)
{
    size_t n = count(tokens);
    ond_str rest = tokens;
    array(m, "tokenizer.ggml.tokens", OND_GGUF_STR, n);
    for (size_t i = 0; i < n; i++) {
        ond_str one = part(&rest, 0x1E);
        put_str(&m->kv, one.n > 2 ? (ond_str){one.p + 2, one.n - 2} : OND_S(""));
    }
    rest = tokens;
    array(m, "tokenizer.ggml.token_type", OND_GGUF_I32, n);
    for (size_t i = 0; i < n; i++) put_u32(&m->kv, at(part(&rest, 0x1E), 0) % 8);
    rest = tokens;
    array(m, "tokenizer.ggml.scores", OND_GGUF_F32, n);
    for (size_t i = 0; i < n; i++) {
        float score = (float)(signed char)at(part(&rest, 0x1E), 1);
        ond_buf_put(&m->kv, &score, 4);
    }
}

static void put_flags(maker *m, unsigned flags, unsigned role)
{
    static const char *const names[] = {
        "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token",
        "tokenizer.ggml.add_space_prefix",
        "tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.normalizer.lowercase",
        "tokenizer.ggml.normalizer.strip_accents",
    };
    for (int i = 0; i < 6; i++) {
        key(m, names[i], OND_GGUF_BOOL);
        ond_buf_putc(&m->kv, flags >> i & 1);
    }
    key(m, "tokenizer.ggml.unknown_token_id", OND_GGUF_U32);
    put_u32(&m->kv, role);
    key(m, "general.name", OND_GGUF_STR);
    put_str(&m->kv, flags & 64 ? OND_S("phi-3") : OND_S("modern-bert"));
}

static void make_file(ond_str *rest, ond_buf *file)
{
    static const char *const models[] = {"gpt2", "llama", "t5", "bert", "gemma4"};
    maker m = {0};
    ond_str head = part(rest, 0x1D), tokens = part(rest, 0x1D), merges = part(rest, 0x1D),
        map = part(rest, 0x1D);
    size_t rows = 0;
    while (ond__pre_at(rows)) rows++;
    key(&m, "tokenizer.ggml.model", OND_GGUF_STR);
    put_str(&m.kv, ond_str_of(models[at(head, 0) % 5]));
    key(&m, "tokenizer.ggml.pre", OND_GGUF_STR);
    put_str(&m.kv, ond_str_of(ond__pre_at(at(head, 1) % rows)->name));
    put_flags(&m, at(head, 2), at(head, 3));
    put_tokens(&m, tokens);
    size_t n = count(merges);
    array(&m, "tokenizer.ggml.merges", OND_GGUF_STR, n);
    while (n--) put_str(&m.kv, part(&merges, 0x1E));
    if (map.n) {
        array(&m, "tokenizer.ggml.precompiled_charsmap", OND_GGUF_U8, map.n);
        ond_buf_str(&m.kv, map);
    }
    ond_buf_put(file, "GGUF", 4);
    put_u32(file, 3);
    put_u64(file, 0);
    put_u64(file, m.n);
    ond_buf_put(file, m.kv.p, m.kv.n);
    while (file->n % 32) ond_buf_putc(file, 0);
    ond_buf_free(&m.kv);
}

/* ---- what must hold ---- */

static void try_text(const ond_tok *t, ond_str text, bool special, bool parse)
{
    ond_ids ids = {0}, again = {0};
    ond_buf out = {0}, stream = {0};
    ond_tok_stream s = {0};
    ond_err err = {0};
    must(ond_tok_encode(t, text, (ond_tok_opts){special, parse}, &ids, &err) == 0);
    must(ond_tok_encode(t, text, (ond_tok_opts){special, parse}, &again, &err) == 0);
    must(ids.n == again.n && (!ids.n || memcmp(ids.p, again.p, ids.n * sizeof *ids.p) == 0));
    for (size_t i = 0; i < ids.n; i++) {
        must(ids.p[i] >= 0 && ids.p[i] < ond_tok_count(t));
        ond_tok_stream_put(t, &s, ids.p[i], parse, &stream);
    }
    ond_tok_stream_end(&s, &stream);
    must(ond__form_of((ond_str){ond_buf_z(&stream), stream.n}) == OND__FORM_GOOD);
    ond_tok_decode(t, ids.p, ids.n, parse, &out);
    ond_ids_free(&ids);
    ond_ids_free(&again);
    ond_buf_free(&out);
    ond_buf_free(&stream);
}

static void try_tokens(const ond_tok *t)
{
    ond_buf b = {0};
    for (int id = -1; id <= ond_tok_count(t); id++) {
        ond_str s = ond_tok_text(t, id);
        int found = ond_tok_find(t, s);
        must(id < 0 || id == ond_tok_count(t) || (found >= id && ond_str_eq(ond_tok_text(t, found),
            s)));
        ond_tok_piece(t, id, true, &b);
        (void)ond_tok_ends(t, id);
        (void)ond_tok_kind(t, id);
    }
    for (int r = 0; r < OND_TOK_ROLES; r++)
        must(ond_tok_role_id(t, (ond_tok_role)r) < ond_tok_count(t));
    ond_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_str rest = {(const char *)bytes, n};
    ond_buf file = {0};
    ond_gguf *g = NULL;
    ond_tok *t = NULL;
    ond_err err = {0};
    if (n > 4 && memcmp(bytes, "GGUF", 4) == 0) {
        ond_buf_put(&file, bytes, n);
        rest = (ond_str){rest.p + n / 2, n - n / 2};
    } else {
        make_file(&rest, &file);
    }
    int rc = ond_gguf_open_bytes(file.p, file.n, "fuzz.gguf", &g, &err);
    if (!rc) rc = ond_tok_open(g, &t, &err);
    must(rc ? err.text[0] != 0 && !t : t != NULL);
    if (t) {
        try_tokens(t);
        for (int how = 0; how < 4; how++) try_text(t, rest, how & 1, how & 2);
    }
    ond_tok_close(t);
    ond_gguf_close(g);
    ond_buf_free(&file);
    return 0;
}
