/* delivery.c (federation): what each answer of a peer does to the queue and to what is known of its host; order, fairness,
 * restarts. The peers verify every signature. */
#include "delivery.h"
#include "peer.h"

#include <fcntl.h>

#define UNIT 20 /* ms for ten seconds: a day lasts three minutes */

/* ---- the rig ------------------------------------------------------------------------------------------------------- */

#define HEARD_MOST 4096

struct heard {
	uint64_t activity, actor;
};

static struct rig {
	struct arena *arena;
	struct site site;
	struct store *store;
	struct pool *crypto;
	struct federation federation;
	struct peer *peer;
	struct actor actors[4];
	struct key *key;
	uint64_t next_activity;
	pthread_mutex_t lock;
	struct heard heard[HEARD_MOST];
	size_t heard_count;
	atomic_size_t unsigned_calls, cavage_calls, rfc_calls, fail_first;
	atomic_int busy[5], clashes;
	atomic_bool down; /* what stands before the peer says so */
	atomic_bool hold; /* /held is not answered yet */
	int64_t unit;
	bool back; /* what delivery_seen said */
} rig;

static const char *call_header_of(void *arg, const char *name)
{
	static _Thread_local char values[8][4096];
	static _Thread_local size_t at;
	char *value = values[at++ % 8];
	peer_header(arg, name, value, sizeof values[0]);
	return *value != '\0' ? value : NULL;
}

/* Whose signature it is: 0…3, or -1. */
static int signer_of(struct peer_call *c, enum signature_form *form)
{
	ARENA_CLEANUP struct arena *a = arena_create();
	const char *why = "", *host = call_header_of(c, "Host");
	struct signature s;
	struct signed_request q = {.method = c->method,
		.target = c->target,
		.host = host,
		.has_body = true,
		.origin = arena_format(a, "%s://%s", c->tls != NULL ? "https" : "http", host),
		.body = c->body,
		.header = call_header_of,
		.arg = c};
	if (signature_parse(a, &q, time_now(), &s, &why) != OK || !signature_verify(&s, rig.key))
		return -1;
	*form = s.form;
	for (int i = 0; i < 4; i++)
		if (text_is(s.key_id, rig.actors[i].rsa_id))
			return i;
	return -1;
}

static void note(struct peer_call *c, int who)
{
	uint64_t activity = strtoull((const char *)c->body.data + strlen("{\"id\":\""), NULL, 10);
	pthread_mutex_lock(&rig.lock);
	if (rig.heard_count < HEARD_MOST)
		rig.heard[rig.heard_count++] = (struct heard){activity, (uint64_t)who};
	pthread_mutex_unlock(&rig.lock);
}

static void behave(struct peer_call *c)
{
	enum signature_form form = 0;
	int who = signer_of(c, &form);
	const char *t = c->target;
	if (who < 0) {
		atomic_fetch_add(&rig.unsigned_calls, 1);
		peer_answer(c, 401, "", "");
		return;
	}
	atomic_fetch_add(form == FORM_CAVAGE ? &rig.cavage_calls : &rig.rfc_calls, 1);
	if (text_starts(t, "/new") && form == FORM_CAVAGE) {
		peer_answer(c, text_ends(t, "400") ? 400 : 401, "", "");
		return;
	}
	if (text_starts(t, "/never") || atomic_load(&rig.down)) {
		peer_answer(c, 502, "", "");
		return;
	}
	if (text_starts(t, "/wait")) {
		peer_answer(c, 503, "Retry-After: 300\r\n", "");
		return;
	}
	if (text_starts(t, "/hang"))
		peer_hang(c, 30000);
	while (text_starts(t, "/held") && atomic_load(&rig.hold))
		usleep(1000);
	if (text_starts(t, "/order")) {
		if (atomic_fetch_add(&rig.busy[who], 1) != 0)
			atomic_fetch_add(&rig.clashes, 1);
		usleep(2000);
		atomic_fetch_sub(&rig.busy[who], 1);
	}
	size_t fail = atomic_load(&rig.fail_first);
	if (fail > 0 && atomic_compare_exchange_strong(&rig.fail_first, &fail, fail - 1)) {
		peer_answer(
			c, atoi(t + 1), text_ends(t, "/wait") ? "Retry-After: 3600\r\n" : "", "");
		return;
	}
	note(c, who);
	peer_answer(c, 202, "", "");
}

static void start(void)
{
	const char *why = NULL;
	rig.federation = (struct federation){.set = {.site = &rig.site,
						     .store = rig.store,
						     .crypto = rig.crypto,
						     .ca_file = rig.peer->ca,
						     .deliver = true,
						     .retry_unit = rig.unit}};
	assert_int_equal(transport_start(&rig.federation.set, &rig.federation.transport, &why), OK);
	assert_int_equal(delivery_start(&rig.federation, &rig.federation.delivery), OK);
}

static void stop(void)
{
	delivery_stop(rig.federation.delivery);
	transport_stop(rig.federation.transport);
	rig.federation.delivery = NULL;
	rig.federation.transport = NULL;
}

static enum err make_actors(struct txn *t, void *arg)
{
	static const char *const names[] = {"ann", "bob", "cor", "dia"};
	(void)arg;
	for (size_t i = 0; i < 4; i++) {
		struct key_pair keys = {.rsa = rig.key};
		struct refusal why = {0};
		struct actor a;
		enum err e = actor_create(t, ACTOR_PERSON, names[i], NULL, &keys, &why, &a);
		if (e != OK)
			return e;
		rig.actors[i] = (struct actor){
			.id = a.id, .rsa_id = arena_text(rig.arena, a.rsa_id)};
	}
	return OK;
}

static int rig_open(void **state)
{
	const char *why = NULL;
	(void)state;
	log_open(LOG_ERROR, 2);
	memset(&rig, 0, sizeof rig);
	rig.unit = UNIT;
	pthread_mutex_init(&rig.lock, NULL);
	rig.arena = arena_create();
	rig.site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.name = "Ex",
		.summary = "",
		.language = "en",
		.version = "0",
		.loopback = true};
	struct store_settings settings = {.owner = &rig.site};
	assert_int_equal(store_open(rig.arena, &settings, &rig.store, &why), OK);
	rig.key = key_generate(KEY_RSA);
	assert_int_equal(store_write(rig.store, make_actors, NULL), OK);
	rig.crypto = pool_create("crypto", 2, 1000);
	rig.peer = peer_open(behave, true);
	start();
	return 0;
}

/* As nodes run: what was forgotten would be found half a minute later, not before the test looks. */
static void restart_with(int64_t unit)
{
	stop();
	rig.unit = unit;
	start();
}

static int rig_close(void **state)
{
	(void)state;
	stop();
	peer_close(rig.peer);
	pool_destroy(rig.crypto);
	store_close(rig.store);
	key_drop(rig.key);
	arena_destroy(rig.arena);
	pthread_mutex_destroy(&rig.lock);
	return 0;
}

/* ---- queueing and looking ------------------------------------------------------------------------------------------- */

struct post_ {
	int actor;
	const char *inbox;
	uint64_t id;
};

static enum err put_one(struct txn *t, void *arg)
{
	struct post_ *p = arg;
	const char *json = arena_format(
		txn_arena(t), "{\"id\":\"%llu\"}", (unsigned long long)p->id);
	/* what one line says has several keys, in no order of time */
	uint64_t key = p->id | (p->id / 4 * 3 % VARIANT_COUNT) << VARIANT_SHIFT;
	struct place place = place_1(TABLE_ACTIVITY, key);
	struct kept kept = {.json = {json, strlen(json)}, .actor = rig.actors[p->actor].id};
	enum err e = txn_save(t, &place, &kept_shape, &kept);
	struct recipients r = {t, key, kept.actor, p->id};
	return e == OK ? delivery_put(&r, p->inbox) : e;
}

static uint64_t queue_it(int actor, const char *inbox)
{
	struct post_ p = {actor, inbox, ++rig.next_activity};
	assert_int_equal(store_write(rig.store, put_one, &p), OK);
	return p.id;
}

static char *inbox_at(const char *host, const char *path)
{
	return peer_url(rig.arena, rig.peer, host, path);
}

static void go(void)
{
	delivery_wake(rig.federation.delivery);
	delivery_settle(rig.federation.delivery);
}

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(size_t *)arg;
	return OK;
}

static enum err count_all(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = WALK_ALL};
	return txn_walk(t, &walk, count_row, arg);
}

static size_t rows(void)
{
	size_t count = 0;
	assert_int_equal(store_read(rig.store, count_all, &count), OK);
	return count;
}

struct look {
	const char *name;
	struct host host;
};

static enum err look_host(struct txn *t, void *arg)
{
	struct look *l = arg;
	struct place place = place_hash(TABLE_HOST, l->name);
	enum err e = txn_load(t, &place, &host_shape, &l->host);
	l->host.name = NULL;
	return e;
}

/* As stored; all zero when it is not. */
static struct host host_named(const char *name)
{
	struct look l = {.name = name};
	(void)!store_read(rig.store, look_host, &l);
	return l.host;
}

static const char *authority(const char *host)
{
	return arena_format(rig.arena, "%s.peer.localhost:%d", host, rig.peer->port);
}

static enum err first_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	return record_read(rig.arena, &delivery_row_shape, value, arg) == OK ? ERR_CONFLICT
									     : ERR_STORE;
}

static enum err look_row(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = 1};
	return txn_walk(t, &walk, first_row, arg);
}

static struct delivery_row the_row(void)
{
	struct delivery_row row = {0};
	assert_int_equal(store_read(rig.store, look_row, &row), OK);
	return row;
}

static void wait_for(bool (*holds)(void), int ms)
{
	for (int i = 0; i < ms / 5; i++) {
		if (holds())
			return;
		usleep(5000);
	}
	fail_msg("not within %d ms; %zu rows, %zu heard", ms, rows(), rig.heard_count);
}

static bool no_rows(void)
{
	return rows() == 0;
}

static bool sixty_rows(void)
{
	return rows() == 60;
}

static size_t heard(void)
{
	pthread_mutex_lock(&rig.lock);
	size_t count = rig.heard_count;
	pthread_mutex_unlock(&rig.lock);
	return count;
}

/* ---- tests ------------------------------------------------------------------------------------------------------------- */

static void what_is_queued_arrives(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		queue_it(i % 4, inbox_at(i % 2 ? "a" : "b", "/inbox"));
	go();
	assert_int_equal(heard(), 20);
	assert_int_equal(rows(), 0);
	assert_int_equal(atomic_load(&rig.cavage_calls), 20);
	assert_int_equal(atomic_load(&rig.unsigned_calls), 0);
	struct host h = host_named(authority("a"));
	assert_int_equal(h.form, FORM_CAVAGE);
	assert_int_equal(h.failures, 0);
	assert_true(h.last_ok > 0);
}

static void the_other_form_is_tried_and_remembered(void **state)
{
	(void)state;
	queue_it(0, inbox_at("a", "/new"));
	go();
	assert_int_equal(rows(), 0);
	assert_int_equal(atomic_load(&rig.cavage_calls), 1);
	assert_int_equal(atomic_load(&rig.rfc_calls), 1);
	assert_int_equal(host_named(authority("a")).form, FORM_RFC9421);
	assert_true(host_named(authority("a")).form_until > time_now() + 6 * DAY);
	queue_it(0, inbox_at("a", "/new400"));
	go();
	assert_int_equal(atomic_load(&rig.cavage_calls), 1); /* straight away now */
	assert_int_equal(atomic_load(&rig.rfc_calls), 2);
	assert_int_equal(heard(), 2);
}

static void refusals_for_good(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"/400", "/403", "/406", "/413", "/415", "/422", "/424", "/501"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		atomic_store(&rig.fail_first, 2); /* both forms */
		queue_it(0, inbox_at("a", paths[i]));
		go();
		assert_int_equal(rows(), 0);
		assert_int_equal(heard(), 0);
		atomic_store(&rig.fail_first, 0);
	}
	assert_int_equal(host_named(authority("a")).failures, 0);
}

static void answers_that_mean_later(void **state)
{
	(void)state;
	static const char *const paths[] = {"/500", "/404", "/408", "/401", "/302"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		size_t before = heard();
		atomic_store(&rig.fail_first, text_is(paths[i], "/401") ? 2 : 1);
		queue_it(0, inbox_at("a", paths[i]));
		go();
		if (rows() > 0) { /* unless it has been tried again already */
			assert_int_equal(the_row().tries, 1);
			assert_int_equal(host_named(authority("a")).failures, 0);
		}
		wait_for(no_rows, 5000);
		assert_int_equal(heard(), before + 1);
	}
}

static void a_host_that_asks_for_time_gets_it(void **state)
{
	(void)state;
	atomic_store(&rig.fail_first, 1);
	queue_it(0, inbox_at("a", "/429/wait"));
	queue_it(1, inbox_at("a", "/inbox"));
	int64_t before = time_now();
	go();
	assert_int_equal(heard(), 0);
	struct host h = host_named(authority("a"));
	assert_int_equal(h.failures, 0);
	assert_int_equal(h.down_since, 0);
	assert_true(h.next >= before + 360 * UNIT); /* an hour, as time goes here */
	wait_for(no_rows, 20000);
	assert_true(time_now() - before >= 360 * UNIT);
	assert_int_equal(host_named(authority("a")).next, 0);
}

static enum err put_to_gone(struct txn *t, void *arg)
{
	return delivery_put(&(struct recipients){t, 9999, rig.actors[0].id, 9999}, arg);
}

static void an_inbox_that_is_gone(void **state)
{
	(void)state;
	char *inbox = inbox_at("a", "/410");
	atomic_store(&rig.fail_first, 1);
	for (int i = 0; i < 10; i++)
		queue_it(0, inbox);
	queue_it(0, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(rows(), 0);
	assert_int_equal(heard(), 1); /* the other inbox of that host */
	assert_int_equal(store_write(rig.store, put_to_gone, inbox), OK);
	assert_int_equal(rows(), 0);
}

static void a_host_that_is_not_there(void **state)
{
	(void)state;
	char *nobody = arena_format(rig.arena, "https://x.peer.localhost:1/inbox");
	for (int i = 0; i < 50; i++)
		queue_it(i % 4, nobody);
	queue_it(0, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 1);
	assert_int_equal(rows(), 50);
	struct host h = host_named("x.peer.localhost:1");
	assert_true(h.failures >= 1 && h.failures <= 3); /* one probe a step, not fifty */
	assert_true(h.down_since > 0 && h.next > h.down_since);
	assert_int_equal(the_row().tries, 0);
}

struct seed {
	const char *name;
	struct host host;
};

static enum err save_host(struct txn *t, void *arg)
{
	struct seed *s = arg;
	struct place place = place_hash(TABLE_HOST, s->name);
	s->host.name = s->name;
	return txn_save(t, &place, &host_shape, &s->host);
}

static enum err see_host(struct txn *t, void *arg)
{
	return delivery_seen(t, arg, &rig.back);
}

static void a_dead_host_loses_its_rows_and_may_come_back(void **state)
{
	(void)state;
	const char *inbox = "https://x.peer.localhost:1/inbox";
	struct seed s = {"x.peer.localhost:1",
		{.failures = 9, .down_since = time_now() - 8 * 8640 * UNIT, .next = 1}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	for (int i = 0; i < 1200; i++)
		queue_it(i % 4, inbox);
	go();
	wait_for(no_rows, 5000);
	assert_true(host_named(s.name).next == HOST_DEAD);
	queue_it(0, inbox);
	assert_int_equal(rows(), 0); /* not even queued */
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)s.name), OK);
	assert_int_equal(host_named(s.name).next, 0);
	assert_int_equal(host_named(s.name).failures, 0);
	queue_it(0, inbox);
	assert_int_equal(rows(), 1);
}

static enum err leave(struct txn *t, void *arg)
{
	struct leaving l = {.actor = *(uint64_t *)arg, .step = LEAVING_TELL, .begun = time_now()};
	struct place place = place_1(TABLE_LEAVING, l.actor);
	return txn_save(t, &place, &leaving_shape, &l);
}

static enum err look_told(struct txn *t, void *arg)
{
	size_t count = 0;
	enum err e = leaving_hosts(t, rig.actors[0].id, 1, arg, &count);
	return e == OK && count == 1 ? OK : ERR_NOT_FOUND;
}

static struct leaving_host told(void)
{
	struct leaving_host h = {0};
	assert_int_equal(store_read(rig.store, look_told, &h), OK);
	return h;
}

/* Who leaves is owed that also those hear of it who were away for a week; to others nothing is kept for those. */
static void a_goodbye_waits_for_the_dead(void **state)
{
	(void)state;
	const char *inbox = inbox_at("a", "/inbox");
	struct seed s = {authority("a"),
		{.failures = 10, .down_since = time_now() - 8 * 8640 * UNIT, .next = HOST_DEAD}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	assert_int_equal(store_write(rig.store, leave, &rig.actors[0].id), OK);
	atomic_store(&rig.down, true);
	queue_it(1, inbox);
	assert_int_equal(rows(), 0);
	queue_it(0, inbox);
	assert_int_equal(rows(), 1);
	assert_int_equal(told().asked, 1);
	go();
	assert_int_equal(rows(), 1); /* tried, and the host buried anew */
	assert_true(host_named(s.name).failures > 10);
	assert_true(host_named(s.name).next > time_now() && host_named(s.name).next != HOST_DEAD);
	atomic_store(&rig.down, false);
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)s.name), OK);
	delivery_wake(rig.federation.delivery);
	wait_for(no_rows, 3000);
	assert_int_equal(heard(), 1);
	assert_int_equal(told().confirmed, 1);
}

static enum err damage_host(struct txn *t, void *arg)
{
	struct place place = place_hash(TABLE_HOST, arg);
	return txn_put(t, &place, (struct bytes){"\xff\xff\xff", 3});
}

/* As if nothing were known of it; and no other host waits for it. */
static void a_damaged_host_is_known_anew(void **state)
{
	(void)state;
	for (char name[] = "a"; *name <= 'd'; ++*name)
		queue_it(0, inbox_at(name, "/inbox"));
	for (char name[] = "a"; *name <= 'c'; ++*name)
		assert_int_equal(
			store_write(rig.store, damage_host, (void *)(uintptr_t)authority(name)),
			OK);
	queue_it(1, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(rows(), 0);
	assert_int_equal(heard(), 5);
	assert_true(host_named(authority("a")).last_ok > 0);
}

/* Long asleep, then heard of: it is not left waiting. */
static void a_host_that_was_seen_is_tried_at_once(void **state)
{
	(void)state;
	const char *name = authority("a");
	restart_with(10 * SECOND);
	struct seed s = {
		name, {.failures = 9, .down_since = time_now(), .next = time_now() + HOUR}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	queue_it(0, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 0);
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)name), OK);
	assert_true(rig.back);
	delivery_wake(rig.federation.delivery);
	wait_for(no_rows, 3000);
	assert_int_equal(heard(), 1);
	assert_int_equal(store_write(rig.store, see_host, (void *)(uintptr_t)name), OK);
	assert_false(rig.back); /* it was here all the time */
}

/* A clock that jumped back left times far ahead: they are not believed. And one that jumped ahead throws nothing away. */
static void clocks_that_jump(void **state)
{
	(void)state;
	const char *name = authority("a");
	struct seed s = {name, {.failures = 1, .down_since = time_now() - 3650 * DAY, .next = 1}};
	assert_int_equal(store_write(rig.store, save_host, &s), OK);
	atomic_store(&rig.fail_first, 1);
	queue_it(0, inbox_at("a", "/502"));
	go();
	wait_for(no_rows, 3000);
	assert_int_equal(heard(), 1);
}

static void each_actor_in_order(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		queue_it(i % 4, inbox_at("a", "/order"));
	go();
	assert_int_equal(heard(), 200);
	assert_int_equal(atomic_load(&rig.clashes), 0);
	uint64_t last[4] = {0};
	for (size_t i = 0; i < rig.heard_count; i++) {
		assert_true(rig.heard[i].activity > last[rig.heard[i].actor]);
		last[rig.heard[i].actor] = rig.heard[i].activity;
	}
	assert_true(atomic_load(&rig.peer->most) <= 4);
}

/* An activity that a host cannot take holds up its own actor there, and nobody else. */
static void others_pass_what_must_wait(void **state)
{
	(void)state;
	atomic_store(&rig.fail_first, 1);
	uint64_t first = queue_it(0, inbox_at("a", "/500"));
	go();
	queue_it(0, inbox_at("a", "/inbox"));
	queue_it(1, inbox_at("a", "/inbox"));
	delivery_wake(rig.federation.delivery);
	wait_for(no_rows, 5000);
	uint64_t seen = 0;
	for (size_t i = 0; i < rig.heard_count; i++)
		if (rig.heard[i].actor == 0) {
			assert_true(seen != 0 || rig.heard[i].activity == first);
			seen = rig.heard[i].activity;
		}
	assert_int_equal(heard(), 3);
}

static void the_slow_hold_up_nobody(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "hang%d", i), "/hang"));
	delivery_wake(rig.federation.delivery);
	usleep(100000);
	int64_t start_at = time_steady();
	for (int i = 0; i < 100; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "good%d", i), "/inbox"));
	delivery_wake(rig.federation.delivery);
	while (heard() < 100 && time_steady() - start_at < 20000)
		usleep(5000);
	assert_int_equal(heard(), 100);
	assert_true(time_steady() - start_at < 8000);
	wait_for(sixty_rows, 3000);
}

static void nothing_is_lost_by_a_restart(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "h%d", i % 30), "/inbox"));
	for (int round = 0; round < 5; round++) {
		delivery_wake(rig.federation.delivery);
		usleep(15000);
		stop();
		start();
	}
	go();
	assert_int_equal(rows(), 0);
	bool seen[301] = {false};
	size_t different = 0;
	for (size_t i = 0; i < rig.heard_count; i++) {
		uint64_t id = rig.heard[i].activity;
		assert_true(id >= 1 && id <= 300);
		different += !seen[id];
		seen[id] = true;
	}
	assert_int_equal(different, 300);
}

static void stopping_does_not_wait_for_the_slow(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		queue_it(i % 4, inbox_at(arena_format(rig.arena, "hang%d", i), "/hang"));
	delivery_wake(rig.federation.delivery);
	usleep(100000);
	int64_t start_at = time_steady();
	stop();
	assert_true(time_steady() - start_at < 5000);
	assert_int_equal(rows(), 10);
	start();
}

/* ---- nothing sleeps too long ------------------------------------------------------------------------------------------- */

struct gate {
	pthread_mutex_t shut;
};

static enum err pass_gate(struct txn *t, void *arg)
{
	struct gate *g = arg;
	(void)t;
	pthread_mutex_lock(&g->shut);
	pthread_mutex_unlock(&g->shut);
	return OK;
}

static void passed(void *arg, enum err e)
{
	(void)arg;
	assert_int_equal(e, OK);
}

/* Between an answer and the writing of it, somebody asks for more: there is none, of an actor who is still busy. */
static void a_look_while_results_are_written(void **state)
{
	(void)state;
	struct gate gate = {.shut = PTHREAD_MUTEX_INITIALIZER};
	restart_with(10 * SECOND);
	atomic_store(&rig.hold, true);
	for (int i = 0; i < 15; i++) /* after ten the host may have two at once */
		queue_it(0, inbox_at("a", i == 11 ? "/held" : "/inbox"));
	delivery_wake(rig.federation.delivery);
	for (int i = 0; heard() < 11 && i < 1000; i++)
		usleep(5000);
	usleep(100000); /* the twelfth is on its way */
	pthread_mutex_lock(&gate.shut);
	assert_int_equal(store_submit(rig.store, pass_gate, &gate, passed, NULL), OK);
	atomic_store(&rig.hold, false);
	usleep(100000); /* its answer is here, and waits to be written */
	delivery_wake(rig.federation.delivery);
	usleep(100000);
	pthread_mutex_unlock(&gate.shut);
	wait_for(no_rows, 5000);
	assert_int_equal(heard(), 15);
}

/* However much one actor has waiting behind what the host cannot take, others are not behind it. */
static void a_long_line_holds_up_its_own_actor_only(void **state)
{
	(void)state;
	restart_with(10 * SECOND);
	atomic_store(&rig.fail_first, 1);
	queue_it(0, inbox_at("a", "/500"));
	go();
	for (int i = 0; i < 300; i++)
		queue_it(0, inbox_at("a", "/inbox"));
	for (int i = 0; i < 20; i++)
		queue_it(1 + i % 3, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 20);
	assert_int_equal(rows(), 301);
}

static bool one_row(void)
{
	return rows() == 1;
}

static bool tried_thrice(void)
{
	return the_row().tries >= 3;
}

/* What stands before the host gives up over one activity each time: the host is there, and takes all else. */
static void one_that_never_arrives_does_not_end_the_host(void **state)
{
	(void)state;
	queue_it(0, inbox_at("a", "/never"));
	for (int i = 0; i < 60; i++)
		queue_it(1 + i % 3, inbox_at("a", "/inbox"));
	delivery_wake(rig.federation.delivery);
	wait_for(one_row, 3000);
	assert_int_equal(heard(), 60);
	assert_int_equal(the_row().actor, rig.actors[0].id);
	for (uint64_t n = 61; n <= 70;
		n++) { /* nor does it make the host's pauses longer and longer */
		queue_it(1, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		wait_for(one_row, 1000);
		assert_int_equal(heard(), n);
	}
	wait_for(tried_thrice, 3000);
	assert_true(host_named(authority("a")).failures <= 1);
}

/* One that is told to wait each time (its key cannot be had there) makes the host wait once. */
static void one_that_must_wait_does_not_make_all_wait(void **state)
{
	(void)state;
	queue_it(0, inbox_at("a", "/wait"));
	for (int i = 0; i < 60; i++)
		queue_it(1 + i % 3, inbox_at("a", "/inbox"));
	go();
	assert_int_equal(heard(), 0);
	wait_for(one_row, 8000); /* 300 s, as time goes here, and no more */
	assert_int_equal(heard(), 60);
	for (uint64_t n = 61; n <= 70; n++) {
		queue_it(1, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		wait_for(one_row, 400);
		assert_int_equal(heard(), n);
	}
}

/* Away and back, again and again, each time only a moment: what was queued meanwhile is never far behind. */
static void a_host_that_comes_and_goes(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		atomic_store(&rig.down, true);
		for (int i = 0; i < 8; i++)
			queue_it(i % 4, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		usleep(30000);
		atomic_store(&rig.down, false);
		for (int i = 0; i < 8; i++)
			queue_it(i % 4, inbox_at("a", "/inbox"));
		delivery_wake(rig.federation.delivery);
		wait_for(no_rows, 5000);
	}
	assert_int_equal(heard(), 20 * 16);
	assert_int_equal(host_named(authority("a")).failures, 0);
}

static enum err put_bad(struct txn *t, void *arg)
{
	return delivery_put(&(struct recipients){t, 1, rig.actors[0].id, 1}, arg);
}

static enum err save_rubbish(struct txn *t, void *arg)
{
	struct place good = place_hash_1(TABLE_QUEUE, "a.ex.com", 5);
	struct delivery_row row = {
		.inbox = "https://a.ex.com:99/", .actor = rig.actors[0].id, .since = 1};
	(void)arg;
	good.at[good.size++] = 1;
	enum err e = txn_save(
		t, &good, &delivery_row_shape, &row); /* no such activity, no such address */
	good.at[good.size - 1] = 2;
	return e == OK ? txn_put(t, &good, (struct bytes){"\xff\xff\xff", 3}) : e;
}

static void rubbish_is_dropped(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "ftp://ex.com/", "https://ex.com/#a", "inbox"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
			store_write(rig.store, put_bad, (void *)(uintptr_t)bad[i]), ERR_INVALID);
	assert_int_equal(store_write(rig.store, save_rubbish, NULL), OK);
	log_open(LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	go();
	assert_int_equal(rows(), 0);
}

/* ---- the table of outcomes, without a wire ------------------------------------------------------------------------------ */

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(what_is_queued_arrives),
		RIG_TEST(the_other_form_is_tried_and_remembered),
		RIG_TEST(refusals_for_good),
		RIG_TEST(answers_that_mean_later),
		RIG_TEST(a_host_that_asks_for_time_gets_it),
		RIG_TEST(an_inbox_that_is_gone),
		RIG_TEST(a_host_that_is_not_there),
		RIG_TEST(a_damaged_host_is_known_anew),
		RIG_TEST(a_goodbye_waits_for_the_dead),
		RIG_TEST(a_dead_host_loses_its_rows_and_may_come_back),
		RIG_TEST(a_host_that_was_seen_is_tried_at_once),
		RIG_TEST(clocks_that_jump),
		RIG_TEST(each_actor_in_order),
		RIG_TEST(others_pass_what_must_wait),
		RIG_TEST(the_slow_hold_up_nobody),
		RIG_TEST(nothing_is_lost_by_a_restart),
		RIG_TEST(stopping_does_not_wait_for_the_slow),
		RIG_TEST(a_look_while_results_are_written),
		RIG_TEST(a_long_line_holds_up_its_own_actor_only),
		RIG_TEST(one_that_never_arrives_does_not_end_the_host),
		RIG_TEST(one_that_must_wait_does_not_make_all_wait),
		RIG_TEST(a_host_that_comes_and_goes),
		RIG_TEST(rubbish_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
