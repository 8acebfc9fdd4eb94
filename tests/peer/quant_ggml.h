/* quant_ggml.h - ggml's rows and quantisers, loaded from PEERS/libggml-base.so at run time. */
#ifndef TESTS_PEER_QUANT_GGML_H
#define TESTS_PEER_QUANT_GGML_H

#include "kern/blocks.h"

#include <dlfcn.h>
#include <stdio.h>

typedef struct ggml_traits {   /* struct ggml_type_traits */
    const char *name;
    int64_t block, interleave;
    size_t size;
    bool quantized;
    void (*to_float)(const void *x, float *y, int64_t n);
    void (*from_float_ref)(const float *x, void *y, int64_t n);
} ggml_traits;

typedef struct ggml {
    const ggml_traits *(*traits)(int type);
    size_t (*quantize)(int type, const float *src, void *dst, int64_t start, int64_t n_row, int64_t n_col, const float *matrix);
} ggml;

/* False, and a TAP line that says why, when the library is not there. */
static inline bool ggml_load(ggml *g)
{
    const char *dir = getenv("PEERS");
    char path[4096];
    snprintf(path, sizeof path, "%s/libggml-base.so", dir ? dir : ".");
    void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        printf("1..0 # skipped: %s\n", dlerror());
        return false;
    }
    *(void **)&g->traits = dlsym(lib, "ggml_get_type_traits");
    *(void **)&g->quantize = dlsym(lib, "ggml_quantize_chunk");
    if (!g->traits || !g->quantize) printf("1..0 # skipped: %s lacks ggml_quantize_chunk\n", path);
    return g->traits && g->quantize;
}

#endif
