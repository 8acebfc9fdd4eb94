/* key.h - the device key that signs the head. Private to this room. */
#ifndef OND_STORE_KEY_H
#define OND_STORE_KEY_H

#include "base/hash.h"

/* Reads the key; makes one when it is missing and `make`. OND_E_NOT_FOUND, OND_E_CONFIG (no key in
 * the file). */
OND_CHECKED int ond__key_load(const char *path, bool make, unsigned char secret[64],
                              unsigned char public_key[32], ond_err *err);

#endif
