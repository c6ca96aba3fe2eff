/* tag.c (unit): where a tag ends, what it says of itself, and what is no tag. */
#include "cleaned.h"

static size_t reads(const char *s, const char *name)
{
	struct html_tag tag;
	size_t n = tag_read(s, false, &tag);
	if (n > 0 && strcmp(tag.name, name) != 0)
		fail_msg("%s: a tag %s", s, tag.name);
	return n;
}

static void test_tags(void **state)
{
	(void)state;
	struct html_tag tag;
	assert_int_equal(reads("<P>x", "p"), 3);
	assert_int_equal(reads("<p title='>'>x", "p"), 13);
	assert_int_equal(reads("<p title=a>b>", "p"), 11);
	assert_int_equal(reads("<p/onclick=x>", "p"), 13);
	assert_int_equal(reads("<p\n>", "p"), 4);
	assert_int_equal(tag_read("</DIV x=y>", false, &tag), 10);
	assert_true(tag.end && !tag.self_closing);
	assert_string_equal(tag.name, "div");
	assert_int_equal(tag_read("<br />", false, &tag), 6);
	assert_true(tag.self_closing && !tag.end);
	assert_int_equal(tag_read("<a href=x/>", false, &tag), 11);
	assert_false(tag.self_closing); /* the slash is the value's */
}

static void test_names_have_a_maximum(void **state)
{
	(void)state;
	assert_int_equal(reads("<abcdefghijklmno>", "abcdefghijklmno"), 17);
	assert_int_equal(reads("<abcdefghijklmnop>", ""), 18);
	assert_int_equal(reads("<scriptscriptscript>", ""), 20);
}

static void test_what_is_text(void **state)
{
	(void)state;
	static const char *const text[] = {"", "p>", "<", "< p>", "<3", "<=", "<>", "</"};
	for (size_t i = 0; i < COUNT(text); i++)
		if (reads(text[i], "") != 0)
			fail_msg("%s was a tag", text[i]);
}

/* Nothing that shows: the whole of it is taken, and it has no name. */
static void test_comments_and_declarations(void **state)
{
	(void)state;
	static const char *const whole[] = {"<!-- a -->", "<!-->", "<!--->", "<!----!>", "<!---->",
		"<!doctype x>", "<?php h ?>", "</ x>", "</>", "<!-- never ends", "<!x",
		"<p never ends", "<p title=\"never ends>"};
	for (size_t i = 0; i < COUNT(whole); i++)
		if (reads(whole[i], "") != strlen(whole[i]))
			fail_msg("%s was not taken whole", whole[i]);
	assert_int_equal(reads("<!--a--!>b", ""), 9);
	assert_int_equal(reads("<!--a-!>-->", ""), 11);
	struct html_tag tag;
	assert_int_equal(tag_read("<![CDATA[<b>]]>x", false, &tag), 12);
	assert_int_equal(tag_read("<![CDATA[<b>]]>x", true, &tag), 15);
}

static const char *attribute(struct arena *a, const char *s, const char *name)
{
	struct html_tag tag;
	assert_true(tag_read(s, false, &tag) > 0);
	return tag_attribute(a, &tag, name);
}

static void test_attributes(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_string_equal(attribute(a, "<a HREF=x y=z>", "href"), "x");
	assert_string_equal(attribute(a, "<a href='a \"b\"' y>", "href"), "a \"b\"");
	assert_string_equal(attribute(a, "<a href = \"x\" >", "href"), "x");
	assert_string_equal(attribute(a, "<a href=first href=second>", "href"), "first");
	assert_string_equal(attribute(a, "<ol reversed>", "reversed"), "");
	assert_string_equal(
		attribute(a, "<a href=&lt;&#x41;&amp;b=1&copy=2>", "href"), "<A&b=1&copy=2");
	assert_string_equal(attribute(a, "<a href='java\x01script\x7f'>", "href"), "javascript");
	assert_null(attribute(a, "<a hrefs=x>", "href"));
	assert_null(attribute(a, "<a hre=x>", "href"));
	assert_null(attribute(a, "<a title='href=x'>", "href"));
	assert_string_equal(attribute(a, "<a =href=x>", "=href"), "x"); /* as the standard has it */
	for (size_t size = 8191; size <= 8193; size++) {
		const char *s = arena_format(a, "<a href='%s'>", repeat(a, "x", size));
		assert_true((attribute(a, s, "href") != NULL) == (size <= 8192));
	}
	struct html_tag none = {0};
	assert_null(tag_attribute(a, &none, "href"));
}

static void test_raw_text(void **state)
{
	(void)state;
	assert_int_equal(tag_raw_text("x</b></scripts></ScRiPt >y", "script"), 15);
	assert_int_equal(tag_raw_text("</style>", "style"), 0);
	assert_int_equal(tag_raw_text("never</styl", "style"), 11);
	assert_int_equal(tag_raw_text("</style", "style"), 7); /* the end that never ends is none */
	assert_int_equal(tag_raw_text("", "style"), 0);
}

static void test_words_of_a_list(void **state)
{
	(void)state;
	assert_true(tag_has_word("nofollow ME\tnoopener", "me"));
	assert_true(tag_has_word("me", "me"));
	assert_false(tag_has_word("mean", "me"));
	assert_false(tag_has_word("  ", "me"));
	assert_false(tag_has_word(NULL, "me"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_names_have_a_maximum),
		cmocka_unit_test(test_what_is_text),
		cmocka_unit_test(test_comments_and_declarations),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_raw_text),
		cmocka_unit_test(test_words_of_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
