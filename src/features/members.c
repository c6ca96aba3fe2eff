/* members.c: the roll on a page, for the board, the administration and the treasurer; for anyone else it is not there. */
#include "memberfile.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 50
#define LOOK "list"

bool members_may(const struct call *call, uint32_t roles)
{
	struct standing s;
	if (!call->viewer.local)
		return false;
	roll_standing(call->site, call->viewer.actor, 0, &s);
	return (s.roles & roles) != 0;
}

static bool may_see(const struct call *call)
{
	return members_may(call, ROLES_SEE_ROLL);
}

void members_tab_show(const struct call *call, struct view *v, const char *name)
{
	view_begin(v, "tab");
	view_flag(v, name, true);
	view_flag(v, "may_audit", members_may(call, ROLES_GIVE_ROLES));
	view_end(v);
}

/* ---- the list -------------------------------------------------------------------------------- */

struct looking {
	const struct call *call;
	struct people people;
};

static enum err list_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	enum err e = audit_looked(r, l->call->viewer.actor, LOOK);
	return e == OK ? people_all(r, l->call->arena, &l->people) : e;
}

static enum err look_work(struct call *call)
{
	return may_see(call) ? audit_look_first(call, LOOK) : ERR_NOT_FOUND;
}

static int by_name(const void *a, const void *b)
{
	const struct person *one = a, *other = b;
	int order = strcasecmp(
		one->name != NULL ? one->name : "", other->name != NULL ? other->name : "");
	return order != 0 ? order : one->id < other->id ? -1 : one->id > other->id;
}

static bool holds(const char *s, const char *words)
{
	return s != NULL && strcasestr(s, words) != NULL;
}

static void show_person(struct call *call, struct view *v, const struct person *p)
{
	enum person_status status = person_status_at(p, time_now());
	view_begin(v, NULL);
	view_id(v, "id", p->id);
	view_text(v, "name", p->name != NULL ? p->name : "");
	view_text(v, "number", p->number != NULL ? p->number : "");
	view_text(v, "email", p->email != NULL ? p->email : "");
	view_text(v, "kind", p->type != NULL ? p->type : "");
	view_text(v, "status", person_status_words(call->language, status));
	view_time(v, "since", p->from);
	/* Days begin and end in UTC here: noon is of the same day in any zone nearby. */
	view_time(v, "last_day", p->until != 0 ? (p->until - 1) / DAY * DAY + DAY / 2 : 0);
	view_end(v);
}

static void show_people(struct call *call, struct view *v, struct people *people)
{
	const char *said = call_input(call, "q");
	const char *words = text_trim(call->arena, said != NULL ? said : "");
	size_t first = (size_t)call_number(call, "page", 0) * PAGE, found = 0;
	view_text(v, "q", words);
	view_list(v, "people");
	for (size_t i = 0; i < people->count; i++) {
		const struct person *p = &people->at[i];
		if (*words != '\0' && !holds(p->name, words) && !holds(p->number, words)
			&& !holds(p->email, words))
			continue;
		if (found >= first && found < first + PAGE)
			show_person(call, v, p);
		found++;
	}
	view_list_end(v);
	view_number(v, "found", (int64_t)found);
	view_flag(v, "some", people->count > 0);
	view_flag(v, "earlier", first > 0);
	view_number(v, "before", (int64_t)(first / PAGE) - 1);
	view_number(v, "after", found > first + PAGE ? (int64_t)(first / PAGE) + 1 : 0);
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct looking l = {.call = call};
	(void)t;
	if (!may_see(call))
		return ERR_NOT_FOUND;
	enum err e = roll_read(call->site, list_run, &l);
	if (e != OK)
		return e;
	qsort(l.people.at, l.people.count, sizeof *l.people.at, by_name);
	view_text(v, "heading", i18n(call->language, "Members"));
	members_tab_show(call, v, "list");
	show_people(call, v, &l.people);
	return OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static enum err export_work(struct call *call)
{
	struct doer by = {.actor = call->viewer.actor};
	struct bytes file;
	size_t people;
	if (!may_see(call))
		return ERR_NOT_FOUND;
	enum err e = memberfile_export(
		call->arena, call->site, &by, call->language, &file, &people);
	if (e != OK)
		return e;
	reply_bytes(call, 200, "text/csv; charset=utf-8", file);
	reply_header(call, "Content-Disposition",
		text_is(call->language, "nl") ? "attachment; filename=\"leden.csv\""
					      : "attachment; filename=\"members.csv\"");
	call->reply.cache = "no-store";
	return OK;
}

/* For who may not, they answer as what is not there: so the right is asked within. */
static const struct route routes[] = {
	{METHOD_GET, "/members", ANYONE, .roll = true, .read = list_read, .work = look_work,
		.page = "members",
		.takes = {{"q", INPUT_LINE, .max = 100, .label = "Search"},
			{"page", INPUT_NUMBER, .min = 0, .max = 10000, .label = "Page"}},
		.per_minute = 60},
	{METHOD_POST, "/members/export", ANYONE, .roll = true, .work = export_work,
		.per_minute = 6},
	{0},
};

const struct feature feature_members = {.name = "members", .routes = routes};
