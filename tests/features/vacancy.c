/* vacancy.c: tests of the noticeboard: what stands there, until when, who hears of it, how other nodes read it. */
#include "vacancy.h"
#include "world.h"

#include <string.h>

static struct vacancy_draft job(
	struct txn *t, const struct actor *author, const struct actor *group)
{
	struct vacancy_draft d = {.author = author->id,
		.community = group != NULL ? group->id : 0,
		.title = "Treasurer for the orchard",
		.source = "We look for somebody who **counts** well.",
		.language = "en",
		.vacancy = {.type = VACANCY_JOB,
			.where = VACANCY_ON_SITE,
			.employer = "Orchard & Sons",
			.place = "Utrecht",
			.region = "Province of Utrecht",
			.hours = "24 hours a week",
			.pay = "3,000 a month",
			.apply = "https://jobs.example/1?a=1&b=2",
			.tags = "Care, #treasurer care"}};
	if (!vacancy_day(txn_arena(t), "2025-12-01", &d.vacancy.closes))
		d.vacancy.closes = 0;
	return d;
}

static struct post placed(struct txn *t, const struct vacancy_draft *d)
{
	struct post p = {0};
	struct refusal why = {0};
	return vacancy_create(t, d, &why, &p) == OK ? p : (struct post){0};
}

static size_t listed(struct txn *t, uint64_t of)
{
	struct u64s ids = {0};
	return vacancy_list(t, of, 0, 100, &ids) == OK ? ids.count : 1000;
}

static size_t noticed(struct txn *t, const struct actor *a, uint32_t kind)
{
	struct u64s ids = {0};
	struct notice n;
	size_t count = 0;
	if (notify_list(t, a->id, 0, 100, &ids) != OK)
		return 1000;
	for (size_t i = 0; i < ids.count; i++)
		count += notify_load(t, a->id, ids.at[i], &n) == OK && n.kind == kind;
	return count;
}

IN_WRITE(it_is_a_post_with_facts)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), group = world_group(t, "work");
	struct vacancy_draft d = job(t, &anna, &group);
	struct post p = placed(t, &d);
	struct vacancy v;
	struct extra x;
	WANT(p.kind == POST_VACANCY && text_is(p.title, d.title));
	WANT(post_load(t, p.id, &p) == OK && vacancy_of(t, &p, &v) == OK);
	WANT(v.type == VACANCY_JOB && text_is(v.employer, "Orchard & Sons"));
	WANT(text_is(v.tags, "care treasurer care") && v.end == VACANCY_OPEN);
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.hashtags.count == 2 && text_is(x.hashtags.at[0], "care"));
	WANT(listed(t, 0) == 1 && listed(t, group.id) == 1 && listed(t, anna.id) == 1);
	WANT(world_lines(t, ACT_CREATE) == 1);
	/* Its last day is a day of here: it is over when that is. */
	char until[TIME_ISO];
	time_iso(v.closes, until);
	WANT(text_is(until, "2025-12-01T23:00:00.000Z"));
	return OK;
}

IN_WRITE(what_is_wrong_is_said_by_field)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct vacancy_draft d = job(t, &anna, NULL);
	struct refusal why = {0};
	struct post p;
	d.vacancy.employer = " ";
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "employer"));
	d.vacancy.type = VACANCY_OFFER; /* who offers something needs none */
	WANT(vacancy_create(t, &d, &why, &p) == OK);
	d = job(t, &anna, NULL);
	d.vacancy.place = NULL;
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "place"));
	d.vacancy.where = VACANCY_REMOTE;
	WANT(vacancy_create(t, &d, &why, &p) == OK);
	d.vacancy.apply = "javascript:alert(1)";
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "apply"));
	d = job(t, &anna, NULL);
	d.vacancy.closes = NOW;
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "closes"));
	d.vacancy.closes = NOW + 400 * DAY;
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "closes"));
	d = job(t, &anna, NULL);
	d.vacancy.tags = "a b c d e f g h i j k";
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "tags"));
	d.vacancy.tags = "<b>";
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "tags"));
	d = job(t, &anna, NULL);
	d.vacancy.organisation = 17;
	WANT(vacancy_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, "organisation"));
	int64_t end;
	WANT(!vacancy_day(txn_arena(t), "2025-13-01", &end)
		&& !vacancy_day(txn_arena(t), "soon", &end));
	return OK;
}

IN_WRITE(who_manages_it_closes_and_opens_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     group = world_group(t, "work");
	struct vacancy_draft d = job(t, &anna, &group);
	struct post p = placed(t, &d);
	struct vacancy v;
	WANT(vacancy_close(t, bas.id, p.id, VACANCY_FILLED) == ERR_FORBIDDEN);
	WANT(vacancy_close(t, anna.id, p.id, VACANCY_FILLED) == OK);
	WANT(listed(t, 0) == 0 && listed(t, group.id) == 0 && listed(t, anna.id) == 1);
	WANT(world_lines(t, ACT_UPDATE) == 1);
	WANT(vacancy_close(t, anna.id, p.id, VACANCY_FILLED) == OK
		&& world_lines(t, ACT_UPDATE) == 1);
	WANT(vacancy_change(t, anna.id, p.id, &d, NULL) == ERR_CONFLICT);
	WANT(vacancy_close(t, anna.id, p.id, VACANCY_OPEN) == OK && listed(t, 0) == 1);
	WANT(post_load(t, p.id, &p) == OK && vacancy_of(t, &p, &v) == OK && v.closed == 0);
	WANT(v.closes == d.vacancy.closes && p.updated == 0);
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK);
	WANT(listed(t, 0) == 0 && listed(t, group.id) == 0 && listed(t, anna.id) == 0);
	return OK;
}

IN_WRITE(a_change_of_facts_is_told)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct vacancy_draft d = job(t, &anna, NULL);
	struct post p = placed(t, &d);
	struct vacancy v;
	d.vacancy.hours = "32 hours a week";
	d.vacancy.closes += 7 * DAY;
	WANT(vacancy_change(t, bas.id, p.id, &d, NULL) == ERR_FORBIDDEN);
	WANT(vacancy_change(t, anna.id, p.id, &d, NULL) == OK && world_lines(t, ACT_UPDATE) == 1);
	WANT(post_load(t, p.id, &p) == OK && vacancy_of(t, &p, &v) == OK);
	WANT(text_is(v.hours, "32 hours a week") && listed(t, 0) == 1);
	/* Words that are changed elsewhere leave the facts alone. */
	struct post_draft draft = {
		.author = anna.id, .title = "Another title", .source = "Other words"};
	WANT(post_edit(t, anna.id, p.id, &draft, NULL, NULL) == OK);
	WANT(post_load(t, p.id, &p) == OK && vacancy_of(t, &p, &v) == OK);
	WANT(text_is(v.hours, "32 hours a week") && text_is(p.title, "Another title"));
	return OK;
}

static uint64_t one;

static enum err place_one(struct txn *t, void *arg)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct vacancy_draft d = job(t, &anna, NULL);
	one = placed(t, &d).id;
	WANT(one != 0);
	return OK;
}

static enum err is_open(struct txn *t, void *arg)
{
	(void)arg;
	WANT(listed(t, 0) == 1 && world_lines(t, ACT_UPDATE) == 0);
	return OK;
}

static enum err is_over(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct vacancy v;
	struct actor anna;
	WANT(post_load(t, one, &p) == OK && vacancy_of(t, &p, &v) == OK);
	WANT(v.end == VACANCY_OVER && v.closed == v.closes && listed(t, 0) == 0);
	WANT(world_lines(t, ACT_UPDATE) == 1); /* once, however often the clock strikes */
	WANT(actor_load(t, p.author, &anna) == OK && noticed(t, &anna, NOTICE_VACANCY_CLOSED) == 1);
	/* Opened again it is open for a month. */
	WANT(vacancy_close(t, anna.id, one, VACANCY_OPEN) == OK);
	WANT(post_load(t, one, &p) == OK && vacancy_of(t, &p, &v) == OK);
	WANT(v.closes == time_now() + 30 * DAY && listed(t, 0) == 1);
	return OK;
}

static void it_closes_on_its_last_day(void **state)
{
	(void)state;
	const struct chore *chore = feature_vacancy.chores;
	int64_t end;
	world_run(place_one);
	assert_true(vacancy_day(world.arena, "2025-12-01", &end));
	time_freeze(end - 1);
	chore->run(world.store, chore->arg);
	world_run(is_open);
	time_freeze(end);
	chore->run(world.store, chore->arg);
	chore->run(world.store, chore->arg);
	world_run(is_over);
}

/* ---- other nodes ----------------------------------------------------------------------------- */

static const char *object_of(struct txn *t, uint64_t post)
{
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	if (note_show(t, post, v) != OK)
		return "";
	struct bytes json = view_json(v);
	return arena_text_n(txn_arena(t), json.data, json.size);
}

static const json_node *parsed(struct txn *t, const char *json)
{
	const json_node *root = NULL;
	return json_read(txn_arena(t), (struct bytes){json, strlen(json)}, NULL, &root) == OK
		? root
		: NULL;
}

IN_WRITE(other_nodes_read_it_field_by_field)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), group = world_group(t, "work");
	struct vacancy_draft d = job(t, &anna, &group);
	struct post p = placed(t, &d);
	const json_node *o = parsed(t, object_of(t, p.id));
	static const char line[] =
		"Job · Orchard & Sons · Utrecht · Province of Utrecht · 24 hours a week · "
		"3,000 a month · Last day: 1 December 2025";
	WANT(text_is(json_text(json_member(o, "type")), "Article"));
	WANT(text_is(json_text(json_member(o, "name")), "Treasurer for the orchard"));
	/* What microblogs show beside the title and the link. */
	WANT(text_is(json_text(json_member(o, "summary")),
		arena_format(txn_arena(t), "%s. We look for somebody who counts well.", line)));
	WANT(text_is(json_text(json_member(o, "url")), p.url));
	WANT(text_is(json_text(json_member(o, "content")),
		"<p><strong>Job · Orchard &amp; Sons · Utrecht · Province of Utrecht · "
		"24 hours a week · 3,000 a month · Last day: 1 December 2025</strong></p>"
		"<p>We look for somebody who <strong>counts</strong> well.</p>"
		"<p><a href=\"https://jobs.example/1?a=1&amp;b=2\" "
		"rel=\"nofollow noopener noreferrer\">https://jobs.example/1?a=1&amp;b=2</a></p>"));
	WANT(text_is(json_text(json_member(json_member(o, "contentMap"), "en")),
		json_text(json_member(o, "content"))));
	WANT(text_is(json_text(json_member(o, "endTime")), "2025-12-01T23:00:00.000Z"));
	WANT(text_is(json_text(json_member(json_member(o, "location"), "type")), "Place"));
	WANT(text_is(json_text(json_member(json_member(o, "location"), "name")), "Utrecht"));
	WANT(json_member(o, "updated") == NULL);
	WANT(text_is(json_text(json_member(json_item(json_member(o, "tag"), 1), "name")), "#care"));
	return OK;
}

IN_WRITE(in_the_language_of_the_post_and_closed_in_words)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct vacancy_draft d = job(t, &anna, NULL);
	d.language = "nl";
	d.vacancy.where = VACANCY_REMOTE;
	d.vacancy.place = d.vacancy.region = d.vacancy.pay = d.vacancy.hours = NULL;
	struct post p = placed(t, &d);
	const json_node *o = parsed(t, object_of(t, p.id));
	WANT(text_starts(json_text(json_member(o, "summary")),
		"Vacature · Orchard & Sons · Vanaf elke plek · Laatste dag: 1 december 2025. "));
	WANT(json_member(o, "location") == NULL);
	time_freeze(NOW + HOUR);
	WANT(vacancy_close(t, anna.id, p.id, VACANCY_FILLED) == OK);
	o = parsed(t, object_of(t, p.id));
	WANT(text_starts(json_text(json_member(o, "summary")),
		"Vervuld · Vacature · Orchard & Sons · Vanaf elke plek. "));
	char now[TIME_ISO];
	time_iso(NOW + HOUR, now);
	WANT(text_is(json_text(json_member(o, "endTime")), now)
		&& text_is(json_text(json_member(o, "updated")), now));
	return OK;
}

/* ---- boards, alerts -------------------------------------------------------------------------- */

static size_t board(struct txn *t, const struct viewer *viewer, const char *const *inputs)
{
	const struct node *page;
	struct call *call = world_call(
		&feature_noticeboard, METHOD_GET, "/vacancies", viewer, inputs);
	return world_read(call, t, &page) == OK ? world_count(page, "vacancies") : 1000;
}

IN_WRITE(a_board_shows_what_fits)
{
	(void)arg;
	static const char *const remote[] = {"remote=on", NULL}, *const tag[] = {"tag=#Care", NULL},
				 *const offer[] = {"type=offer", NULL},
				 *const region[] = {"region=PROVINCE of Utrecht", NULL},
				 *const none[] = {NULL};
	struct actor anna = world_person(t, "anna"), group = world_group(t, "work");
	struct viewer nobody = {0};
	struct vacancy_draft d = job(t, &anna, &group);
	WANT(placed(t, &d).id != 0);
	d.vacancy.where = VACANCY_REMOTE;
	d.vacancy.tags = d.vacancy.region = NULL;
	d.vacancy.type = VACANCY_OFFER;
	WANT(placed(t, &d).id != 0);
	d.circles = &(struct circles){CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	WANT(placed(t, &d).id != 0);
	WANT(board(t, &nobody, none) == 2 && board(t, &nobody, remote) == 1);
	WANT(board(t, &nobody, tag) == 1 && board(t, &nobody, region) == 1);
	WANT(board(t, &nobody, offer) == 1);
	/* What is for members is for members here, too. */
	world_member(&anna, 0, 0, 0);
	struct actor bas = world_person(t, "bas");
	world_member(&bas, 0, 0, 0);
	struct viewer member = {.actor = bas.id, .local = true, .member = true};
	WANT(board(t, &member, none) == 3 && board(t, &member, offer) == 2);
	return OK;
}

static enum err alert(struct txn *t, const struct actor *a, struct alert alert)
{
	alert.actor = a->id;
	return alert_add(t, &alert, NULL);
}

static enum err follow(struct txn *t, const struct line *line)
{
	return feature_alert.readers[0].follow(t, line, NULL);
}

IN_WRITE(who_asked_hears_of_what_fits_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), dora = world_person(t, "dora");
	WANT(alert(t, &bas, (struct alert){.words = "nurse, CARE", .region = "utrecht"}) == OK);
	WANT(alert(t, &cas, (struct alert){.type = VACANCY_OFFER}) == OK);
	struct vacancy_draft d = job(t, &anna, NULL);
	struct post p = placed(t, &d);
	struct line line = world_last(t, ACT_CREATE);
	WANT(follow(t, &line) == OK && follow(t, &line) == OK);
	WANT(noticed(t, &bas, NOTICE_VACANCY) == 1); /* by its tag, at its place */
	WANT(noticed(t, &cas, NOTICE_VACANCY) == 0 && noticed(t, &dora, NOTICE_VACANCY) == 0);
	/* The link beside it ends the alert, without signing in. */
	struct u64s ids;
	struct notice n;
	const struct node *page;
	struct viewer nobody = {0};
	WANT(notify_list(t, bas.id, 0, 1, &ids) == OK
		&& notify_load(t, bas.id, ids.at[0], &n) == OK);
	WANT(n.post == p.id);
	const char *path = arena_format(txn_arena(t), "/vacancies/off/%s", n.note);
	struct call *call = world_call(&feature_alert, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "on") == 1);
	call = world_call(&feature_alert, METHOD_POST, path, &nobody, NULL);
	WANT(call->route->write(call, t) == OK);
	call = world_call(&feature_alert, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "on") == 0);
	WANT(placed(t, &d).id != 0);
	line = world_last(t, ACT_CREATE);
	WANT(follow(t, &line) == OK && noticed(t, &bas, NOTICE_VACANCY) == 1);
	return OK;
}

IN_WRITE(an_alert_tells_nobody_of_what_is_not_for_them)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     group = world_group(t, "work");
	world_member(&anna, 0, 0, 0);
	WANT(alert(t, &bas, (struct alert){0}) == OK);
	struct vacancy_draft d = job(t, &anna, &group);
	d.circles = &(struct circles){CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	WANT(placed(t, &d).id != 0);
	struct line line = world_last(t, ACT_CREATE);
	WANT(follow(t, &line) == OK && noticed(t, &bas, NOTICE_VACANCY) == 0);
	return OK;
}

IN_WRITE(there_are_ten_alerts_at_most)
{
	(void)arg;
	struct actor bas = world_person(t, "bas");
	struct refusal why = {0};
	for (int i = 0; i < ALERTS_MOST; i++)
		WANT(alert(t, &bas, (struct alert){.words = arena_format(txn_arena(t), "w%d", i)})
			== OK);
	struct alert more = {.actor = bas.id, .words = "w0"};
	WANT(alert_add(t, &more, &why) == OK); /* that one is there */
	more.words = "another";
	WANT(alert_add(t, &more, &why) == ERR_INVALID && why.text != NULL);
	WANT(alert_forget(t, bas.id) == OK && alert_add(t, &more, &why) == OK);
	return OK;
}

int main(void)
{
	page_load();
	i18n_zone("Europe/Amsterdam");
	const struct CMUnitTest tests[] = {
		WORLD_TEST(it_is_a_post_with_facts),
		WORLD_TEST(what_is_wrong_is_said_by_field),
		WORLD_TEST(who_manages_it_closes_and_opens_it),
		WORLD_TEST(a_change_of_facts_is_told),
		WORLD_TEST(it_closes_on_its_last_day),
		WORLD_TEST(other_nodes_read_it_field_by_field),
		WORLD_TEST(in_the_language_of_the_post_and_closed_in_words),
		WORLD_TEST(a_board_shows_what_fits),
		WORLD_TEST(who_asked_hears_of_what_fits_once),
		WORLD_TEST(an_alert_tells_nobody_of_what_is_not_for_them),
		WORLD_TEST(there_are_ten_alerts_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
