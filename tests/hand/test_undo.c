/* test_undo.c - for random wishes on the built-in house: do, then undo, and every device is as it
 * was. */
#include "wishes.h"
#include "sys/file.h"

static void wait_s(double s)
{
    ond_clock_set(ond_now() + (ond_ms)(s * 1000));
}

static cJSON *entities_of(void *h)
{
    cJSON *w = NULL;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    cJSON *e = cJSON_DetachItemFromObjectCaseSensitive(w, "entities");
    cJSON_Delete(w);
    return e;
}

/* Wishes one after the other, so that the house wanders through its states; every one is undone
 * once, then done for good. */
static void wander(void *h, int rounds, int *done, int *undone)
{
    cJSON *entities = entities_of(h);
    int n = cJSON_GetArraySize(entities);
    for (int i = 0; i < rounds; i++) {
        cJSON *args = NULL;
        const char *verb = any_wish(cJSON_GetArrayItem(entities, (int)rnd((unsigned)n)), &args);
        char *said = text_of(args), *before = states_of(h), *undo = NULL, *after;
        ond_hand_step s;
        err = (ond_err){0};
        if (ond_hand_home.plan(h, verb, args, &s, &err) != 0) {
            assert_int_equal(err.code, OND_E_INPUT);
            goto next;
        }
        ond_done d = act_on(h, verb, &s, NULL);
        if (s.effect == OND_EFFECT_READ)
            assert_int_equal(d, OND_DONE_OK);
        else if (d != (s.already ? OND_DONE_ALREADY : OND_DONE_OK))
            fail_msg("%s %s: %s, %s", verb, said, ond_done_name(d), err.text);
        ++*done;
        if (s.can_undo) {
            wait_s(rnd(200));
            undo = text_of(s.undo_args);
            ond_hand_step back = plan(h, s.undo_verb, undo);
            d = act_on(h, s.undo_verb, &back, NULL);
            assert_true(d == OND_DONE_OK || d == OND_DONE_ALREADY);
            wait_s(120);
            after = states_of(h);
            char what[1500];
            snprintf(what, sizeof what, "%s %s, undone by %s", verb, said, undo);
            same_states(before, after, what);
            ++*undone;
            free(after);
            ond_hand_step_free(&back);
            act_on(h, verb, &s, NULL);
            wait_s(120);
        }
        ond_hand_step_free(&s);
    next:
        cJSON_Delete(args);
        free(said);
        free(before);
        free(undo);
        /* a vacuum that cleans comes home by itself: that is no wish of ours */
        if (rnd(20) == 0) wait_s(3 * 3600);
    }
    cJSON_Delete(entities);
}

TEST(do_then_undo)
{
    int done = 0, undone = 0;
    ond_clock_set(1700000000000);
    void *h = open_home(NULL, NULL);
    wander(h, 6000, &done, &undone);
    print_message("%d acts, %d undone\n", done, undone);
    assert_true(done > 800 && undone > 600);
    ond_hand_home.close(h);
    ond_clock_set(0);
}

/* The house is in the store after each act: another process finds it as it was left. */
TEST(kept_in_the_store)
{
    ond_store *store = NULL;
    const ond_store_opts opts = {.dir = tmp, .key_path = tmp_path("device.key")};
    ond_clock_set(1700000000000);
    char *left = NULL;
    for (int i = 0; i < 5; i++) {
        int done = 0, undone = 0;
        assert_int_equal(ond_store_open(&opts, &store, NULL, &err), 0);
        void *h = open_home(NULL, store);
        if (left) {
            char *found = states_of(h);
            assert_string_equal(left, found);
            free(found);
            free(left);
        }
        wander(h, 40, &done, &undone);
        left = states_of(h);
        ond_hand_home.close(h);
        ond_store_close(store);
    }
    free(left);
    ond_clock_set(0);
}

/* Many commands leave no more memory in use than few. ONDOL_COMMANDS sets how many. */
TEST(memory_does_not_grow)
{
    const char *n = getenv("ONDOL_COMMANDS");
    long commands = n ? atol(n) : 20000;
    ond_clock_set(1700000000000);
    void *h = open_home(NULL, NULL);
    cJSON *args = cJSON_Parse("{\"entity\":\"light.living_room_lamp\",\"brightness\":1}");
    size_t first = 0;
    uint64_t began = ond_steady_us();
    for (long i = 0; i < commands; i++) {
        ond_hand_step s;
        ond_json_set_num(args, "brightness", 1 + (double)(i % 100));
        assert_int_equal(ond_hand_home.plan(h, "set_light", args, &s, &err), 0);
        ond_done d = act_on(h, "set_light", &s, NULL);
        assert_true(d == OND_DONE_OK || d == OND_DONE_ALREADY);
        ond_hand_step_free(&s);
        wait_s(0.0864);
        if (i == commands / 10) first = ond_rss();
    }
    double us = (double)(ond_steady_us() - began) / (double)commands;
    print_message("%ld commands, %.1f us each, rss %zu -> %zu KiB\n", commands, us, first / 1024,
                  ond_rss() / 1024);
#ifndef __SANITIZE_ADDRESS__ /* freed memory rests in the sanitizer's quarantine; it tells leaks itself */
    assert_true(ond_rss() <= first + (1u << 20));
#endif
    cJSON_Delete(args);
    ond_hand_home.close(h);
    ond_clock_set(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(do_then_undo),
        TMP_TEST(kept_in_the_store),
        cmocka_unit_test(memory_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
