/* sign.c (federation): what we sign is read by ourselves, and is written in the plainest form of each kind. */
#include "bendable.h"

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

static void a_key_id_has_its_bounds(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	const char *const *lines = NULL;
	plain(&b, a, RFC_POST);
	for (int size = 2048; size <= 2049; size++) {
		char *id = arena_format(a, "%-*s", size, "https://far.example.org/");
		for (char *c = id; *c != '\0'; c++)
			*c = *c == ' ' ? 'x' : *c;
		for (enum signature_form form = FORM_CAVAGE; form <= FORM_RFC9421; form++)
			assert_int_equal(signature_make(a, &b.q, form, rsa, id, NOW, &lines),
				size == 2048 ? OK : ERR_INVALID);
	}
	assert_int_equal(signature_make(a, &b.q, FORM_RFC9421, rsa, "https://a/\\", NOW, &lines),
		ERR_INVALID);
}

/* What others gave us cannot be signed with, and nothing comes out. */
static void a_public_key_signs_nothing(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bendable b;
	const char *const *lines = NULL;
	struct key *half = key_public(KEY_RSA, key_stored(a, rsa));
	plain(&b, a, CAVAGE_GET);
	for (enum signature_form form = FORM_CAVAGE; form <= FORM_RFC9421; form++) {
		assert_int_not_equal(signature_make(a, &b.q, form, half, KEY_ID, NOW, &lines), OK);
		assert_null(lines);
	}
	key_drop(half);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_sign_is_read),
		cmocka_unit_test(the_plainest_form_is_sent),
		cmocka_unit_test(ed25519_speaks_the_newer_form_only),
		cmocka_unit_test(a_key_id_has_its_bounds),
		cmocka_unit_test(a_public_key_signs_nothing),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
