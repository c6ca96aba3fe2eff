/*
 * node.h: one node of an association: its settings, its store and, while it serves, its threads.
 * The commands start and stop it here; nothing below knows of it.
 */
#pragma once

#include "config.h"
#include "federation.h"

struct kring {
	struct arena *arena; /* lives as long as the node */
	const char *dir;
	struct config config;
	struct site site;
	struct store *store;
	struct pool *crypto;
	struct pool *files; /* what takes seconds: pictures */
	struct federation *federation;
	struct server *server; /* while serving */
	struct search *search;
	struct clock *clock;
	struct control *control;
};

/* On failure *why is a sentence in the arena given, which may outlive the node. */

/* Makes DIR (0700), or takes an empty one of ours: a node wants a directory of its own. */
enum err node_directory(struct arena *, const char *dir, const char **why) MUST_USE;
/* Makes DIR a node: secret, store, node actor, and last the settings; without them it is none. */
enum err node_init(struct arena *, const char *dir, const struct config *,
	const char **why) MUST_USE;
/* Opens an existing one: store and federation, which fetches, but delivers only while serving. */
enum err node_open(struct arena *, const char *dir, bool serving, struct kring **out,
	const char **why) MUST_USE;
/* All that it answers, as server_settings wants it: there is no other list. */
const struct route *const *node_routes(struct arena *);
/* Starts answering: control socket, server, chores; then tells systemd. */
enum err node_serve(struct kring *, struct arena *, const char **why) MUST_USE;
const char *node_index(struct arena *, const char *dir); /* the file of the search's index */
void node_close(struct kring *); /* all in reverse; NULL ok */

/* check.c: reads the whole store; findings go to `out`, a line each (the first 1 000). Returns
 * how many. */
size_t node_check(struct kring *, struct text *out);
