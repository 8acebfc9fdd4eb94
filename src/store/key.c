/* key.c - the device key (Ed25519): made once, kept outside the store, 0600.
 *
 * The file is one line of text, "ondol device key 1 HEX", HEX being the 32-byte seed of RFC 8032.
 */
#include "store/key.h"
#include "sys/file.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#define PREFIX "ondol device key 1 "

static int make_key(const char *path, ond_hash *seed, ond_err *err)
{
    char folder[PATH_MAX], hex[OND_HASH_HEX];
    const char *slash = strrchr(path, '/');
    if (slash && slash > path) {
        if ((size_t)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >=
            sizeof folder)
            return ond_fail(err, OND_E_IO, "the path of the device key is too long");
        int rc = ond_dir_make(folder, 0700, err);
        if (rc != 0) return rc;
    }
    ond_random(seed->b, sizeof seed->b);
    ond_hash_hex(seed, hex);
    char line[sizeof PREFIX + OND_HASH_HEX];
    int n = snprintf(line, sizeof line, PREFIX "%s\n", hex);
    int rc = ond_file_write(path, (ond_str){line, (size_t)n}, 0600, err);
    sodium_memzero(line, sizeof line);
    sodium_memzero(hex, sizeof hex);
    return rc;
}

static int parse_key(const char *path, const ond_buf *text, ond_hash *seed, ond_err *err)
{
    ond_str s = ond_str_trim((ond_str){text->p, text->n});
    size_t n = sizeof PREFIX - 1;
    char hex[OND_HASH_HEX] = "";
    if (s.n == n + OND_HASH_HEX - 1 && memcmp(s.p, PREFIX, n) == 0)
        memcpy(hex, s.p + n, OND_HASH_HEX - 1);
    bool good = hex[0] && ond_hash_unhex(hex, seed);
    sodium_memzero(hex, sizeof hex);
    if (good) return OND_OK;
    return ond_fail(err, OND_E_CONFIG,
                    "%s is not a device key: put back the one from your backup, or move the file "
                    "away, and a new key "
                    "is made (the journal will say that its head was signed by another one)",
                    path);
}

/* Others must not read the key; a copied file may have come with a wider mode. */
static int narrow(const char *path, ond_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || (st.st_mode & 077) == 0 || chmod(path, 0600) == 0) return OND_OK;
    return ond_fail(err, OND_E_CONFIG,
                    "the device key %s can be read by others: run `chmod 600` on it", path);
}

int ond__key_load(const char *path, bool make, unsigned char secret[64],
                  unsigned char public_key[32], ond_err *err)
{
    ond_hash seed;
    ond_buf text = {0};
    if (sodium_init() < 0)
        return ond_fail(err, OND_E_FAILED,
                        "libsodium cannot start: the system gives no random bytes");
    int rc = ond_file_read(path, 4096, &text, err);
    if (rc == 0)
        rc = parse_key(path, &text, &seed, err);
    else if (rc == OND_E_NOT_FOUND && make)
        rc = make_key(path, &seed, err);
    if (rc == 0 && make) rc = narrow(path, err);
    if (rc == 0) crypto_sign_seed_keypair(public_key, secret, seed.b);
    if (text.p) sodium_memzero(text.p, text.n);
    ond_buf_free(&text);
    sodium_memzero(&seed, sizeof seed);
    return rc;
}
