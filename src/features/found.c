/* found.c: the page that searches: posts, people and communities, and what an address names. */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 20
#define FEW 3 /* of a kind, where all kinds are shown */
#define PAGES_MOST 10
#define CIRCLES_MOST 1000
#define TOPIC_POINTS 140
#define ADDRESS_MOST 2048

static const struct {
	const char *name, *list;
	uint32_t kind;
} kinds[] = {
	{"communities", "found_communities", ENTRY_COMMUNITY},
	{"people", "found_people", ENTRY_PERSON},
	{"files", "found_files", ENTRY_FILE},
	{"posts", "found_posts", ENTRY_POST},
};

static bool is_post(uint32_t kind)
{
	return kind == ENTRY_POST || kind == ENTRY_FILE;
}

struct asking {
	struct call *call;
	struct txn *txn;
	struct view *view;
	const char *words, *type; /* type NULL: all of them */
	struct index_query query;
	struct u64s circles;
	size_t page; /* from 1 */
	bool any;
};

/* ---- an address ------------------------------------------------------------------------------ */

static bool is_address(struct arena *arena, const char *s, const char **host)
{
	const char *name;
	struct url url;
	if (text_starts(s, "https://") || text_starts(s, "http://")) {
		bool is = url_parse(arena, s, &url) == OK;
		if (is)
			*host = url.authority;
		return is;
	}
	return strchr(s, '@') != NULL && actor_parse_handle(arena, s, &name, host) == OK;
}

/* To the page of what it names. Whom this site knows elsewhere is for who is signed in: others get one answer for known
 * and unknown, and so they do for posts. */
static bool go_to(struct call *call, struct txn *t, struct view *v, const char *address)
{
	const char *host = NULL;
	if (!is_address(call->arena, address, &host))
		return false;
	bool here = host == NULL || text_is(host, call->site->domain)
		|| url_same_host(address, call->site->base_url);
	const char *page = here || call->viewer.local ? remote_page(call, t, address) : NULL;
	if (page != NULL) {
		reply_see_other(call, page);
		return true;
	}
	view_begin(v, "unknown");
	view_text(v, "address", address);
	view_text(v, "host", here ? "" : host);
	bool looked = !here && call_flag(call, "looked");
	view_flag(v, "looked", looked);
	view_flag(v, "may_fetch", !here && !looked && call->viewer.local);
	view_end(v);
	return false;
}

/* ---- what is found --------------------------------------------------------------------------- */

static void show_post(struct asking *a, const struct hit *hit)
{
	struct view *v = a->view;
	struct post p, root;
	char id[ID_TEXT];
	if (post_load(a->txn, hit->id, &p) != OK)
		return;
	bool answer = p.root != p.id;
	const struct post *topic = &p;
	if (answer && post_load(a->txn, p.root, &root) == OK && !root.gone && root.removed_by == 0
		&& circle_may_read(a->txn, &a->call->viewer, &root))
		topic = &root;
	/* What a warning hides on its page is not quoted here. */
	bool warns = p.summary != NULL && (p.kind == POST_NOTE || p.kind == POST_QUESTION);
	view_begin(v, NULL);
	view_html(v, "title", p.title != NULL ? hit->title : "");
	view_text(v, "topic", post_name(a->txn, topic, TOPIC_POINTS));
	view_html(v, "quote", warns ? "" : hit->words);
	view_text(v, "warning", warns ? p.summary : "");
	view_format(v, "open", "%s%s%s", post_path(a->txn, &p), answer ? "#p" : "",
		answer ? id_text(p.id, id) : "");
	post_line(a->txn, v, "post", &p, &a->call->viewer);
	view_end(v);
}

static void show_actor(struct asking *a, const struct hit *hit)
{
	struct view *v = a->view;
	struct actor actor;
	if (actor_load(a->txn, hit->id, &actor) != OK)
		return;
	view_begin(v, NULL);
	actor_show(v, "actor", &actor);
	view_text(v, "about",
		markup_plain(txn_arena(a->txn), actor.summary != NULL ? actor.summary : "",
			TOPIC_POINTS));
	view_end(v);
}

/* One more than is shown tells whether there is another page. */
static enum err show_kind(struct asking *a, size_t which, size_t most)
{
	struct hit *hits;
	size_t count = 0;
	const char *list = kinds[which].list;
	a->query.kind = kinds[which].kind;
	a->query.max = most + 1;
	a->query.offset = (a->page - 1) * most;
	enum err e = index_find(search_index(), a->call->arena, &a->query, &hits, &count);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	bool some = false;
	view_list(a->view, list);
	for (size_t i = 0; i < count && i < most; i++) {
		if (!entry_may_find(a->txn, &a->call->viewer, hits[i].id, a->query.kind))
			continue;
		if (is_post(a->query.kind))
			show_post(a, &hits[i]);
		else
			show_actor(a, &hits[i]);
		some = true;
	}
	view_list_end(a->view);
	a->any = a->any || some;
	bool more = count > most;
	view_flag(a->view, arena_format(a->call->arena, "more_%s", kinds[which].name), more);
	view_flag(a->view, arena_format(a->call->arena, "some_%s", kinds[which].name), some);
	if (a->type != NULL && more && a->page < PAGES_MOST)
		view_number(a->view, "next_page", (int64_t)a->page + 1);
	return OK;
}

static enum err show_all(struct asking *a)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		bool all = a->type != NULL || kinds[i].kind == ENTRY_POST;
		if (a->type != NULL ? !text_is(a->type, kinds[i].name)
				    : a->query.community != 0 && !is_post(kinds[i].kind))
			continue;
		enum err e = show_kind(a, i, all ? SHOWN : FEW);
		if (e != OK)
			return e;
	}
	return OK;
}

static int rising(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Whom they follow and the circles they are in, for the query; each post that is found is asked again. */
static enum err circles_of(struct txn *t, const struct viewer *viewer, struct u64s *out)
{
	struct u64s followed, numbers = {0};
	enum err e = follow_following(t, viewer->actor, 0, CIRCLES_MOST, &followed);
	if (e == OK)
		e = circle_numbers(t, viewer, &numbers);
	if (e != OK)
		return e;
	size_t count = 0;
	uint64_t *all = arena_array(txn_arena(t), followed.count + numbers.count, sizeof *all);
	for (size_t i = 0; i < followed.count; i++)
		all[count++] = followed.at[i];
	for (size_t i = 0; i < numbers.count; i++)
		all[count++] = numbers.at[i];
	qsort(all, count, sizeof *all, rising);
	*out = (struct u64s){all, count};
	return OK;
}

static enum err find_community(struct asking *a)
{
	struct actor community;
	const char *name = call_input(a->call, "community");
	if (name == NULL || *name == '\0')
		return OK;
	enum err e = actor_by_handle(a->txn, name, &community);
	if (e == OK
		&& (community.kind != ACTOR_GROUP || community.gone || community.suspended
			|| (!community.local && !a->call->viewer.local)))
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	a->query.community = community.id;
	actor_show(a->view, "community", &community);
	return OK;
}

static void show_question(struct asking *a)
{
	struct text query;
	text_init(&query, a->call->arena, 4 * ADDRESS_MOST * 3);
	text_add(&query, "/search?q=");
	text_url(&query, a->words);
	const char *community = call_input(a->call, "community");
	if (a->query.community != 0) {
		text_add(&query, "&community=");
		text_url(&query, community);
	}
	view_text(a->view, "q", a->words);
	view_text(a->view, "question", query.at);
	view_text(a->view, "type", a->type != NULL ? a->type : "");
	view_begin(a->view, "only");
	for (size_t i = 0; i < COUNT(kinds); i++)
		view_flag(a->view, kinds[i].name, text_is(a->type, kinds[i].name));
	view_end(a->view);
}

static enum err search(struct asking *a)
{
	struct viewer *viewer = &a->call->viewer;
	a->query.words = a->words;
	a->query.who = viewer->local ? viewer->actor : 0;
	enum err e = a->query.who != 0 ? circles_of(a->txn, viewer, &a->circles) : OK;
	a->query.circles = &a->circles;
	if (e == OK && search_index() == NULL)
		e = ERR_AGAIN;
	if (e == OK)
		e = show_all(a);
	view_flag(a->view, "too_long", e == ERR_TOO_MUCH);
	view_flag(a->view, "preparing", !search_is_ready());
	view_flag(a->view, "nothing", e == OK && !a->any && search_is_ready());
	return e == ERR_TOO_MUCH ? OK : e;
}

static enum err search_read(struct call *call, struct txn *t, struct view *v)
{
	const char *typed = call_input(call, "q");
	struct asking a = {.call = call,
		.txn = t,
		.view = v,
		.words = text_trim(call->arena, typed != NULL ? typed : ""),
		.type = call_input(call, "type"),
		.page = (size_t)call_number(call, "page", 1)};
	if (a.type != NULL && *a.type == '\0')
		a.type = NULL;
	call->reply.cache = "private, no-store"; /* the index has a pace of its own */
	view_text(v, "heading", i18n(call->language, "Search"));
	enum err e = find_community(&a);
	if (e != OK)
		return e;
	show_question(&a);
	view_flag(v, "asked", *a.words != '\0');
	if (*a.words == '\0' || go_to(call, t, v, a.words))
		return OK;
	return search(&a);
}

static const struct route routes[] = {
	{METHOD_GET, "/search", ANYONE, .read = search_read, .page = "search",
		.takes = {{"q", INPUT_LINE, .max = ADDRESS_MOST, .label = "What you search for"},
			{"type", INPUT_CHOICE, .choices = "posts|files|people|communities",
				.label = "Kind"},
			{"community", INPUT_LINE, .max = 300, .label = "Community"},
			{"looked", INPUT_FLAG, .label = "Looked up"},
			{"page", INPUT_NUMBER, .min = 1, .max = PAGES_MOST, .label = "Page"}},
		.per_minute = 60},
	{0},
};
const struct feature feature_found = {.name = "found", .routes = routes};
