/*
 * command.h: what the program can be told, here or, while the node serves, through its control
 * socket.
 *
 * A command parses its words, calls a verb and says what it did. It returns the exit code: 0
 * done, 1 not done, 2 not understood.
 */
#pragma once

#include "node.h"

#define COMMAND_INPUT_MAX ((size_t)1 << 20)
#define COMMAND_OUTPUT_MAX ((size_t)16 << 20)

struct command_call {
	struct kring *node; /* NULL for bare commands */
	const char *dir;
	int argc;           /* words after the command's name */
	const char *const *argv;
	struct bytes input; /* UTF-8, no NUL */
	struct arena *arena;
	struct text out, err;
};
struct command {
	const char *name;  /* "community add" */
	const char *usage; /* the words after it */
	const char *help;  /* a sentence or two */
	int (*run)(struct command_call *);
	bool bare;         /* needs no open node; never asked of a serving one */
	const char *input; /* reads standard input: "" always, else with this option; NULL: never */
	bool takes_file;   /* its first word is a file: made absolute before it is passed on */
};

/* command.c: the list, and what the commands share */
extern const struct command commands[]; /* ended by a NULL name */
/* The command that argv (of one word at least) begins with, and how many words its name has;
 * NULL: none. */
const struct command *command_find(int argc, const char *const *argv, int *words);
struct command_option {
	const char *name;   /* "--title" */
	const char **value; /* or */
	bool *flag;
};
/* Exactly `wanted` words in order, options between them; false: what is wrong has been said. */
bool command_words(struct command_call *, const char **words, int wanted,
	const struct command_option *, size_t count);
int command_misused(struct command_call *, const char *format, ...) PRINTF(2, 3); /* 2 */
int command_failed(struct command_call *, const char *format, ...) PRINTF(2, 3);  /* 1 */
void command_tame(struct command_call *); /* what it says, before it is printed: names of others stand in it */

/* keep.c: the node itself */
int keep_init(struct command_call *);
int keep_config(struct command_call *);
int keep_serve(struct command_call *);
int keep_check(struct command_call *);
int keep_backup(struct command_call *);
int keep_restore(struct command_call *);
int keep_stats(struct command_call *);
int keep_inbox(struct command_call *);
int keep_rebuild_search(struct command_call *);

/* people.c: members, communities, and what they do */
int people_add_community(struct command_call *);
int people_add_member(struct command_call *);
int people_role(struct command_call *);
int people_set_password(struct command_call *);
int people_token(struct command_call *);
int people_post(struct command_call *);
int people_follow(struct command_call *);
int people_mail_test(struct command_call *);
int people_mail_bounce(struct command_call *);

/* memberfile.c: the file of the member administration */
int member_import(struct command_call *);
int member_export(struct command_call *);
int member_undo(struct command_call *);

/* invite.c: coming in */
int join_invite(struct command_call *);
int join_invitations(struct command_call *);
int join_withdraw(struct command_call *);
int join_mode(struct command_call *);
int join_requests(struct command_call *);
int join_accept(struct command_call *);
int join_refuse(struct command_call *);

/* leaving.c: who leaves */
int leaving_data(struct command_call *);
int leaving_erase(struct command_call *);

/* control.c: the socket DIR/control.sock (0600), by which commands reach a serving node */
struct control;
enum err control_start(struct kring *, struct arena *, struct control **out,
	const char **why) MUST_USE;
void control_stop(struct control *); /* waits for the command that runs; NULL ok */
/* Runs it in the serving node and prints what it says. ERR_NOT_FOUND: none is serving;
 * ERR_TOO_MUCH: too many words; ERR_AGAIN: it stopped before it answered. */
enum err control_call(const char *dir, int argc, const char *const *argv, struct bytes input,
	int *code) MUST_USE;
