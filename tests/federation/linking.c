/* linking.c: which profile elsewhere proves that it is somebody's here, and that no other page does. */
#include "fake_transport.h"
#include "neighbours.h"
#include "roll.h"

#include <string.h>

#define FINGER "https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example"

struct scene {
	uint64_t jan, board, alice, person;
	const char *address;
};
static struct scene scene;

static enum err enter_roll(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	struct person jan = {.actor = scene.jan, .status = PERSON_MEMBER};
	enum err e = person_add(r, &console, &jan);
	scene.person = jan.id;
	return e;
}

static void set_up(void)
{
	static const struct route *lists[5];
	lists[0] = federation_routes;
	lists[1] = linking_routes;
	lists[2] = feature_linked.routes;
	lists[3] = feature_readers.routes;
	struct founder f = node_pages(lists);
	scene = (struct scene){.jan = f.jan, .board = f.board};
	assert_int_equal(roll_write(&node.site, enter_roll, NULL), OK);
	node_serve(&node.alice, "Person");
	wire_answer(FINGER, 200, "application/jrd+json",
		node_words(
			"{'subject':'acct:alice@good.example','links':[{'rel':'self','type':'application/activity+json','href':'%s'}]}",
			node.alice.uri));
}

struct looking {
	struct linked at[LINKED_MOST];
	size_t count;
};

static enum err look_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	enum err e = linked_of(r, scene.person, l->at, &l->count);
	for (size_t i = 0; e == OK && i < l->count; i++)
		l->at[i].code = arena_text(node.arena, l->at[i].code);
	return e;
}

static struct looking look(void)
{
	struct looking l = {.count = 0};
	assert_int_equal(roll_read(&node.site, look_run, &l), OK);
	return l;
}

static void ask_for_alice(void)
{
	assert_int_equal(
		node_form("/settings/linked", "account=%40alice%40good.example").status, 303);
	struct looking l = look();
	assert_int_equal(l.count, 1);
	scene.alice = l.at[0].actor;
	scene.address = arena_format(node.arena, "https://ex.org/linked/%s", l.at[0].code);
}

/* Her profile with this member in it. */
static void alice_says(const char *more)
{
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, node.alice.rsa));
	wire_answer(node.alice.uri, 200, NULL,
		arena_format(node.arena,
			"{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":\"%s\",\"type\":\"Person\","
			"\"preferredUsername\":\"alice\",\"inbox\":\"%s/inbox\",\"url\":\"https://good.example/@alice\","
			"\"publicKey\":{\"id\":\"%s#main-key\",\"owner\":\"%s\",\"publicKeyPem\":\"%s\"},%s}",
			node.alice.uri, node.alice.uri, node.alice.uri, node.alice.uri, pem.at,
			more));
}

static int check_it(void)
{
	return node_form("/settings/linked/check",
		arena_format(node.arena, "id=%llu", (unsigned long long)scene.alice))
		.status;
}

static void each_way_that_proves_it(void **state)
{
	(void)state;
	set_up();
	ask_for_alice();
	const char *at = scene.address;
	const char *const ways[] = {
		"\"attachment\":[{\"type\":\"PropertyValue\",\"name\":\"x\",\"value\":\"<a href=\\\"%s\\\" rel=\\\"me nofollow\\\">x</a>\"}]",
		"\"attachment\":[{\"type\":\"PropertyValue\",\"name\":\"x\",\"value\":\" %s \"}]",
		"\"attachment\":[{\"type\":\"Note\"},{\"type\":\"Link\",\"rel\":[\"me\"],\"href\":\"%s\"}]",
		"\"alsoKnownAs\":[\"https://old.example/a\",\"%s\"]",
		"\"alsoKnownAs\":\"https://ex.org/u/jan\",\"x\":\"%s\"",
		"\"summary\":\"<p>I am <a href='%s'>me</a></p>\"",
	};
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct text t;
		const char *gap = strstr(ways[i], "%s");
		text_init(&t, node.arena, 8192);
		text_add_n(&t, ways[i], (size_t)(gap - ways[i]));
		text_add(&t, at);
		text_add(&t, gap + 2);
		alice_says(t.at);
		if (check_it() != 303)
			fail_msg("this proves nothing: %s", t.at);
		assert_true(look().at[0].proved != 0);
		assert_int_equal(linked_account(&node.site, scene.alice), scene.jan);
		/* And off again, for the next. */
		assert_int_equal(node_form(arena_format(node.arena, "/settings/linked/%llu/end",
						   (unsigned long long)scene.alice),
					 "")
					 .status,
			303);
		assert_int_equal(linked_account(&node.site, scene.alice), 0);
		ask_for_alice();
		at = scene.address;
	}
}

static void what_proves_nothing(void **state)
{
	(void)state;
	set_up();
	ask_for_alice();
	const char *const lies[] = {
		"\"x\":1",
		"\"attachment\":[{\"type\":\"PropertyValue\",\"value\":\"<a href='https://ex.org/linked/aaaa-bbbb-cccc-dddd' rel='me'>x</a>\"}]",
		"\"attachment\":[{\"type\":\"PropertyValue\",\"value\":\"https://ex.org/linked/\"}]",
		"\"attachment\":\"https://ex.org/linked/\"",
		"\"alsoKnownAs\":[\"https://ex.org/u/piet\",\"https://ex.org\"]",
		"\"summary\":\"https://ex.org/@jan\"",
	};
	for (size_t i = 0; i < COUNT(lies); i++) {
		alice_says(lies[i]);
		assert_int_equal(check_it(), 422);
	}
	/* What stands in comments, or somebody else's account says. */
	alice_says(arena_format(node.arena,
		"\"attachment\":[{\"value\":\"<!-- <a href='%s' rel='me'> -->\"}]", scene.address));
	assert_int_equal(check_it(), 422);
	wire_answer(node.alice.uri, 500, NULL, "");
	assert_int_equal(check_it(), 422);
	assert_int_equal(node_form("/settings/linked/check", "id=12345").status, 404);
	assert_int_equal(linked_account(&node.site, scene.alice), 0);
}

/* Without fields in the profile: a page of the same host, whose link says that it is about its owner. */
static void a_page_of_its_own_host(void **state)
{
	(void)state;
	set_up();
	ask_for_alice();
	alice_says("\"x\":1");
	wire_answer("https://good.example/@alice", 200, "text/html",
		arena_format(node.arena, "<p>A comment: <a href=\"%s\" rel=\"nofollow\">x</a>",
			scene.address));
	assert_int_equal(check_it(), 422);
	wire_answer("https://good.example/@alice", 200, "text/html",
		arena_format(node.arena, "<head><link rel='ME' href='%s'></head>", scene.address));
	assert_int_equal(check_it(), 303);
	assert_int_equal(linked_account(&node.site, scene.alice), scene.jan);
}

static enum err drop_from_roll(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	return person_remove(r, &console, scene.person);
}

static void who_may_not_ask(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(node_form("/settings/linked", "account=%40jan%40ex.org").status, 422);
	assert_int_equal(
		node_form("/settings/linked", "account=%40nobody%40good.example").status, 422);
	assert_int_equal(node_form("/settings/linked", "account=127.0.0.1").status, 422);
	assert_int_equal(
		node_form("/settings/linked", "account=https%3A%2F%2F127.0.0.1%2Fa").status, 422);
	assert_int_equal(look().count, 0);
	assert_int_equal(roll_write(&node.site, drop_from_roll, NULL), OK);
	assert_int_equal(
		node_form("/settings/linked", "account=%40alice%40good.example").status, 403);
}

static void the_core_team_lets_in(void **state)
{
	(void)state;
	set_up();
	uint64_t alice = node_know(&node.alice);
	assert_int_equal(
		node_form("/@board/readers", "account=%40alice%40good.example").status, 303);
	assert_true(admitted_is(&node.site, scene.board, alice));
	assert_int_equal(
		node_form("/@nothing/readers", "account=%40alice%40good.example").status, 404);
	assert_int_equal(node_form("/@jan/readers", "account=%40alice%40good.example").status, 404);
	assert_int_equal(node_form(arena_format(node.arena, "/@board/readers/%llu/end",
					   (unsigned long long)alice),
				 "")
				 .status,
		303);
	assert_false(admitted_is(&node.site, scene.board, alice));
	node_group("other");
	assert_int_equal(
		node_form("/@other/readers", "account=%40alice%40good.example").status, 403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(each_way_that_proves_it),
		NODE_TEST(what_proves_nothing),
		NODE_TEST(a_page_of_its_own_host),
		NODE_TEST(who_may_not_ask),
		NODE_TEST(the_core_team_lets_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
