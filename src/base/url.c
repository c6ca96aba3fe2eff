/* url.c: the one parser of URLs, strict where browsers and libraries forgive: two readings of one
 * address are how requests reach hosts that nobody checked. */
#include "base.h"

#include <arpa/inet.h>
#include <string.h>

#define URL_MOST 2048
#define HOST_MOST 253
#define LABEL_MOST 63

/* Printable ASCII without blank, backslash, fragment, and what markup is made of. */
static bool bytes_allowed(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("\\\"<>#", s[i]) != NULL)
			return false;
	return true;
}

/* One dot as written or as %2e: its size, or 0. */
static size_t dot_size(const char *s, size_t size)
{
	if (size >= 1 && s[0] == '.')
		return 1;
	return size >= 3 && s[0] == '%' && s[1] == '2' && (s[2] | 0x20) == 'e' ? 3 : 0;
}

static bool is_dot_segment(const char *s, size_t size)
{
	size_t one = dot_size(s, size);
	size_t two = one > 0 ? dot_size(s + one, size - one) : 0;
	return one > 0 && one + two == size;
}

static bool path_allowed(const char *s)
{
	while (*s == '/') {
		s++;
		size_t size = strcspn(s, "/?");
		if (is_dot_segment(s, size))
			return false;
		s += size;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits and inner hyphens: the host names that DNS and certificates agree on. */
static bool label_allowed(const char *s, size_t size)
{
	if (size == 0 || size > LABEL_MOST || s[0] == '-' || s[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++)
		if (!is_digit(s[i]) && !(s[i] >= 'a' && s[i] <= 'z') && s[i] != '-')
			return false;
	return true;
}

/* What resolvers take for a number (127, 0x7f, 0177): such a last label makes the host an IPv4. */
static bool is_number(const char *s)
{
	return s[strspn(s, "0123456789")] == '\0'
		|| (text_starts(s, "0x") && s[2 + strspn(s + 2, "0123456789abcdef")] == '\0');
}

static bool name_allowed(const char *host)
{
	const char *label = host;
	if (strlen(host) > HOST_MOST)
		return false;
	for (;;) {
		size_t size = strcspn(label, ".");
		if (!label_allowed(label, size))
			return false;
		if (label[size] == '\0')
			break;
		label += size + 1;
	}
	struct in_addr ip; /* inet_pton takes four plain decimal numbers and nothing else */
	return !is_number(label) || inet_pton(AF_INET, host, &ip) == 1;
}

/* The host in the form that is compared, or NULL. */
static const char *host_parse(struct arena *arena, const char *s, size_t size)
{
	if (size >= 2 && s[0] == '[' && s[size - 1] == ']') {
		struct in6_addr ip;
		char *name = arena_alloc(arena, INET6_ADDRSTRLEN);
		const char *inner = arena_text_n(arena, s + 1, size - 2);
		if (inet_pton(AF_INET6, inner, &ip) != 1)
			return NULL;
		return inet_ntop(AF_INET6, &ip, name, INET6_ADDRSTRLEN); /* one spelling of many */
	}
	if (size > 0 && s[size - 1] == '.')
		size--;
	const char *host = text_lower(arena, arena_text_n(arena, s, size));
	return name_allowed(host) ? host : NULL;
}

static bool port_parse(struct arena *arena, const char *s, size_t size, uint16_t *port)
{
	int64_t value;
	if (!text_to_i64(arena_text_n(arena, s, size), 1, UINT16_MAX, &value))
		return false;
	*port = (uint16_t)value;
	return true;
}

/* `host` or `host:port`; userinfo falls out because '@' is in no host and no port. */
static bool authority_parse(struct arena *arena, const char *s, size_t size, struct url *u)
{
	size_t host = 0;
	if (size > 0 && s[0] == '[')
		while (host < size && s[host] != ']')
			host++;
	while (host < size && s[host] != ':')
		host++;
	uint16_t usual = u->https ? 443 : 80;
	u->port = usual;
	u->host = host_parse(arena, s, host);
	if (u->host == NULL
		|| (host < size && !port_parse(arena, s + host + 1, size - host - 1, &u->port)))
		return false;
	bool v6 = s[0] == '[';
	u->authority = arena_format(arena, "%s%s%s", v6 ? "[" : "", u->host, v6 ? "]" : "");
	if (u->port != usual)
		u->authority = arena_format(arena, "%s:%d", u->authority, u->port);
	u->origin = arena_format(arena, "%s://%s", u->https ? "https" : "http", u->authority);
	return true;
}

/* The size of "https://" or "http://" at the start, or 0. */
static size_t scheme_parse(struct arena *arena, const char *s, size_t size, bool *https)
{
	const char *start = text_lower(arena, arena_text_n(arena, s, size < 8 ? size : 8));
	*https = text_starts(start, "https://");
	return *https ? 8 : text_starts(start, "http://") ? 7 : 0;
}

enum err url_parse(struct arena *arena, const char *s, struct url *out)
{
	size_t size = s != NULL ? strnlen(s, URL_MOST + 1) : 0;
	if (size == 0 || size > URL_MOST || !bytes_allowed(s, size))
		return ERR_INVALID;
	struct url u = {0};
	size_t scheme = scheme_parse(arena, s, size, &u.https);
	if (scheme == 0)
		return ERR_INVALID;
	s += scheme;
	size_t authority = strcspn(s, "/?");
	if (!authority_parse(arena, s, authority, &u) || !path_allowed(s + authority))
		return ERR_INVALID;
	s += authority;
	u.target = *s == '/' ? arena_text(arena, s) : arena_format(arena, "/%s", s);
	*out = u;
	return OK;
}

bool url_same_host(const char *a, const char *b)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct url left, right;
	return url_parse(arena, a, &left) == OK && url_parse(arena, b, &right) == OK
		&& text_is(left.origin, right.origin);
}

bool url_is_loopback(const struct url *u)
{
	struct in_addr ip;
	if (inet_pton(AF_INET, u->host, &ip) == 1)
		return ntohl(ip.s_addr) >> 24 == 127;
	return text_is(u->host, "localhost") || text_ends(u->host, ".localhost")
		|| text_is(u->host, "::1");
}
