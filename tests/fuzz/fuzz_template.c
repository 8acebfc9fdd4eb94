/* fuzz_template.c - any text as a template, any bytes as its payload. The first line is the template, the rest the payload.
 *
 * What is checked as good never turns out to be of bad form later, gives the same result twice, and the result is bounded; what is
 * refused says why. */
#include "hand/home/template.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define RESULT_MOST (1u << 20)

static void must(bool so)
{
    if (!so)
        abort();
}

static void eval(const char *text, ond_str payload, const cJSON *json, bool known)
{
    ond_buf once = {0}, twice = {0};
    ond_err err = {0};
    ond_buf_puts(&once, "kept ");
    int rc = ond__template_payload(text, payload, json, &once, &err);
    must(once.n >= 5 && memcmp(once.p, "kept ", 5) == 0 && once.n < RESULT_MOST + payload.n);
    must(rc == 0 || (rc == OND_E_INPUT && err.text[0] && once.n == 5));
    must(known || rc != 0 || !text[0]);
    must(ond__template_payload(text, payload, json, &twice, &err) == rc);
    must(twice.n + 5 == once.n && memcmp(once.p + 5, ond_buf_z(&twice), twice.n) == 0);
    ond_buf_free(&once);
    ond_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const names[] = {"value", "value_json", NULL};
    const char *end = n ? memchr(bytes, '\n', n) : NULL;
    size_t length = end ? (size_t)(end - (const char *)bytes) : n;
    ond_str payload = {(const char *)bytes + length + (end != NULL), n - length - (end != NULL)};
    char *text = ond_str_dup((ond_str){(const char *)bytes, length});
    cJSON *json = NULL;
    ond_err err = {0};
    if (!text || ond_utf8_valid(payload) != payload.n) {      /* the client refuses such payloads before */
        free(text);
        return 0;
    }
    int rc = ond__template_check(text, names, &err);
    must(rc == 0 || (rc == OND_E_INPUT && err.text[0]));
    if (ond_json_parse(payload, &json, NULL) != 0)
        json = NULL;
    eval(text, payload, json, rc == 0);
    cJSON_Delete(json);
    free(text);
    return 0;
}
