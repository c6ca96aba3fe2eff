/* tag.c: HTML tags, comments and raw text, found as the HTML standard's tokenizer finds them (§13.2.5). */
#include "data.h"

#include <string.h>
#include <strings.h>

#define VALUE_MAX ((size_t)8 << 10)

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The bytes up to and with the first `mark`, or all there are. */
static size_t past(const char *s, const char *mark)
{
	const char *end = strstr(s, mark);
	return end != NULL ? (size_t)(end - s) + strlen(mark) : strlen(s);
}

/* `s` stands behind "<!--", whose dashes may be those of the end: "<!-->" is a whole comment. */
static size_t comment_size(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++) {
		if (s[i] == '>' && memcmp(s + i - 2, "--", 2) == 0)
			return i + 1;
		if (s[i] == '>' && i >= 3 && memcmp(s + i - 3, "--!", 3) == 0)
			return i + 1;
	}
	return strlen(s);
}

/* "<!", "<?" and "</" without a letter: nothing that shows. */
static size_t declaration_size(const char *s, bool foreign)
{
	if (text_starts(s, "<!--"))
		return 4 + comment_size(s + 4);
	if (foreign && text_starts(s, "<![CDATA["))
		return past(s, "]]>");
	return past(s, ">");
}

struct attribute {
	struct bytes name, value;
};

/* The next attribute at *at, or false at the tag's '>' or the end of everything. */
static bool attribute_next(const char **at, struct attribute *out)
{
	const char *s = *at;
	while (is_space(*s) || *s == '/')
		s++;
	*at = s;
	if (*s == '>' || *s == '\0')
		return false;
	s++; /* a name may even begin with '=' */
	s += strcspn(s, " \t\n\f\r/>=");
	out->name = (struct bytes){*at, (size_t)(s - *at)};
	const char *name_end = s;
	while (is_space(*s))
		s++;
	out->value = (struct bytes){s, 0};
	if (*s != '=') {
		*at = name_end;
		return true;
	}
	do
		s++;
	while (is_space(*s));
	if (*s == '"' || *s == '\'') {
		const char *end = strchr(s + 1, *s);
		out->value = (struct bytes){
			s + 1, end != NULL ? (size_t)(end - s - 1) : strlen(s + 1)};
		*at = end != NULL ? end + 1 : s + strlen(s);
	} else {
		out->value = (struct bytes){s, strcspn(s, " \t\n\f\r>")};
		*at = s + out->value.size;
	}
	return true;
}

size_t tag_read(const char *s, bool foreign, struct html_tag *out)
{
	if (s[0] != '<')
		return 0;
	bool end = s[1] == '/';
	const char *name = s + 1 + end;
	if (!is_letter(*name)) {
		bool text = end ? *name == '\0' : *name != '!' && *name != '?';
		*out = (struct html_tag){0};
		return text ? 0 : declaration_size(s, foreign);
	}
	size_t size = strcspn(name, " \t\n\f\r/>");
	struct html_tag tag = {.end = end, .attributes = name + size};
	for (size_t i = 0; size < sizeof tag.name && i < size; i++)
		tag.name[i] = lower(name[i]);
	struct attribute skipped;
	const char *at = tag.attributes, *last;
	do
		last = at;
	while (attribute_next(&at, &skipped));
	tag.self_closing = *at == '>' && at > last && at[-1] == '/';
	if (*at == '\0')
		tag = (struct html_tag){0}; /* a tag without an end is no tag, nor text */
	*out = tag;
	return (size_t)(at - s) + (*at == '>');
}

static bool is_named(struct bytes name, const char *wanted)
{
	const char *s = name.data;
	size_t i = 0;
	while (i < name.size && wanted[i] != '\0' && lower(s[i]) == wanted[i])
		i++;
	return i == name.size && wanted[i] == '\0';
}

static char *decode(struct arena *arena, struct bytes raw)
{
	const char *s = arena_text_n(arena, raw.data, raw.size);
	struct text t;
	text_init(&t, arena, VALUE_MAX * 2);
	while (*s != '\0') {
		char utf8[5];
		uint32_t point = (unsigned char)*s;
		size_t n = entity_read(s, true, &point);
		if (point >= ' ' ? point != 0x7f : point == '\t' || point == '\n') {
			if (n > 0)
				text_add_n(&t, utf8, entity_utf8(point, utf8));
			else
				text_char(&t, *s);
		}
		s += n > 0 ? n : 1;
	}
	return t.at;
}

char *tag_attribute(struct arena *arena, const struct html_tag *tag, const char *name)
{
	struct attribute a;
	const char *at = tag->attributes;
	while (at != NULL && attribute_next(&at, &a))
		if (is_named(a.name, name))
			return a.value.size <= VALUE_MAX ? decode(arena, a.value) : NULL;
	return NULL;
}

bool tag_has_word(const char *list, const char *word)
{
	size_t size = strlen(word);
	while (list != NULL && *list != '\0') {
		size_t blank = strspn(list, " \t\r\n"), here = strcspn(list + blank, " \t\r\n");
		if (here == size && strncasecmp(list + blank, word, size) == 0)
			return true;
		list += blank + here;
	}
	return false;
}

size_t tag_raw_text(const char *s, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = s; *at != '\0'; at++) {
		if (at[0] != '<' || at[1] != '/')
			continue;
		const char *after = at + 2;
		size_t n = strcspn(after, " \t\n\f\r/>");
		if (n == size && after[n] != '\0' && is_named((struct bytes){after, n}, name))
			return (size_t)(at - s);
	}
	return strlen(s);
}
