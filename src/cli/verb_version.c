/* verb_version.c - `ondol version`. */
#include "cli/cli.h"

static int run(ond_cli *c)
{
    if (!c->json) {
        printf("ondol %s\n", OND_VERSION);
        return OND_OK;
    }
    printf("{\"version\":1,\"ondol\":\"%s\"}\n", OND_VERSION);
    return OND_OK;
}

const ond_cli_verb ond_verb_version = {
    .usage = "version",
    .en = "Prints the version; so does `ondol --version`.",
    .ko = "버전을 보여 줘요. `ondol --version`도 같아요.",
    .common = OND__JSON | OND__NO_WORDS,
    .examples = "ondol version",
    .run = run,
};
