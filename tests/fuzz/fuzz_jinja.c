/* fuzz_jinja.c - any text as a chat template, in both dialects; what stands after a line of %% are its variables as JSON.
 *
 * A rendering ends, leaves what was in the buffer, gives the same twice, and says why where it fails. */
#include "base/jinja_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char otherwise[] =
    "{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"안녕 😀\"},{\"role\":\"assistant\",\"content\":null,"
    "\"reasoning_content\":\"r\",\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[1,2.5,true,null,\"x\"]}}}]},"
    "{\"role\":\"tool\",\"content\":[{\"type\":\"text\",\"text\":\"t\"}]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}}}}}],\"add_generation_prompt\":true,\"bos_token\":\"<s>\",\"eos_token\":\"</s>\","
    "\"text\":\"Hello\",\"n\":3,\"f\":2.5,\"list\":[3,1,2],\"d\":{\"b\":1,\"a\":\"x\"}}";

static void must(bool so)
{
    if (!so) abort();
}

static void render(ond_str text, ond_jinja_dialect dialect, const cJSON *vars)
{
    ond_jinja *t = NULL;
    ond_err err = {0};
    ond_buf once = {0}, twice = {0};
    int rc = ond_jinja_compile_as(text, dialect, &t, &err);
    must(rc == 0 || (rc == OND_E_INPUT && err.text[0] && !t));
    if (rc) return;
    t->steps = 200000;
    t->memory = (size_t)64 << 20;
    ond_buf_puts(&once, "kept ");
    rc = ond_jinja_render(t, vars, 1783051506000, &once, &err);
    must(rc == 0 || (rc == OND_E_INPUT && once.n == 5));
    must(once.n >= 5 && memcmp(once.p, "kept ", 5) == 0 && once.n <= J_OUTPUT * 2);
    must(ond_jinja_render(t, vars, 1783051506000, &twice, NULL) == rc);
    must(twice.n + 5 == once.n && memcmp(once.p + 5, ond_buf_z(&twice), twice.n) == 0);
    ond_buf_free(&once);
    ond_buf_free(&twice);
    ond_jinja_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_str text = {(const char *)bytes, n}, json = OND_S(otherwise);
    const char *mark = n ? memmem(bytes, n, "\n%%\n", 4) : NULL;
    cJSON *vars = NULL;
    if (mark) {
        text.n = (size_t)(mark - text.p);
        json = (ond_str){mark + 4, n - text.n - 4};
    }
    if (ond_json_parse(json, &vars, NULL) != 0) vars = NULL;
    render(text, OND_JINJA_REFERENCE, vars);
    render(text, OND_JINJA_PYTHON, vars);
    cJSON_Delete(vars);
    return 0;
}
