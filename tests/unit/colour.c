/* colour.c (unit): contrast as WCAG counts it, what is refused, what is suggested, and the rules made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data.h"
#include "webui.h"

#include <string.h>

#define PAPER_LIGHT 0xfbfaf6U
#define PAPER_DARK 0x151918U

static void test_read(void **state)
{
	(void)state;
	uint32_t rgb = 7;
	assert_true(colour_read("#0B6b5c", &rgb));
	assert_int_equal(rgb, 0x0b6b5c);
	assert_true(colour_read("ffffff", &rgb));
	static const char *const wrong[] = {
		"", "#", "#fff", "#0b6b5", "#0b6b5cc", "0b6b5g", "##0b6b5", "red"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(colour_read(wrong[i], &rgb));
	assert_false(colour_read(NULL, &rgb));
	assert_int_equal(rgb, 0xffffff);
}

static void test_contrast(void **state)
{
	(void)state;
	assert_float_equal(colour_contrast(0, 0xffffff), 21, 0.001);
	assert_float_equal(colour_contrast(0x777777, 0xffffff), 4.478, 0.001);
	assert_float_equal(colour_contrast(0xffffff, 0x767676), 4.542, 0.001);
	assert_float_equal(colour_contrast(0xabcdef, 0xabcdef), 1, 0.001);
}

static void test_nearest(void **state)
{
	(void)state;
	assert_false(colour_fits(0xffd400)); /* a yellow */
	assert_false(colour_fits(0xffffff));
	assert_true(colour_fits(0x000000));
	assert_int_equal(colour_nearest(0x0b6b5c), 0x0b6b5c);
	uint32_t brown = colour_nearest(0xffd400);
	assert_true(colour_fits(brown));
	assert_true((brown >> 16 & 0xff) > (brown & 0xff)); /* the hue stays */
	assert_false(colour_fits(brown + 0x060600));        /* and no lighter one would do */
}

static uint32_t value_of(const char *css, const char *name)
{
	uint32_t rgb = 0;
	char hex[8] = "";
	const char *at = strstr(css, name);
	assert_non_null(at);
	memcpy(hex, at + strlen(name), 7);
	assert_true(colour_read(hex, &rgb));
	return rgb;
}

/* Whatever is chosen: words on paper, on the wash and on a button have contrast enough in both themes. */
static void test_sheet(void **state)
{
	(void)state;
	static const uint32_t tried[] = {
		0x000000, 0xffffff, 0xffd400, 0x0000ff, 0xff0000, 0x00ff00, 0x808080, 0x123456};
	struct arena *arena = arena_create();
	for (size_t i = 0; i < COUNT(tried) + COLOUR_PALETTE; i++) {
		uint32_t rgb = i < COUNT(tried) ? tried[i] : colour_palette[i - COUNT(tried)];
		struct text css;
		text_init(&css, arena, 4096);
		colour_sheet(&css, rgb);
		assert_non_null(strstr(css.at, arena_format(arena, ".c-%06x{", rgb)));
		const char *dark = strstr(css.at, "@media (prefers-color-scheme:dark)");
		assert_non_null(dark);
		for (int d = 0; d < 2; d++) {
			const char *from = d ? dark : css.at;
			uint32_t own = value_of(from, "--own:"), ink = value_of(from, "--own-ink:"),
				 wash = value_of(from, "--own-wash:");
			assert_true(colour_contrast(own, d ? PAPER_DARK : PAPER_LIGHT)
				>= COLOUR_CONTRAST);
			assert_true(colour_contrast(own, wash) >= COLOUR_CONTRAST);
			assert_true(colour_contrast(ink, own) >= COLOUR_CONTRAST);
		}
	}
	arena_destroy(arena);
}

/* The one sheet of every page: what a slow line has to carry before anything is seen. */
static void test_weight(void **state)
{
	(void)state;
	page_load();
	assert_in_range(asset_by_name("app.css")->gzip.size, 1, 30 * 1024);
	assert_in_range(asset_by_name("app.js")->gzip.size, 1, 10 * 1024);
}

/* The palette is used on every page: its rules are part of the one style sheet. */
static void test_palette(void **state)
{
	(void)state;
	page_load();
	struct bytes css = asset_by_name("app.css")->plain;
	struct arena *arena = arena_create();
	for (size_t i = 0; i < COLOUR_PALETTE; i++) {
		struct text rules;
		text_init(&rules, arena, 4096);
		assert_true(colour_fits(colour_palette[i]));
		colour_sheet(&rules, colour_palette[i]);
		if (memmem(css.data, css.size, rules.at, rules.size) == NULL)
			fail_msg("app.css lacks:\n%s", rules.at);
	}
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_contrast),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_sheet),
		cmocka_unit_test(test_palette),
		cmocka_unit_test(test_weight),
	};
	return cmocka_run_group_tests_name("colour", tests, NULL, NULL);
}
