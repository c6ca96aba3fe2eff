/* markup.c (unit): Markdown becomes clean HTML, in time. What cleaning keeps: clean.c. */
#include "cleaned.h"

static char *from_markdown(struct arena *a, const char *markdown)
{
	char *html = NULL;
	assert_int_equal(markup_from_markdown(a, markdown, NULL, NULL, &html), OK);
	return html;
}

static const char *link_to(void *arg, struct arena *a, char sign, const char *word)
{
	text_format(arg, "%c%s ", sign, word);
	return text_is(word, "nobody")
		? NULL
		: arena_format(a, "https://k.example/%c/%s", sign == '@' ? 'u' : 't', word);
}

static void test_markdown(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"", ""},
		{"# a\n## b\n###### c", "<h3>a</h3><h4>b</h4><h6>c</h6>"},
		{"*a* **b** ~~c~~ `<d>`",
			"<p><em>a</em> <strong>b</strong> <del>c</del> <code>&lt;d&gt;</code></p>"},
		{"<script>alert(1)</script> <b onclick=x>",
			"<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;b onclick=x&gt;</p>"},
		{"- a\n- b\n\n7. c",
			"<ul><li>a</li><li>b</li></ul><ol start=\"7\"><li>c</li></ol>"},
		{"> a\n\n---\n\n```c\nx < y\n```",
			"<blockquote><p>a</p></blockquote><hr><pre><code>x &lt; y\n</code></pre>"},
		{"a  \nb\nc", "<p>a<br>\nb\nc</p>"},
		{"[x](javascript:alert(1)) [y](https://a.example/?a&amp;b \"t\")",
			"<p>x <a href=\"https://a.example/?a&amp;b\" title=\"t\"" REL ">y</a></p>"},
		{"[x](java&#x0A;script:alert(1))", "<p>x</p>"},
		{"![a *\"cat\"*](https://a.example/x.png)",
			"<p><a href=\"https://a.example/x.png\"" REL ">a \"cat\"</a></p>"},
		{"![x](y\" onerror=\"z)", "<p>![x](y\" onerror=\"z)</p>"},
		{"https://a.example/ www.b.example",
			"<p><a href=\"https://a.example/\"" REL
			">https://a.example/</a> <a href=\"http://www.b.example\"" REL
			">www.b.example</a></p>"},
		{"[good.example](https://evil.example/)",
			"<p><a href=\"https://evil.example/\"" REL
			">good.example [evil.example]</a></p>"},
		{"| a | b | c | d |\n|---|--:|:-:|:--|\n| *c* | <d> | e | f |",
			"<table><thead><tr><th>a</th><th align=\"right\">b</th>"
			"<th align=\"center\">c</th><th>d</th></tr></thead>"
			"<tbody><tr><td><em>c</em></td><td align=\"right\">&lt;d&gt;</td>"
			"<td align=\"center\">e</td><td>f</td></tr></tbody></table>"},
		{"| a\" onclick=\"x |\n|:\" align=\"x--:|\n| b |",
			"<p>| a\" onclick=\"x |\n|:\" align=\"x--:|\n| b |</p>"},
		{"&copy; &lt;b&gt; \\*", "<p>\xc2\xa9 &lt;b&gt; *</p>"},
	};
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(from_markdown(a, cases[i].in), cases[i].out);
}

static void test_markdown_links_words(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"@al_ice_b@a.example, @bob. (#Tag) #\xc3\xa9t\xc3\xa9\xe2\x80\xa6",
			"@al_ice_b@a.example @bob #Tag #\xc3\xa9t\xc3\xa9 "},
		{"a@b.example x#y C# #123 #_1 @ # @@x ## & &#x", ""},
		{"`@a@b.example #c` [@a@b.example #c](https://x.example/) https://x.example/@a#b",
			""},
		{"    @a@b.example #c", ""},
		{"![@a #b](https://x.example/)", ""},
		{"@a@b @a@.c @a@b.example:8080 @a@b.example.", "@a@b.example:8080 @a@b.example "},
		{"*@a*_b_", "@a "},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct text asked;
		text_init(&asked, a, 1000);
		char *html;
		assert_int_equal(markup_from_markdown(a, cases[i].in, link_to, &asked, &html), OK);
		assert_string_equal(asked.at, cases[i].out);
	}
	ARENA_CLEANUP struct arena *a = arena_create();
	struct text asked;
	text_init(&asked, a, 1000);
	char *html;
	assert_int_equal(
		markup_from_markdown(a, "@a@b.example #c @nobody #\"x", link_to, &asked, &html),
		OK);
	assert_string_equal(html,
		"<p><span class=\"h-card\" translate=\"no\"><a href=\"https://k.example/u/a@b.example\" class=\"u-url mention\"" REL
		">@<span>a</span></a></span> <a href=\"https://k.example/t/c\" class=\"mention hashtag\"" REL
		">#<span>c</span></a> @nobody #\"x</p>");
}

static void test_markdown_size(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t n = 49999; n <= 50001; n++) {
		char *html = NULL;
		enum err e = markup_from_markdown(a, repeat(a, "a", n), NULL, NULL, &html);
		assert_int_equal(e, n <= 50000 ? OK : ERR_TOO_MUCH);
		assert_true((html != NULL) == (e == OK));
	}
}

static void test_time_is_linear(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const char *const marks[] = {"[", "> ", "*a ", "**a _", "![", "[a](b)", "`", "- ",
		"<", "@a@b.c ", "~~a", "[a]("};
	for (size_t i = 0; i < COUNT(marks); i++)
		in_time(marks[i], from_markdown, repeat(a, marks[i], 49000 / strlen(marks[i])),
			200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_markdown_links_words),
		cmocka_unit_test(test_markdown_size),
		cmocka_unit_test(test_time_is_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
