/* wordpiece.c - WordPiece: text normalised as BERT does, words cut at spaces, marks and Chinese characters, each word from
 * the longest tokens that fit. A word that does not come out is the unknown token.
 *
 * The file's tokens carry U+2581 where a word begins. Of a decomposition only the first character is kept, as the
 * reference does (so a Hangul syllable becomes its first consonant). */
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
    if (most == UINT16_MAX || most > word.n) most = word.n;
    for (size_t n = most; n; n--) {
        *id = ond__find(t, word.p, n);
        if (*id >= 0) return n;
    }
    return 0;
}

/* e->word holds U+2581 and the word; it is empty after. */
static int put_word(ond__enc *e)
{
    size_t first = e->out->n;
    ond_str left = {e->word.p, e->word.n};
    if (!ond_buf_ok(&e->word)) return ond_nomem(e->err, "making tokens");
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
    ond_buf_clear(&e->word);
    return e->out->n > first ? OND_OK : ond__put(e, e->t->role[OND_TOK_UNK]);
}

static void add_character(ond__enc *e, uint32_t c)
{
    char bytes[4];
    if (!e->word.n) ond_buf_put(&e->word, "\xE2\x96\x81", 3);
    ond_buf_put(&e->word, bytes, ond__write(c, bytes));
}

int ond__encode_wordpiece(ond__enc *e, ond_str text)
{
    int rc = OND_OK;
    ond_buf_clear(&e->word);
    for (size_t at = 0; at < text.n && !rc;) {
        uint32_t c;
        size_t len = ond__read(text.p + at, text.n - at, &c);
        at += len ? len : 1;
        if (!len || c == 0xFFFD) continue;
        if (e->t->strip_accents) c = ond__base(c);
        uint8_t kind = ond__kind(c);
        if (kind == OND__SPACE) {
            if (e->word.n) rc = put_word(e);
            continue;
        }
        if (c == 0 || kind == OND__C || (e->t->strip_accents && kind == OND__M)) continue;
        bool alone = kind == OND__P || (c < 0x7F && kind == OND__S) || is_chinese(c);
        if (alone && e->word.n) rc = put_word(e);
        add_character(e, e->t->lowercase ? ond__lower(c) : c);
        if (alone && !rc) rc = put_word(e);
    }
    if (!rc && e->word.n) rc = put_word(e);
    return rc;
}
