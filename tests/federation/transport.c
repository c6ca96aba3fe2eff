/* transport.c (federation): what peers do to the wire, and that it goes nowhere it may not. */
#include "wire_rig.h"

#include <errno.h>

/* ---- what breaks off between the connection and the request ------------------------------------ */

static atomic_int breaking; /* so many POSTs */

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (size > 5 && memcmp(data, "POST ", 5) == 0 && atomic_load(&breaking) > 0) {
		atomic_fetch_sub(&breaking, 1);
		errno = ECONNRESET;
		return -1;
	}
	return sendto(fd, data, size, flags, NULL, 0);
}

static const char posted[] = "{\"type\":\"Create\"}";

/* ---- tests ----------------------------------------------------------------------------------- */

static void answers_come_with_what_they_say(void **state)
{
	struct rig *r = *state;
	struct got g = fetch_url(r, peer_url(r->arena, r->tls, "a", "/"));
	assert_string_equal(g.why, "");
	assert_int_equal(g.err, OK);
	assert_int_equal(g.status, 200);
	assert_string_equal(g.type, "text/plain");
	assert_int_equal(g.size, 5);
	g = fetch_url(r, peer_url(r->arena, r->plain, "a", "/later"));
	assert_int_equal(g.status, 429);
	assert_int_equal(g.retry_after, 120 * SECOND);
	g = fetch_url(r, peer_url(r->arena, r->tls, "a", "/redirect"));
	assert_int_equal(g.status, 302);
	assert_string_equal(g.location, peer_url(r->arena, r->tls, "a", "/elsewhere?a=b"));
	assert_int_equal(atomic_load(&r->tls->calls), 2); /* nothing was followed */
	assert_int_equal(atomic_load(&asked), 0);
}

static char echoed[4096];

static void keep_body(void *arg, const struct answer *a)
{
	snprintf(echoed, sizeof echoed, "%.*s", (int)a->body.size, (const char *)a->body.data);
	got_it(arg, a);
}

static void requests_say_who_we_are(void **state)
{
	struct rig *r = *state;
	struct got g = GOT_INIT;
	static const char *const headers[] = {"Date: today", "X-Two: 2", NULL};
	struct request q = {.kind = FETCH_POST,
		.url = peer_url(r->arena, r->tls, "a", "/echo"),
		.body = {posted, sizeof posted - 1},
		.headers = headers};
	assert_int_equal(transport_send(r->transport, &q, keep_body, &g), OK);
	got_wait(&g, 1);
	assert_string_equal(g.type, "application/activity+json; x=y");
	assert_non_null(strstr(echoed, "POST /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(
		echoed, arena_format(r->arena, "Host: a.peer.localhost:%d\r\n", r->tls->port)));
	assert_non_null(strstr(echoed, "User-Agent: Kring/9.9 (+https://ex.org/)\r\n"));
	assert_non_null(strstr(echoed, "Content-Type: application/activity+json\r\n"));
	assert_non_null(strstr(echoed, "Date: today\r\n"));
	assert_non_null(strstr(echoed, "X-Two: 2\r\n"));
	assert_null(strstr(echoed, "Expect:"));
	assert_non_null(strstr(echoed, posted));
}

static char tag[64], modified[64];

static void keep_tags(void *arg, const struct answer *a)
{
	snprintf(tag, sizeof tag, "%s", a->etag != NULL ? a->etag : "none");
	snprintf(modified, sizeof modified, "%s", a->modified != NULL ? a->modified : "none");
	keep_body(arg, a);
}

static void tags_of(struct rig *r, enum fetch_kind kind, const char *path)
{
	static const char *const headers[] = {"If-None-Match: \"x\"", NULL};
	struct got g = GOT_INIT;
	struct request q = {
		.kind = kind, .url = peer_url(r->arena, r->tls, "a", path), .headers = headers};
	assert_int_equal(transport_send(r->transport, &q, keep_tags, &g), OK);
	got_wait(&g, 1);
	assert_int_equal(g.status, 200);
}

static void a_feed_says_which_one_it_is(void **state)
{
	struct rig *r = *state;
	tags_of(r, FETCH_FEED, "/tagged");
	assert_string_equal(tag, "W/\"a b\"");
	assert_string_equal(modified, "Fri, 27 Nov 2026 18:05:00 GMT");
	assert_non_null(strstr(echoed, "Accept: application/atom+xml, application/rss+xml"));
	assert_non_null(strstr(echoed, "If-None-Match: \"x\"\r\n"));
	tags_of(r, FETCH_FEED, "/");
	assert_string_equal(tag, "none");
	assert_string_equal(modified, "none");
	tags_of(r, FETCH_FILE, "/tagged");
	assert_string_equal(tag, "none");
}

static void bad_peers_end(void **state)
{
	struct rig *r = *state;
	static const struct {
		const char *path;
		enum err err;
		int64_t deadline; /* of those that would not end by themselves within 30 s */
	} cases[] = {{"/hang", ERR_REMOTE, 500}, {"/trickle", ERR_REMOTE, 500},
		{"/reset", ERR_REMOTE, 0}, {"/big", ERR_TOO_MUCH, 0}, {"/bomb", ERR_TOO_MUCH, 0},
		{"/headers", ERR_TOO_MUCH, 0}};
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int tls = 0; tls < 2; tls++) {
			int64_t start = time_steady();
			struct got g = fetch(r,
				&(struct request){.kind = FETCH_ACTIVITY,
					.deadline = cases[i].deadline,
					.url = peer_url(r->arena, tls ? r->tls : r->plain, "bad",
						cases[i].path)});
			if (g.err != cases[i].err)
				fail_msg("%s: %s (%s)", cases[i].path, err_name(g.err), g.why);
			assert_true(time_steady() - start < 15000);
			assert_int_equal(g.size, 0);
		}
}

/* curl keeps the connection on which nothing could be sent; the next request must not wait for what it will never say. */
static void a_peer_that_dies_before_the_request(void **state)
{
	struct rig *r = *state;
	const struct request q = {.kind = FETCH_POST,
		.body = {posted, sizeof posted - 1},
		.deadline = 5000,
		.url = peer_url(r->arena, r->plain, "falls", "/")};
	atomic_store(&breaking, 1);
	assert_int_equal(fetch(r, &q).err, ERR_REMOTE);
	struct got g = fetch(r, &q);
	assert_int_equal(g.err, OK);
	assert_int_equal(g.status, 200);
}

/* The third waits in curl for a connection; its time counts all the same. */
static void what_waits_for_a_connection_ends(void **state)
{
	struct rig *r = *state;
	struct got hanging = GOT_INIT;
	struct request q = {.kind = FETCH_POST,
		.body = {posted, sizeof posted - 1},
		.deadline = 8000,
		.url = peer_url(r->arena, r->plain, "busy", "/hang")};
	for (int i = 0; i < 2; i++)
		assert_int_equal(transport_send(r->transport, &q, got_it, &hanging), OK);
	int64_t start = time_steady();
	q.deadline = 500;
	assert_int_equal(fetch(r, &q).err, ERR_REMOTE);
	assert_true(time_steady() - start < 6000);
	assert_int_equal(hanging.count, 0);
	got_wait(&hanging, 2);
}

static void sizes_at_the_limit(void **state)
{
	struct rig *r = *state;
	struct request q = {.kind = FETCH_ACTIVITY,
		.url = peer_url(r->arena, r->plain, "a", "/limit"),
		.max = 5000};
	assert_int_equal(fetch(r, &q).size, 5000);
	q.max = 5001;
	assert_int_equal(fetch(r, &q).err, OK);
	q.max = 4999;
	assert_int_equal(fetch(r, &q).err, ERR_TOO_MUCH);
	q.kind = FETCH_POST; /* the sink has taken it, whatever else it says */
	struct got g = fetch(r, &q);
	assert_int_equal(g.err, OK);
	assert_int_equal(g.status, 200);
}

/* Without the leave of the site nothing of this machine is asked. */
static void loopback_needs_leave(void **state)
{
	struct rig *r = *state;
	transport_stop(r->transport);
	r->site.loopback = false;
	transport_open(r);
	assert_int_equal(fetch_url(r, peer_url(r->arena, r->plain, "a", "/")).err, ERR_FORBIDDEN);
	assert_int_equal(fetch_url(r, peer_url(r->arena, r->tls, "a", "/")).err, ERR_FORBIDDEN);
	assert_int_equal(
		fetch_url(r, arena_format(r->arena, "http://127.0.0.1:%d/", r->plain->port)).err,
		ERR_FORBIDDEN);
	assert_int_equal(
		fetch_url(r, arena_format(r->arena, "http://[::1]:%d/", r->plain->port)).err,
		ERR_FORBIDDEN);
	assert_int_equal(
		atomic_load(&r->plain->connections) + atomic_load(&r->tls->connections), 0);
}

static void names_that_lead_inside_are_refused(void **state)
{
	struct rig *r = *state;
	static const char *const names[] = {"private.ex.com", "mixed.ex.com", "mapped.ex.com"};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(fetch_url(r, arena_format(r->arena, "https://%s/", names[i])).err,
			ERR_FORBIDDEN);
	assert_int_equal(atomic_load(&asked), 3);
	for (size_t i = 0; i < COUNT(names); i++) /* remembered */
		assert_int_equal(fetch_url(r, arena_format(r->arena, "https://%s/", names[i])).err,
			ERR_FORBIDDEN);
	assert_int_equal(atomic_load(&asked), 3);
	assert_int_equal(fetch_url(r, "https://nowhere.ex.com/").err, ERR_REMOTE);
}

/* What was checked is what is connected to: the second answer, which points inside, is never asked for. */
static void a_name_is_resolved_once(void **state)
{
	struct rig *r = *state;
	struct got g = fetch(r,
		&(struct request){
			.kind = FETCH_JRD, .url = "https://rebind.ex.com/", .deadline = 300});
	assert_int_equal(g.err, ERR_REMOTE);
	assert_int_equal(atomic_load(&asked), 1);
}

static void stopping_answers_everyone_once(void **state)
{
	struct rig *r = *state;
	struct got g = GOT_INIT;
	static const char *const paths[] = {"/hang", "/trickle", "/slow", "/"};
	atomic_store(&slow_ms, 300);
	for (int i = 0; i < 40; i++)
		assert_int_equal(
			transport_send(r->transport,
				&(struct request){.kind = i % 2 ? FETCH_POST : FETCH_ACTIVITY,
					.body = {posted, sizeof posted - 1},
					.url = i % 5 == 4
						? arena_format(
							r->arena, "https://slow%d.ex.com/", i)
						: peer_url(r->arena, i % 3 ? r->tls : r->plain,
							arena_format(r->arena, "h%d", i % 7),
							paths[i % 4])},
				got_it, &g),
			OK);
	usleep(30000);
	transport_stop(r->transport);
	assert_int_equal(g.count, 40);
	transport_open(r);
}

/* A proxy in the environment would be asked for every name, and our checks would see only it. */
static void no_proxy_of_the_environment(void **state)
{
	struct rig *r = *state;
	const char *proxy = arena_format(r->arena, "http://127.0.0.1:%d", r->plain->port);
	setenv("http_proxy", proxy, 1);
	setenv("https_proxy", proxy, 1);
	setenv("all_proxy", proxy, 1);
	assert_int_equal(fetch_url(r, peer_url(r->arena, r->tls, "a", "/")).status, 200);
	assert_int_equal(atomic_load(&r->plain->connections), 0);
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("all_proxy");
}

/* Another authority's certificate, and a name that is not in it. */
static void certificates_are_checked(void **state)
{
	struct rig *r = *state;
	struct peer *other = peer_open(behave, true);
	assert_int_equal(fetch_url(r, peer_url(r->arena, other, "a", "/")).err, ERR_REMOTE);
	assert_int_equal(
		fetch_url(r, arena_format(r->arena, "https://other.localhost:%d/", r->tls->port))
			.err,
		ERR_REMOTE);
	assert_int_equal(atomic_load(&other->calls) + atomic_load(&r->tls->calls), 0);
	peer_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(answers_come_with_what_they_say),
		RIG_TEST(requests_say_who_we_are),
		RIG_TEST(a_feed_says_which_one_it_is),
		RIG_TEST(bad_peers_end),
		RIG_TEST(a_peer_that_dies_before_the_request),
		RIG_TEST(what_waits_for_a_connection_ends),
		RIG_TEST(sizes_at_the_limit),
		RIG_TEST(loopback_needs_leave),
		RIG_TEST(names_that_lead_inside_are_refused),
		RIG_TEST(a_name_is_resolved_once),
		RIG_TEST(stopping_answers_everyone_once),
		RIG_TEST(no_proxy_of_the_environment),
		RIG_TEST(certificates_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
