/* linked.c, readers.c: tests of accounts elsewhere: how one is proved, whose it is, who reads along, who sees that. */
#include "roll.h"
#include "world.h"

#include <string.h>

static struct actor person(struct txn *t, const char *name)
{
	struct account_draft draft = {.name = name, .title = name};
	struct actor a = {0};
	return account_create(t, &draft, NULL, &a) == OK ? a : (struct actor){0};
}

static struct actor community(struct txn *t, const char *name, uint64_t founder)
{
	struct community_draft draft = {.name = name, .title = name, .founder = founder};
	struct actor a = {0};
	return community_create(t, &draft, NULL, &a) == OK ? a : (struct actor){0};
}

/* The roll is written from a thread of its own: a test's body is on the writer's of the other store. */
struct doing {
	enum { ASK, PROVE, END, FORGET, ADMIT, UNADMIT, COUNT_ALL } what;
	uint64_t account, person, actor, community;
	struct linked linked[LINKED_MOST];
	size_t count;
	char code[40];
	enum err err;
};

static enum err act_run(struct txn *r, void *arg)
{
	struct doing *a = arg;
	struct doer by = {.actor = a->account};
	struct person p;
	if (a->account != 0 && person_by_actor(r, a->account, &p) == OK)
		a->person = p.id;
	switch (a->what) {
	case ASK: {
		enum err e = linked_ask(r, a->person, a->actor);
		size_t count = 0;
		if (e == OK)
			e = linked_of(r, a->person, a->linked, &count);
		for (size_t i = 0; e == OK && i < count; i++)
			if (a->linked[i].actor == a->actor
				&& !text_print(a->code, sizeof a->code, "%s", a->linked[i].code))
				return ERR_TOO_MUCH;
		return e;
	}
	case PROVE:
		return linked_prove(r, &by, a->person, a->actor);
	case END:
		return linked_end(r, &by, a->person, a->actor);
	case FORGET:
		return person_remove(r, &by, a->person);
	case ADMIT:
	case UNADMIT:
		return admitted_set(r, &by, a->community, a->actor, a->what == ADMIT);
	case COUNT_ALL:
		return linked_of(r, a->person, a->linked, &a->count);
	}
	return ERR_INVALID;
}

static void act_thread(void *arg)
{
	struct doing *a = arg;
	a->err = roll_write(&world.site, act_run, a);
}

static enum err act(struct doing *a)
{
	thread_join(thread_start("roll", act_thread, a));
	return a->err;
}

static enum err asks(const struct actor *who, const struct actor *whom, struct doing *out)
{
	*out = (struct doing){.what = ASK, .account = who->id, .actor = whom->id};
	return act(out);
}

static enum err proves(const struct actor *who, const struct actor *whom)
{
	struct doing a = {.what = PROVE, .account = who->id, .actor = whom->id};
	return act(&a);
}

static enum err message(struct txn *t, const struct actor *from, const char *words, uint64_t via)
{
	struct object o = {.id = "https://a.example/n/1",
		.type = "Note",
		.attributed_to = from->uri,
		.content = words};
	struct activity a = world_activity(from, "https://a.example/a/1", "Create", o.id);
	a.object = &o;
	a.via = via;
	return world_receive(t, &feature_linked, &a);
}

static bool is_proved(struct txn *t, uint64_t elsewhere, uint64_t person)
{
	struct bytes there;
	struct place place = place_2(TABLE_PROVED, elsewhere, person);
	return txn_get(t, &place, &there) == OK;
}

IN_WRITE(a_code_is_asked_for_once_and_good_for_a_week)
{
	(void)arg;
	struct actor anna = person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct doing one, two;
	world_member(&anna, 0, 0, 0);
	WANT(asks(&anna, &xi, &one) == OK && strlen(one.code) == 19);
	WANT(asks(&anna, &xi, &two) == ERR_CONFLICT);
	time_freeze(NOW + 8 * DAY);
	WANT(proves(&anna, &xi) == ERR_NOT_FOUND);
	WANT(asks(&anna, &xi, &two) == OK && strcmp(one.code, two.code) != 0);
	WANT(proves(&anna, &xi) == OK && linked_account(&world.site, xi.id) == anna.id);
	WANT(proves(&anna, &xi) == OK); /* twice is once */
	WANT(asks(&anna, &xi, &two) == ERR_CONFLICT);
	return OK;
}

IN_WRITE(five_at_most)
{
	(void)arg;
	struct actor anna = person(t, "anna");
	struct doing a;
	world_member(&anna, 0, 0, 0);
	for (int i = 0; i < LINKED_MOST; i++) {
		struct actor x = world_remote(
			t, ACTOR_PERSON, arena_format(world.arena, "x%d", i), "a.example");
		WANT(asks(&anna, &x, &a) == OK);
	}
	struct actor more = world_remote(t, ACTOR_PERSON, "more", "a.example");
	WANT(asks(&anna, &more, &a) == ERR_TOO_MUCH);
	time_freeze(NOW + 8 * DAY); /* those that were never proved make room */
	WANT(asks(&anna, &more, &a) == OK);
	return OK;
}

IN_WRITE(the_message_has_to_be_that_accounts_own)
{
	(void)arg;
	struct actor anna = person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yu = world_remote(t, ACTOR_PERSON, "yu", "a.example");
	struct doing a;
	world_member(&anna, 0, 0, 0);
	WANT(asks(&anna, &xi, &a) == OK);
	const char *said = arena_format(
		world.arena, "<p><a href=\"#\">@anna</a> my code: <b>%s</b>.</p>", a.code);
	WANT(message(t, &yu, said, 0) == ERR_NOT_FOUND);
	WANT(message(t, &xi, "<p>aaaa-bbbb-cccc-dddd</p>", 0) == ERR_NOT_FOUND);
	WANT(message(t, &xi, said, anna.id) == ERR_NOT_FOUND); /* a group's word is not its own */
	WANT(!is_proved(t, xi.id, a.person) && linked_account(&world.site, xi.id) == 0);
	WANT(message(t, &xi, said, 0) == OK && is_proved(t, xi.id, a.person));
	WANT(post_by_uri(t, "https://a.example/n/1", &(struct post){0}) == ERR_NOT_FOUND);
	for (char *c = a.code; *c != '\0'; c++)
		*c = (char)(*c == '-' ? ' ' : *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	WANT(message(t, &xi, a.code, 0) == OK); /* as people type it */
	time_freeze(NOW + 8 * DAY);
	WANT(message(t, &xi, said, 0) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(an_account_is_one_members_only)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct doing a, b;
	world_member(&anna, 0, 0, 0);
	world_member(&bas, 0, 0, 0);
	WANT(asks(&anna, &xi, &a) == OK && asks(&bas, &xi, &b) == OK);
	WANT(proves(&anna, &xi) == OK && proves(&bas, &xi) == ERR_CONFLICT);
	WANT(linked_account(&world.site, xi.id) == anna.id);
	struct doing end = {.what = END, .account = anna.id, .actor = xi.id};
	WANT(act(&end) == OK && linked_account(&world.site, xi.id) == 0);
	WANT(proves(&bas, &xi) == OK && linked_account(&world.site, xi.id) == bas.id);
	/* Whoever leaves the roll leaves nothing of it. */
	struct doing gone = {.what = FORGET, .account = bas.id};
	WANT(act(&gone) == OK && linked_account(&world.site, xi.id) == 0);
	return OK;
}

static bool reads(struct txn *t, const struct actor *who, const struct actor *group)
{
	struct actor now;
	struct u64s all;
	if (actor_load(t, group->id, &now) != OK || circle_readers(t, &now, &all) != OK)
		return false;
	for (size_t i = 0; i < all.count; i++)
		if (all.at[i] == who->id)
			return true;
	return false;
}

static enum err follows(struct txn *t, const struct actor *who, const struct actor *whom)
{
	struct origin o = {.uri = arena_format(world.arena, "%s#f%llu", who->uri,
				   (unsigned long long)whom->id)};
	return follow_start(t, who->id, whom->id, &o);
}

IN_WRITE(who_reads_along)
{
	(void)arg;
	struct actor anna = person(t, "anna"), gast = person(t, "gast"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     yu = world_remote(t, ACTOR_PERSON, "yu", "a.example"),
		     zo = world_remote(t, ACTOR_PERSON, "zo", "b.example");
	struct actor board = community(t, "board", anna.id), small = community(t, "small", anna.id);
	struct doing a;
	small.own_members = true;
	WANT(actor_save(t, &small) == OK);
	world_member(&gast, 0, 0, 0);
	WANT(asks(&gast, &xi, &a) == OK);
	WANT(follows(t, &xi, &board) == OK && follows(t, &xi, &small) == OK
		&& follows(t, &zo, &board) == OK);
	WANT(!reads(t, &xi, &board)); /* asked is not proved */
	WANT(proves(&gast, &xi) == OK && reads(t, &xi, &board));
	WANT(!reads(t, &xi, &small)); /* which has members of its own */
	WANT(!reads(t, &yu, &board) && !reads(t, &zo, &board));
	struct doing let = {
		.what = ADMIT, .account = anna.id, .actor = zo.id, .community = board.id};
	WANT(act(&let) == OK && reads(t, &zo, &board) && !reads(t, &zo, &small));
	let.actor = yu.id;
	WANT(act(&let) == OK && !reads(t, &yu, &board)); /* it does not follow */
	let = (struct doing){
		.what = UNADMIT, .account = anna.id, .actor = zo.id, .community = board.id};
	WANT(act(&let) == OK && !reads(t, &zo, &board));
	WANT(domain_block(t, "a.example", "Spam", true) == OK && !reads(t, &xi, &board));
	return OK;
}

IN_WRITE(the_core_team_sees_them_and_nobody_else)
{
	(void)arg;
	struct actor anna = person(t, "anna"), bas = person(t, "bas"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor board = community(t, "board", anna.id);
	struct doing a;
	const struct node *page;
	world_member(&bas, 0, 0, 0);
	WANT(asks(&bas, &xi, &a) == OK && proves(&bas, &xi) == OK && follows(t, &xi, &board) == OK);
	struct viewer core = {.actor = anna.id, .local = true},
		      other = {.actor = bas.id, .local = true, .member = true};
	struct call *call = world_call(
		&feature_readers, METHOD_GET, "/@board/readers", &other, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	call = world_call(&feature_readers, METHOD_GET, "/@board/readers", &core, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "readers") == 1
		&& text_is(world_text(page, "readers.0.owner.name"), "bas")
		&& text_is(world_text(page, "readers.0.actor.handle"), "xi@a.example"));
	call = world_call(&feature_linked, METHOD_GET, "/settings/linked", &other, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "linked") == 1
		&& world_number(page, "may_link") == 1);
	struct view *v = view_create(world.arena, VIEW_TREE); /* and in what is kept of them */
	WANT(feature_linked.personal->show(
		     t, v, &(struct own_view){.actor = bas.id, .language = "en", .most = 9})
		== OK);
	WANT(text_is(world_text(view_root(v), "linked.0.who"), "https://a.example/@xi"));
	call = world_call(&feature_linked, METHOD_GET, "/settings/linked", &core, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "linked") == 0
		&& world_number(page, "may_link") == 0);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_code_is_asked_for_once_and_good_for_a_week),
		WORLD_TEST(five_at_most),
		WORLD_TEST(the_message_has_to_be_that_accounts_own),
		WORLD_TEST(an_account_is_one_members_only),
		WORLD_TEST(who_reads_along),
		WORLD_TEST(the_core_team_sees_them_and_nobody_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
