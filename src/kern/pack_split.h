/* pack_split.h - one block of one row taken apart: unsigned codes, scales (private to pack). */
#ifndef OND_KERN_PACK_SPLIT_H
#define OND_KERN_PACK_SPLIT_H

#include "base/type.h"

typedef struct ond__split {
    uint8_t q[256];    /* codes, column by column */
    uint16_t d, m;     /* as in the file (f16; MXFP4: the exponent byte) */
    uint8_t sub[16];   /* entries of panel.h's `sub` */
} ond__split;

void ond__split_block(ond_type t, const unsigned char *block, ond__split *c);
/* The same floats as ond_dequant of the plain block. */
void ond__join_block(ond_type t, const ond__split *c, float *out);

#endif
