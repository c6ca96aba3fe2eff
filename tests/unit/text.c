/* text.c (unit): growing within a maximum, escapes, UTF-8 good and bad, strict numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <string.h>

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void pieces_are_joined(void **state)
{
	struct text t;
	text_init(&t, *state, 1000);
	assert_string_equal(t.at, "");
	text_add(&t, "one");
	text_add(&t, NULL);
	text_char(&t, ' ');
	text_add_n(&t, "twofold", 3);
	text_add_n(&t, NULL, 0);
	text_format(&t, " %d", 3);
	assert_string_equal(t.at, "one two 3");
	assert_int_equal(t.size, 9);
	assert_false(t.failed);
}

static void a_maximum_holds_to_the_byte(void **state)
{
	for (size_t max = 0; max < 200; max++) {
		struct text t;
		text_init(&t, *state, max);
		for (size_t i = 0; i < max; i++)
			text_char(&t, 'x');
		assert_false(t.failed);
		assert_int_equal(strlen(t.at), max);
		text_char(&t, 'y');
		assert_true(t.failed);
		assert_int_equal(strlen(t.at), max);
		assert_int_equal(t.size, max);
	}
}

static void failing_is_for_good(void **state)
{
	struct text t;
	text_init(&t, *state, 4);
	text_add(&t, "12345");
	assert_true(t.failed);
	assert_string_equal(t.at, "");
	text_add(&t, "1");
	text_format(&t, "%d", 1);
	text_html(&t, "<");
	assert_true(t.failed);
	assert_string_equal(t.at, "");
}

static void formats_are_whole_or_absent(void **state)
{
	for (int size = 1; size < 140; size++) {
		struct text fits, fails;
		text_init(&fits, *state, 2 + (size_t)size);
		text_init(&fails, *state, 1 + (size_t)size);
		text_add(&fits, "ab");
		text_add(&fails, "ab");
		text_format(&fits, "%*d", size, 7);
		text_format(&fails, "%*d", size, 7);
		assert_false(fits.failed);
		assert_int_equal(fits.size, 2 + size);
		assert_int_equal(strlen(fits.at), fits.size);
		assert_int_equal(fits.at[1 + size], '7');
		assert_true(fails.failed);
		assert_string_equal(fails.at, "ab");
	}
}

static void print_tells_when_it_does_not_fit(void **state)
{
	(void)state;
	char at[4];
	assert_true(text_print(at, sizeof at, "%s", "abc"));
	assert_string_equal(at, "abc");
	assert_false(text_print(at, sizeof at, "%s", "abcd"));
	assert_string_equal(at, "abc");
	assert_false(text_print(at, 0, "%s", ""));
}

static const char *escaped(struct arena *a, void (*how)(struct text *, const char *), const char *s)
{
	struct text t;
	text_init(&t, a, 1000);
	how(&t, s);
	assert_false(t.failed);
	return t.at;
}

static void html_is_escaped_for_text_and_attributes(void **state)
{
	struct arena *a = *state;
	assert_string_equal(escaped(a, text_html, "<a href=\"x\" b='y'>&amp;"),
		"&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
	assert_string_equal(escaped(a, text_html, "caf\xc3\xa9"), "caf\xc3\xa9");
	assert_string_equal(escaped(a, text_html, NULL), "");
}

static void urls_keep_only_unreserved(void **state)
{
	struct arena *a = *state;
	assert_string_equal(escaped(a, text_url, "aZ09-._~"), "aZ09-._~");
	assert_string_equal(escaped(a, text_url, "a b/?#&=+%\xc3\xa9\x7f"),
		"a%20b%2F%3F%23%26%3D%2B%25%C3%A9%7F");
	assert_string_equal(escaped(a, text_url, NULL), "");
}

static void json_is_escaped_as_rfc_8785_spells_it(void **state)
{
	struct arena *a = *state;
	assert_string_equal(escaped(a, text_json, "\"\\/\b\f\n\r\t\x01\x1f\x7f"),
		"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f");
	assert_string_equal(
		escaped(a, text_json, "\xe2\x82\xac</script>"), "\xe2\x82\xac</script>");
	assert_string_equal(escaped(a, text_json, NULL), "");
}

static void utf8_is_the_shortest_form_only(void **state)
{
	(void)state;
	static const char *const good[] = {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf"};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x41",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xe2\x82",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x9f\x98",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xfe",
		"\xff",
		"ok\xc3",
		"\xe2\x82\xac\xac",
		"\xf8\x88\x80\x80\x80",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
	/* wherever it stands among plain letters */
	static const struct {
		const char *bytes;
		bool good;
	} some[] = {{"\0", false}, {"\x01", true}, {"\x7f", true}, {"\x80", false}, {"\xff", false},
		{"\xc3\xa9", true}, {"\xc3\x28", false}, {"\xe2\x82\xac", true}};
	for (size_t i = 0; i < COUNT(some); i++)
		for (size_t at = 0; at < 20; at++) {
			char line[24] = "aaaaaaaaaaaaaaaaaaaaaaa";
			size_t size = strlen(some[i].bytes);
			memcpy(line + at, some[i].bytes, size > 0 ? size : 1);
			assert_int_equal(text_is_utf8(line, 23), some[i].good);
		}
	assert_false(text_is_utf8("a\0b", 3));
	assert_false(text_is_utf8("\xc3\xa9", 1)); /* cut in the middle */
	assert_true(text_is_utf8(NULL, 0));
}

static void points_are_counted_and_cut_whole(void **state)
{
	struct arena *a = *state;
	const char *s = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	assert_int_equal(text_count(s), 5);
	assert_int_equal(text_count(""), 0);
	assert_string_equal(text_cut(a, s, 0), "");
	assert_string_equal(text_cut(a, s, 2), "a\xc3\xa9");
	assert_string_equal(text_cut(a, s, 4), "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(text_cut(a, s, 5), s);
	assert_string_equal(text_cut(a, s, SIZE_MAX), s);
}

static void white_space_goes_at_both_ends(void **state)
{
	struct arena *a = *state;
	assert_string_equal(text_trim(a, " \t\r\n a b \v\f"), "a b");
	assert_string_equal(text_trim(a, "\xc2\xa0\xe3\x80\x80x\xe2\x80\x83\xe2\x80\xa9"), "x");
	assert_string_equal(text_trim(a, " \xe2\x80\x83 "), "");
	assert_string_equal(text_trim(a, ""), "");
	assert_string_equal(text_trim(a, "\xc3\xa9"), "\xc3\xa9");
	assert_string_equal(text_trim(a, "\x80 \x80"), "\x80 \x80"); /* not UTF-8: left alone */
}

static void case_is_that_of_ascii(void **state)
{
	assert_string_equal(text_lower(*state, "ABZ[\xc3\x89"), "abz[\xc3\x89");
	assert_null(text_lower(*state, NULL));
	assert_true(text_equal_fold("Content-Type", "content-TYPE"));
	assert_false(text_equal_fold("abc", "abcd"));
	assert_false(text_equal_fold("abcd", "abc"));
	assert_false(text_equal_fold("[", "{"));
	assert_false(text_equal_fold(NULL, NULL));
	assert_true(text_equal_fold("", ""));
}

static void ends_and_equality(void **state)
{
	(void)state;
	assert_true(text_starts("abc", "ab") && text_starts("abc", ""));
	assert_false(text_starts("a", "ab") || text_starts(NULL, ""));
	assert_true(text_ends("abc", "bc") && text_ends("abc", ""));
	assert_false(text_ends("c", "bc") || text_ends(NULL, ""));
	assert_true(text_is("a", "a"));
	assert_false(text_is("a", "A") || text_is(NULL, NULL) || text_is("a", NULL));
}

static void unsigned_numbers_have_one_spelling(void **state)
{
	(void)state;
	uint64_t n = 7;
	static const char *const bad[] = {"", "01", "00", "+1", "-1", " 1", "1 ", "1a", "0x1",
		"1.0", "1e3", "18446744073709551616", "99999999999999999999", "\xd9\xa1"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_to_u64(bad[i], &n));
	assert_false(text_to_u64(NULL, &n));
	assert_int_equal(n, 7);
	assert_true(text_to_u64("0", &n) && n == 0);
	assert_true(text_to_u64("18446744073709551615", &n) && n == UINT64_MAX);
}

static void signed_numbers_keep_their_range(void **state)
{
	(void)state;
	int64_t n = 7;
	assert_false(text_to_i64("-11", -10, 10, &n) || text_to_i64("11", -10, 10, &n));
	assert_false(text_to_i64("-0", -10, 10, &n) || text_to_i64("--1", -10, 10, &n));
	assert_false(text_to_i64("-", -10, 10, &n) || text_to_i64(NULL, -10, 10, &n));
	assert_int_equal(n, 7);
	assert_true(text_to_i64("-10", -10, 10, &n) && n == -10);
	assert_true(text_to_i64("10", -10, 10, &n) && n == 10);
	assert_true(
		text_to_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &n) && n == INT64_MIN);
	assert_true(text_to_i64("9223372036854775807", INT64_MIN, INT64_MAX, &n) && n == INT64_MAX);
	assert_false(text_to_i64("-9223372036854775809", INT64_MIN, INT64_MAX, &n));
	assert_false(text_to_i64("9223372036854775808", INT64_MIN, INT64_MAX, &n));
}

static void url_escapes_are_undone_or_refused(void **state)
{
	struct arena *a = *state;
	char *out = NULL;
	assert_true(text_unescape_url(a, "a%20b+c%2B%c3%A9", 16, false, &out));
	assert_string_equal(out, "a b+c+\xc3\xa9");
	assert_true(text_unescape_url(a, "a+b%2B", 6, true, &out));
	assert_string_equal(out, "a b+");
	assert_true(text_unescape_url(a, "abc%", 3, true, &out)); /* the size counts, not the NUL */
	assert_string_equal(out, "abc");
	assert_true(text_unescape_url(a, "%2541", 5, false, &out)); /* once, not twice */
	assert_string_equal(out, "%41");
	static const char *const bad[] = {
		"%", "%4", "%g0", "%0g", "%00", "%ff", "%c3", "a%", "%%41", "% 41", "%-1"};
	out = NULL;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_unescape_url(a, bad[i], strlen(bad[i]), false, &out));
	assert_false(text_unescape_url(a, "%41", 2, false, &out));
	assert_false(text_unescape_url(a, "a\0b", 3, false, &out));
	assert_null(out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_are_joined),
		TEST(a_maximum_holds_to_the_byte),
		TEST(failing_is_for_good),
		TEST(formats_are_whole_or_absent),
		TEST(print_tells_when_it_does_not_fit),
		TEST(html_is_escaped_for_text_and_attributes),
		TEST(urls_keep_only_unreserved),
		TEST(json_is_escaped_as_rfc_8785_spells_it),
		TEST(utf8_is_the_shortest_form_only),
		TEST(points_are_counted_and_cut_whole),
		TEST(white_space_goes_at_both_ends),
		TEST(case_is_that_of_ascii),
		TEST(ends_and_equality),
		TEST(unsigned_numbers_have_one_spelling),
		TEST(signed_numbers_keep_their_range),
		TEST(url_escapes_are_undone_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
