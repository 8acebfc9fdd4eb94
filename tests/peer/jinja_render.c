/* jinja_render.c - renders JSON lines {template, vars, now} to JSON lines {out} or {error}; for jinja.sh.
 *
 *   jinja_render [reference|python] < cases > ours        the dialect; reference when not given
 *   jinja_render time < cases                                  microseconds to compile and to render, the worst of each */
#include "base/jinja.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double worst_compile, worst_render, sum_compile, sum_render;
static long runs;

static int render(const cJSON *line, ond_jinja_dialect dialect, ond_buf *out, ond_err *err)
{
    ond_jinja *t = NULL;
    double a = micros();
    int rc = ond_jinja_compile_as(ond_str_of(ond_json_str(line, "template", "")), dialect, &t, err);
    double b = micros();
    if (rc == 0) rc = ond_jinja_render(t, ond_json_get(line, "vars"), (int64_t)ond_json_num(line, "now", 0), out, err);
    double c = micros();
    ond_jinja_free(t);
    if (b - a > worst_compile) worst_compile = b - a;
    if (c - b > worst_render) worst_render = c - b;
    sum_compile += b - a;
    sum_render += c - b;
    runs++;
    return rc;
}

static void answer(const char *key, const char *value)
{
    ond_buf b = {0};
    cJSON *o = cJSON_CreateObject();
    if (!o || !ond_json_set_str(o, key, value)) abort();
    ond_json_print(&b, o);
    puts(ond_buf_z(&b));
    ond_buf_free(&b);
    cJSON_Delete(o);
}

static void one(ond_str text, ond_jinja_dialect dialect, bool quiet)
{
    cJSON *line = NULL;
    ond_err err = {0};
    ond_buf out = {0};
    int rc = ond_json_parse(text, &line, &err);
    if (rc == 0) rc = render(line, dialect, &out, &err);
    if (!quiet) answer(rc ? "error" : "out", rc ? err.text : ond_buf_z(&out));
    ond_buf_free(&out);
    cJSON_Delete(line);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "reference";
    bool timed = strcmp(how, "time") == 0;
    ond_jinja_dialect d = strcmp(how, "python") == 0 ? OND_JINJA_PYTHON : OND_JINJA_REFERENCE;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) one((ond_str){line, (size_t)n - (line[n - 1] == '\n')}, d, timed);
    free(line);
    if (timed && runs)
        printf("%ld runs: compile mean %.1f us, worst %.1f us; render mean %.1f us, worst %.1f us\n", runs, sum_compile / (double)runs,
               worst_compile, sum_render / (double)runs, worst_render);
    return 0;
}
