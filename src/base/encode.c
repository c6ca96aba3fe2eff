/* encode.c: bytes as text and back: base64, base58, hex; decoders take canonical spellings only. */
#include "base.h"

#include <string.h>

/* ---- base64 (RFC 4648, section 4) ---------------------------------------------------------- */

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(struct arena *arena, const void *data, size_t size)
{
	const uint8_t *in = data;
	char *text = arena_alloc(arena, (size / 3 + 1) * 4 + 1), *out = text;
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t group = (uint32_t)in[i] << 16;
		group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		group |= left > 2 ? in[i + 2] : 0;
		*out++ = base64_digits[group >> 18];
		*out++ = base64_digits[group >> 12 & 63];
		*out++ = left > 1 ? base64_digits[group >> 6 & 63] : '=';
		*out++ = left > 2 ? base64_digits[group & 63] : '=';
	}
	return text;
}

/* 0…63, or -1. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct arena *arena, const char *s, struct bytes *out)
{
	size_t size = s != NULL ? strlen(s) : 1;
	if (size % 4 != 0)
		return false;
	size_t digits = size, n = 0;
	while (digits > 0 && digits > size - 2 && s[digits - 1] == '=')
		digits--;
	uint8_t *data = arena_alloc(arena, size / 4 * 3 + 1);
	uint32_t group = 0;
	int bits = 0;
	for (size_t i = 0; i < digits; i++) {
		int value = base64_value(s[i]);
		if (value < 0)
			return false;
		group = (group << 6 | (uint32_t)value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			data[n++] = (uint8_t)(group >> bits);
		}
	}
	if ((group & ((1U << bits) - 1)) != 0)
		return false; /* bits that mean nothing must be 0, or one value has many spellings */
	*out = (struct bytes){data, n};
	return true;
}

/* ---- base58 (the bitcoin alphabet, as multibase "z") --------------------------------------- */

#define BASE58_MOST ((size_t)1 << 10)             /* the work grows with its square */
#define BASE58_TEXT (BASE58_MOST * 138 / 100 + 2) /* log 256 / log 58 = 1.3658 */

static const char base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* number = number * base + digit, in `size` places of `radix`, lowest first; the new size. */
static size_t number_push(
	uint8_t *places, size_t size, uint32_t radix, uint32_t base, uint32_t digit)
{
	uint32_t carry = digit;
	for (size_t i = 0; i < size; i++) {
		carry += places[i] * base;
		places[i] = (uint8_t)(carry % radix);
		carry /= radix;
	}
	for (; carry > 0; carry /= radix)
		places[size++] = (uint8_t)(carry % radix);
	return size;
}

char *base58_encode(struct arena *arena, const void *data, size_t size)
{
	const uint8_t *in = data;
	if (size > BASE58_MOST)
		die("base58 of %zu bytes", size);
	uint8_t places[BASE58_TEXT];
	size_t zeros = 0, n = 0;
	while (zeros < size && in[zeros] == 0)
		zeros++;
	for (size_t i = zeros; i < size; i++)
		n = number_push(places, n, 58, 256, in[i]);
	char *text = arena_alloc(arena, zeros + n + 1);
	memset(text, '1', zeros);
	for (size_t i = 0; i < n; i++)
		text[zeros + i] = base58_digits[places[n - 1 - i]];
	return text;
}

bool base58_decode(struct arena *arena, const char *s, struct bytes *out)
{
	if (s == NULL || strnlen(s, BASE58_TEXT) == BASE58_TEXT)
		return false;
	uint8_t places[BASE58_TEXT];
	size_t zeros = strspn(s, "1"), n = 0;
	for (const char *at = s + zeros; *at != '\0'; at++) {
		const char *digit = strchr(base58_digits, *at);
		if (digit == NULL)
			return false;
		n = number_push(places, n, 256, 58, (uint32_t)(digit - base58_digits));
	}
	if (zeros + n > BASE58_MOST)
		return false;
	uint8_t *data = arena_alloc(arena, zeros + n + 1);
	for (size_t i = 0; i < n; i++)
		data[zeros + i] = places[n - 1 - i];
	*out = (struct bytes){data, zeros + n};
	return true;
}

/* ---- hex ----------------------------------------------------------------------------------- */

char *hex_encode(struct arena *arena, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = data;
	char *text = arena_array(arena, size + 1, 2);
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	return text;
}
