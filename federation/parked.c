/* parked.c: what we could not apply for hours, or what ended us: the admin sees it, and may have it tried once more. */
#include "federation.h"

#include <string.h>

#define LISTED_MOST 1000
#define AT_ONCE 16 /* a row may be a megabyte */

struct listing {
	struct arena *arena;
	struct text *out;
	size_t count;
};

static enum err list_row(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	struct received row = {0};
	char at[TIME_ISO];
	(void)key;
	if (l->count++ < LISTED_MOST && record_read(l->arena, &received_shape, value, &row) == OK) {
		time_iso(row.at, at);
		text_format(l->out, "%s %s of %s: %s\n", at, row.type != NULL ? row.type : "?",
			task_host(&row), row.id != NULL ? row.id : "?");
	}
	arena_reset(l->arena);
	return OK;
}

static enum err list_rows(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_PARKED), .max = WALK_ALL};
	return txn_walk(t, &walk, list_row, arg);
}

enum err parked_list(struct store *store, struct text *out, size_t *count)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct listing l = {.arena = arena, .out = out};
	enum err e = store_read(store, list_rows, &l);
	*count = l.count;
	return e;
}

struct batch {
	struct arena *arena;
	struct {
		uint64_t place;
		struct received row;
	} rows[AT_ONCE];
	size_t count;
};

static enum err take_row(void *arg, struct bytes key, struct bytes value)
{
	struct batch *b = arg;
	struct received *row = &b->rows[b->count].row;
	*row = (struct received){0};
	if (record_read(b->arena, &received_shape, arena_bytes(b->arena, value), row) != OK)
		return OK; /* `kring check` names it */
	row->tries = row->crashes = 0;
	b->rows[b->count++].place = place_id(key, 0);
	return b->count == AT_ONCE ? ERR_CONFLICT : OK;
}

static enum err move_rows(struct txn *t, void *arg)
{
	struct batch *b = arg;
	struct walk walk = {.prefix = place_0(TABLE_PARKED), .max = WALK_ALL};
	b->count = 0;
	enum err e = txn_walk(t, &walk, take_row, b);
	for (size_t i = 0; e == OK && i < b->count; i++) {
		struct place from = place_1(TABLE_PARKED, b->rows[i].place);
		struct place to = place_1(TABLE_INBOX, b->rows[i].place);
		e = txn_save(t, &to, &received_shape, &b->rows[i].row);
		if (e == OK)
			e = txn_del(t, &from);
	}
	return e;
}

/* Without an inbox the next one that starts finds them. */
enum err parked_retry(struct federation *f, size_t *count)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct batch *b = arena_alloc(arena, sizeof *b);
	enum err e;
	*count = 0;
	do {
		struct arena *rows ARENA_CLEANUP = arena_create();
		b->arena = rows;
		e = store_write(f->set.store, move_rows, b);
		for (size_t i = 0; e == OK && f->inbox != NULL && i < b->count; i++)
			inbox_took(f->inbox, task_host(&b->rows[i].row), b->rows[i].row.raw.size);
		*count += e == OK ? b->count : 0;
	} while (e == OK && b->count == AT_ONCE);
	return e;
}
