/* room.h - what the files of the room hub share. */
#ifndef OND_HUB_ROOM_H
#define OND_HUB_ROOM_H

#include "base/json.h"
#include "hub/hub.h"

/* ---- name.c ---- */
bool ond__is_gguf(const char *file);
bool ond__same_word(const char *a, const char *b);            /* ASCII case aside */
/* "Q4_K_M" out of "x-q4_k_m-00001-of-00002.gguf"; the whole stem where there is none. */
void ond__tag_of(const char *file, char *out, size_t size);
/* Whether it is part `*part` of `*parts`; the stem before "-00001-of-00002.gguf" has *stem bytes. */
bool ond__split_of(const char *file, int *part, int *parts, size_t *stem);
/* Index of the file that a name means among n, or -1 (none) or -2 (several fit). Parts after the first never fit. */
int ond__choose_file(const ond_hub_name *name, const char *const *file, int n);

/* ---- cache.c ---- */
OND_CHECKED int ond__repo_folder(const char *repo, ond_buf *out, ond_err *err);    /* …/models--ORG--REPO */

/* ---- http.c ---- */
typedef struct ond__endpoint {
    ond_buf base;      /* "https://huggingface.co", without a slash at the end */
    ond_buf token;     /* or empty */
} ond__endpoint;
OND_CHECKED int ond__endpoint_open(ond__endpoint *e, ond_err *err);
void ond__endpoint_free(ond__endpoint *e);
/* A GET of JSON with retries. */
OND_CHECKED int ond__get_json(const ond__endpoint *e, const char *path, const char *what, const ond_hub_opts *o, cJSON **out, ond_err *err);
/* What every request of ours is set to; `curl` is a CURL *. */
void ond__request_setup(void *curl, const ond__endpoint *e, const char *url);
/* The sentence for a status that is no success. */
OND_CHECKED int ond__status_fail(long status, const char *what, const ond__endpoint *e, ond_err *err);
/* Milliseconds to wait before try number `tries` (from 1), by Retry-After seconds where the server gave them. */
int ond__backoff_ms(int tries, long retry_after);
bool ond__worth_retrying(int curl_code, long status);
/* Sleeps, but calls progress; false when it said stop. */
bool ond__pause(const ond_hub_opts *o, ond_hub_progress *p, int ms);

/* ---- fetch.c ---- */
typedef struct ond__blob {
    const char *url;        /* percent-encoded */
    const char *path;       /* final; the folder exists */
    uint64_t bytes;
    const char *sha256;     /* 64 hex digits, or NULL: only the size is checked */
} ond__blob;
OND_CHECKED int ond__fetch(const ond__endpoint *e, const ond__blob *b, const ond_hub_opts *o, ond_hub_progress *p, ond_err *err);

#endif
