/* proof.c (federation): what we prove can be checked, and nothing else of it can. */
#include "vector.h"

#define NOW INT64_C(1763715492000)
#define KEY_ID "https://ex.org/u/ann#ed25519-key"

static struct key *key;

static const char plain[] =
	"{ \"@context\": [\"https://www.w3.org/ns/activitystreams\"], \"id\": \"https://ex.org/a/1\","
	" \"type\": \"Like\", \"actor\": \"https://ex.org/u/ann\", \"n\": 1.50 }";

static const json_node *read_it(struct arena *a, const char *json)
{
	const json_node *node = NULL;
	assert_int_equal(json_read(a, (struct bytes){json, strlen(json)}, NULL, &node), OK);
	return node;
}

static const char *proved(struct arena *a, const char *json)
{
	struct bytes out;
	assert_int_equal(
		proof_add(a, (struct bytes){json, strlen(json)}, key, KEY_ID, NOW, &out), OK);
	return arena_text_n(a, out.data, out.size);
}

static enum err check(struct arena *a, const char *json, int64_t now)
{
	return proof_check(a, read_it(a, json), KEY_ID, key, 0, now);
}

static const char *swapped(struct arena *a, const char *in, const char *from, const char *to)
{
	const char *at = strstr(in, from);
	if (at == NULL)
		fail_msg("no %s in %s", from, in);
	return arena_format(a, "%.*s%s%s", (int)(at - in), in, to, at + strlen(from));
}

static void what_we_prove_is_proved(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const char *const documents[] = {plain, "{}", "{\"a\":{}}\n", "{\"a\":\"}\"}  "};
	for (size_t i = 0; i < COUNT(documents); i++) {
		const char *json = proved(a, documents[i]);
		assert_int_equal(check(a, json, NOW), OK);
		assert_string_equal(proof_key_id(read_it(a, json)), KEY_ID);
	}
	const char *json = proved(a, plain);
	assert_true(text_starts(json,
		arena_text_n(
			a, plain, sizeof plain - 3))); /* byte for byte, but for the last brace */
	assert_non_null(strstr(json, "\"created\":\"2025-11-21T08:58:12Z\""));
}

static void order_and_space_do_not_matter(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct bytes again = json_write(a, read_it(a, proved(a, plain)));
	assert_int_equal(check(a, arena_text_n(a, again.data, again.size), NOW), OK);
	const char *json = proved(a, "{\"b\":1,\"a\":2}");
	assert_int_equal(
		check(a, swapped(a, json, "\"b\":1,\"a\":2", "\"a\" : 2, \"b\" : 1"), NOW), OK);
}

static void any_change_is_seen(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const char *const changes[][2] = {{"Like", "Dislike"}, {"/a/1", "/a/2"},
		{"u/ann\"", "u/bob\""}, {"1.50", "1.51"},
		{"\"type\": \"Like\"", "\"type\": \"Like\", \"to\": \"x\""}, {", \"n\": 1.50", ""},
		{"DataIntegrityProof\"", "DataIntegrityProof\",\"domain\":\"x\""},
		{"assertionMethod", "authentication"},
		{"2025-11-21T08:58:12Z", "2025-11-21T08:58:13Z"}, {"#ed25519-key", "#other-key"},
		{"\"proofValue\":\"z", "\"proofValue\":\"u"},
		{"\"proofValue\":\"z", "\"proofValue\":\"z1"},
		{"\"proofValue\":\"z", "\"proofValue\":[],\"x\":\"z"},
		{"\"created\":\"2025", "\"created\":7,\"x\":\"2025"},
		{"activitystreams\"]", "activitystreams\",\"https://evil.example/\"]"},
		{"\"@context\": [", "\"@context\": [1,"}, {"\"actor\"", "\"@graph\":[],\"actor\""},
		{"\"actor\"", "\"@included\":{},\"actor\""},
		{"\"actor\"", "\"@reverse\":{},\"actor\""},
		{"\"created\"", "\"expires\":\"2025-11-21T08:58:11Z\",\"created\""}};
	const char *json = proved(a, plain);
	for (size_t i = 0; i < COUNT(changes); i++)
		if (check(a, swapped(a, json, changes[i][0], changes[i][1]), NOW) != ERR_SIGN_IN)
			fail_msg("%s -> %s", changes[i][0], changes[i][1]);
	size_t start = (size_t)(strstr(json, "\"proofValue\":\"z") - json)
		+ strlen("\"proofValue\":\"z");
	for (size_t i = start; json[i] != '"'; i++) {
		char *bent = arena_text(a, json);
		bent[i] = bent[i] == '2' ? '3' : '2';
		assert_int_equal(check(a, bent, NOW), ERR_SIGN_IN);
	}
}

static void time_is_minded(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *json = proved(a, plain);
	assert_int_equal(check(a, json, NOW - 65 * MINUTE), OK);
	assert_int_equal(check(a, json, NOW - 66 * MINUTE), ERR_SIGN_IN); /* made in the future */
	assert_int_equal(check(a, json, NOW + 3650 * DAY), OK);
	/* Unless it is asked that it be new, on a clock that may have run ahead. */
	const json_node *document = read_it(a, json);
	int64_t since = NOW - 65 * MINUTE;
	assert_int_equal(proof_check(a, document, KEY_ID, key, since, NOW + DAY), OK);
	assert_int_equal(proof_check(a, document, KEY_ID, key, since + 1, NOW + DAY), ERR_SIGN_IN);
}

static void only_the_right_key(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const json_node *document = read_it(a, proved(a, plain));
	struct key *other = key_generate(KEY_ED25519), *rsa = key_generate(KEY_RSA);
	struct bytes out;
	assert_int_equal(proof_check(a, document, KEY_ID, other, 0, NOW), ERR_SIGN_IN);
	assert_int_equal(proof_check(a, document, KEY_ID, rsa, 0, NOW), ERR_SIGN_IN);
	assert_int_equal(proof_check(a, document, "https://ex.org/u/bob#ed25519-key", key, 0, NOW),
		ERR_SIGN_IN);
	assert_int_equal(proof_add(a, (struct bytes){plain, strlen(plain)}, rsa, KEY_ID, NOW, &out),
		ERR_INVALID);
	key_drop(other);
	key_drop(rsa);
}

/* A proof of a kind we do not know is no proof, not a bad one. One good among several is enough. */
static void several_and_unknown_proofs(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *json = proved(a, plain),
		   *proof = strstr(json, "\"proof\":") + strlen("\"proof\":");
	const char *mine = arena_text_n(a, proof, strlen(proof) - 1);
	const char *head = arena_text_n(a, json, (size_t)(proof - json));
	const char
		*unknown = "{\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"mldsa44-jcs-2024\"}";
	assert_int_equal(check(a, plain, NOW), ERR_NOT_FOUND);
	assert_int_equal(check(a, arena_format(a, "%s%s}", head, unknown), NOW), ERR_NOT_FOUND);
	assert_null(proof_key_id(read_it(a, arena_format(a, "%s%s}", head, unknown))));
	assert_int_equal(check(a, arena_format(a, "%s\"text\"}", head), NOW), ERR_NOT_FOUND);
	assert_int_equal(check(a, arena_format(a, "%s[%s,7,%s]}", head, unknown, mine), NOW), OK);
	assert_string_equal(
		proof_key_id(read_it(a, arena_format(a, "%s[%s,%s]}", head, unknown, mine))),
		KEY_ID);
	assert_int_equal(check(a, arena_format(a, "%s[1,2,3,4,5,6,7,%s]}", head, mine), NOW), OK);
	assert_int_equal(
		check(a, arena_format(a, "%s[1,2,3,4,5,6,7,8,%s]}", head, mine), NOW), ERR_SIGN_IN);
}

static void what_cannot_be_proved(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	static const char *const bad[] = {
		"", "[]", "7", "{", "{\"a\":1,\"a\":2}", "{\"proof\":{}}"};
	struct bytes out;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(proof_add(a, (struct bytes){bad[i], strlen(bad[i])}, key, KEY_ID,
					 NOW, &out),
			ERR_INVALID);
}

static void a_signature_over_the_proof_is_no_part_of_it(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *json = proved(a, plain), *over = "\"proof\":";
	const char *later = "\"signature\":{\"type\":\"RsaSignature2017\",\"a\":[1.50]},\"proof\":";
	assert_int_equal(check(a, swapped(a, json, over, later), NOW), OK);
	later = "\"signatures\":1,\"proof\":";
	assert_int_equal(check(a, swapped(a, json, over, later), NOW), ERR_SIGN_IN);
	later = "\"signature\":1,\"to\":\"x\",\"proof\":";
	assert_int_equal(check(a, swapped(a, json, over, later), NOW), ERR_SIGN_IN);
	json = swapped(a, json, "\"type\": \"Like\"",
		"\"type\": \"Like\", \"object\": {\"signature\": 1}");
	assert_int_equal(check(a, json, NOW), ERR_SIGN_IN); /* only at the top */
}

static int make_key(void **state)
{
	(void)state;
	key = key_generate(KEY_ED25519);
	return 0;
}

static int drop_key(void **state)
{
	(void)state;
	key_drop(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_prove_is_proved),
		cmocka_unit_test(order_and_space_do_not_matter),
		cmocka_unit_test(any_change_is_seen),
		cmocka_unit_test(time_is_minded),
		cmocka_unit_test(only_the_right_key),
		cmocka_unit_test(several_and_unknown_proofs),
		cmocka_unit_test(what_cannot_be_proved),
		cmocka_unit_test(a_signature_over_the_proof_is_no_part_of_it),
	};
	return cmocka_run_group_tests(tests, make_key, drop_key);
}
