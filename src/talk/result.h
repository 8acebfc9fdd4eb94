/* result.h - a chosen reading as the caller sees it. */
#ifndef OND_TALK_RESULT_H
#define OND_TALK_RESULT_H

#include "talk/choose.h"

OND_CHECKED int ond__result(const ond__chart *c, const ond__reading *r, const cJSON *given,
                            ond_match *out, ond_err *err);

#endif
