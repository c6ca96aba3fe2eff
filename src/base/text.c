/* text.c: building text piece by piece, and reading what others wrote: UTF-8, numbers, escapes. */
#include "base.h"

#include <stdio.h>
#include <string.h>

#define ROOM_FIRST 64
#define TEXT_MOST ((size_t)512 << 20)

/* ---- building ------------------------------------------------------------------------------ */

void text_init(struct text *t, struct arena *arena, size_t max)
{
	max = max < TEXT_MOST ? max : TEXT_MOST;
	size_t room = max < ROOM_FIRST ? max + 1 : ROOM_FIRST;
	*t = (struct text){
		.arena = arena, .at = arena_alloc(arena, room), .room = room, .max = max};
}

/* Room for `more` bytes and the NUL, or the text has failed. */
static bool text_reserve(struct text *t, size_t more)
{
	if (t->failed || more > t->max - t->size) {
		t->failed = true;
		return false;
	}
	size_t need = t->size + more + 1;
	if (need > t->room) {
		size_t room = t->room * 2 > need ? t->room * 2 : need;
		room = room < t->max + 1 ? room : t->max + 1;
		t->at = arena_grow(t->arena, t->at, t->room, room);
		t->room = room;
	}
	return true;
}

void text_add_n(struct text *t, const char *s, size_t size)
{
	if (size == 0 || !text_reserve(t, size))
		return;
	memcpy(t->at + t->size, s, size);
	t->size += size;
	t->at[t->size] = '\0';
}

void text_add(struct text *t, const char *s)
{
	if (s != NULL)
		text_add_n(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
	text_add_n(t, &c, 1);
}

void text_format_v(struct text *t, const char *format, va_list args)
{
	if (t->failed)
		return;
	va_list again;
	va_copy(again, args);
	size_t left = t->room - t->size;
	int wrote = vsnprintf(t->at + t->size, left, format, args);
	if (wrote >= 0 && (size_t)wrote < left) {
		t->size += (size_t)wrote;
	} else {
		t->at[t->size] = '\0'; /* what did not fit whole is not there at all */
		if (wrote < 0)
			t->failed = true;
		else if (text_reserve(t, (size_t)wrote)
			&& vsnprintf(t->at + t->size, (size_t)wrote + 1, format, again) == wrote)
			t->size += (size_t)wrote;
	}
	va_end(again);
}

void text_format(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_format_v(t, format, args);
	va_end(args);
}

bool text_print_v(char *at, size_t room, const char *format, va_list args)
{
	int wrote = vsnprintf(at, room, format, args);
	return wrote >= 0 && (size_t)wrote < room;
}

bool text_print(char *at, size_t room, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	bool fits = text_print_v(at, room, format, args);
	va_end(args);
	return fits;
}

/* ---- escaping: plain runs are copied whole ------------------------------------------------- */

void text_html(struct text *t, const char *s)
{
	while (s != NULL && *s != '\0') {
		size_t plain = strcspn(s, "&<>\"'");
		text_add_n(t, s, plain);
		s += plain;
		if (*s == '\0')
			break;
		const char *entity = *s == '&' ? "&amp;"
			: *s == '<'            ? "&lt;"
			: *s == '>'            ? "&gt;"
			: *s == '"'            ? "&quot;"
					       : "&#39;";
		text_add(t, entity);
		s++;
	}
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_unreserved(unsigned char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void text_url(struct text *t, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (; s != NULL && *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (is_unreserved(c))
			text_char(t, *s);
		else
			text_add_n(t, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
}

/* Only what RFC 8259 demands, in the spelling of RFC 8785: canonical JSON can be built from it. */
void text_json(struct text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	static const char letter[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	while (s != NULL && *s != '\0') {
		size_t plain = 0;
		while ((unsigned char)s[plain] >= ' ' && s[plain] != '"' && s[plain] != '\\')
			plain++;
		text_add_n(t, s, plain);
		s += plain;
		unsigned char c = (unsigned char)*s;
		if (c == '\0')
			break;
		if (c >= ' ')
			text_add_n(t, (char[]){'\\', (char)c}, 2);
		else if (letter[c] != '\0')
			text_add_n(t, (char[]){'\\', letter[c]}, 2);
		else
			text_add_n(t, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
		s++;
	}
}

/* ---- UTF-8 --------------------------------------------------------------------------------- */

/* The bytes of the code point at `s`, or 0 when it is ill-formed or NUL (RFC 3629). */
static size_t point_read(const unsigned char *s, size_t size, uint32_t *point)
{
	static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
	if (size == 0)
		return 0;
	size_t n = s[0] < 0x80    ? 1
		: s[0] >> 5 == 6  ? 2
		: s[0] >> 4 == 14 ? 3
		: s[0] >> 3 == 30 ? 4
				  : 0;
	if (n == 0 || n > size)
		return 0;
	uint32_t p = n == 1 ? s[0] : s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		p = p << 6 | (s[i] & 0x3fU);
	}
	if (p < least[n] || p > 0x10ffff || (p >= 0xd800 && p <= 0xdfff))
		return 0;
	*point = p;
	return n;
}

/* Eight bytes of ASCII, none of them NUL: neither they nor they less one have a high bit. */
static bool is_plain_eight(const unsigned char *s)
{
	uint64_t eight, ones = UINT64_C(0x0101010101010101);
	memcpy(&eight, s, sizeof eight);
	return ((eight | (eight - ones)) & ones << 7) == 0;
}

bool text_is_utf8(const char *s, size_t size)
{
	const unsigned char *at = (const unsigned char *)s;
	for (size_t i = 0; i < size;) {
		uint32_t point;
		if (size - i >= 8 && is_plain_eight(at + i)) {
			i += 8;
			continue;
		}
		size_t n = point_read(at + i, size - i, &point);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

void text_tame(char *s, const char *kept)
{
	bool utf8 = text_is_utf8(s, strlen(s));
	unsigned char before = 0;
	for (char *at = s; *at != '\0'; at++) {
		unsigned char c = (unsigned char)*at;
		bool c1 = before == 0xc2 && c >= 0x80
			&& c < 0xa0; /* U+0080…9F are controls as well */
		if (c1)
			at[-1] = '?';
		if ((c < ' ' && strchr(kept, *at) == NULL) || c == 0x7f || c1
			|| (c >= 0x80 && !utf8))
			*at = '?';
		before = c;
	}
}

static bool is_continuation(char c)
{
	return ((unsigned char)c >> 6) == 2;
}

size_t text_count(const char *s)
{
	size_t count = 0;
	for (; *s != '\0'; s++)
		count += !is_continuation(*s);
	return count;
}

char *text_cut(struct arena *arena, const char *s, size_t points)
{
	size_t size = 0;
	for (; s[size] != '\0'; size++)
		if (!is_continuation(s[size]) && points-- == 0)
			break;
	return arena_text_n(arena, s, size);
}

/* Unicode's White_Space. */
static bool is_space(uint32_t p)
{
	return p == ' ' || (p >= '\t' && p <= '\r') || p == 0x85 || p == 0xa0 || p == 0x1680
		|| (p >= 0x2000 && p <= 0x200a) || p == 0x2028 || p == 0x2029 || p == 0x202f
		|| p == 0x205f || p == 0x3000;
}

char *text_trim(struct arena *arena, const char *s)
{
	const unsigned char *at = (const unsigned char *)s;
	size_t end = strlen(s), start = 0, n;
	uint32_t point = 0;
	while ((n = point_read(at + start, end - start, &point)) > 0 && is_space(point))
		start += n;
	while (end > start) {
		size_t last = end - 1;
		while (last > start && is_continuation(s[last]))
			last--;
		if (point_read(at + last, end - last, &point) != end - last || !is_space(point))
			break;
		end = last;
	}
	return arena_text_n(arena, s + start, end - start);
}

/* ---- comparing: ASCII only, whatever the locale -------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char *text_lower(struct arena *arena, const char *s)
{
	char *copy = arena_text(arena, s);
	for (char *c = copy; c != NULL && *c != '\0'; c++)
		*c = lower(*c);
	return copy;
}

bool text_equal_fold(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return false;
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool text_starts(const char *s, const char *prefix)
{
	return s != NULL && prefix != NULL && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix)
{
	if (s == NULL || suffix == NULL)
		return false;
	size_t size = strlen(s), tail = strlen(suffix);
	return tail <= size && memcmp(s + size - tail, suffix, tail) == 0;
}

bool text_is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

bool text_to_u64(const char *s, uint64_t *out)
{
	if (s == NULL || *s == '\0' || (s[0] == '0' && s[1] != '\0'))
		return false;
	uint64_t value = 0;
	for (; *s != '\0'; s++)
		if (!is_digit((unsigned char)*s) || __builtin_mul_overflow(value, 10, &value)
			|| __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return false;
	*out = value;
	return true;
}

bool text_to_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	if (s == NULL)
		return false;
	bool negative = *s == '-';
	uint64_t size;
	if (!text_to_u64(s + negative, &size) || (negative && size == 0))
		return false;
	if (size > (uint64_t)INT64_MAX + negative)
		return false;
	int64_t value = negative ? -(int64_t)(size - 1) - 1 : (int64_t)size;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

static int hex_digit(char c)
{
	if (is_digit((unsigned char)c))
		return c - '0';
	return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

bool text_unescape_url(
	struct arena *arena, const char *s, size_t size, bool plus_is_space, char **out)
{
	char *plain = arena_alloc(arena, size + 1);
	size_t n = 0;
	for (size_t i = 0; i < size; i++) {
		char c = s[i];
		if (c == '+' && plus_is_space)
			c = ' ';
		if (c == '%') {
			if (size - i < 3 || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0)
				return false;
			c = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
			i += 2;
		}
		plain[n++] = c;
	}
	if (!text_is_utf8(plain, n))
		return false; /* a NUL, written or escaped, ends here too */
	*out = plain;
	return true;
}
