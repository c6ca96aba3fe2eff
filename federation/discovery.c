/* discovery.c: how others find who is here: WebFinger, host-meta, NodeInfo (protocol.md §1). */
#include "federation.h"

#include <string.h>

#define JRD "application/jrd+json"

static enum err reply_open(
	struct call *call, const char *type, struct bytes body, const char *cache)
{
	reply_bytes(call, 200, type, body);
	reply_header(call, "Access-Control-Allow-Origin", "*");
	call->reply.cache = cache;
	return OK;
}

static enum err reply_view(struct call *call, struct view *v, const char *type)
{
	return view_ok(v) ? reply_open(call, type, view_json(v), "public, max-age=3600")
			  : ERR_STORE;
}

static enum err reply_error(struct call *call, int status, enum err e)
{
	reply_bytes(call, status, JRD, (struct bytes){"{}", 2});
	reply_header(call, "Access-Control-Allow-Origin", "*");
	call->reply.cache = "no-store";
	return e;
}

/* ---- WebFinger ------------------------------------------------------------------------------- */

/* "/u/name", "/c/name", "/@name", "/actor", "/": the name, "" for the node. */
static const char *name_in_path(const char *path)
{
	static const char *const prefixes[] = {"/u/", "/c/", "/@"};
	if (strcmp(path, "/") == 0 || strcmp(path, "") == 0 || strcmp(path, "/actor") == 0
		|| strcmp(path, "/about") == 0)
		return "";
	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (text_starts(path, prefixes[i]))
			return path + strlen(prefixes[i]);
	return NULL;
}

/* Any of an actor's names: acct:, a bare handle, its id, its page. ERR_INVALID: no name at all. */
static enum err find_subject(
	struct call *call, struct txn *t, const char *resource, struct actor *a)
{
	const char *name, *host, *base = call->site->base_url;
	if (text_starts(resource, "http://") || text_starts(resource, "https://")) {
		if (strncmp(resource, base, strlen(base)) != 0
			|| (resource[strlen(base)] != '/' && resource[strlen(base)] != '\0'))
			return ERR_NOT_FOUND;
		name = name_in_path(resource + strlen(base));
		if (name == NULL)
			return ERR_NOT_FOUND;
		return *name == '\0' ? actor_load(t, call->site->actor, a)
				     : actor_by_name(t, name, a);
	}
	const char *handle = text_starts(resource, "acct:") ? resource + 5 : resource;
	if (actor_parse_handle(call->arena, handle, &name, &host) != OK || host == NULL)
		return ERR_INVALID;
	if (strcmp(host, call->site->domain) != 0)
		return ERR_NOT_FOUND;
	return strcmp(name, call->site->domain) == 0 ? actor_load(t, call->site->actor, a)
						     : actor_by_name(t, name, a);
}

static void show_link(struct view *v, const char *rel, const char *type, const char *href)
{
	view_begin(v, NULL);
	view_text(v, "rel", rel);
	view_text(v, "type", type);
	view_text(v, "href", href);
	view_end(v);
}

static void show_template(struct call *call, struct view *v, const char *rel, const char *query)
{
	view_begin(v, NULL);
	view_text(v, "rel", rel);
	view_format(v, "template", "%s/authorize_interaction?uri=%s", call->site->base_url, query);
	view_end(v);
}

static void show_links(struct call *call, const struct actor *a, struct view *v)
{
	view_list(v, "links");
	show_link(v, "http://webfinger.net/rel/profile-page", "text/html", a->url);
	view_begin(v, NULL);
	view_text(v, "rel", "self");
	view_text(v, "type", ACTIVITY_TYPE);
	view_text(v, "href", a->uri);
	view_begin(v, "properties"); /* Lemmy tells a person from a community of one name by it */
	view_text(v, "https://www.w3.org/ns/activitystreams#type", actor_type_of(a->kind));
	view_end(v);
	view_end(v);
	if (a->kind == ACTOR_APPLICATION)
		show_link(
			v, "https://www.w3.org/ns/activitystreams#Service", ACTIVITY_TYPE, a->uri);
	show_template(call, v, "http://ostatus.org/schema/1.0/subscribe", "{uri}");
	show_template(call, v, "https://w3id.org/fep/3b86/Object", "{object}");
	show_template(call, v, "https://w3id.org/fep/3b86/Follow", "{object}");
	view_list_end(v);
}

enum err discovery_webfinger(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	const char *resource = call_input(call, "resource");
	(void)page;
	if (resource == NULL || *resource == '\0' || strlen(resource) > URI_MOST)
		return reply_error(call, 400, ERR_INVALID);
	enum err e = find_subject(call, t, resource, &a);
	if (e == ERR_INVALID)
		return reply_error(call, 400, e);
	if (e != OK || !a.local)
		return reply_error(call, e == OK || e == ERR_NOT_FOUND ? 404 : 503,
			e == OK ? ERR_NOT_FOUND : e);
	if (a.gone)
		return reply_error(call, 410, ERR_GONE);
	struct view *v = view_create(call->arena, VIEW_JSON);
	view_format(v, "subject", "acct:%s", actor_handle(call->arena, &a));
	view_list(v, "aliases");
	view_text(v, NULL, a.uri);
	view_text(v, NULL, a.url);
	view_list_end(v);
	show_links(call, &a, v);
	return reply_view(call, v, JRD);
}

/* ---- host-meta ------------------------------------------------------------------------------- */

enum err discovery_host_meta(struct call *call, struct txn *t, struct view *page)
{
	struct text x;
	(void)t;
	(void)page;
	text_init(&x, call->arena, 4096);
	text_add(&x,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">"
		"<Link rel=\"lrdd\" template=\"");
	text_html(&x, call->site->base_url);
	text_add(&x, "/.well-known/webfinger?resource={uri}\"/></XRD>\n");
	return reply_open(
		call, "application/xrd+xml", (struct bytes){x.at, x.size}, "public, max-age=86400");
}

enum err discovery_host_meta_json(struct call *call, struct txn *t, struct view *page)
{
	struct view *v = view_create(call->arena, VIEW_JSON);
	(void)t;
	(void)page;
	view_list(v, "links");
	view_begin(v, NULL);
	view_text(v, "rel", "lrdd");
	view_text(v, "type", JRD);
	view_format(v, "template", "%s/.well-known/webfinger?resource={uri}", call->site->base_url);
	view_end(v);
	view_list_end(v);
	return reply_view(call, v, JRD);
}

/* ---- NodeInfo: 2.1 before 2.0, because GoToSocial takes the last and Lemmy the first --------- */

enum err discovery_nodeinfo(struct call *call, struct txn *t, struct view *page)
{
	struct view *v = view_create(call->arena, VIEW_JSON);
	(void)t;
	(void)page;
	view_list(v, "links");
	show_link(v, "http://nodeinfo.diaspora.software/ns/schema/2.1", NULL,
		call_url(call, "/nodeinfo/2.1"));
	show_link(v, "http://nodeinfo.diaspora.software/ns/schema/2.0", NULL,
		call_url(call, "/nodeinfo/2.0"));
	show_link(v, "https://www.w3.org/ns/activitystreams#Application", NULL,
		call_url(call, "/actor"));
	view_list_end(v);
	return reply_view(call, v, "application/json");
}

/* Numbers of people are theirs: an empty `users` says that they are not told (FEP-0151). */
static enum err nodeinfo(struct call *call, const char *version)
{
	struct view *v = view_create(call->arena, VIEW_JSON);
	view_text(v, "version", version);
	view_begin(v, "software");
	view_text(v, "name", "kring");
	view_text(v, "version", call->site->version);
	view_end(v);
	view_list(v, "protocols");
	view_text(v, NULL, "activitypub");
	view_list_end(v);
	view_begin(v, "services");
	view_list(v, "inbound");
	view_list_end(v);
	view_list(v, "outbound");
	view_list_end(v);
	view_end(v);
	view_flag(v, "openRegistrations", false);
	view_begin(v, "usage");
	view_begin(v, "users");
	view_end(v);
	view_end(v);
	view_begin(v, "metadata");
	view_text(v, "nodeName", call->site->name);
	view_text(v, "nodeDescription", call->site->summary);
	view_begin(v, "federation");
	view_flag(v, "enabled", true);
	view_end(v);
	view_end(v);
	return reply_view(call, v,
		strcmp(version, "2.1") == 0
			? "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.1#\""
			: "application/json");
}

enum err discovery_nodeinfo_2_0(struct call *call, struct txn *t, struct view *page)
{
	(void)t;
	(void)page;
	return nodeinfo(call, "2.0");
}

enum err discovery_nodeinfo_2_1(struct call *call, struct txn *t, struct view *page)
{
	(void)t;
	(void)page;
	return nodeinfo(call, "2.1");
}
