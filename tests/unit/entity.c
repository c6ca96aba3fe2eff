/* entity.c (unit): character references as the HTML standard reads them. */
#include "cleaned.h"

static void reads(const char *s, bool in_attribute, size_t size, uint32_t point)
{
	uint32_t got = 0xabcdef;
	size_t n = entity_read(s, in_attribute, &got);
	if (n != size || got != (size > 0 ? point : 0xabcdef))
		fail_msg("%s: %zu bytes, U+%04X", s, n, (unsigned)got);
}

static void test_names(void **state)
{
	(void)state;
	reads("&amp;x", false, 5, '&');
	reads("&AMP;", false, 5, '&');
	reads("&hellip;", false, 8, 0x2026);
	reads("&thetasym;", false, 10, 0x3d1); /* the longest we know */
	reads("&colon;", false, 7, ':');
	reads("&hellip", false, 0, 0); /* only the old names do without their semicolon */
	reads("&copy", false, 5, 0xa9);
	reads("&copyright", false, 5, 0xa9);
	reads("&Amp;", false, 0, 0); /* case counts */
	reads("&thetasymbolics;", false, 0, 0);
	reads("&", false, 0, 0);
	reads("&;", false, 0, 0);
	reads("amp;", false, 0, 0);
}

/* ?a=1&copy=2 is an address. */
static void test_in_attributes(void **state)
{
	(void)state;
	reads("&copy=2", true, 0, 0);
	reads("&copyx", true, 0, 0);
	reads("&copy;=2", true, 6, 0xa9);
	reads("&copy\"", true, 5, 0xa9);
	reads("&#65=", true, 4, 'A');
}

static void test_numbers(void **state)
{
	(void)state;
	reads("&#65;", false, 5, 'A');
	reads("&#65x", false, 4, 'A');
	reads("&#x1F602;", false, 9, 0x1f602);
	reads("&#X41", false, 5, 'A');
	reads("&#", false, 0, 0);
	reads("&#;", false, 0, 0);
	reads("&#x;", false, 0, 0);
	reads("&#xg;", false, 0, 0);
	reads("&#x10ffff;", false, 10, 0x10ffff);
	static const char *const none[] = {
		"&#0;", "&#xd800;", "&#xdfff;", "&#x110000;", "&#x100000041;"};
	for (size_t i = 0; i < COUNT(none); i++)
		reads(none[i], false, strlen(none[i]), 0xfffd);
	reads("&#128;", false, 6, 0x20ac); /* Windows-1252 is what is meant */
	reads("&#159;", false, 6, 0x178);
	reads("&#160;", false, 6, 0xa0);
}

static void test_bytes(void **state)
{
	(void)state;
	static const struct {
		uint32_t point;
		const char *bytes;
	} cases[] = {{0x7f, "\x7f"}, {0x80, "\xc2\x80"}, {0x7ff, "\xdf\xbf"},
		{0x800, "\xe0\xa0\x80"}, {0xffff, "\xef\xbf\xbf"}, {0x10000, "\xf0\x90\x80\x80"},
		{0x10ffff, "\xf4\x8f\xbf\xbf"}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[5];
		memset(out, 'x', sizeof out);
		assert_int_equal(entity_utf8(cases[i].point, out), strlen(cases[i].bytes));
		assert_string_equal(out, cases[i].bytes);
	}
	char out[5];
	assert_int_equal(entity_utf8(0, out), 1);
	assert_memory_equal(out, "\0\0\0\0\0", 5);
}

static void test_in_text_and_attributes(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"1 < 2 <3 && x<", "1 &lt; 2 &lt;3 &amp;&amp; x&lt;"},
		{"&lt;script&gt;&amp;lt;", "&lt;script&gt;&amp;lt;"},
		{"&ltscript&#62", "&lt;script&gt;"},
		{"&#x41;&#65;&#x1f602;&eacute;&hellip;&apos;",
			"AA\xf0\x9f\x98\x82\xc3\xa9\xe2\x80\xa6'"},
		{"&#0;&#xd800;&#x110000;&#99999999999999;",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"&#128;&#x1;", "\xe2\x82\xac"},
		{"&unknown; &; &#; &#x; &", "&amp;unknown; &amp;; &amp;#; &amp;#x; &amp;"},
		{"&notit; &copyx", "\xc2\xacit; \xc2\xa9x"},
		{"&am<x>p;", "&amp;amp;"},
		{"<abbr title='&quot;&copy=1&copy;<'>x</abbr>",
			"<abbr title=\"&quot;&amp;copy=1\xc2\xa9&lt;\">x</abbr>"},
		{"<abbr title=\"<img src=x onerror=1 :verified:>\">x",
			"<abbr title=\"&lt;img src=x onerror=1 :verified:&gt;\">x</abbr>"},
		{"\"><svg/onload=1>", "\"&gt;"},
	};
	check(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_in_attributes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_in_text_and_attributes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
