/* ical.c: clocks on walls in their zones, what comes back each week or month, and the files calendars read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data.h"

#include <string.h>

#define HERE "Europe/Amsterdam"

static int64_t at(int year, int month, int day, int hour, int minute)
{
	int64_t ms = 0;
	struct wall w = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};
	assert_true(ical_to_ms(&w, HERE, &ms));
	return ms;
}

static void winter_and_summer_have_their_own_hour(void **state)
{
	(void)state;
	struct wall w;
	int64_t ms;
	assert_true(time_parse_iso("2026-12-12T09:00:00Z", &ms));
	assert_int_equal(at(2026, 12, 12, 10, 0), ms);
	assert_true(ical_to_wall(ms, HERE, &w));
	assert_true(w.year == 2026 && w.month == 12 && w.day == 12 && w.hour == 10);
	assert_true(w.weekday == 6 && w.offset == 60);
	assert_true(time_parse_iso("2026-07-01T08:00:00Z", &ms));
	assert_int_equal(at(2026, 7, 1, 10, 0), ms);
	assert_true(ical_to_wall(ms, HERE, &w) && w.offset == 120);
	assert_true(ical_to_wall(ms, "America/St_Johns", &w) && w.offset == -150 && w.hour == 5
		&& w.minute == 30);
	assert_true(ical_to_wall(ms, "UTC", &w) && w.offset == 0 && w.hour == 8);
}

static void what_is_no_date_or_zone_is_refused(void **state)
{
	(void)state;
	struct wall w = {.year = 2026, .month = 2, .day = 29};
	int64_t ms = 7;
	assert_false(ical_to_ms(&w, HERE, &ms));
	w = (struct wall){.year = 2028, .month = 2, .day = 29, .hour = 24};
	assert_false(ical_to_ms(&w, HERE, &ms));
	w.hour = 23;
	assert_false(ical_to_ms(&w, "Europe/Atlantis", &ms));
	assert_false(ical_to_ms(&w, "../../etc/passwd", &ms));
	assert_false(ical_to_ms(&w, "Europe/../../../etc/passwd", &ms));
	assert_false(ical_to_ms(&w, NULL, &ms));
	assert_int_equal(ms, 7);
	assert_true(ical_to_ms(&w, HERE, &ms));
	assert_true(ical_zone_known("UTC") && !ical_zone_known(""));
}

static void nth(struct repeat r, int64_t start, size_t n, int64_t expected)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	for (size_t i = 0; i < n; i++)
		assert_true(ical_next(ical_rule(arena, &r, start, HERE), start, HERE, &start));
	assert_int_equal(start, expected);
}

static void the_hour_on_the_wall_stays(void **state)
{
	(void)state;
	nth((struct repeat){.kind = REPEAT_WEEKS, .interval = 1}, at(2026, 10, 20, 19, 30), 1,
		at(2026, 10, 27, 19, 30)); /* winter time began on the 25th */
	nth((struct repeat){.kind = REPEAT_WEEKS, .interval = 2}, at(2026, 12, 22, 19, 30), 1,
		at(2027, 1, 5, 19, 30));
	nth((struct repeat){.kind = REPEAT_MONTHS, .interval = 1}, at(2027, 1, 31, 9, 0), 1,
		at(2027, 3, 31, 9, 0)); /* February has none */
	nth((struct repeat){.kind = REPEAT_MONTHS_WEEKDAY, .interval = 1}, at(2026, 12, 1, 20, 0),
		2, at(2027, 2, 2, 20, 0));
	nth((struct repeat){.kind = REPEAT_MONTHS_WEEKDAY, .interval = 1}, at(2026, 12, 29, 20, 0),
		1, at(2027, 1, 26, 20, 0)); /* a fifth Tuesday is the last */
}

static void it_ends_by_count_or_date(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	int64_t start = at(2026, 12, 1, 20, 0), next = 0;
	struct repeat r = {.kind = REPEAT_WEEKS, .interval = 1, .count = 1};
	assert_string_equal(ical_rule(arena, &r, start, HERE), "FREQ=WEEKLY;INTERVAL=1;COUNT=1");
	assert_false(ical_next(ical_rule(arena, &r, start, HERE), start, HERE, &next));
	r.count = 2;
	assert_true(ical_next(ical_rule(arena, &r, start, HERE), start, HERE, &next));
	r = (struct repeat){
		.kind = REPEAT_MONTHS_WEEKDAY, .interval = 1, .until = at(2027, 1, 4, 23, 59)};
	assert_string_equal(ical_rule(arena, &r, start, HERE),
		"FREQ=MONTHLY;INTERVAL=1;BYDAY=1TU;UNTIL=20270104T225900Z");
	assert_false(ical_next(ical_rule(arena, &r, start, HERE), start, HERE, &next));
	r.until = at(2027, 1, 5, 23, 59);
	assert_true(ical_next(ical_rule(arena, &r, start, HERE), start, HERE, &next));
	assert_null(ical_rule(arena, &(struct repeat){0}, start, HERE));
	assert_false(ical_next("nonsense", start, HERE, &next));
}

static const char *unfolded(struct arena *arena, struct bytes file)
{
	struct text out;
	const char *s = file.data;
	text_init(&out, arena, file.size + 1);
	for (size_t i = 0; i < file.size; i++)
		if (strncmp(s + i, "\r\n ", 3) == 0)
			i += 2;
		else
			text_char(&out, s[i]);
	return out.at;
}

static void a_file_says_it_all(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct ical_event all[] = {
		{.uid = "1@ex.org",
			.title = "Spring, \xc3\xa9t\xc3\xa9; a long title that has to be folded "
				 "because a line has 75 bytes",
			.description = "First line\nSecond line",
			.place = "Town hall, Gouda",
			.url = "https://ex.org/p/1",
			.zone = HERE,
			.rule = "FREQ=WEEKLY;INTERVAL=1;COUNT=3",
			.start = at(2026, 12, 12, 10, 0),
			.end = at(2026, 12, 12, 12, 0),
			.updated = at(2026, 11, 1, 12, 0),
			.sequence = 2},
		{.uid = "2@ex.org",
			.title = "Off\r\nEND:VCALENDAR",
			.url = "https://ex.org/p/2",
			.zone = "UTC",
			.start = at(2026, 12, 13, 10, 0),
			.updated = at(2026, 11, 1, 12, 0),
			.cancelled = true},
	};
	struct bytes file = ical_write(arena, "Ex", all, COUNT(all));
	const char *raw = file.data, *s = unfolded(arena, file);
	for (const char *line = raw; *line != '\0'; line = strstr(line, "\r\n") + 2)
		assert_in_range(strcspn(line, "\r"), 1, 75);
	assert_true(text_starts(s, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
	assert_non_null(strstr(s, "X-WR-CALNAME:Ex\r\n"));
	assert_non_null(strstr(s, "BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\n"));
	assert_non_null(strstr(s, "TZOFFSETTO:+0200"));
	assert_null(strstr(s, "1916")); /* the zones of long ago are no one's business */
	assert_non_null(strstr(s, "DTSTART;TZID=Europe/Amsterdam:20261212T100000\r\n"));
	assert_non_null(strstr(s, "DTEND;TZID=Europe/Amsterdam:20261212T120000\r\n"));
	assert_non_null(strstr(s, "RRULE:FREQ=WEEKLY;"));
	assert_non_null(strstr(s, "SUMMARY:Spring\\, \xc3\xa9t\xc3\xa9\\; a long"));
	assert_non_null(strstr(s, "DESCRIPTION:First line\\nSecond line\r\n"));
	assert_non_null(strstr(s, "SEQUENCE:2\r\n"));
	assert_non_null(strstr(s, "DTSTART:20261213T090000Z\r\n"));
	assert_non_null(strstr(s, "STATUS:CANCELLED\r\n"));
	assert_null(strstr(s, "Off\r\nEND")); /* words are words */
	assert_true(text_ends(s, "END:VCALENDAR\r\n"));
	assert_non_null(strstr(ical_write(arena, "Ex", NULL, 0).data, "END:VCALENDAR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(winter_and_summer_have_their_own_hour),
		cmocka_unit_test(what_is_no_date_or_zone_is_refused),
		cmocka_unit_test(the_hour_on_the_wall_stays),
		cmocka_unit_test(it_ends_by_count_or_date),
		cmocka_unit_test(a_file_says_it_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
