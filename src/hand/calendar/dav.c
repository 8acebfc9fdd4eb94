/* dav.c - stub. */
#include "hand/calendar/dav.h"
struct ond__dav { int x; };
int ond__dav_open(ond__cal *h, const cJSON *config, ond__dav **out, ond_err *err) { (void)h; (void)config; (void)err; *out = NULL; return 0; }
void ond__dav_close(ond__dav *v) { (void)v; }
int ond__dav_run(ond__cal *h, ond_act *a, ond_ms limit_ms) { (void)h; (void)limit_ms; return ond_fail(&a->err, OND_E_UNAVAILABLE, "no server"); }
void ond__dav_soon(ond__cal *h) { (void)h; }
int ond__dav_fd(ond__dav *v) { (void)v; return -1; }
void ond__dav_service(ond__dav *v) { (void)v; }
void ond__dav_health(const ond__dav *v, bool *ok, ond_buf *what) { (void)v; (void)ok; (void)what; }
bool ond__dav_synced(const ond__dav *v, ond_ms since) { (void)v; (void)since; return false; }
int ond__cal_sync_plan(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err) { (void)h; (void)args; (void)w; return ond_fail(err, OND_E_UNAVAILABLE, "no server"); }
