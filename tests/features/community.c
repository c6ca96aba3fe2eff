/* community.c: tests of making communities, of who looks after them, and of their pages. */
#include "world.h"

#include <string.h>

static struct post written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	draft.source = "Hello";
	return post_create(t, &draft, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static enum err create(struct txn *t, const char *name, uint64_t founder, struct actor *out)
{
	struct community_draft draft = {.name = name,
		.title = "A circle",
		.source = "We talk about *energy*.",
		.founder = founder};
	return community_create(t, &draft, NULL, out);
}

static bool renders(const char *page, const struct node *root)
{
	struct bytes html;
	page_load();
	return page_render(world.arena, page, root, "en", &html) == OK && html.size > 500;
}

IN_WRITE(a_community_begins)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), a, b;
	struct u64s ids;
	struct refusal why = {0};
	WANT(create(t, "energy", anna.id, &a) == OK && create(t, "housing", 0, &b) == OK);
	WANT(a.kind == ACTOR_GROUP && a.local && text_is(a.uri, "https://ex.org/c/energy")
		&& !a.restricted);
	WANT(strstr(a.summary, "<em>energy</em>") != NULL);
	WANT(community_list(t, &ids) == OK && ids.count == 2 && ids.at[0] == a.id
		&& ids.at[1] == b.id);
	WANT(community_moderated_by(t, &a, &anna) && !community_moderated_by(t, &b, &anna));
	WANT(follow_is(t, anna.id, a.id));
	struct community_draft again = {.name = "energy", .title = "Again"};
	WANT(community_create(t, &again, &why, &b) == ERR_INVALID && text_is(why.field, "name"));
	again.name = "anna"; /* people and communities share their names */
	WANT(community_create(t, &again, &why, &b) == ERR_INVALID);
	again.name = "long";
	char *source = arena_alloc(txn_arena(t), 5002);
	memset(source, 'a', 5001);
	again.source = source;
	WANT(community_create(t, &again, &why, &b) == ERR_INVALID && text_is(why.field, "source"));
	return OK;
}

IN_WRITE(moderators_come_and_go)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"), a;
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     far = world_remote(t, ACTOR_GROUP, "far", "b.example");
	struct u64s ids;
	WANT(create(t, "energy", anna.id, &a) == OK);
	WANT(community_moderator(t, bas.id, a.id, bas.id, true, NULL) == ERR_FORBIDDEN);
	WANT(community_moderator(t, anna.id, a.id, anna.id, false, NULL)
		== ERR_CONFLICT); /* the last one stays */
	WANT(community_moderator(t, anna.id, a.id, bas.id, true, NULL) == OK
		&& community_moderated_by(t, &a, &bas));
	struct line line = world_last(t, ACT_MODERATOR);
	WANT(line.actor == anna.id && line.object == bas.id && line.target == a.id);
	WANT(community_moderator(t, anna.id, a.id, bas.id, true, NULL) == OK
		&& world_lines(t, ACT_MODERATOR) == 1);
	WANT(community_moderator(t, bas.id, a.id, anna.id, false, NULL) == OK
		&& !community_moderated_by(t, &a, &anna));
	WANT(community_moderators(t, a.id, &ids) == OK && ids.count == 1 && ids.at[0] == bas.id);
	WANT(community_moderator(t, bas.id, a.id, far.id, true, NULL)
		== ERR_FORBIDDEN); /* no person */
	WANT(block_add(t, bas.id, a.id, xi.id, NULL, NULL) == OK);
	WANT(community_moderator(t, bas.id, a.id, xi.id, true, NULL) == ERR_FORBIDDEN); /* banned */
	WANT(community_moderator(t, bas.id, bas.id, xi.id, true, NULL) == ERR_NOT_FOUND);
	/* A group elsewhere says itself who looks after it; nobody else does. */
	struct origin said = {"https://b.example/a/1", {"{}", 2}, far.id};
	WANT(community_moderator(t, xi.id, far.id, xi.id, true, NULL) == ERR_FORBIDDEN);
	WANT(community_moderator(t, xi.id, far.id, xi.id, true, &said) == OK
		&& community_moderated_by(t, &far, &xi));
	WANT(community_moderator(t, xi.id, a.id, xi.id, true, &said) == ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(admins_moderate_what_is_here)
{
	(void)arg;
	struct account_draft draft = {
		.name = "root_of_all", .title = "Admin", .email = "a@ex.org", .admin = true};
	struct actor admin, a, far = world_remote(t, ACTOR_GROUP, "far", "b.example");
	struct refusal why = {0};
	WANT(create(t, "energy", 0, &a) == OK && account_create(t, &draft, &why, &admin) == OK);
	WANT(community_moderated_by(t, &a, &admin) && !community_moderated_by(t, &far, &admin));
	return OK;
}

IN_WRITE(moderators_from_elsewhere)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example"), a;
	WANT(create(t, "energy", anna.id, &a) == OK);
	struct activity add = world_activity(&xi, "https://a.example/m/1", "Add", xi.uri);
	add.target = a.moderators;
	add.audience = a.uri;
	WANT(world_receive(t, &feature_post, &add) == ERR_FORBIDDEN
		&& !community_moderated_by(t, &a, &xi));
	WANT(community_moderator(t, anna.id, a.id, xi.id, true, NULL) == OK);
	/* Another group cannot speak for a moderator of ours, nor pin in somebody's name. */
	struct actor evil = world_remote(t, ACTOR_GROUP, "evil", "c.example"),
		     yo = world_remote(t, ACTOR_PERSON, "yo", "c.example");
	struct activity forged = world_activity(&xi, "https://c.example/m/1", "Add", yo.uri);
	forged.target = a.moderators;
	forged.audience = a.uri;
	forged.via = evil.id;
	WANT(world_receive(t, &feature_post, &forged) == ERR_NOT_FOUND
		&& !community_moderated_by(t, &a, &yo));
	WANT(community_moderator(t, xi.id, a.id, yo.id, true, &(struct origin){.via = evil.id})
		== ERR_FORBIDDEN);
	add.type = "Remove";
	WANT(world_receive(t, &feature_post, &add) == OK && !community_moderated_by(t, &a, &xi));
	WANT(world_last(t, ACT_UNMODERATOR).raw.size > 0);
	return OK;
}

IN_WRITE(its_page)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), a;
	struct viewer nobody = {0}, me = {.actor = anna.id, .local = true};
	const struct node *page;
	WANT(create(t, "energy", anna.id, &a) == OK);
	struct call *call = world_call(&feature_profile, METHOD_GET, "/@energy", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && text_is(call->reply.page, "community"));
	WANT(world_number(page, "nothing") == 1 && world_number(page, "may_post") == 0
		&& renders("community", page));
	struct post pinned = {0};
	for (int i = 0; i < 21; i++)
		pinned = written(t, (struct post_draft){.author = anna.id, .community = a.id});
	struct post hidden = written(t,
		(struct post_draft){
			.author = anna.id, .community = a.id, .visibility = VISIBLE_FOLLOWERS});
	WANT(hidden.id && post_pin(t, anna.id, pinned.id, true, NULL) == OK);
	call = world_call(&feature_profile, METHOD_GET, "/@energy", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "pinned") == 1);
	WANT(world_count(page, "conversations")
		== 19); /* 20 of those for them, without the pinned one */
	WANT(world_number(page, "paged") == 1 && renders("community", page));
	const char *before = arena_format(txn_arena(t), "before=%s", world_text(page, "older"));
	call = world_call(
		&feature_profile, METHOD_GET, "/@energy", &me, (const char *const[]){before, NULL});
	WANT(world_read(call, t, &page) == OK && world_count(page, "conversations") == 1);
	WANT(world_count(page, "pinned") == 0 && world_number(page, "may_post") == 1);
	WANT(text_is(world_text(page, "new_path"), "/c/energy/new")
		&& text_is(world_text(page, "uri"), a.uri));
	return OK;
}

IN_WRITE(about_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     far = world_remote(t, ACTOR_GROUP, "far", "b.example"), a;
	struct viewer nobody = {0};
	const struct node *page;
	WANT(create(t, "energy", anna.id, &a) == OK && far.id != 0);
	struct call *call = world_call(
		&feature_community, METHOD_GET, "/@energy/about", &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "moderators") == 1
		&& renders("about", page));
	WANT(text_is(world_text(page, "moderators.0.name"), "anna"));
	WANT(text_is(call->reply.headers->value,
		"<https://ex.org/c/energy>; rel=\"alternate\"; type=\"application/activity+json\""));
	call = world_call(&feature_community, METHOD_GET, "/@anna/about", &nobody, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	call = world_call(&feature_community, METHOD_GET, "/@far@b.example/about", &nobody, NULL);
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_community_begins),
		WORLD_TEST(moderators_come_and_go),
		WORLD_TEST(admins_moderate_what_is_here),
		WORLD_TEST(moderators_from_elsewhere),
		WORLD_TEST(its_page),
		WORLD_TEST(about_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
