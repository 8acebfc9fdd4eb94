/* late.c - dlopen, with all functions or none. */
#include "sys/late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static int find_all(const ond_late *l, void *handle, ond_err *err)
{
    for (size_t i = 0; i < l->n; i++) {
        void *at = dlsym(handle, l->fn[i].name);
        if (!at)
            return ond_fail(err, OND_E_UNAVAILABLE,
                            "%s has no %s: install the version that this program was built for",
                            l->file, l->fn[i].name);
        memcpy(l->fn[i].to, &at, sizeof at); /* C has no cast between the two kinds of pointers */
    }
    return OND_OK;
}

int ond_late_load(ond_late *l, ond_err *err)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    int rc = OND_OK;
    pthread_mutex_lock(&one_at_a_time);
    if (!l->loaded) {
        void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
        if (!handle)
            rc = ond_fail(err, OND_E_UNAVAILABLE, "a library is missing: %s", dlerror());
        else if ((rc = find_all(l, handle, err)) == 0)
            l->loaded = true;
        else
            dlclose(handle);
    }
    pthread_mutex_unlock(&one_at_a_time);
    return rc;
}
