/* delivery.c (federation): what each answer of a peer does to the queue and to what is known of its host. */
#include "queue_rig.h"

#include <fcntl.h>

static void what_is_queued_arrives(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		queue_it(i % 4, inbox_at(i % 2 ? "a" : "b", "/inbox"));
	go();
	assert_int_equal(heard(), 20);
	assert_int_equal(rows(), 0);
	assert_int_equal(atomic_load(&rig.cavage_calls), 20);
	assert_int_equal(atomic_load(&rig.unsigned_calls), 0);
	struct host h = host_named(authority("a"));
	assert_int_equal(h.form, FORM_CAVAGE);
	assert_int_equal(h.failures, 0);
	assert_true(h.last_ok > 0);
}

static void the_other_form_is_tried_and_remembered(void **state)
{
	(void)state;
	queue_it(0, inbox_at("a", "/new"));
	go();
	assert_int_equal(rows(), 0);
	assert_int_equal(atomic_load(&rig.cavage_calls), 1);
	assert_int_equal(atomic_load(&rig.rfc_calls), 1);
	assert_int_equal(host_named(authority("a")).form, FORM_RFC9421);
	assert_true(host_named(authority("a")).form_until > time_now() + 6 * DAY);
	queue_it(0, inbox_at("a", "/new400"));
	go();
	assert_int_equal(atomic_load(&rig.cavage_calls), 1); /* straight away now */
	assert_int_equal(atomic_load(&rig.rfc_calls), 2);
	assert_int_equal(heard(), 2);
}

static void refusals_for_good(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"/400", "/403", "/406", "/413", "/415", "/422", "/424", "/501"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		atomic_store(&rig.fail_first, 2); /* both forms */
		queue_it(0, inbox_at("a", paths[i]));
		go();
		assert_int_equal(rows(), 0);
		assert_int_equal(heard(), 0);
		atomic_store(&rig.fail_first, 0);
	}
	assert_int_equal(host_named(authority("a")).failures, 0);
}

static void answers_that_mean_later(void **state)
{
	(void)state;
	static const char *const paths[] = {"/500", "/404", "/408", "/401", "/302"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		size_t before = heard();
		atomic_store(&rig.fail_first, text_is(paths[i], "/401") ? 2 : 1);
		queue_it(0, inbox_at("a", paths[i]));
		go();
		if (rows() > 0) { /* unless it has been tried again already */
			assert_int_equal(the_row().tries, 1);
			assert_int_equal(host_named(authority("a")).failures, 0);
		}
		wait_for(no_rows, 5000);
		assert_int_equal(heard(), before + 1);
	}
}

static void a_host_that_asks_for_time_gets_it(void **state)
{
	(void)state;
	atomic_store(&rig.fail_first, 1);
	queue_it(0, inbox_at("a", "/429/wait"));
	queue_it(1, inbox_at("a", "/inbox"));
	int64_t before = time_now();
	go();
	assert_int_equal(heard(), 0);
	struct host h = host_named(authority("a"));
	assert_int_equal(h.failures, 0);
	assert_int_equal(h.down_since, 0);
	assert_true(h.next >= before + 360 * UNIT); /* an hour, as time goes here */
	wait_for(no_rows, 20000);
	assert_true(time_now() - before >= 360 * UNIT);
	assert_int_equal(host_named(authority("a")).next, 0);
}

static enum err put_to_gone(struct txn *t, void *arg)
{
	return delivery_put(&(struct recipients){t, 9999, rig.actors[0].id, 9999}, arg);
}

static void an_inbox_that_is_gone(void **state)
{
	(void)state;
	char *inbox = inbox_at("a", "/410");
	atomic_store(&rig.fail_first, 1);
	for (int i = 0; i < 10; i++)
		queue_it(0, inbox);
	queue_it(0, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(rows(), 0);
	assert_int_equal(heard(), 1); /* the other inbox of that host */
	assert_int_equal(store_write(rig.store, put_to_gone, inbox), OK);
	assert_int_equal(rows(), 0);
}

static void a_host_that_is_not_there(void **state)
{
	(void)state;
	char *nobody = arena_format(rig.arena, "https://x.peer.localhost:1/inbox");
	for (int i = 0; i < 50; i++)
		queue_it(i % 4, nobody);
	queue_it(0, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 1);
	assert_int_equal(rows(), 50);
	struct host h = host_named("x.peer.localhost:1");
	assert_true(h.failures >= 1 && h.failures <= 3); /* one probe a step, not fifty */
	assert_true(h.down_since > 0 && h.next > h.down_since);
	assert_int_equal(the_row().tries, 0);
}

struct seed {
	const char *name;
	struct host host;
};

static enum err save_host(struct txn *t, void *arg)
{
	struct seed *s = arg;
	struct place place = place_hash(TABLE_HOST, s->name);
	s->host.name = s->name;
	return txn_save(t, &place, &host_shape, &s->host);
}

static enum err see_host(struct txn *t, void *arg)
{
	return delivery_seen(t, arg, &rig.back);
}

static void a_dead_host_loses_its_rows_and_may_come_back(void **state)
{
	(void)state;
	const char *inbox = "https://x.peer.localhost:1/inbox";
	struct seed s = {"x.peer.localhost:1",
		{.failures = 9, .down_since = time_now() - 8 * 8640 * UNIT, .next = 1}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	for (int i = 0; i < 1200; i++)
		queue_it(i % 4, inbox);
	go();
	wait_for(no_rows, 5000);
	assert_true(host_named(s.name).next == HOST_DEAD);
	queue_it(0, inbox);
	assert_int_equal(rows(), 0); /* not even queued */
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)s.name), OK);
	assert_int_equal(host_named(s.name).next, 0);
	assert_int_equal(host_named(s.name).failures, 0);
	queue_it(0, inbox);
	assert_int_equal(rows(), 1);
}

static enum err leave(struct txn *t, void *arg)
{
	struct leaving l = {.actor = *(uint64_t *)arg, .step = LEAVING_TELL, .begun = time_now()};
	struct place place = place_1(TABLE_LEAVING, l.actor);
	return txn_save(t, &place, &leaving_shape, &l);
}

static enum err look_told(struct txn *t, void *arg)
{
	size_t count = 0;
	enum err e = leaving_hosts(t, rig.actors[0].id, 1, arg, &count);
	return e == OK && count == 1 ? OK : ERR_NOT_FOUND;
}

static struct leaving_host told(void)
{
	struct leaving_host h = {0};
	assert_int_equal(store_read(rig.store, look_told, &h), OK);
	return h;
}

/* Who leaves is owed that also those hear of it who were away for a week; to others nothing is kept for those. */
static void a_goodbye_waits_for_the_dead(void **state)
{
	(void)state;
	const char *inbox = inbox_at("a", "/inbox");
	struct seed s = {authority("a"),
		{.failures = 10, .down_since = time_now() - 8 * 8640 * UNIT, .next = HOST_DEAD}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	assert_int_equal(store_write(rig.store, leave, &rig.actors[0].id), OK);
	atomic_store(&rig.down, true);
	queue_it(1, inbox);
	assert_int_equal(rows(), 0);
	queue_it(0, inbox);
	assert_int_equal(rows(), 1);
	assert_int_equal(told().asked, 1);
	go();
	assert_int_equal(rows(), 1); /* tried, and the host buried anew */
	assert_true(host_named(s.name).failures > 10);
	assert_true(host_named(s.name).next > time_now() && host_named(s.name).next != HOST_DEAD);
	atomic_store(&rig.down, false);
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)s.name), OK);
	delivery_wake(rig.federation.delivery);
	wait_for(no_rows, 3000);
	assert_int_equal(heard(), 1);
	assert_int_equal(told().confirmed, 1);
}

static enum err damage_host(struct txn *t, void *arg)
{
	struct place place = place_hash(TABLE_HOST, arg);
	return txn_put(t, &place, (struct bytes){"\xff\xff\xff", 3});
}

/* As if nothing were known of it; and no other host waits for it. */
static void a_damaged_host_is_known_anew(void **state)
{
	(void)state;
	for (char name[] = "a"; *name <= 'd'; ++*name)
		queue_it(0, inbox_at(name, "/inbox"));
	for (char name[] = "a"; *name <= 'c'; ++*name)
		assert_int_equal(
			store_write(rig.store, damage_host, (void *)(uintptr_t)authority(name)),
			OK);
	queue_it(1, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(rows(), 0);
	assert_int_equal(heard(), 5);
	assert_true(host_named(authority("a")).last_ok > 0);
}

/* Long asleep, then heard of: it is not left waiting. */
static void a_host_that_was_seen_is_tried_at_once(void **state)
{
	(void)state;
	const char *name = authority("a");
	restart_with(10 * SECOND);
	struct seed s = {
		name, {.failures = 9, .down_since = time_now(), .next = time_now() + HOUR}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	queue_it(0, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 0);
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)name), OK);
	assert_true(rig.back);
	delivery_wake(rig.federation.delivery);
	wait_for(no_rows, 3000);
	assert_int_equal(heard(), 1);
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)name), OK);
	assert_false(rig.back); /* it was here all the time */
}

/* A clock that jumped back left times far ahead: they are not believed. And one that jumped ahead throws nothing away. */
static void clocks_that_jump(void **state)
{
	(void)state;
	const char *name = authority("a");
	struct seed s = {name, {.failures = 1, .down_since = time_now() - 3650 * DAY, .next = 1}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	atomic_store(&rig.fail_first, 1);
	queue_it(0, inbox_at("a", "/502"));
	go();
	wait_for(no_rows, 3000);
	assert_int_equal(heard(), 1);
}

static enum err put_bad(struct txn *t, void *arg)
{
	return delivery_put(&(struct recipients){t, 1, rig.actors[0].id, 1}, arg);
}

static enum err save_rubbish(struct txn *t, void *arg)
{
	struct place good = place_hash_1(TABLE_QUEUE, "a.ex.com", 5);
	struct delivery_row row = {
		.inbox = "https://a.ex.com:99/", .actor = rig.actors[0].id, .since = 1};
	(void)arg;
	good.at[good.size++] = 1;
	enum err e = txn_save(
		t, &good, &delivery_row_shape, &row); /* no such activity, no such address */
	good.at[good.size - 1] = 2;
	return e == OK ? txn_put(t, &good, (struct bytes){"\xff\xff\xff", 3}) : e;
}

static void rubbish_is_dropped(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "ftp://ex.com/", "https://ex.com/#a", "inbox"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
			store_write(rig.store, put_bad, (void *)(uintptr_t)bad[i]), ERR_INVALID);
	assert_int_equal(store_write(rig.store, save_rubbish, NULL), OK);
	log_open(LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	go();
	assert_int_equal(rows(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(what_is_queued_arrives),
		RIG_TEST(the_other_form_is_tried_and_remembered),
		RIG_TEST(refusals_for_good),
		RIG_TEST(answers_that_mean_later),
		RIG_TEST(a_host_that_asks_for_time_gets_it),
		RIG_TEST(an_inbox_that_is_gone),
		RIG_TEST(a_host_that_is_not_there),
		RIG_TEST(a_damaged_host_is_known_anew),
		RIG_TEST(a_goodbye_waits_for_the_dead),
		RIG_TEST(a_dead_host_loses_its_rows_and_may_come_back),
		RIG_TEST(a_host_that_was_seen_is_tried_at_once),
		RIG_TEST(clocks_that_jump),
		RIG_TEST(rubbish_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
