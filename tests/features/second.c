/* second.c: tests of the code besides the password: turned on, asked for, never taken twice, turned off. */
#include "world.h"

#include <string.h>

#define PASSWORD "drie vrolijke fietsers"

static int64_t begun;
static uint64_t anna;
static uint8_t secret[20];
static const char *paper[8];

static int open_world(void **state)
{
	static int days;
	int failed = world_open(state);
	page_load();
	begun = NOW + days++ * DAY; /* paces are the process's */
	time_freeze(begun);
	return failed;
}
#define SECOND_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, world_close)

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

static void base32_decode(const char *s, uint8_t *out)
{
	uint32_t bits = 0;
	int have = 0;
	for (; *s != '\0'; s++) {
		bits = bits << 5 | (uint32_t)(*s >= 'A' ? *s - 'A' : *s - '2' + 26);
		have += 5;
		if (have >= 8) {
			*out++ = (uint8_t)(bits >> (have - 8));
			have -= 8;
		}
	}
}

struct doing {
	const char *path, *input;
	enum err err;
	struct call *call;
};

static enum err do_body(struct txn *t, void *arg)
{
	struct doing *d = arg;
	const struct viewer viewer = {.actor = anna, .local = true};
	const char *const inputs[] = {d->input, NULL};
	d->call = world_call(&feature_second, METHOD_POST, d->path, &viewer, inputs);
	d->err = d->call->route->write(d->call, t);
	return d->err;
}

static enum err try_it(const char *path, const char *input)
{
	struct doing d = {.path = path, .input = input};
	enum err e = store_write(world.store, do_body, &d);
	assert_int_equal(e, d.err);
	return e;
}

static enum err page_body(struct txn *t, void *arg)
{
	const struct node **page = arg;
	const struct viewer viewer = {.actor = anna, .local = true};
	struct call *call = world_call(
		&feature_second, METHOD_GET, "/settings/second", &viewer, NULL);
	return world_read(call, t, page);
}

static const struct node *page(void)
{
	const struct node *p = NULL;
	assert_int_equal(store_read(world.store, page_body, &p), OK);
	return p;
}

static const char *code_at(int64_t now)
{
	char code[TOTP_TEXT];
	assert_true(totp_code(secret, sizeof secret, (uint64_t)(now / (30 * SECOND)), code));
	return arena_text(world.arena, code);
}

static enum err turn_on(void)
{
	return try_it(
		"/settings/second/on", arena_format(world.arena, "code=%s", code_at(time_now())));
}

static void begin(char *name)
{
	assert_int_equal(store_write(world.store, person_body, name), OK);
	assert_null(world_node(page(), "pending"));
	assert_int_equal(try_it("/settings/second/start", NULL), OK);
	const struct node *p = page();
	base32_decode(world_text(p, "pending.secret"), secret);
	assert_true(text_starts(world_text(p, "pending.uri"),
		arena_format(world.arena, "otpauth://totp/ex.org:%s?secret=", name)));
	assert_non_null(strstr(world_text(p, "pending.picture"), "<svg"));
	assert_int_equal(world_count(p, "pending.codes"), 8);
	for (size_t i = 0; i < COUNT(paper); i++)
		paper[i] = arena_text(world.arena,
			world_text(p, arena_format(world.arena, "pending.codes.%zu", i)));
	assert_int_equal(strlen(paper[0]), 19);
	assert_string_not_equal(paper[0], paper[1]);
}

/* ---- signing in ------------------------------------------------------------------------------ */

static const char *password_step(const char *name)
{
	static const struct viewer nobody;
	const char *const in[] = {
		arena_format(world.arena, "name=%s", name), "password=" PASSWORD, NULL};
	struct call *call = world_call(&feature_signin, METHOD_POST, "/sign-in", &nobody, in);
	assert_int_equal(call->route->work(call), OK);
	return call->reply.location;
}

static enum err code_step(const char *path, const char *code)
{
	static const struct viewer nobody;
	const char *const in[] = {arena_format(world.arena, "code=%s", code), NULL};
	struct call *call = world_call(&feature_signin, METHOD_POST, path, &nobody, in);
	return call->route->work(call);
}

static void a_code_is_asked_for(void **state)
{
	(void)state;
	begin((char[]){"anna"});
	assert_string_equal(password_step("anna"), "/"); /* not before it is on */
	assert_int_equal(try_it("/settings/second/on", "code=000000"), ERR_INVALID);
	assert_int_equal(turn_on(), OK);
	assert_null(world_node(page(), "pending")); /* nothing of it is shown again */
	assert_int_equal(world_number(page(), "on.left"), 8);
	const char *step = password_step("anna");
	assert_true(text_starts(step, "/sign-in/") && strlen(step) > 40);
	assert_int_equal(code_step(step, ""), ERR_INVALID);
	assert_int_equal(code_step(step, code_at(begun)), ERR_INVALID); /* used to turn it on */
	time_freeze(begun + 30 * SECOND);
	assert_int_equal(code_step(step, code_at(time_now())), OK);
	assert_int_equal(code_step(step, code_at(time_now() + 30 * SECOND)), ERR_NOT_FOUND);
	time_freeze(begun + 16 * MINUTE);
	step = password_step("anna");
	assert_int_equal(code_step(step, code_at(begun + 30 * SECOND)), ERR_INVALID); /* over */
	assert_int_equal(code_step(step, code_at(time_now())), OK);
	step = password_step("anna");
	assert_int_equal(code_step(step, code_at(time_now())), ERR_INVALID); /* used already */
}

static void a_code_on_paper_works_once(void **state)
{
	(void)state;
	begin((char[]){"bas"});
	assert_int_equal(turn_on(), OK);
	assert_int_equal(code_step(password_step("bas"), paper[3]), OK);
	assert_int_equal(code_step(password_step("bas"), paper[3]), ERR_INVALID);
	char *shouted = arena_text(world.arena, paper[4]);
	for (char *c = shouted; *c != '\0'; c++)
		*c = *c == '-' ? ' ' : *c >= 'a' ? (char)(*c - 32) : *c;
	assert_int_equal(code_step(password_step("bas"), shouted), OK);
	assert_int_equal(world_number(page(), "on.left"), 6);
}

static void guessing_has_an_end(void **state)
{
	(void)state;
	begin((char[]){"cas"});
	assert_int_equal(turn_on(), OK);
	const char *step = password_step("cas");
	for (int i = 0; i < 4; i++)
		assert_int_equal(code_step(step, "123456"), ERR_INVALID);
	assert_int_equal(code_step(step, "123456"), ERR_TOO_MUCH);
	time_freeze(begun + 30 * SECOND);
	assert_int_equal(code_step(step, code_at(time_now())), ERR_TOO_MUCH);
	time_freeze(begun + 15 * MINUTE);
	assert_int_equal(code_step(password_step("cas"), code_at(time_now())), OK);
}

static enum err off(const char *proof)
{
	const struct viewer viewer = {.actor = anna, .local = true};
	const char *const in[] = {arena_format(world.arena, "proof=%s", proof), NULL};
	struct call *call = world_call(
		&feature_second, METHOD_POST, "/settings/second/off", &viewer, in);
	return call->route->work(call);
}

static enum err no_row(struct txn *t, void *arg)
{
	struct bytes row;
	struct place place = place_1(TABLE_SECOND, anna);
	(void)arg;
	WANT(txn_get(t, &place, &row) == ERR_NOT_FOUND);
	return OK;
}

static void it_is_turned_off_by_who_knows(void **state)
{
	(void)state;
	begin((char[]){"dirk"});
	assert_int_equal(turn_on(), OK);
	assert_int_equal(off("no"), ERR_INVALID);
	assert_int_equal(off(PASSWORD), OK);
	world_run(no_row);
	assert_string_equal(password_step("dirk"), "/");
	time_freeze(begun + HOUR);
	assert_int_equal(try_it("/settings/second/start", NULL), OK);
	base32_decode(world_text(page(), "pending.secret"), secret);
	assert_int_equal(turn_on(), OK);
	time_freeze(begun + HOUR + 30 * SECOND);
	assert_int_equal(off(code_at(time_now())), OK);
	world_run(no_row);
}

/* A copy of the store gives nobody a code. */
static enum err sealed_body(struct txn *t, void *arg)
{
	struct bytes row;
	struct place place = place_1(TABLE_SECOND, anna);
	(void)arg;
	WANT(txn_get(t, &place, &row) == OK);
	WANT(memmem(row.data, row.size, secret, sizeof secret) == NULL);
	for (size_t i = 0; i < COUNT(paper); i++)
		WANT(memmem(row.data, row.size, paper[i], 4) == NULL);
	return OK;
}

static void no_secret_is_in_the_store(void **state)
{
	(void)state;
	begin((char[]){"eva"});
	world_run(sealed_body);
	assert_int_equal(turn_on(), OK);
	world_run(sealed_body);
}

/* A page that shows who is on the roll, or asked to be, is for who signs in with a code. */
static void the_roll_asks_for_it(void **state)
{
	static const char *const shown[] = {
		"/members", "/joining/requests", "/joining/invitations"};
	size_t found = 0;
	(void)state;
	for (const struct feature *const *f = features; *f != NULL; f++)
		for (const struct route *r = (*f)->routes; r != NULL && r->method != 0; r++) {
			bool shows = text_is(r->path, "/joining");
			for (size_t i = 0; i < COUNT(shown); i++)
				shows = shows || text_starts(r->path, shown[i]);
			if (shows != r->roll)
				fail_msg("%s: %s", r->path,
					shows ? "no code is asked" : "why a code?");
			found += shows;
		}
	assert_true(found > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SECOND_TEST(a_code_is_asked_for),
		SECOND_TEST(a_code_on_paper_works_once),
		SECOND_TEST(guessing_has_an_end),
		SECOND_TEST(it_is_turned_off_by_who_knows),
		SECOND_TEST(no_secret_is_in_the_store),
		SECOND_TEST(the_roll_asks_for_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
