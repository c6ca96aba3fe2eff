/* memberfile.c: tests of the member file: what is recognised, what it comes to, what is written, and undone. */
#include "memberfile.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

static const struct doer console = {0}, chair = {.actor = 99};

static struct plan plan_n(const char *s, size_t size)
{
	struct plan plan = {0};
	struct refusal why = {0};
	size_t row;
	assert_int_equal(memberfile_plan(world.arena, &world.site, (struct bytes){s, size}, &why,
				 &row, &plan),
		OK);
	return plan;
}

static struct plan planned(const char *s)
{
	return plan_n(s, strlen(s));
}

static struct import applied(const char *s, bool gone)
{
	struct plan plan = planned(s);
	struct import done;
	assert_int_equal(memberfile_apply(&world.site, &chair, &plan, gone, NULL, &done), OK);
	return done;
}

static void counts(
	const char *s, size_t fresh, size_t changed, size_t gone, size_t doubtful, size_t same)
{
	struct plan p = planned(s);
	assert_int_equal(p.counts[PLAN_NEW], fresh);
	assert_int_equal(p.counts[PLAN_CHANGED], changed);
	assert_int_equal(p.counts[PLAN_GONE], gone);
	assert_int_equal(p.counts[PLAN_DOUBTFUL], doubtful);
	assert_int_equal(p.counts[PLAN_SAME], same);
}

struct search {
	const char *number;
	struct person found;
	struct audit last;
	enum err err;
};

static enum err search_run(struct txn *r, void *arg)
{
	struct search *s = arg;
	struct people all;
	s->err = people_all(r, world.arena, &all);
	for (size_t i = 0; i < all.count; i++)
		if (text_is(all.at[i].number, s->number))
			s->found = all.at[i];
	return audit_last(r, &s->last);
}

static struct person person(const char *number)
{
	struct search s = {.number = number};
	assert_int_equal(roll_read(&world.site, search_run, &s), OK);
	assert_int_equal(s.err, OK);
	return s.found;
}

static uint64_t last_audit(enum audit_act act)
{
	struct search s = {0};
	assert_int_equal(roll_read(&world.site, search_run, &s), OK);
	assert_int_equal(s.last.act, act);
	return s.last.number;
}

static void knows_columns(void **state)
{
	(void)state;
	static const char *const files[] = {
		"Lidnr.;Voornaam;Tussenvoegsel;Achternaam;E-mail adres;Soort lid;Lid sinds;Einddatum;Schoenmaat\r\n"
		"0042;Zo\xeb;de;Wit;zoe@example.org;student;1-2-2020;31-12-2030;43\r\n",
		"\xef\xbb\xbf"
		"end date,Member since,EMAIL,Full name,membership type,Member number\n"
		"2030-12-31,2020-02-01,zoe@example.org,Zo\xc3\xab de Wit,student,0042\n",
		"lidnummer\tnaam\te-mail\ttype\tvanaf\ttot en met\n"
		"0042\tZo\xc3\xab de Wit\tzoe@example.org\tstudent\t01/02/2020\t31.12.2030 00:00\n"};
	for (size_t i = 0; i < COUNT(files); i++) {
		struct plan p = planned(files[i]);
		assert_int_equal(p.count, 1);
		assert_int_equal(p.rows[0].kind, PLAN_NEW);
		const struct person *is = &p.rows[0].person;
		assert_string_equal(is->number, "0042");
		assert_string_equal(is->name, "Zo\xc3\xab de Wit");
		assert_string_equal(is->email, "zoe@example.org");
		assert_string_equal(is->type, "student");
		assert_int_equal(is->from, INT64_C(1580515200000));
		assert_int_equal(is->until, INT64_C(1924992000000)); /* the day after */
		assert_null(is->note);
	}
	assert_int_equal(planned(files[0]).columns[8], COLUMN_NONE);
	assert_int_equal(planned("naam;plaats\nA;Delft\n").count, 0);
}

static enum err choose_run(struct txn *r, void *arg)
{
	(void)arg;
	enum err e = memberfile_choose(r, "Pas", COLUMN_NUMBER);
	return e == OK ? memberfile_choose(r, "Mail", COLUMN_NONE) : e;
}

static void remembers_what_was_chosen(void **state)
{
	(void)state;
	const char *file = "PAS;Nummer;Naam;Mail\n7;8;Anna;a@example.org\n";
	assert_string_equal(planned(file).rows[0].person.number, "8");
	assert_int_equal(roll_write(&world.site, choose_run, NULL), OK);
	struct plan p = planned(file);
	assert_string_equal(p.rows[0].person.number, "7");
	assert_null(p.rows[0].person.email);
	assert_int_equal(p.columns[1], COLUMN_NONE);
}

#define HEAD "lidnummer;naam;e-mail;vanaf;tot\n"
#define TWO HEAD "1;Anna;a@example.org;;\n2;Bas;b@example.org;;\n"

static void without_numbers_the_address_tells_who(void **state)
{
	(void)state;
	applied(TWO "3;Carla;;;\n", false);
	counts("mail;naam;tot\na@example.org;Anna;\nd@example.org;Dora;\n;Ed;\nd@example.org;Di;\n",
		0, 0, 1, 3, 1);
	struct plan p = planned("naam;mail\nEd;\n");
	assert_string_equal(p.rows[0].doubt, "There is no e-mail address in this row.");
	struct import done = applied("naam;mail\nAnna B;a@example.org\nDora;d@example.org\n", true);
	assert_int_equal(done.added, 1);
	assert_int_equal(done.changed, 1);
	assert_int_equal(
		done.ended, 1); /* Bas, and not Carla, of whom the file could say nothing */
	counts(TWO "3;Carla;;;\n4;Dora;d@example.org;;\n", 0, 3, 0, 0, 1);
}

static void doubts(void **state)
{
	(void)state;
	static const struct {
		const char *rows, *says;
	} all[] = {
		{";Carla;c@example.org;;\n", "There is no member number"},
		{"3;;c@example.org;;\n", "There is no name"},
		{"3;Carla;c@example;1-13-2020;\n", "This date"},
		{"3;Carla;c@example.org;30-2-2020;\n", "This date"},
		{"3;Carla;c@example.org;1-2-20;\n", "This date"},
		{"3;Carla;c@example.org;soon;\n", "This date"},
		{"3;Carla;c@example.org;2-2-2020;1-2-2020\n", "The membership ends"},
		{"3;Carla;no address;;\n", "This is not an e-mail address"},
		{"3;Carla;A@example.org;;\n", "This e-mail address is known under another"},
		{"1;Anna;b@example.org;;\n", "This e-mail address is of another person"},
		{"1;Carla;c@example.org;;\n", "This member number is known under another name"},
	};
	applied(TWO, false);
	for (size_t i = 0; i < COUNT(all); i++) {
		struct plan p = planned(arena_format(world.arena, HEAD "%s", all[i].rows));
		assert_int_equal(p.rows[0].kind, PLAN_DOUBTFUL);
		assert_true(text_starts(p.rows[0].doubt, all[i].says));
		assert_int_equal(p.rows[0].number, 2);
	}
	counts(HEAD "3;C;c@example.org;;\n4;D;C@example.org;;\n\n5;E;;;\n5;F;;;\n", 0, 0, 2, 4, 0);
	counts(HEAD "1;Anna;new@example.org;;\n2;Bas;b@example.org;;\n", 0, 1, 0, 0, 1);
	char *is_long = arena_alloc(world.arena, 300);
	memset(is_long, 'x', 250);
	struct plan p = planned(arena_format(world.arena, HEAD "3;%s;;;\n", is_long));
	assert_true(text_starts(p.rows[0].doubt, "A cell"));
	struct import done = applied(HEAD "3;Carla;;soon;\n", false);
	assert_int_equal(done.added, 0);
	assert_int_equal(person("3").id, 0);
}

static void writes_and_undoes(void **state)
{
	(void)state;
	struct import done = applied(TWO, false);
	assert_int_equal(done.added, 2);
	uint64_t audited = last_audit(AUDIT_IMPORT);
	assert_int_equal(audited, 1); /* one for all of them */
	counts(TWO, 0, 0, 0, 0, 2);
	time_freeze(NOW + HOUR);
	const char *next = HEAD "1;Anna Bos;a@example.org;1-1-2020;\n3;Carla;c@example.org;;\n";
	counts(next, 1, 1, 1, 0, 0);
	done = applied(next, true);
	assert_true(done.added == 1 && done.changed == 1 && done.ended == 1 && done.skipped == 0);
	struct person bas = person("2"), anna = person("1");
	assert_string_equal(anna.name, "Anna Bos");
	assert_int_equal(person_status_at(&bas, NOW + HOUR), PERSON_MEMBER);
	assert_int_equal(person_status_at(&bas, NOW + DAY), PERSON_LAPSED);
	size_t left;
	time_freeze(NOW + 2 * HOUR);
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), OK);
	assert_int_equal(left, 0);
	assert_int_equal(last_audit(AUDIT_UNDO), 3);
	assert_string_equal(person("1").name, "Anna");
	assert_int_equal(person("1").from, 0);
	assert_int_equal(person("2").until, 0);
	assert_int_equal(person("3").id, 0);
	/* And the one before it. */
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), OK);
	assert_int_equal(person("1").id, 0);
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), ERR_NOT_FOUND);
}

static enum err rename_run(struct txn *r, void *arg)
{
	struct person p;
	(void)arg;
	enum err e = person_by_number(r, "1", &p);
	p.name = "Anna B.";
	return e == OK ? person_save(r, &console, &p) : e;
}

static void leaves_what_others_changed(void **state)
{
	(void)state;
	struct import done;
	size_t left;
	applied(TWO, false);
	struct plan p = planned(HEAD "1;Anna;a@example.org;1-1-2020;\n2;Bas;b@example.org;;\n");
	time_freeze(NOW + HOUR);
	assert_int_equal(roll_write(&world.site, rename_run, NULL), OK);
	assert_int_equal(memberfile_apply(&world.site, &chair, &p, false, NULL, &done), OK);
	assert_int_equal(done.skipped, 1);
	assert_string_equal(person("1").name, "Anna B.");
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), OK);
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), OK);
	assert_int_equal(left, 1);
	assert_string_equal(person("1").name, "Anna B.");
	assert_int_equal(person("2").id, 0);
	/* A week later there is nothing to undo. */
	applied(HEAD "9;Zoe;;;\n", false);
	time_freeze(NOW + HOUR + IMPORT_UNDO);
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), ERR_NOT_FOUND);
	assert_string_equal(person("9").name, "Zoe");
}

static enum err chair_run(struct txn *r, void *arg)
{
	struct person p;
	(void)arg;
	enum err e = person_by_number(r, "1", &p);
	return e == OK ? role_set(r, &console, p.id, 0, ROLE_BOARD, true) : e;
}

static void a_file_does_not_put_out_the_board(void **state)
{
	(void)state;
	applied(TWO, false);
	assert_int_equal(roll_write(&world.site, chair_run, NULL), OK);
	counts(HEAD "3;Carla;;;\n", 1, 0, 1, 1, 0);
	counts(HEAD "1;Anna;a@example.org;;1-1-2020\n2;Bas;b@example.org;;1-1-2020\n", 0, 1, 0, 1,
		0);
	counts(HEAD "1;Anna;a@example.org;;27-11-2025\n2;Bas;;;\n", 0, 1, 0, 1, 0);
	counts(HEAD "1;Anna;a@example.org;;31-12-2030\n2;Bas;b@example.org;;\n", 0, 1, 0, 0, 1);
	applied(HEAD "3;Carla;;;\n", true);
	assert_int_equal(person("1").until, 0);
	assert_int_not_equal(person("2").until, 0);
	struct plan p = planned(HEAD "3;Carla;;;\n");
	for (size_t i = 0; i < p.count; i++)
		if (p.rows[i].kind == PLAN_DOUBTFUL)
			assert_true(text_starts(p.rows[i].doubt, "This person has a role"));
}

static void who_comes_back_is_a_member(void **state)
{
	(void)state;
	applied(TWO, false);
	applied(HEAD "1;Anna;a@example.org;;\n", true);
	time_freeze(NOW + 2 * DAY);
	counts(HEAD "1;Anna;a@example.org;;\n", 0, 0, 0, 0, 1);
	applied("lidnummer;naam\n1;Anna\n2;Bas\n", false);
	struct person bas = person("2");
	assert_int_equal(person_status_at(&bas, NOW + 2 * DAY), PERSON_MEMBER);
	assert_string_equal(bas.email, "b@example.org"); /* the file does not say */
}

static void what_goes_out_comes_in_the_same(void **state)
{
	(void)state;
	applied("lidnummer;naam;e-mail;telefoon;adres;vanaf;tot\n"
		"1;=HYPERLINK(1);a@example.org;+31 6 12;\"A; \"\"b\"\"\";1-2-2020;31-12-2030\n"
		"2;'t Hart;;-;x;;1-1-2020\n",
		false);
	static const char *const languages[] = {"nl", "en"};
	for (size_t i = 0; i < COUNT(languages); i++) {
		struct bytes file;
		size_t people;
		assert_int_equal(memberfile_export(world.arena, &world.site, &chair, languages[i],
					 &file, &people),
			OK);
		assert_int_equal(people, 2);
		last_audit(AUDIT_EXPORT);
		assert_non_null(memmem(file.data, file.size, "'=HYPERLINK", 11));
		assert_non_null(memmem(file.data, file.size, "'+31", 4));
		struct plan p = plan_n(file.data, file.size);
		assert_int_equal(p.counts[PLAN_SAME], 2);
	}
}

/* ---- the pages ---- */

static enum err meet(struct txn *t, void *arg)
{
	struct actor *who = arg;
	who[0] = world_person(t, "anna");
	who[1] = world_person(t, "bas");
	return OK;
}

struct visit {
	struct call *call;
	const struct node *page;
};

static enum err visit_run(struct txn *t, void *arg)
{
	struct visit *v = arg;
	return world_read(v->call, t, &v->page);
}

static struct call *asked(enum method method, const char *path, uint64_t actor, const char *q)
{
	struct viewer viewer = {.actor = actor, .local = actor != 0};
	const char *inputs[] = {q, NULL};
	return world_call(&feature_members, method, path, &viewer, inputs);
}

static void the_board_sees_them(void **state)
{
	(void)state;
	struct actor who[2];
	assert_int_equal(store_write(world.store, meet, who), OK);
	world_member(&who[0], 0, 0, ROLE_TREASURER);
	world_member(&who[1], 0, 0, 0);
	applied(HEAD "1;Anna;a@example.org;;\n2;Bas;b@example.org;;31-12-2030\n", false);
	uint64_t before = last_audit(AUDIT_IMPORT);
	struct visit v = {.call = asked(METHOD_GET, "/members", who[0].id, NULL)};
	/* The first look is put in the log, and only that. */
	assert_int_equal(store_read(world.store, visit_run, &v), ERR_SIGN_IN);
	assert_int_equal(v.call->route->work(v.call), OK);
	assert_string_equal(v.call->reply.location, "/members");
	assert_int_equal(last_audit(AUDIT_VIEW), before + 1);
	assert_int_equal(store_read(world.store, visit_run, &v), OK);
	assert_int_equal(world_number(v.page, "found"), 4);
	assert_int_equal(world_count(v.page, "people"), 4);
	v.call = asked(METHOD_GET, "/members", who[0].id, "q=B@EXAMPLE");
	assert_int_equal(store_read(world.store, visit_run, &v), OK);
	assert_int_equal(world_number(v.page, "found"), 1);
	assert_string_equal(world_text(v.page, "people.0.name"), "Bas");
	assert_string_equal(world_text(v.page, "people.0.status"), "Member");
	assert_int_equal(world_number(v.page, "people.0.last_day"),
		INT64_C(1924992000000) - DAY / 2); /* 31 December, at noon */
	assert_int_equal(last_audit(AUDIT_VIEW), before + 1);
	v.call = asked(METHOD_POST, "/members/export", who[0].id, NULL);
	assert_int_equal(v.call->route->work(v.call), OK);
	struct bytes file = v.call->reply.body;
	assert_non_null(memmem(file.data, file.size, "b@example", 9));
	assert_non_null(memmem(file.data, file.size, "\n,,,,", 5)); /* who has no number */
	last_audit(AUDIT_EXPORT);
}

static void nobody_else_does(void **state)
{
	(void)state;
	struct actor who[2];
	assert_int_equal(store_write(world.store, meet, who), OK);
	world_member(&who[0], 0, 0, ROLE_BOARD);
	world_member(&who[1], 0, 0, 0);
	const uint64_t others[] = {0, who[1].id};
	for (size_t i = 0; i < COUNT(others); i++) {
		struct visit v = {.call = asked(METHOD_GET, "/members", others[i], NULL)};
		assert_int_equal(store_read(world.store, visit_run, &v), ERR_NOT_FOUND);
		assert_int_equal(v.call->route->work(v.call), ERR_NOT_FOUND);
		v.call = asked(METHOD_POST, "/members/export", others[i], NULL);
		assert_int_equal(v.call->route->work(v.call), ERR_NOT_FOUND);
		assert_null(v.call->reply.body.data);
	}
}

static void takes_thousands(void **state)
{
	(void)state;
	struct text t;
	text_init(&t, world.arena, CSV_BYTES);
	text_add(&t, HEAD);
	for (int i = 0; i < 5000; i++)
		text_format(&t, "%d;Name %d;m%d@example.org;1-1-2020;\r\n", i, i, i);
	time_freeze(0);
	int64_t began = time_steady();
	struct import done = applied(t.at, false);
	struct plan again = planned(t.at);
	int64_t took = time_steady() - began;
	size_t left;
	assert_int_equal(done.added, 5000);
	assert_int_equal(again.counts[PLAN_SAME], 5000);
	assert_int_equal(memberfile_undo(&world.site, &chair, NULL, &done, &left), OK);
	assert_int_equal(left, 0);
	assert_int_equal(roll_count(&world.site, 0), 0);
	print_message("5000 rows: %lld ms\n", (long long)took);
	assert_true(took < 30 * SECOND); /* with sanitizers, beside others */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(knows_columns),
		WORLD_TEST(remembers_what_was_chosen),
		WORLD_TEST(without_numbers_the_address_tells_who),
		WORLD_TEST(doubts),
		WORLD_TEST(writes_and_undoes),
		WORLD_TEST(leaves_what_others_changed),
		WORLD_TEST(a_file_does_not_put_out_the_board),
		WORLD_TEST(who_comes_back_is_a_member),
		WORLD_TEST(what_goes_out_comes_in_the_same),
		WORLD_TEST(the_board_sees_them),
		WORLD_TEST(nobody_else_does),
		WORLD_TEST(takes_thousands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
