/* plans.h - what became of a sentence, in one line, so that a table can hold it.
 *
 *   turn_on light.a light.b            steps of one verb and one set of arguments
 *   set_light light.a brightness=30    with arguments
 *   turn_off*12                        more than six devices: how many
 *   a; b                               several verbs, in order
 *   ask 3                              a question with so many choices
 *   fail NOT_FOUND                     understood, but it cannot be
 *   -                                  understood, and no device is needed */
#ifndef TEST_AGENT_PLANS_H
#define TEST_AGENT_PLANS_H

#include "agent/agent.h"

enum { MOST_NAMED = 6 };

static inline void args_put(ond_buf *out, const cJSON *args)
{
    const cJSON *arg;
    cJSON_ArrayForEach(arg, args) {
        if (strcmp(arg->string, "entity") == 0)
            continue;
        ond_buf_printf(out, " %s=", arg->string);
        if (cJSON_IsString(arg))
            ond_buf_puts(out, arg->valuestring);
        else
            ond_json_print(out, arg);
    }
}

/* The verb and arguments of a step, without its device. */
static inline char *manner(const cJSON *step)
{
    ond_buf b = {0};
    ond_buf_puts(&b, ond_json_str(step, "verb", "?"));
    args_put(&b, ond_json_get(step, "args"));
    return ond_buf_take(&b);
}

static inline void steps_put(ond_buf *out, const cJSON *plan)
{
    for (const cJSON *step = plan ? plan->child : NULL, *next; step; step = next) {
        char *how = manner(step);
        int n = 0;
        for (next = step; next; next = next->next, n++) {
            char *other = manner(next);
            int same = strcmp(how, other) == 0;
            free(other);
            if (!same)
                break;
        }
        ond_buf_printf(out, "%s%s", out->n ? "; " : "", ond_json_str(step, "verb", "?"));
        if (n > MOST_NAMED)
            ond_buf_printf(out, "*%d", n);
        for (const cJSON *s = step; s != next && n <= MOST_NAMED; s = s->next)
            ond_buf_printf(out, " %s", ond_json_str(ond_json_get(s, "args"), "entity", "?"));
        args_put(out, ond_json_get(step, "args"));
        free(how);
    }
}

/* `parsed` is what ond_agent_parse gave. */
static inline void result_put(ond_buf *out, const cJSON *parsed)
{
    const cJSON *question = ond_json_get(parsed, "question"),
                *error = ond_json_get(parsed, "error");
    const cJSON *plan = ond_json_get(parsed, "plan");
    if (question)
        ond_buf_printf(out, "ask %d", cJSON_GetArraySize(ond_json_get(question, "choices")));
    else if (error)
        ond_buf_printf(out, "fail %s", ond_json_str(error, "code", "?"));
    else if (cJSON_GetArraySize(plan) == 0)
        ond_buf_putc(out, '-');
    else
        steps_put(out, plan);
}

#endif
