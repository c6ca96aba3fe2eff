/* record.c: records survive the way to bytes and back, and no bytes can hurt the way back. */
#include "../engine/temp.h"

struct thing {
	uint64_t id;
	int64_t when;
	uint32_t kind;
	bool open;
	const char *title;
	struct bytes raw;
	struct u64s list;
};
static const struct field fields[] = {
	{1, F_U64, offsetof(struct thing, id), 0},
	{2, F_I64, offsetof(struct thing, when), 0},
	{3, F_U32, offsetof(struct thing, kind), 0},
	{5, F_FLAG, offsetof(struct thing, open), 0},
	{9, F_TEXT, offsetof(struct thing, title), 10},
	{200, F_BYTES, offsetof(struct thing, raw), 300},
	{65535, F_U64S, offsetof(struct thing, list), 4},
};
static const struct shape shape = {"thing", sizeof(struct thing), fields, COUNT(fields)};

/* What an older program knew of it. */
static const struct field old_fields[] = {
	{2, F_I64, offsetof(struct thing, when), 0},
	{9, F_TEXT, offsetof(struct thing, title), 10},
};
static const struct shape old_shape = {
	"thing", sizeof(struct thing), old_fields, COUNT(old_fields)};

static struct bytes written(struct arena *a, const struct shape *s, const struct thing *t)
{
	struct bytes b;
	assert_int_equal(record_write(a, s, t, &b), OK);
	return b;
}

static struct thing back(struct arena *a, const struct shape *s, struct bytes b)
{
	struct thing t;
	memset(&t, 0xa5, sizeof t);
	assert_int_equal(record_read(a, s, b, &t), OK);
	return t;
}

static void test_round_trip(void **state)
{
	static const uint64_t numbers[] = {
		0, 1, 127, 128, 255, 256, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX};
	static const int64_t signs[] = {0, 1, -1, 63, -64, INT64_MAX, INT64_MIN};
	static const char *const texts[] = {NULL, "", "a", "0123456789", "é€"};
	struct arena *a ARENA_CLEANUP = arena_create();
	static uint8_t raw[300];
	(void)state;
	memset(raw, 0xee, sizeof raw);
	for (size_t i = 0; i < 9 * 7 * 5; i++) {
		struct thing t = {
			.id = numbers[i % 9],
			.when = signs[i % 7],
			.kind = (uint32_t)numbers[i % 9],
			.open = i % 2,
			.title = texts[i % 5],
			.raw = {raw, i % 301},
			.list = {numbers, i % 5},
		};
		struct thing u = back(a, &shape, written(a, &shape, &t));
		assert_true(
			u.id == t.id && u.when == t.when && u.kind == t.kind && u.open == t.open);
		assert_true(t.title ? text_is(t.title, u.title) : !u.title);
		assert_int_equal(u.raw.size, t.raw.size);
		assert_true(u.raw.size == 0 || memcmp(u.raw.data, raw, u.raw.size) == 0);
		assert_int_equal(u.list.count, t.list.count);
		for (size_t n = 0; n < u.list.count; n++)
			assert_true(u.list.at[n] == numbers[n]);
	}
}

static void test_nothing_is_no_bytes(void **state)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct thing t = {0};
	(void)state;
	assert_int_equal(written(a, &shape, &t).size, 0);
	struct thing u = back(a, &shape, (struct bytes){NULL, 0});
	assert_true(!u.id && !u.title && !u.raw.size && !u.list.count && !u.open);
}

static void test_layout(void **state)
{
	static const uint8_t want[] = {
		0x01,
		0x02,
		0x34,
		0x12,
		0x02,
		0x01,
		0x01, /* -1 */
		0x05,
		0x01,
		0x01,
		0x09,
		0x02,
		'h',
		'i',
		0xc8,
		0x01,
		0x01,
		0xff,
		0xff,
		0xff,
		0x03,
		0x08,
		7,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
	};
	struct arena *a ARENA_CLEANUP = arena_create();
	uint64_t seven = 7;
	struct thing t = {.id = 0x1234,
		.when = -1,
		.open = true,
		.title = "hi",
		.raw = {"\xff", 1},
		.list = {&seven, 1}};
	(void)state;
	struct bytes b = written(a, &shape, &t);
	assert_int_equal(b.size, sizeof want);
	assert_memory_equal(b.data, want, sizeof want);
}

static void test_other_versions(void **state)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct thing t = {.id = 5, .when = 9, .kind = 3, .title = "title", .raw = {"raw", 3}};
	(void)state;
	struct thing old = back(a, &old_shape, written(a, &shape, &t));
	assert_true(old.when == 9 && old.id == 0 && !old.raw.data);
	assert_string_equal(old.title, "title");
	struct thing new = back(a, &shape, written(a, &old_shape, &t));
	assert_true(new.when == 9 && new.id == 0 && new.kind == 0);
	assert_string_equal(new.title, "title");
}

static void test_limits(void **state)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	static uint8_t raw[301];
	static uint64_t list[5];
	struct bytes b = {"same", 4};
	(void)state;
	const struct thing over[] = {
		{.title = "01234567890"},
		{.raw = {raw, 301}},
		{.list = {list, 5}},
	};
	for (size_t i = 0; i < COUNT(over); i++)
		assert_int_equal(record_write(a, &shape, &over[i], &b), ERR_TOO_MUCH);
	struct thing latin = {.title = "\xe9t\xe9"};
	assert_int_equal(record_write(a, &shape, &latin, &b), ERR_INVALID);
	assert_string_equal(b.data, "same");
	/* The same on reading: written by a program with other limits. */
	struct field wide_fields[COUNT(fields)];
	memcpy(wide_fields, fields, sizeof fields);
	for (size_t i = 0; i < COUNT(fields); i++)
		wide_fields[i].max = 1000;
	const struct shape wide = {"wide", sizeof(struct thing), wide_fields, COUNT(fields)};
	for (size_t i = 0; i < COUNT(over); i++) {
		struct thing t = {.id = 77};
		assert_int_equal(
			record_read(a, &shape, written(a, &wide, &over[i]), &t), ERR_STORE);
		assert_true(t.id == 77);
	}
}

static void test_malformed(void **state)
{
	static const struct bytes bad[] = {
		{"\x01", 1},                        /* no size */
		{"\x01\x02\x01", 3},                /* short */
		{"\x01\x09\1\1\1\1\1\1\1\1\1", 11}, /* u64 of 9 bytes */
		{"\x03\x05\1\1\1\1\1", 7},          /* u32 of 5 bytes */
		{"\x05\x01\x02", 3},                /* flag 2 */
		{"\x05\x02\x01\x00", 4},            /* flag of 2 bytes */
		{"\x09\x01\xff", 3},                /* not UTF-8 */
		{"\x09\x02"
		 "a\0",
			4},                             /* NUL */
		{"\xff\xff\x03\x07\1\1\1\1\1\1\1", 11}, /* 7 bytes of ids */
		{"\x01\x01\x05\x01\x01\x05", 6},        /* twice */
		{"\x02\x01\x05\x01\x01\x05", 6},        /* falling */
		{"\x01\x01\x05\x00", 4},                /* trailing half */
		{"\x01\xff\xff\xff\xff\xff\xff", 7},    /* varint without end */
		{"\x01\xff\xff\xff\xff\x1f", 6},        /* varint over 32 bits */
		{"\x01\xff\xff\xff\xff\x0f", 6},        /* 4 GiB announced */
	};
	struct arena *a ARENA_CLEANUP = arena_create();
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct thing t = {.id = 77};
		assert_int_equal(record_read(a, &shape, bad[i], &t), ERR_STORE);
		assert_true(t.id == 77);
	}
	struct thing t = back(a, &shape,
		(struct bytes){"\x01\x00\x06\x02zz", 6}); /* zero of no bytes, unknown 6 */
	assert_true(t.id == 0);
}

/* Any bytes: cut, changed, invented. What is read once can be written and read again, and is
 * then the same bytes. */
static void test_hostile(void **state)
{
	static const uint64_t list[] = {1, 2, 3};
	struct thing t = {.id = 1u << 20,
		.when = -5,
		.kind = 70000,
		.open = true,
		.title = "title",
		.raw = {"0123456789", 10},
		.list = {list, 3}};
	struct arena *a ARENA_CLEANUP = arena_create(), *b ARENA_CLEANUP = arena_create();
	uint64_t seed = seed_of("record");
	struct bytes good = written(a, &shape, &t);
	size_t read = 0;
	(void)state;
	for (int round = 0; round < 60000; round++) {
		arena_reset(b);
		size_t size = round % 3 == 0 ? chance(&seed, (uint32_t)good.size + 1) : good.size;
		uint8_t *exact = malloc(size ? size : 1); /* so that a byte too far is seen */
		if (good.size)
			memcpy(exact, good.data, size);
		for (uint32_t n = chance(&seed, 4); n > 0 && size; n--)
			exact[chance(&seed, (uint32_t)size)] = (uint8_t)chance(&seed, 256);
		struct thing got, again;
		enum err e = record_read(b, &shape, (struct bytes){exact, size}, &got);
		free(exact);
		assert_true(e == OK || e == ERR_STORE);
		if (e != OK)
			continue;
		read++;
		struct bytes first = written(b, &shape, &got);
		again = back(b, &shape, first);
		struct bytes second = written(b, &shape, &again);
		assert_int_equal(first.size, second.size);
		assert_memory_equal(first.data, second.data, first.size);
	}
	assert_true(read > 1000);
}

static enum err save_and_load(struct txn *t, void *arg)
{
	struct place key = place_1(220, 1), text = place_1(220, 2), none = place_1(220, 3);
	struct thing in = {.id = 5, .title = "kept"}, out = {0};
	(void)arg;
	assert_int_equal(txn_save(t, &key, &shape, &in), OK);
	assert_int_equal(txn_load(t, &key, &shape, &out), OK);
	assert_true(out.id == 5);
	assert_int_equal(txn_del(t, &key), OK); /* the text was copied */
	assert_string_equal(out.title, "kept");
	assert_int_equal(txn_load(t, &none, &shape, &out), ERR_NOT_FOUND);
	assert_int_equal(txn_put(t, &text, bytes_of("\x01nonsense")), OK);
	assert_int_equal(txn_load(t, &text, &shape, &out), ERR_STORE);
	return OK;
}

static void test_in_a_transaction(void **state)
{
	struct temp temp;
	(void)state;
	temp_make(&temp);
	struct store *s = temp_open(&temp, &(struct store_settings){0});
	assert_int_equal(store_write(s, save_and_load, NULL), OK);
	store_close(s);
	temp_remove(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing_is_no_bytes),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_in_a_transaction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
