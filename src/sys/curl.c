/* curl.c - the table of libcurl's functions. */
#include "sys/curl.h"
#include "sys/late.h"

struct ond_curl_table ond_curl;

#define X(f) {"curl_" #f, &ond_curl.f},
static const ond_late_fn fns[] = {OND__CURL(X)};
#undef X

int ond_curl_load(ond_err *err)
{
    static ond_late library = {"libcurl.so.4", fns, sizeof fns / sizeof *fns, false};
    int rc = ond_late_load(&library, err);
    if (rc == 0) ond_curl.global_init(CURL_GLOBAL_DEFAULT);
    return rc;
}
