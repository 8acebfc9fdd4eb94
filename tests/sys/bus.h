/* bus.h - a session bus of this test's own, and a receiver on it that shows notifications by
 * printing them.
 *
 * The bus is dbus-daemon with a configuration that starts no services; it listens in the test's
 * folder. Both are ended by the test, and end with it (PDEATHSIG). */
#ifndef OND_TESTS_SYS_BUS_H
#define OND_TESTS_SYS_BUS_H

#include "tmp.h"

#include <dbus/dbus.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pid_t bus_pid, receiver_pid;
static int receiver_out = -1;
static char bus_address[2048];

/* A line of `fd` without its end; "" after ten seconds or at the end. */
static inline const char *bus_line(int fd)
{
    static char line[2000];
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n < sizeof line - 1 && poll(&p, 1, 10000) > 0 && read(fd, line + n, 1) == 1 &&
           line[n] != '\n')
        n++;
    line[n] = '\0';
    return line;
}

static inline void bus_start(void)
{
    const char *conf = tmp_path("bus.conf");
    int out[2];
    FILE *f = fopen(conf, "w");
    assert_non_null(f);
    fprintf(f,
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
            "\"http://www.freedesktop.org/standards/dbus/1.0/"
            "busconfig.dtd\"><busconfig><type>session</type>"
            "<listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth><policy context=\"default\">"
            "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow "
            "own=\"*\"/></policy></busconfig>",
            tmp);
    fclose(f);
    assert_int_equal(pipe(out), 0);
    bus_pid = fork();
    if (bus_pid == 0) {
        char config[1100], print[40];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!freopen(tmp_path("bus.log"), "a", stderr))
            _exit(126); /* it complains about limits of descriptors */
        snprintf(config, sizeof config, "--config-file=%s", conf);
        snprintf(print, sizeof print, "--print-address=%d", out[1]);
        execlp("dbus-daemon", "dbus-daemon", config, print, "--nofork", "--nopidfile",
               (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    snprintf(bus_address, sizeof bus_address, "%s", bus_line(out[0]));
    close(out[0]);
    if (!bus_address[0]) fail_msg("dbus-daemon did not start");
    setenv("DBUS_SESSION_BUS_ADDRESS", bus_address, 1);
}

static inline void bus_end_one(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static inline void bus_stop(void)
{
    bus_end_one(&bus_pid);
    unlink(tmp_path("bus"));
}

/* Prints "Notify APP|SUMMARY|BODY|URGENCY" for each call, "ready" when it owns the name. */
static inline void receive_for_ever(int out)
{
    DBusError e;
    dbus_error_init(&e);
    DBusConnection *c = dbus_bus_get(DBUS_BUS_SESSION, &e);
    if (!c || dbus_bus_request_name(c, "org.freedesktop.Notifications", 0, &e) !=
                  DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
        _exit(1);
    dprintf(out, "ready\n");
    while (dbus_connection_read_write(c, -1)) {
        DBusMessage *m;
        while ((m = dbus_connection_pop_message(c))) {
            if (dbus_message_is_method_call(m, "org.freedesktop.Notifications", "Notify")) {
                const char *app = "", *icon, *summary = "", *body = "";
                dbus_uint32_t replaces;
                unsigned char urgency = 99;
                DBusMessageIter i, hints, entry, value;
                bool fits =
                    dbus_message_has_signature(m, "susssasa{sv}i") &&
                    dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &app, DBUS_TYPE_UINT32,
                                          &replaces, DBUS_TYPE_STRING, &icon, DBUS_TYPE_STRING,
                                          &summary, DBUS_TYPE_STRING, &body, DBUS_TYPE_INVALID);
                dbus_message_iter_init(m, &i);
                for (int k = 0; k < 6; k++) dbus_message_iter_next(&i);
                dbus_message_iter_recurse(&i, &hints);
                dbus_message_iter_recurse(&hints, &entry);
                dbus_message_iter_next(&entry);
                dbus_message_iter_recurse(&entry, &value);
                dbus_message_iter_get_basic(&value, &urgency);
                dprintf(out, "Notify %s|%s|%s|%d%s\n", app, summary, body, urgency,
                        fits ? "" : " (odd)");
            }
            dbus_message_unref(m);
        }
    }
    _exit(0);
}

static inline void receiver_start(void)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    receiver_pid = fork();
    if (receiver_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(out[0]);
        receive_for_ever(out[1]);
    }
    close(out[1]);
    receiver_out = out[0];
    assert_string_equal(bus_line(receiver_out), "ready");
}

static inline void receiver_stop(void)
{
    bus_end_one(&receiver_pid);
    if (receiver_out >= 0) close(receiver_out);
    receiver_out = -1;
}

static inline void bus_cleanup(void)
{
    receiver_stop();
    bus_end_one(&bus_pid);
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
}

#endif
