/* radicale.h - a real CalDAV server on loopback for a test, and plain requests to it. */
#ifndef OND_TESTS_HAND_RADICALE_H
#define OND_TESTS_HAND_RADICALE_H

#include "base/str.h"
#include "sys/curl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct radicale {
    pid_t pid;
    int port;
    char folder[600], user[40];
} radicale;

static inline int radicale_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0;
    close(fd);
    return ok ? ntohs(a.sin_port) : 0;
}

static inline int radicale_answers(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

/* With a password only where `password` is given. 0 when it answers. */
static inline int radicale_start(radicale *r, const char *dir, const char *password)
{
    char conf[700], users[700];
    if (!r->port) r->port = radicale_port();
    snprintf(r->folder, sizeof r->folder, "%s", dir);
    snprintf(conf, sizeof conf, "%s.conf", dir);
    snprintf(users, sizeof users, "%s.users", dir);
    FILE *f = fopen(conf, "w");
    if (!f) return -1;
    fprintf(f, "[server]\nhosts = 127.0.0.1:%d\n[auth]\ntype = %s\nhtpasswd_filename = %s\nhtpasswd_encryption = plain\ndelay = 0\n"
               "[storage]\nfilesystem_folder = %s\n[logging]\nlevel = error\n",
            r->port, password ? "htpasswd" : "none", users, dir);
    fclose(f);
    f = fopen(users, "w");
    if (!f) return -1;
    fprintf(f, "kim:%s\n", password ? password : "");
    fclose(f);
    fflush(NULL);
    r->pid = fork();
    if (r->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
            execl("/usr/bin/python3", "python3", "/usr/bin/radicale", "--config", conf, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1500 && r->pid > 0; i++) {
        if (radicale_answers(r->port)) return 0;
        usleep(10000);
    }
    return -1;
}

static inline void radicale_stop(radicale *r)
{
    if (r->pid > 0) {
        kill(r->pid, SIGTERM);
        waitpid(r->pid, NULL, 0);
    }
    r->pid = 0;
}

static inline size_t radicale_body(char *bytes, size_t size, size_t n, void *self)
{
    ond_buf_put(self, bytes, size * n);
    return size * n;
}

/* One request as r->user; the status, 0 when it failed. `path` begins with a slash. */
static inline long radicale_ask(radicale *r, const char *method, const char *path, const char *body, const char *header, ond_buf *out)
{
    static CURL *c;
    char url[900];
    long status = 0;
    ond_buf sink = {0};
    ond_err bad;
    if (!c && ond_curl_load(&bad) != 0) return 0;
    if (!c) c = ond_curl.easy_init();
    ond_curl.easy_reset(c);
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", r->port, path);
    struct curl_slist *headers = ond_curl.slist_append(NULL, method[0] == 'P' && method[1] == 'U' ? "Content-Type: text/calendar" : "Content-Type: application/xml");
    if (header) headers = ond_curl.slist_append(headers, header);
    ond_curl.easy_setopt(c, CURLOPT_URL, url);
    ond_curl.easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    ond_curl.easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    ond_curl.easy_setopt(c, CURLOPT_USERNAME, r->user);
    ond_curl.easy_setopt(c, CURLOPT_PASSWORD, "secret");
    ond_curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, radicale_body);
    ond_curl.easy_setopt(c, CURLOPT_WRITEDATA, out ? out : &sink);
    if (body) ond_curl.easy_setopt(c, CURLOPT_POSTFIELDS, body);
    if (ond_curl.easy_perform(c) == CURLE_OK) ond_curl.easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    ond_curl.slist_free_all(headers);
    ond_buf_free(&sink);
    return status;
}

/* All entries of a collection, as one text of calendars; the number of them. */
static inline int radicale_all(radicale *r, const char *collection, ond_buf *out)
{
    int n = 0;
    size_t from = out->n;
    if (radicale_ask(r, "GET", collection, NULL, NULL, out) != 200) return -1;
    for (const char *p = ond_buf_z(out) + from; (p = strstr(p, "\nUID:")) != NULL; p++) n++;
    return n;
}

#endif
