/* fuzz_house.c - any bytes as a house, then time and commands for what stands in it; after a NUL
 * byte, a state to restore.
 *
 * A house that is refused says where; one that is accepted shows a world, lives, and comes back as
 * it was saved. */
#include "sim/sim.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

static char *text_of(cJSON *v)
{
    ond_buf b = {0};
    must(v != NULL);
    ond_json_canon(&b, v);
    cJSON_Delete(v);
    char *z = ond_buf_take(&b);
    must(z != NULL);
    return z;
}

/* Sets each attribute of each device to the first value that it may have. */
static void command(ond_house *h, const cJSON *world)
{
    for (const cJSON *e = ond_json_get(world, "entities")->child; e; e = e->next)
        for (const cJSON *l = ond_json_get(e, "limits")->child; l; l = l->next) {
            ond_err err = {0};
            cJSON *a = cJSON_CreateObject();
            must(a && ond_json_set(a, l->string, cJSON_Duplicate(l->child, false)));
            int rc = ond_house_set(h, ond_json_str(e, "id", ""), a, &err);
            must(rc == 0 || err.text[0]);
            cJSON_Delete(a);
        }
}

static void live(ond_house *h, ond_str yaml)
{
    ond_house *other = NULL;
    ond_err err = {0};
    ond_house_advance(h, 1700000000000);
    cJSON *world = ond_house_world(h);
    must(world != NULL);
    command(h, world);
    cJSON_Delete(world);
    ond_house_advance(h, 1700000001000);
    ond_house_advance(h, 1700009000000);
    cJSON *saved = ond_house_save(h);
    must(saved && ond_house_open(yaml, "again", &other, &err) == 0 &&
         ond_house_restore(other, saved, &err) == 0);
    cJSON_Delete(saved);
    char *a = text_of(ond_house_world(h)), *b = text_of(ond_house_world(other));
    must(strcmp(a, b) == 0);
    free(a);
    free(b);
    ond_house_close(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *cut = n ? memchr(bytes, 0, n) : NULL;
    ond_str yaml = {(const char *)bytes, cut ? (size_t)(cut - bytes) : n};
    ond_house *h = NULL;
    cJSON *saved = NULL;
    ond_err err = {0};
    int rc = ond_house_open(yaml, "house.yaml", &h, &err);
    must(rc == 0 || (err.text[0] && !h));
    if (rc != 0) return 0;
    live(h, yaml);
    if (cut &&
        ond_json_parse((ond_str){(const char *)cut + 1, n - yaml.n - 1}, &saved, &err) == 0) {
        must(ond_house_restore(h, saved, &err) == 0 || err.text[0]);
        ond_house_advance(h, 1800000000000);
        cJSON_Delete(ond_house_world(h));
    }
    cJSON_Delete(saved);
    ond_house_close(h);
    return 0;
}
