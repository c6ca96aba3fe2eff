/* lookup.c: an address that someone searches for is looked up at its own host, and nowhere else. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static enum err look(const char *address, uint64_t who, const char **path)
{
	struct viewer viewer = {.actor = who, .local = who != 0};
	return lookup_address(node.federation, node.arena, address, &viewer, path);
}

static void a_person_by_handle_and_by_address(void **state)
{
	(void)state;
	const char *path = NULL;
	node_serve(&node.alice, "Person");
	wire_answer(
		"https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example",
		200, "application/jrd+json",
		node_words(
			"{'subject':'acct:alice@good.example','links':[{'rel':'self','type':'application/activity+json','href':'%s'}]}",
			node.alice.uri));
	assert_int_equal(look("@alice@good.example", node_person("jan"), &path), OK);
	assert_string_equal(path, "/@alice@good.example");
	node_serve(&node.bob, "Person");
	assert_int_equal(look(node.bob.uri, node_person("piet"), &path), OK);
	assert_true(text_ends(path, "@evil.example"));
}

static void note_at(const char *id, const char *to)
{
	wire_answer(id, 200, NULL,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':'Note','attributedTo':'%s',"
			"'content':'words','to':'%s'}",
			id, node.alice.uri, to));
}

static void a_post_that_may_be_read(void **state)
{
	(void)state;
	const char *path = NULL;
	uint64_t jan = node_person("jan");
	node_serve(&node.alice, "Person");
	note_at("https://good.example/n/1", "https://www.w3.org/ns/activitystreams#Public");
	assert_int_equal(look("https://good.example/n/1", jan, &path), OK);
	assert_true(text_starts(path, "/@alice@good.example/"));
	assert_true(node_post_id("https://good.example/n/1") != 0);
	/* What its host shows us is not yet for everyone here. */
	path = NULL;
	note_at("https://good.example/n/2", "https://good.example/u/alice/followers");
	assert_int_not_equal(look("https://good.example/n/2", jan, &path), OK);
	assert_null(path);
}

static void what_is_none(void **state)
{
	(void)state;
	const char *path = NULL;
	uint64_t jan = node_person("jan");
	wire_answer("https://good.example/odd", 200, NULL,
		node_words("{'id':'https://good.example/odd'}"));
	assert_int_not_equal(look("https://good.example/odd", jan, &path), OK);
	assert_int_not_equal(look("https://good.example/absent", jan, &path), OK);
	size_t before = wire_gets(NULL);
	static const char *const bad[] = {"words", "@", "@a@127.0.0.1", "https://127.0.0.1/",
		"https://localhost/a", "http://good.example/n/1", "https://good.example:8443/a",
		"file:///etc/passwd"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(look(bad[i], jan, &path), OK);
	assert_int_equal(wire_gets(NULL), before);
	assert_null(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_person_by_handle_and_by_address),
		NODE_TEST(a_post_that_may_be_read),
		NODE_TEST(what_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
