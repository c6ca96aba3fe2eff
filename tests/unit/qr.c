/* qr.c (unit): a picture that is whole, and none of what is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base.h"

#include <string.h>

static void a_picture(void **state)
{
	struct arena *arena = arena_create();
	(void)state;
	char *svg = qr_svg(arena, "otpauth://totp/Ex:anna", "a \"code\"");
	assert_true(text_starts(svg,
		"<svg class=\"qr\" viewBox=\"0 0 33 33\" role=\"img\" "
		"aria-label=\"a &quot;code&quot;\">"));
	assert_true(text_ends(svg, "z\"/></svg>"));
	char *big = arena_alloc(arena, 5000);
	memset(big, 'a', 4999);
	assert_null(qr_svg(arena, big, "x"));
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_picture)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
