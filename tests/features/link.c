/* link.c: tests of addresses with a secret: once, for one purpose, for a time. */
#include "world.h"

#include <string.h>

#define OTHER ((enum link_purpose)99)

static struct link of(uint64_t subject, uint32_t uses)
{
	return (struct link){.purpose = LINK_UNSUBSCRIBE,
		.subject = subject,
		.payload = "a word",
		.until = time_now() + HOUR,
		.uses = uses};
}

static enum err row_visit(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(size_t *)arg;
	return OK;
}

static size_t rows(struct txn *t, uint8_t table)
{
	size_t count = 0;
	struct walk all = {.prefix = place_0(table), .max = WALK_ALL};
	return txn_walk(t, &all, row_visit, &count) == OK ? count : SIZE_MAX;
}

static bool none_left(struct txn *t)
{
	return rows(t, TABLE_LINK) == 0 && rows(t, TABLE_LINK_OF) == 0
		&& rows(t, TABLE_LINK_AGE) == 0;
}

IN_WRITE(a_link_is_used_once)
{
	(void)arg;
	struct link link = of(7, 1), found;
	const char *token, *other;
	WANT(link_make(t, &link, &token) == OK && link_make(t, &link, &other) == OK);
	WANT(strlen(token) == TOKEN_TEXT - 1 && !text_is(token, other));
	WANT(link_find(t, LINK_UNSUBSCRIBE, token, &found) == OK && found.subject == 7
		&& text_is(found.payload, "a word"));
	WANT(link_find(t, LINK_UNSUBSCRIBE, token, &found) == OK); /* looking uses nothing up */
	WANT(link_find(t, OTHER, token, &found) == ERR_NOT_FOUND
		&& link_use(t, OTHER, token, &found) == ERR_NOT_FOUND);
	WANT(link_use(t, LINK_UNSUBSCRIBE, token, &found) == OK && found.subject == 7);
	WANT(link_use(t, LINK_UNSUBSCRIBE, token, &found) == ERR_NOT_FOUND
		&& link_find(t, LINK_UNSUBSCRIBE, token, &found) == ERR_NOT_FOUND);
	WANT(link_use(t, LINK_UNSUBSCRIBE, other, &found) == OK && none_left(t));
	WANT(link_use(t, LINK_UNSUBSCRIBE, NULL, &found) == ERR_NOT_FOUND
		&& link_use(t, LINK_UNSUBSCRIBE, "", &found) == ERR_NOT_FOUND
		&& link_use(t, LINK_UNSUBSCRIBE, "nonsense", &found) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(or_so_often_as_it_says)
{
	(void)arg;
	struct link thrice = of(7, 3), often = of(7, LINK_OFTEN), found;
	const char *token, *lasting, *again;
	WANT(link_make(t, &thrice, &token) == OK);
	for (int i = 0; i < 3; i++)
		WANT(link_use(t, LINK_UNSUBSCRIBE, token, &found) == OK);
	WANT(link_use(t, LINK_UNSUBSCRIBE, token, &found) == ERR_NOT_FOUND);
	WANT(link_lasting(t, &often, &lasting) == OK);
	for (int i = 0; i < 100; i++)
		WANT(link_use(t, LINK_UNSUBSCRIBE, lasting, &found) == OK);
	often.until += DAY;
	WANT(link_lasting(t, &often, &again) == OK && text_is(lasting, again)
		&& rows(t, TABLE_LINK) == 1 && rows(t, TABLE_LINK_AGE) == 1);
	often.payload = "another";
	WANT(link_lasting(t, &often, &again) == OK && !text_is(lasting, again));
	return OK;
}

IN_WRITE(until_its_end)
{
	(void)arg;
	struct link link = of(7, 1), found;
	const char *token;
	WANT(link_make(t, &link, &token) == OK);
	time_freeze(NOW + HOUR - 1);
	WANT(link_find(t, LINK_UNSUBSCRIBE, token, &found) == OK);
	time_freeze(NOW + HOUR);
	WANT(link_find(t, LINK_UNSUBSCRIBE, token, &found) == ERR_NOT_FOUND
		&& link_use(t, LINK_UNSUBSCRIBE, token, &found) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(all_of_one_end_together)
{
	(void)arg;
	struct link link = of(7, 1), found;
	const char *token, *other, *tokens[5];
	for (size_t i = 0; i < COUNT(tokens); i++)
		WANT(link_make(t, &link, &tokens[i]) == OK);
	link.purpose = OTHER;
	WANT(link_make(t, &link, &token) == OK);
	link = of(8, 1);
	WANT(link_make(t, &link, &other) == OK);
	WANT(link_end(t, 7, LINK_UNSUBSCRIBE) == OK);
	for (size_t i = 0; i < COUNT(tokens); i++)
		WANT(link_find(t, LINK_UNSUBSCRIBE, tokens[i], &found) == ERR_NOT_FOUND);
	WANT(link_find(t, OTHER, token, &found) == OK
		&& link_find(t, LINK_UNSUBSCRIBE, other, &found) == OK);
	WANT(link_end(t, 7, 0) == OK && link_end(t, 8, 0) == OK && none_left(t));
	return OK;
}

static enum err many_body(struct txn *t, void *arg)
{
	const char *token;
	(void)arg;
	for (int i = 0; i < 1200; i++) {
		struct link link = of(7, 1);
		link.until = NOW + i;
		WANT(link_make(t, &link, &token) == OK);
	}
	return OK;
}

static enum err left_body(struct txn *t, void *arg)
{
	(void)arg;
	WANT(rows(t, TABLE_LINK) == 99 && rows(t, TABLE_LINK_OF) == 99
		&& rows(t, TABLE_LINK_AGE) == 99);
	return OK;
}

static void what_ended_is_forgotten(void **state)
{
	(void)state;
	world_run(many_body);
	time_freeze(NOW + 1100);
	feature_link.chores[0].run(world.store, NULL);
	world_run(left_body);
}

/* Only the hash of a token is in the store. */
IN_WRITE(no_token_is_kept)
{
	(void)arg;
	struct link link = of(7, 1);
	const char *token;
	struct bytes row;
	WANT(link_make(t, &link, &token) == OK);
	struct place place = place_hash(TABLE_LINK, token);
	WANT(txn_get(t, &place, &row) == OK && memmem(row.data, row.size, token, 16) == NULL);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_link_is_used_once),
		WORLD_TEST(or_so_often_as_it_says),
		WORLD_TEST(until_its_end),
		WORLD_TEST(all_of_one_end_together),
		WORLD_TEST(what_ended_is_forgotten),
		WORLD_TEST(no_token_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
