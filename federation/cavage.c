/* cavage.c: reading signatures of draft-cavage-12, as nearly everyone still sends them. */
#include "signature.h"

struct cavage {
	const char *key_id, *algorithm, *headers, *signature, *created, *expires;
};

static const char **cavage_place(struct cavage *c, const char *name)
{
	const struct {
		const char *name, **place;
	} known[] = {{"keyId", &c->key_id}, {"algorithm", &c->algorithm}, {"headers", &c->headers},
		{"signature", &c->signature}, {"created", &c->created}, {"expires", &c->expires}};
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
	size_t size = strspn(
		start, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
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
			return review_fails(r, ERR_INVALID, "malformed signature");
		at += size + 1;
		const char *value = cavage_value(r->arena, &at);
		if (value == NULL)
			return review_fails(r, ERR_INVALID, "malformed signature");
		for (size_t i = 0; i < count; i++)
			if (text_equal_fold(names[i], name))
				return review_fails(r, ERR_INVALID, "parameter named twice");
		names[count++] = name;
		const char **place = cavage_place(out, name);
		if (place != NULL)
			*place = value;
		at += strspn(at, " \t");
		if (*at == '\0')
			return OK;
		if (*at++ != ',')
			return review_fails(r, ERR_INVALID, "malformed signature");
	}
}

static enum err cavage_seconds(const struct review *r, const char *s, int64_t *ms)
{
	int64_t seconds;
	if (s == NULL)
		return OK;
	if (!text_to_i64(s, 1, INT64_C(99999999999), &seconds))
		return review_fails(r, ERR_INVALID, "malformed time");
	*ms = seconds * 1000;
	return OK;
}

/* (request-target), (created) and (expires): what the draft adds to the headers. */
static const char *cavage_special(
	struct review *r, const struct cavage *c, const char *name, bool query)
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

static const char *cavage_part(
	struct review *r, const struct cavage *c, const char *name, bool query)
{
	if (name[0] == '(')
		return cavage_special(r, c, name, query);
	const char *value = review_is_name(name) ? review_header(r, name) : NULL;
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
			return review_fails(r, ERR_INVALID, "too many headers covered");
		for (size_t i = 0; i < count; i++)
			if (strcmp(names[i], name) == 0)
				return review_fails(r, ERR_INVALID, "header covered twice");
		const char *value = cavage_part(r, c, name, query);
		if (value == NULL)
			return review_fails(r, ERR_SIGN_IN, "covered header missing or unknown");
		text_format(&t, "%s%s: %s", count > 0 ? "\n" : "", name, value);
		names[count++] = name;
		at += size;
		if (*at == '\0')
			break;
	}
	if (t.failed)
		return review_fails(r, ERR_INVALID, "too much covered");
	*base = t.at;
	return OK;
}

static bool cavage_algorithm_known(const char *name)
{
	static const char *const known[] = {"hs2019", "rsa-sha256", "rsa-sha512", "ed25519"};
	for (size_t i = 0; i < COUNT(known); i++)
		if (name == NULL || text_is(name, known[i]))
			return true;
	return false;
}

enum err cavage_parse(struct review *r, const char *header, struct signature *out)
{
	struct cavage c = {0};
	if (text_starts(header,
		    "Signature ")) /* old senders write the scheme of Authorization here too */
		header += strlen("Signature ");
	enum err e = cavage_split(r, header, &c);
	if (e != OK)
		return e;
	if (c.key_id == NULL || c.signature == NULL || c.headers == NULL)
		return review_fails(r, ERR_SIGN_IN, "parameter missing");
	if (!cavage_algorithm_known(c.algorithm))
		e = review_fails(r, ERR_SIGN_IN, "algorithm not accepted");
	if (e == OK)
		e = cavage_seconds(r, c.created, &r->created);
	if (e == OK)
		e = cavage_seconds(r, c.expires, &r->expires);
	if (e == OK)
		e = cavage_base(r, &c, true, &out->base);
	if (e == OK && strchr(r->request->target, '?') != NULL)
		e = cavage_base(r, &c, false, &out->base_no_query);
	if (e == OK && (r->covered & (PART_TARGET | PART_HOST)) != (PART_TARGET | PART_HOST))
		e = review_fails(r, ERR_SIGN_IN, "target or host not covered");
	if (e == OK && !base64_decode(r->arena, c.signature, &out->bytes))
		e = review_fails(r, ERR_INVALID, "signature is not base64");
	out->form = FORM_CAVAGE;
	out->key_id = c.key_id;
	out->algorithm = c.algorithm;
	return e;
}
