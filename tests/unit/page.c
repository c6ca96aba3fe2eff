/* page.c (unit): the rules of templates, with templates of its own in the place of the program's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../webui/embed.h"
#include "../../webui/webui.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_OF(name, text)                                                                        \
	{                                                                                          \
		name, (const unsigned char *)(text), sizeof(text) - 1, NULL, 0, "01234567"         \
	}
#define HOSTILE "<script>\"'&"
#define ESCAPED "&lt;script&gt;&quot;&#39;&amp;"

/* Blanks, unless a test writes a wrong template here before the pages are read. */
static unsigned char wrong[200];

const struct embedded embedded[] = {
	FILE_OF("i18n/nl.po",
		"msgid \"Follow {title}\"\nmsgstr \"{title} volgen\"\n\n"
		"msgid \"{count} reply\"\nmsgid_plural \"{count} replies\"\n"
		"msgstr[0] \"{count} antwoord\"\nmsgstr[1] \"{count} antwoorden\"\n\n"
		"msgid \"A < B\"\nmsgstr \"A < <b>B</b>\"\n"),
	FILE_OF("pages/asset.html", "{{asset app.css}}"),
	FILE_OF("pages/count.html", "{{n replies|{count} reply|{count} replies}}"),
	FILE_OF("pages/dot.html", "{{#tags}}<{{.}}>{{/tags}}"),
	FILE_OF("pages/dotted.html",
		"{{#thing}}{{author.name}}|{{author.none}}|{{site.name}}{{/thing}}"),
	FILE_OF("pages/kinds.html",
		"{{text}}|{{html}}|{{number}}|{{flag}}|{{object}}|{{list}}|{{none}}"),
	FILE_OF("pages/layout.html", "[{{>page}}]{{! a note {{ to ourselves }}}}"),
	FILE_OF("pages/loop.html",
		"{{#items}}{{name}}{{#own}}({{own}}){{/own}}{{^own}}-{{/own}},{{/items}}"),
	FILE_OF("pages/outward.html",
		"{{#a}}{{#b}}{{name}}{{only}}{{outer}}{{/b}}{{name}}{{/a}}{{name}}{{only}}"),
	FILE_OF("pages/part.html", "{{#items}}{{>item}};{{/items}}"),
	FILE_OF("pages/parts/deep.html", "{{>item}}!"),
	FILE_OF("pages/parts/item.html", "<i title=\"{{name}}\">{{name}}</i>"),
	FILE_OF("pages/parts/self.html", "{{>self}}"),
	FILE_OF("pages/plain.html", "a } b {c} { d }} \"<e>\""),
	FILE_OF("pages/recursive.html", "{{>self}}"),
	FILE_OF("pages/say.html",
		"{{_ Follow {title}}}|{{_ A < B}}|{{_ Not translated}}|{{_ {none}.}}|{{_ {body}}}"),
	FILE_OF("pages/spaces.html", "{{ name }}{{# list }}{{ . }}{{/ list }}{{> deep }}"),
	FILE_OF("pages/span.html", "{{span when}}|{{day when}}|{{span none}}|{{day name}}"),
	FILE_OF("pages/time.html",
		"{{time at}}|{{date at}}|{{moment at}}|{{time none}}|{{moment name}}|{{at}}"),
	FILE_OF("pages/unless.html",
		"{{^text}}a{{/text}}{{^list}}b{{/list}}{{^number}}c{{/number}}{{^flag}}d{{/flag}}{{^none}}e{{/none}}"),
	{"pages/wrong.html", wrong, sizeof wrong, NULL, 0, "01234567"},
	FILE_OF("static/app.css", "p {}"),
	{0},
};

static int open_pages(void **state)
{
	if (*wrong == 0)
		memset(wrong, ' ', sizeof wrong);
	page_load();
	i18n_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	*state = arena_create();
	return 0;
}

static int close_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static const char *in_language(
	struct arena *a, const char *page, struct view *v, const char *language)
{
	struct bytes html;
	const struct node *root = view_root(v);
	assert_non_null(root);
	assert_int_equal(page_render(a, page, root, language, &html), OK);
	return arena_text_n(a, html.data, html.size);
}

static const char *shown(struct arena *a, const char *page, struct view *v)
{
	return in_language(a, page, v, "en");
}

static void test_plain(void **state)
{
	struct arena *a = *state;
	/* Braces that are no tag stay; the layout is around each page; a note is not shown. */
	assert_string_equal(
		shown(a, "plain", view_create(a, VIEW_TREE)), "[a } b {c} { d }} \"<e>\"]");
	assert_true(page_exists("plain"));
	assert_true(page_exists("parts/item"));
	assert_false(page_exists("plain.html"));
	assert_false(page_exists("none"));
	assert_false(page_exists("wrong.html"));
}

static void test_values(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_text(v, "text", HOSTILE);
	view_html(v, "html", "<p>" HOSTILE "</p>");
	view_number(v, "number", -7);
	view_flag(v, "flag", true);
	view_begin(v, "object");
	view_text(v, "text", "inner");
	view_end(v);
	view_list(v, "list");
	view_text(v, NULL, "one");
	view_list_end(v);
	/* Only text, HTML, numbers and times have a value; what is not there is nothing. */
	assert_string_equal(shown(a, "kinds", v), "[" ESCAPED "|<p>" HOSTILE "</p>|-7||||]");
}

static void test_escapes_everywhere(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_text(v, "title", HOSTILE);
	view_html(v, "body", "<b>x</b>");
	view_list(v, "items");
	view_begin(v, NULL);
	view_text(v, "name", HOSTILE);
	view_end(v);
	view_list_end(v);
	assert_string_equal(shown(a, "part", v), "[<i title=\"" ESCAPED "\">" ESCAPED "</i>;]");
	/* Fields in words too, and the words themselves; clean HTML stays what it is. */
	assert_string_equal(
		shown(a, "say", v), "[Follow " ESCAPED "|A &lt; B|Not translated|.|<b>x</b>]");
	v = view_create(a, VIEW_TREE);
	view_list(v, "tags");
	view_text(v, NULL, HOSTILE);
	view_list_end(v);
	assert_string_equal(shown(a, "dot", v), "[<" ESCAPED ">]");
}

static void test_sections(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_list(v, "items");
	for (int i = 0; i < 3; i++) {
		view_begin(v, NULL);
		view_number(v, "name", i);
		view_text(v, "own", i == 1 ? "x" : i == 2 ? "" : NULL);
		view_end(v);
	}
	view_list_end(v);
	assert_string_equal(shown(a, "loop", v), "[0-,1(x),2-,]");
	assert_string_equal(shown(a, "loop", view_create(a, VIEW_TREE)), "[]");
}

static void test_unless(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_text(v, "text", "");
	view_list(v, "list");
	view_list_end(v);
	view_number(v, "number", 0);
	view_flag(v, "flag", false);
	assert_string_equal(shown(a, "unless", v), "[abcde]");
	v = view_create(a, VIEW_TREE);
	view_text(v, "text", "0");
	view_list(v, "list");
	view_text(v, NULL, "");
	view_list_end(v);
	view_number(v, "number", -1);
	view_flag(v, "flag", true);
	view_begin(v, "none"); /* an object is there even when it is empty */
	view_end(v);
	assert_string_equal(shown(a, "unless", v), "[]");
}

static void test_outward(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_text(v, "name", "0");
	view_text(v, "outer", "o");
	view_begin(v, "a");
	view_text(v, "name", "1");
	view_begin(v, "b");
	view_text(v, "name", "2");
	view_text(v, "only", "b");
	view_end(v);
	view_end(v);
	/* The innermost wins, what it has not is looked for further out, and nothing is left behind. */
	assert_string_equal(shown(a, "outward", v), "[2bo10]");
}

static void test_dotted(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_begin(v, "site");
	view_text(v, "name", "S");
	view_end(v);
	view_text(v, "none", "wrong"); /* not what author.none is */
	view_begin(v, "author");
	view_text(v, "name", "far");
	view_text(v, "none", "far too"); /* the first part decides which author */
	view_end(v);
	view_begin(v, "thing");
	view_begin(v, "author");
	view_text(v, "name", "near");
	view_end(v);
	view_end(v);
	assert_string_equal(shown(a, "dotted", v), "[near||S]");
}

static void test_words(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_text(v, "title", "<T>");
	assert_string_equal(in_language(a, "say", v, "nl"),
		"[&lt;T&gt; volgen|A &lt; &lt;b&gt;B&lt;/b&gt;|Not translated|.|]");
	assert_string_equal(
		in_language(a, "say", v, "xx"), "[Follow &lt;T&gt;|A &lt; B|Not translated|.|]");
}

static void test_count(void **state)
{
	static const struct {
		int64_t n;
		const char *en, *nl;
	} cases[] = {
		{0, "[0 replies]", "[0 antwoorden]"},
		{1, "[1 reply]", "[1 antwoord]"},
		{2, "[2 replies]", "[2 antwoorden]"},
	};
	struct arena *a = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct view *v = view_create(a, VIEW_TREE);
		view_number(v, "replies", cases[i].n);
		view_number(v, "count", cases[i].n);
		assert_string_equal(in_language(a, "count", v, "en"), cases[i].en);
		assert_string_equal(in_language(a, "count", v, "nl"), cases[i].nl);
	}
	assert_string_equal(shown(a, "count", view_create(a, VIEW_TREE)), "[ replies]");
}

static void test_span(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_begin(v, "when");
	view_time(v, "from", INT64_C(1741113000000)); /* Tuesday 4 March 2025, 18:30 UTC */
	view_text(v, "zone", "Europe/London");
	view_end(v);
	view_text(v, "name", "no time");
	/* Another zone than the site's is said. */
	assert_string_equal(shown(a, "span", v),
		"[<time datetime=\"2025-03-04T18:30:00.000Z\">Tuesday 4 March 2025, 18:30 (Europe/London)</time>|<b>4</b> Mar||]");
	assert_non_null(strstr(in_language(a, "span", v, "nl"),
		">dinsdag 4 maart 2025, 18.30 uur (Europe/London)<"));
}

static void test_time(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_time(v, "at", INT64_C(1741113000000)); /* Tuesday 4 March 2025, 18:30 UTC */
	view_text(v, "name", "no time");
	assert_string_equal(shown(a, "time", v),
		"[<time datetime=\"2025-03-04T18:30:00.000Z\">Tue 4 March 2025, 19:30</time>|"
		"<time datetime=\"2025-03-04T18:30:00.000Z\">4 March 2025</time>|"
		"<time datetime=\"2025-03-04T18:30:00.000Z\">Tue 4 March 2025, 19:30</time>|||"
		"Tue 4 March 2025, 19:30]");
	assert_non_null(strstr(in_language(a, "time", v, "nl"), ">di 4 maart 2025, 19:30</time>"));
}

static void test_parts_and_assets(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	view_text(v, "name", "n");
	view_list(v, "list");
	view_text(v, NULL, "x");
	view_list_end(v);
	assert_string_equal(shown(a, "spaces", v), "[nx<i title=\"n\">n</i>!]");
	assert_string_equal(shown(a, "asset", v), "[/static/app.01234567.css]");
}

static void test_too_large(void **state)
{
	struct arena *a = *state;
	struct view *v = view_create(a, VIEW_TREE);
	struct bytes html = {"untouched", 9};
	char *large = arena_alloc(a, (4u << 20) + 1);
	memset(large, 'a', (4u << 20) - 2);
	view_html(v, "html", large);
	assert_int_equal(page_render(a, "kinds", view_root(v), "en", &html), ERR_TOO_MUCH);
	assert_memory_equal(html.data, "untouched", 9);
}

/* ---- our own mistakes: the program says where and stops -------------------------------------- */

/* What a process of its own says that reads `template` as wrong.html, or fills `page`; it must not live. */
static const char *last_words(struct arena *a, const char *template, const char *page)
{
	int ends[2], status;
	char said[1000] = {0};
	size_t size = 0;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct bytes html;
		struct view *v = view_create(a, VIEW_TREE);
		dup2(ends[1], 2);
		signal(SIGABRT, SIG_DFL);
		if (template != NULL)
			memcpy(wrong, template, strlen(template));
		page_load();
		if (page != NULL && page_render(a, page, view_root(v), "en", &html) != OK)
			_exit(2);
		_exit(0);
	}
	close(ends[1]);
	for (ssize_t n; size < sizeof said - 1; size += (size_t)n)
		if ((n = read(ends[0], said + size, sizeof said - 1 - size)) <= 0)
			break;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	return arena_text(a, said);
}

static void assert_wrong(struct arena *a, const char *template, const char *why)
{
	const char *said = last_words(a, template, NULL);
	if (strstr(said, why) == NULL)
		fail_msg("%s: said %s", why, said);
}

/* Runs first: page_load reads once in a process, and these read in processes of their own. */
static void test_mistakes(void **state)
{
	(void)state;
	struct arena *a ARENA_CLEANUP = arena_create();
	memset(wrong, ' ', sizeof wrong);
	assert_wrong(a, "\n\n{{#a}}{{/b}}",
		"pages/wrong.html:3: a section ends that is not the open one");
	assert_wrong(a, "{{/a}}", "pages/wrong.html:1: a section ends that did not begin");
	assert_wrong(a, "{{#a}}{{^a}}{{/a}}", "pages/wrong.html:1: a section is not closed");
	assert_wrong(a, "a\n{{name", "pages/wrong.html:2: tag without end");
	assert_wrong(a, "{{_ Follow {title}}", "tag without end");
	assert_wrong(a, "{{n a|b}}", "wants three parts");
	assert_wrong(a, "{{asset none.css}}", "no such static file");
	assert_wrong(a, "{{>none}}", "no part none");
	assert_wrong(a,
		"{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
		"{{#a}}{{#a}}{{#a}}",
		"sections nested too deep");
	assert_non_null(strstr(last_words(a, NULL, "recursive"), "within itself"));
	assert_non_null(strstr(last_words(a, NULL, "unknown"), "no page unknown"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test_setup_teardown(test_plain, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_values, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_escapes_everywhere, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_sections, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_unless, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_outward, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_dotted, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_words, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_count, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_time, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_span, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_parts_and_assets, open_pages, close_arena),
		cmocka_unit_test_setup_teardown(test_too_large, open_pages, close_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
