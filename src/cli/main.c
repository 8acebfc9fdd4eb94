/* main.c - where the program begins. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return ond__cli_run(argc, argv);
}
