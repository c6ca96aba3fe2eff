/*
 * inbox.c (bench): what other nodes send, from the socket to the disk.
 *
 * Accepted: verified and durable, against the slower of what it must cost: one verification and one reading of the JSON
 * on all cores, or appending the same bytes to LMDB in groups of 64. Applied: against the very rows that applying leaves
 * behind, put into a copy of the store as it was, in groups of 512.
 */
#include "bench.h"

#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOSTS 256
#define SENDERS 64
#define ROUNDS 3
#define EACH 6000 /* activities a round */
#define APPLIED 20000

struct world {
	struct arena *arena;
	struct key *key; /* of everybody: what is measured is the verification */
	uint64_t actors[HOSTS];
	size_t made; /* activities so far */
};

/* ---- who sends, and what --------------------------------------------------------------------- */

static const char *actor_of(struct arena *arena, size_t i)
{
	return arena_format(arena, "https://h%zu.example.net/users/writer", i % HOSTS);
}

static enum err make_sender(struct txn *t, size_t i, void *arg)
{
	struct world *w = arg;
	struct arena *a = txn_arena(t);
	const char *uri = actor_of(a, i);
	struct actor claims = {.kind = ACTOR_PERSON,
		.name = "writer",
		.title = "Writer",
		.host = arena_format(a, "h%zu.example.net", i),
		.uri = uri,
		.url = uri,
		.inbox = arena_format(a, "%s/inbox", uri),
		.fetched = time_now(),
		.rsa_id = arena_format(a, "%s#main-key", uri),
		.rsa = key_stored(a, w->key)};
	return actor_save_remote(t, &claims, &w->actors[i]);
}

static enum err follow_sender(struct txn *t, size_t i, void *arg)
{
	struct world *w = arg;
	static uint64_t reader;
	struct actor a;
	struct refusal why = {0};
	enum err e = OK;
	if (i == 0) {
		struct key_pair keys = {.rsa = w->key};
		e = actor_create(t, ACTOR_PERSON, "reader", NULL, &keys, &why, &a);
		reader = a.id;
	}
	if (e == OK)
		e = follow_start(t, reader, w->actors[i], &(struct origin){0});
	return e == OK ? follow_accept(t, w->actors[i], reader, &(struct origin){0}) : e;
}

/* As Mastodon writes them. */
static struct bytes note_of(struct arena *arena, size_t i)
{
	const char *actor = actor_of(arena, i);
	const char *s = arena_format(arena,
		"{\"@context\":[\"https://www.w3.org/ns/activitystreams\",{\"ostatus\":\"http://ostatus.org#\","
		"\"atomUri\":\"ostatus:atomUri\",\"inReplyToAtomUri\":\"ostatus:inReplyToAtomUri\","
		"\"conversation\":\"ostatus:conversation\",\"sensitive\":\"as:sensitive\","
		"\"toot\":\"http://joinmastodon.org/ns#\",\"votersCount\":\"toot:votersCount\"}],"
		"\"id\":\"%s/statuses/%zu/activity\",\"type\":\"Create\",\"actor\":\"%s\","
		"\"published\":\"2026-11-20T08:58:12Z\",\"to\":[\"https://www.w3.org/ns/activitystreams#Public\"],"
		"\"cc\":[\"%s/followers\"],\"object\":{\"id\":\"%s/statuses/%zu\",\"type\":\"Note\","
		"\"summary\":null,\"inReplyTo\":null,\"published\":\"2026-11-20T08:58:12Z\","
		"\"url\":\"%s/%zu\",\"attributedTo\":\"%s\","
		"\"to\":[\"https://www.w3.org/ns/activitystreams#Public\"],\"cc\":[\"%s/followers\"],"
		"\"sensitive\":false,\"atomUri\":\"%s/statuses/%zu\",\"inReplyToAtomUri\":null,"
		"\"conversation\":\"tag:h.example.net,2026-11-20:objectId=%zu:objectType=Conversation\","
		"\"content\":\"<p>The library of the association opens on Saturday at ten. Bring what you have read, "
		"take what you have not; <a href=\\\"https://example.org/list\\\" rel=\\\"nofollow noopener\\\">"
		"the list</a> hangs beside the door.</p><p>There is coffee, and there are more chairs than last "
		"time.</p>\",\"contentMap\":{\"en\":\"<p>The library of the association opens on Saturday at ten. "
		"Bring what you have read, take what you have not; <a href=\\\"https://example.org/list\\\" "
		"rel=\\\"nofollow noopener\\\">the list</a> hangs beside the door.</p><p>There is coffee, and there "
		"are more chairs than last time.</p>\"},\"attachment\":[],\"tag\":[],\"replies\":{"
		"\"id\":\"%s/statuses/%zu/replies\",\"type\":\"Collection\",\"first\":{\"type\":\"CollectionPage\","
		"\"next\":\"%s/statuses/%zu/replies?only_other_accounts=true&page=true\","
		"\"partOf\":\"%s/statuses/%zu/replies\",\"items\":[]}}}}",
		actor, i, actor, actor, actor, i, actor, i, actor, actor, actor, i, i, actor, i,
		actor, i, actor, i);
	return (struct bytes){s, strlen(s)};
}

static struct bytes request_of(struct world *w, size_t i)
{
	struct arena *a = w->arena;
	struct bytes body = note_of(a, i);
	struct text t;
	const char *const *headers;
	struct signed_request q = {.method = "POST",
		.target = "/inbox",
		.host = PLACE_DOMAIN,
		.origin = "https://" PLACE_DOMAIN,
		.body = body,
		.has_body = true};
	if (signature_make(a, &q, FORM_CAVAGE, w->key,
		    arena_format(a, "%s#main-key", actor_of(a, i)), time_now(), &headers)
		!= OK)
		bench_fail("a request could not be signed");
	text_init(&t, a, 1 << 20);
	text_format(&t,
		"POST /inbox HTTP/1.1\r\nHost: " PLACE_DOMAIN "\r\nContent-Length: %zu\r\n"
		"Content-Type: application/activity+json\r\n%s",
		body.size, load_from(a, i % 4096));
	for (; *headers != NULL; headers++)
		text_format(&t, "%s\r\n", *headers);
	text_add(&t, "\r\n");
	text_add_n(&t, body.data, body.size);
	return (struct bytes){t.at, t.size};
}

/* ---- what it must cost ----------------------------------------------------------------------- */

struct must {
	struct key *key;
	struct bytes body, signature;
};

static void verify_and_parse(void *arg)
{
	static _Thread_local struct arena *arena;
	const struct must *m = arg;
	const json_node *node;
	if (arena == NULL)
		arena = arena_create();
	if (!key_verify(m->key, m->body.data, 300, m->signature)
		|| json_read(arena, m->body, NULL, &node) != OK)
		bench_fail("what was signed does not verify");
	arena_reset(arena);
}

static double cpu_limit(struct world *w)
{
	static uint8_t signature[SIGNATURE_MAX];
	size_t size;
	struct must m = {.body = note_of(w->arena, 1)};
	if (key_sign(w->key, m.body.data, 300, signature, &size) != OK)
		bench_fail("no signature");
	m.signature = (struct bytes){signature, size};
	m.key = key_public(KEY_RSA, key_stored(w->arena, w->key));
	double rate = bench_rate(bench_cores(), 0.6, verify_and_parse, &m);
	key_drop(m.key);
	return rate;
}

static void must(int code, const char *what)
{
	if (code != 0)
		bench_fail("lmdb: %s: %s", what, mdb_strerror(code));
}

static MDB_env *lmdb_open(const char *dir)
{
	MDB_env *env;
	must(mdb_env_create(&env), "create");
	must(mdb_env_set_mapsize(env, (size_t)16 << 30), "size");
	must(mdb_env_open(env, dir, 0, 0600), "open");
	return env;
}

static double append_limit(struct place_of_node *p, struct world *w, size_t round)
{
	char *dir = arena_format(w->arena, "%s/../append%zu", p->dir, round);
	if (mkdir(dir, 0700) != 0)
		bench_fail("%s cannot be made", dir);
	MDB_env *env = lmdb_open(dir);
	struct bytes body = note_of(w->arena, 1);
	uint64_t key = 0;
	double start = bench_now();
	while (bench_now() - start < 0.6) {
		MDB_txn *t;
		MDB_dbi table;
		must(mdb_txn_begin(env, NULL, 0, &t), "begin");
		must(mdb_dbi_open(t, NULL, 0, &table), "table");
		for (int i = 0; i < 64; i++) {
			uint64_t big = __builtin_bswap64(++key);
			MDB_val k = {sizeof big, &big},
				v = {body.size, (void *)(uintptr_t)body.data};
			must(mdb_put(t, table, &k, &v, MDB_APPEND), "put");
		}
		must(mdb_txn_commit(t), "commit");
	}
	double rate = (double)key / (bench_now() - start);
	mdb_env_close(env);
	return rate;
}

/* ---- accepted -------------------------------------------------------------------------------- */

static void measure_accepted(struct place_of_node *p, struct world *w)
{
	double ours[ROUNDS], limits[ROUNDS], cpu[ROUNDS], verify[ROUNDS], append[ROUNDS];
	struct bytes *requests = arena_array(w->arena, EACH, sizeof *requests);
	place_serve(p);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < EACH; i++)
			requests[i] = request_of(w, w->made++);
		struct load load = {.port = p->port,
			.connections = SENDERS,
			.requests = requests,
			.request_count = EACH,
			.most = EACH,
			.status = 202};
		double before = bench_cpu(p->pid);
		load_run(&load);
		while (place_number(p, "inbox_rows") > 0)
			usleep(20000);
		cpu[round] = (bench_cpu(p->pid) - before) / EACH * 1e6;
		ours[round] = load_rate(&load);
		verify[round] = cpu_limit(w);
		append[round] = append_limit(p, w, round);
		limits[round] = verify[round] < append[round] ? verify[round] : append[round];
	}
	place_stop(p);
	bench_rows("inbox-accepted-rate", "/s", ROUNDS, ours, limits, AT_LEAST, 0.5);
	bench_say(
		"verify and parse on all cores %.0f/s, append to LMDB %.0f/s; %.0f us CPU each, applied too",
		bench_median(verify, ROUNDS), bench_median(append, ROUNDS),
		bench_median(cpu, ROUNDS));
}

/* ---- applied --------------------------------------------------------------------------------- */

static enum err put_received(struct txn *t, size_t i, void *arg)
{
	struct world *w = arg;
	struct arena *a = txn_arena(t);
	size_t number = w->made + i;
	const char *actor = actor_of(a, number);
	struct received row = {.id = arena_format(a, "%s/statuses/%zu/activity", actor, number),
		.type = "Create",
		.actor = actor,
		.raw = note_of(a, number),
		.signer = w->actors[number % HOSTS],
		.host = arena_format(a, "h%zu.example.net", number % HOSTS),
		.at = time_now()};
	struct place place = place_1(TABLE_INBOX, id_next());
	bool known;
	enum err e = seen_add(t, &row, &known);
	return e == OK ? txn_save(t, &place, &received_shape, &row) : e;
}

/* Rows wait; how long until all are applied. */
static double apply_all(struct place_of_node *p, struct world *w, double *cpu)
{
	struct kring *node = place_open(p, false);
	place_fill(node, APPLIED, put_received, w);
	w->made += APPLIED;
	node_close(node);
	place_copy(p, "before");
	double start = bench_now(), used = bench_cpu(0);
	node = place_open(p, true);
	inbox_settle(node->federation->inbox);
	double took = bench_now() - start;
	*cpu = (bench_cpu(0) - used) / APPLIED * 1e6;
	federation_settle(node->federation);
	node_close(node);
	return took;
}

struct rows { /* of one table */
	MDB_val *keys, *values;
	size_t count, room;
};

static MDB_val keep(struct arena *arena, MDB_val v)
{
	return (MDB_val){v.mv_size, arena_copy(arena, v.mv_data, v.mv_size)};
}

/* What differs between the two stores, by table. */
static size_t differences(struct arena *arena, const char *was, const char *is, struct rows *tables)
{
	MDB_env *before = lmdb_open(was), *after = lmdb_open(is);
	MDB_txn *t, *u;
	MDB_dbi table;
	MDB_cursor *c;
	MDB_val key, value, old;
	size_t count = 0;
	must(mdb_txn_begin(before, NULL, MDB_RDONLY, &t), "begin");
	must(mdb_txn_begin(after, NULL, MDB_RDONLY, &u), "begin");
	must(mdb_dbi_open(t, NULL, 0, &table), "table");
	must(mdb_dbi_open(u, NULL, 0, &table), "table");
	must(mdb_cursor_open(u, table, &c), "cursor");
	for (int code = mdb_cursor_get(c, &key, &value, MDB_FIRST); code == 0;
		code = mdb_cursor_get(c, &key, &value, MDB_NEXT)) {
		if (mdb_get(t, table, &key, &old) == 0 && old.mv_size == value.mv_size
			&& memcmp(old.mv_data, value.mv_data, old.mv_size) == 0)
			continue;
		struct rows *r = &tables[*(uint8_t *)key.mv_data];
		if (r->count == r->room) {
			r->room = r->room > 0 ? r->room * 2 : 1024;
			r->keys = realloc(r->keys, r->room * sizeof *r->keys);
			r->values = realloc(r->values, r->room * sizeof *r->values);
		}
		r->keys[r->count] = keep(arena, key);
		r->values[r->count++] = keep(arena, value);
		count++;
	}
	mdb_cursor_close(c);
	mdb_txn_abort(t);
	mdb_txn_abort(u);
	mdb_env_close(before);
	mdb_env_close(after);
	return count;
}

/* What is not kept in order of time came in another order than it stands. */
static void shuffle(struct rows *r)
{
	uint64_t dice = 1;
	for (size_t i = r->count; i > 1; i--) {
		dice = dice * UINT64_C(6364136223846793005) + 1;
		size_t j = (size_t)(dice >> 33) % i;
		MDB_val k = r->keys[i - 1], v = r->values[i - 1];
		r->keys[i - 1] = r->keys[j];
		r->values[i - 1] = r->values[j];
		r->keys[j] = k;
		r->values[j] = v;
	}
}

/* The same rows of each activity together, 512 activities a commit. */
static double put_all(const char *dir, const struct rows *tables)
{
	MDB_env *env = lmdb_open(dir);
	MDB_txn *txn;
	MDB_dbi table;
	double start = bench_now();
	for (size_t from = 0; from < APPLIED; from += 512) {
		must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
		must(mdb_dbi_open(txn, NULL, 0, &table), "table");
		for (size_t i = from; i < from + 512 && i < APPLIED; i++)
			for (size_t t = 0; t < 256; t++)
				for (size_t at = i * tables[t].count / APPLIED;
					at < (i + 1) * tables[t].count / APPLIED; at++)
					must(mdb_put(txn, table, &tables[t].keys[at],
						     &tables[t].values[at], 0),
						"put");
		must(mdb_txn_commit(txn), "commit");
	}
	double took = bench_now() - start;
	mdb_env_close(env);
	return took;
}

static double puts_limit(struct place_of_node *p, double *puts)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct rows tables[256] = {{0}};
	const char *before = arena_format(arena, "%s/../before", p->dir);
	*puts = (double)differences(arena, before, arena_format(arena, "%s/store", p->dir), tables)
		/ APPLIED;
	for (size_t t = 0; t < 256; t++)
		if (t != TABLE_JOURNAL && t != TABLE_POST && t != TABLE_BY_ROOT)
			shuffle(&tables[t]);
	double took = put_all(before, tables);
	for (size_t t = 0; t < 256; t++) {
		free(tables[t].keys);
		free(tables[t].values);
	}
	return took;
}

static void measure_applied(struct place_of_node *p, struct world *w)
{
	double ours[ROUNDS], limits[ROUNDS], cpu[ROUNDS], puts = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		ours[i] = APPLIED / apply_all(p, w, &cpu[i]);
		limits[i] = APPLIED / puts_limit(p, &puts);
	}
	bench_rows("inbox-applied-rate", "/s", ROUNDS, ours, limits, AT_LEAST, 0.7);
	bench_say("%.1f rows each; %.0f us CPU each", puts, bench_median(cpu, ROUNDS));
}

int main(void)
{
	log_open(LOG_ERROR, 2);
	struct world w = {.arena = arena_create(), .key = key_generate(KEY_RSA)};
	struct place_of_node *p = place_make(NULL);
	struct kring *node = place_open(p, false);
	place_fill(node, HOSTS, make_sender, &w);
	place_fill(node, HOSTS, follow_sender, &w);
	place_skip_outbox(node);
	node_close(node);
	measure_accepted(p, &w);
	measure_applied(p, &w);
	place_remove(p);
	key_drop(w.key);
	arena_destroy(w.arena);
	return bench_end();
}
