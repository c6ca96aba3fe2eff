/* signature.c (federation): what we sign is read; nothing that was bent, left out, doubled or dated otherwise is accepted,
 * whether the signature was made before the change or after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1763715492000) /* 2025-11-21T08:58:12Z */
#define KEY_ID "https://far.example.org/u/bob#main-key"
#define HEADERS 16

static struct key *rsa, *other_rsa, *ed25519;

/* ---- a request that can be bent -------------------------------------------------------------- */

struct bendable {
	struct arena *arena;
	struct signed_request q;
	struct {
		const char *name, *value;
	} headers[HEADERS];
	int64_t now;
	const struct key *key;
};

static const char *header_of(void *arg, const char *name)
{
	const struct bendable *b = arg;
	for (size_t i = 0; i < HEADERS; i++)
		if (text_equal_fold(b->headers[i].name, name))
			return b->headers[i].value;
	return NULL;
}

/* value NULL: gone. */
static void set_header(struct bendable *b, const char *name, const char *value)
{
	size_t i = 0;
	while (i < HEADERS && b->headers[i].name != NULL
		&& !text_equal_fold(b->headers[i].name, name))
		i++;
	assert_true(i < HEADERS);
	b->headers[i].name = name;
	b->headers[i].value = value;
}

static void add_lines(struct bendable *b, const char *const *lines)
{
	for (size_t i = 0; lines[i] != NULL; i++) {
		const char *colon = strchr(lines[i], ':');
		set_header(b, arena_text_n(b->arena, lines[i], (size_t)(colon - lines[i])),
			arena_text(b->arena, colon + 2));
	}
}

static const char long_body[] =
	"{\"id\":\"https://far.example.org/a/1\",\"type\":\"Like\",\"actor\":\"https://far.example.org/u/bob\"}";

enum base { CAVAGE_POST, CAVAGE_GET, RFC_POST, RFC_GET, BASES };

static void plain(struct bendable *b, struct arena *a, enum base base)
{
	bool post = base == CAVAGE_POST || base == RFC_POST;
	*b = (struct bendable){.arena = a, .now = NOW, .key = rsa};
	b->q = (struct signed_request){.method = post ? "POST" : "GET",
		.target = post ? "/inbox" : "/c/board/outbox?page=2",
		.origin = "https://near.example.org",
		.host = "near.example.org",
		.has_body = post,
		.header = header_of,
		.arg = b};
	if (post)
		b->q.body = (struct bytes){arena_text(a, long_body), sizeof long_body - 1};
	set_header(b, "Host", "near.example.org");
	set_header(b, "Content-Type", "application/activity+json");
}

static void signed_by_us(struct bendable *b, struct arena *a, enum base base)
{
	const char *const *lines;
	plain(b, a, base);
	assert_int_equal(signature_make(a, &b->q, base >= RFC_POST ? FORM_RFC9421 : FORM_CAVAGE,
				 rsa, KEY_ID, NOW, &lines),
		OK);
	add_lines(b, lines);
}

/* OK: read and verified. */
static enum err judged(struct bendable *b)
{
	struct signature s;
	const char *why = NULL;
	enum err e = signature_parse(b->arena, &b->q, b->now, &s, &why);
	if (e != OK) {
		assert_non_null(why);
		assert_true(e == ERR_SIGN_IN || e == ERR_INVALID);
		return e;
	}
	return signature_verify(&s, b->key) ? OK : ERR_SIGN_IN;
}

/* ---- what we make ---------------------------------------------------------------------------- */

static void what_we_sign_is_read(void **state)
{
	(void)state;
	for (enum base base = 0; base < BASES; base++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct bendable b;
		signed_by_us(&b, a, base);
		assert_int_equal(judged(&b), OK);
		b.key = other_rsa;
		assert_int_equal(judged(&b), ERR_SIGN_IN);
		b.key = ed25519;
		assert_int_equal(judged(&b), ERR_SIGN_IN);
	}
}

static void the_plainest_form_is_sent(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	signed_by_us(&b, a, CAVAGE_POST);
	assert_true(text_starts(header_of(&b, "signature"),
		"keyId=\"" KEY_ID
		"\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest\",signature=\""));
	assert_null(strstr(header_of(&b, "signature"), ", "));
	assert_true(text_starts(header_of(&b, "digest"), "SHA-256="));
	assert_string_equal(header_of(&b, "date"), "Fri, 21 Nov 2025 08:58:12 GMT");
	signed_by_us(&b, a, CAVAGE_GET);
	assert_non_null(
		strstr(header_of(&b, "signature"), "headers=\"(request-target) host date\""));
	assert_null(header_of(&b, "digest"));
	signed_by_us(&b, a, RFC_POST);
	assert_string_equal(header_of(&b, "signature-input"),
		"sig1=(\"@method\" \"@target-uri\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID
		"\";alg=\"rsa-v1_5-sha256\"");
	assert_true(text_starts(header_of(&b, "content-digest"), "sha-256=:"));
	assert_null(header_of(&b, "digest"));
}

static void ed25519_speaks_the_newer_form_only(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	const char *const *lines;
	plain(&b, a, RFC_POST);
	assert_int_equal(
		signature_make(a, &b.q, FORM_CAVAGE, ed25519, KEY_ID, NOW, &lines), ERR_INVALID);
	assert_int_equal(signature_make(a, &b.q, FORM_RFC9421, ed25519, KEY_ID, NOW, &lines), OK);
	add_lines(&b, lines);
	b.key = ed25519;
	assert_int_equal(judged(&b), OK);
	b.key = rsa;
	assert_int_equal(judged(&b), ERR_SIGN_IN);
	assert_int_equal(
		signature_make(a, &b.q, FORM_CAVAGE, rsa, "https://a/\",x=\"", NOW, &lines),
		ERR_INVALID);
	assert_int_equal(
		signature_make(a, &b.q, FORM_CAVAGE, rsa, "https://a/\r\nX: y", NOW, &lines),
		ERR_INVALID);
}

/* ---- bent after signing ---------------------------------------------------------------------- */

enum bend { SET, SWAP, METHOD, TARGET, HOST, ORIGIN, BODY, CLOCK, PREFIX, SUFFIX };
struct mutation {
	unsigned bases; /* bits */
	enum bend bend;
	const char *header, *from, *to;
};
#define C_POST (1U << CAVAGE_POST)
#define C_GET (1U << CAVAGE_GET)
#define R_POST (1U << RFC_POST)
#define R_GET (1U << RFC_GET)
#define C_ALL (C_POST | C_GET)
#define R_ALL (R_POST | R_GET)
#define POSTS (C_POST | R_POST)
#define ALL (C_ALL | R_ALL)

static const struct mutation mutations[] = {
	{ALL, SET, "Signature", NULL, NULL},
	{ALL, SET, "Signature", NULL, ""},
	{ALL, SET, "Signature", NULL, "x"},
	{ALL, SET, "Signature", NULL, ","},
	{ALL, SET, "Signature", NULL, "="},
	{ALL, SET, "Signature", NULL, "sig1=::"},
	{C_ALL, SET, "Host", NULL, NULL},
	{C_ALL, SET, "Host", NULL, "evil.example.org"},
	{C_ALL, SET, "Host", NULL, ""},
	{C_ALL, SET, "Host", NULL, "near.example.org:443"},
	{C_ALL, SET, "Date", NULL, NULL},
	{C_ALL, SET, "Date", NULL, ""},
	{C_ALL, SET, "Date", NULL, "today"},
	{C_ALL, SET, "Date", NULL, "Fri, 21 Nov 2025 08:58:13 GMT"},
	{C_ALL, SET, "Date", NULL, "Fri, 21 Nov 2025 08:58:12"},
	{C_ALL, SET, "Date", NULL, "2025-11-21T08:58:12Z"},
	{C_POST, SET, "Digest", NULL, NULL},
	{C_POST, SET, "Digest", NULL, ""},
	{C_POST, SET, "Digest", NULL, "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	{C_POST, SET, "Digest", NULL, "MD5=1B2M2Y8AsgTpgAmY7PhCfg=="},
	{C_POST, SET, "Digest", NULL, "SHA-256=AAAA"},
	{C_POST, SWAP, "Digest", "SHA-256=", "sha-256="},
	{C_POST, SWAP, "Digest", "SHA-256=", "SHA-512="},
	{C_POST, SWAP, "Digest", "=", "=="},
	{C_POST, SUFFIX, "Digest", NULL, "="},
	{C_POST, SUFFIX, "Digest", NULL,
		" "
		"x"},
	{C_POST, SUFFIX, "Digest", NULL, ",SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	{R_POST, SET, "Content-Digest", NULL, NULL},
	{R_POST, SET, "Content-Digest", NULL, ""},
	{R_POST, SET, "Content-Digest", NULL,
		"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
	{R_POST, SET, "Content-Digest", NULL, "sha-512=:AAAA:"},
	{R_POST, SET, "Content-Digest", NULL, "sha-256=:AAAA:"},
	{R_POST, SWAP, "Content-Digest", "sha-256", "SHA-256"},
	{R_POST, SWAP, "Content-Digest", "=:", "="},
	{R_POST, SUFFIX, "Content-Digest", NULL, ";a"},
	{R_POST, PREFIX, "Content-Digest", NULL, "a=1, "},
	{POSTS, SET, "Digest", NULL,
		"SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}, /* the other one lies */
	{POSTS, SET, "Content-Digest", NULL,
		"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
	{POSTS, SET, "Content-Digest", NULL, "SHA-256=:x"},
	{ALL, METHOD, NULL, NULL, "PUT"},
	{ALL, METHOD, NULL, NULL, "DELETE"},
	{ALL, METHOD, NULL, NULL, "HEAD"},
	{R_ALL, METHOD, NULL, NULL, "post"},
	{R_ALL, METHOD, NULL, NULL, "get"},
	{ALL, TARGET, NULL, NULL, "/"},
	{ALL, TARGET, NULL, NULL, "/inbox/"},
	{ALL, TARGET, NULL, NULL, "/c/board/outbox/"},
	{ALL, TARGET, NULL, NULL, "/c/board/outbox?page=3"},
	{ALL, TARGET, NULL, NULL, "/c/board/outbox?page=2&x"},
	{ALL, TARGET, NULL, NULL, "/c/board/%6futbox?page=2"},
	{ALL, TARGET, NULL, NULL, "//inbox"},
	{ALL, TARGET, NULL, NULL, "/Inbox"},
	{R_ALL, TARGET, NULL, NULL, "/inbox?"},
	{C_GET, TARGET, NULL, NULL, "/c/board/outbox"},
	{C_ALL, HOST, NULL, NULL, "other.example.org"},
	{R_ALL, ORIGIN, NULL, NULL, "https://other.example.org"},
	{R_ALL, ORIGIN, NULL, NULL, "http://near.example.org"},
	{ALL, ORIGIN, NULL, NULL, "https://far.example.org"},
	{POSTS, BODY, NULL, NULL, ""},
	{POSTS, BODY, NULL, NULL, "{}"},
	{POSTS, BODY, NULL, NULL, "x"},
	{ALL, CLOCK, NULL, NULL, "66"},
	{ALL, CLOCK, NULL, NULL, "-66"},
	{ALL, CLOCK, NULL, NULL, "525600"},
	{ALL, CLOCK, NULL, NULL, "-525600"},
	/* cavage parameters */
	{C_ALL, SWAP, "Signature", "keyId=", "keyid2="},
	{C_ALL, SWAP, "Signature", KEY_ID, "acct:bob@far.example.org"},
	{C_ALL, SWAP, "Signature", KEY_ID, "http://far.example.org/u/bob#main-key"},
	{C_ALL, SWAP, "Signature", KEY_ID, "#main-key"},
	{C_ALL, SWAP, "Signature", KEY_ID, ""},
	{C_ALL, SWAP, "Signature", KEY_ID, "https://near.example.org/u/ann#main-key"},
	{C_ALL, SWAP, "Signature", KEY_ID, "https://NEAR.example.org/u/ann"},
	{C_ALL, SWAP, "Signature", KEY_ID, "did:key:z6Mk"},
	{C_ALL, SWAP, "Signature", KEY_ID, "https://u:p@far.example.org/u/bob"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "hmac-sha256"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "none"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "ed25519"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "rsa-sha1"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "rsa-sha512"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "ecdsa-sha256"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "RSA-SHA256"},
	{C_ALL, SWAP, "Signature", "rsa-sha256", ""},
	{C_ALL, SWAP, "Signature", "rsa-sha256", "rsa-v1_5-sha256"},
	{C_ALL, SWAP, "Signature", "(request-target) ", ""},
	{C_ALL, SWAP, "Signature", "host ", ""},
	{C_ALL, SWAP, "Signature", " date", ""},
	{C_POST, SWAP, "Signature", " digest", ""},
	{C_ALL, SWAP, "Signature", "host date", "date host"},
	{C_ALL, SWAP, "Signature", "host date", "host host date"},
	{C_ALL, SWAP, "Signature", "host date", "host  date"},
	{C_ALL, SWAP, "Signature", "host date", "Host date"},
	{C_ALL, SWAP, "Signature", "host date", "host date x-none"},
	{C_ALL, SWAP, "Signature", "host date", "host date (created)"},
	{C_ALL, SWAP, "Signature", "host date", "host date (expires)"},
	{C_ALL, SWAP, "Signature", "host date", "host date (x)"},
	{C_ALL, SWAP, "Signature", "host date", "host\tdate"},
	{C_ALL, SWAP, "Signature", "(request-target)", "(Request-Target)"},
	{C_ALL, SWAP, "Signature", "host date", "host date a b c d e f g h i j k l m n o"},
	{C_ALL, SWAP, "Signature", "headers=", "header="},
	{C_ALL, SWAP, "Signature", "headers=\"", "headers=\" "},
	{C_ALL, SWAP, "Signature", ",signature=", ",sig="},
	{C_ALL, SWAP, "Signature", "signature=\"", "signature=\"AAAA"},
	{C_ALL, SWAP, "Signature", "signature=\"", "signature=\" "},
	{C_ALL, SWAP, "Signature", "signature=\"",
		"signature=\""
		"\",signature=\""},
	{C_ALL, SWAP, "Signature", "algorithm", "keyId=\"" KEY_ID "\",algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "KEYID=\"" KEY_ID "\",algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "x=1,x=1,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", ",algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "created=1763715492,created=1763715492,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "created=x,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "created=1,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "created=99999999999,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "created=-1,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "created=1763715492.5,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "expires=1763715000,algorithm"},
	{C_ALL, SWAP, "Signature", "algorithm", "expires=\"\",algorithm"},
	{C_ALL, SUFFIX, "Signature", NULL, ","},
	{C_ALL, SUFFIX, "Signature", NULL, "x"},
	{C_ALL, SUFFIX, "Signature", NULL, ",x"},
	{C_ALL, SUFFIX, "Signature", NULL, ",x="},
	{C_ALL, SUFFIX, "Signature", NULL, ",x=\""},
	{C_ALL, SUFFIX, "Signature", NULL, ",x=\"\\\"\""},
	{C_ALL, PREFIX, "Signature", NULL, ","},
	{C_ALL, PREFIX, "Signature", NULL, "Basic "},
	{C_ALL, PREFIX, "Signature", NULL, "sig1=:AAAA:, "},
	{C_ALL, SET, "Signature-Input", NULL, "sig1=()"},
	{C_ALL, SET, "Signature-Input", NULL, ""},
	/* RFC 9421 parameters */
	{R_ALL, SET, "Signature-Input", NULL, ""},
	{R_ALL, SET, "Signature-Input", NULL, NULL},
	{R_ALL, SET, "Signature-Input", NULL, "sig1"},
	{R_ALL, SET, "Signature-Input", NULL, "sig1=1"},
	{R_ALL, SWAP, "Signature-Input", "sig1=", "sig2="},
	{R_ALL, SWAP, "Signature", "sig1=", "sig2="},
	{R_ALL, SUFFIX, "Signature-Input", NULL,
		", sig2=(\"@method\");created=1763715492;keyid=\"" KEY_ID "\""},
	{R_ALL, SUFFIX, "Signature", NULL, ", sig2=:AAAA:"},
	{R_ALL, SUFFIX, "Signature", NULL, ", sig1=:AAAA:"},
	{R_ALL, PREFIX, "Signature", NULL, "sig1=:AAAA:, "},
	{R_ALL, PREFIX, "Signature-Input", NULL, "sig1=(), "},
	{R_ALL, SWAP, "Signature", "=:", "=\""},
	{R_ALL, SWAP, "Signature", "=:", "=:AAAA"},
	{R_ALL, SWAP, "Signature-Input", "\"@method\" ", ""},
	{R_ALL, SWAP, "Signature-Input", " \"@target-uri\"", ""},
	{R_POST, SWAP, "Signature-Input", " \"content-digest\"", ""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\" \"@target-uri\"",
		"\"@target-uri\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"@method\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"@method\";req"},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"@method\";tr"},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"host\";bs \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"host\";sf \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"host\";key=\"a\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"",
		"\"@query-param\";name=\"page\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"@status\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"@unknown\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"x-none\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"Host\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "\"\" \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "@method"},
	{R_ALL, SWAP, "Signature-Input", "\"@method\"", "1 \"@method\""},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492", "created=1763715493"},
	{R_ALL, SWAP, "Signature-Input", ";created=1763715492", ""},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492", "created"},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492", "created=\"1763715492\""},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492", "created=1763715492.0"},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492", "created=0"},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492", "created=-5"},
	{R_ALL, SWAP, "Signature-Input", "created=1763715492",
		"created=1763715492;created=1763715492"},
	{R_ALL, SUFFIX, "Signature-Input", NULL, ";expires=1763715000"},
	{R_ALL, SUFFIX, "Signature-Input", NULL, ";expires=1763719092"},
	{R_ALL, SUFFIX, "Signature-Input", NULL, ";tag=\"x\""},
	{R_ALL, SUFFIX, "Signature-Input", NULL, ";nonce=\"x\""},
	{R_ALL, SUFFIX, "Signature-Input", NULL, ";x=1"},
	{R_ALL, SUFFIX, "Signature-Input", NULL, ";"},
	{R_ALL, SWAP, "Signature-Input", "rsa-v1_5-sha256", "ed25519"},
	{R_ALL, SWAP, "Signature-Input", "rsa-v1_5-sha256", "hmac-sha256"},
	{R_ALL, SWAP, "Signature-Input", "rsa-v1_5-sha256", "rsa-pss-sha512"},
	{R_ALL, SWAP, "Signature-Input", "rsa-v1_5-sha256", "none"},
	{R_ALL, SWAP, "Signature-Input", "\"rsa-v1_5-sha256\"", "rsa-v1_5-sha256"},
	{R_ALL, SWAP, "Signature-Input", ";alg=\"rsa-v1_5-sha256\"", ""},
	{R_ALL, SWAP, "Signature-Input", KEY_ID, "https://far.example.org/u/eve#main-key"},
	{R_ALL, SWAP, "Signature-Input", KEY_ID, ""},
	{R_ALL, SWAP, "Signature-Input", KEY_ID, "https://near.example.org/u/ann#main-key"},
	{R_ALL, SWAP, "Signature-Input", "keyid", "keyId"},
	{R_ALL, SWAP, "Signature-Input", "keyid=\"" KEY_ID "\";", ""},
};

static const char *swapped(struct arena *a, const char *in, const char *from, const char *to)
{
	const char *at = strstr(in, from);
	if (at == NULL)
		fail_msg("no %s in %s", from, in);
	return arena_format(a, "%.*s%s%s", (int)(at - in), in, to, at + strlen(from));
}

static void bend(struct bendable *b, const struct mutation *m)
{
	const char *old = m->header != NULL ? header_of(b, m->header) : NULL;
	int64_t minutes;
	switch (m->bend) {
	case SET:
		set_header(b, m->header, m->to);
		break;
	case SWAP:
		set_header(b, m->header, swapped(b->arena, old, m->from, m->to));
		break;
	case PREFIX:
		set_header(b, m->header, arena_format(b->arena, "%s%s", m->to, old));
		break;
	case SUFFIX:
		set_header(b, m->header, arena_format(b->arena, "%s%s", old, m->to));
		break;
	case METHOD:
		b->q.method = m->to;
		break;
	case TARGET:
		b->q.target = m->to;
		break;
	case HOST:
		b->q.host = m->to;
		break;
	case ORIGIN:
		b->q.origin = m->to;
		break;
	case BODY:
		b->q.body = (struct bytes){m->to, strlen(m->to)};
		break;
	case CLOCK:
		assert_true(text_to_i64(m->to, -1000000, 1000000, &minutes));
		b->now += minutes * MINUTE;
		break;
	}
}

static void nothing_bent_is_accepted(void **state)
{
	(void)state;
	size_t tried = 0;
	for (size_t i = 0; i < COUNT(mutations); i++)
		for (enum base base = 0; base < BASES; base++) {
			ARENA_CLEANUP struct arena *a = arena_create();
			struct bendable b;
			if ((mutations[i].bases & 1U << base) == 0)
				continue;
			signed_by_us(&b, a, base);
			bend(&b, &mutations[i]);
			if (judged(&b) == OK)
				fail_msg("base %d, mutation %zu: %s to %s", (int)base, i,
					mutations[i].header, mutations[i].to);
			tried++;
		}
	assert_true(tried >= 120);
	print_message("%zu mutations, 0 accepted\n", tried);
}

static void every_bit_of_the_body(void **state)
{
	(void)state;
	static const enum base posts[] = {CAVAGE_POST, RFC_POST};
	for (size_t k = 0; k < COUNT(posts); k++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct bendable b;
		signed_by_us(&b, a, posts[k]);
		char *body = arena_text(a, long_body);
		b.q.body.data = body;
		for (size_t i = 0; i < 64 * 8; i++) {
			body[i / 8] = (char)(body[i / 8] ^ 1 << i % 8);
			assert_int_equal(judged(&b), ERR_SIGN_IN);
			body[i / 8] = (char)(body[i / 8] ^ 1 << i % 8);
		}
		assert_int_equal(judged(&b), OK);
	}
}

static void every_letter_of_the_signature(void **state)
{
	(void)state;
	for (enum base base = 0; base < BASES; base++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct bendable b;
		signed_by_us(&b, a, base);
		const char *value = header_of(&b, "signature");
		char *bent = arena_text(a, value);
		size_t start = (size_t)(strstr(value, base < RFC_POST ? "signature=\"" : "=:")
				       - value)
			+ (base < RFC_POST ? 11 : 2);
		set_header(&b, "Signature", bent);
		for (size_t i = start; i < start + 340; i += 7) {
			bent[i] = value[i] == 'A' ? 'B' : 'A';
			assert_int_not_equal(judged(&b), OK);
			bent[i] = value[i];
		}
		assert_int_equal(judged(&b), OK);
	}
}

static void sizes_at_the_limit(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	for (enum base base = 0; base < BASES; base++) {
		signed_by_us(&b, a, base);
		char *huge = arena_alloc(a, (1 << 20) + 1);
		memset(huge, 'A', 1 << 20);
		set_header(&b, "Signature", huge);
		assert_int_not_equal(judged(&b), OK);
		set_header(&b, "Signature", arena_format(a, "keyId=\"%s\"", huge));
		assert_int_not_equal(judged(&b), OK);
		set_header(&b, "Signature-Input", huge);
		assert_int_not_equal(judged(&b), OK);
	}
	signed_by_us(&b, a, CAVAGE_POST);
	const char *value = header_of(&b, "signature");
	for (int more = -1; more <= 1; more++) { /* 8 192 bytes are read */
		size_t pad = 8192 + (size_t)(more + 1) - 1 - strlen(value) - strlen(",x=\"\"");
		char *filler = arena_alloc(a, pad + 1);
		memset(filler, 'y', pad);
		set_header(&b, "Signature", arena_format(a, "%s,x=\"%s\"", value, filler));
		assert_int_equal(strlen(header_of(&b, "signature")), 8192 + more);
		assert_int_equal(judged(&b), more <= 0 ? OK : ERR_INVALID);
	}
}

/* ---- made to measure: the signature is good, what it covers or says is not, or is and must be read ---- */

struct made {
	const char *headers, *parameters; /* parameters: between the key id and the headers */
	enum base base;
	enum err want;
	const char *date, *digest, *base_target;
	int64_t clock; /* minutes after NOW */
};

static const struct made made[] = {
	{"(request-target) host date digest", "algorithm=\"hs2019\",", CAVAGE_POST, OK, NULL, NULL,
		NULL, 0},
	{"(request-target) host date digest", "", CAVAGE_POST, OK, NULL, NULL, NULL, 0},
	{"(request-target) host digest date content-type", "", CAVAGE_POST, OK, NULL, NULL, NULL,
		0},
	{"digest host date (request-target)", "algorithm=rsa-sha256,", CAVAGE_POST, OK, NULL, NULL,
		NULL, 0},
	{"(request-target) host date digest", "opaque=\"x\",", CAVAGE_POST, OK, NULL, NULL, NULL,
		0},
	{"(request-target) host date digest", "", CAVAGE_POST, OK, NULL, "sha-256", NULL, 0},
	{"(request-target) (created) host digest", "algorithm=\"hs2019\",created=1763715492,",
		CAVAGE_POST, OK, NULL, NULL, NULL, 0},
	{"(request-target) (created) (expires) host digest",
		"created=\"1763715492\",expires=\"1763719092\",", CAVAGE_POST, OK, NULL, NULL, NULL,
		0},
	{"(request-target) host date", "", CAVAGE_GET, OK, NULL, NULL, NULL, 0},
	{"(request-target) host date", "", CAVAGE_GET, OK, NULL, NULL, "/c/board/outbox",
		0}, /* signed without its query */
	{"(request-target) host date", "", CAVAGE_GET, OK, NULL, NULL, NULL, 65},
	{"(request-target) host date", "", CAVAGE_GET, OK, NULL, NULL, NULL, -65},
	{"(request-target) host date", "", CAVAGE_GET, ERR_SIGN_IN, NULL, NULL, NULL, 66},
	{"(request-target) host date", "", CAVAGE_GET, ERR_SIGN_IN, NULL, NULL, NULL, -66},
	{"(request-target) host (created)", "created=1763715492,", CAVAGE_GET, ERR_SIGN_IN, NULL,
		NULL, NULL, 66},
	{"(request-target) host (created)", "created=1763715492,", CAVAGE_GET, ERR_SIGN_IN, NULL,
		NULL, NULL, -66},
	{"(request-target) host date (expires)", "expires=1763715792,", CAVAGE_GET, OK, NULL, NULL,
		NULL, 9},
	{"(request-target) host date (expires)", "expires=1763715792,", CAVAGE_GET, ERR_SIGN_IN,
		NULL, NULL, NULL, 11},
	{"(request-target) host date (created) (expires)", "created=1763715492,expires=1763715491,",
		CAVAGE_GET, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"(request-target) (created) host digest", "algorithm=\"rsa-sha256\",created=1763715492,",
		CAVAGE_POST, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"host date digest", "", CAVAGE_POST, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"(request-target) date digest", "", CAVAGE_POST, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"(request-target) host digest", "", CAVAGE_POST, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"(request-target) host date", "", CAVAGE_POST, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"date", "", CAVAGE_POST, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"date", "", CAVAGE_GET, ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"(request-target) host date digest", "algorithm=\"hmac-sha256\",", CAVAGE_POST,
		ERR_SIGN_IN, NULL, NULL, NULL, 0},
	{"(request-target) host date digest", "algorithm=\"ed25519\",", CAVAGE_POST, ERR_SIGN_IN,
		NULL, NULL, NULL, 0},
	{"(request-target) host date digest", "algorithm=\"rsa-sha512\",", CAVAGE_POST, ERR_SIGN_IN,
		NULL, NULL, NULL, 0},
	{"(request-target) host date", "", CAVAGE_GET, ERR_INVALID, "yesterday", NULL, NULL, 0},
	{"(request-target) host date", "", CAVAGE_GET, ERR_SIGN_IN, "Thu, 20 Nov 2025 08:58:12 GMT",
		NULL, NULL, 0},
	{"(request-target) host date digest", "", CAVAGE_POST, ERR_SIGN_IN, NULL, "SHA-512", NULL,
		0},
	{"(request-target) host date digest", "", CAVAGE_POST, ERR_SIGN_IN, NULL, "MD5", NULL, 0},
	{"(request-target) host date digest", "", CAVAGE_POST, ERR_INVALID, NULL,
		"x=1,SHA-256=AAAA,SHA-256", NULL, 0},
	{"(request-target) host date digest", "", CAVAGE_POST, OK, NULL, "MD5=AAAA, SHA-256", NULL,
		0},
};

static void made_to_measure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		const struct made *m = &made[i];
		struct bendable b;
		struct text t;
		uint8_t sum[SHA256_SIZE], bytes[SIGNATURE_MAX];
		size_t size;
		int64_t seconds;
		plain(&b, a, m->base);
		crypto_sha256(b.q.body.data, b.q.body.size, sum);
		set_header(&b, "Date", m->date != NULL ? m->date : "Fri, 21 Nov 2025 08:58:12 GMT");
		if (b.q.has_body)
			set_header(&b, "Digest",
				arena_format(a, "%s=%s", m->digest != NULL ? m->digest : "SHA-256",
					base64_encode(a, sum, sizeof sum)));
		text_init(&t, a, 8192);
		for (const char *at = m->headers; *at != '\0';) {
			size_t length = strcspn(at, " ");
			const char *name = arena_text_n(a, at, length),
				   *value = header_of(&b, name);
			const char *said = strstr(
				m->parameters, name[1] == 'c' ? "created=" : "expires=");
			if (text_is(name, "(request-target)"))
				value = arena_format(a, "%s %s", b.q.has_body ? "post" : "get",
					m->base_target != NULL ? m->base_target : b.q.target);
			else if (name[0] == '(') {
				said += 8 + (said[8] == '"');
				assert_true(text_to_i64(
					arena_text_n(a, said, strspn(said, "0123456789")), 0,
					INT64_MAX, &seconds));
				value = arena_format(a, "%lld", (long long)seconds);
			}
			text_format(&t, "%s%s: %s", t.size > 0 ? "\n" : "", name, value);
			at += length + (at[length] == ' ');
		}
		assert_int_equal(key_sign(rsa, t.at, t.size, bytes, &size), OK);
		set_header(&b, "Signature",
			arena_format(a, "keyId=\"" KEY_ID "\",%sheaders=\"%s\",signature=\"%s\"",
				m->parameters, m->headers, base64_encode(a, bytes, size)));
		b.now += m->clock * MINUTE;
		if (judged(&b) != m->want)
			fail_msg("%zu: %s %s", i, m->headers, m->parameters);
	}
}

/* The same for RFC 9421: `input` is signed as it stands. */
static const struct {
	const char *input;
	enum base base;
	enum err want;
	int64_t clock;
} messages[] = {
	{"(\"@method\" \"@target-uri\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID "\"",
		RFC_POST, OK, 0},
	{"(\"@method\" \"@target-uri\" \"@authority\" \"host\" \"date\" \"content-digest\");alg=\"rsa-v1_5-sha256\";keyid=\"" KEY_ID
	 "\";created=1763715492",
		RFC_POST, OK, 0},
	{"(\"@method\" \"@authority\" \"@path\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID
	 "\";nonce=\"n\"",
		RFC_POST, OK, 0},
	{"(\"@method\" \"@scheme\" \"@authority\" \"@path\" \"@query\");created=1763715492;keyid=\"" KEY_ID
	 "\"",
		RFC_GET, OK, 0},
	{"(\"@method\" \"@authority\" \"@request-target\");created=1763715492;keyid=\"" KEY_ID "\"",
		RFC_GET, OK, 0},
	{"(\"@method\" \"@target-uri\");created=1763715492;expires=1763719092;keyid=\"" KEY_ID "\"",
		RFC_GET, OK, 60},
	{"(\"@method\" \"@target-uri\");created=1763715492;expires=1763719092;keyid=\"" KEY_ID "\"",
		RFC_GET, OK, 65},
	{"(\"@method\" \"@target-uri\");created=1763715492;expires=1763717000;keyid=\"" KEY_ID "\"",
		RFC_GET, ERR_SIGN_IN, 40},
	{"(\"@method\" \"@target-uri\");created=1763715492;expires=1763715491;keyid=\"" KEY_ID "\"",
		RFC_GET, ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\");created=1763715492;keyid=\"" KEY_ID "\"", RFC_GET,
		ERR_SIGN_IN, 66},
	{"(\"@method\" \"@target-uri\");created=1763715492;keyid=\"" KEY_ID "\"", RFC_GET,
		ERR_SIGN_IN, -66},
	{"(\"@method\" \"@authority\" \"@path\");created=1763715492;keyid=\"" KEY_ID "\"", RFC_GET,
		ERR_SIGN_IN, 0}, /* its query is free */
	{"(\"@target-uri\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID "\"", RFC_POST,
		ERR_SIGN_IN, 0},
	{"(\"@method\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID "\"", RFC_POST,
		ERR_SIGN_IN, 0},
	{"(\"@method\" \"@path\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID "\"",
		RFC_POST, ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\");created=1763715492;keyid=\"" KEY_ID "\"", RFC_POST,
		ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\" \"digest\");created=1763715492;keyid=\"" KEY_ID "\"",
		RFC_POST, ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\" \"content-digest\");keyid=\"" KEY_ID "\"", RFC_POST,
		ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\" \"content-digest\");created=1763715492", RFC_POST,
		ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID
	 "\";tag=\"app\"",
		RFC_POST, ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID
	 "\";alg=\"ed25519\"",
		RFC_POST, ERR_SIGN_IN, 0},
	{"(\"@method\" \"@target-uri\" \"content-digest\");created=1763715492;keyid=\"" KEY_ID
	 "\";alg=\"rsa-sha256\"",
		RFC_POST, ERR_SIGN_IN, 0},
};

static void messages_to_measure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct bendable b;
		struct structured input;
		const char *base, *why;
		uint8_t sum[SHA256_SIZE], bytes[SIGNATURE_MAX];
		size_t size;
		plain(&b, a, messages[i].base);
		set_header(&b, "Date", "Fri, 21 Nov 2025 08:58:12 GMT");
		crypto_sha256(b.q.body.data, b.q.body.size, sum);
		if (b.q.has_body) {
			set_header(&b, "Content-Digest",
				arena_format(a, "sha-256=:%s:", base64_encode(a, sum, sizeof sum)));
			set_header(&b, "Digest",
				arena_format(a, "SHA-256=%s", base64_encode(a, sum, sizeof sum)));
		}
		set_header(&b, "Signature-Input", arena_format(a, "x=%s", messages[i].input));
		assert_int_equal(
			structured_dictionary(a, header_of(&b, "signature-input"), &input), OK);
		assert_int_equal(signature_base(a, &b.q, &input.items[0], &base, &why), OK);
		assert_true(text_ends(base, messages[i].input));
		assert_int_equal(key_sign(rsa, base, strlen(base), bytes, &size), OK);
		set_header(
			&b, "Signature", arena_format(a, "x=:%s:", base64_encode(a, bytes, size)));
		b.now += messages[i].clock * MINUTE;
		if (judged(&b) != messages[i].want)
			fail_msg("%zu: %s", i, messages[i].input);
	}
}

static int make_keys(void **state)
{
	(void)state;
	rsa = key_generate(KEY_RSA);
	other_rsa = key_generate(KEY_RSA);
	ed25519 = key_generate(KEY_ED25519);
	return 0;
}

static int drop_keys(void **state)
{
	(void)state;
	key_drop(rsa);
	key_drop(other_rsa);
	key_drop(ed25519);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_sign_is_read),
		cmocka_unit_test(the_plainest_form_is_sent),
		cmocka_unit_test(ed25519_speaks_the_newer_form_only),
		cmocka_unit_test(nothing_bent_is_accepted),
		cmocka_unit_test(every_bit_of_the_body),
		cmocka_unit_test(every_letter_of_the_signature),
		cmocka_unit_test(sizes_at_the_limit),
		cmocka_unit_test(made_to_measure),
		cmocka_unit_test(messages_to_measure),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
