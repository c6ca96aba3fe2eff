/* lookup.c: an address that someone here searches for and that is not known yet, looked up where it is said to be. */
#include "federation.h"

#define FETCHES 6
#define TIME (8 * SECOND)

struct found {
	struct arena *arena;
	const struct viewer *viewer;
	uint64_t id;
	bool is_post;
	const char *path; /* its page here */
};

static enum err page_of(struct txn *t, void *arg)
{
	struct found *found = arg;
	struct post p;
	struct actor a;
	enum err e = found->is_post ? post_load(t, found->id, &p) : actor_load(t, found->id, &a);
	if (e != OK)
		return e;
	if (found->is_post ? !circle_may_read(t, found->viewer, &p) : a.suspended)
		return ERR_NOT_FOUND;
	found->path = arena_text(
		found->arena, found->is_post ? post_path(t, &p) : actor_path(txn_arena(t), &a));
	return OK;
}

/* What stands at an address says itself what it is. */
enum err lookup_address(struct federation *f, struct arena *arena, const char *address,
	const struct viewer *viewer, const char **path)
{
	struct found found = {.arena = arena, .viewer = viewer};
	struct budget budget = {FETCHES, time_steady() + TIME};
	struct reading r = {.arena = arena};
	struct actor actor = {0};
	const json_node *node;
	enum err e = reading_is_uri(address)
		? OK
		: resolve_webfinger(f, arena, address, &budget, &address);
	if (e == OK)
		e = resolve_fetch(f, arena, address, &budget, &node);
	if (e != OK)
		return e;
	const char *id = reading_own_id(&r, node), *type = reading_type(node);
	if (id == NULL || type == NULL)
		return ERR_INVALID;
	found.is_post = actor_kind_of(type) == 0;
	e = found.is_post ? resolve_post(f, arena, id, &budget, &found.id)
			  : actor_find(f, arena, id, &budget, &actor);
	if (e == OK && !found.is_post)
		found.id = actor.id;
	if (e == OK)
		e = store_read(f->set.store, page_of, &found);
	if (e == OK)
		*path = found.path;
	return e;
}

struct lookup {
	struct call *call;
	const char *address;
};

/* To its page, or back to the search, which says that there was nothing. */
static void run(void *arg)
{
	struct lookup *l = arg;
	struct call *call = l->call;
	struct federation *f = federation_running();
	const char *path = NULL;
	enum err e = f != NULL ? lookup_address(f, call->arena, l->address, &call->viewer, &path)
			       : ERR_AGAIN;
	if (e != OK) {
		struct text back;
		text_init(&back, call->arena, 3 * URI_MOST + 64);
		text_add(&back, "/search?looked=1&q=");
		text_url(&back, l->address);
		path = back.at;
	}
	reply_see_other(call, path);
	call_answer(call, OK);
}

static enum err look_up(struct call *call)
{
	struct federation *f = federation_running();
	struct lookup *l = arena_alloc(call->arena, sizeof *l);
	if (f == NULL || f->lookups == NULL)
		return ERR_AGAIN; /* stopping */
	l->call = call;
	l->address = text_trim(call->arena, call_input(call, "q"));
	call_later(call);
	if (pool_submit(f->lookups, run, l) != OK)
		call_answer(call, ERR_AGAIN);
	return OK;
}

const struct route lookup_routes[] = {
	{METHOD_POST, "/search/fetch", SIGNED_IN, .work = look_up,
		.takes = {{"q", INPUT_LINE, .required = true, .min = 3, .max = URI_MOST,
			.label = "Address"}},
		.per_minute = 10},
	{0},
};
