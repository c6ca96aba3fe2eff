/* remote.c: following from elsewhere: from our page to your own site, and from another site's page to here. */
#include "features.h"

#include <string.h>

/* ---- from here to your own site -------------------------------------------------------------- */

static const char *after_last(const char *s, char c)
{
	const char *at = strrchr(s, c);
	return at != NULL ? at + 1 : s;
}

/* "@sanne@mastodon.nl", "mastodon.nl", "https://mastodon.nl/@sanne": the origin of that site, or ERR_INVALID. No
 * numbers and no names of this machine: what stands here is shown as a link to where someone lives. */
static enum err home_of(
	struct arena *arena, const struct site *site, const char *address, struct url *out)
{
	struct url u;
	const char *s = address != NULL ? text_trim(arena, address) : "";
	const char *name, *host;
	if (strstr(s, "://") == NULL && strchr(s, '@') == NULL)
		s = arena_format(arena, "https://%s", s);
	else if (strstr(s, "://") == NULL) {
		if (actor_parse_handle(arena, s, &name, &host) != OK || host == NULL)
			return ERR_INVALID;
		s = arena_format(arena, "https://%s", host);
	}
	if (url_parse(arena, s, &u) != OK || !u.https)
		return ERR_INVALID;
	if (url_is_loopback(&u)) { /* the demo: nodes on one machine, without certificates */
		if (!site->loopback)
			return ERR_INVALID;
		u.origin = arena_format(arena, "http://%s", u.authority);
		*out = u;
		return OK;
	}
	const char *top = after_last(u.host, '.');
	if (strchr(u.host, '.') == NULL || strchr(u.host, ':') != NULL
		|| top[strspn(top, "0123456789")] == '\0')
		return ERR_INVALID;
	*out = u;
	return OK;
}

/* Only our own people, communities and open posts are offered: the page leads away from here, not anywhere. */
static enum err ours(struct call *call, struct txn *t, const char *uri, const char **title)
{
	struct actor a;
	struct post post;
	enum err e = actor_by_uri(t, uri, &a);
	if (e == OK) {
		*title = actor_title(&a);
		return a.local && !a.gone && !a.suspended ? OK : ERR_NOT_FOUND;
	}
	if (e != ERR_NOT_FOUND)
		return e;
	e = post_by_uri(t, uri, &post);
	if (e != OK)
		return e;
	*title = post.title;
	return url_same_host(post.uri, call->site->base_url) && !post.gone
			&& circle_may_read(t, &call->viewer, &post)
		? OK
		: ERR_NOT_FOUND;
}

static enum err follow_from_read(struct call *call, struct txn *t, struct view *v)
{
	struct url home;
	const char *title = NULL, *uri = call_input(call, "uri"),
		   *address = call_input(call, "address");
	enum err e = uri != NULL ? ours(call, t, uri, &title) : ERR_NOT_FOUND;
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Follow from your own site"));
	view_text(v, "uri", uri);
	view_text(v, "title", title);
	view_text(v, "address", address);
	if (home_of(call->arena, call->site, address, &home) != OK) {
		view_flag(v, "wrong", true);
		call->reply.status = err_status(ERR_INVALID);
		return OK;
	}
	struct text link;
	bool here = text_is(home.authority, call->site->domain);
	text_init(&link, call->arena, 8192);
	text_add(&link, here ? call->site->base_url : home.origin);
	text_add(&link, "/authorize_interaction?uri=");
	text_url(&link, uri);
	if (link.failed)
		return ERR_TOO_MUCH;
	view_text(v, "host", home.authority);
	view_text(v, "link", link.at);
	return OK;
}

/* ---- from another site's page to here -------------------------------------------------------- */

const char *remote_page(struct call *call, struct txn *t, const char *uri)
{
	struct actor a;
	struct post post;
	size_t base = strlen(call->site->base_url);
	bool is_actor = actor_by_uri(t, uri, &a) == OK || actor_by_handle(t, uri, &a) == OK;
	if (is_actor && !a.gone && !a.suspended)
		return actor_path(call->arena, &a);
	if (post_by_uri(t, uri, &post) == OK && !post.gone
		&& circle_may_read(t, &call->viewer, &post))
		return post_path(t, &post);
	/* What is hidden and what was never there go the same way: their page says that there is none. */
	if (strncmp(uri, call->site->base_url, base) == 0 && uri[base] == '/')
		return uri + base;
	return NULL;
}

static enum err interaction_read(struct call *call, struct txn *t, struct view *v)
{
	struct url there;
	const char *uri = call_input(call, "uri");
	const char *page = uri != NULL ? remote_page(call, t, text_trim(call->arena, uri)) : NULL;
	if (page != NULL) {
		reply_see_other(call, page);
		return OK;
	}
	view_text(v, "heading", i18n(call->language, "Not known here yet"));
	view_text(v, "uri", uri);
	if (uri != NULL && url_parse(call->arena, uri, &there) == OK) {
		view_text(v, "link", uri);
		view_text(v, "host", there.authority);
	}
	call->reply.status = err_status(ERR_NOT_FOUND);
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/follow-from", ANYONE, .read = follow_from_read, .page = "remote-follow",
		.takes = {{"uri", INPUT_LINE, .max = 2048, .label = "What you follow"},
			{"address", INPUT_LINE, .max = 500, .label = "Your account there"}},
		.per_minute = 60},
	{METHOD_GET, "/authorize_interaction", SIGNED_IN, .read = interaction_read,
		.page = "remote-open",
		.takes = {{"uri", INPUT_LINE, .max = 2048, .label = "Address"}}},
	{0},
};

const struct feature feature_remote = {.name = "remote", .routes = routes};
