/* tok.c - opening a tokenizer from a GGUF, and asking about its tokens. */
#include "tok/tok.h"

#include "tok/words.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct kind {
    const char *model;     /* tokenizer.ggml.model */
    ond__algo algo;
    int bos, eos, unk, sep, pad, mask;   /* defaults of the reference */
    bool add_bos, add_eos, add_space, clean_spaces, escape_spaces;
    const char *pre;       /* instead of what the file says */
} kind;

static const kind kinds[] = {
    {"gpt2", OND__BPE, 11, 11, -1, -1, -1, -1, false, false, false, true, false, NULL},
    {"gemma4", OND__BPE, -1, -1, -1, -1, -1, -1, false, false, false, true, false, "gemma4"},
    {"llama", OND__SPM, 1, 2, 0, -1, -1, -1, true, false, true, false, true, NULL},
    {"t5", OND__UNIGRAM, -1, 1, 2, -1, 0, -1, false, true, false, false, true, NULL},
    {"bert", OND__WORDPIECE, 101, -1, 100, 102, 0, 103, true, false, false, true, true, NULL},
};

static const kind *find_kind(ond_str model)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ond_str_is(model, kinds[i].model)) return &kinds[i];
    return NULL;
}

/* A name for an error: printable, not long. */
static const char *shown(ond_str s, char out[64])
{
    size_t n = s.n < 60 ? s.n : 60;
    for (size_t i = 0; i < n; i++) out[i] = s.p[i] > ' ' && s.p[i] < 127 ? s.p[i] : '?';
    out[n] = 0;
    return out;
}

static void defaults(ond_tok *t, const kind *k)
{
    t->algo = k->algo;
    snprintf(t->model, sizeof t->model, "%s", k->model);
    for (int i = 0; i < OND_TOK_ROLES; i++) t->role[i] = -1;
    t->role[OND_TOK_BOS] = k->bos;
    t->role[OND_TOK_EOS] = k->eos;
    t->role[OND_TOK_UNK] = k->unk;
    t->role[OND_TOK_SEP] = k->sep;
    t->role[OND_TOK_PAD] = k->pad;
    t->role[OND_TOK_MASK] = k->mask;
    t->add_bos = k->add_bos;
    t->add_eos = k->add_eos;
    t->add_space = k->add_space;
    t->clean_spaces = k->clean_spaces;
    t->escape_spaces = k->escape_spaces;
}

/* A file without tokenizer.ggml.pre is read as "default", as the reference does. */
static int open_pre(ond_tok *t, const ond_gguf *g, const kind *k, ond_err *err)
{
    char name[64];
    ond_str pre = ond_gguf_str(g, "tokenizer.ggml.pre", "");
    if (k->pre) pre = ond_str_of(k->pre);
    if (!pre.n) pre = OND_S("default");
    t->pre = ond__pre_find(pre);
    if (!t->pre)
        return ond_fail(err, OND_E_INPUT, "%s: tokenizer.ggml.pre '%s' is not known here",
                        ond_gguf_path(g), shown(pre, name));
    snprintf(t->pre_name, sizeof t->pre_name, "%s", t->pre->name);
    unsigned flags = t->pre->flags;
    t->ignore_merges = flags & OND__IGNORE_MERGES;
    t->whole_lines = flags & OND__LINES;
    t->raw_bytes = flags & OND__RAW;
    t->escape_spaces = flags & OND__ESCAPE;
    if (flags & OND__ADD_BOS) t->add_bos = true;
    if (flags & OND__KEEP_SPACES) t->clean_spaces = false;
    if (flags & OND__NO_BOS) t->role[OND_TOK_BOS] = -1;
    return ond__pre_ready(t->pre, err);
}

static void open_flags(ond_tok *t, const ond_gguf *g)
{
    t->add_space = ond_gguf_bool(g, "tokenizer.ggml.add_space_prefix", t->add_space);
    t->extra_spaces_go = ond_gguf_bool(g, "tokenizer.ggml.remove_extra_whitespaces", false);
    t->add_bos = ond_gguf_bool(g, "tokenizer.ggml.add_bos_token", t->add_bos);
    t->add_eos = ond_gguf_bool(g, "tokenizer.ggml.add_eos_token", t->add_eos);
    if (t->whole_lines) t->add_bos = true;   /* gemma 4, whatever its file says */
    t->lowercase = ond_gguf_bool(g, "tokenizer.ggml.normalizer.lowercase", true);
    t->strip_accents =
        ond_gguf_bool(g, "tokenizer.ggml.normalizer.strip_accents", t->lowercase);
}

/* The token of a line feed, as the reference finds it: before the file's keys for roles are
 * read. */
static int line_feed(ond_tok *t, ond_err *err)
{
    ond_ids ids = {0};
    int32_t *role = &t->role[OND_TOK_NL];
    *role = t->algo == OND__SPM ? t->byte_id['\n'] : -1;
    if (t->algo == OND__BPE || t->algo == OND__UNIGRAM) {
        int rc = ond_tok_encode(t, OND_S("\n"), (ond_tok_opts){false, false}, &ids, err);
        if (rc) return ond_ids_free(&ids), rc;
        if (ids.n) *role = ids.p[0];
    }
    if (*role < 0) *role = t->role[OND_TOK_PAD];
    ond_ids_free(&ids);
    return OND_OK;
}

static int fill(ond_tok *t, const ond_gguf *g, const kind *k, ond_err *err)
{
    int rc;
    defaults(t, k);
    if (t->algo == OND__BPE) OND_TRY(open_pre(t, g, k, err));
    open_flags(t, g);
    OND_TRY(ond__vocab_open(t, g, err));
    if (t->algo == OND__BPE)
        OND_TRY(ond__merges_open(t, g, !ond_str_is(ond_str_of(t->pre_name), "kimi-k2"), err));
    if (t->algo == OND__UNIGRAM) OND_TRY(ond__unigram_open(t, g, err));
    OND_TRY(line_feed(t, err));
    OND_TRY(ond__roles_open(t, g, err));
    OND_TRY(ond__special_open(t, g, err));
out:
    return rc;
}

int ond_tok_open(const ond_gguf *g, ond_tok **out, ond_err *err)
{
    char name[64];
    *out = NULL;
    ond_str model = ond_gguf_str(g, "tokenizer.ggml.model", "");
    const kind *k = find_kind(model);
    if (!model.n)
        return ond_fail(err, OND_E_INPUT, "%s: tokenizer.ggml.model is missing: no tokenizer",
                        ond_gguf_path(g));
    if (!k)
        return ond_fail(err, OND_E_INPUT, "%s: tokenizer.ggml.model '%s' is not known here",
                        ond_gguf_path(g), shown(model, name));
    ond_tok *t = calloc(1, sizeof *t);
    if (!t) return ond_nomem(err, "opening the tokenizer");
    int rc = fill(t, g, k, err);
    if (rc) ond_tok_close(t);
    else *out = t;
    return rc;
}

void ond_tok_close(ond_tok *t)
{
    if (!t) return;
    ond__vocab_close(t);
    ond__sorted_free(&t->special);
    ond__sorted_free(&t->user);
    free(t->ends);
    free(t);
}

int ond_tok_count(const ond_tok *t) { return (int)t->text.n; }
const char *ond_tok_model(const ond_tok *t) { return t->model; }
const char *ond_tok_pre(const ond_tok *t) { return t->pre_name; }
bool ond_tok_add_bos(const ond_tok *t) { return t->add_bos; }
bool ond_tok_add_eos(const ond_tok *t) { return t->add_eos; }

static bool has(const ond_tok *t, int id) { return id >= 0 && (uint32_t)id < t->text.n; }

ond_str ond_tok_text(const ond_tok *t, int id)
{
    if (!has(t, id)) return OND_S("");
    ond_str s = ond__string(&t->text, (uint32_t)id);
    return s.n ? s : ond__empty_name(t, id);
}

ond_tok_attr ond_tok_kind(const ond_tok *t, int id)
{
    uint8_t n = has(t, id) ? t->nature[id] : 0;
    if (n & OND__CONTROL) return OND_TOK_CONTROL;
    if (n & OND__UNKNOWN) return OND_TOK_UNKNOWN;
    if (n & OND__USER) return OND_TOK_USER;
    if (n & OND__BYTE) return OND_TOK_BYTE;
    return n & OND__NORMAL ? OND_TOK_NORMAL : OND_TOK_UNUSED;
}

float ond_tok_score(const ond_tok *t, int id)
{
    if (!t->scores || !has(t, id)) return 0;
    const unsigned char *p = t->scores->p + (size_t)id * 4;
    if (t->scores->item == OND_GGUF_I32) {
        int32_t whole;
        memcpy(&whole, p, 4);
        return (float)whole;
    }
    float f;
    memcpy(&f, p, 4);
    return f;
}

int ond_tok_find(const ond_tok *t, ond_str text) { return ond__find(t, text.p, text.n); }

int ond_tok_role_id(const ond_tok *t, ond_tok_role role)
{
    return (unsigned)role < OND_TOK_ROLES ? t->role[role] : -1;
}

bool ond_tok_ends(const ond_tok *t, int id)
{
    for (int i = 0; i < t->n_ends; i++)
        if (t->ends[i] == id) return true;
    return false;
}
