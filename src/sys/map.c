/* map.c - files mapped read-only, and large zeroed blocks. */
#include "sys/map.h"

#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map_fd(int fd, const char *path, ond_map *out, ond_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return ond_file_fail(err, errno, "look at", path);
    if (S_ISDIR(st.st_mode))
        return ond_fail(err, OND_E_INPUT, "%s is a folder, and a file is needed", path);
    if (!S_ISREG(st.st_mode))
        return ond_fail(err, OND_E_INPUT, "%s is not a regular file", path);
    if ((uint64_t)st.st_size > SIZE_MAX / 2)
        return ond_fail(err, OND_E_INPUT, "%s is too large to map: %lld bytes", path,
                        (long long)st.st_size);
    out->n = (size_t)st.st_size;
    out->size = (uint64_t)st.st_size;
    out->dev = (uint64_t)st.st_dev;
    out->ino = (uint64_t)st.st_ino;
    out->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
    if (out->n == 0) return OND_OK; /* mmap takes no empty range */
    void *p = mmap(NULL, out->n, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) return ond_file_fail(err, errno, "map", path);
    out->p = p;
    return OND_OK;
}

int ond_map_open(const char *path, ond_map *out, ond_err *err)
{
    *out = (ond_map){0};
    /* O_NONBLOCK: opening a named pipe by mistake must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return ond_file_fail(err, errno, "open", path);
    int rc = map_fd(fd, path, out, err);
    close(fd);
    if (rc != 0) *out = (ond_map){0};
    return rc;
}

void ond_map_close(ond_map *map)
{
    if (map->p) munmap((void *)(uintptr_t)map->p, map->n);
    *map = (ond_map){0};
}

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

void ond_map_need(const ond_map *map, size_t at, size_t n)
{
    if (!map->p || at >= map->n) return;
    if (n > map->n - at) n = map->n - at;
    size_t begin = at & ~(page_size() - 1); /* outwards: a page that is read in part is needed */
    (void)!madvise((void *)(uintptr_t)(map->p + begin), at + n - begin, MADV_WILLNEED);
}

void ond_map_drop(const ond_map *map, size_t at, size_t n)
{
    if (!map->p || at >= map->n) return;
    if (n > map->n - at) n = map->n - at;
    size_t page = page_size(), end = at + n;
    size_t begin = (at + page - 1) & ~(page - 1); /* inwards: neighbours keep their pages */
    if (end < map->n) end &= ~(page - 1);
    if (begin < end)
        (void)!madvise((void *)(uintptr_t)(map->p + begin), end - begin, MADV_DONTNEED);
}

static const size_t huge_page = (size_t)2 << 20;

/* The bytes of a block of n: whole huge pages where there is at least one, so that its end can be one too. */
static size_t rounded(size_t n)
{
    size_t unit = n >= huge_page ? huge_page : page_size();
    if (n == 0) n = 1;
    return n > SIZE_MAX - 2 * huge_page ? 0 : (n + unit - 1) & ~(unit - 1);
}

void *ond_pages_alloc(size_t n, bool huge)
{
    size_t want = rounded(n);
    if (want == 0) return NULL;
    unsigned char *p = mmap(NULL, want + huge_page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    /* mmap aligns to small pages only: take more, and give back both ends. */
    size_t before = (huge_page - (uintptr_t)p % huge_page) % huge_page;
    if (before) munmap(p, before);
    if (huge_page - before) munmap(p + before + want, huge_page - before);
    p += before;
    if (huge) (void)!madvise(p, want, MADV_HUGEPAGE);
    return p;
}

void ond_pages_free(void *p, size_t n)
{
    if (p) munmap(p, rounded(n));
}
