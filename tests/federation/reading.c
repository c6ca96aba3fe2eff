/* reading.c (federation): one reader per shape of foreign value: what is taken, what is refused, and that the first refusal stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <string.h>

static struct arena *arena;
static struct refusal why;
static struct reading r;

static const json_node *given(const char *json)
{
	const json_node *node = NULL;
	char *s = arena_text(arena, json);
	for (char *at = s; (at = strchr(at, '\'')) != NULL;)
		*at = '"';
	assert_int_equal(json_read(arena, (struct bytes){s, strlen(s)}, NULL, &node), OK);
	why = (struct refusal){0};
	r = (struct reading){.arena = arena, .why = &why};
	return node;
}

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

static void addresses(void **state)
{
	(void)state;
	static const char *const good[] = {
		"https://a.example", "http://a.example/x?y#z", "https://a.example/@bob"};
	static const char *const bad[] = {"", "https://", "ftp://a.example/", "https:///x",
		"https://u@a.example/", "https://a.example/ x", "https://a.example/\xc3\xa9",
		"https://a.example/\"", "https://a.example/{x}", "javascript:x", "acct:a@b.example",
		"/x"};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(reading_is_uri(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (reading_is_uri(bad[i]))
			fail_msg("%s", bad[i]);
	assert_false(reading_is_uri(NULL));
	char *s = arena_alloc(arena, URI_MOST + 2);
	memset(s, 'x', URI_MOST + 1);
	memcpy(s, "https://", 8);
	assert_false(reading_is_uri(s));
	s[URI_MOST] = '\0';
	assert_true(reading_is_uri(s));
	assert_true(reading_same_host("https://a.example/x#k", "https://A.example/"));
	assert_false(reading_same_host("https://a.example/", "https://a.example:444/"));
	assert_false(reading_same_host("https://a.example/", NULL));
	assert_string_equal(
		reading_no_fragment(arena, "https://a.example/x#k#l"), "https://a.example/x");
	assert_null(reading_no_fragment(arena, NULL));
}

/* A scalar, a list of one and an object with an id are one thing; several are refused. */
static void one_value(void **state)
{
	(void)state;
	static const char *const same[] = {"{'actor':'https://a.example/u'}",
		"{'actor':['https://a.example/u']}", "{'actor':{'id':'https://a.example/u'}}",
		"{'as:actor':'https://a.example/u'}",
		"{'actor':{'type':'Link','href':'https://a.example/u'}}"};
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_string_equal(
			reading_uri(&r, given(same[i]), "actor"), "https://a.example/u");
		assert_int_equal(r.err, OK);
	}
	const json_node *two = given("{'actor':['https://a.example/u','https://b.example/u']}");
	(void)reading_uri(&r, two, "actor");
	assert_int_equal(r.err, ERR_INVALID);
	assert_string_equal(why.field, "actor");
	reading_refuse(&r, "other", "Another reason.");
	assert_string_equal(why.field, "actor"); /* the first stays */
	assert_null(reading_uri(&r, given("{'actor':[]}"), "actor"));
	assert_null(reading_uri(&r, given("{'actor':7}"), "actor"));
	assert_int_equal(r.err, OK);
}

static void the_ids_of_here(void **state)
{
	(void)state;
	assert_null(reading_own_id(&r, given("{}")));
	assert_int_equal(r.err, OK);
	static const char *const bad[] = {
		"{'id':7}", "{'id':'x'}", "{'id':{}}", "{'id':'javascript:x'}"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_null(reading_own_id(&r, given(bad[i])));
		assert_int_equal(r.err, ERR_INVALID);
		assert_string_equal(why.field, "id");
	}
}

static void types(void **state)
{
	(void)state;
	assert_string_equal(reading_type(given("{'type':'Note'}")), "Note");
	assert_string_equal(reading_type(given("{'type':'as:Note'}")), "Note");
	assert_string_equal(
		reading_type(given("{'type':'https://www.w3.org/ns/activitystreams#Note'}")),
		"Note");
	assert_string_equal(reading_type(given("{'type':['x:Own','Note']}")), "Note");
	assert_string_equal(reading_type(given("{'type':['x:Own','y:Own']}")), "x:Own");
	assert_null(reading_type(given("{}")));
	assert_null(reading_type(given("{'type':''}")));
}

static void lists_of_addresses(void **state)
{
	(void)state;
	struct names n = reading_uris(
		&r, given("{'to':['as:Public','x',7,{'id':'https://a.example/u'}]}"), "to", 4);
	assert_int_equal(n.count, 2);
	assert_string_equal(n.at[0], PUBLIC_URI);
	assert_string_equal(n.at[1], "https://a.example/u");
	n = reading_uris(
		&r, given("{'to':['https://a.example/1','https://a.example/2']}"), "to", 1);
	assert_int_equal(n.count, 0);
	assert_int_equal(r.err, ERR_INVALID);
	assert_int_equal(reading_uris(&r, given("{}"), "to", 1).count, 0);
	assert_int_equal(r.err, OK);
}

static void words(void **state)
{
	(void)state;
	const char *language = "was";
	assert_string_equal(reading_text(&r, given("{'x':'abc'}"), "x", 3), "abc");
	assert_null(reading_text(&r, given("{'x':'abcd'}"), "x", 3));
	assert_int_equal(r.err, ERR_INVALID);
	assert_null(reading_text(&r, given("{'x':''}"), "x", 3));
	assert_int_equal(r.err, OK);
	assert_string_equal(reading_words(&r, given("{'x':'\xc3\xa9\xc3\xa9\xc3\xa9'}"), "x", 2),
		"\xc3\xa9\xc3\xa9");
	assert_string_equal(
		reading_map(&r, given("{'m':{'nl':'hallo','en':'hello'}}"), "m", &language),
		"hallo");
	assert_string_equal(language, "nl");
	assert_null(reading_map(&r, given("{'m':'x'}"), "m", &language));
	assert_string_equal(language, "nl");
}

static void times_numbers_and_flags(void **state)
{
	(void)state;
	time_freeze(INT64_C(1763715492000));
	assert_int_equal(reading_time(&r, given("{'t':'2030-01-01T00:00:00Z'}"), "t"),
		INT64_C(1893456000000));
	assert_int_equal(reading_past(&r, given("{'t':'2030-01-01T00:00:00Z'}"), "t"),
		INT64_C(1763715492000));
	assert_int_equal(reading_past(&r, given("{'t':'2025-01-01T00:00:00Z'}"), "t"),
		INT64_C(1735689600000));
	assert_int_equal(reading_time(&r, given("{'t':'yesterday'}"), "t"), 0);
	time_freeze(0);
	assert_int_equal(reading_number(&r, given("{'n':3}"), "n"), 3);
	assert_int_equal(reading_number(&r, given("{'n':-3}"), "n"), 0);
	assert_int_equal(reading_number(&r, given("{'n':'3'}"), "n"), 0);
	assert_true(reading_flag(&r, given("{'f':true}"), "f"));
	assert_false(reading_flag(&r, given("{'f':'true'}"), "f"));
	assert_false(reading_flag(&r, given("{'f':1}"), "f"));
}

static void links(void **state)
{
	(void)state;
	assert_string_equal(reading_link(&r, given("{'url':'https://a.example/1'}"), "url", true),
		"https://a.example/1");
	const json_node *several = given(
		"{'url':[{'href':'https://a.example/v','mediaType':'video/mp4'},"
		"{'href':'https://a.example/h','mediaType':'text/html'}]}");
	assert_string_equal(reading_link(&r, several, "url", true), "https://a.example/h");
	assert_string_equal(reading_link(&r, several, "url", false), "https://a.example/v");
	const json_node *icons = given(
		"{'icon':[{'url':'https://a.example/s','width':16},{'url':'https://a.example/l','width':64}]}");
	assert_string_equal(reading_link(&r, icons, "icon", false), "https://a.example/l");
	assert_null(reading_link(&r, given("{'url':['javascript:x',{'href':7}]}"), "url", true));
	assert_null(reading_link(&r, given("{}"), "url", true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(one_value),
		cmocka_unit_test(the_ids_of_here),
		cmocka_unit_test(types),
		cmocka_unit_test(lists_of_addresses),
		cmocka_unit_test(words),
		cmocka_unit_test(times_numbers_and_flags),
		cmocka_unit_test(links),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
