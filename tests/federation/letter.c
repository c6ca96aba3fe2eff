/* letter.c: what one activity is called, that it says the same each time, and what a community passes on. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

#define INBOX "https://good.example/inbox"

static void names_lead_back_to_what_they_name(void **state)
{
	(void)state;
	static const uint64_t ids[] = {1, 42, (UINT64_C(1) << VARIANT_SHIFT) - 1};
	for (size_t i = 0; i < COUNT(ids); i++)
		for (enum variant v = VARIANT_SELF; v < VARIANT_COUNT; v++) {
			const char *id = letter_id(node.arena, &node.site, ids[i], v);
			uint64_t key = 0;
			assert_true(text_starts(id, "https://ex.org/a/"));
			assert_true(letter_read_id(id + strlen("https://ex.org/a/"), &key));
			assert_true(key == (ids[i] | (uint64_t)v << VARIANT_SHIFT));
		}
	assert_string_equal(
		letter_id(node.arena, &node.site, 7, VARIANT_UNDO), "https://ex.org/a/7-undo");
}

static void other_names_lead_nowhere(void **state)
{
	(void)state;
	static const char *const words[] = {"", "-announce", "x", "7-", "7-Announce",
		"7-announce-undo", "7 ", "+7", "7/",
		"1152921504606846976" /* 2^60: a variant by its number */, "18446744073709551616",
		"99999999999999999999999999999999"};
	for (size_t i = 0; i < COUNT(words); i++) {
		uint64_t key = 99;
		if (letter_read_id(words[i], &key) || key != 99)
			fail_msg("%s", words[i]);
	}
}

/* ---- said and passed on ---------------------------------------------------------------------- */

static uint64_t jan, board;

static enum err follow_board(struct txn *t, void *arg)
{
	struct origin origin = {.uri = "https://good.example/f/2"};
	return follow_start(t, *(uint64_t *)arg, board, &origin);
}

static void set_up(void)
{
	uint64_t alice = node_know(&node.alice);
	jan = node_person("jan");
	board = node_group("board");
	node_write(follow_board, &alice);
	federation_settle(node.federation);
}

static void a_remote_post_is_announced_verbatim(void **state)
{
	(void)state;
	set_up();
	node_know(&node.bob);
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','strange':{'kept':[1,2,3]},'id':'https://evil.example/c/1',"
		"'type':'Create','actor':'%s','to':['https://ex.org/c/board','https://www.w3.org/ns/activitystreams#Public'],"
		"'object':{'id':'https://evil.example/n/1','type':'Page','name':'T','attributedTo':'%s','content':'x',"
		"'audience':'https://ex.org/c/board','to':['https://ex.org/c/board','https://www.w3.org/ns/activitystreams#Public']}}",
		node.bob.uri, node.bob.uri);
	assert_int_equal(node_send("/c/board/inbox", &node.bob, body).status, 202);
	federation_settle(node.federation);
	assert_true(node_post_id("https://evil.example/n/1") != 0);
	assert_int_equal(
		wire_posts_with(INBOX, arena_format(node.arena, "\"object\":%s", body)), 1);
	assert_int_equal(wire_posts_with(INBOX, "\"object\":\"https://evil.example/n/1\""), 1);
	/* and back to where it came from */
	assert_int_equal(wire_posts_with("https://evil.example/inbox", body), 1);
}

static enum err end_bob(struct txn *t, void *arg)
{
	struct origin origin = {.uri = "https://evil.example/end"};
	return actor_remove(t, *(uint64_t *)arg, &origin);
}

/* Their own Delete names no post: the community still takes back what it announced of each. */
static void what_ends_with_its_author_is_taken_back(void **state)
{
	a_remote_post_is_announced_verbatim(state);
	uint64_t bob = node_know(&node.bob);
	node_write(end_bob, &bob);
	federation_settle(node.federation);
	const char *undo = NULL;
	for (size_t i = 0; i < wire_posts(INBOX); i++)
		if (strstr(wire_post(INBOX, i), "\"type\":\"Undo\"") != NULL)
			undo = wire_post(INBOX, i);
	assert_non_null(undo);
	assert_non_null(strstr(undo, "\"object\":\"https://evil.example/n/1\""));
}

static void remote_post(const char *content)
{
	const char *body = node_words(
		"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://evil.example/c/2',"
		"'type':'Create','actor':'%s','to':['https://ex.org/c/board','https://www.w3.org/ns/activitystreams#Public'],"
		"'object':{'id':'https://evil.example/n/2','type':'Page','name':'T','attributedTo':'%s','content':'%s',"
		"'audience':'https://ex.org/c/board','to':['https://ex.org/c/board','https://www.w3.org/ns/activitystreams#Public']}}",
		node.bob.uri, node.bob.uri, content);
	assert_int_equal(node_send("/c/board/inbox", &node.bob, body).status, 202);
	federation_settle(node.federation);
}

/* Longer than an inbox may take: its address, so that it can be read where it stands. */
static void a_long_one_is_announced_by_its_address(void **state)
{
	(void)state;
	set_up();
	node_know(&node.bob);
	char *content = arena_alloc(node.arena, LETTER_MOST + 1);
	memset(content, 'x', LETTER_MOST);
	remote_post(content);
	assert_true(node_post_id("https://evil.example/n/2") != 0);
	assert_int_equal(wire_posts_with(INBOX, "\"object\":\"https://evil.example/c/2\""), 1);
	for (size_t i = 0; i < wire_posts(INBOX); i++)
		assert_true(strlen(wire_post(INBOX, i)) <= LETTER_MOST);
}

static size_t announces(void)
{
	return wire_posts_with(INBOX, "\"type\":\"Announce\"");
}

/* What a group said stays where it was said: two groups that follow each other would not end. */
static void an_announce_is_not_passed_on(void **state)
{
	(void)state;
	set_up();
	node_know(&node.group);
	node_know(&node.bob);
	remote_post("x");
	size_t before = announces();
	assert_int_equal(
		node_send("/c/board/inbox", &node.group,
			node_words(
				"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://groups.example/a/1',"
				"'type':'Announce','actor':'%s','to':['https://ex.org/c/board','https://www.w3.org/ns/"
				"activitystreams#Public'],'object':'https://evil.example/n/2'}",
				node.group.uri))
			.status,
		202);
	federation_settle(node.federation);
	assert_int_equal(announces(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(names_lead_back_to_what_they_name),
		NODE_TEST(other_names_lead_nowhere),
		NODE_TEST(a_remote_post_is_announced_verbatim),
		NODE_TEST(what_ends_with_its_author_is_taken_back),
		NODE_TEST(a_long_one_is_announced_by_its_address),
		NODE_TEST(an_announce_is_not_passed_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
