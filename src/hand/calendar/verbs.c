/* verbs.c - the table of verbs with their schemas, from verbs.def. */
#include "hand/calendar/internal.h"

#define SCHEMA(properties, required)                                                               \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required                 \
    "],\"additionalProperties\":false}"

const ond_verb_def ond__cal_verbs[] = {
#define VERB(name, fn, effect, summary, properties, required)                                      \
    {#name, OND_EFFECT_##effect, summary, SCHEMA(properties, required)},
#include "hand/calendar/verbs.def"
#undef VERB
    {0},
};
