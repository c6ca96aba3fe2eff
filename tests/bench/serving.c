/* serving.c (bench): documents and pages a second over kept connections, against libmicrohttpd alone with the same
 * bytes; and what is forbidden against what does not exist, as their cost must not tell one from the other. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 7
#define SECONDS 0.4
#define CONNECTIONS 32
#define REQUESTS 8192
#define POSTS 20
#define UNKNOWN "98765432109876543"

struct filling {
	struct key_pair keys;
	uint64_t author, community, post, closed; /* closed: for members */
};

static enum err fill(struct txn *t, size_t i, void *arg)
{
	struct filling *f = arg;
	struct actor a;
	struct post p;
	struct refusal why = {0};
	enum err e = OK;
	if (i == 0) {
		e = actor_create(t, ACTOR_PERSON, "anna", "Anna van de Bench", &f->keys, &why, &a);
		f->author = a.id;
		struct community_draft club = {.name = "club",
			.title = "The club",
			.keys = f->keys,
			.source = "What we do, and *when* we do it.",
			.founder = a.id};
		if (e == OK)
			e = community_create(t, &club, &why, &a);
		f->community = a.id;
	}
	struct post_draft draft = {.author = f->author,
		.community = f->community,
		.title = arena_format(txn_arena(t), "The meeting of week %zu", i),
		.source = "We meet on **Thursday** at eight in the small hall.\n\n- coffee\n"
			  "- the minutes\n- [the plan](https://example.org/plan) for the spring\n\n"
			  "Whoever cannot come says so before Wednesday, please."};
	static const struct circles members = {CIRCLE_MEMBERS, CIRCLE_MEMBERS, false};
	if (i == POSTS)
		draft.circles = &members;
	if (e == OK)
		e = post_create(t, &draft, &(struct origin){0}, &why, &p);
	*(i == POSTS ? &f->closed : &f->post) = e == OK ? p.id : 0;
	return e;
}

/* ---- in turns -------------------------------------------------------------------------------- */

struct side {
	struct load load;
	pid_t pid;
	double rate[ROUNDS], cpu[ROUNDS];
};

static void turn(struct side *s, size_t round)
{
	double cpu = bench_cpu(s->pid);
	load_run(&s->load);
	s->rate[round] = load_rate(&s->load);
	s->cpu[round] = (bench_cpu(s->pid) - cpu) / (double)s->load.done * 1e6;
}

static struct side side_of(
	struct arena *arena, pid_t pid, uint16_t port, const char *path, const char *accept)
{
	const char *headers = arena_format(arena, "Accept: %s\r\n", accept);
	return (struct side){.pid = pid,
		.load = {.port = port,
			.connections = CONNECTIONS,
			.status = 200,
			.seconds = SECONDS,
			.request_count = REQUESTS,
			.requests = load_gets(arena, &path, 1, headers, REQUESTS)}};
}

static void say_cost(const char *name, const struct side *a, const struct side *b)
{
	bench_say("%s: %.1f us CPU each (%zu bytes); what it is held against %.1f us", name,
		bench_median(a->cpu, ROUNDS), a->load.last.size, bench_median(b->cpu, ROUNDS));
}

/* Against the same answer from libmicrohttpd alone. */
static struct side against_plain(struct place_of_node *p, const char *name, const char *path)
{
	struct side ours = side_of(p->arena, p->pid, p->port, path, "application/activity+json");
	turn(&ours, 0);
	uint16_t port;
	pid_t pid = plain_serve(ours.load.last, &port);
	struct side plain = ours;
	plain.pid = pid;
	plain.load.port = port;
	plain.load.last = (struct bytes){0};
	for (size_t i = 0; i < ROUNDS; i++) {
		turn(&plain, i);
		turn(&ours, i);
	}
	plain_stop(pid);
	bench_rows(name, "/s", ROUNDS, ours.rate, plain.rate, AT_LEAST, 0.7);
	say_cost(name, &ours, &plain);
	return ours;
}

static void page_against(struct place_of_node *p, struct side *actor)
{
	struct side page = side_of(p->arena, p->pid, p->port, "/@club", "text/html");
	for (size_t i = 0; i < ROUNDS; i++) {
		turn(&page, i);
		turn(actor, i);
	}
	size_t posts = 0;
	for (const char *at = page.load.last.data; (at = strstr(at, "The meeting of week")) != NULL;
		at++)
		posts++;
	if (posts < POSTS)
		bench_fail("the page shows %zu posts", posts);
	bench_rows("community-page-rate", "/s", ROUNDS, page.rate, actor->rate, AT_LEAST, 0.25);
	say_cost("community-page-rate", &page, actor);
}

/* For who is not signed in. Each is first every other time. */
static void forbidden_against_unknown(struct place_of_node *p, const char *name, const char *before,
	uint64_t id, const char *accept)
{
	char text[ID_TEXT];
	struct side forbidden = side_of(p->arena, p->pid, p->port,
			    arena_format(p->arena, "%s%s", before, id_text(id, text)), accept),
		    unknown = side_of(p->arena, p->pid, p->port,
			    arena_format(p->arena, "%s%s", before, UNKNOWN), accept);
	forbidden.load.status = unknown.load.status = 404;
	for (size_t i = 0; i < ROUNDS; i++) {
		turn(i % 2 == 0 ? &unknown : &forbidden, i);
		turn(i % 2 == 0 ? &forbidden : &unknown, i);
	}
	bench_rows(name, "us", ROUNDS, forbidden.cpu, unknown.cpu, AT_MOST, 1.05);
}

int main(void)
{
	log_open(LOG_ERROR, 2);
	struct place_of_node *p = place_make(NULL);
	struct filling f = {.keys = {key_generate(KEY_RSA), key_generate(KEY_ED25519)}};
	struct kring *node = place_open(p, false);
	place_fill(node, POSTS + 1, fill, &f);
	place_skip_outbox(node);
	node_close(node);
	place_serve(p);
	struct side actor = against_plain(p, "actor-rate", "/u/anna");
	against_plain(
		p, "post-rate", arena_format(p->arena, "/p/%llu", (unsigned long long)f.post));
	page_against(p, &actor);
	forbidden_against_unknown(
		p, "forbidden-object", "/p/", f.closed, "application/activity+json");
	forbidden_against_unknown(p, "forbidden-page", "/@anna/", f.closed, "text/html");
	place_remove(p);
	key_drop(f.keys.rsa);
	key_drop(f.keys.ed25519);
	return bench_end();
}
