/* audience.c: from actors and followers to inboxes: one per shared inbox, never our own, never a blocked host's. */
#include "federation.h"

#include <string.h>

#define AT_ONCE 1000

static enum err send_to(const struct recipients *r, uint64_t actor, bool shared)
{
	struct actor a;
	struct url url;
	enum err e = actor_load(r->t, actor, &a);
	if (e != OK) /* who cannot be read costs nobody else theirs */
		return e == ERR_NOT_FOUND || e == ERR_STORE ? OK : e;
	/* Of its own host: another's may be anyone's, who would then be sent to, and blamed for the answers. */
	const char *inbox = shared && reading_same_host(a.shared_inbox, a.inbox) ? a.shared_inbox
										 : a.inbox;
	if (a.local || a.gone || a.suspended || inbox == NULL
		|| url_parse(txn_arena(r->t), inbox, &url) != OK)
		return OK;
	if (reading_same_host(inbox, txn_site(r->t)->base_url) || domain_blocked(r->t, url.host)
		|| domain_blocked(r->t, a.host))
		return OK;
	return delivery_put(r, inbox);
}

enum err audience_actor(const struct recipients *r, uint64_t actor)
{
	return send_to(r, actor, true);
}

enum err audience_one(const struct recipients *r, uint64_t actor)
{
	return send_to(r, actor, false);
}

/* Queue keys say which activity for which inbox: doing a step twice changes nothing. */
static enum err page(
	const struct recipients *r, uint64_t of, uint64_t after, bool *more, uint64_t *last)
{
	struct u64s ids;
	enum err e = follow_followers(r->t, of, after, AT_ONCE, &ids);
	*more = e == OK && ids.count == AT_ONCE;
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		*last = ids.at[i];
		e = audience_actor(r, ids.at[i]);
	}
	return e;
}

enum err audience_followers(const struct recipients *r, uint64_t of)
{
	bool more;
	uint64_t last = 0;
	struct place rest = place_join(
		place_2(TABLE_FANOUT, r->place, r->activity), place_2(TABLE_FANOUT, r->actor, of));
	enum err e = page(r, of, 0, &more, &last);
	return e == OK && more ? txn_put_id(r->t, &rest, last) : e;
}

enum err audience_following(const struct recipients *r, uint64_t of)
{
	struct u64s ids;
	uint64_t after = 0;
	enum err e;
	do {
		e = follow_following(r->t, of, after, AT_ONCE, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			after = ids.at[i];
			e = audience_actor(r, after);
		}
	} while (e == OK && ids.count == AT_ONCE);
	return e;
}

struct reached {
	const char *inboxes[AT_ONCE];
	size_t count;
	struct arena *arena;
	struct place last;
};

static enum err note_reached(void *arg, struct bytes key, struct bytes value)
{
	struct reached *x = arg;
	x->last = place_key(key);
	x->inboxes[x->count++] = arena_text_n(x->arena, value.data, value.size);
	return OK;
}

enum err audience_reached(const struct recipients *r, uint64_t of)
{
	struct reached *x = arena_alloc(txn_arena(r->t), sizeof *x);
	struct url url;
	x->arena = txn_arena(r->t);
	do {
		struct place from = x->last;
		struct walk walk = {.prefix = place_1(TABLE_REACHED, of),
			.from = from.size > 0 ? &from : NULL,
			.max = AT_ONCE};
		x->count = 0;
		enum err e = txn_walk(r->t, &walk, note_reached, x);
		for (size_t i = 0; e == OK && i < x->count; i++)
			if (url_parse(x->arena, x->inboxes[i], &url) == OK
				&& !domain_blocked(r->t, url.host))
				e = delivery_put(r, x->inboxes[i]);
		if (e != OK)
			return e;
	} while (x->count == AT_ONCE);
	return OK;
}

struct rest {
	bool found;
	struct place at;
	uint64_t place, activity, actor, of, after;
};

static enum err first_rest(void *arg, struct bytes key, struct bytes value)
{
	struct rest *rest = arg;
	rest->found = true;
	rest->at = place_key(key);
	rest->place = place_id(key, 0);
	rest->activity = place_id(key, 1);
	rest->actor = place_id(key, 2);
	rest->of = place_id(key, 3);
	rest->after = place_id_at(value, 0);
	return ERR_CONFLICT;
}

enum err audience_step(struct txn *t, void *arg)
{
	bool *again = arg, more = false;
	struct rest rest = {0};
	struct walk walk = {.prefix = place_0(TABLE_FANOUT), .max = 1};
	enum err e = txn_walk(t, &walk, first_rest, &rest);
	*again = e == OK && rest.found;
	if (e != OK || !rest.found)
		return e;
	struct recipients r = {t, rest.activity, rest.actor, rest.place};
	e = page(&r, rest.of, rest.after, &more, &rest.after);
	if (e != OK)
		return e;
	return more ? txn_put_id(t, &rest.at, rest.after) : txn_del(t, &rest.at);
}
