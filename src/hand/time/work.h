/* work.h - what the files that work out changes share. */
#ifndef OND_HAND_TIME_WORK_H
#define OND_HAND_TIME_WORK_H

#include "hand/time/internal.h"

/* One function a verb, named in verbs.def: adds its changes to *w, whose args are a copy of `args`
 * to be made exact. */
#define OND__TIME_DO(name)                                                                         \
    OND_CHECKED int ond__time_do_##name(ond__time *h, const char *verb, const cJSON *args,         \
                                        ond__time_work *w, ond_err *err)
OND__TIME_DO(timer_start);
OND__TIME_DO(timer_pause);
OND__TIME_DO(timer_add);
OND__TIME_DO(set_new);
OND__TIME_DO(move);
OND__TIME_DO(enable);
OND__TIME_DO(cancel);
OND__TIME_DO(restore);
OND__TIME_DO(quiet);
OND__TIME_DO(put_back);
OND__TIME_DO(list);

/* Takes both rows. */
OND_CHECKED int ond__time_add_change(ond__time_work *w, const char *id, cJSON *was, cJSON *is,
                                     ond_err *err);
/* Names those there are. */
OND_CHECKED int ond__time_not_found(ond__time *h, ond__time_kind k, const char *id, ond_err *err);
/* The row of a thing that has to be there. */
OND_CHECKED int ond__time_find(ond__time *h, ond__time_kind k, const char *id, cJSON **row,
                               ond_err *err);
/* One more of the kind, besides what `w` brings. */
OND_CHECKED int ond__time_check_room(ond__time *h, ond__time_kind k, const ond__time_work *w,
                                     ond_err *err);
/* The id that was given, if no thing has it; else a new one. It goes into the exact arguments. */
OND_CHECKED int ond__time_choose_id(ond__time *h, ond__time_kind k, const cJSON *args,
                                    ond__time_work *w, char id[OND__TIME_ID], ond_err *err);
OND_CHECKED int ond__time_undo_by_cancel(ond__time_work *w, ond__time_kind k, const char *id,
                                         ond_err *err);
OND_CHECKED int ond__time_duplicate(const cJSON *row, cJSON **out, ond_err *err);
/* A copy; NULL value: left out. */
bool ond__time_set_copy(cJSON *to, const char *name, const cJSON *value);
bool ond__time_add_text(cJSON *list, const char *text);
void ond__time_clear_clock(cJSON *row);                  /* it neither counts nor rings */
ond__time_kind ond__time_kind_of_verb(const char *verb); /* "alarm_set" */

#endif
