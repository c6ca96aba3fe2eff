/* bounce.c: mail that comes back later: each goes out from an address of its own, and what is sent to that tells whose it
 * was. The address holds the hash under which refusals are counted, and a proof that it is ours: no address of anyone. */
#include "features.h"

#include <string.h>

#define HASH_SIZE 16 /* of a key: place_hash */
#define PROOF_SIZE 8
#define TOKEN_SIZE (HASH_SIZE + PROOF_SIZE)
#define TOKEN_HEX ((size_t)2 * TOKEN_SIZE)
#define LOCAL_MOST 64 /* of an address, before its @: RFC 5321, section 4.5.3.1 */

static void prove(const struct site *site, uint8_t token[TOKEN_SIZE])
{
	uint8_t mac[SHA256_SIZE], said[7 + HASH_SIZE] = "bounce:";
	memcpy(said + 7, token, HASH_SIZE);
	crypto_hmac(site->secret, sizeof site->secret, said, sizeof said, mac);
	memcpy(token + HASH_SIZE, mac, PROOF_SIZE);
}

const char *bounce_address(struct arena *arena, const struct site *site, const char *to)
{
	uint8_t token[TOKEN_SIZE];
	struct place hash = place_hash(0, to);
	size_t local = strcspn(site->mail_from, "@");
	if (!site->mail_bounces || local + 1 + TOKEN_HEX > LOCAL_MOST)
		return site->mail_from;
	memcpy(token, hash.at + 1, HASH_SIZE);
	prove(site, token);
	return arena_format(arena, "%.*s+%s%s", (int)local, site->mail_from,
		hex_encode(arena, token, sizeof token), site->mail_from + local);
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Upper or lower case: some servers change that. */
static bool take_token(const struct site *site, const char *hex, uint8_t token[TOKEN_SIZE])
{
	uint8_t said[TOKEN_SIZE];
	for (size_t i = 0; i < TOKEN_SIZE; i++) {
		int high = digit(hex[2 * i]), low = high >= 0 ? digit(hex[2 * i + 1]) : -1;
		if (low < 0)
			return false;
		said[i] = token[i] = (uint8_t)(high << 4 | low);
	}
	prove(site, token);
	return crypto_equal(said, token, TOKEN_SIZE);
}

static bool find_token(struct txn *t, const char *message, uint8_t token[TOKEN_SIZE])
{
	const struct site *site = txn_site(t);
	const char *start = arena_format(
		txn_arena(t), "%.*s+", (int)strcspn(site->mail_from, "@"), site->mail_from);
	for (const char *at = message; (at = strcasestr(at, start)) != NULL; at++)
		if (take_token(site, at + strlen(start), token))
			return true;
	return false;
}

/* A report of the delivery (RFC 3464) that says that it failed for good. */
static bool is_final(const char *message)
{
	return strcasestr(message, "\nAction: failed") != NULL
		&& strcasestr(message, "\nStatus: 4.") == NULL;
}

enum err bounce_read(struct txn *t, const char *message, bool *counted)
{
	uint8_t token[TOKEN_SIZE];
	struct place place = place_hash(TABLE_MAIL_REFUSED, "");
	*counted = false;
	if (txn_site(t)->mail_from == NULL || !find_token(t, message, token))
		return ERR_NOT_FOUND;
	*counted = is_final(message);
	memcpy(place.at + 1, token, HASH_SIZE);
	return *counted ? mail_note_refusal(t, &place) : OK;
}
