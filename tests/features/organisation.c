/* organisation.c: tests of pages of organisations: who edits them, what they say, whom they do not name. */
#include "vacancy.h"
#include "world.h"

#include <string.h>

static struct actor member(struct txn *t, const char *name)
{
	struct actor a = {0};
	struct refusal why = {0};
	struct account_draft d = {.name = name, .title = name};
	return account_create(t, &d, &why, &a) == OK ? a : (struct actor){0};
}

IN_WRITE(its_address_is_its_name)
{
	(void)arg;
	struct actor anna = member(t, "anna");
	struct organisation o = {.title = " Stichting De Brug! ",
		.source = "We **help**.",
		.links = "https://brug.example/a\n\n https://social.example/@brug "};
	struct organisation same = {.title = "Stichting de brug"}, odd = {.title = "名前"},
			    new = {.title = "New"};
	WANT(anna.id != 0 && organisation_write(t, anna.id, &o, NULL) == OK);
	WANT(text_is(o.name, "stichting-de-brug") && text_is(o.title, "Stichting De Brug!"));
	WANT(text_is(o.links, "https://brug.example/a\nhttps://social.example/@brug"));
	WANT(text_is(o.html, "<p>We <strong>help</strong>.</p>"));
	WANT(organisation_write(t, anna.id, &same, NULL) == OK);
	WANT(text_is(same.name, "stichting-de-brug-2"));
	WANT(organisation_write(t, anna.id, &odd, NULL) == OK && text_is(odd.name, "page"));
	WANT(organisation_write(t, anna.id, &new, NULL) == OK && text_is(new.name, "new-2"));
	/* It keeps its address when it is called otherwise. */
	o.title = "The Bridge";
	WANT(organisation_write(t, anna.id, &o, NULL) == OK);
	WANT(organisation_by_name(t, "stichting-de-brug", &same) == OK && same.id == o.id);
	return OK;
}

IN_WRITE(what_cannot_be_said)
{
	(void)arg;
	struct actor anna = member(t, "anna");
	struct refusal why = {0};
	struct organisation o = {.title = "  "};
	WANT(organisation_write(t, anna.id, &o, &why) == ERR_INVALID
		&& text_is(why.field, "title"));
	o = (struct organisation){.title = "A", .links = "javascript:alert(1)"};
	WANT(organisation_write(t, anna.id, &o, &why) == ERR_INVALID
		&& text_is(why.field, "links"));
	o.links = "https://a.example\nhttps://b.example\nhttps://c.example\nhttps://d.example\n"
		  "https://e.example\nhttps://f.example\nhttps://g.example\nhttps://h.example\n"
		  "https://i.example";
	WANT(organisation_write(t, anna.id, &o, &why) == ERR_INVALID
		&& text_is(why.field, "links"));
	return OK;
}

IN_WRITE(several_edit_it)
{
	(void)arg;
	struct actor anna = member(t, "anna"), bas = member(t, "bas"), cas = member(t, "cas"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct organisation o = {.title = "Brug"};
	struct refusal why = {0};
	struct u64s all;
	WANT(organisation_write(t, anna.id, &o, NULL) == OK);
	WANT(organisation_editor(t, bas.id, o.id, bas.id, true, &why) == ERR_FORBIDDEN);
	WANT(organisation_editor(t, anna.id, o.id, anna.id, false, &why) == ERR_INVALID);
	WANT(organisation_editor(t, anna.id, o.id, xi.id, true, &why) == ERR_INVALID
		&& text_is(why.field, "editor"));
	WANT(organisation_editor(t, anna.id, o.id, bas.id, true, &why) == OK);
	WANT(organisation_editor(t, anna.id, o.id, bas.id, true, &why) == OK);
	WANT(organisation_editors(t, o.id, &all) == OK && all.count == 2);
	o.title = "Brug 2";
	WANT(organisation_write(t, cas.id, &o, &why) == ERR_FORBIDDEN);
	WANT(organisation_write(t, bas.id, &o, &why) == OK && o.changed_by == bas.id);
	WANT(organisation_editor(t, bas.id, o.id, anna.id, false, &why) == OK);
	WANT(organisation_write(t, anna.id, &o, &why) == ERR_FORBIDDEN);
	/* Who is gone edits nothing, and is named nowhere. */
	WANT(organisation_forget(t, bas.id) == OK);
	WANT(organisation_editors(t, o.id, &all) == OK && all.count == 0);
	WANT(organisation_load(t, o.id, &o) == OK && o.changed_by == 0);
	return OK;
}

IN_WRITE(its_page_tells_nobody_who_edits_it)
{
	(void)arg;
	struct actor anna = member(t, "anna"), bas = member(t, "bas");
	struct organisation o = {.title = "Brug", .links = "https://brug.example/"};
	struct viewer nobody = {0}, editor = {.actor = anna.id, .local = true},
		      other = {.actor = bas.id, .local = true};
	const struct node *page;
	WANT(organisation_write(t, anna.id, &o, NULL) == OK);
	struct call *call = world_call(&feature_organisation, METHOD_GET, "/o/brug", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "editors") == 0);
	WANT(world_node(page, "changed_by") == NULL
		&& world_count(page, "organisation.links") == 1);
	call = world_call(&feature_organisation, METHOD_GET, "/o/brug", &other, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "editors") == 0
		&& world_node(page, "changed_by") == NULL);
	call = world_call(&feature_organisation, METHOD_GET, "/o/brug", &editor, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "editors") == 1);
	return OK;
}

IN_WRITE(what_it_offers_stands_there_and_outlives_it)
{
	(void)arg;
	struct actor anna = member(t, "anna");
	struct organisation o = {.title = "Brug"};
	struct viewer nobody = {0};
	const struct node *page;
	struct post p;
	WANT(organisation_write(t, anna.id, &o, NULL) == OK);
	struct vacancy_draft d = {.author = anna.id,
		.title = "Gardener",
		.source = "Two days.",
		.vacancy = {.type = VACANCY_JOB,
			.where = VACANCY_REMOTE,
			.organisation = o.id,
			.closes = NOW + DAY}};
	WANT(vacancy_create(t, &d, NULL, &p) == OK);
	struct call *call = world_call(&feature_organisation, METHOD_GET, "/o/brug", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "vacancies") == 1);
	WANT(text_is(world_text(page, "vacancies.0.employer"), "Brug"));
	WANT(organisation_remove(t, anna.id, o.id) == OK);
	WANT(organisation_by_name(t, "brug", &o) == ERR_NOT_FOUND);
	struct vacancy v;
	struct u64s mine;
	WANT(post_load(t, p.id, &p) == OK && vacancy_of(t, &p, &v) == OK
		&& text_is(v.employer, "Brug"));
	WANT(organisation_of(t, anna.id, &mine) == OK && mine.count == 0);
	WANT(vacancy_may_manage(t, anna.id, &p, &v));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(its_address_is_its_name),
		WORLD_TEST(what_cannot_be_said),
		WORLD_TEST(several_edit_it),
		WORLD_TEST(its_page_tells_nobody_who_edits_it),
		WORLD_TEST(what_it_offers_stands_there_and_outlives_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
