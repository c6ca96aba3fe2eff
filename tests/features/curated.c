/* curated.c, intake.c, curation.c: what feeds bring comes once and waits; who decides on it, what is placed, what goes. */
#include "curated.h"
#include "world.h"

#include "roll.h"

#include <string.h>

static struct actor board, other, anna, bas;
static struct viewer as_anna, as_bas;

static enum err people(struct txn *t)
{
	struct account_draft draft = {.name = "anna", .title = "Anna", .email = "anna@example.org"};
	enum err e = account_create(t, &draft, NULL, &anna);
	draft = (struct account_draft){.name = "bas", .title = "Bas", .email = "bas@example.org"};
	if (e == OK)
		e = account_create(t, &draft, NULL, &bas);
	struct community_draft community = {.name = "board", .title = "Board", .founder = anna.id};
	if (e == OK)
		e = community_create(t, &community, NULL, &board);
	community = (struct community_draft){.name = "other", .title = "Other", .founder = bas.id};
	if (e == OK)
		e = community_create(t, &community, NULL, &other);
	as_anna = (struct viewer){.actor = anna.id, .local = true};
	as_bas = (struct viewer){.actor = bas.id, .local = true};
	return e;
}

/* As a feed brings them: `count` items, the newest, with the highest number, first. */
static struct curated_answer brings(const char *address, int from, int count)
{
	struct syndicated *all = arena_array(world.arena, (size_t)count, sizeof *all);
	for (int i = 0; i < count; i++) {
		int number = from + count - 1 - i;
		all[i] = (struct syndicated){.id = arena_format(world.arena, "id %d", number),
			.link = arena_format(world.arena, "https://news.example/%d", number),
			.title = arena_format(world.arena, "Item %d", number),
			.summary = "Words",
			.language = "nl-nl",
			.published = time_now() - HOUR};
	}
	return (struct curated_answer){.how = CURATED_READ,
		.address = address,
		.etag = "\"1\"",
		.feed = {.title = "News", .language = "nl", .items = all, .count = (size_t)count}};
}

#define ONE "https://news.example/feed"
#define TWO "https://two.example/feed"

static enum err add(
	struct txn *t, const char *address, int from, int count, struct curated_feed *out)
{
	struct curated_answer a = brings(address, from, count);
	return curated_add(t, board.id, NULL, &a, NULL, out);
}

static enum err again(struct txn *t, const struct curated_feed *f, int from, int count)
{
	struct curated_answer a = brings(f->address, from, count);
	return curated_took(t, f->community, f->id, &a);
}

static struct u64s waiting(struct txn *t)
{
	struct u64s ids = {0};
	(void)!curated_list(t, board.id, CURATED_WAITS, 0, CURATED_FULL, &ids);
	return ids;
}

static const char *title_of(struct txn *t, uint64_t id)
{
	struct curated_item i;
	return curated_item_load(t, board.id, CURATED_WAITS, id, &i) == OK ? i.title : "";
}

struct counting {
	size_t count;
};

static enum err count_one(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	((struct counting *)arg)->count++;
	return OK;
}

static size_t rows(struct txn *t, uint8_t table)
{
	struct counting c = {0};
	struct walk walk = {.prefix = place_0(table), .max = WALK_ALL};
	return txn_walk(t, &walk, count_one, &c) == OK ? c.count : 0;
}

/* ---- coming in --------------------------------------------------------------------------------- */

IN_WRITE(what_comes_waits_and_comes_once)
{
	(void)arg;
	struct curated_feed f;
	WANT(people(t) == OK);
	WANT(add(t, ONE, 1, 30, &f) == OK);
	struct u64s ids = waiting(t);
	WANT(ids.count == 10); /* the newest of what there was */
	WANT(text_is(title_of(t, ids.at[0]), "Item 30")
		&& text_is(title_of(t, ids.at[9]), "Item 21"));
	WANT(again(t, &f, 1, 30) == OK && waiting(t).count == 10);
	WANT(again(t, &f, 5, 28) == OK && waiting(t).count == 12);
	ids = waiting(t);
	WANT(text_is(title_of(t, ids.at[0]), "Item 32")
		&& text_is(title_of(t, ids.at[1]), "Item 31"));
	WANT(again(t, &f, 5, 28) == OK && waiting(t).count == 12);
	return OK;
}

/* A feed that calls its items otherwise each time; another one that brings the same; one page that all lead to. */
IN_WRITE(an_item_is_known_again)
{
	(void)arg;
	struct curated_feed f, g;
	WANT(people(t) == OK && add(t, ONE, 1, 3, &f) == OK);
	struct curated_answer a = brings(ONE, 1, 3);
	for (size_t i = 0; i < 3; i++)
		a.feed.items[i].id = arena_format(world.arena, "new %zu", i);
	WANT(curated_took(t, board.id, f.id, &a) == OK && waiting(t).count == 3);
	a.feed.items[0]
		.title = "Changed"; /* and called otherwise: something else at the same place */
	a.feed.items[0].id = "newer";
	WANT(curated_took(t, board.id, f.id, &a) == OK && waiting(t).count == 4);
	WANT(add(t, TWO, 2, 4, &g) == OK);
	WANT(waiting(t).count == 6); /* 4 and 5 */
	WANT(again(t, &g, 2, 4) == OK && waiting(t).count == 6);
	/* For another community it is new. */
	a = brings(ONE, 1, 3);
	WANT(curated_add(t, other.id, NULL, &a, NULL, &g) == OK
		&& curated_waiting(t, other.id) == 3);
	return OK;
}

IN_WRITE(there_is_room_for_so_many)
{
	(void)arg;
	struct curated_feed f[6];
	struct refusal why = {0};
	WANT(people(t) == OK);
	for (int i = 0; i < 6; i++) {
		WANT(add(t, arena_format(world.arena, "https://n%d.example/", i), 1000 * i, 1,
			     &f[i])
			== OK);
		WANT(again(t, &f[i], 1000 * i, 100) == OK);
	}
	WANT(waiting(t).count == CURATED_FULL);
	/* What found no room was not lost: it comes when there is some. */
	struct u64s ids = waiting(t);
	for (size_t i = 0; i < ids.count; i++)
		WANT(curated_decide(t, board.id, ids.at[i], CURATED_NOT_PLACED) == OK);
	WANT(again(t, &f[0], 0, 100) == OK && waiting(t).count == 50);
	WANT(again(t, &f[5], 5000, 100) == OK && waiting(t).count == 100);
	for (int i = 6; i < CURATED_FEEDS; i++) {
		struct curated_feed more;
		WANT(add(t, arena_format(world.arena, "https://n%d.example/", i), 1000 * i, 1,
			     &more)
			== OK);
	}
	struct curated_answer a = brings("https://over.example/", 1, 1);
	WANT(curated_add(t, board.id, NULL, &a, &why, &f[0]) == ERR_INVALID
		&& text_is(why.field, "address"));
	a = brings("https://n3.example/", 1, 1);
	WANT(curated_add(t, board.id, NULL, &a, &why, &f[0]) == ERR_CONFLICT);
	return OK;
}

IN_WRITE(what_is_old_when_a_feed_is_added_is_past)
{
	(void)arg;
	struct curated_feed f;
	struct curated_answer a = brings(ONE, 1, 4);
	WANT(people(t) == OK);
	a.feed.items[1].published = time_now() - 31 * DAY;
	a.feed.items[2].published = 0;
	a.feed.items[3].published = time_now() + DAY;
	WANT(curated_add(t, board.id, NULL, &a, NULL, &f) == OK && waiting(t).count == 3);
	struct curated_item i;
	WANT(curated_item_load(t, board.id, CURATED_WAITS, waiting(t).at[2], &i) == OK
		&& i.published == time_now());
	WANT(again(t, &f, 1, 4) == OK && waiting(t).count == 3);
	return OK;
}

/* ---- when it is asked -------------------------------------------------------------------------- */

static enum err due(struct txn *t, struct curated_feed *out)
{
	return curated_next(t, out);
}

IN_WRITE(it_is_asked_at_its_time)
{
	(void)arg;
	struct curated_feed f, g;
	WANT(people(t) == OK && add(t, ONE, 1, 3, &f) == OK);
	WANT(due(t, &g) == OK && g.id == 0);
	WANT(f.next >= NOW + HOUR && f.next < NOW + HOUR + HOUR / 10 && f.read == NOW);
	time_freeze(f.next);
	WANT(due(t, &g) == OK && g.id == f.id && text_is(g.etag, "\"1\""));
	WANT(due(t, &g) == OK && g.id == 0); /* taken */
	time_freeze(time_now() + 11 * MINUTE);
	WANT(due(t, &g) == OK && g.id == f.id); /* and never brought back */
	/* Nothing new: it is asked less and less. */
	struct curated_answer same = {.how = CURATED_SAME};
	for (int i = 0; i < 6; i++)
		WANT(curated_took(t, board.id, f.id, &same) == OK);
	WANT(curated_feed_load(t, board.id, f.id, &g) == OK);
	WANT(g.pause == 8 * HOUR && g.next >= time_now() + 8 * HOUR && text_is(g.etag, "\"1\""));
	WANT(again(t, &f, 2, 3) == OK && curated_feed_load(t, board.id, f.id, &g) == OK
		&& g.pause == HOUR);
	/* It says how often itself; not more than a day. */
	struct curated_answer a = brings(ONE, 1, 3);
	a.feed.pause = 30 * DAY;
	WANT(curated_took(t, board.id, f.id, &a) == OK
		&& curated_feed_load(t, board.id, f.id, &g) == OK);
	WANT(g.next >= time_now() + DAY && g.next < time_now() + DAY + DAY / 10);
	WANT(rows(t, TABLE_CURATED_DUE) == 1);
	return OK;
}

IN_WRITE(failures_make_it_rarer_and_then_end_it)
{
	(void)arg;
	struct curated_feed f, g;
	struct curated_answer away = {.how = CURATED_AWAY};
	int64_t before = 0;
	WANT(people(t) == OK && add(t, ONE, 1, 3, &f) == OK);
	for (int i = 1; i < 12; i++) {
		WANT(curated_took(t, board.id, f.id, &away) == OK
			&& curated_feed_load(t, board.id, f.id, &g) == OK);
		WANT(g.failures == (uint32_t)i && g.how == CURATED_AWAY
			&& g.next - time_now() >= before);
		before = g.next - time_now();
		time_freeze(g.next);
	}
	WANT(before >= 2 * DAY && before < 53 * HOUR && time_now() - NOW > 10 * DAY);
	WANT(curated_took(t, board.id, f.id, &away) == OK
		&& curated_feed_load(t, board.id, f.id, &g) == OK);
	WANT(g.next == 0 && g.read == NOW && rows(t, TABLE_CURATED_DUE) == 0);
	WANT(curated_again(t, board.id, f.id) == OK && due(t, &g) == OK && g.id == f.id
		&& g.etag == NULL);
	WANT(again(t, &f, 1, 3) == OK && curated_feed_load(t, board.id, f.id, &g) == OK
		&& g.failures == 0);
	WANT(waiting(t).count == 3);
	struct curated_answer gone = {.how = CURATED_GONE};
	WANT(curated_took(t, board.id, f.id, &gone) == OK
		&& curated_feed_load(t, board.id, f.id, &g) == OK && g.next == 0);
	struct curated_answer later = {.how = CURATED_AWAY, .pause = 20 * HOUR};
	WANT(curated_again(t, board.id, f.id) == OK
		&& curated_took(t, board.id, f.id, &later) == OK);
	WANT(curated_feed_load(t, board.id, f.id, &g) == OK && g.next >= time_now() + 20 * HOUR);
	return OK;
}

/* ---- placing ----------------------------------------------------------------------------------- */

IN_WRITE(what_is_ticked_becomes_a_post)
{
	(void)arg;
	struct curated_feed f;
	struct curated_answer a = brings(ONE, 1, 2);
	struct post p;
	WANT(people(t) == OK);
	a.feed.title = "The *News* [x]";
	a.feed.items[0].title = "A <b>title</b> of *theirs*";
	a.feed.items[0].summary =
		"1. @anna and #tag: *bold* <script>alert(1)</script> [x](https://evil.example) www.evil.example & \\ `x`";
	a.feed.items[0].link = "https://news.example/2?a=1&lt;=2&b=_3_";
	WANT(curated_add(t, board.id, NULL, &a, NULL, &f) == OK);
	WANT(curated_place(t, anna.id, board.id, waiting(t).at[0], NULL, &p) == OK);
	WANT(p.author == anna.id && p.community == board.id && p.kind == POST_ARTICLE);
	WANT(text_is(p.title, "A <b>title</b> of *theirs*") && text_is(p.language, "nl"));
	WANT(text_is(p.content,
		"<blockquote><p>1. @anna and #tag: *bold* &lt;script&gt;alert(1)&lt;/script&gt; [x](https://evil.example) "
		"www.evil.example &amp; \\ `x`</p></blockquote><p><a href=\"https://news.example/2?a=1&amp;lt;=2&amp;b=_3_\" "
		"rel=\"nofollow noopener noreferrer ugc\">Lees verder bij The *News* [x]</a></p>"));
	WANT(p.mentions.count == 0 && strstr(p.content, "<script") == NULL
		&& strstr(p.content, "<strong>") == NULL);
	struct extra x;
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.hashtags.count == 0);
	WANT(world_lines(t, ACT_CREATE) == 1 && world_last(t, ACT_CREATE).object == p.id);
	/* Once. */
	struct u64s ids = waiting(t);
	WANT(ids.count == 1 && again(t, &f, 1, 2) == OK && waiting(t).count == 1);
	return OK;
}

IN_WRITE(the_language_of_what_is_placed)
{
	(void)arg;
	struct curated_feed f;
	struct curated_answer a = brings(ONE, 1, 4);
	struct post p;
	WANT(people(t) == OK);
	a.feed.items[0].language = "pt-br";
	a.feed.items[1].language = NULL;
	a.feed.language = "en-gb";
	WANT(curated_add(t, board.id, NULL, &a, NULL, &f) == OK);
	WANT(curated_place(t, anna.id, board.id, waiting(t).at[0], NULL, &p) == OK
		&& text_is(p.language, "pt-br"));
	WANT(curated_place(t, anna.id, board.id, waiting(t).at[0], NULL, &p) == OK
		&& text_is(p.language, "en"));
	WANT(strstr(p.content, "Read on at") != NULL);
	WANT(curated_speaks(t, board.id, f.id, "fy") == OK);
	WANT(curated_place(t, anna.id, board.id, waiting(t).at[0], NULL, &p) == OK
		&& text_is(p.language, "fy"));
	WANT(curated_speaks(t, board.id, f.id, NULL) == OK);
	WANT(curated_place(t, anna.id, board.id, waiting(t).at[0], NULL, &p) == OK
		&& text_is(p.language, "nl"));
	WANT(curated_place(t, anna.id, board.id, 5, NULL, &p) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(what_is_not_placed_can_come_back)
{
	(void)arg;
	struct curated_feed f;
	struct u64s ids;
	WANT(people(t) == OK && add(t, ONE, 1, 2, &f) == OK);
	uint64_t one = waiting(t).at[0];
	WANT(curated_decide(t, board.id, one, CURATED_NOT_PLACED) == OK && waiting(t).count == 1);
	WANT(curated_decide(t, board.id, one, CURATED_NOT_PLACED) == ERR_NOT_FOUND);
	WANT(again(t, &f, 1, 2) == OK && waiting(t).count == 1);
	WANT(curated_list(t, board.id, CURATED_NOT_PLACED, 0, 10, &ids) == OK && ids.count == 1);
	WANT(curated_decide(t, board.id, one, CURATED_WAITS) == OK && waiting(t).count == 2);
	WANT(curated_decide(t, other.id, one, CURATED_NOT_PLACED) == ERR_NOT_FOUND);
	return OK;
}

/* ---- what goes --------------------------------------------------------------------------------- */

IN_WRITE(a_feed_takes_along_what_waits)
{
	(void)arg;
	struct curated_feed f, g;
	struct post p;
	WANT(people(t) == OK && add(t, ONE, 1, 4, &f) == OK && add(t, TWO, 10, 1, &g) == OK);
	struct u64s ids = waiting(t);
	WANT(curated_place(t, anna.id, board.id, ids.at[1], NULL, &p) == OK);
	WANT(curated_decide(t, board.id, ids.at[2], CURATED_NOT_PLACED) == OK);
	WANT(curated_end(t, board.id, f.id) == OK && waiting(t).count == 1);
	WANT(curated_end(t, board.id, f.id) == ERR_NOT_FOUND
		&& curated_end(t, other.id, g.id) == ERR_NOT_FOUND);
	WANT(again(t, &f, 1, 5) == OK && waiting(t).count == 1); /* a visit that was under way */
	WANT(rows(t, TABLE_CURATED_ITEM) == 1 && rows(t, TABLE_CURATED_FEED) == 1
		&& rows(t, TABLE_CURATED_DUE) == 1);
	/* Added again: what waited waits again, what was decided stays so. */
	WANT(add(t, ONE, 1, 4, &f) == OK && waiting(t).count == 3);
	return OK;
}

IN_WRITE(a_community_takes_everything_along)
{
	(void)arg;
	struct curated_feed f;
	struct curated_answer a = brings(TWO, 1, 3);
	WANT(people(t) == OK && add(t, ONE, 1, 100, &f) == OK);
	WANT(curated_decide(t, board.id, waiting(t).at[0], CURATED_NOT_PLACED) == OK);
	for (int i = 0; i < 6; i++) /* of many */
		WANT(again(t, &f, 100 * i, 100) == OK);
	WANT(curated_add(t, other.id, NULL, &a, NULL, &f) == OK);
	WANT(actor_remove(t, board.id, NULL) == OK);
	WANT(rows(t, TABLE_CURATED_ITEM) == 3 && rows(t, TABLE_CURATED_FEED) == 1
		&& rows(t, TABLE_CURATED_DUE) == 1);
	WANT(rows(t, TABLE_CURATED_MARK) == 9);
	return OK;
}

static enum err fill(struct txn *t, void *arg)
{
	struct curated_feed f;
	(void)arg;
	enum err e = people(t);
	if (e == OK)
		e = add(t, ONE, 1, 3, &f);
	return e == OK ? curated_decide(t, board.id, waiting(t).at[0], CURATED_NOT_PLACED) : e;
}

struct left {
	size_t items, marks;
};

static enum err look(struct txn *t, void *arg)
{
	*(struct left *)arg = (struct left){
		rows(t, TABLE_CURATED_ITEM), rows(t, TABLE_CURATED_MARK)};
	return OK;
}

static enum err decide_late(struct txn *t, void *arg)
{
	(void)arg;
	return curated_decide(t, board.id, waiting(t).at[0], CURATED_NOT_PLACED);
}

static struct left left_after(int64_t days)
{
	struct left l = {0};
	time_freeze(NOW + days * DAY);
	curated_chores[0].run(world.store, NULL);
	assert_int_equal(store_read(world.store, look, &l), OK);
	return l;
}

static void time_takes_what_nobody_touched(void **state)
{
	(void)state;
	assert_int_equal(store_write(world.store, fill, NULL), OK);
	assert_int_equal(left_after(29).items, 3);
	assert_int_equal(store_write(world.store, decide_late, NULL), OK);
	assert_int_equal(left_after(31).items, 1); /* the one that was decided on later */
	assert_int_equal(left_after(60).items, 0);
	assert_int_equal(left_after(179).marks, 9);
	assert_int_equal(left_after(181).marks, 0);
}

/* ---- pages ------------------------------------------------------------------------------------- */

static enum err post(struct txn *t, const char *path, const struct viewer *viewer,
	const char *const *inputs, struct call **out)
{
	struct call *c = world_call(&feature_curated, METHOD_POST, path, viewer, inputs);
	*out = c;
	return c->route->write(c, t);
}

static enum err page(struct txn *t, const char *path, const struct viewer *viewer,
	const char *const *inputs, const struct node **out)
{
	return world_read(world_call(&feature_curated, METHOD_GET, path, viewer, inputs), t, out);
}

IN_WRITE(the_core_team_decides)
{
	(void)arg;
	struct curated_feed f;
	struct call *c;
	const struct node *v;
	WANT(people(t) == OK && add(t, ONE, 1, 4, &f) == OK);
	struct u64s ids = waiting(t);
	const char *first = arena_format(world.arena, "item=%llu", (unsigned long long)ids.at[0]);
	const char *second = arena_format(world.arena, "item=%llu", (unsigned long long)ids.at[1]);
	const char *third = arena_format(world.arena, "item=%llu", (unsigned long long)ids.at[2]);
	WANT(page(t, "/@board/curated", &as_bas, NULL, &v) == ERR_FORBIDDEN);
	WANT(page(t, "/@board/curated/feeds", &as_bas, NULL, &v) == ERR_FORBIDDEN);
	WANT(page(t, "/@anna/curated", &as_anna, NULL, &v) == ERR_NOT_FOUND);
	WANT(page(t, "/@board/curated", &as_anna, NULL, &v) == OK);
	WANT(world_count(v, "items") == 4 && text_is(world_text(v, "items.0.title"), "Item 4"));
	WANT(text_is(world_text(v, "items.0.source"), "News")
		&& world_number(v, "news_waiting") == 4);
	WANT(post(t, "/@board/curated", &as_bas, (const char *const[]){"what=place", first, NULL},
		     &c)
		== ERR_FORBIDDEN);
	WANT(post(t, "/@board/curated", &as_anna, (const char *const[]){"what=place", NULL}, &c)
		== ERR_INVALID);
	WANT(c->refusal.text != NULL && waiting(t).count == 4);
	WANT(post(t, "/@board/curated", &as_anna,
		     (const char *const[]){"what=place", first, second, NULL}, &c)
		== OK);
	WANT(waiting(t).count == 2 && world_lines(t, ACT_CREATE) == 2);
	/* Again, as from a page that is older: nothing is doubled. */
	WANT(post(t, "/@board/curated", &as_anna,
		     (const char *const[]){"what=place", first, "item=x", NULL}, &c)
		== OK);
	WANT(world_lines(t, ACT_CREATE) == 2);
	WANT(post(t, "/@board/curated", &as_anna, (const char *const[]){"what=refuse", third, NULL},
		     &c)
		== OK);
	WANT(page(t, "/@board/curated", &as_anna, (const char *const[]){"show=not-placed", NULL},
		     &v)
		== OK);
	WANT(world_count(v, "items") == 1 && world_number(v, "not_placed") == 1);
	WANT(post(t, "/@board/curated", &as_anna, (const char *const[]){"what=back", third, NULL},
		     &c)
		== OK);
	WANT(waiting(t).count == 2);
	WANT(page(t, "/@board/curated/feeds", &as_anna, NULL, &v) == OK
		&& world_count(v, "feeds") == 1);
	const char *id = arena_format(
		world.arena, "/@board/curated/feeds/%llu", (unsigned long long)f.id);
	const char *speaks = arena_format(world.arena, "%s/language", id),
		   *ends = arena_format(world.arena, "%s/end", id),
		   *looks = arena_format(world.arena, "%s/again", id);
	WANT(post(t, ends, &as_bas, NULL, &c) == ERR_FORBIDDEN
		&& post(t, speaks, &as_bas, NULL, &c) == ERR_FORBIDDEN
		&& post(t, looks, &as_bas, NULL, &c) == ERR_FORBIDDEN);
	WANT(post(t, speaks, &as_anna, (const char *const[]){"language=de", NULL}, &c) == OK);
	WANT(curated_feed_load(t, board.id, f.id, &f) == OK && text_is(f.language, "de"));
	WANT(post(t, looks, &as_anna, NULL, &c) == OK && due(t, &f) == OK && f.id != 0);
	WANT(post(t, ends, &as_anna, NULL, &c) == OK
		&& post(t, ends, &as_anna, NULL, &c) == ERR_NOT_FOUND);
	WANT(page(t, "/@board/curated", &as_anna, NULL, &v) == OK
		&& world_number(v, "no_feeds") == 1);
	return OK;
}

/* Who is of the team by the roll alone decides too, but places only where they may begin something. */
IN_WRITE(a_team_by_the_roll)
{
	(void)arg;
	struct curated_feed f;
	const struct node *v;
	WANT(people(t) == OK && add(t, ONE, 1, 2, &f) == OK);
	world_member(&bas, board.id, ROLE_CORE, 0);
	board.restricted = true;
	WANT(actor_save(t, &board) == OK);
	WANT(page(t, "/@board/curated", &as_bas, NULL, &v) == OK);
	return OK;
}

static enum err place_as_bas(struct txn *t, void *arg)
{
	struct call **c = arg;
	const char *item = arena_format(
		world.arena, "item=%llu", (unsigned long long)waiting(t).at[0]);
	return post(
		t, "/@board/curated", &as_bas, (const char *const[]){"what=place", item, NULL}, c);
}

/* A refusal leaves everything as it was. */
static void what_may_not_be_placed_still_waits(void **state)
{
	struct call *c;
	struct left l = {0};
	a_team_by_the_roll(state);
	assert_int_equal(store_write(world.store, place_as_bas, &c), ERR_INVALID);
	assert_non_null(c->refusal.text);
	assert_int_equal(store_read(world.store, look, &l), OK);
	assert_int_equal(l.items, 2);
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_comes_waits_and_comes_once),
		WORLD_TEST(an_item_is_known_again),
		WORLD_TEST(there_is_room_for_so_many),
		WORLD_TEST(what_is_old_when_a_feed_is_added_is_past),
		WORLD_TEST(it_is_asked_at_its_time),
		WORLD_TEST(failures_make_it_rarer_and_then_end_it),
		WORLD_TEST(what_is_ticked_becomes_a_post),
		WORLD_TEST(the_language_of_what_is_placed),
		WORLD_TEST(what_is_not_placed_can_come_back),
		WORLD_TEST(a_feed_takes_along_what_waits),
		WORLD_TEST(a_community_takes_everything_along),
		WORLD_TEST(time_takes_what_nobody_touched),
		WORLD_TEST(the_core_team_decides),
		WORLD_TEST(what_may_not_be_placed_still_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
