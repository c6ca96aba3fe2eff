/* overview.c: tests of my overview: what waits, what is new since it was seen, my events and drafts. */
#include "event.h"
#include "world.h"

#include <string.h>

static const struct node *overview(struct txn *t, const struct actor *who)
{
	struct viewer me = {.actor = who->id, .local = true};
	const struct node *page = NULL;
	return world_read(
		       world_call(&feature_overview, METHOD_GET, "/overview", &me, NULL), t, &page)
			== OK
		? page
		: NULL;
}

static struct post said(struct txn *t, const struct actor *who, const struct actor *where)
{
	struct post p = {0};
	struct post_draft d = {
		.author = who->id, .community = where->id, .title = "New", .source = "x"};
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

IN_WRITE(what_is_new_is_counted_until_it_is_seen)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     shed = world_group(t, "shed"), play = world_group(t, "play");
	struct place place = place_1(TABLE_ACCOUNT, anna.id);
	struct account account = {.actor = anna.id};
	WANT(txn_save(t, &place, &account_shape, &account) == OK);
	WANT(follow_start(t, anna.id, shed.id, NULL) == OK);
	WANT(said(t, &bas, &shed).id != 0 && said(t, &bas, &shed).id != 0
		&& said(t, &anna, &shed).id != 0 && said(t, &bas, &play).id != 0);
	const struct node *page = overview(t, &anna);
	WANT(world_count(page, "news") == 1 && world_number(page, "news.0.count") == 2);
	WANT(text_is(world_text(page, "news.0.community.path"), "/@shed"));
	struct viewer me = {.actor = anna.id, .local = true};
	time_freeze(NOW + MINUTE);
	struct call *call = world_call(&feature_overview, METHOD_POST, "/overview/seen", &me, NULL);
	WANT(call->route->write(call, t) == OK);
	WANT(world_number(overview(t, &anna), "has_news") == 0);
	time_freeze(NOW + 2 * MINUTE);
	WANT(said(t, &bas, &shed).id != 0);
	WANT(world_number(overview(t, &anna), "news.0.count") == 1);
	/* Who never said so has the last week. */
	WANT(follow_start(t, bas.id, shed.id, NULL) == OK);
	time_freeze(NOW + 8 * DAY);
	WANT(world_number(overview(t, &bas), "has_news") == 0);
	return OK;
}

IN_WRITE(what_waits_is_named)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	WANT(world_number(overview(t, &anna), "waiting") == 0);
	anna.locked = true;
	WANT(actor_save(t, &anna) == OK && follow_start(t, bas.id, anna.id, NULL) == OK);
	const struct node *page = overview(t, &anna);
	WANT(world_number(page, "waiting") == 1 && world_number(page, "waiting_followers") == 1);
	struct report r = {.actors = {&bas.id, 1}, .comment = "Look"};
	WANT(report_add(t, anna.id, &r, NULL) == OK);
	WANT(world_number(overview(t, &anna), "waiting_reports") == 0); /* not hers to answer */
	struct viewer admin = {.actor = bas.id, .local = true, .admin = true};
	WANT(world_read(
		     world_call(&feature_overview, METHOD_GET, "/overview", &admin, NULL), t, &page)
			== OK
		&& world_number(page, "waiting_reports") == 1);
	return OK;
}

static uint64_t held(struct txn *t, const struct actor *who, const char *title, int64_t start)
{
	struct post p = {0};
	struct event_draft d = {.author = who->id,
		.title = title,
		.source = "x",
		.language = "en",
		.event = {.start = start, .zone = "Europe/Amsterdam", .place = "Here"}};
	return event_create(t, &d, NULL, &p) == OK ? p.id : 0;
}

IN_WRITE(events_one_comes_to_stand_there_the_next_first)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	uint64_t far = held(t, &anna, "Far", NOW + 9 * DAY),
		 near = held(t, &anna, "Near", NOW + DAY);
	WANT(far != 0 && near != 0);
	WANT(world_number(overview(t, &anna), "has_mine") == 0);
	for (int i = 0; i < 2; i++) {
		struct attendance done;
		struct attend a = {.event = i == 0 ? far : near,
			.actor = anna.id,
			.state = ATTENDING_YES,
			.door = DOOR_WEB,
			.shown = -1};
		WANT(attend(t, &a, NULL, &done) == OK);
	}
	const struct node *page = overview(t, &anna);
	WANT(world_count(page, "mine") == 2 && text_is(world_text(page, "mine.0.words"), "Near"));
	time_freeze(NOW + 3 * DAY);
	page = overview(t, &anna);
	WANT(world_count(page, "mine") == 1 && text_is(world_text(page, "mine.0.words"), "Far"));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_is_new_is_counted_until_it_is_seen),
		WORLD_TEST(what_waits_is_named),
		WORLD_TEST(events_one_comes_to_stand_there_the_next_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
