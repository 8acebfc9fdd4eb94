/* sock_address.c - the address of a Unix socket, and whose process is at its other end.
 *
 * sun_path holds 108 bytes; a longer path is reached through a descriptor of its folder in
 * /proc/self/fd. */
#include "sys/sock_address.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int ond__address_of(const char *path, ond__address *a, ond_err *err)
{
    memset(a, 0, sizeof *a);
    a->folder = -1;
    a->sun.sun_family = AF_UNIX;
    size_t n = strlen(path);
    if (n < sizeof a->sun.sun_path) {
        memcpy(a->sun.sun_path, path, n + 1);
        return OND_OK;
    }
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    if (!slash || n >= sizeof folder)
        return ond_file_fail(err, ENAMETOOLONG, "use the socket", path);
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    a->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (a->folder < 0) return ond_file_fail(err, errno, "open the folder", folder);
    int len =
        snprintf(a->sun.sun_path, sizeof a->sun.sun_path, "/proc/self/fd/%d%s", a->folder, slash);
    if (len > 0 && (size_t)len < sizeof a->sun.sun_path) return OND_OK;
    ond__address_free(a);
    return ond_file_fail(err, ENAMETOOLONG, "use the socket", path);
}

void ond__address_free(ond__address *a)
{
    if (a->folder >= 0) close(a->folder);
    a->folder = -1;
}

bool ond__peer_is_ours(int fd)
{
    struct ucred cred;
    socklen_t size = sizeof cred;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 && cred.uid == geteuid();
}
