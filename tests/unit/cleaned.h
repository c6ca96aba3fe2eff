/* cleaned.h: what the tests of markup share: text in, clean HTML out, and the same when cleaned again. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/data.h"

#include <string.h>
#include <time.h>

#define REL " rel=\"nofollow noopener noreferrer ugc\""

struct pair {
	const char *in, *out;
};

/* Clean each, compare, and clean again: nothing may change any more. */
static inline void check(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		char *once = markup_clean(a, pairs[i].in);
		assert_string_equal(once, pairs[i].out);
		assert_string_equal(markup_clean(a, once), once);
	}
}

static inline char *repeat(struct arena *a, const char *s, size_t times)
{
	struct text t;
	text_init(&t, a, (size_t)4 << 20);
	while (times-- > 0)
		text_add(&t, s);
	assert_false(t.failed);
	return t.at;
}

/* Of this thread alone: the machine may be busy. */
static inline int64_t cpu_ms(void)
{
	struct timespec t;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void in_time(
	const char *what, char *(*run)(struct arena *, const char *), const char *in, int64_t ms)
{
	int64_t best = INT64_MAX;
	for (int i = 0; i < 3; i++) { /* others take the cache: the best of three */
		ARENA_CLEANUP struct arena *a = arena_create();
		int64_t start = cpu_ms();
		run(a, in);
		int64_t took = cpu_ms() - start;
		best = took < best ? took : best;
	}
	if (best > ms)
		fail_msg("%s took %lld ms", what, (long long)best);
}
