/* locale.c - the language that the environment asks for, without setlocale: it works where no
 * locale is installed. */
#include "cli/cli.h"

#include <stdlib.h>

const char *ond__locale_lang(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) return strncmp(value, "ko", 2) == 0 ? "ko" : "en";
    }
    return "en";
}
