/* wordpiece.c - WordPiece: each word from the longest tokens that fit.
 *
 * Text is normalised as BERT does, words are cut at spaces, marks and Chinese characters. A word
 * that does not come out is the unknown token.
 * The file's tokens carry U+2581 where a word begins. Of a decomposition only the first
 * character is kept, as the reference does (so a Hangul syllable becomes its first consonant). */
#include "tok/room.h"

#include "tok/kinds.h"
#include "tok/spell.h"

static bool is_chinese(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) ||
           (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x2F800 && c <= 0x2FA1F);
}

/* Length of the longest token at the front of a word; 0: none. */
static size_t longest(const ond_tok *t, ond_str word, int32_t *id)
{
    size_t most = 1;
    if (word.n > 1) most = t->reach[(unsigned char)word.p[0] << 8 | (unsigned char)word.p[1]];
    if (most < 1) most = 1;
    if (most > word.n) most = word.n;
    for (size_t n = most; n; n--) {
        *id = ond__find_rare(t, word.p, n);
        if (*id >= 0) return n;
    }
    return 0;
}

/* The word's tokens; none where it does not come out. */
static int pieces(ond__enc *e, ond_str left)
{
    size_t first = e->out->n;
    while (left.n) {
        int32_t id;
        size_t n = longest(e->t, left, &id);
        if (!n) {
            e->out->n = first;
            break;
        }
        int rc = ond__put(e, id);
        if (rc) return rc;
        left.p += n;
        left.n -= n;
    }
    return e->out->n > first ? OND_OK : ond__put(e, e->t->role[OND_TOK_UNK]);
}

/* e->norm holds U+2581 and the word from `from` on. A word that is not to be remembered is taken
 * off again. */
static int put_word(ond__enc *e, size_t from)
{
    if (!ond_buf_ok(&e->norm)) return ond_nomem(e->err, "making tokens");
    size_t first = e->out->n;
    bool hit;
    e->base = e->norm.p;
    e->cacheable = true;
    ond_str word = {e->norm.p + from, e->norm.n - from};
    ond__cached *c = ond__cache_find(e, word, &hit);
    if (hit || !c) e->norm.n = from;   /* its bytes stay until the next word */
    if (hit) return ond__cache_put_ids(e, c);
    if (c) c->n = 0;
    int rc = pieces(e, word);
    if (!rc && c) ond__cache_fill(e, c, word, first);
    return rc;
}

static void add_character(ond__enc *e, uint32_t c, size_t from)
{
    char bytes[4];
    if (e->norm.n == from) ond_buf_put(&e->norm, "\xE2\x96\x81", 3);
    ond_buf_put(&e->norm, bytes, ond_utf8_write(c, bytes));
}

/* ASCII letters and digits at the front of text, added at once; their count. */
static size_t add_plain(ond__enc *e, ond_str text, size_t from)
{
    size_t n = 0;
    while (n < text.n && (unsigned char)text.p[n] < 128 &&
           (ond__ascii_kind[(unsigned char)text.p[n]] & (OND__L | OND__N)))
        n++;
    if (!n) return 0;
    if (e->norm.n == from) ond_buf_put(&e->norm, "\xE2\x96\x81", 3);
    size_t at = e->norm.n;
    ond_buf_put(&e->norm, text.p, n);
    if (!e->t->lowercase || !ond_buf_ok(&e->norm)) return n;
    for (size_t i = at; i < e->norm.n; i++)
        e->norm.p[i] = (char)ond__lower((unsigned char)e->norm.p[i]);
    return n;
}

int ond__encode_wordpiece(ond__enc *e, ond_str text)
{
    int rc = OND_OK;
    size_t from = e->norm.n;   /* where the word at hand begins */
    for (size_t at = 0; at < text.n && !rc;) {
        size_t plain = add_plain(e, (ond_str){text.p + at, text.n - at}, from);
        at += plain;
        if (plain) continue;
        uint32_t c;
        size_t len = ond__read(text.p + at, text.n - at, &c);
        at += len ? len : 1;
        if (!len || c == 0xFFFD) continue;
        if (e->t->strip_accents) c = ond__base(c);
        uint8_t kind = ond__kind(c);
        bool space = kind == OND__SPACE;
        bool mark = e->t->strip_accents && kind == OND__M;
        if (!space && (c == 0 || kind == OND__C || mark)) continue;
        bool alone = kind == OND__P || (c < 0x7F && kind == OND__S) || is_chinese(c);
        if ((space || alone) && e->norm.n > from) {
            rc = put_word(e, from);
            from = e->norm.n;
        }
        if (!space) add_character(e, e->t->lowercase ? ond__lower(c) : c, from);
        if (alone && !rc) {
            rc = put_word(e, from);
            from = e->norm.n;
        }
    }
    return !rc && e->norm.n > from ? put_word(e, from) : rc;
}
