/* circle.c: tests of who may read and act, and of where a post goes, for each visibility. */
#include "world.h"

#include <string.h>

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

static struct actor with_followers(struct txn *t, struct actor a)
{
	a.followers = arena_format(txn_arena(t), "%s/followers", a.uri);
	return actor_save(t, &a) == OK ? a : (struct actor){0};
}

static struct actor community(struct txn *t, const char *name, uint64_t founder)
{
	struct community_draft draft = {.name = name, .title = name, .founder = founder};
	struct actor a = {0};
	return community_create(t, &draft, NULL, &a) == OK ? a : (struct actor){0};
}

static struct post written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	struct refusal why = {0};
	if (draft.source == NULL)
		draft.source = "Hello";
	return post_create(t, &draft, NULL, &why, &p) == OK ? p : (struct post){0};
}

static bool reads(struct txn *t, uint64_t who, const struct post *p)
{
	struct viewer viewer = {.actor = who, .local = who != 0};
	return circle_may_read(t, &viewer, p);
}

static bool is_list(const struct names *names, const char *const *want, size_t count)
{
	for (size_t i = 0; i < names->count && i < count; i++)
		if (!text_is(names->at[i], want[i]))
			return false;
	return names->count == count;
}
#define IS(names, ...)                                                                             \
	is_list(&(names), (const char *const[]){__VA_ARGS__},                                      \
		COUNT(((const char *const[]){__VA_ARGS__})))

static bool has(const struct u64s *ids, uint64_t id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->at[i] == id)
			return true;
	return false;
}

IN_WRITE(reads_by_visibility)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	WANT(follow_start(t, bas.id, anna.id, NULL) == OK);
	struct post open = written(t, (struct post_draft){.author = anna.id});
	struct post quiet = written(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_UNLISTED});
	struct post close = written(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_FOLLOWERS});
	struct post direct = written(t,
		(struct post_draft){
			.author = anna.id, .visibility = VISIBLE_DIRECT, .source = "Hello @cas"});
	WANT(open.id && quiet.id && close.id && direct.id);
	WANT(reads(t, 0, &open) && reads(t, 0, &quiet) && !reads(t, 0, &close)
		&& !reads(t, 0, &direct));
	WANT(reads(t, anna.id, &close) && reads(t, anna.id, &direct));
	WANT(reads(t, bas.id, &close) && !reads(t, bas.id, &direct));
	WANT(!reads(t, cas.id, &close));
	WANT(direct.mentions.count == 1 && direct.mentions.at[0] == cas.id
		&& reads(t, cas.id, &direct));
	WANT(follow_end(t, bas.id, anna.id, NULL) == OK && !reads(t, bas.id, &close));
	return OK;
}

IN_WRITE(a_community_is_the_circle_of_its_posts)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct actor board = community(t, "board", anna.id);
	WANT(follow_start(t, bas.id, board.id, NULL) == OK
		&& follow_start(t, cas.id, anna.id, NULL) == OK);
	struct post p = written(t,
		(struct post_draft){
			.author = anna.id, .community = board.id, .visibility = VISIBLE_FOLLOWERS});
	WANT(p.id && reads(t, bas.id, &p) && !reads(t, cas.id, &p) && !reads(t, 0, &p));
	return OK;
}

IN_WRITE(blocks_and_bans_close_the_door)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor board = community(t, "board", anna.id);
	struct post p = written(t, (struct post_draft){.author = anna.id, .community = board.id});
	WANT(p.id && circle_may_reply(t, bas.id, &p) && circle_may_reply(t, xi.id, &p));
	WANT(circle_may_post(t, xi.id, &board));
	WANT(block_add(t, anna.id, board.id, xi.id, NULL, NULL) == OK);
	WANT(!circle_may_post(t, xi.id, &board) && !circle_may_reply(t, xi.id, &p));
	WANT(block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(!reads(t, bas.id, &p) && !circle_may_reply(t, bas.id, &p) && reads(t, 0, &p));
	return OK;
}

IN_WRITE(a_restricted_community_is_started_by_moderators)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example");
	struct actor board = community(t, "board", anna.id);
	board.restricted = far.restricted = true;
	WANT(actor_save(t, &board) == OK && actor_save(t, &far) == OK);
	WANT(circle_may_post(t, anna.id, &board) && !circle_may_post(t, bas.id, &board));
	WANT(!circle_may_post(t, xi.id, &board));
	/* What another node's group lets its people do is not for us to say; what ours do there is. */
	WANT(circle_may_post(t, xi.id, &far) && !circle_may_post(t, anna.id, &far));
	struct post p = written(t, (struct post_draft){.author = anna.id, .community = board.id});
	WANT(circle_may_reply(t, bas.id, &p)); /* everyone answers */
	return OK;
}

IN_WRITE(moderators_see_what_they_hid)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct actor board = community(t, "board", anna.id);
	struct post p = written(t, (struct post_draft){.author = bas.id, .community = board.id});
	WANT(!circle_may_moderate(t, cas.id, &p) && circle_may_moderate(t, anna.id, &p));
	WANT(post_remove(t, cas.id, p.id, NULL, NULL) == ERR_FORBIDDEN);
	WANT(post_remove(t, anna.id, p.id, "Off topic", NULL) == OK
		&& post_load(t, p.id, &p) == OK);
	WANT(!reads(t, 0, &p) && !reads(t, cas.id, &p) && reads(t, bas.id, &p)
		&& reads(t, anna.id, &p));
	WANT(!circle_may_reply(t, anna.id, &p));
	return OK;
}

IN_WRITE(suspended_authors_are_not_read)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     anna = world_person(t, "anna");
	struct object note = {.id = "https://a.example/1",
		.type = "Note",
		.attributed_to = xi.uri,
		.content = "Hi",
		.to = {(const char *const[]){PUBLIC}, 1}};
	struct post p;
	WANT(post_create(t, &(struct post_draft){.author = xi.id, .remote = &note}, NULL, NULL, &p)
		== OK);
	WANT(reads(t, anna.id, &p));
	xi.suspended = true;
	WANT(actor_save(t, &xi) == OK && !reads(t, anna.id, &p) && !circle_may_reply(t, xi.id, &p));
	return OK;
}

/* ---- where it goes --------------------------------------------------------------------------- */

IN_WRITE(public_posts_of_a_community)
{
	(void)arg;
	struct audience a;
	struct actor anna = world_person(t, "anna");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor board = community(t, "board", anna.id),
		     far = world_remote(t, ACTOR_GROUP, "far", "b.example");
	struct post p = written(t,
		(struct post_draft){
			.author = anna.id, .community = board.id, .source = "Look, @xi@a.example"});
	WANT(p.id && post_audience(t, &p, &a) == OK);
	WANT(a.open && IS(a.to, board.uri, PUBLIC) && IS(a.cc, anna.followers, xi.uri));
	WANT(a.actors.count == 1 && a.actors.at[0] == xi.id);
	WANT(a.followers_of.count == 1 && a.followers_of.at[0] == anna.id);
	p = written(t, (struct post_draft){.author = anna.id, .community = far.id});
	WANT(p.id && post_audience(t, &p, &a) == OK && IS(a.to, far.uri, PUBLIC));
	WANT(a.actors.count == 1
		&& a.actors.at[0] == far.id); /* a group elsewhere takes it in itself */
	return OK;
}

IN_WRITE(replies_reach_whom_they_answer)
{
	(void)arg;
	struct audience a;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor board = community(t, "board", anna.id);
	struct object note = {.id = "https://a.example/1",
		.type = "Note",
		.attributed_to = xi.uri,
		.content = "Hi",
		.to = {(const char *const[]){PUBLIC, board.uri}, 2}};
	struct post start, p;
	WANT(post_create(
		     t, &(struct post_draft){.author = xi.id, .remote = &note}, NULL, NULL, &start)
		== OK);
	p = written(t, (struct post_draft){.author = bas.id, .parent = start.id});
	WANT(p.community == board.id && post_audience(t, &p, &a) == OK);
	WANT(IS(a.to, board.uri, PUBLIC) && IS(a.cc, bas.followers, xi.uri)
		&& has(&a.actors, xi.id));
	return OK;
}

IN_WRITE(narrower_circles)
{
	(void)arg;
	struct audience a;
	struct actor anna = world_person(t, "anna");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor board = community(t, "board", anna.id);
	struct post_draft draft = {
		.author = anna.id, .visibility = VISIBLE_UNLISTED, .source = "@xi@a.example"};
	struct post p = written(t, draft);
	WANT(post_audience(t, &p, &a) == OK && a.open && IS(a.to, anna.followers)
		&& IS(a.cc, PUBLIC, xi.uri));
	draft.visibility = VISIBLE_FOLLOWERS;
	p = written(t, draft);
	WANT(post_audience(t, &p, &a) == OK && !a.open && IS(a.to, anna.followers)
		&& IS(a.cc, xi.uri));
	WANT(a.followers_of.count == 1);
	draft.community = board.id;
	p = written(t, draft);
	WANT(post_audience(t, &p, &a) == OK && IS(a.to, board.uri, board.followers)
		&& IS(a.cc, xi.uri));
	WANT(a.followers_of.count == 0); /* the community passes it on to its own */
	draft.visibility = VISIBLE_DIRECT;
	p = written(t, draft);
	WANT(p.community == 0 && post_audience(t, &p, &a) == OK && IS(a.to, xi.uri)
		&& a.cc.count == 0);
	WANT(a.followers_of.count == 0 && a.actors.count == 1);
	return OK;
}

IN_WRITE(remote_addresses_decide)
{
	(void)arg;
	struct actor xi = with_followers(t, world_remote(t, ACTOR_PERSON, "xi", "a.example"));
	struct actor anna = world_person(t, "anna"), board = community(t, "board", 0);
	static const struct {
		const char *to, *cc;
		uint32_t visibility;
		bool in_board;
	} cases[] = {
		{PUBLIC, "https://ex.org/c/board", VISIBLE_PUBLIC, true},
		{"as:Public", "https://ex.org/c/board", VISIBLE_PUBLIC, true},
		{"https://ex.org/c/board", "Public", VISIBLE_UNLISTED, true},
		{"https://a.example/users/xi/followers", "https://ex.org/c/board",
			VISIBLE_FOLLOWERS, false},
		{"https://ex.org/c/board", "https://ex.org/c/board/followers", VISIBLE_FOLLOWERS,
			true},
		{"https://ex.org/c/board", "https://ex.org/u/anna", VISIBLE_DIRECT, false},
		{"https://nowhere.example/x", "https://nowhere.example/y", VISIBLE_DIRECT, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct post p;
		struct object note = {.id = arena_format(txn_arena(t), "https://a.example/%zu", i),
			.type = "Note",
			.attributed_to = xi.uri,
			.content = "Hi",
			.to = {&cases[i].to, 1},
			.cc = {&cases[i].cc, 1}};
		WANT(post_create(t, &(struct post_draft){.author = xi.id, .remote = &note}, NULL,
			     NULL, &p)
			== OK);
		WANT(p.visibility == cases[i].visibility);
		WANT((p.community == board.id) == cases[i].in_board);
		WANT(reads(t, 0, &p) == (cases[i].visibility <= VISIBLE_UNLISTED));
	}
	WANT(anna.id != 0);
	return OK;
}

IN_WRITE(other_nodes_guard_their_own)
{
	(void)arg;
	struct actor xi = with_followers(t, world_remote(t, ACTOR_PERSON, "xi", "a.example"));
	struct actor yo = world_remote(t, ACTOR_PERSON, "yo", "b.example");
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct object note = {.id = "https://a.example/1",
		.type = "Note",
		.attributed_to = xi.uri,
		.content = "Hi",
		.to = {&xi.followers, 1}};
	struct post p, mine;
	WANT(post_create(t, &(struct post_draft){.author = xi.id, .remote = &note}, NULL, NULL, &p)
		== OK);
	WANT(p.visibility == VISIBLE_FOLLOWERS);
	WANT(circle_may_reply(t, yo.id, &p) && !circle_may_reply(t, anna.id, &p));
	mine = written(t, (struct post_draft){.author = bas.id, .visibility = VISIBLE_FOLLOWERS});
	WANT(mine.id && !circle_may_reply(t, yo.id, &mine));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(reads_by_visibility),
		WORLD_TEST(a_community_is_the_circle_of_its_posts),
		WORLD_TEST(blocks_and_bans_close_the_door),
		WORLD_TEST(a_restricted_community_is_started_by_moderators),
		WORLD_TEST(moderators_see_what_they_hid),
		WORLD_TEST(suspended_authors_are_not_read),
		WORLD_TEST(public_posts_of_a_community),
		WORLD_TEST(replies_reach_whom_they_answer),
		WORLD_TEST(narrower_circles),
		WORLD_TEST(remote_addresses_decide),
		WORLD_TEST(other_nodes_guard_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
