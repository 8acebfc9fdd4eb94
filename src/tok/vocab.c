/* vocab.c - the tokens of a GGUF: texts, a table from text to token, natures, scores. */
#include "tok/room.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t ond__hash_long(const char *p, size_t n, uint64_t a, uint64_t b)
{
    uint64_t h = n;
    for (size_t i = 8; i + 8 < n; i += 8)
        h = ond__mix(h ^ ond__load(p + i, 8), 0x9E3779B97F4A7C15ull);
    return ond__mix(a ^ 0xA0761D6478BD642Full ^ h, b ^ 0xE7037ED1A0B428DBull ^ ((uint64_t)n << 32));
}

bool ond__table_init(ond__table *t, uint64_t n)
{
    uint64_t cap = 64;
    while (cap * 2 < n * 3) cap *= 2;
    if (cap > 1u << 31) return false;
    t->slot = malloc(cap * sizeof *t->slot);
    t->mask = (uint32_t)cap - 1;
    t->refs = t->mask;
    /* Written at once: pages of zeros that are read first would be met twice. */
    if (t->slot) memset(t->slot, 0, cap * sizeof *t->slot);
    return t->slot != NULL;
}

int ond__collide(const ond_gguf *g, const char *key, ond_err *err)
{
    return ond_fail(err, OND_E_INPUT, "%s: %s has strings that are made to collide in a table",
                    ond_gguf_path(g), key);
}

void ond__table_free(ond__table *t)
{
    free(t->slot);
    *t = (ond__table){0};
}

int ond__strings_open(ond__strings *s, const ond_gguf *g, const char *key, ond_err *err)
{
    const ond_gguf_value *v = ond_gguf_find(g, key);
    if (!v)
        return ond_fail(err, OND_E_INPUT, "%s: %s is missing: the file has no tokenizer",
                        ond_gguf_path(g), key);
    if (v->kind != OND_GGUF_ARRAY || v->item != OND_GGUF_STR)
        return ond_fail(err, OND_E_INPUT, "%s: %s is no array of strings", ond_gguf_path(g), key);
    if (v->n > 1u << 27)
        return ond_fail(err, OND_E_INPUT, "%s: %s has %llu strings, too many", ond_gguf_path(g),
                        key, (unsigned long long)v->n);
    s->at = malloc((v->n ? v->n : 1) * sizeof *s->at);
    if (!s->at) return ond_nomem(err, "reading the tokens");
    s->base = (const char *)v->p;
    ond_str one;
    for (size_t at = 0; s->n < v->n && ond_gguf_next_str(v, &at, &one); s->n++) {
        if ((size_t)(one.p - s->base) + one.n > UINT32_MAX)
            return ond_fail(err, OND_E_INPUT, "%s: %s is longer than 4 GiB", ond_gguf_path(g), key);
        s->at[s->n] = (uint32_t)(one.p - s->base);
    }
    return OND_OK;
}

/* ---- text to token ---- */

int32_t ond__find_hashed(const ond_tok *t, uint64_t hash, const char *p, size_t n)
{
    const ond__table *b = &t->by_text;
    uint32_t mark = ond__mark(b, hash), slot;
    for (uint32_t i = (uint32_t)hash & b->mask; (slot = b->slot[i]); i = (i + 1) & b->mask) {
        if (!ond__marked(b, slot, mark)) continue;
        int32_t id = (int32_t)(slot & b->refs) - 1;
        ond_str text = ond_tok_text(t, id);
        if (text.n == n && memcmp(text.p, p, n) == 0) return id;
    }
    return -1;
}

static bool filter_init(ond_tok *t)
{
    uint64_t bits = 1024;
    while (bits < (uint64_t)t->text.n * 16) bits *= 2;
    t->filter = calloc(bits / 64, sizeof *t->filter);
    t->filter_mask = (uint32_t)(bits - 1);
    return t->filter != NULL;
}

/* Of two tokens with the same text the later is found. False: too many share a place. */
static bool add(ond_tok *t, uint32_t id, ond_str text)
{
    int steps = 0;
    uint64_t hash = ond__hash(text.p, text.n), bit = hash >> 32 & t->filter_mask;
    if (t->filter) t->filter[bit / 64] |= 1ull << (bit % 64);
    ond__table *b = &t->by_text;
    uint32_t mark = ond__mark(b, hash), i = (uint32_t)hash & b->mask;
    for (; b->slot[i]; i = (i + 1) & b->mask) {
        if (++steps > OND__STEPS_MAX) return false;
        if (!ond__marked(b, b->slot[i], mark)) continue;
        if (ond_str_eq(ond_tok_text(t, (int)(b->slot[i] & b->refs) - 1), text)) break;
    }
    b->slot[i] = mark | (id + 1);
    return true;
}

/* A token without text is called [EMPTY_12]. */
static int name_empty(ond_tok *t, uint32_t id, ond_err *err)
{
    if ((t->n_empty & (t->n_empty + 1)) == 0) {
        size_t cap = (size_t)t->n_empty * 2 + 1;
        void *names = realloc(t->empty, cap * sizeof *t->empty);
        if (names) t->empty = names;
        int32_t *ids = realloc(t->empty_id, cap * sizeof *ids);
        if (ids) t->empty_id = ids;
        if (!names || !ids) return ond_nomem(err, "reading the tokens");
    }
    snprintf(t->empty[t->n_empty], sizeof *t->empty, "[EMPTY_%u]", id);
    t->empty_id[t->n_empty++] = (int32_t)id;
    return OND_OK;
}

ond_str ond__empty_name(const ond_tok *t, int id)
{
    uint32_t lo = 0, hi = t->n_empty;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->empty_id[mid] < id) lo = mid + 1;
        else hi = mid;
    }
    return lo < t->n_empty && t->empty_id[lo] == id ? ond_str_of(t->empty[lo]) : OND_S("");
}

/* Bytes that stand before a U+2581 and are none themselves. */
static void note_glued(ond_tok *t, ond_str s)
{
    for (size_t i = 1; i + 2 < s.n; i++)
        if (s.p[i] == '\xE2' && s.p[i + 1] == '\x96' && s.p[i + 2] == '\x81' &&
            !(i >= 3 && memcmp(s.p + i - 3, "\xE2\x96\x81", 3) == 0))
            t->glued[(unsigned char)s.p[i - 1]] = true;
}

static void note_reach(ond_tok *t, ond_str s)
{
    if (s.n < 2 || s.n > OND__PIECE_MAX) return;
    uint16_t *r = &t->reach[(unsigned char)s.p[0] << 8 | (unsigned char)s.p[1]];
    if (*r < s.n) *r = (uint16_t)s.n;
}

static int fill(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    if (!ond__table_init(&t->by_text, t->text.n) || (t->algo != OND__BPE && !filter_init(t)))
        return ond_nomem(err, "reading the tokens");
    for (uint32_t i = 0; i < t->text.n; i++) {
        ond_str s = ond__string(&t->text, i);
        if (s.n == 0) {
            int rc = name_empty(t, i, err);
            if (rc) return rc;
            s = ond_str_of(t->empty[t->n_empty - 1]);
        }
        if (!add(t, i, s)) return ond__collide(g, "tokenizer.ggml.tokens", err);
        if (t->reach) note_reach(t, s);
        if (t->escape_spaces && t->algo != OND__BPE) note_glued(t, s);
    }
    return OND_OK;
}

/* ---- natures and scores ---- */

static const ond_gguf_value *numbers(const ond_tok *t, const ond_gguf *g, const char *key, int *rc,
                                     ond_err *err)
{
    const ond_gguf_value *v = ond_gguf_find(g, key);
    if (!v) return NULL;
    if (v->kind != OND_GGUF_ARRAY || (v->item != OND_GGUF_F32 && v->item != OND_GGUF_I32)) {
        *rc = ond_fail(err, OND_E_INPUT, "%s: %s is no array of numbers", ond_gguf_path(g), key);
        return NULL;
    }
    if (v->n < t->text.n) {
        *rc = ond_fail(err, OND_E_INPUT, "%s: %s has %llu values for %u tokens", ond_gguf_path(g),
                       key, (unsigned long long)v->n, t->text.n);
        return NULL;
    }
    return v;
}

static int natures(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    static const uint8_t of_type[] = {0, OND__NORMAL, OND__UNKNOWN, OND__CONTROL, OND__USER,
                                      OND__UNUSED, OND__BYTE};
    int rc = OND_OK;
    const ond_gguf_value *v = numbers(t, g, "tokenizer.ggml.token_type", &rc, err);
    if (rc) return rc;
    if (v && v->item != OND_GGUF_I32)
        return ond_fail(err, OND_E_INPUT, "%s: tokenizer.ggml.token_type is no array of i32",
                        ond_gguf_path(g));
    t->nature = malloc(t->text.n ? t->text.n : 1);
    if (!t->nature) return ond_nomem(err, "reading the tokens");
    if (!v) memset(t->nature, OND__NORMAL, t->text.n);
    for (uint32_t i = 0; v && i < t->text.n; i++) {
        uint32_t type;
        memcpy(&type, v->p + (size_t)i * 4, 4);
        t->nature[i] = type < sizeof of_type ? of_type[type] : 0;
    }
    t->scores = numbers(t, g, "tokenizer.ggml.scores", &rc, err);
    return rc;
}

/* The token of each byte, where the vocabulary falls back to bytes. */
static void bytes(ond_tok *t)
{
    for (int b = 0; b < 256; b++) {
        char name[8], one = (char)b;
        int n = snprintf(name, sizeof name, "<0x%02X>", b);
        t->byte_id[b] = ond__find(t, name, (size_t)n);
        if (t->byte_id[b] < 0 && t->algo != OND__BPE) t->byte_id[b] = ond__find(t, &one, 1);
    }
}

int ond__vocab_open(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    int rc;
    OND_TRY(ond__strings_open(&t->text, g, "tokenizer.ggml.tokens", err));
    if (t->text.n == 0) {
        rc = ond_fail(err, OND_E_INPUT, "%s: tokenizer.ggml.tokens is empty", ond_gguf_path(g));
        goto out;
    }
    if (t->algo == OND__UNIGRAM || t->algo == OND__WORDPIECE) {
        t->reach = calloc(65536, sizeof *t->reach);
        if (!t->reach) return ond_nomem(err, "reading the tokens");
    }
    OND_TRY(natures(t, g, err));
    OND_TRY(fill(t, g, err));
    bytes(t);
out:
    return rc;
}

void ond__vocab_close(ond_tok *t)
{
    free(t->text.at);
    free(t->merge.at);
    free(t->empty);
    free(t->empty_id);
    free(t->nature);
    free(t->reach);
    free(t->filter);
    ond__table_free(&t->by_text);
    ond__table_free(&t->by_pair);
}

/* ---- sorted strings ---- */

typedef struct keyed { ond_str s; int32_t id; } keyed;

static int by_bytes(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    size_t n = x->s.n < y->s.n ? x->s.n : y->s.n;
    int c = memcmp(x->s.p, y->s.p, n);
    if (c) return c;
    if (x->s.n != y->s.n) return x->s.n < y->s.n ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static bool take(ond__sorted *s, keyed *all, uint32_t n)
{
    qsort(all, n, sizeof *all, by_bytes);
    s->s = malloc((n ? n : 1) * sizeof *s->s);
    s->id = malloc((n ? n : 1) * sizeof *s->id);
    if (!s->s || !s->id) return false;
    for (uint32_t i = 0; i < n; i++) {
        s->s[i] = all[i].s;
        s->id[i] = all[i].id;
        s->from[(unsigned char)all[i].s.p[0] + 1]++;
    }
    for (int b = 0; b < 256; b++) s->from[b + 1] += s->from[b];
    s->n = n;
    return true;
}

bool ond__sorted_init(ond__sorted *s, const ond_tok *t, uint8_t nature)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->text.n; i++) n += (t->nature[i] & nature) != 0;
    keyed *all = malloc((n ? n : 1) * sizeof *all);
    if (!all) return false;
    n = 0;
    for (uint32_t i = 0; i < t->text.n; i++)
        if (t->nature[i] & nature) all[n++] = (keyed){ond_tok_text(t, (int)i), (int32_t)i};
    bool ok = take(s, all, n);
    free(all);
    return ok;
}

void ond__sorted_free(ond__sorted *s)
{
    free(s->s);
    free(s->id);
    *s = (ond__sorted){0};
}

/* First of [lo, hi) whose byte at depth is at least c; a string that ends there comes before
 * all. */
static uint32_t first_from(const ond__sorted *s, uint32_t lo, uint32_t hi, size_t depth, unsigned c)
{
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->s[mid].n <= depth || (unsigned char)s->s[mid].p[depth] < c) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

bool ond__sorted_step(const ond__sorted *s, uint32_t *lo, uint32_t *hi, size_t depth,
                      unsigned char c)
{
    if (depth == 0) {
        *lo = s->from[c];
        *hi = s->from[c + 1];
        return *lo < *hi;
    }
    *lo = first_from(s, *lo, *hi, depth, c);
    *hi = first_from(s, *lo, *hi, depth, c + 1u);
    return *lo < *hi;
}
