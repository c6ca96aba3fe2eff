/* forget.c: what is kept for thirty days: which activities came, what we said, what we could not apply, and the lines of
 * the journal: others' acts must not fill the disk for ever. */
#include "federation.h"

#include <string.h>

#define KEPT (30 * DAY)
#define AT_ONCE 256 /* in one transaction */
#define ROUNDS 16   /* in one go */

struct old { /* rows whose first number is an id, in a stretch of one table */
	uint8_t table;
	uint64_t from, before;
	struct place rows[AT_ONCE];
	size_t count;
};

static enum err old_row(void *arg, struct bytes key, struct bytes value)
{
	struct old *old = arg;
	(void)value;
	if (place_id(key, 0) >= old->before || key.size != 1 + sizeof(uint64_t))
		return ERR_CONFLICT;
	old->rows[old->count++] = place_1(old->table, place_id(key, 0));
	return OK;
}

static enum err forget_rows(struct txn *t, void *arg)
{
	struct old *old = arg;
	struct place from = place_1(old->table, old->from);
	struct walk walk = {.prefix = place_0(old->table), .from = &from, .max = AT_ONCE};
	old->count = 0;
	enum err e = txn_walk(t, &walk, old_row, old);
	for (size_t i = 0; e == OK && i < old->count; i++)
		e = txn_del(t, &old->rows[i]);
	return e;
}

static bool forget_table(
	struct store *store, struct old *old, uint8_t table, uint64_t from, uint64_t id)
{
	old->table = table;
	old->from = from;
	old->before = from | id;
	for (int round = 0; round < ROUNDS; round++)
		if (store_write(store, forget_rows, old) != OK || old->count < AT_ONCE)
			return true;
	return false;
}

static enum err forget_lines(struct txn *t, void *arg)
{
	const char *names[READERS_MOST];
	const struct federation *f = federation_running();
	size_t count = f != NULL ? f->reader_count : 0;
	for (size_t i = 0; i < count; i++)
		names[i] = f->readers[i].name;
	return count > 0 ? journal_trim(t, *(const uint64_t *)arg, AT_ONCE, names, count) : OK;
}

bool forget_old(struct store *store)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct old *old = arena_alloc(arena, sizeof *old);
	int64_t since = time_now() - KEPT;
	uint64_t id = (uint64_t)since << 16; /* base.h: what an id is made of */
	bool all = seen_forget(store, since) && forget_table(store, old, TABLE_PARKED, 0, id);
	for (uint64_t v = VARIANT_SELF; v <= VARIANT_UNDO; v++)
		all = forget_table(store, old, TABLE_ACTIVITY, v << VARIANT_SHIFT, id) && all;
	for (int round = 0; round < ROUNDS; round++)
		if (store_write(store, forget_lines, &id) != OK)
			break;
	return all;
}
