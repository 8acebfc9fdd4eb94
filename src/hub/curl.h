/* curl.h - libcurl, loaded with the first request (private to the room hub): ond__curl.easy_init() is curl_easy_init(). */
#ifndef OND_HUB_CURL_H
#define OND_HUB_CURL_H

#include "base/err.h"

#define CURL_DISABLE_TYPECHECK /* its macros call the functions by their names */
#include <curl/curl.h>

#define OND__CURL(X) \
    X(easy_cleanup) X(easy_getinfo) X(easy_init) X(easy_perform) X(easy_setopt) X(easy_strerror) \
    X(global_init) X(multi_add_handle) X(multi_cleanup) X(multi_info_read) X(multi_init) \
    X(multi_perform) X(multi_poll) X(multi_remove_handle)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#define X(f) __typeof__(&curl_##f) f;
extern struct ond__curl {
    OND__CURL(X)
} ond__curl;
#undef X

OND_CHECKED int ond__curl_load(ond_err *err);

#endif
