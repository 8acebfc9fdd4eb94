/* test_verify.c - what verify finds: every way in which a journal can be changed behind our back.
 */
#include "fixture.h"

#include <sodium.h>

static void edited(const char *statement, int64_t bad, const char *why)
{
    close_store();
    sql(statement);
    open_store();
    bad_verify(bad, why);
}

TEST(a_good_journal)
{
    ok_verify(0, 0);
    add_rows(20);
    ok_verify(20, 0);
    reopen();
    ok_verify(20, 0);
    assert_string_equal(news.tampered, "");
}

TEST(an_edited_row)
{
    add_rows(5);
    edited("UPDATE event SET at=at+1 WHERE id=3", 3, "changed");
}

TEST(an_edited_kind)
{
    add_rows(5);
    edited("UPDATE event SET kind='other' WHERE id=2", 2, "changed");
}

TEST(an_edited_task)
{
    add_rows(5);
    edited("UPDATE event SET task=1 WHERE id=4", 4, "changed");
}

TEST(an_edited_last_row)
{
    add_rows(5);
    edited("UPDATE event SET ref=1 WHERE id=5", 5, "changed");
    assert_non_null(strstr(news.tampered, "last row"));
}

TEST(an_edited_payload)
{
    add_rows(5);
    edited("UPDATE payload SET body=CAST(replace(CAST(body AS TEXT),'some','many') AS BLOB) WHERE "
           "id=3",
           3, "content");
}

TEST(a_payload_that_is_no_json)
{
    add_rows(2);
    edited("UPDATE payload SET body=x'00' WHERE id=1", 1, "content");
    ond_event e;
    assert_int_equal(ond_store_event(store, 1, &e, &err), 0);
    assert_null(e.body);
    ond_event_free(&e);
}

TEST(a_payload_removed_without_a_word)
{
    add_rows(5);
    edited("DELETE FROM payload WHERE id=3", 3, "removed");
}

TEST(a_payload_added)
{
    add("note", 0, 0, NULL);
    edited("INSERT INTO payload VALUES (1, x'7b7d')", 1, "content");
}

TEST(content_of_no_row)
{
    add_rows(2);
    edited("PRAGMA foreign_keys=OFF; INSERT INTO payload VALUES (9, x'7b7d')", 9, "does not exist");
}

TEST(a_row_taken_out_of_the_middle)
{
    add_rows(5);
    edited("DELETE FROM payload WHERE id=3; DELETE FROM event WHERE id=3", 3, "missing");
}

TEST(the_first_row_taken)
{
    add_rows(3);
    edited("DELETE FROM payload WHERE id=1; DELETE FROM event WHERE id=1", 1, "missing");
}

TEST(rows_that_are_no_rows)
{
    add_rows(3);
    edited("UPDATE event SET hash=x'00' WHERE id=2", 2, "no row");
    close_store();
    sql("UPDATE event SET kind='a kind that is far too long' WHERE id=3");
    open_store();
    bad_verify(2, "no row");
    ond_event e;
    assert_int_equal(ond_store_event(store, 3, &e, &err), OND_E_STORE);
    assert_non_null(strstr(err.text, "3"));
}

/* ---- the head ---- */

TEST(a_cut_tail)
{
    add_rows(10);
    close_store();
    sql("DELETE FROM payload WHERE id>8; DELETE FROM event WHERE id>8");
    open_store();
    assert_non_null(strstr(news.tampered, "ends at row 8"));
    assert_non_null(strstr(news.tampered, "10 rows"));
    bad_verify(0, "tail was cut");
    /* It stays told, whatever comes after, until the owner accepts. */
    add_rows(3);
    bad_verify(0, "tail was cut");
    reopen();
    assert_non_null(strstr(news.tampered, "10 rows"));
    bad_verify(0, "did not fit its signed head");
    assert_int_equal(ond_store_accept(store, &err), 0);
    ok_verify(12, 0);
    reopen();
    assert_string_equal(news.tampered, "");
    ok_verify(12, 0);
    assert_int_equal(ond_store_accept(store, &err), 0);
    assert_int_equal(ond_store_count(store), 12);
}

TEST(one_row_cut)
{
    add_rows(10);
    close_store();
    sql("DELETE FROM payload WHERE id>9; DELETE FROM event WHERE id>9");
    open_store();
    bad_verify(0, "tail was cut");
}

TEST(the_former_head_is_kept)
{
    ond_buf was = {0}, kept = {0};
    add_rows(4);
    close_store();
    assert_int_equal(ond_file_read(tmp_path("data/head"), 10000, &was, &err), 0);
    sql("DELETE FROM payload; DELETE FROM event");
    ond_clock_set(1700000000000);
    open_store();
    ond_clock_set(0);
    bad_verify(0, "ends at row 0");
    assert_int_equal(ond_file_read(tmp_path("data/head.bad-20231114T221320"), 10000, &kept, &err),
                     0);
    assert_int_equal(was.n, kept.n);
    assert_memory_equal(was.p, kept.p, was.n);
    ond_buf_free(&was);
    ond_buf_free(&kept);
}

TEST(an_older_copy_put_back)
{
    add_rows(4);
    close_store();
    copy_file("data/store.db", "older");
    open_store();
    add_rows(4);
    close_store();
    copy_file("older", "data/store.db");
    open_store();
    bad_verify(0, "older copy");
}

/* Well-formed rows that this device did not write: the chain holds, the head does not. */
TEST(rows_added_by_another)
{
    add_rows(4);
    close_store();
    copy_file("data/head", "head");
    open_store();
    add_rows(2);
    close_store();
    copy_file("head", "data/head");
    open_store();
    assert_non_null(strstr(news.tampered, "added by another"));
    bad_verify(0, "added by another");
}

TEST(a_missing_head)
{
    add_rows(4);
    close_store();
    assert_int_equal(unlink(tmp_path("data/head")), 0);
    open_store();
    bad_verify(0, "missing");
}

TEST(a_missing_head_of_an_empty_journal_is_made)
{
    close_store();
    assert_int_equal(unlink(tmp_path("data/head")), 0);
    open_store();
    ok_verify(0, 0);
}

static void scribble(const char *name, long at, size_t n)
{
    FILE *f = fopen(tmp_path(name), "r+");
    assert_non_null(f);
    fseek(f, at, SEEK_SET);
    while (n--) fputc(0x5a, f);
    fclose(f);
}

TEST(one_torn_slot_is_enough_two_are_not)
{
    for (long slot = 0; slot < 2; slot++) {
        add_rows(3);
        close_store();
        scribble("data/head", slot * 4096 + 30, 4);
        open_store();
        assert_string_equal(news.tampered, "");
        ok_verify(3 + 3 * slot, 0);
    }
    close_store();
    scribble("data/head", 30, 4);
    scribble("data/head", 4096 + 30, 4);
    open_store();
    bad_verify(0, "missing or unreadable");
}

/* A crash between signing and the commit: the next slot says a row that never came. */
TEST(a_head_that_is_ahead_by_one_commit)
{
    add_rows(5);
    close_store();
    copy_file("data/store.db", "older");
    copy_file("data/head", "head5");
    open_store();
    add_rows(1);
    close_store();
    ond_buf five = {0}, six = {0};
    assert_int_equal(ond_file_read(tmp_path("head5"), 10000, &five, &err), 0);
    assert_int_equal(ond_file_read(tmp_path("data/head"), 10000, &six, &err), 0);
    for (int slot = 0; slot < 2; slot++) { /* either slot may be the one that is ahead */
        ond_buf mixed = {0};
        ond_buf_put(&mixed, slot ? six.p : five.p, 4096);
        ond_buf_put(&mixed, (slot ? five.p : six.p) + 4096, five.n - 4096);
        assert_int_equal(
            ond_file_write(tmp_path("data/head"), (ond_str){mixed.p, mixed.n}, 0600, &err), 0);
        ond_buf_free(&mixed);
        copy_file("older", "data/store.db");
        open_store();
        assert_string_equal(news.tampered, "");
        ok_verify(5, 0);
        close_store();
        open_store(); /* now both slots say five */
        close_store();
    }
    ond_buf_free(&five);
    ond_buf_free(&six);
    open_store();
    ok_verify(5, 0);
}

TEST(another_key)
{
    add_rows(3);
    close_store();
    assert_int_equal(unlink(tmp_path("config/device.key")), 0);
    open_store();
    assert_non_null(strstr(news.tampered, "another device key"));
    bad_verify(0, "another device key");
    assert_int_equal(ond_store_accept(store, &err), 0);
    ok_verify(4, 0);
    reopen();
    ok_verify(4, 0);
}

/* Who can write the head file but has no key signs nothing that passes. */
TEST(a_forged_head)
{
    unsigned char slot[256] = {0}, pk[32], sk[64];
    add_rows(3);
    close_store();
    ond_buf head = {0};
    assert_int_equal(ond_file_read(tmp_path("data/head"), 10000, &head, &err), 0);
    memcpy(slot, head.p, 256);
    assert_true(sodium_init() >= 0);
    crypto_sign_keypair(pk, sk);
    memcpy(slot + 104, pk, 32);
    crypto_sign_detached(slot + 136, NULL, slot, 136, sk);
    memcpy(head.p, slot, 256);
    memcpy(head.p + 4096, slot, 256);
    assert_int_equal(ond_file_write(tmp_path("data/head"), (ond_str){head.p, head.n}, 0600, &err),
                     0);
    ond_buf_free(&head);
    open_store();
    bad_verify(0, "another device key");
}

TEST(a_file_that_is_no_key)
{
    add_rows(1);
    close_store();
    struct stat st;
    assert_int_equal(stat(tmp_path("config/device.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(tmp_path("config/device.key"), 0644), 0);
    open_store();
    assert_int_equal(stat(tmp_path("config/device.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    close_store();
    assert_int_equal(
        ond_file_write(tmp_path("config/device.key"), OND_S("ondol device key 1 12"), 0600, &err),
        0);
    assert_int_equal(try_open(false), OND_E_CONFIG);
    assert_non_null(strstr(err.text, "device.key"));
}

/* The store goes on while another program cuts the tail under it: verify looks at the files, not at
 * what we remember. */
TEST(changed_while_open)
{
    add_rows(5);
    sql("DELETE FROM payload WHERE id>4; DELETE FROM event WHERE id>4");
    bad_verify(0, "end");
    cJSON *body = cJSON_CreateObject();
    assert_int_equal(ond_store_append(store, "note", 1, 0, 0, body, NULL, &err), 0);
    cJSON_Delete(body);
    bad_verify(5, "missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_good_journal),
        STORE_TEST(an_edited_row),
        STORE_TEST(an_edited_kind),
        STORE_TEST(an_edited_task),
        STORE_TEST(an_edited_last_row),
        STORE_TEST(an_edited_payload),
        STORE_TEST(a_payload_that_is_no_json),
        STORE_TEST(a_payload_removed_without_a_word),
        STORE_TEST(a_payload_added),
        STORE_TEST(content_of_no_row),
        STORE_TEST(a_row_taken_out_of_the_middle),
        STORE_TEST(the_first_row_taken),
        STORE_TEST(rows_that_are_no_rows),
        STORE_TEST(a_cut_tail),
        STORE_TEST(one_row_cut),
        STORE_TEST(the_former_head_is_kept),
        STORE_TEST(an_older_copy_put_back),
        STORE_TEST(rows_added_by_another),
        STORE_TEST(a_missing_head),
        STORE_TEST(a_missing_head_of_an_empty_journal_is_made),
        STORE_TEST(one_torn_slot_is_enough_two_are_not),
        STORE_TEST(a_head_that_is_ahead_by_one_commit),
        STORE_TEST(another_key),
        STORE_TEST(a_forged_head),
        STORE_TEST(a_file_that_is_no_key),
        STORE_TEST(changed_while_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
