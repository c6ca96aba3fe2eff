/* reach.c: whom a post names, and where it goes. */
#include "features.h"

#include <string.h>

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

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
	for (size_t i = 0; i < g->out.actors.count; i++)
		if (g->actors[i] == actor)
			return;
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
	if (p->circles.read != CIRCLE_EVERYONE) {
		*out = (struct audience){0};
		return OK;
	}
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
