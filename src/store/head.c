/* head.c - the signed head: what the journal's end is, said by a key that lies outside the store.
 *
 * The file holds two slots, in blocks of their own. The rule is: the store's end is what one of the
 * slots says.
 * 1. Before a commit the new end is signed into the slot that is not good, and synced
 * (ond__head_prepare). Now both the old end and the new one are right, whichever the crash leaves.
 * 2. After the commit the other slot says it, too (ond__head_settle): a cut tail fits no slot.
 * 3. Nothing is ever signed because it lies in the store; only what this process appends is.
 * A slot (little-endian): "ONDHEAD1" | flags 8 | count 8 | hash 32 | expected count 8 | expected
 * hash 32 | flagged at 8 | public key 32 | Ed25519 signature 64 over all before it. */
#include "store/internal.h"
#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC "ONDHEAD1"
#define SIGNED (8 + 8 + 8 + 32 + 8 + 32 + 8 + 32)
_Static_assert(SIGNED + 64 <= OND__HEAD_RECORD, "a slot holds a record");

static unsigned char *put_bytes(unsigned char *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static unsigned char *put_u64(unsigned char *at, uint64_t v)
{
    for (int i = 0; i < 8; i++) *at++ = (unsigned char)(v >> (8 * i));
    return at;
}

static uint64_t get_u64(const unsigned char *at)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)at[i] << (8 * i);
    return v;
}

static void encode(const ond__head *h, const ond__record *r, unsigned char out[OND__HEAD_RECORD])
{
    unsigned char *at = out;
    memset(out, 0, OND__HEAD_RECORD);
    at = put_bytes(at, MAGIC, 8);
    at = put_u64(at, r->flags);
    at = put_u64(at, (uint64_t)r->tip.count);
    at = put_bytes(at, r->tip.hash.b, 32);
    at = put_u64(at, (uint64_t)r->expected.count);
    at = put_bytes(at, r->expected.hash.b, 32);
    at = put_u64(at, (uint64_t)r->flagged_at);
    at = put_bytes(at, h->public_key, 32);
    crypto_sign_detached(at, NULL, out, SIGNED, h->secret);
}

static void decode(const ond__head *h, const unsigned char in[OND__HEAD_RECORD], ond__record *r)
{
    *r = (ond__record){0};
    const unsigned char *key = in + SIGNED - 32;
    if (memcmp(in, MAGIC, 8) != 0 || crypto_sign_verify_detached(in + SIGNED, in, SIGNED, key) != 0)
        return;
    r->valid = h->have_key && memcmp(key, h->public_key, 32) == 0;
    r->foreign = !r->valid;
    r->flags = (uint32_t)get_u64(in + 8);
    r->tip.count = (int64_t)get_u64(in + 16);
    memcpy(r->tip.hash.b, in + 24, 32);
    r->expected.count = (int64_t)get_u64(in + 56);
    memcpy(r->expected.hash.b, in + 64, 32);
    r->flagged_at = (ond_ms)get_u64(in + 96);
}

int ond__head_reload(ond__head *h, ond_err *err)
{
    h->good = -1;
    unsigned char bytes[2][OND__HEAD_RECORD] = {{0}};
    for (int i = 0; i < 2; i++)
        if (h->fd >= 0 && pread(h->fd, bytes[i], sizeof bytes[i], (off_t)i * OND__HEAD_SLOT) < 0)
            return ond_file_fail(err, errno, "read", h->path);
    decode(h, bytes[0], &h->slot[0]);
    if (memcmp(bytes[0], bytes[1], sizeof bytes[0]) == 0)
        h->slot[1] = h->slot[0];
    else
        decode(h, bytes[1], &h->slot[1]);
    return OND_OK;
}

static int open_file(ond__head *h, bool read_only, ond_err *err)
{
    h->fd = open(h->path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    if (h->fd < 0 && errno != ENOENT) return ond_file_fail(err, errno, "open", h->path);
    return ond__head_reload(h, err);
}

int ond__head_open(ond__head *h, const char *dir, const char *key_path, bool read_only,
                   ond_err *err)
{
    *h = (ond__head){.fd = -1, .good = -1};
    size_t n = strlen(dir) + sizeof "/head";
    h->path = malloc(n);
    if (!h->path) return ond_nomem(err, "opening the store");
    snprintf(h->path, n, "%s/head", dir);
    int rc = ond__key_load(key_path, !read_only, h->secret, h->public_key, err);
    h->have_key = rc == 0;
    if (read_only && rc == OND_E_NOT_FOUND) rc = OND_OK;
    if (rc == 0) rc = open_file(h, read_only, err);
    if (rc != 0) ond__head_close(h);
    return rc;
}

void ond__head_close(ond__head *h)
{
    if (h->fd >= 0) close(h->fd);
    h->fd = -1;
    free(h->path);
    h->path = NULL;
    sodium_memzero(h->secret, sizeof h->secret);
}

bool ond__head_match(ond__head *h, const ond__tip *tip)
{
    for (int i = 0; i < 2; i++)
        if (h->slot[i].valid && ond__tip_eq(&h->slot[i].tip, tip)) {
            h->good = i;
            return true;
        }
    return false;
}

const ond__record *ond__head_best(const ond__head *h)
{
    const ond__record *best = NULL;
    for (int i = 0; i < 2; i++) {
        const ond__record *r = &h->slot[i];
        if (!r->valid && !r->foreign) continue;
        if (!best || r->valid > best->valid ||
            (r->valid == best->valid && r->tip.count > best->tip.count))
            best = r;
    }
    return best;
}

static int keep_former(const ond__head *h, const char *dir, ond_err *err)
{
    char path[PATH_MAX], name[256];
    ond_buf bytes = {0};
    int rc = ond_file_read(h->path, 65536, &bytes, err);
    if (rc == 0) rc = ond__aside_name(dir, "head.bad", name, err);
    if (rc == 0 && (size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path)
        rc = ond_file_fail(err, ENAMETOOLONG, "write", path);
    if (rc == 0) rc = ond_file_write(path, (ond_str){bytes.p, bytes.n}, 0600, err);
    ond_buf_free(&bytes);
    return rc == OND_E_NOT_FOUND ? OND_OK : rc;
}

int ond__head_create(ond__head *h, const char *dir, const ond__record *r, bool keep, ond_err *err)
{
    unsigned char bytes[OND__HEAD_SLOT + OND__HEAD_RECORD] = {0};
    int rc = keep ? keep_former(h, dir, err) : OND_OK;
    if (rc != 0) return rc;
    encode(h, r, bytes);
    memcpy(bytes + OND__HEAD_SLOT, bytes, OND__HEAD_RECORD);
    rc = ond_file_write(h->path, (ond_str){(const char *)bytes, sizeof bytes}, 0600, err);
    if (rc != 0) return rc;
    if (h->fd >= 0) close(h->fd);
    rc = open_file(h, false, err);
    if (rc == 0 && !ond__head_match(h, &r->tip))
        rc = ond_fail(err, OND_E_IO, "%s does not read back as it was written: check the disk",
                      h->path);
    return rc;
}

static bool write_slot(ond__head *h, int slot, const ond__record *r)
{
    unsigned char bytes[OND__HEAD_RECORD];
    encode(h, r, bytes);
    h->slot[slot] = *r;
    h->slot[slot].valid = false;
    ssize_t n = pwrite(h->fd, bytes, sizeof bytes, (off_t)slot * OND__HEAD_SLOT);
    if (n >= 0 && n != (ssize_t)sizeof bytes) errno = ENOSPC;
    h->slot[slot].valid = n == (ssize_t)sizeof bytes;
    h->slot[slot].foreign = false;
    return h->slot[slot].valid;
}

int ond__head_prepare(ond__head *h, const ond__record *next, ond_err *err)
{
    int slot = h->good == 0 ? 1 : 0;
    if (!write_slot(h, slot, next) || fdatasync(h->fd) != 0)
        return ond_file_fail(err, errno, "write", h->path);
    return OND_OK;
}

/* The prepared slot is the good one now. The former says the same from here on; if that write
 * fails, the next one will do it. */
void ond__head_settle(ond__head *h)
{
    h->good = h->good == 0 ? 1 : 0;
    (void)!write_slot(h, 1 - h->good, &h->slot[h->good]);
}
