/* identity.c - what a cached prefix belongs to: the model's bytes, adapters, kernels, type of the
 * cache, context.
 *
 * The model's hash reads the whole file, about a second a gigabyte. With a prefix_dir it is kept
 * there in a small file named by the identity of the model's files (device, inode, size, time of
 * change), so that it is computed once. */
#include "run/room.h"

#include <stdio.h>

static const char format_version[] = "ondol prefix 1";

static int note_path(const ond_engine *e, ond_buf *out)
{
    ond_buf id = {0};
    ond_hash h;
    char hex[OND_HASH_HEX];
    for (int i = 0; i < ond_gguf_parts(e->gguf); i++) {
        const ond_map *m = ond_gguf_map(e->gguf, i);
        const uint64_t v[4] = {m->dev, m->ino, m->size, m->mtime_ns};
        ond_buf_put(&id, v, sizeof v);
    }
    bool ok = ond_buf_ok(&id);
    if (ok) ond_hash_of(id.p, id.n, &h);
    ond_buf_free(&id);
    if (!ok) return OND_E_NOMEM;
    ond_hash_hex(&h, hex);
    ond_buf_printf(out, "%s/%.32s.model", ond__disk_dir(e->disk), hex);
    return ond_buf_ok(out) ? OND_OK : OND_E_NOMEM;
}

static int model_hash(ond_engine *e, ond_hash *out, ond_err *err)
{
    ond_buf path = {0}, text = {0};
    int rc = OND_E_NOT_FOUND;
    if (e->disk && note_path(e, &path) == 0)
        rc = ond_file_read(ond_buf_z(&path), 4096, &text, NULL);
    if (rc == 0 && text.n == OND_HASH_HEX - 1 && ond_hash_unhex(ond_buf_z(&text), out)) goto out;
    rc = ond_gguf_hash(e->gguf, out->b, err);
    if (rc == 0 && path.n) {
        char hex[OND_HASH_HEX];
        ond_hash_hex(out, hex);
        (void)!ond_file_write(path.p, ond_str_of(hex), 0600,
                              NULL); /* else it is computed again next time */
    }
out:
    ond_buf_free(&path);
    ond_buf_free(&text);
    return rc;
}

int ond__identify(ond_engine *e, ond_err *err)
{
    struct {
        char version[32];
        ond_hash model, adapters;
        char kern[32];
        int32_t kv, ctx;
    } all;
    if (e->identified) return OND_OK;
    memset(&all, 0, sizeof all);
    int rc = model_hash(e, &all.model, err);
    if (rc != 0) return rc;
    snprintf(all.version, sizeof all.version, "%s", format_version);
    snprintf(all.kern, sizeof all.kern, "%s", ond_model_kern(e->model)->name);
    all.adapters = e->adapters;
    all.kv = (int32_t)e->kv_type;
    all.ctx = e->ctx;
    ond_hash_of(&all, sizeof all, &e->identity);
    e->identified = true;
    return OND_OK;
}
