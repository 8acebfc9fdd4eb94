/* tok_peer.c - our tokenizers against llama.cpp's, alive: the same texts, the same tokens.
 *
 * For each GGUF: roles, flags, pieces; the vectors NAME.inp and NAME.out beside it; random texts,
 * encoded with and without special tokens and decoded again. A line of TAP each. Random texts are
 * kept short: the reference cuts words by std::regex, which recurses once a character.
 * Usage: tok_peer WORD..., each word counting from where it stands:
 *   MODEL.gguf      compares
 *   rounds=N seed=N bench=FILE
 *   pre=NAME|all    the models after it with that pre-tokenizer, or with each that we know
 *   flags           the models after it with the flags of their kind set otherwise
 *   small=N         N made-up vocabularies */
#include "tok/tok.h"

#include <ggml-backend.h>
#include <llama.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct pair {
    const char *path;
    struct llama_model *model;
    const struct llama_vocab *v;
    ond_gguf *g;
    ond_tok *t;
    int bad;               /* differences found */
    bool quiet;
} pair;

static uint64_t state = 1;

static uint32_t rnd(uint32_t n)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return n ? (uint32_t)((state >> 33) % n) : 0;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void quiet(enum ggml_log_level level, const char *text, void *self)
{
    (void)level, (void)text, (void)self;
}

static void say(pair *p, const char *what, ond_str text)
{
    if (p->bad++ >= 5) return;
    printf("# %s: %s:", p->path, what);
    for (size_t i = 0; i < text.n && i < 120; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c < 0x7F && c != '\\') putchar(c);
        else printf("\\x%02X", c);
    }
    putchar('\n');
}

/* ---- texts ---- */

static const char *const pieces[] = {
    "Hello", "world", " the", " quick", "don't", "I'LL", "we've", "'s", "'", "\"", "(", ")", "[x]",
    "{", "}", ";", "==", "!=",
    "->", "//", "/*", "...", "---", "?!", "#include <stdio.h>", "int main(void)", "return 0;",
    "for (i = 0; i < n; i++)",
    "def f(x):", "lambda", "std::vector<int>", "camelCase", "snake_case", "ALLCAPS", "MixedUPcase",
    "HTTPServer", "iPhone",
    "안녕하세요", "가나다", "조명을 켜 줘", "한국어", "ㄱㄴㄷ", "ㅋㅋㅋ", "각", "中文", "日本語", "漢字かな交じり", "カタカナ",
    "ｱｲｳ", "，", "。", "！", "「", "」", "Привет", "мир", "Ελληνικά", "العربية", "עברית", "हिन्दी",
    "ไทย", "ພາສາ", "မြန်မာ",
    "Ångström", "naïve", "café", "e\xCC\x81", "n\xCC\x83o", "a\xCC\x80\xCC\x81\xCC\x82", "ß", "ﬁ",
    "ǅ", "İ", "ı", "ſ", "Å",
    "😀", "👨‍👩‍👧‍👦", "🇰🇷", "👍🏽", "❤️", "🦙", "☃", "∑", "√2", "½", "²", "Ⅷ", "①", "٣", "१२३", "𝔘𝔫𝔦",
    "𐍈", "🂡",
    "1", "12", "123", "1234567", "3.14159", "1,000,000", "0x1F", "2026-11-23", "50%", "$9.99", "€5",
    "₩1000", "+82-10",
    " ", "  ", "   ", "        ", "\n", "\n\n", "\n\n\n", "\r\n", "\t", "\t\t", " \n", "\n ",
    " \t \n  ", "\v", "\f", "\x1c",
    "\xC2\xA0", "\xE2\x80\x83", "\xE3\x80\x80", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\x8B",
    "\xE2\x80\x8D", "\xEF\xBB\xBF",
    "\xE2\x96\x81", "\xE2\x96\x81\xE2\x96\x81", "\x01", "\x7F", "\xEF\xBF\xBD", "\xEE\x80\x80",
    "\xF0\xAE\xAF\xB0",
    "http://example.org/a?b=c&d=e#f", "user@example.com", "C:\\dir\\file.txt", "~/.config",
    "<a href='x'>", "&amp;", "```c\n",
    "<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>",
    "<|eot_id|>", "[MASK]", "[CLS]",
    "[SEP]", "<pad>", "<mask>", "<start_of_turn>", "<end_of_turn>", "<|user|>", "<|assistant|>",
    "<0x0A>", "<extra_id_0>",
    "<|fim_prefix|>", "IMGIMGABZ", "<sentinel:12>", "…", "—", "“q”", "‘q’", "、", "।", "۔", "،",
};
static const char *const broken[] = {
    "\x80", "\xBF\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE2(", "\xE2\x96", "\xF0\x9F\x98",
    "\xF0\x9F", "\xFF", "\xFE\xFE", "\xC0\x80",
    "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xE2 a",
    "\xF0 bcd", "\xC3 x",
};

/* A character of any plane up to U+10FFFF, no surrogate. */
static void any_character(ond_buf *b)
{
    static const uint32_t top[] = {0x80, 0x300, 0x3000, 0xD800, 0x10000, 0x20000, 0x110000};
    uint32_t c = rnd(top[rnd(7)]);
    if (c >= 0xD800 && c < 0xE000) c = 0xAC00;
    if (c < 0x80) ond_buf_putc(b, (char)c);
    else if (c < 0x800) ond_buf_printf(b, "%c%c", 0xC0 | c >> 6, 0x80 | (c & 63));
    else if (c < 0x10000)
        ond_buf_printf(b, "%c%c%c", 0xE0 | c >> 12, 0x80 | (c >> 6 & 63), 0x80 | (c & 63));
    else
        ond_buf_printf(b, "%c%c%c%c", 0xF0 | c >> 18, 0x80 | (c >> 12 & 63), 0x80 | (c >> 6 & 63),
                       0x80 | (c & 63));
}

static void random_text(const pair *p, ond_buf *b, bool bad_utf8)
{
    uint32_t n = 1 + rnd(rnd(4) ? 12 : 60), repeat = 1;
    ond_buf_clear(b);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t kind = rnd(20);
        if (kind < 12) {
            const char *piece = pieces[rnd(sizeof pieces / sizeof *pieces)];
            for (repeat = rnd(12) ? 1 : 1 + rnd(9); repeat; repeat--) ond_buf_puts(b, piece);
        } else if (kind < 15) {
            any_character(b);
        } else if (kind < 17) {
            ond_buf_putc(b, (char)(1 + rnd(127)));
        } else if (kind < 19) {   /* a token's own spelling */
            ond_str s = ond_tok_text(p->t, (int)rnd((uint32_t)ond_tok_count(p->t)));
            if (bad_utf8 || ond_str_is(s, "") || (unsigned char)s.p[0] < 0x80) ond_buf_str(b, s);
        } else if (bad_utf8) {
            ond_buf_puts(b, broken[rnd(sizeof broken / sizeof *broken)]);
        }
    }
}

/* ---- comparing ---- */

static int32_t their[1 << 20];

static void same_tokens(pair *p, ond_str text, bool special, bool parse, ond_ids *ids)
{
    ond_err err = {0};
    ids->n = 0;
    int rc = ond_tok_encode(p->t, text, (ond_tok_opts){special, parse}, ids, &err);
    int32_t n = llama_tokenize(p->v, text.p, (int32_t)text.n, their, 1 << 20, special, parse);
    if (rc || n < 0 || (size_t)n != ids->n || memcmp(their, ids->p, ids->n * 4) != 0) {
        say(p, special ? (parse ? "special+parse" : "special") : parse ? "parse" : "plain", text);
        if (p->bad > 5) return;
        printf("#   ours ");
        for (size_t i = 0; i < ids->n && i < 40; i++) printf(" %d", ids->p[i]);
        printf("\n#   their");
        for (int32_t i = 0; i < n && i < 40; i++) printf(" %d", their[i]);
        printf("%s\n", rc ? err.text : "");
    }
}

static void same_text(pair *p, const ond_ids *ids, bool special)
{
    static char buf[1 << 20];
    ond_buf ours = {0};
    ond_tok_decode(p->t, ids->p, ids->n, special, &ours);
    int32_t n = llama_detokenize(p->v, ids->p, (int32_t)ids->n, buf, sizeof buf, false, special);
    /* A normal token that spells no bytes: the reference prints how it failed, we print the
     * token. */
    bool junk = n > 0 && memmem(buf, (size_t)n, "[UNK_BYTE_0x", 12);
    if (!junk && (n < 0 || (size_t)n != ours.n || memcmp(buf, ond_buf_z(&ours), ours.n) != 0)) {
        say(p, "decoded, ours", (ond_str){ond_buf_z(&ours), ours.n});
        say(p, "decoded, their", (ond_str){buf, n < 0 ? 0 : (size_t)n});
    }
    ond_buf_free(&ours);
}

/* In one piece, or token by token, a text of whole characters is the same. */
static void same_stream(pair *p, const ond_ids *ids)
{
    ond_buf whole = {0}, pieces_of = {0};
    ond_tok_stream s = {.began = true};
    for (size_t i = 0; i < ids->n; i++) {
        ond_tok_piece(p->t, ids->p[i], true, &whole);
        ond_tok_stream_put(p->t, &s, ids->p[i], true, &pieces_of);
    }
    ond_tok_stream_end(&s, &pieces_of);
    if (!memmem(ond_buf_z(&pieces_of), pieces_of.n, "\xEF\xBF\xBD", 3) &&
        (whole.n != pieces_of.n || memcmp(ond_buf_z(&whole), ond_buf_z(&pieces_of), whole.n)))
        say(p, "stream", (ond_str){ond_buf_z(&pieces_of), pieces_of.n});
    ond_buf_free(&whole);
    ond_buf_free(&pieces_of);
}

static void same_number(pair *p, const char *what, int ours, int theirs)
{
    if (ours == theirs) return;
    char line[128];
    snprintf(line, sizeof line, "%s: ours %d, theirs %d", what, ours, theirs);
    say(p, line, OND_S(""));
}

static void same_facts(pair *p)
{
    same_number(p, "tokens", ond_tok_count(p->t), llama_vocab_n_tokens(p->v));
    same_number(p, "bos", ond_tok_role_id(p->t, OND_TOK_BOS), llama_vocab_bos(p->v));
    same_number(p, "eos", ond_tok_role_id(p->t, OND_TOK_EOS), llama_vocab_eos(p->v));
    same_number(p, "sep", ond_tok_role_id(p->t, OND_TOK_SEP), llama_vocab_sep(p->v));
    same_number(p, "pad", ond_tok_role_id(p->t, OND_TOK_PAD), llama_vocab_pad(p->v));
    same_number(p, "mask", ond_tok_role_id(p->t, OND_TOK_MASK), llama_vocab_mask(p->v));
    same_number(p, "nl", ond_tok_role_id(p->t, OND_TOK_NL), llama_vocab_nl(p->v));
    same_number(p, "fim_pre", ond_tok_role_id(p->t, OND_TOK_FIM_PRE), llama_vocab_fim_pre(p->v));
    same_number(p, "fim_suf", ond_tok_role_id(p->t, OND_TOK_FIM_SUF), llama_vocab_fim_suf(p->v));
    same_number(p, "fim_mid", ond_tok_role_id(p->t, OND_TOK_FIM_MID), llama_vocab_fim_mid(p->v));
    same_number(p, "add_bos", ond_tok_add_bos(p->t), llama_vocab_get_add_bos(p->v));
    same_number(p, "add_eos", ond_tok_add_eos(p->t), llama_vocab_get_add_eos(p->v));
    /* Where several names fit, the reference takes what its hash table gives first. */
    int eot = llama_vocab_eot(p->v);
    if (eot != ond_tok_role_id(p->t, OND_TOK_EOT))
        printf("# %s: eot: ours %d, theirs %d (both end an answer: %d)\n", p->path,
               ond_tok_role_id(p->t, OND_TOK_EOT), eot, ond_tok_ends(p->t, eot));
}

static void same_token_facts(pair *p)
{
    ond_buf piece = {0};
    char buf[4096];
    for (int id = 0; id < ond_tok_count(p->t); id++) {
        ond_str text = ond_tok_text(p->t, id);
        const char *theirs = llama_vocab_get_text(p->v, id);
        if (strlen(theirs) != text.n || memcmp(theirs, text.p, text.n)) say(p, "text", text);
        if (ond_tok_score(p->t, id) != llama_vocab_get_score(p->v, id)) say(p, "score", text);
        if (ond_tok_ends(p->t, id) != llama_vocab_is_eog(p->v, id)) say(p, "end", text);
        if ((ond_tok_kind(p->t, id) == OND_TOK_CONTROL) != llama_vocab_is_control(p->v, id))
            say(p, "control", text);
        if (ond_tok_find(p->t, text) != id) say(p, "find", text);
        for (int special = 0; special < 2; special++) {
            ond_buf_clear(&piece);
            ond_tok_piece(p->t, id, special, &piece);
            int n = llama_token_to_piece(p->v, id, buf, sizeof buf, 0, special);
            bool junk = n > 0 && memmem(buf, (size_t)n, "[UNK_BYTE_0x", 12);   /* not followed */
            if (!junk && ((size_t)n != piece.n || memcmp(buf, ond_buf_z(&piece), piece.n)))
                say(p, "piece", text);
        }
    }
    ond_buf_free(&piece);
}

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    size_t cap = 1 << 26;
    char *p = malloc(cap);
    *n = p ? fread(p, 1, cap - 1, f) : 0;
    if (p) p[*n] = 0;
    fclose(f);
    return p;
}

/* Texts in NAME.inp parted by a line, ids of each on a line of NAME.out. Returns the count; 0:
 * there are none. */
static int vectors(pair *p)
{
    static const char mark[] = "\n__ggml_vocab_test__\n";
    char path[4096];
    size_t n_inp, n_out;
    snprintf(path, sizeof path, "%s.inp", p->path);
    char *inp = read_file(path, &n_inp);
    snprintf(path, sizeof path, "%s.out", p->path);
    char *out = read_file(path, &n_out), *text = inp, *line = out;
    int count = 0;
    ond_ids ids = {0};
    ond_err err;
    while (inp && out && text && *line) {
        char *end = strstr(text, mark);
        if (!end) break;
        ond_str one = {text, (size_t)(end - text)};
        ids.n = 0;
        bool same = ond_tok_encode(p->t, one, (ond_tok_opts){false, false}, &ids, &err) == 0;
        for (size_t i = 0; same && i < ids.n; i++) same = strtol(line, &line, 10) == ids.p[i];
        line += strspn(line, " ");
        if (!same || *line != '\n') say(p, "vector", one);
        line = strchr(line, '\n');
        line = line ? line + 1 : out + n_out;
        text = end + sizeof mark - 1;
        count++;
    }
    ond_ids_free(&ids);
    free(inp);
    free(out);
    return count;
}

static void bench(pair *p, const char *path)
{
    size_t n;
    char *text = read_file(path, &n);
    if (!text) return;
    ond_ids ids = {0};
    ond_err err;
    double ours = 1e9, theirs = 1e9;
    int32_t *room = malloc((n + 16) * sizeof *room);
    int32_t n_theirs = 0;
    for (int i = 0; i < 3 && room; i++) {
        double a = now_ms();
        ids.n = 0;
        if (ond_tok_encode(p->t, (ond_str){text, n}, (ond_tok_opts){true, true}, &ids, &err)) break;
        double b = now_ms();
        n_theirs = llama_tokenize(p->v, text, (int32_t)n, room, (int32_t)n + 16, true, true);
        double c = now_ms();
        if (b - a < ours) ours = b - a;
        if (c - b < theirs) theirs = c - b;
    }
    bool same = room && (size_t)n_theirs == ids.n && memcmp(room, ids.p, ids.n * 4) == 0;
    printf("# bench %s: %zu bytes, %zu tokens%s; ours %.1f ms (%.1f M tokens/s), theirs %.1f ms: %.1fx\n",
           p->path, n, ids.n, same ? "" : " DIFFERENT", ours, (double)ids.n / ours / 1e3, theirs,
           theirs / ours);
    free(room);
    free(text);
    ond_ids_free(&ids);
}

/* ---- one vocabulary ---- */

static int open_pair(pair *p)   /* p->quiet: says nothing when all is well */
{
    ond_err err = {0};
    struct llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    int rc = ond_gguf_open(p->path, &p->g, &err);
    double a = now_ms();
    if (!rc) rc = ond_tok_open(p->g, &p->t, &err);
    double b = now_ms();
    if (rc) return printf("# %s\n", err.text), rc;
    p->model = llama_model_load_from_file(p->path, params);
    double c = now_ms();
    if (!p->model) return printf("# %s: the reference does not open it\n", p->path), 1;
    p->v = llama_model_get_vocab(p->model);
    if (!p->quiet)
        printf("# %s: %s %s, %d tokens, opened in %.1f ms, theirs in %.1f ms\n", p->path,
           ond_tok_model(p->t), ond_tok_pre(p->t), ond_tok_count(p->t), b - a, c - b);
    return 0;
}

static void compare(pair *p, int rounds)
{
    ond_buf text = {0};
    ond_ids ids = {0};
    same_facts(p);
    same_token_facts(p);
    for (int i = 0; i < rounds; i++) {
        random_text(p, &text, i % 3 == 0);
        ond_str s = {ond_buf_z(&text), text.n};
        for (int how = 0; how < 4; how++) {
            same_tokens(p, s, how & 1, how & 2, &ids);
            same_text(p, &ids, how & 1);
        }
        same_stream(p, &ids);
        for (size_t k = 0; k < ids.n; k++) ids.p[k] = (int32_t)rnd((uint32_t)ond_tok_count(p->t));
        same_text(p, &ids, i & 1);
    }
    ond_buf_free(&text);
    ond_ids_free(&ids);
}

/* ---- every pre-tokenizer, over one vocabulary ---- */

/* The same vocabulary with another tokenizer.ggml.pre. */
static int with_pre(const char *from, const char *to, const char *pre)
{
    ond_gguf *g = NULL;
    ond_gguf_out *o = NULL;
    ond_err err = {0};
    int rc = ond_gguf_open(from, &g, &err);
    if (!rc) rc = ond_gguf_create(to, &o, &err);
    for (size_t i = 0; !rc && i < ond_gguf_n_values(g); i++) ond_gguf_put_value(o,
        ond_gguf_value_at(g, i));
    if (!rc) ond_gguf_put_str(o, "tokenizer.ggml.pre", ond_str_of(pre));
    if (!rc) rc = ond_gguf_commit(o, &err);
    if (rc) printf("# %s\n", err.text);
    ond_gguf_close(g);
    return rc;
}

static bool one(const char *path, const char *name, int rounds, const char *bench_file, int number)
{
    pair p = {.path = path};
    bool open = open_pair(&p) == 0;
    int n_vectors = 0;
    if (open) {
        n_vectors = vectors(&p);
        compare(&p, rounds);
        if (bench_file) bench(&p, bench_file);
    }
    bool ok = open && !p.bad;
    printf("%sok %d - %s: %d vectors, %d random texts\n", ok ? "" : "not ", number, name, n_vectors,
        rounds);
    fflush(stdout);
    ond_tok_close(p.t);
    ond_gguf_close(p.g);
    if (p.model) llama_model_free(p.model);
    return ok;
}

/* The same vocabulary with other flags, for the models whose flags change what text becomes. */
static const struct variant { const char *model,
    *a; bool va; const char *b; bool vb; } variants[] = {
    {"t5", "add_space_prefix", true, "remove_extra_whitespaces", true},
    {"t5", "add_space_prefix", true, "remove_extra_whitespaces", false},
    {"t5", "add_space_prefix", false, "remove_extra_whitespaces", true},
    {"llama", "add_space_prefix", false, "add_eos_token", true},
    {"llama", "add_space_prefix", true, "add_bos_token", false},
    {"bert", "normalizer.lowercase", false, "normalizer.strip_accents", true},
    {"bert", "normalizer.lowercase", true, "normalizer.strip_accents", false},
    {"bert", "normalizer.lowercase", false, "normalizer.strip_accents", false},
    {"gpt2", "add_bos_token", true, "add_eos_token", true},
    {"gpt2", "add_space_prefix", true, "add_eos_token", false},
};

static int with_flags(const char *from, const char *to, const struct variant *k, bool *fits)
{
    ond_gguf *g = NULL;
    ond_gguf_out *o = NULL;
    ond_err err = {0};
    char key[80];
    *fits = false;
    int rc = ond_gguf_open(from, &g, &err);
    if (!rc && !ond_str_is(ond_gguf_str(g, "tokenizer.ggml.model", ""), k->model)) goto out;
    *fits = true;
    if (!rc) rc = ond_gguf_create(to, &o, &err);
    for (size_t i = 0; !rc && i < ond_gguf_n_values(g); i++) ond_gguf_put_value(o,
        ond_gguf_value_at(g, i));
    snprintf(key, sizeof key, "tokenizer.ggml.%s", k->a);
    if (!rc) ond_gguf_put_bool(o, key, k->va);
    snprintf(key, sizeof key, "tokenizer.ggml.%s", k->b);
    if (!rc) ond_gguf_put_bool(o, key, k->vb);
    if (!rc) rc = ond_gguf_commit(o, &err);
out:
    if (rc) printf("# %s\n", err.text);
    ond_gguf_close(g);
    return rc;
}

static int every_variant(const char *path, int rounds, int *count)
{
    char dir[] = "/tmp/ondol-tok-XXXXXX", file[64], name[256];
    int bad = 0;
    if (!mkdtemp(dir)) return 1;
    snprintf(file, sizeof file, "%s/v.gguf", dir);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const struct variant *k = &variants[i];
        bool fits;
        int rc = with_flags(path, file, k, &fits);
        if (!fits) continue;
        snprintf(name, sizeof name, "%s with %s %d %s %d", strrchr(path, '/') ? strrchr(path,
            '/') + 1 : path,
                 k->a, k->va, k->b, k->vb);
        bad += rc || !one(file, name, rounds, NULL, ++*count);
    }
    remove(file);
    remove(dir);
    return bad;
}

/* only: NULL for all rows. */
static int every_pre(const char *path, const char *only, int rounds, int *count)
{
    char dir[] = "/tmp/ondol-tok-XXXXXX", file[64];
    int bad = 0;
    if (!mkdtemp(dir)) return 1;
    snprintf(file, sizeof file, "%s/v.gguf", dir);
    static const char *const names[] = {
#define RULE(id, mode, next, pattern)
#define PRE(name, flags, ...) name,
#include "tok/pre.def"
#undef RULE
#undef PRE
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (only && strcmp(only, names[i]) != 0) continue;
        bool ok = with_pre(path, file, names[i]) == 0 && one(file, names[i], rounds, NULL,
            ++*count);
        bad += !ok;
    }
    remove(file);
    remove(dir);
    return bad;
}

/* ---- small vocabularies at random ---- */

static ond_str letters(char *buf, uint32_t most)
{
    static const char *const all[] = {"a", "b", "c", "1", "'", "s", "\xE2\x96\x81", "\xC4\xA0", "é",
        "가", "<", ">", "\xEF\xBF\xBD"};
    size_t n = 0;
    for (uint32_t k = 1 + rnd(most); k; k--) {
        const char *one_letter = all[rnd(rnd(3) ? 8 : sizeof all / sizeof *all)];
        memcpy(buf + n, one_letter, strlen(one_letter));
        n += strlen(one_letter);
    }
    return (ond_str){buf, n};
}

/* All bytes, and 150 tokens of a few letters with few different scores, so that there are many
 * ties. At most 12 of them are special: the reference orders more than 16 by an unstable sort,
 * and then equally long ones in any order. */
static int small_file(const char *path, uint32_t model)
{
    static const char *const models[] = {"gpt2", "llama", "t5", "bert", "gemma4"};
    enum { MOST = 420 };
    static char room[MOST][64];
    ond_str tokens[MOST], merges[MOST];
    static char merge_room[MOST][128];
    float scores[MOST];
    int32_t types[MOST];
    size_t n = 0, n_merges = 0, n_special = 0;
    ond_gguf_out *o = NULL;
    ond_err err = {0};
    for (int b = 0; b < 256; b++, n++) {
        uint32_t c = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b != 0xAD) ? (uint32_t)b
                     : b <= 0x20 ? 256u + (uint32_t)b : b == 0xAD ? 323u : 289u + (uint32_t)b - 0x7F;
        if (model == 0 || model == 3)
            snprintf(room[n], 64, c < 128 ? "%c" : "%c%c", (int)(c < 128 ? c : 0xC0 | c >> 6),
                (int)(0x80 | (c & 63)));
        else
            snprintf(room[n], 64, "<0x%02X>", b);
        tokens[n] = ond_str_of(room[n]);
        types[n] = model == 0 || model == 3 ? 1 : 6;
        scores[n] = 0;
    }
    while (n < MOST) {
        tokens[n] = letters(room[n], 4);
        for (size_t i = 0; i < n; i++)
            if (ond_str_eq(tokens[i], tokens[n])) goto again;
        types[n] = n_special >= 12 || rnd(12) ? 1 : rnd(2) ? 4 : 3;
        n_special += types[n] != 1;
        scores[n] = -(float)rnd(8) / 2;
        n++;
    again:
        if (n >= 256 && n_merges < MOST && rnd(2)) {
            char l[64], r[64];
            ond_str left = letters(l, 2), right = letters(r, 2);
            int len = snprintf(merge_room[n_merges], 128, "%.*s %.*s", (int)left.n, left.p,
                (int)right.n, right.p);
            merges[n_merges] = (ond_str){merge_room[n_merges], (size_t)len};
            n_merges++;
        }
    }
    int rc = ond_gguf_create(path, &o, &err);
    if (rc) return printf("# %s\n", err.text), rc;
    ond_gguf_put_str(o, "general.architecture", OND_S("llama"));
    ond_gguf_put_str(o, "tokenizer.ggml.model", ond_str_of(models[model]));
    ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("gpt-2"));
    ond_gguf_put_strs(o, "tokenizer.ggml.tokens", tokens, n);
    ond_gguf_put_strs(o, "tokenizer.ggml.merges", merges, n_merges);
    ond_gguf_put_f32s(o, "tokenizer.ggml.scores", scores, n);
    ond_gguf_put_i32s(o, "tokenizer.ggml.token_type", types, n);
    ond_gguf_put_bool(o, "tokenizer.ggml.add_space_prefix", rnd(2));
    ond_gguf_put_bool(o, "tokenizer.ggml.remove_extra_whitespaces", rnd(2));
    ond_gguf_put_u32(o, "tokenizer.ggml.bos_token_id", rnd(300));
    ond_gguf_put_u32(o, "tokenizer.ggml.eos_token_id", rnd(300));
    ond_gguf_put_u32(o, "tokenizer.ggml.unknown_token_id", rnd(300));
    rc = ond_gguf_commit(o, &err);
    if (rc) printf("# %s\n", err.text);
    return rc;
}

static int small_files(int files, int *count)
{
    char dir[] = "/tmp/ondol-tok-XXXXXX", file[64];
    int bad = 0;
    if (!mkdtemp(dir)) return 1;
    snprintf(file, sizeof file, "%s/v.gguf", dir);
    for (int i = 0; i < files && bad < 5; i++) {
        pair p = {.path = file, .quiet = true};
        bool ok = small_file(file, (uint32_t)i % 5) == 0 && open_pair(&p) == 0;
        if (ok) compare(&p, 60);
        ok = ok && !p.bad;
        if (!ok) printf("not ok %d - made-up vocabulary %d\n", ++*count, i);
        bad += !ok;
        ond_tok_close(p.t);
        ond_gguf_close(p.g);
        if (p.model) llama_model_free(p.model);
    }
    if (!bad) printf("ok %d - %d made-up vocabularies\n", ++*count, files);
    remove(file);
    remove(dir);
    return bad;
}

int main(int argc, char **argv)
{
    int rounds = 300, bad = 0, count = 0;
    const char *bench_file = NULL, *pre = NULL;
    bool flags = false;
    int files;
    llama_log_set(quiet, NULL);
    llama_backend_init();
    for (int i = 1; i < argc; i++) {
        if (sscanf(argv[i], "rounds=%d", &rounds) == 1) continue;
        if (strncmp(argv[i], "seed=", 5) == 0) { state = strtoull(argv[i] + 5, NULL,
            10); continue; }
        if (strncmp(argv[i], "bench=", 6) == 0) { bench_file = argv[i] + 6; continue; }
        if (strncmp(argv[i], "pre=", 4) == 0) { pre = argv[i] + 4; continue; }
        if (strcmp(argv[i], "flags") == 0) { flags = true; continue; }
        if (sscanf(argv[i], "small=%d", &files) == 1) {
            bad += small_files(files, &count);
            continue;
        }
        if (flags) bad += every_variant(argv[i], rounds, &count);
        else if (pre) bad += every_pre(argv[i], strcmp(pre, "all") ? pre : NULL, rounds, &count);
        else bad += !one(argv[i], argv[i], rounds, bench_file, ++count);
    }
    printf("1..%d\n", count);
    return bad != 0;
}
