/* curl.c - the table of libcurl's functions. */
#include "hub/curl.h"
#include "sys/late.h"

struct ond__curl ond__curl;

#define X(f) {"curl_" #f, &ond__curl.f},
static const ond_late_fn fns[] = {OND__CURL(X)};
#undef X

int ond__curl_load(ond_err *err)
{
    static ond_late library = {"libcurl.so.4", fns, sizeof fns / sizeof *fns, false};
    return ond_late_load(&library, err);
}
