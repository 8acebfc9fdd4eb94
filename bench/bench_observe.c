/* bench_observe.c - an observation of a page: ms, and the tokens of its text, whole and as a delta.
 *
 * bench_observe PAGE… (tests/hand/web/observe/form.html, many.html#10000; relative to this folder)
 */
#include "hand/web/observe.h"
#include "sys/clock.h"
#include "web_bench.h"

#include <limits.h>

enum { N = 101, SLOW_US = 300000 };

static size_t tokens(const ond__observation *o)
{
    return ond__tokens(ond_str_of(ond__observation_text(o)));
}

static void measure(ond__tab *t, const char *page)
{
    static double ms[N];
    ond__observation *before = NULL, *o;
    size_t n = 0, whole = 0;
    for (uint64_t begin = ond_steady_us(); n < N; n++) {
        uint64_t t0 = ond_steady_us();
        must(ond__observe(t, &(ond__observe_opts){.former = before}, &o, &err));
        ms[n] = (double)(ond_steady_us() - t0) / 1000;
        if (n == 0) whole = tokens(o);
        ond__observation_free(before);
        before = o;
        if (n >= 4 && ond_steady_us() - begin > 30u * SLOW_US) break;
    }
    n = n < N ? n + 1 : N;
    qsort(ms, n, sizeof *ms, by_size);
    printf("%-16s %6zu nodes  p50 %8.2f ms  p95 %8.2f ms  %4zu tokens, delta %zu\n", page,
           before->n, ms[n / 2], ms[n * 95 / 100], whole, tokens(before));
    ond__observation_free(before);
}

int main(int argc, char **argv)
{
    char dir[PATH_MAX], url[PATH_MAX + 200];
    ond__chrome *b;
    if (!realpath("tests/hand/web/observe", dir)) return 1;
    must(ond__chrome_open(&(ond__chrome_opts){.allow = allow}, &b, &err));
    for (int i = 1; i < argc; i++) {
        ond__visit v;
        snprintf(url, sizeof url, "file://%s/%s", dir, argv[i]);
        must(ond__tab_go(ond__chrome_tab(b, 0), "about:blank", 0, &v, &err));
        ond__visit_free(&v);
        must(ond__tab_go(ond__chrome_tab(b, 0), url, 60000, &v, &err));
        ond__visit_free(&v);
        measure(ond__chrome_tab(b, 0), argv[i]);
    }
    ond__chrome_close(b);
    return 0;
}
