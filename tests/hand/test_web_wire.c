/* test_web_wire.c - messages over two pipes against a peer in the same process: cut anywhere, huge,
 * hostile, ended in the middle; then calls, answers and events over them. */
#include "../base/cm.h"

#include "hand/web/cdp.h"
#include "hand/web/wire.h"
#include "sys/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static ond_err err;

typedef struct ends { /* the peer's */
    int to, from;
} ends;

static ond__wire *open_wire(size_t most, ends *peer)
{
    int in[2], out[2];
    ond__wire *w;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(ond__wire_open(in[0], out[1], most, &w, &err), 0);
    *peer = (ends){in[1], out[0]};
    return w;
}

static void say(int fd, const char *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
}

static void say_z(const ends *peer, const char *text)
{
    say(peer->to, text, strlen(text) + 1);
}

static void hear_as(ond__wire *w, const char *want)
{
    cJSON *m;
    ond_buf text = {0};
    assert_int_equal(ond__wire_next(w, &m, &err), 0);
    if (!want) {
        assert_null(m);
        return;
    }
    if (!m) fail_msg("nothing came where %s should", want);
    ond_json_print(&text, m);
    assert_string_equal(ond_buf_z(&text), want);
    ond_buf_free(&text);
    cJSON_Delete(m);
}

TEST(messages_cut_anywhere)
{
    static const char both[] =
        "{\"id\":1,\"result\":{\"t\":\"\xEC\x98\xA8\xEB\x8F\x8C\"}}\0{\"method\":\"a\"}";
    for (size_t cut = 0; cut <= sizeof both; cut++) {
        ends p;
        ond__wire *w = open_wire(0, &p);
        if (cut) say(p.to, both, cut);
        assert_int_equal(ond__wire_read(w, &err), 0);
        cJSON *early = NULL;
        if (cut < sizeof both / 2) {
            assert_int_equal(ond__wire_next(w, &early, &err), 0);
            assert_null(early);
        }
        if (cut < sizeof both) say(p.to, both + cut, sizeof both - cut);
        assert_int_equal(ond__wire_read(w, &err), 0);
        hear_as(w, "{\"id\":1,\"result\":{\"t\":\"온돌\"}}");
        hear_as(w, "{\"method\":\"a\"}");
        hear_as(w, NULL);
        ond__wire_close(w);
        close(p.to);
        close(p.from);
    }
}

TEST(byte_by_byte)
{
    ends p;
    ond__wire *w = open_wire(0, &p);
    const char *text = "{\"id\":7,\"result\":{}}";
    for (size_t i = 0; i < strlen(text); i++) {
        say(p.to, text + i, 1);
        assert_int_equal(ond__wire_read(w, &err), 0);
        hear_as(w, NULL);
    }
    say(p.to, "", 1);
    assert_int_equal(ond__wire_read(w, &err), 0);
    hear_as(w, text);
    ond__wire_close(w);
    close(p.to);
    close(p.from);
}

/* A page may hold anything; its half surrogates and NULs do not end the conversation. */
TEST(hostile_bytes)
{
    static const struct {
        const char *in, *out; /* out NULL: left out */
    } rows[] = {
        {"{\"method\":\"a\",\"params\":{\"t\":\"\\ud800x\"}}",
         "{\"method\":\"a\",\"params\":{\"t\":\"\xEF\xBF\xBDx\"}}"},
        {"{\"method\":\"\\udc00\\ud800\"}", "{\"method\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"},
        {"{\"method\":\"\\uD83D\\uDE00\"}", "{\"method\":\"\xF0\x9F\x98\x80\"}"},
        {"{\"method\":\"\\u0000\"}", "{\"method\":\"\xEF\xBF\xBD\"}"},
        {"{\"method\":\"\\\\u0000\\\\\\ud800\"}", "{\"method\":\"\\\\u0000\\\\\xEF\xBF\xBD\"}"},
        {"{\"method\":\"\\ud800\\u0041\"}", "{\"method\":\"\xEF\xBF\xBD"
                                            "A\"}"},
        {"{\"method\":\"\\ud800", NULL},
        {"{\"method\":\"\\", NULL},
        {"{\"method\":\"\xFF\"}", NULL},
        {"", NULL},
        {"[]", NULL},
        {"null", NULL},
        {"{\"id\":12,\"result\":{\"t\":\"\xC0\x80\"}}",
         "{\"id\":12,\"error\":{\"code\":-32700,\"message\":\"bad JSON at line 1, column 25: this "
         "is not valid UTF-8\"}}"},
        {"{\"id\":-1,", NULL},
        {"{\"id\":", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ends p;
        ond__wire *w = open_wire(0, &p);
        say_z(&p, rows[i].in);
        say_z(&p, "{\"id\":99}");
        assert_int_equal(ond__wire_read(w, &err), 0);
        if (rows[i].out) hear_as(w, rows[i].out);
        hear_as(w, "{\"id\":99}");
        hear_as(w, NULL);
        if (!rows[i].out) assert_int_equal(ond__wire_lost(w), 1);
        ond__wire_close(w);
        close(p.to);
        close(p.from);
    }
}

TEST(deep_nesting_is_an_answer_too)
{
    ends p;
    cJSON *m;
    ond__wire *w = open_wire(0, &p);
    say(p.to, "{\"id\":3,\"result\":", 17);
    for (int i = 0; i < 10000; i++) say(p.to, "[", 1);
    say(p.to, "", 1);
    assert_int_equal(ond__wire_read(w, &err), 0);
    assert_int_equal(ond__wire_next(w, &m, &err), 0);
    assert_int_equal((int)ond_json_num(m, "id", 0), 3);
    assert_non_null(ond_json_get(m, "error"));
    cJSON_Delete(m);
    ond__wire_close(w);
    close(p.to);
    close(p.from);
}

/* What is too long is skipped as it comes; the message behind it is whole. */
TEST(messages_that_are_too_long)
{
    enum { MOST = 1000 };
    static const char *const begins[] = {"{\"id\":5,\"result\":\"", "{\"method\":\"x"};
    for (int k = 0; k < 4; k++) {
        ends p;
        ond__wire *w = open_wire(MOST, &p);
        bool together = k >= 2;
        say(p.to, begins[k % 2], strlen(begins[k % 2]));
        char dots[500];
        memset(dots, '.', sizeof dots);
        for (int i = 0; i < 20; i++) {
            say(p.to, dots, sizeof dots);
            if (together) continue;
            assert_int_equal(ond__wire_read(w, &err), 0);
            hear_as(w, NULL);
        }
        say_z(&p, "\"}");
        say_z(&p, "{\"id\":6}");
        assert_int_equal(ond__wire_read(w, &err), 0);
        if (k % 2 == 0)
            hear_as(
                w, "{\"id\":5,\"error\":{\"code\":-32700,\"message\":\"the browser's answer is too "
                   "long: over 1000 bytes\"}}");
        hear_as(w, "{\"id\":6}");
        assert_int_equal(ond__wire_lost(w), 1);
        ond__wire_close(w);
        close(p.to);
        close(p.from);
    }
}

TEST(huge_messages_both_ways)
{
    enum { N = 20 << 20 };
    ends p;
    ond__wire *w = open_wire(0, &p);
    char *big = malloc(N + 1);
    memset(big, 'x', N);
    big[N] = '\0';
    cJSON *m = cJSON_CreateObject(), *got = NULL;
    assert_true(ond_json_set_str(m, "t", big));
    assert_int_equal(ond__wire_send(w, m, &err), 0);
    assert_int_equal(ond__wire_out(w) >= 0, 1); /* more than a pipe takes at once */
    /* the peer echoes what it reads, as it comes */
    fcntl(p.from, F_SETFL, O_NONBLOCK);
    fcntl(p.to, F_SETFL, O_NONBLOCK);
    ond_buf back = {0};
    size_t sent = 0;
    for (uint64_t until = ond_steady_us() + 20000000; !got && ond_steady_us() < until;) {
        char chunk[65536];
        ssize_t n = read(p.from, chunk, sizeof chunk);
        if (n > 0) ond_buf_put(&back, chunk, (size_t)n);
        if (sent < back.n && (n = write(p.to, back.p + sent, back.n - sent)) > 0) sent += (size_t)n;
        assert_int_equal(ond__wire_flush(w, &err), 0);
        assert_int_equal(ond__wire_read(w, &err), 0);
        assert_int_equal(ond__wire_next(w, &got, &err), 0);
    }
    assert_non_null(got);
    assert_true(ond_json_equal(got, m));
    assert_int_equal(ond__wire_out(w), -1);
    cJSON_Delete(got);
    cJSON_Delete(m);
    free(big);
    ond_buf_free(&back);
    ond__wire_close(w);
    close(p.to);
    close(p.from);
}

TEST(a_peer_that_takes_nothing)
{
    ends p;
    ond__wire *w = open_wire(0, &p);
    char *big = malloc((4u << 20) + 1);
    memset(big, 'x', 4u << 20);
    big[4u << 20] = '\0';
    cJSON *m = cJSON_CreateObject();
    assert_true(ond_json_set_str(m, "t", big));
    int rc = 0, sent = 0;
    for (; rc == 0 && sent < 100; sent++) rc = ond__wire_send(w, m, &err);
    assert_int_equal(rc, OND_E_UNAVAILABLE);
    assert_true(sent < 20);
    cJSON_Delete(m);
    free(big);
    ond__wire_close(w);
    close(p.to);
    close(p.from);
}

TEST(the_end_in_the_middle)
{
    ends p;
    ond__wire *w = open_wire(0, &p);
    say_z(&p, "{\"id\":1}");
    say(p.to, "{\"id\":2", 7);
    close(p.to);
    assert_int_equal(ond__wire_read(w, &err), OND_E_UNAVAILABLE);
    hear_as(w, "{\"id\":1}");
    hear_as(w, NULL);
    assert_int_equal(ond__wire_read(w, &err), OND_E_UNAVAILABLE);
    /* and nobody who reads: an error, no signal */
    close(p.from);
    cJSON *m = cJSON_CreateObject();
    assert_int_equal(ond__wire_send(w, m, &err), OND_E_UNAVAILABLE);
    cJSON_Delete(m);
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    ond__wire_close(w);
}

/* ---- calls ---- */

typedef struct seen {
    int n;
    char last[100];
    ond__cdp *cdp;
    ends peer;
} seen;

static void on_event(void *self, const char *session, const char *method, const cJSON *params)
{
    seen *s = self;
    s->n++;
    snprintf(s->last, sizeof s->last, "%s %s %s", session, method, ond_json_str(params, "k", "-"));
    if (strcmp(method, "Ask.back") == 0) ond__cdp_tell(s->cdp, session, "Told.so", NULL);
}

static void open_cdp(seen *s)
{
    int in[2], out[2];
    *s = (seen){0};
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(ond__cdp_open(in[0], out[1], -1, on_event, s, &s->cdp, &err), 0);
    s->peer = (ends){in[1], out[0]};
}

static void close_cdp(seen *s)
{
    ond__cdp_close(s->cdp);
    close(s->peer.to);
    close(s->peer.from);
}

static void peer_heard(const seen *s, const char *want)
{
    char got[1000];
    size_t n = 0;
    do assert_int_equal(read(s->peer.from, got + n, 1), 1);
    while (got[n++] != '\0' && n < sizeof got);
    assert_string_equal(got, want);
}

TEST(several_calls_answered_out_of_order)
{
    seen s;
    int a, b;
    cJSON *r;
    open_cdp(&s);
    assert_int_equal(ond__cdp_send(s.cdp, "S1", "A.one",
                                   ond__params("url=s none=s x=n i=i b=b j=j", "u", NULL, 1.5, 2, 1,
                                               cJSON_CreateArray()),
                                   0, &a, &err),
                     0);
    assert_int_equal(ond__cdp_send(s.cdp, NULL, "A.two", NULL, 0, &b, &err), 0);
    peer_heard(&s, "{\"id\":1,\"method\":\"A.one\",\"sessionId\":\"S1\",\"params\":{\"url\":\"u\","
                   "\"x\":1.5,\"i\":2,\"b\":true,\"j\":[]}}");
    peer_heard(&s, "{\"id\":2,\"method\":\"A.two\"}");
    say_z(&s.peer, "{\"id\":2,\"result\":{\"r\":2}}");
    say_z(&s.peer, "{\"method\":\"E.e\",\"params\":{\"k\":\"v\"},\"sessionId\":\"S1\"}");
    say_z(&s.peer, "{\"id\":77,\"result\":{}}");
    say_z(&s.peer, "{\"id\":1,\"error\":{\"code\":-32000,\"message\":\"no such thing\"}}");
    assert_int_equal(ond__cdp_take(s.cdp, a, &r, &err), OND_E_FAILED);
    assert_string_equal(err.text, "A.one: no such thing");
    assert_null(r);
    assert_string_equal(s.last, "S1 E.e v");
    assert_true(ond__cdp_answered(s.cdp, b));
    assert_int_equal(ond__cdp_take(s.cdp, b, &r, &err), 0);
    assert_int_equal((int)ond_json_num(r, "r", 0), 2);
    cJSON_Delete(r);
    close_cdp(&s);
}

TEST(a_call_without_answer_ends_in_time)
{
    seen s;
    int b;
    open_cdp(&s);
    uint64_t begin = ond_steady_us();
    assert_int_equal(ond__cdp_call(s.cdp, NULL, "A.one", NULL, 50, NULL, &err), OND_E_UNAVAILABLE);
    assert_string_equal(err.text, "A.one: no answer within 0.1 s");
    assert_true(ond_steady_us() - begin < 5000000);
    /* its late answer is no other call's */
    say_z(&s.peer, "{\"id\":1,\"result\":{}}");
    assert_int_equal(ond__cdp_send(s.cdp, NULL, "A.two", NULL, 50, &b, &err), 0);
    assert_int_equal(ond__cdp_take(s.cdp, b, NULL, &err), OND_E_UNAVAILABLE);
    /* given up before */
    assert_int_equal(ond__cdp_send(s.cdp, NULL, "A.three", NULL, 0, &b, &err), 0);
    ond__cdp_drop(s.cdp, b);
    ond__cdp_drop(s.cdp, 0);
    close_cdp(&s);
}

TEST(a_session_that_ends_fails_its_calls)
{
    seen s;
    int a, b;
    open_cdp(&s);
    assert_int_equal(ond__cdp_send(s.cdp, "S1", "A.one", NULL, 0, &a, &err), 0);
    assert_int_equal(ond__cdp_send(s.cdp, "S2", "A.two", NULL, 0, &b, &err), 0);
    say_z(&s.peer, "{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"S1\"}}");
    say_z(
        &s.peer,
        "{\"id\":2,\"error\":{\"code\":-32001,\"message\":\"Session with given id not found.\"}}");
    assert_int_equal(ond__cdp_take(s.cdp, a, NULL, &err), OND_E_STALE);
    assert_int_equal(ond__cdp_take(s.cdp, b, NULL, &err), OND_E_STALE);
    close_cdp(&s);
}

TEST(a_handler_may_tell)
{
    seen s;
    open_cdp(&s);
    say_z(&s.peer, "{\"method\":\"Ask.back\",\"sessionId\":\"S9\"}");
    ond__cdp_serve(s.cdp);
    assert_int_equal(s.n, 1);
    peer_heard(&s, "{\"id\":1,\"method\":\"Told.so\",\"sessionId\":\"S9\"}");
    close_cdp(&s);
}

TEST(when_the_browser_goes_all_calls_fail)
{
    seen s;
    int a, b;
    open_cdp(&s);
    assert_int_equal(ond__cdp_send(s.cdp, NULL, "A.one", NULL, 0, &a, &err), 0);
    assert_int_equal(ond__cdp_send(s.cdp, NULL, "A.two", NULL, 0, &b, &err), 0);
    say_z(&s.peer, "{\"id\":1,\"result\":{}}");
    close(s.peer.to);
    assert_int_equal(ond__cdp_take(s.cdp, b, NULL, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "gone"));
    assert_true(ond__cdp_gone(s.cdp));
    assert_int_equal(ond__cdp_take(s.cdp, a, NULL, &err), 0); /* it was answered before */
    assert_int_equal(ond__cdp_send(s.cdp, NULL, "A.three", ond__params("x=i", 1), 0, &a, &err),
                     OND_E_UNAVAILABLE);
    ond__cdp_close(s.cdp);
    close(s.peer.from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_cut_anywhere),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(deep_nesting_is_an_answer_too),
        cmocka_unit_test(messages_that_are_too_long),
        cmocka_unit_test(huge_messages_both_ways),
        cmocka_unit_test(a_peer_that_takes_nothing),
        cmocka_unit_test(the_end_in_the_middle),
        cmocka_unit_test(several_calls_answered_out_of_order),
        cmocka_unit_test(a_call_without_answer_ends_in_time),
        cmocka_unit_test(a_session_that_ends_fails_its_calls),
        cmocka_unit_test(a_handler_may_tell),
        cmocka_unit_test(when_the_browser_goes_all_calls_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
