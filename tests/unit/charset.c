/* charset.c: bytes as text, in the encodings that feeds and pages come in, and in no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data.h"

#include <string.h>

#define IS(bytes, expected) is(bytes, sizeof(bytes) - 1, expected)

static void is(const char *bytes, size_t size, const char *expected)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	const char *said = charset_text(arena, (struct bytes){bytes, size});
	if (expected == NULL) {
		assert_null(said);
		return;
	}
	assert_non_null(said);
	assert_string_equal(said, expected);
	assert_true(text_is_utf8(said, strlen(said)));
}

static void what_is_declared_counts(void **state)
{
	(void)state;
	IS("<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>\xa4",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>€");
	IS("<?xml version='1.0' encoding='Windows-1252'?>\x80",
		"<?xml version='1.0' encoding='Windows-1252'?>€");
	IS("<?xml version='1.0' encoding = 'windows-1251'?>\xcf",
		"<?xml version='1.0' encoding = 'windows-1251'?>П");
	IS("<?xml version='1.0' encoding='koi8-r'?>\xf0",
		"<?xml version='1.0' encoding='koi8-r'?>П");
	/* As browsers read it: the signs of Windows stand where ISO 8859-1 has none. */
	IS("<?xml version='1.0' encoding='iso-8859-1'?>\x93\xe9",
		"<?xml version='1.0' encoding='iso-8859-1'?>“é");
}

static void bytes_tell_the_rest(void **state)
{
	(void)state;
	IS("", "");
	IS("<p>één</p>", "<p>één</p>");
	IS("\xef\xbb\xbf<a/>", "<a/>");
	IS("\xff\xfe<\0\xeb\0>\0", "<ë>");
	IS("\xfe\xff\0<\0\xeb\0>", "<ë>");
	IS("<\0a\0>\0", "<a>");
	IS("\0<\0a\0>", "<a>");
	IS("<p>\xe9\xe9n</p>", "<p>één</p>");
	IS("<?xml version='1.0' encoding='utf-8'?>\xe9", "<?xml version='1.0' encoding='utf-8'?>é");
}

static void what_is_no_sign_is_marked(void **state)
{
	(void)state;
	IS("<?xml version='1.0' encoding='windows-1252'?>a\x81"
	   "b",
		"<?xml version='1.0' encoding='windows-1252'?>a?b");
	IS("a\0b", "a b");
	IS("\xff\xfe<\0>", "<?");
	IS("\xff\xfe<\0\0\xd8<\0", "<?<");
}

static void others_are_left_alone(void **state)
{
	(void)state;
	IS("<?xml version='1.0' encoding='UTF-7'?>+ADw-", NULL);
	IS("<?xml version='1.0' encoding='ISO-2022-KR'?>x", NULL);
	IS("<?xml version='1.0' encoding='iso-8859-1//TRANSLIT'?>x", NULL);
	IS("<?xml version='1.0' encoding='iso-8859-99'?>x", NULL);
	IS("<?xml version='1.0' encoding='windows-125x'?>x", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_declared_counts),
		cmocka_unit_test(bytes_tell_the_rest),
		cmocka_unit_test(what_is_no_sign_is_marked),
		cmocka_unit_test(others_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
