/* time.c (unit): the calendar over its whole range, strict reading, ids that only rise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <string.h>

static int thaw(void **state)
{
	(void)state;
	time_freeze(0);
	return 0;
}

static const int64_t first_ms = INT64_C(-62167219200000); /* 0000-01-01 */
static const int64_t last_ms = INT64_C(253402300799999);  /* 9999-12-31T23:59:59.999Z */

static const struct {
	int64_t ms;
	const char *iso, *http;
} known[] = {
	{0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
	{-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
	{INT64_C(1795251492000), "2026-11-21T08:58:12.000Z", "Sat, 21 Nov 2026 08:58:12 GMT"},
	{INT64_C(784111777000), "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
	{INT64_C(951782400007), "2000-02-29T00:00:00.007Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
	{INT64_C(4107542400000), "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
	{INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z", "Sat, 01 Jan 0000 00:00:00 GMT"},
	{INT64_C(253402300799999), "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
};

static void known_times_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		char iso[TIME_ISO], http[TIME_HTTP];
		time_iso(known[i].ms, iso);
		time_http(known[i].ms, http);
		assert_string_equal(iso, known[i].iso);
		assert_string_equal(http, known[i].http);
	}
}

static void any_time_at_all_is_written(void **state)
{
	(void)state;
	char iso[TIME_ISO], http[TIME_HTTP];
	time_iso(INT64_MIN, iso);
	time_http(INT64_MIN, http);
	assert_string_equal(iso, "0000-01-01T00:00:00.000Z");
	time_iso(INT64_MAX, iso);
	time_http(INT64_MAX, http);
	assert_string_equal(iso, "9999-12-31T23:59:59.999Z");
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	/* A step of some 29 days and odd milliseconds meets every month and weekday of 10,000 years. */
	for (int64_t ms = first_ms; ms <= last_ms; ms += 29 * DAY + 12345677) {
		char iso[TIME_ISO], http[TIME_HTTP];
		int64_t again = 0;
		time_iso(ms, iso);
		time_http(ms, http);
		assert_true(time_parse_iso(iso, &again));
		assert_true(again == ms);
		assert_true(time_parse_http(http, &again));
		assert_true(again == ms - (ms - first_ms) % SECOND);
	}
}

static void the_days_follow_one_another(void **state)
{
	(void)state;
	char before[TIME_ISO] = "";
	for (int64_t ms = INT64_C(-5364662400000); ms < INT64_C(7258118400000); ms += DAY) {
		char now[TIME_ISO]; /* 1800…2199 */
		time_iso(ms, now);
		assert_true(strcmp(before, now) < 0);
		memcpy(before, now, sizeof now);
	}
}

static void iso_takes_fractions_and_offsets(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		int64_t ms;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01t00:00:00z", 0},
		{"1970-01-01 00:00:00Z", 0},
		{"1970-01-01T00:00:00.5Z", 500},
		{"1970-01-01T00:00:00.0129999999999999999999Z", 12},
		{"1970-01-01T01:30:00+01:30", 0},
		{"1969-12-31T19:00:00-05:00", 0},
		{"1970-01-01T00:00:00-00:00", 0},
		{"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
		{"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
	};
	for (size_t i = 0; i < COUNT(good); i++) {
		int64_t ms = 7;
		assert_true(time_parse_iso(good[i].s, &ms));
		assert_true(ms == good[i].ms);
	}
}

static void odd_iso_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"1970",
		"1970-01-01",
		"1970-01-01T00:00:00",
		"1970-01-01T00:00Z",
		"1970-1-01T00:00:00Z",
		"1970-00-01T00:00:00Z",
		"1970-13-01T00:00:00Z",
		"1970-01-00T00:00:00Z",
		"1970-01-32T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"1970-04-31T00:00:00Z",
		"1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z",
		"1970-01-01T00:00:61Z",
		"1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00,5Z",
		"1970-01-01T00:00:00+0100",
		"1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00+00:60",
		"1970-01-01T00:00:00ZZ",
		"1970-01-01T00:00:00Z ",
		" 1970-01-01T00:00:00Z",
		"+1970-01-01T00:00:00Z",
		"-1970-01-01T00:00:00Z",
		"10000-01-01T00:00:00Z",
		"0000-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"9999-12-31T23:59:60Z",
		"1970-01-01T-1:00:00Z",
	};
	int64_t ms = 7;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (time_parse_iso(bad[i], &ms))
			fail_msg("accepted: %s", bad[i]);
	assert_false(time_parse_iso(NULL, &ms));
	assert_true(ms == 7);
}

static void odd_http_dates_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"Sat, 21 Nov 2026 08:58:12",
		"Sat, 21 Nov 2026 08:58:12 UTC",
		"Sat, 21 Nov 2026 08:58:12 GMT ",
		"sat, 21 Nov 2026 08:58:12 GMT",
		"Sun, 21 Nov 2026 08:58:12 GMT",
		"Sat, 21 nov 2026 08:58:12 GMT",
		"Sat, 21 Foo 2026 08:58:12 GMT",
		"Sat, 32 Nov 2026 08:58:12 GMT",
		"Sat, 21-Nov-2026 08:58:12 GMT",
		"Sat, 21 Nov 2026 08:58:60 GMT",
		"Sat, 21 Nov 2026 24:58:12 GMT",
		"Sat, 21 Nov 2026 08.58.12 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Sat, 1 Nov 2026 08:58:12 GMT ",
		"1795251492",
	};
	int64_t ms = 7;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (time_parse_http(bad[i], &ms))
			fail_msg("accepted: %s", bad[i]);
	assert_false(time_parse_http(NULL, &ms));
	assert_true(ms == 7);
}

static void clocks_run_and_stand_still(void **state)
{
	(void)state;
	assert_true(time_now() > INT64_C(1577836800000)); /* 2020 */
	int64_t before = time_steady();
	assert_true(time_steady() >= before);
	time_freeze(12345);
	assert_true(time_now() == 12345 && time_steady() == 12345);
	time_freeze(0);
	assert_true(time_now() > 12345 && time_steady() >= before);
}

static void ids_rise_while_the_clock_does_not(void **state)
{
	(void)state;
	uint64_t before = id_next();
	time_freeze(time_now() + HOUR);
	uint64_t id = id_next();
	assert_true(id > before);
	assert_true(id_time(id) == time_now());
	for (int i = 0; i < 100000; i++) { /* more than one millisecond holds */
		before = id;
		id = id_next();
		assert_true(id > before);
	}
	assert_true(id_time(id) == time_now() + 1);
	time_freeze(time_now() - 30 * MINUTE);
	assert_true(id_next() == id + 1);
	assert_true(id_next() <= INT64_MAX);
}

static void a_floor_lifts_and_never_lowers(void **state)
{
	(void)state;
	uint64_t id = id_next();
	id_floor(id + 1000);
	assert_true(id_next() == id + 1001);
	id_floor(5);
	assert_true(id_next() == id + 1002);
}

#define TAKERS 4
#define TAKEN 20000

static void take_ids(void *arg)
{
	uint64_t *ids = arg;
	for (int i = 0; i < TAKEN; i++)
		ids[i] = id_next();
}

static void threads_never_share_an_id(void **state)
{
	(void)state;
	static uint64_t ids[TAKERS][TAKEN];
	struct thread *threads[TAKERS];
	for (int i = 0; i < TAKERS; i++)
		threads[i] = thread_start("ids", take_ids, ids[i]);
	for (int i = 0; i < TAKERS; i++)
		thread_join(threads[i]);
	/* Each list rises; merged, the whole rises too. */
	size_t at[TAKERS] = {0};
	uint64_t last = 0;
	for (int n = 0; n < TAKERS * TAKEN; n++) {
		int least = -1;
		for (int i = 0; i < TAKERS; i++)
			if (at[i] < TAKEN && (least < 0 || ids[i][at[i]] < ids[least][at[least]]))
				least = i;
		assert_true(ids[least][at[least]] > last);
		last = ids[least][at[least]++];
	}
}

static void ids_are_written_in_decimal(void **state)
{
	(void)state;
	char at[ID_TEXT];
	assert_string_equal(id_text(0, at), "0");
	assert_string_equal(id_text(UINT64_MAX, at), "18446744073709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times_are_written),
		cmocka_unit_test(any_time_at_all_is_written),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(the_days_follow_one_another),
		cmocka_unit_test(iso_takes_fractions_and_offsets),
		cmocka_unit_test(odd_iso_is_refused),
		cmocka_unit_test(odd_http_dates_are_refused),
		cmocka_unit_test_teardown(clocks_run_and_stand_still, thaw),
		cmocka_unit_test_teardown(ids_rise_while_the_clock_does_not, thaw),
		cmocka_unit_test(a_floor_lifts_and_never_lowers),
		cmocka_unit_test(threads_never_share_an_id),
		cmocka_unit_test(ids_are_written_in_decimal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
