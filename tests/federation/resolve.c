/* resolve.c: what is fetched is believed at its own address only, and nobody makes us fetch without end. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static const char *note(const char *id, const char *owner, const char *parent)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':'Note','attributedTo':'%s',"
		"'content':'words','to':'https://www.w3.org/ns/activitystreams#Public'%s%s%s}",
		id, owner, parent != NULL ? ",'inReplyTo':'" : "", parent != NULL ? parent : "",
		parent != NULL ? "'" : "");
}

static enum err fetch(const char *uri, struct budget *budget, const char **id)
{
	const json_node *found;
	enum err e = resolve_fetch(node.federation, node.arena, uri, budget, &found);
	if (e == OK)
		*id = json_text(json_member(found, "id"));
	return e;
}

static enum err fetches(const char *uri)
{
	struct budget budget = resolve_budget();
	const char *id;
	return fetch(uri, &budget, &id);
}

static void a_document_is_its_address(void **state)
{
	(void)state;
	struct budget budget = resolve_budget();
	const char *id = NULL;
	wire_answer("https://good.example/n/1", 200, NULL,
		note("https://good.example/n/1", node.alice.uri, NULL));
	assert_int_equal(fetch("https://good.example/n/1", &budget, &id), OK);
	assert_int_equal(budget.fetches, 9);
	/* under another address: asked once where it says it is */
	wire_answer("https://evil.example/copy", 200, NULL,
		note("https://good.example/n/1", node.alice.uri, NULL));
	assert_int_equal(fetch("https://evil.example/copy", &budget, &id), OK);
	assert_string_equal(id, "https://good.example/n/1");
	assert_int_equal(wire_gets("https://good.example/n/1"), 2);
	/* and where that is not so, it is nothing */
	wire_answer("https://evil.example/lie", 200, NULL,
		note("https://good.example/nowhere", node.alice.uri, NULL));
	assert_int_equal(fetches("https://evil.example/lie"), ERR_NOT_FOUND);
	/* ours are never asked over the net, whoever names them */
	wire_answer("https://evil.example/ours", 200, NULL,
		note("https://ex.org/p/1", "https://ex.org/u/jan", NULL));
	assert_int_equal(fetches("https://evil.example/ours"), ERR_FORBIDDEN);
	size_t before = wire_gets(NULL);
	assert_int_equal(fetches("https://ex.org/actor"), OK);
	assert_int_equal(fetches("https://ex.org/p/1"), ERR_NOT_FOUND);
	assert_int_equal(wire_gets(NULL), before);
}

static void other_content_types_do_not_count(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		enum err e;
	} types[] = {
		{"application/activity+json; charset=utf-8", OK},
		{"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", OK},
		{"application/ld+json", ERR_INVALID},
		{"application/json", ERR_INVALID},
		{"text/html", ERR_INVALID},
		{"application/activity+jsonx", ERR_INVALID},
		{"", ERR_INVALID},
	};
	for (size_t i = 0; i < COUNT(types); i++) {
		const char *uri = arena_format(node.arena, "https://good.example/t/%zu", i);
		wire_answer(uri, 200, types[i].type, note(uri, node.alice.uri, NULL));
		assert_int_equal(fetches(uri), types[i].e);
	}
}

static void redirects_are_few_and_checked(void **state)
{
	(void)state;
	for (int hops = 2; hops <= 4; hops++) {
		for (int i = 0; i < hops; i++)
			wire_redirect(arena_format(node.arena, "https://h%d.example/%d", hops, i),
				302,
				arena_format(node.arena, "https://h%d.example/%d", hops, i + 1));
		const char *end = arena_format(node.arena, "https://h%d.example/%d", hops, hops);
		wire_answer(end, 200, NULL, note(end, node.alice.uri, NULL));
		assert_int_equal(fetches(arena_format(node.arena, "https://h%d.example/0", hops)),
			hops <= 3 ? OK : ERR_INVALID);
	}
	wire_redirect("https://a.example/loop", 301, "https://a.example/loop");
	assert_int_equal(fetches("https://a.example/loop"), ERR_INVALID);
	assert_int_equal(wire_gets("https://a.example/loop"), 1);
	static const char *const bad[] = {"http://good.example/n/1", "https://127.0.0.1/x",
		"https://[::ffff:127.0.0.1]/", "https://localhost/", "https://user@good.example/",
		"file:///etc/passwd", "//good.example/", "https://ex.org/actor",
		"https://good.example:8443/"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *from = arena_format(node.arena, "https://r%zu.example/", i);
		wire_redirect(from, 302, bad[i]);
		assert_int_not_equal(fetches(from), OK);
		assert_int_equal(wire_gets(bad[i]), 0);
	}
	/* a path of the same host */
	wire_redirect("https://p.example/old", 308, "/new");
	wire_answer("https://p.example/new", 200, NULL,
		note("https://p.example/new", node.alice.uri, NULL));
	assert_int_equal(fetches("https://p.example/old"), OK);
}

static void the_other_form_is_tried_and_remembered(void **state)
{
	(void)state;
	for (int i = 1; i <= 2; i++) {
		const char *uri = arena_format(node.arena, "https://new.example/n/%d", i);
		wire_answer(uri, 200, NULL, note(uri, node.alice.uri, NULL));
		wire_needs(uri, FORM_RFC9421);
		assert_int_equal(fetches(uri), OK);
		assert_int_equal(wire_gets(uri), i == 1 ? 2 : 1);
	}
}

static void failures_rest_for_five_minutes(void **state)
{
	(void)state;
	assert_int_equal(fetches("https://good.example/none"), ERR_NOT_FOUND);
	assert_int_equal(fetches("https://good.example/none"), ERR_NOT_FOUND);
	assert_int_equal(wire_gets("https://good.example/none"), 1);
	time_freeze(NOW + 5 * MINUTE + 1);
	assert_int_equal(fetches("https://good.example/none"), ERR_NOT_FOUND);
	assert_int_equal(wire_gets("https://good.example/none"), 2);
}

static void who_was_away_is_asked_again_in_a_minute(void **state)
{
	(void)state;
	wire_answer("https://good.example/busy", 503, NULL, "");
	assert_int_equal(fetches("https://good.example/busy"), ERR_REMOTE);
	size_t asked = wire_gets("https://good.example/busy");
	assert_int_equal(fetches("https://good.example/busy"), ERR_REMOTE);
	assert_int_equal(wire_gets("https://good.example/busy"), asked);
	time_freeze(NOW + MINUTE + 1);
	wire_answer("https://good.example/busy", 200, NULL,
		note("https://good.example/busy", node.alice.uri, NULL));
	assert_int_equal(fetches("https://good.example/busy"), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_document_is_its_address),
		NODE_TEST(other_content_types_do_not_count),
		NODE_TEST(redirects_are_few_and_checked),
		NODE_TEST(the_other_form_is_tried_and_remembered),
		NODE_TEST(failures_rest_for_five_minutes),
		NODE_TEST(who_was_away_is_asked_again_in_a_minute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
