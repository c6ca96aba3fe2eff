/* json.c: JSON from others, counted before it is parsed; the only file that calls jansson. */
#include "data.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>

/* jansson's own words for what data.h declares as functions. */
#undef json_is_object
#undef json_is_array
#undef json_is_string

#define BYTES_MAX ((size_t)1 << 20)
#define VALUES_MAX 20000
#define DEPTH_MAX 32 /* jansson recurses this deep on our stack: a law, not only a default */
#define STRING_MAX ((size_t)256 << 10)
#define MEMBERS_MAX 500
#define NAME_BYTES_MAX 256
#define WRITTEN_MAX ((size_t)16 << 20)

/* jansson's readers that count or walk take no const, though they change nothing. */
static json_t *plain(const json_node *node)
{
	return (json_t *)(uintptr_t)node;
}

/* ---- counting before parsing ----------------------------------------------------------------- */

enum byte_class {
	SCALAR,
	BLANK,
	QUOTE,
	OPEN_OBJECT,
	OPEN_ARRAY,
	CLOSE_OBJECT,
	CLOSE_ARRAY,
	COLON,
	COMMA
};

static const uint8_t classes[256] = {
	[' '] = BLANK,
	['\t'] = BLANK,
	['\n'] = BLANK,
	['\r'] = BLANK,
	['"'] = QUOTE,
	['{'] = OPEN_OBJECT,
	['['] = OPEN_ARRAY,
	['}'] = CLOSE_OBJECT,
	[']'] = CLOSE_ARRAY,
	[':'] = COLON,
	[','] = COMMA,
};

/* Where a string stops being plain: its end, an escape, or a byte no string may hold. */
static const bool stops[256] = {[0 ... 31] = true, ['"'] = true, ['\\'] = true};

struct count {
	struct json_limits limits;
	size_t values; /* exact for valid JSON: a name counts until its colon takes it back */
	size_t depth;
	size_t last_string;
	struct {
		bool object;
		size_t members;
	} open[DEPTH_MAX];
};

static size_t limit(size_t asked, size_t usual)
{
	return asked != 0 ? asked : usual;
}

static struct json_limits limits_of(const struct json_limits *asked)
{
	struct json_limits l = asked != NULL ? *asked : (struct json_limits){0};
	l.bytes = limit(l.bytes, BYTES_MAX);
	l.values = limit(l.values, VALUES_MAX);
	l.depth = limit(l.depth, DEPTH_MAX);
	l.depth = l.depth < DEPTH_MAX ? l.depth : DEPTH_MAX;
	l.string = limit(l.string, STRING_MAX);
	l.members = limit(l.members, MEMBERS_MAX);
	return l;
}

static enum err count_value(struct count *c)
{
	return ++c->values > c->limits.values ? ERR_TOO_MUCH : OK;
}

static enum err count_open(struct count *c, bool object)
{
	if (c->depth == c->limits.depth)
		return ERR_TOO_MUCH;
	c->open[c->depth].object = object;
	c->open[c->depth].members = 0;
	c->depth++;
	return count_value(c);
}

static enum err count_close(struct count *c, bool object)
{
	if (c->depth == 0 || c->open[c->depth - 1].object != object)
		return ERR_INVALID;
	c->depth--;
	return OK;
}

/* `*at` is behind the opening quote and comes to stand behind the closing one. */
static enum err count_string(struct count *c, const uint8_t **at, const uint8_t *end)
{
	const uint8_t *s = *at;
	for (;;) {
		while (s < end && !stops[*s])
			s++;
		if (s == end || *s < ' ')
			return ERR_INVALID;
		if (*s == '"')
			break;
		if (end - s < 2)
			return ERR_INVALID;
		s += 2; /* an escape and what it escapes */
	}
	c->last_string = (size_t)(s - *at);
	*at = s + 1;
	return c->last_string > c->limits.string ? ERR_TOO_MUCH : count_value(c);
}

static enum err count_colon(struct count *c)
{
	if (c->depth == 0 || !c->open[c->depth - 1].object || c->values == 0)
		return ERR_INVALID;
	c->values--;
	bool fits = c->last_string <= NAME_BYTES_MAX
		&& ++c->open[c->depth - 1].members <= c->limits.members;
	return fits ? OK : ERR_TOO_MUCH;
}

/* A number or a word, as far as it goes; whether it is one is for the parser to say. */
static enum err count_scalar(struct count *c, const uint8_t **at, const uint8_t *end)
{
	while (*at < end && classes[**at] == SCALAR)
		++*at;
	return count_value(c);
}

static enum err count_all(struct count *c, const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		enum err e = OK;
		switch ((enum byte_class)classes[*at++]) {
		case BLANK:
		case COMMA:
			break;
		case QUOTE:
			e = count_string(c, &at, end);
			break;
		case OPEN_OBJECT:
			e = count_open(c, true);
			break;
		case OPEN_ARRAY:
			e = count_open(c, false);
			break;
		case CLOSE_OBJECT:
			e = count_close(c, true);
			break;
		case CLOSE_ARRAY:
			e = count_close(c, false);
			break;
		case COLON:
			e = count_colon(c);
			break;
		case SCALAR:
			e = count_scalar(c, &at, end);
			break;
		}
		if (e != OK)
			return e;
	}
	return c->depth == 0 ? OK : ERR_INVALID;
}

enum err json_prescan(struct bytes text, const struct json_limits *limits)
{
	struct count c = {.limits = limits_of(limits)};
	if (text.size > c.limits.bytes)
		return ERR_TOO_MUCH;
	const uint8_t *at = text.data;
	return text.size > 0 ? count_all(&c, at, at + text.size) : ERR_INVALID;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A document is some hundred small things that end together: they are taken from the arena and never freed singly. */
static _Thread_local struct arena *reading_into;

static void *take(size_t size)
{
	return reading_into != NULL ? arena_alloc(reading_into, size) : malloc(size);
}

static void give_back(void *p)
{
	if (reading_into == NULL)
		free(p);
}

static void prepare(void)
{
	json_set_alloc_funcs(take, give_back);
	json_object_seed(0); /* from the system's randomness: nobody can prepare colliding names */
}

enum err json_read(struct arena *arena, struct bytes text, const struct json_limits *limits,
	const json_node **out)
{
	static pthread_once_t prepared = PTHREAD_ONCE_INIT;
	enum err e = json_prescan(text, limits);
	if (e != OK)
		return e;
	pthread_once(&prepared, prepare);
	reading_into = arena;
	json_t *document = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	reading_into = NULL;
	if (document == NULL)
		return ERR_INVALID;
	*out = document;
	return OK;
}

/* The type asked for, and not NULL. */
static bool is(const json_node *node, json_type type)
{
	return node != NULL && json_typeof(node) == type;
}

bool json_is_object(const json_node *node)
{
	return is(node, JSON_OBJECT);
}

bool json_is_array(const json_node *node)
{
	return is(node, JSON_ARRAY);
}

bool json_is_string(const json_node *node)
{
	return is(node, JSON_STRING);
}

static const json_node *unless_null(const json_node *node)
{
	return is(node, JSON_NULL) ? NULL : node;
}

const json_node *json_member(const json_node *object, const char *name)
{
	return unless_null(json_object_get(object, name));
}

size_t json_count(const json_node *node)
{
	return is(node, JSON_ARRAY) ? json_array_size(node) : node != NULL;
}

const json_node *json_item(const json_node *node, size_t i)
{
	if (is(node, JSON_ARRAY))
		return unless_null(json_array_get(node, i));
	return i == 0 ? unless_null(node) : NULL;
}

const char *json_text(const json_node *node)
{
	return json_string_value(node);
}

bool json_number(const json_node *node, int64_t *out)
{
	if (is(node, JSON_INTEGER)) {
		*out = json_integer_value(node);
		return true;
	}
	if (!is(node, JSON_REAL))
		return false;
	double real = json_real_value(node);
	if (!(real >= -0x1p63 && real < 0x1p63) || (double)(int64_t)real != real)
		return false;
	*out = (int64_t)real;
	return true;
}

bool json_flag(const json_node *node)
{
	return is(node, JSON_TRUE);
}

size_t json_members(
	const json_node *node, bool (*visit)(void *, const char *, const json_node *), void *arg)
{
	size_t visited = 0;
	json_t *object = plain(node);
	for (void *at = json_object_iter(object); at != NULL;
		at = json_object_iter_next(object, at)) {
		visited++;
		if (!visit(arg, json_object_iter_key(at), json_object_iter_value(at)))
			break;
	}
	return visited;
}

/* ---- writing --------------------------------------------------------------------------------- */

struct member {
	const char *name;
	json_t *value;
};

struct frame {
	const json_node *array; /* NULL: an object */
	const struct member *members;
	size_t count, next;
};

/* UTF-16 sorts pairs (F0… in UTF-8) before U+E000…FFFF (EE, EF); all else goes byte by byte. */
static int utf16_rank(unsigned char c)
{
	return c >= 0xf0 ? c - 2 : c >= 0xee ? c + 7 : c;
}

static int by_name(const void *a, const void *b)
{
	const unsigned char *left = (const unsigned char *)((const struct member *)a)->name;
	const unsigned char *right = (const unsigned char *)((const struct member *)b)->name;
	while (*left != '\0' && *left == *right) {
		left++;
		right++;
	}
	return utf16_rank(*left) - utf16_rank(*right);
}

static struct frame frame_of(
	struct arena *arena, const json_node *node, const char *skip, bool sorted)
{
	if (is(node, JSON_ARRAY))
		return (struct frame){.array = node, .count = json_array_size(node)};
	json_t *object = plain(node);
	struct member *members = arena_array(arena, json_object_size(object), sizeof *members);
	struct frame f = {.members = members};
	for (void *at = json_object_iter(object); at != NULL;
		at = json_object_iter_next(object, at)) {
		const char *name = json_object_iter_key(at);
		if (!text_is(name, skip))
			members[f.count++] = (struct member){name, json_object_iter_value(at)};
	}
	if (sorted && f.count > 1)
		qsort(members, f.count, sizeof *members, by_name);
	return f;
}

static void write_quoted(struct text *out, const char *s)
{
	text_char(out, '"');
	text_json(out, s);
	text_char(out, '"');
}

/* JCS writes 1e20 as an integer, which we would not read again: outside of JCS it stays a real. */
static void write_real(struct text *out, double real, bool canonical)
{
	decimal_write(out, real);
	if (!canonical && (real >= 0x1p63 || real <= -0x1p63) && real < 1e21 && real > -1e21)
		text_add(out, ".0");
}

static void write_scalar(struct text *out, const json_node *node, bool canonical)
{
	json_int_t integer = json_integer_value(node);
	if (is(node, JSON_STRING))
		write_quoted(out, json_string_value(node));
	else if (is(node, JSON_REAL))
		write_real(out, json_real_value(node), canonical);
	else if (is(node, JSON_INTEGER) && canonical
		&& (integer > 1LL << 53 || integer < -(1LL << 53)))
		decimal_write(out, (double)integer); /* ECMAScript knows doubles only */
	else if (is(node, JSON_INTEGER))
		text_format(out, "%" JSON_INTEGER_FORMAT, integer);
	else
		text_add(out,
			is(node, JSON_TRUE)            ? "true"
				: is(node, JSON_FALSE) ? "false"
						       : "null");
}

/* The separator and the name in front of a frame's next value, and that value. */
static const json_node *write_lead(struct text *out, struct frame *f)
{
	size_t i = f->next++;
	if (i > 0)
		text_char(out, ',');
	if (f->array != NULL)
		return json_array_get(f->array, i);
	write_quoted(out, f->members[i].name);
	text_char(out, ':');
	return f->members[i].value;
}

static void write_tree(struct text *out, const json_node *node, const char *skip, bool canonical)
{
	struct frame open[DEPTH_MAX]; /* json_read lets nothing deeper in */
	size_t depth = 0;
	for (;;) {
		if (!is(node, JSON_OBJECT) && !is(node, JSON_ARRAY)) {
			write_scalar(out, node, canonical);
		} else if (depth < DEPTH_MAX) {
			open[depth] = frame_of(
				out->arena, node, depth == 0 ? skip : NULL, canonical);
			text_char(out, open[depth++].array != NULL ? '[' : '{');
		} else {
			out->failed = true;
		}
		for (; depth > 0 && open[depth - 1].next == open[depth - 1].count; depth--)
			text_char(out, open[depth - 1].array != NULL ? ']' : '}');
		if (depth == 0 || out->failed)
			return;
		node = write_lead(out, &open[depth - 1]);
	}
}

static enum err write_bytes(struct arena *arena, const json_node *node, const char *skip,
	bool canonical, struct bytes *out)
{
	struct text t;
	text_init(&t, arena, WRITTEN_MAX);
	write_tree(&t, node, skip, canonical);
	if (t.failed)
		return ERR_TOO_MUCH;
	*out = (struct bytes){t.at, t.size};
	return OK;
}

struct bytes json_write(struct arena *arena, const json_node *node)
{
	struct bytes out = {0};
	if (write_bytes(arena, node, NULL, false, &out) != OK)
		die("a document of at most %zu bytes when written outgrew them", WRITTEN_MAX);
	return out;
}

enum err json_canonical(
	struct arena *arena, const json_node *node, const char *skip, struct bytes *out)
{
	return write_bytes(arena, node, skip, true, out);
}
