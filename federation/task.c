/* task.c: one row of the inbox: read, judged, fetched for; and what comes of it. */
#include "apply.h"

#include <stdlib.h>

#define TRIES_MOST 7 /* 10 s, 1 min, … 6 h: some ten hours in all */
#define HOST_SHARE                                                                                 \
	4 /* rows of one host for which something is fetched at once: the slow hold up nobody else */
#define NO_ROOM (10 * SECOND) /* and what all rows of that host take, at twenty a second */
#define NO_ROOM_EACH 50
#define NO_ROOM_MOST DAY /* from then on it counts as a try */
#define ROUNDS 6         /* of fetching for one row */

const char *task_host(const struct received *row)
{
	return row->host != NULL ? row->host : "";
}

struct task *task_create(struct inbox *in, uint64_t place, struct bytes row)
{
	struct arena *arena = arena_create();
	struct task *task = arena_alloc(arena, sizeof *task);
	*task = (struct task){.in = in, .arena = arena, .place = place};
	task->result = record_read(arena, &received_shape, row, &task->row) == OK ? OK
										  : ERR_INVALID;
	task->host = task_host(&task->row);
	return task;
}

void task_free(struct task *task)
{
	if (task != NULL)
		arena_destroy(task->arena);
}

enum err task_parse(struct task *task)
{
	const json_node *node;
	enum err e = json_read(task->arena, task->row.raw, NULL, &node);
	task->part_count = e == OK ? activity_parts(node) : 0;
	for (size_t i = 0; e == OK && i < task->part_count && i < COUNT(task->parts); i++) {
		struct judged *part = &task->parts[i];
		*part = (struct judged){.arena = task->arena, .node = node};
		part->authentic = !task->row.forwarded || task->row.proved;
		e = activity_part(task->arena, node, i, &part->activity, NULL);
		part->activity.raw = task->row.raw;
		if (part->activity.id == NULL || !task->row.forwarded)
			part->activity.id = task->row.id;
	}
	return e;
}

/* ---- in the writer's transaction ------------------------------------------------------------- */

/* Passed on, and found to be their own words only now: those may have come before from elsewhere. */
static enum err is_known(struct txn *t, const struct task *task, bool *known)
{
	struct received own = task->row;
	bool found = false;
	for (size_t i = 0; i < task->part_count; i++)
		found = found || (task->parts[i].authentic && !task->parts[i].done[NEED_ABSENCE]);
	if (!found || !own.forwarded || own.proved)
		return OK;
	own.proved = true;
	return seen_add(t, &own, known);
}

enum err task_write(struct txn *t, void *arg)
{
	struct task *task = arg;
	struct place row = place_1(TABLE_INBOX, task->place);
	struct bytes had;
	bool known = false;
	enum err e = txn_get(t, &row, &had);
	task->at = 0;
	task->skipped = e == ERR_NOT_FOUND;
	if (e != OK)
		return task->skipped ? OK : e;
	e = is_known(t, task, &known);
	for (; e == OK && !known && task->at < task->part_count; task->at++) {
		if (task->parts[task->at].refused)
			continue;
		e = judge_apply(t, &task->parts[task->at]);
		if (e != OK)
			return e;
	}
	return e == OK ? txn_del(t, &row) : e;
}

enum err task_end(struct txn *t, void *arg)
{
	struct task *task = arg;
	struct place row = place_1(TABLE_INBOX, task->place), to;
	enum err e = OK;
	if (task->fate == FATE_DROP) {
		/* No mark that would keep a better copy out (security.md R59). */
		e = task->row.id != NULL ? seen_drop(t, &task->row) : OK;
	} else {
		to = task->fate == FATE_PARK
			? place_1(TABLE_PARKED, task->place)
			: place_2(TABLE_LATER, (uint64_t)task->due, task->place);
		e = txn_save(t, &to, &received_shape, &task->row);
	}
	return e == OK ? txn_del(t, &row) : e;
}

/* ---- its fate -------------------------------------------------------------------------------- */

/* There is room when few are on their way, and few of the same host. */
static bool spot_take(struct inbox *in, const struct task *task)
{
	size_t same = 0;
	pthread_mutex_lock(&in->lock);
	for (size_t i = 0; i < in->spot_count; i++)
		same += strcmp(in->spots[i].host, task->host) == 0;
	bool room = in->spot_count < FLYING_MOST && same < HOST_SHARE;
	if (room)
		in->spots[in->spot_count++] = (struct spot){task->place, task->host};
	pthread_mutex_unlock(&in->lock);
	return room;
}

static void spot_leave(struct inbox *in, uint64_t place)
{
	pthread_mutex_lock(&in->lock);
	for (size_t i = 0; i < in->spot_count; i++)
		if (in->spots[i].place == place) {
			in->spots[i] = in->spots[--in->spot_count];
			break;
		}
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

static enum fate later(struct task *task, int64_t pause)
{
	task->due = time_now() + pause;
	return FATE_LATER;
}

static int64_t unit_of(const struct task *task)
{
	int64_t unit = task->in->f->set.retry_unit;
	return unit > 0 ? unit : 10 * SECOND;
}

/* ERR_REMOTE: a host is not there now; ERR_AGAIN, ERR_STORE: we are not. All else is an answer. */
static bool is_answer(enum err e)
{
	return e != OK && e != ERR_REMOTE && e != ERR_AGAIN && e != ERR_STORE;
}

static enum fate fate_of(struct task *task)
{
	enum err e = task->why;
	if (e == OK)
		return FATE_DONE;
	if (is_answer(e))
		return FATE_DROP;
	if (task->row.tries < TRIES_MOST)
		return later(task, outcome_step(task->row.tries++, unit_of(task)));
	return e == ERR_REMOTE ? FATE_DROP : FATE_PARK; /* what failed on our side is not lost */
}

static bool needs(const struct task *task, enum err e)
{
	return e == ERR_REMOTE && task->at < task->part_count
		&& task->parts[task->at].need != NEED_NOTHING;
}

/* Of several objects the one that is refused is left out, for the others to go on; false: there is no other. */
static bool leaves_out(struct task *task, enum err e)
{
	bool others = false;
	if (!is_answer(e) || task->at >= task->part_count)
		return false;
	task->parts[task->at].refused = true;
	for (size_t i = 0; i < task->part_count; i++)
		others = others || !task->parts[i].refused;
	return others;
}

static enum err write_again(struct task *task, enum err e)
{
	while (leaves_out(task, e))
		e = store_write(task->in->f->set.store, task_write, task);
	return e;
}

static enum fate no_room(struct task *task)
{
	if (time_now() - task->row.at > NO_ROOM_MOST)
		return fate_of(task);
	int64_t spread = NO_ROOM + room_rows(task->in, task->host) * NO_ROOM_EACH;
	return later(task, NO_ROOM + (int64_t)(task->place % (uint64_t)spread));
}

void task_decide(struct task *task)
{
	task->result = task->why = write_again(task, task->result);
	if (!needs(task, task->result))
		task->fate = fate_of(task);
	else
		task->fate = spot_take(task->in, task) ? FATE_FETCH : no_room(task);
}

/* ---- what follows ---------------------------------------------------------------------------- */

struct parent {
	struct inbox *in;
	char uri[URI_MOST + 1];
};

static void parent_over(struct parent *p)
{
	struct inbox *in = p->in;
	free(p);
	pthread_mutex_lock(&in->lock);
	in->parent_count--;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

static void parent_fetch(void *arg)
{
	struct parent *p = arg;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct budget budget = resolve_budget();
	uint64_t post;
	enum err e = resolve_post(p->in->f, arena, p->uri, &budget, &post);
	if (e != OK)
		log_line(LOG_DEBUG, "inbox", "parent=unknown error=%s", err_name(e));
	parent_over(p);
}

/* A reply came before what it answers: its conversation is fetched when there is time for it. */
static void parents_fetch(struct task *task)
{
	struct inbox *in = task->in;
	for (size_t i = 0; i < task->part_count; i++) {
		const char *uri = task->parts[i].parent;
		struct parent *p = uri != NULL ? malloc(sizeof *p) : NULL;
		if (p == NULL || !text_print(p->uri, sizeof p->uri, "%s", uri)) {
			free(p);
			continue;
		}
		p->in = in;
		pthread_mutex_lock(&in->lock);
		in->parent_count++;
		pthread_mutex_unlock(&in->lock);
		if (pool_submit(in->parents, parent_fetch, p) != OK)
			parent_over(p);
	}
}

void task_tell(struct task *task)
{
	struct inbox *in = task->in;
	if (task->result != OK || task->skipped) {
		if (task->result != OK) { /* the row stands, and comes again */
			pthread_mutex_lock(&in->lock);
			in->stumbled = true;
			pthread_mutex_unlock(&in->lock);
		}
		return;
	}
	if (task->fate == FATE_LATER) {
		atomic_fetch_add(&in->later, 1);
		return;
	}
	room_leave(in, task->host, task->row.raw.size);
	if (task->fate == FATE_DONE) {
		atomic_fetch_add(&in->applied, 1);
		parents_fetch(task);
		return;
	}
	bool park = task->fate == FATE_PARK;
	atomic_fetch_add(park ? &in->parked : &in->dropped, 1);
	log_line(park ? LOG_WARN : LOG_INFO, "inbox", "%s=%s host=%s error=%s",
		park ? "parked" : "dropped", task->row.type != NULL ? task->row.type : "?",
		task->host, err_name(task->why));
}

/* Fetches and tries, until it is done, refused or the budget is spent. */
void task_fetch(void *arg)
{
	struct task *task = arg;
	struct inbox *in = task->in;
	struct store *store = in->f->set.store;
	struct budget budget = resolve_budget();
	enum err e = ERR_REMOTE;
	for (int round = 0; round < ROUNDS; round++) {
		struct judged *part = &task->parts[task->at];
		part->done[part->need] = true;
		e = judge_fetch(in->f, part, &budget);
		part->need = NEED_NOTHING;
		if (e == OK)
			e = store_write(store, task_write, task);
		e = write_again(task, e);
		if (!needs(task, e))
			break;
		e = ERR_TOO_MUCH;
	}
	task->why = e;
	task->fate = fate_of(task);
	task->result = task->fate == FATE_DONE ? OK : store_write(store, task_end, task);
	task_tell(task);
	spot_leave(in, task->place);
	task_free(task);
}
