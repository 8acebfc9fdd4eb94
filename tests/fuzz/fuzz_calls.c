/* fuzz_calls.c - any requests, as they come over the socket of `ondol up`, to an owner of a house.
 *
 * Input: lines, each a request; the first eight that are JSON are made, in order. An "id" of "$"
 * stands for the question that was asked last, so that questions can be answered. The owner has the
 * built-in house, in a folder in memory that is thrown away, and is opened again after so many
 * rows, when its journal must verify. Every reply is an object of version 1 that says an error
 * exactly where the call failed; short ones come back the same from their text. A request leaves
 * clock and zone alone. */
#include "daemon/daemon.h"

#include "sys/clock.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUESTS_MOST 8
#define ROWS_MOST 150
#define READ_BACK_MOST 4096 /* bytes of a reply; reading all of them takes most of the time */
#define RELOADS_MOST 200    /* of an owner: they make the next call slow */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char place[64];
static ond_owner *owner;
static char question[16];

static void must_at(bool so, int line)
{
    if (so) return;
    fprintf(stderr, "fuzz_calls.c:%d does not hold\n", line);
    abort();
}
#define must(so) must_at(so, __LINE__)

/* ---- a home in memory ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void throw_away(void)
{
    ond_owner_close(owner);
    owner = NULL;
    if (place[0]) nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    place[0] = '\0';
}

/* Every folder that the program knows lies in `place`; HOME is one that is not there. */
static void make_place(void)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME",   "XDG_STATE_HOME",
                                        "XDG_CACHE_HOME",  "XDG_RUNTIME_DIR", "HOME"};
    snprintf(place, sizeof place, "%s/ondol-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(place) != NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        must(setenv(names[i], path, 1) == 0);
    }
}

static void begin(void)
{
    const ond_owner_opts opts = {.lang = "en", .can_wait = true};
    ond_err err = {0};
    static bool registered;
    if (!registered) atexit(throw_away);
    registered = true;
    ond_zone_set("Asia/Seoul");
    make_place();
    int rc = ond_owner_open(&opts, &owner, &err);
    if (rc != 0) fprintf(stderr, "%s\n", err.text);
    must(rc == 0);
}

/* ---- requests ---- */

static void check_reply(int rc, const cJSON *reply, const ond_err *err)
{
    const char *code = ond_json_str(ond_json_get(reply, "error"), "code", NULL);
    ond_buf text = {0};
    cJSON *back = NULL;
    must(cJSON_IsObject(reply) && ond_json_num(reply, "version", 0) == 1);
    must((rc != 0) == (code != NULL));
    must(!code || (strcmp(code, ond_code_name(rc)) == 0 && err->text[0] &&
                   ond_json_str(ond_json_get(reply, "error"), "text", "")[0]));
    ond_json_print(&text, reply);
    must(ond_buf_ok(&text));
    if (text.n < READ_BACK_MOST)
        must(ond_json_parse((ond_str){ond_buf_z(&text), text.n}, &back, NULL) == 0 &&
             ond_json_equal(back, reply));
    cJSON_Delete(back);
    ond_buf_free(&text);
}

static cJSON *call(const cJSON *request)
{
    cJSON *reply = NULL;
    ond_err err = {0};
    int rc = ond_owner_call(owner, request, NULL, &reply, &err);
    check_reply(rc, reply, &err);
    must(!ond_clock_frozen() && strcmp(ond_zone(), "Asia/Seoul") == 0);
    return reply;
}

static double ask(const char *name, const char *member)
{
    cJSON *request = cJSON_CreateObject();
    ond_json_set_str(request, "call", name);
    cJSON *reply = call(request);
    const cJSON *m = ond_json_get(reply, member);
    double value = cJSON_IsBool(m) ? cJSON_IsTrue(m) : ond_json_num(reply, member, -1);
    cJSON_Delete(request);
    cJSON_Delete(reply);
    return value;
}

static void note_question(const cJSON *reply)
{
    const char *id = ond_json_str(ond_json_get(reply, "question"), "id", NULL);
    if (!id) id = ond_json_str(ond_json_get(ond_json_get(reply, "report"), "ask"), "id", NULL);
    if (id) snprintf(question, sizeof question, "%s", id);
}

/* False: no JSON. */
static bool make_request(ond_str line, int *reloads)
{
    cJSON *request = NULL;
    if (ond_json_parse(line, &request, NULL) != 0) return false;
    if (strcmp(ond_json_str(request, "id", ""), "$") == 0)
        ond_json_set_str(request, "id", question);
    *reloads += strcmp(ond_json_str(request, "call", ""), "reload") == 0;
    cJSON *reply = call(request);
    note_question(reply);
    cJSON_Delete(reply);
    cJSON_Delete(request);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static int reloads;
    if (n > 65536) return 0;
    if (!owner) begin();
    for (int made = 0; n > 0 && made < REQUESTS_MOST;) {
        const uint8_t *end = memchr(bytes, '\n', n);
        size_t length = end ? (size_t)(end - bytes) : n;
        made += make_request((ond_str){(const char *)bytes, length}, &reloads);
        length += end != NULL;
        bytes += length;
        n -= length;
    }
    question[0] = '\0';
    if (ask("status", "events") < ROWS_MOST && reloads < RELOADS_MOST) return 0;
    must(ask("verify", "ok") == 1);
    throw_away();
    reloads = 0;
    return 0;
}
