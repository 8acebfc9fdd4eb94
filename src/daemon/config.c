/* config.c - reads config.yaml and secrets.yaml, checks them against config.def, fills in defaults.
 *
 * The file's tree is checked leaf by leaf: every key must be a row of config.def and every value of
 * its type, so that a misspelt key is told and never silently ignored. */
#include "daemon/internal.h"

#include "base/utf8.h"
#include "base/yaml.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CONFIG_MAX (1u << 20)
#define TEXT_MAX 4096

enum {
    TEXT = OND__TEXT,
    NUMBER = OND__NUMBER,
    BOOL = OND__BOOL,
    CHOICE = OND__CHOICE,
    PATH = OND__PATH,
    ZONE = OND__ZONE,
    SECRET = OND__SECRET
};

static const char *const type_names[] = {"text", "number", "bool",  "choice",
                                         "path", "zone",   "secret"};

#define KEY(key, type, otherwise, choices, what) {key, NULL, otherwise, choices, what},
static ond_config_key keys[] = {
#include "daemon/config.def"
};
#undef KEY
#define KEY(key, type, otherwise, choices, what) type,
static const unsigned char key_types[] = {
#include "daemon/config.def"
};
#undef KEY
#define N_KEYS (sizeof keys / sizeof *keys)

const ond_config_key *ond_config_keys(size_t *n)
{
    for (size_t i = 0; i < N_KEYS; i++) keys[i].type = type_names[key_types[i]];
    *n = N_KEYS;
    return keys;
}

ond__type ond__key_type(const ond_config_key *key)
{
    return (ond__type)key_types[key - keys];
}

static const ond_config_key *find_key(const char *name)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (strcmp(keys[i].key, name) == 0) return &keys[i];
    return NULL;
}

/* Whether `name` is a group that has keys: "hands.home". */
static bool is_group(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < N_KEYS; i++)
        if (n == 0 || (strncmp(keys[i].key, name, n) == 0 && keys[i].key[n] == '.')) return true;
    return false;
}

static int no_such_key(const char *name, ond_code code, ond_err *err)
{
    const char *best = NULL;
    int least = 6;
    for (size_t i = 0; i < N_KEYS; i++) {
        int d = ond_utf8_distance(ond_str_of(name), ond_str_of(keys[i].key), least);
        const char *last = strrchr(keys[i].key, '.');
        if (last && strcmp(last + 1, name) == 0) /* "port" alone */
            d = 1;
        if (d < least) {
            least = d;
            best = keys[i].key;
        }
    }
    if (best)
        return ond_fail(err, code, "there is no setting '%s': did you mean '%s'?", name, best);
    return ond_fail(err, code, "there is no setting '%s': `ondol config` lists them all", name);
}

/* ---- trees ---- */

const cJSON *ond__tree_get(const cJSON *tree, const char *key)
{
    char part[128];
    while (tree && *key) {
        size_t n = strcspn(key, ".");
        if (n >= sizeof part) return NULL;
        memcpy(part, key, n);
        part[n] = '\0';
        tree = ond_json_get(tree, part);
        key += n + (key[n] == '.');
    }
    return tree;
}

bool ond__tree_put(cJSON *tree, const char *key, cJSON *value)
{
    char part[128];
    const char *dot;
    while ((dot = strchr(key, '.')) != NULL && (size_t)(dot - key) < sizeof part) {
        memcpy(part, key, (size_t)(dot - key));
        part[dot - key] = '\0';
        cJSON *group = cJSON_GetObjectItemCaseSensitive(tree, part);
        if (!cJSON_IsObject(group)) {
            group = cJSON_CreateObject();
            if (!group || !ond_json_set(tree, part, group)) {
                cJSON_Delete(value);
                return false;
            }
        }
        tree = group;
        key = dot + 1;
    }
    if (value) return ond_json_set(tree, key, value);
    cJSON_DeleteItemFromObjectCaseSensitive(tree, key);
    return true;
}

static void prune(cJSON *tree)
{
    cJSON *next;
    for (cJSON *m = tree->child; m; m = next) {
        next = m->next;
        if (cJSON_IsObject(m)) prune(m);
        if (cJSON_IsNull(m) || (cJSON_IsObject(m) && !m->child))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, m));
    }
}

cJSON *ond__tree_prune(const cJSON *tree)
{
    cJSON *copy = cJSON_IsObject(tree) ? cJSON_Duplicate(tree, true) : cJSON_CreateObject();
    if (copy) prune(copy);
    return copy;
}

static void drop_empty(cJSON *tree)
{
    cJSON *next;
    for (cJSON *m = tree->child; m; m = next) {
        next = m->next;
        if (cJSON_IsObject(m)) drop_empty(m);
        if ((cJSON_IsString(m) && !m->valuestring[0]) || (cJSON_IsObject(m) && !m->child))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, m));
    }
}

cJSON *ond__settings_clean(const cJSON *tree)
{
    cJSON *copy = cJSON_Duplicate(tree, true);
    if (!copy) return NULL;
    drop_empty(copy);
    bool ok = true;
    if (!ond__tree_get(copy, "hands.home.mqtt.host"))
        ok = ond__tree_put(copy, "hands.home.mqtt", NULL);
    else if (!ond__tree_get(
                 copy, "hands.home.house")) /* a real house takes the place of the built-in one */
        ok = ond__tree_put(copy, "hands.home.house", cJSON_CreateString("none"));
    if (ok) return copy;
    cJSON_Delete(copy);
    return NULL;
}

/* ---- checking ---- */

static bool is_choice(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = choices; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (len == n && n > 0 && memcmp(p, word, n) == 0) return true;
        p += len;
    }
    return false;
}

static int check_number(const ond_config_key *key, const cJSON *value, ond_err *err)
{
    int low, high;
    if (sscanf(key->choices, "%d..%d", &low, &high) != 2) low = INT_MIN, high = INT_MAX;
    if (cJSON_IsNumber(value) && floor(value->valuedouble) == value->valuedouble &&
        value->valuedouble >= low && value->valuedouble <= high)
        return OND_OK;
    return ond_fail(err, OND_E_CONFIG, "%s must be a whole number from %d to %d", key->key, low,
                    high);
}

static int check_value(const ond_config_key *key, const cJSON *value, ond_err *err)
{
    ond__type type = ond__key_type(key);
    if (type == OND__NUMBER) return check_number(key, value, err);
    if (type == OND__BOOL)
        return cJSON_IsBool(value)
                   ? OND_OK
                   : ond_fail(err, OND_E_CONFIG, "%s must be true or false", key->key);
    if (!cJSON_IsString(value))
        return ond_fail(err, OND_E_CONFIG, "%s must be text: put it in quotes", key->key);
    const char *text = value->valuestring;
    if (strlen(text) > TEXT_MAX || strpbrk(text, "\n\r"))
        return ond_fail(err, OND_E_CONFIG, "%s must be one line of at most %d bytes", key->key,
                        TEXT_MAX);
    if (type == OND__CHOICE && !is_choice(key->choices, text))
        return ond_fail(err, OND_E_CONFIG, "%s is '%s' and must be one of: %s", key->key, text,
                        key->choices);
    if (type == OND__ZONE && text[0] && ond_zone_check(text, err) != 0)
        return ond_fail(err, OND_E_CONFIG,
                        "%s is '%s', which is no time zone: write it like Asia/Seoul", key->key,
                        text);
    return OND_OK;
}

#define NAME_MAX_BYTES 256

/* Checks the members of `tree`, whose dotted name is `name` ("" for the whole file). `where`: the
 * one that is wrong. */
static int check_tree(const cJSON *tree, const char *name, bool secrets, char where[NAME_MAX_BYTES],
                      ond_err *err)
{
    char full[NAME_MAX_BYTES];
    int rc = OND_OK;
    for (const cJSON *m = tree->child; m && rc == 0; m = m->next) {
        if ((size_t)snprintf(full, sizeof full, "%s%s%s", name, name[0] ? "." : "", m->string) >=
            sizeof full)
            return ond_fail(err, OND_E_CONFIG, "the name of a setting is too long: %.40s...",
                            m->string);
        const ond_config_key *key = find_key(full);
        bool group = is_group(full);
        if (group && cJSON_IsObject(m)) {
            rc = check_tree(m, full, secrets, where, err);
            continue;
        }
        if (!key && !group)
            rc = no_such_key(full, OND_E_CONFIG, err);
        else if (group && !cJSON_IsNull(m))
            rc = ond_fail(err, OND_E_CONFIG, "%s is a group of settings: indent them below it",
                          full);
        else if (key && secrets && ond__key_type(key) != OND__SECRET)
            rc = ond_fail(err, OND_E_CONFIG, "%s is no secret: move it to config.yaml", full);
        else if (key && !secrets && ond__key_type(key) == OND__SECRET)
            rc = ond_fail(err, OND_E_CONFIG,
                          "%s is a secret: take it out and give it with `ondol config set %s`",
                          full, full);
        else if (key && !cJSON_IsNull(m))
            rc = check_value(key, m, err);
        if (rc != 0) memcpy(where, full, sizeof full);
    }
    return rc;
}

/* ---- loading ---- */

static int check_file(const char *path, ond_str text, const cJSON *tree, bool secrets, ond_err *err)
{
    char where[NAME_MAX_BYTES] = "";
    int rc = check_tree(tree, "", secrets, where, err);
    int line = rc != 0 && where[0] ? ond__yaml_line(text, where) : 0;
    if (rc == 0) return OND_OK;
    return line ? ond_err_prefix(err, "%s:%d", path, line) : ond_err_prefix(err, "%s", path);
}

/* Reads and checks one of the two files; a missing one is an empty tree. */
static int load_file(const char *path, bool secrets, cJSON **out, ond_err *err)
{
    ond_buf text = {0};
    *out = NULL;
    int rc = ond_file_read(path, CONFIG_MAX, &text, err);
    if (rc == OND_E_NOT_FOUND) {
        *out = cJSON_CreateObject();
        ond_buf_free(&text);
        return *out ? OND_OK : ond_nomem(err, "reading the configuration");
    }
    if (rc == 0) rc = ond_yaml_parse((ond_str){ond_buf_z(&text), text.n}, path, NULL, out, err);
    if (rc == OND_E_INPUT) rc = ond_fail(err, OND_E_CONFIG, "%s", err->text);
    if (rc == 0 && cJSON_IsNull(*out)) {
        cJSON_Delete(*out);
        *out = cJSON_CreateObject();
        rc = *out ? OND_OK : ond_nomem(err, "reading the configuration");
    }
    if (rc == 0 && !cJSON_IsObject(*out))
        rc = ond_fail(err, OND_E_CONFIG, "%s must hold settings, each as \"key: value\"", path);
    if (rc == 0) rc = check_file(path, (ond_str){text.p, text.n}, *out, secrets, err);
    ond_buf_free(&text);
    if (rc != 0) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return rc;
}

static cJSON *default_of(const ond_config_key *key)
{
    if (ond__key_type(key) == OND__NUMBER) return cJSON_CreateNumber(strtod(key->otherwise, NULL));
    if (ond__key_type(key) == OND__BOOL)
        return cJSON_CreateBool(strcmp(key->otherwise, "true") == 0);
    return cJSON_CreateString(key->otherwise);
}

static int fill(ond_config *c, ond_err *err)
{
    cJSON *full = cJSON_CreateObject();
    bool ok = full != NULL;
    for (size_t i = 0; i < N_KEYS && ok; i++) {
        const cJSON *from = ond__key_type(&keys[i]) == OND__SECRET ? c->secrets : c->file;
        const cJSON *given = ond__tree_get(from, keys[i].key);
        cJSON *value =
            given && !cJSON_IsNull(given) ? cJSON_Duplicate(given, true) : default_of(&keys[i]);
        ok = value && ond__tree_put(full, keys[i].key, value);
    }
    if (!ok) {
        cJSON_Delete(full);
        return ond_nomem(err, "reading the configuration");
    }
    cJSON_Delete(c->full);
    c->full = full;
    return OND_OK;
}

/* `name` in the folder of `path`. */
static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    ond_buf out = {0};
    if (slash) ond_buf_put(&out, path, (size_t)(slash - path) + 1);
    ond_buf_puts(&out, name);
    return ond_buf_take(&out);
}

static int set_paths(ond_config *c, const char *path, ond_err *err)
{
    ond_buf out = {0};
    if (path) {
        ond_buf_puts(&out, path);
    } else {
        int rc = ond_xdg_path(OND_XDG_CONFIG, "config.yaml", &out, err);
        if (rc != 0) {
            ond_buf_free(&out);
            return rc;
        }
    }
    c->path = ond_buf_take(&out);
    if (c->path) c->secrets_path = beside(c->path, "secrets.yaml");
    if (c->secrets_path) c->policy_path = beside(c->path, "policy.yaml");
    return c->policy_path ? OND_OK : ond_nomem(err, "reading the configuration");
}

int ond_config_load(const char *path, ond_config **out, ond_err *err)
{
    int rc;
    ond_err local = {0};
    if (!err) err = &local;
    *out = NULL;
    ond_config *c = calloc(1, sizeof *c);
    if (!c) return ond_nomem(err, "reading the configuration");
    OND_TRY(set_paths(c, path, err));
    if (path && !ond_file_exists(path))
        OND_TRY(
            ond_fail(err, OND_E_NOT_FOUND, "%s is not there: check the path after --config", path));
    OND_TRY(load_file(c->path, false, &c->file, err));
    OND_TRY(ond__secrets_check(c->secrets_path, err));
    OND_TRY(load_file(c->secrets_path, true, &c->secrets, err));
    OND_TRY(fill(c, err));
    *out = c;
    return OND_OK;
out:
    ond_config_free(c);
    return rc;
}

void ond_config_free(ond_config *c)
{
    if (!c) return;
    free(c->path);
    free(c->secrets_path);
    free(c->policy_path);
    cJSON_Delete(c->file);
    cJSON_Delete(c->secrets);
    cJSON_Delete(c->full);
    free(c);
}

const cJSON *ond_config_json(const ond_config *c)
{
    return c->full;
}
const char *ond_config_path(const ond_config *c)
{
    return c->path;
}
const char *ond_config_policy(const ond_config *c)
{
    return c->policy_path;
}

const char *ond_config_text(const ond_config *c, const char *key)
{
    const cJSON *value = ond__tree_get(c->full, key);
    return cJSON_IsString(value) && value->valuestring[0] ? value->valuestring : NULL;
}

/* ---- get and set ---- */

int ond_config_get(const ond_config *c, const char *key, cJSON **out, ond_err *err)
{
    *out = NULL;
    if (!find_key(key) && !is_group(key)) return no_such_key(key, OND_E_NOT_FOUND, err);
    cJSON *shown = cJSON_Duplicate(c->full, true);
    bool ok = shown != NULL;
    for (size_t i = 0; i < N_KEYS && ok; i++) {
        const cJSON *value = ond__tree_get(shown, keys[i].key);
        if (ond__key_type(&keys[i]) == OND__SECRET && cJSON_IsString(value) &&
            value->valuestring[0])
            ok = ond__tree_put(shown, keys[i].key, cJSON_CreateString("(secret)"));
    }
    if (ok) *out = cJSON_Duplicate(ond__tree_get(shown, key), true);
    cJSON_Delete(shown);
    return *out ? OND_OK : ond_nomem(err, "reading a setting");
}

static int value_of(const ond_config_key *key, const char *text, cJSON **out, ond_err *err)
{
    ond__type type = ond__key_type(key);
    char *end = NULL;
    *out = NULL;
    if (ond_utf8_valid(ond_str_of(text)) != strlen(text))
        return ond_fail(err, OND_E_CONFIG, "%s must be valid UTF-8", key->key);
    if (type == OND__NUMBER) {
        double number = strtod(text, &end);
        *out = end != text && !*end ? cJSON_CreateNumber(number) : cJSON_CreateString(text);
    } else if (type == OND__BOOL && is_choice("true yes on 1", text)) {
        *out = cJSON_CreateTrue();
    } else if (type == OND__BOOL && is_choice("false no off 0", text)) {
        *out = cJSON_CreateFalse();
    } else {
        *out = cJSON_CreateString(text);
    }
    if (!*out) return ond_nomem(err, "setting a value");
    int rc = check_value(key, *out, err);
    if (rc != 0) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return rc;
}

/* Whether `text`, read as YAML, gives `wanted` but for nulls and empty groups. */
static bool reads_as(ond_str text, const cJSON *wanted)
{
    cJSON *got = NULL, *a = NULL, *b = NULL;
    bool same = ond_yaml_parse(text, "config.yaml", NULL, &got, NULL) == 0 &&
                (a = ond__tree_prune(got)) != NULL && (b = ond__tree_prune(wanted)) != NULL &&
                ond_json_equal(a, b);
    cJSON_Delete(got);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return same;
}

static int make_folder(const char *path, ond_err *err)
{
    char *folder = beside(path, "");
    if (!folder) return ond_nomem(err, "writing the configuration");
    int rc = folder[0] ? ond_dir_make(folder, 0700, err) : OND_OK;
    free(folder);
    return rc;
}

/* Writes `tree`, which is the file at `path` with `key` changed to `value`. */
static int write_tree(const char *path, const cJSON *tree, const char *key, const cJSON *value,
                      unsigned mode, ond_err *err)
{
    ond_buf former = {0}, text = {0};
    int rc = ond_file_read(path, CONFIG_MAX, &former, err);
    if (rc == OND_E_NOT_FOUND) rc = OND_OK;
    if (rc == 0 && (!ond__yaml_edit((ond_str){former.p, former.n}, key, value, &text) ||
                    !ond_buf_ok(&text) || !reads_as((ond_str){ond_buf_z(&text), text.n}, tree))) {
        ond_buf_clear(&text);
        ond__yaml_print(tree, &text);
    }
    if (rc == 0 && !ond_buf_ok(&text)) rc = ond_nomem(err, "writing the configuration");
    if (rc == 0) rc = make_folder(path, err);
    if (rc == 0) rc = ond_file_write(path, (ond_str){text.p ? text.p : "", text.n}, mode, err);
    ond_buf_free(&former);
    ond_buf_free(&text);
    return rc;
}

int ond_config_set(ond_config *c, const char *key, const char *value, ond_err *err)
{
    const ond_config_key *row = find_key(key);
    if (!row && is_group(key))
        return ond_fail(err, OND_E_USAGE,
                        "%s is a group of settings: name one of them, as `ondol config` lists them",
                        key);
    if (!row) return no_such_key(key, OND_E_NOT_FOUND, err);
    bool secret = ond__key_type(row) == OND__SECRET;
    cJSON **own = secret ? &c->secrets : &c->file, *item = NULL, *tree = NULL;
    int rc = value ? value_of(row, value, &item, err) : OND_OK;
    if (rc != 0) return rc;
    tree = cJSON_Duplicate(*own, true);
    cJSON *copy = item ? cJSON_Duplicate(item, true) : NULL;
    if (!tree || (item && !copy) || !ond__tree_put(tree, key, copy))
        rc = ond_nomem(err, "setting a value");
    if (rc == 0)
        rc = write_tree(secret ? c->secrets_path : c->path, tree, key, item, secret ? 0600 : 0644,
                        err);
    if (rc == 0) {
        cJSON_Delete(*own);
        *own = tree;
        tree = NULL;
        rc = fill(c, err);
    }
    cJSON_Delete(tree);
    cJSON_Delete(item);
    return rc;
}
