/* transport.c (federation): the wire against peers that answer, hang, trickle, break off, shout and send bombs; and names
 * that resolve to where nobody may go. getaddrinfo is this file's own: no test asks a real name server. */
#include "peer.h"

#include <netdb.h>

/* ---- names ----------------------------------------------------------------------------------- */

static atomic_int asked, slow_ms;
static atomic_bool flip; /* rebinding: the second answer is another one */

static struct addrinfo *one_address(const char *printed, struct addrinfo *next)
{
	struct addrinfo *a = calloc(1, sizeof *a);
	struct sockaddr_in *v4 = calloc(1, sizeof(struct sockaddr_in6));
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)v4;
	a->ai_next = next;
	a->ai_socktype = SOCK_STREAM;
	a->ai_addr = (struct sockaddr *)(void *)v4;
	if (strchr(printed, ':') != NULL) {
		v6->sin6_family = AF_INET6;
		a->ai_addrlen = sizeof *v6;
		inet_pton(AF_INET6, printed, &v6->sin6_addr);
	} else {
		v4->sin_family = AF_INET;
		a->ai_addrlen = sizeof *v4;
		inet_pton(AF_INET, printed, &v4->sin_addr);
	}
	a->ai_family = a->ai_addr->sa_family;
	return a;
}

int getaddrinfo(
	const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	(void)service, (void)hints;
	atomic_fetch_add(&asked, 1);
	if (text_starts(name, "slow"))
		for (int i = 0; i < atomic_load(&slow_ms); i += 10)
			usleep(10000);
	if (text_starts(name, "private"))
		*out = one_address("10.1.2.3", NULL);
	else if (text_starts(name, "mixed"))
		*out = one_address("93.184.216.34", one_address("127.0.0.1", NULL));
	else if (text_starts(name, "mapped"))
		*out = one_address("::ffff:127.0.0.1", NULL);
	else if (text_starts(name, "rebind"))
		*out = one_address(
			atomic_exchange(&flip, true) ? "127.0.0.1" : "93.184.216.34", NULL);
	else
		return EAI_NONAME;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;
		free(list->ai_addr);
		free(list);
		list = next;
	}
}

/* ---- one request, waited for ----------------------------------------------------------------- */

struct got {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t count;
	enum err err;
	int status;
	int64_t retry_after;
	size_t size;
	char type[64], location[256], why[64];
};

static void got_it(void *arg, const struct answer *a)
{
	struct got *g = arg;
	pthread_mutex_lock(&g->lock);
	g->count++;
	g->err = a->err;
	g->status = a->status;
	g->retry_after = a->retry_after;
	g->size = a->body.size;
	snprintf(g->type, sizeof g->type, "%s", a->type != NULL ? a->type : "");
	snprintf(g->location, sizeof g->location, "%s", a->location != NULL ? a->location : "");
	snprintf(g->why, sizeof g->why, "%s", a->why != NULL ? a->why : "");
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static void got_wait(struct got *g, size_t count)
{
	pthread_mutex_lock(&g->lock);
	while (g->count < count)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

#define GOT_INIT                                                                                   \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER             \
	}

static const char posted[] = "{\"type\":\"Create\"}";

/* ---- what the peer does ---------------------------------------------------------------------- */

/* A gzip member that never ends: each 13 bits are 258 zeros. */
static void send_bomb(struct peer_call *c)
{
	static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	unsigned char block[13 * 512];
	unsigned bits = 0, held = 0;
	size_t size = 0;
	static const char start[] = "1"
				    "10"
				    "00110000"; /* last block, fixed codes, a zero */
	static const char repeat[] = "11000101"
				     "00000"; /* 258 times what was one byte ago */
	static const char answer[] = "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\n";
	peer_write(c, answer, sizeof answer - 1);
	peer_write(c, head, sizeof head);
	c->closes = true;
	for (const char *bit = start;;) {
		held |= (unsigned)(*bit++ == '1') << bits++;
		if (bits == 8) {
			block[size++] = (unsigned char)held;
			bits = held = 0;
		}
		if (*bit == '\0')
			bit = repeat;
		if (size == sizeof block) {
			size = 0;
			if (!peer_write(c, block, sizeof block))
				return;
		}
	}
}

static void send_many(struct peer_call *c, size_t size)
{
	static char zeros[65536];
	memset(zeros, 'x', sizeof zeros);
	char head[128];
	snprintf(head, sizeof head, "HTTP/1.1 200 X\r\nContent-Length: %zu\r\n\r\n", size);
	peer_write(c, head, strlen(head));
	c->closes = true;
	for (size_t sent = 0; sent < size; sent += sizeof zeros)
		if (!peer_write(c, zeros, size - sent < sizeof zeros ? size - sent : sizeof zeros))
			return;
}

static void trickle(struct peer_call *c)
{
	peer_write(c, "HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n", 39);
	c->closes = true;
	for (int i = 0; i < 1000 && !atomic_load(&c->peer->stopping); i++) {
		if (!peer_write(c, "x", 1))
			return;
		usleep(50000);
	}
}

static void echo_headers(struct peer_call *c)
{
	peer_answer(c, 200, "Content-Type: Application/Activity+JSON; x=Y\r\n", c->head);
}

static void behave(struct peer_call *c)
{
	struct linger reset = {1, 0};
	const char *t = c->target;
	if (text_is(t, "/hang"))
		peer_hang(c, 30000);
	else if (text_is(t, "/slow"))
		peer_hang(c, 200), peer_answer(c, 200, "", "slow");
	else if (text_is(t, "/trickle"))
		trickle(c);
	else if (text_is(t, "/reset")) {
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		c->closes = true;
	} else if (text_is(t, "/big"))
		send_many(c, (size_t)10 << 20);
	else if (text_is(t, "/limit"))
		send_many(c, 5000);
	else if (text_is(t, "/bomb"))
		send_bomb(c);
	else if (text_is(t, "/redirect"))
		peer_answer(c, 302, "Location: /elsewhere?a=b\r\n", "");
	else if (text_is(t, "/later"))
		peer_answer(c, 429, "Retry-After: 120\r\n", "");
	else if (text_is(t, "/headers")) {
		peer_write(c, "HTTP/1.1 200 X\r\n", 16);
		for (int i = 0; i < 200; i++)
			peer_write(c, "X-A: b\r\n", 8);
		peer_write(c, "Content-Length: 0\r\n\r\n", 21);
	} else if (text_is(t, "/echo"))
		echo_headers(c);
	else
		peer_answer(c, 200, "Content-Type: text/plain\r\n", "hello");
}

/* ---- the rig --------------------------------------------------------------------------------- */

struct rig {
	struct arena *arena;
	struct site site;
	struct peer *tls, *plain;
	struct transport *transport;
};

static void transport_open(struct rig *r)
{
	const char *why = NULL;
	struct federation_settings set = {.site = &r->site, .ca_file = r->tls->ca};
	assert_int_equal(transport_start(&set, &r->transport, &why), OK);
}

static int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	log_open(LOG_ERROR, 2);
	r->arena = arena_create();
	r->site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.version = "9.9",
		.loopback = true};
	r->tls = peer_open(behave, true);
	r->plain = peer_open(behave, false);
	atomic_store(&asked, 0);
	atomic_store(&flip, false);
	transport_open(r);
	*state = r;
	return 0;
}

static int rig_close(void **state)
{
	struct rig *r = *state;
	transport_stop(r->transport);
	peer_close(r->tls);
	peer_close(r->plain);
	arena_destroy(r->arena);
	free(r);
	return 0;
}

static struct got fetch(struct rig *r, const struct request *q)
{
	struct got g = GOT_INIT;
	enum err e = transport_send(r->transport, q, got_it, &g);
	if (e == OK)
		got_wait(&g, 1);
	else
		g.err = e;
	return g;
}

static struct got fetch_url(struct rig *r, const char *url)
{
	return fetch(r, &(struct request){.kind = FETCH_ACTIVITY, .url = url});
}

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

static void forms_that_are_refused(void **state)
{
	struct rig *r = *state;
	static const struct {
		const char *url;
		enum err err;
	} cases[] = {{"http://ex.com/", ERR_FORBIDDEN}, {"https://ex.com:8443/", ERR_FORBIDDEN},
		{"https://93.184.216.34/", ERR_FORBIDDEN},
		{"https://[2606:2800:220:1::1]/", ERR_FORBIDDEN},
		{"https://[::ffff:127.0.0.1]/", ERR_FORBIDDEN},
		{"https://intranet/", ERR_FORBIDDEN}, {"https://a.local/", ERR_FORBIDDEN},
		{"https://a.internal/", ERR_FORBIDDEN}, {"https://a.test/", ERR_FORBIDDEN},
		{"https://a.onion/", ERR_FORBIDDEN}, {"https://ex.org/inbox", ERR_FORBIDDEN},
		{"ftp://ex.com/", ERR_INVALID}, {"", ERR_INVALID},
		{"https://u:p@ex.com/", ERR_INVALID}, {"https://ex.com/#a", ERR_INVALID},
		{"https://2130706433/", ERR_INVALID}, {"https://0x7f.1/", ERR_INVALID},
		{"file:///etc/passwd", ERR_INVALID}, {"https://ex.com/a b", ERR_INVALID}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct got g = fetch_url(r, cases[i].url);
		if (g.err != cases[i].err || g.count != 0)
			fail_msg("%s: %s", cases[i].url, err_name(g.err));
	}
	static const char *const split[] = {"X: a\r\nY: b", NULL};
	struct request q = {.kind = FETCH_JRD, .url = "https://a.ex.com/", .headers = split};
	assert_int_equal(fetch(r, &q).err, ERR_INVALID);
	assert_int_equal(atomic_load(&asked), 0);
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

static void a_slow_name_holds_up_nobody(void **state)
{
	struct rig *r = *state;
	struct got slow = GOT_INIT;
	atomic_store(&slow_ms, 1500);
	int64_t start = time_steady();
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			transport_send(r->transport,
				&(struct request){.kind = FETCH_JRD,
					.deadline = 300,
					.url = arena_format(r->arena, "https://slow%d.ex.com/", i)},
				got_it, &slow),
			OK);
	assert_int_equal(fetch_url(r, peer_url(r->arena, r->tls, "a", "/")).status, 200);
	assert_int_equal(fetch_url(r, "https://private.ex.com/").err, ERR_FORBIDDEN);
	assert_true(time_steady() - start < 1000);
	got_wait(&slow, 4); /* at their deadline, not at the resolver's pleasure */
	assert_int_equal(slow.err, ERR_REMOTE);
	assert_true(time_steady() - start < 1400);
}

static void two_gets_of_a_host_at_once(void **state)
{
	struct rig *r = *state;
	struct got g = GOT_INIT;
	for (int i = 0; i < 8; i++)
		assert_int_equal(
			transport_send(r->transport,
				&(struct request){.kind = FETCH_ACTIVITY,
					.url = peer_url(r->arena, r->plain, "one", "/slow")},
				got_it, &g),
			OK);
	got_wait(&g, 8);
	assert_int_equal(atomic_load(&r->plain->most), 2);
	assert_true(atomic_load(&r->plain->connections) <= 2); /* and they were kept */
	for (int i = 0; i < 8; i++)
		assert_int_equal(
			transport_send(r->transport,
				&(struct request){.kind = FETCH_ACTIVITY,
					.url = peer_url(r->arena, r->plain,
						arena_format(r->arena, "h%d", i), "/slow")},
				got_it, &g),
			OK);
	got_wait(&g, 16);
	assert_true(atomic_load(&r->plain->most) > 4);
}

static void too_many_are_told(void **state)
{
	struct rig *r = *state;
	struct got g = GOT_INIT;
	const char *url = peer_url(r->arena, r->plain, "one", "/hang");
	size_t taken = 0;
	while (transport_send(r->transport, &(struct request){.kind = FETCH_ACTIVITY, .url = url},
		       got_it, &g)
		== OK)
		taken++;
	assert_int_equal(taken, 4096);
	transport_close(r->transport);
	assert_int_equal(g.count, taken); /* each once, all before close returns */
	assert_int_equal(g.err, ERR_AGAIN);
	assert_int_equal(transport_send(r->transport,
				 &(struct request){.kind = FETCH_ACTIVITY, .url = url}, got_it, &g),
		ERR_AGAIN);
	transport_close(r->transport);
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

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(answers_come_with_what_they_say),
		RIG_TEST(requests_say_who_we_are),
		RIG_TEST(bad_peers_end),
		RIG_TEST(sizes_at_the_limit),
		RIG_TEST(forms_that_are_refused),
		RIG_TEST(loopback_needs_leave),
		RIG_TEST(names_that_lead_inside_are_refused),
		RIG_TEST(a_name_is_resolved_once),
		RIG_TEST(a_slow_name_holds_up_nobody),
		RIG_TEST(two_gets_of_a_host_at_once),
		RIG_TEST(too_many_are_told),
		RIG_TEST(stopping_answers_everyone_once),
		RIG_TEST(no_proxy_of_the_environment),
		RIG_TEST(certificates_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
