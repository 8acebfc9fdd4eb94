/* freeze.c - writes the grammar of a language's built-in sentences as bytes: freeze LANG > LANG.frozen
 *
 * Run when the program is built; talk/frozen_data.c carries the bytes. */
#include "talk/frozen.h"
#include "talk/pack.h"

#include <stdio.h>

/* What the program would carry: nothing yet. */
ond_str ond__frozen(const char *lang)
{
    (void)lang;
    return (ond_str){0};
}

int main(int argc, char **argv)
{
    const ond_grammar *g = NULL;
    ond_buf out = {0};
    ond_err err = {0};
    if (argc != 2) {
        fprintf(stderr, "freeze LANG > LANG.frozen\n");
        return 2;
    }
    int rc = ond_pack(argv[1], &g, &err);
    if (rc == 0)
        rc = ond__grammar_freeze(g, &out, &err);
    if (rc != 0)
        fprintf(stderr, "freeze: %s\n", err.text);
    else if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
        rc = 1;
    ond_buf_free(&out);
    ond_pack_free_all();
    return rc != 0;
}
