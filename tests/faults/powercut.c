/*
 * powercut.c: the power is cut while four hands write. What the store wrote and synced is recorded;
 * then, for many moments, the disk is made as it may have been left: what was synced, and of the rest
 * any 512-byte sectors in any order. Each such disk opens, is sound, and has all that was acknowledged.
 *
 * CUTS=10000 cuts more often; SEED=… repeats a run.
 */
#include "../engine/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define HANDS 4
#define WRITES 250 /* of each hand */
#define SECTOR 512
#define OPS_MOST 65536
#define PENDING_MOST 4096
#define TABLE_ROW 244
#define TABLE_ROWS 245
#define TABLE_LATEST 246

/* ---- the recorder: these stand before the C library's ---- */

enum op_kind { WRITE, SYNC, WRITTEN, OPENED, ACKNOWLEDGED };
struct op {
	enum op_kind kind;
	uint64_t hand; /* of ACKNOWLEDGED */
	size_t at, size;
	uint8_t *data;
};
static struct op ops[OPS_MOST];
static size_t op_count, op_end; /* the last byte written */
static atomic_bool recording, unforeseen;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void record(struct op op)
{
	pthread_mutex_lock(&lock);
	if (op_count == OPS_MOST)
		abort();
	ops[op_count++] = op;
	if (op.at + op.size > op_end)
		op_end = op.at + op.size;
	pthread_mutex_unlock(&lock);
}

static bool is_recorded(int fd)
{
	char link[64], name[256];
	if (!recording || !text_print(link, sizeof link, "/proc/self/fd/%d", fd))
		return false;
	ssize_t size = readlink(link, name, sizeof name - 1);
	return size > 9 && memcmp(name + size - 9, "/data.mdb", 9) == 0;
}

static void record_parts(const struct iovec *parts, int count, size_t at)
{
	struct op op = {.kind = WRITE, .at = at};
	for (int i = 0; i < count; i++)
		op.size += parts[i].iov_len;
	op.data = malloc(op.size);
	for (size_t i = 0, done = 0; i < (size_t)count; done += parts[i++].iov_len)
		memcpy(op.data + done, parts[i].iov_base, parts[i].iov_len);
	record(op);
}

/* A write through LMDB's second descriptor is on disk when it answers. */
static void record_answer(int fd)
{
	if (fcntl(fd, F_GETFL) & O_DSYNC)
		record((struct op){.kind = WRITTEN});
}

/* LMDB calls it by either name, whatever this file's own off_t is. */
ssize_t recording_pwrite(int fd, const void *data, size_t size, off_t at) __asm__(
	"recording_pwrite");
ssize_t recording_pwrite(int fd, const void *data, size_t size, off_t at)
{
	bool kept = is_recorded(fd);
	struct iovec whole = {(void *)(uintptr_t)data, size};
	if (kept)
		record_parts(&whole, 1, (size_t)at);
	ssize_t done = (ssize_t)syscall(SYS_pwrite64, fd, data, size, at);
	if (kept)
		record_answer(fd);
	return done;
}
ssize_t plain_pwrite(int fd, const void *data, size_t size, off_t at) __asm__("pwrite")
	__attribute__((alias("recording_pwrite")));
ssize_t large_pwrite(int fd, const void *data, size_t size, off_t at) __asm__("pwrite64")
	__attribute__((alias("recording_pwrite")));

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	bool kept = is_recorded(fd);
	if (kept)
		record_parts(parts, count, (size_t)lseek(fd, 0, SEEK_CUR));
	ssize_t done = (ssize_t)syscall(SYS_writev, fd, parts, count);
	if (kept)
		record_answer(fd);
	return done;
}

int fdatasync(int fd)
{
	int answer = (int)syscall(SYS_fdatasync, fd);
	if (is_recorded(fd))
		record((struct op){.kind = SYNC});
	return answer;
}

/* The file grows by being written; were it cut, the model above would be wrong. */
int recorded_ftruncate(int fd, off_t size) __asm__("recorded_ftruncate");
int recorded_ftruncate(int fd, off_t size)
{
	if (is_recorded(fd))
		unforeseen = true;
	return (int)syscall(SYS_ftruncate, fd, size);
}
int plain_ftruncate(int fd, off_t size) __asm__("ftruncate")
	__attribute__((alias("recorded_ftruncate")));
int large_ftruncate(int fd, off_t size) __asm__("ftruncate64")
	__attribute__((alias("recorded_ftruncate")));

/* ---- the hands ---- */

struct hand {
	struct store *store;
	uint64_t number, next;
};

/* The same for the same number: 8 bytes to some pages. */
static struct bytes value_of(struct arena *arena, uint64_t hand, uint64_t number)
{
	uint64_t mixed = hand * 1000003 + number, seed = mixed;
	size_t size = 8 + chance(&seed, number % 7 == 0 ? 20000 : 600);
	uint8_t *at = arena_alloc(arena, size);
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(mixed >> i % 8 * 8) ^ (uint8_t)i;
	return (struct bytes){at, size};
}

/* A new row, a count of them, and a row that is written again each time so that pages are used again. */
static enum err write_one(struct txn *t, void *arg)
{
	struct hand *h = arg;
	struct place row = place_2(TABLE_ROW, h->number, h->next);
	struct place count = place_1(TABLE_ROWS, h->number);
	struct place latest = place_1(TABLE_LATEST, h->number);
	struct bytes value = value_of(txn_arena(t), h->number, h->next);
	enum err e = txn_put(t, &row, value);
	if (e == OK)
		e = txn_put(t, &latest, value);
	return e == OK ? txn_add(t, &count, 1, NULL) : e;
}

static void *write_all(void *arg)
{
	struct hand *h = arg;
	for (; h->next < WRITES; h->next++) {
		if (store_write(h->store, write_one, h) != OK)
			return NULL;
		if (recording)
			record((struct op){.kind = ACKNOWLEDGED, .hand = h->number});
	}
	return NULL;
}

static void write_under_record(struct temp *t)
{
	struct store_settings settings = {.path = t->path};
	struct hand hands[HANDS];
	pthread_t threads[HANDS];
	recording = true;
	struct store *s = temp_open(t, &settings);
	record((struct op){.kind = OPENED});
	for (uint64_t i = 0; i < HANDS; i++) {
		hands[i] = (struct hand){s, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, write_all, &hands[i]), 0);
	}
	for (size_t i = 0; i < HANDS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(hands[i].next, WRITES);
	}
	store_close(s);
	recording = false;
	assert_false(unforeseen);
	printf("# %zu writes, syncs and answers recorded\n", op_count);
}

/* ---- the disk ---- */

struct disk {
	uint8_t *at; /* what is durable */
	size_t size, moment;
	size_t pending[PENDING_MOST], pending_count;
	uint64_t acknowledged[HANDS];
	bool opened;
	bool lies; /* says a sync is done and does nothing */
};

static void put_down(uint8_t *disk, size_t *size, const uint8_t *data, size_t at, size_t bytes)
{
	memcpy(disk + at, data, bytes);
	if (at + bytes > *size)
		*size = at + bytes;
}

static void make_durable(struct disk *d, size_t from)
{
	for (size_t i = from; i < d->pending_count; i++) {
		const struct op *op = &ops[d->pending[i]];
		put_down(d->at, &d->size, op->data, op->at, op->size);
	}
	d->pending_count = from;
}

static void advance(struct disk *d, size_t moment)
{
	for (; d->moment < moment; d->moment++) {
		const struct op *op = &ops[d->moment];
		if (op->kind == WRITE && d->pending_count == PENDING_MOST)
			abort();
		if (op->kind == WRITE)
			d->pending[d->pending_count++] = d->moment;
		else if (op->kind == SYNC && !d->lies)
			make_durable(d, 0);
		else if (op->kind == WRITTEN && !d->lies)
			make_durable(d, d->pending_count - 1); /* that one write only */
		else if (op->kind == OPENED)
			d->opened = true;
		else if (op->kind == ACKNOWLEDGED)
			d->acknowledged[op->hand]++;
	}
}

/* None, all, or some of the sectors under way, the later write before the earlier one or not. */
static size_t tear(const struct disk *d, uint8_t *torn, uint64_t *seed)
{
	static const uint32_t shares[] = {0, 100, 10, 50, 90};
	uint32_t share = shares[chance(seed, COUNT(shares))];
	size_t order[PENDING_MOST], size = d->size;
	memcpy(torn, d->at, d->size);
	memset(torn + d->size, 0, op_end - d->size);
	for (size_t i = 0; i < d->pending_count; i++) {
		size_t other = chance(seed, (uint32_t)i + 1);
		order[i] = order[other];
		order[other] = d->pending[i];
	}
	for (size_t i = 0; i < d->pending_count; i++) {
		const struct op *op = &ops[order[i]];
		for (size_t at = 0; at < op->size; at += SECTOR) {
			size_t bytes = op->size - at < SECTOR ? op->size - at : SECTOR;
			if (chance(seed, 100) < share)
				put_down(torn, &size, op->data + at, op->at + at, bytes);
		}
	}
	return size;
}

/* ---- looking at what is left ---- */

struct audit {
	uint64_t hand, rows;
	const char *wrong;
	struct arena *arena;
};

static enum err audit_row(void *arg, struct bytes key, struct bytes value)
{
	struct audit *a = arg;
	struct bytes wanted = value_of(a->arena, a->hand, a->rows);
	if (place_id(key, 1) != a->rows)
		a->wrong = "a row is missing between others";
	else if (value.size != wanted.size || memcmp(value.data, wanted.data, wanted.size) != 0)
		a->wrong = "a row has other bytes than were written";
	a->rows++;
	return a->wrong ? ERR_CONFLICT : OK;
}

static enum err audit_hand(struct txn *t, void *arg)
{
	struct audit *a = arg;
	struct walk w = {.prefix = place_1(TABLE_ROW, a->hand), .max = WALK_ALL};
	struct place count = place_1(TABLE_ROWS, a->hand), latest = place_1(TABLE_LATEST, a->hand);
	struct bytes last, wanted;
	int64_t counted = 0;
	a->arena = txn_arena(t);
	enum err e = txn_walk(t, &w, audit_row, a);
	if (e == OK)
		e = txn_count(t, &count, &counted);
	if (e != OK || a->wrong)
		return e;
	if ((uint64_t)counted != a->rows)
		a->wrong = "rows and their count differ";
	if (a->rows == 0)
		return OK;
	e = txn_get(t, &latest, &last);
	wanted = value_of(a->arena, a->hand, a->rows - 1);
	if (e == OK && (last.size != wanted.size || memcmp(last.data, wanted.data, last.size) != 0))
		a->wrong = "the last row is not the last";
	return e;
}

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(uint64_t *)arg;
	return OK;
}

static enum err count_rows(struct txn *t, void *arg)
{
	struct walk all = {.max = WALK_ALL};
	return txn_walk(t, &all, count_row, arg);
}

/* NULL, or what is wrong. Writes on: what the cut left must do for the pages to come, too. */
static const char *audit_store(struct store *s, const uint64_t acknowledged[HANDS])
{
	struct store_numbers numbers;
	uint64_t rows = 0;
	for (uint64_t i = 0; i < HANDS; i++) {
		for (int further = 0; further < 4; further++) {
			struct audit a = {.hand = i};
			if (store_read(s, audit_hand, &a) != OK)
				return "it cannot be read";
			if (a.wrong)
				return a.wrong;
			if (a.rows < acknowledged[i])
				return "what was acknowledged is missing";
			struct hand h = {s, i, a.rows};
			if (store_write(s, write_one, &h) != OK)
				return "it cannot be written";
		}
	}
	store_numbers(s, &numbers);
	if (store_read(s, count_rows, &rows) != OK || rows != numbers.rows)
		return "it says another number of rows than it has";
	return NULL;
}

/* A store that was never opened may be none yet: nobody was told of it. */
static const char *open_torn(struct temp *t, const struct disk *d, const uint8_t *torn, size_t size)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	const char *path = arena_format(arena, "%s/cut", t->base), *why = NULL;
	struct store_settings settings = {.path = path};
	struct store *s;
	static const char *const files[] = {"lock.mdb", "lock"};
	(void)mkdir(path, 0700);
	for (size_t i = 0; i < COUNT(files); i++)
		(void)unlink(arena_format(arena, "%s/%s", path, files[i]));
	int fd = open(arena_format(arena, "%s/data.mdb", path), O_RDWR | O_CREAT | O_TRUNC, 0600);
	bool whole = fd >= 0 && write(fd, torn, size) == (ssize_t)size;
	close(fd);
	if (!whole)
		return "the disk of the test is full";
	if (store_open(arena, &settings, &s, &why) != OK)
		return d->opened ? why : NULL;
	const char *wrong = audit_store(s, d->acknowledged);
	store_close(s);
	return wrong;
}

/* ---- the tests ---- */

struct fixture {
	struct temp temp;
	struct disk disk;
	uint8_t *torn;
};

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

static size_t *moments(struct fixture *f, size_t count, uint64_t *seed)
{
	size_t *all = arena_array(f->temp.arena, count, sizeof *all);
	for (size_t i = 0; i < count; i++)
		all[i] = chance(seed, (uint32_t)op_count + 1);
	qsort(all, count, sizeof *all, by_number);
	return all;
}

static void nothing_acknowledged_is_lost(void **state)
{
	struct fixture *f = *state;
	const char *asked = getenv("CUTS");
	size_t cuts = asked ? strtoul(asked, NULL, 10) : 400, torn = 0;
	uint64_t seed = seed_of("power cut");
	size_t *at = moments(f, cuts, &seed);
	for (size_t i = 0; i < cuts; i++) {
		advance(&f->disk, at[i]);
		torn += f->disk.pending_count > 0;
		size_t size = tear(&f->disk, f->torn, &seed);
		const char *wrong = open_torn(&f->temp, &f->disk, f->torn, size);
		if (wrong)
			fail_msg("cut %zu, at %zu of %zu: %s", i, at[i], op_count, wrong);
	}
	advance(&f->disk, op_count);
	for (size_t i = 0; i < HANDS; i++)
		assert_int_equal(f->disk.acknowledged[i], WRITES);
	printf("# %zu cuts, %zu of them with writes under way\n", cuts, torn);
	assert_true(torn > cuts / 10);
}

/* The test has teeth: on a disk that lies about its syncs, much is lost or broken. */
static void a_disk_that_lies_loses(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = seed_of("lying disk");
	size_t *at = moments(f, 20, &seed), bad = 0;
	f->disk.lies = true;
	for (size_t i = 0; i < 20; i++) {
		advance(&f->disk, at[i]);
		size_t size = tear(&f->disk, f->torn, &seed);
		pid_t child = fork(); /* it may well die of it */
		if (child == 0) {
			int nowhere = open("/dev/null", O_WRONLY);
			dup2(nowhere, 1);
			dup2(nowhere, 2);
			signal(SIGSEGV, SIG_DFL);
			signal(SIGBUS, SIG_DFL);
			alarm(20);
			_exit(open_torn(&f->temp, &f->disk, f->torn, size) ? 1 : 0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		bad += status != 0;
	}
	assert_true(bad >= 5);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	temp_make(&f->temp);
	*state = f;
	if (op_count == 0)
		write_under_record(&f->temp);
	f->disk.at = calloc(1, op_end);
	f->torn = calloc(1, op_end);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	free(f->disk.at);
	free(f->torn);
	temp_remove(&f->temp);
	free(f);
	return 0;
}

static int forget_ops(void **state)
{
	(void)state;
	for (size_t i = 0; i < op_count; i++)
		free(ops[i].data);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_acknowledged_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_lies_loses, setup, teardown),
	};
	log_open(LOG_ERROR, 2);
	return cmocka_run_group_tests(tests, NULL, forget_ops);
}
