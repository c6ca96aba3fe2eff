/* lane.c (federation): which hosts have rows, which of them may be tried now, and what an answer teaches about one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery.h"

#include <fcntl.h>
#include <unistd.h>

#define NOW INT64_C(1763715492000)
#define UNIT (10 * SECOND)

static struct arena *arena;
static struct store *store;
static struct delivery *d;

static int lanes_open(void **state)
{
	const char *why;
	(void)state;
	time_freeze(NOW);
	log_open(LOG_ERROR, 2);
	arena = arena_create();
	assert_int_equal(store_open(arena, &(struct store_settings){0}, &store, &why), OK);
	d = delivery_alloc(sizeof *d);
	d->store = store;
	d->unit = UNIT;
	d->soonest = INT64_MAX;
	d->up.last = &d->up.first;
	d->probes.last = &d->probes.first;
	pthread_mutex_init(&d->lock, NULL);
	return 0;
}

static int lanes_close(void **state)
{
	(void)state;
	for (size_t i = 0; i < LANE_BUCKETS; i++)
		while (d->lanes[i] != NULL)
			lane_free(d, d->lanes[i]);
	assert_int_equal(d->lane_count, 0);
	pthread_mutex_destroy(&d->lock);
	free(d);
	store_close(store);
	arena_destroy(arena);
	time_freeze(0);
	return 0;
}

struct queued {
	const char *host, *inbox;
	uint64_t activity;
	const struct host *known; /* NULL: nothing is known of it */
};

static enum err put(struct txn *t, void *arg)
{
	const struct queued *q = arg;
	struct place row = place_hash_1(TABLE_QUEUE, q->host, q->activity),
		     host = place_hash(TABLE_HOST, q->host);
	struct delivery_row r = {.inbox = q->inbox, .actor = 1, .since = NOW};
	enum err e = txn_save(t, &row, &delivery_row_shape, &r);
	return e == OK && q->known != NULL ? txn_save(t, &host, &host_shape, q->known) : e;
}

static void queue_for(const char *host, uint64_t activity, const struct host *known)
{
	struct queued q = {host, arena_format(arena, "https://%s/inbox", host), activity, known};
	assert_int_equal(store_write(store, put, &q), OK);
}

static void scan(void)
{
	d->scan_wanted = true;
	d->scan_next = 0;
	do
		lane_scan(d);
	while (d->scanning);
}

static struct lane *lane_named(const char *name)
{
	for (size_t i = 0; i < LANE_BUCKETS; i++)
		for (struct lane *l = d->lanes[i]; l != NULL; l = l->next)
			if (strcmp(l->name, name) == 0)
				return l;
	return NULL;
}

static void each_host_is_found_once(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 2500; i++) /* more than one read looks at */
		queue_for(arena_format(arena, "h%d.example", (int)(i % 1250)), i + 1, NULL);
	scan();
	assert_int_equal(d->lane_count, 1250);
	assert_int_equal(atomic_load(&d->lanes_now), 1250);
	assert_int_equal(d->up.count, 1250);
	scan(); /* once more changes nothing */
	assert_int_equal(d->lane_count, 1250);
	assert_int_equal(d->up.count, 1250);
	assert_int_equal(d->probes.count, 0);
	struct lane *l = lane_take(&d->up);
	assert_false(l->ready);
	assert_int_equal(d->up.count, 1249);
	while (d->up.count > 0)
		assert_ptr_not_equal(lane_take(&d->up), l);
	assert_null(d->up.first);
}

static void who_failed_is_probed_in_its_own_line(void **state)
{
	(void)state;
	queue_for("up.example", 1, NULL);
	queue_for("down.example", 2,
		&(struct host){.failures = 3, .down_since = NOW - HOUR, .next = NOW - 1});
	queue_for("dead.example", 3,
		&(struct host){.failures = 9, .down_since = 1, .next = HOST_DEAD});
	queue_for("later.example", 4,
		&(struct host){.failures = 1, .down_since = NOW, .next = NOW + HOUR});
	scan();
	assert_int_equal(d->up.count, 1);
	assert_int_equal(d->probes.count, 2); /* the dead one's rows are to be buried */
	assert_true(lane_is_probe(lane_named("down.example")));
	assert_false(lane_named("later.example")->ready);
	assert_true(d->soonest == NOW + HOUR); /* the clock is told */
	time_freeze(NOW + HOUR - 1);
	lane_wake_due(d);
	assert_false(lane_named("later.example")->ready);
	time_freeze(NOW + HOUR);
	lane_wake_due(d);
	assert_true(lane_named("later.example")->ready);
	assert_int_equal(d->probes.count, 3);
}

/* A time further off than any wait was written by a clock that ran ahead. */
static void a_time_far_ahead_is_not_believed(void **state)
{
	(void)state;
	queue_for("ahead.example", 1, &(struct host){.failures = 1, .next = NOW + 3650 * DAY});
	scan();
	assert_false(lane_named("ahead.example")->ready);
	assert_true(d->soonest <= NOW + outcome_longest(UNIT));
}

/* Known to be down until later; the store says that it was heard of since. */
static void who_was_heard_of_may_go(void **state)
{
	(void)state;
	queue_for("back.example", 1,
		&(struct host){.failures = 5, .down_since = NOW, .next = NOW + HOUR});
	scan();
	struct lane *l = lane_named("back.example");
	assert_false(l->ready);
	queue_for("back.example", 2, &(struct host){.last_seen = NOW + 1});
	scan();
	assert_ptr_equal(lane_named("back.example"), l);
	assert_true(l->ready);
	assert_false(lane_is_probe(l));
}

static void a_row_nobody_can_read_has_a_lane(void **state)
{
	(void)state;
	struct queued q = {"rubbish.example", "inbox", 1, NULL};
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	log_open(LOG_ERROR, nowhere);
	assert_int_equal(store_write(store, put, &q), OK);
	scan();
	assert_int_equal(d->lane_count, 1); /* so that it can be dropped */
	assert_int_equal(d->up.count, 1);
	log_open(LOG_ERROR, 2);
	close(nowhere);
}

static void tell(struct lane *l, uint64_t actor, enum verdict verdict)
{
	struct attempt a = {.row = {.actor = actor},
		.err = verdict == VERDICT_FAILED ? ERR_REMOTE : OK,
		.outcome = {.verdict = verdict, .at = NOW, .unit = UNIT, .wait = MINUTE}};
	lane_learns(l, &a);
}

static void success_earns_more_at_once_and_failure_loses_it(void **state)
{
	(void)state;
	struct lane l = {.name = (char *)(uintptr_t) "a.example", .allowed = 1};
	for (int i = 1; i <= 100; i++) {
		tell(&l, 1, VERDICT_DELIVERED);
		assert_int_equal(l.allowed, 1 + i / 10 < ALLOWED_MOST ? 1 + i / 10 : ALLOWED_MOST);
	}
	tell(&l, 1, VERDICT_DROP); /* refused, but it is there */
	assert_int_equal(l.allowed, ALLOWED_MOST);
	tell(&l, 1, VERDICT_WAIT);
	assert_int_equal(l.allowed, 1);
	assert_false(lane_is_probe(&l));
	tell(&l, 1, VERDICT_FAILED);
	assert_true(lane_is_probe(&l));
	assert_true(l.host.next > NOW);
}

/* Over whose row it failed comes last, until one of that actor's got through or was refused. */
static void whose_row_it_failed_over_is_remembered(void **state)
{
	(void)state;
	struct lane l = {.name = (char *)(uintptr_t) "a.example", .allowed = 1};
	tell(&l, 7, VERDICT_FAILED);
	assert_true(l.last == 7 && !l.took);
	tell(&l, 8, VERDICT_DELIVERED);
	assert_true(l.last == 7 && l.took); /* it takes others' */
	tell(&l, 7, VERDICT_LATER);
	assert_true(l.last == 7);
	tell(&l, 7, VERDICT_DELIVERED);
	assert_true(l.last == 0);
}

/* One that failed has one at once, however many it was allowed. */
static void a_busy_lane_is_not_offered(void **state)
{
	(void)state;
	queue_for("a.example", 1, NULL);
	scan();
	struct lane *l = lane_take(&d->up);
	l->active = 1;
	lane_offer(d, l);
	assert_false(l->ready);
	l->allowed = 2;
	lane_offer(d, l);
	assert_true(l->ready);
	lane_offer(d, l);
	assert_int_equal(d->up.count, 1);
	lane_take(&d->up);
	l->host.failures = 1;
	lane_offer(d, l);
	assert_false(l->ready);
	l->active = 0;
	lane_offer(d, l);
	assert_int_equal(d->probes.count, 1);
}

#define LANE_TEST(name) cmocka_unit_test_setup_teardown(name, lanes_open, lanes_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LANE_TEST(each_host_is_found_once),
		LANE_TEST(who_failed_is_probed_in_its_own_line),
		LANE_TEST(a_time_far_ahead_is_not_believed),
		LANE_TEST(who_was_heard_of_may_go),
		LANE_TEST(a_row_nobody_can_read_has_a_lane),
		LANE_TEST(success_earns_more_at_once_and_failure_loses_it),
		LANE_TEST(whose_row_it_failed_over_is_remembered),
		LANE_TEST(a_busy_lane_is_not_offered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
