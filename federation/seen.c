/* seen.c: which activities came already: an id is known for thirty days, far longer than anybody tries again. */
#include "federation.h"

#include <string.h>

#define AT_ONCE 2000

static struct place seen_place(struct arena *arena, const struct received *row)
{
	/* Who passes on what it cannot prove must not keep the real one out. */
	const char *id = row->forwarded && !row->proved
		? arena_format(arena, "%llu %s", (unsigned long long)row->signer, row->id)
		: row->id;
	return place_hash(TABLE_SEEN, id);
}

static struct place age_place(const struct received *row, const struct place *seen)
{
	return place_join(place_1(TABLE_SEEN_AGE, (uint64_t)row->at), *seen);
}

struct mark { /* when it came; taken back since */
	int64_t at;
	bool ended;
};

static enum err mark_load(struct txn *t, const struct place *seen, struct mark *out)
{
	struct bytes had;
	enum err e = txn_get(t, seen, &had);
	if (e != OK)
		return e;
	if (had.size < sizeof out->at)
		return ERR_STORE;
	memcpy(&out->at, had.data, sizeof out->at);
	out->ended = had.size > sizeof out->at;
	return OK;
}

static enum err mark_save(struct txn *t, const struct place *seen, const struct mark *m)
{
	uint8_t value[sizeof m->at + 1] = {0};
	memcpy(value, &m->at, sizeof m->at);
	return txn_put(t, seen, (struct bytes){value, sizeof m->at + m->ended});
}

enum err seen_add(struct txn *t, const struct received *row, bool *known)
{
	struct mark m;
	struct place seen = seen_place(txn_arena(t), row);
	enum err e = mark_load(t, &seen, &m);
	*known = e == OK;
	/* Misskey follows again under the same id. */
	if (e == OK && m.ended && !row->forwarded) {
		*known = false;
		e = seen_drop(t, &(struct received){.id = row->id, .at = m.at});
	} else if (e != ERR_NOT_FOUND) {
		return e;
	}
	struct place age = age_place(row, &seen);
	if (e == OK || e == ERR_NOT_FOUND)
		e = mark_save(t, &seen, &(struct mark){.at = row->at});
	return e == OK ? txn_put(t, &age, (struct bytes){"\1", 1}) : e;
}

enum err seen_end(struct txn *t, const char *id)
{
	struct mark m;
	struct place seen = place_hash(TABLE_SEEN, id);
	enum err e = mark_load(t, &seen, &m);
	m.ended = true;
	return e == OK ? mark_save(t, &seen, &m) : e;
}

/* As if it came with a name that none has: actor and id. */
static struct received taken_back(struct txn *t, const char *actor, const char *id)
{
	const char *name = arena_format(txn_arena(t), "%s took back %s", actor, id);
	return (struct received){.id = name, .at = time_now()};
}

enum err seen_take_back(struct txn *t, const char *actor, const char *id)
{
	bool known;
	struct received mark = taken_back(t, actor, id);
	return seen_add(t, &mark, &known);
}

bool seen_taken_back(struct txn *t, const char *actor, const char *id, int64_t since)
{
	struct mark m;
	struct received mark = taken_back(t, actor, id);
	struct place seen = seen_place(txn_arena(t), &mark);
	return mark_load(t, &seen, &m) == OK && m.at > since;
}

enum err seen_drop(struct txn *t, const struct received *row)
{
	struct place seen = seen_place(txn_arena(t), row), age = age_place(row, &seen);
	enum err e = txn_del(t, &seen);
	return e == OK ? txn_del(t, &age) : e;
}

struct ages {
	uint64_t before;
	struct place seen[256], ages[256];
	size_t count;
};

static enum err age_row(void *arg, struct bytes key, struct bytes value)
{
	struct ages *a = arg;
	(void)value;
	if (place_id(key, 0) >= a->before || a->count == COUNT(a->ages) || key.size != 25)
		return ERR_CONFLICT;
	struct place *seen = &a->seen[a->count];
	a->ages[a->count] = place_key(key);
	*seen = place_0(TABLE_SEEN);
	memcpy(seen->at + 1, (const uint8_t *)key.data + 9, 16);
	seen->size = 17;
	a->count++;
	return OK;
}

static enum err forget(struct txn *t, void *arg)
{
	struct ages *a = arg;
	struct walk walk = {.prefix = place_0(TABLE_SEEN_AGE), .max = COUNT(a->ages)};
	a->count = 0;
	enum err e = txn_walk(t, &walk, age_row, a);
	for (size_t i = 0; e == OK && i < a->count; i++) {
		e = txn_del(t, &a->seen[i]);
		if (e == OK)
			e = txn_del(t, &a->ages[i]);
	}
	return e;
}

bool seen_forget(struct store *store, int64_t before)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct ages *a = arena_alloc(arena, sizeof *a);
	a->before = (uint64_t)before;
	for (size_t done = 0; done < AT_ONCE; done += a->count)
		if (store_write(store, forget, a) != OK || a->count == 0)
			return true;
	return false;
}
