/* logits_tiny.c - writes the tiny models of tests/model/tiny.h for logits.sh: logits_tiny VARIANT
 * TYPE SEED FILE, "list", or with "lora" for TYPE an adapter of rank 4 on every matrix of every
 * layer. */
#include "model/tiny.h"

enum { RANK = 4 };

static void put_pair(tiny_out *w, const ond_gguf_tensor *t)
{
    char name[160];
    snprintf(name, sizeof name, "%.*s.lora_a", (int)t->name.n, t->name.p);
    tiny_put(w, OND_F32, 0, 0.2f, 2, (int)t->dim[0], RANK, 1, name);
    snprintf(name, sizeof name, "%.*s.lora_b", (int)t->name.n, t->name.p);
    tiny_put(w, OND_F32, 0, 0.5f, 2, RANK, (int)t->dim[1], 1, name);
}

/* The tensors' names are those of the model itself, written beside and read back. */
static int write_adapter(const tiny *t, uint64_t seed, const char *path, ond_err *err)
{
    char model[512];
    snprintf(model, sizeof model, "%s.model", path);
    tiny_out w = {.t = t, .seed = seed * 77 + 5};
    ond_gguf *g = NULL;
    int rc = tiny_write(t, OND_F32, seed, model, err);
    if (rc == 0) rc = ond_gguf_open(model, &g, err);
    if (rc == 0) rc = ond_gguf_create(path, &w.o, err);
    if (rc != 0) return rc;
    ond_gguf_put_str(w.o, "general.type", OND_S("adapter"));
    ond_gguf_put_str(w.o, "adapter.type", OND_S("lora"));
    ond_gguf_put_str(w.o, "general.architecture", ond_str_of(t->arch));
    ond_gguf_put_f32(w.o, "adapter.lora.alpha", 2);
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *x = ond_gguf_tensor_at(g, i);
        if (x->n_dim == 2 && x->name.n > 4 && memcmp(x->name.p, "blk.", 4) == 0) put_pair(&w, x);
    }
    for (int i = 0; i < w.n && rc == 0; i++) rc = tiny_data(&w, &w.tensor[i], err);
    ond_gguf_close(g);
    remove(model);
    if (rc == 0) return ond_gguf_commit(w.o, err);
    ond_gguf_abort(w.o);
    return rc;
}

int main(int argc, char **argv)
{
    ond_err err;
    ond_type type = OND_F32;
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (int i = 0; i < TINIES; i++) printf("%s\n", tinies[i].name);
        return 0;
    }
    if (argc != 5) return 2;
    bool lora = strcmp(argv[2], "lora") == 0, micro = strncmp(argv[1], "micro ", 6) == 0;
    if (!lora && !ond_type_named(argv[2], &type)) return 2;
    for (int i = 0; i < TINIES; i++) {
        if (strcmp(tinies[i].name, argv[1] + 6 * micro) != 0) continue;
        tiny t = micro ? tiny_micro(&tinies[i], 16) : tinies[i];
        uint64_t seed = (uint64_t)atoi(argv[3]);
        int rc = lora ? write_adapter(&t, seed, argv[4], &err)
                      : tiny_write(&t, type, seed, argv[4], &err);
        if (rc != 0) fprintf(stderr, "%s\n", err.text);
        return rc != 0;
    }
    return 2;
}
