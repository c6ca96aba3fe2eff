/* fuzz_markdown.c: Markdown becomes clean HTML whatever is typed. */
#define FUZZ_WORDS                                                                                 \
	"**", "[a](https://a.example/)", "```\n", "> ", "- ", "@anna@a.example", "#tag", "~~",     \
		"![x](", "&lt;", "<script>", "\n\n", "| a | b |\n", "1. ", "    ",                 \
		"[a]: https://a.example/\n"
#include "allowlist.h"
#include "data.h"

/* Answers for some words and not for others, as people and tags exist or not. */
static const char *link_of(void *arg, struct arena *a, char sign, const char *word)
{
	HOLDS(arg == NULL && (sign == '@' || sign == '#') && *word != '\0');
	HOLDS(text_is_utf8(word, strlen(word)) && strpbrk(word, " <>\"&/") == NULL);
	if (strlen(word) % 3 == 0)
		return NULL;
	struct text t;
	text_init(&t, a, 4096);
	text_add(&t, "https://ex.example/");
	text_url(&t, word);
	return t.at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	const char *markdown = fuzz_text(a, data, size);
	char *html;
	if (markup_from_markdown(a, markdown, NULL, NULL, &html) == OK) {
		allow_check(html);
		HOLDS(strcmp(markup_clean(a, html), html) == 0);
	}
	if (markup_from_markdown(a, markdown, link_of, NULL, &html) == OK) {
		allow_check(html);
		HOLDS(strcmp(markup_clean(a, html), html) == 0);
	}
	return 0;
}
