/* verbs.c - the table of verbs with their schemas, from verbs.def. */
#include "hand/time/internal.h"

#define SCHEMA(properties, required)                                                               \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required                 \
    "],\"additionalProperties\":false}"

const ond_verb_def ond__time_verbs[] = {
#define VERB(name, effect, summary, properties, required, fn)                                      \
    {#name, OND_EFFECT_##effect, summary, SCHEMA(properties, required)},
#include "hand/time/verbs.def"
#undef VERB
    {0},
};
