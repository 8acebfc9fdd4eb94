/* verb_hands.c - `ondol hands`: the ways to act. */
#include "cli/cli.h"

static void print_hand(const ond_cli *c, const cJSON *hand)
{
    const cJSON *health = ond_json_get(hand, "health"), *verb;
    bool ok = ond_json_bool(health, "ok", false);
    printf("%s%s%s  %s\n", ond__on(c, OND__BOLD), ond_json_str(hand, "name", ""), ond__off(c),
           ond_json_str(hand, "summary", ""));
    printf("  %s%s%s ", ond__on(c, ok ? OND__GREEN : OND__RED), ok ? "ok" : "not ok", ond__off(c));
    ond__print_safe(stdout, ond_json_str(health, "what", ""));
    putchar('\n');
    cJSON_ArrayForEach(verb, ond_json_get(hand, "verbs"))
    {
        const char *policy = ond_json_str(verb, "policy", "");
        fputs("  ", stdout);
        ond__pad(stdout, ond_json_str(verb, "name", ""), 17);
        ond__pad(stdout, ond_json_str(verb, "effect", ""), 14);
        ond__pad(stdout, policy, 8);
        printf("%s\n", ond_json_str(verb, "summary", ""));
    }
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL;
    const cJSON *hand;
    int rc = ond__call(c, ond__request(c, "hands"), &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json)
        ond__print_json(reply);
    else if (rc == 0)
        cJSON_ArrayForEach(hand, ond_json_get(reply, "hands")) print_hand(c, hand);
    cJSON_Delete(reply);
    return rc;
}

const ond_cli_verb ond_verb_hands = {
    .usage = "hands",
    .en = "Lists the hands, which are the ways to act on the world: whether each is well, its\n"
          "verbs, the heaviest effect of each (read, reversible, irreversible, physical), and\n"
          "what the policy usually says to it (allow, ask, deny). --json adds the schema of\n"
          "each verb's arguments.",
    .ko = "세상에 손을 대는 방법인 손(hand)을 보여 줘요. 손이 멀쩡한지, 어떤 동작이 있는지,\n"
          "동작마다 가장 무거운 효과 (read, reversible, irreversible, physical)와 정책이 보통\n"
          "하는 대답(allow, ask, deny)이 나와요. --json이면 동작마다 인자의 형식도 나와요.",
    .common = OND__JSON | OND__HOUSE_FILE | OND__NO_WORDS,
    .examples = "ondol hands\nondol hands --json",
    .run = run,
};
