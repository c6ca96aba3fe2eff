/* attempt.c (federation): one try: signed when it is sent, once more in the other form when the first is refused, and told
 * once. The wire is this file's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery.h"

#define NOW INT64_C(1763715492000)
#define KEY_ID "https://ex.org/u/jan#main-key"

static struct scene {
	struct arena *arena;
	struct federation federation;
	struct queue *events;
	struct key *rsa, *ed25519;
	struct body body;
	int statuses[4]; /* of the answers, in turn */
	enum err taken;  /* what the wire says to being asked */
	bool crowd;      /* others fill the pool meanwhile */
	size_t sent;
	const char *headers[4]; /* of what was sent, joined */
} scene;

static void nothing(void *arg)
{
	(void)arg;
}

/* The wire: written down, and answered at once. */
enum err transport_send(struct transport *t, const struct request *q, answer_fn *done, void *arg)
{
	struct text all;
	(void)t;
	if (scene.taken != OK)
		return scene.taken;
	assert_true(q->kind == FETCH_POST && q->max == 4096);
	assert_int_equal(q->body.size, scene.body.json.size);
	text_init(&all, scene.arena, 8192);
	for (size_t i = 0; q->headers[i] != NULL; i++)
		text_format(&all, "%s\n", q->headers[i]);
	scene.headers[scene.sent] = all.at;
	int status = scene.statuses[scene.sent++];
	struct answer a = {.err = status > 0 ? OK : ERR_REMOTE,
		.status = status > 0 ? status : 0,
		.retry_after = status == 429 ? 7000 : 0,
		.why = "because"};
	while (scene.crowd && pool_submit(scene.federation.set.crypto, nothing, NULL) == OK)
		;
	done(arg, &a);
	return OK;
}

static int scene_open(void **state)
{
	(void)state;
	time_freeze(NOW);
	scene = (struct scene){.arena = arena_create(),
		.events = queue_create(16),
		.rsa = key_generate(KEY_RSA),
		.ed25519 = key_generate(KEY_ED25519),
		.body = {.json = {"{\"id\":1}", 8}}};
	scene.federation.set.crypto = pool_create("crypto", 1, 1);
	return 0;
}

static int scene_close(void **state)
{
	(void)state;
	pool_destroy(scene.federation.set.crypto);
	queue_destroy(scene.events);
	key_drop(scene.rsa);
	key_drop(scene.ed25519);
	arena_destroy(scene.arena);
	time_freeze(0);
	return 0;
}

static struct attempt try(const char *inbox, struct key *key, enum signature_form form)
{
	struct attempt a = {.federation = &scene.federation,
		.events = scene.events,
		.arena = scene.arena,
		.row = {.inbox = inbox},
		.body = &scene.body,
		.signer = key,
		.key_id = KEY_ID,
		.form = form};
	scene.sent = 0;
	attempt_start(&a);
	assert_ptr_equal(queue_pop(scene.events, -1), &a);
	assert_int_equal(a.event, EVENT_TRIED);
	return a;
}

#define INBOX "https://far.example/inbox"

static void what_is_sent_is_signed_now(void **state)
{
	(void)state;
	scene.statuses[0] = 202;
	struct attempt a = try(INBOX, scene.rsa, FORM_CAVAGE);
	assert_int_equal(a.err, OK);
	assert_int_equal(a.status, 202);
	assert_int_equal(scene.sent, 1);
	assert_false(a.knocked);
	assert_non_null(strstr(scene.headers[0], "Date: Fri, 21 Nov 2025 08:58:12 GMT\n"));
	assert_non_null(strstr(scene.headers[0], "Signature: keyId=\"" KEY_ID "\""));
	assert_non_null(strstr(scene.headers[0], "Digest: SHA-256="));
}

static void a_refusal_is_met_with_the_other_form_once(void **state)
{
	(void)state;
	static const int refusals[] = {400, 401, 403};
	for (size_t i = 0; i < COUNT(refusals); i++)
		for (enum signature_form form = FORM_CAVAGE; form <= FORM_RFC9421; form++) {
			scene.statuses[0] = refusals[i];
			scene.statuses[1] = 202;
			struct attempt a = try(INBOX, scene.rsa, form);
			assert_int_equal(scene.sent, 2);
			assert_int_equal(a.status, 202);
			assert_true(a.knocked && a.form != form); /* this is the one to remember */
			bool first = strstr(scene.headers[0], "Signature-Input") != NULL,
			     second = strstr(scene.headers[1], "Signature-Input") != NULL;
			assert_true(first == (form == FORM_RFC9421) && second != first);
			scene.statuses[1] = refusals[i];
			a = try(INBOX, scene.rsa, form);
			assert_int_equal(scene.sent, 2); /* and no third time */
			assert_int_equal(a.status, refusals[i]);
		}
}

static void other_answers_are_told_as_they_are(void **state)
{
	(void)state;
	static const int statuses[] = {302, 404, 410, 429, 500, 503, -1};
	for (size_t i = 0; i < COUNT(statuses); i++) {
		scene.statuses[0] = statuses[i];
		struct attempt a = try(INBOX, scene.rsa, FORM_CAVAGE);
		assert_int_equal(scene.sent, 1);
		assert_int_equal(a.err, statuses[i] > 0 ? OK : ERR_REMOTE);
		assert_int_equal(a.status, statuses[i] > 0 ? statuses[i] : 0);
		assert_int_equal(a.retry_after, statuses[i] == 429 ? 7000 : 0);
		assert_string_equal(a.why, "because");
	}
}

/* An address the wire may not go to will not become one: it is none. */
static void what_cannot_be_sent_says_so(void **state)
{
	(void)state;
	assert_int_equal(try("inbox", scene.rsa, FORM_CAVAGE).err, ERR_INVALID);
	assert_int_equal(try(INBOX, scene.ed25519, FORM_CAVAGE).err, ERR_INVALID);
	static const enum err said[] = {ERR_FORBIDDEN, ERR_INVALID, ERR_AGAIN};
	static const enum err told[] = {ERR_INVALID, ERR_INVALID, ERR_AGAIN};
	for (size_t i = 0; i < COUNT(said); i++) {
		scene.taken = said[i];
		struct attempt a = try(INBOX, scene.rsa, FORM_CAVAGE);
		assert_int_equal(a.err, told[i]);
		assert_string_equal(a.why, "not sent");
	}
	assert_int_equal(scene.sent, 0);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

/* Too much to sign: nothing was tried, and nothing waits for it. */
static void a_full_pool_is_told(void **state)
{
	(void)state;
	pthread_mutex_lock(&gate);
	while (pool_submit(scene.federation.set.crypto, wait_at_gate, NULL) == OK)
		;
	struct attempt a = try(INBOX, scene.rsa, FORM_CAVAGE);
	pthread_mutex_unlock(&gate);
	assert_int_equal(a.err, ERR_AGAIN);
	assert_int_equal(scene.sent, 0);
}

/* Refused in one form, and no room to sign the other: it comes again, as if it had not gone. */
static void a_knock_is_not_lost_in_a_crowd(void **state)
{
	(void)state;
	scene.crowd = true;
	scene.statuses[0] = 403;
	struct attempt a = try(INBOX, scene.rsa, FORM_CAVAGE);
	assert_int_equal(scene.sent, 1);
	assert_int_equal(a.err, ERR_AGAIN);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(what_is_sent_is_signed_now),
		SCENE_TEST(a_refusal_is_met_with_the_other_form_once),
		SCENE_TEST(other_answers_are_told_as_they_are),
		SCENE_TEST(what_cannot_be_sent_says_so),
		SCENE_TEST(a_full_pool_is_told),
		SCENE_TEST(a_knock_is_not_lost_in_a_crowd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
