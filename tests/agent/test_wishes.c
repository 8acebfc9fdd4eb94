/* test_wishes.c - tests/agent/wishes*.tsv: what people say in a day, and what should come of it, written by people who had
 * not read the packs.
 *
 * Columns: language, sentences said before (" || " between them, "-" none), the sentence, what is expected (the head of
 * wishes.tsv says how it is written). Each line is counted: understood, asked back, refused, not understood, or wrong: a
 * change or an answer that was not asked for. Nothing may be wrong; floors below say how much must be understood. */
#include "house.h"
#include "sys/file.h"

typedef enum verdict { UNDERSTOOD, ASKED, REFUSED, NOT_UNDERSTOOD, WRONG, N_VERDICTS } verdict;
static const char *const verdict_names[] = {"understood", "asked", "refused", "not understood", "wrong"};

/* ---- steps as they are compared ---- */

enum { MOST_STEPS = 64, MOST_IDS = 16, MOST_ARGS = 12 };
typedef struct step {
    char verb[64];                    /* "home.turn_on", "read home", "say" */
    char id[MOST_IDS][64];
    int n_id, count;                  /* count: "*12" */
    char key[MOST_ARGS][32], value[MOST_ARGS][256];
    int n_arg;
} step;
typedef struct steps { step v[MOST_STEPS]; int n; } steps;

/* "key=value key2=a value with spaces" */
static void parse_args(step *s, char *text)
{
    char *at = text;
    while (at && *at && s->n_arg < MOST_ARGS) {
        char *eq = strchr(at, '='), *next = NULL;
        if (!eq)
            return;
        for (char *p = eq + 1; *p && !next; p++)
            if (*p == ' ') {
                size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
                if (n && p[1 + n] == '=')
                    next = p;
            }
        snprintf(s->key[s->n_arg], sizeof s->key[0], "%.*s", (int)(eq - at), at);
        snprintf(s->value[s->n_arg++], sizeof s->value[0], "%.*s",
                 next ? (int)(next - eq - 1) : (int)strlen(eq + 1), eq + 1);
        at = next ? next + 1 : NULL;
    }
}

static void parse_step(step *s, char *text)
{
    *s = (step){0};
    char *rest = strchr(text, ' ');
    if (strncmp(text, "read ", 5) == 0) {
        char *word = text + 5;
        rest = strchr(word, ' ');
        if (strncmp(word, "home.", 5) == 0) { /* ids, each with its hand */
            snprintf(s->verb, sizeof s->verb, "read home");
            for (char *id = strtok(word, " "); id && s->n_id < MOST_IDS; id = strtok(NULL, " "))
                snprintf(s->id[s->n_id++], sizeof s->id[0], "%.63s", strncmp(id, "home.", 5) == 0 ? id + 5 : id);
            return;
        }
    }
    if (rest)
        *rest++ = '\0';
    snprintf(s->verb, sizeof s->verb, "%.63s", strncmp(text, "read ", 5) == 0 ? text + 5 : text);
    if (strcmp(s->verb, "say") == 0 && rest) {
        snprintf(s->id[s->n_id++], sizeof s->id[0], "%.63s", rest);
        return;
    }
    while (rest && *rest) { /* ids and counts, then arguments */
        size_t n = strcspn(rest, " ");
        if (memchr(rest, '=', n)) {
            parse_args(s, rest);
            return;
        }
        if (*rest == '*')
            s->count = atoi(rest + 1);
        else if (s->n_id < MOST_IDS)
            snprintf(s->id[s->n_id++], sizeof s->id[0], "%.*s", (int)n, rest);
        rest += n + (rest[n] == ' ');
    }
}

static void parse_steps(steps *out, const char *text)
{
    char copy[2048];
    snprintf(copy, sizeof copy, "%s", text);
    out->n = 0;
    for (char *at = copy, *next; at && *at && out->n < MOST_STEPS; at = next) {
        next = strstr(at, "; ");
        if (next) {
            *next = '\0';
            next += 2;
        }
        parse_step(&out->v[out->n++], at);
    }
}

/* ---- what was understood ---- */

static void add_arg(step *s, const cJSON *arg)
{
    if (s->n_arg == MOST_ARGS || strcmp(arg->string, "entity") == 0)
        return;
    snprintf(s->key[s->n_arg], sizeof s->key[0], "%s", arg->string);
    ond_buf b = {0};
    if (cJSON_IsString(arg))
        ond_buf_puts(&b, arg->valuestring);
    else
        ond_json_print(&b, arg);
    char *midnight = strstr(ond_buf_z(&b), "T00:00");
    bool span = strcmp(arg->string, "from") == 0 || strcmp(arg->string, "to") == 0;
    snprintf(s->value[s->n_arg++], sizeof s->value[0], "%.*s",
             span && midnight ? (int)(midnight - ond_buf_z(&b)) : (int)b.n, ond_buf_z(&b));
    ond_buf_free(&b);
}

static bool same_manner(const step *a, const step *b)
{
    if (strcmp(a->verb, b->verb) != 0 || a->n_arg != b->n_arg)
        return false;
    for (int i = 0; i < a->n_arg; i++)
        if (strcmp(a->key[i], b->key[i]) != 0 || strcmp(a->value[i], b->value[i]) != 0)
            return false;
    return true;
}

static void read_plan(steps *out, const cJSON *plan)
{
    const cJSON *p, *arg;
    cJSON_ArrayForEach(p, plan) {
        step s = {0};
        const char *id = ond_json_str(ond_json_get(p, "args"), "entity", NULL);
        bool read = strcmp(ond_json_str(p, "effect", ""), "read") == 0;
        bool home = strcmp(ond_json_str(p, "hand", ""), "home") == 0;
        if (read && home)
            snprintf(s.verb, sizeof s.verb, "read home");
        else
            snprintf(s.verb, sizeof s.verb, "%s.%s", ond_json_str(p, "hand", ""), ond_json_str(p, "verb", ""));
        cJSON_ArrayForEach(arg, ond_json_get(p, "args"))
            add_arg(&s, arg);
        step *last = out->n ? &out->v[out->n - 1] : NULL;
        if (!last || !home || !same_manner(last, &s)) {
            if (out->n == MOST_STEPS)
                return;
            out->v[out->n++] = s;
            last = &out->v[out->n - 1];
        }
        if (id && last->n_id < MOST_IDS)
            snprintf(last->id[last->n_id++], sizeof s.id[0], "%s", id);
        last->count += id != NULL;
    }
}

static const char *say_of(const char *intent)
{
    static const char *const rows[][2] = {
        {"HassGetCurrentTime", "time"}, {"HassGetCurrentDate", "date"}, {"OndolDayOf", "day"},
        {"OndolDaysUntil", "day"},      {"OndolHelp", "help"},          {"OndolHistory", "history"},
        {"OndolDont", "nothing"},       {"HassNevermind", "nothing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i][0], intent) == 0)
            return rows[i][1];
    return NULL;
}

static void add_say(steps *out, const char *intent)
{
    const char *say = say_of(intent);
    step s = {.verb = "say", .n_id = 1};
    if (strcmp(intent, "OndolUndo") == 0)
        s = (step){.verb = "undo"};
    else if (!say)
        return;
    else
        snprintf(s.id[0], sizeof s.id[0], "%s", say);
    if (out->n < MOST_STEPS)
        out->v[out->n++] = s;
}

static void read_parsed(steps *out, const cJSON *parsed)
{
    const cJSON *part, *parts = ond_json_get(parsed, "parts");
    out->n = 0;
    if (ond_json_get(parsed, "takes_back"))
        out->v[out->n++] = (step){.verb = "undo"};
    read_plan(out, ond_json_get(parsed, "plan"));
    if (!parts)
        add_say(out, ond_json_str(parsed, "intent", ""));
    cJSON_ArrayForEach(part, parts)
        add_say(out, ond_json_str(part, "intent", ""));
}

/* ---- comparing ---- */

static void squeeze(char *to, size_t size, const char *from, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n && k + 1 < size; i++)
        if (from[i] != ' ' && from[i] != '\'')
            to[k++] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] + 32 : from[i]);
    to[k] = '\0';
}

static bool is_number(const char *s, double *out) { return ond_num_parse(ond_str_of(s), out); }

/* One of the alternatives "a|b"; "*" is anything, "+" and "-" a number of that sign. */
static bool value_fits(const char *wanted, const char *got)
{
    char a[256], b[256];
    double x, y;
    if (strcmp(wanted, "*") == 0)
        return true;
    if (strcmp(wanted, "+") == 0 || strcmp(wanted, "-") == 0)
        return is_number(got, &x) && (wanted[0] == '+' ? x > 0 : x < 0);
    squeeze(b, sizeof b, got, strlen(got));
    for (const char *at = wanted; at;) {
        const char *bar = strchr(at, '|');
        size_t n = bar ? (size_t)(bar - at) : strlen(at);
        squeeze(a, sizeof a, at, n);
        if (strcmp(a, b) == 0 || (is_number(a, &x) && is_number(b, &y) && x - y < 1e-6 && y - x < 1e-6))
            return true;
        at = bar ? bar + 1 : NULL;
    }
    return false;
}

static const char *arg_of(const step *s, const char *key)
{
    for (int i = 0; i < s->n_arg; i++)
        if (strcmp(s->key[i], key) == 0)
            return s->value[i];
    return NULL;
}

/* The number of a thing may stand in its text as well as beside it. */
static bool count_in_text(const step *wanted, const step *got, const char *key)
{
    (void)wanted;
    return strcmp(key, "count") == 0 && !arg_of(got, "count");
}

static bool text_with_count(const step *wanted, const char *key, const char *want, const char *got)
{
    char a[256], b[256];
    if (strcmp(key, "text") != 0 || !arg_of(wanted, "count"))
        return false;
    squeeze(b, sizeof b, got, strlen(got));
    for (const char *at = want; at;) {
        const char *bar = strchr(at, '|');
        squeeze(a, sizeof a, at, bar ? (size_t)(bar - at) : strlen(at));
        if (a[0] && strstr(b, a))
            return true;
        at = bar ? bar + 1 : NULL;
    }
    return false;
}

static bool args_fit(const step *wanted, const step *got)
{
    for (int i = 0; i < wanted->n_arg; i++) {
        const char *value = arg_of(got, wanted->key[i]);
        if (!value && (strcmp(wanted->key[i], "label") == 0 || count_in_text(wanted, got, wanted->key[i]) ||
                       strcmp(wanted->value[i], "*") == 0))
            continue;
        if (!value || !(value_fits(wanted->value[i], value) ||
                        text_with_count(wanted, wanted->key[i], wanted->value[i], value)))
            return false;
    }
    for (int i = 0; i < got->n_arg; i++)
        if (!arg_of(wanted, got->key[i]) && strcmp(got->key[i], "label") != 0)
            return false;
    return true;
}

/* Verbs that do the same to a kind of device. */
static const char *plain_verb(const char *verb)
{
    static const char *const same[][2] = {
        {"home.open", "home.turn_on"},   {"home.close", "home.turn_off"}, {"home.start", "home.turn_on"},
        {"home.dock", "home.turn_off"},  {"home.arm", "home.turn_on"},    {"home.disarm", "home.turn_off"},
        {"home.lock", "home.turn_on"},   {"home.unlock", "home.turn_off"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (strcmp(same[i][0], verb) == 0)
            return same[i][1];
    return verb;
}

static bool has_id(const step *s, const char *id)
{
    for (int i = 0; i < s->n_id; i++)
        if (strcmp(s->id[i], id) == 0)
            return true;
    return false;
}

static bool ids_fit(const step *wanted, const step *got)
{
    if (wanted->count)
        return got->count == wanted->count;
    if (strcmp(wanted->verb, "read home") == 0) {
        for (int i = 0; i < got->n_id; i++)
            if (has_id(wanted, got->id[i]))
                return true;
        return false;
    }
    if (wanted->n_id != got->n_id)
        return false;
    for (int i = 0; i < wanted->n_id; i++)
        if (!has_id(got, wanted->id[i]))
            return false;
    return true;
}

/* "What day is it?" is answered by the date, and the other way round. */
static bool day_or_date(const step *a, const step *b)
{
    return strcmp(a->verb, "say") == 0 && strcmp(b->verb, "say") == 0 && a->n_id && b->n_id &&
           (strcmp(a->id[0], "day") == 0 || strcmp(a->id[0], "date") == 0) &&
           (strcmp(b->id[0], "day") == 0 || strcmp(b->id[0], "date") == 0);
}

static bool step_fits(const step *wanted, const step *got)
{
    if (day_or_date(wanted, got))
        return true;
    return strcmp(plain_verb(wanted->verb), plain_verb(got->verb)) == 0 && ids_fit(wanted, got) &&
           args_fit(wanted, got);
}

/* A scene is planned as a `set` for each of its members. */
static bool is_scene(const steps *wanted, const steps *got, house *h)
{
    cJSON *world = NULL;
    const cJSON *row;
    size_t members = 0, steps_got = 0;
    ond_err err;
    if (wanted->n != 1 || strcmp(plain_verb(wanted->v[0].verb), "home.activate") != 0 || wanted->v[0].n_id != 1 ||
        ond_gate_world(h->gate, &world, &err) != 0)
        return false;
    bool all = true;
    cJSON_ArrayForEach(row, ond_json_get(world, "entities")) {
        if (strcmp(ond_json_str(row, "id", ""), wanted->v[0].id[0]) != 0)
            continue;
        const cJSON *m = ond_json_get(row, "members");
        members = (size_t)cJSON_GetArraySize(m);
        for (int i = 0; i < got->n; i++)
            for (int k = 0; k < got->v[i].n_id; k++, steps_got++)
                all &= ond_json_get(m, got->v[i].id[k]) != NULL && strcmp(got->v[i].verb, "home.set") == 0;
    }
    cJSON_Delete(world);
    return members > 0 && all && steps_got == members;
}

/* The scene among several wishes: the `set` steps are its, the others are compared. */
static bool scene_apart(steps *wanted, steps *got, house *h)
{
    static steps scene, sets;
    int at = -1, rest = 0;
    for (int i = 0; i < wanted->n && at < 0; i++)
        at = strcmp(wanted->v[i].verb, "home.activate") == 0 ? i : -1;
    if (at < 0 || wanted->n == 1)
        return true;
    scene = (steps){.n = 1};
    scene.v[0] = wanted->v[at];
    sets.n = 0;
    for (int i = 0; i < got->n; i++)
        if (strcmp(got->v[i].verb, "home.set") == 0)
            sets.v[sets.n++] = got->v[i];
        else
            got->v[rest++] = got->v[i];
    got->n = rest;
    wanted->v[at] = wanted->v[--wanted->n];
    return is_scene(&scene, &sets, h);
}

static bool all_fit(steps *wanted, steps *got, house *h)
{
    bool used[MOST_STEPS] = {0};
    if (is_scene(wanted, got, h))
        return true;
    if (!scene_apart(wanted, got, h) || wanted->n != got->n)
        return false;
    for (int i = 0; i < wanted->n; i++) {
        int at = -1;
        for (int k = 0; k < got->n && at < 0; k++)
            if (!used[k] && step_fits(&wanted->v[i], &got->v[k]))
                at = k;
        if (at < 0)
            return false;
        used[at] = true;
    }
    return true;
}

/* A correction may also be made by moving what was made. */
static bool moved_instead(const steps *wanted, const steps *got)
{
    if (wanted->n != 2 || got->n != 1 || strcmp(wanted->v[0].verb, "undo") != 0)
        return false;
    const step *w = &wanted->v[1], *g = &got->v[0];
    const char *at = arg_of(w, "at"), *start = arg_of(w, "start");
    return (at && arg_of(g, "at") && strstr(g->verb, "_move") && value_fits(at, arg_of(g, "at"))) ||
           (start && arg_of(g, "start") && strcmp(g->verb, "calendar.move") == 0 &&
            value_fits(start, arg_of(g, "start")));
}

/* ---- one line ---- */

/* "A|B": where a bar is followed by a step, it parts whole expectations, not values of an argument. */
static const char *next_whole(const char *expected)
{
    static const char *const begins[] = {"home.", "time.", "calendar.", "notes.", "read ", "say ",
                                         "undo"};
    for (const char *bar = strchr(expected, '|'); bar; bar = strchr(bar + 1, '|')) {
        size_t n = strcspn(bar + 1, "|");
        if ((n == 2 && strncmp(bar + 1, "no", n) == 0) || (n == 3 && strncmp(bar + 1, "ask", n) == 0))
            return bar;
        for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
            if (strncmp(bar + 1, begins[i], strlen(begins[i])) == 0)
                return bar;
    }
    return NULL;
}

static verdict judge_one(const char *expected, const cJSON *parsed, house *h)
{
    static steps wanted, got;
    bool question = ond_json_get(parsed, "question") != NULL;
    const cJSON *error = ond_json_get(parsed, "error");
    bool unknown = error && strcmp(ond_json_str(error, "code", ""), "UNKNOWN") == 0;
    bool may_ask = strcmp(expected, "ask") == 0 || strncmp(expected, "ask|", 4) == 0;
    if (strcmp(expected, "no") == 0)
        return unknown ? UNDERSTOOD : question ? ASKED : error ? REFUSED : WRONG;
    if (unknown)
        return NOT_UNDERSTOOD;
    if (question)
        return may_ask ? UNDERSTOOD : ASKED;
    if (error)
        return strcmp(expected, "fail") == 0 ? UNDERSTOOD : REFUSED;
    parse_steps(&wanted, strncmp(expected, "ask|", 4) == 0 ? expected + 4 : expected);
    read_parsed(&got, parsed);
    if (all_fit(&wanted, &got, h) || moved_instead(&wanted, &got))
        return UNDERSTOOD;
    /* Undo with nothing to take back shows only when it is done. */
    if (strcmp(expected, "fail") == 0 && got.n == 1 && strcmp(got.v[0].verb, "undo") == 0)
        return UNDERSTOOD;
    return WRONG;
}

static verdict judge(const char *expected, const cJSON *parsed, house *h)
{
    bool asks = strncmp(expected, "ask|", 4) == 0;
    if (strcmp(expected, "ask|no") == 0 || strcmp(expected, "no|ask") == 0) {
        verdict no = judge_one("no", parsed, h);
        return no == ASKED ? UNDERSTOOD : no;
    }
    const char *bar = next_whole(asks ? expected + 4 : expected);
    if (!bar)
        return judge_one(expected, parsed, h);
    char one[1024];
    snprintf(one, sizeof one, "%.*s", (int)(bar - expected), expected);
    verdict v = judge_one(one, parsed, h);
    snprintf(one, sizeof one, "%s%s", asks ? "ask|" : "", bar + 1);
    return v == UNDERSTOOD ? v : judge(one, parsed, h);
}

static void put_steps(const cJSON *parsed)
{
    ond_buf b = {0};
    const cJSON *p;
    cJSON_ArrayForEach(p, ond_json_get(parsed, "plan")) {
        ond_buf_printf(&b, "\n         %s.%s ", ond_json_str(p, "hand", ""), ond_json_str(p, "verb", ""));
        ond_json_print(&b, ond_json_get(p, "args"));
    }
    print_message("    got  %s %s%s\n", ond_json_str(parsed, "intent", "-"),
                  ond_json_str(ond_json_get(parsed, "error"), "text", ""), ond_buf_z(&b));
    ond_buf_free(&b);
}

static void say_before(house *h, char *before, const char *lang)
{
    for (char *at = before, *next; at && *at; at = next) {
        cJSON *answer = NULL;
        ond_err err;
        ond_run_opts run = {.yes = true};
        next = strstr(at, " || ");
        if (next) {
            *next = '\0';
            next += 4;
        }
        (void)!ond_agent_do(h->agent, at, lang, NULL, &run, &answer, &err);
        cJSON_Delete(answer);
    }
}

/* "repeat": what the sentence before came to, once more. */
static verdict judge_repeat(house *h, const char *before, const char *lang, const cJSON *parsed)
{
    cJSON *again = NULL;
    ond_err err = {0};
    (void)!ond_agent_parse(h->agent, before, lang, NULL, &again, &err);
    bool error = ond_json_get(parsed, "error") != NULL;
    bool same = !error && cJSON_Compare(ond_json_get(again, "plan"), ond_json_get(parsed, "plan"), true) &&
                (cJSON_GetArraySize(ond_json_get(again, "plan")) > 0 ||
                 strcmp(ond_json_str(again, "intent", "-"), ond_json_str(parsed, "intent", "")) == 0);
    cJSON_Delete(again);
    bool question = ond_json_get(parsed, "question") != NULL;
    return same ? UNDERSTOOD : question ? ASKED : error ? NOT_UNDERSTOOD : WRONG;
}

static verdict check_line(house **shared, char *line, const char **lang)
{
    char *col[4] = {line};
    for (int i = 1; i < 4; i++) {
        col[i] = col[i - 1] ? strchr(col[i - 1], '\t') : NULL;
        if (!col[i])
            fail_msg("a line without its four columns: %s", line);
        *col[i]++ = '\0';
    }
    bool alone = strcmp(col[1], "-") == 0;
    house *h = alone ? *shared : house_open(col[0]);
    *lang = col[0];
    if (!alone)
        say_before(h, col[1], col[0]);
    cJSON *parsed = NULL;
    ond_err err = {0};
    (void)!ond_agent_parse(h->agent, col[2], col[0], NULL, &parsed, &err);
    verdict v = strcmp(col[3], "repeat") == 0 ? judge_repeat(h, col[1], col[0], parsed) : judge(col[3], parsed, h);
    if (v != UNDERSTOOD && getenv("ONDOL_SHOW")) {
        print_message("%s: %s [%s] %s\n    want %s\n", verdict_names[v], col[0], col[1], col[2], col[3]);
        put_steps(parsed);
    } else if (v == WRONG) {
        print_error("wrong: %s [%s] %s\n    want %s\n", col[0], col[1], col[2], col[3]);
        put_steps(parsed);
    }
    cJSON_Delete(parsed);
    if (!alone)
        house_close(h);
    return v;
}

/* ---- the tables ---- */

typedef struct table { const char *path; int floor; } table; /* floor: % that must be understood, in each language */
static const table tables[] = {{"tests/agent/wishes.tsv", 95},
                               {"tests/agent/more.tsv", 95},
                               {"tests/agent/second-ko.tsv", 95},
                               {"tests/agent/second-en.tsv", 95},
                               {"tests/agent/third.tsv", 90},
                               {"tests/agent/fourth.tsv", 90},
                               {"tests/agent/fifth.tsv", 85},
                               {"tests/agent/sixth-ko.tsv", 90},
                               {"tests/agent/sixth-en.tsv", 90},
                               {"tests/agent/seventh-ko.tsv", 90},
                               {"tests/agent/seventh-en.tsv", 90},
                               {"tests/agent/eighth.tsv", 85},
                               {"tests/agent/ninth.tsv", 85},
                               {"tests/agent/tenth-ko.tsv", 90},
                               {"tests/agent/tenth-en.tsv", 90},
                               {"tests/agent/eleventh-ko.tsv", 90},
                               {"tests/agent/eleventh-en.tsv", 90}};

static void count_table(const table *t, int n[2][N_VERDICTS])
{
    ond_buf text = {0};
    ond_err err = {0};
    house *shared = house_open("ko");
    if (ond_file_read(t->path, 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.text);
    for (char *line = text.p, *next; line && *line; line = next) {
        const char *lang;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (!line[0] || line[0] == '#')
            continue;
        verdict v = check_line(&shared, line, &lang);
        n[strcmp(lang, "ko") == 0 ? 0 : 1][v]++;
    }
    ond_buf_free(&text);
    house_close(shared);
}

static void wishes_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        int n[2][N_VERDICTS] = {{0}};
        if (access(tables[i].path, R_OK) != 0)
            continue;
        settle_clock();
        count_table(&tables[i], n);
        for (int l = 0; l < 2; l++) {
            int all = 0;
            for (int v = 0; v < N_VERDICTS; v++)
                all += n[l][v];
            print_message("%s, %s: ", tables[i].path, l ? "en" : "ko");
            for (int v = 0; v < N_VERDICTS; v++)
                print_message("%s %d (%.1f %%)%s", verdict_names[v], n[l][v], all ? 100.0 * n[l][v] / all : 0,
                              v + 1 < N_VERDICTS ? ", " : "\n");
            if (getenv("ONDOL_SHOW"))
                continue;
            assert_int_equal(n[l][WRONG], 0);
            assert_true(100 * n[l][UNDERSTOOD] >= tables[i].floor * all);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
