/* kill_words.h - what must be, for a program without cmocka: says what is wrong and ends. */
#ifndef OND_TESTS_TORTURE_KILL_WORDS_H
#define OND_TESTS_TORTURE_KILL_WORDS_H

#include <stdio.h>
#include <stdlib.h>

#define fail_msg(...) (printf("not ok 1 - "), printf(__VA_ARGS__), printf("\n1..1\n"), exit(1))
#define assert_true(so) ((so) ? (void)0 : fail_msg("%s:%d: %s", __FILE__, __LINE__, #so))
#define assert_int_equal(a, b) assert_true((a) == (b))
#define assert_non_null(p) assert_true((p) != NULL)

#endif
