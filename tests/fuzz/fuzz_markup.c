/* fuzz_markup.c: foreign HTML comes out clean, clean HTML comes out as it is, and words are words. */
#define FUZZ_WORDS                                                                                 \
	"<a href=\"https://a.example/\">", "<p>", "</p>", "<table><tr><td>", "<svg>", "<!--",      \
		"]]>", "<script>", "&lt;", "&#x3c;", "</a>", "javascript:", "<ul><li>",            \
		"<span class=\"invisible\">", "<pre>", "<img src=x>"
#include "allowlist.h"
#include "data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t points[] = {0, 1, 7, 100, 100000};
	struct arena *a ARENA_CLEANUP = arena_create();
	const char *html = fuzz_text(a, data, size);
	const char *clean = markup_clean(a, html);
	allow_check(clean);
	HOLDS(strcmp(markup_clean(a, clean), clean) == 0);
	for (size_t i = 0; i < COUNT(points); i++) {
		const char *words = markup_plain(a, html, points[i]);
		HOLDS(text_is_utf8(words, strlen(words)) && text_count(words) <= points[i]);
	}
	return 0;
}
