/* clean.c (unit): which foreign HTML is kept, how it is closed, and how long that takes. */
#include "cleaned.h"

static void test_keeps_the_allowlist(void **state)
{
	(void)state;
	static const struct pair same[] = {
		{"", ""},
		{"plain words \xc3\xa9\xf0\x9f\x98\x82", "plain words \xc3\xa9\xf0\x9f\x98\x82"},
		{"<p lang=\"nl\">a<br>b</p>", "<p lang=\"nl\">a<br>b</p>"},
		{"<h1>a</h1><h5>b</h5><h6>c</h6><hr>", "<h1>a</h1><h5>b</h5><h6>c</h6><hr>"},
		{"<b>a</b><i>b</i><u>c</u><s>d</s><em>e</em><strong>f</strong><del>g</del><sub>h</sub><sup>i</sup>",
			"<b>a</b><i>b</i><u>c</u><s>d</s><em>e</em><strong>f</strong><del>g</del><sub>h</sub><sup>i</sup>"},
		{"<ol start=\"3\" reversed><li value=\"2\">a</li></ol>",
			"<ol start=\"3\" reversed><li value=\"2\">a</li></ol>"},
		{"<ul><li>a<ul><li>b</li></ul></li></ul>",
			"<ul><li>a<ul><li>b</li></ul></li></ul>"},
		{"<dl><dt>a</dt><dd>b</dd></dl>", "<dl><dt>a</dt><dd>b</dd></dl>"},
		{"<details><summary>a</summary>b</details>",
			"<details><summary>a</summary>b</details>"},
		{"<ruby>a<rp>(</rp><rt>b</rt></ruby>", "<ruby>a<rp>(</rp><rt>b</rt></ruby>"},
		{"<pre><code>a  b\n\nc</code></pre>", "<pre><code>a  b\n\nc</code></pre>"},
		{"<blockquote cite=\"https://a.example/\"><p>x</p></blockquote>",
			"<blockquote cite=\"https://a.example/\"><p>x</p></blockquote>"},
		{"<abbr title=\"x\">y</abbr>", "<abbr title=\"x\">y</abbr>"},
		{"<table><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan=\"2\">b</td></tr></tbody></table>",
			"<table><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan=\"2\">b</td></tr></tbody></table>"},
		{"<span class=\"h-card\" translate=\"no\"><a href=\"https://x.example/@u\" class=\"u-url mention\"" REL
		 ">@<span>u</span></a></span>",
			"<span class=\"h-card\" translate=\"no\"><a href=\"https://x.example/@u\" class=\"u-url mention\"" REL
			">@<span>u</span></a></span>"},
	};
	check(same, COUNT(same));
}

static void test_leaves_out_the_rest(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"<p id=a name=b style='x' onclick=\"y\" data-z=1 class='evil mention big'>a</p>",
			"<p class=\"mention\">a</p>"},
		{"<blink>a</blink><x-y>b</x-y>", "ab"}, {"a<script>alert('</b>')</script>b", "ab"},
		{"a<SCRIPT\n>x</sCript\t>b", "ab"}, {"a<script>never ends", "a"},
		{"a<style><!--</style>b", "ab"},
		{"a<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "a\"&gt;"},
		{"a<textarea><img src=x></textarea>b<title>c</title>", "ab"},
		{"a<iframe src=x>b</iframe>c<noembed>d</noembed><xmp>e</xmp>", "ac"},
		{"a<svg><script>x</script><svg/></svg>b<svg/>c", "abc"},
		{"a<svg><![CDATA[</svg><img src=https://x.example>]]></svg>b", "ab"},
		{"a<math><mi>x</mi></math>b", "ab"},
		{"<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></semantics></math>",
			"x^2"},
		{"a<math><semantics><annotation>x</annotation></semantics></math>b", "ab"},
		{"<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
			""},
		{"a<template><b>x</b><template></template></template>b", "ab"},
		{"a<template><script></template></script>x</template>b", "ab"},
		{"a<object data=x>y</object>b<embed src=x>c", "abc"},
		{"a<select><option>b</select>c", "ac"},
		{"a<!-- b -->c<!-->d<!--->e<!----!>f<!doctype x>g<?php h ?>i</ j>k</>l",
			"acdefgikl"},
		{"a<!--!>b--!>c<!---!>d-->e<!---->f", "acef"}, {"a<![CDATA[<b>x]]>", "ax]]&gt;"},
		{"a<!-- never ends <b>", "a"},
		{"<form action=x><input value=y><button>Go</button></form>", "Go"},
		{"<audio src=x controls>old</audio>", "old"}, {"<p/onclick=x>a", "<p>a</p>"},
		{"<a<b>x", "x"},
		{"<ol start=1e3><li value=-2>a<li value=9999999>b</ol>",
			"<ol><li value=\"-2\">a</li><li>b</li></ol>"},
		{"<span translate=maybe lang='\"><x'>a</span>", "<span>a</span>"},
		{"\x01\x7f"
		 "a\x08",
			"a"},
		{"a\r\nb\rc", "a\nb\nc"},
		{"<\xb7&\xb7",
			"&lt;\xb7&amp;\xb7"}, /* not UTF-8, and yet nothing is lost or joined */
	};
	check(cases, COUNT(cases));
}

static void test_nesting_is_closed_right(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"<b><i>x</b>y</i>", "<b><i>x</i></b>y"},
		{"<p>a<p>b", "<p>a</p><p>b</p>"},
		{"<p><b>a<ul><li>b<li>c</ul>d", "<p><b>a</b></p><ul><li>b</li><li>c</li></ul>d"},
		{"<b><p>a</b>b</p>c", "<b><p>ab</p>c</b>"},
		{"</p></b>a</table>", "a"},
		{"<h1>a<h2>b</h1>", "<h1>a</h1><h2>b</h2>"},
		{"<li>a<td>b<rt>c<summary>d<dd>e", "abcde"},
		{"<ul><li>a<ul><li>b</li></li><li>c",
			"<ul><li>a<ul><li>b</li><li>c</li></ul></li></ul>"},
		{"<table>x<tr>y<td>a<td>b<tr><th>c<table><tr><td>d</table>e",
			"<table><tr><td>a</td><td>b</td></tr><tr><th>c<table><tr><td>d</td></tr></table>e</th></tr></table>"},
		{"<table><tr><td></table>a</td>b", "<table><tr><td></td></tr></table>ab"},
		{"<ul><table><tr><td></ul>a", "<ul><table><tr><td>a</td></tr></table></ul>"},
		{"<div>a</div><div>b</div>c<section><p>d</p></section>e", "a<br>b<br>c<p>d</p>e"},
		{"<p>unclosed <i>tag <b at the end", "<p>unclosed <i>tag </i></p>"},
		{"<a href=https://a.example/>1<a href=https://b.example/>2",
			"<a href=\"https://a.example/\"" REL
			">1</a><a href=\"https://b.example/\"" REL ">2</a>"},
	};
	check(cases, COUNT(cases));
}

static void test_pictures_become_links(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"<img src='https://a.example/x.png' alt=' A &quot;cat&quot; &amp;amp; ' onerror=x>",
			"<a href=\"https://a.example/x.png\"" REL ">A \"cat\" &amp;amp;</a>"},
		{"<img src='https://a.example/x.png'>",
			"<a href=\"https://a.example/x.png\"" REL ">https://a.example/x.png</a>"},
		{"<img src=x onerror=alert(1) alt=cat>", "cat"},
		{"<img src='javascript:x' alt='<b>'>", "&lt;b&gt;"},
		{"<a href=https://b.example/>x <img src='https://a.example/y' alt=cat></a>z",
			"<a href=\"https://b.example/\"" REL
			">x </a><a href=\"https://a.example/y\"" REL ">cat</a>z"},
	};
	check(cases, COUNT(cases));
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;
	while ((s = strstr(s, what)) != NULL) {
		n++;
		s++;
	}
	return n;
}

static void test_limits(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t n = 31; n <= 33; n++) {
		char *out = markup_clean(a, repeat(a, "<b>", n));
		assert_int_equal(count(out, "<b>"), n < 32 ? n : 32);
		assert_int_equal(count(out, "</b>"), n < 32 ? n : 32);
	}
	for (size_t n = 1999; n <= 2001; n++)
		assert_int_equal(
			count(markup_clean(a, repeat(a, "<br>", n)), "<br>"), n < 2000 ? n : 2000);
	assert_string_equal(markup_clean(a, arena_format(a, "%s<b>x", repeat(a, "<br>", 2000))),
		arena_format(a, "%sx", repeat(a, "<br>", 2000)));
	static const char *const long_ones[] = {
		"&amp;",
		"<p>words",
		"\xf0\x9f\x98\x82",
		"<a href=https://a.example/>good.example</a>",
		"<li>x",
		"<blockquote>yy",
	};
	for (size_t i = 0; i < COUNT(long_ones); i++) {
		char *out = markup_clean(
			a, arena_format(a, "<ul>%s", repeat(a, long_ones[i], 60000)));
		assert_true(strlen(out) <= 256 << 10);
		assert_true(text_is_utf8(out, strlen(out)));
		assert_string_equal(markup_clean(a, out), out);
	}
	char *big = markup_clean(a,
		arena_format(a, "<p>x <a href=https://a.example/>%s",
			repeat(a, "good.example ", 30000)));
	assert_string_equal(big, "<p>x </p>"); /* a link cut short would hide where it leads */
}

/* The attacks that cost a tree builder 650 ms and 331 MiB; sanitizers make all this several times slower. */
static void test_time_is_linear(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	char *attack = arena_text_n(a, repeat(a, "<b><i><a href=x>", 700), 10951);
	assert_true(count(attack, "<") > 1981);
	in_time("11 KB of formatting", markup_clean, attack, 5);
	static const char *const hostile[] = {
		"<b>",
		"<!--",
		"<a ",
		"<",
		"</",
		"&",
		"<svg>",
		"<p><table><tr><td>",
		"<a title=\"",
		"<style></styl",
		"<a href=https://a.example/>good.example",
		"<link <link ",
		"&#1",
		"--!",
		"<![CDATA[",
	};
	for (size_t i = 0; i < COUNT(hostile); i++)
		in_time(hostile[i], markup_clean,
			repeat(a, hostile[i], 100000 / strlen(hostile[i])), 100);
}

/* Whatever goes in, what comes out is made of the allowlist and stays the same when cleaned again. */
static void test_noise(void **state)
{
	(void)state;
	static const char *const parts[] = {
		"<",
		">",
		"</",
		"\"",
		"'",
		"=",
		" ",
		"&",
		";",
		"#",
		"a",
		"<a href=https://x.example/>",
		"</a>",
		"<p>",
		"</p>",
		"<b>",
		"</b>",
		"<table>",
		"<tr>",
		"<td>",
		"</table>",
		"<ul>",
		"<li>",
		"<svg>",
		"</svg>",
		"<script>",
		"</script>",
		"<!--",
		"-->",
		"good.example",
		"<div>",
		"<img src=https://x.example/ alt=",
		"<span class=invisible>",
		"</span>",
		"<br>",
		"javascript:",
		"&lt;",
		"&#10;",
		"\r",
		"\n",
		"<math>",
		"<annotation encoding=text/plain>",
		"<h2>",
		" [x.example]",
		"onclick=",
		"style=",
		"<details>",
		"<summary>",
		"<ruby>",
		"<rt>",
		"<pre>",
		"<dl>",
		"<dd>",
		"\xc3\xa9",
	};
	uint32_t random = 1;
	for (int round = 0; round < 20000; round++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct text t;
		text_init(&t, a, 4096);
		for (int i = 0; i < 24; i++) {
			random = random * 1664525 + 1013904223;
			text_add(&t, parts[(random >> 16) % COUNT(parts)]);
		}
		char *once = markup_clean(a, t.at), *twice = markup_clean(a, once);
		if (strcmp(once, twice) != 0)
			fail_msg("in: %s\nonce: %s\ntwice: %s", t.at, once, twice);
		for (const char *s = once; (s = strchr(s, '<')) != NULL; s++) {
			struct html_tag tag;
			assert_true(tag_read(s, false, &tag) > 0);
			assert_true(tag.name[0] != '\0' && !text_is(tag.name, "script")
				&& !text_is(tag.name, "img"));
			assert_null(tag_attribute(a, &tag, "onclick"));
			assert_null(tag_attribute(a, &tag, "style"));
		}
	}
}

static void test_plain(void **state)
{
	(void)state;
	static const struct pair cases[] = {
		{"", ""},
		{"<p>a  b\n</p><p>c<br>d</p><ul><li>e<li>f</ul>", "a b c d e f"},
		{"x<b>y</b>z<div>a</div>b<script>c</script>", "xyz a b"},
		{"&lt;b&gt; &amp;amp; \xc3\xa9", "<b> &amp; \xc3\xa9"},
		{"<a href=https://evil.example/>good.example</a>", "good.example [evil.example]"},
		{"<a href=https://a.example/><span class=invisible>https://</span>a.example</a>",
			"https://a.example"},
		{"<img src=https://a.example/ alt='A cat'> <img src=https://a.example/>", "A cat"},
	};
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(markup_plain(a, cases[i].in, 1000), cases[i].out);
	assert_string_equal(markup_plain(a, "<p>\xc3\xa9\xc3\xa9</p><p>b</p>", 0), "");
	assert_string_equal(markup_plain(a, "<p>\xc3\xa9\xc3\xa9</p><p>b</p>", 1), "\xc3\xa9");
	assert_string_equal(
		markup_plain(a, "<p>\xc3\xa9\xc3\xa9</p><p>b</p>", 3), "\xc3\xa9\xc3\xa9");
	assert_string_equal(
		markup_plain(a, "<p>\xc3\xa9\xc3\xa9</p><p>b</p>", 4), "\xc3\xa9\xc3\xa9 b");
	assert_string_equal(markup_plain(a, NULL, 4), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_the_allowlist),
		cmocka_unit_test(test_leaves_out_the_rest),
		cmocka_unit_test(test_nesting_is_closed_right),
		cmocka_unit_test(test_pictures_become_links),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_time_is_linear),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
