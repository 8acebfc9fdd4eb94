/* type.c - the table of tensor types. */
#include "base/type.h"

#include <strings.h>

typedef struct row {
    ond_type type;
    const char *name;
    int block, bytes;
} row;

static const row rows[] = {
#define TYPE(NAME, number, name, block, bytes) {OND_##NAME, name, block, bytes},
#include "base/types.def"
#undef TYPE
};

enum { N_ROWS = (int)(sizeof rows / sizeof *rows) };

static const row *find(uint32_t number)
{
    for (int i = 0; i < N_ROWS; i++)
        if ((uint32_t)rows[i].type == number) return &rows[i];
    return NULL;
}

bool ond_type_known(uint32_t number) { return find(number) != NULL; }

const char *ond_type_name(uint32_t number)
{
    const row *r = find(number);
    return r ? r->name : "unknown";
}

bool ond_type_named(const char *name, ond_type *out)
{
    for (int i = 0; i < N_ROWS; i++)
        if (strcasecmp(rows[i].name, name) == 0) {
            *out = rows[i].type;
            return true;
        }
    return false;
}

int ond_type_block(ond_type t)
{
    const row *r = find((uint32_t)t);
    return r ? r->block : 0;
}

int ond_type_block_bytes(ond_type t)
{
    const row *r = find((uint32_t)t);
    return r ? r->bytes : 0;
}

size_t ond_type_row_bytes(ond_type t, uint64_t n)
{
    const row *r = find((uint32_t)t);
    if (!r || n % (uint64_t)r->block != 0) return 0;
    uint64_t blocks = n / (uint64_t)r->block;
    if (blocks > SIZE_MAX / (size_t)r->bytes) return 0;
    return (size_t)blocks * (size_t)r->bytes;
}

int ond_type_count(void) { return N_ROWS; }
ond_type ond_type_at(int i) { return rows[i].type; }
