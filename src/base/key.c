/* key.c: which public keys are taken, and how they are written: DER, PEM, multibase. No OpenSSL:
 * what strangers send is read by a few lines that know one spelling, then handed on. */
#include "base.h"

#include <string.h>

/* ---- DER: the little that public keys need, in the one spelling that DER allows ------------ */

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_SEQUENCE = 0x30 };

/* Take the value with this tag from the front of *from. */
static bool der_take(struct bytes *from, uint8_t tag, struct bytes *value)
{
	const uint8_t *at = from->data;
	if (from->size < 2 || at[0] != tag)
		return false;
	size_t head = 2, size = at[1];
	if (size >= 0x80) { /* one or two bytes of length follow, never more than needed */
		size_t more = size - 0x80;
		if (more < 1 || more > 2 || from->size < 2 + more)
			return false;
		size = more == 1 ? at[2] : (size_t)at[2] << 8 | at[3];
		if (size < (more == 1 ? 0x80U : 0x100U))
			return false;
		head += more;
	}
	if (size > from->size - head)
		return false;
	*value = (struct bytes){at + head, size};
	*from = (struct bytes){at + head + size, from->size - head - size};
	return true;
}

/* A number above zero, without its leading zero byte. */
static bool der_take_number(struct bytes *from, struct bytes *number)
{
	struct bytes value;
	if (!der_take(from, DER_INTEGER, &value) || value.size == 0)
		return false;
	const uint8_t *at = value.data;
	if (at[0] >= 0x80)
		return false;
	if (at[0] == 0) {
		if (value.size < 2 || at[1] < 0x80)
			return false;
		value = (struct bytes){at + 1, value.size - 1};
	}
	*number = value;
	return true;
}

static size_t number_bits(struct bytes number)
{
	const uint8_t *at = number.data;
	return number.size * 8 - (size_t)(__builtin_clz(at[0]) - 24);
}

static bool number_is_odd(struct bytes number)
{
	return (((const uint8_t *)number.data)[number.size - 1] & 1) != 0;
}

/* ---- which public keys are taken ----------------------------------------------------------- */

#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST 4096
#define ED25519_SIZE 32
#define PEM_MOST ((size_t)8 << 10)

/* Short keys can be broken; long ones and long exponents make one check cost 150. */
static bool rsa_allowed(struct bytes der)
{
	struct bytes pair, n, e;
	if (!der_take(&der, DER_SEQUENCE, &pair) || der.size != 0 || !der_take_number(&pair, &n)
		|| !der_take_number(&pair, &e) || pair.size != 0)
		return false;
	if (number_bits(n) < RSA_BITS_LEAST || number_bits(n) > RSA_BITS_MOST || !number_is_odd(n))
		return false;
	return number_bits(e) >= 2 && number_bits(e) <= 32 && number_is_odd(e);
}

/* Points of order 1, 2, 4 and 8 verify signatures over anything; each y stands for x and -x. A y of
 * 2^255-19 or more is a second spelling of a small one. */
static bool ed25519_allowed(struct bytes raw)
{
	static const uint8_t small[][ED25519_SIZE] = {
		{0},
		{1},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
			0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38,
			0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
			0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7,
			0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	};
	if (raw.size != ED25519_SIZE)
		return false;
	uint8_t y[ED25519_SIZE];
	memcpy(y, raw.data, sizeof y);
	y[31] &= 0x7f; /* the sign of x */
	for (size_t i = 0; i < COUNT(small); i++)
		if (memcmp(y, small[i], sizeof y) == 0)
			return false;
	size_t ones = 1;
	while (ones < 31 && y[ones] == 0xff)
		ones++;
	bool high = ones == 31 && y[31] == 0x7f && y[0] >= 0xec; /* ec… is -1, of order 2 */
	return !high;
}

bool key_allowed(enum key_kind kind, struct bytes stored)
{
	return kind == KEY_RSA ? rsa_allowed(stored)
			       : kind == KEY_ED25519 && ed25519_allowed(stored);
}

/* ---- keys as text -------------------------------------------------------------------------- */

/* The algorithm identifiers; RSA's comes with NULL parameters. */
static const uint8_t rsa_oid[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t ed25519_oid[] = {0x06, 0x03, 0x2b, 0x65, 0x70};

static bool bytes_are(struct bytes b, const uint8_t *what, size_t size)
{
	return b.size == size && memcmp(b.data, what, size) == 0;
}

static struct key *key_from_spki(struct bytes der)
{
	struct bytes whole, algorithm, bits;
	if (!der_take(&der, DER_SEQUENCE, &whole) || der.size != 0
		|| !der_take(&whole, DER_SEQUENCE, &algorithm) || !der_take(&whole, DER_BITS, &bits)
		|| whole.size != 0 || bits.size == 0 || *(const uint8_t *)bits.data != 0)
		return NULL;
	struct bytes stored = {(const uint8_t *)bits.data + 1, bits.size - 1};
	if (bytes_are(algorithm, rsa_oid, sizeof rsa_oid))
		return key_public(KEY_RSA, stored);
	if (bytes_are(algorithm, ed25519_oid, sizeof ed25519_oid))
		return key_public(KEY_ED25519, stored);
	return NULL;
}

/* The bytes of the one block with this label, whatever white space stands in and around it. What follows it
 * is nobody's: snac2 writes a new key without an end, and memory stands behind it. */
static bool pem_read(struct arena *arena, const char *pem, const char *label, struct bytes *der)
{
	static const char blank[] = " \t\r\n";
	const char *begin = arena_format(arena, "-----BEGIN %s-----", label);
	const char *end = arena_format(arena, "-----END %s-----", label);
	pem += strspn(pem, blank);
	if (!text_starts(pem, begin))
		return false;
	pem += strlen(begin);
	const char *stop = strstr(pem, end);
	if (stop == NULL)
		return false;
	const char *after = stop + strlen(end);
	if ((*after != '\0' && strchr(blank, *after) == NULL)
		|| strstr(after, "-----BEGIN") != NULL)
		return false;
	struct text body;
	text_init(&body, arena, PEM_MOST);
	while (pem < stop) {
		pem += strspn(pem, blank);
		size_t run = strcspn(pem, blank);
		run = run < (size_t)(stop - pem) ? run : (size_t)(stop - pem);
		text_add_n(&body, pem, run);
		pem += run;
	}
	return !body.failed && base64_decode(arena, body.at, der);
}

struct key *key_from_pem(const char *pem)
{
	if (pem == NULL || strnlen(pem, PEM_MOST + 1) > PEM_MOST)
		return NULL;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct bytes der;
	if (pem_read(arena, pem, "PUBLIC KEY", &der))
		return key_from_spki(der);
	if (pem_read(arena, pem, "RSA PUBLIC KEY", &der))
		return key_public(KEY_RSA, der);
	return NULL;
}

/* Tag and length in front of so many bytes of content. */
static void der_head(struct text *t, uint8_t tag, size_t size)
{
	text_char(t, (char)tag);
	if (size > 0xff)
		text_add_n(t, (char[]){(char)0x82, (char)(size >> 8)}, 2);
	else if (size > 0x7f)
		text_char(t, (char)0x81);
	text_char(t, (char)size);
}

static size_t der_size(size_t content)
{
	return content + (content > 0xff ? 4 : content > 0x7f ? 3 : 2);
}

char *key_pem(struct arena *arena, const struct key *k)
{
	bool rsa = key_kind(k) == KEY_RSA;
	struct bytes stored = key_stored(arena, k);
	size_t oid = rsa ? sizeof rsa_oid : sizeof ed25519_oid, bits = 1 + stored.size;
	struct text spki, pem;
	text_init(&spki, arena, PEM_MOST);
	der_head(&spki, DER_SEQUENCE, der_size(oid) + der_size(bits));
	der_head(&spki, DER_SEQUENCE, oid);
	text_add_n(&spki, rsa ? (const char *)rsa_oid : (const char *)ed25519_oid, oid);
	der_head(&spki, DER_BITS, bits);
	text_char(&spki, '\0'); /* no bits unused */
	text_add_n(&spki, stored.data, stored.size);
	const char *body = base64_encode(arena, spki.at, spki.size);
	text_init(&pem, arena, PEM_MOST);
	text_add(&pem, "-----BEGIN PUBLIC KEY-----\n");
	for (; *body != '\0'; body += strnlen(body, 64))
		text_format(&pem, "%.64s\n", body);
	text_add(&pem, "-----END PUBLIC KEY-----\n");
	return pem.at;
}

/* Multicodec's prefixes, as varints. */
static const uint8_t rsa_codec[] = {0x85, 0x24}, ed25519_codec[] = {0xed, 0x01};

struct key *key_from_multibase(const char *z)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct bytes raw;
	if (!text_starts(z, "z") || !base58_decode(arena, z + 1, &raw) || raw.size < 2)
		return NULL;
	struct bytes stored = {(const uint8_t *)raw.data + 2, raw.size - 2};
	if (memcmp(raw.data, rsa_codec, 2) == 0)
		return key_public(KEY_RSA, stored);
	return memcmp(raw.data, ed25519_codec, 2) == 0 ? key_public(KEY_ED25519, stored) : NULL;
}

char *key_multibase(struct arena *arena, const struct key *k)
{
	struct bytes stored = key_stored(arena, k);
	uint8_t *raw = arena_alloc(arena, 2 + stored.size);
	memcpy(raw, key_kind(k) == KEY_RSA ? rsa_codec : ed25519_codec, 2);
	memcpy(raw + 2, stored.data, stored.size);
	return arena_format(arena, "z%s", base58_encode(arena, raw, 2 + stored.size));
}
