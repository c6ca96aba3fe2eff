/* roll.c: tests of the roll: what is kept and sealed, whose it is, how long it counts, and the log of what was done. */
#include "roll.h"
#include "world.h"

#include <string.h>

#define NOBODY_HERE UINT64_C(4242)

static const struct doer console = {0};

/* The bodies below run in the roll's own writer, for WANT. */
static void run(write_fn *body)
{
	enum err e = roll_write(&world.site, body, NULL);
	if (world.broken != NULL)
		fail_msg("%s:%d: %s", world.file, world.line, world.broken);
	assert_int_equal(e, OK);
}
#define IN_ROLL(name)                                                                              \
	static enum err name##_body(struct txn *r, void *arg);                                     \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		run(name##_body);                                                                  \
	}                                                                                          \
	static enum err name##_body(struct txn *r, void *arg)

static struct person member(struct txn *r, uint64_t actor, const char *number)
{
	struct person p = {.actor = actor,
		.status = PERSON_MEMBER,
		.number = number,
		.email = arena_format(txn_arena(r), "%s@example.org", number),
		.name = arena_format(txn_arena(r), "Name %s", number)};
	return person_add(r, &console, &p) == OK ? p : (struct person){0};
}

IN_ROLL(keeps_every_field)
{
	(void)arg;
	struct person p = {.actor = 7,
		.status = PERSON_MEMBER,
		.from = NOW,
		.until = NOW + DAY,
		.number = "0042",
		.name = "Anna de Wit",
		.email = "Anna@Example.org",
		.type = "student",
		.phone = "010-1",
		.street = "Laan 1",
		.postcode = "1234 AB",
		.town = "Delft",
		.country = "NL",
		.born = "1990",
		.note = "pays by bank",
		.reason = "asked by her chapter"};
	struct person found;
	WANT(person_add(r, &console, &p) == OK && p.id != 0);
	WANT(person_load(r, p.id, &found) == OK && found.actor == 7 && found.from == NOW
		&& found.until == NOW + DAY && found.added == NOW);
	const char *const *was = &p.number, *const *is = &found.number;
	for (size_t i = 0; i < 12; i++)
		WANT(text_is(was[i], is[i]));
	WANT(person_by_actor(r, 7, &found) == OK && found.id == p.id);
	WANT(person_by_number(r, "0042", &found) == OK && found.id == p.id);
	WANT(person_by_email(r, " anna@example.ORG", &found) == OK && found.id == p.id);
	WANT(person_by_email(r, "0042", &found) == ERR_NOT_FOUND);
	return OK;
}

struct search {
	const char *words;
	bool found;
};

static enum err look(void *arg, struct bytes key, struct bytes value)
{
	struct search *s = arg;
	size_t size = strlen(s->words);
	s->found = s->found || memmem(value.data, value.size, s->words, size) != NULL
		|| memmem(key.data, key.size, s->words, size) != NULL;
	return OK;
}

static bool holds(struct txn *r, const char *words)
{
	struct search s = {.words = words};
	struct walk all = {.max = WALK_ALL};
	return txn_walk(r, &all, look, &s) != OK || s.found;
}

IN_ROLL(its_words_are_sealed)
{
	(void)arg;
	struct person p = member(r, 7, "m-0042-m"), found;
	struct bytes sealed;
	WANT(p.id != 0 && !holds(r, "m-0042-m") && !holds(r, "example.org") && !holds(r, "Name"));
	/* Nor is one person's row another's. */
	struct person q = member(r, 8, "m-0043-m");
	struct place of_p = place_1(TABLE_PERSON_KEY, p.id), of_q = place_1(TABLE_PERSON_KEY, q.id);
	WANT(txn_get(r, &of_p, &sealed) == OK
		&& txn_put(r, &of_q, arena_bytes(txn_arena(r), sealed)) == OK);
	WANT(person_load(r, q.id, &found) == ERR_STORE);
	return OK;
}

IN_ROLL(a_number_an_address_an_account_are_one_persons)
{
	(void)arg;
	struct person p = member(r, 7, "1"), q = member(r, 8, "2");
	WANT(p.id != 0 && q.id != 0);
	struct person same_number = {.status = PERSON_MEMBER, .number = "1"},
		      same_email = {.status = PERSON_GUEST, .email = "2@EXAMPLE.org"},
		      same_actor = {.status = PERSON_MEMBER, .actor = 7};
	WANT(person_add(r, &console, &same_number) == ERR_CONFLICT
		&& person_add(r, &console, &same_email) == ERR_CONFLICT
		&& person_add(r, &console, &same_actor) == ERR_CONFLICT);
	q.number = "1";
	WANT(person_save(r, &console, &q) == ERR_CONFLICT);
	return OK;
}

IN_ROLL(what_changes_is_found_anew)
{
	(void)arg;
	struct person p = member(r, 7, "1"), found;
	p.number = "9";
	p.actor = 0;
	p.email = NULL;
	WANT(person_save(r, &console, &p) == OK);
	WANT(person_by_number(r, "1", &found) == ERR_NOT_FOUND
		&& person_by_number(r, "9", &found) == OK && found.id == p.id);
	WANT(person_by_actor(r, 7, &found) == ERR_NOT_FOUND
		&& person_by_email(r, "1@example.org", &found) == ERR_NOT_FOUND);
	struct person next = member(r, 7, "1"); /* free again */
	struct u64s ids;
	WANT(next.id != 0 && person_list(r, 0, 10, &ids) == OK && ids.count == 2
		&& ids.at[0] == p.id);
	WANT(person_list(r, p.id, 10, &ids) == OK && ids.count == 1 && ids.at[0] == next.id);
	WANT(role_set(r, &console, p.id, 0, ROLE_BOARD, true) == OK);
	WANT(person_remove(r, &console, p.id) == OK && person_load(r, p.id, &found) == ERR_NOT_FOUND
		&& role_of(r, p.id, 0) == 0);
	struct bytes key;
	struct place place = place_1(TABLE_PERSON_KEY, p.id);
	WANT(txn_get(r, &place, &key) == ERR_NOT_FOUND);
	return OK;
}

IN_ROLL(a_membership_ends_by_itself)
{
	(void)r, (void)arg;
	struct person p = {.status = PERSON_MEMBER, .from = NOW, .until = NOW + DAY};
	WANT(person_status_at(&p, NOW - 1) == PERSON_GUEST
		&& person_status_at(&p, NOW) == PERSON_MEMBER
		&& person_status_at(&p, NOW + DAY - 1) == PERSON_MEMBER
		&& person_status_at(&p, NOW + DAY) == PERSON_LAPSED);
	p = (struct person){.status = PERSON_MEMBER};
	WANT(person_status_at(&p, NOW) == PERSON_MEMBER);
	p.status = PERSON_REFUSED;
	WANT(person_status_at(&p, NOW) == PERSON_REFUSED);
	return OK;
}

IN_ROLL(a_role_is_of_a_place)
{
	(void)arg;
	struct person p = member(r, 7, "1");
	WANT(role_set(r, &console, p.id, 50, ROLE_EXPERT, true) == OK
		&& role_set(r, &console, p.id, 50, ROLE_CORE, true) == OK
		&& role_set(r, &console, p.id, 0, ROLE_TREASURER, true) == OK);
	WANT(role_of(r, p.id, 50) == (ROLE_EXPERT | ROLE_CORE)
		&& role_of(r, p.id, 0) == ROLE_TREASURER && role_of(r, p.id, 51) == 0);
	WANT(role_set(r, &console, p.id, 0, ROLE_CORE, true) == ERR_INVALID
		&& role_set(r, &console, p.id, 50, ROLE_BOARD, true) == ERR_INVALID
		&& role_set(r, &console, NOBODY_HERE, 50, ROLE_CORE, true) == ERR_NOT_FOUND);
	WANT(role_set(r, &console, p.id, 50, ROLE_EXPERT, false) == OK
		&& role_of(r, p.id, 50) == ROLE_CORE);
	enum role role;
	WANT(role_parse("treasurer", &role) && role == ROLE_TREASURER
		&& text_is(role_name(role), "treasurer") && !role_parse("king", &role));
	return OK;
}

IN_ROLL(what_was_done_stays)
{
	(void)arg;
	struct doer chair = {.actor = 99, .reason = "asked for it"};
	struct person p = member(r, 7, "1");
	struct audit a;
	uint64_t broken = 0;
	WANT(audit_last(r, &a) == OK && a.number == 1 && a.act == AUDIT_ADD && a.person == p.id);
	p.town = "Delft";
	p.until = NOW + DAY;
	WANT(person_save(r, &chair, &p) == OK && person_save(r, &chair, &p) == OK);
	WANT(audit_last(r, &a) == OK && a.number == 2 && a.act == AUDIT_CHANGE && a.actor == 99
		&& text_is(a.words, "until town") && text_is(a.reason, "asked for it"));
	WANT(role_set(r, &chair, p.id, 5, ROLE_EDITOR, true) == OK
		&& role_set(r, &chair, p.id, 5, ROLE_EDITOR, true) == OK);
	WANT(audit_last(r, &a) == OK && a.number == 3 && a.act == AUDIT_ROLE && a.community == 5
		&& text_is(a.words, "editor"));
	WANT(audit_check(r, &broken) == OK);
	/* A record that is changed, or is not there, is missed. */
	struct place second = place_1(TABLE_AUDIT, 2);
	WANT(audit_load(r, 2, &a) == OK);
	a.actor = 98;
	WANT(txn_save(r, &second, &audit_shape, &a) == OK);
	WANT(audit_check(r, &broken) == ERR_STORE && broken == 2);
	a.actor = 99;
	WANT(txn_save(r, &second, &audit_shape, &a) == OK && audit_check(r, &broken) == OK);
	WANT(txn_del(r, &second) == OK && audit_check(r, &broken) == ERR_STORE && broken == 2);
	return OK;
}

/* ---- what the rest of the node asks ---- */

static enum err fill(struct txn *r, void *arg)
{
	struct person *p = arg;
	p[0] = member(r, 7, "1");
	p[1] = member(r, 8, "2");
	p[2] = (struct person){.actor = 9, .status = PERSON_GUEST};
	p[1].until = NOW + DAY;
	enum err e = person_add(r, &console, &p[2]);
	if (e == OK)
		e = person_save(r, &console, &p[1]);
	if (e == OK)
		e = role_set(r, &console, p[1].id, 0, ROLE_BOARD, true);
	if (e == OK)
		e = role_set(r, &console, p[1].id, 50, ROLE_EXPERT, true);
	return e == OK ? role_set(r, &console, p[2].id, 50, ROLE_CORE, true) : e;
}

static void says_where_someone_stands(void **state)
{
	(void)state;
	struct person people[3];
	struct standing s;
	uint64_t holders[8];
	assert_int_equal(roll_count(&world.site, 0), 0);
	assert_int_equal(roll_write(&world.site, fill, people), OK);
	roll_standing(&world.site, 7, 50, &s);
	assert_true(s.status == PERSON_MEMBER && s.roles == 0 && s.here == 0);
	roll_standing(&world.site, 8, 50, &s);
	assert_true(s.status == PERSON_MEMBER && s.roles == ROLE_BOARD && s.here == ROLE_EXPERT);
	roll_standing(&world.site, 9, 50, &s);
	assert_true(s.status == PERSON_GUEST && s.here == ROLE_CORE);
	roll_standing(&world.site, NOBODY_HERE, 50, &s);
	assert_true(s.status == 0 && s.roles == 0 && s.here == 0);
	assert_int_equal(roll_count(&world.site, 0), 2);
	assert_int_equal(roll_count(&world.site, 50), 2);
	assert_int_equal(
		roll_holders(&world.site, 50, ROLE_CORE, ROLE_BOARD, holders, COUNT(holders)), 2);
	assert_int_equal(roll_holders(&world.site, 51, ROLE_CORE, 0, holders, COUNT(holders)), 0);
	time_freeze(NOW + DAY); /* that night, and nothing ran */
	roll_standing(&world.site, 8, 50, &s);
	assert_true(s.status == PERSON_LAPSED && s.roles == 0 && s.here == 0);
	assert_int_equal(roll_count(&world.site, 0), 1);
	assert_int_equal(
		roll_holders(&world.site, 50, ROLE_CORE, ROLE_BOARD, holders, COUNT(holders)), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(keeps_every_field),
		WORLD_TEST(its_words_are_sealed),
		WORLD_TEST(a_number_an_address_an_account_are_one_persons),
		WORLD_TEST(what_changes_is_found_anew),
		WORLD_TEST(a_membership_ends_by_itself),
		WORLD_TEST(a_role_is_of_a_place),
		WORLD_TEST(what_was_done_stays),
		WORLD_TEST(says_where_someone_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
