/* post.c: posts and replies: their records and indexes, and how a new one comes in. */
#include "media.h"

#include <string.h>

#define URI_MOST 2048
#define CONTENT_MOST (256 * 1024)
#define EXTRA_MOST (256 * 1024)
#define OWN_MOST (64 * 1024)
#define WORDS_MOST 20000 /* bytes of a title or summary: 5 000 code points */
#define LANGUAGE_MOST 35
#define IDS_MOST 1000

static const struct field post_fields[] = {
	{1, F_U64, offsetof(struct post, id), 0},
	{2, F_U32, offsetof(struct post, kind), 0},
	{3, F_U32, offsetof(struct post, visibility), 0},
	{4, F_U64, offsetof(struct post, author), 0},
	{5, F_U64, offsetof(struct post, community), 0},
	{6, F_U64, offsetof(struct post, root), 0},
	{7, F_U64, offsetof(struct post, parent), 0},
	{8, F_TEXT, offsetof(struct post, parent_uri), URI_MOST},
	{9, F_TEXT, offsetof(struct post, uri), URI_MOST},
	{10, F_TEXT, offsetof(struct post, url), URI_MOST},
	{11, F_TEXT, offsetof(struct post, title), WORDS_MOST},
	{12, F_TEXT, offsetof(struct post, content), CONTENT_MOST},
	{13, F_TEXT, offsetof(struct post, source), POST_TEXT_MOST},
	{14, F_TEXT, offsetof(struct post, summary), WORDS_MOST},
	{15, F_TEXT, offsetof(struct post, language), LANGUAGE_MOST},
	{16, F_U64S, offsetof(struct post, mentions), POST_MENTIONS},
	{17, F_BYTES, offsetof(struct post, extra), EXTRA_MOST},
	{18, F_FLAG, offsetof(struct post, sensitive), 0},
	{19, F_FLAG, offsetof(struct post, locked), 0},
	{20, F_FLAG, offsetof(struct post, gone), 0},
	{21, F_FLAG, offsetof(struct post, fetched), 0},
	{22, F_U64, offsetof(struct post, removed_by), 0},
	{23, F_I64, offsetof(struct post, published), 0},
	{24, F_I64, offsetof(struct post, updated), 0},
	{25, F_I64, offsetof(struct post, removed), 0},
	{26, F_FLAG, offsetof(struct post, counted), 0},
	{60, F_U32, offsetof(struct post, circles.read), 0},
	{61, F_U32, offsetof(struct post, circles.act), 0},
	{175, F_BYTES, offsetof(struct post, own), OWN_MOST},
	{220, F_FLAG, offsetof(struct post, circles.abroad), 0},
};
const struct shape post_shape = {"post", sizeof(struct post), post_fields, COUNT(post_fields)};

static const struct field revision_fields[] = {
	{1, F_TEXT, offsetof(struct revision, title), WORDS_MOST},
	{2, F_TEXT, offsetof(struct revision, content), CONTENT_MOST},
	{3, F_TEXT, offsetof(struct revision, summary), WORDS_MOST},
	{4, F_I64, offsetof(struct revision, at), 0},
};
const struct shape revision_shape = {
	"revision", sizeof(struct revision), revision_fields, COUNT(revision_fields)};

/* ---- finding --------------------------------------------------------------------------------- */

enum err post_load(struct txn *t, uint64_t id, struct post *out)
{
	struct place place = place_1(TABLE_POST, id);
	return txn_load(t, &place, &post_shape, out);
}

/* From one field: a page may look past thousands of posts that are not for it. */
static bool is_open(struct txn *t, uint64_t id)
{
	static const struct field fields[] = {{3, F_U32, 0, 0}};
	static const struct shape shape = {"post", sizeof(uint32_t), fields, COUNT(fields)};
	struct place place = place_1(TABLE_POST, id);
	uint32_t visibility;
	return txn_load(t, &place, &shape, &visibility) == OK
		&& (visibility == VISIBLE_PUBLIC || visibility == VISIBLE_UNLISTED);
}

bool post_load_for(struct txn *t, const struct viewer *viewer, uint64_t id, struct post *out)
{
	return (viewer->actor != 0 || is_open(t, id)) && post_load(t, id, out) == OK && !out->gone
		&& circle_may_read(t, viewer, out);
}

enum err post_by_uri(struct txn *t, const char *uri, struct post *out)
{
	if (uri == NULL)
		return ERR_NOT_FOUND;
	struct place place = place_hash(TABLE_POST_URI, uri);
	uint64_t id;
	enum err e = txn_get_id(t, &place, &id);
	return e == OK ? post_load(t, id, out) : e;
}

enum err post_save(struct txn *t, const struct post *p)
{
	struct place place = place_1(TABLE_POST, p->id);
	return txn_save(t, &place, &post_shape, p);
}

struct gather {
	uint64_t *ids;
	size_t count;
};

static enum err gather_id(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct gather *g = arg;
	g->ids[g->count++] = place_id(key, 1);
	return OK;
}

enum err post_ids(struct txn *t, uint8_t table, uint64_t of, uint64_t edge, bool backward,
	size_t max, struct u64s *out)
{
	if (max > IDS_MOST)
		max = IDS_MOST;
	struct gather g = {.ids = arena_array(txn_arena(t), max, sizeof *g.ids)};
	struct place from = place_2(table, of, backward ? edge - 1 : edge + 1);
	struct walk w = {.prefix = place_1(table, of),
		.from = edge ? &from : NULL,
		.backward = backward,
		.max = max};
	enum err e = txn_walk(t, &w, gather_id, &g);
	if (e == OK)
		*out = (struct u64s){g.ids, g.count};
	return e;
}

enum err post_of_author(
	struct txn *t, uint64_t actor, uint64_t before, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_BY_AUTHOR, actor, before, true, max, out);
}

enum err post_of_community(
	struct txn *t, uint64_t community, uint64_t before, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_BY_COMMUNITY, community, before, true, max, out);
}

enum err post_of_conversation(
	struct txn *t, uint64_t root, uint64_t after, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_BY_ROOT, root, after, false, max, out);
}

enum err post_pinned(struct txn *t, uint64_t actor, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_FEATURED, actor, 0, true, max, out);
}

enum err post_tally(struct txn *t, uint64_t post, uint32_t kind, int64_t *now)
{
	struct place place = place_2(TABLE_TALLY, post, kind);
	return txn_count(t, &place, now);
}

/* Which number a reply is in: each circle has one of its own. An answer for fewer eyes than what it answers, but for
 * no circle, is told by no number. */
static uint32_t tally_of(const struct post *p, const struct post *parent)
{
	static const uint32_t kinds[] = {TALLY_REPLIES, TALLY_REPLIES_MEMBERS, TALLY_REPLIES_CORE};
	bool apart = p->visibility > VISIBLE_UNLISTED && p->visibility > parent->visibility;
	if (p->circles.read != CIRCLE_EVERYONE)
		return kinds[p->circles.read];
	return apart ? 0 : TALLY_REPLIES;
}

/* The start counts its whole conversation, each other post its own replies. */
enum err post_count_reply(struct txn *t, struct post *p, bool on)
{
	struct post parent;
	if (p->parent == 0 || p->counted == on || (on && (p->gone || p->removed_by != 0)))
		return OK;
	enum err e = post_load(t, p->parent, &parent);
	if (e != OK)
		return e;
	uint32_t kind = tally_of(p, &parent);
	if (on && kind == 0)
		return OK;
	/* One that became narrower than its parent was counted before. */
	kind = kind != 0 ? kind : TALLY_REPLIES;
	struct place at_parent = place_2(TABLE_TALLY, p->parent, kind);
	struct place at_root = place_2(TABLE_TALLY, p->root, kind);
	e = txn_add(t, &at_parent, on ? 1 : -1, NULL);
	if (e == OK && p->root != p->parent)
		e = txn_add(t, &at_root, on ? 1 : -1, NULL);
	p->counted = e == OK ? on : p->counted;
	return e;
}

bool post_was_left(struct txn *t, const struct post *p)
{
	struct actor author;
	return actor_load(t, p->author, &author) == OK && author.local && author.gone;
}

/* ---- lists of communities -------------------------------------------------------------------- */

static const struct bytes one = {"\1", 1};

static enum err list_set(struct txn *t, uint64_t community, uint64_t post, bool on)
{
	struct place place = place_2(TABLE_BY_COMMUNITY, community, post);
	return on ? txn_put(t, &place, one) : txn_del(t, &place);
}

/* Starts only; a reply that waits for its parent is no start. */
static enum err lists_set(struct txn *t, const struct post *p, bool on)
{
	if (p->community == 0 || p->root != p->id || (on && p->parent_uri != NULL))
		return OK;
	struct u64s communities;
	enum err e = list_set(t, p->community, p->id, on);
	if (e == OK)
		e = community_list(t, &communities);
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		uint64_t c = communities.at[i];
		if (c != p->community && (!on || follow_is(t, c, p->community)))
			e = list_set(t, c, p->id, on);
	}
	return e;
}

enum err post_enter(struct txn *t, const struct post *p)
{
	return lists_set(t, p, true);
}

enum err post_leave(struct txn *t, const struct post *p)
{
	return lists_set(t, p, false);
}

enum err post_join(struct txn *t, uint64_t community, uint64_t id)
{
	struct post p;
	struct actor author;
	enum err e = post_load(t, id, &p);
	if (e == OK)
		e = actor_load(t, p.author, &author);
	if (e != OK)
		return e;
	/* What people here wrote is theirs to place. */
	if (author.local || p.gone || p.removed_by != 0 || p.parent_uri != NULL
		|| p.visibility > VISIBLE_UNLISTED)
		return ERR_FORBIDDEN;
	if (p.community != 0 && p.community != community)
		return ERR_CONFLICT;
	p.community = community;
	return post_enter(t, &p);
}

enum err post_unjoin(struct txn *t, uint64_t community, const struct post *p)
{
	struct bytes there;
	struct place row = place_2(TABLE_BY_COMMUNITY, community, p->id);
	struct post listed = *p;
	enum err e = txn_get(t, &row, &there);
	listed.community = community;
	return e == OK ? post_leave(t, &listed) : e == ERR_NOT_FOUND ? ERR_FORBIDDEN : e;
}

/* ---- coming in ------------------------------------------------------------------------------- */

void post_place(struct post *p, const struct post *parent, bool local)
{
	p->root = parent->root;
	if (parent->circles.read != CIRCLE_EVERYONE) {
		p->community = parent->community;
		circle_set(p, p->circles, parent);
		return;
	}
	if (p->visibility < parent->visibility)
		p->visibility = parent->visibility;
	/* A remote post for its author's followers stays with them, unless it names the community's. */
	bool followers = p->visibility == VISIBLE_FOLLOWERS && !local;
	if (p->visibility == VISIBLE_DIRECT || (followers && p->community != parent->community))
		p->community = 0;
	else
		p->community = parent->community;
}

static void place_under(struct post *p, const struct post *parent, bool local)
{
	p->parent = parent->id;
	p->parent_uri = parent->uri;
	post_place(p, parent, local);
}

static enum err allowed(struct txn *t, const struct post *p, const struct post *parent)
{
	struct actor community;
	if (p->parent != 0)
		return circle_may_reply(t, p->author, parent) ? OK : ERR_FORBIDDEN;
	if (p->community == 0)
		return OK;
	enum err e = actor_load(t, p->community, &community);
	if (e != OK)
		return e;
	return circle_may_post(t, p->author, &community) ? OK : ERR_FORBIDDEN;
}

/* Another node's community is for everyone: what is written there is there. */
static enum err begin_circle(struct txn *t, const struct post_draft *d, const struct post *parent,
	struct refusal *why, struct post *p)
{
	struct actor community;
	/* Nor does one person's word to another answer a circle. */
	if (d->visibility == VISIBLE_DIRECT && parent != NULL
		&& parent->circles.read != CIRCLE_EVERYONE)
		return refuse(why, "visibility", "Choose who may read this.");
	if (p->visibility == VISIBLE_DIRECT)
		return OK;
	enum err e = p->community != 0 ? actor_load(t, p->community, &community) : OK;
	if (e != OK)
		return e;
	const struct actor *group = p->community != 0 ? &community : NULL;
	struct circles c = d->circles != NULL ? *d->circles : circle_default(group, parent);
	if (c.read > CIRCLE_CORE || c.act > CIRCLE_CORE
		|| (group != NULL && !group->local && (c.read | c.act) != CIRCLE_EVERYONE))
		return refuse(why, "reads", "Choose who may read this.");
	circle_set(p, c, parent);
	return OK;
}

static enum err begin_local(struct txn *t, const struct post_draft *d, const struct actor *author,
	struct refusal *why, struct post *p)
{
	struct arena *arena = txn_arena(t);
	char id[ID_TEXT];
	struct post parent;
	p->visibility = d->visibility ? d->visibility : VISIBLE_PUBLIC;
	if (p->visibility > VISIBLE_DIRECT)
		return refuse(why, "visibility", "Choose who may read this.");
	p->community = p->visibility == VISIBLE_DIRECT ? 0 : d->community;
	if (d->parent != 0) {
		struct viewer viewer = {.actor = author->id, .local = true};
		enum err e = post_load(t, d->parent, &parent);
		if (e == OK && !circle_may_read(t, &viewer, &parent))
			e = ERR_NOT_FOUND;
		if (e != OK)
			return e;
		place_under(p, &parent, true);
	}
	enum err e = allowed(t, p, &parent);
	if (e == OK)
		e = begin_circle(t, d, d->parent != 0 ? &parent : NULL, why, p);
	if (e != OK)
		return e;
	id_text(p->id, id);
	p->uri = arena_format(arena, "%s/p/%s", txn_site(t)->base_url, id);
	p->url = arena_format(arena, "%s/@%s/%s", txn_site(t)->base_url, author->name, id);
	p->published = time_now();
	return draft_write(t, d, author, why, p);
}

/* As posts of here have it; the address of a page is none. */
static bool is_address_of_ours(struct txn *t, const char *uri)
{
	return text_starts(uri, arena_format(txn_arena(t), "%s/p/", txn_site(t)->base_url));
}

static enum err begin_remote(struct txn *t, const struct post_draft *d, const struct actor *author,
	const struct origin *origin, struct post *p)
{
	struct post parent;
	enum err e = note_read(t, d->remote, author, p);
	if (e != OK)
		return e;
	p->fetched = origin == NULL || origin->raw.size == 0;
	e = post_by_uri(t, p->parent_uri, &parent);
	if (e == OK)
		place_under(p, &parent, false);
	else if (e != ERR_NOT_FOUND)
		return e;
	else if (is_address_of_ours(t, p->parent_uri))
		return ERR_FORBIDDEN; /* as what they may not read: which of both is nobody's to hear */
	return allowed(t, p, &parent);
}

/* Anyone may name another node's group; its list shows what it announced or what was written here. */
static bool belongs(struct txn *t, const struct post *p, const struct actor *author,
	const struct origin *origin)
{
	struct actor community;
	if (author->local || (origin != NULL && origin->via != 0 && origin->via == p->community))
		return true;
	return p->community != 0 && actor_load(t, p->community, &community) == OK
		&& community.local;
}

static enum err store_new(struct txn *t, struct post *p, bool listed)
{
	struct place by_uri = place_hash(TABLE_POST_URI, p->uri);
	struct place by_author = place_2(TABLE_BY_AUTHOR, p->author, p->id);
	struct place by_root = place_2(TABLE_BY_ROOT, p->root, p->id);
	enum err e = post_count_reply(t, p, true);
	if (e == OK)
		e = media_follow(t, p, (struct bytes){0}, p->extra);
	if (e == OK)
		e = post_save(t, p);
	if (e == OK)
		e = txn_put_id(t, &by_uri, p->id);
	if (e == OK)
		e = txn_put(t, &by_author, one);
	if (e == OK)
		e = txn_put_id(t, &by_root, p->parent);
	if (e == OK && listed)
		e = post_enter(t, p);
	if (e == OK && p->parent == 0 && p->parent_uri != NULL)
		e = orphan_keep(t, p);
	return e;
}

static enum err journal_create(struct txn *t, const struct post *p, const struct origin *origin)
{
	struct line line = {
		.act = ACT_CREATE, .actor = p->author, .object = p->id, .target = p->community};
	return act_journal(t, origin, &line, NULL);
}

/* The uri is known: nothing changes (security.md R6). A Create that comes after a fetch is passed on. */
static enum err known_again(struct txn *t, const struct post_draft *d, const struct origin *origin,
	struct post *known, struct post *out)
{
	if (known->gone)
		return ERR_GONE;
	bool news = known->fetched && known->author == d->author && origin != NULL
		&& origin->raw.size > 0;
	if (!news) {
		*out = *known;
		return ERR_CONFLICT;
	}
	known->fetched = false;
	enum err e = post_save(t, known);
	if (e == OK)
		e = journal_create(t, known, origin);
	if (e == OK)
		*out = *known;
	return e;
}

/* ERR_NOT_FOUND: neither it nor its end is known; anything else is the answer. */
static enum err known_before(
	struct txn *t, const struct post_draft *d, const struct origin *origin, struct post *out)
{
	if (d->remote->id == NULL)
		return ERR_INVALID;
	struct post known;
	enum err e = post_by_uri(t, d->remote->id, &known);
	if (e == OK)
		return known_again(t, d, origin, &known, out);
	if (e != ERR_NOT_FOUND)
		return e;
	struct place gone = place_hash(TABLE_GONE, d->remote->id);
	uint64_t at;
	e = txn_get_id(t, &gone, &at);
	return e == OK ? ERR_GONE : e;
}

enum err post_create(struct txn *t, const struct post_draft *d, const struct origin *origin,
	struct refusal *why, struct post *out)
{
	struct actor author;
	struct post p = {.author = d->author};
	enum err e = actor_load(t, d->author, &author);
	if (e != OK)
		return e;
	if (author.gone || author.suspended || author.local != (d->remote == NULL))
		return ERR_FORBIDDEN;
	e = d->remote != NULL ? known_before(t, d, origin, out) : ERR_NOT_FOUND;
	if (e != ERR_NOT_FOUND)
		return e;
	p.root = p.id = id_next();
	e = d->remote != NULL ? begin_remote(t, d, &author, origin, &p)
			      : begin_local(t, d, &author, why, &p);
	if (e == OK)
		e = store_new(t, &p, belongs(t, &p, &author, origin));
	if (e == OK && detail_of(p.kind)->enter != NULL)
		e = detail_of(p.kind)->enter(t, &p, d->remote);
	if (e == OK)
		e = journal_create(t, &p, origin);
	if (e == OK)
		e = orphan_adopt(t, &p);
	struct post parent;
	if (e == OK && p.parent != 0 && post_load(t, p.parent, &parent) == OK)
		e = orphan_adopt(t, &parent); /* those that were too many at its arrival */
	if (e == OK)
		*out = p;
	return e;
}

/* ---- what is kept of a person ---------------------------------------------------------------- */

static void own_one(struct txn *t, struct view *v, const struct post *p)
{
	struct revision r;
	struct u64s kept;
	view_begin(v, NULL);
	view_text(v, "address", p->uri);
	view_time(v, "published", p->published);
	view_time(v, "updated", p->updated);
	view_text(v, "title", p->title != NULL ? p->title : "");
	view_text(v, "text", p->source != NULL ? p->source : p->content != NULL ? p->content : "");
	view_text(v, "warning", p->summary);
	view_text(v, "language", p->language);
	view_text(v, "community", own_actor(t, p->community));
	view_text(v, "answer_to", p->parent_uri);
	view_flag(v, "deleted", p->gone);
	view_flag(v, "hidden", p->removed_by != 0);
	view_list(v, "earlier_texts");
	if (post_ids(t, TABLE_HISTORY, p->id, 0, false, IDS_MOST, &kept) == OK)
		for (size_t i = 0; i < kept.count; i++) {
			struct place place = place_2(TABLE_HISTORY, p->id, kept.at[i]);
			if (txn_load(t, &place, &revision_shape, &r) != OK)
				continue;
			view_begin(v, NULL);
			view_time(v, "at", r.at);
			view_text(v, "title", r.title);
			view_text(v, "text", r.content);
			view_end(v);
		}
	view_list_end(v);
	view_end(v);
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids;
	struct post p;
	enum err e = own_ids(t, v, "posts", TABLE_BY_AUTHOR, who->actor, who, &ids);
	view_list(v, "posts");
	for (size_t i = 0; e == OK && i < ids.count; i++)
		if (post_load(t, ids.at[i], &p) == OK)
			own_one(t, v, &p);
	view_list_end(v);
	return e;
}

static const struct personal personal = {own_show, post_part};

static const struct table_use uses[] = {
	{TABLE_POST, &post_shape},
	{TABLE_POST_URI, NULL},
	{TABLE_BY_AUTHOR, NULL},
	{TABLE_BY_COMMUNITY, NULL},
	{TABLE_BY_ROOT, NULL},
	{TABLE_TALLY, NULL},
	{TABLE_FEATURED, NULL},
	{TABLE_GONE, NULL},
	{TABLE_ORPHAN, NULL},
	{TABLE_HISTORY, &revision_shape},
	{0},
};
const struct feature feature_post = {
	.name = "post",
	.routes = post_routes,
	.verbs = incoming_verbs,
	.tables = uses,
	.kinds = note_kinds,
	.personal = &personal,
};
