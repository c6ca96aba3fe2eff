/* engine_memory.c (engine): a reader's root stands still, the tree stays flat, and nothing is left on disk. */
#include "temp.h"

#include "engine.h"

static void *opened(void)
{
	void *env = NULL;
	const char *why = "";
	assert_int_equal(engine_memory.open(&(struct store_settings){0}, &env, &why), OK);
	return env;
}

static struct engine_txn *begun(void *env, bool write)
{
	struct engine_txn *t = NULL;
	assert_int_equal(engine_memory.begin(env, write, &t), OK);
	return t;
}

static struct bytes numbered(struct place *p, uint64_t n)
{
	*p = place_1(200, n);
	return (struct bytes){p->at, p->size};
}

static bool holds(struct engine_txn *t, uint64_t n, const char *value)
{
	struct place p;
	struct bytes got;
	enum err e = engine_memory.get(t, numbered(&p, n), &got);
	if (value == NULL)
		return e == ERR_NOT_FOUND;
	return e == OK && got.size == strlen(value) && memcmp(got.data, value, got.size) == 0;
}

static void set(struct engine_txn *t, uint64_t n, const char *value)
{
	struct place p;
	assert_int_equal(engine_memory.put(t, numbered(&p, n), bytes_of(value)), OK);
}

static void test_readers_stand_still(void **state)
{
	(void)state;
	void *env = opened();
	struct place p;
	struct engine_txn *w = begun(env, true), *before = begun(env, false);
	set(w, 1, "one");
	set(w, 2, "two");
	assert_true(holds(w, 1, "one") && holds(before, 1, NULL));
	assert_int_equal(engine_memory.commit(w), OK);
	struct engine_txn *between = begun(env, false);
	assert_true(holds(before, 1, NULL) && holds(between, 1, "one"));
	w = begun(env, true);
	set(w, 1, "changed");
	assert_int_equal(engine_memory.del(w, numbered(&p, 2)), OK);
	assert_int_equal(engine_memory.del(w, numbered(&p, 2)), ERR_NOT_FOUND);
	assert_int_equal(engine_memory.commit(w), OK);
	assert_true(holds(between, 1, "one") && holds(between, 2, "two"));
	struct engine_txn *after = begun(env, false);
	assert_true(holds(after, 1, "changed") && holds(after, 2, NULL));
	engine_memory.abort(before);
	engine_memory.abort(between);
	engine_memory.abort(after);
	engine_memory.close(env);
}

static void test_abort_leaves_nothing(void **state)
{
	(void)state;
	void *env = opened();
	struct store_numbers n = {0};
	struct engine_txn *w = begun(env, true);
	set(w, 1, "kept");
	assert_int_equal(engine_memory.commit(w), OK);
	w = begun(env, true);
	set(w, 1, "changed");
	set(w, 2, "new");
	engine_memory.abort(w);
	struct engine_txn *r = begun(env, false);
	assert_true(holds(r, 1, "kept") && holds(r, 2, NULL));
	engine_memory.abort(r);
	engine_memory.numbers(env, &n);
	assert_int_equal(n.rows, 1);
	engine_memory.close(env);
}

/* Keys that come in order would make a plain tree a list: 50 000 of them would take minutes and all of the stack. */
static void test_rows_in_order(void **state)
{
	(void)state;
	enum { ROWS = 50000 };
	void *env = opened();
	struct engine_txn *w = begun(env, true);
	struct engine_cursor *c;
	struct place p;
	for (uint64_t n = 0; n < ROWS; n++)
		set(w, n, "row");
	assert_int_equal(engine_memory.commit(w), OK);
	struct engine_txn *r = begun(env, false);
	for (int backward = 0; backward < 2; backward++) {
		uint64_t rows = 0;
		struct bytes key, value;
		enum err e = engine_memory.seek(
			r, numbered(&p, backward ? UINT64_MAX : 0), backward, &c);
		for (; e == OK; e = engine_memory.step(c), rows++) {
			engine_memory.row(c, &key, &value);
			assert_int_equal(place_id(key, 0), backward ? ROWS - 1 - rows : rows);
		}
		assert_int_equal(e, ERR_NOT_FOUND);
		assert_int_equal(rows, ROWS);
		engine_memory.unseek(c);
	}
	assert_int_equal(engine_memory.seek(r, numbered(&p, ROWS), false, &c), ERR_NOT_FOUND);
	engine_memory.abort(r);
	engine_memory.close(env);
}

static void test_it_is_not_on_disk(void **state)
{
	(void)state;
	void *env = opened();
	const char *why = NULL;
	assert_int_equal(engine_memory.backup(env, -1, &why), ERR_INVALID);
	assert_non_null(why);
	assert_int_equal(engine_memory.check(env, &why), OK);
	engine_memory.close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers_stand_still),
		cmocka_unit_test(test_abort_leaves_nothing),
		cmocka_unit_test(test_rows_in_order),
		cmocka_unit_test(test_it_is_not_on_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
