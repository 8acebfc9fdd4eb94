/* test_pull.c - pulling from a double of the hub that cuts, corrupts, redirects, rate-limits; the cache; being killed. */
#include "base/msg.h"
#include "hub/double.h"
#include "hub/hub.h"
#include "sys/file.h"
#include "sys/tmp.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { BIG = 40 << 20 };   /* three pieces */

static hub h;

static int open_all(void **state)
{
    if (tmp_setup(state)) return -1;
    setenv("HF_HUB_CACHE", tmp, 1);
    unsetenv("HF_TOKEN");
    unsetenv("HF_HUB_OFFLINE");
    setenv("HF_TOKEN_PATH", "/nonexistent", 1);
    hub_open(&h);
    hub_add(&h, "tiny-Q8_0.gguf", 1000, 1);
    hub_add(&h, "tiny-Q4_K_M.gguf", BIG, 2);
    hub_add(&h, "sub/part-F16-00001-of-00002.gguf", 70000, 3);
    hub_add(&h, "sub/part-F16-00002-of-00002.gguf", 30000, 4);
    hub_add(&h, "empty-Q2_K.gguf", 0, 5);
    setenv("HF_ENDPOINT", h.endpoint, 1);
    return 0;
}

static int close_all(void **state)
{
    hub_close(&h);
    return tmp_teardown(state);
}

/* Whether the file at `path` is byte for byte the hub's file k. */
static void check_bytes(const char *path, int k)
{
    ond_buf b = {0};
    ond_err err = {0};
    if (ond_file_read(path, BIG + 1, &b, &err)) fail_msg("%s", err.text);
    assert_int_equal(b.n, h.file[k].n);
    if (b.n) assert_memory_equal(b.p, h.file[k].bytes, b.n);
    ond_buf_free(&b);
}

static void pull_fine(const char *name, int k)
{
    ond_buf path = {0};
    ond_err err = {0};
    if (ond_hub_pull(name, NULL, &path, &err)) fail_msg("%s: %s", name, err.text);
    check_bytes(ond_buf_z(&path), k);
    ond_buf_free(&path);
}

static void pull_fails(const char *name, int code, const char *words)
{
    ond_buf path = {0};
    ond_err err = {0};
    assert_int_equal(ond_hub_pull(name, &(ond_hub_opts){.tries = 2}, &path, &err), code);
    if (!strstr(err.text, words)) fail_msg("\"%s\" lacks \"%s\"", err.text, words);
    ond_buf_free(&path);
}

/* No file in blobs/ bears a final name unless its bytes hash to it. */
static int check_no_half(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    const char *name = path + ftw->base;
    if (type != FTW_F || strlen(name) != 64) return 0;
    for (int k = 0; k < h.n_file; k++)
        if (strcmp(h.file[k].sha256, name) == 0) {
            assert_int_equal((size_t)st->st_size, h.file[k].n);
            check_bytes(path, k);
            return 0;
        }
    fail_msg("%s is no file of ours", path);
    return 0;
}

TEST(the_layout_is_huggingface_hubs)
{
    char p[512], link[512];
    pull_fine("me/tiny:Q8_0", 0);
    snprintf(p, sizeof p, "%s/models--me--tiny/snapshots/%s/tiny-Q8_0.gguf", tmp, hub_commit);
    ssize_t n = readlink(p, link, sizeof link - 1);
    assert_true(n > 0);
    link[n] = 0;
    snprintf(p, sizeof p, "../../blobs/%s", h.file[0].sha256);
    assert_string_equal(link, p);
    ond_buf ref = {0};
    snprintf(p, sizeof p, "%s/models--me--tiny/refs/main", tmp);
    assert_int_equal(ond_file_read(p, 100, &ref, NULL), 0);
    assert_string_equal(ond_buf_z(&ref), hub_commit);
    ond_buf_free(&ref);
    snprintf(p, sizeof p, "%s/evil.gguf", tmp);
    assert_false(ond_file_exists(p));
}

TEST(without_a_tag_q4_k_m_in_parallel_ranges)
{
    pull_fine("me/tiny", 1);
    assert_true(h.ranged >= 3);
    int gets = h.gets;
    pull_fine("me/tiny", 1);
    assert_int_equal(h.gets, gets);      /* it is here already */
}

TEST(split_models_come_whole)
{
    pull_fine("me/tiny:F16", 2);
    ond_buf path = {0};
    assert_int_equal(ond_hub_find("me/tiny:F16", NULL, &path, NULL), 0);
    char *second = strdup(ond_buf_z(&path)), *mark = strstr(second, "-00001-");
    memcpy(mark, "-00002-", 7);
    check_bytes(second, 3);
    free(second);
    ond_buf_free(&path);
}

TEST(an_empty_file)
{
    pull_fine("me/tiny:empty-Q2_K.gguf", 4);
}

TEST(cut_busy_broken_are_tried_again)
{
    h.cut = 2;
    h.busy = 1;
    h.broken = 1;
    pull_fine("me/tiny", 1);
    assert_int_equal(h.cut + h.busy + h.broken, 0);
}

TEST(one_corruption_is_found_and_mended)
{
    h.corrupt = 1;
    pull_fine("me/tiny", 1);
    assert_int_equal(h.corrupt, 0);
}

TEST(lasting_corruption_leaves_nothing)
{
    h.corrupt = 1000;
    pull_fails("me/tiny", OND_E_INPUT, "SHA-256");
    nftw(tmp, check_no_half, 8, FTW_PHYS);
    ond_buf path = {0};
    assert_int_equal(ond_hub_find("me/tiny", NULL, &path, NULL), OND_E_NOT_FOUND);
    ond_buf_free(&path);
}

TEST(a_server_without_ranges)
{
    h.no_ranges = true;
    pull_fine("me/tiny", 1);
    assert_int_equal(h.gets, 1);
}

TEST(a_file_of_another_size)
{
    h.wrong_size = true;
    pull_fails("me/tiny", OND_E_INPUT, "another size");
}

TEST(the_token_stays_with_the_hub)
{
    h.wants_token = true;
    pull_fails("me/tiny:Q8_0", OND_E_DENIED, "HF_TOKEN");
    setenv("HF_TOKEN", "hf_test", 1);
    pull_fine("me/tiny:Q8_0", 0);
    assert_int_equal(h.token_leaks, 0);
    setenv("HF_TOKEN", "bad\ntoken", 1);
    pull_fails("me/tiny:Q8_0", OND_E_CONFIG, "HF_TOKEN");
}

TEST(errors_say_what_there_is)
{
    pull_fails("me/other", OND_E_NOT_FOUND, "me/other: the hub knows no such");
    pull_fails("me/tiny:Q3_K_S", OND_E_NOT_FOUND, "tiny-Q8_0.gguf");
    pull_fails("tiny", OND_E_INPUT, "ORG/REPO");
    setenv("HF_HUB_OFFLINE", "1", 1);
    pull_fails("me/tiny", OND_E_UNAVAILABLE, "HF_HUB_OFFLINE");
    unsetenv("HF_HUB_OFFLINE");
    setenv("HF_ENDPOINT", "http://127.0.0.1:1", 1);
    pull_fails("me/tiny", OND_E_UNAVAILABLE, "127.0.0.1:1");
    setenv("HF_ENDPOINT", "gopher://x", 1);
    pull_fails("me/tiny", OND_E_CONFIG, "HF_ENDPOINT");
}

TEST(list_find_remove)
{
    pull_fine("me/tiny:Q8_0", 0);
    pull_fine("me/tiny", 1);
    pull_fine("me/tiny:F16", 2);
    ond_hub_entry *list;
    size_t n;
    assert_int_equal(ond_hub_list(&list, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_string_equal(list[0].name, "me/tiny:F16");
    assert_int_equal(list[0].bytes, 100000);
    assert_int_equal(list[0].parts, 2);
    assert_string_equal(list[2].name, "me/tiny:Q8_0");
    ond_hub_list_free(list, n);

    ond_buf path = {0};
    ond_err err = {0};
    assert_int_equal(ond_hub_find("tiny-Q8_0.gguf", NULL, &path, &err), 0);
    assert_int_equal(ond_hub_find("tiny", NULL, &path, &err), OND_E_AMBIGUOUS);
    assert_int_equal(ond_hub_find("tiny:q8_0", NULL, &path, &err), 0);
    assert_int_equal(ond_hub_find("me/tony:Q8_0", "ko", &path, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "me/tiny:Q8_0을 쓰세요"));
    assert_int_equal(ond_hub_find(tmp, NULL, &path, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "is a folder"));
    assert_int_equal(ond_hub_find("me/tony:Q8_0", NULL, &path, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "me/tiny:Q8_0"));
    assert_non_null(strstr(err.text, "ondol pull me/tony:Q8_0"));
    ond_buf_free(&path);

    uint64_t freed;
    assert_int_equal(ond_hub_remove("me/tiny:F16", NULL, &freed, &err), 0);
    assert_int_equal(freed, 100000);
    assert_int_equal(ond_hub_remove("me/tiny:Q8_0", NULL, &freed, &err), 0);
    assert_int_equal(freed, 1000);
    assert_int_equal(ond_hub_list(&list, &n, NULL), 0);
    assert_int_equal(n, 1);
    ond_hub_list_free(list, n);
    assert_int_equal(ond_hub_remove("me/tiny:Q8_0", NULL, &freed, &err), OND_E_NOT_FOUND);
}

static int stop_early(void *self, const ond_hub_progress *p)
{
    (void)self;
    return p->done > BIG / 2;
}

TEST(stopped_it_goes_on_later)
{
    ond_buf path = {0};
    ond_err err = {0};
    ond_hub_opts o = {.progress = stop_early, .connections = 1};
    h.slow = true;
    assert_int_equal(ond_hub_pull("me/tiny", &o, &path, &err), OND_E_INTERRUPTED);
    ond_buf_free(&path);
    nftw(tmp, check_no_half, 8, FTW_PHYS);
    h.slow = false;
    int gets = h.gets;
    pull_fine("me/tiny", 1);
    assert_true(h.gets - gets < 3);      /* the first piece was here */
}

static int stop_at_once(void *self, const ond_hub_progress *p)
{
    (void)p;
    return ++*(int *)self > 1;
}

/* A hub that takes the call and says nothing: what Ctrl-C asks for is heard while we wait. */
TEST(a_hub_that_does_not_answer_can_be_left)
{
    ond_buf path = {0};
    ond_err err = {0};
    int asked = 0;
    char address[64];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof here;
    ond_hub_opts o = {.progress = stop_at_once, .self = &asked};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof here) == 0 && listen(fd, 5) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &n), 0);
    snprintf(address, sizeof address, "http://127.0.0.1:%d", ntohs(here.sin_port));
    setenv("HF_ENDPOINT", address, 1);
    assert_int_equal(ond_hub_pull("me/tiny", &o, &path, &err), OND_E_INTERRUPTED);
    close(fd);
    ond_buf_free(&path);
}

TEST(killed_at_any_point_no_half_file)
{
    h.slow = true;
    for (int round = 0; round < 8; round++) {
        pid_t child = fork();
        if (child == 0) {
            ond_buf path = {0};
            _exit(ond_hub_pull("me/tiny", NULL, &path, NULL) ? 1 : 0);
        }
        struct timespec t = {.tv_nsec = (20 + 60 * round) * 1000 * 1000};
        nanosleep(&t, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        nftw(tmp, check_no_half, 8, FTW_PHYS);
    }
    h.slow = false;
    pull_fine("me/tiny", 1);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
#define T(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        T(the_layout_is_huggingface_hubs), T(without_a_tag_q4_k_m_in_parallel_ranges), T(split_models_come_whole), T(an_empty_file),
        T(cut_busy_broken_are_tried_again), T(one_corruption_is_found_and_mended), T(lasting_corruption_leaves_nothing),
        T(a_server_without_ranges), T(a_file_of_another_size), T(the_token_stays_with_the_hub), T(errors_say_what_there_is),
        T(list_find_remove), T(stopped_it_goes_on_later), T(a_hub_that_does_not_answer_can_be_left), T(killed_at_any_point_no_half_file),
    };
    return cmocka_run_group_tests_name("hub/pull", tests, NULL, NULL);
}
