/* event.c: events on the wire: what goes out of one, and how a Join, a vote and a Leave are answered. */
#include "event.h"

#include "fake_transport.h"
#include "neighbours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INBOX "https://good.example/inbox"
#define EVIL "https://evil.example/inbox"

struct scene {
	uint64_t jan, board, alice, event;
	uint32_t capacity;
	int64_t start;
};
static struct scene scene;

static enum err follow_both(struct txn *t, void *arg)
{
	(void)arg;
	struct origin one = {.uri = "https://good.example/f/1"},
		      two = {.uri = "https://good.example/f/2"};
	enum err e = follow_start(t, scene.alice, scene.jan, &one);
	return e == OK ? follow_start(t, scene.alice, scene.board, &two) : e;
}

static struct event_draft draft(void)
{
	return (struct event_draft){.author = scene.jan,
		.community = scene.board,
		.title = "Spring walk",
		.source = "Through the woods.",
		.language = "nl",
		.event = {.start = scene.start,
			.zone = "Europe/Amsterdam",
			.place = "De Waag",
			.link = "https://meet.example/secret",
			.capacity = scene.capacity}};
}

static enum err hold(struct txn *t, void *arg)
{
	(void)arg;
	struct post p = {0};
	struct event_draft d = draft();
	enum err e = event_create(t, &d, NULL, &p);
	scene.event = p.id;
	return e;
}

static void set_up(uint32_t capacity)
{
	scene = (struct scene){.jan = node_person("jan"),
		.board = node_group("board"),
		.alice = node_know(&node.alice),
		.capacity = capacity};
	page_load(); /* the words too */
	struct wall noon = {.year = 2031, .month = 12, .day = 12, .hour = 10};
	scene.start = NOW + 300 * DAY;
	assert_true(ical_to_wall(scene.start, "Europe/Amsterdam", &noon));
	noon.hour = 10;
	noon.minute = 0;
	assert_true(ical_to_ms(&noon, "Europe/Amsterdam", &scene.start));
	node_know(&node.bob);
	node_write(follow_both, NULL);
	federation_settle(node.federation);
	node_write(hold, NULL);
	federation_settle(node.federation);
}

static const char *uri(const char *more)
{
	return node_words("https://ex.org/p/%llu%s", (unsigned long long)scene.event, more);
}

static size_t sent(const char *inbox, const char *first, const char *second)
{
	size_t n = 0;
	for (size_t i = 0; i < wire_posts(inbox); i++) {
		const char *body = wire_post(inbox, i);
		n += strstr(body, first) != NULL && strstr(body, second) != NULL;
	}
	return n;
}

static enum err read_count(struct txn *t, void *arg)
{
	int64_t *out = arg;
	*out = attendance_count(t, scene.event, ATTENDING_YES);
	return OK;
}

static int64_t coming(void)
{
	int64_t n = -1;
	assert_int_equal(store_read(node.store, read_count, &n), OK);
	return n;
}

static void send(const struct neighbour *from, const char *words)
{
	assert_int_equal(node_send("/inbox", from, words).status, 202);
	federation_settle(node.federation);
}

static void an_event_goes_out_with_its_question(void **state)
{
	(void)state;
	set_up(0);
	const char *event = node_words("'id':'%s','type':'Event'", uri(""));
	const char *question = node_words("'id':'%s','type':'Question'", uri("/question"));
	/* Once from its author, and whole in what the community passes on. */
	assert_int_equal(
		sent(INBOX, "\"type\":\"Create\",\"actor\":\"https://ex.org/u/jan\"", event), 2);
	assert_int_equal(sent(INBOX, "\"type\":\"Announce\"", event), 1);
	assert_int_equal(sent(INBOX, "\"type\":\"Create\"", question), 1);
	/* To microblogs, which unwrap nothing, both by their ids. */
	assert_int_equal(
		sent(INBOX, "\"type\":\"Announce\"", node_words("'object':'%s'", uri(""))), 1);
	assert_int_equal(
		sent(INBOX, "\"type\":\"Announce\"", node_words("'object':'%s'", uri("/question"))),
		1);
	assert_int_equal(wire_posts_with(INBOX, "meet.example"), 0);
	struct response r = node_get(
		uri("/question") + strlen("https://ex.org"), "application/activity+json", NULL);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body, question));
	assert_non_null(strstr(r.body, "10.00 uur"));
	assert_non_null(strstr(r.body, "\"name\":\"Ik kom\""));
	assert_non_null(strstr(r.body, node_words("'inReplyTo':'%s'", uri(""))));
	r = node_get(uri("") + strlen("https://ex.org"), "application/activity+json", NULL);
	assert_non_null(strstr(r.body, "\"timezone\":\"Europe/Amsterdam\""));
	assert_null(strstr(r.body, "meet.example"));
}

static const char *join(const struct neighbour *who, const char *type, int n)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://%s/act/%d',"
		"'type':'%s','actor':'%s','object':'%s','to':['https://ex.org/u/jan']}",
		who->host, n, type, who->uri, uri(""));
}

static void a_join_is_accepted_by_the_organiser(void **state)
{
	(void)state;
	set_up(1);
	send(&node.bob, join(&node.bob, "Join", 1)); /* who follows nobody here */
	assert_int_equal(coming(), 1);
	const char *answered = node_words(
		"'object':{'id':'https://evil.example/act/1','type':'Join',"
		"'actor':'%s','object':'%s'}",
		node.bob.uri, uri(""));
	assert_int_equal(
		sent(EVIL, "\"type\":\"Accept\",\"actor\":\"https://ex.org/u/jan\"", answered), 1);
	/* The link to take part is theirs from then on, in a message to them alone. */
	assert_int_equal(sent(EVIL, "\"type\":\"Create\"", "https://meet.example/secret"), 1);
	assert_int_equal(sent(EVIL, "#Public", "https://meet.example/secret"), 0);
	/* It is full now. */
	send(&node.alice, join(&node.alice, "Join", 2));
	assert_int_equal(coming(), 1);
	assert_int_equal(sent(INBOX, "\"type\":\"Reject\"", "https://good.example/act/2"), 1);
	send(&node.bob, join(&node.bob, "Leave", 3));
	assert_int_equal(coming(), 0);
	send(&node.alice, join(&node.alice, "Join", 4));
	assert_int_equal(coming(), 1);
	assert_int_equal(sent(INBOX, "\"type\":\"Accept\"", "https://good.example/act/4"), 1);
	/* Nobody hears who comes, nor how many. */
	assert_int_equal(wire_posts_with(INBOX, node.bob.uri), 0);
	assert_int_equal(wire_posts_with(INBOX, "participantCount"), 0);
}

static const char *vote(const struct neighbour *who, const char *name, int n)
{
	return node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://%s/act/%d',"
		"'type':'Create','actor':'%s','to':'https://ex.org/u/jan','object':{"
		"'id':'https://%s/votes/%d','type':'Note','attributedTo':'%s','name':'%s',"
		"'inReplyTo':'%s','to':'https://ex.org/u/jan'}}",
		who->host, n, who->uri, who->host, n, who->uri, name, uri("/question"));
}

static void one_tap_is_answered_by_a_message(void **state)
{
	(void)state;
	set_up(0);
	send(&node.alice, vote(&node.alice, "Ik kom", 1));
	assert_int_equal(coming(), 1);
	assert_int_equal(sent(INBOX, "\"type\":\"Note\"", "Je staat op de lijst."), 1);
	assert_int_equal(sent(INBOX, "https://ex.org/attending/",
				 node_words("'type':'Mention','href':'%s'", node.alice.uri)),
		1);
	assert_int_equal(sent(INBOX, "Je staat op de lijst.", "#Public"), 0);
	/* Their number is nobody's: the Question says nothing of it, and is not sent again. */
	assert_int_equal(sent(INBOX, "\"type\":\"Update\"", "Question"), 0);
	send(&node.alice, vote(&node.alice, "Ik kan niet", 2));
	assert_int_equal(coming(), 0);
}

static enum err move(struct txn *t, void *arg)
{
	(void)arg;
	struct event_draft d = draft();
	d.event.start += DAY;
	return event_change(t, scene.event, &d, NULL);
}

static enum err cancel(struct txn *t, void *arg)
{
	(void)arg;
	return event_cancel(t, scene.jan, scene.event, true, "Storm");
}

static enum err take_away(struct txn *t, void *arg)
{
	(void)arg;
	return post_remove(t, scene.jan, scene.event, NULL, NULL);
}

/* ---- each in its own words: the samples of tests/wire, said by one of our neighbours --------- */

static const char *sample(const char *name)
{
	const char *top = getenv("KRING_SOURCE");
	const char *path = arena_format(
		node.arena, "%s/tests/wire/samples/%s.json", top != NULL ? top : ".", name);
	char *at = arena_alloc(node.arena, 64 << 10);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t size = fread(at, 1, (64 << 10) - 1, file);
	fclose(file);
	at[size] = '\0';
	return at;
}

static const char *replaced(const char *text, const char *was, const char *now)
{
	struct text out;
	text_init(&out, node.arena, 64 << 10);
	for (const char *at; (at = strstr(text, was)) != NULL; text = at + strlen(was)) {
		text_add_n(&out, text, (size_t)(at - text));
		text_add(&out, now);
	}
	text_add(&out, text);
	assert_false(out.failed);
	return out.at;
}

static const char *said_by(const struct neighbour *who, const char *name, const char *writer)
{
	const char *host = strstr(writer, "://") + 3;
	const char *theirs = arena_text_n(node.arena, writer, (size_t)(strchr(host, '/') - writer));
	const char *ours = arena_format(node.arena, "https://%s", who->host);
	const char *json = replaced(sample(name), writer, who->uri);
	json = replaced(replaced(json, theirs, ours), "https://ex.org/p/1", uri(""));
	return replaced(json, "https://ex.org/e/1", uri(""));
}

struct standing_of {
	uint64_t actor;
	uint32_t state;
};

static enum err read_state(struct txn *t, void *arg)
{
	struct standing_of *s = arg;
	struct attendance a;
	enum err e = attendance_of(t, scene.event, s->actor, &a);
	s->state = e == OK ? a.state : ATTENDING_NONE;
	return e == ERR_NOT_FOUND ? OK : e;
}

static uint32_t state_of(uint64_t actor)
{
	struct standing_of s = {.actor = actor};
	assert_int_equal(store_read(node.store, read_state, &s), OK);
	return s.state;
}

static void each_comes_and_goes_in_its_own_words(void **state)
{
	(void)state;
	static const struct {
		const char *name, *writer;
		uint32_t state;
		const char *answer[2]; /* what comes back */
	} rows[] = {
		{"mobilizon-join", "https://mobi.example/users/mia", ATTENDING_YES,
			{"\"type\":\"Accept\"", "/acts/1"}},
		{"mobilizon-leave", "https://mobi.example/@mia", ATTENDING_NONE, {NULL, NULL}},
		{"mobilizon-join-message", "https://mobi.example/@mia", ATTENDING_YES,
			{"\"type\":\"Accept\"", "/join/event/"}},
		{"mobilizon-undo-join", "https://mobi.example/@mia", ATTENDING_NONE, {NULL, NULL}},
		{"wordpress-join", "https://wp.example/?author=1", ATTENDING_YES,
			{"\"type\":\"Accept\"", "#join-1"}},
		{"friendica-reject-event", "https://fri.example/users/fred", ATTENDING_NO,
			{"\"type\":\"Note\"", "Je staat niet op de lijst"}},
		{"friendica-tentative", "https://fri.example/users/fred", ATTENDING_MAYBE,
			{"\"type\":\"Note\"", "misschien"}},
		{"friendica-accept-event", "https://fri.example/users/fred", ATTENDING_YES,
			{"\"type\":\"Note\"", "Je staat op de lijst."}},
		{"friendica-undo-attendance", "https://fri.example/users/fred", ATTENDING_NONE,
			{NULL, NULL}},
		{"mastodon-vote", "https://masto.example/users/ada", ATTENDING_YES,
			{"\"type\":\"Note\"", "Je staat op de lijst."}},
	};
	set_up(0);
	uint64_t bob = node_know(&node.bob);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const *answer = rows[i].answer;
		size_t before = answer[0] != NULL ? sent(EVIL, answer[0], answer[1]) : 0;
		send(&node.bob, said_by(&node.bob, rows[i].name, rows[i].writer));
		if (state_of(bob) != rows[i].state)
			fail_msg("%s: %u", rows[i].name, state_of(bob));
		if (answer[0] != NULL && sent(EVIL, answer[0], answer[1]) != before + 1)
			fail_msg("%s: no answer", rows[i].name);
	}
	assert_int_equal(coming(), 1); /* one list, whatever the door */
}

static void events_of_others_have_a_time_and_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *name, *writer, *id, *title, *place, *start;
		bool by_bob;
	} rows[] = {
		{"mobilizon-event", "https://mobi.example/@mia", "/events/1", "Dance", "Hall",
			"2026-01-01T18:00:00.000Z"},
		{"wordpress-event", "https://wp.example/?author=1", "/events/1", "Open day", "Hall",
			"2026-04-01T08:00:00.000Z", true},
		{"friendica-event", "https://fri.example/users/fred", "/objects/9", "Repair café",
			"Library", "2026-04-01T00:00:00.000Z"},
		{"gancio-event", "https://gancio.example/federation/u/events", "/federation/m/7",
			"Concert", "Kraakpand", "2026-05-02T18:00:00.000Z"},
	};
	set_up(0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post p;
		struct extra x;
		char start[TIME_ISO];
		const struct neighbour *who = rows[i].by_bob ? &node.bob : &node.alice;
		send(who, said_by(who, rows[i].name, rows[i].writer));
		assert_true(node_post(node_post_id(arena_format(
					      node.arena, "https://%s%s", who->host, rows[i].id)),
			&p));
		extra_read(node.arena, p.extra, &x);
		time_iso(x.starts, start);
		assert_string_equal(start, rows[i].start);
		assert_string_equal(p.title, rows[i].title);
		assert_string_equal(x.place, rows[i].place);
		assert_int_equal(p.author, node_know(who));
	}
}

static void its_changes_and_its_end_reach_who_comes(void **state)
{
	(void)state;
	set_up(0);
	send(&node.bob, join(&node.bob, "Join", 1));
	node_write(move, NULL);
	federation_settle(node.federation);
	assert_int_equal(sent(EVIL, "\"type\":\"Update\"", "\"type\":\"Event\""), 1);
	assert_int_equal(sent(INBOX, "\"type\":\"Update\"", "\"type\":\"Question\""), 1);
	node_write(cancel, NULL);
	federation_settle(node.federation);
	assert_int_equal(
		sent(EVIL, "\"type\":\"Update\"", "\"eventStatus\":\"EventCancelled\""), 1);
	assert_int_equal(sent(EVIL, "\"type\":\"Update\"", "\"summary\":\"AFGEZEGD. "), 1);
	node_write(take_away, NULL);
	federation_settle(node.federation);
	assert_int_equal(
		sent(INBOX, "\"type\":\"Delete\"", node_words("'object':{'id':'%s'", uri(""))), 2);
	assert_int_equal(sent(INBOX, "\"type\":\"Delete\"",
				 node_words("'object':{'id':'%s'", uri("/question"))),
		1);
	assert_int_equal(node_get(uri("/question") + strlen("https://ex.org"),
				 "application/activity+json", NULL)
				 .status,
		410);
}

static void an_answer_to_the_question_is_an_answer_to_the_event(void **state)
{
	(void)state;
	struct post p;
	set_up(0);
	send(&node.alice,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/act/7',"
			"'type':'Create','actor':'%s','to':'https://www.w3.org/ns/activitystreams#Public','object':{"
			"'id':'https://good.example/n/7','type':'Note','attributedTo':'%s','content':'<p>Nice</p>',"
			"'inReplyTo':'%s','to':'https://www.w3.org/ns/activitystreams#Public'}}",
			node.alice.uri, node.alice.uri, uri("/question")));
	assert_true(node_post(node_post_id("https://good.example/n/7"), &p));
	assert_true(p.root == scene.event && p.parent == scene.event);
	assert_int_equal(coming(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(an_event_goes_out_with_its_question),
		NODE_TEST(a_join_is_accepted_by_the_organiser),
		NODE_TEST(one_tap_is_answered_by_a_message),
		NODE_TEST(each_comes_and_goes_in_its_own_words),
		NODE_TEST(events_of_others_have_a_time_and_a_place),
		NODE_TEST(its_changes_and_its_end_reach_who_comes),
		NODE_TEST(an_answer_to_the_question_is_an_answer_to_the_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
