/* curl.h - libcurl, loaded with the first request: ond_curl.easy_init() is curl_easy_init(). */
#ifndef OND_SYS_CURL_H
#define OND_SYS_CURL_H

#include "base/err.h"

#define CURL_DISABLE_TYPECHECK /* its macros call the functions by their names */
#include <curl/curl.h>

#define OND__CURL(X) \
    X(easy_cleanup) X(easy_getinfo) X(easy_init) X(easy_perform) X(easy_reset) X(easy_setopt) \
    X(easy_strerror) X(free) X(global_init) X(multi_add_handle) X(multi_assign) X(multi_cleanup) \
    X(multi_info_read) X(multi_init) X(multi_perform) X(multi_poll) X(multi_remove_handle) \
    X(multi_setopt) X(multi_socket_action) X(slist_append) X(slist_free_all) X(url) \
    X(url_cleanup) X(url_get) X(url_set)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#define X(f) __typeof__(&curl_##f) f;
extern struct ond_curl_table {
    OND__CURL(X)
} ond_curl;
#undef X

/* Before the first use of the table; global_init is done with it. */
OND_CHECKED int ond_curl_load(ond_err *err);

#endif
