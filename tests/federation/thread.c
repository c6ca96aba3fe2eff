/* thread.c: a post we miss comes with what it answers, from their own hosts, as if it had just been sent. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define AS "'@context':'https://www.w3.org/ns/activitystreams'"
#define PUBLIC "'https://www.w3.org/ns/activitystreams#Public'"

static const char *note(const char *id, const char *owner, const char *parent)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':'Note','attributedTo':'%s',"
		"'content':'words','to':'https://www.w3.org/ns/activitystreams#Public'%s%s%s}",
		id, owner, parent != NULL ? ",'inReplyTo':'" : "", parent != NULL ? parent : "",
		parent != NULL ? "'" : "");
}

static void a_reply_brings_what_it_answers(void **state)
{
	(void)state;
	node_know(&node.alice);
	wire_answer("https://good.example/n/30", 200, NULL,
		node_words(
			"{" AS
			",'id':'https://good.example/n/30','type':'Note','attributedTo':'%s','content':'first','to':" PUBLIC
			"}",
			node.alice.uri));
	node_send("/inbox", &node.alice,
		node_words(
			"{" AS
			",'id':'https://good.example/c/31','type':'Create','actor':'%s','object':{'id':"
			"'https://good.example/n/31','type':'Note','attributedTo':'%s','content':'second','inReplyTo':'https://good.example/n/30','to':" PUBLIC
			"}}",
			node.alice.uri, node.alice.uri));
	federation_settle(node.federation);
	struct post p;
	assert_true(node_post_id("https://good.example/n/30") != 0);
	assert_true(node_post(node_post_id("https://good.example/n/31"), &p));
	assert_true(p.parent == node_post_id("https://good.example/n/30"));
}

static void a_budget_ends(void **state)
{
	(void)state;
	node_serve(&node.alice, "Person");
	for (int i = 0; i < 40; i++) {
		const char *uri = arena_format(node.arena, "https://good.example/deep/%d", i);
		wire_answer(uri, 200, NULL,
			note(uri, node.alice.uri,
				arena_format(node.arena, "https://good.example/deep/%d", i + 1)));
	}
	uint64_t post = 0;
	assert_int_equal(
		federation_find_post(node.federation, "https://good.example/deep/0", &post), OK);
	assert_true(post != 0);
	assert_true(wire_gets(NULL) <= 10);
	uint64_t again = 0;
	size_t before = wire_gets(NULL);
	assert_int_equal(
		federation_find_post(node.federation, "https://good.example/deep/0", &again), OK);
	assert_true(again == post && wire_gets(NULL) == before);
}

static void a_post_of_another_hosts_author_is_refused(void **state)
{
	(void)state;
	uint64_t post;
	node_serve(&node.alice, "Person");
	wire_answer("https://evil.example/n/1", 200, NULL,
		note("https://evil.example/n/1", node.alice.uri, NULL));
	assert_int_equal(federation_find_post(node.federation, "https://evil.example/n/1", &post),
		ERR_FORBIDDEN);
	assert_true(node_post_id("https://evil.example/n/1") == 0);
}

static enum err find(const char *uri)
{
	uint64_t post;
	return federation_find_post(node.federation, uri, &post);
}

/* The parents come first, so that each finds what it answers. */
static void a_chain_is_created_from_its_start(void **state)
{
	(void)state;
	node_serve(&node.alice, "Person");
	for (int i = 1; i <= 4; i++) {
		const char *uri = arena_format(node.arena, "https://good.example/n/%d", i);
		wire_answer(uri, 200, NULL,
			note(uri, node.alice.uri,
				i > 1 ? arena_format(node.arena, "https://good.example/n/%d", i - 1)
				      : NULL));
	}
	assert_int_equal(find("https://good.example/n/4"), OK);
	for (int i = 2; i <= 4; i++) {
		struct post p;
		assert_true(node_post(
			node_post_id(arena_format(node.arena, "https://good.example/n/%d", i)),
			&p));
		assert_true(p.parent
			== node_post_id(
				arena_format(node.arena, "https://good.example/n/%d", i - 1)));
		assert_true(p.root == node_post_id("https://good.example/n/1"));
	}
}

/* Two that answer each other end by themselves; what is missing above leaves what is below. */
static void rings_and_gaps_end(void **state)
{
	(void)state;
	node_serve(&node.alice, "Person");
	wire_answer("https://good.example/r/1", 200, NULL,
		note("https://good.example/r/1", node.alice.uri, "https://good.example/r/2"));
	wire_answer("https://good.example/r/2", 200, NULL,
		note("https://good.example/r/2", node.alice.uri, "https://good.example/r/1"));
	assert_int_equal(find("https://good.example/r/1"), OK);
	assert_true(wire_gets(NULL) <= 10);
	wire_answer("https://good.example/g/2", 200, NULL,
		note("https://good.example/g/2", node.alice.uri, "https://good.example/g/1"));
	wire_answer("https://good.example/g/1", 404, NULL, "");
	assert_int_equal(find("https://good.example/g/2"), OK);
	assert_true(node_post_id("https://good.example/g/2") != 0);
	assert_true(node_post_id("https://good.example/g/1") == 0);
}

static void what_is_no_post_is_not_created(void **state)
{
	(void)state;
	static const char *const types[] = {"Like", "Create", "Person", "Group", "Tombstone"};
	node_serve(&node.alice, "Person");
	for (size_t i = 0; i < COUNT(types); i++) {
		const char *uri = arena_format(node.arena, "https://good.example/x/%zu", i);
		wire_answer(uri, 200, NULL,
			node_words("{" AS ",'id':'%s','type':'%s','attributedTo':'%s','actor':'%s',"
				   "'object':'https://good.example/n/1','content':'x','to':" PUBLIC
				   "}",
				uri, types[i], node.alice.uri, node.alice.uri));
		assert_int_not_equal(find(uri), OK);
		assert_true(node_post_id(uri) == 0);
	}
}

/* Asked for at one address of its host, it lives at another: it is known by its own. */
static void its_own_address_counts(void **state)
{
	(void)state;
	node_serve(&node.alice, "Person");
	wire_redirect("https://good.example/@alice/7", 302, "https://good.example/n/7");
	wire_answer("https://good.example/n/7", 200, NULL,
		note("https://good.example/n/7", node.alice.uri, NULL));
	assert_int_equal(find("https://good.example/@alice/7"), OK);
	assert_true(node_post_id("https://good.example/n/7") != 0);
	assert_true(node_post_id("https://good.example/@alice/7") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_reply_brings_what_it_answers),
		NODE_TEST(a_chain_is_created_from_its_start),
		NODE_TEST(rings_and_gaps_end),
		NODE_TEST(what_is_no_post_is_not_created),
		NODE_TEST(its_own_address_counts),
		NODE_TEST(a_budget_ends),
		NODE_TEST(a_post_of_another_hosts_author_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
