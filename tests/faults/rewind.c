/*
 * rewind.c: the readers of a journal begin again at its start, for operation.test: `test-faults-rewind STORE`. Without a
 * store it is its own test: a reader that is rewound follows every line again, in order.
 */
#include "../engine/temp.h"

static enum err rewind_outbox(struct txn *t, void *arg)
{
	return journal_rewind(t, arg, 0);
}

static enum err append(struct txn *t, void *arg)
{
	struct line line = {.act = 1, .actor = *(uint64_t *)arg};
	return journal_append(t, &line);
}

struct followed {
	uint64_t actors[64];
	size_t count;
};

static enum err follow(struct txn *t, const struct line *line, void *arg)
{
	struct followed *f = arg;
	(void)t;
	assert_true(f->count < COUNT(f->actors));
	f->actors[f->count++] = line->actor;
	return OK;
}

static void every_line_comes_again(void **state)
{
	struct temp t;
	struct followed f = {.count = 0};
	struct journal_reader reader = {.name = "outbox", .follow = follow, .arg = &f};
	(void)state;
	temp_make(&t);
	struct store_settings settings = {.path = t.path};
	struct store *s = temp_open(&t, &settings);
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(store_write(s, append, &i), OK);
	for (size_t round = 1; round <= 2; round++) {
		struct journal *j = journal_start(s, &reader, 1);
		journal_settle(j);
		journal_stop(j);
		assert_int_equal(f.count, 10 * round);
		assert_int_equal(store_write(s, rewind_outbox, (void *)(uintptr_t) "outbox"), OK);
	}
	for (size_t i = 0; i < f.count; i++)
		assert_int_equal(f.actors[i], i % 10 + 1);
	store_close(s);
	temp_remove(&t);
}

static int rewind_store(const char *path)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct store_settings settings = {.path = path};
	struct store *s;
	const char *why = NULL;
	if (store_open(arena, &settings, &s, &why) != OK) {
		fprintf(stderr, "%s: %s\n", path, why);
		return 1;
	}
	enum err e = store_write(s, rewind_outbox, (void *)(uintptr_t) "outbox");
	store_close(s);
	return e == OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_line_comes_again)};
	if (argc == 2)
		return rewind_store(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
