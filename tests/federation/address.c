/* address.c (federation): where no socket of ours may go, at both edges of every range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <arpa/inet.h>
#include <string.h>

static bool allowed(const char *printed, bool loopback)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, printed, &v4.sin_addr) == 1)
		return transport_address_ok(&v4, loopback);
	if (inet_pton(AF_INET6, printed, &v6.sin6_addr) != 1)
		fail_msg("%s is no address", printed);
	return transport_address_ok(&v6, loopback);
}

static void refused_ones(void **state)
{
	(void)state;
	static const char *const list[] = {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255",
		"100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.1",
		"169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255",
		"192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.0",
		"192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.7",
		"203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
		"::ffff:0:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
		"1fff:ffff::", "2001::1", "2001:1ff:ffff::1", "2001:10::1", "2001:2::1",
		"2001:db8::1", "2001:db8:ffff:ffff::1", "2002::1", "2002:7f00:1::1", "2002:ffff::1",
		"2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1",
		"fdff::1", "fe80::1", "fec0::1", "ff02::1", "ffff::1"};
	for (size_t i = 0; i < COUNT(list); i++)
		if (allowed(list[i], false))
			fail_msg("%s was allowed", list[i]);
}

static void allowed_ones(void **state)
{
	(void)state;
	static const char *const list[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
		"192.31.195.255", "192.31.197.0", "192.88.98.255", "192.88.100.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
		"198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "93.184.216.34",
		"2000::1", "2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1",
		"2606:2800:220:1::1", "2620:4f:7fff::1", "2620:4f:8001::1", "2a00:1450::1",
		"3ffe:ffff::1", "3fff:1000::1"};
	for (size_t i = 0; i < COUNT(list); i++)
		if (!allowed(list[i], false))
			fail_msg("%s was refused", list[i]);
}

static void loopback_and_nothing_else(void **state)
{
	(void)state;
	assert_true(allowed("127.0.0.1", true));
	assert_true(allowed("127.255.255.255", true));
	assert_true(allowed("::1", true));
	static const char *const list[] = {"126.255.255.255", "128.0.0.0", "8.8.8.8", "0.0.0.0",
		"10.0.0.1", "::", "::2", "::ffff:127.0.0.1", "2606:2800:220:1::1"};
	for (size_t i = 0; i < COUNT(list); i++)
		if (allowed(list[i], true))
			fail_msg("%s was taken for loopback", list[i]);
}

static void other_families(void **state)
{
	(void)state;
	struct sockaddr_in6 a = {.sin6_family = AF_UNIX};
	assert_false(transport_address_ok(&a, false));
	assert_false(transport_address_ok(&a, true));
	a.sin6_family = AF_UNSPEC;
	assert_false(transport_address_ok(&a, true));
}

static void forms(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		enum err plain, leave; /* without and with the leave to go to loopback */
		bool loopback;
	} cases[] = {{"https://ex.com/", OK, OK, false}, {"https://ex.com:443/", OK, OK, false},
		{"https://ex.com:444/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"http://ex.com/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"https://own.org/x", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"https://8.8.8.8/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"https://[2606:2800:220:1::1]/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"https://com/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"https://a.invalid/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"https://a.example/", ERR_FORBIDDEN, ERR_FORBIDDEN, false},
		{"http://localhost:8080/", ERR_FORBIDDEN, OK, true},
		{"https://a.localhost/", ERR_FORBIDDEN, OK, true},
		{"http://127.0.0.1:1/", ERR_FORBIDDEN, OK, true},
		{"http://[::1]/", ERR_FORBIDDEN, OK, true}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ARENA_CLEANUP struct arena *a = arena_create();
		struct url u;
		bool loopback = false;
		assert_int_equal(url_parse(a, cases[i].url, &u), OK);
		if (transport_url_ok(&u, "https://own.org", false, &loopback) != cases[i].plain
			|| transport_url_ok(&u, "https://own.org", true, &loopback)
				!= cases[i].leave)
			fail_msg("%s", cases[i].url);
		if (cases[i].leave == OK)
			assert_int_equal(loopback, cases[i].loopback);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_ones),
		cmocka_unit_test(allowed_ones),
		cmocka_unit_test(loopback_and_nothing_else),
		cmocka_unit_test(other_families),
		cmocka_unit_test(forms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
