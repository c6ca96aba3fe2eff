/* signature.c: reading HTTP signatures of both forms, draft-cavage-12 and RFC 9421. Everything that costs nothing is
 * checked before a key is even looked for; what is not understood is refused (security.md §4). */
#include "federation.h"

#include <string.h>

#define HEADER_MOST 8192
#define PARTS_MOST 16
#define KEY_ID_MOST 2048
#define BASE_MOST ((size_t)64 << 10)
#define WINDOW (65 * MINUTE) /* an hour and a few minutes: what the field agreed on */
#define SKEW (5 * MINUTE)    /* how far past its `expires` a signature still counts */

enum part { /* what a signature covers, whatever its form calls it */
	PART_METHOD = 1, PART_TARGET = 2, PART_PATH = 4, PART_QUERY = 8, PART_HOST = 16,
	PART_DATE = 32, PART_CREATED = 64, PART_DIGEST = 128, PART_CONTENT_DIGEST = 256
};

struct review {
	struct arena *arena;
	const struct signed_request *request;
	int64_t now;
	unsigned covered;       /* enum part */
	const char *date;       /* the covered Date */
	int64_t created, expires; /* ms; 0: not said */
	const char **why;
};

static enum err bad(const struct review *r, enum err e, const char *why)
{
	*r->why = why;
	return e;
}

static const char *header_of(const struct review *r, const char *name)
{
	const char *value = r->request->header(r->request->arg, name);
	return value != NULL ? text_trim(r->arena, value) : NULL;
}

/* Lower case, as both forms write names in what they sign. */
static bool is_field_name(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && strchr("!#$%&'*+-.^_`|~", *s) == NULL)
			return false;
	return true;
}

/* ---- digests ------------------------------------------------------------------------------------------------------ */

static enum err digest_equal(const struct review *r, struct bytes said)
{
	uint8_t sum[SHA256_SIZE];
	if (said.size != sizeof sum)
		return bad(r, ERR_INVALID, "digest of another size");
	crypto_sha256(r->request->body.data, r->request->body.size, sum);
	return crypto_equal(sum, said.data, sizeof sum) ? OK : bad(r, ERR_SIGN_IN, "digest of another body");
}

/* Digest: a list of name=value, of which exactly one must be SHA-256; others we cannot judge count for nothing. */
static enum err digest_check(const struct review *r, const char *header, bool covered)
{
	const char *found = NULL;
	for (const char *at = header; *at != '\0';) {
		size_t size = strcspn(at, ",");
		const char *one = text_trim(r->arena, arena_text_n(r->arena, at, size));
		if (strlen(one) > 8 && one[7] == '=' && text_equal_fold(arena_text_n(r->arena, one, 7), "sha-256")) {
			if (found != NULL)
				return bad(r, ERR_INVALID, "two digests");
			found = one + 8;
		}
		at += at[size] == ',' ? size + 1 : size;
	}
	if (found == NULL)
		return covered ? bad(r, ERR_SIGN_IN, "no digest we know") : OK;
	struct bytes said;
	if (!base64_decode(r->arena, found, &said))
		return bad(r, ERR_INVALID, "digest is not base64");
	return digest_equal(r, said);
}

static enum err content_digest_check(const struct review *r, const char *header, bool covered)
{
	struct structured all;
	if (structured_dictionary(r->arena, header, &all) != OK)
		return bad(r, ERR_INVALID, "malformed content-digest");
	for (size_t i = 0; i < all.item_count; i++) {
		const struct structured *one = &all.items[i];
		if (!text_is(one->name, "sha-256"))
			continue;
		if (one->again || one->kind != STRUCTURED_BYTES)
			return bad(r, ERR_INVALID, "malformed content-digest");
		return digest_equal(r, one->bytes);
	}
	return covered ? bad(r, ERR_SIGN_IN, "no digest we know") : OK;
}

/* Both must tell the truth when both are there; only a covered one proves anything. */
static enum err digests_check(const struct review *r)
{
	const char *digest = header_of(r, "digest"), *content = header_of(r, "content-digest");
	enum err e = OK;
	if (r->request->has_body && (r->covered & (PART_DIGEST | PART_CONTENT_DIGEST)) == 0)
		return bad(r, ERR_SIGN_IN, "digest not covered");
	if (digest != NULL)
		e = digest_check(r, digest, (r->covered & PART_DIGEST) != 0);
	if (e == OK && content != NULL)
		e = content_digest_check(r, content, (r->covered & PART_CONTENT_DIGEST) != 0);
	return e;
}

/* ---- time, key id, the signature's bytes -------------------------------------------------------------------------- */

static bool in_window(const struct review *r, int64_t at)
{
	return at >= r->now - WINDOW && at <= r->now + WINDOW;
}

/* A time that is said must be good even when it is not covered: that can only refuse more. */
static enum err times_check(const struct review *r, int64_t *at)
{
	int64_t date = 0;
	if (r->created != 0 && !in_window(r, r->created))
		return bad(r, ERR_SIGN_IN, "created outside the window");
	if (r->expires != 0 && (r->expires < r->now - SKEW || (r->created != 0 && r->expires < r->created)))
		return bad(r, ERR_SIGN_IN, "expired");
	if (r->covered & PART_DATE) {
		if (!time_parse_http(r->date, &date))
			return bad(r, ERR_INVALID, "malformed date");
		if (!in_window(r, date))
			return bad(r, ERR_SIGN_IN, "date outside the window");
	}
	if ((r->covered & (PART_DATE | PART_CREATED)) == 0)
		return bad(r, ERR_SIGN_IN, "no time covered");
	*at = r->covered & PART_CREATED ? r->created : date;
	return OK;
}

/* An address on another host; the fragment is the key's name there. */
static enum err key_id_check(const struct review *r, const char *key_id)
{
	struct url u;
	if (strlen(key_id) > KEY_ID_MOST)
		return bad(r, ERR_INVALID, "key id too long");
	if (url_parse(r->arena, arena_text_n(r->arena, key_id, strcspn(key_id, "#")), &u) != OK)
		return bad(r, ERR_SIGN_IN, "key id is no address");
	if (!u.https && !(url_is_loopback(&u) && text_starts(r->request->origin, "http://")))
		return bad(r, ERR_SIGN_IN, "key id is not https");
	if (text_is(u.origin, r->request->origin))
		return bad(r, ERR_SIGN_IN, "key id of our own");
	return OK;
}

static enum err bytes_check(const struct review *r, struct bytes signature)
{
	return signature.size > 0 && signature.size <= SIGNATURE_MAX ? OK : bad(r, ERR_INVALID, "signature of no size we know");
}

/* ---- draft-cavage-12 ----------------------------------------------------------------------------------------------- */

struct cavage {
	const char *key_id, *algorithm, *headers, *signature, *created, *expires;
};

static const char **cavage_place(struct cavage *c, const char *name)
{
	const struct {
		const char *name, **place;
	} known[] = { { "keyId", &c->key_id },         { "algorithm", &c->algorithm }, { "headers", &c->headers },
		      { "signature", &c->signature }, { "created", &c->created },     { "expires", &c->expires } };
	for (size_t i = 0; i < COUNT(known); i++)
		if (text_equal_fold(name, known[i].name))
			return known[i].place;
	return NULL;
}

/* One value: "…" without escapes, or a bare word. Moves *at behind it; NULL when malformed. */
static const char *cavage_value(struct arena *arena, const char **at)
{
	const char *start = *at;
	if (*start == '"') {
		size_t size = strcspn(++start, "\"\\");
		if (start[size] != '"')
			return NULL;
		*at = start + size + 1;
		return arena_text_n(arena, start, size);
	}
	size_t size = strspn(start, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
	*at = start + size;
	return size > 0 ? arena_text_n(arena, start, size) : NULL;
}

static enum err cavage_split(const struct review *r, const char *header, struct cavage *out)
{
	const char *names[PARTS_MOST];
	size_t count = 0;
	for (const char *at = header;;) {
		at += strspn(at, " \t");
		size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
		const char *name = arena_text_n(r->arena, at, size);
		if (size == 0 || at[size] != '=' || count == PARTS_MOST)
			return bad(r, ERR_INVALID, "malformed signature");
		at += size + 1;
		const char *value = cavage_value(r->arena, &at);
		if (value == NULL)
			return bad(r, ERR_INVALID, "malformed signature");
		for (size_t i = 0; i < count; i++)
			if (text_equal_fold(names[i], name))
				return bad(r, ERR_INVALID, "parameter named twice");
		names[count++] = name;
		const char **place = cavage_place(out, name);
		if (place != NULL)
			*place = value;
		at += strspn(at, " \t");
		if (*at == '\0')
			return OK;
		if (*at++ != ',')
			return bad(r, ERR_INVALID, "malformed signature");
	}
}

static enum err cavage_seconds(const struct review *r, const char *s, int64_t *ms)
{
	int64_t seconds;
	if (s == NULL)
		return OK;
	if (!text_to_i64(s, 1, INT64_C(99999999999), &seconds))
		return bad(r, ERR_INVALID, "malformed time");
	*ms = seconds * 1000;
	return OK;
}

/* (request-target), (created) and (expires): what the draft adds to the headers. */
static const char *cavage_special(struct review *r, const struct cavage *c, const char *name, bool query)
{
	const char *target = r->request->target;
	if (text_is(name, "(request-target)")) {
		r->covered |= PART_METHOD | PART_TARGET;
		return arena_format(r->arena, "%s %.*s", text_lower(r->arena, r->request->method),
				    (int)(query ? strlen(target) : strcspn(target, "?")), target);
	}
	if (c->algorithm != NULL && !text_is(c->algorithm, "hs2019"))
		return NULL; /* the draft forbids times with the older names */
	if (text_is(name, "(created)")) {
		r->covered |= PART_CREATED;
		return c->created;
	}
	return text_is(name, "(expires)") ? c->expires : NULL;
}

static const char *cavage_part(struct review *r, const struct cavage *c, const char *name, bool query)
{
	if (name[0] == '(')
		return cavage_special(r, c, name, query);
	const char *value = is_field_name(name) ? header_of(r, name) : NULL;
	if (value == NULL)
		return NULL;
	if (text_is(name, "host"))
		r->covered |= text_equal_fold(value, r->request->host) ? PART_HOST : 0;
	else if (text_is(name, "digest"))
		r->covered |= PART_DIGEST;
	else if (text_is(name, "content-digest"))
		r->covered |= PART_CONTENT_DIGEST;
	else if (text_is(name, "date")) {
		r->covered |= PART_DATE;
		r->date = value;
	}
	return value;
}

/* Names parted by one blank each, none twice. */
static enum err cavage_base(struct review *r, const struct cavage *c, bool query, const char **base)
{
	const char *names[PARTS_MOST];
	size_t count = 0;
	struct text t;
	text_init(&t, r->arena, BASE_MOST);
	for (const char *at = c->headers;; at++) {
		size_t size = strcspn(at, " ");
		const char *name = arena_text_n(r->arena, at, size);
		if (count == PARTS_MOST)
			return bad(r, ERR_INVALID, "too many headers covered");
		for (size_t i = 0; i < count; i++)
			if (strcmp(names[i], name) == 0)
				return bad(r, ERR_INVALID, "header covered twice");
		const char *value = cavage_part(r, c, name, query);
		if (value == NULL)
			return bad(r, ERR_SIGN_IN, "covered header missing or unknown");
		text_format(&t, "%s%s: %s", count > 0 ? "\n" : "", name, value);
		names[count++] = name;
		at += size;
		if (*at == '\0')
			break;
	}
	if (t.failed)
		return bad(r, ERR_INVALID, "too much covered");
	*base = t.at;
	return OK;
}

static bool cavage_algorithm_known(const char *name)
{
	static const char *const known[] = { "hs2019", "rsa-sha256", "rsa-sha512", "ed25519" };
	for (size_t i = 0; i < COUNT(known); i++)
		if (name == NULL || text_is(name, known[i]))
			return true;
	return false;
}

static enum err cavage_parse(struct review *r, const char *header, struct signature *out)
{
	struct cavage c = { 0 };
	if (text_starts(header, "Signature ")) /* old senders write the scheme of Authorization here too */
		header += strlen("Signature ");
	enum err e = cavage_split(r, header, &c);
	if (e == OK && (c.key_id == NULL || c.signature == NULL || c.headers == NULL))
		e = bad(r, ERR_SIGN_IN, "parameter missing");
	if (e == OK && !cavage_algorithm_known(c.algorithm))
		e = bad(r, ERR_SIGN_IN, "algorithm not accepted");
	if (e == OK)
		e = cavage_seconds(r, c.created, &r->created);
	if (e == OK)
		e = cavage_seconds(r, c.expires, &r->expires);
	if (e == OK)
		e = cavage_base(r, &c, true, &out->base);
	if (e == OK && strchr(r->request->target, '?') != NULL)
		e = cavage_base(r, &c, false, &out->base_no_query);
	if (e == OK && (r->covered & (PART_TARGET | PART_HOST)) != (PART_TARGET | PART_HOST))
		e = bad(r, ERR_SIGN_IN, "target or host not covered");
	if (e == OK && !base64_decode(r->arena, c.signature, &out->bytes))
		e = bad(r, ERR_INVALID, "signature is not base64");
	out->form = FORM_CAVAGE;
	out->key_id = c.key_id;
	out->algorithm = c.algorithm;
	return e;
}

/* ---- RFC 9421 -------------------------------------------------------------------------------------------------------- */

/* The derived components of §2.2 that a request has, but for @query-param, which needs a parameter. */
static const char *message_derived(struct review *r, const char *name)
{
	const struct signed_request *q = r->request;
	size_t path = strcspn(q->target, "?");
	if (text_is(name, "@method")) {
		r->covered |= PART_METHOD;
		return q->method;
	}
	if (text_is(name, "@target-uri")) {
		r->covered |= PART_TARGET;
		return arena_format(r->arena, "%s%s", q->origin, q->target);
	}
	if (text_is(name, "@authority")) {
		r->covered |= PART_HOST;
		return text_lower(r->arena, q->host);
	}
	if (text_is(name, "@path")) {
		r->covered |= PART_PATH;
		return arena_text_n(r->arena, q->target, path);
	}
	if (text_is(name, "@query")) {
		r->covered |= PART_QUERY;
		return q->target[path] != '\0' ? q->target + path : "?";
	}
	if (text_is(name, "@request-target")) {
		r->covered |= PART_PATH | PART_QUERY;
		return q->target;
	}
	return text_is(name, "@scheme") ? arena_text_n(r->arena, q->origin, strcspn(q->origin, ":")) : NULL;
}

static const char *message_part(struct review *r, const char *name)
{
	if (name[0] == '@')
		return message_derived(r, name);
	const char *value = is_field_name(name) ? header_of(r, name) : NULL;
	if (value == NULL || (text_is(name, "host") && !text_equal_fold(value, r->request->host)))
		return NULL;
	if (text_is(name, "content-digest"))
		r->covered |= PART_CONTENT_DIGEST;
	if (text_is(name, "date")) {
		r->covered |= PART_DATE;
		r->date = value;
	}
	return value;
}

static enum err message_base(struct review *r, const struct structured *input, const char **base)
{
	struct text t;
	text_init(&t, r->arena, BASE_MOST);
	if (input->kind != STRUCTURED_LIST || input->item_count > PARTS_MOST)
		return bad(r, ERR_INVALID, "malformed signature-input");
	for (size_t i = 0; i < input->item_count; i++) {
		const struct structured *part = &input->items[i];
		if (part->kind != STRUCTURED_STRING)
			return bad(r, ERR_INVALID, "malformed component");
		if (part->parameter_count > 0)
			return bad(r, ERR_SIGN_IN, "component with a parameter");
		for (size_t k = 0; k < i; k++)
			if (strcmp(input->items[k].text, part->text) == 0)
				return bad(r, ERR_INVALID, "component covered twice");
		const char *value = message_part(r, part->text);
		if (value == NULL)
			return bad(r, ERR_SIGN_IN, "covered component missing or unknown");
		text_format(&t, "\"%s\": %s\n", part->text, value);
	}
	text_add(&t, "\"@signature-params\": ");
	structured_write(&t, input);
	if (t.failed)
		return bad(r, ERR_INVALID, "too much covered");
	*base = t.at;
	return OK;
}

enum err signature_base(struct arena *arena, const struct signed_request *request, const struct structured *input,
			const char **base, const char **why)
{
	struct review r = { .arena = arena, .request = request, .why = why };
	return message_base(&r, input, base);
}

/* Only parameters we know, each once and of its type. */
static enum err message_parameters(struct review *r, const struct structured *input, struct signature *out)
{
	for (size_t i = 0; i < input->parameter_count; i++) {
		const struct structured *p = &input->parameters[i];
		bool number = text_is(p->name, "created") || text_is(p->name, "expires");
		if (p->again)
			return bad(r, ERR_INVALID, "parameter named twice");
		if (p->kind != (number ? STRUCTURED_INTEGER : STRUCTURED_STRING) || (number && p->number <= 0))
			return bad(r, ERR_INVALID, "malformed parameter");
		if (text_is(p->name, "created"))
			r->created = p->number * 1000;
		else if (text_is(p->name, "expires"))
			r->expires = p->number * 1000;
		else if (text_is(p->name, "keyid"))
			out->key_id = p->text;
		else if (text_is(p->name, "alg"))
			out->algorithm = p->text;
		else if (!text_is(p->name, "nonce"))
			return bad(r, ERR_SIGN_IN, "parameter not known"); /* a tag would be another application's */
	}
	if (out->key_id == NULL || r->created == 0)
		return bad(r, ERR_SIGN_IN, "parameter missing");
	r->covered |= PART_CREATED;
	if (out->algorithm != NULL && !text_is(out->algorithm, "rsa-v1_5-sha256") && !text_is(out->algorithm, "ed25519"))
		return bad(r, ERR_SIGN_IN, "algorithm not accepted");
	return OK;
}

static bool message_covers_target(const struct review *r)
{
	unsigned parts = PART_HOST | PART_PATH;
	if (strchr(r->request->target, '?') != NULL)
		parts |= PART_QUERY;
	return (r->covered & PART_TARGET) || (r->covered & parts) == parts;
}

static enum err message_parse(struct review *r, const char *input_header, const char *header, struct signature *out)
{
	struct structured inputs, signatures;
	if (header == NULL || strlen(header) > HEADER_MOST || structured_dictionary(r->arena, input_header, &inputs) != OK ||
	    structured_dictionary(r->arena, header, &signatures) != OK)
		return bad(r, ERR_INVALID, "malformed signature");
	if (inputs.item_count != 1 || signatures.item_count != 1 || inputs.items[0].again || signatures.items[0].again)
		return bad(r, ERR_INVALID, "not exactly one signature");
	const struct structured *input = &inputs.items[0], *signature = &signatures.items[0];
	if (!text_is(input->name, signature->name) || signature->kind != STRUCTURED_BYTES)
		return bad(r, ERR_INVALID, "malformed signature");
	out->form = FORM_RFC9421;
	out->bytes = signature->bytes;
	enum err e = message_parameters(r, input, out);
	if (e == OK)
		e = message_base(r, input, &out->base);
	if (e == OK && !((r->covered & PART_METHOD) && message_covers_target(r)))
		e = bad(r, ERR_SIGN_IN, "method or target not covered");
	return e;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

enum err signature_parse(struct arena *arena, const struct signed_request *request, int64_t now, struct signature *out,
			 const char **why)
{
	struct review r = { .arena = arena, .request = request, .now = now, .why = why };
	struct signature s = { 0 };
	const char *input = header_of(&r, "signature-input"), *header = header_of(&r, "signature");
	if (input == NULL && header == NULL)
		return bad(&r, ERR_SIGN_IN, "not signed");
	if (strlen(input != NULL ? input : header) > HEADER_MOST)
		return bad(&r, ERR_INVALID, "signature too long");
	enum err e = input != NULL ? message_parse(&r, input, header, &s) : cavage_parse(&r, header, &s);
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
	return base_verify(s, key, s->base) || (s->base_no_query != NULL && base_verify(s, key, s->base_no_query));
}
