/* pull.c - a model from the hub into the cache: ask what there is, choose, bring, link.
 *
 * Order of names appearing: blob (whole and hashed), link in snapshots/, refs/REV last: a reader that follows a ref finds all. */
#include "hub/room.h"
#include "sys/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct pull {
    ond_hub_name name;
    const ond_hub_opts *o;
    ond__endpoint e;
    cJSON *info;                /* what the hub says of the repository */
    const char *commit;
    ond_buf folder;             /* models--ORG--REPO */
    const char **file;          /* its files, borrowed from info */
    const cJSON **row;
    int n;
    ond_hub_progress progress;
} pull;

static bool hex(const char *s, size_t n)
{
    if (strlen(s) != n) return false;
    for (size_t i = 0; i < n; i++)
        if (!isxdigit((unsigned char)s[i])) return false;
    return true;
}

/* A path of the repository must stay in the snapshot's folder. */
static bool safe_path(const char *s)
{
    if (!*s || *s == '/' || strlen(s) > 500) return false;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '\\' || (p[0] == '.' && p[1] == '.') || (p[0] == '/' && p[1] == '/')) return false;
    return true;
}

static int ask(pull *p, ond_err *err)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "/api/models/%s/revision/%s?blobs=true", p->name.repo, p->name.rev);
    int rc = ond_buf_ok(&path) ? ond__get_json(&p->e, ond_buf_z(&path), p->name.repo, p->o, &p->info, err) : ond_nomem(err, "asking the hub");
    ond_buf_free(&path);
    if (rc) return rc;
    p->commit = ond_json_str(p->info, "sha", "");
    const cJSON *list = ond_json_get(p->info, "siblings");
    if (!hex(p->commit, 40) || !cJSON_IsArray(list))
        return ond_fail(err, OND_E_INPUT, "%s: the hub's answer lacks the commit or the list of files", p->name.repo);
    int most = cJSON_GetArraySize(list);
    p->file = calloc((size_t)most + 1, sizeof *p->file);
    p->row = calloc((size_t)most + 1, sizeof *p->row);
    if (!p->file || !p->row) return ond_nomem(err, "the hub's list of files");
    const cJSON *row;
    cJSON_ArrayForEach(row, list) {
        const char *f = ond_json_str(row, "rfilename", "");
        if (!safe_path(f)) continue;
        p->file[p->n] = f;
        p->row[p->n++] = row;
    }
    return OND_OK;
}

static int no_choice(const pull *p, int at, ond_err *err)
{
    ond_buf list = {0};
    int ggufs = 0;
    for (int i = 0; i < p->n; i++)
        if (ond__is_gguf(p->file[i]) && ++ggufs <= 8) ond_buf_printf(&list, "%s%s", ggufs > 1 ? ", " : "", p->file[i]);
    if (ggufs > 8) ond_buf_printf(&list, " and %d more", ggufs - 8);
    int rc;
    if (ggufs == 0)
        rc = ond_fail(err, OND_E_NOT_FOUND, "%s holds no GGUF file; look for a repository whose name ends in -GGUF", p->name.repo);
    else if (at == -2)
        rc = ond_fail(err, OND_E_AMBIGUOUS, "%s holds several models; say %s:FILE, one of %s", p->name.repo, p->name.repo, ond_buf_z(&list));
    else
        rc = ond_fail(err, OND_E_NOT_FOUND, "%s holds no \"%s\"; it holds %s", p->name.repo, p->name.file[0] ? p->name.file : p->name.tag,
                      ond_buf_z(&list));
    ond_buf_free(&list);
    return rc;
}

/* snapshots/COMMIT/dir/file → ../../../blobs/ETAG, replaced at once where it is there. */
static int link_blob(const char *link, const char *file, const char *etag, ond_err *err)
{
    ond_buf target = {0}, tmp = {0}, dir = {0};
    ond_buf_puts(&target, "../../");
    for (const char *p = file; *p; p++)
        if (*p == '/') ond_buf_puts(&target, "../");
    ond_buf_printf(&target, "blobs/%s", etag);
    ond_buf_printf(&tmp, "%s.ondol-link", link);
    ond_buf_put(&dir, link, (size_t)(strrchr(link, '/') - link));
    int rc = OND_OK;
    if (!ond_buf_ok(&target) || !ond_buf_ok(&tmp) || !ond_buf_ok(&dir)) rc = ond_nomem(err, "a link");
    if (rc == OND_OK) rc = ond_dir_make(ond_buf_z(&dir), 0755, err);
    if (rc == OND_OK) {
        (void)unlink(ond_buf_z(&tmp));
        if (symlink(ond_buf_z(&target), ond_buf_z(&tmp)) != 0 || rename(ond_buf_z(&tmp), link) != 0)
            rc = ond_file_fail(err, errno, "make the link", link);
    }
    ond_buf_free(&target);
    ond_buf_free(&tmp);
    ond_buf_free(&dir);
    return rc;
}

static int url_of(const pull *p, const char *file, ond_buf *out, ond_err *err)
{
    ond_buf_printf(out, "%s/%s/resolve/%s/", ond_buf_z(&p->e.base), p->name.repo, p->commit);
    for (const char *c = file; *c; c++)
        if (isalnum((unsigned char)*c) || strchr("/-._~", *c)) ond_buf_putc(out, *c);
        else ond_buf_printf(out, "%%%02X", (unsigned char)*c);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "a file's address");
}

static int bring_file(pull *p, int at, ond_buf *link, ond_err *err)
{
    const cJSON *row = p->row[at], *lfs = ond_json_get(row, "lfs");
    const char *sha = ond_json_str(lfs, "sha256", ond_json_str(lfs, "oid", "")), *git = ond_json_str(row, "blobId", "");
    double size = ond_json_num(lfs, "size", ond_json_num(row, "size", -1));
    bool hashed = hex(sha, 64);
    const char *etag = hashed ? sha : git;
    if (size < 0 || size > 9e15 || (!hashed && !hex(git, 40)))
        return ond_fail(err, OND_E_INPUT, "%s: the hub's answer lacks the size or the hash of %s", p->name.repo, p->file[at]);
    ond_buf url = {0}, blobs = {0}, path = {0};
    p->progress.file = p->file[at];
    ond_buf_printf(&blobs, "%s/blobs", ond_buf_z(&p->folder));
    ond_buf_printf(&path, "%s/%s", ond_buf_z(&blobs), etag);
    ond_buf_printf(link, "%s/snapshots/%s/%s", ond_buf_z(&p->folder), p->commit, p->file[at]);
    int rc = ond_buf_ok(&path) && ond_buf_ok(link) ? url_of(p, p->file[at], &url, err) : ond_nomem(err, "a file's path");
    if (rc == OND_OK) rc = ond_dir_make(ond_buf_z(&blobs), 0755, err);
    ond__blob b = {.url = ond_buf_z(&url), .path = ond_buf_z(&path), .bytes = (uint64_t)size, .sha256 = hashed ? sha : NULL};
    if (rc == OND_OK && !ond_file_exists(b.path)) rc = ond__fetch(&p->e, &b, p->o, &p->progress, err);
    if (rc == OND_OK) rc = link_blob(ond_buf_z(link), p->file[at], etag, err);
    ond_buf_free(&url);
    ond_buf_free(&blobs);
    ond_buf_free(&path);
    return rc;
}

/* The file itself, or every part of a split one; *path is the first. */
static int bring_all(pull *p, int at, ond_buf *path, ond_err *err)
{
    int part, parts;
    size_t stem;
    if (!ond__split_of(p->file[at], &part, &parts, &stem)) {
        p->progress.part = p->progress.parts = 1;
        return bring_file(p, at, path, err);
    }
    ond_buf name = {0}, link = {0};
    int rc = OND_OK;
    for (int k = 1; k <= parts && rc == OND_OK; k++) {
        ond_buf_clear(&name);
        ond_buf_clear(&link);
        ond_buf_printf(&name, "%.*s-%05d-of-%05d.gguf", (int)stem, p->file[at], k, parts);
        int i = 0;
        while (i < p->n && strcmp(p->file[i], ond_buf_z(&name)) != 0) i++;
        if (i == p->n) {
            rc = ond_fail(err, OND_E_NOT_FOUND, "%s lacks part %d of %d: %s", p->name.repo, k, parts, ond_buf_z(&name));
            break;
        }
        p->progress.part = k;
        p->progress.parts = parts;
        rc = bring_file(p, i, k == 1 ? path : &link, err);
    }
    ond_buf_free(&name);
    ond_buf_free(&link);
    return rc;
}

static int write_ref(const pull *p, ond_err *err)
{
    ond_buf dir = {0}, ref = {0};
    if (hex(p->name.rev, 40)) return OND_OK;
    ond_buf_printf(&dir, "%s/refs", ond_buf_z(&p->folder));
    ond_buf_printf(&ref, "%s/%s", ond_buf_z(&dir), p->name.rev);
    int rc = ond_buf_ok(&ref) ? ond_dir_make(ond_buf_z(&dir), 0755, err) : ond_nomem(err, "a revision");
    if (rc == OND_OK) rc = ond_file_write(ond_buf_z(&ref), ond_str_of(p->commit), 0644, err);
    ond_buf_free(&dir);
    ond_buf_free(&ref);
    return rc;
}

int ond_hub_pull(const char *text, const ond_hub_opts *opts, ond_buf *path, ond_err *err)
{
    static const ond_hub_opts plain;
    pull p = {.o = opts ? opts : &plain};
    int rc = ond_hub_name_parse(text, &p.name, err);
    if (rc) return rc;
    OND_TRY(ond__endpoint_open(&p.e, err));
    OND_TRY(ond__repo_folder(p.name.repo, &p.folder, err));
    OND_TRY(ask(&p, err));
    int at = ond__choose_file(&p.name, p.file, p.n);
    if (at < 0) OND_TRY(no_choice(&p, at, err));
    OND_TRY(bring_all(&p, at, path, err));
    OND_TRY(write_ref(&p, err));
    if (!ond_buf_ok(path)) rc = ond_nomem(err, "a model's path");
out:
    cJSON_Delete(p.info);
    free(p.file);
    free(p.row);
    ond_buf_free(&p.folder);
    ond__endpoint_free(&p.e);
    return rc;
}
