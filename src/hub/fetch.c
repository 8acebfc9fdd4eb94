/* fetch.c - one file in pieces over several connections, gone on with after a break, hashed before it gets its name.
 *
 * Beside the final name lie FINAL.ondol-part, the bytes at their places (the file is as long as it will be), and FINAL.ondol-done:
 * a first line that says which file and which piece size, then one line for each piece that is whole. A piece that was begun is
 * fetched anew; so at most PIECE bytes a connection come twice. A server that knows no ranges sends all in one piece.
 * Lines may be lost with the power and bytes may rot: the SHA-256 decides, and a wrong file is fetched once more from nothing. */
#include "sys/curl.h"
#include "hub/room.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PIECE = 16 << 20, CONNECTIONS = 4, MOST_CONNECTIONS = 16, TRIES = 5, TICK_MS = 100, LEDGER_BYTES = 8 << 20 };

typedef struct lane {          /* one connection and the piece it brings */
    CURL *curl;
    struct fetch *fetch;
    uint64_t piece;
    uint64_t begin, end, at;   /* bytes [begin, end); written up to at */
    int tries;
    enum { IDLE, BUSY, RESTING } state;
    uint64_t wake_us;          /* RESTING: when to try again (steady clock) */
    bool checked, whole_body, wrong;
} lane;

typedef struct fetch {
    const ond__endpoint *e;
    const ond__blob *b;
    const ond_hub_opts *o;
    ond_hub_progress *p;
    ond_buf part, done;        /* paths */
    int fd, ledger;
    uint64_t piece_bytes, pieces;
    unsigned char *has;        /* [pieces] 0 missing, 1 whole, 2 being brought */
    CURLM *multi;
    lane lane[MOST_CONNECTIONS];
    int lanes;
    bool ranges;               /* the server has shown that it knows ranges */
    int disk_errno;
} fetch;

/* ---- the ledger of whole pieces ---- */

static void ledger_head(const fetch *f, ond_buf *out)
{
    ond_buf_printf(out, "ondol 1 %llu %llu %s\n", (unsigned long long)f->b->bytes, (unsigned long long)f->piece_bytes,
                   f->b->sha256 ? f->b->sha256 : "-");
}

static void ledger_read(fetch *f)
{
    ond_buf text = {0}, head = {0};
    ledger_head(f, &head);
    bool ours = ond_file_read(ond_buf_z(&f->done), LEDGER_BYTES, &text, NULL) == OND_OK && text.n >= head.n &&
                memcmp(text.p, head.p, head.n) == 0;
    for (size_t at = head.n; ours && at < text.n;) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        if (!end) break;      /* a torn last line */
        unsigned long long k = strtoull(text.p + at, NULL, 10);
        if (k < f->pieces) f->has[k] = 1;
        at = (size_t)(end + 1 - text.p);
    }
    ond_buf_free(&text);
    ond_buf_free(&head);
}

/* Written anew from what is known, so that a torn line or another file's ledger is gone. */
static int ledger_begin(fetch *f, ond_err *err)
{
    ond_buf text = {0};
    const char *path = ond_buf_z(&f->done);
    ledger_head(f, &text);
    for (uint64_t k = 0; k < f->pieces; k++)
        if (f->has[k]) ond_buf_printf(&text, "%llu\n", (unsigned long long)k);
    int rc = ond_buf_ok(&text) ? ond_file_write(path, (ond_str){text.p, text.n}, 0644, err) : ond_nomem(err, "a download's ledger");
    ond_buf_free(&text);
    if (rc) return rc;
    f->ledger = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    return f->ledger >= 0 ? OND_OK : ond_file_fail(err, errno, "write", path);
}

static int ledger_add(fetch *f, uint64_t piece)
{
    char line[32];
    int n = snprintf(line, sizeof line, "%llu\n", (unsigned long long)piece);
    return ond_file_write_fd(f->ledger, line, (size_t)n);
}

/* ---- the file ---- */

static int enough_room(const fetch *f, ond_err *err)
{
    struct statvfs v;
    struct stat st;
    if (fstatvfs(f->fd, &v) != 0 || fstat(f->fd, &st) != 0) return OND_OK;
    uint64_t free_bytes = (uint64_t)v.f_bavail * v.f_frsize, there = (uint64_t)st.st_blocks * 512;
    uint64_t wanted = f->b->bytes > there ? f->b->bytes - there : 0;
    if (wanted <= free_bytes) return OND_OK;
    return ond_fail(err, OND_E_IO, "%s needs %.0f MB more, and its disk has %.0f MB left; make room or set HF_HUB_CACHE to another disk",
                    f->b->path, (double)wanted / 1e6, (double)free_bytes / 1e6);
}

static int files_open(fetch *f, ond_err *err)
{
    const char *path = ond_buf_z(&f->part);
    f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (f->fd < 0) return ond_file_fail(err, errno, "write", path);
    struct stat st;
    if (fstat(f->fd, &st) == 0 && (uint64_t)st.st_size == f->b->bytes) ledger_read(f);
    int rc = enough_room(f, err);
    if (rc) return rc;
    if (ftruncate(f->fd, (off_t)f->b->bytes) != 0) return ond_file_fail(err, errno, "write", path);
    return ledger_begin(f, err);
}

static uint64_t bytes_done(const fetch *f)
{
    uint64_t sum = 0;
    for (uint64_t k = 0; k < f->pieces; k++)
        if (f->has[k] == 1) sum += k + 1 < f->pieces ? f->piece_bytes : f->b->bytes - k * f->piece_bytes;
    for (int i = 0; i < f->lanes; i++)
        if (f->lane[i].state == BUSY) sum += f->lane[i].at - f->lane[i].begin;
    return sum;
}

static bool tell(fetch *f)
{
    f->p->done = bytes_done(f);
    f->p->total = f->b->bytes;
    return !f->o->progress || f->o->progress(f->o->self, f->p) == 0;
}

/* ---- a piece ---- */

static size_t on_bytes(char *bytes, size_t size, size_t n, void *self)
{
    lane *l = self;
    fetch *f = l->fetch;
    size_t total = size * n;
    if (!l->checked) {
        long status = 0;
        ond_curl.easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &status);
        l->checked = true;
        if (status == 200) {      /* no ranges here: the body is the whole file */
            l->whole_body = true;
            l->begin = l->at = 0;
            l->end = f->b->bytes;
        } else if (status == 206) {
            f->ranges = true;
        } else {
            l->wrong = true;      /* an error's page */
        }
    }
    if (l->wrong) return total;
    if (total > l->end - l->at) return 0;
    for (size_t put = 0; put < total;) {
        ssize_t w = pwrite(f->fd, bytes + put, total - put, (off_t)(l->at + put));
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) {
            f->disk_errno = errno;
            return 0;
        }
        put += (size_t)w;
    }
    l->at += total;
    return total;
}

/* "Content-Range: bytes 0-99/1000": a file of another size than we were told is not ours. */
static size_t on_header(char *line, size_t size, size_t n, void *self)
{
    lane *l = self;
    ond_str s = ond_str_trim((ond_str){line, size * n});
    static const char name[] = "content-range:";
    if (s.n > sizeof name && strncasecmp(s.p, name, sizeof name - 1) == 0) {
        const char *slash = memchr(s.p, '/', s.n);
        if (slash && slash[1] != '*' && strtoull(slash + 1, NULL, 10) != l->fetch->b->bytes) return 0;
    }
    return size * n;
}

static void lane_begin(fetch *f, lane *l)
{
    char range[64];
    l->begin = l->at = l->piece * f->piece_bytes;
    l->end = l->begin + f->piece_bytes < f->b->bytes ? l->begin + f->piece_bytes : f->b->bytes;
    l->state = BUSY;
    l->checked = l->whole_body = l->wrong = false;
    snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)l->begin, (unsigned long long)(l->end - 1));
    ond__request_setup(l->curl, f->e, f->b->url);
    ond_curl.easy_setopt(l->curl, CURLOPT_RANGE, range);
    ond_curl.easy_setopt(l->curl, CURLOPT_WRITEFUNCTION, on_bytes);
    ond_curl.easy_setopt(l->curl, CURLOPT_WRITEDATA, l);
    ond_curl.easy_setopt(l->curl, CURLOPT_HEADERFUNCTION, on_header);
    ond_curl.easy_setopt(l->curl, CURLOPT_HEADERDATA, l);
    ond_curl.easy_setopt(l->curl, CURLOPT_PRIVATE, l);
    ond_curl.multi_add_handle(f->multi, l->curl);
}

/* Gives idle lanes the next missing pieces; all but the first wait until ranges are known to work. Returns how many
 * lanes are at work or resting. */
static int hand_out(fetch *f)
{
    int active = 0;
    uint64_t k = 0;
    for (int i = 0; i < f->lanes; i++) {
        lane *l = &f->lane[i];
        if (l->state == IDLE && (active == 0 || f->ranges)) {
            while (k < f->pieces && f->has[k]) k++;
            if (k < f->pieces) {
                l->piece = k;
                l->tries = 0;
                f->has[k] = 2;
                lane_begin(f, l);
            }
        } else if (l->state == RESTING && ond_steady_us() >= l->wake_us) {
            lane_begin(f, l);
        }
        if (l->state != IDLE) active++;
    }
    return active;
}

static int piece_done(fetch *f, lane *l, ond_err *err)
{
    uint64_t from = l->whole_body ? 0 : l->piece, to = l->whole_body ? f->pieces : l->piece + 1;
    for (uint64_t k = from; k < to; k++) {
        f->has[k] = 1;
        if (ledger_add(f, k)) return ond_file_fail(err, errno, "write", ond_buf_z(&f->done));
    }
    return OND_OK;
}

/* What a finished transfer means: a whole piece, another try, or the end. */
static int transfer_ended(fetch *f, lane *l, CURLcode code, ond_err *err)
{
    long status = 0;
    curl_off_t after = 0;
    ond_curl.easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &status);
    ond_curl.easy_getinfo(l->curl, CURLINFO_RETRY_AFTER, &after);
    ond_curl.multi_remove_handle(f->multi, l->curl);
    l->state = IDLE;
    bool good_status = status == 206 || status == 200;
    if (f->disk_errno) return ond_file_fail(err, f->disk_errno, "write", ond_buf_z(&f->part));
    if (code == CURLE_OK && good_status && l->at == l->end) return piece_done(f, l, err);
    if (code == CURLE_WRITE_ERROR)
        return ond_fail(err, OND_E_INPUT, "%s: the server sends a file of another size than the hub says (%llu bytes); pull again later",
                        f->p->file, (unsigned long long)f->b->bytes);
    bool short_body = code == CURLE_OK && good_status;
    if (++l->tries < (f->o->tries ? f->o->tries : TRIES) && (short_body || ond__worth_retrying((int)code, code == CURLE_OK ? status : 0))) {
        l->state = RESTING;
        l->wake_us = ond_steady_us() + 1000 * (uint64_t)ond__backoff_ms(l->tries, (long)after);
        return OND_OK;
    }
    if (code == CURLE_OK && !good_status) return ond__status_fail(status, f->p->file, f->e, err);
    return ond_fail(err, OND_E_UNAVAILABLE, "%s: %s, %d times; pull again to go on, what came is kept", f->p->file,
                    short_body ? "the server ended too early" : ond_curl.easy_strerror(code), l->tries);
}

static int bring(fetch *f, ond_err *err)
{
    for (;;) {
        if (!tell(f)) return ond_fail(err, OND_E_INTERRUPTED, "stopped; pull again to go on, what came is kept");
        if (hand_out(f) == 0) return OND_OK;
        int running = 0, left = 0;
        ond_curl.multi_perform(f->multi, &running);
        for (CURLMsg *m; (m = ond_curl.multi_info_read(f->multi, &left)) != NULL;) {
            if (m->msg != CURLMSG_DONE) continue;
            lane *l = NULL;
            CURLcode code = m->data.result;
            ond_curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&l);
            int rc = transfer_ended(f, l, code, err);
            if (rc) return rc;
        }
        ond_curl.multi_poll(f->multi, NULL, 0, TICK_MS, NULL);
    }
}

/* ---- the hash ---- */

static int hash_is_right(fetch *f, bool *right, ond_err *err)
{
    enum { STEP = 1 << 20 };
    crypto_hash_sha256_state h;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[crypto_hash_sha256_BYTES * 2 + 1];
    *right = true;
    if (!f->b->sha256) return OND_OK;
    unsigned char *buf = malloc(STEP);
    if (!buf) return ond_nomem(err, "checking a download");
    int rc = OND_OK;
    f->p->checking = true;
    crypto_hash_sha256_init(&h);
    for (uint64_t at = 0; at < f->b->bytes && rc == OND_OK;) {
        ssize_t n = pread(f->fd, buf, STEP, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            rc = ond_file_fail(err, n < 0 ? errno : EIO, "read", ond_buf_z(&f->part));
            break;
        }
        crypto_hash_sha256_update(&h, buf, (unsigned long long)n);
        at += (uint64_t)n;
        f->p->done = at;
        if (f->o->progress && at % (16u << 20) == 0 && f->o->progress(f->o->self, f->p))
            rc = ond_fail(err, OND_E_INTERRUPTED, "stopped; pull again to go on, what came is kept");
    }
    free(buf);
    f->p->checking = false;
    if (rc) return rc;
    crypto_hash_sha256_final(&h, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    *right = strcasecmp(hex, f->b->sha256) == 0;
    return OND_OK;
}

/* ---- all of it ---- */

static int give_name(fetch *f, ond_err *err)
{
    const char *from = ond_buf_z(&f->part), *to = f->b->path;
    if (fsync(f->fd) != 0) return ond_file_fail(err, errno, "write", from);
    if (rename(from, to) != 0) return ond_file_fail(err, errno, "give the final name to", from);
    (void)unlink(ond_buf_z(&f->done));
    ond_buf folder = {0};
    ond_buf_put(&folder, to, (size_t)(strrchr(to, '/') - to));
    int rc = ond_dir_sync(ond_buf_z(&folder), err);
    ond_buf_free(&folder);
    return rc;
}

static int lanes_open(fetch *f, ond_err *err)
{
    int n = f->o->connections ? f->o->connections : CONNECTIONS;
    n = n < 1 ? 1 : n > MOST_CONNECTIONS ? MOST_CONNECTIONS : n;
    f->multi = ond_curl.multi_init();
    if (!f->multi) return ond_nomem(err, "a download");
    for (f->lanes = 0; f->lanes < n; f->lanes++) {
        lane *l = &f->lane[f->lanes];
        *l = (lane){.curl = ond_curl.easy_init(), .fetch = f};
        if (!l->curl) return ond_nomem(err, "a download");
    }
    return OND_OK;
}

static void fetch_close(fetch *f)
{
    for (int i = 0; i < f->lanes; i++) {
        if (f->lane[i].state == BUSY) ond_curl.multi_remove_handle(f->multi, f->lane[i].curl);
        ond_curl.easy_cleanup(f->lane[i].curl);
    }
    if (f->multi) ond_curl.multi_cleanup(f->multi);
    if (f->fd >= 0) close(f->fd);
    if (f->ledger >= 0) close(f->ledger);
    free(f->has);
    ond_buf_free(&f->part);
    ond_buf_free(&f->done);
}

static int once(fetch *f, bool *right, ond_err *err)
{
    int rc = OND_OK;
    ond_buf_printf(&f->part, "%s.ondol-part", f->b->path);
    ond_buf_printf(&f->done, "%s.ondol-done", f->b->path);
    f->piece_bytes = PIECE;
    f->pieces = (f->b->bytes + PIECE - 1) / PIECE;
    f->has = calloc(f->pieces ? f->pieces : 1, 1);
    if (!f->has || !ond_buf_ok(&f->part) || !ond_buf_ok(&f->done)) return ond_nomem(err, "a download");
    OND_TRY(files_open(f, err));
    OND_TRY(lanes_open(f, err));
    OND_TRY(bring(f, err));
    OND_TRY(hash_is_right(f, right, err));
    if (*right) OND_TRY(give_name(f, err));
    else if (unlink(ond_buf_z(&f->part)) != 0 || unlink(ond_buf_z(&f->done)) != 0) rc = ond_file_fail(err, errno, "remove", ond_buf_z(&f->part));
out:
    return rc;
}

int ond__fetch(const ond__endpoint *e, const ond__blob *b, const ond_hub_opts *o, ond_hub_progress *p, ond_err *err)
{
    ond_buf lock_path = {0};
    ond_lock lock;
    ond_buf_printf(&lock_path, "%s.ondol-lock", b->path);
    if (!ond_buf_ok(&lock_path)) return ond_nomem(err, "a download");
    int rc = ond_lock_take(ond_buf_z(&lock_path), &lock, err);
    ond_buf_free(&lock_path);
    if (rc == OND_E_BUSY) return ond_err_prefix(err, "%s is being pulled already", p->file);
    if (rc) return rc;
    bool right = ond_file_exists(b->path);      /* another process was quicker */
    for (int round = 0; !right && rc == OND_OK && round < 2; round++) {
        fetch f = {.e = e, .b = b, .o = o, .p = p, .fd = -1, .ledger = -1};
        rc = once(&f, &right, err);
        fetch_close(&f);
    }
    ond_lock_drop(&lock);
    if (rc == OND_OK && !right)
        return ond_fail(err, OND_E_INPUT, "%s came twice with a wrong SHA-256 (wanted %s); nothing is kept of it: pull again later", p->file, b->sha256);
    return rc;
}
