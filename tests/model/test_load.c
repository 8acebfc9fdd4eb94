/* test_load.c - loading: every missing, misshapen or unknown thing named; plans that hold; the
 * packed file against memory, damaged, foreign, moved, and bounded in number. */
#include "model/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

enum { TOK = 32, MANY = 24 };

/* ---- what a file can lack ---- */
typedef struct change {
    const char *leave;      /* tensor to leave out */
    const char *reshape;    /* tensor that gets a column more */
    const char *extra;      /* tensor [4] to add */
    const char *key, *text; /* a key to set to a text … */
    uint32_t number;        /* … or, text NULL, to a number */
} change;

/* A copy of a tiny model with one thing changed. */
static void write_changed(const net *n, const char *path, const change *c)
{
    ond_gguf *g;
    ond_gguf_out *o;
    OK(ond_gguf_open(n->path, &g, err));
    OK(ond_gguf_create(path, &o, err));
    for (size_t i = 0; i < ond_gguf_n_values(g); i++)
        ond_gguf_put_value(o, ond_gguf_value_at(g, i));
    if (c->key && c->text) ond_gguf_put_str(o, c->key, ond_str_of(c->text));
    if (c->key && !c->text) ond_gguf_put_u32(o, c->key, c->number);
    static unsigned char zeros[1 << 20];
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
            const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
            if (c->leave && ond_str_is(t->name, c->leave)) continue;
            bool more = c->reshape && ond_str_is(t->name, c->reshape);
            uint64_t dim[4] = {t->dim[0], t->dim[1], t->dim[2], t->dim[3]};
            if (more) dim[t->n_dim - 1]++;
            if (pass == 0)
                ond_gguf_declare(o, t->name, t->type, t->n_dim, dim);
            else {
                OK(ond_gguf_write(o, t->p, t->bytes, err));
                size_t all =
                    ond_type_row_bytes((ond_type)t->type, dim[0]) * (size_t)(dim[1] * dim[2]);
                if (more) OK(ond_gguf_write(o, zeros, all - t->bytes, err));
            }
            if (i + 1 < ond_gguf_n_tensors(g) || !c->extra) continue;
            if (pass == 0)
                ond_gguf_declare(o, ond_str_of(c->extra), OND_F32, 1, (uint64_t[]){4});
            else
                OK(ond_gguf_write(o, zeros, 16, err));
        }
    OK(ond_gguf_commit(o, err));
    ond_gguf_close(g);
}

static int open_changed(const net *n, const change *c, ond_err *err)
{
    char path[128];
    ond_gguf *g;
    ond_model *m = NULL;
    snprintf(path, sizeof path, "%s/changed.gguf", n->dir);
    write_changed(n, path, c);
    int rc = ond_gguf_open(path, &g, err);
    if (rc != 0) return rc;
    rc = ond_model_open(g, NULL, &m, err);
    ond_model_plan plan;
    ond_err other;
    assert_int_equal(ond_model_plan_read(g, NULL, 64, OND_KV_F16, 8, 1, 2, &plan, &other), rc);
    ond_model_close(m);
    ond_gguf_close(g);
    return rc;
}

static void test_named_errors(void **state)
{
    (void)state;
    static const struct {
        const char *tiny;
        change c;
        const char *words;
    } rows[] = {
        {"llama", {.leave = "blk.1.attn_k.weight"}, "blk.1.attn_k.weight is missing"},
        {"llama", {.leave = "token_embd.weight"}, "token_embd.weight is missing"},
        {"llama", {.leave = "output_norm.weight"}, "output_norm.weight is missing"},
        {"llama",
         {.reshape = "blk.2.ffn_down.weight"},
         "blk.2.ffn_down.weight has the shape [512, 257]"},
        {"llama",
         {.reshape = "blk.0.attn_norm.weight"},
         "blk.0.attn_norm.weight has the shape [257]"},
        {"llama",
         {.extra = "blk.1.attn_other.bias"},
         "blk.1.attn_other.bias is not part of \"llama\""},
        {"llama", {.extra = "something.bias"}, "something.bias is not part"},
        {"llama", {.key = "general.architecture", .text = "mamba"}, "\"mamba\" is not supported"},
        {"llama",
         {.key = "llama.rope.scaling.type", .text = "dynamic"},
         "RoPE scaling \"dynamic\""},
        {"llama",
         {.key = "llama.attention.head_count", .number = 3},
         "3 attention heads cannot share 2"},
        {"llama", {.key = "llama.attention.head_count", .number = 0}, "llama.attention.head_count"},
        {"llama", {.key = "llama.block_count", .number = 4}, "blk.3.attn_norm.weight is missing"},
        {"llama", {.key = "llama.block_count", .number = 2}, "blk.2."},
        {"llama", {.key = "llama.block_count", .number = 1u << 31}, "llama.block_count"},
        {"llama", {.key = "llama.attention.key_length", .number = 63}, "63"},
        {"llama", {.key = "llama.rope.dimension_count", .number = 32}, "rope.dimension_count"},
        {"llama",
         {.key = "llama.embedding_length", .number = 128},
         "token_embd.weight has the shape"},
        {"phi3", {.leave = "blk.0.attn_qkv.weight"}, "blk.0.attn_q.weight is missing"},
        {"qwen3moe", {.leave = "blk.0.ffn_up_exps.weight"}, "blk.0.ffn_up_exps.weight is missing"},
        {"qwen3moe", {.key = "qwen3moe.expert_used_count", .number = 9}, "9 experts of 8"},
        {"bert", {.key = "bert.pooling_type", .number = 4}, "pooling type 4"},
        {"bert",
         {.leave = "blk.1.layer_output_norm.bias"},
         "blk.1.layer_output_norm.bias is missing"},
        {"gemma3",
         {.leave = "blk.0.post_ffw_norm.weight"},
         "blk.0.post_ffw_norm.weight is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        net n = net_file(tiny_named(rows[i].tiny), OND_Q8_0);
        FAILS(OND_E_INPUT, rows[i].words, open_changed(&n, &rows[i].c, err));
        net_drop(&n);
    }
    /* What changes no answer is no error. */
    net n = net_file(tiny_named("llama"), OND_Q8_0);
    OK(open_changed(&n, &(change){.extra = "some.other.thing"}, err));
    OK(open_changed(&n, &(change){.key = "llama.rope.scaling.type", .text = "none"}, err));
    net_drop(&n);
}

/* ---- plans ---- */
static void test_plan_is_exact(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++)
        for (int k = 0; k<ond_kern_count(); k += ond_kern_count()> 1 ? ond_kern_count() - 1 : 1) {
            net n = net_file(&tinies[i], OND_Q8_0);
            ond_model_plan plan, off;
            net_open(&n, ond_kern_at(k), 2, TOK, (ond_model_opts){0});
            ond_model_opts o = {.kern = ond_kern_at(k)};
            OK(ond_model_plan_read(n.g, &o, 100, OND_KV_F16, TOK, TOK, 2, &plan, err));
            o.packing = OND_PACK_OFF;
            OK(ond_model_plan_read(n.g, &o, 100, OND_KV_F16, TOK, TOK, 2, &off, err));
            const ond_shape *s = ond_model_shape(n.m);
            size_t row =
                ond_kv_row_bytes(OND_KV_F16, s->d_k) + ond_kv_row_bytes(OND_KV_F16, s->d_v);
            assert_int_equal(
                plan.kv, s->embedding ? 0 : row * 100 * (size_t)s->n_layer * (size_t)s->n_head_kv);
            assert_int_equal(off.packed, 0);
            assert_true(off.mapped >= plan.mapped);
            assert_true((plan.packed > 0) == ond_kern_at(k)->panels);
            assert_true(plan.pass > 0 && plan.pass < 64u << 20);
            net_drop(&n);
        }
}

/* What a larger model takes is what was planned: 5 % and 16 MiB more at most, and never both
 * copies. */
static void test_resident_is_planned(void **state)
{
    (void)state;
#if defined __SANITIZE_ADDRESS__
    skip();
#endif
    tiny t = *tiny_named("llama");
    t.n_layer = 12, t.n_embd = 1024, t.n_head = 16, t.n_head_kv = 4, t.n_ff = 4096,
    t.n_vocab = 2000;
    net n = net_file(&t, OND_Q8_0);
    size_t before = ond_rss();
    net_open(&n, NULL, 2, TOK, (ond_model_opts){0});
    ond_model_plan plan;
    OK(ond_model_plan_read(n.g, NULL, TINY_CTX, OND_KV_F16, TOK, TOK, 2, &plan, err));
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    free(run_all(&n, ids, MANY, OND_KV_F16));
    size_t took = ond_rss() - before, most = plan.packed + plan.mapped + plan.kv + plan.pass;
    if (took > most + most / 20 + (16u << 20))
        fail_msg("%zu bytes are resident, and %zu were planned", took, most);
    assert_true(took < plan.packed + plan.packed / 10 + plan.mapped + plan.kv + (16u << 20));
    net_drop(&n);
}

/* ---- the packed file ---- */
static int count_files(const char *dir, const char *suffix, char *last, size_t n)
{
    char **names;
    size_t many;
    ond_err err;
    if (ond_dir_list(dir, suffix, &names, &many, &err) != 0) return 0;
    if (many && last) snprintf(last, n, "%s/%s", dir, names[many - 1]);
    ond_names_free(names, many);
    return (int)many;
}

static bool any_panels(void)
{
    const ond_kern *k;
    OK(ond_kern_pick(&k, err));
    return k->panels;
}

static void check_logits(net *n, const float *want, const char *what)
{
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    float *x = run_all(n, ids, MANY, OND_KV_F16);
    size_t size =
        (embeds(n) ? (size_t)ond_model_shape(n->m)->n_embd : (size_t)MANY * (size_t)vocab(n)) *
        sizeof *x;
    if (memcmp(x, want, size) != 0) fail_msg("%s: other logits", what);
    free(x);
    OK(ond_model_check(n->m, n->team, err));
}

static struct stat stat_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st;
}

static void test_packed_file(void **state)
{
    (void)state;
    if (!any_panels()) skip();
    for (int i = 0; i < TINIES; i++) {
        net n = net_file(&tinies[i], i % 2 ? OND_Q4_0 : OND_Q8_0);
        char cache[96], file[256];
        snprintf(cache, sizeof cache, "%s/cache/deep", n.dir);
        int32_t ids[MANY];
        some_ids(ids, MANY, 1);
        net_open(&n, NULL, 2, TOK,
                 (ond_model_opts){.packing = OND_PACK_MEMORY, .cache_dir = cache});
        float *want = run_all(&n, ids, MANY, OND_KV_F16);
        assert_int_equal(count_files(cache, ".panels", NULL, 0), 0);
        for (int turn = 0; turn < 3; turn++) {
            net_close(&n);
            net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
            check_logits(&n, want, tinies[i].name);
            assert_int_equal(count_files(cache, ".panels", file, sizeof file), 1);
            assert_int_equal(count_files(cache, ".tmp", NULL, 0), 0);
        }
        assert_int_equal(stat_of(file).st_mode & 077, 0);
        net_close(&n);
        net_open(&n, NULL, 1, TOK, (ond_model_opts){.packing = OND_PACK_OFF});
        net_drop(&n);
        free(want);
    }
}

static void flip(const char *path, off_t at)
{
    unsigned char b;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &b, 1, at), 1);
    b ^= 0x10;
    assert_int_equal(pwrite(fd, &b, 1, at), 1);
    close(fd);
}

static void test_damaged_file(void **state)
{
    (void)state;
    if (!any_panels()) skip();
    net n = net_file(tiny_named("llama"), OND_Q8_0);
    char cache[96], file[256];
    snprintf(cache, sizeof cache, "%s/cache", n.dir);
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
    float *want = run_all(&n, ids, MANY, OND_KV_F16);
    assert_int_equal(count_files(cache, ".panels", file, sizeof file), 1);
    off_t size = stat_of(file).st_size;
    /* Every part of the head; a byte in the middle of the data; the last; then cuts. Each is found,
     * and made again. */
    static const int at[] = {0, 8, 16, 24, 32, 40, 48, 80, 111, 152, 170, 200};
    for (size_t i = 0; i < sizeof at / sizeof *at + 6; i++) {
        net_close(&n);
        ino_t old = stat_of(file).st_ino;
        size_t many = sizeof at / sizeof *at;
        if (i < many) flip(file, at[i]);
        if (i == many) flip(file, size / 2 + 1234);
        if (i == many + 1) flip(file, size - 1);
        if (i == many + 2) assert_int_equal(truncate(file, size - 1), 0);
        if (i == many + 3) assert_int_equal(truncate(file, 100), 0);
        if (i == many + 4) assert_int_equal(truncate(file, 0), 0);
        if (i == many + 5) assert_int_equal(truncate(file, size + 4096), 0);
        net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
        check_logits(&n, want, "after damage");
        if (stat_of(file).st_ino == old) fail_msg("damage %zu was not found", i);
        assert_int_equal(stat_of(file).st_size, size);
    }
    /* The rows that say whose file it is stand apart: the model's bytes decide, and they are
     * written again. */
    for (int i = 112; i < 152; i += 5) {
        ond_buf was = {0}, is = {0};
        net_close(&n);
        OK(ond_file_read(file, (size_t)size, &was, err));
        ino_t old = stat_of(file).st_ino;
        flip(file, i);
        net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
        check_logits(&n, want, "after damage to whose it is");
        assert_int_equal(stat_of(file).st_ino, old);
        OK(ond_file_read(file, (size_t)size, &is, err));
        assert_true(is.n == was.n && memcmp(is.p, was.p, is.n) == 0);
        ond_buf_free(&was);
        ond_buf_free(&is);
    }
    /* Weights that are not those of the model (here the model changed beneath them) are found by
     * the full check. */
    const ond_gguf_tensor *t = ond_gguf_tensor_find(n.g, "blk.1.ffn_up.weight");
    flip(n.path, (off_t)t->offset + (off_t)t->bytes / 2);
    FAILS(OND_E_INPUT, "the packed weights of tensor blk.1.ffn_up.weight",
          ond_model_check(n.m, n.team, err));
    free(want);
    net_drop(&n);
}

/* A model that was copied, touched or changed: its bytes decide. */
static void test_moved_model(void **state)
{
    (void)state;
    if (!any_panels()) skip();
    net n = net_file(tiny_named("llama"), OND_Q8_0);
    char cache[96], file[256], cmd[1024];
    snprintf(cache, sizeof cache, "%s/cache", n.dir);
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
    float *want = run_all(&n, ids, MANY, OND_KV_F16);
    count_files(cache, ".panels", file, sizeof file);
    ino_t ino = stat_of(file).st_ino;
    net_close(&n);
    snprintf(cmd, sizeof cmd, "cp '%s' '%s.new' && mv '%s.new' '%s'", n.path, n.path, n.path,
             n.path);
    assert_int_equal(system(cmd), 0);
    for (int i = 0; i < 2; i++) {
        net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
        check_logits(&n, want, "copied");
        assert_int_equal(stat_of(file).st_ino, ino); /* the packed file still holds */
        net_close(&n);
    }
    /* One weight changes, between the samples of the name. */
    ond_gguf *g;
    OK(ond_gguf_open(n.path, &g, err));
    off_t at = (off_t)ond_gguf_tensor_find(g, "blk.1.ffn_up.weight")->offset + 34 * 5 + 20;
    ond_gguf_close(g);
    flip(n.path, at);
    net_open(&n, NULL, 2, TOK, (ond_model_opts){.cache_dir = cache});
    OK(ond_model_check(n.m, n.team, err));
    float *other = run_all(&n, ids, MANY, OND_KV_F16);
    assert_true(memcmp(other, want, (size_t)MANY * (size_t)vocab(&n) * sizeof *want) != 0);
    free(want);
    free(other);
    net_drop(&n);
}

/* The least recently used files go first; a file larger than the bound is not kept at all. */
static void test_bound(void **state)
{
    (void)state;
    if (!any_panels()) skip();
    char dir[] = "/tmp/ondol-test-cache-XXXXXX", files[3][256] = {{0}};
    assert_non_null(mkdtemp(dir));
    net n[3];
    off_t size = 0;
    for (int i = 0; i < 3; i++) {
        tiny t = *tiny_named("llama");
        t.n_vocab = 320 + i;
        n[i] = net_file(&t, OND_Q8_0);
    }
    for (int i = 0; i < 3; i++) {
        uint64_t most = i < 2 ? 0 : (uint64_t)size * 2 + 5000;
        net_open(&n[i], NULL, 1, 8, (ond_model_opts){.cache_dir = dir, .cache_bytes = most});
        net_close(&n[i]);
        char **names;
        size_t many;
        OK(ond_dir_list(dir, ".panels", &names, &many, err));
        for (size_t f = 0; f < many; f++) {
            char path[256];
            snprintf(path, sizeof path, "%s/%s", dir, names[f]);
            bool seen = false;
            for (int k = 0; k < i; k++) seen |= strcmp(files[k], path) == 0;
            if (!seen) strcpy(files[i], path);
        }
        ond_names_free(names, many);
        size = stat_of(files[i]).st_size;
        if (i == 1) { /* the first was made first, but used last */
            struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
            assert_int_equal(utimensat(AT_FDCWD, files[1], old, 0), 0);
            net_open(&n[0], NULL, 1, 8, (ond_model_opts){.cache_dir = dir});
            net_close(&n[0]);
        }
    }
    assert_true(ond_file_exists(files[0]) && !ond_file_exists(files[1]) &&
                ond_file_exists(files[2]));
    net_open(&n[1], NULL, 1, 8, (ond_model_opts){.cache_dir = dir, .cache_bytes = 1000});
    assert_int_equal(count_files(dir, ".panels", NULL, 0), 2);
    for (int i = 0; i < 3; i++) net_drop(&n[i]);
    remove_dir(dir);
}

/* A folder that cannot be written is no reason not to start. */
static void test_no_folder(void **state)
{
    (void)state;
    net n = net_file(tiny_named("llama"), OND_Q8_0);
    net_open(&n, NULL, 1, 8, (ond_model_opts){.cache_dir = "/proc/self/nothing"});
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_errors),
        cmocka_unit_test(test_plan_is_exact),
        cmocka_unit_test(test_resident_is_planned),
        cmocka_unit_test(test_packed_file),
        cmocka_unit_test(test_damaged_file),
        cmocka_unit_test(test_moved_model),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
