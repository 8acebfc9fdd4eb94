/* packfile.c - packed weights kept in a folder, so that the next start maps them.
 *
 * A file is named by what it must fit: the tensors' names, types, shapes and places, samples of
 * their bytes, the packed layout, and a fingerprint of the packing itself (a small matrix of each
 * type is packed and hashed, so that a changed panel makes a new name). Its head holds the identity
 * of the model's files (device, inode, size, time) and the hash of all their bytes: where the
 * identity is the same nothing is read; where it is not, the hash decides. Then per item where it
 * begins and a hash of three samples of it (checked where the block is mapped), a sum of each piece
 * of 256 KiB (checked where it is read), and at the end a hash of the head. A file that does not
 * hold together is one that is not there.
 *
 * The identity alone is ever written anew in place. So the hash of the head leaves it out, and each
 * row of it has a sum: who is killed while writing it leaves a row that is nobody's, and the hash
 * of the model decides once more.
 *
 * 1. Bytes appear under the final name only when they are all on the disk (sys/whole.h). What a
 * killed process left goes at the next start.
 * 2. Files of other models are removed only to keep to the bound, those first that were not used
 * for the longest time.
 *
 * Head, little-endian u64 unless said: magic[8], bytes of the head with its hash, begin of data,
 * bytes of data, n_part, n_item, name hash[32], model hash[32]; n_part × (dev, ino, size,
 * mtime_ns, sum); n_item × (at, bytes, samples); a sum of each piece; BLAKE2b[32] of all this but
 * the rows of the parts. */
#include "model/room.h"

#include "sys/file.h"
#include "sys/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX ".panels"
static const char magic[8] = "ondpack2";

enum { PAGE = 4096, SAMPLE = 1024, PIECE = OND__PIECE, FIXED = 8 + 5 * 8 + 64, ROW = 5 * 8 };

/* ---- what a name stands for ---- */
static void put_u64(ond_buf *b, uint64_t v)
{
    unsigned char le[8];
    for (int i = 0; i < 8; i++) le[i] = (unsigned char)(v >> (8 * i));
    ond_buf_put(b, le, 8);
}

static uint64_t get_u64(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) v = v << 8 | p[i];
    return v;
}

/* A panel of pseudo-random bytes, of each type that the model packs. */
static void put_fingerprint(const ond_model *m, ond_buf *b)
{
    bool seen[64] = {false};
    for (int i = 0; i < m->n_item; i++) {
        ond_type t = m->item[i].mat->w.type;
        if (m->item[i].bytes == 0 || (unsigned)t >= 64 || seen[t]) continue;
        seen[t] = true;
        enum { COLS = 256 };
        unsigned char plain[OND_PANEL_ROWS * COLS * 4], *panel;
        size_t row = ond_type_row_bytes(t, COLS), n = ond_pack_panel_bytes(t, COLS);
        uint32_t x = 12345;
        for (size_t c = 0; c < row * OND_PANEL_ROWS; c++)
            plain[c] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24) & 0x3b;
        put_u64(b, t);
        panel = n ? aligned_alloc(64, n) : NULL;
        if (!panel) continue;
        memset(panel, 0, n);
        ond_pack_panels(t, plain, OND_PANEL_ROWS, COLS, 0, 1, panel, 0);
        ond_hash h;
        ond_hash_of(panel, n, &h);
        ond_buf_put(b, h.b, sizeof h.b);
        free(panel);
    }
}

static void put_tensor(ond_buf *b, const ond_gguf_tensor *t)
{
    ond_buf_str(b, t->name);
    put_u64(b, t->type);
    put_u64(b, t->offset);
    for (int d = 0; d < OND_GGUF_DIMS; d++) put_u64(b, t->dim[d]);
}

/* Fine-tunes of one model differ in their bytes alone. */
static void put_samples(ond_buf *b, const ond_gguf *g)
{
    size_t n = ond_gguf_n_tensors(g);
    for (size_t i = 0; i < 16 && n > 0; i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i * (n - 1) / 15);
        size_t many = t->bytes < 64 ? t->bytes : 64;
        ond_buf_put(b, t->p + (t->bytes - many) / 2, many);
    }
}

int ond__packfile_name(const ond_model *m, const char *dir, ond__packfile *out, ond_err *err)
{
    ond_buf b = {0}, path = {0};
    put_fingerprint(m, &b);
    for (size_t i = 0; i < ond_gguf_n_tensors(m->gguf); i++)
        put_tensor(&b, ond_gguf_tensor_at(m->gguf, i));
    put_samples(&b, m->gguf);
    for (int i = 0; i < m->n_item; i++) {
        put_u64(&b, m->item[i].at);
        put_u64(&b, m->item[i].bytes);
    }
    char hex[OND_HASH_HEX];
    *out = (ond__packfile){0};
    ond_hash_of(b.p, b.n, &out->name);
    ond_hash_hex(&out->name, hex);
    ond_buf_printf(&path, "%s/%.32s" SUFFIX, dir, hex);
    bool ok = ond_buf_ok(&b) && ond_buf_ok(&path);
    ond_buf_free(&b);
    out->path = ond_buf_take(&path);
    return ok && out->path ? OND_OK : ond_nomem(err, "naming a packed file");
}

void ond__packfile_free(ond__packfile *f)
{
    free(f->path);
    f->path = NULL;
}

/* ---- heads ---- */
/* Of its first, middle and last panel. */
static void hash_item(const ond__item *it, const unsigned char *block, ond_hash *out)
{
    unsigned char three[3 * SAMPLE];
    const ond_weight *w = &it->mat->w;
    size_t panel = ond__item_panel(it), n = panel < SAMPLE ? panel : SAMPLE,
           last = (size_t)ond_panels(w) * (size_t)it->n - 1;
    const unsigned char *p = block + it->at;
    memcpy(three, p, n);
    memcpy(three + n, p + last / 2 * w->stride, n);
    memcpy(three + 2 * n, p + last * w->stride + panel - n, n);
    ond_hash_of(three, 3 * n, out);
}

static uint64_t word_at(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

/* Four lanes, each step of which is one to one in its word: finds damage at memory speed, and is no
 * defence against an enemy who can write to the folder (he could write whole weights). */
uint64_t ond__packfile_sum(const unsigned char *p, size_t n)
{
    const uint64_t k = 0x9e3779b97f4a7c15u;
    uint64_t a = 1, b = 2, c = 3, d = 4, sum = n;
    size_t at = 0;
    for (; at + 32 <= n; at += 32) {
        a = (a ^ word_at(p + at)) * k;
        b = (b ^ word_at(p + at + 8)) * k;
        c = (c ^ word_at(p + at + 16)) * k;
        d = (d ^ word_at(p + at + 24)) * k;
    }
    for (; at < n; at++) sum = (sum ^ p[at]) * k;
    const uint64_t lane[4] = {a, b, c, d};
    for (int i = 0; i < 4; i++) sum = ((sum ^ lane[i]) * 0xd6e8feb86659fd93u) ^ (sum >> 31);
    return sum;
}

static size_t pieces_of(const ond_model *m)
{
    return (m->packed_bytes + PIECE - 1) / PIECE;
}

static size_t identity_bytes(const ond_model *m)
{
    return (size_t)ond_gguf_parts(m->gguf) * ROW;
}

static size_t head_bytes(const ond_model *m)
{
    return FIXED + identity_bytes(m) + (size_t)m->n_item * 24 + pieces_of(m) * 8 + 32;
}

uint64_t ond__packfile_piece(const ond_model *m, const ond_map *map, size_t piece)
{
    return get_u64(map->p + head_bytes(m) - 32 - (pieces_of(m) - piece) * 8);
}

static void put_identity(const ond_model *m, ond_buf *b)
{
    for (int i = 0; i < ond_gguf_parts(m->gguf); i++) {
        const ond_map *map = ond_gguf_map(m->gguf, i);
        size_t at = b->n;
        put_u64(b, map->dev);
        put_u64(b, map->ino);
        put_u64(b, map->size);
        put_u64(b, map->mtime_ns);
        if (ond_buf_ok(b)) put_u64(b, ond__packfile_sum((unsigned char *)b->p + at, ROW - 8));
    }
}

/* Of a head that holds n bytes before its hash. */
static bool head_hash(const ond_model *m, const unsigned char *p, size_t n, ond_hash *out)
{
    ond_buf b = {0};
    size_t rest = FIXED + identity_bytes(m);
    ond_buf_put(&b, p, FIXED);
    ond_buf_put(&b, p + rest, n - rest);
    bool ok = ond_buf_ok(&b);
    if (ok) ond_hash_of(b.p, b.n, out);
    ond_buf_free(&b);
    return ok;
}

/* The whole head for this model and this block. */
static void put_head(const ond_model *m, const ond__packfile *f, const unsigned char *block,
                     ond_buf *b)
{
    size_t n_part = (size_t)ond_gguf_parts(m->gguf), n_item = (size_t)m->n_item, n = head_bytes(m);
    ond_buf_put(b, magic, 8);
    put_u64(b, n);
    put_u64(b, (n + PAGE - 1) / PAGE * PAGE);
    put_u64(b, m->packed_bytes);
    put_u64(b, n_part);
    put_u64(b, n_item);
    ond_buf_put(b, f->name.b, 32);
    ond_buf_put(b, f->hash.b, 32);
    put_identity(m, b);
    for (size_t i = 0; i < n_item; i++) {
        ond_hash h = {{0}};
        put_u64(b, m->item[i].at);
        put_u64(b, m->item[i].bytes);
        if (m->item[i].bytes) hash_item(&m->item[i], block, &h);
        ond_buf_put(b, h.b, 8);
    }
    for (size_t at = 0; at < m->packed_bytes; at += PIECE)
        put_u64(b, ond__packfile_sum(block + at,
                                     m->packed_bytes - at < PIECE ? m->packed_bytes - at : PIECE));
    ond_hash sum = {{0}};
    if (!ond_buf_ok(b) || !head_hash(m, (unsigned char *)b->p, b->n, &sum)) return;
    ond_buf_put(b, sum.b, 32);
}

static int unfit(ond_err *err, const char *path, const char *why)
{
    return ond_fail(err, OND_E_NOT_FOUND, "%s: %s", path, why);
}

/* Sizes and hash of the head, and that it is about this model's layout. */
static int check_head(const ond_model *m, const ond__packfile *f, const ond_map *map, size_t *at,
                      ond_err *err)
{
    const unsigned char *p = map->p;
    if (map->n < FIXED || memcmp(p, magic, 8) != 0) return unfit(err, f->path, "not a packed file");
    uint64_t n = get_u64(p + 8), data = get_u64(p + 16), bytes = get_u64(p + 24),
             n_part = get_u64(p + 32), n_item = get_u64(p + 40);
    if (n_part != (uint64_t)ond_gguf_parts(m->gguf) || n_item != (uint64_t)m->n_item ||
        n != head_bytes(m) || bytes != m->packed_bytes || data != (n + PAGE - 1) / PAGE * PAGE ||
        map->n != data + bytes)
        return unfit(err, f->path, "its sizes are not those of the model");
    ond_hash sum;
    if (!head_hash(m, p, (size_t)n - 32, &sum)) return ond_nomem(err, "reading a packed file");
    if (memcmp(sum.b, p + n - 32, 32) != 0) return unfit(err, f->path, "its head is damaged");
    if (memcmp(p + 48, f->name.b, 32) != 0) return unfit(err, f->path, "it is another model's");
    *at = (size_t)data;
    return OND_OK;
}

/* Where items lie; sampled: and that some of their bytes are theirs. */
static int check_items(const ond_model *m, const ond__packfile *f, bool sampled, const ond_map *map,
                       size_t at, ond_err *err)
{
    const unsigned char *row = map->p + FIXED + identity_bytes(m);
    for (int i = 0; i < m->n_item; i++, row += 24) {
        ond_hash h = {{0}};
        if (get_u64(row) != m->item[i].at || get_u64(row + 8) != m->item[i].bytes)
            return unfit(err, f->path, "an item lies elsewhere");
        if (!sampled) continue;
        if (m->item[i].bytes) hash_item(&m->item[i], map->p + at, &h);
        if (memcmp(h.b, row + 16, 8) != 0) return unfit(err, f->path, "an item is damaged");
    }
    return OND_OK;
}

static bool same_identity(const ond_model *m, const ond_map *map)
{
    const unsigned char *row = map->p + FIXED;
    for (int i = 0; i < ond_gguf_parts(m->gguf); i++, row += ROW) {
        const ond_map *part = ond_gguf_map(m->gguf, i);
        if (part->ino == 0 || get_u64(row + 32) != ond__packfile_sum(row, ROW - 8) ||
            get_u64(row) != part->dev || get_u64(row + 8) != part->ino ||
            get_u64(row + 16) != part->size || get_u64(row + 24) != part->mtime_ns)
            return false;
    }
    return true;
}

/* Reads the whole model; its pages are let go again. */
static int hash_model(const ond_model *m, ond__packfile *f, ond_err *err)
{
    if (f->hashed) return OND_OK;
    int rc = ond_gguf_hash(m->gguf, f->hash.b, err);
    f->hashed = rc == 0;
    for (int i = 0; i < ond_gguf_parts(m->gguf); i++)
        ond__drop_pages(m, i, 0, ond_gguf_map(m->gguf, i)->n);
    return rc;
}

/* The model was moved, copied or touched: its bytes decide; then the new identity is noted. */
static int check_moved(const ond_model *m, ond__packfile *f, const ond_map *map, ond_err *err)
{
    int rc = hash_model(m, f, err);
    if (rc != 0) return rc;
    if (memcmp(map->p + 80, f->hash.b, 32) != 0)
        return unfit(err, f->path, "the model's bytes are not those that were packed");
    ond_buf b = {0};
    put_identity(m, &b);
    int fd = ond_buf_ok(&b) ? open(f->path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0) { /* at worst the next start reads the model once more */
        (void)!pwrite(fd, b.p, b.n, FIXED);
        close(fd);
    }
    ond_buf_free(&b);
    return OND_OK;
}

int ond__packfile_find(const ond_model *m, ond__packfile *f, bool sampled, ond_map *out, size_t *at,
                       ond_err *err)
{
    int rc = ond_map_open(f->path, out, err);
    if (rc != 0) return unfit(err, f->path, "there is none");
    rc = check_head(m, f, out, at, err);
    if (rc == 0) rc = check_items(m, f, sampled, out, *at, err);
    if (rc == 0 && !same_identity(m, out)) rc = check_moved(m, f, out, err);
    if (rc == 0)
        (void)!utimensat(AT_FDCWD, f->path,
                         (struct timespec[]){{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}}, 0);
    else
        ond_map_close(out);
    return rc;
}

/* ---- writing, and what must go for it ---- */
typedef struct kept {
    char *path;
    uint64_t bytes;
    struct timespec used;
} kept;

static int older_first(const void *a, const void *b)
{
    const struct timespec *x = &((const kept *)a)->used, *y = &((const kept *)b)->used;
    if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static char *join(const char *dir, const char *name)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "%s/%s", dir, name);
    return ond_buf_take(&b);
}

static void make_room(const char *dir, const char *self, uint64_t most)
{
    char **names = NULL;
    size_t n = 0, have = 0;
    uint64_t sum = 0;
    if (ond_dir_list(dir, SUFFIX, &names, &n, NULL) != 0) return;
    kept *v = calloc(n + 1, sizeof *v);
    for (size_t i = 0; i < n && v; i++) {
        struct stat st;
        char *path = join(dir, names[i]);
        if (path && strcmp(path, self) != 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            v[have++] = (kept){path, (uint64_t)st.st_size, st.st_mtim};
            sum += (uint64_t)st.st_size;
        } else
            free(path);
    }
    if (v) qsort(v, have, sizeof *v, older_first);
    for (size_t i = 0; i < have; i++) {
        if (sum > most && unlink(v[i].path) == 0) sum -= v[i].bytes;
        free(v[i].path);
    }
    free(v);
    ond_names_free(names, n);
}

static int write_file(const char *path, const ond_buf *head, const unsigned char *block, size_t n,
                      ond_err *err)
{
    static const unsigned char zeros[PAGE];
    ond_whole w;
    int rc = ond_whole_open(path, 0600, &w, err);
    if (rc != 0) return rc;
    if (ond_file_write_fd(w.fd, head->p, head->n) == 0 &&
        ond_file_write_fd(w.fd, zeros, (PAGE - head->n % PAGE) % PAGE) == 0 &&
        ond_file_write_fd(w.fd, block, n) == 0)
        return ond_whole_commit(&w, err);
    rc = ond_file_fail(err, errno, "write", path);
    ond_whole_abort(&w);
    return rc;
}

int ond__packfile_prepare(const ond_model *m, ond__packfile *f, ond_err *err)
{
    return hash_model(m, f, err);
}

int ond__packfile_write(const ond_model *m, ond__packfile *f, const unsigned char *block,
                        uint64_t most, ond_err *err)
{
    ond_buf head = {0}, dir = {0};
    ond_buf_put(&dir, f->path, (size_t)(strrchr(f->path, '/') - f->path));
    int rc = hash_model(m, f, err);
    if (rc == 0) put_head(m, f, block, &head);
    if (rc == 0 && !(ond_buf_ok(&head) && ond_buf_ok(&dir)))
        rc = ond_nomem(err, "keeping packed weights");
    uint64_t size = m->packed_bytes + (head.n + PAGE - 1) / PAGE * PAGE;
    if (rc == 0 && most > 0 && size > most)
        rc = ond_fail(err, OND_E_BUDGET,
                      "the packed weights take %llu MiB, and %llu MiB may be kept",
                      (unsigned long long)(size >> 20), (unsigned long long)(most >> 20));
    if (rc == 0) rc = ond_dir_make(dir.p, 0700, err);
    if (rc == 0) {
        if (most > 0) make_room(dir.p, f->path, most - size);
        rc = write_file(f->path, &head, block, m->packed_bytes, err);
    }
    ond_buf_free(&head);
    ond_buf_free(&dir);
    return rc;
}
