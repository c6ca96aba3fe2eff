/* vacancyform.c: what stands on the noticeboard, written and changed; closed and opened by hand. */
#include "compose.h"
#include "vacancy.h"

#include <time.h>

#define OPEN_DAYS 30 /* when nothing else is said */

/* ---- what is shown --------------------------------------------------------------------------- */

static const char *const types[] = {[VACANCY_JOB] = "job",
	[VACANCY_ASSIGNMENT] = "assignment",
	[VACANCY_OFFER] = "offer",
	[VACANCY_REQUEST] = "request"};
static const char *const wheres[] = {
	[VACANCY_ON_SITE] = "place", [VACANCY_PARTLY] = "partly", [VACANCY_REMOTE] = "remote"};

static uint32_t word_number(const char *const *words, size_t count, const char *said)
{
	for (uint32_t i = 1; i < count; i++)
		if (text_is(said, words[i]))
			return i;
	return 0;
}

/* "2026-12-01": the last day before `end`, by the clock of the site. */
static const char *day_text(struct arena *arena, int64_t end)
{
	time_t seconds = (time_t)((end - 1) / SECOND);
	struct tm day;
	if (localtime_r(&seconds, &day) == NULL)
		return "";
	return arena_format(
		arena, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

static void show_chosen(
	struct view *v, const char *name, const char *const *words, size_t count, uint32_t chosen)
{
	view_begin(v, name);
	for (size_t i = 1; i < count; i++)
		view_flag(v, words[i], i == chosen);
	view_end(v);
}

static void show_organisations(struct call *call, struct txn *t, struct view *v, uint64_t now)
{
	struct u64s mine;
	struct organisation o;
	uint64_t chosen = call->typed ? call_input_id(call, "organisation") : now;
	bool some = false;
	view_list(v, "organisations");
	if (organisation_of(t, call->viewer.actor, &mine) == OK)
		for (size_t i = 0; i < mine.count; i++) {
			if (organisation_load(t, mine.at[i], &o) != OK)
				continue;
			view_begin(v, NULL);
			view_id(v, "id", o.id);
			view_text(v, "title", o.title);
			view_flag(v, "chosen", o.id == chosen);
			view_end(v);
			some = true;
		}
	view_list_end(v);
	view_flag(v, "has_organisations", some);
}

/* What each field holds: as typed when it comes back, else as it is. */
static void show_form(struct call *call, struct txn *t, struct view *v, const struct post *p,
	const struct vacancy *now)
{
	bool typed = call->typed;
	uint32_t type = typed ? word_number(types, COUNT(types), call_input(call, "type"))
			      : now->type;
	uint32_t where = typed ? word_number(wheres, COUNT(wheres), call_input(call, "where"))
			       : now->where;
	view_begin(v, "is");
	show_chosen(v, "type", types, COUNT(types), type);
	show_chosen(v, "where", wheres, COUNT(wheres), where);
	compose_value(call, v, "title", p->title);
	compose_value(call, v, "text", p->source);
	compose_value(call, v, "employer", now->organisation == 0 ? now->employer : NULL);
	compose_value(call, v, "place", now->place);
	compose_value(call, v, "region", now->region);
	compose_value(call, v, "hours", now->hours);
	compose_value(call, v, "pay", now->pay);
	compose_value(call, v, "apply", now->apply);
	compose_value(call, v, "tags", now->tags);
	compose_value(call, v, "closes", day_text(call->arena, now->closes));
	view_text(v, "first_day", day_text(call->arena, time_now() + 1));
	view_end(v);
	show_organisations(call, t, v, now->organisation);
	noticeboard_regions_show(t, v, 0, &call->viewer, NULL);
	compose_languages(call, v, p->language != NULL ? p->language : call->language);
}

static void read_form(struct call *call, struct vacancy_draft *d)
{
	*d = (struct vacancy_draft){.title = call_input(call, "title"),
		.source = call_input(call, "text"),
		.language = call_input(call, "language"),
		.vacancy = {.type = word_number(types, COUNT(types), call_input(call, "type")),
			.where = word_number(wheres, COUNT(wheres), call_input(call, "where")),
			.organisation = call_input_id(call, "organisation"),
			.employer = call_input(call, "employer"),
			.place = call_input(call, "place"),
			.region = call_input(call, "region"),
			.hours = call_input(call, "hours"),
			.pay = call_input(call, "pay"),
			.apply = call_input(call, "apply"),
			.tags = call_input(call, "tags")}};
	(void)vacancy_day(call->arena, call_input(call, "closes"), &d->vacancy.closes);
}

/* ---- new ------------------------------------------------------------------------------------- */

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	struct post none = {0};
	struct vacancy first = {.type = VACANCY_JOB,
		.where = VACANCY_ON_SITE,
		.closes = time_now() + OPEN_DAYS * DAY};
	struct circles now = circle_default(&community, NULL);
	compose_new_show(call, v, &community, "vacancy", "New on the noticeboard");
	view_text(v, "back", actor_path(call->arena, &community));
	view_flag(v, "is_new", true);
	show_form(call, t, v, &none, &first);
	circle_show_choice(call, t, v, community.id, &now, NULL);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct vacancy_draft draft;
	struct post p;
	enum err e = compose_place(call, t, false, &community, &circles);
	if (e != OK)
		return e;
	read_form(call, &draft);
	draft.author = call->viewer.actor;
	draft.community = community.id;
	draft.circles = &circles;
	e = vacancy_create(t, &draft, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "It stands on the noticeboard.") : e;
}

/* ---- changed --------------------------------------------------------------------------------- */

static enum err find_managed(struct call *call, struct txn *t, struct post *p, struct vacancy *v)
{
	enum err e = vacancy_find(t, &call->viewer, call_part_id(call, "id"), p, v);
	return e == OK && !vacancy_may_manage(t, call->viewer.actor, p, v) ? ERR_FORBIDDEN : e;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct vacancy now;
	enum err e = find_managed(call, t, &p, &now);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Change what stands on the noticeboard"));
	view_format(v, "action", "/p/%s/vacancy", call_part(call, "id"));
	view_text(v, "back", post_path(t, &p));
	show_form(call, t, v, &p, &now);
	view_flag(v, "may_widen", p.circles.read != CIRCLE_EVERYONE);
	if (p.author == call->viewer.actor)
		circle_show_choice(call, t, v, p.community, &p.circles, NULL);
	return OK;
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct post p;
	struct vacancy now;
	struct vacancy_draft draft;
	struct circles circles;
	enum err e = find_managed(call, t, &p, &now);
	bool own = e == OK && p.author == call->viewer.actor;
	if (own)
		e = circle_chosen(call, t, p.community, NULL, p.circles, &circles);
	if (e != OK)
		return e;
	read_form(call, &draft);
	draft.circles = own ? &circles : NULL;
	e = vacancy_change(t, call->viewer.actor, p.id, &draft, &call->refusal);
	if (e == ERR_CONFLICT)
		return compose_done(call, t, &p, "It is closed. Open it again first.");
	return e == OK ? compose_done(call, t, &p, "Your change is kept.") : e;
}

/* ---- closed, opened -------------------------------------------------------------------------- */

static enum err set_end(struct call *call, struct txn *t, enum vacancy_end end, const char *notice)
{
	struct post p;
	struct vacancy v;
	enum err e = find_managed(call, t, &p, &v);
	if (e == OK)
		e = vacancy_close(t, call->viewer.actor, p.id, end);
	return e == OK ? compose_done(call, t, &p, notice) : e;
}

static enum err close_write(struct call *call, struct txn *t)
{
	return text_is(call_input(call, "how"), "filled")
		? set_end(call, t, VACANCY_FILLED, "It is marked as filled.")
		: set_end(call, t, VACANCY_WITHDRAWN, "It is closed.");
}

static enum err reopen_write(struct call *call, struct txn *t)
{
	return set_end(call, t, VACANCY_OPEN, "It is open again.");
}

#define FORM_INPUTS                                                                                \
	{                                                                                          \
		{"type", INPUT_CHOICE, .required = true,                                           \
			.choices = "job|assignment|offer|request", .label = "What it is"},         \
			{"title", INPUT_LINE, .required = true, .max = POST_TITLE_MOST,            \
				.label = "Title"},                                                 \
			{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,    \
				.label = "Description"},                                           \
			{"organisation", INPUT_ID, .label = "Page of the organisation"},           \
			{"employer", INPUT_LINE, .max = VACANCY_LINE_MOST,                         \
				.label = "Employer or organisation"},                              \
			{"where", INPUT_CHOICE, .required = true,                                  \
				.choices = "place|partly|remote", .label = "Where it is done"},    \
			{"place", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Place"},         \
			{"region", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Region"},       \
			{"hours", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Hours"},         \
			{"pay", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Pay"},             \
			{"closes", INPUT_LINE, .required = true, .max = 10, .label = "Last day"},  \
			{"apply", INPUT_LINE, .max = 500, .label = "Page to apply at"},            \
			{"tags", INPUT_LINE, .max = 500, .label = "Tags"},                         \
			{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS    \
	}

const struct route vacancy_routes[] = {
	{METHOD_GET, "/c/{name}/new/vacancy", SIGNED_IN, .read = new_read, .page = "vacancy-form",
		.drafts = true},
	{METHOD_POST, "/c/{name}/new/vacancy", SIGNED_IN, .write = new_write,
		.page = "vacancy-form", .form = new_read, .drafts = true, .takes = FORM_INPUTS,
		.max_body = (size_t)256 << 10, .per_minute = 30},
	{METHOD_GET, "/p/{id}/vacancy", SIGNED_IN, .read = edit_read, .page = "vacancy-form"},
	{METHOD_POST, "/p/{id}/vacancy", SIGNED_IN, .write = edit_write, .page = "vacancy-form",
		.form = edit_read, .takes = FORM_INPUTS, .max_body = (size_t)256 << 10,
		.per_minute = 30},
	{METHOD_POST, "/p/{id}/vacancy/close", SIGNED_IN, .write = close_write,
		.takes = {{"how", INPUT_CHOICE, .choices = "filled|withdrawn",
			.label = "Why it is closed"}}},
	{METHOD_POST, "/p/{id}/vacancy/reopen", SIGNED_IN, .write = reopen_write},
	{0},
};
