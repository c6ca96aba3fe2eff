/* account.c: tests of accounts: making them, signing in and out, and what failures do not tell. */
#include "world.h"

#include <string.h>

static enum err make(
	struct txn *t, const char *name, const char *email, const char *hash, struct actor *out)
{
	struct account_draft draft = {
		.name = name, .title = name, .email = email, .password_hash = hash};
	struct refusal why = {0};
	return account_create(t, &draft, &why, out);
}

IN_WRITE(an_account_is_found_by_name_and_address)
{
	(void)arg;
	struct actor a, b;
	struct account found;
	struct signed_in someone;
	WANT(make(t, "anna", " Anna.Boer+kring@Mail.example ", NULL, &a) == OK
		&& make(t, "bas", NULL, NULL, &b) == OK);
	static const char *const names[] = {"anna", "ANNA", "@anna", " anna ", "anna@ex.org",
		"anna.boer+kring@mail.example", "ANNA.BOER+KRING@MAIL.EXAMPLE"};
	for (size_t i = 0; i < COUNT(names); i++)
		WANT(account_find(t, names[i], &found) == OK && found.actor == a.id);
	static const char *const nobody[] = {
		"", "ann", "anna@mail.example", "anna.boer@mail.example"};
	for (size_t i = 0; i < COUNT(nobody); i++)
		WANT(account_find(t, nobody[i], &found) == ERR_NOT_FOUND);
	WANT(account_find(t, NULL, &found) == ERR_NOT_FOUND);
	WANT(account_signed_in(t, a.id, &someone) == OK && text_is(someone.url, "/@anna")
		&& !someone.admin && !someone.member);
	world_member(&b, 0, 0, 0);
	WANT(account_signed_in(t, b.id, &someone) == OK && someone.member);
	WANT(world_group(t, "energie").id != 0
		&& account_find(t, "energie", &found) == ERR_NOT_FOUND);
	WANT(actor_remove(t, a.id, NULL) == OK && account_find(t, "anna", &found) == ERR_NOT_FOUND);
	WANT(account_signed_in(t, a.id, &someone) == ERR_NOT_FOUND
		&& account_load(t, a.id, &found) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(addresses_are_plain_and_once)
{
	(void)arg;
	struct actor a;
	static const char *const wrong[] = {"", "x", "@x.nl", "x@", "x@nl", "a b@x.nl", "a@b@x.nl",
		"\"a\"@x.nl", "a%b@x.nl", "a,b@x.nl", "a@x.nl\r\nBcc: b@x.nl", "a@x.nl/..",
		"a@x.nl:25", "a@[127.0.0.1]", "a@x..nl", "a@-x.nl"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		WANT(make(t, arena_format(txn_arena(t), "name%zu", i), wrong[i], NULL, &a)
			== ERR_INVALID);
	char *big = arena_alloc(txn_arena(t), 400);
	memset(big, 'a', 64);
	memcpy(big + 64, "@x.nl", 6);
	WANT(make(t, "long64", big, NULL, &a) == OK);
	memset(big, 'a', 65);
	memcpy(big + 65, "@x.nl", 6);
	WANT(make(t, "long65", big, NULL, &a) == ERR_INVALID);
	WANT(make(t, "anna", "a@x.nl", NULL, &a) == OK
		&& make(t, "bas", "A@X.nl", NULL, &a) == ERR_INVALID);
	return OK;
}

IN_WRITE(who_may_not_come_in_is_not_there)
{
	(void)arg;
	struct actor a;
	struct account found;
	struct signed_in someone;
	WANT(make(t, "anna", "a@x.nl", NULL, &a) == OK && account_load(t, a.id, &found) == OK);
	struct place place = place_1(TABLE_ACCOUNT, a.id);
	found.suspended = true;
	WANT(txn_save(t, &place, &account_shape, &found) == OK);
	WANT(account_find(t, "anna", &found) == ERR_NOT_FOUND
		&& account_find(t, "a@x.nl", &found) == ERR_NOT_FOUND);
	WANT(account_signed_in(t, a.id, &someone) == ERR_NOT_FOUND
		&& account_load(t, a.id, &found) == OK);
	found.suspended = false;
	a.suspended = true;
	WANT(txn_save(t, &place, &account_shape, &found) == OK
		&& account_find(t, "anna", &found) == OK);
	WANT(actor_save(t, &a) == OK && account_find(t, "anna", &found) == ERR_NOT_FOUND);
	return OK;
}

static void spellings_of_a_name_are_one(void **state)
{
	(void)state;
	static const char *const spelled[] = {
		"anna", "@anna", "acct:anna", "ANNA@ex.org", "anna@EX.org.", " @anna@ex.org"};
	static const struct viewer nobody;
	size_t refused = 0;
	for (size_t i = 0; i < 12; i++) {
		const char *const inputs[] = {
			arena_format(world.arena, "name=%s", spelled[i % COUNT(spelled)]),
			"password=no", NULL};
		struct call *call = world_call(
			&feature_signin, METHOD_POST, "/sign-in", &nobody, inputs);
		refused += call->route->work(call) == ERR_TOO_MUCH;
	}
	assert_int_equal(refused, 2);
}

static void passwords_are_hard_to_guess(void **state)
{
	(void)state;
	struct refusal why = {0};
	char big[258];
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)('b' + i * i * 7 % 23);
	big[257] = '\0';
	static const char *const wrong[] = {"", "123456789", "aaaaaaaaaaaa", "xx-Anna-xx-xx",
		"welkom bij EX.ORG", "1234567890", "0987654321", "qwertyuiop", "QWERTY123456",
		"Welkom2024!!", "W3lk0m01!!", "P@ssw0rd1234", "wachtwoord1", "passwordpassword",
		"abcabcabcabc", "zomer2025!", "1q2w3e4r5t6y7u8i9o", "iloveyou123", "Amsterdam1975",
		"0612345678", "password123password123password123"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(
			account_password_check(world.arena, &world.site, "anna", wrong[i], &why),
			ERR_INVALID);
	assert_int_equal(
		account_password_check(world.arena, &world.site, "anna", NULL, &why), ERR_INVALID);
	assert_int_equal(
		account_password_check(world.arena, &world.site, "anna", big, &why), ERR_INVALID);
	assert_string_equal(why.field, "password");
	big[256] = '\0';
	assert_int_equal(account_password_check(world.arena, &world.site, "anna", big, &why), OK);
	assert_int_equal(
		account_password_check(world.arena, &world.site, "anna", "rj8kfw3xq0", &why), OK);
	assert_int_equal(
		account_password_check(world.arena, &world.site, "anna", "äëïöüäëïöü", &why), OK);
}

/* ---- signing in, through the handlers -------------------------------------------------------- */

#define PASSWORD "drie vrolijke fietsers"

static uint64_t anna;

static enum err anna_body(struct txn *t, void *arg)
{
	struct actor a;
	enum err e = make(t, "anna", "a@x.nl", arg, &a);
	anna = a.id;
	return e;
}

static int with_anna(void **state)
{
	int failed = world_open(state);
	if (failed == 0
		&& store_write(world.store, anna_body, password_hash(world.arena, PASSWORD)) != OK)
		failed = -1;
	return failed;
}

static struct call *post(const char *path, const struct viewer *viewer, const char *const *inputs)
{
	bool sessions = text_starts(path, "/settings/sessions");
	return world_call(
		sessions ? &feature_account : &feature_signin, METHOD_POST, path, viewer, inputs);
}

static bool sets_cookie(const struct call *call)
{
	for (const struct header *h = call->reply.headers; h != NULL; h = h->next)
		if (text_equal_fold(h->name, "Set-Cookie"))
			return true;
	return false;
}

static size_t accesses;

static enum err access_visit(void *arg, struct bytes key, struct bytes value)
{
	(void)arg, (void)key, (void)value;
	accesses++;
	return OK;
}

static enum err access_body(struct txn *t, void *arg)
{
	(void)arg;
	struct walk walk = {.prefix = place_0(TABLE_SESSION), .max = 1000};
	accesses = 0;
	return txn_walk(t, &walk, access_visit, NULL);
}

static size_t sessions(void)
{
	assert_int_equal(store_read(world.store, access_body, NULL), OK);
	return accesses;
}

static void signs_in_and_goes_on(void **state)
{
	(void)state;
	static const char *const nexts[][2] = {{"next=/requests?x=1", "/requests?x=1"},
		{"next=//evil.example/", "/"}, {"next=/\\evil.example", "/"},
		{"next=https://evil.example/", "/"}, {"x=", "/"}};
	for (size_t i = 0; i < COUNT(nexts); i++) {
		time_freeze(NOW + (int64_t)i * HOUR);
		const char *const typed[] = {
			"name=a@x.nl", "password=" PASSWORD, nexts[i][0], NULL};
		struct call *call = post("/sign-in", NULL, typed);
		assert_int_equal(call->route->work(call), OK);
		assert_int_equal(call->reply.status, 303);
		assert_string_equal(call->reply.location, nexts[i][1]);
		assert_true(sets_cookie(call));
		assert_int_equal(sessions(), i + 1);
	}
}

static void failures_are_all_alike(void **state)
{
	(void)state;
	static const char *const names[] = {
		"name=anna", "name=nobody", "name=nobody@x.nl", "name=ex.org"};
	for (size_t i = 0; i < COUNT(names); i++) {
		time_freeze(NOW + DAY + (int64_t)i * HOUR);
		const char *const typed[] = {names[i], "password=drie vrolijke fietser", NULL};
		struct call *call = post("/sign-in", NULL, typed);
		assert_int_equal(call->route->work(call), ERR_INVALID);
		assert_null(call->refusal.field);
		assert_string_equal(
			call->refusal.text, "This name and password do not belong together.");
		assert_false(sets_cookie(call));
	}
	assert_int_equal(sessions(), 0);
}

static void trying_has_an_end(void **state)
{
	(void)state;
	const char *const typed[] = {"name=Anna", "password=wrong", NULL};
	enum err e = ERR_INVALID;
	time_freeze(NOW + 2 * DAY);
	size_t tries = 0;
	for (; e == ERR_INVALID && tries < 20; tries++) {
		struct call *call = post("/sign-in", NULL, typed);
		e = call->route->work(call);
	}
	assert_int_equal(e, ERR_TOO_MUCH);
	assert_int_equal(tries, 11);
	const char *const right[] = {"name=anna", "password=" PASSWORD, NULL};
	struct call *call = post("/sign-in", NULL, right);
	assert_int_equal(call->route->work(call), ERR_TOO_MUCH); /* the right one too */
	time_freeze(NOW + 2 * DAY + HOUR);
	call = post("/sign-in", NULL, right);
	assert_int_equal(call->route->work(call), OK);
}

/* Neighbours in one /64 are one address; 30 tries in a quarter of an hour, whatever the names. */
static void an_address_has_an_end_too(void **state)
{
	(void)state;
	enum err e = ERR_INVALID;
	int tries = 0;
	for (; e == ERR_INVALID && tries < 40; tries++) {
		time_freeze(
			NOW + 3 * DAY + tries); /* within a second only 20 come through at all */
		if (tries >= 15)
			time_freeze(NOW + 3 * DAY + tries + SECOND);
		const char *const typed[] = {
			arena_format(world.arena, "name=nobody%d", tries), "password=x", NULL};
		struct call *call = post("/sign-in", NULL, typed);
		call->peer = arena_format(world.arena, "2001:db8:1:2:%x::1", tries + 1);
		e = call->route->work(call);
	}
	assert_int_equal(e, ERR_TOO_MUCH);
	assert_int_equal(tries, 31);
}

static struct call *seen;

static enum err write_body(struct txn *t, void *arg)
{
	seen = arg;
	return seen->route->write(seen, t);
}

static const struct node *page;

static enum err read_body(struct txn *t, void *arg)
{
	return world_read(arg, t, &page);
}

static void sessions_are_listed_and_ended(void **state)
{
	(void)state;
	const char *const typed[] = {"name=anna", "password=" PASSWORD, NULL};
	time_freeze(NOW + 4 * DAY);
	for (int i = 0; i < 2; i++) {
		struct call *call = post("/sign-in", NULL, typed);
		assert_int_equal(call->route->work(call), OK);
	}
	struct viewer viewer = {.actor = anna, .local = true, .session = "x"},
		      other = {.actor = anna + 1, .local = true};
	struct call *call = world_call(
		&feature_account, METHOD_GET, "/settings/sessions", &viewer, NULL);
	assert_int_equal(store_read(world.store, read_body, call), OK);
	assert_int_equal(world_count(page, "sessions"), 2);
	assert_int_equal(world_count(page, "apps"), 0);
	const char *one = arena_format(
		world.arena, "/settings/sessions/%s/end", world_text(page, "sessions.0.hash"));
	struct call *ending = post(one, &other, NULL);
	assert_int_equal(store_write(world.store, write_body, ending), ERR_NOT_FOUND);
	ending = post(one, &viewer, NULL);
	assert_int_equal(store_write(world.store, write_body, ending), OK);
	assert_int_equal(sessions(), 1);
	assert_int_equal(store_write(world.store, write_body, ending), ERR_NOT_FOUND);
	call = world_call(&feature_account, METHOD_GET, "/settings/sessions", &other, NULL);
	assert_int_equal(store_read(world.store, read_body, call), OK);
	assert_int_equal(world_count(page, "sessions"), 0);
	call = post("/settings/sessions/end-all", &viewer, NULL);
	assert_int_equal(store_write(world.store, write_body, call), OK);
	assert_string_equal(call->reply.location, "/sign-in");
	assert_int_equal(sessions(), 0);
}

static void a_new_password_ends_the_old_one(void **state)
{
	(void)state;
	struct viewer viewer = {.actor = anna, .local = true, .session = "x"};
	const char *const in[] = {"name=anna", "password=" PASSWORD, NULL};
	const char *const wrong[] = {
		"current=x", "password=vier nieuwe fietsen", "again=vier nieuwe fietsen", NULL};
	const char *const differs[] = {
		"current=" PASSWORD, "password=vier nieuwe fietsen", "again=vier", NULL};
	const char *const right[] = {"current=" PASSWORD, "password=vier nieuwe fietsen",
		"again=vier nieuwe fietsen", NULL};
	time_freeze(NOW + 5 * DAY);
	struct call *call = post("/sign-in", NULL, in);
	assert_int_equal(call->route->work(call), OK);
	call = post("/sign-in", NULL, in);
	assert_int_equal(call->route->work(call), OK);
	call = post("/settings/password", &viewer, wrong);
	assert_int_equal(call->route->work(call), ERR_INVALID);
	assert_string_equal(call->refusal.field, "current");
	call = post("/settings/password", &viewer, differs);
	assert_int_equal(call->route->work(call), ERR_INVALID);
	assert_string_equal(call->refusal.field, "again");
	assert_int_equal(sessions(), 2);
	call = post("/settings/password", &viewer, right);
	assert_int_equal(call->route->work(call), OK);
	assert_true(sets_cookie(call));
	assert_int_equal(sessions(), 1); /* this one, anew */
	call = post("/sign-in", NULL, in);
	assert_int_equal(call->route->work(call), ERR_INVALID);
}

#define ANNA_TEST(name) cmocka_unit_test_setup_teardown(name, with_anna, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_account_is_found_by_name_and_address),
		WORLD_TEST(addresses_are_plain_and_once),
		WORLD_TEST(who_may_not_come_in_is_not_there),
		WORLD_TEST(spellings_of_a_name_are_one),
		WORLD_TEST(passwords_are_hard_to_guess),
		ANNA_TEST(signs_in_and_goes_on),
		ANNA_TEST(failures_are_all_alike),
		ANNA_TEST(trying_has_an_end),
		ANNA_TEST(an_address_has_an_end_too),
		ANNA_TEST(sessions_are_listed_and_ended),
		ANNA_TEST(a_new_password_ends_the_old_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
