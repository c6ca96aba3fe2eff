/*
 * temp.h: for the tests of storage: directories that go away, a store to play with, a seed that is
 * printed.
 */
#pragma once

#include "store.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct temp {
	char base[64]; /* made by temp_make */
	char path[96]; /* base/store: not there yet */
	struct arena *arena;
};

static inline void temp_make(struct temp *t)
{
	const char *in = getenv("TMPDIR");
	if (!in || strlen(in) > 30)
		in = "/tmp";
	assert_true(text_print(t->base, sizeof t->base, "%s/kring-test-XXXXXX", in));
	assert_non_null(mkdtemp(t->base));
	assert_true(text_print(t->path, sizeof t->path, "%s/store", t->base));
	t->arena = arena_create();
}

static inline void temp_remove(struct temp *t)
{
	char command[128];
	assert_true(text_print(command, sizeof command, "rm -rf '%s'", t->base));
	assert_int_equal(system(command), 0);
	arena_destroy(t->arena);
}

static inline struct store *temp_open(struct temp *t, const struct store_settings *settings)
{
	struct store *s = NULL;
	const char *why = "";
	if (store_open(t->arena, settings, &s, &why) != OK)
		fail_msg("%s", why);
	return s;
}

static inline struct bytes bytes_of(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

struct pair { /* for the little write and read functions below */
	struct place key;
	struct bytes value;
	bool found;
	uint8_t copy[64];
	size_t size;
};

static inline enum err put_pair(struct txn *t, void *arg)
{
	struct pair *p = arg;
	return txn_put(t, &p->key, p->value);
}

static inline enum err get_pair(struct txn *t, void *arg)
{
	struct pair *p = arg;
	struct bytes value;
	enum err e = txn_get(t, &p->key, &value);
	p->found = e == OK;
	if (e == OK) {
		p->size = value.size;
		if (value.size)
			memcpy(p->copy, value.data,
				value.size < sizeof p->copy ? value.size : sizeof p->copy);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

static inline enum err put(struct store *s, struct place key, const char *value)
{
	struct pair p = { .key = key, .value = bytes_of(value) };
	return store_write(s, put_pair, &p);
}

static inline bool has(struct store *s, struct place key, const char *value)
{
	struct pair p = { .key = key };
	assert_int_equal(store_read(s, get_pair, &p), OK);
	return p.found && p.size == strlen(value) && memcmp(p.copy, value, p.size) == 0;
}

static inline bool lacks(struct store *s, struct place key)
{
	struct pair p = { .key = key };
	assert_int_equal(store_read(s, get_pair, &p), OK);
	return !p.found;
}

/* SEED=… in the environment repeats a run. */
static inline uint64_t seed_of(const char *test)
{
	const char *s = getenv("SEED");
	uint64_t seed = s ? strtoull(s, NULL, 10) : (uint64_t)time_now();
	printf("%s: SEED=%llu\n", test, (unsigned long long)seed);
	return seed;
}

static inline uint32_t chance(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % below;
}
