/* gen.c - writes random models: every family and type, tiny or in the shape of real ones, the same bytes on every machine.
 *
 * For tests (tiny, odd) and for measuring speed (real shapes); what such a model says is noise. Tensor by tensor, some rows at
 * a time, so that memory stays small; rows are made and quantised by a team of threads. */
#include "gen.h"

#include "kern/quant.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 4 << 20 };   /* floats made before they are written */

typedef struct job {
    const tensor *t;
    uint64_t seed, row, n_row;   /* rows [row, row + n_row) */
    size_t row_bytes;
    float *x;                    /* [n_row, dim[0]] */
    unsigned char *out;
    atomic_int rc;
} job;

static void make_rows(void *self, ond_member *me)
{
    job *j = self;
    int begin, end;
    uint64_t n = j->t->dim[0];
    while (ond_member_take(me, (int)j->n_row, 16, &begin, &end)) {
        float *x = j->x + (size_t)begin * n;
        noise_rows(j->t, j->seed, j->row + (uint64_t)begin, j->row + (uint64_t)end, x);
        ond_err err = {0};
        int rc = ond_quant(j->t->type, x, (size_t)(end - begin), n, NULL,
                           j->out + (size_t)begin * j->row_bytes, &err);
        if (rc != 0) j->rc = rc;
    }
}

static int put_tensor(ond_gguf_out *o, ond_team *team, const tensor *t, uint64_t seed, ond_err *err)
{
    uint64_t n_row = t->dim[1] * t->dim[2], step = CHUNK / t->dim[0];
    job j = {.t = t, .seed = seed, .row_bytes = ond_type_row_bytes(t->type, t->dim[0])};
    if (step < 1) step = 1;
    if (step > n_row) step = n_row;
    j.x = malloc((size_t)(step * t->dim[0]) * sizeof *j.x);
    j.out = malloc((size_t)step * j.row_bytes);
    int rc = j.x && j.out ? OND_OK : ond_nomem(err, "making a tensor");
    for (; rc == 0 && j.row < n_row; j.row += j.n_row) {
        j.n_row = n_row - j.row < step ? n_row - j.row : step;
        ond_team_run(team, make_rows, &j);
        rc = j.rc ? ond_fail(err, OND_E_FAILED, "%s could not be written as %s", t->name, ond_type_name(t->type))
                  : ond_gguf_write(o, j.out, (size_t)j.n_row * j.row_bytes, err);
    }
    free(j.x);
    free(j.out);
    return rc;
}

typedef struct wish {
    const family *family;
    shape shape;
    bool mixed;       /* type is a mixture, else one type for all matrices */
    ond_mix mix;
    ond_type type;
    uint64_t seed;
    int threads, lora; /* lora: rank of an adapter, 0: a model */
    const char *out;
} wish;

static void choose_types(const wish *w, tensors *all)
{
    const shape *s = &w->shape;
    bool moe = w->family->flags & MOE;
    ond_mix_model m = {s->n_layer, s->n_head, s->n_kv, moe ? s->n_expert : 0, w->family->flags & (TIED | BERT), false};
    for (size_t i = 0; i < all->n; i++) {
        tensor *t = &all->p[i];
        ond_str name = ond_str_of(t->name);
        if (w->mixed) t->type = ond_mix_type(w->mix, &m, name, t->n_dim, t->dim, OND_F32);
        else if (ond_mix_takes(name, t->n_dim, t->dim)) t->type = ond_mix_fit(w->type, t->dim[0]);
    }
}

/* The number for general.file_type: that of the mixture in which most tensors have this type. */
static uint32_t file_type(const wish *w)
{
    for (int i = 0; !w->mixed && i < ond_mix_count(); i++)
        if (ond_mix_base(ond_mix_at(i)) == w->type) return (uint32_t)ond_mix_at(i);
    return (uint32_t)w->mix;
}

/* Keys and the list of tensors. */
static int describe(ond_gguf_out *o, wish *w, tensors *all, ond_err *err)
{
    char title[128];
    snprintf(title, sizeof title, "%s %s of noise, seed %llu", w->shape.name, w->family->name,
             (unsigned long long)w->seed);
    if (w->lora) {
        put_lora_keys(o, w->family, w->lora, title);
        w->shape.n_vocab = 1; /* what lies outside the layers has no adapter */
        int rc = tensors_list(w->family, &w->shape, all, err);
        return rc ? rc : tensors_to_lora(all, w->lora, err);
    }
    put_keys(o, w->family, &w->shape, title);
    ond_gguf_put_u32(o, "general.file_type", file_type(w));
    int rc = put_words(o, w->family->words, w->shape.n_vocab, w->seed, &w->shape.n_vocab, err);
    if (rc == 0) rc = tensors_list(w->family, &w->shape, all, err);
    if (rc == 0) choose_types(w, all);
    return rc;
}

static int fill(ond_gguf_out *o, wish *w, tensors *all, ond_team *team, ond_err *err)
{
    int rc = describe(o, w, all, err);
    for (size_t i = 0; rc == 0 && i < all->n; i++) {
        const tensor *t = &all->p[i];
        ond_gguf_declare(o, ond_str_of(t->name), t->type, t->n_dim, t->dim);
    }
    for (size_t i = 0; rc == 0 && i < all->n; i++)
        rc = put_tensor(o, team, &all->p[i], w->seed, err);
    return rc;
}

static int generate(wish *w, ond_err *err)
{
    tensors all = {0};
    ond_team *team = NULL;
    ond_gguf_out *o = NULL;
    int rc = ond_team_open(w->threads, &team, err);
    if (rc == 0) rc = ond_gguf_create(w->out, &o, err);
    if (rc == 0) {
        rc = fill(o, w, &all, team, err);
        if (rc == 0) rc = ond_gguf_commit(o, err);
        else ond_gguf_abort(o);
    }
    ond_team_close(team);
    free(all.p);
    return rc;
}

/* ---- command line ---- */

static int list(void)
{
    puts("families (ARCH):");
    for (int i = 0; family_at(i); i++) printf("  %-14s %s\n", family_at(i)->name, family_at(i)->what);
    puts("shapes (--shape); a real one can stand for its family:");
    for (int i = 0; shape_at(i); i++) {
        const shape *s = shape_at(i);
        printf("  %-14s %s\n", s->name, s->family ? s->family : "any");
    }
    puts("mixtures (--type), as llama.cpp's quantize chooses them:");
    for (int i = 0; i < ond_mix_count(); i++) printf("  %s\n", ond_mix_name((uint32_t)ond_mix_at(i)));
    puts("types (--type NAME --pure): one for all matrices");
    for (int i = 0; i < ond_type_count(); i++) printf("  %s\n", ond_type_name((uint32_t)ond_type_at(i)));
    return 0;
}

static int usage(const char *why)
{
    fprintf(stderr, "gen: %s\nusage: gen ARCH|SHAPE [--type NAME] [--pure] [--shape NAME] [--seed N]\n"
                    "           [--threads N] [--lora RANK] -o FILE\n"
                    "       gen list\n", why);
    return 2;
}

/* ARCH is a family, or a real shape that has one. */
static const char *settle(wish *w, const char *arch, const char *shape_name, const char *type, bool pure)
{
    const shape *s = shape_named(shape_name ? shape_name : arch);
    if (!s && !shape_name) s = shape_named("tiny");
    if (!s) return "no such shape; `gen list` names them";
    w->family = family_named(shape_named(arch) && s->family ? s->family : arch);
    if (!w->family) return "no such family; `gen list` names them";
    if (s->family && strcmp(s->family, w->family->name) != 0) return "this shape is of another family";
    w->shape = shape_for(s, w->family);
    w->mixed = !pure && ond_mix_named(type, &w->mix);
    if (!w->mixed && !ond_type_named(type, &w->type)) return "no such type; `gen list` names them";
    if (w->lora < 0 || w->lora > 4096) return "a rank of 1 to 4096";
    return w->out ? NULL : "where to? -o FILE";
}

int main(int argc, char **argv)
{
    const char *arch = NULL, *shape_name = NULL, *type = "f32";
    bool pure = false;
    wish w = {.seed = 1};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(a, "--pure") == 0) pure = true;
        else if (a[0] != '-' && !arch) arch = a;
        else if (!v) return usage("an option without its value");
        else if (strcmp(a, "--type") == 0) type = argv[++i];
        else if (strcmp(a, "--shape") == 0) shape_name = argv[++i];
        else if (strcmp(a, "--seed") == 0) w.seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(a, "--threads") == 0) w.threads = atoi(argv[++i]);
        else if (strcmp(a, "--lora") == 0) w.lora = atoi(argv[++i]);
        else if (strcmp(a, "-o") == 0) w.out = argv[++i];
        else return usage("an option that is not known");
    }
    if (arch && strcmp(arch, "list") == 0) return list();
    if (!arch) return usage("which family?");
    const char *wrong = settle(&w, arch, shape_name, type, pure);
    if (wrong) return usage(wrong);
    ond_err err = {0};
    int rc = generate(&w, &err);
    if (rc != 0) fprintf(stderr, "gen: %s\n", err.text);
    return rc ? ond_code_exit(rc) : 0;
}
