/* collection.c: the addresses we serve: actors, posts, activities and the collections of both (protocol.md §7, §14.1). */
#include "federation.h"

#include <string.h>

#define PAGE 20
#define LOOKED_AT_ONCE 100
#define CONTEXT_MOST 500
#define CONTEXT_LOOKED (4 * CONTEXT_MOST) /* of all that was said in it */
#define REPLIES_MOST 100
#define COUNT_MOST 10000

/* ---- replies --------------------------------------------------------------------------------- */

struct serving { /* one GET */
	struct call *call;
	struct txn *t;
	struct viewer viewer;
	struct view *v;
};

static enum err serve(struct call *call, struct view *v, int status)
{
	if (!view_ok(v))
		return ERR_STORE;
	struct bytes json = view_json(v);
	uint8_t sum[SHA256_SIZE];
	crypto_sha256(json.data, json.size, sum);
	reply_bytes(call, status, ACTIVITY_TYPE, json);
	reply_header(call, "Vary", "Accept, Signature, Signature-Input");
	call->reply.cache = call->viewer.actor != 0 ? "private, no-store" : "public, max-age=180";
	if (status == 200)
		call->reply.etag = arena_format(
			call->arena, "\"%s\"", hex_encode(call->arena, sum, 12));
	return OK;
}

static struct view *begin(struct call *call)
{
	struct view *v = view_create(call->arena, VIEW_JSON);
	activity_context(v);
	return v;
}

/* People get the page of it; whoever fetched the wrong one finds the other (protocol.md §3). */
static bool wants_page(struct call *call)
{
	return !call->wants_activity && !call->wants_json;
}

static enum err show_page(struct call *call, const char *url, const char *uri)
{
	const char *base = call->site->base_url;
	reply_see_other(call, url != NULL && text_starts(url, base) ? url + strlen(base) : "/");
	reply_header(call, "Vary", "Accept");
	reply_alternate(call, uri, ALTERNATE_ACTIVITY);
	return OK;
}

static enum err serve_gone(struct call *call, const char *uri, const char *type, int64_t when)
{
	struct view *v = begin(call);
	enum err e = document_tombstone(uri, type, when, v);
	return e == OK ? serve(call, v, 410) : e;
}

/* ---- actors ---------------------------------------------------------------------------------- */

/* The local actor of {name}: a community under /c, a person under /u. */
static enum err find_actor(struct call *call, struct txn *t, struct actor *a)
{
	if (strstr(call->route->path, "{name}") == NULL)
		return actor_load(t, call->site->actor, a);
	enum err e = actor_by_name(t, call_part(call, "name"), a);
	if (e != OK)
		return e;
	bool group = text_starts(call->route->path, "/c/");
	return a->local && (a->kind == ACTOR_GROUP) == group ? OK : ERR_NOT_FOUND;
}

static enum err get_actor(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	(void)page;
	enum err e = find_actor(call, t, &a);
	if (e != OK)
		return e;
	if (a.gone)
		return serve_gone(call, a.uri, actor_type_of(a.kind), a.updated);
	if (wants_page(call))
		return show_page(call, a.url, a.uri);
	reply_alternate(call, a.url, ALTERNATE_PAGE);
	struct view *v = begin(call);
	e = actor_document(t, &a, v);
	return e == OK ? serve(call, v, 200) : e;
}

/* Who follows whom is nobody's business but a number; below 0 it is not told either. */
static enum err serve_count(struct call *call, const char *id, int64_t total)
{
	struct view *v = begin(call);
	view_text(v, "id", id);
	view_text(v, "type", "OrderedCollection");
	if (total >= 0)
		view_number(v, "totalItems", total);
	return serve(call, v, 200);
}

static enum err living(struct call *call, struct txn *t, struct actor *a)
{
	enum err e = find_actor(call, t, a);
	return e == OK && a->gone ? ERR_GONE : e;
}

static enum err get_followers(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	(void)page;
	enum err e = living(call, t, &a);
	return e == OK ? serve_count(
		       call, arena_format(call->arena, "%s/followers", a.uri), follow_told(t, &a))
		       : e;
}

static enum err get_following(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	struct u64s ids = {0};
	int64_t total = 0;
	uint64_t after = 0;
	(void)page;
	enum err e = living(call, t, &a);
	do {
		if (e == OK)
			e = follow_following(t, a.id, after, 1000, &ids);
		if (e != OK)
			return e;
		total += (int64_t)ids.count;
		after = ids.count > 0 ? ids.at[ids.count - 1] : 0;
	} while (ids.count == 1000 && total < COUNT_MOST);
	return serve_count(call, arena_format(call->arena, "%s/following", a.uri), total);
}

/* ---- lists of posts -------------------------------------------------------------------------- */

static bool is_ours(struct txn *t, const struct post *p)
{
	return reading_same_host(p->uri, txn_site(t)->base_url);
}

static bool is_open(struct txn *t, uint64_t id, struct post *p)
{
	return post_load_for(t, &(struct viewer){0}, id, p);
}

static void list_begin(struct view *v, const char *id, size_t total, const char *items)
{
	view_text(v, "id", id);
	view_text(v, "type", strcmp(items, "items") == 0 ? "Collection" : "OrderedCollection");
	view_number(v, "totalItems", (int64_t)total);
	view_list(v, items);
}

static void add_open(struct txn *t, const struct u64s *ids, struct post posts[PAGE], size_t *count)
{
	for (size_t i = 0; i < ids->count && *count < PAGE; i++)
		*count += is_open(t, ids->at[i], &posts[*count]);
}

/* The newest that anyone may read: a full page, however much others read among them. */
static enum err open_posts(
	struct txn *t, const struct actor *a, struct post posts[PAGE], size_t *count)
{
	struct u64s ids = {.count = LOOKED_AT_ONCE};
	uint64_t before = 0;
	*count = 0;
	for (size_t looked = 0; ids.count == LOOKED_AT_ONCE && *count < PAGE && looked < COUNT_MOST;
		looked += LOOKED_AT_ONCE) {
		enum err e = a->kind == ACTOR_GROUP
			? post_of_community(t, a->id, before, LOOKED_AT_ONCE, &ids)
			: post_of_author(t, a->id, before, LOOKED_AT_ONCE, &ids);
		if (e != OK)
			return e;
		add_open(t, &ids, posts, count);
		before = ids.count > 0 ? ids.at[ids.count - 1] : 0;
	}
	return OK;
}

/* What others wrote their own nodes say: they are named. */
static enum err show_announce(
	struct txn *t, struct view *v, const struct actor *group, const struct post *p)
{
	enum err e = OK;
	uint64_t place = letter_announced(t, p->id, VARIANT_POST);
	view_text(v, "id", letter_id(txn_arena(t), txn_site(t), place, VARIANT_POST));
	view_text(v, "type", "Announce");
	view_text(v, "actor", group->uri);
	letter_address(v, "to", PUBLIC_URI, NULL);
	letter_address(v, "cc", group->followers, NULL);
	if (is_ours(t, p) && !post_was_left(t, p)) {
		view_begin(v, "object");
		e = outbox_activity_of(t, p, v);
		view_end(v);
	} else {
		view_text(v, "object", p->uri);
	}
	return e;
}

static enum err get_outbox(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	struct post posts[PAGE];
	size_t count = 0;
	(void)page;
	enum err e = living(call, t, &a);
	if (e == OK && (a.kind == ACTOR_GROUP || a.kind == ACTOR_PERSON))
		e = open_posts(t, &a, posts, &count);
	if (e != OK)
		return e;
	struct view *v = begin(call);
	list_begin(v, arena_format(call->arena, "%s/outbox", a.uri), count, "orderedItems");
	for (size_t i = 0; e == OK && i < count; i++) {
		view_begin(v, NULL);
		e = a.kind == ACTOR_GROUP ? show_announce(t, v, &a, &posts[i])
					  : outbox_activity_of(t, &posts[i], v);
		view_end(v);
	}
	view_list_end(v);
	return e == OK ? serve(call, v, 200) : e;
}

static enum err get_featured(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	struct u64s ids = {0};
	struct post posts[PAGE];
	size_t count = 0;
	(void)page;
	enum err e = living(call, t, &a);
	if (e == OK)
		e = post_pinned(t, a.id, PAGE, &ids);
	if (e != OK)
		return e;
	add_open(t, &ids, posts, &count);
	struct view *v = begin(call);
	list_begin(v, arena_format(call->arena, "%s/featured", a.uri), count, "orderedItems");
	for (size_t i = 0; i < count; i++) {
		struct actor author;
		if (actor_load(t, posts[i].author, &author) != OK || !author.local) {
			view_text(v, NULL, posts[i].uri); /* its own node says what it says */
			continue;
		}
		view_begin(v, NULL);
		e = document_post(t, &posts[i], v);
		view_end(v);
		if (e != OK)
			return e;
	}
	view_list_end(v);
	return serve(call, v, 200);
}

static enum err get_moderators(struct call *call, struct txn *t, struct view *page)
{
	struct actor a;
	struct u64s ids = {0};
	(void)page;
	enum err e = living(call, t, &a);
	if (e == OK)
		e = community_moderators(t, a.id, &ids);
	if (e != OK)
		return e;
	struct view *v = begin(call);
	list_begin(v, arena_format(call->arena, "%s/moderators", a.uri), ids.count, "orderedItems");
	for (size_t i = 0; i < ids.count; i++) {
		struct actor who;
		if (actor_load(t, ids.at[i], &who) == OK)
			view_text(v, NULL, who.uri);
	}
	view_list_end(v);
	return serve(call, v, 200);
}

/* ---- posts, activities, conversations: some are only for some -------------------------------- */

static enum err read_post(struct serving *s, struct post *p)
{
	uint64_t id = call_part_id(s->call, "id");
	enum err e = id != 0 ? post_load(s->t, id, p) : ERR_NOT_FOUND;
	if (e != OK || !is_ours(s->t, p))
		return e != OK ? e : ERR_NOT_FOUND;
	return circle_may_read(s->t, &s->viewer, p) ? OK : ERR_NOT_FOUND; /* nor a tombstone */
}

static enum err serve_post(struct serving *s)
{
	struct post p;
	enum err e = read_post(s, &p);
	if (e != OK)
		return e;
	if (p.gone || (post_was_left(s->t, &p) && !wants_page(s->call)))
		return serve_gone(s->call, p.uri, document_type(&p), p.removed);
	if (wants_page(s->call))
		return show_page(s->call, p.url, p.uri);
	reply_alternate(s->call, p.url, ALTERNATE_PAGE);
	struct view *v = begin(s->call);
	e = document_post(s->t, &p, v);
	return e == OK ? serve(s->call, v, 200) : e;
}

/* A copy of what is for members, for one of those who read along: signed by them, and by nobody else of their site. */
static enum err serve_copy(struct serving *s)
{
	struct view *v = begin(s->call);
	if (!s->viewer.remote)
		return ERR_NOT_FOUND;
	enum err e = closed_show(s->t, call_part_id(s->call, "id"), s->viewer.actor, v);
	return e == OK ? serve(s->call, v, 200) : e;
}

/* The same post by another name (struct detail): for who can answer no other kind. */
static enum err serve_question(struct serving *s)
{
	struct post p;
	enum err e = read_post(s, &p);
	if (e == OK && detail_of(p.kind)->question == NULL)
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	const char *uri = post_question_uri(s->call->arena, &p);
	if (p.gone)
		return serve_gone(s->call, uri, "Question", p.removed);
	if (wants_page(s->call))
		return show_page(s->call, p.url, uri);
	struct view *v = begin(s->call);
	e = detail_of(p.kind)->question(s->t, v, &p);
	return e == OK ? serve(s->call, v, 200) : e;
}

/* Addresses only: each post's own node says who may read it, and what it says. */
struct uris {
	struct serving *s;
	const char *at[CONTEXT_MOST];
	size_t count, most;
	uint64_t root, parent; /* the answers to that one; 0: all in the conversation */
};

static enum err add_uri(void *arg, struct bytes key, struct bytes value)
{
	struct uris *u = arg;
	struct post p;
	uint64_t id = place_id(key, 1);
	bool wanted = id != u->root && (u->parent == 0 || place_id_at(value, 0) == u->parent);
	if (wanted && post_load_for(u->s->t, &u->s->viewer, id, &p))
		u->at[u->count++] = p.uri;
	return u->count == u->most ? ERR_CONFLICT : OK;
}

static enum err serve_uris(struct uris *u, size_t looked, const char *id, const char *items)
{
	struct walk walk = {.prefix = place_1(TABLE_BY_ROOT, u->root), .max = looked};
	enum err e = txn_walk(u->s->t, &walk, add_uri, u);
	if (e != OK)
		return e;
	struct view *v = begin(u->s->call);
	list_begin(v, id, u->count, items);
	for (size_t i = 0; i < u->count; i++)
		view_text(v, NULL, u->at[i]);
	view_list_end(v);
	return serve(u->s->call, v, 200);
}

static enum err serve_replies(struct serving *s)
{
	struct post p;
	enum err e = read_post(s, &p);
	if (e != OK || p.gone)
		return e != OK ? e : ERR_GONE;
	struct uris *u = arena_alloc(s->call->arena, sizeof *u);
	*u = (struct uris){.s = s, .most = REPLIES_MOST, .root = p.root, .parent = p.id};
	return serve_uris(
		u, COUNT_MOST, arena_format(s->call->arena, "%s/replies", p.uri), "items");
}

static enum err serve_context(struct serving *s)
{
	struct post root;
	uint64_t id = call_part_id(s->call, "id");
	enum err e = id != 0 ? post_load(s->t, id, &root) : ERR_NOT_FOUND;
	if (e != OK || !circle_may_read(s->t, &s->viewer, &root))
		return e != OK ? e : ERR_NOT_FOUND;
	if (wants_page(s->call))
		return show_page(s->call, root.url, root.uri);
	struct uris *u = arena_alloc(s->call->arena, sizeof *u);
	*u = (struct uris){.s = s, .most = CONTEXT_MOST, .root = root.id};
	if (!root.gone)
		u->at[u->count++] = root.uri;
	return serve_uris(u, CONTEXT_LOOKED, call_url(s->call, s->call->path), "orderedItems");
}

/* As it was sent, byte for byte; what was for some is fetched by nobody (its object is, by those), nor what is no longer
 * for everyone. */
static enum err serve_activity(struct serving *s)
{
	struct kept kept;
	uint64_t key;
	if (!letter_read_id(call_part(s->call, "id"), &key))
		return ERR_NOT_FOUND;
	struct place place = place_1(TABLE_ACTIVITY, key);
	enum err e = txn_load(s->t, &place, &kept_shape, &kept);
	struct post p;
	if (e != OK || !kept.open || (kept.post != 0 && !is_open(s->t, kept.post, &p)))
		return e != OK ? e : ERR_NOT_FOUND;
	reply_bytes(s->call, 200, ACTIVITY_TYPE, arena_bytes(s->call->arena, kept.json));
	s->call->reply.cache = "public, max-age=180";
	return OK;
}

static const struct {
	const char *path;
	enum err (*serve)(struct serving *);
} served[] = {
	{"/p/{id}", serve_post},
	{"/p/{id}/replies", serve_replies},
	{"/p/{id}/question", serve_question},
	{"/m/{id}", serve_copy},
	{"/t/{id}", serve_context},
	{"/a/{id}", serve_activity},
};

static enum err serve_read(struct txn *t, void *arg)
{
	struct call *call = arg;
	struct serving s = {.call = call, .t = t, .viewer = call->viewer};
	call->reply = (struct reply){0};
	for (size_t i = 0; i < COUNT(served); i++)
		if (strcmp(call->route->path, served[i].path) == 0)
			return served[i].serve(&s);
	return ERR_NOT_FOUND;
}

static enum err refuse_private(struct call *call, enum err e)
{
	call->reply.cache = "private, no-store";
	if (e == ERR_FORBIDDEN || e == ERR_SIGN_IN)
		reply_header(call, "Vary", "Accept, Signature, Signature-Input");
	return e;
}

/* On a thread that may wait: who signed it, and may they? */
static void serve_signed(void *arg)
{
	struct call *call = arg;
	enum err e = inbox_viewer(call);
	if (e == OK)
		e = store_read(call->store, serve_read, call);
	call_answer(call, e == OK ? OK : refuse_private(call, e));
}

/* What anyone may read is served without a look at the signature: that costs, and changes nothing. */
static enum err read_object(struct call *call, struct txn *t, struct view *v)
{
	struct federation *f = federation_running();
	enum err e = serve_read(t, call);
	(void)v;
	if (e == ERR_NOT_FOUND && call_header(call, "Signature") != NULL && f != NULL
		&& f->inbox != NULL)
		return ERR_SIGN_IN;
	return e == OK ? OK : refuse_private(call, e);
}

static enum err find_reader(struct call *call)
{
	struct federation *f = federation_running();
	if (f == NULL)
		return ERR_AGAIN; /* stopping */
	call_later(call);
	if (inbox_later(f->inbox, call->peer, serve_signed, call) != OK)
		call_answer(call, ERR_AGAIN);
	return OK;
}

#define INBOX(at)                                                                                  \
	{                                                                                          \
		.method = METHOD_POST, .path = (at), .access = FEDERATION, .work = inbox_receive,  \
		.max_body = (size_t)1 << 20, .per_minute = 12000                                   \
	}
#define READ(at, handler)                                                                          \
	{                                                                                          \
		.method = METHOD_GET, .path = (at), .access = FEDERATION, .read = (handler),       \
		.per_minute = 3000                                                                 \
	}
#define OBJECT(at)                                                                                 \
	{                                                                                          \
		.method = METHOD_GET, .path = (at), .access = FEDERATION, .read = read_object,     \
		.work = find_reader, .per_minute = 3000                                            \
	}

/* For pages, so with their cookies. */
#define PICTURE(at, handler)                                                                       \
	{                                                                                          \
		.method = METHOD_GET, .path = (at), .access = ANYONE, .read = (handler),           \
		.work = proxy_fetch, .per_minute = 3000                                            \
	}

const struct route federation_routes[] = {
	INBOX("/inbox"),
	INBOX("/actor/inbox"),
	INBOX("/u/{name}/inbox"),
	INBOX("/c/{name}/inbox"),
	{.method = METHOD_GET,
		.path = "/",
		.access = FEDERATION,
		.wants = WANTS_ACTIVITY,
		.read = get_actor},
	READ("/actor", get_actor),
	READ("/actor/outbox", get_outbox),
	READ("/actor/followers", get_followers),
	READ("/u/{name}", get_actor),
	READ("/u/{name}/outbox", get_outbox),
	READ("/u/{name}/followers", get_followers),
	READ("/u/{name}/following", get_following),
	READ("/u/{name}/featured", get_featured),
	READ("/c/{name}", get_actor),
	READ("/c/{name}/outbox", get_outbox),
	READ("/c/{name}/followers", get_followers),
	READ("/c/{name}/following", get_following),
	READ("/c/{name}/featured", get_featured),
	READ("/c/{name}/moderators", get_moderators),
	OBJECT("/p/{id}"),
	OBJECT("/p/{id}/replies"),
	OBJECT("/p/{id}/question"),
	OBJECT("/m/{id}"),
	OBJECT("/t/{id}"),
	OBJECT("/a/{id}"),
	PICTURE("/media/post/{id}/{n}", proxy_of_post),
	PICTURE("/media/post/{id}/{n}/whole", proxy_of_post),
	PICTURE("/media/actor/{id}", proxy_of_actor),
	READ("/.well-known/webfinger", discovery_webfinger),
	READ("/.well-known/host-meta", discovery_host_meta),
	READ("/.well-known/host-meta.json", discovery_host_meta_json),
	READ("/.well-known/nodeinfo", discovery_nodeinfo),
	READ("/nodeinfo/2.0", discovery_nodeinfo_2_0),
	READ("/nodeinfo/2.1", discovery_nodeinfo_2_1),
	{0},
};
