/* email.c: tests of another address: it counts once its mail was read, and the old one can bring itself back. */
#include "world.h"

#include <string.h>

#define PASSWORD "drie vrolijke fietsers"

static int64_t begun;
static uint64_t anna, bas;

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

static enum err person(struct txn *t, const char *name, uint64_t *id)
{
	struct account_draft draft = {.name = name,
		.title = name,
		.email = arena_format(txn_arena(t), "%s@x.nl", name),
		.password_hash = password_hash(txn_arena(t), PASSWORD)};
	struct refusal why = {0};
	struct actor a;
	enum err e = account_create(t, &draft, &why, &a);
	*id = a.id;
	return e;
}

static enum err people_body(struct txn *t, void *arg)
{
	(void)arg;
	enum err e = person(t, "anna", &anna);
	return e == OK ? person(t, "bas", &bas) : e;
}

static enum err ask(const char *email, const char *password)
{
	const struct viewer viewer = {.actor = anna, .local = true};
	const char *const in[] = {arena_format(world.arena, "email=%s", email),
		arena_format(world.arena, "password=%s", password), NULL};
	struct call *call = world_call(&feature_email, METHOD_POST, "/settings/email", &viewer, in);
	return call->route->work(call);
}

struct taken {
	const char *to, *token;
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
	const char *at = strstr(m.html, "https://ex.org/email/");
	if (at != NULL)
		x->token = arena_text_n(world.arena, at + 21, TOKEN_TEXT - 1);
	return mail_end(t, &m, MAIL_SENT, MINUTE);
}

static struct taken take(void)
{
	struct taken x;
	assert_int_equal(store_write(world.store, take_body, &x), OK);
	return x;
}

struct using
{
	const char *token;
	enum err err;
	struct refusal why;
};

static enum err use_body(struct txn *t, void *arg)
{
	struct using *u = arg;
	struct call *call = world_call(&feature_email, METHOD_POST,
		arena_format(world.arena, "/email/%s", u->token), NULL, NULL);
	u->err = call->route->write(call, t);
	u->why = call->refusal;
	return u->err;
}

static enum err use(const char *token)
{
	struct using u = {.token = token};
	enum err e = store_write(world.store, use_body, &u);
	assert_int_equal(e, u.err);
	return e;
}

struct owner {
	const char *email;
	uint64_t id;
};

static enum err whose_body(struct txn *t, void *arg)
{
	struct owner *o = arg;
	struct account account;
	o->id = account_find(t, o->email, &account) == OK ? account.actor : 0;
	return OK;
}

static uint64_t whose(const char *email)
{
	struct owner o = {.email = email};
	assert_int_equal(store_read(world.store, whose_body, &o), OK);
	return o.id;
}

static void an_address_counts_once_its_mail_is_read(void **state)
{
	(void)state;
	assert_int_equal(store_write(world.store, people_body, NULL), OK);
	assert_int_equal(ask("new@x.nl", "not mine"), ERR_INVALID);
	assert_int_equal(ask("new@x.nl\r\nBcc: b@x.nl", PASSWORD), ERR_INVALID);
	assert_null(take().to);
	assert_int_equal(ask("old@x.nl", PASSWORD), OK);
	const char *first = take().token;
	assert_int_equal(ask(" New@X.nl ", PASSWORD), OK);
	struct taken mail = take();
	assert_string_equal(mail.to, "new@x.nl");
	assert_int_equal(use(first), ERR_NOT_FOUND); /* the last that was asked for counts */
	assert_true(whose("anna@x.nl") == anna && whose("new@x.nl") == 0);
	assert_int_equal(use(mail.token), OK);
	assert_true(whose("new@x.nl") == anna && whose("anna@x.nl") == 0);
	assert_int_equal(use(mail.token), ERR_NOT_FOUND);
	struct taken told = take();
	assert_string_equal(told.to, "anna@x.nl");
	time_freeze(begun + 3 * DAY - 1);
	assert_int_equal(use(told.token), OK);
	assert_true(whose("anna@x.nl") == anna && whose("new@x.nl") == 0);
	assert_null(take().to);
}

static void an_address_is_one_persons(void **state)
{
	(void)state;
	assert_int_equal(store_write(world.store, people_body, NULL), OK);
	time_freeze(begun + DAY);
	assert_int_equal(ask("bas@x.nl", PASSWORD), OK); /* as for any other */
	struct taken mail = take();
	assert_string_equal(mail.to, "bas@x.nl");
	assert_int_equal(use(mail.token), ERR_INVALID);
	assert_true(whose("bas@x.nl") == bas && whose("anna@x.nl") == anna);
	time_freeze(begun + 2 * DAY);
	assert_int_equal(use(mail.token), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(an_address_counts_once_its_mail_is_read),
		MAIL_TEST(an_address_is_one_persons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
