/* event.c: tests of events: what they say, when they change, come back and end; the agenda and its files. */
#include "world.h"

#include "event.h"
#include "roll.h"

#include <string.h>

#define START (NOW + 20 * DAY - 12 * SECOND) /* Thursday 11 December, 9:58 there */
#define HERE "Europe/Amsterdam"

static struct event_draft planned(uint64_t author, uint64_t community)
{
	return (struct event_draft){.author = author,
		.community = community,
		.title = "Walk",
		.source = "Through the *woods*.",
		.language = "en",
		.event = {.start = START,
			.end = START + 2 * HOUR,
			.zone = HERE,
			.place = "Town hall",
			.address = "Markt 1, Gouda"}};
}

static struct post held(struct txn *t, struct event_draft d)
{
	struct post p = {0};
	return event_create(t, &d, NULL, &p) == OK ? p : (struct post){0};
}

static struct event event_of(struct txn *t, uint64_t post)
{
	struct event e;
	return event_load(t, post, &e) == OK ? e : (struct event){0};
}

static const char *json_of(struct txn *t, const struct post *p)
{
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	struct post now;
	return post_load(t, p->id, &now) == OK && note_show(t, p->id, v) == OK ? view_json(v).data
									       : "";
}

static const char *question_of(struct txn *t, const struct post *p)
{
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	struct post now;
	return post_load(t, p->id, &now) == OK && detail_of(now.kind)->question(t, v, &now) == OK
		? view_json(v).data
		: "";
}

static bool says(const char *json, const char *part)
{
	return strstr(json, part) != NULL;
}

IN_WRITE(an_event_says_when_and_where_everywhere)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct event_draft d = planned(anna.id, board.id);
	d.event.link = "https://meet.example/secret";
	d.event.cost = "free";
	struct post p = held(t, d);
	const char *json = json_of(t, &p);
	WANT(p.kind == POST_EVENT && text_is(p.title, "Walk"));
	WANT(text_starts(p.summary,
		"Thursday 11 December 2025, 9:58\xe2\x80\x93"
		"11:58. Town hall, Markt 1, Gouda; also online."));
	WANT(says(p.summary, "Cost: free. Through the woods."));
	WANT(says(json, "\"type\":\"Event\"") && says(json, "\"name\":\"Walk\""));
	WANT(says(json, "\"startTime\":\"2025-12-11T09:58:00+01:00\""));
	WANT(says(json, "\"endTime\":\"2025-12-11T11:58:00+01:00\""));
	WANT(says(json, "\"timezone\":\"Europe/Amsterdam\""));
	WANT(says(json,
		"\"location\":{\"type\":\"Place\",\"name\":\"Town hall\",\"address\":"
		"{\"type\":\"PostalAddress\",\"streetAddress\":\"Markt 1, Gouda\"}}"));
	WANT(says(json, "\"joinMode\":\"free\"")
		&& says(json, "\"eventStatus\":\"EventScheduled\""));
	WANT(says(json,
		"\"organizers\":{\"type\":\"Collection\",\"totalItems\":1,\"items\":[\"https://ex.org/c/board\"]}"));
	WANT(says(json, "\"summary\":\"Thursday 11 December 2025"));
	/* The link is for who comes, how many come is nobody's business elsewhere. */
	WANT(!says(json, "secret") && !says(json, "participant") && !says(json, "attendees"));
	d.language = "nl";
	d.event.start = 0;
	struct wall w = {.year = 2026, .month = 12, .day = 12, .hour = 10};
	WANT(ical_to_ms(&w, HERE, &d.event.start));
	d.event.end = 0;
	p = held(t, d);
	WANT(text_starts(p.summary, "zaterdag 12 december 2026, 10.00 uur. Town hall"));
	d.event.end = d.event.start + DAY;
	p = held(t, d);
	WANT(text_starts(p.summary,
		"zaterdag 12 december 2026, 10.00 uur tot zondag 13 december 2026, 10.00 uur."));
	d.event.zone = "Europe/London";
	p = held(t, d);
	WANT(says(p.summary, "9.00 uur (Europe/London)."));
	return OK;
}

IN_WRITE(a_question_stands_beside_it_for_who_can_tap_only)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct event_draft d = planned(anna.id, board.id);
	struct post p = held(t, d), found;
	const char *json = question_of(t, &p);
	const char *id = arena_format(txn_arena(t), "%s/question", p.uri);
	WANT(says(json, arena_format(txn_arena(t), "\"id\":\"%s\",\"type\":\"Question\"", id)));
	WANT(says(json, arena_format(txn_arena(t), "\"inReplyTo\":\"%s\"", p.uri)));
	WANT(says(json, "<strong>Walk</strong><br>Thursday 11 December 2025"));
	WANT(says(json, "Town hall, Markt 1, Gouda"));
	WANT(says(json,
		"\"oneOf\":[{\"type\":\"Note\",\"name\":\"I am coming\",\"replies\":"
		"{\"type\":\"Collection\",\"totalItems\":0}}"));
	WANT(says(json, "\"name\":\"Maybe\"") && says(json, "\"name\":\"I cannot come\""));
	WANT(says(json, "\"endTime\":\"2025-12-11T08:58:00.000Z\""));
	WANT(!says(json, "\"closed\""));
	WANT(says(json,
		"\"to\":[\"https://ex.org/c/board\",\"https://www.w3.org/ns/activitystreams#Public\"]"));
	WANT(says(json, "\"type\":\"Mention\",\"href\":\"https://ex.org/c/board\""));
	/* Whoever answers the one answers the other. */
	WANT(post_by_uri(t, id, &found) == OK && found.id == p.id);
	/* What members sign up for is asked of nobody elsewhere. */
	struct circles circles = {CIRCLE_EVERYONE, CIRCLE_MEMBERS};
	d.circles = &circles;
	p = held(t, d);
	WANT(*question_of(t, &p) == '\0' && says(json_of(t, &p), "\"joinMode\":\"restricted\""));
	d.circles = NULL;
	d.event.no_sign_up = true;
	p = held(t, d);
	WANT(*question_of(t, &p) == '\0');
	return OK;
}

static enum err refused(struct txn *t, struct event_draft d, const char *field)
{
	struct refusal why = {0};
	struct post p;
	return event_create(t, &d, &why, &p) == ERR_INVALID && text_is(why.field, field)
		? OK
		: ERR_STORE;
}

IN_WRITE(what_cannot_be_is_refused_in_words)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	const struct event_draft good = planned(anna.id, board.id);
	struct event_draft d = good;
	d.title = NULL;
	WANT(refused(t, d, "title") == OK);
	d = good;
	d.event.start = NOW;
	WANT(refused(t, d, "date") == OK);
	d.event.start = NOW + 2000 * DAY;
	WANT(refused(t, d, "date") == OK);
	d = good;
	d.event.end = d.event.start;
	WANT(refused(t, d, "end_time") == OK);
	d.event.end = d.event.start + 40 * DAY;
	WANT(refused(t, d, "end_time") == OK);
	d = good;
	d.event.zone = "Europe/Atlantis";
	WANT(refused(t, d, "zone") == OK);
	d = good;
	d.event.place = d.event.address = " ";
	WANT(refused(t, d, "place") == OK);
	d = good;
	d.event.link = "javascript:alert(1)";
	WANT(refused(t, d, "link") == OK);
	d = good;
	d.event.capacity = 5001;
	WANT(refused(t, d, "capacity") == OK);
	d = good;
	d.event.questions = "1\n2\n3\n4\n5\n6";
	WANT(refused(t, d, "questions") == OK);
	d = good;
	d.event.repeat = (struct repeat){REPEAT_WEEKS, 1, 3, START + 30 * DAY};
	WANT(refused(t, d, "times") == OK);
	d.event.repeat = (struct repeat){REPEAT_WEEKS, 1, 0, START - DAY};
	WANT(refused(t, d, "until") == OK);
	d = good;
	d.source = ""; /* a title, a time and a place say enough */
	WANT(held(t, d).id != 0);
	return OK;
}

IN_WRITE(a_change_is_said_once_and_counted)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct event_draft d = planned(anna.id, board.id);
	struct post p = held(t, d);
	WANT(world_lines(t, ACT_UPDATE) == 0);
	d.event.start += DAY;
	d.event.end += DAY;
	WANT(event_change(t, p.id, &d, NULL) == OK && world_lines(t, ACT_UPDATE) == 1);
	struct event e = event_of(t, p.id);
	WANT(e.sequence == 1 && e.news == NOTICE_EVENT_MOVED && e.news_at == NOW + MINUTE
		&& e.was_start == START);
	WANT(says(json_of(t, &p), "\"startTime\":\"2025-12-12T09:58:00+01:00\""));
	WANT(says(json_of(t, &p), "\"summary\":\"Friday 12 December 2025"));
	/* What no words tell is told all the same. */
	d.event.capacity = 12;
	WANT(event_change(t, p.id, &d, NULL) == OK && world_lines(t, ACT_UPDATE) == 2);
	WANT(says(json_of(t, &p), "\"maximumAttendeeCapacity\":12"));
	/* It stands in the agenda where it is now, once. */
	struct u64s ids;
	struct viewer nobody = {0};
	WANT(agenda_list(t, &nobody, board.id, NOW, INT64_MAX, 10, &ids) == OK && ids.count == 1);
	WANT(agenda_list(t, &nobody, 0, NOW, START + HOUR, 10, &ids) == OK && ids.count == 0);
	return OK;
}

IN_WRITE(what_nobody_signs_up_for_any_more_is_asked_no_more)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct event_draft d = planned(anna.id, board.id);
	struct circles members = {CIRCLE_EVERYONE, CIRCLE_MEMBERS, false},
		       all = {CIRCLE_EVERYONE, CIRCLE_EVERYONE, false};
	struct post p = held(t, d);
	time_freeze(NOW + HOUR);
	d.event.no_sign_up = true;
	WANT(event_change(t, p.id, &d, NULL) == OK && world_lines(t, ACT_UPDATE) == 1);
	const char *json = question_of(t, &p);
	/* Closed, with a reason, and told as a change: without `updated` no end is taken anew. */
	WANT(says(json, "\"closed\":\"2025-11-21T09:58:12.000Z\"")
		&& says(json, "\"endTime\":\"2025-11-21T09:58:12.000Z\"")
		&& says(json, "\"updated\":\"2025-11-21T09:58:12.000Z\"")
		&& says(json, "you need not sign up") && !says(json, "Are you coming?"));
	time_freeze(NOW + 2 * HOUR);
	d.event.no_sign_up = false;
	WANT(event_change(t, p.id, &d, NULL) == OK);
	json = question_of(t, &p);
	WANT(!says(json, "\"closed\"") && says(json, "Are you coming?")
		&& says(json, "\"endTime\":\"2025-12-11T08:58:00.000Z\"")
		&& says(json, "\"published\":\"2025-11-21T08:58:12.000Z\""));
	d.circles = &members;
	WANT(event_change(t, p.id, &d, NULL) == OK);
	json = question_of(t, &p);
	WANT(says(json, "\"closed\"") && says(json, "Members can sign up for this."));
	/* One that is asked later than it was placed is as old as its asking: else it comes too late. */
	d.circles = &all;
	d.event.no_sign_up = true;
	p = held(t, d);
	WANT(*question_of(t, &p) == '\0');
	time_freeze(NOW + 3 * DAY);
	d.event.no_sign_up = false;
	WANT(event_change(t, p.id, &d, NULL) == OK);
	WANT(says(question_of(t, &p), "\"published\":\"2025-11-24T08:58:12.000Z\""));
	return OK;
}

IN_WRITE(one_of_another_node_says_when_and_where)
{
	(void)arg;
	static const char *const open[] = {"https://www.w3.org/ns/activitystreams#Public"};
	static const struct viewer nobody;
	struct actor wim = world_remote(t, ACTOR_PERSON, "wim", "wp.example");
	struct object o = {.id = "https://wp.example/events/1",
		.type = "Event",
		.attributed_to = wim.uri,
		.name = "Open day",
		.content = "<p>Come and see.</p>",
		.to = {open, 1},
		.start_time = START,
		.end_time = START + 2 * HOUR,
		.zone = "Europe/London",
		.place = "<b>Hall</b>",
		.address = "Gouda"};
	struct activity a = world_activity(&wim, "https://wp.example/events/1/c", "Create", o.id);
	struct post p;
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	a.object = &o;
	WANT(world_receive(t, &feature_post, &a) == OK && post_by_uri(t, o.id, &p) == OK);
	WANT(p.kind == POST_PAGE && text_is(p.title, "Open day"));
	post_show(t, v, "post", &p, &nobody);
	const struct node *page = view_root(v);
	WANT(world_number(page, "post.event_elsewhere.when.from") == START
		&& world_number(page, "post.event_elsewhere.when.to") == START + 2 * HOUR
		&& text_is(world_text(page, "post.event_elsewhere.when.zone"), "Europe/London")
		&& text_is(world_text(page, "post.event_elsewhere.place"), "Hall")
		&& text_is(world_text(page, "post.event_elsewhere.address"), "Gouda"));
	/* It is moved, and then called off, there. */
	a = world_activity(&wim, "https://wp.example/events/1/u", "Update", o.id);
	a.object = &o;
	o.start_time = START + DAY;
	o.end_time = 0;
	o.zone = "Mars/Olympus";
	o.cancelled = true;
	WANT(world_receive(t, &feature_post, &a) == OK && post_by_uri(t, o.id, &p) == OK);
	v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", &p, &nobody);
	page = view_root(v);
	WANT(world_number(page, "post.event_elsewhere.when.from") == START + DAY
		&& text_is(world_text(page, "post.event_elsewhere.when.zone"), HERE)
		&& world_number(page, "post.event_elsewhere.cancelled") == 1);
	return OK;
}

IN_WRITE(it_is_cancelled_and_goes_on_after_all)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct post p = held(t, planned(anna.id, board.id));
	WANT(event_cancel(t, bas.id, p.id, true, NULL) == ERR_FORBIDDEN);
	WANT(event_cancel(t, anna.id, p.id, true, " Storm ") == OK);
	struct event e = event_of(t, p.id);
	WANT(e.cancelled && text_is(e.reason, "Storm") && e.news == NOTICE_EVENT_CANCELLED);
	const char *json = json_of(t, &p);
	WANT(says(json, "\"eventStatus\":\"EventCancelled\"")
		&& says(json, "\"ical:status\":\"CANCELLED\"")
		&& says(json, "\"summary\":\"CANCELLED. Thursday 11 December"));
	WANT(says(question_of(t, &p), "<strong>CANCELLED: Walk</strong>")
		&& says(question_of(t, &p), "\"closed\":\"2025-11-21T"));
	WANT(event_cancel(t, anna.id, p.id, false, NULL) == OK && !event_of(t, p.id).cancelled);
	WANT(says(json_of(t, &p), "\"eventStatus\":\"EventScheduled\""));
	time_freeze(START + 3 * HOUR);
	WANT(event_cancel(t, anna.id, p.id, true, NULL) == ERR_GONE);
	return OK;
}

IN_WRITE(what_is_deleted_leaves_nothing)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct post p = held(t, planned(anna.id, board.id));
	struct attendance a;
	struct attend d = {.event = p.id,
		.actor = anna.id,
		.state = ATTENDING_YES,
		.door = DOOR_WEB,
		.shown = -1};
	struct event e;
	struct u64s ids;
	struct viewer nobody = {0};
	WANT(attend(t, &d, NULL, &a) == OK);
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK);
	WANT(event_load(t, p.id, &e) == ERR_NOT_FOUND);
	WANT(attendance_of(t, p.id, anna.id, &a) == ERR_NOT_FOUND);
	WANT(agenda_list(t, &nobody, 0, NOW, INT64_MAX, 10, &ids) == OK && ids.count == 0);
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

static uint64_t series;

static enum err begun(struct txn *t, void *arg)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct event_draft d = planned(anna.id, board.id);
	d.event.repeat = (struct repeat){REPEAT_WEEKS, 1, 2, 0};
	struct post p = held(t, d);
	series = p.id;
	return OK;
}

static enum err went_on(struct txn *t, void *arg)
{
	(void)arg;
	struct event first = event_of(t, series), second = event_of(t, first.next);
	struct post p;
	WANT(first.next != 0 && second.start == START + 7 * DAY
		&& second.end == START + 7 * DAY + 2 * HOUR);
	WANT(second.repeat.count == 1 && second.next == 0);
	WANT(post_load(t, first.next, &p) == OK && text_is(p.title, "Walk")
		&& says(p.summary, "18 December 2025, 9:58"));
	WANT(world_lines(t, ACT_CREATE) == 2);
	return OK;
}

static enum err ended(struct txn *t, void *arg)
{
	(void)arg;
	WANT(event_of(t, event_of(t, series).next).next == 0 && world_lines(t, ACT_CREATE) == 2);
	return OK;
}

static void run_chore(void)
{
	feature_event.chores->run(world.store, feature_event.chores->arg);
}

static void a_series_goes_on_until_it_ends(void **state)
{
	(void)state;
	world_run(begun);
	run_chore();
	time_freeze(START + MINUTE);
	run_chore();
	run_chore();
	world_run(went_on);
	time_freeze(START + 8 * DAY);
	run_chore();
	world_run(ended);
}

/* ---- pages and files ------------------------------------------------------------------------- */

static const char *const form[] = {"title=Walk", "text=Through the woods", "date=2025-12-11",
	"time=9.58", "end_time=11:58", "place=Town hall", "sign_up=on", "repeat=weekday", "times=3",
	"questions=Diet?\r\nShoes?", "capacity=2", "waiting=on", NULL};

IN_WRITE(a_form_makes_it_and_changes_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer me = {.actor = anna.id, .local = true};
	struct u64s ids;
	const struct node *page;
	char id[ID_TEXT];
	struct call *call = world_call(
		&feature_event, METHOD_POST, "/c/board/new/event", &me, form);
	WANT(world_read(world_call(&feature_event, METHOD_GET, "/c/board/new/event", &me, NULL), t,
		     &page)
			== OK
		&& world_number(page, "form.comes_back") == 0);
	WANT(call->route->write(call, t) == OK);
	WANT(agenda_list(t, &me, board.id, NOW, INT64_MAX, 10, &ids) == OK && ids.count == 1);
	struct event e = event_of(t, ids.at[0]);
	WANT(e.start == START && e.end == e.start + 2 * HOUR && e.capacity == 2);
	WANT(text_is(e.questions, "Diet?\nShoes?") && e.waiting && !e.members_first);
	WANT(e.repeat.kind == REPEAT_MONTHS_WEEKDAY && e.repeat.count == 3);
	const char *path = arena_format(world.arena, "/p/%s/event", id_text(ids.at[0], id));
	call = world_call(&feature_event, METHOD_GET, path, &me, NULL);
	WANT(world_read(call, t, &page) == OK);
	WANT(text_is(world_text(page, "form.date"), "2025-12-11")
		&& text_is(world_text(page, "form.time"), "09:58")
		&& text_is(world_text(page, "form.zone"), HERE)
		&& text_is(world_text(page, "form.times"), "3")
		&& world_number(page, "form.repeats.4.chosen") == 1
		&& world_number(page, "form.comes_back") == 1);
	static const char *const bad[] = {"title=Walk", "date=11-12-2025", "time=9", NULL};
	call = world_call(&feature_event, METHOD_POST, path, &me, bad);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "date"));
	struct actor bas = world_person(t, "bas");
	struct viewer other = {.actor = bas.id, .local = true};
	call = world_call(&feature_event, METHOD_GET, path, &other, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	return OK;
}

static const char *file_of(struct txn *t, const char *path, const struct viewer *viewer)
{
	struct call *call = world_call(&feature_calendar, METHOD_GET, path, viewer, NULL);
	enum err e = call->route->read(call, t, NULL);
	return e == OK ? arena_text_n(world.arena, call->reply.body.data, call->reply.body.size)
		       : err_name(e);
}

IN_WRITE(calendars_see_what_their_owner_may_see)
{
	(void)arg;
	struct account_draft account = {.name = "anna", .email = "anna@x.nl"};
	struct actor anna, board = world_group(t, "board");
	WANT(account_create(t, &account, NULL, &anna) == OK);
	struct viewer nobody = {0}, me = {.actor = anna.id, .local = true};
	char id[ID_TEXT];
	world_member(&anna, board.id, 0, 0);
	struct event_draft d = planned(anna.id, board.id);
	d.event.link = "https://meet.example/secret";
	d.event.repeat = (struct repeat){REPEAT_WEEKS, 1, 0, START + 30 * DAY};
	struct post p = held(t, d);
	struct circles circles = {CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	d.circles = &circles;
	d.title = "Members evening";
	d.event.repeat = (struct repeat){0};
	struct post inside = held(t, d);
	const char *open = file_of(t, "/c/board/agenda.ics", &me);
	WANT(says(open, "SUMMARY:Walk\r\n") && !says(open, "Members evening"));
	WANT(says(open, "RRULE:FREQ=WEEKLY")
		&& says(open, "DTSTART;TZID=Europe/Amsterdam:20251211T095800"));
	WANT(!says(open, "secret"));
	WANT(says(file_of(t, "/agenda.ics", &nobody), "SUMMARY:Walk\r\n"));
	const char *one = arena_format(world.arena, "/p/%s/event.ics", id_text(inside.id, id));
	WANT(text_is(file_of(t, one, &nobody), "not_found"));
	WANT(says(file_of(t, one, &me), "Members evening")
		&& !says(file_of(t, one, &me), "secret"));
	/* By a secret address of their own, which a new one ends. */
	static const char *const none[] = {NULL};
	struct call *call = world_call(
		&feature_calendar, METHOD_POST, "/agenda/address", &me, none);
	const struct node *page;
	WANT(call->route->write(call, t) == OK);
	call = world_call(&feature_calendar, METHOD_GET, "/c/board/agenda", &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "events") == 2);
	WANT(world_number(page, "on_agenda") == 1
		&& text_is(world_text(page, "actor.name"), "board")); /* under its head */
	const char *own = world_text(page, "own_calendar.url") + strlen("https://ex.org");
	WANT(text_starts(world_text(page, "own_calendar.webcal"), "webcal://ex.org/calendar/"));
	WANT(says(file_of(t, own, &nobody), "Members evening")
		&& !says(file_of(t, own, &nobody), "secret"));
	struct attend a = {.event = p.id,
		.actor = anna.id,
		.state = ATTENDING_YES,
		.door = DOOR_WEB,
		.shown = -1};
	struct attendance out;
	WANT(attend(t, &a, NULL, &out) == OK && says(file_of(t, own, &nobody), "secret"));
	call = world_call(&feature_calendar, METHOD_POST, "/agenda/address", &me, none);
	WANT(call->route->write(call, t) == OK && text_is(file_of(t, own, &nobody), "not_found"));
	return OK;
}

IN_WRITE(the_agenda_leaves_out_what_was)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer nobody = {0};
	const struct node *page;
	struct event_draft d = planned(anna.id, board.id);
	WANT(held(t, d).id != 0);
	d.event.start += 10 * DAY;
	d.event.end += 10 * DAY;
	d.title = "Later";
	WANT(held(t, d).id != 0);
	time_freeze(START + HOUR); /* it goes on now */
	struct call *call = world_call(&feature_calendar, METHOD_GET, "/agenda", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "events") == 2);
	time_freeze(START + 3 * HOUR);
	WANT(world_read(call, t, &page) == OK && world_count(page, "events") == 1);
	WANT(text_is(world_text(page, "events.0.words"), "Later"));
	static const char *const past[] = {"past=1", NULL};
	call = world_call(&feature_calendar, METHOD_GET, "/agenda", &nobody, past);
	WANT(world_read(call, t, &page) == OK
		&& text_is(world_text(page, "events.0.words"), "Walk"));
	return OK;
}

IN_WRITE(a_recap_and_its_event_know_each_other)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer me = {.actor = anna.id, .local = true};
	static const char *const said[] = {"title=Recap: Walk", "text=It was fine.", NULL};
	char id[ID_TEXT];
	struct post p = held(t, planned(anna.id, board.id)), recap;
	const char *path = arena_format(world.arena, "/p/%s/recap", id_text(p.id, id));
	struct call *call = world_call(&feature_event, METHOD_POST, path, &me, said);
	WANT(call->route->write(call, t) == ERR_CONFLICT); /* it has not begun */
	time_freeze(START + HOUR);
	WANT(call->route->write(call, t) == OK);
	uint64_t made = event_of(t, p.id).recap;
	WANT(post_load(t, made, &recap) == OK && recap.kind == POST_ARTICLE
		&& recap.community == board.id && says(recap.content, p.url));
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", &p, &me);
	WANT(text_is(world_text(view_root(v), "post.event.recap"), post_path(t, &recap)));
	WANT(call->route->write(call, t) == ERR_CONFLICT); /* one is enough */
	return OK;
}

/* When, where and how to sign up are read first, whatever is told about it. */
IN_WRITE(its_page_begins_with_when_and_where)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct viewer me = world_as(&bas);
	struct post p = held(t, planned(anna.id, board.id));
	const struct node *page;
	struct bytes html;
	WANT(world_read(
		     world_call(&feature_post, METHOD_GET, post_path(t, &p), &me, NULL), t, &page)
		== OK);
	page_load();
	WANT(page_render(world.arena, "conversation", page, "nl", &html) == OK);
	const char *when = strstr(html.data, "donderdag 11 december"),
		   *sign_up = strstr(html.data, "value=\"yes\""),
		   *words = strstr(html.data, "<em>woods</em>");
	WANT(when != NULL && sign_up != NULL && words != NULL);
	WANT(when < sign_up && sign_up < words && says(html.data, "0 mensen komen"));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_event_says_when_and_where_everywhere),
		WORLD_TEST(a_question_stands_beside_it_for_who_can_tap_only),
		WORLD_TEST(what_cannot_be_is_refused_in_words),
		WORLD_TEST(a_change_is_said_once_and_counted),
		WORLD_TEST(what_nobody_signs_up_for_any_more_is_asked_no_more),
		WORLD_TEST(one_of_another_node_says_when_and_where),
		WORLD_TEST(it_is_cancelled_and_goes_on_after_all),
		WORLD_TEST(what_is_deleted_leaves_nothing),
		WORLD_TEST(a_series_goes_on_until_it_ends),
		WORLD_TEST(a_form_makes_it_and_changes_it),
		WORLD_TEST(calendars_see_what_their_owner_may_see),
		WORLD_TEST(the_agenda_leaves_out_what_was),
		WORLD_TEST(a_recap_and_its_event_know_each_other),
		WORLD_TEST(its_page_begins_with_when_and_where),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
