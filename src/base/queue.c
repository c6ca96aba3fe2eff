/* queue.c: bounded hand-over between threads, pools of workers, named threads of one size. */
#include "base.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define QUEUE_MOST ((size_t)1 << 20)
#define THREADS_MOST 256
#define STACK_SIZE ((size_t)512 << 10)

/* ---- queue: a ring under one lock ---------------------------------------------------------- */

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	size_t max, first, size;
	bool closed;
	void *items[];
};

static void must(int failure, const char *what)
{
	if (failure != 0)
		die("%s: error %d", what, failure);
}

struct queue *queue_create(size_t max)
{
	if (max == 0 || max > QUEUE_MOST)
		die("a queue of %zu places", max);
	struct queue *q = calloc(1, sizeof *q + max * sizeof q->items[0]);
	if (q == NULL)
		die("out of memory for a queue");
	q->max = max;
	pthread_condattr_t steady; /* a step of the wall clock must not stretch a wait */
	must(pthread_condattr_init(&steady), "condattr_init");
	must(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC), "condattr_setclock");
	must(pthread_cond_init(&q->filled, &steady), "cond_init");
	must(pthread_condattr_destroy(&steady), "condattr_destroy");
	must(pthread_mutex_init(&q->lock, NULL), "mutex_init");
	return q;
}

void queue_destroy(struct queue *q)
{
	if (q == NULL)
		return;
	must(pthread_cond_destroy(&q->filled), "cond_destroy");
	must(pthread_mutex_destroy(&q->lock), "mutex_destroy");
	free(q);
}

static void queue_lock(struct queue *q)
{
	must(pthread_mutex_lock(&q->lock), "mutex_lock");
}

static void queue_unlock(struct queue *q)
{
	must(pthread_mutex_unlock(&q->lock), "mutex_unlock");
}

enum err queue_push(struct queue *q, void *item)
{
	queue_lock(q);
	enum err e = q->closed ? ERR_AGAIN : q->size == q->max ? ERR_TOO_MUCH : OK;
	if (e == OK) {
		q->items[(q->first + q->size++) % q->max] = item;
		must(pthread_cond_signal(&q->filled), "cond_signal");
	}
	queue_unlock(q);
	return e;
}

static struct timespec time_in(int ms)
{
	struct timespec at;
	must(clock_gettime(CLOCK_MONOTONIC, &at), "clock_gettime");
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_nsec -= 1000000000L;
		at.tv_sec++;
	}
	return at;
}

void *queue_pop(struct queue *q, int wait_ms)
{
	struct timespec until = time_in(wait_ms > 0 ? wait_ms : 0);
	void *item = NULL;
	int waited = 0;
	queue_lock(q);
	while (q->size == 0 && !q->closed && wait_ms != 0 && waited == 0) {
		waited = wait_ms < 0 ? pthread_cond_wait(&q->filled, &q->lock)
				     : pthread_cond_timedwait(&q->filled, &q->lock, &until);
		if (waited != ETIMEDOUT)
			must(waited, "cond_wait");
	}
	if (q->size > 0) {
		item = q->items[q->first];
		q->first = (q->first + 1) % q->max;
		q->size--;
	}
	queue_unlock(q);
	return item;
}

void queue_close(struct queue *q)
{
	queue_lock(q);
	q->closed = true;
	must(pthread_cond_broadcast(&q->filled), "cond_broadcast");
	queue_unlock(q);
}

size_t queue_size(struct queue *q)
{
	queue_lock(q);
	size_t size = q->size;
	queue_unlock(q);
	return size;
}

/* ---- threads ------------------------------------------------------------------------------- */

struct thread {
	pthread_t id;
	void (*run)(void *);
	void *arg;
	char name[16]; /* the kernel keeps no more */
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	(void)pthread_setname_np(pthread_self(), t->name); /* a name is a help, not a need */
	t->run(t->arg);
	return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *), void *arg)
{
	struct thread *t = malloc(sizeof *t);
	if (t == NULL)
		die("out of memory for a thread");
	*t = (struct thread){.run = run, .arg = arg};
	if (!text_print(t->name, sizeof t->name, "%s", name))
		die("\"%s\" is too long for the name of a thread", name);
	pthread_attr_t attr;
	must(pthread_attr_init(&attr), "attr_init");
	must(pthread_attr_setstacksize(&attr, STACK_SIZE), "attr_setstacksize");
	must(pthread_create(&t->id, &attr, thread_main, t), "thread_create");
	must(pthread_attr_destroy(&attr), "attr_destroy");
	return t;
}

void thread_join(struct thread *t)
{
	must(pthread_join(t->id, NULL), "thread_join");
	free(t);
}

/* ---- pools --------------------------------------------------------------------------------- */

struct task {
	void (*run)(void *);
	void *arg;
};

struct pool {
	struct queue *waiting;
	int count;
	struct thread *threads[];
};

static void pool_work(void *arg)
{
	struct queue *waiting = arg;
	struct task *task;
	while ((task = queue_pop(waiting, -1)) != NULL) {
		struct task now = *task;
		free(task);
		now.run(now.arg);
	}
}

struct pool *pool_create(const char *name, int threads, size_t max_waiting)
{
	if (threads < 1 || threads > THREADS_MOST)
		die("a pool of %d threads", threads);
	struct pool *p = malloc(sizeof *p + (size_t)threads * sizeof p->threads[0]);
	if (p == NULL)
		die("out of memory for a pool");
	*p = (struct pool){.waiting = queue_create(max_waiting), .count = threads};
	for (int i = 0; i < threads; i++)
		p->threads[i] = thread_start(name, pool_work, p->waiting);
	return p;
}

enum err pool_submit(struct pool *p, void (*run)(void *), void *arg)
{
	struct task *task = malloc(sizeof *task);
	if (task == NULL)
		die("out of memory for a task");
	*task = (struct task){run, arg};
	enum err e = queue_push(p->waiting, task);
	if (e != OK)
		free(task);
	return e;
}

void pool_destroy(struct pool *p)
{
	if (p == NULL)
		return;
	queue_close(p->waiting);
	for (int i = 0; i < p->count; i++)
		thread_join(p->threads[i]);
	queue_destroy(p->waiting);
	free(p);
}
