/* post.c: tests of posts: written here, coming in from elsewhere; their ActivityPub shape. */
#include "world.h"

#include <string.h>

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
	struct actor board = world_community(t, "board", &anna);
	size_t before = world_lines(t, 0);
	struct post p = world_post(t,
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
		&& world_lists(t, board.id, p.id));
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
	WANT(world_post(t, draft).mentions.count == 1);
	WANT(block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(world_post(t, draft).mentions.count == 0);
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
	struct actor board = world_community(t, "board", &anna);
	struct post start = world_post(
		t, (struct post_draft){.author = anna.id, .community = board.id});
	struct post reply = world_post(
		t, (struct post_draft){.author = bas.id, .parent = start.id, .title = "No title"});
	struct post deeper = world_post(
		t, (struct post_draft){.author = cas.id, .parent = reply.id});
	WANT(reply.kind == POST_NOTE && reply.title == NULL && reply.community == board.id
		&& reply.root == start.id);
	WANT(text_is(reply.parent_uri, start.uri) && reply.mentions.count == 1
		&& reply.mentions.at[0] == anna.id);
	WANT(deeper.parent == reply.id && deeper.root == start.id);
	WANT(world_replies(t, start.id) == 2 && world_replies(t, reply.id) == 1);
	WANT(world_lists(t, board.id, start.id) && !world_lists(t, board.id, reply.id));
	struct post close = world_post(t,
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
		     board = world_community(t, "board", NULL);
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "b.example");
	const char *with_group[] = {WORLD_PUBLIC, board.uri},
		   *with_far[] = {far.uri, WORLD_PUBLIC, board.uri};
	struct tag tag = {"Mention", board.uri, "@board@ex.org"};
	struct post p;
	struct object o = world_note(&xi, "https://a.example/1", with_group, 2);
	WANT(world_take(t, &xi, &o, &p) == OK && p.community == board.id
		&& world_lists(t, board.id, p.id));
	struct line line = world_last(t, ACT_CREATE);
	WANT(text_is(line.uri, "https://a.example/1/create") && line.raw.size == 2
		&& line.target == board.id);
	o = world_note(&xi, "https://a.example/2", world_everyone, 1);
	o.audience = board.uri;
	WANT(world_take(t, &xi, &o, &p) == OK && p.community == board.id);
	o = world_note(&xi, "https://a.example/3", world_everyone, 1);
	o.tags = &tag;
	o.tag_count = 1;
	WANT(world_take(t, &xi, &o, &p) == OK && p.community == board.id && p.mentions.count == 0);
	o = world_note(&xi, "https://a.example/4", with_far, 3);
	WANT(world_take(t, &xi, &o, &p) == OK && p.community == board.id); /* ours goes first */
	o = world_note(&xi, "https://a.example/5", with_far, 2);
	WANT(world_take(t, &xi, &o, &p) == OK && p.community == far.id);
	WANT(!world_lists(
		t, far.id, p.id)); /* anyone can say so: it is listed when the group says it */
	o = world_note(&xi, "https://a.example/6", world_everyone, 1);
	o.in_reply_to = "https://a.example/1";
	WANT(world_take(t, &xi, &o, &p) == OK && p.community == board.id && p.parent != 0);
	WANT(world_replies(t, p.parent) == 1 && !world_lists(t, board.id, p.id));
	return OK;
}

IN_WRITE(cleans_what_comes_in)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
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
	WANT(world_take(t, &xi, &o, &p) == OK && text_is(p.content, "<p>Hi</p>")
		&& text_is(p.summary, "Beware"));
	WANT(p.url == NULL && p.language == NULL && p.published == NOW);
	struct extra x;
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.attachment_count == 1 && text_is(x.attachments[0].name, "A heron"));
	o.id = "https://a.example/2";
	o.content = letters(txn_arena(t), 128 * 1024 + 1);
	WANT(world_take(t, &xi, &o, &p) == ERR_TOO_MUCH);
	return OK;
}

IN_WRITE(an_id_belongs_to_its_author)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "a.example");
	struct actor zed = world_remote(t, ACTOR_PERSON, "zed", "b.example"),
		     anna = world_person(t, "anna");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct post p, again;
	WANT(world_take(t, &zed, &o, &p) == ERR_FORBIDDEN
		&& world_take(t, &yo, &o, &p) == ERR_FORBIDDEN);
	WANT(world_take(t, &anna, &o, &p) == ERR_FORBIDDEN);
	WANT(world_take(t, &xi, &o, &p) == OK);
	o.content = "<p>Other words</p>";
	WANT(world_take(t, &xi, &o, &again) == ERR_CONFLICT && again.id == p.id
		&& text_is(again.content, "<p>Hi</p>"));
	o.attributed_to = yo.uri;
	WANT(world_take(t, &yo, &o, &again) == ERR_CONFLICT);
	WANT(post_load(t, p.id, &again) == OK && again.author == xi.id
		&& text_is(again.content, "<p>Hi</p>"));
	o = world_note(&zed, "https://a.example/9", world_everyone, 1);
	WANT(world_take(t, &zed, &o, &p) == ERR_FORBIDDEN); /* an id of another host */
	WANT(world_lines(t, ACT_CREATE) == 1);
	return OK;
}

IN_WRITE(what_is_no_post_is_refused)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = world_note(&xi, "https://a.example/1", world_everyone, 1);
	struct post p;
	o.type = "Person";
	WANT(world_take(t, &xi, &o, &p) == ERR_INVALID);
	o.type = "Note";
	o.content = NULL;
	WANT(world_take(t, &xi, &o, &p) == ERR_INVALID); /* nothing in it */
	o.name = "Yes";
	o.in_reply_to = "https://ex.org/p/1";
	WANT(world_take(t, &xi, &o, &p) == ERR_INVALID); /* a vote */
	o.in_reply_to = NULL;
	o.type = "Event";
	o.summary = "Tuesday, Utrecht";
	o.url = "https://a.example/e/1";
	WANT(world_take(t, &xi, &o, &p) == OK && p.kind == POST_PAGE && text_is(p.title, "Yes"));
	WANT(text_is(p.url, "https://a.example/e/1") && text_is(p.summary, "Tuesday, Utrecht"));
	return OK;
}

IN_WRITE(a_question_keeps_its_options)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o = world_note(&xi, "https://a.example/q", world_everyone, 1);
	struct option options[] = {{"Yes", 3}, {"No", 1}};
	struct extra x;
	struct post p;
	o.type = "Question";
	o.options = options;
	o.option_count = 2;
	o.voters = 4;
	WANT(world_take(t, &xi, &o, &p) == OK && p.kind == POST_QUESTION
		&& post_load(t, p.id, &p) == OK);
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
		     board = world_community(t, "board", NULL);
	const char *to[] = {WORLD_PUBLIC, board.uri};
	struct object o = world_note(&xi, "https://a.example/1", to, 2);
	struct post p;
	WANT(post_create(t, &(struct post_draft){.author = xi.id, .remote = &o}, NULL, NULL, &p)
			== OK
		&& p.fetched);
	WANT(world_last(t, ACT_CREATE).raw.size == 0);
	WANT(world_take(t, &xi, &o, &p) == OK && !p.fetched);
	WANT(world_lines(t, ACT_CREATE) == 2 && world_last(t, ACT_CREATE).raw.size == 2);
	WANT(world_take(t, &xi, &o, &p) == ERR_CONFLICT
		&& world_lines(t, ACT_CREATE) == 2); /* once */
	return OK;
}

IN_WRITE(replies_find_their_parent_later)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     board = world_community(t, "board", NULL);
	const char *to[] = {WORLD_PUBLIC, board.uri};
	struct object child = world_note(&xi, "https://a.example/2", world_everyone, 1);
	struct object grandchild = world_note(&xi, "https://a.example/3", world_everyone, 1);
	struct object start = world_note(&xi, "https://a.example/1", to, 2);
	struct post p, c, g;
	child.in_reply_to = start.id;
	grandchild.in_reply_to = child.id;
	WANT(world_take(t, &xi, &child, &c) == OK && c.parent == 0 && c.root == c.id
		&& text_is(c.parent_uri, start.id));
	WANT(world_take(t, &xi, &grandchild, &g) == OK && g.root == c.id);
	WANT(world_take(t, &xi, &start, &p) == OK && post_load(t, c.id, &c) == OK
		&& post_load(t, g.id, &g) == OK);
	WANT(c.parent == p.id && c.root == p.id && g.parent == c.id && g.root == p.id);
	WANT(c.community == board.id && g.community == board.id);
	WANT(world_replies(t, p.id) == 2 && world_replies(t, c.id) == 1);
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
		struct object o = world_note(&xi,
			arena_format(txn_arena(t), "https://a.example/%d", i + 1), world_everyone,
			1);
		o.in_reply_to = arena_format(txn_arena(t), "https://a.example/%d", i);
		WANT(world_take(t, &xi, &o, i == 1 ? &p : &q) == OK);
	}
	struct object gone = world_note(&xi, "https://a.example/9", world_everyone, 1);
	gone.in_reply_to = "https://a.example/1";
	WANT(world_take(t, &xi, &gone, &q) == OK && post_remove(t, xi.id, q.id, NULL, NULL) == OK);
	WANT(world_replies(t, p.id) == 3);
	struct object start = world_note(&xi, "https://a.example/1", world_everyone, 1);
	WANT(world_take(t, &xi, &start, &q) == OK);
	WANT(world_replies(t, q.id) == 4
		&& world_replies(t, p.id) == 1); /* what is gone does not count */
	WANT(post_by_uri(t, "https://a.example/3", &p) == OK
		&& post_remove(t, xi.id, p.id, NULL, NULL) == OK);
	WANT(post_by_uri(t, "https://a.example/2", &p) == OK && world_replies(t, p.id) == 0
		&& world_replies(t, q.id) == 3);
	return OK;
}

IN_WRITE(a_reply_belongs_where_its_conversation_is)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     anna = world_person(t, "anna"), board = world_community(t, "board", &anna);
	struct post own, p;
	struct object start = world_note(&xi, "https://a.example/1", world_everyone, 1);
	WANT(block_add(t, anna.id, board.id, xi.id, NULL, NULL) == OK);
	WANT(world_take(t, &xi, &start, &p) == OK);
	const char *to[] = {WORLD_PUBLIC, board.uri};
	struct object answer = world_note(&xi, "https://a.example/2", to, 2);
	answer.in_reply_to = start.id;
	WANT(world_take(t, &xi, &answer, &p) == OK && p.community == 0);
	WANT(world_last(t, ACT_CREATE).target == 0); /* or the community would pass it on */
	own = world_post(t, (struct post_draft){.author = anna.id});
	p = world_post(
		t, (struct post_draft){.author = anna.id, .parent = own.id, .community = board.id});
	WANT(p.id != 0 && p.community == 0);
	return OK;
}

IN_WRITE(no_circle_of_replies)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object a = world_note(&xi, "https://a.example/1", world_everyone, 1),
		      b = world_note(&xi, "https://a.example/2", world_everyone, 1);
	struct object self = world_note(&xi, "https://a.example/3", world_everyone, 1);
	struct post p, q;
	a.in_reply_to = b.id;
	b.in_reply_to = a.id;
	self.in_reply_to = self.id;
	WANT(world_take(t, &xi, &a, &p) == OK && world_take(t, &xi, &b, &q) == OK
		&& q.parent == p.id);
	WANT(post_load(t, p.id, &p) == OK && p.parent == 0 && p.root == p.id);
	WANT(world_take(t, &xi, &self, &p) == OK && p.root == p.id && p.parent == 0);
	return OK;
}

IN_WRITE(no_more_orphans_than_the_limit_at_once)
{
	(void)arg;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object start = world_note(&xi, "https://a.example/0", world_everyone, 1);
	struct post p, q;
	for (int i = 1; i <= 51; i++) {
		struct object o = world_note(&xi,
			arena_format(txn_arena(t), "https://a.example/%d", i), world_everyone, 1);
		o.in_reply_to = start.id;
		WANT(world_take(t, &xi, &o, &p) == OK);
	}
	WANT(world_take(t, &xi, &start, &p) == OK && world_replies(t, p.id) == 50);
	struct object late = world_note(&xi, "https://a.example/99", world_everyone, 1);
	late.in_reply_to = start.id;
	WANT(world_take(t, &xi, &late, &q) == OK
		&& world_replies(t, p.id) == 52); /* brings in the last one */
	return OK;
}

/* ---- as ActivityPub says it ------------------------------------------------------------------ */

IN_WRITE(shows_a_note_and_an_article)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_community(t, "board", &anna);
	struct post p = world_post(t,
		(struct post_draft){.author = anna.id,
			.community = board.id,
			.title = "Energy",
			.source = "Long *story* #sun",
			.language = "nl"});
	struct post reply = world_post(
		t, (struct post_draft){.author = anna.id, .parent = p.id, .summary = "Careful"});
	const json_node *o = world_object(t, p.id), *n = world_object(t, reply.id);
	WANT(o && text_is(world_words(o, "id"), p.uri) && text_is(world_words(o, "type"), "Article")
		&& text_is(world_words(o, "name"), "Energy"));
	WANT(text_is(world_words(o, "attributedTo"), anna.uri)
		&& text_is(world_words(o, "audience"), board.uri));
	WANT(text_is(world_words(o, "summary"), "Long story #sun")
		&& text_is(world_words(o, "url"), p.url));
	WANT(text_is(world_words(json_member(o, "contentMap"), "nl"), world_words(o, "content")));
	WANT(text_is(world_words(json_member(o, "language"), "identifier"), "nl"));
	WANT(text_is(world_words(json_member(o, "source"), "content"), "Long *story* #sun"));
	WANT(text_is(world_words(o, "context"),
		arena_format(txn_arena(t), "https://ex.org/t/%llu", (unsigned long long)p.id)));
	const json_node *group = json_item(json_member(o, "tag"), 0),
			*hashtag = json_item(json_member(o, "tag"), 1);
	WANT(text_is(world_words(group, "href"), board.uri)
		&& text_is(world_words(group, "name"), "@board@ex.org"));
	WANT(text_is(world_words(hashtag, "type"), "Hashtag")
		&& text_is(world_words(hashtag, "name"), "#sun"));
	WANT(json_count(json_member(o, "to")) == 2 && json_member(o, "inReplyTo") == NULL);
	WANT(n && text_is(world_words(n, "type"), "Note") && json_member(n, "name") == NULL
		&& text_is(world_words(n, "summary"), "Careful"));
	WANT(text_is(world_words(n, "inReplyTo"), p.uri)
		&& text_is(world_words(n, "context"), world_words(o, "context")));
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK
		&& (o = world_object(t, p.id)) != NULL);
	WANT(text_is(world_words(o, "type"), "Tombstone")
		&& text_is(world_words(o, "formerType"), "Article")
		&& json_member(o, "deleted") != NULL);
	WANT(json_member(o, "content") == NULL && json_member(o, "attributedTo") == NULL
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		WORLD_TEST(shows_a_note_and_an_article),
		WORLD_TEST(extras_survive_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
