/* reaction.c: likes, dislikes and boosts: one of each per person and post, counted and told. */
#include "features.h"

#include <string.h>

#define URI_MOST 2048

static const struct field reaction_fields[] = {
	{1, F_U64, offsetof(struct reaction, post), 0},
	{2, F_U64, offsetof(struct reaction, actor), 0},
	{3, F_U32, offsetof(struct reaction, kind), 0},
	{4, F_TEXT, offsetof(struct reaction, uri), URI_MOST},
	{5, F_I64, offsetof(struct reaction, at), 0},
};
const struct shape reaction_shape = {
	"reaction", sizeof(struct reaction), reaction_fields, COUNT(reaction_fields)};

static const uint32_t act_on[] = {[REACTION_LIKE] = ACT_LIKE,
	[REACTION_DISLIKE] = ACT_DISLIKE,
	[REACTION_BOOST] = ACT_ANNOUNCE};
static const uint32_t act_off[] = {[REACTION_LIKE] = ACT_UNLIKE,
	[REACTION_DISLIKE] = ACT_UNDISLIKE,
	[REACTION_BOOST] = ACT_UNANNOUNCE};

static struct place place_of(uint64_t who, uint64_t post, enum reaction_kind kind)
{
	return place_3(TABLE_REACTION, post, kind, who);
}

enum err reaction_load(
	struct txn *t, uint64_t who, uint64_t post, enum reaction_kind kind, struct reaction *out)
{
	struct place place = place_of(who, post, kind);
	return txn_load(t, &place, &reaction_shape, out);
}

bool reaction_is(struct txn *t, uint64_t who, uint64_t post, enum reaction_kind kind)
{
	struct bytes there;
	struct place place = place_of(who, post, kind);
	return who != 0 && txn_get(t, &place, &there) == OK;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static enum err allowed(struct txn *t, uint64_t who, const struct post *p, enum reaction_kind kind)
{
	struct actor actor;
	struct viewer viewer = {.actor = who};
	enum err e = actor_load(t, who, &actor);
	if (e != OK)
		return e;
	if (actor.gone || actor.suspended)
		return ERR_FORBIDDEN;
	if (p->gone)
		return ERR_GONE;
	if (!circle_may_read(t, &viewer, p))
		return ERR_NOT_FOUND;
	if (p->removed_by != 0 || (p->community != 0 && block_between(t, who, p->community)))
		return ERR_FORBIDDEN;
	if (kind != REACTION_BOOST && !circle_may_act(t, who, p))
		return ERR_FORBIDDEN;
	/* A boost carries a post out of its circle. */
	return kind == REACTION_BOOST && p->visibility > VISIBLE_UNLISTED ? ERR_FORBIDDEN : OK;
}

/* Takes the record, its uri and its count away; *was is left with what it said. */
static enum err take_away(
	struct txn *t, uint64_t who, uint64_t post, enum reaction_kind kind, struct reaction *was)
{
	struct place place = place_of(who, post, kind), tally = place_2(TABLE_TALLY, post, kind);
	enum err e = txn_load(t, &place, &reaction_shape, was);
	if (e == OK)
		e = txn_del(t, &place);
	if (e == OK && was->uri != NULL) {
		struct place by_uri = place_hash(TABLE_REACTION_URI, was->uri);
		e = txn_del(t, &by_uri);
	}
	return e == OK ? txn_add(t, &tally, -1, NULL) : e;
}

static enum err put(struct txn *t, const struct reaction *r)
{
	struct place place = place_of(r->actor, r->post, r->kind),
		     tally = place_2(TABLE_TALLY, r->post, r->kind);
	struct place by_uri = place_hash(TABLE_REACTION_URI, r->uri);
	uint8_t row[3 * sizeof(uint64_t)];
	struct place all = place_3(0, r->post, r->kind, r->actor);
	memcpy(row, all.at + 1, sizeof row);
	enum err e = txn_save(t, &place, &reaction_shape, r);
	if (e == OK)
		e = txn_put(t, &by_uri, (struct bytes){row, sizeof row});
	return e == OK ? txn_add(t, &tally, 1, NULL) : e;
}

enum err reaction_add(struct txn *t, uint64_t who, uint64_t post, enum reaction_kind kind,
	const struct origin *origin)
{
	struct post p;
	struct reaction other, r = {.post = post, .actor = who, .kind = kind, .at = time_now()};
	struct bytes taken;
	enum err e = post_load(t, post, &p);
	if (e == OK)
		e = origin_reaches(origin, p.community) ? allowed(t, who, &p, kind) : ERR_FORBIDDEN;
	if (e != OK || reaction_is(t, who, post, kind))
		return e;
	/* An id is bound once (security.md R6). */
	if (origin != NULL && origin->uri != NULL) {
		struct place by_uri = place_hash(TABLE_REACTION_URI, origin->uri);
		e = txn_get(t, &by_uri, &taken);
		if (e != ERR_NOT_FOUND)
			return e == OK ? ERR_CONFLICT : e;
	}
	/* Who likes no longer dislikes, and the other way round (protocol.md §5.5). */
	if (kind != REACTION_BOOST) {
		e = take_away(t, who, post,
			kind == REACTION_LIKE ? REACTION_DISLIKE : REACTION_LIKE, &other);
		if (e != OK && e != ERR_NOT_FOUND)
			return e;
	}
	struct line line = {
		.act = act_on[kind], .actor = who, .object = post, .target = p.community};
	e = act_journal(t, origin, &line, &r.uri);
	return e == OK ? put(t, &r) : e;
}

enum err reaction_remove(struct txn *t, uint64_t who, uint64_t post, enum reaction_kind kind,
	const struct origin *origin)
{
	struct post p;
	struct reaction was;
	enum err e = post_load(t, post, &p);
	if (e == OK && !origin_reaches(origin, p.community))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = take_away(t, who, post, kind, &was);
	if (e != OK)
		return e;
	struct line line = {.act = act_off[kind],
		.actor = who,
		.object = post,
		.target = p.community,
		.note = was.uri};
	return act_journal(t, origin, &line, NULL);
}

/* ---- other nodes ----------------------------------------------------------------------------- */

static enum err react(struct txn *t, const struct activity *a, enum reaction_kind kind)
{
	struct post p;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = post_by_uri(t, a->object_id, &p);
	return e == OK ? reaction_add(t, a->actor_id, p.id, kind, &origin) : e;
}

static enum err receive_like(struct txn *t, const struct activity *a)
{
	return react(t, a, REACTION_LIKE);
}

static enum err receive_dislike(struct txn *t, const struct activity *a)
{
	return react(t, a, REACTION_DISLIKE);
}

/* A group that someone here follows shows what it announces; of anyone else it is a boost. */
static enum err receive_announce(struct txn *t, const struct activity *a)
{
	struct actor actor;
	struct post p;
	struct u64s followers;
	enum err e = actor_load(t, a->actor_id, &actor);
	if (e == OK)
		e = post_by_uri(t, a->object_id, &p);
	if (e != OK)
		return e;
	if (actor.kind == ACTOR_GROUP) {
		e = follow_followers(t, actor.id, 0, 1, &followers);
		if (e == OK && followers.count > 0)
			e = post_join(t, actor.id, p.id);
		if (e != ERR_FORBIDDEN && e != ERR_CONFLICT && (e != OK || followers.count > 0))
			return e;
	}
	return react(t, a, REACTION_BOOST);
}

static enum err undo(struct txn *t, const struct activity *a, enum reaction_kind kind)
{
	struct post p;
	struct origin origin = {a->id, a->raw, a->via};
	if (a->inner == NULL)
		return ERR_INVALID;
	enum err e = post_by_uri(t, a->inner->object_id, &p);
	return e == OK ? reaction_remove(t, a->actor_id, p.id, kind, &origin) : e;
}

static enum err receive_unlike(struct txn *t, const struct activity *a)
{
	return undo(t, a, REACTION_LIKE);
}

static enum err receive_undislike(struct txn *t, const struct activity *a)
{
	return undo(t, a, REACTION_DISLIKE);
}

static enum err receive_unannounce(struct txn *t, const struct activity *a)
{
	return undo(t, a, REACTION_BOOST);
}

/* Undo of a bare id: the id leads to what it did. ERR_NOT_FOUND: another feature's. */
static enum err receive_undo(struct txn *t, const struct activity *a)
{
	struct bytes row;
	struct origin origin = {a->id, a->raw, a->via};
	const char *uri = a->inner != NULL ? a->inner->id : a->object_id;
	if (uri == NULL)
		return ERR_INVALID;
	struct place by_uri = place_hash(TABLE_REACTION_URI, uri);
	enum err e = txn_get(t, &by_uri, &row);
	if (e != OK)
		return e;
	uint64_t post = place_id_at(row, 0), kind = place_id_at(row, 8), who = place_id_at(row, 16);
	if (who != a->actor_id || kind < REACTION_LIKE || kind > REACTION_BOOST)
		return ERR_FORBIDDEN;
	return reaction_remove(t, who, post, (enum reaction_kind)kind, &origin);
}

static const struct verb verbs[] = {
	{"Like", NULL, receive_like},
	{"EmojiReact", NULL, receive_like},
	{"Dislike", NULL, receive_dislike},
	{"Announce", NULL, receive_announce},
	{"Undo", "Like", receive_unlike},
	{"Undo", "EmojiReact", receive_unlike},
	{"Undo", "Dislike", receive_undislike},
	{"Undo", "Announce", receive_unannounce},
	{"Undo", NULL, receive_undo},
	{0},
};

/* ---- buttons --------------------------------------------------------------------------------- */

static enum err click(struct call *call, struct txn *t, enum reaction_kind kind, bool on)
{
	struct post p;
	uint64_t me = call->viewer.actor;
	enum err e = post_load(t, call_part_id(call, "id"), &p);
	if (e == OK && !circle_may_read(t, &call->viewer, &p))
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	if (on)
		e = reaction_add(t, me, p.id, kind, NULL);
	else if (reaction_is(t, me, p.id, kind)) /* not so when pressed twice */
		e = reaction_remove(t, me, p.id, kind, NULL);
	if (e != OK)
		return e;
	reply_see_other(call, post_path(t, &p));
	return OK;
}

static enum err like(struct call *call, struct txn *t)
{
	return click(call, t, REACTION_LIKE, true);
}

static enum err unlike(struct call *call, struct txn *t)
{
	return click(call, t, REACTION_LIKE, false);
}

static enum err boost(struct call *call, struct txn *t)
{
	return click(call, t, REACTION_BOOST, true);
}

static enum err unboost(struct call *call, struct txn *t)
{
	return click(call, t, REACTION_BOOST, false);
}

static const struct route routes[] = {
	{METHOD_POST, "/p/{id}/like", SIGNED_IN, .write = like},
	{METHOD_POST, "/p/{id}/unlike", SIGNED_IN, .write = unlike},
	{METHOD_POST, "/p/{id}/boost", SIGNED_IN, .write = boost},
	{METHOD_POST, "/p/{id}/unboost", SIGNED_IN, .write = unboost},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_visit(void *arg, struct bytes key, struct bytes value)
{
	static const char *const names[] = {[REACTION_LIKE] = "like",
		[REACTION_DISLIKE] = "dislike",
		[REACTION_BOOST] = "boost"};
	struct own_rows *o = arg;
	struct reaction r;
	(void)key;
	if (record_read(txn_arena(o->t), &reaction_shape, value, &r) != OK)
		return OK;
	view_begin(o->v, NULL);
	view_text(o->v, "kind", names[r.kind]);
	view_text(o->v, "post", own_post(o->t, r.post));
	view_time(o->v, "at", r.at);
	view_end(o->v);
	return OK;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	(void)scratch, (void)value;
	return place_id(key, 2) == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	return own_rows_show(t, v, "reactions", TABLE_REACTION, who, is_theirs, own_visit);
}

static enum err end_theirs(struct txn *t, void *arg, const struct place *key)
{
	struct bytes k = {key->at, key->size};
	struct reaction was;
	return take_away(t, *(const uint64_t *)arg, place_id(k, 0),
		(enum reaction_kind)place_id(k, 1), &was);
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	return who->keep & KEEP_MARKS
		? OK
		: leaving_sweep(t, TABLE_REACTION, at, is_theirs, end_theirs, &actor);
}

static const struct personal personal = {own_show, forget};

static const struct table_use uses[] = {
	{TABLE_REACTION, &reaction_shape},
	{TABLE_REACTION_URI, NULL},
	{0},
};
const struct feature feature_reaction = {
	.name = "reaction",
	.routes = routes,
	.verbs = verbs,
	.tables = uses,
	.personal = &personal,
};
