/* linking.c: accounts elsewhere that someone here says are theirs, or lets in: found where they are, and looked at for the
 * link that proves it. What comes of it linked.c and readers.c keep. */
#include "federation.h"

#include <string.h>

#define FIELDS_MOST 32
#define FIELD_BYTES 4096
#define SUMMARY_BYTES ((size_t)64 << 10)
#define PAGE_BYTES ((size_t)512 << 10)

/* ---- does it point here? --------------------------------------------------------------------- */

struct proof_wanted {
	struct arena *arena;
	const char *address;   /* that only the one who asked knows */
	const char *uri, *url; /* of their own account here */
};

/* On a page others may have written too: there the link has to say that it is about its owner. */
static bool html_points(const struct proof_wanted *w, const char *html, bool says_me)
{
	struct html_tag tag;
	for (const char *at = html; at != NULL && (at = strchr(at, '<')) != NULL;) {
		size_t size = tag_read(at, false, &tag);
		bool link = size > 0 && !tag.end
			&& (strcmp(tag.name, "a") == 0 || strcmp(tag.name, "link") == 0);
		if (link && text_is(tag_attribute(w->arena, &tag, "href"), w->address)
			&& (!says_me || tag_has_word(tag_attribute(w->arena, &tag, "rel"), "me")))
			return true;
		at += size > 0 ? size : 1;
	}
	return false;
}

/* The fields of a profile: Mastodon's and snac's PropertyValue with a link in it or its bare words, or a Link (FEP-fb2a). */
static bool fields_point(const struct proof_wanted *w, const json_node *actor)
{
	const json_node *all = json_member(actor, "attachment");
	for (size_t i = 0; i < json_count(all) && i < FIELDS_MOST; i++) {
		const json_node *field = json_item(all, i);
		const char *value = json_text(json_member(field, "value"));
		if (text_is(json_text(json_member(field, "href")), w->address))
			return true;
		if (value != NULL && strlen(value) <= FIELD_BYTES
			&& (text_is(text_trim(w->arena, value), w->address)
				|| html_points(w, value, false)))
			return true;
	}
	return false;
}

static bool aliases_point(const struct proof_wanted *w, const json_node *actor)
{
	const json_node *all = json_member(actor, "alsoKnownAs");
	for (size_t i = 0; i < json_count(all) && i < FIELDS_MOST; i++) {
		const char *uri = json_text(json_item(all, i));
		if (text_is(uri, w->address) || text_is(uri, w->uri) || text_is(uri, w->url))
			return true;
	}
	return false;
}

static bool actor_points(const struct proof_wanted *w, const json_node *actor)
{
	const char *summary = json_text(json_member(actor, "summary"));
	return aliases_point(w, actor) || fields_point(w, actor)
		|| (summary != NULL && strlen(summary) <= SUMMARY_BYTES
			&& html_points(w, summary, false));
}

/* ---- the work, on a thread that may wait for the net ------------------------------------------ */

struct linking {
	struct call *call;
	struct federation *f;
	uint64_t id; /* elsewhere */
	struct actor actor, me;
};

static enum err load_both(struct txn *t, void *arg)
{
	struct linking *l = arg;
	struct actor a, me;
	enum err e = actor_load(t, l->id, &a);
	if (e == OK)
		e = actor_load(t, l->call->viewer.actor, &me);
	if (e != OK)
		return e;
	l->actor.uri = arena_text(l->call->arena, a.uri);
	l->me.uri = arena_text(l->call->arena, me.uri);
	l->me.url = arena_text(l->call->arena, me.url);
	return OK;
}

static enum err look(struct linking *l)
{
	struct arena *arena = l->call->arena;
	struct proof_wanted w = {.arena = arena};
	struct budget budget = resolve_budget();
	struct reading r = {.arena = arena};
	struct bytes page;
	const json_node *node = NULL;
	l->id = call_input_id(l->call, "id");
	enum err e = linked_expects(l->call, l->id, &w.address);
	if (e == OK)
		e = store_read(l->f->set.store, load_both, l);
	if (e != OK)
		return e;
	w.uri = l->me.uri;
	w.url = l->me.url;
	bool read = resolve_fetch(l->f, arena, l->actor.uri, &budget, &node) == OK
		&& text_is(json_text(json_member(node, "id")), l->actor.uri);
	bool points = read && actor_points(&w, node);
	/* A page on its own host says it as well, for who has no such fields. */
	const char *url = read ? reading_link(&r, node, "url", true) : NULL;
	if (!points && reading_same_host(url, l->actor.uri)
		&& resolve_file(l->f, arena, url, PAGE_BYTES, &budget, &page) == OK)
		points = html_points(&w, arena_text_n(arena, page.data, page.size), true);
	if (!points)
		return refuse(&l->call->refusal, NULL,
			"The link is not in that profile yet. It may take a moment after you saved it there.");
	return linked_proved(l->call, l->id);
}

static enum err find(struct linking *l)
{
	const char *said = text_trim(l->call->arena, call_input(l->call, "account"));
	enum err e = federation_find_actor(l->f, said, &l->id);
	if (e == OK || e == ERR_STORE || e == ERR_AGAIN)
		return e;
	return refuse(
		&l->call->refusal, "account", "This account is not found. Is the address right?");
}

static enum err begin(struct linking *l)
{
	enum err e = find(l);
	return e == OK ? linked_begin(l->call, l->id) : e;
}

static enum err admit(struct linking *l)
{
	enum err e = readers_may(l->call);
	if (e == OK)
		e = find(l);
	return e == OK ? readers_admit(l->call, l->id) : e;
}

static const struct {
	const char *path;
	enum err (*work)(struct linking *);
} works[] = {
	{"/settings/linked", begin},
	{"/settings/linked/check", look},
	{"/@{name}/readers", admit},
};

static void run(void *arg)
{
	struct call *call = arg;
	struct linking l = {.call = call, .f = federation_running()};
	enum err e = ERR_AGAIN; /* stopping */
	for (size_t i = 0; l.f != NULL && i < COUNT(works); i++)
		if (strcmp(call->route->path, works[i].path) == 0)
			e = works[i].work(&l);
	call_answer(call, e);
}

static enum err ask(struct call *call)
{
	struct federation *f = federation_running();
	if (f == NULL || f->lookups == NULL)
		return ERR_AGAIN; /* stopping */
	call_later(call);
	if (pool_submit(f->lookups, run, call) != OK)
		call_answer(call, ERR_AGAIN);
	return OK;
}

#define ACCOUNT_INPUT                                                                              \
	{                                                                                          \
		"account", INPUT_LINE, .required = true, .min = 3, .max = 500, .label = "Account"  \
	}

const struct route linking_routes[] = {
	{METHOD_POST, "/settings/linked", SIGNED_IN, .work = ask, .page = "linked",
		.form = linked_show, .takes = {ACCOUNT_INPUT}, .per_minute = 10},
	{METHOD_POST, "/settings/linked/check", SIGNED_IN, .work = ask, .page = "linked",
		.form = linked_show,
		.takes = {{"id", INPUT_ID, .required = true, .label = "Account"}},
		.per_minute = 10},
	{METHOD_POST, "/@{name}/readers", SIGNED_IN, .work = ask, .page = "readers",
		.form = readers_show, .takes = {ACCOUNT_INPUT}, .per_minute = 10},
	{0},
};
