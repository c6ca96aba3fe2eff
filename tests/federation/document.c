/* document.c: our actors and posts as other nodes see them: every field they need, nothing of who is suspended, and tombstones. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static const json_node *get(const char *path)
{
	const json_node *n;
	struct response r = node_get(path, NULL, NULL);
	assert_int_equal(r.status, 200);
	assert_int_equal(
		json_read(node.arena, (struct bytes){r.body, strlen(r.body)}, NULL, &n), OK);
	return n;
}

static const char *word(const json_node *n, const char *name)
{
	return json_text(json_member(n, name));
}

static void is(const json_node *n, const char *name, const char *want)
{
	const char *said = word(n, name);
	if (said == NULL || strcmp(said, want) != 0)
		fail_msg("%s is %s", name, said != NULL ? said : "(none)");
}

/* protocol.md §4: what Mastodon, Lemmy and GoToSocial ask of each kind. */
static void every_kind_says_what_peers_need(void **state)
{
	(void)state;
	static const struct {
		const char *path, *type, *name;
	} actors[] = {{"/actor", "Application", NULL}, {"/u/jan", "Person", "jan"},
		{"/c/board", "Group", "board"}};
	node_person("jan");
	node_group("board");
	for (size_t i = 0; i < COUNT(actors); i++) {
		const json_node *n = get(actors[i].path), *key, *multikey;
		const char *uri = arena_format(node.arena, "https://ex.org%s", actors[i].path);
		is(n, "id", uri);
		is(n, "type", actors[i].type);
		is(n, "preferredUsername", actors[i].name != NULL ? actors[i].name : "ex.org");
		is(n, "inbox", arena_format(node.arena, "%s/inbox", uri));
		is(n, "outbox", arena_format(node.arena, "%s/outbox", uri));
		is(n, "followers", arena_format(node.arena, "%s/followers", uri));
		is(json_member(n, "endpoints"), "sharedInbox", "https://ex.org/inbox");
		assert_non_null(word(n, "url"));
		assert_true(text_ends(word(n, "published"), "Z"));
		key = json_member(n, "publicKey");
		is(key, "owner", uri);
		assert_true(text_starts(word(key, "id"), uri));
		assert_true(text_starts(word(key, "publicKeyPem"), "-----BEGIN PUBLIC KEY-----\n"));
		multikey = json_item(json_member(n, "assertionMethod"), 0);
		is(multikey, "type", "Multikey");
		is(multikey, "controller", uri);
		assert_true(text_starts(word(multikey, "publicKeyMultibase"), "z6Mk"));
		bool group = i == 2, stranger = i == 0;
		assert_true((json_member(n, "following") == NULL) == stranger);
		assert_true((json_member(n, "featured") == NULL) == stranger);
		assert_true((json_member(n, "postingRestrictedToMods") != NULL) == group);
		if (group) {
			is(n, "moderators", "https://ex.org/c/board/moderators");
			is(n, "attributedTo", "https://ex.org/c/board/moderators");
		}
		struct actor claims;
		assert_int_equal(
			actor_from_node(node.arena, n, &claims, NULL), OK); /* as we read theirs */
	}
}

static enum err suspend(struct txn *t, void *arg)
{
	return actor_suspend(t, *(uint64_t *)arg, true);
}

static enum err write_note(struct txn *t, void *arg)
{
	struct post p;
	struct post_draft draft = {.author = *(uint64_t *)arg, .source = "Words"};
	enum err e = post_create(t, &draft, NULL, NULL, &p);
	*(uint64_t *)arg = e == OK ? p.id : 0;
	return e;
}

static const char *path_of(uint64_t post)
{
	return arena_format(node.arena, "/p/%llu", (unsigned long long)post);
}

static void a_suspended_person_is_a_name_with_a_key(void **state)
{
	(void)state;
	uint64_t jan = node_person("jan"), post = jan;
	node_write(write_note, &post);
	assert_null(json_member(get("/u/jan"), "suspended"));
	assert_int_equal(node_get(path_of(post), NULL, NULL).status, 200);
	node_write(suspend, &jan);
	const json_node *n = get("/u/jan");
	assert_true(json_flag(json_member(n, "suspended")));
	assert_non_null(json_member(n, "publicKey"));
	static const char *const hidden[] = {
		"name", "summary", "icon", "image", "url", "published"};
	for (size_t i = 0; i < COUNT(hidden); i++)
		assert_null(json_member(n, hidden[i]));
	assert_int_equal(node_get(path_of(post), NULL, NULL).status, 404);
}

struct ending {
	uint64_t jan, post;
};

static enum err remove_post(struct txn *t, void *arg)
{
	const struct ending *e = arg;
	return post_remove(t, e->jan, e->post, NULL, NULL);
}

static enum err remove_jan(struct txn *t, void *arg)
{
	return actor_remove(t, ((const struct ending *)arg)->jan, NULL);
}

static void what_is_gone_leaves_a_tombstone(void **state)
{
	(void)state;
	struct ending e = {.jan = node_person("jan")};
	e.post = e.jan;
	node_write(write_note, &e.post);
	node_write(remove_post, &e);
	struct response r = node_get(path_of(e.post), NULL, NULL);
	assert_int_equal(r.status, 410);
	const json_node *n;
	assert_int_equal(
		json_read(node.arena, (struct bytes){r.body, strlen(r.body)}, NULL, &n), OK);
	is(n, "type", "Tombstone");
	is(n, "formerType", "Note");
	is(n, "id", arena_format(node.arena, "https://ex.org%s", path_of(e.post)));
	assert_true(text_ends(word(n, "deleted"), "Z"));
	assert_null(strstr(r.body, "Words"));
	assert_null(strstr(r.body, "jan"));
	node_write(remove_jan, &e);
	r = node_get("/u/jan", NULL, NULL);
	assert_int_equal(r.status, 410);
	assert_int_equal(
		json_read(node.arena, (struct bytes){r.body, strlen(r.body)}, NULL, &n), OK);
	is(n, "type", "Tombstone");
	is(n, "formerType", "Person");
	assert_null(json_member(n, "preferredUsername"));
}

/* What a record of an unknown kind is called, and who is not ours to show. */
static enum err show_strangers(struct txn *t, void *arg)
{
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	struct actor theirs = {.uri = "https://good.example/u/a"},
		     gone = {.local = true, .gone = true};
	(void)arg;
	assert_int_equal(actor_document(t, &theirs, v), ERR_NOT_FOUND);
	assert_int_equal(actor_document(t, &gone, v), ERR_GONE);
	return OK;
}

static void only_ours_are_shown(void **state)
{
	(void)state;
	assert_int_equal(store_read(node.store, show_strangers, NULL), OK);
	assert_string_equal(document_type(&(struct post){.kind = POST_QUESTION}), "Question");
	assert_string_equal(document_type(&(struct post){.kind = POST_ARTICLE}), "Article");
	assert_string_equal(document_type(&(struct post){.kind = 0}), "Note");
	assert_string_equal(document_type(&(struct post){.kind = 4000}), "Note");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(every_kind_says_what_peers_need),
		NODE_TEST(a_suspended_person_is_a_name_with_a_key),
		NODE_TEST(what_is_gone_leaves_a_tombstone),
		NODE_TEST(only_ours_are_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
