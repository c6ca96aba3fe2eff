/* closed.c: whom members' posts reach elsewhere, and whom not: each kind of reader, each way to ask, and afterwards. */
#include "fake_transport.h"
#include "neighbours.h"
#include "roll.h"

#include <string.h>

#define ALICE "https://good.example/users/alice/inbox" /* linked to kees, who is a member */
#define SHARED "https://good.example/inbox"
#define CAROL "https://good.example/users/carol/inbox" /* follows too, from the same site */
#define BOB "https://evil.example/users/bob/inbox"     /* follows too */
#define WORDS "zwanenzang"

struct scene {
	uint64_t jan, kees, board, alice, carol, bob, post, person;
	struct neighbour carol_there;
	struct post_draft draft;
	struct circles circles;
	bool abroad; /* of the community */
	int64_t until;
};
static struct scene scene;

static enum err follow_all(struct txn *t, void *arg)
{
	(void)arg;
	const uint64_t who[] = {scene.alice, scene.carol, scene.bob};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < COUNT(who); i++) {
		struct origin o = {.uri = arena_format(node.arena, "https://x.example/f/%zu", i)};
		e = follow_start(t, who[i], scene.board, &o);
	}
	return e;
}

static enum err set_community(struct txn *t, void *arg)
{
	(void)arg;
	struct actor a;
	enum err e = actor_load(t, scene.board, &a);
	a.circles.abroad = scene.abroad;
	return e == OK ? actor_save(t, &a) : e;
}

static enum err enter_roll(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	struct person jan = {.actor = scene.jan, .status = PERSON_MEMBER},
		      kees = {.actor = scene.kees, .status = PERSON_MEMBER};
	enum err e = person_add(r, &console, &jan);
	if (e == OK)
		e = role_set(r, &console, jan.id, 0, ROLE_BOARD, true);
	if (e == OK)
		e = person_add(r, &console, &kees);
	scene.person = kees.id;
	if (e == OK)
		e = linked_ask(r, kees.id, scene.alice);
	return e == OK ? linked_prove(r, &console, kees.id, scene.alice) : e;
}

static void roll(write_fn *run)
{
	assert_int_equal(roll_write(&node.site, run, NULL), OK);
}

static void set_up(void)
{
	scene = (struct scene){.jan = node_person("jan"),
		.kees = node_person("kees"),
		.board = node_group("board"),
		.alice = node_know(&node.alice),
		.bob = node_know(&node.bob),
		.abroad = true};
	scene.carol_there = (struct neighbour){"https://good.example/users/carol", "good.example",
		node.group.rsa, node.group.ed25519};
	scene.carol = node_know(&scene.carol_there);
	scene.circles = (struct circles){CIRCLE_MEMBERS, CIRCLE_MEMBERS, true};
	node_write(follow_all, NULL);
	node_write(set_community, NULL);
	roll(enter_roll);
	federation_settle(node.federation);
}

static enum err write_post(struct txn *t, void *arg)
{
	struct post p = {0};
	struct post_draft draft = {.author = scene.jan,
		.community = scene.board,
		.circles = &scene.circles,
		.title = "A topic",
		.source = arg};
	enum err e = post_create(t, &draft, NULL, NULL, &p);
	scene.post = p.id;
	return e;
}

static void say(const char *words)
{
	char copy[200];
	assert_true(text_print(copy, sizeof copy, "%s", words));
	node_write(write_post, copy);
	federation_settle(node.federation);
}

static enum err edit_post(struct txn *t, void *arg)
{
	struct post_draft draft = {.circles = &scene.circles, .title = "A topic", .source = arg};
	return post_edit(t, scene.jan, scene.post, &draft, NULL, NULL);
}

static void edit(const char *words)
{
	char copy[200];
	assert_true(text_print(copy, sizeof copy, "%s", words));
	node_write(edit_post, copy);
	federation_settle(node.federation);
}

static enum err unlink_alice(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	return linked_end(r, &console, scene.person, scene.alice);
}

static enum err admit_bob(struct txn *r, void *arg)
{
	(void)arg;
	struct doer by = {.actor = scene.jan};
	return admitted_set(r, &by, scene.board, scene.bob, true);
}

static enum err end_membership(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	struct person p;
	enum err e = person_load(r, scene.person, &p);
	p.until = scene.until;
	return e == OK ? person_save(r, &console, &p) : e;
}

static enum err recall_alice(struct txn *t, void *arg)
{
	(void)arg;
	struct line line = {.act = ACT_RECALL, .actor = node.site.actor, .object = scene.alice};
	return act_journal(t, NULL, &line, NULL);
}

/* The number in the address of the newest copy that went to an inbox. */
static uint64_t copy_at(const char *inbox)
{
	const char *body = wire_post(inbox, wire_posts(inbox) - 1);
	const char *at = body != NULL ? strstr(body, "https://ex.org/m/") : NULL;
	uint64_t number = 0;
	if (at == NULL)
		return 12345; /* none went */
	at += strlen("https://ex.org/m/");
	assert_true(text_to_u64(arena_text_n(node.arena, at, strspn(at, "0123456789")), &number));
	return number;
}

static struct response get(const char *before, uint64_t id, const struct neighbour *signer)
{
	return node_get(
		arena_format(node.arena, "%s%llu", before, (unsigned long long)id), NULL, signer);
}

static const json_node *json_of(const char *body)
{
	const json_node *n = NULL;
	assert_int_equal(json_read(node.arena, (struct bytes){body, strlen(body)}, NULL, &n), OK);
	return n;
}

static const char *member(const json_node *n, const char *name)
{
	return json_text(json_item(json_member(n, name), 0));
}

static void it_goes_to_who_may_read_it_and_to_no_other(void **state)
{
	(void)state;
	set_up();
	say(WORDS " @kees");
	assert_int_equal(wire_posts_with(ALICE, WORDS), 1);
	assert_int_equal(wire_posts_with(NULL, WORDS), 1);
	assert_int_equal(wire_posts(CAROL) + wire_posts_with(SHARED, "\"Create\""), 0);
	const char *body = wire_post(ALICE, wire_posts(ALICE) - 1);
	const json_node *a = json_of(body), *o = json_member(a, "object");
	assert_string_equal(member(a, "actor"), "https://ex.org/c/board");
	assert_string_equal(member(o, "attributedTo"), "https://ex.org/c/board");
	assert_string_equal(member(o, "type"), "Note");
	assert_int_equal(json_count(json_member(a, "to")) + json_count(json_member(o, "to")), 2);
	assert_string_equal(member(a, "to"), node.alice.uri);
	assert_string_equal(member(o, "to"), node.alice.uri);
	assert_int_equal(json_count(json_member(o, "cc")), 0);
	/* Nobody is named: not the author, not whom it names, not who else reads it. */
	const char *const never[] = {"Public", "u/jan", "@jan\"", "/@jan", "u/kees", "/@kees",
		"bob", "carol", "\"audience\"", "Mention"};
	for (size_t i = 0; i < COUNT(never); i++)
		if (strstr(body, never[i]) != NULL)
			fail_msg("%s stands in %s", never[i], body);
}

static void both_have_to_choose_it(void **state)
{
	(void)state;
	set_up();
	scene.circles.abroad = false; /* the author */
	say(WORDS " one");
	scene.circles.abroad = true;
	scene.abroad = false; /* the community */
	node_write(set_community, NULL);
	say(WORDS " two");
	scene.abroad = true;
	node_write(set_community, NULL);
	scene.circles.read = scene.circles.act = CIRCLE_CORE; /* a core team's never */
	say(WORDS " three");
	assert_int_equal(wire_posts_with(NULL, WORDS), 0);
	assert_int_equal(get("/m/", copy_at(ALICE), &node.alice).status, 404);
}

static const char *without(const char *body, uint64_t id)
{
	struct text t;
	char word[ID_TEXT];
	id_text(id, word);
	text_init(&t, node.arena, 1 << 20);
	for (const char *at = strstr(body, word); at != NULL; at = strstr(body, word)) {
		text_add_n(&t, body, (size_t)(at - body));
		body = at + strlen(word);
	}
	text_add(&t, body);
	const char *date = strstr(t.at, "Date: ");
	return date == NULL
		? t.at
		: arena_format(node.arena, "%.*s%s", (int)(date - t.at), t.at, strchr(date, '\n'));
}

static void expect_unknown(const struct neighbour *signer)
{
	uint64_t id = copy_at(ALICE);
	struct response hidden = get("/m/", id, signer), none = get("/m/", id + 1, signer);
	assert_int_equal(hidden.status, 404);
	assert_string_equal(hidden.body, none.body);
	assert_string_equal(without(hidden.headers, id), without(none.headers, id + 1));
}

static void it_is_served_to_them_alone(void **state)
{
	(void)state;
	set_up();
	say(WORDS);
	struct response r = get("/m/", copy_at(ALICE), &node.alice);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body, WORDS));
	assert_non_null(strstr(r.headers, "private, no-store"));
	assert_string_equal(member(json_of(r.body), "attributedTo"), "https://ex.org/c/board");
	const struct neighbour *const others[] = {NULL, &node.bob, &scene.carol_there};
	for (size_t i = 0; i < COUNT(others); i++)
		expect_unknown(others[i]);
	/* The post itself stays what it was: not there. */
	assert_int_equal(get("/p/", scene.post, &node.alice).status, 404);
	assert_int_equal(get("/t/", scene.post, &node.alice).status, 404);
	const char *body = wire_post(ALICE, wire_posts(ALICE) - 1);
	const char *id = member(json_of(body), "id");
	assert_int_equal(node_get(id + strlen("https://ex.org"), NULL, NULL).status, 404);
	assert_int_equal(node_get(id + strlen("https://ex.org"), NULL, &node.alice).status, 404);
	roll(unlink_alice);
	expect_unknown(&node.alice);
}

static void who_is_let_in_reads_along(void **state)
{
	(void)state;
	set_up();
	roll(admit_bob);
	say(WORDS);
	assert_int_equal(wire_posts_with(ALICE, WORDS), 1);
	assert_int_equal(wire_posts_with(BOB, WORDS), 1);
	assert_int_equal(wire_posts_with(NULL, WORDS), 2);
	const char *body = wire_post(BOB, wire_posts(BOB) - 1);
	assert_string_equal(member(json_of(body), "to"), node.bob.uri);
	assert_null(strstr(body, "alice")); /* one does not learn who the other is */
	assert_int_equal(get("/m/", copy_at(BOB), &node.bob).status, 200);
	/* Each has their own, and not the other's. */
	assert_true(copy_at(ALICE) != copy_at(BOB));
	assert_int_equal(get("/m/", copy_at(ALICE), &node.bob).status, 404);
	assert_int_equal(get("/m/", copy_at(BOB), &node.alice).status, 404);
	assert_null(strstr(get("/m/", copy_at(BOB), &node.bob).body, "alice"));
}

static enum err unfollow(struct txn *t, void *arg)
{
	(void)arg;
	return follow_end(t, scene.alice, scene.board, NULL);
}

static enum err block_alice(struct txn *t, void *arg)
{
	(void)arg;
	return block_add(t, scene.jan, scene.jan, scene.alice, NULL, NULL);
}

static void who_is_blocked_gets_nothing(void **state)
{
	(void)state;
	set_up();
	node_write(block_alice, NULL);
	say(WORDS " one");
	assert_int_equal(wire_posts_with(NULL, WORDS), 0);
	expect_unknown(&node.alice);
}

static void who_does_not_follow_gets_nothing(void **state)
{
	(void)state;
	set_up();
	node_write(unfollow, NULL);
	say(WORDS " two");
	assert_int_equal(wire_posts_with(NULL, WORDS), 0);
	expect_unknown(&node.alice);
}

static void who_may_no_more_gets_no_more_and_is_asked_to_forget(void **state)
{
	(void)state;
	set_up();
	say(WORDS " one");
	roll(unlink_alice);
	node_write(recall_alice, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 1);
	assert_int_equal(wire_posts_with(ALICE, "\"type\":\"Delete\""), 1);
	size_t sent = wire_posts(NULL);
	edit(WORDS " changed");
	say(WORDS " two");
	node_write(recall_alice, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(NULL), sent);
}

/* What no line of the journal tells: the day a membership ends. */
static void a_membership_that_ends_ends_it(void **state)
{
	(void)state;
	set_up();
	say(WORDS " one");
	feature_readers.chores[0].run(node.store, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 0);
	scene.until = time_now() - 1;
	roll(end_membership);
	expect_unknown(&node.alice);
	feature_readers.chores[0].run(node.store, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 1);
	size_t sent = wire_posts(NULL);
	say(WORDS " two");
	feature_readers.chores[0].run(node.store, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(NULL), sent);
}

static enum err remove_post(struct txn *t, void *arg)
{
	(void)arg;
	return post_remove(t, scene.jan, scene.post, NULL, NULL);
}

static void copies_follow_their_post(void **state)
{
	(void)state;
	set_up();
	say(WORDS " one");
	edit(WORDS " again");
	assert_int_equal(wire_posts_with(ALICE, "\"type\":\"Update\""), 1);
	assert_int_equal(wire_posts_with(ALICE, WORDS " again"), 1);
	scene.circles.abroad = false; /* the author thinks better of it */
	edit(WORDS " home");
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 1);
	assert_int_equal(wire_posts_with(NULL, WORDS " home"), 0);
	uint64_t gone = copy_at(ALICE);
	scene.circles.abroad = true;
	edit(WORDS " out");
	assert_int_equal(wire_posts_with(ALICE, WORDS " out"), 1);
	assert_true(copy_at(ALICE) != gone); /* what is gone elsewhere does not come back */
	node_write(remove_post, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 2);
	assert_int_equal(
		wire_posts_with(SHARED, "Tombstone") + wire_posts_with(BOB, "Tombstone"), 0);
	say(WORDS " three");
	scene.circles = (struct circles){CIRCLE_CORE, CIRCLE_CORE, true};
	edit(WORDS " for few");
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 3);
	assert_int_equal(wire_posts_with(NULL, WORDS " for few"), 0);
}

static enum err do_all(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct circles kept = {CIRCLE_MEMBERS, CIRCLE_MEMBERS, false};
	struct post_draft reply = {.author = scene.jan,
		.parent = scene.post,
		.circles = &kept,
		.source = WORDS " reply"};
	enum err e = post_create(t, &reply, NULL, NULL, &p);
	if (e == OK)
		e = reaction_add(t, scene.kees, scene.post, REACTION_LIKE, NULL);
	if (e == OK)
		e = reaction_add(t, scene.jan, p.id, REACTION_DISLIKE, NULL);
	if (e == OK)
		e = reaction_remove(t, scene.kees, scene.post, REACTION_LIKE, NULL);
	return e == OK
		? post_lock(t, scene.board, scene.post, true, &(struct origin){.via = scene.board})
		: e;
}

static void likes_and_answers_stay_here(void **state)
{
	(void)state;
	set_up();
	say(WORDS);
	size_t sent = wire_posts(NULL);
	node_write(do_all, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(NULL), sent);
}

static enum err answer(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct post_draft reply = {.author = scene.jan,
		.parent = scene.post,
		.circles = &scene.circles,
		.source = WORDS " answer"};
	return post_create(t, &reply, NULL, NULL, &p);
}

static void an_answer_whose_writer_chose_it_stands_below_its_copy(void **state)
{
	(void)state;
	set_up();
	say(WORDS);
	uint64_t above = copy_at(ALICE);
	node_write(answer, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(ALICE, WORDS " answer"), 1);
	const char *body = wire_post(ALICE, wire_posts(ALICE) - 1);
	assert_string_equal(member(json_member(json_of(body), "object"), "inReplyTo"),
		arena_format(node.arena, "https://ex.org/m/%llu", (unsigned long long)above));
}

/* Their site was away, and meanwhile they were shown the door: what waited is not sent. */
static void an_hour_later(void)
{
	NOW += HOUR;
	time_freeze(NOW);
	delivery_wake(node.federation->delivery);
	federation_settle(node.federation);
}

static void what_waited_too_long_is_not_sent(void **state)
{
	(void)state;
	set_up();
	wire_answer(ALICE, 500, NULL, "");
	say(WORDS " one");
	assert_int_equal(wire_posts_with(ALICE, WORDS), 1);
	an_hour_later();
	assert_int_equal(wire_posts_with(ALICE, WORDS), 2); /* it is tried again */
	roll(unlink_alice);
	wire_answer(ALICE, 202, NULL, "");
	an_hour_later();
	assert_int_equal(wire_posts_with(ALICE, WORDS), 2);
}

static void what_was_narrowed_is_not_brought(void **state)
{
	(void)state;
	const char *const inboxes[] = {ALICE, SHARED, CAROL, BOB};
	size_t tried[COUNT(inboxes)], all = 0;
	set_up();
	for (size_t i = 0; i < COUNT(inboxes); i++)
		wire_answer(inboxes[i], 500, NULL, "");
	scene.circles = (struct circles){CIRCLE_EVERYONE, CIRCLE_EVERYONE, false};
	say(WORDS " for everyone");
	for (size_t i = 0; i < COUNT(inboxes); i++)
		all += tried[i] = wire_posts_with(inboxes[i], WORDS);
	assert_true(all > 0);
	scene.circles = (struct circles){CIRCLE_MEMBERS, CIRCLE_MEMBERS, false};
	edit("for members");
	for (size_t i = 0; i < COUNT(inboxes); i++)
		wire_answer(inboxes[i], 202, NULL, "");
	an_hour_later();
	for (size_t i = 0; i < COUNT(inboxes); i++)
		assert_int_equal(wire_posts_with(inboxes[i], WORDS), tried[i]);
	all = 0;
	for (size_t i = 0; i < COUNT(inboxes); i++)
		all += wire_posts_with(inboxes[i], "Delete");
	assert_true(all > 0);
}

static enum err widen(struct txn *t, void *arg)
{
	struct line line = {
		.act = ACT_CREATE, .actor = scene.jan, .object = scene.post, .target = scene.board};
	(void)arg;
	return act_journal(t, NULL, &line, NULL);
}

static void a_line_that_comes_twice_says_it_once(void **state)
{
	(void)state;
	set_up();
	say(WORDS);
	node_write(widen, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(NULL, WORDS), 1);
}

/* What is erased leaves no record to look at, only who was sent it. */
static enum err erase(struct txn *t, void *arg)
{
	(void)arg;
	struct place place = place_1(TABLE_POST, scene.post);
	struct line line = {
		.act = ACT_DELETE, .actor = scene.jan, .object = scene.post, .target = scene.board};
	enum err e = txn_del(t, &place);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

static void what_is_erased_is_called_back(void **state)
{
	(void)state;
	set_up();
	say(WORDS);
	node_write(erase, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(ALICE, "Tombstone"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(it_goes_to_who_may_read_it_and_to_no_other),
		NODE_TEST(both_have_to_choose_it),
		NODE_TEST(it_is_served_to_them_alone),
		NODE_TEST(who_is_let_in_reads_along),
		NODE_TEST(who_is_blocked_gets_nothing),
		NODE_TEST(who_does_not_follow_gets_nothing),
		NODE_TEST(who_may_no_more_gets_no_more_and_is_asked_to_forget),
		NODE_TEST(a_membership_that_ends_ends_it),
		NODE_TEST(copies_follow_their_post),
		NODE_TEST(what_is_erased_is_called_back),
		NODE_TEST(likes_and_answers_stay_here),
		NODE_TEST(an_answer_whose_writer_chose_it_stands_below_its_copy),
		NODE_TEST(what_waited_too_long_is_not_sent),
		NODE_TEST(what_was_narrowed_is_not_brought),
		NODE_TEST(a_line_that_comes_twice_says_it_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
