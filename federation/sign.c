/* sign.c: making HTTP signatures: the plainest form of each that every peer reads. */
#include "federation.h"

#include <string.h>

#define KEY_ID_MOST 2048

static enum err sign(struct arena *arena, const struct key *key, const char *base, const char **out)
{
	uint8_t bytes[SIGNATURE_MAX];
	size_t size;
	enum err e = key_sign(key, base, strlen(base), bytes, &size);
	if (e == OK)
		*out = base64_encode(arena, bytes, size);
	return e;
}

static enum err cavage_make(struct arena *a, const struct signed_request *q, const struct key *key,
	const char *key_id, const char *date, const char *digest, const char **headers)
{
	const char *base, *signature;
	if (key_kind(key) != KEY_RSA)
		return ERR_INVALID; /* the draft's peers know RSA only */
	base = arena_format(a, "(request-target): %s %s\nhost: %s\ndate: %s",
		text_lower(a, q->method), q->target, q->host, date);
	if (digest != NULL) {
		base = arena_format(a, "%s\ndigest: SHA-256=%s", base, digest);
		headers[2] = arena_format(a, "Digest: SHA-256=%s", digest);
	}
	enum err e = sign(a, key, base, &signature);
	if (e == OK)
		headers[1] = arena_format(a,
			"Signature: keyId=\"%s\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date%s\",signature=\"%s\"",
			key_id, digest != NULL ? " digest" : "", signature);
	return e;
}

static enum err message_make(struct arena *a, const struct signed_request *q, const struct key *key,
	const char *key_id, int64_t now, const char *digest, const char **headers)
{
	const char *signature,
		*base = arena_format(a, "\"@method\": %s\n\"@target-uri\": %s%s\n", q->method,
			q->origin, q->target);
	const char *input = arena_format(a,
		"(\"@method\" \"@target-uri\"%s);created=%lld;keyid=\"%s\";alg=\"%s\"",
		digest != NULL ? " \"content-digest\"" : "", (long long)(now / 1000), key_id,
		key_kind(key) == KEY_RSA ? "rsa-v1_5-sha256" : "ed25519");
	if (digest != NULL) {
		base = arena_format(a, "%s\"content-digest\": sha-256=:%s:\n", base, digest);
		headers[3] = arena_format(a, "Content-Digest: sha-256=:%s:", digest);
	}
	enum err e = sign(
		a, key, arena_format(a, "%s\"@signature-params\": %s", base, input), &signature);
	if (e == OK) {
		headers[1] = arena_format(a, "Signature-Input: sig1=%s", input);
		headers[2] = arena_format(a, "Signature: sig1=:%s:", signature);
	}
	return e;
}

enum err signature_make(struct arena *arena, const struct signed_request *request,
	enum signature_form form, const struct key *key, const char *key_id, int64_t now,
	const char *const **headers)
{
	const char **made = arena_array(arena, 5, sizeof *made);
	const char *digest = NULL;
	char date[TIME_HTTP];
	if (strpbrk(key_id, "\"\\\r\n") != NULL || strlen(key_id) > KEY_ID_MOST)
		return ERR_INVALID;
	if (request->has_body) {
		uint8_t sum[SHA256_SIZE];
		crypto_sha256(request->body.data, request->body.size, sum);
		digest = base64_encode(arena, sum, sizeof sum);
	}
	time_http(now, date);
	made[0] = arena_format(arena, "Date: %s", date);
	enum err e = form == FORM_RFC9421
		? message_make(arena, request, key, key_id, now, digest, made)
		: cavage_make(arena, request, key, key_id, date, digest, made);
	if (e == OK)
		*headers = made;
	return e;
}
