/* face.c: who chooses a colour and texts, which colours are refused, the sheet of a colour. */
#include "world.h"

#include <string.h>

static struct call *look(
	const struct actor *community, const struct viewer *viewer, const char *const *inputs)
{
	return world_call(&feature_face, METHOD_POST,
		arena_format(world.arena, "/c/%s/look", community->name), viewer, inputs);
}

IN_WRITE(a_community_gets_a_colour_that_can_be_read)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     g = world_group(t, "energie"), found;
	struct place moderator = place_2(TABLE_MODERATOR, g.id, anna.id);
	WANT(txn_put(t, &moderator, (struct bytes){"\1", 1}) == OK);
	struct viewer as_anna = {.actor = anna.id, .local = true},
		      as_bas = {.actor = bas.id, .local = true};
	const char *first = actor_colour(world.arena, &g);
	struct call *call = look(&g, &as_bas, (const char *const[]){"palette=#1d5fa6", NULL});
	WANT(call->route->write(call, t) == ERR_FORBIDDEN);

	call = look(&g, &as_anna,
		(const char *const[]){"palette=own", "colour=#ffd400", "title=Energie", NULL});
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "colour"));
	struct view *v = view_create(world.arena, VIEW_TREE);
	WANT(call->route->form(call, t, v) == OK && view_ok(v));
	const struct node *page = view_root(v);
	const char *nearest = world_text(page, "suggestion.colour");
	uint32_t rgb;
	WANT(colour_read(nearest, &rgb) && colour_fits(rgb)
		&& world_number(page, "own_chosen") == 1);
	WANT(actor_load(t, g.id, &found) == OK
		&& text_is(actor_colour(world.arena, &found), first));

	call = look(&g, &as_anna,
		(const char *const[]){"palette=own", "colour=#ffd400", "title=Energie",
			"rules=- Wees *aardig*", arena_format(world.arena, "take=#%s", nearest),
			NULL});
	WANT(call->route->write(call, t) == OK && text_is(call->reply.location, "/@energie"));
	WANT(actor_load(t, g.id, &found) == OK
		&& text_is(actor_colour(world.arena, &found), nearest));
	WANT(strstr(found.rules, "<em>aardig</em>") != NULL
		&& world_lines(t, ACT_UPDATE_ACTOR) == 1);

	call = look(&g, &as_anna, (const char *const[]){"palette=own", "colour=green", NULL});
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "colour"));
	call = look(&anna, &as_anna, (const char *const[]){"palette=#1d5fa6", NULL});
	WANT(call->route->write(call, t) == ERR_NOT_FOUND); /* a person is no community */
	return OK;
}

IN_WRITE(the_site_is_its_administrators)
{
	(void)arg;
	struct refusal why = {0};
	struct key_pair none = {0};
	struct actor site, anna, bas = world_person(t, "bas");
	struct account_draft draft = {
		.name = "anna", .title = "Anna", .email = "anna@ex.org", .admin = true};
	WANT(account_create(t, &draft, &why, &anna) == OK);
	WANT(actor_create(t, ACTOR_APPLICATION, "ex.org", NULL, &none, &why, &site) == OK);
	world.site.actor = site.id;
	struct profile_change c = {.colour = "#3f4a9a",
		.contact = " bestuur@ex.org ",
		.locked = -1,
		.discoverable = -1,
		.indexable = -1};
	WANT(profile_update(t, bas.id, site.id, &c, &why) == ERR_FORBIDDEN);
	WANT(profile_update(t, anna.id, site.id, &c, &why) == OK
		&& actor_load(t, site.id, &site) == OK);
	WANT(text_is(actor_colour(world.arena, &site), "3f4a9a")
		&& text_is(site.contact, "bestuur@ex.org"));
	struct view *v = view_create(world.arena, VIEW_TREE);
	face_show(t, v);
	WANT(text_is(world_text(view_root(v), "colour"), "3f4a9a"));
	return OK;
}

static enum err sheet(struct txn *t, const char *list, struct call **out)
{
	struct viewer nobody = {0};
	*out = world_call(&feature_face, METHOD_GET,
		arena_format(world.arena, "/colour/%s.css", list), &nobody, NULL);
	return (*out)->route->read(*out, t, view_create(world.arena, VIEW_JSON));
}

IN_WRITE(a_sheet_has_one_address)
{
	(void)arg;
	struct call *call;
	WANT(sheet(t, "123456-ffd400", &call) == OK
		&& text_is(call->reply.type, "text/css; charset=utf-8"));
	WANT(strstr(call->reply.cache, "immutable") != NULL);
	WANT(memmem(call->reply.body.data, call->reply.body.size, ".c-ffd400{", 10) != NULL);
	static const char *const wrong[] = {"12345", "FFD400", "#12345", "123456--123456", "red",
		"111111-111111-111111-111111-111111-111111-111111-111111-111111-111111-111111-111111-111111-111111-"
		"111111-111111-111111-111111-111111-111111-111111-111111-111111-111111-111111"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		WANT(sheet(t, wrong[i], &call) == ERR_NOT_FOUND);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_community_gets_a_colour_that_can_be_read),
		WORLD_TEST(the_site_is_its_administrators),
		WORLD_TEST(a_sheet_has_one_address),
	};
	return cmocka_run_group_tests_name("face", tests, NULL, NULL);
}
