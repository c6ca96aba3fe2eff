/* eventform.c: the forms of an event: a new one, its change, its end before it began, what came of it. */
#include "compose.h"
#include "event.h"
#include "media.h"

#include <stdlib.h>
#include <string.h>

#define REASON_MOST 300

/* ---- what was typed -------------------------------------------------------------------------- */

static bool read_number(const char **at, size_t digits, int *out)
{
	int n = 0;
	size_t i = 0;
	for (; i < digits && **at >= '0' && **at <= '9'; i++)
		n = n * 10 + (*(*at)++ - '0');
	*out = n;
	return i > 0;
}

/* 2026-12-12, as browsers send it whatever they show. */
static bool read_day(const char *s, struct wall *w)
{
	return s != NULL && read_number(&s, 4, &w->year) && *s++ == '-'
		&& read_number(&s, 2, &w->month) && *s++ == '-' && read_number(&s, 2, &w->day)
		&& *s == '\0';
}

/* 10:00 as browsers send it, or 10.00 as people type it. */
static bool read_hour(const char *s, struct wall *w)
{
	return s != NULL && read_number(&s, 2, &w->hour) && (*s == ':' || *s == '.') && s++ != NULL
		&& read_number(&s, 2, &w->minute) && *s == '\0';
}

static bool is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

static enum err read_moment(struct call *call, const char *day, const char *hour, const char *zone,
	struct wall *w, int64_t *out)
{
	int64_t ms;
	if (!read_day(call_input(call, day), w))
		return refuse(&call->refusal, day, "Choose a day, as in 2026-12-31.");
	if (!read_hour(call_input(call, hour), w))
		return refuse(&call->refusal, hour, "Give an hour, as in 19:30.");
	if (!ical_wall_is_real(w))
		return refuse(&call->refusal, day, "There is no such day or hour.");
	if (!ical_to_ms(w, zone, &ms))
		return refuse(&call->refusal, "zone",
			"This time zone is not known. One is Europe/Amsterdam.");
	*out = ms;
	return OK;
}

static enum err read_end(struct call *call, const struct wall *start, struct event *e)
{
	struct wall end = *start;
	const char *day = call_input(call, "end_date"), *hour = call_input(call, "end_time");
	if (is_empty(day) && is_empty(hour))
		return OK;
	if (!is_empty(day))
		return read_moment(call, "end_date", "end_time", e->zone, &end, &e->end);
	if (!read_hour(hour, &end) || !ical_to_ms(&end, e->zone, &e->end))
		return refuse(&call->refusal, "end_time", "Give an hour, as in 19:30.");
	return OK;
}

static const struct {
	const char *word;
	struct repeat repeat;
} repeats[] = {
	{"never", {REPEAT_NEVER, 0, 0, 0}},
	{"weekly", {REPEAT_WEEKS, 1, 0, 0}},
	{"two-weekly", {REPEAT_WEEKS, 2, 0, 0}},
	{"monthly", {REPEAT_MONTHS, 1, 0, 0}},
	{"weekday", {REPEAT_MONTHS_WEEKDAY, 1, 0, 0}},
};

static enum err read_repeat(struct call *call, struct event *e)
{
	struct wall last = {.hour = 23, .minute = 59};
	const char *until = call_input(call, "until");
	for (size_t i = 0; i < COUNT(repeats); i++)
		if (text_is(call_input(call, "repeat"), repeats[i].word))
			e->repeat = repeats[i].repeat;
	if (e->repeat.kind == REPEAT_NEVER)
		return OK;
	e->repeat.count = (uint32_t)call_number(call, "times", 0);
	if (is_empty(until))
		return OK;
	if (!read_day(until, &last) || !ical_to_ms(&last, e->zone, &e->repeat.until))
		return refuse(&call->refusal, "until", "Choose a day, as in 2026-12-31.");
	return OK;
}

static enum err read_form(struct call *call, struct event *e)
{
	struct wall start = {0};
	const char *zone = call_input(call, "zone");
	*e = (struct event){.zone = is_empty(zone) ? i18n_zone_name() : zone,
		.place = call_input(call, "place"),
		.address = call_input(call, "address"),
		.link = call_input(call, "link"),
		.cost = call_input(call, "cost"),
		.questions = call_input(call, "questions"),
		.capacity = (uint32_t)call_number(call, "capacity", 0),
		.closes = (uint32_t)call_number(call, "closes", 0),
		.no_sign_up = !call_flag(call, "sign_up"),
		.waiting = call_flag(call, "waiting"),
		.members_first = call_flag(call, "members_first")};
	enum err err = read_moment(call, "date", "time", e->zone, &start, &e->start);
	if (err == OK)
		err = read_end(call, &start, e);
	return err == OK ? read_repeat(call, e) : err;
}

/* ---- the form -------------------------------------------------------------------------------- */

static void show_ticked(struct call *call, struct view *v, const char *name, bool kept)
{
	view_flag(v, name, call->typed ? call_flag(call, name) : kept);
}

static const char *day_of(struct arena *arena, int64_t ms, const char *zone)
{
	struct wall w;
	return ms != 0 && ical_to_wall(ms, zone, &w)
		? arena_format(arena, "%04d-%02d-%02d", w.year, w.month, w.day)
		: "";
}

static const char *hour_of(struct arena *arena, int64_t ms, const char *zone)
{
	struct wall w;
	return ms != 0 && ical_to_wall(ms, zone, &w)
		? arena_format(arena, "%02d:%02d", w.hour, w.minute)
		: "";
}

static void show_repeats(struct call *call, struct view *v, const struct event *e)
{
	const char *said = call_input(call, "repeat");
	view_list(v, "repeats");
	for (size_t i = 0; i < COUNT(repeats); i++) {
		const struct repeat *r = &repeats[i].repeat;
		view_begin(v, NULL);
		view_text(v, "value", repeats[i].word);
		view_flag(v, arena_format(call->arena, "is_%zu", i), true);
		view_flag(v, "chosen",
			said != NULL ? text_is(said, repeats[i].word)
				     : e->repeat.kind == r->kind
					&& (r->kind != REPEAT_WEEKS
						|| e->repeat.interval == r->interval));
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "comes_back",
		(said != NULL ? !text_is(said, repeats[0].word) : e->repeat.kind != REPEAT_NEVER)
			|| !is_empty(call_input(call, "times"))
			|| !is_empty(call_input(call, "until")));
}

static void show_closings(struct call *call, struct view *v, const struct event *e)
{
	static const uint32_t hours[] = {0, 24, 72, 168};
	int64_t said = call_number(call, "closes", e->closes);
	view_list(v, "closings");
	for (size_t i = 0; i < COUNT(hours); i++) {
		view_begin(v, NULL);
		view_number(v, "hours", hours[i]);
		view_number(v, "days", hours[i] / 24);
		view_flag(v, "chosen", said == hours[i]);
		view_end(v);
	}
	view_list_end(v);
}

static void show_zones(struct view *v)
{
	static const char *const zones[] = {"Europe/Amsterdam", "Europe/Brussels", "Europe/London",
		"Europe/Berlin", "Europe/Paris", "Europe/Lisbon", "Europe/Athens", "Europe/Kyiv",
		"America/Curacao", "America/Paramaribo", "America/New_York", "America/Los_Angeles",
		"Africa/Johannesburg", "Asia/Jakarta", "Asia/Kolkata", "Asia/Tokyo",
		"Australia/Sydney", "UTC"};
	view_list(v, "zones");
	for (size_t i = 0; i < COUNT(zones); i++)
		view_text(v, NULL, zones[i]);
	view_list_end(v);
}

static void show_number(struct call *call, struct view *v, const char *name, uint32_t kept)
{
	compose_value(call, v, name, kept != 0 ? arena_format(call->arena, "%u", kept) : "");
}

static void show_form(
	struct call *call, struct view *v, const struct post *p, const struct event *e)
{
	struct arena *a = call->arena;
	view_begin(v, "form");
	compose_value(call, v, "title", p != NULL ? p->title : "");
	compose_value(call, v, "text", p != NULL ? p->source : "");
	compose_value(call, v, "date", day_of(a, e->start, e->zone));
	compose_value(call, v, "time", hour_of(a, e->start, e->zone));
	compose_value(call, v, "end_date", day_of(a, e->end, e->zone));
	compose_value(call, v, "end_time", hour_of(a, e->end, e->zone));
	compose_value(call, v, "zone", e->zone);
	compose_value(call, v, "place", e->place);
	compose_value(call, v, "address", e->address);
	compose_value(call, v, "link", e->link);
	compose_value(call, v, "cost", e->cost);
	compose_value(call, v, "questions", e->questions);
	compose_value(call, v, "until", day_of(a, e->repeat.until, e->zone));
	show_number(call, v, "times", e->repeat.count);
	show_number(call, v, "capacity", e->capacity);
	show_ticked(call, v, "sign_up", !e->no_sign_up);
	show_ticked(call, v, "waiting", e->waiting);
	show_ticked(call, v, "members_first", e->members_first);
	show_repeats(call, v, e);
	show_closings(call, v, e);
	show_zones(v);
	view_end(v);
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	struct event none = {.zone = i18n_zone_name(), .waiting = true};
	enum err e = compose_community(call, t, true, &community);
	if (e != OK)
		return e;
	compose_new_show(call, v, &community, "event", "New event");
	view_text(v, "back", actor_path(call->arena, &community));
	view_flag(v, "is_new", true);
	show_form(call, v, NULL, &none);
	media_form_show(call, t, v, NULL);
	compose_new_choices(call, t, v, &community);
	return OK;
}

static struct event_draft draft_of(
	struct call *call, const struct circles *circles, const struct u64s *media)
{
	return (struct event_draft){.author = call->viewer.actor,
		.circles = circles,
		.media = media,
		.title = call_input(call, "title"),
		.source = call_input(call, "text"),
		.language = call_input(call, "language")};
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct u64s media;
	struct post p;
	struct event_draft d = draft_of(call, &circles, &media);
	enum err e = compose_place(call, t, true, &community, &circles);
	if (e == OK)
		e = read_form(call, &d.event);
	if (e == OK)
		e = media_take(call, t, 0, &media);
	if (e != OK)
		return e;
	d.community = community.id;
	e = event_create(t, &d, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your event is placed.") : e;
}

/* ---- changing it ----------------------------------------------------------------------------- */

static enum err find_own(struct call *call, struct txn *t, struct post *p, struct event *e)
{
	enum err err = event_find(t, &call->viewer, call_part_id(call, "id"), p, e);
	return err == OK && p->author != call->viewer.actor ? ERR_FORBIDDEN : err;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct event e;
	char id[ID_TEXT];
	struct actor community;
	enum err err = find_own(call, t, &p, &e);
	if (err != OK)
		return err;
	view_text(v, "heading", i18n(call->language, "Change the event"));
	if (p.community != 0 && actor_load(t, p.community, &community) == OK) {
		actor_show(v, "community", &community);
		view_text(v, "tint", actor_colour(call->arena, &community));
	}
	view_format(v, "action", "/p/%s/event", id_text(p.id, id));
	view_text(v, "back", post_path(t, &p));
	view_flag(v, "is_series", e.next != 0);
	show_form(call, v, &p, &e);
	media_form_show(call, t, v, &p);
	compose_languages(call, v, p.language);
	view_flag(v, "may_widen", p.circles.read != CIRCLE_EVERYONE);
	circle_show_choice(call, t, v, p.community, &p.circles, NULL);
	return OK;
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct post p;
	struct event before;
	struct circles circles;
	struct u64s media;
	struct event_draft d = draft_of(call, &circles, &media);
	enum err e = find_own(call, t, &p, &before);
	if (e == OK)
		e = circle_chosen(call, t, p.community, NULL, p.circles, &circles);
	if (e == OK)
		e = read_form(call, &d.event);
	if (e == OK)
		e = media_take(call, t, p.id, &media);
	if (e == OK)
		e = event_change(t, p.id, &d, &call->refusal);
	return e == OK ? compose_done(call, t, &p, "Your change is kept.") : e;
}

/* ---- cancelling it --------------------------------------------------------------------------- */

static enum err cancel_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct event e;
	enum err err = find_own(call, t, &p, &e);
	if (err != OK)
		return err;
	view_text(v, "heading", i18n(call->language, "Cancel this event?"));
	view_id(v, "event_id", p.id);
	view_text(v, "title", p.title);
	view_text(v, "back", post_path(t, &p));
	view_number(v, "told",
		attendance_count(t, p.id, ATTENDING_YES)
			+ attendance_count(t, p.id, ATTENDING_MAYBE)
			+ attendance_count(t, p.id, ATTENDING_WAITING));
	event_show(v, &e);
	return OK;
}

static enum err cancel(struct call *call, struct txn *t, bool on)
{
	struct post p;
	struct event e;
	enum err err = find_own(call, t, &p, &e);
	if (err == OK)
		err = event_cancel(
			t, call->viewer.actor, p.id, on, on ? call_input(call, "reason") : NULL);
	if (err != OK)
		return err;
	return compose_done(call, t, &p,
		on ? "The event is cancelled. Who would come is told."
		   : "The event goes on. Who would come is told.");
}

static enum err cancel_write(struct call *call, struct txn *t)
{
	return cancel(call, t, true);
}

static enum err resume_write(struct call *call, struct txn *t)
{
	return cancel(call, t, false);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static enum err find_held(struct call *call, struct txn *t, struct post *p, struct event *e)
{
	enum err err = find_own(call, t, p, e);
	return err == OK && (e->recap != 0 || e->start > time_now()) ? ERR_CONFLICT : err;
}

static enum err recap_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct event e;
	char id[ID_TEXT];
	enum err err = find_held(call, t, &p, &e);
	if (err != OK)
		return err;
	view_text(v, "heading", i18n(call->language, "Write the recap"));
	view_format(v, "action", "/p/%s/recap", id_text(p.id, id));
	view_text(v, "back", post_path(t, &p));
	view_text(v, "event_title", p.title);
	view_begin(v, "form");
	compose_value(call, v, "title",
		arena_format(call->arena, "%s: %s", i18n(p.language, "Recap"), p.title));
	compose_value(call, v, "text", "");
	view_end(v);
	media_form_show(call, t, v, NULL);
	return OK;
}

/* An article with a link to its event, which links back: wherever one reads it. */
static enum err recap_write(struct call *call, struct txn *t)
{
	struct post p, recap;
	struct event e;
	struct u64s media;
	enum err err = find_held(call, t, &p, &e);
	if (err == OK)
		err = media_take(call, t, 0, &media);
	if (err != OK)
		return err;
	struct post_draft d = {.author = call->viewer.actor,
		.community = p.community,
		.circles = &p.circles,
		.media = &media,
		.title = call_input(call, "title"),
		.source = arena_format(call->arena, "%s\n\n[%s](%s)", call_input(call, "text"),
			i18n(p.language, "This is the recap of an event."), p.url),
		.language = p.language};
	err = post_create(t, &d, NULL, &call->refusal, &recap);
	if (err != OK)
		return err;
	e.recap = recap.id;
	err = event_save(t, &e);
	return err == OK ? compose_done(call, t, &recap, "The recap is placed.") : err;
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define LINE(word, words)                                                                          \
	{                                                                                          \
		word, INPUT_LINE, .max = EVENT_LINE_MOST, .label = (words)                         \
	}
#define EVENT_INPUTS                                                                               \
	{                                                                                          \
		{"title", INPUT_LINE, .required = true, .max = POST_TITLE_MOST, .label = "Title"}, \
			{"text", INPUT_TEXT, .max = POST_TEXT_MOST, .label = "What it is about"},  \
			{"date", INPUT_LINE, .required = true, .max = 10, .label = "Day"},         \
			{"time", INPUT_LINE, .required = true, .max = 5, .label = "Hour"},         \
			{"end_date", INPUT_LINE, .max = 10, .label = "Last day"},                  \
			{"end_time", INPUT_LINE, .max = 5, .label = "Until"},                      \
			{"zone", INPUT_LINE, .max = ICAL_ZONE_MOST, .label = "Time zone"},         \
			LINE("place", "Place"), LINE("address", "Address"),                        \
			{"link", INPUT_LINE, .max = 1000, .label = "Online link"},                 \
			LINE("cost", "Cost"),                                                      \
			{"capacity", INPUT_NUMBER, .max = EVENT_CAPACITY_MOST, .label = "Places"}, \
			{"closes", INPUT_NUMBER, .max = 168, .label = "Signing up ends"},          \
			{"questions", INPUT_TEXT, .max = 1000, .label = "Questions"},              \
			{"repeat", INPUT_CHOICE,                                                   \
				.choices = "never|weekly|two-weekly|monthly|weekday",              \
				.label = "Does it come back?"},                                    \
			{"times", INPUT_NUMBER, .max = 104, .label = "How many times"},            \
			{"until", INPUT_LINE, .max = 10, .label = "Until when"},                   \
			{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS    \
	}
#define RECAP_INPUTS                                                                               \
	{                                                                                          \
		{"title", INPUT_LINE, .required = true, .max = POST_TITLE_MOST, .label = "Title"}, \
		{                                                                                  \
			"text", INPUT_TEXT, .required = true, .min = 1,                            \
					    .max = POST_TEXT_MOST - 1000, .label = "Message"       \
		}                                                                                  \
	}

const struct route event_form_routes[] = {
	{METHOD_GET, "/c/{name}/new/event", SIGNED_IN, .read = new_read, .page = "event-new",
		.drafts = true},
	{METHOD_POST, "/c/{name}/new/event", SIGNED_IN, .write = new_write, .page = "event-new",
		.form = new_read, .drafts = true, .takes = EVENT_INPUTS, .prepare = media_prepare,
		.max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_GET, "/p/{id}/event", SIGNED_IN, .read = edit_read, .page = "event-new"},
	{METHOD_POST, "/p/{id}/event", SIGNED_IN, .write = edit_write, .page = "event-new",
		.form = edit_read, .takes = EVENT_INPUTS, .prepare = media_prepare,
		.max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_GET, "/p/{id}/event/cancel", SIGNED_IN, .read = cancel_read,
		.page = "event-cancel"},
	{METHOD_POST, "/p/{id}/event/cancel", SIGNED_IN, .write = cancel_write,
		.page = "event-cancel", .form = cancel_read,
		.takes = {{"reason", INPUT_LINE, .max = REASON_MOST, .label = "Reason"}}},
	{METHOD_POST, "/p/{id}/event/resume", SIGNED_IN, .write = resume_write},
	{METHOD_GET, "/p/{id}/recap", SIGNED_IN, .read = recap_read, .page = "event-recap"},
	{METHOD_POST, "/p/{id}/recap", SIGNED_IN, .write = recap_write, .page = "event-recap",
		.form = recap_read, .takes = RECAP_INPUTS, .prepare = media_prepare,
		.max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{0},
};
