/* wire_rig.h: the wire against peers that answer, hang, trickle, break off, shout and send bombs. */
#pragma once

#include "names.h"

/* ---- one request, waited for ----------------------------------------------------------------- */

struct got {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t count;
	enum err err;
	int status;
	int64_t retry_after;
	size_t size;
	char type[64], location[256], why[64];
};

static inline void got_it(void *arg, const struct answer *a)
{
	struct got *g = arg;
	pthread_mutex_lock(&g->lock);
	g->count++;
	g->err = a->err;
	g->status = a->status;
	g->retry_after = a->retry_after;
	g->size = a->body.size;
	snprintf(g->type, sizeof g->type, "%s", a->type != NULL ? a->type : "");
	snprintf(g->location, sizeof g->location, "%s", a->location != NULL ? a->location : "");
	snprintf(g->why, sizeof g->why, "%s", a->why != NULL ? a->why : "");
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static inline void got_wait(struct got *g, size_t count)
{
	pthread_mutex_lock(&g->lock);
	while (g->count < count)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

#define GOT_INIT                                                                                   \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER             \
	}

/* ---- what the peer does ---------------------------------------------------------------------- */

/* A gzip member that never ends: each 13 bits are 258 zeros. */
static inline void send_bomb(struct peer_call *c)
{
	static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	unsigned char block[13 * 512];
	unsigned bits = 0, held = 0;
	size_t size = 0;
	static const char start[] = "1"
				    "10"
				    "00110000"; /* last block, fixed codes, a zero */
	static const char repeat[] = "11000101"
				     "00000"; /* 258 times what was one byte ago */
	static const char answer[] = "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\n";
	peer_write(c, answer, sizeof answer - 1);
	peer_write(c, head, sizeof head);
	c->closes = true;
	for (const char *bit = start;;) {
		held |= (unsigned)(*bit++ == '1') << bits++;
		if (bits == 8) {
			block[size++] = (unsigned char)held;
			bits = held = 0;
		}
		if (*bit == '\0')
			bit = repeat;
		if (size == sizeof block) {
			size = 0;
			if (!peer_write(c, block, sizeof block))
				return;
		}
	}
}

static inline void send_many(struct peer_call *c, size_t size)
{
	static char zeros[65536];
	memset(zeros, 'x', sizeof zeros);
	char head[128];
	snprintf(head, sizeof head, "HTTP/1.1 200 X\r\nContent-Length: %zu\r\n\r\n", size);
	peer_write(c, head, strlen(head));
	c->closes = true;
	for (size_t sent = 0; sent < size; sent += sizeof zeros)
		if (!peer_write(c, zeros, size - sent < sizeof zeros ? size - sent : sizeof zeros))
			return;
}

static inline void trickle(struct peer_call *c)
{
	peer_write(c, "HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n", 39);
	c->closes = true;
	for (int i = 0; i < 1000 && !atomic_load(&c->peer->stopping); i++) {
		if (!peer_write(c, "x", 1))
			return;
		usleep(50000);
	}
}

static inline void echo_headers(struct peer_call *c)
{
	peer_answer(c, 200, "Content-Type: Application/Activity+JSON; x=Y\r\n", c->head);
}

static inline void behave(struct peer_call *c)
{
	struct linger reset = {1, 0};
	const char *t = c->target;
	if (text_is(t, "/hang"))
		peer_hang(c, 30000);
	else if (text_is(t, "/slow"))
		peer_hang(c, 200), peer_answer(c, 200, "", "slow");
	else if (text_is(t, "/trickle"))
		trickle(c);
	else if (text_is(t, "/reset")) {
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		c->closes = true;
	} else if (text_is(t, "/big"))
		send_many(c, (size_t)10 << 20);
	else if (text_is(t, "/limit"))
		send_many(c, 5000);
	else if (text_is(t, "/bomb"))
		send_bomb(c);
	else if (text_is(t, "/redirect"))
		peer_answer(c, 302, "Location: /elsewhere?a=b\r\n", "");
	else if (text_is(t, "/tagged"))
		peer_answer(c, 200,
			"etag: W/\"a b\"\r\nLast-Modified: Fri, 27 Nov 2026 18:05:00 GMT\r\n",
			c->head);
	else if (text_is(t, "/later"))
		peer_answer(c, 429, "Retry-After: 120\r\n", "");
	else if (text_is(t, "/headers")) {
		peer_write(c, "HTTP/1.1 200 X\r\n", 16);
		for (int i = 0; i < 200; i++)
			peer_write(c, "X-A: b\r\n", 8);
		peer_write(c, "Content-Length: 0\r\n\r\n", 21);
	} else if (text_is(t, "/echo"))
		echo_headers(c);
	else
		peer_answer(c, 200, "Content-Type: text/plain\r\n", "hello");
}

/* ---- the rig --------------------------------------------------------------------------------- */

struct rig {
	struct arena *arena;
	struct site site;
	struct peer *tls, *plain;
	struct transport *transport;
};

static inline void transport_open(struct rig *r)
{
	const char *why = NULL;
	struct federation_settings set = {.site = &r->site, .ca_file = r->tls->ca};
	assert_int_equal(transport_start(&set, &r->transport, &why), OK);
}

static inline int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	log_open(LOG_ERROR, 2);
	r->arena = arena_create();
	r->site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.version = "9.9",
		.loopback = true};
	r->tls = peer_open(behave, true);
	r->plain = peer_open(behave, false);
	atomic_store(&asked, 0);
	atomic_store(&flip, false);
	transport_open(r);
	*state = r;
	return 0;
}

static inline int rig_close(void **state)
{
	struct rig *r = *state;
	transport_stop(r->transport);
	peer_close(r->tls);
	peer_close(r->plain);
	arena_destroy(r->arena);
	free(r);
	return 0;
}

static inline struct got fetch(struct rig *r, const struct request *q)
{
	struct got g = GOT_INIT;
	enum err e = transport_send(r->transport, q, got_it, &g);
	if (e == OK)
		got_wait(&g, 1);
	else
		g.err = e;
	return g;
}

static inline struct got fetch_url(struct rig *r, const char *url)
{
	return fetch(r, &(struct request){.kind = FETCH_ACTIVITY, .url = url});
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)
