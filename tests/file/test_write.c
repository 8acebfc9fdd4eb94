/* test_write.c - writing GGUF: what was put comes back, and a name never holds half a file. */
#include "build.h"
#include "sys/file.h"
#include "sys/tmp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int names_in_folder(void)
{
    DIR *d = opendir(tmp);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static ond_gguf_out *create(const char *name)
{
    ond_gguf_out *o = NULL;
    ond_err err = {0};
    if (ond_gguf_create(tmp_path(name), &o, &err) != 0) fail_msg("%s", err.text);
    return o;
}

static ond_gguf *open_file(const char *name)
{
    ond_gguf *g = NULL;
    ond_err err = {0};
    if (ond_gguf_open(tmp_path(name), &g, &err) != 0) fail_msg("%s", err.text);
    return g;
}

TEST(what_was_put_comes_back)
{
    static const ond_str words[] = {{"a", 1}, {"", 0}, {"b\0c", 3}};
    static const float floats[] = {1.5f, -2};
    static const int32_t ints[] = {-1, 0, INT32_MAX};
    static const bool bools[] = {true, false};
    ond_gguf_out *o = create("w.gguf");
    ond_err err = {0};
    int64_t n;
    double d;
    ond_gguf_put_u32(o, "u", 1);
    ond_gguf_put_f32(o, "f", 0.25f);
    ond_gguf_put_bool(o, "b", true);
    ond_gguf_put_str(o, "s", OND_S("text"));
    ond_gguf_put_strs(o, "ss", words, COUNT(words));
    ond_gguf_put_f32s(o, "fs", floats, COUNT(floats));
    ond_gguf_put_i32s(o, "is", ints, COUNT(ints));
    ond_gguf_put_bools(o, "bs", bools, COUNT(bools));
    ond_gguf_put_u32(o, "u", 4000000000u); /* replaces */
    assert_int_equal(ond_gguf_commit(o, &err), 0);
    ond_gguf *g = open_file("w.gguf");
    assert_int_equal(ond_gguf_n_values(g), 8);
    assert_int_equal(ond_gguf_int(g, "u", 0, UINT32_MAX, 0, &n, &err), 0);
    assert_true(n == 4000000000);
    assert_int_equal(ond_gguf_num(g, "f", 0, &d, &err), 0);
    assert_true(d == 0.25);
    assert_true(ond_gguf_bool(g, "b", false));
    assert_true(ond_str_is(ond_gguf_str(g, "s", ""), "text"));
    ond_str s;
    size_t at = 0;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_true(ond_gguf_next_str(ond_gguf_find(g, "ss"), &at, &s));
        assert_true(ond_str_eq(s, words[i]));
    }
    for (size_t i = 0; i < COUNT(floats); i++)
        assert_true(ond_gguf_item_num(ond_gguf_find(g, "fs"), i) == (double)floats[i]);
    for (size_t i = 0; i < COUNT(ints); i++)
        assert_int_equal(ond_gguf_item_int(ond_gguf_find(g, "is"), i), ints[i]);
    for (size_t i = 0; i < COUNT(bools); i++)
        assert_int_equal(ond_gguf_item_int(ond_gguf_find(g, "bs"), i), bools[i]);
    ond_gguf_close(g);
    assert_int_equal(names_in_folder(), 1);
}

TEST(values_of_another_file_are_copied)
{
    ond_buf b = {0};
    ond_gguf *from = NULL;
    ond_err err = {0};
    put_sample(&b, 2);
    assert_int_equal(ond_gguf_open_bytes(b.p, b.n, "t", &from, &err), 0);
    ond_gguf_out *o = create("copy.gguf");
    for (size_t i = 0; i < ond_gguf_n_values(from); i++) ond_gguf_put_value(o, ond_gguf_value_at(from, i));
    ond_gguf_put_u32(o, "n", 8);
    for (size_t i = 0; i < ond_gguf_n_tensors(from); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(from, i);
        ond_gguf_declare(o, t->name, t->type, t->n_dim, t->dim);
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(from); i++)
        assert_int_equal(ond_gguf_write(o, ond_gguf_tensor_at(from, i)->p, ond_gguf_tensor_at(from, i)->bytes, &err), 0);
    assert_int_equal(ond_gguf_commit(o, &err), 0);
    ond_gguf *g = open_file("copy.gguf");
    for (size_t i = 0; i < ond_gguf_n_values(from); i++) {
        const ond_gguf_value *a = ond_gguf_value_at(from, i), *c = ond_gguf_value_at(g, i);
        assert_true(ond_str_eq(a->key, c->key));
        assert_int_equal(a->kind, c->kind);
        assert_int_equal(a->bytes, c->bytes);
        if (!ond_str_is(a->key, "n")) assert_memory_equal(a->p, c->p, a->bytes);
        else assert_int_equal(ond_gguf_item_int(c, 0), 8);
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(from); i++) {
        const ond_gguf_tensor *a = ond_gguf_tensor_at(from, i), *c = ond_gguf_tensor_at(g, i);
        assert_int_equal(a->bytes, c->bytes);
        assert_memory_equal(a->p, c->p, a->bytes);
        assert_memory_equal(a->dim, c->dim, sizeof a->dim);
    }
    ond_gguf_close(g);
    ond_gguf_close(from);
    ond_buf_free(&b);
}

/* Pieces of any size, across tensors; the alignment that the keys ask for. */
TEST(data_in_any_pieces)
{
    enum { N = 700000 };
    unsigned char *bytes = malloc(N * 4 * 2 + 12);
    ond_err err = {0};
    for (size_t i = 0; i < N * 4 * 2 + 12; i++) bytes[i] = (unsigned char)(i * 7 >> 3);
    ond_gguf_out *o = create("p.gguf");
    ond_gguf_put_u32(o, "general.alignment", 256);
    ond_gguf_declare(o, OND_S("a"), OND_F32, 1, (uint64_t[]){3});
    ond_gguf_declare(o, OND_S("b"), OND_F32, 2, (uint64_t[]){1000, 700});
    ond_gguf_declare(o, OND_S("c"), OND_F32, 3, (uint64_t[]){1000, 70, 10});
    for (size_t at = 0, step = 1; at < N * 4 * 2 + 12; at += step, step = step * 3 % 2000003) {
        if (step > N * 4 * 2 + 12 - at) step = N * 4 * 2 + 12 - at;
        assert_int_equal(ond_gguf_write(o, bytes + at, step, &err), 0);
    }
    assert_int_equal(ond_gguf_commit(o, &err), 0);
    ond_gguf *g = open_file("p.gguf");
    const ond_gguf_tensor *a = ond_gguf_tensor_find(g, "a"), *b = ond_gguf_tensor_find(g, "b"),
                          *c = ond_gguf_tensor_find(g, "c");
    assert_memory_equal(a->p, bytes, 12);
    assert_memory_equal(b->p, bytes + 12, N * 4);
    assert_memory_equal(c->p, bytes + 12 + N * 4, N * 4);
    assert_int_equal(b->offset % 256, 0);
    assert_int_equal(c->dim[2], 10);
    ond_gguf_close(g);
    free(bytes);
}

/* An alignment that came as another kind of number is kept all the same. */
TEST(an_alignment_of_any_kind_is_kept)
{
    ond_buf b = {0};
    ond_gguf *from = NULL;
    ond_err err = {0};
    put_head(&b, 3, 0, 1);
    put_key(&b, "general.alignment", OND_GGUF_U64);
    put_le(&b, 64, 8);
    assert_int_equal(ond_gguf_open_bytes(b.p, b.n, "t", &from, &err), 0);
    ond_gguf_out *o = create("wide.gguf");
    ond_gguf_put_value(o, ond_gguf_value_at(from, 0));
    ond_gguf_declare(o, OND_S("a"), OND_F32, 1, (uint64_t[]){1});
    ond_gguf_declare(o, OND_S("b"), OND_F32, 1, (uint64_t[]){1});
    assert_int_equal(ond_gguf_write(o, "aaaabbbb", 8, &err), 0);
    assert_int_equal(ond_gguf_commit(o, &err), 0);
    ond_gguf *g = open_file("wide.gguf");
    assert_memory_equal(ond_gguf_tensor_find(g, "b")->p, "bbbb", 4);
    ond_gguf_close(g);
    ond_gguf_close(from);
    ond_buf_free(&b);
}

typedef enum fault { SHORT_DATA, NO_DATA, MUCH_DATA, TWICE, BAD_ROW, BAD_TYPE, LATE_KEY, LATE_TENSOR, BAD_ALIGN } fault;

/* A file with one fault; returns what commit says. */
static int with_fault(fault f, ond_err *err)
{
    static const float zeros[64];
    ond_gguf_out *o = create("bad.gguf");
    ond_gguf_put_u32(o, "general.alignment", f == BAD_ALIGN ? 3 : 32);
    ond_gguf_declare(o, OND_S("w"), OND_F32, 1, (uint64_t[]){64});
    if (f == TWICE) ond_gguf_declare(o, OND_S("w"), OND_F32, 1, (uint64_t[]){1});
    if (f == BAD_ROW) ond_gguf_declare(o, OND_S("v"), OND_Q4_0, 1, (uint64_t[]){31});
    if (f == BAD_TYPE) ond_gguf_declare(o, OND_S("v"), 99, 1, (uint64_t[]){32});
    ond_err ignored;
    if (f != NO_DATA) (void)!ond_gguf_write(o, zeros, f == SHORT_DATA ? 255 : 256, &ignored);
    if (f == MUCH_DATA && ond_gguf_write(o, zeros, 1, err) == 0) return 0;
    if (f == MUCH_DATA) {
        int rc = err->code;
        ond_gguf_abort(o);
        return rc;
    }
    if (f == LATE_KEY) ond_gguf_put_u32(o, "late", 1);
    if (f == LATE_TENSOR) ond_gguf_declare(o, OND_S("late"), OND_F32, 1, (uint64_t[]){1});
    return ond_gguf_commit(o, err);
}

TEST(faults_are_said_and_leave_nothing)
{
    static const char *const words[] = {"tensor w got 255 of its 256", "tensor w got 0", "more data", "name w", "tensor v",
                                        "tensor v", "late", "after the first data", "general.alignment"};
    for (int f = SHORT_DATA; f <= BAD_ALIGN; f++) {
        ond_err err = {0};
        assert_int_not_equal(with_fault((fault)f, &err), 0);
        if (!strstr(err.text, words[f])) fail_msg("\"%s\" is not in: %s", words[f], err.text);
        assert_int_equal(names_in_folder(), 0);
    }
}

TEST(places_that_cannot_be_written)
{
    ond_gguf_out *o = NULL;
    ond_err err = {0};
    assert_int_equal(ond_gguf_create(tmp_path("no/such/x.gguf"), &o, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "no/such/x.gguf"));
    assert_null(o);
    assert_int_equal(ond_gguf_create(tmp, &o, &err), OND_E_INPUT);
    ond_gguf_abort(NULL);
}

TEST(a_link_stays_a_link_and_an_abort_keeps_what_was_there)
{
    ond_err err = {0};
    struct stat st;
    char before[64] = "", link[512];
    assert_int_equal(ond_gguf_commit(create("real.gguf"), &err), 0);
    assert_int_equal(symlink("real.gguf", tmp_path("link.gguf")), 0);
    ond_gguf_out *o = create("link.gguf");
    ond_gguf_put_u32(o, "new", 1);
    assert_int_equal(ond_gguf_commit(o, &err), 0);
    assert_true(readlink(tmp_path("link.gguf"), before, sizeof before - 1) > 0);
    assert_string_equal(before, "real.gguf");
    ond_gguf *g = open_file("real.gguf");
    assert_non_null(ond_gguf_find(g, "new"));
    ond_gguf_close(g);
    ond_gguf_abort(create("real.gguf"));
    assert_int_equal(names_in_folder(), 2);
    snprintf(link, sizeof link, "%s", tmp_path("real.gguf"));
    mode_t mask = umask(022);
    umask(mask);
    assert_int_equal(stat(link, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666 & ~mask); /* a model is as readable as other files of its owner */
}

/* ---- ends in the middle ---- */

/* Writes version `n` of a file over and over: a key that says n, and a tensor full of n. */
static int write_version(const char *path, uint32_t n)
{
    enum { ROWS = 64, COLS = 4096 };
    float row[COLS];
    ond_gguf_out *o = NULL;
    ond_err err = {0};
    if (ond_gguf_create(path, &o, &err) != 0) return err.code;
    ond_gguf_put_u32(o, "n", n);
    ond_gguf_declare(o, OND_S("w"), OND_F32, 2, (uint64_t[]){COLS, ROWS});
    for (int i = 0; i < COLS; i++) row[i] = (float)n;
    for (int i = 0; i < ROWS; i++)
        if (ond_gguf_write(o, row, sizeof row, &err) != 0) {
            ond_gguf_abort(o);
            return err.code;
        }
    return ond_gguf_commit(o, &err);
}

static void check_version(const char *path)
{
    ond_gguf *g = NULL;
    ond_err err = {0};
    int64_t n;
    if (ond_gguf_open(path, &g, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(ond_gguf_int(g, "n", 0, INT32_MAX, -1, &n, &err), 0);
    const ond_gguf_tensor *w = ond_gguf_tensor_find(g, "w");
    for (size_t i = 0; i < w->bytes; i += 4) {
        float f;
        memcpy(&f, w->p + i, 4);
        assert_true(f == (float)n);
    }
    ond_gguf_close(g);
}

TEST(killed_at_any_point_a_name_holds_a_whole_file_or_none)
{
    char path[512];
    unsigned salt = 12345;
    snprintf(path, sizeof path, "%s", tmp_path("k.gguf"));
    for (int round = 0; round < 60; round++) {
        pid_t pid = fork();
        if (pid == 0)
            for (uint32_t n = 1;; n++)
                if (write_version(path, n) != 0) _exit(1);
        salt = salt * 1103515245u + 12345u;
        usleep(200 + salt % 9000);
        kill(pid, SIGKILL);
        int status;
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        if (ond_file_exists(path)) check_version(path);
        if (round % 20 == 19) unlink(path);
    }
    /* Where files need no name, hardly one is left: only a kill between naming and renaming can leave it. */
    int nameless = open(tmp, O_TMPFILE | O_WRONLY, 0600);
    if (nameless < 0) return;
    close(nameless);
    assert_true(names_in_folder() <= 8);
}

TEST(a_full_disk_is_said_and_leaves_what_was_there)
{
    char path[512];
    snprintf(path, sizeof path, "%s", tmp_path("full.gguf"));
    assert_int_equal(write_version(path, 7), 0);
    struct rlimit before, small = {100000, 100000};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int rc = write_version(path, 8);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old);
    assert_int_equal(rc, OND_E_IO);
    assert_int_equal(names_in_folder(), 1);
    check_version(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(what_was_put_comes_back),
        TMP_TEST(values_of_another_file_are_copied),
        TMP_TEST(data_in_any_pieces),
        TMP_TEST(an_alignment_of_any_kind_is_kept),
        TMP_TEST(faults_are_said_and_leave_nothing),
        TMP_TEST(places_that_cannot_be_written),
        TMP_TEST(a_link_stays_a_link_and_an_abort_keeps_what_was_there),
        TMP_TEST(killed_at_any_point_a_name_holds_a_whole_file_or_none),
        TMP_TEST(a_full_disk_is_said_and_leaves_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
