/* collection.c: what is served to whom, in which form, and what does not even seem to exist. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

struct scene {
	uint64_t jan, board;
	uint64_t posts[4]; /* start, reply, followers only, in the community */
};
static struct scene scene;

static enum err write_all(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct post_draft drafts[4] = {
		{.author = scene.jan, .source = "Start"},
		{.author = scene.jan, .source = "Reply"},
		{.author = scene.jan, .source = "Secret", .visibility = VISIBLE_FOLLOWERS},
		{.author = scene.jan,
			.source = "Inside",
			.community = scene.board,
			.title = "A topic"},
	};
	for (size_t i = 0; i < 4; i++) {
		drafts[1].parent = scene.posts[0];
		enum err e = post_create(t, &drafts[i], NULL, NULL, &p);
		if (e != OK)
			return e;
		scene.posts[i] = p.id;
	}
	return post_pin(t, scene.jan, scene.posts[0], true, NULL);
}

static void set_up(void)
{
	scene = (struct scene){.jan = node_person("jan"), .board = node_group("board")};
	node_write(write_all, NULL);
	federation_settle(node.federation);
}

static const char *path_of(const char *before, size_t post, const char *after)
{
	return arena_format(
		node.arena, "%s%llu%s", before, (unsigned long long)scene.posts[post], after);
}

static const json_node *json_of(struct response r)
{
	const json_node *n;
	assert_int_equal(
		json_read(node.arena, (struct bytes){r.body, strlen(r.body)}, NULL, &n), OK);
	return n;
}

static void a_post_is_served_to_programs_and_shown_to_people(void **state)
{
	(void)state;
	set_up();
	const char *path = path_of("/p/", 0, "");
	static const char *const accepts[] = {"application/activity+json",
		"application/activity+json, application/ld+json",
		"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""};
	for (size_t i = 0; i < COUNT(accepts); i++) {
		struct response r = node_get(path, accepts[i], NULL);
		assert_int_equal(r.status, 200);
		assert_non_null(strstr(r.headers, "Content-Type: application/activity+json\r\n"));
		assert_non_null(strstr(r.headers, "rel=\"alternate\"; type=\"text/html\""));
		struct object o;
		assert_int_equal(object_from_node(node.arena, json_of(r), &o, NULL), OK);
		assert_string_equal(o.attributed_to, "https://ex.org/u/jan");
		assert_string_equal(o.id, arena_format(node.arena, "https://ex.org%s", path));
	}
	struct response r = node_get(path, "text/html", NULL);
	assert_int_equal(r.status, 303);
	assert_non_null(strstr(r.headers, "Location: "));
	assert_non_null(strstr(r.headers, "rel=\"alternate\""));
	assert_int_equal(node_get("/u/jan", "text/html", NULL).status, 303);
	assert_non_null(strstr(node_get("/u/jan", accepts[0], NULL).headers,
		"Link: <https://ex.org/@jan>; rel=\"alternate\"; type=\"text/html\""));
	assert_int_equal(node_get("/p/1", NULL, NULL).status, 404);
	assert_int_equal(node_get("/p/x", NULL, NULL).status, 404);
	assert_int_equal(node_get("/a/1-nonsense", NULL, NULL).status, 404);
}

static void an_etag_spares_the_body(void **state)
{
	(void)state;
	set_up();
	const char *path = path_of("/p/", 0, "");
	struct response r = node_get(path, NULL, NULL);
	const char *etag = strstr(r.headers, "ETag: ");
	assert_non_null(etag);
	const char *headers[] = {"Accept: " ACTIVITY_TYPE,
		arena_format(
			node.arena, "If-None-Match: %.*s", (int)strcspn(etag + 6, "\r"), etag + 6),
		NULL};
	assert_int_equal(node_raw("GET", path, headers, NULL).status, 304);
}

static void secrets_are_nowhere(void **state)
{
	(void)state;
	set_up();
	const char *const paths[] = {path_of("/p/", 2, ""), path_of("/p/", 2, "/replies"),
		path_of("/t/", 2, ""), "/u/jan/outbox", "/u/jan/featured", "/c/board/outbox",
		path_of("/t/", 0, ""), path_of("/p/", 0, "/replies")};
	node_serve(&node.bob, "Person");
	for (size_t i = 0; i < COUNT(paths); i++)
		for (int sign = 0; sign < 2; sign++) {
			struct response r = node_get(paths[i], NULL, sign ? &node.bob : NULL);
			assert_int_equal(r.status, i < 3 ? 404 : 200);
			assert_null(strstr(r.body, "Secret"));
			assert_null(strstr(r.body, path_of("/p/", 2, "")));
		}
	struct response unknown = node_get("/p/123456789", NULL, NULL),
			secret = node_get(paths[0], NULL, NULL);
	assert_string_equal(unknown.body, secret.body); /* not allowed is not there */
}

static void collections_list_what_is_open(void **state)
{
	(void)state;
	set_up();
	int64_t total = -1;
	const json_node *n = json_of(node_get("/u/jan/outbox", NULL, NULL));
	assert_string_equal(json_text(json_member(n, "type")), "OrderedCollection");
	assert_int_equal(json_count(json_member(n, "orderedItems")), 3);
	struct activity a;
	assert_int_equal(activity_from_node(node.arena,
				 json_item(json_member(n, "orderedItems"), 0), &a, NULL),
		OK);
	assert_string_equal(a.type, "Create");
	n = json_of(node_get("/c/board/outbox", NULL, NULL));
	assert_int_equal(json_count(json_member(n, "orderedItems")), 1);
	assert_int_equal(activity_from_node(node.arena,
				 json_item(json_member(n, "orderedItems"), 0), &a, NULL),
		OK);
	assert_string_equal(a.type, "Announce");
	assert_string_equal(a.inner->type, "Create");
	n = json_of(node_get("/u/jan/featured", NULL, NULL));
	assert_int_equal(json_count(json_member(n, "orderedItems")), 1);
	n = json_of(node_get(path_of("/p/", 0, "/replies"), NULL, NULL));
	assert_string_equal(json_text(json_item(json_member(n, "items"), 0)),
		path_of("https://ex.org/p/", 1, ""));
	n = json_of(node_get(path_of("/t/", 0, ""), NULL, NULL));
	assert_int_equal(json_count(json_member(n, "orderedItems")), 2);
	assert_string_equal(json_text(json_item(json_member(n, "orderedItems"), 0)),
		path_of("https://ex.org/p/", 0, ""));
	n = json_of(node_get("/u/jan/followers", NULL, NULL));
	assert_true(json_number(json_member(n, "totalItems"), &total) && total == 0);
	assert_null(json_member(n, "orderedItems"));
	assert_null(json_member(n, "first"));
	assert_int_equal(node_get("/c/board/moderators", NULL, NULL).status, 200);
	assert_int_equal(node_get("/actor/outbox", NULL, NULL).status, 200);
}

static enum err write_much_for_few(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct post_draft among = {.author = scene.jan,
				  .source = "Secret",
				  .community = scene.board,
				  .visibility = VISIBLE_FOLLOWERS},
			  answer = {.author = scene.jan,
				  .source = "Secret",
				  .parent = scene.posts[0],
				  .visibility = VISIBLE_DIRECT};
	enum err e = OK;
	for (int i = 0; e == OK && i < 110; i++)
		e = post_create(t, &among, NULL, NULL, &p);
	for (int i = 0; e == OK && i < 510; i++)
		e = post_create(t, &answer, NULL, NULL, &p);
	answer.visibility = VISIBLE_PUBLIC;
	return e == OK ? post_create(t, &answer, NULL, NULL, &p) : e;
}

/* However much is said among a few: how much there is that others may read says nothing of it. */
static void what_is_for_few_does_not_count(void **state)
{
	(void)state;
	set_up();
	node_write(write_much_for_few, NULL);
	const struct {
		const char *path, *items;
		int64_t count;
	} all[] = {{"/u/jan/outbox", "orderedItems", 4}, {"/c/board/outbox", "orderedItems", 1},
		{path_of("/p/", 0, "/replies"), "items", 2},
		{path_of("/t/", 0, ""), "orderedItems", 3}};
	for (size_t i = 0; i < COUNT(all); i++) {
		int64_t total = -1;
		const json_node *n = json_of(node_get(all[i].path, NULL, NULL));
		assert_int_equal(json_count(json_member(n, all[i].items)), all[i].count);
		assert_true(
			json_number(json_member(n, "totalItems"), &total) && total == all[i].count);
	}
}

static void what_others_wrote_is_only_named(void **state)
{
	(void)state;
	set_up();
	node_know(&node.alice);
	node_send("/inbox", &node.alice,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://good.example/c/1','type':'Create','actor':'%s','object':{'id':"
			   "'https://good.example/n/1','type':'Note','attributedTo':'%s','content':"
			   "'hers','to':['https://www.w3.org/ns/activitystreams#Public',"
			   "'https://ex.org/c/board']}}",
			node.alice.uri, node.alice.uri));
	federation_settle(node.federation);
	const json_node *n = json_of(node_get("/c/board/outbox", NULL, NULL));
	n = json_item(json_member(n, "orderedItems"), 0);
	assert_string_equal(json_text(json_member(n, "object")), "https://good.example/n/1");
	const char *announce = json_text(json_member(n, "id"));
	assert_int_equal(node_get(announce + strlen("https://ex.org"), NULL, NULL).status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_post_is_served_to_programs_and_shown_to_people),
		NODE_TEST(an_etag_spares_the_body),
		NODE_TEST(secrets_are_nowhere),
		NODE_TEST(collections_list_what_is_open),
		NODE_TEST(what_is_for_few_does_not_count),
		NODE_TEST(what_others_wrote_is_only_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
