/* signature.c (federation): nothing that was bent, left out, doubled or dated otherwise is accepted,
 * whether the signature was made before the change or after it. */
#include "bendable.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_bent_is_accepted),
		cmocka_unit_test(every_bit_of_the_body),
		cmocka_unit_test(every_letter_of_the_signature),
		cmocka_unit_test(sizes_at_the_limit),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
