/* keys.c: whose a key is: the actor says so at its own address, and nobody else; asked for seldom. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static const char *create(const char *at, const char *actor)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s/c/1','type':'Create','actor':'%s',"
		"'object':{'id':'%s/n/1','type':'Note','attributedTo':'%s','content':'hi','to':"
		"'https://www.w3.org/ns/activitystreams#Public'}}",
		at, actor, at, actor);
}

static void a_key_whose_owner_does_not_list_it_is_refused(void **state)
{
	(void)state;
	/* evil.example says its key is alice's; and a document under another id than its address. */
	wire_answer("https://evil.example/key", 200, NULL,
		"{\"id\":\"https://evil.example/key\",\"owner\":\"https://good.example/users/alice\",\"publicKeyPem\":\"x\"}");
	node_serve(&node.alice, "Person");
	struct neighbour thief = node.bob;
	thief.uri = "https://evil.example/key";
	const char *body = create("https://good.example", node.alice.uri);
	int status = node_send("/inbox", &thief, body).status;
	assert_true(status == 401 || status == 503);
	federation_settle(node.federation);
	assert_true(node_post_id("https://good.example/n/1") == 0);
	/* Known to fail: no further request for five minutes. */
	size_t before = wire_gets(NULL);
	assert_true(node_send("/inbox", &thief, body).status >= 400);
	assert_int_equal(wire_gets(NULL), before);
}

static void our_own_keys_sign_nothing_from_outside(void **state)
{
	(void)state;
	struct neighbour thief = node.bob;
	thief.uri = "https://ex.org/actor";
	const char *body = create("https://ex.org", "https://ex.org/actor");
	assert_int_equal(node_send("/inbox", &thief, body).status, 401);
	assert_int_equal(wire_gets(NULL), 0);
}

static enum err ask(const char *key_id, bool refetch, const struct neighbour *whose)
{
	struct actor owner;
	struct key *key = NULL;
	enum err e = actor_key(node.federation, node.arena, key_id, refetch, &owner, &key);
	if (e != OK) {
		assert_null(key);
		return e;
	}
	assert_string_equal(owner.uri, whose->uri);
	assert_string_equal(key_pem(node.arena, key), key_pem(node.arena, whose->rsa));
	key_drop(key);
	return OK;
}

static const char *key_of(const struct neighbour *p)
{
	return arena_format(node.arena, "%s#main-key", p->uri);
}

static void a_key_is_fetched_once(void **state)
{
	(void)state;
	struct actor owner;
	struct key *key = NULL;
	node_serve(&node.alice, "Person");
	assert_int_equal(
		actor_key_known(node.federation, node.arena, key_of(&node.alice), &owner, &key),
		ERR_NOT_FOUND);
	assert_int_equal(wire_gets(NULL), 0); /* only looked for at home */
	assert_int_equal(ask(key_of(&node.alice), false, &node.alice), OK);
	assert_int_equal(ask(key_of(&node.alice), false, &node.alice), OK);
	assert_int_equal(wire_gets(node.alice.uri), 1);
	assert_int_equal(
		actor_key_known(node.federation, node.arena, key_of(&node.alice), &owner, &key),
		OK);
	key_drop(key);
}

/* Changed on their side: asked for once more, and then not for a minute. */
static void a_changed_key_is_asked_for_once_a_minute(void **state)
{
	(void)state;
	node_know(&node.alice);
	struct neighbour changed = node.alice;
	changed.rsa = node.bob.rsa;
	node_serve(&changed, "Person");
	size_t before = wire_gets(node.alice.uri);
	assert_int_equal(ask(key_of(&node.alice), true, &changed), ERR_SIGN_IN);
	assert_int_equal(wire_gets(node.alice.uri), before);
	time_freeze(NOW + MINUTE + 1);
	assert_int_equal(ask(key_of(&node.alice), true, &changed), OK);
	assert_int_equal(ask(key_of(&node.alice), true, &changed), ERR_SIGN_IN);
	assert_int_equal(wire_gets(node.alice.uri), before + 1);
}

/* GoToSocial's key is a document of its own, older Misskey's too: known by what stands before the last segment. */
static void a_key_at_an_address_of_its_own(void **state)
{
	(void)state;
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, node.alice.rsa));
	const char *stub = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':'Person','preferredUsername':'alice',"
		"'inbox':'%s/inbox','publicKey':{'id':'%s/main-key','owner':'%s','publicKeyPem':'%s'}}",
		node.alice.uri, node.alice.uri, node.alice.uri, node.alice.uri, pem.at);
	const char *id = arena_format(node.arena, "%s/main-key", node.alice.uri);
	wire_answer(node.alice.uri, 200, NULL, stub);
	wire_answer(id, 200, NULL,
		node_words("{'id':'%s','owner':'%s','publicKeyPem':'%s'}", id, node.alice.uri,
			pem.at));
	assert_int_equal(ask(id, false, &node.alice), OK);
	size_t before = wire_gets(NULL);
	assert_int_equal(ask(id, false, &node.alice), OK);
	assert_int_equal(wire_gets(NULL), before);
	assert_int_equal(ask(key_of(&node.alice), false, &node.alice),
		ERR_SIGN_IN); /* she does not list it */
}

static int create_status(const struct neighbour *p)
{
	const char *at = arena_format(node.arena, "https://%s", p->host);
	return node_send("/inbox", p, create(at, p->uri)).status;
}

/* What was read yesterday is asked for again, once, and stands while its host is away. */
static void a_key_is_asked_for_again_after_a_day(void **state)
{
	(void)state;
	node_know(&node.alice);
	size_t before = wire_gets(node.alice.uri);
	node_later(DAY - 1);
	assert_int_equal(create_status(&node.alice), 202);
	assert_int_equal(wire_gets(node.alice.uri), before);
	node_later(1);
	assert_int_equal(create_status(&node.alice), 202);
	assert_int_equal(create_status(&node.alice), 202);
	assert_int_equal(wire_gets(node.alice.uri), before + 1);
	wire_answer(node.alice.uri, 503, NULL, "");
	node_later(DAY);
	assert_int_equal(create_status(&node.alice), 202);
	assert_int_equal(ask(key_of(&node.alice), false, &node.alice), OK);
}

static void a_key_that_was_changed_signs_nothing_after_a_day(void **state)
{
	(void)state;
	node_know(&node.bob);
	struct neighbour changed = node.bob;
	changed.rsa = node.alice.rsa;
	node_serve(&changed, "Person");
	node_later(DAY);
	assert_int_equal(create_status(&node.bob), 401);
	federation_settle(node.federation);
	assert_true(node_post_id("https://evil.example/n/1") == 0);
}

static struct ended {
	uint64_t actor;
	bool gone;
} ended;

static enum err see_end(struct txn *t, void *arg)
{
	struct actor a;
	struct ended *e = arg;
	e->gone = actor_load(t, e->actor, &a) == OK && a.gone;
	return OK;
}

/* Their node has no key of them any more, and their last word is theirs all the same; it is their only one. */
static void who_left_says_so_with_the_key_that_is_known(void **state)
{
	(void)state;
	ended.actor = node_know(&node.group);
	wire_answer(node.group.uri, 410, NULL, "");
	node_later(DAY);
	assert_int_equal(create_status(&node.group), 202); /* and nothing comes of it */
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s#delete','type':'Delete',"
		"'actor':'%s','object':'%s'}",
		node.group.uri, node.group.uri, node.group.uri);
	struct neighbour thief = node.group;
	thief.rsa = node.bob.rsa;
	node_send("/inbox", &thief, body);
	federation_settle(node.federation);
	assert_int_equal(store_read(node.store, see_end, &ended), OK);
	assert_false(ended.gone);
	assert_true(node_post_id("https://groups.example/n/1") == 0);
	assert_int_equal(node_send("/inbox", &node.group, body).status, 202);
	federation_settle(node.federation);
	assert_int_equal(store_read(node.store, see_end, &ended), OK);
	assert_true(ended.gone);
}

static enum err suspend(struct txn *t, void *arg)
{
	return actor_suspend(t, *(uint64_t *)arg, true);
}

static enum err end(struct txn *t, void *arg)
{
	struct origin origin = {.uri = "https://evil.example/end"};
	return actor_remove(t, *(uint64_t *)arg, &origin);
}

static void who_may_not_speak_has_no_key(void **state)
{
	(void)state;
	uint64_t alice = node_know(&node.alice), bob = node_know(&node.bob);
	node_write(suspend, &alice);
	node_write(end, &bob);
	assert_int_equal(ask(key_of(&node.alice), false, &node.alice), ERR_FORBIDDEN);
	assert_int_equal(ask(key_of(&node.bob), false, &node.bob), ERR_GONE);
	assert_int_equal(ask("https://ex.org/actor#main-key", false, NULL), ERR_FORBIDDEN);
	assert_int_equal(ask("acct:alice@good.example", false, NULL), ERR_INVALID);
	assert_int_equal(ask("", false, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_key_whose_owner_does_not_list_it_is_refused),
		NODE_TEST(our_own_keys_sign_nothing_from_outside),
		NODE_TEST(a_key_is_fetched_once),
		NODE_TEST(a_changed_key_is_asked_for_once_a_minute),
		NODE_TEST(a_key_at_an_address_of_its_own),
		NODE_TEST(who_may_not_speak_has_no_key),
		NODE_TEST(a_key_is_asked_for_again_after_a_day),
		NODE_TEST(a_key_that_was_changed_signs_nothing_after_a_day),
		NODE_TEST(who_left_says_so_with_the_key_that_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
