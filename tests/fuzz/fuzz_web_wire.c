/* fuzz_web_wire.c - any bytes, in any pieces, from the browser's side of the wire.
 *
 * The first byte of an input is the size of the pieces, the second the longest message that is
 * read. Every text between NULs that is a JSON object, and not too long, comes; nothing comes that
 * is none; and calls that wait end by an answer or by the end of the connection. */
#include "hand/web/cdp.h"
#include "hand/web/wire.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

typedef struct pipes {
    int in[2], out[2];
} pipes;

static pipes make_pipes(void)
{
    pipes p;
    must(pipe2(p.in, O_CLOEXEC) == 0 && pipe2(p.out, O_CLOEXEC) == 0);
    return p;
}

/* How many texts are objects as they stand (what is mended may make it more). */
static int good(const uint8_t *bytes, size_t n, size_t most)
{
    int count = 0;
    const uint8_t *nul;
    while (n > 0 && (nul = memchr(bytes, '\0', n)) != NULL) {
        cJSON *v = NULL;
        size_t length = (size_t)(nul - bytes);
        ond_str text = {(const char *)bytes, length};
        count += length <= most && ond_json_parse(text, &v, NULL) == 0 && cJSON_IsObject(v);
        cJSON_Delete(v);
        bytes += length + 1;
        n -= length + 1;
    }
    return count;
}

static int take_all(ond__wire *w)
{
    int count = 0;
    for (;;) {
        cJSON *m;
        must(ond__wire_next(w, &m, NULL) == 0);
        if (!m) return count;
        must(cJSON_IsObject(m));
        cJSON_Delete(m);
        count++;
    }
}

static void framing(const uint8_t *bytes, size_t n, size_t piece, size_t most)
{
    pipes p = make_pipes();
    ond__wire *w;
    int count = 0;
    must(ond__wire_open(p.in[0], p.out[1], most, &w, NULL) == 0);
    for (size_t at = 0; at < n; at += piece) {
        size_t k = piece < n - at ? piece : n - at;
        must(write(p.in[1], bytes + at, k) == (ssize_t)k);
        must(ond__wire_read(w, NULL) == 0);
        if (at % 3 != 0) count += take_all(w);
    }
    count += take_all(w);
    must(count >= good(bytes, n, most));
    close(p.in[1]);
    must(ond__wire_read(w, NULL) == OND_E_UNAVAILABLE);
    ond__wire_close(w);
    close(p.out[0]);
}

static void on_event(void *self, const char *session, const char *method, const cJSON *params)
{
    (void)params;
    must(session && method);
    ond__cdp_tell(*(ond__cdp **)self, session, "A.b", NULL);
}

static void calls(const uint8_t *bytes, size_t n)
{
    pipes p = make_pipes();
    ond__cdp *c;
    ond_err err = {0};
    int ticket[3];
    must(ond__cdp_open(p.in[0], p.out[1], -1, on_event, &c, &c, NULL) == 0);
    for (int i = 0; i < 3; i++)
        must(ond__cdp_send(c, i ? "S" : NULL, "A.c", NULL, 0, &ticket[i], NULL) == 0);
    must(write(p.in[1], bytes, n) == (ssize_t)n);
    close(p.in[1]);
    for (int i = 0; i < 3; i++) {
        cJSON *result = NULL;
        int rc = ond__cdp_take(c, ticket[i], &result, &err);
        must((rc == 0) == (result != NULL) && (rc == 0 || err.text[0]));
        cJSON_Delete(result);
    }
    ond__cdp_close(c);
    close(p.out[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 2 || n > 32768) return 0; /* what a pipe takes at once */
    size_t piece = (size_t)bytes[0] + 1, most = ((size_t)bytes[1] + 1) * 64;
    framing(bytes + 2, n - 2, piece, most);
    calls(bytes + 2, n - 2);
    return 0;
}
