/* requests.c: tests of who decides on who asks to come in, what is written down of it, and what is set for it. */
#include "door.h"

#include <string.h>

static struct actor runner;

static enum err runner_body(struct txn *t, void *arg)
{
	struct account_draft draft = {.name = "runner", .title = "runner", .admin = true};
	struct refusal why = {0};
	(void)arg;
	return account_create(t, &draft, &why, &runner);
}

struct role_change {
	uint64_t actor;
	enum role role;
	bool on;
};

static enum err role_body(struct txn *r, void *arg)
{
	const struct role_change *x = arg;
	struct doer console = {0};
	struct person p;
	enum err e = person_by_actor(r, x->actor, &p);
	return e == OK ? role_set(r, &console, p.id, 0, x->role, x->on) : e;
}

static void who_runs_the_site_decides_until_there_is_a_board(void **state)
{
	(void)state;
	struct role_change off = {door.board.id, ROLE_BOARD, false},
			   on = {door.board.id, ROLE_BOARD, true};
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	assert_int_equal(store_write(world.store, runner_body, NULL), OK);
	struct viewer me = world_as(&runner);
	door_look(&feature_requests, "/joining", &me, NULL, ERR_NOT_FOUND);
	assert_int_equal(roll_write(&world.site, role_body, &off), OK);
	door_ask("/join", "eerste@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	assert_int_equal(door_told(&runner).count, 1);
	const struct node *page = door_look(&feature_requests, "/joining", &me, NULL, OK);
	assert_int_equal(world_count(page, "requests"), 1);
	assert_int_equal(roll_write(&world.site, role_body, &on), OK);
	door_look(&feature_requests, "/joining", &me, NULL, ERR_NOT_FOUND);
}

static void only_who_may_decides(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_set(door.energy.id, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "een@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	door_ask("/c/energie/join", "twee@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	uint64_t of_all = door_count(0, APPLICATION_WAITING).first,
		 of_energy = door_count(door.energy.id, APPLICATION_WAITING).first;
	assert_int_equal(
		door_told(&door.manager).count, 1); /* the delegate hears of it, the board not */
	assert_int_equal(door_told(&door.board).count, 1);
	struct viewer m = world_as(&door.manager), g = world_as(&door.guest),
		      b = world_as(&door.board);
	door_look(&feature_requests, door_request(of_all, ""), &g, NULL, ERR_NOT_FOUND);
	door_look(&feature_requests, door_request(of_energy, ""), &g, NULL, ERR_NOT_FOUND);
	door_look(&feature_requests, door_request(of_all, ""), &m, NULL, ERR_NOT_FOUND);
	door_send(&feature_requests, door_request(of_all, "/accept"), &m, NULL, ERR_NOT_FOUND);
	door_send(&feature_requests, door_request(of_energy, "/accept"), &g, NULL, ERR_NOT_FOUND);
	static const char *const whole[] = {"place=0", NULL};
	door_send(&feature_joining, "/joining/settings", &m, whole, ERR_NOT_FOUND);
	door_send(&feature_joining, "/joining/settings", &g, NULL, ERR_NOT_FOUND);
	const struct node *page = door_look(
		&feature_requests, door_request(of_energy, ""), &m, NULL, OK);
	assert_null(world_node(page, "on_roll")); /* that is not a community's to know */
	page = door_look(&feature_requests, door_request(of_energy, ""), &b, NULL, OK);
	assert_non_null(world_node(page, "on_roll.is_member"));
	page = door_look(&feature_requests, "/joining", &m, NULL, OK);
	assert_string_equal(world_text(page, "requests.0.email"), "twee@x.nl");
	assert_string_equal(world_text(page, "requests.0.motive"), "Ik woon in de wijk");
	assert_int_equal(world_count(page, "requests"), 1);
	door_send(&feature_requests, door_request(of_energy, "/accept"), &m, NULL, OK);
	struct found f = door_find("twee@x.nl");
	assert_int_equal(f.p.status, PERSON_GUEST); /* of the association, and in this community */
	assert_int_equal(f.here, ROLE_MEMBER);
	page = door_look(&feature_overview, "/overview", &b, NULL, OK);
	assert_int_equal(world_number(page, "waiting_requests"), 1);
	page = door_look(&feature_overview, "/overview", &g, NULL, OK);
	assert_int_equal(world_number(page, "waiting_requests"), 0);
}

static void everything_is_in_the_log(void **state)
{
	(void)state;
	struct viewer b = world_as(&door.board);
	static const char *const mode[] = {"mode=request", NULL};
	door_send(&feature_joining, "/joining/settings", &b, mode, OK);
	assert_int_equal(door_logged(AUDIT_JOINING), 1);
	door_ask("/join", "log@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	assert_int_equal(door_logged(AUDIT_REQUEST), 1);
	door_look(&feature_requests, "/joining", &b, NULL, OK);
	door_look(&feature_requests, "/joining", &b, NULL, OK);
	assert_int_equal(door_logged(AUDIT_VIEW), 1); /* once in an hour */
	door_look(&feature_invite, "/joining/invitations", &b, NULL, OK);
	assert_int_equal(door_logged(AUDIT_VIEW), 2); /* and for each thing */
	door_look(&feature_auditlog, "/members/audit", &b, NULL, OK);
	assert_int_equal(door_logged(AUDIT_VIEW), 3);
	static const char *const words[] = {"reason=Nee", NULL};
	uint64_t id = door_count(0, APPLICATION_WAITING).first;
	door_send(&feature_requests, door_request(id, "/refuse"), &b, words, OK);
	door_send(&feature_requests, door_request(id, "/accept"), &b, NULL, OK);
	assert_int_equal(door_logged(AUDIT_REFUSE), 1);
	assert_int_equal(door_logged(AUDIT_ACCEPT), 1);
	static const char *const invite[] = {"emails=nieuw@x.nl", NULL};
	door_send(&feature_invite, "/joining/invitations", &b, invite, OK);
	assert_int_equal(door_logged(AUDIT_INVITE), 1);
}

static void a_date_makes_nobody_a_member(void **state)
{
	(void)state;
	static const char *const why[] = {"reason=change", NULL},
				 *const since[] = {"status=member", "from=2020-01-01", NULL};
	struct viewer b = world_as(&door.board);
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "wacht@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	char id[ID_TEXT];
	const char *path = arena_format(
		world.arena, "/members/%s", id_text(door_find("wacht@x.nl").p.id, id));
	door_send(&feature_memberpage, arena_format(world.arena, "%s/open", path), &b, why, OK);
	const struct node *page = door_look(&feature_memberpage, path, &b, NULL, OK);
	assert_int_equal(world_number(page, "asks"), 1);
	assert_string_equal(
		world_text(page, "request"), id_text(door_count(0, APPLICATION_WAITING).first, id));
	struct call *call = door_send(&feature_memberpage,
		arena_format(world.arena, "%s/membership", path), &b, since, ERR_INVALID);
	assert_string_equal(call->refusal.field, "status");
	door_wants("wacht@x.nl", PERSON_APPLICANT);
}

static void a_community_refuses_for_itself(void **state)
{
	(void)state;
	static const char *const words[] = {"reason=Nee", NULL};
	struct viewer m = world_as(&door.manager);
	door_set(door.energy.id, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/c/energie/join", "nee@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	uint64_t id = door_count(door.energy.id, APPLICATION_WAITING).first;
	door_send(&feature_requests, door_request(id, "/refuse"), &m, words, OK);
	(void)door_mail();
	door_wants("nee@x.nl", PERSON_APPLICANT);
	door_set(door.energy.id, (struct joining){.mode = JOIN_OPEN});
	door_ask("/c/energie/join", "nee@x.nl", NULL, OK); /* and is looked at there */
	door_confirm(door_mail());
	(void)door_mail();
	assert_int_equal(door_find("nee@x.nl").here, 0);
	door_set(0, (struct joining){.mode = JOIN_OPEN});
	door_ask("/join", "nee@x.nl", NULL, OK); /* the association has its own door */
	door_confirm(door_mail());
	door_wants("nee@x.nl", PERSON_MEMBER);
}

static enum err more_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	struct person p;
	enum err e = person_by_actor(r, *(const uint64_t *)arg, &p);
	return e == OK ? role_set(r, &console, p.id, door.energy.id, ROLE_CORE, true) : e;
}

static void letting_in_is_taken_back(void **state)
{
	(void)state;
	static const char *const why[] = {"reason=Vergissing", NULL};
	struct viewer m = world_as(&door.manager), g = world_as(&door.guest);
	door_set(door.energy.id, (struct joining){.mode = JOIN_REQUEST});
	static const char *const motive[] = {"motive=Graag", NULL};
	door_send(&feature_join, "/c/energie/join", &g, motive, OK);
	(void)door_mail();
	uint64_t id = door_count(door.energy.id, APPLICATION_WAITING).first;
	door_send(&feature_requests, door_request(id, "/accept"), &m, NULL, OK);
	(void)door_mail();
	assert_int_equal(door_find("gast@ex.org").here, ROLE_MEMBER);
	const struct node *page = door_look(&feature_requests, door_request(id, ""), &m, NULL, OK);
	assert_int_equal(world_number(page, "may_take_back"), 1);
	door_send(&feature_requests, door_request(id, "/refuse"), &m, NULL, ERR_INVALID);
	door_send(&feature_requests, door_request(id, "/refuse"), &m, why, OK);
	assert_int_equal(door_find("gast@ex.org").here, 0);
	door_wants("gast@ex.org", PERSON_GUEST);
	struct posted mail = door_mail();
	assert_non_null(strstr(mail.html, "Dat nemen we terug"));
	assert_non_null(strstr(mail.html, "Vergissing"));
	page = door_look(&feature_requests, door_request(id, ""), &m, NULL, OK);
	assert_int_equal(world_number(page, "may_take_back"), 0);
	door_send(&feature_requests, door_request(id, "/accept"), &m, NULL, OK); /* after all */
	assert_int_equal(door_find("gast@ex.org").here, ROLE_MEMBER);
	/* Who became more than that is not for a manager to put out. */
	assert_int_equal(roll_write(&world.site, more_body, &door.guest.id), OK);
	struct call *call = door_send(
		&feature_requests, door_request(id, "/refuse"), &m, why, ERR_INVALID);
	assert_true(text_starts(call->refusal.text, "They have a role"));
	assert_int_equal(door_find("gast@ex.org").here, ROLE_MEMBER | ROLE_CORE);
}

/* ---- settings and kept answers -------------------------------------------------------------------------- */

struct saving {
	struct call *call;
	enum err err;
};

static enum err save_body(struct txn *t, void *arg)
{
	struct saving *s = arg;
	s->err = s->call->route->write(s->call, t);
	return s->err;
}

static struct call *save(
	const char *path, const struct viewer *viewer, const char *const *inputs, enum err wanted)
{
	struct saving s = {
		.call = world_call(&feature_jointext, METHOD_POST, path, viewer, inputs)};
	assert_int_equal(store_write(world.store, save_body, &s), wanted);
	return s.call;
}

static void answers_are_kept(void **state)
{
	(void)state;
	struct viewer b = world_as(&door.board), g = world_as(&door.guest);
	door_look(&feature_jointext, "/joining/texts", &g, NULL, ERR_NOT_FOUND);
	const struct node *page = door_look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	assert_int_equal(world_count(page, "texts"), 3); /* to begin with */
	static const char *const change[] = {
		"place=0", "id=2", "title=Meer weten", "text=Wie ben je?", NULL};
	save("/joining/texts", &g, change, ERR_NOT_FOUND);
	save("/joining/texts", &b, change, OK);
	page = door_look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	assert_int_equal(world_count(page, "texts"), 3); /* and the other two */
	assert_string_equal(world_text(page, "texts.1.text"), "Wie ben je?");
	static const char *const fresh[] = {"place=0", "title=Vol", "text=We zijn vol.", NULL};
	save("/joining/texts", &b, fresh, OK);
	page = door_look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	assert_int_equal(world_count(page, "texts"), 4);
	const char *id = arena_format(world.arena, "id=%s", world_text(page, "texts.0.id"));
	const char *const gone[] = {"place=0", id, NULL};
	save("/joining/texts/delete", &b, gone, OK);
	save("/joining/texts", &b, (const char *const[]){"place=0", id, "title=A", "text=B", NULL},
		ERR_NOT_FOUND);

	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "tekst@x.nl", NULL, OK);
	door_confirm(door_mail());
	uint64_t request = door_count(0, APPLICATION_WAITING).first;
	page = door_look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	const char *const use[] = {
		arena_format(world.arena, "text=%s", world_text(page, "texts.2.id")), NULL};
	page = door_look(&feature_requests, door_request(request, ""), &b, use, OK);
	assert_string_equal(world_text(page, "typed"), "We zijn vol.");
}

static void questions_are_few_and_short(void **state)
{
	(void)state;
	struct viewer b = world_as(&door.board);
	static const char *const many[] = {
		"mode=request", "questions=1?\n2?\n3?\n4?\n5?\n6?", NULL};
	struct call *call = door_send(&feature_joining, "/joining/settings", &b, many, ERR_INVALID);
	assert_string_equal(call->refusal.field, "questions");
	static const char *const some[] = {"mode=request", "guests=true", "days=5",
		"questions=\n  Waar woon je?  \n\nWie ken je?\n", "intro=Voor **wie** wil", NULL};
	door_send(&feature_joining, "/joining/settings", &b, some, OK);
	const struct node *page = door_look(&feature_joining, "/joining/settings", &b, NULL, OK);
	assert_string_equal(world_text(page, "questions"), "Waar woon je?\nWie ken je?");
	assert_int_equal(world_number(page, "mode.request"), 1);
	assert_int_equal(world_number(page, "guests"), 1);
	page = door_look(&feature_join, "/join", &nobody, NULL, OK);
	assert_string_equal(world_text(page, "intro"), "<p>Voor <strong>wie</strong> wil</p>");
	/* The member file is the association's. */
	static const char *const file[] = {"mode=file", NULL};
	char id[ID_TEXT];
	const char *place = arena_format(world.arena, "place=%s", id_text(door.energy.id, id));
	door_send(&feature_joining, "/joining/settings", &b,
		(const char *const[]){place, "mode=file", NULL}, ERR_INVALID);
	door_send(&feature_joining, "/joining/settings", &b, file, OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR_TEST(who_runs_the_site_decides_until_there_is_a_board),
		DOOR_TEST(only_who_may_decides),
		DOOR_TEST(everything_is_in_the_log),
		DOOR_TEST(a_date_makes_nobody_a_member),
		DOOR_TEST(a_community_refuses_for_itself),
		DOOR_TEST(letting_in_is_taken_back),
		DOOR_TEST(answers_are_kept),
		DOOR_TEST(questions_are_few_and_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
