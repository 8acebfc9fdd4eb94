/* roles.c - which tokens begin, end and pad: by the file's keys, else by how they are spelled.
 *
 * A token found by name is a control token from then on, whatever the file says; a few families
 * need exceptions. */
#include "tok/room.h"

#include <stdlib.h>

/* Roles that only serve to find ends of the answer. */
enum { FIM_PAD = OND_TOK_ROLES, FIM_REP, FIM_SEP, ALL_ROLES };
enum {
    BOS = OND_TOK_BOS, EOS = OND_TOK_EOS, EOT = OND_TOK_EOT, EOM = OND_TOK_EOM, UNK = OND_TOK_UNK,
    SEP = OND_TOK_SEP, PAD = OND_TOK_PAD, MASK = OND_TOK_MASK, FIM_PRE = OND_TOK_FIM_PRE,
    FIM_SUF = OND_TOK_FIM_SUF, FIM_MID = OND_TOK_FIM_MID,
};

typedef struct row { int role; const char *text; } row;

#define NAME(role, text)
#define END(text)
#define KEY(role, key) {role, key},
static const row keys[] = {
#include "tok/roles.def"
};
#undef KEY
#undef NAME
#define KEY(role, key)
#define NAME(role, text) {role, text},
static const row names[] = {
#include "tok/roles.def"
};
#undef NAME
#undef END
#define NAME(role, text)
#define END(text) text,
static const char *const end_names[] = {
#include "tok/roles.def"
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* An id that is none of the vocabulary's leaves the default. */
static int by_key(const ond_tok *t, const ond_gguf *g, int32_t *role, ond_err *err)
{
    for (int i = 0; i < ALL_ROLES; i++)
        if (role[i] >= (int64_t)t->text.n) role[i] = -1;
    for (size_t i = 0; i < COUNT(keys); i++) {
        int64_t id;
        int rc = ond_gguf_int(g, keys[i].text, INT64_MIN, INT64_MAX, -1, &id, err);
        if (rc) return rc;
        if (id >= 0 && id < (int64_t)t->text.n) role[keys[i].role] = (int32_t)id;
    }
    return OND_OK;
}

static void by_name(ond_tok *t, int32_t *role)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        if (role[names[i].role] >= 0) continue;
        int id = ond_tok_find(t, ond_str_of(names[i].text));
        if (id < 0) continue;
        role[names[i].role] = id;
        t->nature[id] |= OND__CONTROL;
    }
}

static void add_end(ond_tok *t, int32_t id)
{
    if (id < 0 || ond_tok_ends(t, id)) return;
    int i = t->n_ends++;
    for (; i && t->ends[i - 1] > id; i--) t->ends[i] = t->ends[i - 1];
    t->ends[i] = id;
}

/* The end that is none after all, and its nature then. */
static void no_end(ond_tok *t, const char *text, uint8_t nature)
{
    int id = ond_tok_find(t, ond_str_of(text)), n = 0;
    if (id < 0 || !ond_tok_ends(t, id)) return;
    for (int i = 0; i < t->n_ends; i++)
        if (t->ends[i] != id) t->ends[n++] = t->ends[i];
    t->n_ends = n;
    t->nature[id] = nature;
}

static bool ends_by(const ond_tok *t, const char *text)
{
    return ond_tok_ends(t, ond_tok_find(t, ond_str_of(text)));
}

static int find_ends(ond_tok *t, const int32_t *role, ond_err *err)
{
    t->ends = malloc((COUNT(end_names) + ALL_ROLES) * sizeof *t->ends);
    if (!t->ends) return ond_nomem(err, "reading the special tokens");
    for (size_t i = 0; i < COUNT(end_names); i++) {
        int id = ond_tok_find(t, ond_str_of(end_names[i]));
        if (id < 0) continue;
        add_end(t, id);
        t->nature[id] |= OND__CONTROL;
    }
    static const int by_role[] = {FIM_PAD, FIM_REP, FIM_SEP, EOS, EOT, EOM};
    for (size_t i = 0; i < COUNT(by_role); i++) add_end(t, role[by_role[i]]);
    return OND_OK;
}

/* Families whose names mean something else. */
static void exceptions(ond_tok *t)
{
    static const char *const shown[] = {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"};
    for (size_t i = 0; i < COUNT(shown); i++) {   /* gpt-oss: part of the text */
        int id = ond_tok_find(t, ond_str_of(shown[i]));
        if (id >= 0) t->nature[id] = OND__USER;
    }
    bool call = ends_by(t, "<|call|>") || ends_by(t, "<|calls|>");
    if (call && (ends_by(t, "<|return|>") || ends_by(t, "<|flush|>")))
        no_end(t, "<|end|>", OND__USER);
    if (ends_by(t, "<|tool_response>")) no_end(t, "</s>", OND__NORMAL);   /* gemma 4 */
}

int ond__roles_open(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    int32_t role[ALL_ROLES];
    memcpy(role, t->role, sizeof t->role);
    role[FIM_PAD] = role[FIM_REP] = role[FIM_SEP] = -1;
    int rc;
    OND_TRY(by_key(t, g, role, err));
    by_name(t, role);
    OND_TRY(find_ends(t, role, err));
    exceptions(t);
    memcpy(t->role, role, sizeof t->role);
    t->role[OND_TOK_CLS] = t->role[OND_TOK_BOS];
out:
    return rc;
}
