/* judge.c: whether an activity may be believed, what has to be fetched before, and which verb it is for. */
#include "federation.h"

#include <string.h>

static bool is_one_of(const char *type, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(type, list[i]))
			return true;
	return false;
}

static enum err needs(struct judged *j, enum need need, const char *uri)
{
	if (uri == NULL || j->done[need])
		return ERR_NOT_FOUND;
	j->need = need;
	j->uri = uri;
	return ERR_REMOTE;
}

/* What is not for everyone is not found by us either, deleted or not. */
static enum err needs_absence(struct txn *t, struct judged *j, const char *uri)
{
	struct post p;
	j->shown = post_by_uri(t, uri, &p) == OK && p.visibility <= VISIBLE_UNLISTED;
	return needs(j, NEED_ABSENCE, uri);
}

/* ---- to the verb ----------------------------------------------------------------------------- */

static enum err offer(struct txn *t, const struct activity *a, const char *object_type)
{
	enum err e = ERR_NOT_FOUND;
	for (const struct feature *const *f = features; *f != NULL; f++)
		for (const struct verb *v = (*f)->verbs; v != NULL && v->type != NULL; v++) {
			bool fits = object_type == NULL ? v->object_type == NULL
							: text_is(v->object_type, object_type);
			if (!fits || strcmp(v->type, a->type) != 0)
				continue;
			e = v->receive(t, a);
			if (e != ERR_NOT_FOUND)
				return e;
		}
	return e;
}

enum err judge_dispatch(struct txn *t, const struct activity *a)
{
	const char *type = a->inner != NULL ? a->inner->type
		: a->object != NULL         ? a->object->type
					    : NULL;
	enum err e = type != NULL ? offer(t, a, type) : ERR_NOT_FOUND;
	return e == ERR_NOT_FOUND ? offer(t, a, NULL) : e;
}

static bool says_something(const char *type)
{
	return text_is(type, "Create") || text_is(type, "Update");
}

/* It may be done and undone again, with the same two ids: Misskey's Follow is. */
static enum err end_both(struct txn *t, const char *undone, const char *undo)
{
	enum err e = seen_end(t, undone);
	if (e != OK || undo == NULL)
		return e;
	e = seen_end(t, undo);
	return e == ERR_NOT_FOUND ? OK : e;
}

/* Only the word of who did it: another of its host, or a group, keeps nothing out (security.md R59). */
static enum err take_back(struct txn *t, const struct activity *a)
{
	bool undo = strcmp(a->type, "Undo") == 0;
	const char *what = undo && a->inner != NULL ? a->inner->id : a->object_id;
	enum err e = judge_dispatch(t, a);
	if ((e != OK && e != ERR_NOT_FOUND) || !reading_same_host(what, a->actor))
		return e;
	enum err ended = undo ? end_both(t, what, a->id) : ERR_NOT_FOUND;
	if (ended != ERR_NOT_FOUND)
		return ended;
	return e == ERR_NOT_FOUND ? seen_take_back(t, a->actor, what) : e;
}

/* What was taken back before it came is late and not new: for a day, and a post for good (protocol.md §10.5). */
static bool was_taken_back(struct txn *t, const struct activity *a)
{
	return (a->id != NULL && seen_taken_back(t, a->actor, a->id, time_now() - DAY))
		|| (says_something(a->type) && a->object_id != NULL
			&& seen_taken_back(t, a->actor, a->object_id, 0));
}

/* ---- who ------------------------------------------------------------------------------------- */

static bool host_blocked(struct txn *t, const char *uri)
{
	struct url url;
	const char *bare = reading_no_fragment(txn_arena(t), uri);
	return bare != NULL && url_parse(txn_arena(t), bare, &url) == OK
		&& domain_blocked(t, url.host);
}

/* Known, of another node, and welcome; an unknown one is fetched. */
static enum err find_sender(struct txn *t, struct judged *j, const char *uri, struct actor *out)
{
	if (host_blocked(t, uri))
		return ERR_FORBIDDEN;
	enum err e = actor_by_uri(t, uri, out);
	if (e == ERR_NOT_FOUND)
		return needs(j, NEED_ACTOR, uri);
	if (e != OK)
		return e;
	return out->suspended ? ERR_FORBIDDEN : out->gone ? ERR_GONE : OK;
}

/* Somebody here asked to hear of them. */
static bool is_followed(struct txn *t, uint64_t actor)
{
	int64_t followers;
	return follow_count(t, actor, &followers) == OK && followers > 0;
}

/* ---- objects (protocol.md §11.1.7) ----------------------------------------------------------- */

/* An object counts when its own host says it and its author acts. */
static enum err trust_object(struct txn *t, struct judged *j, struct activity *a)
{
	const struct object *o = a->object;
	if (host_blocked(t, a->object_id)
		|| (o != NULL && o->attributed_to != NULL && host_blocked(t, o->attributed_to)))
		return ERR_FORBIDDEN;
	if (o != NULL && (o->id == NULL || !reading_same_host(o->id, a->actor))) {
		a->object = NULL;
		o = NULL;
	}
	if (!says_something(a->type))
		return OK;
	if (o != NULL && actor_kind_of(o->type) != 0)
		return j->done[NEED_PROFILE] ? OK : needs(j, NEED_PROFILE, o->id);
	if (o == NULL)
		return needs(j, NEED_OBJECT, a->object_id);
	return text_is(o->attributed_to, a->actor) ? OK : ERR_FORBIDDEN;
}

/* What is undone has to be one's own, but for what moderators do. */
static bool may_undo(const struct activity *a)
{
	static const char *const by_role[] = {"Block", "Lock", "Delete"};
	if (a->inner == NULL || is_one_of(a->inner->type, by_role, COUNT(by_role)))
		return true;
	return text_is(a->inner->actor, a->actor);
}

/* ---- what a group passes on (FEP-1b12; protocol.md §5.8) ------------------------------------- */

static bool may_be_announced(const struct activity *a)
{
	static const char *const inner[] = {"Create", "Update", "Delete", "Undo", "Like", "Dislike",
		"EmojiReact", "Add", "Remove", "Block", "Lock"};
	static const char *const undone[] = {
		"Like", "Dislike", "EmojiReact", "Delete", "Block", "Lock"};
	if (!is_one_of(a->type, inner, COUNT(inner)))
		return false;
	return strcmp(a->type, "Undo") != 0 || a->inner == NULL
		|| is_one_of(a->inner->type, undone, COUNT(undone));
}

/* Its word is enough for votes and for what moderators do, in what is its own; not for what others do elsewhere, nor for
 * an author's own Delete. */
static bool is_groups_own(struct txn *t, const struct activity *a, const struct actor *group)
{
	static const char *const about_posts[] = {
		"Like", "Dislike", "EmojiReact", "Lock", "Delete"};
	const struct activity *act = strcmp(a->type, "Undo") == 0 && a->inner != NULL ? a->inner
										      : a;
	struct actor who;
	struct post p;
	if (strcmp(act->type, "Block") == 0)
		return text_is(act->target, group->uri);
	if (strcmp(act->type, "Add") == 0 || strcmp(act->type, "Remove") == 0)
		return act->target != NULL
			&& (text_is(group->featured, act->target)
				|| text_is(group->moderators, act->target));
	if (!is_one_of(act->type, about_posts, COUNT(about_posts))
		|| post_by_uri(t, act->object_id, &p) != OK || p.community != group->id)
		return false;
	return strcmp(act->type, "Delete") != 0
		|| (actor_by_uri(t, a->actor, &who) == OK && who.id != p.author
			&& community_moderated_by(t, group, &who));
}

/* What changed in a community of ours its author's node tells us itself: that is passed on. */
static bool is_heard_here(struct txn *t, const struct activity *a)
{
	struct post p;
	struct actor where;
	return strcmp(a->type, "Update") == 0 && post_by_uri(t, a->object_id, &p) == OK
		&& p.community != 0 && actor_load(t, p.community, &where) == OK && where.local;
}

static void note_parent(struct txn *t, struct judged *j, const struct activity *a)
{
	struct post p;
	const char *uri = a->object != NULL ? a->object->in_reply_to : NULL;
	bool unknown = strcmp(a->type, "Create") == 0 && uri != NULL
		&& post_by_uri(t, uri, &p) == ERR_NOT_FOUND
		&& !reading_same_host(uri, txn_site(t)->base_url);
	j->parent = unknown ? uri : NULL;
}

static enum err apply_inner(struct txn *t, struct judged *j, const struct actor *group)
{
	struct activity inner = *j->activity.inner;
	if (!may_be_announced(&inner) || !is_followed(t, group->id))
		return ERR_FORBIDDEN;
	if (reading_same_host(inner.actor, txn_site(t)->base_url))
		return ERR_CONFLICT; /* our own words come back: we have them */
	inner.via = group->id;
	bool authentic = j->inner_proved || reading_same_host(inner.actor, group->uri);
	if (!authentic && !is_groups_own(t, &inner, group)) {
		if (proof_key_id(json_member(j->node, "object")) != NULL && !j->done[NEED_PROOF])
			return needs(j, NEED_PROOF, inner.actor);
		if (strcmp(inner.type, "Delete") == 0)
			return j->done[NEED_ABSENCE] ? ERR_FORBIDDEN
						     : needs_absence(t, j, inner.object_id);
		if (!says_something(inner.type) || is_heard_here(t, &inner))
			return ERR_FORBIDDEN;
		inner.object = NULL; /* what its origin says counts: judge_fetch puts it there */
		if (j->done[NEED_OBJECT] && j->activity.inner->object != NULL)
			inner.object = j->activity.inner->object;
	}
	struct actor who;
	enum err e = find_sender(t, j, inner.actor, &who);
	if (e == OK)
		e = trust_object(t, j, &inner);
	if (e == OK && (!may_undo(&inner) || was_taken_back(t, &inner)))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	inner.actor_id = who.id;
	e = judge_dispatch(t, &inner);
	if (e == OK)
		note_parent(t, j, &inner);
	return e;
}

/* A boost, or a group's second form for microblogs: what is not known here is fetched for those who follow. */
static enum err apply_announce(
	struct txn *t, struct judged *j, struct activity *a, const struct actor *who)
{
	struct post known;
	if (a->inner != NULL)
		return who->kind == ACTOR_GROUP ? apply_inner(t, j, who) : ERR_FORBIDDEN;
	a->object = NULL;
	if (host_blocked(t, a->object_id))
		return ERR_FORBIDDEN;
	enum err e = post_by_uri(t, a->object_id, &known);
	if (e == ERR_NOT_FOUND)
		return is_followed(t, who->id) ? needs(j, NEED_POST, a->object_id) : e;
	return e == OK ? judge_dispatch(t, a) : e;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool is_known(struct txn *t, const char *uri)
{
	struct post p;
	struct actor a;
	return post_by_uri(t, uri, &p) == OK || actor_by_uri(t, uri, &a) == OK;
}

/* Passed on by somebody else without a proof that holds: only its own host can say it; of a Delete, by what is not there
 * any more. */
static enum err need_authentic(struct txn *t, struct judged *j)
{
	if (proof_key_id(j->node) != NULL && !j->done[NEED_PROOF])
		return needs(j, NEED_PROOF, j->activity.actor);
	if (strcmp(j->activity.type, "Delete") == 0)
		return is_known(t, j->activity.object_id)
			? needs_absence(t, j, j->activity.object_id)
			: ERR_NOT_FOUND;
	return j->done[NEED_ACTIVITY] ? ERR_FORBIDDEN : needs(j, NEED_ACTIVITY, j->activity.id);
}

enum err judge_apply(struct txn *t, struct judged *j)
{
	struct activity a = j->activity;
	struct actor who;
	j->need = NEED_NOTHING;
	j->parent = NULL;
	if (!j->authentic)
		return need_authentic(t, j);
	enum err e = find_sender(t, j, a.actor, &who);
	if (e != OK)
		return e;
	a.actor_id = who.id;
	if (strcmp(a.type, "Announce") == 0)
		return apply_announce(t, j, &a, &who);
	if (strcmp(a.type, "Move") == 0 && !j->done[NEED_PROFILE])
		return text_is(a.object_id, a.actor) ? needs(j, NEED_PROFILE, a.target)
						     : ERR_FORBIDDEN;
	e = trust_object(t, j, &a);
	if (e == OK && strcmp(a.type, "Undo") == 0 && !may_undo(&a))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	if (strcmp(a.type, "Undo") == 0 || strcmp(a.type, "Delete") == 0)
		return take_back(t, &a);
	e = was_taken_back(t, &a) ? ERR_CONFLICT : judge_dispatch(t, &a);
	if (e == OK)
		note_parent(t, j, &a);
	return e;
}

/* ---- what it needs from the net -------------------------------------------------------------- */

static enum err fetch_object(struct federation *f, struct judged *j, struct budget *budget)
{
	const json_node *node;
	bool announced = j->activity.inner != NULL && strcmp(j->activity.type, "Announce") == 0;
	struct activity *said = arena_copy(
		j->arena, announced ? j->activity.inner : &j->activity, sizeof *said);
	struct object *o = arena_alloc(j->arena, sizeof *o);
	enum err e = resolve_fetch(f, j->arena, j->uri, budget, &node);
	if (e == OK)
		e = object_from_node(j->arena, node, o, NULL);
	if (e != OK)
		return e;
	said->object = o;
	if (announced) {
		/* The words around it are the group's: a community of ours passes them on to nobody. */
		said->raw = (struct bytes){0};
		j->activity.inner = said;
	} else {
		j->activity = *said;
	}
	return OK;
}

static enum err fetch_activity(struct federation *f, struct judged *j, struct budget *budget)
{
	const json_node *node;
	struct activity fetched;
	uint64_t post;
	enum err e = resolve_fetch(
		f, j->arena, reading_no_fragment(j->arena, j->uri), budget, &node);
	if (e == OK)
		e = activity_from_node(j->arena, node, &fetched, NULL);
	if (e == OK && text_is(fetched.id, j->activity.id)
		&& text_is(fetched.actor, j->activity.actor)
		&& text_is(fetched.type, j->activity.type)
		&& reading_same_host(fetched.id, fetched.actor)) {
		fetched.raw = json_write(j->arena, node);
		j->activity = fetched;
		j->node = node;
		j->authentic = true;
		return OK;
	}
	/* What it is about can still be read at its own host. */
	if (!says_something(j->activity.type) || j->activity.object_id == NULL)
		return e != OK ? e : ERR_FORBIDDEN;
	return resolve_post(f, j->arena, j->activity.object_id, budget, &post);
}

static enum err fetch_proof(struct federation *f, struct judged *j)
{
	bool announced = j->authentic;
	const json_node *node = announced ? json_member(j->node, "object") : j->node;
	const char *key_id = proof_key_id(node);
	struct actor owner;
	struct key *key;
	int64_t now = time_now();
	/* Without it there are other ways: no failure here is final. */
	if (!reading_same_host(key_id, j->uri)
		|| (!announced && !reading_same_host(j->activity.id, j->uri))
		|| actor_key(f, j->arena, key_id, false, &owner, &key) != OK)
		return OK;
	bool good = strcmp(owner.uri, j->uri) == 0
		&& proof_check(j->arena, node, key_id, key, now - PROOF_AGE_MOST, now) == OK;
	key_drop(key);
	if (announced)
		j->inner_proved = good;
	else
		j->authentic = good;
	return OK;
}

/* A Delete nobody can prove is true when its origin says so too: in so many words of a whole actor, and of a post that we
 * might not be shown. */
static enum err fetch_absence(struct federation *f, struct judged *j, struct budget *budget)
{
	const json_node *node;
	const struct activity *a = j->authentic ? j->activity.inner : &j->activity;
	if (!reading_same_host(j->uri, a->actor))
		return ERR_FORBIDDEN;
	enum err e = resolve_fetch(f, j->arena, j->uri, budget, &node);
	if (e == OK && text_is(reading_type(node), "Tombstone"))
		e = ERR_GONE;
	if (e == ERR_NOT_FOUND && j->shown)
		e = ERR_GONE;
	if (e != ERR_GONE)
		return e == OK ? ERR_FORBIDDEN : e;
	if (j->authentic)
		j->inner_proved = true;
	else
		j->authentic = true;
	return OK;
}

enum err judge_fetch(struct federation *f, struct judged *j, struct budget *budget)
{
	struct actor actor;
	uint64_t post;
	switch (j->need) {
	case NEED_ACTIVITY:
		return fetch_activity(f, j, budget);
	case NEED_ACTOR:
		return actor_find(f, j->arena, j->uri, budget, &actor);
	case NEED_OBJECT:
		return fetch_object(f, j, budget);
	case NEED_PROFILE:
		return actor_fetch(f, j->arena, j->uri, budget, &actor);
	case NEED_POST:
		return resolve_post(f, j->arena, j->uri, budget, &post);
	case NEED_PROOF:
		return fetch_proof(f, j);
	case NEED_ABSENCE:
		return fetch_absence(f, j, budget);
	case NEED_NOTHING:
	case NEED_COUNT:
		break;
	}
	return OK;
}
