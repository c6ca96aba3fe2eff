/* guard.c: what is no request, case by case, without a socket. */
#include "serving.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_create();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

#define LINES(...)                                                                                 \
	(const struct named[])                                                                     \
	{                                                                                          \
		{"Host", "ex.test"}, __VA_ARGS__,                                                  \
		{                                                                                  \
			NULL, NULL                                                                 \
		}                                                                                  \
	}

static struct exchange *request(const char *target, const struct named *lines)
{
	static const struct site site = {.domain = "ex.test", .base_url = "https://ex.test"};
	struct exchange *x = arena_alloc(arena, sizeof *x);
	x->call = (struct call){.arena = arena, .server = x, .target = target, .site = &site};
	x->lines.at = arena_array(arena, LINES_MAX, sizeof *x->lines.at);
	for (; lines->name != NULL; lines++)
		x->lines.at[x->lines.count++] = *lines;
	return x;
}

static int guard(const char *method, const char *target, const struct named *lines)
{
	return guard_check(request(target, lines), method, "HTTP/1.1");
}

static const struct named plain[] = {{"Host", "ex.test"}, {NULL, NULL}};

static void targets(void **state)
{
	(void)state;
	static const char *const good[] = {"/", "/a", "/a/", "/a//b", "/@anna", "/a.b/..c/d..",
		"/...", "/a%20b", "/caf%C3%A9", "/?", "/a?b=%2Fc&d=../..", "/a?x=%5c",
		"/.well-known/x", "/a?%0a", "/%7Eanna", "/a?b?c"};
	static const char *const bad[] = {"", "a", "*", "//\\x", "/\\x", "/a#b", "/a?b#c", "/.",
		"/..", "/./a", "/a/..", "/a/../b", "/%2e", "/%2E%2e/a", "/a/.%2e", "/a%2fb",
		"/a%2Fb", "/a%5cb", "/a%00", "/a?b=%00", "/a%", "/a%4", "/a%4g", "/a?%", "/a?%zz",
		"/a b", "/a\x7f", "/a\x80", "/a%0d%0aX", "/a%7f", "/a\t", "http://ex.test/"};
	for (size_t i = 0; i < COUNT(good); i++)
		if (guard("GET", good[i], plain) != 0)
			fail_msg("%s was refused", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (guard("GET", bad[i], plain) != 400)
			fail_msg("%s passed", bad[i]);
	assert_int_equal(guard("GET", NULL, plain), 400);
	struct exchange *x = request("/a%41?q=1&r", plain);
	assert_int_equal(guard_check(x, "GET", "HTTP/1.1"), 0);
	assert_string_equal(x->path_raw, "/a%41");
	assert_string_equal(x->query, "q=1&r");
}

static void headers(void **state)
{
	(void)state;
	static const char *const single[] = {"host", "Content-Length", "Content-Type", "COOKIE",
		"Authorization", "Signature", "Signature-Input", "Digest", "Content-Digest", "Date",
		"Origin"};
	for (size_t i = 0; i < COUNT(single); i++)
		if (guard("POST", "/", LINES({single[i], "1"}, {single[i], "1"})) != 400)
			fail_msg("two %s passed", single[i]);
	assert_int_equal(guard("POST", "/", LINES({"Accept", "a"}, {"Accept", "b"})), 0);
	static const char *const names[] = {
		"", " X", "X ", "X\t", "X Y", "X:", "X\x01", "X\x80", "X(", "X\""};
	for (size_t i = 0; i < COUNT(names); i++)
		if (guard("GET", "/", LINES({names[i], "1"})) != 400)
			fail_msg("name \"%s\" passed", names[i]);
	static const char *const values[] = {"a\x01", "a\rb", "a\nb", "a\x7f", "\xff", "\xc3"};
	for (size_t i = 0; i < COUNT(values); i++)
		if (guard("GET", "/", LINES({"X", values[i]})) != 400)
			fail_msg("value %zu passed", i);
	assert_int_equal(guard("GET", "/", LINES({"X", "a\tb caf\xc3\xa9"}, {"Y", ""})), 0);
	assert_int_equal(
		guard("GET", "/", (const struct named[]){{NULL, NULL}}), 400); /* no Host */
}

static void bodies(void **state)
{
	(void)state;
	static const char *const lengths[] = {
		"", "+1", "-1", "0x1", "1 ", " 1", "1,1", "1.0", "1e3", "9999999999999999"};
	for (size_t i = 0; i < COUNT(lengths); i++)
		if (guard("POST", "/", LINES({"Content-Length", lengths[i]})) != 400)
			fail_msg("length \"%s\" passed", lengths[i]);
	static const char *const codings[] = {"", "identity", "gzip", "chunked, chunked",
		"gzip, chunked", "xchunked", "chunked;a"};
	for (size_t i = 0; i < COUNT(codings); i++)
		if (guard("POST", "/", LINES({"Transfer-Encoding", codings[i]})) != 400)
			fail_msg("coding \"%s\" passed", codings[i]);
	assert_int_equal(guard("POST", "/", LINES({"Transfer-Encoding", "Chunked"})), 0);
	assert_int_equal(guard("POST", "/",
				 LINES({"Content-Length", "0"}, {"Transfer-Encoding", "chunked"})),
		400);
	static const char *const bodiless[] = {"GET", "HEAD", "OPTIONS"};
	for (size_t i = 0; i < COUNT(bodiless); i++) {
		assert_int_equal(guard(bodiless[i], "/", LINES({"Content-Length", "1"})), 400);
		assert_int_equal(
			guard(bodiless[i], "/", LINES({"Transfer-Encoding", "chunked"})), 400);
		assert_int_equal(guard(bodiless[i], "/", LINES({"Content-Length", "0"})), 0);
	}
	assert_int_equal(guard("DELETE", "/", LINES({"Content-Length", "1"})), 0); /* apps do */
	assert_int_equal(guard("POST", "/", LINES({"Content-Encoding", "gzip"})), 415);
	assert_int_equal(guard("POST", "/", LINES({"Content-Encoding", "identity"})), 0);
	struct exchange *x = request("/", LINES({"Content-Length", "999999999999999"}));
	assert_int_equal(guard_check(x, "POST", "HTTP/1.1"), 0);
	assert_int_equal(x->declared, 999999999999999);
	assert_true(x->has_body);
}

static void methods_and_versions(void **state)
{
	(void)state;
	static const char *const unknown[] = {
		"get", "GETS", "", "CONNECT", "TRACE", "PROPFIND", "\x01"};
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_int_equal(guard(unknown[i], "/", plain), 501);
	static const char *const versions[] = {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "", "http/1.1"};
	for (size_t i = 0; i < COUNT(versions); i++)
		assert_int_equal(guard_check(request("/", plain), "GET", versions[i]), 505);
	struct exchange *x = request("/", (const struct named[]){{NULL, NULL}});
	assert_int_equal(guard_check(x, "GET", "HTTP/1.0"), 0);
	assert_true(x->closing);
	assert_false(guard_host(x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets),
		cmocka_unit_test(headers),
		cmocka_unit_test(bodies),
		cmocka_unit_test(methods_and_versions),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
