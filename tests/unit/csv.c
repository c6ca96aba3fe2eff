/* csv.c (unit): tables of every spreadsheet, and of who means no good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/data.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static enum err read_n(const char *s, size_t size, struct csv *out)
{
	struct refusal why = {0};
	char *exact = malloc(size + 1); /* so that a byte past it is noticed */
	memcpy(exact, s, size);
	enum err e = csv_read(arena, (struct bytes){exact, size}, &why, out);
	free(exact);
	assert_true(e == OK || (e == ERR_INVALID && why.text != NULL));
	return e;
}

static struct csv reads(const char *s)
{
	struct csv csv = {0};
	assert_int_equal(read_n(s, strlen(s), &csv), OK);
	return csv;
}

static void is_row(const struct csv *csv, size_t row, size_t number, const char *cells)
{
	struct text t;
	text_init(&t, arena, 10000);
	assert_true(row < csv->count);
	assert_int_equal(csv->rows[row].number, number);
	for (size_t i = 0; i < csv->rows[row].count; i++)
		text_format(&t, "%s%s", i > 0 ? "|" : "", csv->rows[row].cells[i]);
	assert_string_equal(t.at, cells);
}

static void test_separators_and_ends(void **state)
{
	(void)state;
	static const char *const all[] = {"a;b\r\n1;2\r\n", "a,b\n1,2", "a\tb\r1\t2\r",
		"\xef\xbb\xbf"
		"a;b\n1;2\n",
		"sep=;\r\na;b\r\n1;2\r\n"};
	for (size_t i = 0; i < COUNT(all); i++) {
		struct csv csv = reads(all[i]);
		assert_int_equal(csv.count, 2);
		is_row(&csv, 0, 1, "a|b");
		is_row(&csv, 1, 2, "1|2");
	}
	struct csv csv = reads("naam;\"a,b,c\"\n1,5;2");
	assert_int_equal(csv.separator, ';');
	is_row(&csv, 1, 2, "1,5|2");
}

static void test_quotes(void **state)
{
	(void)state;
	struct csv csv = reads(
		"a,b,c\n\"x, \"\"y\"\"\",\"two\r\nlines\",5\" nail\n\"\",,\n\"a\"b,c,d");
	is_row(&csv, 1, 2, "x, \"y\"|two\r\nlines|5\" nail");
	is_row(&csv, 2, 4, "ab|c|d"); /* the third says nothing */
	struct csv bad = {0};
	const char *open = "a,b\n1,2\n3,\"4\n5,6\n";
	assert_int_equal(read_n(open, strlen(open), &bad), ERR_INVALID);
	assert_int_equal(bad.bad_row, 3);
}

static void test_encodings(void **state)
{
	(void)state;
	struct csv csv = reads("naam\nZo\xc3\xab \xe2\x82\xac");
	is_row(&csv, 1, 2, "Zo\xc3\xab \xe2\x82\xac");
	csv = reads("naam\nZo\xeb \x80 Ren\xe9");
	is_row(&csv, 1, 2, "Zo\xc3\xab \xe2\x82\xac Ren\xc3\xa9");
	static const struct {
		const char *s;
		size_t size;
	} bad[] = {{"", 0}, {" \n;\n", 4}, {"PK\x03\x04\0\0", 6},
		{"\xff\xfe"
		 "a\0",
			4},
		{"a\x81", 2}, {"a\0b", 3}};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(read_n(bad[i].s, bad[i].size, &csv), ERR_INVALID);
}

static void test_limits(void **state)
{
	(void)state;
	struct text t;
	struct csv csv;
	text_init(&t, arena, CSV_BYTES + 10);
	for (size_t i = 0; i < 70; i++)
		text_add(&t, ";x");
	csv = reads(t.at);
	assert_int_equal(csv.rows[0].count, CSV_COLUMNS);
	assert_true(csv.rows[0].more);
	text_init(&t, arena, CSV_BYTES + 10);
	for (size_t i = 0; i <= CSV_ROWS; i++)
		text_add(&t, "x\n");
	csv = reads(t.at);
	assert_int_equal(csv.count, CSV_ROWS + 1);
	text_add(&t, "x\n");
	assert_int_equal(read_n(t.at, t.size, &csv), ERR_INVALID);
	char *large = arena_alloc(arena, CSV_BYTES + 1);
	memset(large, 'x', CSV_BYTES + 1);
	assert_int_equal(read_n(large, CSV_BYTES + 1, &csv), ERR_INVALID);
	assert_int_equal(read_n(large, CSV_BYTES, &csv), OK);
}

/* Whatever comes, it is a table or refused; nothing is read past its end. */
static void test_noise(void **state)
{
	(void)state;
	static const char signs[] = "\";,\t\r\n a\xeb\xc3";
	char s[40];
	srand(1);
	for (int i = 0; i < 200000; i++) {
		size_t size = (size_t)rand() % sizeof s;
		struct csv csv;
		for (size_t k = 0; k < size; k++)
			s[k] = signs[(size_t)rand() % (sizeof signs - 1)];
		if (read_n(s, size, &csv) == OK)
			for (size_t k = 0; k < csv.count; k++)
				for (size_t c = 0; c < csv.rows[k].count; c++)
					assert_true(text_is_utf8(csv.rows[k].cells[c],
						strlen(csv.rows[k].cells[c])));
		if (i % 1000 == 0)
			arena_reset(arena);
	}
}

static void test_writing(void **state)
{
	(void)state;
	static const char *const cells[] = {"", "plain", "", "a;b", "a \"b\"", "two\nlines",
		"=cmd|'/c calc'!A0", "+31 6 1", "-1", "@x", "'t Hof", "'=x"};
	struct text t;
	text_init(&t, arena, 1000);
	for (size_t i = 0; i < COUNT(cells); i++)
		csv_write(&t, i > 0 ? ';' : '\0', cells[i]);
	text_add(&t, "\r\n");
	struct csv csv = reads(t.at);
	assert_int_equal(csv.rows[0].count, COUNT(cells));
	for (size_t i = 0; i + 1 < COUNT(cells); i++) {
		const char *cell = csv.rows[0].cells[i];
		assert_true(*cell == '\0' || strchr("=+-@", *cell) == NULL);
		assert_string_equal(csv_plain(cell), cells[i]);
	}
}

static int open_arena(void **state)
{
	(void)state;
	arena = arena_create();
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_separators_and_ends), TEST(test_quotes),
		TEST(test_encodings), TEST(test_limits), TEST(test_noise), TEST(test_writing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
