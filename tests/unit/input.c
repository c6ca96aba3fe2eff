/* input.c: forms and JSON into inputs, and what a route takes. */
#include "serving.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_create();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

static const struct route anything = {METHOD_POST, "/"};

static struct exchange *request_n(
	const struct route *r, const char *type, const void *body, size_t size, const char *query)
{
	struct exchange *x = arena_alloc(arena, sizeof *x);
	x->call = (struct call){.arena = arena, .server = x, .route = r, .body = {body, size}};
	x->query = query;
	x->lines.at = arena_array(arena, 1, sizeof *x->lines.at);
	x->lines.at[0] = (struct named){"Content-Type", type};
	x->lines.count = type != NULL;
	return x;
}

static struct exchange *request(const char *type, const char *body, const char *query)
{
	return request_n(&anything, type, body, strlen(body), query);
}

#define URL "application/x-www-form-urlencoded"
#define PARTS "multipart/form-data; boundary=xYz"

static void urlencoded(void **state)
{
	(void)state;
	struct exchange *x = request(
		URL "; charset=UTF-8", "a=1+2&b=%C3%A9&c=x%0D%0Ay&d&a=3&&e=", "a=9&f=query");
	assert_int_equal(input_read(x), 0);
	assert_string_equal(call_input(&x->call, "a"), "1 2"); /* the body comes before the query */
	assert_string_equal(call_input_nth(&x->call, "a", 1), "3");
	assert_string_equal(call_input_nth(&x->call, "a", 2), "9");
	assert_null(call_input_nth(&x->call, "a", 3));
	assert_string_equal(call_input(&x->call, "b"), "\xc3\xa9");
	assert_string_equal(call_input(&x->call, "c"), "x\ny");
	assert_string_equal(call_input(&x->call, "d"), "");
	assert_string_equal(call_input(&x->call, "e"), "");
	assert_string_equal(call_input(&x->call, "f"), "query");
	assert_null(call_input(&x->call, "g"));
	static const char *const bad[] = {"a=%00", "a=%", "a=%zz", "a=%ff", "%ff=1", "=1"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(input_read(request(URL, bad[i], NULL)), 400);
		assert_int_equal(input_read(request(NULL, "", bad[i])), 400);
	}
	assert_int_equal(input_read(request_n(&anything, URL, "a=\0b", 4, NULL)), 400);
}

static void counts_are_bounded(void **state)
{
	(void)state;
	for (int more = -1; more <= 1; more++) {
		struct text t;
		text_init(&t, arena, 1 << 20);
		for (int i = 0; i < PAIRS_MAX + more; i++)
			text_add(&t, "a=1&");
		assert_int_equal(input_read(request(URL, t.at, NULL)), more > 0 ? 400 : 0);
		text_init(&t, arena, 1 << 20);
		for (int i = 0; i < 128 + more; i++)
			text_char(&t, 'n');
		assert_int_equal(input_read(request(URL, t.at, NULL)), more > 0 ? 400 : 0);
	}
}

static void multipart(void **state)
{
	(void)state;
	struct exchange *x = request(PARTS,
		"--xYz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nOne\r\nTwo\r\n"
		"--xYz\r\ncontent-disposition: form-data; filename=\"name=x.png\"; name=file\r\nContent-Type: image/png\r\n\r\n\xff\xfe\r\n"
		"--xYz\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--xYz--\r\n",
		"q=1");
	assert_int_equal(input_read(x), 0);
	assert_string_equal(call_input(&x->call, "title"), "One\nTwo");
	assert_string_equal(call_input(&x->call, "empty"), "");
	assert_null(call_input(&x->call, "file"));
	assert_string_equal(call_input(&x->call, "q"), "1");
	static const char *const bad[] = {"", "--xYz", "--xYz\r\n", "x", "--xYz\r\n\r\n\r\n--xYz--",
		"--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue",
		"--xYz\r\nContent-Disposition: form-data\r\n\r\nv\r\n--xYz--",
		"--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--xYz--",
		"preamble\r\n--xYz--"};
	for (size_t i = 1; i < COUNT(bad); i++)
		if (input_read(request(PARTS, bad[i], NULL)) != 400)
			fail_msg("multipart %zu passed", i);
	assert_int_equal(input_read(request("multipart/form-data", "--x--", NULL)), 400);
	assert_int_equal(input_read(request("multipart/form-data; boundary=", "----", NULL)), 400);
}

static void files(void **state)
{
	(void)state;
	static const char body[] =
		"--xYz\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x.png\"\r\n\r\n"
		"\0\xff\r\n\r\n--xY\r\n--xYz\r\nContent-Disposition: form-data; name=\"none\"; "
		"filename=\"\"\r\n\r\n\r\n--xYz--\r\n";
	struct exchange *x = request_n(&anything, PARTS, body, sizeof body - 1, NULL);
	assert_int_equal(input_read(x), 0);
	const struct upload *f = call_file(&x->call, "a");
	assert_non_null(f);
	assert_string_equal(f->name, "x.png");
	assert_int_equal(f->bytes.size, 10);
	assert_memory_equal(f->bytes.data, "\0\xff\r\n\r\n--xY", 10);
	assert_null(call_file(&x->call, "none")); /* where nothing was chosen */
	assert_null(call_file(&x->call, "b"));
	assert_null(call_input(&x->call, "a"));
	struct text many;
	text_init(&many, x->call.arena, 4096);
	for (int i = 0; i < UPLOADS_MAX + 1; i++)
		text_add(&many,
			"--xYz\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nc\r\n");
	text_add(&many, "--xYz--");
	assert_int_equal(input_read(request(PARTS, many.at, NULL)), 400);
}

static void json(void **state)
{
	(void)state;
	struct exchange *x = request("application/json; charset=utf-8",
		"{\"a\":\"x\",\"n\":5,\"t\":true,\"f\":false,\"z\":null,\"l\":[\"1\",2],\"o\":{\"p\":\"q\",\"l\":[3],\"deep\":{\"x\":1}},\"r\":1.5}",
		NULL);
	assert_int_equal(input_read(x), 0);
	const struct call *c = &x->call;
	assert_string_equal(call_input(c, "a"), "x");
	assert_int_equal(call_number(c, "n", 0), 5);
	assert_int_equal(call_number(c, "a", -1), -1);
	assert_int_equal(call_input_id(c, "n"), 5);
	assert_int_equal(call_input_id(c, "a"), 0);
	assert_int_equal(call_input_id(c, "r"), 0);
	assert_int_equal(call_input_id(c, "none"), 0);
	assert_true(call_flag(c, "t"));
	assert_false(call_flag(c, "f"));
	assert_null(call_input(c, "z"));
	assert_string_equal(call_input_nth(c, "l[]", 1), "2");
	assert_string_equal(call_input(c, "o[p]"), "q");
	assert_string_equal(call_input(c, "o[l][]"), "3");
	assert_null(call_input(c, "o[deep][x]"));
	assert_string_equal(call_input(c, "r"), "1.5");
	static const char *const bad[] = {
		"[]", "1", "{", "{\"a\":\"\\u0000\"}", "{\"a\":1,\"a\":2}", "{\"\":1}"};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (input_read(request("application/json", bad[i], NULL)) != 400)
			fail_msg("%s passed", bad[i]);
	assert_int_equal(input_read(request("application/jsonx", "{}", NULL)), 415);
	assert_int_equal(input_read(request("text/plain", "a=1", NULL)), 415);
	assert_int_equal(input_read(request(NULL, "a=1", NULL)), 415);
}

static void other_nodes_send_no_forms(void **state)
{
	(void)state;
	static const struct route inbox = {METHOD_POST, "/inbox", FEDERATION};
	struct exchange *x = request_n(&inbox, "application/activity+json", "{", 1, "page=2");
	assert_int_equal(input_read(x), 0);
	assert_int_equal(call_number(&x->call, "page", 0), 2);
}

static const struct route takes = {METHOD_POST, "/",
	.takes = {{"line", INPUT_LINE, false, 2, 4}, {"text", INPUT_TEXT, false, 0, 4},
		{"number", INPUT_NUMBER, false, -5, 5}, {"id", INPUT_ID},
		{"choice", INPUT_CHOICE, .choices = "public|followers"}, {"email", INPUT_EMAIL},
		{"password", INPUT_PASSWORD, false, 3, 5}, {"needed", INPUT_FLAG, true}}};

static const char *fault_of(const char *form)
{
	struct exchange *x = request_n(
		&takes, URL, arena_format(arena, "needed=1&%s", form), 9 + strlen(form), NULL);
	assert_int_equal(input_read(x), 0);
	enum err e = input_check(x);
	assert_int_equal(e == OK, x->fault_count == 0);
	return x->fault_count > 0 ? x->faults[0].why.field : NULL;
}

static void what_a_route_takes(void **state)
{
	(void)state;
	static const char *const good[] = {"", "line=ab", "line=abcd", "line=++ab++",
		"line=%C3%A9%C3%A9%C3%A9%C3%A9", "line=", "text=a%0Ab", "number=-5", "number=5",
		"number=+3+", "id=1", "id=9223372036854775807", "choice=public", "choice=followers",
		"email=a@b.nl", "email=a.b%2Bc@d-e.org", "password=abc", "password=+a+b+"};
	static const char *const bad[] = {"line=a", "line=abcde", "line=a%0Ab", "line=a%07b",
		"text=abcde", "text=a%07", "number=-6", "number=6", "number=x", "number=1.5",
		"number=0x1", "id=0", "id=-1", "id=01", "id=9223372036854775808", "choice=pub",
		"choice=public|followers", "choice=|", "choice=PUBLIC", "email=a", "email=@b.nl",
		"email=a@", "email=a@b", "email=a@b.", "email=a@b@c.nl", "email=a%25b@c.nl",
		"email=a,b@c.nl", "email=a%22@c.nl", "email=a%0D%0A@c.nl", "email=a@.nl",
		"email=a..b@c.nl", "password=ab", "password=abcdef"};
	for (size_t i = 0; i < COUNT(good); i++)
		if (fault_of(good[i]) != NULL)
			fail_msg("%s was refused", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (fault_of(bad[i]) == NULL)
			fail_msg("%s passed", bad[i]);
	struct exchange *x = request_n(&takes, URL, "line=a&needed=", 14, NULL);
	assert_int_equal(input_read(x), 0);
	assert_int_equal(input_check(x), ERR_INVALID);
	assert_int_equal(x->fault_count, 2);
	assert_string_equal(x->faults[1].why.field, "needed");
	assert_true(input_is_secret(&takes, "password"));
	assert_true(input_is_secret(&takes, "csrf"));
	assert_false(input_is_secret(&takes, "line"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urlencoded),
		cmocka_unit_test(counts_are_bounded),
		cmocka_unit_test(multipart),
		cmocka_unit_test(files),
		cmocka_unit_test(json),
		cmocka_unit_test(other_nodes_send_no_forms),
		cmocka_unit_test(what_a_route_takes),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
