/* decode.c - tokens to text: one piece, a whole text, a stream of whole characters. */
#include "tok/room.h"

#include "base/utf8.h"
#include "tok/spell.h"

#include <stdlib.h>

/* ---- one token ---- */

/* Spelled bytes back to bytes; a character that spells none stays as it is. */
static void put_spelled(ond_str s, ond_buf *out)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t c;
        size_t len = ond__read(s.p + at, s.n - at, &c);
        int byte = len ? ond__unspell(c) : -1;
        if (byte >= 0) ond_buf_putc(out, (char)byte);
        else ond_buf_put(out, s.p + at, len ? len : 1);
        at += len ? len : 1;
    }
}

static void put_unescaped(ond_str s, ond_buf *out)
{
    for (size_t at = 0; at < s.n;) {
        bool space = s.n - at >= 3 && memcmp(s.p + at, "\xE2\x96\x81", 3) == 0;
        ond_buf_putc(out, space ? ' ' : s.p[at]);
        at += space ? 3 : 1;
    }
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* <0x0A> */
static void put_byte(ond_str s, ond_buf *out)
{
    if (s.n < 5) return;
    int high = hex(s.p[3]), low = hex(s.p[4]);
    if (high >= 0) ond_buf_putc(out, (char)(low < 0 ? high : high << 4 | low));
}

void ond_tok_piece(const ond_tok *t, int id, bool special, ond_buf *out)
{
    if (id < 0 || (uint32_t)id >= t->text.n) return;
    uint8_t nature = t->nature[id];
    ond_str s = ond_tok_text(t, id);
    bool marker = nature & (OND__UNKNOWN | OND__CONTROL);
    if (marker && !special) return;
    if (marker || nature & OND__USER) ond_buf_str(out, s);
    else if (nature & OND__NORMAL && t->algo == OND__BPE && !t->escape_spaces) put_spelled(s, out);
    else if (nature & OND__NORMAL) put_unescaped(s, out);
    else if (nature & OND__BYTE) put_byte(s, out);
}

/* ---- a whole text ---- */

/* " ?" → "?", and so on. Works from b[from]. */
static void close_marks(ond_buf *b, size_t from)
{
    size_t n = from + 1;
    for (size_t i = from + 1; i < b->n; i++) {
        char c = b->p[i];
        if (b->p[i - 1] == ' ' && (c == '?' || c == '!' || c == '.' || c == ',')) n--;
        b->p[n++] = c;
    }
    b->n = n;
}

/* " ' " → "'" */
static void close_apostrophes(ond_buf *b, size_t from)
{
    size_t n = from + 1, end = b->n;
    for (size_t i = from + 1; i < end; i++) {
        char c = b->p[i];
        if (c == '\'' && i + 1 < end && b->p[i - 1] == ' ' && b->p[i + 1] == ' ') {
            n--;
            b->p[++i] = '\0';
        }
        b->p[n++] = c;
    }
    b->n = n;
}

/* " 's" → "'s"; also 'm 're 've. */
static void close_contractions(ond_buf *b, size_t from)
{
    size_t n = from + 1, end = b->n;
    for (size_t i = from + 1; i < end; i++) {
        char c = b->p[i];
        if (b->p[i - 1] == ' ' && c == '\'' && i + 1 < end) {
            char x = b->p[i + 1], y = i + 2 < end ? b->p[i + 2] : 0;
            if (x == 's' || x == 'm' || (x == 'r' && y == 'e') || (x == 'v' && y == 'e')) n--;
        }
        b->p[n++] = c;
    }
    b->n = n;
}

void ond_tok_decode(const ond_tok *t, const int32_t *ids, size_t n, bool special, ond_buf *out)
{
    size_t from = out->n;
    for (size_t i = 0; i < n; i++) {
        size_t at = out->n;
        ond_tok_piece(t, ids[i], special, out);
        if (i == 0 && t->add_space && out->n > at && out->p[at] == ' ') {
            memmove(out->p + at, out->p + at + 1, out->n - at);   /* with the NUL */
            out->n--;
        }
    }
    if (!t->clean_spaces || !ond_buf_ok(out) || out->n == from) return;
    close_marks(out, from);
    close_apostrophes(out, from);
    close_contractions(out, from);
    if (out->p) out->p[out->n] = '\0';
}

/* ---- a stream ---- */

/* Bytes that a character with this first byte has; 0: no character begins so (RFC 3629). */
static int wanted(unsigned char b)
{
    return b < 0x80 ? 1 : b < 0xC2 ? 0 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 0;
}

/* Whether a byte may stand second, third or fourth. */
static bool continues(const ond_tok_stream *s, unsigned char b)
{
    unsigned char first = (unsigned char)s->rest[0];
    if ((b & 0xC0) != 0x80) return false;
    if (s->n > 1) return true;
    return !((first == 0xE0 && b < 0xA0) || (first == 0xED && b > 0x9F) ||
             (first == 0xF0 && b < 0x90) || (first == 0xF4 && b > 0x8F));
}

static void give_up(ond_tok_stream *s, ond_buf *out)
{
    if (s->n) ond_buf_puts(out, "\xEF\xBF\xBD");
    s->n = 0;
}

static void stream_byte(ond_tok_stream *s, char c, ond_buf *out)
{
    if (s->n && !continues(s, (unsigned char)c)) give_up(s, out);
    s->rest[s->n++] = c;
    int want = wanted((unsigned char)s->rest[0]);
    if (want == 0) give_up(s, out);
    if (s->n != want) return;
    ond_buf_put(out, s->rest, (size_t)s->n);
    s->n = 0;
}

/* Whole characters go out as they are; only a token that begins or ends within one is taken byte
 * by byte. */
void ond_tok_stream_put(const ond_tok *t, ond_tok_stream *s, int id, bool special, ond_buf *out)
{
    size_t from = out->n;
    ond_tok_piece(t, id, special, out);
    if (!ond_buf_ok(out)) return;
    bool first = !s->began;
    s->began = true;
    if (out->n == from) return;
    if (first && t->add_space && out->p[from] == ' ') {
        memmove(out->p + from, out->p + from + 1, out->n - from);
        out->n--;
    }
    ond_str piece = {out->p + from, out->n - from};
    if (s->n == 0 && ond_utf8_valid(piece) == piece.n) return;
    char few[256], *copy = piece.n <= sizeof few ? few : ond_str_dup(piece);
    if (copy == few) memcpy(few, piece.p, piece.n);
    if (!copy) out->bad = true;
    out->p[out->n = from] = '\0';
    for (size_t i = 0; copy && i < piece.n; i++) stream_byte(s, copy[i], out);
    if (copy != few) free(copy);
}

void ond_tok_stream_end(ond_tok_stream *s, ond_buf *out) { give_up(s, out); }
