/* private.c: small files are whole, for their owner only, and never written over. */
#include "private.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char dir[] = "/tmp/kring-private-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	arena = arena_create();
	umask(0); /* the mode is asked for, not left over */
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	rmdir(dir);
	arena_destroy(arena);
	return 0;
}

static const char *file_in(const char *name)
{
	return arena_format(arena, "%s/%s", dir, name);
}

static struct bytes content_of(size_t size)
{
	char *at = arena_alloc(arena, size + 1);
	for (size_t i = 0; i < size; i++)
		at[i] = (char)(i * 7);
	return (struct bytes){at, size};
}

static void test_there_and_back(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 32, 4097, PRIVATE_MAX - 1, PRIVATE_MAX};
	const char *file = file_in("a");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct bytes in = content_of(sizes[i]), out;
		const char *why = NULL;
		struct stat s;
		assert_int_equal(private_write(arena, file, in, &why), OK);
		assert_int_equal(stat(file, &s), 0);
		assert_int_equal(s.st_mode & 0777, 0600);
		assert_int_equal(private_read(arena, file, &out, &why), OK);
		assert_int_equal(out.size, in.size);
		assert_memory_equal(out.data, in.data, in.size);
		assert_int_equal(((const char *)out.data)[out.size], 0);
		assert_null(why);
		assert_int_equal(unlink(file), 0);
	}
}

static void test_never_over(void **state)
{
	(void)state;
	const char *file = file_in("a"), *why = NULL;
	struct bytes out;
	assert_int_equal(private_write(arena, file, content_of(3), &why), OK);
	assert_int_equal(private_write(arena, file, content_of(9), &why), ERR_CONFLICT);
	assert_non_null(strstr(why, file));
	assert_int_equal(private_read(arena, file, &out, &why), OK);
	assert_int_equal(out.size, 3);
	const char *link = file_in("link");
	assert_int_equal(symlink(file_in("nothing"), link), 0);
	assert_int_equal(private_write(arena, link, content_of(9), &why), ERR_CONFLICT);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(file), 0);
}

static void test_too_large(void **state)
{
	(void)state;
	const char *file = file_in("a"), *why = NULL;
	struct bytes out = {NULL, 7};
	assert_int_equal(private_write(arena, file, content_of(PRIVATE_MAX + 1), &why), OK);
	assert_int_equal(private_read(arena, file, &out, &why), ERR_STORE);
	assert_non_null(strstr(why, file));
	assert_int_equal(out.size, 7);
	assert_int_equal(unlink(file), 0);
}

static void test_nowhere(void **state)
{
	(void)state;
	const char *why = NULL;
	struct bytes out = {NULL, 7};
	assert_int_equal(private_read(arena, file_in("a"), &out, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(private_read(arena, dir, &out, &why), ERR_STORE);
	assert_int_equal(out.size, 7);
	assert_int_equal(private_write(arena, file_in("no/a"), content_of(1), &why), ERR_STORE);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(private_write(arena, dir, content_of(1), &why), ERR_CONFLICT);
	if (access("/dev/full", W_OK) == 0) /* O_EXCL: no device is taken for a file either */
		assert_int_equal(
			private_write(arena, "/dev/full", content_of(1), &why), ERR_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_never_over),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_nowhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
