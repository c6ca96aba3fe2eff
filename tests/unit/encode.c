/* encode.c (unit): the vectors of the specifications, and spellings that are not canonical. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <string.h>

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void base64_vectors_of_rfc_4648(void **state)
{
	static const char *const vectors[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "+/+/"},
	};
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct bytes out;
		size_t size = strlen(vectors[i][0]);
		assert_string_equal(base64_encode(*state, vectors[i][0], size), vectors[i][1]);
		assert_true(base64_decode(*state, vectors[i][1], &out));
		assert_int_equal(out.size, size);
		assert_memory_equal(out.data, vectors[i][0], size);
	}
}

static void base64_takes_one_spelling_only(void **state)
{
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zg===", "=",
		"==", "====", "A===", "Z===", "=Zg=", "Zg==Zg==", "Zm8", "Zm8=\n",
		"Zm 8=", "Zm9v\n", "-_-_", "Zh==", "Zm9=", "Zm9\xc3\xa9", "Zm=v", "Zm9vYg=A",
		"\n\n\n\n"};
	struct bytes out = {NULL, 7};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (base64_decode(*state, bad[i], &out))
			fail_msg("accepted: %s", bad[i]);
	assert_false(base64_decode(*state, NULL, &out));
	assert_int_equal(out.size, 7);
}

static void base58_vectors(void **state)
{
	static const struct {
		const char *plain;
		size_t size;
		const char *text;
	} vectors[] = {
		{"", 0, ""},
		{"\0", 1, "1"},
		{"\0\0\0", 3, "111"},
		{"a", 1, "2g"},
		{"\xff", 1, "5Q"},
		{"Hello World!", 12, "2NEpo7TZRRrLZSi2U"},
		{"The quick brown fox jumps over the lazy dog.", 44,
			"USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"},
		{"\0\0\x28\x7f\xb4\xcd", 6, "11233QC4"},
	};
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct bytes out;
		assert_string_equal(
			base58_encode(*state, vectors[i].plain, vectors[i].size), vectors[i].text);
		assert_true(base58_decode(*state, vectors[i].text, &out));
		assert_int_equal(out.size, vectors[i].size);
		assert_memory_equal(out.data, vectors[i].plain, out.size);
	}
}

static void base58_refuses_foreign_digits(void **state)
{
	static const char *const bad[] = {
		"0", "O", "I", "l", "2g ", " 2g", "2-g", "2g\n", "\xc3\xa9", "+"};
	struct bytes out = {NULL, 7};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(base58_decode(*state, bad[i], &out));
	assert_false(base58_decode(*state, NULL, &out));
	assert_int_equal(out.size, 7);
}

static void base58_ends_at_a_kibibyte(void **state)
{
	struct arena *a = *state;
	static uint8_t data[1024];
	struct bytes out;
	memset(data, 0xff, sizeof data);
	char *text = base58_encode(a, data, sizeof data);
	assert_true(base58_decode(a, text, &out));
	assert_int_equal(out.size, sizeof data);
	assert_memory_equal(out.data, data, sizeof data);
	assert_false(base58_decode(a, arena_format(a, "%sz", text), &out)); /* 1025 bytes */
	char ones[4097];
	memset(ones, '1', sizeof ones);
	ones[1025] = '\0';
	assert_false(base58_decode(a, ones, &out));
	ones[1024] = '\0';
	assert_true(base58_decode(a, ones, &out));
	assert_int_equal(out.size, 1024);
	memset(ones, 'z', sizeof ones);
	ones[4096] = '\0';
	assert_false(base58_decode(a, ones, &out));
}

static void bytes_of_any_size_come_back(void **state)
{
	uint8_t data[300];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 167 + 13);
	for (size_t size = 0; size <= sizeof data; size++) {
		struct bytes out;
		assert_true(base64_decode(*state, base64_encode(*state, data, size), &out));
		assert_int_equal(out.size, size);
		assert_memory_equal(out.data, data, size);
		assert_true(base58_decode(*state, base58_encode(*state, data, size), &out));
		assert_int_equal(out.size, size);
		assert_memory_equal(out.data, data, size);
		assert_int_equal(strlen(hex_encode(*state, data, size)), 2 * size);
	}
}

static void hex_is_lower_case(void **state)
{
	assert_string_equal(hex_encode(*state, "\x00\x0f\xa5\xff", 4), "000fa5ff");
	assert_string_equal(hex_encode(*state, NULL, 0), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(base64_vectors_of_rfc_4648),
		TEST(base64_takes_one_spelling_only),
		TEST(base58_vectors),
		TEST(base58_refuses_foreign_digits),
		TEST(base58_ends_at_a_kibibyte),
		TEST(bytes_of_any_size_come_back),
		TEST(hex_is_lower_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
