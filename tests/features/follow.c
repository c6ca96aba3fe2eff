/* follow.c: tests of following: asking, answering, ending, and what the journal tells of it. */
#include "world.h"

#include <string.h>

IN_WRITE(follows_here_at_once)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas");
	int64_t count = -1;
	WANT(follow_start(t, a.id, b.id, NULL) == OK);
	WANT(follow_is(t, a.id, b.id) && !follow_is(t, b.id, a.id));
	WANT(follow_count(t, b.id, &count) == OK && count == 1);
	WANT(world_lines(t, ACT_FOLLOW) == 1 && world_lines(t, ACT_ACCEPT) == 1);
	struct line accept = world_last(t, ACT_ACCEPT), follow = world_last(t, ACT_FOLLOW);
	WANT(follow.actor == a.id && follow.object == b.id && follow.uri == NULL);
	WANT(accept.actor == b.id && accept.object == a.id);
	WANT(text_is(accept.uri,
		arena_format(
			txn_arena(t), "https://ex.org/a/%llu", (unsigned long long)follow.place)));
	WANT(follow_start(t, a.id, b.id, NULL) == OK); /* a second click */
	WANT(world_lines(t, ACT_FOLLOW) == 1 && world_lines(t, ACT_ACCEPT) == 1);
	WANT(follow_end(t, a.id, b.id, NULL) == OK && !follow_is(t, a.id, b.id));
	WANT(text_is(world_last(t, ACT_UNFOLLOW).note, accept.uri));
	WANT(follow_end(t, a.id, b.id, NULL) == OK && world_lines(t, ACT_UNFOLLOW) == 1);
	WANT(follow_count(t, b.id, &count) == OK && count == 0);
	return OK;
}

IN_WRITE(a_locked_account_decides)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas");
	struct profile_change lock = {.locked = 1, .discoverable = -1, .indexable = -1};
	struct u64s ids;
	int64_t count = -1;
	WANT(profile_update(t, b.id, b.id, &lock, NULL) == OK);
	WANT(follow_start(t, a.id, b.id, NULL) == OK && !follow_is(t, a.id, b.id));
	WANT(follow_state_of(t, a.id, b.id) == FOLLOW_PENDING && world_lines(t, ACT_ACCEPT) == 0);
	WANT(follow_count(t, b.id, &count) == OK && count == 0);
	WANT(follow_followers(t, b.id, 0, 10, &ids) == OK && ids.count == 0);
	WANT(follow_accept(t, b.id, a.id, NULL) == OK && follow_is(t, a.id, b.id));
	WANT(follow_accept(t, b.id, a.id, NULL) == OK && world_lines(t, ACT_ACCEPT) == 1);
	WANT(follow_followers(t, b.id, 0, 10, &ids) == OK && ids.count == 1 && ids.at[0] == a.id);
	WANT(follow_followers(t, b.id, a.id, 10, &ids) == OK && ids.count == 0);
	WANT(follow_following(t, a.id, 0, 10, &ids) == OK && ids.count == 1 && ids.at[0] == b.id);
	WANT(follow_reject(t, b.id, a.id, NULL) == OK
		&& !follow_is(t, a.id, b.id)); /* shown the door */
	WANT(follow_reject(t, b.id, a.id, NULL) == OK && world_lines(t, ACT_REJECT) == 1);
	WANT(follow_count(t, b.id, &count) == OK && count == 0);
	return OK;
}

IN_WRITE(a_page_tells_of_ten_followers_and_more)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct viewer nobody = {0};
	for (int i = 1; i <= 10; i++) {
		const char *name = arena_format(txn_arena(t), "f%d", i);
		const struct node *page;
		WANT(follow_start(t, world_person(t, name).id, anna.id, NULL) == OK);
		struct call *call = world_call(
			&feature_profile, METHOD_GET, "/@anna", &nobody, NULL);
		WANT(world_read(call, t, &page) == OK
			&& world_number(page, "followers") == (i < 10 ? 0 : 10));
	}
	return OK;
}

IN_WRITE(refuses_what_makes_no_sense)
{
	(void)arg;
	struct key_pair none = {0};
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"), node;
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor y = world_remote(t, ACTOR_PERSON, "yo", "b.example");
	WANT(actor_create(t, ACTOR_APPLICATION, "ex.org", NULL, &none, NULL, &node) == OK);
	WANT(follow_start(t, a.id, a.id, NULL) == ERR_FORBIDDEN);
	WANT(follow_start(t, a.id, node.id, NULL) == ERR_FORBIDDEN);
	WANT(follow_start(t, a.id, 12345, NULL) == ERR_NOT_FOUND);
	WANT(follow_start(t, x.id, y.id, NULL) == ERR_NOT_FOUND); /* not ours */
	WANT(follow_accept(t, b.id, a.id, NULL)
		== ERR_NOT_FOUND); /* never asked (security.md R16) */
	WANT(block_add(t, b.id, b.id, a.id, NULL, NULL) == OK);
	WANT(follow_start(t, a.id, b.id, NULL) == ERR_FORBIDDEN
		&& follow_start(t, b.id, a.id, NULL) == ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(answers_a_follow_from_elsewhere)
{
	(void)arg;
	struct actor b = world_person(t, "bas"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct activity f = world_activity(&x, "https://a.example/f/1", "Follow", b.uri);
	WANT(world_receive(t, &feature_follow, &f) == OK && follow_is(t, x.id, b.id));
	struct line line = world_last(t, ACT_ACCEPT);
	WANT(line.actor == b.id && line.object == x.id && text_is(line.uri, f.id));
	WANT(line.raw.size == f.raw.size && memcmp(line.raw.data, f.raw.data, f.raw.size) == 0);
	struct activity again = world_activity(&x, "https://a.example/f/2", "Follow", b.uri);
	WANT(world_receive(t, &feature_follow, &again) == OK && world_lines(t, ACT_ACCEPT) == 2);
	WANT(text_is(world_last(t, ACT_ACCEPT).uri, again.id) && world_lines(t, ACT_FOLLOW) == 1);
	/* Undo by id alone, then by its two ends under an id never seen. */
	struct activity undo = world_activity(&x, "https://a.example/u/1", "Undo", again.id);
	WANT(world_receive(t, &feature_follow, &undo) == OK && !follow_is(t, x.id, b.id));
	WANT(world_receive(t, &feature_follow, &f) == OK && follow_is(t, x.id, b.id));
	struct activity inner = world_activity(&x, "https://a.example/other", "Follow", b.uri);
	undo.inner = &inner;
	inner.type = "Block"; /* which has the same two ends */
	WANT(world_receive(t, &feature_follow, &undo) == ERR_NOT_FOUND && follow_is(t, x.id, b.id));
	inner.type = "Follow";
	WANT(world_receive(t, &feature_follow, &undo) == OK && !follow_is(t, x.id, b.id));
	WANT(world_receive(t, &feature_follow, &undo) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(waits_for_the_answer_from_elsewhere)
{
	(void)arg;
	struct actor a = world_person(t, "anna"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor evil = world_remote(t, ACTOR_PERSON, "evil", "b.example");
	WANT(follow_start(t, a.id, x.id, NULL) == OK && !follow_is(t, a.id, x.id));
	const char *uri = arena_format(txn_arena(t), "https://ex.org/a/%llu",
		(unsigned long long)world_last(t, ACT_FOLLOW).place);
	struct activity no = world_activity(&evil, "https://b.example/x", "Accept", uri);
	WANT(world_receive(t, &feature_follow, &no) == ERR_FORBIDDEN && !follow_is(t, a.id, x.id));
	struct activity unknown = world_activity(
		&x, "https://a.example/x", "Accept", "https://ex.org/a/1");
	WANT(world_receive(t, &feature_follow, &unknown) == ERR_NOT_FOUND);
	struct activity yes = world_activity(&x, "https://a.example/y", "Accept", uri);
	WANT(world_receive(t, &feature_follow, &yes) == OK && follow_is(t, a.id, x.id));
	struct activity reject = world_activity(&x, "https://a.example/z", "Reject", uri);
	WANT(world_receive(t, &feature_follow, &reject) == OK && !follow_is(t, a.id, x.id));
	WANT(world_receive(t, &feature_follow, &yes) == ERR_NOT_FOUND && !follow_is(t, a.id, x.id));
	return OK;
}

/* An id belongs to the pair that had it first: nobody can end another's follow with it (security.md R6). */
IN_WRITE(an_id_stays_with_its_owner)
{
	(void)arg;
	struct actor b = world_person(t, "bas"), c = world_person(t, "cor");
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     y = world_remote(t, ACTOR_PERSON, "yo", "a.example");
	struct activity f = world_activity(&x, "https://a.example/f", "Follow", b.uri);
	struct activity g = world_activity(&y, "https://a.example/f", "Follow", c.uri);
	WANT(world_receive(t, &feature_follow, &f) == OK
		&& world_receive(t, &feature_follow, &g) == OK);
	struct activity undo = world_activity(&y, "https://a.example/u", "Undo", f.id);
	WANT(world_receive(t, &feature_follow, &undo) == ERR_FORBIDDEN && follow_is(t, x.id, b.id));
	undo.inner = &g;
	WANT(world_receive(t, &feature_follow, &undo) == OK);
	WANT(!follow_is(t, y.id, c.id) && follow_is(t, x.id, b.id));
	return OK;
}

IN_WRITE(says_no_in_words)
{
	(void)arg;
	struct key_pair none = {0};
	struct actor node, x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	WANT(actor_create(t, ACTOR_APPLICATION, "ex.org", NULL, &none, NULL, &node) == OK);
	struct activity f = world_activity(&x, "https://a.example/f", "Follow", node.uri);
	WANT(world_receive(t, &feature_follow, &f) == OK && !follow_is(t, x.id, node.id));
	struct line line = world_last(t, ACT_REJECT);
	WANT(line.actor == node.id && line.object == x.id && text_is(line.uri, f.id)
		&& line.raw.size == f.raw.size);
	struct activity post = world_activity(
		&x, "https://a.example/g", "Follow", "https://ex.org/p/1");
	WANT(world_receive(t, &feature_follow, &post) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_follow_has_a_size)
{
	(void)arg;
	struct actor b = world_person(t, "bas"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	char *big = arena_alloc(txn_arena(t), 64 * 1024 + 1);
	memset(big, 'x', 64 * 1024 + 1);
	struct activity f = world_activity(&x, "https://a.example/f", "Follow", b.uri);
	f.raw = (struct bytes){big, 64 * 1024 + 1};
	WANT(world_receive(t, &feature_follow, &f) == ERR_TOO_MUCH);
	f.raw.size--;
	WANT(world_receive(t, &feature_follow, &f) == OK);
	return OK;
}

IN_WRITE(the_page_of_requests)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas");
	struct profile_change lock = {.locked = 1, .discoverable = -1, .indexable = -1};
	struct viewer anna = {.actor = a.id, .local = true}, bas = {.actor = b.id, .local = true};
	const struct node *page;
	WANT(profile_update(t, b.id, b.id, &lock, NULL) == OK);
	struct call *call = world_call(&feature_follow, METHOD_POST, "/@bas/follow", &anna, NULL);
	WANT(call->route->access == SIGNED_IN && call->route->write(call, t) == OK);
	WANT(call->reply.status == 303 && text_is(call->reply.location, "/@bas"));
	call = world_call(&feature_follow, METHOD_GET, "/requests", &bas, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "requests") == 1);
	WANT(text_is(world_text(page, "requests.0.handle"), "anna@ex.org"));
	call = world_call(&feature_follow, METHOD_POST,
		arena_format(txn_arena(t), "/requests/%llu/accept", (unsigned long long)a.id), &bas,
		NULL);
	WANT(call->route->write(call, t) == OK && follow_is(t, a.id, b.id));
	call = world_call(&feature_follow, METHOD_GET, "/requests", &bas, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "requests") == 0);
	/* Whoever is suspended meanwhile waits in vain. */
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct activity f = world_activity(&x, "https://a.example/f", "Follow", b.uri);
	WANT(world_receive(t, &feature_follow, &f) == OK && actor_suspend(t, x.id, true) == OK);
	call = world_call(&feature_follow, METHOD_GET, "/requests", &bas, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "requests") == 0);
	WANT(follow_accept(t, b.id, x.id, NULL) == ERR_NOT_FOUND && !follow_is(t, x.id, b.id));
	call = world_call(&feature_follow, METHOD_POST, "/@bas/unfollow", &anna, NULL);
	WANT(call->route->write(call, t) == OK && !follow_is(t, a.id, b.id));
	call = world_call(&feature_follow, METHOD_POST, "/@nobody/follow", &anna, NULL);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(follows_here_at_once),
		WORLD_TEST(a_locked_account_decides),
		WORLD_TEST(a_page_tells_of_ten_followers_and_more),
		WORLD_TEST(refuses_what_makes_no_sense),
		WORLD_TEST(answers_a_follow_from_elsewhere),
		WORLD_TEST(waits_for_the_answer_from_elsewhere),
		WORLD_TEST(an_id_stays_with_its_owner),
		WORLD_TEST(says_no_in_words),
		WORLD_TEST(a_follow_has_a_size),
		WORLD_TEST(the_page_of_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
