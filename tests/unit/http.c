/* http.c: what comes in over real sockets: shapes, limits, deadlines, many connections, stopping. */
#include "serving.h"

static atomic_int hits, smuggled;
static _Atomic(struct call *) waiting;

static enum err show_hello(struct call *c, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	atomic_fetch_add(&hits, 1);
	reply_bytes(c, 200, "text/plain", (struct bytes){"hello", 5});
	c->reply.etag = "\"v1\"";
	return OK;
}

static enum err show_smuggled(struct call *c, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	atomic_fetch_add(&smuggled, 1);
	reply_bytes(c, 200, "text/plain", (struct bytes){"smuggled", 8});
	return OK;
}

static enum err do_echo(struct call *c, struct txn *t)
{
	(void)t;
	struct bytes b = c->body;
	reply_bytes(c, 200, "text/plain", (struct bytes){b.size > 0 ? b.data : "", b.size});
	return OK;
}

static enum err work_hang(struct call *c)
{
	call_later(c);
	atomic_store(&waiting, c);
	return OK;
}

static enum err work_soon(struct call *c)
{
	call_later(c);
	reply_bytes(c, 202, "text/plain", (struct bytes){"soon", 4});
	call_answer(c, OK); /* before it returned: allowed */
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/hello", FEDERATION, .read = show_hello, .per_minute = 1000000},
	{METHOD_GET, "/smuggled", FEDERATION, .read = show_smuggled, .per_minute = 1000000},
	{METHOD_POST, "/echo", FEDERATION, .write = do_echo, .max_body = 1000,
		.per_minute = 1000000},
	{METHOD_POST, "/big", FEDERATION, .write = do_echo, .max_body = 1 << 20,
		.per_minute = 1000000},
	{METHOD_PUT, "/echo", FEDERATION, .write = do_echo, .per_minute = 1000000},
	{METHOD_POST, "/hang", FEDERATION, .work = work_hang},
	{METHOD_POST, "/soon", FEDERATION, .work = work_soon},
	{0},
};
static const struct route *const lists[] = {routes, NULL};

static void serve(struct serving *s)
{
	*s = serving_prepare(lists, "https://ex.test");
	serving_start(s);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

#define SECOND_REQUEST "GET /smuggled HTTP/1.1\r\nHost: ex.test\r\n\r\n"
#define POST_TO "POST /echo HTTP/1.1\r\nHost: ex.test\r\n"

static void no_shape_smuggles(void **state)
{
	(void)state;
	static const char *const shapes[] = {
		POST_TO
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		POST_TO
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Content-Length: 0\r\nContent-Length: 43\r\n\r\n" SECOND_REQUEST,
		POST_TO "Content-Length: 43\r\nContent-Length: 0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Content-Length : 43\r\n\r\n" SECOND_REQUEST,
		POST_TO "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Host: evil.test\r\nContent-Length: 0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Transfer-Encoding: xchunked\r\n\r\n" SECOND_REQUEST,
		POST_TO "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n" SECOND_REQUEST,
		POST_TO
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Content-Length: +0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Content-Length: 0, 43\r\n\r\n" SECOND_REQUEST,
		"GET /hello HTTP/1.1\r\nHost: ex.test\r\nContent-Length: 43\r\n\r\n" SECOND_REQUEST,
		"GET /hello HTTP/1.1\r\nHost: ex.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		"POST /echo HTTP/1.0\r\nHost: ex.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND_REQUEST,
		POST_TO "Foo: a\r\nContent\x01-Length: 43\r\n\r\n" SECOND_REQUEST,
		"POST /nowhere HTTP/1.1\r\nHost: ex.test\r\nContent-Length: 3\r\n\r\n" SECOND_REQUEST,
	};
	struct serving s;
	serve(&s);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		atomic_store(&smuggled, 0);
		const char *answer = raw(&s, shapes[i]);
		if (atomic_load(&smuggled) != 0 || status_of(answer) < 400
			|| strstr(answer, "HTTP/1.1 2") != NULL)
			fail_msg("shape %zu passed:\n%s\n->\n%s", i, shapes[i], answer);
	}
	serving_stop(&s);
}

static void odd_requests_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{"GET /hello HTTP/1.1\r\nHost: ex.test\r\nConnection: close\r\n\r\n", 200},
		{"GET /hello HTTP/1.1\r\nHost: EX.test\r\nConnection: close\r\n\r\n", 200},
		{"GET /hello HTTP/1.1\r\nHost: other.test\r\n\r\n", 421},
		{"GET /hello HTTP/1.1\r\nHost: ex.test:444\r\n\r\n", 421},
		{"GET /health HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n", 200},
		{"GET /hello HTTP/1.1\r\n\r\n", 400},
		{"GET /a%00b HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET /a%2fb HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET /a%5Cb HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET /x/../hello HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET /x/%2e%2E/hello HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET /%ff HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"GET http://ex.test/hello HTTP/1.1\r\nHost: ex.test\r\n\r\n", 400},
		{"BREW /hello HTTP/1.1\r\nHost: ex.test\r\n\r\n", 501},
		{"TRACE /hello HTTP/1.1\r\nHost: ex.test\r\n\r\n", 501},
		{POST_TO "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab", 415},
		{POST_TO "Signature: a\r\nSignature: b\r\nContent-Length: 0\r\n\r\n", 400},
		{"GET /hello HTTP/1.1\r\nHost: ex.test\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n", 400},
		{"GET /hello HTTP/1.1\r\nHost: ex.test\r\nX: a\x02z\r\n\r\n", 400},
		{"GET /hello HTTP/1.1\r\nHost: ex.test\r\nX: \xff\r\n\r\n", 400},
	};
	struct serving s;
	serve(&s);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *answer = raw(&s, cases[i].request);
		int status = status_of(answer);
		if (status != cases[i].status)
			fail_msg("%d and not %d for %s", status, cases[i].status, cases[i].request);
		if (strstr(answer, "<html>") != NULL)
			continue; /* libmicrohttpd's own words */
		const char *sniff = header_of(&s, answer, "X-Content-Type-Options");
		const char *cache = header_of(&s, answer, "Cache-Control");
		if (!text_is(sniff, "nosniff"))
			fail_msg("it may be sniffed: %s", cases[i].request);
		if (status >= 400 && !text_is(cache, "private, no-store"))
			fail_msg("it may be kept: %s", cases[i].request);
	}
	serving_stop(&s);
}

static void nul_in_a_target_reaches_nobody(void **state)
{
	(void)state;
	static const char request[] =
		"GET /hello\0x HTTP/1.1\r\nHost: ex.test\r\nConnection: close\r\n\r\n";
	struct serving s;
	serve(&s);
	atomic_store(&hits, 0);
	raw_n(&s, request, sizeof request - 1);
	assert_int_equal(atomic_load(&hits), 0);
	serving_stop(&s);
}

static void http_1_0_is_answered_once(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	const char *answer = raw(&s, "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_has(answer, " 200 ");
	assert_has(answer, "ok\n");
	assert_string_equal(header_of(&s, answer, "Connection"), "close");
	serving_stop(&s);
}

static void long_targets_and_headers(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	char path[TARGET_MAX + 2];
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[TARGET_MAX] = '\0';
	assert_int_equal(status_of(ask(&s, "GET", path, "", NULL)), 404);
	path[TARGET_MAX] = 'a';
	path[TARGET_MAX + 1] = '\0';
	assert_int_equal(status_of(ask(&s, "GET", path, "", NULL)), 400);
	struct text more;
	text_init(&more, s.arena, 1 << 20);
	for (int i = 0; i < 96; i++)
		text_format(&more, "X-%d: y\r\n", i);
	assert_int_equal(status_of(ask(&s, "GET", "/hello", more.at, NULL)), 200);
	for (int i = 0; i < 8; i++)
		text_format(&more, "Y-%d: y\r\n", i);
	assert_int_equal(status_of(ask(&s, "GET", "/hello", more.at, NULL)), 431);
	text_init(&more, s.arena, 1 << 20);
	text_add(&more, "X: ");
	for (int i = 0; i < 20000; i++)
		text_char(&more, 'y');
	text_add(&more, "\r\n");
	assert_int_equal(status_of(ask(&s, "GET", "/hello", more.at, NULL)), 431);
	serving_stop(&s);
}

/* ---- replies --------------------------------------------------------------------------------- */

static void head_and_etag(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	const char *answer = ask(&s, "HEAD", "/hello", "", NULL);
	assert_int_equal(status_of(answer), 200);
	assert_string_equal(header_of(&s, answer, "Content-Length"), "5");
	assert_string_equal(body_of(answer), "");
	assert_string_equal(header_of(&s, answer, "ETag"), "\"v1\"");
	answer = ask(&s, "GET", "/hello", "If-None-Match: \"v0\", W/\"v1\"\r\n", NULL);
	assert_int_equal(status_of(answer), 304);
	assert_string_equal(body_of(answer), "");
	assert_int_equal(status_of(ask(&s, "GET", "/hello", "If-None-Match: *\r\n", NULL)), 304);
	assert_int_equal(
		status_of(ask(&s, "GET", "/hello", "If-None-Match: \"v10\"\r\n", NULL)), 200);
	assert_int_equal(status_of(ask(&s, "GET", "/hello", "If-None-Match: \"v\r\n", NULL)), 200);
	assert_string_equal(
		header_of(&s, ask(&s, "GET", "/hello", "", NULL), "X-Content-Type-Options"),
		"nosniff");
	serving_stop(&s);
}

static void keep_alive_serves_in_order(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	int fd = client_open(&s);
	for (int i = 0; i < 20; i++) {
		const char *request = i % 2 == 0 ? "GET /hello HTTP/1.1\r\nHost: ex.test\r\n\r\n"
						 : POST_TO "Content-Length: 3\r\n\r\nabc";
		assert_true(client_send(fd, request, strlen(request)));
		assert_string_equal(
			body_of(client_read_one(s.arena, fd, false)), i % 2 == 0 ? "hello" : "abc");
	}
	close(fd);
	serving_stop(&s);
}

static void work_may_answer_before_it_returns(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	for (int i = 0; i < 50; i++)
		assert_int_equal(status_of(ask(&s, "POST", "/soon", "", "")), 202);
	serving_stop(&s);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static const char *fill(struct arena *arena, size_t size)
{
	char *s = arena_alloc(arena, size + 1);
	memset(s, 'b', size);
	return s;
}

static void bodies_have_a_limit(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	for (size_t size = 999; size <= 1001; size++) {
		const char *body = fill(s.arena, size);
		int expected = size <= 1000 ? 200 : 413;
		const char *answer = ask(&s, "POST", "/echo", "", body);
		assert_int_equal(status_of(answer), expected);
		if (expected == 200)
			assert_string_equal(body_of(answer), body);
		answer = raw(&s,
			arena_format(s.arena,
				POST_TO
				"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n"
				"bbbbbbbbbbbbbbbb\r\n%zx\r\n%s\r\n0\r\n\r\n",
				size - 16, body + 16));
		assert_int_equal(status_of(answer), expected);
		assert_string_equal(header_of(&s, answer, "Connection"), "close");
	}
	assert_int_equal(status_of(ask(&s, "PUT", "/echo", "", fill(s.arena, BODY_USUAL))), 200);
	assert_int_equal(
		status_of(ask(&s, "PUT", "/echo", "", fill(s.arena, BODY_USUAL + 1))), 413);
	serving_stop(&s);
}

/* The answer comes although nothing of the body was sent. */
static void large_promises_are_refused_at_once(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	int64_t began = time_steady();
	assert_int_equal(status_of(raw(&s, POST_TO "Content-Length: 1001\r\n\r\n")), 413);
	assert_int_equal(
		status_of(raw(&s, POST_TO "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n")),
		413);
	assert_true(time_steady() - began < 5000);
	serving_stop(&s);
}

static void bodies_together_have_a_limit(void **state)
{
	(void)state;
	struct serving s = serving_prepare(lists, "https://ex.test");
	s.set.bodies = 300 << 10;
	serving_start(&s);
	const char *body = fill(s.arena, 200 << 10);
	const char *head = arena_format(s.arena,
		"POST /big HTTP/1.1\r\nHost: ex.test\r\nContent-Length: %zu\r\n\r\n", strlen(body));
	int first = client_open(&s);
	assert_true(client_send(first, head, strlen(head)));
	assert_true(client_send(first, body, strlen(body) - 1));
	while (atomic_load(&s.server->bodies) < strlen(body) - 1)
		usleep(1000);
	const char *answer = raw(&s, arena_format(s.arena, "%s%s", head, body));
	assert_int_equal(status_of(answer), 503);
	assert_non_null(header_of(&s, answer, "Retry-After"));
	assert_true(client_send(first, "b", 1));
	assert_int_equal(status_of(client_read_one(s.arena, first, false)), 200);
	close(first);
	answer = ask(&s, "POST", "/big", "", body);
	assert_int_equal(status_of(answer), 200);
	while (atomic_load(&s.server->bodies) > 0)
		usleep(1000);
	serving_stop(&s);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Sends a byte every 20 ms; ms until the other side closed. */
static int64_t drip(const struct serving *s, const char *first, const char *bytes)
{
	int fd = client_open(s);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t began = time_steady();
	assert_true(client_send(fd, first, strlen(first)));
	for (const char *at = bytes; time_steady() - began < 8000; at += at[1] != '\0') {
		char some[256];
		if (poll(&p, 1, 20) > 0 && recv(fd, some, sizeof some, 0) <= 0)
			break;
		if (!client_send(fd, at, 1))
			break;
	}
	close(fd);
	return time_steady() - began;
}

static void slow_callers_are_shut(void **state)
{
	(void)state;
	struct serving s = serving_prepare(lists, "https://ex.test");
	s.set.headers_in = 400;
	s.set.body_in = 800;
	serving_start(&s);
	int64_t line = drip(&s, "G", "ET /hellooooooooooooooooooooooooooooooooooooooooooo");
	int64_t headers = drip(
		&s, "GET /hello HTTP/1.1\r\nX: ", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
	int64_t body = drip(
		&s, POST_TO "Content-Length: 1000\r\n\r\n", "bbbbbbbbbbbbbbbbbbbbbbbbbbb");
	assert_in_range(line, 350, 2000);
	assert_in_range(headers, 350, 2000);
	assert_in_range(body, 750, 2500);
	assert_int_equal(status_of(ask(&s, "GET", "/hello", "", NULL)), 200);
	serving_stop(&s);
}

/* Who says nothing takes no room from who has a question; a call under way is no idleness. */
static void the_idle_make_room(void **state)
{
	(void)state;
	struct serving s = serving_prepare(lists, "https://ex.test");
	s.set.connections = 64;
	serving_start(&s);
	atomic_store(&waiting, NULL);
	int fds[200], busy = client_open(&s);
	const char *request = "POST /hang HTTP/1.1\r\nHost: ex.test\r\nContent-Length: 0\r\n\r\n";
	assert_true(client_send(busy, request, strlen(request)));
	while (atomic_load(&waiting) == NULL)
		usleep(1000);
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = client_open(&s);
	int64_t began = time_steady();
	assert_int_equal(status_of(ask(&s, "GET", "/hello", "", NULL)), 200);
	assert_true(time_steady() - began < 6000); /* they may stay 10 s where there is room */
	struct call *c = atomic_load(&waiting);
	reply_bytes(c, 200, "text/plain", (struct bytes){"done", 4});
	call_answer(c, OK);
	assert_string_equal(body_of(client_read_one(s.arena, busy, false)), "done");
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	close(busy);
	serving_stop(&s);
}

/* ---- many ------------------------------------------------------------------------------------ */

#define MANY 200

static void many_connections_stay_open(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	int fds[MANY];
	const char *get = "GET /hello HTTP/1.1\r\nHost: ex.test\r\n\r\n",
		   *post = POST_TO "Content-Length: 3\r\n\r\nabc";
	for (int i = 0; i < MANY; i++)
		fds[i] = client_open(&s);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < MANY; i++)
			assert_true(client_send(
				fds[i], i % 2 == 0 ? get : post, strlen(i % 2 == 0 ? get : post)));
		for (int i = 0; i < MANY; i++)
			assert_string_equal(body_of(client_read_one(s.arena, fds[i], false)),
				i % 2 == 0 ? "hello" : "abc");
	}
	struct view *v = view_create(s.arena, VIEW_JSON);
	server_numbers(s.server, v);
	assert_has(view_json(v).data, "\"connections\":200,");
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	serving_stop(&s);
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void stop(void *server)
{
	server_stop(server);
}

/* A call that nobody answers does not hold the stop for ever; who has it may still answer after the server is gone. */
static void stop_answers_who_waits(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	atomic_store(&waiting, NULL);
	int fd = client_open(&s), idle = client_open(&s), half = client_open(&s);
	const char *request = "POST /hang HTTP/1.1\r\nHost: ex.test\r\nContent-Length: 0\r\n\r\n";
	assert_true(client_send(fd, request, strlen(request)));
	assert_true(client_send(half, "POST /echo HT", 13));
	while (atomic_load(&waiting) == NULL)
		usleep(1000);
	int64_t began = time_steady();
	struct thread *stopping = thread_start("stop", stop, s.server);
	const char *answer = client_read_one(s.arena, fd, false);
	assert_int_equal(status_of(answer), 503);
	assert_non_null(header_of(&s, answer, "Retry-After"));
	thread_join(stopping);
	assert_in_range(time_steady() - began, 9000, 14000);
	struct call *late = atomic_load(&waiting);
	assert_string_equal(call_header(late, "Host"), "ex.test");
	call_answer(late, OK);
	close(fd);
	close(idle);
	close(half);
	s.server = NULL;
	serving_stop(&s);
}

static void stop_lets_calls_end(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	atomic_store(&waiting, NULL);
	int fd = client_open(&s);
	const char *request = "POST /hang HTTP/1.1\r\nHost: ex.test\r\nContent-Length: 0\r\n\r\n";
	assert_true(client_send(fd, request, strlen(request)));
	while (atomic_load(&waiting) == NULL)
		usleep(1000);
	int64_t began = time_steady();
	struct thread *stopping = thread_start("stop", stop, s.server);
	usleep(200000);
	struct call *c = atomic_load(&waiting);
	reply_bytes(c, 200, "text/plain", (struct bytes){"done", 4});
	call_answer(c, OK);
	assert_string_equal(body_of(client_read_one(s.arena, fd, false)), "done");
	thread_join(stopping);
	assert_true(time_steady() - began < 3000);
	close(fd);
	s.server = NULL;
	serving_stop(&s);
}

static void addresses_in_use_and_wrong_ones(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	struct server_settings set = s.set;
	struct server *other;
	const char *why = NULL;
	set.port = server_port(s.server);
	assert_int_equal(server_start(&set, &other, &why), ERR_INVALID);
	assert_has(why, "in use");
	set.address = "example";
	assert_int_equal(server_start(&set, &other, &why), ERR_INVALID);
	assert_has(why, "no IP address");
	serving_stop(&s);
}

static void numbers_are_told(void **state)
{
	(void)state;
	struct serving s;
	serve(&s);
	ask(&s, "GET", "/hello", "", NULL);
	raw(&s, "GET /hello HTTP/1.1\r\nHost: other.test\r\n\r\n");
	while (atomic_load(&s.server->calls) < 2)
		usleep(1000);
	struct view *v = view_create(s.arena, VIEW_JSON);
	server_numbers(s.server, v);
	const char *json = view_json(v).data;
	assert_has(json, "\"calls\":2");
	assert_has(json, "\"status_2xx\":1");
	assert_has(json, "\"status_4xx\":1");
	assert_has(json, "\"requests_refused\":1");
	serving_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_shape_smuggles),
		cmocka_unit_test(odd_requests_are_refused),
		cmocka_unit_test(nul_in_a_target_reaches_nobody),
		cmocka_unit_test(http_1_0_is_answered_once),
		cmocka_unit_test(long_targets_and_headers),
		cmocka_unit_test(head_and_etag),
		cmocka_unit_test(keep_alive_serves_in_order),
		cmocka_unit_test(work_may_answer_before_it_returns),
		cmocka_unit_test(bodies_have_a_limit),
		cmocka_unit_test(large_promises_are_refused_at_once),
		cmocka_unit_test(bodies_together_have_a_limit),
		cmocka_unit_test(slow_callers_are_shut),
		cmocka_unit_test(the_idle_make_room),
		cmocka_unit_test(many_connections_stay_open),
		cmocka_unit_test(stop_lets_calls_end),
		cmocka_unit_test(stop_answers_who_waits),
		cmocka_unit_test(addresses_in_use_and_wrong_ones),
		cmocka_unit_test(numbers_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
