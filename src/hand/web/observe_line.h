/* observe_line.h - the lines of an observation's text: what the writer puts together. */
#ifndef OND_HAND_WEB_OBSERVE_LINE_H
#define OND_HAND_WEB_OBSERVE_LINE_H

#include "hand/web/observe.h"

/* One line with its end. budget: of the whole text; strings get shares of it. bare: the number, the
 * role, the beginning of the name. */
void ond__line(ond_buf *out, const ond__node *n, unsigned budget, bool bare);
void ond__line_region(ond_buf *out, const ond__region *r, size_t number);
/* changed: so many nodes have, or -1 where the text is no delta. */
void ond__line_head(ond_buf *out, const ond__observation *o, long changed);
/* Of all that a line says. */
uint64_t ond__line_hash(const ond__node *n);

#endif
