/* aggregator.c: feeds are found, fetched in time and believed as far as they go; what they bring is not lost nor doubled. */
#include "curated.h"
#include "neighbours.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FEED "https://good.example/feed"
#define PATH "/@board/curated/feeds"

static uint64_t jan, board;

static int open_with_people(void **state)
{
	static const struct route *lists[4];
	static int64_t later; /* a test's clock runs ahead of the next one's */
	int bad = node_open(state);
	later += 40 * DAY;
	node.now += later;
	time_freeze(node.now);
	lists[0] = federation_routes;
	lists[1] = aggregator_routes;
	lists[2] = feature_curated.routes;
	struct founder f = node_pages(lists);
	jan = f.jan;
	board = f.board;
	return bad;
}
#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_people, node_close)

static struct response add(const char *address)
{
	struct text body;
	time_freeze(time_now() + 10 * SECOND); /* no faster than people may */
	text_init(&body, node.arena, 8192);
	text_add(&body, "language=&address=");
	text_url(&body, address);
	return node_form(PATH, body.at);
}

/* A feed with the items `from` … `to`, the newest first. */
static const char *rss(int from, int to)
{
	struct text t;
	text_init(&t, node.arena, (size_t)1 << 20);
	text_add(&t,
		"<rss version='2.0'><channel><title>Good news</title><link>https://good.example/</link>");
	for (int i = to; i >= from; i--)
		text_format(&t,
			"<item><title>Item %d</title><link>/%d</link><guid isPermaLink='false'>%d</guid></item>",
			i, i, i);
	text_add(&t, "</channel></rss>");
	return t.at;
}

static void serves(const char *url, const char *body)
{
	wire_answer(url, 200, "application/rss+xml", body);
}

struct shown {
	size_t waiting, feeds;
	struct curated_feed feed; /* the first */
	struct curated_item newest;
};

static enum err see(struct txn *t, void *arg)
{
	struct shown *s = arg;
	struct u64s ids, feeds;
	enum err e = curated_list(t, board, CURATED_WAITS, 0, CURATED_FULL, &ids);
	if (e == OK)
		e = curated_feeds(t, board, &feeds);
	s->waiting = ids.count;
	s->feeds = feeds.count;
	if (e == OK && feeds.count > 0)
		e = curated_feed_load(t, board, feeds.at[0], &s->feed);
	if (e == OK && ids.count > 0)
		e = curated_item_load(t, board, CURATED_WAITS, ids.at[0], &s->newest);
	s->feed.address = arena_text(node.arena, s->feed.address);
	s->feed.title = arena_text(node.arena, s->feed.title);
	s->feed.etag = arena_text(node.arena, s->feed.etag);
	s->newest.title = arena_text(node.arena, s->newest.title);
	s->newest.link = arena_text(node.arena, s->newest.link);
	return e;
}

static struct shown now(void)
{
	struct shown s = {0};
	assert_int_equal(store_read(node.store, see, &s), OK);
	return s;
}

/* The clock's turn, at the time that the first feed waits for; until it was asked so many times in all. */
static struct shown turn(const char *url, size_t gets)
{
	struct shown s = now();
	time_freeze(s.feed.next);
	for (int i = 0; i < 500; i++) {
		aggregator_chores[0].run(node.store, NULL);
		s = now();
		if (wire_gets(url) >= gets && s.feed.next > time_now() + 30 * MINUTE)
			return s;
		if (wire_gets(url) >= gets && s.feed.next == 0)
			return s;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	fail_msg("%s was asked %zu times; next %lld at %lld", url, wire_gets(url),
		(long long)s.feed.next, (long long)time_now());
	return s;
}

/* ---- adding ------------------------------------------------------------------------------------ */

static void a_feed_is_added(void **state)
{
	(void)state;
	serves(FEED, rss(1, 3));
	assert_int_equal(add("good.example/feed").status, 303);
	struct shown s = now();
	assert_int_equal(s.feeds, 1);
	assert_int_equal(s.waiting, 3);
	assert_string_equal(s.feed.address, FEED);
	assert_string_equal(s.feed.title, "Good news");
	assert_string_equal(s.newest.title, "Item 3");
	assert_string_equal(s.newest.link, "https://good.example/3");
	struct response twice = add(FEED);
	assert_int_equal(twice.status, 422);
	assert_non_null(strstr(twice.body, "address-error"));
	assert_int_equal(now().waiting, 3);
}

static void a_page_leads_to_its_feed(void **state)
{
	(void)state;
	wire_answer("https://good.example/", 200, "text/html",
		"<!DOCTYPE html><head><link rel=alternate type='application/rss+xml' href='/feed'></head>");
	serves(FEED, rss(1, 2));
	assert_int_equal(add("https://good.example/").status, 303);
	assert_string_equal(now().feed.address, FEED);
	/* One that names itself, or another page, leads nowhere. */
	wire_answer("https://good.example/loop", 200, "text/html",
		"<link rel=alternate type='application/rss+xml' href='/loop'>");
	assert_int_equal(add("https://good.example/loop").status, 422);
	assert_int_equal(wire_gets("https://good.example/loop"), 2);
	assert_int_equal(now().feeds, 1);
}

static void redirects_are_followed_within_bounds(void **state)
{
	(void)state;
	serves(FEED, rss(1, 2));
	wire_redirect("https://good.example/old", 301, "/older");
	wire_redirect("https://good.example/older", 302, FEED);
	assert_int_equal(add("https://good.example/old").status, 303);
	assert_string_equal(now().feed.address, "https://good.example/old");
	assert_string_equal(now().newest.link, "https://good.example/2");
	wire_redirect("https://good.example/round", 302, "https://good.example/round");
	assert_int_equal(add("https://good.example/round").status, 422);
	wire_redirect("https://good.example/0", 302, "/a/1");
	for (int i = 1; i < 9; i++)
		wire_redirect(node_words("https://good.example/a/%d", i), 302,
			node_words("/a/%d", i + 1));
	assert_int_equal(add("https://good.example/0").status, 422);
	assert_int_equal(wire_gets("https://good.example/a/5"), 0);
	static const char *const inside[] = {"https://127.0.0.1/x", "http://good.example/x",
		"https://[::1]/x", "https://localhost/x", "file:///etc/passwd",
		"https://good.example:22/x", "https://ex.org/@board.rss", "https://10.0.0.1/"};
	for (size_t i = 0; i < COUNT(inside); i++) {
		const char *from = node_words("https://evil%zu.example/r", i);
		wire_redirect(from, 302, inside[i]);
		size_t before = wire_gets(NULL);
		assert_int_equal(add(from).status, 422);
		assert_int_equal(wire_gets(NULL), before + 1);
	}
	assert_int_equal(now().feeds, 1);
}

static void what_is_no_feed_is_refused_with_a_word(void **state)
{
	(void)state;
	static const struct {
		const char *address;
		int status;
		const char *body, *words;
	} all[] = {
		{"https://good.example/html", 200, "<html><body>No feed</body></html>",
			"No feed is found there"},
		{"https://good.example/none", 404, "", "There is nothing"},
		{"https://good.example/gone", 410, "", "There is nothing"},
		{"https://good.example/secret", 401, "", "open to everyone"},
		{"https://good.example/busy", 503, "", "does not answer"},
		{"https://good.example/slow", -1, "", "does not answer"},
		{"https://good.example/bomb", 200,
			"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><title>&a;</title></channel></rss>",
			"No feed is found there"},
		{"https://127.0.0.1/feed", 0, NULL, "open to everyone"},
		{"http://good.example/feed", 0, NULL, "open to everyone"},
		{"ftp://good.example/feed", 0, NULL, "open to everyone"},
		{"https://ex.org/@board.rss", 0, NULL, "open to everyone"},
		{"a feed", 0, NULL, "open to everyone"},
	};
	for (size_t i = 0; i < COUNT(all); i++) {
		if (all[i].body != NULL)
			wire_answer(all[i].address, all[i].status, "text/html", all[i].body);
		size_t before = wire_gets(NULL);
		struct response r = add(all[i].address);
		if (r.status != 422 || strstr(r.body, all[i].words) == NULL)
			fail_msg("%s: %d %s", all[i].address, r.status, r.body);
		assert_non_null(strstr(r.body, all[i].address)); /* what was typed */
		assert_int_equal(wire_gets(NULL), before + (all[i].body != NULL));
	}
	char *huge = malloc((size_t)5 << 20);
	memset(huge, ' ', (size_t)5 << 20);
	wire_answer_bytes("https://good.example/huge", 200, "text/xml",
		(struct bytes){huge, (size_t)5 << 20});
	free(huge);
	assert_non_null(strstr(add("https://good.example/huge").body, "too large"));
	assert_int_equal(now().feeds, 0);
}

static enum err take_away(struct txn *t, void *arg)
{
	struct place moderator = place_2(TABLE_MODERATOR, board, jan);
	(void)arg;
	return txn_del(t, &moderator);
}

static void only_the_core_team_adds(void **state)
{
	(void)state;
	serves(FEED, rss(1, 2));
	assert_int_equal(
		node_form("/@nothing/curated/feeds", "address=good.example%2Ffeed").status, 404);
	node_write(take_away, NULL);
	assert_int_equal(add(FEED).status, 403);
	assert_int_equal(wire_gets(FEED), 0);
}

/* ---- on time ----------------------------------------------------------------------------------- */

static void it_is_asked_whether_anything_changed(void **state)
{
	(void)state;
	serves(FEED, rss(1, 3));
	wire_tags(FEED, "\"one\"");
	assert_int_equal(add(FEED).status, 303);
	assert_string_equal(now().feed.etag, "\"one\"");
	struct shown s = turn(FEED, 2);
	assert_int_equal(s.feed.how, CURATED_SAME);
	assert_int_equal(s.waiting, 3);
	serves(FEED, rss(3, 5));
	wire_tags(FEED, "\"two\"");
	s = turn(FEED, 3);
	assert_int_equal(s.feed.how, CURATED_READ);
	assert_string_equal(s.feed.etag, "\"two\"");
	assert_int_equal(s.waiting, 5);
	assert_string_equal(s.newest.title, "Item 5");
}

static void failures_lose_nothing(void **state)
{
	(void)state;
	serves(FEED, rss(1, 3));
	assert_int_equal(add(FEED).status, 303);
	wire_answer(FEED, -1, NULL, "");
	struct shown s = turn(FEED, 2);
	assert_int_equal(s.feed.how, CURATED_AWAY);
	assert_int_equal(s.feed.failures, 1);
	wire_answer(FEED, 200, "text/html", "<html>A portal of a hotel</html>");
	s = turn(FEED, 3);
	assert_int_equal(s.feed.how, CURATED_NO_FEED);
	const char *whole = rss(1, 6), *cut = strstr(whole, "Item 3");
	serves(FEED, arena_text_n(node.arena, whole, (size_t)(cut - whole)));
	s = turn(FEED, 4); /* 6, 5 and 4 came whole */
	assert_int_equal(s.feed.failures, 0);
	assert_int_equal(s.waiting, 6);
	serves(FEED, whole);
	s = turn(FEED, 5);
	assert_int_equal(s.waiting, 6);
	wire_answer(FEED, 410, NULL, "");
	s = turn(FEED, 6);
	assert_int_equal(s.feed.next, 0);
	assert_int_equal(s.waiting, 6);
}

static void one_that_fails_holds_up_no_other(void **state)
{
	(void)state;
	serves(FEED, rss(1, 1));
	serves("https://two.example/feed", rss(11, 11));
	serves("https://three.example/feed", rss(21, 21));
	assert_int_equal(add(FEED).status, 303);
	assert_int_equal(add("https://two.example/feed").status, 303);
	assert_int_equal(add("https://three.example/feed").status, 303);
	wire_answer(FEED, -1, NULL, "");
	serves("https://two.example/feed", rss(11, 12));
	serves("https://three.example/feed", rss(21, 22));
	time_freeze(time_now() + 2 * HOUR);
	aggregator_chores[0].run(node.store, NULL);
	for (int i = 0; i < 500 && now().waiting < 5; i++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	assert_int_equal(now().waiting, 5);
	assert_int_equal(wire_gets(FEED), 2);
	assert_int_equal(wire_gets("https://two.example/feed"), 2);
	aggregator_chores[0].run(node.store, NULL); /* nothing is due */
	aggregator_chores[0].run(node.store, NULL);
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	assert_int_equal(wire_gets("https://two.example/feed"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(a_feed_is_added),
		FEED_TEST(a_page_leads_to_its_feed),
		FEED_TEST(redirects_are_followed_within_bounds),
		FEED_TEST(what_is_no_feed_is_refused_with_a_word),
		FEED_TEST(only_the_core_team_adds),
		FEED_TEST(it_is_asked_whether_anything_changed),
		FEED_TEST(failures_lose_nothing),
		FEED_TEST(one_that_fails_holds_up_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
