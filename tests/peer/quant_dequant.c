/* quant_dequant.c - rows to floats: ours beside ggml's, bit for bit, over random blocks of every type. TAP.
 *
 * With --golden it prints the table of tests/kern/golden.def from ggml's floats. */
#include "kern/blocks.h"

#include <ggml.h>
#include <stdio.h>

enum { BLOCKS = 4096 };

int main(int argc, char **argv)
{
    bool golden = argc > 1 && strcmp(argv[1], "--golden") == 0;
    if (!golden) printf("1..%d\n", ond_type_count());
    int bad = 0;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        size_t values = (size_t)ond_type_block(t) * BLOCKS, bytes = (size_t)ond_type_block_bytes(t) * BLOCKS;
        unsigned char *p = malloc(bytes);
        float *ours = malloc(values * sizeof *ours), *theirs = malloc(values * sizeof *theirs);
        uint64_t seed = 1000 + (uint64_t)t;
        random_blocks(t, p, bytes, &seed);
        if (t == OND_F32)
            memcpy(theirs, p, bytes);
        else
            ggml_get_type_traits((enum ggml_type)t)->to_float(p, theirs, (int64_t)values);
        ond_dequant(t, p, values, ours);
        bool same = memcmp(ours, theirs, values * sizeof *ours) == 0;
        if (golden)
            printf("GOLDEN(%s, 0x%016llxu)\n", ond_type_name(t), (unsigned long long)hash_floats(theirs, values));
        else
            printf("%s %d - %s: %d blocks\n", same ? "ok" : "not ok", i + 1, ond_type_name(t), BLOCKS);
        bad += !same;
        free(p);
        free(ours);
        free(theirs);
    }
    return bad != 0;
}
