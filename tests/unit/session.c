/* session.c: sessions, tokens, CSRF: who is believed, for how long, and who is not. */
#include "serving.h"

#define MEMBER_ID 7
static char first_token[TOKEN_TEXT];

static enum err show_me(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	view_id(v, "actor", c->viewer.actor);
	view_text(v, "scope", c->viewer.scope);
	return OK;
}

static enum err do_sign_in(struct call *c, struct txn *t)
{
	reply_see_other(c, "/");
	return session_begin(t, c, (uint64_t)call_number(c, "actor", MEMBER_ID));
}

static enum err do_sign_out(struct call *c, struct txn *t)
{
	reply_see_other(c, "/");
	return session_end(t, c);
}

static enum err do_end_all(struct call *c, struct txn *t)
{
	reply_see_other(c, "/");
	return session_end_all(t, c->viewer.actor);
}

static const struct route routes[] = {
	{METHOD_GET, "/me", ANYONE, .read = show_me, .page = "me"},
	{METHOD_GET, "/admin", ADMIN, .read = show_me, .page = "admin"},
	{METHOD_GET, "/roll", MEMBER, .read = show_me, .page = "me"},
	{METHOD_GET, "/api/v1/me", ANYONE, .read = show_me},
	{METHOD_GET, "/ap", FEDERATION, .read = show_me},
	{METHOD_POST, "/in", ANYONE, .write = do_sign_in, .takes = {{"actor", INPUT_ID}}},
	{METHOD_POST, "/out", SIGNED_IN, .write = do_sign_out},
	{METHOD_POST, "/end", SIGNED_IN, .write = do_end_all},
	{METHOD_POST, "/api/v1/end", SIGNED_IN, .write = do_end_all},
	{0},
};
static const struct route *const lists[] = {routes, NULL};
static struct serving node;

static int start(void **state)
{
	(void)state;
	node = serving_prepare(lists, "https://ex.test");
	serving_start(&node);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	time_freeze(0);
	serving_stop(&node);
	return 0;
}

/* "Cookie: __Host-kring=…\r\n" of a new session. */
static const char *sign_in(uint64_t actor, const char *more)
{
	const char *answer = ask(&node, "POST", "/in",
		arena_format(node.arena, FORM OURS "%s", more),
		arena_format(node.arena, "actor=%llu", (unsigned long long)actor));
	assert_int_equal(status_of(answer), 303);
	const char *cookie = header_of(&node, answer, "Set-Cookie");
	assert_non_null(cookie);
	return arena_format(node.arena, "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
}

static const char *me(const char *cookie)
{
	return ask(&node, "GET", "/me", cookie, NULL);
}

static const char *csrf_of(const char *cookie)
{
	const char *at = strstr(me(cookie), ".csrf=");
	return at != NULL ? arena_text_n(node.arena, at + 6, strcspn(at + 6, ";")) : NULL;
}

static void a_session_is_a_cookie(void **state)
{
	(void)state;
	const char *answer = ask(&node, "POST", "/in", FORM OURS, "");
	const char *cookie = header_of(&node, answer, "Set-Cookie");
	assert_has(cookie, "__Host-kring=");
	assert_has(cookie, "; Path=/; Max-Age=5184000; HttpOnly; SameSite=Lax; Secure");
	assert_int_equal(strcspn(cookie, ";"), strlen("__Host-kring=") + TOKEN_TEXT - 1);
	cookie = sign_in(MEMBER_ID, "");
	answer = me(cookie);
	assert_has(answer, ".actor=7;");
	assert_has(answer, ".viewer.title=Anna;");
	assert_string_equal(header_of(&node, answer, "Cache-Control"), "private, no-store");
	answer = me("");
	assert_lacks(answer, ".actor=7;");
	assert_lacks(answer, ".viewer.");
}

static void wrong_cookies_are_nobody(void **state)
{
	(void)state;
	static const char *const cookies[] = {"__Host-kring=", "__Host-kring",
		"kring=0123456789012345678901234567890123456789012",
		"__Host-kring=0123456789012345678901234567890123456789012", ";;;=;",
		"a=__Host-kring=x", "="};
	for (size_t i = 0; i < COUNT(cookies); i++) {
		const char *answer = me(arena_format(node.arena, "Cookie: %s\r\n", cookies[i]));
		assert_int_equal(status_of(answer), 200);
		assert_lacks(answer, ".viewer.");
	}
	assert_lacks(me(sign_in(666, "")), ".viewer."); /* suspended */
}

static void a_new_sign_in_is_a_new_secret(void **state)
{
	(void)state;
	const char *old = sign_in(MEMBER_ID, "");
	const char *form = arena_format(node.arena, "actor=8&csrf=%s", csrf_of(old));
	const char *answer = ask(
		&node, "POST", "/in", arena_format(node.arena, FORM OURS "%s", old), form);
	assert_int_equal(status_of(answer), 303);
	assert_has(header_of(&node, answer, "Set-Cookie"), "__Host-kring=");
	assert_null(
		strstr(old, arena_text_n(node.arena, header_of(&node, answer, "Set-Cookie"), 30)));
	assert_lacks(me(old), ".viewer.");
}

static void signing_out_ends_it(void **state)
{
	(void)state;
	const char *cookie = sign_in(MEMBER_ID, "");
	const char *form = arena_format(node.arena, "csrf=%s", csrf_of(cookie));
	const char *answer = ask(
		&node, "POST", "/out", arena_format(node.arena, FORM OURS "%s", cookie), form);
	assert_int_equal(status_of(answer), 303);
	assert_has(header_of(&node, answer, "Set-Cookie"), "__Host-kring=; Path=/; Max-Age=0");
	assert_lacks(me(cookie), ".viewer.");
}

static void forms_must_be_ours(void **state)
{
	(void)state;
	const char *cookie = sign_in(MEMBER_ID, ""), *other = sign_in(MEMBER_ID, "");
	const char *token = csrf_of(cookie);
	assert_non_null(token);
	const struct {
		const char *headers, *token;
		int status;
	} cases[] = {
		{"", NULL, 403},
		{"", "x", 403},
		{"", csrf_of(other), 403},
		{"Origin: https://evil.test\r\n", token, 403},
		{"Origin: null\r\n", token, 403},
		{"Origin: https://ex.test.evil.test\r\n", token, 403},
		{"Sec-Fetch-Site: cross-site\r\n", token, 403},
		{"Sec-Fetch-Site: same-site\r\n", token, 403},
		{"Sec-Fetch-Site: cross-site\r\n" OURS, token, 403},
		{"Sec-Fetch-Site: same-origin\r\n" OURS, NULL, 403},
		{"", token, 303},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *form = cases[i].token != NULL
			? arena_format(node.arena, "csrf=%s", cases[i].token)
			: "";
		const char *headers = arena_format(
			node.arena, FORM "%s%s", cookie, cases[i].headers);
		int status = status_of(ask(&node, "POST", "/out", headers, form));
		if (status != cases[i].status)
			fail_msg("%d and not %d in case %zu", status, cases[i].status, i);
	}
}

static void signed_out_forms_must_be_ours_too(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		int status;
	} cases[] = {
		{"", 403},
		{"Origin: https://evil.test\r\n", 403},
		{"Referer: https://evil.test/https://ex.test/\r\n", 403},
		{"Referer: https://ex.test.evil.test/\r\n", 403},
		{"Sec-Fetch-Site: cross-site\r\n", 403},
		{"Referer: https://ex.test/sign-in\r\n", 303},
		{"Sec-Fetch-Site: same-origin\r\n", 303},
		{OURS, 303},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status = status_of(ask(&node, "POST", "/in",
			arena_format(node.arena, FORM "%s", cases[i].headers), ""));
		if (status != cases[i].status)
			fail_msg("%d and not %d for %s", status, cases[i].status, cases[i].headers);
	}
}

static void admins_only(void **state)
{
	(void)state;
	assert_int_equal(status_of(ask(&node, "GET", "/admin", "", NULL)), 303);
	assert_int_equal(status_of(ask(&node, "GET", "/admin", sign_in(MEMBER_ID, ""), NULL)), 403);
	assert_int_equal(status_of(ask(&node, "GET", "/admin", sign_in(1, ""), NULL)), 200);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static enum err make_token(struct txn *t, void *arg)
{
	const char *token;
	enum err e = token_create(t, txn_arena(t), MEMBER_ID, "read", "app", &token);
	if (e == OK && !text_print(arg, TOKEN_TEXT, "%s", token))
		return ERR_STORE;
	return e;
}

static enum err drop_token(struct txn *t, void *arg)
{
	return token_end(t, arg);
}

static const char *bearer(const char *token)
{
	return arena_format(node.arena, "Authorization: Bearer %s\r\n", token);
}

static void members_only(void **state)
{
	(void)state;
	const char *page = "Accept: text/html\r\n";
	assert_int_equal(status_of(ask(&node, "GET", "/roll", page, NULL)), 303);
	assert_int_equal(
		status_of(ask(&node, "GET", "/roll", sign_in(MEMBER_ID, page), NULL)), 403);
	assert_int_equal(status_of(ask(&node, "GET", "/roll", sign_in(2, page), NULL)), 200);
}

static void tokens_work_where_cookies_do_not(void **state)
{
	(void)state;
	const char *cookie = sign_in(MEMBER_ID, "");
	assert_int_equal(store_write(node.store, make_token, first_token), OK);
	const char *answer = ask(&node, "GET", "/api/v1/me", bearer(first_token), NULL);
	assert_has(body_of(answer), "{\"actor\":\"7\",\"scope\":\"read\"}");
	assert_string_equal(header_of(&node, answer, "Cache-Control"), "private, no-store");
	assert_has(body_of(ask(&node, "GET", "/api/v1/me", cookie, NULL)), "\"actor\":\"0\"");
	assert_lacks(ask(&node, "GET", "/me", bearer(first_token), NULL), ".viewer.");
	assert_has(body_of(ask(&node, "GET", "/ap",
			   arena_format(node.arena, "%s%s", cookie, bearer(first_token)), NULL)),
		"\"actor\":\"0\"");
	assert_int_equal(status_of(ask(&node, "POST", "/api/v1/end", cookie, "")), 401);
}

static void wrong_tokens_are_told(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"", "x", "0123456789012345678901234567890123456789012", "a b c"};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		const char *answer = ask(&node, "GET", "/api/v1/me", bearer(wrong[i]), NULL);
		assert_int_equal(status_of(answer), 401);
		assert_has(answer, "The access token is invalid");
	}
	assert_int_equal(store_write(node.store, make_token, first_token), OK);
	assert_int_equal(store_write(node.store, drop_token, first_token), OK);
	assert_int_equal(store_write(node.store, drop_token, first_token), ERR_NOT_FOUND);
	assert_int_equal(
		status_of(ask(&node, "GET", "/api/v1/me", bearer(first_token), NULL)), 401);
}

static enum err count_access(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	size_t *counts = arg;
	counts[((const uint8_t *)value.data)[0] == TABLE_SESSION]++;
	return OK;
}

static enum err count_run(struct txn *t, void *arg)
{
	struct walk all = {.prefix = place_1(TABLE_ACCESS, MEMBER_ID), .max = WALK_ALL};
	return txn_walk(t, &all, count_access, arg);
}

static void all_can_be_ended_and_none_pile_up(void **state)
{
	(void)state;
	const char *first = sign_in(MEMBER_ID, ""), *last = NULL;
	usleep(5000); /* so that it is older than any other, by the clock */
	for (int i = 0; i < 33; i++)
		last = sign_in(MEMBER_ID, "");
	size_t counts[2] = {0};
	assert_int_equal(store_read(node.store, count_run, counts), OK);
	assert_int_equal(counts[1], 32);
	assert_has(me(last), ".viewer.");
	assert_lacks(me(first), ".viewer.");
	enum err e = OK;
	for (size_t i = counts[0]; i < 100; i++)
		assert_int_equal(store_write(node.store, make_token, first_token), OK);
	e = store_write(node.store, make_token, (char[TOKEN_TEXT]){0});
	assert_int_equal(e, ERR_TOO_MUCH);
	const char *form = arena_format(node.arena, "csrf=%s", csrf_of(last));
	assert_int_equal(status_of(ask(&node, "POST", "/end",
				 arena_format(node.arena, FORM "%s", last), form)),
		303);
	assert_lacks(me(last), ".viewer.");
	assert_int_equal(
		status_of(ask(&node, "GET", "/api/v1/me", bearer(first_token), NULL)), 401);
	counts[0] = counts[1] = 0;
	assert_int_equal(store_read(node.store, count_run, counts), OK);
	assert_int_equal(counts[0] + counts[1], 0);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void sessions_end_by_themselves(void **state)
{
	(void)state;
	int64_t began = time_now();
	const char *cookie = sign_in(MEMBER_ID, ""), *idle = sign_in(MEMBER_ID, "");
	for (int day = 10; day <= 50; day += 10) {
		time_freeze(began + day * DAY);
		assert_has(me(cookie), ".viewer."); /* used, so not idle */
		usleep(20000);                      /* the touch is a write of its own */
	}
	assert_lacks(me(idle), ".viewer.");
	time_freeze(began + 60 * DAY - HOUR);
	assert_has(me(cookie), ".viewer.");
	time_freeze(began + 61 * DAY);
	assert_lacks(me(cookie), ".viewer.");
	session_chores[0].run(node.store, NULL);
	size_t counts[2] = {0};
	assert_int_equal(store_read(node.store, count_run, counts), OK);
	assert_int_equal(counts[1], 0);
	time_freeze(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_a_cookie),
		cmocka_unit_test(wrong_cookies_are_nobody),
		cmocka_unit_test(a_new_sign_in_is_a_new_secret),
		cmocka_unit_test(signing_out_ends_it),
		cmocka_unit_test(forms_must_be_ours),
		cmocka_unit_test(signed_out_forms_must_be_ours_too),
		cmocka_unit_test(admins_only),
		cmocka_unit_test(members_only),
		cmocka_unit_test(tokens_work_where_cookies_do_not),
		cmocka_unit_test(wrong_tokens_are_told),
		cmocka_unit_test(all_can_be_ended_and_none_pile_up),
		cmocka_unit_test(sessions_end_by_themselves),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
