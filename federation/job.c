/* job.c: a request before and after curl: its form, its turn, its name, its time and its end. */
#include "wire.h"

#include <errno.h>
#include <unistd.h>

#define OPEN_MOST 4096 /* requests taken */
#define DEADLINE_USUAL (20 * SECOND)
#define RESOLVE_MOST (5 * SECOND)
#define OVERDUE SECOND /* for curl to end it by itself */

void line_init(struct line_of *l)
{
	l->first = NULL;
	l->last = &l->first;
}

/* True when it is the first: then who takes them all must be woken. */
static bool line_put(struct line_of *l, struct job *j)
{
	bool first = l->first == NULL;
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
	return first;
}

static struct job *line_take_all(struct line_of *l)
{
	struct job *first = l->first;
	line_init(l);
	return first;
}

static void line_remove(struct line_of *l, const struct job *j)
{
	for (struct job **at = &l->first; *at != NULL; at = &(*at)->next)
		if (*at == j) {
			*at = j->next;
			if (*at == NULL)
				l->last = at;
			return;
		}
}

void job_wake(struct transport *t)
{
	uint64_t one = 1;
	if (write(t->wake, &one, sizeof one) != (ssize_t)sizeof one && errno != EAGAIN)
		die("the wire thread cannot be woken: error %d", errno);
}

/* ---- the turn of GETs: no host sees more than two of ours at once ---------------------------- */

static bool get_takes_turn(struct transport *t, struct job *j)
{
	size_t same = 0, place = GETS_MOST;
	for (size_t i = 0; i < GETS_MOST; i++) {
		if (t->gets[i] == NULL)
			place = i;
		else if (text_is(t->gets[i]->url.authority, j->url.authority))
			same++;
	}
	if (place == GETS_MOST || same >= PER_HOST_MOST)
		return false;
	t->gets[place] = j;
	return true;
}

static void get_leaves(struct transport *t, const struct job *j)
{
	if (j->state == JOB_WAITING)
		line_remove(&t->waiting, j);
	for (size_t i = 0; i < GETS_MOST; i++)
		if (t->gets[i] == j)
			t->gets[i] = NULL;
}

/* ---- the end of a job ------------------------------------------------------------------------ */

static void job_link(struct job *j)
{
	struct transport *t = j->transport;
	j->older = t->jobs;
	if (t->jobs != NULL)
		t->jobs->newer = j;
	t->jobs = j;
}

void job_free(struct job *j)
{
	if (j->newer != NULL)
		j->newer->older = j->older;
	else
		j->transport->jobs = j->older;
	if (j->older != NULL)
		j->older->newer = j->newer;
	arena_destroy(j->arena);
	free(j);
}

/* Answers and forgets; a job whose name is still being resolved is forgotten when the resolver lets go of it. */
void job_end(struct job *j, const struct answer *a)
{
	struct transport *t = j->transport;
	struct answer full = *a;
	bool held = j->state == JOB_RESOLVING;
	full.url = j->request.url;
	if (a->err != OK)
		atomic_fetch_add(&t->failed, 1);
	pthread_mutex_lock(&t->lock);
	t->open--;
	pthread_mutex_unlock(&t->lock);
	j->done(j->arg, &full);
	transport_release(j);
	free(j->body);
	get_leaves(t, j);
	j->state = JOB_ANSWERED;
	if (!held)
		job_free(j);
}

void job_fail(struct job *j, enum err e, const char *why)
{
	job_end(j, &(struct answer){.err = e, .why = why});
}

/* ---- the start ------------------------------------------------------------------------------- */

static void on_resolved(void *arg, const struct dns_answer *answer)
{
	struct job *j = arg;
	struct transport *t = j->transport;
	pthread_mutex_lock(&t->lock);
	j->addresses = *answer;
	bool first = line_put(&t->resolved, j);
	pthread_mutex_unlock(&t->lock);
	if (first)
		job_wake(t);
}

/* Names of this machine are never asked for. */
static void job_resolve(struct job *j)
{
	if (j->loopback) {
		static const struct dns_answer here = {
			.err = OK, .count = 2, .at = {"127.0.0.1", "::1"}};
		if (text_ends(j->url.host, "localhost"))
			j->addresses = here;
		transport_run(j);
		return;
	}
	j->state = JOB_RESOLVING;
	j->resolve_until = time_steady() + RESOLVE_MOST;
	dns_ask(j->transport->dns, j->url.host, on_resolved, j);
}

static void job_arrive(struct job *j)
{
	struct transport *t = j->transport;
	job_link(j);
	if (j->request.kind == FETCH_POST || get_takes_turn(t, j))
		job_resolve(j);
	else
		line_put(&t->waiting, j);
}

static void job_addressed(struct job *j)
{
	bool answered = j->state == JOB_ANSWERED;
	j->state = JOB_WAITING;
	if (answered)
		job_free(j);
	else if (j->addresses.err != OK)
		job_fail(j, j->addresses.err,
			j->addresses.err == ERR_FORBIDDEN ? "address refused" : "name not found");
	else
		transport_run(j);
}

void job_go_on(struct transport *t)
{
	for (struct job *j = t->waiting.first, *next; j != NULL; j = next) {
		next = j->next;
		if (get_takes_turn(t, j)) {
			line_remove(&t->waiting, j);
			job_resolve(j);
		}
	}
}

void job_read_mail(struct transport *t)
{
	uint64_t count;
	(void)!read(t->wake, &count, sizeof count);
	pthread_mutex_lock(&t->lock);
	struct job *asked = line_take_all(&t->asked), *resolved = line_take_all(&t->resolved);
	pthread_mutex_unlock(&t->lock);
	for (struct job *j = resolved, *next; j != NULL; j = next) {
		next = j->next;
		job_addressed(j);
	}
	for (struct job *j = asked, *next; j != NULL; j = next) {
		next = j->next;
		job_arrive(j);
	}
}

/* Why it must end now; NULL: it may go on. curl minds the time of what it runs, but not of what waits in it for a
 * connection, which may be for ever. */
static const char *job_lateness(const struct job *j, int64_t now)
{
	switch (j->state) {
	case JOB_WAITING:
		return j->until <= now ? "waited too long" : NULL;
	case JOB_RESOLVING:
		return j->until <= now || j->resolve_until <= now ? "name not resolved in time"
								  : NULL;
	case JOB_RUNNING:
		return j->until + OVERDUE <= now ? "overdue" : NULL;
	case JOB_ANSWERED:
		break;
	}
	return NULL;
}

void job_look_after(struct transport *t)
{
	int64_t now = time_steady();
	if (now >= t->looked && now - t->looked < LOOK)
		return;
	t->looked = now;
	for (struct job *j = t->jobs, *older; j != NULL; j = older) {
		const char *why = job_lateness(j, now);
		older = j->older;
		if (why == NULL)
			continue;
		if (j->state == JOB_RUNNING) {
			atomic_fetch_add(&t->overdue, 1);
			log_line(LOG_INFO, "wire", "host=%s result=overdue", j->url.authority);
		}
		job_fail(j, ERR_REMOTE, why);
	}
}

/* ---- for everyone ---------------------------------------------------------------------------- */

static bool headers_clean(const char *const *headers)
{
	for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
		for (const char *c = headers[i]; *c != '\0'; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				return false;
	return true;
}

enum err transport_send(
	struct transport *t, const struct request *request, answer_fn *done, void *arg)
{
	struct arena *arena = arena_create();
	struct url u;
	bool loopback = false;
	enum err e = url_parse(arena, request->url, &u);
	if (e == OK && !headers_clean(request->headers))
		e = ERR_INVALID;
	if (e == OK)
		e = transport_url_ok(&u, t->own, t->loopback, &loopback);
	if (e != OK) {
		arena_destroy(arena);
		return e;
	}
	struct job *j = calloc(1, sizeof *j);
	if (j == NULL)
		die("out of memory for a request");
	*j = (struct job){.transport = t,
		.arena = arena,
		.request = *request,
		.url = u,
		.loopback = loopback,
		.done = done,
		.arg = arg};
	j->request.url = arena_text(arena, request->url);
	j->until = time_steady() + (request->deadline > 0 ? request->deadline : DEADLINE_USUAL);
	pthread_mutex_lock(&t->lock);
	bool taken = !t->closing && t->open < OPEN_MOST, first = false;
	if (taken) {
		t->open++;
		first = line_put(&t->asked, j);
	}
	pthread_mutex_unlock(&t->lock);
	if (first)
		job_wake(t);
	if (taken)
		return OK;
	arena_destroy(arena);
	free(j);
	return ERR_AGAIN;
}
