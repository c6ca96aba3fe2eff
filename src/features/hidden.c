/* hidden.c: what moderators hid and administrators suspended, so that it can be found and shown again. */
#include "features.h"

#define SHOWN 50
#define LOOKED_AT 1000 /* of all communities, for one's own */

static enum err mark(struct txn *t, struct place place, bool on)
{
	return on ? txn_put(t, &place, (struct bytes){"\1", 1}) : txn_del(t, &place);
}

enum err hidden_post(struct txn *t, uint64_t post, bool on)
{
	return mark(t, place_1(TABLE_HIDDEN, post), on);
}

enum err hidden_actor(struct txn *t, uint64_t actor, bool on)
{
	return mark(t, place_1(TABLE_SUSPENDED, actor), on);
}

/* ---- the page -------------------------------------------------------------------------------- */

struct ids {
	uint64_t *at;
	size_t count;
};

static enum err gather(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct ids *ids = arg;
	ids->at[ids->count++] = place_id(key, 0);
	return OK;
}

static enum err newest(struct txn *t, uint8_t table, struct ids *out)
{
	struct walk walk = {.prefix = place_0(table), .backward = true, .max = LOOKED_AT};
	*out = (struct ids){arena_array(txn_arena(t), LOOKED_AT, sizeof *out->at), 0};
	return txn_walk(t, &walk, gather, out);
}

static enum err show_posts(struct txn *t, struct view *v, const struct viewer *viewer)
{
	struct ids ids;
	struct post p;
	struct actor by;
	size_t shown = 0;
	enum err e = newest(t, TABLE_HIDDEN, &ids);
	view_list(v, "hidden");
	for (size_t i = 0; e == OK && i < ids.count && shown < SHOWN; i++) {
		if (post_load(t, ids.at[i], &p) != OK || p.gone || p.removed_by == 0
			|| !circle_may_read(t, viewer, &p)
			|| !circle_may_moderate(t, viewer->actor, &p))
			continue;
		view_begin(v, NULL);
		post_line(t, v, "post", &p, viewer);
		if (actor_load(t, p.removed_by, &by) == OK)
			actor_show(v, "by", &by);
		view_time(v, "at", p.removed);
		view_end(v);
		shown++;
	}
	view_list_end(v);
	view_flag(v, "some_hidden", shown > 0);
	return e;
}

static enum err show_actors(struct txn *t, struct view *v)
{
	struct ids ids;
	struct actor a;
	size_t shown = 0;
	enum err e = newest(t, TABLE_SUSPENDED, &ids);
	view_list(v, "suspended");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		if (actor_load(t, ids.at[i], &a) != OK || a.gone || !a.suspended)
			continue;
		actor_show(v, NULL, &a);
		shown++;
	}
	view_list_end(v);
	view_flag(v, "some_suspended", shown > 0);
	return e;
}

static enum err hidden_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "Hidden and suspended"));
	profile_tab_show(v, "hidden");
	enum err e = show_posts(t, v, &call->viewer);
	return e == OK && call->viewer.admin ? show_actors(t, v) : e;
}

static const struct route routes[] = {
	{METHOD_GET, "/hidden", SIGNED_IN, .read = hidden_read, .page = "moderation-hidden"},
	{0},
};
static const struct table_use tables[] = {{TABLE_HIDDEN, NULL}, {TABLE_SUSPENDED, NULL}, {0}};
const struct feature feature_hidden = {.name = "hidden", .routes = routes, .tables = tables};
