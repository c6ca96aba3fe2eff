/*
 * delivery.h: what the files of delivery share with each other: delivery.c (whose turn it is),
 * lane.c (hosts that have rows), pick.c (their next rows), attempt.c (one try), outcome.c
 * (what it meant). Other files see federation.h.
 *
 *   rows in the store → lane of a host → attempt: sign (crypto pool), send (wire) → outcome → written back in groups
 */
#pragma once

#include "federation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HOST_HASH 16

struct lane;

/* What comes back to the thread of delivery. */
enum event_kind { EVENT_WAKE = 1, EVENT_TRIED, EVENT_WRITTEN };

enum verdict {
	VERDICT_UNTRIED = 1, /* stopping or busy: nothing is known */
	VERDICT_DELIVERED,
	VERDICT_DROP,        /* refused for good, or too old */
	VERDICT_GONE,        /* this inbox is no more */
	VERDICT_LATER,       /* this activity, later */
	VERDICT_WAIT,        /* the host asks for time */
	VERDICT_FAILED,      /* the host is not there */
	VERDICT_BURY         /* the host was not there for a week: its rows go, but for goodbyes */
};

struct outcome {
	enum verdict verdict;
	int64_t at;          /* ms, wall clock */
	int64_t wait;        /* of WAIT and BURY; of LATER: no less */
	int64_t unit;        /* ms of the first retry step */
	uint32_t form;       /* of DELIVERED */
};

/* The bytes of one activity, shared by all attempts to deliver it. */
struct body {
	uint64_t activity;
	uint64_t post;   /* what it tells of, or 0: it goes as long as that may be read */
	uint64_t reader; /* of a copy: by whom alone */
	bool open;       /* by everyone */
	struct bytes json;
	struct arena *arena;
	size_t held;
	struct body *next;
};

/* One row on its way. Owned by one thread at a time: delivery → crypto pool → wire → delivery → writer → delivery. */
struct attempt {
	enum event_kind event; /* first: told apart by it */
	struct delivery *delivery;
	struct federation *federation;
	struct queue *events;
	struct arena *arena;
	struct lane *lane;
	struct place key;      /* of the row */
	struct delivery_row row;
	uint8_t host_hash[HOST_HASH];
	const char *host;
	struct body *body;
	struct key *signer;
	const char *key_id;
	enum signature_form form;
	bool knocked;          /* the other form has been tried too */
	bool probe;            /* to a host that failed last time */
	bool bury;             /* nothing is sent: the host is dead, its rows go */
	bool spared;           /* but for those of who leaves: it is tried again after outcome.wait */
	bool alone;            /* the host failed over it and took others' since: it is not the host */
	int64_t started;       /* steady */
	const char *const *headers;
	/* set by the wire */
	enum err err;
	int status;
	int64_t retry_after;
	const char *why;       /* static */
	struct outcome outcome;
	bool begun;
	struct attempt *next;        /* of the lane */
	struct attempt *next_result; /* to be written */
};

/* attempt.c. Takes the attempt; its event comes to `events` once. */
void attempt_start(struct attempt *);

/* outcome.c */
struct outcome outcome_of(const struct attempt *, int64_t now, int64_t unit);
int64_t outcome_longest(int64_t unit);              /* no wait is longer */
bool outcome_for_host(struct host *, const struct outcome *); /* false: nothing worth writing changed */
bool outcome_for_row(struct delivery_row *, const struct outcome *); /* false: the row goes */
enum err outcome_write(struct txn *, struct attempt *) MUST_USE; /* sets `spared` */
#define HOST_DEAD INT64_MAX /* host.next of one given up: nothing is queued for it until it is seen again */
/* All zero where there is none, or one that cannot be read: the next answer writes it anew. */
enum err outcome_host(struct txn *, const struct place *, struct host *) MUST_USE;
struct place outcome_host_place(const uint8_t hash[HOST_HASH]);

/* ---- the thread of delivery.c and what it owns ---- */

#define LANE_BUCKETS 8192
#define ALLOWED_MOST 4   /* at once to one host, of different actors */
#define FLYING_MOST 448  /* in all */
#define PROBES_MOST 64   /* further ones, to hosts that failed last time */
#define SIGNERS 1024

struct lane { /* one host that has rows */
	uint8_t hash[HOST_HASH];
	char *name;
	struct host host;    /* its record, as written or about to be */
	unsigned active, allowed, streak;
	bool ready, empty;
	int64_t row_next;    /* no row of it may go before */
	uint64_t last;       /* the actor that comes last: over its row the host failed, or asked for time */
	bool took;           /* others' rows since then */
	uint64_t turn;       /* the next look at the rows begins with this actor's */
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
	struct lane *lanes[LANE_BUCKETS];
	size_t lane_count;
	struct ready up, probes;
	size_t flying, probing, writing;
	struct attempt *on_their_way[FLYING_MOST + PROBES_MOST];
	struct body *bodies;
	struct signer signers[SIGNERS];
	struct attempt *results, **results_last; /* to be written, as they came */
	size_t result_count;
	int64_t results_after;   /* steady; after a failed write */
	bool scanning, scan_wanted;
	struct place cursor;
	uint64_t settles_scanning, settles_scanned;
	int64_t scan_next, scan_again, scan_took; /* steady */
	int64_t soonest;         /* wall: when a sleeping lane is due */
	atomic_uint_least64_t delivered, dropped, failed, lanes_now;
};

static inline void *delivery_alloc(size_t size)
{
	void *p = calloc(1, size);
	if (p == NULL)
		die("out of memory for a delivery");
	return p;
}

static inline char *delivery_copy(const char *s)
{
	size_t size = strlen(s) + 1;
	return memcpy(delivery_alloc(size), s, size);
}

/* delivery.c */
enum err delivery_host(struct txn *, const char *name, struct host *) MUST_USE; /* all zero when there is none */

/* lane.c */
void lane_scan(struct delivery *);     /* some of the way through the table, when it is time */
void lane_offer(struct delivery *, struct lane *); /* into its line when it may go now; else the clock is told */
void lane_wake_due(struct delivery *);
struct lane *lane_take(struct ready *);
void lane_free(struct delivery *, struct lane *);
bool lane_is_probe(const struct lane *); /* it failed last time */
void lane_learns(struct lane *, const struct attempt *);

/* pick.c */
enum err pick_rows(struct delivery *, struct txn *, struct lane *) MUST_USE; /* adds attempts to the lane */
void pick_drop_body(struct delivery *, struct body *); /* NULL ok */
void pick_forget_signers(struct delivery *);
