/* coach.c: tests of questions to a coach: who sees them, who has room, how they come by message and go back, consent. */
#include "article.h"
#include "question.h"
#include "roll.h"
#include "world.h"

#include <string.h>

static struct {
	struct actor anna, bas, coach, second, mod, board; /* a member, a guest, two coaches */
} all;

static int open_with_words(void **state)
{
	page_load();
	return world_open(state);
}
#define COACH_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_words, world_close)

static struct coach is_coach(struct txn *t, const struct actor *who, uint32_t room, uint32_t days)
{
	struct coach c = {all.board.id, who->id, "Heat pumps", room, days};
	if (coach_set(t, &c, NULL) != OK)
		die("no coach");
	return c;
}

static void people(struct txn *t)
{
	all.mod = world_person(t, "mod");
	struct community_draft draft = {.name = "board", .title = "Board", .founder = all.mod.id};
	all.anna = world_person(t, "anna");
	all.bas = world_person(t, "bas");
	all.coach = world_person(t, "coach");
	all.second = world_person(t, "second");
	if (community_create(t, &draft, NULL, &all.board) != OK)
		die("no community");
	world_member(&all.anna, all.board.id, 0, 0);
	world_member(&all.coach, all.board.id, ROLE_EXPERT, 0);
	world_member(&all.second, all.board.id, ROLE_EXPERT, 0);
	is_coach(t, &all.coach, COACH_OPEN, 5);
}

static struct ask asks(struct txn *t, uint64_t who, enum ask_way way, uint64_t coach)
{
	struct ask a = {.community = all.board.id,
		.asker = who,
		.way = way,
		.coach = coach,
		.text = "Why is it **cold**?"};
	if (ask_add(t, &a, NULL) != OK)
		die("not asked");
	return a;
}

IN_WRITE(only_an_expert_is_a_coach)
{
	(void)arg;
	people(t);
	struct refusal why = {0};
	struct coach c = {all.board.id, all.anna.id, "All", COACH_OPEN, 5};
	struct u64s coaches;
	WANT(coach_set(t, &c, &why) == ERR_FORBIDDEN);
	c.actor = all.second.id;
	c.topics = "";
	WANT(coach_set(t, &c, &why) == ERR_INVALID && text_is(why.field, "topics"));
	c.topics = "All";
	c.days = 61;
	WANT(coach_set(t, &c, &why) == ERR_INVALID && text_is(why.field, "days"));
	c.days = 7;
	c.room = 0;
	WANT(coach_set(t, &c, &why) == ERR_INVALID && text_is(why.field, "room"));
	c.room = COACH_LIMITED;
	WANT(coach_set(t, &c, &why) == OK && coach_list(t, all.board.id, &coaches) == OK
		&& coaches.count == 2);
	WANT(coach_days(t, all.board.id, 0) == 7 && coach_days(t, all.board.id, all.coach.id) == 5);
	WANT(text_is(coach_term(txn_arena(t), "nl", 7),
		"Je kunt binnen ongeveer 7 dagen een antwoord verwachten."));
	return OK;
}

IN_WRITE(a_private_question_is_for_its_coach_alone)
{
	(void)arg;
	people(t);
	is_coach(t, &all.second, COACH_OPEN, 3);
	struct ask a = asks(t, all.bas.id, ASK_PRIVATE, all.coach.id),
		   any = asks(t, all.bas.id, ASK_PRIVATE, 0);
	WANT(a.due == NOW + 5 * DAY && any.due == NOW + 5 * DAY && a.post == 0);
	WANT(world_lines(t, ACT_CREATE) == 0); /* nothing of it is a post */
	WANT(ask_may_answer(t, all.coach.id, &a) && !ask_may_answer(t, all.second.id, &a));
	WANT(ask_may_answer(t, all.second.id, &any));
	WANT(!ask_may_answer(t, all.mod.id, &a) && !ask_may_answer(t, all.bas.id, &a)
		&& !ask_may_answer(t, 0, &a));
	WANT(world_heard(t, all.coach.id, NOTICE_COACH) == 2
		&& world_heard(t, all.second.id, NOTICE_COACH) == 1);
	struct refusal why = {0};
	WANT(ask_answer(t, all.second.id, a.id, "Because", false, &why) == ERR_NOT_FOUND);
	WANT(ask_answer(t, all.coach.id, a.id, "  ", false, &why) == ERR_INVALID);
	WANT(ask_answer(t, all.coach.id, a.id, "Because", false, &why) == OK);
	WANT(ask_answer(t, all.coach.id, a.id, "Again", false, &why) == ERR_CONFLICT);
	WANT(ask_load(t, a.id, &a) == OK && text_is(a.answer, "Because") && a.by == all.coach.id);
	WANT(world_heard(t, all.bas.id, NOTICE_COACH) == 1 && world_lines(t, ACT_CREATE) == 0);
	WANT(ask_remove(t, all.coach.id, a.id) == ERR_NOT_FOUND);
	WANT(ask_remove(t, all.bas.id, a.id) == OK && ask_load(t, a.id, &a) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(who_has_no_room_is_asked_nothing)
{
	(void)arg;
	people(t);
	struct refusal why = {0};
	is_coach(t, &all.coach, COACH_LIMITED, 5);
	for (int i = 0; i < 3; i++)
		asks(t, all.bas.id, ASK_PRIVATE, all.coach.id);
	struct ask a = {.community = all.board.id,
		.asker = all.anna.id,
		.way = ASK_PRIVATE,
		.coach = all.coach.id,
		.text = "And I?"};
	WANT(ask_add(t, &a, &why) == ERR_INVALID && text_is(why.field, "coach"));
	a.coach = 0;
	WANT(ask_add(t, &a, &why) == ERR_INVALID && text_is(why.field, "coach"));
	is_coach(t, &all.second, COACH_OPEN, 2);
	WANT(ask_add(t, &a, &why) == OK && a.due == NOW + 2 * DAY);
	is_coach(t, &all.second, COACH_CLOSED, 2);
	WANT(coach_days(t, all.board.id, 0) == 0);
	is_coach(t, &all.second, COACH_OPEN, 2);
	asks(t, all.bas.id, ASK_PRIVATE, 0);
	asks(t, all.bas.id, ASK_PRIVATE, 0);
	a.asker = all.bas.id;
	WANT(ask_add(t, &a, &why) == ERR_INVALID && text_is(why.field, "text"));
	return OK;
}

IN_WRITE(for_members_or_everyone_it_is_a_question)
{
	(void)arg;
	people(t);
	struct refusal why = {0};
	struct post p;
	struct ask open = asks(t, all.bas.id, ASK_PUBLIC, 0),
		   members = asks(t, all.anna.id, ASK_MEMBERS, 0);
	WANT(post_load(t, open.post, &p) == OK && p.kind == POST_ASKED && p.author == all.bas.id
		&& p.circles.read == CIRCLE_EVERYONE);
	WANT(post_load(t, members.post, &p) == OK && p.circles.read == CIRCLE_MEMBERS);
	struct ask no = {.community = all.board.id,
		.asker = all.bas.id,
		.way = ASK_MEMBERS,
		.text = "I am no member"};
	WANT(ask_add(t, &no, &why) == ERR_INVALID && text_is(why.field, "way"));
	no.way = ASK_ANONYMOUS;
	WANT(ask_add(t, &no, &why) == ERR_INVALID && text_is(why.field, "way"));
	WANT(ask_answer(t, all.coach.id, open.id, "So", false, &why) == OK);
	struct u64s ids;
	WANT(post_of_conversation(t, open.post, open.post, 10, &ids) == OK && ids.count == 1
		&& post_load(t, ids.at[0], &p) == OK && p.author == all.coach.id);
	return OK;
}

/* Neither members nor the coach see who asks; who asked may choose the answer all the same. */
IN_WRITE(without_a_name_it_stands_in_the_communitys)
{
	(void)arg;
	people(t);
	struct ask a = asks(t, all.anna.id, ASK_ANONYMOUS, 0);
	struct post p, answer;
	struct u64s ids;
	struct viewer coach = {.actor = all.coach.id, .local = true}, nobody = {0},
		      anna = {.actor = all.anna.id, .local = true};
	const struct node *page;
	char path[64];
	WANT(post_load(t, a.post, &p) == OK && p.author == all.board.id
		&& p.circles.read == CIRCLE_MEMBERS);
	WANT(!circle_may_read(t, &nobody, &p) && circle_may_read(t, &coach, &p));
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", &p, &coach);
	WANT(text_is(world_text(view_root(v), "post.author.name"), "board"));
	WANT(text_print(path, sizeof path, "/coach/%llu", (unsigned long long)a.id));
	struct call *call = world_call(&feature_coach, METHOD_GET, path, &coach, NULL);
	WANT(world_read(call, t, &page) == OK && world_node(page, "asker.name") == NULL
		&& world_number(page, "may_answer") == 1);
	WANT(ask_answer(t, all.coach.id, a.id, "So", false, NULL) == OK
		&& world_heard(t, all.anna.id, NOTICE_COACH) == 1);
	WANT(post_of_conversation(t, a.post, a.post, 10, &ids) == OK && ids.count == 1
		&& post_load(t, ids.at[0], &answer) == OK);
	WANT(question_may_choose(t, all.anna.id, &p) && !question_may_choose(t, all.second.id, &p));
	WANT(question_choose(t, all.anna.id, answer.id, true) == OK);
	WANT(world_lines(t, ACT_CHOOSE) == 0); /* it is for members: nobody is told who chose */
	call = world_call(&feature_coach, METHOD_GET, path, &anna, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "mine") == 1);
	return OK;
}

/* ---- published, when who asked says so ------------------------------------------------------- */

IN_WRITE(it_is_published_with_consent_only)
{
	(void)arg;
	people(t);
	struct refusal why = {0};
	struct article draft;
	uint64_t article = 0, post = 0;
	struct ask a = asks(t, all.bas.id, ASK_PRIVATE, 0);
	WANT(ask_consent(t, a.id, true) == ERR_CONFLICT); /* to what? */
	WANT(ask_answer(t, all.coach.id, a.id, "Because of the *north* wind", true, NULL) == OK);
	WANT(ask_load(t, a.id, &a) == OK && a.consent == CONSENT_ASKED);
	WANT(ask_article(t, all.coach.id, a.id, &article) == ERR_CONFLICT);
	WANT(ask_consent(t, a.id, true) == OK && world_heard(t, all.coach.id, NOTICE_COACH) == 2);
	WANT(ask_article(t, all.second.id, a.id, &article) == ERR_NOT_FOUND);
	WANT(ask_article(t, all.coach.id, a.id, &article) == OK && article != 0);
	WANT(article_load(t, article, &draft) == OK && draft.author == all.coach.id
		&& draft.ask == a.id);
	WANT(strstr(draft.source, "Why is it **cold**?") != NULL
		&& strstr(draft.source, "north") != NULL && strstr(draft.source, "bas") == NULL);
	/* It goes the way of all articles; and a yes can be taken back until it is placed. */
	draft.summary = "Short";
	WANT(article_write(t, all.coach.id, &draft, 0, &why) == OK
		&& article_hand_in(t, all.coach.id, article, 0, &why) == OK);
	WANT(ask_consent(t, a.id, false) == OK);
	WANT(article_decide(t, all.mod.id, article, ARTICLE_PLACED, 0, NULL, &why, &post)
			== ERR_INVALID
		&& text_is(why.field, "verdict"));
	WANT(ask_consent(t, a.id, true) == OK);
	WANT(article_decide(t, all.mod.id, article, ARTICLE_PLACED, 0, NULL, &why, &post) == OK
		&& post != 0);
	return OK;
}

/* ---- by message ------------------------------------------------------------------------------ */

static enum err follow(struct txn *t)
{
	struct line line = world_last(t, ACT_CREATE);
	const struct journal_reader *r = feature_coach.readers;
	enum err e = r->follow(t, &line, r->arg);
	return e == OK ? r->follow(t, &line, r->arg) : e; /* as after a crash */
}

static struct post message(struct txn *t, const struct actor *from, const char *id,
	const char *parent, const char *html)
{
	const char **to = arena_array(txn_arena(t), 1, sizeof *to);
	struct post p = {0};
	to[0] = all.board.uri;
	struct object o = {.id = arena_format(txn_arena(t), "https://a.example/n/%s", id),
		.type = "Note",
		.attributed_to = from->uri,
		.in_reply_to = parent,
		.content = html,
		.language = "en",
		.to = {to, 1}};
	struct post_draft d = {.author = from->id, .remote = &o};
	struct origin origin = {"https://a.example/c", {"{}", 2}, 0};
	return post_create(t, &d, &origin, NULL, &p) == OK ? p : (struct post){0};
}

IN_WRITE(a_message_from_elsewhere_reaches_the_coaches_and_the_answer_goes_back)
{
	(void)arg;
	people(t);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = message(t, &xi, "1", NULL, "<p>@board Why is it cold?</p>"), back;
	struct u64s ids;
	struct ask a;
	struct viewer mod = {.actor = all.mod.id, .local = true},
		      coach = {.actor = all.coach.id, .local = true};
	WANT(p.id != 0 && p.visibility == VISIBLE_DIRECT && p.community == 0);
	WANT(!circle_may_read(t, &mod, &p) && !circle_may_read(t, &coach, &p));
	WANT(follow(t) == OK);
	WANT(ask_list(t, xi.id, &ids) == OK && ids.count == 1 && ask_load(t, ids.at[0], &a) == OK);
	WANT(a.way == ASK_PRIVATE && a.post == p.id && a.due == NOW + 5 * DAY
		&& world_heard(t, all.coach.id, NOTICE_COACH) == 1);
	/* What says that it came: once, from the community, to who asked alone. */
	WANT(world_lines(t, ACT_CREATE) == 2);
	WANT(post_load(t, world_last(t, ACT_CREATE).object, &back) == OK);
	WANT(back.author == all.board.id && back.visibility == VISIBLE_DIRECT && back.parent == p.id
		&& back.mentions.count == 1 && back.mentions.at[0] == xi.id);
	WANT(strstr(back.content, "within about 5 days") != NULL);
	WANT(follow(t) == OK && world_lines(t, ACT_CREATE) == 2); /* its own words ask nothing */
	WANT(ask_answer(t, all.coach.id, a.id, "The wind.", true, NULL) == OK);
	WANT(post_load(t, world_last(t, ACT_CREATE).object, &back) == OK
		&& back.author == all.board.id);
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	const json_node *o;
	WANT(note_show(t, back.id, v) == OK
		&& json_read(txn_arena(t), view_json(v), NULL, &o) == OK);
	WANT(text_is(json_text(json_member(o, "type")), "Note")
		&& text_is(json_text(json_member(o, "inReplyTo")), p.uri)
		&& text_is(json_text(json_member(o, "attributedTo")), all.board.uri));
	WANT(json_count(json_member(o, "to")) == 1
		&& text_is(json_text(json_item(json_member(o, "to"), 0)), xi.uri)
		&& json_count(json_member(o, "cc")) == 0);
	WANT(text_is(json_text(json_member(json_item(json_member(o, "tag"), 0), "type")), "Mention")
		&& text_is(json_text(json_member(json_item(json_member(o, "tag"), 0), "href")),
			xi.uri));
	const char *content = json_text(json_member(o, "content"));
	WANT(strstr(content, "The wind.") != NULL && strstr(content, "Answer by coach") != NULL);
	const char *link = strstr(content, "https://ex.org/coach/may/");
	WANT(link != NULL);
	/* Asking on, in the same conversation, opens it again. */
	struct post more = message(t, &xi, "2", back.uri, "<p>And tomorrow?</p>");
	WANT(more.id != 0 && more.root == p.id && follow(t) == OK);
	WANT(ask_list(t, xi.id, &ids) == OK && ids.count == 1 && ask_load(t, ids.at[0], &a) == OK
		&& a.answered == 0);
	/* The link says yes without signing in. */
	WANT(ask_answer(t, all.coach.id, a.id, "The same.", false, NULL) == OK);
	struct viewer nobody = {0};
	char path[128];
	const struct node *page;
	WANT(text_print(
		path, sizeof path, "/coach/may/%.64s", link + strlen("https://ex.org/coach/may/")));
	struct call *call = world_call(&feature_coach, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK
		&& strstr(world_text(page, "answer"), "The same.") != NULL);
	call = world_call(
		&feature_coach, METHOD_POST, path, &nobody, (const char *const[]){"may=yes", NULL});
	WANT(call->route->write(call, t) == OK && ask_may_publish(t, a.id));
	call = world_call(&feature_coach, METHOD_GET, "/coach/may/nonsense", &nobody, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	/* What is deleted there is gone here. */
	WANT(post_remove(t, xi.id, p.id, NULL, NULL) == OK);
	struct line line = world_last(t, ACT_DELETE);
	WANT(feature_coach.readers->follow(t, &line, NULL) == OK);
	WANT(ask_load(t, a.id, &a) == ERR_NOT_FOUND);
	return OK;
}

static enum err leaves(struct txn *t, const struct actor *who, uint32_t keep)
{
	struct leaver leaver = {.actor = who->id, .keep = keep};
	struct place at = {0};
	enum err e = feature_coach.personal->forget(t, &leaver, &at);
	return at.size == 0 ? e : ERR_CONFLICT;
}

IN_WRITE(what_a_coach_answered_goes_with_the_coach)
{
	(void)arg;
	people(t);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = message(t, &xi, "1", NULL, "<p>@board Why is it cold?</p>"), back, other;
	struct ask a;
	struct u64s ids;
	WANT(p.id != 0 && follow(t) == OK && ask_list(t, xi.id, &ids) == OK && ids.count == 1);
	WANT(ask_answer(t, all.coach.id, ids.at[0], "The wind.", false, NULL) == OK);
	WANT(post_load(t, world_last(t, ACT_CREATE).object, &back) == OK);
	is_coach(t, &all.second, COACH_OPEN, 5);
	struct post_draft d = {.author = all.board.id,
		.parent = p.id,
		.visibility = VISIBLE_DIRECT,
		.source = "No.\n\nAnswer by coachman"};
	WANT(post_create(t, &d, NULL, NULL, &other) == OK);
	struct ask private = asks(t, all.anna.id, ASK_PRIVATE, all.coach.id),
		   public = asks(t, all.anna.id, ASK_PUBLIC, all.coach.id);
	WANT(ask_answer(t, all.coach.id, private.id, "In private.", false, NULL) == OK);
	WANT(ask_answer(t, all.coach.id, public.id, "To all.", false, NULL) == OK);
	struct view *own = view_create(txn_arena(t), VIEW_TREE);
	struct own_view newest = {all.coach.id, "en", 2, &(bool){false}};
	WANT(feature_coach.personal->show(t, own, &newest) == OK
		&& world_count(view_root(own), "coach_answers") == 2
		&& text_is(world_text(view_root(own), "coach_answers.0.answer"), "To all."));
	/* Who asked keeps that it was answered; what may stay has no name on it. */
	WANT(leaves(t, &all.coach, KEEP_ALL) == OK);
	WANT(ask_load(t, private.id, &a) == OK && a.by == 0 && a.answered != 0
		&& (a.answer == NULL || *a.answer == '\0'));
	WANT(ask_load(t, public.id, &a) == OK && a.by == 0 && text_is(a.answer, "To all."));
	WANT(post_load(t, back.id, &back) == OK && back.gone);
	WANT(post_load(t, other.id, &other) == OK && !other.gone); /* another one's */
	public = asks(t, all.anna.id, ASK_PUBLIC, all.second.id);
	WANT(ask_answer(t, all.second.id, public.id, "And more.", false, NULL) == OK);
	WANT(leaves(t, &all.second, 0) == OK && ask_load(t, public.id, &a) == OK);
	WANT(a.by == 0 && (a.answer == NULL || *a.answer == '\0'));
	return OK;
}

IN_WRITE(a_message_that_nobody_can_take_says_so)
{
	(void)arg;
	people(t);
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     bot = world_remote(t, ACTOR_SERVICE, "bot", "a.example");
	struct u64s ids;
	struct post back;
	is_coach(t, &all.coach, COACH_CLOSED, 5);
	WANT(message(t, &xi, "1", NULL, "<p>Why?</p>").id != 0 && follow(t) == OK);
	WANT(ask_list(t, xi.id, &ids) == OK && ids.count == 0);
	WANT(post_load(t, world_last(t, ACT_CREATE).object, &back) == OK
		&& strstr(back.content, "No coach has room") != NULL);
	/* Programs are not answered: they would answer back. */
	is_coach(t, &all.coach, COACH_OPEN, 5);
	WANT(message(t, &bot, "2", NULL, "<p>Why?</p>").id != 0);
	size_t before = world_lines(t, ACT_CREATE);
	WANT(follow(t) == OK && world_lines(t, ACT_CREATE) == before);
	WANT(ask_list(t, bot.id, &ids) == OK && ids.count == 0);
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

static uint64_t waiting, answered;

static enum err asked(struct txn *t, void *arg)
{
	(void)arg;
	people(t);
	waiting = asks(t, all.anna.id, ASK_PRIVATE, 0).id;
	answered = asks(t, all.bas.id, ASK_PRIVATE, 0).id;
	return ask_answer(t, all.coach.id, answered, "So", false, NULL);
}

static enum err reminded(struct txn *t, void *arg)
{
	(void)arg;
	WANT(world_heard(t, all.coach.id, NOTICE_COACH) == 3
		&& world_heard(t, all.mod.id, NOTICE_COACH) == 1
		&& world_heard(t, all.anna.id, NOTICE_COACH) == 0);
	return OK;
}

static enum err kept_a_year(struct txn *t, void *arg)
{
	(void)arg;
	struct ask a;
	struct u64s ids;
	WANT(ask_load(t, answered, &a) == ERR_NOT_FOUND && ask_load(t, waiting, &a) == OK);
	WANT(ask_list(t, all.bas.id, &ids) == OK && ids.count == 0);
	return reminded(t, NULL);
}

static void tick(int64_t now)
{
	time_freeze(now);
	feature_coach.chores->run(world.store, NULL);
	feature_coach.chores->run(world.store, NULL);
}

static void what_is_late_is_said_again_and_what_is_old_goes(void **state)
{
	(void)state;
	world_run(asked);
	tick(NOW + 5 * DAY);
	world_run(reminded);
	tick(NOW + 365 * DAY);
	world_run(kept_a_year);
}

/* ---- pages ----------------------------------------------------------------------------------- */

IN_WRITE(its_pages)
{
	(void)arg;
	people(t);
	struct viewer anna = {.actor = all.anna.id, .local = true},
		      coach = {.actor = all.coach.id, .local = true},
		      second = {.actor = all.second.id, .local = true}, nobody = {0};
	const struct node *page;
	struct u64s ids;
	struct call *call = world_call(&feature_coach, METHOD_GET, "/c/board/coach", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "coaches") == 1
		&& world_number(page, "may_ask") == 0
		&& text_is(world_text(page, "handle"), "board@ex.org"));
	call = world_call(&feature_coach, METHOD_POST, "/c/board/coach", &anna,
		(const char *const[]){"text=Why?", "way=private",
			arena_format(world.arena, "coach=%llu", (unsigned long long)all.coach.id),
			NULL});
	WANT(call->route->write(call, t) == OK);
	WANT(ask_list(t, all.anna.id, &ids) == OK && ids.count == 1);
	call = world_call(&feature_coach, METHOD_GET, "/coach", &coach, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "waiting") == 1
		&& world_count(page, "mine") == 0);
	call = world_call(&feature_coach, METHOD_GET, "/coach", &anna, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "mine") == 1
		&& world_number(page, "coaches") == 0);
	const char *path = arena_format(world.arena, "/coach/%llu", (unsigned long long)ids.at[0]);
	call = world_call(&feature_coach, METHOD_GET, path, &second, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	call = world_call(&feature_coach, METHOD_GET, path, &coach, NULL);
	WANT(world_read(call, t, &page) == OK && text_is(world_text(page, "asker.name"), "anna"));
	call = world_call(&feature_coach, METHOD_GET, "/c/board/coach/me", &anna, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	call = world_call(&feature_coach, METHOD_POST, "/c/board/coach/me", &second,
		(const char *const[]){"topics=Wind", "room=limited", "days=14", NULL});
	struct coach c;
	WANT(call->route->write(call, t) == OK
		&& coach_load(t, all.board.id, all.second.id, &c) == OK && c.room == COACH_LIMITED
		&& c.days == 14);
	struct view *own = view_create(txn_arena(t), VIEW_TREE);
	struct own_view mine = {all.anna.id, "en", 10, &(bool){false}};
	WANT(feature_coach.personal->show(t, own, &mine) == OK
		&& text_is(world_text(view_root(own), "questions_to_coaches.0.text"), "Why?"));
	struct leaver leaver = {.actor = all.anna.id};
	struct place at = {0};
	WANT(feature_coach.personal->forget(t, &leaver, &at) == OK && at.size == 0);
	WANT(ask_list(t, all.anna.id, &ids) == OK && ids.count == 0);
	struct line gone = {.act = ACT_DELETE_ACTOR, .actor = all.anna.id};
	WANT(feature_coach.readers->follow(t, &gone, NULL) == OK);
	WANT(ask_list(t, all.anna.id, &ids) == OK && ids.count == 0);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COACH_TEST(only_an_expert_is_a_coach),
		COACH_TEST(a_private_question_is_for_its_coach_alone),
		COACH_TEST(who_has_no_room_is_asked_nothing),
		COACH_TEST(for_members_or_everyone_it_is_a_question),
		COACH_TEST(without_a_name_it_stands_in_the_communitys),
		COACH_TEST(it_is_published_with_consent_only),
		COACH_TEST(a_message_from_elsewhere_reaches_the_coaches_and_the_answer_goes_back),
		COACH_TEST(what_a_coach_answered_goes_with_the_coach),
		COACH_TEST(a_message_that_nobody_can_take_says_so),
		COACH_TEST(what_is_late_is_said_again_and_what_is_old_goes),
		COACH_TEST(its_pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
