/* url.c (unit): one form for what is the same, no form for what readers could take two ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/base/base.h"

#include <string.h>

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void urls_come_apart(void **state)
{
	static const struct {
		const char *in, *host, *target, *origin, *authority;
		int port;
		bool https;
	} cases[] = {
		{"https://ex.org", "ex.org", "/", "https://ex.org", "ex.org", 443, true},
		{"https://ex.org/", "ex.org", "/", "https://ex.org", "ex.org", 443, true},
		{"HTTPS://Ex.ORG./A?b=C", "ex.org", "/A?b=C", "https://ex.org", "ex.org", 443,
			true},
		{"https://ex.org:443/a", "ex.org", "/a", "https://ex.org", "ex.org", 443, true},
		{"https://ex.org:80/a", "ex.org", "/a", "https://ex.org:80", "ex.org:80", 80, true},
		{"http://ex.org:80/a", "ex.org", "/a", "http://ex.org", "ex.org", 80, false},
		{"http://ex.org:65535", "ex.org", "/", "http://ex.org:65535", "ex.org:65535", 65535,
			false},
		{"https://ex.org:1?q", "ex.org", "/?q", "https://ex.org:1", "ex.org:1", 1, true},
		{"https://ex.org?/../x", "ex.org", "/?/../x", "https://ex.org", "ex.org", 443,
			true},
		{"https://ex.org/@a/%2F//b;c", "ex.org", "/@a/%2F//b;c", "https://ex.org", "ex.org",
			443, true},
		{"https://ex.org/a..b/.c/...", "ex.org", "/a..b/.c/...", "https://ex.org", "ex.org",
			443, true},
		{"https://xn--caf-dma.example/", "xn--caf-dma.example", "/",
			"https://xn--caf-dma.example", "xn--caf-dma.example", 443, true},
		{"https://8.8.4.4/", "8.8.4.4", "/", "https://8.8.4.4", "8.8.4.4", 443, true},
		{"http://[::1]:8080/", "::1", "/", "http://[::1]:8080", "[::1]:8080", 8080, false},
		{"https://[2001:DB8:0::1]/", "2001:db8::1", "/", "https://[2001:db8::1]",
			"[2001:db8::1]", 443, true},
		{"http://localhost/", "localhost", "/", "http://localhost", "localhost", 80, false},
		{"https://0x7f.be/", "0x7f.be", "/", "https://0x7f.be", "0x7f.be", 443, true},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url u;
		assert_int_equal(url_parse(*state, cases[i].in, &u), OK);
		assert_string_equal(u.host, cases[i].host);
		assert_string_equal(u.target, cases[i].target);
		assert_string_equal(u.origin, cases[i].origin);
		assert_string_equal(u.authority, cases[i].authority);
		assert_int_equal(u.port, cases[i].port);
		assert_int_equal(u.https, cases[i].https);
	}
}

static const char *const refused[] = {
	/* not a URL of ours */
	"",
	"/",
	"ex.org",
	"//ex.org/",
	"https",
	"https:",
	"https:/",
	"https://",
	"https:///",
	"https:ex.org",
	"https:/ex.org/",
	"https:///ex.org/",
	"https://?q",
	"ftp://ex.org/",
	"file:///etc/passwd",
	"javascript:alert(1)",
	"httpss://ex.org/",
	" https://ex.org/",
	"https://ex.org/ ",
	"https ://ex.org/",
	/* bytes */
	"https://ex.org/a b",
	"https://ex.org/\ta",
	"https://ex.org/a\r\nHost: x",
	"https://ex.org/\x7f",
	"https://ex.org/caf\xc3\xa9",
	"https://caf\xc3\xa9.org/",
	"https://ex.org/\"",
	"https://ex.org/<b>",
	"https://ex.org\\@evil.org/",
	"https://ex.org/a\\b",
	"https:\\\\ex.org/",
	"https://ex.org/#frag",
	"https://ex.org#",
	"https://ex.org/?a#b",
	/* userinfo */
	"https://user@ex.org/",
	"https://user:pw@ex.org/",
	"https://@ex.org/",
	"https://ex.org:443@evil.org/",
	/* hosts */
	"http://%31%32%37.0.0.1/",
	"https://ex%2eorg/",
	"https://ex.org../",
	"https://.ex.org/",
	"https://./",
	"https://ex..org/",
	"https://-ex.org/",
	"https://ex-.org/",
	"https://ex_a.org/",
	"https://ex,org/",
	"https://*.ex.org/",
	"https://ex.org;a/",
	"https://ex.org&a/",
	"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.\xe2\x93\xaa.\xe2\x93\xaa.\xe2\x91\xa0/",
	/* numbers that are not plain dotted IPv4 */
	"http://0x7f.1/",
	"http://127.1/",
	"http://2130706433/",
	"http://0x7f000001/",
	"http://0177.0.0.1/",
	"http://127.0.0.01/",
	"http://127.0.0.256/",
	"http://1.2.3.4.5/",
	"http://127.0.0.0x1/",
	"http://0x/",
	"http://ex.0X7F/",
	"http://ex.org.1/",
	"http://127.0.0.1../",
	/* IPv6 */
	"http://[]/",
	"http://[::1/",
	"http://::1/",
	"http://[::1]x/",
	"http://[[::1]]/",
	"http://[::1%25lo]/",
	"http://[1::2::3]/",
	"http://[ex.org]/",
	"http://x[::1]/",
	"http://[::1]]/",
	/* ports */
	"https://ex.org:/",
	"https://ex.org:0/",
	"https://ex.org:65536/",
	"https://ex.org:-1/",
	"https://ex.org:+1/",
	"https://ex.org:0443/",
	"https://ex.org:4a/",
	"https://ex.org:443:443/",
	"https://ex.org:18446744073709551617/",
	"http://[::1]:/",
	"http://[::1]:0/",
	/* dot segments */
	"https://ex.org/.",
	"https://ex.org/..",
	"https://ex.org/a/../b",
	"https://ex.org/./a",
	"https://ex.org/a/..?q",
	"https://ex.org/%2e/a",
	"https://ex.org/%2E%2e/a",
	"https://ex.org/.%2e",
	"https://ex.org/a/%2e.",
	"https://ex.org//../a",
};

static void what_could_be_read_two_ways_is_refused(void **state)
{
	struct url u = {.port = 7};
	for (size_t i = 0; i < COUNT(refused); i++)
		if (url_parse(*state, refused[i], &u) != ERR_INVALID)
			fail_msg("accepted: %s", refused[i]);
	assert_int_equal(url_parse(*state, NULL, &u), ERR_INVALID);
	assert_int_equal(u.port, 7); /* outputs are untouched */
}

static void every_byte_is_judged(void **state)
{
	static const char good[] = "!$%&'()*+,-./:;=?@[]^_`{|}~"; /* and letters and digits */
	for (int c = 1; c < 256; c++) {
		char s[] = "https://ex.org/a?c";
		s[17] = (char)c;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
			|| (c >= '0' && c <= '9');
		struct url u;
		bool taken = url_parse(*state, s, &u) == OK;
		assert_int_equal(taken, plain || strchr(good, c) != NULL);
	}
}

/* "https://" and what follows it up to `size` bytes in all. */
static char *url_of_size(struct arena *a, size_t size)
{
	struct text t;
	text_init(&t, a, size);
	text_add(&t, "https://ex.org/");
	while (t.size < size)
		text_char(&t, 'a');
	return t.at;
}

static void sizes_end_where_they_say(void **state)
{
	struct arena *a = *state;
	struct url u;
	assert_int_equal(url_parse(a, url_of_size(a, 2047), &u), OK);
	assert_int_equal(url_parse(a, url_of_size(a, 2048), &u), OK);
	assert_int_equal(url_parse(a, url_of_size(a, 2049), &u), ERR_INVALID);
	assert_int_equal(url_parse(a, url_of_size(a, 1 << 20), &u), ERR_INVALID);
	char label[65];
	memset(label, 'a', 64);
	label[64] = '\0';
	assert_int_equal(url_parse(a, arena_format(a, "https://%s.org/", label + 1), &u), OK);
	assert_int_equal(url_parse(a, arena_format(a, "https://%s.org/", label), &u), ERR_INVALID);
	/* three labels of 63 with their dots are 192 bytes: 61 more make 253 */
	const char *l = label + 1;
	assert_int_equal(
		url_parse(a, arena_format(a, "https://%s.%s.%s.%.61s/", l, l, l, l), &u), OK);
	assert_int_equal(url_parse(a, arena_format(a, "https://%s.%s.%s.%.62s/", l, l, l, l), &u),
		ERR_INVALID);
}

static void origins_are_compared_whole(void **state)
{
	(void)state;
	assert_true(url_same_host("https://ex.org/a", "https://EX.org:443/b?c"));
	assert_false(url_same_host("https://ex.org/", "http://ex.org/"));
	assert_false(url_same_host("https://ex.org/", "https://ex.org:444/"));
	assert_false(url_same_host("https://ex.org/", "https://ex.org.evil.net/"));
	assert_false(url_same_host("https://ex.org/", "https://ex.org@evil.net/"));
	assert_false(url_same_host("junk", "junk"));
	assert_false(url_same_host(NULL, NULL));
}

static void loopback_is_known_by_name(void **state)
{
	static const char *const near[] = {"http://localhost/", "http://a.LOCALHOST:1/",
		"http://127.0.0.1/", "http://127.255.255.254/", "http://[::1]/",
		"http://[0:0:0:0:0:0:0:1]/"};
	static const char *const far[] = {"http://localhost.org/", "http://notlocalhost/",
		"http://128.0.0.1/", "http://126.255.255.255/", "http://127.0.0.1.org/",
		"http://[::2]/"};
	struct url u;
	for (size_t i = 0; i < COUNT(near); i++) {
		assert_int_equal(url_parse(*state, near[i], &u), OK);
		assert_true(url_is_loopback(&u));
	}
	for (size_t i = 0; i < COUNT(far); i++) {
		assert_int_equal(url_parse(*state, far[i], &u), OK);
		assert_false(url_is_loopback(&u));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(urls_come_apart),
		TEST(what_could_be_read_two_ways_is_refused),
		TEST(every_byte_is_judged),
		TEST(sizes_end_where_they_say),
		TEST(origins_are_compared_whole),
		TEST(loopback_is_known_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
