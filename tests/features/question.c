/* question.c: tests of questions: who chooses the answer, what others hear of it, who is asked after two days. */
#include "question.h"
#include "roll.h"
#include "world.h"

#include <string.h>

static struct {
	struct actor anna, bas, cas, mod, board; /* asks, answers, knows */
	struct post asked;
} all;

static struct post asks(
	struct txn *t, uint64_t who, const char *text, const struct circles *circles)
{
	struct post p = {0};
	struct post_draft d = {.author = who,
		.community = all.board.id,
		.kind = POST_ASKED,
		.source = text,
		.language = "nl",
		.circles = circles};
	if (post_create(t, &d, NULL, NULL, &p) != OK)
		die("not asked");
	return p;
}

static struct post answers(struct txn *t, uint64_t who, const struct post *to, const char *text)
{
	struct post p = {0};
	struct post_draft d = {.author = who, .parent = to->id, .source = text};
	if (post_create(t, &d, NULL, NULL, &p) != OK)
		die("not answered");
	return p;
}

static void people(struct txn *t)
{
	all.mod = world_person(t, "mod");
	struct community_draft draft = {.name = "board", .title = "Board", .founder = all.mod.id};
	all.anna = world_person(t, "anna");
	all.bas = world_person(t, "bas");
	all.cas = world_person(t, "cas");
	if (community_create(t, &draft, NULL, &all.board) != OK)
		die("no community");
	all.asked = asks(t, all.anna.id, "Welke **warmtepomp** past bij een klein huis?", NULL);
}

static const struct node *page_of(struct txn *t, const struct post *p, const struct actor *who)
{
	struct viewer viewer = {.actor = who != NULL ? who->id : 0, .local = who != NULL};
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", p, &viewer);
	post_line(t, v, "line", p, &viewer);
	return view_root(v);
}

/* A Question is a poll to most others: ours goes out as a Note that is read whole. */
IN_WRITE(a_question_is_read_whole_elsewhere)
{
	(void)arg;
	people(t);
	const json_node *o = world_object(t, all.asked.id);
	WANT(text_is(world_words(o, "type"), "Note") && *world_words(o, "name") == '\0'
		&& *world_words(o, "summary") == '\0');
	WANT(text_is(world_words(o, "content"),
		"<p>Welke <strong>warmtepomp</strong> past bij een klein huis?</p>"));
	WANT(text_is(world_words(o, "attributedTo"), all.anna.uri)
		&& text_is(world_words(o, "audience"), all.board.uri)
		&& text_is(world_words(o, "id"), all.asked.uri)
		&& text_is(world_words(o, "url"), all.asked.url));
	WANT(json_member(o, "oneOf") == NULL && json_member(o, "updated") == NULL);
	const struct node *page = page_of(t, &all.asked, NULL);
	WANT(world_number(page, "line.question") == 1 && world_number(page, "line.answered") == 0);
	WANT(world_node(page, "post.asked") != NULL
		&& world_number(page, "post.asked.answered") == 0);
	return OK;
}

IN_WRITE(who_asks_or_moderates_chooses_and_takes_it_back)
{
	(void)arg;
	people(t);
	struct post a = answers(t, all.bas.id, &all.asked, "Een kleine."),
		    b = answers(t, all.cas.id, &all.asked, "Geen.");
	WANT(question_choose(t, all.bas.id, a.id, true) == ERR_FORBIDDEN);
	WANT(question_choose(t, all.anna.id, all.asked.id, true) == ERR_NOT_FOUND);
	WANT(question_choose(t, all.anna.id, a.id, true) == OK);
	WANT(question_choose(t, all.anna.id, a.id, true) == OK); /* twice is once */
	WANT(world_lines(t, ACT_CHOOSE) == 1 && world_lines(t, ACT_UPDATE) == 1);
	struct line line = world_last(t, ACT_CHOOSE);
	WANT(line.actor == all.anna.id && line.object == a.id && line.target == all.board.id);
	WANT(world_heard(t, all.bas.id, NOTICE_ACCEPTED) == 1);
	const struct node *page = page_of(t, &all.asked, NULL);
	WANT(world_number(page, "line.answered") == 1
		&& world_number(page, "post.asked.answered") == 1
		&& text_is(world_text(page, "post.asked.by.name"), "bas")
		&& world_number(page, "post.asked.may_undo") == 0);
	WANT(world_number(page_of(t, &all.asked, &all.anna), "post.asked.may_undo") == 1);
	page = page_of(t, &a, &all.anna);
	WANT(world_number(page, "post.accepted") == 1
		&& world_number(page, "post.may_choose") == 0);
	WANT(world_number(page_of(t, &b, &all.anna), "post.may_choose") == 1
		&& world_number(page_of(t, &b, &all.bas), "post.may_choose") == 0
		&& world_number(page_of(t, &b, NULL), "post.may_choose") == 0);
	/* Another one in its place, by a moderator; then none. */
	WANT(question_choose(t, all.mod.id, b.id, true) == OK);
	WANT(text_is(world_text(page_of(t, &all.asked, NULL), "post.asked.by.name"), "cas"));
	WANT(question_choose(t, all.mod.id, a.id, false)
		== OK); /* it is not that one: nothing changes */
	WANT(question_choose(t, all.mod.id, b.id, false) == OK);
	WANT(world_number(page_of(t, &all.asked, NULL), "post.asked.answered") == 0);
	WANT(world_lines(t, ACT_UNCHOOSE) == 1);
	/* An answer that is gone is none. */
	WANT(question_choose(t, all.anna.id, a.id, true) == OK
		&& post_remove(t, all.bas.id, a.id, NULL, NULL) == OK);
	WANT(world_number(page_of(t, &all.asked, NULL), "post.asked.answered") == 0);
	WANT(question_choose(t, all.anna.id, a.id, true) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(other_nodes_read_the_answer_in_the_question)
{
	(void)arg;
	people(t);
	struct post a = answers(t, all.bas.id, &all.asked, "Een <kleine>.");
	time_freeze(NOW + HOUR);
	WANT(question_choose(t, all.anna.id, a.id, true) == OK);
	const json_node *o = world_object(t, all.asked.id);
	const char *content = world_words(o, "content");
	WANT(strstr(content, "past bij een klein huis?</p><p>") != NULL);
	WANT(strstr(content,
		     arena_format(
			     txn_arena(t), "<a href=\"%s\">bas</a>: Een &lt;kleine&gt;.", a.url))
		!= NULL);
	WANT(text_is(world_words(o, "updated"), "2025-11-21T09:58:12.000Z"));
	return OK;
}

/* What members answer among each other is told to nobody else: not even that it is answered. */
IN_WRITE(an_answer_for_members_is_told_to_members_only)
{
	(void)arg;
	people(t);
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	struct post a = {0};
	struct post_draft d = {.author = all.bas.id,
		.parent = all.asked.id,
		.source = "Onder ons",
		.circles = &members};
	world_member(&all.anna, all.board.id, 0, 0);
	world_member(&all.bas, all.board.id, 0, 0);
	WANT(post_create(t, &d, NULL, NULL, &a) == OK && a.circles.read == CIRCLE_MEMBERS);
	WANT(question_choose(t, all.cas.id, a.id, true) == ERR_NOT_FOUND);
	WANT(question_choose(t, all.anna.id, a.id, true) == OK);
	const struct node *page = page_of(t, &all.asked, NULL);
	WANT(world_number(page, "line.answered") == 0
		&& world_number(page, "post.asked.answered") == 0);
	WANT(world_number(page_of(t, &all.asked, &all.bas), "post.asked.answered") == 1);
	WANT(strstr(world_words(world_object(t, all.asked.id), "content"), "Onder ons") == NULL
		&& *world_words(world_object(t, all.asked.id), "updated") == '\0');
	WANT(world_lines(t, ACT_CHOOSE) == 0 && world_lines(t, ACT_UPDATE) == 0);
	const struct actor *const who[] = {NULL, &all.cas, &all.bas};
	for (size_t i = 0; i < COUNT(who); i++) {
		struct viewer viewer = {0};
		if (who[i] != NULL)
			viewer = world_as(who[i]);
		struct call *call = world_call(&feature_question, METHOD_GET, "/@board/questions",
			&viewer, (const char *const[]){"show=open", NULL});
		WANT(world_read(call, t, &page) == OK
			&& world_count(page, "questions") == (who[i] != &all.bas));
	}
	return OK;
}

/* ---- after two days -------------------------------------------------------------------------- */

static void tick(int64_t now)
{
	time_freeze(now);
	feature_question.chores->run(world.store, NULL);
	feature_question.chores->run(world.store, NULL);
}

static struct actor more[5];

static enum err nobody_answered(struct txn *t, void *arg)
{
	(void)arg;
	static const char *const knows[] = {"warmtepompen", "#Huizen, warmtepomp", "zonnepanelen",
		"warmtepompen voor grote huizen", "pomp"};
	people(t);
	for (size_t i = 0; i < COUNT(more); i++) {
		more[i] = world_person(t, arena_format(txn_arena(t), "more%zu", i));
		WANT(expertise_set(t, more[i].id, knows[i], NULL) == OK);
	}
	WANT(expertise_set(t, all.anna.id, "warmtepompen", NULL) == OK); /* her own question */
	WANT(expertise_set(t, all.cas.id, "warmtepompen", NULL) == OK);
	WANT(block_add(t, all.cas.id, all.cas.id, all.anna.id, NULL, NULL) == OK);
	answers(t, all.anna.id, &all.asked, "Niemand?"); /* is no answer */
	return OK;
}

static size_t asked_of(struct txn *t)
{
	size_t count = world_heard(t, all.anna.id, NOTICE_OFFERED)
		+ world_heard(t, all.cas.id, NOTICE_OFFERED);
	for (size_t i = 0; i < COUNT(more); i++)
		count += world_heard(t, more[i].id, NOTICE_OFFERED);
	return count;
}

static enum err nobody_asked(struct txn *t, void *arg)
{
	(void)arg;
	WANT(asked_of(t) == 0);
	return OK;
}

static enum err who_knows_is_asked(struct txn *t, void *arg)
{
	(void)arg;
	WANT(asked_of(t) == 2);
	WANT(world_heard(t, more[0].id, NOTICE_OFFERED) == 1
		&& world_heard(t, more[1].id, NOTICE_OFFERED) == 1);
	return OK;
}

static void who_knows_is_asked_after_two_days(void **state)
{
	(void)state;
	world_run(nobody_answered);
	tick(NOW + 48 * HOUR - 1);
	world_run(nobody_asked);
	tick(NOW + 48 * HOUR);
	world_run(who_knows_is_asked);
	tick(NOW + 30 * DAY);
	world_run(who_knows_is_asked);
}

static enum err somebody_answered(struct txn *t, void *arg)
{
	enum err e = nobody_answered(t, arg);
	answers(t, all.bas.id, &all.asked, "Een kleine.");
	return e;
}

static void an_answered_question_asks_nobody(void **state)
{
	(void)state;
	world_run(somebody_answered);
	tick(NOW + 3 * DAY);
	world_run(nobody_asked);
}

static enum err many_know(struct txn *t, void *arg)
{
	(void)arg;
	struct circles core = {CIRCLE_CORE, CIRCLE_CORE};
	people(t);
	for (size_t i = 0; i < COUNT(more); i++) {
		more[i] = world_person(t, arena_format(txn_arena(t), "more%zu", i));
		WANT(expertise_set(t, more[i].id, "warmtepompen", NULL) == OK);
	}
	/* Whom it is not for is not asked. */
	asks(t, all.mod.id, "Een warmtepomp voor het bestuur?", &core);
	return OK;
}

static enum err three_are_asked(struct txn *t, void *arg)
{
	(void)arg;
	WANT(asked_of(t) == 3);
	time_freeze(time_now() + HOUR);
	asks(t, all.anna.id, "Nog een warmtepomp?", NULL);
	return OK;
}

static enum err others_first(struct txn *t, void *arg)
{
	(void)arg;
	WANT(asked_of(t) == 6);
	for (size_t i = 0; i < COUNT(more); i++)
		WANT(world_heard(t, more[i].id, NOTICE_OFFERED) >= 1);
	return OK;
}

static void at_most_three_and_in_turn(void **state)
{
	(void)state;
	world_run(many_know);
	tick(NOW + 3 * DAY);
	world_run(three_are_asked);
	tick(NOW + 6 * DAY);
	world_run(others_first);
}

/* ---- pages ----------------------------------------------------------------------------------- */

IN_WRITE(its_pages)
{
	(void)arg;
	people(t);
	struct viewer anna = {.actor = all.anna.id, .local = true}, nobody = {0};
	const struct node *page;
	struct post second = asks(t, all.anna.id, "En een tweede?", NULL);
	answers(t, all.bas.id, &second, "Ja.");
	struct call *call = world_call(
		&feature_question, METHOD_GET, "/@board/questions", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "questions") == 2);
	call = world_call(&feature_question, METHOD_GET, "/@board/questions", &nobody,
		(const char *const[]){"show=open", NULL});
	WANT(world_read(call, t, &page) == OK && world_count(page, "questions") == 1);
	call = world_call(&feature_question, METHOD_POST, "/c/board/new/question", &anna,
		(const char *const[]){"text=Waarom?", "language=nl", NULL});
	WANT(call->route->write(call, t) == OK);
	struct post p;
	WANT(post_load(t, world_last(t, ACT_CREATE).object, &p) == OK && p.kind == POST_ASKED);
	/* However much is said for fewer: what a visitor may read is found. */
	for (int i = 0; i < 510; i++)
		world_post(t,
			(struct post_draft){.author = all.anna.id,
				.community = all.board.id,
				.visibility = VISIBLE_FOLLOWERS});
	call = world_call(&feature_question, METHOD_GET, "/@board/questions", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "questions") == 3
		&& world_node(page, "older") == NULL);
	struct card card = {.actor = all.anna.id, .expertise = "Orchideeën, mossen"};
	WANT(directory_save(t, &card) == OK);
	call = world_call(&feature_expertise, METHOD_POST, "/settings/expertise", &anna,
		(const char *const[]){"subjects=mossen, #Varens, mossen", "tick=Orchideeën", NULL});
	WANT(call->route->write(call, t) == OK);
	struct expertise x;
	WANT(expertise_load(t, all.anna.id, &x) == OK
		&& text_is(x.subjects, "mossen, Varens, Orchideeën"));
	call = world_call(&feature_expertise, METHOD_GET, "/settings/expertise", &anna, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "ticks") == 0);
	WANT(expertise_set(t, all.anna.id, " ", NULL) == OK
		&& expertise_load(t, all.anna.id, &x) == ERR_NOT_FOUND);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_question_is_read_whole_elsewhere),
		WORLD_TEST(who_asks_or_moderates_chooses_and_takes_it_back),
		WORLD_TEST(other_nodes_read_the_answer_in_the_question),
		WORLD_TEST(an_answer_for_members_is_told_to_members_only),
		WORLD_TEST(who_knows_is_asked_after_two_days),
		WORLD_TEST(an_answered_question_asks_nobody),
		WORLD_TEST(at_most_three_and_in_turn),
		WORLD_TEST(its_pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
