/*
 * world.h: a small world for tests of features: a store in memory, a standing clock, people here and elsewhere.
 *
 * A test's body runs as a write_fn, on the writer's thread, where cmocka must not jump: WANT notes the first thing that
 * does not hold and leaves; the test proper tells it.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "features.h"

#define NOW INT64_C(1763715492000) /* 2025-11-21 */

struct world {
	struct site site;
	struct store *store;
	struct arena *arena;
	const char *broken; /* what did not hold */
	const char *file;
	int line;
};
extern struct world world;

int world_open(void **state);
int world_close(void **state);
void world_run(write_fn *body);

#define WANT(holds)                                  \
	do {                                         \
		if (!(holds)) {                      \
			world.broken = #holds;       \
			world.file = __FILE__;       \
			world.line = __LINE__;       \
			return ERR_CONFLICT;         \
		}                                    \
	} while (0)

/* IN_WRITE(name) { … return OK; } is a cmocka test whose body has a transaction `t`. */
#define IN_WRITE(name)                                        \
	static enum err name##_body(struct txn *t, void *arg); \
	static void name(void **state)                        \
	{                                                     \
		(void)state;                                  \
		world_run(name##_body);                       \
	}                                                     \
	static enum err name##_body(struct txn *t, void *arg)
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
int world_open_files(void **state); /* with a directory for files: site.blobs */
int world_close_files(void **state);
#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, world_open_files, world_close_files)

/* People without keys, made in one word; they die when they cannot be made. */
struct actor world_person(struct txn *, const char *name);
struct actor world_group(struct txn *, const char *name);
struct actor world_community(struct txn *, const char *name, const struct actor *founder); /* NULL: nobody's */
struct viewer world_as(const struct actor *); /* signed in here */
struct actor world_remote(struct txn *, enum actor_kind, const char *name, const char *host);
/* Enters an account in the roll as a member, with roles in a community and in the association (bits of enum role). */
void world_member(const struct actor *, uint64_t community, uint32_t here, uint32_t roles);
/* An activity of another node, ready for a verb. */
struct activity world_activity(const struct actor *, const char *id, const char *type, const char *object_id);
/* What the verbs of a feature answer to it, asked as feature.h says; ERR_NOT_FOUND also when none fits. */
enum err world_receive(struct txn *, const struct feature *, const struct activity *);

/* A post written here ("Hello" when nothing is said); it dies when it is refused. */
struct post world_post(struct txn *, struct post_draft);
/* A note of another node, to whom it is sent, and how it comes in. */
#define WORLD_PUBLIC "https://www.w3.org/ns/activitystreams#Public"
extern const char *const world_everyone[1];
struct object world_note(const struct actor *author, const char *id, const char *const *to, size_t count);
enum err world_take(struct txn *, const struct actor *author, const struct object *, struct post *);
int64_t world_replies(struct txn *, uint64_t post); /* as many as are counted; -1: no answer */
bool world_lists(struct txn *, uint64_t community, uint64_t post);
/* A post as ActivityPub says it (NULL: it does not), and the words of one of its members ("": none). */
const json_node *world_object(struct txn *, uint64_t post);
const char *world_words(const json_node *object, const char *name);
size_t world_heard(struct txn *, uint64_t who, uint32_t kind); /* how often of one kind, of the last 100 */

/* The journal: how many lines there are, how many of one act, and the last of it. */
size_t world_lines(struct txn *, uint32_t act); /* 0: all */
struct line world_last(struct txn *, uint32_t act);

/* A call as the server hands it to a handler, its inputs as "name=value" pairs, ended by NULL. */
struct call *world_call(const struct feature *, enum method, const char *path, const struct viewer *,
	const char *const *inputs);
void world_cookie(struct call *, const char *cookies); /* that the browser sends along, "name=value" */
enum err world_read(struct call *, struct txn *, const struct node **page); /* a GET: what its page is filled from */
const struct node *world_node(const struct node *, const char *dotted); /* NULL: it is not there */
const char *world_text(const struct node *, const char *dotted);        /* "" then */
int64_t world_number(const struct node *, const char *dotted);          /* 0 then; flags too */
size_t world_count(const struct node *, const char *dotted);            /* items of a list */
