/* test_map.c - mapped files, blocks of pages, limits of memory and cores, the processor. */
#include "sys/cpu.h"
#include "sys/file.h"
#include "sys/map.h"
#include "sys/memory.h"
#include "tmp.h"

#include <sys/mman.h>

static void put(const char *name, const char *text)
{
    ond_err err = {0};
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", tmp_path(name));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(ond_dir_make(folder, 0700, &err), 0);
    assert_int_equal(ond_file_write(tmp_path(name), ond_str_of(text), 0600, &err), 0);
}

TEST(a_file_is_mapped_whole)
{
    ond_map m;
    ond_err err = {0};
    struct stat st;
    put("f", "hello");
    assert_int_equal(ond_map_open(tmp_path("f"), &m, &err), 0);
    assert_int_equal(m.n, 5);
    assert_memory_equal(m.p, "hello", 5);
    assert_int_equal(stat(tmp_path("f"), &st), 0);
    assert_int_equal(m.ino, st.st_ino);
    assert_int_equal(m.size, 5);
    assert_int_equal(m.mtime_ns / 1000000000, st.st_mtim.tv_sec);
    ond_map_need(&m, 0, 100);
    ond_map_need(&m, 9, 1);
    ond_map_drop(&m, 0, 5);
    ond_map_drop(&m, 5, 5);
    assert_memory_equal(m.p, "hello", 5);
    ond_map_close(&m);
    assert_null(m.p);
    ond_map_close(&m);
    put("empty", "");
    assert_int_equal(ond_map_open(tmp_path("empty"), &m, &err), 0);
    assert_null(m.p);
    ond_map_need(&m, 0, 1);
    ond_map_close(&m);
}

TEST(what_is_no_file_is_said)
{
    ond_map m;
    ond_err err = {0};
    assert_int_equal(ond_map_open(tmp_path("none"), &m, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "none"));
    assert_int_equal(ond_map_open(tmp, &m, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "folder"));
    assert_int_equal(mkfifo(tmp_path("pipe"), 0600), 0);
    assert_int_equal(ond_map_open(tmp_path("pipe"), &m, &err), OND_E_INPUT);
    assert_null(m.p);
}

/* Pages in memory of [p, p + n). */
static size_t resident(void *p, size_t n)
{
    static unsigned char seen[1 << 16];
    size_t pages = (n + 4095) / 4096, sum = 0;
    assert_int_equal(mincore(p, n, seen), 0);
    for (size_t i = 0; i < pages; i++) sum += seen[i] & 1;
    return sum;
}

TEST(blocks_are_aligned_zero_and_cost_nothing_untouched)
{
    static const size_t sizes[] = {0, 1, 4096, 100000, (2u << 20) - 1, 2u << 20, (2u << 20) + 1, 9000000};
    for (int huge = 0; huge < 2; huge++)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            unsigned char *p = ond_pages_alloc(sizes[i], huge);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % (2u << 20), 0);
            for (size_t k = 0; k < sizes[i]; k += 4096) assert_int_equal(p[k], 0);
            if (sizes[i]) memset(p, 0xA5, sizes[i]);
            ond_pages_free(p, sizes[i]);
        }
    void *large = ond_pages_alloc((size_t)1 << 27, false);
    assert_true(resident(large, (size_t)1 << 27) == 0);
    ond_pages_free(large, (size_t)1 << 27);
    assert_null(ond_pages_alloc(SIZE_MAX, true));
    assert_null(ond_pages_alloc(SIZE_MAX / 2, false));
    ond_pages_free(NULL, 5);
}

#define MIB ((size_t)1 << 20)

static void limits(size_t total, size_t available, int cores)
{
    size_t t, a;
    ond__memory_read(tmp, &t, &a);
    assert_int_equal(t, total);
    assert_int_equal(a, available);
    assert_int_equal(ond__cores_quota(tmp), cores);
}

TEST(the_machine_without_groups)
{
    limits(0, 0, 0); /* nothing to read */
    put("proc/meminfo", "MemTotal:        8192 kB\nMemFree:  1 kB\nMemAvailable:    4096 kB\n");
    limits(8 * MIB, 4 * MIB, 0);
    put("proc/self/cgroup", "0::/a/b\n");
    limits(8 * MIB, 4 * MIB, 0);
    put("proc/self/cgroup", "garbage\n::\n0\n0:x\n1:memory\n");
    limits(8 * MIB, 4 * MIB, 0);
}

TEST(groups_of_version_2)
{
    put("proc/meminfo", "MemTotal:        8192 kB\nMemAvailable:    4096 kB\n");
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/memory.current", "1048576\n");
    put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    limits(8 * MIB, 4 * MIB, 0);
    put("sys/fs/cgroup/a/memory.max", "6291456\n"); /* an ancestor's limit holds */
    put("sys/fs/cgroup/a/memory.current", "5242880\n");
    put("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 2097152\n");
    put("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    limits(6 * MIB, 3 * MIB, 2);
    put("sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
    limits(6 * MIB, 3 * MIB, 1);
    put("sys/fs/cgroup/a/memory.current", "99999999\n"); /* over its limit */
    limits(6 * MIB, 0, 1);
}

TEST(groups_of_version_1)
{
    put("proc/meminfo", "MemTotal:        8192 kB\nMemAvailable:    4096 kB\n");
    put("proc/self/cgroup", "4:memory:/x/y\n2:cpuacct,cpu:/\n0::/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n");
    limits(8 * MIB, 4 * MIB, 0);
    put("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "2097152\n");
    put("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "1048576\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    limits(2 * MIB, 1 * MIB, 0);
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
    limits(2 * MIB, 1 * MIB, 3);
}

TEST(this_machine)
{
    assert_true(ond_memory_total() > 16 * MIB);
    assert_true(ond_memory_available() <= ond_memory_total());
    assert_true(ond_cores() >= 1);
}

static bool in_cpuinfo(const char *flag)
{
    static ond_buf text;
    ond_err err = {0};
    char word[64];
    if (!text.n && ond_file_read("/proc/cpuinfo", 1 << 24, &text, &err) != 0) return false;
    snprintf(word, sizeof word, " %s", flag);
    for (const char *p = text.p; (p = strstr(p, word)); p++)
        if (strchr(" \n", p[strlen(word)])) return true;
    return false;
}

TEST(the_processor_says_what_the_kernel_says)
{
    const ond_cpu *c = ond_cpu_get();
    assert_ptr_equal(c, ond_cpu_get());
#if defined(__x86_64__)
    if (!in_cpuinfo("fpu")) skip();
    assert_int_equal(c->avx2, in_cpuinfo("avx2") && in_cpuinfo("fma") && in_cpuinfo("f16c"));
    assert_int_equal(c->avx_vnni, in_cpuinfo("avx_vnni"));
    assert_int_equal(c->avx512, in_cpuinfo("avx512bw") && in_cpuinfo("avx512vl") && in_cpuinfo("avx512dq"));
    assert_int_equal(c->avx512_vnni, in_cpuinfo("avx512_vnni"));
    assert_int_equal(c->avx512_bf16, in_cpuinfo("avx512_bf16"));
    assert_int_equal(c->avx512_vbmi, in_cpuinfo("avx512vbmi"));
    assert_false(c->neon);
#elif defined(__aarch64__)
    if (!in_cpuinfo("asimd")) skip();
    assert_true(c->neon);
    assert_int_equal(c->dotprod, in_cpuinfo("asimddp"));
    assert_int_equal(c->i8mm, in_cpuinfo("i8mm"));
    assert_false(c->avx2);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(a_file_is_mapped_whole),
        TMP_TEST(what_is_no_file_is_said),
        cmocka_unit_test(blocks_are_aligned_zero_and_cost_nothing_untouched),
        TMP_TEST(the_machine_without_groups),
        TMP_TEST(groups_of_version_2),
        TMP_TEST(groups_of_version_1),
        cmocka_unit_test(this_machine),
        cmocka_unit_test(the_processor_says_what_the_kernel_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
