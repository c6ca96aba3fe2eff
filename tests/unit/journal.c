/* journal.c: lines in order, readers that see each line once, and one that fails alone. */
#include "../engine/temp.h"

#include "schema.h"

#include <stdatomic.h>

#define TABLE_HEARD 230 /* u64 reader, u64 place → counter: how often it was heard */

struct fixture {
	struct temp temp;
	struct store_settings settings;
	struct store *store;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	f->settings.path = f->temp.path;
	f->store = temp_open(&f->temp, &f->settings);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	time_freeze(0);
	store_close(f->store);
	temp_remove(&f->temp);
	free(f);
	return 0;
}

struct lines {
	size_t count;
	uint64_t first, last; /* places */
	uint64_t object;
};

static enum err append(struct txn *t, void *arg)
{
	struct lines *l = arg;
	for (size_t i = 0; i < l->count; i++) {
		struct line line = {.act = 1, .object = l->object + i};
		enum err e = journal_append(t, &line);
		if (e != OK)
			return e;
		if (i == 0)
			l->first = line.place;
		assert_true(i == 0 || line.place > l->last);
		l->last = line.place;
	}
	return OK;
}

static struct lines write_lines(struct store *s, size_t count)
{
	struct lines l = {.count = count, .object = 1000};
	assert_int_equal(store_write(s, append, &l), OK);
	return l;
}

/* ---- lines ---- */

static enum err append_and_read(struct txn *t, void *arg)
{
	struct line in = *(struct line *)arg, out;
	enum err e = journal_append(t, &in);
	if (e != OK)
		return e;
	assert_int_equal(journal_read(t, in.place, &out), OK);
	assert_true(out.place == in.place && out.at == in.at && out.at != 0 && out.act == in.act);
	assert_true(out.actor == in.actor && out.object == in.object && out.target == in.target);
	assert_true(in.uri ? text_is(in.uri, out.uri) : !out.uri);
	assert_true(in.note ? text_is(in.note, out.note) : !out.note);
	assert_int_equal(out.raw.size, in.raw.size);
	assert_true(!in.raw.size || memcmp(out.raw.data, in.raw.data, in.raw.size) == 0);
	assert_int_equal(journal_read(t, in.place + 1, &out), ERR_NOT_FOUND);
	return OK;
}

static void test_lines(void **state)
{
	struct fixture *f = *state;
	const size_t most = 1024 * 1024;
	char *raw = calloc(1, most + 2);
	memset(raw, 'x', most + 1);
	char *uri = arena_text_n(f->temp.arena, raw, 2048),
	     *note = arena_text_n(f->temp.arena, raw, 2048);
	struct line line = {.act = 7,
		.actor = 1,
		.object = 2,
		.target = UINT64_MAX,
		.uri = uri,
		.note = note,
		.raw = {raw, most},
		.at = 12345};
	assert_int_equal(
		store_write(f->store, append_and_read, &line), OK); /* all at their limits */
	line.raw.size = most + 1;
	assert_int_equal(store_write(f->store, append_and_read, &line), ERR_TOO_MUCH);
	line.raw.size = 0;
	line.uri = raw;
	assert_int_equal(store_write(f->store, append_and_read, &line), ERR_TOO_MUCH);
	struct line empty = {0};
	assert_int_equal(store_write(f->store, append_and_read, &empty), OK);
	free(raw);
}

static enum err append_from_the_future(struct txn *t, void *arg)
{
	struct place key = place_1(TABLE_JOURNAL, *(uint64_t *)arg);
	return txn_put(t, &key, (struct bytes){"", 0});
}

static void test_places_rise_over_restarts(void **state)
{
	struct fixture *f = *state;
	uint64_t future = id_next() + ((uint64_t)HOUR << 16); /* the clock was set back meanwhile */
	assert_int_equal(store_write(f->store, append_from_the_future, &future), OK);
	store_close(f->store);
	f->store = temp_open(&f->temp, &f->settings);
	assert_true(write_lines(f->store, 1).first > future);
}

/* ---- readers ---- */

struct ear {
	uint64_t number;
	struct store *store;
	atomic_ulong heard, after;
	atomic_ulong fails_at; /* an object; 0: none */
	enum err how;          /* OK: ERR_REMOTE */
	atomic_ulong tries;
	uint64_t last;
	bool answers; /* appends a line for each it hears with an object below 2000 */
};

static enum err hear(struct txn *t, const struct line *line, void *arg)
{
	struct ear *ear = arg;
	struct place key = place_2(TABLE_HEARD, ear->number, line->place);
	enum err e = txn_add(t, &key, 1, NULL);
	ear->last = line->place;
	if (e == OK && ear->answers && line->object < 2000) {
		struct line more = {.act = 2, .object = line->object + 1000};
		e = journal_append(t, &more);
	}
	ear->tries += line->object == ear->fails_at;
	if (e != OK || line->object != ear->fails_at)
		return e;
	return ear->how != OK ? ear->how : ERR_REMOTE;
}

static void afterwards(void *arg)
{
	((struct ear *)arg)->after++;
}

static struct journal_reader reader_of(const char *name, struct ear *ear)
{
	return (struct journal_reader){name, hear, afterwards, ear};
}

struct tally {
	uint64_t reader;
	size_t lines, least, most;
};

static enum err tally_row(void *arg, struct bytes key, struct bytes value)
{
	struct tally *n = arg;
	size_t times = ((const uint8_t *)value.data)[0];
	(void)key;
	n->lines++;
	n->least = n->least && n->least < times ? n->least : times;
	n->most = n->most > times ? n->most : times;
	return OK;
}

static enum err tally_all(struct txn *t, void *arg)
{
	struct tally *n = arg;
	struct walk w = {.prefix = place_1(TABLE_HEARD, n->reader), .max = WALK_ALL};
	return txn_walk(t, &w, tally_row, n);
}

static void expect_heard(struct store *s, uint64_t reader, size_t lines, size_t times)
{
	struct tally n = {.reader = reader};
	assert_int_equal(store_read(s, tally_all, &n), OK);
	assert_int_equal(n.lines, lines);
	assert_int_equal(n.least, lines ? times : 0);
	assert_int_equal(n.most, lines ? times : 0);
}

static void test_each_line_once(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1}, b = {.number = 2};
	const struct journal_reader readers[] = {reader_of("a", &a), reader_of("b", &b)};
	write_lines(f->store, 300); /* before there is anyone to hear them */
	struct journal *j = journal_start(f->store, readers, 2);
	for (int i = 0; i < 20; i++)
		write_lines(f->store, 10);
	journal_settle(j);
	expect_heard(f->store, 1, 500, 1);
	expect_heard(f->store, 2, 500, 1);
	assert_true(a.after >= 500 / 64);
	journal_settle(j); /* nothing to do is soon done */
	journal_stop(j);
	write_lines(f->store, 5);
	store_close(f->store);
	f->store = temp_open(&f->temp, &f->settings);
	j = journal_start(f->store, readers, 2); /* goes on where it was */
	journal_settle(j);
	expect_heard(f->store, 1, 505, 1);
	journal_stop(j);
	journal_stop(NULL);
}

static enum err spoil(struct txn *t, void *arg)
{
	struct place key = place_1(231, 1);
	(void)arg;
	enum err e = txn_put(t, &key, (struct bytes){"", 0});
	return e == OK ? ERR_INVALID : e;
}

static void count_spoiled(void *arg, enum err e)
{
	assert_int_equal(e, ERR_INVALID);
	++*(atomic_int *)arg;
}

/* Groups fail around the readers, which run again. */
static void test_once_in_spoiled_groups(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1}, b = {.number = 2};
	const struct journal_reader readers[] = {reader_of("a", &a), reader_of("b", &b)};
	struct store_numbers n;
	atomic_int spoiled = 0;
	struct journal *j = journal_start(f->store, readers, 2);
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 5; k++)
			assert_int_equal(
				store_submit(f->store, spoil, NULL, count_spoiled, &spoiled), OK);
		write_lines(f->store, 3);
	}
	journal_settle(j);
	expect_heard(f->store, 1, 300, 1);
	expect_heard(f->store, 2, 300, 1);
	store_numbers(f->store, &n);
	assert_true(n.replays > 0);
	assert_int_equal(spoiled, 500);
	journal_stop(j);
}

static void test_woken_by_commits(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1};
	const struct journal_reader reader = reader_of("a", &a);
	struct journal *j = journal_start(f->store, &reader, 1);
	journal_settle(j);
	write_lines(f->store, 3);
	for (int i = 0; i < 5000 && a.after == 0; i++)
		usleep(1000);
	expect_heard(f->store, 1, 3, 1);
	journal_stop(j);
}

static void test_lines_that_follow_from_lines(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1, .answers = true};
	const struct journal_reader reader = reader_of("a", &a);
	struct journal *j = journal_start(f->store, &reader, 1);
	write_lines(f->store, 100);
	journal_settle(j);
	expect_heard(f->store, 1, 200, 1);
	journal_stop(j);
}

struct rewind {
	uint64_t place;
};

static enum err rewind_a(struct txn *t, void *arg)
{
	return journal_rewind(t, "a", ((struct rewind *)arg)->place);
}

static void test_rewind(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1};
	const struct journal_reader reader = reader_of("a", &a);
	struct journal *j = journal_start(f->store, &reader, 1);
	write_lines(f->store, 100);
	journal_settle(j);
	assert_int_equal(store_write(f->store, rewind_a, &(struct rewind){0}), OK);
	journal_settle(j);
	expect_heard(f->store, 1, 100, 2);
	assert_int_equal(store_write(f->store, rewind_a, &(struct rewind){UINT64_MAX}), OK);
	journal_settle(j); /* past all there will ever be */
	expect_heard(f->store, 1, 100, 2);
	journal_stop(j);
}

static void test_one_fails_alone(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1, .fails_at = 1040}, b = {.number = 2};
	const struct journal_reader readers[] = {reader_of("a", &a), reader_of("b", &b)};
	time_freeze(time_now());
	write_lines(f->store, 100); /* objects 1000 … 1099 */
	struct journal *j = journal_start(f->store, readers, 2);
	journal_settle(j);
	expect_heard(f->store, 1, 40, 1); /* all before it, nothing of it */
	expect_heard(f->store, 2, 100, 1);
	unsigned long tries = a.tries;
	write_lines(f->store, 10);
	usleep(20000); /* it pauses: the clock stands still */
	assert_int_equal(a.tries, tries);
	a.fails_at = 0;
	time_freeze(time_now() + 10 * MINUTE);
	for (int i = 0; i < 4000; i++) { /* it looks at the clock every second */
		struct tally n = {.reader = 1};
		assert_int_equal(store_read(f->store, tally_all, &n), OK);
		if (n.lines == 110)
			break;
		usleep(1000);
	}
	expect_heard(f->store, 1, 110, 1);
	expect_heard(f->store, 2, 110, 1);
	a.fails_at = 1000; /* settling tries at once */
	write_lines(f->store, 1);
	journal_settle(j);
	a.fails_at = 0;
	journal_settle(j);
	expect_heard(f->store, 1, 111, 1);
	journal_stop(j);
}

/* A damaged record says ERR_STORE each time: nothing is kept of its line, and all that follow are heard. */
static void test_what_is_damaged_costs_one_line(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1, .fails_at = 1040, .how = ERR_STORE};
	const struct journal_reader readers[] = {reader_of("a", &a)};
	write_lines(f->store, 100);
	struct journal *j = journal_start(f->store, readers, 1);
	journal_settle(j);
	expect_heard(f->store, 1, 99, 1);
	write_lines(f->store, 1);
	journal_settle(j);
	expect_heard(f->store, 1, 100, 1);
	journal_stop(j);
}

static enum err append_damaged(struct txn *t, void *arg)
{
	struct place place = place_1(TABLE_JOURNAL, id_next());
	(void)arg;
	return txn_put(t, &place, (struct bytes){"\xff\xff\xff", 3});
}

static void test_a_damaged_line_is_passed_by(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1, .fails_at = 1000, .how = ERR_STORE}; /* one line at a time */
	const struct journal_reader readers[] = {reader_of("a", &a)};
	write_lines(f->store, 1);
	struct journal *j = journal_start(f->store, readers, 1);
	journal_settle(j);
	a.fails_at = 0;
	assert_int_equal(store_write(f->store, append_damaged, NULL), OK);
	write_lines(f->store, 2);
	journal_settle(j);
	expect_heard(f->store, 1, 2, 1);
	journal_stop(j);
}

/* ---- trimming ---- */

struct trim {
	uint64_t before;
	size_t max, readers;
};

static enum err trim(struct txn *t, void *arg)
{
	static const char *const names[] = {"a", "late"};
	struct trim *r = arg;
	return journal_trim(t, r->before, r->max, names, r->readers);
}

static enum err count_line(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
	return OK;
}

static enum err count_lines(struct txn *t, void *arg)
{
	struct walk w = {.prefix = place_0(TABLE_JOURNAL), .max = WALK_ALL};
	return txn_walk(t, &w, count_line, arg);
}

static size_t trimmed_to(struct store *s, uint64_t before, size_t max, size_t readers)
{
	size_t count = 0;
	assert_int_equal(store_write(s, trim, &(struct trim){before, max, readers}), OK);
	assert_int_equal(store_read(s, count_lines, &count), OK);
	return count;
}

static void test_trim(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1};
	const struct journal_reader reader = reader_of("a", &a);
	assert_int_equal(trimmed_to(f->store, UINT64_MAX, 10, 1), 0);
	struct lines l = write_lines(f->store, 100);
	assert_int_equal(trimmed_to(f->store, UINT64_MAX, 10, 1), 100); /* not read yet */
	struct journal *j = journal_start(f->store, &reader, 1);
	journal_settle(j);
	write_lines(f->store, 1);
	journal_settle(j);
	assert_int_equal(trimmed_to(f->store, UINT64_MAX, 0, 1), 101);
	assert_int_equal(
		trimmed_to(f->store, UINT64_MAX, 10, 2), 101); /* "late" has read nothing */
	assert_int_equal(trimmed_to(f->store, l.first, 10, 1), 101);
	assert_int_equal(trimmed_to(f->store, l.first + 1, 10, 1), 100);
	assert_int_equal(trimmed_to(f->store, UINT64_MAX, 10, 1), 90);
	assert_int_equal(trimmed_to(f->store, l.last, WALK_ALL, 1), 2);
	assert_int_equal(trimmed_to(f->store, UINT64_MAX, WALK_ALL, 1), 1); /* the newest stays */
	assert_int_equal(trimmed_to(f->store, UINT64_MAX, WALK_ALL, 1), 1);
	journal_stop(j);
}

static void test_trim_waits_for_a_reader(void **state)
{
	struct fixture *f = *state;
	struct ear a = {.number = 1, .fails_at = 1005};
	const struct journal_reader reader = reader_of("a", &a);
	write_lines(f->store, 20);
	struct journal *j = journal_start(f->store, &reader, 1);
	journal_settle(j);
	assert_int_equal(
		trimmed_to(f->store, UINT64_MAX, WALK_ALL, 1), 15); /* the five it has read */
	journal_stop(j);
}

int main(void)
{
	log_open(LOG_WARN, 2);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_places_rise_over_restarts),
		TEST(test_each_line_once),
		TEST(test_once_in_spoiled_groups),
		TEST(test_woken_by_commits),
		TEST(test_lines_that_follow_from_lines),
		TEST(test_rewind),
		TEST(test_one_fails_alone),
		TEST(test_what_is_damaged_costs_one_line),
		TEST(test_a_damaged_line_is_passed_by),
		TEST(test_trim),
		TEST(test_trim_waits_for_a_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
