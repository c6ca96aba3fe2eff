/* pick.c (federation): the next rows of a host: in order for each actor, one of each at once, made ready to be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery.h"

#define NOW INT64_C(1763715492000)
#define UNIT (10 * SECOND)
#define HOST "far.example"

static struct scene {
	struct arena *arena;
	struct site site;
	struct store *store;
	struct delivery *d;
	struct lane lane;
	struct key *key;
	uint64_t actors[3];
} scene;

static enum err make_actors(struct txn *t, void *arg)
{
	static const char *const names[] = {"ann", "bob", "cor"};
	(void)arg;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct key_pair keys = {.rsa = scene.key};
		struct refusal why = {0};
		struct actor a;
		enum err e = actor_create(t, ACTOR_PERSON, names[i], NULL, &keys, &why, &a);
		if (e != OK)
			return e;
		scene.actors[i] = a.id;
	}
	return OK;
}

static int scene_open(void **state)
{
	const char *why;
	(void)state;
	log_open(LOG_ERROR, 2);
	time_freeze(NOW);
	scene = (struct scene){.arena = arena_create(), .key = key_generate(KEY_RSA)};
	scene.site = (struct site){
		.domain = "ex.org", .base_url = "https://ex.org", .name = "Ex", .language = "en"};
	struct store_settings settings = {.owner = &scene.site};
	assert_int_equal(store_open(scene.arena, &settings, &scene.store, &why), OK);
	assert_int_equal(store_write(scene.store, make_actors, NULL), OK);
	scene.d = delivery_alloc(sizeof *scene.d);
	scene.d->unit = UNIT;
	struct place p = place_hash(TABLE_QUEUE, HOST);
	memcpy(scene.lane.hash, p.at + 1, HOST_HASH);
	scene.lane.name = (char *)(uintptr_t)HOST;
	scene.lane.allowed = ALLOWED_MOST;
	return 0;
}

/* As delivery.c does when an attempt is over. */
static void let_go(void)
{
	for (struct attempt *a = scene.lane.attempts, *next; a != NULL; a = next) {
		next = a->next;
		pick_drop_body(scene.d, a->body);
		key_drop(a->signer);
		arena_destroy(a->arena);
		free(a);
	}
	scene.lane.attempts = NULL;
	scene.lane.active = 0;
}

static int scene_close(void **state)
{
	(void)state;
	let_go();
	assert_null(scene.d->bodies); /* with the last who held it */
	pick_forget_signers(scene.d);
	free(scene.d);
	store_close(scene.store);
	key_drop(scene.key);
	arena_destroy(scene.arena);
	time_freeze(0);
	return 0;
}

struct row {
	uint64_t activity, actor;
	int64_t next;
	const char *inbox;
	bool lost; /* the activity is not kept */
};

static struct place row_place(uint64_t actor, uint64_t activity)
{
	struct place what = place_3(TABLE_QUEUE, actor, activity, activity);
	return place_join(place_join(place_hash(TABLE_QUEUE, HOST), what),
		place_hash(TABLE_QUEUE, "https://" HOST "/inbox"));
}

static enum err put(struct txn *t, void *arg)
{
	const struct row *r = arg;
	struct place at = row_place(r->actor, r->activity),
		     kept_at = place_1(TABLE_ACTIVITY, r->activity);
	struct delivery_row row = {
		.inbox = r->inbox, .actor = r->actor, .next = r->next, .since = NOW};
	struct kept kept = {.json = {"{}", 2}, .actor = r->actor};
	enum err e = txn_save(t, &at, &delivery_row_shape, &row);
	return e == OK && !r->lost ? txn_save(t, &kept_at, &kept_shape, &kept) : e;
}

#define INBOX "https://" HOST "/inbox"

static void queue_row(uint64_t activity, int actor, int64_t next)
{
	struct row r = {activity, scene.actors[actor], next, INBOX, false};
	assert_int_equal(store_write(scene.store, put, &r), OK);
}

static enum err run_pick(struct txn *t, void *arg)
{
	(void)arg;
	return pick_rows(scene.d, t, &scene.lane);
}

static size_t pick(void)
{
	size_t before = scene.lane.active;
	assert_int_equal(store_read(scene.store, run_pick, NULL), OK);
	return scene.lane.active - before;
}

static uint64_t activity_of(const struct attempt *a)
{
	return delivery_activity((struct bytes){a->key.at, a->key.size});
}

static const struct attempt *of_actor(int actor)
{
	for (const struct attempt *a = scene.lane.attempts; a != NULL; a = a->next)
		if (a->row.actor == scene.actors[actor])
			return a;
	return NULL;
}

static void the_first_of_each_actor_goes(void **state)
{
	(void)state;
	queue_row(1, 0, 0);
	queue_row(2, 0, 0);
	queue_row(3, 1, 0);
	queue_row(4, 2, 0);
	assert_int_equal(pick(), 3);
	assert_int_equal(activity_of(of_actor(0)), 1);
	assert_int_equal(activity_of(of_actor(1)), 3);
	assert_int_equal(activity_of(of_actor(2)), 4);
	assert_false(scene.lane.empty);
	assert_int_equal(pick(), 0); /* each has one on its way */
	assert_non_null(strstr(of_actor(0)->key_id, "/u/ann#"));
	assert_int_equal(of_actor(0)->form, FORM_CAVAGE);
	assert_string_equal(of_actor(0)->row.inbox, INBOX);
	assert_int_equal(of_actor(0)->err, OK);
}

static void no_more_than_the_lane_may(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		queue_row((uint64_t)i + 1, i, 0);
	scene.lane.allowed = 2;
	assert_int_equal(pick(), 2);
	let_go();
	scene.lane.host.failures = 1; /* a probe goes alone */
	assert_int_equal(pick(), 1);
	assert_true(scene.lane.attempts->probe);
}

/* Its first waits: what comes after it of the same actor waits too, and the lane is told until when. */
static void who_must_wait_holds_its_own_only(void **state)
{
	(void)state;
	queue_row(1, 0, NOW + MINUTE);
	queue_row(2, 0, 0);
	assert_int_equal(pick(), 0);
	assert_true(scene.lane.row_next == NOW + MINUTE);
	assert_false(scene.lane.empty);
	queue_row(3, 1, 0);
	assert_int_equal(pick(), 1);
	assert_int_equal(activity_of(scene.lane.attempts), 3);
	assert_true(scene.lane.row_next == 0);
	let_go();
	time_freeze(NOW + MINUTE);
	assert_int_equal(pick(), 2);
	assert_int_equal(activity_of(of_actor(0)), 1);
}

/* Behind one long line, and behind many that wait: neither hides who comes after them. */
static void nobody_starves_behind_a_long_line(void **state)
{
	(void)state;
	queue_row(1, 0, NOW + MINUTE);
	for (uint64_t i = 2; i < 5000; i++)
		queue_row(i, 0, 0);
	for (uint64_t i = 1; i < 100; i++) {
		struct row r = {6000 + i, i, NOW + MINUTE, INBOX, false};
		assert_true(r.actor < scene.actors[0]);
		assert_int_equal(store_write(scene.store, put, &r), OK);
	}
	queue_row(9000, 2, 0);
	assert_int_equal(pick(), 1);
	assert_int_equal(activity_of(scene.lane.attempts), 9000);
}

/* Who has had a turn comes again after the others. */
static void each_has_a_turn(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 9; i++)
		queue_row(i + 1, (int)(i % 3), 0);
	scene.lane.allowed = 1;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(pick(), 1);
		assert_true(scene.lane.attempts->row.actor == scene.actors[i % 3]);
		let_go();
	}
}

static void a_time_far_ahead_is_not_believed(void **state)
{
	(void)state;
	queue_row(1, 0, NOW + 3650 * DAY);
	assert_int_equal(pick(), 1);
}

static void an_empty_table_is_told(void **state)
{
	(void)state;
	assert_int_equal(pick(), 0);
	assert_true(scene.lane.empty);
}

/* Over whose row the host failed comes last, and goes when no other does. */
static void whose_row_it_failed_over_comes_last(void **state)
{
	(void)state;
	queue_row(1, 0, 0);
	queue_row(2, 1, 0);
	scene.lane.last = scene.actors[0];
	assert_int_equal(pick(), 1);
	assert_int_equal(activity_of(scene.lane.attempts), 2);
	let_go();
	scene.lane.took = true;
	struct row r = {2, scene.actors[1], NOW + HOUR, INBOX, false};
	assert_int_equal(store_write(scene.store, put, &r), OK);
	assert_int_equal(pick(), 1);
	assert_int_equal(activity_of(scene.lane.attempts), 1);
	assert_true(scene.lane.attempts->alone); /* it takes others': it is not the host */
}

static void one_body_serves_many(void **state)
{
	(void)state;
	queue_row(1, 0, 0);
	assert_int_equal(pick(), 1);
	struct body *b = scene.lane.attempts->body;
	assert_ptr_equal(scene.d->bodies, b);
	assert_int_equal(b->held, 1);
	assert_int_equal(b->json.size, 2);
	b->held++; /* another host's attempt holds it as well */
	let_go();
	assert_ptr_equal(scene.d->bodies, b);
	pick_drop_body(scene.d, b);
	assert_null(scene.d->bodies);
	pick_drop_body(scene.d, NULL);
}

static enum err put_rubbish(struct txn *t, void *arg)
{
	struct place at = row_place(scene.actors[2], *(uint64_t *)arg);
	return txn_put(t, &at, (struct bytes){"\xff\xff\xff", 3});
}

/* Each is an attempt that fails at once, so that its row goes. */
static void what_cannot_be_sent_is_picked_to_be_dropped(void **state)
{
	(void)state;
	uint64_t first = 1;
	struct row lost = {2, scene.actors[0], 0, INBOX, true},
		   nobody = {3, 12345, 0, INBOX, false};
	assert_int_equal(store_write(scene.store, put_rubbish, &first), OK);
	assert_int_equal(store_write(scene.store, put, &lost), OK);
	assert_int_equal(store_write(scene.store, put, &nobody), OK);
	assert_int_equal(pick(), 3);
	for (const struct attempt *a = scene.lane.attempts; a != NULL; a = a->next)
		assert_int_equal(a->err, activity_of(a) == 1 ? ERR_INVALID : ERR_NOT_FOUND);
}

static enum err mark_gone(struct txn *t, void *arg)
{
	struct place at = place_hash(TABLE_HOST, INBOX);
	struct host h = {.gone_until = *(int64_t *)arg};
	return txn_save(t, &at, &host_shape, &h);
}

static void an_inbox_that_is_gone_is_not_tried(void **state)
{
	(void)state;
	queue_row(1, 0, 0);
	assert_int_equal(store_write(scene.store, mark_gone, &(int64_t){NOW + 1}), OK);
	assert_int_equal(pick(), 1);
	assert_int_equal(scene.lane.attempts->err, ERR_GONE);
	let_go();
	assert_int_equal(store_write(scene.store, mark_gone, &(int64_t){NOW}), OK);
	assert_int_equal(pick(), 1);
	assert_int_equal(scene.lane.attempts->err, OK);
}

static void the_dead_are_buried(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		queue_row((uint64_t)i + 1, i, 0);
	scene.lane.host.next = HOST_DEAD;
	scene.lane.host.failures = 10;
	assert_int_equal(pick(), 1);
	assert_true(scene.lane.attempts->bury);
	assert_null(scene.lane.attempts->body); /* nothing is sent */
}

static void the_form_that_worked_is_used_while_it_counts(void **state)
{
	(void)state;
	queue_row(1, 0, 0);
	scene.lane.host.form = FORM_RFC9421;
	scene.lane.host.form_until = NOW + 1;
	assert_int_equal(pick(), 1);
	assert_int_equal(scene.lane.attempts->form, FORM_RFC9421);
	let_go();
	scene.lane.host.form_until = NOW;
	assert_int_equal(pick(), 1);
	assert_int_equal(scene.lane.attempts->form, FORM_CAVAGE);
}

#define PICK_TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICK_TEST(the_first_of_each_actor_goes),
		PICK_TEST(no_more_than_the_lane_may),
		PICK_TEST(who_must_wait_holds_its_own_only),
		PICK_TEST(nobody_starves_behind_a_long_line),
		PICK_TEST(each_has_a_turn),
		PICK_TEST(a_time_far_ahead_is_not_believed),
		PICK_TEST(an_empty_table_is_told),
		PICK_TEST(whose_row_it_failed_over_comes_last),
		PICK_TEST(one_body_serves_many),
		PICK_TEST(what_cannot_be_sent_is_picked_to_be_dropped),
		PICK_TEST(an_inbox_that_is_gone_is_not_tried),
		PICK_TEST(the_dead_are_buried),
		PICK_TEST(the_form_that_worked_is_used_while_it_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
