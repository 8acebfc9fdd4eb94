/* dav_double.h - a CalDAV server on loopback that misbehaves as real ones do: slow, lost in redirects, nonsense. */
#ifndef OND_TESTS_HAND_DAV_DOUBLE_H
#define OND_TESTS_HAND_DAV_DOUBLE_H

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct dav_double {
    struct MHD_Daemon *http;
    unsigned port;
    char url[64];
    atomic_int gets, auth_seen;
    /* what a request gets: status and body, or a redirect; set by the test between syncs */
    unsigned status;
    const char *body, *location;
    size_t body_n;
    bool silent;             /* never ends its answer */
    bool good_start;         /* the calendars are found as they should be; only then it misbehaves */
    const char *listing;     /* with good_start: what the collection holds; NULL: status and body above */
    const char *entry;       /* what a GET or multiget gives */
    unsigned put_status;
    bool digest;             /* asks who it is, by Digest */
    atomic_int puts, deletes, digested;
} dav_double;

static const char double_found[] =
    "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:response><d:href>/cal/</d:href><d:propstat><d:prop>"
    "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>cal</d:displayname></d:prop>"
    "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>";

static enum MHD_Result double_reply(struct MHD_Connection *c, unsigned status, const char *text, size_t n, const char *location)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (location) MHD_add_response_header(r, "Location", location);
    enum MHD_Result ok = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return ok;
}

static ssize_t double_drip(void *self, uint64_t at, char *out, size_t most)
{
    struct timespec t = {.tv_nsec = 50 * 1000 * 1000};
    (void)self, (void)at, (void)most;
    nanosleep(&t, NULL);
    *out = ' ';
    return 1;
}

static enum MHD_Result on_double(void *self, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                                 const char *data, size_t *n, void **state)
{
    static int begun;
    dav_double *d = self;
    (void)version, (void)data;
    if (!*state) return *state = &begun, MHD_YES;
    if (*n) return *n = 0, MHD_YES;
    if (MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization")) d->auth_seen++;
    bool put = strcmp(method, "PUT") == 0, gone = strcmp(method, "DELETE") == 0, get = strcmp(method, "GET") == 0;
    if (put) d->puts++;
    if (gone) d->deletes++;
    if (get) d->gets++;
    if (d->digest) {
        char *who = MHD_digest_auth_get_username(c);
        int ok = who ? MHD_digest_auth_check2(c, "house", "kim", "secret", 300, MHD_DIGEST_ALG_MD5) : MHD_NO;
        MHD_free(who);
        if (ok != MHD_YES) {
            struct MHD_Response *r = MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
            enum MHD_Result sent = MHD_queue_auth_fail_response2(c, "house", "opaque", r, ok == MHD_INVALID_NONCE ? MHD_YES : MHD_NO, MHD_DIGEST_ALG_MD5);
            MHD_destroy_response(r);
            return sent;
        }
        d->digested++;
    }
    if (d->silent) {
        struct MHD_Response *r = MHD_create_response_from_callback(1u << 20, 16, double_drip, d, NULL);
        enum MHD_Result ok = MHD_queue_response(c, 207, r);
        MHD_destroy_response(r);
        return ok;
    }
    if (d->good_start && strcmp(url, "/") == 0) return double_reply(c, 207, double_found, sizeof double_found - 1, NULL);
    if (put || gone) return double_reply(c, d->put_status ? d->put_status : 500, "", 0, NULL);
    if (get && d->entry) return double_reply(c, 200, d->entry, strlen(d->entry), NULL);
    if (strcmp(method, "REPORT") == 0 && d->listing) return double_reply(c, 501, "", 0, NULL);
    if (d->listing) return double_reply(c, 207, d->listing, strlen(d->listing), NULL);
    return double_reply(c, d->status, d->body ? d->body : "", d->body ? (d->body_n ? d->body_n : strlen(d->body)) : 0, d->location);
}

static void double_open(dav_double *d)
{
    memset(d, 0, sizeof *d);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    d->http = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, on_double, d,
                               MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_DIGEST_AUTH_RANDOM, sizeof "chance" - 1, "chance",
                               MHD_OPTION_NONCE_NC_SIZE, 300u, MHD_OPTION_END);
    d->port = MHD_get_daemon_info(d->http, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(d->url, sizeof d->url, "http://127.0.0.1:%u/", d->port);
}

static void double_close(dav_double *d)
{
    MHD_stop_daemon(d->http);
}

#endif
