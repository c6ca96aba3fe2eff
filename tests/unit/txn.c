/* txn.c (unit): what holds on any engine: the first failure stays, counters, ids, and promises kept to ourselves. */
#include "../../storage/inside.h"
#include "../engine/temp.h"

#include <signal.h>
#include <sys/wait.h>

/* ---- an engine that fails when told, and counts how often it was asked ---- */

static enum err answer;
static int asked;

static enum err fake_get(struct engine_txn *t, struct bytes key, struct bytes *value)
{
	(void)t;
	(void)key;
	(void)value;
	asked++;
	return answer;
}

static enum err fake_put(struct engine_txn *t, struct bytes key, struct bytes value)
{
	return fake_get(t, key, &value);
}

static enum err fake_del(struct engine_txn *t, struct bytes key)
{
	return fake_get(t, key, NULL);
}

static enum err fake_seek(
	struct engine_txn *t, struct bytes from, bool backward, struct engine_cursor **out)
{
	(void)backward;
	(void)out;
	return fake_get(t, from, NULL);
}

static const struct engine fake = {
	.name = "fake", .get = fake_get, .put = fake_put, .del = fake_del, .seek = fake_seek};
static const struct place row = {.size = 1, .at = {200}};

static enum err visit_nothing(void *arg, struct bytes at, struct bytes value)
{
	(void)arg;
	(void)at;
	(void)value;
	fail_msg("a row");
	return OK;
}

static enum err try_act(struct txn *t, int which)
{
	struct bytes value;
	int64_t number;
	uint64_t id;
	switch (which) {
	case 0:
		return txn_get(t, &row, &value);
	case 1:
		return txn_get_many(t, 1, &row, &value);
	case 2:
		return txn_put(t, &row, bytes_of("x"));
	case 3:
		return txn_del(t, &row);
	case 4:
		return txn_walk(t, &(struct walk){.max = 1}, visit_nothing, NULL);
	case 5:
		return txn_add(t, &row, 1, NULL);
	case 6:
		return txn_count(t, &row, &number);
	case 7:
		return txn_get_id(t, &row, &id);
	default:
		return txn_put_id(t, &row, 1);
	}
}
#define ACTS 9

/* Whoever looked the other way gets the same answer, and the engine is not asked again. */
static void test_the_first_failure_stays(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (int first = 0; first < ACTS; first++) {
		struct txn t = {.engine = &fake, .arena = a, .writes = true};
		answer = ERR_AGAIN;
		assert_int_equal(try_act(&t, first), ERR_AGAIN);
		assert_int_equal(t.fault, ERR_AGAIN);
		answer = OK;
		asked = 0;
		for (int next = 0; next < ACTS; next++)
			assert_int_equal(try_act(&t, next), ERR_AGAIN);
		assert_int_equal(asked, 0);
		txn_begun(&t);
		assert_int_equal(t.fault, OK);
		assert_int_equal(txn_put(&t, &row, bytes_of("x")), OK);
		assert_int_equal(asked, 1);
	}
}

static void test_absence_is_no_failure(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct txn t = {.engine = &fake, .arena = a, .writes = true};
	struct bytes value = bytes_of("was");
	int64_t number = 7;
	uint64_t id = 7;
	answer = ERR_NOT_FOUND;
	assert_int_equal(txn_get(&t, &row, &value), ERR_NOT_FOUND);
	assert_int_equal(txn_get_id(&t, &row, &id), ERR_NOT_FOUND);
	assert_int_equal(id, 7);
	assert_int_equal(txn_get_many(&t, 1, &row, &value), OK);
	assert_null(value.data);
	assert_int_equal(txn_del(&t, &row), OK);
	assert_false(t.wrote); /* deleting nothing is no writing */
	assert_int_equal(try_act(&t, 4), OK);
	assert_int_equal(txn_count(&t, &row, &number), OK);
	assert_int_equal(number, 0);
	assert_int_equal(t.fault, OK);
}

/* Refused before the engine sees it, so the transaction goes on. */
static void test_too_much_is_no_failure(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct txn t = {.engine = &fake, .arena = a, .writes = true};
	answer = OK;
	asked = 0;
	assert_int_equal(txn_put(&t, &row, (struct bytes){"", STORE_VALUE_MAX + 1}), ERR_TOO_MUCH);
	assert_true(asked == 0 && !t.wrote && t.bytes == 0 && t.fault == OK);
	assert_int_equal(txn_put(&t, &row, (struct bytes){"", STORE_VALUE_MAX}), OK);
	assert_true(t.wrote && t.bytes == STORE_VALUE_MAX + 1);
	asked = 0;
	assert_int_equal(txn_walk(&t, &(struct walk){.max = 0}, visit_nothing, NULL), OK);
	assert_int_equal(asked, 0);
}

/* ---- counters and ids ---- */

static enum err numbers(struct txn *t, void *arg)
{
	struct place counter = place_1(201, 1), id = place_1(201, 2), other = place_1(201, 3);
	struct bytes value;
	int64_t now = 7;
	uint64_t got;
	(void)arg;
	assert_int_equal(txn_add(t, &counter, 5, &now), OK);
	assert_int_equal(now, 5);
	assert_int_equal(txn_add(t, &counter, -6, &now), OK);
	assert_int_equal(now, 0); /* never below */
	assert_int_equal(txn_add(t, &counter, INT64_MAX, NULL), OK);
	assert_int_equal(txn_add(t, &counter, 1, &now), ERR_TOO_MUCH);
	assert_int_equal(now, 0);
	assert_int_equal(txn_count(t, &counter, &now), OK);
	assert_true(now == INT64_MAX);
	assert_int_equal(txn_put_id(t, &id, UINT64_C(0x0102030405060708)), OK);
	assert_int_equal(txn_get(t, &id, &value), OK);
	assert_true(value.size == 8 && memcmp(value.data, "\1\2\3\4\5\6\7\10", 8) == 0);
	assert_int_equal(txn_get_id(t, &id, &got), OK);
	assert_true(got == UINT64_C(0x0102030405060708));
	assert_int_equal(txn_put(t, &other, bytes_of("seven b")), OK);
	got = 7;
	assert_int_equal(txn_get_id(t, &other, &got), ERR_STORE);
	assert_int_equal(txn_count(t, &other, &now), ERR_STORE);
	assert_int_equal(txn_add(t, &other, 1, &now), ERR_STORE);
	assert_true(got == 7 && now == INT64_MAX);
	return OK;
}

static void test_numbers(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct store *s;
	const char *why;
	assert_int_equal(store_open(a, &(struct store_settings){0}, &s, &why), OK);
	assert_int_equal(store_write(s, numbers, NULL), OK);
	store_close(s);
}

/* ---- promises to ourselves: broken ones stop the program ---- */

static void dies(void (*act)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		close(2);
		signal(SIGABRT, SIG_DFL);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

static enum err write_in_read(struct txn *t, void *arg)
{
	struct place key = place_1(246, 1);
	(void)arg;
	return txn_put(t, &key, (struct bytes){"", 0});
}

static enum err write_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	return write_in_read(arg, NULL);
}

static enum err write_while_walking(struct txn *t, void *arg)
{
	struct walk all = {.max = WALK_ALL};
	(void)arg;
	return txn_walk(t, &all, write_row, t);
}

static void wrong_read(void)
{
	struct store *s;
	const char *why;
	struct arena *a = arena_create();
	if (store_open(a, &(struct store_settings){0}, &s, &why) == OK
		&& store_read(s, write_in_read, NULL) == OK)
		_exit(0);
}

static void wrong_walk(void)
{
	struct store *s;
	const char *why;
	struct arena *a = arena_create();
	if (store_open(a, &(struct store_settings){0}, &s, &why) == OK
		&& store_write(s, write_while_walking, NULL) == OK)
		_exit(0);
}

static void test_broken_promises(void **state)
{
	(void)state;
	dies(wrong_read);
	dies(wrong_walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_failure_stays),
		cmocka_unit_test(test_absence_is_no_failure),
		cmocka_unit_test(test_too_much_is_no_failure),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_broken_promises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
