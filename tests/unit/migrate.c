/* migrate.c: steps run once, in order, slice by slice, go on after a failure, and never without
 * a copy of before. */
#include "../../storage/inside.h"
#include "../engine/temp.h"

#include "schema.h"

#include <sys/stat.h>

#define ROWS 10

struct fixture {
	struct temp temp;
	struct store_settings settings;
	struct store *store;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	f->settings.path = f->temp.path;
	f->store = temp_open(&f->temp, &f->settings);
	for (uint64_t i = 0; i < ROWS; i++)
		assert_int_equal(put(f->store, place_1(250, i), "old"), OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	temp_remove(&f->temp);
	free(f);
	return 0;
}

static enum err read_version(struct txn *t, void *arg)
{
	return migrate_version(t, arg);
}

static uint32_t version_of(struct store *s)
{
	uint32_t version = 99;
	assert_int_equal(store_read(s, read_version, &version), OK);
	return version;
}

/* ---- steps of these tests ---- */

static int runs, fail_at;

static enum err never(struct txn *t, struct place *at, bool *more)
{
	(void)t;
	(void)at;
	(void)more;
	fail_msg("version 1 is there already");
	return ERR_STORE;
}

/* Three rows a slice: 250 n → 251 n. */
static enum err move_rows(struct txn *t, struct place *at, bool *more)
{
	uint64_t from = at->size ? place_id((struct bytes){at->at, at->size}, 0) + 1 : 0;
	enum err e = OK;
	for (uint64_t i = from; e == OK && i < ROWS && i < from + 3; i++) {
		struct place old = place_1(250, i), new = place_1(251, i);
		e = txn_del(t, &old);
		if (e == OK)
			e = txn_add(t, &new, 1, NULL);
		*at = old;
	}
	*more = from + 3 < ROWS;
	return e != OK ? e : ++runs == fail_at ? ERR_REMOTE : OK;
}

static enum err mark(struct txn *t, struct place *at, bool *more)
{
	struct place key = place_0(252);
	assert_int_equal(at->size, 0); /* each step begins at its own start */
	assert_false(*more);
	return txn_add(t, &key, 1, NULL);
}

static const struct step list[] = {
	{1, "start", never}, {2, "move rows", move_rows}, {3, "mark", mark}};
static const struct steps steps = {list, COUNT(list)};

static enum err run(struct fixture *f, const char **why)
{
	return migrate_run(f->store, &steps, f->temp.path, f->temp.arena, why);
}

static enum err look(struct txn *t, void *arg)
{
	int64_t n = 0;
	(void)arg;
	for (uint64_t i = 0; i < ROWS; i++) {
		struct place old = place_1(250, i), new = place_1(251, i);
		struct bytes v;
		assert_int_equal(txn_get(t, &old, &v), ERR_NOT_FOUND);
		assert_int_equal(txn_count(t, &new, &n), OK);
		assert_int_equal(n, 1);
	}
	struct place key = place_0(252), progress = place_text(TABLE_META, "migration");
	struct bytes v;
	assert_int_equal(txn_count(t, &key, &n), OK);
	assert_int_equal(n, 1);
	assert_int_equal(txn_get(t, &progress, &v), ERR_NOT_FOUND);
	return OK;
}

static void test_new_store(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(version_of(f->store), migrate_steps.count);
	for (uint32_t i = 0; i < migrate_steps.count; i++)
		assert_int_equal(migrate_steps.at[i].version, i + 1);
	assert_int_not_equal(
		access(arena_format(f->temp.arena, "%s/before-v1.kring", f->temp.path), F_OK), 0);
}

static void test_steps(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;
	runs = fail_at = 0;
	assert_int_equal(run(f, &why), OK);
	assert_int_equal(runs, 4);
	assert_int_equal(version_of(f->store), 3);
	assert_int_equal(store_read(f->store, look, NULL), OK);
	assert_int_equal(run(f, &why), OK); /* nothing left to do */
	assert_int_equal(store_read(f->store, look, NULL), OK);
}

static void expect_backup_of_before(struct fixture *f)
{
	const char *why = "",
		   *file = arena_format(f->temp.arena, "%s/before-v2.kring", f->temp.path);
	const char *path = arena_format(f->temp.arena, "%s/old", f->temp.base);
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_restore(path, file, &why), OK);
	struct store *s = temp_open(&f->temp, &(struct store_settings){.path = path});
	assert_int_equal(version_of(s), 1);
	for (uint64_t i = 0; i < ROWS; i++)
		assert_true(has(s, place_1(250, i), "old"));
	store_close(s);
}

static void test_goes_on_after_a_failure(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;
	runs = 0;
	fail_at = 3;
	assert_int_equal(run(f, &why), ERR_REMOTE);
	assert_non_null(strstr(why, "Migration 2 (move rows)"));
	assert_int_equal(version_of(f->store), 1);
	assert_true(lacks(f->store, place_1(250, 5)));
	assert_true(has(f->store, place_1(250, 6), "old")); /* the third slice left nothing */
	store_close(f->store);
	f->store = temp_open(&f->temp, &f->settings);
	assert_int_equal(run(f, &why), OK);
	assert_int_equal(runs, 5);
	assert_int_equal(version_of(f->store), 3);
	assert_int_equal(store_read(f->store, look, NULL), OK);
	expect_backup_of_before(f); /* not of halfway */
}

static void test_no_step_without_a_copy(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;
	runs = fail_at = 0;
	assert_int_not_equal(
		migrate_run(f->store, &steps, "/proc/nowhere", f->temp.arena, &why), OK);
	assert_non_null(strstr(why, "backup"));
	assert_int_equal(runs, 0);
	assert_int_equal(version_of(f->store), 1);
}

static void test_newer_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *s = NULL;
	const char *why = NULL;
	assert_int_equal(run(f, &why), OK); /* three is more than this program knows */
	store_close(f->store);
	assert_int_equal(store_open(f->temp.arena, &f->settings, &s, &why), ERR_INVALID);
	assert_non_null(strstr(why, "newer Kring: it has version 3, this program knows 1"));
	const char *file = arena_format(f->temp.arena, "%s/before-v2.kring", f->temp.path);
	assert_int_equal(rename(file, arena_format(f->temp.arena, "%s/keep", f->temp.base)), 0);
	assert_int_equal(unlink(arena_format(f->temp.arena, "%s/data.mdb", f->temp.path)), 0);
	f->store = temp_open(&f->temp, &f->settings);
}

int main(void)
{
	log_open(LOG_WARN, 2);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new_store),
		TEST(test_steps),
		TEST(test_goes_on_after_a_failure),
		TEST(test_no_step_without_a_copy),
		TEST(test_newer_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
