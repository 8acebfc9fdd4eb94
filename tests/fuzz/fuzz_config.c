/* fuzz_config.c - the editor of config.yaml on any bytes, and what it prints on any tree.
 *
 * Input: a byte that chooses a setting, a value up to NUL, the text of the file. The editor must
 * not crash, whatever the file holds; and a tree of settings that is printed must be read back as
 * the same. */
#include "daemon/internal.h"

#include "base/utf8.h"
#include "base/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Groups and one-line texts only, as checked files are. */
static bool is_settings(const cJSON *tree)
{
    for (const cJSON *m = tree->child; m; m = m->next) {
        size_t len = strlen(m->string);
        if (len == 0 || strspn(m->string, "abcdefghijklmnopqrstuvwxyz_") != len) return false;
        if (cJSON_IsObject(m) ? !is_settings(m)
                              : !cJSON_IsString(m) || strpbrk(m->valuestring, "\n\r"))
            return false;
        cJSON *back =
            NULL; /* a name that YAML takes for something else (y, no, null) is no setting's */
        bool name = ond_yaml_parse(ond_str_of(m->string), "name", NULL, &back, NULL) == 0 &&
                    cJSON_IsString(back);
        cJSON_Delete(back);
        if (!name) return false;
    }
    return true;
}

static void print_and_read(const cJSON *tree)
{
    ond_buf text = {0};
    cJSON *back = NULL, *clean = ond__tree_prune(tree);
    ond__yaml_print(tree, &text);
    if (!clean || !clean->child || !ond_buf_ok(&text)) goto out;
    if (ond_yaml_parse((ond_str){ond_buf_z(&text), text.n}, "config.yaml", NULL, &back, NULL) !=
            0 ||
        !ond_json_equal(back, clean))
        abort();
out:
    cJSON_Delete(back);
    cJSON_Delete(clean);
    ond_buf_free(&text);
}

static void edit(ond_str text, const char *key, const char *value)
{
    ond_buf out = {0};
    cJSON *item = value ? cJSON_CreateString(value) : NULL;
    (void)ond__yaml_line(text, key);
    (void)ond__yaml_edit(text, key, item, &out);
    ond_buf_free(&out);
    cJSON_Delete(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    size_t n_keys, at = 1;
    const ond_config_key *keys = ond_config_keys(&n_keys);
    char value[256];
    cJSON *tree = NULL;
    if (n < 2 || n > 65536) return 0;
    while (at < n && at < sizeof value && bytes[at]) at++;
    memcpy(value, bytes + 1, at - 1);
    value[at - 1] = '\0';
    ond_str text = {(const char *)bytes + at, n - at};
    edit(text, keys[bytes[0] % n_keys].key, value);
    edit(text, keys[bytes[0] % n_keys].key, NULL);
    if (ond_yaml_parse(text, "config.yaml", NULL, &tree, NULL) == 0 && cJSON_IsObject(tree) &&
        is_settings(tree))
        print_and_read(tree);
    cJSON_Delete(tree);
    return 0;
}
