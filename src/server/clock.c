/* clock.c: chores on time: one thread, the only timer of the server. */
#include "server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define CHORES_MAX 128

struct due {
	const struct chore *chore;
	int64_t at; /* steady ms */
};

struct clock {
	struct store *store;
	struct thread *thread;
	pthread_mutex_t lock;
	pthread_cond_t stopped;
	bool stopping;
	size_t count;
	struct due dues[CHORES_MAX];
};

static struct due *clock_next(struct clock *c)
{
	struct due *next = &c->dues[0];
	for (size_t i = 1; i < c->count; i++)
		if (c->dues[i].at < next->at)
			next = &c->dues[i];
	return next;
}

/* False when it is time to stop. */
static bool clock_sleep(struct clock *c, int64_t until)
{
	int64_t wait = until - time_steady();
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	wait = wait > 0 ? wait : 0;
	at.tv_sec += wait / 1000;
	at.tv_nsec += wait % 1000 * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	pthread_mutex_lock(&c->lock);
	while (!c->stopping && pthread_cond_timedwait(&c->stopped, &c->lock, &at) != ETIMEDOUT)
		;
	bool go_on = !c->stopping;
	pthread_mutex_unlock(&c->lock);
	return go_on;
}

static void clock_run(void *arg)
{
	struct clock *c = arg;
	for (;;) {
		struct due *next = clock_next(c);
		if (!clock_sleep(c, next->at))
			return;
		if (time_steady() < next->at)
			continue; /* time stands still, in a test */
		int64_t began = time_steady();
		next->chore->run(c->store, next->chore->arg);
		int64_t now = time_steady();
		log_line(LOG_DEBUG, "clock", "chore=%s ms=%lld", next->chore->name,
			(long long)(now - began));
		next->at = now
			+ next->chore->every; /* what was missed while it ran is not made up for */
	}
}

/* First runs are spread, so that a start does not do everything at one moment. */
static void clock_plan(struct clock *c)
{
	int64_t now = time_steady();
	for (size_t i = 0; i < c->count; i++) {
		int64_t every = c->dues[i].chore->every;
		int64_t first = every < MINUTE ? every : MINUTE;
		c->dues[i].at = now + first * (int64_t)(i + 1) / (int64_t)c->count;
	}
}

struct clock *clock_start(struct store *store, const struct chore *const *lists)
{
	struct clock *c = calloc(1, sizeof *c);
	if (c == NULL)
		die("out of memory for the clock");
	c->store = store;
	for (; *lists != NULL; lists++)
		for (const struct chore *chore = *lists; chore->name != NULL; chore++) {
			if (c->count == CHORES_MAX || chore->every < 1 || chore->run == NULL)
				die("chore %s has no place, no time or nothing to do", chore->name);
			c->dues[c->count++].chore = chore;
		}
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&c->stopped, &steady);
	pthread_condattr_destroy(&steady);
	pthread_mutex_init(&c->lock, NULL);
	clock_plan(c);
	if (c->count > 0)
		c->thread = thread_start("clock", clock_run, c);
	return c;
}

void clock_stop(struct clock *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->stopped);
	pthread_mutex_unlock(&c->lock);
	if (c->thread != NULL)
		thread_join(c->thread);
	pthread_cond_destroy(&c->stopped);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
