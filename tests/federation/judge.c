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
	bool liked, blocked, moderates, gone;
	uint64_t post;
} facts;

static enum err read_facts(struct txn *t, void *arg)
{
	struct bytes there;
	struct place place = place_2(TABLE_MODERATOR, facts.ours, facts.jan);
	(void)arg;
	struct actor alice;
	facts.gone = actor_load(t, facts.alice, &alice) == OK && alice.gone;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_group_speaks_for_nobody_outside_of_it),
		NODE_TEST(a_group_deletes_for_no_author),
		NODE_TEST(a_group_counts_in_what_is_its_own),
		NODE_TEST(what_others_say_was_deleted_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
