/* address.c: where foreign links may lead, and whether their words say so. */
#include "data.h"

#include <string.h>

#define ADDRESS_MAX 2048
#define HOST_MAX 253

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/* All bytes beyond ASCII belong to names: those who imitate a host with them are seen too. */
static bool is_host_byte(char c)
{
	return is_alnum(c) || c == '-' || c == '.' || (c & 0x80) != 0;
}

/* The host of "//host:port/…", in lower case; NULL when it is not plainly one (R4: no userinfo). */
static const char *host_of(struct arena *arena, const char *rest)
{
	if (!text_starts(rest, "//"))
		return NULL;
	const char *host = rest + 2;
	size_t size = 0;
	if (*host == '[')
		size = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
	while (*host != '[' && (is_host_byte(host[size]) || host[size] == '_'))
		size++;
	if (size == 0 || size > HOST_MAX || (*host == '[' && host[size++] != ']'))
		return NULL;
	size_t port = host[size] == ':' ? 1 + strspn(host + size + 1, "0123456789") : 0;
	if (port > 6 || (host[size + port] != '\0' && strchr("/?#", host[size + port]) == NULL))
		return NULL;
	return text_lower(arena, arena_text_n(arena, host, size));
}

char *address_clean(struct arena *arena, const char *raw, const char **host)
{
	static const char *const schemes[] = {
		"https", "http", "gemini", "mailto", "xmpp", "magnet"};
	raw = text_trim(arena, raw != NULL ? raw : "");
	struct text t;
	text_init(&t, arena, ADDRESS_MAX);
	for (; *raw != '\0'; raw++) {
		if (*raw == ' ')
			text_add(&t, "%20");
		else if (strchr("\t\n\r", *raw) != NULL)
			continue; /* as browsers do */
		else if ((unsigned char)*raw < ' ' || *raw == 0x7f)
			return NULL;
		else
			text_char(&t, *raw);
	}
	size_t size = strcspn(t.at, ":");
	if (t.failed || t.at[size] == '\0' || t.at[size + 1] == '\0')
		return NULL;
	char *scheme = text_lower(arena, arena_text_n(arena, t.at, size));
	memcpy(t.at, scheme, size);
	for (size_t i = 0; i < COUNT(schemes); i++) {
		if (strcmp(scheme, schemes[i]) != 0)
			continue;
		*host = i < 3 ? host_of(arena, t.at + size + 1) : NULL;
		return i >= 3 || *host != NULL ? t.at : NULL;
	}
	return NULL;
}

static bool same_host(const char *words, size_t size, const char *host)
{
	if (size > 4 && strncmp(words, "www.", 4) == 0) {
		words += 4;
		size -= 4;
	}
	host += text_starts(host, "www.") ? 4 : 0;
	return strlen(host) == size && memcmp(words, host, size) == 0;
}

/* label.label, the last one of two letters or more; any name at all behind "://". */
static bool looks_like_host(const char *s, size_t size, bool address)
{
	size_t last = size;
	while (last > 0 && s[last - 1] != '.')
		last--;
	if (address || last < 2 || size - last < 2)
		return address && size > 0;
	for (size_t i = last; i < size; i++)
		if (!is_letter(s[i]) && !(s[i] & 0x80) && strncmp(s + last, "xn--", 4) != 0)
			return false;
	return true;
}

/* The bytes up to and with "://", when only a scheme stands before it. */
static size_t scheme_size(const char *s, size_t size)
{
	size_t i = 0;
	while (i < size && strchr(":./?#", s[i]) == NULL)
		i++;
	return i + 3 <= size && memcmp(s + i, "://", 3) == 0 ? i + 3 : 0;
}

/* Does one word (no blanks) name a host, and not this one? A name beside '@' is part of a handle. */
static bool word_misleads(const char *s, size_t size, const char *host)
{
	size_t i = scheme_size(s, size);
	bool address = i > 0;
	while (i < size) {
		size_t n = 0;
		while (i + n < size && is_host_byte(s[i + n]))
			n++;
		bool handle = (i > 0 && s[i - 1] == '@') || (i + n < size && s[i + n] == '@');
		size_t name = n;
		while (name > 0 && (s[i + name - 1] == '.' || s[i + name - 1] == '-'))
			name--;
		if ((address || !handle) && looks_like_host(s + i, name, address)
			&& !same_host(s + i, name, host))
			return true;
		if (n > 0 && i + n < size && strchr("/?#", s[i + n]) != NULL)
			return false; /* the rest is a path */
		address = address && n == 0;
		i += n + 1;
	}
	return false;
}

bool address_misleads(struct arena *arena, const char *words, const char *host)
{
	for (const char *at = text_lower(arena, words); *at != '\0';) {
		size_t n = strcspn(at, " \t\n\f\r");
		if (word_misleads(at, n, host))
			return true;
		at += n + (at[n] != '\0');
	}
	return false;
}
