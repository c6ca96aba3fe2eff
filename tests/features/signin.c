/* signin.c: tests of coming in by a link in a mail: once, for a quarter of an hour, and without telling who is known. */
#include "world.h"

#include <string.h>

#define PASSWORD "drie vrolijke fietsers"

static int64_t begun;
static uint64_t anna;

static int open_with_mail(void **state)
{
	static int days;
	int failed = world_open(state);
	page_load();
	begun = NOW + days++ * DAY; /* paces are the process's */
	time_freeze(begun);
	world.site.mail_from = "kring@ex.org";
	return failed;
}
#define MAIL_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_mail, world_close)

static enum err person_body(struct txn *t, void *arg)
{
	const char *name = arg;
	struct account_draft draft = {.name = name,
		.title = name,
		.email = arena_format(txn_arena(t), "%s@x.nl", name),
		.password_hash = password_hash(txn_arena(t), PASSWORD)};
	struct refusal why = {0};
	struct actor a;
	enum err e = account_create(t, &draft, &why, &a);
	anna = a.id;
	return e;
}

static void person(char *name)
{
	assert_int_equal(store_write(world.store, person_body, name), OK);
}

static struct call *post(const char *path, const char *const *inputs)
{
	static const struct viewer nobody;
	return world_call(&feature_signin, METHOD_POST, path, &nobody, inputs);
}

static struct call *ask(const char *name)
{
	const char *const inputs[] = {
		arena_format(world.arena, "name=%s", name), "next=/overview", NULL};
	return post("/sign-in/link", inputs);
}

struct taken {
	const char *to, *html, *token;
	uint64_t id;
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
	const char *at = strstr(x->html, "https://ex.org/sign-in/");
	if (at != NULL)
		x->token = arena_text_n(world.arena, at + 23, TOKEN_TEXT - 1);
	return mail_end(t, &m, MAIL_SENT, MINUTE);
}

/* The mail that waits; what was asked before is written by then. */
static struct taken take(void)
{
	struct taken x;
	assert_int_equal(store_write(world.store, take_body, &x), OK);
	return x;
}

struct looking {
	const char *token;
	const struct node *page;
	int status;
};

static enum err look_body(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct call *call = world_call(&feature_signin, METHOD_GET,
		arena_format(world.arena, "/sign-in/%s", l->token), NULL, NULL);
	enum err e = world_read(call, t, &l->page);
	l->status = call->reply.status;
	return e;
}

static struct looking look(const char *token)
{
	struct looking l = {.token = token};
	assert_int_equal(store_read(world.store, look_body, &l), OK);
	return l;
}

static const char *cookie(const struct call *call, const char *name)
{
	for (const struct header *h = call->reply.headers; h != NULL; h = h->next)
		if (text_is(h->name, "Set-Cookie") && text_starts(h->value, name))
			return h->value;
	return NULL;
}

static struct call *use(const char *token, const char *input, enum err wanted)
{
	const char *const inputs[] = {input, NULL};
	struct call *call = post(arena_format(world.arena, "/sign-in/%s", token), inputs);
	assert_int_equal(call->route->work(call), wanted);
	return call;
}

static void a_link_signs_in_once(void **state)
{
	(void)state;
	person((char[]){"anna"});
	struct call *call = ask("anna");
	assert_int_equal(call->route->work(call), OK);
	struct taken mail = take();
	assert_string_equal(mail.to, "anna@x.nl");
	assert_non_null(mail.token);
	for (int i = 0; i < 3; i++) { /* programs that read mail open its links */
		struct looking l = look(mail.token);
		assert_string_equal(world_text(l.page, "title"), "anna");
		assert_int_equal(world_number(l.page, "by_mail"), 1);
		assert_int_equal(world_number(l.page, "code"), 0);
	}
	call = use(mail.token, NULL, OK);
	assert_string_equal(call->reply.location, "/overview");
	assert_non_null(cookie(call, "__Host-kring="));
	use(mail.token, NULL, ERR_NOT_FOUND);
	struct looking over = look(mail.token);
	assert_int_equal(over.status, 410);
	assert_int_equal(world_number(over.page, "over"), 1);
	assert_null(take().to); /* who comes by mail needs no mail about it */
}

static void who_is_known_is_not_told(void **state)
{
	(void)state;
	person((char[]){"bas"});
	struct call *known = ask("bas@x.nl"), *unknown = ask("nobody@x.nl");
	assert_int_equal(known->route->work(known), OK);
	assert_int_equal(unknown->route->work(unknown), OK);
	assert_string_equal(known->reply.location, unknown->reply.location);
	assert_int_equal(known->reply.status, unknown->reply.status);
	assert_string_equal(cookie(known, "__Host-notice="), cookie(unknown, "__Host-notice="));
	assert_string_equal(take().to, "bas@x.nl");
	assert_null(take().to);
	for (int i = 0; i < 3; i++) {
		known = ask(" BAS@x.nl");
		unknown = ask("Nobody@X.nl");
		assert_int_equal(known->route->work(known), i < 2 ? OK : ERR_TOO_MUCH);
		assert_int_equal(unknown->route->work(unknown), i < 2 ? OK : ERR_TOO_MUCH);
	}
}

static void a_quarter_of_an_hour(void **state)
{
	(void)state;
	person((char[]){"cas"});
	struct call *call = ask("cas");
	assert_int_equal(call->route->work(call), OK);
	const char *token = take().token;
	time_freeze(begun + 15 * MINUTE);
	use(token, NULL, ERR_NOT_FOUND);
	assert_int_equal(look(token).status, 410);
}

static enum err change_body(struct txn *t, void *arg)
{
	struct account account;
	(void)arg;
	WANT(account_load(t, anna, &account) == OK
		&& password_matches(account.password, "een heel ander woord"));
	return OK;
}

static void a_lost_password_is_replaced(void **state)
{
	(void)state;
	person((char[]){"dirk"});
	struct call *call = ask("dirk");
	assert_int_equal(call->route->work(call), OK);
	const char *token = take().token;
	call = use(token, "password=welkom1234", ERR_INVALID);
	assert_string_equal(call->refusal.field, "password");
	call = use(token, "password=een heel ander woord", OK);
	world_run(change_body);
	struct taken told = take();
	assert_string_equal(told.to, "dirk@x.nl");
	assert_non_null(strstr(told.html, "wachtwoord"));
	assert_null(take().to);
}

static enum err leave_body(struct txn *t, void *arg)
{
	(void)arg;
	return account_set_mail(t, anna, MAIL_SIGN_INS, false);
}

static void a_new_browser_is_told_of(void **state)
{
	(void)state;
	static const char *const in[] = {"name=eva", "password=" PASSWORD, NULL};
	person((char[]){"eva"});
	struct call *call = post("/sign-in", in);
	assert_int_equal(call->route->work(call), OK);
	assert_non_null(cookie(call, "__Host-known="));
	struct taken told = take();
	assert_string_equal(told.to, "eva@x.nl");
	assert_non_null(strstr(told.html, "https://ex.org/unsubscribe/"));
	assert_int_equal(store_write(world.store, leave_body, NULL), OK);
	call = post("/sign-in", in);
	assert_int_equal(call->route->work(call), OK);
	assert_null(take().to);
}

static enum err suspend_body(struct txn *t, void *arg)
{
	struct actor a;
	(void)arg;
	WANT(actor_load(t, anna, &a) == OK);
	a.suspended = true;
	return actor_save(t, &a);
}

static void who_is_suspended_does_not_come_in(void **state)
{
	(void)state;
	person((char[]){"fred"});
	struct call *call = ask("fred");
	assert_int_equal(call->route->work(call), OK);
	const char *token = take().token;
	world_run(suspend_body);
	use(token, NULL, ERR_NOT_FOUND);
	call = ask("fred");
	assert_int_equal(call->route->work(call), OK);
	assert_null(take().to);
}

static struct call *with_password(const char *peer, const char *name, const char *password)
{
	const char *const in[] = {arena_format(world.arena, "name=%s", name),
		arena_format(world.arena, "password=%s", password), NULL};
	struct call *call = post("/sign-in", in);
	call->peer = peer;
	return call;
}

/* Who tries a name is stopped; whose name it is comes in from elsewhere, and all who try it together are stopped too. */
static void a_stranger_keeps_nobody_out(void **state)
{
	(void)state;
	person((char[]){"gerda"});
	for (int i = 0; i < 11; i++) {
		struct call *call = with_password("192.0.2.7", "gerda", "guess");
		assert_int_equal(call->route->work(call), i < 10 ? ERR_INVALID : ERR_TOO_MUCH);
	}
	struct call *call = with_password("192.0.2.8", "gerda", PASSWORD);
	assert_int_equal(call->route->work(call), OK);
	const char *known = cookie(call, "__Host-known=");
	for (int i = 0; i < 60; i++) {
		call = with_password(
			arena_format(world.arena, "198.51.100.%d", i), "gerda", "guess");
		enum err e = call->route->work(call);
		assert_int_equal(e, i < 39 ? ERR_INVALID : ERR_TOO_MUCH);
		time_freeze(time_now() + SECOND / 10); /* twenty a second of all */
	}
	call = with_password("198.51.100.99", "gerda", PASSWORD);
	assert_int_equal(call->route->work(call), ERR_TOO_MUCH);
	call = with_password("198.51.100.99", "gerda", PASSWORD);
	world_cookie(call, arena_text_n(world.arena, known, strcspn(known, ";")));
	assert_int_equal(call->route->work(call), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(a_link_signs_in_once),
		MAIL_TEST(who_is_known_is_not_told),
		MAIL_TEST(a_quarter_of_an_hour),
		MAIL_TEST(a_lost_password_is_replaced),
		MAIL_TEST(a_new_browser_is_told_of),
		MAIL_TEST(who_is_suspended_does_not_come_in),
		MAIL_TEST(a_stranger_keeps_nobody_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
