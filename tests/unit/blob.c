/* blob.c (unit): files by content: whole or not there, swept when nobody names them, copied with the store. */
#include "../engine/temp.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct fixture {
	struct temp temp;
	const char *at; /* the directory */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	f->at = arena_format(f->temp.arena, "%s/blobs", f->temp.base);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	time_freeze(0);
	temp_remove(&f->temp);
	free(f);
	return 0;
}

static struct bytes of(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static bool is_there(struct fixture *f, const char *name)
{
	struct bytes b;
	return blob_read(f->temp.arena, f->at, name, &b) == OK;
}

static void what_is_put_can_be_read(void **state)
{
	struct fixture *f = *state;
	char name[BLOB_NAME], again[BLOB_NAME], other[BLOB_NAME];
	struct bytes b;
	uint64_t size = 0;
	assert_int_equal(blob_put(f->at, of("abc"), name), OK);
	assert_string_equal(
		name, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(blob_put(f->at, of("abc"), again), OK);
	assert_string_equal(name, again);
	assert_int_equal(blob_put(f->at, of("abd"), other), OK);
	assert_string_not_equal(name, other);
	assert_int_equal(blob_read(f->temp.arena, f->at, name, &b), OK);
	assert_int_equal(b.size, 3);
	assert_memory_equal(b.data, "abc", 3);
	int fd = blob_open(f->at, name, &size);
	assert_true(fd >= 0);
	assert_int_equal(size, 3);
	close(fd);
}

/* Names come from records, but a name never becomes another path. */
static void other_names_lead_nowhere(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"", "..", "../../etc/passwd", "ba",
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"0000000000000000000000000000000000000000000000000000000000000000"};
	char name[BLOB_NAME];
	uint64_t size;
	assert_int_equal(blob_put(f->at, of("abc"), name), OK);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(blob_open(f->at, names[i], &size), -1);
}

static void what_changed_on_disk_is_noticed(void **state)
{
	struct fixture *f = *state;
	char name[BLOB_NAME];
	struct bytes b;
	assert_int_equal(blob_put(f->at, of("abc"), name), OK);
	const char *path = arena_format(f->temp.arena, "%s/ba/%s", f->at, name);
	FILE *file = fopen(path, "w");
	fputs("abX", file);
	fclose(file);
	assert_int_equal(blob_read(f->temp.arena, f->at, name, &b), ERR_STORE);
}

static bool is_named(void *arg, const char *name)
{
	const char *const *one = arg;
	return text_is(*one, name);
}

static void what_nobody_names_is_swept(void **state)
{
	struct fixture *f = *state;
	char kept[BLOB_NAME], old[BLOB_NAME], young[BLOB_NAME];
	assert_int_equal(blob_put(f->at, of("kept"), kept), OK);
	assert_int_equal(blob_put(f->at, of("old"), old), OK);
	const char *named = kept;
	assert_int_equal(
		blob_sweep(f->at, HOUR, is_named, &named), 0); /* its record may be coming */
	const char *left = arena_format(f->temp.arena, "%s/ba/left.over", f->at);
	assert_int_equal(blob_put(f->at, of("abc"), young), OK);
	FILE *file = fopen(left, "w"); /* of a put that was killed */
	fclose(file);
	time_freeze(time_now() + 2 * HOUR);
	struct timespec at[2] = {{.tv_sec = time_now() / 1000}, {.tv_sec = time_now() / 1000}};
	const char *path = arena_format(f->temp.arena, "%s/ba/%s", f->at, young);
	assert_int_equal(utimensat(AT_FDCWD, path, at, 0), 0);
	assert_int_equal(blob_sweep(f->at, HOUR, is_named, &named), 2);
	assert_true(is_there(f, kept));
	assert_false(is_there(f, old));
	assert_true(is_there(f, young));
	assert_int_equal(access(left, F_OK), -1);
}

/* One puts the same file again and again, one sweeps with no patience at all: what a put answered for a moment ago
 * may go, but no put ever finds half a file or fails. */
struct contest {
	struct fixture *f;
	atomic_bool over;
};

static bool is_nobodys(void *arg, const char *name)
{
	(void)arg, (void)name;
	return false;
}

static void *sweep_on(void *arg)
{
	struct contest *c = arg;
	while (!atomic_load(&c->over))
		blob_sweep(c->f->at, 0, is_nobodys, NULL);
	return NULL;
}

static void puts_and_sweeps_do_not_break_each_other(void **state)
{
	struct contest c = {.f = *state};
	pthread_t sweeper;
	char name[BLOB_NAME];
	pthread_create(&sweeper, NULL, sweep_on, &c);
	for (int i = 0; i < 300; i++) {
		struct bytes b;
		assert_int_equal(blob_put(c.f->at, of("contested"), name), OK);
		enum err e = blob_read(c.f->temp.arena, c.f->at, name, &b);
		assert_true(e == OK || e == ERR_NOT_FOUND);
	}
	atomic_store(&c.over, true);
	pthread_join(sweeper, NULL);
}

static void a_full_disk_is_told(void **state)
{
	struct fixture *f = *state;
	char name[BLOB_NAME];
	struct rlimit was, none = {1000, 1000};
	getrlimit(RLIMIT_FSIZE, &was);
	none.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	char *much = arena_alloc(f->temp.arena, 100000);
	enum err e = blob_put(f->at, (struct bytes){much, 100000}, name);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(e, ERR_AGAIN);
	assert_int_equal(blob_sweep(f->at, 0, is_nobodys, NULL), 0); /* nothing was left behind */
	assert_int_equal(blob_put(f->at, (struct bytes){much, 100000}, name), OK);
}

static void a_copy_has_all(void **state)
{
	struct fixture *f = *state;
	char names[20][BLOB_NAME];
	const char *to = arena_format(f->temp.arena, "%s/copy", f->temp.base);
	assert_int_equal(blob_copy(f->at, to), OK); /* of nothing */
	for (int i = 0; i < 20; i++)
		assert_int_equal(
			blob_put(f->at, of(arena_format(f->temp.arena, "file %d", i)), names[i]),
			OK);
	assert_int_equal(blob_copy(f->at, to), OK);
	assert_int_equal(blob_put(f->at, of("one more"), names[0]), OK);
	assert_int_equal(blob_copy(f->at, to), OK);
	assert_int_equal(blob_sweep(f->at, 0, is_nobodys, NULL), 21);
	f->at = to;
	for (int i = 0; i < 20; i++)
		assert_true(is_there(f, names[i]));
}

static void test_room(void **state)
{
	(void)state;
	assert_true(blob_room("/") > 0 && blob_room("/") < UINT64_MAX);
	assert_true(blob_room("/no/such/place") == UINT64_MAX);
}

int main(void)
{
	log_open(LOG_ERROR, STDERR_FILENO);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_put_can_be_read, setup, teardown),
		cmocka_unit_test(test_room),
		cmocka_unit_test_setup_teardown(other_names_lead_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(what_changed_on_disk_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nobody_names_is_swept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			puts_and_sweeps_do_not_break_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_copy_has_all, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
