/* mailer.c (federation): what is sent, tried later, given up, and what holds up all mail. The server is this file's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the server: answers by the recipient's name ---------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[4096]; /* the recipients it took, in order */
static int put_off, away;

enum err transport_mail(
	struct transport *t, const struct mail_request *request, struct mail_answer *answer)
{
	enum err e = OK;
	(void)t;
	pthread_mutex_lock(&lock);
	if (away > 0) {
		away--;
		e = ERR_REMOTE;
	} else if (text_starts(request->to, "later") && put_off > 0) {
		put_off--;
		e = ERR_AGAIN;
	} else if (text_starts(request->to, "gone")) {
		e = ERR_GONE;
	} else {
		size_t size = strlen(said);
		assert_true(text_print(said + size, sizeof said - size, "%s ", request->to));
	}
	pthread_mutex_unlock(&lock);
	*answer = (struct mail_answer){.status = e == OK ? 250 : 450};
	return e;
}

/* ---- the world ------------------------------------------------------------------------------- */

static struct site site;
static struct federation federation;
static struct arena *arena;
static char directory[] = "/tmp/kring-mailer-XXXXXX";

static int setup(void **state)
{
	const char *why;
	(void)state;
	arena = arena_create();
	page_load();
	log_open(LOG_ERROR, 2);
	site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.name = "Ex",
		.language = "nl",
		.mail_from = "kring@ex.org"};
	struct store_settings settings = {.owner = &site};
	federation = (struct federation){.set = {.site = &site, .retry_unit = 1}};
	federation.set.mail = (struct mail_settings){
		.server = "smtp://localhost:25", .per_hour = 1000};
	said[0] = '\0';
	put_off = away = 0;
	return store_open(arena, &settings, &federation.set.store, &why) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	mailer_stop(federation.mailer);
	store_close(federation.set.store);
	arena_destroy(arena);
	return 0;
}

struct sending {
	const char *to;
	int64_t until;
};

static enum err send_run(struct txn *t, void *arg)
{
	const struct sending *s = arg;
	struct mail_draft draft = {.to = s->to, .kind = "test", .until = s->until};
	return mail_send(t, &draft, mail_begin(t));
}

static void send_to(const char *to, int64_t until)
{
	struct sending s = {to, until};
	assert_int_equal(store_write(federation.set.store, send_run, &s), OK);
}

static enum err waiting_run(struct txn *t, void *arg)
{
	return mail_waiting(t, arg);
}

static bool comes_to_wait(int64_t wanted)
{
	int64_t count = -1;
	for (int i = 0; i < 1000 && count != wanted; i++) {
		assert_int_equal(store_read(federation.set.store, waiting_run, &count), OK);
		if (count != wanted)
			usleep(10000);
	}
	return count == wanted;
}

static int64_t number(const char *name)
{
	struct view *v = view_create(arena, VIEW_TREE);
	mailer_numbers(federation.mailer, v);
	for (const struct node *n = view_root(v)->first; n != NULL; n = n->next)
		if (text_is(n->name, name))
			return n->number;
	return -1;
}

static void start(void)
{
	federation.mailer = mailer_start(&federation);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void all_is_sent_in_order(void **state)
{
	(void)state;
	send_to("anna@x.nl", 0);
	send_to("bas@x.nl", 0);
	send_to("cas@x.nl", 0);
	start();
	assert_true(comes_to_wait(0));
	assert_string_equal(said, "anna@x.nl bas@x.nl cas@x.nl ");
	assert_int_equal(number("mail_sent"), 3);
	assert_int_equal(number("mail_waiting"), 0);
}

static void one_recipient_holds_up_nobody(void **state)
{
	(void)state;
	put_off = 2;
	send_to("later@x.nl", 0);
	send_to("gone@x.nl", 0);
	send_to("anna@x.nl", 0);
	start();
	assert_true(comes_to_wait(0));
	assert_string_equal(said, "anna@x.nl later@x.nl ");
	assert_int_equal(number("mail_tried_later"), 2);
	assert_int_equal(number("mail_refused"), 1);
	assert_int_equal(number("mail_server_failures"), 0);
}

static void the_server_holds_up_all(void **state)
{
	(void)state;
	away = 3;
	send_to("anna@x.nl", 0);
	send_to("bas@x.nl", 0);
	start();
	assert_true(comes_to_wait(0));
	assert_string_equal(said, "anna@x.nl bas@x.nl ");
	assert_int_equal(number("mail_server_failures"), 3);
	assert_int_equal(number("mail_tried_later"), 0);
}

static void what_is_of_no_use_is_not_sent(void **state)
{
	(void)state;
	send_to("anna@x.nl", time_now() - 1);
	send_to("bas@x.nl", time_now() + HOUR);
	start();
	assert_true(comes_to_wait(0));
	assert_string_equal(said, "bas@x.nl ");
	assert_int_equal(number("mail_dropped"), 1);
}

/* Both wait for news of what they wrote; the last is suspended. */
static enum err suspend_run(struct txn *t, void *arg)
{
	static const char *const names[] = {"later", "bas"};
	struct refusal why = {0};
	struct actor a;
	struct post p;
	enum err e = OK;
	(void)arg;
	for (size_t i = 0; e == OK && i < COUNT(names); i++) {
		const char *to = arena_format(arena, "%s@x.nl", names[i]);
		struct account_draft draft = {.name = names[i], .title = names[i], .email = to};
		struct mail_draft news = {.to = to, .kind = "test", .list = MAIL_NOTICES};
		e = account_create(t, &draft, &why, &a);
		struct post_draft words = {.author = a.id, .source = "Words"};
		if (e == OK)
			e = post_create(t, &words, NULL, NULL, &p);
		news.actor = a.id;
		news.posts = (struct u64s){&p.id, 1};
		if (e == OK)
			e = mail_send(t, &news, mail_begin(t));
	}
	return e == OK ? actor_suspend(t, a.id, true) : e;
}

static void who_is_out_is_sent_nothing(void **state)
{
	(void)state;
	put_off = 1;
	assert_int_equal(store_write(federation.set.store, suspend_run, NULL), OK);
	start();
	assert_true(comes_to_wait(0));
	assert_string_equal(said, "later@x.nl ");
	assert_int_equal(number("mail_dropped"), 1);
	assert_int_equal(number("mail_tried_later"), 1);
	assert_int_equal(number("mail_sent"), 1);
}

static void an_hour_has_its_most(void **state)
{
	(void)state;
	federation.set.mail.per_hour = 2;
	for (int i = 0; i < 4; i++)
		send_to("anna@x.nl", 0);
	start();
	assert_true(comes_to_wait(2));
	usleep(1200000);
	assert_true(comes_to_wait(2));
}

static void a_directory_takes_mail_too(void **state)
{
	struct stat s;
	(void)state;
	assert_non_null(mkdtemp(directory));
	const char *sink = arena_format(arena, "%s/mail", directory), *words = "";
	federation.set.mail = (struct mail_settings){.directory = sink, .per_hour = 10};
	assert_int_equal(federation_mail_test(&federation, arena, "anna@x.nl", &words), OK);
	assert_int_equal(stat(sink, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0700);
	char *file = arena_text_n(arena, words, strcspn(words, ":"));
	assert_true(text_starts(file, sink) && text_ends(file, ".eml"));
	assert_int_equal(stat(file, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	assert_int_equal(unlink(file) + rmdir(sink) + rmdir(directory), 0);
	assert_int_equal(federation_mail_test(&federation, arena, "a b", &words), ERR_INVALID);
	site.mail_from = NULL;
	assert_int_equal(federation_mail_test(&federation, arena, "a@x.nl", &words), ERR_INVALID);
}

static void what_is_this_machine(void **state)
{
	(void)state;
	static const char *const here[] = {"smtp://localhost", "smtp://127.0.0.1:25",
		"smtp://[::1]:25", "smtps://localhost:465"};
	static const char *const elsewhere[] = {"smtp://192.0.2.7:25", "smtp://localhost.ex.org",
		"smtps://mail.ex.org", "localhost", ""};
	for (size_t i = 0; i < COUNT(here); i++)
		assert_true(mail_is_loopback(here[i]));
	for (size_t i = 0; i < COUNT(elsewhere); i++)
		assert_false(mail_is_loopback(elsewhere[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_sent_in_order),
		TEST(one_recipient_holds_up_nobody),
		TEST(the_server_holds_up_all),
		TEST(what_is_of_no_use_is_not_sent),
		TEST(who_is_out_is_sent_nothing),
		TEST(an_hour_has_its_most),
		TEST(a_directory_takes_mail_too),
		TEST(what_is_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
