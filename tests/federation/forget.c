/* forget.c (federation): thirty days are kept, in every table and of every kind of activity; older is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include "schema.h"

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

struct row {
	uint8_t table;
	uint64_t id;
	bool there;
};

static enum err put(struct txn *t, void *arg)
{
	const struct row *r = arg;
	struct place place = place_1(r->table, r->id);
	return txn_put(t, &place, (struct bytes){"x", 1});
}

static enum err look(struct txn *t, void *arg)
{
	struct row *r = arg;
	struct place place = place_1(r->table, r->id);
	struct bytes value;
	enum err e = txn_get(t, &place, &value);
	r->there = e == OK;
	return e == ERR_NOT_FOUND ? OK : e;
}

static uint64_t days_ago(int64_t days, int64_t ms)
{
	return (uint64_t)(time_now() - days * DAY + ms) << 16;
}

static void the_edge_is_thirty_days(void **state)
{
	(void)state;
	time_freeze(INT64_C(1763715492000));
	struct row rows[18];
	size_t count = 0;
	for (uint64_t v = VARIANT_SELF; v < VARIANT_COUNT; v++) {
		if (v == VARIANT_CLOSED)
			continue; /* its number is no time: outbox.c */
		rows[count++] = (struct row){
			TABLE_ACTIVITY, v << VARIANT_SHIFT | days_ago(30, -1), false};
		rows[count++] = (struct row){
			TABLE_ACTIVITY, v << VARIANT_SHIFT | days_ago(30, 0), true};
	}
	rows[count++] = (struct row){TABLE_PARKED, days_ago(30, -1), false};
	rows[count++] = (struct row){TABLE_PARKED, days_ago(30, 0), true};
	rows[count++] = (struct row){
		TABLE_INBOX, days_ago(60, 0), true}; /* not yet applied: never */
	rows[count++] = (struct row){TABLE_POST, days_ago(60, 0), true};
	assert_int_equal(count, COUNT(rows));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(store_write(store, put, &rows[i]), OK);
	assert_true(forget_old(store));
	for (size_t i = 0; i < count; i++) {
		struct row r = rows[i];
		assert_int_equal(store_read(store, look, &r), OK);
		if (r.there != rows[i].there)
			fail_msg("row %zu is %s", i, r.there ? "there" : "gone");
	}
	time_freeze(0);
}

static enum err put_many(struct txn *t, void *arg)
{
	enum err e = OK;
	for (uint64_t i = 0; e == OK && i < 5000; i++) {
		struct row r = {TABLE_PARKED, *(uint64_t *)arg + i, false};
		e = put(t, &r);
	}
	return e;
}

/* Some at a time: others want the writer too. */
static void a_heap_takes_several_goes(void **state)
{
	(void)state;
	uint64_t first = days_ago(40, 0);
	struct row last = {TABLE_PARKED, first + 4999, false};
	assert_int_equal(store_write(store, put_many, &first), OK);
	assert_false(forget_old(store));
	assert_int_equal(store_read(store, look, &last), OK);
	assert_true(last.there);
	assert_true(forget_old(store));
	assert_int_equal(store_read(store, look, &last), OK);
	assert_false(last.there);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_begin, store_end)
	const struct CMUnitTest tests[] = {
		STORE_TEST(the_edge_is_thirty_days),
		STORE_TEST(a_heap_takes_several_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
