/* decimal.c (unit): the fewest digits that read back as the same double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/data.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static void writes(double number, const char *as)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	struct text t;
	text_init(&t, a, 64);
	decimal_write(&t, number);
	assert_string_equal(t.at, as);
}

/* ECMAScript's Number::toString: where the point stands and when the exponent begins. */
static void test_spelling(void **state)
{
	(void)state;
	writes(0, "0");
	writes(-0.0, "0");
	writes(-1, "-1");
	writes(1e20, "100000000000000000000");
	writes(1e21, "1e+21");
	writes(123456789012345680000.0, "123456789012345680000");
	writes(1.5e21, "1.5e+21");
	writes(1e-6, "0.000001");
	writes(1e-7, "1e-7");
	writes(-1.25e-7, "-1.25e-7");
	writes(123.456, "123.456");
	writes(-0.5, "-0.5");
}

/* Half way between two shorter spellings, below a power of two, at both ends of what there is. */
static void test_fewest_digits(void **state)
{
	(void)state;
	writes(0.1 + 0.2, "0.30000000000000004");
	writes(1e23, "1e+23");
	writes(5.684341886080802e-14, "5.684341886080802e-14"); /* 2^-44 */
	writes(9007199254740993.0, "9007199254740992");
	writes(DBL_MAX, "1.7976931348623157e+308");
	writes(DBL_MIN, "2.2250738585072014e-308");
	writes(DBL_TRUE_MIN, "5e-324");
}

static void test_behind_other_text(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct text t;
	text_init(&t, a, 4);
	text_add(&t, "[");
	decimal_write(&t, 1.5);
	assert_string_equal(t.at, "[1.5");
	decimal_write(&t, 2);
	assert_true(t.failed);
}

static void test_numbers_read_back(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	uint64_t random = 0x9e3779b97f4a7c15;
	for (int i = 0; i < 20000; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* every eighth is a power of two: their neighbours lie unevenly */
		uint64_t bits = i % 8 == 0 ? random & 0x7ff0000000000000 : random;
		double number, back;
		memcpy(&number, &bits, sizeof number);
		if ((bits & 0x7ff0000000000000) == 0x7ff0000000000000)
			continue;
		struct text t;
		text_init(&t, a, 64);
		decimal_write(&t, number);
		back = strtod(t.at, NULL);
		assert_memory_equal(&back, number == 0 ? &(double){0} : &number, sizeof back);
		arena_reset(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_fewest_digits),
		cmocka_unit_test(test_behind_other_text),
		cmocka_unit_test(test_numbers_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
