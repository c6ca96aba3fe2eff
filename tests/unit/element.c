/* element.c (unit): the allowlist itself: which elements, and which attributes of theirs. */
#include "cleaned.h"

#include "../../src/base/element.h"

static void test_the_list(void **state)
{
	(void)state;
	static const char *const kept[] = {"a", "abbr", "b", "blockquote", "br", "code", "dd",
		"del", "details", "dl", "dt", "em", "h1", "h6", "hr", "i", "li", "ol", "p", "pre",
		"rp", "rt", "ruby", "s", "span", "strong", "sub", "summary", "sup", "table",
		"tbody", "td", "th", "thead", "tr", "u", "ul"};
	static const char *const with_content[] = {"script", "style", "noscript", "iframe",
		"object", "svg", "math", "template", "textarea", "title", "select", "option", "xmp",
		"plaintext", "noembed", "noframes"};
	static const char *const unknown[] = {
		"", "blink", "input", "form2", "A", "button", "video", "base", "meta", "link"};
	for (size_t i = 0; i < COUNT(kept); i++) {
		const struct element *e = element_find(kept[i]);
		assert_non_null(e);
		assert_string_equal(e->name, kept[i]);
		assert_int_equal(e->flags & (DROP | RAW | APART), 0);
	}
	for (size_t i = 0; i < COUNT(with_content); i++)
		assert_true(element_find(with_content[i])->flags & (DROP | RAW));
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_null(element_find(unknown[i]));
	assert_true(element_find("div")->flags & APART);
	assert_true(element_find("li")->in == LIST && element_find("ul")->is == LIST);
}

/* What is kept of a whole tag, as it is written. */
static const char *kept(struct arena *a, const char *s)
{
	struct html_tag tag;
	struct text t;
	text_init(&t, a, 64 << 10);
	assert_true(tag_read(s, false, &tag) > 0);
	element_attributes(&t, element_find(tag.name), &tag);
	assert_false(t.failed);
	return t.at;
}

static void test_attributes(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"<p id=a name=b style=x onclick=y data-z=1 href=x title=x>", ""},
		{"<b class=mention lang=nl-BE>", " lang=\"nl-BE\""},
		{"<p lang='\"><x'>", ""},
		{"<p lang=n>", ""},
		{"<p lang=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>", ""}, /* 36 letters */
		{"<span title=x translate=no class='mention evil hashtag'>",
			" class=\"mention hashtag\" translate=\"no\""},
		{"<span translate=maybe>", ""},
		{"<a class='u-url h- p-name dt-x e-y h-card&quot;' title=t>",
			" class=\"u-url p-name dt-x e-y\" title=\"t\""},
		{"<abbr title='a &quot;&lt;b'>", " title=\"a &quot;&lt;b\""},
		{"<blockquote cite=https://A.example/x>", " cite=\"https://A.example/x\""},
		{"<blockquote cite=javascript:x>", ""},
		{"<ol start=-3 reversed>", " start=\"-3\" reversed"},
		{"<ol start=1e3>", ""},
		{"<ol start=1000000>", " start=\"1000000\""},
		{"<ol start=1000001>", ""},
		{"<li value=2 start=3>", " value=\"2\""},
		{"<td colspan=50 rowspan=1>", " colspan=\"50\" rowspan=\"1\""},
		{"<td colspan=51 rowspan=0>", ""},
		{"<td align=right>", " align=\"right\""},
		{"<th align='center' rowspan=2>", " rowspan=\"2\" align=\"center\""},
		{"<th align=left align=right>", " align=\"left\""},
		{"<td align=justify>", ""},
		{"<td align=RIGHT>", ""},
		{"<td align='right;color:red'>", ""},
		{"<td align='right\" onclick=\"x'>", ""},
		{"<td align='&#114;ight '>", ""},
		{"<td align>", ""},
		{"<td align=''>", ""},
		{"<p align=right>", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		if (!text_is(kept(a, cases[i].in), cases[i].out))
			fail_msg("%s keeps%s", cases[i].in, kept(a, cases[i].in));
	}
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t size = 1024; size <= 1025; size++) {
		const char *s = arena_format(a, "<abbr title='%s'>", repeat(a, "x", size));
		assert_true((*kept(a, s) != '\0') == (size <= 1024));
	}
}

static void test_one_attribute(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct text t;
	text_init(&t, a, 100);
	element_attribute(&t, "href", NULL);
	assert_string_equal(t.at, "");
	element_attribute(&t, "href", "a\"&<'>");
	assert_null(strpbrk(t.at + strlen(" href=\""), "<'>"));
	assert_true(text_starts(t.at, " href=\"a&quot;&amp;&lt;"));
}

static bool hides(struct arena *a, const char *s)
{
	struct html_tag tag;
	assert_true(tag_read(s, false, &tag) > 0);
	return element_hides(a, element_find(tag.name), &tag);
}

static void test_hiding(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_true(hides(a, "<span class=invisible>"));
	assert_true(hides(a, "<span class='mention  invisible x'>"));
	assert_false(hides(a, "<span class=Invisible>"));
	assert_false(hides(a, "<span class=u-invisible>"));
	assert_false(hides(a, "<span title=invisible>"));
	assert_false(hides(a, "<b class=invisible>")); /* loses its class */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_list),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_one_attribute),
		cmocka_unit_test(test_hiding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
