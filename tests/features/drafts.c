/* drafts.c: tests of what is typed and not placed: kept for one, opened as it was, with its files, and for so long. */
#include "drafts.h"
#include "media.h"
#include "world.h"

#include <string.h>

static struct call *sent(
	const struct actor *who, enum method method, const char *path, const char *const *inputs)
{
	struct viewer viewer = {.actor = who->id, .local = true};
	return world_call(&feature_post, method, path, &viewer, inputs);
}

/* What somebody has, newest first. */
static struct u64s of(struct txn *t, const struct actor *who)
{
	struct u64s ids = {0};
	return post_ids(t, TABLE_DRAFT_OF, who->id, 0, true, 100, &ids) == OK ? ids
									      : (struct u64s){0};
}

static const char *numbered(struct txn *t, const char *name, uint64_t id)
{
	return arena_format(txn_arena(t), "%s=%llu", name, (unsigned long long)id);
}

IN_WRITE(what_was_typed_is_there_again)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	size_t told = world_lines(t, 0);
	struct call *call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){"csrf=secret", "title=Half", "text=One\nline",
			"reads=members", "keep=draft", "alt1=", NULL});
	WANT(drafts_kept.keep(call, t) == OK && text_is(call->reply.location, "/drafts"));
	WANT(of(t, &anna).count == 1 && world_lines(t, 0) == told);
	const char *draft = numbered(t, "draft", of(t, &anna).at[0]);
	call = sent(&anna, METHOD_GET, "/c/shed/new", (const char *const[]){draft, NULL});
	WANT(!call->typed && drafts_kept.open(call, t) == OK && call->typed);
	WANT(text_is(call_input(call, "title"), "Half")
		&& text_is(call_input(call, "text"), "One\nline")
		&& text_is(call_input(call, "reads"), "members"));
	WANT(call_input(call, "csrf") == NULL && call_input(call, "keep") == NULL);
	/* Of nobody else, and in no other form. */
	call = sent(&bas, METHOD_GET, "/c/shed/new", (const char *const[]){draft, NULL});
	WANT(drafts_kept.open(call, t) == ERR_NOT_FOUND);
	call = sent(&anna, METHOD_GET, "/c/play/new", (const char *const[]){draft, NULL});
	WANT(drafts_kept.open(call, t) == ERR_NOT_FOUND);
	/* Kept again it is the same one; placed, it is none. */
	call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){draft, "text=Whole", "keep=draft", NULL});
	WANT(drafts_kept.keep(call, t) == OK && of(t, &anna).count == 1);
	call = sent(&anna, METHOD_GET, "/c/shed/new", (const char *const[]){draft, NULL});
	WANT(drafts_kept.open(call, t) == OK && call_input(call, "title") == NULL
		&& text_is(call_input(call, "text"), "Whole"));
	call = sent(&bas, METHOD_POST, "/c/shed/new", (const char *const[]){draft, NULL});
	WANT(drafts_kept.place(call, t) == OK && of(t, &anna).count == 1);
	call = sent(&anna, METHOD_POST, "/c/shed/new", (const char *const[]){draft, NULL});
	WANT(drafts_kept.place(call, t) == OK && drafts_kept.place(call, t) == OK);
	WANT(of(t, &anna).count == 0);
	return OK;
}

IN_WRITE(there_is_a_most)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct call *call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){"text= ", "reads=members", NULL});
	WANT(drafts_kept.keep(call, t) == ERR_INVALID && text_is(call->refusal.field, "text"));
	for (int i = 0; i < DRAFTS_MOST; i++)
		WANT(drafts_kept.keep(sent(&anna, METHOD_POST, "/c/shed/new",
					      (const char *const[]){"text=Words", NULL}),
			     t)
			== OK);
	call = sent(&anna, METHOD_POST, "/c/shed/new", (const char *const[]){"text=Words", NULL});
	WANT(drafts_kept.keep(call, t) == ERR_INVALID && of(t, &anna).count == DRAFTS_MOST);
	const char *draft = numbered(t, "draft", of(t, &anna).at[0]);
	call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){draft, "text=Other words", NULL});
	WANT(drafts_kept.keep(call, t) == OK); /* no further one */
	char *long_words = arena_alloc(txn_arena(t), 140000);
	memset(long_words, 'x', 139999);
	call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){
			draft, arena_format(txn_arena(t), "text=%s", long_words), NULL});
	WANT(drafts_kept.keep(call, t) == ERR_INVALID && text_is(call->refusal.field, "text"));
	return OK;
}

static bool is_loose(struct txn *t, uint64_t media)
{
	struct place place = place_1(TABLE_MEDIA_LOOSE, media);
	struct bytes row;
	return txn_get(t, &place, &row) == OK;
}

IN_WRITE(its_files_are_kept_with_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	const struct node *page;
	(void)world_group(t, "shed");
	struct media mine = {.owner = anna.id, .type = "image/png", .file = "a"},
		     his = {.owner = bas.id, .type = "image/png", .file = "b"};
	WANT(media_keep(t, &mine) == OK && media_keep(t, &his) == OK && is_loose(t, mine.id));
	const char *first = numbered(t, "media1", mine.id), *second = numbered(t, "media2", his.id);
	struct call *call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){first, second, "alt1=A field", "text=Look", NULL});
	WANT(drafts_kept.keep(call, t) == OK && !is_loose(t, mine.id) && is_loose(t, his.id));
	const char *draft = numbered(t, "draft", of(t, &anna).at[0]);
	call = sent(&anna, METHOD_GET, "/c/shed/new", (const char *const[]){draft, NULL});
	WANT(drafts_kept.open(call, t) == OK && call_input_id(call, "media1") == mine.id);
	WANT(text_is(call_input(call, "alt1"), "A field") && call_input(call, "media2") == NULL);
	WANT(world_read(call, t, &page) == OK
		&& text_is(world_text(page, "media_slots.0.alt"), "A field"));
	WANT(world_number(page, "media_slots.0.kept") == 1
		&& world_number(page, "media_slots.1.kept") == 0);
	/* Taken off in the draft, it is loose again. */
	call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){draft, first, "drop1=true", "text=Look", NULL});
	WANT(drafts_kept.keep(call, t) == OK && is_loose(t, mine.id));
	call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){draft, first, "text=Look", NULL});
	WANT(drafts_kept.keep(call, t) == OK && !is_loose(t, mine.id));
	struct viewer me = {.actor = anna.id, .local = true};
	const char *path = arena_format(
		txn_arena(t), "/drafts/%llu/delete", (unsigned long long)of(t, &anna).at[0]);
	struct viewer other = {.actor = bas.id, .local = true};
	call = world_call(&feature_drafts, METHOD_POST, path, &other, NULL);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	call = world_call(&feature_drafts, METHOD_POST, path, &me, NULL);
	WANT(call->route->write(call, t) == OK && is_loose(t, mine.id) && of(t, &anna).count == 0);
	return OK;
}

IN_WRITE(it_is_listed_with_where_it_will_stand)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), shed = world_group(t, "shed");
	struct viewer me = {.actor = anna.id, .local = true};
	const struct node *page;
	struct post p;
	struct post_draft d = {
		.author = anna.id, .community = shed.id, .title = "Begun", .source = "x"};
	WANT(post_create(t, &d, NULL, NULL, &p) == OK);
	const char *reply = arena_format(txn_arena(t), "/p/%llu/reply", (unsigned long long)p.id);
	WANT(drafts_kept.keep(sent(&anna, METHOD_POST, "/c/shed/new",
				      (const char *const[]){"text=Several words\nand more", NULL}),
		     t)
		== OK);
	WANT(drafts_kept.keep(
		     sent(&anna, METHOD_POST, reply, (const char *const[]){"text=Yes", NULL}), t)
		== OK);
	WANT(world_read(world_call(&feature_drafts, METHOD_GET, "/drafts", &me, NULL), t, &page)
		== OK);
	WANT(world_count(page, "drafts") == 2 && world_number(page, "draft_count") == 2);
	WANT(text_is(world_text(page, "drafts.0.kind"), "Answer")
		&& text_is(world_text(page, "drafts.0.where"), "Begun")
		&& text_ends(world_text(page, "drafts.0.path"), "#answer"));
	WANT(text_is(world_text(page, "drafts.1.words"), "Several words")
		&& text_is(world_text(page, "drafts.1.kind"), "Message")
		&& text_is(world_text(page, "drafts.1.where"), "shed"));
	/* A form tells what was begun in it before. */
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	drafts_kept.show(sent(&anna, METHOD_GET, "/c/shed/new", NULL), t, v);
	WANT(world_count(view_root(v), "drafts_here") == 1);
	/* Of someone: shown to them, and gone with them. */
	struct own_view who = {anna.id, "en", 50, &(bool){false}};
	v = view_create(txn_arena(t), VIEW_TREE);
	WANT(feature_drafts.personal->show(t, v, &who) == OK);
	WANT(text_is(world_text(view_root(v), "drafts.0.typed.0.value"), "Yes"));
	struct leaver leaver = {.actor = anna.id};
	struct place at = {0};
	WANT(feature_drafts.personal->forget(t, &leaver, &at) == OK && at.size == 0);
	WANT(of(t, &anna).count == 0);
	return OK;
}

IN_WRITE(what_is_sent_signed_out_goes_to_a_form_of_here)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	const char *next = "/overview";
	struct call *call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){"sent_to=//evil.org/new", "text=x", NULL});
	WANT(drafts_take(t, call, anna.id, &next) == OK && text_is(next, "/overview"));
	WANT(of(t, &anna).count == 0);
	call = sent(&anna, METHOD_POST, "/c/shed/new",
		(const char *const[]){"sent_to=/c/shed/new/preview", "text=x", NULL});
	WANT(drafts_take(t, call, anna.id, &next) == OK);
	WANT(text_starts(next, "/c/shed/new?draft=") && of(t, &anna).count == 1);
	return OK;
}

static struct actor late;

static enum err keep_one(struct txn *t, void *arg)
{
	(void)arg;
	late = world_person(t, "anna");
	return drafts_kept.keep(
		sent(&late, METHOD_POST, "/c/shed/new", (const char *const[]){"text=x", NULL}), t);
}

static enum err count_all(struct txn *t, void *arg)
{
	*(size_t *)arg = of(t, &late).count;
	return OK;
}

static void it_is_forgotten_in_time(void **state)
{
	size_t count = 0;
	(void)state;
	const struct chore *chore = feature_drafts.chores;
	assert_int_equal(store_write(world.store, keep_one, NULL), OK);
	time_freeze(NOW + DRAFT_KEPT - MINUTE);
	chore->run(world.store, chore->arg);
	assert_int_equal(store_read(world.store, count_all, &count), OK);
	assert_int_equal(count, 1);
	time_freeze(NOW + DRAFT_KEPT + MINUTE);
	chore->run(world.store, chore->arg);
	assert_int_equal(store_read(world.store, count_all, &count), OK);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_was_typed_is_there_again),
		WORLD_TEST(there_is_a_most),
		WORLD_TEST(its_files_are_kept_with_it),
		WORLD_TEST(it_is_listed_with_where_it_will_stand),
		WORLD_TEST(what_is_sent_signed_out_goes_to_a_form_of_here),
		WORLD_TEST(it_is_forgotten_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
