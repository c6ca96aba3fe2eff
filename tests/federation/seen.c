/* seen.c (federation): an activity is new once, whoever passes it on, until it is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

static struct store *store;
static struct arena *arena;

static int store_begin(void **state)
{
	const char *why;
	(void)state;
	arena = arena_create();
	assert_int_equal(store_open(arena, &(struct store_settings){0}, &store, &why), OK);
	return 0;
}

static int store_end(void **state)
{
	(void)state;
	store_close(store);
	arena_destroy(arena);
	return 0;
}

struct asked {
	struct received row;
	bool known;
};

static enum err add(struct txn *t, void *arg)
{
	struct asked *a = arg;
	return seen_add(t, &a->row, &a->known);
}

static enum err drop(struct txn *t, void *arg)
{
	return seen_drop(t, &((struct asked *)arg)->row);
}

static bool known(struct received row)
{
	struct asked a = {.row = row};
	assert_int_equal(store_write(store, add, &a), OK);
	return a.known;
}

#define ID "https://good.example/a/1"

static void once_is_new(void **state)
{
	(void)state;
	assert_false(known((struct received){.id = ID, .at = 1000}));
	assert_true(known((struct received){.id = ID, .at = 2000}));
	assert_false(known((struct received){.id = ID "0", .at = 2000}));
	assert_true(
		known((struct received){.id = ID, .at = 3000, .forwarded = true, .proved = true}));
}

/* Who passes on what it cannot prove must not keep the real one out, nor another who passes it on. */
static void the_forwarded_do_not_keep_the_real_one_out(void **state)
{
	(void)state;
	struct received by_7 = {.id = ID, .at = 1000, .forwarded = true, .signer = 7}, by_8 = by_7;
	by_8.signer = 8;
	assert_false(known(by_7));
	assert_true(known(by_7));
	assert_false(known(by_8));
	assert_false(known((struct received){.id = ID, .at = 1000}));
}

static void what_is_dropped_had_never_come(void **state)
{
	(void)state;
	struct asked a = {.row = {.id = ID, .at = 1000}};
	assert_false(known(a.row));
	assert_int_equal(store_write(store, drop, &a), OK);
	assert_int_equal(store_write(store, drop, &a), OK);
	assert_false(known(a.row));
	assert_int_equal(store_write(store, drop, &a), OK);
	struct store_numbers n;
	store_numbers(store, &n);
	assert_true(seen_forget(store, INT64_MAX));
	struct store_numbers after;
	store_numbers(store, &after);
	assert_int_equal(after.rows, n.rows); /* nothing was left behind to forget */
}

struct taken_back {
	const char *actor, *id;
	int64_t since;
	bool there;
};

static enum err take_back(struct txn *t, void *arg)
{
	const struct taken_back *b = arg;
	return seen_take_back(t, b->actor, b->id);
}

static enum err look_back(struct txn *t, void *arg)
{
	struct taken_back *b = arg;
	b->there = seen_taken_back(t, b->actor, b->id, b->since);
	return OK;
}

static bool taken_back(const char *actor, const char *id)
{
	struct taken_back b = {.actor = actor, .id = id};
	assert_int_equal(store_read(store, look_back, &b), OK);
	return b.there;
}

/* By who did it: not the door for anybody else's, and as long as anything is known. */
static void what_was_taken_back_is_remembered(void **state)
{
	(void)state;
	struct taken_back b = {.actor = "https://good.example/alice", .id = ID};
	time_freeze(INT64_C(1763715492000));
	assert_false(taken_back(b.actor, ID));
	assert_int_equal(store_write(store, take_back, &b), OK);
	assert_int_equal(store_write(store, take_back, &b), OK);
	assert_true(taken_back(b.actor, ID));
	b.since = time_now();
	assert_int_equal(store_read(store, look_back, &b), OK);
	assert_false(b.there);
	b.since--;
	assert_int_equal(store_read(store, look_back, &b), OK);
	assert_true(b.there);
	assert_false(taken_back("https://good.example/bea", ID));
	assert_false(known((struct received){.id = ID, .at = time_now()}));
	assert_true(seen_forget(store, time_now()));
	assert_true(taken_back(b.actor, ID));
	assert_true(seen_forget(store, time_now() + 1));
	assert_false(taken_back(b.actor, ID));
	time_freeze(0);
}

static enum err end(struct txn *t, void *arg)
{
	*(enum err *)arg = seen_end(t, ID);
	return OK;
}

static enum err ended(void)
{
	enum err e;
	assert_int_equal(store_write(store, end, &e), OK);
	return e;
}

/* Misskey's Follow has the same id each time; others may not say it in its name. */
static void what_was_undone_may_be_done_again(void **state)
{
	(void)state;
	assert_int_equal(ended(), ERR_NOT_FOUND);
	assert_false(known((struct received){.id = ID, .at = 1000}));
	assert_int_equal(ended(), OK);
	assert_true(
		known((struct received){.id = ID, .at = 2000, .forwarded = true, .proved = true}));
	assert_false(known((struct received){.id = ID, .at = 3000}));
	assert_true(known((struct received){.id = ID, .at = 4000}));
	assert_true(seen_forget(store, 3000));
	assert_true(known((struct received){.id = ID, .at = 5000}));
	assert_true(seen_forget(store, 3001));
	assert_int_equal(ended(), ERR_NOT_FOUND);
}

static void the_old_are_forgotten_and_no_others(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 600; i++)
		assert_false(known((struct received){
			.id = arena_format(arena, "https://good.example/a/%d", (int)i),
			.at = 1000 + i}));
	assert_true(seen_forget(store, 1000));
	assert_true(known((struct received){.id = "https://good.example/a/0", .at = 1}));
	assert_true(seen_forget(store, 1500));
	assert_true(known((struct received){.id = "https://good.example/a/500", .at = 1}));
	assert_false(known((struct received){.id = "https://good.example/a/499", .at = 9000}));
	assert_false(known((struct received){.id = "https://good.example/a/0", .at = 9000}));
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_begin, store_end)
	const struct CMUnitTest tests[] = {
		STORE_TEST(once_is_new),
		STORE_TEST(the_forwarded_do_not_keep_the_real_one_out),
		STORE_TEST(what_is_dropped_had_never_come),
		STORE_TEST(what_was_taken_back_is_remembered),
		STORE_TEST(what_was_undone_may_be_done_again),
		STORE_TEST(the_old_are_forgotten_and_no_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
