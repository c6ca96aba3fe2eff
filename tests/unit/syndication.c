/* syndication.c: what feeds say in each of their forms, what the broken ones still say, and what is no feed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data.h"

#include <stdlib.h>
#include <string.h>

#define HERE "https://news.example/feeds/all.xml"
#define RSS(inner)                                                                                 \
	"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>" inner               \
	"</channel></rss>"
#define ATOM(inner) "<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>" inner "</feed>"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_create();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

static enum err read_n(const char *s, size_t size, struct syndication *out)
{
	char *exact = malloc(size > 0 ? size : 1);
	memcpy(exact, s, size);
	enum err e = syndication_read(arena, (struct bytes){exact, size}, HERE, out);
	free(exact);
	return e;
}

static struct syndication reads(const char *s)
{
	struct syndication out = {0};
	if (read_n(s, strlen(s), &out) != OK)
		fail_msg("not read: %.300s", s);
	return out;
}

static void refuses(const char *s)
{
	struct syndication out = {.count = 7};
	assert_int_equal(read_n(s, strlen(s), &out), ERR_INVALID);
	assert_int_equal(out.count, 7);
}

static void is_at(int64_t ms, const char *expected)
{
	char iso[TIME_ISO];
	time_iso(ms, iso);
	assert_string_equal(iso, expected);
}

static void feed_is(const struct syndication *f, const char *title, const char *link,
	const char *language, size_t count)
{
	assert_string_equal(f->title, title);
	assert_string_equal(f->link, link);
	assert_string_equal(f->language, language);
	assert_int_equal(f->count, count);
}

static void item_is(
	const struct syndicated *item, const char *title, const char *link, const char *summary)
{
	assert_string_equal(item->title, title);
	assert_string_equal(item->link, link);
	assert_string_equal(item->summary, summary);
}

static void rss(void **state)
{
	(void)state;
	struct syndication f = reads(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">"
		"<channel><title>Groen &amp; water</title><link>https://news.example/</link>"
		"<atom:link href=\"https://news.example/feed\" rel=\"self\" type=\"application/rss+xml\"/>"
		"<language>nl-NL</language><ttl>90</ttl><image><title>A picture</title><link>https://news.example/x</link></image>"
		"<item><title>Riet &lt;b&gt;maaien&lt;/b&gt;</title><link>https://news.example/1?a=1&amp;copy=2</link><guid isPermaLink=\"false\">id 1</guid>"
		"<pubDate>Fri, 27 Nov 2026 18:05:00 +0100</pubDate><description><![CDATA[<p>Het <b>riet</b> wordt gemaaid.</p><script>alert(1)</script><img src=x onerror=alert(1)>]]></description>"
		"<content:encoded><![CDATA[<p>Alles.</p>]]></content:encoded></item>"
		"<item><link>/twee</link><description>Zonder titel</description></item>"
		"<item><guid>https://news.example/3</guid><title>Drie</title><enclosure url='https://news.example/3.mp3' type='audio/mpeg'/></item>"
		"</channel></rss>");
	feed_is(&f, "Groen & water", "https://news.example/", "nl-nl", 3);
	assert_int_equal(f.pause, 90 * MINUTE);
	item_is(&f.items[0], "Riet maaien", "https://news.example/1?a=1&copy=2",
		"Het riet wordt gemaaid.");
	assert_string_equal(f.items[0].id, "id 1");
	is_at(f.items[0].published, "2026-11-27T17:05:00.000Z");
	item_is(&f.items[1], "Zonder titel", "https://news.example/twee", "");
	assert_string_equal(f.items[1].id, f.items[1].link);
	assert_int_equal(f.items[1].published, 0);
	assert_string_equal(f.items[2].link, "https://news.example/3");
}

static void atom(void **state)
{
	(void)state;
	struct syndication f = reads(
		"<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\" xml:base=\"https://other.example/blog/\">"
		"<title type=\"text\">A &lt; B</title><link rel=\"self\" href=\"feed.atom\"/><link href=\"/\"/>"
		"<entry xml:lang=\"fr\" xml:base=\"2026/\"><title type=\"html\">&lt;em&gt;Un&lt;/em&gt;</title><id>urn:uuid:1</id>"
		"<link rel=\"replies\" href=\"replies\"/><link rel=\"alternate\" type=\"application/json\" href=\"no\"/><link rel=\"alternate\" type=\"text/html\" href=\"un.html\"/>"
		"<updated>2026-11-27T18:05:00Z</updated><published>2026-11-26T18:05:00Z</published>"
		"<summary type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Un &lt;b&gt;</p><p>deux</p></div></summary></entry>"
		"<entry><title>Use &lt;b&gt; here</title><id>2</id><link href=\"two\"/><updated>2026-11-27T18:05:00Z</updated>"
		"<content type=\"html\">&lt;p&gt;All of it&lt;/p&gt;</content></entry></feed>");
	feed_is(&f, "A < B", "https://other.example/", "en", 2);
	item_is(&f.items[0], "Un", "https://other.example/blog/2026/un.html", "Un <b> deux");
	assert_string_equal(f.items[0].language, "fr");
	is_at(f.items[0].published, "2026-11-26T18:05:00.000Z");
	item_is(&f.items[1], "Use <b> here", "https://other.example/blog/two", "All of it");
	assert_string_equal(f.items[1].language, "en");
	is_at(f.items[1].published, "2026-11-27T18:05:00.000Z");
}

static void rdf(void **state)
{
	(void)state;
	struct syndication f = reads(
		"<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\""
		" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">"
		"<channel rdf:about=\"https://news.example/\"><title>Old</title><link>https://news.example/</link>"
		"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel>"
		"<image><title>Not this</title></image>"
		"<item rdf:about=\"https://news.example/1\"><title>One</title><link>https://news.example/1</link><dc:date>2026-11-27</dc:date><dc:language>de</dc:language></item></rdf:RDF>");
	assert_string_equal(f.title, "Old");
	assert_int_equal(f.pause, 12 * HOUR);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.items[0].link, "https://news.example/1");
	assert_string_equal(f.items[0].language, "de");
	is_at(f.items[0].published, "2026-11-27T00:00:00.000Z");
}

static void encodings(void **state)
{
	(void)state;
	struct syndication f = reads(
		"<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><title>Caf\xe9</title></channel></rss>");
	assert_string_equal(f.title, "Café");
	f = reads(
		"<rss><channel><title>Caf\xe9 &eacute;&nbsp;&euro; R&D &unknown; &lt</title></channel></rss>");
	assert_string_equal(f.title, "Café é\xc2\xa0€ R&D &unknown; <");
	static const char wide[] =
		"\xff\xfe<\0r\0s\0s\0>\0<\0c\0h\0a\0n\0n\0e\0l\0>\0<\0t\0i\0t\0l\0e\0>\0\xe9\0<\0/\0t\0i\0t\0l\0e\0>\0<\0/\0c\0h\0a\0n\0n\0e\0l\0>\0<\0/\0r\0s\0s\0>\0";
	assert_int_equal(read_n(wide, sizeof wide - 1, &f), OK);
	assert_string_equal(f.title, "é");
	refuses("<?xml version='1.0' encoding='ISO-2022-KR'?><rss><channel><title>x</title></channel></rss>");
}

static void links_lead_to_pages(void **state)
{
	(void)state;
	static const char *const bad[] = {"javascript:alert(1)", "JavaScript&#58;alert(1)",
		"java&#10;script:alert(1)", "data:text/html,x", "mailto:a@b.example",
		"file:///etc/passwd", "https://u:p@evil.example/", "http://", "vbscript:x",
		"gopher://x.example/"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct syndication f = reads(arena_format(
			arena, RSS("<item><title>x</title><link>%s</link></item>"), bad[i]));
		if (f.count != 0)
			fail_msg("%s leads to %s", bad[i], f.items[0].link);
		f = reads(arena_format(arena,
			ATOM("<entry><title>x</title><id>1</id><link href=\"%s\"/></entry>"),
			bad[i]));
		assert_int_equal(f.count, 0);
		f = reads(arena_format(
			arena, RSS("<item><title>x</title><guid>%s</guid></item>"), bad[i]));
		assert_int_equal(f.count, 0);
	}
	static const struct {
		const char *said, *leads;
	} good[] = {{" https://a.example/x \n", "https://a.example/x"},
		{"HTTP://a.example", "http://a.example"},
		{"?p=1", "https://news.example/feeds/all.xml?p=1"},
		{"../één page", "https://news.example/%C3%A9%C3%A9n%20page"},
		{"//b.example/x", "https://b.example/x"},
		{"https://a.example/een twee\"&gt;", "https://a.example/een%20twee%22%3E"},
		{"https://a.example/#top", "https://a.example/#top"}};
	for (size_t i = 0; i < COUNT(good); i++) {
		struct syndication f = reads(arena_format(
			arena, RSS("<item><title>x</title><link>%s</link></item>"), good[i].said));
		assert_int_equal(f.count, 1);
		assert_string_equal(f.items[0].link, good[i].leads);
	}
}

static void what_breaks_off_is_read_as_far_as_it_goes(void **state)
{
	(void)state;
	const char *whole = RSS(
		"<item><title>One</title><link>/1</link></item><item><title>Two</title><link>/2</link></item>");
	const char *second = strstr(whole, "Two");
	struct syndication f;
	assert_int_equal(read_n(whole, (size_t)(second - whole), &f), OK);
	assert_int_equal(f.count, 1);
	for (size_t size = 0; size < strlen(whole); size++)
		(void)!read_n(whole, size, &f);
	f = reads(RSS(
		"<item><title>A & B</title><link>/1</link></item><item><title>Two\x01</title><link>/2</link></item>"));
	assert_int_equal(f.count, 2);
	refuses(RSS(
		"<item><title>A <i></title><link>/1</link></item>")); /* what is one element cannot be told */
	f = reads(
		"\n\n <?xml version='1.0'?><rss><channel><title>Late</title><item><title>x</title><link>/1</link></item></channel></rss> and more");
	assert_string_equal(f.title, "Late");
}

static void no_document_type_no_entities(void **state)
{
	(void)state;
	refuses("<!DOCTYPE rss [<!ENTITY x \"y\">]><rss><channel><title>&x;</title></channel></rss>");
	refuses("<!DOCTYPE rss SYSTEM \"file:///etc/passwd\"><rss><channel><title>x</title></channel></rss>");
	refuses("<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><rss><channel><title>&x;</title></channel></rss>");
	refuses("<!DOCTYPE rss [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/x\"> %x;]><rss><channel><title>x</title></channel></rss>");
	refuses("<!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
		"<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">]><rss><channel><title>&e;&e;&e;</title></channel></rss>");
	struct syndication f = reads(
		"<?xml-stylesheet href='http://127.0.0.1:1/x' type='text/xsl'?>"
		"<rss xmlns:xi='http://www.w3.org/2001/XInclude'><channel><title>a<xi:include href='file:///etc/passwd' parse='text'/>b</title></channel></rss>");
	assert_null(strstr(f.title, "root"));
}

static void what_is_no_feed(void **state)
{
	(void)state;
	static const char *const none[] = {"", " ", "x",
		"{\"version\":\"https://jsonfeed.org/version/1\"}",
		"<!DOCTYPE html><html><title>x</title></html>",
		"<html><head><title>x</title></head></html>",
		"<item><title>x</title><link>https://a.example/</link></item>", "<rss/>",
		"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", "<feed/>",
		"<channel><title>x</title></channel>", "<svg xmlns='http://www.w3.org/2000/svg'/>",
		"\x89PNG\r\n\x1a\n", "<rss", "&&&&"};
	for (size_t i = 0; i < COUNT(none); i++)
		refuses(none[i]);
	assert_int_equal(reads("<rss><channel/></rss>").count, 0);
	assert_int_equal(reads("<feed xmlns='http://www.w3.org/2005/Atom'/>").count, 0);
}

static void everything_has_a_maximum(void **state)
{
	(void)state;
	struct text t;
	text_init(&t, arena, (size_t)8 << 20);
	text_add(&t, "<rss><channel><title>x</title>");
	for (int i = 0; i < 5000; i++)
		text_format(&t, "<item><title>Number %d</title><link>/%d</link></item>", i, i);
	struct syndication f = reads(t.at);
	assert_int_equal(f.count, SYNDICATION_ITEMS);
	assert_string_equal(f.items[SYNDICATION_ITEMS - 1].title, "Number 99");
	text_init(&t, arena, (size_t)8 << 20);
	text_add(&t, "<rss><channel><title>x</title><item><link>/1</link><guid>");
	for (int i = 0; i < 3000; i++)
		text_add(&t, "0123456789");
	text_add(&t, "</guid><title>");
	for (int i = 0; i < 3000; i++)
		text_add(&t, "één ");
	text_add(&t, "</title><description>");
	for (int i = 0; i < 300000; i++)
		text_add(&t, "één twee ");
	text_add(&t, "</description></item></channel></rss>");
	f = reads(t.at);
	assert_int_equal(f.count, 1);
	assert_true(strlen(f.items[0].id) <= 500);
	assert_true(text_count(f.items[0].title) <= SYNDICATION_TITLE);
	assert_true(text_count(f.items[0].summary) <= SYNDICATION_SUMMARY + 2);
	assert_true(text_ends(f.items[0].summary, " …"));
	assert_true(text_is_utf8(f.items[0].summary, strlen(f.items[0].summary)));
	/* Depth, and many small things. */
	text_init(&t, arena, (size_t)8 << 20);
	text_add(&t,
		"<rss><channel><title>x</title><item><title>y</title><link>/1</link></item><item><title>");
	for (int i = 0; i < 200000; i++)
		text_add(&t, "<a xml:base='x/' xml:lang='nl'>");
	f = reads(t.at);
	assert_int_equal(f.count, 1);
	text_init(&t, arena, (size_t)8 << 20);
	text_add(&t, "<rss><channel><title>x</title><item>");
	for (int i = 0; i < 400000; i++)
		text_add(&t, "<a b='c'/>");
	text_add(&t, "<title>y</title><link>/1</link></item></channel></rss>");
	size_t before = arena_size(arena);
	f = reads(t.at);
	assert_int_equal(f.count, 1);
	assert_true(arena_size(arena) - before < ((size_t)40 << 20));
}

static void a_page_names_its_feed(void **state)
{
	(void)state;
	static const struct {
		const char *page, *leads;
	} pages[] = {
		{"<html><head><link rel='stylesheet' href='a.css'><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feed/\"></head>",
			"https://news.example/feed/"},
		{"<LINK REL='Alternate Home' TYPE='Application/Atom+XML; charset=utf-8' HREF='a.atom'>",
			"https://news.example/feeds/a.atom"},
		{"<base href='https://c.example/d/'><link rel=alternate type=application/rss+xml href=e?f=1&amp;g=2>",
			"https://c.example/d/e?f=1&g=2"},
		{"<link rel=alternate type=application/rss+xml href='javascript:x'><link rel=alternate type=application/rss+xml href=good>",
			"https://news.example/feeds/good"},
		{"<!-- <link rel=alternate type=application/rss+xml href=no> --><script>'<link rel=alternate type=application/rss+xml href=no>'</script>",
			NULL},
		{"<link rel=alternate type=text/html href=/en>", NULL},
		{"<link rel=alternate type=application/rss+xml>", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < COUNT(pages); i++) {
		const char *to = syndication_link(
			arena, (struct bytes){pages[i].page, strlen(pages[i].page)}, HERE);
		if (pages[i].leads == NULL)
			assert_null(to);
		else
			assert_string_equal(to, pages[i].leads);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(rss),
		TEST(atom),
		TEST(rdf),
		TEST(encodings),
		TEST(links_lead_to_pages),
		TEST(what_breaks_off_is_read_as_far_as_it_goes),
		TEST(no_document_type_no_entities),
		TEST(what_is_no_feed),
		TEST(everything_has_a_maximum),
		TEST(a_page_names_its_feed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
