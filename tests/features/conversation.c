/* conversation.c: tests of the pages of posts: a conversation, its forms, what was hidden, what was before. */
#include "world.h"

#include <string.h>

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
		     board = world_community(t, "board", &anna);
	struct post p = world_post(t,
		(struct post_draft){.author = anna.id, .community = board.id, .title = "Energy"});
	struct post a = world_post(t, (struct post_draft){.author = bas.id, .parent = p.id});
	struct post b = world_post(t, (struct post_draft){.author = anna.id, .parent = a.id});
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
	struct post p = world_post(t, (struct post_draft){.author = anna.id});
	struct post secret = world_post(t,
		(struct post_draft){
			.author = bas.id, .parent = p.id, .visibility = VISIBLE_DIRECT});
	struct viewer nobody = {0}, member = {.actor = anna.id, .local = true};
	const char *path = arena_format(txn_arena(t), "/@anna/%llu", (unsigned long long)p.id);
	const struct node *page;
	WANT(secret.id
		&& world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
			== OK);
	WANT(world_count(page, "replies") == 0);
	WANT(world_number(page, "reply_count") == 0 && world_replies(t, p.id) == 0);
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &member, NULL), t, &page)
		== OK);
	WANT(world_count(page, "replies") == 1);
	/* However many there are: no next page, and behind them what anyone may read. */
	for (int i = 0; i < 120; i++)
		WANT(world_post(t,
			     (struct post_draft){.author = bas.id,
				     .parent = p.id,
				     .visibility = VISIBLE_DIRECT})
				.id
			!= 0);
	struct post open = world_post(t, (struct post_draft){.author = bas.id, .parent = p.id});
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
		     board = world_community(t, "board", &anna);
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
		&& world_replies(t, p.id) == 1);
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
		     board = world_community(t, "board", &anna);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = world_post(t, (struct post_draft){.author = bas.id, .community = board.id});
	struct post r = world_post(t, (struct post_draft){.author = bas.id, .parent = p.id});
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
	struct actor anna = world_person(t, "anna"), board = world_community(t, "board", &anna);
	struct viewer her = {.actor = anna.id, .local = true};
	struct post p = world_post(
		t, (struct post_draft){.author = anna.id, .community = board.id});
	struct post first = world_post(t, (struct post_draft){.author = anna.id, .parent = p.id}),
		    second = world_post(t, (struct post_draft){.author = anna.id, .parent = p.id}),
		    deep = first;
	for (int i = 0; i < 4; i++)
		deep = world_post(t, (struct post_draft){.author = anna.id, .parent = deep.id});
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
		     board = world_community(t, "board", &anna);
	struct viewer her = {.actor = anna.id, .local = true},
		      him = {.actor = bas.id, .local = true};
	struct post p = world_post(t, (struct post_draft){.author = bas.id, .community = board.id});
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

IN_WRITE(what_members_came_to_is_not_told_to_more)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_community(t, "board", &anna);
	world_member(&bas, 0, 0, 0);
	struct viewer her = {.actor = anna.id, .local = true}, nobody = {0};
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS}, all = {0};
	struct post p = world_post(t,
		(struct post_draft){.author = bas.id, .community = board.id, .circles = &members});
	const char *form = arena_format(world.arena, "/p/%llu/summary", (unsigned long long)p.id);
	const struct node *page;
	struct call *call = world_call(&feature_summary, METHOD_POST, form, &her,
		(const char *const[]){"text=Ed cannot pay.", NULL});
	WANT(call->route->write(call, t) == OK);
	struct post_draft edit = {.author = bas.id, .source = "Hello", .circles = &members};
	WANT(post_edit(t, bas.id, p.id, &edit, NULL, NULL) == OK);
	call = world_call(&feature_post, METHOD_GET, post_path(t, &p), &her, NULL);
	WANT(world_read(call, t, &page) == OK && world_node(page, "summary_box") != NULL);
	edit.circles = &all;
	WANT(post_edit(t, bas.id, p.id, &edit, NULL, NULL) == OK);
	call = world_call(&feature_post, METHOD_GET, post_path(t, &p), &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_node(page, "start") != NULL
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

/* A long time in which nobody answered is told, between answers that come after each other. */
IN_WRITE(quiet_months_are_told)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = world_post(t, (struct post_draft){.author = anna.id});
	time_freeze(NOW + 29 * DAY);
	struct post a = world_post(t, (struct post_draft){.author = bas.id, .parent = p.id});
	time_freeze(NOW + 29 * DAY + 364 * DAY);
	struct post b = world_post(t, (struct post_draft){.author = anna.id, .parent = a.id});
	time_freeze(NOW + 29 * DAY + 30 * DAY);
	struct post c = world_post(t, (struct post_draft){.author = bas.id, .parent = p.id});
	time_freeze(NOW + 3 * 366 * DAY);
	struct post d = world_post(t, (struct post_draft){.author = bas.id, .parent = p.id});
	struct viewer nobody = {0};
	const struct node *page;
	struct bytes html;
	WANT(b.id && c.id && d.id);
	WANT(world_read(world_call(&feature_post, METHOD_GET, post_path(t, &p), &nobody, NULL), t,
		     &page)
		== OK);
	WANT(world_count(page, "replies") == 7 && world_number(page, "replies.0.quiet") == 0);
	WANT(world_number(page, "replies.1.months") == 11
		&& world_number(page, "replies.1.years") == 0); /* b, after a */
	WANT(world_number(page, "replies.3.months") == 1);      /* c, after a */
	WANT(world_number(page, "replies.5.years") == 2 && renders("conversation", page));
	WANT(page_render(world.arena, "conversation", page, "nl", &html) == OK);
	WANT(strstr(html.data, ">11 maanden later<") && strstr(html.data, ">1 maand later<")
		&& strstr(html.data, ">2 jaar later<"));
	WANT(page_render(world.arena, "conversation", page, "en", &html) == OK);
	WANT(strstr(html.data, ">1 month later<") && strstr(html.data, ">2 years later<"));
	return OK;
}

/* For whom an answer is, is told where that is not everyone; the start always tells it. */
IN_WRITE(an_answer_tells_its_circle_when_not_everyone_reads_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_community(t, "board", &anna);
	struct circles members = {.read = CIRCLE_MEMBERS, .act = CIRCLE_MEMBERS};
	struct viewer me = world_as(&anna);
	world_member(&anna, 0, 0, 0);
	me.member = true;
	struct post p = world_post(
		t, (struct post_draft){.author = anna.id, .community = board.id});
	struct post open = world_post(t, (struct post_draft){.author = anna.id, .parent = p.id});
	const char *path = post_path(t, &p);
	const struct node *page;
	struct bytes html;
	WANT(open.id
		&& world_read(world_call(&feature_post, METHOD_GET, path, &me, NULL), t, &page)
			== OK);
	page_load();
	WANT(page_render(world.arena, "conversation", page, "nl", &html) == OK);
	const char *told = strstr(html.data, ">Iedereen<");
	WANT(told != NULL && strstr(told + 1, ">Iedereen<") == NULL);
	WANT(strstr(html.data, ">Leden<") == NULL);
	struct post apart = world_post(
		t, (struct post_draft){.author = anna.id, .parent = p.id, .circles = &members});
	WANT(apart.id
		&& world_read(world_call(&feature_post, METHOD_GET, path, &me, NULL), t, &page)
			== OK);
	WANT(page_render(world.arena, "conversation", page, "nl", &html) == OK
		&& strstr(html.data, ">Leden<") != NULL);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_was_hidden_is_shown_again),
		WORLD_TEST(a_side_branch_is_folded),
		WORLD_TEST(a_conversation_is_summed_up),
		WORLD_TEST(what_members_came_to_is_not_told_to_more),
		WORLD_TEST(what_is_typed_is_shown_first_and_earlier_words_later),
		WORLD_TEST(a_conversation_on_a_page),
		WORLD_TEST(a_private_answer_leaves_no_line),
		WORLD_TEST(forms_do_what_they_say),
		WORLD_TEST(quiet_months_are_told),
		WORLD_TEST(an_answer_tells_its_circle_when_not_everyone_reads_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
