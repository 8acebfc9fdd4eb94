/* state.c - whether a device is as a word says: "on", "open", "locked", "playing"; whatever kind of
 * device it is. */
#include "agent/room.h"

static bool is_one_of(const char *state, const char *words) { return ond__word_of(words, state); }

static int is_on(const char *domain, const char *state)
{
    if (strcmp(domain, "vacuum") == 0)
        return is_one_of(state, "cleaning");
    if (strcmp(domain, "alarm_control_panel") == 0)
        return !is_one_of(state, "disarmed");
    if (is_one_of(domain, "cover lock valve scene sensor button number select"))
        return -1;
    if (strcmp(domain, "media_player") == 0)
        return !is_one_of(state, "off standby");
    return strcmp(state, "off") != 0;
}

static int is_open(const char *domain, const char *state)
{
    if (is_one_of(domain, "cover valve"))
        return is_one_of(state, "open opening");
    if (strcmp(domain, "binary_sensor") == 0)
        return strcmp(state, "on") == 0;
    return -1;
}

static int is_locked(const char *domain, const char *state)
{
    return strcmp(domain, "lock") == 0 ? is_one_of(state, "locked locking") : -1;
}

static int not(int known) { return known < 0 ? known : !known; }

int ond__state_is(const ond__device *d, const cJSON *state, const char *wanted)
{
    const char *now = ond_json_str(state, "state", "");
    if (!now[0] || is_one_of(now, "unknown unavailable"))
        return -1;
    if (strcmp(wanted, "on") == 0)
        return is_on(d->domain, now);
    if (strcmp(wanted, "off") == 0)
        return not(is_on(d->domain, now));
    if (strcmp(wanted, "open") == 0)
        return is_open(d->domain, now);
    if (strcmp(wanted, "closed") == 0)
        return not(is_open(d->domain, now));
    if (strcmp(wanted, "armed") == 0)
        return strncmp(now, "armed", 5) == 0;
    if (strcmp(wanted, "moving") == 0)
        return is_one_of(now, "opening closing");
    if (strcmp(wanted, "locked") == 0)
        return is_locked(d->domain, now);
    if (strcmp(wanted, "unlocked") == 0)
        return not(is_locked(d->domain, now));
    return strcmp(now, wanted) == 0;
}
