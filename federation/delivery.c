/* delivery.c: the durable queue to other nodes. Rows live in the store alone; this thread gives each host its turn, and
 * keeps the slow and the dead out of everyone else's way. */
#include "delivery.h"

#define STARTS_MOST 64 /* in one read */
#define FRESH_MOST 200 /* on their way for less than a second */
#define WAIT_MOST 1000 /* ms between looks at the clock */
#define PATIENCE 20    /* tenths of a second for what is on its way when we stop */
#define GATHER 2       /* ms without a result, or */
#define GATHER_MOST 32 /* results, and they are written: a commit costs as much as a signature */

struct batch { /* results written in one transaction */
	enum event_kind event;
	struct delivery *delivery;
	struct attempt *first;
	enum err err;
};

static const struct field delivery_row_fields[] = {
	{1, F_TEXT, offsetof(struct delivery_row, inbox), 2048},
	{2, F_U64, offsetof(struct delivery_row, actor), 0},
	{3, F_U32, offsetof(struct delivery_row, tries), 0},
	{4, F_I64, offsetof(struct delivery_row, next), 0},
	{5, F_I64, offsetof(struct delivery_row, since), 0},
};
const struct shape delivery_row_shape = {
	"delivery", sizeof(struct delivery_row), delivery_row_fields, COUNT(delivery_row_fields)};

static const struct field host_fields[] = {
	{1, F_TEXT, offsetof(struct host, name), 300},
	{2, F_U32, offsetof(struct host, form), 0},
	{3, F_I64, offsetof(struct host, form_until), 0},
	{4, F_U32, offsetof(struct host, failures), 0},
	{5, F_I64, offsetof(struct host, down_since), 0},
	{6, F_I64, offsetof(struct host, next), 0},
	{7, F_I64, offsetof(struct host, last_ok), 0},
	{8, F_I64, offsetof(struct host, last_seen), 0},
	{9, F_I64, offsetof(struct host, gone_until), 0},
};
const struct shape host_shape = {"host", sizeof(struct host), host_fields, COUNT(host_fields)};

/* ---- in others' transactions ------------------------------------------------------------------------------------------ */

static struct place row_place(const struct recipients *r, const char *authority, const char *inbox)
{
	struct place host = place_hash(TABLE_QUEUE, authority),
		     what = place_3(TABLE_QUEUE, r->actor, r->place, r->activity);
	return place_join(place_join(host, what), place_hash(TABLE_QUEUE, inbox));
}

uint64_t delivery_activity(struct bytes key)
{
	size_t behind = sizeof(uint64_t) + HOST_HASH;
	return key.size > behind ? place_id_at(key, key.size - behind) : 0;
}

enum err delivery_host(struct txn *t, const char *name, struct host *h)
{
	struct place place = place_hash(TABLE_HOST, name);
	return outcome_host(t, &place, h);
}

/* Where a person's words went: there its end will be told. */
static enum err note_reached(struct txn *t, uint64_t actor, const char *inbox)
{
	struct bytes row;
	struct place account = place_1(TABLE_ACCOUNT, actor),
		     place = place_join(
			     place_1(TABLE_REACHED, actor), place_hash(TABLE_REACHED, inbox));
	enum err e = txn_get(t, &account, &row);
	if (e == OK)
		e = txn_get(t, &place, &row);
	else
		return e == ERR_NOT_FOUND ? OK : e; /* of a community */
	return e == ERR_NOT_FOUND ? txn_put(t, &place, (struct bytes){inbox, strlen(inbox)}) : e;
}

/* Who leaves says goodbye to the dead as well: now, and whenever bury() looks in again (security.md §6.4). */
static enum err knock_at_dead(struct txn *t, const char *name, struct host *host, int64_t now)
{
	struct place place = place_hash(TABLE_HOST, name);
	host->next = now;
	return txn_save(t, &place, &host_shape, host);
}

enum err delivery_put(const struct recipients *r, const char *inbox)
{
	struct txn *t = r->t;
	struct bytes there;
	struct delivery_row row = {.inbox = inbox, .actor = r->actor, .since = time_now()};
	struct host host = {0}, gone;
	struct url u;
	enum err e = url_parse(txn_arena(t), inbox, &u);
	if (e == OK)
		e = delivery_host(t, u.authority, &host);
	if (e == OK)
		e = delivery_host(t, inbox, &gone);
	bool dead = host.next == HOST_DEAD;
	if (e != OK || gone.gone_until > row.since || (dead && !leaving_tells(t, r->actor)))
		return e;
	struct place place = row_place(r, u.authority, inbox);
	e = txn_get(t, &place, &there);
	if (e == ERR_NOT_FOUND)
		e = leaving_told(t, r->actor, u.authority);
	if (e == OK)
		e = note_reached(t, r->actor, inbox);
	if (e == OK && dead)
		e = knock_at_dead(t, u.authority, &host, row.since);
	return e == OK ? txn_save(t, &place, &delivery_row_shape, &row) : e;
}

enum err delivery_seen(struct txn *t, const char *host, bool *back)
{
	struct host h;
	int64_t now = time_now();
	enum err e = delivery_host(t, host, &h);
	*back = false;
	if (e != OK || h.name == NULL
		|| (h.next == 0 && h.last_seen <= now && now - h.last_seen < HOUR))
		return e;
	if (h.failures > 0) {
		h.failures = 0;
		h.down_since = 0;
		h.next = 0;
		*back = true;
	}
	h.last_seen = now;
	struct place place = place_hash(TABLE_HOST, host);
	return txn_save(t, &place, &host_shape, &h);
}

/* ---- starting --------------------------------------------------------------------------------------------------------------- */

static size_t count_fresh(const struct delivery *d)
{
	int64_t now = time_steady();
	size_t count = 0;
	for (size_t i = 0; i < d->flying; i++)
		count += !d->on_their_way[i]->probe && now - d->on_their_way[i]->started < SECOND;
	return count;
}

static void result_add(struct delivery *d, struct attempt *a);

static void launch(struct delivery *d, struct attempt *a)
{
	if (a->err != OK || a->bury) {
		result_add(d, a);
		return;
	}
	d->on_their_way[d->flying++] = a;
	d->probing += a->probe;
	attempt_start(a);
}

struct starts {
	struct delivery *delivery;
	struct lane *lanes[STARTS_MOST];
	size_t count;
};

static enum err pick_all(struct txn *t, void *arg)
{
	struct starts *s = arg;
	for (size_t i = 0; i < s->count; i++) {
		enum err e = pick_rows(s->delivery, t, s->lanes[i]);
		if (e != OK)
			return e;
	}
	return OK;
}

/* Two lines, so that those who answered last time never wait for those who did not; and what takes long does not count
 * against what is fresh. */
static void choose_lanes(struct delivery *d, struct starts *s)
{
	size_t fresh = count_fresh(d), others = d->flying - d->probing, probing = d->probing;
	while (s->count < STARTS_MOST && d->up.first != NULL && fresh + ALLOWED_MOST <= FRESH_MOST
		&& others + ALLOWED_MOST <= FLYING_MOST) {
		struct lane *l = lane_take(&d->up);
		fresh += l->allowed;
		others += l->allowed;
		s->lanes[s->count++] = l;
	}
	while (s->count < STARTS_MOST && d->probes.first != NULL && probing < PROBES_MOST) {
		s->lanes[s->count++] = lane_take(&d->probes);
		probing++;
	}
}

static void lane_begin(struct delivery *d, struct lane *l, enum err picked)
{
	for (struct attempt *a = l->attempts, *next; a != NULL; a = next) {
		next = a->next;
		if (a->begun)
			continue;
		a->begun = true;
		if (picked != OK)
			a->err = ERR_AGAIN;
		launch(d, a);
	}
	if (picked != OK)
		l->row_next = time_now() + d->unit;
	if (picked == OK && l->empty && l->active == 0)
		lane_free(d, l);
	else if (l->active == 0)
		lane_offer(d, l);
}

static void start_ready(struct delivery *d)
{
	struct starts s = {.delivery = d};
	choose_lanes(d, &s);
	if (s.count == 0)
		return;
	enum err e = store_read(d->store, pick_all, &s);
	if (e != OK)
		log_line(LOG_ERROR, "delivery", "pick=%s", err_name(e));
	for (size_t i = 0; i < s.count; i++)
		lane_begin(d, s.lanes[i], e);
}

/* ---- results ---------------------------------------------------------------------------------------------------------------- */

/* The row is as the store says again: its lane may go on, from `next` on. */
static void attempt_forget(struct delivery *d, struct attempt *a, int64_t next)
{
	struct lane *l = a->lane;
	struct attempt **at = &l->attempts;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	l->active--;
	pick_drop_body(d, a->body);
	key_drop(a->signer);
	arena_destroy(a->arena);
	free(a);
	l->row_next = next; /* a look at the rows while this one was held may have found none */
	lane_offer(d, l);
}

static void count_result(struct delivery *d, const struct attempt *a)
{
	enum verdict v = a->outcome.verdict;
	bool good = v == VERDICT_DELIVERED;
	atomic_fetch_add(good                                    ? &d->delivered
			: v == VERDICT_DROP || v == VERDICT_GONE ? &d->dropped
								 : &d->failed,
		1);
	log_line(good ? LOG_DEBUG : LOG_INFO, "delivery",
		"host=%s result=%s status=%d form=%s why=\"%s\"", a->host,
		good                                             ? "ok"
			: v == VERDICT_DROP || v == VERDICT_GONE ? "dropped"
								 : "later",
		a->status, a->form == FORM_RFC9421 ? "rfc9421" : "cavage",
		a->why != NULL ? a->why : err_name(a->err));
}

static void result_put(struct delivery *d, struct attempt *a)
{
	d->result_count++;
	a->next_result = NULL;
	*d->results_last = a;
	d->results_last = &a->next_result;
}

static struct attempt *results_take(struct delivery *d)
{
	struct attempt *first = d->results;
	d->results = NULL;
	d->results_last = &d->results;
	d->result_count = 0;
	return first;
}

static void result_add(struct delivery *d, struct attempt *a)
{
	a->outcome = outcome_of(a, time_now(), d->unit);
	if (a->outcome.verdict == VERDICT_UNTRIED) {
		attempt_forget(d, a, time_now() + d->unit / 10);
		return;
	}
	lane_learns(a->lane, a);
	count_result(d, a);
	result_put(d, a);
}

static void on_tried(struct delivery *d, struct attempt *a)
{
	size_t i = 0;
	while (d->on_their_way[i] != a)
		i++;
	d->on_their_way[i] = d->on_their_way[--d->flying];
	d->probing -= a->probe;
	result_add(d, a);
}

static enum err batch_write(struct txn *t, void *arg)
{
	const struct batch *b = arg;
	for (struct attempt *a = b->first; a != NULL; a = a->next_result) {
		enum err e = outcome_write(t, a);
		if (e != OK)
			return e;
	}
	return OK;
}

static void batch_done(void *arg, enum err e)
{
	struct batch *b = arg;
	b->err = e;
	if (queue_push(b->delivery->events, b) != OK)
		die("more results of deliveries than there can be");
}

/* What could not be written is written later: an attempt is forgotten only when its result is on disk. */
static void results_back(struct delivery *d, struct attempt *first)
{
	struct attempt *lists[] = {first, results_take(d)};
	for (size_t i = 0; i < COUNT(lists); i++)
		for (struct attempt *a = lists[i], *next; a != NULL; a = next) {
			next = a->next_result;
			result_put(d, a);
		}
	d->results_after = time_steady() + SECOND;
}

/* One group at a time: what comes meanwhile makes the next one, and so groups are as large as the disk is slow. */
static void write_results(struct delivery *d)
{
	int64_t now = time_steady();
	if (d->results == NULL || d->writing > 0
		|| (d->results_after > now && d->results_after <= now + SECOND))
		return;
	struct batch *b = delivery_alloc(sizeof *b);
	*b = (struct batch){.event = EVENT_WRITTEN, .delivery = d, .first = results_take(d)};
	if (store_submit(d->store, batch_write, b, batch_done, b) == OK) {
		d->writing++;
		return;
	}
	results_back(d, b->first);
	free(b);
}

static void on_written(struct delivery *d, struct batch *b)
{
	d->writing--;
	if (b->err != OK) {
		log_line(LOG_ERROR, "delivery", "write=%s", err_name(b->err));
		results_back(d, b->first);
	} else {
		for (struct attempt *a = b->first, *next; a != NULL; a = next) {
			next = a->next_result;
			if (a->spared)
				a->lane->host.next = a->outcome.at + a->outcome.wait;
			attempt_forget(d, a, 0);
		}
	}
	free(b);
}

/* ---- the thread ------------------------------------------------------------------------------------------------------------- */

static void on_event(struct delivery *d, struct event *e)
{
	switch (e->event) {
	case EVENT_WAKE:
		atomic_store(&d->woken, false);
		d->scan_wanted = true;
		break;
	case EVENT_TRIED:
		on_tried(d, (struct attempt *)e);
		break;
	case EVENT_WRITTEN:
		on_written(d, (struct batch *)e);
		break;
	}
}

static void tell_settled(struct delivery *d)
{
	if (d->scanning || d->up.first != NULL || d->probes.first != NULL
		|| d->flying + d->writing > 0 || d->results != NULL)
		return;
	pthread_mutex_lock(&d->lock);
	if (d->settle_done < d->settles_scanned) {
		d->settle_done = d->settles_scanned;
		pthread_cond_broadcast(&d->settled);
	}
	pthread_mutex_unlock(&d->lock);
}

static int64_t shorter(int64_t wait, int64_t until)
{
	return until < wait ? until : wait;
}

static int wait_of(struct delivery *d)
{
	int64_t wait = WAIT_MOST, now = time_steady();
	if (d->scanning)
		return 0;
	if (d->scan_wanted)
		wait = shorter(wait, d->scan_next - now);
	if (d->up.first != NULL)
		wait = shorter(wait, count_fresh(d) + ALLOWED_MOST <= FRESH_MOST ? 0 : 50);
	if (d->soonest != INT64_MAX)
		wait = shorter(wait, d->soonest - time_now());
	if (d->results != NULL && d->writing == 0)
		wait = shorter(wait, d->results_after > now ? d->results_after - now : GATHER);
	wait = shorter(wait, d->scan_again - now);
	return wait > 0 ? (int)wait : 1;
}

/* `quiet`: nothing came since the last time. */
static void work(struct delivery *d, bool quiet)
{
	lane_scan(d);
	lane_wake_due(d);
	start_ready(d);
	if (quiet || d->result_count >= GATHER_MOST)
		write_results(d);
	tell_settled(d);
}

/* What is on its way may come home; then the wire is closed, and what it tells us is written too. */
static void leave(struct delivery *d)
{
	int patience = PATIENCE;
	while (d->flying > 0 || d->writing > 0 || d->results != NULL) {
		struct event *e = queue_pop(d->events, 100);
		if (e != NULL)
			on_event(d, e);
		else if (patience > 0 && --patience == 0)
			transport_close(d->federation->transport);
		if (d->flying + d->writing == 0 && d->results != NULL
			&& d->results_after > time_steady())
			break; /* the store takes nothing: the rows stay, and will be sent again */
		write_results(d);
	}
	transport_close(d->federation->transport);
}

static void run(void *arg)
{
	struct delivery *d = arg;
	bool quiet = true;
	while (!atomic_load(&d->stopping)) {
		work(d, quiet);
		struct event *e = queue_pop(d->events, wait_of(d));
		quiet = e == NULL;
		for (; e != NULL; e = queue_pop(d->events, 0))
			on_event(d, e);
	}
	leave(d);
	pthread_mutex_lock(&d->lock);
	d->settle_done = UINT64_MAX;
	pthread_cond_broadcast(&d->settled);
	pthread_mutex_unlock(&d->lock);
}

void delivery_wake(void *delivery)
{
	struct delivery *d = delivery;
	if (d != NULL && !atomic_exchange(&d->woken, true) && queue_push(d->events, &d->wake) != OK)
		die("more wakes of the delivery than there can be");
}

void delivery_settle(struct delivery *d)
{
	pthread_mutex_lock(&d->lock);
	uint64_t mine = ++d->settle_asked;
	pthread_mutex_unlock(&d->lock);
	delivery_wake(d);
	pthread_mutex_lock(&d->lock);
	while (d->settle_done < mine)
		pthread_cond_wait(&d->settled, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

enum err delivery_start(struct federation *f, struct delivery **out)
{
	struct delivery *d = delivery_alloc(sizeof *d);
	d->federation = f;
	d->store = f->set.store;
	d->unit = f->set.retry_unit > 0 ? f->set.retry_unit : 10 * SECOND;
	d->wake.event = EVENT_WAKE;
	d->events = queue_create(4 * (FLYING_MOST + PROBES_MOST));
	d->up.last = &d->up.first;
	d->probes.last = &d->probes.first;
	d->results_last = &d->results;
	d->soonest = INT64_MAX;
	d->scan_wanted = true;
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->settled, NULL);
	d->thread = thread_start("delivery", run, d);
	*out = d;
	return OK;
}

void delivery_stop(struct delivery *d)
{
	if (d == NULL)
		return;
	atomic_store(&d->stopping, true);
	delivery_wake(d);
	thread_join(d->thread);
	for (size_t i = 0; i < LANE_BUCKETS; i++)
		while (d->lanes[i] != NULL) {
			struct lane *l = d->lanes[i];
			while (l->attempts != NULL)
				/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks it first */
				attempt_forget(d, l->attempts, 0);
			lane_free(d, l);
		}
	pick_forget_signers(d);
	queue_destroy(d->events);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->settled);
	free(d);
}

void delivery_numbers(struct delivery *d, struct view *v)
{
	view_number(v, "deliveries_done", (int64_t)atomic_load(&d->delivered));
	view_number(v, "deliveries_dropped", (int64_t)atomic_load(&d->dropped));
	view_number(v, "deliveries_failed", (int64_t)atomic_load(&d->failed));
	view_number(v, "delivery_hosts", (int64_t)atomic_load(&d->lanes_now));
}
