/* proof.c: integrity proofs of activities (FEP-8b32, eddsa-jcs-2022): the one thing that lets a follower trust what
 * another server passes on. A proof speaks for the canonical bytes of exactly this document. */
#include "federation.h"

#include <string.h>

#define PROOFS_MOST 8
#define PROOF_SIZE 64 /* an Ed25519 signature */
#define SKEW (65 * MINUTE)
#define DOCUMENT_MOST                                                                              \
	((size_t)2 << 20) /* as json.c writes it: escapes may make it longer than it came */
#define SUITE "eddsa-jcs-2022"

/* SHA-256 of the proof's own words, then of the document: what is signed. */
static enum err hash_data(struct arena *arena, const json_node *config, const char *config_skip,
	const json_node *document, uint8_t out[2 * SHA256_SIZE])
{
	struct bytes words, rest;
	enum err e = json_canonical(arena, config, config_skip, &words);
	if (e == OK)
		e = json_canonical(arena, document, "proof", &rest);
	if (e != OK)
		return e;
	crypto_sha256(words.data, words.size, out);
	crypto_sha256(rest.data, rest.size, out + SHA256_SIZE);
	return OK;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static struct bytes proof_words(struct arena *arena, const json_node *context, const char *key_id,
	int64_t now, const char *value)
{
	char created[TIME_ISO];
	time_iso(now, created);
	struct view *v = view_create(arena, VIEW_JSON);
	if (context != NULL)
		view_raw(v, "@context", json_write(arena, context));
	view_text(v, "type", "DataIntegrityProof");
	view_text(v, "cryptosuite", SUITE);
	view_text(v, "verificationMethod", key_id);
	view_text(v, "proofPurpose", "assertionMethod");
	view_format(v, "created", "%.19sZ", created);
	view_text(v, "proofValue", value);
	return view_json(v);
}

/* The document as it was written, with the proof as its last member. */
static struct bytes with_proof(
	struct arena *arena, struct bytes json, struct bytes proof, bool empty)
{
	const char *at = json.data;
	size_t end = json.size;
	struct text t;
	while (end > 0 && at[end - 1] != '}')
		end--;
	text_init(&t, arena, json.size + proof.size + 16);
	text_add_n(&t, at, end - 1);
	text_format(&t, "%s\"proof\":", empty ? "" : ",");
	text_add_n(&t, proof.data, proof.size);
	text_char(&t, '}');
	return (struct bytes){t.at, t.size};
}

static bool stop_at_first(void *arg, const char *name, const json_node *member)
{
	(void)arg, (void)name, (void)member;
	return false;
}

enum err proof_add(struct arena *arena, struct bytes json, const struct key *key,
	const char *key_id, int64_t now, struct bytes *out)
{
	const json_node *document, *config;
	uint8_t hashed[2 * SHA256_SIZE], signature[SIGNATURE_MAX];
	size_t size;
	enum err e = json_read(arena, json, NULL, &document);
	if (e != OK)
		return e;
	if (!json_is_object(document) || json_member(document, "proof") != NULL
		|| key_kind(key) != KEY_ED25519)
		return ERR_INVALID;
	const json_node *context = json_member(document, "@context");
	e = json_read(arena, proof_words(arena, context, key_id, now, NULL), NULL, &config);
	if (e == OK)
		e = hash_data(arena, config, NULL, document, hashed);
	if (e == OK)
		e = key_sign(key, hashed, sizeof hashed, signature, &size);
	if (e != OK)
		return e;
	const char *value = arena_format(arena, "z%s", base58_encode(arena, signature, size));
	*out = with_proof(arena, json, proof_words(arena, context, key_id, now, value),
		json_members(document, stop_at_first, NULL) == 0);
	return OK;
}

/* ---- checking -------------------------------------------------------------------------------- */

static bool is_ours(const json_node *proof)
{
	return text_is(json_text(json_member(proof, "type")), "DataIntegrityProof")
		&& text_is(json_text(json_member(proof, "cryptosuite")), SUITE);
}

/* Members that make other readers see another document than the one that was signed. */
static bool is_plain(const json_node *document)
{
	return json_member(document, "@graph") == NULL && json_member(document, "@included") == NULL
		&& json_member(document, "@reverse") == NULL;
}

/* A proof that names a context names the document's. */
static bool same_context(struct arena *arena, const json_node *proof, const json_node *document)
{
	const json_node *said = json_member(proof, "@context"),
			*meant = json_member(document, "@context");
	struct bytes a, b;
	if (said == NULL)
		return true;
	return meant != NULL && json_canonical(arena, said, NULL, &a) == OK
		&& json_canonical(arena, meant, NULL, &b) == OK && a.size == b.size
		&& memcmp(a.data, b.data, a.size) == 0;
}

static bool times_good(const json_node *proof, int64_t since, int64_t now)
{
	const json_node *created = json_member(proof, "created"),
			*expires = json_member(proof, "expires");
	int64_t at = 0;
	if (created != NULL
		&& (json_text(created) == NULL || !time_parse_iso(json_text(created), &at)
			|| at > now + SKEW))
		return false;
	if (since > 0 && at - SKEW < since)
		return false;
	return expires == NULL
		|| (json_text(expires) != NULL && time_parse_iso(json_text(expires), &at)
			&& at > now);
}

static bool is_good(struct arena *arena, const json_node *proof, const json_node *document,
	const char *key_id, const struct key *key, int64_t since, int64_t now)
{
	uint8_t hashed[2 * SHA256_SIZE];
	struct bytes signature;
	const char *value = json_text(json_member(proof, "proofValue"));
	if (!text_is(json_text(json_member(proof, "proofPurpose")), "assertionMethod")
		|| !text_is(json_text(json_member(proof, "verificationMethod")), key_id)
		|| !times_good(proof, since, now) || !same_context(arena, proof, document))
		return false;
	if (value == NULL || value[0] != 'z' || strlen(value) > 2 * PROOF_SIZE
		|| !base58_decode(arena, value + 1, &signature) || signature.size != PROOF_SIZE)
		return false;
	return hash_data(arena, proof, "proofValue", document, hashed) == OK
		&& key_verify(key, hashed, sizeof hashed, signature);
}

static bool add_member(void *arg, const char *name, const json_node *member)
{
	struct text *t = arg;
	if (text_is(name, "signature"))
		return true;
	struct bytes value = json_write(t->arena, member);
	text_add(t, t->size > 1 ? ",\"" : "\"");
	text_json(t, name);
	text_add(t, "\":");
	text_add_n(t, value.data, value.size);
	return true;
}

/* A linked-data signature is laid over the finished proof, which knows nothing of it (FEP-8b32). */
static enum err without_signature(
	struct arena *arena, const json_node *document, const json_node **out)
{
	struct text t;
	*out = document;
	if (json_member(document, "signature") == NULL)
		return OK;
	text_init(&t, arena, DOCUMENT_MOST);
	text_char(&t, '{');
	json_members(document, add_member, &t);
	text_char(&t, '}');
	return t.failed ? ERR_TOO_MUCH : json_read(arena, (struct bytes){t.at, t.size}, NULL, out);
}

enum err proof_check(struct arena *arena, const json_node *document, const char *key_id,
	const struct key *key, int64_t since, int64_t now)
{
	const json_node *proofs = json_member(document, "proof"), *bare = document;
	enum err e = ERR_NOT_FOUND;
	if (json_count(proofs) > PROOFS_MOST || key_kind(key) != KEY_ED25519)
		return ERR_SIGN_IN;
	if (json_count(proofs) > 0 && without_signature(arena, document, &bare) != OK)
		return ERR_SIGN_IN;
	for (size_t i = 0; i < json_count(proofs); i++) {
		const json_node *proof = json_item(proofs, i);
		if (!is_ours(proof))
			continue;
		if (is_plain(document) && is_good(arena, proof, bare, key_id, key, since, now))
			return OK;
		e = ERR_SIGN_IN;
	}
	return e;
}

const char *proof_key_id(const json_node *document)
{
	const json_node *proofs = json_member(document, "proof");
	for (size_t i = 0; i < json_count(proofs) && i < PROOFS_MOST; i++)
		if (is_ours(json_item(proofs, i)))
			return json_text(json_member(json_item(proofs, i), "verificationMethod"));
	return NULL;
}
