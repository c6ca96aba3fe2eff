/* circle.c: tests of who may read and act, and of where a post goes, for each visibility. */
#include "roll.h"
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
	struct post open = world_post(t, (struct post_draft){.author = anna.id});
	struct post quiet = world_post(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_UNLISTED});
	struct post close = world_post(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_FOLLOWERS});
	struct post direct = world_post(t,
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
	struct post p = world_post(t,
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
	struct post p = world_post(
		t, (struct post_draft){.author = anna.id, .community = board.id});
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
	struct post p = world_post(
		t, (struct post_draft){.author = anna.id, .community = board.id});
	WANT(circle_may_reply(t, bas.id, &p)); /* everyone answers */
	return OK;
}

IN_WRITE(moderators_see_what_they_hid)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct actor board = community(t, "board", anna.id);
	struct post p = world_post(t, (struct post_draft){.author = bas.id, .community = board.id});
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
	struct post p = world_post(t,
		(struct post_draft){
			.author = anna.id, .community = board.id, .source = "Look, @xi@a.example"});
	WANT(p.id && post_audience(t, &p, &a) == OK);
	WANT(a.open && IS(a.to, board.uri, PUBLIC) && IS(a.cc, anna.followers, xi.uri));
	WANT(a.actors.count == 1 && a.actors.at[0] == xi.id);
	WANT(a.followers_of.count == 1 && a.followers_of.at[0] == anna.id);
	p = world_post(t, (struct post_draft){.author = anna.id, .community = far.id});
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
	p = world_post(t, (struct post_draft){.author = bas.id, .parent = start.id});
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
	struct post p = world_post(t, draft);
	WANT(post_audience(t, &p, &a) == OK && a.open && IS(a.to, anna.followers)
		&& IS(a.cc, PUBLIC, xi.uri));
	draft.visibility = VISIBLE_FOLLOWERS;
	p = world_post(t, draft);
	WANT(post_audience(t, &p, &a) == OK && !a.open && IS(a.to, anna.followers)
		&& IS(a.cc, xi.uri));
	WANT(a.followers_of.count == 1);
	draft.community = board.id;
	p = world_post(t, draft);
	WANT(post_audience(t, &p, &a) == OK && IS(a.to, board.uri, board.followers)
		&& IS(a.cc, xi.uri));
	WANT(a.followers_of.count == 0); /* the community passes it on to its own */
	draft.visibility = VISIBLE_DIRECT;
	p = world_post(t, draft);
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
	mine = world_post(
		t, (struct post_draft){.author = bas.id, .visibility = VISIBLE_FOLLOWERS});
	WANT(mine.id && !circle_may_reply(t, yo.id, &mine));
	return OK;
}

/* ---- members and core team ---- */

static struct post for_circle(
	struct txn *t, uint64_t author, uint64_t community, enum circle read, enum circle act)
{
	struct circles circles = {read, act};
	return world_post(t,
		(struct post_draft){.author = author, .community = community, .circles = &circles});
}

static struct post answer_to(
	struct txn *t, uint64_t author, const struct post *parent, const struct circles *circles)
{
	return world_post(
		t, (struct post_draft){.author = author, .parent = parent->id, .circles = circles});
}

struct cast {
	struct actor chief, member, expert, guest, xi, board;
};

/* Who looks after the community, a member, one with a role in it, one with an account, one from elsewhere. */
static struct cast cast(struct txn *t)
{
	struct cast c = {.chief = world_person(t, "chief"),
		.member = world_person(t, "lid"),
		.expert = world_person(t, "expert"),
		.guest = world_person(t, "gast"),
		.xi = world_remote(t, ACTOR_PERSON, "xi", "a.example")};
	c.board = community(t, "board", c.chief.id);
	world_member(&c.member, 0, 0, 0);
	world_member(&c.expert, c.board.id, ROLE_EXPERT, 0);
	if (follow_start(t, c.guest.id, c.board.id, NULL) != OK
		|| follow_start(t, c.xi.id, c.board.id, NULL) != OK)
		die("nobody follows");
	return c;
}

IN_WRITE(a_follower_is_no_member)
{
	(void)arg;
	struct cast c = cast(t);
	struct post p = for_circle(t, c.member.id, c.board.id, CIRCLE_MEMBERS, CIRCLE_MEMBERS);
	WANT(p.id != 0 && p.visibility == VISIBLE_FOLLOWERS);
	WANT(reads(t, c.member.id, &p) && reads(t, c.expert.id, &p) && reads(t, c.chief.id, &p));
	WANT(!reads(t, 0, &p) && !reads(t, c.guest.id, &p) && !reads(t, c.xi.id, &p));
	WANT(circle_may_reply(t, c.expert.id, &p) && !circle_may_reply(t, c.guest.id, &p)
		&& !circle_may_reply(t, c.xi.id, &p));
	WANT(reaction_add(t, c.expert.id, p.id, REACTION_LIKE, NULL) == OK
		&& reaction_add(t, c.guest.id, p.id, REACTION_LIKE, NULL) == ERR_NOT_FOUND
		&& reaction_add(t, c.expert.id, p.id, REACTION_BOOST, NULL) == ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(to_be_named_lets_nobody_in)
{
	(void)arg;
	struct cast c = cast(t);
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	struct post p = world_post(t,
		(struct post_draft){.author = c.member.id,
			.community = c.board.id,
			.circles = &members,
			.source = "Hello @gast and @xi@a.example"});
	struct audience going;
	WANT(p.mentions.count == 2 && !reads(t, c.guest.id, &p) && !reads(t, c.xi.id, &p));
	WANT(post_audience(t, &p, &going) == OK && going.to.count == 0 && going.cc.count == 0
		&& going.actors.count == 0 && going.followers_of.count == 0 && !going.open);
	return OK;
}

IN_WRITE(a_core_team_is_who_looks_after_it)
{
	(void)arg;
	struct cast c = cast(t);
	struct actor chair = world_person(t, "chair"), manager = world_person(t, "manager");
	world_member(&chair, 0, 0, ROLE_BOARD);
	world_member(&manager, c.board.id, ROLE_MANAGER, ROLE_TREASURER);
	struct post p = for_circle(t, c.chief.id, c.board.id, CIRCLE_CORE, CIRCLE_CORE);
	WANT(reads(t, c.chief.id, &p) && reads(t, chair.id, &p) && reads(t, manager.id, &p));
	WANT(!reads(t, c.member.id, &p) && !reads(t, c.expert.id, &p) && !reads(t, c.guest.id, &p));
	WANT(circle_of(t, manager.id, 0) == CIRCLE_MEMBERS
		&& circle_of(t, chair.id, 0) == CIRCLE_CORE);
	WANT(circle_count(t, c.board.id, CIRCLE_CORE) == 3
		&& circle_count(t, c.board.id, CIRCLE_MEMBERS) == 4);
	return OK;
}

IN_WRITE(a_community_may_have_members_of_its_own)
{
	(void)arg;
	struct cast c = cast(t);
	c.board.own_members = true;
	WANT(actor_save(t, &c.board) == OK);
	struct post p = for_circle(t, c.expert.id, c.board.id, CIRCLE_MEMBERS, CIRCLE_MEMBERS);
	WANT(reads(t, c.expert.id, &p) && !reads(t, c.member.id, &p));
	WANT(circle_count(t, c.board.id, CIRCLE_MEMBERS) == 1);
	return OK;
}

IN_WRITE(a_community_says_what_goes_without_saying)
{
	(void)arg;
	struct cast c = cast(t);
	c.board.circles = (struct circles){CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	WANT(actor_save(t, &c.board) == OK);
	struct post p = world_post(
		t, (struct post_draft){.author = c.member.id, .community = c.board.id});
	WANT(p.circles.read == CIRCLE_MEMBERS && !reads(t, c.guest.id, &p));
	WANT(circle_may_post(t, c.member.id, &c.board) && !circle_may_post(t, c.guest.id, &c.board)
		&& !circle_may_post(t, c.xi.id, &c.board));
	struct post open = for_circle(t, c.member.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_EVERYONE);
	WANT(open.visibility == VISIBLE_PUBLIC && reads(t, 0, &open));
	return OK;
}

static int64_t tally(struct txn *t, const struct post *p, uint32_t kind)
{
	int64_t n = -1;
	return post_tally(t, p->id, kind, &n) == OK ? n : -1;
}

IN_WRITE(an_answer_is_never_for_more_than_what_it_answers)
{
	(void)arg;
	struct cast c = cast(t);
	struct circles all = {CIRCLE_EVERYONE, CIRCLE_EVERYONE}, core = {CIRCLE_CORE, CIRCLE_CORE};
	struct post p = for_circle(t, c.member.id, c.board.id, CIRCLE_MEMBERS, CIRCLE_MEMBERS);
	struct post a = answer_to(t, c.expert.id, &p, &all),
		    b = answer_to(t, c.chief.id, &a, &core);
	WANT(a.circles.read == CIRCLE_MEMBERS && a.visibility == VISIBLE_FOLLOWERS);
	WANT(b.circles.read == CIRCLE_CORE && !reads(t, c.member.id, &b));
	WANT(tally(t, &p, TALLY_REPLIES) == 0 && tally(t, &p, TALLY_REPLIES_MEMBERS) == 1
		&& tally(t, &p, TALLY_REPLIES_CORE) == 1);
	struct post_draft direct = {.author = c.member.id,
		.parent = p.id,
		.source = "Psst @gast",
		.visibility = VISIBLE_DIRECT};
	struct refusal why;
	struct post q;
	WANT(post_create(t, &direct, NULL, &why, &q) == ERR_INVALID);
	return OK;
}

IN_WRITE(everyone_may_read_and_members_answer)
{
	(void)arg;
	struct cast c = cast(t);
	struct post p = for_circle(t, c.member.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_MEMBERS);
	WANT(p.visibility == VISIBLE_PUBLIC && reads(t, 0, &p) && reads(t, c.xi.id, &p));
	WANT(circle_may_reply(t, c.member.id, &p) && !circle_may_reply(t, c.guest.id, &p)
		&& !circle_may_reply(t, c.xi.id, &p) && !circle_may_act(t, c.xi.id, &p));
	struct circles all = {CIRCLE_EVERYONE, CIRCLE_EVERYONE};
	struct post among = answer_to(t, c.expert.id, &p, NULL),
		    aloud = answer_to(t, c.expert.id, &p, &all);
	WANT(among.circles.read == CIRCLE_MEMBERS && !reads(t, 0, &among));
	WANT(aloud.circles.read == CIRCLE_EVERYONE && aloud.circles.act == CIRCLE_MEMBERS
		&& reads(t, 0, &aloud));
	WANT(tally(t, &p, TALLY_REPLIES) == 1 && tally(t, &p, TALLY_REPLIES_MEMBERS) == 1);
	return OK;
}

IN_WRITE(what_is_narrowed_takes_its_answers_along)
{
	(void)arg;
	struct cast c = cast(t);
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS},
		       all = {CIRCLE_EVERYONE, CIRCLE_EVERYONE};
	struct post p = for_circle(t, c.member.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_EVERYONE);
	struct post a = answer_to(t, c.guest.id, &p, NULL), b = answer_to(t, c.expert.id, &a, NULL);
	WANT(post_pin_at(t, c.member.id, c.member.id, p.id, true, NULL) == OK);
	WANT(tally(t, &p, TALLY_REPLIES) == 2 && reads(t, 0, &b));
	struct post_draft edit = {.author = c.member.id, .source = "Hello", .circles = &members};
	WANT(post_edit(t, c.member.id, p.id, &edit, NULL, NULL) == OK);
	WANT(post_load(t, p.id, &p) == OK && post_load(t, a.id, &a) == OK
		&& post_load(t, b.id, &b) == OK);
	WANT(!reads(t, 0, &p) && !reads(t, 0, &a) && !reads(t, 0, &b) && !reads(t, c.xi.id, &b));
	WANT(reads(t, c.guest.id, &a)
		&& !reads(t, c.guest.id, &b)); /* one's own words stay one's own */
	WANT(tally(t, &p, TALLY_REPLIES) == 0 && tally(t, &p, TALLY_REPLIES_MEMBERS) == 2
		&& tally(t, &a, TALLY_REPLIES_MEMBERS) == 1);
	WANT(world_lines(t, ACT_NARROW) == 3 && world_lines(t, ACT_UPDATE) == 0);
	struct u64s pinned;
	WANT(post_pinned(t, c.member.id, 5, &pinned) == OK && pinned.count == 0);
	edit.circles = &all;
	WANT(post_edit(t, c.member.id, p.id, &edit, NULL, NULL) == OK
		&& post_load(t, p.id, &p) == OK && post_load(t, a.id, &a) == OK);
	WANT(reads(t, 0, &p) && !reads(t, 0, &a) && world_last(t, ACT_WIDEN).object == p.id);
	/* Nor do the earlier words of members become everyone's. */
	struct place kept = place_2(TABLE_HISTORY, p.id, (uint64_t)NOW);
	struct revision earlier;
	edit.circles = &members;
	edit.source = "Among us";
	WANT(post_edit(t, c.member.id, p.id, &edit, NULL, NULL) == OK
		&& txn_load(t, &kept, &revision_shape, &earlier) == OK);
	edit.circles = &all;
	edit.source = "Aloud";
	WANT(post_edit(t, c.member.id, p.id, &edit, NULL, NULL) == OK
		&& txn_load(t, &kept, &revision_shape, &earlier) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(who_may_answer_is_said_by_the_first_post)
{
	(void)arg;
	struct cast c = cast(t);
	struct circles members = {CIRCLE_EVERYONE, CIRCLE_MEMBERS};
	struct post p = for_circle(t, c.member.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_EVERYONE);
	struct post a = answer_to(t, c.expert.id, &p, NULL);
	WANT(circle_may_reply(t, c.guest.id, &a) && circle_may_reply(t, c.xi.id, &a));
	struct post_draft edit = {.author = c.member.id, .source = "Hello", .circles = &members};
	WANT(post_edit(t, c.member.id, p.id, &edit, NULL, NULL) == OK
		&& post_load(t, a.id, &a) == OK);
	WANT(!circle_may_reply(t, c.guest.id, &a) && !circle_may_reply(t, c.xi.id, &a));
	WANT(circle_may_reply(t, c.expert.id, &a) && circle_may_act(t, c.xi.id, &a));
	return OK;
}

IN_WRITE(a_number_says_who_may_read)
{
	(void)arg;
	struct cast c = cast(t);
	struct viewer nobody = {0}, guest = {.actor = c.guest.id, .local = true},
		      member = {.actor = c.member.id, .local = true},
		      chief = {.actor = c.chief.id, .local = true};
	struct post open = for_circle(t, c.chief.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_EVERYONE),
		    members = for_circle(t, c.chief.id, c.board.id, CIRCLE_MEMBERS, CIRCLE_MEMBERS),
		    core = for_circle(t, c.chief.id, c.board.id, CIRCLE_CORE, CIRCLE_CORE);
	struct post close = world_post(
		t, (struct post_draft){.author = c.chief.id, .visibility = VISIBLE_FOLLOWERS});
	struct u64s n;
	WANT(circle_number(&open) == 0 && circle_number(&close) == CIRCLE_ASK);
	WANT(circle_numbers(t, &nobody, &n) == OK && n.count == 1 && n.at[0] == 0);
	WANT(circle_numbers(t, &guest, &n) == OK && n.count == 1);
	WANT(circle_numbers(t, &member, &n) == OK && has(&n, circle_number(&members))
		&& !has(&n, circle_number(&core)));
	WANT(circle_numbers(t, &chief, &n) == OK && has(&n, circle_number(&core))
		&& !has(&n, CIRCLE_ASK));
	return OK;
}

/* ---- pages ---- */

IN_WRITE(a_visitor_is_told_how_many_and_no_more)
{
	(void)arg;
	struct cast c = cast(t);
	struct viewer member = {.actor = c.member.id, .local = true}, nobody = {0};
	const char *const as_visitor[] = {"as=visitor", NULL};
	const struct node *page;
	struct post p = for_circle(t, c.member.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_MEMBERS);
	struct post a = answer_to(t, c.expert.id, &p, NULL);
	const char *at = post_path(t, &p), *hidden = post_path(t, &a);
	struct call *call = world_call(&feature_post, METHOD_GET, at, &nobody, NULL);
	WANT(a.id != 0 && world_read(call, t, &page) == OK);
	WANT(world_number(page, "members_replies") == 1 && world_number(page, "reply_count") == 0
		&& world_count(page, "replies") == 0 && world_number(page, "members_answer") == 1);
	call = world_call(&feature_post, METHOD_GET, at, &member, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "members_replies") == 0
		&& world_number(page, "reply_count") == 1 && world_count(page, "replies") == 1);
	WANT(world_count(page, "circles.reads") == 2
		&& world_number(page, "circles.reads.1.chosen") == 1
		&& world_number(page, "circles.reads.1.heads") == 2);
	call = world_call(&feature_post, METHOD_GET, at, &member, as_visitor);
	WANT(world_read(call, t, &page) == OK && world_number(page, "as_visitor") == 1
		&& world_count(page, "replies") == 0 && world_number(page, "members_replies") == 1);
	WANT(call->viewer.actor == c.member.id);
	call = world_call(&feature_post, METHOD_GET, hidden, &nobody, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	call = world_call(&feature_post, METHOD_GET, hidden, &member, as_visitor);
	WANT(world_read(call, t, &page) == OK && world_number(page, "unseen") == 1
		&& world_node(page, "start") == NULL);
	return OK;
}

/* What is hidden and what never was answer the same: to a form, and to another node. */
IN_WRITE(what_is_hidden_is_answered_like_what_never_was)
{
	(void)arg;
	struct cast c = cast(t);
	struct viewer guest = {.actor = c.guest.id, .local = true};
	struct circles core = {CIRCLE_CORE, CIRCLE_CORE};
	struct post p = for_circle(t, c.chief.id, c.board.id, CIRCLE_EVERYONE, CIRCLE_EVERYONE);
	struct post hidden = answer_to(t, c.chief.id, &p, &core), got;
	char id[ID_TEXT];
	const char *const to[] = {
		arena_format(txn_arena(t), "answer=%s", id_text(hidden.id, id)), "answer=12345"};
	const char *const uris[] = {hidden.uri, "https://ex.org/p/12345"};
	const char *const said[] = {WORLD_PUBLIC, c.board.uri};
	const struct node *page;
	for (size_t i = 0; i < COUNT(to); i++) {
		struct call *call = world_call(&feature_post, METHOD_GET, post_path(t, &p), &guest,
			(const char *const[]){to[i], NULL});
		WANT(world_read(call, t, &page) == OK && world_number(page, "may_reply") == 1
			&& text_is(world_text(page, "reply_to"), id_text(p.id, id)));
		struct object o = world_note(&c.xi,
			arena_format(txn_arena(t), "https://a.example/%zu", i), said, COUNT(said));
		o.in_reply_to = uris[i];
		WANT(world_take(t, &c.xi, &o, &got) == ERR_FORBIDDEN);
	}
	return OK;
}

IN_WRITE(a_circle_is_chosen_among_ones_own)
{
	(void)arg;
	struct cast c = cast(t);
	struct viewer member = {.actor = c.member.id, .local = true};
	const char *const for_members[] = {"text=Dag", "reads=members", "acts=members", NULL};
	const char *const for_core[] = {"text=Dag", "reads=core", NULL};
	const struct node *page;
	struct u64s ids;
	struct post p;
	struct call *call = world_call(&feature_post, METHOD_GET, "/c/board/new", &member, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "circles.reads") == 2
		&& world_number(page, "circles.reads.0.chosen") == 1);
	call = world_call(&feature_post, METHOD_POST, "/c/board/new", &member, for_core);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "reads"));
	call = world_call(&feature_post, METHOD_POST, "/c/board/new", &member, for_members);
	WANT(call->route->write(call, t) == OK);
	WANT(post_of_author(t, c.member.id, 0, 1, &ids) == OK && ids.count == 1
		&& post_load(t, ids.at[0], &p) == OK && p.circles.read == CIRCLE_MEMBERS
		&& p.circles.act == CIRCLE_MEMBERS);
	return OK;
}

IN_WRITE(who_moderates_sets_a_community_up)
{
	(void)arg;
	struct cast c = cast(t);
	struct viewer chief = {.actor = c.chief.id, .local = true},
		      member = {.actor = c.member.id, .local = true};
	const char *const said[] = {"reads=members", "acts=core", "own_members=true", NULL};
	const struct node *page;
	struct actor a;
	struct call *call = world_call(
		&feature_setup, METHOD_GET, "/@board/settings", &member, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	call = world_call(&feature_setup, METHOD_POST, "/@board/settings", &member, said);
	WANT(call->route->write(call, t) == ERR_FORBIDDEN);
	call = world_call(&feature_setup, METHOD_GET, "/@board/settings", &chief, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "setup.circles.reads") == 3);
	call = world_call(&feature_setup, METHOD_POST, "/@board/settings", &chief, said);
	WANT(call->route->write(call, t) == OK && actor_load(t, c.board.id, &a) == OK);
	WANT(text_is(a.title, "board") && a.circles.read == CIRCLE_MEMBERS
		&& a.circles.act == CIRCLE_CORE && a.own_members && !a.restricted);
	WANT(world_last(t, ACT_UPDATE_ACTOR).object == c.board.id);
	/* Its own members stay the only ones once something was written for them. */
	static const char *const opened[] = {"reads=members", "acts=core", NULL};
	call = world_call(&feature_setup, METHOD_POST, "/@board/settings", &chief, opened);
	WANT(call->route->write(call, t) == OK && actor_load(t, c.board.id, &a) == OK
		&& !a.own_members);
	call = world_call(&feature_setup, METHOD_POST, "/@board/settings", &chief, said);
	WANT(call->route->write(call, t) == OK);
	(void)for_circle(t, c.chief.id, c.board.id, CIRCLE_MEMBERS, CIRCLE_MEMBERS);
	call = world_call(&feature_setup, METHOD_POST, "/@board/settings", &chief, opened);
	WANT(call->route->write(call, t) == ERR_INVALID
		&& text_is(call->refusal.field, "own_members"));
	WANT(actor_load(t, c.board.id, &a) == OK && a.own_members);
	call = world_call(&feature_setup, METHOD_GET, "/@board/settings", &chief, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "setup.members_stay") == 1);
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
		WORLD_TEST(a_follower_is_no_member),
		WORLD_TEST(to_be_named_lets_nobody_in),
		WORLD_TEST(a_core_team_is_who_looks_after_it),
		WORLD_TEST(a_community_may_have_members_of_its_own),
		WORLD_TEST(a_community_says_what_goes_without_saying),
		WORLD_TEST(an_answer_is_never_for_more_than_what_it_answers),
		WORLD_TEST(everyone_may_read_and_members_answer),
		WORLD_TEST(what_is_narrowed_takes_its_answers_along),
		WORLD_TEST(who_may_answer_is_said_by_the_first_post),
		WORLD_TEST(a_number_says_who_may_read),
		WORLD_TEST(a_visitor_is_told_how_many_and_no_more),
		WORLD_TEST(what_is_hidden_is_answered_like_what_never_was),
		WORLD_TEST(a_circle_is_chosen_among_ones_own),
		WORLD_TEST(who_moderates_sets_a_community_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
