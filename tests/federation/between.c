/* between.c (federation): what actors say to each other: who hears it, in whose name, and by which id it is undone. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define INBOX "https://good.example/inbox"

static struct {
	uint64_t jan, board, alice, post;
} scene;

static enum err follow_both(struct txn *t, void *arg)
{
	(void)arg;
	struct origin first = {.uri = "https://good.example/f/1"};
	struct origin second = {.uri = "https://good.example/f/2"};
	struct place place = place_2(TABLE_MODERATOR, scene.board, scene.jan);
	enum err e = follow_start(t, scene.alice, scene.jan, &first);
	if (e == OK)
		e = follow_start(t, scene.alice, scene.board, &second);
	return e == OK ? txn_put(t, &place, (struct bytes){"\1", 1}) : e;
}

/* jan writes and moderates here; alice elsewhere follows jan and the board. */
static void set_up(void)
{
	scene.jan = node_person("jan");
	scene.board = node_group("board");
	scene.alice = node_know(&node.alice);
	node_write(follow_both, NULL);
	federation_settle(node.federation);
}

static void act(write_fn *run, bool on)
{
	node_write(run, &on);
	federation_settle(node.federation);
}

/* What went to alice with these words, once. */
static struct activity heard(const char *words)
{
	struct activity a = {0};
	assert_int_equal(wire_posts_with(INBOX, words), 1);
	for (size_t i = 0; i < wire_posts(INBOX); i++) {
		const char *body = wire_post(INBOX, i);
		if (strstr(body, words) != NULL)
			assert_int_equal(activity_read(node.arena,
						 (struct bytes){body, strlen(body)}, &a, NULL),
				OK);
	}
	return a;
}

static enum err write_post(struct txn *t, void *arg)
{
	const bool *in_board = arg;
	struct post p;
	struct post_draft draft = {.author = scene.jan,
		.community = *in_board ? scene.board : 0,
		.source = "Hello all",
		.visibility = VISIBLE_PUBLIC};
	enum err e = post_create(t, &draft, NULL, NULL, &p);
	scene.post = e == OK ? p.id : 0;
	return e;
}

static enum err block(struct txn *t, void *arg)
{
	const bool *on = arg;
	return *on ? block_add(t, scene.jan, scene.jan, scene.alice, "rude", NULL)
		   : block_remove(t, scene.jan, scene.jan, scene.alice, NULL);
}

static void a_block_is_undone_by_its_id(void **state)
{
	(void)state;
	set_up();
	act(block, true);
	struct activity block_said = heard("\"type\":\"Block\"");
	assert_string_equal(block_said.object_id, node.alice.uri);
	assert_string_equal(block_said.actor, "https://ex.org/u/jan");
	assert_null(strstr(wire_post(INBOX, wire_posts(INBOX) - 1), "#Public"));
	act(block, false);
	struct activity undo = heard("\"type\":\"Undo\"");
	assert_string_equal(undo.inner->type, "Block");
	assert_string_equal(undo.inner->id, block_said.id);
}

static enum err follow(struct txn *t, void *arg)
{
	const bool *on = arg;
	return *on ? follow_start(t, scene.jan, scene.alice, NULL)
		   : follow_end(t, scene.jan, scene.alice, NULL);
}

static void a_follow_is_undone_by_its_id(void **state)
{
	(void)state;
	set_up();
	act(follow, true);
	struct activity asked = heard("\"type\":\"Follow\",\"actor\":\"https://ex.org/u/jan\"");
	assert_string_equal(asked.object_id, node.alice.uri);
	act(follow, false);
	struct activity undo = heard("\"type\":\"Undo\"");
	assert_string_equal(undo.inner->type, "Follow");
	assert_string_equal(undo.inner->id, asked.id);
	assert_string_equal(undo.inner->object_id, node.alice.uri);
}

static enum err remove_follower(struct txn *t, void *arg)
{
	(void)arg;
	return follow_reject(t, scene.jan, scene.alice, NULL);
}

/* The Follow as it came is no longer kept: its id, who asked and whom are enough to know it by. */
static void a_follower_removed_is_told_which_follow_ended(void **state)
{
	(void)state;
	set_up();
	act(remove_follower, true);
	struct activity reject = heard("\"type\":\"Reject\"");
	assert_string_equal(reject.inner->type, "Follow");
	assert_string_equal(reject.inner->id, "https://good.example/f/1");
	assert_string_equal(reject.inner->actor, node.alice.uri);
	assert_string_equal(reject.inner->object_id, "https://ex.org/u/jan");
}

static enum err report_alice(struct txn *t, void *arg)
{
	const uint64_t *post = arg;
	struct report r = {.actors = {&scene.alice, 1}, .comment = "Spam & <insults>"};
	if (*post != 0)
		r.posts = (struct u64s){post, 1};
	return report_add(t, scene.jan, &r, NULL);
}

static void a_report_does_not_tell_who_reported(void **state)
{
	(void)state;
	set_up();
	node_serve(&node.alice, "Person");
	node_send("/inbox", &node.alice,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams',"
			"'id':'https://good.example/a/1','type':'Create','actor':'%s',"
			"'to':'https://www.w3.org/ns/activitystreams#Public',"
			"'object':{'id':'https://good.example/n/1','type':'Note','attributedTo':'%s',"
			"'to':'https://www.w3.org/ns/activitystreams#Public','content':'Buy'}}",
			node.alice.uri, node.alice.uri));
	federation_settle(node.federation);
	uint64_t post = node_post_id("https://good.example/n/1");
	assert_true(post != 0);
	node_write(report_alice, &post);
	federation_settle(node.federation);
	struct activity flag = heard("\"type\":\"Flag\"");
	const char *body = wire_post(INBOX, wire_posts(INBOX) - 1);
	assert_string_equal(flag.actor, "https://ex.org/actor");
	assert_null(strstr(body, "/u/jan"));
	assert_non_null(strstr(body, "Spam & <insults>"));
	assert_non_null(strstr(body, "https://good.example/n/1"));
	assert_non_null(strstr(body, node.alice.uri));
	/* nor may anybody fetch it */
	assert_int_equal(node_get(flag.id + strlen("https://ex.org"), NULL, NULL).status, 404);
}

static enum err move_to_alice(struct txn *t, void *arg)
{
	struct actor alice;
	(void)arg;
	enum err e = actor_load(t, scene.alice, &alice);
	alice.aliases = "https://other.example/u/x https://ex.org/u/jan";
	if (e == OK)
		e = actor_save(t, &alice);
	if (e == OK)
		e = actor_move(t, scene.jan, scene.alice, NULL);
	return e == OK ? actor_move(t, scene.jan, scene.alice, NULL) : e; /* said once */
}

static void followers_hear_where_one_moved(void **state)
{
	(void)state;
	set_up();
	act(move_to_alice, true);
	struct activity move = heard("\"type\":\"Move\"");
	assert_string_equal(move.actor, "https://ex.org/u/jan");
	assert_string_equal(move.object_id, "https://ex.org/u/jan");
	assert_string_equal(move.target, node.alice.uri);
}

static enum err pin(struct txn *t, void *arg)
{
	return post_pin(t, scene.jan, scene.post, *(bool *)arg, NULL);
}

static enum err lock(struct txn *t, void *arg)
{
	return post_lock(t, scene.jan, scene.post, *(bool *)arg, NULL);
}

static enum err moderate(struct txn *t, void *arg)
{
	return community_moderator(t, scene.jan, scene.board, scene.alice, *(bool *)arg, NULL);
}

/* Each as jan's act, which the board passes on to its followers. */
static void what_a_moderator_does_is_passed_on_by_the_board(void **state)
{
	static const struct {
		write_fn *run;
		const char *on, *off;
	} acts[] = {
		{pin, "\"type\":\"Add\"", "\"type\":\"Remove\""},
		{lock, "\"type\":\"Lock\"", "\"type\":\"Undo\""},
		{moderate, "\"target\":\"https://ex.org/c/board/moderators\"",
			"\"type\":\"Remove\""},
	};
	(void)state;
	set_up();
	act(write_post, true);
	for (size_t i = 0; i < COUNT(acts); i++) {
		size_t on = wire_posts_with(INBOX, acts[i].on);
		act(acts[i].run, true);
		assert_int_equal(wire_posts_with(INBOX, acts[i].on), on + 1);
		const char *body = wire_post(INBOX, wire_posts(INBOX) - 1);
		assert_non_null(strstr(body, "\"type\":\"Announce\""));
		assert_non_null(strstr(body, "\"actor\":\"https://ex.org/c/board\""));
		assert_non_null(strstr(body, "\"actor\":\"https://ex.org/u/jan\""));
		size_t off = wire_posts_with(INBOX, acts[i].off);
		act(acts[i].run, false);
		assert_int_equal(wire_posts_with(INBOX, acts[i].off), off + 1);
	}
}

static enum err boost(struct txn *t, void *arg)
{
	const bool *on = arg;
	return *on ? reaction_add(t, scene.jan, scene.post, REACTION_BOOST, NULL)
		   : reaction_remove(t, scene.jan, scene.post, REACTION_BOOST, NULL);
}

static void followers_hear_of_a_boost_and_its_end(void **state)
{
	(void)state;
	set_up();
	act(write_post, false);
	act(boost, true);
	struct activity said = heard("\"type\":\"Announce\"");
	assert_non_null(strstr(said.object_id, "https://ex.org/p/"));
	act(boost, false);
	struct activity undo = heard("\"type\":\"Undo\"");
	assert_string_equal(undo.inner->id, said.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_block_is_undone_by_its_id),
		NODE_TEST(a_follow_is_undone_by_its_id),
		NODE_TEST(a_follower_removed_is_told_which_follow_ended),
		NODE_TEST(a_report_does_not_tell_who_reported),
		NODE_TEST(followers_hear_where_one_moved),
		NODE_TEST(what_a_moderator_does_is_passed_on_by_the_board),
		NODE_TEST(followers_hear_of_a_boost_and_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
