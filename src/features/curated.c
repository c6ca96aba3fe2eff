/* curated.c: feeds of other sites that a community reads: what they bring waits, comes once, and is placed by a tick. */
#include "curated.h"

#include <string.h>

#define TAKEN_FOR (10 * MINUTE)
#define MARKED_FOR (180 * DAY) /* since it was last seen */
#define WORDS_MOST 4096
#define LANGUAGE_MOST 35
#define DROPPED_AT_ONCE 500

static const struct field feed_fields[] = {
	{1, F_U64, offsetof(struct curated_feed, id), 0},
	{2, F_U64, offsetof(struct curated_feed, community), 0},
	{3, F_TEXT, offsetof(struct curated_feed, address), CURATED_ADDRESS},
	{4, F_TEXT, offsetof(struct curated_feed, title), WORDS_MOST},
	{5, F_TEXT, offsetof(struct curated_feed, link), CURATED_ADDRESS},
	{6, F_TEXT, offsetof(struct curated_feed, language), LANGUAGE_MOST},
	{7, F_TEXT, offsetof(struct curated_feed, said), LANGUAGE_MOST},
	{8, F_TEXT, offsetof(struct curated_feed, etag), CURATED_WORD},
	{9, F_TEXT, offsetof(struct curated_feed, modified), CURATED_WORD},
	{10, F_I64, offsetof(struct curated_feed, added), 0},
	{11, F_I64, offsetof(struct curated_feed, read), 0},
	{12, F_I64, offsetof(struct curated_feed, next), 0},
	{13, F_I64, offsetof(struct curated_feed, pause), 0},
	{14, F_U32, offsetof(struct curated_feed, how), 0},
	{15, F_U32, offsetof(struct curated_feed, failures), 0},
	{16, F_I64, offsetof(struct curated_feed, wanted), 0},
};
const struct shape curated_feed_shape = {
	"curated_feed", sizeof(struct curated_feed), feed_fields, COUNT(feed_fields)};

static const struct field item_fields[] = {
	{1, F_U64, offsetof(struct curated_item, id), 0},
	{2, F_U64, offsetof(struct curated_item, feed), 0},
	{3, F_TEXT, offsetof(struct curated_item, key), CURATED_WORD},
	{4, F_TEXT, offsetof(struct curated_item, link), CURATED_ADDRESS},
	{5, F_TEXT, offsetof(struct curated_item, title), WORDS_MOST},
	{6, F_TEXT, offsetof(struct curated_item, summary), WORDS_MOST},
	{7, F_TEXT, offsetof(struct curated_item, language), LANGUAGE_MOST},
	{8, F_I64, offsetof(struct curated_item, published), 0},
	{9, F_I64, offsetof(struct curated_item, decided), 0},
};
const struct shape curated_item_shape = {
	"curated_item", sizeof(struct curated_item), item_fields, COUNT(item_fields)};

/* ---- feeds ------------------------------------------------------------------------------------- */

enum err curated_feed_load(struct txn *t, uint64_t community, uint64_t id, struct curated_feed *out)
{
	struct place place = place_2(TABLE_CURATED_FEED, community, id);
	return txn_load(t, &place, &curated_feed_shape, out);
}

enum err curated_feeds(struct txn *t, uint64_t community, struct u64s *out)
{
	return post_ids(t, TABLE_CURATED_FEED, community, 0, false, CURATED_FEEDS, out);
}

/* And in the line of those that are asked again, at `next`. */
enum err curated_feed_save(struct txn *t, struct curated_feed *f, int64_t next)
{
	struct place place = place_2(TABLE_CURATED_FEED, f->community, f->id);
	struct place was = place_2(TABLE_CURATED_DUE, (uint64_t)f->next, f->id);
	struct place due = place_2(TABLE_CURATED_DUE, (uint64_t)next, f->id);
	enum err e = f->next != 0 ? txn_del(t, &was) : OK;
	f->next = next;
	if (e == OK && next != 0)
		e = txn_put_id(t, &due, f->community);
	return e == OK ? txn_save(t, &place, &curated_feed_shape, f) : e;
}

static enum err first_due(void *arg, struct bytes key, struct bytes value)
{
	struct curated_feed *f = arg;
	if (place_id(key, 0) <= (uint64_t)time_now()) {
		f->next = (int64_t)place_id(key, 0);
		f->id = place_id(key, 1);
		f->community = place_id_at(value, 0);
	}
	return ERR_CONFLICT;
}

enum err curated_next(struct txn *t, struct curated_feed *out)
{
	struct walk walk = {.prefix = place_0(TABLE_CURATED_DUE), .max = 1};
	struct curated_feed f = {0}, found;
	enum err e = txn_walk(t, &walk, first_due, &f);
	*out = (struct curated_feed){0};
	if (e != OK || f.id == 0)
		return e;
	e = curated_feed_load(t, f.community, f.id, &found);
	if (e == ERR_NOT_FOUND) {
		struct place row = place_2(TABLE_CURATED_DUE, (uint64_t)f.next, f.id);
		return txn_del(t, &row);
	}
	if (e == OK)
		e = curated_feed_save(t, &found, time_now() + TAKEN_FOR);
	if (e == OK)
		*out = found;
	return e;
}

enum err curated_again(struct txn *t, uint64_t community, uint64_t id)
{
	struct curated_feed f;
	enum err e = curated_feed_load(t, community, id, &f);
	f.failures = 0;
	f.etag = f.modified = NULL;
	return e == OK ? curated_feed_save(t, &f, time_now()) : e;
}

enum err curated_speaks(struct txn *t, uint64_t community, uint64_t id, const char *language)
{
	struct curated_feed f;
	enum err e = curated_feed_load(t, community, id, &f);
	f.language = language;
	return e == OK ? curated_feed_save(t, &f, f.next) : e;
}

/* ---- items ------------------------------------------------------------------------------------- */

static struct place item_place(uint64_t community, enum curated_state state, uint64_t id)
{
	return place_3(TABLE_CURATED_ITEM, community, state, id);
}

enum err curated_item_load(struct txn *t, uint64_t community, enum curated_state state, uint64_t id,
	struct curated_item *out)
{
	struct place place = item_place(community, state, id);
	return txn_load(t, &place, &curated_item_shape, out);
}

struct gather {
	uint64_t *ids;
	size_t count;
};

static enum err gather_one(void *arg, struct bytes key, struct bytes value)
{
	struct gather *g = arg;
	(void)value;
	g->ids[g->count++] = place_id(key, 2);
	return OK;
}

enum err curated_list(struct txn *t, uint64_t community, enum curated_state state, uint64_t before,
	size_t max, struct u64s *out)
{
	max = max < CURATED_FULL ? max : CURATED_FULL;
	struct gather g = {.ids = arena_array(txn_arena(t), max, sizeof *g.ids)};
	struct place from = item_place(community, state, before - 1);
	struct walk walk = {.prefix = place_2(TABLE_CURATED_ITEM, community, state),
		.from = before != 0 ? &from : NULL,
		.backward = true,
		.max = max};
	enum err e = txn_walk(t, &walk, gather_one, &g);
	if (e == OK)
		*out = (struct u64s){g.ids, g.count};
	return e;
}

size_t curated_waiting(struct txn *t, uint64_t community)
{
	struct u64s ids;
	return curated_list(t, community, CURATED_WAITS, 0, CURATED_FULL, &ids) == OK ? ids.count
										      : 0;
}

enum err curated_decide(struct txn *t, uint64_t community, uint64_t id, enum curated_state to)
{
	struct curated_item i;
	enum curated_state from = to == CURATED_WAITS ? CURATED_NOT_PLACED : CURATED_WAITS;
	struct place was = item_place(community, from, id), place = item_place(community, to, id);
	enum err e = curated_item_load(t, community, from, id, &i);
	i.decided = to == CURATED_NOT_PLACED ? time_now() : 0;
	if (e == OK)
		e = txn_del(t, &was);
	return e == OK ? txn_save(t, &place, &curated_item_shape, &i) : e;
}

/* ---- placing ----------------------------------------------------------------------------------- */

/* A sign that Markdown, or what makes links of addresses, would take for its own. */
static bool is_sign(const char *s, size_t i)
{
	bool web = s[i] == '.' && i > 0 && (s[i - 1] | 0x20) == 'w';
	return web || strchr("\\`*_{}[]()<>~|&!:", s[i]) != NULL
		|| (i == 0 && strchr("-+=", s[i]) != NULL);
}

/* Others' words mean nothing here: no heading, no link, nobody is named, no hashtag. */
static void quote(struct text *out, const char *s)
{
	size_t digits = strspn(s, "0123456789");
	for (size_t i = 0; s[i] != '\0'; i++) {
		bool listed = i == digits && i > 0 && s[i] == '.';
		if (s[i] == '@' || s[i] == '#')
			text_format(out, "&#%d;",
				s[i]); /* a backslash does not take its meaning away */
		else if (listed || is_sign(s, i))
			text_format(out, "\\%c", s[i]);
		else
			text_char(out, s[i] != '\n' ? s[i] : ' ');
	}
}

static void quote_link(struct text *out, const char *link)
{
	for (; *link != '\0'; link++)
		if (*link == '&')
			text_add(out, "&amp;");
		else
			text_char(out, *link);
}

/* As it is offered to write in, when it is one of those: "nl" for "nl-be". */
static const char *language_of(
	struct txn *t, const struct curated_feed *f, const struct curated_item *i)
{
	struct actor community;
	const char *said = f->language != NULL ? f->language
		: i->language != NULL          ? i->language
					       : f->said;
	for (size_t k = 0; said != NULL && k < COUNT(post_languages); k++)
		if (strncmp(said, post_languages[k][0], 2) == 0
			&& (said[2] == '\0' || said[2] == '-'))
			return post_languages[k][0];
	if (said == NULL && actor_load(t, f->community, &community) == OK)
		said = community.language;
	return said != NULL ? said : txn_site(t)->language;
}

static const char *words_of(struct txn *t, const struct curated_feed *f,
	const struct curated_item *i, const char *language)
{
	struct text out;
	const char *spoken = i18n_has(language) ? language : txn_site(t)->language;
	text_init(&out, txn_arena(t), POST_TEXT_MOST);
	if (i->summary != NULL && *i->summary != '\0') {
		text_add(&out, "> ");
		quote(&out, i->summary);
		text_add(&out, "\n\n");
	}
	text_format(&out, "[%s ", i18n(spoken, "Read on at"));
	quote(&out, f->title);
	text_add(&out, "](<");
	quote_link(&out, i->link);
	text_add(&out, ">)");
	return out.at;
}

enum err curated_place(struct txn *t, uint64_t who, uint64_t community, uint64_t id,
	struct refusal *why, struct post *out)
{
	struct curated_item i;
	struct curated_feed f;
	struct place place = item_place(community, CURATED_WAITS, id);
	enum err e = curated_item_load(t, community, CURATED_WAITS, id, &i);
	if (e == OK)
		e = curated_feed_load(t, community, i.feed, &f);
	if (e == OK)
		e = txn_del(t, &place);
	if (e != OK)
		return e;
	const char *language = language_of(t, &f, &i);
	struct post_draft draft = {.author = who,
		.community = community,
		.title = i.title,
		.source = words_of(t, &f, &i, language),
		.language = language};
	return post_create(t, &draft, NULL, why, out);
}

/* ---- what goes --------------------------------------------------------------------------------- */

/* What still waits may come again, should the feed be added again; what was decided stays decided. */
static enum err drop_items(struct txn *t, const struct curated_feed *f, enum curated_state state)
{
	struct u64s ids = {.count = CURATED_FULL};
	struct curated_item i;
	uint64_t before = 0;
	enum err e = OK;
	while (e == OK && ids.count == CURATED_FULL) {
		e = curated_list(t, f->community, state, before, CURATED_FULL, &ids);
		for (size_t k = 0; e == OK && k < ids.count; k++) {
			struct place place = item_place(f->community, state, ids.at[k]);
			before = ids.at[k];
			e = curated_item_load(t, f->community, state, before, &i);
			if (e != OK || i.feed != f->id)
				continue;
			e = state == CURATED_WAITS ? curated_unmark(t, f, &i) : OK;
			if (e == OK)
				e = txn_del(t, &place);
		}
	}
	return e;
}

enum err curated_end(struct txn *t, uint64_t community, uint64_t id)
{
	struct curated_feed f;
	struct place place = place_2(TABLE_CURATED_FEED, community, id);
	enum err e = curated_feed_load(t, community, id, &f);
	if (e == OK)
		e = drop_items(t, &f, CURATED_WAITS);
	if (e == OK)
		e = drop_items(t, &f, CURATED_NOT_PLACED);
	if (e == OK)
		e = curated_feed_save(t, &f, 0);
	return e == OK ? txn_del(t, &place) : e;
}

struct dropping {
	struct place rows[DROPPED_AT_ONCE];
	size_t count;
};

static enum err drop_one(void *arg, struct bytes key, struct bytes value)
{
	struct dropping *d = arg;
	(void)value;
	d->rows[d->count++] = place_key(key);
	return OK;
}

enum err curated_forget(struct txn *t, uint64_t community)
{
	struct u64s feeds;
	struct dropping *d = arena_alloc(txn_arena(t), sizeof *d);
	struct walk walk = {
		.prefix = place_1(TABLE_CURATED_MARK, community), .max = DROPPED_AT_ONCE};
	enum err e = curated_feeds(t, community, &feeds);
	for (size_t k = 0; e == OK && k < feeds.count; k++)
		e = curated_end(t, community, feeds.at[k]);
	for (d->count = DROPPED_AT_ONCE; e == OK && d->count == DROPPED_AT_ONCE;) {
		d->count = 0;
		e = txn_walk(t, &walk, drop_one, d);
		for (size_t k = 0; e == OK && k < d->count; k++)
			e = txn_del(t, &d->rows[k]);
	}
	return e;
}

/* ---- on time ----------------------------------------------------------------------------------- */

static bool waited_long(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct curated_item i;
	int64_t before = *(const int64_t *)arg - CURATED_WAITS_FOR;
	return record_read(scratch, &curated_item_shape, value, &i) == OK
		&& (place_id(key, 1) == CURATED_WAITS ? id_time(i.id) : i.decided) < before;
}

static bool marked_long(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	(void)scratch, (void)key;
	return (int64_t)place_id_at(value, 0) < *(const int64_t *)arg - MARKED_FOR;
}

struct tidying {
	uint8_t table;
	leaving_is_fn *is;
	struct place at;
};

static enum err tidy_some(struct txn *t, void *arg)
{
	struct tidying *y = arg;
	struct place at = y->at;
	int64_t now = time_now();
	enum err e = leaving_sweep(t, y->table, &at, y->is, NULL, &now);
	if (e == OK)
		y->at = at;
	return e;
}

static void tidy(struct store *store, void *arg)
{
	struct tidying all[] = {
		{TABLE_CURATED_ITEM, waited_long, {0}}, {TABLE_CURATED_MARK, marked_long, {0}}};
	enum err e = OK;
	(void)arg;
	for (size_t i = 0; i < COUNT(all); i++)
		do
			e = store_write(store, tidy_some, &all[i]);
		while (e == OK && all[i].at.size > 0);
	if (e != OK)
		log_line(LOG_WARN, "curated", "error=%s", err_name(e));
}

const struct chore curated_chores[] = {{"curated", 6 * HOUR, tidy, NULL}, {0}};
const struct table_use curated_tables[] = {
	{TABLE_CURATED_FEED, &curated_feed_shape},
	{TABLE_CURATED_DUE, NULL},
	{TABLE_CURATED_ITEM, &curated_item_shape},
	{TABLE_CURATED_MARK, NULL},
	{0},
};
