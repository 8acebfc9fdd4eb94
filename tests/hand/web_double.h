/* web_double.h - a web server on loopback for a test: pages, 404, redirects, slow and broken answers. */
#ifndef OND_TESTS_HAND_WEB_DOUBLE_H
#define OND_TESTS_HAND_WEB_DOUBLE_H

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct web_double {
    struct MHD_Daemon *http;
    unsigned port;
    char url[64]; /* "http://127.0.0.1:PORT" */
    atomic_int gets;
    const char *dir; /* "/pages/NAME" is this folder's NAME */
} web_double;

static void web_pause(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

static enum MHD_Result web_reply(struct MHD_Connection *c, unsigned status, const char *text, const char *type,
                                 const char *header, const char *value)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(r, "Content-Type", type);
    if (header) MHD_add_response_header(r, header, value);
    enum MHD_Result ok = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result web_file(const web_double *d, struct MHD_Connection *c, const char *name)
{
    char path[600], text[16384];
    snprintf(path, sizeof path, "%s/%s", d->dir, name);
    FILE *f = strchr(name, '/') ? NULL : fopen(path, "r");
    if (!f) return web_reply(c, 404, "<title>404</title>no such page", "text/html", NULL, NULL);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return web_reply(c, 200, text, "text/html", NULL, NULL);
}

static ssize_t web_drip(void *self, uint64_t at, char *out, size_t most)
{
    (void)self, (void)most;
    if (at == 0) return snprintf(out, most, "<!doctype html><title>drip</title><p>begun");
    web_pause(50);
    *out = ' ';
    return 1;
}

static enum MHD_Result web_endless(struct MHD_Connection *c)
{
    struct MHD_Response *r = MHD_create_response_from_callback(1u << 20, 256, web_drip, NULL, NULL);
    MHD_add_response_header(r, "Content-Type", "text/html");
    enum MHD_Result ok = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result on_web(void *self, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                              const char *data, size_t *n, void **state)
{
    static int begun;
    web_double *d = self;
    (void)version, (void)data, (void)method;
    if (!*state) return *state = &begun, MHD_YES;
    if (*n) return *n = 0, MHD_YES;
    d->gets++;
    if (strncmp(url, "/pages/", 7) == 0) return web_file(d, c, url + 7);
    if (strcmp(url, "/api") == 0) return web_pause(120), web_reply(c, 200, "fetched", "text/plain", NULL, NULL);
    if (strcmp(url, "/to-second") == 0) return web_reply(c, 302, "", "text/html", "Location", "/pages/second.html");
    if (strcmp(url, "/to-elsewhere") == 0) return web_reply(c, 302, "", "text/html", "Location", "http://denied.test/");
    if (strcmp(url, "/circle") == 0) return web_reply(c, 302, "", "text/html", "Location", "/circle");
    if (strcmp(url, "/download") == 0)
        return web_reply(c, 200, "bytes", "application/octet-stream", "Content-Disposition", "attachment; filename=x.bin");
    if (strcmp(url, "/nothing") == 0) return web_reply(c, 204, "", "text/html", NULL, NULL);
    if (strcmp(url, "/500") == 0) return web_reply(c, 500, "<title>500</title>broken", "text/html", NULL, NULL);
    if (strcmp(url, "/slow") == 0) return web_pause(3000), web_reply(c, 200, "<title>slow</title>", "text/html", NULL, NULL);
    if (strcmp(url, "/drip") == 0) return web_endless(c);
    if (strcmp(url, "/abort") == 0) return MHD_NO;
    return web_reply(c, 404, "<title>404</title>no such page", "text/html", NULL, NULL);
}

static void web_open(web_double *d, const char *dir)
{
    memset(d, 0, sizeof *d);
    d->dir = dir;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    d->http = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, on_web, d,
                               MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_END);
    if (!d->http) abort();
    d->port = MHD_get_daemon_info(d->http, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(d->url, sizeof d->url, "http://127.0.0.1:%u", d->port);
}

static void web_close(web_double *d)
{
    MHD_stop_daemon(d->http);
}

#endif
