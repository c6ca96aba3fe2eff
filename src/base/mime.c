/* mime.c: a message as mail servers take it: headers that nothing can break out of, and one page as text and as HTML. */
#include "data.h"

#include <string.h>

#define LINE_MOST 76 /* RFC 2045, RFC 2047 */
#define WORD_BYTES                                                                                 \
	45 /* of text in one encoded word: with the name of its header it fits in a line */
#define ADDRESS_MOST 254 /* RFC 5321 */
#define MESSAGE_MOST ((size_t)1 << 20)

static const char hex[] = "0123456789ABCDEF";

bool mime_address_ok(const char *s)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		".!#$&'*+-/=?^_`{|}~";
	size_t name = s != NULL ? strspn(s, allowed) : 0;
	if (name == 0 || name > 64 || s[name] != '@' || strlen(s) > ADDRESS_MOST)
		return false;
	const char *host = s + name + 1;
	return *host != '\0' && strspn(host, allowed) == strlen(host) && *host != '.'
		&& *host != '-';
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool is_plain(const char *s)
{
	for (const char *c = s; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return strstr(s, "=?") == NULL && strlen(s) < LINE_MOST - 16;
}

/* Of one character: its bytes, never a part of it in another word. */
static size_t character(const char *s)
{
	size_t n = 1;
	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static void add_word_byte(struct text *t, unsigned char c)
{
	bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	if (plain)
		text_char(t, (char)c);
	else if (c <= ' ')
		text_char(t,
			'_'); /* controls are blanks: no line ends inside a header, however read */
	else
		text_format(t, "=%c%c", hex[c >> 4], hex[c & 15]);
}

/* Words of people in a header: as they are when they are plain, else encoded words (RFC 2047), one a line. */
static void add_words(struct text *t, const char *s)
{
	if (is_plain(s)) {
		text_add(t, s);
		return;
	}
	while (*s != '\0') {
		size_t room = WORD_BYTES;
		text_add(t, "=?UTF-8?Q?");
		do {
			size_t n = character(s);
			for (size_t i = 0; i < n; i++)
				add_word_byte(t, (unsigned char)*s++);
			room -= n * 3;
		} while (*s != '\0' && room >= character(s) * 3);
		text_add(t, *s != '\0' ? "?=\r\n " : "?=");
	}
}

static void add_date(struct text *t, int64_t ms)
{
	char date[TIME_HTTP];
	time_http(ms, date);
	text_format(t, "Date: %.*s+0000\r\n", (int)strlen(date) - 3, date); /* instead of "GMT" */
}

/* A quoted name may hold anything plain but these. */
static bool is_quotable(const char *s)
{
	return is_plain(s) && strpbrk(s, "\"\\") == NULL;
}

static void add_headers(struct text *t, const struct mime *m)
{
	text_add(t, "From: ");
	if (is_quotable(m->from_name))
		text_format(t, "\"%s\"", m->from_name);
	else
		add_words(t, m->from_name);
	text_format(t, "\r\n <%s>\r\nTo: <%s>\r\nSubject: ", m->from, m->to);
	add_words(t, m->subject);
	text_add(t, "\r\n");
	add_date(t, m->date);
	text_format(t, "Message-ID: <%s>\r\n", m->id);
	if (m->leave != NULL)
		text_format(t,
			"List-Unsubscribe: <%s>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
			m->leave);
	text_format(t,
		"Auto-Submitted: auto-generated\r\nContent-Language: %s\r\nMIME-Version: 1.0\r\n",
		m->language);
}

/* ---- bodies: quoted-printable (RFC 2045, section 6.7) ---------------------------------------- */

static void add_quoted(struct text *t, const char *s)
{
	size_t column = 0;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '\n') {
			text_add(t, "\r\n");
			column = 0;
			continue;
		}
		bool last = s[1] == '\n' || s[1] == '\0';
		bool plain = (c >= '!' && c <= '~' && c != '=') || (c == ' ' && !last);
		if (column + (plain ? 1 : 3) >= LINE_MOST) {
			text_add(t, "=\r\n");
			column = 0;
		}
		if (plain)
			text_char(t, (char)c);
		else
			text_format(t, "=%c%c", hex[c >> 4], hex[c & 15]);
		column += plain ? 1 : 3;
	}
	text_add(t, "\r\n");
}

static void add_part(struct text *t, const char *boundary, const char *type, const char *body)
{
	text_format(t,
		"--%s\r\nContent-Type: text/%s; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		boundary, type);
	add_quoted(t, body);
}

enum err mime_write(struct arena *arena, const struct mime *m, struct bytes *out)
{
	struct text t;
	if (!mime_address_ok(m->from) || !mime_address_ok(m->to) || !is_plain(m->language)
		|| strpbrk(m->id, " <>\r\n") != NULL
		|| (m->leave != NULL && strpbrk(m->leave, " <>\r\n") != NULL))
		return ERR_INVALID;
	/* Cannot stand in a body: it has a "=" that quoted-printable never leaves so. */
	const char *boundary = "=_kring_=";
	text_init(&t, arena, MESSAGE_MOST);
	add_headers(&t, m);
	text_format(&t, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", boundary);
	add_part(&t, boundary, "plain", mime_plain(arena, m->html, NULL));
	add_part(&t, boundary, "html", m->html);
	text_format(&t, "--%s--\r\n", boundary);
	if (t.failed)
		return ERR_TOO_MUCH;
	*out = (struct bytes){t.at, t.size};
	return OK;
}

/* ---- a page of ours as plain text ------------------------------------------------------------ */

struct plain {
	struct arena *arena;
	struct text out, link; /* link: the words of the link that is open */
	char *href;            /* where it leads */
	int breaks;            /* line ends that are due before the next word */
	bool blank;            /* as is a blank */
};

static void plain_word(struct plain *p, const char *s, size_t size)
{
	if (p->out.size > 0)
		for (int i = 0; i < p->breaks; i++)
			text_char(&p->out, '\n');
	if (p->blank && p->breaks == 0 && p->out.size > 0)
		text_char(&p->out, ' ');
	p->breaks = 0;
	p->blank = false;
	text_add_n(&p->out, s, size);
	if (p->href != NULL)
		text_add_n(&p->link, s, size);
}

static void plain_break(struct plain *p, int lines)
{
	p->breaks = p->breaks > lines ? p->breaks : lines;
}

/* Where a link leads stands on a line of its own, so that every program makes it a link. */
static void plain_link(struct plain *p, const struct html_tag *tag)
{
	if (!tag->end) {
		p->href = tag_attribute(p->arena, tag, "href");
		text_init(&p->link, p->arena, MESSAGE_MOST);
		return;
	}
	char *href = p->href;
	p->href = NULL;
	if (href == NULL || text_is(href, p->link.at))
		return;
	text_char(&p->out, ':');
	plain_break(p, 1);
	plain_word(p, href, strlen(href));
	plain_break(p, 1);
}

static void plain_tag(struct plain *p, const struct html_tag *tag)
{
	static const char *const apart[] = {"p", "h1", "h2", "ul", "ol", "div", "blockquote"};
	for (size_t i = 0; i < COUNT(apart); i++)
		if (text_is(tag->name, apart[i]))
			plain_break(p, 2);
	if (text_is(tag->name, "br") || text_is(tag->name, "li"))
		plain_break(p, 1);
	if (text_is(tag->name, "li") && !tag->end)
		plain_word(p, "- ", 2);
	if (text_is(tag->name, "a"))
		plain_link(p, tag);
}

/* What stands in the first h1 is what the page is called. */
static char *heading_of(struct arena *arena, const struct plain *p, size_t from)
{
	return arena_text_n(arena, p->out.at + from, p->out.size - from);
}

char *mime_plain(struct arena *arena, const char *html, char **heading)
{
	struct plain p = {.arena = arena};
	size_t from = 0;
	const char *body = strstr(html, "<body");
	text_init(&p.out, arena, MESSAGE_MOST);
	for (const char *s = body != NULL ? body : html; *s != '\0';) {
		struct html_tag tag;
		uint32_t point;
		char utf8[5];
		size_t size = tag_read(s, false, &tag);
		if (size > 0) {
			if (heading != NULL && *heading == NULL && text_is(tag.name, "h1")
				&& tag.end)
				*heading = heading_of(arena, &p, from);
			plain_tag(&p, &tag);
			if (text_is(tag.name, "h1") && !tag.end)
				from = p.out.size > 0 ? p.out.size + (size_t)p.breaks : 0;
		} else if ((size = entity_read(s, false, &point)) > 0) {
			plain_word(&p, utf8, entity_utf8(point, utf8));
		} else if ((size = strspn(s, " \t\r\n")) > 0) {
			p.blank = true;
		} else {
			size = 1 + strcspn(s + 1, "<& \t\r\n");
			plain_word(&p, s, size);
		}
		s += size;
	}
	return p.out.at;
}
