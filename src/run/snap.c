/* snap.c - a timeline with its cache as bytes: snapshots, and the files of prefix_dir.
 *
 *     magic[8] identity[32] n_tok u32, n_eval u32, exact u32, 0 u32, bytes of the cache u64
 *     tokens i32[n_tok] · a BLAKE2b-256 of each piece of 16 positions · a BLAKE2b-256 of all before
 *     pieces, each as ond_kv_save gives it
 *
 * Little-endian. The head is verified when it is read, a piece before it is loaded, so a short
 * prefix of a long file is cheap. */
#include "run/room.h"

#include "sys/map.h"
#include "sys/whole.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 16, HEAD = 64, SUM = OND_HASH_BYTES };
static const char magic[8] = "ONDKV\1\r\n";

static size_t n_pieces(int n_eval)
{
    return ((size_t)n_eval + PIECE - 1) / PIECE;
}
static size_t head_bytes(int n_tok, int n_eval)
{
    return HEAD + 4 * (size_t)n_tok + SUM * n_pieces(n_eval) + SUM;
}
static int piece_end(int i, int n_eval)
{
    return (i + 1) * PIECE < n_eval ? (i + 1) * PIECE : n_eval;
}

size_t ond__snap_bytes(const ond_kv *kv, int n_tok, int n_eval)
{
    return head_bytes(n_tok, n_eval) + ond_kv_bytes(kv, 0, n_eval);
}

/* ---- reading ---- */
static uint32_t u32_at(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static int head_check(const ond_engine *e, const ond_kv *kv, const unsigned char *p, size_t n,
                      ond_err *err)
{
    uint64_t bytes;
    if (n < HEAD || memcmp(p, magic, 8) != 0)
        return ond_fail(err, OND_E_INPUT, "these bytes are no snapshot of a session");
    uint32_t n_tok = u32_at(p + 40), n_eval = u32_at(p + 44), exact = u32_at(p + 48);
    memcpy(&bytes, p + 56, 8);
    if (n_tok > (1u << 24) || n_eval > n_tok || exact > n_eval ||
        n < head_bytes((int)n_tok, (int)n_eval))
        return ond_fail(err, OND_E_INPUT, "the snapshot is cut short or damaged");
    size_t head = head_bytes((int)n_tok, (int)n_eval);
    ond_hash sum;
    ond_hash_of(p, head - SUM, &sum);
    if (memcmp(sum.b, p + head - SUM, SUM) != 0)
        return ond_fail(err, OND_E_INPUT, "the snapshot does not verify: it is damaged");
    if (memcmp(p + 8, e->identity.b, SUM) != 0)
        return ond_fail(err, OND_E_INPUT,
                        "the snapshot was made with another model, adapter, context, kernel set or "
                        "type of cache");
    if (n_tok > (uint32_t)e->ctx || bytes != ond_kv_bytes(kv, 0, (int)n_eval) || n - head != bytes)
        return ond_fail(err, OND_E_INPUT, "the snapshot is cut short or damaged");
    for (uint32_t i = 0; i < n_tok; i++)
        if (u32_at(p + HEAD + 4 * i) >= (uint32_t)e->n_vocab)
            return ond_fail(err, OND_E_INPUT, "token %u of the snapshot is none of the model", i);
    return OND_OK;
}

int ond__snap_read(const ond_engine *e, const ond_kv *kv, const void *bytes, size_t n,
                   ond__snap *out, ond_err *err)
{
    const unsigned char *p = bytes;
    int rc = head_check(e, kv, p, n, err);
    if (rc != 0) return rc;
    out->n_tok = (int)u32_at(p + 40);
    out->n_eval = (int)u32_at(p + 44);
    out->exact = (int)u32_at(p + 48);
    out->tok = p + HEAD;
    out->sum = out->tok + 4 * (size_t)out->n_tok;
    out->data = p + head_bytes(out->n_tok, out->n_eval);
    return OND_OK;
}

/* ---- the pieces, shared among the team ---- */
typedef struct pieces {
    ond_kv *kv;
    const ond_kv *from;
    unsigned char *data, *sum;
    const unsigned char *known;
    int n, n_eval;
    atomic_bool damaged;
} pieces;

static size_t offset_of(const pieces *w, int i)
{
    return ond_kv_bytes(w->from, 0, i * PIECE);
}
static size_t bytes_of(const pieces *w, int i)
{
    return ond_kv_bytes(w->from, i * PIECE, piece_end(i, w->n_eval));
}

static void verify(void *self, ond_member *me)
{
    pieces *w = self;
    int begin, end;
    ond_hash sum;
    while (ond_member_take(me, w->n, 1, &begin, &end)) {
        ond_hash_of(w->data + offset_of(w, begin), bytes_of(w, begin), &sum);
        if (memcmp(sum.b, w->known + (size_t)begin * SUM, SUM) != 0)
            atomic_store(&w->damaged, true);
    }
}

static void load(void *self, ond_member *me)
{
    pieces *w = self;
    int begin, end;
    while (ond_member_take(me, w->n, 1, &begin, &end))
        ond_kv_load(w->kv, begin * PIECE, piece_end(begin, w->n_eval),
                    w->data + offset_of(w, begin));
}

static void save(void *self, ond_member *me)
{
    pieces *w = self;
    int begin, end;
    ond_hash sum;
    while (ond_member_take(me, w->n, 1, &begin, &end)) {
        unsigned char *to = w->data + offset_of(w, begin);
        ond_kv_save(w->from, begin * PIECE, piece_end(begin, w->n_eval), to);
        ond_hash_of(to, bytes_of(w, begin), &sum);
        memcpy(w->sum + (size_t)begin * SUM, sum.b, SUM);
    }
}

bool ond__snap_load(ond_engine *e, const ond__snap *s, ond_kv *kv, int n)
{
    union {
        const unsigned char *in;
        unsigned char *p;
    } data = {.in = s->data}; /* read only */
    pieces w = {.kv = kv,
                .from = kv,
                .data = data.p,
                .known = s->sum,
                .n = (int)n_pieces(n),
                .n_eval = s->n_eval};
    ond_team_run(e->team, verify, &w);
    if (atomic_load(&w.damaged)) return false;
    ond_team_run(e->team, load, &w);
    return true;
}

/* ---- writing ---- */
static void head_put(const ond_engine *e, const ond_kv *kv, const int32_t *tok, int n_tok,
                     int n_eval, int exact, unsigned char *out)
{
    const uint32_t v[4] = {(uint32_t)n_tok, (uint32_t)n_eval, (uint32_t)exact, 0};
    uint64_t bytes = ond_kv_bytes(kv, 0, n_eval);
    memcpy(out, magic, 8);
    memcpy(out + 8, e->identity.b, SUM);
    memcpy(out + 40, v, sizeof v);
    memcpy(out + 56, &bytes, 8);
    memcpy(out + HEAD, tok, 4 * (size_t)n_tok);
}

static void head_seal(int n_tok, int n_eval, unsigned char *out)
{
    size_t head = head_bytes(n_tok, n_eval);
    ond_hash sum;
    ond_hash_of(out, head - SUM, &sum);
    memcpy(out + head - SUM, sum.b, SUM);
}

void ond__snap_put(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n_tok, int n_eval,
                   int exact, unsigned char *out)
{
    head_put(e, kv, tok, n_tok, n_eval, exact, out);
    pieces w = {.from = kv,
                .data = out + head_bytes(n_tok, n_eval),
                .sum = out + HEAD + 4 * (size_t)n_tok,
                .n = (int)n_pieces(n_eval),
                .n_eval = n_eval};
    ond_team_run(e->team, save, &w);
    head_seal(n_tok, n_eval, out);
}

/* The pieces first, then the head with their sums before them. */
static int file_fill(int fd, const char *path, const ond_kv *kv, unsigned char *head, int n_tok,
                     int n_eval, unsigned char *piece, ond_err *err)
{
    size_t at = head_bytes(n_tok, n_eval);
    if (lseek(fd, (off_t)at, SEEK_SET) < 0) return ond_file_fail(err, errno, "write", path);
    for (int i = 0; i < (int)n_pieces(n_eval); i++) {
        int end = piece_end(i, n_eval);
        size_t n = ond_kv_bytes(kv, i * PIECE, end);
        ond_hash sum;
        ond_kv_save(kv, i * PIECE, end, piece);
        ond_hash_of(piece, n, &sum);
        memcpy(head + HEAD + 4 * (size_t)n_tok + (size_t)i * SUM, sum.b, SUM);
        if (ond_file_write_fd(fd, piece, n) != 0) return ond_file_fail(err, errno, "write", path);
    }
    head_seal(n_tok, n_eval, head);
    if (lseek(fd, 0, SEEK_SET) < 0 || ond_file_write_fd(fd, head, at) != 0)
        return ond_file_fail(err, errno, "write", path);
    return OND_OK;
}

int ond__snap_write(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n_tok, int n_eval,
                    int exact, const char *path, ond_err *err)
{
    unsigned char *head = calloc(1, head_bytes(n_tok, n_eval)),
                  *piece = malloc(ond_kv_bytes(kv, 0, PIECE) + 1);
    ond_whole w = {.fd = -1};
    int rc;
    if (!head || !piece) OND_TRY(ond_nomem(err, "writing a snapshot"));
    head_put(e, kv, tok, n_tok, n_eval, exact, head);
    OND_TRY(ond_whole_open(path, 0600, &w, err));
    OND_TRY(file_fill(w.fd, path, kv, head, n_tok, n_eval, piece, err));
    rc = ond_whole_commit(&w, err);
out:
    if (rc != 0) ond_whole_abort(&w);
    free(head);
    free(piece);
    return rc;
}

/* ---- snapshots of a session ---- */
int ond_session_save(ond_session *s, ond_text *out, ond_err *err)
{
    int rc = ond__identify(s->e, err);
    if (rc != 0) return rc;
    size_t n = ond__snap_bytes(s->kv, s->n, s->n_kv), before = out->n;
    char *p = before <= SIZE_MAX - n - 1 ? realloc(out->p, before + n + 1) : NULL;
    if (!p) return ond_nomem(err, "taking a snapshot");
    *out = (ond_text){.p = p, .n = before + n, .cap = before + n + 1};
    int exact = s->exact < s->n_kv ? s->exact : s->n_kv;
    ond__snap_put(s->e, s->kv, s->tok, s->n, s->n_kv, exact, (unsigned char *)p + before);
    p[before + n] = '\0';
    return OND_OK;
}

int ond_session_save_file(ond_session *s, const char *path, ond_err *err)
{
    int exact = s->exact < s->n_kv ? s->exact : s->n_kv;
    int rc = ond__identify(s->e, err);
    return rc == 0 ? ond__snap_write(s->e, s->kv, s->tok, s->n, s->n_kv, exact, path, err) : rc;
}

int ond_session_load(ond_session *s, const void *bytes, size_t n, ond_err *err)
{
    ond__snap snap;
    int rc = ond__identify(s->e, err);
    if (rc == 0) rc = ond__snap_read(s->e, s->kv, bytes, n, &snap, err);
    if (rc != 0) return rc;
    if (!ond__snap_load(s->e, &snap, s->kv, snap.n_eval))
        return ond_fail(err, OND_E_INPUT, "the snapshot does not verify: it is damaged");
    memcpy(s->tok, snap.tok, 4 * (size_t)snap.n_tok);
    s->n = snap.n_tok;
    s->n_kv = snap.n_eval;
    s->exact = snap.exact;
    s->n_ahead = 0;
    s->live = s->looked = false;
    return OND_OK;
}

int ond_session_load_file(ond_session *s, const char *path, ond_err *err)
{
    ond_map map;
    int rc = ond_map_open(path, &map, err);
    if (rc != 0) return rc;
    rc = ond_session_load(s, map.p, map.n, err);
    ond_map_close(&map);
    return rc == 0 ? OND_OK : ond_err_prefix(err, "%s", path);
}
