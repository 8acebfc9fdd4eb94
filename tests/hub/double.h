/* double.h - a hub on the loopback that behaves, and misbehaves, as real ones do. */
#ifndef OND_TESTS_HUB_DOUBLE_H
#define OND_TESTS_HUB_DOUBLE_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct hub_file {
    const char *name;
    unsigned char *bytes;
    size_t n;
    char sha256[65];
} hub_file;

typedef struct hub {
    struct MHD_Daemon *http, *cdn;
    unsigned port, cdn_port;
    char endpoint[64];
    hub_file file[8];
    int n_file;
    /* misbehaviour; counters go down to 0 */
    atomic_int cut;            /* bodies that end half way */
    atomic_int corrupt;        /* bodies with one wrong byte */
    atomic_int busy;           /* answers with 429 */
    atomic_int broken;         /* answers with 503 */
    atomic_bool no_ranges, wrong_size, wants_token, slow;
    /* what was seen */
    atomic_int gets, token_leaks, ranged;
} hub;

static const char hub_commit[] = "0123456789abcdef0123456789abcdef01234567";

static void hub_add(hub *h, const char *name, size_t n, unsigned seed)
{
    hub_file *f = &h->file[h->n_file++];
    unsigned char digest[32];
    *f = (hub_file){.name = name, .bytes = malloc(n ? n : 1), .n = n};
    for (size_t i = 0; i < n; i++) f->bytes[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
    crypto_hash_sha256(digest, f->bytes, n);
    sodium_bin2hex(f->sha256, sizeof f->sha256, digest, sizeof digest);
}

static enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *text, const char *header, const char *value)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    if (header) MHD_add_response_header(r, header, value);
    enum MHD_Result ok = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return ok;
}

typedef struct body {
    hub *h;
    const unsigned char *p;
    size_t n, cut;
    long wrong;      /* offset of a byte to spoil, or -1 */
} body;

static ssize_t body_read(void *self, uint64_t at, char *out, size_t most)
{
    body *b = self;
    if (b->h->slow && at > 0) {
        struct timespec t = {.tv_nsec = 4 * 1000 * 1000};
        nanosleep(&t, NULL);
    }
    if (at >= b->cut) return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = b->n - (size_t)at;
    if (n > most) n = most;
    if (n > b->cut - at) n = b->cut - (size_t)at;
    memcpy(out, b->p + at, n);
    if (b->wrong >= (long)at && b->wrong < (long)(at + n)) out[b->wrong - (long)at] ^= 1;
    return (ssize_t)n;
}

static bool take(atomic_int *counter)
{
    int v = atomic_load(counter);
    while (v > 0)
        if (atomic_compare_exchange_weak(counter, &v, v - 1)) return true;
    return false;
}

static enum MHD_Result reply_file(hub *h, struct MHD_Connection *c, const hub_file *f)
{
    const char *range = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Range");
    unsigned long long from = 0, to = f->n ? f->n - 1 : 0;
    bool part = !h->no_ranges && range && sscanf(range, "bytes=%llu-%llu", &from, &to) == 2;
    body *b = calloc(1, sizeof *b);
    *b = (body){.h = h, .p = f->bytes + from, .n = f->n ? (size_t)(to - from + 1) : 0, .wrong = -1};
    b->cut = take(&h->cut) ? b->n / 2 : b->n;
    if (take(&h->corrupt)) b->wrong = (long)(b->n / 3);
    struct MHD_Response *r = MHD_create_response_from_callback(b->n, 65536, body_read, b, free);
    if (part) {
        char text[128];
        snprintf(text, sizeof text, "bytes %llu-%llu/%llu", from, to, (unsigned long long)f->n + (h->wrong_size ? 5 : 0));
        MHD_add_response_header(r, "Content-Range", text);
        h->ranged++;
    }
    enum MHD_Result ok = MHD_queue_response(c, part ? 206 : 200, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result reply_info(hub *h, struct MHD_Connection *c)
{
    char text[8192];
    int n = snprintf(text, sizeof text, "{\"sha\":\"%s\",\"siblings\":[{\"rfilename\":\"../evil.gguf\",\"size\":3,\"blobId\":\"%s\"}", hub_commit, hub_commit);
    for (int i = 0; i < h->n_file; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ",{\"rfilename\":\"%s\",\"size\":%zu,\"blobId\":\"%s\",\"lfs\":{\"sha256\":\"%s\",\"size\":%zu}}",
                      h->file[i].name, h->file[i].n, hub_commit, h->file[i].sha256, h->file[i].n);
    snprintf(text + n, sizeof text - (size_t)n, "]}");
    return reply_text(c, 200, text, "Content-Type", "application/json");
}

static const hub_file *file_of(const hub *h, const char *url)
{
    for (int i = 0; i < h->n_file; i++) {
        size_t n = strlen(h->file[i].name), m = strlen(url);
        if (m > n && strcmp(url + m - n, h->file[i].name) == 0) return &h->file[i];
    }
    return NULL;
}

/* The hub proper: says what there is, and sends to the other server for the bytes, as hf.co does. */
static enum MHD_Result on_hub(void *self, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
                              size_t *n, void **state)
{
    (void)method; (void)version; (void)data; (void)n; (void)state;
    hub *h = self;
    const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    if (h->wants_token && (!auth || strcmp(auth, "Bearer hf_test") != 0)) return reply_text(c, 401, "who?", NULL, NULL);
    if (take(&h->busy)) return reply_text(c, 429, "slowly", "Retry-After", "1");
    if (take(&h->broken)) return reply_text(c, 503, "broken", NULL, NULL);
    if (strncmp(url, "/api/models/me/tiny/revision/", 29) == 0) return reply_info(h, c);
    const hub_file *f = file_of(h, url);
    if (!f || strncmp(url, "/me/tiny/resolve/", 17) != 0) return reply_text(c, 404, "no", NULL, NULL);
    char to[512];
    snprintf(to, sizeof to, "http://localhost:%u%s", h->cdn_port, url);
    return reply_text(c, 302, "", "Location", to);
}

static enum MHD_Result on_cdn(void *self, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
                              size_t *n, void **state)
{
    (void)method; (void)version; (void)data; (void)n; (void)state;
    hub *h = self;
    if (MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization")) h->token_leaks++;
    h->gets++;
    const hub_file *f = file_of(h, url);
    return f ? reply_file(h, c, f) : reply_text(c, 404, "no", NULL, NULL);
}

static unsigned port_of(struct MHD_Daemon *d) { return MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port; }

static void hub_open(hub *h)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    memset(h, 0, sizeof *h);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    h->http = MHD_start_daemon(flags, 0, NULL, NULL, on_hub, h, MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_END);
    h->cdn = MHD_start_daemon(flags, 0, NULL, NULL, on_cdn, h, MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_END);
    h->port = port_of(h->http);
    h->cdn_port = port_of(h->cdn);
    snprintf(h->endpoint, sizeof h->endpoint, "http://127.0.0.1:%u/", h->port);
}

static void hub_close(hub *h)
{
    MHD_stop_daemon(h->http);
    MHD_stop_daemon(h->cdn);
    for (int i = 0; i < h->n_file; i++) free(h->file[i].bytes);
}

#endif
