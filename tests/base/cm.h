/* cm.h - what a cmocka program of this room includes, and a few short forms. */
#ifndef OND_TESTS_BASE_CM_H
#define OND_TESTS_BASE_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#endif
