/* incoming.c: what other nodes say about posts, handed to the same verbs as a click here. */
#include "features.h"

#define RECENT DAY /* an edit of what we never saw makes it known, when it is this young */

static struct origin origin_of(const struct activity *a)
{
	return (struct origin){a->id, a->raw, a->via};
}

static enum err create(struct txn *t, const struct activity *a)
{
	struct post p;
	struct origin origin = origin_of(a);
	struct post_draft draft = {.author = a->actor_id, .remote = a->object};
	enum err e = post_create(t, &draft, &origin, NULL, &p);
	if ((e != OK && e != ERR_CONFLICT) || a->via == 0 || p.author != a->actor_id)
		return e;
	/* It came from its author first, and now from the group that took it in. */
	enum err joined = post_join(t, a->via, p.id);
	bool refused = joined == ERR_FORBIDDEN || joined == ERR_CONFLICT;
	return e == OK && refused ? OK : joined;
}

static enum err receive_create(struct txn *t, const struct activity *a)
{
	return a->object != NULL ? create(t, a) : ERR_INVALID;
}

static enum err receive_update(struct txn *t, const struct activity *a)
{
	struct post p;
	struct origin origin = origin_of(a);
	if (a->object == NULL)
		return ERR_INVALID;
	enum err e = post_by_uri(t, a->object->id, &p);
	if (e == ERR_NOT_FOUND && a->object->published > time_now() - RECENT)
		return create(t, a);
	if (e != OK)
		return e;
	struct post_draft draft = {.author = a->actor_id, .remote = a->object};
	return post_edit(t, a->actor_id, p.id, &draft, &origin, NULL);
}

static enum err receive_delete(struct txn *t, const struct activity *a)
{
	struct post p;
	struct origin origin = origin_of(a);
	if (a->object_id == NULL)
		return ERR_INVALID;
	enum err e = post_by_uri(t, a->object_id, &p);
	return e == OK ? post_remove(t, a->actor_id, p.id, a->content, &origin) : e;
}

static enum err lock(struct txn *t, const struct activity *a, const char *uri, bool on)
{
	struct post p;
	struct origin origin = origin_of(a);
	enum err e = post_by_uri(t, uri, &p);
	return e == OK ? post_lock(t, a->actor_id, p.id, on, &origin) : e;
}

static enum err receive_lock(struct txn *t, const struct activity *a)
{
	return lock(t, a, a->object_id, true);
}

static enum err receive_unlock(struct txn *t, const struct activity *a)
{
	return a->inner != NULL ? lock(t, a, a->inner->object_id, false) : ERR_INVALID;
}

/* A moderator's Delete taken back; an author's own is for good. */
static enum err receive_restore(struct txn *t, const struct activity *a)
{
	struct post p;
	struct origin origin = origin_of(a);
	enum err e = a->inner != NULL ? post_by_uri(t, a->inner->object_id, &p) : ERR_INVALID;
	return e == OK ? post_restore(t, a->actor_id, p.id, &origin) : e;
}

/* ---- Add, Remove: to the top of a page, among the moderators --------------------------------- */

enum list { LIST_NONE, LIST_FEATURED, LIST_MODERATORS };

static enum list list_of(const struct actor *a, const char *target)
{
	if (a->featured != NULL && text_is(a->featured, target))
		return LIST_FEATURED;
	return a->kind == ACTOR_GROUP && a->moderators != NULL && text_is(a->moderators, target)
		? LIST_MODERATORS
		: LIST_NONE;
}

/* Whose list the target is: the actor's own, or a group's that the activity names. */
static enum list owner_of(struct txn *t, const struct activity *a, struct actor *out)
{
	const char *named[8] = {a->actor, a->audience};
	size_t count = 2;
	enum list list;
	if (a->via != 0)
		return actor_load(t, a->via, out) == OK ? list_of(out, a->target) : LIST_NONE;
	for (size_t i = 0; i < a->cc.count && count < COUNT(named); i++)
		named[count++] = a->cc.at[i];
	for (size_t i = 0; i < a->to.count && count < COUNT(named); i++)
		named[count++] = a->to.at[i];
	for (size_t i = 0; i < count; i++)
		if (actor_by_uri(t, named[i], out) == OK
			&& (list = list_of(out, a->target)) != LIST_NONE)
			return list;
	return LIST_NONE;
}

static enum err change_list(struct txn *t, const struct activity *a, bool on)
{
	struct actor owner, member;
	struct post p;
	struct origin origin = origin_of(a);
	if (a->target == NULL || a->object_id == NULL)
		return ERR_INVALID;
	switch (owner_of(t, a, &owner)) {
	case LIST_MODERATORS: {
		enum err e = actor_by_uri(t, a->object_id, &member);
		return e == OK
			? community_moderator(t, a->actor_id, owner.id, member.id, on, &origin)
			: e;
	}
	case LIST_FEATURED: {
		enum err e = post_by_uri(t, a->object_id, &p);
		return e == OK ? post_pin_at(t, a->actor_id, owner.id, p.id, on, &origin) : e;
	}
	default:
		return ERR_NOT_FOUND;
	}
}

static enum err receive_add(struct txn *t, const struct activity *a)
{
	return change_list(t, a, true);
}

static enum err receive_remove(struct txn *t, const struct activity *a)
{
	return change_list(t, a, false);
}

const struct verb incoming_verbs[] = {
	{"Create", NULL, receive_create},
	{"Update", "Note", receive_update},
	{"Update", "Article", receive_update},
	{"Update", "Page", receive_update},
	{"Update", "Question", receive_update},
	{"Update", "Event", receive_update},
	{"Update", "Video", receive_update},
	{"Update", "Audio", receive_update},
	{"Update", "Image", receive_update},
	{"Update", "Document", receive_update},
	{"Delete", NULL, receive_delete},
	{"Lock", NULL, receive_lock},
	{"Undo", "Lock", receive_unlock},
	{"Undo", "Delete", receive_restore},
	{"Add", NULL, receive_add},
	{"Remove", NULL, receive_remove},
	{0},
};
