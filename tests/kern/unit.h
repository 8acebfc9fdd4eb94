/* unit.h - what each test of the kernels starts with. */
#ifndef OND_TESTS_KERN_UNIT_H
#define OND_TESTS_KERN_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))

#endif
