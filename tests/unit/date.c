/* date.c: dates as feeds have them, by the standards and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data.h"

static void is(const char *said, const char *expected)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	char iso[TIME_ISO];
	int64_t ms = date_read(arena, said);
	time_iso(ms, iso);
	if (!text_is(iso, expected))
		fail_msg("%s: %s", said, iso);
}

static void as_rfc_822_has_them(void **state)
{
	(void)state;
	is("Fri, 27 Nov 2026 18:05:00 GMT", "2026-11-27T18:05:00.000Z");
	is("Fri, 27 Nov 2026 18:05:00 +0100", "2026-11-27T17:05:00.000Z");
	is("27 Nov 26 18:05 EST", "2026-11-27T23:05:00.000Z");
	is("Sat, 1 Jan 72 00:00:00 Z", "1972-01-01T00:00:00.000Z");
	is("  Fri,  27 November 2026  8:05:09 -05:30 ", "2026-11-27T13:35:09.000Z");
	is("vr, 27 nov 2026 18:05:00 CET", "2026-11-27T17:05:00.000Z");
	is("Do, 01 Okt 2026 10:00:00 +0200", "2026-10-01T08:00:00.000Z");
	is("fri, 27 nov 2026", "2026-11-27T00:00:00.000Z");
	is("Fri Nov 27 18:05:00 2026", "2026-11-27T18:05:00.000Z");
	is("November 27, 2026", "2026-11-27T00:00:00.000Z");
	is("Fri, 27-Nov-2026 18:05:00 GMT", "2026-11-27T18:05:00.000Z");
}

static void as_iso_8601_has_them(void **state)
{
	(void)state;
	is("2026-11-27T18:05:00Z", "2026-11-27T18:05:00.000Z");
	is("2026-11-27T18:05:00.123456+02:00", "2026-11-27T16:05:00.000Z");
	is("2026-11-27T18:05:00+0200", "2026-11-27T16:05:00.000Z");
	is("2026-11-27 18:05", "2026-11-27T18:05:00.000Z");
	is("2026-11-27T18:05", "2026-11-27T18:05:00.000Z");
	is("2026-11-27", "2026-11-27T00:00:00.000Z");
}

static void what_is_no_date(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	static const char *const none[] = {"", "yesterday", "2026", "32 Nov 2026 10:00:00 GMT",
		"29 Feb 2026", "2026-13-01", "99999999999999999999", "27 Nov 2026 99:99:99 GMT",
		"10:00", "-", "+++++", "27 Nov 2026 10:00:00 +9999", "2026-11-27T10:00:00+99:99",
		"12345678-1-1", "0-0-0"};
	for (size_t i = 0; i < COUNT(none); i++)
		if (date_read(arena, none[i]) != 0)
			fail_msg("%s is a date", none[i]);
	assert_int_equal(date_read(arena, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_rfc_822_has_them),
		cmocka_unit_test(as_iso_8601_has_them),
		cmocka_unit_test(what_is_no_date),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
