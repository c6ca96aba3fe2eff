/* audience.c: from people to inboxes: each once, the shared one where there is one, never ours, never a blocked host's. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static uint64_t jan;

struct crowd {
	size_t from, to, rows;
};

static enum err crowd_follow(struct txn *t, void *arg)
{
	const struct crowd *c = arg;
	struct arena *arena = txn_arena(t);
	for (size_t i = c->from; i < c->to; i++) {
		const char *host = arena_format(arena, "h%zu.example", i);
		const char *uri = arena_format(arena, "https://%s/u", host);
		struct actor claims = {.kind = ACTOR_PERSON,
			.name = "u",
			.host = host,
			.uri = uri,
			.inbox = arena_format(arena, "%s/inbox", uri)};
		uint64_t id;
		struct origin origin = {.uri = arena_format(arena, "%s/f", uri)};
		enum err e = actor_save_remote(t, &claims, &id);
		if (e == OK)
			e = follow_start(t, id, jan, &origin);
		if (e != OK)
			return e;
	}
	return OK;
}

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	(void)key;
	++*(size_t *)arg;
	return OK;
}

static enum err queue_rows(struct txn *t, size_t *rows)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = WALK_ALL};
	*rows = 0;
	return txn_walk(t, &walk, count_row, rows);
}

static enum err expand(struct txn *t, size_t *rows)
{
	struct recipients r = {t, 42, jan, 42};
	bool more = true;
	enum err e = audience_followers(&r, jan);
	for (int i = 0; e == OK && more && i < 10; i++)
		e = audience_step(t, &more);
	return e == OK ? queue_rows(t, rows) : e;
}

static enum err expand_twice(struct txn *t, void *arg)
{
	struct crowd *c = arg;
	size_t before = 0, once = 0, twice = 0;
	enum err e = queue_rows(t, &before);
	if (e == OK)
		e = expand(t, &once);
	if (e == OK)
		e = expand(t, &twice);
	c->rows = once == twice ? once - before : 0;
	return e == OK ? ERR_CONFLICT : e; /* nothing of it stays: delivery is not what is tested */
}

static void a_crowd_is_reached_in_steps_once(void **state)
{
	(void)state;
	jan = node_person("jan");
	struct crowd c = {.to = 0};
	for (size_t most = 999; most <= 1001; most++) {
		c = (struct crowd){.from = c.to, .to = most};
		node_write(crowd_follow, &c);
		assert_int_equal(store_write(node.store, expand_twice, &c), ERR_CONFLICT);
		assert_int_equal(c.rows, most);
	}
}

static enum err reach(struct txn *t, void *arg)
{
	struct recipients r = {t, 42, jan, 42};
	return audience_actor(&r, *(uint64_t *)arg);
}

static enum err count_queue(struct txn *t, void *arg)
{
	return queue_rows(t, arg);
}

static size_t queued(void)
{
	size_t rows;
	assert_int_equal(store_read(node.store, count_queue, &rows), OK);
	return rows;
}

static enum err make_neighbour(struct txn *t, void *arg)
{
	struct arena *arena = txn_arena(t);
	static int number;
	const char *uri = arena_format(arena, "https://big.example/u/%d", ++number);
	struct actor claims = {.kind = ACTOR_PERSON,
		.name = arena_format(arena, "u%d", number),
		.host = "big.example",
		.uri = uri,
		.inbox = arena_format(arena, "%s/inbox", uri),
		.shared_inbox = "https://big.example/inbox"};
	return actor_save_remote(t, &claims, arg);
}

static enum err suspend(struct txn *t, void *arg)
{
	return actor_suspend(t, *(uint64_t *)arg, true);
}

static enum err block(struct txn *t, void *arg)
{
	(void)arg;
	return domain_block(t, "big.example", "x", true);
}

static void a_host_is_told_once_and_some_not_at_all(void **state)
{
	(void)state;
	uint64_t first, second, piet = node_person("piet"), nobody = 12345;
	jan = node_person("jan");
	federation_stop(node.federation); /* what is queued stays to be counted */
	node_write(make_neighbour, &first);
	node_write(make_neighbour, &second);
	node_write(reach, &first);
	node_write(reach, &second);
	node_write(reach, &first);
	assert_int_equal(queued(), 1); /* their shared inbox */
	node_write(reach, &piet);
	node_write(reach, &nobody);
	assert_int_equal(queued(), 1);
	uint64_t third;
	node_write(make_neighbour, &third);
	struct federation_settings f = {
		.site = &node.site, .store = node.store, .crypto = node.crypto, .deliver = true};
	const char *why;
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
	federation_settle(node.federation);
	assert_int_equal(queued(), 0);
	node_write(suspend, &third);
	node_write(reach, &third);
	node_write(block, NULL);
	node_write(reach, &first);
	assert_int_equal(queued(), 0);
}

static enum err damage(struct txn *t, void *arg)
{
	struct place place = place_1(TABLE_ACTOR, *(uint64_t *)arg);
	return txn_put(t, &place, (struct bytes){"\xff\xff\xff", 3});
}

static void a_damaged_one_is_nobody(void **state)
{
	(void)state;
	uint64_t first;
	jan = node_person("jan");
	node_write(make_neighbour, &first);
	node_write(damage, &first);
	node_write(reach, &first);
	assert_int_equal(queued(), 0);
}

static enum err make_stranger(struct txn *t, void *arg)
{
	struct actor claims = {.kind = ACTOR_PERSON,
		.name = "m",
		.host = "evil.example",
		.uri = "https://evil.example/u/m",
		.inbox = "https://evil.example/u/m/inbox",
		.shared_inbox = "https://big.example/says-429"};
	return actor_save_remote(t, &claims, arg);
}

static enum err only_row(void *arg, struct bytes key, struct bytes value)
{
	struct delivery_row row;
	(void)key;
	enum err e = record_read(node.arena, &delivery_row_shape, value, &row);
	*(const char **)arg = e == OK ? row.inbox : NULL;
	return e;
}

static enum err find_row(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = 1};
	return txn_walk(t, &walk, only_row, arg);
}

/* Who could have us sent to any address could have us knock at a third one's door, and take its answers for its word. */
static void a_shared_inbox_elsewhere_is_not_used(void **state)
{
	(void)state;
	uint64_t stranger;
	const char *inbox = NULL;
	jan = node_person("jan");
	federation_stop(node.federation);
	node.federation = NULL;
	node_write(make_stranger, &stranger);
	node_write(reach, &stranger);
	assert_int_equal(store_read(node.store, find_row, &inbox), OK);
	assert_string_equal(inbox, "https://evil.example/u/m/inbox");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_crowd_is_reached_in_steps_once),
		NODE_TEST(a_damaged_one_is_nobody),
		NODE_TEST(a_shared_inbox_elsewhere_is_not_used),
		NODE_TEST(a_host_is_told_once_and_some_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
