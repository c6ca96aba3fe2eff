/* charset.c: feeds and pages of other sites as UTF-8, in whichever of the common encodings they were written. */
#include "data.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define DECLARED_WITHIN 200

/* What an XML declaration says, in lower case; "" when it says nothing. */
static const char *declared(struct arena *arena, struct bytes b)
{
	const char *head = arena_text_n(
		arena, b.data, b.size < DECLARED_WITHIN ? b.size : DECLARED_WITHIN);
	const char *end = strstr(head, "?>"), *at = strstr(head, "encoding");
	if (!text_starts(head, "<?xml") || at == NULL || end == NULL || at > end)
		return "";
	at += strlen("encoding");
	at += strspn(at, " \t\r\n=");
	if (*at != '"' && *at != '\'')
		return "";
	return text_lower(arena, arena_text_n(arena, at + 1, strcspn(at + 1, "\"'?")));
}

/* What the C library is asked to read it as; NULL: in none of these. Others are left to those that need them: their
 * tables are large, and not made for what strangers send. */
static const char *encoding_of(struct arena *arena, struct bytes b)
{
	const unsigned char *u = b.data;
	const char *said = declared(arena, b);
	if (b.size >= 4 && ((u[0] == 0xfe && u[1] == 0xff) || (u[0] == 0 && u[1] == '<')))
		return "UTF-16BE";
	if (b.size >= 4 && ((u[0] == 0xff && u[1] == 0xfe) || (u[0] == '<' && u[1] == 0)))
		return "UTF-16LE";
	if (text_is(said, "iso-8859-1") || text_is(said, "latin1"))
		return "WINDOWS-1252"; /* as browsers do */
	if ((text_starts(said, "iso-8859-") && strlen(said) <= 11)
		|| (text_starts(said, "windows-125") && strlen(said) == 12)
		|| text_is(said, "koi8-r"))
		return said;
	bool plain = *said == '\0' || text_is(said, "utf-8") || text_is(said, "utf8")
		|| text_is(said, "us-ascii") || text_is(said, "ascii");
	if (!plain)
		return NULL;
	return text_is_utf8(b.data, b.size) ? "UTF-8" : "WINDOWS-1252";
}

/* What is no sign in that encoding becomes a question mark. */
static bool convert(const char *encoding, struct bytes in, struct text *out)
{
	iconv_t how = iconv_open("UTF-8", encoding);
	char *from = (char *)(uintptr_t)in.data, piece[4096];
	size_t left = in.size, unit = text_starts(encoding, "UTF-16") ? 2 : 1;
	if (how == (iconv_t)-1)
		return false;
	while (left > 0) {
		char *to = piece;
		size_t room = sizeof piece;
		size_t odd = iconv(how, &from, &left, &to, &room);
		text_add_n(out, piece, sizeof piece - room);
		if (odd == (size_t)-1 && errno == E2BIG)
			continue;
		if (odd == (size_t)-1 && left > 0) {
			size_t step = unit < left ? unit : left;
			text_char(out, '?');
			from += step;
			left -= step;
		}
	}
	iconv_close(how);
	return !out->failed;
}

char *charset_text(struct arena *arena, struct bytes b)
{
	struct text t;
	const char *encoding = encoding_of(arena, b);
	text_init(&t, arena, 3 * b.size + 4);
	if (encoding == NULL)
		return NULL;
	if (strcmp(encoding, "UTF-8") == 0)
		text_add_n(&t, b.data, b.size);
	else if (!convert(encoding, b, &t))
		return NULL;
	for (size_t i = 0; i < t.size; i++)
		t.at[i] = t.at[i] != '\0' ? t.at[i] : ' ';
	return text_starts(t.at, "\xef\xbb\xbf") ? t.at + 3 : t.at;
}
