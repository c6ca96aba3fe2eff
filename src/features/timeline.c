/* timeline.c: posts of several places, merged on reading; and the home of the site. */
#include "features.h"

#include <string.h>

#define PAGE_SHOWN 20
#define SHOWN_MOST 100
#define SOURCES_MOST 1000
#define ROUNDS_MOST 20 /* of looking for one page that may be read: each of SHOWN_MOST posts */
#define ROUNDS_OF_NOBODY 100 /* it costs them less (post_load_for), and tells them more */
#define WALKS_MOST 20000     /* of all sources together */

/* ---- merging --------------------------------------------------------------------------------- */

struct source {
	uint8_t table;
	uint64_t of;
};
struct merge { /* the newest `max` ids, newest first */
	uint64_t ids[SHOWN_MOST];
	size_t count, max;
};

/* An id older than all of a full page ends its source. */
static enum err merge_one(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct merge *m = arg;
	uint64_t id = place_id(key, 1);
	size_t at = m->count;
	while (at > 0 && m->ids[at - 1] < id)
		at--;
	if (at == m->max)
		return ERR_CONFLICT;
	if (at > 0 && m->ids[at - 1] == id)
		return OK;
	size_t moved = m->count - at;
	if (m->count == m->max)
		moved--;
	else
		m->count++;
	memmove(&m->ids[at + 1], &m->ids[at], moved * sizeof m->ids[0]);
	m->ids[at] = id;
	return OK;
}

static enum err merge_page(
	struct txn *t, const struct source *sources, size_t count, uint64_t before, struct merge *m)
{
	m->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct place from = place_2(sources[i].table, sources[i].of, before - 1);
		struct walk w = {.prefix = place_1(sources[i].table, sources[i].of),
			.from = before ? &from : NULL,
			.backward = true,
			.max = m->max};
		enum err e = txn_walk(t, &w, merge_one, m);
		if (e != OK)
			return e;
	}
	return OK;
}

/* Answers to oneself or to whom one follows belong in an overview; others where they were written. */
static bool concerns(struct txn *t, uint64_t who, const struct post *p)
{
	struct post parent;
	if (p->parent == 0)
		return p->parent_uri == NULL || p->author == who;
	if (p->author == who || post_load(t, p->parent, &parent) != OK)
		return p->author == who;
	return parent.author == who || parent.author == p->author
		|| follow_is(t, who, parent.author);
}

enum choice { PUBLIC_ONES, THOSE_THAT_CONCERN, ALL_READABLE };

/* What one says to another has a list of its own: message.c. */
static bool belongs(struct txn *t, const struct viewer *viewer, uint64_t id, enum choice choice)
{
	struct post p;
	if (!post_load_for(t, viewer, id, &p) || p.removed_by != 0 || message_is(t, &p))
		return false;
	return choice == PUBLIC_ONES           ? p.visibility == VISIBLE_PUBLIC
		: choice == THOSE_THAT_CONCERN ? concerns(t, viewer->actor, &p)
					       : true;
}

static enum err gather(struct txn *t, const struct viewer *viewer, const struct source *sources,
	size_t count, enum choice choice, uint64_t before, size_t max, struct u64s *out,
	uint64_t *older)
{
	size_t rounds = viewer->actor != 0 ? ROUNDS_MOST : ROUNDS_OF_NOBODY, walks = 0;
	if (max > SHOWN_MOST)
		max = SHOWN_MOST;
	uint64_t *kept = arena_array(txn_arena(t), max, sizeof *kept);
	struct merge *m = arena_alloc(txn_arena(t), sizeof *m);
	size_t have = 0;
	m->count = m->max = max;
	for (; rounds > 0 && walks < WALKS_MOST && have < max && m->count == m->max; rounds--) {
		if (walks > 0)
			m->max = SHOWN_MOST;
		walks += count;
		enum err e = merge_page(t, sources, count, before, m);
		if (e != OK)
			return e;
		for (size_t i = 0; i < m->count && have < max; i++)
			if (belongs(t, viewer, m->ids[i], choice))
				kept[have++] = m->ids[i];
		before = m->count > 0 ? m->ids[m->count - 1] : before;
	}
	if (older != NULL)
		*older = have == max ? kept[have - 1] : m->count == m->max ? before : 0;
	*out = (struct u64s){kept, have};
	return OK;
}

enum err timeline_home(struct txn *t, const struct viewer *viewer, uint64_t before, size_t max,
	struct u64s *out, uint64_t *older)
{
	struct u64s followed;
	struct actor a;
	enum err e = follow_following(t, viewer->actor, 0, SOURCES_MOST - 1, &followed);
	if (e != OK)
		return e;
	struct source *sources = arena_array(txn_arena(t), 2 * followed.count + 1, sizeof *sources);
	size_t count = 0;
	sources[count++] = (struct source){TABLE_BY_AUTHOR, viewer->actor};
	for (size_t i = 0; i < followed.count; i++) {
		if (actor_load(t, followed.at[i], &a) != OK || a.gone || a.suspended)
			continue;
		sources[count++] = (struct source){TABLE_BY_AUTHOR, a.id};
		if (a.kind == ACTOR_GROUP)
			sources[count++] = (struct source){TABLE_BY_COMMUNITY, a.id};
	}
	return gather(t, viewer, sources, count, THOSE_THAT_CONCERN, before, max, out, older);
}

enum err timeline_public(struct txn *t, const struct viewer *viewer, uint64_t before, size_t max,
	struct u64s *out, uint64_t *older)
{
	struct u64s communities;
	struct actor a;
	enum err e = community_list(t, &communities);
	if (e != OK)
		return e;
	struct source *sources = arena_array(txn_arena(t), communities.count, sizeof *sources);
	size_t count = 0;
	for (size_t i = 0; i < communities.count; i++)
		if (actor_load(t, communities.at[i], &a) == OK && !a.gone && !a.suspended)
			sources[count++] = (struct source){TABLE_BY_COMMUNITY, a.id};
	return gather(t, viewer, sources, count, PUBLIC_ONES, before, max, out, older);
}

enum err timeline_of(struct txn *t, const struct viewer *viewer, const struct actor *a,
	uint64_t before, size_t max, struct u64s *out, uint64_t *older)
{
	struct source source = {
		a->kind == ACTOR_GROUP ? TABLE_BY_COMMUNITY : TABLE_BY_AUTHOR, a->id};
	return gather(t, viewer, &source, 1, ALL_READABLE, before, max, out, older);
}

/* ---- pages ----------------------------------------------------------------------------------- */

void timeline_show(struct txn *t, struct view *v, const struct viewer *viewer,
	const struct u64s *ids, uint64_t before, uint64_t older)
{
	post_lines(t, v, "conversations", ids, viewer);
	view_flag(v, "nothing", ids->count == 0 && before == 0 && older == 0);
	view_flag(v, "later_page", before != 0);
	view_flag(v, "paged", before != 0 || older != 0);
	if (older != 0)
		view_id(v, "older", older);
}

static enum err show_communities(struct txn *t, struct view *v)
{
	struct u64s all;
	struct actor a;
	enum err e = community_list(t, &all);
	if (e != OK)
		return e;
	view_list(v, "communities");
	for (size_t i = 0; e == OK && i < all.count; i++) {
		if (actor_load(t, all.at[i], &a) != OK || a.gone || a.suspended || !a.discoverable)
			continue;
		view_begin(v, NULL);
		actor_show(v, "community", &a);
		view_text(v, "words",
			markup_plain(txn_arena(t), a.summary != NULL ? a.summary : "", 160));
		follow_told_show(t, v, &a);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "has_communities", all.count > 0);
	return e;
}

static enum err home_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	uint64_t before = call_input_id(call, "before"), older = 0;
	view_text(v, "summary", call->site->summary);
	view_text(v, "description", call->site->summary);
	view_flag(v, "signed_in", call->viewer.local);
	joining_door_show(call, t, v);
	preview_show(call, v,
		&(struct preview){.title = call->site->name,
			.description = call->site->summary,
			.path = "/",
			.kind = "website"});
	enum err e = show_communities(t, v);
	if (e == OK)
		e = event_upcoming_show(call, t, v);
	if (e == OK)
		e = timeline_public(t, &call->viewer, before, PAGE_SHOWN, &ids, &older);
	if (e == OK)
		timeline_show(t, v, &call->viewer, &ids, before, older);
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/", ANYONE, WANTS_PAGE, .read = home_read, .page = "home",
		.takes = {{"before", INPUT_ID, .label = "Older conversations"}}},
	{0},
};
const struct feature feature_timeline = {.name = "timeline", .routes = routes};
