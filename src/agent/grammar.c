/* grammar.c - the sentences of one language: those in the program, and those of the owner's folder.
 */
#include "agent/room.h"
#include "sys/file.h"
#include "talk/pack.h"

#include <stdlib.h>

enum { MOST_FILE = 4 << 20, MOST_FILES = 200 };

typedef struct texts { ond_talk_text v[MOST_FILES]; size_t n, borrowed; } texts;

static int read_one(texts *t, const char *dir, const char *name, ond_err *err)
{
    if (t->n == MOST_FILES)
        return ond_fail(err, OND_E_CONFIG,
                        "%s: more than %d sentence files; put some of them together", dir,
                        MOST_FILES - (int)t->borrowed);
    ond_buf path = {0}, text = {0};
    ond_buf_printf(&path, "%s/%s", dir, name);
    int rc = ond_buf_ok(&path) ? ond_file_read(path.p, MOST_FILE, &text, err)
                               : ond_nomem(err, "reading sentences");
    size_t n = text.n;
    char *where = rc == 0 ? ond_buf_take(&path) : NULL,
         *bytes = rc == 0 ? ond_buf_take(&text) : NULL;
    ond_buf_free(&path);
    ond_buf_free(&text);
    if (rc == 0 && (!where || !bytes))
        rc = n || !where ? ond_nomem(err, "reading sentences") : 0;
    if (rc != 0 || !bytes) {
        free(where);
        free(bytes);
        return rc;
    }
    t->v[t->n++] = (ond_talk_text){.name = where, .text = {bytes, n}};
    return 0;
}

static int read_folder(texts *t, const char *dir, ond_err *err)
{
    char **names = NULL;
    size_t n = 0;
    int rc = ond_dir_list(dir, ".yaml", &names, &n, err);
    if (rc == OND_E_NOT_FOUND) return 0;
    for (size_t i = 0; i < n && rc == 0; i++) rc = read_one(t, dir, names[i], err);
    ond_names_free(names, n);
    return rc;
}

static void texts_free(texts *t)
{
    for (size_t i = t->borrowed; i < t->n; i++) {
        free((char *)t->v[i].name);
        free((char *)t->v[i].text.p);
    }
    free(t);
}

/* A name for a folder: letters, digits, - and _. */
static bool plain(const char *lang)
{
    return lang[0] &&
           strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               strlen(lang);
}

static int with_folder(const char *lang, const char *pack_dir, ond__tongue *out, ond_err *err)
{
    texts *t = calloc(1, sizeof *t);
    ond_buf dir = {0};
    if (!t)
        return ond_nomem(err, "reading sentences");
    size_t n = ond_pack_texts(lang, t->v, MOST_FILES);
    t->borrowed = t->n = n < MOST_FILES ? n : MOST_FILES;
    ond_buf_printf(&dir, "%s/%s", pack_dir, lang);
    int rc = ond_buf_ok(&dir) ? read_folder(t, dir.p, err) : ond_nomem(err, "reading sentences");
    if (rc == 0 && t->n > t->borrowed &&
        (rc = ond_grammar_of_texts(lang, t->v, t->n, &out->own, err)) == 0)
        out->grammar = out->own;
    ond_buf_free(&dir);
    texts_free(t);
    return rc;
}

int ond__grammar_make(const char *lang, const char *pack_dir, ond__tongue *out, ond_err *err)
{
    int rc = 0;
    if (strlen(lang) >= sizeof out->lang || !plain(lang))
        return ond_fail(err, OND_E_INPUT, "'%.40s' is no language code such as ko or en", lang);
    strcpy(out->lang, lang);
    if (pack_dir)
        rc = with_folder(lang, pack_dir, out, err);
    if (rc == 0 && !out->grammar)
        rc = ond_pack(lang, &out->grammar, err);
    return rc;
}
