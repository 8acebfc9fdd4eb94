/* test_prefix.c - prompts that come again: from other sessions, from memory, from disk after a
 * restart; damaged and too many files. */
#include "run/fixture.h"

#include "sys/clock.h"

#include <dirent.h>
#include <fcntl.h>

static net model;

static int setup(void **state)
{
    (void)state;
    model = model_file("llama", OND_Q8_0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    net_remove(&model);
    return 0;
}

static ond_counters counters(ond_session *s)
{
    ond_counters c;
    ond_session_counters(s, &c);
    return c;
}

/* What an engine without any cache says after these tokens. */
static void plain(const int32_t *tok, int n, int32_t *out, int m)
{
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    ond_session *s = session(e);
    OK(ond_session_feed(s, tok, (size_t)n, err));
    go_on(s, NULL, m, out);
    ond_session_close(s);
    ond_engine_close(e);
}

TEST(test_from_another_session)
{
    int32_t tok[120], a[20], b[20];
    prompt(tok, 120, 21);
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e), *t = session(e);
    OK(ond_session_feed(s, tok, 100, err));
    OK(ond_session_run(s, err));
    OK(ond_session_feed(t, tok, 90, err));
    OK(ond_session_feed(t, tok + 95, 20, err));
    go_on(t, NULL, 20, a);
    assert_int_equal(counters(t).reused_memory, 90);
    memmove(tok + 90, tok + 95, 20 * sizeof *tok);
    plain(tok, 110, b, 20);
    assert_memory_equal(a, b, sizeof a);
    ond_session_close(s);
    ond_session_close(t);
    ond_engine_close(e);
}

TEST(test_from_memory)
{
    int32_t tok[100], a[20], b[20];
    prompt(tok, 100, 22);
    ond_engine *e = engine(&model, (ond_engine_opts){.prefix_bytes = 16 << 20});
    for (int round = 0; round < 3; round++) {
        ond_session *s = session(e);
        OK(ond_session_feed(s, tok, 100, err));
        go_on(s, NULL, 20, a);
        assert_int_equal(counters(s).reused_memory, round ? 96 : 0);
        ond_session_close(s);
    }
    plain(tok, 100, b, 20);
    assert_memory_equal(a, b, sizeof a);
    ond_engine_close(e);
}

/* The pool holds about forty runs: old prompts go, new ones stay, answers are always right. */
TEST(test_memory_is_bounded)
{
    int32_t tok[6][64], a[6][10], b[10];
    ond_engine *e = engine(&model, (ond_engine_opts){.prefix_bytes = 512 << 10, .sessions = 1});
    for (int i = 0; i < 6; i++) prompt(tok[i], 64, 30 + (unsigned)i % 5);
    for (int i = 0; i < 5; i++) memcpy(tok[i], tok[0], 16 * sizeof **tok); /* a common beginning */
    for (int round = 0; round < 20; round++) {
        int i = round * 7 % 6;
        ond_session *s = session(e);
        OK(ond_session_feed(s, tok[i], 64, err));
        go_on(s, NULL, 10, a[i]);
        if (round > 6) {
            plain(tok[i], 64, b, 10);
            assert_memory_equal(a[i], b, sizeof b);
        }
        ond_session_close(s);
    }
    ond_counters c;
    ond_engine_counters(e, &c);
    assert_true(c.reused_memory > 100);
    ond_engine_close(e);
}

/* ---- disk ---- */
static int files_in(const char *dir, const char *end, char *one, size_t n)
{
    DIR *d = opendir(dir);
    int count = 0;
    assert_non_null(d);
    for (struct dirent *en; (en = readdir(d));) {
        size_t len = strlen(en->d_name);
        if (len <= strlen(end) || strcmp(en->d_name + len - strlen(end), end) != 0) continue;
        if (one) snprintf(one, n, "%s/%s", dir, en->d_name);
        count++;
    }
    closedir(d);
    return count;
}

static void prefix_dir(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", model.dir, name);
}

TEST(test_from_disk)
{
    int32_t tok[200], a[20], b[20];
    char dir[128];
    prefix_dir(dir, "disk");
    prompt(tok, 200, 40);
    plain(tok, 200, b, 20);
    for (int round = 0; round < 3; round++) {
        ond_engine *e = engine(&model, (ond_engine_opts){.prefix_dir = dir});
        ond_session *s = session(e);
        OK(ond_session_feed(s, tok, 180, err));
        if (round == 0) OK(ond_session_keep(s, 170, err));
        OK(ond_session_feed(s, tok + 180, 20, err));
        go_on(s, NULL, 20, a);
        assert_memory_equal(a, b, sizeof a);
        assert_int_equal(counters(s).reused_disk, round ? 170 : 0);
        ond_session_close(s);
        ond_engine_close(e);
        assert_int_equal(files_in(dir, ".kv", NULL, 0), 1);
    }
    /* Another type of cache is another identity: not used, not removed. */
    ond_engine *e = engine(&model, (ond_engine_opts){.prefix_dir = dir, .kv = "i8"});
    ond_session *s = session(e);
    OK(ond_session_feed(s, tok, 180, err));
    OK(ond_session_run(s, err));
    assert_int_equal(counters(s).reused_disk, 0);
    ond_session_close(s);
    ond_engine_close(e);
    assert_int_equal(files_in(dir, ".kv", NULL, 0), 1);
}

/* A bit flipped anywhere in a file: it is removed, and the answer is right. */
TEST(test_damaged_file)
{
    int32_t tok[100], a[5], b[5];
    char dir[128], file[400];
    prefix_dir(dir, "damaged");
    prompt(tok, 100, 41);
    plain(tok, 100, b, 5);
    for (int round = 0; round < 12; round++) {
        ond_engine *e = engine(&model, (ond_engine_opts){.prefix_dir = dir, .prefix_dir_min = 50});
        ond_session *s = session(e);
        OK(ond_session_feed(s, tok, 100, err));
        go_on(s, NULL, 5, a);
        assert_memory_equal(a, b, sizeof a);
        ond_counters c;
        ond_engine_counters(e, &c);
        assert_int_equal(c.reused_disk, 0);
        assert_int_equal(c.dropped_disk, round ? 1 : 0);
        assert_int_equal(c.kept_disk, 1);
        ond_session_close(s);
        ond_engine_close(e);
        assert_int_equal(files_in(dir, ".kv", file, sizeof file), 1);
        struct stat st;
        assert_int_equal(stat(file, &st), 0);
        unsigned char byte;
        off_t at = round < 10 ? st.st_size * round / 10 : 0;
        int fd = open(file, O_RDWR);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= (unsigned char)(1 << round % 8);
        if (round == 10)
            assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
        else if (round == 11)
            assert_int_equal(ftruncate(fd, 0), 0);
        else
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
}

TEST(test_disk_is_bounded)
{
    char dir[128];
    prefix_dir(dir, "bounded");
    uint64_t each = 64 * 3 * 2 * 2 * 64 * 2; /* positions, layers, heads, K and V, d, f16 */
    ond_engine *e = engine(
        &model, (ond_engine_opts){.prefix_dir = dir, .prefix_dir_bytes = 3 * each + each / 2});
    ond_session *s = session(e);
    for (unsigned i = 0; i < 8; i++) {
        int32_t tok[200];
        prompt(tok, 200, 50 + i);
        OK(ond_session_set(s, tok, 64, err));
        OK(ond_session_keep(s, 64, err));
        assert_int_equal(files_in(dir, ".kv", NULL, 0), i < 3 ? (int)i + 1 : 3);
    }
    int32_t tok[250];
    prompt(tok, 250, 70);
    OK(ond_session_set(s, tok, 250, err));
    FAILS(OND_E_BUDGET, "prefix_dir_bytes", ond_session_keep(s, 250, err));
    ond_session_close(s);
    ond_engine_close(e);
}

/* A thousand tokens come back in less time than they took; the figure is printed, not asserted. */
TEST(test_thousand_tokens)
{
    int32_t tok[1000];
    char dir[128];
    uint64_t took[2];
    prefix_dir(dir, "thousand");
    prompt(tok, 1000, 60);
    for (int round = 0; round < 2; round++) {
        ond_engine *e =
            engine(&model, (ond_engine_opts){.prefix_dir = dir, .ctx = 1024, .sessions = 1});
        ond_session *s = session(e);
        const float *x;
        uint64_t began = ond_steady_us();
        OK(ond_session_feed(s, tok, 1000, err));
        OK(ond_session_logits(s, &x, err));
        took[round] = ond_steady_us() - began;
        if (round == 0) OK(ond_session_keep(s, 1000, err));
        assert_int_equal(counters(s).reused_disk, round ? 999 : 0);
        ond_session_close(s);
        ond_engine_close(e);
    }
    print_message("# 1000 tokens: %.1f ms evaluated, %.1f ms from disk\n", (double)took[0] / 1000,
                  (double)took[1] / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_another_session), cmocka_unit_test(test_from_memory),
        cmocka_unit_test(test_memory_is_bounded),    cmocka_unit_test(test_from_disk),
        cmocka_unit_test(test_damaged_file),         cmocka_unit_test(test_disk_is_bounded),
        cmocka_unit_test(test_thousand_tokens),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
