/* kern.c - which kernel sets this processor can run, and which one is taken. */
#include "kern/internal.h"
#include "sys/cpu.h"

#include <stdlib.h>

typedef struct row {
    const ond_kern *kern;
    const char *name;
} row;

static const row rows[] = {
#define KERN(symbol, name, can) {&symbol, name},
#include "kern/kerns.def"
#undef KERN
};

enum { N_ROWS = (int)(sizeof rows / sizeof *rows) };

static bool can_run(int i)
{
    const ond_cpu *cpu = ond_cpu_get();
    const bool can[] = {
#define KERN(symbol, name, can) can,
#include "kern/kerns.def"
#undef KERN
    };
    (void)cpu;
    return can[i];
}

int ond_kern_count(void)
{
    int n = 0;
    for (int i = 0; i < N_ROWS; i++) n += can_run(i);
    return n;
}

const ond_kern *ond_kern_at(int at)
{
    for (int i = 0; i < N_ROWS; i++)
        if (can_run(i) && at-- == 0) return rows[i].kern;
    return NULL;
}

const ond_kern *ond_kern_named(const char *name)
{
    for (int i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return can_run(i) ? rows[i].kern : NULL;
    return NULL;
}

/* "ref, avx2": those that would do. */
static void list_names(ond_buf *b)
{
    for (int i = 0; i < ond_kern_count(); i++) {
        if (i) ond_buf_puts(b, ", ");
        ond_buf_puts(b, ond_kern_at(i)->name);
    }
}

static int refuse(const char *name, ond_err *err)
{
    const ond_cpu *cpu = ond_cpu_get();
    ond_buf can = {0};
    list_names(&can);
    bool known = false;
    for (int i = 0; i < N_ROWS; i++) known = known || strcmp(rows[i].name, name) == 0;
    int rc = known ? ond_fail(err, OND_E_INPUT, "ONDOL_KERN=%s: this processor (%s) cannot run that kernel set; it can run %s",
                              name, cpu->name[0] ? cpu->name : "of unknown name", ond_buf_z(&can))
                   : ond_fail(err, OND_E_INPUT, "ONDOL_KERN=%s: there is no such kernel set; this processor (%s) can run %s",
                              name, cpu->name[0] ? cpu->name : "of unknown name", ond_buf_z(&can));
    ond_buf_free(&can);
    return rc;
}

int ond_kern_pick(const ond_kern **out, ond_err *err)
{
    const char *name = getenv("ONDOL_KERN");
    *out = name && *name ? ond_kern_named(name) : ond_kern_at(ond_kern_count() - 1);
    return *out ? 0 : refuse(name, err);
}
