/* fuzz_syndication.c: whatever a site sends as its feed or page: what comes of it is short, plain, and leads to pages only. */
#define FUZZ_WORDS                                                                                 \
	"<item>", "</item>", "<entry>", "<title>", "</title>", "<link>", "<![CDATA[", "]]>",       \
		"<!DOCTYPE rss [", "<!ENTITY a 'b'>", "&a;", "&nbsp;", "&#x0;", " xml:base='/a/'", \
		" xmlns='http://www.w3.org/2005/Atom'", "javascript:", "<rss><channel>",           \
		"encoding='utf-16'", "\xff\xfe", "\xef\xbb\xbf", "<?xml version='1.0'?>",          \
		"<link rel=alternate type=application/rss+xml href=", "type='xhtml'"
#include "corpus.h"

#include "data.h"

static void leads_to_a_page(const char *s)
{
	HOLDS(s == NULL || text_starts(s, "https://") || text_starts(s, "http://"));
	HOLDS(fuzz_touch(s) <= 2048);
	for (; s != NULL && *s != '\0'; s++)
		HOLDS((unsigned char)*s > ' ' && strchr("\"<>", *s) == NULL);
}

static void is_plain(const char *s, size_t points)
{
	size_t size = fuzz_touch(s);
	HOLDS(s == NULL || (text_is_utf8(s, size) && text_count(s) <= points));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct syndication f = {0};
	struct bytes in = {data, size};
	leads_to_a_page(syndication_link(a, in, "https://here.example/a/b"));
	if (syndication_read(a, in, "https://here.example/a/b", &f) != OK)
		return 0;
	HOLDS(f.count <= SYNDICATION_ITEMS && f.pause >= 0);
	is_plain(f.title, SYNDICATION_TITLE);
	is_plain(f.language, 35);
	leads_to_a_page(f.link);
	for (size_t i = 0; i < f.count; i++) {
		const struct syndicated *s = &f.items[i];
		HOLDS(s->link != NULL && s->title != NULL && *s->title != '\0'
			&& s->summary != NULL);
		HOLDS(s->id != NULL && *s->id != '\0' && fuzz_touch(s->id) <= 500);
		is_plain(s->id, 500);
		is_plain(s->title, SYNDICATION_TITLE);
		is_plain(s->summary, SYNDICATION_SUMMARY + 2);
		is_plain(s->language, 35);
		leads_to_a_page(s->link);
	}
	return 0;
}
