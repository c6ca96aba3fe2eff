/* joining.c: tests of coming in: each way there is, what who asks is told and nobody else, lists before a
 * community opens. */
#include "door.h"

#include <string.h>

static void a_request_is_looked_at(void **state)
{
	(void)state;
	door_set(
		0, (struct joining){.mode = JOIN_REQUEST, .days = 5, .questions = "Waar woon je?"});
	const struct node *page = door_look(&feature_join, "/join", &nobody, NULL, OK);
	assert_int_equal(world_number(page, "with_reason"), 1);
	assert_string_equal(world_text(page, "questions.0.words"), "Waar woon je?");
	struct call *call = door_ask("/join", "sanne@x.nl", NULL, ERR_INVALID);
	assert_string_equal(call->refusal.field, "answer1");
	call = door_ask("/join", "Sanne@X.nl", "answer1=In Delft", OK);
	assert_string_equal(call->reply.location, "/join/sent");
	assert_int_equal(
		door_find("sanne@x.nl").err, ERR_NOT_FOUND); /* not before it is confirmed */
	assert_int_equal(door_told(&door.board).count, 0);

	struct posted mail = door_mail();
	assert_string_equal(mail.to, "sanne@x.nl");
	call = door_confirm(mail);
	assert_true(text_starts(call->reply.location, "/join/status/"));
	const char *status = call->reply.location;
	door_wants("sanne@x.nl", PERSON_APPLICANT);
	assert_int_equal(door_told(&door.board).kind, NOTICE_JOIN_REQUEST);
	assert_int_equal(door_told(&door.manager).count, 0);
	mail = door_mail();
	assert_string_equal(door_path(mail, "/join/status/"), status);
	page = door_look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "state.waiting"), 1);
	assert_string_equal(world_text(page, "answers.0.answer"), "In Delft");
	assert_int_equal(world_number(page, "days"), 5);

	struct viewer me = world_as(&door.board);
	page = door_look(&feature_requests, "/joining", &me, NULL, OK);
	assert_int_equal(world_count(page, "requests"), 1);
	assert_string_equal(world_text(page, "requests.0.name"), "Sanne Vis");
	uint64_t id = door_count(0, APPLICATION_WAITING).first;
	page = door_look(&feature_requests, door_request(id, ""), &me, NULL, OK);
	assert_string_equal(world_text(page, "motive"), "Ik woon in de wijk");
	static const char *const words[] = {"reason=Fijn dat je komt", NULL};
	door_send(&feature_requests, door_request(id, "/accept"), &me, words, OK);
	door_wants("sanne@x.nl", PERSON_MEMBER);
	mail = door_mail();
	assert_string_equal(mail.to, "sanne@x.nl");
	assert_non_null(strstr(mail.html, "Fijn dat je komt"));
	const char *account = door_path(mail, "/join/");
	page = door_look(&feature_join, account, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "makes_account"), 1);
	assert_string_equal(world_text(page, "guess"), "sanne");

	call = door_account(account, "x", ERR_INVALID);
	assert_string_equal(call->refusal.field, "name");
	call = door_account(account, "sanne", OK);
	assert_string_equal(call->reply.location, "/overview");
	struct found f = door_find("sanne@x.nl");
	assert_int_not_equal(f.p.actor, 0);
	struct viewer sanne = {.actor = f.p.actor, .local = true, .member = true};
	page = door_look(&feature_overview, "/overview", &sanne, NULL, OK);
	assert_string_equal(world_text(page, "welcome.title"), "Sanne");
	assert_int_equal(world_number(page, "welcome.told"), 0);
	door_account(account, "sanne2", ERR_NOT_FOUND); /* once */
	assert_null(door_mail().to);
}

static void a_refusal_can_be_turned(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "bas@x.nl", NULL, OK);
	door_confirm(door_mail());
	const char *status = door_path(door_mail(), "/join/status/");
	struct viewer me = world_as(&door.board);
	uint64_t id = door_count(0, APPLICATION_WAITING).first;
	struct call *call = door_send(
		&feature_requests, door_request(id, "/refuse"), &me, NULL, ERR_INVALID);
	assert_string_equal(call->refusal.field, "reason"); /* without a reason nobody is refused */
	static const char *const words[] = {"reason=Nu nog niet", NULL};
	door_send(&feature_requests, door_request(id, "/refuse"), &me, words, OK);
	door_wants("bas@x.nl", PERSON_REFUSED);
	struct posted mail = door_mail();
	assert_non_null(strstr(mail.html, "Nu nog niet"));
	const struct node *page = door_look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "state.refused"), 1);
	assert_string_equal(world_text(page, "reason"), "Nu nog niet");
	door_send(&feature_requests, door_request(id, "/refuse"), &me, words, ERR_INVALID);

	/* Who was refused and finds the door open is looked at all the same. */
	door_set(0, (struct joining){.mode = JOIN_OPEN});
	time_freeze(door.begun + DAY);
	door_ask("/join", "bas@x.nl", NULL, OK);
	call = door_confirm(door_mail());
	assert_true(text_starts(call->reply.location, "/join/status/"));
	door_wants("bas@x.nl", PERSON_APPLICANT);
	(void)door_mail();
	page = door_look(&feature_requests,
		door_request(door_count(0, APPLICATION_WAITING).first, ""), &me, NULL, OK);
	assert_string_equal(world_text(page, "earlier.0.reason"), "Nu nog niet");

	door_send(
		&feature_requests, door_request(id, "/accept"), &me, NULL, OK); /* the first one */
	door_wants("bas@x.nl", PERSON_MEMBER);
	assert_true(door_is_token(door_path(door_mail(), "/join/")));
}

static const char *cookies(const struct call *call)
{
	struct text t;
	text_init(&t, world.arena, 4096);
	for (const struct header *h = call->reply.headers; h != NULL; h = h->next)
		text_format(&t, "%s: %s\n", h->name, h->value);
	return t.at;
}

static void the_member_file_tells_by_mail_only(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_FILE});
	door_add("lid@x.nl", PERSON_MEMBER);
	door_add("oud@x.nl", PERSON_LAPSED);
	struct call *known = door_ask("/join", "lid@x.nl", NULL, OK),
		    *unknown = door_ask("/join", "vreemd@x.nl", NULL, OK),
		    *lapsed = door_ask("/join", "oud@x.nl", NULL, OK),
		    *account = door_ask("/join", "gast@ex.org", NULL, OK);
	struct call *const others[] = {unknown, lapsed, account};
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_string_equal(known->reply.location, others[i]->reply.location);
		assert_int_equal(known->reply.status, others[i]->reply.status);
		assert_string_equal(cookies(known), cookies(others[i]));
	}
	struct posted mails[4];
	for (size_t i = 0; i < COUNT(mails); i++)
		mails[i] = door_mail();
	assert_null(door_mail().to);
	assert_string_equal(mails[0].to, "lid@x.nl");
	const char *path = door_path(mails[0], "/join/");
	assert_true(door_is_token(path));
	for (size_t i = 1; i < 3; i++) /* nothing in it opens anything */
		assert_string_equal(door_path(mails[i], "/join"), "/join");
	assert_true(text_starts(door_path(mails[3], "/sign-in/"), "/sign-in/link"));
	assert_int_equal(door_all(0), 0); /* and nothing is kept of who asked */
	door_account(path, "lid", OK);
	assert_int_not_equal(door_find("lid@x.nl").p.actor, 0);
	door_wants("lid@x.nl", PERSON_MEMBER);
	for (int i = 0; i < 3; i++) {
		door_ask(
			"/join", "ander@x.nl", NULL, i == 0 ? OK : ERR_TOO_MUCH); /* five an hour */
		(void)door_mail();
	}
}

static void programs_and_floods_are_kept_out(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	struct call *caught = door_ask("/join", "bot@x.nl", "website=http://spam.example", OK);
	struct call *real = door_ask("/join", "mens@x.nl", NULL, OK);
	assert_string_equal(caught->reply.location, real->reply.location);
	assert_string_equal(cookies(caught), cookies(real));
	assert_string_equal(door_mail().to, "mens@x.nl");
	assert_null(door_mail().to);
	assert_int_equal(door_all(0), 1);
	time_freeze(door.begun + 2 * HOUR);
	for (int i = 0; i < 3; i++)
		door_ask("/join", i % 2 == 0 ? "mens@x.nl" : " MENS@X.nl ", NULL, OK);
	door_ask("/join", "mens@x.nl", NULL, ERR_TOO_MUCH); /* three mails an hour to one address */
	time_freeze(door.begun + 4 * HOUR);
	for (int i = 0; i < 6; i++)
		door_ask("/join", arena_format(world.arena, "m%d@x.nl", i), NULL,
			i < 5 ? OK : ERR_TOO_MUCH);
	door_ask("/join", "geen adres", NULL, ERR_INVALID);
	door_set(0, (struct joining){.mode = JOIN_INVITATION});
	door_ask("/join", "wie@x.nl", NULL, ERR_INVALID);
}

static void whoever_comes_by_an_open_door_is_in(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_OPEN, .guests = true});
	door_ask("/join", "open@x.nl", NULL, OK);
	struct call *call = door_confirm(door_mail());
	door_wants("open@x.nl", PERSON_MEMBER);
	door_account(call->reply.location, "open1", OK);
	assert_null(door_mail().to);

	door_ask("/join", "kijker@x.nl", "as=guest", OK);
	call = door_confirm(door_mail());
	door_wants("kijker@x.nl", PERSON_GUEST);
	door_account(call->reply.location, "kijker", OK);
	struct found f = door_find("kijker@x.nl");
	struct standing s;
	roll_standing(&world.site, f.p.actor, 0, &s);
	assert_int_equal(s.status, PERSON_GUEST);

	door_set(0, (struct joining){.mode = JOIN_INVITATION});
	door_ask("/join", "kijker2@x.nl", "as=guest", ERR_INVALID); /* guests are not let in now */
}

static void a_guest_asks_signed_in(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	struct viewer me = world_as(&door.guest), b = world_as(&door.board);
	static const char *const inputs[] = {"motive=Ik wil meer doen", NULL};
	struct call *call = door_send(&feature_join, "/join", &me, inputs, OK);
	assert_string_equal(call->reply.location, "/join");
	const struct node *page = door_look(&feature_join, "/join", &me, NULL, OK);
	assert_int_not_equal(world_number(page, "pending"), 0);
	door_wants("gast@ex.org", PERSON_GUEST); /* stays one meanwhile */
	(void)door_mail();
	door_send(&feature_join, "/join", &me, inputs, OK); /* the newest counts */
	assert_int_equal(door_count(0, APPLICATION_WAITING).count, 1);
	(void)door_mail();
	static const char *const words[] = {"reason=Dank", NULL};
	uint64_t id = door_count(0, APPLICATION_WAITING).first;
	door_send(&feature_requests, door_request(id, "/accept"), &b, words, OK);
	door_wants("gast@ex.org", PERSON_MEMBER);
	assert_int_equal(door_told(&door.guest).kind, NOTICE_JOIN_ANSWER);
	struct posted mail = door_mail();
	assert_string_equal(mail.to, "gast@ex.org");
	assert_non_null(strstr(mail.html, "https://ex.org/overview"));
	page = door_look(&feature_join, "/join", &me, NULL, OK);
	assert_int_equal(world_number(page, "inside"), 1);
}

static void what_waits_can_be_taken_back(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "spijt@x.nl", NULL, OK);
	const char *status = door_confirm(door_mail())->reply.location;
	(void)door_mail();
	door_send(
		&feature_join, arena_format(world.arena, "%s/withdraw", status), &nobody, NULL, OK);
	assert_int_equal(door_find("spijt@x.nl").err, ERR_NOT_FOUND); /* nothing is left */
	assert_int_equal(door_all(0), 0);
	const struct node *page = door_look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	assert_null(door_mail().to);
}

struct former {
	uint64_t id;
	struct person p;
	uint32_t roles;
};

static enum err former_body(struct txn *r, void *arg)
{
	struct former *f = arg;
	struct doer console = {0};
	struct person p = {.status = PERSON_MEMBER,
		.email = "oud@x.nl",
		.name = "Oud",
		.from = door.begun - 900 * DAY,
		.until = door.begun - DAY};
	enum err e = person_add(r, &console, &p);
	f->id = p.id;
	if (e == OK)
		e = role_set(r, &console, p.id, 0, ROLE_BOARD, true);
	return e == OK ? role_set(r, &console, p.id, door.energy.id, ROLE_CORE, true) : e;
}

static enum err former_look(struct txn *r, void *arg)
{
	struct former *f = arg;
	f->roles = role_of(r, f->id, 0) | role_of(r, f->id, door.energy.id);
	return person_load(r, f->id, &f->p);
}

/* The door that is open lets in who was a member, without what they were then. */
static void comes_back(uint64_t community, const char *path, enum person_status as, uint32_t roles)
{
	struct former f = {0};
	door_set(community, (struct joining){.mode = JOIN_OPEN});
	assert_int_equal(roll_write(&world.site, former_body, &f), OK);
	door_ask(path, "oud@x.nl", NULL, OK);
	door_confirm(door_mail());
	assert_int_equal(roll_read(&world.site, former_look, &f), OK);
	assert_int_equal(person_status_at(&f.p, time_now()), as);
	assert_int_equal(f.p.until, 0);
	assert_int_equal(f.p.from, as == PERSON_GUEST ? 0 : time_now());
	assert_int_equal(f.roles, roles);
}

static void a_former_member_comes_back_as_a_guest(void **state)
{
	(void)state;
	comes_back(door.energy.id, "/c/energie/join", PERSON_GUEST, ROLE_MEMBER);
}

static void a_former_member_comes_back_as_a_member(void **state)
{
	(void)state;
	comes_back(0, "/join", PERSON_MEMBER, 0);
}

/* ---- before it opens ---------------------------------------------------------------------------------- */

struct posting {
	uint64_t who;
	bool may;
};

static enum err may_post_body(struct txn *t, void *arg)
{
	struct posting *x = arg;
	struct actor a;
	enum err e = actor_load(t, door.energy.id, &a);
	x->may = e == OK && circle_may_post(t, x->who, &a);
	return e;
}

static bool may_post(const struct actor *who)
{
	struct posting x = {.who = who->id};
	assert_int_equal(store_read(world.store, may_post_body, &x), OK);
	return x.may;
}

static void a_list_before_it_opens(void **state)
{
	(void)state;
	assert_true(may_post(&door.guest));
	door_set(door.energy.id,
		(struct joining){.mode = JOIN_REQUEST, .unopened = true, .goal = 200});
	assert_false(may_post(&door.guest));
	assert_true(may_post(&door.manager));
	struct viewer g = world_as(&door.guest), m = world_as(&door.manager);
	door_ask("/c/energie/join", "vroeg@x.nl", NULL, OK);
	struct call *call = door_confirm(door_mail());
	const char *status = call->reply.location;
	assert_non_null(strstr(door_mail().html, "https://ex.org/join/status/"));
	door_send(&feature_join, "/c/energie/join", &g, NULL, OK);
	assert_string_equal(door_mail().to, "gast@ex.org");
	const struct node *page = door_look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "state.listed"), 1);
	page = door_look(&feature_join, "/c/energie/join", &nobody, NULL, OK);
	assert_int_equal(world_number(page, "listed"), 0); /* few are no number */
	for (int i = 0; i < 3; i++) {
		time_freeze(door.begun + (i + 2) * HOUR);
		door_ask("/c/energie/join", arena_format(world.arena, "v%d@x.nl", i), NULL, OK);
		door_confirm(door_mail());
		(void)door_mail();
	}
	page = door_look(&feature_join, "/c/energie/join", &nobody, NULL, OK);
	assert_int_equal(world_number(page, "listed"), 5);
	assert_int_equal(world_number(page, "goal"), 200);
	assert_int_equal(door_find("vroeg@x.nl").here, 0);

	char id[ID_TEXT];
	const char *const here[] = {
		arena_format(world.arena, "place=%s", id_text(door.energy.id, id)), NULL};
	door_send(&feature_joining, "/joining/open", &g, here, ERR_NOT_FOUND);
	door_send(&feature_joining, "/joining/open", &m, here, OK);
	assert_int_equal(door_count(door.energy.id, APPLICATION_LISTED).count, 0);
	assert_int_equal(door_count(door.energy.id, APPLICATION_ACCEPTED).count, 5);
	assert_int_equal(door_find("vroeg@x.nl").here, ROLE_MEMBER);
	assert_int_equal(door_find("gast@ex.org").here, ROLE_MEMBER);
	assert_int_equal(door_told(&door.guest).kind, NOTICE_OPENED);
	const char *account = NULL;
	for (int i = 0; i < 5; i++) {
		struct posted mail = door_mail();
		assert_non_null(mail.to);
		if (text_is(mail.to, "vroeg@x.nl"))
			account = door_path(mail, "/join/");
	}
	assert_null(door_mail().to);
	door_account(account, "vroeg", OK);
	assert_true(may_post(&door.guest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR_TEST(a_request_is_looked_at),
		DOOR_TEST(a_refusal_can_be_turned),
		DOOR_TEST(the_member_file_tells_by_mail_only),
		DOOR_TEST(programs_and_floods_are_kept_out),
		DOOR_TEST(whoever_comes_by_an_open_door_is_in),
		DOOR_TEST(a_guest_asks_signed_in),
		DOOR_TEST(what_waits_can_be_taken_back),
		DOOR_TEST(a_former_member_comes_back_as_a_guest),
		DOOR_TEST(a_former_member_comes_back_as_a_member),
		DOOR_TEST(a_list_before_it_opens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
