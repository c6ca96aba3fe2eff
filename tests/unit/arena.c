/* arena.c (unit): zeroed, aligned, apart, counted; beyond a limit the process stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether `run` ends in abort(), tried in a child whose words nobody needs to see. */
static bool dies(void (*run)(struct arena *))
{
	pid_t child = fork();
	if (child == 0) {
		log_open(LOG_ERROR, -1);
		signal(SIGABRT, SIG_DFL);
		run(arena_create());
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	struct arena *a = *state;
	unsigned char *before = NULL;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *at = arena_alloc(a, size);
		assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[i], 0);
		memset(at, 0xee, size);
		assert_ptr_not_equal(at, before);
		before = at;
	}
}

static void reset_memory_is_zeroed_again(void **state)
{
	struct arena *a = *state;
	memset(arena_alloc(a, 4000), 0xee, 4000);
	arena_reset(a);
	assert_int_equal(arena_size(a), 0);
	const unsigned char *at = arena_alloc(a, 4000);
	for (size_t i = 0; i < 4000; i++)
		assert_int_equal(at[i], 0);
}

static void large_and_many_blocks_live_side_by_side(void **state)
{
	struct arena *a = *state;
	char *first = arena_text(a, "first");
	char *large = arena_alloc(a, (size_t)5 << 20);
	memset(large, 'x', (size_t)5 << 20);
	char *last = arena_text(a, "last");
	for (int i = 0; i < 2000; i++)
		memset(arena_alloc(a, 1000), 'y', 1000);
	assert_string_equal(first, "first");
	assert_string_equal(last, "last");
	assert_int_equal(large[((size_t)5 << 20) - 1], 'x');
	assert_true(arena_size(a) >= ((size_t)5 << 20) + 2000 * 1000);
	arena_reset(a);
	assert_int_equal(arena_size(a), 0);
}

static void growing_keeps_what_was_there(void **state)
{
	struct arena *a = *state;
	char *text = arena_copy(a, "0123456789", 10);
	char *same = arena_grow(a, text, 11, 100);
	assert_ptr_equal(same, text); /* the newest need not move */
	char *wall = arena_text(a, "wall");
	char *moved = arena_grow(a, same, 100, 200);
	assert_ptr_not_equal(moved, same);
	assert_memory_equal(moved, "0123456789", 10);
	moved = arena_grow(a, moved, 200, (size_t)3 << 20);
	moved[((size_t)3 << 20) - 1] = 'z';
	assert_memory_equal(moved, "0123456789", 10);
	assert_string_equal(wall, "wall");
}

static void copies_end_with_nul(void **state)
{
	struct arena *a = *state;
	assert_null(arena_text(a, NULL));
	assert_string_equal(arena_text(a, ""), "");
	assert_string_equal(arena_text_n(a, "abcdef", 3), "abc");
	assert_string_equal(arena_text_n(a, NULL, 0), "");
	struct bytes b = arena_bytes(a, (struct bytes){"a\0b", 3});
	assert_int_equal(b.size, 3);
	assert_memory_equal(b.data, "a\0b", 4);
	b = arena_bytes(a, (struct bytes){NULL, 0});
	assert_int_equal(b.size, 0);
}

static void formatting_takes_any_length(void **state)
{
	struct arena *a = *state;
	assert_string_equal(arena_format(a, "%s-%d", "a", 7), "a-7");
	assert_string_equal(arena_format(a, "%s", ""), "");
	for (size_t size = 60; size < 70; size++)
		assert_int_equal(strlen(arena_format(a, "%*d", (int)size, 1)), size);
	assert_int_equal(strlen(arena_format(a, "%100000d", 1)), 100000);
}

static void array_that_overflows(struct arena *a)
{
	arena_array(a, SIZE_MAX / 2, 3);
}

static void alloc_beyond_every_limit(struct arena *a)
{
	arena_alloc(a, ((size_t)1 << 30) + 1);
}

static void alloc_that_wraps(struct arena *a)
{
	arena_alloc(a, SIZE_MAX);
}

static void copy_that_wraps(struct arena *a)
{
	arena_copy(a, "", SIZE_MAX);
}

static void what_cannot_be_given_stops_the_process(void **state)
{
	(void)state;
	assert_true(dies(array_that_overflows));
	assert_true(dies(alloc_beyond_every_limit));
	assert_true(dies(alloc_that_wraps));
	assert_true(dies(copy_that_wraps));
}

static void cleanup_destroys_and_forgets(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	arena_cleanup(&a);
	assert_null(a);
	arena_cleanup(&a);
	arena_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			memory_is_zeroed_aligned_and_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(reset_memory_is_zeroed_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			large_and_many_blocks_live_side_by_side, setup, teardown),
		cmocka_unit_test_setup_teardown(growing_keeps_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_end_with_nul, setup, teardown),
		cmocka_unit_test_setup_teardown(formatting_takes_any_length, setup, teardown),
		cmocka_unit_test(what_cannot_be_given_stops_the_process),
		cmocka_unit_test(cleanup_destroys_and_forgets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
