/* hash.c - BLAKE2b by libsodium, and FNV-1a. */
#include "base/hash.h"

#include <sodium.h>

void ond_hash_of(const void *bytes, size_t n, ond_hash *out)
{
    /* sodium_init chooses the fastest code for this processor; it may be called again and from any
     * thread. Were it to fail, the portable code would still give the same digest. */
    (void)!sodium_init();
    static const unsigned char nothing[1];
    crypto_generichash(out->b, sizeof(out->b), n ? bytes : nothing, n, NULL, 0);
}

void ond_hash_hex(const ond_hash *h, char out[OND_HASH_HEX])
{
    sodium_bin2hex(out, OND_HASH_HEX, h->b, sizeof(h->b));
}

bool ond_hash_unhex(const char *hex, ond_hash *out)
{
    size_t n = 0;
    if (!hex || strlen(hex) != OND_HASH_HEX - 1) return false;
    ond_hash h;
    if (sodium_hex2bin(h.b, sizeof(h.b), hex, OND_HASH_HEX - 1, NULL, &n, NULL) != 0 ||
        n != sizeof(h.b))
        return false;
    *out = h;
    return true;
}

uint64_t ond_fnv(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * 1099511628211u;
    return h;
}
