/* forget.c: what is kept for a while (retention.c): which activities came, what we said, what we could not apply, and the lines of
 * the journal: others' acts must not fill the disk for ever. */
#include "federation.h"

#include <string.h>

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

/* The number of a copy is nobody's guess and says nothing of its age: the line it follows from does. */
struct copies {
	uint64_t before;
	struct place at, next;
};

static bool is_old_copy(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct copies *c = arg;
	struct kept kept;
	return place_id(key, 0) >> VARIANT_SHIFT == VARIANT_CLOSED
		&& record_read(scratch, &kept_shape, value, &kept) == OK && kept.line < c->before;
}

static enum err forget_copies(struct txn *t, void *arg)
{
	struct copies *c = arg;
	c->next = c->at;
	return leaving_sweep(t, TABLE_ACTIVITY, &c->next, is_old_copy, NULL, c);
}

static void forget_all_copies(struct store *store, uint64_t before)
{
	struct copies c = {
		before, .at = place_1(TABLE_ACTIVITY, (uint64_t)VARIANT_CLOSED << VARIANT_SHIFT)};
	enum err e = OK;
	for (; e == OK && c.at.size > 0; c.at = c.next)
		e = store_write(store, forget_copies, &c);
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

static enum err read_since(struct txn *t, void *arg)
{
	*(int64_t *)arg = time_now() - keep_days(t, KEEP_TRAFFIC) * DAY;
	return OK;
}

bool forget_old(struct store *store)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct old *old = arena_alloc(arena, sizeof *old);
	int64_t since = 0;
	if (store_read(store, read_since, &since) != OK)
		return true;
	uint64_t id = (uint64_t)since << 16; /* base.h: what an id is made of */
	bool all = seen_forget(store, since) && forget_table(store, old, TABLE_PARKED, 0, id);
	for (uint64_t v = VARIANT_SELF; v < VARIANT_COUNT; v++)
		if (v != VARIANT_CLOSED)
			all = forget_table(store, old, TABLE_ACTIVITY, v << VARIANT_SHIFT, id)
				&& all;
	if (all) /* once in a while: each time all of them are looked at */
		forget_all_copies(store, id);
	for (int round = 0; round < ROUNDS; round++)
		if (store_write(store, forget_lines, &id) != OK)
			break;
	return all;
}

/* ---- who leaves ------------------------------------------------------------------------------ */

struct theirs {
	struct txn *t;
	const struct leaver *who;
};

/* Said of what they did, or of what was done to them: by whom the journal knows. */
static bool tells_of_them(const struct theirs *x, uint64_t place)
{
	struct line line;
	return journal_read(x->t, place, &line) == OK
		&& (line.actor == x->who->actor || line.object == x->who->actor);
}

static bool is_letter(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct theirs *x = arg;
	struct kept kept;
	struct post p;
	(void)key;
	if (record_read(scratch, &kept_shape, value, &kept) != OK)
		return false;
	if (kept.line >= x->who->since)
		return false;
	return kept.actor == x->who->actor || tells_of_them(x, kept.line)
		|| (kept.post != 0 && post_load(x->t, kept.post, &p) == OK
			&& p.author == x->who->actor);
}

/* What they said, as it was sent, also by a community that passed it on or by the node itself: a report. */
static enum err forget_letters(struct txn *t, const struct leaver *who, struct place *at)
{
	struct theirs x = {t, who};
	return leaving_sweep(t, TABLE_ACTIVITY, at, is_letter, NULL, &x);
}

const struct personal forget_personal = {.forget = forget_letters};

struct awaited {
	struct arena *arena;
	uint64_t actor;
	bool found;
};

static enum err see_row(void *arg, struct bytes key, struct bytes value)
{
	struct awaited *a = arg;
	struct delivery_row row;
	(void)key;
	a->found = record_read(a->arena, &delivery_row_shape, value, &row) == OK
		&& row.actor == a->actor;
	arena_reset(a->arena);
	return a->found ? ERR_CONFLICT : OK;
}

static enum err see_rest(void *arg, struct bytes key, struct bytes value)
{
	struct awaited *a = arg;
	(void)value;
	a->found = place_id(key, 2) == a->actor;
	return a->found ? ERR_CONFLICT : OK;
}

bool forget_waits(struct txn *t, uint64_t actor)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct awaited a = {.arena = arena, .actor = actor};
	struct walk rests = {.prefix = place_0(TABLE_FANOUT), .max = WALK_ALL};
	struct walk rows = {.prefix = place_0(TABLE_QUEUE), .max = WALK_ALL};
	enum err e = txn_walk(t, &rests, see_rest, &a);
	if (e == OK && !a.found)
		e = txn_walk(t, &rows, see_row, &a);
	return e != OK || a.found;
}
