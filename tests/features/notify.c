/* notify.c: tests of what people hear of: once, only what they may read, until it is old. */
#include "world.h"

static const struct journal_reader *reader(void)
{
	return feature_notify.readers;
}

/* Has the reader follow all that was journaled, `times` over. */
struct replay {
	struct txn *t;
	struct line lines[64];
	size_t count;
};

static enum err gather(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct replay *r = arg;
	r->lines[r->count++].place = place_id(key, 0);
	return r->count == COUNT(r->lines) ? ERR_CONFLICT : OK;
}

static enum err read_journal(struct txn *t, int times)
{
	struct replay *r = arena_alloc(txn_arena(t), sizeof *r);
	struct walk w = {.prefix = place_0(TABLE_JOURNAL), .max = WALK_ALL};
	enum err e = txn_walk(t, &w, gather, r);
	while (e == OK && times-- > 0)
		for (size_t i = 0; e == OK && i < r->count; i++) {
			e = journal_read(t, r->lines[i].place, &r->lines[i]);
			if (e == OK)
				e = reader()->follow(t, &r->lines[i], reader()->arg);
		}
	return e;
}

static struct post said(struct txn *t, struct post_draft d)
{
	struct post p = {0};
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

IN_WRITE(who_is_answered_and_named_hears_of_it_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct post p = said(t, (struct post_draft){.author = anna.id, .source = "Hello"});
	struct post r = said(t,
		(struct post_draft){
			.author = bas.id, .parent = p.id, .source = "@anna and @cas, hello"});
	struct notice n;
	struct u64s ids;
	int64_t unread;
	WANT(r.id != 0 && read_journal(t, 2) == OK);
	WANT(world_heard(t, anna.id, NOTICE_REPLY) == 1
		&& world_heard(t, anna.id, NOTICE_MENTION) == 0);
	WANT(world_heard(t, cas.id, NOTICE_MENTION) == 1
		&& world_heard(t, bas.id, NOTICE_REPLY) == 0);
	WANT(notify_list(t, anna.id, 0, 10, &ids) == OK && ids.count == 1);
	WANT(notify_load(t, anna.id, ids.at[0], &n) == OK && n.who == bas.id && n.post == r.id);
	WANT(notify_unread(t, anna.id, &unread) == OK && unread == 1);
	WANT(notify_seen(t, anna.id, ids.at[0]) == OK);
	WANT(notify_unread(t, anna.id, &unread) == OK && unread == 0);
	return OK;
}

IN_WRITE(nobody_hears_of_what_they_may_not_read)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = said(t, (struct post_draft){.author = bas.id, .source = "Hello @anna"});
	circle_set(&p, (struct circles){CIRCLE_CORE, CIRCLE_CORE}, NULL);
	WANT(p.id != 0 && post_save(t, &p) == OK && read_journal(t, 1) == OK);
	WANT(world_heard(t, anna.id, NOTICE_MENTION) == 0);
	p = said(t, (struct post_draft){.author = bas.id, .source = "Hello again @anna"});
	WANT(p.id != 0 && block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(read_journal(t, 1) == OK && world_heard(t, anna.id, NOTICE_MENTION) == 0);
	return OK;
}

IN_WRITE(follows_and_requests)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct profile_change locked = {.locked = 1, .discoverable = -1, .indexable = -1};
	struct origin origin = {"https://a.example/f/1", {"{}", 2}, 0};
	WANT(profile_update(t, bas.id, bas.id, &locked, NULL) == OK);
	WANT(follow_start(t, xi.id, anna.id, &origin) == OK);
	origin.uri = "https://a.example/f/2";
	WANT(follow_start(t, xi.id, bas.id, &origin) == OK);
	WANT(read_journal(t, 2) == OK);
	WANT(world_heard(t, anna.id, NOTICE_FOLLOW) == 1
		&& world_heard(t, bas.id, NOTICE_REQUEST) == 1);
	return OK;
}

IN_WRITE(a_hidden_message_and_why)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct place moderator = place_2(TABLE_MODERATOR, board.id, anna.id);
	struct u64s ids;
	struct notice n;
	WANT(txn_put(t, &moderator, (struct bytes){"\1", 1}) == OK);
	struct post p = said(
		t, (struct post_draft){.author = bas.id, .community = board.id, .source = "Buy"});
	WANT(post_remove(t, anna.id, p.id, "advertising", NULL) == OK && read_journal(t, 1) == OK);
	WANT(notify_list(t, bas.id, 0, 10, &ids) == OK && ids.count == 1);
	WANT(notify_load(t, bas.id, ids.at[0], &n) == OK && n.kind == NOTICE_HIDDEN);
	WANT(text_is(n.note, "advertising") && n.who == 0); /* the team speaks, not one of it */
	return OK;
}

IN_WRITE(what_they_chose)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer me = {.actor = anna.id, .local = true};
	struct notify_settings s;
	uint32_t how;
	char id[ID_TEXT];
	struct account account = {.actor = anna.id, .email = "anna@x.nl"};
	struct place row = place_1(TABLE_ACCOUNT, anna.id);
	WANT(txn_save(t, &row, &account_shape, &account) == OK);
	notify_settings(t, anna.id, &s);
	WANT(s.mine == NOTIFY_DAILY && s.digest == NOTIFY_WEEKLY && s.paused == 0);
	WANT(follow_start(t, anna.id, board.id, NULL) == OK);
	const char *community = arena_format(
		txn_arena(t), "community-%s=at-once", id_text(board.id, id));
	struct call *call = world_call(&feature_notify, METHOD_POST, "/settings/notifications", &me,
		(const char *const[]){"mine=never", "digest=daily", "pause=7", community, NULL});
	WANT(call->route->write(call, t) == OK);
	notify_settings(t, anna.id, &s);
	WANT(s.mine == NOTIFY_NEVER && s.digest == NOTIFY_DAILY && s.paused == NOW + 7 * DAY);
	WANT(notify_community(t, anna.id, board.id, &how) == OK && how == NOTIFY_AT_ONCE);
	const struct node *page;
	call = world_call(&feature_notify, METHOD_GET, "/settings/notifications", &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "mine.never") == 1);
	WANT(world_number(page, "communities.0.how.at_once") == 1);
	WANT(notify_forget(t, anna.id) == OK);
	WANT(notify_community(t, anna.id, board.id, &how) == OK && how == NOTIFY_WEEKLY);
	return OK;
}

IN_WRITE(its_page)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct viewer me = {.actor = anna.id, .local = true};
	const struct node *page;
	struct call *call = world_call(&feature_notify, METHOD_GET, "/notifications", &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "nothing") == 1);
	struct post last = {0};
	for (int i = 0; i < 21; i++)
		last = said(t, (struct post_draft){.author = bas.id, .source = "Hello @anna"});
	WANT(read_journal(t, 1) == OK);
	WANT(post_remove(t, bas.id, last.id, NULL, NULL) == OK); /* gone: no longer shown */
	call = world_call(&feature_notify, METHOD_GET, "/notifications", &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "notices") == 19);
	WANT(world_number(page, "paged") == 1 && world_number(page, "notices.0.fresh") == 1);
	const char *seen = arena_format(txn_arena(t), "up_to=%s", world_text(page, "newest"));
	call = world_call(&feature_notify, METHOD_POST, "/notifications/seen", &me,
		(const char *const[]){seen, NULL});
	WANT(call->route->write(call, t) == OK);
	call = world_call(&feature_notify, METHOD_GET, "/notifications", &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "notices.0.fresh") == 0
		&& *world_text(page, "newest") == '\0');
	return OK;
}

static uint64_t anna_id;

static enum err with_an_old_one(struct txn *t, void *arg)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	anna_id = anna.id;
	for (int i = 0; i < 600; i++) {
		int64_t at = NOW - (i < 590 ? 91 : 1) * DAY;
		struct notice n = {
			.place = ((uint64_t)at << 16) + (uint64_t)i, .kind = NOTICE_POLL, .at = at};
		WANT(notify_add(t, anna.id, &n) == OK);
	}
	return OK;
}

static enum err only_the_young(struct txn *t, void *arg)
{
	(void)arg;
	struct u64s ids;
	WANT(notify_list(t, anna_id, 0, 1000, &ids) == OK && ids.count == 10);
	return OK;
}

static void old_ones_are_forgotten(void **state)
{
	(void)state;
	world_run(with_an_old_one);
	feature_notify.chores->run(world.store, NULL);
	world_run(only_the_young);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(who_is_answered_and_named_hears_of_it_once),
		WORLD_TEST(nobody_hears_of_what_they_may_not_read),
		WORLD_TEST(follows_and_requests),
		WORLD_TEST(a_hidden_message_and_why),
		WORLD_TEST(what_they_chose),
		WORLD_TEST(its_page),
		WORLD_TEST(old_ones_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
