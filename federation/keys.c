/* keys.c: the key a signature names, with its owner checked both ways (security.md §4.5). */
#include "federation.h"

#include <string.h>

#define FETCHES 3              /* the key's address, its owner, one redirect */
#define TIME_MOST (8 * SECOND) /* their server waits for our answer */
#define AGAIN_AFTER (1 * MINUTE)

static bool lists_key(const struct actor *a, const char *key_id)
{
	return text_is(a->rsa_id, key_id) || text_is(a->ed25519_id, key_id);
}

static enum err take_key(const struct actor *a, const char *key_id, struct key **out)
{
	bool rsa = text_is(a->rsa_id, key_id);
	struct bytes stored = rsa ? a->rsa : a->ed25519;
	struct key *key = stored.size > 0 ? key_public(rsa ? KEY_RSA : KEY_ED25519, stored) : NULL;
	if (key == NULL)
		return ERR_SIGN_IN;
	*out = key;
	return OK;
}

/* Whose it may be without asking: the address before the fragment, or before a last segment (GoToSocial's /main-key,
 * older Misskey's /publickey). */
static const char *guess(struct arena *arena, const char *key_id, int which)
{
	char *base = arena_text_n(arena, key_id, strcspn(key_id, "#"));
	if (which == 0)
		return base;
	char *slash = strrchr(base, '/');
	if (slash == NULL || slash - base < 9)
		return NULL;
	*slash = '\0';
	return base;
}

enum err actor_key_known(struct federation *f, struct arena *arena, const char *key_id,
	struct actor *owner, struct key **out)
{
	if (!reading_is_uri(key_id))
		return ERR_INVALID;
	if (resolve_is_own(f, key_id))
		return ERR_FORBIDDEN;
	for (int which = 0; which < 2; which++) {
		const char *uri = guess(arena, key_id, which);
		struct actor a;
		if (uri == NULL || actor_known(f, arena, uri, &a) != OK || !lists_key(&a, key_id))
			continue;
		if (a.local || a.suspended)
			return ERR_FORBIDDEN;
		if (a.gone)
			return ERR_GONE;
		enum err e = take_key(&a, key_id, out);
		if (e == OK)
			*owner = a;
		return e;
	}
	return ERR_NOT_FOUND;
}

/* The address a key's document names as its owner, where it is a key document of its own. */
static const char *owner_named(struct arena *arena, const json_node *node)
{
	struct reading r = {.arena = arena};
	const char *owner = reading_uri(&r, node, "owner");
	return owner != NULL ? owner : reading_uri(&r, node, "controller");
}

/* The actor whose own document lists the key; another host's word for it counts for nothing. */
static enum err fetch_owner(struct federation *f, struct arena *arena, const char *key_id,
	struct budget *budget, struct actor *owner)
{
	const char *address = reading_no_fragment(arena, key_id);
	enum err e = actor_fetch(f, arena, address, budget, owner);
	if (e == ERR_INVALID) {
		const json_node *node;
		const char *named;
		e = resolve_fetch(f, arena, address, budget, &node);
		if (e == OK && (named = owner_named(arena, node)) != NULL
			&& reading_same_host(named, key_id))
			e = actor_fetch(f, arena, named, budget, owner);
		else if (e == OK)
			e = ERR_INVALID;
	}
	if (e != OK)
		return e;
	if (owner->local || !reading_same_host(owner->uri, key_id) || !lists_key(owner, key_id))
		return ERR_SIGN_IN;
	return owner->suspended ? ERR_FORBIDDEN : owner->gone ? ERR_GONE : OK;
}

/* One request for all who wait for it; another thread may have it by then. */
static enum err fetch_key(struct federation *f, struct arena *arena, const char *key_id,
	bool refetch, struct actor *owner, struct key **out)
{
	const char *flight = arena_format(arena, "key:%s", key_id);
	int64_t before = time_now();
	struct budget budget = {FETCHES, time_steady() + TIME_MOST};
	enum err e = resolver_enter(f->resolver, flight, &budget);
	if (e != OK)
		return e;
	e = actor_key_known(f, arena, key_id, owner, out);
	if (e == OK && (refetch ? owner->fetched < before : actor_is_old(owner))) {
		key_drop(*out);
		*out = NULL;
		e = ERR_NOT_FOUND;
	}
	if (e == ERR_NOT_FOUND && (e = fetch_owner(f, arena, key_id, &budget, owner)) == OK)
		e = take_key(owner, key_id, out);
	resolver_leave(f->resolver, flight, e);
	return e;
}

enum err actor_key(struct federation *f, struct arena *arena, const char *key_id, bool refetch,
	struct actor *owner, struct key **out)
{
	enum err e = actor_key_known(f, arena, key_id, owner, out);
	bool old = e == OK && actor_is_old(owner);
	if (e == OK ? !refetch && !old : e != ERR_NOT_FOUND)
		return e;
	if (e == OK) {
		key_drop(*out);
		*out = NULL;
		if (time_now() - owner->fetched < AGAIN_AFTER)
			return ERR_SIGN_IN;
	}
	e = fetch_key(f, arena, key_id, refetch, owner, out);
	/* An old one is better than none while its host is away, unless it did not fit. */
	return e == ERR_REMOTE && old && !refetch ? actor_key_known(f, arena, key_id, owner, out)
						  : e;
}
