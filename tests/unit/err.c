/* err.c (unit): each way of failing has its own name, status and sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <string.h>

static void every_error_is_told_apart(void **state)
{
	(void)state;
	for (int a = 0; a < ERR_COUNT; a++) {
		assert_true(strlen(err_name((enum err)a)) > 0);
		assert_true(strlen(err_message((enum err)a)) > 0);
		for (int b = 0; b < a; b++) {
			assert_string_not_equal(err_name((enum err)a), err_name((enum err)b));
			assert_string_not_equal(err_message((enum err)a), err_message((enum err)b));
			assert_int_not_equal(err_status((enum err)a), err_status((enum err)b));
		}
	}
}

static void statuses_are_those_of_http(void **state)
{
	(void)state;
	static const int expected[] = {200, 404, 403, 401, 422, 409, 410, 429, 503, 502, 500};
	assert_int_equal(COUNT(expected), ERR_COUNT);
	for (int e = 0; e < ERR_COUNT; e++)
		assert_int_equal(err_status((enum err)e), expected[e]);
	assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
}

static void an_unknown_error_is_our_own_fault(void **state)
{
	(void)state;
	assert_int_equal(err_status(ERR_COUNT), 500);
	assert_int_equal(err_status((enum err)999), 500);
}

static void refusing_says_why(void **state)
{
	(void)state;
	struct refusal why = {0};
	assert_int_equal(refuse(&why, "title", "A title is too long."), ERR_INVALID);
	assert_string_equal(why.field, "title");
	assert_string_equal(why.text, "A title is too long.");
	assert_int_equal(refuse(NULL, "title", "Nobody asks."), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_is_told_apart),
		cmocka_unit_test(statuses_are_those_of_http),
		cmocka_unit_test(an_unknown_error_is_our_own_fault),
		cmocka_unit_test(refusing_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
