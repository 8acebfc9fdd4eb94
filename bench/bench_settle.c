/* bench_settle.c - a click on a page where nothing else goes on: from the mark to settled.
 *
 * bench_settle [PAGE [FLAG…]]: PAGE has buttons "text" and "nothing" (tests/hand/web/acts.html),
 * FLAGs are Chromium's. */
#include "hand/web/settle.h"
#include "sys/clock.h"
#include "web_bench.h"

#include <limits.h>

enum { N = 400 };

static void say(const char *what, double *ms)
{
    qsort(ms, N, sizeof *ms, by_size);
    printf("%-22s p50 %6.2f ms  p95 %6.2f ms\n", what, ms[N / 2], ms[N * 95 / 100]);
}

static void middle_of(ond__tab *t, const char *id, double *x, double *y)
{
    char ask[200];
    cJSON *v;
    snprintf(ask, sizeof ask,
             "(() => { const r = document.getElementById('%s').getBoundingClientRect();"
             "return {x: r.x + r.width / 2, y: r.y + r.height / 2} })()",
             id);
    must(ond__tab_eval(t, NULL, ask, 0, &v, &err));
    *x = ond_json_num(v, "x", 0);
    *y = ond_json_num(v, "y", 0);
    cJSON_Delete(v);
}

static void click(ond__tab *t, double x, double y)
{
    static const char *const kinds[] = {"mouseMoved", "mousePressed", "mouseReleased"};
    int ticket[3];
    for (int i = 0; i < 3; i++)
        must(ond__cdp_send(t->cdp, t->session, "Input.dispatchMouseEvent",
                           ond__params("type=s x=n y=n button=s clickCount=i", kinds[i], x, y,
                                       i ? "left" : NULL, i ? 1 : 0),
                           0, &ticket[i], &err));
    for (int i = 0; i < 3; i++) must(ond__cdp_take(t->cdp, ticket[i], NULL, &err));
}

int main(int argc, char **argv)
{
    static double mark[N], act[N], settle[N], all[N];
    char path[PATH_MAX], url[PATH_MAX + 8];
    ond__chrome *b;
    ond__visit v;
    const char *none[] = {NULL};
    if (!realpath(argc > 1 ? argv[1] : "tests/hand/web/acts.html", path)) return 1;
    snprintf(url, sizeof url, "file://%s", path);
    must(ond__chrome_open(
        &(ond__chrome_opts){.allow = allow,
                            .flags = argc > 2 ? (const char *const *)argv + 2 : none},
        &b, &err));
    ond__tab *t = ond__chrome_tab(b, 0);
    must(ond__tab_go(t, url, 0, &v, &err));
    ond__visit_free(&v);
    for (int i = 0; i < N; i++) {
        double x, y;
        ond__mark m;
        ond__settled s;
        middle_of(t, i % 2 ? "nothing" : "text", &x, &y);
        uint64_t t0 = ond_steady_us();
        must(ond__settle_begin(t, NULL, &m, &err));
        uint64_t t1 = ond_steady_us();
        click(t, x, y);
        uint64_t t2 = ond_steady_us();
        must(ond__settle_wait(t, &m, 0, &s, &err));
        uint64_t t3 = ond_steady_us();
        if (s.how != OND__SETTLED_FRAME) printf("settled by %s\n", ond__settled_name(s.how));
        mark[i] = (double)(t1 - t0) / 1000;
        act[i] = (double)(t2 - t1) / 1000;
        settle[i] = (double)(t3 - t2) / 1000;
        all[i] = (double)(t3 - t0) / 1000;
    }
    say("mark", mark);
    say("move, press, release", act);
    say("settle", settle);
    say("all three", all);
    ond__chrome_close(b);
    return 0;
}
