/* element.c: the allowlist: which elements of foreign HTML are kept, and which of their attributes. */
#include "element.h"

#include <stdlib.h>
#include <string.h>

#define TITLE_MAX 1024
#define CLASS_MAX 256
#define NUMBER_MOST 1000000
#define SPAN_MOST 50

enum {
	CLASS = 1,
	TRANSLATE = 2,
	TITLE = 4,
	CITE = 8,
	START = 16,
	REVERSED = 32,
	VALUE = 64,
	CELLS = 128 /* colspan, rowspan, align */
};

/* In byte order. A link's address is the cleaner's to check, and every element may have a language. */
static const struct element elements[] = {
	{.name = "a", .attributes = CLASS | TITLE | TRANSLATE},
	{.name = "abbr", .attributes = TITLE},
	{.name = "address", .flags = APART},
	{.name = "article", .flags = APART},
	{.name = "aside", .flags = APART},
	{.name = "b"},
	{.name = "blockquote", .flags = BLOCK, .attributes = CITE},
	{.name = "br", .flags = VOID},
	{.name = "caption", .flags = APART},
	{.name = "center", .flags = APART},
	{.name = "code"},
	{.name = "dd", .flags = BLOCK, .in = TERMS},
	{.name = "del"},
	{.name = "details", .flags = BLOCK, .is = DETAILS},
	{.name = "div", .flags = APART},
	{.name = "dl", .flags = BLOCK, .is = TERMS},
	{.name = "dt", .flags = BLOCK, .in = TERMS},
	{.name = "em"},
	{.name = "fieldset", .flags = APART},
	{.name = "figcaption", .flags = APART},
	{.name = "figure", .flags = APART},
	{.name = "footer", .flags = APART},
	{.name = "form", .flags = APART},
	{.name = "h1", .flags = BLOCK | LINES},
	{.name = "h2", .flags = BLOCK | LINES},
	{.name = "h3", .flags = BLOCK | LINES},
	{.name = "h4", .flags = BLOCK | LINES},
	{.name = "h5", .flags = BLOCK | LINES},
	{.name = "h6", .flags = BLOCK | LINES},
	{.name = "header", .flags = APART},
	{.name = "hr", .flags = BLOCK | VOID},
	{.name = "i"},
	{.name = "iframe", .flags = RAW},
	{.name = "img"},
	{.name = "li", .flags = BLOCK, .in = LIST, .attributes = VALUE},
	{.name = "main", .flags = APART},
	{.name = "math", .flags = DROP},
	{.name = "nav", .flags = APART},
	{.name = "noembed", .flags = RAW},
	{.name = "noframes", .flags = RAW},
	{.name = "noscript", .flags = RAW},
	{.name = "object", .flags = DROP},
	{.name = "ol", .flags = BLOCK, .is = LIST, .attributes = START | REVERSED},
	{.name = "option", .flags = DROP},
	{.name = "p", .flags = BLOCK | LINES, .attributes = CLASS},
	{.name = "plaintext", .flags = RAW},
	{.name = "pre", .flags = BLOCK | LINES},
	{.name = "rp", .in = RUBY},
	{.name = "rt", .in = RUBY},
	{.name = "ruby", .is = RUBY},
	{.name = "s"},
	{.name = "script", .flags = RAW},
	{.name = "section", .flags = APART},
	{.name = "select", .flags = DROP},
	{.name = "span", .attributes = CLASS | TRANSLATE},
	{.name = "strong"},
	{.name = "style", .flags = RAW},
	{.name = "sub"},
	{.name = "summary", .flags = BLOCK, .in = DETAILS},
	{.name = "sup"},
	{.name = "svg", .flags = DROP},
	{.name = "table", .flags = BLOCK | SHELL | CELL | GRID, .is = TABLE},
	{.name = "tbody", .flags = BLOCK | SHELL | GRID, .in = TABLE, .is = ROWS},
	{.name = "td", .flags = BLOCK | CELL | GRID, .in = ROW, .attributes = CELLS},
	{.name = "template", .flags = DROP},
	{.name = "textarea", .flags = RAW},
	{.name = "th", .flags = BLOCK | CELL | GRID, .in = ROW, .attributes = CELLS},
	{.name = "thead", .flags = BLOCK | SHELL | GRID, .in = TABLE, .is = ROWS},
	{.name = "title", .flags = RAW},
	{.name = "tr", .flags = BLOCK | SHELL | GRID, .in = TABLE | ROWS, .is = ROW},
	{.name = "u"},
	{.name = "ul", .flags = BLOCK, .is = LIST},
	{.name = "xmp", .flags = RAW},
};

static int by_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct element *)element)->name);
}

const struct element *element_find(const char *name)
{
	return bsearch(name, elements, COUNT(elements), sizeof *elements, by_name);
}

void element_attribute(struct text *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_format(out, " %s=\"", name);
	text_html(out, value);
	text_char(out, '"');
}

static bool is_class(const char *s, size_t size)
{
	static const char *const kept[] = {
		"mention", "hashtag", "ellipsis", "invisible", "quote-inline"};
	static const char *const families[] = {"h-", "p-", "u-", "dt-", "e-"};
	if (strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") < size)
		return false;
	for (size_t i = 0; i < COUNT(kept); i++)
		if (strlen(kept[i]) == size && memcmp(s, kept[i], size) == 0)
			return true;
	for (size_t i = 0; i < COUNT(families); i++)
		if (strlen(families[i]) < size && text_starts(s, families[i]))
			return true;
	return false;
}

/* Those of the classes that say what a thing is (microformats), not how it looks; NULL when none do. */
static const char *classes_of(struct arena *arena, const char *value)
{
	struct text t;
	text_init(&t, arena, CLASS_MAX);
	for (const char *s = value != NULL ? value : ""; *s != '\0';) {
		size_t n = strcspn(s, " \t\n\f\r");
		if (n > 0 && is_class(s, n) && t.size + n < CLASS_MAX) {
			text_add(&t, t.size > 0 ? " " : "");
			text_add_n(&t, s, n);
		}
		s += n + (s[n] != '\0');
	}
	return t.size > 0 ? t.at : NULL;
}

bool element_hides(struct arena *arena, const struct element *e, const struct html_tag *tag)
{
	const char *s = e->attributes & CLASS
		? classes_of(arena, tag_attribute(arena, tag, "class"))
		: NULL;
	while (s != NULL && *s != '\0') {
		size_t n = strcspn(s, " ");
		if (n == strlen("invisible") && text_starts(s, "invisible"))
			return true;
		s += n + (s[n] != '\0');
	}
	return false;
}

static bool is_language(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
	return n >= 2 && n <= 35 && s[n] == '\0';
}

static void add_number(
	struct text *out, const struct html_tag *tag, const char *name, int64_t min, int64_t max)
{
	int64_t number;
	if (text_to_i64(tag_attribute(out->arena, tag, name), min, max, &number))
		text_format(out, " %s=\"%d\"", name, (int)number);
}

void element_attributes(struct text *out, const struct element *e, const struct html_tag *tag)
{
	struct arena *arena = out->arena;
	const char *host, *value = tag_attribute(arena, tag, "lang");
	if (value != NULL && is_language(value))
		element_attribute(out, "lang", value);
	if (e->attributes & CLASS)
		element_attribute(
			out, "class", classes_of(arena, tag_attribute(arena, tag, "class")));
	value = e->attributes & TITLE ? tag_attribute(arena, tag, "title") : NULL;
	if (value != NULL && strlen(value) <= TITLE_MAX)
		element_attribute(out, "title", value);
	value = e->attributes & TRANSLATE ? tag_attribute(arena, tag, "translate") : NULL;
	if (text_is(value, "no") || text_is(value, "yes"))
		element_attribute(out, "translate", value);
	if (e->attributes & CITE)
		element_attribute(out, "cite",
			address_clean(arena, tag_attribute(arena, tag, "cite"), &host));
	if (e->attributes & START)
		add_number(out, tag, "start", -NUMBER_MOST, NUMBER_MOST);
	if ((e->attributes & REVERSED) && tag_attribute(arena, tag, "reversed") != NULL)
		text_add(out, " reversed");
	if (e->attributes & VALUE)
		add_number(out, tag, "value", -NUMBER_MOST, NUMBER_MOST);
	if (e->attributes & CELLS) {
		add_number(out, tag, "colspan", 1, SPAN_MOST);
		add_number(out, tag, "rowspan", 1, SPAN_MOST);
		value = tag_attribute(arena, tag, "align");
		if (text_is(value, "left") || text_is(value, "right") || text_is(value, "center"))
			element_attribute(out, "align", value);
	}
}
