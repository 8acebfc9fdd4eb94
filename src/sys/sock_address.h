/* sock_address.h - the address of a Unix socket, also of a long path. Private to this room. */
#ifndef OND_SYS_SOCK_ADDRESS_H
#define OND_SYS_SOCK_ADDRESS_H

#include "base/err.h"

#include <sys/socket.h>
#include <sys/un.h>

typedef struct ond__address {
    struct sockaddr_un sun;
    int folder; /* a descriptor that a long path goes through, or -1; close it after use */
} ond__address;

OND_CHECKED int ond__address_of(const char *path, ond__address *out, ond_err *err);
void ond__address_free(ond__address *a);
/* Whether the process at the other end belongs to our user. */
bool ond__peer_is_ours(int fd);

#endif
