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

static struct poll {
	uint64_t jan, bob, id;
	const char *uri;
	bool yes, no;
} poll;

static enum err ask(struct txn *t, void *arg)
{
	static const char *const answers[] = {"Yes", "No"};
	struct post p;
	struct poll_draft said = {.options = {answers, 2}, .end_time = time_now() + DAY};
	struct post_draft d = {.author = poll.jan, .source = "Shall we?", .poll = &said};
	(void)arg;
	enum err e = post_create(t, &d, NULL, NULL, &p);
	if (e != OK)
		return e;
	poll.id = p.id;
	poll.uri = arena_text(node.arena, p.uri);
	return OK;
}

static enum err see_votes(struct txn *t, void *arg)
{
	struct post p;
	struct extra x;
	(void)arg;
	enum err e = post_load(t, poll.id, &p);
	if (e != OK)
		return e;
	extra_read(txn_arena(t), p.extra, &x);
	poll.yes = x.options[0].votes > 0;
	poll.no = x.options[1].votes > 0;
	return OK;
}

static const char *choice(const char *name)
{
	return node_words("{'id':'https://evil.example/v/%s','type':'Note','attributedTo':'%s',"
			  "'inReplyTo':'%s','name':'%s','to':'https://ex.org/u/jan'}",
		name, node.bob.uri, poll.uri, name);
}

/* GoToSocial votes for several answers in one Create: the one that counts, counts. */
static void of_several_the_refused_is_left_out(void **state)
{
	(void)state;
	poll = (struct poll){.jan = node_person("jan"), .bob = node_know(&node.bob)};
	node_write(ask, NULL);
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://evil.example/c/1',"
		"'type':'Create','actor':'%s','to':'https://ex.org/u/jan','object':[%s,%s,%s]}",
		node.bob.uri, choice("Neither"), choice("No"), choice("Yes"));
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	settle();
	assert_int_equal(rows.inbox + rows.later + rows.parked, 0);
	assert_int_equal(rows.seen, 1);
	assert_int_equal(store_read(node.store, see_votes, NULL), OK);
	assert_true(poll.no && !poll.yes);
	/* And where none counts, it is as if it had not come. */
	body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://evil.example/c/2',"
		"'type':'Create','actor':'%s','to':'https://ex.org/u/jan','object':[%s,%s]}",
		node.bob.uri, choice("Neither"), choice("Yes"));
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	settle();
	assert_int_equal(rows.seen, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(what_is_away_is_asked_again),
		NODE_TEST(what_is_refused_is_let_go_at_once),
		NODE_TEST(those_that_wait_hold_nobody_up),
		NODE_TEST(of_several_the_refused_is_left_out),
		NODE_TEST(what_stays_away_is_let_go), /* last: their clocks run ahead */
		NODE_TEST(what_we_cannot_do_is_parked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
