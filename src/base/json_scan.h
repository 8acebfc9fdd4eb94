/* json_scan.h - inside base: what the JSON and YAML readers share. */
#ifndef OND_BASE_JSON_SCAN_H
#define OND_BASE_JSON_SCAN_H

#include "base/json.h"

#define OND__JSON_DEPTH 64
#define OND__NUMBER_MOST 63   /* bytes of a number that cJSON reads */

/* Is text one JSON value by RFC 8259, within the depth? Else OND_E_INPUT with its place. */
OND_CHECKED int ond__json_scan(ond_str text, ond_err *err);

/* Removes each member whose key comes again later in the same object, in about linear time, here
 * and below. */
OND_CHECKED int ond__json_last_wins(cJSON *value, ond_err *err);

#endif
