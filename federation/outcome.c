/* outcome.c: what an answer to a delivery means for the activity and for its host (security.md §6.4), and writing it down. */
#include "delivery.h"

#include <string.h>

#define BURY_MOST 500  /* rows in one transaction */
#define LOOK_MOST 5000 /* while they are of who leaves */
#define TRIES_LEAST                                                                                \
	10 /* a clock that jumps must not throw a queue away: age alone gives nothing up */
#define FORM_KEPT (7 * DAY)
#define GONE_KEPT (30 * DAY)
#define UNITS_DAY 8640 /* of 10 s */

/* 10 s, 1 min, 5 min, 15 min, 1 h, 3 h, 6 h, then every 12 h: in units of the first. */
static const int64_t steps[] = {1, 6, 30, 90, 360, 1080, 2160, 4320};

int64_t outcome_step(uint32_t tries, int64_t unit)
{
	uint32_t dice;
	int64_t step = steps[tries < COUNT(steps) ? tries : COUNT(steps) - 1] * unit;
	crypto_random(&dice, sizeof dice);
	return step * 8 / 10 + (int64_t)(dice % 1024) * (step * 4 / 10) / 1024;
}

int64_t outcome_longest(int64_t unit)
{
	return UNITS_DAY * unit;
}

/* ---- judging ---------------------------------------------------------------------------------------------------------- */

static int64_t asked_for(const struct attempt *a, int64_t unit)
{
	int64_t least = 6 * unit, most = outcome_longest(unit);
	int64_t wait = a->retry_after > 0 ? a->retry_after * unit / (10 * SECOND)
					  : outcome_step(a->row.tries, unit);
	return wait < least ? least : wait > most ? most : wait;
}

static bool older_than(const struct attempt *a, int64_t now, int64_t unit, int days)
{
	return now - a->row.since >= days * UNITS_DAY * unit;
}

static enum verdict verdict_of_status(const struct attempt *a, int64_t now, int64_t unit)
{
	int s = a->status;
	if (s >= 200 && s < 300)
		return VERDICT_DELIVERED;
	if (s == 410)
		return VERDICT_GONE;
	if (s == 429 || (s == 503 && a->retry_after > 0))
		return VERDICT_WAIT;
	if (s == 502 || s == 503 || s == 504 || (s >= 520 && s <= 530))
		return VERDICT_FAILED; /* something before the node answers for it */
	if (s == 404 || s == 405
		|| (s >= 300 && s < 400)) /* the inbox moved, or its node is being mended */
		return a->row.tries >= 2 && older_than(a, now, unit, 1) ? VERDICT_DROP
									: VERDICT_LATER;
	if (s == 401 || s == 408 || s == 425 || (s >= 500 && s != 501))
		return VERDICT_LATER;
	return VERDICT_DROP;
}

static enum verdict verdict_of(const struct attempt *a, int64_t now, int64_t unit)
{
	enum verdict v;
	switch (a->err) {
	case OK:
		v = verdict_of_status(a, now, unit);
		break;
	case ERR_AGAIN:
		return VERDICT_UNTRIED;
	case ERR_INVALID:
	case ERR_NOT_FOUND:
	case ERR_GONE:
		return VERDICT_DROP;
	default:
		v = VERDICT_FAILED;
		break;
	}
	if (a->alone && (v == VERDICT_FAILED || v == VERDICT_WAIT))
		v = VERDICT_LATER;
	bool old = a->row.tries + 1 >= TRIES_LEAST && older_than(a, now, unit, 7);
	return old && (v == VERDICT_LATER || v == VERDICT_WAIT) ? VERDICT_DROP : v;
}

struct outcome outcome_of(const struct attempt *a, int64_t now, int64_t unit)
{
	struct outcome o = {.verdict = a->bury ? VERDICT_BURY : verdict_of(a, now, unit),
		.at = now,
		.unit = unit,
		.form = a->form};
	if (o.verdict == VERDICT_WAIT || (o.verdict == VERDICT_LATER && a->retry_after > 0))
		o.wait = asked_for(a, unit);
	if (o.verdict == VERDICT_BURY)
		o.wait = outcome_step(COUNT(steps), unit);
	return o;
}

/* ---- what changes ------------------------------------------------------------------------------------------------------- */

static void host_failed(struct host *h, const struct outcome *o)
{
	if (h->next > o->at && h->failures > 0)
		return; /* the others of the same moment count once */
	if (h->down_since == 0)
		h->down_since = o->at;
	h->next = o->at + outcome_step(h->failures, o->unit);
	h->failures++;
	if (h->failures >= TRIES_LEAST && o->at - h->down_since >= 7 * UNITS_DAY * o->unit)
		h->next = HOST_DEAD;
}

static bool host_lives(struct host *h, const struct outcome *o)
{
	bool was_up = h->failures == 0 && h->next == 0 && h->down_since == 0;
	bool fresh = o->at >= h->last_ok && o->at - h->last_ok < HOUR;
	h->failures = 0;
	h->next = 0;
	h->down_since = 0;
	if (was_up && fresh)
		return false;
	h->last_ok = o->at;
	return true;
}

bool outcome_for_host(struct host *h, const struct outcome *o)
{
	bool changed;
	switch (o->verdict) {
	case VERDICT_DELIVERED:
		changed = host_lives(h, o);
		if (h->form == o->form && h->form_until - o->at > FORM_KEPT - DAY)
			return changed;
		h->form = o->form;
		h->form_until = o->at + FORM_KEPT;
		return true;
	case VERDICT_DROP:
	case VERDICT_GONE:
	case VERDICT_LATER:
		return host_lives(h, o);
	case VERDICT_WAIT:
		(void)host_lives(h, o);
		h->next = o->at + o->wait;
		return true;
	case VERDICT_FAILED:
		host_failed(h, o);
		return true;
	case VERDICT_UNTRIED:
	case VERDICT_BURY:
		break;
	}
	return false;
}

bool outcome_for_row(struct delivery_row *row, const struct outcome *o)
{
	int64_t step;
	switch (o->verdict) {
	case VERDICT_DELIVERED:
	case VERDICT_DROP:
	case VERDICT_GONE:
		return false;
	case VERDICT_LATER:
		step = outcome_step(row->tries, o->unit);
		row->next = o->at + (step > o->wait ? step : o->wait);
		row->tries++;
		return true;
	case VERDICT_WAIT:
		row->tries++;
		return true;
	default:
		return true;
	}
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

struct place outcome_host_place(const uint8_t hash[HOST_HASH])
{
	struct place p = place_0(TABLE_HOST);
	memcpy(p.at + p.size, hash, HOST_HASH);
	p.size += HOST_HASH;
	return p;
}

enum err outcome_host(struct txn *t, const struct place *place, struct host *h)
{
	*h = (struct host){0};
	enum err e = txn_load(t, place, &host_shape, h);
	return e == ERR_NOT_FOUND || e == ERR_STORE ? OK : e;
}

static enum err write_host(struct txn *t, const struct attempt *a)
{
	struct place place = outcome_host_place(a->host_hash);
	struct host h;
	enum err e = outcome_host(t, &place, &h);
	if (e != OK)
		return e;
	h.name = a->host;
	return outcome_for_host(&h, &a->outcome) ? txn_save(t, &place, &host_shape, &h) : OK;
}

static enum err write_row(struct txn *t, const struct attempt *a)
{
	struct delivery_row row = a->row;
	if (a->outcome.verdict == VERDICT_FAILED || a->outcome.verdict == VERDICT_UNTRIED)
		return OK; /* the host's record says it all */
	return outcome_for_row(&row, &a->outcome) ? txn_save(t, &a->key, &delivery_row_shape, &row)
						  : txn_del(t, &a->key);
}

/* No one else's inbox is touched: the record stands beside the hosts', under the hash of the inbox itself. */
static enum err write_gone(struct txn *t, const struct attempt *a)
{
	struct place place = place_hash(TABLE_HOST, a->row.inbox);
	struct host h = {.name = a->host, .gone_until = a->outcome.at + GONE_KEPT};
	return txn_save(t, &place, &host_shape, &h);
}

struct rows {
	struct txn *t;
	struct place at[BURY_MOST];
	size_t count, seen;
	uint64_t actor; /* of the last row */
	bool stays;
};

static enum err note_row(void *arg, struct bytes key, struct bytes value)
{
	struct rows *rows = arg;
	uint64_t actor = place_id_at(key, 1 + HOST_HASH);
	(void)value;
	if (rows->seen++ == 0 || actor != rows->actor)
		rows->stays = leaving_tells(rows->t, actor);
	rows->actor = actor;
	if (rows->stays)
		return OK;
	rows->at[rows->count] = place_key(key);
	return ++rows->count == BURY_MOST ? ERR_CONFLICT : OK;
}

static enum err bury(struct txn *t, struct attempt *a)
{
	struct rows *rows = arena_alloc(txn_arena(t), sizeof *rows);
	struct place place = outcome_host_place(a->host_hash);
	struct walk walk = {.prefix = place, .max = LOOK_MOST};
	struct host h;
	rows->t = t;
	walk.prefix.at[0] = TABLE_QUEUE;
	enum err e = txn_walk(t, &walk, note_row, rows);
	a->spared = e == OK && rows->count < BURY_MOST && rows->count < rows->seen;
	for (size_t i = 0; e == OK && i < rows->count; i++)
		e = txn_del(t, &rows->at[i]);
	if (e == OK && a->spared)
		e = outcome_host(t, &place, &h);
	if (e != OK || !a->spared)
		return e;
	h.name = a->host;
	h.next = a->outcome.at + a->outcome.wait;
	return txn_save(t, &place, &host_shape, &h);
}

/* Of who leaves it is kept who took their goodbye. */
static enum err write_heard(struct txn *t, const struct attempt *a)
{
	enum verdict v = a->outcome.verdict;
	if (v != VERDICT_DELIVERED && v != VERDICT_DROP && v != VERDICT_GONE)
		return OK;
	return leaving_heard(t, a->row.actor, a->host, v != VERDICT_DROP);
}

enum err outcome_write(struct txn *t, struct attempt *a)
{
	if (a->outcome.verdict == VERDICT_BURY)
		return bury(t, a);
	enum err e = a->outcome.verdict == VERDICT_GONE ? write_gone(t, a) : OK;
	if (e == OK)
		e = write_heard(t, a);
	if (e == OK
		&& (a->err == OK
			|| a->outcome.verdict
				== VERDICT_FAILED)) /* else the host was never asked */
		e = write_host(t, a);
	return e == OK ? write_row(t, a) : e;
}
