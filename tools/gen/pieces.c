/* pieces.c - learns the pieces of a vocabulary from a little text: byte-pair encoding (Sennrich, Haddow and Birch 2016).
 *
 * Words are rows of base pieces (bytes, characters, or characters of which the first carries the mark of a word's beginning);
 * the pair that stands side by side most often becomes a piece, again and again. Large vocabularies need more pieces than a
 * page teaches: the rest is made up from pairs of known pieces, so that the list is complete, every merge has its parts, and
 * no text is twice in it. */
#include "gen.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct learner {
    ond_arena *a;
    pieces *out;
    int *symbol;        /* the text as pieces; -1 between words */
    int n_symbol;
    uint64_t *pair;     /* scratch: pairs side by side */
    int *slot;          /* open hash of texts */
    int n_slot;
} learner;

static int *look_up(learner *l, ond_str s)
{
    for (uint64_t h = ond_fnv(s.p, s.n);; h++) {
        int *slot = &l->slot[h % (uint64_t)l->n_slot];
        if (*slot < 0 || ond_str_eq(l->out->p[*slot].text, s)) return slot;
    }
}

/* The piece with this text, made when it is new; -1: out of memory or room. */
static int piece_of(learner *l, ond_str s, int left, int right)
{
    int *slot = look_up(l, s);
    if (*slot >= 0) return *slot;
    pieces *out = l->out;
    char *copy = out->n < out->cap ? ond_arena_dup(l->a, s) : NULL;
    if (!copy) return -1;
    out->p[out->n] = (piece){{copy, s.n}, left, right};
    return *slot = out->n++;
}

/* ---- base pieces ---- */

/* The character that stands for a byte in GPT-2's vocabularies: printable ones for themselves, the others from U+0100 on. */
static ond_str byte_char(int byte, char out[4])
{
    int code = byte, next = 256;
    for (int b = 0; b <= byte; b++) {
        bool own = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        code = own ? b : next++;
    }
    if (code < 128) out[0] = (char)code;
    else {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
    }
    return (ond_str){out, code < 128 ? 1 : 2};
}

static int char_length(unsigned char c) { return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4; }

/* Letters, digits, the rest: words end where the class changes. */
static int class_of(unsigned char c)
{
    if (c >= '0' && c <= '9') return 1;
    return c >= 0x80 || ((c | 32) >= 'a' && (c | 32) <= 'z') ? 0 : 2;
}

static void put_symbol(learner *l, ond_str s) { l->symbol[l->n_symbol++] = piece_of(l, s, -1, -1); }

/* One word, [p, p + n), after a space or not. */
static void put_word(learner *l, split_kind kind, const char *p, size_t n, bool spaced)
{
    char text[16];
    static const char mark[] = "\xE2\x96\x81"; /* ▁ */
    if (kind == SPLIT_BYTES) {
        if (spaced) put_symbol(l, byte_char(' ', text));
        for (size_t i = 0; i < n; i++) put_symbol(l, byte_char((unsigned char)p[i], text));
    } else {
        if (kind == SPLIT_CHARS && spaced) put_symbol(l, OND_S(mark));
        for (size_t i = 0; i < n;) {
            size_t len = (size_t)char_length((unsigned char)p[i]);
            bool first = kind == SPLIT_WORDPIECE && i == 0;
            int k = snprintf(text, sizeof text, "%s%.*s", first ? mark : "", (int)len, p + i);
            put_symbol(l, (ond_str){text, (size_t)k});
            i += len;
        }
    }
    l->symbol[l->n_symbol++] = -1;
}

static void put_text(learner *l, split_kind kind)
{
    char lower[8192];
    size_t n = strlen(sample_text);
    if (n >= sizeof lower) n = sizeof lower - 1;
    for (size_t i = 0; i < n; i++) {
        char c = sample_text[i];
        lower[i] = kind == SPLIT_WORDPIECE && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    for (size_t at = 0; at < n;) {
        bool spaced = at == 0 || lower[at - 1] == ' ';
        size_t end = at;
        while (end < n && lower[end] != ' ' &&
               class_of((unsigned char)lower[end]) == class_of((unsigned char)lower[at]))
            end++;
        if (end > at) put_word(l, kind, lower + at, end - at, spaced);
        at = end + (end < n && lower[end] == ' ');
    }
}

/* Every base piece that texts of this kind may need beside those that the sample has. */
static void put_base(learner *l, split_kind kind)
{
    char text[16];
    if (kind == SPLIT_BYTES)
        for (int b = 0; b < 256; b++) (void)piece_of(l, byte_char(b, text), -1, -1);
    else
        for (int c = 33; c < 127; c++) {
            if (kind == SPLIT_WORDPIECE && c >= 'A' && c <= 'Z') continue;
            for (int marked = 0; marked <= (kind == SPLIT_WORDPIECE); marked++) {
                int n = snprintf(text, sizeof text, "%s%c", marked ? "\xE2\x96\x81" : "", c);
                (void)piece_of(l, (ond_str){text, (size_t)n}, -1, -1);
            }
        }
}

/* ---- merges ---- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The most frequent pair, the smallest of equals; false when none is there twice. */
static bool best_pair(learner *l, int *left, int *right)
{
    size_t n = 0, best = 1;
    for (int i = 0; i + 1 < l->n_symbol; i++)
        if (l->symbol[i] >= 0 && l->symbol[i + 1] >= 0)
            l->pair[n++] = (uint64_t)l->symbol[i] << 32 | (uint64_t)l->symbol[i + 1];
    qsort(l->pair, n, sizeof *l->pair, by_value);
    for (size_t i = 0, run; i < n; i += run) {
        for (run = 1; i + run < n && l->pair[i + run] == l->pair[i];) run++;
        if (run <= best) continue;
        best = run;
        *left = (int)(l->pair[i] >> 32);
        *right = (int)(l->pair[i] & 0xFFFFFFFF);
    }
    return best > 1;
}

static ond_str joined(const pieces *p, int left, int right, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s%s", p->p[left].text.p, p->p[right].text.p);
    return (ond_str){out, (size_t)n};
}

static void replace(learner *l, int left, int right, int by)
{
    int to = 0;
    for (int i = 0; i < l->n_symbol; i++) {
        bool here = l->symbol[i] == left && i + 1 < l->n_symbol && l->symbol[i + 1] == right;
        l->symbol[to++] = here ? by : l->symbol[i];
        i += here;
    }
    l->n_symbol = to;
}

static void learn(learner *l, int want)
{
    int left, right;
    char text[512];
    while (l->out->n < want && best_pair(l, &left, &right)) {
        ond_str s = joined(l->out, left, right, text, sizeof text);
        int by = s.n < sizeof text ? piece_of(l, s, left, right) : -1;
        if (by < 0) return;
        replace(l, left, right, by);
    }
}

static bool only_letters(ond_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (class_of((unsigned char)s.p[i]) != 0 || (unsigned char)s.p[i] >= 0x80) return false;
    return s.n > 0;
}

/* Pairs of short pieces of letters, drawn by a small generator, until the list is full. */
static void make_up(learner *l, int want, uint64_t seed)
{
    char text[64];
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    while (l->out->n < want) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int left = (int)((state >> 33) % (uint64_t)l->out->n);
        state = state * 6364136223846793005u + 1442695040888963407u;
        int right = (int)((state >> 33) % (uint64_t)l->out->n);
        const piece *b = &l->out->p[right];
        if (l->out->p[left].text.n + b->text.n > 16 || !only_letters(b->text)) continue;
        if (!only_letters(l->out->p[left].text) && l->out->p[left].text.p[0] != '\xC4') continue;
        ond_str s = joined(l->out, left, right, text, sizeof text);
        if (*look_up(l, s) < 0 && piece_of(l, s, left, right) < 0) return;
    }
}

int pieces_learn(ond_arena *a, split_kind kind, int want, bool more, uint64_t seed, pieces *out,
                 ond_err *err)
{
    enum { BASE = 1024 };
    size_t n_text = strlen(sample_text) * 3 + 64;
    learner l = {.a = a, .out = out, .n_slot = 4 * (want + BASE) + 1};
    *out = (pieces){.cap = want > BASE ? want : BASE};
    out->p = calloc((size_t)out->cap, sizeof *out->p);
    l.symbol = calloc(n_text, sizeof *l.symbol);
    l.pair = calloc(n_text, sizeof *l.pair);
    l.slot = malloc((size_t)l.n_slot * sizeof *l.slot);
    int rc = OND_OK;
    if (out->p && l.symbol && l.pair && l.slot) {
        memset(l.slot, 0xFF, (size_t)l.n_slot * sizeof *l.slot);
        put_base(&l, kind);
        put_text(&l, kind);
        out->n_base = out->n;
        learn(&l, want);
        if (more) make_up(&l, want, seed);
    } else
        rc = ond_nomem(err, "learning a vocabulary");
    free(l.symbol);
    free(l.pair);
    free(l.slot);
    return rc;
}

void pieces_free(pieces *p) { free(p->p); }
