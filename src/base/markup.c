/* markup.c: Markdown (CommonMark with strikethrough) to clean HTML; the only file that calls md4c. */
#include "data.h"

#include <md4c.h>
#include <string.h>

#define MARKDOWN_MAX 50000
#define HTML_MAX ((size_t)1 << 20) /* before cleaning, which keeps less */
#define WORD_MAX 256               /* of a mention or hashtag, in bytes */
#define HEADING_SHIFT 2            /* h1 and h2 belong to the page */

struct writer {
	struct arena *arena;
	struct text html;
	struct text words; /* text in a row, looked through for mentions when it ends */
	markup_link *link;
	void *arg;
	unsigned links, pictures, codes; /* how many of them we are within */
};

/* ---- mentions and hashtags ------------------------------------------------------------------- */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Where a word ends beyond ASCII: Latin-1 signs, U+2000…2BFF, CJK marks, emoji. */
static bool is_sign(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	if (u[0] == 0xc2)
		return u[1] != 0xaa && u[1] != 0xb5 && u[1] != 0xba;
	if (u[0] == 0xc3)
		return u[1] == 0x97 || u[1] == 0xb7;
	if (u[0] == 0xe2)
		return u[1] < 0xb0;
	if (u[0] == 0xe3)
		return u[1] == 0x80 && (u[2] < 0x85 || (u[2] > 0x87 && u[2] < 0xa1));
	return u[0] == 0xef ? u[1] == 0xb8 || (u[1] == 0xbc && u[2] < 0x90)
			    : u[0] == 0xf0 && u[1] == 0x9f;
}

/* The bytes of the word character at `s`, or 0. */
static size_t word_step(const char *s)
{
	if (is_alnum(*s) || *s == '_')
		return 1;
	if (!(*s & 0x80) || is_sign(s))
		return 0;
	size_t n = 1;
	while ((s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t word_size(const char *s)
{
	size_t size = 0, n;
	while ((n = word_step(s + size)) > 0)
		size += n;
	return size;
}

/* "tag" behind '#': a word that is not only a number. */
static size_t tag_size(const char *s)
{
	size_t size = word_size(s);
	return strspn(s, "0123456789_") < size && size <= WORD_MAX ? size : 0;
}

/* Bytes of ASCII letters and digits, with the `inner` ones between them. */
static size_t name_size(const char *s, const char *inner)
{
	size_t size = 0;
	while (is_alnum(s[size]) || (s[size] != '\0' && strchr(inner, s[size]) != NULL))
		size++;
	while (size > 0 && !is_alnum(s[size - 1]) && s[size - 1] != '_')
		size--;
	return size;
}

/* "name" or "name@host" behind '@'; *name is the size of the first half. */
static size_t mention_size(const char *s, size_t *name)
{
	*name = name_size(s, "_.-");
	if (*name == 0 || *name > WORD_MAX)
		return 0;
	if (s[*name] != '@')
		return *name;
	const char *host = s + *name + 1;
	size_t size = name_size(host, ".-");
	bool dotted = memchr(host, '.', size) != NULL;
	size_t port = host[size] == ':' ? strspn(host + size + 1, "0123456789") : 0;
	size += port > 0 && port <= 5 ? port + 1 : 0;
	size += *name + 1;
	return dotted && size <= WORD_MAX && host[0] != '.' ? size : 0;
}

/* At '@' or '#': the link it becomes, and the bytes that were read; 0 when it stays text. */
static size_t add_link(struct writer *w, const char *s)
{
	bool mention = *s == '@';
	size_t shown, size = mention ? mention_size(s + 1, &shown) : (shown = tag_size(s + 1));
	if (size == 0)
		return 0;
	const char *address = w->link(w->arg, w->arena, *s, arena_text_n(w->arena, s + 1, size));
	if (address == NULL)
		return 0;
	struct text *t = &w->html;
	text_add(t, mention ? "<span class=\"h-card\" translate=\"no\"><a href=\"" : "<a href=\"");
	text_html(t, address);
	text_format(
		t, "\" class=\"%s\">%c<span>", mention ? "u-url mention" : "mention hashtag", *s);
	text_html(t, arena_text_n(w->arena, s + 1, shown));
	text_add(t, mention ? "</span></a></span>" : "</span></a>");
	return size + 1;
}

/* The words gathered so far, with their links: a sign within a word ("a@b", "C#d", "x/#y") is none. */
static void flush(struct writer *w)
{
	const char *s = w->words.at, *plain = s;
	bool may_link = w->link != NULL && w->links == 0 && w->pictures == 0 && w->codes == 0;
	bool apart = true;
	while (may_link && *s != '\0') {
		if (apart && (*s == '@' || *s == '#')) {
			text_html(&w->html, arena_text_n(w->arena, plain, (size_t)(s - plain)));
			size_t n = add_link(w, s);
			plain = s;
			s += n;
			plain += n;
			apart = n > 0;
			if (n > 0)
				continue;
		}
		size_t n = word_step(s);
		apart = n == 0 && strchr("/@#&", *s) == NULL;
		s += n > 0 ? n : 1;
	}
	text_html(&w->html, plain);
	w->words.size = 0;
	w->words.at[0] = '\0';
}

/* ---- what md4c finds ------------------------------------------------------------------------- */

static void add_attribute(struct writer *w, const char *name, const MD_ATTRIBUTE *a)
{
	if (a->size == 0)
		return;
	text_format(&w->html, " %s=\"", name);
	for (size_t i = 0; a->substr_offsets[i] < a->size; i++) {
		MD_OFFSET from = a->substr_offsets[i], to = a->substr_offsets[i + 1];
		const char *part = arena_text_n(w->arena, a->text + from, to - from);
		if (a->substr_types[i] == MD_TEXT_ENTITY)
			text_add(&w->html, part); /* the cleaner reads it */
		else
			text_html(&w->html, part);
	}
	text_char(&w->html, '"');
}

static const char *block_name(MD_BLOCKTYPE type)
{
	static const char *const names[] = {
		[MD_BLOCK_QUOTE] = "blockquote",
		[MD_BLOCK_UL] = "ul",
		[MD_BLOCK_OL] = "ol",
		[MD_BLOCK_LI] = "li",
		[MD_BLOCK_HR] = "hr",
		[MD_BLOCK_CODE] = "pre",
		[MD_BLOCK_P] = "p",
		[MD_BLOCK_TABLE] = "table",
		[MD_BLOCK_THEAD] = "thead",
		[MD_BLOCK_TBODY] = "tbody",
		[MD_BLOCK_TR] = "tr",
		[MD_BLOCK_TH] = "th",
		[MD_BLOCK_TD] = "td",
	};
	return (size_t)type < COUNT(names) ? names[type] : NULL;
}

static unsigned heading_level(const void *detail)
{
	unsigned level = ((const MD_BLOCK_H_DETAIL *)detail)->level + HEADING_SHIFT;
	return level < 6 ? level : 6;
}

static const char *cell_align(MD_BLOCKTYPE type, const void *detail)
{
	if (type != MD_BLOCK_TH && type != MD_BLOCK_TD)
		return "";
	MD_ALIGN align = ((const MD_BLOCK_TD_DETAIL *)detail)->align;
	return align == MD_ALIGN_RIGHT     ? " align=\"right\""
		: align == MD_ALIGN_CENTER ? " align=\"center\""
					   : "";
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct writer *w = arg;
	flush(w);
	if (type == MD_BLOCK_H)
		text_format(&w->html, "<h%u>", heading_level(detail));
	else if (type == MD_BLOCK_OL && ((const MD_BLOCK_OL_DETAIL *)detail)->start != 1)
		text_format(
			&w->html, "<ol start=\"%u\">", ((const MD_BLOCK_OL_DETAIL *)detail)->start);
	else if (block_name(type) != NULL)
		text_format(&w->html, "<%s%s>", block_name(type), cell_align(type, detail));
	if (type == MD_BLOCK_CODE) {
		text_add(&w->html, "<code>");
		w->codes++;
	}
	return w->html.failed;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct writer *w = arg;
	flush(w);
	if (type == MD_BLOCK_CODE) {
		text_add(&w->html, "</code>");
		w->codes--;
	}
	if (type == MD_BLOCK_H)
		text_format(&w->html, "</h%u>", heading_level(detail));
	else if (type != MD_BLOCK_HR && block_name(type) != NULL)
		text_format(&w->html, "</%s>", block_name(type));
	return w->html.failed;
}

static const char *span_name(MD_SPANTYPE type)
{
	return type == MD_SPAN_EM        ? "em"
		: type == MD_SPAN_STRONG ? "strong"
		: type == MD_SPAN_CODE   ? "code"
					 : "del";
}

static int enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct writer *w = arg;
	flush(w);
	w->links += type == MD_SPAN_A;
	w->codes += type == MD_SPAN_CODE;
	if (type == MD_SPAN_IMG && w->pictures++ == 0) {
		text_add(&w->html, "<img");
		add_attribute(w, "src", &((const MD_SPAN_IMG_DETAIL *)detail)->src);
		text_add(&w->html, " alt=\""); /* the words that follow go in here */
	} else if (w->pictures == 0 && type == MD_SPAN_A) {
		text_add(&w->html, "<a");
		add_attribute(w, "href", &((const MD_SPAN_A_DETAIL *)detail)->href);
		add_attribute(w, "title", &((const MD_SPAN_A_DETAIL *)detail)->title);
		text_char(&w->html, '>');
	} else if (w->pictures == 0) {
		text_format(&w->html, "<%s>", span_name(type));
	}
	return w->html.failed;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct writer *w = arg;
	(void)detail;
	flush(w);
	w->links -= type == MD_SPAN_A;
	w->codes -= type == MD_SPAN_CODE;
	if (type == MD_SPAN_IMG && --w->pictures == 0)
		text_add(&w->html, "\">");
	else if (w->pictures == 0)
		text_format(&w->html, "</%s>", type == MD_SPAN_A ? "a" : span_name(type));
	return w->html.failed;
}

static int add_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *arg)
{
	struct writer *w = arg;
	switch (type) {
	case MD_TEXT_NULLCHAR:
		text_add(&w->words, "\xef\xbf\xbd");
		break;
	case MD_TEXT_BR:
		flush(w);
		text_add(&w->html, w->pictures == 0 ? "<br>\n" : " ");
		break;
	case MD_TEXT_SOFTBR:
		text_char(&w->words, '\n');
		break;
	case MD_TEXT_ENTITY:
		flush(w);
		text_add_n(&w->html, text, size); /* the cleaner reads it */
		break;
	default:
		text_add_n(&w->words, text, size);
	}
	return w->html.failed;
}

enum err markup_from_markdown(
	struct arena *arena, const char *markdown, markup_link *link, void *arg, char **html)
{
	static const MD_PARSER parser = {
		.flags = MD_FLAG_NOHTML | MD_FLAG_STRIKETHROUGH | MD_FLAG_TABLES
			| MD_FLAG_PERMISSIVEURLAUTOLINKS
			| MD_FLAG_PERMISSIVEWWWAUTOLINKS, /* not e-mail: "@name@host" would become one */
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = add_text,
	};
	size_t size = strlen(markdown);
	if (size > MARKDOWN_MAX)
		return ERR_TOO_MUCH;
	struct writer w = {.arena = arena, .link = link, .arg = arg};
	text_init(&w.html, arena, HTML_MAX);
	text_init(&w.words, arena, MARKDOWN_MAX * 3);
	int failed = md_parse(markdown, (MD_SIZE)size, &parser, &w);
	if (failed < 0)
		die("out of memory for %zu bytes of Markdown", size);
	if (failed > 0 || w.html.failed)
		return ERR_TOO_MUCH;
	*html = markup_clean(arena, w.html.at);
	return OK;
}
