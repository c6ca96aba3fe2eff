/* projects.c: projects on pages: one with its roles, and those of a community. */
#include "project.h"

#include <string.h>

#define LOOKED_AT 500 /* newest projects of one community */
#define SHOWN 20
#define ROLES_OFFERED 50

/* ---- one ------------------------------------------------------------------------------------- */

static bool is_here(struct txn *t, uint64_t who, struct actor *out)
{
	return actor_load(t, who, out) == OK && !out->gone && !out->suspended;
}

/* Names that their owners show. */
static void show_names(struct txn *t, struct view *v, const struct post *p, const struct helping *h,
	uint64_t role, const struct viewer *viewer)
{
	struct actor a;
	bool sees = viewer->local && circle_sees_names(t, viewer->actor, p);
	view_list(v, "names");
	for (size_t i = 0; sees && i < h->count; i++) {
		if (h->at[i].role != role || !h->at[i].helper.shown || !is_here(t, h->at[i].who, &a)
			|| block_between(t, viewer->actor, a.id))
			continue;
		view_begin(v, NULL);
		view_text(v, "title", actor_title(&a));
		view_text(v, "path", actor_path(txn_arena(t), &a));
		view_end(v);
	}
	view_list_end(v);
}

static size_t count_in(const struct helping *h, uint64_t role)
{
	size_t n = 0;
	for (size_t i = 0; i < h->count; i++)
		n += h->at[i].role == role;
	return n;
}

static void show_role(struct txn *t, struct view *v, const struct post *p,
	const struct role_wanted *r, const struct helping *h, const struct viewer *viewer,
	bool may_help)
{
	struct helper mine;
	size_t taken = count_in(h, r->number);
	bool helps = viewer->local
		&& project_helps(t, p->id, r->number, viewer->actor, &mine) == OK;
	view_begin(v, NULL);
	view_number(v, "number", (int64_t)r->number);
	view_text(v, "name", r->name);
	view_text(v, "asks", r->asks);
	view_number(v, "wanted", r->wanted);
	view_number(v, "taken", (int64_t)taken);
	view_flag(v, "full", taken >= r->wanted);
	view_flag(v, "helps", helps);
	view_flag(v, "may_take", may_help && !helps && taken < r->wanted);
	show_names(t, v, p, h, r->number, viewer);
	view_end(v);
}

/* For who manages it: everyone, with what they said. */
static void show_helpers(struct txn *t, struct view *v, uint64_t me,
	const struct roles_wanted *roles, const struct helping *h)
{
	struct actor a;
	view_list(v, "helpers");
	for (size_t i = 0; i < roles->count; i++)
		for (size_t k = 0; k < h->count; k++) {
			if (h->at[k].role != roles->at[i].number || !is_here(t, h->at[k].who, &a))
				continue;
			view_begin(v, NULL);
			view_text(v, "title", actor_title(&a));
			view_text(v, "path", actor_path(txn_arena(t), &a));
			view_id(v, "who", a.id);
			view_flag(v, "another", a.id != me);
			view_number(v, "number", (int64_t)roles->at[i].number);
			view_text(v, "role", roles->at[i].name);
			view_text(v, "words",
				h->at[k].helper.words != NULL ? h->at[k].helper.words : "");
			view_time(v, "at", h->at[k].helper.at);
			view_end(v);
		}
	view_list_end(v);
}

static void show_post_link(
	struct txn *t, struct view *v, const char *name, uint64_t id, const struct viewer *viewer)
{
	struct post p;
	if (id == 0 || post_load(t, id, &p) != OK || p.gone || p.removed_by != 0
		|| !circle_may_read(t, viewer, &p))
		return;
	view_begin(v, name);
	view_text(v, "path", post_path(t, &p));
	view_text(v, "words", post_name(t, &p, PROJECT_TEASER));
	view_end(v);
}

void project_page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct project project;
	struct roles_wanted roles;
	struct helping *h = arena_alloc(txn_arena(t), sizeof *h);
	struct actor by;
	uint64_t me = viewer->local ? viewer->actor : 0;
	if (project_of(t, p, &project) != OK || project_helping(t, p->id, h) != OK)
		return;
	bool manages = circle_may_manage(t, me, p), may_help = project_may_help(t, me, p, &project);
	project_roles(txn_arena(t), &project, &roles);
	view_begin(v, "project");
	project_state_show(v, &project);
	view_text(v, "reason", project.reason != NULL ? project.reason : "");
	view_text(v, "by", project.by != 0 && is_here(t, project.by, &by) ? actor_title(&by) : "");
	view_time(v, "since", project.at);
	view_flag(v, "over", project_is_over(&project));
	view_flag(v, "manages", manages);
	view_list(v, "roles");
	for (size_t i = 0; i < roles.count; i++)
		show_role(t, v, p, &roles.at[i], h, viewer, may_help);
	view_list_end(v);
	view_flag(v, "has_roles", roles.count > 0);
	if (manages)
		show_helpers(t, v, me, &roles, h);
	view_flag(v, "has_helpers", manages && h->count > 0);
	show_post_link(t, v, "idea", project.idea, viewer);
	view_end(v);
}

void project_of_idea_show(
	struct txn *t, struct view *v, const struct post *idea, const struct viewer *viewer)
{
	struct u64s ids;
	struct actor community;
	view_list(v, "projects");
	if (post_ids(t, TABLE_PROJECT_OF, idea->id, 0, false, SHOWN, &ids) == OK)
		for (size_t i = 0; i < ids.count; i++)
			show_post_link(t, v, NULL, ids.at[i], viewer);
	view_list_end(v);
	bool may = viewer->local && actor_load(t, idea->community, &community) == OK
		&& circle_may_post(t, viewer->actor, &community);
	view_text(v, "begin_project",
		may ? arena_format(txn_arena(t), "/c/%s/new/project", community.name) : "");
}

/* ---- the list -------------------------------------------------------------------------------- */

struct listed {
	struct post post;
	struct project project;
	struct helping helping;
	struct roles_wanted roles; /* with places */
};

/* Only roles that have a place left are told of there. */
static enum err with_places(struct txn *t, struct listed *l)
{
	size_t kept = 0;
	enum err e = project_helping(t, l->post.id, &l->helping);
	project_roles(txn_arena(t), &l->project, &l->roles);
	for (size_t i = 0; e == OK && i < l->roles.count; i++) {
		struct role_wanted r = l->roles.at[i];
		size_t taken = count_in(&l->helping, r.number);
		if (taken >= r.wanted || project_is_over(&l->project))
			continue;
		r.wanted -= (uint32_t)taken;
		l->roles.at[kept++] = r;
	}
	l->roles.count = kept;
	return e;
}

static bool wants(const struct listed *l, const char *role)
{
	for (size_t i = 0; i < l->roles.count; i++)
		if (text_equal_fold(l->roles.at[i].name, role))
			return true;
	return false;
}

struct offered { /* names of roles, each once */
	const char *at[ROLES_OFFERED];
	size_t count;
};

static void offer(struct offered *o, const struct listed *l)
{
	for (size_t i = 0; i < l->roles.count; i++) {
		size_t k = 0;
		while (k < o->count && !text_equal_fold(o->at[k], l->roles.at[i].name))
			k++;
		if (k == o->count && o->count < ROLES_OFFERED)
			o->at[o->count++] = l->roles.at[i].name;
	}
}

static void show_offered(struct view *v, const struct offered *o, const char *chosen)
{
	view_list(v, "offered");
	for (size_t i = 0; i < o->count; i++) {
		view_begin(v, NULL);
		view_text(v, "role", o->at[i]);
		view_flag(v, "chosen", text_equal_fold(o->at[i], chosen));
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "has_offered", o->count > 0);
}

static void show_line(struct call *call, struct txn *t, struct view *v, const struct listed *l)
{
	view_begin(v, NULL);
	post_line(t, v, "post", &l->post, &call->viewer);
	view_text(v, "teaser", markup_plain(call->arena, l->post.content, PROJECT_TEASER));
	view_text(v, "reason", l->project.reason != NULL ? l->project.reason : "");
	view_list(v, "roles");
	for (size_t i = 0; i < l->roles.count; i++) {
		view_begin(v, NULL);
		view_text(v, "name", l->roles.at[i].name);
		view_number(v, "wanted", l->roles.at[i].wanted);
		view_end(v);
	}
	view_list_end(v);
	view_end(v);
}

static enum err show_list(struct call *call, struct txn *t, struct view *v, uint64_t community,
	uint32_t state, const char *role)
{
	struct u64s ids;
	struct listed *l = arena_alloc(call->arena, sizeof *l);
	struct offered offered = {.count = 0};
	size_t first = (size_t)call_number(call, "page", 0) * SHOWN, seen = 0;
	enum err e = post_ids(t, TABLE_PROJECT_IN, community, 0, true, LOOKED_AT, &ids);
	view_list(v, "projects");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		if (post_load(t, ids.at[i], &l->post) != OK || l->post.removed_by != 0
			|| !circle_may_read(t, &call->viewer, &l->post)
			|| project_of(t, &l->post, &l->project) != OK || l->project.state != state)
			continue;
		e = with_places(t, l);
		offer(&offered, l);
		if (e != OK || (*role != '\0' && !wants(l, role)))
			continue;
		if (seen >= first && seen < first + SHOWN)
			show_line(call, t, v, l);
		seen++;
	}
	view_list_end(v);
	view_flag(v, "nothing", seen == 0);
	view_flag(v, "later_page", first > 0);
	view_number(v, "next", seen > first + SHOWN ? (int64_t)(first / SHOWN) + 1 : 0);
	show_offered(v, &offered, role);
	return e;
}

enum err project_list(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct text query;
	const char *role = call_input(call, "role");
	struct project shown = {
		.state = project_state_of(call_input(call, "state"), PROJECT_LOOKING)};
	enum err e = community_here_show(call, t, v, &a);
	if (e != OK)
		return e;
	text_init(&query, call->arena, 1024);
	text_format(&query, "%s/projects?state=%s", actor_path(call->arena, &a),
		project_state_word(shown.state));
	if (role != NULL && *role != '\0') {
		text_add(&query, "&role=");
		text_url(&query, role);
	}
	view_flag(v, "on_projects", true);
	view_format(v, "begin_path", "/c/%s/new/project", a.name);
	view_text(v, "role", role != NULL ? role : "");
	view_text(v, "state", project_state_word(shown.state));
	view_text(v, "further", query.at);
	view_begin(v, "in");
	project_state_show(v, &shown);
	view_end(v);
	return show_list(call, t, v, a.id, shown.state, role != NULL ? role : "");
}
