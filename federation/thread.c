/* thread.c: a post we miss, with what it answers, read at their own hosts and created as if they had just been sent. */
#include "federation.h"

#include <string.h>

#define CHAIN_MOST 16

struct missing { /* newest first */
	struct object object;
	uint64_t author;
};

struct known_post {
	const char *uri;
	uint64_t id;
};

static enum err look_up(struct txn *t, void *arg)
{
	struct known_post *k = arg;
	struct post p;
	enum err e = post_by_uri(t, k->uri, &p);
	if (e != OK)
		return e;
	k->id = p.id;
	return p.gone ? ERR_GONE : OK;
}

/* The verb an ordinary Create goes through: who may not post by an inbox may not by this way either. */
static enum err create(struct txn *t, void *arg)
{
	const struct missing *m = arg;
	struct activity a = {.type = "Create",
		.actor = m->object.attributed_to,
		.actor_id = m->author,
		.object_id = m->object.id,
		.object = &m->object,
		.to = m->object.to,
		.cc = m->object.cc,
		.audience = m->object.audience,
		.published = m->object.published};
	enum err e = judge_dispatch(t, &a);
	return e == ERR_CONFLICT ? OK : e;
}

static enum err read_one(struct federation *f, struct arena *arena, const char *uri,
	struct budget *budget, struct missing *m)
{
	const json_node *node;
	struct actor author, group;
	enum err e = resolve_fetch(f, arena, uri, budget, &node);
	if (e == OK)
		e = object_from_node(arena, node, &m->object, NULL);
	if (e != OK)
		return e;
	if (activity_is_type(m->object.type) || actor_kind_of(m->object.type) != 0
		|| text_is(m->object.type, "Tombstone"))
		return ERR_NOT_FOUND;
	if (!reading_same_host(m->object.id, m->object.attributed_to))
		return ERR_FORBIDDEN;
	e = actor_find(f, arena, m->object.attributed_to, budget, &author);
	if (e != OK || author.suspended)
		return e != OK ? e : ERR_FORBIDDEN;
	m->author = author.id;
	/* Its community is worth a request: without it the post stands alone. */
	if (m->object.audience != NULL
		&& actor_find(f, arena, m->object.audience, budget, &group) == ERR_STORE)
		return ERR_STORE;
	return OK;
}

enum err resolve_post(struct federation *f, struct arena *arena, const char *uri,
	struct budget *budget, uint64_t *post)
{
	struct missing *chain = arena_array(arena, CHAIN_MOST, sizeof *chain);
	size_t count = 0;
	enum err first = OK;
	struct known_post asked = {.uri = uri};
	for (const char *next = uri; next != NULL && count < CHAIN_MOST;
		next = chain[count - 1].object.in_reply_to) {
		struct known_post known = {.uri = next};
		enum err e = store_read(f->set.store, look_up, &known);
		if (e == ERR_NOT_FOUND)
			e = read_one(f, arena, next, budget, &chain[count]);
		else if (e == OK || count > 0)
			break;
		if (e != OK && count == 0)
			first = e;
		if (e != OK)
			break;
		/* Where its own address is another one, it may be known by that. */
		if (count++ == 0)
			asked.uri = chain[0].object.id;
	}
	if (first != OK)
		return first;
	for (size_t i = count; i-- > 0;) {
		enum err e = store_write(f->set.store, create, &chain[i]);
		if (e != OK && i == 0)
			return e;
	}
	enum err e = store_read(f->set.store, look_up, &asked);
	if (e == OK)
		*post = asked.id;
	return e;
}
