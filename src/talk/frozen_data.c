/* frozen_data.c - the grammars of packs/ko and packs/en as tools/freeze has made them, inside the program.
 *
 * By the assembler; the Makefile defines where they lie (FROZEN). */
#include "talk/frozen.h"

#define AT(lang)                                                          \
    __asm__(".pushsection .rodata\n"                                      \
            ".balign 64\n"                                                \
            ".global ond__frozen_" lang "\n"                              \
            ".global ond__frozen_" lang "_end\n"                          \
            "ond__frozen_" lang ":\n"                                     \
            ".incbin \"" FROZEN "/" lang ".frozen\"\n"                    \
            "ond__frozen_" lang "_end:\n"                                 \
            ".byte 0\n"                                                   \
            ".popsection\n")
AT("ko");
AT("en");

extern const char ond__frozen_ko[], ond__frozen_ko_end[], ond__frozen_en[], ond__frozen_en_end[];

ond_str ond__frozen(const char *lang)
{
    if (strcmp(lang, "ko") == 0)
        return (ond_str){ond__frozen_ko, (size_t)(ond__frozen_ko_end - ond__frozen_ko)};
    if (strcmp(lang, "en") == 0)
        return (ond_str){ond__frozen_en, (size_t)(ond__frozen_en_end - ond__frozen_en)};
    return (ond_str){0};
}
