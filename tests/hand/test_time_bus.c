/* test_time_bus.c - what rings reaches the desktop over a real session bus, and the owner's lines
 * too. */
#include "../sys/bus.h"
#include "time_hand.h"

static int teardown(void **state)
{
    bus_cleanup();
    return time_teardown(state);
}

TEST(a_ring_is_shown)
{
    bus_start();
    receiver_start();
    doing("timer_start", "{\"seconds\":600,\"label\":\"라면\"}");
    doing("reminder_set", "{\"at\":\"2026-08-03T12:10\",\"text\":\"one\\ntwo\"}");
    pass(600);
    told("The timer “라면” (10 minutes) is over.\nReminder: one two\n");
    assert_string_equal(bus_line(receiver_out),
                        "Notify Ondol|The timer “라면” (10 minutes) is over.||2");
    assert_string_equal(bus_line(receiver_out), "Notify Ondol|Reminder: one");
    assert_string_equal(bus_line(receiver_out), "two||1");
    receiver_stop();
    bus_stop();
    pass(60); /* the bus is gone: said once, and the ringing goes on */
    service();
    assert_non_null(strstr(notes, "bus"));
    assert_non_null(strstr(notes, "told 2 times now"));
    notes[0] = '\0';
    pass(60);
    told("The timer “라면” (10 minutes) is over. (told 3 times now)\n");
}

TEST(a_setting_turns_it_off)
{
    cJSON *config = cJSON_Parse("{\"notify\":false}");
    const ond_hand_env env = {
        .config = config, .store = store, .lang = "en", .note = on_note, .stays = true};
    bus_start();
    receiver_start();
    close_hand();
    must(ond_hand_time.open(&env, &hand, &err));
    doing("timer_start", "{\"seconds\":5}");
    pass(5);
    told("The timer of 5 seconds is over.\n");
    restart();
    pass(60);
    service();
    assert_non_null(strstr(bus_line(receiver_out), "told 2 times now")); /* the first that it got */
    cJSON_Delete(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ring_is_shown, time_setup, teardown),
        cmocka_unit_test_setup_teardown(a_setting_turns_it_off, time_setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
