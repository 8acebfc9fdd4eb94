/* fuzz_yaml.c - any bytes as YAML: an error has a place; what is accepted is a value that JSON can
 * carry. */
#include "base/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const ond_yaml_limits limits = {.bytes = 100000, .nodes = 5000};
    cJSON *v = NULL, *again = NULL;
    ond_err err = {0};
    if (ond_yaml_parse((ond_str){(const char *)bytes, n}, "f", &limits, &v, &err)) {
        must(err.code == OND_E_INPUT && strncmp(err.text, "f:", 2) == 0 && !v);
        return 0;
    }
    ond_buf line = {0};
    ond_json_print(&line, v);
    must(ond_json_parse((ond_str){line.p, line.n}, &again, &err) == 0 && ond_json_equal(v, again));
    cJSON_Delete(v);
    cJSON_Delete(again);
    ond_buf_free(&line);
    return 0;
}
