/* route.c: which route answers, what it answers with, and how it fails. */
#include "serving.h"

static atomic_int runs;
static atomic_bool blocked;

static enum err show_part(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "who", c->route->path);
	view_text(v, "name", call_part(c, "name"));
	return OK;
}

static enum err show_path(struct call *c, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "who", c->route->path);
	view_text(v, "decoded", c->path);
	return OK;
}

static enum err show_secret(struct call *c, struct txn *t, struct view *v)
{
	(void)c, (void)t, (void)v;
	return call_flag(c, "gone") ? ERR_GONE : ERR_NOT_FOUND;
}

static enum err show_next(struct call *c, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	reply_see_other(c, call_input(c, "to"));
	return OK;
}

/* The first run spoils itself: what it said must not be in the second one's reply. */
static enum err do_twice(struct call *c, struct txn *t)
{
	struct place p = place_text(TABLE_META, "twice");
	int run = atomic_fetch_add(&runs, 1);
	reply_header(c, "X-Run", run == 0 ? "first" : "second");
	enum err e = txn_put(t, &p, (struct bytes){"x", 1});
	reply_bytes(c, 201, "text/plain", (struct bytes){"made", 4});
	return e;
}

static enum err do_form(struct call *c, struct txn *t)
{
	(void)t;
	if (text_is(call_input(c, "title"), "taken"))
		return refuse(&c->refusal, "title", "This title is taken.");
	reply_notice(c, "It is saved.");
	reply_see_other(c, "/form");
	return OK;
}

static enum err show_form(struct call *c, struct txn *t, struct view *v)
{
	(void)c, (void)t;
	view_text(v, "kept", "yes");
	return OK;
}

static enum err do_own_words(struct call *c, struct txn *t)
{
	(void)t;
	reply_bytes(
		c, 400, "application/json", (struct bytes){"{\"error\":\"invalid_grant\"}", 25});
	return ERR_INVALID;
}

static enum err work_slow(struct call *c)
{
	while (atomic_load(&blocked))
		usleep(1000);
	reply_bytes(c, 200, "text/plain", (struct bytes){"worked", 6});
	return OK;
}

static enum err work_fails(struct call *c)
{
	(void)c;
	return ERR_REMOTE;
}

static const struct route routes[] = {
	{METHOD_GET, "/", ANYONE, .read = show_path, .page = "home"},
	{METHOD_GET, "/c/{name}", ANYONE, .read = show_part, .page = "community"},
	{METHOD_GET, "/c/new", ANYONE, .read = show_path, .page = "new"},
	{METHOD_GET, "/c/{name}/edit", ANYONE, .read = show_part, .page = "edit"},
	{METHOD_GET, "/@{name}", ANYONE, .read = show_part, .page = "profile"},
	{METHOD_GET, "/@{name}.rss", ANYONE, .read = show_part},
	{METHOD_GET, "/{name}", ANYONE, .read = show_part, .page = "any"},
	{METHOD_GET, "/u/{name}", ANYONE, WANTS_ACTIVITY, .read = show_part},
	{METHOD_GET, "/u/{name}", ANYONE, WANTS_PAGE, .read = show_part, .page = "user"},
	{METHOD_GET, "/api/v1/things/{name}", ANYONE, .read = show_part},
	{METHOD_GET, "/api/v1/secret", SIGNED_IN, .read = show_part},
	{METHOD_GET, "/secret", ANYONE, .read = show_secret, .page = "secret"},
	{METHOD_GET, "/members", SIGNED_IN, .read = show_path, .page = "members"},
	{METHOD_GET, "/missing", ANYONE, .read = show_path, .page = "missing"},
	{METHOD_GET, "/next", ANYONE, .read = show_next},
	{METHOD_GET, "/oauth/authorize", ANYONE, .read = show_path, .page = "authorize"},
	{METHOD_POST, "/twice", FEDERATION, .write = do_twice},
	{METHOD_POST, "/api/v1/words", ANYONE, .write = do_own_words},
	{METHOD_GET, "/form", ANYONE, .read = show_form, .page = "form"},
	{METHOD_POST, "/form", ANYONE, .write = do_form, .page = "form", .form = show_form,
		.takes = {{"title", INPUT_LINE, true, 1, 10, NULL, "Title"},
			{"word", INPUT_PASSWORD, false, 0, 50, NULL, NULL}}},
	{METHOD_POST, "/plain", ANYONE, .write = do_form,
		.takes = {{"title", INPUT_LINE, true, 1, 10, NULL, "Title"}}},
	{METHOD_POST, "/work", FEDERATION, .work = work_slow},
	{METHOD_POST, "/fails", FEDERATION, .work = work_fails},
	{METHOD_POST, "/paced", FEDERATION, .work = work_fails, .per_minute = 3},
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
	serving_stop(&node);
	return 0;
}

static const char *get(const char *target, const char *more)
{
	return ask(&node, "GET", target, more, NULL);
}

static void literal_beats_part(void **state)
{
	(void)state;
	assert_has(get("/c/new", ""), "[new ");
	assert_has(get("/c/old", ""), "[community ");
	assert_has(get("/c/new/edit", ""), "[edit "); /* back from the literal, into the part */
	assert_has(get("/c/new/edit", ""), ".name=new;");
	assert_has(get("/c/new/", ""), "[new ");
	assert_has(get("/@anna", ""), "[profile ");
	assert_has(get("/@anna", ""), ".name=anna;");
	assert_has(get("/@anna.rss", ""), "\"name\":\"anna\"");
	assert_has(get("/@", ""), "[any "); /* a part is never empty */
	assert_has(get("/", ""), "[home ");
}

static void paths_are_decoded_once(void **state)
{
	(void)state;
	assert_has(get("/c/a%20b%25", ""), ".name=a b%;");
	assert_has(get("/%63/new?x=%2Fy", ""), "[new ");
	assert_int_equal(status_of(get("/c//new", "")), 404);
	assert_int_equal(status_of(get("//c/new", "")), 404);
	assert_int_equal(status_of(get("/c/new//", "")), 404);
	assert_int_equal(status_of(get("/C/new", "")), 404);
	assert_int_equal(status_of(get("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "")), 404);
}

static void methods_of_a_path(void **state)
{
	(void)state;
	const char *answer = ask(&node, "DELETE", "/form", "", NULL);
	assert_int_equal(status_of(answer), 405);
	assert_string_equal(header_of(&node, answer, "Allow"), "GET, HEAD, POST, OPTIONS");
	assert_int_equal(status_of(ask(&node, "POST", "/c/new", "", "")), 405); /* not {name} */
	answer = ask(&node, "OPTIONS", "/form", "", NULL);
	assert_int_equal(status_of(answer), 204);
	assert_null(header_of(&node, answer, "Access-Control-Allow-Origin"));
	assert_int_equal(status_of(ask(&node, "OPTIONS", "/a/b/c", "", NULL)), 404);
}

static void apps_of_other_origins_may_ask_the_api(void **state)
{
	(void)state;
	const char *answer = ask(&node, "OPTIONS", "/api/v1/things/x",
		"Origin: https://app.test\r\nAccess-Control-Request-Headers: authorization, x-y\r\n",
		NULL);
	assert_int_equal(status_of(answer), 204);
	assert_string_equal(header_of(&node, answer, "Access-Control-Allow-Origin"), "*");
	assert_string_equal(
		header_of(&node, answer, "Access-Control-Allow-Headers"), "authorization, x-y");
	answer = get("/api/v1/nothing", "Origin: https://app.test\r\n");
	assert_int_equal(status_of(answer), 404);
	assert_string_equal(header_of(&node, answer, "Access-Control-Allow-Origin"), "*");
	assert_has(body_of(answer), "{\"error\":\"Record not found\"}");
	assert_null(header_of(&node, get("/form", ""), "Access-Control-Allow-Origin"));
}

static void two_routes_differ_in_wants(void **state)
{
	(void)state;
	static const struct {
		const char *accept;
		bool activity;
	} cases[] = {
		{"", false},
		{"Accept: */*\r\n", false},
		{"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
			false},
		{"Accept: application/activity+json\r\n", true},
		{"Accept: application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"\r\n",
			true},
		{"Accept: application/ld+json;profile=\"a,text/html\";q=0.9, text/html;q=0.1\r\n",
			true},
		{"Accept: application/activity+json;q=0.5, text/html\r\n", false},
		{"Accept: application/json,application/ld+json,application/activity+json\r\n",
			true},
		{"Accept: application/json\r\n", true},
		{"Accept: application/json, text/html;q=0.5\r\n", false},
		{"Accept: application/activity+json;q=0, text/html;q=0.1\r\n", false},
		{"Accept: ;;;,,\"\r\n", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *answer = get("/u/anna", cases[i].accept),
			   *type = header_of(&node, answer, "Content-Type");
		bool activity = text_is(type, "application/activity+json");
		if (activity != cases[i].activity)
			fail_msg("%s for %s", type, cases[i].accept);
		assert_has(header_of(&node, answer, "Vary"), "Accept");
	}
	assert_string_equal(header_of(&node, get("/u/a", "Accept: application/activity+json\r\n"),
				    "Cache-Control"),
		"public, max-age=180");
}

static void json_of_a_page(void **state)
{
	(void)state;
	const char *answer = get("/c/new", "Accept: application/json\r\n");
	assert_string_equal(body_of(answer), "{\"who\":\"/c/new\",\"decoded\":\"/c/new\"}");
	assert_string_equal(
		header_of(&node, answer, "Content-Type"), "application/json; charset=utf-8");
}

static void pages_carry_their_frame_and_headers(void **state)
{
	(void)state;
	const char *answer = get("/c/new?a=b&lang=en&c=d", "Accept-Language: nl\r\n");
	assert_has(answer, "[new en]");
	assert_has(answer, ".site.name=Kring;");
	assert_has(answer, ".other_language.url=/c/new?lang=nl&a=b&c=d;");
	assert_has(answer,
		"Set-Cookie: __Host-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure");
	assert_lacks(answer, ".csrf=");
	assert_has(answer, "[new en]");
	assert_has(get("/c/new", "Accept-Language: nl\r\n"), "[new nl]");
	assert_has(get("/c/new", "Accept-Language: nl\r\nCookie: a=b; __Host-lang=en\r\n"),
		"[new en]");
	assert_has(get("/c/new?lang=xx", "Cookie: __Host-lang=../x\r\n"), "[new en]");
	const char *csp = header_of(&node, answer, "Content-Security-Policy");
	assert_has(csp, "default-src 'none'");
	assert_has(csp, "form-action 'self'");
	assert_lacks(csp, "unsafe");
	assert_string_equal(header_of(&node, answer, "X-Frame-Options"), "DENY");
	assert_string_equal(header_of(&node, answer, "Cross-Origin-Opener-Policy"), "same-origin");
	assert_string_equal(
		header_of(&node, answer, "Strict-Transport-Security"), "max-age=31536000");
	assert_string_equal(header_of(&node, answer, "Content-Language"), "en");
	answer = get("/oauth/authorize", "");
	assert_null(header_of(&node, answer, "Cross-Origin-Opener-Policy"));
	assert_lacks(header_of(&node, answer, "Content-Security-Policy"), "form-action");
}

static void failures_speak_the_callers_tongue(void **state)
{
	(void)state;
	const char *answer = get("/secret", "");
	assert_int_equal(status_of(answer), 404);
	assert_has(answer, "[error en]");
	assert_has(answer, ".sign_in=/sign-in;");
	assert_string_equal(header_of(&node, answer, "Cache-Control"), "private, no-store");
	assert_int_equal(status_of(get("/secret?gone=1", "")), 410);
	answer = get("/secret", "Accept: application/activity+json\r\n");
	assert_has(body_of(answer), "{\"error\":");
	answer = ask(&node, "POST", "/api/v1/words", "", "");
	assert_int_equal(status_of(answer), 400);
	assert_string_equal(body_of(answer), "{\"error\":\"invalid_grant\"}");
	assert_int_equal(status_of(ask(&node, "POST", "/fails", "", "")), 502);
}

static void signing_in_leads_back(void **state)
{
	(void)state;
	const char *answer = get("/members?page=2&x=%41", "");
	assert_int_equal(status_of(answer), 303);
	assert_string_equal(header_of(&node, answer, "Location"),
		"/sign-in?next=%2Fmembers%3Fpage%3D2%26x%3D%2541");
	answer = get("/members", "Accept: application/json\r\n");
	assert_int_equal(status_of(answer), 401);
	answer = get("/api/v1/secret", "");
	assert_int_equal(status_of(answer), 401);
	assert_has(answer, "The access token is invalid");
	assert_string_equal(header_of(&node, answer, "WWW-Authenticate"), "Bearer");
}

static void redirects_stay_here(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"%2Fmembers%3Fa%3Db", "/members?a=b"},
		{"%2F%2Fevil.test", "/"},
		{"%2F%5Cevil.test", "/"},
		{"https%3A%2F%2Fevil.test", "/"},
		{"%2F%09%2Fevil.test", "/"},
		{"%2Fa%0d%0aSet-Cookie:x", "/"},
		{"evil.test", "/"},
		{"", "/"},
		{"%2F%C3%A9", "/"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *answer = get(arena_format(node.arena, "/next?to=%s", cases[i][0]), "");
		assert_int_equal(status_of(answer), 303);
		assert_string_equal(header_of(&node, answer, "Location"), cases[i][1]);
	}
}

static void refused_forms_come_back_filled_in(void **state)
{
	(void)state;
	const char *answer = ask(
		&node, "POST", "/form", FORM OURS "Accept-Language: nl\r\n", "title=&word=geheim");
	assert_int_equal(status_of(answer), 422);
	assert_has(answer, "[form nl]");
	assert_has(answer, ".kept=yes;");
	assert_has(answer, ".field=title;");
	assert_has(answer, "Title: Dit is nodig.");
	assert_lacks(answer, "geheim");
	answer = ask(&node, "POST", "/form", FORM OURS, "title=12345678901");
	assert_has(answer, "Title: This is too long.");
	assert_has(answer, ".input.title=12345678901;");
	answer = ask(&node, "POST", "/form", FORM OURS, "title=taken");
	assert_int_equal(status_of(answer), 422);
	assert_has(answer, ".text=This title is taken.;");
	answer = ask(&node, "POST", "/form", FORM OURS "Accept: application/json\r\n", "title=");
	assert_has(answer, "\"details\":{\"title\":[{\"error\":\"ERR_INVALID\"");
	answer = ask(&node, "POST", "/plain", FORM OURS, "title=");
	assert_int_equal(status_of(answer), 422);
	assert_has(answer, "[error en]");
}

static void a_notice_is_shown_once(void **state)
{
	(void)state;
	const char *answer = ask(&node, "POST", "/form", FORM OURS, "title=ok");
	assert_int_equal(status_of(answer), 303);
	const char *cookie = header_of(&node, answer, "Set-Cookie");
	assert_has(cookie, "__Host-notice=");
	cookie = arena_text_n(node.arena, cookie, strcspn(cookie, ";"));
	answer = get("/form", arena_format(node.arena, "Cookie: %s\r\n", cookie));
	assert_has(answer, ".notice=It is saved.;");
	assert_has(header_of(&node, answer, "Set-Cookie"), "__Host-notice=; Path=/; Max-Age=0");
	answer = get(
		"/form", "Cookie: __Host-notice=0123456789abcdef0123456789abcdef.Send%20money\r\n");
	assert_lacks(answer, ".notice=");
}

static void writers_start_clean(void **state)
{
	(void)state;
	const char *answer = ask(&node, "POST", "/twice", "", "");
	assert_int_equal(status_of(answer), 201);
	assert_string_equal(body_of(answer), "made");
	struct call c = {.arena = node.arena};
	reply_header(&c, "X-Run", "first");
	refuse(&c.refusal, "x", "y");
	reply_reset(&c);
	assert_null(c.reply.headers);
	assert_null(c.refusal.text);
	c.site = &node.site;
	reply_cookie(&c, "a", "first", 60);
	reply_cookie(&c, "b", "other", 60);
	reply_cookie(&c, "a", "last", 60);
	assert_has(c.reply.headers->value, "__Host-a=last;");
	assert_has(c.reply.headers->next->value, "__Host-b=other;");
	assert_null(c.reply.headers->next->next);
}

static void static_files(void **state)
{
	(void)state;
	const char *answer = get("/static/app.0123.css", "");
	assert_string_equal(body_of(answer), "plain");
	assert_has(header_of(&node, answer, "Cache-Control"), "immutable");
	assert_string_equal(header_of(&node, answer, "X-Content-Type-Options"), "nosniff");
	answer = get("/static/app.0123.css", "Accept-Encoding: br, gzip\r\n");
	assert_string_equal(body_of(answer), "gz");
	assert_string_equal(header_of(&node, answer, "Content-Encoding"), "gzip");
	assert_string_equal(header_of(&node, answer, "Vary"), "Accept-Encoding");
	assert_int_equal(
		status_of(get("/static/app.0123.css", "If-None-Match: \"0123\"\r\n")), 304);
	assert_int_equal(status_of(get("/static/app.9999.css", "")), 404);
}

static void pace_is_per_route(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(status_of(ask(&node, "POST", i % 2 == 0 ? "/paced" : "/p%61ced/?x",
					 "", "")),
			502);
	const char *answer = ask(&node, "POST", "/paced", "X-Forwarded-For: 9.9.9.9\r\n", "");
	assert_int_equal(status_of(answer), 429);
	assert_non_null(header_of(&node, answer, "Retry-After"));
	assert_int_equal(status_of(ask(&node, "POST", "/fails", "", "")), 502);
}

static void full_queues_say_so(void **state)
{
	(void)state;
	struct serving s = serving_prepare(lists, "https://ex.test");
	pool_destroy(s.pool);
	s.pool = s.set.crypto = pool_create("one", 1, 1);
	serving_start(&s);
	atomic_store(&blocked, true);
	const char *request =
		"POST /work HTTP/1.1\r\nHost: ex.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	int fds[2];
	for (int i = 0; i < 2; i++) { /* one runs, one waits */
		fds[i] = client_open(&s);
		assert_true(client_send(fds[i], request, strlen(request)));
		while (atomic_load(&s.server->busy) < i + 1)
			usleep(1000);
		usleep(50000);
	}
	const char *answer = raw(&s, request);
	assert_int_equal(status_of(answer), 503);
	assert_non_null(header_of(&s, answer, "Retry-After"));
	atomic_store(&blocked, false);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(body_of(client_read_all(s.arena, fds[i])), "worked");
		close(fds[i]);
	}
	serving_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literal_beats_part),
		cmocka_unit_test(paths_are_decoded_once),
		cmocka_unit_test(methods_of_a_path),
		cmocka_unit_test(apps_of_other_origins_may_ask_the_api),
		cmocka_unit_test(two_routes_differ_in_wants),
		cmocka_unit_test(json_of_a_page),
		cmocka_unit_test(pages_carry_their_frame_and_headers),
		cmocka_unit_test(failures_speak_the_callers_tongue),
		cmocka_unit_test(signing_in_leads_back),
		cmocka_unit_test(redirects_stay_here),
		cmocka_unit_test(refused_forms_come_back_filled_in),
		cmocka_unit_test(a_notice_is_shown_once),
		cmocka_unit_test(writers_start_clean),
		cmocka_unit_test(static_files),
		cmocka_unit_test(pace_is_per_route),
		cmocka_unit_test(full_queues_say_so),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
