/* yaml.h - a YAML 1.1 document as a cJSON tree, bounded.
 *
 * By libyaml's event parser. Scalars are resolved as PyYAML's safe_load does (the sentence files were written
 * against it): plain yes/no/on/off/true/false are booleans, ~ and empty are null, decimal, 0x, 0o and 1_000
 * integers, floats; quoted scalars are strings. Of a repeated key the last one wins. Aliases are copied;
 * merge keys (<<) are honoured. Integer and other scalar keys become their text.
 * Limits turn a hostile document (billion laughs, deep nesting) into OND_E_INPUT instead of a long wait. */
#ifndef OND_BASE_YAML_H
#define OND_BASE_YAML_H

#include "base/json.h"

typedef struct ond_yaml_limits {   /* zero means the default */
    size_t bytes;                  /* of text; default 16 MiB */
    size_t nodes;                  /* after aliases are copied; default 2,000,000 */
    int depth;                     /* default 64 */
} ond_yaml_limits;

/* `name` is for messages: "name:line:column: what". An empty document gives JSON null. Caller owns *out. */
OND_CHECKED int ond_yaml_parse(ond_str text, const char *name, const ond_yaml_limits *limits, cJSON **out,
                               ond_err *err);

#endif
