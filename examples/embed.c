/* embed.c - how near two texts are: embed MODEL.gguf "a text" "another" (an embedding model, such
 * as MiniLM) */
#include <ondol.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s MODEL.gguf TEXT TEXT\n", argv[0]);
        return 2;
    }
    ond_engine *e = NULL;
    ond_about about = {0};
    ond_err err;
    float *v = NULL;
    int rc = ond_engine_open(&(ond_engine_opts){.path = argv[1]}, &e, &err);
    if (rc == 0) {
        ond_engine_about(e, &about);
        v = calloc(2 * (size_t)about.n_embd, sizeof *v);
        if (!v) return 1;
        rc = ond_embed_text(e, argv[2], v, &err);
    }
    if (rc == 0) rc = ond_embed_text(e, argv[3], v + about.n_embd, &err);
    double dot = 0; /* the vectors have length 1, so this is the cosine */
    for (int i = 0; rc == 0 && i < about.n_embd; i++)
        dot += (double)v[i] * (double)v[about.n_embd + i];
    if (rc == 0)
        printf("%.4f\n", dot);
    else
        fprintf(stderr, "%s\n", err.text);
    free(v);
    ond_engine_close(e);
    return rc == 0 ? 0 : 1;
}
