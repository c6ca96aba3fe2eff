/* backup.c: a copy made while writes go on is whole, and what is not whole is never put in a
 * store's place. */
#include "../engine/temp.h"

#include "schema.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct fixture {
	struct temp temp;
	struct store_settings settings;
	struct store *store;
	const char *file, *place; /* the backup, and where to restore it */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	f->settings.path = f->temp.path;
	f->store = temp_open(&f->temp, &f->settings);
	f->file = arena_format(f->temp.arena, "%s/copy.kring", f->temp.base);
	f->place = arena_format(f->temp.arena, "%s/restored", f->temp.base);
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

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void backup(struct fixture *f)
{
	const char *why = "";
	if (store_backup(f->store, f->file, &why) != OK)
		fail_msg("%s", why);
	assert_false(exists(arena_format(f->temp.arena, "%s.partial", f->file)));
}

static enum err fill(struct txn *t, void *arg)
{
	static const char filler[3000];
	for (uint64_t i = 0; i < *(uint64_t *)arg; i++) {
		struct place key = place_1(230, i);
		enum err e = txn_put(t, &key, (struct bytes){filler, i % sizeof filler});
		if (e != OK)
			return e;
	}
	return OK;
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	const char *why = "";
	struct store_numbers a, b;
	uint64_t rows = 2000;
	assert_int_equal(store_write(f->store, fill, &rows), OK);
	assert_int_equal(put(f->store, place_1(231, 1), "here"), OK);
	backup(f);
	assert_int_equal(put(f->store, place_1(231, 2), "later"), OK);
	struct stat st;
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_restore(f->place, f->file, &why), OK);
	assert_int_equal(stat(f->place, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_false(exists(arena_format(f->temp.arena, "%s.restoring", f->place)));
	struct store *s = temp_open(&f->temp, &(struct store_settings){.path = f->place});
	assert_true(has(s, place_1(231, 1), "here"));
	assert_true(lacks(s, place_1(231, 2)));
	store_numbers(f->store, &a);
	store_numbers(s, &b);
	assert_int_equal(b.rows, a.rows - 1);
	assert_int_equal(put(s, place_1(231, 3), "goes on"), OK);
	store_close(s);
	backup(f); /* over the one that is there */
}

static void test_where_it_may_go(void **state)
{
	struct fixture *f = *state;
	const char *why = "";
	backup(f);
	assert_int_equal(store_restore(f->temp.path, f->file, &why), ERR_CONFLICT);
	assert_int_equal(mkdir(f->place, 0755), 0);
	char *draft = arena_format(f->temp.arena, "%s.restoring", f->place);
	assert_int_equal(mkdir(draft, 0700), 0); /* left by one that was killed */
	close(open(arena_format(f->temp.arena, "%s/data.mdb", draft), O_CREAT | O_WRONLY, 0600));
	close(open(arena_format(f->temp.arena, "%s.partial", f->file), O_CREAT | O_WRONLY, 0600));
	backup(f);
	assert_int_equal(
		store_restore(arena_format(f->temp.arena, "%s/", f->place), f->file, &why), OK);
	assert_false(exists(draft));
	store_close(temp_open(&f->temp, &(struct store_settings){.path = f->place}));
	assert_int_equal(store_backup(f->store, "/proc/nowhere/copy", &why), ERR_INVALID);
	assert_int_equal(store_restore(arena_format(f->temp.arena, "%s/none", f->temp.base),
				 "/nowhere", &why),
		ERR_INVALID);
	assert_false(exists(arena_format(f->temp.arena, "%s/none.restoring", f->temp.base)));
}

static void refuse_file(struct fixture *f)
{
	const char *why = NULL;
	enum err e = store_restore(f->place, f->file, &why);
	assert_true(e == ERR_INVALID || e == ERR_STORE);
	assert_non_null(why);
	assert_false(exists(f->place));
	assert_false(exists(arena_format(f->temp.arena, "%s.restoring", f->place)));
}

static void test_cut_short(void **state)
{
	struct fixture *f = *state;
	uint64_t rows = 500, seed = seed_of("cut backup");
	struct stat st;
	assert_int_equal(store_write(f->store, fill, &rows), OK);
	backup(f);
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(truncate(f->file, st.st_size - 1), 0);
	refuse_file(f);
	for (off_t size = st.st_size - 4096; size > 4096; size -= 4096 * (1 + chance(&seed, 20))) {
		assert_int_equal(truncate(f->file, size), 0);
		refuse_file(f);
	}
	for (off_t size = 4096; size >= 0; size -= 512) {
		assert_int_equal(truncate(f->file, size), 0);
		refuse_file(f);
	}
}

static void test_something_else(void **state)
{
	struct fixture *f = *state;
	static char text[50000];
	memset(text, 'x', sizeof text);
	int fd = open(f->file, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
	refuse_file(f);
}

static enum err set_version(struct txn *t, void *arg)
{
	struct place key = place_text(TABLE_META, "version");
	uint64_t version = *(uint64_t *)arg;
	return version ? txn_put_id(t, &key, version) : txn_del(t, &key);
}

static void test_versions(void **state)
{
	struct fixture *f = *state;
	static const uint64_t wrong[] = {0, 2, UINT64_MAX};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		uint64_t version = wrong[i];
		assert_int_equal(store_write(f->store, set_version, &version), OK);
		backup(f);
		refuse_file(f);
	}
}

static void test_in_memory(void **state)
{
	struct fixture *f = *state;
	const char *why = "";
	struct store *s = temp_open(&f->temp, &(struct store_settings){0});
	assert_int_equal(store_backup(s, f->file, &why), ERR_INVALID);
	assert_non_null(strstr(why, "memory"));
	assert_false(exists(f->file));
	assert_false(exists(arena_format(f->temp.arena, "%s.partial", f->file)));
	store_close(s);
}

/* ---- while writes go on ---- */

struct pen {
	struct store *store;
	atomic_bool stop;
	uint64_t next;
};

static enum err twice(struct txn *t, void *arg)
{
	struct pen *p = arg;
	struct place a = place_1(232, p->next), b = place_1(233, p->next);
	enum err e = txn_put_id(t, &a, p->next);
	return e == OK ? txn_put_id(t, &b, p->next) : e;
}

static void *scribble(void *arg)
{
	struct pen *p = arg;
	for (; !p->stop; p->next++)
		if (store_write(p->store, twice, p) != OK)
			abort();
	return NULL;
}

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
	return OK;
}

static enum err count_both(struct txn *t, void *arg)
{
	size_t *n = arg;
	struct walk a = {.prefix = place_0(232), .max = WALK_ALL},
		    b = {.prefix = place_0(233), .max = WALK_ALL};
	enum err e = txn_walk(t, &a, count_row, &n[0]);
	return e == OK ? txn_walk(t, &b, count_row, &n[1]) : e;
}

static void test_while_writing(void **state)
{
	struct fixture *f = *state;
	struct pen pen = {.store = f->store};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, scribble, &pen), 0);
	for (int i = 0; i < 10; i++) {
		const char *why = "",
			   *place = arena_format(f->temp.arena, "%s/r%d", f->temp.base, i);
		size_t n[2] = {0};
		backup(f);
		assert_int_equal(store_restore(place, f->file, &why), OK);
		struct store *s = temp_open(&f->temp, &(struct store_settings){.path = place});
		assert_int_equal(store_read(s, count_both, n), OK);
		assert_int_equal(n[0], n[1]);
		store_close(s);
	}
	pen.stop = true;
	pthread_join(thread, NULL);
	assert_true(pen.next > 10);
}

int main(void)
{
	log_open(LOG_ERROR, 2);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_where_it_may_go),
		TEST(test_cut_short),
		TEST(test_something_else),
		TEST(test_versions),
		TEST(test_in_memory),
		TEST(test_while_writing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
