/* sessions.c - several answers at once, in one pass each: sessions MODEL.gguf "a beginning"
 * "another" … */
#include <ondol.h>

#include <stdio.h>

enum { MOST = 8, TOKENS = 48 };

int main(int argc, char **argv)
{
    int n = argc - 2 < MOST ? argc - 2 : MOST;
    if (n < 1) {
        fprintf(stderr, "usage: %s MODEL.gguf TEXT…\n", argv[0]);
        return 2;
    }
    ond_engine *e = NULL;
    ond_session *s[MOST] = {0};
    ond_stream *st[MOST] = {0};
    ond_text text[MOST] = {0};
    ond_choice c;
    ond_err err;
    int rc = ond_engine_open(&(ond_engine_opts){.path = argv[1], .sessions = n}, &e, &err);
    for (int i = 0; i < n && rc == 0; i++) {
        rc = ond_session_open(e, &s[i], &err);
        if (rc == 0) rc = ond_stream_open(e, NULL, 0, false, &st[i], &err);
        if (rc == 0) rc = ond_session_text(s[i], argv[2 + i], OND_ADD_SPECIAL, &err);
    }
    for (int k = 0; k < TOKENS && rc == 0; k++) {
        int pending = 1;
        while (rc == 0 && pending > 0)
            rc = ond_engine_step(e, 0, &pending, &err); /* all sessions together */
        for (int i = 0; i < n && rc == 0; i++) {
            rc = ond_session_sample(s[i], NULL, &c, &err);
            if (rc != 0 || ond_token_ends(e, c.token)) continue;
            rc = ond_session_feed(s[i], &c.token, 1, &err);
            if (rc == 0) rc = ond_stream_put(st[i], c.token, &text[i], &err);
        }
    }
    for (int i = 0; i < n && rc == 0; i++)
        printf("%s%s\n\n", argv[2 + i], text[i].p ? text[i].p : "");
    if (rc != 0) fprintf(stderr, "%s\n", err.text);
    for (int i = 0; i < n; i++) {
        ond_text_free(&text[i]);
        ond_stream_close(st[i]);
        ond_session_close(s[i]);
    }
    ond_engine_close(e);
    return rc == 0 ? 0 : 1;
}
