/* physics.c - what time does to a house.
 *
 * 1. Everything is a closed form of the time that passed: its cost does not grow with it.
 * 2. Passing two stretches one after the other gives what passing them at once gives (but for
 * rounding below what is shown): each quantity follows an exponential or a line until it meets a
 * bound, and then stays there.
 * 3. Nothing in here changes what a device was told to do, only how far it has come. */
#include "sim/house.h"

#include <math.h>
#include <stdio.h>

#define HOUR 3600.0
#define LOSS_S (9 * HOUR)   /* walls: time constant towards outside */
#define HEAT_S (0.8 * HOUR) /* a warm floor is slow */
#define COOL_S (0.4 * HOUR)
#define DRY_S (3 * HOUR)
#define MOIST_S (0.7 * HOUR)
#define OVEN_HEAT_S 300.0
#define OVEN_COOL_S (0.5 * HOUR)
#define DRAIN_PER_MIN 0.9
#define CHARGE_PER_MIN 0.6
#define BATTERY_LOW 15.0

/* From v towards `to` with time constant tau; a bound on the way (NAN: none) holds it. */
static double follow(double v, double to, double tau, double s, double bound)
{
    double next = to + (v - to) * exp(-s / tau);
    if (to < v && bound <= v) return fmax(next, bound);
    if (to > v && bound >= v) return fmin(next, bound);
    return next;
}

static bool is(const ond__thing *t, const char *domain)
{
    return strcmp(t->domain->name, domain) == 0;
}

/* ---- rooms ---- */

static void want_in(ond__area *a, const ond__thing *t)
{
    const char *mode = ond__shown(t);
    if (is(t, "humidifier")) {
        if (strcmp(mode, "on") == 0)
            a->moist = fmax(a->moist, ond_json_num(t->state, "humidity", 50));
        return;
    }
    double goal = ond_json_num(t->state, "temperature", 22);
    if (ond__word_in("heat auto heat_cool", mode)) a->low = fmax(a->low, goal);
    if (ond__word_in("cool auto heat_cool", mode)) a->high = fmin(a->high, goal);
}

/* What climate devices and humidifiers want, room by room; one that stands in no room serves all.
 */
static void want_all(ond_house *h)
{
    for (size_t i = 0; i < h->n_areas; i++) {
        h->areas[i].low = -INFINITY;
        h->areas[i].high = INFINITY;
        h->areas[i].moist = -1;
    }
    for (size_t k = 0; k < h->n_things; k++) {
        const ond__thing *t = &h->things[k];
        if (!is(t, "climate") && !is(t, "humidifier")) continue;
        for (size_t i = 0; i < h->n_areas; i++)
            if (t->area == (int)i || (t->area < 0 && h->areas[i].heated)) want_in(&h->areas[i], t);
    }
}

/* Heating aims a little past the goal, so that it arrives; then the goal holds as long as heating
 * is on. */
static void pass_temperature(const ond_house *h, ond__area *a, double s)
{
    double low = fmin(a->low, a->high), high = a->high, v = a->temperature;
    if (v < low)
        a->temperature = follow(v, low + 2, HEAT_S, s, low);
    else if (v > high)
        a->temperature = follow(v, high - 2, COOL_S, s, high);
    else
        a->temperature = follow(v, h->outside, LOSS_S, s, h->outside < v ? low : high);
}

static void pass_humidity(ond__area *a, double s)
{
    if (a->moist > a->humidity)
        a->humidity = follow(a->humidity, a->moist + 5, MOIST_S, s, a->moist);
    else
        a->humidity =
            follow(a->humidity, a->usual_humidity, DRY_S, s, a->moist < 0 ? NAN : a->moist);
}

/* ---- things ---- */

static double room_temperature(const ond_house *h, const ond__thing *t)
{
    if (t->area >= 0) return h->areas[t->area].temperature;
    double sum = 0;
    for (size_t i = 0; i < h->n_areas; i++) sum += h->areas[i].temperature;
    return h->n_areas ? sum / (double)h->n_areas : h->outside;
}

static void pass_way(ond__thing *t, double s)
{
    double way = t->travel > 0 ? 100 * s / t->travel : 100;
    if (t->exact < t->goal)
        t->exact = fmin(t->exact + way, t->goal);
    else
        t->exact = fmax(t->exact - way, t->goal);
}

static void set_word(ond__thing *t, const char *key, const char *word)
{
    const char *now = ond_json_str(t->state, key, NULL);
    if (!now || strcmp(now, word) != 0) (void)ond_json_set_str(t->state, key, word);
}

/* Cleans until done or low, then goes home, then charges: each stretch takes what is left of the
 * time. */
static void pass_vacuum(ond__thing *t, double s)
{
    if (strcmp(ond__shown(t), "cleaning") == 0) {
        double until_low = fmax(t->battery - BATTERY_LOW, 0) / DRAIN_PER_MIN;
        double clean_s = 60 * fmin(t->left, until_low), part = fmin(s, clean_s);
        t->battery -= DRAIN_PER_MIN * part / 60;
        t->left -= part / 60;
        s -= part;
        if (part < clean_s) return;
        set_word(t, "state", "returning");
        t->exact = t->travel;
    }
    if (strcmp(ond__shown(t), "returning") == 0) {
        double part = fmin(s, t->exact);
        t->exact -= part;
        s -= part;
        if (t->exact > 0) return;
        set_word(t, "state", "docked");
        t->left = 0;
    }
    if (strcmp(ond__shown(t), "docked") == 0)
        t->battery = fmin(t->battery + CHARGE_PER_MIN * s / 60, 100);
}

static void pass_oven(const ond_house *h, ond__thing *t, double s)
{
    double goal = ond_json_num(t->state, "temperature", 180);
    if (strcmp(ond__shown(t), "on") == 0)
        t->exact = follow(t->exact, t->exact < goal ? goal + 30 : goal - 5, OVEN_HEAT_S, s, goal);
    else
        t->exact = follow(t->exact, room_temperature(h, t), OVEN_COOL_S, s, NAN);
}

static void pass_thing(ond_house *h, ond__thing *t, ond_ms now, double s)
{
    if (t->pending[0] && now >= t->until) {
        set_word(t, "state", t->pending);
        t->pending[0] = '\0';
    }
    if (is(t, "cover") || is(t, "valve"))
        pass_way(t, s);
    else if (is(t, "vacuum"))
        pass_vacuum(t, s);
    else if (is(t, "oven"))
        pass_oven(h, t, s);
}

void ond_house_advance(ond_house *h, ond_ms now)
{
    if (h->at == 0) h->at = now;
    if (now > h->at) {
        double s = (double)(now - h->at) / 1000;
        want_all(h);
        for (size_t i = 0; i < h->n_areas; i++) {
            pass_temperature(h, &h->areas[i], s);
            pass_humidity(&h->areas[i], s);
        }
        for (size_t i = 0; i < h->n_things; i++) pass_thing(h, &h->things[i], now, s);
        h->at = now;
    }
    ond__show_all(h);
}

/* ---- what is shown ---- */

static void set_number(ond__thing *t, const char *key, double v)
{
    cJSON *item = (cJSON *)(uintptr_t)ond_json_get(t->state, key);
    if (cJSON_IsNumber(item))
        cJSON_SetNumberValue(item, v);
    else
        (void)ond_json_set_num(t->state, key, v);
}

static double tenth(double v)
{
    return round(v * 10) / 10;
}

static void show_way(ond__thing *t)
{
    if (ond_json_get(t->limits, "position")) set_number(t, "position", round(t->exact));
    if (t->exact != t->goal)
        set_word(t, "state", t->exact < t->goal ? "opening" : "closing");
    else
        set_word(t, "state", t->exact > 0 ? "open" : "closed");
}

static void show_climate(const ond_house *h, ond__thing *t)
{
    double now = room_temperature(h, t), goal = ond_json_num(t->state, "temperature", 22);
    const char *mode = ond__shown(t), *action = "idle";
    if (strcmp(mode, "off") == 0)
        action = "off";
    else if (ond__word_in("heat auto heat_cool", mode) && now < goal - 0.05)
        action = "heating";
    else if (ond__word_in("cool auto heat_cool", mode) && now > goal + 0.05)
        action = "cooling";
    else if (ond__word_in("dry fan_only", mode))
        action = strcmp(mode, "dry") == 0 ? "drying" : "fan";
    set_number(t, "current_temperature", tenth(now));
    set_word(t, "hvac_mode", mode);
    set_word(t, "hvac_action", action);
}

static void show_sensor(const ond_house *h, ond__thing *t)
{
    if (strcmp(t->cls, "temperature") == 0)
        set_number(t, "state", tenth(t->area >= 0 ? h->areas[t->area].temperature : h->outside));
    else if (strcmp(t->cls, "humidity") == 0)
        set_number(t, "state",
                   round(t->area >= 0 ? h->areas[t->area].humidity : h->outside_humidity));
}

void ond__show(ond_house *h, ond__thing *t)
{
    if (is(t, "cover") || is(t, "valve"))
        show_way(t);
    else if (is(t, "climate"))
        show_climate(h, t);
    else if (is(t, "humidifier"))
        set_number(t, "current_humidity",
                   round(t->area >= 0 ? h->areas[t->area].humidity : h->outside_humidity));
    else if (is(t, "vacuum"))
        set_number(t, "battery", round(t->battery));
    else if (is(t, "oven"))
        set_number(t, "current_temperature", round(t->exact));
    else if (is(t, "sensor"))
        show_sensor(h, t);
}

void ond__show_all(ond_house *h)
{
    for (size_t i = 0; i < h->n_things; i++) ond__show(h, &h->things[i]);
}

bool ond__is_moving(const ond__thing *t)
{
    return t->pending[0] || ond__word_in("opening closing returning", ond__shown(t));
}
