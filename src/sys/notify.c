/* notify.c - org.freedesktop.Notifications.Notify by libdbus, sent without waiting for replies.
 *
 * The bus takes messages of a connection in their order, so Hello and Notify go out together;
 * nothing is waited for but that they have left. */
#include "sys/notify.h"
#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/late.h"

#include <dbus/dbus.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SEND_MS 300

#define DBUS(X)                                                                                    \
    X(error_init)                                                                                  \
    X(error_free) X(connection_open_private) X(connection_close) X(connection_unref)               \
        X(connection_set_exit_on_disconnect) X(connection_get_is_connected) X(connection_send)     \
            X(connection_read_write) X(connection_has_messages_to_send) X(connection_pop_message)  \
                X(message_new_method_call) X(message_set_no_reply) X(message_unref)                \
                    X(message_iter_init_append) X(message_iter_append_basic)                       \
                        X(message_iter_open_container) X(message_iter_close_container)
#define X(f) __typeof__(&dbus_##f) f;
static struct {
    DBUS(X)
} dbus;
#undef X
#define X(f) {"dbus_" #f, &dbus.f},
static const ond_late_fn dbus_fns[] = {DBUS(X)};
#undef X
static ond_late dbus_library = {"libdbus-1.so.3", dbus_fns, sizeof dbus_fns / sizeof *dbus_fns,
                                false};

struct ond_notify {
    DBusConnection *bus;
};

/* ---- where ---- */

/* The first local address of the list; "" where there is none. Other kinds would have to be waited
 * for. */
static void bus_address(char *out, size_t size)
{
    const char *set = getenv("DBUS_SESSION_BUS_ADDRESS"), *dir = getenv("XDG_RUNTIME_DIR");
    char path[256];
    struct stat st;
    out[0] = '\0';
    for (const char *p = set; p && *p;) {
        size_t n = strcspn(p, ";");
        if (strncmp(p, "unix:", 5) == 0 && n < size) {
            snprintf(out, size, "%.*s", (int)n, p);
            return;
        }
        p += n + (p[n] == ';');
    }
    if ((set && *set) || !dir || dir[0] != '/') return;
    int n = snprintf(path, sizeof path, "%s/bus", dir);
    if (n > 0 && (size_t)n < sizeof path && !strpbrk(path, "%;,") && stat(path, &st) == 0 &&
        S_ISSOCK(st.st_mode))
        snprintf(out, size, "unix:path=%s", path);
}

bool ond_notify_there(void)
{
    char address[512];
    bus_address(address, sizeof address);
    return address[0] != '\0';
}

/* ---- the connection ---- */

void ond_notify_close(ond_notify *n)
{
    if (!n) return;
    dbus.connection_close(n->bus);
    dbus.connection_unref(n->bus);
    free(n);
}

static bool hello(DBusConnection *bus)
{
    DBusMessage *m = dbus.message_new_method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                                  "org.freedesktop.DBus", "Hello");
    bool ok = m && dbus.connection_send(bus, m, NULL);
    if (m) dbus.message_unref(m);
    return ok;
}

static int open_bus(ond_notify **out, ond_err *err)
{
    char address[512];
    DBusError e;
    int rc = OND_OK;
    bus_address(address, sizeof address);
    if (!address[0])
        return ond_fail(err, OND_E_UNAVAILABLE, "there is no session bus for notifications");
    rc = ond_late_load(&dbus_library, err);
    if (rc != 0) return rc;
    ond_notify *n = calloc(1, sizeof *n);
    if (!n) return ond_nomem(err, "sending a notification");
    dbus.error_init(&e);
    n->bus = dbus.connection_open_private(address, &e);
    if (!n->bus) {
        rc = ond_fail(err, OND_E_UNAVAILABLE, "the session bus cannot be reached: %s",
                      e.message ? e.message : address);
        free(n);
    } else {
        dbus.connection_set_exit_on_disconnect(n->bus, FALSE);
        *out = n;
        if (!hello(n->bus)) rc = ond_nomem(err, "sending a notification");
    }
    dbus.error_free(&e);
    return rc;
}

/* Throws away what came in (answers, signals); false when the bus has gone. */
static bool drain(DBusConnection *bus)
{
    DBusMessage *m;
    bool there = dbus.connection_read_write(bus, 0) && dbus.connection_get_is_connected(bus);
    while ((m = dbus.connection_pop_message(bus))) dbus.message_unref(m);
    return there && dbus.connection_get_is_connected(bus);
}

/* ---- the message ---- */

static bool put_urgency(DBusMessageIter *hints, bool urgent)
{
    DBusMessageIter entry, value;
    const char *name = "urgency";
    unsigned char level = urgent ? 2 : 1;
    return dbus.message_iter_open_container(hints, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
           dbus.message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name) &&
           dbus.message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "y", &value) &&
           dbus.message_iter_append_basic(&value, DBUS_TYPE_BYTE, &level) &&
           dbus.message_iter_close_container(&entry, &value) &&
           dbus.message_iter_close_container(hints, &entry);
}

/* The text is the summary, which is plain; a body may be read as markup. */
static bool put_notify(DBusMessage *m, const char *text, bool urgent)
{
    DBusMessageIter args, list;
    const char *name = "Ondol", *icon = "", *body = "";
    dbus_uint32_t replaces = 0;
    dbus_int32_t expires = -1;
    dbus.message_iter_init_append(m, &args);
    return dbus.message_iter_append_basic(&args, DBUS_TYPE_STRING, &name) &&
           dbus.message_iter_append_basic(&args, DBUS_TYPE_UINT32, &replaces) &&
           dbus.message_iter_append_basic(&args, DBUS_TYPE_STRING, &icon) &&
           dbus.message_iter_append_basic(&args, DBUS_TYPE_STRING, &text) &&
           dbus.message_iter_append_basic(&args, DBUS_TYPE_STRING, &body) &&
           dbus.message_iter_open_container(&args, DBUS_TYPE_ARRAY, "s", &list) &&
           dbus.message_iter_close_container(&args, &list) &&
           dbus.message_iter_open_container(&args, DBUS_TYPE_ARRAY, "{sv}", &list) &&
           put_urgency(&list, urgent) && dbus.message_iter_close_container(&args, &list) &&
           dbus.message_iter_append_basic(&args, DBUS_TYPE_INT32, &expires);
}

static int queue(DBusConnection *bus, const char *text, bool urgent, ond_err *err)
{
    DBusMessage *m = dbus.message_new_method_call("org.freedesktop.Notifications",
                                                  "/org/freedesktop/Notifications",
                                                  "org.freedesktop.Notifications", "Notify");
    bool ok = m && put_notify(m, text, urgent);
    if (ok) dbus.message_set_no_reply(m, TRUE);
    ok = ok && dbus.connection_send(bus, m, NULL);
    if (m) dbus.message_unref(m);
    return ok ? OND_OK : ond_nomem(err, "sending a notification");
}

/* Until it has left, or time is up. */
static int push(DBusConnection *bus, ond_err *err)
{
    uint64_t until = ond_steady_us() + SEND_MS * 1000;
    while (dbus.connection_has_messages_to_send(bus)) {
        uint64_t now = ond_steady_us();
        if (now >= until)
            return ond_fail(err, OND_E_UNAVAILABLE,
                            "the session bus did not take the notification within %d ms", SEND_MS);
        if (!dbus.connection_read_write(bus, (int)((until - now) / 1000 + 1)))
            return ond_fail(err, OND_E_UNAVAILABLE, "the session bus went away");
    }
    return dbus.connection_get_is_connected(bus)
               ? OND_OK
               : ond_fail(err, OND_E_UNAVAILABLE, "the session bus went away");
}

int ond_notify_send(ond_notify **n, const char *text, bool urgent, ond_err *err)
{
    ond_str s = ond_str_of(text);
    if (ond_utf8_valid(s) != s.n)
        return ond_fail(err, OND_E_INPUT, "a notification is not valid UTF-8");
    if (*n && !drain((*n)->bus)) {
        ond_notify_close(*n);
        *n = NULL;
    }
    int rc = *n ? OND_OK : open_bus(n, err);
    if (rc == 0) rc = queue((*n)->bus, text, urgent, err);
    if (rc == 0) rc = push((*n)->bus, err);
    if (rc != 0) {
        ond_notify_close(*n);
        *n = NULL;
    }
    return rc;
}
