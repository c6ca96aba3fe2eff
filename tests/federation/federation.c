/* federation.c: what is ours is found at home. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static enum err post_by_jan(struct txn *t, void *arg)
{
	struct post p;
	struct post_draft draft = {.author = *(uint64_t *)arg, .source = "words"};
	return post_create(t, &draft, NULL, NULL, &p);
}

static void ours_are_found_without_the_net(void **state)
{
	(void)state;
	uint64_t jan = node_person("jan"), found = 0;
	node_write(post_by_jan, &jan);
	assert_int_equal(federation_find_actor(node.federation, "jan@ex.org", &found), OK);
	assert_true(found == jan);
	assert_int_equal(
		federation_find_actor(node.federation, "https://ex.org/u/jan", &found), OK);
	assert_true(found == jan);
	assert_int_equal(federation_find_actor(node.federation, "https://ex.org/u/nobody", &found),
		ERR_NOT_FOUND);
	assert_int_equal(
		federation_find_actor(node.federation, "nobody@ex.org", &found), ERR_NOT_FOUND);
	assert_int_equal(wire_gets(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(ours_are_found_without_the_net),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
