/* judge.c: how far the word of a group reaches that somebody here follows. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define PUBLIC "'https://www.w3.org/ns/activitystreams#Public'"

static enum err follow(struct txn *t, void *arg)
{
	const uint64_t *pair = arg;
	enum err e = follow_start(t, pair[0], pair[1], NULL);
	return e == OK ? follow_accept(t, pair[1], pair[0], NULL) : e;
}

static enum err make_moderator(struct txn *t, void *arg)
{
	const uint64_t *ids = arg; /* community, actor */
	struct place place = place_2(TABLE_MODERATOR, ids[0], ids[1]);
	return txn_put(t, &place, (struct bytes){"\1", 1});
}

static struct facts {
	uint64_t jan, alice, club, ours;
	bool liked, blocked, moderates, gone, follows;
	uint64_t post;
} facts;

static enum err read_facts(struct txn *t, void *arg)
{
	struct bytes there;
	struct place place = place_2(TABLE_MODERATOR, facts.ours, facts.jan);
	(void)arg;
	struct actor alice;
	facts.gone = actor_load(t, facts.alice, &alice) == OK && alice.gone;
	facts.follows = follow_is(t, facts.alice, facts.jan);
	facts.liked = reaction_is(t, facts.alice, facts.post, REACTION_LIKE);
	facts.blocked = block_is(t, facts.alice, facts.jan);
	facts.moderates = txn_get(t, &place, &there) == OK;
	return OK;
}

static void look(void)
{
	federation_settle(node.federation);
	assert_int_equal(store_read(node.store, read_facts, NULL), OK);
}

/* Bob's node hears what our community passes on. */
static enum err follow_ours(struct txn *t, void *arg)
{
	struct actor bob;
	struct origin origin = {.uri = "https://evil.example/f/1"};
	(void)arg;
	enum err e = actor_by_uri(t, node.bob.uri, &bob);
	return e == OK ? follow_start(t, bob.id, facts.ours, &origin) : e;
}

/* The club announces what it says alice did. */
static void announce(const char *inner)
{
	static int count;
	node_send("/inbox", &node.group,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':"
			"'https://groups.example/a/%d','type':'Announce','actor':'%s','to':" PUBLIC
			",'object':%s}",
			++count, node.group.uri, inner));
	look();
}

static void meet(void)
{
	facts = (struct facts){.jan = node_person("jan"),
		.club = node_know(&node.group),
		.alice = node_know(&node.alice),
		.ours = node_group("ours")};
	node_write(follow, (uint64_t[]){facts.jan, facts.club});
	node_send("/inbox", &node.alice,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://good.example/c/1','type':'Create','actor':'%s','to':" PUBLIC
			   ",'object':{'id':'https://good.example/n/1','type':'Note',"
			   "'attributedTo':'%s','content':'hers','to':" PUBLIC "}}",
			node.alice.uri, node.alice.uri));
	look();
	facts.post = node_post_id("https://good.example/n/1");
	assert_true(facts.post != 0);
}

static void a_group_speaks_for_nobody_outside_of_it(void **state)
{
	(void)state;
	meet();
	announce(node_words("{'id':'https://good.example/l/1','type':'Like','actor':'%s',"
			    "'object':'https://good.example/n/1'}",
		node.alice.uri));
	assert_false(facts.liked);
	announce(node_words("{'id':'https://good.example/b/1','type':'Block','actor':'%s',"
			    "'object':'https://ex.org/u/jan'}",
		node.alice.uri));
	assert_false(facts.blocked);
	/* Nor for the moderator of a community of ours. */
	node_write(make_moderator, (uint64_t[]){facts.ours, facts.alice});
	announce(node_words("{'id':'https://good.example/m/1','type':'Add','actor':'%s',"
			    "'object':'https://ex.org/u/jan','cc':['https://ex.org/c/ours'],"
			    "'target':'https://ex.org/c/ours/moderators'}",
		node.alice.uri));
	assert_false(facts.moderates);
}

static void a_group_deletes_for_no_author(void **state)
{
	struct post p;
	(void)state;
	meet();
	wire_answer("https://good.example/n/1", 200, NULL,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://good.example/n/1','type':'Note','attributedTo':'%s',"
			   "'content':'hers','to':" PUBLIC "}",
			node.alice.uri));
	node_write(make_moderator, (uint64_t[]){facts.club, facts.alice});
	announce(node_words("{'id':'https://good.example/d/1','type':'Delete','actor':'%s',"
			    "'object':'https://good.example/n/1'}",
		node.alice.uri));
	assert_true(node_post(facts.post, &p) && !p.gone);
}

static void a_group_counts_in_what_is_its_own(void **state)
{
	(void)state;
	meet();
	wire_answer("https://good.example/n/2", 200, NULL,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://good.example/n/2','type':'Note','attributedTo':'%s',"
			   "'content':'there','to':[" PUBLIC ",'%s'],'audience':'%s'}",
			node.alice.uri, node.group.uri, node.group.uri));
	announce("'https://good.example/n/2'");
	facts.post = node_post_id("https://good.example/n/2");
	assert_true(facts.post != 0);
	announce(node_words("{'id':'https://good.example/l/2','type':'Like','actor':'%s',"
			    "'object':'https://good.example/n/2'}",
		node.alice.uri));
	assert_true(facts.liked);
}

static void forward_delete(int number, const char *object)
{
	node_send("/inbox", &node.bob,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':"
			"'https://good.example/d/%d','type':'Delete','actor':'%s','object':'%s'}",
			number, node.alice.uri, object));
	look();
}

static void what_others_say_was_deleted_is_asked_for(void **state)
{
	struct post p;
	(void)state;
	meet();
	node_know(&node.bob);
	wire_answer("https://good.example/n/1", 200, NULL,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://good.example/n/1','type':'Note','attributedTo':'%s',"
			   "'content':'hers','to':" PUBLIC "}",
			node.alice.uri));
	forward_delete(1, "https://good.example/n/1");
	assert_true(node_post(facts.post, &p) && !p.gone);
	wire_answer("https://good.example/n/1", 404, NULL, "");
	forward_delete(2, "https://good.example/n/1");
	assert_true(node_post(facts.post, &p) && p.gone);
	/* A page that is not found is not the end of a person. */
	wire_answer(node.alice.uri, 404, NULL, "");
	forward_delete(3, node.alice.uri);
	assert_false(facts.gone);
	/* What nobody here knows is not asked for. */
	size_t before = wire_gets(NULL);
	forward_delete(4, "https://victim.example/n/1");
	assert_int_equal(wire_gets(NULL), before);
}

static uint64_t for_few(int number)
{
	node_send("/inbox", &node.alice,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':"
			"'https://good.example/c/%d','type':'Create','actor':'%s','to':['%s/followers'],"
			"'object':{'id':'https://good.example/n/%d','type':'Note',"
			"'attributedTo':'%s','content':'for few','to':['%s/followers']}}",
			number, node.alice.uri, node.alice.uri, number, node.alice.uri,
			node.alice.uri));
	look();
	return node_post_id(arena_format(node.arena, "https://good.example/n/%d", number));
}

/* Mastodon answers 404 to us for what is not for us: no proof of an end. */
static void what_is_not_for_us_is_not_gone(void **state)
{
	struct post p;
	(void)state;
	meet();
	node_know(&node.bob);
	uint64_t hidden = for_few(5), ended = for_few(6);
	wire_answer("https://good.example/n/5", 404, NULL, "");
	wire_answer("https://good.example/n/6", 410, NULL, "");
	forward_delete(5, "https://good.example/n/5");
	forward_delete(6, "https://good.example/n/6");
	assert_true(node_post(hidden, &p) && !p.gone);
	assert_true(node_post(ended, &p) && p.gone);
}

static const char *hers(const char *content, const char *type)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':"
		"'https://good.example/c/7%s','type':'%s','actor':'%s','to':[" PUBLIC
		",'https://ex.org/c/ours'],'object':{'id':'https://good.example/n/7','type':'Note',"
		"'attributedTo':'%s','content':'%s','published':'2025-11-01T10:00:00Z','to':[" PUBLIC
		",'https://ex.org/c/ours','%s']}}",
		type, type, node.alice.uri, node.alice.uri, content, node.group.uri);
}

static void serve_hers(const char *content)
{
	wire_answer("https://good.example/n/7", 200, NULL,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/n/7',"
			"'type':'Note','attributedTo':'%s','content':'%s','published':'2025-11-01T10:00:00Z',"
			"'to':[" PUBLIC ",'https://ex.org/c/ours','%s']}",
			node.alice.uri, content, node.group.uri));
}

/* To a community of ours, by way of another group: what that says she said is passed on to nobody; what she says is. */
static void no_group_puts_words_in_our_mouth(void **state)
{
	struct post p;
	(void)state;
	meet();
	node_know(&node.bob);
	node_write(follow_ours, NULL);
	const char *inbox = "https://evil.example/inbox";
	serve_hers("true");
	announce(hers("forged", "Create"));
	assert_true(node_post(node_post_id("https://good.example/n/7"), &p));
	assert_true(p.community == facts.ours && strstr(p.content, "true") != NULL);
	assert_int_equal(wire_posts_with(NULL, "forged"), 0);
	assert_int_equal(wire_posts_with(NULL, "good.example/n/7"), 0);
	node_send("/inbox", &node.alice, hers("true", "Create"));
	look();
	assert_int_equal(wire_posts_with(inbox, "good.example/c/7Create"), 1);
	/* An edit is heard from her. */
	serve_hers("better");
	announce(hers("forged again", "Update"));
	node_send("/inbox", &node.alice, hers("better", "Update"));
	look();
	assert_int_equal(wire_posts_with(NULL, "forged"), 0);
	assert_int_equal(wire_posts_with(inbox, "good.example/c/7Update"), 1);
}

static void undo(const char *type, const char *id, const char *object)
{
	node_send("/inbox", &node.alice,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s#undo',"
			"'type':'Undo','actor':'%s','object':{'id':'%s','type':'%s','actor':'%s',"
			"'object':'%s'}}",
			id, node.alice.uri, id, type, node.alice.uri, object));
	look();
}

static void act(const char *type, const char *id, const char *object)
{
	node_send("/inbox", &node.alice,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':'%s',"
			   "'type':'%s','actor':'%s','object':'%s'}",
			id, type, node.alice.uri, object));
	look();
}

/* Nothing is in order between two nodes: what was held up at our door comes after its end. */
static void what_was_taken_back_before_it_came_never_comes(void **state)
{
	(void)state;
	meet();
	undo("Follow", "https://good.example/f/1", "https://ex.org/u/jan");
	act("Follow", "https://good.example/f/1", "https://ex.org/u/jan");
	assert_false(facts.follows);
	act("Follow", "https://good.example/f/2", "https://ex.org/u/jan");
	assert_true(facts.follows);
	/* Under the same id again, as Misskey does. */
	undo("Follow", "https://good.example/f/2", "https://ex.org/u/jan");
	assert_false(facts.follows);
	act("Follow", "https://good.example/f/2", "https://ex.org/u/jan");
	assert_true(facts.follows);
	undo("Follow", "https://good.example/f/2", "https://ex.org/u/jan");
	assert_false(facts.follows);
	node_later(DAY);
	act("Follow", "https://good.example/f/1", "https://ex.org/u/jan");
	assert_true(facts.follows);
	undo("Like", "https://good.example/l/1", "https://good.example/n/1");
	act("Like", "https://good.example/l/1", "https://good.example/n/1");
	assert_false(facts.liked);
	act("Like", "https://good.example/l/2", "https://good.example/n/1");
	assert_true(facts.liked);
	/* Nobody takes back what is another's. */
	node_know(&node.bob);
	node_send("/inbox", &node.bob,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://evil.example/d/1','type':'Delete','actor':'%s','object':"
			   "'https://good.example/n/7'}",
			node.bob.uri));
	look();
	node_send("/inbox", &node.alice, hers("hers", "Create"));
	look();
	assert_true(node_post_id("https://good.example/n/7") != 0);
	/* A Delete before its Create, and before its Update. */
	act("Delete", "https://good.example/d/8", "https://good.example/n/8");
	static const char *const types[] = {"Create", "Update"};
	for (size_t i = 0; i < COUNT(types); i++) {
		node_send("/inbox", &node.alice,
			node_words(
				"{'@context':'https://www.w3.org/ns/activitystreams','id':"
				"'https://good.example/c/8%s','type':'%s','actor':'%s','to':" PUBLIC
				",'object':{'id':'https://good.example/n/8','type':'Note',"
				"'attributedTo':'%s','content':'x','to':" PUBLIC "}}",
				types[i], types[i], node.alice.uri, node.alice.uri));
		look();
	}
	assert_true(node_post_id("https://good.example/n/8") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_group_speaks_for_nobody_outside_of_it),
		NODE_TEST(a_group_deletes_for_no_author),
		NODE_TEST(a_group_counts_in_what_is_its_own),
		NODE_TEST(what_others_say_was_deleted_is_asked_for),
		NODE_TEST(what_is_not_for_us_is_not_gone),
		NODE_TEST(no_group_puts_words_in_our_mouth),
		NODE_TEST(what_was_taken_back_before_it_came_never_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
