/*
 * place.c: keys; one table byte, then big-endian fields, so that bytes sort as numbers do.
 */
#include "store.h"

#include <assert.h>
#include <string.h>

#define TEXT_MAX 100 /* leaves room for fields behind it */
#define HASH_SIZE 16

static void add_u64(struct place *p, uint64_t n)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		p->at[p->size++] = (uint8_t)(n >> shift);
}

struct place place_0(uint8_t table)
{
	return (struct place){.size = 1, .at = {table}};
}

struct place place_1(uint8_t table, uint64_t a)
{
	struct place p = place_0(table);
	add_u64(&p, a);
	return p;
}

struct place place_2(uint8_t table, uint64_t a, uint64_t b)
{
	struct place p = place_1(table, a);
	add_u64(&p, b);
	return p;
}

struct place place_3(uint8_t table, uint64_t a, uint64_t b, uint64_t c)
{
	struct place p = place_2(table, a, b);
	add_u64(&p, c);
	return p;
}

struct place place_text(uint8_t table, const char *s)
{
	struct place p = place_0(table);
	size_t size = strlen(s);
	if (size > TEXT_MAX)
		die("place_text: a key of %zu bytes in table %d", size, (int)table);
	memcpy(p.at + p.size, s, size);
	p.size = (uint8_t)(p.size + size);
	return p;
}

struct place place_hash(uint8_t table, const char *uri)
{
	struct place p = place_0(table);
	uint8_t hash[SHA256_SIZE];
	crypto_sha256(uri, strlen(uri), hash);
	memcpy(p.at + p.size, hash, HASH_SIZE);
	p.size += HASH_SIZE;
	return p;
}

struct place place_hash_1(uint8_t table, const char *uri, uint64_t a)
{
	struct place p = place_hash(table, uri);
	add_u64(&p, a);
	return p;
}

struct place place_key(struct bytes key)
{
	struct place p = {.size = (uint8_t)key.size};
	assert(key.size <= sizeof p.at);
	if (key.size > 0)
		memcpy(p.at, key.data, key.size);
	return p;
}

struct place place_join(struct place first, struct place more)
{
	size_t size = more.size - 1U;
	memcpy(first.at + first.size, more.at + 1, size);
	first.size = (uint8_t)(first.size + size);
	return first;
}

uint64_t place_id_at(struct bytes key, size_t offset)
{
	if (key.size < sizeof(uint64_t) || offset > key.size - sizeof(uint64_t))
		return 0;
	const uint8_t *at = (const uint8_t *)key.data + offset;
	uint64_t n = 0;
	for (size_t i = 0; i < sizeof n; i++)
		n = n << 8 | at[i];
	return n;
}

uint64_t place_id(struct bytes key, size_t field)
{
	if (field > key.size)
		return 0;
	return place_id_at(key, 1 + field * sizeof(uint64_t));
}
