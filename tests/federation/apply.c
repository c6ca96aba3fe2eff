/* apply.c: what was taken is applied, once, whatever stops or fills the node; who may wait for what; and a row that ends us
 * is taken out. */
#include "fake_transport.h"
#include "neighbours.h"

#include <pthread.h>
#include <string.h>

static const char *create(int n)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/c/%d','type':'Create','actor':'%s',"
		"'object':{'id':'https://good.example/n/%d','type':'Note','attributedTo':'%s','content':'x','to':"
		"'https://www.w3.org/ns/activitystreams#Public'}}",
		n, node.alice.uri, n, node.alice.uri);
}

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
	return OK;
}

struct counting {
	uint8_t table;
	size_t rows;
};

static enum err count_rows(struct txn *t, void *arg)
{
	struct counting *c = arg;
	struct walk walk = {.prefix = place_0(c->table), .max = WALK_ALL};
	c->rows = 0;
	return txn_walk(t, &walk, count_row, &c->rows);
}

static size_t rows_of(uint8_t table)
{
	struct counting c = {.table = table};
	assert_int_equal(store_read(node.store, count_rows, &c), OK);
	return c.rows;
}

static void restart(void)
{
	const char *why = NULL;
	struct federation_settings f = node.federation->set;
	federation_stop(node.federation);
	if (federation_start(&f, &node.federation, &why) != OK)
		die("federation: %s", why);
}

static enum err put_row(struct txn *t, void *arg)
{
	const struct received *r = arg;
	struct place place = place_1(TABLE_INBOX, id_next());
	return txn_save(t, &place, &received_shape, r);
}

static void what_was_taken_before_a_stop_is_applied_after(void **state)
{
	(void)state;
	uint64_t alice = node_know(&node.alice);
	struct federation_settings f = node.federation->set;
	federation_stop(node.federation);
	for (int n = 1; n <= 200; n++) {
		const char *body = create(n);
		struct received r = {.id = arena_format(node.arena, "https://good.example/c/%d", n),
			.type = "Create",
			.actor = node.alice.uri,
			.raw = {body, strlen(body)},
			.signer = alice,
			.at = time_now()};
		node_write(put_row, &r);
	}
	const char *why;
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
	federation_settle(node.federation);
	assert_int_equal(rows_of(TABLE_INBOX), 0);
	assert_int_equal(rows_of(TABLE_POST), 200);
	restart();
	federation_settle(node.federation);
	assert_int_equal(rows_of(TABLE_POST), 200);
}

static void nonsense_in_the_store_does_not_stop_it(void **state)
{
	(void)state;
	uint64_t alice = node_know(&node.alice);
	const char *body = create(1);
	struct received bad = {.id = "https://good.example/c/0",
		.type = "Create",
		.actor = node.alice.uri,
		.raw = {"{", 1},
		.signer = alice};
	struct received good = {.id = "https://good.example/c/1",
		.type = "Create",
		.actor = node.alice.uri,
		.raw = {body, strlen(body)},
		.signer = alice};
	struct federation_settings f = node.federation->set;
	federation_stop(node.federation);
	node_write(put_row, &bad);
	node_write(put_row, &good);
	const char *why;
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
	federation_settle(node.federation);
	assert_int_equal(rows_of(TABLE_INBOX), 0);
	assert_int_equal(rows_of(TABLE_POST), 1);
}

static void a_full_inbox_says_when_to_come_again(void **state)
{
	(void)state;
	node_know(&node.alice);
	struct federation_settings f = node.federation->set;
	federation_stop(node.federation);
	f.inbox_max = 2;
	const char *why;
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
	inbox_took(node.federation->inbox, "a.example", 2);
	assert_int_equal(node_send("/inbox", &node.alice, create(1)).status, 202);
	inbox_took(node.federation->inbox, "a.example", 2);
	struct response r = node_send("/inbox", &node.alice, create(2));
	assert_int_equal(r.status, 503);
	assert_non_null(strstr(r.headers, "Retry-After: "));
}

static enum err put_later(struct txn *t, void *arg)
{
	struct place place = place_2(TABLE_LATER, (uint64_t)(time_now() + DAY), id_next());
	return txn_save(t, &place, &received_shape, arg);
}

/* What came and was applied leaves its room to others; what was there at the start holds it. */
static void an_inbox_is_full_by_its_bytes_too(void **state)
{
	(void)state;
	node_know(&node.alice);
	struct federation_settings f = node.federation->set;
	federation_stop(node.federation);
	f.inbox_bytes = 3 * strlen(create(1));
	const char *why;
	struct received waits = {.id = "https://evil.example/a/1",
		.type = "Create",
		.actor = node.bob.uri,
		.raw = {create(1), strlen(create(1))},
		.at = time_now()};
	node_write(put_later, &waits);
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
	for (int i = 2; i < 8; i++) {
		assert_int_equal(node_send("/inbox", &node.alice, create(i)).status, 202);
		federation_settle(node.federation);
	}
	inbox_took(node.federation->inbox, "a.example", strlen(create(1)));
	assert_int_equal(node_send("/inbox", &node.alice, create(8)).status, 202);
	inbox_took(node.federation->inbox, "a.example", strlen(create(1)));
	assert_int_equal(node_send("/inbox", &node.alice, create(9)).status, 503);
}

static enum err crash(struct txn *t, void *arg)
{
	const uint32_t *crashes = arg;
	struct received row = {.id = "https://good.example/p/1",
		.type = "Create",
		.actor = "https://good.example/users/alice",
		.raw = {"{}", 2},
		.at = time_now(),
		.crashes = *crashes};
	struct place mark = place_text(TABLE_META, "inbox open"),
		     place = place_1(TABLE_INBOX, id_next());
	enum err e = txn_put(t, &mark, (struct bytes){"\1", 1});
	return e == OK ? txn_save(t, &place, &received_shape, &row) : e;
}

static void restart_after(uint32_t crashes)
{
	const char *why;
	struct federation_settings set = node.federation->set;
	federation_stop(node.federation);
	node_write(crash, &crashes);
	assert_int_equal(federation_start(&set, &node.federation, &why), OK);
	federation_settle(node.federation);
	assert_int_equal(rows_of(TABLE_INBOX), 0);
}

static void a_row_that_ends_us_is_taken_out(void **state)
{
	(void)state;
	restart_after(4); /* the fifth time: tried, and dropped for what it is */
	assert_int_equal(rows_of(TABLE_PARKED), 0);
	restart_after(5);
	assert_int_equal(rows_of(TABLE_PARKED), 1);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void one_network_takes_not_all_that_wait(void **state)
{
	(void)state;
	size_t taken = 0;
	struct inbox *in = node.federation->inbox;
	pthread_mutex_lock(&gate);
	for (int i = 0; i < 200; i++) {
		const char *peer = arena_format(node.arena, "2001:db8:1:2:%x::1", i);
		taken += inbox_later(in, peer, wait_at_gate, NULL) == OK;
	}
	assert_int_equal(taken, 32);
	assert_int_equal(inbox_later(in, "2001:db8:1:3::1", wait_at_gate, NULL), OK);
	assert_int_equal(inbox_later(in, "192.0.2.7", wait_at_gate, NULL), OK);
	pthread_mutex_unlock(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(what_was_taken_before_a_stop_is_applied_after),
		NODE_TEST(nonsense_in_the_store_does_not_stop_it),
		NODE_TEST(a_full_inbox_says_when_to_come_again),
		NODE_TEST(an_inbox_is_full_by_its_bytes_too),
		NODE_TEST(a_row_that_ends_us_is_taken_out),
		NODE_TEST(one_network_takes_not_all_that_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
