/*
 * bench.h: what the benches share: rows against a limit that is measured in the same run, clocks, a node of its own
 * process, and a load of many connections.
 *
 * One line a row: NAME ours limit ratio aim ok|short. A row that is short is a finding, not a failure of the suite; that
 * it could not be measured is one. Machines are shared: what is compared is measured in turns, and medians are told.
 */
#pragma once

#include "node.h"

#include <sys/types.h>

enum aim { AT_MOST, AT_LEAST };
/* `limit` 0: there is none, ours itself must keep to the aim. Ratio and aim are ours ÷ limit. */
void bench_row(const char *name, const char *unit, double ours, double limit, enum aim, double aim);
/* The same of rounds measured in turns: the median of each, and of the ratios of each round. */
void bench_rows(const char *name, const char *unit, size_t rounds, const double *ours, const double *limits, enum aim,
	double aim);
void bench_say(const char *format, ...) PRINTF(1, 2); /* a comment */
int bench_end(void); /* the plan; main's result */
_Noreturn void bench_fail(const char *format, ...) PRINTF(1, 2);

double bench_median(const double *values, size_t count);
int64_t bench_percentile(int64_t *values, size_t count, double part); /* sorts them */
double bench_now(void);          /* s */
double bench_cpu(pid_t);         /* s of the process so far; 0: this one */
int bench_cores(void);
/* How many times a second `run` runs on so many threads at once, within `seconds`. */
double bench_rate(int threads, double seconds, void (*run)(void *arg), void *arg);

/* ---- a node in a directory of its own, served by the program that is built beside the bench ---- */

struct place_of_node {
	struct arena *arena;
	const char *dir;
	uint16_t port;
	pid_t pid; /* 0: does not serve */
};
struct place_of_node *place_make(const char *ca_file); /* ca_file NULL: none */
/* As another process does, without serving: for filling the store. Ends with place_close. */
struct kring *place_open(struct place_of_node *, bool serving);
double place_serve(struct place_of_node *); /* s until the first answer */
void place_stop(struct place_of_node *);
void place_remove(struct place_of_node *); /* stops it and removes the directory */
int64_t place_memory(const struct place_of_node *); /* anonymous bytes of the process */
int64_t place_number(const struct place_of_node *, const char *name); /* of `kring stats` */
const char *place_copy(struct place_of_node *, const char *name); /* its store, as a directory `name` beside it */
/* In slices of 512: run(t, i) for each i below count, in write transactions; bench_fail when one fails. */
void place_fill(struct kring *, size_t count, enum err (*run)(struct txn *, size_t i, void *arg), void *arg);
void place_skip_outbox(struct kring *); /* what was filled in is not sent */

#define PLACE_DOMAIN "bench.example"

/* ---- a load: so many connections, kept, each with one request under way ---------------------- */

struct load {
	uint16_t port;
	size_t connections;
	const struct bytes *requests; /* whole ones, taken in turns */
	size_t request_count;
	int status;            /* of each answer */
	double seconds;        /* how long, or */
	size_t most;           /* how many */
	int64_t *took;         /* µs of each, or NULL; most of them */
	/* out */
	size_t done;
	double elapsed;
	struct bytes last;     /* the last answer whole, in memory of the load */
};
void load_run(struct load *); /* bench_fail when an answer is not what it should be */
double load_rate(const struct load *);
/* So many GETs that differ in the address they are forwarded for, so that the pace of one caller is no limit. */
struct bytes *load_gets(struct arena *, const char *const *paths, size_t count, const char *headers, size_t total);
const char *load_from(struct arena *, size_t i); /* "X-Forwarded-For: …\r\n" of the i-th caller */

/* What libmicrohttpd alone does: answers everything with this answer, head and body, in a process of its own. */
pid_t plain_serve(struct bytes answer, uint16_t *port);
void plain_stop(pid_t);
