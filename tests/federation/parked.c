/* parked.c (federation): what could not be taken in is named, and goes in when it can. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define BODY                                                                                       \
	"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/c/%d',"    \
	"'type':'Create','actor':'%s','object':{'id':'https://good.example/n/%d','type':'Note',"   \
	"'attributedTo':'%s','content':'x','to':'https://www.w3.org/ns/activitystreams#Public'}}"

struct parking {
	const char *raw;
	uint64_t signer;
	int number;
};

static enum err park(struct txn *t, void *arg)
{
	const struct parking *p = arg;
	struct received row = {
		.id = arena_format(node.arena, "https://good.example/c/%d", p->number),
		.type = "Create",
		.actor = node.alice.uri,
		.host = node.alice.host,
		.raw = {p->raw, strlen(p->raw)},
		.signer = p->signer,
		.at = time_now(),
		.tries = 7,
		.crashes = 6};
	struct place place = place_1(TABLE_PARKED, id_next());
	return txn_save(t, &place, &received_shape, &row);
}

static size_t listed(const char *with)
{
	struct text out;
	size_t count, lines = 0;
	text_init(&out, node.arena, 1 << 20);
	assert_int_equal(parked_list(node.store, &out, &count), OK);
	for (const char *at = out.at; (at = strstr(at, with)) != NULL; at++)
		lines++;
	return lines;
}

static void all_of_it_is_tried_once_more(void **state)
{
	size_t count;
	(void)state;
	uint64_t alice = node_know(&node.alice);
	for (int i = 0; i < 40; i++)
		node_write(park,
			&(struct parking){
				node_words(BODY, i, node.alice.uri, i, node.alice.uri), alice, i});
	assert_int_equal(listed("Z Create of good.example: https://good.example/c/"), 40);
	assert_int_equal(parked_retry(node.federation, &count), OK);
	assert_int_equal(count, 40);
	federation_settle(node.federation);
	for (int i = 0; i < 40; i++)
		assert_true(node_post_id(arena_format(node.arena, "https://good.example/n/%d", i))
			!= 0);
	assert_int_equal(listed("\n"), 0);
	assert_int_equal(room_rows(node.federation->inbox, node.alice.host), 0);
	assert_int_equal(parked_retry(node.federation, &count), OK);
	assert_int_equal(count, 0);
}

/* Where nobody serves they wait in the inbox for the next start. */
static void a_command_beside_a_stopped_node(void **state)
{
	size_t count;
	const char *why;
	(void)state;
	uint64_t alice = node_know(&node.alice);
	node_write(park,
		&(struct parking){
			node_words(BODY, 1, node.alice.uri, 1, node.alice.uri), alice, 1});
	struct federation_settings f = node.federation->set, quiet = f;
	federation_stop(node.federation);
	quiet.deliver = false;
	assert_int_equal(federation_start(&quiet, &node.federation, &why), OK);
	assert_int_equal(parked_retry(node.federation, &count), OK);
	assert_int_equal(count, 1);
	federation_stop(node.federation);
	assert_int_equal(federation_start(&f, &node.federation, &why), OK);
	federation_settle(node.federation);
	assert_true(node_post_id("https://good.example/n/1") != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(all_of_it_is_tried_once_more),
		NODE_TEST(a_command_beside_a_stopped_node),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
