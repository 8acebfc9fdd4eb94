/* jsoncheck.c - is standard input JSON, and does it hold what is expected? For tests in sh.
 *
 *   jsoncheck [-l] [EXPECTATION...] < TEXT
 * Without -l the input is exactly one JSON text; with -l one a line, and each expectation must hold
 * for each. Expectations: .a.b.0 is there · !.a.b is not · .a.b=text equals (numbers and booleans
 * as JSON prints them) · .a~text contains · #.a=3 has three members · ^a,b,c the object's keys are
 * exactly these. Exit 1 says what failed. */
#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[8 << 20];

static int fail(const char *what, const char *which, const cJSON *value)
{
    char *shown = value ? cJSON_PrintUnformatted(value) : NULL;
    fprintf(stderr, "jsoncheck: %s: %s%s%.400s\n", what, which, shown ? " in " : "",
            shown ? shown : "");
    free(shown);
    return 1;
}

/* Member at ".a.b.0"; the path ends at one of `stop`. */
static const cJSON *at(const cJSON *v, const char *path, const char *stop, const char **rest)
{
    while (*path == '.' && v) {
        char part[128];
        size_t n = 0;
        path++;
        while (*path && *path != '.' && !strchr(stop, *path) && n + 1 < sizeof part)
            part[n++] = *path++;
        part[n] = '\0';
        if (n == 0) continue;
        v = cJSON_IsArray(v) ? cJSON_GetArrayItem(v, atoi(part))
                             : cJSON_GetObjectItemCaseSensitive(v, part);
    }
    while (*path && !strchr(stop, *path)) path++;
    *rest = path;
    return v;
}

static int keys(const cJSON *v, const char *list)
{
    char found[1024] = "";
    for (const cJSON *m = v->child; m; m = m->next) {
        if (found[0]) strncat(found, ",", sizeof found - strlen(found) - 1);
        strncat(found, m->string ? m->string : "?", sizeof found - strlen(found) - 1);
    }
    return strcmp(found, list) == 0 ? 0 : fail("other keys than", list, v);
}

static int check(const cJSON *v, const char *want)
{
    const char *rest;
    if (want[0] == '^') return keys(v, want + 1);
    if (want[0] == '!') return at(v, want + 1, "", &rest) ? fail("is there", want, v) : 0;
    if (want[0] == '#') {
        const cJSON *m = at(v, want + 1, "=", &rest);
        return m && *rest == '=' && cJSON_GetArraySize(m) == atoi(rest + 1)
                   ? 0
                   : fail("another number", want, v);
    }
    const cJSON *m = at(v, want, "=~", &rest);
    if (!m) return fail("missing", want, v);
    char *shown = cJSON_IsString(m) ? strdup(m->valuestring) : cJSON_PrintUnformatted(m);
    int ok = !*rest || (*rest == '=' && strcmp(shown, rest + 1) == 0) ||
             (*rest == '~' && strstr(shown, rest + 1));
    free(shown);
    return ok ? 0 : fail("not so", want, m);
}

static int check_text(const char *json, char **wants, int n)
{
    const char *end = NULL;
    cJSON *v = cJSON_ParseWithOpts(json, &end, 1);
    int bad = v ? 0 : fail("not one JSON text", json, NULL);
    for (int i = 0; i < n && v; i++) bad |= check(v, wants[i]);
    cJSON_Delete(v);
    return bad;
}

int main(int argc, char **argv)
{
    int lines = argc > 1 && strcmp(argv[1], "-l") == 0, bad = 0, count = 0;
    size_t n = fread(text, 1, sizeof text - 1, stdin);
    text[n] = '\0';
    if (strlen(text) != n) return fail("a NUL byte in the text", "", NULL);
    if (!lines) return check_text(text, argv + 1, argc - 1);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), count++)
        bad |= check_text(line, argv + 2, argc - 2);
    return count == 0 ? fail("no line", "", NULL) : bad;
}
