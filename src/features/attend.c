/* attend.c: the pages around the list of who comes: signing up, the link in a mail, the organiser's table. */
#include "compose.h"
#include "event.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SHOWN 100
#define NAME_MOST 50    /* of a guest, code points */
#define ANSWER_MOST 300 /* code points */
#define CONFIRM_FOR DAY
#define ALL_AT_ONCE 500
#define CSV_MOST ((size_t)8 << 20)

/* ---- what is said ---------------------------------------------------------------------------- */

static uint32_t state_of(const char *word)
{
	return text_is(word, "maybe") ? ATTENDING_MAYBE
		: text_is(word, "no") ? ATTENDING_NO
				      : ATTENDING_YES;
}

static size_t questions_of(struct arena *arena, const char *questions, const char **out)
{
	size_t n = 0;
	for (const char *at = questions; at != NULL && *at != '\0' && n < EVENT_QUESTIONS;) {
		size_t size = strcspn(at, "\n");
		out[n++] = arena_text_n(arena, at, size);
		at += size + (at[size] == '\n');
	}
	return n;
}

static char *one_line(struct arena *arena, const char *s)
{
	char *line = arena_text(arena, text_cut(arena, s, ANSWER_MOST));
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return text_trim(arena, line);
}

/* One line for each question; NULL: nothing was asked, or all was left empty. */
static const char *answers_said(struct call *call, const struct event *e)
{
	struct text out;
	const char *asked[EVENT_QUESTIONS];
	size_t n = questions_of(call->arena, e->questions, asked);
	bool some = false;
	text_init(&out, call->arena, ATTENDANCE_ANSWERS_MOST);
	for (size_t i = 0; i < n; i++) {
		const char *said = call_input_nth(call, "reply", i);
		const char *line = said != NULL ? one_line(call->arena, said) : "";
		text_format(&out, "%s%s", i > 0 ? "\n" : "", line);
		some = some || *line != '\0';
	}
	return some ? out.at : NULL;
}

static void show_questions(
	struct call *call, struct view *v, const struct event *e, const char *answers)
{
	const char *asked[EVENT_QUESTIONS], *kept[EVENT_QUESTIONS];
	size_t n = questions_of(call->arena, e->questions, asked);
	size_t known = questions_of(call->arena, answers, kept);
	view_list(v, "questions");
	for (size_t i = 0; i < n; i++) {
		const char *said = call_input_nth(call, "reply", i);
		view_begin(v, NULL);
		view_number(v, "number", (int64_t)i + 1);
		view_text(v, "words", asked[i]);
		view_text(v, "said", said != NULL ? said : i < known ? kept[i] : "");
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "asks", n > 0);
}

/* Where it all starts from: the event, who asks, and what they said before. */
static void show_event(struct call *call, struct txn *t, struct view *v, const struct post *p,
	const struct event *e, const struct attendance *a)
{
	struct actor community;
	const char *said = call_input(call, "answer");
	uint32_t state = said != NULL ? state_of(said) : a != NULL ? a->state : ATTENDING_NONE;
	int64_t coming = attendance_count(t, p->id, ATTENDING_YES);
	view_text(v, "title", p->title);
	view_text(v, "lang", p->language);
	view_text(v, "back", post_path(t, p));
	event_show(v, e);
	if (p->community != 0 && actor_load(t, p->community, &community) == OK) {
		actor_show(v, "community", &community);
		view_text(v, "tint", actor_colour(call->arena, &community));
	}
	view_flag(v, "full", e->capacity != 0 && coming >= (int64_t)e->capacity);
	view_flag(v, "waits", e->waiting);
	view_flag(v, "closed", event_closing(e) <= time_now() || e->cancelled);
	view_begin(v, "now");
	view_flag(v, "yes", state == ATTENDING_YES || state == ATTENDING_NONE);
	view_flag(v, "maybe", state == ATTENDING_MAYBE);
	view_flag(v, "no", state == ATTENDING_NO);
	view_flag(v, "waiting", a != NULL && a->state == ATTENDING_WAITING);
	view_flag(v, "listed", a != NULL && a->state == ATTENDING_YES);
	view_flag(v, "perhaps", a != NULL && a->state == ATTENDING_MAYBE);
	view_end(v);
	view_flag(v, "for_few", p->circles.act != CIRCLE_EVERYONE);
	view_flag(v, "shown", call->typed ? call_flag(call, "shown") : a != NULL && a->shown);
	show_questions(call, v, e, a != NULL ? a->answers : NULL);
}

static const char *done_words(const struct attendance *a)
{
	switch ((enum attending)a->state) {
	case ATTENDING_YES:
		return "You are on the list.";
	case ATTENDING_WAITING:
		return "You are on the waiting list. You hear it when there is a place.";
	case ATTENDING_MAYBE:
		return "It is noted that you may come.";
	default:
		return "It is noted that you cannot come.";
	}
}

/* What stands in the way, in words on the page of the event. */
static enum err not_done(struct call *call, struct txn *t, const struct post *p, enum err e)
{
	(void)t;
	if (e == ERR_CONFLICT)
		return refuse(&call->refusal, "answer", "Sorry: this is full.");
	if (e == ERR_GONE && !p->gone)
		return refuse(&call->refusal, "answer", "You cannot sign up for this any more.");
	return e;
}

/* ---- signing up ------------------------------------------------------------------------------ */

static enum err attend_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct event e;
	struct attendance a;
	bool me = call->viewer.local;
	enum err err = event_find(t, &call->viewer, call_part_id(call, "id"), &p, &e);
	if (err != OK)
		return err;
	if (!attendance_may(t, me ? call->viewer.actor : 0, &p))
		return me ? ERR_FORBIDDEN : ERR_SIGN_IN;
	bool known = me && attendance_of(t, p.id, call->viewer.actor, &a) == OK;
	view_text(v, "heading", i18n(call->language, "Sign up"));
	view_format(v, "action", "%s", call->path);
	view_flag(v, "guest", !me);
	show_event(call, t, v, &p, &e, known ? &a : NULL);
	return OK;
}

static enum err attend_here(
	struct call *call, struct txn *t, const struct post *p, const struct event *e)
{
	struct attendance a;
	struct attend d = {.event = p->id,
		.actor = call->viewer.actor,
		.state = state_of(call_input(call, "answer")),
		.door = DOOR_WEB,
		.language = call->language,
		.answers = answers_said(call, e),
		.shown = call_flag(call, "shown")};
	enum err err = attend(t, &d, &call->refusal, &a);
	return err == OK ? compose_done(call, t, p, done_words(&a)) : not_done(call, t, p, err);
}

/* Nothing is kept of a guest before they opened the link in the mail. */
static enum err mail_guest(struct call *call, struct txn *t, const struct post *p,
	const struct event *e, const char *email)
{
	const char *token, *name = text_trim(call->arena, call_input(call, "name"));
	struct link link = {.purpose = LINK_ATTENDANCE_NEW,
		.subject = p->id,
		.payload = arena_format(call->arena, "%u\n%d\n%s\n%s\n%s",
			state_of(call_input(call, "answer")), call_flag(call, "shown"),
			call->language, email, name),
		.until = time_now() + CONFIRM_FOR,
		.uses = 1};
	enum err err = link_make(t, &link, &token);
	if (err != OK)
		return err;
	struct mail_draft draft = {.to = email,
		.kind = "event-confirm",
		.language = call->language,
		.until = link.until};
	struct view *v = mail_begin(t);
	view_text(v, "title", p->title);
	event_show(v, e);
	view_format(v, "link", "%s/attending/%s", call->site->base_url, token);
	err = mail_send(t, &draft, v);
	return err == OK ? compose_done(call, t, p,
		       "A mail is on its way to you. You are on the list once you open the link in it.")
			 : err;
}

static enum err attend_write(struct call *call, struct txn *t)
{
	struct post p;
	struct event e;
	bool me = call->viewer.local;
	enum err err = event_find(t, &call->viewer, call_part_id(call, "id"), &p, &e);
	if (err == OK && me)
		return attend_here(call, t, &p, &e);
	if (err == OK && !attendance_may(t, 0, &p))
		err = ERR_SIGN_IN;
	if (err != OK)
		return err;
	if (e.cancelled || e.no_sign_up || event_closing(&e) <= time_now())
		return not_done(call, t, &p, ERR_GONE);
	const char *email = account_email_clean(call->arena, call_input(call, "email"));
	if (call_input(call, "name") == NULL || *call_input(call, "name") == '\0')
		return refuse(&call->refusal, "name", "The organiser wants to know who comes.");
	if (email == NULL)
		return refuse(&call->refusal, "email", "This is not an e-mail address.");
	if (call->site->mail_from == NULL)
		return refuse(&call->refusal, "email",
			"This site sends no mail. Ask the people who run it.");
	if (!call_allows(call, "event network", call_network(call), 30, HOUR)
		|| !call_allows(call, "event guest", email, 5, HOUR))
		return ERR_TOO_MUCH;
	return mail_guest(call, t, &p, &e, email);
}

/* ---- the link in a mail or message ----------------------------------------------------------- */

struct held { /* by who opened a link */
	struct link link;
	struct post post;
	struct event event;
	struct attend draft; /* of a guest who is not on the list yet */
	struct attendance listed;
	bool fresh;
};

static const char *next_line(struct arena *arena, const char **at)
{
	size_t size = strcspn(*at, "\n");
	const char *line = arena_text_n(arena, *at, size);
	*at += size + ((*at)[size] == '\n');
	return line;
}

static void read_fresh(struct arena *arena, struct held *h)
{
	const char *at = h->link.payload;
	const char *state = next_line(arena, &at), *shown = next_line(arena, &at);
	h->draft = (struct attend){.event = h->link.subject,
		.door = DOOR_MAIL,
		.state = (uint32_t)strtoul(state, NULL, 10),
		.shown = text_is(shown, "1"),
		.language = next_line(arena, &at),
		.email = next_line(arena, &at),
		.name = next_line(arena, &at)};
}

static enum err find_held(struct call *call, struct txn *t, struct held *h)
{
	uint64_t number = 0;
	const char *token = call_part(call, "token");
	*h = (struct held){.fresh = false};
	enum err e = link_find(t, LINK_ATTENDANCE, token, &h->link);
	if (e == ERR_NOT_FOUND) {
		e = link_find(t, LINK_ATTENDANCE_NEW, token, &h->link);
		h->fresh = e == OK;
	}
	if (e == OK && h->fresh)
		read_fresh(call->arena, h);
	else if (e == OK && text_to_u64(h->link.payload, &number))
		e = attendance_load(t, h->link.subject, number, &h->listed);
	struct viewer viewer = {.actor = h->listed.actor};
	return e == OK ? event_find(t, &viewer, h->link.subject, &h->post, &h->event) : e;
}

static enum err held_read(struct call *call, struct txn *t, struct view *v)
{
	struct held h;
	enum err e = find_held(call, t, &h);
	if (e == ERR_NOT_FOUND || e == ERR_GONE) {
		view_text(v, "heading", i18n(call->language, "This link does not work any more"));
		view_flag(v, "over_link", true);
		call->reply.status = 410;
		return OK;
	}
	if (e != OK)
		return e;
	view_text(v, "heading", h.post.title);
	view_format(v, "action", "%s", call->path);
	view_text(v, "token", call_part(call, "token"));
	view_flag(v, "fresh", h.fresh);
	view_flag(v, "listed_guest", !h.fresh && h.listed.actor == 0);
	struct attendance wish = {.state = h.draft.state, .shown = h.draft.shown > 0};
	show_event(call, t, v, &h.post, &h.event, h.fresh ? &wish : &h.listed);
	bool comes = !h.fresh && h.listed.state == ATTENDING_YES && !h.event.cancelled;
	view_text(v, "link", comes && h.event.link != NULL ? h.event.link : "");
	return OK;
}

/* A guest who does not come is not kept: there is nothing more to know about them. */
static enum err sign_off(struct call *call, struct txn *t, const struct held *h)
{
	enum err e = h->fresh ? OK : attendance_remove(t, &h->listed);
	if (e == OK)
		e = link_use(t, h->link.purpose, call_part(call, "token"), &(struct link){0});
	return e == OK ? compose_done(call, t, &h->post, "You are off the list.") : e;
}

static enum err held_write(struct call *call, struct txn *t)
{
	struct held h;
	struct attendance a;
	const char *url;
	enum err e = find_held(call, t, &h);
	if (e != OK)
		return e;
	struct attend d = h.draft;
	if (!h.fresh)
		d = (struct attend){.event = h.post.id,
			.actor = h.listed.actor,
			.email = h.listed.email,
			.door = h.listed.door};
	d.state = state_of(call_input(call, "answer"));
	d.shown = call_flag(call, "shown");
	d.answers = answers_said(call, &h.event);
	if (d.actor == 0 && d.state == ATTENDING_NO)
		return sign_off(call, t, &h);
	if (!h.fresh && d.state == ATTENDING_YES && h.event.questions != NULL && d.answers == NULL)
		return refuse(&call->refusal, "reply", "Please answer each question.");
	e = attend(t, &d, &call->refusal, &a);
	if (e != OK)
		return not_done(call, t, &h.post, e);
	if (h.fresh)
		e = link_use(t, LINK_ATTENDANCE_NEW, call_part(call, "token"), &h.link);
	if (e == OK)
		e = attendance_link(t, &h.event, &a, &url);
	if (e != OK)
		return e;
	reply_notice(call, done_words(&a));
	reply_see_other(call, url + strlen(call->site->base_url));
	return OK;
}

/* ---- the organiser's table ------------------------------------------------------------------- */

/* Who made it; of a list of members, as long as they are one themselves. */
static enum err find_own(struct call *call, struct txn *t, struct post *p, struct event *e)
{
	enum err err = event_find(t, &call->viewer, call_part_id(call, "id"), p, e);
	if (err == OK && (p->author != call->viewer.actor || !circle_in_act(t, p->author, p)))
		err = ERR_FORBIDDEN;
	return err;
}

static const char *name_of(struct txn *t, const struct attendance *a, struct actor *who)
{
	if (a->actor != 0 && actor_load(t, a->actor, who) == OK)
		return actor_title(who);
	return a->name != NULL ? a->name : "";
}

static void show_answers(
	struct call *call, struct view *v, const struct event *e, const struct attendance *a)
{
	const char *asked[EVENT_QUESTIONS], *said[EVENT_QUESTIONS];
	size_t n = questions_of(call->arena, e->questions, asked);
	size_t known = questions_of(call->arena, a->answers, said);
	view_list(v, "answers");
	for (size_t i = 0; i < n && i < known; i++) {
		view_begin(v, NULL);
		view_text(v, "question", asked[i]);
		view_text(v, "said", said[i]);
		view_end(v);
	}
	view_list_end(v);
}

static void show_attendee(struct call *call, struct txn *t, struct view *v, const struct event *e,
	const struct attendance *a)
{
	struct actor who = {0};
	view_begin(v, NULL);
	view_id(v, "number", a->number);
	view_text(v, "name", name_of(t, a, &who));
	view_text(v, "handle", a->actor != 0 && !who.local ? actor_handle(call->arena, &who) : "");
	view_text(v, "path", a->actor != 0 && !who.gone ? actor_path(call->arena, &who) : "");
	view_text(v, "email", a->email != NULL ? a->email : "");
	view_flag(v, "forgotten", a->actor == 0 && a->name == NULL);
	view_flag(v, "yes", a->state == ATTENDING_YES);
	view_flag(v, "waiting", a->state == ATTENDING_WAITING);
	view_flag(v, "maybe", a->state == ATTENDING_MAYBE);
	view_flag(v, "no", a->state == ATTENDING_NO);
	view_flag(v, "by_mail", a->door == DOOR_MAIL);
	view_flag(v, "by_app", a->door == DOOR_POLL);
	view_flag(v, "by_join", a->door == DOOR_JOIN);
	view_flag(v, "came", a->came);
	view_time(v, "since", id_time(a->number));
	show_answers(call, v, e, a);
	view_end(v);
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct event e;
	struct u64s numbers;
	struct attendance a;
	uint64_t after = call_input_id(call, "after");
	enum err err = find_own(call, t, &p, &e);
	if (err == OK)
		err = attendance_list(t, p.id, after, PAGE_SHOWN, &numbers);
	if (err != OK)
		return err;
	view_text(v, "heading", i18n(call->language, "Who is coming"));
	view_text(v, "title", p.title);
	view_text(v, "lang", p.language);
	view_id(v, "event_id", p.id);
	view_text(v, "back", post_path(t, &p));
	event_show(v, &e);
	view_number(v, "coming", attendance_count(t, p.id, ATTENDING_YES));
	view_number(v, "perhaps", attendance_count(t, p.id, ATTENDING_MAYBE));
	view_number(v, "queue", attendance_count(t, p.id, ATTENDING_WAITING));
	view_number(v, "capacity", e.capacity);
	view_list(v, "attendees");
	for (size_t i = 0; i < numbers.count; i++)
		if (attendance_load(t, p.id, numbers.at[i], &a) == OK)
			show_attendee(call, t, v, &e, &a);
	view_list_end(v);
	view_flag(v, "nobody", numbers.count == 0 && after == 0);
	view_flag(v, "begun", e.start - HOUR <= time_now());
	view_flag(v, "later_page", after != 0);
	view_flag(v, "paged", after != 0 || numbers.count == PAGE_SHOWN);
	if (numbers.count == PAGE_SHOWN)
		view_id(v, "older", numbers.at[numbers.count - 1]);
	return OK;
}

static bool is_named(struct call *call, const char *input, uint64_t number)
{
	char id[ID_TEXT];
	const char *said;
	id_text(number, id);
	for (size_t i = 0; (said = call_input_nth(call, input, i)) != NULL; i++)
		if (text_is(said, id))
			return true;
	return false;
}

/* Who was ticked came; who was listed and is not, did not. */
static enum err list_write(struct call *call, struct txn *t)
{
	struct post p;
	struct event e;
	struct attendance a;
	const char *said, *after = call_input(call, "after");
	uint64_t number;
	char id[ID_TEXT];
	enum err err = find_own(call, t, &p, &e);
	for (size_t i = 0;
		err == OK && i < PAGE_SHOWN && (said = call_input_nth(call, "listed", i)) != NULL;
		i++) {
		if (!text_to_u64(said, &number))
			continue;
		err = attendance_load(t, p.id, number, &a);
		bool came = is_named(call, "came", number);
		if (err == OK && a.came != came) {
			a.came = came;
			err = attendance_save(t, &a);
		}
		err = err == ERR_NOT_FOUND ? OK : err;
	}
	if (err != OK)
		return err;
	reply_notice(call, "Saved.");
	reply_see_other(call,
		arena_format(call->arena, "/p/%s/attendees?after=%s", id_text(p.id, id),
			after != NULL ? after : ""));
	return OK;
}

static enum err remove_write(struct call *call, struct txn *t)
{
	struct post p;
	struct event e;
	struct attendance a;
	char id[ID_TEXT];
	enum err err = find_own(call, t, &p, &e);
	if (err == OK)
		err = attendance_load(t, p.id, call_input_id(call, "number"), &a);
	if (err == OK)
		err = attendance_remove(t, &a);
	if (err != OK)
		return err;
	a.state = ATTENDING_NO;
	err = event_is_over(&e) ? OK : event_tell(t, &p, &e, &a, 0);
	if (err != OK)
		return err;
	reply_notice(call, "They are off the list, and are told.");
	reply_see_other(call, arena_format(call->arena, "/p/%s/attendees", id_text(p.id, id)));
	return OK;
}

/* ---- the same for a spreadsheet -------------------------------------------------------------- */

static void csv_row(struct call *call, struct txn *t, struct text *out, const struct event *e,
	const struct attendance *a)
{
	static const char *const states[] = {"", "Coming", "Waiting list", "Maybe", "Not coming"};
	static const char *const doors[] = {"", "This site", "E-mail", "Event site", "App"};
	struct actor who = {0};
	const char *asked[EVENT_QUESTIONS], *said[EVENT_QUESTIONS];
	size_t n = questions_of(call->arena, e->questions, asked);
	size_t known = questions_of(call->arena, a->answers, said);
	char since[TIME_ISO];
	time_iso(id_time(a->number), since);
	csv_write(out, '\0', name_of(t, a, &who));
	csv_write(out, ';',
		a->actor != 0              ? actor_handle(call->arena, &who)
			: a->email != NULL ? a->email
					   : "");
	csv_write(out, ';', i18n(call->language, states[a->state <= ATTENDING_NO ? a->state : 0]));
	csv_write(out, ';', i18n(call->language, doors[a->door <= DOOR_POLL ? a->door : 0]));
	csv_write(out, ';', a->came ? i18n(call->language, "Yes") : "");
	csv_write(out, ';', since);
	for (size_t i = 0; i < n; i++)
		csv_write(out, ';', i < known ? said[i] : "");
	text_add(out, "\r\n");
}

static void csv_head(struct call *call, struct text *out, const struct event *e)
{
	const char *l = call->language, *asked[EVENT_QUESTIONS];
	size_t n = questions_of(call->arena, e->questions, asked);
	text_add(out, "\xef\xbb\xbf"); /* what spreadsheets need to see that it is UTF-8 */
	csv_write(out, '\0', i18n(l, "Name"));
	csv_write(out, ';', i18n(l, "Address"));
	csv_write(out, ';', i18n(l, "Answer"));
	csv_write(out, ';', i18n(l, "Signed up by"));
	csv_write(out, ';', i18n(l, "Was there"));
	csv_write(out, ';', i18n(l, "Since"));
	for (size_t i = 0; i < n; i++)
		csv_write(out, ';', asked[i]);
	text_add(out, "\r\n");
}

static enum err csv_read_list(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct post p;
	struct event e;
	struct text out;
	struct attendance a;
	struct u64s numbers = {.count = ALL_AT_ONCE};
	uint64_t after = 0;
	enum err err = find_own(call, t, &p, &e);
	if (err != OK)
		return err;
	text_init(&out, call->arena, CSV_MOST);
	csv_head(call, &out, &e);
	while (err == OK && numbers.count == ALL_AT_ONCE) {
		err = attendance_list(t, p.id, after, ALL_AT_ONCE, &numbers);
		for (size_t i = 0; err == OK && i < numbers.count; i++) {
			err = attendance_load(t, p.id, after = numbers.at[i], &a);
			if (err == OK)
				csv_row(call, t, &out, &e, &a);
		}
	}
	if (err != OK || out.failed)
		return err != OK ? err : ERR_TOO_MUCH;
	reply_bytes(call, 200, "text/csv; charset=utf-8", (struct bytes){out.at, out.size});
	reply_header(call, "Content-Disposition", "attachment; filename=\"attendees.csv\"");
	call->reply.cache = "private, no-store";
	return OK;
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define ANSWER                                                                                     \
	{                                                                                          \
		"answer", INPUT_CHOICE, .required = true, .choices = "yes|maybe|no",               \
					.label = "Your answer"                                     \
	}

const struct route attend_routes[] = {
	{METHOD_GET, "/p/{id}/attend", ANYONE, .read = attend_read, .page = "event-attend"},
	{METHOD_POST, "/p/{id}/attend", ANYONE, .write = attend_write, .page = "event-attend",
		.form = attend_read, .per_minute = 20,
		.takes = {ANSWER, {"name", INPUT_LINE, .max = NAME_MOST, .label = "Name"},
			{"email", INPUT_LINE, .max = 254, .label = "E-mail address"}}},
	{METHOD_GET, "/attending/{token}", ANYONE, .read = held_read, .page = "event-held",
		.per_minute = 60},
	{METHOD_POST, "/attending/{token}", ANYONE, .write = held_write, .page = "event-held",
		.form = held_read, .per_minute = 60, .takes = {ANSWER}},
	{METHOD_GET, "/p/{id}/attendees", SIGNED_IN, .read = list_read, .page = "event-attendees",
		.takes = {{"after", INPUT_ID, .label = "Who came after"}}},
	{METHOD_POST, "/p/{id}/attendees", SIGNED_IN, .write = list_write,
		.takes = {{"after", INPUT_ID, .label = "Who came after"}}},
	{METHOD_POST, "/p/{id}/attendees/remove", SIGNED_IN, .write = remove_write,
		.takes = {{"number", INPUT_ID, .required = true, .label = "Who"}}},
	{METHOD_GET, "/p/{id}/attendees.csv", SIGNED_IN, .read = csv_read_list},
	{0},
};
