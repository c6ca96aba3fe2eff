/*
 * node.h: one node of an association: its settings, its store and, while it serves, its threads. main.c, the commands
 * and the tests start and stop it here; nothing below knows of it.
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
	struct federation *federation;
	struct server *server; /* while serving */
	struct clock *clock;
	struct control *control;
};

/* Makes DIR a node: settings, secret, store, node actor. */
enum err node_init(const char *dir, const struct config *, const char **why) MUST_USE;
/* Opens an existing one: store and federation (which fetches, but delivers only while serving). *why is in the node's
 * arena or static, and lives as long as the program. */
enum err node_open(const char *dir, bool serving, struct kring **out, const char **why) MUST_USE;
/* Starts answering: control socket, server, chores. listen NULL: as configured. */
enum err node_serve(struct kring *, const char *listen, const char **why) MUST_USE;
void node_close(struct kring *); /* all in reverse; NULL ok */

/* check.c: reads the whole store; findings go to `out`, a line each. Returns how many. */
size_t node_check(struct kring *, struct text *out);

/* command.c: what the program can be told, here or through the control socket. */
struct command_call {
	struct kring *node; /* NULL for commands that need none */
	const char *dir;
	int argc;          /* words after the command's name */
	const char *const *argv;
	struct bytes input;
	struct arena *arena;
	struct text out, err;
};
struct command {
	const char *name;  /* "community add" */
	const char *usage; /* the words after it */
	const char *help;  /* a sentence or two */
	int (*run)(struct command_call *); /* exit code 0, 1 or 2 */
	bool bare;         /* needs no open node */
	bool takes_input;  /* reads standard input */
	bool takes_file;   /* its first word is a file: made absolute before it is passed on */
};
extern const struct command commands[]; /* ended by a NULL name */
/* The longest name that argv begins with; *words of it. */
const struct command *command_find(int argc, const char *const *argv, int *words);

/* control.c: the socket DIR/control.sock (0600), by which commands reach a serving node. */
#define CONTROL_MAX (1u << 20) /* bytes of words and input together */
struct control;
enum err control_start(struct kring *, struct control **out, const char **why) MUST_USE;
void control_stop(struct control *); /* NULL ok */
/* Runs it in the serving node and prints what it says. ERR_NOT_FOUND: none is serving. */
enum err control_call(const char *dir, int argc, const char *const *argv, struct bytes input, int *code) MUST_USE;
