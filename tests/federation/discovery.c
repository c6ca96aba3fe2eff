/* discovery.c: found by every name one has, and by no other. */
#include "fake_transport.h"
#include "neighbours.h"

#include <string.h>

static enum err remove_jan(struct txn *t, void *arg)
{
	return actor_remove(t, *(uint64_t *)arg, NULL);
}

static struct response ask(const char *resource)
{
	struct text t;
	text_init(&t, node.arena, 4096);
	text_add(&t, "/.well-known/webfinger?resource=");
	text_url(&t, resource);
	return node_get(t.at, "application/jrd+json", NULL);
}

static void every_name_finds_its_owner(void **state)
{
	(void)state;
	uint64_t jan = node_person("jan");
	node_group("board");
	static const struct {
		const char *resource, *self; /* self NULL: the status */
		int status;
	} cases[] = {
		{"acct:jan@ex.org", "https://ex.org/u/jan", 200},
		{"acct:JAN@EX.ORG", "https://ex.org/u/jan", 200},
		{"jan@ex.org", "https://ex.org/u/jan", 200},
		{"https://ex.org/u/jan", "https://ex.org/u/jan", 200},
		{"https://ex.org/@jan", "https://ex.org/u/jan", 200},
		{"acct:board@ex.org", "https://ex.org/c/board", 200},
		{"acct:ex.org@ex.org", "https://ex.org/actor", 200},
		{"https://ex.org/", "https://ex.org/actor", 200},
		{"https://ex.org", "https://ex.org/actor", 200},
		{"https://ex.org/actor", "https://ex.org/actor", 200},
		{"acct:nobody@ex.org", NULL, 404},
		{"acct:jan@elsewhere.example", NULL, 404},
		{"https://elsewhere.example/u/jan", NULL, 404},
		{"https://ex.org.evil.example/u/jan", NULL, 404},
		{"https://ex.org/u/jan/x", NULL, 404},
		{"acct:", NULL, 400},
		{"nonsense", NULL, 400},
		{"acct:a@b@c", NULL, 400},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct response r = ask(cases[i].resource);
		if (r.status != cases[i].status)
			fail_msg("%s: %d", cases[i].resource, r.status);
		assert_non_null(strstr(r.headers, "Access-Control-Allow-Origin: *"));
		if (cases[i].self != NULL) {
			assert_non_null(strstr(r.headers, "Content-Type: application/jrd+json"));
			assert_non_null(strstr(r.body,
				arena_format(node.arena,
					"\"rel\":\"self\",\"type\":\"application/activity+json\",\"href\":\"%s\"",
					cases[i].self)));
		}
	}
	assert_int_equal(node_get("/.well-known/webfinger", NULL, NULL).status, 400);
	node_write(remove_jan, &jan);
	assert_int_equal(ask("acct:jan@ex.org").status, 410);
	assert_int_equal(node_get("/u/jan", NULL, NULL).status, 410);
}

static void others_find_the_way(void **state)
{
	(void)state;
	struct response r = node_get("/.well-known/host-meta", "application/xrd+xml", NULL);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.headers, "Content-Type: application/xrd+xml"));
	assert_non_null(
		strstr(r.body, "template=\"https://ex.org/.well-known/webfinger?resource={uri}\""));
	assert_int_equal(node_get("/.well-known/host-meta.json", NULL, NULL).status, 200);
	r = node_get("/.well-known/nodeinfo", "application/json", NULL);
	assert_int_equal(r.status, 200);
	const char *first = strstr(r.body, "schema/2.1"), *second = strstr(r.body, "schema/2.0");
	assert_true(first != NULL && second != NULL && first < second);
	assert_non_null(strstr(r.body, "https://www.w3.org/ns/activitystreams#Application"));
	static const char *const members[] = {"\"software\":{\"name\":\"kring\"",
		"\"protocols\":[\"activitypub\"]", "\"services\":{\"inbound\":[],\"outbound\":[]}",
		"\"openRegistrations\":false", "\"usage\":{\"users\":{}", "\"metadata\":{"};
	for (int v = 0; v < 2; v++) {
		r = node_get(v ? "/nodeinfo/2.1" : "/nodeinfo/2.0", "application/json", NULL);
		assert_int_equal(r.status, 200);
		assert_non_null(strstr(r.body, v ? "\"version\":\"2.1\"" : "\"version\":\"2.0\""));
		for (size_t i = 0; i < COUNT(members); i++)
			assert_non_null(strstr(r.body, members[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(every_name_finds_its_owner),
		NODE_TEST(others_find_the_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
