/* ids.h - small numbers for nodes of a document, the same each time that one is met. */
#ifndef OND_HAND_WEB_IDS_H
#define OND_HAND_WEB_IDS_H

#include "base/str.h"

typedef struct ond__ids ond__ids;

/* *ids NULL: is made. A document other than the last begins at 1 again. *turn: how often the
 * document has been looked at. False when out of memory. */
bool ond__ids_begin(ond__ids **ids, const char *document, unsigned *turn);
/* The number of a node. key: never 0. 0 when out of memory, or after a million nodes. */
unsigned ond__ids_number(ond__ids *ids, uint64_t key);
void ond__ids_free(ond__ids *ids);

#endif
