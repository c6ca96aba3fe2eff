/* hidden.c: what was hidden or suspended stands in the list until it is shown again. */
#include "world.h"

static const struct node *page_of(struct txn *t, const struct actor *who, bool admin)
{
	const struct viewer viewer = {.actor = who->id, .local = true, .admin = admin};
	const struct node *page = NULL;
	enum err e = world_read(
		world_call(&feature_hidden, METHOD_GET, "/hidden", &viewer, NULL), t, &page);
	return e == OK ? page : NULL;
}

static struct post written(struct txn *t, uint64_t author, uint64_t community)
{
	struct post p = {0};
	struct post_draft d = {.author = author, .community = community, .source = "Words."};
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

IN_WRITE(a_hidden_message_stands_in_the_list_of_who_may_show_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor club = world_group(t, "club");
	struct place moderates = place_2(TABLE_MODERATOR, club.id, anna.id);
	WANT(txn_put(t, &moderates, (struct bytes){"\1", 1}) == OK);
	struct post p = written(t, bas.id, club.id), own = written(t, bas.id, club.id);
	WANT(world_count(page_of(t, &anna, false), "hidden") == 0);
	WANT(post_remove(t, anna.id, p.id, "Elsewhere", NULL) == OK);
	WANT(post_remove(t, bas.id, own.id, NULL, NULL) == OK); /* is gone, not hidden */
	const struct node *page = page_of(t, &anna, false);
	WANT(world_count(page, "hidden") == 1 && world_number(page, "some_hidden") == 1);
	WANT(world_node(page, "suspended") == NULL);
	WANT(world_count(page_of(t, &bas, false), "hidden")
		== 0); /* who wrote it moderates nothing */
	WANT(post_restore(t, anna.id, p.id, NULL) == OK);
	WANT(world_count(page_of(t, &anna, false), "hidden") == 0);
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK);
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK); /* taken back after it was hidden */
	WANT(world_count(page_of(t, &anna, false), "hidden") == 0);
	return OK;
}

IN_WRITE(who_is_suspended_stands_in_the_list_of_administrators)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor club = world_group(t, "club");
	WANT(actor_suspend(t, bas.id, true) == OK && actor_suspend(t, club.id, true) == OK);
	const struct node *page = page_of(t, &anna, true);
	WANT(world_count(page, "suspended") == 2 && world_number(page, "some_suspended") == 1);
	WANT(world_node(page_of(t, &anna, false), "suspended") == NULL);
	WANT(actor_suspend(t, bas.id, false) == OK);
	WANT(world_count(page_of(t, &anna, true), "suspended") == 1);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_hidden_message_stands_in_the_list_of_who_may_show_it),
		WORLD_TEST(who_is_suspended_stands_in_the_list_of_administrators),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
