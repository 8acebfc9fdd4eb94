/* test_loop.c - the built-in house on a real broker, seen and moved by the hand: the whole loop, in
 * two processes. */
#include "devices.h"
#include "wishes.h"
#include "sim/sim.h"
#include "sys/file.h"

static pid_t house;
static void *h;
static volatile bool stop;
static int ready_fd;

static void on_term(int signo)
{
    (void)signo;
    stop = true;
}

static void on_ready(void *self)
{
    (void)self;
    if (write(ready_fd, "!", 1) != 1) abort();
}

/* The default house in a hurry: what takes seconds there takes tenths here. */
static char *quick_house(void)
{
    ond_str yaml = ond_house_default();
    ond_buf out = {0};
    for (size_t i = 0; i < yaml.n;) {
        const char *p = yaml.p + i;
        if (yaml.n - i > 9 && memcmp(p, "travel: ", 8) == 0) {
            ond_buf_puts(&out, "travel: 0.15");
            i += 8;
            while (i < yaml.n && yaml.p[i] != '\n') i++;
        } else {
            ond_buf_putc(&out, *p);
            i++;
        }
    }
    return ond_buf_take(&out);
}

static void live(bool device_form, const char *lang)
{
    ond_house *own = NULL;
    char *yaml = quick_house();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, on_term);
    const ond_sim_mqtt opts = {.host = "127.0.0.1",
                               .port = server.port,
                               .device_form = device_form,
                               .lang = lang,
                               .ready = on_ready,
                               .stop = &stop};
    ond_err why = {0};
    int rc = ond_house_open(ond_str_of(yaml), "quick", &own, &why);
    if (rc == 0) rc = ond_sim_publish(own, &opts, &why);
    if (rc != 0) fprintf(stderr, "publisher: %s\n", why.text);
    ond_house_close(own);
    free(yaml);
    exit(rc != 0);
}

static void publish(bool device_form, const char *lang)
{
    int pipes[2];
    char c;
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    house = fork();
    if (house == 0) {
        ready_fd = pipes[1];
        live(device_form, lang);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &c, 1), 1);
    close(pipes[0]);
}

static void open_h(void)
{
    char config[200];
    snprintf(config, sizeof config,
             "{\"house\":\"none\",\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}}", server.port);
    h = open_home(config, NULL);
}

static int setup(void **state)
{
    server = (broker){0};
    house = 0;
    h = NULL;
    return tmp_setup(state) || broker_start(&server);
}

static int teardown(void **state)
{
    if (h) ond_hand_home.close(h);
    end_child(&house, SIGKILL);
    broker_stop(&server);
    return tmp_teardown(state);
}

static void serve(ond_ms ms)
{
    uint64_t until = ond_steady_us() + (uint64_t)ms * 1000;
    do {
        ond_hand_home.service(h);
        usleep(2000);
    } while (ond_steady_us() < until);
}

/* ---- the same house ---- */

static const cJSON *row_of(const cJSON *world, const char *list, const char *id)
{
    for (const cJSON *e = ond_json_get(world, list)->child; e; e = e->next)
        if (strcmp(ond_json_str(e, "id", ""), id) == 0) return e;
    return NULL;
}

static void compare(const cJSON *mine, const cJSON *theirs, const char *const *keys, size_t n)
{
    const char *id = ond_json_str(mine, "id", "?");
    if (!theirs) fail_msg("%s is not seen on the broker", id);
    for (size_t i = 0; i < n; i++) {
        const cJSON *a = ond_json_get(mine, keys[i]), *b = ond_json_get(theirs, keys[i]);
        if (a && !ond_json_equal(a, b)) {
            char *x = text_of(a), *y = text_of(b);
            fail_msg("%s, %s: %s on the broker is %s", id, keys[i], x, y);
        }
    }
}

static void same_world(bool device_form, const char *lang)
{
    static const char *const keys[] = {"domain",  "class", "area",  "names",    "limits",
                                       "members", "unit",  "state", "available"};
    static const char *const places[] = {"names", "floor", "place"};
    ond_house *own = NULL;
    cJSON *seen = NULL;
    publish(device_form, lang);
    open_h();
    assert_int_equal(ond_house_open(ond_house_default(), "default", &own, &err), 0);
    ond_house_advance(own, 1000000);
    cJSON *world = ond_house_world(own);
    assert_int_equal(ond_hand_home.world(h, &seen, &err), 0);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(world, "entities")),
                     cJSON_GetArraySize(ond_json_get(seen, "entities")));
    for (const cJSON *e = ond_json_get(world, "entities")->child; e; e = e->next)
        compare(e, row_of(seen, "entities", ond_json_str(e, "id", "")), keys, COUNT(keys));
    for (const cJSON *a = ond_json_get(world, "areas")->child; a; a = a->next)
        compare(a, row_of(seen, "areas", ond_json_str(a, "id", "")), places, COUNT(places));
    for (const cJSON *f = ond_json_get(world, "floors")->child; f; f = f->next)
        compare(f, row_of(seen, "floors", ond_json_str(f, "id", "")), places, 1);
    cJSON *health = ond_hand_home.health(h);
    if (ond_json_get(health, "problems")) {
        char *t = text_of(health);
        fail_msg("%s", t);
    }
    cJSON_Delete(health);
    cJSON_Delete(world);
    cJSON_Delete(seen);
    ond_house_close(own);
}

TEST(the_same_house_over_the_broker)
{
    same_world(false, "ko");
}

TEST(the_same_house_by_devices)
{
    same_world(true, "en");
}

/* ---- do, undo ---- */

static bool anything_moves(void)
{
    cJSON *w = NULL;
    bool moves = false;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    for (const cJSON *e = ond_json_get(w, "entities")->child; e; e = e->next) {
        const char *s = ond_json_str(ond_json_get(e, "state"), "state", "");
        moves = moves || strcmp(s, "opening") == 0 || strcmp(s, "closing") == 0 ||
                strcmp(s, "returning") == 0;
    }
    cJSON_Delete(w);
    return moves;
}

static void settle(void)
{
    for (int still = 0; still < 2; still = anything_moves() ? 0 : still + 1) serve(8);
}

/* All states once they are what they were, or after five seconds what they are: on a busy machine the publisher may be still
 * for longer than settle() waits. */
static char *states_back_at(const char *before)
{
    char *now = states_of(h);
    for (uint64_t until = ond_steady_us() + 5000000; strcmp(before, now) != 0 && ond_steady_us() < until;) {
        free(now);
        serve(10);
        now = states_of(h);
    }
    return now;
}

static void one_round(const cJSON *entity, int *done, int *undone)
{
    cJSON *args = NULL;
    const char *verb = any_wish(entity, &args);
    char *said = text_of(args), *before = states_of(h), *undo = NULL, *after = NULL;
    ond_hand_step s;
    if (ond_hand_home.plan(h, verb, args, &s, &err) != 0) goto out;
    ond_done d = act_on(h, verb, &s, NULL);
    if (d != (s.already ? OND_DONE_ALREADY : OND_DONE_OK))
        fail_msg("%s %s: %s, %s", verb, said, ond_done_name(d), err.text);
    *done += d == OND_DONE_OK;
    if (s.can_undo && d == OND_DONE_OK) {
        undo = text_of(s.undo_args);
        settle();
        ond_hand_step back = plan(h, s.undo_verb, undo);
        d = act_on(h, s.undo_verb, &back, NULL);
        if (d != OND_DONE_OK && d != OND_DONE_ALREADY)
            fail_msg("undo of %s %s by %s: %s, %s", verb, said, undo, ond_done_name(d), err.text);
        ond_hand_step_free(&back);
        settle();
        after = states_back_at(before);
        char what[1500];
        snprintf(what, sizeof what, "%s %s, undone by %s", verb, said, undo);
        same_states(before, after, what);
        ++*undone;
        d = act_on(h, verb, &s, NULL);
        settle();
    }
    ond_hand_step_free(&s);
out:
    cJSON_Delete(args);
    free(said);
    free(before);
    free(undo);
    free(after);
}

TEST(do_then_undo_over_the_broker)
{
    const char *rounds = getenv("ONDOL_ROUNDS");
    int n = rounds ? atoi(rounds) : 400, done = 0, undone = 0;
    publish(false, "ko");
    open_h();
    cJSON *w = NULL;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    const cJSON *entities = ond_json_get(w, "entities");
    for (int i = 0; i < n; i++)
        one_round(cJSON_GetArrayItem(entities, (int)rnd((unsigned)cJSON_GetArraySize(entities))),
                  &done, &undone);
    print_message("%d acts, %d undone over the broker\n", done, undone);
    assert_true(undone > n / 20);
    cJSON_Delete(w);
}

/* ---- several at once, and the publisher gone ---- */

TEST(a_scene_over_the_broker)
{
    publish(true, "en");
    open_h();
    ond_hand_step s = plan(h, "activate", "{\"entity\":\"scene.movie\"}");
    assert_int_equal(s.effect, OND_EFFECT_REVERSIBLE);
    assert_int_equal(act_on(h, "activate", &s, NULL), OND_DONE_OK);
    settle();
    shows(h, "light.living_room_lamp", "{\"state\":\"on\",\"brightness\":20,\"color\":\"orange\"}");
    shows(h, "cover.living_room_curtain", "{\"state\":\"closed\",\"position\":0}");
    ond_hand_step_free(&s);
    /* the publisher says good-bye: its devices are away */
    end_child(&house, SIGTERM);
    for (int i = 0; i < 100; i++) {
        serve(10);
        if (try_plan(h, "turn_on", "{\"entity\":\"light.kitchen\"}", &s) != 0) break;
        ond_hand_step_free(&s);
    }
    assert_int_equal(err.code, OND_E_UNAVAILABLE);
    says("light.kitchen is not reachable");
}

TEST(how_long_it_takes)
{
    publish(false, "en");
    uint64_t began = ond_steady_us();
    open_h();
    double open_ms = (double)(ond_steady_us() - began) / 1000;
    cJSON *args = cJSON_Parse("{\"entity\":\"light.living_room_ceiling\",\"brightness\":1}");
    began = ond_steady_us();
    for (int i = 0; i < 200; i++) {
        ond_hand_step s;
        ond_json_set_num(args, "brightness", 1 + i % 99);
        assert_int_equal(ond_hand_home.plan(h, "set_light", args, &s, &err), 0);
        assert_int_equal(act_on(h, "set_light", &s, NULL), OND_DONE_OK);
        ond_hand_step_free(&s);
    }
    print_message("open %.1f ms; plan, act and see it done: %.2f ms each; rss %zu KiB\n", open_ms,
                  (double)(ond_steady_us() - began) / 200000, ond_rss() / 1024);
    cJSON_Delete(args);
}

#define LOOP(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP(the_same_house_over_the_broker),
        LOOP(the_same_house_by_devices),
        LOOP(do_then_undo_over_the_broker),
        LOOP(a_scene_over_the_broker),
        LOOP(how_long_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
