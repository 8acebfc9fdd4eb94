/* vocabulary.c - the words that a grammar's templates are written in, once each: for telling a slip
 * of the finger from a word that is meant. */
#include "talk/grammar.h"

#include <stdlib.h>

static bool is_letter(unsigned char c)
{
    return c >= 0x80 || (c >= 'a' && c <= 'z');
}

typedef struct words {
    ond_str *v;
    size_t n, cap;
    bool bad;
} words;

static void add(words *w, ond_str s)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 1024;
        ond_str *v = realloc(w->v, cap * sizeof *v);
        if (!v) {
            w->bad = true;
            return;
        }
        w->v = v;
        w->cap = cap;
    }
    w->v[w->n++] = s;
}

static void add_text(words *w, const char *text, size_t n)
{
    for (size_t at = 0; at < n && !w->bad;) {
        size_t from = at;
        while (at < n && is_letter((unsigned char)text[at])) at++;
        if (at > from) add(w, (ond_str){text + from, at - from});
        while (at < n && !is_letter((unsigned char)text[at])) at++;
    }
}

static int by_bytes(const void *a, const void *b)
{
    const ond_str *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = memcmp(x->p, y->p, n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

int ond_grammar_words(const ond_grammar *g, ond_str **out, size_t *n, ond_err *err)
{
    words w = {0};
    for (uint32_t i = 0; i < g->n_node && !w.bad; i++)
        if (g->node[i].kind == OND__TEXT) add_text(&w, g->pool + g->node[i].a, g->node[i].len);
    for (uint32_t i = 0; i < g->n_list && !w.bad; i++)
        for (uint32_t k = 0; g->list[i].kind == OND__VALUES && k < g->list[i].n; k++)
            if (g->list[i].value[k].node == 0 && g->list[i].value[k].in)
                add_text(&w, g->list[i].value[k].in, strlen(g->list[i].value[k].in));
    if (w.bad) {
        free(w.v);
        return ond_nomem(err, "collecting words");
    }
    if (w.n) qsort(w.v, w.n, sizeof *w.v, by_bytes);
    size_t kept = 0;
    for (size_t i = 0; i < w.n; i++)
        if (kept == 0 || by_bytes(&w.v[kept - 1], &w.v[i]) != 0) w.v[kept++] = w.v[i];
    *out = w.v;
    *n = kept;
    return 0;
}
