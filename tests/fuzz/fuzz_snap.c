/* fuzz_snap.c - any bytes as a snapshot or a file of prefix_dir: what verifies is within the
 * context and the vocabulary, what does not is an error. Sums are made right first (where the head
 * leaves room for them), or nothing would get past them. */
#include "model/tiny.h"
#include "run/room.h"

#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

static ond_engine engine;
static ond_kv *kv;

/* A real model with no tokenizer: what snapshots need of an engine. */
static void open_once(void)
{
    char path[] = "/tmp/ondol-fuzz-snap-XXXXXX";
    int fd = mkstemp(path);
    must(fd >= 0);
    close(fd);
    must(tiny_write(&tinies[0], OND_Q8_0, 1, path, NULL) == 0 &&
         ond_gguf_open(path, &engine.gguf, NULL) == 0);
    unlink(path);
    must(ond_team_open(1, &engine.team, NULL) == 0);
    must(ond_model_open(engine.gguf, &(ond_model_opts){.packing = OND_PACK_MEMORY}, &engine.model,
                        NULL) == 0);
    must(ond_kv_open(engine.model, 64, OND_KV_F16, &kv, NULL) == 0);
    engine.ctx = 64;
    engine.n_vocab = TINY_VOCAB;
    engine.identified = true;
}

static uint32_t u32_at(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/* The identity, the sums of the pieces and that of the head, where they lie inside. */
static void seal(uint8_t *p, size_t n)
{
    if (n < 64) return;
    memcpy(p + 8, engine.identity.b, 32);
    uint64_t n_tok = u32_at(p + 40) % 4096, n_eval = u32_at(p + 44) % 4096,
             pieces = (n_eval + 15) / 16, at = 64 + 4 * n_tok;
    uint64_t head = at + 32 * pieces + 32;
    ond_hash h;
    if (head > n) return;
    for (uint64_t i = 0; i < pieces; i++) {
        int begin = (int)(16 * i), end = begin + 16 < (int)n_eval ? begin + 16 : (int)n_eval;
        size_t from = ond_kv_bytes(kv, 0, begin), len = ond_kv_bytes(kv, begin, end);
        if (head + from + len > n) break;
        ond_hash_of(p + head + from, len, &h);
        memcpy(p + at + 32 * i, h.b, 32);
    }
    ond_hash_of(p, head - 32, &h);
    memcpy(p + head - 32, h.b, 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond__snap snap;
    ond_err err = {0};
    if (!kv) open_once();
    uint8_t *own = malloc(n + 1); /* exactly n are looked at: the sanitizer sees one more */
    must(own != NULL);
    memcpy(own, bytes, n);
    if (n && bytes[n - 1] & 1) seal(own, n);
    uint8_t *exact = realloc(own, n ? n : 1);
    own = exact ? exact : own;
    if (ond__snap_read(&engine, kv, own, n, &snap, &err) != 0) {
        must(err.code == OND_E_INPUT && err.text[0]);
    } else {
        must(snap.n_tok <= 64 && snap.n_eval <= snap.n_tok && snap.exact <= snap.n_eval);
        (void)ond__snap_load(&engine, &snap, kv, snap.n_eval);
    }
    free(own);
    return 0;
}
