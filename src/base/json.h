/* json.h - JSON values, by cJSON, with what cJSON leaves open: limits, UTF-8, canonical form.
 *
 * cJSON is the house's value type: arguments of a verb, device states, requests, replies. Numbers are
 * doubles, so integers above 2^53 are kept as text. An object keeps the order of its keys. */
#ifndef OND_BASE_JSON_H
#define OND_BASE_JSON_H

#include "base/str.h"

#include <cjson/cJSON.h>

/* Parses one JSON text of any origin: invalid UTF-8, depth over 64 or anything after the value is an error
 * (OND_E_INPUT). On success the caller owns *out (cJSON_Delete). */
OND_CHECKED int ond_json_parse(ond_str text, cJSON **out, ond_err *err);

/* Members by exact name; the defaults come back when the member is missing or of another type. */
const cJSON *ond_json_get(const cJSON *object, const char *key);
const char *ond_json_str(const cJSON *object, const char *key, const char *otherwise);
double ond_json_num(const cJSON *object, const char *key, double otherwise);
bool ond_json_bool(const cJSON *object, const char *key, bool otherwise);

/* Setters replace a member of that name. They return false when out of memory; `value` is freed then. */
bool ond_json_set(cJSON *object, const char *key, cJSON *value);
bool ond_json_set_str(cJSON *object, const char *key, const char *value);   /* NULL: JSON null */
bool ond_json_set_num(cJSON *object, const char *key, double value);
bool ond_json_set_bool(cJSON *object, const char *key, bool value);

/* Decimal text and back, in every locale alike: "12", "-0.5", "1e9"; false for anything else or beyond a double. */
bool ond_num_parse(ond_str s, double *out);
void ond_num_put(ond_buf *out, double v);   /* as ond_json_print would */

/* One line without white space. Integral numbers print without a fraction, others by the shortest text that
 * reads back the same. `canon` sorts keys by bytes, so that equal values have equal bytes (for hashes). */
void ond_json_print(ond_buf *out, const cJSON *value);
void ond_json_canon(ond_buf *out, const cJSON *value);
/* Deep equality of values; numbers within 1e-9. */
bool ond_json_equal(const cJSON *a, const cJSON *b);

#endif
