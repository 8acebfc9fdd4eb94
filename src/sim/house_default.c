/* house_default.c - the built-in house, packs/house/default.yaml, as it is, inside the program.
 *
 * By the assembler, so that no generator is needed. The path is relative to the folder where make
 * runs. */
#include "sim/sim.h"

__asm__(".pushsection .rodata\n"
        ".global ond__house_text\n"
        ".global ond__house_text_end\n"
        "ond__house_text:\n"
        ".incbin \"packs/house/default.yaml\"\n"
        "ond__house_text_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const char ond__house_text[], ond__house_text_end[];

ond_str ond_house_default(void)
{
    return (ond_str){ond__house_text, (size_t)(ond__house_text_end - ond__house_text)};
}
