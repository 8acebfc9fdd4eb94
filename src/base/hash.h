/* hash.h - BLAKE2b digests (libsodium) for what must hold, FNV-1a for tables in memory. */
#ifndef OND_BASE_HASH_H
#define OND_BASE_HASH_H

#include "base/str.h"

#define OND_HASH_BYTES 32
#define OND_HASH_HEX 65     /* with NUL */

typedef struct ond_hash { unsigned char b[OND_HASH_BYTES]; } ond_hash;

void ond_hash_of(const void *bytes, size_t n, ond_hash *out);       /* BLAKE2b-256, RFC 7693 */
void ond_hash_hex(const ond_hash *h, char out[OND_HASH_HEX]);
bool ond_hash_unhex(const char *hex, ond_hash *out);
uint64_t ond_fnv(const void *bytes, size_t n);                       /* 64-bit FNV-1a; not for hostile keys */

#endif
