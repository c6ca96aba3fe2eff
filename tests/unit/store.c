/* store.c: what is answered OK is there after kill -9, a full or failing disk takes nothing with
 * it, one process only. */
#include "../engine/temp.h"

#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* ---- a disk that fails when told: these stand before the C library's ---- */

enum part { NOTHING, DATA, META, SYNC };
static atomic_int failing, failing_code, full, network;

static bool fails(enum part part)
{
	if (failing != (int)part)
		return false;
	errno = failing_code;
	return true;
}

static enum part part_of(int fd)
{
	return fcntl(fd, F_GETFL) & O_DSYNC ? META : DATA;
}

/* LMDB calls it by either name, whatever this file's own off_t is. */
ssize_t failing_pwrite(int fd, const void *data, size_t size, off_t at) __asm__("failing_pwrite");
ssize_t failing_pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails(part_of(fd)) ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, data, size, at);
}
ssize_t plain_pwrite(int fd, const void *data, size_t size, off_t at) __asm__("pwrite")
	__attribute__((alias("failing_pwrite")));
ssize_t large_pwrite(int fd, const void *data, size_t size, off_t at) __asm__("pwrite64")
	__attribute__((alias("failing_pwrite")));

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return fails(part_of(fd)) ? -1 : (ssize_t)syscall(SYS_writev, fd, parts, count);
}

int fdatasync(int fd)
{
	return fails(SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fstatvfs(int fd, struct statvfs *out)
{
	(void)fd;
	*out = (struct statvfs){.f_bavail = full ? 0 : 1 << 20, .f_frsize = 4096};
	return 0;
}

int fstatfs(int fd, struct statfs *out)
{
	return network ? out->f_type = 0x6969, 0 : (int)syscall(SYS_fstatfs, fd, out);
}

/* ---- the fixture ---- */

struct fixture {
	struct temp temp;
	struct store_settings settings;
	struct store *store;
};

static void reopen(struct fixture *f)
{
	store_close(f->store);
	f->store = temp_open(&f->temp, &f->settings);
}

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
	failing = NOTHING;
	full = 0;
	store_close(f->store);
	temp_remove(&f->temp);
	free(f);
	return 0;
}

static const char *in(struct fixture *f, const char *file)
{
	return arena_format(f->temp.arena, "%s/%s", f->temp.path, file);
}

/* ---- opening ---- */

static void test_modes(void **state)
{
	static const struct {
		const char *file;
		mode_t mode;
	} all[] = {{"", 0700}, {"data.mdb", 0600}, {"lock.mdb", 0600}, {"lock", 0600}};
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct stat st;
		assert_int_equal(stat(in(f, all[i].file), &st), 0);
		assert_int_equal(st.st_mode & 0777, all[i].mode);
	}
}

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

static void test_in_use(void **state)
{
	struct fixture *f = *state;
	refused(f, ERR_CONFLICT, "in use");
	pid_t child = fork();
	if (child == 0) {
		struct store *s;
		const char *why;
		_exit(store_open(f->temp.arena, &f->settings, &s, &why) == ERR_CONFLICT ? 7 : 0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	assert_int_equal(put(f->store, place_1(240, 1), "still ours"), OK);
}

static void test_nowhere(void **state)
{
	struct fixture *f = *state;
	struct store_settings was = f->settings;
	f->settings.path = "/proc/nothing/here";
	refused(f, ERR_STORE, "directory");
	f->settings.path = in(f, "data.mdb"); /* a file */
	refused(f, ERR_STORE, "directory");
	f->settings = was;
}

static void overwrite(const char *file, const void *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void test_not_a_store(void **state)
{
	struct fixture *f = *state;
	static char text[20000];
	memset(text, 'x', sizeof text);
	store_close(f->store);
	f->store = NULL;
	overwrite(in(f, "data.mdb"), text, sizeof text);
	refused(f, ERR_INVALID, "not a store");
	overwrite(in(f, "data.mdb"), text, 10);
	refused(f, ERR_INVALID, "not a store");
	refused(f, ERR_INVALID, "not a store"); /* and left no lock behind */
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

static void test_network_file_system(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	f->store = NULL;
	network = 1;
	refused(f, ERR_INVALID, "network");
	network = 0;
	f->store = temp_open(&f->temp, &f->settings);
}

static void test_map_too_large(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	f->store = NULL;
	f->settings.map_size = (size_t)1 << 50; /* asked for by name: no other size will do */
	refused(f, ERR_STORE, "cannot be opened");
	f->settings.map_size = 0;
	f->store = temp_open(&f->temp, &f->settings);
}

/* ---- disks that fail ---- */

static void test_failing_disk(void **state)
{
	static const struct {
		enum part part;
		int code;
		bool full;
		enum err answer, later; /* once the disk is well again */
	} all[] = {
		{DATA, ENOSPC, false, ERR_AGAIN, OK},
		{DATA, EDQUOT, false, ERR_AGAIN, OK},
		{DATA, EFBIG, false, ERR_AGAIN, OK},
		{DATA, EIO, true, ERR_AGAIN, OK}, /* what LMDB makes of a short write */
		{SYNC, ENOSPC, false, ERR_AGAIN, OK},
		{DATA, EIO, false, ERR_STORE, ERR_STORE},
		{SYNC, EIO, false, ERR_STORE, ERR_STORE},
		{META, EIO, false, ERR_STORE, ERR_STORE},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct place before = place_2(241, i, 1), during = place_2(241, i, 2),
			     after = place_2(241, i, 3);
		assert_int_equal(put(f->store, before, "before"), OK);
		failing_code = all[i].code;
		full = all[i].full;
		failing = all[i].part;
		for (int n = 0; n < 3; n++)
			assert_int_equal(put(f->store, during, "lost"), all[i].answer);
		for (int n = 0; n < 3; n++) {
			assert_true(has(f->store, before, "before"));
			assert_true(lacks(f->store, during));
		}
		failing = NOTHING;
		const char *why = "";
		assert_int_equal(store_backup(f->store,
					 arena_format(f->temp.arena, "%s/b", f->temp.base), &why),
			OK);
		assert_int_equal(put(f->store, after, "after"), all[i].later);
		assert_int_equal(has(f->store, after, "after"), all[i].later == OK);
		assert_true(has(f->store, before, "before"));
		reopen(f);
		assert_true(has(f->store, before, "before"));
		assert_true(lacks(f->store, during));
		assert_int_equal(put(f->store, after, "after"), OK);
	}
}

static enum err fill(struct txn *t, void *arg)
{
	static const char filler[4000];
	struct place key = place_1(242, *(uint64_t *)arg);
	return txn_put(t, &key, (struct bytes){filler, sizeof filler});
}

static enum err fill_and_look_away(struct txn *t, void *arg)
{
	for (uint64_t n = 0; n < 1000; n++) {
		uint64_t far = 1000000 + n;
		if (fill(t, &far) != OK)
			break;
	}
	(void)arg;
	return OK;
}

static enum err empty(struct txn *t, void *arg)
{
	struct place key = place_1(242, *(uint64_t *)arg);
	return txn_del(t, &key);
}

static void test_full_map(void **state)
{
	struct fixture *f = *state;
	uint64_t n = 0, first = 0;
	enum err e;
	f->settings.map_size = 1 << 20;
	reopen(f);
	assert_int_equal(put(f->store, place_1(243, 1), "before"), OK);
	while ((e = store_write(f->store, fill, &n)) == OK)
		n++;
	assert_int_equal(e, ERR_AGAIN);
	assert_true(n > 50);
	assert_int_equal(store_write(f->store, fill, &n), ERR_AGAIN);
	assert_int_equal(store_write(f->store, fill_and_look_away, NULL), ERR_AGAIN);
	assert_true(lacks(f->store, place_1(242, 1000000)));
	assert_true(has(f->store, place_1(243, 1), "before"));
	for (; first < n / 2; first++)
		assert_int_equal(store_write(f->store, empty, &first), OK);
	assert_int_equal(store_write(f->store, fill, &n), OK);
	assert_true(has(f->store, place_1(243, 1), "before"));
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

/* ---- keys ---- */

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

static char long_name[102];

static void key_too_long(void)
{
	(void)place_text(1, long_name);
}

static void test_places(void **state)
{
	static const uint64_t numbers[] = {
		0,
		1,
		255,
		256,
		UINT32_MAX,
		(uint64_t)1 << 32,
		UINT64_MAX - 1,
		UINT64_MAX,
	};
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct place p = place_3(9, 7, numbers[i], 8);
		struct bytes key = {p.at, p.size};
		assert_int_equal(p.size, 25);
		assert_int_equal(p.at[0], 9);
		assert_true(place_id(key, 0) == 7 && place_id(key, 1) == numbers[i]
			&& place_id(key, 2) == 8);
		assert_true(place_id(key, 3) == 0 && place_id(key, SIZE_MAX) == 0);
		assert_true(place_id_at(key, 17) == 8 && place_id_at(key, 18) == 0
			&& place_id_at(key, SIZE_MAX) == 0);
		struct place before = place_3(9, 7, i ? numbers[i - 1] : 0, 9);
		assert_true(i == 0 || memcmp(before.at, p.at, p.size) < 0);
		assert_memory_equal(place_2(9, 7, numbers[i]).at, p.at, 17);
	}
	uint8_t hash[SHA256_SIZE];
	crypto_sha256("https://a.example/1", 19, hash);
	struct place h = place_hash_1(4, "https://a.example/1", 5);
	assert_int_equal(h.size, 25);
	assert_memory_equal(h.at + 1, hash, 16);
	assert_true(place_id_at((struct bytes){h.at, h.size}, 17) == 5);
	memset(long_name, 'n', 100);
	assert_int_equal(place_text(1, long_name).size, 101);
	assert_int_equal(place_text(1, "").size, 1);
	memset(long_name, 'n', 101);
	dies(key_too_long);
}

/* ---- promises to ourselves: broken ones stop the program ---- */

static struct store *under_test;

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

static enum err write_in_write(struct txn *t, void *arg)
{
	(void)t;
	return store_write(under_test, write_while_walking, arg);
}

static void wrong_read(void)
{
	under_test = NULL;
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
	dies(wrong_read);
	dies(wrong_walk);
	dies(wrong_write);
}

int main(void)
{
	log_open(LOG_ERROR, 2);
	umask(0);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_modes),
		TEST(test_in_use),
		TEST(test_nowhere),
		TEST(test_not_a_store),
		TEST(test_rows_of_something_else),
		TEST(test_network_file_system),
		TEST(test_map_too_large),
		TEST(test_failing_disk),
		TEST(test_full_map),
		TEST(test_kill),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_broken_promises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
