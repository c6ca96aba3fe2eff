/*
 * record.c: struct ↔ bytes by field table. A record is a row of (tag varint, size varint, bytes),
 * tags rising.
 *
 * Numbers are little-endian without their high zero bytes, signed ones zigzag; what is zero,
 * false, NULL or an empty list is left out; "" is kept, as a text of no bytes. So a record is as
 * long as what it says.
 */
#include "store.h"

#include <assert.h>
#include <string.h>

#define VARINT_MAX 5 /* bytes of a u32 */

static const void *member(const void *record, const struct field *f)
{
	return (const char *)record + f->offset;
}

/* ---- writing ---- */

static uint64_t number_of(const void *record, const struct field *f)
{
	uint64_t n = 0;
	uint32_t small = 0;
	int64_t i = 0;
	bool flag = false;
	switch (f->kind) {
	case F_U64:
		memcpy(&n, member(record, f), sizeof n);
		return n;
	case F_I64:
		memcpy(&i, member(record, f), sizeof i);
		return (uint64_t)i << 1 ^ (i < 0 ? UINT64_MAX : 0);
	case F_U32:
		memcpy(&small, member(record, f), sizeof small);
		return small;
	default:
		memcpy(&flag, member(record, f), sizeof flag);
		return flag;
	}
}

static size_t number_put(uint64_t n, uint8_t *at)
{
	size_t size = 0;
	for (; n; n >>= 8)
		at[size++] = (uint8_t)n;
	return size;
}

static size_t varint_put(uint32_t n, uint8_t *at)
{
	size_t size = 0;
	for (; n > 0x7f; n >>= 7)
		at[size++] = (uint8_t)(n | 0x80);
	at[size++] = (uint8_t)n;
	return size;
}

/* What a field has to say: its bytes, in `number` when it is one. *there is false when it is
 * left out. */
static enum err content(const void *record, const struct field *f, uint8_t number[8],
	struct bytes *out, bool *there)
{
	const char *s = NULL;
	struct u64s list = {0};
	switch (f->kind) {
	case F_TEXT:
		memcpy(&s, member(record, f), sizeof s);
		*out = (struct bytes){s, s ? strnlen(s, (size_t)f->max + 1) : 0};
		*there = s;
		if (out->size > f->max)
			return ERR_TOO_MUCH;
		return s && !text_is_utf8(s, out->size) ? ERR_INVALID : OK;
	case F_BYTES:
		memcpy(out, member(record, f), sizeof *out);
		*there = out->size;
		return out->size > f->max ? ERR_TOO_MUCH : OK;
	case F_U64S:
		memcpy(&list, member(record, f), sizeof list);
		*there = list.count;
		if (list.count > f->max || list.count > UINT32_MAX / sizeof(uint64_t))
			return ERR_TOO_MUCH;
		*out = (struct bytes){list.at, list.count * sizeof(uint64_t)};
		return OK;
	default:
		*out = (struct bytes){number, number_put(number_of(record, f), number)};
		*there = out->size;
		return OK;
	}
}

/* Ids of a list are little-endian whatever the machine is. */
static void u64s_put(struct bytes list, uint8_t *at)
{
	for (size_t i = 0; i < list.size / sizeof(uint64_t); i++) {
		uint64_t n = ((const uint64_t *)list.data)[i];
		for (size_t b = 0; b < sizeof n; b++)
			*at++ = (uint8_t)(n >> 8 * b);
	}
}

enum err record_write(
	struct arena *arena, const struct shape *shape, const void *record, struct bytes *out)
{
	uint8_t number[8];
	struct bytes data = {0};
	bool there = false;
	size_t room = 0;
	for (size_t i = 0; i < shape->count; i++) {
		assert(i == 0 || shape->fields[i].tag > shape->fields[i - 1].tag);
		enum err e = content(record, &shape->fields[i], number, &data, &there);
		if (e != OK)
			return e;
		room += there ? 2 * VARINT_MAX + data.size : 0;
	}
	uint8_t *start = arena_alloc(arena, room + 1), *at = start;
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *f = &shape->fields[i];
		enum err e = content(record, f, number, &data, &there);
		if (e != OK)
			return e;
		if (!there)
			continue;
		at += varint_put(f->tag, at);
		at += varint_put((uint32_t)data.size, at);
		if (f->kind == F_U64S)
			u64s_put(data, at);
		else if (data.size)
			memcpy(at, data.data, data.size);
		at += data.size;
	}
	*out = (struct bytes){start, (size_t)(at - start)};
	return OK;
}

/* ---- reading ---- */

static bool varint_get(struct bytes *in, uint32_t *out)
{
	const uint8_t *at = in->data;
	uint64_t n = 0;
	for (size_t i = 0; i < VARINT_MAX && i < in->size; i++) {
		n |= (uint64_t)(at[i] & 0x7f) << 7 * i;
		if (at[i] & 0x80)
			continue;
		if (n > UINT32_MAX)
			return false;
		*out = (uint32_t)n;
		*in = (struct bytes){at + i + 1, in->size - i - 1};
		return true;
	}
	return false;
}

static uint64_t number_get(struct bytes in)
{
	uint64_t n = 0;
	for (size_t i = in.size; i-- > 0;)
		n = n << 8 | ((const uint8_t *)in.data)[i];
	return n;
}

static bool number_set(const struct field *f, struct bytes in, void *to)
{
	static const size_t widest[] = {[F_U64] = 8, [F_I64] = 8, [F_U32] = 4, [F_FLAG] = 1};
	if (in.size > widest[f->kind])
		return false;
	uint64_t n = number_get(in);
	uint32_t small = (uint32_t)n;
	int64_t i = (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
	bool flag = n;
	switch (f->kind) {
	case F_U64:
		memcpy(to, &n, sizeof n);
		return true;
	case F_I64:
		memcpy(to, &i, sizeof i);
		return true;
	case F_U32:
		memcpy(to, &small, sizeof small);
		return true;
	default:
		memcpy(to, &flag, sizeof flag);
		return n <= 1;
	}
}

static bool u64s_set(struct arena *arena, const struct field *f, struct bytes in, void *to)
{
	size_t count = in.size / sizeof(uint64_t);
	if (in.size % sizeof(uint64_t) || count > f->max)
		return false;
	uint64_t *list = arena_array(arena, count, sizeof *list);
	for (size_t i = 0; i < count; i++)
		list[i] = number_get((struct bytes){(const uint8_t *)in.data + i * 8, 8});
	struct u64s all = {list, count};
	memcpy(to, &all, sizeof all);
	return true;
}

static bool field_set(struct arena *arena, const struct field *f, struct bytes in, void *record)
{
	void *to = (char *)record + f->offset;
	switch (f->kind) {
	case F_TEXT:
		if (in.size > f->max || !text_is_utf8(in.data, in.size))
			return false;
		const char *s = arena_text_n(arena, in.data, in.size);
		memcpy(to, &s, sizeof s);
		return true;
	case F_BYTES:
		if (in.size > f->max)
			return false;
		struct bytes copy = arena_bytes(arena, in);
		memcpy(to, &copy, sizeof copy);
		return true;
	case F_U64S:
		return u64s_set(arena, f, in, to);
	default:
		return number_set(f, in, to);
	}
}

enum err record_read(struct arena *arena, const struct shape *shape, struct bytes in, void *record)
{
	void *draft = arena_alloc(arena, shape->size);
	uint32_t tag = 0, size = 0;
	size_t next = 0; /* field to expect */
	for (int64_t last = -1; in.size; last = tag) {
		if (!varint_get(&in, &tag) || !varint_get(&in, &size) || size > in.size
			|| (int64_t)tag <= last)
			return ERR_STORE;
		while (next < shape->count && shape->fields[next].tag < tag)
			next++;
		bool known = next < shape->count && shape->fields[next].tag == tag;
		struct bytes data = {in.data, size};
		if (known && !field_set(arena, &shape->fields[next], data, draft))
			return ERR_STORE;
		in = (struct bytes){(const uint8_t *)in.data + size, in.size - size};
	}
	memcpy(record, draft, shape->size);
	return OK;
}

/* ---- in a transaction ---- */

enum err txn_load(struct txn *t, const struct place *place, const struct shape *shape, void *record)
{
	struct bytes value;
	enum err e = txn_get(t, place, &value);
	if (e != OK)
		return e;
	e = record_read(txn_arena(t), shape, value, record);
	if (e != OK)
		log_line(LOG_ERROR, "store", "unreadable=%s table=%d", shape->name,
			(int)place->at[0]);
	return e;
}

enum err txn_save(
	struct txn *t, const struct place *place, const struct shape *shape, const void *record)
{
	struct bytes value;
	enum err e = record_write(txn_arena(t), shape, record, &value);
	return e == OK ? txn_put(t, place, value) : e;
}
