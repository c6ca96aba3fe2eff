/* task.c: rows that need what is not to be had now wait for it, in nobody's way. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define PUBLIC "'https://www.w3.org/ns/activitystreams#Public'"

static struct rows {
	size_t inbox, later, seen, ages, parked;
} rows;

static enum err count(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
	return OK;
}

static enum err count_tables(struct txn *t, void *arg)
{
	(void)arg;
	const uint8_t tables[] = {
		TABLE_INBOX, TABLE_LATER, TABLE_SEEN, TABLE_SEEN_AGE, TABLE_PARKED};
	size_t *const counts[] = {&rows.inbox, &rows.later, &rows.seen, &rows.ages, &rows.parked};
	for (size_t i = 0; i < COUNT(tables); i++) {
		struct walk walk = {.prefix = place_0(tables[i]), .max = WALK_ALL};
		*counts[i] = 0;
		enum err e = txn_walk(t, &walk, count, counts[i]);
		if (e != OK)
			return e;
	}
	return OK;
}

static void settle(void)
{
	federation_settle(node.federation);
	assert_int_equal(store_read(node.store, count_tables, NULL), OK);
}

static enum err follow(struct txn *t, void *arg)
{
	const uint64_t *pair = arg;
	enum err e = follow_start(t, pair[0], pair[1], NULL);
	return e == OK ? follow_accept(t, pair[1], pair[0], NULL) : e;
}

static void boost(int number, const char *object)
{
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/b/%d',"
		"'type':'Announce','actor':'%s','to':" PUBLIC ",'object':'%s'}",
		number, node.alice.uri, object);
	assert_int_equal(node_send("/inbox", &node.alice, body).status, 202);
}

static void serve_note(const char *uri)
{
	wire_answer(uri, 200, NULL,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':"
			   "'Note','attributedTo':'%s','content':'x','to':" PUBLIC "}",
			uri, node.bob.uri));
}

static void meet(void)
{
	uint64_t pair[2] = {node_person("jan"), node_know(&node.alice)};
	node_write(follow, pair);
	node_know(&node.bob);
}

static void what_is_away_is_asked_again(void **state)
{
	(void)state;
	meet();
	wire_answer("https://evil.example/n/1", 503, NULL, "");
	boost(1, "https://evil.example/n/1");
	settle();
	assert_int_equal(rows.inbox, 0);
	assert_int_equal(rows.later, 1);
	assert_int_equal(rows.seen, 1); /* the same again would add nothing */
	serve_note("https://evil.example/n/1");
	time_freeze(NOW + 30 * SECOND);
	settle();
	assert_int_equal(rows.later, 1); /* it was away less than a minute ago */
	time_freeze(NOW + 5 * MINUTE);
	settle();
	assert_int_equal(rows.later, 0);
	assert_true(node_post_id("https://evil.example/n/1") != 0);
}

static void what_stays_away_is_let_go(void **state)
{
	(void)state;
	meet();
	wire_answer("https://evil.example/n/2", 503, NULL, "");
	boost(2, "https://evil.example/n/2");
	for (int i = 0; i < 12; i++) {
		time_freeze(NOW + i * 8 * HOUR);
		settle();
	}
	assert_int_equal(rows.inbox + rows.later + rows.parked, 0);
	assert_int_equal(rows.seen + rows.ages, 0);
}

/* Nobody else is to blame: it may be looked at, and lost it is not. */
static void what_we_cannot_do_is_parked(void **state)
{
	(void)state;
	uint64_t pair[2] = {node_person("jan"), node_know(&node.alice)};
	node_write(follow, pair);
	wire_answer("https://busy.example/n/3", WIRE_BUSY, NULL, "");
	boost(3, "https://busy.example/n/3");
	for (int i = 0; i < 12; i++) {
		time_freeze(NOW + i * 8 * HOUR);
		settle();
		assert_int_equal(rows.inbox + rows.later + rows.parked, 1);
	}
	assert_int_equal(rows.parked, 1);
	assert_int_equal(rows.seen, 1); /* the same again would not be tried anew */
}

static void what_is_refused_is_let_go_at_once(void **state)
{
	(void)state;
	meet();
	static const int statuses[] = {404, 410, 403, 400};
	for (size_t i = 0; i < COUNT(statuses); i++) {
		const char *uri = arena_format(node.arena, "https://evil.example/r/%zu", i);
		wire_answer(uri, statuses[i], NULL, "");
		boost(100 + (int)i, uri);
	}
	settle();
	assert_int_equal(rows.inbox + rows.later + rows.seen + rows.ages, 0);
}

static void those_that_wait_hold_nobody_up(void **state)
{
	(void)state;
	meet();
	for (int i = 0; i < 100; i++) {
		const char *uri = arena_format(node.arena, "https://h%d.example/n", i);
		wire_answer(uri, 503, NULL, "");
		boost(200 + i, uri);
	}
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://evil.example/c/9',"
		"'type':'Create','actor':'%s','to':" PUBLIC
		",'object':{'id':'https://evil.example/n/9',"
		"'type':'Note','attributedTo':'%s','content':'x','to':" PUBLIC "}}",
		node.bob.uri, node.bob.uri);
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	settle();
	assert_true(node_post_id("https://evil.example/n/9") != 0);
	assert_int_equal(rows.inbox, 0);
	assert_int_equal(rows.later, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(what_is_away_is_asked_again),
		NODE_TEST(what_is_refused_is_let_go_at_once),
		NODE_TEST(those_that_wait_hold_nobody_up),
		NODE_TEST(what_stays_away_is_let_go), /* last: their clocks run ahead */
		NODE_TEST(what_we_cannot_do_is_parked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
