/* bench.c: rows, clocks and rates: see bench.h. */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int rows;

/* ---- rows ------------------------------------------------------------------------------------ */

static void print_row(const char *name, const char *unit, double ours, double limit, double ratio,
	enum aim kind, double aim)
{
	bool reached = kind == AT_MOST ? ratio <= aim : ratio >= aim;
	char against[64];
	if (limit > 0)
		snprintf(against, sizeof against, "%.4g %s", limit, unit);
	else
		snprintf(against, sizeof against, "-");
	printf("%-28s %10.4g %-4s %14s %8.3g %s %-5g %s\n", name, ours, unit, against, ratio,
		kind == AT_MOST ? "<=" : ">=", aim, reached ? "ok" : "short");
	printf("ok %d - %s was measured\n", ++rows, name);
	fflush(stdout);
}

void bench_row(
	const char *name, const char *unit, double ours, double limit, enum aim kind, double aim)
{
	print_row(name, unit, ours, limit, limit > 0 ? ours / limit : ours, kind, aim);
}

void bench_rows(const char *name, const char *unit, size_t rounds, const double *ours,
	const double *limits, enum aim kind, double aim)
{
	double ratios[64];
	if (rounds > COUNT(ratios))
		bench_fail("%s: too many rounds", name);
	for (size_t i = 0; i < rounds; i++)
		ratios[i] = ours[i] / limits[i];
	print_row(name, unit, bench_median(ours, rounds), bench_median(limits, rounds),
		bench_median(ratios, rounds), kind, aim);
}

void bench_say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
}

int bench_end(void)
{
	printf("1..%d\n", rows);
	return 0;
}

_Noreturn void bench_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("not ok %d - ", rows + 1);
	vprintf(format, args);
	printf("\n1..%d\n", rows + 1);
	va_end(args);
	fflush(stdout);
	exit(1);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static int rising_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int rising(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

double bench_median(const double *values, size_t count)
{
	double sorted[64];
	if (count == 0 || count > COUNT(sorted))
		bench_fail("a median of %zu", count);
	for (size_t i = 0; i < count; i++)
		sorted[i] = values[i];
	qsort(sorted, count, sizeof *sorted, rising_double);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

int64_t bench_percentile(int64_t *values, size_t count, double part)
{
	qsort(values, count, sizeof *values, rising);
	size_t at = (size_t)((double)count * part);
	return values[at < count ? at : count - 1];
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static double seconds_of(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t) != 0)
		bench_fail("a clock that cannot be read");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_now(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double bench_cpu(pid_t pid)
{
	clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
	if (pid != 0 && clock_getcpuclockid(pid, &clock) != 0)
		bench_fail("the process %d has no clock", (int)pid);
	return seconds_of(clock);
}

int bench_cores(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* ---- rates ----------------------------------------------------------------------------------- */

struct rating {
	void (*run)(void *);
	void *arg;
	atomic_bool over;
	atomic_size_t count;
};

static void *rate_thread(void *arg)
{
	struct rating *r = arg;
	size_t count = 0;
	while (!atomic_load(&r->over)) {
		r->run(r->arg);
		count++;
	}
	atomic_fetch_add(&r->count, count);
	return NULL;
}

double bench_rate(int threads, double seconds, void (*run)(void *), void *arg)
{
	pthread_t ids[64];
	struct rating r = {.run = run, .arg = arg};
	if (threads > (int)COUNT(ids))
		threads = (int)COUNT(ids);
	double start = bench_now();
	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, rate_thread, &r) != 0)
			bench_fail("a thread did not start");
	usleep((useconds_t)(seconds * 1e6));
	atomic_store(&r.over, true);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (double)atomic_load(&r.count) / (bench_now() - start);
}
