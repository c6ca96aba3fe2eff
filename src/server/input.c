/* input.c: what a caller filled in, from the query, a form or JSON, as one list (client-api.md rule 9). */
#include "inside.h"

#include <string.h>

#define NAME_MOST 128
#define PARTS_MAX 64    /* of a multipart body */
#define FILE_POINTS 255 /* of a file's name */
#define BOUNDARY_MAX 70 /* RFC 2046 */

/* ---- reading --------------------------------------------------------------------------------- */

bool input_add(struct exchange *x, const char *name, const char *value)
{
	if (x->inputs.at == NULL)
		x->inputs.at = arena_array(x->call.arena, PAIRS_MAX, sizeof *x->inputs.at);
	if (x->inputs.count == PAIRS_MAX || *name == '\0' || strlen(name) > NAME_MOST)
		return false;
	x->inputs.at[x->inputs.count++] = (struct named){name, value};
	return true;
}

/* Browsers send the lines of a text field with CR LF, whatever was typed. */
static char *plain_lines(char *s)
{
	char *to = s;
	for (const char *from = s; *from != '\0'; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
	return s;
}

static bool read_urlencoded(struct exchange *x, const char *s, size_t size)
{
	const char *end = s + size;
	while (s < end) {
		const char *stop = memchr(s, '&', (size_t)(end - s));
		stop = stop != NULL ? stop : end;
		const char *equals = memchr(s, '=', (size_t)(stop - s));
		const char *split = equals != NULL ? equals : stop;
		const char *start = equals != NULL ? equals + 1 : stop;
		char *name, *value;
		if (!text_unescape_url(x->call.arena, s, (size_t)(split - s), true, &name)
			|| !text_unescape_url(
				x->call.arena, start, (size_t)(stop - start), true, &value))
			return false;
		if (stop > s && !input_add(x, name, plain_lines(value)))
			return false;
		s = stop + 1;
	}
	return true;
}

/* ---- multipart/form-data (RFC 7578) ---------------------------------------------------------- */

/* The value of a parameter `; name=value` or `; name="value"` in a header; NULL when it is not there. */
static const char *parameter(struct arena *arena, const char *header, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = header; (at = strchr(at, ';')) != NULL;) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, size) != 0 || at[size] != '=')
			continue;
		at += size + 1;
		size_t length = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "; \t");
		return arena_text_n(arena, at, length);
	}
	return NULL;
}

/* One header of a part, by name; NULL when it is not among the `size` bytes at `s`. */
static const char *part_header(struct arena *arena, const char *s, size_t size, const char *name)
{
	const char *end = s + size;
	while (s < end) {
		const char *stop = memmem(s, (size_t)(end - s), "\r\n", 2);
		stop = stop != NULL ? stop : end;
		char *line = arena_text_n(arena, s, (size_t)(stop - s));
		char *colon = strchr(line, ':');
		if (colon != NULL) {
			*colon = '\0';
			if (text_equal_fold(line, name))
				return text_trim(arena, colon + 1);
		}
		s = stop + 2;
	}
	return NULL;
}

/* Where nothing was chosen browsers send a file without a name. */
static bool add_file(struct exchange *x, const char *input, const char *name, struct bytes bytes)
{
	if (*name == '\0' && bytes.size == 0)
		return true;
	if (x->upload_count == UPLOADS_MAX || *input == '\0' || strlen(input) > NAME_MOST)
		return false;
	x->upload_inputs[x->upload_count] = input;
	x->uploads[x->upload_count++] = (struct upload){
		text_cut(x->call.arena, name, FILE_POINTS), bytes};
	return true;
}

static bool read_part(struct exchange *x, const char *s, size_t size)
{
	struct arena *arena = x->call.arena;
	const char *gap = memmem(s, size, "\r\n\r\n", 4);
	if (gap == NULL || !text_is_utf8(s, (size_t)(gap - s)))
		return false;
	const char *what = part_header(arena, s, (size_t)(gap - s), "Content-Disposition");
	const char *name = what != NULL ? parameter(arena, what, "name") : NULL;
	const char *value = gap + 4;
	size_t length = size - (size_t)(value - s);
	if (name == NULL)
		return false;
	const char *file = parameter(arena, what, "filename");
	if (file != NULL)
		return add_file(x, name, file, (struct bytes){value, length});
	return text_is_utf8(value, length)
		&& input_add(x, name, plain_lines(arena_text_n(arena, value, length)));
}

static bool read_multipart(struct exchange *x, const char *type)
{
	struct arena *arena = x->call.arena;
	const char *boundary = parameter(arena, type, "boundary");
	if (boundary == NULL || *boundary == '\0' || strlen(boundary) > BOUNDARY_MAX)
		return false;
	const char *mark = arena_format(arena, "\r\n--%s", boundary);
	size_t mark_size = strlen(mark);
	const char *at = x->call.body.data, *end = at + x->call.body.size;
	if (x->call.body.size < mark_size || memcmp(at, mark + 2, mark_size - 2) != 0)
		return false; /* no preamble: no browser writes one */
	at += mark_size - 2;
	for (int parts = 0; parts <= PARTS_MAX; parts++) {
		if (end - at >= 2 && memcmp(at, "--", 2) == 0)
			return true;
		if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
			return false;
		at += 2;
		const char *stop = memmem(at, (size_t)(end - at), mark, mark_size);
		if (stop == NULL || !read_part(x, at, (size_t)(stop - at)))
			return false;
		at = stop + mark_size;
	}
	return false;
}

/* ---- JSON: an object of values, lists of values and objects of values ------------------------ */

struct nest {
	struct exchange *x;
	const char *outer; /* "a" while inside {"a":{…}}; NULL at the top */
};

/* Text of a scalar; NULL for null, and for what has no one text. */
static const char *scalar(struct arena *arena, const json_node *v)
{
	int64_t number;
	if (json_is_string(v))
		return json_text(v);
	if (json_is_object(v) || json_is_array(v))
		return NULL;
	if (json_number(v, &number))
		return arena_format(arena, "%lld", (long long)number);
	struct bytes word = json_write(arena, v); /* true, false, null, or a fraction */
	const char *text = arena_text_n(arena, word.data, word.size);
	return text_is(text, "null") ? NULL : text;
}

static bool read_member(void *arg, const char *name, const json_node *v)
{
	struct nest *n = arg;
	struct arena *arena = n->x->call.arena;
	const char *whole = n->outer != NULL ? arena_format(arena, "%s[%s]", n->outer, name) : name;
	if (json_is_object(v)) {
		struct nest inner = {n->x, name};
		if (n->outer == NULL)
			json_members(v, read_member,
				&inner); /* one level: an object in it is no input */
		return n->x->refused == 0;
	}
	if (!json_is_array(v)) {
		const char *value = v != NULL ? scalar(arena, v) : NULL;
		if (value != NULL && !input_add(n->x, whole, value))
			n->x->refused = 400;
		return n->x->refused == 0;
	}
	const char *listed = arena_format(arena, "%s[]", whole);
	for (size_t i = 0; i < json_count(v) && n->x->refused == 0; i++) {
		const char *value = scalar(arena, json_item(v, i));
		if (value != NULL && !input_add(n->x, listed, value))
			n->x->refused = 400;
	}
	return n->x->refused == 0;
}

static bool read_json(struct exchange *x)
{
	const json_node *root;
	if (json_read(x->call.arena, x->call.body, NULL, &root) != OK || !json_is_object(root))
		return false;
	struct nest top = {x, NULL};
	json_members(root, read_member, &top);
	return x->refused == 0;
}

static bool is_type(const char *type, const char *name)
{
	size_t size = strlen(name);
	return strncasecmp(type, name, size) == 0
		&& (type[size] == '\0' || strchr("; \t", type[size]) != NULL);
}

/* What stands in the body comes before what stands in the query: call_input answers the first. */
int input_read(struct exchange *x)
{
	const char *type = call_header(&x->call, "Content-Type");
	bool ok = true, ours = x->call.route != NULL && x->call.route->access != FEDERATION;
	if (ours && x->call.body.size > 0) {
		if (type == NULL)
			return 415;
		if (is_type(type, "application/x-www-form-urlencoded"))
			ok = read_urlencoded(x, x->call.body.data, x->call.body.size);
		else if (is_type(type, "multipart/form-data"))
			ok = read_multipart(x, type);
		else if (is_type(type, "application/json"))
			ok = read_json(x);
		else
			return 415;
	}
	if (ok && x->query != NULL)
		ok = read_urlencoded(x, x->query, strlen(x->query));
	return ok ? 0 : 400;
}

/* ---- checking what the route takes ----------------------------------------------------------- */

static bool has_control(const char *s, const char *allowed)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < ' ' && strchr(allowed, *s) == NULL) || *s == 0x7f)
			return true;
	return false;
}

static const char *check_length(const struct input *in, const char *value)
{
	int64_t points = (int64_t)text_count(value);
	if (points < in->min)
		return "This is too short.";
	return in->max > 0 && points > in->max ? "This is too long." : NULL;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t size = strlen(value);
	for (const char *at = choices; size > 0 && at != NULL; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, value, size) == 0 && (at[size] == '|' || at[size] == '\0'))
			return strchr(value, '|') == NULL;
	}
	return false;
}

/* Enough to catch a slip; whether it works is told by the mail that is sent to it. */
static bool is_email(const char *s)
{
	const char *at = strrchr(s, '@');
	if (at == NULL || at == s || at - s > 64 || strlen(s) > 254 || has_control(s, "")
		|| strpbrk(s, " \"(),:;<>[\\]%") != NULL)
		return false;
	const char *host = at + 1, *dot = strrchr(host, '.');
	return memchr(s, '@', (size_t)(at - s)) == NULL && dot != NULL && dot > host
		&& dot[1] != '\0' && *host != '.' && strstr(s, "..") == NULL;
}

static const char *check_value(const struct input *in, const char *value)
{
	int64_t number;
	uint64_t id;
	switch (in->kind) {
	case INPUT_TEXT:
		return has_control(value, "\n\t") ? "This has a character we cannot keep."
						  : check_length(in, value);
	case INPUT_LINE:
		return has_control(value, "") ? "This has a character we cannot keep."
					      : check_length(in, value);
	case INPUT_PASSWORD:
		return check_length(in, value);
	case INPUT_NUMBER:
		if (!text_to_i64(value, INT64_MIN, INT64_MAX, &number))
			return "This is no number.";
		if (number < in->min || (in->max > in->min && number > in->max))
			return "This number is out of range.";
		return NULL;
	case INPUT_FLAG:
		return NULL;
	case INPUT_ID:
		return text_to_u64(value, &id) && id > 0 && id <= INT64_MAX
			? NULL
			: "This does not exist.";
	case INPUT_CHOICE:
		return is_choice(in->choices, value) ? NULL : "Please choose one of these.";
	case INPUT_EMAIL:
		return !has_control(value, "") && is_email(value) ? NULL
								  : "This is no e-mail address.";
	}
	die("input %s has no kind", in->name);
}

/* Blanks around a line were never meant; in a text or a password they may be. */
static const char *tidy(struct exchange *x, const struct input *in, const char *value)
{
	for (size_t i = 0; i < x->inputs.count; i++)
		if (x->inputs.at[i].value == value && in->kind != INPUT_TEXT
			&& in->kind != INPUT_PASSWORD)
			return x->inputs.at[i].value = text_trim(x->call.arena, value);
	return value;
}

enum err input_check(struct exchange *x)
{
	const struct route *r = x->call.route;
	x->fault_count = 0;
	for (size_t i = 0; i < INPUTS_MAX && r->takes[i].name != NULL; i++) {
		const struct input *in = &r->takes[i];
		const char *value = call_input(&x->call, in->name), *text = NULL;
		if (value != NULL)
			value = tidy(x, in, value);
		if (value != NULL && *value != '\0')
			text = check_value(in, value);
		else if (in->required)
			text = "This is needed.";
		if (text != NULL)
			x->faults[x->fault_count++] = (struct fault){in->label, {in->name, text}};
	}
	if (x->fault_count == 0)
		return OK;
	x->call.refusal = x->faults[0].why;
	return ERR_INVALID;
}

bool input_is_secret(const struct route *r, const char *name)
{
	if (text_is(name, "csrf"))
		return true;
	for (size_t i = 0; i < INPUTS_MAX && r->takes[i].name != NULL; i++)
		if (text_is(r->takes[i].name, name))
			return r->takes[i].kind == INPUT_PASSWORD;
	return false;
}

/* ---- what handlers ask ----------------------------------------------------------------------- */

const char *call_input_nth(const struct call *c, const char *name, size_t n)
{
	const struct named_list *inputs = &exchange_of(c)->inputs;
	for (size_t i = 0; i < inputs->count; i++)
		if (text_is(inputs->at[i].name, name) && n-- == 0)
			return inputs->at[i].value;
	return NULL;
}

const struct upload *call_file(const struct call *c, const char *input)
{
	const struct exchange *x = exchange_of(c);
	for (size_t i = 0; i < x->upload_count; i++)
		if (text_is(x->upload_inputs[i], input))
			return &x->uploads[i];
	return NULL;
}

const char *call_input_at(const struct call *c, size_t n, const char **name)
{
	const struct named_list *inputs = &exchange_of(c)->inputs;
	if (n >= inputs->count)
		return NULL;
	*name = inputs->at[n].name;
	return inputs->at[n].value;
}

void call_fill(struct call *c, const char *name, const char *value)
{
	/* Where the list is full the rest stays away: it was as full when it was kept. */
	c->typed |= input_add(
		exchange_of(c), arena_text(c->arena, name), arena_text(c->arena, value));
}

const char *call_input(const struct call *c, const char *name)
{
	return call_input_nth(c, name, 0);
}

int64_t call_number(const struct call *c, const char *name, int64_t otherwise)
{
	int64_t n;
	return text_to_i64(call_input(c, name), INT64_MIN, INT64_MAX, &n) ? n : otherwise;
}

uint64_t call_input_id(const struct call *c, const char *name)
{
	uint64_t id;
	return text_to_u64(call_input(c, name), &id) && id <= INT64_MAX ? id : 0;
}

bool call_flag(const struct call *c, const char *name)
{
	static const char *const yes[] = {"true", "1", "on", "yes"};
	for (size_t i = 0; i < COUNT(yes); i++)
		if (text_equal_fold(call_input(c, name), yes[i]))
			return true;
	return false;
}
