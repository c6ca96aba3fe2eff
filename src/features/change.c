/* change.c: what happens to a post after it came in: edited, removed, closed, put at the top. */
#include "media.h"

#include <string.h>

#define REVISIONS_MOST 50
#define PINS_MOST 20
#define REASON_POINTS 500
#define REMOVED_AT_ONCE 100
#define BAN_REMOVES_MOST 2000
#define NARROWED_AT_ONCE 1000
#define NARROWED_MOST 50000 /* answers looked at when what they answer is for fewer eyes */
#define RAW_EACH_MOST 8192  /* of an activity that is journaled with each post it ends */

/* ---- editing --------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_words(const struct post *a, const struct post *b)
{
	return same(a->title, b->title) && same(a->content, b->content)
		&& same(a->summary, b->summary);
}

static bool same_bytes(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The text as it was, kept under the time it was written; the oldest makes room. */
static enum err keep_revision(struct txn *t, const struct post *p)
{
	struct u64s kept;
	struct revision r = {.title = p->title,
		.content = p->content,
		.summary = p->summary,
		.at = p->updated ? p->updated : p->published};
	enum err e = post_ids(t, TABLE_HISTORY, p->id, 0, false, REVISIONS_MOST, &kept);
	if (e == OK && kept.count == REVISIONS_MOST) {
		struct place oldest = place_2(TABLE_HISTORY, p->id, kept.at[0]);
		e = txn_del(t, &oldest);
	}
	/* Some say the time of an edit in whole seconds. */
	if (e == OK && kept.count > 0 && kept.at[kept.count - 1] >= (uint64_t)r.at)
		r.at = (int64_t)kept.at[kept.count - 1] + 1;
	struct place place = place_2(TABLE_HISTORY, p->id, (uint64_t)r.at);
	return e == OK ? txn_save(t, &place, &revision_shape, &r) : e;
}

static enum err forget_revisions(struct txn *t, uint64_t post)
{
	struct u64s kept;
	enum err e = post_ids(t, TABLE_HISTORY, post, 0, false, REVISIONS_MOST, &kept);
	for (size_t i = 0; e == OK && i < kept.count; i++) {
		struct place place = place_2(TABLE_HISTORY, post, kept.at[i]);
		e = txn_del(t, &place);
	}
	return e;
}

/* What was said among fewer is not told to more by what was kept of it. */
static enum err forget_what_was_among_fewer(struct txn *t, struct post *next)
{
	enum err e = forget_revisions(t, next->id);
	if (e == OK)
		e = summary_drop(t, next->id);
	return e == OK && detail_of(next->kind)->widened != NULL
		? detail_of(next->kind)->widened(t, next)
		: e;
}

static enum err edit_circles(
	struct txn *t, struct circles circles, struct refusal *why, struct post *next)
{
	struct post parent;
	struct actor community;
	enum err e = next->parent != 0 ? post_load(t, next->parent, &parent) : OK;
	if (e == OK && next->community != 0)
		e = actor_load(t, next->community, &community);
	if (e != OK || (next->visibility == VISIBLE_DIRECT))
		return e;
	bool narrower = (circles.read | circles.act) != CIRCLE_EVERYONE;
	if (circles.read > CIRCLE_CORE || circles.act > CIRCLE_CORE
		|| (narrower && next->community != 0 && !community.local))
		return refuse(why, "reads", "Choose who may read this.");
	circle_set(next, circles, next->parent != 0 ? &parent : NULL);
	return OK;
}

/* next->updated: as its author's node said it, or 0. */
static enum err read_edit(struct txn *t, const struct post_draft *d, const struct actor *author,
	struct refusal *why, struct post *next)
{
	if (author->local != (d->remote == NULL))
		return ERR_FORBIDDEN;
	int64_t had = next->updated;
	next->updated = 0;
	if (d->remote == NULL) {
		enum err e = draft_write(t, d, author, why, next);
		return e == OK && d->circles != NULL ? edit_circles(t, *d->circles, why, next) : e;
	}
	struct post said = {.id = next->id, .author = author->id};
	if (!text_is(d->remote->id, next->uri))
		return ERR_FORBIDDEN;
	enum err e = note_read(t, d->remote, author, &said);
	if (e != OK)
		return e;
	if (said.updated != 0 && said.updated < had)
		return ERR_CONFLICT; /* older than what we have */
	next->updated = said.updated;
	next->title = said.title;
	next->content = said.content;
	next->summary = said.summary;
	next->language = said.language;
	next->mentions = said.mentions;
	next->extra = said.extra;
	next->sensitive = said.sensitive;
	next->url = said.url;
	/* Narrower is obeyed, wider never; for the author's own followers is not for the community's. */
	if (said.visibility > next->visibility)
		next->visibility = said.visibility;
	if (said.visibility > VISIBLE_UNLISTED && said.community != next->community)
		next->community = 0;
	next->locked = next->locked || said.locked;
	return OK;
}

static enum err unpin_everywhere(struct txn *t, const struct post *p)
{
	struct place of_author = place_2(TABLE_FEATURED, p->author, p->id);
	struct place of_community = place_2(TABLE_FEATURED, p->community, p->id);
	enum err e = txn_del(t, &of_author);
	return e == OK ? txn_del(t, &of_community) : e;
}

static bool is_open(const struct post *p)
{
	return p->visibility <= VISIBLE_UNLISTED;
}

/* What is for other eyes now is in other counts; what is for fewer leaves the lists that are for more. */
static enum err recount(struct txn *t, const struct post *p, struct post *next)
{
	struct post was = *p;
	enum err e = is_open(next) ? OK : unpin_everywhere(t, p);
	if (e == OK && next->community != p->community)
		e = post_leave(t, p);
	if (e == OK)
		e = post_count_reply(t, &was, false);
	next->counted = was.counted;
	return e == OK ? post_count_reply(t, next, true) : e;
}

static enum err journal_edit(
	struct txn *t, const struct post *p, const struct post *next, const struct origin *origin)
{
	bool circled = p->circles.read != next->circles.read;
	struct line line = {.act = circled && is_open(p) && !is_open(next) ? ACT_NARROW
			: circled && !is_open(p) && is_open(next)          ? ACT_WIDEN
									   : ACT_UPDATE,
		.actor = next->author,
		.object = next->id,
		.target = next->community};
	return act_journal(t, origin, &line, NULL);
}

/* No answer is for more eyes than what it answers: one that was follows it in. */
static enum err narrow_one(struct txn *t, uint64_t id, bool *changed)
{
	struct post p, parent;
	enum err e = post_load(t, id, &p);
	if (e != OK || p.parent == 0)
		return e;
	e = post_load(t, p.parent, &parent);
	if (e != OK || p.circles.read >= parent.circles.read)
		return e;
	struct post next = p;
	circle_set(&next, next.circles, &parent);
	e = recount(t, &p, &next);
	if (e == OK)
		e = post_save(t, &next);
	*changed = true;
	return e == OK ? journal_edit(t, &p, &next, NULL) : e;
}

/* Answers are newer than what they answer, but for those that were adopted: a few rounds see them all. */
static enum err narrow_below(struct txn *t, uint64_t root)
{
	struct u64s ids = {0};
	size_t seen = 0;
	bool changed = true;
	enum err e = OK;
	while (e == OK && changed) {
		uint64_t after = 0;
		changed = false;
		do {
			e = post_of_conversation(t, root, after, NARROWED_AT_ONCE, &ids);
			for (size_t i = 0; e == OK && i < ids.count; i++) {
				after = ids.at[i];
				e = narrow_one(t, after, &changed);
			}
			seen += ids.count;
			if (seen > NARROWED_MOST)
				return ERR_TOO_MUCH;
		} while (e == OK && ids.count == NARROWED_AT_ONCE);
	}
	return e;
}

static bool same_post(const struct post *a, const struct post *b)
{
	return same_words(a, b) && same_bytes(a->extra, b->extra) && same_bytes(a->own, b->own)
		&& same(a->language, b->language) && a->sensitive == b->sensitive
		&& a->locked == b->locked && a->circles.read == b->circles.read
		&& a->circles.act == b->circles.act && a->circles.abroad == b->circles.abroad
		&& a->visibility == b->visibility && a->community == b->community;
}

enum err post_edit(struct txn *t, uint64_t who, uint64_t id, const struct post_draft *d,
	const struct origin *origin, struct refusal *why)
{
	struct post p;
	struct actor author;
	enum err e = post_load(t, id, &p);
	if (e == OK && p.gone)
		e = ERR_GONE;
	if (e == OK && who != p.author)
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = actor_load(t, who, &author);
	if (e == OK && (author.gone || author.suspended))
		e = ERR_FORBIDDEN;
	/* Nor does an edit bring back what a moderator hid, or who was shown the door. */
	if (e == OK
		&& (p.removed_by != 0 || (p.community != 0 && block_between(t, who, p.community))))
		e = ERR_FORBIDDEN;
	struct post next = p;
	if (e == OK)
		e = read_edit(t, d, &author, why, &next);
	if (e != OK)
		return e;
	if (same_post(&p, &next))
		return OK;
	/* New counts of a poll are no new words. */
	bool reworded = !same_words(&p, &next);
	int64_t before = p.updated ? p.updated : p.published, now = time_now();
	if (next.updated == 0)
		next.updated = !reworded ? p.updated : now > before ? now : before + 1;
	if (next.visibility != p.visibility || next.community != p.community
		|| next.circles.read != p.circles.read)
		e = recount(t, &p, &next);
	if (e == OK)
		e = media_follow(t, &next, p.extra, next.extra);
	if (e == OK && next.circles.read < p.circles.read)
		e = forget_what_was_among_fewer(t, &next);
	else if (e == OK && reworded)
		e = keep_revision(t, &p);
	if (e == OK)
		e = post_save(t, &next);
	if (e == OK && detail_of(next.kind)->enter != NULL)
		e = detail_of(next.kind)->enter(t, &next, d->remote);
	if (e == OK)
		e = journal_edit(t, &p, &next, origin);
	return e == OK && next.circles.read > p.circles.read ? narrow_below(t, next.root) : e;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* What the author takes back is gone: a tombstone keeps the place of what was answered. */
static enum err bury(struct txn *t, struct post *p)
{
	struct place gone = place_hash(TABLE_GONE, p->uri);
	enum err e = detail_of(p->kind)->end != NULL ? detail_of(p->kind)->end(t, p) : OK;
	p->gone = true;
	p->title = p->content = p->source = p->summary = NULL;
	if (e == OK)
		e = media_follow(t, p, p->extra, (struct bytes){0});
	p->extra = (struct bytes){0};
	if (e == OK)
		e = forget_revisions(t, p->id);
	if (e == OK)
		e = summary_drop(t, p->id);
	p->own = (struct bytes){0};
	return e == OK ? txn_put_id(t, &gone, (uint64_t)time_now()) : e;
}

enum err post_remove(
	struct txn *t, uint64_t who, uint64_t id, const char *reason, const struct origin *origin)
{
	struct post p;
	enum err e = post_load(t, id, &p);
	if (e != OK)
		return e;
	if (p.gone)
		return ERR_GONE;
	bool own = who == p.author;
	if (!own && origin != NULL && !origin_reaches(origin, p.community))
		return post_unjoin(t, origin->via, &p);
	if (!own && !origin_vouches(origin, p.community) && !circle_may_moderate(t, who, &p))
		return ERR_FORBIDDEN;
	if (!own && p.removed_by != 0)
		return OK;
	p.removed = time_now();
	if (own)
		e = bury(t, &p);
	else
		p.removed_by = who;
	if (e == OK)
		e = hidden_post(t, id, !own);
	if (e == OK)
		e = post_count_reply(t, &p, false);
	if (e == OK)
		e = post_save(t, &p);
	if (e == OK)
		e = post_leave(t, &p);
	if (e == OK)
		e = unpin_everywhere(t, &p);
	struct line line = {.act = ACT_DELETE,
		.actor = who,
		.object = id,
		.target = p.community,
		.note = reason != NULL ? text_cut(txn_arena(t), reason, REASON_POINTS) : NULL};
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

enum err post_remove_all(struct txn *t, uint64_t who, uint64_t author, uint64_t community,
	const char *reason, const struct origin *origin)
{
	struct origin each = origin != NULL ? *origin : (struct origin){0};
	struct u64s page;
	uint64_t before = 0;
	size_t done = 0;
	if (each.raw.size > RAW_EACH_MOST)
		each.raw = (struct bytes){0};
	do {
		enum err e = post_of_author(t, author, before, REMOVED_AT_ONCE, &page);
		for (size_t i = 0; e == OK && i < page.count; i++, done++) {
			struct post p;
			before = page.at[i];
			e = post_load(t, before, &p);
			if (e == OK && !p.gone && (community == 0 || p.community == community))
				e = post_remove(t, who, before, reason, &each);
			if (e == ERR_FORBIDDEN)
				e = OK; /* the ban holds, whatever else they may do */
		}
		if (e != OK)
			return e;
	} while (page.count > 0 && (community == 0 || done < BAN_REMOVES_MOST));
	return OK;
}

enum err post_restore(struct txn *t, uint64_t who, uint64_t id, const struct origin *origin)
{
	struct post p;
	enum err e = post_load(t, id, &p);
	if (e != OK)
		return e;
	if (p.gone)
		return ERR_GONE;
	if (!origin_reaches(origin, p.community)
		|| (!origin_vouches(origin, p.community) && !circle_may_moderate(t, who, &p)))
		return ERR_FORBIDDEN;
	if (p.removed_by == 0)
		return OK;
	p.removed_by = 0;
	p.removed = 0;
	e = post_count_reply(t, &p, true);
	if (e == OK)
		e = hidden_post(t, id, false);
	if (e == OK)
		e = post_save(t, &p);
	if (e == OK)
		e = post_enter(t, &p);
	struct line line = {.act = ACT_RESTORE, .actor = who, .object = id, .target = p.community};
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

/* ---- closing, pinning ------------------------------------------------------------------------ */

enum err post_lock(struct txn *t, uint64_t who, uint64_t id, bool on, const struct origin *origin)
{
	struct post p, root;
	enum err e = post_load(t, id, &p);
	if (e == OK)
		e = post_load(t, p.root, &root);
	if (e != OK)
		return e;
	if (root.gone)
		return ERR_GONE;
	if (!origin_reaches(origin, root.community)
		|| (!origin_vouches(origin, root.community) && !circle_may_moderate(t, who, &root)))
		return ERR_FORBIDDEN;
	if (root.locked == on)
		return OK;
	root.locked = on;
	e = post_save(t, &root);
	struct line line = {.act = on ? ACT_LOCK : ACT_UNLOCK,
		.actor = who,
		.object = root.id,
		.target = root.community};
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

static bool may_pin(struct txn *t, uint64_t who, uint64_t where, const struct post *p,
	const struct origin *origin)
{
	if (where == 0 || (where != p->author && where != p->community)
		|| !origin_reaches(origin, where))
		return false;
	if (where == p->author)
		return who == p->author;
	return origin_vouches(origin, where) || circle_may_moderate(t, who, p);
}

enum err post_pin_at(struct txn *t, uint64_t who, uint64_t where, uint64_t id, bool on,
	const struct origin *origin)
{
	struct post p;
	struct bytes there;
	struct u64s pinned;
	enum err e = post_load(t, id, &p);
	if (e != OK)
		return e;
	if (!may_pin(t, who, where, &p, origin))
		return ERR_FORBIDDEN;
	if (on && (p.gone || p.removed_by != 0 || p.visibility > VISIBLE_UNLISTED))
		return ERR_FORBIDDEN;
	struct place place = place_2(TABLE_FEATURED, where, id);
	e = txn_get(t, &place, &there);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if ((e == OK) == on)
		return OK;
	e = post_pinned(t, where, PINS_MOST, &pinned);
	if (e == OK && on && pinned.count == PINS_MOST)
		return ERR_TOO_MUCH;
	if (e == OK)
		e = on ? txn_put(t, &place, (struct bytes){"\1", 1}) : txn_del(t, &place);
	struct line line = {
		.act = on ? ACT_PIN : ACT_UNPIN, .actor = who, .object = id, .target = where};
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

enum err post_pin(struct txn *t, uint64_t who, uint64_t id, bool on, const struct origin *origin)
{
	struct post p;
	enum err e = post_load(t, id, &p);
	if (e != OK)
		return e;
	bool at_top = p.community != 0 && circle_may_moderate(t, who, &p);
	return post_pin_at(t, who, at_top ? p.community : p.author, id, on, origin);
}

/* ---- who wrote it leaves --------------------------------------------------------------------- */

#define PARTED_AT_ONCE 50

/* Messages to someone, and what was for those who follow its author, go in any case. */
static bool may_stay(const struct post *p, uint32_t keep)
{
	bool for_some = p->visibility > VISIBLE_UNLISTED && p->circles.read == CIRCLE_EVERYONE;
	bool without = p->kind == POST_FILE && !(keep & KEEP_FILES); /* it would be nothing */
	return !p->gone && p->removed_by == 0 && !for_some && !without
		&& (keep & (p->root == p->id ? KEEP_STARTS : KEEP_ANSWERS)) != 0;
}

static enum err strip_files(struct txn *t, struct post *p)
{
	struct extra x;
	extra_read(txn_arena(t), p->extra, &x);
	if (x.attachment_count == 0)
		return OK;
	x.attachments = NULL;
	x.attachment_count = 0;
	struct bytes bare = extra_write(txn_arena(t), &x);
	enum err e = media_follow(t, p, p->extra, bare);
	p->extra = bare;
	return e;
}

/* Its address has the author's name no longer. */
static enum err part_with(struct txn *t, const struct leaver *who, uint64_t id)
{
	struct post p;
	char digits[ID_TEXT];
	enum err e = post_load(t, id, &p);
	bool stays = e == OK && may_stay(&p, who->keep);
	if (e == OK && !stays && !p.gone) {
		e = post_remove(t, who->actor, id, NULL, NULL);
		if (e == OK)
			e = post_load(t, id, &p);
	}
	if (e == OK && stays)
		e = forget_revisions(t, id);
	if (e == OK && stays && !(who->keep & KEEP_FILES))
		e = strip_files(t, &p);
	p.url = arena_format(
		txn_arena(t), "%s/@%s/%s", txn_site(t)->base_url, FORMER_NAME, id_text(id, digits));
	return e == OK ? post_save(t, &p) : e;
}

enum err post_part(struct txn *t, const struct leaver *who, struct place *at)
{
	struct u64s ids;
	uint64_t after = at->size > 0 ? place_id((struct bytes){at->at, at->size}, 1) : 0;
	enum err e = post_ids(t, TABLE_BY_AUTHOR, who->actor, after, false, PARTED_AT_ONCE, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		e = part_with(t, who, ids.at[i]);
	if (e == OK)
		*at = ids.count == PARTED_AT_ONCE
			? place_2(TABLE_BY_AUTHOR, who->actor, ids.at[ids.count - 1])
			: (struct place){0};
	return e;
}
