/* clean.c: foreign HTML, rebuilt from the allowlist while it is read; nothing of the input is passed through. */
#include "data.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 32
#define TAGS_MAX 2000
#define OUTPUT_MAX ((size_t)256 << 10)
#define CLOSERS_MAX (OPEN_MAX * sizeof "</blockquote>") /* always kept free, so that all can be closed */
#define TITLE_MAX 1024
#define CLASS_MAX 256
#define TAG_MAX ((size_t)32 << 10) /* an address of 2 048 bytes, every one escaped, and the rest */
#define NUMBER_MOST 1000000
#define SPAN_MOST 50

enum {
	BLOCK = 1 << 0, /* ends a paragraph; words on both sides stand apart */
	LINES = 1 << 1, /* a block of text: holds no other block */
	VOID = 1 << 2,  /* has no end */
	APART = 1 << 3, /* not kept, but the words on both sides stand apart */
	DROP = 1 << 4,  /* goes with its content */
	RAW = 1 << 5,   /* goes with its content, which is not markup */
	SHELL = 1 << 6, /* holds certain elements only, and no words */
	CELL = 1 << 7,  /* an end tag inside does not reach outside */
	GRID = 1 << 8,  /* part of a table */
};

/* Which parents an element must have, and what it is to its children. */
enum { LIST = 1, TERMS = 2, TABLE = 4, ROWS = 8, ROW = 16, DETAILS = 32, RUBY = 64 };

enum { CLASS = 1, TRANSLATE = 2, TITLE = 4, CITE = 8, START = 16, REVERSED = 32, VALUE = 64, SPANS = 128 };

struct element {
	const char *name;
	uint16_t flags;
	uint8_t in, is, attributes;
};

static const struct element elements[] = {
	{ .name = "a", .attributes = CLASS | TITLE | TRANSLATE },
	{ .name = "abbr", .attributes = TITLE },
	{ .name = "address", .flags = APART },
	{ .name = "article", .flags = APART },
	{ .name = "aside", .flags = APART },
	{ .name = "b" },
	{ .name = "blockquote", .flags = BLOCK, .attributes = CITE },
	{ .name = "br", .flags = VOID },
	{ .name = "caption", .flags = APART },
	{ .name = "center", .flags = APART },
	{ .name = "code" },
	{ .name = "dd", .flags = BLOCK, .in = TERMS },
	{ .name = "del" },
	{ .name = "details", .flags = BLOCK, .is = DETAILS },
	{ .name = "div", .flags = APART },
	{ .name = "dl", .flags = BLOCK, .is = TERMS },
	{ .name = "dt", .flags = BLOCK, .in = TERMS },
	{ .name = "em" },
	{ .name = "fieldset", .flags = APART },
	{ .name = "figcaption", .flags = APART },
	{ .name = "figure", .flags = APART },
	{ .name = "footer", .flags = APART },
	{ .name = "form", .flags = APART },
	{ .name = "h1", .flags = BLOCK | LINES },
	{ .name = "h2", .flags = BLOCK | LINES },
	{ .name = "h3", .flags = BLOCK | LINES },
	{ .name = "h4", .flags = BLOCK | LINES },
	{ .name = "h5", .flags = BLOCK | LINES },
	{ .name = "h6", .flags = BLOCK | LINES },
	{ .name = "header", .flags = APART },
	{ .name = "hr", .flags = BLOCK | VOID },
	{ .name = "i" },
	{ .name = "iframe", .flags = RAW },
	{ .name = "img" },
	{ .name = "li", .flags = BLOCK, .in = LIST, .attributes = VALUE },
	{ .name = "main", .flags = APART },
	{ .name = "math", .flags = DROP },
	{ .name = "nav", .flags = APART },
	{ .name = "noembed", .flags = RAW },
	{ .name = "noframes", .flags = RAW },
	{ .name = "noscript", .flags = RAW },
	{ .name = "object", .flags = DROP },
	{ .name = "ol", .flags = BLOCK, .is = LIST, .attributes = START | REVERSED },
	{ .name = "option", .flags = DROP },
	{ .name = "p", .flags = BLOCK | LINES, .attributes = CLASS },
	{ .name = "plaintext", .flags = RAW },
	{ .name = "pre", .flags = BLOCK | LINES },
	{ .name = "rp", .in = RUBY },
	{ .name = "rt", .in = RUBY },
	{ .name = "ruby", .is = RUBY },
	{ .name = "s" },
	{ .name = "script", .flags = RAW },
	{ .name = "section", .flags = APART },
	{ .name = "select", .flags = DROP },
	{ .name = "span", .attributes = CLASS | TRANSLATE },
	{ .name = "strong" },
	{ .name = "style", .flags = RAW },
	{ .name = "sub" },
	{ .name = "summary", .flags = BLOCK, .in = DETAILS },
	{ .name = "sup" },
	{ .name = "svg", .flags = DROP },
	{ .name = "table", .flags = BLOCK | SHELL | CELL | GRID, .is = TABLE },
	{ .name = "tbody", .flags = BLOCK | SHELL | GRID, .in = TABLE, .is = ROWS },
	{ .name = "td", .flags = BLOCK | CELL | GRID, .in = ROW, .attributes = SPANS },
	{ .name = "template", .flags = DROP },
	{ .name = "textarea", .flags = RAW },
	{ .name = "th", .flags = BLOCK | CELL | GRID, .in = ROW, .attributes = SPANS },
	{ .name = "thead", .flags = BLOCK | SHELL | GRID, .in = TABLE, .is = ROWS },
	{ .name = "title", .flags = RAW },
	{ .name = "tr", .flags = BLOCK | SHELL | GRID, .in = TABLE | ROWS, .is = ROW },
	{ .name = "u" },
	{ .name = "ul", .flags = BLOCK, .is = LIST },
	{ .name = "xmp", .flags = RAW },
};

struct cleaner {
	struct arena *arena;
	struct text out, tag; /* the result; the tag being built */
	size_t points;        /* plain words: how many code points are still wanted */
	bool plain, full;
	bool words; /* there are words since the last block or break */
	bool apart; /* the next words stand apart from them */
	size_t tags, depth;
	const struct element *open[OPEN_MAX];
	struct {
		bool open;
		size_t start;      /* where in `out` its tag stands */
		const char *host;  /* NULL: not a place on the net */
		struct text words; /* those that show */
		size_t hidden;     /* depth of the span that hides words, 0: none */
	} link; /* the one that is open: there is no link within a link */
	const struct element *dropping;
	size_t dropping_depth;
	bool annotation; /* of the formula being dropped */
};

static int by_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct element *)element)->name);
}

static const struct element *element_find(const char *name)
{
	return bsearch(name, elements, COUNT(elements), sizeof *elements, by_name);
}

static bool is_a(const struct element *e, const char *name)
{
	return e != NULL && strcmp(e->name, name) == 0;
}

static const struct element *top(const struct cleaner *c)
{
	return c->depth > 0 ? c->open[c->depth - 1] : NULL;
}

/* Whole or not at all; the first thing that does not fit ends the output. */
static bool put(struct cleaner *c, const char *s, size_t size)
{
	if (c->full || c->out.size + size > OUTPUT_MAX - CLOSERS_MAX) {
		c->full = true;
		return false;
	}
	text_add_n(&c->out, s, size);
	return true;
}

/* ---- words ------------------------------------------------------------------------------------ */

/* A break where a box that is not kept stood between words. */
static void stand_apart(struct cleaner *c)
{
	if (!c->apart)
		return;
	c->apart = c->words = false;
	text_char(&c->link.words, ' ');
	if (c->tags < TAGS_MAX && put(c, "<br>", 4))
		c->tags++;
}

static void put_plain(struct cleaner *c, const char *s, size_t size, bool blank)
{
	if (blank) {
		c->apart = true;
		return;
	}
	bool gap = c->apart && c->out.size > 0;
	if (c->points < 1U + gap) {
		c->full = true;
		return;
	}
	c->points -= 1U + gap;
	c->apart = false;
	if (gap)
		put(c, " ", 1);
	put(c, s, size);
}

/* One code point of words. */
static void put_point(struct cleaner *c, const char *s, size_t size)
{
	bool blank = *s == ' ' || *s == '\t' || *s == '\n' || *s == '\f';
	if (((unsigned char)*s < ' ' && !blank) || *s == 0x7f)
		return;
	if (top(c) != NULL && (top(c)->flags & SHELL))
		return; /* a browser would carry it out of the table */
	if (!blank && !c->plain)
		stand_apart(c);
	if (c->link.open && c->link.hidden == 0)
		text_add_n(&c->link.words, s, size);
	if (c->plain) {
		put_plain(c, s, size, blank);
		return;
	}
	c->words = c->words || !blank;
	if (*s == '&')
		put(c, "&amp;", 5);
	else if (*s == '<')
		put(c, "&lt;", 4);
	else if (*s == '>')
		put(c, "&gt;", 4);
	else
		put(c, s, size);
}

static size_t point_size(const char *s)
{
	size_t n = 1;
	while (n < 4 && (s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Words that are words already. */
static void put_words(struct cleaner *c, const char *s)
{
	for (; *s != '\0' && !c->full; s += point_size(s))
		put_point(c, s, point_size(s));
}

/* Words of the input, with its character references. */
static void put_text(struct cleaner *c, const char *s, size_t size)
{
	for (const char *end = s + size; s < end && !c->full;) {
		char utf8[5];
		uint32_t point;
		size_t n = entity_read(s, false, &point);
		if (n > 0)
			put_point(c, utf8, entity_utf8(point, utf8));
		else if (s[0] == '\r' && s[1] != '\n')
			put_point(c, "\n", n = 1);
		else
			put_point(c, s, n = point_size(s));
		s += n;
	}
}

/* ---- tags ------------------------------------------------------------------------------------- */

static void add_attribute(struct cleaner *c, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_format(&c->tag, " %s=\"", name);
	text_html(&c->tag, value);
	text_char(&c->tag, '"');
}

static bool is_class(const char *s, size_t size)
{
	static const char *const kept[] = { "mention", "hashtag", "ellipsis", "invisible", "quote-inline" };
	static const char *const families[] = { "h-", "p-", "u-", "dt-", "e-" };
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
static const char *classes_of(struct cleaner *c, const char *value)
{
	struct text t;
	text_init(&t, c->arena, CLASS_MAX);
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

static bool is_language(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
	return n >= 2 && n <= 35 && s[n] == '\0';
}

static void add_number(struct cleaner *c, const struct html_tag *tag, const char *name, int64_t min,
                       int64_t max)
{
	int64_t number;
	if (text_to_i64(tag_attribute(c->arena, tag, name), min, max, &number))
		text_format(&c->tag, " %s=\"%d\"", name, (int)number);
}

static void add_attributes(struct cleaner *c, const struct element *e, const struct html_tag *tag)
{
	const char *host, *value = tag_attribute(c->arena, tag, "lang");
	if (value != NULL && is_language(value))
		add_attribute(c, "lang", value);
	if (e->attributes & CLASS)
		add_attribute(c, "class", classes_of(c, tag_attribute(c->arena, tag, "class")));
	value = e->attributes & TITLE ? tag_attribute(c->arena, tag, "title") : NULL;
	if (value != NULL && strlen(value) <= TITLE_MAX)
		add_attribute(c, "title", value);
	value = e->attributes & TRANSLATE ? tag_attribute(c->arena, tag, "translate") : NULL;
	if (text_is(value, "no") || text_is(value, "yes"))
		add_attribute(c, "translate", value);
	if (e->attributes & CITE)
		add_attribute(c, "cite", address_clean(c->arena, tag_attribute(c->arena, tag, "cite"), &host));
	if (e->attributes & START)
		add_number(c, tag, "start", -NUMBER_MOST, NUMBER_MOST);
	if ((e->attributes & REVERSED) && tag_attribute(c->arena, tag, "reversed") != NULL)
		text_add(&c->tag, " reversed");
	if (e->attributes & VALUE)
		add_number(c, tag, "value", -NUMBER_MOST, NUMBER_MOST);
	if (e->attributes & SPANS) {
		add_number(c, tag, "colspan", 1, SPAN_MOST);
		add_number(c, tag, "rowspan", 1, SPAN_MOST);
	}
}

/* ---- what is open ------------------------------------------------------------------------------ */

/* After the words of a link that name another host comes the real one. False: there is no room for it. */
static bool link_note(struct cleaner *c)
{
	const char *host = c->link.host;
	if (c->full || host == NULL || !address_misleads(c->arena, c->link.words.at, host))
		return !c->full;
	const char *note = arena_format(c->arena, " [%s]", host);
	char *words = text_trim(c->arena, text_lower(c->arena, c->link.words.at));
	c->apart = false;
	if (!text_ends(words, note))
		put_words(c, note);
	return !c->full;
}

/* Words before and after the edge of this element are not one word. */
static void edge(struct cleaner *c, const struct element *e)
{
	if (!(e->flags & (BLOCK | VOID)))
		return;
	c->words = false;
	c->apart = c->plain;
	text_char(&c->link.words, ' ');
}

static void close_top(struct cleaner *c)
{
	const struct element *e = c->open[--c->depth];
	if (c->link.hidden > c->depth)
		c->link.hidden = 0;
	if (is_a(e, "a")) {
		c->link.open = false;
		if (!link_note(c) && !c->plain) {
			c->out.size = c->link.start; /* a link that was cut short is left out whole */
			c->out.at[c->out.size] = '\0';
			return;
		}
	}
	edge(c, e);
	if (!c->plain)
		text_format(&c->out, "</%s>", e->name);
}

static void close_to(struct cleaner *c, size_t depth)
{
	while (c->depth > depth)
		close_top(c);
}

/* Does an open element keep this one's tags from reaching outside of it? */
static bool bars(const struct element *open, const struct element *e)
{
	if (open->is & e->in)
		return true;
	if (!(e->flags & BLOCK))
		return open->flags & BLOCK;
	return (open->is & TABLE) || ((open->flags & CELL) && !(e->flags & GRID));
}

/* An end tag closes what was opened later too; one that has nothing to close is nothing. */
static void close_element(struct cleaner *c, const struct element *e)
{
	for (size_t i = c->depth; i > 0; i--) {
		if (c->open[i - 1] == e) {
			close_to(c, i - 1);
			return;
		}
		if (bars(c->open[i - 1], e))
			return;
	}
}

/* Close what cannot hold this element. False: it has no place here. */
static bool make_place(struct cleaner *c, const struct element *e)
{
	size_t i = c->depth;
	if (e->in != 0) {
		while (i > 0 && !(c->open[i - 1]->is & e->in)) {
			if (bars(c->open[i - 1], e))
				return false;
			i--;
		}
		close_to(c, i);
		return i > 0;
	}
	if (e->flags & BLOCK) {
		while (i > 0 && !(c->open[i - 1]->flags & BLOCK))
			i--;
		if (i > 0 && (c->open[i - 1]->flags & LINES))
			close_to(c, i - 1);
	}
	return top(c) == NULL || !(top(c)->flags & SHELL);
}

/* Write the tag that was built, and remember what it opened. False: it went past a limit. */
static bool put_tag(struct cleaner *c, const struct element *e)
{
	bool fits = c->depth < OPEN_MAX || (e->flags & VOID);
	if (!fits || c->tags == TAGS_MAX || c->tag.failed)
		return false;
	c->tags++;
	if (!(e->flags & (BLOCK | VOID)) && !c->plain)
		stand_apart(c);
	edge(c, e);
	if (!c->plain && !put(c, c->tag.at, c->tag.size))
		return false;
	if (!(e->flags & VOID))
		c->open[c->depth++] = e;
	return true;
}

static void begin_tag(struct cleaner *c, const struct element *e)
{
	c->tag.size = 0;
	c->tag.failed = false;
	text_format(&c->tag, "<%s", e->name);
}

static bool open_link(struct cleaner *c, const struct html_tag *tag, const char *address, const char *host)
{
	const struct element *e = element_find("a");
	close_element(c, e);
	if (c->link.open || !make_place(c, e))
		return false;
	begin_tag(c, e);
	add_attribute(c, "href", address);
	if (tag != NULL)
		add_attributes(c, e, tag);
	text_add(&c->tag, " rel=\"nofollow noopener noreferrer ugc\">");
	if (!c->plain)
		stand_apart(c);
	size_t start = c->out.size;
	if (!put_tag(c, e))
		return false;
	c->link.open = true;
	c->link.start = start;
	c->link.host = host;
	c->link.words.size = 0;
	c->link.words.at[0] = '\0';
	return true;
}

static void open_element(struct cleaner *c, const struct element *e, const struct html_tag *tag)
{
	if (is_a(e, "a")) {
		const char *host, *address = address_clean(c->arena, tag_attribute(c->arena, tag, "href"), &host);
		if (address != NULL)
			open_link(c, tag, address, host);
		return;
	}
	if (!make_place(c, e))
		return;
	begin_tag(c, e);
	add_attributes(c, e, tag);
	text_char(&c->tag, '>');
	if (put_tag(c, e) && c->link.open && c->link.hidden == 0 && strstr(c->tag.at, "invisible") != NULL)
		c->link.hidden = c->depth;
}

/* A picture becomes a link to it: nothing is loaded from elsewhere. */
static void put_image(struct cleaner *c, const struct html_tag *tag)
{
	const char *host, *alt = tag_attribute(c->arena, tag, "alt");
	const char *address = address_clean(c->arena, tag_attribute(c->arena, tag, "src"), &host);
	bool linked = address != NULL && text_starts(address, "http") && open_link(c, NULL, address, host);
	alt = text_trim(c->arena, alt != NULL ? alt : "");
	put_words(c, *alt == '\0' && linked && !c->plain ? address : alt);
	if (linked)
		close_element(c, element_find("a"));
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool is_foreign(const struct element *e)
{
	return is_a(e, "svg") || is_a(e, "math");
}

/* Within what goes with its content: only its end matters, and the words a formula has for those who cannot see it. */
static void drop_tag(struct cleaner *c, const struct html_tag *tag)
{
	if (is_a(c->dropping, "math") && strcmp(tag->name, "annotation") == 0) {
		const char *encoding = tag->end ? NULL : tag_attribute(c->arena, tag, "encoding");
		c->annotation = text_is(encoding, "application/x-tex") || text_is(encoding, "text/plain");
	}
	if (strcmp(tag->name, c->dropping->name) != 0)
		return;
	if (tag->end)
		c->dropping_depth--;
	else if (!(tag->self_closing && is_foreign(c->dropping)))
		c->dropping_depth++;
	if (c->dropping_depth == 0) {
		c->dropping = NULL;
		c->annotation = false;
	}
}

static void take_tag(struct cleaner *c, const struct element *e, const struct html_tag *tag)
{
	if (c->dropping != NULL) {
		drop_tag(c, tag);
	} else if (e == NULL) {
		return; /* unknown: its words stay */
	} else if (e->flags & APART) {
		c->apart = c->apart || c->words || c->plain;
		text_char(&c->link.words, ' ');
	} else if (tag->end) {
		close_element(c, e);
	} else if (e->flags & DROP) {
		if (!(tag->self_closing && is_foreign(e))) {
			c->dropping = e;
			c->dropping_depth = 1;
		}
	} else if (is_a(e, "img")) {
		put_image(c, tag);
	} else {
		open_element(c, e, tag);
	}
}

static void read_all(struct cleaner *c, const char *s)
{
	while (*s != '\0' && !c->full) {
		bool heard = c->dropping == NULL || c->annotation;
		struct html_tag tag;
		size_t n = tag_read(s, is_foreign(c->dropping), &tag);
		if (n == 0) {
			n = (*s == '<') + strcspn(s + (*s == '<'), "<");
			if (heard)
				put_text(c, s, n);
			s += n;
			continue;
		}
		s += n;
		const struct element *e = element_find(tag.name);
		if (e != NULL && (e->flags & RAW) && !tag.end && !is_foreign(c->dropping))
			s += tag_raw_text(s, tag.name);
		else
			take_tag(c, e, &tag);
	}
	close_to(c, 0);
}

static char *clean(struct arena *arena, const char *html, bool plain, size_t points)
{
	struct cleaner c = { .arena = arena, .plain = plain, .points = points };
	text_init(&c.out, arena, OUTPUT_MAX);
	text_init(&c.tag, arena, TAG_MAX);
	text_init(&c.link.words, arena, OUTPUT_MAX);
	read_all(&c, html != NULL ? html : "");
	return c.out.at;
}

char *markup_clean(struct arena *arena, const char *html)
{
	return clean(arena, html, false, 0);
}

char *markup_plain(struct arena *arena, const char *html, size_t points)
{
	return clean(arena, html, true, points);
}
