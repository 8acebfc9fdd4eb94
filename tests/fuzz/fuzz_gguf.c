/* fuzz_gguf.c - any bytes as a GGUF file: an error that names the file, or a file of which every byte can be
 * read, and every key and tensor found by its name. */
#include "file/build.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

/* Every key and tensor is found by its name, and nothing lies outside. */
static void look(const ond_gguf *g, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < ond_gguf_n_values(g); i++) {
        const ond_gguf_value *v = ond_gguf_value_at(g, i);
        char *key = ond_str_dup(v->key);
        must(!key || ond_gguf_find(g, key) == v);
        must(v->p >= bytes && v->bytes <= (size_t)(bytes + n - v->p));
        int64_t whole;
        double d;
        ond_err err = {0};
        if (key) {
            must(ond_gguf_int(g, key, -100, 100, 0, &whole, &err) == 0 || err.code == OND_E_INPUT);
            must(ond_gguf_num(g, key, 0, &d, &err) == 0 || err.code == OND_E_INPUT);
            (void)ond_gguf_str(g, key, "");
            (void)ond_gguf_bool(g, key, false);
        }
        free(key);
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        char *name = ond_str_dup(t->name);
        must(!name || ond_gguf_tensor_find(g, name) == t);
        must(t->p >= bytes && t->bytes <= (size_t)(bytes + n - t->p) && t->bytes > 0);
        must(t->p == bytes + t->offset);
        free(name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_gguf *g = NULL;
    ond_err err = {0};
    int rc = ond_gguf_open_bytes(bytes, n, "f.gguf", &g, &err);
    if (rc != 0) {
        must(rc == OND_E_INPUT && !g && strncmp(err.text, "f.gguf", 6) == 0);
        return 0;
    }
    look(g, bytes, n);
    (void)walk(g);
    ond_gguf_close(g);
    return 0;
}
