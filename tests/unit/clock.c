/* clock.c: chores run on time, apart from each other, and stop at once. */
#include "serving.h"

static atomic_int fast, slow, together;

static void run_fast(struct store *store, void *arg)
{
	assert_null(store);
	assert_int_equal(atomic_fetch_add(&together, 1), 0); /* one thread: never two at once */
	atomic_fetch_add((atomic_int *)arg, 1);
	atomic_fetch_sub(&together, 1);
}

static const struct chore chores[] = {
	{"fast", 20, run_fast, &fast}, {"fast too", 20, run_fast, &fast}, {0}};
static const struct chore slow_chores[] = {{"slow", DAY, run_fast, &slow}, {0}};

static void chores_run_again_and_again(void **state)
{
	(void)state;
	const struct chore *const lists[] = {chores, slow_chores, NULL};
	int64_t began = time_steady();
	struct clock *c = clock_start(NULL, lists);
	while (atomic_load(&fast) < 10 && time_steady() - began < 10000)
		usleep(1000);
	int64_t stopping = time_steady();
	clock_stop(c);
	assert_true(time_steady() - stopping < 1000);
	assert_true(atomic_load(&fast) >= 10);
	assert_true(stopping - began
		>= 60); /* ten runs of two chores need five times 20 ms, less the first spread */
	assert_int_equal(atomic_load(&slow), 0);
	int after = atomic_load(&fast);
	usleep(60000);
	assert_int_equal(atomic_load(&fast), after);
}

static void nothing_to_do_is_no_trouble(void **state)
{
	(void)state;
	const struct chore none[] = {{0}};
	const struct chore *const lists[] = {none, NULL}, *const no_lists[] = {NULL};
	clock_stop(clock_start(NULL, lists));
	clock_stop(clock_start(NULL, no_lists));
	clock_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chores_run_again_and_again),
		cmocka_unit_test(nothing_to_do_is_no_trouble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
