/* projectform.c: projects begun and changed, what becomes of them, and helping with one. */
#include "compose.h"
#include "project.h"

#include <string.h>

/* ---- begun, changed -------------------------------------------------------------------------- */

static const char *nth(struct call *call, const char *name, size_t n)
{
	const char *said = call_input_nth(call, name, n);
	return said != NULL ? said : "";
}

/* As they were typed; the rest of a row without a name is nothing. */
static void typed_roles(struct call *call, struct roles_wanted *out)
{
	int64_t wanted;
	*out = (struct roles_wanted){.count = 0};
	for (size_t i = 0; i < PROJECT_ROLES_MOST; i++) {
		struct role_wanted r = {
			.name = text_trim(call->arena, nth(call, "role", i)),
			.asks = text_trim(call->arena, nth(call, "asks", i)),
		};
		if (*r.name == '\0')
			continue;
		if (text_to_i64(nth(call, "wanted", i), 0, PROJECT_WANTED_MOST, &wanted))
			r.wanted = (uint32_t)wanted;
		if (!text_to_u64(nth(call, "number", i), &r.number))
			r.number = 0;
		out->at[out->count++] = r;
	}
}

static void show_role(struct view *v, size_t row, const struct role_wanted *r, bool folds)
{
	view_begin(v, NULL);
	view_number(v, "row", (int64_t)row + 1);
	view_id(v, "number", r->number);
	view_text(v, "name", r->name);
	view_text(v, "asks", r->asks);
	view_number(v, "wanted", r->wanted);
	view_flag(v, "folds", folds);
	view_end(v);
}

#define ROLES_OPEN 3 /* rows that are shown at once */

static void show_form(
	struct call *call, struct view *v, const struct post *p, const struct project *now)
{
	const struct role_wanted none = {.name = "", .asks = "", .wanted = 1};
	struct roles_wanted roles;
	if (call->typed)
		typed_roles(call, &roles);
	else
		project_roles(call->arena, now, &roles);
	view_begin(v, "is");
	compose_value(call, v, "title", p->title);
	compose_value(call, v, "text", p->source);
	view_end(v);
	view_list(v, "rows");
	for (size_t i = 0; i < PROJECT_ROLES_MOST; i++)
		show_role(v, i, i < roles.count ? &roles.at[i] : &none, i == ROLES_OPEN);
	view_list_end(v);
	view_flag(v, "many", roles.count > ROLES_OPEN);
	compose_languages(call, v, p->language != NULL ? p->language : call->language);
}

/* What a project is begun from, when the viewer may read it: its words and circles are where it begins. */
static bool find_idea(struct call *call, struct txn *t, uint64_t community, struct post *out)
{
	uint64_t id = call_input_id(call, "idea");
	return id != 0 && post_load(t, id, out) == OK && out->kind == POST_IDEA && !out->gone
		&& out->removed_by == 0 && out->community == community
		&& circle_may_read(t, &call->viewer, out);
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	struct post idea = {0};
	const struct project empty = {0};
	bool from = find_idea(call, t, community.id, &idea);
	const struct post none = {0};
	struct circles now = from ? idea.circles : circle_default(&community, NULL);
	now.abroad = false;
	compose_new_show(call, v, &community, "project", "New project");
	view_flag(v, "is_new", true);
	view_id(v, "from", from ? idea.id : 0);
	view_flag(v, "from_idea", from);
	view_format(v, "back", "%s/projects", actor_path(call->arena, &community));
	show_form(call, v, from ? &idea : &none, &empty);
	circle_show_choice(call, t, v, community.id, &now, NULL);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct roles_wanted roles;
	struct post idea, p;
	struct project project = {.state = PROJECT_LOOKING};
	enum err e = compose_place(call, t, false, &community, &circles);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, POST_PROJECT, &circles);
	draft.community = community.id;
	project.idea = find_idea(call, t, community.id, &idea) ? idea.id : 0;
	typed_roles(call, &roles);
	e = project_set_roles(t, 0, &project, &roles, &call->refusal);
	if (e == OK)
		e = record_write(txn_arena(t), &project_shape, &project, &draft.own);
	if (e == OK)
		e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your project is placed.") : e;
}

static enum err find(struct call *call, struct txn *t, struct post *p, struct project *out)
{
	enum err e = compose_post(call, t, p);
	return e == OK ? project_of(t, p, out) : e;
}

static enum err find_own(struct call *call, struct txn *t, struct post *p, struct project *out)
{
	enum err e = compose_own(call, t, p);
	return e == OK ? project_of(t, p, out) : e;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct project project;
	enum err e = find_own(call, t, &p, &project);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Change the project"));
	view_format(v, "action", "/p/%s/project", call_part(call, "id"));
	view_text(v, "back", post_path(t, &p));
	show_form(call, v, &p, &project);
	view_flag(v, "may_widen", p.circles.read != CIRCLE_EVERYONE);
	circle_show_choice(call, t, v, p.community, &p.circles, NULL);
	return OK;
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct post p;
	struct project project;
	struct circles circles;
	struct roles_wanted roles;
	enum err e = find_own(call, t, &p, &project);
	const char *was = e == OK ? project.roles : NULL;
	if (e == OK)
		e = circle_chosen(call, t, p.community, NULL, p.circles, &circles);
	typed_roles(call, &roles);
	if (e == OK)
		e = project_set_roles(t, p.id, &project, &roles, &call->refusal);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, POST_PROJECT, &circles);
	if (strcmp(was != NULL ? was : "", project.roles != NULL ? project.roles : "") != 0)
		project.changed = time_now();
	e = record_write(txn_arena(t), &project_shape, &project, &draft.own);
	if (e == OK)
		e = post_edit(t, p.author, p.id, &draft, NULL, &call->refusal);
	return e == OK ? compose_done(call, t, &p, "Your change is kept.") : e;
}

/* ---- what becomes of it ---------------------------------------------------------------------- */

static enum err find_managed(struct call *call, struct txn *t, struct post *p, struct project *out)
{
	enum err e = find(call, t, p, out);
	return e == OK && !circle_may_manage(t, call->viewer.actor, p) ? ERR_FORBIDDEN : e;
}

static enum err state_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct project project;
	enum err e = find_managed(call, t, &p, &project);
	if (e != OK)
		return e;
	struct project chosen = {.state = project_state_of(call_input(call, "state"),
					 (enum project_state)project.state)};
	view_text(v, "heading", i18n(call->language, "How does the project stand?"));
	post_line(t, v, "post", &p, &call->viewer);
	view_begin(v, "in");
	project_state_show(v, &chosen);
	view_end(v);
	compose_value(call, v, "reason", project.reason);
	return OK;
}

static enum err state_write(struct call *call, struct txn *t)
{
	struct post p;
	struct project project;
	enum err e = find_managed(call, t, &p, &project);
	if (e == OK)
		e = project_decide(t, call->viewer.actor, &p, &project,
			project_state_of(call_input(call, "state"), PROJECT_LOOKING),
			call_input(call, "reason"), &call->refusal);
	return e == OK ? compose_done(call, t, &p, "It is kept how the project stands.") : e;
}

/* ---- helping --------------------------------------------------------------------------------- */

static enum err help_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct project project;
	struct roles_wanted roles;
	struct helper mine = {0};
	uint64_t number = (uint64_t)call_number(call, "role", 0);
	enum err e = find(call, t, &p, &project);
	if (e == OK && !project_may_help(t, call->viewer.actor, &p, &project))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	project_roles(call->arena, &project, &roles);
	const struct role_wanted *role = project_role(&roles, number);
	if (role == NULL)
		return ERR_NOT_FOUND;
	view_text(v, "role_name", role->name);
	view_text(v, "asks", role->asks);
	if (project_helps(t, p.id, number, call->viewer.actor, &mine) != OK)
		mine = (struct helper){0};
	view_text(v, "heading", i18n(call->language, "Help with this project"));
	post_line(t, v, "post", &p, &call->viewer);
	view_number(v, "role_number", (int64_t)number);
	compose_value(call, v, "words", mine.words);
	view_flag(v, "for_few", p.circles.act != CIRCLE_EVERYONE);
	view_flag(v, "shown", call->typed ? call_flag(call, "shown") : mine.shown);
	return OK;
}

static enum err help_write(struct call *call, struct txn *t)
{
	struct post p;
	struct project project;
	enum err e = find(call, t, &p, &project);
	if (e == OK)
		e = project_help(t, call->viewer.actor, &p, &project,
			(uint64_t)call_number(call, "role", 0), call_input(call, "words"),
			call_flag(call, "shown"), &call->refusal);
	return e == OK
		? compose_done(call, t, &p, "Good: you help. Who began the project knows it.")
		: e;
}

static enum err back_write(struct call *call, struct txn *t)
{
	struct post p;
	struct project project;
	enum err e = find(call, t, &p, &project);
	if (e == OK)
		e = project_step_back(t, call->viewer.actor, call->viewer.actor, &p,
			(uint64_t)call_number(call, "role", 0), NULL, &call->refusal);
	return e == OK ? compose_done(call, t, &p, "You stepped back from this role.") : e;
}

static enum err let_go_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct project project;
	struct roles_wanted roles;
	struct helper helper;
	struct actor who;
	uint64_t number = (uint64_t)call_number(call, "role", 0);
	enum err e = find_managed(call, t, &p, &project);
	if (e == OK)
		e = project_helps(t, p.id, number, call_input_id(call, "who"), &helper);
	if (e == OK)
		e = actor_load(t, call_input_id(call, "who"), &who);
	if (e != OK)
		return e;
	project_roles(call->arena, &project, &roles);
	const struct role_wanted *role = project_role(&roles, number);
	if (role == NULL || project_is_over(&project))
		return ERR_NOT_FOUND;
	view_text(v, "heading", i18n(call->language, "End someone’s role"));
	post_line(t, v, "post", &p, &call->viewer);
	view_number(v, "role_number", (int64_t)number);
	view_text(v, "role_name", role->name);
	actor_show(v, "who", &who);
	compose_value(call, v, "words", NULL);
	return OK;
}

static enum err let_go_write(struct call *call, struct txn *t)
{
	struct post p;
	struct project project;
	enum err e = find_managed(call, t, &p, &project);
	if (e == OK)
		e = project_step_back(t, call->viewer.actor, call_input_id(call, "who"), &p,
			(uint64_t)call_number(call, "role", 0), call_input(call, "words"),
			&call->refusal);
	return e == OK ? compose_done(call, t, &p, "This role is ended.") : e;
}

#define FORM_INPUTS                                                                                \
	{"title", INPUT_LINE, .required = true, .max = POST_TITLE_MOST, .label = "Title"},         \
		{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,            \
			.label = "What, and why"},                                                 \
		{"idea", INPUT_ID, .label = "Idea"},                                               \
		{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS
#define ROLE_INPUT                                                                                 \
	{                                                                                          \
		"role", INPUT_NUMBER, .required = true, .min = 1, .max = 1000000, .label = "Role"  \
	}
#define WHO_INPUT                                                                                  \
	{                                                                                          \
		"who", INPUT_ID, .required = true, .label = "Who"                                  \
	}
#define WORDS_INPUT                                                                                \
	{                                                                                          \
		"words", INPUT_TEXT, .max = PROJECT_WORDS_MOST, .label = "A word with it"          \
	}
#define STATE_INPUT(needed)                                                                        \
	{                                                                                          \
		"state", INPUT_CHOICE, .required = (needed),                                       \
				       .choices = "looking|running|done|stopped",                  \
				       .label = "How it stands"                                    \
	}

const struct route project_routes[] = {
	{METHOD_GET, "/@{name}/projects", ANYONE, .read = project_list, .page = "projects",
		.takes = {STATE_INPUT(false),
			{"role", INPUT_LINE, .max = PROJECT_ROLE_MOST, .label = "Role"},
			{"page", INPUT_NUMBER, .min = 0, .max = 1000, .label = "Page"}}},
	{METHOD_GET, "/c/{name}/new/project", SIGNED_IN, .read = new_read, .page = "project-form",
		.drafts = true, .takes = {{"idea", INPUT_ID, .label = "Idea"}}},
	{METHOD_POST, "/c/{name}/new/project", SIGNED_IN, .write = new_write,
		.page = "project-form", .form = new_read, .drafts = true, .takes = {FORM_INPUTS},
		.max_body = (size_t)256 << 10, .per_minute = 30},
	{METHOD_GET, "/p/{id}/project", SIGNED_IN, .read = edit_read, .page = "project-form"},
	{METHOD_POST, "/p/{id}/project", SIGNED_IN, .write = edit_write, .page = "project-form",
		.form = edit_read, .takes = {FORM_INPUTS}, .max_body = (size_t)256 << 10,
		.per_minute = 30},
	{METHOD_GET, "/p/{id}/project/state", SIGNED_IN, .read = state_read,
		.page = "project-state"},
	{METHOD_POST, "/p/{id}/project/state", SIGNED_IN, .write = state_write,
		.page = "project-state", .form = state_read,
		.takes = {STATE_INPUT(true),
			{"reason", INPUT_LINE, .max = PROJECT_REASON_MOST, .label = "Reason"}}},
	{METHOD_GET, "/p/{id}/project/help", SIGNED_IN, .read = help_read, .page = "project-help",
		.takes = {ROLE_INPUT}},
	{METHOD_POST, "/p/{id}/project/help", SIGNED_IN, .write = help_write,
		.page = "project-help", .form = help_read,
		.takes = {ROLE_INPUT, WORDS_INPUT,
			{"shown", INPUT_FLAG, .label = "My name may be seen"}},
		.per_minute = 30},
	{METHOD_POST, "/p/{id}/project/back", SIGNED_IN, .write = back_write,
		.takes = {ROLE_INPUT}},
	{METHOD_GET, "/p/{id}/project/let-go", SIGNED_IN, .read = let_go_read,
		.page = "project-let-go", .takes = {ROLE_INPUT, WHO_INPUT}},
	{METHOD_POST, "/p/{id}/project/let-go", SIGNED_IN, .write = let_go_write,
		.page = "project-let-go", .form = let_go_read,
		.takes = {ROLE_INPUT, WHO_INPUT, WORDS_INPUT}, .per_minute = 30},
	{0},
};
