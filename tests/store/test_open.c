/* test_open.c - opening: versions, other programs' files, locks, readers, damage and rescue. */
#include "fixture.h"
#include "store/internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static unsigned char *slurp(const char *name, size_t *n)
{
    ond_buf b = {0};
    assert_int_equal(ond_file_read(tmp_path(name), 100u << 20, &b, &err), 0);
    *n = b.n;
    return (unsigned char *)b.p;
}

/* The store's file is byte for byte what it was. */
static void untouched(int want, const char *says)
{
    size_t n, m;
    unsigned char *before = slurp("data/store.db", &n);
    assert_int_equal(try_open(false), want);
    if (!strstr(err.text, says)) fail_msg("\"%s\" does not say \"%s\"", err.text, says);
    assert_null(store);
    unsigned char *after = slurp("data/store.db", &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
}

TEST(a_newer_store_is_refused)
{
    add_rows(3);
    close_store();
    sql("PRAGMA user_version=99");
    untouched(OND_E_STORE, "newer ondol");
    sql("PRAGMA user_version=1");
    open_store();
    ok_verify(3, 0);
}

TEST(a_store_of_another_program_is_refused)
{
    close_store();
    assert_int_equal(unlink(tmp_path("data/store.db")), 0);
    sql("CREATE TABLE mine (a); PRAGMA application_id=7");
    untouched(OND_E_STORE, "another program");
    sql("PRAGMA application_id=0");
    untouched(OND_E_STORE, "another program");
    sql("PRAGMA user_version=1");
    untouched(OND_E_STORE, "another program");
}

TEST(files_are_the_owners_alone)
{
    struct stat st;
    static const char *const names[] = {"data/store.db", "data/store.db-wal", "data/head",
                                        "data/lock", "config/device.key"};
    add_rows(1);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(stat(tmp_path(names[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_int_equal(stat(tmp_path("data"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

/* ---- migrations ---- */

static const char *const steps_v3[] = {
    NULL, /* the real first step */
    "ALTER TABLE reading ADD COLUMN unit TEXT; CREATE TABLE extra (a INTEGER) STRICT;",
    "INSERT INTO extra SELECT count(*) FROM event;",
};
static const char *const steps_bad[] = {NULL, "CREATE TABLE half (a INTEGER) STRICT;",
                                        "INSERT INTO nowhere VALUES (1);"};

static int migrate(const char *const *steps, int n, int *from)
{
    const char *all[3] = {ond__schema_now.step[0], steps[1], steps[2]};
    ond__schema schema = {all, n};
    bool damaged = false;
    ond_store s = {
        .dir = tmp, .path = (char *)tmp_path("data/store.db"), .lock.fd = -1, .head.fd = -1};
    int rc = ond__schema_peek(s.path, &schema, &damaged, &err);
    if (rc == 0 && ond__db_open(s.path, OND__OPEN_WRITE, &s.db) == SQLITE_OK)
        rc = ond__schema_migrate(&s, &schema, from, &damaged, &err);
    sqlite3_close(s.db);
    return rc;
}

TEST(migrates_forward)
{
    int from = 0;
    add_rows(4);
    close_store();
    assert_int_equal(migrate(steps_bad, 3, &from), OND_E_STORE); /* all or nothing */
    open_store();
    ok_verify(4, 0);
    close_store();
    assert_int_equal(migrate(steps_v3, 3, &from), 0);
    assert_int_equal(from, 1);
    assert_int_equal(migrate(steps_v3, 3, &from), 0);
    assert_int_equal(from, 3);
    untouched(OND_E_STORE, "newer"); /* version 3 for a program that knows 1 */
    sql("INSERT INTO extra VALUES (7)");
    sql("PRAGMA user_version=1; DROP TABLE extra; ALTER TABLE reading DROP COLUMN unit");
    open_store();
    ok_verify(4, 0);
}

/* A crash right after the file was made: no tables, no version. */
TEST(an_empty_file_is_a_new_store)
{
    close_store();
    assert_int_equal(unlink(tmp_path("data/store.db")), 0);
    assert_int_equal(unlink(tmp_path("data/head")), 0);
    assert_int_equal(ond_file_write(tmp_path("data/store.db"), OND_S(""), 0600, &err), 0);
    open_store();
    assert_true(news.created);
    close_store();
    assert_int_equal(unlink(tmp_path("data/store.db")), 0);
    assert_int_equal(unlink(tmp_path("data/head")), 0);
    sql("PRAGMA journal_mode=WAL");
    open_store();
    assert_true(news.created);
    add_rows(1);
    ok_verify(1, 0);
}

/* ---- one owner, many readers ---- */

TEST(one_owner)
{
    ond_store *first = store;
    char want[32];
    snprintf(want, sizeof want, "%ld", (long)getpid());
    assert_int_equal(try_open(false), OND_E_BUSY);
    assert_non_null(strstr(err.text, want));
    assert_null(store);
    store = first;
}

TEST(a_reader_beside_the_owner)
{
    ond_store *owner = store;
    add_rows(3);
    assert_int_equal(try_open(true), 0);
    ond_store *reader = store;
    assert_int_equal(ond_store_count(reader), 3);
    ok_verify(3, 0);
    store = owner;
    add_rows(2);
    store = reader;
    assert_int_equal(ond_store_count(reader), 5);
    ok_verify(5, 0);
    int64_t id;
    assert_int_equal(ond_store_append(store, "note", 1, 0, 0, NULL, &id, &err), OND_E_STORE);
    assert_non_null(strstr(err.text, "reading only"));
    ond_store_close(reader);
    store = owner;
    ok_verify(5, 0);
}

/* A reader that verifies again and again while the owner appends never sees a false alarm. */
TEST(a_reader_while_the_owner_writes)
{
    close_store();
    pid_t pid = fork();
    if (pid == 0) {
        open_store();
        for (int i = 0; i < 1500; i++) add("note", 0, 0, "x");
        close_store();
        _exit(0);
    }
    int status, rounds = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (try_open(true) == OND_E_NOT_FOUND) continue;
        ond_verify v;
        int rc = store ? ond_store_verify(store, &v, &err) : -1;
        if (rc != 0) fail_msg("round %d: %s", rounds, err.text);
        close_store();
        rounds++;
    }
    assert_int_equal(status, 0);
    assert_true(rounds > 3);
    open_store();
    ok_verify(1500, 0);
}

TEST(a_reader_of_nothing)
{
    close_store();
    assert_int_equal(unlink(tmp_path("data/store.db")), 0);
    assert_int_equal(try_open(true), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "no store yet"));
    assert_int_not_equal(access(tmp_path("data/store.db"), F_OK), 0);
}

/* Runs `fn` in a child that is no superuser, over folders that it owns. */
static int as_nobody(int (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        if (getuid() == 0 && setuid(65534) != 0) _exit(99);
        _exit(fn());
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int chown_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return getuid() == 0 ? lchown(path, 65534, 65534) : 0;
}

static int open_and_say(void)
{
    int rc = try_open(false);
    if (rc != OND_E_IO || !strstr(err.text, "no permission")) fprintf(stderr, "%s\n", err.text);
    return rc == OND_E_IO && strstr(err.text, "no permission") ? 0 : rc == 0 ? 100 : rc;
}

static int read_there(void)
{
    ond_verify v;
    int rc = try_open(true);
    if (rc == 0) rc = ond_store_verify(store, &v, &err);
    if (rc != 0) fprintf(stderr, "%s\n", err.text);
    return rc == 0 && v.rows == 3 ? 0 : 1;
}

TEST(a_folder_that_cannot_be_written)
{
    add_rows(3);
    close_store();
    nftw(tmp, chown_one, 16, FTW_PHYS);
    assert_int_equal(chmod(tmp_path("data"), 0500), 0);
    assert_int_equal(chmod(tmp_path("data/store.db"), 0400), 0);
    assert_int_equal(chmod(tmp_path("data/lock"), 0400), 0);
    assert_int_equal(as_nobody(open_and_say), 0);
    assert_int_equal(as_nobody(read_there), 0);
    assert_int_equal(chmod(tmp_path("data/lock"), 0600), 0);
    assert_int_equal(as_nobody(open_and_say), 0);
    assert_int_equal(chmod(tmp_path("data"), 0000), 0);
    assert_int_equal(as_nobody(open_and_say), 0);
    assert_int_equal(chmod(tmp_path("data"), 0700), 0);
    assert_int_equal(chmod(tmp_path("data/store.db"), 0600), 0);
    open_store();
    ok_verify(3, 0);
}

/* ---- damage ---- */

static void overwrite(const char *name, long at, size_t n)
{
    int fd = open(tmp_path(name), O_WRONLY);
    assert_true(fd >= 0);
    while (n--) assert_int_equal(pwrite(fd, "\x5a", 1, at++), 1);
    close(fd);
}

static void many_rows(int n)
{
    cJSON *v = cJSON_CreateString("kept state");
    assert_int_equal(ond_store_put(store, "home", "lamp", v, &err), 0);
    assert_int_equal(ond_store_begin(store, &err), 0);
    for (int i = 0; i < n; i++)
        add(i % 2 ? "intent" : "wish", 0, 0,
            "some text that takes a little room in the file, so that there are pages");
    assert_int_equal(ond_store_commit(store, &err), 0);
    assert_int_equal(ond_store_reading(store, "sensor.a", 1, v, &err), 0);
    cJSON_Delete(v);
}

static void expect_note(int64_t rescued, int64_t lost)
{
    ond_event e;
    assert_int_equal(ond_store_event(store, rescued + 1, &e, &err), 0);
    assert_string_equal(e.kind, "note");
    assert_string_equal(ond_json_str(e.body, "set_aside", ""), news.set_aside);
    assert_int_equal(ond_json_num(e.body, "rescued", -1), rescued);
    assert_int_equal(ond_json_num(e.body, "lost", -1), lost);
    ond_event_free(&e);
}

static void expect_set_aside(int64_t at_least, int64_t at_most, int64_t all)
{
    char path[400];
    assert_string_not_equal(news.set_aside, "");
    snprintf(path, sizeof path, "data/%s", news.set_aside);
    assert_int_equal(access(tmp_path(path), F_OK), 0);
    assert_in_range(news.rescued, at_least, at_most);
    expect_note(news.rescued, all - news.rescued);
    ok_verify(news.rescued + 1, 0);
    add_rows(2);
    int64_t rows = news.rescued + 3;
    reopen();
    assert_string_equal(news.set_aside, "");
    assert_string_equal(news.tampered, "");
    ok_verify(rows, 0);
}

/* The header, the header and the schema, the whole first page: the rows are behind it. */
TEST(no_first_page_any_more)
{
    static const size_t gone[] = {7, 100, 200, 4096};
    many_rows(300);
    for (size_t i = 0; i < COUNT(gone); i++) {
        int64_t rows = ond_store_count(store);
        close_store();
        overwrite("data/store.db", 0, gone[i]);
        open_store();
        expect_set_aside(rows, rows, rows);
        assert_int_not_equal(access(tmp_path("data/store.db.graft"), F_OK), 0);
    }
}

TEST(no_database_any_more)
{
    add_rows(5);
    close_store();
    overwrite("data/store.db", 0, 100000);
    open_store();
    expect_set_aside(0, 0, 5);
}

TEST(a_file_that_was_cut)
{
    many_rows(400);
    close_store();
    struct stat st;
    assert_int_equal(stat(tmp_path("data/store.db"), &st), 0);
    assert_int_equal(truncate(tmp_path("data/store.db"), st.st_size / 2 / 4096 * 4096), 0);
    open_store();
    expect_set_aside(20, 399, 400);
}

TEST(a_file_that_is_a_few_bytes)
{
    add_rows(3);
    close_store();
    assert_int_equal(ond_file_write(tmp_path("data/store.db"), OND_S("hello"), 0600, &err), 0);
    open_store();
    expect_set_aside(0, 0, 3);
}

/* The page number of an object's root, or of the leaf page in the middle of a table. */
static long page_in_the_middle(void)
{
    size_t n;
    unsigned char *file = slurp("data/store.db", &n);
    long found = 0;
    for (size_t page = 1; page < n / 4096; page++)
        if (file[page * 4096] == 13 && memmem(file + page * 4096, 4096, "wish", 4) &&
            page > n / 4096 / 3) {
            found = (long)page;
            break;
        }
    free(file);
    assert_int_not_equal(found, 0);
    return found;
}

/* A page in the middle goes bad. Opening does not see it; the first use that does says what to do;
 * the next opening keeps the good part. */
TEST(damage_found_in_mid_use)
{
    many_rows(600);
    close_store();
    overwrite("data/store.db", page_in_the_middle() * 4096, 4096);
    open_store();
    assert_string_equal(news.set_aside, "");
    assert_int_equal(ond_store_count(store), 600);
    int rc = 0;
    for (int64_t id = 1; id <= 600 && rc == 0; id++) {
        ond_event e;
        rc = ond_store_event(store, id, &e, &err);
        ond_event_free(&e);
    }
    assert_int_equal(rc, OND_E_STORE);
    assert_non_null(strstr(err.text, "end ondol and start it again"));
    assert_int_equal(access(tmp_path("data/damaged"), F_OK), 0);
    reopen();
    assert_int_not_equal(access(tmp_path("data/damaged"), F_OK), 0);
    int64_t rescued = news.rescued;
    expect_set_aside(50, 599, 600);
    cJSON *v;
    assert_int_equal(ond_store_get(store, "home", "lamp", &v, &err), 0);
    assert_string_equal(v->valuestring, "kept state");
    cJSON_Delete(v);
    ond_event e;
    assert_int_equal(ond_store_event(store, rescued, &e, &err), 0);
    assert_string_equal(e.kind, rescued % 2 ? "wish" : "intent");
    ond_event_free(&e);
}

static bool count_one(void *self, const ond_event *e)
{
    (void)e;
    ++*(int64_t *)self;
    return true;
}

/* The mark of a fault that was none (a cable, a memory error) is taken away after a look at every
 * page. */
TEST(a_mark_without_damage)
{
    many_rows(50);
    close_store();
    assert_int_equal(ond_file_write(tmp_path("data/damaged"), OND_S(""), 0600, &err), 0);
    open_store();
    assert_string_equal(news.set_aside, "");
    assert_int_not_equal(access(tmp_path("data/damaged"), F_OK), 0);
    ok_verify(50, 0);
    int64_t open_ones = 0;
    assert_int_equal(ond_store_open_intents(store, count_one, &open_ones, &err), 0);
    assert_int_equal(open_ones, 25);
}

/* Rows that were only in the WAL are rescued with it. */
TEST(damage_with_rows_in_the_wal)
{
    close_store();
    pid_t pid = fork();
    if (pid == 0) {
        open_store();
        many_rows(40);
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        add_rows(10);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
    assert_int_equal(ond_file_write(tmp_path("data/damaged"), OND_S(""), 0600, &err), 0);
    size_t n;
    unsigned char *file = slurp("data/store.db", &n);
    int pages = 0;
    for (size_t i = 1; i < n / 4096; i++)
        if (memmem(file + i * 4096, 4096, "kept state", 10)) {
            overwrite("data/store.db", (long)i * 4096, 4096);
            pages++;
        }
    free(file);
    assert_int_equal(pages, 2);
    open_store();
    assert_int_equal(news.rescued, 50);
    expect_set_aside(50, 50, 50);
    cJSON *v;
    assert_int_equal(ond_store_get(store, "home", "lamp", &v, &err), OND_E_NOT_FOUND);
    char wal[400];
    snprintf(wal, sizeof wal, "%s", tmp_path("data"));
    DIR *dir = opendir(wal);
    int kept = 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        kept += strstr(d->d_name, "damaged-") && strstr(d->d_name, "-wal");
    closedir(dir);
    assert_int_equal(kept, 1);
}

/* Crashes between the renames of a salvage. */
TEST(a_salvage_that_was_interrupted)
{
    add_rows(6);
    close_store();
    copy_file("data/store.db", "good");
    /* the new file stands ready, the damaged one is gone already, its WAL is not */
    assert_int_equal(rename(tmp_path("data/store.db"), tmp_path("data/store.db.rescued")), 0);
    assert_int_equal(ond_file_write(tmp_path("data/store.db-wal"),
                                    OND_S("not a wal of the new file"), 0600, &err),
                     0);
    open_store();
    ok_verify(6, 0);
    close_store();
    /* the new file stands ready, the damaged one is still there: done again */
    copy_file("good", "data/store.db.rescued");
    overwrite("data/store.db", 0, 100);
    open_store();
    assert_int_equal(news.rescued, 6);
    assert_int_not_equal(access(tmp_path("data/store.db.rescued"), F_OK), 0);
    ok_verify(7, 0);
    close_store();
    /* an unfinished part is ours to remove */
    assert_int_equal(ond_file_write(tmp_path("data/store.db.part"), OND_S("half"), 0600, &err), 0);
    overwrite("data/store.db", 0, 100);
    open_store();
    assert_int_not_equal(access(tmp_path("data/store.db.part"), F_OK), 0);
    ok_verify(8, 0);
}

static int use_all(void)
{
    cJSON *v = cJSON_CreateNumber(1);
    int rc = ond_store_append(store, "intent", 1, 1, 1, v, NULL, &err);
    if (rc == 0) rc = ond_store_put(store, "home", "lamp", v, &err);
    if (rc == 0) rc = ond_store_reading(store, "sensor.a", 2, v, &err);
    cJSON_Delete(v);
    return rc;
}

/* Every page in turn is overwritten: whatever it was, the store opens, and the chain of what is
 * left holds. */
TEST(any_page_may_go_bad)
{
    many_rows(60);
    close_store();
    size_t n;
    unsigned char *good = slurp("data/store.db", &n);
    copy_file("data/head", "head");
    for (size_t page = 0; page < n / 4096; page++) {
        assert_int_equal(
            ond_file_write(tmp_path("data/store.db"), (ond_str){(char *)good, n}, 0600, &err), 0);
        copy_file("head", "data/head");
        overwrite("data/store.db", (long)page * 4096, 4096);
        open_store();
        if (!news.set_aside[0]) { /* not seen yet: go through everything, as the owner would */
            ond_verify v;
            int64_t rows = 0;
            int rc = ond_store_verify(store, &v, &err);
            if (rc == 0) rc = ond_store_open_intents(store, count_one, &rows, &err);
            if (rc == 0) rc = use_all();
            if (rc != 0) assert_int_equal(rc, OND_E_STORE);
            reopen();
        }
        ond_verify v;
        if (ond_store_verify(store, &v, &err) != 0) fail_msg("page %zu: %s", page, err.text);
        add_rows(1);
        close_store();
        unlink(tmp_path("data/damaged"));
    }
    free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_newer_store_is_refused),
        STORE_TEST(a_store_of_another_program_is_refused),
        STORE_TEST(files_are_the_owners_alone),
        STORE_TEST(migrates_forward),
        STORE_TEST(an_empty_file_is_a_new_store),
        STORE_TEST(one_owner),
        STORE_TEST(a_reader_beside_the_owner),
        STORE_TEST(a_reader_while_the_owner_writes),
        STORE_TEST(a_reader_of_nothing),
        STORE_TEST(a_folder_that_cannot_be_written),
        STORE_TEST(no_first_page_any_more),
        STORE_TEST(no_database_any_more),
        STORE_TEST(a_file_that_was_cut),
        STORE_TEST(a_file_that_is_a_few_bytes),
        STORE_TEST(damage_found_in_mid_use),
        STORE_TEST(a_mark_without_damage),
        STORE_TEST(damage_with_rows_in_the_wal),
        STORE_TEST(a_salvage_that_was_interrupted),
        STORE_TEST(any_page_may_go_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
