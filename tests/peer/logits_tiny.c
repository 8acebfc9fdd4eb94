/* logits_tiny.c - writes the tiny models of tests/model/tiny.h for logits.sh: logits_tiny VARIANT TYPE SEED FILE, or "list". */
#include "model/tiny.h"

int main(int argc, char **argv)
{
    ond_err err;
    ond_type type;
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (int i = 0; i < TINIES; i++) printf("%s\n", tinies[i].name);
        return 0;
    }
    if (argc != 5 || !ond_type_named(argv[2], &type)) return 2;
    for (int i = 0; i < TINIES; i++) {
        if (strcmp(tinies[i].name, argv[1]) != 0) continue;
        if (tiny_write(&tinies[i], type, (uint64_t)atoi(argv[3]), argv[4], &err) == 0) return 0;
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 2;
}
