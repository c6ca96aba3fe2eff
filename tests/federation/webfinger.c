/* webfinger.c (federation): a handle leads where its own host says, and nowhere else. */
#include "fake_transport.h"
#include "neighbours.h"

static void webfinger_is_asked_at_the_handles_host(void **state)
{
	(void)state;
	uint64_t id = 0;
	node_serve(&node.alice, "Person");
	wire_answer(
		"https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example",
		200, "application/jrd+json; charset=utf-8",
		node_words(
			"{'subject':'acct:alice@good.example','links':[{'rel':'self','type':'text/html','href':'https://good.example/x'},"
			"{'rel':'self','type':'application/activity+json','href':'%s'}]}",
			node.alice.uri));
	assert_int_equal(federation_find_actor(node.federation, "@alice@good.example", &id), OK);
	assert_true(id != 0);
	/* evil.example speaks for good.example: asked there, and it says otherwise */
	wire_answer(
		"https://evil.example/.well-known/webfinger?resource=acct%3Amallory%40evil.example",
		200, "application/jrd+json",
		node_words(
			"{'subject':'acct:alice@good.example','links':[{'rel':'self','type':'application/activity+json','href':'%s'}]}",
			node.bob.uri));
	node_serve(&node.bob, "Person");
	assert_int_equal(
		federation_find_actor(node.federation, "mallory@evil.example", &id), ERR_REMOTE);
	assert_int_equal(wire_gets(node.bob.uri), 0);
	size_t before = wire_gets(NULL);
	static const char *const bad[] = {"a@localhost:6379", "a@host/path?", "a@user:pw@h",
		"a@127.0.0.1", "a@good.example/.evil.example", "@", "a@", ""};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(federation_find_actor(node.federation, bad[i], &id), OK);
	assert_int_equal(wire_gets(NULL), before);
}

static enum err finger(const char *handle, const char **uri)
{
	struct budget budget = resolve_budget();
	return resolve_webfinger(node.federation, node.arena, handle, &budget, uri);
}

static void answers(int status, const char *type, const char *body)
{
	wire_reset();
	wire_answer(
		"https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example",
		status, type, body);
}

/* Only a link to an activity of the right relation counts, in a JSON document that is called one. */
static void what_is_no_answer(void **state)
{
	(void)state;
	static const char good[] =
		"{\"links\":[{\"rel\":\"self\",\"type\":\"application/activity+json\","
		"\"href\":\"https://good.example/u/alice\"}]}";
	static const struct {
		int status;
		const char *type, *body;
		enum err err;
	} cases[] = {
		{200, "application/jrd+json", good, OK},
		{200, "application/json; charset=utf-8", good, OK},
		{200, "text/html", good, ERR_REMOTE},
		{200, "application/jrd+jsonp", good, ERR_REMOTE},
		{200, "application/jrd+json", "{", ERR_REMOTE},
		{200, "application/jrd+json", "{}", ERR_REMOTE},
		{200, "application/jrd+json",
			"{\"links\":[{\"rel\":\"profile\",\"type\":\"application/activity+json\",\"href\":\"https://good.example/u\"}]}",
			ERR_REMOTE},
		{200, "application/jrd+json",
			"{\"links\":[{\"rel\":\"self\",\"type\":\"application/activity+json\",\"href\":\"javascript:x\"}]}",
			ERR_REMOTE},
		{404, "application/jrd+json", good, ERR_NOT_FOUND},
		{410, "application/jrd+json", good, ERR_GONE},
		{500, "application/jrd+json", good, ERR_REMOTE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *uri = NULL;
		answers(cases[i].status, cases[i].type, cases[i].body);
		enum err e = finger("alice@good.example", &uri);
		if (e != cases[i].err || (uri != NULL) != (e == OK))
			fail_msg("case %zu: %s", i, err_name(e));
		if (e == OK)
			assert_string_equal(uri, "https://good.example/u/alice");
	}
}

/* Redirects: three hops, each checked as an address of its own. */
static void redirects_are_followed_and_counted(void **state)
{
	(void)state;
	const char *uri = NULL;
	wire_reset();
	wire_redirect(
		"https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example",
		302, "https://good.example/loop");
	wire_redirect("https://good.example/loop", 307, "/loop");
	assert_int_equal(finger("alice@good.example", &uri), ERR_REMOTE);
	assert_int_equal(wire_gets("https://good.example/loop"), 3);
	wire_reset();
	wire_redirect(
		"https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example",
		302, "https://127.0.0.1/x");
	assert_int_not_equal(finger("alice@good.example", &uri), OK);
	assert_int_equal(wire_gets("https://127.0.0.1/x"), 0);
	assert_null(uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(webfinger_is_asked_at_the_handles_host),
		NODE_TEST(what_is_no_answer),
		NODE_TEST(redirects_are_followed_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
