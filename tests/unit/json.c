/* json.c (unit): reading within limits, numbers, and canonical text against the vectors of RFC 8785. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static const json_node *read_ok(struct arena *a, const char *s)
{
	const json_node *node = NULL;
	assert_int_equal(json_read(a, bytes_of(s), NULL, &node), OK);
	assert_non_null(node);
	return node;
}

static enum err read_only(const char *s, size_t size, const struct json_limits *limits)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *node = NULL;
	enum err e = json_read(a, (struct bytes){s, size}, limits, &node);
	assert_true((e == OK) == (node != NULL)); /* outputs are untouched on failure */
	return e;
}

/* `open`, then `middle` so many times with `between` in between, then `close`. */
static char *repeat(struct arena *a, const char *open, size_t times, const char *middle,
	const char *between, const char *close)
{
	struct text t;
	text_init(&t, a, (size_t)8 << 20);
	text_add(&t, open);
	for (size_t i = 0; i < times; i++) {
		if (i > 0)
			text_add(&t, between);
		text_add(&t, middle);
	}
	text_add(&t, close);
	assert_false(t.failed);
	return t.at;
}

static enum err of(const char *s)
{
	return read_only(s, strlen(s), NULL);
}

static void test_reads_members(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *n = read_ok(a,
		"{\"s\":\"\\u00e9\\\"\",\"n\":-7,\"r\":5.0,\"f\":1.5,\"t\":true,"
		"\"u\":null,\"l\":[1,null,\"x\"],\"o\":{\"k\":\"v\"}}");
	assert_true(json_is_object(n));
	assert_string_equal(json_text(json_member(n, "s")), "\xc3\xa9\"");
	int64_t number = 99;
	assert_true(json_number(json_member(n, "n"), &number));
	assert_int_equal(number, -7);
	assert_true(json_number(json_member(n, "r"), &number));
	assert_int_equal(number, 5);
	assert_false(json_number(json_member(n, "f"), &number));
	assert_int_equal(number, 5);
	assert_true(json_flag(json_member(n, "t")));
	assert_false(json_flag(json_member(n, "n")));
	assert_null(json_member(n, "u"));
	assert_null(json_member(n, "absent"));
	const json_node *list = json_member(n, "l");
	assert_true(json_is_array(list));
	assert_int_equal(json_count(list), 3);
	assert_null(json_item(list, 1));
	assert_string_equal(json_text(json_item(list, 2)), "x");
	assert_null(json_item(list, 3));
	const json_node *scalar = json_member(n, "s");
	assert_true(json_is_string(scalar));
	assert_int_equal(json_count(scalar), 1);
	assert_ptr_equal(json_item(scalar, 0), scalar);
	assert_null(json_item(scalar, 1));
}

static void test_null_is_harmless(void **state)
{
	(void)state;
	int64_t number = 3;
	assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL));
	assert_null(json_member(NULL, "x"));
	assert_null(json_item(NULL, 0));
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_text(NULL));
	assert_false(json_number(NULL, &number) || json_flag(NULL));
	assert_int_equal(number, 3);
	assert_int_equal(json_members(NULL, NULL, NULL), 0);
}

static void test_integers_at_the_edges(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *n = read_ok(
		a, "[9223372036854775807,-9223372036854775808,1e18,1e19,-1e19,-0.0]");
	int64_t number;
	assert_true(json_number(json_item(n, 0), &number) && number == INT64_MAX);
	assert_true(json_number(json_item(n, 1), &number) && number == INT64_MIN);
	assert_true(json_number(json_item(n, 2), &number) && number == 1000000000000000000);
	assert_false(json_number(json_item(n, 3), &number));
	assert_false(json_number(json_item(n, 4), &number));
	assert_true(json_number(json_item(n, 5), &number) && number == 0);
	assert_int_equal(of("[9223372036854775808]"), ERR_INVALID);
	assert_int_equal(of("[1e999]"), ERR_INVALID);
}

static void test_refuses_what_is_not_json(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		" ",
		"1",
		"\"x\"",
		"null",
		"{",
		"}",
		"[",
		"]",
		"[}",
		"{]",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\"}",
		"{:1}",
		"[:]",
		":",
		"[1 2]",
		"[1]]",
		"[1][2]",
		"{\"a\":1,\"a\":2}",
		"[\"\\u0000\"]",
		"[\"\\ud800\"]",
		"[\"\\x\"]",
		"[\"",
		"[\"\\",
		"[\"\\\"",
		"[\"a\nb\"]",
		"['a']",
		"[01]",
		"[+1]",
		"[NaN]",
		"[tru]",
		"[\"\xff\"]",
		"[\"\xc0\xaf\"]",
		"[\"\xed\xa0\x80\"]",
		"\xef\xbb\xbf[]",
		"[1] x",
		"//\n[]",
		"[1e]",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (of(bad[i]) != ERR_INVALID)
			fail_msg("accepted or misjudged: %s", bad[i]);
	assert_int_equal(read_only("[]\0", 3, NULL), ERR_INVALID);
	assert_int_equal(read_only("[\"a\0b\"]", 7, NULL), ERR_INVALID);
	assert_int_equal(read_only(NULL, 0, NULL), ERR_INVALID);
}

static void test_strings_hide_structure(void **state)
{
	(void)state;
	struct json_limits tight = {.values = 3, .depth = 1, .members = 1};
	const char *s = "[\"[[{{::,,\",\"\\\\\\\"[[\"]";
	assert_int_equal(read_only(s, strlen(s), &tight), OK);
	s = "{\"a\\\"{:\":\"\\\\\"}";
	assert_int_equal(read_only(s, strlen(s), &tight), OK);
}

static void test_depth(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t depth = 31; depth <= 33; depth++) {
		char *s = repeat(a, repeat(a, "", depth, "[", "", ""), depth, "]", "", "");
		assert_int_equal(of(s), depth <= 32 ? OK : ERR_TOO_MUCH);
	}
	char *deep = repeat(a, "", 500000, "[", "", "");
	assert_int_equal(of(deep), ERR_TOO_MUCH);
	struct json_limits more = {.depth = 1000}; /* the house's depth cannot be raised */
	char *s = repeat(a, repeat(a, "", 33, "[", "", ""), 33, "]", "", "");
	assert_int_equal(read_only(s, strlen(s), &more), ERR_TOO_MUCH);
	struct json_limits two = {.depth = 2};
	assert_int_equal(read_only("[[]]", 4, &two), OK);
	assert_int_equal(read_only("[[[]]]", 6, &two), ERR_TOO_MUCH);
}

static void test_values(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const char *const value[] = {"1", "\"\"", "{}", "[]", "null"};
	for (size_t v = 0; v < COUNT(value); v++)
		for (size_t n = 19998; n <= 20000; n++) /* and the array itself */
			assert_int_equal(of(repeat(a, "[", n, value[v], ",", "]")),
				n < 20000 ? OK : ERR_TOO_MUCH);
	struct json_limits three = {.values = 3};
	assert_int_equal(read_only("{\"a\":1,\"b\":2}", 13, &three), OK);
	assert_int_equal(read_only("{\"a\":1,\"b\":[2]}", 15, &three), ERR_TOO_MUCH);
}

static void test_members_and_names(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (int n = 499; n <= 501; n++) {
		struct text t;
		text_init(&t, a, 1 << 20);
		for (int i = 0; i < n; i++)
			text_format(&t, "%c\"%d\":0", i > 0 ? ',' : '{', i);
		text_char(&t, '}');
		assert_int_equal(of(t.at), n <= 500 ? OK : ERR_TOO_MUCH);
	}
	for (size_t n = 255; n <= 257; n++)
		assert_int_equal(
			of(repeat(a, "{\"", n, "k", "", "\":1}")), n <= 256 ? OK : ERR_TOO_MUCH);
}

static void test_sizes(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t n = 262143; n <= 262145; n++)
		assert_int_equal(
			of(repeat(a, "[\"", n, "s", "", "\"]")), n <= 262144 ? OK : ERR_TOO_MUCH);
	for (size_t n = (1 << 20) - 1; n <= (1 << 20) + 1; n++)
		assert_int_equal(
			of(repeat(a, "[", n - 2, " ", "", "]")), n <= 1 << 20 ? OK : ERR_TOO_MUCH);
}

static bool join(void *arg, const char *name, const json_node *node)
{
	text_add(arg, name);
	text_add(arg, json_text(node));
	return !text_is(name, "z");
}

static void test_keeps_order(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *n = read_ok(a, "{ \"b\":\"1\", \"a\":\"2\", \"z\":\"3\", \"c\":null }");
	struct text t;
	text_init(&t, a, 100);
	assert_int_equal(json_members(n, join, &t), 3);
	assert_string_equal(t.at, "b1a2z3");
	assert_string_equal(
		json_write(a, n).data, "{\"b\":\"1\",\"a\":\"2\",\"z\":\"3\",\"c\":null}");
}

static void test_writes_back(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *n = read_ok(a,
		" [ {} , [ ] , [[{\"a\":[]}]], -1 , 1.50, 9223372036854775807,\"\\u001f\\/\" ] ");
	struct bytes w = json_write(a, n);
	assert_string_equal(
		w.data, "[{},[],[[{\"a\":[]}]],-1,1.5,9223372036854775807,\"\\u001f/\"]");
	assert_int_equal(w.size, strlen(w.data));
	assert_string_equal(json_write(a, NULL).data, "null");
	w = json_write(a, read_ok(a, "[1e20,-1e20,1e21,1e15,-9223372036854775808.0]"));
	assert_string_equal(w.data,
		"[100000000000000000000.0,-100000000000000000000.0,1e+21,"
		"1000000000000000,-9223372036854776000.0]");
	/* and can be read again */
	read_ok(a, w.data);
}

static void test_canonical_skips_one_member_of_the_top(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *n = read_ok(a, "{\"proof\":{\"x\":1},\"b\":{\"proof\":2},\"a\":1}");
	struct bytes out;
	assert_int_equal(json_canonical(a, n, "proof", &out), OK);
	assert_string_equal(out.data, "{\"a\":1,\"b\":{\"proof\":2}}");
	assert_int_equal(json_canonical(a, n, NULL, &out), OK);
	assert_string_equal(out.data, "{\"a\":1,\"b\":{\"proof\":2},\"proof\":{\"x\":1}}");
}

/* RFC 8785 appendix B, and the hard cases of shortest printing. */
static void test_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"-0.0", "0"},
		{"5e-324", "5e-324"},
		{"-5e-324", "-5e-324"},
		{"1.7976931348623157e308", "1.7976931348623157e+308"},
		{"9007199254740992", "9007199254740992"},
		{"-9007199254740992", "-9007199254740992"},
		{"9007199254740993", "9007199254740992"},
		{"9223372036854775807", "9223372036854776000"},
		{"295147905179352830000.0", "295147905179352830000"},
		{"9.999999999999997e22", "9.999999999999997e+22"},
		{"1e23", "1e+23"},
		{"1.0000000000000001e23", "1.0000000000000001e+23"},
		{"999999999999999700000.0", "999999999999999700000"},
		{"999999999999999900000.0", "999999999999999900000"},
		{"1e21", "1e+21"},
		{"1e20", "100000000000000000000"},
		{"9.999999999999997e-7", "9.999999999999997e-7"},
		{"0.000001", "0.000001"},
		{"1e-7", "1e-7"},
		{"333333333.3333332", "333333333.3333332"},
		{"333333333.33333325", "333333333.33333325"},
		{"333333333.3333334", "333333333.3333334"},
		{"333333333.3333333", "333333333.3333333"},
		{"-0.0000033333333333333333", "-0.0000033333333333333333"},
		{"1424953923781206.2", "1424953923781206.2"},
		{"5.684341886080802e-14", "5.684341886080802e-14"}
		/* 2^-44: the closest 16 digits do not read back */
		,
		{"0.1", "0.1"},
		{"100.0", "100"},
		{"123.456", "123.456"},
		{"1.5e300", "1.5e+300"},
		{"0.30000000000000004", "0.30000000000000004"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct bytes out;
		const json_node *n = read_ok(a, arena_format(a, "[%s]", cases[i].in));
		assert_int_equal(json_canonical(a, n, NULL, &out), OK);
		assert_string_equal(out.data, arena_format(a, "[%s]", cases[i].out));
	}
}

static struct bytes load(struct arena *a, const char *kind, const char *name)
{
	char *folder = arena_text(a, __FILE__);
	*strrchr(folder, '/') = '\0';
	char *path = arena_format(a, "%s/../wire/vectors/jcs/%s/%s.json", folder, kind, name);
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("no vector at %s", path);
	char *at = arena_alloc(a, 4096);
	size_t size = fread(at, 1, 4095, f);
	fclose(f);
	return (struct bytes){at, size};
}

static void test_jcs_vectors(void **state)
{
	(void)state;
	static const char *const names[] = {
		"arrays", "french", "structures", "unicode", "values", "weird"};
	for (size_t i = 0; i < COUNT(names); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		const json_node *n;
		struct bytes out, want = load(a, "output", names[i]);
		assert_int_equal(json_read(a, load(a, "input", names[i]), NULL, &n), OK);
		assert_int_equal(json_canonical(a, n, NULL, &out), OK);
		assert_int_equal(out.size, want.size);
		assert_memory_equal(out.data, want.data, want.size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_members),
		cmocka_unit_test(test_null_is_harmless),
		cmocka_unit_test(test_integers_at_the_edges),
		cmocka_unit_test(test_refuses_what_is_not_json),
		cmocka_unit_test(test_strings_hide_structure),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_members_and_names),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_keeps_order),
		cmocka_unit_test(test_writes_back),
		cmocka_unit_test(test_canonical_skips_one_member_of_the_top),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_jcs_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
