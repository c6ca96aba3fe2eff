/* reaction.c: tests of likes, dislikes and boosts, clicked here and told by other nodes. */
#include "world.h"

#include <string.h>

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

static struct post written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	draft.source = "Hello @bas";
	return post_create(t, &draft, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static int64_t count(struct txn *t, uint64_t post, enum reaction_kind kind)
{
	int64_t n;
	return post_tally(t, post, kind, &n) == OK ? n : -1;
}

IN_WRITE(a_like_counts_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = written(t, (struct post_draft){.author = anna.id});
	struct reaction r;
	WANT(reaction_add(t, bas.id, p.id, REACTION_LIKE, NULL) == OK
		&& reaction_is(t, bas.id, p.id, REACTION_LIKE));
	struct line line = world_last(t, ACT_LIKE);
	WANT(line.actor == bas.id && line.object == p.id && line.target == 0 && line.uri == NULL);
	const char *uri = arena_format(
		txn_arena(t), "https://ex.org/a/%llu", (unsigned long long)line.place);
	WANT(reaction_load(t, bas.id, p.id, REACTION_LIKE, &r) == OK && text_is(r.uri, uri)
		&& r.at == NOW);
	WANT(reaction_add(t, bas.id, p.id, REACTION_LIKE, NULL) == OK
		&& world_lines(t, ACT_LIKE) == 1);
	WANT(count(t, p.id, REACTION_LIKE) == 1);
	WANT(reaction_remove(t, bas.id, p.id, REACTION_LIKE, NULL) == OK
		&& count(t, p.id, REACTION_LIKE) == 0);
	WANT(text_is(world_last(t, ACT_UNLIKE).note, uri)
		&& !reaction_is(t, bas.id, p.id, REACTION_LIKE));
	WANT(reaction_remove(t, bas.id, p.id, REACTION_LIKE, NULL) == ERR_NOT_FOUND
		&& world_lines(t, ACT_UNLIKE) == 1);
	return OK;
}

IN_WRITE(a_like_replaces_a_dislike)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = written(t, (struct post_draft){.author = anna.id});
	WANT(reaction_add(t, bas.id, p.id, REACTION_DISLIKE, NULL) == OK
		&& count(t, p.id, REACTION_DISLIKE) == 1);
	WANT(reaction_add(t, bas.id, p.id, REACTION_LIKE, NULL) == OK
		&& count(t, p.id, REACTION_DISLIKE) == 0);
	WANT(reaction_add(t, bas.id, p.id, REACTION_BOOST, NULL) == OK
		&& count(t, p.id, REACTION_LIKE) == 1);
	WANT(count(t, p.id, REACTION_BOOST) == 1 && world_lines(t, ACT_ANNOUNCE) == 1);
	return OK;
}

IN_WRITE(only_what_one_may_read)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct post close = written(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_DIRECT});
	struct post open = written(t, (struct post_draft){.author = anna.id});
	WANT(reaction_add(t, cas.id, close.id, REACTION_LIKE, NULL) == ERR_NOT_FOUND);
	WANT(reaction_add(t, bas.id, close.id, REACTION_LIKE, NULL) == OK); /* it was for him */
	WANT(reaction_add(t, bas.id, close.id, REACTION_BOOST, NULL) == ERR_FORBIDDEN);
	WANT(block_add(t, anna.id, anna.id, cas.id, NULL, NULL) == OK);
	WANT(reaction_add(t, cas.id, open.id, REACTION_LIKE, NULL) == ERR_NOT_FOUND);
	WANT(post_remove(t, anna.id, open.id, NULL, NULL) == OK);
	WANT(reaction_add(t, bas.id, open.id, REACTION_LIKE, NULL) == ERR_GONE);
	WANT(reaction_add(t, bas.id, 12345, REACTION_LIKE, NULL) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(the_banned_do_not_count)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"), board;
	struct community_draft draft = {.name = "board", .title = "Board", .founder = anna.id};
	WANT(community_create(t, &draft, NULL, &board) == OK);
	struct post p = written(t, (struct post_draft){.author = anna.id, .community = board.id});
	struct activity like = world_activity(&xi, "https://a.example/l/1", "Like", p.uri);
	WANT(block_add(t, anna.id, board.id, xi.id, NULL, NULL) == OK);
	WANT(world_receive(t, &feature_reaction, &like) == ERR_FORBIDDEN
		&& count(t, p.id, REACTION_LIKE) == 0);
	WANT(block_remove(t, anna.id, board.id, xi.id, NULL) == OK);
	WANT(world_receive(t, &feature_reaction, &like) == OK
		&& world_last(t, ACT_LIKE).target == board.id);
	return OK;
}

IN_WRITE(likes_from_elsewhere)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor yo = world_remote(t, ACTOR_PERSON, "yo", "b.example");
	struct post p = written(t, (struct post_draft){.author = anna.id}),
		    q = written(t, (struct post_draft){.author = anna.id});
	struct activity like = world_activity(&xi, "https://a.example/l/1", "EmojiReact", p.uri);
	struct activity undo = world_activity(&yo, "https://b.example/u/1", "Undo", NULL);
	WANT(world_receive(t, &feature_reaction, &like) == OK
		&& count(t, p.id, REACTION_LIKE) == 1);
	WANT(text_is(world_last(t, ACT_LIKE).uri, "https://a.example/l/1")
		&& world_last(t, ACT_LIKE).raw.size > 0);
	struct activity stolen = world_activity(&yo, "https://a.example/l/1", "Like", q.uri);
	WANT(world_receive(t, &feature_reaction, &stolen) == ERR_CONFLICT
		&& count(t, q.id, REACTION_LIKE) == 0);
	undo.inner = &like;
	WANT(world_receive(t, &feature_reaction, &undo) == ERR_FORBIDDEN
		&& count(t, p.id, REACTION_LIKE) == 1);
	undo.inner = NULL;
	undo.object_id = like.id;
	WANT(world_receive(t, &feature_reaction, &undo) == ERR_FORBIDDEN); /* not yo's like */
	undo = world_activity(&xi, "https://a.example/u/1", "Undo", like.id);
	WANT(world_receive(t, &feature_reaction, &undo) == OK
		&& count(t, p.id, REACTION_LIKE) == 0);
	undo.object_id = "https://a.example/never";
	WANT(world_receive(t, &feature_reaction, &undo) == ERR_NOT_FOUND);
	like.object_id = "https://ex.org/p/1";
	WANT(world_receive(t, &feature_reaction, &like) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(what_a_group_announces)
{
	(void)arg;
	static const char *const to[] = {PUBLIC};
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example"),
		     other = world_remote(t, ACTOR_GROUP, "other", "b.example");
	struct object note = {.id = "https://a.example/1",
		.type = "Note",
		.attributed_to = xi.uri,
		.content = "Hi",
		.to = {to, 1}};
	struct post p, mine = written(t, (struct post_draft){.author = anna.id});
	struct u64s ids;
	WANT(post_create(t, &(struct post_draft){.author = xi.id, .remote = &note}, NULL, NULL, &p)
		== OK);
	struct activity announce = world_activity(
		&other, "https://b.example/a/0", "Announce", p.uri);
	WANT(world_receive(t, &feature_reaction, &announce) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.community == 0
		&& count(t, p.id, REACTION_BOOST)
			== 1); /* nobody here follows it: a boost like any */
	WANT(follow_start(t, anna.id, far.id, NULL) == OK
		&& follow_accept(t, far.id, anna.id, NULL) == OK);
	announce = world_activity(&far, "https://b.example/a/1", "Announce", p.uri);
	WANT(world_receive(t, &feature_reaction, &announce) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.community == 0 && post_of_community(t, far.id, 0, 10, &ids) == OK
		&& ids.count == 1); /* in its list; whose it is, its author says */
	WANT(world_receive(t, &feature_reaction, &announce) == OK
		&& count(t, p.id, REACTION_BOOST) == 1);
	/* What people here wrote goes into no group by its word. */
	announce = world_activity(&far, "https://b.example/a/2", "Announce", mine.uri);
	WANT(world_receive(t, &feature_reaction, &announce) == OK
		&& post_load(t, mine.id, &mine) == OK);
	WANT(mine.community == 0 && count(t, mine.id, REACTION_BOOST) == 1);
	return OK;
}

IN_WRITE(a_group_speaks_of_its_own_posts_only)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor evil = world_remote(t, ACTOR_GROUP, "evil", "c.example");
	struct post p = written(t, (struct post_draft){.author = anna.id});
	struct activity like = world_activity(&xi, "https://a.example/l/1", "Like", p.uri);
	like.via = evil.id;
	WANT(world_receive(t, &feature_reaction, &like) == ERR_FORBIDDEN
		&& count(t, p.id, REACTION_LIKE) == 0);
	like.via = 0;
	WANT(world_receive(t, &feature_reaction, &like) == OK);
	struct activity undo = world_activity(&xi, "https://c.example/u/1", "Undo", like.id);
	undo.inner = &like;
	undo.via = evil.id;
	WANT(world_receive(t, &feature_reaction, &undo) == ERR_FORBIDDEN
		&& count(t, p.id, REACTION_LIKE) == 1);
	return OK;
}

IN_WRITE(buttons)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct viewer me = {.actor = anna.id, .local = true};
	struct post p = written(t, (struct post_draft){.author = anna.id});
	const char *like = arena_format(txn_arena(t), "/p/%llu/like", (unsigned long long)p.id);
	const char *unlike = arena_format(txn_arena(t), "/p/%llu/unlike", (unsigned long long)p.id);
	struct call *call = world_call(&feature_reaction, METHOD_POST, like, &me, NULL);
	WANT(call->route->write(call, t) == OK && text_is(call->reply.location, post_path(t, &p)));
	WANT(count(t, p.id, REACTION_LIKE) == 1);
	for (int twice = 0; twice < 2; twice++) {
		call = world_call(&feature_reaction, METHOD_POST, unlike, &me, NULL);
		WANT(call->route->write(call, t) == OK && call->reply.status == 303);
	}
	WANT(count(t, p.id, REACTION_LIKE) == 0);
	call = world_call(&feature_reaction, METHOD_POST, "/p/99/unlike", &me, NULL);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_like_counts_once),
		WORLD_TEST(a_like_replaces_a_dislike),
		WORLD_TEST(only_what_one_may_read),
		WORLD_TEST(the_banned_do_not_count),
		WORLD_TEST(likes_from_elsewhere),
		WORLD_TEST(what_a_group_announces),
		WORLD_TEST(a_group_speaks_of_its_own_posts_only),
		WORLD_TEST(buttons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
