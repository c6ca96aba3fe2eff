/* keys.h: what the tests of keys and cryptography share: bytes from hex, DER, one RSA key. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <string.h>

/* A key made for this test with the openssl command, which signs "kring" in crypto.c. */
static const char rsa_public[] =
	"3082010a0282010100f69705083b8a6879a7d7419f3d49c0e02f033f0b3ebb4097114e0c76917788dbf3882c"
	"d050eb2afc0812a467ecc997c47e7367d03a9ccf7f7a9ced467c10515fa64f44597e7081917d57189f4f3470"
	"68ec67b1458afe0e7e474bf8d2c36531d7d83e2274feaa71f9971f08a8f42e8692c711c11ff6732985f821d3"
	"7e1fc90f4fc5371951eb2506318588205cc8219ab000b15187df7f71b7f9d14bcc724750ce46e90b396096cf"
	"bd2fd93de4c608901c66a449da7de429ddbbd349b9f0a159d72f4f8bdd5527fa73f94418cee93c83f7691796"
	"c1815fa77d80cc7a5100dd7358cd43dde9f50fc79e8cb66b03b1f3d90de09d16887bc9e7ae8e25a04e2f49e9"
	"f50203010001";

static inline int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static inline int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static inline uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static inline struct bytes from_hex(struct arena *a, const char *hex)
{
	size_t size = strlen(hex) / 2;
	uint8_t *data = arena_alloc(a, size);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return (struct bytes){ data, size };
}

static inline void assert_bytes(struct arena *a, struct bytes b, const char *hex)
{
	assert_string_equal(hex_encode(a, b.data, b.size), hex);
}

/* One DER value: tag, length, content. */
static inline struct bytes der(struct arena *a, uint8_t tag, struct bytes b)
{
	uint8_t *at = arena_alloc(a, b.size + 4);
	size_t n = 0;
	at[n++] = tag;
	if (b.size > 0xff) {
		at[n++] = 0x82;
		at[n++] = (uint8_t)(b.size >> 8);
	} else if (b.size > 0x7f) {
		at[n++] = 0x81;
	}
	at[n++] = (uint8_t)b.size;
	memcpy(at + n, b.data, b.size);
	return (struct bytes){ at, n + b.size };
}

static inline struct bytes joined(struct arena *a, struct bytes one, struct bytes two)
{
	uint8_t *at = arena_alloc(a, one.size + two.size);
	memcpy(at, one.data, one.size);
	memcpy(at + one.size, two.data, two.size);
	return (struct bytes){ at, one.size + two.size };
}

/* A PKCS#1 key whose modulus has so many bits, all of them 1 but perhaps the last. */
static inline struct bytes rsa_shape(struct arena *a, size_t bits, bool odd, const char *e_hex)
{
	size_t size = bits / 8 + 1; /* the first byte's top bit is never set: a positive number */
	uint8_t *n = arena_alloc(a, size);
	memset(n, 0xff, size);
	n[0] = (uint8_t)((1 << bits % 8) - 1);
	n[size - 1] -= !odd;
	struct bytes number = der(a, 2, (struct bytes){ n, size });
	return der(a, 0x30, joined(a, number, der(a, 2, from_hex(a, e_hex))));
}
