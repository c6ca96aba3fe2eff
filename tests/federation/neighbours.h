/*
 * neighbours.h: a node of ours with its real server, store in memory and standing clock, and three actors of other nodes.
 * What those nodes answer, and what is sent to them, is in fake_transport.h.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_transport.h"

#define NOW node.now /* an hour later in each test: what is paced starts anew */

struct neighbour { /* an actor of another node, with its key */
	const char *uri, *host;
	struct key *rsa, *ed25519;
};
struct node_world {
	int64_t now;
	struct site site;
	struct arena *arena;
	struct store *store;
	struct pool *crypto;
	struct federation *federation;
	struct server *server;
	struct neighbour alice, bob, group; /* alice@good.example, bob@evil.example, the Group club@groups.example */
};
extern struct node_world node;
int node_open(void **state);
int node_close(void **state);
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, node_open, node_close)

void node_later(int64_t ms); /* for all tests after too: no clock runs back */
uint64_t node_person(const char *name);
uint64_t node_group(const char *name);
void node_write(write_fn *, void *arg); /* has to be OK */
void node_serve(const struct neighbour *, const char *type); /* its document stands on the wire */
uint64_t node_know(const struct neighbour *); /* fetched and kept */
uint64_t node_post_id(const char *uri);  /* 0: unknown */
bool node_post(uint64_t id, struct post *);

struct response {
	int status;
	const char *headers, *body;
};
struct response node_get(const char *path, const char *accept, const struct neighbour *signer); /* signer NULL: unsigned */
struct response node_send(const char *path, const struct neighbour *, const char *body); /* a signed POST */
struct response node_raw(const char *method, const char *path, const char *const *headers, const char *body);
struct founder {
	uint64_t jan, board;
};
/* The server once more, with these pages and who is signed in: jan, who founded the community "board". */
struct founder node_pages(const struct route *const *routes);
struct response node_form(const char *path, const char *body); /* as jan, from a page of here */
const char *node_words(const char *format, ...) PRINTF(1, 2); /* in the arena; ' stands for " */
