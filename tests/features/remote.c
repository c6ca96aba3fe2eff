/* remote.c: tests of the way to one's own site and back: where a link may lead, and where it may not. */
#include "world.h"

#include <string.h>

static enum err follow_from(struct txn *t, const char *uri, const char *address, struct call **call,
	const struct node **page)
{
	const char *const typed[] = {arena_format(world.arena, "uri=%s", uri),
		arena_format(world.arena, "address=%s", address), NULL};
	*call = world_call(&feature_remote, METHOD_GET, "/follow-from", NULL, typed);
	return world_read(*call, t, page);
}

IN_WRITE(leads_to_your_own_site)
{
	(void)arg;
	struct actor g = world_group(t, "energie");
	struct call *call;
	const struct node *page = NULL;
	static const char *const addresses[] = {"@sanne@mastodon.nl", "sanne@mastodon.nl",
		" @Sanne@Mastodon.NL ", "acct:sanne@mastodon.nl", "mastodon.nl",
		"https://mastodon.nl/@sanne", "https://mastodon.nl"};
	for (size_t i = 0; i < COUNT(addresses); i++) {
		WANT(follow_from(t, g.uri, addresses[i], &call, &page) == OK
			&& call->reply.status == 0);
		WANT(text_is(world_text(page, "link"),
			"https://mastodon.nl/authorize_interaction?uri=https%3A%2F%2Fex.org%2Fc%2Fenergie"));
		WANT(text_is(world_text(page, "host"), "mastodon.nl")
			&& call->reply.location == NULL);
	}
	WANT(follow_from(t, g.uri, "anna@ex.org", &call, &page) == OK);
	WANT(text_starts(world_text(page, "link"), "https://ex.org/authorize_interaction?uri="));
	return OK;
}

IN_WRITE(leads_nowhere_else)
{
	(void)arg;
	struct actor g = world_group(t, "energie"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct call *call;
	const struct node *page = NULL;
	static const char *const wrong[] = {"", "@", "sanne", "@sanne", "sanne@localhost",
		"sanne@127.0.0.1", "sanne@[::1]", "sanne@0x7f.1", "sanne@2130706433",
		"http://mastodon.nl/@sanne", "javascript:alert(1)",
		"javascript://mastodon.nl/%0aalert(1)", "sanne@mastodon.nl/@evil.example",
		"sanne@mastodon.nl?x", "sanne@mastodon.nl#x", "sanne@evil.example\\@mastodon.nl",
		"https://u:p@mastodon.nl/", "sanne@mastodon.nl@evil.example", "sanne@-evil.example",
		"sanne@evil..example", "//evil.example", "sanne@evil.example:99999",
		"https://10.0.0.1/"};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		WANT(follow_from(t, g.uri, wrong[i], &call, &page) == OK
			&& call->reply.status == 422);
		WANT(world_number(page, "wrong") == 1 && world_node(page, "link") == NULL);
	}
	static const char *const not_ours[] = {
		"", "https://evil.example/x", "javascript:alert(1)", "https://ex.org/p/1"};
	for (size_t i = 0; i < COUNT(not_ours); i++)
		WANT(follow_from(t, not_ours[i], "sanne@mastodon.nl", &call, &page)
			== ERR_NOT_FOUND);
	WANT(follow_from(t, x.uri, "sanne@mastodon.nl", &call, &page) == ERR_NOT_FOUND);
	/* A site whose name begins as ours does is another. */
	static const char *const to[] = {"https://www.w3.org/ns/activitystreams#Public"};
	struct actor like_us = world_remote(t, ACTOR_PERSON, "xi", "ex.org.evil.example");
	struct object note = {.id = "https://ex.org.evil.example/1",
		.type = "Note",
		.attributed_to = like_us.uri,
		.content = "Hi",
		.to = {to, 1}};
	struct post_draft draft = {.author = like_us.id, .remote = &note};
	struct post post;
	WANT(post_create(t, &draft, NULL, NULL, &post) == OK);
	WANT(follow_from(t, post.uri, "sanne@mastodon.nl", &call, &page) == ERR_NOT_FOUND);
	WANT(actor_remove(t, g.id, NULL) == OK);
	WANT(follow_from(t, g.uri, "sanne@mastodon.nl", &call, &page) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(knows_this_machine_in_a_demo_only)
{
	(void)arg;
	struct actor g = world_group(t, "energie");
	struct call *call;
	const struct node *page = NULL;
	WANT(follow_from(t, g.uri, "sanne@localhost:8081", &call, &page) == OK
		&& call->reply.status == 422);
	world.site.loopback = true;
	WANT(follow_from(t, g.uri, "sanne@localhost:8081", &call, &page) == OK);
	WANT(text_starts(
		world_text(page, "link"), "http://localhost:8081/authorize_interaction?uri="));
	return OK;
}

IN_WRITE(opens_what_is_known_here)
{
	(void)arg;
	struct actor a = world_person(t, "anna"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct viewer viewer = {.actor = a.id, .local = true};
	struct post_draft draft = {.author = a.id, .source = "Hallo"},
			  secret = {.author = a.id,
				  .source = "Geheim",
				  .visibility = VISIBLE_FOLLOWERS};
	struct actor b = world_person(t, "bas");
	struct viewer bas = {.actor = b.id, .local = true};
	struct post post, hidden;
	const struct node *page = NULL;
	WANT(post_create(t, &draft, NULL, NULL, &post) == OK
		&& post_create(t, &secret, NULL, NULL, &hidden) == OK);
	const char *own = arena_format(txn_arena(t), "/@anna/%llu", (unsigned long long)post.id);
	const char *const known[][2] = {{a.uri, "/@anna"}, {"acct:anna@ex.org", "/@anna"},
		{x.uri, "/@xi@a.example"}, {"@xi@a.example", "/@xi@a.example"},
		{"https://ex.org/@anna", "/@anna"}, {post.uri, own}};
	for (size_t i = 0; i < COUNT(known); i++) {
		const char *const typed[] = {
			arena_format(txn_arena(t), "uri=%s", known[i][0]), NULL};
		struct call *call = world_call(
			&feature_remote, METHOD_GET, "/authorize_interaction", &viewer, typed);
		WANT(call->route->access == SIGNED_IN && world_read(call, t, &page) == OK);
		WANT(call->reply.status == 303 && text_is(call->reply.location, known[i][1]));
	}
	const char *const unknown[] = {"https://b.example/users/yo",
		"https://ex.org.evil.example/@anna", "javascript:alert(1)", ""};
	for (size_t i = 0; i < COUNT(unknown); i++) {
		const char *const typed[] = {
			arena_format(txn_arena(t), "uri=%s", unknown[i]), NULL};
		struct call *call = world_call(
			&feature_remote, METHOD_GET, "/authorize_interaction", &bas, typed);
		WANT(world_read(call, t, &page) == OK && call->reply.status == 404
			&& call->reply.location == NULL);
		WANT(!text_starts(world_text(page, "link"), "javascript"));
	}
	/* What is hidden goes where what never was goes. */
	const char *const none[] = {hidden.uri, "https://ex.org/p/12345"};
	for (size_t i = 0; i < COUNT(none); i++) {
		const char *const typed[] = {arena_format(txn_arena(t), "uri=%s", none[i]), NULL};
		struct call *call = world_call(
			&feature_remote, METHOD_GET, "/authorize_interaction", &bas, typed);
		WANT(world_read(call, t, &page) == OK && call->reply.status == 303
			&& text_is(call->reply.location, none[i] + strlen("https://ex.org")));
	}
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(leads_to_your_own_site),
		WORLD_TEST(leads_nowhere_else),
		WORLD_TEST(knows_this_machine_in_a_demo_only),
		WORLD_TEST(opens_what_is_known_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
