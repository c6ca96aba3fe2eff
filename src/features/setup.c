/* setup.c: how a community is set up: who may write in it, and for whom that is. Its name and words: face.c. */
#include "features.h"

static enum err find_own(struct call *call, struct txn *t, struct actor *out)
{
	struct actor a, me;
	enum err e = actor_by_name(t, call_part(call, "name"), &a);
	if (e == OK && (a.kind != ACTOR_GROUP || a.suspended))
		e = ERR_NOT_FOUND;
	if (e == OK && a.gone)
		e = ERR_GONE;
	if (e == OK)
		e = actor_load(t, call->viewer.actor, &me);
	if (e == OK && !community_moderated_by(t, &a, &me))
		e = ERR_FORBIDDEN;
	if (e == OK)
		*out = a;
	return e;
}

static enum err settings_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = find_own(call, t, &a);
	if (e == OK)
		e = community_head_show(call, t, v, &a);
	if (e != OK)
		return e;
	view_flag(v, "on_settings", true);
	view_begin(v, "setup");
	view_flag(v, "restricted", a.restricted);
	view_flag(v, "own_members", call->typed ? call_flag(call, "own_members") : a.own_members);
	view_flag(v, "members_stay", profile_members_stay(t, &a));
	view_flag(v, "abroad", call->typed ? call_flag(call, "abroad") : a.circles.abroad);
	circle_show_choice(call, t, v, a.id, &a.circles, NULL);
	view_end(v);
	return OK;
}

static enum err settings_write(struct call *call, struct txn *t)
{
	struct actor a;
	struct community_change community = {.restricted = call_flag(call, "restricted"),
		.own_members = call_flag(call, "own_members")};
	struct profile_change change = {
		.locked = -1, .discoverable = -1, .indexable = -1, .community = &community};
	enum err e = find_own(call, t, &a);
	if (e == OK)
		e = circle_chosen(call, t, a.id, NULL, a.circles, &community.circles);
	community.circles.abroad = call_flag(call, "abroad");
	if (e == OK)
		e = profile_update(t, call->viewer.actor, a.id, &change, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "The settings of this community are kept.");
	reply_see_other(
		call, arena_format(call->arena, "%s/settings", actor_path(call->arena, &a)));
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/@{name}/settings", SIGNED_IN, .read = settings_read,
		.page = "community-settings"},
	{METHOD_POST, "/@{name}/settings", SIGNED_IN, .write = settings_write,
		.page = "community-settings", .form = settings_read,
		.takes = {{"restricted", INPUT_FLAG,
				  .label = "Only moderators start conversations"},
			{"own_members", INPUT_FLAG, .label = "Members"}, CIRCLE_INPUTS}},
	{0},
};
const struct feature feature_setup = {.name = "setup", .routes = routes};
