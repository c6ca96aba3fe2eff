/*
 * store.c: the store: one writer thread that gathers waiting writes and commits them with one
 * sync, and a stock of read transactions.
 *
 * A group: run each write in one transaction, commit, answer all. A write that fails having
 * written nothing is left out; one that fails having written spoils the transaction, so those
 * before it run again in a new one, without it. Each round settles at least one write, so a group
 * of n ends after n rounds.
 */
#include "inside.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define GROUP_MAX 256
#define ROUND_BYTES ((size_t)16 << 20) /* put in one transaction, but for its last write */
#define WAITING_MAX 10000
#define TIDY_EVERY (10 * SECOND)
#define COMMITS_KEPT 1024

struct job {
	write_fn *run;
	void *arg;
	done_fn *done;
	void *done_arg;
	enum err err;
	bool settled; /* its answer stands, whatever becomes of the group */
};

struct group {
	struct job *jobs[GROUP_MAX];
	size_t count;
	bool wakes; /* the journal's readers, once committed */
};

struct waiter {
	sem_t answered;
	enum err err;
};

struct store {
	const struct engine *engine;
	void *env;
	const void *owner;   /* store_settings.owner */
	struct arena *arena; /* this and the transactions */
	struct queue *queue;
	struct thread *thread;
	struct txn writer;
	atomic_bool stopping, broken;
	_Atomic(struct waiter *) renewal; /* who waits for it */
	int64_t tidied;                   /* the writer's */
	_Atomic uint64_t writes, commits, replays;
	uint32_t version;

	pthread_mutex_t copying; /* held while all of it is copied, or put in another file */
	pthread_mutex_t mutex;   /* over what follows */
	struct txn *idle;
	void (*wake)(void *);
	void *wake_arg;
	uint32_t commit_us[COMMITS_KEPT]; /* a ring */
	size_t commits_kept, commit_next;
};

static _Thread_local bool writing; /* store_write from here would wait for itself */

static int64_t steady_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the writer ---- */

static enum err commit(struct store *s)
{
	int64_t start = steady_us();
	enum err e = s->engine->commit(s->writer.at);
	int64_t took = steady_us() - start;
	if (e != OK)
		return e;
	s->commits++;
	pthread_mutex_lock(&s->mutex);
	s->commit_us[s->commit_next] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
	s->commit_next = (s->commit_next + 1) % COMMITS_KEPT;
	if (s->commits_kept < COMMITS_KEPT)
		s->commits_kept++;
	pthread_mutex_unlock(&s->mutex);
	return OK;
}

/* Runs writes from *at on in one transaction and commits it; *at is then behind the last of
 * them. *spoiled: a write failed halfway and all of the round is undone, *at stays. Any error is
 * the engine's. */
static enum err run_round(struct store *s, struct group *g, size_t *at, bool *spoiled)
{
	struct txn *t = &s->writer;
	bool wrote = false, wakes = false;
	size_t i = *at;
	*spoiled = false;
	enum err e = s->engine->begin(s->env, true, &t->at);
	if (e != OK)
		return e;
	for (t->bytes = 0; i < g->count && t->bytes < ROUND_BYTES; i++) {
		struct job *j = g->jobs[i];
		if (j->settled)
			continue;
		txn_begun(t);
		j->err = j->run(t, j->arg);
		j->settled = j->err != OK && t->fault == OK;
		*spoiled = j->settled && t->wrote;
		if (t->fault != OK || *spoiled) {
			s->engine->abort(t->at);
			return t->fault;
		}
		wrote |= j->err == OK && t->wrote;
		wakes |= j->err == OK && t->wakes;
	}
	if (wrote)
		e = commit(s);
	else
		s->engine->abort(t->at);
	if (e == OK)
		*at = i;
	g->wakes |= e == OK && wakes;
	return e;
}

static void answer_from(struct store *s, struct group *g, size_t from, size_t to, enum err e)
{
	for (size_t i = from; i < to; i++) {
		struct job *j = g->jobs[i];
		enum err answer = j->settled ? j->err : e;
		s->writes += answer == OK;
		j->done(j->done_arg, answer);
		free(j);
	}
}

static void run_group(struct store *s, struct group *g)
{
	size_t done = 0;
	enum err e = s->broken ? ERR_STORE : OK;
	while (e == OK && done < g->count) {
		bool spoiled;
		size_t at = done;
		e = run_round(s, g, &at, &spoiled);
		s->replays += spoiled;
		answer_from(s, g, done, at, OK);
		done = at;
	}
	if (e == ERR_STORE && !s->broken) {
		s->broken = true;
		log_line(LOG_ERROR, "store", "writing=stopped reading=on");
	}
	answer_from(s, g, done, g->count, e);
	if (!g->wakes)
		return;
	pthread_mutex_lock(&s->mutex);
	if (s->wake)
		s->wake(s->wake_arg);
	pthread_mutex_unlock(&s->mutex);
}

static void answer(void *arg, enum err e)
{
	struct waiter *w = arg;
	w->err = e;
	sem_post(&w->answered);
}

static void wait_for(struct waiter *w)
{
	while (sem_wait(&w->answered) != 0)
		assert(errno == EINTR);
	sem_destroy(&w->answered);
}

static void renew(struct store *s)
{
	struct waiter *w = atomic_exchange(&s->renewal, NULL);
	if (!w)
		return;
	int64_t start = time_steady();
	enum err e = s->broken ? ERR_STORE : s->engine->renew ? s->engine->renew(s->env) : OK;
	log_line(e == OK ? LOG_INFO : LOG_ERROR, "store", "renewed=%s ms=%lld", err_name(e),
		(long long)(time_steady() - start));
	answer(w, e);
}

static void write_on(void *arg)
{
	struct store *s = arg;
	writing = true;
	for (;;) {
		bool last = s->stopping; /* the queue was closed before: empty is for good */
		struct group g = {0};
		struct job *j = queue_pop(s->queue, TIDY_EVERY);
		if (!j && last)
			return;
		while (j) {
			g.jobs[g.count++] = j;
			j = g.count < GROUP_MAX ? queue_pop(s->queue, 0) : NULL;
		}
		run_group(s, &g);
		renew(s);
		if (time_steady() - s->tidied >= TIDY_EVERY) {
			s->engine->tidy(s->env);
			s->tidied = time_steady();
		}
	}
}

/* ---- writing ---- */

enum err store_submit(struct store *s, write_fn *run, void *arg, done_fn *done, void *done_arg)
{
	if (s->broken)
		return ERR_STORE;
	struct job *j = calloc(1, sizeof *j);
	if (!j)
		die("out of memory: %zu bytes", sizeof *j);
	*j = (struct job){.run = run, .arg = arg, .done = done, .done_arg = done_arg};
	if (queue_push(s->queue, j) == OK)
		return OK;
	free(j);
	return ERR_AGAIN;
}

enum err store_write(struct store *s, write_fn *run, void *arg)
{
	struct waiter w;
	assert(!writing);
	sem_init(&w.answered, 0, 0);
	enum err e = store_submit(s, run, arg, answer, &w);
	if (e != OK) {
		sem_destroy(&w.answered);
		return e;
	}
	wait_for(&w);
	return w.err;
}

static enum err nothing(struct txn *t, void *arg)
{
	(void)t;
	(void)arg;
	return OK;
}

enum err store_renew(struct store *s)
{
	struct waiter w;
	assert(!writing);
	sem_init(&w.answered, 0, 0);
	pthread_mutex_lock(&s->copying);
	atomic_store(&s->renewal, &w);
	enum err e = store_write(s, nothing, NULL); /* wakes the writer */
	if (e != OK && atomic_exchange(&s->renewal, NULL) != NULL) {
		sem_destroy(&w.answered);
	} else {
		wait_for(&w);
		e = w.err;
	}
	pthread_mutex_unlock(&s->copying);
	return e;
}

/* ---- reading ---- */

static struct txn *reader_take(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	struct txn *t = s->idle;
	if (t)
		s->idle = t->next;
	else
		t = arena_alloc(s->arena, sizeof *t);
	pthread_mutex_unlock(&s->mutex);
	if (!t->arena)
		*t = (struct txn){.engine = s->engine, .arena = arena_create(), .owner = s->owner};
	return t;
}

static void reader_give(struct store *s, struct txn *t)
{
	txn_begun(t);
	pthread_mutex_lock(&s->mutex);
	t->next = s->idle;
	s->idle = t;
	pthread_mutex_unlock(&s->mutex);
}

enum err store_read(struct store *s, read_fn *run, void *arg)
{
	struct txn *t = reader_take(s);
	enum err e = s->engine->begin(s->env, false, &t->at);
	if (e == OK) {
		e = run(t, arg);
		e = t->fault != OK ? t->fault : e; /* also when it looked the other way */
		s->engine->abort(t->at);
	}
	reader_give(s, t);
	return e;
}

/* ---- open and close ---- */

static enum err load_version(struct txn *t, void *arg)
{
	struct store *s = arg;
	return migrate_version(t, &s->version);
}

/* What can only be done through the running store itself. */
static enum err prepare(
	struct arena *arena, struct store *s, const char *directory, const char **why)
{
	enum err e = migrate_run(s, &migrate_steps, directory, arena, why);
	if (e != OK)
		return e;
	e = store_read(s, load_version, s);
	if (e == OK)
		e = journal_floor(s);
	if (e != OK)
		*why = "The store cannot be read.";
	return e;
}

enum err store_open(struct arena *arena, const struct store_settings *settings, struct store **out,
	const char **why)
{
	const struct engine *engine = settings->path ? &engine_lmdb : &engine_memory;
	void *env;
	enum err e = engine->open(settings, &env, why);
	if (e != OK)
		return e;
	struct arena *own = arena_create();
	struct store *s = arena_alloc(own, sizeof *s);
	s->engine = engine;
	s->env = env;
	s->owner = settings->owner;
	s->arena = own;
	s->tidied = time_steady();
	s->writer = (struct txn){
		.engine = engine, .arena = arena_create(), .owner = s->owner, .writes = true};
	pthread_mutex_init(&s->copying, NULL);
	pthread_mutex_init(&s->mutex, NULL);
	s->queue = queue_create(settings->max_waiting ? settings->max_waiting : WAITING_MAX);
	s->thread = thread_start("writer", write_on, s);
	e = prepare(arena, s, settings->path, why);
	if (e != OK) {
		store_close(s);
		return e;
	}
	*out = s;
	return OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	queue_close(s->queue);
	s->stopping = true;
	thread_join(s->thread);
	queue_destroy(s->queue);
	s->engine->close(s->env);
	for (struct txn *t = s->idle; t; t = t->next)
		arena_destroy(t->arena);
	arena_destroy(s->writer.arena);
	pthread_mutex_destroy(&s->copying);
	pthread_mutex_destroy(&s->mutex);
	arena_destroy(s->arena);
}

/* ---- for the rest of storage, and for those who watch ---- */

uint64_t store_version(const struct store *s)
{
	return s->commits;
}

void store_watch(struct store *s, void (*wake_fn)(void *), void *arg)
{
	pthread_mutex_lock(&s->mutex);
	s->wake = wake_fn;
	s->wake_arg = arg;
	pthread_mutex_unlock(&s->mutex);
}

enum err store_copy(struct store *s, int fd, const char **why)
{
	pthread_mutex_lock(&s->copying);
	enum err e = s->engine->backup(s->env, fd, why);
	pthread_mutex_unlock(&s->copying);
	return e;
}

static int rising(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

void store_numbers(struct store *s, struct store_numbers *out)
{
	uint32_t us[COMMITS_KEPT];
	pthread_mutex_lock(&s->mutex);
	size_t count = s->commits_kept;
	for (size_t i = 0; i < count; i++)
		us[i] = s->commit_us[i];
	pthread_mutex_unlock(&s->mutex);
	qsort(us, count, sizeof *us, rising);
	*out = (struct store_numbers){
		.writes = s->writes,
		.commits = s->commits,
		.replays = s->replays,
		.waiting = queue_size(s->queue),
		.commit_p50_us = count ? us[count / 2] : 0,
		.commit_p99_us = count ? us[count * 99 / 100] : 0,
		.version = s->version,
	};
	s->engine->numbers(s->env, out);
}
