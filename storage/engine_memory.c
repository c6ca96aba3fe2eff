/*
 * engine_memory.c: the engine for tests; a treap whose nodes never change, so that every root is a
 * snapshot.
 *
 * A change copies the path from the root; nodes and rows are counted and shared between roots.
 * Readers hold the root they began with, the writer its own until commit puts it in the place of
 * the old one. Depth is about 2 log2(rows).
 */
#include "engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct row {
	atomic_uint held;
	uint32_t weight; /* a node weighs no less than those below it: keeps the tree flat */
	struct bytes key, value;
	uint8_t at[];
};

struct node {
	atomic_uint held;
	struct row *row;
	struct node *side[2]; /* smaller, greater */
};

struct engine_txn {
	struct env *env;
	bool write;
	struct node *root;
	int64_t rows, used; /* change */
};

struct engine_cursor {
	const struct node *root;
	const struct row *row;
	bool backward;
};

struct env {
	pthread_mutex_t mutex; /* over what follows */
	struct node *root;
	int64_t rows, used;
	uint64_t seed; /* the writer's */
};

static void *take(size_t size)
{
	void *p = calloc(1, size);
	if (!p)
		die("out of memory: %zu bytes", size);
	return p;
}

static int compare(struct bytes a, struct bytes b)
{
	size_t shorter = a.size < b.size ? a.size : b.size;
	int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* ---- rows and nodes: a function here takes over one hold of each node and row it is given ---- */

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not know how many hold a row or a node. */

static struct row *row_create(struct env *env, struct bytes key, struct bytes value)
{
	struct row *r = take(sizeof *r + key.size + value.size);
	env->seed = env->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	r->held = 1;
	r->weight = (uint32_t)(env->seed >> 32);
	memcpy(r->at, key.data, key.size);
	if (value.size)
		memcpy(r->at + key.size, value.data, value.size);
	r->key = (struct bytes){r->at, key.size};
	r->value = (struct bytes){r->at + key.size, value.size};
	return r;
}

static struct row *row_hold(struct row *r)
{
	r->held++;
	return r;
}

static void row_drop(struct row *r)
{
	if (--r->held == 0)
		free(r);
}

static struct node *hold(struct node *n)
{
	if (n)
		n->held++;
	return n;
}

static void drop(struct node *n)
{
	while (n && --n->held == 0) {
		struct node *greater = n->side[1];
		drop(n->side[0]);
		row_drop(n->row);
		free(n);
		n = greater;
	}
}

static struct node *node_create(struct row *row, struct node *smaller, struct node *greater)
{
	struct node *n = take(sizeof *n);
	n->held = 1;
	n->row = row;
	n->side[0] = smaller;
	n->side[1] = greater;
	return n;
}

/* The rows of n before and after key, without the row at key itself. */
static void split(struct node *n, struct bytes key, struct node **before, struct node **after)
{
	*before = *after = NULL;
	if (!n)
		return;
	int order = compare(n->row->key, key);
	struct node *low = NULL, *high = NULL;
	if (order < 0) {
		split(hold(n->side[1]), key, &low, &high);
		*before = node_create(row_hold(n->row), hold(n->side[0]), low);
		*after = high;
	} else if (order > 0) {
		split(hold(n->side[0]), key, &low, &high);
		*before = low;
		*after = node_create(row_hold(n->row), high, hold(n->side[1]));
	} else {
		*before = hold(n->side[0]);
		*after = hold(n->side[1]);
	}
	drop(n);
}

/* All rows of a are before those of b. */
static struct node *join(struct node *a, struct node *b)
{
	if (!a || !b)
		return a ? a : b;
	struct node *top;
	if (a->row->weight >= b->row->weight) {
		top = node_create(row_hold(a->row), hold(a->side[0]), join(hold(a->side[1]), b));
		drop(a);
	} else {
		top = node_create(row_hold(b->row), join(a, hold(b->side[0])), hold(b->side[1]));
		drop(b);
	}
	return top;
}

static struct row *find(const struct node *n, struct bytes key)
{
	while (n) {
		int order = compare(key, n->row->key);
		if (order == 0)
			return n->row;
		n = n->side[order > 0];
	}
	return NULL;
}

/* The nearest row in a direction; the one at key itself only when it may be. */
static const struct row *nearest(const struct node *n, struct bytes key, bool backward, bool itself)
{
	const struct row *best = NULL;
	while (n) {
		int order = compare(n->row->key, key);
		if (order == 0 && itself)
			return n->row;
		bool fits = backward ? order < 0 : order > 0;
		if (fits)
			best = n->row;
		n = n->side[fits == backward];
	}
	return best;
}

/* ---- the engine ---- */

static enum err memory_open(const struct store_settings *settings, void **out, const char **why)
{
	(void)settings;
	(void)why;
	struct env *env = take(sizeof *env);
	pthread_mutex_init(&env->mutex, NULL);
	*out = env;
	return OK;
}

static void memory_close(void *at)
{
	struct env *env = at;
	drop(env->root);
	pthread_mutex_destroy(&env->mutex);
	free(env);
}

static enum err memory_begin(void *at, bool write, struct engine_txn **out)
{
	struct env *env = at;
	struct engine_txn *t = take(sizeof *t);
	t->env = env;
	t->write = write;
	pthread_mutex_lock(&env->mutex);
	t->root = hold(env->root);
	pthread_mutex_unlock(&env->mutex);
	*out = t;
	return OK;
}

static void memory_abort(struct engine_txn *t)
{
	drop(t->root);
	free(t);
}

static enum err memory_commit(struct engine_txn *t)
{
	struct env *env = t->env;
	pthread_mutex_lock(&env->mutex);
	struct node *old = env->root;
	env->root = t->root;
	env->rows += t->rows;
	env->used += t->used;
	pthread_mutex_unlock(&env->mutex);
	t->root = old;
	memory_abort(t);
	return OK;
}

static enum err memory_get(struct engine_txn *t, struct bytes key, struct bytes *value)
{
	const struct row *r = find(t->root, key);
	if (!r)
		return ERR_NOT_FOUND;
	*value = r->value;
	return OK;
}

static void count(struct engine_txn *t, const struct row *r, int sign)
{
	t->rows += sign;
	t->used += sign * (int64_t)(r->key.size + r->value.size);
}

static enum err memory_put(struct engine_txn *t, struct bytes key, struct bytes value)
{
	/* First of all: the bytes may be those of a row that goes. */
	struct row *new = row_create(t->env, key, value);
	const struct row *old = find(t->root, key);
	if (old)
		count(t, old, -1);
	count(t, new, 1);
	struct node *before, *after;
	split(t->root, new->key, &before, &after);
	t->root = join(join(before, node_create(new, NULL, NULL)), after);
	return OK;
}

static enum err memory_del(struct engine_txn *t, struct bytes key)
{
	struct row *old = find(t->root, key);
	if (!old)
		return ERR_NOT_FOUND;
	count(t, old, -1);
	row_hold(old); /* the key may be that row's own */
	struct node *before, *after;
	split(t->root, old->key, &before, &after);
	t->root = join(before, after);
	row_drop(old);
	return OK;
}

static enum err memory_seek(
	struct engine_txn *t, struct bytes from, bool backward, struct engine_cursor **out)
{
	const struct row *r = nearest(t->root, from, backward, true);
	if (!r)
		return ERR_NOT_FOUND;
	struct engine_cursor *c = take(sizeof *c);
	*c = (struct engine_cursor){t->root, r, backward};
	*out = c;
	return OK;
}

static void memory_row(struct engine_cursor *c, struct bytes *key, struct bytes *value)
{
	*key = c->row->key;
	*value = c->row->value;
}

static enum err memory_step(struct engine_cursor *c)
{
	const struct row *r = nearest(c->root, c->row->key, c->backward, false);
	if (!r)
		return ERR_NOT_FOUND;
	c->row = r;
	return OK;
}

static void memory_unseek(struct engine_cursor *c)
{
	free(c);
}

static enum err memory_backup(void *env, int fd, const char **why)
{
	(void)env;
	(void)fd;
	*why = "This store is in memory only and cannot be copied to a file.";
	return ERR_INVALID;
}

static enum err memory_check(void *env, const char **why)
{
	(void)env;
	(void)why;
	return OK;
}

static void memory_numbers(void *at, struct store_numbers *out)
{
	struct env *env = at;
	pthread_mutex_lock(&env->mutex);
	out->rows = (uint64_t)env->rows;
	out->used_bytes = (uint64_t)env->used;
	pthread_mutex_unlock(&env->mutex);
}

static void memory_tidy(void *env)
{
	(void)env;
}

const struct engine engine_memory = {
	.name = "memory",
	.open = memory_open,
	.close = memory_close,
	.begin = memory_begin,
	.commit = memory_commit,
	.abort = memory_abort,
	.get = memory_get,
	.put = memory_put,
	.del = memory_del,
	.seek = memory_seek,
	.row = memory_row,
	.step = memory_step,
	.unseek = memory_unseek,
	.backup = memory_backup,
	.check = memory_check,
	.numbers = memory_numbers,
	.tidy = memory_tidy,
};
/* NOLINTEND(clang-analyzer-unix.Malloc) */
