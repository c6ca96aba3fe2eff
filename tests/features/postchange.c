/* postchange.c: tests of posts that change, close, are pinned, and go. */
#include "world.h"

#include <string.h>

/* ---- changing, going ------------------------------------------------------------------------- */

IN_WRITE(an_edit_keeps_what_was)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = world_post(t, (struct post_draft){.author = anna.id, .source = "First"});
	struct post_draft d = {.author = anna.id, .source = "Second"};
	struct u64s kept;
	struct revision r;
	WANT(post_edit(t, bas.id, p.id, &d, NULL, NULL) == ERR_FORBIDDEN);
	WANT(post_edit(t, anna.id, p.id, &d, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(strstr(p.content, "Second") && p.updated > p.published && p.kind == POST_NOTE);
	WANT(world_lines(t, ACT_UPDATE) == 1);
	WANT(post_edit(t, anna.id, p.id, &d, NULL, NULL) == OK
		&& world_lines(t, ACT_UPDATE) == 1); /* nothing new */
	WANT(post_ids(t, TABLE_HISTORY, p.id, 0, false, 10, &kept) == OK && kept.count == 1);
	struct place place = place_2(TABLE_HISTORY, p.id, kept.at[0]);
	WANT(txn_load(t, &place, &revision_shape, &r) == OK && strstr(r.content, "First")
		&& r.at == NOW);
	for (int i = 0; i < 60; i++) {
		d.source = arena_format(txn_arena(t), "Version %d", i);
		WANT(post_edit(t, anna.id, p.id, &d, NULL, NULL) == OK);
	}
	WANT(post_ids(t, TABLE_HISTORY, p.id, 0, false, 100, &kept) == OK && kept.count == 50);
	return OK;
}

IN_WRITE(no_edit_gets_round_a_moderator)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor board = world_community(t, "board", &anna);
	struct post_draft draft = {.author = bas.id, .community = board.id, .source = "First"};
	struct post hidden = world_post(t, draft), p = world_post(t, draft);
	draft.source = "Second";
	WANT(post_remove(t, anna.id, hidden.id, NULL, NULL) == OK);
	WANT(post_edit(t, bas.id, hidden.id, &draft, NULL, NULL) == ERR_FORBIDDEN);
	WANT(post_edit(t, bas.id, p.id, &draft, NULL, NULL) == OK);
	draft.source = "Third";
	WANT(block_add(t, anna.id, board.id, bas.id, NULL, NULL) == OK);
	WANT(post_edit(t, bas.id, p.id, &draft, NULL, NULL) == ERR_FORBIDDEN);
	WANT(post_remove(t, bas.id, p.id, NULL, NULL)
		== OK); /* what is theirs they may take away */
	return OK;
}

IN_WRITE(only_the_author_edits_from_elsewhere)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "a.example");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct post p;
	struct activity update = world_activity(&yo, "https://a.example/u/1", "Update", o.id);
	WANT(world_take(t, &xi, &o, &p) == OK);
	o.content = "<p>Changed</p>";
	update.object = &o;
	WANT(world_receive(t, &feature_post, &update) == ERR_FORBIDDEN);
	o.attributed_to = yo.uri;
	WANT(world_receive(t, &feature_post, &update) == ERR_FORBIDDEN);
	o.attributed_to = xi.uri;
	update = world_activity(&xi, "https://a.example/u/2", "Update", o.id);
	update.object = &o;
	WANT(world_receive(t, &feature_post, &update) == OK && post_load(t, p.id, &p) == OK);
	WANT(text_is(p.content, "<p>Changed</p>") && p.updated > 0
		&& p.visibility == VISIBLE_PUBLIC);
	WANT(world_last(t, ACT_UPDATE).raw.size > 0);
	o.to.count = 0;
	o.content = "<p>Closed</p>";
	WANT(world_receive(t, &feature_post, &update) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.visibility == VISIBLE_DIRECT);
	o.to.count = 1;
	o.content = "<p>Open</p>";
	WANT(world_receive(t, &feature_post, &update) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.visibility == VISIBLE_DIRECT); /* never wider */
	return OK;
}

/* It is late that both come, and the author's clock says which is the newer. */
IN_WRITE(edits_come_late_and_in_any_order)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct post_draft edit = {.author = xi.id, .remote = &o};
	struct post p;
	struct u64s kept;
	o.published = NOW - DAY;
	WANT(world_take(t, &xi, &o, &p) == OK);
	o.content = "<p>First</p>";
	o.updated = NOW - HOUR;
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == OK);
	o.content = "<p>Second</p>";
	o.updated = NOW - MINUTE;
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(text_is(p.content, "<p>Second</p>") && p.updated == NOW - MINUTE);
	/* Mastodon says whole seconds: another of the same one. */
	o.content = "<p>Third</p>";
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(text_is(p.content, "<p>Third</p>") && p.updated == NOW - MINUTE);
	o.content = "<p>Fourth</p>";
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == OK);
	WANT(post_ids(t, TABLE_HISTORY, p.id, 0, false, 10, &kept) == OK && kept.count == 4);
	o.content = "<p>First</p>";
	o.updated = NOW - HOUR;
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == ERR_CONFLICT);
	return OK;
}

IN_WRITE(an_edit_for_fewer_eyes)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     board = world_community(t, "board", NULL);
	const char *to[] = {WORLD_PUBLIC, board.uri}, *few[] = {board.uri};
	struct object start = world_note(&xi, "https://a.example/1", to, 2),
		      answer = world_note(&xi, "https://a.example/2", world_everyone, 1);
	struct post p, q;
	struct viewer nobody = {0};
	answer.in_reply_to = start.id;
	WANT(world_take(t, &xi, &start, &p) == OK && world_take(t, &xi, &answer, &q) == OK);
	WANT(world_replies(t, p.id) == 1 && world_lists(t, board.id, p.id));
	answer.to = start.to = (struct names){few, 1};
	struct post_draft edit = {.author = xi.id, .remote = &answer};
	WANT(post_edit(t, xi.id, q.id, &edit, NULL, NULL) == OK && world_replies(t, p.id) == 0);
	WANT(post_remove(t, xi.id, q.id, NULL, NULL) == OK && world_replies(t, p.id) == 0);
	edit.remote = &start;
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.visibility == VISIBLE_DIRECT && p.community == 0 && !world_lists(t, board.id, p.id)
		&& !circle_may_read(t, &nobody, &p));
	WANT(world_last(t, ACT_UPDATE).target == 0);
	return OK;
}

IN_WRITE(an_edit_of_the_unknown)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct activity update = world_activity(&xi, "https://a.example/u/1", "Update", o.id);
	struct post p;
	update.object = &o;
	o.published = NOW - DAY;
	WANT(world_receive(t, &feature_post, &update) == ERR_NOT_FOUND);
	o.published = NOW - DAY + 1;
	WANT(world_receive(t, &feature_post, &update) == OK && post_by_uri(t, o.id, &p) == OK);
	return OK;
}

IN_WRITE(what_is_deleted_stays_a_tombstone)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_community(t, "board", &anna);
	struct post p = world_post(
		t, (struct post_draft){.author = bas.id, .community = board.id, .title = "T"});
	struct post reply = world_post(t, (struct post_draft){.author = anna.id, .parent = p.id});
	struct u64s kept;
	WANT(post_edit(t, bas.id, p.id,
		     &(struct post_draft){.author = bas.id, .title = "T", .source = "Other"}, NULL,
		     NULL)
		== OK);
	WANT(post_pin(t, anna.id, p.id, true, NULL) == OK);
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.gone && p.content == NULL && p.title == NULL && p.source == NULL && p.uri != NULL
		&& p.removed == NOW);
	WANT(!world_lists(t, board.id, p.id) && post_pinned(t, board.id, 10, &kept) == OK
		&& kept.count == 0);
	WANT(post_ids(t, TABLE_HISTORY, p.id, 0, false, 10, &kept) == OK && kept.count == 0);
	WANT(world_last(t, ACT_DELETE).target == board.id);
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == ERR_GONE
		&& world_lines(t, ACT_DELETE) == 1);
	WANT(post_edit(t, bas.id, p.id, &(struct post_draft){.author = bas.id, .source = "x"}, NULL,
		     NULL)
		== ERR_GONE);
	WANT(!circle_may_reply(t, anna.id, &p) && post_load(t, reply.id, &reply) == OK
		&& !reply.gone);
	WANT(post_remove(t, anna.id, reply.id, NULL, NULL) == OK && world_replies(t, p.id) == 0);
	return OK;
}

IN_WRITE(deleting_from_elsewhere)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "a.example");
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example"),
		     anna = world_person(t, "anna");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct post p, q;
	WANT(world_take(t, &xi, &o, &p) == OK);
	struct activity gone = world_activity(&yo, "https://a.example/d/1", "Delete", o.id);
	WANT(world_receive(t, &feature_post, &gone)
		== ERR_FORBIDDEN); /* the same host is not the author */
	gone.via = far.id;
	WANT(world_receive(t, &feature_post, &gone) == ERR_FORBIDDEN); /* not in that group */
	WANT(post_join(t, far.id, p.id) == OK && world_lists(t, far.id, p.id));
	struct post kept;
	WANT(post_load(t, p.id, &kept) == OK && kept.community == 0);
	WANT(world_receive(t, &feature_post, &gone) == OK && post_load(t, p.id, &p) == OK);
	WANT(!p.gone && p.removed_by == 0
		&& !world_lists(t, far.id, p.id)); /* off its list, no more */
	q = world_post(t, (struct post_draft){.author = anna.id});
	WANT(post_remove(t, yo.id, q.id, NULL,
		     &(struct origin){"https://a.example/d/2", {"{}", 2}, far.id})
		== ERR_FORBIDDEN);
	gone = world_activity(&xi, "https://a.example/d/3", "Delete", o.id);
	WANT(world_receive(t, &feature_post, &gone) == OK && post_load(t, p.id, &p) == OK
		&& p.gone);
	WANT(world_take(t, &xi, &o, &q) == ERR_GONE);
	return OK;
}

IN_WRITE(no_group_acts_for_another)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_community(t, "board", &anna);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     evil = world_remote(t, ACTOR_GROUP, "evil", "c.example");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct post p = world_post(
			    t, (struct post_draft){.author = anna.id, .community = board.id}),
		    q;
	WANT(community_moderator(t, anna.id, board.id, xi.id, true, NULL) == OK);
	struct activity act = world_activity(&xi, "https://a.example/l/1", "Lock", p.uri);
	act.via = evil.id;
	WANT(world_receive(t, &feature_post, &act) == ERR_FORBIDDEN);
	act.type = "Delete";
	WANT(world_receive(t, &feature_post, &act) == ERR_FORBIDDEN);
	WANT(post_load(t, p.id, &p) == OK && !p.locked && p.removed_by == 0);
	act.object_id = o.id; /* not here yet: it must still be able to come, and to stay */
	WANT(world_receive(t, &feature_post, &act) == ERR_NOT_FOUND
		&& world_take(t, &xi, &o, &q) == OK);
	/* Her own word, which was proved before it came here. */
	WANT(world_receive(t, &feature_post, &act) == OK && post_load(t, q.id, &q) == OK && q.gone);
	return OK;
}

IN_WRITE(closing_and_pinning)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_community(t, "board", &anna);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = world_post(t, (struct post_draft){.author = bas.id, .community = board.id});
	struct u64s pinned;
	WANT(post_lock(t, bas.id, p.id, true, NULL) == ERR_FORBIDDEN
		&& post_lock(t, anna.id, p.id, true, NULL) == OK);
	WANT(post_lock(t, anna.id, p.id, true, NULL) == OK && world_lines(t, ACT_LOCK) == 1);
	WANT(post_load(t, p.id, &p) == OK && !circle_may_reply(t, bas.id, &p)
		&& circle_may_reply(t, anna.id, &p));
	struct activity unlock = world_activity(&xi, "https://a.example/l/1", "Undo", NULL);
	struct activity lock = world_activity(&xi, "https://a.example/l/0", "Lock", p.uri);
	unlock.inner = &lock;
	WANT(world_receive(t, &feature_post, &unlock) == ERR_FORBIDDEN);
	WANT(community_moderator(t, anna.id, board.id, xi.id, true, NULL) == OK);
	WANT(world_receive(t, &feature_post, &unlock) == OK && world_lines(t, ACT_UNLOCK) == 1);
	WANT(post_pin(t, bas.id, p.id, true, NULL) == OK
		&& world_last(t, ACT_PIN).target == bas.id); /* on his own page */
	struct activity add = world_activity(&xi, "https://a.example/l/2", "Add", p.uri);
	add.target = board.featured;
	WANT(world_receive(t, &feature_post, &add) == ERR_NOT_FOUND); /* names no group */
	add.audience = board.uri;
	WANT(world_receive(t, &feature_post, &add) == OK
		&& world_last(t, ACT_PIN).target == board.id);
	WANT(post_pinned(t, board.id, 10, &pinned) == OK && pinned.count == 1
		&& pinned.at[0] == p.id);
	add.type = "Remove";
	WANT(world_receive(t, &feature_post, &add) == OK && world_lines(t, ACT_UNPIN) == 1);
	struct post direct = world_post(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_DIRECT});
	WANT(post_pin(t, anna.id, direct.id, true, NULL) == ERR_FORBIDDEN);
	for (int i = 0; i < 20; i++)
		WANT(post_pin(t, anna.id, world_post(t, (struct post_draft){.author = anna.id}).id,
			     true, NULL)
			== OK);
	struct post more = world_post(t, (struct post_draft){.author = anna.id});
	WANT(post_pin(t, anna.id, more.id, true, NULL) == ERR_TOO_MUCH);
	return OK;
}

IN_WRITE(communities_that_follow_a_group_show_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_community(t, "board", &anna);
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	WANT(follow_start(t, board.id, far.id, NULL) == OK
		&& follow_accept(t, far.id, board.id, NULL) == OK);
	const char *to[] = {WORLD_PUBLIC, far.uri};
	struct object o = world_note(&xi, "https://a.example/1", to, 2);
	struct activity create = world_activity(&xi, "https://a.example/c/1", "Create", o.id);
	struct post p;
	create.object = &o;
	WANT(world_receive(t, &feature_post, &create) == OK && post_by_uri(t, o.id, &p) == OK);
	WANT(!world_lists(t, board.id, p.id));
	create.id = "https://a.example/c/2";
	create.via = far.id;
	WANT(world_receive(t, &feature_post, &create) == OK && world_lists(t, board.id, p.id)
		&& world_lists(t, far.id, p.id));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_edit_keeps_what_was),
		WORLD_TEST(no_edit_gets_round_a_moderator),
		WORLD_TEST(only_the_author_edits_from_elsewhere),
		WORLD_TEST(edits_come_late_and_in_any_order),
		WORLD_TEST(an_edit_for_fewer_eyes),
		WORLD_TEST(an_edit_of_the_unknown),
		WORLD_TEST(what_is_deleted_stays_a_tombstone),
		WORLD_TEST(deleting_from_elsewhere),
		WORLD_TEST(no_group_acts_for_another),
		WORLD_TEST(closing_and_pinning),
		WORLD_TEST(communities_that_follow_a_group_show_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
