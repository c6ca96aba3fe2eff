/* audit.c: what was done with the roll: each record holds the hash of the one before, so that none can be taken out. */
#include "roll.h"

#include <string.h>

#define WORDS_MOST 1000
#define REASON_MOST 500
#define LOOK_FOR HOUR /* one record for all that is looked at of one thing in it */

static const struct field audit_fields[] = {
	{1, F_U64, offsetof(struct audit, number), 0},
	{2, F_I64, offsetof(struct audit, at), 0},
	{3, F_U64, offsetof(struct audit, actor), 0},
	{4, F_U32, offsetof(struct audit, act), 0},
	{5, F_U64, offsetof(struct audit, person), 0},
	{6, F_U64, offsetof(struct audit, community), 0},
	{7, F_TEXT, offsetof(struct audit, words), WORDS_MOST},
	{8, F_TEXT, offsetof(struct audit, reason), REASON_MOST},
	{9, F_BYTES, offsetof(struct audit, hash), SHA256_SIZE},
};
const struct shape audit_shape = {"audit", sizeof(struct audit), audit_fields, COUNT(audit_fields)};

enum err audit_load(struct txn *r, uint64_t number, struct audit *out)
{
	struct place place = place_1(TABLE_AUDIT, number);
	return txn_load(r, &place, &audit_shape, out);
}

static enum err see_number(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	*(uint64_t *)arg = place_id(key, 0);
	return OK;
}

enum err audit_last(struct txn *r, struct audit *out)
{
	uint64_t number = 0;
	struct walk walk = {.prefix = place_0(TABLE_AUDIT), .backward = true, .max = 1};
	enum err e = txn_walk(r, &walk, see_number, &number);
	if (e != OK)
		return e;
	return number != 0 ? audit_load(r, number, out) : ERR_NOT_FOUND;
}

static enum err chain(
	struct arena *arena, const struct audit *a, struct bytes before, uint8_t out[SHA256_SIZE])
{
	struct audit bare = *a;
	struct bytes record;
	bare.hash = (struct bytes){0};
	enum err e = record_write(arena, &audit_shape, &bare, &record);
	if (e != OK)
		return e;
	uint8_t *both = arena_alloc(arena, before.size + record.size);
	if (before.size > 0)
		memcpy(both, before.data, before.size);
	memcpy(both + before.size, record.data, record.size);
	crypto_sha256(both, before.size + record.size, out);
	return OK;
}

enum err audit_add(struct txn *r, struct audit *a)
{
	struct audit last = {0};
	uint8_t *hash = arena_alloc(txn_arena(r), SHA256_SIZE);
	enum err e = audit_last(r, &last);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	a->number = last.number + 1;
	a->at = a->at != 0 ? a->at : time_now();
	e = chain(txn_arena(r), a, last.hash, hash);
	a->hash = (struct bytes){hash, SHA256_SIZE};
	struct place place = place_1(TABLE_AUDIT, a->number);
	return e == OK ? txn_save(r, &place, &audit_shape, a) : e;
}

static struct place look_place(uint64_t actor, const char *what)
{
	return place_hash_1(TABLE_ROLL_LOOK, what, actor);
}

enum err audit_looked(struct txn *r, uint64_t actor, const char *what)
{
	uint64_t last;
	struct place place = look_place(actor, what);
	enum err e = txn_get_id(r, &place, &last);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	return e == OK && time_now() < (int64_t)last + LOOK_FOR ? OK : ERR_SIGN_IN;
}

struct look {
	uint64_t actor;
	const char *what;
};

static enum err look_run(struct txn *r, void *arg)
{
	const struct look *look = arg;
	struct place place = look_place(look->actor, look->what);
	struct audit a = {.actor = look->actor, .act = AUDIT_VIEW, .words = look->what};
	enum err e = audit_looked(r, look->actor, look->what);
	if (e != ERR_SIGN_IN)
		return e;
	e = txn_put_id(r, &place, (uint64_t)time_now());
	return e == OK ? audit_add(r, &a) : e;
}

enum err audit_look(const struct call *call, const char *what)
{
	struct look look = {call->viewer.actor, what};
	return roll_write(call->site, look_run, &look);
}

enum err audit_look_first(struct call *call, const char *what)
{
	enum err e = audit_look(call, what);
	if (e == OK)
		reply_see_other(call, call->target);
	return e;
}

/* ---- what is over goes ----------------------------------------------------------------------- */

/* Of the newest that went: its number and hash, from which the oldest that is left follows. */
static enum err base_load(struct txn *r, struct audit *out)
{
	struct place place = place_0(TABLE_AUDIT_BASE);
	*out = (struct audit){0};
	enum err e = txn_load(r, &place, &audit_shape, out);
	return e == ERR_NOT_FOUND ? OK : e;
}

struct trimming {
	struct arena *arena; /* of one record */
	int64_t before;
	uint64_t newest, upto; /* the newest of all; of those that go */
	size_t count;
};

static enum err trim_one(void *arg, struct bytes key, struct bytes value)
{
	struct trimming *x = arg;
	struct audit a;
	arena_reset(x->arena);
	enum err e = record_read(x->arena, &audit_shape, value, &a);
	if (e != OK || a.at >= x->before || a.number >= x->newest)
		return e == OK ? ERR_CONFLICT : e;
	x->upto = place_id(key, 0);
	x->count++;
	return OK;
}

enum err audit_trim(struct txn *r, int64_t before, size_t max, size_t *gone)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct audit last, base;
	struct trimming x = {.arena = arena, .before = before};
	struct walk walk = {.prefix = place_0(TABLE_AUDIT), .max = max};
	struct place kept = place_0(TABLE_AUDIT_BASE);
	enum err e = audit_last(r, &last);
	x.newest = e == OK ? last.number : 0;
	if (e == OK)
		e = txn_walk(r, &walk, trim_one, &x);
	*gone = x.count;
	if (e != OK || x.count == 0)
		return e == ERR_NOT_FOUND ? OK : e;
	e = audit_load(r, x.upto, &base);
	base = (struct audit){.number = base.number, .hash = base.hash};
	if (e == OK)
		e = txn_save(r, &kept, &audit_shape, &base);
	for (uint64_t number = x.upto - x.count + 1; e == OK && number <= x.upto; number++) {
		struct place place = place_1(TABLE_AUDIT, number);
		e = txn_del(r, &place);
	}
	return e;
}

struct checking {
	struct arena *arena; /* of one record and the hash before it */
	uint64_t next;
	uint8_t before[SHA256_SIZE];
};

static enum err check_one(void *arg, struct bytes key, struct bytes value)
{
	struct checking *c = arg;
	struct audit a;
	uint8_t hash[SHA256_SIZE];
	struct bytes before = {c->before, c->next > 1 ? sizeof c->before : 0};
	arena_reset(c->arena);
	bool sound = place_id(key, 0) == c->next
		&& record_read(c->arena, &audit_shape, value, &a) == OK && a.number == c->next
		&& chain(c->arena, &a, before, hash) == OK && a.hash.size == sizeof hash
		&& memcmp(a.hash.data, hash, sizeof hash) == 0;
	if (!sound)
		return ERR_STORE;
	memcpy(c->before, hash, sizeof hash);
	c->next++;
	return OK;
}

enum err audit_check(struct txn *r, uint64_t *broken)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct checking c = {.arena = arena};
	struct walk walk = {.prefix = place_0(TABLE_AUDIT), .max = WALK_ALL};
	struct audit base;
	enum err e = base_load(r, &base);
	c.next = base.number + 1;
	if (base.hash.size == sizeof c.before)
		memcpy(c.before, base.hash.data, sizeof c.before);
	if (e == OK)
		e = txn_walk(r, &walk, check_one, &c);
	if (e == ERR_STORE)
		*broken = c.next;
	return e;
}
