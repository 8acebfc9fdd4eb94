/* fuzz_json.c - any bytes as JSON: what is accepted prints, reads back equal, and has one canonical
 * form. */
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cJSON *v = NULL, *again = NULL;
    ond_err err = {0};
    if (ond_json_parse((ond_str){(const char *)bytes, n}, &v, &err)) {
        must(err.code == OND_E_INPUT && err.text[0] && !v);
        return 0;
    }
    ond_buf line = {0}, canon = {0}, twice = {0};
    ond_json_print(&line, v);
    ond_json_canon(&canon, v);
    must(ond_json_parse((ond_str){canon.p, canon.n}, &again, &err) == 0 &&
         ond_json_equal(v, again));
    ond_json_canon(&twice, again);
    must(canon.n == twice.n && memcmp(canon.p, twice.p, canon.n) == 0 && line.n == canon.n);
    cJSON_Delete(v);
    cJSON_Delete(again);
    ond_buf_free(&line);
    ond_buf_free(&canon);
    ond_buf_free(&twice);
    return 0;
}
