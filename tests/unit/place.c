/* place.c (unit): keys sort as their numbers do, and none is longer than a key may be. */
#include "../engine/temp.h"

#include <signal.h>
#include <sys/wait.h>

static void dies(void (*act)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		close(2);
		signal(SIGABRT, SIG_DFL);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

static char long_name[102];

static void key_too_long(void)
{
	(void)place_text(1, long_name);
}

static void test_places(void **state)
{
	static const uint64_t numbers[] = {
		0,
		1,
		255,
		256,
		UINT32_MAX,
		(uint64_t)1 << 32,
		UINT64_MAX - 1,
		UINT64_MAX,
	};
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct place p = place_3(9, 7, numbers[i], 8);
		struct bytes key = {p.at, p.size};
		assert_int_equal(p.size, 25);
		assert_int_equal(p.at[0], 9);
		assert_true(place_id(key, 0) == 7 && place_id(key, 1) == numbers[i]
			&& place_id(key, 2) == 8);
		assert_true(place_id(key, 3) == 0 && place_id(key, SIZE_MAX) == 0);
		assert_true(place_id_at(key, 17) == 8 && place_id_at(key, 18) == 0
			&& place_id_at(key, SIZE_MAX) == 0);
		struct place before = place_3(9, 7, i ? numbers[i - 1] : 0, 9);
		assert_true(i == 0 || memcmp(before.at, p.at, p.size) < 0);
		assert_memory_equal(place_2(9, 7, numbers[i]).at, p.at, 17);
	}
	uint8_t hash[SHA256_SIZE];
	crypto_sha256("https://a.example/1", 19, hash);
	struct place h = place_hash_1(4, "https://a.example/1", 5);
	assert_int_equal(h.size, 25);
	assert_memory_equal(h.at + 1, hash, 16);
	assert_true(place_id_at((struct bytes){h.at, h.size}, 17) == 5);
	struct place joined = place_join(place_1(4, 6), h);
	assert_int_equal(joined.size, 33);
	assert_true(place_id((struct bytes){joined.at, joined.size}, 0) == 6);
	assert_memory_equal(joined.at + 9, h.at + 1, 24);
	struct place same = place_key((struct bytes){joined.at, joined.size});
	assert_int_equal(same.size, joined.size);
	assert_memory_equal(same.at, joined.at, joined.size);
	memset(long_name, 'n', 100);
	assert_int_equal(place_text(1, long_name).size, 101);
	assert_int_equal(place_text(1, "").size, 1);
	memset(long_name, 'n', 101);
	dies(key_too_long);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
