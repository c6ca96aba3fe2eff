/* cookie.c: cookies, and what lives in one: the choice of language and the notice for the next page. */
#include "inside.h"

#include <string.h>

/* ---- cookies --------------------------------------------------------------------------------- */

static bool is_https(const struct call *c)
{
	return text_starts(c->site->base_url, "https://");
}

static const char *cookie_name(const struct call *c, const char *name)
{
	return is_https(c) ? arena_format(c->arena, "__Host-%s", name) : name;
}

/* Said again, as by a write that ran again: the browser must see the last word only. */
static void forget(struct call *c, const char *prefix)
{
	struct header **at = &c->reply.headers;
	while (*at != NULL) {
		if (text_is((*at)->name, "Set-Cookie") && text_starts((*at)->value, prefix))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

void reply_cookie(struct call *c, const char *name, const char *value, int64_t seconds)
{
	if (strpbrk(value, " \t\",;\\") != NULL)
		die("cookie %s has a value no cookie can hold", name);
	const char *start = arena_format(c->arena, "%s=", cookie_name(c, name));
	forget(c, start);
	reply_header(c, "Set-Cookie",
		arena_format(c->arena, "%s%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
			start, seconds > 0 ? value : "", (long long)(seconds > 0 ? seconds : 0),
			is_https(c) ? "; Secure" : ""));
}

/* Other nodes have no cookies, and where every origin may ask (CORS) a cookie must have no power. */
bool cookie_is_read(const struct exchange *x)
{
	return !route_is_open(x) && (x->call.route == NULL || x->call.route->access != FEDERATION);
}

const char *call_cookie(const struct call *c, const char *name)
{
	const char *at = call_header(c, "Cookie");
	if (at == NULL || !cookie_is_read(exchange_of(c)))
		return NULL;
	name = cookie_name(c, name);
	size_t size = strlen(name);
	while (*at != '\0') {
		at += strspn(at, "; \t");
		size_t length = strcspn(at, ";");
		if (strncmp(at, name, size) == 0 && at[size] == '=')
			return text_trim(
				c->arena, arena_text_n(c->arena, at + size + 1, length - size - 1));
		at += length;
	}
	return NULL;
}

/* ---- language and notice --------------------------------------------------------------------- */

void cookie_language(struct exchange *x)
{
	struct call *c = &x->call;
	bool reads = c->method == METHOD_GET || c->method == METHOD_HEAD;
	const char *asked = reads ? call_input(c, "lang") : NULL, *kept = call_cookie(c, "lang");
	x->language_chosen = asked != NULL && i18n_has(asked);
	c->language = x->language_chosen ? asked
		: kept != NULL && i18n_has(kept)
		? kept
		: i18n_choose(call_header(c, "Accept-Language"), c->site->language);
}

/* Only this server can have written a notice: a page never shows what another put into the cookie. */
static const char *notice_mark(const struct call *c, const char *msgid)
{
	const char *what = arena_format(c->arena, "notice:%s", msgid);
	uint8_t mac[SHA256_SIZE];
	crypto_hmac(c->site->secret, sizeof c->site->secret, what, strlen(what), mac);
	return hex_encode(c->arena, mac, 16);
}

void reply_notice(struct call *c, const char *msgid)
{
	struct text value;
	text_init(&value, c->arena, 1024);
	text_format(&value, "%s.", notice_mark(c, msgid));
	text_url(&value, msgid);
	if (value.failed)
		die("a notice is too long");
	reply_cookie(c, "notice", value.at, 5 * MINUTE / SECOND);
}

void cookie_notice(struct exchange *x)
{
	const char *kept = call_cookie(&x->call, "notice"),
		   *dot = kept != NULL ? strchr(kept, '.') : NULL;
	char *msgid;
	if (dot == NULL
		|| !text_unescape_url(x->call.arena, dot + 1, strlen(dot + 1), false, &msgid))
		return;
	const char *mark = notice_mark(&x->call, msgid);
	size_t size = strlen(mark);
	if ((size_t)(dot - kept) == size && crypto_equal(kept, mark, size))
		x->notice = msgid;
}
