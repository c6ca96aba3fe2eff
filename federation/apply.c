/* apply.c: the rows of the inbox, in order: each row goes in the transaction of its effects, so that it has them once. */
#include "federation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 64        /* rows submitted together: the store commits them as one */
#define WAITING_MOST 64 /* rows that wait for the net or for another try */
#define TRIES_MOST 5
#define KEY_THREADS 2
#define FETCH_THREADS 6
#define ROUNDS 6 /* of fetching for one row */
#define ROWS_MOST 50000
#define FORGET_EVERY HOUR
#define IDLE_MS 1000

struct spot { /* a row that is not to be read again now */
	uint64_t place;
	int64_t until; /* 0: on the pool */
};
struct inbox {
	struct federation *f;
	struct pool *keys, *fetches;
	struct thread *thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct spot spots[WAITING_MOST];
	size_t spot_count;
	size_t parents; /* being fetched */
	size_t left;    /* of the rows submitted together */
	bool stopping, busy, woken;
	atomic_long rows;
	atomic_ullong applied, dropped, parked;
	int64_t forgot;
};

struct job {
	struct inbox *in;
	struct arena *arena;
	uint64_t place;
	struct received row;
	struct judged parts[20];
	size_t part_count;
	size_t at; /* the part that needs something */
	enum err result;
	bool skipped; /* its row was gone */
};

/* ---- a job: one row, read and judged ------------------------------------------------------------------------------------- */

static void job_free(struct job *j)
{
	if (j != NULL)
		arena_destroy(j->arena);
}

static enum err job_parse(struct job *j)
{
	const json_node *node;
	enum err e = json_read(j->arena, j->row.raw, NULL, &node);
	j->part_count = e == OK ? activity_parts(node) : 0;
	for (size_t i = 0; e == OK && i < j->part_count && i < COUNT(j->parts); i++) {
		struct judged *part = &j->parts[i];
		*part = (struct judged){.arena = j->arena, .node = node};
		part->authentic = !j->row.forwarded || j->row.proved;
		e = activity_part(j->arena, node, i, &part->activity, NULL);
		part->activity.raw = j->row.raw;
		if (part->activity.id == NULL || !j->row.forwarded)
			part->activity.id = j->row.id;
	}
	return e;
}

static enum err job_write(struct txn *t, void *arg)
{
	struct job *j = arg;
	struct place row = place_1(TABLE_INBOX, j->place);
	struct bytes had;
	enum err e = txn_get(t, &row, &had);
	j->skipped = e == ERR_NOT_FOUND;
	if (e != OK)
		return j->skipped ? OK : e;
	for (j->at = 0; e == OK && j->at < j->part_count; j->at++) {
		e = judge_apply(t, &j->parts[j->at]);
		if (e != OK)
			return e;
	}
	return txn_del(t, &row);
}

struct ending { /* of a row without effects */
	struct job *job;
	bool park;
};

/* A drop leaves no mark that would keep a better copy out (security.md R59). */
static enum err job_end(struct txn *t, void *arg)
{
	const struct ending *end = arg;
	struct job *j = end->job;
	struct place row = place_1(TABLE_INBOX, j->place), parked = place_1(TABLE_PARKED, j->place);
	struct place seen = seen_place(txn_arena(t), &j->row);
	enum err e = end->park ? txn_save(t, &parked, &received_shape, &j->row) : txn_del(t, &seen);
	return e == OK ? txn_del(t, &row) : e;
}

static enum err job_try_later(struct txn *t, void *arg)
{
	struct job *j = arg;
	struct place row = place_1(TABLE_INBOX, j->place);
	return txn_save(t, &row, &received_shape, &j->row);
}

/* ---- spots ------------------------------------------------------------------------------------------------------------------ */

/* All of these under the lock. */
static struct spot *spot_of(struct inbox *in, uint64_t place)
{
	for (size_t i = 0; i < in->spot_count; i++)
		if (in->spots[i].place == place)
			return &in->spots[i];
	return NULL;
}

static void spot_remove(struct inbox *in, uint64_t place)
{
	struct spot *s = spot_of(in, place);
	if (s != NULL)
		*s = in->spots[--in->spot_count];
	pthread_cond_broadcast(&in->changed);
}

static void spots_wake(struct inbox *in)
{
	int64_t now = time_steady();
	for (size_t i = in->spot_count; i-- > 0;)
		if (in->spots[i].until != 0 && in->spots[i].until <= now)
			in->spots[i] = in->spots[--in->spot_count];
}

static void wait_changed(struct inbox *in, int64_t ms)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&in->changed, &in->lock, &at);
}

/* Waits for room: the row stands where it is, so nothing is lost when we stop meanwhile. */
static bool spot_take(struct inbox *in, uint64_t place, int64_t until)
{
	pthread_mutex_lock(&in->lock);
	struct spot *mine = spot_of(in, place);
	while (mine == NULL && in->spot_count == WAITING_MOST && !in->stopping) {
		wait_changed(in, 100);
		spots_wake(in);
	}
	bool room = mine != NULL || in->spot_count < WAITING_MOST;
	if (mine != NULL)
		mine->until = until;
	else if (room)
		in->spots[in->spot_count++] = (struct spot){place, until};
	pthread_mutex_unlock(&in->lock);
	return room;
}

/* ---- what comes of it ----------------------------------------------------------------------------------------------------------- */

struct parent {
	struct inbox *in;
	char uri[URI_MOST + 1];
};

static void parent_fetch(void *arg)
{
	struct parent *p = arg;
	struct inbox *in = p->in;
	struct arena *arena ARENA_CLEANUP = arena_create();
	int budget = RESOLVE_BUDGET;
	uint64_t post;
	enum err e = resolve_post(in->f, arena, p->uri, &budget, &post);
	if (e != OK)
		log_line(LOG_DEBUG, "inbox", "parent=unknown error=%s", err_name(e));
	free(p);
	pthread_mutex_lock(&in->lock);
	in->parents--;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

/* A reply came before what it answers: its conversation is fetched when there is time for it. */
static void parents_fetch(struct job *j)
{
	struct inbox *in = j->in;
	for (size_t i = 0; i < j->part_count; i++) {
		const char *uri = j->parts[i].parent;
		struct parent *p = uri != NULL ? malloc(sizeof *p) : NULL;
		if (p == NULL || !text_print(p->uri, sizeof p->uri, "%s", uri)) {
			free(p);
			continue;
		}
		p->in = in;
		pthread_mutex_lock(&in->lock);
		in->parents++;
		pthread_mutex_unlock(&in->lock);
		if (pool_submit(in->fetches, parent_fetch, p) != OK) {
			free(p);
			pthread_mutex_lock(&in->lock);
			in->parents--;
			pthread_mutex_unlock(&in->lock);
		}
	}
}

static bool is_our_trouble(enum err e)
{
	return e == ERR_AGAIN || e == ERR_STORE;
}

static void drop(struct job *j, enum err e, bool park)
{
	struct ending end = {j, park};
	const char *host = strchr(j->row.actor, ':');
	host = host != NULL && strlen(host) > 3 ? host + 3 : "";
	log_line(park ? LOG_WARN : LOG_INFO, "inbox", "%s=%s host=%.*s error=%s",
		park ? "parked" : "dropped", j->row.type, (int)strcspn(host, "/"), host,
		err_name(e));
	if (store_write(j->in->f->set.store, job_end, &end) != OK)
		return; /* it comes again */
	atomic_fetch_sub(&j->in->rows, 1);
	atomic_fetch_add(park ? &j->in->parked : &j->in->dropped, 1);
}

/* Ends the job; a retry leaves its spot asleep. */
static void job_finish(struct job *j, enum err e)
{
	struct inbox *in = j->in;
	if (is_our_trouble(e) && ++j->row.tries < TRIES_MOST) {
		if (store_write(in->f->set.store, job_try_later, j) != OK)
			j->row.tries--;
		spot_take(in, j->place, time_steady() + (SECOND << j->row.tries));
		job_free(j);
		return;
	}
	if (e == OK && !j->skipped) {
		atomic_fetch_sub(&in->rows, 1);
		atomic_fetch_add(&in->applied, 1);
		parents_fetch(j);
	} else if (e != OK) {
		drop(j, e, is_our_trouble(e));
	}
	pthread_mutex_lock(&in->lock);
	spot_remove(in, j->place);
	pthread_mutex_unlock(&in->lock);
	job_free(j);
}

/* On a pool thread: fetch and try, until it is done, refused or the budget is spent. */
static void job_fetch(void *arg)
{
	struct job *j = arg;
	int budget = RESOLVE_BUDGET;
	enum err e = ERR_REMOTE;
	for (int round = 0; e == ERR_REMOTE && round < ROUNDS; round++) {
		struct judged *part = &j->parts[j->at < j->part_count ? j->at : 0];
		if (part->need == NEED_NOTHING || part->done[part->need])
			break;
		part->done[part->need] = true;
		e = judge_fetch(j->in->f, part, &budget);
		if (e != OK)
			break;
		e = store_write(j->in->f->set.store, job_write, j);
	}
	job_finish(j, e);
}

static void job_settle(struct job *j)
{
	struct inbox *in = j->in;
	bool needs = j->result == ERR_REMOTE && j->at < j->part_count
		&& j->parts[j->at].need != NEED_NOTHING;
	if (!needs) {
		job_finish(j, j->result);
	} else if (!spot_take(in, j->place, 0)) {
		job_free(j); /* stopping: the row stays */
	} else {
		enum err e;
		while ((e = pool_submit(in->fetches, job_fetch, j)) == ERR_TOO_MUCH) {
			pthread_mutex_lock(&in->lock);
			wait_changed(in, 50);
			pthread_mutex_unlock(&in->lock);
		}
		if (e != OK) {
			pthread_mutex_lock(&in->lock);
			spot_remove(in, j->place);
			pthread_mutex_unlock(&in->lock);
			job_free(j);
		}
	}
}

/* ---- the thread --------------------------------------------------------------------------------------------------------------- */

struct scan {
	struct inbox *in;
	struct job *jobs[GROUP];
	size_t count;
};

static enum err scan_row(void *arg, struct bytes key, struct bytes value)
{
	struct scan *s = arg;
	uint64_t place = place_id(key, 0);
	pthread_mutex_lock(&s->in->lock);
	bool waits = spot_of(s->in, place) != NULL;
	pthread_mutex_unlock(&s->in->lock);
	if (waits)
		return OK;
	struct arena *arena = arena_create();
	struct job *j = arena_alloc(arena, sizeof *j);
	*j = (struct job){.in = s->in, .arena = arena, .place = place};
	j->result = record_read(arena, &received_shape, value, &j->row);
	s->jobs[s->count++] = j;
	return s->count == GROUP ? ERR_CONFLICT : OK;
}

static enum err scan_rows(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_INBOX), .max = GROUP + WAITING_MOST};
	return txn_walk(t, &walk, scan_row, arg);
}

static void job_done(void *arg, enum err e)
{
	struct job *j = arg;
	struct inbox *in = j->in;
	pthread_mutex_lock(&in->lock);
	j->result = e;
	if (--in->left == 0)
		pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

static void apply(struct scan *s)
{
	struct inbox *in = s->in;
	pthread_mutex_lock(&in->lock);
	in->left = s->count;
	pthread_mutex_unlock(&in->lock);
	for (size_t i = 0; i < s->count; i++) {
		struct job *j = s->jobs[i];
		enum err e = j->result != OK ? j->result : job_parse(j);
		if (e == OK) /* from here on its result is the writer's to set */
			e = store_submit(in->f->set.store, job_write, j, job_done, j);
		if (e != OK)
			job_done(j, e);
	}
	pthread_mutex_lock(&in->lock);
	while (in->left > 0)
		pthread_cond_wait(&in->changed, &in->lock);
	pthread_mutex_unlock(&in->lock);
	for (size_t i = 0; i < s->count; i++)
		job_settle(s->jobs[i]);
}

static void forget_old(struct inbox *in)
{
	if (time_now() - in->forgot >= FORGET_EVERY && seen_forget(in->f->set.store))
		in->forgot = time_now();
}

static void run(void *arg)
{
	struct inbox *in = arg;
	pthread_mutex_lock(&in->lock);
	while (!in->stopping) {
		spots_wake(in);
		in->woken = false;
		in->busy = true;
		pthread_mutex_unlock(&in->lock);
		struct scan s = {.in = in};
		if (store_read(in->f->set.store, scan_rows, &s) == OK && s.count > 0)
			apply(&s);
		else
			for (size_t i = 0; i < s.count; i++)
				job_free(s.jobs[i]);
		forget_old(in);
		pthread_mutex_lock(&in->lock);
		in->busy = false;
		pthread_cond_broadcast(&in->changed);
		if (s.count == 0 && !in->woken && !in->stopping)
			wait_changed(in, IDLE_MS);
	}
	pthread_mutex_unlock(&in->lock);
}

/* ---- start, stop ----------------------------------------------------------------------------------------------------------------- */

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(long *)arg;
	return OK;
}

static enum err count_rows(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_INBOX), .max = WALK_ALL};
	return txn_walk(t, &walk, count_row, arg);
}

enum err inbox_start(struct federation *f, struct inbox **out)
{
	long rows = 0;
	enum err e = store_read(f->set.store, count_rows, &rows);
	if (e != OK)
		return e;
	struct inbox *in = calloc(1, sizeof *in);
	if (in == NULL)
		die("out of memory for the inbox");
	in->f = f;
	atomic_store(&in->rows, rows);
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->changed, NULL);
	in->keys = pool_create("keys", KEY_THREADS, WAITING_MOST);
	in->fetches = pool_create("fetch", FETCH_THREADS, WAITING_MOST);
	in->thread = thread_start("inbox", run, in);
	*out = in;
	return OK;
}

void inbox_stop(struct inbox *in)
{
	if (in == NULL)
		return;
	pthread_mutex_lock(&in->lock);
	in->stopping = true;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
	thread_join(in->thread);
	pool_destroy(in->keys);
	pool_destroy(in->fetches);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

bool inbox_full(struct inbox *in)
{
	size_t most = in->f->set.inbox_max != 0 ? in->f->set.inbox_max : ROWS_MOST;
	long rows = atomic_load(&in->rows);
	return rows > 0 && (size_t)rows >= most;
}

void inbox_took(struct inbox *in)
{
	atomic_fetch_add(&in->rows, 1);
	pthread_mutex_lock(&in->lock);
	in->woken = true;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

enum err inbox_later(struct inbox *in, void (*what)(void *), void *arg)
{
	return pool_submit(in->keys, what, arg);
}

static bool is_settled(struct inbox *in)
{
	size_t asleep = 0;
	for (size_t i = 0; i < in->spot_count; i++)
		asleep += in->spots[i].until != 0;
	return !in->busy && !in->woken && in->parents == 0 && in->spot_count == asleep
		&& atomic_load(&in->rows) <= (long)asleep;
}

void inbox_settle(struct inbox *in)
{
	pthread_mutex_lock(&in->lock);
	while (!is_settled(in) && !in->stopping) {
		pthread_cond_broadcast(&in->changed);
		wait_changed(in, 20);
	}
	pthread_mutex_unlock(&in->lock);
}

void inbox_numbers(struct inbox *in, struct view *v)
{
	pthread_mutex_lock(&in->lock);
	int64_t waiting = (int64_t)in->spot_count;
	pthread_mutex_unlock(&in->lock);
	view_begin(v, "inbox");
	view_number(v, "rows", atomic_load(&in->rows));
	view_number(v, "waiting", waiting);
	view_number(v, "applied", (int64_t)atomic_load(&in->applied));
	view_number(v, "dropped", (int64_t)atomic_load(&in->dropped));
	view_number(v, "parked", (int64_t)atomic_load(&in->parked));
	view_end(v);
}
