/* broken.c - models that are wrong on purpose, for models.sh.
 *
 *   broken nan|inf MODEL TENSOR   one value in the middle of a tensor of F32 or F16
 *   broken giant OUT              a llama of more bytes than any machine has: a sparse file */
#include "base/type.h"
#include "file/gguf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int no_number(bool nan, const char *path, const char *tensor)
{
    ond_gguf *g;
    ond_err err;
    uint32_t f32 = nan ? 0x7fc00000 : 0x7f800000;
    uint16_t f16 = nan ? 0x7e00 : 0x7c00;
    if (ond_gguf_open(path, &g, &err) != 0) return fprintf(stderr, "%s\n", err.text), 1;
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, tensor);
    if (!t || (t->type != OND_F32 && t->type != OND_F16)) return fprintf(stderr, "which?\n"), 1;
    size_t size = t->type == OND_F32 ? 4 : 2;
    off_t at = (off_t)(t->offset + t->bytes / 2 / size * size);
    ond_gguf_close(g);
    int fd = open(path, O_WRONLY);
    ssize_t n = pwrite(fd, size == 4 ? (void *)&f32 : (void *)&f16, size, at);
    close(fd);
    return n != (ssize_t)size;
}

/* ---- a giant: only the head of it is written ---- */

enum { LAYERS = 120, WIDE = 16384, HEADS = 128, HEADS_KV = 8, FF = 65536, VOCAB = 128000 };

static FILE *out;
static uint64_t offset;

static void put(uint64_t v, size_t n)
{
    fwrite(&v, n, 1, out); /* little-endian, as this machine is */
}

static void put_text(const char *s)
{
    put(strlen(s), 8);
    fputs(s, out);
}

static void key_u32(const char *key, uint32_t v)
{
    put_text(key);
    put(OND_GGUF_U32, 4);
    put(v, 4);
}

static void tensor(int layer, const char *name, uint64_t n_col, uint64_t n_row)
{
    char full[64];
    if (layer < 0)
        snprintf(full, sizeof full, "%s", name);
    else
        snprintf(full, sizeof full, "blk.%d.%s", layer, name);
    put_text(full);
    put(n_row ? 2 : 1, 4);
    put(n_col, 8);
    if (n_row) put(n_row, 8);
    put(OND_F32, 4);
    put(offset, 8);
    offset += 4 * n_col * (n_row ? n_row : 1);
}

static int giant(const char *path)
{
    const int kv = WIDE / HEADS * HEADS_KV;
    float eps = 1e-5f;
    uint32_t bits;
    out = fopen(path, "wb");
    if (!out) return 1;
    fputs("GGUF", out);
    put(3, 4);
    put(3 + 9 * LAYERS, 8);
    put(8, 8);
    put_text("general.architecture");
    put(OND_GGUF_STR, 4);
    put_text("llama");
    key_u32("llama.block_count", LAYERS);
    key_u32("llama.embedding_length", WIDE);
    key_u32("llama.context_length", 8192);
    key_u32("llama.attention.head_count", HEADS);
    key_u32("llama.attention.head_count_kv", HEADS_KV);
    key_u32("llama.feed_forward_length", FF);
    put_text("llama.attention.layer_norm_rms_epsilon");
    put(OND_GGUF_F32, 4);
    memcpy(&bits, &eps, 4);
    put(bits, 4);
    tensor(-1, "token_embd.weight", WIDE, VOCAB);
    for (int i = 0; i < LAYERS; i++) {
        tensor(i, "attn_norm.weight", WIDE, 0);
        tensor(i, "attn_q.weight", WIDE, WIDE);
        tensor(i, "attn_k.weight", WIDE, (uint64_t)kv);
        tensor(i, "attn_v.weight", WIDE, (uint64_t)kv);
        tensor(i, "attn_output.weight", WIDE, WIDE);
        tensor(i, "ffn_norm.weight", WIDE, 0);
        tensor(i, "ffn_gate.weight", WIDE, FF);
        tensor(i, "ffn_up.weight", WIDE, FF);
        tensor(i, "ffn_down.weight", FF, WIDE);
    }
    tensor(-1, "output_norm.weight", WIDE, 0);
    tensor(-1, "output.weight", WIDE, VOCAB);
    uint64_t head = ((uint64_t)ftell(out) + 31) / 32 * 32;
    int rc = fflush(out) != 0 || ftruncate(fileno(out), (off_t)(head + offset)) != 0;
    return fclose(out) != 0 || rc;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "nan") == 0) return no_number(true, argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "inf") == 0) return no_number(false, argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "giant") == 0) return giant(argv[2]);
    return 2;
}
