/* fuzz_url.c: an address has one reading, and links that are kept have one spelling. */
#define FUZZ_WORDS                                                                                 \
	"https://", "[::1]", "@", "%2e%2e/", "localhost", ":443", "xn--", "127.1", "\xe2\x80\xae", \
		"mailto:"
#include "corpus.h"
#include "data.h"

static void parsed(struct arena *a, const char *s, const struct url *u)
{
	struct url again;
	const char *whole = arena_format(a, "%s%s", u->origin, u->target);
	HOLDS(u->target[0] == '/' && u->port > 0 && *u->host != '\0');
	HOLDS(strcmp(u->host, text_lower(a, u->host)) == 0
		&& strpbrk(u->host, "/?#@\\ []%") == NULL);
	HOLDS(text_starts(u->origin, u->https ? "https://" : "http://"));
	HOLDS(text_ends(u->origin, u->authority) && strstr(u->authority, u->host) != NULL);
	for (const char *c = whole; *c != '\0'; c++)
		HOLDS(*c > ' ' && *c < 0x7f && strchr("\\\"<>#", *c) == NULL);
	const char *path = arena_text_n(a, u->target, strcspn(u->target, "?"));
	HOLDS(strstr(path, "/../") == NULL && !text_ends(path, "/.."));
	if (strlen(whole) > 2048)
		return; /* one slash longer than what was read */
	HOLDS(url_parse(a, whole, &again) == OK);
	HOLDS(again.https == u->https && again.port == u->port && text_is(again.host, u->host));
	HOLDS(text_is(again.target, u->target) && text_is(again.origin, u->origin));
	HOLDS(text_is(again.authority, u->authority));
	HOLDS(url_is_loopback(&again) == url_is_loopback(u) && url_same_host(s, whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct url u;
	const char *raw = arena_text_n(a, (const char *)data, size), *host, *again;
	if (url_parse(a, raw, &u) == OK)
		parsed(a, raw, &u);
	const char *kept = address_clean(a, fuzz_text(a, data, size), &host);
	if (kept == NULL)
		return 0;
	HOLDS(strlen(kept) <= 2048);
	for (const char *c = kept; *c != '\0'; c++)
		HOLDS((unsigned char)*c > ' ' && *c != 0x7f);
	HOLDS(host == NULL || strcmp(host, text_lower(a, host)) == 0);
	HOLDS(text_is(address_clean(a, kept, &again), kept));
	HOLDS(host == NULL ? again == NULL : text_is(host, again));
	return 0;
}
