/* signature.c: reading HTTP signatures of both forms, draft-cavage-12 and RFC 9421. Everything that costs nothing is
 * checked before a key is even looked for; what is not understood is refused (security.md §4). */
#include "signature.h"

#define KEY_ID_MOST 2048
#define WINDOW (65 * MINUTE) /* an hour and a few minutes: what the field agreed on */
#define SKEW (5 * MINUTE)    /* how far past its `expires` a signature still counts */

enum err review_fails(const struct review *r, enum err e, const char *why)
{
	*r->why = why;
	return e;
}

const char *review_header(const struct review *r, const char *name)
{
	const char *value = r->request->header(r->request->arg, name);
	return value != NULL ? text_trim(r->arena, value) : NULL;
}

/* Lower case, as both forms write names in what they sign. */
bool review_is_name(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9')
			&& strchr("!#$%&'*+-.^_`|~", *s) == NULL)
			return false;
	return true;
}

/* ---- digests --------------------------------------------------------------------------------- */

static enum err digest_equal(const struct review *r, struct bytes said)
{
	uint8_t sum[SHA256_SIZE];
	if (said.size != sizeof sum)
		return review_fails(r, ERR_INVALID, "digest of another size");
	crypto_sha256(r->request->body.data, r->request->body.size, sum);
	return crypto_equal(sum, said.data, sizeof sum)
		? OK
		: review_fails(r, ERR_SIGN_IN, "digest of another body");
}

/* Digest: a list of name=value, of which exactly one must be SHA-256; others we cannot judge count for nothing. */
static enum err digest_check(const struct review *r, const char *header, bool covered)
{
	const char *found = NULL;
	for (const char *at = header; *at != '\0';) {
		size_t size = strcspn(at, ",");
		const char *one = text_trim(r->arena, arena_text_n(r->arena, at, size));
		if (strlen(one) > 8 && one[7] == '='
			&& text_equal_fold(arena_text_n(r->arena, one, 7), "sha-256")) {
			if (found != NULL)
				return review_fails(r, ERR_INVALID, "two digests");
			found = one + 8;
		}
		at += at[size] == ',' ? size + 1 : size;
	}
	if (found == NULL)
		return covered ? review_fails(r, ERR_SIGN_IN, "no digest we know") : OK;
	struct bytes said;
	if (!base64_decode(r->arena, found, &said))
		return review_fails(r, ERR_INVALID, "digest is not base64");
	return digest_equal(r, said);
}

static enum err content_digest_check(const struct review *r, const char *header, bool covered)
{
	struct structured all;
	if (structured_dictionary(r->arena, header, &all) != OK)
		return review_fails(r, ERR_INVALID, "malformed content-digest");
	for (size_t i = 0; i < all.item_count; i++) {
		const struct structured *one = &all.items[i];
		if (!text_is(one->name, "sha-256"))
			continue;
		if (one->again || one->kind != STRUCTURED_BYTES)
			return review_fails(r, ERR_INVALID, "malformed content-digest");
		return digest_equal(r, one->bytes);
	}
	return covered ? review_fails(r, ERR_SIGN_IN, "no digest we know") : OK;
}

/* Both must tell the truth when both are there; only a covered one proves anything. */
static enum err digests_check(const struct review *r)
{
	const char *digest = review_header(r, "digest"),
		   *content = review_header(r, "content-digest");
	enum err e = OK;
	if (r->request->has_body && (r->covered & (PART_DIGEST | PART_CONTENT_DIGEST)) == 0)
		return review_fails(r, ERR_SIGN_IN, "digest not covered");
	if (digest != NULL)
		e = digest_check(r, digest, (r->covered & PART_DIGEST) != 0);
	if (e == OK && content != NULL)
		e = content_digest_check(r, content, (r->covered & PART_CONTENT_DIGEST) != 0);
	return e;
}

/* ---- time, key id, the signature's bytes ----------------------------------------------------- */

static bool in_window(const struct review *r, int64_t at)
{
	return at >= r->now - WINDOW && at <= r->now + WINDOW;
}

/* A time that is said must be good even when it is not covered: that can only refuse more. */
static enum err times_check(const struct review *r, int64_t *at)
{
	int64_t date = 0;
	if (r->created != 0 && !in_window(r, r->created))
		return review_fails(r, ERR_SIGN_IN, "created outside the window");
	if (r->expires != 0
		&& (r->expires < r->now - SKEW || (r->created != 0 && r->expires < r->created)))
		return review_fails(r, ERR_SIGN_IN, "expired");
	if (r->covered & PART_DATE) {
		if (!time_parse_http(r->date, &date))
			return review_fails(r, ERR_INVALID, "malformed date");
		if (!in_window(r, date))
			return review_fails(r, ERR_SIGN_IN, "date outside the window");
	}
	if ((r->covered & (PART_DATE | PART_CREATED)) == 0)
		return review_fails(r, ERR_SIGN_IN, "no time covered");
	*at = r->covered & PART_CREATED ? r->created : date;
	return OK;
}

/* An address on another host; the fragment is the key's name there. Mastodon once named its actor: that can be verified,
 * but keys.c looks no such name up. */
static enum err key_id_check(const struct review *r, const char *key_id)
{
	struct url u;
	if (strlen(key_id) > KEY_ID_MOST)
		return review_fails(r, ERR_INVALID, "key id too long");
	if (text_starts(key_id, "acct:"))
		return OK;
	if (url_parse(r->arena, arena_text_n(r->arena, key_id, strcspn(key_id, "#")), &u) != OK)
		return review_fails(r, ERR_SIGN_IN, "key id is no address");
	if (!u.https && !(url_is_loopback(&u) && text_starts(r->request->origin, "http://")))
		return review_fails(r, ERR_SIGN_IN, "key id is not https");
	if (text_is(u.origin, r->request->origin))
		return review_fails(r, ERR_SIGN_IN, "key id of our own");
	return OK;
}

static enum err bytes_check(const struct review *r, struct bytes signature)
{
	return signature.size > 0 && signature.size <= SIGNATURE_MAX
		? OK
		: review_fails(r, ERR_INVALID, "signature of no size we know");
}

/* ---- reading --------------------------------------------------------------------------------- */

enum err signature_parse(struct arena *arena, const struct signed_request *request, int64_t now,
	struct signature *out, const char **why)
{
	struct review r = {.arena = arena, .request = request, .now = now, .why = why};
	struct signature s = {0};
	const char *input = review_header(&r, "signature-input"),
		   *header = review_header(&r, "signature");
	if (input == NULL && header == NULL)
		return review_fails(&r, ERR_SIGN_IN, "not signed");
	if (strlen(input != NULL ? input : header) > HEADER_MOST)
		return review_fails(&r, ERR_INVALID, "signature too long");
	enum err e = input != NULL ? message_parse(&r, input, header, &s)
				   : cavage_parse(&r, header, &s);
	if (e == OK)
		e = bytes_check(&r, s.bytes);
	if (e == OK)
		e = key_id_check(&r, s.key_id);
	if (e == OK)
		e = times_check(&r, &s.created);
	if (e == OK)
		e = digests_check(&r);
	if (e == OK)
		*out = s;
	return e;
}

enum err signature_base(struct arena *arena, const struct signed_request *request,
	const struct structured *input, const char **base, const char **why)
{
	struct review r = {.arena = arena, .request = request, .why = why};
	return message_base(&r, input, base);
}

static bool algorithm_fits(const struct signature *s, enum key_kind kind)
{
	const char *name = s->algorithm;
	if (name == NULL || text_is(name, "hs2019"))
		return true;
	if (kind == KEY_ED25519)
		return text_is(name, "ed25519");
	return text_starts(name, "rsa-");
}

static bool base_verify(const struct signature *s, const struct key *key, const char *base)
{
	if (text_is(s->algorithm, "rsa-sha512"))
		return key_verify_sha512(key, base, strlen(base), s->bytes);
	return key_verify(key, base, strlen(base), s->bytes);
}

bool signature_verify(const struct signature *s, const struct key *key)
{
	if (!algorithm_fits(s, key_kind(key)))
		return false;
	return base_verify(s, key, s->base)
		|| (s->base_no_query != NULL && base_verify(s, key, s->base_no_query));
}
