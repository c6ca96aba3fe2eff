/* article.c: tests of articles: who sees a draft, who checks and decides, when it is placed, asked after and outdated. */
#include "article.h"
#include "roll.h"
#include "world.h"

#include <string.h>

static int open_with_mail(void **state)
{
	int failed = world_open(state);
	page_load();
	world.site.mail_from = "kring@ex.org";
	return failed;
}
#define ARTICLE_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_mail, world_close)

static struct {
	struct actor anna, bas, cas, eva; /* writes, writes with her, checks, decides */
	struct actor board;
	uint64_t id;
} all;

static struct actor reads_mail(struct txn *t, const char *name)
{
	struct actor a = world_person(t, name);
	struct place place = place_1(TABLE_ACCOUNT, a.id);
	struct account account = {.actor = a.id,
		.email = arena_format(txn_arena(t), "%s@x.nl", name),
		.language = "en"};
	if (txn_save(t, &place, &account_shape, &account) != OK)
		die("no account");
	return a;
}

static void people(struct txn *t)
{
	struct actor mod = world_person(t, "mod");
	struct community_draft draft = {.name = "board", .title = "Board", .founder = mod.id};
	all.anna = reads_mail(t, "anna");
	all.bas = world_person(t, "bas");
	all.cas = world_person(t, "cas");
	all.eva = world_person(t, "eva");
	if (community_create(t, &draft, NULL, &all.board) != OK)
		die("no community");
	world_member(&all.eva, all.board.id, ROLE_EDITOR, 0);
}

static struct article written(const struct actor *by, const char *title)
{
	return (struct article){.author = by->id,
		.community = all.board.id,
		.title = title,
		.summary = "What it comes to.",
		.source = "The **whole** of it. #heat",
		.language = "en",
		.sources = "A book, 2024\nThe site https://example.org/a?b=1&c=2\n\n"};
}

/* A draft with its people. */
static struct article begun(struct txn *t)
{
	people(t);
	struct article a = written(&all.anna, "Heat pumps");
	static uint64_t with[1];
	with[0] = all.bas.id;
	a.writers = (struct u64s){with, 1};
	if (article_write(t, all.anna.id, &a, 0, NULL) != OK)
		die("no draft");
	all.id = a.id;
	return a;
}

static bool lists(struct txn *t, uint64_t of, uint64_t id)
{
	struct u64s ids;
	if (article_list(t, of, 100, &ids) != OK)
		return false;
	for (size_t i = 0; i < ids.count; i++)
		if (ids.at[i] == id)
			return true;
	return false;
}

/* Handed in, checked by cas, decided on by eva. */
static enum err checked(struct txn *t, uint64_t id, int64_t months, uint64_t *post)
{
	enum err e = article_hand_in(t, all.anna.id, id, all.cas.id, NULL);
	if (e == OK)
		e = article_agree(t, all.cas.id, id, true);
	return e == OK
		? article_decide(t, all.eva.id, id, ARTICLE_CHECKED, months, NULL, NULL, post)
		: e;
}

IN_WRITE(a_draft_is_its_writers_own)
{
	(void)arg;
	struct article a = begun(t), b;
	WANT(article_may_see(t, all.anna.id, &a) && article_may_see(t, all.bas.id, &a));
	WANT(!article_may_see(t, all.cas.id, &a) && !article_may_see(t, all.eva.id, &a)
		&& !article_may_see(t, 0, &a));
	WANT(world_lines(t, ACT_CREATE) == 0); /* nobody hears of it */
	b = a;
	b.title = "Changed";
	WANT(article_write(t, all.cas.id, &b, 0, NULL) == ERR_NOT_FOUND);
	WANT(article_write(t, all.bas.id, &b, a.changed, NULL) == OK);
	b = a; /* anna still had the old words before her */
	WANT(article_write(t, all.anna.id, &b, a.changed, NULL) == ERR_CONFLICT);
	WANT(article_load(t, a.id, &b) == OK && text_is(b.title, "Changed"));
	WANT(lists(t, all.bas.id, a.id) && !lists(t, all.board.id, a.id));
	WANT(article_remove(t, all.bas.id, a.id) == ERR_FORBIDDEN);
	WANT(article_remove(t, all.anna.id, a.id) == OK);
	WANT(article_load(t, a.id, &b) == ERR_NOT_FOUND && !lists(t, all.bas.id, a.id));
	return OK;
}

IN_WRITE(what_cannot_be_kept_is_refused_in_words)
{
	(void)arg;
	people(t);
	struct refusal why = {0};
	struct article a = written(&all.anna, NULL);
	WANT(article_write(t, all.anna.id, &a, 0, &why) == ERR_INVALID
		&& text_is(why.field, "title"));
	a = written(&all.anna, "Title");
	a.source = " ";
	WANT(article_write(t, all.anna.id, &a, 0, &why) == ERR_INVALID
		&& text_is(why.field, "text"));
	char long_words[ARTICLE_SUMMARY_MOST + 2];
	memset(long_words, 'x', sizeof long_words - 1);
	long_words[sizeof long_words - 1] = '\0';
	a = written(&all.anna, "Title");
	a.summary = long_words;
	WANT(article_write(t, all.anna.id, &a, 0, &why) == ERR_INVALID
		&& text_is(why.field, "summary"));
	a.summary = NULL;
	uint64_t nobody[] = {all.board.id};
	a.writers = (struct u64s){nobody, 1};
	WANT(article_write(t, all.anna.id, &a, 0, &why) == ERR_INVALID
		&& text_is(why.field, "writers"));
	a.writers.count = 0;
	WANT(article_write(t, all.anna.id, &a, 0, &why) == OK);
	WANT(article_hand_in(t, all.anna.id, a.id, 0, &why) == ERR_INVALID
		&& text_is(why.field, "summary"));
	WANT(block_add(t, all.eva.id, all.board.id, all.cas.id, NULL, NULL)
		!= OK); /* editors do not ban */
	struct actor far = world_remote(t, ACTOR_GROUP, "far", "a.example");
	a = written(&all.anna, "Title");
	a.community = far.id;
	WANT(article_write(t, all.anna.id, &a, 0, &why) == ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(only_an_editor_decides_and_nobody_checks_their_own)
{
	(void)arg;
	struct refusal why = {0};
	struct article a = begun(t);
	uint64_t post = 1;
	WANT(article_decide(t, all.eva.id, a.id, ARTICLE_PLACED, 12, NULL, &why, &post)
		== ERR_NOT_FOUND); /* not handed in: not hers to see */
	WANT(article_hand_in(t, all.anna.id, a.id, all.bas.id, &why) == ERR_INVALID
		&& text_is(why.field, "reviewer"));
	WANT(article_hand_in(t, all.anna.id, a.id, all.cas.id, &why) == OK);
	WANT(article_hand_in(t, all.bas.id, a.id, all.cas.id, &why) == ERR_CONFLICT);
	WANT(world_heard(t, all.cas.id, NOTICE_ARTICLE_REVIEW) == 1
		&& world_heard(t, all.eva.id, NOTICE_ARTICLE_REVIEW) == 1);
	WANT(lists(t, all.cas.id, a.id) && lists(t, all.board.id, a.id));
	WANT(article_decide(t, all.anna.id, a.id, ARTICLE_PLACED, 12, NULL, &why, &post)
		== ERR_FORBIDDEN);
	WANT(article_decide(t, all.cas.id, a.id, ARTICLE_PLACED, 12, NULL, &why, &post)
		== ERR_NOT_FOUND);
	WANT(article_agree(t, all.eva.id, a.id, true) == ERR_NOT_FOUND);
	/* Nobody is named as having checked it who did not say so. */
	WANT(article_decide(t, all.eva.id, a.id, ARTICLE_CHECKED, 12, NULL, &why, &post)
			== ERR_INVALID
		&& text_is(why.field, "verdict"));
	WANT(article_agree(t, all.cas.id, a.id, true) == OK);
	WANT(article_decide(t, all.eva.id, a.id, ARTICLE_CHECKED, 0, NULL, &why, &post)
			== ERR_INVALID
		&& text_is(why.field, "months"));
	WANT(article_decide(t, all.eva.id, a.id, ARTICLE_CHECKED, 12, NULL, &why, &post) == OK);
	WANT(post != 0 && article_load(t, a.id, &a) == ERR_NOT_FOUND);
	WANT(article_load(t, post, &a) == OK && a.placed && a.state == ARTICLE_CHECKED
		&& a.reviewer == all.cas.id && a.due == NOW + 365 * DAY);
	WANT(world_heard(t, all.anna.id, NOTICE_ARTICLE_DECIDED) == 1
		&& world_heard(t, all.bas.id, NOTICE_ARTICLE_DECIDED) == 1);
	WANT(lists(t, all.anna.id, post) && !lists(t, all.board.id, post)
		&& !lists(t, all.cas.id, post));
	WANT(world_lines(t, ACT_CREATE) == 1 && world_last(t, ACT_CREATE).actor == all.anna.id);
	struct article own = written(&all.eva, "By an editor");
	WANT(article_write(t, all.eva.id, &own, 0, NULL) == OK);
	WANT(article_hand_in(t, all.eva.id, own.id, 0, &why) == OK);
	WANT(article_decide(t, all.eva.id, own.id, ARTICLE_CHECKED, 12, NULL, &why, &post)
		== ERR_INVALID);
	WANT(article_decide(t, all.eva.id, own.id, ARTICLE_PLACED, 12, NULL, &why, &post) == OK);
	WANT(article_load(t, post, &own) == OK && own.state == ARTICLE_PLACED && own.due == 0);
	return OK;
}

IN_WRITE(it_goes_back_with_a_reason_and_can_be_taken_back)
{
	(void)arg;
	struct refusal why = {0};
	struct article a = begun(t);
	WANT(article_hand_in(t, all.anna.id, a.id, 0, &why) == OK);
	WANT(article_take_back(t, all.bas.id, a.id) == OK
		&& article_take_back(t, all.bas.id, a.id) == ERR_CONFLICT);
	WANT(!lists(t, all.board.id, a.id));
	WANT(article_hand_in(t, all.anna.id, a.id, 0, &why) == OK);
	WANT(article_decide(t, all.eva.id, a.id, ARTICLE_DRAFT, 12, " ", &why, NULL) == ERR_INVALID
		&& text_is(why.field, "reason"));
	WANT(article_decide(t, all.eva.id, a.id, ARTICLE_DRAFT, 12, "Which pumps?", &why, NULL)
		== OK);
	WANT(article_load(t, a.id, &a) == OK && a.state == ARTICLE_DRAFT
		&& text_is(a.reason, "Which pumps?"));
	WANT(world_heard(t, all.anna.id, NOTICE_ARTICLE_DECIDED) == 1);
	/* Without editors, who moderates decides. */
	struct actor mod;
	WANT(actor_by_name(t, "mod", &mod) == OK);
	WANT(article_hand_in(t, all.anna.id, a.id, 0, &why) == OK);
	WANT(article_load(t, a.id, &a) == OK && a.reason == NULL);
	WANT(article_decide(t, mod.id, a.id, ARTICLE_PLACED, 12, NULL, &why, NULL) == OK);
	return OK;
}

/* What a Mastodon app shows of it is name, summary and url: they stand alone. */
IN_WRITE(other_nodes_read_who_checked_it)
{
	(void)arg;
	struct article a = begun(t);
	uint64_t post;
	char id[ID_TEXT];
	WANT(checked(t, a.id, 12, &post) == OK);
	const json_node *o = world_object(t, post);
	id_text(post, id);
	WANT(text_is(world_words(o, "type"), "Article")
		&& text_is(world_words(o, "name"), "Heat pumps"));
	WANT(text_is(world_words(o, "id"), arena_format(txn_arena(t), "https://ex.org/p/%s", id)));
	WANT(text_is(
		world_words(o, "url"), arena_format(txn_arena(t), "https://ex.org/@anna/%s", id)));
	WANT(text_is(world_words(o, "attributedTo"), all.anna.uri));
	WANT(text_is(world_words(o, "audience"), all.board.uri));
	WANT(text_is(json_text(json_item(json_member(o, "to"), 0)), all.board.uri));
	WANT(text_is(json_text(json_item(json_member(o, "to"), 1)),
		"https://www.w3.org/ns/activitystreams#Public"));
	WANT(text_is(world_words(o, "published"), "2025-11-21T08:58:12.000Z")
		&& *world_words(o, "updated") == '\0');
	const char *summary = world_words(o, "summary"), *content = world_words(o, "content");
	WANT(strcmp(summary,
		     "What it comes to. Checked by cas, 21 November 2025."
		     " To be looked at again by 21 November 2026.")
		== 0);
	WANT(text_count(summary) <= 500);
	WANT(strstr(content, "<strong>whole</strong>") != NULL
		&& strstr(content, "Checked by cas") != NULL);
	WANT(strstr(content, "<li>A book, 2024</li>") != NULL);
	WANT(strstr(content, "<a href=\"https://example.org/a?b=1&amp;c=2\"") != NULL);
	const json_node *preview = json_member(o, "preview");
	WANT(text_is(world_words(preview, "type"), "Note"));
	WANT(strstr(world_words(preview, "content"), "<strong>Heat pumps</strong>") != NULL
		&& strstr(world_words(preview, "content"), summary) != NULL
		&& strstr(world_words(preview, "content"), world_words(o, "url")) != NULL);
	WANT(text_is(world_words(json_member(o, "contentMap"), "en"), content));
	return OK;
}

/* The words are as long as they may be, and so is the name of who checked them. */
IN_WRITE(the_longest_summary_still_fits)
{
	(void)arg;
	people(t);
	uint64_t post;
	char words[ARTICLE_SUMMARY_MOST + 1];
	memset(words, 'x', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	all.cas.title = "A name that is as long as a name may be in this place, sixty";
	WANT(actor_save(t, &all.cas) == OK);
	struct article a = written(&all.anna, "Title");
	a.summary = words;
	a.language = "nl";
	WANT(article_write(t, all.anna.id, &a, 0, NULL) == OK && checked(t, a.id, 12, &post) == OK);
	WANT(text_count(world_words(world_object(t, post), "summary")) <= 500);
	return OK;
}

IN_WRITE(other_words_have_to_be_checked_again)
{
	(void)arg;
	struct article a = begun(t), b;
	uint64_t post;
	struct post_draft d = {
		.author = all.anna.id, .title = "Heat pumps", .source = "Other words"};
	struct u64s kept;
	WANT(checked(t, a.id, 12, &post) == OK && article_load(t, post, &b) == OK);
	time_freeze(NOW + HOUR);
	/* By another door than the form of articles: no way around it. */
	WANT(post_edit(t, all.anna.id, post, &d, NULL, NULL) == OK);
	WANT(article_load(t, post, &a) == OK && a.state == ARTICLE_REVIEW && a.checked == 0
		&& a.due == 0);
	WANT(lists(t, all.board.id, post)
		&& world_heard(t, all.eva.id, NOTICE_ARTICLE_REVIEW) == 2);
	WANT(strstr(world_words(world_object(t, post), "content"), "Checked by") == NULL);
	WANT(post_ids(t, TABLE_HISTORY, post, 0, true, 10, &kept) == OK && kept.count == 1);
	/* Sources and series are no words of it, and bas writes with her. */
	WANT(article_agree(t, all.cas.id, post, true) == OK);
	WANT(article_decide(t, all.eva.id, post, ARTICLE_CHECKED, 3, NULL, NULL, NULL) == OK);
	size_t updates = world_lines(t, ACT_UPDATE);
	b = written(&all.anna, "Heat pumps");
	b.id = post;
	b.source = "Other words";
	b.summary = NULL;
	b.series = "Warm houses";
	b.sources = "Another book";
	WANT(article_write(t, all.bas.id, &b, 0, NULL) == OK);
	WANT(article_load(t, post, &a) == OK && a.state == ARTICLE_CHECKED
		&& text_is(a.series, "Warm houses"));
	WANT(world_lines(t, ACT_UPDATE) == updates + 1);
	WANT(strstr(world_words(world_object(t, post), "content"), "Another book") != NULL);
	WANT(text_is(world_words(world_object(t, post), "updated"), "2025-11-21T09:58:12.000Z"));
	/* Its end takes all of it along. */
	WANT(post_remove(t, all.anna.id, post, NULL, NULL) == OK);
	WANT(article_load(t, post, &a) == ERR_NOT_FOUND && !lists(t, all.anna.id, post));
	WANT(article_placed(t, all.board.id, 0, 10, &kept) == OK && kept.count == 0);
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

static void tick(int64_t now)
{
	time_freeze(now);
	feature_article.chores->run(world.store, NULL);
	feature_article.chores->run(world.store, NULL);
}

static enum err decided_for_tomorrow(struct txn *t, void *arg)
{
	(void)arg;
	struct article a = begun(t);
	uint64_t post = 7;
	a.publish = NOW + DAY;
	WANT(article_write(t, all.anna.id, &a, 0, NULL) == OK);
	WANT(checked(t, a.id, 1, &post) == OK && post == 0 && world_lines(t, ACT_CREATE) == 0);
	WANT(!lists(t, all.board.id, a.id));
	return OK;
}

static enum err not_yet(struct txn *t, void *arg)
{
	(void)arg;
	struct article a;
	WANT(article_load(t, all.id, &a) == OK && !a.placed && world_lines(t, ACT_CREATE) == 0);
	return OK;
}

static enum err is_placed(struct txn *t, void *arg)
{
	(void)arg;
	struct article a;
	struct post p;
	WANT(world_lines(t, ACT_CREATE) == 1 && article_load(t, all.id, &a) == ERR_NOT_FOUND);
	all.id = world_last(t, ACT_CREATE).object;
	WANT(article_load(t, all.id, &a) == OK && a.placed && a.state == ARTICLE_CHECKED);
	WANT(post_load(t, all.id, &p) == OK && p.published == NOW + DAY);
	WANT(world_heard(t, all.anna.id, NOTICE_ARTICLE_DECIDED) == 2);
	return OK;
}

static int64_t mails(struct txn *t)
{
	int64_t count = -1;
	return mail_waiting(t, &count) == OK ? count : -1;
}

static enum err is_asked(struct txn *t, void *arg)
{
	(void)arg;
	struct article a;
	struct mail m;
	WANT(article_load(t, all.id, &a) == OK && a.state == ARTICLE_CHECKED);
	WANT(world_heard(t, all.anna.id, NOTICE_ARTICLE_DUE) == 1
		&& world_heard(t, all.bas.id, NOTICE_ARTICLE_DUE) == 1);
	WANT(mails(t) == 1 && mail_next(t, 100, &m) == OK && text_is(m.to, "anna@x.nl"));
	WANT(strstr(m.html, "Is your article still right?") != NULL
		&& strstr(m.html, "Heat pumps") != NULL);
	WANT(m.actor == all.anna.id && m.posts.count == 1 && m.posts.at[0] == all.id);
	WANT(world_lines(t, ACT_UPDATE) == 0);
	return OK;
}

static enum err is_outdated(struct txn *t, void *arg)
{
	(void)arg;
	struct article a;
	WANT(article_load(t, all.id, &a) == OK && a.state == ARTICLE_OUTDATED);
	WANT(world_heard(t, all.anna.id, NOTICE_ARTICLE_DUE) == 2 && mails(t) == 2);
	WANT(world_lines(t, ACT_UPDATE) == 1); /* other nodes hear that it is */
	WANT(strstr(world_words(world_object(t, all.id), "summary"), "Out of date since") != NULL);
	/* Its owner says that it is still right, and it is checked anew. */
	WANT(article_hand_in(t, all.anna.id, all.id, 0, NULL) == OK);
	WANT(article_decide(t, all.eva.id, all.id, ARTICLE_CHECKED, 6, NULL, NULL, NULL) == OK);
	WANT(article_load(t, all.id, &a) == OK && a.state == ARTICLE_CHECKED
		&& a.reviewer == all.eva.id && a.due > time_now() + 180 * DAY);
	return OK;
}

static enum err still_checked(struct txn *t, void *arg)
{
	(void)arg;
	struct article a;
	WANT(article_load(t, all.id, &a) == OK && a.state == ARTICLE_CHECKED && mails(t) == 2);
	return OK;
}

static void it_is_placed_asked_after_and_outdated_on_time(void **state)
{
	(void)state;
	world_run(decided_for_tomorrow);
	tick(NOW + DAY - 1);
	world_run(not_yet);
	tick(NOW + DAY);
	world_run(is_placed);
	tick(NOW + 17 * DAY);
	world_run(is_asked);
	tick(NOW + 365 * DAY / 12);
	world_run(is_outdated);
	tick(NOW + 100 * DAY);
	world_run(still_checked);
}

static enum err decided_then_banned(struct txn *t, void *arg)
{
	(void)arg;
	struct actor mod;
	enum err e = decided_for_tomorrow(t, NULL);
	if (e == OK)
		e = actor_by_name(t, "mod", &mod);
	return e == OK ? block_add(t, mod.id, all.board.id, all.anna.id, NULL, NULL) : e;
}

static enum err is_draft_again(struct txn *t, void *arg)
{
	(void)arg;
	struct article a;
	WANT(article_load(t, all.id, &a) == OK && a.state == ARTICLE_DRAFT && !a.placed
		&& a.verdict == 0);
	WANT(world_lines(t, ACT_CREATE) == 0);
	return OK;
}

static void who_may_not_write_there_any_more_is_not_placed(void **state)
{
	(void)state;
	world_run(decided_then_banned);
	tick(NOW + DAY);
	world_run(is_draft_again);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static struct article placed(struct txn *t, const char *title, const char *series, const char *text)
{
	struct article a = written(&all.anna, title);
	uint64_t post = 0;
	a.series = series;
	a.source = text;
	time_freeze(time_now() + SECOND);
	if (article_write(t, all.anna.id, &a, 0, NULL) != OK
		|| article_hand_in(t, all.anna.id, a.id, 0, NULL) != OK
		|| article_decide(t, all.eva.id, a.id, ARTICLE_PLACED, 0, NULL, NULL, &post) != OK
		|| article_load(t, post, &a) != OK)
		die("not placed");
	return a;
}

IN_WRITE(its_page_leads_to_its_series_and_what_is_related)
{
	(void)arg;
	people(t);
	struct article one = placed(t, "One", "Heat", "#pump"),
		       two = placed(t, "Two", "heat", "#tap"),
		       three = placed(t, "Three", NULL, "#pump"),
		       four = placed(t, "Four", NULL, "#bath");
	struct viewer nobody = {0};
	struct post p;
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	WANT(post_load(t, one.id, &p) == OK && two.id && three.id && four.id);
	post_show(t, v, "post", &p, &nobody);
	const struct node *page = view_root(v);
	WANT(world_count(page, "post.article.parts") == 2);
	WANT(text_is(world_text(page, "post.article.parts.0.words"), "One")
		&& world_number(page, "post.article.parts.0.here") == 1
		&& text_is(world_text(page, "post.article.parts.1.words"), "Two"));
	WANT(world_count(page, "post.article.related") == 1
		&& text_is(world_text(page, "post.article.related.0.words"), "Three"));
	WANT(world_number(page, "post.article.may_work") == 0);
	struct call *call = world_call(&feature_article, METHOD_GET, "/@board/articles", &nobody,
		(const char *const[]){"series=HEAT", NULL});
	WANT(world_read(call, t, &page) == OK && world_count(page, "articles") == 2);
	call = world_call(&feature_article, METHOD_GET, "/@board/articles", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "articles") == 4);
	return OK;
}

IN_WRITE(what_is_for_members_is_not_read_by_others)
{
	(void)arg;
	people(t);
	struct viewer nobody = {0}, anna = world_as(&all.anna);
	struct article a = written(&all.anna, "Secret");
	const struct node *page;
	char path[64];
	uint64_t post;
	world_member(&all.anna, all.board.id, 0, 0);
	a.circles = (struct circles){CIRCLE_MEMBERS, CIRCLE_MEMBERS};
	WANT(article_write(t, all.anna.id, &a, 0, NULL) == OK && checked(t, a.id, 12, &post) == OK);
	WANT(text_print(path, sizeof path, "/articles/%llu/print", (unsigned long long)post));
	struct call *call = world_call(&feature_article, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	call = world_call(&feature_article, METHOD_GET, path, &anna, NULL);
	WANT(world_read(call, t, &page) == OK && text_is(world_text(page, "heading"), "Secret"));
	call = world_call(&feature_article, METHOD_GET, "/@board/articles", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "articles") == 0);
	return OK;
}

IN_WRITE(the_form_keeps_what_was_typed)
{
	(void)arg;
	people(t);
	struct viewer anna = world_as(&all.anna), cas = world_as(&all.cas);
	const struct node *page;
	static const char *const typed[] = {"title=Pumps", "text=Words", "summary=Short",
		"sources=A book", "writers=bas, @bas anna", "day=2025-11-30", "hour=10:00", NULL},
				 *const wrong[] = {"title=Pumps", "text=Words", "writers=nobody",
					 NULL},
				 *const odd[] = {"title=Pumps", "text=Words", "day=tomorrow", NULL};
	struct call *call = world_call(
		&feature_article, METHOD_POST, "/c/board/new/article", &anna, wrong);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "writers"));
	call = world_call(&feature_article, METHOD_POST, "/c/board/new/article", &anna, odd);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "day"));
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	WANT(call->route->form(call, t, v) == OK
		&& text_is(world_text(view_root(v), "form.day"), "tomorrow"));
	call = world_call(&feature_article, METHOD_POST, "/c/board/new/article", &anna, typed);
	WANT(call->route->write(call, t) == OK);
	struct u64s mine;
	struct article a;
	WANT(article_list(t, all.bas.id, 10, &mine) == OK && mine.count == 1);
	WANT(article_load(t, mine.at[0], &a) == OK && a.writers.count == 1
		&& a.publish > NOW + 8 * DAY);
	const char *path = arena_format(txn_arena(t), "/articles/%llu", (unsigned long long)a.id);
	call = world_call(&feature_article, METHOD_GET, path, &cas, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	call = world_call(&feature_article, METHOD_GET, path, &anna, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "may_hand_in") == 1
		&& world_number(page, "may_decide") == 0 && world_number(page, "may_remove") == 1);
	call = world_call(&feature_article, METHOD_GET, "/articles", &anna, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "drafts") == 1);
	WANT(article_hand_in(t, all.anna.id, a.id, all.cas.id, NULL) == OK);
	call = world_call(&feature_article, METHOD_GET, "/articles", &cas, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "waiting") == 1);
	return OK;
}

static enum err forgets(struct txn *t, void *arg)
{
	(void)arg;
	struct article a = begun(t), b;
	const struct journal_reader *r = feature_article.readers;
	struct line line = {.act = ACT_DELETE_ACTOR, .actor = all.bas.id};
	WANT(r->follow(t, &line, r->arg) == OK && article_load(t, a.id, &b) == OK);
	WANT(!lists(t, all.bas.id, a.id));
	line.actor = all.anna.id;
	WANT(r->follow(t, &line, r->arg) == OK && r->follow(t, &line, r->arg) == OK);
	WANT(article_load(t, a.id, &b) == ERR_NOT_FOUND);
	return OK;
}

static void the_drafts_of_who_is_gone_are_gone(void **state)
{
	(void)state;
	world_run(forgets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ARTICLE_TEST(a_draft_is_its_writers_own),
		ARTICLE_TEST(what_cannot_be_kept_is_refused_in_words),
		ARTICLE_TEST(only_an_editor_decides_and_nobody_checks_their_own),
		ARTICLE_TEST(it_goes_back_with_a_reason_and_can_be_taken_back),
		ARTICLE_TEST(other_nodes_read_who_checked_it),
		ARTICLE_TEST(the_longest_summary_still_fits),
		ARTICLE_TEST(other_words_have_to_be_checked_again),
		ARTICLE_TEST(it_is_placed_asked_after_and_outdated_on_time),
		ARTICLE_TEST(who_may_not_write_there_any_more_is_not_placed),
		ARTICLE_TEST(its_page_leads_to_its_series_and_what_is_related),
		ARTICLE_TEST(what_is_for_members_is_not_read_by_others),
		ARTICLE_TEST(the_form_keeps_what_was_typed),
		ARTICLE_TEST(the_drafts_of_who_is_gone_are_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
