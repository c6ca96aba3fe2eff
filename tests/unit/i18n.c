/* i18n.c (unit): catalogues as translators write them, and what a browser asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../webui/embed.h"
#include "../../webui/webui.h"

#include <string.h>

static const char nl[] = "# Kring\n"
			 "msgid \"\"\n"
			 "msgstr \"\"\n"
			 "\"Language: nl\\n\"\n"
			 "\"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n"
			 "\n"
			 "#: webui/pages/home.html\n"
			 "msgid \"Sign in\"\n"
			 "msgstr \"Aanmelden\"\n"
			 "\n"
			 "msgid \"\"\n"
			 "\"A long \"\n"
			 "\"sentence.\"\n"
			 "msgstr \"\"\n"
			 "\"Een lange \"\n"
			 "\"zin.\"\n"
			 "\n"
			 "msgid \"A \\\"word\\\"\\n\\tand \\\\\"\n"
			 "msgstr \"Een \\\"woord\\\"\\n\\ten \\\\\"\n"
			 "\n"
			 "msgid \"{count} reply\"\n"
			 "msgid_plural \"{count} replies\"\n"
			 "msgstr[0] \"{count} antwoord\"\n"
			 "msgstr[1] \"{count} antwoorden\"\n"
			 "\n"
			 "#, fuzzy\n"
			 "msgid \"Guessed\"\n"
			 "msgstr \"Gegokt\"\n"
			 "\n"
			 "#, c-format\n"
			 "msgid \"Flagged\"\n"
			 "msgstr \"Gemerkt\"\n"
			 "\n"
			 "msgid \"Empty\"\n"
			 "msgstr \"\"\n"
			 "\n"
			 "#~ msgid \"Old\"\n"
			 "#~ msgstr \"Oud\"\n"
			 "\n"
			 "msgid \"Last\"\n"
			 "msgstr \"Laatste\""; /* the file ends without a line end */

const struct embedded embedded[] = {
	{"i18n/nl.po", (const unsigned char *)nl, sizeof nl - 1, NULL, 0, "01234567"},
	{0},
};

static int open_words(void **state)
{
	(void)state;
	i18n_load();
	i18n_load(); /* once is enough */
	i18n_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	return 0;
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(i18n("nl", "Sign in"), "Aanmelden");
	assert_string_equal(i18n("nl", "A long sentence."), "Een lange zin.");
	assert_string_equal(i18n("nl", "A \"word\"\n\tand \\"), "Een \"woord\"\n\ten \\");
	assert_string_equal(i18n("nl", "Flagged"), "Gemerkt");
	assert_string_equal(i18n("nl", "Last"), "Laatste");
}

static void test_unknown_words(void **state)
{
	static const char *const same[] = {
		"Guessed", "Empty", "Old", "Not there", "", "sign in", "Sign in "};
	(void)state;
	for (size_t i = 0; i < COUNT(same); i++)
		assert_string_equal(i18n("nl", same[i]), same[i]);
	assert_string_equal(i18n("en", "Sign in"), "Sign in");
	assert_string_equal(i18n("de", "Sign in"), "Sign in");
	assert_string_equal(i18n(NULL, "Sign in"), "Sign in");
}

static void test_plural(void **state)
{
	static const char one[] = "{count} reply", many[] = "{count} replies";
	(void)state;
	assert_string_equal(i18n_plural("nl", one, many, 1), "{count} antwoord");
	assert_string_equal(i18n_plural("nl", one, many, 0), "{count} antwoorden");
	assert_string_equal(i18n_plural("nl", one, many, 2), "{count} antwoorden");
	assert_string_equal(i18n_plural("nl", one, many, -1), "{count} antwoorden");
	assert_string_equal(i18n_plural("en", one, many, 1), one);
	assert_string_equal(i18n_plural("en", one, many, 21), many);
	assert_string_equal(i18n_plural("de", one, many, 21), many);
	/* Translated in one form only: that one stands for both. */
	assert_string_equal(i18n_plural("nl", "Sign in", "Sign in all", 3), "Aanmelden");
}

static void test_languages(void **state)
{
	(void)state;
	assert_true(i18n_has("nl"));
	assert_true(i18n_has("en"));
	assert_false(i18n_has("de"));
	assert_false(i18n_has("NL"));
	assert_false(i18n_has(""));
	assert_false(i18n_has(NULL));
}

static void test_choose(void **state)
{
	static const struct {
		const char *accept, *chosen;
	} cases[] = {
		{NULL, "else"},
		{"", "else"},
		{"*", "else"},
		{"de, fr;q=0.5", "else"},
		{"nl", "nl"},
		{"NL-be", "nl"},
		{"nl;q=0.8, en;q=0.9", "en"},
		{"en ; q=0.1,\tnl ; q=0.2", "nl"},
		{"nl, en", "nl"}, /* of two alike the first */
		{"de-DE, de;q=0.9, en;q=0.8, nl;q=0.7", "en"},
		{"nl;q=0", "else"},
		{"nl;q=-1", "else"},
		{"nl;q=, en;q=0.1", "en"},
		{"nlx, xnl, n", "else"},
		{"en;q=0.5, nl;q=1e300", "nl"},
		{"en;q=0.5, nl;q=inf", "nl"},
		{"nl;q=nan, en;q=0.5", "en"},
		{"nl;q=-1e300, en;q=0.001", "en"},
		{",,;,nl", "nl"},
		{";q=1", "else"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(i18n_choose(cases[i].accept, "else"), cases[i].chosen);
	assert_null(i18n_choose("de", NULL));
}

static const char *time_of(struct arena *a, const char *language, int64_t ms, bool with_hour)
{
	struct text t;
	text_init(&t, a, 100);
	i18n_time(&t, language, ms, with_hour);
	return t.at;
}

static void test_time(void **state)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	(void)state;
	int64_t winter = INT64_C(
		1735686000000); /* 2024-12-31T23:00:00Z: the new year in this zone */
	assert_string_equal(time_of(a, "en", winter, true), "Wed 1 January 2025, 00:00");
	assert_string_equal(time_of(a, "nl", winter, true), "wo 1 januari 2025, 00:00");
	assert_string_equal(time_of(a, "nl", winter - 1, false), "31 december 2024");
	int64_t summer = INT64_C(1751364300000); /* 2025-07-01T10:05:00Z */
	assert_string_equal(time_of(a, "en", summer, true), "Tue 1 July 2025, 12:05");
	assert_string_equal(time_of(a, "de", summer, false), "1 July 2025");
	assert_null(strstr(
		time_of(a, "en", time_now(), false), " 20")); /* this year goes without saying */
	assert_string_equal(time_of(a, "nl", 0, true), "do 1 januari 1970, 01:00");
	struct text day;
	text_init(&day, a, 100);
	i18n_moment(&day, "nl", winter);
	assert_string_equal(day.at, "wo 1 januari 2025, 00:00");
	text_init(&day, a, 100);
	i18n_moment(&day, "nl", time_now());
	assert_null(strstr(day.at, " 20"));
	assert_non_null(strchr(day.at, ':'));
	assert_string_equal(i18n_month_short("nl", 3), "mrt");
	assert_string_equal(i18n_month_short("en", 12), "Dec");
	text_init(&day, a, 100);
	i18n_date(&day, "nl", time_now());
	assert_non_null(strstr(day.at, " 20")); /* but elsewhere, and later, it does not */
}

static const char *span(
	struct arena *arena, const char *language, struct wall from, const struct wall *to)
{
	struct text t;
	text_init(&t, arena, 512);
	i18n_span(&t, language, &from, to);
	return t.at;
}

static void test_span(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct wall from = {2026, 12, 12, 10, 0, 6, 60}, noon = {2026, 12, 12, 12, 5, 6, 60},
		    later = {2026, 12, 13, 9, 30, 0, 60};
	assert_string_equal(span(arena, "nl", from, NULL), "zaterdag 12 december 2026, 10.00 uur");
	assert_string_equal(
		span(arena, "nl", from, &noon), "zaterdag 12 december 2026, 10.00–12.05 uur");
	assert_string_equal(span(arena, "nl", from, &later),
		"zaterdag 12 december 2026, 10.00 uur tot zondag 13 december 2026, 9.30 uur");
	assert_string_equal(
		span(arena, "en", from, &noon), "Saturday 12 December 2026, 10:00–12:05");
	assert_string_equal(span(arena, "en", from, &later),
		"Saturday 12 December 2026, 10:00 to Sunday 13 December 2026, 9:30");
	/* What else is written in, is told in English. */
	assert_string_equal(span(arena, "de", from, NULL), "Saturday 12 December 2026, 10:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_plural),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_span),
	};
	return cmocka_run_group_tests(tests, open_words, NULL);
}
