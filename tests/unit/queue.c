/* queue.c (unit): order, bounds, closing, waiting, and that pools run all they accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>

static void items_leave_in_order_of_arrival(void **state)
{
	(void)state;
	static int items[10];
	struct queue *q = queue_create(3);
	for (int round = 0; round < 10; round += 2) { /* the ring turns */
		assert_int_equal(queue_push(q, &items[round]), OK);
		assert_int_equal(queue_push(q, &items[round + 1]), OK);
		assert_int_equal(queue_size(q), 2);
		assert_ptr_equal(queue_pop(q, 0), &items[round]);
		assert_ptr_equal(queue_pop(q, -1), &items[round + 1]);
	}
	assert_null(queue_pop(q, 0));
	queue_destroy(q);
	queue_destroy(NULL);
}

static void a_full_queue_refuses(void **state)
{
	(void)state;
	int item;
	for (size_t max = 1; max < 5; max++) {
		struct queue *q = queue_create(max);
		for (size_t i = 0; i < max; i++)
			assert_int_equal(queue_push(q, &item), OK);
		assert_int_equal(queue_push(q, &item), ERR_TOO_MUCH);
		assert_int_equal(queue_size(q), max);
		assert_ptr_equal(queue_pop(q, 0), &item);
		assert_int_equal(queue_push(q, &item), OK);
		queue_destroy(q);
	}
}

static void a_closed_queue_only_empties(void **state)
{
	(void)state;
	int item;
	struct queue *q = queue_create(2);
	assert_int_equal(queue_push(q, &item), OK);
	queue_close(q);
	assert_int_equal(queue_push(q, &item), ERR_AGAIN);
	assert_ptr_equal(queue_pop(q, -1), &item);
	assert_null(queue_pop(q, -1)); /* does not wait for what cannot come */
	queue_destroy(q);
}

static void waiting_ends_in_time(void **state)
{
	(void)state;
	struct queue *q = queue_create(1);
	int64_t start = time_steady();
	assert_null(queue_pop(q, 50));
	int64_t took = time_steady() - start;
	assert_in_range(took, 49, 5000);
	start = time_steady();
	assert_null(queue_pop(q, 0));
	assert_true(time_steady() - start < 1000);
	queue_destroy(q);
}

static void close_it(void *arg)
{
	struct queue *q = arg;
	(void)queue_pop(q, 20); /* let the other side wait first */
	queue_close(q);
}

static void closing_wakes_who_waits(void **state)
{
	(void)state;
	struct queue *q = queue_create(1);
	struct thread *t = thread_start("close", close_it, q);
	assert_null(queue_pop(q, -1));
	thread_join(t);
	queue_destroy(q);
}

#define PUSHERS 3
#define POPPERS 3
#define ITEMS 5000

static unsigned char seen[PUSHERS * ITEMS];

struct pusher {
	struct queue *q;
	int first;
};

static void push_all(void *arg)
{
	const struct pusher *p = arg;
	for (int i = 0; i < ITEMS;)
		if (queue_push(p->q, &seen[p->first + i]) == OK)
			i++;
}

static void pop_all(void *arg)
{
	unsigned char *item;
	while ((item = queue_pop(arg, -1)) != NULL)
		++*item; /* a race here would mean that two got one item */
}

static void many_threads_pass_each_item_once(void **state)
{
	(void)state;
	struct queue *q = queue_create(16);
	struct thread *push[PUSHERS], *pop[POPPERS];
	struct pusher args[PUSHERS];
	for (int i = 0; i < POPPERS; i++)
		pop[i] = thread_start("pop", pop_all, q);
	for (int i = 0; i < PUSHERS; i++) {
		args[i] = (struct pusher){q, i * ITEMS};
		push[i] = thread_start("push", push_all, &args[i]);
	}
	for (int i = 0; i < PUSHERS; i++)
		thread_join(push[i]);
	queue_close(q);
	for (int i = 0; i < POPPERS; i++)
		thread_join(pop[i]);
	for (size_t i = 0; i < sizeof seen; i++)
		assert_int_equal(seen[i], 1);
	queue_destroy(q);
}

struct self {
	char name[16];
	size_t stack;
};

static void look_at_myself(void *arg)
{
	struct self *self = arg;
	pthread_attr_t attr;
	if (prctl(PR_GET_NAME, self->name) == 0 && pthread_getattr_np(pthread_self(), &attr) == 0) {
		(void)pthread_attr_getstacksize(&attr, &self->stack);
		pthread_attr_destroy(&attr);
	}
}

static void threads_have_a_name_and_a_small_stack(void **state)
{
	(void)state;
	struct self self = {0};
	thread_join(thread_start("fifteen-letters", look_at_myself, &self));
	assert_string_equal(self.name, "fifteen-letters");
	assert_in_range(self.stack, 512 << 10, 1 << 20); /* sanitizers add a little of their own */
}

static atomic_int ran;

static void count_one(void *arg)
{
	(void)arg;
	atomic_fetch_add(&ran, 1);
}

static void a_pool_runs_all_it_accepted(void **state)
{
	(void)state;
	atomic_store(&ran, 0);
	struct pool *p = pool_create("count", 3, 1000);
	int accepted = 0;
	for (int i = 0; i < 5000; i++)
		accepted += pool_submit(p, count_one, NULL) == OK;
	pool_destroy(p);
	assert_true(accepted >= 1000);
	assert_int_equal(atomic_load(&ran), accepted);
	pool_destroy(NULL);
}

struct order {
	int next;
	bool kept;
};

static struct order order;

static void in_turn(void *arg)
{
	order.kept = order.kept && arg == (char *)&order + order.next;
	order.next++;
}

static void one_worker_keeps_the_order(void **state)
{
	(void)state;
	order = (struct order){0, true};
	struct pool *p = pool_create("order", 1, 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pool_submit(p, in_turn, (char *)&order + i), OK);
	pool_destroy(p);
	assert_true(order.kept);
	assert_int_equal(order.next, 8);
}

static void wait_for_word(void *arg)
{
	(void)queue_pop(arg, -1);
}

static void a_full_pool_refuses(void **state)
{
	(void)state;
	int word;
	struct queue *gate = queue_create(8);
	struct pool *p = pool_create("full", 1, 2);
	/* One may already be held by the worker, two wait: the fourth never fits. */
	int accepted = 0;
	for (int i = 0; i < 4; i++)
		accepted += pool_submit(p, wait_for_word, gate) == OK;
	assert_in_range(accepted, 2, 3);
	assert_int_equal(queue_push(gate, &word), OK);
	queue_close(gate);
	pool_destroy(p);
	(void)queue_pop(gate, 0);
	queue_destroy(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_leave_in_order_of_arrival),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(a_closed_queue_only_empties),
		cmocka_unit_test(waiting_ends_in_time),
		cmocka_unit_test(closing_wakes_who_waits),
		cmocka_unit_test(many_threads_pass_each_item_once),
		cmocka_unit_test(threads_have_a_name_and_a_small_stack),
		cmocka_unit_test(a_pool_runs_all_it_accepted),
		cmocka_unit_test(one_worker_keeps_the_order),
		cmocka_unit_test(a_full_pool_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
