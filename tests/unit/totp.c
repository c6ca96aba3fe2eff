/* totp.c (unit): the test values of RFC 6238, and codes that are over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base.h"

#include <string.h>

static const uint8_t secret[] = "12345678901234567890"; /* of appendix B, for SHA-1 */
#define SIZE (sizeof secret - 1)

static const struct {
	int64_t at;       /* s */
	const char *code; /* the last six of its eight digits */
} values[] = {{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"},
	{1234567890, "005924"}, {2000000000, "279037"}, {INT64_C(20000000000), "353130"}};

static void values_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char code[TOTP_TEXT];
		uint64_t last = 0;
		assert_true(totp_code(secret, SIZE, (uint64_t)values[i].at / 30, code));
		assert_string_equal(code, values[i].code);
		assert_true(
			totp_matches(secret, SIZE, values[i].at * SECOND, values[i].code, &last));
		assert_int_equal(last, values[i].at / 30);
	}
}

static void a_code_is_used_once(void **state)
{
	(void)state;
	uint64_t last = 0;
	char now[TOTP_TEXT], before[TOTP_TEXT], next[TOTP_TEXT], far[TOTP_TEXT];
	int64_t at = 1111111111 * SECOND;
	uint64_t counter = 1111111111 / 30;
	assert_true(totp_code(secret, SIZE, counter, now)
		&& totp_code(secret, SIZE, counter - 1, before)
		&& totp_code(secret, SIZE, counter + 1, next)
		&& totp_code(secret, SIZE, counter + 2, far));
	assert_false(totp_matches(secret, SIZE, at, far, &last));
	assert_true(totp_matches(secret, SIZE, at, before, &last));
	assert_false(totp_matches(secret, SIZE, at, before, &last));
	assert_true(totp_matches(secret, SIZE, at, now, &last));
	assert_false(totp_matches(secret, SIZE, at, now, &last));
	assert_false(totp_matches(secret, SIZE, at, before, &last)); /* older than what was used */
	assert_true(totp_matches(secret, SIZE, at, next, &last));
	assert_int_equal(last, counter + 1);
}

static void what_is_no_code(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		NULL, "", "28708", "2870820", "28708a", " 287082", "287083"};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		uint64_t last = 0;
		assert_false(totp_matches(secret, SIZE, 59 * SECOND, wrong[i], &last));
		assert_int_equal(last, 0);
	}
}

static void secrets_as_apps_read_them(void **state)
{
	struct arena *arena = arena_create();
	(void)state;
	assert_string_equal(base32_encode(arena, secret, SIZE), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_string_equal(base32_encode(arena, "f", 1), "MY");
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_the_rfc),
		cmocka_unit_test(a_code_is_used_once),
		cmocka_unit_test(what_is_no_code),
		cmocka_unit_test(secrets_as_apps_read_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
