/* delivery.c: the durable queue to other nodes. Rows live in the store alone; this thread reads which hosts have some,
 * gives each host its turn, and keeps the slow and the dead out of everyone else's way. */
#include "delivery.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LANES_MOST 32768
#define BUCKETS 8192
#define SCAN_MOST 1000   /* hosts in one read */
#define PAGE 64          /* rows looked at for one host */
#define STARTS_MOST 64   /* in one read */
#define ALLOWED_MOST 4   /* at once to one host, of different actors */
#define STREAK 10        /* successes for one more at once */
#define FRESH_MOST 200   /* on their way for less than a second */
#define FLYING_MOST 448  /* in all */
#define PROBES_MOST 64   /* further ones, to hosts that failed last time */
#define SIGNERS 1024
#define SIGNER_KEPT (10 * MINUTE)
#define SCAN_AGAIN 3     /* units: half a minute */
#define WAIT_MOST 1000   /* ms between looks at the clock */
#define PATIENCE 20      /* tenths of a second for what is on its way when we stop */

struct lane { /* one host that has rows */
	uint8_t hash[HOST_HASH];
	char *name;
	struct host host;    /* its record, as written or about to be */
	unsigned active, allowed, streak;
	bool ready, empty;
	int64_t row_next;    /* no row of it may go before */
	struct attempt *attempts; /* from the pick until the result is written */
	struct lane *next, *next_ready;
};

struct ready {
	struct lane *first, **last;
	size_t count;
};

struct signer {
	uint64_t actor;
	struct key *key;
	char *id;
	int64_t until;
};

struct batch { /* results written in one transaction */
	enum event_kind event;
	struct delivery *delivery;
	struct attempt *first;
	enum err err;
};

struct event {
	enum event_kind event;
};

struct delivery {
	struct federation *federation;
	struct store *store;
	int64_t unit;
	struct queue *events;
	struct thread *thread;
	struct event wake;
	atomic_bool woken, stopping;
	pthread_mutex_t lock; /* of the next two */
	pthread_cond_t settled;
	uint64_t settle_asked, settle_done;
	/* the thread's own */
	struct lane *lanes[BUCKETS];
	size_t lane_count;
	struct ready up, probes;
	size_t flying, probing, writing;
	struct attempt *on_their_way[FLYING_MOST + PROBES_MOST];
	struct body *bodies;
	struct signer signers[SIGNERS];
	struct attempt *results; /* to be written */
	int64_t results_after;   /* steady; after a failed write */
	bool scanning, scan_wanted;
	struct place cursor;
	uint64_t settles_scanning, settles_scanned;
	int64_t scan_next, scan_again, scan_took; /* steady */
	int64_t soonest;         /* wall: when a sleeping lane is due */
	atomic_uint_least64_t delivered, dropped, failed, lanes_now;
};

static const struct field delivery_row_fields[] = {
	{ 1, F_TEXT, offsetof(struct delivery_row, inbox), 2048 }, { 2, F_U64, offsetof(struct delivery_row, actor), 0 },
	{ 3, F_U32, offsetof(struct delivery_row, tries), 0 },     { 4, F_I64, offsetof(struct delivery_row, next), 0 },
	{ 5, F_I64, offsetof(struct delivery_row, since), 0 },
};
const struct shape delivery_row_shape = { "delivery", sizeof(struct delivery_row), delivery_row_fields, COUNT(delivery_row_fields) };

static const struct field host_fields[] = {
	{ 1, F_TEXT, offsetof(struct host, name), 300 },       { 2, F_U32, offsetof(struct host, form), 0 },
	{ 3, F_I64, offsetof(struct host, form_until), 0 },    { 4, F_U32, offsetof(struct host, failures), 0 },
	{ 5, F_I64, offsetof(struct host, down_since), 0 },    { 6, F_I64, offsetof(struct host, next), 0 },
	{ 7, F_I64, offsetof(struct host, last_ok), 0 },       { 8, F_I64, offsetof(struct host, last_seen), 0 },
	{ 9, F_I64, offsetof(struct host, gone_until), 0 },
};
const struct shape host_shape = { "host", sizeof(struct host), host_fields, COUNT(host_fields) };

/* ---- in others' transactions ------------------------------------------------------------------------------------------ */

static struct place row_place(const char *authority, uint64_t activity, const char *inbox)
{
	struct place p = place_hash_1(TABLE_QUEUE, authority, activity), of_inbox = place_hash(TABLE_QUEUE, inbox);
	memcpy(p.at + p.size, of_inbox.at + 1, of_inbox.size - 1U);
	p.size = (uint8_t)(p.size + of_inbox.size - 1);
	return p;
}

static enum err host_load(struct txn *t, const char *name, struct host *h)
{
	struct place place = place_hash(TABLE_HOST, name);
	*h = (struct host){ 0 };
	enum err e = txn_load(t, &place, &host_shape, h);
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err delivery_put(struct txn *t, uint64_t activity, uint64_t actor, const char *inbox)
{
	struct delivery_row row = { .inbox = inbox, .actor = actor, .since = time_now() };
	struct host host, gone;
	struct url u;
	enum err e = url_parse(txn_arena(t), inbox, &u);
	if (e == OK)
		e = host_load(t, u.authority, &host);
	if (e == OK)
		e = host_load(t, inbox, &gone);
	if (e != OK || host.next == HOST_DEAD || gone.gone_until > row.since)
		return e;
	struct place place = row_place(u.authority, activity, inbox);
	return txn_save(t, &place, &delivery_row_shape, &row);
}

enum err delivery_seen(struct txn *t, const char *host)
{
	struct host h;
	int64_t now = time_now();
	enum err e = host_load(t, host, &h);
	if (e != OK || h.name == NULL || (h.next == 0 && h.last_seen <= now && now - h.last_seen < HOUR))
		return e;
	if (h.failures > 0) {
		h.failures = 0;
		h.down_since = 0;
		h.next = 0;
	}
	h.last_seen = now;
	struct place place = place_hash(TABLE_HOST, host);
	return txn_save(t, &place, &host_shape, &h);
}

/* ---- lanes -------------------------------------------------------------------------------------------------------------- */

static void *must_alloc(size_t size)
{
	void *p = calloc(1, size);
	if (p == NULL)
		die("out of memory for a delivery");
	return p;
}

static char *must_copy(const char *s)
{
	size_t size = strlen(s) + 1;
	return memcpy(must_alloc(size), s, size);
}

static struct lane **bucket_of(struct delivery *d, const uint8_t hash[HOST_HASH])
{
	return &d->lanes[((size_t)hash[0] << 8 | hash[1]) % BUCKETS];
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

static struct lane *lane_add(struct delivery *d, const uint8_t hash[HOST_HASH], const char *name, const struct host *h)
{
	struct lane *l = must_alloc(sizeof *l), **bucket = bucket_of(d, hash);
	memcpy(l->hash, hash, HOST_HASH);
	l->name = must_copy(name);
	l->allowed = 1;
	lane_set_host(l, h);
	l->next = *bucket;
	*bucket = l;
	d->lane_count++;
	atomic_store(&d->lanes_now, d->lane_count);
	return l;
}

static void lane_free(struct delivery *d, struct lane *l)
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

static bool is_probe(const struct lane *l)
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

static struct lane *ready_take(struct ready *r)
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
static void lane_offer(struct delivery *d, struct lane *l)
{
	int64_t now = time_now(), due = due_of(d, l, now);
	if (l->ready || l->active >= (is_probe(l) ? 1 : l->allowed))
		return;
	if (due > now) {
		if (due < d->soonest)
			d->soonest = due;
		return;
	}
	l->ready = true;
	ready_put(is_probe(l) ? &d->probes : &d->up, l);
}

static void wake_sleepers(struct delivery *d)
{
	if (d->soonest > time_now())
		return;
	d->soonest = INT64_MAX;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct lane *l = d->lanes[i]; l != NULL; l = l->next)
			lane_offer(d, l);
}

/* ---- which hosts have rows: one step of a walk per host, from prefix to prefix ------------------------------------------- */

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
	struct host h = { 0 };
	struct url u = { .authority = "?" };
	if (l == NULL && d->lane_count >= LANES_MOST)
		return OK; /* a later scan finds it */
	if (l == NULL || l->host.next != 0) {
		enum err e = txn_load(t, &place, &host_shape, &h);
		if (e != OK && e != ERR_NOT_FOUND)
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
		struct first_row row = { .arena = txn_arena(t) };
		struct walk walk = { .prefix = place_0(TABLE_QUEUE), .from = &d->cursor, .max = 1 };
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
static void scan_some(struct delivery *d)
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

/* ---- bodies and signers: read once for many attempts ---------------------------------------------------------------------- */

static enum err body_hold(struct delivery *d, struct txn *t, uint64_t activity, struct body **out)
{
	struct place place = place_1(TABLE_ACTIVITY, activity);
	struct kept kept;
	struct body *b = d->bodies;
	while (b != NULL && b->activity != activity)
		b = b->next;
	if (b == NULL) {
		enum err e = txn_load(t, &place, &kept_shape, &kept);
		if (e != OK)
			return e;
		struct arena *arena = arena_create();
		b = must_alloc(sizeof *b);
		*b = (struct body){ .activity = activity, .json = arena_bytes(arena, kept.json), .arena = arena, .next = d->bodies };
		d->bodies = b;
	}
	b->held++;
	*out = b;
	return OK;
}

static void body_drop(struct delivery *d, struct body *b)
{
	struct body **at = &d->bodies;
	if (b == NULL || --b->held > 0)
		return;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	arena_destroy(b->arena);
	free(b);
}

static void signer_clear(struct signer *s)
{
	key_drop(s->key);
	free(s->id);
	*s = (struct signer){ 0 };
}

/* Unsealing a private key costs as much as signing: the last thousand are kept for a while. */
static enum err signer_find(struct delivery *d, struct txn *t, uint64_t actor, struct signer **out)
{
	struct signer *s = &d->signers[actor * UINT64_C(0x9e3779b97f4a7c15) >> 54];
	struct actor record;
	struct key_pair keys;
	int64_t now = time_steady();
	*out = s;
	if (s->key != NULL && s->actor == actor && s->until > now && s->until <= now + SIGNER_KEPT)
		return OK;
	enum err e = actor_load(t, actor, &record);
	if (e == OK)
		e = record.rsa_id != NULL ? actor_keys_load(t, actor, &keys) : ERR_NOT_FOUND;
	if (e != OK)
		return e;
	key_drop(keys.ed25519);
	if (keys.rsa == NULL)
		return ERR_NOT_FOUND;
	signer_clear(s);
	*s = (struct signer){ actor, keys.rsa, must_copy(record.rsa_id), now + SIGNER_KEPT };
	return OK;
}

/* ---- picking rows ----------------------------------------------------------------------------------------------------------- */

struct pick {
	struct delivery *delivery;
	struct lane *lane;
	struct arena *arena;
	int64_t now, next;
	uint64_t busy[PAGE + ALLOWED_MOST];
	size_t busy_count, rows, chosen;
};

static struct attempt *attempt_add(struct delivery *d, struct lane *l)
{
	struct attempt *a = must_alloc(sizeof *a);
	a->delivery = d;
	a->federation = d->federation;
	a->events = d->events;
	a->arena = arena_create();
	a->lane = l;
	a->host = l->name;
	a->probe = is_probe(l);
	memcpy(a->host_hash, l->hash, HOST_HASH);
	a->next = l->attempts;
	l->attempts = a;
	l->active++;
	return a;
}

static bool is_busy(const struct pick *p, uint64_t actor)
{
	for (size_t i = 0; i < p->busy_count; i++)
		if (p->busy[i] == actor)
			return true;
	return false;
}

/* In order, one at a time for each actor: what an actor does arrives as it was done. */
static enum err pick_row(void *arg, struct bytes key, struct bytes value)
{
	struct pick *p = arg;
	struct delivery_row row = { 0 };
	bool readable = record_read(p->arena, &delivery_row_shape, value, &row) == OK && row.inbox != NULL;
	p->rows++;
	if (readable && is_busy(p, row.actor))
		return OK;
	p->busy[p->busy_count++] = row.actor;
	if (readable && row.next > p->now && row.next <= p->now + outcome_longest(p->delivery->unit)) {
		if (row.next < p->next)
			p->next = row.next;
		return OK;
	}
	struct attempt *a = attempt_add(p->delivery, p->lane);
	a->row = row;
	a->row.inbox = arena_text(a->arena, readable ? row.inbox : "");
	a->key.size = (uint8_t)key.size;
	memcpy(a->key.at, key.data, key.size);
	a->err = readable ? OK : ERR_INVALID;
	p->chosen++;
	unsigned allowed = is_probe(p->lane) ? 1 : p->lane->allowed;
	return p->lane->active < allowed ? OK : ERR_CONFLICT;
}

/* What the attempt needs to be made; an error in its place when that is not there. */
static enum err equip(struct delivery *d, struct txn *t, struct attempt *a)
{
	struct signer *s;
	struct host gone;
	enum err e = host_load(t, a->row.inbox, &gone);
	if (e == OK && gone.gone_until > time_now())
		return ERR_GONE;
	if (e == OK)
		e = body_hold(d, t, place_id_at((struct bytes){ a->key.at, a->key.size }, 1 + HOST_HASH), &a->body);
	if (e == OK)
		e = signer_find(d, t, a->row.actor, &s);
	if (e != OK)
		return e == ERR_NOT_FOUND || e == ERR_GONE ? e : ERR_AGAIN;
	a->signer = key_hold(s->key);
	a->key_id = arena_text(a->arena, s->id);
	a->form = a->lane->host.form_until > time_now() && a->lane->host.form == FORM_RFC9421 ? FORM_RFC9421 : FORM_CAVAGE;
	return OK;
}

static enum err lane_pick(struct delivery *d, struct txn *t, struct lane *l)
{
	struct pick p = { .delivery = d, .lane = l, .arena = txn_arena(t), .now = time_now(), .next = INT64_MAX };
	struct walk walk = { .prefix = outcome_host_place(l->hash), .max = PAGE };
	walk.prefix.at[0] = TABLE_QUEUE;
	for (const struct attempt *a = l->attempts; a != NULL; a = a->next)
		p.busy[p.busy_count++] = a->row.actor;
	if (l->host.next == HOST_DEAD)
		walk.max = 1;
	enum err e = txn_walk(t, &walk, pick_row, &p);
	struct attempt *a = l->attempts;
	for (size_t i = 0; e == OK && i < p.chosen; i++, a = a->next)
		if (l->host.next == HOST_DEAD)
			a->bury = true;
		else if (a->err == OK)
			a->err = equip(d, t, a);
	l->row_next = p.chosen == 0 ? p.next : 0;
	l->empty = p.rows == 0;
	return e;
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
		enum err e = lane_pick(s->delivery, t, s->lanes[i]);
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
	while (s->count < STARTS_MOST && d->up.first != NULL && fresh + ALLOWED_MOST <= FRESH_MOST &&
	       others + ALLOWED_MOST <= FLYING_MOST) {
		struct lane *l = ready_take(&d->up);
		fresh += l->allowed;
		others += l->allowed;
		s->lanes[s->count++] = l;
	}
	while (s->count < STARTS_MOST && d->probes.first != NULL && probing < PROBES_MOST) {
		s->lanes[s->count++] = ready_take(&d->probes);
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
	struct starts s = { .delivery = d };
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

/* The row is as the store says again: its lane may go on. */
static void attempt_forget(struct delivery *d, struct attempt *a)
{
	struct lane *l = a->lane;
	struct attempt **at = &l->attempts;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	l->active--;
	body_drop(d, a->body);
	key_drop(a->signer);
	arena_destroy(a->arena);
	free(a);
	lane_offer(d, l);
}

static void lane_learns(struct lane *l, const struct attempt *a)
{
	if (a->err == OK || a->outcome.verdict == VERDICT_FAILED)
		(void)outcome_for_host(&l->host, &a->outcome);
	if (a->outcome.verdict == VERDICT_FAILED || a->outcome.verdict == VERDICT_WAIT) {
		l->allowed = 1;
		l->streak = 0;
	} else if (a->outcome.verdict == VERDICT_DELIVERED && ++l->streak >= STREAK && l->allowed < ALLOWED_MOST) {
		l->allowed++;
		l->streak = 0;
	}
}

static void count_result(struct delivery *d, const struct attempt *a)
{
	enum verdict v = a->outcome.verdict;
	bool good = v == VERDICT_DELIVERED;
	atomic_fetch_add(good ? &d->delivered : v == VERDICT_DROP || v == VERDICT_GONE ? &d->dropped : &d->failed, 1);
	log_line(good ? LOG_DEBUG : LOG_INFO, "delivery", "host=%s result=%s status=%d form=%s why=\"%s\"", a->host,
		 good ? "ok" : v == VERDICT_DROP || v == VERDICT_GONE ? "dropped" : "later", a->status,
		 a->form == FORM_RFC9421 ? "rfc9421" : "cavage", a->why != NULL ? a->why : err_name(a->err));
}

static void result_add(struct delivery *d, struct attempt *a)
{
	a->outcome = outcome_of(a, time_now(), d->unit);
	a->lane->row_next = 0;
	if (a->outcome.verdict == VERDICT_UNTRIED) {
		a->lane->row_next = time_now() + d->unit / 10;
		attempt_forget(d, a);
		return;
	}
	lane_learns(a->lane, a);
	count_result(d, a);
	a->next_result = d->results;
	d->results = a;
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
	for (const struct attempt *a = b->first; a != NULL; a = a->next_result) {
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
	d->results_after = time_steady() + SECOND;
	while (first != NULL) {
		struct attempt *next = first->next_result;
		first->next_result = d->results;
		d->results = first;
		first = next;
	}
}

static void write_results(struct delivery *d)
{
	int64_t now = time_steady();
	if (d->results == NULL || (d->results_after > now && d->results_after <= now + SECOND))
		return;
	struct batch *b = must_alloc(sizeof *b);
	*b = (struct batch){ .event = EVENT_WRITTEN, .delivery = d, .first = d->results };
	d->results = NULL;
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
			attempt_forget(d, a);
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
	if (d->scanning || d->up.first != NULL || d->probes.first != NULL || d->flying + d->writing > 0 || d->results != NULL)
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
	wait = shorter(wait, d->scan_again - now);
	return wait > 0 ? (int)wait : 1;
}

static void work(struct delivery *d)
{
	scan_some(d);
	wake_sleepers(d);
	start_ready(d);
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
		if (d->flying + d->writing == 0 && d->results != NULL && d->results_after > time_steady())
			break; /* the store takes nothing: the rows stay, and will be sent again */
		write_results(d);
	}
	transport_close(d->federation->transport);
}

static void run(void *arg)
{
	struct delivery *d = arg;
	while (!atomic_load(&d->stopping)) {
		work(d);
		struct event *e = queue_pop(d->events, wait_of(d));
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
	struct delivery *d = must_alloc(sizeof *d);
	d->federation = f;
	d->store = f->set.store;
	d->unit = f->set.retry_unit > 0 ? f->set.retry_unit : 10 * SECOND;
	d->wake.event = EVENT_WAKE;
	d->events = queue_create(4 * (FLYING_MOST + PROBES_MOST));
	d->up.last = &d->up.first;
	d->probes.last = &d->probes.first;
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
	for (size_t i = 0; i < BUCKETS; i++)
		while (d->lanes[i] != NULL) {
			struct lane *l = d->lanes[i];
			while (l->attempts != NULL)
				attempt_forget(d, l->attempts);
			lane_free(d, l);
		}
	for (size_t i = 0; i < SIGNERS; i++)
		signer_clear(&d->signers[i]);
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
