/* message.c: tests of direct messages: for whom they name and nobody else, listed once by their newest. */
#include "world.h"

#include <string.h>

static enum err follow_all(struct txn *t)
{
	const struct journal_reader *r = feature_message.readers;
	uint64_t after = 0;
	size_t count = 0;
	do {
		struct line lines[32];
		enum err e = journal_after(t, after, COUNT(lines), lines, &count);
		if (e != OK)
			return e;
		for (size_t i = 0; i < count; i++) {
			e = r->follow(t, &lines[i], r->arg);
			if (e != OK)
				return e;
			after = lines[i].place;
		}
	} while (count > 0);
	return OK;
}

static struct viewer signed_in(const struct actor *a)
{
	return (struct viewer){.actor = a->id, .local = true};
}

static enum err send(struct txn *t, const struct actor *from, const char *to, const char *text,
	struct call **out)
{
	struct viewer viewer = signed_in(from);
	*out = world_call(&feature_message, METHOD_POST, "/messages/new", &viewer,
		(const char *const[]){arena_format(txn_arena(t), "to=%s", to),
			arena_format(txn_arena(t), "text=%s", text), NULL});
	return (*out)->route->write(*out, t);
}

/* What the list of somebody says, after the reader saw everything twice. */
static const struct node *list(struct txn *t, const struct actor *who)
{
	struct viewer viewer = signed_in(who);
	const struct node *page = NULL;
	struct call *call = world_call(&feature_message, METHOD_GET, "/messages", &viewer, NULL);
	if (follow_all(t) != OK || follow_all(t) != OK || world_read(call, t, &page) != OK)
		return NULL;
	return page;
}

IN_WRITE(only_those_who_are_named)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct call *call;
	struct u64s ids;
	struct post p;
	WANT(send(t, &anna, "@bas", "Shall we have lunch?", &call) == OK);
	WANT(post_of_author(t, anna.id, 0, 1, &ids) == OK && ids.count == 1);
	WANT(post_load(t, ids.at[0], &p) == OK && p.visibility == VISIBLE_DIRECT && p.community == 0
		&& p.mentions.count == 1 && p.mentions.at[0] == bas.id);
	struct viewer b = signed_in(&bas), c = signed_in(&cas), nobody = {0};
	WANT(circle_may_read(t, &b, &p) && !circle_may_read(t, &c, &p)
		&& !circle_may_read(t, &nobody, &p));
	const struct node *page = list(t, &bas);
	WANT(world_count(page, "talks") == 1 && world_count(page, "talks.0.people") == 1);
	WANT(text_is(world_text(page, "talks.0.people.0.title"), "anna"));
	WANT(world_number(page, "talks.0.mine") == 0);
	WANT(world_count(list(t, &anna), "talks") == 1);
	WANT(world_number(list(t, &anna), "talks.0.mine") == 1);
	WANT(world_count(list(t, &cas), "talks") == 0);
	return OK;
}

/* An answer goes to all who are in it; the conversation is listed once, by its newest. */
IN_WRITE(an_answer_reaches_everybody_in_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     far = world_remote(t, ACTOR_PERSON, "eva", "far.example");
	struct call *call;
	struct u64s ids;
	struct post first, answer;
	WANT(send(t, &anna, "bas, @eva@far.example", "Hello", &call) == OK);
	WANT(post_of_author(t, anna.id, 0, 1, &ids) == OK && post_load(t, ids.at[0], &first) == OK);
	struct post_draft d = {.author = bas.id, .parent = first.id, .source = "Hello you"};
	WANT(post_create(t, &d, NULL, NULL, &answer) == OK);
	WANT(answer.visibility == VISIBLE_DIRECT && answer.mentions.count == 2);
	struct audience to;
	WANT(post_audience(t, &answer, &to) == OK && !to.open && to.followers_of.count == 0);
	WANT(to.actors.count == 2 && to.to.count == 2 && text_is(to.to.at[1], far.uri));
	const struct node *page = list(t, &anna);
	WANT(world_count(page, "talks") == 1 && world_count(page, "talks.0.people") == 2);
	WANT(text_is(world_text(page, "talks.0.post.words"), "Hello you"));
	/* Other words are still for the same people. */
	struct post_draft edit = {.author = anna.id, .source = "Hello both"};
	WANT(post_edit(t, anna.id, first.id, &edit, NULL, NULL) == OK);
	WANT(post_load(t, first.id, &first) == OK && first.mentions.count == 2);
	return OK;
}

IN_WRITE(whom_one_cannot_write_to)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	world_group(t, "board");
	struct call *call;
	static const char *const bad[] = {"", " , ", "@anna", "@board", "@nobody", "@x@far.example",
		"bas bas bas bas bas bas"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		WANT(send(t, &anna, bad[i], "Hello", &call) == ERR_INVALID);
		WANT(text_is(call->refusal.field, "to") && call->refusal.text != NULL);
	}
	WANT(message_may(t, anna.id, &bas) && !message_may(t, 0, &bas));
	WANT(block_add(t, bas.id, bas.id, anna.id, NULL, NULL) == OK);
	WANT(send(t, &anna, "@bas", "Hello", &call) == ERR_INVALID);
	WANT(!message_may(t, anna.id, &bas) && world_lines(t, ACT_CREATE) == 0);
	return OK;
}

IN_WRITE(who_is_gone_has_no_list)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct call *call;
	struct u64s rows;
	WANT(send(t, &anna, "@bas", "Hello", &call) == OK && follow_all(t) == OK);
	WANT(post_ids(t, TABLE_MESSAGE, bas.id, 0, true, 10, &rows) == OK && rows.count == 1);
	struct line line = {.act = ACT_DELETE_ACTOR, .actor = bas.id};
	WANT(feature_message.readers->follow(t, &line, NULL) == OK);
	WANT(post_ids(t, TABLE_MESSAGE, bas.id, 0, true, 10, &rows) == OK && rows.count == 0);
	WANT(post_ids(t, TABLE_MESSAGE_OF, bas.id, 0, true, 10, &rows) == OK && rows.count == 0);
	WANT(post_ids(t, TABLE_MESSAGE, anna.id, 0, true, 10, &rows) == OK && rows.count == 1);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(only_those_who_are_named),
		WORLD_TEST(an_answer_reaches_everybody_in_it),
		WORLD_TEST(whom_one_cannot_write_to),
		WORLD_TEST(who_is_gone_has_no_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
