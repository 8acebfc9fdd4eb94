/* graft.c - a copy of a damaged file under the first page of a sound one, so that SQLite can read it.
 *
 * Without its first page (header and schema) a file is no database to SQLite, though all its rows may be there. That
 * page is the same in every store of one version but for the counts in its header: tables are made in one order
 * and never dropped, so their root pages have the same numbers. The copy is evidence only: each row that
 * is read from it must still follow the hash chain. Offsets: sqlite.org/fileformat2.html, section 1.3. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { PAGE = 4096, AT_SIZE = 28, AT_FREELIST = 32, AT_CHANGES = 24, AT_VALID_FOR = 92 };

static void put32(unsigned char *p, uint32_t v)
{
    for (int i = 3; i >= 0; i--, v >>= 8) p[i] = (unsigned char)v;
}

static int read_page(const char *path, unsigned char page[PAGE], ond_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ond_file_fail(err, errno, "read", path);
    ssize_t n = pread(fd, page, PAGE, 0);
    int why = n < 0 ? errno : EIO;
    close(fd);
    return n == PAGE ? OND_OK : ond_file_fail(err, why, "read", path);
}

static int write_all(int fd, const unsigned char *p, size_t n, const char *path, ond_err *err)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return ond_file_fail(err, k < 0 ? errno : ENOSPC, "write", path);
        p += k;
        n -= (size_t)k;
    }
    return OND_OK;
}

/* Copies what can be read of `from`; *bytes is how much that was. A missing file copies nothing. */
static int copy(const char *from, const char *to, int64_t *bytes, ond_err *err)
{
    unsigned char block[16 * PAGE];
    ssize_t n;
    *bytes = 0;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0 && errno == ENOENT) return OND_OK;
    if (in < 0) return ond_file_fail(err, errno, "read", from);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = out < 0 ? ond_file_fail(err, errno, "write", to) : OND_OK;
    while (rc == 0 && (n = read(in, block, sizeof block)) > 0) {
        rc = write_all(out, block, (size_t)n, to, err);
        *bytes += n;
    }
    close(in);
    if (out >= 0) close(out);
    return rc;
}

int ond__graft(const char *damaged, const char *sound, const char *to, ond_err *err)
{
    unsigned char page[PAGE];
    char wal[PATH_MAX], wal_to[PATH_MAX];
    int64_t bytes = 0, ignored;
    if ((size_t)snprintf(wal, sizeof wal, "%s-wal", damaged) >= sizeof wal ||
        (size_t)snprintf(wal_to, sizeof wal_to, "%s-wal", to) >= sizeof wal_to)
        return ond_file_fail(err, ENAMETOOLONG, "copy", damaged);
    int rc = read_page(sound, page, err);
    if (rc == 0) rc = copy(damaged, to, &bytes, err);
    if (rc == 0) rc = copy(wal, wal_to, &ignored, err);
    if (rc != 0 || bytes < PAGE) return rc; /* nothing behind the first page */
    put32(page + AT_SIZE, (uint32_t)(bytes / PAGE));
    put32(page + AT_FREELIST, 0);
    put32(page + AT_FREELIST + 4, 0);
    put32(page + AT_CHANGES, 1);
    put32(page + AT_VALID_FOR, 1);
    int fd = open(to, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return ond_file_fail(err, errno, "write", to);
    rc = write_all(fd, page, PAGE, to, err);
    close(fd);
    return rc;
}
