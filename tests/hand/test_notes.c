/* test_notes.c - the hand `notes`: every verb and its undo, names and contents of all kinds,
 * finding, other programs' files, a process that is killed. */
#include "../sys/tmp.h"
#include "base/utf8.h"
#include "hand/hand.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

extern const ond_hand_def ond_hand_notes;

static ond_err err;
static void *h;
static char dir[400];

static void open_hand(void)
{
    cJSON *config = cJSON_CreateObject();
    snprintf(dir, sizeof dir, "%s/notes", tmp);
    ond_json_set_str(config, "dir", dir);
    const ond_hand_env env = {.config = config, .lang = "en"};
    if (ond_hand_notes.open(&env, &h, &err) != 0) fail_msg("cannot open: %s", err.text);
    cJSON_Delete(config);
}

static int setup(void **state)
{
    if (tmp_setup(state) != 0) return -1;
    ond_zone_set("Asia/Seoul");
    open_hand();
    return 0;
}

static int teardown(void **state)
{
    ond_hand_notes.close(h);
    return tmp_teardown(state);
}

#define NOTES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- short ways ---- */

static const char *path_of(const char *file)
{
    static char rooms[4][1400];
    static int next;
    char *out = rooms[next++ % 4];
    snprintf(out, sizeof rooms[0], "%s/%s", dir, file);
    return out;
}

static void put_file(const char *file, const void *bytes, size_t n)
{
    const char *path = path_of(file);
    char *folder = strdup(path);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(ond_dir_make(folder, 0700, &err), 0);
    free(folder);
    assert_int_equal(ond_file_write(path, (ond_str){bytes, n}, 0644, &err), 0);
}

static void put(const char *file, const char *text)
{
    put_file(file, text, strlen(text));
}

static void has(const char *file, const char *text)
{
    ond_buf b = {0};
    if (ond_file_read(path_of(file), 1 << 21, &b, &err) != 0) fail_msg("%s: %s", file, err.text);
    assert_string_equal(ond_buf_z(&b), text);
    ond_buf_free(&b);
}

static cJSON *args_of(const char *text)
{
    cJSON *a = cJSON_Parse(text);
    if (!a) fail_msg("no JSON: %s", text);
    return a;
}

static int try_plan(const char *verb, const char *args, ond_hand_step *s)
{
    cJSON *a = args_of(args);
    err = (ond_err){0};
    int rc = ond_hand_notes.plan(h, verb, a, s, &err);
    cJSON_Delete(a);
    return rc;
}

static ond_hand_step plan(const char *verb, const char *args)
{
    ond_hand_step s;
    if (try_plan(verb, args, &s) != 0) fail_msg("%s %s: %s", verb, args, err.text);
    return s;
}

static void refused(const char *verb, const char *args, int code, const char *part)
{
    ond_hand_step s;
    int rc = try_plan(verb, args, &s);
    if (rc != code) fail_msg("%s %s: %s, %s", verb, args, ond_code_name(rc), err.text);
    if (!strstr(err.text, part)) fail_msg("'%s' does not say '%s'", err.text, part);
}

static ond_done act_on(const char *verb, const ond_hand_step *s)
{
    ond_act a = {.verb = verb, .args = s->args, .expect = s->expect};
    ond_hand_notes.act(h, &a, 1, 1000);
    err = a.err;
    if (a.done == OND_DONE_OK && s->effect != OND_EFFECT_READ)
        assert_int_equal(ond_hand_shows(s->expect, a.after), OND_SHOWS);
    cJSON_Delete(a.after);
    return a.done;
}

static void must(const char *verb, const char *args)
{
    ond_hand_step s = plan(verb, args);
    ond_done d = act_on(verb, &s);
    if (d != OND_DONE_OK) fail_msg("%s %s: %s, %s", verb, args, ond_done_name(d), err.text);
    ond_hand_step_free(&s);
}

/* ---- the folder as one text ---- */

static ond_buf *seen;
static int see_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    ond_buf bytes = {0};
    if (type == FTW_F && ond_file_read(path, 1 << 22, &bytes, &err) != 0) return 1;
    ond_buf_printf(seen, "%s %d %o %zu ", path, type, st->st_mode & 0777, bytes.n);
    ond_buf_put(seen, ond_buf_z(&bytes), bytes.n);
    ond_buf_putc(seen, '\n');
    ond_buf_free(&bytes);
    return 0;
}

/* A digest of all names, modes and bytes; folders list in no order, so lines are added up. */
static uint64_t folder_now(void)
{
    ond_buf all = {0};
    uint64_t sum = 0;
    seen = &all;
    if (ond_file_exists(dir)) assert_int_equal(nftw(dir, see_file, 16, FTW_PHYS), 0);
    /* a record goes from one path to the next */
    size_t at = 0, n = strlen(dir);
    while (at < all.n) {
        size_t end = at + 1;
        while (end < all.n &&
               !(all.p[end - 1] == '\n' && all.n - end >= n && memcmp(all.p + end, dir, n) == 0))
            end++;
        sum += ond_fnv(all.p + at, end - at);
        at = end;
    }
    ond_buf_free(&all);
    return sum;
}

static void undo_of(const ond_hand_step *s)
{
    ond_hand_step u;
    assert_true(s->can_undo);
    err = (ond_err){0};
    int rc = ond_hand_notes.plan(h, s->undo_verb, s->undo_args, &u, &err);
    if (rc != 0) fail_msg("undo %s: %s", s->undo_verb, err.text);
    ond_done d = act_on(s->undo_verb, &u);
    if (d != OND_DONE_OK && d != OND_DONE_ALREADY)
        fail_msg("undo %s: %s, %s", s->undo_verb, ond_done_name(d), err.text);
    ond_hand_step_free(&u);
}

/* ---- creating ---- */

TEST(create_names_and_writes)
{
    assert_false(ond_file_exists(dir));
    must("create", "{\"title\":\"장보기 목록\",\"text\":\"우유\\n달걀\"}");
    has("장보기 목록.md", "# 장보기 목록\n\n우유\n달걀\n");
    must("create",
         "{\"text\":\"The plumber comes on Friday at nine, and wants the key of the cellar\"}");
    has("The plumber comes on Friday at nine, and.md",
        "The plumber comes on Friday at nine, and wants the key of the cellar\n");
    must("create", "{\"title\":\"장보기 목록\",\"text\":\"\"}");
    has("장보기 목록-2.md", "# 장보기 목록\n");
    must("create", "{\"title\":\"MILK\",\"text\":\"a\"}");
    must("create", "{\"title\":\"milk\",\"text\":\"b\"}");
    has("milk-2.md", "# milk\n\nb\n");
    struct stat st;
    assert_int_equal(stat(path_of("MILK.md"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    refused("create", "{\"text\":\"\"}", OND_E_INPUT, "needs a text");
    refused("create", "{\"text\":\" \\n\"}", OND_E_INPUT, "needs a text");
}

/* The name is chosen once: planned again with its exact arguments it is the same step. */
TEST(exact_arguments_stay)
{
    put("우유.md", "x\n");
    ond_hand_step a = plan("create", "{\"title\":\"우유\",\"text\":\"사기\"}"), b;
    assert_string_equal(ond_json_str(a.args, "note", ""), "우유-2");
    assert_int_equal(ond_hand_notes.plan(h, "create", a.args, &b, &err), 0);
    assert_true(cJSON_Compare(a.args, b.args, true));
    assert_true(cJSON_Compare(a.expect, b.expect, true));
    ond_hand_step_free(&b);
    put("우유-2.md", "somebody else's\n");
    assert_int_equal(ond_hand_notes.plan(h, "create", a.args, &b, &err), OND_E_STALE);
    assert_int_equal(act_on("create", &a), OND_DONE_FAILED);
    has("우유-2.md", "somebody else's\n");
    ond_hand_step_free(&a);

    static const char *const steps[][2] = {
        {"append", "{\"note\":\"우유-2\",\"text\":\"more\"}"},
        {"remove", "{\"note\":\"우유-2\"}"},
        {"remove", "{\"note\":\"no such\",\"exact\":true}"},
        {"restore", "{\"note\":\"new\",\"content\":\"a\\nb\"}"},
        {"show", "{\"note\":\"우유-2\"}"},
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        a = plan(steps[i][0], steps[i][1]);
        assert_int_equal(ond_hand_notes.plan(h, steps[i][0], a.args, &b, &err), 0);
        assert_true(cJSON_Compare(a.args, b.args, true));
        assert_true(cJSON_Compare(a.expect, b.expect, true));
        assert_int_equal(a.effect, b.effect);
        ond_hand_step_free(&a);
        ond_hand_step_free(&b);
    }
}

static void name_of(const char *title, const char *want)
{
    cJSON *a = cJSON_CreateObject();
    ond_hand_step s;
    ond_json_set_str(a, "title", title);
    ond_json_set_str(a, "text", "x");
    if (ond_hand_notes.plan(h, "create", a, &s, &err) != 0) fail_msg("%s: %s", title, err.text);
    const char *got = ond_json_str(s.args, "note", "");
    if (want) assert_string_equal(got, want);
    if (strchr(got, '/') || got[0] == '.' || !got[0] || strlen(got) > 200)
        fail_msg("'%s' gives '%s'", title, got);
    if (act_on("create", &s) != OND_DONE_OK) fail_msg("'%s': %s", title, err.text);
    undo_of(&s);
    ond_hand_step_free(&s);
    cJSON_Delete(a);
}

TEST(hostile_titles)
{
    name_of("../../etc/passwd", "etc passwd");
    name_of("/", "x");
    name_of("..", "x");
    name_of(".hidden", "hidden");
    name_of("a/b\\c:d*e?f\"g<h>i|j", "a b c d e f g h i j");
    name_of("  many   blanks\t\nand lines ", "many blanks and lines");
    name_of("ends with dots...", "ends with dots");
    name_of("\xE2\x80\xAEright to left\xE2\x80\xAC", "right to left");
    name_of("\x01\x02\x7f", "x");
    name_of("-rf", "rf");
    name_of("카페\xCC\x81", NULL);
    name_of("\xE1\x84\x80\xE1\x85\xA1", "가"); /* jamo become a syllable */
    char longest[201];
    memset(longest, 'w', 200);
    longest[200] = '\0';
    name_of(longest, NULL);
    ond_buf b = {0};
    for (int i = 0; i < 66; i++) ond_buf_puts(&b, "𠮷");
    name_of(ond_buf_z(&b), NULL);
    ond_buf_free(&b);
    ond_hand_step s = plan("create", "{\"title\":\"\\u0001\",\"text\":\"...\"}");
    assert_string_equal(ond_json_str(s.args, "note", ""), "note");
    ond_hand_step_free(&s);
}

TEST(no_name_leaves_the_folder)
{
    static const char *const bad[] = {"../x", "a/../x", "/x", "a//b",     ".x",
                                      "a/.x", "",       "a/", "x\\u0001", "a/b/c/d/e/f/g/h/i/j/k"};
    char args[200];
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(args, sizeof args, "{\"note\":\"%s\",\"content\":\"x\"}", bad[i]);
        refused("restore", args, OND_E_INPUT, "is no name of a note");
        snprintf(args, sizeof args, "{\"note\":\"%s\",\"text\":\"x\"}", bad[i]);
        refused("create", args, OND_E_INPUT, "is no name of a note");
        snprintf(args, sizeof args, "{\"note\":\"%s\",\"exact\":true}", bad[i]);
        refused("remove", args, OND_E_INPUT, "is no name of a note");
        cJSON *a = args_of(args), *out = NULL;
        assert_int_equal(ond_hand_notes.observe(h, "remove", a, &out, &err), OND_E_INPUT);
        cJSON_Delete(a);
    }
    assert_false(ond_file_exists(dir));
}

TEST(links_are_not_followed)
{
    put("note.md", "inside\n");
    char outside[500], folder[500];
    snprintf(outside, sizeof outside, "%s/secret.md", tmp);
    snprintf(folder, sizeof folder, "%s/elsewhere", tmp);
    assert_int_equal(ond_file_write(outside, OND_S("a secret\n"), 0600, &err), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink(outside, path_of("link.md")), 0);
    assert_int_equal(symlink(folder, path_of("sub")), 0);
    ond_hand_step s = plan("find", "{\"query\":\"secret\"}");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(s.before, "notes")), 0);
    ond_hand_step_free(&s);
    refused("show", "{\"note\":\"link\"}", OND_E_NOT_FOUND, "no note");
    refused("append", "{\"note\":\"link\",\"text\":\"x\"}", OND_E_NOT_FOUND, "no note");
    refused("restore", "{\"note\":\"link\",\"content\":\"x\"}", OND_E_INPUT, "not followed");
    refused("restore", "{\"note\":\"sub/x\",\"content\":\"x\"}", OND_E_INPUT, "not followed");
    refused("remove", "{\"note\":\"link\",\"exact\":true}", OND_E_INPUT, "not followed");
    name_of("link", "link-2");
}

/* ---- appending ---- */

static void appends(const char *before, const char *text, const char *after)
{
    put("a.md", before);
    uint64_t was = folder_now();
    cJSON *a = cJSON_CreateObject();
    ond_hand_step s;
    ond_json_set_str(a, "note", "a");
    ond_json_set_str(a, "text", text);
    assert_int_equal(ond_hand_notes.plan(h, "append", a, &s, &err), 0);
    assert_int_equal(act_on("append", &s), OND_DONE_OK);
    has("a.md", after);
    undo_of(&s);
    assert_true(folder_now() == was);
    ond_hand_step_free(&s);
    cJSON_Delete(a);
}

TEST(append_keeps_the_file_s_ways)
{
    appends("", "x", "x\n");
    appends("one\n", "two", "one\n\ntwo\n");
    appends("one", "two", "one\n\ntwo");
    appends("one\n\n", "two\n", "one\n\ntwo\n");
    appends("one\r\n", "two\nthree", "one\r\n\r\ntwo\r\nthree\r\n");
    appends("one\r\ntwo", "three", "one\r\ntwo\r\n\r\nthree");
    appends("\xEF\xBB\xBFone\n", "two", "\xEF\xBB\xBFone\n\ntwo\n");
    appends("\xEF\xBB\xBF", "two", "\xEF\xBB\xBFtwo\n");
    appends("# 장보기\n\n- 우유\n", "달걀", "# 장보기\n\n- 우유\n- 달걀\n");
    appends("* a\n* b", "c", "* a\n* b\n* c");
    appends("- [x] a\n", "b", "- [x] a\n- [ ] b\n");
    appends("1. a\n2. b\n", "c", "1. a\n2. b\n3. c\n");
    appends("9) a\n", "b", "9) a\n10) b\n");
    appends("- a\n  more of a\n", "b", "- a\n  more of a\n- b\n");
    appends("- a\n", "b\nand b", "- a\n- b\n  and b\n");
    appends("- a\n\nText after a list.\n", "b", "- a\n\nText after a list.\n\nb\n");
    appends("-no item\n", "b", "-no item\n\nb\n");
    appends("2026. was a year", "b", "2026. was a year\n2027. b");
    appends("\xff\xfe broken\n", "b", "\xff\xfe broken\n\nb\n");
    appends("- a\r\n- b\r\n", "c", "- a\r\n- b\r\n- c\r\n");
    refused("append", "{\"note\":\"a\",\"text\":\" \"}", OND_E_INPUT, "nothing to add");
}

TEST(nothing_is_written_over_what_changed)
{
    put("a.md", "one\n");
    ond_hand_step s = plan("append", "{\"note\":\"a\",\"text\":\"two\"}");
    put("a.md", "another program's\n");
    assert_int_equal(act_on("append", &s), OND_DONE_FAILED);
    assert_int_equal(err.code, OND_E_STALE);
    has("a.md", "another program's\n");
    ond_hand_step_free(&s);
    s = plan("remove", "{\"note\":\"a\"}");
    put("a.md", "changed again\n");
    assert_int_equal(act_on("remove", &s), OND_DONE_FAILED);
    has("a.md", "changed again\n");
    ond_hand_step_free(&s);
    /* what was added cannot be told apart any more */
    s = plan("append", "{\"note\":\"a\",\"text\":\"two\"}");
    assert_int_equal(act_on("append", &s), OND_DONE_OK);
    put("a.md", "all is new\n");
    ond_hand_step u;
    assert_int_equal(ond_hand_notes.plan(h, s.undo_verb, s.undo_args, &u, &err), OND_E_STALE);
    ond_hand_step_free(&s);
}

TEST(already)
{
    put("a.md", "one\n");
    ond_hand_step s = plan("restore", "{\"note\":\"a\",\"content\":\"one\\n\"}");
    assert_true(s.already);
    assert_int_equal(act_on("restore", &s), OND_DONE_ALREADY);
    ond_hand_step_free(&s);
    s = plan("remove", "{\"note\":\"gone\",\"exact\":true}");
    assert_true(s.already);
    assert_int_equal(act_on("remove", &s), OND_DONE_ALREADY);
    ond_hand_step_free(&s);
    s = plan("create", "{\"title\":\"b\",\"text\":\"x\"}");
    assert_int_equal(act_on("create", &s), OND_DONE_OK);
    assert_int_equal(act_on("create", &s), OND_DONE_ALREADY);
    ond_hand_step_free(&s);
}

/* What has no undo is irreversible, so that gate asks. */
TEST(large_notes)
{
    char *big = malloc((1 << 20) + 2);
    memset(big, 'x', (1 << 20) + 2);
    put_file("big.md", big, 100000);
    ond_hand_step s = plan("remove", "{\"note\":\"big\"}");
    assert_false(s.can_undo);
    assert_int_equal(s.effect, OND_EFFECT_IRREVERSIBLE);
    ond_hand_step_free(&s);
    s = plan("append", "{\"note\":\"big\",\"text\":\"y\"}");
    assert_true(s.can_undo);
    assert_int_equal(s.effect, OND_EFFECT_REVERSIBLE);
    assert_int_equal(act_on("append", &s), OND_DONE_OK);
    undo_of(&s);
    ond_hand_step_free(&s);
    put_file("huge.md", big, (1 << 20) + 1);
    refused("append", "{\"note\":\"huge\",\"text\":\"y\"}", OND_E_INPUT, "over 1 MiB");
    refused("remove", "{\"note\":\"huge\"}", OND_E_INPUT, "over 1 MiB");
    put_file("full.md", big, 1 << 20);
    refused("append", "{\"note\":\"full\",\"text\":\"y\"}", OND_E_INPUT, "over 1 MiB");
    s = plan("list", "{}");
    assert_int_equal(ond_json_num(s.before, "total", 0), 3);
    ond_hand_step_free(&s);
    s = plan("find", "{\"query\":\"nothing\"}");
    const cJSON *skipped = cJSON_GetArrayItem(ond_json_get(s.before, "skipped"), 0);
    assert_string_equal(ond_json_str(skipped, "note", ""), "huge");
    assert_string_equal(ond_json_str(skipped, "why", ""), "over 1 MiB");
    ond_hand_step_free(&s);
    free(big);
}

/* ---- which note ---- */

static void means(const char *said, const char *note)
{
    char args[300];
    snprintf(args, sizeof args, "{\"note\":\"%s\"}", said);
    ond_hand_step s = plan("show", args);
    assert_string_equal(ond_json_str(s.before, "note", ""), note);
    assert_string_equal(ond_json_str(s.args, "note", ""), note);
    ond_hand_step_free(&s);
}

TEST(resolving)
{
    put("장보기 목록.md", "# 이번 주 장보기\n\n- 우유\n");
    put("Recipes.md", "# Recipes of my mother\n");
    put("work/plan.md", "# Plan\n");
    put("work/plan b.md", "---\ntitle: The other plan\n---\ntext\n");
    means("장보기 목록", "장보기 목록");
    means("장보기목록", "장보기 목록");
    means("장보기", "장보기 목록");
    means("이번 주 장보기", "장보기 목록");
    means("recipes", "Recipes");
    means("Recipes.md", "Recipes");
    means("mother", "Recipes");
    means("work/plan", "work/plan");
    means("plan", "work/plan");
    means("the other", "work/plan b");
    refused("show", "{\"note\":\"pla\"}", OND_E_AMBIGUOUS, "'work/plan'");
    refused("show", "{\"note\":\"recipse\"}", OND_E_NOT_FOUND, "near it: 'Recipes'");
    refused("show", "{\"note\":\"zzzzzz\"}", OND_E_NOT_FOUND, "no note 'zzzzzz'");
    refused("show", "{\"note\":\"\"}", OND_E_INPUT, "which note");
    refused("remove", "{\"note\":\"recipse\"}", OND_E_NOT_FOUND, "near it");
}

TEST(no_notes_at_all)
{
    refused("show", "{\"note\":\"x\"}", OND_E_NOT_FOUND, "there are no notes in");
    ond_hand_step s = plan("list", "{}");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(s.before, "notes")), 0);
    ond_hand_step_free(&s);
    s = plan("find", "{\"query\":\"x\"}");
    assert_int_equal(ond_json_num(s.before, "total", 9), 0);
    ond_hand_step_free(&s);
    cJSON *health = ond_hand_notes.health(h);
    assert_true(ond_json_bool(health, "ok", false));
    cJSON_Delete(health);
    assert_false(ond_file_exists(dir));
}

TEST(show_and_list)
{
    put("old.md", "old text\r\nof two lines\n");
    put("new.md", "# New\n\ntext");
    const struct timespec long_ago[2] = {{.tv_sec = 1600000000}, {.tv_sec = 1600000000}};
    assert_int_equal(utimensat(AT_FDCWD, path_of("old.md"), long_ago, 0), 0);
    ond_hand_step s = plan("show", "{\"note\":\"old\"}");
    assert_string_equal(ond_json_str(s.before, "text", ""), "old text\nof two lines\n");
    assert_string_equal(ond_json_str(s.before, "title", ""), "old text");
    assert_int_equal(s.effect, OND_EFFECT_READ);
    assert_int_equal(act_on("show", &s), OND_DONE_OK);
    ond_hand_step_free(&s);
    s = plan("list", "{}");
    const cJSON *list = ond_json_get(s.before, "notes");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(list, 0), "title", ""), "New");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(list, 1), "note", ""), "old");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(list, 1), "changed", ""),
                        "2020-09-13T21:26:40");
    ond_hand_step_free(&s);
    s = plan("list", "{\"limit\":1}");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(s.before, "notes")), 1);
    ond_hand_step_free(&s);
    put_file("bad.md", "\xff\x00\xfe abc", 7);
    s = plan("show", "{\"note\":\"bad\"}");
    assert_string_equal(ond_json_str(s.before, "flaw", ""), "not UTF-8");
    assert_string_equal(ond_json_str(s.before, "text", ""), "\xEF\xBF\xBD \xEF\xBF\xBD abc");
    ond_hand_step_free(&s);
}

/* ---- finding ---- */

/* Names of what is found, with blanks between; "~" before them where only slips were. */
static const char *found(const char *query)
{
    static char text[1000];
    cJSON *a = cJSON_CreateObject();
    ond_hand_step s;
    ond_json_set_str(a, "query", query);
    if (ond_hand_notes.plan(h, "find", a, &s, &err) != 0) fail_msg("%s: %s", query, err.text);
    snprintf(text, sizeof text, "%s", ond_json_bool(s.before, "near", false) ? "~" : "");
    const cJSON *n;
    cJSON_ArrayForEach(n, ond_json_get(s.before, "notes"))
    {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%s", at && text[at - 1] != '~' ? " " : "",
                 ond_json_str(n, "note", "?"));
    }
    ond_hand_step_free(&s);
    cJSON_Delete(a);
    return text;
}

static void finds(const char *query, const char *want)
{
    const char *got = found(query);
    if (strcmp(got, want) != 0) fail_msg("'%s' finds '%s', not '%s'", query, got, want);
}

static const char *line_of(const char *query)
{
    static char text[1000];
    cJSON *a = cJSON_CreateObject();
    ond_hand_step s;
    ond_json_set_str(a, "query", query);
    assert_int_equal(ond_hand_notes.plan(h, "find", a, &s, &err), 0);
    const cJSON *first = cJSON_GetArrayItem(ond_json_get(s.before, "notes"), 0);
    snprintf(text, sizeof text, "%s", ond_json_str(first, "line", "(none)"));
    ond_hand_step_free(&s);
    cJSON_Delete(a);
    return text;
}

static void write_some(void)
{
    put("shop.md", "# 장보기 목록\n\n- 우유 두 팩\n- 달걀\n- Bread\n");
    put("fridge.md", "# 냉장고 수리\n\n기사님이 금요일에 오신다. 우유는 다른 곳에 둔다.\n");
    put("trip.md", "# Trip to Busan\n\nTake the KTX on Friday.\nBuy milk for the way.\n");
    put("house.md", "# House\n\nThe boiler was serviced in May. Next service: spring.\n");
    put("한글.md", "비밀번호는 적지 않는다. 와이파이 이름은 온돌집.\n");
    const struct timespec older[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    assert_int_equal(utimensat(AT_FDCWD, path_of("fridge.md"), older, 0), 0);
}

TEST(finding)
{
    write_some();
    finds("milk", "trip");
    finds("MILK", "trip");
    finds("mil", "trip");
    finds("우유", "shop fridge");
    finds("우유를", "shop fridge");
    finds("달걀이", "shop");
    finds("장보기목록", "shop");
    finds("장 보기", "shop");
    finds("우유 금요일", "fridge");
    finds("boiler service", "house");
    finds("boiler milk", "");
    finds("온돌 집", "한글");
    finds("와이파이 이름", "한글");
    finds("\xE1\x84\x8B\xE1\x85\xAE\xE1\x84\x8B\xE1\x85\xB2", "shop fridge"); /* 우유 in jamo */
    finds("\"milk\"", "trip");
    finds("busan", "trip");
    finds("한글", "한글");
    finds("restaurant", "");
    finds("ktxon", ""); /* only Korean words go on over a blank */
    refused("find", "{\"query\":\"  \"}", OND_E_INPUT, "what to look for");
    assert_string_equal(line_of("milk"), "Buy milk for the way.");
    assert_string_equal(line_of("우유 팩"), "우유 두 팩");
    assert_string_equal(line_of("장보기"), "장보기 목록");
}

TEST(finding_with_slips)
{
    write_some();
    finds("boilre", "~house");
    finds("serviecd", "~house");
    finds("냉장거", "~fridge");
    finds("비밀버호", "~한글");
    finds("xy", "");
    finds("zzzzzzzz", "");
    finds("milk", "trip"); /* a hit needs no guess */
}

TEST(ranking)
{
    put("a.md", "# About\n\nthe red boat and, far from it on another line,\n\na house\n");
    put("b.md", "# Notes\n\nour boat house is red\n");
    put("c.md", "# Boat house\n\nnothing here\n");
    finds("boat house", "c b a");
    put("d.md", "boat house\n");
    put("old.md", "boat house\n");
    const struct timespec long_ago[2] = {{.tv_sec = 1500000000}, {.tv_sec = 1500000000}};
    assert_int_equal(utimensat(AT_FDCWD, path_of("old.md"), long_ago, 0), 0);
    const char *got = found("boat house");
    assert_true(strstr(got, "d") && strstr(got, "old") && strstr(got, "d") < strstr(got, "old"));
}

/* Other programs write while we look: what was read is not believed longer than the file is so. */
TEST(what_is_kept_follows_the_files)
{
    put("a.md", "apples\n");
    finds("apples", "a");
    put("a.md", "pears!\n");
    finds("apples", "");
    finds("pears", "a");
    put("sub/deep/b.md", "pears\n");
    put(".hidden/c.md", "pears\n");
    put("sub/.d.md", "pears\n");
    put("e.txt", "pears\n");
    const char *got = found("pears");
    assert_true(strcmp(got, "a sub/deep/b") == 0 || strcmp(got, "sub/deep/b a") == 0);
    assert_int_equal(unlink(path_of("a.md")), 0);
    finds("pears", "sub/deep/b");
}

TEST(files_of_all_kinds)
{
    put_file("broken.md", "pears \xff\xfe\n", 9);
    put_file("nul.md", "pears\0grapes\n", 13);
    put("crlf.md", "one\r\npears here\r\n");
    put("bom.md", "\xEF\xBB\xBF# Pears\n");
    put("empty.md", "");
    assert_int_equal(mkdir(path_of("folder.md"), 0700), 0);
    assert_int_equal(mkfifo(path_of("pipe.md"), 0600), 0);
    int fd = open(path_of("\xff\xfe.md"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    ond_hand_step s = plan("find", "{\"query\":\"pears\"}");
    assert_int_equal(ond_json_num(s.before, "total", 0), 3);
    const cJSON *skipped = ond_json_get(s.before, "skipped");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(skipped, 0), "note", ""), "broken");
    ond_hand_step_free(&s);
    assert_string_equal(line_of("pears here"), "pears here");
    s = plan("list", "{}");
    assert_int_equal(ond_json_num(s.before, "total", 0), 5);
    ond_hand_step_free(&s);
    cJSON *health = ond_hand_notes.health(h);
    assert_true(strstr(ond_json_str(health, "what", ""), "1 files have names") != NULL);
    cJSON_Delete(health);
}

TEST(deep_folders_are_bounded)
{
    char name[400] = "";
    for (int i = 0; i < 12; i++) strcat(name, "f/");
    strcat(name, "x.md");
    put(name, "pears\n");
    put("f/f/f/y.md", "pears\n");
    finds("pears", "f/f/f/y");
}

TEST(a_folder_that_is_none)
{
    char file[300];
    cJSON *config = cJSON_CreateObject();
    void *other = NULL;
    snprintf(file, sizeof file, "%s/file", tmp);
    assert_int_equal(ond_file_write(file, OND_S("x"), 0600, &err), 0);
    ond_json_set_str(config, "dir", file);
    const ond_hand_env env = {.config = config, .lang = "en"};
    assert_int_equal(ond_hand_notes.open(&env, &other, &err), OND_E_CONFIG);
    assert_non_null(strstr(err.text, "hands.notes.dir"));
    cJSON_Delete(config);
    put("a.md", "x\n");
    if (geteuid() != 0) {
        assert_int_equal(chmod(dir, 0500), 0);
        ond_hand_step s = plan("append", "{\"note\":\"a\",\"text\":\"y\"}");
        assert_int_equal(act_on("append", &s), OND_DONE_FAILED);
        assert_int_equal(err.code, OND_E_IO);
        ond_hand_step_free(&s);
        chmod(dir, 0700);
        has("a.md", "x\n");
    }
}

/* ---- do, then undo ---- */

static unsigned rng = 1;
static unsigned rnd(unsigned n)
{
    rng = rng * 1664525u + 1013904223u;
    return (rng >> 8) % n;
}

static const char *any_text(void)
{
    static const char *const texts[] = {
        "우유",          "two\nlines",    "- item",  "x",           "quoted \"text\" and \\",
        "tab\there",     "끝에 줄바꿈\n", "emoji 🍞", "   indented", "# heading in text",
        "1. one\n2. two"};
    return texts[rnd(COUNT(texts))];
}

static void any_file(void)
{
    static const char *const names[] = {"a.md", "장보기.md", "sub/b.md", "sub/c.md",
                                        "한글 메모.md"};
    static const struct {
        const char *p;
        size_t n;
    } contents[] = {
        {"- one\n- two", 11}, {"\xff\xfe\x00\x01", 4}, {"a\r\nb\r\n", 6}, {"", 0},
        {"\xEF\xBB\xBFx", 4}, {"plain\n", 6},          {"1. a\n", 5},     {"\n\n\n", 3}};
    size_t k = rnd(COUNT(contents));
    put_file(names[rnd(COUNT(names))], contents[k].p, contents[k].n);
}

/* A random wish; false where there is no note for it. */
static const char *any_wish(cJSON *a)
{
    static const char *const verbs[] = {"create",  "append", "remove",
                                        "restore", "append", "create"};
    const char *verb = verbs[rnd(COUNT(verbs))];
    ond_hand_step s = plan("list", "{\"limit\":200}");
    const cJSON *list = ond_json_get(s.before, "notes");
    int n = cJSON_GetArraySize(list);
    const char *note =
        ond_json_str(cJSON_GetArrayItem(list, n ? (int)rnd((unsigned)n) : 0), "note", "");
    if (strcmp(verb, "create") == 0) {
        if (rnd(2)) ond_json_set_str(a, "title", any_text());
        ond_json_set_str(a, "text", any_text());
    } else if (strcmp(verb, "restore") == 0) {
        ond_json_set_str(a, "note", rnd(2) && n ? note : "되살린 것");
        ond_json_set_str(a, "content", any_text());
    } else if (!note[0]) {
        verb = NULL;
    } else {
        ond_json_set_str(a, "note", note);
        if (strcmp(verb, "append") == 0) ond_json_set_str(a, "text", any_text());
    }
    ond_hand_step_free(&s);
    return verb;
}

/* Each wish is undone, and the undo is undone: both are whole. ONDOL_COMMANDS sets how many. */
TEST(do_then_undo)
{
    const char *n = getenv("ONDOL_COMMANDS");
    long rounds = n ? atol(n) : 1500;
    int done[4] = {0};
    for (long i = 0; i < rounds; i++) {
        cJSON *a = cJSON_CreateObject();
        if (rnd(6) == 0) any_file();
        if (rnd(50) == 0) nftw(dir, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
        assert_int_equal(ond_dir_make(dir, 0700, &err), 0);
        const char *verb = any_wish(a);
        ond_hand_step s, u;
        uint64_t before = folder_now();
        if (!verb || ond_hand_notes.plan(h, verb, a, &s, &err) != 0) {
            if (verb && err.code != OND_E_INPUT) fail_msg("%s: %s", verb, err.text);
            cJSON_Delete(a);
            continue;
        }
        assert_true(folder_now() == before); /* planning touches nothing */
        assert_int_equal(s.effect, OND_EFFECT_REVERSIBLE);
        ond_done d = act_on(verb, &s);
        assert_int_equal(d, s.already ? OND_DONE_ALREADY : OND_DONE_OK);
        uint64_t after = folder_now();
        if (!s.already) {
            assert_true(after != before);
            assert_int_equal(ond_hand_notes.plan(h, s.undo_verb, s.undo_args, &u, &err), 0);
            assert_int_equal(act_on(s.undo_verb, &u), OND_DONE_OK);
            if (folder_now() != before) fail_msg("%s, undone by %s", verb, s.undo_verb);
            undo_of(&u);
            if (folder_now() != after) fail_msg("%s, undone by %s, undone", verb, s.undo_verb);
            if (rnd(3) == 0) undo_of(&s);
            ond_hand_step_free(&u);
            done[verb[0] == 'c' ? 0 : verb[0] == 'a' ? 1 : verb[2] == 'm' ? 2 : 3]++;
        }
        ond_hand_step_free(&s);
        cJSON_Delete(a);
    }
    for (int i = 0; i < 4; i++)
        if (done[i] < 50) fail_msg("only %d of verb %d", done[i], i);
}

/* Killed at any moment, a file is the old one or the new one, and another process goes on. */
TEST(killed)
{
    char line[80];
    put("log.md", "# Log\n\n");
    for (int i = 0; i < 25; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (int k = 0; k < 100000; k++) {
                ond_hand_step s;
                if (try_plan("append", "{\"note\":\"log\",\"text\":\"- a line that is whole\"}",
                             &s))
                    _exit(1);
                ond_act a = {.verb = "append", .args = s.args, .expect = s.expect};
                ond_hand_notes.act(h, &a, 1, 100);
                cJSON_Delete(a.after);
                ond_hand_step_free(&s);
                if (k == 40) put("log.md", "# Log\n\n");
            }
            _exit(0);
        }
        usleep(1000 + rnd(9000));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        FILE *f = fopen(path_of("log.md"), "r");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof line, f));
        assert_string_equal(line, "# Log\n");
        while (fgets(line, sizeof line, f))
            if (line[0] != '\n' && !strstr(line, "a line that is whole\n"))
                fail_msg("a torn line: %s", line);
        fclose(f);
    }
    must("append", "{\"note\":\"log\",\"text\":\"after\"}");
    char **left = NULL;
    size_t n = 0;
    assert_int_equal(ond_dir_list(dir, "", &left, &n, &err), 0);
    assert_int_equal(n, 1); /* what killed processes left was swept */
    ond_names_free(left, n);
}

/* Says in both languages, and the particle that fits. */
TEST(says)
{
    put("shop.md", "# 장보기\n\n- 우유\n");
    ond_hand_step s = plan("append", "{\"note\":\"shop\",\"text\":\"달걀\"}");
    assert_string_equal(ond_json_str(s.says, "ko", ""), "메모 “장보기”에 “달걀” 덧붙이기");
    assert_string_equal(ond_json_str(s.says, "en", ""), "add “달걀” to the note “장보기”");
    ond_hand_step_free(&s);
    s = plan("find", "{\"query\":\"우유\"}");
    assert_string_equal(ond_json_str(s.says, "en", ""), "look for “우유” in the notes");
    ond_hand_step_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTES_TEST(create_names_and_writes),
        NOTES_TEST(exact_arguments_stay),
        NOTES_TEST(hostile_titles),
        NOTES_TEST(no_name_leaves_the_folder),
        NOTES_TEST(links_are_not_followed),
        NOTES_TEST(append_keeps_the_file_s_ways),
        NOTES_TEST(nothing_is_written_over_what_changed),
        NOTES_TEST(already),
        NOTES_TEST(large_notes),
        NOTES_TEST(resolving),
        NOTES_TEST(no_notes_at_all),
        NOTES_TEST(show_and_list),
        NOTES_TEST(finding),
        NOTES_TEST(finding_with_slips),
        NOTES_TEST(ranking),
        NOTES_TEST(what_is_kept_follows_the_files),
        NOTES_TEST(files_of_all_kinds),
        NOTES_TEST(deep_folders_are_bounded),
        NOTES_TEST(a_folder_that_is_none),
        NOTES_TEST(do_then_undo),
        NOTES_TEST(killed),
        NOTES_TEST(says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
