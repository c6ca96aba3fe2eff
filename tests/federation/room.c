/* room.c (federation): what waits is counted for who sent it, and leaves room to the others. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static const char *create(int n)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/c/%d','type':'Create','actor':'%s',"
		"'object':{'id':'https://good.example/n/%d','type':'Note','attributedTo':'%s','content':'x','to':"
		"'https://www.w3.org/ns/activitystreams#Public'}}",
		n, node.alice.uri, n, node.alice.uri);
}

static void restart_with(size_t rows)
{
	const char *why = NULL;
	struct federation_settings f = node.federation->set;
	federation_stop(node.federation);
	f.inbox_max = rows;
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
}

/* Who fills a tenth waits; the others do not notice. */
static void one_host_leaves_room_to_others(void **state)
{
	(void)state;
	node_know(&node.alice);
	node_know(&node.bob);
	restart_with(30);
	struct inbox *in = node.federation->inbox;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(node_send("/inbox", &node.alice, create(1)).status, 202);
		if (i == 0)
			federation_settle(node.federation);
		inbox_took(in, node.alice.host, 1);
	}
	struct response r = node_send("/inbox", &node.alice, create(2));
	assert_int_equal(r.status, 429);
	assert_non_null(strstr(r.headers, "Retry-After: "));
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://evil.example/l/1',"
		"'type':'Like','actor':'%s','object':'https://good.example/n/1'}",
		node.bob.uri);
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	room_leave(in, node.alice.host, 1);
	assert_int_equal(node_send("/inbox", &node.alice, create(2)).status, 202);
	room_leave(in, node.alice.host, 1);
	room_leave(in, node.alice.host, 1);
	federation_settle(node.federation);
	assert_int_equal(room_rows(in, node.alice.host), 0);
	assert_int_equal(room_rows(in, node.bob.host), 0);
}

/* What is passed on is the room of who passes it on, whoever it names; and so it is after a start. */
static void the_room_is_the_signers(void **state)
{
	(void)state;
	node_know(&node.bob);
	for (int i = 0; i < 3; i++) {
		const char *id = arena_format(node.arena, "https://x%d.example/c/1", i);
		wire_answer(id, 503, NULL, "");
		wire_answer(arena_format(node.arena, "https://x%d.example/n", i), 503, NULL, "");
		const char *body = node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':"
			"'Create','actor':'https://x%d.example/u','object':'https://x%d.example/n'}",
			id, i, i);
		assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	}
	federation_settle(node.federation);
	assert_int_equal(room_rows(node.federation->inbox, node.bob.host), 3);
	restart_with(0);
	assert_int_equal(room_rows(node.federation->inbox, node.bob.host), 3);
	assert_int_equal(room_rows(node.federation->inbox, "x1.example"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(one_host_leaves_room_to_others),
		NODE_TEST(the_room_is_the_signers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
