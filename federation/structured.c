/* structured.c: structured field values of HTTP (RFC 9651, which holds RFC 8941), read strictly and written canonically:
 * RFC 9421 signatures are made of them, and two readings of one header would be two signatures. */
#include "federation.h"

#include <string.h>

#define FIELD_MOST ((size_t)128 << 10)
#define MEMBERS_MOST 1024
#define PARAMETERS_MOST 256

struct reader {
	struct arena *arena;
	const char *at, *end;
};

/* A growing array of values, doubled in place. */
struct members {
	struct structured *at;
	size_t count, room, max;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_key(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || c == '*' || (!first && (is_digit(c) || one_of(c, "_-.")));
}

static bool is_token(char c, bool first)
{
	return is_alpha(c) || c == '*'
		|| (!first && (is_digit(c) || one_of(c, "!#$%&'+-.^_`|~:/")));
}

static char peek(const struct reader *r)
{
	return r->at < r->end ? *r->at : '\0';
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c || r->at == r->end)
		return false;
	r->at++;
	return true;
}

static void skip(struct reader *r, const char *set)
{
	while (one_of(peek(r), set))
		r->at++;
}

/* ---- bare items ------------------------------------------------------------------------------ */

/* RFC 9651 §4.2.4: at most 15 digits, or 12 with a fraction of 1 to 3. Decimals are kept in thousandths. */
static bool read_number(struct reader *r, struct structured *out)
{
	bool minus = take(r, '-');
	int64_t value = 0;
	size_t digits = 0, fraction = 0;
	for (; is_digit(peek(r)) && digits < 16; digits++)
		value = value * 10 + (*r->at++ - '0');
	if (digits == 0 || digits > 15)
		return false;
	out->kind = STRUCTURED_INTEGER;
	if (peek(r) == '.') {
		r->at++;
		for (; is_digit(peek(r)) && fraction < 4; fraction++)
			value = value * 10 + (*r->at++ - '0');
		if (digits > 12 || fraction == 0 || fraction > 3)
			return false;
		for (; fraction < 3; fraction++)
			value *= 10;
		out->kind = STRUCTURED_DECIMAL;
	}
	out->number = minus ? -value : value;
	return true;
}

static bool read_string(struct reader *r, struct structured *out)
{
	char *text = arena_alloc(r->arena, (size_t)(r->end - r->at) + 1);
	size_t size = 0;
	r->at++;
	while (r->at < r->end) {
		char c = *r->at++;
		if (c == '"') {
			out->kind = STRUCTURED_STRING;
			out->text = text;
			return true;
		}
		if (c == '\\') {
			if (!one_of(peek(r), "\"\\"))
				return false;
			c = *r->at++;
		}
		if (c < ' ' || c > '~')
			return false;
		text[size++] = c;
	}
	return false;
}

static int hex_value(char c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %"…" with lower-case percent escapes that decode to UTF-8. */
static bool read_display(struct reader *r, struct structured *out)
{
	char *text = arena_alloc(r->arena, (size_t)(r->end - r->at) + 1);
	size_t size = 0;
	r->at++;
	if (!take(r, '"'))
		return false;
	while (r->at < r->end) {
		char c = *r->at++;
		if (c == '"') {
			out->kind = STRUCTURED_DISPLAY;
			out->text = text;
			return text_is_utf8(text, size);
		}
		if (c < ' ' || c > '~')
			return false;
		if (c == '%') {
			int high = r->end - r->at >= 2 ? hex_value(r->at[0]) : -1;
			int low = high >= 0 ? hex_value(r->at[1]) : -1;
			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			r->at += 2;
		}
		text[size++] = c;
	}
	return false;
}

static bool read_token(struct reader *r, struct structured *out)
{
	const char *start = r->at++;
	while (is_token(peek(r), false))
		r->at++;
	out->kind = STRUCTURED_TOKEN;
	out->text = arena_text_n(r->arena, start, (size_t)(r->at - start));
	return true;
}

static bool read_bytes(struct reader *r, struct structured *out)
{
	const char *start = ++r->at;
	while (is_alpha(peek(r)) || is_digit(peek(r)) || one_of(peek(r), "+/="))
		r->at++;
	const char *text = arena_text_n(r->arena, start, (size_t)(r->at - start));
	out->kind = STRUCTURED_BYTES;
	return take(r, ':') && base64_decode(r->arena, text, &out->bytes);
}

static bool read_boolean(struct reader *r, struct structured *out)
{
	r->at++;
	out->kind = STRUCTURED_BOOLEAN;
	out->number = peek(r) == '1';
	return take(r, '0') || take(r, '1');
}

static bool read_date(struct reader *r, struct structured *out)
{
	r->at++;
	bool whole = read_number(r, out) && out->kind == STRUCTURED_INTEGER;
	out->kind = STRUCTURED_DATE;
	return whole;
}

static bool read_bare(struct reader *r, struct structured *out)
{
	char c = peek(r);
	if (is_digit(c) || c == '-')
		return read_number(r, out);
	if (is_token(c, true))
		return read_token(r, out);
	switch (c) {
	case '"':
		return read_string(r, out);
	case ':':
		return read_bytes(r, out);
	case '?':
		return read_boolean(r, out);
	case '%':
		return read_display(r, out);
	case '@':
		return read_date(r, out);
	default:
		return false;
	}
}

/* ---- parameters, items, inner lists ---------------------------------------------------------- */

static struct structured *member_new(struct arena *arena, struct members *m)
{
	if (m->count == m->max)
		return NULL;
	if (m->count == m->room) {
		size_t room = m->room == 0 ? 4 : m->room * 2;
		m->at = m->room == 0
			? arena_array(arena, room, sizeof *m->at)
			: arena_grow(arena, m->at, m->room * sizeof *m->at, room * sizeof *m->at);
		m->room = room;
	}
	m->at[m->count] = (struct structured){0};
	return &m->at[m->count++];
}

/* The member of that name, a new one when there is none; a name seen twice keeps its place and says so. */
static struct structured *member_named(struct arena *arena, struct members *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->at[i].name, name) == 0) {
			m->at[i] = (struct structured){.name = m->at[i].name, .again = true};
			return &m->at[i];
		}
	struct structured *new = member_new(arena, m);
	if (new != NULL)
		new->name = name;
	return new;
}

static const char *read_key(struct reader *r)
{
	const char *start = r->at;
	if (!is_key(peek(r), true))
		return NULL;
	while (is_key(peek(r), false))
		r->at++;
	return arena_text_n(r->arena, start, (size_t)(r->at - start));
}

static bool read_parameters(struct reader *r, struct structured *of)
{
	struct members m = {.max = PARAMETERS_MOST};
	while (take(r, ';')) {
		skip(r, " ");
		const char *name = read_key(r);
		struct structured *p = name != NULL ? member_named(r->arena, &m, name) : NULL;
		if (p == NULL)
			return false;
		if (!take(r, '=')) {
			p->kind = STRUCTURED_BOOLEAN;
			p->number = 1;
		} else if (!read_bare(r, p)) {
			return false;
		}
	}
	of->parameters = m.at;
	of->parameter_count = m.count;
	return true;
}

static bool read_item(struct reader *r, struct structured *out)
{
	return read_bare(r, out) && read_parameters(r, out);
}

static bool read_inner(struct reader *r, struct structured *out)
{
	struct members m = {.max = MEMBERS_MOST};
	r->at++;
	for (;;) {
		skip(r, " ");
		if (take(r, ')'))
			break;
		struct structured *item = member_new(r->arena, &m);
		if (item == NULL || !read_item(r, item) || !one_of(peek(r), " )"))
			return false;
	}
	out->kind = STRUCTURED_LIST;
	out->items = m.at;
	out->item_count = m.count;
	return read_parameters(r, out);
}

static bool read_member(struct reader *r, struct structured *out)
{
	return peek(r) == '(' ? read_inner(r, out) : read_item(r, out);
}

/* ---- whole fields ---------------------------------------------------------------------------- */

static bool begin(struct reader *r, struct arena *arena, const char *field)
{
	size_t size = field != NULL ? strnlen(field, FIELD_MOST + 1) : FIELD_MOST + 1;
	if (size > FIELD_MOST)
		return false;
	*r = (struct reader){arena, field, field + size};
	while (r->end > r->at && r->end[-1] == ' ')
		r->end--;
	skip(r, " ");
	return true;
}

/* After a member: the end, or a comma that another member follows. */
static bool comma(struct reader *r, bool *more)
{
	skip(r, " \t");
	*more = r->at < r->end;
	if (!*more)
		return true;
	if (!take(r, ','))
		return false;
	skip(r, " \t");
	return r->at < r->end;
}

enum err structured_item(struct arena *arena, const char *field, struct structured *out)
{
	struct reader r;
	struct structured item = {0};
	if (!begin(&r, arena, field) || !read_item(&r, &item) || r.at != r.end)
		return ERR_INVALID;
	*out = item;
	return OK;
}

enum err structured_list(struct arena *arena, const char *field, struct structured *out)
{
	struct reader r;
	struct members m = {.max = MEMBERS_MOST};
	if (!begin(&r, arena, field))
		return ERR_INVALID;
	for (bool more = r.at < r.end; more;) {
		struct structured *member = member_new(arena, &m);
		if (member == NULL || !read_member(&r, member) || !comma(&r, &more))
			return ERR_INVALID;
	}
	*out = (struct structured){.kind = STRUCTURED_LIST, .items = m.at, .item_count = m.count};
	return OK;
}

enum err structured_dictionary(struct arena *arena, const char *field, struct structured *out)
{
	struct reader r;
	struct members m = {.max = MEMBERS_MOST};
	if (!begin(&r, arena, field))
		return ERR_INVALID;
	for (bool more = r.at < r.end; more;) {
		const char *name = read_key(&r);
		struct structured *member = name != NULL ? member_named(arena, &m, name) : NULL;
		if (member == NULL)
			return ERR_INVALID;
		if (take(&r, '=')) {
			if (!read_member(&r, member))
				return ERR_INVALID;
		} else {
			member->kind = STRUCTURED_BOOLEAN;
			member->number = 1;
			if (!read_parameters(&r, member))
				return ERR_INVALID;
		}
		if (!comma(&r, &more))
			return ERR_INVALID;
	}
	*out = (struct structured){.kind = STRUCTURED_LIST, .items = m.at, .item_count = m.count};
	return OK;
}

const struct structured *structured_parameter(const struct structured *of, const char *name)
{
	for (size_t i = 0; i < of->parameter_count; i++)
		if (strcmp(of->parameters[i].name, name) == 0)
			return &of->parameters[i];
	return NULL;
}

/* ---- writing --------------------------------------------------------------------------------- */

#define INTEGER_MOST INT64_C(999999999999999)

static void write_decimal(struct text *t, int64_t thousandths)
{
	int64_t n = thousandths < 0 ? -thousandths : thousandths;
	int fraction = (int)(n % 1000), digits = 3;
	while (digits > 1 && fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	text_format(t, "%s%lld.%0*d", thousandths < 0 ? "-" : "", (long long)(n / 1000), digits,
		fraction);
}

static void write_string(struct text *t, const char *s)
{
	text_char(t, '"');
	for (; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~')
			t->failed = true;
		if (one_of(*s, "\"\\"))
			text_char(t, '\\');
		text_char(t, *s);
	}
	text_char(t, '"');
}

static void write_display(struct text *t, const char *s)
{
	text_add(t, "%\"");
	for (; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~' || one_of(*s, "%\""))
			text_format(t, "%%%02x", (unsigned)(unsigned char)*s);
		else
			text_char(t, *s);
	}
	text_char(t, '"');
}

/* A key or a token: what cannot be one must not be written as one. */
static void write_word(struct text *t, const char *s, bool (*allowed)(char, bool))
{
	bool good = allowed(s[0], true);
	for (const char *c = s; good && *c != '\0'; c++)
		good = allowed(*c, c == s);
	if (!good)
		t->failed = true;
	text_add(t, s);
}

static void write_bare(struct text *t, const struct structured *s)
{
	switch (s->kind) {
	case STRUCTURED_DATE:
	case STRUCTURED_INTEGER:
	case STRUCTURED_DECIMAL:
		if (s->number > INTEGER_MOST || s->number < -INTEGER_MOST)
			t->failed = true;
		if (s->kind == STRUCTURED_DECIMAL)
			write_decimal(t, s->number);
		else
			text_format(t, "%s%lld", s->kind == STRUCTURED_DATE ? "@" : "",
				(long long)s->number);
		break;
	case STRUCTURED_STRING:
		write_string(t, s->text);
		break;
	case STRUCTURED_TOKEN:
		write_word(t, s->text, is_token);
		break;
	case STRUCTURED_DISPLAY:
		write_display(t, s->text);
		break;
	case STRUCTURED_BYTES:
		text_format(t, ":%s:", base64_encode(t->arena, s->bytes.data, s->bytes.size));
		break;
	case STRUCTURED_BOOLEAN:
		text_add(t, s->number != 0 ? "?1" : "?0");
		break;
	case STRUCTURED_LIST:
		t->failed = true; /* lists hold items only */
		break;
	}
}

static void write_parameters(struct text *t, const struct structured *s)
{
	for (size_t i = 0; i < s->parameter_count; i++) {
		const struct structured *p = &s->parameters[i];
		text_char(t, ';');
		write_word(t, p->name, is_key);
		if (p->kind != STRUCTURED_BOOLEAN || p->number == 0) {
			text_char(t, '=');
			write_bare(t, p);
		}
	}
}

void structured_write(struct text *t, const struct structured *s)
{
	if (s->kind != STRUCTURED_LIST) {
		write_bare(t, s);
	} else {
		text_char(t, '(');
		for (size_t i = 0; i < s->item_count; i++) {
			if (i > 0)
				text_char(t, ' ');
			write_bare(t, &s->items[i]);
			write_parameters(t, &s->items[i]);
		}
		text_char(t, ')');
	}
	write_parameters(t, s);
}
