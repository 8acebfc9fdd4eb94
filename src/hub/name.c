/* name.c - what people call models, and which file of a repository they mean. */
#include "hub/room.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

static const char wanted[] = "a model is a GGUF file's path, or ORG/REPO, ORG/REPO:Q4_K_M, ORG/REPO:FILE.gguf";

bool ond__same_word(const char *a, const char *b) { return strcasecmp(a, b) == 0; }

bool ond__is_gguf(const char *file)
{
    size_t n = strlen(file);
    return n > 5 && strcasecmp(file + n - 5, ".gguf") == 0;
}

static bool plain(const char *s, size_t n)
{
    if (n == 0 || s[0] == '.' || s[0] == '-') return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("._-+", s[i])) return false;
    return memmem(s, n, "..", 2) == NULL;
}

/* A path of plain parts. */
static bool plain_path(const char *s)
{
    for (;;) {
        size_t n = strcspn(s, "/");
        if (!plain(s, n)) return false;
        if (!s[n]) return true;
        s += n + 1;
    }
}

static const char *without_host(const char *s)
{
    static const char *const before[] = {"https://huggingface.co/", "https://hf.co/", "huggingface.co/", "hf.co/", "hf://", "hf:"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (strncmp(s, before[i], strlen(before[i])) == 0) return s + strlen(before[i]);
    return s;
}

static bool copy(char *out, size_t size, const char *s, size_t n)
{
    if (n >= size) return false;
    memcpy(out, s, n);
    out[n] = 0;
    return true;
}

int ond_hub_name_parse(const char *text, ond_hub_name *out, ond_err *err)
{
    const char *s = without_host(text), *org_end = strchr(s, '/');
    *out = (ond_hub_name){.rev = "main"};
    if (!org_end) return ond_fail(err, OND_E_INPUT, "\"%.200s\" is no model's name: %s", text, wanted);
    size_t repo = (size_t)(org_end + 1 - s) + strcspn(org_end + 1, "/:@");
    const char *rest = s + repo;
    bool fine = plain(s, (size_t)(org_end - s)) && plain(org_end + 1, (size_t)(rest - org_end - 1)) &&
                copy(out->repo, sizeof out->repo, s, repo);
    if (fine && *rest == '@') {
        size_t n = strcspn(rest + 1, ":/");
        fine = plain(rest + 1, n) && copy(out->rev, sizeof out->rev, rest + 1, n);
        rest += 1 + n;
    }
    if (fine && *rest == '/') {     /* a page's address has /blob/REV/ or /resolve/REV/ between */
        rest++;
        const char *way = strncmp(rest, "blob/", 5) == 0 ? rest + 5 : strncmp(rest, "resolve/", 8) == 0 ? rest + 8 : NULL;
        if (way) {
            size_t n = strcspn(way, "/");
            fine = way[n] == '/' && plain(way, n) && copy(out->rev, sizeof out->rev, way, n);
            rest = fine ? way + n + 1 : rest;
        }
        fine = fine && plain_path(rest) && ond__is_gguf(rest) && copy(out->file, sizeof out->file, rest, strlen(rest));
    } else if (fine && *rest == ':') {
        rest++;
        bool file = ond__is_gguf(rest);
        fine = plain_path(rest) && (file ? copy(out->file, sizeof out->file, rest, strlen(rest))
                                         : copy(out->tag, sizeof out->tag, rest, strlen(rest)));
    } else if (fine && *rest) {
        fine = false;
    }
    return fine ? OND_OK : ond_fail(err, OND_E_INPUT, "\"%.200s\" is no model's name: %s", text, wanted);
}

bool ond__split_of(const char *file, int *part, int *parts, size_t *stem)
{
    size_t n = strlen(file);
    const size_t tail = strlen("-00001-of-00002.gguf");
    if (n <= tail) return false;
    const char *t = file + n - tail;
    for (size_t i = 1; i <= 5; i++)
        if (!isdigit((unsigned char)t[i]) || !isdigit((unsigned char)t[i + 9])) return false;
    if (t[0] != '-' || memcmp(t + 6, "-of-", 4) != 0) return false;
    *part = (int)strtol(t + 1, NULL, 10);
    *parts = (int)strtol(t + 10, NULL, 10);
    *stem = n - tail;
    return *part >= 1 && *part <= *parts;
}

/* Quantisations begin with one of these, in any case. */
static bool quant_word(const char *w, size_t n)
{
    static const char *const first[] = {"Q2", "Q3", "Q4", "Q5", "Q6", "Q8", "IQ1", "IQ2", "IQ3", "IQ4", "TQ1", "TQ2", "F16", "F32", "BF16",
                                        "FP16", "MXFP4", "UD"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        size_t m = strlen(first[i]);
        if (n >= m && strncasecmp(w, first[i], m) == 0 && (n == m || w[m] == '_' || w[m] == '-')) return true;
    }
    return false;
}

void ond__tag_of(const char *file, char *out, size_t size)
{
    const char *slash = strrchr(file, '/'), *s = slash ? slash + 1 : file;
    int part, parts;
    size_t stem;
    size_t n = ond__split_of(s, &part, &parts, &stem) ? stem : strlen(s) - (ond__is_gguf(s) ? 5 : 0);
    size_t from = 0;
    for (size_t i = 0; i < n; i++)
        if ((i == 0 || s[i - 1] == '-' || s[i - 1] == '.') && quant_word(s + i, n - i)) {
            from = i;
            break;
        }
    n -= from;
    if (n >= size) n = size - 1;
    memcpy(out, s + from, n);
    out[n] = 0;
    if (from)
        for (char *p = out; *p; p++) *p = (char)toupper((unsigned char)*p);
}

static bool candidate(const char *file)
{
    const char *slash = strrchr(file, '/'), *s = slash ? slash + 1 : file;
    int part, parts;
    size_t stem;
    if (!ond__is_gguf(s) || strncasecmp(s, "mmproj", 6) == 0 || strncasecmp(s, "imatrix", 7) == 0) return false;
    return !ond__split_of(s, &part, &parts, &stem) || part == 1;
}

/* -1 none, -2 several. */
static int only(const char *const *file, int n, const char *tag)
{
    int at = -1;
    for (int i = 0; i < n; i++) {
        char t[128];
        if (!candidate(file[i])) continue;
        ond__tag_of(file[i], t, sizeof t);
        if (tag && !ond__same_word(t, tag)) continue;
        if (at >= 0) return -2;
        at = i;
    }
    return at;
}

int ond__choose_file(const ond_hub_name *name, const char *const *file, int n)
{
    if (name->file[0]) {
        for (int i = 0; i < n; i++)
            if (strcmp(file[i], name->file) == 0) return i;
        return -1;
    }
    if (name->tag[0]) return only(file, n, name->tag);
    static const char *const liked[] = {"Q4_K_M", "Q4_0", "Q8_0", "F16"};
    int at = only(file, n, NULL);
    for (size_t i = 0; at == -2 && i < sizeof liked / sizeof *liked; i++) {
        int one = only(file, n, liked[i]);
        if (one >= 0) at = one;
    }
    return at;
}
