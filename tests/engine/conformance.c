/* conformance.c: what a store promises, asked of both engines. */
#include "temp.h"

#include "schema.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct fixture {
	bool on_disk;
	struct temp temp;
	struct store *store;
	struct store_settings settings;
};

static void reopen(struct fixture *f)
{
	store_close(f->store);
	f->store = temp_open(&f->temp, &f->settings);
}

static int setup(void **state, bool on_disk)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	f->on_disk = on_disk;
	f->settings.path = on_disk ? f->temp.path : NULL;
	f->store = temp_open(&f->temp, &f->settings);
	*state = f;
	return 0;
}

static int setup_memory(void **state)
{
	return setup(state, false);
}

static int setup_lmdb(void **state)
{
	return setup(state, true);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	temp_remove(&f->temp);
	free(f);
	return 0;
}

/* ---- rows ---- */

static enum err rows_write(struct txn *t, void *arg)
{
	(void)arg;
	assert_true(txn_writes(t));
	struct place a = place_1(200, 1), b = place_1(200, 2);
	struct bytes v;
	assert_int_equal(txn_get(t, &a, &v), ERR_NOT_FOUND);
	assert_int_equal(txn_put(t, &a, bytes_of("one")), OK);
	assert_int_equal(txn_get(t, &a, &v), OK);
	assert_int_equal(v.size, 3);
	assert_int_equal(txn_put(t, &a, bytes_of("two")), OK);
	assert_int_equal(txn_put(t, &b, (struct bytes){NULL, 0}), OK);
	assert_int_equal(txn_get(t, &b, &v), OK);
	assert_int_equal(v.size, 0);
	struct place c = place_1(200, 3);
	assert_int_equal(txn_del(t, &c), OK);
	assert_int_equal(txn_put(t, &c, bytes_of("gone")), OK);
	assert_int_equal(txn_del(t, &c), OK);
	return OK;
}

static enum err rows_read(struct txn *t, void *arg)
{
	(void)arg;
	assert_false(txn_writes(t));
	struct place keys[4] = {place_1(200, 3), place_1(200, 1), place_1(200, 2), place_1(200, 1)};
	struct bytes v[4];
	assert_int_equal(txn_get_many(t, 4, keys, v), OK);
	assert_null(v[0].data);
	assert_memory_equal(v[1].data, "two", 3);
	assert_non_null(v[2].data);
	assert_int_equal(v[2].size, 0);
	assert_int_equal(v[3].size, 3);
	return OK;
}

static void test_rows(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(store_write(f->store, rows_write, NULL), OK);
	assert_int_equal(store_read(f->store, rows_read, NULL), OK);
	if (f->on_disk) {
		reopen(f);
		assert_int_equal(store_read(f->store, rows_read, NULL), OK);
	}
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	char *big = calloc(1, STORE_VALUE_MAX + 1);
	memset(big, 'x', STORE_VALUE_MAX + 1);
	for (size_t size = STORE_VALUE_MAX - 1; size <= STORE_VALUE_MAX + 1; size++) {
		struct pair p = {.key = place_1(201, size), .value = {big, size}};
		enum err e = store_write(f->store, put_pair, &p);
		assert_int_equal(e, size <= STORE_VALUE_MAX ? OK : ERR_TOO_MUCH);
		assert_int_equal(store_read(f->store, get_pair, &p), OK);
		assert_int_equal(p.found, e == OK);
		assert_int_equal(p.size, e == OK ? size : 0);
	}
	free(big);
	struct place longest = {.size = sizeof longest.at};
	memset(longest.at, 0xff, sizeof longest.at);
	assert_int_equal(put(f->store, longest, "end"), OK);
	assert_true(has(f->store, longest, "end"));
}

static enum err put_and_fail(struct txn *t, void *arg)
{
	enum err e = put_pair(t, arg);
	return e == OK ? ERR_FORBIDDEN : e;
}

static void test_failing_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct pair p = {.key = place_1(202, 1), .value = bytes_of("no")};
	assert_int_equal(store_write(f->store, put_and_fail, &p), ERR_FORBIDDEN);
	assert_true(lacks(f->store, p.key));
	assert_int_equal(put(f->store, p.key, "yes"), OK);
	assert_int_equal(store_write(f->store, put_and_fail, &p), ERR_FORBIDDEN);
	assert_true(has(f->store, p.key, "yes"));
}

/* ---- walks, against a plain sorted list ---- */

#define LETTERS 3
#define KEYS (3 + 9 + 27 + 81)

static const uint8_t letters[LETTERS] = {0x00, 0x7f, 0xff};

/* Every word of 1…4 letters, and in [0] the empty one, in order. */
static void words(struct place out[KEYS + 1])
{
	size_t n = 1, start = 0;
	out[0] = (struct place){0};
	for (size_t size = 1; size <= 4; size++) {
		size_t end = n;
		for (size_t w = start; w < end; w++)
			for (size_t l = 0; l < LETTERS; l++) {
				out[n] = out[w];
				out[n++].at[out[w].size] = letters[l];
				out[n - 1].size = (uint8_t)size;
			}
		start = end;
	}
	assert_int_equal(n, KEYS + 1);
}

static int order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = memcmp(x->at, y->at, x->size < y->size ? x->size : y->size);
	return c ? c : (int)x->size - (int)y->size;
}

struct seen {
	struct place at[2 * KEYS];
	size_t count;
};

static enum err see(void *arg, struct bytes key, struct bytes value)
{
	struct seen *s = arg;
	struct place *p = &s->at[s->count++];
	p->size = (uint8_t)key.size;
	memcpy(p->at, key.data, key.size);
	assert_int_equal(value.size, key.size);
	assert_memory_equal(value.data, key.data, key.size);
	return OK;
}

struct scene {
	struct place all[KEYS + 1], there[KEYS + 1];
	size_t count; /* of there */
	size_t walks;
};

static enum err write_scene(struct txn *t, void *arg)
{
	struct scene *s = arg;
	for (size_t i = 0; i < s->count; i++) {
		enum err e = txn_put(
			t, &s->there[i], (struct bytes){s->there[i].at, s->there[i].size});
		if (e != OK)
			return e;
	}
	return OK;
}

static void expect(const struct scene *s, const struct walk *w, struct seen *out)
{
	out->count = 0;
	for (size_t n = 0; n < s->count && out->count < w->max; n++) {
		const struct place *p = &s->there[w->backward ? s->count - 1 - n : n];
		bool inside = p->size >= w->prefix.size
			&& memcmp(p->at, w->prefix.at, w->prefix.size) == 0;
		int side = w->from ? order(p, w->from) : 0;
		if (inside && (w->backward ? side <= 0 : side >= 0))
			out->at[out->count++] = *p;
	}
}

static enum err walk_scene(struct txn *t, void *arg)
{
	static const size_t most[] = {0, 1, 2, WALK_ALL};
	struct scene *s = arg;
	struct seen *want = arena_alloc(txn_arena(t), sizeof *want),
		    *got = arena_alloc(txn_arena(t), sizeof *got);
	for (size_t p = 0; p <= 39; p++) /* prefixes of 0…3 letters */
		for (size_t from = 0; from <= KEYS; from++)
			for (size_t m = 0; m < 2 * COUNT(most); m++) {
				struct walk w = {
					s->all[p], from ? &s->all[from] : NULL, m % 2, most[m / 2]};
				expect(s, &w, want);
				got->count = 0;
				assert_int_equal(txn_walk(t, &w, see, got), OK);
				assert_int_equal(got->count, want->count);
				for (size_t i = 0; i < got->count; i++)
					assert_int_equal(order(&got->at[i], &want->at[i]), 0);
				s->walks++;
			}
	return OK;
}

static enum err clear(struct txn *t, void *arg)
{
	struct seen *s = arg;
	for (size_t i = 0; i < s->count; i++) {
		enum err e = txn_del(t, &s->at[i]);
		if (e != OK)
			return e;
	}
	return OK;
}

static enum err see_key(void *arg, struct bytes key, struct bytes value)
{
	struct seen *s = arg;
	(void)value;
	s->at[s->count].size = (uint8_t)key.size;
	memcpy(s->at[s->count++].at, key.data, key.size);
	return OK;
}

static enum err list(struct txn *t, void *arg)
{
	struct walk all = {.max = WALK_ALL};
	return txn_walk(t, &all, see_key, arg);
}

static void test_walks(void **state)
{
	struct fixture *f = *state;
	struct scene *s = calloc(1, sizeof *s);
	struct seen *old = calloc(1, sizeof *old);
	words(s->all);
	/* nothing at all, every second word, every word */
	for (size_t every = 0; every <= 2; every++) {
		old->count = s->count = 0;
		assert_int_equal(store_read(f->store, list, old), OK);
		assert_int_equal(store_write(f->store, clear, old), OK);
		for (size_t i = 1; i <= KEYS && every; i++)
			if (i % (3 - every) == 0)
				s->there[s->count++] = s->all[i];
		qsort(s->there, s->count, sizeof *s->there, order);
		assert_int_equal(store_write(f->store, write_scene, s), OK);
		assert_int_equal(store_read(f->store, walk_scene, s), OK);
	}
	assert_int_equal(s->walks, 3 * 40 * (KEYS + 1) * 8);
	free(s);
	free(old);
}

static enum err stop_at_second(void *arg, struct bytes key, struct bytes value)
{
	int *calls = arg;
	(void)key;
	(void)value;
	return ++*calls == 2 ? ERR_CONFLICT : OK;
}

static enum err refuse_row(void *arg, struct bytes key, struct bytes value)
{
	(void)arg;
	(void)key;
	(void)value;
	return ERR_GONE;
}

static enum err walk_and_stop(struct txn *t, void *arg)
{
	int calls = 0;
	(void)arg;
	struct walk w = {.prefix = place_0(203), .max = WALK_ALL};
	assert_int_equal(txn_walk(t, &w, stop_at_second, &calls), OK);
	assert_int_equal(calls, 2);
	return txn_walk(t, &w, refuse_row, NULL);
}

static void test_visitor_stops(void **state)
{
	struct fixture *f = *state;
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(put(f->store, place_1(203, i), "x"), OK);
	assert_int_equal(store_read(f->store, walk_and_stop, NULL), ERR_GONE);
}

/* ---- counters and ids ---- */

static enum err count_on(struct txn *t, void *arg)
{
	struct place key = place_1(204, 1), other = place_1(204, 2), bad = place_1(204, 3);
	int64_t n = -1;
	uint64_t id = 0;
	(void)arg;
	assert_int_equal(txn_count(t, &key, &n), OK);
	assert_int_equal(n, 0);
	assert_int_equal(txn_add(t, &key, 3, &n), OK);
	assert_int_equal(n, 3);
	assert_int_equal(txn_add(t, &key, -1, NULL), OK);
	assert_int_equal(txn_count(t, &key, &n), OK);
	assert_int_equal(n, 2);
	assert_int_equal(txn_add(t, &key, -5, &n), OK);
	assert_int_equal(n, 0);
	assert_int_equal(txn_add(t, &key, INT64_MAX, &n), OK);
	assert_int_equal(txn_add(t, &key, 1, &n), ERR_TOO_MUCH);
	assert_int_equal(n, INT64_MAX);
	assert_int_equal(txn_put(t, &bad, bytes_of("seven b")), OK);
	assert_int_equal(txn_add(t, &bad, 1, &n), ERR_STORE);
	assert_int_equal(txn_get_id(t, &bad, &id), ERR_STORE);
	assert_int_equal(txn_get_id(t, &other, &id), ERR_NOT_FOUND);
	assert_int_equal(txn_put_id(t, &other, UINT64_C(0x0102030405060708)), OK);
	assert_int_equal(txn_get_id(t, &other, &id), OK);
	assert_true(id == UINT64_C(0x0102030405060708));
	return OK;
}

static void test_counters(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(store_write(f->store, count_on, NULL), OK);
	assert_int_equal(put(f->store, place_1(204, 4), "still writing"), OK);
}

/* ---- groups ---- */

/* A write that holds the writer until told: what is submitted meanwhile becomes one group. */
struct gate {
	sem_t inside, open;
};

static enum err wait_at(struct txn *t, void *arg)
{
	struct gate *g = arg;
	(void)t;
	sem_post(&g->inside);
	sem_wait(&g->open);
	return OK;
}

struct outcome {
	struct pair pair;
	enum err fails; /* after writing, unless it is `early` */
	bool early;
	int runs;
	atomic_int answers;
	enum err answer;
};

static enum err act(struct txn *t, void *arg)
{
	struct outcome *o = arg;
	o->runs++;
	if (o->early)
		return o->fails;
	enum err e = put_pair(t, &o->pair);
	return e == OK ? o->fails : e;
}

static void note(void *arg, enum err e)
{
	struct outcome *o = arg;
	o->answer = e;
	o->answers++;
}

static void note_nothing(void *arg, enum err e)
{
	(void)arg;
	assert_int_equal(e, OK);
}

static void shut(struct store *s, struct gate *g)
{
	sem_init(&g->inside, 0, 0);
	sem_init(&g->open, 0, 0);
	assert_int_equal(store_submit(s, wait_at, g, note_nothing, NULL), OK);
	sem_wait(&g->inside);
}

static void test_group(void **state)
{
	struct fixture *f = *state;
	struct gate g;
	struct outcome o[9] = {0};
	struct store_numbers before, after;
	store_numbers(f->store, &before);
	shut(f->store, &g);
	for (size_t i = 0; i < COUNT(o); i++) {
		o[i].pair = (struct pair){.key = place_1(205, i), .value = bytes_of("row")};
		o[i].early = i == 1 || i == 5;
		o[i].fails = o[i].early ? ERR_NOT_FOUND : i == 3 || i == 7 ? ERR_CONFLICT : OK;
		assert_int_equal(store_submit(f->store, act, &o[i], note, &o[i]), OK);
	}
	store_numbers(f->store, &after);
	assert_int_equal(after.waiting, COUNT(o));
	sem_post(&g.open);
	assert_int_equal(put(f->store, place_1(206, 0), "behind them"), OK);
	for (size_t i = 0; i < COUNT(o); i++) {
		assert_int_equal(o[i].answers, 1);
		assert_int_equal(o[i].answer, o[i].fails);
		assert_int_equal(has(f->store, o[i].pair.key, "row"), o[i].fails == OK);
		assert_int_equal(lacks(f->store, o[i].pair.key), o[i].fails != OK);
	}
	assert_int_equal(o[0].runs, 3);
	assert_int_equal(o[1].runs, 1);
	assert_int_equal(o[3].runs, 1);
	assert_int_equal(o[4].runs, 2);
	assert_int_equal(o[8].runs, 1);
	store_numbers(f->store, &after);
	assert_int_equal(after.replays - before.replays, 2);
	assert_true(after.commits - before.commits
		<= 2); /* the group, and the row behind it when not in it */
	assert_int_equal(after.writes - before.writes, 5 + 2);
}

static void test_large_groups_are_split(void **state)
{
	struct fixture *f = *state;
	struct gate g;
	struct outcome o[40] = {0}; /* of 1 MiB each */
	struct store_numbers before, after;
	static char filler[1 << 20];
	store_numbers(f->store, &before);
	shut(f->store, &g);
	for (size_t i = 0; i < COUNT(o); i++) {
		o[i].pair = (struct pair){.key = place_1(213, i), .value = {filler, sizeof filler}};
		o[i].fails = i == 20 ? ERR_GONE : OK;
		assert_int_equal(store_submit(f->store, act, &o[i], note, &o[i]), OK);
	}
	sem_post(&g.open);
	assert_int_equal(put(f->store, place_1(206, 0), "behind them"), OK);
	for (size_t i = 0; i < COUNT(o); i++) {
		assert_int_equal(o[i].answers, 1);
		assert_int_equal(o[i].answer, o[i].fails);
		assert_int_equal(lacks(f->store, o[i].pair.key), i == 20);
	}
	store_numbers(f->store, &after);
	assert_in_range(after.commits - before.commits, 3, 4);
	assert_int_equal(after.writes - before.writes, COUNT(o) - 1 + 2);
	assert_int_equal(o[0].runs, 1); /* in a round of its own, not in the spoiled one */
	assert_int_equal(o[19].runs, 2);
}

static void test_close_runs_what_was_accepted(void **state)
{
	struct fixture *f = *state;
	struct gate g;
	static struct outcome o[600]; /* more than one group */
	memset(o, 0, sizeof o);
	shut(f->store, &g);
	for (size_t i = 0; i < COUNT(o); i++) {
		o[i].pair = (struct pair){.key = place_1(207, i), .value = bytes_of("row")};
		assert_int_equal(store_submit(f->store, act, &o[i], note, &o[i]), OK);
	}
	sem_post(&g.open);
	reopen(f);
	for (size_t i = 0; i < COUNT(o); i++) {
		assert_int_equal(o[i].answers, 1);
		assert_int_equal(o[i].answer, OK);
		assert_int_equal(has(f->store, o[i].pair.key, "row"), f->on_disk);
	}
}

static void test_too_many_waiting(void **state)
{
	struct fixture *f = *state;
	struct gate g;
	struct outcome o[4] = {0};
	f->settings.max_waiting = 3;
	reopen(f);
	shut(f->store, &g);
	for (size_t i = 0; i < COUNT(o); i++) {
		o[i].pair = (struct pair){.key = place_1(208, i), .value = bytes_of("row")};
		assert_int_equal(
			store_submit(f->store, act, &o[i], note, &o[i]), i < 3 ? OK : ERR_AGAIN);
	}
	sem_post(&g.open);
	while (!o[2].answers)
		usleep(100);
	assert_int_equal(put(f->store, place_1(208, 9), "room again"), OK);
	assert_int_equal(o[3].answers, 0);
	assert_true(lacks(f->store, o[3].pair.key));
}

/* ---- readers beside the writer ---- */

struct crowd {
	struct store *store;
	atomic_bool stop;
	atomic_ulong reads;
};
#define PURSES 20
#define COINS 1000

static enum err sum_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	assert_int_equal(value.size, 8);
	*(int64_t *)arg += ((const uint8_t *)value.data)[0] | ((const uint8_t *)value.data)[1] << 8;
	return OK;
}

static enum err sum(struct txn *t, void *arg)
{
	struct walk w = {.prefix = place_0(209), .max = WALK_ALL};
	return txn_walk(t, &w, sum_row, arg);
}

static void *read_sums(void *arg)
{
	struct crowd *c = arg;
	while (!c->stop) {
		int64_t coins = 0;
		if (store_read(c->store, sum, &coins) != OK || coins != COINS)
			abort();
		c->reads++;
	}
	return NULL;
}

static enum err move_coins(struct txn *t, void *arg)
{
	uint64_t *seed = arg;
	struct place from = place_1(209, chance(seed, PURSES)),
		     to = place_1(209, chance(seed, PURSES));
	int64_t have = 0;
	enum err e = txn_count(t, &from, &have);
	if (e == OK)
		e = txn_add(t, &from, -have / 2, NULL);
	if (e == OK)
		e = txn_add(t, &to, have / 2, NULL);
	return e != OK ? e : chance(seed, 8) == 0 ? ERR_INVALID : OK;
}

static void *write_coins(void *arg)
{
	struct crowd *c = arg;
	uint64_t seed = (uintptr_t)&seed;
	for (int i = 0; i < 200; i++) {
		enum err e = store_write(c->store, move_coins, &seed);
		if (e != OK && e != ERR_INVALID)
			abort();
	}
	return NULL;
}

static enum err mint(struct txn *t, void *arg)
{
	struct place p = place_1(209, 0);
	(void)arg;
	return txn_add(t, &p, COINS, NULL);
}

static void test_readers_see_whole_commits(void **state)
{
	struct fixture *f = *state;
	struct crowd c = {.store = f->store};
	pthread_t readers[3], writers[4];
	assert_int_equal(store_write(f->store, mint, NULL), OK);
	for (size_t i = 0; i < COUNT(readers); i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_sums, &c), 0);
	for (size_t i = 0; i < COUNT(writers); i++)
		assert_int_equal(pthread_create(&writers[i], NULL, write_coins, &c), 0);
	for (size_t i = 0; i < COUNT(writers); i++)
		pthread_join(writers[i], NULL);
	c.stop = true;
	for (size_t i = 0; i < COUNT(readers); i++)
		pthread_join(readers[i], NULL);
	assert_true(c.reads > 0);
	int64_t coins = 0;
	assert_int_equal(store_read(f->store, sum, &coins), OK);
	assert_int_equal(coins, COINS);
}

static void *put_one(void *arg)
{
	if (put(arg, place_1(210, 1), "new") != OK)
		abort();
	return NULL;
}

static enum err look_twice(struct txn *t, void *arg)
{
	struct place key = place_1(210, 1);
	struct bytes v;
	pthread_t other;
	assert_int_equal(txn_get(t, &key, &v), OK);
	assert_memory_equal(v.data, "old", 3);
	assert_int_equal(pthread_create(&other, NULL, put_one, arg), 0);
	pthread_join(other, NULL);
	assert_memory_equal(v.data, "old", 3);
	assert_int_equal(txn_get(t, &key, &v), OK);
	assert_memory_equal(v.data, "old", 3);
	return OK;
}

static void test_a_view_stands_still(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(put(f->store, place_1(210, 1), "old"), OK);
	assert_int_equal(store_read(f->store, look_twice, f->store), OK);
	assert_true(has(f->store, place_1(210, 1), "new"));
}

/* ---- random acts, against a plain sorted array ---- */

#define MODEL_MAX 400
struct model_row {
	struct place key;
	uint32_t value;
};
struct model {
	struct model_row rows[MODEL_MAX];
	size_t count;
	uint64_t seed;
	size_t checked;
};

static size_t model_find(const struct model *m, const struct place *key)
{
	size_t i = 0;
	while (i < m->count && order(&m->rows[i].key, key) < 0)
		i++;
	return i;
}

static void model_set(struct model *m, const struct place *key, uint32_t value)
{
	size_t i = model_find(m, key);
	if (i == m->count || order(&m->rows[i].key, key) != 0) {
		assert_true(m->count < MODEL_MAX);
		memmove(&m->rows[i + 1], &m->rows[i], (m->count++ - i) * sizeof *m->rows);
	}
	m->rows[i] = (struct model_row){*key, value};
}

static void model_del(struct model *m, const struct place *key)
{
	size_t i = model_find(m, key);
	if (i < m->count && order(&m->rows[i].key, key) == 0)
		memmove(&m->rows[i], &m->rows[i + 1], (--m->count - i) * sizeof *m->rows);
}

static enum err compare_row(void *arg, struct bytes key, struct bytes value)
{
	struct model *m = arg;
	assert_true(m->checked < m->count);
	const struct model_row *r = &m->rows[m->checked++];
	assert_int_equal(key.size, r->key.size);
	assert_memory_equal(key.data, r->key.at, key.size);
	assert_true(value.size >= sizeof r->value);
	assert_memory_equal(value.data, &r->value, sizeof r->value);
	return OK;
}

static enum err compare_all(struct txn *t, void *arg)
{
	struct model *m = arg;
	struct walk all = {.prefix = place_0(211), .max = WALK_ALL};
	m->checked = 0;
	enum err e = txn_walk(t, &all, compare_row, m);
	assert_int_equal(m->checked, m->count);
	return e;
}

static enum err random_acts(struct txn *t, void *arg)
{
	struct model *m = arg, *old = arena_copy(txn_arena(t), m, sizeof *m);
	static uint8_t filler[3000];
	for (uint32_t n = 1 + chance(&m->seed, 12); n > 0; n--) {
		struct place key = place_0(211);
		for (uint32_t size = chance(&m->seed, 4); size > 0; size--)
			key.at[key.size++] = (uint8_t)chance(&m->seed, 5);
		uint32_t value = chance(&m->seed, 1u << 30);
		if (chance(&m->seed, 3)) {
			memcpy(filler, &value, sizeof value);
			assert_int_equal(
				txn_put(t, &key,
					(struct bytes){filler, 4 + chance(&m->seed, 2996)}),
				OK);
			model_set(m, &key, value);
		} else {
			assert_int_equal(txn_del(t, &key), OK);
			model_del(m, &key);
		}
	}
	assert_int_equal(compare_all(t, m), OK);
	if (chance(&m->seed, 4))
		return OK;
	uint64_t seed = m->seed;
	*m = *old; /* undone here, as the store must undo it there */
	m->seed = seed;
	return ERR_INVALID;
}

static void test_model(void **state)
{
	struct fixture *f = *state;
	struct model *m = calloc(1, sizeof *m);
	m->seed = seed_of(f->on_disk ? "model on lmdb" : "model in memory");
	for (int round = 0; round < 1500; round++) {
		enum err e = store_write(f->store, random_acts, m);
		assert_true(e == OK || e == ERR_INVALID);
		assert_int_equal(store_read(f->store, compare_all, m), OK);
		if (f->on_disk && round % 300 == 299)
			reopen(f);
	}
	free(m);
}

static void test_numbers(void **state)
{
	struct fixture *f = *state;
	struct store_numbers a, b;
	store_numbers(f->store, &a);
	assert_int_equal(a.version, 1);
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(put(f->store, place_1(212, i), "row"), OK);
	store_numbers(f->store, &b);
	assert_int_equal(b.rows - a.rows, 10);
	assert_int_equal(b.writes - a.writes, 10);
	assert_true(b.commits > a.commits && b.used_bytes > 0 && b.waiting == 0);
	assert_true(b.commit_p99_us >= b.commit_p50_us);
	assert_true(!f->on_disk || b.map_bytes > b.used_bytes);
}

#define BOTH(test)                                                                                 \
	{#test " memory", test, setup_memory, teardown, NULL},                                     \
	{                                                                                          \
#test " lmdb", test, setup_lmdb, teardown, NULL                                    \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_rows),
		BOTH(test_limits),
		BOTH(test_failing_leaves_nothing),
		BOTH(test_walks),
		BOTH(test_visitor_stops),
		BOTH(test_counters),
		BOTH(test_group),
		BOTH(test_large_groups_are_split),
		BOTH(test_close_runs_what_was_accepted),
		BOTH(test_too_many_waiting),
		BOTH(test_readers_see_whole_commits),
		BOTH(test_a_view_stands_still),
		BOTH(test_model),
		BOTH(test_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
