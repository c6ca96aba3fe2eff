/* view.c (unit): the same calls in both sinks, and every misuse remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/data.h"

#include <string.h>

static void fill(struct view *v)
{
	view_text(v, "title", "a \"quote\" <b>\n");
	view_text(v, "absent", NULL);
	view_html(v, "body", "<p>x</p>");
	view_format(v, "greeting", "hi %s %d", "you", 2);
	view_number(v, "count", INT64_MIN);
	view_flag(v, "open", true);
	view_flag(v, "shut", false);
	view_time(v, "at", 1000);
	view_time(v, "never", 0);
	view_id(v, "id", UINT64_C(18446744073709551615));
	view_null(v, "nothing");
	view_raw(v, "raw", (struct bytes){"[1]", 3});
	view_list(v, "items");
	view_text(v, NULL, "one");
	view_begin(v, NULL);
	view_number(v, "n", 1);
	view_end(v);
	view_list(v, NULL);
	view_list_end(v);
	view_list_end(v);
	view_begin(v, "empty");
	view_end(v);
}

static void test_json(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct view *v = view_create(a, VIEW_JSON);
	fill(v);
	assert_int_equal(view_kind(v), VIEW_JSON);
	assert_true(view_ok(v));
	struct bytes out = view_json(v);
	assert_string_equal(out.data,
		"{\"title\":\"a \\\"quote\\\" <b>\\n\",\"body\":\"<p>x</p>\",\"greeting\":\"hi you 2\","
		"\"count\":-9223372036854775808,\"open\":true,\"shut\":false,"
		"\"at\":\"1970-01-01T00:00:01.000Z\",\"id\":\"18446744073709551615\",\"nothing\":null,"
		"\"raw\":[1],\"items\":[\"one\",{\"n\":1},[]],\"empty\":{}}");
	assert_int_equal(out.size, strlen(out.data));
	const json_node *node;
	assert_int_equal(json_read(a, out, NULL, &node), OK);
	assert_ptr_equal(view_json(v).data, out.data); /* closed once */
	view_text(v, "late", "x");
	assert_false(view_ok(v));
}

static const struct node none = {.kind = NODE_OBJECT, .number = -1};

/* The child of that name, or `none`: never NULL, so a test that expects more fails by its values. */
static const struct node *child(const struct node *parent, const char *name)
{
	for (const struct node *n = parent->first; n != NULL; n = n->next)
		if (text_is(n->name, name))
			return n;
	return &none;
}

static const struct node *item(const struct node *parent, int i)
{
	const struct node *n = parent->first;
	while (n != NULL && i-- > 0)
		n = n->next;
	return n != NULL ? n : &none;
}

static void test_tree(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct view *v = view_create(a, VIEW_TREE);
	fill(v);
	const struct node *root = view_root(v);
	if (root == NULL)
		fail_msg("no tree");
	assert_int_equal(root->kind, NODE_OBJECT);
	assert_int_equal(child(root, "title")->kind, NODE_TEXT);
	assert_string_equal(child(root, "title")->text, "a \"quote\" <b>\n");
	assert_int_equal(child(root, "body")->kind, NODE_HTML);
	assert_string_equal(child(root, "greeting")->text, "hi you 2");
	assert_int_equal(child(root, "count")->number, INT64_MIN);
	assert_int_equal(child(root, "open")->kind, NODE_FLAG);
	assert_int_equal(child(root, "open")->number, 1);
	assert_int_equal(child(root, "shut")->number, 0);
	assert_int_equal(child(root, "at")->kind, NODE_TIME);
	assert_int_equal(child(root, "at")->number, 1000);
	assert_string_equal(child(root, "id")->text, "18446744073709551615");
	assert_ptr_equal(child(root, "absent"), &none);
	assert_ptr_equal(child(root, "never"), &none);
	assert_ptr_equal(child(root, "nothing"), &none);
	assert_ptr_equal(child(root, "raw"), &none);
	const struct node *items = child(root, "items");
	assert_int_equal(items->kind, NODE_LIST);
	assert_string_equal(item(items, 0)->text, "one");
	assert_null(item(items, 0)->name);
	assert_int_equal(child(item(items, 1), "n")->number, 1);
	assert_int_equal(item(items, 2)->kind, NODE_LIST);
	assert_null(item(items, 2)->first);
	assert_ptr_equal(item(items, 3), &none);
	assert_ptr_equal(root->last, child(root, "empty"));
}

static void name_in_list(struct view *v)
{
	view_list(v, "l");
	view_text(v, "name", "x");
	view_list_end(v);
}

static void no_name_in_object(struct view *v)
{
	view_text(v, NULL, "x");
}

static void wrong_end(struct view *v)
{
	view_list(v, "l");
	view_end(v);
}

static void end_of_root(struct view *v)
{
	view_end(v);
}

static void never_ended(struct view *v)
{
	view_begin(v, "o");
}

static void too_deep(struct view *v)
{
	for (int i = 0; i < 32; i++)
		view_begin(v, "o");
	for (int i = 0; i < 32; i++)
		view_end(v);
}

static void test_misuse_is_remembered(void **state)
{
	(void)state;
	static void (*const misuses[])(struct view *) = {
		name_in_list, no_name_in_object, wrong_end, end_of_root, never_ended, too_deep};
	for (size_t i = 0; i < COUNT(misuses); i++)
		for (int kind = VIEW_JSON; kind <= VIEW_TREE; kind++) {
			ARENA_CLEANUP struct arena *a = arena_create();
			struct view *v = view_create(a, (enum view_kind)kind);
			misuses[i](v);
			assert_false(view_ok(v));
			assert_null(
				kind == VIEW_JSON ? view_json(v).data : (const void *)view_root(v));
		}
}

static void test_deep_enough(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct view *v = view_create(a, VIEW_JSON);
	for (int i = 0; i < 31; i++)
		view_begin(v, "o");
	for (int i = 0; i < 31; i++)
		view_end(v);
	assert_true(view_ok(v));
	assert_int_equal(view_json(v).size, 32 * 2 + 31 * 4);
}

static void test_the_wrong_sink(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	assert_null(view_root(view_create(a, VIEW_JSON)));
	assert_null(view_json(view_create(a, VIEW_TREE)).data);
	assert_string_equal(view_json(view_create(a, VIEW_JSON)).data, "{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_misuse_is_remembered),
		cmocka_unit_test(test_deep_enough),
		cmocka_unit_test(test_the_wrong_sink),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
