/* digest.c: tests of the mail that gathers: once, at one's hour, five things at most, only what one may see by then; and
 * where its lines lead. The clock stands on a Friday, 9:58 in Amsterdam. */
#include "world.h"

#include "roll.h"

#include <string.h>

#define MORNING (NOW - NOW % DAY + 7 * HOUR) /* that Friday, 8:00 there */
#define MONDAY (MORNING + 3 * DAY)

static int open_with_mail(void **state)
{
	int failed = world_open(state);
	page_load();
	world.site.mail_from = "kring@ex.org";
	world.site.mail_per_hour = 200;
	return failed;
}
#define DIGEST_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_mail, world_close)

static struct post said(struct txn *t, struct post_draft d)
{
	struct post p = {0};
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static int64_t waiting(struct txn *t)
{
	int64_t count = -1;
	return mail_waiting(t, &count) == OK ? count : -1;
}

/* Gives who has no account yet one with an address. */
static enum err reads_mail(struct txn *t, uint64_t actor)
{
	struct account a;
	struct place place = place_1(TABLE_ACCOUNT, actor);
	enum err e = account_load(t, actor, &a);
	if (e != OK)
		a = (struct account){.actor = actor};
	a.email = "anna@x.nl";
	a.language = "en";
	return txn_save(t, &place, &account_shape, &a);
}

static const char *body(struct txn *t)
{
	struct mail m;
	return mail_next(t, 1000, &m) == OK ? m.html : "";
}

static size_t times(const char *text, const char *needle)
{
	size_t n = 0;
	while ((text = strstr(text, needle)) != NULL) {
		text += strlen(needle);
		n++;
	}
	return n;
}

/* At so many ms: time stands there. */
static enum err sent_at(struct txn *t, uint64_t actor, int64_t at)
{
	time_freeze(at);
	return digest_send(t, actor);
}

IN_WRITE(nothing_is_sent_when_there_is_nothing)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	WANT(reads_mail(t, anna.id) == OK);
	WANT(digest_send(t, anna.id) == OK && waiting(t) == 0);
	WANT(digest_send(t, 12345) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(five_things_that_one_may_see_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	WANT(reads_mail(t, anna.id) == OK && follow_start(t, anna.id, board.id, NULL) == OK);
	struct post busy = {0};
	for (int i = 0; i < 7; i++) {
		struct post p = said(t,
			(struct post_draft){.author = bas.id,
				.community = board.id,
				.title = arena_format(txn_arena(t), "Conversation-%d", i),
				.source = "Words of it"});
		WANT(p.id != 0);
		if (i == 0)
			busy = p;
	}
	WANT(said(t, (struct post_draft){.author = bas.id, .parent = busy.id, .source = "And"}).id);
	WANT(said(t,
		(struct post_draft){.author = bas.id,
			.visibility = VISIBLE_DIRECT,
			.title = "Conversation-secret",
			.source = "Not for her"})
			.id);
	WANT(said(t,
		(struct post_draft){.author = anna.id,
			.community = board.id,
			.title = "Conversation-own",
			.source = "Mine"})
			.id);
	/* Who had none yet gets what last Monday would have brought. */
	WANT(sent_at(t, anna.id, MORNING + 2 * DAY + HOUR) == OK && waiting(t) == 1);
	const char *html = body(t);
	WANT(times(html, "Conversation-") == 5 && strstr(html, "Conversation-0") != NULL);
	WANT(times(html, "Words of it") == 5 && times(html, ">Read on</a>") == 5);
	WANT(strstr(html, "Conversation-secret") == NULL
		&& strstr(html, "Conversation-own") == NULL);
	WANT(times(html, "href=\"https://ex.org/digest/") == 5);
	/* The same day again, and on Monday without news: nothing. */
	WANT(digest_send(t, anna.id) == OK && waiting(t) == 1);
	WANT(sent_at(t, anna.id, MONDAY) == OK && waiting(t) == 1);
	return OK;
}

static struct post news_in(struct txn *t, const struct actor *by, const struct actor *where)
{
	return said(t,
		(struct post_draft){.author = by->id,
			.community = where->id,
			.title = "News",
			.source = "Words"});
}

IN_WRITE(it_comes_at_ones_own_hour)
{
	(void)arg;
	static const char *const form[] = {"hour=18", "weekday=4", NULL};
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct viewer me = {.actor = anna.id, .local = true};
	struct notify_settings s;
	const struct node *page;
	WANT(reads_mail(t, anna.id) == OK && follow_start(t, anna.id, board.id, NULL) == OK);
	struct call *call = world_call(
		&feature_notify, METHOD_POST, "/settings/notifications", &me, form);
	WANT(call->route->write(call, t) == OK);
	notify_settings(t, anna.id, &s);
	WANT(s.hour == 19 && s.weekday == 5 && s.chosen == NOW);
	call = world_call(&feature_notify, METHOD_GET, "/settings/notifications", &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "hours") == 24
		&& world_count(page, "weekdays") == 7);
	WANT(news_in(t, &bas, &board).id != 0);
	int64_t thursday = MORNING + 6 * DAY + 10 * HOUR; /* 18:00 there */
	WANT(digest_send(t, anna.id) == OK
		&& waiting(t) == 0); /* last Thursday was before she chose */
	WANT(sent_at(t, anna.id, thursday - MINUTE) == OK && waiting(t) == 0);
	WANT(sent_at(t, anna.id, thursday) == OK && waiting(t) == 1);
	WANT(sent_at(t, anna.id, thursday + DAY) == OK && waiting(t) == 1);
	/* Another day of the week is none sooner. */
	WANT(news_in(t, &bas, &board).id != 0);
	s.weekday = 4;
	s.chosen = thursday + DAY;
	WANT(notify_set(t, anna.id, &s) == OK);
	WANT(sent_at(t, anna.id, thursday + 2 * DAY) == OK && waiting(t) == 1);
	WANT(sent_at(t, anna.id, thursday + 6 * DAY) == OK && waiting(t) == 2);
	return OK;
}

IN_WRITE(clocks_change_and_it_is_eight)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct wall w = {
		.year = 2026, .month = 3, .day = 30, .hour = 8}; /* after a day of 23 hours */
	int64_t monday;
	WANT(ical_to_ms(&w, "Europe/Amsterdam", &monday) && monday % DAY == 6 * HOUR);
	WANT(reads_mail(t, anna.id) == OK && follow_start(t, anna.id, board.id, NULL) == OK);
	WANT(sent_at(t, anna.id, monday - 2 * DAY + 2 * HOUR) == OK); /* for last week */
	time_freeze(monday - DAY);
	WANT(news_in(t, &bas, &board).id != 0);
	WANT(sent_at(t, anna.id, monday - DAY + HOUR) == OK && waiting(t) == 0);
	WANT(sent_at(t, anna.id, monday - MINUTE) == OK && waiting(t) == 0);
	WANT(sent_at(t, anna.id, monday) == OK && waiting(t) == 1);
	return OK;
}

IN_WRITE(what_is_not_hers_any_more_is_not_in_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct circles core = {CIRCLE_CORE, CIRCLE_CORE, false};
	WANT(reads_mail(t, anna.id) == OK && follow_start(t, anna.id, board.id, NULL) == OK);
	world_member(&anna, board.id, 0, 0);
	world_member(&bas, board.id, ROLE_CORE, 0);
	struct post_draft d = {
		.author = bas.id, .community = board.id, .title = "News", .source = "Words"};
	struct post p = said(t, d);
	WANT(p.id != 0);
	d.circles = &core;
	WANT(post_edit(t, bas.id, p.id, &d, NULL, NULL) == OK);
	d.circles = NULL;
	d.title = "Gossip";
	WANT(said(t, d).id != 0 && digest_send(t, anna.id) == OK && waiting(t) == 1);
	WANT(strstr(body(t), "Gossip") != NULL && strstr(body(t), "News") == NULL);
	return OK;
}

IN_WRITE(one_that_was_withdrawn_is_made_anew)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct post_draft d = {
		.author = bas.id, .community = board.id, .title = "Gossip", .source = "Words"};
	struct notice n = {
		.place = id_next(), .kind = NOTICE_MENTION, .who = bas.id, .at = time_now()};
	struct mail m;
	WANT(reads_mail(t, anna.id) == OK && follow_start(t, anna.id, board.id, NULL) == OK);
	struct post p = said(t, d),
		    named = said(t, (struct post_draft){.author = bas.id, .source = "Secretly"});
	n.post = named.id;
	d.title = "News";
	WANT(p.id != 0 && said(t, d).id != 0 && notify_add(t, anna.id, &n) == OK);
	WANT(digest_send(t, anna.id) == OK && mail_next(t, 1000, &m) == OK && !m.withdrawn);
	WANT(strstr(m.html, "Gossip") != NULL && strstr(m.html, "Secretly") != NULL);
	/* A thing in it, and what it says is for her: each once. */
	struct post *const closed[] = {&p, &named};
	static const char *const words[] = {"Gossip", "Secretly"};
	for (size_t i = 0; i < COUNT(closed); i++) {
		circle_set(closed[i], (struct circles){CIRCLE_CORE, CIRCLE_CORE, false}, NULL);
		WANT(post_save(t, closed[i]) == OK);
		WANT(mail_next(t, 1000, &m) == OK && m.withdrawn);
		WANT(mail_end(t, &m, MAIL_DROPPED, MINUTE) == OK && waiting(t) == 0);
		WANT(digest_send(t, anna.id) == OK && waiting(t) == 1);
		WANT(mail_next(t, 1000, &m) == OK && !m.withdrawn);
		WANT(strstr(m.html, words[i]) == NULL && strstr(m.html, "News") != NULL);
	}
	WANT(mail_end(t, &m, MAIL_SENT, MINUTE) == OK);
	WANT(digest_send(t, anna.id) == OK && waiting(t) == 0); /* told once */
	return OK;
}

IN_WRITE(who_is_out_gets_no_digest_that_waited)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct mail m;
	WANT(reads_mail(t, anna.id) == OK && follow_start(t, anna.id, board.id, NULL) == OK);
	WANT(news_in(t, &bas, &board).id != 0 && digest_send(t, anna.id) == OK);
	WANT(actor_suspend(t, anna.id, true) == OK);
	WANT(mail_next(t, 1000, &m) == OK && m.withdrawn);
	WANT(mail_end(t, &m, MAIL_DROPPED, MINUTE) == OK && waiting(t) == 0);
	WANT(digest_send(t, anna.id) == OK && waiting(t) == 0);
	return OK;
}

IN_WRITE(what_is_for_one_comes_daily)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct notice n = {
		.place = id_next(), .kind = NOTICE_FOLLOW, .who = bas.id, .at = time_now()};
	WANT(reads_mail(t, anna.id) == OK && notify_add(t, anna.id, &n) == OK && waiting(t) == 0);
	WANT(digest_send(t, anna.id) == OK && waiting(t) == 1);
	WANT(strstr(body(t), "follows you now") != NULL);
	WANT(sent_at(t, anna.id, MORNING + DAY) == OK && waiting(t) == 1); /* told already */
	return OK;
}

IN_WRITE(who_chose_otherwise)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct notify_settings s;
	struct notice n = {
		.place = id_next(), .kind = NOTICE_FOLLOW, .who = bas.id, .at = time_now()};
	WANT(reads_mail(t, anna.id) == OK);
	notify_settings(t, anna.id, &s);
	s.paused = MORNING + DAY + HOUR;
	WANT(notify_set(t, anna.id, &s) == OK && notify_add(t, anna.id, &n) == OK);
	WANT(digest_send(t, anna.id) == OK && waiting(t) == 0);
	WANT(sent_at(t, anna.id, MORNING + DAY + 2 * HOUR) == OK && waiting(t) == 0);
	WANT(sent_at(t, anna.id, MORNING + 2 * DAY) == OK && waiting(t) == 1);
	time_freeze(NOW);
	s.paused = 0;
	s.mine = NOTIFY_AT_ONCE;
	WANT(notify_set(t, anna.id, &s) == OK);
	n.place = id_next();
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 2); /* a mail of its own */
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 2);
	WANT(sent_at(t, anna.id, MONDAY) == OK && waiting(t) == 2);
	time_freeze(NOW);
	WANT(account_set_mail(t, anna.id, MAIL_NOTICES, false) == OK);
	n.place = id_next();
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 2); /* left by the link in a mail */
	n.place = id_next();
	n.at = NOW - 2 * DAY;
	WANT(account_set_mail(t, anna.id, MAIL_NOTICES, true) == OK);
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 2); /* long ago */
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

static enum err five_readers(struct txn *t, void *arg)
{
	(void)arg;
	struct actor bas = world_person(t, "bas"), board = world_group(t, "board");
	for (int i = 0; i < 5; i++) {
		struct actor a = world_person(t, arena_format(txn_arena(t), "reader%d", i));
		WANT(reads_mail(t, a.id) == OK && follow_start(t, a.id, board.id, NULL) == OK);
	}
	WANT(news_in(t, &bas, &board).id != 0);
	return OK;
}

static int64_t queued;

static enum err count_queued(struct txn *t, void *arg)
{
	(void)arg;
	queued = waiting(t);
	return queued >= 0 ? OK : ERR_STORE;
}

static enum err send_all_queued(struct txn *t, void *arg)
{
	struct mail m;
	(void)arg;
	while (mail_next(t, 1000, &m) == OK)
		WANT(mail_end(t, &m, MAIL_SENT, MINUTE) == OK);
	return OK;
}

/* Its chore twice, as a start anew would: how many mails wait then. */
static int64_t after_a_round(int64_t at)
{
	time_freeze(at);
	for (int i = 0; i < 2; i++)
		feature_digest.chores->run(world.store, feature_digest.chores->arg);
	world_run(count_queued);
	return queued;
}

static void it_goes_out_once_as_there_is_room(void **state)
{
	(void)state;
	world.site.mail_per_hour = 4; /* three of them for what can wait */
	world_run(five_readers);
	assert_int_equal(after_a_round(MONDAY), 3);
	world_run(send_all_queued);
	assert_int_equal(after_a_round(MONDAY + MINUTE), 0);
	assert_int_equal(after_a_round(MONDAY + HOUR), 2);
	world_run(send_all_queued);
	assert_int_equal(after_a_round(MONDAY + 2 * HOUR), 0);
	assert_int_equal(after_a_round(MONDAY + DAY), 0);
	assert_int_equal(after_a_round(MONDAY + 7 * DAY), 0); /* no news */
}

static void who_was_down_on_monday_sends_it_on_tuesday(void **state)
{
	(void)state;
	world_run(five_readers);
	assert_int_equal(after_a_round(MONDAY + 13 * HOUR), 0); /* at night nobody reads */
	assert_int_equal(after_a_round(MONDAY + DAY), 5);
	assert_int_equal(after_a_round(MONDAY + 2 * DAY), 5);
}

static enum err in_trouble(struct txn *t, void *arg)
{
	struct mail_said said_no = {.at = time_now(), .words = "No"};
	(void)arg;
	return mail_said_save(t, "trouble", &said_no);
}

static void a_server_in_trouble_is_not_sent_more(void **state)
{
	(void)state;
	world_run(five_readers);
	world_run(in_trouble);
	assert_int_equal(after_a_round(MONDAY), 1);
	world_run(send_all_queued); /* it is taken: that is over */
	assert_int_equal(after_a_round(MONDAY + MINUTE), 4);
}

/* ---- where its lines lead -------------------------------------------------------------------- */

static const char *line_path; /* of the first line of a digest */
static const char *post_short;

static enum err a_mail_lies_there(struct txn *t, void *arg)
{
	(void)arg;
	struct mail m;
	struct refusal why = {0};
	struct actor anna, bas = world_person(t, "bas"), board = world_group(t, "board");
	struct account_draft draft = {
		.name = "anna", .title = "Anna", .email = "anna@x.nl", .language = "en"};
	WANT(account_create(t, &draft, &why, &anna) == OK);
	WANT(follow_start(t, anna.id, board.id, NULL) == OK);
	struct post p = news_in(t, &bas, &board);
	WANT(sent_at(t, anna.id, MONDAY) == OK && waiting(t) == 1 && mail_next(t, 1000, &m) == OK);
	const char *at = strstr(m.html, "https://ex.org/digest/");
	WANT(at != NULL && mail_end(t, &m, MAIL_SENT, MINUTE) == OK);
	at += strlen("https://ex.org");
	line_path = arena_text_n(world.arena, at, strcspn(at, "\""));
	post_short = arena_format(world.arena, "/p/%llu", (unsigned long long)p.id);
	WANT(text_ends(line_path, post_short + 2));
	return OK;
}

static const struct node *seen_page;
static const char *seen_location;

static enum err see(struct txn *t, void *arg)
{
	struct call *call = world_call(&feature_digest, METHOD_GET, line_path, arg, NULL);
	enum err e = world_read(call, t, &seen_page);
	seen_location = call->reply.location;
	return e;
}

static int64_t looks(const char *flag)
{
	assert_int_equal(store_read(world.store, see, NULL), OK);
	assert_null(seen_location);
	return world_number(seen_page, flag);
}

static struct call *press(enum err wanted)
{
	static const struct viewer nobody;
	struct call *call = world_call(&feature_digest, METHOD_POST, line_path, &nobody, NULL);
	assert_int_equal(call->route->work(call), wanted);
	return call;
}

static bool signs_in(const struct call *call)
{
	for (const struct header *h = call->reply.headers; h != NULL; h = h->next)
		if (text_is(h->name, "Set-Cookie") && text_starts(h->value, "__Host-kring="))
			return true;
	return false;
}

static void a_fresh_one_signs_in_once(void **state)
{
	(void)state;
	world_run(a_mail_lies_there);
	time_freeze(MONDAY + 15 * MINUTE - 1);
	for (int i = 0; i < 3; i++) /* programs that read mail open its links */
		assert_int_equal(looks("signs_in"), 1);
	struct call *call = press(OK);
	assert_true(signs_in(call));
	assert_string_equal(call->reply.location, post_short);
	/* Once. Then it mails a link that does. */
	assert_int_equal(looks("signs_in"), 0);
	assert_int_equal(looks("points"), 1);
	call = press(OK);
	assert_false(signs_in(call));
	world_run(count_queued);
	assert_int_equal(queued, 1);
}

static enum err read_link(struct txn *t, void *arg)
{
	struct mail m;
	(void)arg;
	WANT(mail_next(t, 1000, &m) == OK && text_is(m.to, "anna@x.nl"));
	WANT(strstr(m.html, "https://ex.org/sign-in/") != NULL);
	return mail_end(t, &m, MAIL_SENT, MINUTE);
}

static void an_old_one_is_no_key(void **state)
{
	(void)state;
	world_run(a_mail_lies_there);
	time_freeze(MONDAY + 15 * MINUTE);
	assert_int_equal(looks("points"), 1);
	assert_int_equal(looks("signs_in"), 0);
	for (int i = 0; i < 6; i++) {
		struct call *call = press(i < 5 ? OK : ERR_TOO_MUCH);
		assert_false(signs_in(call));
		if (i < 5)
			world_run(read_link);
	}
	time_freeze(MONDAY + 30 * DAY);
	assert_int_equal(looks("points"), 0);
	assert_string_equal(world_text(seen_page, "next"), post_short);
}

static enum err at_another_address(struct txn *t, void *arg)
{
	struct account a;
	(void)arg;
	WANT(account_find(t, "anna", &a) == OK);
	return account_close(t, a.actor);
}

static void who_is_in_goes_on_and_who_is_out_does_not(void **state)
{
	(void)state;
	struct viewer me = {.actor = 1, .local = true};
	world_run(a_mail_lies_there);
	assert_int_equal(store_read(world.store, see, &me), OK);
	assert_string_equal(seen_location, post_short);
	assert_int_equal(store_write(world.store, at_another_address, NULL), OK);
	assert_int_equal(looks("points"), 0);
	press(ERR_NOT_FOUND);
	line_path = "/digest/made-up/12";
	assert_int_equal(looks("points"), 0);
	press(ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIGEST_TEST(nothing_is_sent_when_there_is_nothing),
		DIGEST_TEST(five_things_that_one_may_see_once),
		DIGEST_TEST(what_is_not_hers_any_more_is_not_in_it),
		DIGEST_TEST(one_that_was_withdrawn_is_made_anew),
		DIGEST_TEST(who_is_out_gets_no_digest_that_waited),
		DIGEST_TEST(what_is_for_one_comes_daily),
		DIGEST_TEST(it_goes_out_once_as_there_is_room),
		DIGEST_TEST(who_was_down_on_monday_sends_it_on_tuesday),
		DIGEST_TEST(a_server_in_trouble_is_not_sent_more),
		DIGEST_TEST(a_fresh_one_signs_in_once),
		DIGEST_TEST(an_old_one_is_no_key),
		DIGEST_TEST(who_is_in_goes_on_and_who_is_out_does_not),
		/* Ids only rise: those that look far ahead come last. */
		DIGEST_TEST(who_chose_otherwise),
		DIGEST_TEST(it_comes_at_ones_own_hour),
		DIGEST_TEST(clocks_change_and_it_is_eight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
