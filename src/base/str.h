/* str.h - borrowed views and owned, growing buffers of bytes.
 *
 * ond_str never owns and need not end in NUL. ond_buf owns; after a failed allocation it is `bad`: further
 * appends do nothing, and the caller asks once, at the end, with ond_buf_ok(). A buffer's p is always
 * NUL-terminated once anything was put. */
#ifndef OND_BASE_STR_H
#define OND_BASE_STR_H

#include "base/err.h"

#include <stdint.h>
#include <string.h>

typedef struct ond_str {
    const char *p;
    size_t n;
} ond_str;

#define OND_S(lit) ((ond_str){(lit), sizeof(lit) - 1})
static inline ond_str ond_str_of(const char *z) { return (ond_str){z ? z : "", z ? strlen(z) : 0}; }
bool ond_str_eq(ond_str a, ond_str b);
bool ond_str_is(ond_str a, const char *z);
ond_str ond_str_trim(ond_str s);                 /* ASCII white space at both ends */
char *ond_str_dup(ond_str s);                    /* malloc'd, NUL-terminated; NULL when out of memory */

typedef struct ond_buf {
    char *p;
    size_t n, cap;
    bool bad;      /* an allocation failed; what is in p is incomplete */
} ond_buf;

void ond_buf_free(ond_buf *b);                   /* and back to all zero */
void ond_buf_clear(ond_buf *b);                  /* n = 0, keeps memory */
bool ond_buf_ok(const ond_buf *b);
void ond_buf_reserve(ond_buf *b, size_t more);
void ond_buf_put(ond_buf *b, const void *bytes, size_t n);
void ond_buf_puts(ond_buf *b, const char *z);
void ond_buf_putc(ond_buf *b, char c);
void ond_buf_str(ond_buf *b, ond_str s);
void ond_buf_printf(ond_buf *b, const char *fmt, ...) OND_PRINTF(2, 3);
const char *ond_buf_z(const ond_buf *b);         /* never NULL; "" when empty */
/* Gives the bytes away (malloc'd, NUL-terminated, caller frees), or NULL when bad. The buffer is empty after. */
char *ond_buf_take(ond_buf *b);

#endif
