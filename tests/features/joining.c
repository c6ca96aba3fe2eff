/* joining.c: tests of coming in: each way there is, what who asks is told and nobody else, who decides, invitations, lists
 * before a community opens, and what is left of it afterwards. */
#include "joining.h"
#include "world.h"

#include <string.h>

static int64_t begun;
static struct actor board, guest, energy, manager;
static const struct viewer nobody;

/* ---- a site with a board, a guest and a community of its own members --------------------------- */

static enum err account_for(struct txn *t, const char *name, struct actor *out)
{
	struct account_draft draft = {.name = name,
		.title = name,
		.email = arena_format(txn_arena(t), "%s@ex.org", name)};
	struct refusal why = {0};
	enum err e = account_create(t, &draft, &why, out);
	out->name = arena_text(world.arena, name);
	return e;
}

static enum err people_body(struct txn *t, void *arg)
{
	(void)arg;
	enum err e = account_for(t, "board", &board);
	if (e == OK)
		e = account_for(t, "gast", &guest);
	if (e == OK)
		e = account_for(t, "manager", &manager);
	energy = world_group(t, "energie");
	energy.own_members = true;
	if (e == OK)
		e = actor_save(t, &energy);
	struct place row = place_1(TABLE_COMMUNITY, energy.id);
	return e == OK ? txn_put(t, &row, (struct bytes){"\1", 1}) : e;
}

static enum err guest_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	struct person p = {.actor = guest.id, .status = PERSON_GUEST, .email = "gast@ex.org"};
	(void)arg;
	return person_add(r, &console, &p);
}

static int open_site(void **state)
{
	static int days;
	int failed = world_open(state);
	page_load();
	begun = NOW + (int64_t)days++ * 10 * DAY; /* paces are the process's */
	time_freeze(begun);
	world.site.mail_from = "kring@ex.org";
	if (failed != 0 || store_write(world.store, people_body, NULL) != OK
		|| roll_write(&world.site, guest_body, NULL) != OK)
		return -1;
	world_member(&board, 0, 0, ROLE_BOARD);
	world_member(&manager, energy.id, ROLE_MANAGER, 0);
	return 0;
}
#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, open_site, world_close)

static struct viewer as(const struct actor *a)
{
	return (struct viewer){.actor = a->id, .local = true};
}

static enum err nothing(struct txn *t, void *arg)
{
	(void)t, (void)arg;
	return OK;
}

/* What was told is told, and the roll knows it. */
static void settle(void)
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_write(world.store, nothing, NULL), OK);
		assert_int_equal(roll_write(&world.site, nothing, NULL), OK);
	}
}

struct setting {
	uint64_t community;
	struct joining j;
	enum err err;
};

static enum err set_body(struct txn *t, void *arg)
{
	struct setting *s = arg;
	struct refusal why = {0};
	return joining_set(t, s->community, &s->j, &why);
}

static void set(uint64_t community, struct joining j)
{
	struct setting s = {.community = community, .j = j};
	assert_int_equal(store_write(world.store, set_body, &s), OK);
}

static struct call *send(const struct feature *feature, const char *path,
	const struct viewer *viewer, const char *const *inputs, enum err wanted)
{
	struct call *call = world_call(feature, METHOD_POST, path, viewer, inputs);
	enum err e = call->route->work(call);
	if (e != wanted)
		fail_msg("%s: %s, %s wanted (%s: %s)", path, err_name(e), err_name(wanted),
			call->refusal.field != NULL ? call->refusal.field : "",
			call->refusal.text != NULL ? call->refusal.text : "");
	settle();
	return call;
}

struct looking {
	struct call *call;
	const struct node *page;
};

static enum err look_body(struct txn *t, void *arg)
{
	struct looking *l = arg;
	return world_read(l->call, t, &l->page);
}

static const struct node *look(const struct feature *feature, const char *path,
	const struct viewer *viewer, const char *const *inputs, enum err wanted)
{
	struct looking l = {.call = world_call(feature, METHOD_GET, path, viewer, inputs)};
	enum err e = store_read(world.store, look_body, &l);
	if (e == ERR_SIGN_IN && l.call->route->work != NULL) { /* first into the log */
		assert_int_equal(l.call->route->work(l.call), OK);
		e = store_read(world.store, look_body, &l);
	}
	assert_int_equal(e, wanted);
	return e == OK ? l.page : NULL;
}

/* ---- mail ---------------------------------------------------------------------------------------- */

struct taken {
	const char *to, *html;
};

static enum err take_body(struct txn *t, void *arg)
{
	struct taken *x = arg;
	struct mail m;
	*x = (struct taken){0};
	enum err e = mail_next(t, 1000, &m);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	x->to = arena_text(world.arena, m.to);
	x->html = arena_text(world.arena, m.html);
	return mail_end(t, &m, MAIL_SENT, MINUTE);
}

static struct taken take(void)
{
	struct taken x;
	assert_int_equal(store_write(world.store, take_body, &x), OK);
	return x;
}

/* The path of a link in a mail, that begins so. */
static const char *path_in(struct taken mail, const char *begins)
{
	assert_non_null(mail.html);
	const char *at = strstr(mail.html, arena_format(world.arena, "https://ex.org%s", begins));
	if (at == NULL)
		fail_msg("no %s in %s", begins, mail.html);
	at += strlen("https://ex.org");
	return arena_text_n(world.arena, at, strcspn(at, "\""));
}

static const char *token_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static bool is_token(const char *path)
{
	return strlen(token_of(path)) == 43 || strlen(token_of(path)) == 64;
}

/* ---- people on the roll ---------------------------------------------------------------------------- */

struct finding {
	const char *email;
	uint64_t actor, community;
	struct person p;
	uint32_t here;
	enum err err;
};

static enum err find_body(struct txn *r, void *arg)
{
	struct finding *f = arg;
	f->err = f->email != NULL ? person_by_email(r, f->email, &f->p)
				  : person_by_actor(r, f->actor, &f->p);
	f->here = f->err == OK && f->community != 0 ? role_of(r, f->p.id, f->community) : 0;
	return OK;
}

static struct finding find(const char *email)
{
	struct finding f = {.email = email, .community = energy.id};
	assert_int_equal(roll_read(&world.site, find_body, &f), OK);
	return f;
}

static void wants_status(const char *email, enum person_status status)
{
	struct finding f = find(email);
	assert_int_equal(f.err, OK);
	assert_int_equal(f.p.status, status);
}

struct adding {
	const char *email;
	enum person_status status;
	uint64_t id;
};

static enum err add_body(struct txn *r, void *arg)
{
	struct adding *a = arg;
	struct doer console = {0};
	struct person p = {.status = a->status, .email = a->email, .name = "Of the file"};
	enum err e = person_add(r, &console, &p);
	a->id = p.id;
	return e;
}

static uint64_t add(const char *email, enum person_status status)
{
	struct adding a = {.email = email, .status = status};
	assert_int_equal(roll_write(&world.site, add_body, &a), OK);
	return a.id;
}

struct counting {
	uint64_t community;
	enum application_state state;
	int64_t count;
	uint64_t first;
};

static enum err count_body(struct txn *r, void *arg)
{
	struct counting *c = arg;
	struct u64s ids;
	enum err e = application_count(r, c->community, c->state, &c->count);
	if (e == OK)
		e = application_list(r, c->community, c->state, 0, 10, &ids);
	c->first = e == OK && ids.count > 0 ? ids.at[0] : 0;
	return e;
}

static struct counting count(uint64_t community, enum application_state state)
{
	struct counting c = {.community = community, .state = state};
	assert_int_equal(roll_read(&world.site, count_body, &c), OK);
	return c;
}

static int64_t all_of(uint64_t community)
{
	int64_t n = 0;
	for (uint32_t s = APPLICATION_ASKED; s <= APPLICATION_WITHDRAWN; s++)
		n += count(community, (enum application_state)s).count;
	return n;
}

/* ---- the ways of a visitor -------------------------------------------------------------------------- */

static struct call *ask(const char *path, const char *email, const char *more, enum err wanted)
{
	const char *const inputs[] = {"name=Sanne Vis",
		arena_format(world.arena, "email=%s", email), "motive=Ik woon in de wijk", more,
		NULL};
	return send(&feature_join, path, &nobody, inputs, wanted);
}

/* Opens the link in the mail as programs do, and presses the button as its owner does. */
static struct call *confirm(struct taken mail)
{
	const char *path = path_in(mail, "/join/");
	assert_true(is_token(path));
	for (int i = 0; i < 2; i++) {
		const struct node *page = look(&feature_join, path, &nobody, NULL, OK);
		assert_int_equal(world_number(page, "makes_account"), 0);
		assert_string_equal(world_text(page, "email"), mail.to);
	}
	return send(&feature_join, path, &nobody, NULL, OK);
}

static struct call *make_account(const char *path, const char *name, enum err wanted)
{
	const char *const inputs[] = {
		arena_format(world.arena, "name=%s", name), "title=Sanne", NULL};
	return send(&feature_join, path, &nobody, inputs, wanted);
}

static const char *request_path(uint64_t id, const char *more)
{
	char text[ID_TEXT];
	return arena_format(world.arena, "/joining/requests/%s%s", id_text(id, text), more);
}

static enum err notices_body(struct txn *t, void *arg)
{
	struct counting *c = arg;
	struct u64s places;
	struct notice n;
	enum err e = notify_list(t, c->community, 0, 50, &places);
	c->count = (int64_t)places.count;
	c->state = 0;
	if (e == OK && places.count > 0 && notify_load(t, c->community, places.at[0], &n) == OK)
		c->state = n.kind;
	return e;
}

static struct counting notices(const struct actor *a)
{
	struct counting c = {.community = a->id};
	assert_int_equal(store_read(world.store, notices_body, &c), OK);
	return c;
}

static void a_request_is_looked_at(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST, .days = 5, .questions = "Waar woon je?"});
	const struct node *page = look(&feature_join, "/join", &nobody, NULL, OK);
	assert_int_equal(world_number(page, "with_reason"), 1);
	assert_string_equal(world_text(page, "questions.0.words"), "Waar woon je?");
	struct call *call = ask("/join", "sanne@x.nl", NULL, ERR_INVALID);
	assert_string_equal(call->refusal.field, "answer1");
	call = ask("/join", "Sanne@X.nl", "answer1=In Delft", OK);
	assert_string_equal(call->reply.location, "/join/sent");
	assert_int_equal(find("sanne@x.nl").err, ERR_NOT_FOUND); /* not before it is confirmed */
	assert_int_equal(notices(&board).count, 0);

	struct taken mail = take();
	assert_string_equal(mail.to, "sanne@x.nl");
	call = confirm(mail);
	assert_true(text_starts(call->reply.location, "/join/status/"));
	const char *status = call->reply.location;
	wants_status("sanne@x.nl", PERSON_APPLICANT);
	assert_int_equal(notices(&board).state, NOTICE_JOIN_REQUEST);
	assert_int_equal(notices(&manager).count, 0);
	mail = take();
	assert_string_equal(path_in(mail, "/join/status/"), status);
	page = look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "state.waiting"), 1);
	assert_string_equal(world_text(page, "answers.0.answer"), "In Delft");
	assert_int_equal(world_number(page, "days"), 5);

	struct viewer me = as(&board);
	page = look(&feature_requests, "/joining", &me, NULL, OK);
	assert_int_equal(world_count(page, "requests"), 1);
	assert_string_equal(world_text(page, "requests.0.name"), "Sanne Vis");
	uint64_t id = count(0, APPLICATION_WAITING).first;
	page = look(&feature_requests, request_path(id, ""), &me, NULL, OK);
	assert_string_equal(world_text(page, "motive"), "Ik woon in de wijk");
	static const char *const words[] = {"reason=Fijn dat je komt", NULL};
	send(&feature_requests, request_path(id, "/accept"), &me, words, OK);
	wants_status("sanne@x.nl", PERSON_MEMBER);
	mail = take();
	assert_string_equal(mail.to, "sanne@x.nl");
	assert_non_null(strstr(mail.html, "Fijn dat je komt"));
	const char *account = path_in(mail, "/join/");
	page = look(&feature_join, account, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "makes_account"), 1);
	assert_string_equal(world_text(page, "guess"), "sanne");

	call = make_account(account, "x", ERR_INVALID);
	assert_string_equal(call->refusal.field, "name");
	call = make_account(account, "sanne", OK);
	assert_string_equal(call->reply.location, "/overview");
	struct finding f = find("sanne@x.nl");
	assert_int_not_equal(f.p.actor, 0);
	struct viewer sanne = {.actor = f.p.actor, .local = true, .member = true};
	page = look(&feature_overview, "/overview", &sanne, NULL, OK);
	assert_string_equal(world_text(page, "welcome.title"), "Sanne");
	assert_int_equal(world_number(page, "welcome.told"), 0);
	make_account(account, "sanne2", ERR_NOT_FOUND); /* once */
	assert_null(take().to);
}

static void a_refusal_can_be_turned(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST});
	ask("/join", "bas@x.nl", NULL, OK);
	confirm(take());
	const char *status = path_in(take(), "/join/status/");
	struct viewer me = as(&board);
	uint64_t id = count(0, APPLICATION_WAITING).first;
	struct call *call = send(
		&feature_requests, request_path(id, "/refuse"), &me, NULL, ERR_INVALID);
	assert_string_equal(call->refusal.field, "reason"); /* without a reason nobody is refused */
	static const char *const words[] = {"reason=Nu nog niet", NULL};
	send(&feature_requests, request_path(id, "/refuse"), &me, words, OK);
	wants_status("bas@x.nl", PERSON_REFUSED);
	struct taken mail = take();
	assert_non_null(strstr(mail.html, "Nu nog niet"));
	const struct node *page = look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "state.refused"), 1);
	assert_string_equal(world_text(page, "reason"), "Nu nog niet");
	send(&feature_requests, request_path(id, "/refuse"), &me, words, ERR_INVALID);

	/* Who was refused and finds the door open is looked at all the same. */
	set(0, (struct joining){.mode = JOIN_OPEN});
	time_freeze(begun + DAY);
	ask("/join", "bas@x.nl", NULL, OK);
	call = confirm(take());
	assert_true(text_starts(call->reply.location, "/join/status/"));
	wants_status("bas@x.nl", PERSON_APPLICANT);
	(void)take();
	page = look(&feature_requests, request_path(count(0, APPLICATION_WAITING).first, ""), &me,
		NULL, OK);
	assert_string_equal(world_text(page, "earlier.0.reason"), "Nu nog niet");

	send(&feature_requests, request_path(id, "/accept"), &me, NULL, OK); /* the first one */
	wants_status("bas@x.nl", PERSON_MEMBER);
	assert_true(is_token(path_in(take(), "/join/")));
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
	set(0, (struct joining){.mode = JOIN_FILE});
	add("lid@x.nl", PERSON_MEMBER);
	add("oud@x.nl", PERSON_LAPSED);
	struct call *known = ask("/join", "lid@x.nl", NULL, OK),
		    *unknown = ask("/join", "vreemd@x.nl", NULL, OK),
		    *lapsed = ask("/join", "oud@x.nl", NULL, OK),
		    *account = ask("/join", "gast@ex.org", NULL, OK);
	struct call *const others[] = {unknown, lapsed, account};
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_string_equal(known->reply.location, others[i]->reply.location);
		assert_int_equal(known->reply.status, others[i]->reply.status);
		assert_string_equal(cookies(known), cookies(others[i]));
	}
	struct taken mails[4];
	for (size_t i = 0; i < COUNT(mails); i++)
		mails[i] = take();
	assert_null(take().to);
	assert_string_equal(mails[0].to, "lid@x.nl");
	const char *path = path_in(mails[0], "/join/");
	assert_true(is_token(path));
	for (size_t i = 1; i < 3; i++) /* nothing in it opens anything */
		assert_string_equal(path_in(mails[i], "/join"), "/join");
	assert_true(text_starts(path_in(mails[3], "/sign-in/"), "/sign-in/link"));
	assert_int_equal(all_of(0), 0); /* and nothing is kept of who asked */
	make_account(path, "lid", OK);
	assert_int_not_equal(find("lid@x.nl").p.actor, 0);
	wants_status("lid@x.nl", PERSON_MEMBER);
	for (int i = 0; i < 3; i++) {
		ask("/join", "ander@x.nl", NULL, i == 0 ? OK : ERR_TOO_MUCH); /* five an hour */
		(void)take();
	}
}

static void programs_and_floods_are_kept_out(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST});
	struct call *caught = ask("/join", "bot@x.nl", "website=http://spam.example", OK);
	struct call *real = ask("/join", "mens@x.nl", NULL, OK);
	assert_string_equal(caught->reply.location, real->reply.location);
	assert_string_equal(cookies(caught), cookies(real));
	assert_string_equal(take().to, "mens@x.nl");
	assert_null(take().to);
	assert_int_equal(all_of(0), 1);
	time_freeze(begun + 2 * HOUR);
	for (int i = 0; i < 3; i++)
		ask("/join", i % 2 == 0 ? "mens@x.nl" : " MENS@X.nl ", NULL, OK);
	ask("/join", "mens@x.nl", NULL, ERR_TOO_MUCH); /* three mails an hour to one address */
	time_freeze(begun + 4 * HOUR);
	for (int i = 0; i < 6; i++)
		ask("/join", arena_format(world.arena, "m%d@x.nl", i), NULL,
			i < 5 ? OK : ERR_TOO_MUCH);
	ask("/join", "geen adres", NULL, ERR_INVALID);
	set(0, (struct joining){.mode = JOIN_INVITATION});
	ask("/join", "wie@x.nl", NULL, ERR_INVALID);
}

static void whoever_comes_by_an_open_door_is_in(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_OPEN, .guests = true});
	ask("/join", "open@x.nl", NULL, OK);
	struct call *call = confirm(take());
	wants_status("open@x.nl", PERSON_MEMBER);
	make_account(call->reply.location, "open1", OK);
	assert_null(take().to);

	ask("/join", "kijker@x.nl", "as=guest", OK);
	call = confirm(take());
	wants_status("kijker@x.nl", PERSON_GUEST);
	make_account(call->reply.location, "kijker", OK);
	struct finding f = find("kijker@x.nl");
	struct standing s;
	roll_standing(&world.site, f.p.actor, 0, &s);
	assert_int_equal(s.status, PERSON_GUEST);

	set(0, (struct joining){.mode = JOIN_INVITATION});
	ask("/join", "kijker2@x.nl", "as=guest", ERR_INVALID); /* guests are not let in now */
}

static void a_guest_asks_signed_in(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST});
	struct viewer me = as(&guest), b = as(&board);
	static const char *const inputs[] = {"motive=Ik wil meer doen", NULL};
	struct call *call = send(&feature_join, "/join", &me, inputs, OK);
	assert_string_equal(call->reply.location, "/join");
	const struct node *page = look(&feature_join, "/join", &me, NULL, OK);
	assert_int_not_equal(world_number(page, "pending"), 0);
	wants_status("gast@ex.org", PERSON_GUEST); /* stays one meanwhile */
	(void)take();
	send(&feature_join, "/join", &me, inputs, OK); /* the newest counts */
	assert_int_equal(count(0, APPLICATION_WAITING).count, 1);
	(void)take();
	static const char *const words[] = {"reason=Dank", NULL};
	uint64_t id = count(0, APPLICATION_WAITING).first;
	send(&feature_requests, request_path(id, "/accept"), &b, words, OK);
	wants_status("gast@ex.org", PERSON_MEMBER);
	assert_int_equal(notices(&guest).state, NOTICE_JOIN_ANSWER);
	struct taken mail = take();
	assert_string_equal(mail.to, "gast@ex.org");
	assert_non_null(strstr(mail.html, "https://ex.org/overview"));
	page = look(&feature_join, "/join", &me, NULL, OK);
	assert_int_equal(world_number(page, "inside"), 1);
}

static void what_waits_can_be_taken_back(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST});
	ask("/join", "spijt@x.nl", NULL, OK);
	const char *status = confirm(take())->reply.location;
	(void)take();
	send(&feature_join, arena_format(world.arena, "%s/withdraw", status), &nobody, NULL, OK);
	assert_int_equal(find("spijt@x.nl").err, ERR_NOT_FOUND); /* nothing is left */
	assert_int_equal(all_of(0), 0);
	const struct node *page = look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	assert_null(take().to);
}

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
	struct role_change off = {board.id, ROLE_BOARD, false}, on = {board.id, ROLE_BOARD, true};
	set(0, (struct joining){.mode = JOIN_REQUEST});
	assert_int_equal(store_write(world.store, runner_body, NULL), OK);
	struct viewer me = as(&runner);
	look(&feature_requests, "/joining", &me, NULL, ERR_NOT_FOUND);
	assert_int_equal(roll_write(&world.site, role_body, &off), OK);
	ask("/join", "eerste@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	assert_int_equal(notices(&runner).count, 1);
	const struct node *page = look(&feature_requests, "/joining", &me, NULL, OK);
	assert_int_equal(world_count(page, "requests"), 1);
	assert_int_equal(roll_write(&world.site, role_body, &on), OK);
	look(&feature_requests, "/joining", &me, NULL, ERR_NOT_FOUND);
}

static void only_who_may_decides(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST});
	set(energy.id, (struct joining){.mode = JOIN_REQUEST});
	ask("/join", "een@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	ask("/c/energie/join", "twee@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	uint64_t of_all = count(0, APPLICATION_WAITING).first,
		 of_energy = count(energy.id, APPLICATION_WAITING).first;
	assert_int_equal(notices(&manager).count, 1); /* the delegate hears of it, the board not */
	assert_int_equal(notices(&board).count, 1);
	struct viewer m = as(&manager), g = as(&guest), b = as(&board);
	look(&feature_requests, request_path(of_all, ""), &g, NULL, ERR_NOT_FOUND);
	look(&feature_requests, request_path(of_energy, ""), &g, NULL, ERR_NOT_FOUND);
	look(&feature_requests, request_path(of_all, ""), &m, NULL, ERR_NOT_FOUND);
	send(&feature_requests, request_path(of_all, "/accept"), &m, NULL, ERR_NOT_FOUND);
	send(&feature_requests, request_path(of_energy, "/accept"), &g, NULL, ERR_NOT_FOUND);
	static const char *const whole[] = {"place=0", NULL};
	send(&feature_joining, "/joining/settings", &m, whole, ERR_NOT_FOUND);
	send(&feature_joining, "/joining/settings", &g, NULL, ERR_NOT_FOUND);
	struct viewer app = b;
	app.by_token = true;
	send(&feature_requests, request_path(of_all, "/accept"), &app, NULL, ERR_NOT_FOUND);
	const struct node *page = look(
		&feature_requests, request_path(of_energy, ""), &m, NULL, OK);
	assert_null(world_node(page, "on_roll")); /* that is not a community's to know */
	page = look(&feature_requests, request_path(of_energy, ""), &b, NULL, OK);
	assert_non_null(world_node(page, "on_roll.is_member"));
	page = look(&feature_requests, "/joining", &m, NULL, OK);
	assert_string_equal(world_text(page, "requests.0.email"), "twee@x.nl");
	assert_int_equal(world_count(page, "requests"), 1);
	send(&feature_requests, request_path(of_energy, "/accept"), &m, NULL, OK);
	struct finding f = find("twee@x.nl");
	assert_int_equal(f.p.status, PERSON_GUEST); /* of the association, and in this community */
	assert_int_equal(f.here, ROLE_MEMBER);
	page = look(&feature_overview, "/overview", &b, NULL, OK);
	assert_int_equal(world_number(page, "waiting_requests"), 1);
	page = look(&feature_overview, "/overview", &g, NULL, OK);
	assert_int_equal(world_number(page, "waiting_requests"), 0);
}

/* ---- the log of the roll -------------------------------------------------------------------------- */

struct logged {
	uint32_t act;
	size_t count;
	bool sound;
};

static enum err log_body(struct txn *r, void *arg)
{
	struct logged *l = arg;
	struct audit a;
	uint64_t broken;
	l->count = 0;
	for (uint64_t n = 1; audit_load(r, n, &a) == OK; n++)
		l->count += a.act == l->act;
	l->sound = audit_check(r, &broken) == OK;
	return OK;
}

static size_t logged(enum audit_act act)
{
	struct logged l = {.act = act};
	assert_int_equal(roll_read(&world.site, log_body, &l), OK);
	assert_true(l.sound);
	return l.count;
}

static void everything_is_in_the_log(void **state)
{
	(void)state;
	struct viewer b = as(&board);
	static const char *const mode[] = {"mode=request", NULL};
	send(&feature_joining, "/joining/settings", &b, mode, OK);
	assert_int_equal(logged(AUDIT_JOINING), 1);
	ask("/join", "log@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	assert_int_equal(logged(AUDIT_REQUEST), 1);
	look(&feature_requests, "/joining", &b, NULL, OK);
	look(&feature_requests, "/joining", &b, NULL, OK);
	assert_int_equal(logged(AUDIT_VIEW), 1); /* once in an hour */
	look(&feature_invite, "/joining/invitations", &b, NULL, OK);
	assert_int_equal(logged(AUDIT_VIEW), 2); /* and for each thing */
	look(&feature_auditlog, "/members/audit", &b, NULL, OK);
	assert_int_equal(logged(AUDIT_VIEW), 3);
	static const char *const words[] = {"reason=Nee", NULL};
	uint64_t id = count(0, APPLICATION_WAITING).first;
	send(&feature_requests, request_path(id, "/refuse"), &b, words, OK);
	send(&feature_requests, request_path(id, "/accept"), &b, NULL, OK);
	assert_int_equal(logged(AUDIT_REFUSE), 1);
	assert_int_equal(logged(AUDIT_ACCEPT), 1);
	static const char *const invite[] = {"emails=nieuw@x.nl", NULL};
	send(&feature_invite, "/joining/invitations", &b, invite, OK);
	assert_int_equal(logged(AUDIT_INVITE), 1);
}

/* ---- invitations ------------------------------------------------------------------------------------ */

static enum err token_body(struct txn *t, void *arg)
{
	const char **out = arg;
	struct link link = {.purpose = LINK_INVITE, .subject = *(const uint64_t *)out[1]};
	out[0] = arena_text(world.arena, link_token(t, &link));
	return OK;
}

static const char *invite(struct invite_draft draft, uint64_t *id)
{
	struct refusal why = {0};
	const char *url;
	assert_int_equal(
		invite_make(&world.site, world.store, world.arena, &draft, &why, id, &url), OK);
	settle();
	const char *path = url + strlen("https://ex.org");
	const char *out[] = {NULL, (const char *)id};
	assert_int_equal(store_read(world.store, token_body, out), OK);
	assert_string_equal(token_of(path), out[0]); /* the list can show it again */
	return path;
}

static struct call *accept(const char *path, const char *email, enum err wanted)
{
	const char *const inputs[] = {
		"name=Genodigde", arena_format(world.arena, "email=%s", email), NULL};
	return send(&feature_invite, path, &nobody, inputs, wanted);
}

static void an_invitation_ends_after_its_uses(void **state)
{
	(void)state;
	uint64_t id;
	const char *path = invite((struct invite_draft){.uses = 2, .days = 3, .by = board.id}, &id);
	for (int i = 0; i < 3; i++) {
		const char *email = arena_format(world.arena, "g%d@x.nl", i);
		accept(path, email, OK);
	}
	struct taken mails[3];
	for (int i = 0; i < 3; i++)
		mails[i] = take();
	for (int i = 0; i < 2; i++) {
		struct call *call = confirm(mails[i]);
		make_account(call->reply.location, arena_format(world.arena, "gast%d", i), OK);
		wants_status(mails[i].to, PERSON_MEMBER);
	}
	const char *third = path_in(mails[2], "/join/");
	send(&feature_join, third, &nobody, NULL, ERR_GONE); /* two were in before */
	assert_int_equal(find("g2@x.nl").err, ERR_NOT_FOUND);
	const struct node *page = look(&feature_invite, path, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	accept(path, "g3@x.nl", ERR_NOT_FOUND);

	path = invite((struct invite_draft){.uses = 9, .days = 3}, &id);
	time_freeze(begun + 3 * DAY);
	page = look(&feature_invite, path, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	path = invite((struct invite_draft){.uses = 9, .days = 3}, &id);
	struct viewer b = as(&board), g = as(&guest);
	const char *end = arena_format(
		world.arena, "/joining/invitations/%llu/withdraw", (unsigned long long)id);
	send(&feature_invite, end, &g, NULL, ERR_NOT_FOUND);
	send(&feature_invite, end, &b, NULL, OK);
	accept(path, "g4@x.nl", ERR_NOT_FOUND);
}

static void an_invited_address_needs_no_more(void **state)
{
	(void)state;
	uint64_t id;
	invite((struct invite_draft){.email = "Jij@x.nl", .words = "Om de uilen", .by = board.id},
		&id);
	struct taken mail = take();
	assert_string_equal(mail.to, "jij@x.nl");
	assert_non_null(strstr(mail.html, "Om de uilen"));
	const char *path = path_in(mail, "/join/invited/");
	const struct node *page = look(&feature_invite, path, &nobody, NULL, OK);
	assert_string_equal(world_text(page, "email"), "jij@x.nl");
	assert_string_equal(world_text(page, "by.name"), "board");
	/* Another address in the form counts for nothing. */
	struct call *call = accept(path, "iemandanders@x.nl", OK);
	make_account(call->reply.location, "jij", OK);
	assert_int_equal(find("iemandanders@x.nl").err, ERR_NOT_FOUND);
	wants_status("jij@x.nl", PERSON_MEMBER);
	assert_null(take().to);

	/* A guest who is signed in takes one to a community. */
	path = invite(
		(struct invite_draft){.community = energy.id, .uses = 1, .by = manager.id}, &id);
	struct viewer g = as(&guest);
	call = send(&feature_invite, path, &g, NULL, OK);
	assert_string_equal(call->reply.location, "/@energie");
	struct finding f = find("gast@ex.org");
	assert_int_equal(f.p.status, PERSON_GUEST);
	assert_int_equal(f.here, ROLE_MEMBER);
}

static void many_are_invited_at_once(void **state)
{
	(void)state;
	struct viewer b = as(&board), m = as(&manager);
	static const char *const wrong[] = {"emails=a@x.nl\nniets\nb@x.nl", NULL};
	struct call *call = send(&feature_invite, "/joining/invitations", &b, wrong, ERR_INVALID);
	assert_string_equal(call->refusal.field, "emails");
	assert_null(take().to); /* none when one is wrong */
	static const char *const right[] = {"emails=a@x.nl\nb@x.nl, c@x.nl", "days=5", NULL};
	send(&feature_invite, "/joining/invitations", &b, right, OK);
	for (int i = 0; i < 3; i++)
		assert_non_null(take().to);
	const struct node *page = look(&feature_invite, "/joining/invitations", &b, NULL, OK);
	assert_int_equal(world_count(page, "invites"), 3);
	page = look(&feature_invite, "/joining/invitations", &m, NULL, OK);
	assert_int_equal(world_count(page, "invites"), 0); /* those of the association */
	send(&feature_invite, "/joining/invitations", &m, right, ERR_NOT_FOUND);
	char id[ID_TEXT];
	const char *const here[] = {
		arena_format(world.arena, "place=%s", id_text(energy.id, id)), "uses=40", NULL};
	send(&feature_invite, "/joining/invitations", &m, here, OK);
	page = look(&feature_invite, "/joining/invitations", &m, NULL, OK);
	assert_int_equal(world_number(page, "invites.0.uses"), 40);
	assert_true(
		text_starts(world_text(page, "invites.0.link"), "https://ex.org/join/invited/"));
}

/* ---- before it opens ---------------------------------------------------------------------------------- */

static enum err may_post_body(struct txn *t, void *arg)
{
	struct counting *c = arg;
	struct actor a;
	enum err e = actor_load(t, energy.id, &a);
	c->count = e == OK && circle_may_post(t, c->community, &a);
	return e;
}

static bool may_post(const struct actor *who)
{
	struct counting c = {.community = who->id};
	assert_int_equal(store_read(world.store, may_post_body, &c), OK);
	return c.count != 0;
}

static void a_list_before_it_opens(void **state)
{
	(void)state;
	assert_true(may_post(&guest));
	set(energy.id, (struct joining){.mode = JOIN_REQUEST, .unopened = true, .goal = 200});
	assert_false(may_post(&guest));
	assert_true(may_post(&manager));
	struct viewer g = as(&guest), m = as(&manager);
	ask("/c/energie/join", "vroeg@x.nl", NULL, OK);
	struct call *call = confirm(take());
	const char *status = call->reply.location;
	assert_non_null(strstr(take().html, "https://ex.org/join/status/"));
	send(&feature_join, "/c/energie/join", &g, NULL, OK);
	assert_string_equal(take().to, "gast@ex.org");
	const struct node *page = look(&feature_join, status, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "state.listed"), 1);
	page = look(&feature_join, "/c/energie/join", &nobody, NULL, OK);
	assert_int_equal(world_number(page, "listed"), 0); /* few are no number */
	for (int i = 0; i < 3; i++) {
		time_freeze(begun + (i + 2) * HOUR);
		ask("/c/energie/join", arena_format(world.arena, "v%d@x.nl", i), NULL, OK);
		confirm(take());
		(void)take();
	}
	page = look(&feature_join, "/c/energie/join", &nobody, NULL, OK);
	assert_int_equal(world_number(page, "listed"), 5);
	assert_int_equal(world_number(page, "goal"), 200);
	assert_int_equal(find("vroeg@x.nl").here, 0);

	char id[ID_TEXT];
	const char *const here[] = {
		arena_format(world.arena, "place=%s", id_text(energy.id, id)), NULL};
	send(&feature_joining, "/joining/open", &g, here, ERR_NOT_FOUND);
	send(&feature_joining, "/joining/open", &m, here, OK);
	assert_int_equal(count(energy.id, APPLICATION_LISTED).count, 0);
	assert_int_equal(count(energy.id, APPLICATION_ACCEPTED).count, 5);
	assert_int_equal(find("vroeg@x.nl").here, ROLE_MEMBER);
	assert_int_equal(find("gast@ex.org").here, ROLE_MEMBER);
	assert_int_equal(notices(&guest).state, NOTICE_OPENED);
	const char *account = NULL;
	for (int i = 0; i < 5; i++) {
		struct taken mail = take();
		assert_non_null(mail.to);
		if (text_is(mail.to, "vroeg@x.nl"))
			account = path_in(mail, "/join/");
	}
	assert_null(take().to);
	make_account(account, "vroeg", OK);
	assert_true(may_post(&guest));
}

/* ---- what stops in between, and what is left -------------------------------------------------------------- */

static void run_chore(const struct feature *feature, const char *name)
{
	for (const struct chore *c = feature->chores; c->name != NULL; c++)
		if (text_is(c->name, name))
			c->run(world.store, c->arg);
	settle();
}

static enum err more_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	struct person p;
	enum err e = person_by_actor(r, *(const uint64_t *)arg, &p);
	return e == OK ? role_set(r, &console, p.id, energy.id, ROLE_CORE, true) : e;
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
		.from = begun - 900 * DAY,
		.until = begun - DAY};
	enum err e = person_add(r, &console, &p);
	f->id = p.id;
	if (e == OK)
		e = role_set(r, &console, p.id, 0, ROLE_BOARD, true);
	return e == OK ? role_set(r, &console, p.id, energy.id, ROLE_CORE, true) : e;
}

static enum err former_look(struct txn *r, void *arg)
{
	struct former *f = arg;
	f->roles = role_of(r, f->id, 0) | role_of(r, f->id, energy.id);
	return person_load(r, f->id, &f->p);
}

/* The door that is open lets in who was a member, without what they were then. */
static void comes_back(uint64_t community, const char *path, enum person_status as, uint32_t roles)
{
	struct former f = {0};
	set(community, (struct joining){.mode = JOIN_OPEN});
	assert_int_equal(roll_write(&world.site, former_body, &f), OK);
	ask(path, "oud@x.nl", NULL, OK);
	confirm(take());
	assert_int_equal(roll_read(&world.site, former_look, &f), OK);
	assert_int_equal(person_status_at(&f.p, time_now()), as);
	assert_int_equal(f.p.until, 0);
	assert_int_equal(f.p.from, as == PERSON_GUEST ? 0 : time_now());
	assert_int_equal(f.roles, roles);
}

static void a_former_member_comes_back_as_a_guest(void **state)
{
	(void)state;
	comes_back(energy.id, "/c/energie/join", PERSON_GUEST, ROLE_MEMBER);
}

static void a_former_member_comes_back_as_a_member(void **state)
{
	(void)state;
	comes_back(0, "/join", PERSON_MEMBER, 0);
}

static void a_date_makes_nobody_a_member(void **state)
{
	(void)state;
	static const char *const why[] = {"reason=change", NULL},
				 *const since[] = {"status=member", "from=2020-01-01", NULL};
	struct viewer b = as(&board);
	set(0, (struct joining){.mode = JOIN_REQUEST});
	ask("/join", "wacht@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	char id[ID_TEXT];
	const char *path = arena_format(
		world.arena, "/members/%s", id_text(find("wacht@x.nl").p.id, id));
	send(&feature_memberpage, arena_format(world.arena, "%s/open", path), &b, why, OK);
	const struct node *page = look(&feature_memberpage, path, &b, NULL, OK);
	assert_int_equal(world_number(page, "asks"), 1);
	assert_string_equal(
		world_text(page, "request"), id_text(count(0, APPLICATION_WAITING).first, id));
	struct call *call = send(&feature_memberpage,
		arena_format(world.arena, "%s/membership", path), &b, since, ERR_INVALID);
	assert_string_equal(call->refusal.field, "status");
	wants_status("wacht@x.nl", PERSON_APPLICANT);
}

static void a_community_refuses_for_itself(void **state)
{
	(void)state;
	static const char *const words[] = {"reason=Nee", NULL};
	struct viewer m = as(&manager);
	set(energy.id, (struct joining){.mode = JOIN_REQUEST});
	ask("/c/energie/join", "nee@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	uint64_t id = count(energy.id, APPLICATION_WAITING).first;
	send(&feature_requests, request_path(id, "/refuse"), &m, words, OK);
	(void)take();
	wants_status("nee@x.nl", PERSON_APPLICANT);
	set(energy.id, (struct joining){.mode = JOIN_OPEN});
	ask("/c/energie/join", "nee@x.nl", NULL, OK); /* and is looked at there */
	confirm(take());
	(void)take();
	assert_int_equal(find("nee@x.nl").here, 0);
	set(0, (struct joining){.mode = JOIN_OPEN});
	ask("/join", "nee@x.nl", NULL, OK); /* the association has its own door */
	confirm(take());
	wants_status("nee@x.nl", PERSON_MEMBER);
}

static void letting_in_is_taken_back(void **state)
{
	(void)state;
	static const char *const why[] = {"reason=Vergissing", NULL};
	struct viewer m = as(&manager), g = as(&guest);
	set(energy.id, (struct joining){.mode = JOIN_REQUEST});
	static const char *const motive[] = {"motive=Graag", NULL};
	send(&feature_join, "/c/energie/join", &g, motive, OK);
	(void)take();
	uint64_t id = count(energy.id, APPLICATION_WAITING).first;
	send(&feature_requests, request_path(id, "/accept"), &m, NULL, OK);
	(void)take();
	assert_int_equal(find("gast@ex.org").here, ROLE_MEMBER);
	const struct node *page = look(&feature_requests, request_path(id, ""), &m, NULL, OK);
	assert_int_equal(world_number(page, "may_take_back"), 1);
	send(&feature_requests, request_path(id, "/refuse"), &m, NULL, ERR_INVALID);
	send(&feature_requests, request_path(id, "/refuse"), &m, why, OK);
	assert_int_equal(find("gast@ex.org").here, 0);
	wants_status("gast@ex.org", PERSON_GUEST);
	struct taken mail = take();
	assert_non_null(strstr(mail.html, "Dat nemen we terug"));
	assert_non_null(strstr(mail.html, "Vergissing"));
	page = look(&feature_requests, request_path(id, ""), &m, NULL, OK);
	assert_int_equal(world_number(page, "may_take_back"), 0);
	send(&feature_requests, request_path(id, "/accept"), &m, NULL, OK); /* after all */
	assert_int_equal(find("gast@ex.org").here, ROLE_MEMBER);
	/* Who became more than that is not for a manager to put out. */
	assert_int_equal(roll_write(&world.site, more_body, &guest.id), OK);
	struct call *call = send(
		&feature_requests, request_path(id, "/refuse"), &m, why, ERR_INVALID);
	assert_true(text_starts(call->refusal.text, "They have a role"));
	assert_int_equal(find("gast@ex.org").here, ROLE_MEMBER | ROLE_CORE);
}

static uint32_t here_of(const struct actor *a)
{
	struct finding f = {.actor = a->id, .community = energy.id};
	assert_int_equal(roll_read(&world.site, find_body, &f), OK);
	return f.here;
}

static void one_leaves_and_may_think_again(void **state)
{
	(void)state;
	struct viewer m = as(&manager), b = as(&board);
	const struct node *page = look(&feature_join, "/c/energie/join", &m, NULL, OK);
	assert_int_equal(world_number(page, "may_leave"), 1);
	page = look(&feature_membership, "/c/energie/leave", &m, NULL, OK);
	assert_int_equal(world_number(page, "inside"), 1);
	send(&feature_membership, "/c/energie/leave", &b, NULL, ERR_NOT_FOUND);
	for (int i = 0; i < 2; i++) { /* pressed twice */
		send(&feature_membership, "/c/energie/leave", &m, NULL, OK);
		assert_int_equal(here_of(&manager), 0);
	}
	page = look(&feature_membership, "/c/energie/leave", &m, NULL, OK);
	assert_int_equal(world_number(page, "inside"), 0);
	for (int i = 0; i < 2; i++) {
		send(&feature_membership, "/c/energie/leave/undo", &m, NULL, OK);
		assert_int_equal(here_of(&manager), ROLE_MANAGER);
	}
	assert_int_equal(logged(AUDIT_UNROLE), 1);
	send(&feature_membership, "/c/energie/leave", &m, NULL, OK);
	time_freeze(begun + HOUR);
	struct call *late = send(&feature_membership, "/c/energie/leave/undo", &m, NULL, OK);
	assert_string_equal(late->reply.location, "/c/energie/join");
	run_chore(&feature_membership, "membership");
	assert_int_equal(here_of(&manager), 0);
}

struct hand {
	const char *email;
	uint64_t id;
};

static enum err hand_body(struct txn *r, void *arg)
{
	struct hand *h = arg;
	struct application a = {.kind = APPLY_MEMBER, .email = h->email, .name = "Half"};
	enum err e = application_add(r, &a);
	h->id = a.id;
	return e;
}

static void what_was_cut_short_is_told_later(void **state)
{
	(void)state;
	struct hand h = {.email = "half@x.nl"};
	assert_int_equal(
		roll_write(&world.site, hand_body, &h), OK); /* and then the node stopped */
	assert_null(take().to);
	run_chore(&feature_joinmail, "joinmail");
	assert_string_equal(take().to, "half@x.nl");
	run_chore(&feature_joinmail, "joinmail");
	assert_null(take().to); /* once */
}

static enum err stray_body(struct txn *t, void *arg)
{
	struct place row = place_1(TABLE_JOIN_ACCOUNT, board.id + 1);
	return txn_put_id(t, &row, *(const uint64_t *)arg);
}

static void an_account_finds_its_person_later(void **state)
{
	(void)state;
	uint64_t person = add("los@x.nl", PERSON_MEMBER);
	assert_int_equal(store_write(world.store, stray_body, &person), OK);
	run_chore(&feature_join, "join");
	assert_int_equal(find("los@x.nl").p.actor, board.id + 1);
}

static enum err remove_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	return person_remove(r, &console, *(const uint64_t *)arg);
}

struct rows {
	const char *words;
	size_t count;
	bool found;
};

static enum err row_one(void *arg, struct bytes key, struct bytes value)
{
	struct rows *x = arg;
	(void)key;
	x->count++;
	x->found = x->found || memmem(value.data, value.size, x->words, strlen(x->words)) != NULL;
	return OK;
}

static enum err rows_body(struct txn *r, void *arg)
{
	static const uint8_t tables[] = {TABLE_APPLICATION, TABLE_APPLICATION_OF,
		TABLE_APPLICATION_PERSON, TABLE_APPLICATION_TELL, TABLE_INVITE};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < COUNT(tables); i++) {
		struct walk all = {.prefix = place_0(tables[i]), .max = WALK_ALL};
		e = txn_walk(r, &all, row_one, arg);
	}
	return e;
}

static struct rows rows(const char *words)
{
	struct rows x = {.words = words};
	assert_int_equal(roll_read(&world.site, rows_body, &x), OK);
	return x;
}

struct invited_by {
	uint64_t by, id;
	const char *email;
	bool bare;
};

static enum err forget_body(struct txn *r, void *arg)
{
	const struct invited_by *f = arg;
	return invite_forget(r, f->by, f->email);
}

static enum err invited_body(struct txn *r, void *arg)
{
	struct invited_by *f = arg;
	struct invite i;
	enum err e = invite_load(r, f->id, &i);
	f->bare = e == OK && i.by == 0 && i.words == NULL && invite_is_open(&i);
	return e;
}

static void nothing_is_left_of_who_is_gone(void **state)
{
	(void)state;
	set(0, (struct joining){.mode = JOIN_REQUEST});
	ask("/join", "wegwezen@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	assert_int_equal(rows("x").count, 3);
	assert_false(rows("Sanne Vis").found); /* sealed */
	assert_false(rows("wijk").found);
	assert_false(rows("wegwezen").found);
	uint64_t id = find("wegwezen@x.nl").p.id;
	assert_int_equal(roll_write(&world.site, remove_body, &id), OK);
	assert_int_equal(rows("x").count, 0);

	ask("/join", "nooit@x.nl", NULL, OK); /* never confirmed */
	(void)take();
	time_freeze(begun + DAY);
	run_chore(&feature_joinmail, "applications");
	assert_int_equal(rows("x").count, 0);
	ask("/join", "nee@x.nl", NULL, OK);
	confirm(take());
	(void)take();
	struct viewer b = as(&board);
	static const char *const words[] = {"reason=Nee", NULL};
	send(&feature_requests, request_path(count(0, APPLICATION_WAITING).first, "/refuse"), &b,
		words, OK);
	time_freeze(begun + 90 * DAY);
	run_chore(&feature_joinmail, "applications");
	assert_int_equal(find("nee@x.nl").err, OK);
	time_freeze(begun + 91 * DAY);
	run_chore(&feature_joinmail, "applications");
	assert_int_equal(find("nee@x.nl").err, ERR_NOT_FOUND); /* refused requests: 90 days */
	assert_int_equal(rows("x").count, 0);
	uint64_t invited;
	invite((struct invite_draft){.email = "ooit@x.nl"}, &invited);
	assert_false(rows("ooit").found);
	struct invited_by f = {.by = board.id, .email = "Ooit@x.nl"};
	invite((struct invite_draft){.uses = 3, .words = "Van mij", .by = board.id}, &f.id);
	assert_int_equal(roll_write(&world.site, forget_body, &f), OK);
	assert_int_equal(rows("x").count, 1); /* the link they made still opens, without them */
	assert_int_equal(roll_read(&world.site, invited_body, &f), OK);
	assert_true(f.bare);
	time_freeze(begun + 150 * DAY);
	run_chore(&feature_invite, "invite");
	assert_int_equal(rows("x").count, 0);
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
	struct viewer b = as(&board), g = as(&guest);
	look(&feature_jointext, "/joining/texts", &g, NULL, ERR_NOT_FOUND);
	const struct node *page = look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	assert_int_equal(world_count(page, "texts"), 3); /* to begin with */
	static const char *const change[] = {
		"place=0", "id=2", "title=Meer weten", "text=Wie ben je?", NULL};
	save("/joining/texts", &g, change, ERR_NOT_FOUND);
	save("/joining/texts", &b, change, OK);
	page = look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	assert_int_equal(world_count(page, "texts"), 3); /* and the other two */
	assert_string_equal(world_text(page, "texts.1.text"), "Wie ben je?");
	static const char *const fresh[] = {"place=0", "title=Vol", "text=We zijn vol.", NULL};
	save("/joining/texts", &b, fresh, OK);
	page = look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	assert_int_equal(world_count(page, "texts"), 4);
	const char *id = arena_format(world.arena, "id=%s", world_text(page, "texts.0.id"));
	const char *const gone[] = {"place=0", id, NULL};
	save("/joining/texts/delete", &b, gone, OK);
	save("/joining/texts", &b, (const char *const[]){"place=0", id, "title=A", "text=B", NULL},
		ERR_NOT_FOUND);

	set(0, (struct joining){.mode = JOIN_REQUEST});
	ask("/join", "tekst@x.nl", NULL, OK);
	confirm(take());
	uint64_t request = count(0, APPLICATION_WAITING).first;
	page = look(&feature_jointext, "/joining/texts", &b, NULL, OK);
	const char *const use[] = {
		arena_format(world.arena, "text=%s", world_text(page, "texts.2.id")), NULL};
	page = look(&feature_requests, request_path(request, ""), &b, use, OK);
	assert_string_equal(world_text(page, "typed"), "We zijn vol.");
}

static void questions_are_few_and_short(void **state)
{
	(void)state;
	struct viewer b = as(&board);
	static const char *const many[] = {
		"mode=request", "questions=1?\n2?\n3?\n4?\n5?\n6?", NULL};
	struct call *call = send(&feature_joining, "/joining/settings", &b, many, ERR_INVALID);
	assert_string_equal(call->refusal.field, "questions");
	static const char *const some[] = {"mode=request", "guests=true", "days=5",
		"questions=\n  Waar woon je?  \n\nWie ken je?\n", "intro=Voor **wie** wil", NULL};
	send(&feature_joining, "/joining/settings", &b, some, OK);
	const struct node *page = look(&feature_joining, "/joining/settings", &b, NULL, OK);
	assert_string_equal(world_text(page, "questions"), "Waar woon je?\nWie ken je?");
	assert_int_equal(world_number(page, "mode.request"), 1);
	assert_int_equal(world_number(page, "guests"), 1);
	page = look(&feature_join, "/join", &nobody, NULL, OK);
	assert_string_equal(world_text(page, "intro"), "<p>Voor <strong>wie</strong> wil</p>");
	/* The member file is the association's. */
	static const char *const file[] = {"mode=file", NULL};
	char id[ID_TEXT];
	const char *place = arena_format(world.arena, "place=%s", id_text(energy.id, id));
	send(&feature_joining, "/joining/settings", &b,
		(const char *const[]){place, "mode=file", NULL}, ERR_INVALID);
	send(&feature_joining, "/joining/settings", &b, file, OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SITE_TEST(a_request_is_looked_at),
		SITE_TEST(a_refusal_can_be_turned),
		SITE_TEST(the_member_file_tells_by_mail_only),
		SITE_TEST(programs_and_floods_are_kept_out),
		SITE_TEST(whoever_comes_by_an_open_door_is_in),
		SITE_TEST(a_guest_asks_signed_in),
		SITE_TEST(what_waits_can_be_taken_back),
		SITE_TEST(who_runs_the_site_decides_until_there_is_a_board),
		SITE_TEST(only_who_may_decides),
		SITE_TEST(everything_is_in_the_log),
		SITE_TEST(a_former_member_comes_back_as_a_guest),
		SITE_TEST(a_former_member_comes_back_as_a_member),
		SITE_TEST(a_date_makes_nobody_a_member),
		SITE_TEST(a_community_refuses_for_itself),
		SITE_TEST(letting_in_is_taken_back),
		SITE_TEST(one_leaves_and_may_think_again),
		SITE_TEST(an_invitation_ends_after_its_uses),
		SITE_TEST(an_invited_address_needs_no_more),
		SITE_TEST(many_are_invited_at_once),
		SITE_TEST(a_list_before_it_opens),
		SITE_TEST(what_was_cut_short_is_told_later),
		SITE_TEST(an_account_finds_its_person_later),
		SITE_TEST(nothing_is_left_of_who_is_gone),
		SITE_TEST(answers_are_kept),
		SITE_TEST(questions_are_few_and_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
