/* cavage.c (federation): signatures of draft-cavage-12: which spellings are read, and what must be covered. */
#include "bendable.h"
#include "signature.h"

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

/* ---- as it is read: what becomes of the header's words --------------------------------------- */

static enum err parsed(struct bendable *b, const char *header, struct signature *out)
{
	const char *why = NULL;
	struct review r = {.arena = b->arena, .request = &b->q, .now = NOW, .why = &why};
	*out = (struct signature){0};
	enum err e = cavage_parse(&r, header, out);
	assert_true((e == OK) == (why == NULL));
	return e;
}

static void the_base_is_written_as_it_was_signed(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	struct signature s;
	plain(&b, a, CAVAGE_GET);
	set_header(&b, "Date", " today ");
	assert_int_equal(
		parsed(&b,
			"Signature KEYID=\"k\" , algorithm=hs2019,headers=\"host (request-target) "
			"date (created)\",created=7,signature=\"AQI=\"",
			&s),
		OK);
	assert_string_equal(s.base,
		"host: near.example.org\n(request-target): get "
		"/c/board/outbox?page=2\ndate: today\n(created): 7");
	assert_string_equal(s.base_no_query,
		"host: near.example.org\n(request-target): get "
		"/c/board/outbox\ndate: today\n(created): 7");
	assert_string_equal(s.key_id, "k");
	assert_string_equal(s.algorithm, "hs2019");
	assert_int_equal(s.form, FORM_CAVAGE);
	assert_int_equal(s.bytes.size, 2);
	plain(&b, a, CAVAGE_POST);
	assert_int_equal(
		parsed(&b, "keyId=\"k\",headers=\"host (request-target)\",signature=\"AQI=\"", &s),
		OK);
	assert_null(s.base_no_query); /* there is no query to leave out */
	assert_null(s.algorithm);
}

#define GOOD "headers=\"(request-target) host\",signature=\"AQI=\""

static void words_that_are_no_signature(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const struct {
		const char *header;
		enum err err;
	} cases[] = {
		{"keyId=\"k\"," GOOD, OK},
		{"keyId=\"k\"," GOOD ",", ERR_INVALID},
		{",keyId=\"k\"," GOOD, ERR_INVALID},
		{"keyId=\"k\";" GOOD, ERR_INVALID},
		{"keyId=\"k," GOOD, ERR_INVALID},
		{"keyId=\"a\\b\"," GOOD, ERR_INVALID},
		{"keyId=," GOOD, ERR_INVALID},
		{"keyId," GOOD, ERR_INVALID},
		{"keyId=\"k\",keyid=\"k\"," GOOD, ERR_INVALID},
		{"keyId=\"k\",new=1,NEW=2," GOOD, ERR_INVALID}, /* nor what we do not know */
		{"keyId=\"k\",created=0," GOOD, ERR_INVALID},
		{"keyId=\"k\",expires=soon," GOOD, ERR_INVALID},
		{"keyId=\"k\",algorithm=\"none\"," GOOD, ERR_SIGN_IN},
		{GOOD, ERR_SIGN_IN},
		{"keyId=\"k\",signature=\"AQI=\"", ERR_SIGN_IN},
		{"keyId=\"k\",headers=\"(request-target) host\"", ERR_SIGN_IN},
		{"keyId=\"k\",headers=\"(request-target) host\",signature=\"A Q\"", ERR_INVALID},
		{"keyId=\"k\",headers=\"\",signature=\"AQI=\"", ERR_SIGN_IN},
		{"keyId=\"k\",headers=\"(request-target)  host\",signature=\"AQI=\"", ERR_SIGN_IN},
		{"keyId=\"k\",headers=\"(request-target) host host\",signature=\"AQI=\"",
			ERR_INVALID},
		{"keyId=\"k\",headers=\"(request-target) Host\",signature=\"AQI=\"", ERR_SIGN_IN},
		{"keyId=\"k\",headers=\"(request-target) host x-none\",signature=\"AQI=\"",
			ERR_SIGN_IN},
		{"keyId=\"k\",headers=\"(request-target) host (expires)\",signature=\"AQI=\"",
			ERR_SIGN_IN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bendable b;
		struct signature s;
		plain(&b, a, CAVAGE_POST);
		if (parsed(&b, cases[i].header, &s) != cases[i].err)
			fail_msg("%s", cases[i].header);
	}
}

static const char *any_header(void *arg, const char *name)
{
	(void)arg;
	return text_is(name, "host") ? "near.example.org" : "v";
}

/* Sixteen parameters, and sixteen headers covered; no more. */
static void lists_have_an_end(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (int count = 16; count <= 17; count++) {
		struct bendable b;
		struct signature s;
		struct text parameters, covered;
		plain(&b, a, CAVAGE_POST);
		b.q.header = any_header;
		text_init(&parameters, a, 1024);
		text_init(&covered, a, 1024);
		for (int i = 3; i < count; i++)
			text_format(&parameters, "x%c=1,", 'a' + i);
		for (int i = 2; i < count; i++)
			text_format(&covered, " x-%d", i);
		enum err want = count == 16 ? OK : ERR_INVALID;
		assert_int_equal(
			parsed(&b, arena_format(a, "%skeyId=\"k\"," GOOD, parameters.at), &s),
			want);
		assert_int_equal(parsed(&b,
					 arena_format(a,
						 "keyId=\"k\",headers=\"(request-target) "
						 "host%s\",signature=\"AQI=\"",
						 covered.at),
					 &s),
			want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_base_is_written_as_it_was_signed),
		cmocka_unit_test(words_that_are_no_signature),
		cmocka_unit_test(lists_have_an_end),
		cmocka_unit_test(made_to_measure),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
