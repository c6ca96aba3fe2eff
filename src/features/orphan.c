/* orphan.c: replies that came before what they answer take their place when that arrives. */
#include "features.h"

#define AT_ONCE 50       /* orphans adopted by one arrival; the next reply brings in more */
#define SUBTREE_MOST 200 /* posts that move with one orphan */

enum err orphan_keep(struct txn *t, const struct post *p)
{
	struct place place = place_hash_1(TABLE_ORPHAN, p->parent_uri, p->id);
	return txn_put(t, &place, (struct bytes){"\1", 1});
}

struct waiting {
	uint64_t ids[AT_ONCE];
	size_t count;
};

static enum err add_waiting(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct waiting *w = arg;
	w->ids[w->count++] = place_id_at(key, key.size - sizeof(uint64_t));
	return OK;
}

static const uint32_t kinds[] = {TALLY_REPLIES, TALLY_REPLIES_MEMBERS, TALLY_REPLIES_CORE};
struct subtree { /* what hangs below the orphan: replies that are counted there */
	int64_t all[COUNT(kinds)], direct[COUNT(kinds)]; /* of each circle */
};

/* One post of the orphan's conversation moves to the parent's. */
static enum err move(struct txn *t, uint64_t id, uint64_t orphan, const struct post *parent,
	struct subtree *below)
{
	struct post p;
	enum err e = post_load(t, id, &p);
	if (e != OK)
		return e;
	post_place(&p, parent, url_same_host(p.uri, txn_site(t)->base_url));
	if (id == orphan) {
		p.parent = parent->id;
		p.locked = false;
		e = post_count_reply(t, &p, true);
	} else {
		below->all[p.circles.read] += p.counted;
		below->direct[p.circles.read] += p.counted && p.parent == orphan;
	}
	struct place from = place_2(TABLE_BY_ROOT, orphan, id),
		     to = place_2(TABLE_BY_ROOT, parent->root, id);
	if (e == OK)
		e = post_save(t, &p);
	if (e == OK)
		e = txn_del(t, &from);
	return e == OK ? txn_put_id(t, &to, p.parent) : e;
}

/* The start counts all that hangs below it; the orphan, which was one, its own replies only. */
static enum err count_in(
	struct txn *t, uint64_t orphan, const struct post *parent, const struct subtree *below)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < COUNT(kinds); i++) {
		struct place at_root = place_2(TABLE_TALLY, parent->root, kinds[i]),
			     at_orphan = place_2(TABLE_TALLY, orphan, kinds[i]);
		if (below->all[i] == 0)
			continue;
		e = txn_add(t, &at_root, below->all[i], NULL);
		if (e == OK)
			e = txn_add(t, &at_orphan, below->direct[i] - below->all[i], NULL);
	}
	return e;
}

static enum err adopt(struct txn *t, uint64_t id, const struct post *parent)
{
	struct post orphan;
	struct u64s tree;
	enum err e = post_load(t, id, &orphan);
	if (e == ERR_NOT_FOUND)
		return OK;
	/* Two posts may claim to answer each other: no circle of replies. What was written for everyone joins no circle. */
	if (e == OK
		&& (orphan.parent != 0 || parent->root == id
			|| parent->circles.read != CIRCLE_EVERYONE
			|| !circle_may_reply(t, orphan.author, parent)))
		return OK; /* it stays on its own */
	if (e == OK)
		e = post_of_conversation(t, id, 0, SUBTREE_MOST + 1, &tree);
	if (e != OK || tree.count > SUBTREE_MOST)
		return e;
	struct subtree below = {0};
	for (size_t i = 0; e == OK && i < tree.count; i++)
		e = move(t, tree.at[i], id, parent, &below);
	return e == OK ? count_in(t, id, parent, &below) : e;
}

enum err orphan_adopt(struct txn *t, const struct post *parent)
{
	struct waiting *w = arena_alloc(txn_arena(t), sizeof *w);
	struct walk walk = {.prefix = place_hash(TABLE_ORPHAN, parent->uri), .max = AT_ONCE};
	enum err e = txn_walk(t, &walk, add_waiting, w);
	for (size_t i = 0; e == OK && i < w->count; i++) {
		struct place row = place_hash_1(TABLE_ORPHAN, parent->uri, w->ids[i]);
		e = txn_del(t, &row);
		if (e == OK)
			e = adopt(t, w->ids[i], parent);
	}
	return e;
}
