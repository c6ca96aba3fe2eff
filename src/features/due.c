/* due.c: what waits for its time: rows (table, u64 ms, u64 id), taken when that has come. */
#include "features.h"

struct due {
	uint64_t at[DUE_MOST], ids[DUE_MOST];
	size_t count;
};

static enum err is_due(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct due *due = arg;
	if (place_id(key, 0) > (uint64_t)time_now())
		return ERR_CONFLICT;
	due->at[due->count] = place_id(key, 0);
	due->ids[due->count++] = place_id(key, 1);
	return OK;
}

enum err due_take(struct txn *t, uint8_t table, size_t max, due_fn *one)
{
	struct due *due = arena_alloc(txn_arena(t), sizeof *due);
	struct walk w = {.prefix = place_0(table), .max = max < DUE_MOST ? max : DUE_MOST};
	enum err e = txn_walk(t, &w, is_due, due);
	for (size_t i = 0; e == OK && i < due->count; i++) {
		struct place row = place_2(table, due->at[i], due->ids[i]);
		e = txn_del(t, &row);
		if (e == OK)
			e = one(t, due->ids[i]);
	}
	return e;
}
