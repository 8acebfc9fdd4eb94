/* words.c - vocabularies as GGUF spells them: tokens, kinds, scores, merges, special tokens, a chat template. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>

enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER = 4, UNUSED = 5, BYTE = 6 };

typedef struct list {
    ond_arena a;
    ond_str *text;
    int32_t *kind;
    float *score;
    ond_str *merge;
    int n, cap, n_merge;
    bool bad;
} list;

static bool list_open(list *l, int cap)
{
    *l = (list){.cap = cap};
    l->text = calloc((size_t)cap, sizeof *l->text);
    l->kind = calloc((size_t)cap, sizeof *l->kind);
    l->score = calloc((size_t)cap, sizeof *l->score);
    l->merge = calloc((size_t)cap, sizeof *l->merge);
    return l->text && l->kind && l->score && l->merge;
}

static void list_free(list *l)
{
    free(l->text);
    free(l->kind);
    free(l->score);
    free(l->merge);
    ond_arena_free(&l->a);
}

static void add(list *l, const char *text, int kind, float score)
{
    char *copy = l->n < l->cap ? ond_arena_dup(&l->a, ond_str_of(text)) : NULL;
    if (!copy) {
        l->bad = true;
        return;
    }
    l->text[l->n] = ond_str_of(copy);
    l->kind[l->n] = kind;
    l->score[l->n++] = score;
}

static void add_all(list *l, const char *const *text, int kind)
{
    for (; *text; text++) add(l, *text, kind, 0);
}

static void id(ond_gguf_out *o, const char *what, int v)
{
    char key[96];
    snprintf(key, sizeof key, "tokenizer.ggml.%s_token_id", what);
    ond_gguf_put_u32(o, key, (uint32_t)v);
}

/* ---- byte-level BPE ---- */

static void add_merges(list *l, const pieces *p)
{
    for (int i = 0; i < p->n; i++) {
        char text[1100];
        const piece *w = &p->p[i];
        add(l, w->text.p, NORMAL, 0);
        if (w->left < 0) continue;
        snprintf(text, sizeof text, "%s %s", p->p[w->left].text.p, p->p[w->right].text.p);
        char *copy = ond_arena_dup(&l->a, ond_str_of(text));
        if (!copy) l->bad = true;
        else l->merge[l->n_merge++] = ond_str_of(copy);
    }
}

static const char *const smollm[] = {
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<reponame>", "<file_sep>", "<filename>",
    "<gh_stars>", "<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>",
    "<jupyter_code>", "<jupyter_output>", "<jupyter_script>", "<empty_output>", NULL};
static const char *const qwen[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>", NULL};
static const char *const qwen_user[] = {"<tool_call>", "</tool_call>", "<think>", "</think>", NULL};
static const char *const llama3[] = {
    "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
    "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", NULL};

static const char chatml[] =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
    "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
static const char llama3_chat[] =
    "{{- bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' "
    "+ message['content'] | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ "
    "'<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";
static const char phi3_chat[] =
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}";
static const char gemma_chat[] =
    "{{ bos_token }}{% for message in messages %}{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else "
    "message['role']) + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt "
    "%}{{ '<start_of_turn>model\\n' }}{% endif %}";

static int count(const char *const *v)
{
    int n = 0;
    while (v[n]) n++;
    return n;
}

static void add_rest(list *l, const char *form, int first, int kind, int n_vocab)
{
    char text[64];
    for (int i = first; l->n < n_vocab && !l->bad; i++) {
        snprintf(text, sizeof text, form, i);
        add(l, text, kind, 0);
    }
}

/* Ordinary tokens when the whole vocabulary has n_vocab and `special` others; a few hundred when it is small. */
static int ordinary(int n_vocab, int special) { return n_vocab ? n_vocab - special : 256 + 255; }

static void bpe(list *l, ond_gguf_out *o, words_kind kind, int n_vocab, const pieces *p)
{
    ond_gguf_put_str(o, "tokenizer.ggml.model", OND_S("gpt2"));
    if (kind == WORDS_SMOLLM) add_all(l, smollm, CONTROL);
    int base = l->n;
    add_merges(l, p);
    int after = l->n;
    if (kind == WORDS_QWEN) {
        add_all(l, qwen, CONTROL);
        add_all(l, qwen_user, USER);
        add_rest(l, "[PAD%d]", 0, UNUSED, n_vocab);
        ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("qwen2"));
        ond_gguf_put_bool(o, "tokenizer.ggml.add_bos_token", false);
        id(o, "bos", after), id(o, "eos", after + 2), id(o, "padding", after);
    } else if (kind == WORDS_LLAMA3) {
        add_all(l, llama3, CONTROL);
        add_rest(l, "<|reserved_special_token_%d|>", 3, CONTROL, n_vocab);
        ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("llama-bpe"));
        id(o, "bos", after), id(o, "eos", after + 9);
    } else if (kind == WORDS_GPT2) {
        add(l, "<|endoftext|>", CONTROL, 0);
        ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("gpt-2"));
        id(o, "bos", after), id(o, "eos", after);
    } else {
        ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("smollm"));
        ond_gguf_put_bool(o, "tokenizer.ggml.add_bos_token", false);
        id(o, "bos", base - 16), id(o, "eos", base - 15), id(o, "padding", base - 15), id(o, "unknown", 0);
    }
    if (kind != WORDS_GPT2)
        ond_gguf_put_str(o, "tokenizer.chat_template", kind == WORDS_LLAMA3 ? OND_S(llama3_chat) : OND_S(chatml));
    ond_gguf_put_strs(o, "tokenizer.ggml.merges", l->merge, (size_t)l->n_merge);
}

/* ---- SentencePiece ---- */

static void add_bytes(list *l)
{
    char text[16];
    for (int b = 0; b < 256; b++) {
        snprintf(text, sizeof text, "<0x%02X>", b);
        add(l, text, BYTE, 0);
    }
}

/* Learnt pieces first, the best first; then single characters, which score least. */
static void add_scored(list *l, const pieces *p, float first, float step)
{
    for (int i = p->n_base; i < p->n; i++)
        add(l, p->p[i].text.p, NORMAL, first - step * (float)(i - p->n_base));
    float low = first - step * (float)(p->n - p->n_base);
    for (int i = 0; i < p->n_base; i++) add(l, p->p[i].text.p, NORMAL, low - step * (float)(i + 1));
}

static void spm(list *l, ond_gguf_out *o, words_kind kind, const pieces *p)
{
    static const char *const gemma[] = {"<pad>", "<eos>", "<bos>", NULL};
    ond_gguf_put_str(o, "tokenizer.ggml.model", OND_S("llama"));
    ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("default"));
    if (kind == WORDS_GEMMA) {
        add_all(l, gemma, CONTROL);
        add(l, "<unk>", UNKNOWN, 0);
        id(o, "bos", 2), id(o, "eos", 1), id(o, "unknown", 3), id(o, "padding", 0);
        ond_gguf_put_bool(o, "tokenizer.ggml.add_space_prefix", false);
    } else {
        add(l, "<unk>", UNKNOWN, 0);
        add(l, "<s>", CONTROL, 0);
        add(l, "</s>", CONTROL, 0);
        id(o, "bos", 1), id(o, "unknown", 0);
    }
    ond_gguf_put_bool(o, "tokenizer.ggml.add_bos_token", true);
    ond_gguf_put_bool(o, "tokenizer.ggml.add_eos_token", false);
    add_bytes(l);
    add_scored(l, p, 0, 1);
    if (kind == WORDS_PHI3) {
        static const char *const phi3[] = {"<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>", NULL};
        id(o, "eos", l->n), id(o, "padding", l->n);
        add_all(l, phi3, CONTROL);
        ond_gguf_put_str(o, "tokenizer.chat_template", OND_S(phi3_chat));
    } else if (kind == WORDS_GEMMA) {
        add(l, "<start_of_turn>", CONTROL, 0);
        add(l, "<end_of_turn>", CONTROL, 0);
        ond_gguf_put_str(o, "tokenizer.chat_template", OND_S(gemma_chat));
    } else
        id(o, "eos", 2);
    ond_gguf_put_f32s(o, "tokenizer.ggml.scores", l->score, (size_t)l->n);
}

static void unigram(list *l, ond_gguf_out *o, const pieces *p)
{
    ond_gguf_put_str(o, "tokenizer.ggml.model", OND_S("t5"));
    ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("default"));
    add(l, "<s>", CONTROL, 0);
    add(l, "<pad>", CONTROL, 0);
    add(l, "</s>", CONTROL, 0);
    add(l, "<unk>", UNKNOWN, 0);
    /* Logarithms of made-up probabilities, falling like Zipf's. */
    add_scored(l, p, -3.5f, 0.0078125f);
    id(o, "bos", 0), id(o, "eos", 2), id(o, "unknown", 3), id(o, "seperator", 2), id(o, "padding", 1), id(o, "mask", l->n);
    add(l, "<mask>", CONTROL, 0);
    ond_gguf_put_bool(o, "tokenizer.ggml.add_space_prefix", true);
    ond_gguf_put_bool(o, "tokenizer.ggml.remove_extra_whitespaces", true);
    ond_gguf_put_bool(o, "tokenizer.ggml.add_bos_token", true);
    ond_gguf_put_bool(o, "tokenizer.ggml.add_eos_token", true);
    ond_gguf_put_f32s(o, "tokenizer.ggml.scores", l->score, (size_t)l->n);
}

/* ---- WordPiece ---- */

static void wordpiece(list *l, ond_gguf_out *o, const pieces *p)
{
    static const char *const special[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", NULL};
    ond_gguf_put_str(o, "tokenizer.ggml.model", OND_S("bert"));
    ond_gguf_put_str(o, "tokenizer.ggml.pre", OND_S("jina-v2-en"));
    add_all(l, special, CONTROL);
    for (int i = 0; i < p->n; i++) add(l, p->p[i].text.p, NORMAL, 0);
    id(o, "padding", 0), id(o, "unknown", 1), id(o, "bos", 2), id(o, "cls", 2), id(o, "seperator", 3), id(o, "mask", 4);
}

int put_words(ond_gguf_out *o, words_kind kind, int n_vocab, uint64_t seed, int *n_out, ond_err *err)
{
    static const split_kind split[] = {
        [WORDS_SPM] = SPLIT_CHARS, [WORDS_GEMMA] = SPLIT_CHARS, [WORDS_PHI3] = SPLIT_CHARS,
        [WORDS_UNIGRAM] = SPLIT_CHARS, [WORDS_BERT] = SPLIT_WORDPIECE};
    int special = kind == WORDS_SMOLLM ? count(smollm) : kind == WORDS_LLAMA3 ? 256 : kind == WORDS_QWEN ? 293 : 1;
    pieces p = {0};
    list l;
    if (!list_open(&l, (n_vocab ? n_vocab : 4096) + 64)) {
        list_free(&l);
        return ond_nomem(err, "making a vocabulary");
    }
    split_kind s = kind < (words_kind)(sizeof split / sizeof *split) ? split[kind] : SPLIT_BYTES;
    int rc = pieces_learn(&l.a, s, s == SPLIT_BYTES ? ordinary(n_vocab, special) : 700, n_vocab > 0, seed, &p, err);
    if (rc == 0) {
        if (s == SPLIT_BYTES) bpe(&l, o, kind, n_vocab, &p);
        else if (kind == WORDS_BERT) wordpiece(&l, o, &p);
        else if (kind == WORDS_UNIGRAM) unigram(&l, o, &p);
        else spm(&l, o, kind, &p);
        ond_gguf_put_strs(o, "tokenizer.ggml.tokens", l.text, (size_t)l.n);
        ond_gguf_put_i32s(o, "tokenizer.ggml.token_type", l.kind, (size_t)l.n);
        *n_out = l.n;
        if (l.bad || (n_vocab && l.n != n_vocab))
            rc = ond_fail(err, OND_E_FAILED, "the vocabulary has %d tokens, not %d", l.n, n_vocab);
    }
    pieces_free(&p);
    list_free(&l);
    return rc;
}
