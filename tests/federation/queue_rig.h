/* queue_rig.h: deliveries that run, to peers that verify every signature and behave as their addresses say. */
#pragma once

#include "delivery.h"
#include "peer.h"

/* ---- the rig ------------------------------------------------------------------------------------------------------- */

#define UNIT 20 /* ms for ten seconds: a day lasts three minutes */
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

static inline const char *call_header_of(void *arg, const char *name)
{
	static _Thread_local char values[8][4096];
	static _Thread_local size_t at;
	char *value = values[at++ % 8];
	peer_header(arg, name, value, sizeof values[0]);
	return *value != '\0' ? value : NULL;
}

/* Whose signature it is: 0…3, or -1. */
static inline int signer_of(struct peer_call *c, enum signature_form *form)
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

static inline void note(struct peer_call *c, int who)
{
	uint64_t activity = strtoull((const char *)c->body.data + strlen("{\"id\":\""), NULL, 10);
	pthread_mutex_lock(&rig.lock);
	if (rig.heard_count < HEARD_MOST)
		rig.heard[rig.heard_count++] = (struct heard){activity, (uint64_t)who};
	pthread_mutex_unlock(&rig.lock);
}

static inline void behave(struct peer_call *c)
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

static inline void start(void)
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

static inline void stop(void)
{
	delivery_stop(rig.federation.delivery);
	transport_stop(rig.federation.transport);
	rig.federation.delivery = NULL;
	rig.federation.transport = NULL;
}

static inline enum err make_actors(struct txn *t, void *arg)
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

static inline int rig_open(void **state)
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
static inline void restart_with(int64_t unit)
{
	stop();
	rig.unit = unit;
	start();
}

static inline int rig_close(void **state)
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

static inline enum err put_one(struct txn *t, void *arg)
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

static inline uint64_t queue_it(int actor, const char *inbox)
{
	struct post_ p = {actor, inbox, ++rig.next_activity};
	assert_int_equal(store_write(rig.store, put_one, &p), OK);
	return p.id;
}

static inline char *inbox_at(const char *host, const char *path)
{
	return peer_url(rig.arena, rig.peer, host, path);
}

static inline void go(void)
{
	delivery_wake(rig.federation.delivery);
	delivery_settle(rig.federation.delivery);
}

static inline enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(size_t *)arg;
	return OK;
}

static inline enum err count_all(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = WALK_ALL};
	return txn_walk(t, &walk, count_row, arg);
}

static inline size_t rows(void)
{
	size_t count = 0;
	assert_int_equal(store_read(rig.store, count_all, &count), OK);
	return count;
}

struct look {
	const char *name;
	struct host host;
};

static inline enum err look_host(struct txn *t, void *arg)
{
	struct look *l = arg;
	struct place place = place_hash(TABLE_HOST, l->name);
	enum err e = txn_load(t, &place, &host_shape, &l->host);
	l->host.name = NULL;
	return e;
}

/* As stored; all zero when it is not. */
static inline struct host host_named(const char *name)
{
	struct look l = {.name = name};
	(void)!store_read(rig.store, look_host, &l);
	return l.host;
}

static inline const char *authority(const char *host)
{
	return arena_format(rig.arena, "%s.peer.localhost:%d", host, rig.peer->port);
}

static inline enum err first_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	return record_read(rig.arena, &delivery_row_shape, value, arg) == OK ? ERR_CONFLICT
									     : ERR_STORE;
}

static inline enum err look_row(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = 1};
	return txn_walk(t, &walk, first_row, arg);
}

static inline struct delivery_row the_row(void)
{
	struct delivery_row row = {0};
	assert_int_equal(store_read(rig.store, look_row, &row), OK);
	return row;
}

static inline void wait_for(bool (*holds)(void), int ms)
{
	for (int i = 0; i < ms / 5; i++) {
		if (holds())
			return;
		usleep(5000);
	}
	fail_msg("not within %d ms; %zu rows, %zu heard", ms, rows(), rig.heard_count);
}

static inline bool no_rows(void)
{
	return rows() == 0;
}

static inline size_t heard(void)
{
	pthread_mutex_lock(&rig.lock);
	size_t count = rig.heard_count;
	pthread_mutex_unlock(&rig.lock);
	return count;
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)
