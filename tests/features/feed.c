/* feed.c: tests of feeds and link previews: what is in them, for whose eyes. That they are XML is feeds.test's to see. */
#include "world.h"

#include <string.h>

static const struct viewer nobody;

static const char *body(struct txn *t, const char *path, const struct viewer *viewer)
{
	struct call *call = world_call(&feature_feed, METHOD_GET, path, viewer, NULL);
	const struct node *page;
	if (world_read(call, t, &page) != OK || call->reply.status != 200
		|| call->reply.etag == NULL)
		return "";
	return arena_text_n(world.arena, call->reply.body.data, call->reply.body.size);
}

static enum err answer(struct txn *t, const char *path)
{
	const struct node *page;
	return world_read(world_call(&feature_feed, METHOD_GET, path, &nobody, NULL), t, &page);
}

static uint64_t written(struct txn *t, struct post_draft draft)
{
	struct post p = {0};
	return post_create(t, &draft, NULL, NULL, &p) == OK ? p.id : 0;
}

static size_t times(const char *text, const char *words)
{
	size_t n = 0;
	while ((text = strstr(text, words)) != NULL) {
		text += strlen(words);
		n++;
	}
	return n;
}

IN_WRITE(only_what_is_public)
{
	(void)arg;
	struct community_draft draft = {.name = "energy", .title = "Energy"};
	struct actor energy, anna = world_person(t, "anna");
	struct viewer me = {.actor = anna.id, .local = true};
	WANT(community_create(t, &draft, NULL, &energy) == OK
		&& follow_start(t, anna.id, energy.id, NULL) == OK);
	struct post_draft d = {.author = anna.id, .community = energy.id, .title = "Solar"};
	d.source = "Open words & <b>";
	uint64_t open = written(t, d);
	d.source = "Quiet words";
	d.visibility = VISIBLE_UNLISTED;
	WANT(open != 0 && written(t, d) != 0);
	d.source = "Close words";
	d.visibility = VISIBLE_FOLLOWERS;
	uint64_t close = written(t, d);
	WANT(close != 0);
	/* Whoever asks: a feed's address is passed on. */
	for (int i = 0; i < 2; i++)
		for (int rss = 0; rss < 2; rss++) {
			const char *xml = body(
				t, rss ? "/@energy.rss" : "/@energy.atom", i ? &me : &nobody);
			WANT(times(xml, rss ? "<item>" : "<entry>") == 1);
			WANT(strstr(xml, "Open words &amp;amp;") != NULL);
			WANT(strstr(xml, "Quiet") == NULL && strstr(xml, "Close") == NULL);
		}
	char id[ID_TEXT];
	const char *there = arena_format(world.arena, "/@anna/%s.atom", id_text(open, id));
	const char *closed = arena_format(world.arena, "/@anna/%s.atom", id_text(close, id));
	WANT(times(body(t, there, &nobody), "<entry>") == 1);
	WANT(answer(t, closed) == ERR_NOT_FOUND);
	WANT(post_remove(t, anna.id, open, NULL, NULL) == OK);
	WANT(answer(t, there) == ERR_NOT_FOUND);
	WANT(times(body(t, "/@energy.atom", &nobody), "<entry>") == 0);
	return OK;
}

IN_WRITE(a_conversation_and_its_answers)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post_draft d = {.author = anna.id, .source = "Who comes?"};
	uint64_t root = written(t, d);
	char id[ID_TEXT];
	const char *path = arena_format(world.arena, "/@anna/%s.rss", id_text(root, id));
	const char *before = body(t, path, &nobody);
	d = (struct post_draft){.author = bas.id, .source = "I do", .parent = root};
	uint64_t reply = written(t, d);
	d.source = "But not there";
	d.visibility = VISIBLE_DIRECT;
	for (int i = 0; i < 70; i++) /* however many there are of those */
		WANT(reply != 0 && written(t, d) != 0);
	const char *after = body(t, path, &nobody);
	WANT(times(before, "<item>") == 1 && times(after, "<item>") == 2);
	const char *first = strstr(after, "<item>\n<title>I do</title>");
	WANT(first != NULL && strstr(first, "<item>\n<title>Who comes?</title>") != NULL);
	WANT(strstr(after, "But not there") == NULL);
	/* Of an answer alone there is none, nor under another's name. */
	WANT(answer(t, arena_format(world.arena, "/@bas/%s.rss", id_text(reply, id)))
		== ERR_NOT_FOUND);
	WANT(answer(t, arena_format(world.arena, "/@bas/%s.rss", id_text(root, id)))
		== ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_warning_comes_before_what_it_warns_of)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct post_draft d = {.author = anna.id, .source = "The butler", .summary = "The end"};
	WANT(written(t, d) != 0);
	const char *xml = body(t, "/@anna.atom", &nobody);
	WANT(strstr(xml, "The end") != NULL && strstr(xml, "butler") == NULL);
	return OK;
}

IN_WRITE(whose_there_are)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     far = world_remote(t, ACTOR_GROUP, "far", "other.example");
	WANT(far.id != 0 && answer(t, "/@far@other.example.atom") == ERR_NOT_FOUND);
	WANT(answer(t, "/@ghost.atom") == ERR_NOT_FOUND);
	WANT(text_ends(body(t, "/@anna.atom", &nobody), "</feed>\n"));
	WANT(actor_suspend(t, anna.id, true) == OK && answer(t, "/@anna.rss") == ERR_NOT_FOUND);
	WANT(actor_suspend(t, anna.id, false) == OK && actor_remove(t, anna.id, NULL) == OK);
	WANT(answer(t, "/@anna.rss") == ERR_GONE);
	return OK;
}

IN_WRITE(previews_are_of_what_is_public)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct viewer me = {.actor = anna.id, .local = true};
	struct post_draft d = {.author = anna.id, .source = "Words here", .title = "A title"};
	uint64_t open = written(t, d);
	d.visibility = VISIBLE_DIRECT;
	uint64_t direct = written(t, d);
	char id[ID_TEXT];
	const struct node *page;
	const char *path = arena_format(world.arena, "/@anna/%s", id_text(open, id));
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &nobody, NULL), t, &page)
		== OK);
	WANT(text_is(
		world_text(page, "og.url"), arena_format(world.arena, "https://ex.org%s", path)));
	WANT(text_is(world_text(page, "og.description"), "Words here")
		&& text_is(world_text(page, "feed"), path));
	path = arena_format(world.arena, "/@anna/%s", id_text(direct, id));
	WANT(world_read(world_call(&feature_post, METHOD_GET, path, &me, NULL), t, &page) == OK);
	WANT(world_node(page, "og") == NULL && world_node(page, "feed") == NULL);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@anna", &nobody, NULL), t, &page)
		== OK);
	WANT(text_is(world_text(page, "og.kind"), "profile"));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(only_what_is_public),
		WORLD_TEST(a_conversation_and_its_answers),
		WORLD_TEST(a_warning_comes_before_what_it_warns_of),
		WORLD_TEST(whose_there_are),
		WORLD_TEST(previews_are_of_what_is_public),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
