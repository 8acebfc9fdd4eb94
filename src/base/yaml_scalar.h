/* yaml_scalar.h - inside base: what a plain YAML scalar means. */
#ifndef OND_BASE_YAML_SCALAR_H
#define OND_BASE_YAML_SCALAR_H

#include "base/json.h"

/* The value of a plain scalar by PyYAML's implicit resolvers; NULL when out of memory. s must hold
 * no NUL. */
cJSON *ond__yaml_plain(ond_str s);
/* By an explicit tag, such as "tag:yaml.org,2002:int". NULL with *why set when the text does not
 * fit the tag or the tag is not of YAML's core; NULL with *why NULL when out of memory. */
cJSON *ond__yaml_tagged(ond_str s, const char *tag, const char **why);
cJSON *ond__yaml_string(ond_str s);

#endif
