/* lane.c: the hosts that have rows: found in the store by skipping from host to host, kept while they have some. */
#include "delivery.h"

#define LANES_MOST 32768
#define SCAN_MOST 1000 /* hosts in one read */
#define SCAN_AGAIN 3   /* units: half a minute */
#define STREAK 10      /* successes for one more at once */

static struct lane **bucket_of(struct delivery *d, const uint8_t hash[HOST_HASH])
{
	return &d->lanes[((size_t)hash[0] << 8 | hash[1]) % LANE_BUCKETS];
}

static struct lane *lane_find(struct delivery *d, const uint8_t hash[HOST_HASH])
{
	struct lane *l = *bucket_of(d, hash);
	while (l != NULL && memcmp(l->hash, hash, HOST_HASH) != 0)
		l = l->next;
	return l;
}

static void lane_set_host(struct lane *l, const struct host *h)
{
	l->host = *h;
	l->host.name = l->name;
}

static struct lane *lane_add(
	struct delivery *d, const uint8_t hash[HOST_HASH], const char *name, const struct host *h)
{
	struct lane *l = delivery_alloc(sizeof *l), **bucket = bucket_of(d, hash);
	memcpy(l->hash, hash, HOST_HASH);
	l->name = delivery_copy(name);
	l->allowed = 1;
	lane_set_host(l, h);
	l->next = *bucket;
	*bucket = l;
	d->lane_count++;
	atomic_store(&d->lanes_now, d->lane_count);
	return l;
}

void lane_free(struct delivery *d, struct lane *l)
{
	struct lane **at = bucket_of(d, l->hash);
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	d->lane_count--;
	atomic_store(&d->lanes_now, d->lane_count);
	free(l->name);
	free(l);
}

bool lane_is_probe(const struct lane *l)
{
	return l->host.failures > 0;
}

/* A `next` further off than any wait was written by another clock. */
static int64_t due_of(const struct delivery *d, const struct lane *l, int64_t now)
{
	int64_t host = l->host.next, longest = now + outcome_longest(d->unit);
	if (host == HOST_DEAD)
		return now; /* to be buried */
	if (host > longest)
		host = longest;
	return host > l->row_next ? host : l->row_next;
}

static void ready_put(struct ready *r, struct lane *l)
{
	l->next_ready = NULL;
	*r->last = l;
	r->last = &l->next_ready;
	r->count++;
}

struct lane *lane_take(struct ready *r)
{
	struct lane *l = r->first;
	r->first = l->next_ready;
	if (r->first == NULL)
		r->last = &r->first;
	r->count--;
	l->ready = false;
	return l;
}

/* Into its line when it may go now; else the clock is told. */
void lane_offer(struct delivery *d, struct lane *l)
{
	int64_t now = time_now(), due = due_of(d, l, now);
	if (l->ready || l->active >= (lane_is_probe(l) ? 1 : l->allowed))
		return;
	if (due > now) {
		if (due < d->soonest)
			d->soonest = due;
		return;
	}
	l->ready = true;
	ready_put(lane_is_probe(l) ? &d->probes : &d->up, l);
}

void lane_wake_due(struct delivery *d)
{
	if (d->soonest > time_now())
		return;
	d->soonest = INT64_MAX;
	for (size_t i = 0; i < LANE_BUCKETS; i++)
		for (struct lane *l = d->lanes[i]; l != NULL; l = l->next)
			lane_offer(d, l);
}

/* What one answer says of the host; and of whose turn comes when. */
void lane_learns(struct lane *l, const struct attempt *a)
{
	if (a->err == OK || a->outcome.verdict == VERDICT_FAILED)
		(void)outcome_for_host(&l->host, &a->outcome);
	if (a->outcome.verdict == VERDICT_FAILED || a->outcome.verdict == VERDICT_WAIT) {
		l->allowed = 1;
		l->streak = 0;
		l->last = a->row.actor;
		l->took = false;
		return;
	}
	if (l->last != a->row.actor)
		l->took |= a->err == OK;
	else if (a->outcome.verdict != VERDICT_LATER)
		l->last = 0;
	if (a->outcome.verdict == VERDICT_DELIVERED && ++l->streak >= STREAK
		&& l->allowed < ALLOWED_MOST) {
		l->allowed++;
		l->streak = 0;
	}
}

/* ---- which hosts have rows: one step of a walk per host, from prefix to prefix --------------- */

struct first_row {
	struct arena *arena;
	bool found;
	uint8_t hash[HOST_HASH];
	const char *inbox;
};

static enum err read_first(void *arg, struct bytes key, struct bytes value)
{
	struct first_row *f = arg;
	struct delivery_row row;
	if (key.size < 1 + HOST_HASH)
		return ERR_STORE;
	f->found = true;
	memcpy(f->hash, (const uint8_t *)key.data + 1, HOST_HASH);
	f->inbox = record_read(f->arena, &delivery_row_shape, value, &row) == OK ? row.inbox : NULL;
	return OK;
}

/* The key just behind everything of this host; false at the end of the table. */
static bool next_host(struct place *p, const uint8_t hash[HOST_HASH])
{
	*p = place_0(TABLE_QUEUE);
	memcpy(p->at + 1, hash, HOST_HASH);
	p->size = 1 + HOST_HASH;
	for (size_t i = HOST_HASH; i > 0; i--)
		if (++p->at[i] != 0)
			return true;
	return false;
}

static enum err host_has_rows(struct delivery *d, struct txn *t, const struct first_row *row)
{
	struct lane *l = lane_find(d, row->hash);
	struct place place = outcome_host_place(row->hash);
	struct host h = {0};
	struct url u = {.authority = "?"};
	if (l == NULL && d->lane_count >= LANES_MOST)
		return OK; /* a later scan finds it */
	if (l == NULL || l->host.next != 0) {
		enum err e = outcome_host(t, &place, &h);
		if (e != OK)
			return e;
	}
	if (l == NULL) {
		if (row->inbox == NULL || url_parse(txn_arena(t), row->inbox, &u) != OK)
			log_line(LOG_ERROR, "delivery", "unreadable=row");
		l = lane_add(d, row->hash, u.authority, &h);
	} else if (h.last_seen > l->host.last_seen) {
		lane_set_host(l, &h); /* it was heard of: it lives */
	}
	l->row_next = 0;
	lane_offer(d, l);
	return OK;
}

static enum err scan(struct txn *t, void *arg)
{
	struct delivery *d = arg;
	for (size_t i = 0; i < SCAN_MOST && d->scanning; i++) {
		struct first_row row = {.arena = txn_arena(t)};
		struct walk walk = {.prefix = place_0(TABLE_QUEUE), .from = &d->cursor, .max = 1};
		enum err e = txn_walk(t, &walk, read_first, &row);
		if (e == OK && row.found)
			e = host_has_rows(d, t, &row);
		if (e != OK)
			return e;
		d->scanning = row.found && next_host(&d->cursor, row.hash);
	}
	return OK;
}

static uint64_t settles_asked(struct delivery *d)
{
	pthread_mutex_lock(&d->lock);
	uint64_t asked = d->settle_asked;
	pthread_mutex_unlock(&d->lock);
	return asked;
}

/* New rows mean a scan, but scans take no more than a tenth of the time; who waits for us to settle need not wait for
 * that. Now and then one goes by itself: a host that was heard of, rows that had no lane. */
void lane_scan(struct delivery *d)
{
	int64_t now = time_steady();
	uint64_t asked = settles_asked(d);
	bool wanted = d->scan_wanted || asked > d->settles_scanned || now >= d->scan_again;
	if (!d->scanning && wanted && (now >= d->scan_next || asked > d->settles_scanned)) {
		d->scanning = true;
		d->scan_wanted = false;
		d->settles_scanning = asked;
		d->cursor = place_0(TABLE_QUEUE);
		d->scan_took = 0;
		d->scan_again = now + SCAN_AGAIN * d->unit;
	}
	if (!d->scanning)
		return;
	enum err e = store_read(d->store, scan, d);
	if (e != OK) {
		log_line(LOG_ERROR, "delivery", "scan=%s", err_name(e));
		d->scanning = false;
		d->scan_took = SECOND;
	}
	d->scan_took += time_steady() - now;
	d->scan_next = time_steady() + d->scan_took * 9;
	if (!d->scanning && e == OK)
		d->settles_scanned = d->settles_scanning;
}
