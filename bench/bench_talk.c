/* bench_talk.c - how long a sentence takes: all English files, 500 made-up entities in 40 rooms,
 * warm, one core.
 *
 * usage: bench_talk DIR [ROUNDS]; DIR is in Home Assistant's intents layout. Sentences are those of
 * its English tests, with half of their own names in the lexicon as well, so that some match and
 * some do not. Prints a table and one line of JSON. */
#include "base/yaml.h"
#include "sys/file.h"
#include "talk/dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ENTITIES = 500, AREAS = 40 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_talk: %s\n", what);
    exit(1);
}

static char *path_of(const char *dir, const char *a, const char *b)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/%s%s%s", dir, a, b ? "/" : "", b ? b : "");
    char *z = ond_buf_take(&path);
    if (!z) fail("out of memory");
    return z;
}

/* ---- grammar and names ---- */

/* Both generations of the files at once. */
static void read_files(const char *dir, ond__texts *texts, ond_err *err)
{
    char *base = path_of(dir, "sentences", "en"), **intents = NULL,
         *schema = path_of(dir, "intents.yaml", NULL);
    size_t n = 0;
    if (ond_file_exists(schema) && ond__texts_of_file(texts, schema, err) != 0) fail(err->text);
    if (ond__texts_of_dir(texts, base, err) != 0) fail(err->text);
    if (ond_dir_list(base, NULL, &intents, &n, err) != 0) fail(err->text);
    for (size_t i = 0; i < n; i++) {
        char *folder = path_of(base, intents[i], NULL);
        if (ond__texts_of_dir(texts, folder, err) != 0) fail(err->text);
        free(folder);
    }
    ond_names_free(intents, n);
    free(base);
    free(schema);
}

static void add(ond_lexicon *lex, const char *list, const char *in, const char *domain,
                ond_err *err)
{
    cJSON *context = domain ? cJSON_CreateObject() : NULL;
    if (context && !ond_json_set_str(context, "domain", domain)) fail("out of memory");
    ond_lexicon_entry e = {
        .list = list, .in = in, .is_template = strpbrk(in, "([") != NULL, .context = context};
    if (ond_lexicon_add(lex, &e, err) != 0) fail(err->text);
    cJSON_Delete(context);
}

static void add_made_up(ond_lexicon *lex, ond_err *err)
{
    static const char *const rooms[] = {"Living Room", "Kitchen", "Bedroom", "Study", "Hall",
                                        "Attic",       "Cellar",  "Garage",  "Porch", "Laundry"};
    static const char *const sides[] = {"North", "South", "Guest", "Old"};
    static const char *const things[] = {
        "Ceiling Light", "Lamp", "Fan",    "Curtain", "Blind",     "Speaker",   "TV",
        "Heater",        "Lock", "Socket", "Vacuum",  "Spotlight", "Humidifier"};
    static const char *const domains[] = {
        "light",   "light", "fan",    "cover",  "cover", "media_player", "media_player",
        "climate", "lock",  "switch", "vacuum", "light", "humidifier"};
    char name[128];
    for (int i = 0; i < AREAS; i++) {
        snprintf(name, sizeof name, "%s %s", sides[i % 4], rooms[i / 4]);
        add(lex, "area", name, NULL, err);
    }
    for (int i = 0; i < ENTITIES; i++) {
        int room = i % AREAS, thing = i / AREAS;
        snprintf(name, sizeof name, "%s %s %s", sides[room % 4], rooms[room / 4], things[thing]);
        add(lex, "name", name, domains[thing], err);
    }
    static const char *const floors[] = {"Ground Floor", "First Floor", "Second Floor", "Basement"};
    for (int i = 0; i < 4; i++) add(lex, "floor", floors[i], NULL, err);
}

/* ---- sentences ---- */

typedef struct lines {
    char **v;
    size_t n, cap;
} lines;

static void keep(lines *l, const char *z)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 256;
        char **v = realloc(l->v, l->cap * sizeof *v);
        if (!v) fail("out of memory");
        l->v = v;
    }
    if (!(l->v[l->n++] = strdup(z))) fail("out of memory");
}

static void read_yaml(const char *path, cJSON **doc, ond_err *err)
{
    ond_buf text = {0};
    if (ond_file_read(path, 16u << 20, &text, err) != 0 ||
        ond_yaml_parse((ond_str){ond_buf_z(&text), text.n}, path, NULL, doc, err) != 0)
        fail(err->text);
    ond_buf_free(&text);
}

static void read_tests(const char *dir, lines *out, ond_lexicon *lex, ond_err *err)
{
    char *base = path_of(dir, "tests", "en"), **names;
    size_t n;
    if (ond_dir_list(base, ".yaml", &names, &n, err) != 0) fail(err->text);
    for (size_t i = 0; i < n; i++) {
        char *path = path_of(base, names[i], NULL);
        cJSON *doc;
        read_yaml(path, &doc, err);
        const cJSON *test, *one;
        int turn = 0;
        cJSON_ArrayForEach(one, ond_json_get(doc, "entities"))
        {
            char domain[64];
            snprintf(domain, sizeof domain, "%.*s", (int)strcspn(ond_json_str(one, "id", ""), "."),
                     ond_json_str(one, "id", ""));
            if (turn++ % 2 == 0) add(lex, "name", ond_json_str(one, "name", "?"), domain, err);
        }
        cJSON_ArrayForEach(one, ond_json_get(doc, "areas"))
            add(lex, "area", ond_json_str(one, "name", "?"), NULL, err);
        cJSON_ArrayForEach(test, ond_json_get(doc, "tests"))
        {
            cJSON_ArrayForEach(one, ond_json_get(test, "sentences")) keep(out, one->valuestring);
        }
        cJSON_Delete(doc);
        free(path);
    }
    ond_names_free(names, n);
    free(base);
}

/* ---- measuring ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const ond_grammar *g, const ond_lexicon *lex, const lines *l, int rounds,
                    double compile_ms)
{
    double *us = calloc(l->n * (size_t)rounds, sizeof *us);
    size_t n = 0, matched = 0;
    ond_err err;
    if (!us) fail("out of memory");
    for (int r = -1; r < rounds; r++) /* one round to warm up */
        for (size_t i = 0; i < l->n; i++) {
            ond_match m;
            double t0 = now_us();
            int rc = ond_talk_match(g, lex, ond_str_of(l->v[i]), NULL, &m, &err);
            double t1 = now_us();
            ond_match_free(&m);
            if (r < 0) continue;
            us[n++] = t1 - t0;
            matched += rc == 0;
        }
    qsort(us, n, sizeof *us, by_size);
    double median = us[n / 2], p99 = us[n * 99 / 100], most = us[n - 1];
    printf(
        "talk: %zu templates, %d entities in %d rooms, %zu sentences x %d (%.0f %% understood)\n",
        ond_grammar_templates(g), ENTITIES, AREAS, l->n, rounds,
        100.0 * (double)matched / (double)n);
    printf(
        "  sentence  median %7.1f us  p99 %7.1f us  max %7.1f us   (aim: median 100, p99 1000)\n",
        median, p99, most);
    printf("  compile   %.1f ms, grammar %zu KiB\n", compile_ms, ond_grammar_bytes(g) / 1024);
    printf("{\"bench\":\"talk\",\"median_us\":%.2f,\"p99_us\":%.2f,\"max_us\":%.2f,\"compile_ms\":%"
           ".2f,\"grammar_bytes\":%zu,"
           "\"templates\":%zu,\"sentences\":%zu,\"rounds\":%d}\n",
           median, p99, most, compile_ms, ond_grammar_bytes(g), ond_grammar_templates(g), l->n,
           rounds);
    free(us);
}

int main(int argc, char **argv)
{
    if (argc < 2) fail("usage: bench_talk DIR [ROUNDS]");
    ond_err err;
    ond__texts texts = {0};
    ond_grammar *g;
    ond_lexicon *lex = ond_lexicon_new();
    lines l = {0};
    read_files(argv[1], &texts, &err);
    double t0 = now_us();
    if (ond_grammar_of_texts("en", texts.v, texts.n, &g, &err) != 0) fail(err.text);
    double t1 = now_us();
    add_made_up(lex, &err);
    read_tests(argv[1], &l, lex, &err);
    measure(g, lex, &l, argc > 2 ? atoi(argv[2]) : 10, (t1 - t0) / 1e3);
    for (size_t i = 0; i < l.n; i++) free(l.v[i]);
    free(l.v);
    ond_lexicon_free(lex);
    ond_grammar_free(g);
    ond__texts_free(&texts);
    return 0;
}
