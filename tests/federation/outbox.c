/* outbox.c: what is said to whom: each act once, to each inbox once, also when the journal is read twice. */
#include "fake_transport.h"
#include "neighbours.h"
#include "question.h"
#include "roll.h"

#include <fcntl.h>
#include <string.h>

#define INBOX "https://good.example/inbox"
#define GROUPS "https://groups.example/inbox"

struct scene {
	uint64_t jan, board, alice, post;
	const char *text;
	uint32_t visibility;
	uint64_t community;
};
static struct scene scene;

static const char asked[] = "{\"id\":\"https://good.example/f/1\",\"type\":\"Follow\"}";

static enum err follow_both(struct txn *t, void *arg)
{
	(void)arg;
	struct origin origin = {
		.uri = "https://good.example/f/1", .raw = {asked, sizeof asked - 1}};
	enum err e = follow_start(t, scene.alice, scene.jan, &origin);
	struct origin other = {.uri = "https://good.example/f/2"};
	return e == OK ? follow_start(t, scene.alice, scene.board, &other) : e;
}

static void set_up(void)
{
	scene = (struct scene){.jan = node_person("jan"),
		.board = node_group("board"),
		.alice = node_know(&node.alice)};
	node_write(follow_both, NULL);
	federation_settle(node.federation);
}

static enum err write_post(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct post_draft draft = {.author = scene.jan,
		.community = scene.community,
		.source = scene.text,
		.visibility = scene.visibility};
	enum err e = post_create(t, &draft, NULL, NULL, &p);
	scene.post = e == OK ? p.id : 0;
	return e;
}

static void say(const char *words, uint64_t community, uint32_t visibility)
{
	scene.text = words;
	scene.community = community;
	scene.visibility = visibility;
	node_write(write_post, NULL);
	federation_settle(node.federation);
}

static void a_follow_is_accepted_with_the_follow_inside(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Accept\""), 2);
	assert_int_equal(
		wire_posts_with(INBOX,
			"\"object\":{\"id\":\"https://good.example/f/1\",\"type\":\"Follow\"}"),
		1);
	assert_int_equal(wire_posts(NULL), 2);
}

static void a_post_goes_to_followers_with_a_proof(void **state)
{
	(void)state;
	set_up();
	say("Hello all", 0, 0);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Create\""), 1);
	const char *body = wire_post(INBOX, 2);
	const json_node *node_read;
	assert_int_equal(
		json_read(node.arena, (struct bytes){body, strlen(body)}, NULL, &node_read), OK);
	struct activity a;
	assert_int_equal(activity_from_node(node.arena, node_read, &a, NULL), OK);
	assert_string_equal(a.type, "Create");
	assert_string_equal(a.actor, "https://ex.org/u/jan");
	assert_true(text_starts(a.id, "https://ex.org/a/"));
	assert_string_equal(a.object->attributed_to, a.actor);
	assert_string_equal(proof_key_id(node_read), "https://ex.org/u/jan#ed25519-key");
	struct response r = node_get(a.id + strlen("https://ex.org"), NULL, NULL);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, body); /* as it was sent, byte for byte */
}

static void private_words_are_not_to_be_fetched(void **state)
{
	(void)state;
	set_up();
	say("Among us", 0, VISIBLE_FOLLOWERS);
	assert_int_equal(wire_posts_with(INBOX, "Among us"), 1);
	assert_int_equal(wire_posts_with(INBOX, "Among us")
			- wire_posts_with(INBOX, "activitystreams#Public"),
		1);
	struct activity a;
	const char *body = wire_post(INBOX, 2);
	assert_int_equal(
		activity_read(node.arena, (struct bytes){body, strlen(body)}, &a, NULL), OK);
	assert_int_equal(node_get(a.id + strlen("https://ex.org"), NULL, NULL).status, 404);
	const char *path = arena_format(node.arena, "/p/%llu", (unsigned long long)scene.post);
	struct response r = node_get(path, NULL, NULL);
	assert_int_equal(r.status, 404);
	assert_null(strstr(r.body, "Among us"));
	/* a follower may, who signs; a stranger may not */
	r = node_get(path, NULL, &node.alice);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.headers, "private, no-store"));
	node_serve(&node.bob, "Person");
	assert_int_equal(node_get(path, NULL, &node.bob).status, 404);
}

static const json_node *parsed(const char *body)
{
	const json_node *read;
	assert_int_equal(
		json_read(node.arena, (struct bytes){body, strlen(body)}, NULL, &read), OK);
	return read;
}

/* What was sent last with these words in it. */
static const json_node *the_last(const char *words)
{
	for (size_t i = wire_posts(INBOX); i > 0; i--)
		if (strstr(wire_post(INBOX, i - 1), words) != NULL)
			return parsed(wire_post(INBOX, i - 1));
	fail_msg("%s", words);
	return NULL;
}

static const char *id_of(const json_node *of)
{
	return json_text(json_member(of, "id"));
}

static const char *own_path(const json_node *of)
{
	return id_of(of) + strlen("https://ex.org");
}

static void a_community_passes_its_posts_on_twice(void **state)
{
	(void)state;
	set_up();
	say("Welcome in", scene.board, 0);
	/* plain to the author's follower; wrapped and by id by the group: one host, one inbox, three activities */
	assert_int_equal(wire_posts_with(INBOX, "Welcome in"), 2);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Announce\""), 2);
	assert_int_equal(wire_posts_with(INBOX, "-announce\""), 1);
	assert_int_equal(wire_posts_with(INBOX, "-post\""), 1);
	struct response r = node_get(own_path(the_last("-post\"")), NULL, NULL);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body,
		arena_format(node.arena, "\"object\":\"https://ex.org/p/%llu\"",
			(unsigned long long)scene.post)));
}

static enum err ask_and_vote(struct txn *t, void *arg)
{
	(void)arg;
	static const char *const answers[] = {"Yes", "No"}, *const to[] = {PUBLIC_URI};
	struct option options[] = {{"Tea", 0}, {"Coffee", 0}};
	struct object o = {.id = "https://good.example/q/1",
		.type = "Question",
		.attributed_to = node.alice.uri,
		.content = "<p>Tea?</p>",
		.to = {to, 1},
		.options = options,
		.option_count = 2,
		.end_time = time_now() + DAY};
	struct post_draft theirs = {.author = scene.alice, .remote = &o};
	struct poll_draft poll = {.options = {answers, 2}, .end_time = time_now() + DAY};
	struct post_draft ours = {.author = scene.jan, .source = "Shall we?", .poll = &poll};
	struct origin origin = {"https://good.example/q/1/create", {"{}", 2}, 0};
	struct post p;
	struct u64s second = {(const uint64_t[]){1}, 1};
	enum err e = post_create(t, &theirs, &origin, NULL, &p);
	if (e == OK)
		e = poll_vote(t, scene.jan, p.id, &second, NULL);
	return e == OK ? post_create(t, &ours, NULL, NULL, &p) : e;
}

static void a_vote_goes_to_who_asked_and_a_poll_to_all(void **state)
{
	(void)state;
	set_up();
	node_write(ask_and_vote, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"inReplyTo\":\"https://good.example/q/1\""), 1);
	const char *vote = wire_post(INBOX, 2);
	assert_non_null(strstr(vote, "\"name\":\"Coffee\""));
	assert_non_null(strstr(vote, arena_format(node.arena, "\"to\":[\"%s\"]", node.alice.uri)));
	assert_null(strstr(vote, "\"content\""));
	assert_null(strstr(vote, "activitystreams#Public"));
	assert_int_equal(
		wire_posts_with(INBOX, "\"oneOf\":[{\"type\":\"Note\",\"name\":\"Yes\""), 1);
	assert_int_equal(wire_posts_with(INBOX, "\"endTime\":"), 1);
}

static enum err enter_coach(struct txn *r, void *arg)
{
	(void)arg;
	struct doer console = {0};
	struct person p = {.actor = scene.jan, .status = PERSON_MEMBER};
	enum err e = person_add(r, &console, &p);
	return e == OK ? role_set(r, &console, p.id, scene.board, ROLE_EXPERT, true) : e;
}

static enum err ask_by_message(struct txn *t, void *arg)
{
	(void)arg;
	static const char *const to[] = {"https://ex.org/c/board"};
	struct coach coach = {scene.board, scene.jan, "Wind", COACH_OPEN, 5};
	struct object o = {.id = "https://good.example/dm/1",
		.type = "Note",
		.attributed_to = node.alice.uri,
		.content = "<p>@board Why is it cold?</p>",
		.language = "en",
		.to = {to, 1}};
	struct post_draft d = {.author = scene.alice, .remote = &o};
	struct origin origin = {"https://good.example/dm/1/create", {"{}", 2}, 0};
	struct post p;
	enum err e = coach_set(t, &coach, NULL);
	return e == OK ? post_create(t, &d, &origin, NULL, &p) : e;
}

static enum err answer_message(struct txn *t, void *arg)
{
	(void)arg;
	struct u64s ids;
	enum err e = ask_list(t, scene.alice, &ids);
	if (e == OK && ids.count != 1)
		e = ERR_NOT_FOUND;
	return e == OK ? ask_answer(t, scene.jan, ids.at[0], "The north wind.", false, NULL) : e;
}

static void a_message_to_the_coaches_is_answered_by_one(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(roll_write(&node.site, enter_coach, NULL), OK);
	size_t before = wire_posts(NULL);
	node_write(ask_by_message, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(NULL), before + 1); /* that it came; to nobody else */
	assert_int_equal(wire_posts_with(INBOX, "within about 5 days"), 1);
	node_write(answer_message, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(NULL), before + 2);
	assert_int_equal(wire_posts_with(INBOX, "The north wind."), 1);
	const char *body = wire_post(INBOX, before + 1);
	assert_non_null(strstr(body, "\"actor\":\"https://ex.org/c/board\""));
	assert_non_null(strstr(body, "\"inReplyTo\":\"https://good.example/dm/1\""));
	assert_non_null(strstr(body, arena_format(node.arena, "\"to\":[\"%s\"]", node.alice.uri)));
	assert_null(strstr(body, "activitystreams#Public"));
	assert_null(strstr(body, "/followers\""));
}

static enum err remove_post(struct txn *t, void *arg)
{
	(void)arg;
	return post_remove(t, scene.jan, scene.post, NULL, NULL);
}

static uint64_t answer;

static enum err ask_and_answer(struct txn *t, void *arg)
{
	(void)arg;
	struct post q, p;
	struct post_draft asks = {.author = scene.jan,
		.community = scene.board,
		.kind = POST_ASKED,
		.source = "Why?"};
	enum err e = post_create(t, &asks, NULL, NULL, &q);
	struct post_draft says = {.author = scene.jan, .parent = q.id, .source = "Because"};
	if (e == OK)
		e = post_create(t, &says, NULL, NULL, &p);
	answer = e == OK ? p.id : 0;
	return e;
}

static enum err choose(struct txn *t, void *arg)
{
	return question_choose(t, scene.jan, answer, *(const bool *)arg);
}

static void the_answer_is_chosen_by_an_act_and_in_words(void **state)
{
	(void)state;
	set_up();
	node_write(ask_and_answer, NULL);
	federation_settle(node.federation);
	node_write(choose, &(bool){true});
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"ChooseAnswer\""), 1);
	assert_true(
		wire_posts_with(INBOX, "Answer by") + wire_posts_with(INBOX, "Antwoord van") >= 1);
	node_write(choose, &(bool){false});
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Undo\""), 1);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"ChooseAnswer\""), 2);
}

static void a_delete_takes_everything_back(void **state)
{
	(void)state;
	set_up();
	say("Soon gone", scene.board, 0);
	size_t before = wire_posts(NULL);
	node_write(remove_post, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Delete\""), 2); /* plain, and wrapped */
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Tombstone\""), 2);
	assert_int_equal(wire_posts_with(INBOX, "-undo\""), 1);
	assert_int_equal(wire_posts(NULL), before + 3);
	struct response r = node_get(
		arena_format(node.arena, "/p/%llu", (unsigned long long)scene.post), NULL, NULL);
	assert_int_equal(r.status, 410);
	assert_non_null(strstr(r.body, "Tombstone"));
	assert_null(strstr(r.body, "Soon gone"));
}

static void what_was_for_some_ends_among_them(void **state)
{
	(void)state;
	set_up();
	size_t before = wire_posts(NULL);
	say("To nobody but me", 0, VISIBLE_DIRECT);
	node_write(remove_post, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(NULL), before); /* no follower learns that it was there */
	const char *path = arena_format(node.arena, "/p/%llu", (unsigned long long)scene.post);
	assert_int_equal(node_get(path, NULL, NULL).status, 404);
	say("Among us", 0, VISIBLE_FOLLOWERS);
	node_write(remove_post, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Delete\""), 1);
	path = arena_format(node.arena, "/p/%llu", (unsigned long long)scene.post);
	assert_int_equal(node_get(path, NULL, NULL).status, 404);
	assert_int_equal(node_get(path, NULL, &node.alice).status, 410);
	path = arena_format(node.arena, "/t/%llu", (unsigned long long)scene.post);
	assert_int_equal(node_get(path, NULL, NULL).status, 404);
}

static enum err make_moderator(struct txn *t, void *arg)
{
	const uint64_t *actor = arg;
	struct place place = place_2(TABLE_MODERATOR, scene.board, *actor);
	return txn_put(t, &place, (struct bytes){"\1", 1});
}

static enum err ban(struct txn *t, void *arg)
{
	const bool *on = arg;
	return *on ? block_add(t, scene.jan, scene.board, scene.alice, "rude", NULL)
		   : block_remove(t, scene.jan, scene.board, scene.alice, NULL);
}

/* Lemmy takes an Announce of a moderator's act only when it is addressed to all, and an Undo only with a whole act in it. */
static void what_moderators_do_is_said_in_full(void **state)
{
	(void)state;
	set_up();
	node_know(&node.group);
	node_write(make_moderator, &scene.jan);
	node_write(ban, &(bool){true});
	federation_settle(node.federation);
	assert_int_equal(
		wire_posts_with(INBOX, "\"type\":\"Block\",\"actor\":\"https://ex.org/u/jan\""), 1);
	node_write(ban, &(bool){false});
	federation_settle(node.federation);
	const char *body = NULL;
	for (size_t i = 0; i < wire_posts(INBOX); i++)
		if (strstr(wire_post(INBOX, i), "\"type\":\"Undo\"") != NULL)
			body = wire_post(INBOX, i);
	const json_node *undo;
	assert_non_null(body);
	assert_int_equal(
		json_read(node.arena, (struct bytes){body, strlen(body)}, NULL, &undo), OK);
	const json_node *inner = json_member(undo, "object");
	static const char *const whole[] = {"id", "type", "actor", "to", "cc", "object", "target"};
	for (size_t i = 0; i < COUNT(whole); i++)
		assert_non_null(json_member(inner, whole[i]));
	struct response r = node_get(
		json_text(json_member(undo, "id")) + strlen("https://ex.org"), NULL, NULL);
	assert_int_equal(r.status, 200);
}

static enum err hide(struct txn *t, void *arg)
{
	const bool *on = arg;
	return *on ? post_remove(t, scene.jan, scene.post, "off topic", NULL)
		   : post_restore(t, scene.jan, scene.post, NULL);
}

static enum err write_by_other(struct txn *t, void *arg)
{
	struct post p;
	struct post_draft draft = {
		.author = *(const uint64_t *)arg, .community = scene.board, .source = "hello"};
	struct refusal why = {0};
	enum err e = post_create(t, &draft, NULL, &why, &p);
	scene.post = p.id;
	return e;
}

/* What a moderator hid and shows again: Undo with the whole Delete in it, and passed on anew. */
static void what_was_hidden_is_said_to_be_back(void **state)
{
	(void)state;
	set_up();
	uint64_t piet = node_person("piet");
	node_write(make_moderator, &scene.jan);
	node_write(write_by_other, &piet);
	node_write(hide, &(bool){true});
	federation_settle(node.federation);
	size_t before = wire_posts(INBOX);
	node_write(hide, &(bool){false});
	federation_settle(node.federation);
	bool undone = false, again = false;
	for (size_t i = before; i < wire_posts(INBOX); i++) {
		const char *body = wire_post(INBOX, i);
		undone = undone
			|| (strstr(body, "\"type\":\"Undo\"") != NULL
				&& strstr(body, "\"type\":\"Delete\"") != NULL
				&& strstr(body, "\"actor\":\"https://ex.org/u/jan\"") != NULL);
		again = again || strstr(body, "\"type\":\"Announce\"") != NULL;
	}
	assert_true(undone);
	assert_true(again);
}

static enum err damage(struct txn *t, void *arg)
{
	struct place keys = place_1(TABLE_KEYS, *(uint64_t *)arg),
		     follower = place_2(TABLE_FOLLOWER, scene.jan, 1);
	struct bytes rubbish = {"\xff\xff\xff", 3};
	enum err e = txn_put(t, &keys, rubbish);
	return e == OK ? txn_put(t, &follower, rubbish) : e;
}

/* Someone's keys, one row of someone's followers: all others are heard as before. */
static void what_is_damaged_silences_nobody_else(void **state)
{
	(void)state;
	set_up();
	uint64_t piet = node_person("piet");
	log_open(LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	node_write(damage, &piet);
	node_write(write_by_other, &piet);
	say("Still here", 0, 0);
	log_open(LOG_ERROR, 2);
	assert_int_equal(wire_posts_with(INBOX, "Still here"), 1);
}

/* What goes up and down goes by a new name each time, and names what it takes back: peers drop what they saw before. */
static void each_time_by_another_name(void **state)
{
	(void)state;
	set_up();
	uint64_t piet = node_person("piet");
	node_write(make_moderator, &scene.jan);
	node_write(write_by_other, &piet);
	federation_settle(node.federation);
	const char *shown[2], *hidden[2];
	for (size_t i = 0; i < 2; i++) {
		shown[i] = id_of(the_last("-post\",\"type\":\"Announce\""));
		assert_int_equal(
			node_get(shown[i] + strlen("https://ex.org"), NULL, NULL).status, 200);
		const char *outbox = node_get("/c/board/outbox", NULL, NULL).body;
		assert_non_null(strstr(outbox, arena_format(node.arena, "\"%s\"", shown[i])));
		node_write(hide, &(bool){true});
		federation_settle(node.federation);
		const json_node *undo = the_last("-undo\",\"type\":\"Undo\"");
		hidden[i] = id_of(undo);
		assert_string_equal(id_of(json_member(undo, "object")), shown[i]);
		node_write(hide, &(bool){false});
		federation_settle(node.federation);
	}
	assert_string_not_equal(shown[0], shown[1]);
	assert_string_not_equal(hidden[0], hidden[1]);
}

/* A copy has any number, what else a line says has its. */
static uint64_t number_for(uint64_t line, enum variant v)
{
	return v == VARIANT_CLOSED ? line * 7 % (UINT64_C(1) << VARIANT_SHIFT) : line;
}

static enum err remember(struct txn *t, void *arg)
{
	const int64_t *at = arg;
	struct kept kept = {.json = {"{}", 2}, .actor = scene.jan, .open = true};
	kept.line = (uint64_t)*at << 16;
	for (enum variant v = VARIANT_SELF; v < VARIANT_COUNT; v++) {
		struct place place = place_1(
			TABLE_ACTIVITY, number_for(kept.line, v) | (uint64_t)v << VARIANT_SHIFT);
		enum err e = txn_save(t, &place, &kept_shape, &kept);
		if (e != OK)
			return e;
	}
	return OK;
}

static void old_words_are_forgotten(void **state)
{
	(void)state;
	set_up();
	for (int days = 29; days <= 31; days++) {
		int64_t at = NOW - days * DAY;
		node_write(remember, &at);
	}
	assert_true(forget_old(node.store));
	for (int days = 29; days <= 31; days++)
		for (enum variant v = VARIANT_SELF; v < VARIANT_COUNT; v++) {
			uint64_t line = (uint64_t)(NOW - days * DAY) << 16;
			const char *id = letter_id(node.arena, &node.site, number_for(line, v), v);
			assert_int_equal(node_get(id + strlen("https://ex.org"), NULL, NULL).status,
				days <= 30 ? 200 : 404);
		}
}

static enum err rewind_all(struct txn *t, void *arg)
{
	(void)arg;
	return journal_rewind(t, "outbox", 0);
}

static void every_line_twice_is_every_activity_once(void **state)
{
	(void)state;
	set_up();
	say("Only once", scene.board, 0);
	size_t before = wire_posts(INBOX);
	node_write(rewind_all, NULL);
	federation_settle(node.federation);
	/* What was delivered may come again, but only in the very words it had. */
	for (size_t i = before; i < wire_posts(INBOX); i++) {
		bool said = false;
		for (size_t k = 0; k < before; k++)
			said |= strcmp(wire_post(INBOX, i), wire_post(INBOX, k)) == 0;
		assert_true(said);
	}
}

static enum err change_profile(struct txn *t, void *arg)
{
	struct profile_change change = {
		.title = "Jan the second", .locked = -1, .discoverable = -1, .indexable = -1};
	(void)arg;
	return profile_update(t, scene.jan, scene.jan, &change, NULL);
}

static enum err end_jan(struct txn *t, void *arg)
{
	(void)arg;
	return actor_remove(t, scene.jan, NULL);
}

static void a_changed_profile_and_its_end_are_told(void **state)
{
	(void)state;
	set_up();
	node_write(change_profile, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Update\""), 1);
	assert_int_equal(wire_posts_with(INBOX, "Jan the second"), 1);
	node_write(end_jan, NULL);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(INBOX, "\"type\":\"Delete\""), 1);
	assert_int_equal(wire_posts_with(INBOX, "\"object\":\"https://ex.org/u/jan\""), 1);
}

static enum err like(struct txn *t, void *arg)
{
	enum err e = reaction_add(t, scene.jan, *(uint64_t *)arg, REACTION_LIKE, NULL);
	return e == OK ? reaction_remove(t, scene.jan, *(uint64_t *)arg, REACTION_LIKE, NULL) : e;
}

static void a_like_is_undone_by_its_id(void **state)
{
	(void)state;
	set_up();
	node_send("/inbox", &node.alice,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://good.example/c/1','type':'Create','actor':'%s','object':"
			"{'id':'https://good.example/n/1','type':'Note','attributedTo':'%s','content':'x','to':'https://www.w3.org/ns/activitystreams#Public'}}",
			node.alice.uri, node.alice.uri));
	federation_settle(node.federation);
	uint64_t post = node_post_id("https://good.example/n/1");
	size_t before = wire_posts(INBOX);
	node_write(like, &post);
	federation_settle(node.federation);
	assert_int_equal(wire_posts(INBOX), before + 2);
	struct activity liked, undone;
	for (size_t i = before; i < before + 2; i++) {
		const char *body = wire_post(INBOX, i);
		struct activity a;
		assert_int_equal(
			activity_read(node.arena, (struct bytes){body, strlen(body)}, &a, NULL),
			OK);
		*(strcmp(a.type, "Undo") == 0 ? &undone : &liked) = a;
	}
	assert_string_equal(undone.inner->id, liked.id);
	assert_string_equal(undone.inner->object_id, "https://good.example/n/1");
}

static enum err follow_group(struct txn *t, void *arg)
{
	return follow_start(t, scene.jan, *(uint64_t *)arg, NULL);
}

static enum err ask_follows(struct txn *t, void *arg)
{
	return follow_is(t, scene.jan, *(uint64_t *)arg) ? OK : ERR_NOT_FOUND;
}

static bool follows(uint64_t whom)
{
	return store_read(node.store, ask_follows, &whom) == OK;
}

static void only_the_followed_can_accept(void **state)
{
	(void)state;
	set_up();
	uint64_t club = node_know(&node.group);
	node_know(&node.bob);
	node_write(follow_group, &club);
	federation_settle(node.federation);
	assert_int_equal(wire_posts_with(GROUPS, "\"type\":\"Follow\""), 1);
	struct activity f;
	const char *body = wire_post(GROUPS, 0);
	assert_int_equal(
		activity_read(node.arena, (struct bytes){body, strlen(body)}, &f, NULL), OK);
	assert_string_equal(f.object_id, node.group.uri);
	node_send("/inbox", &node.bob,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://evil.example/acc/1',"
			"'type':'Accept','actor':'%s','object':'%s'}",
			node.bob.uri, f.id));
	federation_settle(node.federation);
	assert_false(follows(club));
	node_send("/inbox", &node.group,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'https://groups.example/acc/1',"
			"'type':'Accept','actor':'%s','object':'%s'}",
			node.group.uri, f.id));
	federation_settle(node.federation);
	assert_true(follows(club));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_follow_is_accepted_with_the_follow_inside),
		NODE_TEST(a_post_goes_to_followers_with_a_proof),
		NODE_TEST(private_words_are_not_to_be_fetched),
		NODE_TEST(a_community_passes_its_posts_on_twice),
		NODE_TEST(a_vote_goes_to_who_asked_and_a_poll_to_all),
		NODE_TEST(a_message_to_the_coaches_is_answered_by_one),
		NODE_TEST(the_answer_is_chosen_by_an_act_and_in_words),
		NODE_TEST(a_delete_takes_everything_back),
		NODE_TEST(what_was_for_some_ends_among_them),
		NODE_TEST(what_moderators_do_is_said_in_full),
		NODE_TEST(what_is_damaged_silences_nobody_else),
		NODE_TEST(each_time_by_another_name),
		NODE_TEST(old_words_are_forgotten),
		NODE_TEST(every_line_twice_is_every_activity_once),
		NODE_TEST(what_was_hidden_is_said_to_be_back),
		NODE_TEST(a_changed_profile_and_its_end_are_told),
		NODE_TEST(a_like_is_undone_by_its_id),
		NODE_TEST(only_the_followed_can_accept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
