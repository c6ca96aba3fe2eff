/* community.c: where conversations are held: making them, looking after them, their pages. */
#include "curated.h"

#define COMMUNITIES_MOST 1000
#define MODERATORS_MOST 50
#define SOURCE_MOST 5000 /* code points */
#define LINES_SHOWN 20
#define PINNED_SHOWN 5

/* ---- verbs ----------------------------------------------------------------------------------- */

static enum err found(struct txn *t, const struct community_draft *d, const struct actor *community)
{
	struct actor founder;
	struct place moderator = place_2(TABLE_MODERATOR, community->id, d->founder);
	enum err e = actor_load(t, d->founder, &founder);
	if (e == OK && (!founder.local || founder.kind != ACTOR_PERSON || founder.gone))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = txn_put(t, &moderator, (struct bytes){"\1", 1});
	return e == OK ? follow_start(t, d->founder, community->id, NULL) : e;
}

enum err community_create(
	struct txn *t, const struct community_draft *d, struct refusal *why, struct actor *out)
{
	struct actor a;
	const char *source = text_trim(txn_arena(t), d->source != NULL ? d->source : "");
	char *html;
	if (text_count(source) > SOURCE_MOST
		|| markup_from_markdown(txn_arena(t), source, NULL, NULL, &html) != OK)
		return refuse(why, "source", "This text is too long.");
	enum err e = actor_create(t, ACTOR_GROUP, d->name, d->title, &d->keys, why, &a);
	if (e != OK)
		return e;
	struct place row = place_1(TABLE_COMMUNITY, a.id);
	a.restricted = d->restricted;
	a.source = source;
	a.summary = html;
	e = actor_save(t, &a);
	if (e == OK)
		e = txn_put(t, &row, (struct bytes){"\1", 1});
	if (e == OK && d->founder != 0)
		e = found(t, d, &a);
	if (e == OK)
		*out = a;
	return e;
}

bool community_moderated_by(struct txn *t, const struct actor *community, const struct actor *who)
{
	struct bytes there;
	struct account account;
	struct place place = place_2(TABLE_MODERATOR, community->id, who->id);
	if (who->id == 0 || who->gone || who->suspended || community->kind != ACTOR_GROUP)
		return false;
	/* Whom it banned looks after it no longer. */
	if (txn_get(t, &place, &there) == OK && !block_is(t, community->id, who->id))
		return true;
	return community->local && who->local && account_load(t, who->id, &account) == OK
		&& account.admin;
}

enum err community_moderators(struct txn *t, uint64_t community, struct u64s *out)
{
	return post_ids(t, TABLE_MODERATOR, community, 0, false, MODERATORS_MOST, out);
}

static enum err may_serve(struct txn *t, const struct actor *community, uint64_t id)
{
	struct actor a;
	enum err e = actor_load(t, id, &a);
	if (e != OK)
		return e;
	return a.kind == ACTOR_PERSON && !a.gone && !a.suspended
			&& !block_between(t, id, community->id)
		? OK
		: ERR_FORBIDDEN;
}

enum err community_moderator(struct txn *t, uint64_t who, uint64_t id, uint64_t actor, bool on,
	const struct origin *origin)
{
	struct actor community, by;
	struct u64s all;
	enum err e = actor_load(t, id, &community);
	if (e == OK && community.kind != ACTOR_GROUP)
		e = ERR_NOT_FOUND;
	if (e == OK && community.gone)
		e = ERR_GONE;
	if (e == OK)
		e = actor_load(t, who, &by);
	if (e != OK)
		return e;
	if (!origin_reaches(origin, id)
		|| (!origin_vouches(origin, id) && !community_moderated_by(t, &community, &by)))
		return ERR_FORBIDDEN;
	e = on ? may_serve(t, &community, actor) : OK;
	if (e == OK)
		e = community_moderators(t, id, &all);
	if (e != OK)
		return e;
	bool is = false;
	for (size_t i = 0; i < all.count; i++)
		is = is || all.at[i] == actor;
	if (is == on)
		return OK;
	if (on && all.count == MODERATORS_MOST)
		return ERR_TOO_MUCH;
	if (!on && all.count == 1 && community.local)
		return ERR_CONFLICT; /* someone must look after it */
	struct place place = place_2(TABLE_MODERATOR, id, actor);
	e = on ? txn_put(t, &place, (struct bytes){"\1", 1}) : txn_del(t, &place);
	struct line line = {.act = on ? ACT_MODERATOR : ACT_UNMODERATOR,
		.actor = who,
		.object = actor,
		.target = id};
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

struct listing {
	uint64_t *ids;
	size_t count;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct listing *l = arg;
	l->ids[l->count++] = place_id(key, 0);
	return OK;
}

enum err community_list(struct txn *t, struct u64s *out)
{
	struct listing l = {.ids = arena_array(txn_arena(t), COMMUNITIES_MOST, sizeof *l.ids)};
	struct walk w = {.prefix = place_0(TABLE_COMMUNITY), .max = COMMUNITIES_MOST};
	enum err e = txn_walk(t, &w, list_one, &l);
	if (e == OK)
		*out = (struct u64s){l.ids, l.count};
	return e;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static enum err show_team(struct txn *t, struct view *v, const struct actor *a)
{
	struct actor moderator;
	struct u64s moderators;
	enum err e = community_moderators(t, a->id, &moderators);
	if (e != OK)
		return e;
	bool some = false;
	view_list(v, "moderators");
	for (size_t i = 0; i < moderators.count; i++) {
		if (actor_load(t, moderators.at[i], &moderator) != OK || moderator.gone
			|| moderator.suspended)
			continue;
		actor_show(v, NULL, &moderator);
		some = true;
	}
	view_list_end(v);
	view_flag(v, "has_moderators", some);
	return OK;
}

static void show_circles(struct view *v, const char *name, uint32_t circle)
{
	view_begin(v, name);
	view_flag(v, "everyone", circle == CIRCLE_EVERYONE);
	view_flag(v, "members", circle == CIRCLE_MEMBERS);
	view_flag(v, "core", circle == CIRCLE_CORE);
	view_end(v);
}

/* Who looks after it in whatever way is of its core team. */
static void show_managing(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	struct actor me;
	if (!a->local || circle_of(t, call->viewer.actor, a->id) != CIRCLE_CORE)
		return;
	view_flag(v, "manages", true);
	view_flag(v, "may_set_up",
		actor_load(t, call->viewer.actor, &me) == OK && community_moderated_by(t, a, &me));
	view_flag(v, "may_see_readers", a->circles.abroad);
	view_number(v, "news_waiting", (int64_t)curated_waiting(t, a->id));
}

enum err community_head_show(
	struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	follow_told_show(t, v, a);
	view_text(v, "heading", actor_title(a));
	view_text(v, "tint", actor_colour(call->arena, a));
	const char *tagline = markup_plain(call->arena, a->summary != NULL ? a->summary : "", 160);
	view_text(v, "description", tagline);
	view_text(v, "tagline", tagline);
	if (a->local) {
		view_text(v, "alternate", a->uri);
		reply_alternate(call, a->uri, ALTERNATE_ACTIVITY);
	}
	if (a->local) {
		struct preview preview = {.title = actor_title(a),
			.description = tagline,
			.image = a->icon,
			.path = actor_path(call->arena, a),
			.kind = "website"};
		preview_show(call, v, &preview);
		view_text(v, "feed", preview.path);
	}
	actor_show(v, "actor", a);
	view_text(v, "handle", actor_handle(call->arena, a));
	view_text(v, "uri", a->uri);
	view_html(v, "summary", a->summary);
	view_html(v, "rules", a->rules != NULL ? a->rules : "");
	view_flag(v, "restricted", a->restricted);
	show_circles(v, "reads", a->circles.read);
	show_circles(v, "acts", a->circles.act);
	view_flag(v, "in_community", true);
	view_flag(v, "may_post", call->viewer.local && circle_may_post(t, call->viewer.actor, a));
	view_format(v, "new_path", "/c/%s/new", actor_path(call->arena, a) + 2);
	show_managing(call, t, v, a);
	joining_community_show(call, t, v, a);
	view_flag(v, "has_coaches", a->local && coach_any(t, a->id));
	profile_relation_show(call, t, v, a);
	return show_team(t, v, a);
}

enum err community_here_show(struct call *call, struct txn *t, struct view *v, struct actor *out)
{
	enum err e = actor_by_handle(t, call_part(call, "name"), out);
	if (e == OK && (out->suspended || out->kind != ACTOR_GROUP || !out->local))
		e = ERR_NOT_FOUND;
	if (e == OK && out->gone)
		e = ERR_GONE;
	return e == OK ? community_head_show(call, t, v, out) : e;
}

enum err community_of_core(struct call *call, struct txn *t, struct actor *out)
{
	struct actor a;
	enum err e = actor_by_name(t, call_part(call, "name"), &a);
	if (e == OK && (a.kind != ACTOR_GROUP || a.suspended))
		e = ERR_NOT_FOUND;
	if (e == OK && a.gone)
		e = ERR_GONE;
	if (e == OK && circle_of(t, call->viewer.actor, a.id) != CIRCLE_CORE)
		e = ERR_FORBIDDEN;
	if (e == OK)
		*out = a;
	return e;
}

/* What stands at the top is not said twice. */
static struct u64s without(struct arena *arena, struct u64s ids, struct u64s pinned)
{
	uint64_t *left = arena_array(arena, ids.count, sizeof *left);
	size_t count = 0;
	for (size_t i = 0; i < ids.count; i++) {
		bool top = false;
		for (size_t k = 0; k < pinned.count; k++)
			top = top || pinned.at[k] == ids.at[i];
		if (!top)
			left[count++] = ids.at[i];
	}
	return (struct u64s){left, count};
}

static enum err show_page(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	struct u64s ids, pinned = {0};
	uint64_t before = call_input_id(call, "before"), older = 0;
	enum err e = community_head_show(call, t, v, a);
	if (e == OK)
		e = timeline_of(t, &call->viewer, a, before, LINES_SHOWN, &ids, &older);
	if (e == OK && before == 0)
		e = post_pinned(t, a->id, PINNED_SHOWN, &pinned);
	if (e != OK)
		return e;
	e = before == 0 ? now_show(t, v, a, &call->viewer) : OK;
	if (e != OK)
		return e;
	struct u64s rest = without(call->arena, ids, pinned);
	post_lines(t, v, "pinned", &pinned, &call->viewer);
	post_lines(t, v, "conversations", &rest, &call->viewer);
	view_flag(v, "on_conversations", true);
	view_flag(v, "nothing", ids.count == 0 && pinned.count == 0 && before == 0 && older == 0);
	view_flag(v, "later_page", before > 0);
	view_flag(v, "paged", before > 0 || older != 0);
	if (older != 0)
		view_id(v, "older", older);
	return OK;
}

enum err community_page(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	struct viewer me = circle_as_visitor(call, v);
	view_text(v, "own_path", actor_path(call->arena, a));
	enum err e = show_page(call, t, v, a);
	call->viewer = me;
	return e;
}

static enum err about_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = actor_by_handle(t, call_part(call, "name"), &a);
	if (e == OK && (a.suspended || a.kind != ACTOR_GROUP || (!a.local && !call->viewer.local)))
		e = ERR_NOT_FOUND;
	if (e == OK && a.gone)
		e = ERR_GONE;
	if (e == OK)
		e = community_head_show(call, t, v, &a);
	if (e != OK)
		return e;
	view_flag(v, "on_about", true);
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/@{name}/about", ANYONE, .read = about_read, .page = "about"},
	{0},
};

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s all;
	struct bytes there;
	enum err e = community_list(t, &all);
	view_list(v, "moderates");
	for (size_t i = 0; e == OK && i < all.count; i++) {
		struct place place = place_2(TABLE_MODERATOR, all.at[i], who->actor);
		if (txn_get(t, &place, &there) == OK)
			view_text(v, NULL, own_actor(t, all.at[i]));
	}
	view_list_end(v);
	return e;
}

static const struct personal personal = {.show = own_show}; /* leaving.c ends it */

static const struct table_use uses[] = {{TABLE_COMMUNITY, NULL}, {TABLE_MODERATOR, NULL}, {0}};
const struct feature feature_community = {
	.name = "community", .routes = routes, .tables = uses, .personal = &personal};
