/*
 * wire.h: what the two files of the wire share: transport.c (libcurl, the thread) and job.c (a request before and after
 * curl: its turn, its name, its time, its end). Other files see federation.h.
 */
#pragma once

#include "federation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PER_HOST_MOST 2 /* connections; and GETs at once */
#define GETS_MOST 64    /* at once */
#define IDLE_MOST 256   /* easies kept for reuse */
#define LOOK 250         /* ms between looks at what waits outside curl */

struct curl_slist;

enum job_state { JOB_WAITING, JOB_RESOLVING, JOB_RUNNING, JOB_ANSWERED };

struct job {
	struct transport *transport;
	struct arena *arena;
	struct request request;
	struct url url;
	bool loopback;
	enum job_state state;
	int64_t until, resolve_until; /* steady */
	answer_fn *done;
	void *arg;
	struct dns_answer addresses;
	void *easy; /* curl's, as are the next two */
	struct curl_slist *headers, *pinned;
	char *body;
	size_t size, room, header_count, header_bytes;
	bool too_big, refused;
	struct job *next;          /* in a line */
	struct job *newer, *older; /* of all that are open */
};

struct line_of {
	struct job *first, **last;
};

struct transport {
	struct arena *arena; /* of the next three */
	const char *ca_file, *agent, *own; /* own: our base_url */
	bool loopback;
	struct dns *dns;
	struct thread *thread;
	int epoll, wake;
	void *multi, *share; /* curl's */
	pthread_mutex_t lock; /* of the next four */
	struct line_of asked, resolved;
	size_t open;
	bool closing;
	/* the wire thread's own */
	struct job *jobs;
	struct line_of waiting;      /* GETs, for their turn */
	struct job *gets[GETS_MOST]; /* that have it */
	void *idle[IDLE_MOST];
	size_t idle_count;
	int64_t looked, due;         /* steady; due: when curl wants to be called */
	atomic_uint_least64_t sent, failed, overdue;
};

/* job.c: all but job_wake on the wire thread */
void line_init(struct line_of *);
void job_wake(struct transport *);
void job_read_mail(struct transport *);  /* what was asked, what was resolved */
void job_go_on(struct transport *);      /* GETs whose turn has come */
void job_look_after(struct transport *); /* ends what is past its time */
void job_end(struct job *, const struct answer *); /* answers and forgets */
void job_fail(struct job *, enum err, const char *why);
void job_free(struct job *);

/* transport.c */
void transport_run(struct job *);     /* hands it to curl */
void transport_release(struct job *); /* takes it back from curl */
