/* digest.c: tests of the mail that gathers: once a day, five things at most, only what one may see. */
#include "world.h"

#include <string.h>

static int open_with_mail(void **state)
{
	int failed = world_open(state);
	page_load();
	world.site.mail_from = "kring@ex.org";
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
	a.confirmed = true;
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

IN_WRITE(nothing_is_sent_when_there_is_nothing)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	WANT(reads_mail(t, anna.id) == OK);
	WANT(digest_send(t, anna.id, 125001, true) == OK && waiting(t) == 0);
	WANT(digest_send(t, 12345, 125001, true) == ERR_NOT_FOUND);
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
				.source = "Words"});
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
	WANT(digest_send(t, anna.id, 125001, false) == OK && waiting(t) == 0); /* no Monday */
	WANT(digest_send(t, anna.id, 125002, true) == OK && waiting(t) == 1);
	const char *html = body(t);
	WANT(times(html, "Conversation-") == 5 && strstr(html, "Conversation-0") != NULL);
	WANT(strstr(html, "Conversation-secret") == NULL
		&& strstr(html, "Conversation-own") == NULL);
	WANT(strstr(html, "href=\"https://ex.org/@bas/") != NULL);
	/* The same day again, and the next Monday without news: nothing. */
	WANT(digest_send(t, anna.id, 125002, true) == OK && waiting(t) == 1);
	WANT(digest_send(t, anna.id, 125009, true) == OK && waiting(t) == 1);
	return OK;
}

IN_WRITE(what_is_for_one_comes_daily)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct notice n = {
		.place = id_next(), .kind = NOTICE_FOLLOW, .who = bas.id, .at = time_now()};
	WANT(reads_mail(t, anna.id) == OK && notify_add(t, anna.id, &n) == OK && waiting(t) == 0);
	WANT(digest_send(t, anna.id, 125001, false) == OK && waiting(t) == 1);
	WANT(strstr(body(t), "follows you now") != NULL);
	WANT(digest_send(t, anna.id, 125002, false) == OK && waiting(t) == 1); /* told already */
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
	s.paused = NOW + DAY;
	WANT(notify_set(t, anna.id, &s) == OK && notify_add(t, anna.id, &n) == OK);
	WANT(digest_send(t, anna.id, 125001, true) == OK && waiting(t) == 0);
	s.paused = 0;
	s.mine = NOTIFY_AT_ONCE;
	WANT(notify_set(t, anna.id, &s) == OK);
	n.place = id_next();
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 1); /* a mail of its own */
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 1);
	WANT(digest_send(t, anna.id, 125002, true) == OK && waiting(t) == 1);
	WANT(account_set_mail(t, anna.id, MAIL_NOTICES, false) == OK);
	n.place = id_next();
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 1); /* left by the link in a mail */
	n.place = id_next();
	n.at = NOW - 2 * DAY;
	WANT(account_set_mail(t, anna.id, MAIL_NOTICES, true) == OK);
	WANT(notify_add(t, anna.id, &n) == OK && waiting(t) == 1); /* long ago */
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIGEST_TEST(nothing_is_sent_when_there_is_nothing),
		DIGEST_TEST(five_things_that_one_may_see_once),
		DIGEST_TEST(what_is_for_one_comes_daily),
		DIGEST_TEST(who_chose_otherwise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
