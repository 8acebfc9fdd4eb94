/* hub.h - models by name: Hugging Face's hub and the cache that its own programs share.
 *
 * A name is what people paste: a path of a GGUF file, "ORG/REPO", "ORG/REPO:Q4_K_M", "ORG/REPO:file.gguf", "ORG/REPO/dir/file.gguf",
 * each with "hf.co/" or "https://huggingface.co/" before it or "@REVISION" after the repository. Files lie in the layout of
 * huggingface_hub (models--ORG--REPO/{blobs,refs,snapshots}), so that what another program fetched is found, and the reverse.
 *
 * 1. A file appears under its final name only when it is whole and its SHA-256 is right.
 * 2. HF_TOKEN goes to HF_ENDPOINT's host only, never to where it redirects.
 * 3. Killed at any point, the next pull goes on where this one stopped. */
#ifndef OND_HUB_HUB_H
#define OND_HUB_HUB_H

#include "base/str.h"

typedef struct ond_hub_name {
    char repo[200];     /* "ORG/REPO" */
    char rev[128];      /* "main" */
    char file[300];     /* path in the repository, or "" */
    char tag[64];       /* "Q4_K_M", or "" */
} ond_hub_name;

/* OND_E_INPUT says what a name looks like. Nothing outside [A-Za-z0-9._-] per part, no "..". */
OND_CHECKED int ond_hub_name_parse(const char *text, ond_hub_name *out, ond_err *err);

/* The path of a model that is here: a file, or a name in the cache (a repository alone where it is the only one of that
 * name). OND_E_NOT_FOUND names the nearest ones that are here and the `ondol pull` that would get it, in `lang` (NULL: English). */
OND_CHECKED int ond_hub_find(const char *text, const char *lang, ond_buf *path, ond_err *err);

typedef struct ond_hub_entry {
    char *name;            /* "ORG/REPO:Q4_K_M", as every verb takes it */
    char *path;            /* in snapshots/ */
    uint64_t bytes;        /* of all parts */
    int64_t used_ms;       /* last access or change of the blob */
    int parts;
} ond_hub_entry;
/* Every GGUF in the cache, by name. Free with ond_hub_list_free. */
OND_CHECKED int ond_hub_list(ond_hub_entry **out, size_t *n, ond_err *err);
void ond_hub_list_free(ond_hub_entry *list, size_t n);
/* Takes a model's files away: the snapshot's links, and the blobs that no other snapshot names. *freed in bytes. */
OND_CHECKED int ond_hub_remove(const char *text, const char *lang, uint64_t *freed, ond_err *err);
/* The cache's folder: HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. */
OND_CHECKED int ond_hub_folder(ond_buf *out, ond_err *err);

typedef struct ond_hub_progress {
    const char *file;       /* being brought */
    int part, parts;        /* 1-based, of a split model */
    uint64_t done, total;   /* bytes of this file */
    bool checking;          /* the hash is being computed */
} ond_hub_progress;

typedef struct ond_hub_opts {
    int connections;        /* 0: 4; at most 16 */
    int tries;              /* of one piece; 0: 5 */
    /* Called some ten times a second; non-zero stops the pull (OND_E_INTERRUPTED), what came is kept for the next. */
    int (*progress)(void *self, const ond_hub_progress *p);
    void *self;
} ond_hub_opts;

/* Brings a model (all parts of a split one); *path is its (first) file. Where the repository has several GGUFs and the name says none,
 * Q4_K_M is taken, else the first of Q4_0, Q8_0, F16, else the only one; OND_E_AMBIGUOUS lists them. */
OND_CHECKED int ond_hub_pull(const char *text, const ond_hub_opts *opts, ond_buf *path, ond_err *err);

#endif
