/* verbs.c - the table of verbs with their schemas, from verbs.def. */
#include "hand/home/internal.h"

#define ENTITY "\"entity\":{\"type\":\"string\",\"maxLength\":128}"
/* Properties of a row end in a comma each; entity closes the list. */
#define SCHEMA(properties, required)                                                               \
    "{\"type\":\"object\",\"properties\":{" properties ENTITY                                      \
    "},\"required\":[\"entity\"" required "],\"additionalProperties\":false}"

const ond_verb_def ond__home_verbs[] = {
#define VERB(name, effect, summary, properties, required)                                          \
    {#name, OND_EFFECT_##effect, summary, SCHEMA(properties, required)},
#include "hand/home/verbs.def"
#undef VERB
    {0},
};
