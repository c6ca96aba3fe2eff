/* delivery.c (bench): signed deliveries to many TLS hosts with kept connections, against one RSA signature. */
#include "../federation/peer.h"

#include "bench.h"

#ifndef ROUNDS
#define ROUNDS 3
#endif
#define BODY 2000 /* bytes of an activity */

struct sink { /* all of it at work: hosts differ by name only */
	struct peer *peer;
	atomic_size_t heard;
};
static struct sink sink;

static void take(struct peer_call *c)
{
	peer_answer(c, 202, "", "");
	atomic_fetch_add(&sink.heard, 1);
}

/* ---- one signature --------------------------------------------------------------------------- */

static void sign_once(void *key)
{
	static const char base[] =
		"(request-target): post /inbox\nhost: h123.peer.localhost:40000\n"
		"date: Sat, 21 Nov 2026 08:58:12 GMT\n"
		"digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
	uint8_t out[SIGNATURE_MAX];
	size_t size;
	if (key_sign(key, base, sizeof base - 1, out, &size) != OK)
		bench_fail("a signature could not be made");
}

/* On all cores, as the node does it: how many a second, and the CPU seconds of one. */
static double sign_rate(struct key *key, double *cost)
{
	double cpu = bench_cpu(0), start = bench_now();
	double rate = bench_rate(bench_cores(), 0.5, sign_once, key);
	*cost = (bench_cpu(0) - cpu) / (rate * (bench_now() - start));
	return rate;
}

/* ---- a queue --------------------------------------------------------------------------------- */

struct filling {
	struct key *key;
	uint64_t actor, first; /* activity: of now, or it would be forgotten for its age */
	size_t hosts;
	uint16_t port;
};

static enum err make_actor(struct txn *t, void *arg)
{
	struct filling *f = arg;
	struct key_pair keys = {.rsa = f->key};
	struct refusal why = {0};
	struct actor a;
	enum err e = actor_create(t, ACTOR_PERSON, "sender", NULL, &keys, &why, &a);
	f->actor = e == OK ? a.id : 0;
	return e;
}

static enum err queue_one(struct txn *t, size_t i, void *arg)
{
	struct filling *f = arg;
	uint64_t activity = f->first + i / f->hosts;
	enum err e = OK;
	if (i % f->hosts == 0) {
		char *json = arena_alloc(txn_arena(t), BODY);
		struct place place = place_1(TABLE_ACTIVITY, activity);
		struct kept kept = {.json = {memset(json, ' ', BODY), BODY}, .actor = f->actor};
		e = txn_save(t, &place, &kept_shape, &kept);
	}
	return e == OK ? delivery_put(&(struct recipients){t, activity, f->actor, activity},
		       arena_format(txn_arena(t), "https://h%zu.peer.localhost:%d/inbox",
			       i % f->hosts, f->port))
		       : e;
}

static struct place_of_node *fill(struct key *key, size_t hosts, size_t each)
{
	struct place_of_node *p = place_make(sink.peer->ca);
	struct filling f = {
		.first = id_next(), .key = key, .hosts = hosts, .port = sink.peer->port};
	struct kring *node = place_open(p, false);
	if (store_write(node->store, make_actor, &f) != OK)
		bench_fail("no sender");
	place_fill(node, hosts * each, queue_one, &f);
	place_skip_outbox(node);
	node_close(node);
	return p;
}

static void wait_heard(size_t count)
{
	double start = bench_now();
	while (atomic_load(&sink.heard) < count) {
		if (bench_now() - start > 120)
			bench_fail("%zu of %zu deliveries came", atomic_load(&sink.heard), count);
		usleep(1000);
	}
}

/* The first two to each host open connections and find out the form of signatures; the rest is measured. */
struct measured {
	double cpu;  /* s of each */
	double rate; /* a second, by the clock */
	int64_t memory;
};

static struct measured deliver(struct key *key, size_t hosts, size_t each)
{
	sink.peer = peer_open(take, true);
	atomic_store(&sink.heard, 0);
	struct place_of_node *p = fill(key, hosts, each + 2);
	place_serve(p);
	wait_heard(2 * hosts);
	double cpu = bench_cpu(p->pid), start = bench_now();
	size_t before = atomic_load(&sink.heard);
	wait_heard((each + 2) * hosts);
	double count = (double)(atomic_load(&sink.heard) - before);
	struct measured m = {
		(bench_cpu(p->pid) - cpu) / count, count / (bench_now() - start), place_memory(p)};
	if (atomic_load(&sink.peer->connections) > 4 * hosts)
		bench_fail("%zu connections to %zu hosts: they were not kept",
			atomic_load(&sink.peer->connections), hosts);
	place_remove(p);
	peer_close(sink.peer);
	return m;
}

static void measure(struct key *key, size_t hosts, size_t each)
{
	double cpu[ROUNDS], sign[ROUNDS], rate[ROUNDS], signs[ROUNDS];
	int64_t memory = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		double before, after;
		signs[i] = sign_rate(key, &before);
		struct measured m = deliver(key, hosts, each);
		signs[i] = (signs[i] + sign_rate(key, &after)) / 2;
		sign[i] = (before + after) / 2 * 1e6;
		cpu[i] = m.cpu * 1e6;
		rate[i] = m.rate;
		memory = m.memory;
	}
	char name[64];
	snprintf(name, sizeof name, "delivery-cpu-%zu-hosts", hosts);
	bench_rows(name, "us", ROUNDS, cpu, sign, AT_MOST, 1.3);
	snprintf(name, sizeof name, "delivery-rate-%zu-hosts", hosts);
	bench_rows(name, "/s", ROUNDS, rate, signs, AT_LEAST, 0.5);
	bench_say("%zu TLS connections kept: %.1f MiB of anonymous memory in all", hosts,
		(double)memory / 1048576);
}

int main(void)
{
	log_open(LOG_ERROR, 2);
	struct key *key = key_generate(KEY_RSA);
	measure(key, 100, 30);
	measure(key, 1000, 5);
	key_drop(key);
	return bench_end();
}
