/* replay.c - runs a fuzz target over the files of a folder, without libFuzzer; prints TAP. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) return -1;
    size_t cap = 1u << 20, n;
    uint8_t *bytes = malloc(cap);
    if (!bytes) { fclose(f); return -1; }
    n = fread(bytes, 1, cap, f);
    fclose(f);
    /* An exact copy, so that a read past the end meets the sanitizer's wall. */
    uint8_t *exact = malloc(n ? n : 1);
    if (exact) {
        memcpy(exact, bytes, n);
        LLVMFuzzerTestOneInput(exact, n);
    }
    free(exact);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    int count = 0, bad = 0;
    DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
    if (d) {
        struct dirent *e;
        while ((e = readdir(d))) {
            char path[4096];
            if (e->d_name[0] == '.') continue;
            snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
            int rc = replay(path);
            printf("%sok %d - %s\n", rc ? "not " : "", ++count, e->d_name);
            bad += rc != 0;
        }
        closedir(d);
    }
    if (!count) printf("not ok 1 - no seeds in %s\n", argc > 1 ? argv[1] : "(none given)");
    printf("1..%d\n", count ? count : 1);
    return bad || !count;
}
