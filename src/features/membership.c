/* membership.c: out of a community that has members of its own, by oneself; and back for an hour. */
#include "roll.h"

#define PRUNED_AT_ONCE 500

struct place_of {
	struct call *call;
	uint64_t community;
	const char *name;
	bool inside, left;
	enum err (*turn)(struct txn *, const struct doer *, uint64_t person, uint64_t community);
};

static enum err find_community(struct call *call, struct txn *t, struct actor *out)
{
	enum err e = actor_by_name(t, call_part(call, "name"), out);
	if (e == OK && out->gone)
		return ERR_GONE;
	return e == OK && (out->kind != ACTOR_GROUP || !out->local || !out->own_members)
		? ERR_NOT_FOUND
		: e;
}

static enum err standing_run(struct txn *r, void *arg)
{
	struct place_of *x = arg;
	struct person p;
	enum err e = person_by_actor(r, x->call->viewer.actor, &p);
	if (e == OK) {
		x->inside = role_of(r, p.id, x->community) != 0;
		x->left = role_has_left(r, p.id, x->community);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err leave_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct place_of x = {.call = call};
	enum err e = find_community(call, t, &a);
	x.community = e == OK ? a.id : 0;
	if (e == OK)
		e = roll_read(call->site, standing_run, &x);
	if (e != OK)
		return e;
	if (!x.inside && !x.left) {
		reply_see_other(call, joining_path(call->arena, &a));
		return OK;
	}
	view_text(v, "heading",
		i18n(call->language,
			x.inside ? "Leave this community" : "You left this community"));
	view_text(v, "place", actor_title(&a));
	view_text(v, "community_path", actor_path(call->arena, &a));
	view_text(v, "join_path", joining_path(call->arena, &a));
	view_format(v, "path", "/c/%s/leave", a.name);
	view_text(v, "tint", actor_colour(call->arena, &a));
	view_flag(v, "inside", x.inside);
	return OK;
}

/* ---- doing it -------------------------------------------------------------------------------- */

static enum err community_run(struct txn *t, void *arg)
{
	struct place_of *x = arg;
	struct actor a;
	enum err e = find_community(x->call, t, &a);
	if (e != OK)
		return e;
	x->community = a.id;
	x->name = arena_text(x->call->arena, a.name);
	return OK;
}

static enum err turn_run(struct txn *r, void *arg)
{
	const struct place_of *x = arg;
	struct doer me = {.actor = x->call->viewer.actor, .reason = "left"};
	struct person p;
	enum err e = person_by_actor(r, me.actor, &p);
	return e == OK ? x->turn(r, &me, p.id, x->community) : e;
}

static enum err turn(struct place_of *x)
{
	enum err e = store_read(x->call->store, community_run, x);
	return e == OK ? roll_write(x->call->site, turn_run, x) : e;
}

static enum err leave_work(struct call *call)
{
	struct place_of x = {.call = call, .turn = role_leave};
	enum err e = turn(&x);
	if (e == OK)
		reply_see_other(call, arena_format(call->arena, "/c/%s/leave", x.name));
	return e;
}

static enum err back_work(struct call *call)
{
	struct place_of x = {.call = call, .turn = role_come_back};
	enum err e = turn(&x);
	if (e == ERR_NOT_FOUND && x.name != NULL) {
		reply_notice(
			call, "That can be undone for an hour only. You can ask to join again.");
		reply_see_other(call, arena_format(call->arena, "/c/%s/join", x.name));
		return OK;
	}
	if (e != OK)
		return e;
	reply_notice(call, "You are in this community again.");
	reply_see_other(call, arena_format(call->arena, "/@%s", x.name));
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

struct pruning {
	const struct site *site;
	size_t pruned;
};

static enum err prune_run(struct txn *r, void *arg)
{
	return role_prune(r, PRUNED_AT_ONCE, &((struct pruning *)arg)->pruned);
}

static enum err site_run(struct txn *t, void *arg)
{
	((struct pruning *)arg)->site = txn_site(t);
	return OK;
}

static void prune(struct store *store, void *arg)
{
	struct pruning p = {.pruned = PRUNED_AT_ONCE};
	(void)arg;
	enum err e = store_read(store, site_run, &p);
	while (e == OK && p.site->roll != NULL && p.pruned == PRUNED_AT_ONCE)
		e = roll_write(p.site, prune_run, &p);
	if (e != OK)
		log_line(LOG_WARN, "membership", "chore=prune error=%s", err_name(e));
}

static const struct chore chores[] = {{"membership", HOUR, prune, NULL}, {0}};
static const struct route routes[] = {
	{METHOD_GET, "/c/{name}/leave", SIGNED_IN, .read = leave_read, .page = "leave-community"},
	{METHOD_POST, "/c/{name}/leave", SIGNED_IN, .work = leave_work, .per_minute = 20},
	{METHOD_POST, "/c/{name}/leave/undo", SIGNED_IN, .work = back_work, .per_minute = 20},
	{0},
};

const struct feature feature_membership = {
	.name = "membership", .routes = routes, .chores = chores};
