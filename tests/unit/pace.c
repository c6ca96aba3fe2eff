/* pace.c: how often, by whom, and who that is behind a proxy. */
#include "serving.h"

#define START INT64_C(1800000000000)

static void exactly_as_many_as_said(void **state)
{
	(void)state;
	static const int most[] = {1, 2, 3, 7, 60, 600, 20000};
	time_freeze(START);
	for (size_t i = 0; i < COUNT(most); i++) {
		char what[32];
		assert_true(text_print(what, sizeof what, "exact %zu", i));
		for (int n = 0; n < most[i]; n++)
			assert_true(pace_allows(what, "anna", most[i], MINUTE));
		assert_false(pace_allows(what, "anna", most[i], MINUTE));
		assert_true(pace_allows(
			what, "bob", most[i], MINUTE)); /* another one, another bucket */
		assert_true(pace_allows("other", what, most[i], MINUTE));
	}
	time_freeze(0);
}

static void it_comes_back_slowly(void **state)
{
	(void)state;
	time_freeze(START + 100 * DAY);
	for (int n = 0; n < 60; n++)
		assert_true(pace_allows("slow", "anna", 60, MINUTE));
	int64_t wait = pace_wait("slow", "anna", 60, MINUTE);
	assert_in_range(wait, 1, 1001);
	time_freeze(START + 100 * DAY + 900);
	assert_false(pace_allows("slow", "anna", 60, MINUTE));
	time_freeze(START + 100 * DAY + 1001);
	assert_true(pace_allows("slow", "anna", 60, MINUTE)); /* one second, one more */
	assert_false(pace_allows("slow", "anna", 60, MINUTE));
	time_freeze(0);
}

static void the_table_is_bounded(void **state)
{
	(void)state;
	char who[32];
	time_freeze(START + 200 * DAY);
	assert_true(pace_allows("many", "kept", 1, MINUTE));
	assert_true(pace_allows("many", "lost", 1, MINUTE));
	for (int i = 0; i < 120000; i++) {
		assert_true(text_print(who, sizeof who, "%d", i));
		assert_true(pace_allows("many", who, 1, MINUTE));
		if (i % 1000 == 0)
			assert_false(pace_allows(
				"many", "kept", 1, MINUTE)); /* in use, so never the oldest */
	}
	assert_int_equal(pace_count(), 50000);
	assert_true(pace_allows("many", "lost", 1, MINUTE));
	assert_false(pace_allows("many", "119999", 1, MINUTE));
	time_freeze(0);
}

static void the_peer_is_who_our_proxy_saw(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	static const struct {
		const char *socket, *trusted, *forwarded, *peer;
	} cases[] = {
		{"192.0.2.1", NULL, NULL, "192.0.2.1"},
		{"192.0.2.1", NULL, "203.0.113.9", "192.0.2.1"},
		{"192.0.2.1", "127.0.0.1", "203.0.113.9", "192.0.2.1"},
		{"127.0.0.1", "127.0.0.1", NULL, "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "127.0.0.1", "1.1.1.1,203.0.113.9 , 127.0.0.1", "203.0.113.9"},
		{"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1", "1.1.1.1, rubbish", "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1", "", "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1", ",,,", "127.0.0.1"},
		{"::ffff:127.0.0.1", "127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"},
		{"::1", "0:0:0:0:0:0:0:1", "2001:DB8::0:1", "2001:db8::1"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(
			pace_peer(arena, cases[i].socket, cases[i].trusted, cases[i].forwarded),
			cases[i].peer);
	arena_destroy(arena);
}

static int64_t wait_of(struct arena *arena, const struct route *r, const char *peer, uint64_t actor)
{
	struct exchange *x = arena_alloc(arena, sizeof *x);
	x->call = (struct call){
		.arena = arena, .server = x, .route = r, .peer = peer, .viewer.actor = actor};
	return pace_of(x);
}

static void a_v6_network_is_one_caller(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	static const struct route r = {METHOD_POST, "/v6", .per_minute = 2};
	time_freeze(START + 300 * DAY);
	assert_int_equal(wait_of(arena, &r, "2001:db8:1:2::1", 0), 0);
	assert_int_equal(wait_of(arena, &r, "2001:db8:1:2:ffff::9", 0), 0);
	assert_true(wait_of(arena, &r, "2001:db8:1:2::3", 0) > 0);
	assert_int_equal(wait_of(arena, &r, "2001:db8:1:3::1", 0), 0);
	assert_int_equal(wait_of(arena, &r, "2001:db8:1:2::3", 5), 0); /* signed in: by person */
	time_freeze(0);
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_as_many_as_said),
		cmocka_unit_test(it_comes_back_slowly),
		cmocka_unit_test(the_table_is_bounded),
		cmocka_unit_test(the_peer_is_who_our_proxy_saw),
		cmocka_unit_test(a_v6_network_is_one_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
