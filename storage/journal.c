/*
 * journal.c: the ordered log of acts, and the thread that leads its readers along it.
 *
 * A reader's place moves in the commit that keeps what it put, so its work is there exactly as
 * often as the line. A reader that fails falls back to one line at a time, then pauses, longer
 * each time; the others go on. A record that cannot be read stays so, and costs its line alone.
 */
#include "inside.h"
#include "schema.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define LINES_MAX 64          /* in one transaction */
#define LINES_BYTES (1 << 20) /* about: a line may be that long itself */
#define PAUSE_FIRST SECOND
#define PAUSE_LAST (5 * MINUTE)
#define LOOK_AGAIN SECOND /* while some reader pauses: tests move the clock */
#define TRIM_MAX 10000

static const struct field line_fields[] = {
	{1, F_I64, offsetof(struct line, at), 0},
	{2, F_U32, offsetof(struct line, act), 0},
	{3, F_U64, offsetof(struct line, actor), 0},
	{4, F_U64, offsetof(struct line, object), 0},
	{5, F_U64, offsetof(struct line, target), 0},
	{6, F_TEXT, offsetof(struct line, uri), 2048},
	{7, F_BYTES, offsetof(struct line, raw), 1024 * 1024},
	{8, F_TEXT, offsetof(struct line, note), 2048},
};
static const struct shape line_shape = {
	"line",
	sizeof(struct line),
	line_fields,
	COUNT(line_fields),
};

/* ---- lines ---- */

enum err journal_append(struct txn *t, struct line *line)
{
	struct line made = *line;
	made.place = id_next();
	made.at = line->at ? line->at : time_now();
	struct place key = place_1(TABLE_JOURNAL, made.place);
	enum err e = txn_save(t, &key, &line_shape, &made);
	if (e != OK)
		return e;
	t->wakes = true;
	*line = made;
	return OK;
}

enum err journal_read(struct txn *t, uint64_t place, struct line *out)
{
	struct place key = place_1(TABLE_JOURNAL, place);
	struct line line;
	enum err e = txn_load(t, &key, &line_shape, &line);
	if (e != OK)
		return e;
	line.place = place;
	*out = line;
	return OK;
}

enum err journal_decode(struct arena *arena, struct bytes key, struct bytes value, struct line *out)
{
	struct line line;
	enum err e = record_read(arena, &line_shape, value, &line);
	if (e != OK)
		return e;
	line.place = place_id(key, 0);
	*out = line;
	return OK;
}

enum err journal_bare(struct txn *t, uint64_t place)
{
	struct place key = place_1(TABLE_JOURNAL, place);
	struct line line;
	enum err e = journal_read(t, place, &line);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	line.uri = line.note = NULL;
	line.raw = (struct bytes){0};
	return txn_save(t, &key, &line_shape, &line);
}

struct passing {
	uint64_t place;
	bool behind;
};

static enum err see_reader(void *arg, struct bytes key, struct bytes value)
{
	struct passing *p = arg;
	(void)key;
	p->behind = place_id_at(value, 0) < p->place;
	return p->behind ? ERR_CONFLICT : OK;
}

enum err journal_passed(struct txn *t, uint64_t place, bool *passed)
{
	struct passing p = {.place = place};
	struct walk all = {.prefix = place_0(TABLE_READER), .max = WALK_ALL};
	enum err e = txn_walk(t, &all, see_reader, &p);
	if (e == OK)
		*passed = !p.behind;
	return e;
}

static enum err keep_id(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	*(uint64_t *)arg = place_id(key, 0);
	return OK;
}

enum err journal_newest(struct txn *t, uint64_t *place)
{
	struct walk last = {.prefix = place_0(TABLE_JOURNAL), .backward = true, .max = 1};
	*place = 0;
	return txn_walk(t, &last, keep_id, place);
}

static enum err raise_floor(struct txn *t, void *arg)
{
	uint64_t place = 0;
	(void)arg;
	enum err e = journal_newest(t, &place);
	if (e == OK)
		id_floor(place);
	return e;
}

enum err journal_floor(struct store *s)
{
	return store_read(s, raise_floor, NULL);
}

static enum err reader_place(struct txn *t, const char *reader, uint64_t *place)
{
	struct place key = place_text(TABLE_READER, reader);
	enum err e = txn_get_id(t, &key, place);
	if (e == ERR_NOT_FOUND)
		*place = 0;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err journal_rewind(struct txn *t, const char *reader, uint64_t place)
{
	struct place key = place_text(TABLE_READER, reader);
	t->wakes = true;
	return txn_put_id(t, &key, place);
}

struct group {
	struct arena *arena;
	struct line *lines;
	size_t count, max, bytes;
};

static enum err gather(void *arg, struct bytes key, struct bytes value)
{
	struct group *g = arg;
	struct line *line = &g->lines[g->count];
	if (record_read(g->arena, &line_shape, value, line) != OK)
		return OK; /* `kring check` names it */
	line->place = place_id(key, 0);
	g->count++;
	g->bytes += value.size;
	return g->bytes < LINES_BYTES && g->count < g->max ? OK : ERR_CONFLICT;
}

enum err journal_after(struct txn *t, uint64_t place, size_t max, struct line *out, size_t *count)
{
	struct group g = {.arena = t->arena, .lines = out, .max = max};
	enum err e = OK;
	if (place != UINT64_MAX && max > 0) {
		struct place from = place_1(TABLE_JOURNAL, place + 1);
		struct walk next = {
			.prefix = place_0(TABLE_JOURNAL), .from = &from, .max = WALK_ALL};
		e = txn_walk(t, &next, gather, &g);
	}
	if (e == OK)
		*count = g.count;
	return e;
}

struct trim {
	uint64_t *places;
	size_t count;
	uint64_t before;
};

static enum err note_old(void *arg, struct bytes key, struct bytes value)
{
	struct trim *trim = arg;
	(void)value;
	uint64_t place = place_id(key, 0);
	if (place >= trim->before)
		return ERR_CONFLICT;
	trim->places[trim->count++] = place;
	return OK;
}

enum err journal_trim(
	struct txn *t, uint64_t before, size_t max, const char *const *readers, size_t count)
{
	struct trim trim = {0};
	enum err e = journal_newest(t, &trim.before);
	if (before < trim.before)
		trim.before = before;
	for (size_t i = 0; e == OK && i < count; i++) {
		uint64_t place = 0;
		e = reader_place(t, readers[i], &place);
		if (place < trim.before)
			trim.before = place + 1; /* it has read that one */
	}
	struct walk old = {.prefix = place_0(TABLE_JOURNAL), .max = max};
	if (old.max > TRIM_MAX)
		old.max = TRIM_MAX;
	trim.places = arena_array(t->arena, old.max + 1, sizeof *trim.places);
	if (e == OK)
		e = txn_walk(t, &old, note_old, &trim);
	for (size_t i = 0; e == OK && i < trim.count; i++) {
		struct place key = place_1(TABLE_JOURNAL, trim.places[i]);
		e = txn_del(t, &key);
	}
	return e;
}

/* ---- readers ---- */

struct reader {
	struct journal_reader is;
	size_t lines;  /* to take at once */
	int64_t pause; /* after the last failure; 0: none */
	int64_t until; /* on the steady clock */
};

struct journal {
	struct store *store;
	struct arena *arena;
	struct thread *thread;
	struct reader *readers;
	size_t count;
	pthread_mutex_t mutex; /* over what follows */
	pthread_cond_t woken, settled;
	bool wake, stopping;
	uint64_t asked, answered; /* settlings */
};

struct stretch {
	const struct reader *reader;
	bool moved, unreadable; /* a record that its one line is about */
	uint64_t from, to;
};

static enum err follow(struct txn *t, void *arg)
{
	struct stretch *s = arg;
	const struct reader *r = s->reader;
	struct line *lines = arena_array(t->arena, r->lines, sizeof *lines);
	size_t count = 0;
	s->moved = s->unreadable = false;
	enum err e = reader_place(t, r->is.name, &s->from);
	if (e == OK)
		e = journal_after(t, s->from, r->lines, lines, &count);
	for (size_t i = 0; e == OK && i < count; i++)
		e = r->is.follow(t, &lines[i], r->is.arg);
	s->to = count > 0 ? lines[count - 1].place : s->from;
	s->unreadable = e == ERR_STORE && t->fault == OK && count == 1;
	if (e != OK || count == 0)
		return e;
	s->moved = true;
	struct place key = place_text(TABLE_READER, r->is.name);
	return txn_put_id(t, &key, s->to);
}

/* With nothing kept of it. Who was put back meanwhile comes to it again. */
static enum err pass_over(struct txn *t, void *arg)
{
	struct stretch *s = arg;
	struct place key = place_text(TABLE_READER, s->reader->is.name);
	uint64_t place = 0;
	enum err e = reader_place(t, s->reader->is.name, &place);
	s->moved = e == OK;
	return e == OK && place == s->from ? txn_put_id(t, &key, s->to) : e;
}

static void stumble(struct reader *r, enum err e)
{
	if (r->lines > 1) { /* find out which line it is before making a point of it */
		r->lines = 1;
		return;
	}
	r->pause = r->pause ? r->pause * 2 : PAUSE_FIRST;
	if (r->pause > PAUSE_LAST)
		r->pause = PAUSE_LAST;
	r->until = time_steady() + r->pause;
	log_line(LOG_ERROR, "journal", "reader=%s failed=%s pause_ms=%lld", r->is.name, err_name(e),
		(long long)r->pause);
}

/* Some lines for one reader. True: it should be asked again. */
static bool lead(struct journal *j, struct reader *r)
{
	struct stretch s = {.reader = r};
	enum err e = store_write(j->store, follow, &s);
	if (e == ERR_STORE && s.unreadable) {
		log_line(LOG_ERROR, "journal", "reader=%s unreadable=line place=%llu", r->is.name,
			(unsigned long long)s.to);
		e = store_write(j->store, pass_over, &s);
	}
	if (e != OK) {
		stumble(r, e);
		return r->until <= time_steady();
	}
	r->pause = r->until = 0;
	if (!s.moved)
		return false;
	r->lines = r->lines * 2 < LINES_MAX ? r->lines * 2 : LINES_MAX;
	if (r->is.after)
		r->is.after(r->is.arg);
	return true;
}

static bool is_stopping(struct journal *j)
{
	pthread_mutex_lock(&j->mutex);
	bool stopping = j->stopping;
	pthread_mutex_unlock(&j->mutex);
	return stopping;
}

/* In turns until all are at the end or pause. */
static void lead_all(struct journal *j)
{
	for (bool again = true; again && !is_stopping(j);) {
		again = false;
		for (size_t i = 0; i < j->count; i++) {
			struct reader *r = &j->readers[i];
			if (r->until <= time_steady())
				again |= lead(j, r);
		}
	}
}

static bool some_pause(const struct journal *j)
{
	for (size_t i = 0; i < j->count; i++)
		if (j->readers[i].pause)
			return true;
	return false;
}

/* With the mutex held: until there is something to do. */
static void wait_for_work(struct journal *j)
{
	bool pausing = some_pause(j);
	struct timespec then;
	clock_gettime(CLOCK_MONOTONIC, &then);
	then.tv_sec += LOOK_AGAIN / SECOND;
	int code = 0;
	while (!j->wake && !j->stopping && j->asked == j->answered && code == 0) {
		if (pausing)
			code = pthread_cond_timedwait(&j->woken, &j->mutex, &then);
		else
			pthread_cond_wait(&j->woken, &j->mutex);
	}
	j->wake = false;
}

static void read_on(void *arg)
{
	struct journal *j = arg;
	pthread_mutex_lock(&j->mutex);
	while (!j->stopping) {
		wait_for_work(j);
		uint64_t asked = j->asked;
		bool settling = asked != j->answered;
		pthread_mutex_unlock(&j->mutex);
		for (size_t i = 0; settling && i < j->count; i++)
			j->readers[i].until = 0; /* who settles wants to know now */
		lead_all(j);
		pthread_mutex_lock(&j->mutex);
		j->answered = asked;
		pthread_cond_broadcast(&j->settled);
	}
	j->answered = UINT64_MAX;
	pthread_cond_broadcast(&j->settled);
	pthread_mutex_unlock(&j->mutex);
}

static void wake(void *arg)
{
	struct journal *j = arg;
	pthread_mutex_lock(&j->mutex);
	j->wake = true;
	pthread_cond_signal(&j->woken);
	pthread_mutex_unlock(&j->mutex);
}

struct journal *journal_start(struct store *s, const struct journal_reader *readers, size_t count)
{
	struct arena *arena = arena_create();
	struct journal *j = arena_alloc(arena, sizeof *j);
	pthread_condattr_t steady;
	j->store = s;
	j->arena = arena;
	j->count = count;
	j->readers = arena_array(arena, count, sizeof *j->readers);
	for (size_t i = 0; i < count; i++)
		j->readers[i] = (struct reader){.is = readers[i], .lines = LINES_MAX};
	pthread_mutex_init(&j->mutex, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&j->woken, &steady);
	pthread_cond_init(&j->settled, NULL);
	pthread_condattr_destroy(&steady);
	j->wake = true; /* there may be lines from before */
	store_watch(s, wake, j);
	j->thread = thread_start("journal", read_on, j);
	return j;
}

void journal_stop(struct journal *j)
{
	if (!j)
		return;
	store_watch(j->store, NULL, NULL);
	pthread_mutex_lock(&j->mutex);
	j->stopping = true;
	pthread_cond_signal(&j->woken);
	pthread_mutex_unlock(&j->mutex);
	thread_join(j->thread);
	pthread_cond_destroy(&j->woken);
	pthread_cond_destroy(&j->settled);
	pthread_mutex_destroy(&j->mutex);
	arena_destroy(j->arena);
}

void journal_settle(struct journal *j)
{
	pthread_mutex_lock(&j->mutex);
	uint64_t ticket = ++j->asked;
	pthread_cond_signal(&j->woken);
	while (j->answered < ticket)
		pthread_cond_wait(&j->settled, &j->mutex);
	pthread_mutex_unlock(&j->mutex);
}
