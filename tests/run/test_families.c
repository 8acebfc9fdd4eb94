/* test_families.c - for every family and both types of cache: in pieces equals whole, restored
 * equals continued, guessed equals not, kept on disk equals computed. */
#include "run/fixture.h"

enum { PROMPT = 45, MORE = 24 };

static void family(const char *name, const char *kv)
{
    int32_t tok[PROMPT], want[MORE], got[MORE];
    ond_text bytes = {0};
    char dir[128];
    net n = model_file(name, OND_Q8_0);
    prompt(tok, PROMPT, 77);
    for (int i = 20; i < PROMPT; i++) tok[i] = tok[i - 9]; /* something to guess from */
    snprintf(dir, sizeof dir, "%s/kept", n.dir);
    ond_engine *e = engine(&n, (ond_engine_opts){.kv = kv, .ctx = 200});
    ond_engine *f = engine(&n, (ond_engine_opts){.kv = kv, .ctx = 200, .batch = 7, .threads = 1});
    ond_session *s = session(e), *t = session(f);
    OK(ond_session_feed(s, tok, PROMPT, err));
    OK(ond_session_run(s, err));
    OK(ond_session_save(s, &bytes, err));
    go_on(s, NULL, MORE, want);

    OK(ond_session_feed(t, tok, PROMPT, err));
    go_on(t, NULL, MORE, got);
    if (memcmp(want, got, sizeof want) != 0) fail_msg("%s, %s: in pieces", name, kv);
    OK(ond_session_load(t, bytes.p, bytes.n, err));
    go_on(t, NULL, MORE, got);
    if (memcmp(want, got, sizeof want) != 0) fail_msg("%s, %s: restored", name, kv);
    ond_session_truncate(t, 10);
    OK(ond_session_feed(t, tok + 10, PROMPT - 10, err));
    ond_session_speculate(t, -1);
    go_on(t, NULL, MORE, got);
    if (memcmp(want, got, sizeof want) != 0) fail_msg("%s, %s: guessed", name, kv);
    for (int round = 0; round < 2; round++) {
        ond_engine *g =
            engine(&n, (ond_engine_opts){.kv = kv, .ctx = 200, .sessions = 1, .prefix_dir = dir});
        ond_session *u = session(g);
        ond_counters c;
        OK(ond_session_feed(u, tok, PROMPT, err));
        OK(ond_session_keep(u, PROMPT, err));
        go_on(u, NULL, MORE, got);
        ond_session_counters(u, &c);
        assert_int_equal(c.reused_disk, round ? PROMPT - 1 : 0);
        if (memcmp(want, got, sizeof want) != 0) fail_msg("%s, %s: kept", name, kv);
        ond_session_close(u);
        ond_engine_close(g);
    }
    ond_text_free(&bytes);
    ond_session_close(s);
    ond_session_close(t);
    ond_engine_close(e);
    ond_engine_close(f);
    net_remove(&n);
}

TEST(test_families)
{
    for (int i = 0; i < TINIES; i++) {
        if (strcmp(tinies[i].arch, "bert") == 0) continue;
        family(tinies[i].name, "f16");
        family(tinies[i].name, "i8");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_families)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
