/* traffic.c: what Lemmy and Mastodon send goes in at the inbox, stands in a conversation of a community here, and goes out to
 * who follows that community, word for word. Samples of our own always; with KRING_FIXTURES their own too. */
#include "fake_transport.h"
#include "neighbours.h"
#include "vector.h"

#include <string.h>

static const char *swapped(const char *in, const char *from, const char *to)
{
	struct text t;
	text_init(&t, node.arena, 1 << 20);
	for (const char *at; (at = strstr(in, from)) != NULL; in = at + strlen(from)) {
		text_add_n(&t, in, (size_t)(at - in));
		text_add(&t, to);
	}
	text_add(&t, in);
	return t.at;
}

static const char *sample(const char *root, const char *file)
{
	struct bytes b = vector_bytes(node.arena, root, file);
	if (b.data == NULL)
		fail_msg("%s/%s is not there", root, file);
	return text_trim(node.arena, arena_text_n(node.arena, b.data, b.size));
}

static uint64_t follow_main(void)
{
	uint64_t community = node_group("main");
	node_know(&node.bob);
	node_send("/inbox", &node.bob,
		node_words("{'@context':'https://www.w3.org/ns/activitystreams','id':"
			   "'https://evil.example/f/1','type':'Follow','actor':'%s','object':"
			   "'https://ex.org/c/main'}",
			node.bob.uri));
	federation_settle(node.federation);
	return community;
}

/* By whom, signed with a key that is theirs here. Taken, and told on to who follows, as it came. */
static struct post said(const char *body, const char *actor, const char *host, const char *uri)
{
	struct post p = {0};
	struct neighbour who = node.alice;
	who.uri = actor;
	who.host = host;
	node_serve(&who, "Person");
	assert_int_equal(node_send("/inbox", &who, body).status, 202);
	federation_settle(node.federation);
	assert_true(node_post(node_post_id(uri), &p));
	assert_int_equal(wire_posts_with("https://evil.example/inbox", body), 1);
	return p;
}

static void check_conversation(
	uint64_t community, const struct post *start, const struct post *answer)
{
	assert_true(start->community == community && start->parent == 0);
	assert_true(answer->parent == start->id && answer->root == start->id);
}

static void a_page_of_lemmy_is_answered_by_mastodon(void **state)
{
	(void)state;
	uint64_t community = follow_main();
	const char *root = arena_format(node.arena, "%s/../samples", vector_own(node.arena));
	const char *page = swapped(sample(root, "lemmy-create-page.json"),
		"https://lemmy.example/c/main", "https://ex.org/c/main");
	page = swapped(page, "\"commentsEnabled\": false", "\"commentsEnabled\": true");
	struct post start = said(page, "https://lemmy.example/u/len", "lemmy.example",
		"https://lemmy.example/post/7");
	assert_string_equal(start.title, "A title");
	const char *note = swapped(sample(root, "mastodon-create-note.json"),
		"https://ex.org/c/board", "https://ex.org/c/main");
	note = swapped(note, "\"type\": \"Note\",",
		"\"type\": \"Note\", \"inReplyTo\": \"https://lemmy.example/post/7\",");
	struct post answer = said(note, "https://masto.example/users/ada", "masto.example",
		"https://masto.example/objects/1");
	assert_string_equal(answer.content, "<p>Hello there</p>");
	check_conversation(community, &start, &answer);
}

/* Lemmy's samples say http, which is not spoken here. */
static const char *of_lemmy(const char *root, const char *file)
{
	const char *body = swapped(sample(root, file), "http://ds9", "https://ds9");
	body = swapped(body, "http://enterprise", "https://enterprise");
	return swapped(body, "https://enterprise.lemmy.ml/c/main", "https://ex.org/c/main");
}

static void their_own_words(void **state)
{
	(void)state;
	if (!vector_are_given())
		skip();
	uint64_t community = follow_main();
	const char *root = arena_format(node.arena, "%s/..", vector_given(node.arena));
	const char *len = "https://ds9.lemmy.ml/u/lemmy_alpha", *host = "ds9.lemmy.ml";
	struct post start = said(
		of_lemmy(root, "lemmy/lemmy-assets/activities/create_or_update/create_page.json"),
		len, host, "https://ds9.lemmy.ml/post/1");
	assert_string_equal(start.title, "test post");
	struct post answer = said(
		of_lemmy(
			root, "lemmy/lemmy-assets/activities/create_or_update/create_comment.json"),
		len, host, "https://ds9.lemmy.ml/comment/1");
	check_conversation(community, &start, &answer);
	const char *note = sample(root, "mastodon/lemmy-assets/activities/create_note.json");
	note = swapped(note, "https://mamot.fr/users/retiolus/statuses/107224244380204526",
		"https://ds9.lemmy.ml/post/1");
	note = swapped(note, "https://mamot.fr/users/retiolus", "https://ex.org/c/main");
	answer = said(note, "https://mastodon.madrid/users/felix", "mastodon.madrid",
		"https://mastodon.madrid/users/felix/statuses/107224289116410645");
	check_conversation(community, &start, &answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_page_of_lemmy_is_answered_by_mastodon),
		NODE_TEST(their_own_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
