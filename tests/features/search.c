/* search.c: tests of searching: which words find what, for whose eyes, and that the index follows the journal. */
#include "world.h"

#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/kring-search-XXXXXX";
static char path[64];
static struct search *search;
static uint64_t anna, bas, cees, far, energy, post, other;

static int open_all(void **state)
{
	char fresh[] = "/tmp/kring-search-XXXXXX";
	if (world_open(state) != 0 || mkdtemp(fresh) == NULL)
		return -1;
	memcpy(dir, fresh, sizeof dir);
	if (!text_print(path, sizeof path, "%s/search.sqlite", dir))
		return -1;
	search = search_start(world.store, path);
	return search != NULL ? 0 : -1;
}

static void forget_file(void)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < COUNT(endings); i++)
		unlink(arena_format(world.arena, "%s%s", path, endings[i]));
}

static int close_all(void **state)
{
	search_stop(search);
	forget_file();
	rmdir(dir);
	return world_close(state);
}
#define SEARCH_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

/* IN_STORE(name) { … } is a part of a test with a transaction; SETTLED(name) runs it and lets the index follow. */
#define IN_STORE(name) static enum err name(struct txn *t, void *arg)
#define SETTLED(name) (world_run(name), search_settle(search))

static uint64_t written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	return post_create(t, &draft, NULL, NULL, &p) == OK ? p.id : 0;
}

/* What stands in the index itself, nothing asked again: how many posts these words find for whom. */
static size_t hits(const char *words, uint32_t kind, uint64_t who, const struct u64s *circles)
{
	struct index_query q = {
		.words = words, .kind = kind, .who = who, .circles = circles, .max = 50};
	struct hit *found;
	size_t count = 0;
	enum err e = index_find(search_index(), world.arena, &q, &found, &count);
	return e == OK || e == ERR_NOT_FOUND ? count : SIZE_MAX;
}
#define FINDS(words) assert_int_equal(hits(words, ENTRY_POST, 0, NULL), 1)
#define FINDS_NOT(words) assert_int_equal(hits(words, ENTRY_POST, 0, NULL), 0)

IN_STORE(two_people_and_a_place)
{
	(void)arg;
	struct community_draft draft = {.name = "energy", .title = "Energie"};
	struct actor a;
	WANT(community_create(t, &draft, NULL, &a) == OK);
	energy = a.id;
	anna = world_person(t, "anna").id;
	bas = world_person(t, "bas").id;
	return follow_start(t, anna, energy, NULL);
}

/* ---- words ----------------------------------------------------------------------------------- */

IN_STORE(write_dutch)
{
	(void)arg;
	post = written(t,
		(struct post_draft){.author = anna,
			.community = energy,
			.title = "Vergaderingen",
			.language = "nl",
			.source =
				"We hebben **zonnepanelen** geplaatst bij Café Zoë, met e-mail."});
	WANT(post != 0);
	return OK;
}

static void dutch_words(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_dutch);
	FINDS("zonnepanelen");
	FINDS("zonnepaneel"); /* its stem */
	FINDS("VERGADERING");
	FINDS("vergaderen");
	FINDS("cafe zoe"); /* no accents */
	FINDS("CAFÉ");
	FINDS("zonnep"); /* the last word may go on */
	FINDS("vergad");
	FINDS_NOT("zonnep geplaatst"); /* another one may not */
	FINDS("zonnepanelen vergadering");
	FINDS_NOT("zonnepanelen windmolens");
	FINDS("\"zonnepanelen geplaatst\"");
	FINDS_NOT("\"geplaatst zonnepanelen\"");
	FINDS("e-mail");
	FINDS("!!! cafe ???");
	FINDS_NOT("strong");
}

IN_STORE(write_english)
{
	(void)arg;
	WANT(written(t,
		     (struct post_draft){.author = anna,
			     .community = energy,
			     .language = "en",
			     .source = "The cities were organizing meetings"})
		!= 0);
	return OK;
}

static void english_words(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_english);
	FINDS("city");
	FINDS("organize meeting");
	FINDS("organizes");
	FINDS_NOT("vergadering");
}

static void nothing_typed_is_syntax(void **state)
{
	(void)state;
	static const char *const odd[] = {"\"", "\"\"\"", "' OR 1=1 --", "NEAR(cafe zoe)",
		"title:cafe OR body:zoe", "title : vergadering", "* *", "^cafe", "cafe AND",
		"NOT cafe", ") OR (", "{title body}: cafe OR 1", "-body : x", "cafe*zoe\"*",
		"\1nl\2\3", "+", "a", "%_%", "\\\"; DROP TABLE words", "\xf0\x9f\x8c\xb1", "zoe \"",
		"cafe NOT zoe"};
	SETTLED(two_people_and_a_place);
	SETTLED(write_dutch);
	for (size_t i = 0; i < COUNT(odd); i++)
		assert_true(hits(odd[i], ENTRY_POST, 0, NULL) <= 1);
	FINDS_NOT("cafe OR windmolen"); /* OR is a word */
	FINDS_NOT("cafe NOT windmolen");
	FINDS_NOT("title:vergaderingen");
	FINDS("vergadering");
	char *much = arena_alloc(world.arena, 100001);
	for (size_t i = 0; i < 100000; i++)
		much[i] = i % 2 ? 'x' : ' ';
	FINDS_NOT(much);
	memset(much, '"', 100000);
	FINDS_NOT(much);
}

IN_STORE(write_odd)
{
	(void)arg;
	WANT(written(t,
		     (struct post_draft){.author = anna,
			     .community = energy,
			     .title = "<script>alert(1)</script> \2zon\3",
			     .source = "zon & <img src=x> \1nl"})
		!= 0);
	return OK;
}

static void what_is_quoted_is_escaped(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_odd);
	struct index_query q = {.words = "zon", .kind = ENTRY_POST, .max = 5};
	struct hit *found;
	size_t count = 0;
	assert_int_equal(index_find(search_index(), world.arena, &q, &found, &count), OK);
	assert_int_equal(count, 1);
	assert_string_equal(
		found[0].title, "&lt;script&gt;alert(1)&lt;/script&gt;  <mark>zon</mark> ");
	assert_non_null(strstr(found[0].words, "<mark>zon</mark> &amp; "));
	assert_null(strstr(found[0].words, "<img"));
	assert_null(strchr(found[0].words, '\1'));
}

/* ---- for whose eyes -------------------------------------------------------------------------- */

IN_STORE(write_for_all_eyes)
{
	(void)arg;
	static const struct {
		const char *words;
		bool here;
		uint32_t visibility;
	} posts[] = {
		{"algemeen", true, VISIBLE_PUBLIC},
		{"besloten", true, VISIBLE_FOLLOWERS},
		{"stil", true, VISIBLE_UNLISTED},
		{"persoonlijk", false, VISIBLE_DIRECT},
		{"eigen", false, VISIBLE_PUBLIC},
		{"volgers", false, VISIBLE_FOLLOWERS},
	};
	for (size_t i = 0; i < COUNT(posts); i++)
		WANT(written(t,
			     (struct post_draft){.author = anna,
				     .community = posts[i].here ? energy : 0,
				     .visibility = posts[i].visibility,
				     .source = posts[i].words})
			!= 0);
	return OK;
}

static void for_whose_eyes(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_for_all_eyes);
	const uint64_t in[] = {energy}, follows[] = {anna};
	const struct u64s circle = {in, 1}, follower = {follows, 1};
	static const struct {
		const char *words;
		size_t nobody, signed_in, circle, follower, author;
	} all[] = {
		{"algemeen", 1, 1, 1, 1, 1},
		{"besloten", 0, 0, 1, 0, 1},
		{"stil", 0, 0, 0, 0, 0},
		{"persoonlijk", 0, 0, 0, 0, 0},
		{"eigen", 0, 0, 0, 0, 1}, /* its author does not let it be indexed */
		{"volgers", 0, 0, 0, 1, 1},
	};
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_int_equal(hits(all[i].words, ENTRY_POST, 0, &circle), all[i].nobody);
		assert_int_equal(hits(all[i].words, ENTRY_POST, bas, NULL), all[i].signed_in);
		assert_int_equal(hits(all[i].words, ENTRY_POST, bas, &circle), all[i].circle);
		assert_int_equal(hits(all[i].words, ENTRY_POST, bas, &follower), all[i].follower);
		assert_int_equal(hits(all[i].words, ENTRY_POST, anna, NULL), all[i].author);
	}
}

IN_STORE(be_indexable)
{
	(void)arg;
	struct refusal why;
	struct profile_change change = {.locked = -1, .discoverable = -1, .indexable = 1};
	return profile_update(t, anna, anna, &change, &why);
}

IN_STORE(be_indexable_no_more)
{
	(void)arg;
	struct refusal why;
	struct profile_change change = {.locked = -1, .discoverable = -1, .indexable = 0};
	return profile_update(t, anna, anna, &change, &why);
}

static void who_lets_posts_be_indexed(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_for_all_eyes);
	FINDS_NOT("eigen");
	SETTLED(be_indexable);
	FINDS("eigen");
	SETTLED(be_indexable_no_more);
	FINDS_NOT("eigen");
	FINDS("algemeen");
}

IN_STORE(block_and_write)
{
	(void)arg;
	WANT(block_add(t, bas, bas, anna, NULL, NULL) == OK);
	post = written(
		t, (struct post_draft){.author = anna, .community = energy, .source = "algemeen"});
	WANT(post != 0);
	return OK;
}

IN_STORE(ask_again)
{
	(void)arg;
	struct viewer nobody = {0}, me = {.actor = bas, .local = true};
	struct actor a;
	WANT(entry_may_find(t, &nobody, post, ENTRY_POST));
	WANT(!entry_may_find(t, &me, post, ENTRY_POST)); /* the index knows of no blocks */
	WANT(actor_load(t, energy, &a) == OK);
	a.suspended = true;
	WANT(actor_save(t, &a) == OK && !entry_may_find(t, &nobody, post, ENTRY_POST));
	return OK;
}

static void what_is_found_is_asked_again(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(block_and_write);
	world_run(ask_again);
}

IN_STORE(people_come)
{
	(void)arg;
	struct refusal why;
	struct profile_change open = {.locked = -1, .discoverable = 1, .indexable = -1};
	struct actor away = world_remote(t, ACTOR_PERSON, "verweg", "other.example");
	anna = world_person(t, "anna").id;
	bas = world_person(t, "bas").id;
	other = away.id;
	away.discoverable = true;
	WANT(actor_save(t, &away) == OK && profile_update(t, anna, anna, &open, &why) == OK);
	WANT(follow_start(t, bas, anna, NULL) == OK && follow_start(t, other, anna, NULL) == OK);
	return OK;
}

static void people(void **state)
{
	(void)state;
	SETTLED(people_come);
	const uint64_t follows[] = {bas};
	const struct u64s circle = {follows, 1};
	assert_int_equal(hits("anna", ENTRY_PERSON, 0, NULL), 1);
	assert_int_equal(hits("bas", ENTRY_PERSON, 0, NULL), 0);
	assert_int_equal(hits("bas", ENTRY_PERSON, anna, NULL), 0);
	assert_int_equal(hits("bas", ENTRY_PERSON, anna, &circle), 1);
	assert_int_equal(hits("bas", ENTRY_PERSON, bas, NULL), 1);
	assert_int_equal(hits("verweg", ENTRY_PERSON, 0, NULL), 0);
	assert_int_equal(hits("verweg", ENTRY_PERSON, anna, NULL), 1);
	assert_int_equal(hits("anna", ENTRY_POST, anna, NULL), 0);
}

/* ---- following the journal ------------------------------------------------------------------- */

IN_STORE(edit)
{
	(void)arg;
	struct refusal why;
	struct post_draft d = {.title = "Nu", .source = "Nu over windmolens", .language = "nl"};
	return post_edit(t, anna, post, &d, NULL, &why);
}

IN_STORE(narrow)
{
	(void)arg;
	struct post p;
	struct line line = {.act = ACT_UPDATE, .actor = anna, .object = post};
	WANT(post_load(t, post, &p) == OK);
	p.visibility = VISIBLE_FOLLOWERS;
	WANT(post_save(t, &p) == OK);
	return act_journal(t, NULL, &line, NULL);
}

IN_STORE(take_back)
{
	(void)arg;
	return post_remove(t, anna, post, NULL, NULL);
}

IN_STORE(moderated_place)
{
	(void)arg;
	struct actor a;
	cees = world_person(t, "cees").id;
	struct community_draft draft = {.name = "tuin", .title = "Tuin", .founder = cees};
	WANT(community_create(t, &draft, NULL, &a) == OK);
	post = written(t,
		(struct post_draft){
			.author = anna, .community = a.id, .source = "De zonnepanelen"});
	WANT(post != 0);
	return OK;
}

IN_STORE(hide)
{
	(void)arg;
	return post_remove(t, cees, post, "Niet hier", NULL);
}

IN_STORE(show_again)
{
	(void)arg;
	WANT(post_restore(t, cees, post, NULL) == OK && world_lines(t, ACT_RESTORE) == 1);
	return OK;
}

static void removed_and_shown_again(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(moderated_place);
	FINDS("zonnepanelen");
	SETTLED(hide);
	FINDS_NOT("zonnepanelen");
	assert_int_equal(hits("zonnepanelen", ENTRY_POST, anna, NULL), 0);
	SETTLED(show_again);
	FINDS("zonnepanelen");
}

static void changes(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_dutch);
	FINDS("zonnepanelen");
	SETTLED(edit);
	FINDS_NOT("zonnepanelen");
	FINDS("windmolen");
	SETTLED(narrow);
	FINDS_NOT("windmolen");
	assert_int_equal(hits("windmolen", ENTRY_POST, anna, NULL), 1);
	SETTLED(take_back);
	assert_int_equal(hits("windmolen", ENTRY_POST, anna, NULL), 0);
}

IN_STORE(write_a_lot)
{
	(void)arg;
	for (int i = 0; i < 250; i++)
		WANT(written(t,
			     (struct post_draft){
				     .author = anna, .community = energy, .source = "veel"})
			!= 0);
	return OK;
}

IN_STORE(suspend)
{
	(void)arg;
	return actor_suspend(t, anna, true);
}

IN_STORE(restore)
{
	(void)arg;
	return actor_suspend(t, anna, false);
}

IN_STORE(write_damaged)
{
	(void)arg;
	uint64_t id = written(
		t, (struct post_draft){.author = anna, .community = energy, .source = "kapot"});
	struct place place = place_1(TABLE_POST, id);
	return txn_put(t, &place, (struct bytes){"\xff\xff\xff", 3});
}

/* It alone is not found: neither by who goes on, nor by who begins anew. */
static void a_damaged_post_hides_no_other(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_damaged);
	SETTLED(write_dutch);
	FINDS("zonnepanelen");
	FINDS_NOT("kapot");
	search_rebuild(search);
	search_settle(search);
	assert_true(search_is_ready());
	FINDS("zonnepanelen");
}

static int64_t entries(void)
{
	int64_t count, bytes;
	index_count(search_index(), &count, &bytes);
	assert_true(bytes > 0);
	return count;
}

static void who_is_suspended_leaves_with_all_posts(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_a_lot);
	SETTLED(write_dutch);
	int64_t all = entries();
	assert_true(all >= 250);
	SETTLED(suspend);
	FINDS_NOT("zonnepanelen");
	assert_int_equal(entries(), 2); /* bas and the community */
	SETTLED(restore);
	FINDS("zonnepanelen");
	assert_int_equal(entries(), all);
}

static void made_anew(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_a_lot);
	SETTLED(write_dutch);
	int64_t all = entries();
	search_rebuild(search);
	assert_false(search_is_ready());
	search_settle(search);
	assert_true(search_is_ready());
	assert_int_equal(entries(), all);
	FINDS("zonnepanelen");
	/* Deleted, and damaged, while the node does not run. */
	for (int damaged = 0; damaged < 2; damaged++) {
		search_stop(search);
		forget_file();
		FILE *f = damaged ? fopen(path, "w") : NULL;
		for (int i = 0; f != NULL && i < 10000; i++)
			fputs("damage ", f);
		if (f != NULL)
			fclose(f);
		search = search_start(world.store, path);
		assert_non_null(search);
		search_settle(search);
		assert_int_equal(entries(), all);
		FINDS("zonnepanelen");
	}
}

/* Neither what was not committed, nor the place, is there afterwards; and what is followed twice is there once. */
static void torn(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_dutch);
	int64_t all = entries();
	search_stop(search);
	struct index *ix = NULL;
	assert_int_equal(index_open(path, &ix), OK);
	struct index_state was = index_state(ix), ahead = was;
	assert_int_equal(was.stage, STAGE_READY);
	index_begin(ix);
	index_drop(ix, post);
	index_put(ix, &(struct entry){.id = 99, .kind = ENTRY_POST, .title = "half"});
	ahead.line += 5;
	index_close(ix); /* as a crash would: no end */
	assert_int_equal(index_open(path, &ix), OK);
	assert_int_equal(index_state(ix).line, was.line);
	/* Back by some lines, as when a commit of ours was lost with the power. */
	struct index_state back = was;
	back.line = 0;
	index_begin(ix);
	assert_int_equal(index_end(ix, &back), OK);
	index_close(ix);
	search = search_start(world.store, path);
	search_settle(search);
	assert_int_equal(entries(), all);
	FINDS("zonnepanelen");
	FINDS_NOT("half");
}

static void of_another_store(void **state)
{
	SETTLED(two_people_and_a_place);
	SETTLED(write_dutch);
	FINDS("zonnepanelen");
	search_stop(search);
	search = NULL;
	world_close(state);
	assert_int_equal(world_open(state), 0);
	search = search_start(world.store, path);
	assert_non_null(search);
	search_settle(search);
	FINDS_NOT("zonnepanelen");
	SETTLED(two_people_and_a_place);
	SETTLED(write_english);
	FINDS("city");
}

/* ---- the page -------------------------------------------------------------------------------- */

static const struct node *page_of(
	struct txn *t, const struct viewer *viewer, const char *const *inputs, struct call **out)
{
	struct call *call = world_call(&feature_found, METHOD_GET, "/search", viewer, inputs);
	const struct node *page = NULL;
	struct bytes html;
	if (world_read(call, t, &page) != OK)
		return NULL;
	page_load();
	if (call->reply.location == NULL
		&& (page_render(world.arena, "search", page, "en", &html) != OK || html.size < 500))
		return NULL;
	if (out != NULL)
		*out = call;
	return page;
}
#define PAGE(viewer, ...) page_of(t, viewer, (const char *const[]){__VA_ARGS__, NULL}, NULL)

IN_STORE(look_at_pages)
{
	(void)arg;
	struct viewer nobody = {0}, me = {.actor = bas, .local = true};
	const struct node *page = PAGE(&nobody, "q=");
	WANT(page != NULL && world_number(page, "asked") == 0);
	page = PAGE(&nobody, "q=zonnepaneel");
	WANT(world_count(page, "found_posts") == 1 && world_number(page, "nothing") == 0);
	WANT(text_is(world_text(page, "found_posts.0.title"), "Vergaderingen"));
	WANT(strstr(world_text(page, "found_posts.0.quote"), "<mark>zonnepanelen</mark>") != NULL);
	WANT(text_is(world_text(page, "found_posts.0.post.author.name"), "anna"));
	page = PAGE(&nobody, "q=zonnepaneel", "type=people");
	WANT(world_number(page, "nothing") == 1 && world_node(page, "some_posts") == NULL);
	page = PAGE(&nobody, "q=zonnepaneel", "community=energy");
	WANT(world_count(page, "found_posts") == 1 && world_node(page, "community") != NULL);
	WANT(PAGE(&nobody, "q=zonnepaneel", "community=elsewhere") == NULL);
	page = PAGE(&nobody, "q=veel", "type=posts");
	WANT(world_count(page, "found_posts") == 20 && world_number(page, "next_page") == 2);
	page = PAGE(&nobody, "q=veel", "type=posts", "page=10");
	WANT(world_count(page, "found_posts") == 20 && world_node(page, "next_page") == NULL);
	page = PAGE(&nobody, "q=Energie");
	WANT(world_count(page, "found_communities") == 1);
	page = PAGE(&me, "q=bestaatniet & zo");
	WANT(world_number(page, "nothing") == 1
		&& text_is(world_text(page, "question"), "/search?q=bestaatniet%20%26%20zo"));
	return OK;
}

IN_STORE(look_at_addresses)
{
	(void)arg;
	struct viewer nobody = {0}, me = {.actor = bas, .local = true};
	struct call *call = NULL;
	world_remote(t, ACTOR_PERSON, "verweg", "other.example");
	static const char *const own[] = {"q=@anna", NULL},
				 *const url[] = {"q=https://ex.org/@anna", NULL};
	static const char *const away[] = {"q=@verweg@other.example", NULL};
	WANT(page_of(t, &nobody, own, &call) != NULL && text_is(call->reply.location, "/@anna"));
	WANT(page_of(t, &nobody, url, &call) != NULL && text_is(call->reply.location, "/@anna"));
	WANT(page_of(t, &me, away, &call) != NULL
		&& text_is(call->reply.location, "/@verweg@other.example"));
	/* Visitors cannot tell whom this site knows. */
	const struct node *known = page_of(t, &nobody, away, &call);
	WANT(known != NULL && call->reply.location == NULL);
	const struct node *unknown = PAGE(&nobody, "q=@niemand@other.example");
	WANT(text_is(world_text(known, "unknown.host"), "other.example")
		&& text_is(world_text(unknown, "unknown.host"), "other.example"));
	WANT(world_number(known, "unknown.may_fetch") == 0);
	unknown = PAGE(&me, "q=https://other.example/users/niemand");
	WANT(world_number(unknown, "unknown.may_fetch") == 1);
	unknown = PAGE(&me, "q=@niemand@ex.org");
	WANT(world_number(unknown, "unknown.may_fetch") == 0);
	return OK;
}

static void pages(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_a_lot);
	SETTLED(write_dutch);
	world_run(look_at_pages);
	world_run(look_at_addresses);
}

IN_STORE(write_for_members)
{
	(void)arg;
	struct actor a, member = world_person(t, "cees");
	struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	WANT(actor_load(t, anna, &a) == OK);
	world_member(&a, 0, 0, 0);
	world_member(&member, 0, 0, 0);
	cees = member.id;
	far = world_remote(t, ACTOR_PERSON, "verweg", "other.example").id;
	/* Who follows is no member. */
	WANT(follow_start(t, bas, energy, NULL) == OK && follow_start(t, far, energy, NULL) == OK
		&& follow_start(t, bas, anna, NULL) == OK
		&& follow_start(t, far, anna, NULL) == OK);
	post = written(t,
		(struct post_draft){.author = anna,
			.community = energy,
			.circles = &members,
			.source = "onderons"});
	other = written(
		t, (struct post_draft){.author = anna, .community = energy, .source = "hardop"});
	WANT(post != 0 && other != 0);
	return OK;
}

/* On the page, and asked of the store itself whatever the index says. */
static bool found_by(struct txn *t, uint64_t actor, bool local, const char *words, uint64_t id)
{
	struct viewer viewer = {.actor = actor, .local = local};
	const struct node *page = PAGE(&viewer, arena_format(world.arena, "q=%s", words));
	assert_non_null(page);
	size_t count = world_count(page, "found_posts");
	assert_int_equal(world_number(page, "some_posts"), count);
	assert_int_equal(entry_may_find(t, &viewer, id, ENTRY_POST), count);
	return count == 1;
}

static bool found_by_outsiders(struct txn *t, const char *words, uint64_t id)
{
	bool visitor = found_by(t, 0, false, words, id), guest = found_by(t, bas, true, words, id),
	     remote = found_by(t, far, false, words, id);
	assert_true(visitor == guest && guest == remote);
	return visitor;
}

IN_STORE(only_members_find_it)
{
	(void)arg;
	WANT(found_by(t, anna, true, "onderons", post)
		&& found_by(t, cees, true, "onderons", post));
	WANT(!found_by_outsiders(t, "onderons", post));
	WANT(found_by_outsiders(t, "hardop", other));
	return OK;
}

static enum err give_to(struct txn *t, enum circle circle, enum act act)
{
	struct refusal why;
	struct circles circles = {circle, circle};
	struct post_draft d = {.author = anna, .source = "hardop", .circles = &circles};
	size_t before = world_lines(t, act);
	WANT(post_edit(t, anna, other, &d, NULL, &why) == OK);
	WANT(world_lines(t, act) == before + 1);
	return OK;
}

IN_STORE(narrow_to_members)
{
	(void)arg;
	return give_to(t, CIRCLE_MEMBERS, ACT_NARROW);
}

IN_STORE(members_find_what_was_narrowed)
{
	(void)arg;
	WANT(found_by(t, cees, true, "hardop", other));
	WANT(!found_by_outsiders(t, "hardop", other));
	return OK;
}

IN_STORE(narrow_to_core)
{
	(void)arg;
	return give_to(t, CIRCLE_CORE, ACT_UPDATE);
}

IN_STORE(members_find_it_no_more)
{
	(void)arg;
	WANT(!found_by(t, cees, true, "hardop", other) && found_by(t, anna, true, "hardop", other));
	WANT(!found_by_outsiders(t, "hardop", other));
	return OK;
}

IN_STORE(widen)
{
	(void)arg;
	return give_to(t, CIRCLE_EVERYONE, ACT_WIDEN);
}

IN_STORE(all_find_it_again)
{
	(void)arg;
	WANT(found_by(t, cees, true, "hardop", other) && found_by_outsiders(t, "hardop", other));
	return OK;
}

static void for_members(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(write_for_members);
	const uint64_t follows[] = {energy};
	const struct u64s circle = {follows, 1};
	FINDS_NOT("onderons"); /* in the index itself, nothing asked again */
	assert_int_equal(hits("onderons", ENTRY_POST, bas, &circle), 0);
	world_run(only_members_find_it);
	SETTLED(narrow_to_members);
	FINDS_NOT("hardop");
	assert_int_equal(hits("hardop", ENTRY_POST, bas, &circle), 0);
	world_run(members_find_what_was_narrowed);
	SETTLED(narrow_to_core);
	world_run(members_find_it_no_more);
	SETTLED(widen);
	FINDS("hardop");
	world_run(all_find_it_again);
}

IN_STORE(warn)
{
	(void)arg;
	WANT(written(t,
		     (struct post_draft){.author = anna,
			     .community = energy,
			     .summary = "Verklapt het einde",
			     .source = "De tuinman deed het"})
		!= 0);
	return OK;
}

IN_STORE(look_at_warning)
{
	(void)arg;
	struct viewer nobody = {0};
	const struct node *page = PAGE(&nobody, "q=tuinman");
	WANT(world_count(page, "found_posts") == 1);
	WANT(text_is(world_text(page, "found_posts.0.quote"), "")
		&& text_is(world_text(page, "found_posts.0.warning"), "Verklapt het einde"));
	return OK;
}

static void a_warning_is_kept_up(void **state)
{
	(void)state;
	SETTLED(two_people_and_a_place);
	SETTLED(warn);
	world_run(look_at_warning);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEARCH_TEST(dutch_words),
		SEARCH_TEST(english_words),
		SEARCH_TEST(nothing_typed_is_syntax),
		SEARCH_TEST(what_is_quoted_is_escaped),
		SEARCH_TEST(for_whose_eyes),
		SEARCH_TEST(who_lets_posts_be_indexed),
		SEARCH_TEST(what_is_found_is_asked_again),
		SEARCH_TEST(people),
		SEARCH_TEST(changes),
		SEARCH_TEST(a_damaged_post_hides_no_other),
		SEARCH_TEST(removed_and_shown_again),
		SEARCH_TEST(who_is_suspended_leaves_with_all_posts),
		SEARCH_TEST(made_anew),
		SEARCH_TEST(torn),
		SEARCH_TEST(of_another_store),
		SEARCH_TEST(pages),
		SEARCH_TEST(for_members),
		SEARCH_TEST(a_warning_is_kept_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
