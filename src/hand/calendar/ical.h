/* ical.h - libical, loaded when a calendar is first used: ond__cal_ical.time_from_string() is
 * icaltime_from_string(). It draws in ICU, which would cost every start some milliseconds. */
#ifndef OND_HAND_CALENDAR_ICAL_H
#define OND_HAND_CALENDAR_ICAL_H

#include "base/err.h"

#include <libical/ical.h>

#define OND__CAL_ICAL(X)                                                                           \
    X(component_as_ical_string_r)                                                                  \
    X(component_free)                                                                              \
    X(component_get_first_component) X(component_get_next_component) X(component_isa)              \
        X(component_new_clone) X(component_new_from_string) X(component_get_first_property) X(     \
            component_get_next_property) X(durationtype_as_int) X(durationtype_from_string)        \
            X(durationtype_is_bad_duration) X(error_set_errors_are_fatal) X(memory_free_buffer) X( \
                parameter_new_from_string) X(property_add_parameter) X(property_as_ical_string_r)  \
                X(property_free) X(property_new) X(property_set_value)                             \
                    X(property_set_value_from_string) X(property_get_rrule) X(recur_iterator_free) \
                        X(recur_iterator_new) X(recur_iterator_next) X(recur_iterator_set_start)   \
                            X(recurrencetype_as_string_r) X(recurrencetype_from_string)            \
                                X(time_as_ical_string_r) X(time_compare) X(time_from_string)       \
                                    X(time_is_null_time) X(timezone_free)                          \
                                        X(timezone_get_builtin_timezone) X(timezone_get_component) \
                                            X(timezone_get_utc_offset) X(timezone_new)             \
                                                X(timezone_set_component)                          \
                                                    X(timezone_truncate_vtimezone)                 \
                                                        X(value_as_ical_string_r) X(value_free)    \
                                                            X(value_get_text)                      \
                                                                X(value_new_from_string)           \
                                                                    X(value_new_text)

#define X(f) __typeof__(&ical##f) f;
extern struct ond__cal_ical {
    OND__CAL_ICAL(X)
} ond__cal_ical;
#undef X

OND_CHECKED int ond__cal_ical_load(ond_err *err);

#endif
