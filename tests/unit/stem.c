/* stem.c: words of one meaning have one stem, by language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data.h"

#include <string.h>

static bool is(const char *language, const char *a, const char *b)
{
	struct stemmer *s = stemmer_create(language);
	char first[64] = "";
	assert_non_null(s);
	struct bytes stem = stemmer_word(s, a, strlen(a));
	assert_in_range(stem.size, 1, sizeof first - 1);
	memcpy(first, stem.data, stem.size);
	stem = stemmer_word(s, b, strlen(b));
	bool same = stem.size == strlen(first) && memcmp(stem.data, first, stem.size) == 0;
	stemmer_destroy(s);
	return same;
}

static void words_and_their_stems(void **state)
{
	(void)state;
	assert_true(is("nl", "vergaderingen", "vergadering"));
	assert_true(is("nl", "zonnepanelen", "zonnepaneel"));
	assert_true(is("en", "organizing", "organizes"));
	assert_false(is("en", "vergaderingen", "vergadering"));
	assert_false(is("nl", "huis", "muis"));
}

static void of_other_languages_there_is_none(void **state)
{
	(void)state;
	assert_null(stemmer_create("xx"));
	assert_null(stemmer_create(NULL));
	stemmer_destroy(NULL);
}

static void any_bytes_have_one(void **state)
{
	(void)state;
	static const char *const odd[] = {
		"", "a", "\xc3\xa9", "'s", "ij", "zzzzzzzz", "\xf0\x9f\x8c\xb1"};
	struct stemmer *s = stemmer_create("nl");
	for (size_t i = 0; i < COUNT(odd); i++)
		assert_true(stemmer_word(s, odd[i], strlen(odd[i])).size <= strlen(odd[i]) + 1);
	stemmer_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_their_stems),
		cmocka_unit_test(of_other_languages_there_is_none),
		cmocka_unit_test(any_bytes_have_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
