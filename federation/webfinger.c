/* webfinger.c: a handle to the address of an actor, as its own host says it (RFC 7033; protocol.md §1.1). */
#include "federation.h"

#include <string.h>

#define LINKS 32
#define HOPS 3

/* A handle's host must be one we would fetch from, and nothing may hide behind it (security.md R5, R26). */
static const char *origin_of(struct federation *f, struct arena *arena, const char *host)
{
	struct url url;
	const char *https = arena_format(arena, "https://%s/", host);
	if (url_parse(arena, https, &url) != OK || strcmp(url.authority, host) != 0)
		return NULL;
	bool plain = f->set.site->loopback && url_is_loopback(&url);
	const char *origin = arena_format(arena, "%s://%s", plain ? "http" : "https", host);
	return resolve_allowed(f, arena, origin) ? origin : NULL;
}

static bool is_jrd(const char *type)
{
	size_t size = type != NULL ? strcspn(type, "; ") : 0;
	return (size == 20 && strncmp(type, "application/jrd+json", size) == 0)
		|| (size == 16 && strncmp(type, "application/json", size) == 0);
}

static enum err get_jrd(struct federation *f, struct arena *arena, const char *address,
	struct budget *budget, const json_node **out)
{
	for (int hop = 0; hop <= HOPS; hop++) {
		struct url url;
		struct answer answer;
		if (!resolve_allowed(f, arena, address) || url_parse(arena, address, &url) != OK)
			return ERR_FORBIDDEN;
		struct request request = {
			.kind = FETCH_JRD, .url = address, .max = (size_t)64 << 10};
		enum err e = resolve_take(budget, &request.deadline);
		if (e == OK)
			e = resolve_get(f, arena, &request, &answer);
		if (e != OK)
			return e;
		if (answer.status >= 301 && answer.status <= 308 && answer.location != NULL) {
			address = answer.location[0] == '/' && answer.location[1] != '/'
				? arena_format(arena, "%s%s", url.origin, answer.location)
				: answer.location;
			continue;
		}
		if (answer.status != 200)
			return answer.status == 404    ? ERR_NOT_FOUND
				: answer.status == 410 ? ERR_GONE
						       : ERR_REMOTE;
		if (!is_jrd(answer.type) || json_read(arena, answer.body, NULL, out) != OK)
			return ERR_REMOTE;
		return OK;
	}
	return ERR_REMOTE;
}

static const char *self_link(const json_node *jrd)
{
	const json_node *links = json_member(jrd, "links");
	for (size_t i = 0; i < json_count(links) && i < LINKS; i++) {
		const json_node *link = json_item(links, i);
		const char *href = json_text(json_member(link, "href")),
			   *type = json_text(json_member(link, "type"));
		if (text_is(json_text(json_member(link, "rel")), "self")
			&& resolve_is_activity_type(type) && reading_is_uri(href))
			return href;
	}
	return NULL;
}

static enum err ask(struct federation *f, struct arena *arena, const char *name, const char *host,
	struct budget *budget, const char **subject, const char **href)
{
	const char *origin = origin_of(f, arena, host);
	if (origin == NULL)
		return ERR_INVALID;
	if (resolve_is_own(f, origin))
		return ERR_NOT_FOUND; /* who lives here is in the store */
	struct text t;
	text_init(&t, arena, URI_MOST);
	text_format(&t, "%s/.well-known/webfinger?resource=", origin);
	text_url(&t, arena_format(arena, "acct:%s@%s", name, host));
	const json_node *jrd;
	enum err e = get_jrd(f, arena, t.at, budget, &jrd);
	if (e != OK)
		return e;
	*subject = json_text(json_member(jrd, "subject"));
	*href = self_link(jrd);
	return *href != NULL ? OK : ERR_REMOTE;
}

enum err resolve_webfinger(struct federation *f, struct arena *arena, const char *handle,
	struct budget *budget, const char **uri)
{
	const char *name, *host, *subject, *href, *confirmed, *again;
	if (actor_parse_handle(arena, handle, &name, &host) != OK || host == NULL)
		return ERR_INVALID;
	enum err e = ask(f, arena, name, host, budget, &subject, &href);
	if (e != OK)
		return e;
	const char *subject_name = name, *subject_host = host;
	if (subject == NULL || !text_starts(subject, "acct:")
		|| actor_parse_handle(arena, subject + 5, &subject_name, &subject_host) != OK
		|| subject_host == NULL)
		subject_host = host;
	/* A host that speaks for another is asked about there. */
	if (!text_equal_fold(subject_host, host)) {
		e = ask(f, arena, subject_name, subject_host, budget, &again, &confirmed);
		if (e != OK || strcmp(confirmed, href) != 0)
			return e != OK ? e : ERR_REMOTE;
	}
	*uri = href;
	return OK;
}
