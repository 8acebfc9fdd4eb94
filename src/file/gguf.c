/* gguf.c - opening models: one file or all its parts, the index of tensors, the hash of all bytes.
 *
 * Ownership: an ond_gguf owns its mappings and its tables; every ond_str and pointer that it gives out points into a
 * mapping and lives as long as the ond_gguf. After opening nothing changes, so threads may share it. */
#include "file/room.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void parsed_free(ond__parsed *in)
{
    free(in->value);
    free(in->value_index);
    free(in->tensor);
    *in = (ond__parsed){0};
}

/* Takes the tensors of a parsed part, and of the first part the keys. Empties *in. */
static int adopt(ond_gguf *g, int part, ond__parsed *in, ond_err *err)
{
    if (part == 0) {
        g->version = in->version;
        g->value = in->value;
        g->n_value = in->n_value;
        g->value_index = in->value_index;
        g->tensor = in->tensor;
        g->n_tensor = in->n_tensor;
        return OND_OK;
    }
    int rc = OND_OK;
    if (in->n_tensor > 0) {
        ond_gguf_tensor *more = reallocarray(g->tensor, g->n_tensor + in->n_tensor, sizeof *more);
        if (more) {
            memcpy(more + g->n_tensor, in->tensor, in->n_tensor * sizeof *more);
            g->tensor = more;
            g->n_tensor += in->n_tensor;
        } else
            rc = ond_nomem(err, "opening a model");
    }
    parsed_free(in);
    return rc;
}

static int index_tensors(ond_gguf *g, ond_err *err)
{
    char shown[OND__SHOWN];
    ond_str twice;
    g->tensor_index = calloc(g->n_tensor ? g->n_tensor : 1, sizeof *g->tensor_index);
    if (!g->tensor_index) return ond_nomem(err, "opening a model");
    for (size_t i = 0; i < g->n_tensor; i++) {
        ond_str s = g->tensor[i].name;
        g->tensor_index[i] = (ond__name){ond__index_hash(s), s, (uint32_t)i};
    }
    if (ond__index_sort(g->tensor_index, g->n_tensor, &twice)) return OND_OK;
    return ond_fail(err, OND_E_INPUT, "%s has two tensors with the name %s", g->path,
                    ond__gguf_shown(twice, shown));
}

/* ---- split files ---- */

/* "DIR/NAME-00002-of-00003.gguf": the length of "DIR/NAME-", 2, and 3. */
static bool split_name(const char *path, size_t *stem, int *no, int *count)
{
    static const size_t tail = sizeof "00001-of-00003.gguf" - 1;
    size_t n = strlen(path);
    if (n <= tail || path[n - tail - 1] != '-') return false;
    int used = 0;
    *stem = n - tail;
    return sscanf(path + n - tail, "%5d-of-%5d.gguf%n", no, count, &used) == 2 &&
           (size_t)used == tail && *no >= 1 && *no <= *count && *count <= OND__PARTS_MAX;
}

static int split_key(const ond__parsed *in, const char *path, const char *key, int64_t high,
                     int64_t *out, ond_err *err)
{
    const ond_gguf_value *v =
        ond__value_find(in->value, in->value_index, in->n_value, ond_str_of(key));
    return ond__value_int(v, path, key, 0, high, 0, out, err);
}

/* Parses part i of n and checks that its keys say so too. */
static int read_part(const ond_gguf *g, const char *path, int i, int n, ond__parsed *in,
                     ond_err *err)
{
    int64_t no = 0, count = 0;
    const ond_map *map = &g->part[i].map;
    int rc = ond__gguf_parse(map->p, map->n, path, i, in, err);
    if (rc != 0) return rc;
    rc = split_key(in, path, "split.no", 65535, &no, err);
    if (rc == 0) rc = split_key(in, path, "split.count", 65535, &count, err);
    if (rc == 0 && (no != i || count != n))
        rc = ond_fail(err, OND_E_INPUT,
                      "%s says that it is part %lld of %lld, and its name says %d of %d: the parts "
                      "of a split model must keep their names", path, (long long)no + 1,
                      (long long)count, i + 1, n);
    if (rc != 0) parsed_free(in);
    return rc;
}

static int open_parts(ond_gguf *g, int64_t count, ond_err *err)
{
    size_t stem;
    int no, n;
    char path[PATH_MAX];
    if (!split_name(g->path, &stem, &no, &n) || n != count)
        return ond_fail(err, OND_E_INPUT,
                        "%s is one part of a model in %lld files: it must be named like "
                        "NAME-00001-of-%05lld.gguf, and lie beside the others", g->path,
                        (long long)count, (long long)count);
    ond_map_close(&g->part[0].map);
    free(g->part);
    g->n_part = 0;
    g->part = calloc((size_t)n, sizeof *g->part);
    if (!g->part) return ond_nomem(err, "opening a model");
    g->n_part = n;
    for (int i = 0; i < n; i++) {
        int len = snprintf(path, sizeof path, "%.*s%05d-of-%05d.gguf", (int)stem, g->path, i + 1, n);
        if (len < 0 || (size_t)len >= sizeof path)
            return ond_fail(err, OND_E_INPUT, "the name of a part of %s is too long", g->path);
        g->part[i].mapped = true;
        int rc = ond_map_open(path, &g->part[i].map, err);
        if (rc != 0) return rc;
        ond__parsed in;
        rc = read_part(g, path, i, n, &in, err);
        if (rc == 0) rc = adopt(g, i, &in, err);
        if (rc != 0) return rc;
    }
    int64_t total;
    int rc = ond_gguf_int(g, "split.tensors.count", 0, INT64_MAX, (int64_t)g->n_tensor, &total, err);
    if (rc != 0 || total == (int64_t)g->n_tensor) return rc;
    return ond_fail(err, OND_E_INPUT, "%s: split.tensors.count is %lld, and its parts hold %zu",
                    g->path, (long long)total, g->n_tensor);
}

/* ---- opening ---- */

/* part[0] is mapped. */
static int fill(ond_gguf *g, bool from_file, ond_err *err)
{
    ond__parsed in;
    int64_t count;
    int rc = ond__gguf_parse(g->part[0].map.p, g->part[0].map.n, g->path, 0, &in, err);
    if (rc != 0) return rc;
    rc = split_key(&in, g->path, "split.count", 65535, &count, err);
    if (rc == 0 && count > 1 && !from_file)
        rc = ond_fail(err, OND_E_INPUT, "%s is one part of %lld: open it by its path", g->path,
                      (long long)count);
    if (rc != 0) {
        parsed_free(&in);
        return rc;
    }
    if (count > 1) {
        parsed_free(&in);
        rc = open_parts(g, count, err);
    } else
        rc = adopt(g, 0, &in, err);
    return rc ? rc : index_tensors(g, err);
}

static int begin(const char *name, ond_gguf **out, ond_err *err)
{
    *out = NULL;
    ond_gguf *g = calloc(1, sizeof *g);
    if (g) {
        g->path = ond_str_dup(ond_str_of(name));
        g->part = calloc(1, sizeof *g->part);
    }
    if (!g || !g->path || !g->part) {
        ond_gguf_close(g);
        return ond_nomem(err, "opening a model");
    }
    g->n_part = 1;
    *out = g;
    return OND_OK;
}

static int finish(ond_gguf **out, int rc)
{
    if (rc == 0) return OND_OK;
    ond_gguf_close(*out);
    *out = NULL;
    return rc;
}

int ond_gguf_open(const char *path, ond_gguf **out, ond_err *err)
{
    int rc = begin(path, out, err);
    if (rc != 0) return rc;
    (*out)->part[0].mapped = true;
    rc = ond_map_open(path, &(*out)->part[0].map, err);
    if (rc == 0) rc = fill(*out, true, err);
    return finish(out, rc);
}

int ond_gguf_open_bytes(const void *bytes, size_t n, const char *name, ond_gguf **out, ond_err *err)
{
    int rc = begin(name, out, err);
    if (rc != 0) return rc;
    (*out)->part[0].map = (ond_map){.p = bytes, .n = n, .size = n};
    return finish(out, fill(*out, false, err));
}

void ond_gguf_close(ond_gguf *g)
{
    if (!g) return;
    for (int i = 0; i < g->n_part; i++)
        if (g->part[i].mapped) ond_map_close(&g->part[i].map);
    free(g->part);
    free(g->value);
    free(g->value_index);
    free(g->tensor);
    free(g->tensor_index);
    free(g->path);
    free(g);
}

/* ---- looking ---- */

const char *ond_gguf_path(const ond_gguf *g) { return g->path; }
int ond_gguf_version(const ond_gguf *g) { return g->version; }
int ond_gguf_parts(const ond_gguf *g) { return g->n_part; }

const ond_map *ond_gguf_map(const ond_gguf *g, int part)
{
    return part >= 0 && part < g->n_part ? &g->part[part].map : NULL;
}

bool ond_gguf_is_file(const ond_gguf *g, const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0) return false;
    for (int i = 0; i < g->n_part; i++)
        if (g->part[i].mapped && g->part[i].map.dev == (uint64_t)s.st_dev && g->part[i].map.ino == (uint64_t)s.st_ino) return true;
    return false;
}

size_t ond_gguf_n_values(const ond_gguf *g) { return g->n_value; }

const ond_gguf_value *ond_gguf_value_at(const ond_gguf *g, size_t i)
{
    return i < g->n_value ? &g->value[i] : NULL;
}

const ond_gguf_value *ond_gguf_find(const ond_gguf *g, const char *key)
{
    return ond__value_find(g->value, g->value_index, g->n_value, ond_str_of(key));
}

size_t ond_gguf_n_tensors(const ond_gguf *g) { return g->n_tensor; }

const ond_gguf_tensor *ond_gguf_tensor_at(const ond_gguf *g, size_t i)
{
    return i < g->n_tensor ? &g->tensor[i] : NULL;
}

const ond_gguf_tensor *ond_gguf_tensor_find(const ond_gguf *g, const char *name)
{
    int64_t at = ond__index_find(g->tensor_index, g->n_tensor, ond_str_of(name));
    return at < 0 ? NULL : &g->tensor[at];
}

int ond_gguf_hash(const ond_gguf *g, unsigned char out[32], ond_err *err)
{
    enum { STEP = 8 << 20 };
    crypto_generichash_state s;
    if (sodium_init() < 0 || crypto_generichash_init(&s, NULL, 0, 32) != 0)
        return ond_fail(err, OND_E_FAILED, "libsodium cannot start");
    for (int i = 0; i < g->n_part; i++) {
        const ond_map *m = &g->part[i].map;
        ond_map_need(m, 0, 2 * (size_t)STEP);
        for (size_t at = 0; at < m->n; at += STEP) {
            size_t n = m->n - at < STEP ? m->n - at : STEP;
            ond_map_need(m, at + STEP, STEP);
            crypto_generichash_update(&s, m->p + at, n);
            /* What was only hashed must not count as memory of this process. */
            if (g->part[i].mapped) ond_map_drop(m, at, n);
        }
    }
    crypto_generichash_final(&s, out, 32);
    return OND_OK;
}
