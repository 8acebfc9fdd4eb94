/* steps.h - the functions that intents.def names. */
#ifndef OND_AGENT_STEPS_H
#define OND_AGENT_STEPS_H

#include "agent/room.h"

#define INTENT(name, kind, step, domains)                                                          \
    bool ond__step_##step(ond__wish *w, const ond__device *d, ond__draft *out);
#define ERRAND(name, kind, fn)
#include "agent/intents.def"
#undef INTENT
#undef ERRAND

#endif
