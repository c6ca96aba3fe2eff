/* timeline.c: tests of the pages that gather: whose posts, in what order, for whose eyes. */
#include "joining.h"
#include "world.h"

#include <string.h>

static struct actor community(struct txn *t, const char *name)
{
	struct community_draft draft = {.name = name, .title = name};
	struct actor a = {0};
	return community_create(t, &draft, NULL, &a) == OK ? a : (struct actor){0};
}

static uint64_t written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	draft.source = "Hello";
	return post_create(t, &draft, NULL, NULL, &p) == OK ? p.id : 0;
}

static bool is(const struct u64s *ids, const uint64_t *want, size_t count)
{
	return ids->count == count
		&& (count == 0 || memcmp(ids->at, want, count * sizeof *want) == 0);
}
#define IS(ids, ...)                                                                               \
	is(&(ids), (const uint64_t[]){__VA_ARGS__}, COUNT(((const uint64_t[]){__VA_ARGS__})))

static const char *html_of(struct txn *t, const struct viewer *viewer)
{
	const struct node *page;
	struct bytes html;
	page_load();
	if (world_read(world_call(&feature_timeline, METHOD_GET, "/", viewer, NULL), t, &page) != OK
		|| page_render(world.arena, "home", page, "en", &html) != OK)
		return "";
	return arena_format(world.arena, "%.*s", (int)html.size, (const char *)html.data);
}

static bool renders(const char *page, const struct node *root)
{
	struct bytes html;
	page_load();
	return page_render(world.arena, page, root, "en", &html) == OK && html.size > 500;
}

IN_WRITE(home_is_what_one_follows)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct actor energy = community(t, "energy"), housing = community(t, "housing");
	struct viewer me = {.actor = anna.id, .local = true};
	struct u64s ids;
	WANT(timeline_home(t, &me, 0, 10, &ids, NULL) == OK && ids.count == 0);
	WANT(follow_start(t, anna.id, bas.id, NULL) == OK
		&& follow_start(t, anna.id, energy.id, NULL) == OK);
	uint64_t a = written(t,
		(struct post_draft){
			.author = bas.id, .community = energy.id}); /* by both ways, once */
	uint64_t other = written(t, (struct post_draft){.author = cas.id, .community = housing.id});
	uint64_t b = written(t, (struct post_draft){.author = cas.id, .community = energy.id});
	uint64_t c = written(t, (struct post_draft){.author = bas.id});
	uint64_t to_other = written(t, (struct post_draft){.author = bas.id, .parent = other});
	uint64_t mine = written(t, (struct post_draft){.author = anna.id});
	uint64_t to_me = written(t, (struct post_draft){.author = bas.id, .parent = mine});
	uint64_t close = written(
		t, (struct post_draft){.author = bas.id, .visibility = VISIBLE_DIRECT});
	WANT(a && b && c && other && to_other && mine && to_me && close);
	WANT(timeline_home(t, &me, 0, 10, &ids, NULL) == OK && IS(ids, to_me, mine, c, b, a));
	WANT(timeline_home(t, &me, 0, 2, &ids, NULL) == OK && IS(ids, to_me, mine));
	WANT(timeline_home(t, &me, mine, 2, &ids, NULL) == OK && IS(ids, c, b));
	WANT(timeline_home(t, &me, b, 2, &ids, NULL) == OK && IS(ids, a));
	WANT(timeline_home(t, &me, a, 2, &ids, NULL) == OK && ids.count == 0);
	WANT(post_remove(t, bas.id, c, NULL, NULL) == OK
		&& timeline_home(t, &me, 0, 10, &ids, NULL) == OK && IS(ids, to_me, mine, b, a));
	WANT(block_add(t, anna.id, anna.id, cas.id, NULL, NULL) == OK);
	WANT(timeline_home(t, &me, 0, 10, &ids, NULL) == OK && IS(ids, to_me, mine, a));
	return OK;
}

IN_WRITE(the_public_sees_public_conversations)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), energy = community(t, "energy"),
		     housing = community(t, "housing");
	struct viewer nobody = {0};
	struct u64s ids;
	uint64_t a = written(t, (struct post_draft){.author = anna.id, .community = energy.id});
	uint64_t b = written(t, (struct post_draft){.author = anna.id, .community = housing.id});
	uint64_t reply = written(t, (struct post_draft){.author = anna.id, .parent = a});
	uint64_t quiet = written(t,
		(struct post_draft){
			.author = anna.id, .community = energy.id, .visibility = VISIBLE_UNLISTED});
	uint64_t alone = written(t, (struct post_draft){.author = anna.id});
	WANT(a && b && reply && quiet && alone);
	WANT(timeline_public(t, &nobody, 0, 10, &ids, NULL) == OK && IS(ids, b, a));
	WANT(actor_suspend(t, housing.id, true) == OK);
	WANT(timeline_public(t, &nobody, 0, 10, &ids, NULL) == OK && IS(ids, a));
	return OK;
}

IN_WRITE(a_page_is_filled_past_what_is_not_for_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), energy = community(t, "energy");
	struct viewer nobody = {0};
	struct u64s ids;
	uint64_t old = written(t, (struct post_draft){.author = anna.id, .community = energy.id});
	for (int i = 0; i < 35; i++)
		WANT(written(t,
			     (struct post_draft){.author = anna.id,
				     .community = energy.id,
				     .visibility = VISIBLE_FOLLOWERS})
			!= 0);
	WANT(timeline_public(t, &nobody, 0, 10, &ids, NULL) == OK && IS(ids, old));
	WANT(timeline_public(t, &nobody, 0, 1000, &ids, NULL) == OK
		&& IS(ids, old)); /* more than ever shown */
	return OK;
}

/* However much members say among each other, a visitor's pages are made of what is for them. */
IN_WRITE(a_page_does_not_end_where_others_write_much)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), energy = community(t, "energy");
	struct actor guest = world_person(t, "bas");
	struct viewer nobody = {0}, bas = world_as(&guest);
	struct u64s ids;
	uint64_t older, end = 0;
	uint64_t old = written(t, (struct post_draft){.author = anna.id, .community = energy.id});
	for (int i = 0; i < 2100; i++)
		end = written(t,
			(struct post_draft){.author = anna.id,
				.community = energy.id,
				.visibility = VISIBLE_FOLLOWERS});
	WANT(end != 0);
	WANT(timeline_of(t, &nobody, &energy, 0, 10, &ids, &older) == OK && IS(ids, old)
		&& older == 0);
	WANT(timeline_public(t, &nobody, 0, 10, &ids, &older) == OK && IS(ids, old) && older == 0);
	/* Where looking stops one can go on. */
	WANT(timeline_of(t, &bas, &energy, 0, 10, &ids, &older) == OK && ids.count == 0
		&& older > old && older < end);
	WANT(timeline_of(t, &bas, &energy, older, 10, &ids, &older) == OK && IS(ids, old)
		&& older == 0);
	const struct node *page;
	struct call *call = world_call(&feature_profile, METHOD_GET, "/@energy", &bas, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "nothing") == 0
		&& world_node(page, "older") != NULL && renders("community", page));
	return OK;
}

IN_WRITE(pages)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct viewer nobody = {0}, me = {.actor = anna.id, .local = true};
	const struct node *page;
	WANT(world_read(world_call(&feature_timeline, METHOD_GET, "/", &nobody, NULL), t, &page)
		== OK);
	WANT(world_number(page, "nothing") == 1 && world_count(page, "communities") == 0
		&& renders("home", page));
	WANT(world_read(world_call(&feature_overview, METHOD_GET, "/overview", &me, NULL), t, &page)
		== OK);
	WANT(world_number(page, "nothing") == 1 && renders("overview", page));
	struct actor energy = community(t, "energy");
	for (int i = 0; i < 21; i++)
		WANT(written(t, (struct post_draft){.author = anna.id, .community = energy.id})
			!= 0);
	WANT(world_read(world_call(&feature_timeline, METHOD_GET, "/", &nobody, NULL), t, &page)
		== OK);
	WANT(world_count(page, "communities") == 1 && world_count(page, "conversations") == 20);
	WANT(text_is(world_text(page, "communities.0.community.path"), "/@energy")
		&& renders("home", page));
	const char *before = arena_format(txn_arena(t), "before=%s", world_text(page, "older"));
	struct call *call = world_call(
		&feature_timeline, METHOD_GET, "/", &nobody, (const char *const[]){before, NULL});
	WANT(world_read(call, t, &page) == OK && world_count(page, "conversations") == 1
		&& world_number(page, "paged") == 1);
	WANT(text_is(world_text(page, "conversations.0.place.name"), "energy"));
	return OK;
}

/* A visitor reads first what is here; a member what was said. */
IN_WRITE(for_a_member_conversations_come_first)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), energy = community(t, "energy");
	struct viewer nobody = {0}, me = {.actor = anna.id, .local = true};
	WANT(written(t, (struct post_draft){.author = anna.id, .community = energy.id}) != 0);
	const char *out = html_of(t, &nobody), *in = html_of(t, &me);
	const char *said = strstr(out, "id=\"newest\""), *here = strstr(out, "id=\"communities\"");
	WANT(said != NULL && here != NULL && here < said);
	said = strstr(in, "id=\"newest\""), here = strstr(in, "id=\"communities\"");
	WANT(said != NULL && here != NULL && said < here);
	return OK;
}

IN_WRITE(the_door_is_shown_to_who_may_use_it)
{
	(void)arg;
	struct refusal why;
	struct actor anna = world_person(t, "anna");
	struct viewer nobody = {0}, me = {.actor = anna.id, .local = true};
	const struct joining asked = {.mode = JOIN_REQUEST};
	static const char door[] = "class=\"button\" href=\"/join\"";
	world.site.mail_from = "kring@ex.org";
	WANT(strstr(html_of(t, &nobody), door) == NULL); /* by invitation, until it is chosen */
	WANT(joining_set(t, 0, &asked, &why) == OK);
	WANT(strstr(html_of(t, &nobody), door) != NULL && strstr(html_of(t, &me), door) == NULL);
	world.site.mail_from = NULL; /* no address can be confirmed then */
	WANT(strstr(html_of(t, &nobody), door) == NULL);
	return OK;
}

IN_WRITE(a_line_tells_what_it_is)
{
	(void)arg;
	static const struct {
		enum post_kind kind;
		const char *tag;
	} all[] = {{POST_QUESTION, ">Poll<"}, {POST_EVENT, ">Event<"},
		{POST_VACANCY, ">On the noticeboard<"}, {POST_IDEA, ">Idea<"},
		{POST_FILE, ">File<"}, {POST_PROJECT, ">Project<"}};
	struct actor anna = world_person(t, "anna"), energy = community(t, "energy");
	struct viewer nobody = {0};
	struct post p = world_post(
		t, (struct post_draft){.author = anna.id, .community = energy.id});
	const char *html = html_of(t, &nobody);
	WANT(strstr(html, "/@anna/") != NULL);
	for (size_t i = 0; i < COUNT(all); i++)
		WANT(strstr(html, all[i].tag) == NULL);
	for (size_t i = 0; i < COUNT(all); i++) {
		p.kind = all[i].kind;
		WANT(post_save(t, &p) == OK);
		html = html_of(t, &nobody);
		for (size_t k = 0; k < COUNT(all); k++)
			WANT((strstr(html, all[k].tag) != NULL) == (k == i));
	}
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(home_is_what_one_follows),
		WORLD_TEST(the_public_sees_public_conversations),
		WORLD_TEST(a_page_is_filled_past_what_is_not_for_it),
		WORLD_TEST(a_page_does_not_end_where_others_write_much),
		WORLD_TEST(pages),
		WORLD_TEST(for_a_member_conversations_come_first),
		WORLD_TEST(the_door_is_shown_to_who_may_use_it),
		WORLD_TEST(a_line_tells_what_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
