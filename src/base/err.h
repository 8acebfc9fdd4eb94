/* err.h - one list of errors, one sentence for the user.
 *
 * Fallible functions return an ond_code (0 is success) as int and fill an ond_err at a room's door. The
 * sentence in ond_err.text is for a person: what happened, where (file, line, name), what to try.
 * `assert` is for our own bugs; the world's faults come back as errors. */
#ifndef OND_BASE_ERR_H
#define OND_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define OND_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#ifndef OND_ONDOL_H   /* include/ondol.h, which stands alone, has the same three; tests/run compares the codes */
#define OND_CHECKED __attribute__((warn_unused_result))
typedef enum ond_code {
    OND_OK = 0,
#define ERR(name, exit, http, text) OND_E_##name,
#include "base/err.def"
#undef ERR
    OND_CODE_COUNT
} ond_code;

typedef struct ond_err {
    ond_code code;
    char text[480];   /* UTF-8, NUL-terminated, cut at a character boundary */
} ond_err;
#endif

/* Fills *err (which may be NULL) and returns `code`, so that `return ond_fail(err, OND_E_IO, ...)` reads well. */
int ond_fail(ond_err *err, ond_code code, const char *fmt, ...) OND_PRINTF(3, 4);
/* The common one: out of memory while doing `what`. */
int ond_nomem(ond_err *err, const char *what);
/* Puts "prefix: " before the text that is there; returns err->code. */
int ond_err_prefix(ond_err *err, const char *fmt, ...) OND_PRINTF(2, 3);

const char *ond_code_name(int code);   /* "NOT_FOUND"; "OK" for 0; never NULL */
const char *ond_code_text(int code);   /* "not found" */
int ond_code_exit(int code);           /* exit status, 0 to 255 */
int ond_code_http(int code);           /* HTTP status */

/* For functions with `int rc` and one `out:` label. */
#define OND_TRY(expr) do { rc = (expr); if (rc != 0) goto out; } while (0)

#endif
