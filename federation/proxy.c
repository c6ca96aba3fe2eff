/*
 * proxy.c: pictures, films and sounds of other nodes, fetched by this one: who reads a page shows no other site that they
 * do. Only what a post or actor kept here names is asked for; a picture is made anew, a film or sound kept as it is when
 * it is one by its bytes; for a while, and given to those who may see the post.
 */
#include "federation.h"
#include "media.h"
#include "picture.h"

#include <string.h>

#define AT_ONCE 3 /* each may take twice PICTURE_FILE_MOST of memory, or MEDIA_FILE_MOST */
#define WAITING 64

static const struct picture_wish of_post = {1280, 640, false};
static const struct picture_wish of_actor = {400, 128, true};

struct pool *proxy_start(void)
{
	return pool_create("proxy", AT_ONCE, WAITING);
}

/* What a call asks for; beyond the reader it lives in the call's arena. */
struct wanted {
	const char *url;
	const struct picture_wish *wish; /* NULL: a film or a sound */
	bool open;                       /* everyone may see it */
	bool whole;                      /* not its thumbnail */
};

/* ---- who may, and what ----------------------------------------------------------------------- */

static enum err find_of_post(struct call *call, struct txn *t, struct wanted *w)
{
	const struct viewer nobody = {0};
	struct post p;
	struct actor author;
	struct extra x;
	uint64_t n = 0;
	if (post_load(t, call_part_id(call, "id"), &p) != OK || p.gone
		|| !circle_may_read(t, &call->viewer, &p) || actor_load(t, p.author, &author) != OK
		|| author.local || !text_to_u64(call_part(call, "n"), &n))
		return ERR_NOT_FOUND;
	extra_read(txn_arena(t), p.extra, &x);
	if (n >= x.attachment_count)
		return ERR_NOT_FOUND;
	const struct attachment *a = &x.attachments[n];
	*w = (struct wanted){.url = a->url,
		.wish = media_is_picture(a) ? &of_post : NULL,
		.open = circle_may_read(t, &nobody, &p),
		.whole = text_ends(call->path, "/whole")};
	return w->wish != NULL || media_is_film(a) || media_is_sound(a) ? OK : ERR_NOT_FOUND;
}

static enum err find_of_actor(struct call *call, struct txn *t, struct wanted *w)
{
	struct actor a;
	if (actor_load(t, call_part_id(call, "id"), &a) != OK || a.local || a.gone || a.suspended
		|| a.icon == NULL || domain_blocked(t, a.host))
		return ERR_NOT_FOUND;
	*w = (struct wanted){.url = a.icon, .wish = &of_actor, .open = true};
	return OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* A quiet mark in the place of a picture; beside what plays stands a link to where it is. */
static enum err show_none(struct call *call, const struct wanted *w)
{
	const struct asset *none = w->wish != NULL ? asset_by_name("no-picture.svg") : NULL;
	if (none == NULL)
		return ERR_NOT_FOUND;
	reply_bytes(call, 200, none->type, none->plain);
	call->reply.kept = true;
	call->reply.cache = "no-cache";
	reply_header(call, "Content-Security-Policy", "default-src 'none'; sandbox");
	return OK;
}

static enum err show(struct call *call, const struct wanted *w, const struct media *m)
{
	enum err e = media_serve(call, m, !w->whole, w->open);
	/* Its address stays when the picture becomes another one. */
	if (e == OK)
		call->reply.cache = w->open ? "public, max-age=86400" : "private, no-cache";
	return e;
}

static enum err read_of(struct call *call, struct txn *t,
	enum err (*find)(struct call *, struct txn *, struct wanted *))
{
	struct federation *f = federation_running();
	struct wanted found, *w = arena_alloc(call->arena, sizeof *w);
	struct media m;
	enum err e = find(call, t, &found);
	if (e != OK)
		return e;
	e = media_cached(t, found.url, &m);
	if (e == OK)
		return show(call, &found, &m);
	if (e != ERR_NOT_FOUND || f == NULL || f->proxy == NULL)
		return show_none(call, &found);
	*w = found;
	w->url = arena_text(call->arena, found.url);
	call->prepared = w;
	return ERR_SIGN_IN; /* to `fetch` beside it */
}

enum err proxy_of_post(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	return read_of(call, t, find_of_post);
}

enum err proxy_of_actor(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	return read_of(call, t, find_of_actor);
}

/* ---- fetching -------------------------------------------------------------------------------- */

struct keeping {
	const char *url;
	struct arena *arena;
	struct media media;
	bool known; /* somebody else was faster */
};

/* The record's words live in the transaction; what is served needs two of them. */
static enum err look(struct txn *t, void *arg)
{
	struct keeping *k = arg;
	struct media m;
	enum err e = media_cached(t, k->url, &m);
	if (e != OK)
		return e;
	k->known = true;
	k->media = (struct media){.id = m.id,
		.type = arena_text(k->arena, m.type),
		.file = arena_text(k->arena, m.file),
		.small = arena_text(k->arena, m.small),
		.small_type = arena_text(k->arena, m.small_type)};
	return OK;
}

static enum err keep(struct txn *t, void *arg)
{
	struct keeping *k = arg;
	struct media m = k->media;
	return media_keep(t, &m);
}

static enum err fetch_new(struct federation *f, const struct wanted *w, struct keeping *k)
{
	struct budget budget = resolve_budget();
	struct bytes file;
	size_t most = w->wish != NULL ? PICTURE_FILE_MOST : MEDIA_FILE_MOST;
	const char *blobs = f->set.site->blobs;
	enum err e = resolve_file(f, k->arena, w->url, most, &budget, &file);
	k->media = (struct media){.url = w->url};
	if (e == OK)
		e = w->wish != NULL ? media_draw(k->arena, blobs, file, w->wish, NULL, &k->media)
				    : media_pass(k->arena, blobs, file, &k->media);
	if (e == ERR_AGAIN)
		return e; /* our own trouble: nothing is remembered of it */
	if (e != OK)
		k->media = (struct media){.url = w->url};
	enum err kept = store_write(f->set.store, keep, k);
	return kept != OK ? kept : e;
}

static void fetch_run(void *arg)
{
	struct call *call = arg;
	const struct wanted *w = call->prepared;
	struct federation *f = federation_running();
	struct budget budget = resolve_budget();
	struct keeping k = {.url = w->url, .arena = call->arena};
	/* One at a time asks for the same, and those behind it look again. */
	enum err e = f != NULL ? resolver_enter(f->resolver, w->url, &budget) : ERR_AGAIN;
	if (e == OK) {
		e = store_read(call->store, look, &k);
		if (e == ERR_NOT_FOUND)
			e = fetch_new(f, w, &k);
		resolver_leave(f->resolver, w->url, e == ERR_REMOTE ? OK : e);
	}
	if (e == OK)
		e = show(call, w, &k.media);
	call_answer(call, e == OK ? OK : show_none(call, w));
}

enum err proxy_fetch(struct call *call)
{
	struct federation *f = federation_running();
	if (f == NULL || f->proxy == NULL)
		return show_none(call, call->prepared);
	call_later(call);
	if (pool_submit(f->proxy, fetch_run, call) != OK)
		call_answer(call, show_none(call, call->prepared));
	return OK;
}
