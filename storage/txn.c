/*
 * txn.c: what a transaction can do, on any engine: rows, pages of rows, counters, ids.
 *
 * The first failure of the engine sticks to the transaction; whoever asks again gets the same
 * answer, and the writer throws all of it away even when a write_fn looked the other way.
 */
#include "inside.h"

#include <assert.h>
#include <string.h>

struct arena *txn_arena(struct txn *t)
{
	return t->arena;
}

bool txn_writes(const struct txn *t)
{
	return t->writes;
}

const void *txn_owner(const struct txn *t)
{
	return t->owner;
}

void txn_begun(struct txn *t)
{
	arena_reset(t->arena);
	t->wrote = t->wakes = false;
	t->fault = OK;
}

static struct bytes key_of(const struct place *p)
{
	assert(p->size > 0 && p->size <= sizeof p->at);
	return (struct bytes){p->at, p->size};
}

static enum err stick(struct txn *t, enum err e)
{
	if (t->fault == OK && e != OK && e != ERR_NOT_FOUND)
		t->fault = e;
	return e;
}

enum err txn_get(struct txn *t, const struct place *place, struct bytes *value)
{
	if (t->fault != OK)
		return t->fault;
	return stick(t, t->engine->get(t->at, key_of(place), value));
}

enum err txn_get_many(struct txn *t, size_t count, const struct place *keys, struct bytes *values)
{
	for (size_t i = 0; i < count; i++) {
		enum err e = txn_get(t, &keys[i], &values[i]);
		if (e == ERR_NOT_FOUND)
			values[i] = (struct bytes){NULL, 0};
		else if (e != OK)
			return e;
		else if (!values[i].data)
			values[i].data = "";
	}
	return OK;
}

enum err txn_put(struct txn *t, const struct place *place, struct bytes value)
{
	assert(t->writes && !t->walking);
	if (t->fault != OK)
		return t->fault;
	if (value.size > STORE_VALUE_MAX)
		return ERR_TOO_MUCH;
	t->wrote = true;
	t->bytes += place->size + value.size;
	return stick(t, t->engine->put(t->at, key_of(place), value));
}

enum err txn_del(struct txn *t, const struct place *place)
{
	assert(t->writes && !t->walking);
	if (t->fault != OK)
		return t->fault;
	enum err e = stick(t, t->engine->del(t->at, key_of(place)));
	if (e == ERR_NOT_FOUND)
		return OK;
	t->wrote = true;
	return e;
}

/* ---- walking ---- */

static bool starts(struct bytes key, const struct place *prefix)
{
	return key.size >= prefix->size && memcmp(key.data, prefix->at, prefix->size) == 0;
}

static bool before(const struct place *a, const struct place *b)
{
	int order = memcmp(a->at, b->at, a->size < b->size ? a->size : b->size);
	return order < 0 || (order == 0 && a->size < b->size);
}

/* The edge of the prefix, or `from` when that is further in. Going backward the edge is the
 * greatest key there can be: keys end at 128 bytes. */
static struct place start_of(const struct walk *w)
{
	struct place edge = w->prefix;
	if (w->backward) {
		memset(edge.at + edge.size, 0xff, sizeof edge.at - edge.size);
		edge.size = sizeof edge.at;
	}
	if (!w->from)
		return edge;
	bool further = w->backward ? before(w->from, &edge) : before(&edge, w->from);
	return further ? *w->from : edge;
}

static enum err visit_rows(
	struct txn *t, struct engine_cursor *c, const struct walk *w, visit_fn *visit, void *arg)
{
	for (size_t rows = 0; rows < w->max; rows++) {
		struct bytes key, value;
		if (rows > 0) {
			enum err e = stick(t, t->engine->step(c));
			if (e != OK)
				return e == ERR_NOT_FOUND ? OK : e;
		}
		t->engine->row(c, &key, &value);
		if (!starts(key, &w->prefix))
			return OK;
		enum err e = visit(arg, key, value);
		if (e != OK)
			return e == ERR_CONFLICT ? OK : e;
	}
	return OK;
}

enum err txn_walk(struct txn *t, const struct walk *w, visit_fn *visit, void *arg)
{
	assert(w->prefix.size <= sizeof w->prefix.at
		&& (!w->from || w->from->size <= sizeof w->from->at));
	if (t->fault != OK)
		return t->fault;
	if (w->max == 0)
		return OK;
	struct place start = start_of(w);
	struct engine_cursor *c;
	struct bytes from = {start.at, start.size};
	enum err e = stick(t, t->engine->seek(t->at, from, w->backward, &c));
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	t->walking++;
	e = visit_rows(t, c, w, visit, arg);
	t->walking--;
	t->engine->unseek(c);
	return e;
}

/* ---- counters and ids ---- */

enum err txn_count(struct txn *t, const struct place *place, int64_t *now)
{
	struct bytes value;
	enum err e = txn_get(t, place, &value);
	if (e == ERR_NOT_FOUND) {
		*now = 0;
		return OK;
	}
	if (e != OK)
		return e;
	if (value.size != sizeof(int64_t)) {
		log_line(LOG_ERROR, "store", "unreadable=counter table=%d", (int)place->at[0]);
		return ERR_STORE;
	}
	uint64_t n = 0;
	for (size_t i = value.size; i-- > 0;)
		n = n << 8 | ((const uint8_t *)value.data)[i];
	*now = (int64_t)n;
	return OK;
}

enum err txn_add(struct txn *t, const struct place *place, int64_t delta, int64_t *now)
{
	int64_t n = 0;
	enum err e = txn_count(t, place, &n);
	if (e != OK)
		return e;
	if (__builtin_add_overflow(n, delta, &n))
		return ERR_TOO_MUCH;
	if (n < 0) {
		log_line(LOG_WARN, "store", "counter=below_zero table=%d", (int)place->at[0]);
		n = 0;
	}
	uint8_t at[sizeof n];
	for (size_t i = 0; i < sizeof at; i++)
		at[i] = (uint8_t)((uint64_t)n >> 8 * i);
	e = txn_put(t, place, (struct bytes){at, sizeof at});
	if (e == OK && now)
		*now = n;
	return e;
}

enum err txn_get_id(struct txn *t, const struct place *place, uint64_t *id)
{
	struct bytes value;
	enum err e = txn_get(t, place, &value);
	if (e != OK)
		return e;
	if (value.size != sizeof *id) {
		log_line(LOG_ERROR, "store", "unreadable=id table=%d", (int)place->at[0]);
		return ERR_STORE;
	}
	*id = place_id_at(value, 0);
	return OK;
}

enum err txn_put_id(struct txn *t, const struct place *place, uint64_t id)
{
	struct place coded = place_1(0, id);
	return txn_put(t, place, (struct bytes){coded.at + 1, sizeof id});
}
