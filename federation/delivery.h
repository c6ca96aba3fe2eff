/*
 * delivery.h: what the files of delivery share with each other: delivery.c (who is next), attempt.c (one try), outcome.c
 * (what it meant). Other files see federation.h.
 *
 *   rows in the store → lane of a host → attempt: sign (crypto pool), send (wire) → outcome → written back in groups
 */
#pragma once

#include "federation.h"

#define HOST_HASH 16

struct queue;
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
	VERDICT_BURY         /* the host was not there for a week: its rows go */
};

struct outcome {
	enum verdict verdict;
	int64_t at;          /* ms, wall clock */
	int64_t wait;        /* of WAIT */
	int64_t unit;        /* ms of the first retry step */
	uint32_t form;       /* of DELIVERED */
};

/* The bytes of one activity, shared by all attempts to deliver it. */
struct body {
	uint64_t activity;
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
int64_t outcome_step(uint32_t tries, int64_t unit); /* ms to the next try, ±20 % */
int64_t outcome_longest(int64_t unit);              /* no wait is longer */
bool outcome_for_host(struct host *, const struct outcome *); /* false: nothing worth writing changed */
bool outcome_for_row(struct delivery_row *, const struct outcome *); /* false: the row goes */
enum err outcome_write(struct txn *, const struct attempt *) MUST_USE;
#define HOST_DEAD INT64_MAX /* host.next of one given up: nothing is queued for it until it is seen again */
struct place outcome_host_place(const uint8_t hash[HOST_HASH]);
