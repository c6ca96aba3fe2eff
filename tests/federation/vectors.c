/* vectors.c (federation): every published vector of signatures, proofs and keys ends as it says. Our own copies always;
 * with KRING_FIXTURES also those whose licence keeps them out of this repository. */
#include "vector.h"

static int64_t clock_of(const json_node *file, const json_node *vector)
{
	const char *clock = vector_text(vector, "clock");
	char whole[21] = {0};
	int64_t now;
	if (clock == NULL)
		clock = vector_text(file, "clock");
	memcpy(whole, clock, sizeof whole - 1);
	assert_true(time_parse_iso(whole, &now));
	return now;
}

struct find {
	const char *name, *value;
};

static bool find_header(void *arg, const char *name, const json_node *value)
{
	struct find *f = arg;
	if (!text_equal_fold(name, f->name))
		return true;
	f->value = json_text(value);
	return false;
}

static const char *header(void *arg, const char *name)
{
	struct find f = {.name = name};
	json_members(arg, find_header, &f);
	return f.value;
}

static struct signed_request request_of(struct arena *a, const json_node *vector)
{
	const json_node *headers = json_member(vector, "headers");
	const char *body = vector_text(vector, "body");
	struct signed_request q = {.method = vector_text(vector, "method"),
		.target = vector_text(vector, "target"),
		.host = header((void *)(uintptr_t)headers, "host"),
		.has_body = text_is(vector_text(vector, "method"), "POST"),
		.header = header,
		.arg = (void *)(uintptr_t)headers};
	/* Some of the older form name a key on the very host that is asked: our own name is another one, then. */
	q.origin = q.header(q.arg, "signature-input") != NULL
		? arena_format(a, "https://%s", q.host)
		: "https://receiver.example";
	if (body != NULL)
		q.body = (struct bytes){body, strlen(body)};
	return q;
}

/* A word on how a request fared: what a vector's `expect` is held against. */
static const char *fared(struct arena *a, const json_node *vector, int64_t now,
	const struct key *key, struct signature *s, const char **why)
{
	struct signed_request q = request_of(a, vector);
	*why = "signature";
	enum err e = signature_parse(a, &q, now, s, why);
	if (e != OK)
		return e == ERR_INVALID ? "malformed" : "invalid";
	return signature_verify(s, key) ? "valid" : "invalid";
}

static bool as_expected(const char *expect, const char *end)
{
	if (text_is(expect, "http-400"))
		return text_is(end, "malformed") || text_is(end, "invalid");
	if (text_starts(expect, "valid"))
		return text_is(end, "valid");
	return !text_is(end, "valid");
}

static void check_one(const json_node *file, const json_node *vector, const struct key *key)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	struct signature s;
	const char *why, *name = vector_text(vector, "name"),
			 *expect = vector_text(vector, "expect");
	const char *end = fared(a, vector, clock_of(file, vector), key, &s, &why);
	if (!as_expected(expect, end))
		fail_msg("%s: %s, not %s (%s)", name, end, expect, why);
	const char *base = vector_text(vector, "signature_string");
	if (text_is(expect, "valid") && text_is(end, "valid") && base != NULL)
		assert_string_equal(s.base, base);
}

static struct key *key_of(const json_node *file, const json_node *vector)
{
	const char *kind = vector_text(vector, "key");
	const char *pem = vector_text(vector, "publicKeyPemSpki");
	if (kind != NULL && json_member(file, "keys") != NULL) {
		const json_node *one = json_member(json_member(file, "keys"), kind);
		pem = vector_text(one, "publicKeyPem");
		if (pem == NULL)
			pem = vector_text(one, "publicKeyPemSpki");
	}
	if (pem == NULL)
		pem = vector_text(json_member(file, "key"), "publicKeyPemSpki");
	struct key *key = pem != NULL ? key_from_pem(pem) : NULL;
	if (key == NULL)
		fail_msg("%s: no key", vector_text(vector, "name"));
	return key;
}

static size_t check_requests(const char *root, const char *path)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *file = root != NULL ? vector_json(a, root, path) : NULL;
	const json_node *vectors = json_member(file, "vectors");
	for (size_t i = 0; i < json_count(vectors); i++) {
		struct key *key = key_of(file, json_item(vectors, i));
		check_one(file, json_item(vectors, i), key);
		key_drop(key);
	}
	return json_count(vectors);
}

static void requests(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_int_equal(check_requests(vector_own(a), "cavage/fedify.json"), 2);
}

/* Their licence keeps these out of here; tests/wire has samples of what they send in our own words. */
static void requests_of_mastodon_and_lemmy(void **state)
{
	(void)state;
	if (!vector_are_given())
		skip();
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_int_equal(check_requests(vector_given(a), "cavage/fedify.json"), 2);
	assert_int_equal(check_requests(vector_given(a), "cavage/lemmy.json"), 1);
	assert_int_equal(check_requests(vector_given(a), "cavage/mastodon.json"), 13);
	assert_int_equal(check_requests(vector_given(a), "rfc9421/mastodon.json"), 13);
}

/* ---- RFC 9421, appendix B.2 ------------------------------------------------------------------ */

struct message {
	struct arena *arena;
	const char *text;
};

static const char *message_header(void *arg, const char *name)
{
	const struct message *m = arg;
	for (const char *line = strchr(m->text, '\n'); line != NULL && line[1] != '\n';) {
		const char *start = line + 1, *colon = strchr(start, ':');
		line = strchr(start, '\n');
		if (text_equal_fold(arena_text_n(m->arena, start, (size_t)(colon - start)), name))
			return arena_text_n(m->arena, colon + 2, (size_t)(line - colon - 2));
	}
	return NULL;
}

/* Which of B.2 we can build the base of, and which we can verify: the rest is refused. */
static void appendix(const char *root)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *file = vector_json(a, root, "rfc9421/rfc9421-appendix-b.json");
	const json_node *vectors = json_member(file, "vectors");
	size_t built = 0, verified = 0;
	assert_int_equal(json_count(vectors), 6);
	for (size_t i = 0; i < json_count(vectors); i++) {
		const json_node *v = json_item(vectors, i);
		struct message m = {
			a, vector_text(json_member(file, "messages"), vector_text(v, "message"))};
		struct signed_request q = {.method = "POST",
			.target = "/foo?param=Value&Pet=dog",
			.origin = "https://example.com",
			.host = "example.com",
			.header = message_header,
			.arg = &m};
		struct structured input, signature;
		const char *base, *why = "";
		assert_int_equal(
			structured_dictionary(a, vector_text(v, "signature_input"), &input), OK);
		assert_int_equal(
			structured_dictionary(a, vector_text(v, "signature"), &signature), OK);
		if (signature_base(a, &q, &input.items[0], &base, &why) != OK) {
			/* @query-param needs a parameter, @status is no request's */
			assert_true(text_is(vector_text(v, "name"), "B.2.2")
				|| text_is(vector_text(v, "name"), "B.2.4"));
			continue;
		}
		assert_string_equal(base, vector_text(v, "signature_base"));
		built++;
		const json_node *key = json_member(
			json_member(file, "keys"), vector_text(v, "key"));
		struct key *k = vector_text(key, "publicKeyPem") != NULL
			? key_from_pem(vector_text(key, "publicKeyPem"))
			: NULL;
		struct signature s = {
			.form = FORM_RFC9421, .base = base, .bytes = signature.items[0].bytes};
		bool ours = text_is(vector_text(v, "algorithm"), "ed25519");
		assert_int_equal(k != NULL && signature_verify(&s, k), ours);
		verified += ours;
		key_drop(k);
	}
	assert_int_equal(built, 4);
	assert_int_equal(verified, 1);
}

static void rfc9421_appendix_b(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	appendix(vector_own(a));
	if (vector_given(a) != NULL)
		appendix(vector_given(a));
}

/* ---- proofs and keys ------------------------------------------------------------------------- */

static size_t check_proofs(const char *root, const char *path)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *vectors = json_member(vector_json(a, root, path), "vectors");
	for (size_t i = 0; i < json_count(vectors); i++) {
		const json_node *v = json_item(vectors, i), *document = json_member(v, "document");
		const char *id = proof_key_id(document);
		struct key *key = key_from_multibase(vector_text(v, "publicKeyMultibase"));
		struct bytes canonical;
		assert_non_null(key);
		assert_non_null(id);
		enum err e = proof_check(a, document, id, key, 0, INT64_C(1763715492000));
		if (e != (text_is(vector_text(v, "expect"), "valid") ? OK : ERR_SIGN_IN))
			fail_msg("%s: %s: %s", path, vector_text(v, "name"), err_name(e));
		assert_int_equal(json_canonical(a, document, "proof", &canonical), OK);
		assert_string_equal(arena_text_n(a, canonical.data, canonical.size),
			vector_text(v, "canonical_document"));
		key_drop(key);
	}
	return json_count(vectors);
}

/* The W3C's files: a credential signed with the pair of keyPair.json. */
static void check_credential(const char *root)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *pair = vector_json(a, root, "vc-di-eddsa/keyPair.json");
	const json_node *signed_ = vector_json(
		a, root, "vc-di-eddsa/eddsa-jcs-2022/signedJCS.json");
	struct bytes canonical,
		want = vector_bytes(a, root, "vc-di-eddsa/eddsa-jcs-2022/canonDocJCS.txt");
	struct key *key = key_from_multibase(vector_text(pair, "publicKeyMultibase"));
	assert_non_null(key);
	assert_int_equal(
		proof_check(a, signed_, proof_key_id(signed_), key, 0, INT64_C(1763715492000)), OK);
	assert_int_equal(json_canonical(a, signed_, "proof", &canonical), OK);
	assert_int_equal(canonical.size, want.size);
	assert_memory_equal(canonical.data, want.data, want.size);
	key_drop(key);
}

/* A scenario's JSON stands between lines of three quotes. */
static const json_node *scenario_json(struct arena *a, const char *text, size_t which)
{
	const json_node *node = NULL;
	for (size_t i = 0; i <= 2 * which; i++) {
		text = strstr(text, "\"\"\"");
		assert_non_null(text);
		text += 3;
	}
	struct bytes json = {text, (size_t)(strstr(text, "\"\"\"") - text)};
	assert_int_equal(json_read(a, json, NULL, &node), OK);
	return node;
}

static void check_feature(const char *root)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *text = vector_bytes(a, root, "fep/fep-8b32.feature").data;
	assert_non_null(text);
	const char *verifying = strstr(text, "When verifying the document");
	assert_non_null(verifying);
	size_t quotes = 0;
	for (const char *at = text; (at = strstr(at, "\"\"\"")) != NULL && at < verifying; at += 3)
		quotes++;
	const json_node *document = scenario_json(a, text, quotes / 2 - 2);
	const json_node *actor = scenario_json(a, text, quotes / 2 - 1);
	const json_node *method = json_item(json_member(actor, "assertionMethod"), 0);
	struct key *key = key_from_multibase(vector_text(method, "publicKeyMultibase"));
	assert_string_equal(proof_key_id(document), vector_text(method, "id"));
	assert_int_equal(
		proof_check(a, document, vector_text(method, "id"), key, 0, INT64_C(1763715492000)),
		OK);
	key_drop(key);
}

static void proofs(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *roots[] = {vector_own(a), vector_given(a)};
	for (size_t i = 0; i < COUNT(roots) && roots[i] != NULL; i++) {
		assert_int_equal(check_proofs(roots[i], "eddsa-jcs-2022/fedify.json"), 1);
		check_credential(roots[i]);
		check_feature(roots[i]);
	}
}

static void proofs_of_mastodon(void **state)
{
	(void)state;
	if (!vector_are_given())
		skip();
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_int_equal(
		check_proofs(vector_given(a), "eddsa-jcs-2022/mastodon-and-fep8b32.json"), 4);
}

/* Feature file: what stands between this and the next quote, in its order; NULL: no more. */
static const char *quoted_after(struct arena *a, const char **text, const char *words)
{
	const char *at = strstr(*text, words);
	if (at == NULL)
		return NULL;
	at += strlen(words);
	size_t size = strcspn(at, "\"");
	*text = at + size;
	return arena_text_n(a, at, size);
}

static struct bytes unhex(struct arena *a, const char *hex)
{
	uint8_t *out = arena_alloc(a, strlen(hex) / 2 + 1);
	size_t size = 0;
	for (char two[3] = {0}; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		memcpy(two, hex, 2);
		out[size++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return (struct bytes){out, size};
}

/* Both ways: the key as hex gives the multikey, the multikey gives the key. */
static void check_key_feature(const char *root)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *text = vector_bytes(a, root, "fep/fep-521a.feature").data, *hex, *actor;
	assert_non_null(text);
	for (int kind = KEY_ED25519; kind >= KEY_RSA; kind--) {
		hex = quoted_after(a, &text, "hex string \"");
		actor = quoted_after(a, &text, "actor ID \"");
		assert_true(hex != NULL && actor != NULL);
		const json_node *object = scenario_json(a, text + 1, 0);
		struct key *key = key_public((enum key_kind)kind, unhex(a, hex));
		assert_non_null(key);
		assert_string_equal(
			key_multibase(a, key), vector_text(object, "publicKeyMultibase"));
		key_drop(key);
		key = key_from_multibase(vector_text(object, "publicKeyMultibase"));
		assert_non_null(key);
		assert_int_equal(key_kind(key), kind);
		struct bytes stored = key_stored(a, key);
		assert_string_equal(hex_encode(a, stored.data, stored.size), hex);
		assert_string_equal(vector_text(object, "controller"), actor);
		key_drop(key);
	}
	assert_null(quoted_after(a, &text, "hex string \""));
}

static void multikeys(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *roots[] = {vector_own(a), vector_given(a)};
	for (size_t r = 0; r < COUNT(roots) && roots[r] != NULL; r++) {
		const json_node *vectors = json_member(
			vector_json(a, roots[r], "multikey/fep-521a.json"), "vectors");
		assert_int_equal(json_count(vectors), 2);
		for (size_t i = 0; i < 2; i++) {
			const json_node *v = json_item(vectors, i);
			struct key *key = key_from_multibase(vector_text(v, "publicKeyMultibase"));
			assert_non_null(key);
			struct bytes stored = key_stored(a, key);
			const char *hex = vector_text(
				v, i == 0 ? "public_key_hex" : "public_key_pkcs1_der_hex");
			assert_string_equal(hex_encode(a, stored.data, stored.size), hex);
			assert_string_equal(
				key_multibase(a, key), vector_text(v, "publicKeyMultibase"));
			key_drop(key);
		}
		check_key_feature(roots[r]);
	}
}

/* RsaSignature2017 signs a graph, not the bytes we read: it is carried along and proves nothing (security.md R18). These
 * vectors expect nothing; their documents are read as if the signature were not there. */
static void linked_data_signatures_prove_nothing(void **state)
{
	(void)state;
	static const char *const files[] = {
		"activity-relay-mastodon-create", "fedify-activitypub-academy"};
	if (!vector_are_given())
		skip();
	ARENA_CLEANUP struct arena *a = arena_create();
	for (size_t i = 0; i < COUNT(files); i++) {
		const json_node *file = vector_json(
			a, vector_given(a), arena_format(a, "ld-rsa2017/%s.json", files[i]));
		const json_node *document = json_member(file, "document");
		const char *pem = vector_text(file, "publicKeyPem");
		if (pem == NULL)
			pem = vector_text(json_member(file, "publicKey"), "publicKeyPem");
		struct key *key = key_from_pem(pem);
		struct activity activity;
		assert_non_null(key);
		assert_string_equal(vector_text(json_member(document, "signature"), "type"),
			"RsaSignature2017");
		assert_int_equal(activity_from_node(a, document, &activity, NULL), OK);
		assert_null(proof_key_id(document));
		assert_int_not_equal(proof_check(a, document, vector_text(document, "actor"), key,
					     0, INT64_C(1763715492000)),
			OK);
		key_drop(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(requests_of_mastodon_and_lemmy),
		cmocka_unit_test(rfc9421_appendix_b),
		cmocka_unit_test(proofs),
		cmocka_unit_test(proofs_of_mastodon),
		cmocka_unit_test(multikeys),
		cmocka_unit_test(linked_data_signatures_prove_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
