/* advisories.c (federation): what was published against others, tried on this node, by the name it was published under
 * (tests/advisories.md). What counts is what is left behind: no row, no fetch. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define AS "'@context':'https://www.w3.org/ns/activitystreams'"
#define PUBLIC "'https://www.w3.org/ns/activitystreams#Public'"
#define NOTE "https://good.example/n/1"

/* ---- what is left behind --------------------------------------------------------------------- */

static enum err count(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(size_t *)arg;
	return OK;
}

struct counting {
	uint8_t table;
	size_t rows;
};

static enum err count_table(struct txn *t, void *arg)
{
	struct counting *c = arg;
	struct walk walk = {.prefix = place_0(c->table), .max = WALK_ALL};
	return txn_walk(t, &walk, count, &c->rows);
}

static size_t rows(uint8_t table)
{
	struct counting c = {table, 0};
	assert_int_equal(store_read(node.store, count_table, &c), OK);
	return c.rows;
}

/* Nothing of it waits, is marked as known, or is parked, and there are still so many posts. */
static void nothing_but(size_t posts)
{
	federation_settle(node.federation);
	assert_int_equal(rows(TABLE_INBOX), 0);
	assert_int_equal(rows(TABLE_PARKED), 0);
	assert_int_equal(rows(TABLE_POST), posts);
}

static const char *content_of(const char *uri)
{
	struct post p;
	return node_post(node_post_id(uri), &p) && p.content != NULL ? p.content : "";
}

struct seeking {
	const char *uri;
	struct actor actor;
	uint64_t who, whom;
	uint32_t state;
};

static enum err seek_actor(struct txn *t, void *arg)
{
	struct seeking *s = arg;
	struct actor a;
	enum err e = actor_by_uri(t, s->uri, &a);
	struct bytes b;
	if (e == OK)
		e = record_write(node.arena, &actor_shape, &a, &b);
	if (e == OK)
		e = record_read(node.arena, &actor_shape, b, &s->actor);
	s->actor.id = e == OK ? a.id : 0;
	return e == ERR_NOT_FOUND ? OK : e;
}

static struct actor look_actor(const char *uri)
{
	struct seeking s = {.uri = uri};
	assert_int_equal(store_read(node.store, seek_actor, &s), OK);
	return s.actor;
}

static enum err seek_follow(struct txn *t, void *arg)
{
	struct seeking *s = arg;
	s->state = follow_state_of(t, s->who, s->whom);
	return OK;
}

static uint32_t follow_state(uint64_t who, uint64_t whom)
{
	struct seeking s = {.who = who, .whom = whom};
	assert_int_equal(store_read(node.store, seek_follow, &s), OK);
	return s.state;
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static const char *note_words(const char *id, const char *by, const char *content)
{
	return node_words("{" AS
			  ",'id':'%s','type':'Note','attributedTo':'%s','content':'%s','to':" PUBLIC
			  ",'published':'2025-11-01T10:00:00Z'}",
		id, by, content);
}

static const char *act_words(const char *type, const char *id, const char *by, const char *object)
{
	return node_words("{" AS ",'id':'%s','type':'%s','actor':'%s','to':" PUBLIC ",'object':%s}",
		id, type, by, object);
}

static int sends(const struct neighbour *p, const char *body)
{
	int status = node_send("/inbox", p, body).status;
	federation_settle(node.federation);
	return status;
}

static const char *quoted(const char *uri)
{
	return node_words("'%s'", uri);
}

/* Both are known, and alice has said "true". */
static void set_up(void)
{
	node_know(&node.alice);
	node_know(&node.bob);
	const char *note = note_words(NOTE, node.alice.uri, "true");
	wire_answer(NOTE, 200, NULL, note);
	assert_int_equal(
		sends(&node.alice,
			act_words("Create", "https://good.example/c/1", node.alice.uri, note)),
		202);
	assert_string_equal(content_of(NOTE), "true");
}

/* A POST whose headers were made for another body, or for none. */
static int sends_unlike(const struct neighbour *p, const char *key_id, const char *signed_body,
	bool has_body, const char *body)
{
	const char **all = arena_array(node.arena, 12, sizeof *all);
	const char *const *made;
	size_t n = 0;
	struct signed_request q = {.method = "POST",
		.target = "/inbox",
		.origin = "https://ex.org",
		.host = "ex.org",
		.body = {signed_body, strlen(signed_body)},
		.has_body = has_body};
	assert_int_equal(
		signature_make(node.arena, &q, FORM_CAVAGE, p->rsa, key_id, time_now(), &made), OK);
	all[n++] = "Content-Type: " ACTIVITY_TYPE;
	for (; *made != NULL && n < 11; made++)
		all[n++] = *made;
	int status = node_raw("POST", "/inbox", all, body).status;
	federation_settle(node.federation);
	return status;
}

/* ---- who signed, who acts, whose it is ------------------------------------------------------- */

static void fedify_2025_54888(void **state)
{
	(void)state;
	set_up();
	const char *forged = act_words("Create", "https://good.example/c/2", node.alice.uri,
		note_words("https://good.example/n/2", node.alice.uri, "forged"));
	(void)sends(&node.bob, forged);
	nothing_but(1);
	(void)sends(&node.bob,
		act_words("Delete", "https://good.example/d/1", node.alice.uri, quoted(NOTE)));
	(void)sends(&node.bob,
		act_words("Like", "https://good.example/l/1", node.alice.uri, quoted(NOTE)));
	nothing_but(1);
	assert_int_equal(rows(TABLE_REACTION), 0);
	assert_string_equal(content_of(NOTE), "true");
}

static void discourse_1c8518b(void **state)
{
	(void)state;
	set_up();
	struct neighbour carol = node.bob; /* her own key, on alice's host */
	carol.uri = "https://good.example/users/carol";
	carol.host = "good.example";
	node_know(&carol);
	const char *acts[] = {"Update", "Create", "Delete"};
	for (size_t i = 0; i < COUNT(acts); i++) {
		const char *id = arena_format(node.arena, "https://good.example/x/%zu", i);
		(void)sends(&carol,
			act_words(acts[i], id, carol.uri,
				note_words(NOTE, node.alice.uri, "forged")));
		(void)sends(&carol,
			act_words(acts[i], id, carol.uri, note_words(NOTE, carol.uri, "forged")));
	}
	(void)sends(
		&carol, act_words("Delete", "https://good.example/x/9", carol.uri, quoted(NOTE)));
	nothing_but(1);
	assert_string_equal(content_of(NOTE), "true");
}

static void mastodon_2024_23832(void **state)
{
	(void)state;
	set_up();
	/* evil.example serves alice's document with bob's key in it. */
	struct neighbour mask = node.bob;
	mask.uri = node.alice.uri;
	node_serve(&mask, "Person");
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, node.bob.rsa));
	const char *key_id = "https://evil.example/k";
	wire_answer(key_id, 200, NULL,
		node_words(
			"{" AS
			",'id':'%s','type':'Person','preferredUsername':'alice','inbox':'%s/inbox','publicKey':"
			"{'id':'%s','owner':'%s','publicKeyPem':'%s'}}",
			node.alice.uri, node.alice.uri, key_id, node.alice.uri, pem.at));
	node_serve(&node.alice, "Person");
	size_t asked = wire_gets(node.alice.uri);
	const char *body = act_words("Create", "https://good.example/c/3", node.alice.uri,
		note_words("https://good.example/n/3", node.alice.uri, "forged"));
	assert_int_equal(sends_unlike(&node.bob, key_id, body, true, body), 401);
	assert_true(wire_gets(node.alice.uri) <= asked + 1);
	/* and nothing of it stuck to alice */
	assert_int_equal(
		sends_unlike(&node.bob, arena_format(node.arena, "%s#main-key", node.alice.uri),
			body, true, body),
		401);
	nothing_but(1);
}

static void mastodon_2024_37903(void **state)
{
	(void)state;
	set_up();
	struct post before, after;
	assert_true(node_post(node_post_id(NOTE), &before));
	(void)sends(&node.bob,
		act_words("Create", "https://evil.example/c/1", node.bob.uri,
			note_words(NOTE, node.alice.uri, "forged")));
	(void)sends(&node.bob,
		act_words("Create", "https://evil.example/c/2", node.bob.uri,
			note_words(NOTE, node.bob.uri, "forged")));
	nothing_but(1);
	assert_true(node_post(node_post_id(NOTE), &after));
	assert_int_equal(after.author, before.author);
	assert_string_equal(after.content, "true");
}

static void mastodon_5wxh_3p65_r4g6(void **state)
{
	(void)state;
	static const char *const inboxes[] = {"['javascript:1',{}]", "'https://'", "{}",
		"'javascript:alert(1)'", "7", "'http://127.0.0.1/'",
		"'https://other.example/inbox'", "null"};
	for (size_t i = 0; i < COUNT(inboxes); i++) {
		const char *uri = arena_format(node.arena, "https://h%zu.example/u/x", i);
		wire_answer(uri, 200, NULL,
			node_words("{" AS
				   ",'id':'%s','type':'Person','preferredUsername':'x','inbox':%s}",
				uri, inboxes[i]));
		uint64_t id;
		if (federation_find_actor(node.federation, uri, &id) == OK)
			assert_null(look_actor(uri).inbox);
		else
			assert_int_equal(look_actor(uri).id, 0);
	}
}

static void mastodon_x2rc_v5wx_g3m5(void **state)
{
	(void)state;
	set_up();
	static const char *const bad[] = {"javascript:alert(1)", "data:text/html,x", "vbscript:x",
		" javascript:x", "JaVaScRiPt:x", "file:///etc/passwd"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct post p;
		const char *uri = arena_format(node.arena, "https://good.example/u/%zu", i);
		(void)sends(&node.alice,
			act_words("Create", arena_format(node.arena, "%s/c", uri), node.alice.uri,
				node_words(
					"{'id':'%s','type':'Note','attributedTo':'%s','url':'%s','to':" PUBLIC
					",'content':'<a href=\\'%s\\'>x</a>','attachment':[{'type':'Document',"
					"'url':'%s','mediaType':'image/png'}]}",
					uri, node.alice.uri, bad[i], bad[i], bad[i])));
		if (!node_post(node_post_id(uri), &p))
			continue; /* refused is as good */
		struct extra extra;
		extra_read(node.arena, p.extra, &extra);
		assert_true(p.url == NULL || text_starts(p.url, "https://"));
		assert_null(strstr(p.content, "href"));
		for (size_t j = 0; j < extra.attachment_count; j++)
			assert_true(text_starts(extra.attachments[j].url, "https://"));
	}
}

/* And Lemmy's CVE-2025-25194: a handle leads to no other host, port or path. */
static void mastodon_2023_42451(void **state)
{
	(void)state;
	static const char *const bad[] = {"a@good.example/.evil.example", "a@good.example//",
		"a@good.example/", "a@localhost:6379", "acct:a@host.example/path?",
		"a@user:pw@h.example", "a@h.example?x", "a@h.example#x", "a@127.0.0.1", "a@[::1]",
		"a@h.example\r\nX: y", "a@", "@h.example", "a@h..example", "a@h.example:99999"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint64_t id;
		if (federation_find_actor(node.federation, bad[i], &id) == OK)
			fail_msg("%s was found", bad[i]);
	}
	assert_int_equal(wire_gets(NULL), 0);
}

static void misskey_2023_49079(void **state)
{
	(void)state;
	set_up();
	const char *body = act_words("Create", "https://good.example/c/4", node.alice.uri,
		note_words("https://good.example/n/4", node.alice.uri, "four"));
	char *bent = arena_text(node.arena, body);
	memcpy(strstr(bent, "four"), "five", 4);
	const char *key_id = arena_format(node.arena, "%s#main-key", node.alice.uri);
	size_t seen = rows(TABLE_SEEN);
	assert_int_equal(sends_unlike(&node.alice, key_id, body, true, bent), 401);
	nothing_but(1);
	assert_int_equal(rows(TABLE_SEEN), seen);
	assert_int_equal(sends_unlike(&node.alice, key_id, body, true, body), 202);
	nothing_but(2);
}

static void lemmy_be69efd(void **state)
{
	(void)state;
	set_up();
	const char *body = act_words("Create", "https://good.example/c/4", node.alice.uri,
		note_words("https://good.example/n/4", node.alice.uri, "four"));
	assert_int_equal(
		sends_unlike(&node.alice, arena_format(node.arena, "%s#main-key", node.alice.uri),
			"", false, body),
		401);
	nothing_but(1);
}

static void nodebb_2d0e90b(void **state)
{
	(void)state;
	set_up();
	const char *odd = node_words(
		"{ 'type' :'Create',\n'actor':'%s' ,'object':%s,  'id':'https://good.example/c/5',"
		"'to':" PUBLIC "}",
		node.alice.uri, note_words("https://good.example/n/5", node.alice.uri, "five"));
	const json_node *read;
	assert_int_equal(json_read(node.arena, (struct bytes){odd, strlen(odd)}, NULL, &read), OK);
	struct bytes again = json_write(node.arena, read);
	const char *key_id = arena_format(node.arena, "%s#main-key", node.alice.uri);
	assert_int_equal(sends_unlike(&node.alice, key_id, odd, true,
				 arena_text_n(node.arena, again.data, again.size)),
		401);
	nothing_but(1);
	assert_int_equal(sends_unlike(&node.alice, key_id, odd, true, odd), 202);
	nothing_but(2);
}

static void nodebb_219f060(void **state)
{
	(void)state;
	set_up();
	const char *body = act_words("Create", "https://evil.example/c/6", node.alice.uri,
		note_words("https://good.example/n/6", node.alice.uri, "forged"));
	struct signed_request q = {.method = "POST",
		.target = "/inbox",
		.origin = "https://ex.org",
		.host = "ex.org",
		.body = {body, strlen(body)},
		.has_body = true};
	const char *const *made;
	assert_int_equal(
		signature_make(node.arena, &q, FORM_CAVAGE, node.bob.rsa,
			arena_format(node.arena, "%s#main-key", node.bob.uri), time_now(), &made),
		OK);
	size_t asked = wire_gets(NULL);
	for (int first = 0; first < 2; first++) {
		const char *all[12] = {"Content-Type: " ACTIVITY_TYPE};
		const char *alices = arena_format(
			node.arena, "keyId=\"%s#main-key\"", node.alice.uri);
		for (size_t i = 0; made[i] != NULL; i++) {
			all[i + 1] = made[i];
			if (text_starts(made[i], "Signature: "))
				all[i + 1] = first
					? arena_format(node.arena, "Signature: %s,%s", alices,
						made[i] + 11)
					: arena_format(node.arena, "%s,%s", made[i], alices);
		}
		assert_int_equal(node_raw("POST", "/inbox", all, body).status, 400);
	}
	nothing_but(1);
	assert_int_equal(wire_gets(NULL), asked);
}

/* An owner is one address, told by text alone: no number is anybody's record here, and no second in a list counts. */
static void nodebb_813c37a(void **state)
{
	(void)state;
	set_up();
	node_person("jan");
	static const char *const owners[] = {"1", "'1'", "true", "[]", "{}", "{'id':1}", "null",
		"'jan'", "'https://ex.org/u/jan'",
		"['https://evil.example/users/bob','https://good.example/users/alice']",
		"['https://good.example/users/alice','https://evil.example/users/bob']",
		"['https://evil.example/users/bob','https://ex.org/u/jan']"};
	for (size_t i = 0; i < COUNT(owners); i++) {
		const char *uri = arena_format(node.arena, "https://evil.example/n/%zu", i);
		struct post p;
		(void)sends(&node.bob,
			act_words("Create", arena_format(node.arena, "%s/c", uri), node.bob.uri,
				node_words(
					"{'id':'%s','type':'Note','attributedTo':%s,'content':'x','to':" PUBLIC
					"}",
					uri, owners[i])));
		if (node_post(node_post_id(uri), &p))
			assert_int_equal(p.author, look_actor(node.bob.uri).id);
	}
	federation_settle(node.federation);
	assert_int_equal(rows(TABLE_INBOX) + rows(TABLE_PARKED), 0);
}

static void nodebb_d3c8255(void **state)
{
	(void)state;
	uint64_t id;
	node_know(&node.alice);
	node_serve(&node.bob, "Person");
	wire_answer("https://evil.example/.well-known/webfinger?resource=acct%3Ax%40evil.example",
		200, "application/jrd+json",
		node_words(
			"{'subject':'acct:alice@good.example','links':[{'rel':'self','type':'application/activity+json',"
			"'href':'%s'}]}",
			node.bob.uri));
	(void)!federation_find_actor(node.federation, "x@evil.example", &id);
	wire_answer(
		"https://good.example/.well-known/webfinger?resource=acct%3Aalice%40good.example",
		200, "application/jrd+json",
		node_words(
			"{'subject':'acct:alice@good.example','links':[{'rel':'self','type':'application/activity+json',"
			"'href':'%s'}]}",
			node.alice.uri));
	assert_int_equal(federation_find_actor(node.federation, "alice@good.example", &id), OK);
	assert_int_equal(id, look_actor(node.alice.uri).id);
}

static void nodebb_1b04a1a(void **state)
{
	(void)state;
	set_up();
	static const char *const inner[] = {"Delete", "Update", "Like"};
	for (size_t i = 0; i < COUNT(inner); i++)
		(void)sends(&node.bob,
			act_words("Announce",
				arena_format(node.arena, "https://evil.example/a/%zu", i),
				node.bob.uri,
				act_words(inner[i],
					arena_format(node.arena, "https://good.example/i/%zu", i),
					node.alice.uri,
					i == 1 ? note_words(NOTE, node.alice.uri, "forged")
					       : quoted(NOTE))));
	nothing_but(1);
	assert_int_equal(rows(TABLE_REACTION), 0);
	assert_string_equal(content_of(NOTE), "true");
}

static void lemmy_181ff133(void **state)
{
	(void)state;
	set_up();
	node_person("jan");
	static const char *const targets[] = {"https://ex.org", "https://ex.org/",
		"https://ex.org/actor", "https://evil.example/"};
	for (size_t i = 0; i < COUNT(targets); i++)
		(void)sends(&node.bob,
			node_words(
				"{" AS
				",'id':'https://evil.example/b/%zu','type':'Block','actor':'%s','to':" PUBLIC
				",'object':'https://ex.org/u/jan','target':'%s','removeData':true}",
				i, node.bob.uri, targets[i]));
	struct actor jan = look_actor("https://ex.org/u/jan");
	assert_true(jan.id != 0 && !jan.suspended && !jan.gone);
	nothing_but(1);
}

static void gotosocial_3198(void **state)
{
	(void)state;
	set_up();
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, node.bob.rsa));
	/* alice's signature, bob's key inside; her own host still says hers */
	(void)sends(&node.alice,
		act_words("Update", "https://good.example/u/1", node.alice.uri,
			node_words(
				"{'id':'%s','type':'Person','preferredUsername':'alice','name':'A','inbox':'%s/inbox','publicKey':"
				"{'id':'%s#main-key','owner':'%s','publicKeyPem':'%s'}}",
				node.alice.uri, node.alice.uri, node.alice.uri, node.alice.uri,
				pem.at)));
	struct neighbour thief = node.bob;
	thief.uri = node.alice.uri;
	assert_int_equal(
		sends(&thief,
			act_words("Create", "https://good.example/c/7", node.alice.uri,
				note_words("https://good.example/n/7", node.alice.uri, "forged"))),
		401);
	nothing_but(1);
	assert_int_equal(
		sends(&node.alice,
			act_words("Create", "https://good.example/c/8", node.alice.uri,
				note_words("https://good.example/n/8", node.alice.uri, "hers"))),
		202);
	nothing_but(2);
}

static void mitra_forwarded_delete(void **state)
{
	(void)state;
	set_up();
	const char *gone = act_words(
		"Delete", "https://good.example/d/2", node.alice.uri, quoted(NOTE));
	(void)sends(&node.bob, gone);
	nothing_but(1);
	assert_string_equal(content_of(NOTE), "true"); /* its origin still has it */
}

/* Accept of a Follow that was never sent, and of one to somebody else. */
static void pleroma_2_0_3(void **state)
{
	(void)state;
	set_up();
	uint64_t jan = node_person("jan"), alice = look_actor(node.alice.uri).id,
		 bob = look_actor(node.bob.uri).id;
	static const char *const answers[] = {"Accept", "Reject"};
	for (size_t i = 0; i < COUNT(answers); i++)
		for (size_t j = 0; j < 2; j++)
			(void)sends(&node.bob,
				act_words(answers[i],
					arena_format(
						node.arena, "https://evil.example/f/%zu%zu", i, j),
					node.bob.uri,
					node_words(
						"{'id':'https://ex.org/a/77','type':'Follow','actor':'https://ex.org/u/jan',"
						"'object':'%s'}",
						j == 0 ? node.bob.uri : node.alice.uri)));
	assert_int_equal(follow_state(jan, bob), 0);
	assert_int_equal(follow_state(jan, alice), 0);
	nothing_but(1);
}

struct pair {
	uint64_t who, whom;
};

static enum err follow(struct txn *t, void *arg)
{
	const struct pair *p = arg;
	return follow_start(t, p->who, p->whom, NULL);
}

static void pixelfed_2025_30741(void **state)
{
	(void)state;
	set_up();
	struct pair p = {node_person("jan"), look_actor(node.alice.uri).id};
	node_write(follow, &p);
	assert_int_equal(follow_state(p.who, p.whom), FOLLOW_PENDING);
	(void)sends(&node.bob,
		act_words("Accept", "https://evil.example/f/1", node.bob.uri,
			node_words("{'type':'Follow','actor':'https://ex.org/u/jan','object':'%s'}",
				node.alice.uri)));
	assert_int_equal(follow_state(p.who, p.whom), FOLLOW_PENDING);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void fedify_2026_34148(void **state)
{
	(void)state;
	const char *key_id = "https://evil.example/loop";
	wire_redirect(key_id, 302, key_id);
	wire_redirect("https://evil.example/a", 302, "https://evil.example/b");
	wire_redirect("https://evil.example/b", 302, "https://evil.example/a");
	const char *body = act_words("Create", "https://evil.example/c/1", node.bob.uri,
		note_words("https://evil.example/n/1", node.bob.uri, "x"));
	for (int i = 0; i < 20; i++) {
		assert_true(sends_unlike(&node.bob, key_id, body, true, body) >= 400);
		assert_true(
			sends_unlike(&node.bob, "https://evil.example/a", body, true, body) >= 400);
	}
	assert_true(wire_gets(NULL) <= 6);
	nothing_but(0);
}

static void discourse_10ec0d9(void **state)
{
	(void)state;
	static const char *const ids[] = {"http://169.254.169.254/", "https://169.254.169.254/k",
		"https://[::ffff:127.0.0.1]/k", "https://localhost/k", "http://evil.example/k",
		"https://evil.example:8443/k", "file:///etc/passwd", "acct:a@evil.example",
		"#main-key", "https://user@evil.example/k", "https://ex.org/actor#main-key"};
	const char *body = act_words("Create", "https://evil.example/c/1", node.bob.uri,
		note_words("https://evil.example/n/1", node.bob.uri, "x"));
	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_true(sends_unlike(&node.bob, ids[i], body, true, body) >= 400);
		if (wire_gets(NULL) != 0)
			fail_msg("%s was asked for", ids[i]);
	}
	nothing_but(0);
}

/* ---- JSON-LD --------------------------------------------------------------------------------- */

/* A signature inside the document proves nothing, whatever shape the graph around it has. */
static void mastodon_2022_24307(void **state)
{
	(void)state;
	set_up();
	static const char *const shapes[] = {"'@graph':[{'type':'Undo'}]",
		"'@reverse':{'object':{'id':'https://good.example/c/9'}}",
		"'@included':[{'id':'https://good.example/users/alice'}]",
		"'https://www.w3.org/ns/activitystreams#actor':'x'", "'content':'plain'"};
	for (size_t i = 0; i < COUNT(shapes); i++) {
		const char *id = arena_format(node.arena, "https://good.example/s/%zu", i);
		(void)sends(&node.bob,
			node_words(
				"{" AS ",'id':'%s','type':'Create','actor':'%s','to':" PUBLIC
				",%s,'object':%s,'signature':{"
				"'type':'RsaSignature2017','creator':'%s#main-key','created':'2025-11-21T08:00:00Z',"
				"'signatureValue':'AAAA'}}",
				id, node.alice.uri, shapes[i],
				note_words(
					arena_format(node.arena, "https://good.example/g/%zu", i),
					node.alice.uri, "forged"),
				node.alice.uri));
		(void)sends(&node.bob,
			node_words(
				"{" AS
				",'id':'%s-u','type':'Undo','actor':'%s',%s,'object':{'id':'https://good.example/c/1',"
				"'type':'Create','actor':'%s','object':'" NOTE
				"'},'signature':{'type':'RsaSignature2017',"
				"'creator':'%s#main-key','signatureValue':'AAAA'}}",
				id, node.alice.uri, shapes[i], node.alice.uri, node.alice.uri));
	}
	nothing_but(1);
	assert_string_equal(content_of(NOTE), "true");
}

static void contexts_are_not_fetched(void **state)
{
	(void)state;
	set_up();
	size_t asked = wire_gets(NULL);
	static const char *const contexts[] = {"'https://evil.example/ctx'",
		"['https://evil.example/ctx',{'x':'@type'}]",
		"{'@import':'https://evil.example/ctx','actor':'https://evil.example/x'}"};
	for (size_t i = 0; i < COUNT(contexts); i++)
		(void)sends(&node.alice,
			node_words(
				"{'@context':%s,'id':'https://good.example/cx/%zu','type':'Create','actor':'%s','to':" PUBLIC
				",'object':%s}",
				contexts[i], i, node.alice.uri,
				note_words(
					arena_format(node.arena, "https://good.example/k/%zu", i),
					node.alice.uri, "x")));
	federation_settle(node.federation);
	assert_int_equal(wire_gets(NULL), asked);
}

/* ---- floods ---------------------------------------------------------------------------------- */

/* Friendica 3.3.4: many activities that each name something else of a third host. */
static void friendica_2015(void **state)
{
	(void)state;
	set_up();
	size_t asked = wire_gets(NULL);
	for (int i = 0; i < 150; i++)
		(void)node_send("/inbox", &node.bob,
			act_words("Create",
				arena_format(node.arena, "https://evil.example/fc/%d", i),
				node.bob.uri,
				node_words(
					"{'id':'https://evil.example/fn/%d','type':'Note','attributedTo':'%s','content':'x','to':" PUBLIC
					",'inReplyTo':'https://victim.example/n/%d'}",
					i, node.bob.uri, i)));
	federation_settle(node.federation);
	size_t fetched = wire_gets(NULL) - asked;
	if (fetched > 60)
		fail_msg("%zu requests to one host in no time", fetched);
}

/* Each unknown author's post answers another unknown author's, without end. */
static void mastodon_2022_46405(void **state)
{
	(void)state;
	set_up();
	for (int i = 0; i < 60; i++) {
		const char *who = arena_format(node.arena, "https://w%d.evil.example/u/x", i);
		const char *uri = arena_format(node.arena, "https://w%d.evil.example/n/x", i);
		wire_answer(who, 200, NULL,
			node_words(
				"{" AS
				",'id':'%s','type':'Person','preferredUsername':'x','inbox':'%s/inbox'}",
				who, who));
		wire_answer(uri, 200, NULL,
			node_words(
				"{" AS
				",'id':'%s','type':'Note','attributedTo':'%s','content':'x','to':" PUBLIC
				",'inReplyTo':'https://w%d.evil.example/n/x','tag':[{'type':'Mention','href':"
				"'https://w%d.evil.example/u/x'},{'type':'Mention','href':'https://w%d.evil.example/u/x'}]}",
				uri, who, i + 1, (i + 7) % 60, (i + 13) % 60));
	}
	size_t asked = wire_gets(NULL);
	(void)sends(&node.bob,
		act_words("Create", "https://evil.example/rc/1", node.bob.uri,
			node_words(
				"{'id':'https://evil.example/rn/1','type':'Note','attributedTo':'%s','content':'x','to':" PUBLIC
				",'inReplyTo':'https://w0.evil.example/n/x'}",
				node.bob.uri)));
	federation_settle(node.federation);
	size_t fetched = wire_gets(NULL) - asked;
	if (fetched > 20) /* ten for it, ten for the conversation above it */
		fail_msg("%zu requests for one activity", fetched);
}

/* A forged one with an id that is to come leaves no mark that keeps the real one out. */
static void mastodon_2026_33869(void **state)
{
	(void)state;
	set_up();
	const char *real = act_words("Create", "https://good.example/c/50", node.alice.uri,
		note_words("https://good.example/n/50", node.alice.uri, "real"));
	(void)sends(&node.bob,
		act_words("Create", "https://good.example/c/50", node.bob.uri,
			note_words("https://evil.example/n/50", node.bob.uri, "early")));
	(void)sends(&node.bob,
		act_words("Create", "https://good.example/c/50", node.alice.uri,
			note_words("https://good.example/n/50", node.alice.uri, "forged")));
	assert_int_equal(sends(&node.alice, real), 202);
	assert_string_equal(content_of("https://good.example/n/50"), "real");
}

static enum err block_evil(struct txn *t, void *arg)
{
	(void)arg;
	return domain_block(t, "evil.example", "spam", true);
}

/* Who is shut out comes back by nobody's boost, reply or Update. */
static void mastodon_2026_23961(void **state)
{
	(void)state;
	set_up();
	struct pair p = {node_person("jan"), look_actor(node.alice.uri).id};
	node_write(follow, &p);
	(void)sends(&node.alice,
		act_words("Accept", "https://good.example/f/1", node.alice.uri,
			node_words("{'type':'Follow','actor':'https://ex.org/u/jan','object':'%s'}",
				node.alice.uri)));
	assert_int_equal(follow_state(p.who, p.whom), FOLLOW_ACCEPTED);
	node_write(block_evil, NULL);
	wire_answer("https://evil.example/n/5", 200, NULL,
		note_words("https://evil.example/n/5", node.bob.uri, "back"));
	size_t asked = wire_gets(NULL);
	(void)sends(&node.alice,
		act_words("Announce", "https://good.example/b/5", node.alice.uri,
			quoted("https://evil.example/n/5")));
	(void)sends(&node.alice,
		act_words("Create", "https://good.example/c/51", node.alice.uri,
			note_words("https://evil.example/n/6", node.bob.uri, "back")));
	assert_int_equal(
		sends(&node.bob,
			act_words("Update", "https://evil.example/u/5", node.bob.uri,
				note_words("https://evil.example/n/5", node.bob.uri, "back"))),
		403);
	nothing_but(1);
	assert_int_equal(wire_gets(NULL), asked);
}

static void misskey_2024_25636(void **state)
{
	(void)state;
	static const char *const types[] = {"text/plain", "image/png", "application/octet-stream",
		"text/html", "application/json"};
	const char *uri = "https://evil.example/uploads/a";
	for (size_t i = 0; i < COUNT(types); i++) {
		uint64_t id;
		const char *one = arena_format(node.arena, "%s%zu", uri, i);
		wire_answer(one, 200, types[i],
			node_words(
				"{" AS
				",'id':'%s','type':'Person','preferredUsername':'x','inbox':'%s/inbox'}",
				one, one));
		assert_int_not_equal(federation_find_actor(node.federation, one, &id), OK);
		assert_int_equal(look_actor(one).id, 0);
	}
}

/* Every member of a post that becomes HTML. */
static void mastodon_2023_36459(void **state)
{
	(void)state;
	set_up();
	static const char *const bad[] = {"<script>alert(1)</script>x",
		"<img src=x onerror=alert(1)>x", "<svg onload=alert(1)>x",
		"<math><semantics><annotation>x", "<p onclick=x style=y id=z>x</p>",
		"<a href=java&#115;cript:x>x</a>",
		"<form action=/sign-out><input type=submit></form>x", "<iframe srcdoc=x></iframe>x",
		"<p title=\\'<img onerror=x>\\'>x</p>"};
	static const char *const words[] = {"<script", "<img", "<svg", "<math",
		"onerror=", "onclick", "onload", "javascript:", "<form", "<input", "<iframe",
		"style=", "srcdoc"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct post p;
		const char *uri = arena_format(node.arena, "https://good.example/x/%zu", i);
		(void)sends(&node.alice,
			act_words("Create", arena_format(node.arena, "%s/c", uri), node.alice.uri,
				note_words(uri, node.alice.uri,
					arena_format(node.arena, "y %s", bad[i]))));
		if (!node_post(node_post_id(uri), &p))
			fail_msg("%s was refused", bad[i]);
		for (size_t j = 0; j < COUNT(words); j++)
			if (strstr(p.content, words[j]) != NULL)
				fail_msg("%s in %s", words[j], p.content);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(fedify_2025_54888),
		NODE_TEST(discourse_1c8518b),
		NODE_TEST(mastodon_2024_23832),
		NODE_TEST(mastodon_2024_37903),
		NODE_TEST(mastodon_5wxh_3p65_r4g6),
		NODE_TEST(mastodon_x2rc_v5wx_g3m5),
		NODE_TEST(mastodon_2023_42451),
		NODE_TEST(misskey_2023_49079),
		NODE_TEST(lemmy_be69efd),
		NODE_TEST(nodebb_2d0e90b),
		NODE_TEST(nodebb_219f060),
		NODE_TEST(nodebb_813c37a),
		NODE_TEST(nodebb_d3c8255),
		NODE_TEST(nodebb_1b04a1a),
		NODE_TEST(lemmy_181ff133),
		NODE_TEST(gotosocial_3198),
		NODE_TEST(mitra_forwarded_delete),
		NODE_TEST(pleroma_2_0_3),
		NODE_TEST(pixelfed_2025_30741),
		NODE_TEST(fedify_2026_34148),
		NODE_TEST(discourse_10ec0d9),
		NODE_TEST(mastodon_2022_24307),
		NODE_TEST(contexts_are_not_fetched),
		NODE_TEST(friendica_2015),
		NODE_TEST(mastodon_2022_46405),
		NODE_TEST(mastodon_2026_33869),
		NODE_TEST(mastodon_2026_23961),
		NODE_TEST(misskey_2024_25636),
		NODE_TEST(mastodon_2023_36459),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
