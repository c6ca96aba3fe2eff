/* key.c (unit): multikeys, DER and PEM in their odd forms; keys too weak, too slow or two-faced. */
#include "keys.h"

/* The RSA key of FEP-521a (CC0), as PKCS#1 and as a multikey. */
static const char fep_rsa[] =
	"3082010a0282010100b1b5fcd8d4d5e88ca5c4287b31f578865caf6a78826a3b8ff7b1b23aa4af4e6a047413"
	"9f945bd9d3a911ffd0fa72db78e4593a86c91f9da836186ebd3402d51f6a3844247ab5088b46929c311b4360"
	"4fed84499f06f0f39bf55590e2187f1bbe229ba8f49fd2e570cd0e3733c76bfede80e1e7e0881e4538ea1bc5"
	"782be9512f8bf132526e05f4923564fe6e1e21bf7087adebb660fa533fca06d0a8e66991e1312d70b64a61da"
	"8ca77c028cdf939601e2cffe2855759b1d479f0847bcac59d7d62427a431d4e3dfd2697428b9dd6309a7b116"
	"7db99fe01af1ff1b739566fb949e47089d1dae84aef1214ef7f5773e86a0d3e9da246f9bec09d60c70589118"
	"3d0203010001";
static const char fep_rsa_multikey[] =
	"z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVNjq8HCuW1"
	"w24nhBFGkRE4cd2Uf2tfrB3N7h4mnyPp1BF3ZttHTYv3DLUPi1zMdkULiow3M1GfXkoC6DoxDUm1jmN6GBj22SjV"
	"sr6dxezRVQc7aj9TxE7JLbMH1wh5X3kA58H3DFW8rnYMakFGbca5CB2Jf6CnGQZmL7o5uJAdTwXfy2iiiyPxXEGe"
	"rMhHwhjTA1mKYobyk2CpeEcmvynADfNZ5MBvcCS7m3XkFCMNUYBS9NQ3fze6vMSUPsNa6GVYmKx2x6JrdEjCk3qR"
	"MMmyjnjCMfR4pXbRMZa3i";

static const char rsa_pem[] = "-----BEGIN PUBLIC KEY-----\n"
			      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA9pcFCDuKaHmn10GfPUnA\n"
			      "4C8DPws+u0CXEU4MdpF3iNvziCzQUOsq/AgSpGfsyZfEfnNn0Dqcz396nO1GfBBR\n"
			      "X6ZPRFl+cIGRfVcYn080cGjsZ7FFiv4OfkdL+NLDZTHX2D4idP6qcfmXHwio9C6G\n"
			      "kscRwR/2cymF+CHTfh/JD0/FNxlR6yUGMYWIIFzIIZqwALFRh99/cbf50UvMckdQ\n"
			      "zkbpCzlgls+9L9k95MYIkBxmpEnafeQp3bvTSbnwoVnXL0+L3VUn+nP5RBjO6TyD\n"
			      "92kXlsGBX6d9gMx6UQDdc1jNQ93p9Q/Hnoy2awOx89kN4J0WiHvJ566OJaBOL0np\n"
			      "9QIDAQAB\n"
			      "-----END PUBLIC KEY-----\n";

/* ---- public keys: what is taken ------------------------------------------------------------ */

static void rsa_multikey_of_fep_521a(void **state)
{
	struct arena *a = *state;
	struct key *k = key_from_multibase(fep_rsa_multikey);
	assert_non_null(k);
	assert_int_equal(key_kind(k), KEY_RSA);
	assert_false(key_is_private(k));
	assert_bytes(a, key_stored(a, k), fep_rsa);
	assert_string_equal(key_multibase(a, k), fep_rsa_multikey);
	key_drop(k);
}

static void ed25519_multikey_of_fep_521a(void **state)
{
	struct arena *a = *state;
	const char *z = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
	struct key *k = key_from_multibase(z);
	assert_non_null(k);
	assert_int_equal(key_kind(k), KEY_ED25519);
	assert_bytes(a, key_stored(a, k),
		"2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6");
	assert_string_equal(key_multibase(a, k), z);
	key_drop(k);
}

static void odd_multikeys_are_refused(void **state)
{
	struct arena *a = *state;
	static const char *const bad[] = {
		"",
		"z",
		"z1",
		"z6",
		"6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
		"m6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
		"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do",
		"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doKK",
		"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do0",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(key_from_multibase(bad[i]));
	assert_null(key_from_multibase(NULL));
	assert_null(key_from_multibase(arena_format(a, "%s1", fep_rsa_multikey)));
	uint8_t other[34] = {0xec, 0x01, 5}; /* X25519: a key, but none to sign with */
	assert_null(
		key_from_multibase(arena_format(a, "z%s", base58_encode(a, other, sizeof other))));
}

static bool taken(enum key_kind kind, struct bytes stored)
{
	struct key *k = key_public(kind, stored);
	assert_int_equal(
		k != NULL, key_allowed(kind, stored)); /* OpenSSL never has the last word */
	key_drop(k);
	return k != NULL;
}

static void rsa_sizes_and_exponents_have_limits(void **state)
{
	struct arena *a = *state;
	static const char *const good[] = {"03", "05", "010001", "00ffffffff"};
	static const char *const bad[] = {"", "00", "01", "02", "04", "010000", "ff", "0100000001",
		"0003", "8001", "0100000000", "00fffffffe", "00ffffffffffffffffffffff"};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(taken(KEY_RSA, rsa_shape(a, 2048, true, good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (taken(KEY_RSA, rsa_shape(a, 2048, true, bad[i])))
			fail_msg("e = %s was taken", bad[i]);
	static const size_t sizes[] = {2048, 2049, 3072, 4095, 4096};
	static const size_t wrong[] = {8, 512, 1024, 2047, 4097, 8192, 16384};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_true(taken(KEY_RSA, rsa_shape(a, sizes[i], true, "010001")));
		assert_false(taken(KEY_RSA, rsa_shape(a, sizes[i], false, "010001")));
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(taken(KEY_RSA, rsa_shape(a, wrong[i], true, "010001")));
	assert_true(
		taken(KEY_RSA, rsa_shape(a, 4096, true, "00ffffffff"))); /* the largest of all */
}

static void rsa_der_has_one_spelling(void **state)
{
	struct arena *a = *state;
	struct bytes good = from_hex(a, rsa_public);
	assert_true(taken(KEY_RSA, good));
	assert_false(taken(KEY_RSA, (struct bytes){NULL, 0}));
	assert_false(taken((enum key_kind)0, good));
	assert_false(taken(KEY_ED25519, good));
	for (size_t size = 0; size < good.size; size++) { /* each copy ends where ASan looks */
		struct arena *cut ARENA_CLEANUP = arena_create();
		assert_false(taken(KEY_RSA, arena_bytes(cut, (struct bytes){good.data, size})));
	}
	assert_false(taken(KEY_RSA, joined(a, good, (struct bytes){"", 1})));
	struct bytes n = {(const uint8_t *)good.data + 4, 261}; /* INTEGER n as it stands */
	struct bytes e = from_hex(a, "0203010001"), junk = from_hex(a, "020101");
	assert_true(taken(KEY_RSA, der(a, 0x30, joined(a, n, e))));
	assert_false(taken(KEY_RSA, der(a, 0x30, joined(a, joined(a, n, e), junk))));
	assert_false(taken(KEY_RSA, der(a, 0x31, joined(a, n, e))));
	assert_false(taken(KEY_RSA, der(a, 0x30, n)));
	assert_false(taken(KEY_RSA, der(a, 0x30, joined(a, n, from_hex(a, "028103010001")))));
	assert_false(taken(KEY_RSA, der(a, 0x30, joined(a, n, from_hex(a, "02820003010001")))));
	assert_false(taken(KEY_RSA, der(a, 0x30, joined(a, n, from_hex(a, "028003010001")))));
	assert_false(taken(KEY_RSA, der(a, 0x30, joined(a, n, from_hex(a, "0284ffffffff010001")))));
	assert_false(taken(KEY_RSA, der(a, 0x30, joined(a, n, from_hex(a, "020400010001")))));
}

static void small_order_points_are_refused(void **state)
{
	struct arena *a = *state;
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct bytes point = from_hex(a, bad[i]);
		assert_false(taken(KEY_ED25519, point));
		uint8_t *mirrored = arena_copy(a, point.data, point.size);
		mirrored[31] |= 0x80;
		assert_false(taken(KEY_ED25519, (struct bytes){mirrored, 32}));
	}
	struct bytes near = from_hex(
		a, "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
	assert_true(taken(KEY_ED25519, near));
	assert_false(taken(KEY_ED25519, (struct bytes){near.data, 31}));
	assert_false(taken(KEY_ED25519, joined(a, near, (struct bytes){"", 1})));
}

/* ---- PEM ----------------------------------------------------------------------------------- */

static char *replaced(struct arena *a, const char *s, char what, const char *by)
{
	struct text t;
	text_init(&t, a, 1 << 16);
	for (; *s != '\0'; s++)
		if (*s == what)
			text_add(&t, by);
		else
			text_char(&t, *s);
	return t.at;
}

static void assert_is_rsa_key(struct arena *a, const char *pem)
{
	struct key *k = key_from_pem(pem);
	if (k == NULL)
		fail_msg("refused: %s", pem);
	assert_bytes(a, key_stored(a, k), rsa_public);
	assert_string_equal(key_pem(a, k), rsa_pem);
	key_drop(k);
}

static char *pem_of(struct arena *a, const char *label, struct bytes b)
{
	return arena_format(a, "-----BEGIN %s-----\n%s\n-----END %s-----", label,
		base64_encode(a, b.data, b.size), label);
}

static void pem_in_its_odd_forms(void **state)
{
	struct arena *a = *state;
	assert_is_rsa_key(a, rsa_pem);
	assert_is_rsa_key(a, replaced(a, rsa_pem, '\n', "\r\n"));
	assert_is_rsa_key(a, replaced(a, rsa_pem, '\n', " "));
	assert_is_rsa_key(a, replaced(a, rsa_pem, '\n', ""));
	assert_is_rsa_key(a, arena_format(a, "\n\n  %s\n\n\t", rsa_pem));
	assert_is_rsa_key(a, pem_of(a, "RSA PUBLIC KEY", from_hex(a, rsa_public))); /* PKCS#1 */
	const char *ed = "-----BEGIN PUBLIC KEY-----\n"
			 "MCowBQYDK2VwAyEALm/M42cB3HkUiODQsXRcweM6TByfzEHGO9ND274JcOY=\n"
			 "-----END PUBLIC KEY-----\n";
	struct key *k = key_from_pem(ed);
	assert_non_null(k);
	assert_string_equal(key_pem(a, k), ed);
	assert_string_equal(
		key_multibase(a, k), "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
	key_drop(k);
}

/* snac2 2.75 on Debian 13: the key stands between its lines, and what memory held comes after. */
static void rubbish_after_the_last_line_is_no_part_of_the_key(void **state)
{
	struct arena *a = *state;
	assert_is_rsa_key(a, arena_format(a, "%sx", rsa_pem));
	assert_is_rsa_key(a, arena_format(a, "%s\x01\x7f\xc3\xa9 --BEGIN-- \"}", rsa_pem));
	assert_is_rsa_key(a, arena_format(a, "%s-----END PUBLIC KEY-----\n", rsa_pem));
	assert_is_rsa_key(a, arena_format(a, "%sKEY", replaced(a, rsa_pem, '\n', " ")));
	assert_is_rsa_key(a,
		arena_format(a, "%s\r\nKEY", pem_of(a, "RSA PUBLIC KEY", from_hex(a, rsa_public))));
}

static void other_pem_is_refused(void **state)
{
	struct arena *a = *state;
	const char *const bad[] = {
		NULL,
		"",
		"-----BEGIN PUBLIC KEY-----",
		"-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
		arena_format(a, "%s%s", rsa_pem, rsa_pem),
		arena_format(a, "x%s", rsa_pem),
		arena_format(a, "%.*sx\n", (int)strlen(rsa_pem) - 1, rsa_pem),
		arena_format(a, "%srubbish\n-----BEGIN CERTIFICATE-----\n", rsa_pem),
		arena_format(a, "%srubbish %s", rsa_pem, rsa_pem),
		arena_format(a, "%.*s", (int)strlen(rsa_pem) - 3, rsa_pem),
		replaced(a, rsa_pem, 'Q', "-"),
		replaced(a, rsa_pem, '\n', "\n="),
		replaced(a, rsa_pem, '\n', "\\n"),
		pem_of(a, "PUBLIC KEY", from_hex(a, rsa_public)),
		pem_of(a, "CERTIFICATE", from_hex(a, rsa_public)),
		pem_of(a, "RSA PRIVATE KEY", from_hex(a, rsa_public)),
		pem_of(a, "RSA PUBLIC KEY", rsa_shape(a, 1024, true, "010001")),
		/* X25519, a small-order Ed25519 point, unused bits, bytes after the key */
		pem_of(a, "PUBLIC KEY",
			from_hex(a,
				"302a300506032b656e032100"
				"2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6")),
		pem_of(a, "PUBLIC KEY",
			from_hex(a,
				"302a300506032b6570032100"
				"0100000000000000000000000000000000000000000000000000000000000000")),
		pem_of(a, "PUBLIC KEY",
			from_hex(a,
				"302a300506032b6570032101"
				"2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6")),
		pem_of(a, "PUBLIC KEY",
			from_hex(a,
				"302a300506032b6570032100"
				"2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e600")),
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (key_from_pem(bad[i]) != NULL)
			fail_msg("accepted: %s", bad[i]);
}

static void pem_ends_at_8_kib(void **state)
{
	struct arena *a = *state;
	int room = 8192 - (int)strlen(rsa_pem);
	assert_is_rsa_key(a, arena_format(a, "%s%*s", rsa_pem, room, ""));
	assert_null(key_from_pem(arena_format(a, "%s%*s", rsa_pem, room + 1, "")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rsa_multikey_of_fep_521a),
		TEST(ed25519_multikey_of_fep_521a),
		TEST(odd_multikeys_are_refused),
		TEST(rsa_sizes_and_exponents_have_limits),
		TEST(rsa_der_has_one_spelling),
		TEST(small_order_points_are_refused),
		TEST(pem_in_its_odd_forms),
		TEST(rubbish_after_the_last_line_is_no_part_of_the_key),
		TEST(other_pem_is_refused),
		TEST(pem_ends_at_8_kib),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
