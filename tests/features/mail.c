/* mail.c: tests of mail that waits: what is put in the queue, in what order it is taken out, and what stays of it. */
#include "world.h"

#include "roll.h"

#include <string.h>

#define MANY 1000
#define UNIT MINUTE

static enum err send_to(struct txn *t, const char *to, const char *language)
{
	struct mail_draft draft = {.to = to, .kind = "test", .language = language};
	return mail_send(t, &draft, mail_begin(t));
}

static int open_with_mail(void **state)
{
	int failed = world_open(state);
	page_load();
	world.site.mail_from = "kring@ex.org";
	return failed;
}
#define MAIL_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_mail, world_close)

static int64_t waiting(struct txn *t)
{
	int64_t count = -1;
	return mail_waiting(t, &count) == OK ? count : -1;
}

static const char *message(struct txn *t, const struct mail *m)
{
	struct bytes out = {0};
	return mail_write(txn_arena(t), &world.site, m, &out) == OK ? out.data : "";
}

/* No row of the store holds this, in its key or its value. */
static enum err look_visit(void *arg, struct bytes key, struct bytes value)
{
	const char *needle = arg;
	return memmem(key.data, key.size, needle, strlen(needle)) != NULL
			|| memmem(value.data, value.size, needle, strlen(needle)) != NULL
		? ERR_TOO_MUCH
		: OK;
}

static bool is_nowhere(struct txn *t, char *needle)
{
	struct walk all = {.max = WALK_ALL};
	return txn_walk(t, &all, look_visit, needle) == OK;
}

IN_WRITE(a_mail_waits_in_its_language)
{
	(void)arg;
	struct mail m;
	WANT(mail_next(t, MANY, &m) == ERR_NOT_FOUND && waiting(t) == 0);
	WANT(send_to(t, "anna@x.nl", "nl") == OK && send_to(t, "bas@x.nl", "en") == OK
		&& send_to(t, "cas@x.nl", "xx") == OK && waiting(t) == 3);
	WANT(mail_next(t, MANY, &m) == OK && text_is(m.to, "anna@x.nl"));
	const char *s = message(t, &m);
	WANT(strstr(s, "\r\nSubject: Een test van de mail van Ex\r\n") != NULL);
	WANT(strstr(s, "From: \"Ex\"\r\n <kring@ex.org>\r\nTo: <anna@x.nl>\r\n") != NULL);
	WANT(strstr(s, "<html lang=3D\"nl\">") != NULL && strstr(s, "List-Unsubscribe") == NULL);
	WANT(mail_end(t, &m, MAIL_SENT, UNIT) == OK && waiting(t) == 2);
	WANT(is_nowhere(t, (char[]){"anna@x.nl"}));
	WANT(mail_next(t, MANY, &m) == OK && text_is(m.to, "bas@x.nl"));
	WANT(strstr(message(t, &m), "\r\nSubject: A test of the mail of Ex\r\n") != NULL);
	WANT(mail_end(t, &m, MAIL_DROPPED, UNIT) == OK && mail_next(t, MANY, &m) == OK
		&& text_is(m.language, "nl"));
	return OK;
}

IN_WRITE(the_same_mail_has_one_id)
{
	(void)arg;
	struct mail m, other;
	WANT(send_to(t, "anna@x.nl", "nl") == OK && send_to(t, "anna@x.nl", "nl") == OK);
	WANT(mail_next(t, MANY, &m) == OK);
	const char *first = strstr(message(t, &m), "Message-ID: <");
	const char *again = strstr(message(t, &m), "Message-ID: <");
	WANT(first != NULL && again != NULL && strncmp(first, again, 40) == 0
		&& strstr(first, "@ex.org>\r\n") != NULL);
	WANT(mail_end(t, &m, MAIL_SENT, UNIT) == OK && mail_next(t, MANY, &other) == OK
		&& strncmp(first, strstr(message(t, &other), "Message-ID: <"), 40) != 0);
	WANT(mail_end(t, &m, MAIL_SENT, UNIT) == OK && waiting(t) == 1); /* twice is once */
	return OK;
}

IN_WRITE(who_must_wait_waits_longer_each_time)
{
	(void)arg;
	struct mail m;
	WANT(send_to(t, "anna@x.nl", "nl") == OK);
	int64_t before = 0;
	for (int i = 0; i < 12; i++) {
		WANT(mail_next(t, MANY, &m) == OK && m.tries == (uint32_t)i);
		WANT(mail_end(t, &m, MAIL_LATER, UNIT) == OK && waiting(t) == 1);
		WANT(mail_next(t, MANY, &m) == ERR_NOT_FOUND);
		int64_t wait = UNIT << i < 4 * HOUR ? UNIT << i : 4 * HOUR;
		time_freeze(time_now() + wait - 1);
		WANT(mail_next(t, MANY, &m) == ERR_NOT_FOUND);
		time_freeze(time_now() + 1);
		WANT(wait >= before);
		before = wait;
	}
	WANT(mail_next(t, MANY, &m) == OK && m.created == NOW && m.until == NOW + 3 * DAY);
	return OK;
}

IN_WRITE(an_hour_has_its_most)
{
	(void)arg;
	struct mail m;
	for (int i = 0; i < 5; i++)
		WANT(send_to(t, "anna@x.nl", "nl") == OK);
	for (int i = 0; i < 3; i++)
		WANT(mail_next(t, 3, &m) == OK && mail_end(t, &m, MAIL_SENT, UNIT) == OK);
	WANT(mail_next(t, 3, &m) == ERR_TOO_MUCH && mail_next(t, 4, &m) == OK);
	time_freeze(NOW + HOUR);
	WANT(mail_next(t, 3, &m) == OK && mail_end(t, &m, MAIL_SENT, UNIT) == OK);
	return OK;
}

IN_WRITE(who_refuses_thrice_gets_no_more_for_a_month)
{
	(void)arg;
	struct mail m;
	for (int i = 0; i < 3; i++) {
		WANT(!mail_refused(t, "anna@x.nl") && send_to(t, "anna@x.nl", "nl") == OK);
		WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_REFUSED, UNIT) == OK);
	}
	WANT(mail_refused(t, "anna@x.nl") && !mail_refused(t, "bas@x.nl"));
	WANT(is_nowhere(t, (char[]){"anna@x.nl"}));
	WANT(send_to(t, "anna@x.nl", "nl") == OK && waiting(t) == 0);
	time_freeze(NOW + 30 * DAY);
	WANT(!mail_refused(t, "anna@x.nl") && send_to(t, "anna@x.nl", "nl") == OK
		&& waiting(t) == 1);
	WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_SENT, UNIT) == OK);
	WANT(send_to(t, "anna@x.nl", "nl") == OK && mail_next(t, MANY, &m) == OK
		&& mail_end(t, &m, MAIL_REFUSED, UNIT) == OK && !mail_refused(t, "anna@x.nl"));
	return OK;
}

IN_WRITE(without_a_server_nothing_is_queued)
{
	(void)arg;
	world.site.mail_from = NULL;
	WANT(send_to(t, "anna@x.nl", "nl") == OK && waiting(t) == 0);
	world.site.mail_from = "kring@ex.org";
	WANT(send_to(t, "a@x.nl\r\nBcc: b@x.nl", "nl") == OK && waiting(t) == 0);
	return OK;
}

/* ---- leaving --------------------------------------------------------------------------------- */

static uint64_t anna;
static const char *token;

static enum err listed_body(struct txn *t, void *arg)
{
	struct account_draft draft = {.name = "anna", .title = "Anna", .email = "anna@x.nl"};
	struct mail_draft letter = {
		.to = "anna@x.nl", .kind = "test", .language = "en", .list = MAIL_SIGN_INS};
	struct refusal why = {0};
	struct actor a;
	struct mail m, again;
	(void)arg;
	WANT(account_create(t, &draft, &why, &a) == OK);
	anna = letter.actor = a.id;
	WANT(mail_send(t, &letter, mail_begin(t)) == OK && mail_next(t, MANY, &m) == OK);
	WANT(text_starts(m.leave, "https://ex.org/unsubscribe/"));
	token = arena_text(world.arena, strrchr(m.leave, '/') + 1);
	const char *s = message(t, &m);
	WANT(strstr(s, "\r\nList-Unsubscribe: <https://ex.org/unsubscribe/") != NULL
		&& strstr(s, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n") != NULL
		&& strstr(s, "Get no more of these mails:\r\n") != NULL);
	WANT(mail_end(t, &m, MAIL_SENT, UNIT) == OK && mail_send(t, &letter, mail_begin(t)) == OK
		&& mail_next(t, MANY, &again) == OK && text_is(again.leave, m.leave)
		&& mail_end(t, &again, MAIL_SENT, UNIT) == OK);
	return OK;
}

static enum err left_body(struct txn *t, void *arg)
{
	struct mail_draft letter = {
		.to = "anna@x.nl", .kind = "test", .list = MAIL_SIGN_INS, .actor = anna};
	struct call *call = world_call(&feature_mail, METHOD_POST,
		arena_format(world.arena, "/unsubscribe/%s", token), NULL, NULL);
	const struct node *page;
	(void)arg;
	call->body = (struct bytes){"List-Unsubscribe=One-Click", 26};
	WANT(call->route->access == FEDERATION); /* no cookie, no form of ours */
	WANT(call->route->write(call, t) == OK && call->reply.status == 200);
	WANT(!account_takes_mail(t, anna, MAIL_SIGN_INS));
	WANT(mail_send(t, &letter, mail_begin(t)) == OK && waiting(t) == 0);
	letter.list = MAIL_NEEDED;
	WANT(mail_send(t, &letter, mail_begin(t)) == OK && waiting(t) == 1);
	call = world_call(&feature_mail, METHOD_GET,
		arena_format(world.arena, "/unsubscribe/%s", token), NULL, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "subscribed") == 0
		&& *world_text(page, "list") != '\0');
	call = world_call(&feature_mail, METHOD_POST,
		arena_format(world.arena, "/unsubscribe/%s/undo", token), NULL, NULL);
	WANT(call->route->write(call, t) == OK && call->reply.location != NULL
		&& account_takes_mail(t, anna, MAIL_SIGN_INS));
	call = world_call(&feature_mail, METHOD_POST, "/unsubscribe/nonsense", NULL, NULL);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	WANT(account_remove(t, anna) == OK);
	call = world_call(&feature_mail, METHOD_POST,
		arena_format(world.arena, "/unsubscribe/%s", token), NULL, NULL);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	return OK;
}

static void a_list_is_left_with_one_click(void **state)
{
	(void)state;
	world_run(listed_body);
	world_run(left_body);
}

/* A thousand weekly mails keep nobody waiting for a link to sign in, which ends within the hour. */
static enum err needed_first_body(struct txn *t, void *arg)
{
	struct account_draft draft = {.name = "anna", .title = "Anna", .email = "anna@x.nl"};
	struct mail_draft weekly = {.to = "anna@x.nl", .kind = "test", .list = MAIL_DIGEST};
	struct refusal why = {0};
	struct actor a;
	struct mail m;
	struct mail_state state;
	(void)arg;
	WANT(account_create(t, &draft, &why, &a) == OK);
	weekly.actor = a.id;
	for (int i = 0; i < 5; i++)
		WANT(mail_send(t, &weekly, mail_begin(t)) == OK);
	time_freeze(NOW + SECOND);
	WANT(send_to(t, "bas@x.nl", "nl") == OK && waiting(t) == 6);
	WANT(mail_state(t, &state) == OK && state.next == NOW);
	WANT(mail_next(t, 4, &m) == OK && text_is(m.to, "bas@x.nl") && !m.bulk);
	WANT(mail_end(t, &m, MAIL_LATER, SECOND) == OK && waiting(t) == 6);
	for (int i = 0; i < 3; i++) {
		WANT(mail_next(t, 4, &m) == OK && text_is(m.to, "anna@x.nl") && m.bulk);
		WANT(mail_end(t, &m, MAIL_SENT, UNIT) == OK);
	}
	WANT(mail_next(t, 4, &m) == ERR_TOO_MUCH); /* a quarter is left for */
	time_freeze(NOW + 2 * SECOND);
	WANT(mail_next(t, 4, &m) == OK && text_is(m.to, "bas@x.nl") && m.tries == 1);
	WANT(mail_end(t, &m, MAIL_SENT, UNIT) == OK && waiting(t) == 2);
	WANT(mail_next(t, 4, &m) == ERR_TOO_MUCH && mail_next(t, 8, &m) == OK);
	WANT(mail_end(t, &m, MAIL_LATER, UNIT) == OK && waiting(t) == 2);
	WANT(mail_next(t, 8, &m) == OK && mail_end(t, &m, MAIL_SENT, UNIT) == OK
		&& waiting(t) == 1);
	return OK;
}

static void what_is_waited_for_goes_first(void **state)
{
	(void)state;
	world_run(needed_first_body);
}

/* ---- what is no longer theirs ---------------------------------------------------------------- */

static struct {
	struct actor anna, bas, board;
	struct post post;
} told;

/* Anna hears at once of what Bas wrote to these: the mail waits. */
static enum err tell_anna(struct txn *t, uint32_t readers)
{
	struct account_draft draft = {.name = "anna", .title = "Anna", .email = "anna@x.nl"};
	struct notify_settings at_once = {.mine = NOTIFY_AT_ONCE};
	struct refusal why = {0};
	WANT(account_create(t, &draft, &why, &told.anna) == OK
		&& notify_set(t, told.anna.id, &at_once) == OK);
	told.bas = world_person(t, "bas");
	told.board = world_group(t, "board");
	told.post = world_post(t,
		(struct post_draft){.author = told.bas.id,
			.community = told.board.id,
			.title = "Allotments",
			.source = "Words"});
	circle_set(&told.post, (struct circles){readers, readers, false}, NULL);
	WANT(post_save(t, &told.post) == OK);
	return OK;
}

static enum err notice_waits(struct txn *t)
{
	struct mail m;
	struct notice n = {.place = id_next(),
		.kind = NOTICE_CONVERSATION,
		.who = told.bas.id,
		.post = told.post.id,
		.at = time_now()};
	WANT(notify_add(t, told.anna.id, &n) == OK && waiting(t) == 1);
	WANT(mail_next(t, MANY, &m) == OK && strstr(m.html, "Allotments") != NULL);
	return OK;
}

/* 1: the mail that waits goes out; 0: it was withdrawn; -1: there is none. */
static int goes(struct txn *t)
{
	struct mail m;
	return mail_next(t, MANY, &m) == OK ? !m.withdrawn : -1;
}

static enum err narrow(struct txn *t, uint32_t readers)
{
	circle_set(&told.post, (struct circles){readers, readers, false}, NULL);
	return post_save(t, &told.post);
}

IN_WRITE(what_was_narrowed_meanwhile_is_withdrawn)
{
	(void)arg;
	struct mail m;
	struct mail_state state;
	WANT(tell_anna(t, CIRCLE_EVERYONE) == OK && notice_waits(t) == OK && goes(t) == 1);
	WANT(narrow(t, CIRCLE_MEMBERS) == OK && goes(t) == 0);
	WANT(narrow(t, CIRCLE_EVERYONE) == OK && goes(t) == 1);
	/* Asked anew at each try. */
	WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_LATER, UNIT) == OK);
	time_freeze(NOW + HOUR);
	WANT(goes(t) == 1 && narrow(t, CIRCLE_CORE) == OK && goes(t) == 0);
	WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_DROPPED, UNIT) == OK);
	WANT(goes(t) == -1 && waiting(t) == 0);
	WANT(mail_state(t, &state) == OK && state.dropped == 1 && state.this_hour == 0);
	return OK;
}

IN_WRITE(who_was_suspended_meanwhile_is_told_nothing)
{
	(void)arg;
	struct mail m;
	struct mail_draft letter = {.to = "anna@x.nl", .kind = "test", .list = MAIL_SIGN_INS};
	WANT(tell_anna(t, CIRCLE_EVERYONE) == OK && notice_waits(t) == OK);
	WANT(actor_suspend(t, told.anna.id, true) == OK && goes(t) == 0);
	WANT(actor_suspend(t, told.anna.id, false) == OK && goes(t) == 1);
	WANT(actor_suspend(t, told.bas.id, true) == OK && goes(t) == 0); /* nor of who was */
	WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_DROPPED, UNIT) == OK);
	/* That somebody signs in as them they hear whatever became of them. */
	letter.actor = told.anna.id;
	WANT(actor_suspend(t, told.anna.id, true) == OK);
	WANT(mail_send(t, &letter, mail_begin(t)) == OK && goes(t) == 1);
	WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_SENT, UNIT) == OK);
	letter.list = MAIL_NEEDED;
	WANT(mail_send(t, &letter, mail_begin(t)) == OK && goes(t) == 1);
	return OK;
}

IN_WRITE(what_was_taken_back_is_withdrawn)
{
	(void)arg;
	struct mail m;
	struct mail_draft off = {.to = "anna@x.nl", .kind = "test", .list = MAIL_EVENTS};
	WANT(tell_anna(t, CIRCLE_EVERYONE) == OK && notice_waits(t) == OK);
	WANT(post_remove(t, told.bas.id, told.post.id, NULL, NULL) == OK && goes(t) == 0);
	WANT(mail_next(t, MANY, &m) == OK && mail_end(t, &m, MAIL_DROPPED, UNIT) == OK);
	/* Nobody comes to an event in vain. */
	off.actor = told.anna.id;
	off.posts = (struct u64s){&told.post.id, 1};
	WANT(mail_send(t, &off, mail_begin(t)) == OK && goes(t) == 1);
	return OK;
}

static enum err until_noon(struct txn *r, void *arg)
{
	struct doer console = {0};
	struct person p = {.actor = told.anna.id, .status = PERSON_MEMBER, .until = NOW + 2 * HOUR};
	(void)arg;
	return person_add(r, &console, &p);
}

static enum err for_members(struct txn *t, void *arg)
{
	(void)arg;
	return tell_anna(t, CIRCLE_MEMBERS);
}

static enum err lapses(struct txn *t, void *arg)
{
	(void)arg;
	WANT(notice_waits(t) == OK && goes(t) == 1);
	time_freeze(NOW + 3 * HOUR);
	WANT(goes(t) == 0);
	return OK;
}

static void whose_membership_ended_meanwhile_is_told_nothing_of_members(void **state)
{
	(void)state;
	world_run(for_members);
	assert_int_equal(roll_write(&world.site, until_noon, NULL), OK);
	world_run(lapses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(a_mail_waits_in_its_language),
		MAIL_TEST(the_same_mail_has_one_id),
		MAIL_TEST(who_must_wait_waits_longer_each_time),
		MAIL_TEST(an_hour_has_its_most),
		MAIL_TEST(who_refuses_thrice_gets_no_more_for_a_month),
		MAIL_TEST(without_a_server_nothing_is_queued),
		MAIL_TEST(a_list_is_left_with_one_click),
		MAIL_TEST(what_is_waited_for_goes_first),
		MAIL_TEST(what_was_narrowed_meanwhile_is_withdrawn),
		MAIL_TEST(who_was_suspended_meanwhile_is_told_nothing),
		MAIL_TEST(what_was_taken_back_is_withdrawn),
		MAIL_TEST(whose_membership_ended_meanwhile_is_told_nothing_of_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
