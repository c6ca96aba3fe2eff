/* consent.c: tests of the register of consents: who agrees to what in which words, a page at a time. */
#include "world.h"

#include <string.h>

#define PEOPLE 60

static struct actor people[PEOPLE];
static const struct viewer admin = {.actor = 1, .local = true, .admin = true};

/* The newest text that is asked about. */
static struct consent asked(struct txn *t)
{
	const struct node *page;
	struct consent c = {0};
	struct call *call = world_call(&feature_consent, METHOD_GET, "/settings/consents", &admin,
		(const char *const[]){NULL});
	if (world_read(call, t, &page) != OK
		|| !text_to_u64(world_text(page, "questions.0.question"), &c.question)
		|| !text_to_u64(world_text(page, "questions.0.version"), &c.version))
		return (struct consent){0};
	return c;
}

static enum err answered(struct txn *t, struct consent *asked_now)
{
	enum err e = consent_ask(t, 0, "Photos", "Photos of me on the site.");
	*asked_now = asked(t);
	for (size_t i = 0; e == OK && i < PEOPLE; i++) {
		people[i] = world_person(t, arena_format(world.arena, "person%zu", i));
		e = consent_answer(
			t, people[i].id, asked_now->question, asked_now->version, i % 3 != 0);
	}
	return e;
}

static enum err seen(struct txn *t, uint64_t question, const char *after, const struct node **page)
{
	char id[ID_TEXT];
	const char *const inputs[] = {
		arena_format(world.arena, "question=%s", id_text(question, id)),
		arena_format(world.arena, "after=%s", after), NULL};
	struct call *call = world_call(&feature_consent, METHOD_GET, "/consents", &admin,
		question != 0 ? inputs : (const char *const[]){NULL});
	return world_read(call, t, page);
}

IN_WRITE(who_answered_is_read_a_page_at_a_time)
{
	(void)arg;
	struct consent c;
	const struct node *first, *second;
	WANT(answered(t, &c) == OK && seen(t, c.question, "", &first) == OK);
	WANT(world_count(first, "one.people") == 50 && !world_number(first, "one.later_page"));
	WANT(text_is(world_text(first, "one.people.0.who"), "person0"));
	WANT(seen(t, c.question, world_text(first, "one.next"), &second) == OK);
	WANT(world_count(second, "one.people") == 10 && world_number(second, "one.later_page"));
	WANT(text_is(world_text(second, "one.people.0.who"), "person50"));
	WANT(text_is(world_text(second, "one.people.9.who"), "person59"));
	WANT(text_is(world_text(second, "one.next"), ""));
	WANT(world_number(second, "one.agree") == 40 && world_number(second, "one.decline") == 20);
	WANT(seen(t, 7, "", &first) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(each_counts_once_with_the_last_answer)
{
	(void)arg;
	struct consent c;
	const struct node *page;
	WANT(answered(t, &c) == OK);
	WANT(consent_answer(t, people[0].id, c.question, c.version, true) == OK);
	WANT(consent_answer(t, people[1].id, c.question, c.version, false) == OK);
	WANT(consent_answer(t, people[3].id, c.question, c.version, true) == OK);
	WANT(consent_ask(t, 0, "Phone", "My number for members.") == OK);
	WANT(seen(t, 0, "", &page) == OK && world_count(page, "questions") == 2);
	WANT(world_number(page, "questions.0.agree") == 41);
	WANT(world_number(page, "questions.0.decline") == 19);
	WANT(world_number(page, "questions.1.agree") == 0);
	WANT(world_node(page, "questions.0.people") == NULL);
	WANT(consent_ask(t, c.question, "Photos", "Photos of me anywhere.") == OK);
	WANT(seen(t, c.question, "", &page) == OK && world_number(page, "one.agree") == 41);
	WANT(world_number(page, "one.people.0.earlier"));
	return OK;
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		WORLD_TEST(who_answered_is_read_a_page_at_a_time),
		WORLD_TEST(each_counts_once_with_the_last_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
