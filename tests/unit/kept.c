/* kept.c: which answers are given twice, and what ends that. */
#include "serving.h"

static atomic_int runs;

static enum err count(struct call *c, struct view *v)
{
	view_number(v, "run", atomic_fetch_add(&runs, 1) + 1);
	view_text(v, "who", c->viewer.actor != 0 ? "member" : "anyone");
	return OK;
}

static enum err show(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	return count(c, v);
}

static enum err show_private(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	c->reply.cache = "private, no-store";
	return count(c, v);
}

static enum err show_cookie(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	reply_cookie(c, "seen", "1", 60);
	return count(c, v);
}

static enum err show_large(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "text", memset(arena_alloc(c->arena, 40000), 'x', 39999));
	return count(c, v);
}

static enum err show_gone(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	c->reply.status = 410;
	return count(c, v);
}

static enum err show_document(struct call *c, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	atomic_fetch_add(&runs, 1);
	reply_bytes(c, 200, "application/activity+json", (struct bytes){"{\"a\":1}", 7});
	reply_header(c, "Vary", "Accept, Signature");
	c->reply.etag = "\"e1\"";
	c->reply.cache = "public, max-age=180";
	return OK;
}

/* Public to some; what it is not enough for goes on in `work`. */
static enum err show_signed(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	return call_header(c, "Signature") != NULL ? ERR_SIGN_IN : count(c, v);
}

static enum err work_signed(struct call *c)
{
	reply_bytes(c, 200, "text/plain", (struct bytes){"worked", 6});
	return OK;
}

static enum err sign_in(struct call *c, struct txn *t)
{
	return session_begin(t, c, 7);
}

static enum err write_some(struct call *c, struct txn *t)
{
	struct place p = place_text(TABLE_META, "some");
	(void)c;
	return txn_put(t, &p, (struct bytes){"x", 1});
}

static enum err notice(struct call *c, struct txn *t)
{
	(void)t;
	reply_notice(c, "Saved.");
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/page", ANYONE, .read = show, .page = "page"},
	{METHOD_GET, "/private", ANYONE, .read = show_private, .page = "page"},
	{METHOD_GET, "/cookie", ANYONE, .read = show_cookie, .page = "page"},
	{METHOD_GET, "/large", ANYONE, .read = show_large, .page = "page"},
	{METHOD_GET, "/gone", ANYONE, .read = show_gone, .page = "page"},
	{METHOD_GET, "/document", FEDERATION, .read = show_document},
	{METHOD_GET, "/signed", FEDERATION, .read = show_signed, .work = work_signed},
	{METHOD_POST, "/in", ANYONE, .write = sign_in},
	{METHOD_POST, "/some", ANYONE, .write = write_some},
	{METHOD_POST, "/notice", ANYONE, .write = notice},
	{0},
};
static const struct route *const lists[] = {routes, NULL};

static int open_node(void **state)
{
	static struct serving s;
	s = serving_prepare(lists, "https://ex.test");
	serving_start(&s);
	atomic_store(&runs, 0);
	*state = &s;
	return 0;
}

static int close_node(void **state)
{
	serving_stop(*state);
	return 0;
}

/* How often the handler runs for these two calls. */
static int runs_of(const struct serving *s, const char *one, const char *more_one, const char *two,
	const char *more_two)
{
	int before = atomic_load(&runs);
	ask(s, "GET", one, more_one, NULL);
	ask(s, "GET", two, more_two, NULL);
	return atomic_load(&runs) - before;
}

static void the_same_is_made_once(void **state)
{
	struct serving *s = *state;
	char *first = ask(s, "GET", "/document", "", NULL),
	     *second = ask(s, "GET", "/document", "", NULL);
	assert_int_equal(atomic_load(&runs), 1);
	assert_string_equal(body_of(first), body_of(second));
	static const char *const names[] = {"Content-Type", "Vary", "ETag", "Cache-Control",
		"X-Content-Type-Options", "Content-Length"};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(header_of(s, first, names[i]), header_of(s, second, names[i]));
	assert_int_equal(
		status_of(ask(s, "GET", "/document", "If-None-Match: \"e1\"\r\n", NULL)), 304);
	assert_int_equal(atomic_load(&runs), 1);
	assert_string_equal(body_of(ask(s, "HEAD", "/document", "", NULL)), "");
	assert_int_equal(runs_of(s, "/page", "", "/page", ""), 1);
	assert_has(ask(s, "GET", "/page", "", NULL), "who=anyone");
}

static void another_is_made_anew(void **state)
{
	struct serving *s = *state;
	assert_int_equal(runs_of(s, "/page", "", "/page?a=1", ""), 2);
	assert_int_equal(runs_of(s, "/page?b=1", "Accept-Language: nl\r\n", "/page?b=1",
				 "Accept-Language: en\r\n"),
		2);
	assert_int_equal(runs_of(s, "/page?c=1", "Accept: text/html\r\n", "/page?c=1",
				 "Accept: application/json\r\n"),
		2);
	assert_int_equal(runs_of(s, "/page?lang=nl", "", "/page?lang=nl", ""), 2); /* it chooses */
}

static void a_write_ends_it(void **state)
{
	struct serving *s = *state;
	ask(s, "GET", "/document", "", NULL);
	assert_int_equal(status_of(ask(s, "POST", "/some", FORM OURS, "")), 303);
	ask(s, "GET", "/document", "", NULL);
	assert_int_equal(atomic_load(&runs), 2);
}

static void time_ends_it(void **state)
{
	struct serving *s = *state;
	int64_t now = time_now();
	time_freeze(now);
	ask(s, "GET", "/document", "", NULL);
	time_freeze(now + MINUTE - 1);
	ask(s, "GET", "/document", "", NULL);
	int within = atomic_load(&runs);
	time_freeze(now + MINUTE);
	ask(s, "GET", "/document", "", NULL);
	time_freeze(0);
	assert_int_equal(within, 1);
	assert_int_equal(atomic_load(&runs), 2);
}

static void what_is_for_some_is_not_kept(void **state)
{
	static const char *const paths[] = {"/private", "/cookie", "/large", "/gone"};
	struct serving *s = *state;
	for (size_t i = 0; i < COUNT(paths); i++)
		assert_int_equal(runs_of(s, paths[i], "", paths[i], ""), 2);
}

static void members_and_strangers_do_not_share(void **state)
{
	struct serving *s = *state;
	const char *cookie = header_of(s, ask(s, "POST", "/in", FORM OURS, ""), "Set-Cookie");
	const char *session = arena_format(
		s->arena, "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
	assert_has(ask(s, "GET", "/page", session, NULL), "who=member");
	assert_has(ask(s, "GET", "/page", "", NULL), "who=anyone");
	assert_has(ask(s, "GET", "/page", session, NULL), "who=member");
	cookie = header_of(s, ask(s, "POST", "/notice", FORM OURS, ""), "Set-Cookie");
	const char *told = arena_format(
		s->arena, "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
	ask(s, "GET", "/page", "", NULL);
	assert_has(ask(s, "GET", "/page", told, NULL), "notice=Saved.");
	assert_lacks(ask(s, "GET", "/page", "", NULL), "notice=");
}

static void work_goes_on_where_a_reader_cannot(void **state)
{
	struct serving *s = *state;
	assert_int_equal(runs_of(s, "/signed", "", "/page", ""), 2);
	assert_has(ask(s, "GET", "/signed?a", "Signature: x\r\n", NULL), "worked");
	assert_has(ask(s, "GET", "/signed?a", "", NULL), "anyone");
}

#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, open_node, close_node)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(the_same_is_made_once),
		NODE_TEST(another_is_made_anew),
		NODE_TEST(a_write_ends_it),
		NODE_TEST(time_ends_it),
		NODE_TEST(what_is_for_some_is_not_kept),
		NODE_TEST(members_and_strangers_do_not_share),
		NODE_TEST(work_goes_on_where_a_reader_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
