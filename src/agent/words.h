/* words.h - states, attributes and values in words of a language. */
#ifndef OND_AGENT_WORDS_H
#define OND_AGENT_WORDS_H

#include "agent/room.h"

/* "켜져 있어요", "on": what comes after the device's name. */
const char *ond__state_word(const ond__device *d, const cJSON *state, const char *lang);
/* The phrase of a state by its plain name: "on", "closed", … */
const char *ond__plain_word(const char *state, const char *lang);
const char *ond__opposite(const char *state);                       /* NULL: it has none */
const char *ond__attribute_word(const char *attribute,
                                const char *lang); /* NULL: not one that is told */
/* "80%", "21.5도", "주황색"; false: no such value, or not one that is told. `unit` may be NULL. */
bool ond__value_put(ond_buf *out, const char *attribute, const cJSON *value, const char *unit,
                    const char *lang);
/* What else is worth saying of a device that is so: "밝기 80%, 따뜻한 흰색"; nothing where there is
 * nothing. */
void ond__details_put(ond_buf *out, const ond__device *d, const cJSON *state, const char *lang);
/* The device as a sentence speaks of it: with "the" in English. */
void ond__speak_put(ond_buf *out, const ond__registry *r, int device, const char *lang);
/* "거실", "in the living room", "at the entrance", "on the first floor"; nothing where both are -1.
 */
void ond__where_put(ond_buf *out, const ond__registry *r, int area, int floor, const char *lang);
/* "거실에는 선풍기가 없어요.": the wish fails with NOT_FOUND. */
void ond__fail_there(ond__wish *w, int area, int floor, const char *what);
const char *ond__place_word(const ond__registry *r, int area, const char *lang); /* NULL: none */

#endif
