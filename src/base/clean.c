/* clean.c: foreign HTML, rebuilt from the allowlist while it is read; nothing is passed through. */
#include "element.h"

#include <string.h>

#define OPEN_MAX 32
#define TAGS_MAX 2000
#define OUTPUT_MAX ((size_t)256 << 10)
#define CLOSERS_MAX                                                                                \
	(OPEN_MAX * sizeof "</blockquote>") /* always kept free, so that all can be closed */
#define TAG_MAX ((size_t)32 << 10) /* an address of 2 048 bytes, every one escaped, and the rest */

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
	} link;                    /* the one that is open: there is no link within a link */
	const struct element *dropping;
	size_t dropping_depth;
	bool annotation; /* of the formula being dropped */
};

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

/* ---- words ----------------------------------------------------------------------------------- */

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
	while ((s[0] & 0x80) != 0 && n < 4 && (s[n] & 0xc0) == 0x80)
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

/* ---- what is open ---------------------------------------------------------------------------- */

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
			c->out.size =
				c->link.start; /* a link that was cut short is left out whole */
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

static bool open_link(
	struct cleaner *c, const struct html_tag *tag, const char *address, const char *host)
{
	const struct element *e = element_find("a");
	close_element(c, e);
	if (c->link.open || !make_place(c, e))
		return false;
	begin_tag(c, e);
	element_attribute(&c->tag, "href", address);
	if (tag != NULL)
		element_attributes(&c->tag, e, tag);
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
		const char *host,
			*address = address_clean(
				c->arena, tag_attribute(c->arena, tag, "href"), &host);
		if (address != NULL)
			open_link(c, tag, address, host);
		return;
	}
	if (!make_place(c, e))
		return;
	begin_tag(c, e);
	element_attributes(&c->tag, e, tag);
	text_char(&c->tag, '>');
	if (put_tag(c, e) && c->link.open && c->link.hidden == 0 && element_hides(c->arena, e, tag))
		c->link.hidden = c->depth;
}

/* A picture becomes a link to it: nothing is loaded from elsewhere. */
static void put_image(struct cleaner *c, const struct html_tag *tag)
{
	const char *host, *alt = tag_attribute(c->arena, tag, "alt");
	const char *address = address_clean(c->arena, tag_attribute(c->arena, tag, "src"), &host);
	bool linked = address != NULL && text_starts(address, "http")
		&& open_link(c, NULL, address, host);
	alt = text_trim(c->arena, alt != NULL ? alt : "");
	put_words(c, *alt == '\0' && linked && !c->plain ? address : alt);
	if (linked)
		close_element(c, element_find("a"));
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_foreign(const struct element *e)
{
	return is_a(e, "svg") || is_a(e, "math");
}

/* Within what goes with its content only its end matters, and the words a formula has beside it. */
static void drop_tag(struct cleaner *c, const struct html_tag *tag)
{
	if (is_a(c->dropping, "math") && strcmp(tag->name, "annotation") == 0) {
		const char *encoding = tag->end ? NULL : tag_attribute(c->arena, tag, "encoding");
		c->annotation = text_is(encoding, "application/x-tex")
			|| text_is(encoding, "text/plain");
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
	struct cleaner c = {.arena = arena, .plain = plain, .points = points};
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
