/* name.c - what a note's file may be called, and which note is meant. */
#include "hand/notes/internal.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { TITLE_MOST = 60, WORDS_MOST = 40, PART_BYTES = 180, NAMED = 5, COPIES = 10000 };

/* ---- names that are given ---- */

static int bad(const char *name, const char *why, ond_err *err)
{
    ond_buf shown = {0};
    ond__note_clip(ond_str_of(name), 80, &shown);
    int rc = ond_fail(err, OND_E_INPUT, "'%s' is no name of a note: %s", ond_buf_z(&shown), why);
    ond_buf_free(&shown);
    return rc;
}

int ond__note_name_check(const char *name, ond_err *err)
{
    ond_str s = ond_str_of(name);
    int depth = 0;
    if (s.n == 0) return bad(name, "it is empty", err);
    if (s.n > OND__NOTE_PATH) return bad(name, "it is too long", err);
    if (ond_utf8_valid(s) != s.n) return bad(name, "it is not UTF-8", err);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return bad(name, "it holds a control character", err);
    for (const char *part = name; part; depth++) {
        const char *slash = strchr(part, '/');
        size_t n = slash ? (size_t)(slash - part) : strlen(part);
        if (n == 0) return bad(name, "a part of it is empty", err);
        if (part[0] == '.') return bad(name, "a part of it begins with a dot", err);
        if (n > 240) return bad(name, "a part of it is too long", err);
        part = slash ? slash + 1 : NULL;
    }
    return depth > OND__NOTE_DEPTH + 1 ? bad(name, "it lies too deep", err) : OND_OK;
}

/* ---- names that are made ---- */

/* What file systems, other programs and eyes can bear in a name. */
static bool fit_for_name(uint32_t c)
{
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    if (c < 0x80 && strchr("/\\:*?\"<>|#^[]`", (int)c)) return false;
    return c != 0xFFFD && k != UTF8PROC_CATEGORY_CN && k < UTF8PROC_CATEGORY_ZL;
}

/* Words of `text` with single blanks, at most `most` characters, and whole words where that goes.
 */
static void put_safe(ond_str text, size_t most, ond_buf *out)
{
    size_t at = 0, chars = 0, word = 0;
    bool blank = false;
    while (at < text.n) {
        size_t from = at;
        uint32_t c = ond_utf8_next(text, &at);
        if (!fit_for_name(c) || c == ' ' ||
            utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ZS) {
            blank = true;
            continue;
        }
        if (out->n == 0 && (c == '.' || c == '-' || c == '~')) continue;
        if (chars + blank >= most || out->n + (at - from) + blank > PART_BYTES) {
            if (!blank && word > 0) out->n = word;
            break;
        }
        if (blank && out->n) {
            word = out->n;
            ond_buf_putc(out, ' ');
            chars++;
        }
        blank = false;
        ond_buf_put(out, text.p + from, at - from);
        chars++;
    }
    while (out->n && strchr(". ", out->p[out->n - 1])) out->n--;
    if (out->p) out->p[out->n] = '\0';
}

static int put_stem(const ond__notes *h, const char *title, const char *text, ond_buf *out,
                    ond_err *err)
{
    ond_buf plain = {0};
    ond_str rest = ond_str_of(text), line;
    int rc = ond_utf8_nfc(ond_str_of(title), &plain, err);
    if (rc == 0) put_safe((ond_str){ond_buf_z(&plain), plain.n}, TITLE_MOST, out);
    while (rc == 0 && out->n == 0 && ond__note_line(&rest, &line)) {
        ond_buf_clear(&plain);
        rc = ond_utf8_nfc(ond__note_plain(line), &plain, err);
        if (rc == 0) put_safe((ond_str){ond_buf_z(&plain), plain.n}, WORDS_MOST, out);
    }
    if (out->n == 0) ond_buf_puts(out, strncmp(h->lang, "ko", 2) == 0 ? "메모" : "note");
    ond_buf_free(&plain);
    return rc == 0 && !ond_buf_ok(out) ? ond_nomem(err, "naming a note") : rc;
}

/* Names that differ in case only are one file elsewhere, and a folder may have the name. */
static int is_taken(const ond__notes *h, const char *name, bool *taken, ond_err *err)
{
    ond_buf want = {0}, one = {0}, path = {0};
    struct stat st;
    int rc = 0;
    OND_TRY(ond__note_path(h, name, &path, err));
    *taken = lstat(path.p, &st) == 0;
    OND_TRY(ond__note_fold(ond_str_of(name), &want, err));
    for (size_t i = 0; i < h->n && !*taken; i++) {
        if (strchr(h->v[i].name, '/')) continue;
        ond_buf_clear(&one);
        OND_TRY(ond__note_fold(ond_str_of(h->v[i].name), &one, err));
        *taken = one.n == want.n && memcmp(one.p, want.p, one.n) == 0;
    }
out:
    ond_buf_free(&want);
    ond_buf_free(&one);
    ond_buf_free(&path);
    return rc;
}

int ond__note_name_new(ond__notes *h, const char *title, const char *text, ond_buf *out,
                       ond_err *err)
{
    ond_buf stem = {0};
    bool taken = true;
    int rc = 0;
    OND_TRY(ond__notes_scan(h, err));
    OND_TRY(put_stem(h, title, text, &stem, err));
    for (int i = 1; taken && i < COPIES; i++) {
        ond_buf_clear(out);
        ond_buf_str(out, (ond_str){stem.p, stem.n});
        if (i > 1) ond_buf_printf(out, "-%d", i);
        if (!ond_buf_ok(out)) OND_TRY(ond_nomem(err, "naming a note"));
        OND_TRY(is_taken(h, out->p, &taken, err));
    }
    if (taken)
        rc = ond_fail(err, OND_E_INPUT, "there are too many notes called '%s'", ond_buf_z(&stem));
out:
    ond_buf_free(&stem);
    return rc;
}

/* ---- which note is meant ---- */

/* Folded, without blanks and hyphens: "장보기 목록" and "장보기목록" are one name. */
static int put_key(ond_str text, ond_buf *out, ond_err *err)
{
    ond_buf folded = {0};
    int rc = ond__note_fold(text, &folded, err);
    for (size_t i = 0; rc == 0 && i < folded.n; i++)
        if (!strchr(" -_\t", folded.p[i])) ond_buf_putc(out, folded.p[i]);
    ond_buf_puts(out, "");
    ond_buf_free(&folded);
    return rc == 0 && !ond_buf_ok(out) ? ond_nomem(err, "looking for a note") : rc;
}

typedef enum fit { NO_FIT, INSIDE, BEGINS, EQUAL } fit;

static fit fit_of(ond_str key, ond_str said)
{
    const char *at = memmem(key.p, key.n, said.p, said.n);
    if (!at) return NO_FIT;
    return at != key.p ? INSIDE : key.n == said.n ? EQUAL : BEGINS;
}

/* The better of what name, last part of the name, and title give. */
static int fit_note(ond__note *n, ond_str said, fit *out, ond_err *err)
{
    const char *slash = strrchr(n->name, '/');
    const char *texts[] = {n->name, slash ? slash + 1 : n->name, n->title};
    ond_buf key = {0};
    int rc = 0;
    *out = NO_FIT;
    for (int i = 0; i < 3; i++) {
        ond_buf_clear(&key);
        OND_TRY(put_key(ond_str_of(texts[i]), &key, err));
        fit f = fit_of((ond_str){key.p, key.n}, said);
        if (f > *out) *out = f;
    }
out:
    ond_buf_free(&key);
    return rc;
}

static int none(const ond__notes *h, const char *said, ond_err *err)
{
    const char *near[3] = {0};
    int far[3] = {0}, most = 3 + (int)(ond_utf8_count(ond_str_of(said)) / 3);
    ond_buf b = {0}, shown = {0};
    if (most > 8) most = 8;
    for (size_t i = 0; i < h->n; i++) {
        int d = ond_utf8_distance(ond_str_of(said), ond_str_of(h->v[i].name), most);
        int t = ond_utf8_distance(ond_str_of(said), ond_str_of(h->v[i].title), most), at = 2;
        if (t < d) d = t;
        if (d > most || (near[2] && far[2] <= d)) continue;
        for (; at > 0 && (!near[at - 1] || far[at - 1] > d); at--) {
            near[at] = near[at - 1];
            far[at] = far[at - 1];
        }
        near[at] = h->v[i].name;
        far[at] = d;
    }
    for (int i = 0; i < 3 && near[i]; i++)
        ond_buf_printf(&b, "%s'%.100s'", i ? ", " : "; near it: ", near[i]);
    ond__note_clip(ond_str_of(said), 80, &shown);
    int rc =
        h->n ? ond_fail(err, OND_E_NOT_FOUND, "there is no note '%s'%s", ond_buf_z(&shown),
                        ond_buf_z(&b))
             : ond_fail(err, OND_E_NOT_FOUND, "there is no note '%s': there are no notes in %.200s",
                        ond_buf_z(&shown), h->dir);
    ond_buf_free(&b);
    ond_buf_free(&shown);
    return rc;
}

static int several(const ond__notes *h, const char *said, const size_t *which, size_t n,
                   ond_err *err)
{
    ond_buf b = {0}, shown = {0};
    for (size_t i = 0; i < n && i < NAMED; i++)
        ond_buf_printf(&b, "%s'%.70s'", i ? ", " : "", h->v[which[i]].name);
    if (n > NAMED) ond_buf_puts(&b, ", …");
    ond__note_clip(ond_str_of(said), 60, &shown);
    int rc = ond_fail(err, OND_E_AMBIGUOUS, "'%s' may be %zu notes: %s; say which one",
                      ond_buf_z(&shown), n, ond_buf_z(&b));
    ond_buf_free(&b);
    ond_buf_free(&shown);
    return rc;
}

static int search(ond__notes *h, const char *said, ond_str key, ond_buf *out, ond_err *err)
{
    size_t which[NAMED + 1], n = 0;
    fit best = INSIDE, f;
    for (size_t i = 0; i < h->n; i++) {
        int rc = ond__note_load(h, &h->v[i], err);
        if (rc == 0) rc = fit_note(&h->v[i], key, &f, err);
        if (rc != 0) return rc;
        if (f < best) continue;
        if (f > best) n = 0;
        best = f;
        if (n <= NAMED) which[n] = i;
        n++;
    }
    if (n == 0) return none(h, said, err);
    if (n > 1) return several(h, said, which, n, err);
    ond_buf_puts(out, h->v[which[0]].name);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "looking for a note");
}

/* Another program's name may be said with its ending. */
static void without_ending(const char *said, ond_buf *out)
{
    size_t n = strlen(said);
    if (n > 3 && strcmp(said + n - 3, ".md") == 0) n -= 3;
    ond_buf_put(out, said, n);
}

int ond__note_resolve(ond__notes *h, const char *said, ond_buf *out, ond_err *err)
{
    ond_buf name = {0}, key = {0}, path = {0};
    struct stat st;
    int rc = 0;
    without_ending(said, &name);
    if (!ond_buf_ok(&name)) OND_TRY(ond_nomem(err, "looking for a note"));
    if (ond__note_name_check(ond_buf_z(&name), NULL) == 0) {
        OND_TRY(ond__note_path(h, name.p, &path, err));
        if (lstat(path.p, &st) == 0 && S_ISREG(st.st_mode)) {
            ond_buf_str(out, (ond_str){name.p, name.n});
            if (!ond_buf_ok(out)) rc = ond_nomem(err, "looking for a note");
            goto out;
        }
    }
    if (ond_utf8_valid((ond_str){ond_buf_z(&name), name.n}) != name.n)
        OND_TRY(ond_fail(err, OND_E_INPUT, "the name of the note is not UTF-8"));
    OND_TRY(ond__notes_scan(h, err));
    OND_TRY(put_key(ond_str_trim((ond_str){ond_buf_z(&name), name.n}), &key, err));
    if (key.n == 0) OND_TRY(ond_fail(err, OND_E_INPUT, "say which note is meant"));
    OND_TRY(search(h, said, (ond_str){key.p, key.n}, out, err));
out:
    ond_buf_free(&name);
    ond_buf_free(&key);
    ond_buf_free(&path);
    return rc;
}
