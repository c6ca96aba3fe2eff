/* directory.c: tests of the list of people: who sees what of whom, what finds them, and what a visitor cannot tell. */
#include "world.h"

#include <string.h>

static enum err list(
	struct txn *t, const struct viewer *who, const char *const *asked, const struct node **page)
{
	return world_read(
		world_call(&feature_directory, METHOD_GET, "/directory", who, asked), t, page);
}

static const struct viewer visitor;

static struct actor person(struct txn *t, const char *name)
{
	struct account_draft draft = {.name = name, .title = name};
	struct actor a = {0};
	return account_create(t, &draft, NULL, &a) == OK ? a : (struct actor){0};
}

static struct viewer member(uint64_t actor)
{
	return (struct viewer){.actor = actor, .local = true, .member = true};
}

static struct card full(const struct actor *a, enum seen seen)
{
	return (struct card){.actor = a->id,
		.expertise = "subsidies, Coördinatie",
		.region = "Zuid-Holland",
		.help = "lezen",
		.seeks = "een laptop",
		.contact = "anna@x.nl",
		.name_seen = seen,
		.photo_seen = seen,
		.expertise_seen = seen,
		.region_seen = seen,
		.help_seen = seen,
		.seeks_seen = seen,
		.contact_seen = seen};
}

IN_WRITE(nobody_is_listed_who_did_not_choose_so)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas");
	struct viewer as_bas = member(bas.id);
	const struct node *page;
	struct card c;
	WANT(directory_load(t, anna.id, &c) == OK && c.actor == anna.id
		&& c.name_seen == SEEN_BY_ME);
	WANT(list(t, &as_bas, NULL, &page) == OK && world_count(page, "people") == 0
		&& world_number(page, "some") == 0);
	c = full(&anna, SEEN_BY_ME);
	WANT(directory_save(t, &c) == OK);
	WANT(list(t, &as_bas, NULL, &page) == OK && world_number(page, "some") == 0);
	return OK;
}

IN_WRITE(each_thing_is_seen_by_whom_its_owner_chose)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas");
	struct viewer as_bas = member(bas.id), guest = {.actor = bas.id, .local = true};
	const struct viewer *outside[] = {&visitor, &guest};
	const struct node *page;
	struct card c = full(&anna, SEEN_BY_ME);
	c.name_seen = SEEN_BY_EVERYONE;
	c.help_seen = SEEN_BY_EVERYONE;
	c.seeks_seen = SEEN_BY_MEMBERS;
	c.contact_seen = SEEN_BY_MEMBERS;
	WANT(directory_save(t, &c) == OK);
	WANT(list(t, &as_bas, NULL, &page) == OK && world_count(page, "people") == 1);
	WANT(text_is(world_text(page, "people.0.help.0.word"), "lezen")
		&& text_is(world_text(page, "people.0.seeks.0.word"), "een laptop")
		&& text_is(world_text(page, "people.0.contact.0.mail"), "anna@x.nl"));
	WANT(world_count(page, "people.0.expertise") == 0
		&& world_count(page, "people.0.region") == 0);
	for (size_t i = 0; i < COUNT(outside); i++) {
		WANT(list(t, outside[i], NULL, &page) == OK && world_count(page, "people") == 1);
		WANT(world_number(page, "for_members") == 0);
		WANT(text_is(world_text(page, "people.0.person.name"), "anna")
			&& world_count(page, "people.0.help") == 1);
		WANT(world_count(page, "people.0.seeks") == 0
			&& world_count(page, "people.0.contact") == 0);
	}
	return OK;
}

/* Whoever may not see the name sees nothing: nor that there is something. */
IN_WRITE(the_name_is_the_outer_bound)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas");
	struct viewer as_bas = member(bas.id);
	const struct node *page;
	struct card c = full(&anna, SEEN_BY_EVERYONE);
	c.name_seen = SEEN_BY_MEMBERS;
	WANT(directory_save(t, &c) == OK);
	WANT(list(t, &visitor, NULL, &page) == OK && world_number(page, "some") == 0
		&& world_number(page, "found") == 0);
	WANT(list(t, &as_bas, NULL, &page) == OK && world_count(page, "people") == 1);
	c.name_seen = SEEN_BY_ME;
	WANT(directory_save(t, &c) == OK);
	WANT(list(t, &as_bas, NULL, &page) == OK && world_number(page, "some") == 0);
	return OK;
}

IN_WRITE(the_picture_is_one_of_the_things)
{
	(void)arg;
	struct actor anna = person(t, "anna");
	const struct node *page;
	struct card c = full(&anna, SEEN_BY_EVERYONE);
	anna.icon = "https://ex.org/media/7/whole.jpg";
	c.photo_seen = SEEN_BY_MEMBERS;
	WANT(actor_save(t, &anna) == OK && directory_save(t, &c) == OK);
	WANT(list(t, &visitor, NULL, &page) == OK && world_count(page, "people") == 1
		&& *world_text(page, "people.0.person.avatar") == '\0');
	struct viewer as_anna = member(anna.id);
	WANT(list(t, &as_anna, NULL, &page) == OK
		&& text_is(world_text(page, "people.0.person.avatar"), "/media/7/whole.jpg"));
	return OK;
}

static size_t found(struct txn *t, const struct viewer *who, const char *name, const char *value)
{
	const char *const asked[] = {arena_format(world.arena, "%s=%s", name, value), NULL};
	const struct node *page;
	return list(t, who, asked, &page) == OK ? (size_t)world_number(page, "found") : 99;
}

IN_WRITE(is_found_by_what_may_be_seen_only)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas");
	struct viewer as_bas = member(bas.id);
	struct card c = full(&anna, SEEN_BY_MEMBERS);
	c.name_seen = c.help_seen = SEEN_BY_EVERYONE;
	WANT(directory_save(t, &c) == OK);
	static const char *const hits[][2] = {{"expertise", "subsidie"},
		{"expertise", "coordinatie"}, {"expertise", "COÖRDINATIE, subsidies"},
		{"region", "holland zuid"}, {"help", "lezen"}, {"seeks", "laptop"}, {"name", "ANN"},
		{"expertise", ""}};
	static const char *const misses[][2] = {{"expertise", "lezen"},
		{"expertise", "subsidies tuin"}, {"region", "Utrecht"}, {"help", "laptop"},
		{"seeks", "lezen"}, {"name", "bas"}};
	for (size_t i = 0; i < COUNT(hits); i++)
		WANT(found(t, &as_bas, hits[i][0], hits[i][1]) == 1);
	for (size_t i = 0; i < COUNT(misses); i++)
		WANT(found(t, &as_bas, misses[i][0], misses[i][1]) == 0);
	WANT(found(t, &visitor, "help", "lezen") == 1);
	for (size_t i = 0; i < 4; i++) /* what is hidden cannot be guessed by asking */
		WANT(found(t, &visitor, hits[i][0], hits[i][1]) == 0);
	WANT(found(t, &visitor, "seeks", "laptop") == 0);
	return OK;
}

/* A guest who chose everyone and a member who did are one to a visitor: so being listed tells nothing. */
IN_WRITE(a_visitor_cannot_tell_a_member_from_a_guest)
{
	(void)arg;
	struct actor anna = person(t, "anna"), gast = person(t, "gast");
	const struct node *page;
	struct card c = full(&anna, SEEN_BY_EVERYONE), g = full(&gast, SEEN_BY_EVERYONE);
	world_member(&anna, 0, 0, 0);
	WANT(directory_save(t, &c) == OK && directory_save(t, &g) == OK);
	WANT(list(t, &visitor, NULL, &page) == OK && world_count(page, "people") == 2);
	const struct node *one = world_node(page, "people.0")->first,
			  *other = world_node(page, "people.1")->first;
	for (; one != NULL && other != NULL; one = one->next, other = other->next)
		WANT(text_is(one->name, other->name) && one->kind == other->kind);
	WANT(one == NULL && other == NULL);
	return OK;
}

IN_WRITE(who_is_away_or_blocked_is_not_listed)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas");
	struct viewer as_bas = member(bas.id);
	const struct node *page;
	struct card c = full(&anna, SEEN_BY_EVERYONE);
	WANT(directory_save(t, &c) == OK);
	WANT(block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(list(t, &as_bas, NULL, &page) == OK && world_number(page, "found") == 0);
	WANT(list(t, &visitor, NULL, &page) == OK && world_number(page, "found") == 1);
	WANT(actor_suspend(t, anna.id, true) == OK);
	WANT(list(t, &visitor, NULL, &page) == OK && world_number(page, "some") == 0);
	WANT(actor_suspend(t, anna.id, false) == OK && actor_remove(t, anna.id, NULL) == OK);
	struct place place = place_1(TABLE_CARD, anna.id);
	struct bytes left;
	WANT(txn_get(t, &place, &left) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(many_are_shown_by_pages_in_order_of_their_names)
{
	(void)arg;
	const struct node *page;
	for (int i = 0; i < 60; i++) {
		struct actor a = person(t, arena_format(world.arena, "p%02d", 59 - i));
		struct card c = full(&a, SEEN_BY_EVERYONE);
		WANT(directory_save(t, &c) == OK);
	}
	WANT(list(t, &visitor, NULL, &page) == OK && world_count(page, "people") == 50
		&& world_number(page, "found") == 60 && world_number(page, "after") == 1);
	WANT(text_is(world_text(page, "people.0.person.name"), "p00"));
	static const char *const next[] = {"page=1", "region=zuid", NULL};
	WANT(list(t, &visitor, next, &page) == OK && world_count(page, "people") == 10
		&& world_number(page, "earlier") == 1);
	WANT(text_is(world_text(page, "people.9.person.name"), "p59")
		&& text_is(world_text(page, "asked.query"), "&region=zuid")
		&& world_number(page, "asked.more") == 1);
	static const char *const plain[] = {"name=p0", "help=taart", NULL};
	WANT(list(t, &visitor, plain, &page) == OK && world_number(page, "asked.any") == 1
		&& world_number(page, "asked.more") == 0);
	return OK;
}

/* Through the form: what is not said stays nobody's, what is shown before it is saved is not saved. */
IN_WRITE(the_form_shows_both_sides_before_it_saves)
{
	(void)arg;
	struct actor anna = person(t, "anna");
	struct viewer me = member(anna.id);
	static const char *const typed[] = {"name_seen=everyone", "help_seen=members",
		"help= taart,  koken ,", "seeks=niets", NULL};
	struct card c;
	const struct node *page;
	struct call *call = world_call(
		&feature_directory, METHOD_POST, "/settings/directory/preview", &me, typed);
	struct view *v = view_create(world.arena, VIEW_TREE);
	WANT(call->route->form(call, t, v) == OK && view_ok(v));
	page = view_root(v);
	WANT(world_count(page, "for_members.help") == 2
		&& world_count(page, "for_everyone.help") == 0);
	WANT(text_is(world_text(page, "for_members.help.1.word"), "koken")
		&& text_is(world_text(page, "for_members.help.1.link"), "/directory?help=koken"));
	WANT(world_number(page, "for_everyone.listed") == 1
		&& world_number(page, "card.help.members") == 1);
	WANT(directory_load(t, anna.id, &c) == OK && c.help == NULL);
	call = world_call(&feature_directory, METHOD_POST, "/settings/directory", &me, typed);
	WANT(call->route->write(call, t) == OK);
	WANT(directory_load(t, anna.id, &c) == OK && text_is(c.help, "taart,  koken ,")
		&& c.help_seen == SEEN_BY_MEMBERS && c.seeks_seen == SEEN_BY_ME
		&& c.name_seen == SEEN_BY_EVERYONE && c.changed == NOW);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(nobody_is_listed_who_did_not_choose_so),
		WORLD_TEST(each_thing_is_seen_by_whom_its_owner_chose),
		WORLD_TEST(the_name_is_the_outer_bound),
		WORLD_TEST(the_picture_is_one_of_the_things),
		WORLD_TEST(is_found_by_what_may_be_seen_only),
		WORLD_TEST(a_visitor_cannot_tell_a_member_from_a_guest),
		WORLD_TEST(who_is_away_or_blocked_is_not_listed),
		WORLD_TEST(many_are_shown_by_pages_in_order_of_their_names),
		WORLD_TEST(the_form_shows_both_sides_before_it_saves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
