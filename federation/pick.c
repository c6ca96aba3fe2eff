/* pick.c: the next rows of a host, in order for each actor, made ready to be sent. */
#include "delivery.h"

#define LOOKS_ENOUGH 64 /* actors looked at for one host */
#define LOOKS_MOST 4096 /* while none of them may go */
#define SIGNER_KEPT (10 * MINUTE)

/* ---- bodies and signers: read once for many attempts ---------------------------------------------------------------------- */

static enum err body_hold(struct delivery *d, struct txn *t, uint64_t activity, struct body **out)
{
	struct place place = place_1(TABLE_ACTIVITY, activity);
	struct kept kept;
	struct body *b = d->bodies;
	while (b != NULL && b->activity != activity)
		b = b->next;
	if (b == NULL) {
		enum err e = txn_load(t, &place, &kept_shape, &kept);
		if (e != OK)
			return e;
		struct arena *arena = arena_create();
		b = delivery_alloc(sizeof *b);
		*b = (struct body){.activity = activity,
			.json = arena_bytes(arena, kept.json),
			.post = kept.post,
			.reader = kept.reader,
			.open = kept.open,
			.arena = arena,
			.next = d->bodies};
		d->bodies = b;
	}
	b->held++;
	*out = b;
	return OK;
}

void pick_drop_body(struct delivery *d, struct body *b)
{
	struct body **at = &d->bodies;
	if (b == NULL || --b->held > 0)
		return;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	arena_destroy(b->arena);
	free(b);
}

static void signer_clear(struct signer *s)
{
	key_drop(s->key);
	free(s->id);
	*s = (struct signer){0};
}

/* Unsealing a private key costs as much as signing: the last thousand are kept for a while. */
static enum err signer_find(struct delivery *d, struct txn *t, uint64_t actor, struct signer **out)
{
	struct signer *s = &d->signers[actor * UINT64_C(0x9e3779b97f4a7c15) >> 54];
	struct actor record;
	struct key_pair keys;
	int64_t now = time_steady();
	*out = s;
	if (s->key != NULL && s->actor == actor && s->until > now && s->until <= now + SIGNER_KEPT)
		return OK;
	enum err e = actor_load(t, actor, &record);
	if (e == OK)
		e = record.rsa_id != NULL ? actor_keys_load(t, actor, &keys) : ERR_NOT_FOUND;
	if (e != OK)
		return e;
	key_drop(keys.ed25519);
	if (keys.rsa == NULL)
		return ERR_NOT_FOUND;
	signer_clear(s);
	*s = (struct signer){actor, keys.rsa, delivery_copy(record.rsa_id), now + SIGNER_KEPT};
	return OK;
}

/* ---- picking rows ----------------------------------------------------------------------------------------------------------- */

struct pick {
	struct delivery *delivery;
	struct lane *lane;
	struct arena *arena;
	int64_t now, next;
	size_t looks, chosen;
	bool whole;               /* everyone's was looked at */
	struct place at;          /* the row of this look; size 0: none */
	struct delivery_row last; /* of lane->last: goes when no other does */
	struct place last_key;    /* size 0: none */
};

static struct attempt *attempt_add(struct delivery *d, struct lane *l)
{
	struct attempt *a = delivery_alloc(sizeof *a);
	a->delivery = d;
	a->federation = d->federation;
	a->events = d->events;
	a->arena = arena_create();
	a->lane = l;
	a->host = l->name;
	a->probe = lane_is_probe(l);
	memcpy(a->host_hash, l->hash, HOST_HASH);
	a->next = l->attempts;
	l->attempts = a;
	l->active++;
	return a;
}

static bool is_busy(const struct lane *l, uint64_t actor)
{
	for (const struct attempt *a = l->attempts; a != NULL; a = a->next)
		if (a->row.actor == actor)
			return true;
	return false;
}

static void choose(struct pick *p, const struct place *key, const struct delivery_row *row)
{
	struct attempt *a = attempt_add(p->delivery, p->lane);
	a->row = *row;
	a->row.inbox = arena_text(a->arena, row->inbox != NULL ? row->inbox : "");
	a->key = *key;
	a->err = row->inbox != NULL ? OK : ERR_INVALID;
	a->alone = row->actor == p->lane->last && p->lane->took;
	p->chosen++;
}

/* Whether there is any use in looking further. */
static bool has_enough(const struct pick *p)
{
	const struct lane *l = p->lane;
	return l->active >= (lane_is_probe(l) ? 1 : l->allowed)
		|| p->looks >= (l->active > 0 ? LOOKS_ENOUGH : LOOKS_MOST);
}

/* In order, one at a time for each actor: what an actor does arrives as it was done. An actor whose row the host may be
 * failing over comes last, or nothing else would ever go there. */
static enum err pick_row(void *arg, struct bytes key, struct bytes value)
{
	struct pick *p = arg;
	struct lane *l = p->lane;
	struct delivery_row row = {0};
	bool readable = record_read(p->arena, &delivery_row_shape, value, &row) == OK
		&& row.inbox != NULL;
	p->at = place_key(key);
	p->looks++;
	if (!readable) /* whose it is its key says */
		row = (struct delivery_row){.actor = place_id_at(key, 1 + HOST_HASH)};
	if (is_busy(l, row.actor))
		return OK;
	if (row.next > p->now && row.next <= p->now + outcome_longest(p->delivery->unit)) {
		if (row.next < p->next)
			p->next = row.next;
	} else if (readable && row.actor == l->last) {
		p->last = row;
		p->last_key = p->at;
	} else {
		choose(p, &p->at, &row);
	}
	return OK;
}

static struct place rows_of(const struct lane *l, uint64_t actor)
{
	struct place host = outcome_host_place(l->hash);
	host.at[0] = TABLE_QUEUE;
	return place_join(host, place_1(TABLE_QUEUE, actor));
}

/* From actor to actor, each in turn: the first row of each says what may go, however many wait behind it. */
static enum err pick_turns(struct pick *p, struct txn *t)
{
	struct lane *l = p->lane;
	uint64_t first = l->turn;
	bool again = false; /* from the lowest */
	enum err e = OK;
	while (e == OK && !has_enough(p) && !p->whole) {
		struct place from = rows_of(l, l->turn);
		struct walk walk = {.prefix = from, .from = &from, .max = 1};
		walk.prefix.size = 1 + HOST_HASH;
		p->at.size = 0;
		e = txn_walk(t, &walk, pick_row, p);
		bool end = p->at.size == 0;
		l->turn = end
			? 0
			: 1 + place_id_at((struct bytes){p->at.at, p->at.size}, 1 + HOST_HASH);
		p->whole = end ? again || first == 0 : again && l->turn > first;
		again |= end;
	}
	return e;
}

/* ERR_GONE: who may not read it any more gets it no more, however long it waited. */
static enum err may_go(struct txn *t, const struct body *b)
{
	static const struct viewer nobody = {0};
	struct post p;
	if (b->post == 0 || (b->reader == 0 && !b->open))
		return OK;
	enum err e = post_load(t, b->post, &p);
	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_GONE : e;
	bool may = b->reader != 0 ? circle_may_have_copy(t, b->reader, &p)
				  : circle_may_read(t, &nobody, &p);
	return may && !p.gone ? OK : ERR_GONE;
}

/* What the attempt needs to be made; an error in its place when that is not there. */
static enum err equip(struct delivery *d, struct txn *t, struct attempt *a)
{
	struct signer *s;
	struct host gone;
	enum err e = delivery_host(t, a->row.inbox, &gone);
	if (e == OK && gone.gone_until > time_now())
		return ERR_GONE;
	if (e == OK)
		e = body_hold(
			d, t, delivery_activity((struct bytes){a->key.at, a->key.size}), &a->body);
	if (e == OK)
		e = may_go(t, a->body);
	if (e == OK)
		e = signer_find(d, t, a->row.actor, &s);
	if (e == ERR_STORE) /* of a record: the engine's faults are all of this read's */
		return ERR_INVALID;
	if (e != OK)
		return e == ERR_NOT_FOUND || e == ERR_GONE ? e : ERR_AGAIN;
	a->signer = key_hold(s->key);
	a->key_id = arena_text(a->arena, s->id);
	a->form = a->lane->host.form_until > time_now() && a->lane->host.form == FORM_RFC9421
		? FORM_RFC9421
		: FORM_CAVAGE;
	return OK;
}

enum err pick_rows(struct delivery *d, struct txn *t, struct lane *l)
{
	struct pick p = {.delivery = d,
		.lane = l,
		.arena = txn_arena(t),
		.now = time_now(),
		.next = INT64_MAX};
	enum err e = pick_turns(&p, t);
	if (e == OK && l->active == 0 && p.last_key.size > 0)
		choose(&p, &p.last_key, &p.last);
	struct attempt *a = l->attempts;
	for (size_t i = 0; e == OK && i < p.chosen; i++, a = a->next)
		if (l->host.next == HOST_DEAD)
			a->bury = true;
		else if (a->err == OK)
			a->err = equip(d, t, a);
	l->row_next = p.chosen > 0 ? 0 : p.whole ? p.next : p.now + d->unit / 10;
	l->empty = p.looks == 0;
	return e;
}

void pick_forget_signers(struct delivery *d)
{
	for (size_t i = 0; i < SIGNERS; i++)
		signer_clear(&d->signers[i]);
}
