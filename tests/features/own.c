/* own.c: tests of what someone is told that is kept of them: each table that told.c says it tells of, theirs and nobody
 * else's, within bounds. */
#include "joining.h"
#include "vacancy.h"
#include "world.h"

#include <string.h>

static struct {
	struct actor anna, bas, coach, mod, board;
} all;

static int open_with_words(void **state)
{
	page_load();
	return world_open(state);
}
#define OWN_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_words, world_close)

static struct actor account_of(struct txn *t, const char *name)
{
	struct actor a;
	struct refusal why = {0};
	struct account_draft draft = {.name = name,
		.title = name,
		.email = arena_format(txn_arena(t), "%s@ex.org", name)};
	if (account_create(t, &draft, &why, &a) != OK)
		die("%s: no account", name);
	a.name = arena_text(world.arena, name);
	return a;
}

static enum err people_body(struct txn *t, void *arg)
{
	(void)arg;
	all.anna = account_of(t, "anna");
	all.bas = account_of(t, "bas");
	all.coach = account_of(t, "coach");
	all.mod = account_of(t, "mod");
	struct community_draft draft = {.name = "board", .title = "Board", .founder = all.mod.id};
	return community_create(t, &draft, NULL, &all.board);
}

static void people(void)
{
	assert_int_equal(store_write(world.store, people_body, NULL), OK);
	world_member(&all.anna, all.board.id, 0, ROLE_BOARD);
	world_member(&all.bas, 0, 0, 0);
	world_member(&all.coach, all.board.id, ROLE_EXPERT, 0);
}

struct reading {
	uint64_t actor;
	bool whole;
	const char *file;
};

static enum err read_file(struct txn *t, void *arg)
{
	struct reading *r = arg;
	struct bytes file;
	enum err e = own_file(t, r->actor, r->whole, &file);
	if (e == OK)
		r->file = arena_text_n(world.arena, file.data, file.size);
	return e;
}

static const char *file_of(const struct actor *a)
{
	struct reading r = {.actor = a->id};
	assert_int_equal(store_read(world.store, read_file, &r), OK);
	return r.file;
}

static bool has(const char *file, const char *word)
{
	return strstr(file, word) != NULL;
}

#define WROTE(call)                                                                                \
	do {                                                                                       \
		enum err e_ = (call);                                                              \
		if (e_ != OK)                                                                      \
			die("%s: %s (%s)", #call, err_name(e_), why.text != NULL ? why.text : ""); \
	} while (0)

/* ---- something in each of the lists that did not stand in the file before --------------------- */

static enum err words_body(struct txn *t, void *arg)
{
	struct post p;
	struct refusal why = {0};
	const struct u64s to = {&all.anna.id, 1};
	struct post_draft message = {.author = all.bas.id,
		.visibility = VISIBLE_DIRECT,
		.to = &to,
		.source = "mk-to-anna"};
	struct coach c = {all.board.id, all.coach.id, "mk-topics", COACH_OPEN, 5};
	struct ask a = {.community = all.board.id,
		.asker = all.anna.id,
		.way = ASK_PRIVATE,
		.text = "mk-asked"};
	struct alert alert = {.actor = all.anna.id, .words = "mk-alert"};
	struct vacancy_draft v = {.author = all.bas.id,
		.community = all.board.id,
		.title = "Job",
		.source = "Words.",
		.vacancy = {.type = VACANCY_JOB,
			.where = VACANCY_ON_SITE,
			.closes = NOW + 9 * DAY,
			.employer = "Ex",
			.place = "Here"}};
	struct answer answer;
	struct organisation o = {.title = "mk-organisation"};
	struct place reached = place_hash_1(TABLE_REACHED, "inbox", 0);
	(void)arg;
	WROTE(post_create(t, &message, NULL, &why, &p));
	WROTE(coach_set(t, &c, &why));
	WROTE(ask_add(t, &a, &why));
	WROTE(ask_answer(t, all.coach.id, a.id, "mk-coached", false, &why));
	WROTE(alert_add(t, &alert, &why));
	WROTE(vacancy_create(t, &v, &why, &p));
	WROTE(answer_send(t, all.anna.id, p.id, "mk-answer", &why));
	WROTE(answer_by(t, all.anna.id, p.id, &answer));
	WROTE(answer_more(t, p.id, answer.id, all.bas.id, "mk-back", &why));
	WROTE(organisation_write(t, all.anna.id, &o, &why));
	WROTE(block_add(t, all.anna.id, all.anna.id, all.mod.id, "mk-blocked", NULL));
	WROTE(follow_start(t, all.anna.id, all.coach.id, NULL));
	reached = place_2(TABLE_REACHED, all.anna.id, 7);
	static const char inbox[] = "https://far.example/u/someone/inbox";
	return txn_put(t, &reached, (struct bytes){inbox, sizeof inbox - 1});
}

static enum err asked_body(struct txn *r, void *arg)
{
	struct application a = {.name = "Anna",
				   .email = "anna@ex.org",
				   .kind = APPLY_MEMBER,
				   .motive = "mk-motive"},
			   confirmed;
	const struct joining j = {.mode = JOIN_REQUEST};
	(void)arg;
	enum err e = application_add(r, &a);
	return e == OK ? application_confirm(r, a.id, &j, all.anna.id, &confirmed) : e;
}

static enum err nothing(struct txn *t, void *arg)
{
	(void)t, (void)arg;
	return OK;
}

static void invite(void)
{
	struct refusal why = {0};
	struct invite_draft draft = {.by = all.anna.id,
		.email = "new@ex.org",
		.words = "mk-invited",
		.language = "en",
		.uses = 1,
		.days = 9};
	uint64_t id;
	const char *url;
	world.site.mail_from = "kring@ex.org";
	assert_int_equal(
		invite_make(&world.site, world.store, world.arena, &draft, &why, &id, &url), OK);
}

static void write_all(void)
{
	people();
	assert_int_equal(store_write(world.store, words_body, NULL), OK);
	assert_int_equal(roll_write(&world.site, asked_body, NULL), OK);
	invite();
	/* The lists of messages are made by a reader of the journal. */
	struct journal *j = journal_start(world.store, feature_message.readers, 1);
	journal_settle(j);
	journal_stop(j);
	assert_int_equal(store_write(world.store, nothing, NULL), OK);
}

static void it_is_all_there(void **state)
{
	(void)state;
	write_all();
	static const char *const of_anna[] = {"mk-to-anna", "mk-asked", "mk-coached", "mk-alert",
		"mk-answer", "mk-back", "mk-organisation", "mk-blocked", "\"far.example\"",
		"mk-motive", "mk-invited"};
	static const char *const of_bas[] = {"mk-back"},
				 *const of_coach[] = {"mk-topics", "mk-coached"};
	const char *anna = file_of(&all.anna), *bas = file_of(&all.bas),
		   *coach = file_of(&all.coach), *mod = file_of(&all.mod);
	for (size_t i = 0; i < COUNT(of_anna); i++)
		if (!has(anna, of_anna[i]))
			fail_msg("%s does not stand in the file: %s", of_anna[i], anna);
	for (size_t i = 0; i < COUNT(of_bas); i++)
		assert_true(has(bas, of_bas[i]));
	for (size_t i = 0; i < COUNT(of_coach); i++)
		assert_true(has(coach, of_coach[i]));
	assert_true(
		has(anna, "\"following\":[{\"who\":\"https://ex.org/@coach\",\"accepted\":true"));
	assert_true(has(coach, "\"followers\":[{\"who\":\"https://ex.org/@anna\""));
	assert_true(has(mod, "\"moderates\":[\"https://ex.org/"));
	/* What is of others, or between others, does not. */
	assert_false(has(bas, "mk-answer") || has(bas, "mk-asked") || has(bas, "mk-alert")
		|| has(bas, "mk-motive") || has(bas, "mk-invited"));
	assert_false(has(coach, "mk-asked"));
	assert_false(has(mod, "\"text\":\"mk-"));
	assert_false(has(anna, "bas@ex.org") || has(anna, "someone/inbox"));
}

/* Each table is told of in a member that is there, or by a sentence that the file ends with. */
static void each_table_is_told_of(void **state)
{
	(void)state;
	write_all();
	const char *file = file_of(&all.anna);
	size_t told = 0, why = 0;
	for (size_t i = 0; i < 256; i++) {
		const char *in = own_told[i];
		if (in == NULL || text_is(in, "knows_about")
			|| text_is(in, "leaving")) /* only when there is something */
			continue;
		bool sentence = strchr(in, ' ') != NULL;
		if (!has(file, arena_format(world.arena, sentence ? "\"%s\"" : "\"%s\":", in)))
			fail_msg("table %zu: \"%s\" does not stand in the file", i, in);
		told += !sentence;
		why += sentence;
	}
	assert_true(told > 40 && why > 40);
}

struct invited {
	size_t shown;
	bool by_anna, cut;
};

static enum err invited_body(struct txn *t, void *arg)
{
	struct invited *x = arg;
	struct viewer me = {.actor = all.anna.id, .local = true};
	const struct node *page;
	struct call *call = world_call(&feature_own, METHOD_GET, "/settings/data", &me, NULL);
	enum err e = world_read(call, t, &page);
	x->shown = e == OK ? world_count(page, "data.invitations") : 0;
	x->cut = e == OK && world_number(page, "data.invitations_cut") != 0;
	x->by_anna = e == OK && text_is(world_text(page, "data.invitations.0.words"), "mk-invited");
	return e;
}

#define INVITES 20000 /* as many rows as a page looks at */

static enum err many_invites(struct txn *r, void *arg)
{
	struct invite i = {.by = all.bas.id, .made = NOW};
	enum err e = OK;
	(void)arg;
	for (uint64_t n = 0; e == OK && n < INVITES; n++) {
		i.id = id_next();
		struct place place = place_1(TABLE_INVITE, i.id);
		e = txn_save(r, &place, &invite_shape, &i);
	}
	return e;
}

/* Nor does the board's hide what someone sent, nor need they be on the roll. */
static void what_others_send_hides_nothing(void **state)
{
	struct refusal why = {0};
	struct invited x = {0};
	uint64_t id;
	const char *url;
	(void)state;
	assert_int_equal(store_write(world.store, people_body, NULL), OK);
	invite();
	for (int i = 0; i < 60; i++) {
		struct invite_draft draft = {.by = all.bas.id, .uses = 1, .days = 9};
		assert_int_equal(
			invite_make(&world.site, world.store, world.arena, &draft, &why, &id, &url),
			OK);
	}
	assert_int_equal(store_read(world.store, invited_body, &x), OK);
	assert_true(x.shown == 1 && x.by_anna && !x.cut);
	/* But no page reads for ever. */
	assert_int_equal(roll_write(&world.site, many_invites, NULL), OK);
	assert_int_equal(store_read(world.store, invited_body, &x), OK);
	assert_true(x.shown == 0 && x.cut);
}

/* ---- a table of everyone's is not read for ever ---------------------------------------------- */

#define ROWS 2000

static enum err many_body(struct txn *t, void *arg)
{
	uint64_t *first = arg;
	enum err e = OK;
	for (uint64_t i = 0; e == OK && i < ROWS; i++) {
		struct reaction r = {.post = *first + i,
			.actor = i == 7 ? all.anna.id : 1,
			.kind = REACTION_LIKE,
			.at = NOW};
		struct place place = place_3(TABLE_REACTION, r.post, r.kind, r.actor);
		e = txn_save(t, &place, &reaction_shape, &r);
	}
	*first += ROWS;
	return e;
}

struct listing {
	size_t most, rows;
	bool cut;
};

static enum err list_body(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	bool cut = false;
	struct own_view who = {all.anna.id, "en", l->most, &cut};
	enum err e = feature_reaction.personal->show(t, v, &who);
	l->rows = world_count(view_root(v), "reactions");
	l->cut = world_number(view_root(v), "reactions_cut") != 0;
	return e == OK && cut != l->cut ? ERR_CONFLICT : e;
}

static void what_is_everyones_is_read_so_far(void **state)
{
	uint64_t first = 1000;
	struct listing page = {.most = 50}, file = {.most = 20000}, some = {.most = 9};
	(void)state;
	people();
	for (int i = 0; i < 12; i++)
		assert_int_equal(store_write(world.store, many_body, &first), OK);
	assert_int_equal(store_read(world.store, list_body, &page), OK);
	assert_int_equal(store_read(world.store, list_body, &file), OK);
	assert_int_equal(store_read(world.store, list_body, &some), OK);
	assert_true(page.cut && page.rows == 10); /* of the newest 20 000 of 24 000 */
	assert_true(!file.cut && file.rows == 12);
	assert_true(some.cut && some.rows == 9);
}

/* ---- a file is whole, or says that it is not ------------------------------------------------- */

static enum err notices_body(struct txn *t, void *arg)
{
	uint64_t *next = arg;
	enum err e = OK;
	for (size_t i = 0; e == OK && i < ROWS; i++, ++*next) {
		struct notice n = {
			.place = *next, .kind = NOTICE_POLL, .note = "mk-notice", .at = NOW};
		struct place place = place_2(TABLE_NOTICE, all.anna.id, n.place);
		e = txn_save(t, &place, &notice_shape, &n);
	}
	return e;
}

static size_t times(const char *file, const char *word)
{
	size_t n = 0;
	for (const char *at = file; (at = strstr(at, word)) != NULL; at += strlen(word))
		n++;
	return n;
}

static void a_file_is_whole_or_says_that_it_is_not(void **state)
{
	uint64_t next = 1000;
	struct reading whole = {.whole = true};
	(void)state;
	people();
	whole.actor = all.anna.id;
	assert_int_equal(store_write(world.store, notices_body, &next), OK);
	const char *file = file_of(&all.anna);
	assert_int_equal(times(file, "mk-notice"), ROWS); /* in which a page of ids is 1000 */
	assert_false(has(file, "_cut") || has(file, "\"incomplete\""));
	for (int i = 0; i < 10; i++)
		assert_int_equal(store_write(world.store, notices_body, &next), OK);
	file = file_of(&all.anna);
	assert_int_equal(times(file, "mk-notice"), 20000);
	assert_true(has(file, "\"notices_cut\":true") && has(file, "\"incomplete\":"));
	assert_int_equal(store_read(world.store, read_file, &whole), OK);
	assert_int_equal(times(whole.file, "mk-notice"), 11 * ROWS);
	assert_false(has(whole.file, "_cut") || has(whole.file, "\"incomplete\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWN_TEST(it_is_all_there),
		OWN_TEST(each_table_is_told_of),
		OWN_TEST(what_others_send_hides_nothing),
		OWN_TEST(what_is_everyones_is_read_so_far),
		OWN_TEST(a_file_is_whole_or_says_that_it_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
