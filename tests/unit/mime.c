/* mime.c (unit): messages that keep their lines, whatever the words in them are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data.h"

#include <string.h>

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_create();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

static struct mime usual(void)
{
	return (struct mime){.from_name = "Ex",
		.from = "kring@ex.org",
		.to = "anna@x.nl",
		.subject = "Hello",
		.id = "1.a@ex.org",
		.language = "en",
		.html = "<body><h1>Hello</h1><p>There</p>",
		.date = INT64_C(1763715492000)};
}

static const char *written(const struct mime *m)
{
	struct bytes out = {0};
	assert_int_equal(mime_write(arena, m, &out), OK);
	return out.data;
}

/* Lines end with CRLF, and none is longer than 76 but for those that hold one long address. */
static void assert_lines(const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, "\r\n");
		assert_true(n <= 76 || text_starts(s, "List-Unsubscribe"));
		assert_int_equal(s[n], '\r');
		assert_int_equal(s[n + 1], '\n');
		s += n + 2;
	}
}

static void a_plain_message(void **state)
{
	(void)state;
	struct mime m = usual();
	const char *s = written(&m);
	assert_lines(s);
	assert_true(text_starts(s,
		"From: \"Ex\"\r\n <kring@ex.org>\r\nTo: <anna@x.nl>\r\nSubject: Hello\r\n"
		"Date: Fri, 21 Nov 2025 08:58:12 +0000\r\nMessage-ID: <1.a@ex.org>\r\n"));
	assert_non_null(strstr(s, "Content-Type: multipart/alternative"));
	assert_non_null(strstr(s, "\r\n\r\nHello\r\n\r\nThere\r\n--"));
	assert_null(strstr(s, "List-Unsubscribe"));
	m.leave = "https://ex.org/unsubscribe/abc";
	assert_non_null(strstr(written(&m),
		"\r\nList-Unsubscribe: <https://ex.org/unsubscribe/abc>\r\n"
		"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

/* Words of people never end a line, start a header, or pass for an encoded word. */
static void words_stay_words(void **state)
{
	(void)state;
	static const char *const hostile[] = {"a\r\nBcc: b@x.nl", "a\nBcc: b@x.nl\n\nbody",
		"=?UTF-8?Q?a?=",
		"Één heel lang onderwerp over €€€€€€€€€€€€€€€€€€€€€€ en meer dan dat, véél meer",
		"\"quoted\" \\ <b@x.nl>", "\x01\x7f"};
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct mime m = usual();
		m.subject = m.from_name = hostile[i];
		const char *s = written(&m);
		assert_lines(s);
		assert_null(strstr(s, "\r\nBcc:"));
		assert_null(strstr(s, "?= "));
		size_t headers = 0;
		for (const char *c = s; c[0] != '\r'; c = strstr(c, "\r\n") + 2)
			headers += *c != ' ';
		assert_int_equal(headers, 9);
	}
	struct mime m = usual();
	m.subject = "één";
	assert_non_null(strstr(written(&m), "\r\nSubject: =?UTF-8?Q?=C3=A9=C3=A9n?=\r\n"));
}

static void addresses_are_plain(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "a", "@x.nl", "a@", "a b@x.nl",
		"a@x.nl\r\nBcc: c@x.nl", "<a@x.nl>", "a@x.nl,b@x.nl", "\"a\"@x.nl", "a@b@x.nl",
		"a@[127.0.0.1]", "a@-x.nl"};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct bytes out;
		struct mime to = usual(), from = usual();
		to.to = from.from = wrong[i];
		assert_int_equal(mime_write(arena, &to, &out), ERR_INVALID);
		assert_int_equal(mime_write(arena, &from, &out), ERR_INVALID);
	}
	assert_true(mime_address_ok("Anna.Boer+kring@mail.example.org"));
	assert_true(mime_address_ok("kring@localhost"));
	assert_false(mime_address_ok(NULL));
}

static void bodies_are_quoted(void **state)
{
	(void)state;
	struct mime m = usual();
	m.html =
		"<body><p>=\t€ "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"</p> \n.\n";
	const char *s = written(&m);
	assert_lines(s);
	assert_non_null(strstr(s, "=3D =E2=82=AC a"));
	assert_non_null(strstr(s, "a=\r\na"));
	assert_non_null(strstr(s, "</p>=20\r\n.\r\n"));
	assert_null(strstr(s, "\t"));
}

static void a_page_becomes_text(void **state)
{
	(void)state;
	char *heading = NULL;
	char *text = mime_plain(arena,
		"<html><head><title>no</title></head><body>\n<h1>Sign in at A &amp; B</h1>\n"
		"<p>Dear  <b>Anna</b>,\n you asked.</p><p><a href=\"https://ex.org/a?b=1&amp;c=2\">Sign "
		"in</a></p><ul><li>one</li>\n<li>two</li></ul><p>a<br>b <a href=\"https://ex.org\">"
		"https://ex.org</a></p></body>",
		&heading);
	assert_string_equal(heading, "Sign in at A & B");
	assert_string_equal(text,
		"Sign in at A & B\n\nDear Anna, you asked.\n\nSign in:\nhttps://ex.org/a?b=1&c=2\n\n"
		"- one\n- two\n\na\nb https://ex.org");
	heading = NULL;
	assert_string_equal(mime_plain(arena, "a <p> b", &heading), "a\n\nb");
	assert_null(heading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_message),
		cmocka_unit_test(words_stay_words),
		cmocka_unit_test(addresses_are_plain),
		cmocka_unit_test(bodies_are_quoted),
		cmocka_unit_test(a_page_becomes_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
