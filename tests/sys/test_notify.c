/* test_notify.c - notifications over a real session bus, and what happens where there is none, or a
 * dead one. */
#include "bus.h"

#include "sys/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

static ond_err err;
static ond_notify *notify;

static int send_text(const char *text, bool urgent)
{
    err = (ond_err){0};
    return ond_notify_send(&notify, text, urgent, &err);
}

static int bus_setup(void **state)
{
    int rc = tmp_setup(state);
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    setenv("XDG_RUNTIME_DIR", tmp, 1);
    return rc;
}

static int bus_teardown(void **state)
{
    ond_notify_close(notify);
    notify = NULL;
    bus_cleanup();
    return tmp_teardown(state);
}

TEST(shown_by_the_receiver)
{
    bus_start();
    receiver_start();
    assert_true(ond_notify_there());
    assert_int_equal(send_text("물이 끓어요 <b>&amp;", true), OND_OK);
    assert_string_equal(bus_line(receiver_out), "Notify Ondol|물이 끓어요 <b>&amp;||2");
    assert_int_equal(send_text("again", false), OND_OK);
    assert_string_equal(bus_line(receiver_out), "Notify Ondol|again||1");
}

/* XDG_RUNTIME_DIR/bus is found without a variable. */
TEST(the_usual_place)
{
    bus_start();
    receiver_start();
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    assert_true(ond_notify_there());
    assert_int_equal(send_text("here", false), OND_OK);
    assert_string_equal(bus_line(receiver_out), "Notify Ondol|here||1");
}

TEST(no_bus)
{
    assert_false(ond_notify_there());
    assert_int_equal(send_text("x", false), OND_E_UNAVAILABLE);
    assert_null(notify);
    setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:", 1);
    assert_false(ond_notify_there());
    setenv("DBUS_SESSION_BUS_ADDRESS", "tcp:host=localhost,port=1;unixexec:path=/bin/false", 1);
    assert_false(ond_notify_there());
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all", 1);
    assert_int_equal(send_text("x", false), OND_E_UNAVAILABLE);
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:=;;;", 1);
    assert_int_equal(send_text("x", false), OND_E_UNAVAILABLE);
    assert_int_equal(send_text("\xff", false), OND_E_INPUT);
}

/* Something that takes the connection and says nothing is given up. */
TEST(a_bus_that_hangs)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%.80s/bus", tmp);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(send_text("x", false), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "did not take"));
    assert_null(notify);
    close(fd);
}

TEST(a_bus_that_comes_back)
{
    bus_start();
    receiver_start();
    assert_int_equal(send_text("one", false), OND_OK);
    assert_string_equal(bus_line(receiver_out), "Notify Ondol|one||1");
    receiver_stop();
    bus_stop();
    assert_int_equal(send_text("two", false), OND_E_UNAVAILABLE);
    bus_start();
    receiver_start();
    assert_int_equal(send_text("three", false), OND_OK);
    assert_string_equal(bus_line(receiver_out), "Notify Ondol|three||1");
}

#define BUS_TEST(name) cmocka_unit_test_setup_teardown(name, bus_setup, bus_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUS_TEST(shown_by_the_receiver), BUS_TEST(the_usual_place),       BUS_TEST(no_bus),
        BUS_TEST(a_bus_that_hangs),      BUS_TEST(a_bus_that_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
