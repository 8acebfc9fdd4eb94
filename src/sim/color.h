/* color.h - names of colours and what they are on a lamp.
 *
 * The names are those of the sentence rules (Home Assistant's intents) and the common CSS ones. A
 * name goes to red, green, blue and back to the same name. */
#ifndef OND_SIM_COLOR_H
#define OND_SIM_COLOR_H

#include "base/str.h"

#include <stddef.h>

typedef struct ond_color {
    const char *name, *ko;
    unsigned char rgb[3];
} ond_color;

/* All of them, the common ones first; *n their number. */
const ond_color *ond_colors(size_t *n);
/* By name, letter case does not matter; NULL: no such colour. */
const ond_color *ond_color_by_name(const char *name);
/* The colour that looks nearest; never NULL. Brightness does not count: the brightest component is
 * scaled to 255. */
const ond_color *ond_color_near(const double rgb[3]);
/* Hue in degrees and saturation in percent, both ways, at full brightness. */
void ond_color_to_hs(const double rgb[3], double hs[2]);
void ond_color_from_hs(const double hs[2], double rgb[3]);
/* Chromaticity (CIE 1931) from and to red, green, blue (sRGB primaries, D65), at full brightness.
 */
void ond_color_to_xy(const double rgb[3], double xy[2]);
void ond_color_from_xy(const double xy[2], double rgb[3]);

#endif
