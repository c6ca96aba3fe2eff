/* attendance.c: tests of the one list of who comes: its doors, its queue, what is told and what is forgotten. */
#include "world.h"

#include "event.h"
#include "roll.h"

#include <string.h>

#define START (NOW + 20 * DAY - 12 * SECOND)
#define MANY 1000

static int open_with_mail(void **state)
{
	int failed = world_open(state);
	page_load();
	world.site.mail_from = "kring@ex.org";
	return failed;
}
#define MAIL_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_mail, world_close)

static struct post held(struct txn *t, uint64_t author, uint64_t community, struct event e)
{
	struct post p = {0};
	struct event_draft d = {.author = author,
		.community = community,
		.title = "Walk",
		.source = "Through the woods.",
		.language = "en",
		.event = e};
	d.event.start = START;
	d.event.zone = "Europe/Amsterdam";
	d.event.place = "Town hall";
	return event_create(t, &d, NULL, &p) == OK ? p : (struct post){0};
}

static enum err say(
	struct txn *t, uint64_t event, uint64_t who, uint32_t state, const char *answers)
{
	struct attendance out;
	struct attend d = {.event = event,
		.actor = who,
		.state = state,
		.door = DOOR_WEB,
		.answers = answers,
		.shown = -1};
	return attend(t, &d, NULL, &out);
}

static uint32_t state_of(struct txn *t, uint64_t event, uint64_t who)
{
	struct attendance a;
	return attendance_of(t, event, who, &a) == OK ? a.state : ATTENDING_NONE;
}

static bool counts(
	struct txn *t, uint64_t event, int64_t yes, int64_t waiting, int64_t maybe, int64_t no)
{
	return attendance_count(t, event, ATTENDING_YES) == yes
		&& attendance_count(t, event, ATTENDING_WAITING) == waiting
		&& attendance_count(t, event, ATTENDING_MAYBE) == maybe
		&& attendance_count(t, event, ATTENDING_NO) == no;
}

static bool says(const char *words, const char *part)
{
	return words != NULL && strstr(words, part) != NULL;
}

/* The next mail that waits, taken out: its page. */
static const char *mail_to(struct txn *t, const char *to)
{
	struct mail m;
	if (mail_next(t, MANY, &m) != OK || !text_is(m.to, to))
		return "";
	return mail_end(t, &m, MAIL_SENT, MINUTE) == OK ? m.html : "";
}

IN_WRITE(each_is_on_it_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct post p = held(t, anna.id, board.id, (struct event){0});
	size_t lines = world_lines(t, 0);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK && counts(t, p.id, 1, 0, 0, 0));
	WANT(say(t, p.id, bas.id, ATTENDING_MAYBE, NULL) == OK && counts(t, p.id, 0, 0, 1, 0));
	WANT(say(t, p.id, anna.id, ATTENDING_NO, NULL) == OK && counts(t, p.id, 0, 0, 1, 1));
	struct u64s all;
	WANT(attendance_list(t, p.id, 0, 10, &all) == OK && all.count == 2);
	WANT(world_lines(t, 0) == lines); /* who comes is told to nobody */
	return OK;
}

IN_WRITE(the_queue_moves_up_in_its_order)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), dik = world_person(t, "dik"),
		     board = world_group(t, "board");
	struct post p = held(t, anna.id, board.id, (struct event){.capacity = 1, .waiting = true});
	WANT(say(t, p.id, anna.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	time_freeze(NOW + MINUTE);
	WANT(say(t, p.id, cas.id, ATTENDING_YES, NULL) == OK && counts(t, p.id, 1, 2, 0, 0));
	/* Who steps back and returns stands at the end. */
	WANT(say(t, p.id, bas.id, ATTENDING_NO, NULL) == OK);
	time_freeze(NOW + 2 * MINUTE);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, dik.id, ATTENDING_YES, NULL) == OK && counts(t, p.id, 1, 3, 0, 0));
	WANT(say(t, p.id, anna.id, ATTENDING_NO, NULL) == OK);
	WANT(state_of(t, p.id, cas.id) == ATTENDING_YES && counts(t, p.id, 1, 2, 0, 1));
	struct u64s notices;
	struct notice n;
	WANT(notify_list(t, cas.id, 0, 10, &notices) == OK && notices.count == 1);
	WANT(notify_load(t, cas.id, notices.at[0], &n) == OK && n.kind == NOTICE_EVENT_PLACE
		&& n.post == p.id);
	/* Room for all lets all in. */
	struct event_draft d = {.author = anna.id,
		.community = board.id,
		.title = "Walk",
		.source = "x",
		.language = "en"};
	struct event e;
	WANT(event_load(t, p.id, &e) == OK);
	d.event = e;
	d.event.capacity = 3;
	WANT(event_change(t, p.id, &d, NULL) == OK && counts(t, p.id, 3, 0, 0, 1));
	d.event.capacity = 2;
	struct refusal why = {0};
	WANT(event_change(t, p.id, &d, &why) == ERR_INVALID && text_is(why.field, "capacity"));
	return OK;
}

IN_WRITE(members_go_first_where_that_is_said)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), board = world_group(t, "board");
	world_member(&cas, board.id, 0, 0);
	struct event e = {.capacity = 1, .waiting = true, .members_first = true};
	struct post p = held(t, anna.id, board.id, e);
	WANT(say(t, p.id, anna.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	time_freeze(NOW + MINUTE);
	WANT(say(t, p.id, cas.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, anna.id, ATTENDING_MAYBE, NULL) == OK);
	WANT(state_of(t, p.id, cas.id) == ATTENDING_YES
		&& state_of(t, p.id, bas.id) == ATTENDING_WAITING);
	return OK;
}

IN_WRITE(full_is_full_and_over_is_over)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct post p = held(t, anna.id, board.id, (struct event){.capacity = 1, .closes = 24});
	WANT(say(t, p.id, anna.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == ERR_CONFLICT
		&& counts(t, p.id, 1, 0, 0, 0));
	WANT(say(t, p.id, bas.id, ATTENDING_MAYBE, NULL) == OK);
	WANT(event_cancel(t, anna.id, p.id, true, NULL) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == ERR_GONE);
	WANT(event_cancel(t, anna.id, p.id, false, NULL) == OK);
	time_freeze(START - DAY);
	WANT(say(t, p.id, bas.id, ATTENDING_MAYBE, NULL) == ERR_GONE); /* signing up has ended */
	WANT(say(t, p.id, anna.id, ATTENDING_NO, NULL) == OK);         /* signing off has not */
	time_freeze(START + 4 * HOUR);
	WANT(say(t, p.id, anna.id, ATTENDING_NO, NULL) == ERR_GONE);
	return OK;
}

IN_WRITE(the_circle_for_acting_signs_up)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), board = world_group(t, "board");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	world_member(&bas, board.id, 0, 0);
	struct circles circles = {CIRCLE_EVERYONE, CIRCLE_MEMBERS};
	struct event_draft d = {.author = anna.id,
		.community = board.id,
		.circles = &circles,
		.title = "Assembly",
		.language = "en",
		.event = {.start = START, .zone = "UTC", .place = "Hall"}};
	struct post p;
	WANT(event_create(t, &d, NULL, &p) == OK && p.visibility == VISIBLE_PUBLIC);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, cas.id, ATTENDING_YES, NULL) == ERR_FORBIDDEN);
	WANT(say(t, p.id, xi.id, ATTENDING_YES, NULL) == ERR_FORBIDDEN);
	WANT(!attendance_may(t, 0, &p)); /* nor guests */
	struct actor eva = world_person(t, "eva");
	WANT(block_add(t, anna.id, anna.id, eva.id, NULL, NULL) == OK);
	WANT(say(t, p.id, eva.id, ATTENDING_YES, NULL) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(questions_are_answered_and_forgotten)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct post p = held(t, anna.id, board.id, (struct event){.questions = "Diet?\nShoes?"});
	struct attendance a;
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == ERR_INVALID);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, "vegan\n") == ERR_INVALID);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, "\n42") == ERR_INVALID);
	WANT(say(t, p.id, bas.id, ATTENDING_MAYBE, NULL) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, "vegan\n42") == OK);
	WANT(attendance_of(t, p.id, bas.id, &a) == OK && text_is(a.answers, "vegan\n42"));
	WANT(say(t, p.id, bas.id, ATTENDING_NO, NULL) == OK);
	WANT(attendance_of(t, p.id, bas.id, &a) == OK && a.answers == NULL);
	return OK;
}

/* ---- a guest --------------------------------------------------------------------------------- */

static const char *path_in(const char *html, const char *begin)
{
	const char *at = html != NULL ? strstr(html, begin) : NULL;
	return at != NULL ? arena_text_n(world.arena, at, strcspn(at, "\"")) : "";
}

IN_WRITE(a_guest_comes_by_mail_and_leaves_nothing)
{
	(void)arg;
	static const char *const typed[] = {"answer=yes", "name=Guus", "email=Guus@x.nl", NULL};
	static const char *const yes[] = {"answer=yes", NULL}, *const no[] = {"answer=no", NULL};
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer nobody = {0};
	const struct node *page;
	char id[ID_TEXT];
	struct post p = held(
		t, anna.id, board.id, (struct event){.link = "https://meet.example/secret"});
	const char *path = arena_format(world.arena, "/p/%s/attend", id_text(p.id, id));
	struct call *call = world_call(&feature_attendance, METHOD_POST, path, &nobody, typed);
	WANT(call->route->write(call, t) == OK && counts(t, p.id, 0, 0, 0, 0));
	const char *mail = mail_to(t, "guus@x.nl");
	WANT(says(mail, "Do you want to come to Walk?")
		&& says(mail, "Thursday 11 December 2025, 9:58"));
	WANT(!says(mail, "secret"));
	const char *confirm = path_in(mail, "/attending/");
	/* A program that opens each link of a mail signs up nobody. */
	call = world_call(&feature_attendance, METHOD_GET, confirm, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "fresh") == 1
		&& counts(t, p.id, 0, 0, 0, 0));
	call = world_call(&feature_attendance, METHOD_POST, confirm, &nobody, yes);
	WANT(call->route->write(call, t) == OK && counts(t, p.id, 1, 0, 0, 0));
	mail = mail_to(t, "guus@x.nl");
	WANT(says(mail, "Walk: You are on the list") && says(mail, "https://meet.example/secret"));
	WANT(call->route->write(call, t) == ERR_NOT_FOUND); /* that link is used up */
	const char *manage = path_in(mail, "/attending/");
	call = world_call(&feature_attendance, METHOD_GET, manage, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "now.listed") == 1);
	WANT(text_is(world_text(page, "link"), "https://meet.example/secret"));
	call = world_call(&feature_calendar, METHOD_GET,
		arena_format(world.arena, "%s.ics", manage), &nobody, NULL);
	WANT(call->route->read(call, t, NULL) == OK && says(call->reply.body.data, "meet.example"));
	call = world_call(&feature_attendance, METHOD_POST, manage, &nobody, no);
	WANT(call->route->write(call, t) == OK && counts(t, p.id, 0, 0, 0, 0));
	struct u64s all;
	WANT(attendance_list(t, p.id, 0, 10, &all) == OK && all.count == 0);
	call = world_call(&feature_attendance, METHOD_GET, manage, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && call->reply.status == 410);
	return OK;
}

IN_WRITE(a_guest_goes_with_the_account_of_the_same_address)
{
	(void)arg;
	static const char *const typed[] = {"answer=yes", "name=Guus", "email=Guus@x.nl", NULL},
				 *const yes[] = {"answer=yes", NULL};
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer nobody = {0};
	struct leaver leaver = {.actor = anna.id + 1, .email = "guus@x.nl"};
	struct link link;
	char id[ID_TEXT];
	struct post p = held(t, anna.id, board.id, (struct event){0});
	const char *path = arena_format(world.arena, "/p/%s/attend", id_text(p.id, id));
	for (int i = 0; i < 2; i++) { /* one is confirmed, one waits for it */
		struct call *call = world_call(
			&feature_attendance, METHOD_POST, path, &nobody, typed);
		WANT(call->route->write(call, t) == OK);
		path = arena_format(world.arena, "/p/%s/attend", id_text(p.id, id));
		const char *confirm = path_in(mail_to(t, "guus@x.nl"), "/attending/");
		if (i == 1) {
			leaver.name = strrchr(confirm, '/') + 1;
			break;
		}
		call = world_call(&feature_attendance, METHOD_POST, confirm, &nobody, yes);
		WANT(call->route->write(call, t) == OK && counts(t, p.id, 1, 0, 0, 0));
		(void)mail_to(t, "guus@x.nl");
	}
	WANT(link_find(t, LINK_ATTENDANCE_NEW, leaver.name, &link) == OK);
	struct place at = {0};
	WANT(feature_attendance.personal->forget(t, &leaver, &at) == OK && at.size == 0);
	WANT(feature_link.personal->forget(t, &leaver, &at) == OK && at.size == 0);
	WANT(link_find(t, LINK_ATTENDANCE_NEW, leaver.name, &link) == ERR_NOT_FOUND);
	struct u64s all;
	WANT(attendance_list(t, p.id, 0, 10, &all) == OK && all.count == 0
		&& counts(t, p.id, 0, 0, 0, 0));
	return OK;
}

IN_WRITE(what_a_guest_types_wrong_is_said)
{
	(void)arg;
	static const char *const bad[] = {"answer=yes", "name=Guus", "email=guus", NULL},
				 *const anon[] = {"answer=yes", "email=guus@x.nl", NULL};
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct viewer nobody = {0};
	char id[ID_TEXT];
	struct post p = held(t, anna.id, board.id, (struct event){0});
	const char *path = arena_format(world.arena, "/p/%s/attend", id_text(p.id, id));
	struct call *call = world_call(&feature_attendance, METHOD_POST, path, &nobody, bad);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "email"));
	call = world_call(&feature_attendance, METHOD_POST, path, &nobody, anon);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "name"));
	return OK;
}

/* ---- other nodes ----------------------------------------------------------------------------- */

static struct activity vote_of(
	const struct actor *who, struct object *o, const char *to, const char *name)
{
	*o = (struct object){.id = "https://a.example/votes/1",
		.type = "Note",
		.attributed_to = who->uri,
		.in_reply_to = to,
		.name = name};
	struct activity a = world_activity(
		who, "https://a.example/votes/1/create", "Create", o->id);
	a.object = o;
	return a;
}

IN_WRITE(a_tap_in_an_app_is_answered_by_message)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = held(
		t, anna.id, board.id, (struct event){.link = "https://meet.example/secret"});
	const char *question = post_question_uri(txn_arena(t), &p);
	struct object o;
	struct activity a = vote_of(&xi, &o, question, "I am coming");
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, xi.id) == ATTENDING_YES);
	struct line line = world_last(t, ACT_EVENT_TELL);
	WANT(line.actor == anna.id && line.object == p.id && line.target == xi.id);
	WANT(says(line.note, "You are on the list.")
		&& says(line.note,
			"<strong>Walk</strong><br>Thursday 11 December 2025, 9:58<br>Town hall")
		&& says(line.note, "https://meet.example/secret")
		&& says(line.note, "https://ex.org/attending/"));
	a = vote_of(&xi, &o, question, "Ik kan niet"); /* in either language */
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, xi.id) == ATTENDING_NO);
	a = vote_of(&xi, &o, question, "Perhaps");
	WANT(world_receive(t, &feature_attendance, &a) == ERR_INVALID);
	a = vote_of(&xi, &o, question, "Maybe");
	a.via = board.id; /* a group's word is nobody's answer */
	WANT(world_receive(t, &feature_attendance, &a) == ERR_FORBIDDEN);
	a = vote_of(&xi, &o, question, "Maybe");
	o.attributed_to = anna.uri;
	WANT(world_receive(t, &feature_attendance, &a) == ERR_FORBIDDEN);
	a = vote_of(&xi, &o, question, "Maybe");
	o.content = "<p>Maybe I can</p>"; /* that is an answer in the conversation */
	WANT(world_receive(t, &feature_attendance, &a) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_join_is_accepted_or_refused)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "mobi.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "mobi.example");
	struct post p = held(t, anna.id, board.id, (struct event){.capacity = 1});
	struct activity a = world_activity(&xi, "https://mobi.example/join/1", "Join", p.uri);
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, xi.id) == ATTENDING_YES);
	struct line line = world_last(t, ACT_EVENT_ACCEPT);
	WANT(line.actor == anna.id && line.object == p.id && line.target == xi.id
		&& text_is(line.uri, "https://mobi.example/join/1"));
	WANT(world_lines(t, ACT_EVENT_TELL) == 0); /* their own program tells them */
	struct activity full = world_activity(&yo, "https://mobi.example/join/2", "Join", p.uri);
	WANT(world_receive(t, &feature_attendance, &full) == OK
		&& state_of(t, p.id, yo.id) == ATTENDING_NONE);
	line = world_last(t, ACT_EVENT_REJECT);
	WANT(line.target == yo.id && text_is(line.uri, "https://mobi.example/join/2"));
	a = world_activity(&xi, "https://mobi.example/leave/1", "Leave", p.uri);
	WANT(world_receive(t, &feature_attendance, &a) == OK && counts(t, p.id, 0, 0, 0, 0));
	WANT(world_receive(t, &feature_attendance, &a) == ERR_NOT_FOUND);
	WANT(world_receive(t, &feature_attendance, &full) == OK
		&& state_of(t, p.id, yo.id) == ATTENDING_YES);
	struct activity undo = world_activity(&yo, "https://mobi.example/undo/1", "Undo", NULL);
	undo.inner = &full;
	WANT(world_receive(t, &feature_attendance, &undo) == OK && counts(t, p.id, 0, 0, 0, 0));
	/* What is no event of here is no business of this list. */
	a = world_activity(&xi, "https://mobi.example/join/3", "Join", board.uri);
	WANT(world_receive(t, &feature_attendance, &a) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_join_to_what_they_may_not_read_is_as_to_nothing)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "mobi.example");
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	struct event_draft d = {.author = anna.id,
		.community = board.id,
		.circles = &members,
		.title = "Walk",
		.event = {.start = START, .zone = "Europe/Amsterdam", .place = "Town hall"}};
	struct post p;
	WANT(event_create(t, &d, NULL, &p) == OK);
	struct activity a = world_activity(&xi, "https://mobi.example/join/1", "Join", p.uri);
	WANT(world_receive(t, &feature_attendance, &a) == ERR_NOT_FOUND
		&& state_of(t, p.id, xi.id) == ATTENDING_NONE
		&& world_lines(t, ACT_EVENT_REJECT) == 0);
	return OK;
}

IN_WRITE(who_waits_by_join_is_told_and_accepted_later)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "mobi.example");
	struct post p = held(t, anna.id, board.id, (struct event){.capacity = 1, .waiting = true});
	struct activity a = world_activity(&xi, "https://mobi.example/join/1", "Join", p.uri);
	WANT(say(t, p.id, anna.id, ATTENDING_YES, NULL) == OK);
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, xi.id) == ATTENDING_WAITING);
	WANT(world_lines(t, ACT_EVENT_ACCEPT) == 0
		&& says(world_last(t, ACT_EVENT_TELL).note, "You are on the waiting list"));
	WANT(say(t, p.id, anna.id, ATTENDING_NO, NULL) == OK
		&& state_of(t, p.id, xi.id) == ATTENDING_YES);
	WANT(world_lines(t, ACT_EVENT_ACCEPT) == 1
		&& says(world_last(t, ACT_EVENT_TELL).note, "There is a place for you"));
	return OK;
}

IN_WRITE(friendica_answers_the_event_itself)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), board = world_group(t, "board");
	struct actor fred = world_remote(t, ACTOR_PERSON, "fred", "fri.example");
	struct post p = held(t, anna.id, board.id, (struct event){0});
	struct activity a = world_activity(
		&fred, "https://fri.example/1", "TentativeAccept", p.uri);
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, fred.id) == ATTENDING_MAYBE);
	a = world_activity(&fred, "https://fri.example/2", "Accept", p.uri);
	WANT(world_receive(t, &feature_follow, &a) == ERR_NOT_FOUND); /* it is asked first */
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, fred.id) == ATTENDING_YES);
	a = world_activity(&fred, "https://fri.example/3", "Reject", p.uri);
	WANT(world_receive(t, &feature_follow, &a) == ERR_NOT_FOUND);
	WANT(world_receive(t, &feature_attendance, &a) == OK
		&& state_of(t, p.id, fred.id) == ATTENDING_NO);
	WANT(world_lines(t, ACT_EVENT_TELL) == 3);
	struct u64s heard;
	WANT(attendance_heard_by(t, p.id, 0, 10, &heard) == OK && heard.count == 1
		&& heard.at[0] == fred.id);
	return OK;
}

/* ---- the organiser, and the others ----------------------------------------------------------- */

IN_WRITE(the_organiser_sees_ticks_and_exports)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct viewer me = {.actor = anna.id, .local = true},
		      other = {.actor = bas.id, .local = true};
	struct attendance a;
	const struct node *page;
	char id[ID_TEXT], number[ID_TEXT];
	struct post p = held(t, anna.id, board.id, (struct event){.questions = "Diet?"});
	WANT(say(t, p.id, bas.id, ATTENDING_YES, "=1+1") == OK);
	WANT(attendance_of(t, p.id, bas.id, &a) == OK);
	const char *path = arena_format(world.arena, "/p/%s/attendees", id_text(p.id, id));
	const char *csv = arena_format(world.arena, "%s.csv", path);
	struct call *call = world_call(&feature_attendance, METHOD_GET, path, &me, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "attendees") == 1);
	WANT(text_is(world_text(page, "attendees.0.name"), "bas")
		&& text_is(world_text(page, "attendees.0.answers.0.said"), "=1+1"));
	call = world_call(&feature_attendance, METHOD_GET, path, &other, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	const char *const ticked[] = {
		arena_format(world.arena, "listed=%s", id_text(a.number, number)),
		arena_format(world.arena, "came=%s", number), NULL};
	call = world_call(&feature_attendance, METHOD_POST, path, &other, ticked);
	WANT(call->route->write(call, t) == ERR_FORBIDDEN);
	call = world_call(&feature_attendance, METHOD_POST, path, &me, ticked);
	WANT(call->route->write(call, t) == OK);
	WANT(attendance_of(t, p.id, bas.id, &a) == OK && a.came);
	call = world_call(&feature_attendance, METHOD_GET, csv, &me, NULL);
	WANT(call->route->read(call, t, NULL) == OK);
	const char *table = arena_text_n(world.arena, call->reply.body.data, call->reply.body.size);
	WANT(says(table, "Name;Address;Answer;Signed up by;Was there;Since;Diet?\r\n"));
	WANT(says(table, "bas;bas@ex.org;Coming;This site;Yes;2025-11-21T"));
	WANT(says(table, ";\"'=1+1\"\r\n")); /* no spreadsheet runs it */
	call = world_call(&feature_attendance, METHOD_GET, csv, &other, NULL);
	WANT(call->route->read(call, t, NULL) == ERR_FORBIDDEN);
	const char *const unticked[] = {ticked[0], NULL};
	call = world_call(&feature_attendance, METHOD_POST, path, &me, unticked);
	WANT(call->route->write(call, t) == OK);
	WANT(attendance_of(t, p.id, bas.id, &a) == OK && !a.came);
	const char *const off[] = {arena_format(world.arena, "number=%s", number), NULL};
	call = world_call(&feature_attendance, METHOD_POST,
		arena_format(world.arena, "%s/remove", path), &me, off);
	WANT(call->route->write(call, t) == OK && state_of(t, p.id, bas.id) == ATTENDING_NONE);
	p.circles.act = CIRCLE_MEMBERS; /* whom anna was one of */
	call = world_call(&feature_attendance, METHOD_GET, csv, &me, NULL);
	WANT(post_save(t, &p) == OK && call->route->read(call, t, NULL) == ERR_FORBIDDEN);
	return OK;
}

static const struct node *seen_by(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", p, viewer);
	return view_root(v);
}

IN_WRITE(names_are_shown_where_they_were_ticked_only)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), board = world_group(t, "board");
	struct viewer nobody = {0}, other = {.actor = cas.id, .local = true},
		      comes = {.actor = bas.id, .local = true};
	struct attendance out;
	struct post p = held(
		t, anna.id, board.id, (struct event){.link = "https://meet.example/secret"});
	struct attend d = {.event = p.id,
		.actor = bas.id,
		.state = ATTENDING_YES,
		.door = DOOR_WEB,
		.shown = 0};
	WANT(attend(t, &d, NULL, &out) == OK);
	WANT(world_count(seen_by(t, &p, &other), "post.event.people") == 0);
	d.shown = 1;
	WANT(attend(t, &d, NULL, &out) == OK);
	WANT(text_is(world_text(seen_by(t, &p, &other), "post.event.people.0.who.name"), "bas"));
	WANT(world_count(seen_by(t, &p, &nobody), "post.event.people") == 0); /* nor outside */
	/* The link is for who is on the list, and its organiser. */
	WANT(text_is(world_text(seen_by(t, &p, &comes), "post.event.link"),
		"https://meet.example/secret"));
	WANT(*world_text(seen_by(t, &p, &other), "post.event.link") == '\0'
		&& *world_text(seen_by(t, &p, &other), "post.event.own_link") == '\0');
	WANT(*world_text(seen_by(t, &p, &nobody), "post.event.link") == '\0');
	return OK;
}

IN_WRITE(who_is_a_member_is_not_told_by_what_everyone_may_read)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), dik = world_person(t, "dik"),
		     board = world_community(t, "board", &anna);
	world_member(&bas, 0, 0, 0);
	world_member(&cas, 0, 0, 0);
	struct viewer organiser = {.actor = anna.id, .local = true},
		      member = {.actor = cas.id, .local = true},
		      guest = {.actor = dik.id, .local = true};
	struct attendance out;
	struct post p = held(t, anna.id, board.id, (struct event){0});
	struct attend d = {.event = p.id,
		.actor = bas.id,
		.state = ATTENDING_YES,
		.door = DOOR_WEB,
		.shown = 1};
	p.circles.act = CIRCLE_MEMBERS;
	WANT(post_save(t, &p) == OK && attend(t, &d, NULL, &out) == OK);
	WANT(world_count(seen_by(t, &p, &member), "post.event.people") == 1
		&& world_count(seen_by(t, &p, &organiser), "post.event.people") == 1);
	const struct node *page = seen_by(t, &p, &guest);
	WANT(world_count(page, "post.event.people") == 0
		&& world_number(page, "post.event.coming") == 1);
	return OK;
}

IN_WRITE(who_is_gone_is_off_the_list)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas"), board = world_group(t, "board");
	struct post p = held(t, anna.id, board.id, (struct event){.capacity = 1, .waiting = true});
	struct line line = {.act = ACT_DELETE_ACTOR, .actor = bas.id, .object = bas.id};
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	WANT(say(t, p.id, cas.id, ATTENDING_YES, NULL) == OK && counts(t, p.id, 1, 1, 0, 0));
	WANT(feature_event.readers->follow(t, &line, NULL) == OK);
	WANT(feature_event.readers->follow(t, &line, NULL) == OK); /* twice is once */
	WANT(state_of(t, p.id, bas.id) == ATTENDING_NONE
		&& state_of(t, p.id, cas.id) == ATTENDING_YES);
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

static uint64_t told_event, told_anna, told_bas, told_guest;

static enum err expected_people(struct txn *t, void *arg)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     board = world_group(t, "board");
	struct attendance guest;
	struct post p = held(t, anna.id, board.id, (struct event){.questions = "Diet?"});
	struct attend d = {.event = p.id,
		.state = ATTENDING_YES,
		.door = DOOR_MAIL,
		.email = "guus@x.nl",
		.name = "Guus",
		.language = "nl",
		.answers = "vegan"};
	WANT(say(t, p.id, bas.id, ATTENDING_YES, "none") == OK
		&& attend(t, &d, NULL, &guest) == OK);
	WANT(says(mail_to(t, "guus@x.nl"), "Walk: Je staat op de lijst"));
	told_event = p.id;
	told_anna = anna.id;
	told_bas = bas.id;
	told_guest = guest.number;
	return OK;
}

static uint32_t newest_notice(struct txn *t, uint64_t who)
{
	struct u64s ids;
	struct notice n;
	return notify_list(t, who, 0, 1, &ids) == OK && ids.count == 1
			&& notify_load(t, who, ids.at[0], &n) == OK
		? n.kind
		: 0;
}

static enum err nothing_yet(struct txn *t, void *arg)
{
	(void)arg;
	int64_t waiting;
	WANT(newest_notice(t, told_bas) == 0 && mail_waiting(t, &waiting) == OK && waiting == 0);
	return OK;
}

static enum err the_day_before(struct txn *t, void *arg)
{
	(void)arg;
	WANT(newest_notice(t, told_bas) == NOTICE_EVENT_DAY && newest_notice(t, told_anna) == 0);
	const char *mail = mail_to(t, "guus@x.nl");
	WANT(says(mail, "Walk: Dit is morgen")
		&& says(mail, "donderdag 11 december 2025, 9.58 uur</time>"));
	WANT(*mail_to(t, "guus@x.nl") == '\0'); /* once */
	return OK;
}

static enum err the_hour_before(struct txn *t, void *arg)
{
	(void)arg;
	WANT(newest_notice(t, told_bas) == NOTICE_EVENT_HOUR);
	WANT(says(mail_to(t, "guus@x.nl"), "Walk: Dit begint binnen een uur"));
	return OK;
}

static enum err kept_for_now(struct txn *t, void *arg)
{
	(void)arg;
	struct attendance a;
	WANT(attendance_of(t, told_event, told_bas, &a) == OK && text_is(a.answers, "none"));
	return OK;
}

static enum err forgotten(struct txn *t, void *arg)
{
	(void)arg;
	struct attendance a;
	WANT(attendance_of(t, told_event, told_bas, &a) == OK && a.answers == NULL);
	WANT(attendance_load(t, told_event, told_guest, &a) == OK && a.answers == NULL
		&& a.name == NULL && a.email == NULL && a.state == ATTENDING_YES);
	return OK;
}

static void at(int64_t when, write_fn *body)
{
	time_freeze(when);
	feature_event.chores->run(world.store, feature_event.chores->arg);
	feature_event.chores->run(world.store, feature_event.chores->arg);
	world_run(body);
}

static void who_comes_is_reminded_and_then_forgotten(void **state)
{
	(void)state;
	world_run(expected_people);
	at(START - DAY - MINUTE, nothing_yet);
	at(START - DAY + MINUTE, the_day_before);
	at(START - HOUR + MINUTE, the_hour_before);
	at(START + 13 * DAY, kept_for_now);
	at(START + 15 * DAY, forgotten);
}

static enum err moved(struct txn *t, void *arg)
{
	(void)arg;
	struct event_draft d = {
		.author = told_anna, .title = "Walk", .source = "x", .language = "en"};
	struct post p;
	WANT(event_load(t, told_event, &d.event) == OK && post_load(t, told_event, &p) == OK);
	d.community = p.community;
	d.event.start += DAY;
	WANT(event_change(t, told_event, &d, NULL) == OK);
	d.event.place = "Library"; /* a second thought in the same minute: told once */
	return event_change(t, told_event, &d, NULL);
}

static enum err heard_of_the_move(struct txn *t, void *arg)
{
	(void)arg;
	WANT(newest_notice(t, told_bas) == NOTICE_EVENT_MOVED);
	const char *mail = mail_to(t, "guus@x.nl");
	WANT(says(mail, "Walk: De tijd of de plaats is veranderd")
		&& says(mail, "vrijdag 12 december 2025, 9.58 uur") && says(mail, "Library")
		&& says(mail,
			"Het was: <time datetime=\"2025-12-11T08:58:00.000Z\">donderdag 11 december"));
	WANT(*mail_to(t, "guus@x.nl") == '\0');
	return OK;
}

static enum err cancelled(struct txn *t, void *arg)
{
	(void)arg;
	return event_cancel(t, told_anna, told_event, true, "Storm");
}

static enum err heard_of_the_end(struct txn *t, void *arg)
{
	(void)arg;
	WANT(newest_notice(t, told_bas) == NOTICE_EVENT_CANCELLED);
	const char *mail = mail_to(t, "guus@x.nl");
	WANT(says(mail, "Walk: Dit gaat niet door") && says(mail, "Storm"));
	return OK;
}

static enum err nobody_is_reminded(struct txn *t, void *arg)
{
	(void)arg;
	WANT(newest_notice(t, told_bas) == NOTICE_EVENT_CANCELLED
		&& *mail_to(t, "guus@x.nl") == '\0');
	return OK;
}

static void who_comes_hears_of_a_move_and_an_end(void **state)
{
	(void)state;
	world_run(expected_people);
	world_run(moved);
	at(NOW + 2 * MINUTE, heard_of_the_move);
	world_run(cancelled);
	at(NOW + 4 * MINUTE, heard_of_the_end);
	at(START + DAY - HOUR + MINUTE, nobody_is_reminded);
}

IN_WRITE(news_is_for_who_may_read_it_as_it_goes)
{
	(void)arg;
	struct account_draft account = {.name = "bas", .title = "Bas", .email = "bas@x.nl"};
	struct refusal why = {0};
	struct actor anna = world_person(t, "anna"), bas, board = world_group(t, "board");
	struct post p = held(t, anna.id, board.id, (struct event){0});
	struct event event;
	struct attendance a;
	struct mail m;
	WANT(account_create(t, &account, &why, &bas) == OK);
	WANT(say(t, p.id, bas.id, ATTENDING_YES, NULL) == OK);
	WANT(event_load(t, p.id, &event) == OK && attendance_of(t, p.id, bas.id, &a) == OK);
	while (mail_next(t, MANY, &m) == OK)
		WANT(mail_end(t, &m, MAIL_SENT, MINUTE) == OK);
	WANT(event_tell(t, &p, &event, &a, NOTICE_EVENT_CANCELLED) == OK);
	WANT(mail_next(t, MANY, &m) == OK && text_is(m.to, "bas@x.nl") && !m.withdrawn);
	circle_set(&p, (struct circles){CIRCLE_CORE, CIRCLE_CORE, false}, NULL);
	WANT(post_save(t, &p) == OK && mail_next(t, MANY, &m) == OK && m.withdrawn);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(each_is_on_it_once),
		MAIL_TEST(the_queue_moves_up_in_its_order),
		WORLD_TEST(members_go_first_where_that_is_said),
		WORLD_TEST(full_is_full_and_over_is_over),
		WORLD_TEST(the_circle_for_acting_signs_up),
		WORLD_TEST(questions_are_answered_and_forgotten),
		MAIL_TEST(a_guest_comes_by_mail_and_leaves_nothing),
		MAIL_TEST(a_guest_goes_with_the_account_of_the_same_address),
		MAIL_TEST(what_a_guest_types_wrong_is_said),
		WORLD_TEST(a_tap_in_an_app_is_answered_by_message),
		WORLD_TEST(a_join_is_accepted_or_refused),
		WORLD_TEST(a_join_to_what_they_may_not_read_is_as_to_nothing),
		WORLD_TEST(who_waits_by_join_is_told_and_accepted_later),
		WORLD_TEST(friendica_answers_the_event_itself),
		WORLD_TEST(the_organiser_sees_ticks_and_exports),
		WORLD_TEST(names_are_shown_where_they_were_ticked_only),
		WORLD_TEST(who_is_a_member_is_not_told_by_what_everyone_may_read),
		WORLD_TEST(who_is_gone_is_off_the_list),
		MAIL_TEST(who_comes_is_reminded_and_then_forgotten),
		MAIL_TEST(who_comes_hears_of_a_move_and_an_end),
		MAIL_TEST(news_is_for_who_may_read_it_as_it_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
