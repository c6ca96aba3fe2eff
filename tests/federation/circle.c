/* circle.c: what is for members stays home: nothing of it is queued, sent or served; what was for everyone is called back. */
#include "fake_transport.h"
#include "neighbours.h"
#include "roll.h"

#include <string.h>

#define INBOX "https://good.example/inbox"
#define WORDS "zwanenzang"

struct scene {
	uint64_t jan, board, alice, post;
	struct circles circles;
	const char *source;
};
static struct scene scene;

static enum err follow_both(struct txn *t, void *arg)
{
	(void)arg;
	struct origin one = {.uri = "https://good.example/f/1"},
		      two = {.uri = "https://good.example/f/2"};
	enum err e = follow_start(t, scene.alice, scene.jan, &one);
	return e == OK ? follow_start(t, scene.alice, scene.board, &two) : e;
}

static enum err enter_roll(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	struct person p = {.actor = scene.jan, .status = PERSON_MEMBER};
	enum err e = person_add(r, &console, &p);
	return e == OK ? role_set(r, &console, p.id, 0, ROLE_BOARD, true) : e;
}

static void set_up(void)
{
	scene = (struct scene){.jan = node_person("jan"),
		.board = node_group("board"),
		.alice = node_know(&node.alice),
		.source = WORDS " @alice@good.example"};
	node_write(follow_both, NULL);
	assert_int_equal(roll_write(&node.site, enter_roll, NULL), OK);
	federation_settle(node.federation);
}

static enum err write_post(struct txn *t, void *arg)
{
	(void)arg;
	struct post p = {0};
	struct post_draft draft = {.author = scene.jan,
		.community = scene.board,
		.circles = &scene.circles,
		.title = "A topic",
		.source = scene.source};
	enum err e = post_create(t, &draft, NULL, NULL, &p);
	scene.post = p.id;
	return e;
}

static void say(enum circle read)
{
	scene.circles = (struct circles){read, read};
	node_write(write_post, NULL);
	federation_settle(node.federation);
}

static enum err edit_post(struct txn *t, void *arg)
{
	(void)arg;
	struct post_draft draft = {
		.circles = &scene.circles, .title = "A topic", .source = scene.source};
	return post_edit(t, scene.jan, scene.post, &draft, NULL, NULL);
}

static void edit(enum circle read, const char *words)
{
	scene.circles = (struct circles){read, read};
	scene.source = words;
	node_write(edit_post, NULL);
	federation_settle(node.federation);
}

static enum err do_all(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct post_draft reply = {
		.author = scene.jan, .parent = scene.post, .source = WORDS " again"};
	enum err e = post_create(t, &reply, NULL, NULL, &p);
	if (e == OK)
		e = reaction_add(t, scene.jan, scene.post, REACTION_LIKE, NULL);
	if (e == OK)
		e = reaction_add(t, scene.jan, p.id, REACTION_DISLIKE, NULL);
	if (e == OK)
		e = reaction_remove(t, scene.jan, scene.post, REACTION_LIKE, NULL);
	if (e == OK)
		e = post_lock(
			t, scene.board, scene.post, true, &(struct origin){.via = scene.board});
	return e == OK ? post_remove(t, scene.jan, p.id, NULL, NULL) : e;
}

static enum err remove_post(struct txn *t, void *arg)
{
	(void)arg;
	return post_remove(t, scene.jan, scene.post, NULL, NULL);
}

struct counted {
	uint8_t table;
	size_t rows;
};

static enum err count_one(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	((struct counted *)arg)->rows++;
	return OK;
}

static enum err count_rows(struct txn *t, void *arg)
{
	struct counted *c = arg;
	struct walk walk = {.prefix = place_0(c->table), .max = WALK_ALL};
	return txn_walk(t, &walk, count_one, c);
}

static size_t rows(uint8_t table)
{
	struct counted c = {.table = table};
	assert_int_equal(store_read(node.store, count_rows, &c), OK);
	return c.rows;
}

static void nothing_of_it_is_said(void **state)
{
	(void)state;
	set_up();
	size_t sent = wire_posts(NULL), kept = rows(TABLE_ACTIVITY);
	for (enum circle c = CIRCLE_MEMBERS; c <= CIRCLE_CORE; c++) {
		scene.source = WORDS " @alice@good.example";
		say(c);
		assert_int_not_equal(scene.post, 0);
		edit(c, WORDS " changed");
		node_write(do_all, NULL);
		node_write(remove_post, NULL);
		federation_settle(node.federation);
	}
	assert_int_equal(wire_posts(NULL), sent);
	assert_int_equal(rows(TABLE_ACTIVITY), kept);
	assert_int_equal(rows(TABLE_QUEUE), 0);
	assert_int_equal(rows(TABLE_FANOUT), 0);
}

static enum err like_and_not(struct txn *t, void *arg)
{
	(void)arg;
	enum err e = reaction_add(t, scene.jan, scene.post, REACTION_LIKE, NULL);
	if (e == OK)
		e = reaction_remove(t, scene.jan, scene.post, REACTION_LIKE, NULL);
	if (e == OK)
		e = reaction_add(t, scene.jan, scene.post, REACTION_DISLIKE, NULL);
	return e == OK ? reaction_remove(t, scene.jan, scene.post, REACTION_DISLIKE, NULL) : e;
}

static void who_likes_what_members_can_is_not_said(void **state)
{
	(void)state;
	set_up();
	scene.source = WORDS;
	for (enum circle act = CIRCLE_EVERYONE; act <= CIRCLE_CORE; act++) {
		scene.circles = (struct circles){.read = CIRCLE_EVERYONE, .act = act};
		node_write(write_post, NULL);
		federation_settle(node.federation);
		size_t sent = wire_posts(NULL), kept = rows(TABLE_ACTIVITY);
		node_write(like_and_not, NULL);
		federation_settle(node.federation);
		assert_int_equal(wire_posts(NULL) > sent, act == CIRCLE_EVERYONE);
		assert_int_equal(rows(TABLE_ACTIVITY) > kept, act == CIRCLE_EVERYONE);
		assert_int_equal(wire_posts_with(INBOX, WORDS), 2 * (act + 1));
	}
}

static const char *without_ids(const char *body, const char *id)
{
	struct text t;
	text_init(&t, node.arena, 1 << 20);
	for (const char *at = strstr(body, id); at != NULL; at = strstr(body, id)) {
		text_add_n(&t, body, (size_t)(at - body));
		body = at + strlen(id);
	}
	text_add(&t, body);
	return t.at;
}

/* The clock of the server itself runs on. */
static const char *without_date(const char *headers)
{
	const char *date = strstr(headers, "Date: ");
	return date == NULL ? headers
			    : arena_format(node.arena, "%.*s%s", (int)(date - headers), headers,
				    strchr(date, '\n'));
}

static void expect_unknown(const char *start, const char *accept, const struct neighbour *signer)
{
	char id[ID_TEXT], other[ID_TEXT];
	id_text(scene.post, id);
	id_text(scene.post + 12345, other);
	struct response hidden = node_get(
		arena_format(node.arena, "%s%s", start, id), accept, signer);
	struct response unknown = node_get(
		arena_format(node.arena, "%s%s", start, other), accept, signer);
	assert_int_equal(hidden.status, 404);
	assert_int_equal(unknown.status, 404);
	assert_string_equal(without_ids(hidden.body, id), without_ids(unknown.body, other));
	assert_string_equal(without_ids(without_date(hidden.headers), id),
		without_ids(without_date(unknown.headers), other));
}

static void it_is_not_served(void **state)
{
	(void)state;
	set_up();
	const char *const lists[] = {"/u/jan/outbox", "/c/board/outbox", "/u/jan/featured",
		"/c/board/featured", "/u/jan", "/c/board", "/nodeinfo/2.1", "/nodeinfo/2.0"};
	const char *before[COUNT(lists)];
	for (size_t i = 0; i < COUNT(lists); i++)
		before[i] = node_get(lists[i], NULL, NULL).body;
	say(CIRCLE_MEMBERS);
	for (size_t i = 0; i < COUNT(lists); i++) {
		assert_string_equal(node_get(lists[i], NULL, NULL).body, before[i]);
		assert_string_equal(node_get(lists[i], NULL, &node.alice).body, before[i]);
	}
	const struct neighbour *const signers[] = {NULL, &node.alice};
	const char *const accepts[] = {"application/activity+json", "text/html", "*/*"};
	for (size_t i = 0; i < COUNT(signers); i++)
		for (size_t k = 0; k < COUNT(accepts); k++) {
			expect_unknown("/p/", accepts[k], signers[i]);
			expect_unknown("/t/", accepts[k], signers[i]);
			expect_unknown("/a/", accepts[k], signers[i]);
		}
}

static void what_was_for_everyone_is_called_back(void **state)
{
	(void)state;
	set_up();
	scene.source = WORDS;
	say(CIRCLE_EVERYONE);
	const char *path = arena_format(node.arena, "/p/%llu", (unsigned long long)scene.post);
	assert_int_equal(wire_posts_with(INBOX, WORDS), 2); /* from jan, and passed on */
	assert_int_equal(node_get(path, NULL, NULL).status, 200);
	struct activity a;
	const char *body = wire_post(INBOX, 2);
	assert_int_equal(
		activity_read(node.arena, (struct bytes){body, strlen(body)}, &a, NULL), OK);
	const char *created = a.id + strlen("https://ex.org");
	assert_int_equal(node_get(created, NULL, NULL).status, 200);
	edit(CIRCLE_MEMBERS, "for us now");
	assert_int_equal(wire_posts_with(INBOX, "for us now"), 0);
	assert_int_equal(wire_posts_with(INBOX, "Tombstone"), 2);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Undo\""), 1);
	assert_int_equal(node_get(path, NULL, NULL).status, 404);
	assert_int_equal(node_get(path, NULL, &node.alice).status, 404);
	assert_int_equal(node_get(created, NULL, NULL).status, 404);
	assert_int_equal(
		node_get(arena_format(node.arena, "%s-announce", created), NULL, NULL).status, 404);
	size_t sent = wire_posts(NULL);
	edit(CIRCLE_CORE, "for us alone");
	assert_int_equal(wire_posts(NULL), sent);
	edit(CIRCLE_EVERYONE, "for all again");
	assert_int_equal(wire_posts_with(INBOX, "for all again"), 2);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Create\"") >= 2, 1);
	assert_int_equal(node_get(path, NULL, NULL).status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(nothing_of_it_is_said),
		NODE_TEST(who_likes_what_members_can_is_not_said),
		NODE_TEST(it_is_not_served),
		NODE_TEST(what_was_for_everyone_is_called_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
