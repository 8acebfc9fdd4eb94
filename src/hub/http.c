/* http.c - requests to the hub: where it is, who asks, when to try again. The transfer is libcurl's. */
#include "sys/curl.h"
#include "hub/room.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <stdlib.h>
#include <time.h>

enum { JSON_BYTES = 32 << 20, TOKEN_BYTES = 4096, TRIES = 5, MOST_WAIT_MS = 60000 };

static void token_file(ond_buf *out)
{
    const char *path = getenv("HF_TOKEN_PATH"), *home = getenv("HF_HOME"), *user = getenv("HOME");
    ond_buf p = {0}, text = {0};
    if (path && *path) ond_buf_puts(&p, path);
    else if (home && *home) ond_buf_printf(&p, "%s/token", home);
    else if (user && *user) ond_buf_printf(&p, "%s/.cache/huggingface/token", user);
    if (p.n && ond_file_read(ond_buf_z(&p), TOKEN_BYTES, &text, NULL) == OND_OK)
        ond_buf_str(out, ond_str_trim((ond_str){text.p, text.n}));
    ond_buf_free(&p);
    ond_buf_free(&text);
}

int ond__endpoint_open(ond__endpoint *e, ond_err *err)
{
    const char *base = getenv("HF_ENDPOINT"), *token = getenv("HF_TOKEN"), *offline = getenv("HF_HUB_OFFLINE");
    *e = (ond__endpoint){0};
    if (offline && *offline && strcmp(offline, "0") != 0)
        return ond_fail(err, OND_E_UNAVAILABLE, "HF_HUB_OFFLINE is set, so nothing is fetched; unset it to pull");
    if (!base || !*base) base = "https://huggingface.co";
    if (strncmp(base, "https://", 8) != 0 && strncmp(base, "http://", 7) != 0)
        return ond_fail(err, OND_E_CONFIG, "HF_ENDPOINT must begin with https:// or http://, and is \"%.100s\"", base);
    ond_buf_puts(&e->base, base);
    while (e->base.n && e->base.p[e->base.n - 1] == '/') e->base.p[--e->base.n] = 0;
    if (token && *token) ond_buf_str(&e->token, ond_str_trim(ond_str_of(token)));
    else token_file(&e->token);
    for (size_t i = 0; i < e->token.n; i++)
        if ((unsigned char)e->token.p[i] <= ' ' || (unsigned char)e->token.p[i] >= 127) {
            ond__endpoint_free(e);
            return ond_fail(err, OND_E_CONFIG, "the token in HF_TOKEN holds characters that no token has");
        }
    if (!ond_buf_ok(&e->base) || !ond_buf_ok(&e->token)) {
        ond__endpoint_free(e);
        return ond_nomem(err, "the hub's address");
    }
    int rc = ond_curl_load(err);
    if (rc != 0) ond__endpoint_free(e);
    return rc;
}

void ond__endpoint_free(ond__endpoint *e)
{
    ond_buf_free(&e->base);
    ond_buf_free(&e->token);
}

void ond__request_setup(void *curl, const ond__endpoint *e, const char *url)
{
    bool plain_http = strncmp(ond_buf_z(&e->base), "http://", 7) == 0;
    ond_curl.easy_setopt(curl, CURLOPT_URL, url);
    ond_curl.easy_setopt(curl, CURLOPT_USERAGENT, "ondol/" OND_VERSION);
    ond_curl.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    ond_curl.easy_setopt(curl, CURLOPT_MAXREDIRS, 8L);
    /* A redirect may not lead from https to http, nor to files. */
    ond_curl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain_http ? "http,https" : "https");
    ond_curl.easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, plain_http ? "http,https" : "https");
    ond_curl.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
    ond_curl.easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    ond_curl.easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 30L);
    ond_curl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (e->token.n) {   /* as bearer, not as a header: curl then drops it when another host is redirected to */
        ond_curl.easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        ond_curl.easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, ond_buf_z(&e->token));
    }
}

bool ond__worth_retrying(int code, long status)
{
    if (code == CURLE_OK) return status == 408 || status == 425 || status == 429 || status >= 500;
    return code == CURLE_COULDNT_CONNECT || code == CURLE_PARTIAL_FILE || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR ||
           code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM ||
           code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_SSL_CONNECT_ERROR;
}

int ond__backoff_ms(int tries, long retry_after)
{
    if (retry_after > 0) return retry_after * 1000 > MOST_WAIT_MS ? MOST_WAIT_MS : (int)retry_after * 1000;
    int ms = 250;
    for (int i = 1; i < tries && ms < 8000; i++) ms *= 2;
    return ms;
}

bool ond__pause(const ond_hub_opts *o, ond_hub_progress *p, int ms)
{
    for (uint64_t end = ond_steady_us() + (uint64_t)ms * 1000; ond_steady_us() < end;) {
        if (o->progress && p && o->progress(o->self, p)) return false;
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    }
    return true;
}

int ond__status_fail(long status, const char *what, const ond__endpoint *e, ond_err *err)
{
    if (status == 401 || status == 403)
        return ond_fail(err, OND_E_DENIED, e->token.n ? "%s: the hub says no (%ld); your HF_TOKEN may lack the right, or the licence is not accepted on its page"
                                                      : "%s: the hub wants to know who asks (%ld); set HF_TOKEN to a token with read rights, or check the name",
                        what, status);
    if (status == 404) return ond_fail(err, OND_E_NOT_FOUND, "%s: the hub knows no such repository, revision or file", what);
    if (status == 429) return ond_fail(err, OND_E_UNAVAILABLE, "%s: the hub still asks us to wait (429); try again later, what came is kept", what);
    return ond_fail(err, OND_E_UNAVAILABLE, "%s: the hub answered with status %ld; try again later, what came is kept", what, status);
}

static size_t collect(char *bytes, size_t size, size_t n, void *self)
{
    ond_buf *out = self;
    if (out->n + size * n > JSON_BYTES) return 0;
    ond_buf_put(out, bytes, size * n);
    return ond_buf_ok(out) ? size * n : 0;
}

/* curl asks about once a second, also while nothing comes: a hub that does not answer can be left. */
static int left(void *self, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    const ond_hub_opts *o = self;
    ond_hub_progress p = {.file = ""};
    (void)total; (void)now; (void)up_total; (void)up_now;
    return o->progress && o->progress(o->self, &p) ? 1 : 0;
}

int ond__get_json(const ond__endpoint *e, const char *path, const char *what, const ond_hub_opts *o, cJSON **out, ond_err *err)
{
    ond_buf url = {0}, body = {0};
    CURL *curl = ond_curl.easy_init();
    ond_buf_printf(&url, "%s%s", ond_buf_z(&e->base), path);
    if (!curl || !ond_buf_ok(&url)) {
        if (curl) ond_curl.easy_cleanup(curl);
        ond_buf_free(&url);
        return ond_nomem(err, "asking the hub");
    }
    ond__request_setup(curl, e, ond_buf_z(&url));
    ond_curl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    ond_curl.easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    ond_curl.easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, left);
    ond_curl.easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)(uintptr_t)o);
    ond_curl.easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    int rc = OND_E_UNAVAILABLE, most = o->tries ? o->tries : TRIES;
    for (int t = 1;; t++) {
        ond_buf_clear(&body);
        CURLcode code = ond_curl.easy_perform(curl);
        long status = 0;
        curl_off_t after = 0;
        ond_curl.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        ond_curl.easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
        if (code == CURLE_OK && status == 200) {
            rc = ond_json_parse((ond_str){body.p ? body.p : "", body.n}, out, err);
            if (rc) rc = ond_err_prefix(err, "%s: the hub's answer", what);
            break;
        }
        if (code == CURLE_ABORTED_BY_CALLBACK) {
            rc = ond_fail(err, OND_E_INTERRUPTED, "stopped");
            break;
        }
        if (t < most && ond__worth_retrying((int)code, status)) {
            ond_hub_progress p = {.file = ""};
            if (ond__pause(o, &p, ond__backoff_ms(t, (long)after))) continue;
            rc = ond_fail(err, OND_E_INTERRUPTED, "stopped");
            break;
        }
        rc = code == CURLE_OK ? ond__status_fail(status, what, e, err)
                              : ond_fail(err, OND_E_UNAVAILABLE, "%s: the hub at %s cannot be reached: %s", what, ond_buf_z(&e->base),
                                         ond_curl.easy_strerror(code));
        break;
    }
    ond_curl.easy_cleanup(curl);
    ond_buf_free(&url);
    ond_buf_free(&body);
    return rc;
}
