/* inbox.c: what comes in: who is believed, what is kept, and that hostile posts leave nothing behind. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define AS "'@context':'https://www.w3.org/ns/activitystreams'"
#define PUBLIC "'https://www.w3.org/ns/activitystreams#Public'"

static const char *create_words(const char *id, const char *actor, const char *object,
	const char *owner, const char *content)
{
	return node_words("{" AS ",'id':'%s','type':'Create','actor':'%s','to':" PUBLIC
			  ",'object':{'id':'%s','type':'Note',"
			  "'attributedTo':'%s','content':'%s','to':" PUBLIC
			  ",'published':'2025-11-01T10:00:00Z'}}",
		id, actor, object, owner, content);
}

static struct rows {
	size_t inbox, seen, parked;
} rows;

static enum err count(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
	return OK;
}

static enum err count_tables(struct txn *t, void *arg)
{
	(void)arg;
	const uint8_t tables[] = {TABLE_INBOX, TABLE_SEEN, TABLE_PARKED};
	size_t *const counts[] = {&rows.inbox, &rows.seen, &rows.parked};
	for (size_t i = 0; i < COUNT(tables); i++) {
		struct walk walk = {.prefix = place_0(tables[i]), .max = WALK_ALL};
		*counts[i] = 0;
		enum err e = txn_walk(t, &walk, count, counts[i]);
		if (e != OK)
			return e;
	}
	return OK;
}

static void look(void)
{
	assert_int_equal(store_read(node.store, count_tables, NULL), OK);
}

static void settle(void)
{
	federation_settle(node.federation);
	look();
}

static void a_signed_post_is_kept_and_applied(void **state)
{
	(void)state;
	node_serve(&node.alice, "Person");
	const char *body = create_words("https://good.example/c/1", node.alice.uri,
		"https://good.example/n/1", node.alice.uri, "hi");
	assert_int_equal(node_send("/inbox", &node.alice, body).status, 202);
	settle();
	assert_int_equal(rows.inbox, 0);
	assert_int_equal(rows.seen, 1);
	uint64_t id = node_post_id("https://good.example/n/1");
	assert_true(id != 0);
	/* The same again is no second one. */
	assert_int_equal(node_send("/inbox", &node.alice, body).status, 202);
	settle();
	assert_int_equal(rows.seen, 1);
	assert_int_equal(wire_gets(node.alice.uri), 1);
}

static void other_content_types_are_refused(void **state)
{
	(void)state;
	const char *headers[] = {"Content-Type: text/plain", NULL};
	assert_int_equal(node_raw("POST", "/inbox", headers, "{}").status, 415);
	const char *unsigned_one[] = {
		"Content-Type: application/activity+json; charset=utf-8", NULL};
	struct response r = node_raw("POST", "/inbox", unsigned_one, "{}");
	assert_int_equal(r.status, 401);
	assert_non_null(strstr(r.headers, "Accept-Signature"));
	assert_int_equal(wire_gets(NULL), 0);
}

static void an_unknown_inbox_is_not_there(void **state)
{
	(void)state;
	node_know(&node.alice);
	node_person("jan");
	const char *body = create_words("https://good.example/c/1", node.alice.uri,
		"https://good.example/n/1", node.alice.uri, "hi");
	assert_int_equal(node_send("/u/nobody/inbox", &node.alice, body).status, 404);
	assert_int_equal(node_send("/u/jan/inbox", &node.alice, body).status, 202);
}

static void a_wrong_key_leaves_nothing(void **state)
{
	(void)state;
	node_know(&node.alice);
	struct neighbour thief = node.bob;
	thief.uri = node.alice.uri; /* bob's key in alice's name */
	const char *body = create_words("https://good.example/c/1", node.alice.uri,
		"https://good.example/n/1", node.alice.uri, "hi");
	assert_int_equal(node_send("/inbox", &thief, body).status, 401);
	settle();
	assert_int_equal(rows.seen + rows.inbox, 0);
}

static void spend_the_pace_of_strangers(const char *who)
{
	while (pace_allows("inbox-unverified", who, 1200, MINUTE))
		;
}

/* Whoever proves who it is does not pay for those who misuse its name. */
static void strangers_have_a_pace_of_their_own(void **state)
{
	(void)state;
	node_know(&node.alice);
	struct neighbour thief = node.bob;
	thief.uri = node.alice.uri;
	const char *body = create_words("https://good.example/c/1", node.alice.uri,
		"https://good.example/n/1", node.alice.uri, "hi");
	int status = 0;
	for (int i = 0; i < 20 && status != 429; i++) { /* one is let in each 50 ms */
		spend_the_pace_of_strangers("127.0.0.1 good.example");
		status = node_send("/inbox", &thief, body).status;
	}
	assert_int_equal(status, 429);
	for (int i = 0; i < 20; i++) {
		spend_the_pace_of_strangers("127.0.0.1 good.example");
		assert_int_equal(node_send("/inbox", &node.alice, body).status, 202);
	}
}

static void another_author_is_refused(void **state)
{
	(void)state;
	node_know(&node.alice);
	node_know(&node.bob);
	struct neighbour carol = node.alice;
	carol.uri = "https://good.example/users/carol";
	node_serve(&carol, "Person");
	/* of another host: asked there, where it is not */
	assert_int_equal(node_send("/inbox", &node.bob,
				 create_words("https://evil.example/c/1", node.bob.uri,
					 "https://good.example/n/7", node.alice.uri, "forged"))
				 .status,
		202);
	/* of the same host, by somebody else */
	assert_int_equal(node_send("/inbox", &node.alice,
				 create_words("https://good.example/c/2", node.alice.uri,
					 "https://good.example/n/8", carol.uri, "forged"))
				 .status,
		202);
	settle();
	assert_true(node_post_id("https://good.example/n/7") == 0);
	assert_true(node_post_id("https://good.example/n/8") == 0);
	assert_int_equal(rows.inbox, 0);
	assert_int_equal(rows.seen, 0); /* no mark that keeps the real one out */
}

static void an_update_by_another_changes_nothing(void **state)
{
	(void)state;
	struct post p;
	node_know(&node.alice);
	node_know(&node.bob);
	node_send("/inbox", &node.alice,
		create_words("https://good.example/c/1", node.alice.uri, "https://good.example/n/1",
			node.alice.uri, "true"));
	settle();
	wire_answer("https://good.example/n/1", 200, NULL,
		node_words(
			"{" AS
			",'id':'https://good.example/n/1','type':'Note','attributedTo':'%s','content':'true','to':" PUBLIC
			"}",
			node.alice.uri));
	const char *body = node_words(
		"{" AS
		",'id':'https://evil.example/u/1','type':'Update','actor':'%s','object':{'id':"
		"'https://good.example/n/1','type':'Note','attributedTo':'%s','content':'false','to':" PUBLIC
		"}}",
		node.bob.uri, node.bob.uri);
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	settle();
	assert_true(node_post(node_post_id("https://good.example/n/1"), &p));
	assert_non_null(strstr(p.content, "true"));
	assert_null(strstr(p.content, "false"));
}

static void a_delete_of_a_stranger_costs_nothing(void **state)
{
	(void)state;
	const char *body = node_words(
		"{" AS
		",'id':'https://evil.example/d/1','type':'Delete','actor':'%s','object':'%s'}",
		node.bob.uri, node.bob.uri);
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	settle();
	assert_int_equal(wire_gets(NULL), 0);
	assert_int_equal(rows.seen + rows.inbox, 0);
}

static void a_forwarded_one_is_read_at_its_origin(void **state)
{
	(void)state;
	node_know(&node.alice);
	node_know(&node.bob);
	const char *forged = create_words("https://good.example/c/9", node.alice.uri,
		"https://good.example/n/9", node.alice.uri, "forged");
	assert_int_equal(node_send("/inbox", &node.bob, forged).status, 202);
	settle();
	assert_true(node_post_id("https://good.example/n/9") == 0);
	/* what alice's own node says counts */
	wire_answer("https://good.example/c/10", 200, NULL,
		create_words("https://good.example/c/10", node.alice.uri,
			"https://good.example/n/10", node.alice.uri, "said"));
	assert_int_equal(node_send("/inbox", &node.bob,
				 create_words("https://good.example/c/10", node.alice.uri,
					 "https://good.example/n/10", node.alice.uri, "forged"))
				 .status,
		202);
	settle();
	struct post p;
	assert_true(node_post(node_post_id("https://good.example/n/10"), &p));
	assert_non_null(strstr(p.content, "said"));
}

static const char *proved(const char *body, int64_t when)
{
	struct bytes out;
	assert_int_equal(
		proof_add(node.arena, (struct bytes){body, strlen(body)}, node.alice.ed25519,
			"https://good.example/users/alice#ed", when, &out),
		OK);
	return arena_text_n(node.arena, out.data, out.size);
}

static void a_proof_carries_a_forwarded_one(void **state)
{
	(void)state;
	node_know(&node.alice);
	node_know(&node.bob);
	size_t before = wire_gets(NULL);
	const char *body = proved(create_words("https://good.example/c/11", node.alice.uri,
					  "https://good.example/n/11", node.alice.uri, "proved"),
		NOW);
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
	settle();
	assert_true(node_post_id("https://good.example/n/11") != 0);
	assert_int_equal(wire_gets(NULL), before);
	/* a word changed: the proof is none any more, and its origin does not have it */
	char *changed = arena_text(node.arena, body);
	memcpy(strstr(changed, "/n/11"), "/n/12", 5);
	assert_int_equal(node_send("/inbox", &node.bob, changed).status, 202);
	settle();
	assert_true(node_post_id("https://good.example/n/12") == 0);
}

/* Its id is forgotten: who has kept it could say it again for ever. */
static void an_old_proof_is_asked_about_at_its_origin(void **state)
{
	(void)state;
	node_know(&node.alice);
	node_know(&node.bob);
	static const int days[] = {6, 8};
	for (size_t i = 0; i < COUNT(days); i++) {
		const char *n = arena_format(node.arena, "https://good.example/n/%d", days[i]);
		const char *c = arena_format(node.arena, "https://good.example/c/%d", days[i]);
		const char *body = proved(
			create_words(c, node.alice.uri, n, node.alice.uri, "proved"),
			NOW - days[i] * DAY);
		assert_int_equal(node_send("/inbox", &node.bob, body).status, 202);
		settle();
		assert_int_equal(node_post_id(n) != 0, days[i] < 7);
	}
}

struct liking {
	const char *post;
	uint64_t who;
	bool likes;
};

static enum err look_at_likes(struct txn *t, void *arg)
{
	struct liking *l = arg;
	struct post p;
	enum err e = post_by_uri(t, l->post, &p);
	l->likes = e == OK && reaction_is(t, l->who, p.id, REACTION_LIKE);
	return e;
}

/* A key that has to be asked for again opens no second door. */
static void what_was_undone_is_not_passed_on_again(void **state)
{
	(void)state;
	const char *n = "https://good.example/n/1";
	struct liking l = {.post = n, .who = node_know(&node.alice)};
	node_know(&node.bob);
	node_send("/inbox", &node.alice,
		create_words("https://good.example/c/1", node.alice.uri, n, node.alice.uri, "hi"));
	const char *like = proved(
		node_words(
			"{" AS
			",'id':'https://good.example/l/1','type':'Like','actor':'%s','object':'%s'}",
			node.alice.uri, n),
		NOW);
	node_send("/inbox", &node.alice, like);
	settle();
	assert_int_equal(store_read(node.store, look_at_likes, &l), OK);
	assert_true(l.likes);
	node_send("/inbox", &node.alice,
		node_words(
			"{" AS ",'id':'https://good.example/u/1','type':'Undo','actor':'%s',"
			"'object':{'id':'https://good.example/l/1','type':'Like','actor':'%s','object':'%s'}}",
			node.alice.uri, node.alice.uri, n));
	settle();
	assert_int_equal(node_send("/inbox", &node.bob, like).status, 202);
	settle();
	node_later(2 * DAY);
	assert_int_equal(node_send("/inbox", &node.bob, like).status, 202);
	settle();
	assert_int_equal(rows.inbox, 0);
	assert_int_equal(store_read(node.store, look_at_likes, &l), OK);
	assert_false(l.likes);
}

static enum err follow(struct txn *t, void *arg)
{
	const uint64_t *pair = arg;
	enum err e = follow_start(t, pair[0], pair[1], NULL);
	return e == OK ? follow_accept(t, pair[1], pair[0], NULL) : e;
}

static const char *announce_words(const char *id, const struct neighbour *by, const char *inner)
{
	return node_words("{" AS ",'id':'%s','type':'Announce','actor':'%s','to':" PUBLIC
			  ",'object':%s}",
		id, by->uri, inner);
}

static void a_group_passes_on(void **state)
{
	(void)state;
	uint64_t pair[2] = {node_person("jan"), node_know(&node.group)};
	node_know(&node.alice);
	node_write(follow, pair);
	/* its own member: the same host vouches */
	struct neighbour member = node.group;
	member.uri = "https://groups.example/users/mia";
	node_serve(&member, "Person");
	node_send("/inbox", &node.group,
		announce_words("https://groups.example/a/1", &node.group,
			create_words("https://groups.example/c/1", member.uri,
				"https://groups.example/n/1", member.uri, "inside")));
	/* of elsewhere: what the origin says, not what the group says it said */
	wire_answer("https://good.example/n/20", 200, NULL,
		node_words(
			"{" AS
			",'id':'https://good.example/n/20','type':'Note','attributedTo':'%s','content':'origin','to':[" PUBLIC
			",'%s']}",
			node.alice.uri, node.group.uri));
	node_send("/inbox", &node.group,
		announce_words("https://groups.example/a/2", &node.group,
			create_words("https://good.example/c/20", node.alice.uri,
				"https://good.example/n/20", node.alice.uri, "forged")));
	/* what is nowhere */
	node_send("/inbox", &node.group,
		announce_words("https://groups.example/a/3", &node.group,
			create_words("https://good.example/c/21", node.alice.uri,
				"https://good.example/n/21", node.alice.uri, "forged")));
	settle();
	struct post p;
	assert_true(node_post_id("https://groups.example/n/1") != 0);
	assert_true(node_post(node_post_id("https://good.example/n/20"), &p));
	assert_non_null(strstr(p.content, "origin"));
	assert_true(node_post_id("https://good.example/n/21") == 0);
	/* a Delete nobody can prove: the origin still has it */
	const char *gone = node_words(
		"{'id':'https://good.example/d/1','type':'Delete','actor':'%s','object':'https://good.example/n/20'}",
		node.alice.uri);
	node_send("/inbox", &node.group,
		announce_words("https://groups.example/a/4", &node.group, gone));
	settle();
	assert_true(node_post(node_post_id("https://good.example/n/20"), &p) && !p.gone);
	/* a person is no group; and a group passes on no Follow */
	node_know(&node.bob);
	node_send("/inbox", &node.bob,
		announce_words("https://evil.example/a/1", &node.bob,
			create_words("https://evil.example/c/1", node.bob.uri,
				"https://evil.example/n/1", node.bob.uri, "x")));
	settle();
	assert_true(node_post_id("https://evil.example/n/1") == 0);
	assert_int_equal(rows.inbox, 0);
}

static void a_boost_of_the_followed_is_fetched(void **state)
{
	(void)state;
	uint64_t pair[2] = {node_person("jan"), node_know(&node.alice)};
	node_serve(&node.bob, "Person");
	wire_answer("https://evil.example/n/5", 200, NULL,
		node_words(
			"{" AS
			",'id':'https://evil.example/n/5','type':'Note','attributedTo':'%s','content':'b','to':" PUBLIC
			"}",
			node.bob.uri));
	const char *boost = node_words(
		"{" AS
		",'id':'https://good.example/b/1','type':'Announce','actor':'%s','to':" PUBLIC
		",'object':'https://evil.example/n/5'}",
		node.alice.uri);
	node_send("/inbox", &node.alice, boost);
	settle();
	assert_true(
		node_post_id("https://evil.example/n/5") == 0); /* nobody here follows her yet */
	node_write(follow, pair);
	node_send("/inbox", &node.alice, boost); /* a drop left no mark */
	settle();
	assert_true(node_post_id("https://evil.example/n/5") != 0);
}

static enum err block_host(struct txn *t, void *arg)
{
	(void)arg;
	return domain_block(t, "evil.example", "spam", true);
}

static void a_blocked_host_is_told_so(void **state)
{
	(void)state;
	node_know(&node.bob);
	node_write(block_host, NULL);
	const char *body = create_words("https://evil.example/c/1", node.bob.uri,
		"https://evil.example/n/1", node.bob.uri, "hi");
	assert_int_equal(node_send("/inbox", &node.bob, body).status, 403);
	settle();
	assert_int_equal(rows.seen + rows.inbox, 0);
}

static void nonsense_is_400(void **state)
{
	(void)state;
	node_know(&node.alice);
	assert_int_equal(node_send("/inbox", &node.alice, "{\"type\":").status, 400);
	assert_int_equal(node_send("/inbox", &node.alice, "{}").status, 400);
	assert_int_equal(
		node_send("/inbox", &node.alice, "{\"type\":\"Like\",\"type\":\"Like\"}").status,
		400);
	settle();
	assert_int_equal(rows.seen + rows.inbox, 0);
}

static void an_unknown_type_is_taken_and_dropped(void **state)
{
	(void)state;
	node_know(&node.alice);
	const char *body = node_words(
		"{" AS
		",'id':'https://good.example/x/1','type':'Listen','actor':'%s','object':'https://a.example/1'}",
		node.alice.uri);
	assert_int_equal(node_send("/inbox", &node.alice, body).status, 202);
	settle();
	assert_int_equal(rows.inbox + rows.parked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_signed_post_is_kept_and_applied),
		NODE_TEST(other_content_types_are_refused),
		NODE_TEST(an_unknown_inbox_is_not_there),
		NODE_TEST(a_wrong_key_leaves_nothing),
		NODE_TEST(strangers_have_a_pace_of_their_own),
		NODE_TEST(another_author_is_refused),
		NODE_TEST(an_update_by_another_changes_nothing),
		NODE_TEST(a_delete_of_a_stranger_costs_nothing),
		NODE_TEST(a_forwarded_one_is_read_at_its_origin),
		NODE_TEST(a_proof_carries_a_forwarded_one),
		NODE_TEST(a_group_passes_on),
		NODE_TEST(a_boost_of_the_followed_is_fetched),
		NODE_TEST(a_blocked_host_is_told_so),
		NODE_TEST(nonsense_is_400),
		NODE_TEST(an_unknown_type_is_taken_and_dropped),
		NODE_TEST(an_old_proof_is_asked_about_at_its_origin),
		NODE_TEST(what_was_undone_is_not_passed_on_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
