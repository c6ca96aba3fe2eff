/*
 * apply.h: what the two files of applying share: apply.c (the thread: which rows, in which order) and task.c (one row: read,
 * judged, fetched for, ended). Other files see federation.h.
 */
#pragma once

#include "federation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define GROUP 64       /* rows submitted together: the store commits them as one */
#define FLYING_MOST 48 /* rows for which something is being fetched */

#define STRANGERS_MOST 72

struct spot { /* a row that is not to be read again now: a thread that fetches has it */
	uint64_t place;
	const char *host; /* the task's */
};
struct inbox {
	struct federation *f;
	struct pool *keys, *fetches, *parents;
	struct thread *thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct spot spots[FLYING_MOST];
	size_t spot_count;
	uint64_t strangers[STRANGERS_MOST]; /* the networks of those whose keys are asked for */
	size_t stranger_count;
	size_t parent_count; /* being fetched */
	size_t left;         /* of the rows submitted together */
	bool stopping, busy, woken;
	bool stumbled; /* the store took no answer: a pause before the rows are read again */
	long rows, bytes;  /* of TABLE_INBOX and TABLE_LATER, and of the JSON in both */
	void *shares;      /* room.c's: of each host */
	atomic_long later; /* rows of TABLE_LATER */
	atomic_ullong applied, dropped, parked;
	int64_t forgot;
};

enum fate {
	FATE_DONE,  /* its effects are there, and the row is not */
	FATE_FETCH, /* something has to be fetched */
	FATE_LATER, /* another try after a pause */
	FATE_DROP,  /* nothing comes of it */
	FATE_PARK   /* we could not, for hours: kept for the admin */
};
struct task {
	struct inbox *in;
	struct arena *arena;
	uint64_t place;
	struct received row;
	const char *host; /* that sent it */
	struct judged parts[ACTIVITY_PARTS];
	size_t part_count;
	size_t at;       /* the part that needs something */
	enum err result; /* of the last write */
	enum err why;    /* of its fate */
	enum fate fate;
	int64_t due;
	bool skipped; /* its row was gone */
};

struct task *task_create(struct inbox *, uint64_t place, struct bytes row);
void task_free(struct task *); /* NULL ok */
enum err task_parse(struct task *) MUST_USE;
enum err task_write(struct txn *, void *task) MUST_USE; /* its effects, and the end of its row; once */
enum err task_end(struct txn *, void *task) MUST_USE;   /* LATER, DROP, PARK */
void task_decide(struct task *);                        /* by its result; FETCH has its spot then */
void task_tell(struct task *);                          /* what was written is counted */
void task_fetch(void *task); /* on a pool thread: ends and frees it */
