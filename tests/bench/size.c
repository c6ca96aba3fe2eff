/*
 * size.c (bench): memory, start-up, and whether pages stay as fast as a node grows: the same pages of a store with
 * 10,000 posts and of one a hundred times that.
 */
#include "../federation/peer.h"

#include "bench.h"

#include <sys/resource.h>

#define ROUNDS 5
#define SMALL 10000
#define MIDDLE 100000
#define LARGE 1000000
#define CONVERSATION 10 /* posts each */
#define BY_AUTHOR 100
#define COMMUNITY 500 /* posts in each */
#define FOLLOWS 10
#define MEMBERS 64
#define CALLS 500
#define TURNS 15

/* ---- a community life of any size, always of the same shape ---------------------------------- */

struct life {
	size_t posts;
	struct key_pair keys;
	uint64_t *authors, *communities, *roots;
	size_t author_count, community_count, root_count;
	struct post root; /* of the conversation that is written */
	uint64_t member;
	char sessions[MEMBERS][TOKEN_TEXT];
};

static enum err make_author(struct txn *t, size_t i, void *arg)
{
	struct life *l = arg;
	struct actor a;
	struct refusal why = {0};
	struct key_pair none = {0};
	enum err e = actor_create(t, ACTOR_PERSON, arena_format(txn_arena(t), "author%zu", i),
		"Someone", &none, &why, &a);
	l->authors[i] = e == OK ? a.id : 0;
	return e;
}

static enum err make_community(struct txn *t, size_t i, void *arg)
{
	struct life *l = arg;
	struct actor a;
	struct refusal why = {0};
	struct community_draft draft = {.name = arena_format(txn_arena(t), "club%zu", i),
		.title = "A club",
		.source = "",
		.founder = l->authors[i]};
	enum err e = community_create(t, &draft, &why, &a);
	l->communities[i] = e == OK ? a.id : 0;
	return e;
}

static size_t author_of(const struct life *l, size_t post)
{
	return post * 7919 % l->author_count;
}

/* Each post a conversation's next; those of one conversation are written one after another, as they were. */
static enum err make_post(struct txn *t, size_t i, void *arg)
{
	struct life *l = arg;
	bool starts = i % CONVERSATION == 0;
	struct refusal why = {0};
	struct post p;
	size_t conversation = i / CONVERSATION;
	struct post_draft draft = {.author = l->authors[author_of(l, i)],
		.community = l->communities[conversation % l->community_count],
		.parent = starts ? 0 : l->root.id,
		.title = starts ? "What shall we do on Saturday?" : NULL,
		.source =
			"The small hall is free, and the *large* one is not. Shall we ask for the "
			"garden, or for the room of the choir? Whoever has the key says so."};
	enum err e = post_create(t, &draft, &(struct origin){0}, &why, &p);
	if (e == OK && starts) {
		l->root = (struct post){.id = p.id};
		l->roots[conversation] = p.id;
	}
	return e;
}

/* Several, so that the pace of one is no limit. */
static enum err make_member(struct txn *t, size_t i, void *arg)
{
	struct life *l = arg;
	struct actor a;
	struct refusal why = {0};
	struct account_draft draft = {.name = arena_format(txn_arena(t), "reader%zu", i),
		.title = "Reader",
		.email = arena_format(txn_arena(t), "r%zu@example.org", i),
		.password_hash = "x",
		.keys = l->keys};
	enum err e = account_create(t, &draft, &why, &a);
	if (e != OK)
		return e;
	l->member = a.id;
	for (size_t k = 0; e == OK && k < FOLLOWS; k++)
		e = follow_start(t, a.id, l->communities[(k * 997 + i) % l->community_count],
			&(struct origin){0});
	crypto_token(l->sessions[i]);
	struct place place = place_hash(TABLE_SESSION, l->sessions[i]);
	struct session session = {.actor = a.id,
		.created = time_now(),
		.used = time_now(),
		.handle = "handle",
		.agent = ""};
	return e == OK ? txn_save(t, &place, &session_shape, &session) : e;
}

static struct place_of_node *place_of_life(struct life *l, const char *ca)
{
	struct place_of_node *p = place_make(ca);
	struct kring *node = place_open(p, false);
	l->author_count = l->posts / BY_AUTHOR;
	l->community_count = l->posts / COMMUNITY;
	l->root_count = l->posts / CONVERSATION;
	l->authors = arena_array(p->arena, l->author_count, sizeof *l->authors);
	l->communities = arena_array(p->arena, l->community_count, sizeof *l->communities);
	l->roots = arena_array(p->arena, l->root_count, sizeof *l->roots);
	double start = bench_now();
	place_fill(node, l->author_count, make_author, l);
	place_fill(node, l->community_count, make_community, l);
	place_fill(node, l->posts, make_post, l);
	place_fill(node, MEMBERS, make_member, l);
	place_skip_outbox(node);
	struct store_numbers n;
	store_numbers(node->store, &n);
	bench_say("%zu posts written in %.0f s, %.0f MiB", l->posts, bench_now() - start,
		(double)n.used_bytes / 1048576);
	node_close(node);
	return p;
}

/* ---- memory and start-up --------------------------------------------------------------------- */

static void measure_idle(void)
{
	struct place_of_node *p = place_make(NULL);
	place_serve(p);
	sleep(2);
	bench_row("memory-idle", "MiB", (double)place_memory(p) / 1048576, 0, AT_MOST, 20);
	place_remove(p);
}

static void take_slowly(struct peer_call *c)
{
	peer_hang(c, 8000); /* every host has one on its way */
	peer_answer(c, 202, "", "");
}

struct queueing {
	uint64_t activity; /* of now, or it would be forgotten for its age */
	struct life *life;
	struct peer *peer;
};

static enum err queue_one(struct txn *t, size_t i, void *arg)
{
	struct queueing *q = arg;
	struct place place = place_1(TABLE_ACTIVITY, q->activity);
	static const char json[2000] = "{}";
	struct kept kept = {.json = {json, sizeof json}, .actor = q->life->member};
	enum err e = i == 0 ? txn_save(t, &place, &kept_shape, &kept) : OK;
	return e == OK
		? delivery_put(&(struct recipients){t, q->activity, q->life->member, q->activity},
			arena_format(txn_arena(t), "https://h%zu.peer.localhost:%d/inbox", i,
				q->peer->port))
		: e;
}

static void measure_middle(const struct life *shape)
{
	struct life l = *shape;
	struct peer *peer = peer_open(take_slowly, true);
	struct queueing q = {id_next(), &l, peer};
	double took[ROUNDS];
	l.posts = MIDDLE;
	struct place_of_node *p = place_of_life(&l, peer->ca);
	for (size_t i = 0; i < ROUNDS; i++) {
		took[i] = place_serve(p) * 1000;
		place_stop(p);
	}
	bench_row("start-up", "ms", bench_median(took, ROUNDS), 0, AT_MOST, 100);
	struct kring *node = place_open(p, false);
	place_fill(node, 1000, queue_one, &q);
	node_close(node);
	place_serve(p);
	int64_t most = 0;
	for (int i = 0; i < 12; i++) {
		usleep(500000);
		int64_t now = place_memory(p);
		most = now > most ? now : most;
	}
	if (atomic_load(&peer->connections) < 200)
		bench_fail(
			"%zu connections: nothing is on its way", atomic_load(&peer->connections));
	bench_row("memory-1000-hosts-queued", "MiB", (double)most / 1048576, 0, AT_MOST, 64);
	bench_say("%zu TLS connections open at the time", atomic_load(&peer->connections));
	place_remove(p);
	peer_close(peer);
}

/* ---- growth ---------------------------------------------------------------------------------- */

enum page { PAGE_CONVERSATION, PAGE_TIMELINE, PAGE_OUTBOX, PAGES };
static const char *const page_names[] = {"conversation-growth", "timeline-growth", "outbox-growth"};

static const char *path_of(struct arena *a, const struct life *l, enum page page, size_t i)
{
	size_t root = i * 6700417 % l->root_count;
	switch (page) {
	case PAGE_CONVERSATION:
		return arena_format(a, "/@author%zu/%llu", author_of(l, root * CONVERSATION),
			(unsigned long long)l->roots[root]);
	case PAGE_TIMELINE:
		return arena_format(a, "/overview?before=%llu", (unsigned long long)l->roots[root]);
	default: /* the number makes each an address of its own, so that none is kept */
		return arena_format(
			a, "/u/author%zu/outbox?page=true&n=%zu", i * 6700417 % l->author_count, i);
	}
}

static struct bytes *requests_of(struct arena *a, const struct life *l, enum page page)
{
	struct bytes *out = arena_array(a, CALLS, sizeof *out);
	for (size_t i = 0; i < CALLS; i++) {
		const char *who = page == PAGE_OUTBOX
			? "Accept: application/activity+json\r\n"
			: arena_format(a, "Accept: text/html\r\nCookie: __Host-kring=%s\r\n",
				l->sessions[i % MEMBERS]);
		const char *s = arena_format(a,
			"GET %s HTTP/1.1\r\nHost: " PLACE_DOMAIN "\r\n%s%s\r\n",
			path_of(a, l, page, i), who, load_from(a, i));
		out[i] = (struct bytes){s, strlen(s)};
	}
	return out;
}

struct side {
	struct place_of_node *place;
	struct life life;
	double p50[TURNS], p99[TURNS];
};

static void turn(struct side *s, const struct bytes *requests, size_t round)
{
	static int64_t took[CALLS + 1];
	struct load load = {.port = s->place->port,
		.connections = 1,
		.requests = requests,
		.request_count = CALLS,
		.most = CALLS,
		.status = 200,
		.took = took};
	load_run(&load);
	s->p99[round] = (double)bench_percentile(took, load.done, 0.99);
	s->p50[round] = (double)bench_percentile(took, load.done, 0.5);
}

/* What others do on the machine shows in a p99 before anything of ours does: the quietest turn tells most. */
static double quietest(const double p99[TURNS])
{
	double least = p99[0];
	for (size_t i = 1; i < TURNS; i++)
		least = p99[i] < least ? p99[i] : least;
	return least;
}

static void measure_growth(const struct life *shape)
{
	struct side small = {.life = *shape}, large = {.life = *shape};
	small.life.posts = SMALL;
	large.life.posts = LARGE;
	small.place = place_of_life(&small.life, NULL);
	large.place = place_of_life(&large.life, NULL);
	place_serve(small.place);
	place_serve(large.place);
	for (enum page page = 0; page < PAGES; page++) {
		struct arena *a ARENA_CLEANUP = arena_create();
		const struct bytes *few = requests_of(a, &small.life, page),
				   *many = requests_of(a, &large.life, page);
		turn(&small, few, 0);
		turn(&large, many, 0);
		for (size_t i = 0; i < TURNS; i++) {
			turn(&small, few, i);
			turn(&large, many, i);
		}
		bench_row(page_names[page], "us", quietest(large.p99), quietest(small.p99), AT_MOST,
			1.3);
		bench_say("p50: %.0f us, at %d posts %.0f us", bench_median(large.p50, TURNS),
			SMALL, bench_median(small.p50, TURNS));
	}
	place_remove(small.place);
	place_remove(large.place);
}

int main(void)
{
	log_open(LOG_ERROR, 2);
	struct life shape = {.keys = {key_generate(KEY_RSA), key_generate(KEY_ED25519)}};
	measure_idle();
	measure_middle(&shape);
	measure_growth(&shape);
	key_drop(shape.keys.rsa);
	key_drop(shape.keys.ed25519);
	return bench_end();
}
