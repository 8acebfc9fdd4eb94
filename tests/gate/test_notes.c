/* test_notes.c - notes through the gate: schema, undo, what other programs changed meanwhile, what
 * a crash left open. */
#include "house.h"

static char file[2][400];

static int setup_notes(void **state)
{
    if (setup(state) != 0) return -1;
    char text[600];
    snprintf(text, sizeof text, "{\"hands\":{\"notes\":{\"dir\":\"%s/notes\"}}}", tmp);
    config = json(text);
    start_again();
    return 0;
}

#define NOTES_TEST(name) cmocka_unit_test_setup_teardown(name, setup_notes, teardown)

static void add_note(ond_plan *plan, const char *verb, const char *args)
{
    cJSON *a = json(args), *p = cJSON_CreateObject();
    for (cJSON *c = a->child; c; c = c->next) ond_json_set_str(p, c->string, "owner");
    must(ond_plan_add(plan, "notes", verb, a, p, OND_EFFECT_REVERSIBLE, "a test", &last));
}

static int note(const char *verb, const char *args)
{
    ond_plan plan = {0};
    add_note(&plan, verb, args);
    return run_plan(&plan, NULL);
}

static const char *path_of(const char *name)
{
    static int next;
    char *out = file[next++ % 2];
    snprintf(out, sizeof file[0], "%s/notes/%s.md", tmp, name);
    return out;
}

static void has(const char *name, const char *text)
{
    ond_buf b = {0};
    must(ond_file_read(path_of(name), 1 << 20, &b, &last));
    assert_string_equal(ond_buf_z(&b), text);
    ond_buf_free(&b);
}

static void put(const char *name, const char *text)
{
    char folder[300];
    snprintf(folder, sizeof folder, "%s/notes", tmp);
    must(ond_dir_make(folder, 0700, &last));
    must(ond_file_write(path_of(name), ond_str_of(text), 0600, &last));
}

TEST(done_and_undone)
{
    must(note("create", "{\"title\":\"장보기\",\"text\":\"- 우유\"}"));
    int64_t created = task();
    assert_string_equal(ond_json_str(ond_json_get(step(0), "args"), "note", ""), "장보기");
    must(note("append", "{\"note\":\"장보기\",\"text\":\"달걀\"}"));
    has("장보기", "# 장보기\n\n- 우유\n- 달걀\n");
    must(undo(0, NULL));
    has("장보기", "# 장보기\n\n- 우유\n");
    must(note("remove", "{\"note\":\"장보기\"}"));
    assert_false(ond_file_exists(path_of("장보기")));
    must(undo(0, NULL));
    has("장보기", "# 장보기\n\n- 우유\n");
    must(undo(created, NULL));
    assert_false(ond_file_exists(path_of("장보기")));
    assert_int_equal(undo(created, NULL), OND_E_NOT_FOUND);
}

/* Two additions to one note, and two notes, in one wish: each is compared with what it left itself.
 */
TEST(several_in_one_wish)
{
    put("a", "one\n");
    put("b", "- x\n");
    ond_plan plan = {0};
    add_note(&plan, "append", "{\"note\":\"a\",\"text\":\"two\"}");
    add_note(&plan, "append", "{\"note\":\"b\",\"text\":\"y\"}");
    add_note(&plan, "append", "{\"note\":\"a\",\"text\":\"three\"}");
    add_note(&plan, "create", "{\"title\":\"c\",\"text\":\"new\"}");
    must(run_plan(&plan, NULL));
    has("a", "one\n\ntwo\n\nthree\n");
    has("b", "- x\n- y\n");
    must(undo(0, NULL));
    has("a", "one\n");
    has("b", "- x\n");
    assert_false(ond_file_exists(path_of("c")));
}

TEST(an_edit_since_is_asked_about)
{
    must(note("create", "{\"title\":\"a\",\"text\":\"one\"}"));
    put("a", "# a\n\nwritten by hand since\n");
    assert_int_equal(undo(0, NULL), OND_E_ASK);
    assert_true(cJSON_GetArraySize(ond_json_get(report, "conflict")) == 1);
    has("a", "# a\n\nwritten by hand since\n");
    must(undo(0, &(ond_run_opts){.yes = true}));
    assert_false(ond_file_exists(path_of("a")));
    must(undo(task(), NULL)); /* what was removed then comes back as it was then */
    has("a", "# a\n\nwritten by hand since\n");
}

/* What was added is taken out; what came after it, by another program, stays. */
TEST(an_addition_since_stays)
{
    put("a", "one\n");
    must(note("append", "{\"note\":\"a\",\"text\":\"two\"}"));
    put("a", "one\n\ntwo\nby another program\n");
    assert_int_equal(undo(0, NULL), OND_E_ASK);
    must(undo(0, &(ond_run_opts){.yes = true}));
    has("a", "one\nby another program\n");
    must(undo(task(), NULL));
    has("a", "one\n\ntwo\nby another program\n");
}

/* A model may say what is written, not by itself in which note. */
TEST(a_model_chooses_no_note)
{
    put("a", "one\n");
    ond_plan plan = {0};
    must(ond_plan_add(&plan, "notes", "append", json("{\"note\":\"a\",\"text\":\"x\"}"),
                      json("{\"note\":\"model\",\"text\":\"model\"}"), OND_EFFECT_REVERSIBLE,
                      "a test", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_ASK);
    must(ond_plan_add(&plan, "notes", "append", json("{\"note\":\"a\",\"text\":\"x\"}"),
                      json("{\"note\":\"owner\",\"text\":\"model\"}"), OND_EFFECT_REVERSIBLE,
                      "a test", &last));
    must(run_plan(&plan, NULL));
    must(ond_plan_add(&plan, "notes", "create", json("{\"title\":\"b\",\"text\":\"x\"}"),
                      json("{\"title\":\"model\",\"text\":\"model\"}"), OND_EFFECT_REVERSIBLE,
                      "a test", &last));
    must(run_plan(&plan, NULL));
    has("b", "# b\n\nx\n");
}

TEST(what_has_no_way_back_is_asked)
{
    char *big = malloc(100001);
    memset(big, 'x', 100000);
    big[100000] = '\0';
    put("big", big);
    free(big);
    assert_int_equal(note("remove", "{\"note\":\"big\"}"), OND_E_ASK);
    assert_string_equal(ond_json_str(step(0), "effect", ""), "irreversible");
    assert_true(ond_file_exists(path_of("big")));
}

TEST(read_verbs_give_their_result)
{
    put("a", "# Milk\n\nbuy milk\n");
    must(note("find", "{\"query\":\"milk\"}"));
    const cJSON *found = ond_json_get(ond_json_get(step(0), "before"), "notes");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(found, 0), "note", ""), "a");
    must(note("show", "{\"note\":\"mil\"}"));
    assert_string_equal(ond_json_str(ond_json_get(step(0), "before"), "text", ""),
                        "# Milk\n\nbuy milk\n");
    must(note("list", "{}"));
    for (int64_t id = 1; id <= ond_store_count(store); id++) { /* what was read is not kept */
        ond_event e;
        ond_buf b = {0};
        must(ond_store_event(store, id, &e, &last));
        ond_json_print(&b, e.body);
        assert_null(strstr(ond_buf_z(&b), "buy milk"));
        ond_buf_free(&b);
        ond_event_free(&e);
    }
}

TEST(arguments_are_checked)
{
    static const struct {
        const char *verb, *args;
        int code;
    } bad[] = {
        {"create", "{\"title\":\"a\"}", OND_E_INPUT},
        {"create", "{\"text\":\"a\\u0007b\"}", OND_E_INPUT},
        {"create", "{\"text\":\"a\",\"path\":\"/etc\"}", OND_E_INPUT},
        {"create", "{\"text\":\"a\",\"note\":\"../a\"}", OND_E_INPUT},
        {"restore", "{\"note\":\"a\",\"content\":\"!!\",\"encoding\":\"base64\"}", OND_E_INPUT},
        {"restore", "{\"note\":\"a\",\"content\":\"x\",\"mode\":4095}", OND_E_INPUT},
        {"cut", "{\"note\":\"a\",\"bytes\":-1,\"hash\":\"\",\"added\":0,\"added_hash\":\"\"}",
         OND_E_INPUT},
        {"cut", "{\"note\":\"a\",\"bytes\":0,\"hash\":\"\"}", OND_E_INPUT},
        {"cut", "{\"note\":\"a\",\"bytes\":0,\"hash\":\"\",\"added\":0,\"added_hash\":\"\"}",
         OND_E_NOT_FOUND},
        {"list", "{\"limit\":0}", OND_E_INPUT},
        {"shred", "{}", OND_E_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(note(bad[i].verb, bad[i].args), bad[i].code);
    assert_false(ond_file_exists(path_of("a")));
}

/* ---- what a crash left open ---- */

static cJSON *intent_of(const char *verb, const char *args)
{
    ond_plan plan = {0};
    add_note(&plan, verb, args);
    must(run_plan(&plan, &(ond_run_opts){.dry_run = true}));
    return cJSON_Duplicate(step(0), true);
}

static int64_t left_open(const cJSON *body)
{
    int64_t wish = 0, intent = 0;
    must(ond_store_append(store, "wish", ond_now(), 0, 0, NULL, &wish, &last));
    must(ond_store_append(store, "intent", ond_now(), wish, wish, body, &intent, &last));
    return intent;
}

static const char *found(int64_t event)
{
    const cJSON *c;
    cJSON_ArrayForEach(c, ond_gate_settled(gate))
    {
        if ((int64_t)ond_json_num(c, "event", 0) == event) return ond_json_str(c, "found", "");
    }
    return "(not there)";
}

TEST(a_crash_is_settled_by_looking)
{
    static const char *const verbs[][3] = {
        {"create", "{\"title\":\"new\",\"text\":\"x\"}", NULL},
        {"append", "{\"note\":\"a\",\"text\":\"x\"}", "one\n"},
        {"remove", "{\"note\":\"a\"}", "one\n"},
        {"restore", "{\"note\":\"a\",\"content\":\"other\"}", "one\n"},
    };
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (verbs[i][2]) put("a", verbs[i][2]);
        cJSON *body = intent_of(verbs[i][0], verbs[i][1]);
        int64_t event = left_open(body);
        start_again();
        assert_string_equal(found(event), "not_done");
        must(note(verbs[i][0], verbs[i][1])); /* now it is done, and the outcome row is lost */
        event = left_open(body);
        start_again();
        assert_string_equal(found(event), "done");
        must(undo(event, NULL));
        if (verbs[i][2]) has("a", verbs[i][2]);
        if (verbs[i][2]) {
            event = left_open(body);
            put("a", "neither of them\n");
            start_again();
            assert_string_equal(found(event), "unknown");
        }
        cJSON_Delete(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTES_TEST(done_and_undone),
        NOTES_TEST(several_in_one_wish),
        NOTES_TEST(an_edit_since_is_asked_about),
        NOTES_TEST(an_addition_since_stays),
        NOTES_TEST(a_model_chooses_no_note),
        NOTES_TEST(what_has_no_way_back_is_asked),
        NOTES_TEST(read_verbs_give_their_result),
        NOTES_TEST(arguments_are_checked),
        NOTES_TEST(a_crash_is_settled_by_looking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
