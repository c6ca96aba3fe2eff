/* engine_lmdb.c (engine): a directory that is one, is ours alone and is whole, on a disk that fails or is full. */
#include "temp.h"

#include "engine.h"

#include <errno.h>
#include <fcntl.h>
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

/* ---- the copy ---- */

/* What was committed when it began, and nothing of what came later; it opens as a store of its own. */
static void test_a_copy_is_a_store(void **state)
{
	struct fixture *f = *state;
	const char *directory = arena_format(f->temp.arena, "%s/copy", f->temp.base), *why = "";
	assert_int_equal(put(f->store, place_1(247, 1), "before"), OK);
	store_close(f->store);
	f->store = NULL;
	void *env;
	struct engine_txn *t;
	struct place late = place_1(247, 2);
	assert_int_equal(engine_lmdb.open(&f->settings, &env, &why), OK);
	assert_int_equal(engine_lmdb.check(env, &why), OK);
	assert_int_equal(engine_lmdb.begin(env, true, &t), OK);
	assert_int_equal(
		engine_lmdb.put(t, (struct bytes){late.at, late.size}, bytes_of("late")), OK);
	assert_int_equal(mkdir(directory, 0700), 0);
	int fd = open(arena_format(f->temp.arena, "%s/data.mdb", directory),
		O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_int_equal(engine_lmdb.backup(env, fd, &why), OK);
	close(fd);
	assert_int_equal(engine_lmdb.commit(t), OK);
	engine_lmdb.close(env);
	struct store_settings settings = {.path = directory};
	f->store = temp_open(&f->temp, &settings);
	assert_true(has(f->store, place_1(247, 1), "before"));
	assert_true(lacks(f->store, late));
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
		TEST(test_network_file_system),
		TEST(test_map_too_large),
		TEST(test_failing_disk),
		TEST(test_full_map),
		TEST(test_a_copy_is_a_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
