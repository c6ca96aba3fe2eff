/* circle.c: who may read, who may act, where a post goes: one answer for all who ask. */
#include "features.h"

#include <string.h>

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

static bool has(const struct u64s *list, uint64_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == id)
			return true;
	return false;
}

static bool can_act(struct txn *t, uint64_t who, struct actor *out)
{
	return who != 0 && actor_load(t, who, out) == OK && !out->gone && !out->suspended;
}

bool circle_may_moderate(struct txn *t, uint64_t who, const struct post *p)
{
	struct actor actor, community;
	struct account account;
	if (!can_act(t, who, &actor))
		return false;
	if (p->community != 0)
		return actor_load(t, p->community, &community) == OK
			&& community_moderated_by(t, &community, &actor);
	return actor.local && account_load(t, who, &account) == OK && account.admin;
}

/* The circle of a post for followers is its community's, or its author's when it has none. */
static bool in_circle(struct txn *t, uint64_t who, const struct post *p)
{
	if (who == 0)
		return false;
	if (has(&p->mentions, who))
		return true;
	if (p->visibility == VISIBLE_DIRECT)
		return false;
	return p->community != 0 ? follow_is(t, who, p->community) || circle_may_moderate(t, who, p)
				 : follow_is(t, who, p->author);
}

bool circle_may_read(struct txn *t, const struct viewer *viewer, const struct post *p)
{
	struct actor author;
	uint64_t who = viewer->actor;
	if (actor_load(t, p->author, &author) != OK || author.suspended)
		return false;
	if (who != 0 && who == p->author)
		return true;
	if (p->removed_by != 0 && !circle_may_moderate(t, who, p))
		return false;
	if (who != 0 && block_between(t, who, p->author))
		return false;
	return p->visibility == VISIBLE_PUBLIC || p->visibility == VISIBLE_UNLISTED
		|| in_circle(t, who, p);
}

/* A lock binds where the community is kept; another node's circle is that node's to guard. */
static bool guarded_here(const struct actor *community, const struct actor *who)
{
	return community->local || who->local;
}

bool circle_may_post(struct txn *t, uint64_t who, const struct actor *community)
{
	struct actor actor;
	if (community->kind != ACTOR_GROUP || community->gone || community->suspended
		|| !can_act(t, who, &actor))
		return false;
	if (block_between(t, who, community->id))
		return false;
	return !community->restricted || !guarded_here(community, &actor)
		|| community_moderated_by(t, community, &actor);
}

static bool may_join_in(struct txn *t, uint64_t who, const struct post *p, const struct actor *c)
{
	if (c == NULL)
		return true;
	return !c->gone && !c->suspended && !block_between(t, who, p->community);
}

bool circle_may_reply(struct txn *t, uint64_t who, const struct post *p)
{
	struct actor actor, author, community;
	struct post root;
	struct viewer viewer = {.actor = who};
	if (!can_act(t, who, &actor) || p->gone || p->removed_by != 0)
		return false;
	if (actor_load(t, p->author, &author) != OK || author.suspended
		|| post_load(t, p->root, &root) != OK)
		return false;
	if (p->community != 0 && actor_load(t, p->community, &community) != OK)
		return false;
	const struct actor *group = p->community != 0 ? &community : NULL;
	if (block_between(t, who, p->author) || block_between(t, who, root.author)
		|| !may_join_in(t, who, p, group))
		return false;
	/* Who follows whom on other nodes is not known here, nor whom they let in. */
	if (!actor.local && !author.local && (group == NULL || !group->local))
		return true;
	if (!circle_may_read(t, &viewer, p))
		return false;
	if (!root.locked || (group == NULL && who == root.author))
		return true;
	return group != NULL
		&& (!guarded_here(group, &actor) || community_moderated_by(t, group, &actor));
}

/* ---- where it goes --------------------------------------------------------------------------- */

struct going {
	const char *to[POST_MENTIONS + 4], *cc[POST_MENTIONS + 4];
	uint64_t actors[POST_MENTIONS + 4];
	struct audience out;
};

static void name_once(const char **list, struct names *all, const char *uri)
{
	if (uri == NULL)
		return;
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(list[i], uri) == 0)
			return;
	list[all->count++] = uri;
}

static void to(struct going *g, const char *uri)
{
	name_once(g->to, &g->out.to, uri);
}

static void cc(struct going *g, const char *uri)
{
	name_once(g->cc, &g->out.cc, uri);
}

static void send_to(struct going *g, uint64_t actor)
{
	if (!has(&g->out.actors, actor))
		g->actors[g->out.actors.count++] = actor;
}

static enum err name_person(struct txn *t, struct going *g, const struct post *p, uint64_t id)
{
	struct actor a;
	enum err e = actor_load(t, id, &a);
	if (e != OK || a.gone || id == p->author || id == p->community)
		return e == ERR_NOT_FOUND ? OK : e;
	if (p->visibility == VISIBLE_DIRECT)
		to(g, a.uri);
	else
		cc(g, a.uri);
	send_to(g, id);
	return OK;
}

static enum err name_people(struct txn *t, struct going *g, const struct post *p)
{
	struct post parent;
	enum err e = OK;
	for (size_t i = 0; e == OK && i < p->mentions.count && i < POST_MENTIONS; i++)
		e = name_person(t, g, p, p->mentions.at[i]);
	/* Who is answered hears of it, unless they may not read it. */
	if (e == OK && g->out.open && p->parent != 0 && post_load(t, p->parent, &parent) == OK)
		e = name_person(t, g, p, parent.author);
	return e;
}

static void name_circle(struct going *g, const struct post *p, const struct actor *author,
	const struct actor *community)
{
	const char *group = community != NULL ? community->uri : NULL;
	switch (p->visibility) {
	case VISIBLE_PUBLIC:
		to(g, group);
		to(g, PUBLIC);
		cc(g, author->followers);
		return;
	case VISIBLE_UNLISTED:
		to(g, group);
		to(g, author->followers);
		cc(g, PUBLIC);
		return;
	case VISIBLE_FOLLOWERS:
		to(g, group);
		to(g, community != NULL ? community->followers : author->followers);
		return;
	default:
		return;
	}
}

enum err post_audience(struct txn *t, const struct post *p, struct audience *out)
{
	struct actor author, community;
	enum err e = actor_load(t, p->author, &author);
	if (e == OK && p->community != 0)
		e = actor_load(t, p->community, &community);
	if (e != OK)
		return e;
	const struct actor *group = p->community != 0 ? &community : NULL;
	struct going *g = arena_alloc(txn_arena(t), sizeof *g);
	uint64_t *followed = arena_alloc(txn_arena(t), sizeof *followed);
	*followed = p->author;
	g->out.actors.at = g->actors;
	g->out.open = p->visibility == VISIBLE_PUBLIC || p->visibility == VISIBLE_UNLISTED;
	name_circle(g, p, &author, group);
	e = name_people(t, g, p);
	if (e != OK)
		return e;
	if (group != NULL && !group->local)
		send_to(g, group->id);
	/* The community's followers get it from the community (its Announce), not from here. */
	if (g->out.open || (p->visibility == VISIBLE_FOLLOWERS && group == NULL))
		g->out.followers_of = (struct u64s){followed, 1};
	g->out.to.at = g->to;
	g->out.cc.at = g->cc;
	*out = g->out;
	return OK;
}
