/* log.c (unit): one call is one clean line, whatever the values hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char seen[8192];

static int setup(void **state)
{
	(void)state;
	time_freeze(INT64_C(1795251492000));
	log_open(LOG_INFO, -1);
	if (pipe(ends) != 0)
		return -1;
	log_open(LOG_INFO, ends[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	time_freeze(0);
	log_open(LOG_INFO, STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* All that was written; something must have been. */
static const char *written(void)
{
	ssize_t size = read(ends[0], seen, sizeof seen - 1);
	assert_true(size > 0);
	seen[size] = '\0';
	return seen;
}

#define HEAD "time=2026-11-21T08:58:12.000Z level=info at=inbox "

static void a_call_is_a_line(void **state)
{
	(void)state;
	log_line(LOG_INFO, "inbox", "host=%s n=%d", "ex.org", 3);
	log_line(LOG_ERROR, "store", "full=1");
	assert_string_equal(written(),
		HEAD "host=ex.org n=3\n"
		     "time=2026-11-21T08:58:12.000Z level=error at=store full=1\n");
}

static void lower_levels_are_silent(void **state)
{
	(void)state;
	log_line(LOG_DEBUG, "inbox", "a=1");
	log_line((enum log_level)7, "inbox", "a=2");
	log_line(LOG_WARN, "inbox", "a=3");
	assert_non_null(strstr(written(), "level=warn at=inbox a=3\n"));
	assert_null(strstr(seen, "a=1"));
	assert_null(strstr(seen, "a=2"));
	log_open(LOG_ERROR, ends[1]);
	log_line(LOG_WARN, "inbox", "a=4");
	log_line(LOG_ERROR, "inbox", "a=5");
	assert_null(strstr(written(), "a=4"));
}

static void control_bytes_never_pass(void **state)
{
	(void)state;
	log_line(LOG_INFO, "inbox", "a=%s", "x\ntime=forged\r\x1b[31m\t\x7f");
	assert_string_equal(written(), HEAD "a=x?time=forged??[31m??\n");
	log_line(LOG_INFO, "inbox", "a=%s",
		"caf\xc3\xa9 \xc2\x9b"
		"31m");
	assert_string_equal(written(), HEAD "a=caf\xc3\xa9 ??31m\n");
	log_line(LOG_INFO, "inbox", "a=%s", "caf\xc3 \xff");
	assert_string_equal(written(), HEAD "a=caf? ?\n");
}

static void long_lines_are_cut_and_say_so(void **state)
{
	(void)state;
	char value[4001];
	for (size_t shift = 0; shift < 3; shift++) {
		memset(value, 'x', sizeof value);
		for (size_t i = shift; i + 2 < sizeof value; i += 2)
			memcpy(value + i, "\xc3\xa9", 2);
		value[sizeof value - 1] = '\0';
		log_line(LOG_INFO, "inbox", "a=%s", value);
		const char *line = written();
		size_t size = strlen(line);
		assert_in_range(size, 1000, 1024);
		assert_true(text_ends(line, "\xc3\xa9...\n"));
		assert_true(text_is_utf8(line, size));
		assert_ptr_equal(strchr(line, '\n'), line + size - 1);
	}
}

static void limits_of_a_line(void **state)
{
	(void)state;
	size_t head = strlen(HEAD);
	for (size_t size = 1020 - head; size < 1026 - head; size++) {
		log_line(LOG_INFO, "inbox", "%*d", (int)size, 1);
		const char *line = written();
		bool whole = head + size <= 1022;
		assert_int_equal(text_ends(line, "1\n"), whole);
		assert_int_equal(text_ends(line, "...\n"), !whole);
		assert_true(strlen(line) <= 1024);
	}
}

static void errno_is_left_alone(void **state)
{
	(void)state;
	log_open(LOG_INFO, -1);
	errno = ENOSPC;
	log_line(LOG_ERROR, "store", "a=1");
	assert_int_equal(errno, ENOSPC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_a_line),
		TEST(lower_levels_are_silent),
		TEST(control_bytes_never_pass),
		TEST(long_lines_are_cut_and_say_so),
		TEST(limits_of_a_line),
		TEST(errno_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
