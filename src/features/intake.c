/* intake.c: what a visit to a feed brought (curated.c): each item once, as many as may wait, and when it is asked again. */
#include "curated.h"

#include <string.h>

#define OF_ONE_MOST 50         /* that wait of one feed */
#define FIRST_MOST 10          /* that wait of what a feed held when it was added */
#define PAUSE_LEAST HOUR       /* between two visits */
#define PAUSE_QUIET (8 * HOUR) /* of a feed that has nothing new */
#define PAUSE_MOST DAY         /* however long it wants */
#define FAILED_MOST (2 * DAY)
#define FAILURES_MOST 12 /* about two weeks */
#define SEEN_AGAIN (7 * DAY)

/* ---- what came already -------------------------------------------------------------------------- */

/* An item is known by what its feed calls it; by its title and link, when a feed calls it otherwise each time; and by its
 * link alone when another feed of the community brought it. */
enum mark { MARK_KEY, MARK_TITLE, MARK_LINK, MARKS };

static struct place mark_place(
	struct txn *t, const struct curated_feed *f, enum mark mark, const struct curated_item *i)
{
	const char *first = mark == MARK_KEY ? f->address : i->link,
		   *second = mark == MARK_KEY ? i->key
		: mark == MARK_TITLE          ? i->title
					      : "";
	struct place hash = place_hash(
		0, arena_format(txn_arena(t), "%d\n%s\n%s", (int)mark, first, second));
	struct bytes key = {hash.at, hash.size};
	return place_3(TABLE_CURATED_MARK, f->community, place_id(key, 0), place_id(key, 1));
}

static enum err set_marks(struct txn *t, const struct curated_feed *f, const struct curated_item *i)
{
	enum err e = OK;
	struct place said = place_2(0, (uint64_t)time_now(), f->id); /* as they stand in a key */
	for (enum mark m = 0; e == OK && m < MARKS; m++) {
		struct place place = mark_place(t, f, m, i);
		e = txn_put(t, &place, (struct bytes){said.at + 1, 2 * sizeof(uint64_t)});
	}
	return e;
}

enum err curated_unmark(struct txn *t, const struct curated_feed *f, const struct curated_item *i)
{
	enum err e = OK;
	for (enum mark m = 0; e == OK && m < MARKS; m++) {
		struct place place = mark_place(t, f, m, i);
		e = txn_del(t, &place);
	}
	return e;
}

/* What its feed still shows stays marked. */
static enum err is_known(
	struct txn *t, const struct curated_feed *f, const struct curated_item *i, bool *known)
{
	struct bytes value;
	*known = false;
	for (enum mark m = 0; !*known && m < MARKS; m++) {
		struct place place = mark_place(t, f, m, i);
		enum err e = txn_get(t, &place, &value);
		if (e != OK && e != ERR_NOT_FOUND)
			return e;
		*known = e == OK && (m != MARK_LINK || place_id_at(value, 8) != f->id);
	}
	bool again = *known && (int64_t)place_id_at(value, 0) < time_now() - SEEN_AGAIN;
	return again ? set_marks(t, f, i) : OK;
}

/* ---- what a visit brought ------------------------------------------------------------------------ */

struct room { /* how many more may wait */
	size_t all, of_feed;
};

static enum err find_room(struct txn *t, const struct curated_feed *f, struct room *out)
{
	struct u64s ids;
	struct curated_item i;
	struct room taken = {0};
	enum err e = curated_list(t, f->community, CURATED_WAITS, 0, CURATED_FULL, &ids);
	for (size_t k = 0; e == OK && k < ids.count; k++) {
		e = curated_item_load(t, f->community, CURATED_WAITS, ids.at[k], &i);
		taken.of_feed += e == OK && i.feed == f->id;
	}
	taken.all = ids.count;
	if (e == OK)
		*out = (struct room){CURATED_FULL - taken.all,
			taken.of_feed < OF_ONE_MOST ? OF_ONE_MOST - taken.of_feed : 0};
	return e;
}

static struct curated_item item_of(const struct curated_feed *f, const struct syndicated *s)
{
	int64_t now = time_now();
	return (struct curated_item){.feed = f->id,
		.key = s->id,
		.link = s->link,
		.title = s->title,
		.summary = s->summary,
		.language = s->language,
		.published = s->published > now ? now : s->published};
}

/* Of what there was before it was read here, the newest few wait, unless they are old; the rest counts as seen. */
static bool is_past(const struct curated_item *i, size_t waiting)
{
	return waiting >= FIRST_MOST
		|| (i->published != 0 && i->published < time_now() - CURATED_WAITS_FOR);
}

/* What there is no room for is not marked: it comes with the next visit. The last of a feed is its oldest, and so is the
 * first to get an id. */
static enum err take_items(
	struct txn *t, const struct curated_feed *f, const struct syndication *s, size_t *fresh)
{
	struct room room;
	struct curated_item *all = arena_array(txn_arena(t), s->count, sizeof *all);
	size_t count = 0;
	bool known, begins = f->read == 0;
	enum err e = find_room(t, f, &room);
	for (size_t k = 0; e == OK && k < s->count; k++) {
		struct curated_item i = item_of(f, &s->items[k]);
		e = is_known(t, f, &i, &known);
		bool past = e == OK && !known && begins && is_past(&i, count);
		if (e != OK || known || (!past && (count >= room.all || count >= room.of_feed)))
			continue;
		e = set_marks(t, f, &i);
		if (!past)
			all[count++] = i;
	}
	*fresh = count;
	for (; e == OK && count > 0; count--) {
		struct curated_item *i = &all[count - 1];
		i->id = id_next();
		struct place place = place_3(
			TABLE_CURATED_ITEM, f->community, CURATED_WAITS, i->id);
		e = txn_save(t, &place, &curated_item_shape, i);
	}
	return e;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Not all at one moment, and each always a little apart from what it was. */
static int64_t next_visit(const struct curated_feed *f, int64_t wait)
{
	return time_now() + wait + (int64_t)(f->id % (uint64_t)(wait / 10));
}

static int64_t after_good(struct curated_feed *f, const struct curated_answer *a, size_t fresh)
{
	f->failures = 0;
	f->read = time_now();
	f->pause = fresh > 0 ? PAUSE_LEAST : least(2 * f->pause, PAUSE_QUIET);
	f->pause = most(f->pause, PAUSE_LEAST);
	return next_visit(f, least(most(f->pause, most(f->wanted, a->pause)), PAUSE_MOST));
}

static int64_t after_bad(struct curated_feed *f, const struct curated_answer *a)
{
	int64_t wait = PAUSE_LEAST << (f->failures < 6 ? f->failures : 6);
	if (++f->failures >= FAILURES_MOST || a->how == CURATED_GONE)
		return 0;
	return next_visit(f, least(most(wait, a->pause), FAILED_MOST));
}

/* To be sent back as it came. */
static const char *header_of(const char *s)
{
	size_t size = s != NULL ? strlen(s) : 0;
	for (size_t i = 0; i < size; i++)
		if (s[i] < ' ' || s[i] > '~')
			return NULL;
	return size > 0 && size <= CURATED_WORD ? s : NULL;
}

static enum err take(struct txn *t, struct curated_feed *f, const struct curated_answer *a)
{
	size_t fresh = 0;
	enum err e = OK;
	f->how = a->how;
	if (a->how != CURATED_READ && a->how != CURATED_SAME)
		return curated_feed_save(t, f, after_bad(f, a));
	if (a->how == CURATED_READ) {
		const struct syndication *s = &a->feed;
		f->title = s->title != NULL ? s->title : f->title;
		f->link = s->link != NULL ? s->link : f->link;
		f->said = s->language;
		f->wanted = s->pause;
		f->etag = header_of(a->etag);
		f->modified = header_of(a->modified);
		e = take_items(t, f, s, &fresh);
	}
	return e == OK ? curated_feed_save(t, f, after_good(f, a, fresh)) : e;
}

enum err curated_took(
	struct txn *t, uint64_t community, uint64_t id, const struct curated_answer *a)
{
	struct curated_feed f;
	enum err e = curated_feed_load(t, community, id, &f);
	if (e == ERR_NOT_FOUND) /* taken off meanwhile */
		return OK;
	return e == OK ? take(t, &f, a) : e;
}

enum err curated_add(struct txn *t, uint64_t community, const char *language,
	const struct curated_answer *a, struct refusal *why, struct curated_feed *out)
{
	struct u64s ids;
	struct curated_feed f;
	struct url url;
	enum err e = curated_feeds(t, community, &ids);
	for (size_t k = 0; e == OK && k < ids.count; k++) {
		e = curated_feed_load(t, community, ids.at[k], &f);
		if (e == OK && text_is(f.address, a->address))
			return ERR_CONFLICT;
	}
	if (e == OK && ids.count == CURATED_FEEDS)
		return refuse(why, "address", "A community reads at most 20 feeds.");
	f = (struct curated_feed){.id = id_next(),
		.community = community,
		.address = a->address,
		.title = url_parse(txn_arena(t), a->address, &url) == OK ? url.host : a->address,
		.language = language,
		.added = time_now()};
	if (e == OK)
		e = take(t, &f, a);
	if (e == OK)
		*out = f;
	return e;
}
