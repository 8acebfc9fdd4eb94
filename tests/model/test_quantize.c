/* test_quantize.c - model files into fewer bits, and importance matrices: types, errors, options, refusals, whole files only. */
#include "model/fixture.h"
#include "model/quantize.h"
#include "sys/map.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

typedef struct place {
    net n;                 /* n.dir, n.path: the F32 model */
    char out[128], mat[128];
} place;

static place open_place(const char *name, ond_type type)
{
    tiny t = *tiny_named(name);
    t.n_vocab = 96;
    place p = {.n = net_file(&t, type)};
    snprintf(p.out, sizeof p.out, "%s/out.gguf", p.n.dir);
    snprintf(p.mat, sizeof p.mat, "%s/imatrix", p.n.dir);
    return p;
}

/* Names in the folder that are none of ours: a temporary file left behind. */
static void close_place(place *p)
{
    DIR *d = opendir(p->n.dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        if (strcmp(e->d_name, "m.gguf") && strcmp(e->d_name, "out.gguf") && strcmp(e->d_name, "imatrix") && strcmp(e->d_name, "two.gguf"))
            fail_msg("%s was left behind", e->d_name);
        char path[512];
        snprintf(path, sizeof path, "%s/%s", p->n.dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(p->n.dir);
}

static const ond_gguf_tensor *find(const ond_gguf *g, const char *name)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, name);
    if (!t) fail_msg("no tensor %s", name);
    return t;
}

static void floats_of(const ond_gguf_tensor *t, float **out, size_t *n)
{
    *n = (size_t)(t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3]);
    *out = malloc(*n * sizeof **out);
    ond_dequant((ond_type)t->type, t->p, *n, *out);
}

/* Relative squared error of a tensor against the same one of the source; columns weighted. */
static double error_of(const ond_gguf_tensor *t, const ond_gguf_tensor *source, const float *weight)
{
    float *a, *b;
    size_t n, m;
    double e = 0, p = 0;
    floats_of(t, &a, &n);
    floats_of(source, &b, &m);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        double w = weight ? (double)weight[i % t->dim[0]] : 1, d = (double)a[i] - (double)b[i];
        e += w * d * d;
        p += w * (double)b[i] * (double)b[i];
    }
    free(a);
    free(b);
    return p > 0 ? e / p : 0;
}

static double worst_of(ond_mix mix)
{
    switch (ond_mix_base(mix)) {
    case OND_F32: return 0;
    case OND_Q8_0: return 1e-4;
    case OND_TQ1_0:
    case OND_TQ2_0: return 0.25;
    case OND_Q2_K: return 0.08;
    case OND_Q3_K: return 0.03;
    default: return 0.02;
    }
}

/* Every mixture: the types that file/mix.h says, shapes and other tensors as they were, and values near. */
static void every_mixture(void **state)
{
    (void)state;
    place p = open_place("llama", OND_F32);
    for (int m = 0; m < ond_mix_count(); m++) {
        ond_mix mix = ond_mix_at(m);
        ond_quantize_opts o = {.mix = mix};
        ond_quantize_report report;
        ond_gguf *a, *x;
        OK(ond_quantize(p.n.path, p.out, &o, &report, err));
        OK(ond_gguf_open(p.out, &a, err));
        OK(ond_gguf_open(p.n.path, &x, err));
        ond_mix_model model = {.n_layer = TINY_LAYERS, .n_head = 4, .n_head_kv = 2, .tied = true};
        assert_int_equal(ond_gguf_n_tensors(a), ond_gguf_n_tensors(x));
        uint64_t bytes = 0;
        for (size_t i = 0; i < ond_gguf_n_tensors(a); i++) {
            const ond_gguf_tensor *t = ond_gguf_tensor_at(a, i), *s = ond_gguf_tensor_at(x, i);
            assert_true(t->name.n == s->name.n && memcmp(t->name.p, s->name.p, t->name.n) == 0);
            assert_memory_equal(t->dim, s->dim, sizeof t->dim);
            assert_int_equal(t->type, ond_mix_type(mix, &model, s->name, s->n_dim, s->dim, (ond_type)s->type));
            double e = error_of(t, s, NULL);
            if (e > worst_of(mix)) fail_msg("%s %.*s (%s): error %g", ond_mix_name((uint32_t)mix), (int)t->name.n, t->name.p, ond_type_name(t->type), e);
            bytes += t->bytes;
        }
        assert_int_equal(bytes, report.bytes_to);
        assert_int_equal(report.n_tensor, ond_gguf_n_tensors(a));
        assert_int_equal(report.n_fallback, 0);
        int64_t type = -1;
        OK(ond_gguf_int(a, "general.file_type", 0, 99, -1, &type, err));
        assert_int_equal(type, (int)mix);
        assert_true(ond_str_is(ond_gguf_str(a, "general.architecture", ""), "llama"));
        ond_gguf_close(a);
        ond_gguf_close(x);
    }
    close_place(&p);
}

/* The same bytes by one thread and by three. */
static void any_team(void **state)
{
    (void)state;
    place p = open_place("qwen3moe", OND_BF16);
    ond_map a, b;
    char two[128];
    snprintf(two, sizeof two, "%s/two.gguf", p.n.dir);
    for (int n = 1; n <= 3; n += 2) {
        ond_team *team;
        OK(ond_team_open(n, &team, err));
        ond_quantize_opts o = {.mix = OND_MIX_Q4_K_M, .team = team};
        OK(ond_quantize(p.n.path, n == 1 ? p.out : two, &o, NULL, err));
        ond_team_close(team);
    }
    OK(ond_map_open(p.out, &a, err));
    OK(ond_map_open(two, &b, err));
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    ond_map_close(&a);
    ond_map_close(&b);
    close_place(&p);
}

static void options(void **state)
{
    (void)state;
    place p = open_place("llama freqs", OND_F16);   /* its head is not tied */
    ond_gguf *g;
    ond_quantize_opts o = {.mix = OND_MIX_Q4_0, .output_type = "q5_0", .embd_type = "Q8_0"};
    OK(ond_quantize(p.n.path, p.out, &o, NULL, err));
    OK(ond_gguf_open(p.out, &g, err));
    assert_int_equal(find(g, "output.weight")->type, OND_Q5_0);
    assert_int_equal(find(g, "token_embd.weight")->type, OND_Q8_0);
    assert_int_equal(find(g, "blk.0.attn_q.weight")->type, OND_Q4_0);
    assert_int_equal(find(g, "blk.0.attn_norm.weight")->type, OND_F32);
    ond_gguf_close(g);
    o = (ond_quantize_opts){.mix = OND_MIX_Q4_K_M, .pure = true, .leave_output = true};
    OK(ond_quantize(p.n.path, p.out, &o, NULL, err));
    OK(ond_gguf_open(p.out, &g, err));
    assert_int_equal(find(g, "output.weight")->type, OND_F16);
    for (int l = 0; l < TINY_LAYERS; l++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%d.attn_v.weight", l);
        assert_int_equal(find(g, name)->type, OND_Q4_K);
    }
    ond_gguf_close(g);
    o.output_type = "q9";
    FAILS(OND_E_INPUT, "there is no tensor type \"q9\"", ond_quantize(p.n.path, p.out, &o, NULL, err));
    close_place(&p);
}

typedef struct seen { size_t tensors, fallbacks, stop_at; double share; ond_type wanted, to; } seen;

static bool watch(void *self, const ond_quantize_step *s)
{
    seen *v = self;
    if (s->begins) v->tensors++;
    if (s->begins && s->wanted != s->to) {
        v->fallbacks++;
        v->wanted = s->wanted;
        v->to = s->to;
    }
    assert_true(s->share >= v->share && s->share <= 1);
    v->share = s->share;
    return s->at < v->stop_at;
}

/* Rows of 192 do not divide into blocks of 256: it is said which type comes instead. And a stop leaves nothing. */
static void fallbacks_and_stop(void **state)
{
    (void)state;
    place p = open_place("llama linear", OND_F32);
    seen v = {.stop_at = SIZE_MAX};
    ond_quantize_opts o = {.mix = OND_MIX_Q4_K_S, .progress = watch, .self = &v};
    ond_quantize_report report;
    OK(ond_quantize(p.n.path, p.out, &o, &report, err));
    assert_int_equal(v.tensors, report.n_tensor);
    assert_int_equal(v.fallbacks, report.n_fallback);
    assert_true(v.fallbacks > 0 && v.share == 1);
    assert_true((v.wanted == OND_Q4_K && v.to == OND_Q5_0) || (v.wanted == OND_Q5_K && v.to == OND_Q5_1));
    unlink(p.out);
    v = (seen){.stop_at = 5};
    FAILS(OND_E_INTERRUPTED, "stopped at the tensor", ond_quantize(p.n.path, p.out, &o, NULL, err));
    assert_int_equal(access(p.out, F_OK), -1);
    close_place(&p);
}

static void refusals(void **state)
{
    (void)state;
    place p = open_place("llama", OND_Q8_0);
    ond_quantize_opts o = {.mix = OND_MIX_Q4_0};
    FAILS(OND_E_INPUT, "is q8_0 already", ond_quantize(p.n.path, p.out, &o, NULL, err));
    assert_int_equal(access(p.out, F_OK), -1);
    FAILS(OND_E_INPUT, "is the model that is read", ond_quantize(p.n.path, p.n.path, &o, NULL, err));
    FAILS(OND_E_NOT_FOUND, "", ond_quantize("/nowhere/m.gguf", p.out, &o, NULL, err));
    o.allow_requantize = true;
    OK(ond_quantize(p.n.path, p.out, &o, NULL, err));
    o = (ond_quantize_opts){.mix = OND_MIX_Q8_0};   /* what is Q8_0 stays, unasked */
    OK(ond_quantize(p.n.path, p.out, &o, NULL, err));
    close_place(&p);
}

/* A value that is not finite: its tensor is named, and nothing is written. */
static void not_finite(void **state)
{
    (void)state;
    place p = open_place("llama", OND_F32);
    ond_gguf *g;
    OK(ond_gguf_open(p.n.path, &g, err));
    uint64_t at = find(g, "blk.1.ffn_up.weight")->offset + 4 * (3 * 256 + 7);
    ond_gguf_close(g);
    FILE *f = fopen(p.n.path, "r+b");
    assert_non_null(f);
    float nan = NAN;
    fseek(f, (long)at, SEEK_SET);
    assert_int_equal(fwrite(&nan, 4, 1, f), 1);
    fclose(f);
    ond_quantize_opts o = {.mix = OND_MIX_Q4_0};
    FAILS(OND_E_INPUT, "the tensor blk.1.ffn_up.weight", ond_quantize(p.n.path, p.out, &o, NULL, err));
    FAILS(OND_E_INPUT, "column 7 is", ond_quantize(p.n.path, p.out, &o, NULL, err));
    assert_int_equal(access(p.out, F_OK), -1);
    close_place(&p);
}

static bool die(void *self, const ond_quantize_step *s)
{
    if (s->at == *(size_t *)self) raise(SIGKILL);
    return true;
}

/* Killed at any tensor: the final name does not appear, and a file that had it is as it was. */
static void killed(void **state)
{
    (void)state;
    place p = open_place("llama", OND_F32);
    ond_gguf *g;
    OK(ond_gguf_open(p.n.path, &g, err));
    size_t n = ond_gguf_n_tensors(g);
    ond_gguf_close(g);
    for (size_t at = 0; at < n; at += 4) {
        bool old = at % 8 == 4;
        unlink(p.out);
        if (old) OK(ond_file_write(p.out, OND_S("what was there"), 0600, err));
        pid_t pid = fork();
        if (pid == 0) {
            ond_quantize_opts o = {.mix = OND_MIX_Q4_0, .progress = die, .self = &at};
            ond_err err;
            _exit(ond_quantize(p.n.path, p.out, &o, NULL, &err) == 0 ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        ond_buf b = {0};
        if (old) OK(ond_file_read(p.out, 100, &b, err));
        else assert_int_equal(access(p.out, F_OK), -1);
        assert_string_equal(ond_buf_z(&b), old ? "what was there" : "");
        ond_buf_free(&b);
    }
    DIR *d = opendir(p.n.dir);   /* what a killed process could not take away */
    for (struct dirent *e; (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", p.n.dir, e->d_name);
        if (strstr(e->d_name, ".new-")) unlink(path);
    }
    closedir(d);
    close_place(&p);
}

/* ---- importance matrices ---- */

static const char up[] = "blk.0.ffn_up.weight";

static ond_imatrix *some_matrix(size_t n_col)
{
    ond_imatrix *m;
    float *x = malloc(2 * n_col * sizeof *x);
    OK(ond_imatrix_new(&m, err));
    for (size_t i = 0; i < 2 * n_col; i++) x[i] = i % n_col % 8 == 0 ? 10.0f : 0.1f;
    OK(ond_imatrix_add(m, ond_str_of(up), n_col, 1, 0, x, n_col, 2, err));
    OK(ond_imatrix_add(m, ond_str_of(up), n_col, 1, 0, x, n_col, 1, err));
    OK(ond_imatrix_add(m, OND_S("a.experts"), 4, 3, 1, (const float[]){1, 2, 3, 4}, 4, 1, err));
    FAILS(OND_E_INPUT, "inputs of 5 columns", ond_imatrix_add(m, OND_S("a.experts"), 5, 3, 1, x, 5, 1, err));
    free(x);
    return m;
}

static void matrix_round_trip(void **state)
{
    (void)state;
    place p = open_place("llama", OND_F32);
    ond_imatrix *m = some_matrix(256), *back;
    OK(ond_imatrix_save(m, p.mat, "some text", 7, 512, err));
    OK(ond_imatrix_open(p.mat, &back, err));
    assert_int_equal(ond_imatrix_count(back), 2);
    assert_true(ond_str_is(ond_imatrix_name(back, 0), "a.experts"));
    assert_string_equal(ond_imatrix_dataset(back), "some text");
    assert_int_equal(ond_imatrix_chunks(back), 7);
    size_t n_col, n_mat;
    assert_true(ond_imatrix_find(back, OND_S("a.experts"), &n_col, &n_mat));
    assert_true(n_col == 4 && n_mat == 3);
    assert_false(ond_imatrix_find(back, OND_S("a.expert"), &n_col, &n_mat));
    float v[256];
    ond_imatrix_get(back, OND_S("a.experts"), 1, v);
    assert_true(v[0] == 1 && v[1] == 4 && v[2] == 9 && v[3] == 16);
    ond_imatrix_get(back, OND_S("a.experts"), 2, v);   /* saw nothing */
    assert_true(v[0] == 1 && v[3] == 1);
    ond_imatrix_get(back, ond_str_of(up), 0, v);
    assert_true(fabsf(v[0] - 100) < 1e-3f && fabsf(v[1] - 0.01f) < 1e-6f);
    ond_imatrix_close(back);
    ond_imatrix_close(m);
    FAILS(OND_E_INPUT, "no importance matrix", ond_imatrix_open(p.n.path, &back, err));
    assert_null(back);
    close_place(&p);
}

static void put_int(ond_buf *b, int32_t v) { ond_buf_put(b, &v, 4); }

/* The older form; every cut of it is an error or a matrix, never more than the bytes that are there. */
static void older_form(void **state)
{
    (void)state;
    place p = open_place("llama", OND_F32);
    ond_buf b = {0};
    put_int(&b, 2);
    for (int e = 0; e < 2; e++) {
        const float v[3] = {2, 4, (float)(6 + e)};
        put_int(&b, 5);
        ond_buf_puts(&b, e ? "first" : "other");
        put_int(&b, 2);
        put_int(&b, 3);
        ond_buf_put(&b, v, sizeof v);
    }
    size_t needed = b.n;
    put_int(&b, 9);
    put_int(&b, 4);
    ond_buf_puts(&b, "wiki");
    ond_imatrix *m = NULL;
    for (size_t n = 0; n <= b.n; n++) {
        OK(ond_file_write(p.mat, (ond_str){b.p, n}, 0600, err));
        ond_err err = {0};
        int rc = ond_imatrix_open(p.mat, &m, &err);
        if (n < needed) {
            if (rc != OND_E_INPUT || !strstr(err.text, p.mat)) fail_msg("%zu bytes: %s", n, err.text);
            assert_null(m);
            continue;
        }
        assert_int_equal(rc, 0);
        if (n < b.n) ond_imatrix_close(m);
    }
    float v[3];
    ond_imatrix_get(m, OND_S("first"), 0, v);
    assert_true(v[0] == 1 && v[1] == 2 && v[2] == 3.5f);
    assert_string_equal(ond_imatrix_dataset(m), "wiki");
    assert_int_equal(ond_imatrix_chunks(m), 9);
    ond_imatrix_close(m);
    float bad = -1;
    memcpy(b.p + 4 + 4 + 5 + 8, &bad, 4);
    OK(ond_file_write(p.mat, (ond_str){b.p, b.n}, 0600, err));
    FAILS(OND_E_INPUT, "other: value 0", ond_imatrix_open(p.mat, &m, err));
    ond_buf_free(&b);
    close_place(&p);
}

/* The matrix reaches the rows: columns that matter come out better; a tensor that it lacks is counted; another model's is refused. */
static void matrix_in_use(void **state)
{
    (void)state;
    place p = open_place("llama", OND_F32);
    ond_imatrix *m = some_matrix(256);
    float weight[256];
    double error[2];
    ond_imatrix_get(m, ond_str_of(up), 0, weight);
    for (int with = 0; with < 2; with++) {
        ond_quantize_opts o = {.mix = OND_MIX_Q4_0, .imatrix = with ? m : NULL, .imatrix_path = "m.gguf"};
        ond_quantize_report report;
        ond_gguf *a, *x;
        OK(ond_quantize(p.n.path, p.out, &o, &report, err));
        OK(ond_gguf_open(p.out, &a, err));
        OK(ond_gguf_open(p.n.path, &x, err));
        error[with] = error_of(find(a, up), find(x, up), weight);
        assert_true(with ? report.n_unweighted == report.n_changed - 1 : report.n_unweighted == 0);
        assert_int_equal(ond_gguf_find(a, "quantize.imatrix.file") != NULL, with);
        ond_gguf_close(a);
        ond_gguf_close(x);
    }
    if (!(error[1] < 0.8 * error[0])) fail_msg("error %g with the matrix, %g without", error[1], error[0]);
    ond_imatrix_close(m);
    m = some_matrix(128);
    ond_quantize_opts o = {.mix = OND_MIX_Q4_0, .imatrix = m};
    FAILS(OND_E_INPUT, "of another model", ond_quantize(p.n.path, p.out, &o, NULL, err));
    ond_imatrix_close(m);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mixture),     cmocka_unit_test(any_team),   cmocka_unit_test(options),
        cmocka_unit_test(fallbacks_and_stop), cmocka_unit_test(refusals),  cmocka_unit_test(not_finite),
        cmocka_unit_test(killed),
        cmocka_unit_test(matrix_round_trip), cmocka_unit_test(older_form), cmocka_unit_test(matrix_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
