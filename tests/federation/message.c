/* message.c (federation): signatures of RFC 9421: which components and parameters are read, and what must be covered. */
#include "bendable.h"
#include "signature.h"

/* `input` is signed as it stands: the signature is good, what it covers or says is not, or is and must be read. */
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

/* ---- the bytes that are signed --------------------------------------------------------------- */

static enum err base_of(struct bendable *b, const char *input, const char **base)
{
	struct structured all;
	const char *why = NULL;
	struct review r = {.arena = b->arena, .request = &b->q, .now = NOW, .why = &why};
	assert_int_equal(
		structured_dictionary(b->arena, arena_format(b->arena, "s=%s", input), &all), OK);
	return message_base(&r, &all.items[0], base);
}

static void every_component_says_its_part(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	const char *base;
	plain(&b, a, RFC_GET);
	b.q.host = "Near.Example.org";
	assert_int_equal(
		base_of(&b,
			"(\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@path\" "
			"\"@query\" \"@request-target\" \"content-type\");created=1",
			&base),
		OK);
	assert_string_equal(base,
		"\"@method\": GET\n\"@target-uri\": https://near.example.org/c/board/outbox?page=2\n"
		"\"@authority\": near.example.org\n\"@scheme\": https\n\"@path\": /c/board/outbox\n"
		"\"@query\": ?page=2\n\"@request-target\": /c/board/outbox?page=2\n"
		"\"content-type\": application/activity+json\n\"@signature-params\": (\"@method\" "
		"\"@target-uri\" \"@authority\" \"@scheme\" \"@path\" \"@query\" \"@request-target\" "
		"\"content-type\");created=1");
	b.q.target = "/inbox";
	assert_int_equal(base_of(&b, "(\"@query\")", &base), OK);
	assert_true(text_starts(base, "\"@query\": ?\n")); /* §2.2.7: an absent one is a lone ? */
	assert_int_equal(base_of(&b, "()", &base), OK);
	assert_string_equal(base, "\"@signature-params\": ()");
}

static void components_we_do_not_take(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const struct {
		const char *input;
		enum err err;
	} cases[] = {
		{"(\"@method\" \"@method\")", ERR_INVALID},
		{"(method)", ERR_INVALID},
		{"(1)", ERR_INVALID},
		{"\"@method\"", ERR_INVALID},
		{"(\"@method\";req)", ERR_SIGN_IN},
		{"(\"content-type\";sf)", ERR_SIGN_IN},
		{"(\"@query-param\";name=\"page\")", ERR_SIGN_IN},
		{"(\"@status\")", ERR_SIGN_IN},
		{"(\"@signature-params\")", ERR_SIGN_IN},
		{"(\"Content-Type\")", ERR_SIGN_IN},
		{"(\"x-none\")", ERR_SIGN_IN},
		{"(\"\")", ERR_SIGN_IN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bendable b;
		const char *base = NULL;
		plain(&b, a, RFC_GET);
		if (base_of(&b, cases[i].input, &base) != cases[i].err || base != NULL)
			fail_msg("%s", cases[i].input);
	}
	struct bendable b;
	const char *base;
	plain(&b, a, RFC_GET);
	set_header(&b, "Host", "evil.example.org"); /* another one than was asked */
	assert_int_equal(base_of(&b, "(\"host\")", &base), ERR_SIGN_IN);
}

static const char *any_header(void *arg, const char *name)
{
	(void)arg, (void)name;
	return "v";
}

static void sixteen_components_at_most(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	for (int count = 16; count <= 17; count++) {
		struct bendable b;
		struct text input;
		const char *base;
		plain(&b, a, RFC_GET);
		b.q.header = any_header;
		text_init(&input, a, 1024);
		for (int i = 0; i < count; i++)
			text_format(&input, "%s\"x-%d\"", i > 0 ? " " : "(", i);
		text_add(&input, ")");
		assert_int_equal(base_of(&b, input.at, &base), count == 16 ? OK : ERR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_component_says_its_part),
		cmocka_unit_test(components_we_do_not_take),
		cmocka_unit_test(sixteen_components_at_most),
		cmocka_unit_test(messages_to_measure),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
