/* pack.c - our own sentences, Korean and English, taken as they were compiled when the program was built.
 *
 * Each language is built once for the process and published by compare-and-swap; of two threads
 * that build the same one, the later frees its own. */
#include "talk/pack.h"
#include "talk/frozen.h"
#include "talk/number.h"

#include <stdlib.h>

enum { MOST_LANGS = 8 };

static _Atomic(ond_grammar *) built[MOST_LANGS];

/* The place of a language: the order in which languages first appear among the files; -1: none. */
static int place_of(const char *lang)
{
    int place = -1;
    for (unsigned i = 0; i < ond__pack_file_count; i++) {
        bool fresh = true;
        for (unsigned k = 0; k < i && fresh; k++)
            fresh = strcmp(ond__pack_files[k].lang, ond__pack_files[i].lang) != 0;
        if (fresh) place++;
        if (strcmp(ond__pack_files[i].lang, lang) == 0) return place;
    }
    return -1;
}

size_t ond_pack_texts(const char *lang, ond_talk_text *out, size_t max)
{
    size_t n = 0;
    for (unsigned i = 0; i < ond__pack_file_count; i++) {
        const ond__pack_file *f = &ond__pack_files[i];
        if (strcmp(f->lang, lang) != 0) continue;
        if (n < max)
            out[n] = (ond_talk_text){.name = f->name, .text = {(const char *)f->bytes, f->size}};
        n++;
    }
    return n;
}

/* Frozen where the program carries that, else from the sentences. */
static int build(const char *lang, ond_grammar **out, ond_err *err)
{
    ond_str frozen = ond__frozen(lang);
    if (frozen.n) {
        int rc = ond__grammar_thaw(frozen, out, err);
        if (rc != OND_E_INPUT) return rc;
    }
    ond_talk_text *texts = calloc(ond__pack_file_count + 1, sizeof *texts);
    if (!texts) return ond_nomem(err, "reading the sentences");
    size_t n = ond_pack_texts(lang, texts, ond__pack_file_count);
    int rc = ond_grammar_of_texts(lang, texts, n, out, err);
    free(texts);
    return rc;
}

int ond_pack(const char *lang, const ond_grammar **out, ond_err *err)
{
    int at = place_of(lang);
    if (at < 0 || at >= MOST_LANGS)
        return ond_fail(
            err, OND_E_NOT_FOUND,
            "there are no built-in sentences for the language \"%s\"; there are for ko and en",
            lang);
    ond_grammar *g = atomic_load(&built[at]), *none = NULL;
    if (!g) {
        int rc = build(lang, &g, err);
        if (rc != 0) return rc;
        if (!atomic_compare_exchange_strong(&built[at], &none, g)) {
            ond_grammar_free(g);
            g = none;
        }
    }
    *out = g;
    return 0;
}

void ond_pack_free_all(void)
{
    for (int i = 0; i < MOST_LANGS; i++) ond_grammar_free(atomic_exchange(&built[i], NULL));
    ond__words_free_all();
}
