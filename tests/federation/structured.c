/* structured.c (federation): the working group's own tests, and the limits that are ours. */
#include "vector.h"

#include <math.h>

static int base32_digit(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static struct bytes base32(struct arena *a, const char *s)
{
	uint8_t *out = arena_alloc(a, strlen(s) + 1);
	size_t size = 0;
	unsigned bits = 0, count = 0;
	for (; *s != '\0' && base32_digit(*s) >= 0; s++) {
		bits = bits << 5 | (unsigned)base32_digit(*s);
		count += 5;
		if (count >= 8)
			out[size++] = (uint8_t)(bits >> (count -= 8));
	}
	return (struct bytes){out, size};
}

static bool is_type(const json_node *n, const char *type)
{
	return text_is(vector_text(n, "__type"), type);
}

static int64_t thousandths(struct arena *a, const json_node *n)
{
	struct bytes written = json_write(a, n);
	return llround(strtod(arena_text_n(a, written.data, written.size), NULL) * 1000);
}

static bool equal_bare(struct arena *a, const struct structured *s, const json_node *want)
{
	int64_t number;
	switch (s->kind) {
	case STRUCTURED_STRING:
		return json_is_string(want) && text_is(s->text, json_text(want));
	case STRUCTURED_TOKEN:
		return is_type(want, "token") && text_is(s->text, vector_text(want, "value"));
	case STRUCTURED_DISPLAY:
		return is_type(want, "displaystring")
			&& text_is(s->text, vector_text(want, "value"));
	case STRUCTURED_BYTES: {
		if (!is_type(want, "binary"))
			return false;
		struct bytes b = base32(a, vector_text(want, "value"));
		return b.size == s->bytes.size && memcmp(b.data, s->bytes.data, b.size) == 0;
	}
	case STRUCTURED_DATE:
		return is_type(want, "date") && json_number(json_member(want, "value"), &number)
			&& number == s->number;
	case STRUCTURED_BOOLEAN:
		return !json_is_object(want) && json_flag(want) == (s->number != 0);
	case STRUCTURED_INTEGER:
		return json_number(want, &number) && number == s->number;
	case STRUCTURED_DECIMAL:
		return thousandths(a, want) == s->number;
	case STRUCTURED_LIST:
		break;
	}
	return false;
}

static bool equal_parameters(struct arena *a, const struct structured *s, const json_node *want)
{
	if (s->parameter_count != json_count(want))
		return false;
	for (size_t i = 0; i < s->parameter_count; i++) {
		const json_node *pair = json_item(want, i);
		if (!text_is(s->parameters[i].name, json_text(json_item(pair, 0)))
			|| !equal_bare(a, &s->parameters[i], json_item(pair, 1)))
			return false;
	}
	return true;
}

static bool equal_item(struct arena *a, const struct structured *s, const json_node *want)
{
	return equal_bare(a, s, json_item(want, 0)) && equal_parameters(a, s, json_item(want, 1));
}

static bool equal_member(struct arena *a, const struct structured *s, const json_node *want)
{
	if (s->kind != STRUCTURED_LIST)
		return equal_item(a, s, want);
	const json_node *items = json_item(want, 0);
	if (!json_is_array(items) || json_count(items) != s->item_count)
		return false;
	for (size_t i = 0; i < s->item_count; i++)
		if (!equal_item(a, &s->items[i], json_item(items, i)))
			return false;
	return equal_parameters(a, s, json_item(want, 1));
}

static bool equal_all(struct arena *a, const struct structured *s, const json_node *want)
{
	if (json_count(want) != s->item_count)
		return false;
	for (size_t i = 0; i < s->item_count; i++) {
		const json_node *one = json_item(want, i);
		const char *name = s->items[i].name;
		if (name != NULL && !text_is(name, json_text(json_item(one, 0))))
			return false;
		if (!equal_member(a, &s->items[i], name != NULL ? json_item(one, 1) : one))
			return false;
	}
	return true;
}

static const char *joined(struct arena *a, const json_node *lines)
{
	struct text t;
	text_init(&t, a, VECTOR_FILE_MOST);
	for (size_t i = 0; i < json_count(lines); i++)
		text_format(&t, "%s%s", i > 0 ? ", " : "", json_text(json_item(lines, i)));
	return t.at;
}

/* A list's members with ", " between, a dictionary's with their names: made of what structured_write gives. */
static const char *written(struct arena *a, const struct structured *s, const char *type)
{
	struct text t;
	text_init(&t, a, VECTOR_FILE_MOST);
	if (text_is(type, "item")) {
		structured_write(&t, s);
		return t.at;
	}
	for (size_t i = 0; i < s->item_count; i++) {
		struct structured member = s->items[i];
		text_add(&t, i > 0 ? ", " : "");
		text_add(&t, member.name);
		bool flag = member.kind == STRUCTURED_BOOLEAN && member.number != 0;
		if (member.name != NULL && !flag)
			text_char(&t, '=');
		if (member.name != NULL && flag) {
			struct text whole;
			text_init(&whole, a, VECTOR_FILE_MOST);
			structured_write(&whole, &member);
			text_add(&t, whole.at + strlen("?1"));
		} else {
			structured_write(&t, &member);
		}
	}
	return t.failed ? NULL : t.at;
}

static enum err parsed(struct arena *a, const char *type, const char *raw, struct structured *out)
{
	if (text_is(type, "item"))
		return structured_item(a, raw, out);
	if (text_is(type, "list"))
		return structured_list(a, raw, out);
	return structured_dictionary(a, raw, out);
}

static void run_one(const char *file, const json_node *test)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *name = vector_text(test, "name"), *type = vector_text(test, "header_type");
	const json_node *canonical = json_member(test, "canonical");
	const char *raw = joined(a, json_member(test, "raw"));
	struct structured s;
	enum err e = parsed(a, type, raw, &s);
	if (json_flag(json_member(test, "must_fail"))) {
		if (e == OK)
			fail_msg("%s: %s: read", file, name);
		return;
	}
	if (e != OK) {
		if (!json_flag(json_member(test, "can_fail")))
			fail_msg("%s: %s: refused", file, name);
		return;
	}
	const json_node *want = json_member(test, "expected");
	if (text_is(type, "item") ? !equal_item(a, &s, want) : !equal_all(a, &s, want))
		fail_msg("%s: %s: read as something else", file, name);
	const char *text = canonical != NULL ? joined(a, canonical) : raw;
	if (!text_is(written(a, &s, type), text))
		fail_msg("%s: %s: written as %s", file, name, written(a, &s, type));
}

static size_t run_folder(const char *root)
{
	static const char *const files[] = {"binary", "boolean", "date", "dictionary",
		"display-string", "examples", "item", "key-generated", "large-generated", "list",
		"listlist", "number", "number-generated", "param-dict", "param-list",
		"param-listlist", "string", "string-generated", "token", "token-generated"};
	size_t ran = 0;
	for (size_t i = 0; i < COUNT(files); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		const json_node *tests = vector_json(
			a, root, arena_format(a, "structured-fields/%s.json", files[i]));
		assert_non_null(tests);
		for (size_t k = 0; k < json_count(tests); k++, ran++)
			run_one(files[i], json_item(tests, k));
	}
	return ran;
}

static void the_working_groups_tests(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_true(run_folder(vector_own(a)) > 1500);
	if (vector_given(a) != NULL)
		assert_true(run_folder(vector_given(a)) > 1500);
}

/* ---- written only: values no field can hold are refused, decimals are rounded ----------------- */

/* struct structured has thousandths: rounding to them, half to even, is where a decimal becomes one. */
static struct structured bare_of(struct arena *a, const json_node *n)
{
	struct structured s = {.kind = STRUCTURED_INTEGER};
	if (json_is_string(n))
		return (struct structured){.kind = STRUCTURED_STRING, .text = json_text(n)};
	if (json_is_object(n)) {
		assert_true(is_type(n, "token"));
		return (struct structured){
			.kind = STRUCTURED_TOKEN, .text = vector_text(n, "value")};
	}
	if (!json_number(n, &s.number)) {
		struct bytes b = json_write(a, n);
		const char *words = arena_text_n(a, b.data, b.size);
		s.kind = text_is(words, "true") || text_is(words, "false") ? STRUCTURED_BOOLEAN
									   : STRUCTURED_DECIMAL;
		s.number = s.kind == STRUCTURED_BOOLEAN ? text_is(words, "true")
							: llrint(strtod(words, NULL) * 1000);
	}
	return s;
}

static struct structured item_of(struct arena *a, const json_node *n)
{
	struct structured s = bare_of(a, json_item(n, 0));
	const json_node *parameters = json_item(n, 1);
	s.parameter_count = json_count(parameters);
	s.parameters = arena_array(a, s.parameter_count, sizeof *s.parameters);
	for (size_t i = 0; i < s.parameter_count; i++) {
		s.parameters[i] = bare_of(a, json_item(json_item(parameters, i), 1));
		s.parameters[i].name = json_text(json_item(json_item(parameters, i), 0));
	}
	return s;
}

/* A dictionary's names are written nowhere but as names of parameters, by the same rule: there they stand here. */
static struct structured named_of(struct arena *a, const json_node *member)
{
	struct structured *p = arena_alloc(a, sizeof *p);
	*p = item_of(a, json_item(member, 1));
	p->name = json_text(json_item(member, 0));
	return (struct structured){
		.kind = STRUCTURED_INTEGER, .parameters = p, .parameter_count = 1};
}

static void write_one(const char *file, const json_node *test)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *type = vector_text(test, "header_type");
	const json_node *value = json_member(test, "expected");
	struct structured s = text_is(type, "item") ? item_of(a, value)
		: text_is(type, "list")             ? item_of(a, json_item(value, 0))
						    : named_of(a, json_item(value, 0));
	struct text t;
	text_init(&t, a, 4096);
	structured_write(&t, &s);
	bool must_fail = json_flag(json_member(test, "must_fail"));
	if (t.failed != must_fail
		|| (!must_fail && !text_is(t.at, joined(a, json_member(test, "canonical")))))
		fail_msg("%s: %s: written as %s", file, vector_text(test, "name"), t.at);
}

static size_t write_folder(const char *root)
{
	static const char *const files[] = {
		"key-generated", "number", "string-generated", "token-generated"};
	size_t ran = 0;
	for (size_t i = 0; i < COUNT(files); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		const json_node *tests = vector_json(a, root,
			arena_format(a, "structured-fields/serialisation-tests/%s.json", files[i]));
		assert_non_null(tests);
		for (size_t k = 0; k < json_count(tests); k++, ran++)
			write_one(files[i], json_item(tests, k));
	}
	return ran;
}

static void the_working_groups_tests_of_writing(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_int_equal(write_folder(vector_own(a)), 378 + 9 + 33 + 124);
	if (vector_given(a) != NULL)
		assert_int_equal(write_folder(vector_given(a)), 378 + 9 + 33 + 124);
}

static void writing_refuses_what_the_files_do_not_try(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct structured cases[] = {{.kind = STRUCTURED_TOKEN, .text = ""},
		{.kind = STRUCTURED_STRING, .text = "\xc3\xa9"},
		{.kind = STRUCTURED_DATE, .number = INT64_C(1000000000000000)},
		{.kind = STRUCTURED_DECIMAL, .number = INT64_C(1000000000000000)}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct text t;
		text_init(&t, a, 4096);
		structured_write(&t, &cases[i]);
		if (!t.failed)
			fail_msg("case %zu was written: %s", i, t.at);
	}
}

static void names_twice_are_told(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct structured s;
	assert_int_equal(structured_dictionary(a, "a=1, b=2, a=3", &s), OK);
	assert_int_equal(s.item_count, 2);
	assert_true(s.items[0].again && s.items[0].number == 3);
	assert_false(s.items[1].again);
	assert_int_equal(structured_item(a, "1;x=1;y;x=2", &s), OK);
	assert_true(structured_parameter(&s, "x")->again);
	assert_null(structured_parameter(&s, "z"));
}

static const char *repeated(struct arena *a, const char *first, const char *more, size_t count)
{
	struct text t;
	text_init(&t, a, 1 << 20);
	text_add(&t, first);
	for (size_t i = 0; i < count; i++)
		text_format(&t, "%s%zu", more, i);
	assert_false(t.failed);
	return t.at;
}

static void everything_has_a_maximum(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct structured s;
	assert_int_equal(structured_list(a, repeated(a, "0", ", ", 1023), &s), OK);
	assert_int_equal(structured_list(a, repeated(a, "0", ", ", 1024), &s), ERR_INVALID);
	assert_int_equal(structured_item(a, repeated(a, "1", ";p", 256), &s), OK);
	assert_int_equal(structured_item(a, repeated(a, "1", ";p", 257), &s), ERR_INVALID);
	size_t most = 128 << 10;
	char *field = arena_alloc(a, most + 2);
	memset(field, 'a', most);
	assert_int_equal(structured_item(a, field, &s), OK);
	field[most] = 'a';
	assert_int_equal(structured_item(a, field, &s), ERR_INVALID);
	assert_int_equal(structured_item(a, NULL, &s), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_working_groups_tests),
		cmocka_unit_test(the_working_groups_tests_of_writing),
		cmocka_unit_test(writing_refuses_what_the_files_do_not_try),
		cmocka_unit_test(names_twice_are_told),
		cmocka_unit_test(everything_has_a_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
