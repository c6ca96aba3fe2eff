/* address.c (unit): where links may lead, and whether their words say so. */
#include "cleaned.h"

static void test_link_addresses(void **state)
{
	(void)state;
	static const char *const refused[] = {
		"javascript:alert(1)",
		"JaVaScRiPt:alert(1)",
		"java&#x0A;script:alert(1)",
		"java&#9;script:alert(1)",
		"java&Tab;script&colon;alert(1)",
		"&#1;javascript:alert(1)",
		" javascript:alert(1)",
		"data:text/html,x",
		"vbscript:x",
		"file:///etc/passwd",
		"blob:https://a.example/x",
		"/relative",
		"//a.example/",
		"#x",
		"?x",
		"x",
		"",
		"https:",
		"https:a.example",
		"https:/a.example",
		"https:///a",
		"https://",
		"https://@/",
		"https:\\\\a.example",
		"https://good.example@evil.example/",
		"https://good.example\\@evil.example/",
		"https://a.example%2f.evil.example/",
		"https://a b.example/",
		"https://a.example:123456/",
		"https://a.example:x/",
		"https://[::1",
		"http//a.example",
		"feed:https://a.example",
		"view-source:https://a.example",
		"ht&shy;tps://a.example/",
		"https&colon//a.example",
	};
	for (size_t i = 0; i < COUNT(refused); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		char *out = markup_clean(a, arena_format(a, "<a href='%s'>x</a>", refused[i]));
		if (strcmp(out, "x") != 0)
			fail_msg("%s was linked: %s", refused[i], out);
	}
	static const struct pair cases[] = {
		{"<a href=HTTPS://A.example/B>x</a>",
			"<a href=\"https://A.example/B\"" REL ">x</a>"},
		{"<a target=_blank rel=opener href=' https://a.example/x y?a=1&amp;b=\"2\"\n#c '>x</a>",
			"<a href=\"https://a.example/x%20y?a=1&amp;b=&quot;2&quot;#c\"" REL
			">x</a>"},
		{"<a href='mailto:a@b.example'>x</a><a href='magnet:?x'>y</a><a href='xmpp:a@b'>z</a>",
			"<a href=\"mailto:a@b.example\"" REL ">x</a><a href=\"magnet:?x\"" REL
			">y</a><a href=\"xmpp:a@b\"" REL ">z</a>"},
		{"<a href='gemini://a.example/'>x</a><a href='http://[::1]:80/'>y</a>",
			"<a href=\"gemini://a.example/\"" REL
			">x</a><a href=\"http://[::1]:80/\"" REL ">y</a>"},
		{"<a href=https://a.example/ href=javascript:x HREF=y>x</a>",
			"<a href=\"https://a.example/\"" REL ">x</a>"},
		{"<a>x</a><a name=y>z</a>", "xz"},
	};
	check(cases, COUNT(cases));
}

static void test_address_length(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	char path[2100];
	for (size_t size = 2047; size <= 2049; size++) {
		memset(path, 'x', size);
		memcpy(path, "https://a.example/", 18);
		path[size] = '\0';
		const char *host = NULL;
		assert_true((address_clean(a, path, &host) != NULL) == (size <= 2048));
		path[size - 1] = '&'; /* and escaped it still fits its tag */
		if (size <= 2048)
			assert_non_null(strstr(
				markup_clean(a, arena_format(a, "<a href=\"%s\">x</a>", path)),
				"&amp;\""));
	}
}

/* R44: the words of a link may not name another host than it goes to. */
static void test_misleading_links(void **state)
{
	(void)state;
	static const struct {
		const char *words, *address;
		bool note;
	} cases[] = {
		{"click here", "https://evil.example/", false},
		{"evil.example", "https://evil.example/x", false},
		{"www.Evil.example/path", "https://evil.example/x", false},
		{"https://evil.example/other.html?x=good.example", "https://evil.example/x", false},
		{"good.example", "https://evil.example/", true},
		{"see https://good.example/ now", "https://evil.example/", true},
		{"https://good.example", "https://good.example.evil.example/", true},
		{"(good.example)", "https://evil.example/", true},
		{"go<b>od.exa</b>mple", "https://evil.example/", true},
		{"https://good.example@evil.example", "https://other.example/", true},
		{"https://localhost/", "https://evil.example/", true},
		{"<span class=\"invisible\">https://</span><span class=\"ellipsis\">good.example</span><span class=\"invisible\">.evil.example/</span>",
			"https://good.example.evil.example/", true},
		{"<span class=\"invisible\">https://</span><span class=\"ellipsis\">evil.example/pa</span><span class=\"invisible\">th</span>",
			"https://evil.example/path", false},
		{"<abbr title=\"invisible\">good.example</abbr>", "https://evil.example/", true},
		{"<span class=\"u-invisible\">good.example</span>", "https://evil.example/", true},
		{"<span class=\"u-x invisible\">good.example</span>x", "https://evil.example/",
			false},
		{"@alice@good.example", "https://social.good.example/@alice", false},
		{"info@good.example", "https://evil.example/", false},
		{"good.example/@alice", "https://evil.example/", true},
		{"good.example/?://evil.example", "https://evil.example/", true},
		{"evil.example,good.example", "https://evil.example/", true},
		{"evil.example:443/good.example", "https://evil.example/", false},
		{"go&amp;od.example", "https://evil.example/", true},
		{"version 1.2.3 ... e.g", "https://evil.example/", false},
		{"go\xc3\xb6"
		 "d.example",
			"https://evil.example/", true},
		{"good.example [evil.example]", "https://evil.example/", false},
		{"good.example [good.example]", "https://evil.example/", true},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		char *in = arena_format(
			a, "<a href=\"%s\"" REL ">%s</a>", cases[i].address, cases[i].words);
		const char *host = cases[i].address + strlen("https://");
		host = arena_text_n(a, host, strcspn(host, "/"));
		char *out = arena_format(a, "<a href=\"%s\"" REL ">%s%s</a>", cases[i].address,
			cases[i].words, cases[i].note ? arena_format(a, " [%s]", host) : "");
		check(&(struct pair){in, out}, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_addresses),
		cmocka_unit_test(test_address_length),
		cmocka_unit_test(test_misleading_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
