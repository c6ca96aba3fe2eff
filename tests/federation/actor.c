/* actor.c: what an actor may claim, how ours look, and whose key a key is. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static const char *document(const char *further)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/users/zed','type':'Person',"
		"'preferredUsername':'zed'%s}",
		further);
}

static enum err claims_of(const char *json, struct actor *out)
{
	const json_node *n;
	assert_int_equal(json_read(node.arena, (struct bytes){json, strlen(json)}, NULL, &n), OK);
	return actor_from_node(node.arena, n, out, NULL);
}

static void addresses_stay_on_one_host(void **state)
{
	(void)state;
	struct actor a;
	assert_int_equal(
		claims_of(document(",'inbox':'https://evil.example/inbox'"), &a), ERR_INVALID);
	assert_int_equal(claims_of(document(",'inbox':['javascript:1',{}]"), &a), ERR_INVALID);
	assert_int_equal(claims_of(document(",'inbox':'https://'"), &a), ERR_INVALID);
	assert_int_equal(claims_of(document(""), &a), ERR_INVALID);
	assert_int_equal(
		claims_of(
			document(
				",'inbox':'https://good.example/i','outbox':'https://evil.example/o','featured':"
				"'https://evil.example/f','url':'javascript:alert(1)','endpoints':{'sharedInbox':"
				"'https://relay.example/in'}"),
			&a),
		OK);
	assert_null(a.outbox);
	assert_null(a.featured);
	assert_null(a.url);
	assert_string_equal(a.shared_inbox, "https://relay.example/in");
	assert_string_equal(a.host, "good.example");
}

static void keys_belong_to_the_actor(void **state)
{
	(void)state;
	struct actor a;
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, node.alice.rsa));
	static const struct {
		const char *id, *owner;
		bool kept;
	} cases[] = {
		{"https://good.example/users/zed#main-key", "https://good.example/users/zed", true},
		{"https://good.example/users/zed/main-key", "https://good.example/users/zed", true},
		{"https://good.example/users/zed#main-key", "https://good.example/users/other",
			false},
		{"https://evil.example/users/zed#main-key", "https://good.example/users/zed",
			false},
		{"not an address", "https://good.example/users/zed", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int list = 0; list < 2; list++) {
			const char *json = document(arena_format(node.arena,
				",'inbox':'https://good.example/i','publicKey':%s{'id':'%s','owner':'%s','publicKeyPem':'%s'}%s",
				list ? "[" : "", cases[i].id, cases[i].owner, pem.at,
				list ? "]" : ""));
			assert_int_equal(claims_of(json, &a), OK);
			assert_true((a.rsa.size > 0) == cases[i].kept);
		}
}

static void small_things_are_read(void **state)
{
	(void)state;
	struct actor a;
	assert_int_equal(
		claims_of(
			document(
				",'inbox':'https://good.example/i','icon':[{'type':'Image','url':'https://good.example/s.png','width':48},{'type':'Image','url':"
				"'https://good.example/l.png','width':120}],'alsoKnownAs':['https://old.example/u','nonsense'],'manuallyApprovesFollowers':true,"
				"'url':[{'type':'Link','href':'https://good.example/feed','mediaType':'application/rss+xml'},{'type':'Link','href':"
				"'https://good.example/@zed','mediaType':'text/html'}],'movedTo':'https://new.example/u'"),
			&a),
		OK);
	assert_string_equal(a.icon, "https://good.example/l.png");
	assert_string_equal(a.aliases, "https://old.example/u");
	assert_string_equal(a.url, "https://good.example/@zed");
	assert_string_equal(a.moved_to, "https://new.example/u");
	assert_true(a.locked);
}

static void ours_read_back_as_they_are(void **state)
{
	(void)state;
	node_person("jan");
	node_group("board");
	static const struct {
		const char *path, *id;
		uint32_t kind;
	} ours[] = {
		{"/actor", "https://ex.org/actor", ACTOR_APPLICATION},
		{"/", "https://ex.org/actor", ACTOR_APPLICATION},
		{"/u/jan", "https://ex.org/u/jan", ACTOR_PERSON},
		{"/c/board", "https://ex.org/c/board", ACTOR_GROUP},
	};
	for (size_t i = 0; i < COUNT(ours); i++) {
		struct response r = node_get(ours[i].path, NULL, NULL);
		struct actor a;
		assert_int_equal(r.status, 200);
		assert_non_null(strstr(r.headers, "Content-Type: application/activity+json\r\n"));
		assert_int_equal(claims_of(r.body, &a), OK);
		assert_string_equal(a.uri, ours[i].id);
		assert_int_equal(a.kind, ours[i].kind);
		assert_true(a.rsa.size > 0 && a.ed25519.size > 0);
		assert_true(text_ends(a.rsa_id, "#main-key"));
		assert_string_equal(a.shared_inbox, "https://ex.org/inbox");
		assert_true((a.moderators != NULL) == (a.kind == ACTOR_GROUP));
		assert_non_null(strstr(r.body, "\"https://www.w3.org/ns/activitystreams\""));
	}
	assert_int_equal(node_get("/c/jan", NULL, NULL).status, 404);
	assert_int_equal(node_get("/u/nobody", NULL, NULL).status, 404);
}

static void a_stub_leads_to_its_owner(void **state)
{
	(void)state;
	struct actor owner;
	struct key *key;
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, node.alice.rsa));
	/* as GoToSocial does: the key's address answers with a stub of the actor, whose own document lists the key */
	wire_answer("https://gts.example/users/gus/main-key", 200, NULL,
		node_words(
			"{'id':'https://gts.example/users/gus','type':'Person','publicKey':{'id':'https://gts.example/users/gus/main-key',"
			"'owner':'https://gts.example/users/gus','publicKeyPem':'%s'}}",
			pem.at));
	wire_answer("https://gts.example/users/gus", 200, NULL,
		node_words(
			"{'id':'https://gts.example/users/gus','type':'Person','preferredUsername':'gus','inbox':'https://gts.example/users/gus/inbox',"
			"'publicKey':{'id':'https://gts.example/users/gus/main-key','owner':'https://gts.example/users/gus','publicKeyPem':'%s'}}",
			pem.at));
	assert_int_equal(actor_key(node.federation, node.arena,
				 "https://gts.example/users/gus/main-key", false, &owner, &key),
		OK);
	assert_string_equal(owner.uri, "https://gts.example/users/gus");
	key_drop(key);
	size_t before = wire_gets(NULL);
	assert_int_equal(actor_key(node.federation, node.arena,
				 "https://gts.example/users/gus/main-key", false, &owner, &key),
		OK);
	key_drop(key);
	assert_int_equal(wire_gets(NULL), before);
	/* again within the minute: the one we have has to do */
	assert_int_equal(actor_key(node.federation, node.arena,
				 "https://gts.example/users/gus/main-key", true, &owner, &key),
		ERR_SIGN_IN);
	assert_int_equal(wire_gets(NULL), before);
	time_freeze(NOW + 2 * MINUTE);
	assert_int_equal(actor_key(node.federation, node.arena,
				 "https://gts.example/users/gus/main-key", true, &owner, &key),
		OK);
	key_drop(key);
	assert_true(wire_gets(NULL) > before);
	assert_int_equal(actor_key(node.federation, node.arena, "https://ex.org/actor#main-key",
				 false, &owner, &key),
		ERR_FORBIDDEN);
	assert_int_equal(
		actor_key(node.federation, node.arena, "acct:gus@gts.example", false, &owner, &key),
		ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(addresses_stay_on_one_host),
		NODE_TEST(keys_belong_to_the_actor),
		NODE_TEST(small_things_are_read),
		NODE_TEST(ours_read_back_as_they_are),
		NODE_TEST(a_stub_leads_to_its_owner),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
