/* poke.c - sends wrong, cut and hostile requests to the socket of `ondol up`: poke SOCKET. Exit 1
 * says which went wrong. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *path;

static int dial(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        printf("cannot connect: %s\n", strerror(errno));
        exit(1);
    }
    return fd;
}

static void put(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, text, n, MSG_NOSIGNAL);
        if (done <= 0) return;
        text += done;
        n -= (size_t)done;
    }
}

/* The answer to one text; "" where the peer hangs up or says nothing for five seconds. */
static const char *ask(const char *text, size_t n)
{
    static char reply[1 << 20];
    int fd = dial();
    size_t got = 0;
    put(fd, text, n);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (got + 1 < sizeof reply && !memchr(reply, '\n', got) && poll(&p, 1, 5000) > 0) {
        ssize_t r = recv(fd, reply + got, sizeof reply - got - 1, 0);
        if (r <= 0) break;
        got += (size_t)r;
    }
    reply[got] = '\0';
    close(fd);
    return reply;
}

static int refused(const char *text)
{
    char line[4096];
    snprintf(line, sizeof line, "%s\n", text);
    const char *reply = ask(line, strlen(line));
    if (strstr(reply, "\"error\":{\"code\":\"USAGE\"")) return 0;
    printf("%s was answered: %.200s\n", text, reply);
    return 1;
}

static int flood(void)
{
    size_t n = 5u << 20;
    char *big = malloc(n);
    if (!big) return 1;
    memset(big, 'a', n);
    ask(big, n);
    free(big);
    return 0;
}

int main(int argc, char **argv)
{
    int bad = 0;
    if (argc != 2) return 1;
    path = argv[1];
    static const char *const wrong[] = {
        "{}",
        "[]",
        "1",
        "null",
        "{\"call\":1}",
        "{\"call\":\"doo\"}",
        "{\"call\":\"do\"}",
        "{\"call\":\"do\",\"text\":1}",
        "{\"call\":\"do\",\"text\":\"x\",\"yes\":1}",
        "{\"call\":\"do\",\"text\":\"x\",\"extra\":true}",
        "{\"call\":\"undo\",\"task\":1.5}",
        "{\"call\":\"undo\",\"task\":1e300}",
        "{\"call\":\"why\",\"event\":\"1\"}",
        "{\"call\":\"log\",\"limit\":-1}",
        "{\"call\":\"home.set\",\"entity\":\"x\",\"attributes\":[]}",
        "{\"call\":\"forget\"}",
        "{\"call\":\"forget\",\"task\":1,\"before\":2}",
        "{\"call\":\"do\",\"text\":\"x\",\"now\":\"1\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) bad |= refused(wrong[i]);
    ask("no json at all\n", 15);
    ask("\0\0\0\n", 4);
    ask("{\"call\":\"do\",\"text\":\"\xff\xfe\"}\n", 28);
    const char half[] = "{\"call\":\"do\",\"text\":\"turn on the study light\"}";
    int fd = dial(); /* gone before its line has ended */
    put(fd, half, sizeof half - 1);
    close(fd);
    fd = dial(); /* gone before its answer */
    put(fd, "{\"call\":\"home.state\"}\n", 22);
    close(fd);
    bad |= flood();
    const char *alive = ask("{\"call\":\"status\"}\n", 18);
    if (!strstr(alive, "\"up\":true")) {
        printf("after all that, status is: %.200s\n", alive);
        bad = 1;
    }
    return bad;
}
