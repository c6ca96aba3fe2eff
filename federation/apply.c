/* apply.c: the rows of the inbox, in order: each row goes in the transaction of its effects, so that it has them once. */
#include "apply.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define GROUP_BYTES ((size_t)4 << 20) /* of rows read at once: parsed they take many times that */
#define FETCH_THREADS 12
#define PARENT_THREADS 3
#define POOL_WAITING 64
#define STRANGERS_SHARE 32                /* of one network: their key may be slow to come */
#define KEY_THREADS (STRANGERS_SHARE + 8) /* who is slow to answer leaves some to others */
#define WAKE_MOST 16
#define CRASHES_MOST 5 /* with a row among the first: it may be why */
#define FORGET_EVERY HOUR
#define IDLE_MS 1000

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

/* ---- a group --------------------------------------------------------------------------------- */

struct scan {
	struct inbox *in;
	struct task *tasks[GROUP];
	size_t count, bytes;
	bool due; /* something in TABLE_LATER */
};

static bool is_flying(struct inbox *in, uint64_t place)
{
	bool found = false;
	pthread_mutex_lock(&in->lock);
	for (size_t i = 0; i < in->spot_count; i++)
		found = found || in->spots[i].place == place;
	pthread_mutex_unlock(&in->lock);
	return found;
}

static enum err scan_row(void *arg, struct bytes key, struct bytes value)
{
	struct scan *s = arg;
	uint64_t place = place_id(key, 0);
	if (is_flying(s->in, place))
		return OK;
	s->tasks[s->count++] = task_create(s->in, place, value);
	s->bytes += value.size;
	return s->count == GROUP || s->bytes >= GROUP_BYTES ? ERR_CONFLICT : OK;
}

static bool is_due(struct bytes key)
{
	return place_id(key, 0) <= (uint64_t)time_now();
}

static enum err scan_later(void *arg, struct bytes key, struct bytes value)
{
	struct scan *s = arg;
	(void)value;
	s->due = is_due(key);
	return ERR_CONFLICT;
}

static enum err scan_rows(struct txn *t, void *arg)
{
	struct walk later = {.prefix = place_0(TABLE_LATER), .max = 1},
		    walk = {.prefix = place_0(TABLE_INBOX), .max = GROUP + FLYING_MOST};
	enum err e = txn_walk(t, &later, scan_later, arg);
	return e == OK ? txn_walk(t, &walk, scan_row, arg) : e;
}

static void task_done(void *arg, enum err e)
{
	struct task *task = arg;
	struct inbox *in = task->in;
	pthread_mutex_lock(&in->lock);
	task->result = e;
	if (--in->left == 0)
		pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

static void write_begin(struct inbox *in, size_t count)
{
	pthread_mutex_lock(&in->lock);
	in->left = count;
	pthread_mutex_unlock(&in->lock);
}

/* From here on the task's result is the writer's to set. */
static void write_one(struct task *task, write_fn *fn)
{
	struct store *store = task->in->f->set.store;
	enum err e = store_submit(store, fn, task, task_done, task);
	if (e != OK)
		task_done(task, e);
}

static void write_wait(struct inbox *in)
{
	pthread_mutex_lock(&in->lock);
	while (in->left > 0)
		pthread_cond_wait(&in->changed, &in->lock);
	pthread_mutex_unlock(&in->lock);
}

/* Each goes to the writer as soon as it is parsed: what comes while he commits makes his next commit. */
static void apply(struct scan *s)
{
	struct task *some[GROUP];
	size_t count = 0;
	write_begin(s->in, s->count);
	for (size_t i = 0; i < s->count; i++) {
		struct task *task = s->tasks[i];
		enum err e = task->result == OK ? task_parse(task) : task->result;
		if (e == OK)
			write_one(task, task_write);
		else
			task_done(task, e);
	}
	write_wait(s->in);
	for (size_t i = 0; i < s->count; i++) {
		task_decide(s->tasks[i]);
		if (s->tasks[i]->fate > FATE_FETCH)
			some[count++] = s->tasks[i];
	}
	write_begin(s->in, count);
	for (size_t i = 0; i < count; i++)
		write_one(some[i], task_end);
	write_wait(s->in);
	for (size_t i = 0; i < s->count; i++) {
		struct task *task = s->tasks[i];
		if (task->fate != FATE_FETCH) {
			task_tell(task);
			task_free(task);
		} else if (pool_submit(s->in->fetches, task_fetch, task) != OK) {
			die("more rows of the inbox on their way than there can be");
		}
	}
}

/* ---- what waited ----------------------------------------------------------------------------- */

struct waking {
	struct arena *arena;
	struct place from[WAKE_MOST];
	struct bytes rows[WAKE_MOST];
	size_t count;
};

static enum err wake_row(void *arg, struct bytes key, struct bytes value)
{
	struct waking *w = arg;
	if (!is_due(key))
		return ERR_CONFLICT;
	w->from[w->count] = place_2(TABLE_LATER, place_id(key, 0), place_id(key, 1));
	w->rows[w->count++] = arena_bytes(w->arena, value);
	return OK;
}

/* Back to where they stood: before everything that came later. */
static enum err wake(struct txn *t, void *arg)
{
	size_t *count = arg;
	struct waking *w = arena_alloc(txn_arena(t), sizeof *w);
	struct walk walk = {.prefix = place_0(TABLE_LATER), .max = WAKE_MOST};
	*w = (struct waking){.arena = txn_arena(t)};
	enum err e = txn_walk(t, &walk, wake_row, w);
	for (size_t i = 0; e == OK && i < w->count; i++) {
		struct bytes key = {w->from[i].at, w->from[i].size};
		struct place to = place_1(TABLE_INBOX, place_id(key, 1));
		e = txn_put(t, &to, w->rows[i]);
		if (e == OK)
			e = txn_del(t, &w->from[i]);
	}
	*count = w->count;
	return e;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void forget(struct inbox *in)
{
	if (time_now() - in->forgot >= FORGET_EVERY && forget_old(in->f->set.store))
		in->forgot = time_now();
}

/* false: there was nothing to do. */
static bool work(struct inbox *in)
{
	struct scan s = {.in = in};
	size_t woken = 0;
	enum err e = store_read(in->f->set.store, scan_rows, &s);
	if (e == OK && s.due && store_write(in->f->set.store, wake, &woken) == OK)
		atomic_fetch_sub(&in->later, (long)woken);
	if (e == OK && s.count > 0)
		apply(&s);
	else
		for (size_t i = 0; i < s.count; i++)
			task_free(s.tasks[i]);
	forget(in);
	return (e == OK && s.count > 0) || woken > 0;
}

static void run(void *arg)
{
	struct inbox *in = arg;
	pthread_mutex_lock(&in->lock);
	while (!in->stopping) {
		in->woken = false;
		in->busy = true;
		pthread_mutex_unlock(&in->lock);
		bool worked = work(in);
		pthread_mutex_lock(&in->lock);
		in->busy = false;
		pthread_cond_broadcast(&in->changed);
		if (((!worked && !in->woken) || in->stumbled) && !in->stopping)
			wait_changed(in, IDLE_MS);
		in->stumbled = false;
	}
	pthread_mutex_unlock(&in->lock);
}

/* ---- start, stop ----------------------------------------------------------------------------- */

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	struct task *task = task_create(arg, place_id(key, 0), value);
	room_take(task->in, task->host, task->row.raw.size);
	task_free(task);
	return OK;
}

struct first_rows {
	struct inbox *in;
	struct task *tasks[GROUP];
	size_t count;
};

static enum err first_row(void *arg, struct bytes key, struct bytes value)
{
	struct first_rows *first = arg;
	first->tasks[first->count++] = task_create(first->in, place_id(key, 0), value);
	return OK;
}

/* The last process did not end by itself: a row that was among the first each time is taken out (security.md R60). */
static enum err suspect_rows(struct txn *t, struct inbox *in)
{
	struct first_rows *first = arena_alloc(txn_arena(t), sizeof *first);
	struct walk walk = {.prefix = place_0(TABLE_INBOX), .max = GROUP};
	*first = (struct first_rows){.in = in};
	enum err e = txn_walk(t, &walk, first_row, first);
	for (size_t i = 0; i < first->count; i++) {
		struct task *task = first->tasks[i];
		struct place row = place_1(TABLE_INBOX, task->place);
		task->fate = FATE_PARK;
		if (e == OK && ++task->row.crashes > CRASHES_MOST)
			e = task_end(t, task);
		else if (e == OK)
			e = txn_save(t, &row, &received_shape, &task->row);
		task_free(task);
	}
	return e;
}

static struct place open_mark(void)
{
	return place_text(TABLE_META, "inbox open");
}

static enum err open_rows(struct txn *t, void *arg)
{
	struct inbox *in = arg;
	struct place mark = open_mark();
	struct bytes there;
	struct walk walk = {.prefix = place_0(TABLE_INBOX), .max = WALK_ALL},
		    of_later = {.prefix = place_0(TABLE_LATER), .max = WALK_ALL};
	enum err e = txn_get(t, &mark, &there);
	room_empty(in);
	if (e == OK)
		e = suspect_rows(t, in);
	else if (e == ERR_NOT_FOUND)
		e = txn_put(t, &mark, (struct bytes){"\1", 1});
	if (e == OK)
		e = txn_walk(t, &of_later, count_row, in);
	atomic_store(&in->later, in->rows);
	return e == OK ? txn_walk(t, &walk, count_row, in) : e;
}

static enum err close_rows(struct txn *t, void *arg)
{
	struct place mark = open_mark();
	(void)arg;
	return txn_del(t, &mark);
}

static void inbox_free(struct inbox *in)
{
	room_empty(in);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

enum err inbox_start(struct federation *f, struct inbox **out)
{
	struct inbox *in = calloc(1, sizeof *in);
	if (in == NULL)
		die("out of memory for the inbox");
	in->f = f;
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->changed, NULL);
	enum err e = store_write(f->set.store, open_rows, in);
	if (e != OK) {
		inbox_free(in);
		return e;
	}
	in->keys = pool_create("keys", KEY_THREADS, STRANGERS_MOST);
	in->fetches = pool_create("fetch", FETCH_THREADS, POOL_WAITING);
	in->parents = pool_create("parents", PARENT_THREADS, POOL_WAITING);
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
	pool_destroy(in->parents);
	if (store_write(in->f->set.store, close_rows, NULL) != OK)
		log_line(LOG_WARN, "inbox", "mark=stays");
	inbox_free(in);
}

void inbox_took(struct inbox *in, const char *host, size_t bytes)
{
	room_take(in, host, bytes);
	pthread_mutex_lock(&in->lock);
	in->woken = true;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

/* ---- strangers ------------------------------------------------------------------------------- */

struct errand {
	struct inbox *in;
	uint64_t network;
	void (*run)(void *);
	void *arg;
};

/* One subscriber holds a /64 of IPv6. */
static uint64_t network_of(const char *peer)
{
	struct in6_addr ip = {0};
	uint64_t network;
	if (peer != NULL && inet_pton(AF_INET6, peer, &ip) != 1)
		(void)inet_pton(AF_INET, peer, &ip);
	memcpy(&network, &ip, sizeof network);
	return network;
}

static bool stranger_enter(struct inbox *in, uint64_t network)
{
	size_t same = 0;
	pthread_mutex_lock(&in->lock);
	for (size_t i = 0; i < in->stranger_count; i++)
		same += in->strangers[i] == network;
	bool room = in->stranger_count < COUNT(in->strangers) && same < STRANGERS_SHARE;
	if (room)
		in->strangers[in->stranger_count++] = network;
	pthread_mutex_unlock(&in->lock);
	return room;
}

static void errand_over(struct errand *errand)
{
	struct inbox *in = errand->in;
	size_t i = 0;
	pthread_mutex_lock(&in->lock);
	while (in->strangers[i] != errand->network)
		i++;
	in->strangers[i] = in->strangers[--in->stranger_count];
	pthread_mutex_unlock(&in->lock);
	free(errand);
}

static void errand_run(void *arg)
{
	struct errand *errand = arg;
	errand->run(errand->arg);
	errand_over(errand);
}

enum err inbox_later(struct inbox *in, const char *peer, void (*what)(void *), void *arg)
{
	uint64_t network = network_of(peer);
	if (!stranger_enter(in, network))
		return ERR_TOO_MUCH;
	struct errand *errand = malloc(sizeof *errand);
	if (errand == NULL)
		die("out of memory for a stranger");
	*errand = (struct errand){in, network, what, arg};
	enum err e = pool_submit(in->keys, errand_run, errand);
	if (e != OK)
		errand_over(errand);
	return e;
}

static bool is_settled(struct inbox *in)
{
	return !in->busy && !in->woken && in->parent_count == 0 && in->spot_count == 0
		&& in->rows <= atomic_load(&in->later);
}

void inbox_settle(struct inbox *in)
{
	pthread_mutex_lock(&in->lock);
	in->woken = true; /* a look at what is due */
	while (!is_settled(in) && !in->stopping) {
		pthread_cond_broadcast(&in->changed);
		wait_changed(in, 20);
	}
	pthread_mutex_unlock(&in->lock);
}

void inbox_numbers(struct inbox *in, struct view *v)
{
	pthread_mutex_lock(&in->lock);
	int64_t fetching = (int64_t)in->spot_count, rows = in->rows, bytes = in->bytes;
	pthread_mutex_unlock(&in->lock);
	view_begin(v, "inbox");
	view_number(v, "rows", rows);
	view_number(v, "bytes", bytes);
	view_number(v, "fetching", fetching);
	view_number(v, "later", atomic_load(&in->later));
	view_number(v, "applied", (int64_t)atomic_load(&in->applied));
	view_number(v, "dropped", (int64_t)atomic_load(&in->dropped));
	view_number(v, "parked", (int64_t)atomic_load(&in->parked));
	view_end(v);
}
