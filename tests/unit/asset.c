/* asset.c (unit): static files are found by the address that names their content, and by no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../webui/embed.h"
#include "../../webui/webui.h"

#include <string.h>

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

const struct embedded embedded[] = {
	{"i18n/nl.po", BYTES(""), NULL, 0, "00000001"},
	{"pages/layout.html", BYTES("{{>page}}"), NULL, 0, "00000002"},
	{"static/app.css", BYTES("p {}"), BYTES("packed"), "89abcdef"},
	{"static/app.min.js", BYTES("a()"), NULL, 0, "00000003"},
	{"static/icon.svg", BYTES("<svg/>"), NULL, 0, "00000004"},
	{"static/empty.txt", BYTES(""), NULL, 0, "00000000"},
	{0},
};

static int open_assets(void **state)
{
	(void)state;
	asset_load();
	asset_load(); /* once is enough */
	return 0;
}

static void test_found(void **state)
{
	(void)state;
	const struct asset *a = asset_by_name("app.css");
	assert_non_null(a);
	assert_string_equal(a->name, "app.css");
	assert_string_equal(a->path, "/static/app.89abcdef.css");
	assert_string_equal(a->type, "text/css; charset=utf-8");
	assert_string_equal(a->etag, "\"89abcdef\"");
	assert_int_equal(a->plain.size, 4);
	assert_memory_equal(a->plain.data, "p {}", 4);
	assert_int_equal(a->gzip.size, 6);
	assert_memory_equal(a->gzip.data, "packed", 6);
	assert_ptr_equal(asset_by_path("/static/app.89abcdef.css"), a);
}

static void test_kinds(void **state)
{
	(void)state;
	const struct asset *a = asset_by_name("app.min.js");
	assert_string_equal(a->path, "/static/app.min.00000003.js");
	assert_string_equal(a->type, "text/javascript; charset=utf-8");
	assert_int_equal(a->gzip.size, 0);
	assert_string_equal(asset_by_name("icon.svg")->type, "image/svg+xml");
	assert_int_equal(asset_by_name("empty.txt")->plain.size, 0);
}

static void test_not_found(void **state)
{
	static const char *const paths[] = {"", "/", "/static/", "/static/app.css",
		"/static/app.89abcdee.css", "/static/app.89abcdef.css/",
		"/static/app.89abcdef.css?a", "static/app.89abcdef.css",
		"/static/../app.89abcdef.css", "/static/layout.00000002.html"};
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++)
		assert_null(asset_by_path(paths[i]));
	assert_null(asset_by_name("layout.html"));
	assert_null(asset_by_name("static/app.css"));
	assert_null(asset_by_name(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_not_found),
	};
	return cmocka_run_group_tests(tests, open_assets, NULL);
}
