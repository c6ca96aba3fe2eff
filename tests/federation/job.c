/* job.c (federation): requests before and after curl: which are taken, whose turn it is, how long they may wait, and that
 * each has one end. */
#include "wire_rig.h"

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

/* Its turn does not come in time: it ends at its deadline, and those before it go on. */
static void who_waits_for_a_turn_has_an_end(void **state)
{
	struct rig *r = *state;
	struct got first = GOT_INIT, late = GOT_INIT;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			transport_send(r->transport,
				&(struct request){.kind = FETCH_ACTIVITY,
					.deadline = 5000,
					.url = peer_url(r->arena, r->plain, "one", "/hang")},
				got_it, &first),
			OK);
	int64_t start = time_steady();
	assert_int_equal(transport_send(r->transport,
				 &(struct request){.kind = FETCH_ACTIVITY,
					 .deadline = 300,
					 .url = peer_url(r->arena, r->plain, "one", "/")},
				 got_it, &late),
		OK);
	got_wait(&late, 1);
	assert_int_equal(late.err, ERR_REMOTE);
	assert_string_equal(late.why, "waited too long");
	assert_true(time_steady() - start < 3000);
	assert_int_equal(first.count, 0);
	/* A delivery does not stand in that line, nor does another host. */
	assert_int_equal(fetch(r,
				 &(struct request){.kind = FETCH_POST,
					 .body = {"{}", 2},
					 .url = peer_url(r->arena, r->plain, "one", "/")})
				 .status,
		200);
	assert_int_equal(fetch_url(r, peer_url(r->arena, r->plain, "two", "/")).status, 200);
	transport_close(r->transport);
	assert_int_equal(first.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(forms_that_are_refused),
		RIG_TEST(a_slow_name_holds_up_nobody),
		RIG_TEST(two_gets_of_a_host_at_once),
		RIG_TEST(who_waits_for_a_turn_has_an_end),
		RIG_TEST(too_many_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
