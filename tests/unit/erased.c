/* erased.c: the list of what was erased: known by who has the key, of no use to others, whole after a fall. */
#include "store.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t key[32] = {7}, other_key[32] = {8};
static struct arena *arena;
static char dir[] = "/tmp/kring-erased-XXXXXX";
static const char *file, *second;

static int set_up(void **state)
{
	(void)state;
	arena = arena_create();
	umask(0); /* the mode is asked for, not left over */
	if (mkdtemp(dir) == NULL)
		return -1;
	file = arena_format(arena, "%s/erased", dir);
	second = arena_format(arena, "%s/second", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	unlink(second);
	rmdir(dir);
	arena_destroy(arena);
	return 0;
}

static int start_anew(void **state)
{
	(void)state;
	unlink(file);
	unlink(second);
	return 0;
}

static const char *content_of(const char *name)
{
	FILE *f = fopen(name, "r");
	char *at = arena_alloc(arena, 4096);
	size_t size = f != NULL ? fread(at, 1, 4095, f) : 0;
	at[size] = '\0';
	if (f != NULL)
		fclose(f);
	return at;
}

static void put(const char *name, const char *content, const char *how)
{
	FILE *f = fopen(name, how);
	assert_non_null(f);
	assert_true(fputs(content, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static size_t lines(const char *text)
{
	size_t count = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

static bool has(const char *name, const uint8_t *with, const char *what, uint32_t number)
{
	struct erased_list *list;
	uint32_t found = 0;
	assert_int_equal(erased_read(arena, name, &list), OK);
	return erased_has(arena, list, with, what, &found) && found == number;
}

static void what_was_added_is_there(void **state)
{
	struct stat is;
	(void)state;
	assert_false(has(file, key, "account 7", 15)); /* no file is an empty list */
	assert_int_equal(erased_add(file, key, "account 7", 15), OK);
	assert_int_equal(erased_add(file, key, "account 77", 0), OK);
	assert_int_equal(erased_add(file, key, "account 7", 3), OK); /* once is enough */
	assert_true(has(file, key, "account 7", 15) && has(file, key, "account 77", 0));
	assert_false(has(file, key, "account 8", 0) || has(file, key, "person 7", 15));
	assert_int_equal(lines(content_of(file)), 2);
	assert_int_equal(stat(file, &is), 0);
	assert_int_equal(is.st_mode & 0777, 0600);
}

static void it_says_nothing_without_the_key(void **state)
{
	(void)state;
	assert_int_equal(erased_add(file, key, "account 7", 1), OK);
	assert_false(has(file, other_key, "account 7", 1));
	assert_null(strstr(content_of(file), "account"));
}

static void a_line_that_was_cut_off_is_none(void **state)
{
	(void)state;
	assert_int_equal(erased_add(file, key, "account 7", 1), OK);
	put(file, "0123456789abcdef", "a");
	assert_int_equal(erased_add(file, key, "account 8", 2), OK);
	assert_true(has(file, key, "account 7", 1) && has(file, key, "account 8", 2));
	/* Also when only its number is cut. */
	assert_int_equal(erased_add(file, key, "account 9", 15), OK);
	assert_int_equal(truncate(file, (off_t)strlen(content_of(file)) - 2), 0);
	assert_false(has(file, key, "account 9", 1));
	assert_int_equal(erased_merge(file, second), OK);
	assert_false(has(second, key, "account 9", 1));
	assert_int_equal(erased_add(file, key, "account 9", 15), OK);
	assert_true(has(file, key, "account 9", 15));
	/* Inside another line it does not count. */
	char *line = arena_text(arena, content_of(file));
	line[64 + 2] = '\0';
	put(second, arena_format(arena, "x%s\n", line), "w");
	assert_false(has(second, key, "account 7", 1));
}

static void two_lists_become_one(void **state)
{
	(void)state;
	assert_int_equal(erased_merge(file, second), OK); /* nothing makes no file */
	assert_int_not_equal(access(second, F_OK), 0);
	assert_int_equal(erased_add(file, key, "account 7", 1), OK);
	assert_int_equal(erased_add(file, key, "account 8", UINT32_MAX), OK);
	assert_int_equal(erased_add(second, key, "account 8", UINT32_MAX), OK);
	assert_int_equal(erased_add(file, key, "account 10", UINT32_MAX), OK);
	assert_int_equal(erased_add(second, key, "person 9", 0), OK);
	put(second, "torn", "a");
	put(file, "rubbish\n", "a");
	assert_int_equal(erased_merge(file, second), OK);
	assert_int_equal(erased_merge(file, second), OK);
	assert_true(has(second, key, "account 7", 1) && has(second, key, "account 8", UINT32_MAX)
		&& has(second, key, "account 10", UINT32_MAX) && has(second, key, "person 9", 0));
	assert_null(strstr(content_of(second), "rubbish"));
	assert_int_equal(lines(content_of(second)), 5); /* four, and what was torn */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_added_is_there, start_anew),
		cmocka_unit_test_setup(it_says_nothing_without_the_key, start_anew),
		cmocka_unit_test_setup(a_line_that_was_cut_off_is_none, start_anew),
		cmocka_unit_test_setup(two_lists_become_one, start_anew),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
