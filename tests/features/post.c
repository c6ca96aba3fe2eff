/* post.c: tests of posts: coming in, changing, going; their ActivityPub shape; their pages. */
#include "world.h"

#include <string.h>

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

static struct actor community(struct txn *t, const char *name, uint64_t founder)
{
	struct community_draft draft = {.name = name, .title = name, .founder = founder};
	struct actor a = {0};
	return community_create(t, &draft, NULL, &a) == OK ? a : (struct actor){0};
}

static struct post written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	if (draft.source == NULL)
		draft.source = "Hello";
	return post_create(t, &draft, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static struct object note_of(
	const struct actor *author, const char *id, const char *const *to, size_t count)
{
	return (struct object){.id = id,
		.type = "Note",
		.attributed_to = author->uri,
		.content = "<p>Hi</p>",
		.to = {to, count}};
}

static const char *const everyone[] = {PUBLIC};

static enum err take(
	struct txn *t, const struct actor *author, const struct object *o, struct post *p)
{
	struct origin origin = {arena_format(txn_arena(t), "%s/create", o->id), {"{}", 2}, 0};
	struct post_draft draft = {.author = author->id, .remote = o};
	return post_create(t, &draft, &origin, NULL, p);
}

static int64_t replies(struct txn *t, uint64_t post)
{
	int64_t n;
	return post_tally(t, post, TALLY_REPLIES, &n) == OK ? n : -1;
}

static bool lists(struct txn *t, uint64_t community_id, uint64_t post)
{
	struct u64s ids;
	if (post_of_community(t, community_id, 0, 100, &ids) != OK)
		return false;
	for (size_t i = 0; i < ids.count; i++)
		if (ids.at[i] == post)
			return true;
	return false;
}

static char *letters(struct arena *arena, size_t count)
{
	char *s = arena_alloc(arena, count + 1);
	memset(s, 'a', count);
	return s;
}

/* ---- written here ---------------------------------------------------------------------------- */

IN_WRITE(a_post_in_a_community)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor board = community(t, "board", anna.id);
	size_t before = world_lines(t, 0);
	struct post p = written(t,
			    (struct post_draft){.author = anna.id,
				    .community = board.id,
				    .title = "  Energy  ",
				    .source = "Who *knows*, @bas or @nobody? #Solar",
				    .language = "en"}),
		    kept;
	WANT(p.id && p.kind == POST_ARTICLE && text_is(p.title, "Energy")
		&& p.visibility == VISIBLE_PUBLIC);
	WANT(text_is(p.uri,
		arena_format(txn_arena(t), "https://ex.org/p/%llu", (unsigned long long)p.id)));
	WANT(text_is(p.url,
		arena_format(txn_arena(t), "https://ex.org/@anna/%llu", (unsigned long long)p.id)));
	WANT(strstr(p.content, "<em>knows</em>") && strstr(p.content, "https://ex.org/@bas"));
	WANT(p.mentions.count == 1 && p.mentions.at[0] == bas.id);
	WANT(p.root == p.id && p.parent == 0 && p.community == board.id && p.published == NOW
		&& p.updated == 0);
	WANT(post_load(t, p.id, &kept) == OK
		&& text_is(kept.source, "Who *knows*, @bas or @nobody? #Solar"));
	WANT(post_by_uri(t, p.uri, &kept) == OK && kept.id == p.id);
	struct extra x;
	extra_read(txn_arena(t), kept.extra, &x);
	WANT(x.hashtags.count == 1 && text_is(x.hashtags.at[0], "solar"));
	struct u64s ids;
	WANT(post_of_author(t, anna.id, 0, 10, &ids) == OK && ids.count == 1
		&& lists(t, board.id, p.id));
	WANT(post_of_conversation(t, p.id, 0, 10, &ids) == OK && ids.count == 1);
	struct line line = world_last(t, ACT_CREATE);
	WANT(world_lines(t, 0) == before + 1 && line.actor == anna.id && line.object == p.id);
	WANT(line.target == board.id && line.uri == NULL && line.raw.size == 0);
	return OK;
}

IN_WRITE(who_blocks_is_not_called)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post_draft draft = {.author = bas.id, .source = "Hello @anna"};
	WANT(written(t, draft).mentions.count == 1);
	WANT(block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(written(t, draft).mentions.count == 0);
	return OK;
}

IN_WRITE(limits_of_a_text)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct arena *arena = txn_arena(t);
	struct refusal why = {0};
	struct post p;
	struct post_draft d = {.author = anna.id, .source = letters(arena, POST_TEXT_MOST)};
	WANT(post_create(t, &d, NULL, &why, &p) == OK);
	d.source = letters(arena, POST_TEXT_MOST + 1);
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "text"));
	d.source = " \n\t ";
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "text"));
	d.source = "Hi";
	d.title = letters(arena, POST_TITLE_MOST);
	WANT(post_create(t, &d, NULL, &why, &p) == OK);
	d.title = letters(arena, POST_TITLE_MOST + 1);
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "title"));
	d.title = NULL;
	d.language = "nl\"><script>";
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "language"));
	d.language = NULL;
	d.kind = POST_ARTICLE;
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "title"));
	d.kind = POST_QUESTION;
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID);
	d.kind = 0;
	d.visibility = VISIBLE_DIRECT + 1;
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "visibility"));
	WANT(world_lines(t, ACT_CREATE) == 2);
	return OK;
}

IN_WRITE(replies_stay_in_the_circle)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct actor board = community(t, "board", anna.id);
	struct post start = written(
		t, (struct post_draft){.author = anna.id, .community = board.id});
	struct post reply = written(
		t, (struct post_draft){.author = bas.id, .parent = start.id, .title = "No title"});
	struct post deeper = written(t, (struct post_draft){.author = cas.id, .parent = reply.id});
	WANT(reply.kind == POST_NOTE && reply.title == NULL && reply.community == board.id
		&& reply.root == start.id);
	WANT(text_is(reply.parent_uri, start.uri) && reply.mentions.count == 1
		&& reply.mentions.at[0] == anna.id);
	WANT(deeper.parent == reply.id && deeper.root == start.id);
	WANT(replies(t, start.id) == 2 && replies(t, reply.id) == 1);
	WANT(lists(t, board.id, start.id) && !lists(t, board.id, reply.id));
	struct post close = written(t,
		(struct post_draft){
			.author = anna.id, .visibility = VISIBLE_DIRECT, .source = "@bas psst"});
	struct post_draft answer = {.author = cas.id, .parent = close.id, .source = "I heard"};
	struct post p;
	WANT(post_create(t, &answer, NULL, NULL, &p) == ERR_NOT_FOUND); /* as if it did not exist */
	answer.author = bas.id;
	answer.visibility = VISIBLE_PUBLIC;
	WANT(post_create(t, &answer, NULL, NULL, &p) == OK && p.visibility == VISIBLE_DIRECT);
	return OK;
}

/* ---- from elsewhere -------------------------------------------------------------------------- */

IN_WRITE(finds_the_community_of_a_remote_post)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     board = community(t, "board", 0);
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example");
	const char *with_group[] = {PUBLIC, board.uri}, *with_far[] = {far.uri, PUBLIC, board.uri};
	struct tag tag = {"Mention", board.uri, "@board@ex.org"};
	struct post p;
	struct object o = note_of(&xi, "https://a.example/1", with_group, 2);
	WANT(take(t, &xi, &o, &p) == OK && p.community == board.id && lists(t, board.id, p.id));
	struct line line = world_last(t, ACT_CREATE);
	WANT(text_is(line.uri, "https://a.example/1/create") && line.raw.size == 2
		&& line.target == board.id);
	o = note_of(&xi, "https://a.example/2", everyone, 1);
	o.audience = board.uri;
	WANT(take(t, &xi, &o, &p) == OK && p.community == board.id);
	o = note_of(&xi, "https://a.example/3", everyone, 1);
	o.tags = &tag;
	o.tag_count = 1;
	WANT(take(t, &xi, &o, &p) == OK && p.community == board.id && p.mentions.count == 0);
	o = note_of(&xi, "https://a.example/4", with_far, 3);
	WANT(take(t, &xi, &o, &p) == OK && p.community == board.id); /* ours goes first */
	o = note_of(&xi, "https://a.example/5", with_far, 2);
	WANT(take(t, &xi, &o, &p) == OK && p.community == far.id);
	WANT(!lists(t, far.id, p.id)); /* anyone can say so: it is listed when the group says it */
	o = note_of(&xi, "https://a.example/6", everyone, 1);
	o.in_reply_to = "https://a.example/1";
	WANT(take(t, &xi, &o, &p) == OK && p.community == board.id && p.parent != 0);
	WANT(replies(t, p.parent) == 1 && !lists(t, board.id, p.id));
	return OK;
}

IN_WRITE(cleans_what_comes_in)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct attachment attachments[] = {{.type = "Image", .url = "javascript:alert(1)"},
		{.type = "Image", .url = "https://a.example/i.png", .name = "A heron"}};
	struct post p;
	o.content = "<p onclick=x>Hi<script>alert(1)</script></p>";
	o.summary = "<b>Beware</b>";
	o.url = "javascript:alert(1)";
	o.language = "nl\" onload=\"x";
	o.attachments = attachments;
	o.attachment_count = 2;
	o.published = NOW + DAY;
	WANT(take(t, &xi, &o, &p) == OK && text_is(p.content, "<p>Hi</p>")
		&& text_is(p.summary, "Beware"));
	WANT(p.url == NULL && p.language == NULL && p.published == NOW);
	struct extra x;
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.attachment_count == 1 && text_is(x.attachments[0].name, "A heron"));
	o.id = "https://a.example/2";
	o.content = letters(txn_arena(t), 128 * 1024 + 1);
	WANT(take(t, &xi, &o, &p) == ERR_TOO_MUCH);
	return OK;
}

IN_WRITE(an_id_belongs_to_its_author)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "a.example");
	struct actor zed = world_remote(t, ACTOR_PERSON, "zed", "b.example"),
		     anna = world_person(t, "anna");
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct post p, again;
	WANT(take(t, &zed, &o, &p) == ERR_FORBIDDEN && take(t, &yo, &o, &p) == ERR_FORBIDDEN);
	WANT(take(t, &anna, &o, &p) == ERR_FORBIDDEN);
	WANT(take(t, &xi, &o, &p) == OK);
	o.content = "<p>Other words</p>";
	WANT(take(t, &xi, &o, &again) == ERR_CONFLICT && again.id == p.id
		&& text_is(again.content, "<p>Hi</p>"));
	o.attributed_to = yo.uri;
	WANT(take(t, &yo, &o, &again) == ERR_CONFLICT);
	WANT(post_load(t, p.id, &again) == OK && again.author == xi.id
		&& text_is(again.content, "<p>Hi</p>"));
	o = note_of(&zed, "https://a.example/9", everyone, 1);
	WANT(take(t, &zed, &o, &p) == ERR_FORBIDDEN); /* an id of another host */
	WANT(world_lines(t, ACT_CREATE) == 1);
	return OK;
}

IN_WRITE(what_is_no_post_is_refused)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct post p;
	o.type = "Person";
	WANT(take(t, &xi, &o, &p) == ERR_INVALID);
	o.type = "Note";
	o.content = NULL;
	WANT(take(t, &xi, &o, &p) == ERR_INVALID); /* nothing in it */
	o.name = "Yes";
	o.in_reply_to = "https://ex.org/p/1";
	WANT(take(t, &xi, &o, &p) == ERR_INVALID); /* a vote */
	o.in_reply_to = NULL;
	o.type = "Event";
	o.summary = "Tuesday, Utrecht";
	o.url = "https://a.example/e/1";
	WANT(take(t, &xi, &o, &p) == OK && p.kind == POST_PAGE && text_is(p.title, "Yes"));
	WANT(text_is(p.url, "https://a.example/e/1") && text_is(p.summary, "Tuesday, Utrecht"));
	return OK;
}

IN_WRITE(a_question_keeps_its_options)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = note_of(&xi, "https://a.example/q", everyone, 1);
	struct option options[] = {{"Yes", 3}, {"No", 1}};
	struct extra x;
	struct post p;
	o.type = "Question";
	o.options = options;
	o.option_count = 2;
	o.voters = 4;
	WANT(take(t, &xi, &o, &p) == OK && p.kind == POST_QUESTION && post_load(t, p.id, &p) == OK);
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.option_count == 2 && text_is(x.options[1].name, "No") && x.options[0].votes == 3
		&& x.voters == 4);
	/* New counts, no new words: no revision, no mark of an edit. */
	options[0].votes = 30;
	struct post_draft d = {.author = xi.id, .remote = &o};
	WANT(post_edit(t, xi.id, p.id, &d, NULL, NULL) == OK && post_load(t, p.id, &p) == OK
		&& p.updated == 0);
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.options[0].votes == 30);
	/* Nor do the counts stand still after an edit: they come with its time. */
	o.content = "<p>Better asked</p>";
	o.published = NOW - DAY;
	o.updated = NOW - HOUR;
	WANT(post_edit(t, xi.id, p.id, &d, NULL, NULL) == OK);
	options[0].votes = 31;
	WANT(post_edit(t, xi.id, p.id, &d, NULL, NULL) == OK && post_load(t, p.id, &p) == OK
		&& p.updated == NOW - HOUR);
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.options[0].votes == 31);
	return OK;
}

IN_WRITE(its_create_after_it_was_fetched_is_passed_on)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     board = community(t, "board", 0);
	const char *to[] = {PUBLIC, board.uri};
	struct object o = note_of(&xi, "https://a.example/1", to, 2);
	struct post p;
	WANT(post_create(t, &(struct post_draft){.author = xi.id, .remote = &o}, NULL, NULL, &p)
			== OK
		&& p.fetched);
	WANT(world_last(t, ACT_CREATE).raw.size == 0);
	WANT(take(t, &xi, &o, &p) == OK && !p.fetched);
	WANT(world_lines(t, ACT_CREATE) == 2 && world_last(t, ACT_CREATE).raw.size == 2);
	WANT(take(t, &xi, &o, &p) == ERR_CONFLICT && world_lines(t, ACT_CREATE) == 2); /* once */
	return OK;
}

IN_WRITE(replies_find_their_parent_later)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     board = community(t, "board", 0);
	const char *to[] = {PUBLIC, board.uri};
	struct object child = note_of(&xi, "https://a.example/2", everyone, 1);
	struct object grandchild = note_of(&xi, "https://a.example/3", everyone, 1);
	struct object start = note_of(&xi, "https://a.example/1", to, 2);
	struct post p, c, g;
	child.in_reply_to = start.id;
	grandchild.in_reply_to = child.id;
	WANT(take(t, &xi, &child, &c) == OK && c.parent == 0 && c.root == c.id
		&& text_is(c.parent_uri, start.id));
	WANT(take(t, &xi, &grandchild, &g) == OK && g.root == c.id);
	WANT(take(t, &xi, &start, &p) == OK && post_load(t, c.id, &c) == OK
		&& post_load(t, g.id, &g) == OK);
	WANT(c.parent == p.id && c.root == p.id && g.parent == c.id && g.root == p.id);
	WANT(c.community == board.id && g.community == board.id);
	WANT(replies(t, p.id) == 2 && replies(t, c.id) == 1);
	struct u64s ids;
	WANT(post_of_conversation(t, p.id, 0, 10, &ids) == OK && ids.count == 3);
	WANT(post_of_conversation(t, c.id, 0, 10, &ids) == OK && ids.count == 0);
	return OK;
}

IN_WRITE(replies_are_counted_as_long_as_they_stand)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p, q;
	for (int i = 1; i <= 4; i++) { /* 1 ← 2 ← 3 ← 4, and the first of them last */
		struct object o = note_of(&xi,
			arena_format(txn_arena(t), "https://a.example/%d", i + 1), everyone, 1);
		o.in_reply_to = arena_format(txn_arena(t), "https://a.example/%d", i);
		WANT(take(t, &xi, &o, i == 1 ? &p : &q) == OK);
	}
	struct object gone = note_of(&xi, "https://a.example/9", everyone, 1);
	gone.in_reply_to = "https://a.example/1";
	WANT(take(t, &xi, &gone, &q) == OK && post_remove(t, xi.id, q.id, NULL, NULL) == OK);
	WANT(replies(t, p.id) == 3);
	struct object start = note_of(&xi, "https://a.example/1", everyone, 1);
	WANT(take(t, &xi, &start, &q) == OK);
	WANT(replies(t, q.id) == 4 && replies(t, p.id) == 1); /* what is gone does not count */
	WANT(post_by_uri(t, "https://a.example/3", &p) == OK
		&& post_remove(t, xi.id, p.id, NULL, NULL) == OK);
	WANT(post_by_uri(t, "https://a.example/2", &p) == OK && replies(t, p.id) == 0
		&& replies(t, q.id) == 3);
	return OK;
}

IN_WRITE(a_reply_belongs_where_its_conversation_is)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     anna = world_person(t, "anna"), board = community(t, "board", anna.id);
	struct post own, p;
	struct object start = note_of(&xi, "https://a.example/1", everyone, 1);
	WANT(block_add(t, anna.id, board.id, xi.id, NULL, NULL) == OK);
	WANT(take(t, &xi, &start, &p) == OK);
	const char *to[] = {PUBLIC, board.uri};
	struct object answer = note_of(&xi, "https://a.example/2", to, 2);
	answer.in_reply_to = start.id;
	WANT(take(t, &xi, &answer, &p) == OK && p.community == 0);
	WANT(world_last(t, ACT_CREATE).target == 0); /* or the community would pass it on */
	own = written(t, (struct post_draft){.author = anna.id});
	p = written(
		t, (struct post_draft){.author = anna.id, .parent = own.id, .community = board.id});
	WANT(p.id != 0 && p.community == 0);
	return OK;
}

IN_WRITE(no_circle_of_replies)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object a = note_of(&xi, "https://a.example/1", everyone, 1),
		      b = note_of(&xi, "https://a.example/2", everyone, 1);
	struct object self = note_of(&xi, "https://a.example/3", everyone, 1);
	struct post p, q;
	a.in_reply_to = b.id;
	b.in_reply_to = a.id;
	self.in_reply_to = self.id;
	WANT(take(t, &xi, &a, &p) == OK && take(t, &xi, &b, &q) == OK && q.parent == p.id);
	WANT(post_load(t, p.id, &p) == OK && p.parent == 0 && p.root == p.id);
	WANT(take(t, &xi, &self, &p) == OK && p.root == p.id && p.parent == 0);
	return OK;
}

IN_WRITE(no_more_orphans_than_the_limit_at_once)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object start = note_of(&xi, "https://a.example/0", everyone, 1);
	struct post p, q;
	for (int i = 1; i <= 51; i++) {
		struct object o = note_of(
			&xi, arena_format(txn_arena(t), "https://a.example/%d", i), everyone, 1);
		o.in_reply_to = start.id;
		WANT(take(t, &xi, &o, &p) == OK);
	}
	WANT(take(t, &xi, &start, &p) == OK && replies(t, p.id) == 50);
	struct object late = note_of(&xi, "https://a.example/99", everyone, 1);
	late.in_reply_to = start.id;
	WANT(take(t, &xi, &late, &q) == OK && replies(t, p.id) == 52); /* brings in the last one */
	return OK;
}

/* ---- changing, going ------------------------------------------------------------------------- */

IN_WRITE(an_edit_keeps_what_was)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = written(t, (struct post_draft){.author = anna.id, .source = "First"});
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
	struct actor board = community(t, "board", anna.id);
	struct post_draft draft = {.author = bas.id, .community = board.id, .source = "First"};
	struct post hidden = written(t, draft), p = written(t, draft);
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
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct post p;
	struct activity update = world_activity(&yo, "https://a.example/u/1", "Update", o.id);
	WANT(take(t, &xi, &o, &p) == OK);
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
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct post_draft edit = {.author = xi.id, .remote = &o};
	struct post p;
	struct u64s kept;
	o.published = NOW - DAY;
	WANT(take(t, &xi, &o, &p) == OK);
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
		     board = community(t, "board", 0);
	const char *to[] = {PUBLIC, board.uri}, *few[] = {board.uri};
	struct object start = note_of(&xi, "https://a.example/1", to, 2),
		      answer = note_of(&xi, "https://a.example/2", everyone, 1);
	struct post p, q;
	struct viewer nobody = {0};
	answer.in_reply_to = start.id;
	WANT(take(t, &xi, &start, &p) == OK && take(t, &xi, &answer, &q) == OK);
	WANT(replies(t, p.id) == 1 && lists(t, board.id, p.id));
	answer.to = start.to = (struct names){few, 1};
	struct post_draft edit = {.author = xi.id, .remote = &answer};
	WANT(post_edit(t, xi.id, q.id, &edit, NULL, NULL) == OK && replies(t, p.id) == 0);
	WANT(post_remove(t, xi.id, q.id, NULL, NULL) == OK && replies(t, p.id) == 0);
	edit.remote = &start;
	WANT(post_edit(t, xi.id, p.id, &edit, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.visibility == VISIBLE_DIRECT && p.community == 0 && !lists(t, board.id, p.id)
		&& !circle_may_read(t, &nobody, &p));
	WANT(world_last(t, ACT_UPDATE).target == 0);
	return OK;
}

IN_WRITE(an_edit_of_the_unknown)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
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
		     board = community(t, "board", anna.id);
	struct post p = written(
		t, (struct post_draft){.author = bas.id, .community = board.id, .title = "T"});
	struct post reply = written(t, (struct post_draft){.author = anna.id, .parent = p.id});
	struct u64s kept;
	WANT(post_edit(t, bas.id, p.id,
		     &(struct post_draft){.author = bas.id, .title = "T", .source = "Other"}, NULL,
		     NULL)
		== OK);
	WANT(post_pin(t, anna.id, p.id, true, NULL) == OK);
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK && post_load(t, p.id, &p) == OK);
	WANT(p.gone && p.content == NULL && p.title == NULL && p.source == NULL && p.uri != NULL
		&& p.removed == NOW);
	WANT(!lists(t, board.id, p.id) && post_pinned(t, board.id, 10, &kept) == OK
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
	WANT(post_remove(t, anna.id, reply.id, NULL, NULL) == OK && replies(t, p.id) == 0);
	return OK;
}

IN_WRITE(deleting_from_elsewhere)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "a.example");
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example"),
		     anna = world_person(t, "anna");
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct post p, q;
	WANT(take(t, &xi, &o, &p) == OK);
	struct activity gone = world_activity(&yo, "https://a.example/d/1", "Delete", o.id);
	WANT(world_receive(t, &feature_post, &gone)
		== ERR_FORBIDDEN); /* the same host is not the author */
	gone.via = far.id;
	WANT(world_receive(t, &feature_post, &gone) == ERR_FORBIDDEN); /* not in that group */
	WANT(post_join(t, far.id, p.id) == OK && lists(t, far.id, p.id));
	struct post kept;
	WANT(post_load(t, p.id, &kept) == OK && kept.community == 0);
	WANT(world_receive(t, &feature_post, &gone) == OK && post_load(t, p.id, &p) == OK);
	WANT(!p.gone && p.removed_by == 0 && !lists(t, far.id, p.id)); /* off its list, no more */
	q = written(t, (struct post_draft){.author = anna.id});
	WANT(post_remove(t, yo.id, q.id, NULL,
		     &(struct origin){"https://a.example/d/2", {"{}", 2}, far.id})
		== ERR_FORBIDDEN);
	gone = world_activity(&xi, "https://a.example/d/3", "Delete", o.id);
	WANT(world_receive(t, &feature_post, &gone) == OK && post_load(t, p.id, &p) == OK
		&& p.gone);
	WANT(take(t, &xi, &o, &q) == ERR_GONE);
	return OK;
}

IN_WRITE(no_group_acts_for_another)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = community(t, "board", anna.id);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     evil = world_remote(t, ACTOR_GROUP, "evil", "c.example");
	struct object o = note_of(&xi, "https://a.example/1", everyone, 1);
	struct post p = written(t, (struct post_draft){.author = anna.id, .community = board.id}),
		    q;
	WANT(community_moderator(t, anna.id, board.id, xi.id, true, NULL) == OK);
	struct activity act = world_activity(&xi, "https://a.example/l/1", "Lock", p.uri);
	act.via = evil.id;
	WANT(world_receive(t, &feature_post, &act) == ERR_FORBIDDEN);
	act.type = "Delete";
	WANT(world_receive(t, &feature_post, &act) == ERR_FORBIDDEN);
	WANT(post_load(t, p.id, &p) == OK && !p.locked && p.removed_by == 0);
	act.object_id = o.id; /* not here yet: it must still be able to come, and to stay */
	WANT(world_receive(t, &feature_post, &act) == ERR_NOT_FOUND && take(t, &xi, &o, &q) == OK);
	/* Her own word, which was proved before it came here. */
	WANT(world_receive(t, &feature_post, &act) == OK && post_load(t, q.id, &q) == OK && q.gone);
	return OK;
}

IN_WRITE(closing_and_pinning)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = community(t, "board", anna.id);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = written(t, (struct post_draft){.author = bas.id, .community = board.id});
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
	struct post direct = written(
		t, (struct post_draft){.author = anna.id, .visibility = VISIBLE_DIRECT});
	WANT(post_pin(t, anna.id, direct.id, true, NULL) == ERR_FORBIDDEN);
	for (int i = 0; i < 20; i++)
		WANT(post_pin(t, anna.id, written(t, (struct post_draft){.author = anna.id}).id,
			     true, NULL)
			== OK);
	struct post more = written(t, (struct post_draft){.author = anna.id});
	WANT(post_pin(t, anna.id, more.id, true, NULL) == ERR_TOO_MUCH);
	return OK;
}

IN_WRITE(communities_that_follow_a_group_show_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = community(t, "board", anna.id);
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	WANT(follow_start(t, board.id, far.id, NULL) == OK
		&& follow_accept(t, far.id, board.id, NULL) == OK);
	const char *to[] = {PUBLIC, far.uri};
	struct object o = note_of(&xi, "https://a.example/1", to, 2);
	struct activity create = world_activity(&xi, "https://a.example/c/1", "Create", o.id);
	struct post p;
	create.object = &o;
	WANT(world_receive(t, &feature_post, &create) == OK && post_by_uri(t, o.id, &p) == OK);
	WANT(!lists(t, board.id, p.id));
	create.id = "https://a.example/c/2";
	create.via = far.id;
	WANT(world_receive(t, &feature_post, &create) == OK && lists(t, board.id, p.id)
		&& lists(t, far.id, p.id));
	return OK;
}

/* ---- as ActivityPub says it ------------------------------------------------------------------ */

static const json_node *shown(struct txn *t, uint64_t id)
{
	const json_node *root = NULL;
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	if (note_show(t, id, v) != OK || !view_ok(v)
		|| json_read(txn_arena(t), view_json(v), NULL, &root) != OK)
		return NULL;
	return root;
}

static const char *at(const json_node *n, const char *name)
{
	return json_text(json_member(n, name));
}

IN_WRITE(shows_a_note_and_an_article)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = community(t, "board", anna.id);
	struct post p = written(t,
		(struct post_draft){.author = anna.id,
			.community = board.id,
			.title = "Energy",
			.source = "Long *story* #sun",
			.language = "nl"});
	struct post reply = written(
		t, (struct post_draft){.author = anna.id, .parent = p.id, .summary = "Careful"});
	const json_node *o = shown(t, p.id), *n = shown(t, reply.id);
	WANT(o && text_is(at(o, "id"), p.uri) && text_is(at(o, "type"), "Article")
		&& text_is(at(o, "name"), "Energy"));
	WANT(text_is(at(o, "attributedTo"), anna.uri) && text_is(at(o, "audience"), board.uri));
	WANT(text_is(at(o, "summary"), "Long story #sun") && text_is(at(o, "url"), p.url));
	WANT(text_is(at(json_member(o, "contentMap"), "nl"), at(o, "content")));
	WANT(text_is(at(json_member(o, "language"), "identifier"), "nl"));
	WANT(text_is(at(json_member(o, "source"), "content"), "Long *story* #sun"));
	WANT(text_is(at(o, "context"),
		arena_format(txn_arena(t), "https://ex.org/t/%llu", (unsigned long long)p.id)));
	const json_node *group = json_item(json_member(o, "tag"), 0),
			*hashtag = json_item(json_member(o, "tag"), 1);
	WANT(text_is(at(group, "href"), board.uri) && text_is(at(group, "name"), "@board@ex.org"));
	WANT(text_is(at(hashtag, "type"), "Hashtag") && text_is(at(hashtag, "name"), "#sun"));
	WANT(json_count(json_member(o, "to")) == 2 && json_member(o, "inReplyTo") == NULL);
	WANT(n && text_is(at(n, "type"), "Note") && at(n, "name") == NULL
		&& text_is(at(n, "summary"), "Careful"));
	WANT(text_is(at(n, "inReplyTo"), p.uri) && text_is(at(n, "context"), at(o, "context")));
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK && (o = shown(t, p.id)) != NULL);
	WANT(text_is(at(o, "type"), "Tombstone") && text_is(at(o, "formerType"), "Article")
		&& at(o, "deleted"));
	WANT(at(o, "content") == NULL && at(o, "attributedTo") == NULL
		&& json_member(o, "to") == NULL);
	return OK;
}

IN_WRITE(extras_survive_anything)
{
	(void)arg;
	struct extra x;
	static const char *const bad[] = {"", "{", "[]",
		"{\"attachment\":1,\"tag\":{},\"option\":\"x\"}",
		"{\"attachment\":[null,1,{\"type\":\"Image\"}],\"tag\":[1],\"option\":[{}],\"voters\":-3}"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		extra_read(txn_arena(t), (struct bytes){bad[i], strlen(bad[i])}, &x);
		WANT(x.attachment_count == 0 && x.hashtags.count == 0 && x.option_count == 0
			&& x.voters == 0);
	}
	return OK;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static bool renders(const char *page, const struct node *root)
{
	struct bytes html;
	page_load();
	return page_render(world.arena, page, root, "nl", &html) == OK && html.size > 500;
}

IN_WRITE(a_conversation_on_a_page)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = community(t, "board", anna.id);
	struct post p = written(t,
		(struct post_draft){.author = anna.id, .community = board.id, .title = "Energy"});
	struct post a = written(t, (struct post_draft){.author = bas.id, .parent = p.id});
	struct post b = written(t, (struct post_draft){.author = anna.id, .parent = a.id});
	struct viewer nobody = {0}, member = {.actor = bas.id, .local = true};
	struct arena *arena = txn_arena(t);
	const char *path = arena_format(arena, "/@anna/%llu", (unsigned long long)b.id);
	const struct node *page;
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
		== OK);
	WANT(text_is(world_text(page, "heading"), "Energy") && world_count(page, "replies") == 2);
	WANT(world_number(page, "reply_count") == 2 && world_number(page, "may_reply") == 0);
	WANT(world_number(page, "replies.0.deep") == 0
		&& world_number(page, "replies.1.deep") == 1);
	WANT(text_is(world_text(page, "replies.1.answers.who"), "bas")
		&& world_number(page, "start.mine") == 0);
	WANT(text_is(world_text(page, "alternate"), b.uri) && renders("conversation", page));
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &member, NULL), t, &page)
		== OK);
	WANT(world_number(page, "may_reply") == 1 && world_number(page, "replies.0.mine") == 1
		&& renders("conversation", page));
	WANT(post_remove(t, bas.id, a.id, NULL, NULL) == OK);
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
		== OK);
	WANT(world_count(page, "replies") == 2 && world_number(page, "replies.0.gone") == 1);
	WANT(world_node(page, "replies.0.content") == NULL && renders("conversation", page));
	WANT(text_is(world_text(page, "replies.1.answers.who"), "")); /* nor who wrote it */
	path = arena_format(arena, "/@bas/%llu", (unsigned long long)b.id);
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
		== ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_private_answer_leaves_no_line)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = written(t, (struct post_draft){.author = anna.id});
	struct post secret = written(t,
		(struct post_draft){
			.author = bas.id, .parent = p.id, .visibility = VISIBLE_DIRECT});
	struct viewer nobody = {0}, member = {.actor = anna.id, .local = true};
	const char *path = arena_format(txn_arena(t), "/@anna/%llu", (unsigned long long)p.id);
	const struct node *page;
	WANT(secret.id
		&& world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
			== OK);
	WANT(world_count(page, "replies") == 0);
	WANT(world_number(page, "reply_count") == 0 && replies(t, p.id) == 0);
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &member, NULL), t, &page)
		== OK);
	WANT(world_count(page, "replies") == 1);
	/* However many there are: no next page, and behind them what anyone may read. */
	for (int i = 0; i < 120; i++)
		WANT(written(t,
			     (struct post_draft){.author = bas.id,
				     .parent = p.id,
				     .visibility = VISIBLE_DIRECT})
				.id
			!= 0);
	struct post open = written(t, (struct post_draft){.author = bas.id, .parent = p.id});
	WANT(world_read(world_call(&feature_post, METHOD_GET,
				arena_format(txn_arena(t), "/@anna/%llu", (unsigned long long)p.id),
				&nobody, NULL),
		     t, &page)
		== OK);
	WANT(open.id && world_count(page, "replies") == 1 && world_node(page, "newer") == NULL);
	path = arena_format(txn_arena(t), "/@bas/%llu", (unsigned long long)secret.id);
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
		== ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(forms_do_what_they_say)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = community(t, "board", anna.id);
	struct viewer me = {.actor = bas.id, .local = true},
		      her = {.actor = anna.id, .local = true};
	struct arena *arena = txn_arena(t);
	const struct node *page;
	struct u64s ids;
	struct post p;
	WANT(world_read(world_call(&feature_post, METHOD_GET, "/c/board/new", &me, NULL), t, &page)
		== OK);
	WANT(renders("compose", page));
	struct call *call = world_call(&feature_post, METHOD_POST, "/c/board/new", &me,
		(const char *const[]){"title=Energy", "text=Who knows?", "language=nl", NULL});
	WANT(call->route->write(call, t) == OK && call->reply.status == 303);
	WANT(post_of_community(t, board.id, 0, 10, &ids) == OK && ids.count == 1
		&& post_load(t, ids.at[0], &p) == OK);
	WANT(text_is(
		call->reply.location, arena_format(arena, "/@bas/%llu", (unsigned long long)p.id)));
	const char *base = arena_format(arena, "/p/%llu", (unsigned long long)p.id);
	call = world_call(&feature_post, METHOD_POST, arena_format(arena, "%s/reply", base), &her,
		(const char *const[]){"text=I do", NULL});
	WANT(call->route->write(call, t) == OK && strstr(call->reply.location, "#p")
		&& replies(t, p.id) == 1);
	WANT(world_read(world_call(&feature_post, METHOD_GET, arena_format(arena, "%s/edit", base),
				&me, NULL),
		     t, &page)
		== OK);
	WANT(text_is(world_text(page, "post.text"), "Who knows?") && renders("edit", page));
	call = world_call(
		&feature_post, METHOD_GET, arena_format(arena, "%s/edit", base), &her, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	call = world_call(&feature_post, METHOD_POST, arena_format(arena, "%s/edit", base), &me,
		(const char *const[]){"title=Energy", "text=Who really knows?", NULL});
	WANT(call->route->write(call, t) == OK && post_load(t, p.id, &p) == OK && p.updated != 0);
	WANT(text_is(p.language, "nl")); /* what a form leaves out stays */
	call = world_call(
		&feature_post, METHOD_POST, arena_format(arena, "%s/lock", base), &her, NULL);
	WANT(call->route->write(call, t) == OK && world_lines(t, ACT_LOCK) == 1);
	call = world_call(
		&feature_post, METHOD_GET, arena_format(arena, "%s/delete", base), &her, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "own") == 0
		&& renders("delete", page));
	call = world_call(&feature_post, METHOD_POST, arena_format(arena, "%s/delete", base), &her,
		(const char *const[]){"reason=Off topic", NULL});
	WANT(call->route->write(call, t) == OK
		&& text_is(world_last(t, ACT_DELETE).note, "Off topic"));
	/* Back to the message, which they see and others do not: there it can be shown again. */
	WANT(text_is(call->reply.location, post_path(t, &p)));
	call = world_call(
		&feature_post, METHOD_POST, arena_format(arena, "%s/restore", base), &her, NULL);
	WANT(call->route->write(call, t) == OK && world_lines(t, ACT_RESTORE) == 1);
	return OK;
}

IN_WRITE(what_was_hidden_is_shown_again)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = community(t, "board", anna.id);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = written(t, (struct post_draft){.author = bas.id, .community = board.id});
	struct post r = written(t, (struct post_draft){.author = bas.id, .parent = p.id});
	struct u64s ids;
	int64_t replies;
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK
		&& post_remove(t, anna.id, r.id, NULL, NULL) == OK);
	WANT(post_restore(t, bas.id, p.id, NULL) == ERR_FORBIDDEN);
	WANT(post_restore(t, anna.id, p.id, NULL) == OK
		&& post_restore(t, anna.id, r.id, NULL) == OK);
	WANT(post_load(t, p.id, &p) == OK && p.removed_by == 0 && p.removed == 0);
	WANT(post_of_community(t, board.id, 0, 10, &ids) == OK && ids.count == 1);
	WANT(post_tally(t, p.id, TALLY_REPLIES, &replies) == OK && replies == 1);
	WANT(post_restore(t, anna.id, p.id, NULL) == OK
		&& world_lines(t, ACT_RESTORE) == 2); /* nothing to do */

	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK);
	struct activity hid = world_activity(&xi, "https://a.example/d/0", "Delete", p.uri);
	struct activity undo = world_activity(&xi, "https://a.example/d/1", "Undo", NULL);
	undo.inner = &hid;
	WANT(world_receive(t, &feature_post, &undo) == ERR_FORBIDDEN);
	WANT(community_moderator(t, anna.id, board.id, xi.id, true, NULL) == OK);
	WANT(world_receive(t, &feature_post, &undo) == OK && world_lines(t, ACT_RESTORE) == 3);
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK
		&& world_receive(t, &feature_post, &undo) == ERR_GONE);
	return OK;
}

IN_WRITE(a_side_branch_is_folded)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = community(t, "board", anna.id);
	struct viewer her = {.actor = anna.id, .local = true};
	struct post p = written(t, (struct post_draft){.author = anna.id, .community = board.id});
	struct post first = written(t, (struct post_draft){.author = anna.id, .parent = p.id}),
		    second = written(t, (struct post_draft){.author = anna.id, .parent = p.id}),
		    deep = first;
	for (int i = 0; i < 4; i++)
		deep = written(t, (struct post_draft){.author = anna.id, .parent = deep.id});
	const struct node *page;
	char id[ID_TEXT];
	WANT(world_read(
		     world_call(&feature_post, METHOD_GET, post_path(t, &p), &her, NULL), t, &page)
		== OK);
	WANT(world_count(page, "replies") == 8
		&& renders("conversation", page)); /* six, and the fold's two ends */
	WANT(world_number(page, "replies.3.fold") == 2
		&& world_number(page, "replies.3.open") == 0);
	WANT(world_number(page, "replies.6.unfold") == 1);
	WANT(text_is(world_text(page, "replies.7.id"), id_text(second.id, id)));
	WANT(world_read(world_call(&feature_post, METHOD_GET, post_path(t, &deep), &her, NULL), t,
		     &page)
		== OK);
	WANT(world_number(page, "replies.3.open") == 1);
	return OK;
}

IN_WRITE(a_conversation_is_summed_up)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = community(t, "board", anna.id);
	struct viewer her = {.actor = anna.id, .local = true},
		      him = {.actor = bas.id, .local = true};
	struct post p = written(t, (struct post_draft){.author = bas.id, .community = board.id});
	const char *form = arena_format(world.arena, "/p/%llu/summary", (unsigned long long)p.id);
	const char *const said[] = {"text=We gaan **zaterdag**.", NULL};
	const struct node *page;
	struct call *call = world_call(&feature_summary, METHOD_POST, form, &him, said);
	WANT(call->route->write(call, t) == ERR_FORBIDDEN);
	call = world_call(&feature_summary, METHOD_POST, form, &her, said);
	WANT(call->route->write(call, t) == OK);
	WANT(world_read(
		     world_call(&feature_post, METHOD_GET, post_path(t, &p), &him, NULL), t, &page)
		== OK);
	WANT(strstr(world_text(page, "summary_box.html"), "<strong>zaterdag</strong>") != NULL
		&& text_is(world_text(page, "summary_box.by.name"), "anna")
		&& renders("conversation", page));
	WANT(world_read(world_call(&feature_summary, METHOD_GET, form, &her, NULL), t, &page) == OK
		&& text_is(world_text(page, "summary_source"), said[0] + 5)
		&& renders("summary", page));
	call = world_call(
		&feature_summary, METHOD_POST, form, &her, (const char *const[]){"text= ", NULL});
	WANT(call->route->write(call, t) == OK);
	WANT(world_read(
		     world_call(&feature_post, METHOD_GET, post_path(t, &p), &him, NULL), t, &page)
			== OK
		&& world_node(page, "summary_box") == NULL);
	return OK;
}

IN_WRITE(what_is_typed_is_shown_first_and_earlier_words_later)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), g = world_group(t, "energie");
	struct viewer as_anna = {.actor = anna.id, .local = true}, nobody = {0};
	const struct node *page;
	struct call *call = world_call(&feature_post, METHOD_POST, "/c/energie/new/preview",
		&as_anna,
		(const char *const[]){
			"title=Een titel", "text=Met *nadruk* <script>", "language=nl", NULL});
	struct view *v = view_create(world.arena, VIEW_TREE);
	WANT(call->route->write == NULL && call->route->form(call, t, v) == OK);
	page = view_root(v);
	WANT(text_is(world_text(page, "preview.post_title"), "Een titel")
		&& strstr(world_text(page, "preview.content"), "<em>nadruk</em>") != NULL
		&& strstr(world_text(page, "preview.content"), "<script>") == NULL);
	WANT(world_lines(t, ACT_CREATE) == 0);

	struct post p;
	struct post_draft d = {.author = anna.id, .community = g.id, .source = "Eerst"};
	WANT(post_create(t, &d, NULL, NULL, &p) == OK);
	const char *path = arena_format(world.arena, "/p/%llu/history", (unsigned long long)p.id);
	call = world_call(&feature_post, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND); /* there is one version */
	d.source = "Daarna";
	WANT(post_edit(t, anna.id, p.id, &d, NULL, NULL) == OK);
	call = world_call(&feature_post, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "versions") == 2);
	WANT(strstr(world_text(page, "versions.0.content"), "Daarna") != NULL
		&& world_number(page, "versions.0.now") == 1);
	WANT(strstr(world_text(page, "versions.1.content"), "Eerst") != NULL);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_was_hidden_is_shown_again),
		WORLD_TEST(a_side_branch_is_folded),
		WORLD_TEST(a_conversation_is_summed_up),
		WORLD_TEST(what_is_typed_is_shown_first_and_earlier_words_later),
		WORLD_TEST(a_post_in_a_community),
		WORLD_TEST(who_blocks_is_not_called),
		WORLD_TEST(limits_of_a_text),
		WORLD_TEST(replies_stay_in_the_circle),
		WORLD_TEST(finds_the_community_of_a_remote_post),
		WORLD_TEST(cleans_what_comes_in),
		WORLD_TEST(an_id_belongs_to_its_author),
		WORLD_TEST(what_is_no_post_is_refused),
		WORLD_TEST(a_question_keeps_its_options),
		WORLD_TEST(its_create_after_it_was_fetched_is_passed_on),
		WORLD_TEST(replies_find_their_parent_later),
		WORLD_TEST(replies_are_counted_as_long_as_they_stand),
		WORLD_TEST(a_reply_belongs_where_its_conversation_is),
		WORLD_TEST(no_circle_of_replies),
		WORLD_TEST(no_more_orphans_than_the_limit_at_once),
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
		WORLD_TEST(shows_a_note_and_an_article),
		WORLD_TEST(extras_survive_anything),
		WORLD_TEST(a_conversation_on_a_page),
		WORLD_TEST(a_private_answer_leaves_no_line),
		WORLD_TEST(forms_do_what_they_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
