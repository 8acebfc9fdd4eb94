/* config_secret.c - secrets: a file that only the owner can read, or a command that prints one.
 *
 * A command runs by the shell with the owner's rights, as pass, secret-tool or gopass want it, and
 * only when the thing that needs the secret is opened. It has ten seconds, and its first line is
 * the secret. */
#include "daemon/internal.h"

#include "sys/child.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#define COMMAND_MS 10000
#define SECRET_MAX 4096

int ond__secrets_check(const char *path, ond_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0) return OND_OK;
    if ((st.st_mode & 077) != 0)
        return ond_fail(err, OND_E_CONFIG, "%s can be read by others: run `chmod 600 %s`", path,
                        path);
    return OND_OK;
}

/* Reads until the end of file or the time is up; false on time-out. */
static bool collect(int fd, ond_buf *out)
{
    uint64_t until = ond_steady_us() + COMMAND_MS * 1000u;
    char chunk[512];
    for (;;) {
        uint64_t now = ond_steady_us();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (now >= until) return false;
        int ready = poll(&p, 1, (int)((until - now) / 1000 + 1));
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return true;
        if (out->n < SECRET_MAX) ond_buf_put(out, chunk, (size_t)n);
    }
}

/* The owner's terminal stays in reach: some of these programs ask there. */
static int start(const char *command, int out_fd, ond_child **child, ond_err *err)
{
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    const ond_child_fd fds[] = {
        {STDIN_FILENO, STDIN_FILENO}, {out_fd, STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}};
    const ond_child_opts opts = {.argv = argv, .whole_env = true, .fds = fds, .n_fds = 3};
    int rc = ond_child_start(&opts, child, err);
    return rc == 0 ? OND_OK : ond_err_prefix(err, "cannot run the command `%s`", command);
}

static int run_command(const char *command, ond_buf *out, ond_err *err)
{
    int fds[2];
    ond_child *child = NULL;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return ond_fail(err, OND_E_IO, "cannot start the command `%s`: %s", command,
                        strerror(errno));
    int rc = start(command, fds[1], &child, err);
    close(fds[1]);
    bool in_time = rc == 0 && collect(fds[0], out) && ond_child_wait(child, COMMAND_MS);
    close(fds[0]);
    if (rc != 0) return rc;
    int status = in_time ? ond_child_status(child) : 0;
    ond_child_end(child, 0);
    if (!in_time)
        return ond_fail(err, OND_E_CONFIG, "the command `%s` did not end within %d seconds",
                        command, COMMAND_MS / 1000);
    if (status != 0)
        return ond_fail(err, OND_E_CONFIG, "the command `%s` failed: run it in a shell to see why",
                        command);
    return OND_OK;
}

static int fill_from(cJSON *tree, const char *key, const char *command, ond_err *err)
{
    ond_buf out = {0};
    int rc = run_command(command, &out, err);
    if (rc == 0) {
        size_t n = strcspn(ond_buf_z(&out), "\r\n");
        char *text = ond_buf_ok(&out) ? ond_str_dup((ond_str){ond_buf_z(&out), n}) : NULL;
        cJSON *value = text ? cJSON_CreateString(text) : NULL;
        if (text) explicit_bzero(text, n);
        free(text);
        if (!value || !ond__tree_put(tree, key, value))
            rc = ond_nomem(err, "reading a secret");
        else if (n == 0)
            rc = ond_fail(err, OND_E_CONFIG, "the command `%s` printed nothing, and %s needs it",
                          command, key);
    }
    if (out.p) explicit_bzero(out.p, out.cap);
    ond_buf_free(&out);
    return rc;
}

static const char *text_at(const cJSON *tree, const char *key)
{
    const cJSON *value = ond__tree_get(tree, key);
    return cJSON_IsString(value) && value->valuestring[0] ? value->valuestring : NULL;
}

int ond__secrets_resolve(const cJSON *tree, cJSON **out, ond_err *err)
{
    size_t n;
    const ond_config_key *keys = ond_config_keys(&n);
    int rc = OND_OK;
    *out = cJSON_Duplicate(tree, true);
    if (!*out) return ond_nomem(err, "reading the configuration");
    for (size_t i = 0; i < n && rc == 0; i++) {
        char name[160];
        if (ond__key_type(&keys[i]) != OND__SECRET || text_at(tree, keys[i].key)) continue;
        snprintf(name, sizeof name, "%s_command", keys[i].key);
        if (text_at(tree, name)) rc = fill_from(*out, keys[i].key, text_at(tree, name), err);
    }
    if (rc != 0) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return rc;
}
