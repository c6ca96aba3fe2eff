/* order.c (federation): what an actor does arrives in its order, and who is slow or away holds up nobody else; restarts. */
#include "queue_rig.h"

static bool sixty_rows(void)
{
	return rows() == 60;
}

static void each_actor_in_order(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		queue_it(i % 4, inbox_at("a", "/order"));
	go();
	assert_int_equal(heard(), 200);
	assert_int_equal(atomic_load(&rig.clashes), 0);
	uint64_t last[4] = {0};
	for (size_t i = 0; i < rig.heard_count; i++) {
		assert_true(rig.heard[i].activity > last[rig.heard[i].actor]);
		last[rig.heard[i].actor] = rig.heard[i].activity;
	}
	assert_true(atomic_load(&rig.peer->most) <= 4);
}

/* An activity that a host cannot take holds up its own actor there, and nobody else. */
static void others_pass_what_must_wait(void **state)
{
	(void)state;
	atomic_store(&rig.fail_first, 1);
	uint64_t first = queue_it(0, inbox_at("a", "/500"));
	go();
	queue_it(0, inbox_at("a", "/inbox"));
	queue_it(1, inbox_at("a", "/inbox"));
	delivery_wake(rig.federation.delivery);
	wait_for(no_rows, 5000);
	uint64_t seen = 0;
	for (size_t i = 0; i < rig.heard_count; i++)
		if (rig.heard[i].actor == 0) {
			assert_true(seen != 0 || rig.heard[i].activity == first);
			seen = rig.heard[i].activity;
		}
	assert_int_equal(heard(), 3);
}

static void the_slow_hold_up_nobody(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "hang%d", i), "/hang"));
	delivery_wake(rig.federation.delivery);
	usleep(100000);
	int64_t start_at = time_steady();
	for (int i = 0; i < 100; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "good%d", i), "/inbox"));
	delivery_wake(rig.federation.delivery);
	while (heard() < 100 && time_steady() - start_at < 20000)
		usleep(5000);
	assert_int_equal(heard(), 100);
	assert_true(time_steady() - start_at < 8000);
	wait_for(sixty_rows, 3000);
}

static void nothing_is_lost_by_a_restart(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "h%d", i % 30), "/inbox"));
	for (int round = 0; round < 5; round++) {
		delivery_wake(rig.federation.delivery);
		usleep(15000);
		stop();
		start();
	}
	go();
	assert_int_equal(rows(), 0);
	bool seen[301] = {false};
	size_t different = 0;
	for (size_t i = 0; i < rig.heard_count; i++) {
		uint64_t id = rig.heard[i].activity;
		assert_true(id >= 1 && id <= 300);
		different += !seen[id];
		seen[id] = true;
	}
	assert_int_equal(different, 300);
}

static void stopping_does_not_wait_for_the_slow(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "hang%d", i), "/hang"));
	delivery_wake(rig.federation.delivery);
	usleep(100000);
	int64_t start_at = time_steady();
	stop();
	assert_true(time_steady() - start_at < 5000);
	assert_int_equal(rows(), 10);
	start();
}

/* ---- nothing sleeps too long ------------------------------------------------------------------------------------------- */

struct gate {
	pthread_mutex_t shut;
};

static enum err pass_gate(struct txn *t, void *arg)
{
	struct gate *g = arg;
	(void)t;
	pthread_mutex_lock(&g->shut);
	pthread_mutex_unlock(&g->shut);
	return OK;
}

static void passed(void *arg, enum err e)
{
	(void)arg;
	assert_int_equal(e, OK);
}

/* Between an answer and the writing of it, somebody asks for more: there is none, of an actor who is still busy. */
static void a_look_while_results_are_written(void **state)
{
	(void)state;
	struct gate gate = {.shut = PTHREAD_MUTEX_INITIALIZER};
	restart_with(10 * SECOND);
	atomic_store(&rig.hold, true);
	for (int i = 0; i < 15; i++) /* after ten the host may have two at once */
		queue_it(0, inbox_at("a", i == 11 ? "/held" : "/inbox"));
	delivery_wake(rig.federation.delivery);
	for (int i = 0; heard() < 11 && i < 1000; i++)
		usleep(5000);
	usleep(100000); /* the twelfth is on its way */
	pthread_mutex_lock(&gate.shut);
	assert_int_equal(store_submit(rig.store, pass_gate, &gate, passed, NULL), OK);
	atomic_store(&rig.hold, false);
	usleep(100000); /* its answer is here, and waits to be written */
	delivery_wake(rig.federation.delivery);
	usleep(100000);
	pthread_mutex_unlock(&gate.shut);
	wait_for(no_rows, 5000);
	assert_int_equal(heard(), 15);
}

/* However much one actor has waiting behind what the host cannot take, others are not behind it. */
static void a_long_line_holds_up_its_own_actor_only(void **state)
{
	(void)state;
	restart_with(10 * SECOND);
	atomic_store(&rig.fail_first, 1);
	queue_it(0, inbox_at("a", "/500"));
	go();
	for (int i = 0; i < 300; i++)
		queue_it(0, inbox_at("a", "/inbox"));
	for (int i = 0; i < 20; i++)
		queue_it(1 + i % 3, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 20);
	assert_int_equal(rows(), 301);
}

static bool one_row(void)
{
	return rows() == 1;
}

static bool tried_thrice(void)
{
	return the_row().tries >= 3;
}

/* What stands before the host gives up over one activity each time: the host is there, and takes all else. */
static void one_that_never_arrives_does_not_end_the_host(void **state)
{
	(void)state;
	queue_it(0, inbox_at("a", "/never"));
	for (int i = 0; i < 60; i++)
		queue_it(1 + i % 3, inbox_at("a", "/inbox"));
	delivery_wake(rig.federation.delivery);
	wait_for(one_row, 3000);
	assert_int_equal(heard(), 60);
	assert_int_equal(the_row().actor, rig.actors[0].id);
	for (uint64_t n = 61; n <= 70;
		n++) { /* nor does it make the host's pauses longer and longer */
		queue_it(1, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		wait_for(one_row, 1000);
		assert_int_equal(heard(), n);
	}
	wait_for(tried_thrice, 3000);
	assert_true(host_named(authority("a")).failures <= 1);
}

/* One that is told to wait each time (its key cannot be had there) makes the host wait once. */
static void one_that_must_wait_does_not_make_all_wait(void **state)
{
	(void)state;
	queue_it(0, inbox_at("a", "/wait"));
	for (int i = 0; i < 60; i++)
		queue_it(1 + i % 3, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 0);
	wait_for(one_row, 8000); /* 300 s, as time goes here, and no more */
	assert_int_equal(heard(), 60);
	for (uint64_t n = 61; n <= 70; n++) {
		queue_it(1, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		wait_for(one_row, 400);
		assert_int_equal(heard(), n);
	}
}

/* Away and back, again and again, each time only a moment: what was queued meanwhile is never far behind. */
static void a_host_that_comes_and_goes(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		atomic_store(&rig.down, true);
		for (int i = 0; i < 8; i++)
			queue_it(i % 4, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		usleep(30000);
		atomic_store(&rig.down, false);
		for (int i = 0; i < 8; i++)
			queue_it(i % 4, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		wait_for(no_rows, 5000);
	}
	assert_int_equal(heard(), 20 * 16);
	assert_int_equal(host_named(authority("a")).failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(each_actor_in_order),
		RIG_TEST(others_pass_what_must_wait),
		RIG_TEST(the_slow_hold_up_nobody),
		RIG_TEST(nothing_is_lost_by_a_restart),
		RIG_TEST(stopping_does_not_wait_for_the_slow),
		RIG_TEST(a_look_while_results_are_written),
		RIG_TEST(a_long_line_holds_up_its_own_actor_only),
		RIG_TEST(one_that_never_arrives_does_not_end_the_host),
		RIG_TEST(one_that_must_wait_does_not_make_all_wait),
		RIG_TEST(a_host_that_comes_and_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
