/* complete.c - continues a text: complete MODEL.gguf "Once upon a time" [TOKENS] */
#include <ondol.h>

#include <stdio.h>
#include <stdlib.h>

static int print(void *self, const ond_piece *piece)
{
    (void)self;
    fwrite(piece->text, 1, piece->n, stdout);
    return fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s MODEL.gguf TEXT [TOKENS]\n", argv[0]);
        return 2;
    }
    ond_engine_opts eo = {.path = argv[1]};
    ond_generate_opts go = {.max_tokens = argc > 3 ? atoi(argv[3]) : 128, .piece = print};
    ond_engine *e = NULL;
    ond_session *s = NULL;
    ond_err err;
    int rc = ond_engine_open(&eo, &e, &err);
    if (rc == 0) rc = ond_session_open(e, &s, &err);
    if (rc == 0) rc = ond_session_text(s, argv[2], OND_ADD_SPECIAL, &err);
    if (rc == 0) rc = ond_session_generate(s, &go, NULL, &err);
    if (rc == 0)
        putchar('\n');
    else
        fprintf(stderr, "%s\n", err.text);
    ond_session_close(s);
    ond_engine_close(e);
    return rc == 0 ? 0 : 1;
}
