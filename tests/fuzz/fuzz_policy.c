/* fuzz_policy.c - any bytes as a policy, then arguments judged by it.
 *
 * A policy that is refused says where; one that is accepted gives a decision with a reason for
 * whatever comes, and never lets a denied effect through. After a NUL byte the rest is a JSON
 * object of arguments, also held against a schema. */
#include "gate/room.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

static void judge(const ond__policy *p, const cJSON *args)
{
    static const char *const verbs[] = {"get", "turn_on", "set_light", "unlock", "set"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        for (int e = OND_EFFECT_READ; e <= OND_EFFECT_PHYSICAL; e++) {
            char why[160] = "";
            ond__case c = {"home", verbs[i], (ond_effect)e,
                           args,   args,     (ond_ms)1763890000000 + (ond_ms)i * 3600000};
            ond__decision d = ond__policy_decide(p, &c, why, sizeof why);
            must(d >= OND__ALLOW && d <= OND__DENY && why[0]);
            (void)ond__policy_within(p, &c, why, sizeof why);
            must(ond__policy_usual(p, "home", verbs[i], (ond_effect)e) != NULL);
        }
}

static void check(const cJSON *args)
{
    static const char schema_text[] =
        "{\"type\":\"object\",\"properties\":{\"entity\":{\"type\":\"string\",\"maxLength\":64},"
        "\"brightness\":{\"type\":\"number\",\"minimum\":0,\"maximum\":100},\"mode\":{\"enum\":["
        "\"heat\",\"cool\"]},"
        "\"n\":{\"type\":\"integer\"},\"list\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
        "\"maxLength\":8}},"
        "\"attributes\":{\"type\":\"object\"}},\"required\":[\"entity\"],\"additionalProperties\":"
        "false}";
    static cJSON *schema;
    ond_err err = {0};
    if (!schema) must(ond_json_parse(OND_S(schema_text), &schema, &err) == 0);
    int rc = ond__schema_check(schema, args, "home.test", &err);
    must(rc == 0 || (rc == OND_E_INPUT && err.text[0]));
    if (rc) return;
    must(strlen(ond_json_str(args, "entity", "")) <= 64 * 4);
    double b = ond_json_num(args, "brightness", 0);
    must(b >= 0 && b <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *cut = n ? memchr(bytes, 0, n) : NULL;
    size_t text = cut ? (size_t)(cut - bytes) : n;
    cJSON *summary = NULL, *args = NULL;
    ond__policy *p = NULL;
    ond_err err = {0};
    if (cut) (void)!ond_json_parse((ond_str){(const char *)cut + 1, n - text - 1}, &args, &err);
    if (args) check(args);
    int rc = ond__policy_parse((ond_str){(const char *)bytes, text}, "policy.yaml", &p, &err);
    must(rc == 0 || (rc == OND_E_CONFIG && strncmp(err.text, "policy.yaml", 11) == 0 && !p));
    if (rc == 0) {
        must(ond_policy_check((ond_str){(const char *)bytes, text}, "policy.yaml", &summary,
                              &err) == 0 &&
             summary);
        judge(p, cJSON_IsObject(args) ? args : NULL);
    }
    cJSON_Delete(summary);
    cJSON_Delete(args);
    ond__policy_free(p);
    return 0;
}
