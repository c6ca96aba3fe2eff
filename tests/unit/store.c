/* store.c (unit): what is answered OK is there after kill -9; what is not ours is left alone. */
#include "../engine/temp.h"

#include "inside.h"
#include "schema.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- the fixture ---- */

struct fixture {
	struct temp temp;
	struct store_settings settings;
	struct store *store;
	int pipe[2];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	f->settings.path = f->temp.path;
	f->store = temp_open(&f->temp, &f->settings);
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

/* ---- opening ---- */

static void refused(struct fixture *f, enum err as, const char *saying)
{
	struct store *s = NULL;
	const char *why = NULL;
	assert_int_equal(store_open(f->temp.arena, &f->settings, &s, &why), as);
	assert_null(s);
	assert_non_null(why);
	if (!strstr(why, saying))
		fail_msg("\"%s\" does not say \"%s\"", why, saying);
}

static enum err forget_version(struct txn *t, void *arg)
{
	struct place key = place_text(TABLE_META, "version");
	enum err e = txn_del(t, &key);
	struct place other = place_1(240, 1);
	return e == OK ? txn_put(t, &other, *(struct bytes *)arg) : e;
}

static void test_rows_of_something_else(void **state)
{
	struct fixture *f = *state;
	struct bytes row = bytes_of("row");
	assert_int_equal(store_write(f->store, forget_version, &row), OK);
	store_close(f->store);
	f->store = NULL;
	refused(f, ERR_INVALID, "not a store");
}

/* ---- kill -9 ---- */

#define HANDS 4
struct hand {
	struct store *store;
	uint64_t number, next;
	int report;
};

static enum err add_row(struct txn *t, void *arg)
{
	struct hand *h = arg;
	struct place row = place_2(244, h->number, h->next), count = place_1(245, h->number);
	enum err e = txn_put_id(t, &row, h->next);
	return e == OK ? txn_add(t, &count, 1, NULL) : e;
}

static void *write_for_ever(void *arg)
{
	struct hand *h = arg;
	for (;; h->next++) {
		uint64_t said[2] = {h->number, h->next};
		if (store_write(h->store, add_row, h) != OK
			|| write(h->report, said, sizeof said) != sizeof said)
			_exit(1);
	}
}

static void write_until_killed(struct fixture *f, const uint64_t next[HANDS], int report)
{
	struct store *s = temp_open(&f->temp, &f->settings);
	struct hand hands[HANDS];
	pthread_t threads[HANDS];
	for (uint64_t i = 0; i < HANDS; i++) {
		hands[i] = (struct hand){s, i, next[i], report};
		if (pthread_create(&threads[i], NULL, write_for_ever, &hands[i]) != 0)
			_exit(1);
	}
	for (;;)
		pause();
}

struct audit {
	uint64_t number, acknowledged;
	uint64_t rows;
};

static enum err audit_row(void *arg, struct bytes key, struct bytes value)
{
	struct audit *a = arg;
	assert_true(place_id(key, 1) == a->rows && place_id_at(value, 0) == a->rows); /* no gaps */
	a->rows++;
	return OK;
}

static enum err audit(struct txn *t, void *arg)
{
	struct audit *a = arg;
	struct walk w = {.prefix = place_1(244, a->number), .max = WALK_ALL};
	struct place count = place_1(245, a->number);
	int64_t counted = 0;
	assert_int_equal(txn_walk(t, &w, audit_row, a), OK);
	assert_int_equal(txn_count(t, &count, &counted), OK);
	assert_int_equal(counted, a->rows); /* nothing half done */
	assert_true(a->rows >= a->acknowledged);
	return OK;
}

static void test_kill(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = seed_of("kill -9"), next[HANDS] = {0};
	for (int round = 0; round < 20; round++) {
		int pipes[2];
		store_close(f->store);
		assert_int_equal(pipe(pipes), 0);
		pid_t child = fork();
		if (child == 0) {
			close(pipes[0]);
			write_until_killed(f, next, pipes[1]);
		}
		close(pipes[1]);
		fcntl(pipes[0], F_SETPIPE_SZ, 1 << 20);
		usleep(3000 + chance(&seed, 57000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		uint64_t said[2];
		while (read(pipes[0], said, sizeof said) == sizeof said)
			next[said[0]] = said[1] + 1;
		close(pipes[0]);
		f->store = temp_open(&f->temp, &f->settings);
		for (uint64_t i = 0; i < HANDS; i++) {
			struct audit a = {i, next[i], 0};
			assert_int_equal(store_read(f->store, audit, &a), OK);
			next[i] = a.rows;
		}
	}
	assert_true(next[0] > 20);
}

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

/* ---- renewed: what was deleted is nowhere any more ---- */

#define MARKER "markerOfWhoLeft"

/* How often it stands in the files of the store. */
static int marked(struct fixture *f)
{
	char command[160];
	assert_true(text_print(
		command, sizeof command, "cat '%s'/* | grep -ac %s", f->temp.path, MARKER));
	FILE *in = popen(command, "r");
	int count = -1;
	assert_non_null(in);
	assert_int_equal(fscanf(in, "%d", &count), 1);
	pclose(in);
	return count;
}

/* Of every size: in a page with others, in one of its own, in many; some go, others stay between them. */
static struct bytes words(struct temp *t, uint64_t i, const char *word)
{
	static const size_t sizes[] = {40, 400, 1900, 2500, 4000, 9000};
	size_t size = sizes[i % COUNT(sizes)];
	char *at = arena_alloc(t->arena, size);
	for (size_t k = 0; k < size; k++)
		at[k] = word[k % strlen(word)];
	return (struct bytes){at, size};
}

static void fill(struct fixture *f, uint64_t rows, bool with_marker)
{
	for (uint64_t i = 0; i < rows; i++) {
		struct pair stays = {.key = place_2(240, i, 0)}, goes = {.key = place_2(240, i, 1)};
		stays.value = words(&f->temp, i, "stays");
		goes.value = words(&f->temp, i, MARKER);
		assert_int_equal(store_write(f->store, put_pair, &stays), OK);
		if (with_marker)
			assert_int_equal(store_write(f->store, put_pair, &goes), OK);
	}
}

static enum err drop_pair(struct txn *t, void *arg)
{
	return txn_del(t, &((struct pair *)arg)->key);
}

static void clear(struct fixture *f, uint64_t rows)
{
	for (uint64_t i = 0; i < rows; i++) {
		struct pair p = {.key = place_2(240, i, 1)};
		assert_int_equal(store_write(f->store, drop_pair, &p), OK);
	}
}

struct busy {
	struct store *store;
	atomic_bool stop;
	atomic_int reads, writes;
};

static void *read_on(void *arg)
{
	struct busy *b = arg;
	while (!b->stop) {
		struct pair p = {.key = place_2(240, 1, 0)};
		if (store_read(b->store, get_pair, &p) != OK || !p.found || p.size != 400)
			abort();
		b->reads++;
	}
	return NULL;
}

static void *write_along(void *arg)
{
	struct busy *b = arg;
	for (uint64_t i = 0; !b->stop; i++) {
		struct pair p = {.key = place_2(241, i, 0), .value = bytes_of("new")};
		if (store_write(b->store, put_pair, &p) != OK)
			abort();
		b->writes++;
	}
	return NULL;
}

static void test_renewed(void **state)
{
	struct fixture *f = *state;
	fill(f, 300, true);
	clear(f, 300);
	fill(f, 300, false); /* pages are used again, and not wiped for that */
	assert_true(marked(f) > 0);
	struct busy b = {.store = f->store};
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, i == 0 ? write_along : read_on, &b), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_renew(f->store), OK);
		assert_int_equal(marked(f), 0);
	}
	b.stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_true(b.reads > 0 && b.writes > 0);
	store_close(f->store);
	f->store = temp_open(&f->temp, &f->settings);
	for (int i = 0; i < b.writes; i++)
		assert_true(has(f->store, place_2(241, (uint64_t)i, 0), "new"));
	for (uint64_t i = 0; i < 300; i++) {
		struct pair p = {.key = place_2(240, i, 0)};
		assert_int_equal(store_read(f->store, get_pair, &p), OK);
		assert_int_equal(p.size, words(&f->temp, i, "x").size);
	}
	assert_int_equal(marked(f), 0);
}

/* Killed at any moment of it: all that was answered is there, and the half of a file is not. */
static void test_renewed_killed(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = seed_of("renewed");
	fill(f, 200, false);
	store_close(f->store);
	f->store = NULL;
	for (int round = 0; round < 12; round++) {
		pid_t child = fork();
		if (child == 0) {
			f->store = temp_open(&f->temp, &f->settings);
			for (;;)
				if (store_renew(f->store) != OK)
					_exit(1);
		}
		usleep(3000 + chance(&seed, 40000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		f->store = temp_open(&f->temp, &f->settings);
		for (uint64_t i = 0; i < 200; i++)
			assert_false(lacks(f->store, place_2(240, i, 0)));
		char half[128];
		assert_true(text_print(half, sizeof half, "%s/renewed.mdb", f->temp.path));
		assert_int_equal(access(half, F_OK), -1);
		store_close(f->store);
		f->store = NULL;
	}
}

static enum err nothing(struct txn *t, void *arg)
{
	(void)t;
	(void)arg;
	return OK;
}

static void *renew_it(void *arg)
{
	struct fixture *f = arg;
	return store_renew(f->store) == OK ? f : NULL;
}

static void *copy_it(void *arg)
{
	struct fixture *f = arg;
	const char *why;
	return store_copy(f->store, f->pipe[1], &why) == OK ? f : NULL;
}

/* Nobody takes what the backup writes: reads and writes go on all the same. */
static void test_renewed_behind_a_backup(void **state)
{
	struct fixture *f = *state;
	pthread_t copying, renewing;
	char bytes[4096];
	void *copied, *renewed;
	struct pollfd begun;
	fill(f, 200, false);
	assert_int_equal(pipe(f->pipe), 0);
	begun = (struct pollfd){.fd = f->pipe[0], .events = POLLIN};
	assert_int_equal(pthread_create(&copying, NULL, copy_it, f), 0);
	assert_int_equal(poll(&begun, 1, 10000), 1);
	assert_int_equal(pthread_create(&renewing, NULL, renew_it, f), 0);
	for (int i = 0; i < 20; i++) {
		usleep(5000);
		assert_false(lacks(f->store, place_2(240, 1, 0)));
		assert_int_equal(store_write(f->store, nothing, NULL), OK);
	}
	size_t size = 0;
	while (poll(&begun, 1, 1000) == 1) {
		ssize_t n = read(f->pipe[0], bytes, sizeof bytes);
		assert_true(n > 0);
		size += (size_t)n;
	}
	assert_true(size > 65536); /* what a pipe holds: it did wait */
	assert_int_equal(pthread_join(copying, &copied), 0);
	assert_int_equal(pthread_join(renewing, &renewed), 0);
	assert_true(copied == f && renewed == f);
	close(f->pipe[0]);
	close(f->pipe[1]);
}

/* ---- promises to ourselves: broken ones stop the program ---- */

static struct store *under_test;

static enum err write_in_write(struct txn *t, void *arg)
{
	(void)t;
	return store_write(under_test, nothing, arg);
}

static void wrong_write(void)
{
	const char *why;
	struct arena *a = arena_create();
	if (store_open(a, &(struct store_settings){0}, &under_test, &why) == OK
		&& store_write(under_test, write_in_write, NULL) == OK)
		_exit(0);
}

static void test_broken_promises(void **state)
{
	(void)state;
	dies(wrong_write);
}

int main(void)
{
	log_open(LOG_ERROR, 2);
	umask(0);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rows_of_something_else),
		TEST(test_kill),
		TEST(test_renewed),
		TEST(test_renewed_killed),
		TEST(test_renewed_behind_a_backup),
		cmocka_unit_test(test_broken_promises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
