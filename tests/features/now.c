/* now.c: what goes on in a community: events, polls to vote in, fresh answers, who waits for one. */
#include "world.h"

#include "event.h"

static const struct node *page_of(struct txn *t, const struct actor *who)
{
	const struct viewer viewer = {.actor = who != NULL ? who->id : 0, .local = who != NULL};
	const struct node *page = NULL;
	enum err e = world_read(
		world_call(&feature_profile, METHOD_GET, "/@club", &viewer, NULL), t, &page);
	return e == OK ? page : NULL;
}

static struct post write(struct txn *t, struct post_draft d)
{
	struct post p = {0};
	d.source = "Words.";
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static size_t has(const struct node *page, const char *what)
{
	size_t n = 0;
	const struct node *list = world_node(page, "now");
	for (const struct node *i = list != NULL ? list->first : NULL; i != NULL; i = i->next)
		n += world_number(i, what) != 0;
	return n;
}

IN_WRITE(an_empty_room_has_no_now)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct actor club = world_group(t, "club");
	WANT(club.id != 0);
	const struct node *page = page_of(t, &anna);
	WANT(page != NULL && world_number(page, "has_now") == 0);
	return OK;
}

IN_WRITE(polls_stand_there_until_they_close_the_first_to_close_first)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), club = world_group(t, "club");
	const char *const answers[] = {"Yes", "No"};
	struct poll_draft poll = {.options = {answers, 2}};
	for (int64_t days = 5; days > 0; days--) {
		poll.end_time = NOW + days * DAY;
		WANT(write(t,
			     (struct post_draft){
				     .author = anna.id, .community = club.id, .poll = &poll})
				.id
			!= 0);
	}
	const struct node *page = page_of(t, NULL);
	WANT(has(page, "poll") == 3 && has(page, "waits") == 0);
	WANT(world_number(world_node(page, "now")->first, "at") == NOW + DAY);
	time_freeze(NOW + 3 * DAY + 1);
	WANT(has(page_of(t, NULL), "poll") == 2);
	time_freeze(NOW + 6 * DAY);
	WANT(world_number(page_of(t, NULL), "has_now") == 0);
	time_freeze(NOW);
	return OK;
}

static struct post meet(struct txn *t, const struct actor *by, const struct actor *where,
	int64_t at, const struct circles *circles)
{
	struct post p = {0};
	struct event_draft d = {.author = by->id,
		.community = where->id,
		.title = "Walk",
		.source = "Woods",
		.circles = circles,
		.event = {.start = at, .zone = "Europe/Amsterdam", .place = "Hall"}};
	return event_create(t, &d, NULL, &p) == OK ? p : (struct post){0};
}

IN_WRITE(the_next_two_events_that_one_may_see)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), club = world_group(t, "club"),
		     other = world_group(t, "other");
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS, false};
	struct post first = meet(t, &anna, &club, NOW + DAY, NULL),
		    off = meet(t, &anna, &club, NOW + 2 * DAY, NULL);
	WANT(first.id != 0 && meet(t, &anna, &club, NOW + 3 * DAY, NULL).id != 0
		&& meet(t, &anna, &club, NOW + 4 * DAY, NULL).id != 0
		&& meet(t, &anna, &club, NOW + 2 * HOUR, &members).id != 0
		&& meet(t, &anna, &other, NOW + HOUR, NULL).id != 0
		&& event_cancel(t, anna.id, off.id, true, NULL) == OK);
	const struct node *page = page_of(t, NULL), *now = world_node(page, "now");
	WANT(has(page, "event.when.from") == 2
		&& world_number(now->first, "event.when.from") == NOW + DAY
		&& world_number(now->first->next, "event.when.from") == NOW + 3 * DAY);
	time_freeze(NOW + 5 * DAY); /* they are over */
	WANT(has(page_of(t, NULL), "event.when.from") == 0);
	time_freeze(NOW);
	return OK;
}

IN_WRITE(an_answer_is_news_and_who_has_none_waits)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor club = world_group(t, "club");
	struct post p = write(t, (struct post_draft){.author = anna.id, .community = club.id});
	WANT(has(page_of(t, &bas), "waits") == 0); /* nobody need be quick */
	time_freeze(NOW + 2 * DAY);
	WANT(has(page_of(t, &bas), "waits") == 1);
	WANT(has(page_of(t, &anna), "waits") == 0 && has(page_of(t, NULL), "waits") == 0);
	struct post answer = write(t, (struct post_draft){.author = bas.id, .parent = p.id});
	const struct node *page = page_of(t, NULL);
	WANT(has(page, "waits") == 0 && has(page, "answer") == 1);
	WANT(text_is(world_text(world_node(page, "now")->first, "open"), post_path(t, &answer)));
	WANT(post_remove(t, bas.id, answer.id, NULL, NULL) == OK);
	WANT(has(page_of(t, NULL), "answer") == 0);
	time_freeze(NOW);
	return OK;
}

IN_WRITE(who_may_not_read_an_answer_hears_nothing_of_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), club = world_group(t, "club");
	world_member(&anna, 0, 0, 0);
	struct post p = write(t, (struct post_draft){.author = anna.id, .community = club.id});
	const struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	struct post answer = write(
		t, (struct post_draft){.author = anna.id, .parent = p.id, .circles = &members});
	WANT(answer.circles.read == CIRCLE_MEMBERS);
	WANT(has(page_of(t, &anna), "answer") == 1 && has(page_of(t, NULL), "answer") == 0);
	/* Nor does it take away what was said before it. */
	struct post q = write(t, (struct post_draft){.author = anna.id, .community = club.id});
	time_freeze(NOW + HOUR);
	struct post open = write(t, (struct post_draft){.author = anna.id, .parent = q.id});
	time_freeze(NOW + 2 * HOUR);
	for (int i = 0; i < 3; i++)
		WANT(write(t,
			     (struct post_draft){
				     .author = anna.id, .parent = q.id, .circles = &members})
				.id
			!= 0);
	const struct node *row = world_node(page_of(t, NULL), "now")->first;
	WANT(row != NULL && world_number(row, "answer") == 1
		&& text_is(world_text(row, "open"), post_path(t, &open))
		&& world_number(row, "post.last") == id_time(open.id));
	time_freeze(NOW);
	return OK;
}

static size_t rows(const struct node *page)
{
	size_t n = 0;
	const struct node *list = world_node(page, "now");
	for (const struct node *i = list != NULL ? list->first : NULL; i != NULL; i = i->next)
		n++;
	return n;
}

/* What one came for is below it: three rows at most, and one of each kind comes before a second of any. */
IN_WRITE(a_few_rows_of_as_many_kinds_as_there_are)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor club = world_group(t, "club");
	const char *const answers[] = {"Yes", "No"};
	struct poll_draft poll = {.options = {answers, 2}, .end_time = NOW + 5 * DAY};
	for (size_t i = 0; i < 3; i++)
		WANT(write(t, (struct post_draft){.author = anna.id, .community = club.id}).id
			!= 0);
	time_freeze(NOW + 2 * DAY);
	WANT(rows(page_of(t, &bas)) == 1 && has(page_of(t, &bas), "waits") == 1);
	WANT(meet(t, &anna, &club, NOW + 3 * DAY, NULL).id != 0
		&& meet(t, &anna, &club, NOW + 4 * DAY, NULL).id != 0);
	const struct node *page = page_of(t, &bas);
	WANT(rows(page) == 3 && has(page, "event.when.from") == 2 && has(page, "waits") == 1);
	for (size_t i = 0; i < 2; i++)
		WANT(write(t,
			     (struct post_draft){
				     .author = anna.id, .community = club.id, .poll = &poll})
				.id
			!= 0);
	page = page_of(t, &bas);
	WANT(rows(page) == 3 && has(page, "event.when.from") == 1 && has(page, "poll") == 1
		&& has(page, "waits") == 1);
	struct post p = write(t, (struct post_draft){.author = anna.id, .community = club.id});
	WANT(write(t, (struct post_draft){.author = bas.id, .parent = p.id}).id != 0);
	page = page_of(t, &bas);
	WANT(rows(page) == 3 && has(page, "event.when.from") == 1 && has(page, "poll") == 1
		&& has(page, "answer") == 1 && has(page, "waits") == 0);
	time_freeze(NOW);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_empty_room_has_no_now),
		WORLD_TEST(polls_stand_there_until_they_close_the_first_to_close_first),
		WORLD_TEST(the_next_two_events_that_one_may_see),
		WORLD_TEST(an_answer_is_news_and_who_has_none_waits),
		WORLD_TEST(who_may_not_read_an_answer_hears_nothing_of_it),
		WORLD_TEST(a_few_rows_of_as_many_kinds_as_there_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
