/* context.h - conditions of a block against what is known: requires_context, excludes_context. */
#ifndef OND_TALK_CONTEXT_H
#define OND_TALK_CONTEXT_H

#include "base/json.h"

/* A context value may be an object {value, text, metadata}; this is its value. NULL for NULL, JSON
 * null and an object without one. */
const cJSON *ond__context_value(const cJSON *v);
/* Equality as the reference sees it: numbers by value, booleans as 0 and 1. */
bool ond__context_equal(const cJSON *a, const cJSON *b);

/* Whether one required (excluded) entry is met (not broken) by the value `actual`, where `present`
 * says that the key is there at all. `missing_ok`: a missing key breaks nothing. */
bool ond__context_allows(const cJSON *required, const cJSON *actual, bool present, bool missing_ok);
bool ond__context_excludes(const cJSON *excluded, const cJSON *actual, bool present);
/* The strict check of a whole match: present, not null, and equal or in the list. */
bool ond__context_meets(const cJSON *required, const cJSON *actual);

/* All entries of an object of conditions against an object (or NULL), missing keys allowed. */
bool ond__context_may(const cJSON *requires, const cJSON *excludes, const cJSON *context);

#endif
