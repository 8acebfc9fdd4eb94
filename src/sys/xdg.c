/* xdg.c - where files of one kind belong, by the XDG Base Directory Specification 0.8. */
#include "sys/file.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct place {
    const char *variable, *under_home;
} places[] = {
    [OND_XDG_CONFIG] = {"XDG_CONFIG_HOME", "/.config"},
    [OND_XDG_DATA] = {"XDG_DATA_HOME", "/.local/share"},
    [OND_XDG_STATE] = {"XDG_STATE_HOME", "/.local/state"},
    [OND_XDG_CACHE] = {"XDG_CACHE_HOME", "/.cache"},
    [OND_XDG_RUNTIME] = {"XDG_RUNTIME_DIR", NULL},
};

static const char *absolute_env(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : NULL;
}

static int put_home(ond_buf *out, ond_err *err)
{
    const char *home = absolute_env("HOME");
    if (home) {
        ond_buf_puts(out, home);
        return OND_OK;
    }
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) != 0 || !found ||
        found->pw_dir[0] != '/')
        return ond_fail(err, OND_E_NOT_FOUND, "there is no home folder for user %u: set HOME",
                        (unsigned)getuid());
    ond_buf_puts(out, found->pw_dir);
    return OND_OK;
}

/* /tmp is everybody's: a folder that somebody else put there, or that others may enter, is refused.
 */
static int put_tmp(ond_buf *out, ond_err *err)
{
    size_t start = out->n;
    ond_buf_printf(out, "/tmp/ondol-%u", (unsigned)getuid());
    if (!ond_buf_ok(out)) return ond_nomem(err, "naming a folder");
    const char *path = out->p + start;
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? OND_OK : ond_file_fail(err, errno, "look at", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != getuid() || (st.st_mode & 077) != 0)
        return ond_fail(
            err, OND_E_DENIED,
            "%s is not a folder of yours alone (0700): remove it, or set XDG_RUNTIME_DIR", path);
    return OND_OK;
}

int ond_xdg_path(ond_xdg which, const char *name, ond_buf *out, ond_err *err)
{
    const char *set = absolute_env(places[which].variable);
    int rc = OND_OK;
    if (set)
        ond_buf_puts(out, set);
    else if (which == OND_XDG_RUNTIME)
        rc = put_tmp(out, err);
    else
        rc = put_home(out, err);
    if (rc != 0) return rc;
    if (!set && which != OND_XDG_RUNTIME) ond_buf_puts(out, places[which].under_home);
    if (set || which != OND_XDG_RUNTIME) ond_buf_puts(out, "/ondol");
    if (name && name[0]) {
        ond_buf_putc(out, '/');
        ond_buf_puts(out, name);
    }
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "naming a file");
}
