/*
 * allowlist.h: reads cleaned HTML again, by none of the cleaner's code: every tag, attribute and reference must be one
 * that may be kept, written as the cleaner writes it, and closed in order.
 */
#pragma once

#include "corpus.h"

#define OPEN_MOST 32
#define TAGS_MOST 2000

static inline bool allow_in(const char *const *list, const char *word)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static inline bool allow_element(const char *name)
{
	static const char *const kept[] = {"a", "abbr", "b", "blockquote", "br", "code", "dd",
		"del", "details", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
		"li", "ol", "p", "pre", "rp", "rt", "ruby", "s", "span", "strong", "sub", "summary",
		"sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul", NULL};
	return allow_in(kept, name);
}

static inline bool allow_attribute(const char *element, const char *name)
{
	static const char *const kept[] = {"a href", "a rel", "a class", "a title", "a translate",
		"abbr title", "blockquote cite", "ol start", "ol reversed", "li value", "p class",
		"span class", "span translate", "td align", "td colspan", "td rowspan", "th align",
		"th colspan", "th rowspan", NULL};
	char both[64];
	if (strcmp(name, "lang") == 0)
		return true;
	return text_print(both, sizeof both, "%s %s", element, name) && allow_in(kept, both);
}

static inline bool allow_address(const char *s)
{
	return text_starts(s, "https://") || text_starts(s, "http://")
		|| text_starts(s, "gemini://") || text_starts(s, "mailto:")
		|| text_starts(s, "xmpp:") || text_starts(s, "magnet:");
}

static inline bool allow_class(const char *value)
{
	static const char *const words[] = {
		"mention", "hashtag", "ellipsis", "invisible", "quote-inline", NULL};
	while (*value != '\0') {
		char word[300];
		size_t size = strcspn(value, " ");
		if (!text_print(word, sizeof word, "%.*s", (int)size, value))
			return false;
		bool format = text_starts(word, "h-") || text_starts(word, "p-")
			|| text_starts(word, "u-") || text_starts(word, "dt-")
			|| text_starts(word, "e-");
		if (!format && !allow_in(words, word))
			return false;
		value += size + (value[size] == ' ');
	}
	return true;
}

static inline bool allow_value(const char *name, const char *value)
{
	if (strcmp(name, "href") == 0 || strcmp(name, "cite") == 0)
		return allow_address(value);
	if (strcmp(name, "rel") == 0)
		return strcmp(value, "nofollow noopener noreferrer ugc") == 0;
	if (strcmp(name, "class") == 0)
		return allow_class(value);
	if (strcmp(name, "translate") == 0)
		return strcmp(value, "no") == 0 || strcmp(value, "yes") == 0;
	if (strcmp(name, "align") == 0)
		return strcmp(value, "left") == 0 || strcmp(value, "right") == 0
			|| strcmp(value, "center") == 0;
	if (strcmp(name, "lang") == 0)
		return strpbrk(value, "&\" '<>;:/") == NULL;
	if (strcmp(name, "title") == 0)
		return true;
	value += *value == '-';
	return *value != '\0' && value[strspn(value, "0123456789")] == '\0';
}

/* What an '&' begins must be one of the five references that are written. */
static inline bool allow_reference(const char *s)
{
	return text_starts(s, "&amp;") || text_starts(s, "&lt;") || text_starts(s, "&gt;")
		|| text_starts(s, "&quot;") || text_starts(s, "&#39;");
}

struct allow {
	const char *at;
	char open[OPEN_MOST][16];
	size_t depth, tags;
};

/* ` name="value"` or ` reversed` */
static inline void allow_read_attribute(struct allow *w, const char *element)
{
	char name[16], value[9000];
	size_t size = strspn(++w->at, "abcdefghijklmnopqrstuvwxyz");
	HOLDS(size > 0 && text_print(name, sizeof name, "%.*s", (int)size, w->at));
	HOLDS(allow_attribute(element, name));
	w->at += size;
	if (*w->at != '=') {
		HOLDS(strcmp(name, "reversed") == 0);
		return;
	}
	HOLDS(w->at[1] == '"');
	w->at += 2;
	size = strcspn(w->at, "\"");
	HOLDS(w->at[size] == '"' && text_print(value, sizeof value, "%.*s", (int)size, w->at));
	HOLDS(strpbrk(value, "<>") == NULL && allow_value(name, value));
	for (const char *amp = value; (amp = strchr(amp, '&')) != NULL; amp++)
		HOLDS(allow_reference(amp));
	w->at += size + 1;
}

static inline void allow_tag(struct allow *w)
{
	char name[16];
	bool end = w->at[1] == '/';
	w->at += 1 + end;
	size_t size = strspn(w->at, "abcdefghijklmnopqrstuvwxyz123456");
	HOLDS(size > 0 && text_print(name, sizeof name, "%.*s", (int)size, w->at));
	HOLDS(allow_element(name));
	w->at += size;
	if (end) {
		HOLDS(w->depth > 0 && strcmp(w->open[--w->depth], name) == 0);
	} else {
		while (*w->at == ' ')
			allow_read_attribute(w, name);
		HOLDS(++w->tags <= TAGS_MOST);
		for (size_t i = 0; i < w->depth; i++) /* no link within a link */
			HOLDS(strcmp(name, "a") != 0 || strcmp(w->open[i], "a") != 0);
		if (strcmp(name, "br") != 0 && strcmp(name, "hr") != 0) {
			HOLDS(w->depth < OPEN_MOST);
			memcpy(w->open[w->depth++], name, sizeof name);
		}
	}
	HOLDS(*w->at == '>');
	w->at++;
}

static inline void allow_check(const char *html)
{
	struct allow w = {.at = html};
	HOLDS(strlen(html) <= (256u << 10) && text_is_utf8(html, strlen(html)));
	while (*w.at != '\0') {
		if (*w.at == '<') {
			allow_tag(&w);
			continue;
		}
		HOLDS(*w.at != '>' && (*w.at != '&' || allow_reference(w.at)));
		HOLDS((unsigned char)*w.at >= ' ' || *w.at == '\n' || *w.at == '\t'
			|| *w.at == '\f');
		w.at++;
	}
	HOLDS(w.depth == 0);
}
