/* config.c: settings are read whole or refused with their line, and a written file reads back. */
#include "config.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct home {
	struct arena *arena;
	const char *dir;
};

static int set_up(void **state)
{
	struct arena *arena = arena_create();
	struct home *h = arena_alloc(arena, sizeof *h);
	char name[] = "/tmp/kring-config-XXXXXX";
	h->arena = arena;
	h->dir = arena_text(arena, mkdtemp(name));
	*state = h;
	return h->dir ? 0 : -1;
}

static int tear_down(void **state)
{
	struct home *h = *state;
	unlink(arena_format(h->arena, "%s/kring.ini", h->dir));
	rmdir(h->dir);
	arena_destroy(h->arena);
	return 0;
}

static struct config config_of(struct arena *arena, const char *domain)
{
	struct config c;
	config_default(arena, &c);
	c.domain = domain;
	c.name = "De Dotter";
	return c;
}

/* ---- config_check ---- */

static void assert_fits(struct home *h, struct config c, bool fits)
{
	const char *why = NULL;
	enum err e = config_check(h->arena, &c, &why);
	if ((e == OK) != fits)
		fail_msg("domain=%s base_url=%s: %s", c.domain, c.base_url, why ? why : "fits");
	assert_int_equal(e, fits ? OK : ERR_INVALID);
	assert_int_equal(why == NULL, fits);
}

static void test_site(void **state)
{
	static const struct {
		const char *domain, *base_url;
		bool fits;
	} sites[] = {
		{"ex.org", "", true},
		{"ex.org", "https://ex.org", true},
		{"a-b.xn--mnchen-3ya.de", "", true},
		{"localhost", "", true},
		{"localhost:8080", "http://localhost:8080", true},
		{"a.localhost:8410", "http://a.localhost:8410", true},
		{"a.localhost", "http://a.localhost", true},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"[::1]:8080", "http://[::1]:8080", true},
		{"", "", false},
		{"", "https://ex.org", false},
		{"ex", "", false},
		{"ex.org.", "", false},
		{".ex.org", "", false},
		{"Ex.org", "", false},
		{"ex.org", "https://Ex.org", false},
		{"ex.org", "HTTPS://ex.org", false},
		{"ex.org", "https://ex.org/", false},
		{"ex.org", "https://ex.org/kring", false},
		{"ex.org", "https://ex.org?a", false},
		{"ex.org", "https://ex.org:443", false},
		{"ex.org", "https://ex.org:8443", false},
		{"ex.org:8443", "https://ex.org:8443", false},
		{"ex.org", "http://ex.org", false},
		{"ex.org", "https://www.ex.org", false},
		{"ex.org", "https://ann@ex.org", false},
		{"ann@ex.org", "", false},
		{"ex.org/a", "", false},
		{"ex.org#a", "", false},
		{"ex org", "", false},
		{"ex.org\n", "", false},
		{"m\xc3\xbcnchen.de", "", false},
		{"192.0.2.1", "", false},
		{"[2001:db8::1]", "", false},
		{"ex.123", "", false},
		{"localhost.ex.org", "http://localhost.ex.org", false},
		{"localhost", "https://ex.org", false},
	};
	struct home *h = *state;
	for (size_t i = 0; i < COUNT(sites); i++) {
		struct config c = config_of(h->arena, sites[i].domain);
		c.base_url = sites[i].base_url;
		assert_fits(h, c, sites[i].fits);
	}
}

static void test_base_url_is_filled_in(void **state)
{
	struct home *h = *state;
	struct config c = config_of(h->arena, "ex.org");
	const char *why = NULL;
	assert_int_equal(config_check(h->arena, &c, &why), OK);
	assert_string_equal(c.base_url, "https://ex.org");
}

static void test_mail(void **state)
{
	static const struct {
		const char *mail, *from, *user, *file;
		bool fits;
	} mails[] = {
		{"", "", "", "", true},
		{"sink", "", "", "", true},
		{"smtp://mail.ex.org:587", "info@ex.org", "a", "b", true},
		{"smtps://mail.ex.org", "", "", "", true},
		{"smtp://127.0.0.1:25", "", "", "", true},
		{"mail.ex.org", "", "", "", false},
		{"https://mail.ex.org", "", "", "", false},
		{"smtp://mail.ex.org/", "", "", "", false},
		{"smtp://a:b@mail.ex.org", "", "", "", false},
		{"sink", "info", "", "", false},
		{"sink", "Info <info@ex.org>", "", "", false},
		{"sink", "", "a", "", false},
		{"sink", "", "", "b", false},
	};
	struct home *h = *state;
	for (size_t i = 0; i < COUNT(mails); i++) {
		struct config c = config_of(h->arena, "ex.org");
		const char *why = NULL;
		c.mail = mails[i].mail;
		c.mail_from = mails[i].from;
		c.mail_user = mails[i].user;
		c.mail_password_file = mails[i].file;
		assert_int_equal(config_check(h->arena, &c, &why) == OK, mails[i].fits);
		if (mails[i].fits && *c.mail && !*mails[i].from)
			assert_string_equal(c.mail_from, "kring@ex.org");
	}
}

static const char *repeat(struct arena *arena, const char *s, size_t times)
{
	struct text t;
	text_init(&t, arena, 1 << 16);
	for (size_t i = 0; i < times; i++)
		text_add(&t, s);
	return t.at;
}

static void test_domain_limit(void **state)
{
	struct home *h = *state;
	const char *label = repeat(h->arena, "a", 61); /* with ".": 62, four of them 248 */
	const char *four = arena_format(h->arena, "%s.%s.%s.%s.", label, label, label, label);
	assert_fits(h, config_of(h->arena, arena_format(h->arena, "%sabcde", four)), true);
	assert_fits(h, config_of(h->arena, arena_format(h->arena, "%sabcdef", four)), false);
	label = repeat(h->arena, "a", 63);
	assert_fits(h, config_of(h->arena, arena_format(h->arena, "%s.org", label)), true);
	assert_fits(h, config_of(h->arena, arena_format(h->arena, "%sa.org", label)), false);
}

static void test_name_limit(void **state)
{
	static const struct {
		size_t points;
		bool fits;
	} names[] = {{0, false}, {1, true}, {99, true}, {100, true}, {101, false}};
	struct home *h = *state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct config c = config_of(h->arena, "ex.org");
		c.name = repeat(h->arena, "\xc3\xa9", names[i].points);
		assert_fits(h, c, names[i].fits);
	}
}

#define ASSERT_SETTING(h, field, value, fits)                                                      \
	do {                                                                                       \
		struct config setting_ = config_of((h)->arena, "ex.org");                          \
		setting_.field = (value);                                                          \
		assert_fits((h), setting_, (fits));                                                \
	} while (0)

static void test_other_settings(void **state)
{
	struct home *h = *state;
	ASSERT_SETTING(h, language, "nl", true);
	ASSERT_SETTING(h, language, "en", true);
	ASSERT_SETTING(h, language, "NL", false);
	ASSERT_SETTING(h, language, "", false);
	ASSERT_SETTING(h, timezone, "Europe/Brussels", true);
	ASSERT_SETTING(h, timezone, "Europe/Nowhere", false);
	ASSERT_SETTING(h, timezone, "../../../etc/passwd", false);
	ASSERT_SETTING(h, timezone, "/etc/passwd", false);
	ASSERT_SETTING(h, timezone, "", false);
	ASSERT_SETTING(h, trusted_proxy, "192.0.2.1", true);
	ASSERT_SETTING(h, trusted_proxy, "2001:db8::1", true);
	ASSERT_SETTING(h, trusted_proxy, "192.0.2.0/24", false);
	ASSERT_SETTING(h, trusted_proxy, "ex.org", false);
	ASSERT_SETTING(h, ca_file, "/etc/ssl/certs/ca-certificates.crt", true);
	ASSERT_SETTING(h, ca_file, "/nowhere/ca.pem", false);
	ASSERT_SETTING(h, listen, "[::]:80", true);
	ASSERT_SETTING(h, listen, "ex.org:80", false);
}

/* ---- config_split_listen ---- */

static void test_listen(void **state)
{
	static const struct {
		const char *listen, *address;
		int port; /* -1: refused */
	} all[] = {
		{"127.0.0.1:8080", "127.0.0.1", 8080},
		{"0.0.0.0:0", "0.0.0.0", 0},
		{"127.0.0.1:65535", "127.0.0.1", 65535},
		{"[::1]:8080", "::1", 8080},
		{"[::]:1", "::", 1},
		{"127.0.0.1:65536", NULL, -1},
		{"127.0.0.1:-1", NULL, -1},
		{"127.0.0.1:080", NULL, -1},
		{"127.0.0.1:", NULL, -1},
		{"127.0.0.1", NULL, -1},
		{":8080", NULL, -1},
		{"8080", NULL, -1},
		{"", NULL, -1},
		{":", NULL, -1},
		{"::1:8080", NULL, -1},
		{"::1", NULL, -1},
		{"[::1]", NULL, -1},
		{"[::1:8080", NULL, -1},
		{"::1]:8080", NULL, -1},
		{"[]:8080", NULL, -1},
		{"]:8080", NULL, -1},
		{"[127.0.0.1]:8080", NULL, -1},
		{"localhost:8080", NULL, -1},
		{" 127.0.0.1:8080", NULL, -1},
		{"127.0.0.1:8080 ", NULL, -1},
	};
	struct home *h = *state;
	for (size_t i = 0; i < COUNT(all); i++) {
		const char *address = "before";
		uint16_t port = 7;
		bool fits = config_split_listen(h->arena, all[i].listen, &address, &port);
		if (fits != (all[i].port >= 0))
			fail_msg("%s", all[i].listen);
		assert_string_equal(address, fits ? all[i].address : "before");
		assert_int_equal(port, fits ? all[i].port : 7);
	}
}

/* ---- config_read ---- */

static enum err read_text(
	struct home *h, const char *text, size_t size, struct config *out, const char **why)
{
	FILE *file = fopen(arena_format(h->arena, "%s/kring.ini", h->dir), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return config_read(h->arena, h->dir, out, why);
}

static void assert_read(struct home *h, const char *text, struct config *out)
{
	const char *why = "";
	enum err e = read_text(h, text, strlen(text), out, &why);
	if (e != OK)
		fail_msg("%s", why);
}

static void assert_refused(struct home *h, const char *text, const char *words)
{
	struct config c = {.domain = "untouched"};
	const char *why = NULL;
	assert_int_equal(read_text(h, text, strlen(text), &c, &why), ERR_INVALID);
	assert_non_null(why);
	if (!strstr(why, words) || !strstr(why, "kring.ini"))
		fail_msg("%s: %s", text, why);
	assert_string_equal(c.domain, "untouched");
}

#define SITE "domain = ex.org\nname = X\n"

static void test_read(void **state)
{
	struct home *h = *state;
	struct config c;
	assert_read(h, SITE, &c);
	assert_string_equal(c.base_url, "https://ex.org");
	assert_string_equal(c.listen, "127.0.0.1:8080");
	assert_int_equal(c.retry_unit, 10000);
	assert_int_equal(c.log, LOG_INFO);
	assert_false(c.allow_loopback);
	assert_true(c.roll_second_factor); /* unless it is said otherwise */
	assert_read(h, SITE "roll_second_factor = no\n", &c);
	assert_false(c.roll_second_factor);
	assert_read(h,
		"# a comment\n; another\n\n  domain=ex.org\nname   =  De  Dotter  \n"
		"summary =\nallow_loopback = yes\nthreads = 256\nmap_gib = 65536\nretry_unit = 1\n"
		"log = debug\nlanguage = en",
		&c);
	assert_string_equal(c.name, "De  Dotter");
	assert_string_equal(c.summary, "");
	assert_true(c.allow_loopback);
	assert_int_equal(c.threads, 256);
	assert_int_equal(c.map_gib, 65536);
	assert_int_equal(c.retry_unit, 1);
	assert_int_equal(c.log, LOG_DEBUG);
	assert_string_equal(c.language, "en");
}

static void test_read_refuses(void **state)
{
	struct home *h = *state;
	assert_refused(h, SITE "nmae = Y\n", "line 3:");
	assert_refused(h, "nmae = Y\n" SITE, "line 1:");
	assert_refused(h, SITE "Language = en\n", "line 3:");
	assert_refused(h, SITE "name = Y\n", "line 3:");
	assert_refused(h, SITE "    and more\n", "line 3:"); /* inih: the value goes on */
	assert_refused(h, SITE "language\n", "line 3:");
	assert_refused(h, SITE "[store]\nthreads = 2\n", "line 4:");
	assert_refused(h, SITE "threads = 257\n", "line 3:");
	assert_refused(h, SITE "threads = -1\n", "line 3:");
	assert_refused(h, SITE "threads = 2x\n", "line 3:");
	assert_refused(h, SITE "threads =\n", "line 3:");
	assert_refused(h, SITE "retry_unit = 0\n", "line 3:");
	assert_refused(h, SITE "retry_unit = 3600001\n", "line 3:");
	assert_refused(h, SITE "map_gib = 99999999999999999999\n", "line 3:");
	assert_refused(h, SITE "allow_loopback = true\n", "line 3:");
	assert_refused(h, SITE "log = loud\n", "line 3:");
	assert_refused(h, SITE "summary = \xff\n", "line 3:");
	assert_refused(h, "name = X\n", "domain");
	assert_refused(h, "domain = ex.org\n", "name of the association");
	assert_refused(h, "", "domain");
}

static void test_read_nothing(void **state)
{
	struct home *h = *state;
	struct config c;
	const char *why = NULL;
	assert_int_equal(config_read(h->arena, h->dir, &c, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why, h->dir));
	assert_int_equal(config_read(h->arena, "/nowhere/at/all", &c, &why), ERR_NOT_FOUND);
	assert_int_equal(mkdir(arena_format(h->arena, "%s/kring.ini", h->dir), 0700), 0);
	assert_int_not_equal(config_read(h->arena, h->dir, &c, &why), OK);
	assert_int_equal(rmdir(arena_format(h->arena, "%s/kring.ini", h->dir)), 0);
}

/* Whatever bytes stand there: an answer, and never a fault. */
static void test_read_hostile(void **state)
{
	struct home *h = *state;
	unsigned seed = 1;
	for (int i = 0; i < 300; i++) {
		char text[2000];
		for (size_t k = 0; k < sizeof text; k++) {
			seed = seed * 1103515245 + 12345;
			text[k] = "=\n;[] \t\0\xffname"[(seed >> 16) % 13];
		}
		struct config c;
		const char *why = NULL;
		assert_int_not_equal(read_text(h, text, sizeof text, &c, &why), OK);
		assert_non_null(why);
	}
}

/* ---- config_write ---- */

static void test_write_reads_back(void **state)
{
	struct home *h = *state;
	struct config c = config_of(h->arena, "a.localhost:8410"), again;
	struct bytes text;
	const char *why = "";
	c.base_url = "http://a.localhost:8410";
	c.summary = "Samen \"tellen\"; kijken = leren # en meer";
	c.allow_loopback = true;
	c.threads = 3;
	c.log = LOG_ERROR;
	assert_int_equal(config_write(h->arena, &c, &text, &why), OK);
	assert_int_equal(read_text(h, text.data, text.size, &again, &why), OK);
	assert_string_equal(again.domain, c.domain);
	assert_string_equal(again.base_url, c.base_url);
	assert_string_equal(again.name, c.name);
	assert_string_equal(again.summary, c.summary);
	assert_true(again.allow_loopback);
	assert_int_equal(again.threads, 3);
	assert_int_equal(again.log, LOG_ERROR);
}

static void test_write_refuses(void **state)
{
	struct home *h = *state;
	static const char *const names[] = {
		"X\nlisten = 0.0.0.0:80", "X\rY\n", "X ; Y", "; X", " X", "X ", "X\n  Y", "\xff"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct config c = config_of(h->arena, "ex.org");
		struct bytes text = {NULL, 7};
		const char *why = NULL;
		c.name = names[i];
		if (config_write(h->arena, &c, &text, &why) != ERR_INVALID)
			fail_msg("%s", names[i]);
		assert_non_null(why);
		assert_int_equal(text.size, 7);
	}
	/* inih's line, whatever its length is here: never cut in silence */
	bool refused = false;
	for (size_t size = 100; size <= 5000; size += 100) {
		struct config c = config_of(h->arena, "ex.org");
		struct bytes text;
		const char *why = NULL;
		c.summary = repeat(h->arena, "x", size);
		enum err e = config_write(h->arena, &c, &text, &why);
		assert_false(refused && e == OK);
		refused = e != OK;
	}
	assert_true(refused);
}

static void test_document(void **state)
{
	struct home *h = *state;
	struct config c = config_of(h->arena, "ex.org");
	struct text document;
	struct bytes text;
	const char *why = NULL;
	text_init(&document, h->arena, 1 << 16);
	config_document(&document);
	assert_false(document.failed);
	assert_int_equal(config_write(h->arena, &c, &text, &why), OK);
	for (const char *line = strchr(text.data, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
		const char *name = arena_text_n(h->arena, line, strcspn(line, "="));
		assert_non_null(strstr(document.at, name));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_site),
		TEST(test_base_url_is_filled_in),
		TEST(test_mail),
		TEST(test_domain_limit),
		TEST(test_name_limit),
		TEST(test_other_settings),
		TEST(test_listen),
		TEST(test_read),
		TEST(test_read_refuses),
		TEST(test_read_nothing),
		TEST(test_read_hostile),
		TEST(test_write_reads_back),
		TEST(test_write_refuses),
		TEST(test_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
