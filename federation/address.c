/* address.c: which addresses this node may connect to: every socket is asked about here, whatever its name was
 * (security.md §3.1). IPv4 is a list of what is refused, IPv6 of what is allowed. */
#include "federation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct range4 {
	uint32_t net;
	unsigned bits;
};
#define NET4(a, b, c, d)                                                                           \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct range4 refused4[] = {
	{NET4(0, 0, 0, 0), 8},       /* this network */
	{NET4(10, 0, 0, 0), 8},      /* private */
	{NET4(100, 64, 0, 0), 10},   /* carriers' NAT */
	{NET4(127, 0, 0, 0), 8},     /* loopback */
	{NET4(169, 254, 0, 0), 16},  /* link-local */
	{NET4(172, 16, 0, 0), 12},   /* private */
	{NET4(192, 0, 0, 0), 24},    /* protocol assignments */
	{NET4(192, 0, 2, 0), 24},    /* documentation */
	{NET4(192, 31, 196, 0), 24}, /* AS112 */
	{NET4(192, 52, 193, 0), 24}, /* AMT */
	{NET4(192, 88, 99, 0), 24},  /* 6to4 relays */
	{NET4(192, 168, 0, 0), 16},  /* private */
	{NET4(192, 175, 48, 0), 24}, /* AS112 */
	{NET4(198, 18, 0, 0), 15},   /* benchmarks */
	{NET4(198, 51, 100, 0), 24}, /* documentation */
	{NET4(203, 0, 113, 0), 24},  /* documentation */
	{NET4(224, 0, 0, 0), 4},     /* multicast */
	{NET4(240, 0, 0, 0), 4},     /* reserved, broadcast */
};

struct range6 {
	uint8_t net[16];
	unsigned bits;
};

static const struct range6 allowed6 = {{0x20}, 3}; /* 2000::/3: all that was ever given out */
static const struct range6 refused6[] = {
	{{0x20, 0x01, 0x00}, 23},                   /* 2001::/23: Teredo, ORCHID, benchmarks */
	{{0x20, 0x01, 0x0d, 0xb8}, 32},             /* documentation */
	{{0x20, 0x02}, 16},                         /* 6to4: any IPv4 inside */
	{{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, /* AS112 */
	{{0x3f, 0xff, 0x00}, 20},                   /* documentation */
};

static bool in4(uint32_t address, const struct range4 *range)
{
	return (address ^ range->net) >> (32 - range->bits) == 0;
}

static bool in6(const uint8_t address[16], const struct range6 *range)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;
	if (memcmp(address, range->net, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ range->net[whole]) >> (8 - rest) == 0;
}

static bool public4(uint32_t address)
{
	for (size_t i = 0; i < COUNT(refused4); i++)
		if (in4(address, &refused4[i]))
			return false;
	return true;
}

static bool public6(const uint8_t address[16])
{
	if (!in6(address, &allowed6))
		return false;
	for (size_t i = 0; i < COUNT(refused6); i++)
		if (in6(address, &refused6[i]))
			return false;
	return true;
}

bool transport_address_ok(const void *sockaddr, bool loopback)
{
	sa_family_t family;
	memcpy(&family, (const char *)sockaddr + offsetof(struct sockaddr, sa_family),
		sizeof family);
	if (family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, sockaddr, sizeof v4);
		uint32_t address = ntohl(v4.sin_addr.s_addr);
		return loopback ? address >> 24 == 127 : public4(address);
	}
	if (family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, sockaddr, sizeof v6);
		return loopback ? IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)
				: public6(v6.sin6_addr.s6_addr);
	}
	return false;
}

/* Names that mean something else than a host on the internet, or would tell our name server what nobody asked it. */
static bool name_ok(const char *host)
{
	static const char *const inner[] = {
		".localhost", ".local", ".internal", ".onion", ".test", ".example", ".invalid"};
	struct in6_addr ip;
	if (strchr(host, '.') == NULL || inet_pton(AF_INET, host, &ip) == 1
		|| inet_pton(AF_INET6, host, &ip) == 1)
		return false;
	for (size_t i = 0; i < COUNT(inner); i++)
		if (text_ends(host, inner[i]))
			return false;
	return true;
}

enum err transport_url_ok(
	const struct url *u, const char *own, bool loopback_allowed, bool *loopback)
{
	if (text_is(u->origin, own))
		return ERR_FORBIDDEN; /* our own things are found in the store */
	if (url_is_loopback(u)) {
		*loopback = true;
		return loopback_allowed ? OK : ERR_FORBIDDEN;
	}
	*loopback = false;
	return u->https && u->port == 443 && name_ok(u->host) ? OK : ERR_FORBIDDEN;
}
